/* The server: libmicrohttpd reads requests in event loops that never wait for work; whole requests
 * go through a bounded queue to workers, each with a desk of its own.
 *
 *   event loop (epoll) --> call --> queue --> worker: desk --> response --> event loop --> client
 *
 * A connection whose request has not come in within request_s is shut down by the watch: the idle
 * limit of the library begins anew with every byte a slow client sends.
 * Locks: lock (queue, watch, intake context), log_lock; never both. */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "guotu/serve.h"
#include "serve/desk.h"
#include "serve/keeper.h"
#include "serve/messages.h"
#include "serve/metrics.h"

enum {
    LOOPS = 2,
    HEADER_POOL = 32768,
    TLS_FILE_MAX = 1 << 20,
    TILES_BYTES = 256 << 20,
    SIGN_INS_MIN = 20
};

typedef struct gt_call {
    gt_server *server;
    struct MHD_Connection *connection;
    char *target; /* as sent */
    char method[16];
    char client[INET6_ADDRSTRLEN];
    char *body;
    size_t body_len, body_cap;
    double begun;
    bool begun_body, too_long, too_big, out_of_memory, queued;
    struct MHD_Response *response;
    int status;
    size_t bytes;
} gt_call;

typedef struct gt_watched {
    int socket;   /* -1: free */
    double since; /* of the request that has not come in yet; 0: it has */
} gt_watched;

typedef struct gt_worker {
    gt_server *server;
    gt_ctx *ctx;
    gt_desk desk;
    pthread_t thread;
    bool running;
} gt_worker;

struct gt_server {
    gt_ctx *parent; /* borrowed */
    gt_ctx *ctx, *intake;
    gt_serve_options options;
    gt_web web;
    struct MHD_Daemon *daemon;
    int port;
    gt_worker *workers;
    size_t n_workers;
    pthread_mutex_t lock, log_lock;
    pthread_cond_t work;
    gt_call **queue; /* ring */
    size_t first, n_queued;
    size_t n_promised; /* places kept for calls about to be queued */
    bool closing;
    gt_watched *watched;
    pthread_t watch;
    bool watching;
    gt_metrics metrics;
    gt_ctx *cache_ctx, *glance_ctx;
    gt_tile_cache *tiles;
    gt_glance *glance;
    gt_keeper *keeper;
    gt_rate *sign_ins;
    gt_rate *requests; /* NULL: no limit */
};

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

/* ---- replies ----------------------------------------------------------------------------------
 */

static void put_header(struct MHD_Response *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name, value);
}

