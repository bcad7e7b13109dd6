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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/http.h"
#include "serve/messages.h"

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

/* The library does not tell a pair of certificate and key it cannot use from a port it cannot have,
 * but the latter leaves the system's reason. */
static gt_status not_listening(gt_ctx *ctx, const gt_serve_options *o, int why)
{
    bool port = why == EADDRINUSE || why == EADDRNOTAVAIL || why == EACCES || why == EPERM;
    if (o->tls_cert != NULL && !port) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_TLS_PAIR, GT_PLACE(.file = o->tls_cert),
                       GT_ARGS(GT_TEXT("cert", o->tls_cert), GT_TEXT("key", o->tls_key)));
    }
    return gt_fail(ctx, GT_E_ENV, &GT_MSG_SERVE_LISTEN, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("host", o->host), GT_INT("port", o->port),
                           GT_TEXT("reason", strerrordesc_np(why))));
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
            flags, (uint16_t)o->port, NULL, NULL, gt_http_on_request, server, MHD_OPTION_SOCK_ADDR,
            &where, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)LOOPS, MHD_OPTION_CONNECTION_LIMIT,
            (unsigned)o->most_connections, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)o->idle_s,
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_POOL, MHD_OPTION_STRICT_FOR_CLIENT,
            1, MHD_OPTION_URI_LOG_CALLBACK, gt_http_on_target, server, MHD_OPTION_NOTIFY_COMPLETED,
            gt_http_on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, gt_http_on_connection,
            server, MHD_OPTION_ARRAY, cert != NULL ? tls : none, MHD_OPTION_END);
        if (server->daemon == NULL) {
            st = not_listening(ctx, o, errno);
        }
    }
    gt_free(ctx, cert);
    if (key != NULL) {
        explicit_bzero(key, TLS_FILE_MAX); /* the library has its own copy */
    }
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
                                 server->voices,
                                 server->uploads,
                                 true,
                                 server->jobs};
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < (size_t)server->options.workers; i++) {
        gt_worker *w = &server->workers[i];
        w->server = server;
        w->ctx = gt_ctx_fork(server->ctx);
        server->n_workers = i + 1;
        st = w->ctx == NULL ? GT_E_MEMORY : gt_desk_open(w->ctx, &setup, &w->desk);
        if (st == GT_OK) {
            int code = pthread_create(&w->thread, NULL, gt_http_work, w);
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

static gt_status start_jobs(gt_ctx *ctx, gt_server *server)
{
    const gt_desk_setup setup = {.workspace = server->options.workspace,
                                 .package = server->options.package,
                                 .web = &server->web};
    server->jobs_ctx = gt_ctx_fork(server->ctx);
    gt_status st = server->jobs_ctx == NULL
                       ? GT_E_MEMORY
                       : gt_jobs_start(server->jobs_ctx, &setup, &server->jobs);
    st = st == GT_OK ? gt_streams_new(server->jobs_ctx, server->jobs, &server->streams) : st;
    if (st != GT_OK && server->jobs_ctx != NULL) {
        (void)gt_fail(ctx, st, gt_error_message(server->jobs_ctx), gt_error_place(server->jobs_ctx),
                      gt_error_args(server->jobs_ctx));
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
    const gt_tile_hooks hooks = {gt_http_prepare_tile, gt_http_release_tile, server};
    server->cache_ctx = gt_ctx_fork(server->ctx);
    server->glance_ctx = gt_ctx_fork(server->ctx);
    if (server->cache_ctx == NULL || server->glance_ctx == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = gt_tile_cache_new(server->cache_ctx, TILES_BYTES, &hooks, &server->tiles);
    st = st == GT_OK
             ? gt_rate_new(server->ctx, SIGN_INS_MIN / 60.0, SIGN_INS_MIN, &server->sign_ins)
             : st;
    st =
        st == GT_OK ? gt_rate_new(server->ctx, VOICES_MIN / 60.0, VOICES_MIN, &server->voices) : st;
    st = st == GT_OK
             ? gt_rate_new(server->ctx, GT_UPLOADS_MIN / 60.0, GT_UPLOADS_MIN, &server->uploads)
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
    st = st == GT_OK ? start_jobs(ctx, server) : st;
    st = st == GT_OK ? start_workers(ctx, server) : st;
    st = st == GT_OK ? listen_at(ctx, server) : st;
    if (st == GT_OK) {
        int code = pthread_create(&server->watch, NULL, gt_http_watch, server);
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
        gt_http_nap();
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
    if (server->jobs != NULL) { /* first, so that who follows one hears of its end */
        gt_jobs_halt(server->jobs);
    }
    if (server->watching) {
        (void)pthread_join(server->watch, NULL);
    }
    if (server->streams != NULL) {
        gt_streams_end(server->streams);
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
    gt_streams_free(server->streams);
    gt_jobs_stop(server->jobs);
    gt_ctx_free(server->jobs_ctx);
    gt_tile_cache_free(server->tiles);
    gt_glance_close(server->glance);
    gt_rate_free(server->sign_ins);
    gt_rate_free(server->voices);
    gt_rate_free(server->uploads);
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
