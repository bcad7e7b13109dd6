/* Workers: each takes whole requests from the queue, asks its desk, and makes the response. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/http.h"

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
    request->prefer = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Prefer");
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

/* A file is sent as it is read; one that is gone, or a stream too many, is a problem after all. */
static struct MHD_Response *response_of(gt_call *call, const gt_desk *desk, gt_reply *reply)
{
    static const char busy[] = GT_PROBLEM(503, "Service Unavailable", "serve.busy");
    struct MHD_Response *response = NULL;
    if (reply->file == NULL && reply->stream == NULL) {
        return MHD_create_response_from_buffer(
            reply->body.len, (void *)(uintptr_t)gt_text_cstr(&reply->body), MHD_RESPMEM_MUST_COPY);
    }
    if (reply->stream != NULL) {
        response =
            gt_stream_response(call->server->streams, call->connection, reply->stream, desk->lang);
    } else {
        struct stat facts;
        int fd = open(reply->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode)) {
            response = MHD_create_response_from_fd64((uint64_t)facts.st_size, fd);
            call->bytes = (size_t)facts.st_size;
        }
        if (response == NULL && fd >= 0) {
            (void)close(fd);
        }
    }
    if (response == NULL) {
        call->status = reply->status = 503;
        call->bytes = sizeof busy - 1;
        reply->type = "application/problem+json";
        reply->save_as = NULL;
        response = MHD_create_response_from_buffer(sizeof busy - 1, (void *)(uintptr_t)busy,
                                                   MHD_RESPMEM_PERSISTENT);
    }
    return response;
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
    call->response = response_of(call, desk, &reply);
    if (call->response != NULL) {
        gt_http_headers(call->response, &reply);
        if (worker->server->options.tls_cert != NULL) { /* RFC 6797: a year */
            (void)MHD_add_response_header(call->response, "Strict-Transport-Security",
                                          "max-age=31536000");
        }
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

void *gt_http_work(void *user)
{
    gt_worker *worker = user;
    gt_transform *way = NULL;
    /* what the first tile would wait for otherwise; what fails is told to the request that needs it
     */
    if (gt_desk_out(&worker->desk, GT_EPSG_3857, &way) != GT_OK) {
        gt_error_clear(worker->ctx);
    }
    for (gt_call *call = take(worker->server); call != NULL; call = take(worker->server)) {
        answer(worker, call);
        MHD_resume_connection(call->connection);
    }
    return NULL;
}