static void put_headers(struct MHD_Response *response, const gt_reply *reply)
{
    put_header(response, "Content-Type", reply->type);
    put_header(response, "Cache-Control", reply->cache == NULL ? "no-cache" : reply->cache);
    put_header(response, "Vary", reply->by_encoding ? "Accept-Encoding" : "Accept-Language");
    if (gt_encoding_name(reply->encoding) != NULL && reply->status == 200) {
        put_header(response, "Content-Encoding", gt_encoding_name(reply->encoding));
    }
    put_header(response, "X-Content-Type-Options", "nosniff");
    put_header(response, "X-Frame-Options", "DENY");
    put_header(response, "Referrer-Policy", "no-referrer");
    put_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    put_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    put_header(response, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    put_header(response, "Content-Security-Policy",
               reply->html ? "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' "
                             "blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
                           : "default-src 'none'; frame-ancestors 'none'");
    if (reply->etag[0] != '\0') {
        put_header(response, "ETag", reply->etag);
    }
    if (reply->crs != NULL) {
        put_header(response, "Content-Crs", reply->crs);
    }
    if (reply->allow != NULL) {
        put_header(response, "Allow", reply->allow);
    }
    if (reply->location != NULL) {
        put_header(response, "Location", reply->location);
    }
    if (reply->cookie != NULL) {
        put_header(response, "Set-Cookie", reply->cookie);
    }
    if (reply->status == 401) {
        put_header(response, "WWW-Authenticate", "Bearer realm=\"guotu\"");
    }
    if (reply->status == 503 || reply->status == 429) {
        put_header(response, "Retry-After", reply->status == 503 ? "2" : "60");
    }
}

/* What is refused before a worker sees it. */
static enum MHD_Result refuse(gt_call *call, int status, const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) {
        return MHD_NO;
    }
    gt_reply reply = {.status = status, .type = "application/problem+json", .cache = "no-store"};
    put_headers(response, &reply);
    if (status != 503) { /* what is left of the request is not read */
        put_header(response, "Connection", "close");
    }
    call->status = status;
    call->bytes = strlen(text);
    enum MHD_Result done = MHD_queue_response(call->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return done;
}

#define PROBLEM(status, title, id)                                                                 \
    "{\"type\":\"about:blank\",\"status\":" #status ",\"title\":\"" title "\",\"id\":\"" id "\"}"  \
    "\n"

/* ---- kept tiles -------------------------------------------------------------------------------
 * A tile that is kept is sent by the event loop itself, as a response made once. */

typedef struct prepared {
    struct MHD_Response *full, *same; /* 200 and 304 */
} prepared;

static void release_tile(void *user, void *block)
{
    gt_server *server = user;
    prepared *p = block;
    if (p->full != NULL) {
        MHD_destroy_response(p->full);
    }
    if (p->same != NULL) {
        MHD_destroy_response(p->same);
    }
    gt_free(server->cache_ctx, p);
}

/* The body is copied: a response may still be on its way when the tile is forgotten. */
static void *prepare_tile(void *user, const gt_kept_tile *tile)
{
    gt_server *server = user;
    prepared *p = gt_zalloc(server->cache_ctx, 1, sizeof *p);
    if (p == NULL) {
        gt_error_clear(server->cache_ctx);
        return NULL;
    }
    gt_reply reply = {.status = 200,
                      .type = "application/vnd.mapbox-vector-tile",
                      .encoding = tile->encoding,
                      .by_encoding = true};
    (void)snprintf(reply.etag, sizeof reply.etag, "%s", tile->etag);
    p->full = MHD_create_response_from_buffer(tile->len, (void *)(uintptr_t)tile->data,
                                              MHD_RESPMEM_MUST_COPY);
    p->same = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (p->full == NULL || p->same == NULL) {
        release_tile(server, p);
        return NULL;
    }
    put_headers(p->full, &reply);
    reply.status = 304;
    put_headers(p->same, &reply);
    return p;
}

typedef struct sending {
    gt_call *call;
    enum MHD_Result done;
} sending;

static void send_tile(void *user, const gt_kept_tile *tile, void *block)
{
    sending *s = user;
    const prepared *p = block;
    gt_request request = {.if_none_match = MHD_lookup_connection_value(
                              s->call->connection, MHD_HEADER_KIND, "If-None-Match")};
    bool same = gt_request_has(&request, tile->etag);
    s->call->status = same ? 304 : 200;
    s->call->bytes = same ? 0 : tile->len;
    s->done = MHD_queue_response(s->call->connection, (unsigned)s->call->status,
                                 same ? p->same : p->full);
}

/* Sends a kept tile at once; false: a worker is needed. */
static bool send_kept(gt_call *call, enum MHD_Result *done)
{
    gt_server *server = call->server;
    sending s = {call, MHD_NO};
    if (strncmp(call->target, "/collections/", 13) != 0 ||
        strstr(call->target, "/tiles/WebMercatorQuad/") == NULL ||
        strcmp(call->method, "GET") != 0) {
        return false;
    }
    int64_t seen = gt_glance_look(server->glance);
    gt_encoding encoding = gt_request_encoding(
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Accept-Encoding"));
    bool sent =
        seen >= 0 && gt_tile_cache_use(server->tiles, call->target, encoding, seen, send_tile, &s);
    *done = s.done;
    return sent;
}

/* ---- workers ----------------------------------------------------------------------------------
 */

/* Only what a host may consist of goes into links. */
static bool host_ok(const char *host)
{
    size_t len = strlen(host);
    return len > 0 && len < 256 &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") ==
               len;
}

static void fill(gt_worker *worker, const gt_call *call, gt_request *request)
{
    const char *host = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Host");
    request->if_none_match =
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "If-None-Match");
    request->accept_language =
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Accept-Language");
    request->content_type =
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Content-Type");
    request->encoding = gt_request_encoding(
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Accept-Encoding"));
    request->target = call->target;
    request->cookie = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Cookie");
    request->authorization =
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Authorization");
    request->csrf = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "X-CSRF-Token");
    request->client = call->client;
    request->if_match = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "If-Match");
    request->content_crs =
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Content-Crs");
    const char *reason = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "X-Reason");
    if (reason != NULL) { /* header fields are ASCII: %XX as in addresses */
        gt_status st = gt_decode(worker->ctx, worker->desk.arena, reason, &request->reason);
        request->reason = st == GT_OK ? request->reason : "";
        gt_error_clear(worker->ctx);
    }
    request->secure = worker->server->options.tls_cert != NULL;
    request->body = call->body;
    request->body_len = call->body_len;
    request->base = "";
    if (host != NULL && host_ok(host)) {
        char base[300];
        (void)snprintf(base, sizeof base, "%s://%s",
                       worker->server->options.tls_cert != NULL ? "https" : "http", host);
        const char *kept = gt_arena_strdup(worker->desk.arena, base);
        request->base = kept == NULL ? "" : kept;
    }
}

