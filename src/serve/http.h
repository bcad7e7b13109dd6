/* The parts of the server that know libmicrohttpd, and what they share. Internal to serve.
 *
 *   http.c        start and stop
 *   http_intake.c requests coming in, the access log, the watch
 *   http_work.c   workers: a whole request to a desk, its reply to a response
 *   http_reply.c  header fields, refusals, kept tiles */
#ifndef GT_SERVE_HTTP_H
#define GT_SERVE_HTTP_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>

#include "guotu/serve.h"
#include "serve/desk.h"
#include "serve/jobs.h"
#include "serve/keeper.h"
#include "serve/metrics.h"
#include "serve/stream.h"
#include "serve/upload.h"

enum {
    LOOPS = 2,
    HEADER_POOL = 32768,
    TLS_FILE_MAX = 1 << 20,
    TILES_BYTES = 256 << 20,
    SIGN_INS_MIN = 20,
    VOICES_MIN = 6
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
    size_t most_body;
    bool begun_body, too_long, too_big, out_of_memory, queued;
    bool large; /* its body counts among n_uploads */
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
    gt_ctx *jobs_ctx;
    gt_jobs *jobs;
    gt_streams *streams;
    gt_rate *sign_ins, *voices, *uploads;
    int n_uploads;     /* bodies beyond most_body that are held */
    gt_rate *requests; /* NULL: no limit */
};

/* ---- http_reply.c ------------------------------------------------------------------------------
 */
void gt_http_headers(struct MHD_Response *response, const gt_reply *reply);
/* What is refused before a worker sees it. text: static. */
enum MHD_Result gt_http_refuse(gt_call *call, int status, const char *text);
#define GT_PROBLEM(status, title, id)                                                              \
    "{\"type\":\"about:blank\",\"status\":" #status ",\"title\":\"" title "\",\"id\":\"" id "\"}"  \
    "\n"
/* Hooks of the cache of tiles; user is the server. */
void *gt_http_prepare_tile(void *user, const gt_kept_tile *tile);
void gt_http_release_tile(void *user, void *block);
/* Sends a kept tile at once; false: a worker is needed. */
bool gt_http_send_kept(gt_call *call, enum MHD_Result *done);

/* ---- http_work.c ------------------------------------------------------------------------------
 */
void *gt_http_work(void *worker);

/* ---- http_intake.c: callbacks of the library --------------------------------------------------
 */
void *gt_http_on_target(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result gt_http_on_request(void *server, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *len, void **state);
void gt_http_on_completed(void *server, struct MHD_Connection *connection, void **state,
                          enum MHD_RequestTerminationCode why);
void gt_http_on_connection(void *server, struct MHD_Connection *connection, void **context,
                           enum MHD_ConnectionNotificationCode what);
/* The thread that shuts connections whose request does not come in. */
void *gt_http_watch(void *server);
void gt_http_nap(void);

#endif
