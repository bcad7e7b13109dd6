/* Requests coming in: the callbacks of libmicrohttpd, which never wait for work, the access log,
 * and the watch over clients that send too slowly. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "serve/http.h"

/* A body that is somewhat too large is read and thrown away, so that the client, which still sends,
 * hears why; one beyond that is cut off. */
enum { SWALLOWED_MAX = 64 << 20 };

static void client_of(const gt_call *call, char out[INET6_ADDRSTRLEN])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    (void)snprintf(out, INET6_ADDRSTRLEN, "-");
    if (info != NULL && info->client_addr->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)info->client_addr;
        (void)inet_ntop(AF_INET, &v4->sin_addr, out, INET6_ADDRSTRLEN);
    } else if (info != NULL && info->client_addr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)info->client_addr;
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, out, INET6_ADDRSTRLEN);
    }
}

/* ---- requests coming in -----------------------------------------------------------------------
 */

static void watch_begin(gt_server *server, struct MHD_Connection *connection, bool waiting)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    gt_watched *watched = info == NULL ? NULL : info->socket_context;
    if (watched != NULL) {
        (void)pthread_mutex_lock(&server->lock);
        watched->since = waiting ? gt_clock() : 0;
        (void)pthread_mutex_unlock(&server->lock);
    }
}

void *gt_http_on_target(void *user, const char *target, struct MHD_Connection *connection)
{
    gt_server *server = user;
    (void)pthread_mutex_lock(&server->lock);
    gt_call *call = gt_zalloc(server->intake, 1, sizeof *call);
    if (call != NULL) {
        size_t len = strnlen(target, GT_TARGET_MAX + 1);
        call->too_long = len > GT_TARGET_MAX;
        call->target = gt_strdup(server->intake, call->too_long ? "/" : target);
        call->out_of_memory = call->target == NULL;
    }
    gt_error_clear(server->intake);
    (void)pthread_mutex_unlock(&server->lock);
    if (call != NULL) {
        call->server = server;
        call->connection = connection;
        call->begun = gt_clock();
    }
    return call;
}

/* Beyond the usual size only some bodies are held at once; under the lock. */
static bool may_hold(gt_call *call, size_t len)
{
    gt_server *server = call->server;
    if (!call->large && len > server->options.most_body) {
        call->large = server->n_uploads < GT_UPLOADS_AT_ONCE;
        server->n_uploads += call->large ? 1 : 0;
        return call->large;
    }
    return true;
}

static void take_body(gt_call *call, const char *data, size_t len)
{
    gt_server *server = call->server;
    if (call->too_big || call->out_of_memory || len > call->most_body - call->body_len) {
        call->too_big = !call->out_of_memory; /* the rest is read and dropped */
        return;
    }
    (void)pthread_mutex_lock(&server->lock);
    gt_status st = !may_hold(call, call->body_len + len) ? GT_E_LIMIT : GT_OK;
    st = st != GT_OK ? st
                     : gt_grow(server->intake, (void **)&call->body, &call->body_cap,
                               call->body_len + len + 1, 1);
    gt_error_clear(server->intake);
    (void)pthread_mutex_unlock(&server->lock);
    if (st != GT_OK) {
        call->out_of_memory = true;
        return;
    }
    memcpy(call->body + call->body_len, data, len);
    call->body_len += len;
    call->body[call->body_len] = '\0';
}

/* Queues for a worker; false when the queue is full or the server is closing. The library is never
 * called under the lock: its callbacks take it, too. */
static bool hand_over(gt_call *call)
{
    gt_server *server = call->server;
    (void)pthread_mutex_lock(&server->lock);
    bool room =
        server->n_queued + server->n_promised < server->options.most_waiting && !server->closing;
    server->n_promised += room ? 1 : 0;
    (void)pthread_mutex_unlock(&server->lock);
    if (!room) {
        return false;
    }
    call->queued = true;
    MHD_suspend_connection(call->connection);
    (void)pthread_mutex_lock(&server->lock);
    server->n_promised--;
    server->queue[(server->first + server->n_queued) % server->options.most_waiting] = call;
    server->n_queued++;
    (void)pthread_cond_signal(&server->work);
    (void)pthread_mutex_unlock(&server->lock);
    return true;
}