static void answer(gt_worker *worker, gt_call *call)
{
    gt_server *server = worker->server;
    gt_desk *desk = &worker->desk;
    gt_request request;
    gt_reply reply = {.status = 200, .type = "application/json"};
    memset(&request, 0, sizeof request);
    gt_arena_reset(desk->arena);
    gt_text_init(&reply.body, worker->ctx, GT_REPLY_MAX);
    request.method = call->method;
    desk->deadline = call->begun + server->options.request_s;
    gt_status st = gt_request_target(worker->ctx, desk->arena, call->target, &request);
    if (st == GT_OK && strcmp(request.path, "/metrics") == 0 && strcmp(call->method, "GET") == 0) {
        reply.type = "text/plain; version=0.0.4; charset=utf-8";
        reply.cache = "no-store";
        gt_metrics_put(&server->metrics, &reply.body);
    } else if (st == GT_OK) {
        fill(worker, call, &request);
        gt_desk_answer(desk, &request, &reply);
    } else {
        gt_desk_problem(desk, &request, &reply);
    }
    call->status = reply.status;
    call->bytes = reply.body.len;
    call->response = MHD_create_response_from_buffer(
        reply.body.len, (void *)(uintptr_t)gt_text_cstr(&reply.body), MHD_RESPMEM_MUST_COPY);
    if (call->response != NULL) {
        put_headers(call->response, &reply);
    }
    gt_text_free(&reply.body);
    gt_error_clear(worker->ctx);
}

static gt_call *take(gt_server *server)
{
    gt_call *call = NULL;
    (void)pthread_mutex_lock(&server->lock);
    while (server->n_queued == 0 && (server->n_promised > 0 || !server->closing)) {
        (void)pthread_cond_wait(&server->work, &server->lock);
    }
    if (server->n_queued > 0) {
        call = server->queue[server->first];
        server->first = (server->first + 1) % server->options.most_waiting;
        server->n_queued--;
    }
    (void)pthread_mutex_unlock(&server->lock);
    return call;
}

static void *work(void *user)
{
    gt_worker *worker = user;
    for (gt_call *call = take(worker->server); call != NULL; call = take(worker->server)) {
        answer(worker, call);
        MHD_resume_connection(call->connection);
    }
    return NULL;
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

static void *on_target(void *user, const char *target, struct MHD_Connection *connection)
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

static void take_body(gt_call *call, const char *data, size_t len)
{
    gt_server *server = call->server;
    if (call->too_big || len > server->options.most_body - call->body_len) {
        call->too_big = true; /* the rest is read and dropped */
        return;
    }
    (void)pthread_mutex_lock(&server->lock);
    gt_status st =
        gt_grow(server->intake, (void **)&call->body, &call->body_cap, call->body_len + len + 1, 1);
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
    return length != NULL && strtoull(length, NULL, 10) > call->server->options.most_body;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
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
        if (call->too_long) {
            return refuse(call, 414, PROBLEM(414, "URI Too Long", "serve.target-long"));
        }
        if (!gt_rate_take(server->requests, call->client, call->begun)) {
            gt_metrics_turned_away(&server->metrics);
            return refuse(call, 429, PROBLEM(429, "Too Many Requests", "serve.rate"));
        }
        if (announces_too_much(call)) {
            return refuse(call, 413, PROBLEM(413, "Content Too Large", "serve.body-large"));
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
        return refuse(call, 413, PROBLEM(413, "Content Too Large", "serve.body-large"));
    }
    enum MHD_Result done = MHD_NO;
    if (!call->out_of_memory && send_kept(call, &done)) {
        return done;
    }
    if (call->out_of_memory || !hand_over(call)) {
        gt_metrics_turned_away(&server->metrics);
        return refuse(call, 503, PROBLEM(503, "Service Unavailable", "serve.busy"));
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

static void on_completed(void *user, struct MHD_Connection *connection, void **state,
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
    gt_free(server->intake, call->target);
    gt_free(server->intake, call->body);
    gt_free(server->intake, call);
    *state = NULL;
}

/* ---- the watch --------------------------------------------------------------------------------
 */

static void on_connection(void *user, struct MHD_Connection *connection, void **context,
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

static void nap(void)
{
    const struct timespec tenth = {.tv_nsec = 100 * 1000 * 1000};
    (void)nanosleep(&tenth, NULL);
}

static void *watch(void *user)
{
    gt_server *server = user;
    for (bool closing = false; !closing;) {
        nap();
        double now = gt_clock();
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

/* ---- start and stop ---------------------------------------------------------------------------
 */

void gt_serve_options_init(gt_serve_options *options)
{
    *options = (gt_serve_options){.size = sizeof *options, .port = 8080};
}

static void defaults(gt_ctx *ctx, gt_serve_options *o)
{
    int cores = gt_ctx_threads(ctx);
    o->host = o->host == NULL ? "127.0.0.1" : o->host;
    o->workers = o->workers > 0 ? o->workers : cores < 2 ? 2 : cores;
    o->most_body = o->most_body > 0 ? o->most_body : (size_t)1 << 20;
    o->most_connections = o->most_connections > 0 ? o->most_connections : 1024;
    /* the library splits the number between its loops, and the kernel fills them unevenly */
    o->most_connections = LOOPS * o->most_connections;
    o->most_waiting = o->most_waiting > 0 ? o->most_waiting : (size_t)o->most_connections;
    o->idle_s = o->idle_s > 0 ? o->idle_s : 15;
    o->request_s = o->request_s > 0 ? o->request_s : 30;
}

static gt_status read_pem(gt_ctx *ctx, const char *path, char **out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return gt_fail_errno(ctx, errno, "open", path);
    }
    char *text = gt_zalloc(ctx, TLS_FILE_MAX + 1, 1);
    gt_status st = text == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK && fread(text, 1, TLS_FILE_MAX, file) == 0) {
        st = gt_fail_errno(ctx, ferror(file) ? errno : EINVAL, "read", path);
    }
    (void)fclose(file);
    *out = text;
    return st;
}

static gt_status address(gt_ctx *ctx, const gt_serve_options *o, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (void *)out;
    struct sockaddr_in6 *v6 = (void *)out;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, o->host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)o->port);
        return GT_OK;
    }
    if (inet_pton(AF_INET6, o->host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)o->port);
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_SERVE_HOST, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("host", o->host)));
}