static enum MHD_Result send_response(gt_call *call)
{
    if (call->response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result done =
        MHD_queue_response(call->connection, (unsigned)call->status, call->response);
    MHD_destroy_response(call->response);
    call->response = NULL;
    return done;
}

static bool announces_too_much(const gt_call *call)
{
    const char *length =
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Content-Length");
    return length != NULL && strtoull(length, NULL, 10) > call->most_body + SWALLOWED_MAX;
}

enum MHD_Result gt_http_on_request(void *user, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *len, void **state)
{
    gt_server *server = user;
    gt_call *call = *state;
    (void)url;
    (void)version;
    if (call == NULL) {
        return MHD_NO;
    }
    if (call->queued) {
        return send_response(call);
    }
    if (!call->begun_body) {
        call->begun_body = true;
        (void)snprintf(call->method, sizeof call->method, "%.15s", method);
        client_of(call, call->client);
        call->most_body = server->options.most_body;
        if (gt_is_upload(method, call->target) && call->most_body < GT_UPLOAD_MAX) {
            call->most_body = GT_UPLOAD_MAX;
        }
        if (call->too_long) {
            return gt_http_refuse(call, 414, GT_PROBLEM(414, "URI Too Long", "serve.target-long"));
        }
        if (!gt_rate_take(server->requests, call->client, call->begun)) {
            gt_metrics_turned_away(&server->metrics);
            return gt_http_refuse(call, 429, GT_PROBLEM(429, "Too Many Requests", "serve.rate"));
        }
        if (announces_too_much(call)) {
            return gt_http_refuse(call, 413,
                                  GT_PROBLEM(413, "Content Too Large", "serve.body-large"));
        }
        return MHD_YES;
    }
    if (*len > 0) {
        take_body(call, data, *len);
        *len = 0;
        return MHD_YES;
    }
    watch_begin(server, connection, false);
    if (call->too_big) {
        return gt_http_refuse(call, 413, GT_PROBLEM(413, "Content Too Large", "serve.body-large"));
    }
    enum MHD_Result done = MHD_NO;
    if (!call->out_of_memory && gt_http_send_kept(call, &done)) {
        return done;
    }
    if (call->out_of_memory || !hand_over(call)) {
        gt_metrics_turned_away(&server->metrics);
        return gt_http_refuse(call, 503, GT_PROBLEM(503, "Service Unavailable", "serve.busy"));
    }
    return MHD_YES;
}

static void write_log(gt_server *server, const gt_call *call, double seconds)
{
    char now[GT_TIME_TEXT];
    gt_text line;
    if (server->options.log == NULL) {
        return;
    }
    gt_time_format(gt_time_now(), now);
    (void)pthread_mutex_lock(&server->log_lock);
    gt_text_init(&line, server->parent, 65536);
    gt_text_printf(&line, "{\"time\":\"%s\",\"client\":\"%s\",\"method\":", now, call->client);
    gt_text_json_string(&line, call->method);
    gt_text_puts(&line, ",\"target\":");
    gt_text_json_string(&line, call->target);
    gt_text_printf(&line, ",\"status\":%d,\"bytes\":%zu,\"ms\":%.3f}", call->status, call->bytes,
                   1e3 * seconds);
    server->options.log(server->options.log_user, gt_text_cstr(&line));
    gt_text_free(&line);
    (void)pthread_mutex_unlock(&server->log_lock);
}

void gt_http_on_completed(void *user, struct MHD_Connection *connection, void **state,
                          enum MHD_RequestTerminationCode why)
{
    gt_server *server = user;
    gt_call *call = *state;
    (void)why;
    if (call == NULL) {
        return;
    }
    double seconds = gt_clock() - call->begun;
    gt_metrics_count(&server->metrics, call->status, call->bytes, seconds);
    write_log(server, call, seconds);
    watch_begin(server, connection, true);
    if (call->response != NULL) {
        MHD_destroy_response(call->response);
    }
    (void)pthread_mutex_lock(&server->lock);
    server->n_uploads -= call->large ? 1 : 0;
    (void)pthread_mutex_unlock(&server->lock);
    gt_free(server->intake, call->target);
    gt_free(server->intake, call->body);
    gt_free(server->intake, call);
    *state = NULL;
}

/* ---- the watch --------------------------------------------------------------------------------
 */

void gt_http_on_connection(void *user, struct MHD_Connection *connection, void **context,
                           enum MHD_ConnectionNotificationCode what)
{
    gt_server *server = user;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    (void)pthread_mutex_lock(&server->lock);
    if (what == MHD_CONNECTION_NOTIFY_STARTED && info != NULL) {
        for (int i = 0; i < server->options.most_connections; i++) {
            if (server->watched[i].socket < 0) {
                server->watched[i] = (gt_watched){info->connect_fd, gt_clock()};
                *context = &server->watched[i];
                break;
            }
        }
    } else if (what == MHD_CONNECTION_NOTIFY_CLOSED && *context != NULL) {
        ((gt_watched *)*context)->socket = -1;
    }
    (void)pthread_mutex_unlock(&server->lock);
}

void gt_http_nap(void)
{
    const struct timespec tenth = {.tv_nsec = 100 * 1000 * 1000};
    (void)nanosleep(&tenth, NULL);
}

void *gt_http_watch(void *user)
{
    gt_server *server = user;
    for (bool closing = false; !closing;) {
        gt_http_nap();
        double now = gt_clock();
        gt_streams_wake(server->streams);
        gt_jobs_watch(server->jobs);
        (void)pthread_mutex_lock(&server->lock);
        closing = server->closing;
        for (int i = 0; i < server->options.most_connections; i++) {
            gt_watched *w = &server->watched[i];
            if (w->socket >= 0 && w->since > 0 && now - w->since > server->options.request_s) {
                (void)shutdown(w->socket, SHUT_RDWR);
                w->since = 0;
            }
        }
        (void)pthread_mutex_unlock(&server->lock);
    }
    return NULL;
}