static gt_status listen_at(gt_ctx *ctx, gt_server *server)
{
    const gt_serve_options *o = &server->options;
    struct sockaddr_storage where;
    char *cert = NULL, *key = NULL;
    gt_status st = address(ctx, o, &where);
    if (st == GT_OK && o->tls_cert != NULL) {
        st = read_pem(ctx, o->tls_cert, &cert);
        st = st == GT_OK ? read_pem(ctx, o->tls_key, &key) : st;
    }
    if (st == GT_OK) {
        unsigned flags = (unsigned)MHD_USE_EPOLL_INTERNAL_THREAD |
                         (unsigned)MHD_ALLOW_SUSPEND_RESUME |
                         (where.ss_family == AF_INET6 ? (unsigned)MHD_USE_IPv6 : 0U) |
                         (cert != NULL ? (unsigned)MHD_USE_TLS : 0U);
        struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, cert},
                                       {MHD_OPTION_HTTPS_MEM_KEY, 0, key},
                                       {MHD_OPTION_END, 0, NULL}};
        const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
        errno = 0;
        server->daemon = MHD_start_daemon(
            flags, (uint16_t)o->port, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, &where,
            MHD_OPTION_THREAD_POOL_SIZE, (unsigned)LOOPS, MHD_OPTION_CONNECTION_LIMIT,
            (unsigned)o->most_connections, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)o->idle_s,
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_POOL, MHD_OPTION_STRICT_FOR_CLIENT,
            1, MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_NOTIFY_COMPLETED,
            on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
            MHD_OPTION_ARRAY, cert != NULL ? tls : none, MHD_OPTION_END);
        if (server->daemon == NULL) {
            st = gt_fail(ctx, GT_E_ENV, &GT_MSG_SERVE_LISTEN, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("host", o->host), GT_INT("port", o->port),
                                 GT_TEXT("reason", errno != 0 ? strerrordesc_np(errno) : "TLS")));
        }
    }
    gt_free(ctx, cert);
    gt_free(ctx, key);
    return st;
}

static gt_status start_workers(gt_ctx *ctx, gt_server *server)
{
    const gt_desk_setup setup = {server->options.workspace,
                                 server->options.package,
                                 &server->web,
                                 server->tiles,
                                 server->glance,
                                 server->sign_ins,
                                 true};
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < (size_t)server->options.workers; i++) {
        gt_worker *w = &server->workers[i];
        w->server = server;
        w->ctx = gt_ctx_fork(server->ctx);
        server->n_workers = i + 1;
        st = w->ctx == NULL ? GT_E_MEMORY : gt_desk_open(w->ctx, &setup, &w->desk);
        if (st == GT_OK) {
            int code = pthread_create(&w->thread, NULL, work, w);
            w->running = code == 0;
            st = code == 0 ? GT_OK : gt_fail_errno(w->ctx, code, "pthread_create", NULL);
        }
        if (st != GT_OK && w->ctx != NULL) { /* as the caller's own error */
            (void)gt_fail(ctx, st, gt_error_message(w->ctx), gt_error_place(w->ctx),
                          gt_error_args(w->ctx));
        }
    }
    if (st == GT_OK) {
        st = gt_keeper_start(server->ctx, &setup, &server->keeper);
    }
    return st;
}

static gt_status allocate(gt_ctx *ctx, gt_server *server)
{
    const gt_serve_options *o = &server->options;
    gt_ctx_options options;
    gt_ctx_options_init(&options);
    options.lang = gt_ctx_lang(ctx);
    options.threads = 1;
    options.memory_ceiling = gt_ctx_memory_ceiling(ctx);
    server->ctx = gt_ctx_new(&options);
    server->intake = server->ctx == NULL ? NULL : gt_ctx_fork(server->ctx);
    if (server->intake == NULL) {
        return GT_E_MEMORY;
    }
    server->workers = gt_zalloc(ctx, (size_t)o->workers, sizeof *server->workers);
    server->queue = gt_zalloc(ctx, o->most_waiting, sizeof(void *));
    server->watched = gt_zalloc(ctx, (size_t)o->most_connections, sizeof *server->watched);
    if (server->workers == NULL || server->queue == NULL || server->watched == NULL) {
        return GT_E_MEMORY;
    }
    for (int i = 0; i < o->most_connections; i++) {
        server->watched[i].socket = -1;
    }
    return gt_web_read(ctx, o->web_dir, &server->web);
}

static gt_status open_tiles(gt_ctx *ctx, gt_server *server)
{
    const gt_tile_hooks hooks = {prepare_tile, release_tile, server};
    server->cache_ctx = gt_ctx_fork(server->ctx);
    server->glance_ctx = gt_ctx_fork(server->ctx);
    if (server->cache_ctx == NULL || server->glance_ctx == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = gt_tile_cache_new(server->cache_ctx, TILES_BYTES, &hooks, &server->tiles);
    st = st == GT_OK
             ? gt_rate_new(server->ctx, SIGN_INS_MIN / 60.0, SIGN_INS_MIN, &server->sign_ins)
             : st;
    double per_s = server->options.requests_per_s;
    st = st == GT_OK && per_s > 0 ? gt_rate_new(server->ctx, per_s, 2 * per_s, &server->requests)
                                  : st;
    st = st == GT_OK
             ? gt_glance_open(server->glance_ctx, server->options.workspace, &server->glance)
             : st;
    if (st != GT_OK && gt_failed(server->glance_ctx)) {
        (void)gt_fail(ctx, st, gt_error_message(server->glance_ctx),
                      gt_error_place(server->glance_ctx), gt_error_args(server->glance_ctx));
    }
    return st;
}

gt_status gt_server_start(gt_ctx *ctx, const gt_serve_options *options, gt_server **out)
{
    *out = NULL;
    if ((options->tls_cert == NULL) != (options->tls_key == NULL)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_SERVE_TLS, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_server *server = gt_zalloc(ctx, 1, sizeof *server);
    if (server == NULL) {
        return GT_E_MEMORY;
    }
    server->parent = ctx;
    server->options = *options;
    defaults(ctx, &server->options);
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_mutex_init(&server->log_lock, NULL);
    (void)pthread_cond_init(&server->work, NULL);
    gt_status st = allocate(ctx, server);
    st = st == GT_OK ? open_tiles(ctx, server) : st;
    st = st == GT_OK ? start_workers(ctx, server) : st;
    st = st == GT_OK ? listen_at(ctx, server) : st;
    if (st == GT_OK) {
        int code = pthread_create(&server->watch, NULL, watch, server);
        server->watching = code == 0;
        st = code == 0 ? GT_OK : gt_fail_errno(ctx, code, "pthread_create", NULL);
    }
    if (st != GT_OK) {
        gt_server_stop(server);
        return st;
    }
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    server->port = info == NULL ? server->options.port : (int)info->port;
    *out = server;
    return GT_OK;
}

int gt_server_port(const gt_server *server)
{
    return server->port;
}

void gt_server_wait(gt_ctx *ctx, const gt_server *server)
{
    (void)server;
    while (gt_check_cancel(ctx) == GT_OK) {
        nap();
    }
    gt_error_clear(ctx);
}

/* The order matters: nothing new comes in, what is queued is answered, suspended connections are
 * resumed by that, and only then the loops end. */
void gt_server_stop(gt_server *server)
{
    if (server == NULL) {
        return;
    }
    gt_ctx *ctx = server->parent;
    if (server->daemon != NULL) {
        int listening = MHD_quiesce_daemon(server->daemon);
        if (listening >= 0) {
            (void)close(listening);
        }
    }
    (void)pthread_mutex_lock(&server->lock);
    server->closing = true;
    (void)pthread_cond_broadcast(&server->work);
    (void)pthread_mutex_unlock(&server->lock);
    for (size_t i = 0; i < server->n_workers; i++) {
        if (server->workers[i].running) {
            (void)pthread_join(server->workers[i].thread, NULL);
        }
    }
    gt_keeper_stop(server->keeper);
    if (server->watching) {
        (void)pthread_join(server->watch, NULL);
    }
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
    }
    for (size_t i = 0; i < server->n_workers; i++) {
        if (server->workers[i].desk.ctx != NULL) {
            gt_desk_close(&server->workers[i].desk);
        }
        gt_ctx_free(server->workers[i].ctx);
    }
    gt_tile_cache_free(server->tiles);
    gt_glance_close(server->glance);
    gt_rate_free(server->sign_ins);
    gt_rate_free(server->requests);
    gt_ctx_free(server->cache_ctx);
    gt_ctx_free(server->glance_ctx);
    gt_web_free(ctx, &server->web);
    gt_free(ctx, server->workers);
    gt_free(ctx, server->queue);
    gt_free(ctx, server->watched);
    gt_ctx_free(server->intake);
    gt_ctx_free(server->ctx);
    (void)pthread_cond_destroy(&server->work);
    (void)pthread_mutex_destroy(&server->log_lock);
    (void)pthread_mutex_destroy(&server->lock);
    gt_free(ctx, server);
}
