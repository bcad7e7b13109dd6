/* Serve: the one portal of a workspace over HTTP: OGC API Features, Tiles and Processes, the pages
 * of the portal, accounts, ledgers, health and metrics. Features are written one revision a
 * request, by whom the register of actors lets (docs/reference/http.md). */
#ifndef GUOTU_SERVE_H
#define GUOTU_SERVE_H

#include "guotu/package.h"
#include "guotu/store.h"

typedef struct gt_server gt_server;

/* One finished request, for the access log: a line of JSON without its newline. Called from the
 * server's threads, one call at a time; the text is borrowed for the call. */
typedef void (*gt_serve_log_fn)(void *user, const char *line);

typedef struct gt_serve_options {
    size_t size;
    const char *workspace;          /* folder; required */
    const gt_package *package;      /* borrowed for the life of the server; required */
    const char *host;               /* address to listen at; NULL: 127.0.0.1 */
    int port;                       /* 0: any free one */
    const char *tls_cert, *tls_key; /* PEM files; both or neither */
    const char *web_dir; /* folder of the portal's pages; NULL: none. Read once, at the start */
    int workers;         /* threads that answer; 0: one a core, at least 2 */
    size_t most_waiting; /* requests accepted and not yet begun; 0: one a connection. Beyond: 503 */
    size_t most_body;    /* bytes; 0: 1 MiB. Beyond: 413 */
    int most_connections;  /* that are always taken; 0: 1024. At most twice as many */
    int idle_s;            /* a connection without a byte is closed; 0: 15 */
    int request_s;         /* a request must have come in, and be answered, within; 0: 30 */
    double requests_per_s; /* of one address, twice as many at once, then 429; 0: no limit */
    gt_serve_log_fn log;
    void *log_user;
} gt_serve_options;
void gt_serve_options_init(gt_serve_options *options);

/* Opens the workspace and starts to listen. The server works in a context of its own (language,
 * threads and memory ceiling as ctx); ctx must outlive it. GT_E_ENV: the port is taken, the
 * certificate cannot be read; GT_E_USAGE: only one of certificate and key. Owned by the caller. */
gt_status gt_server_start(gt_ctx *ctx, const gt_serve_options *options, gt_server **out) GT_CHECKED;
int gt_server_port(const gt_server *server);
/* Stops: no new connections, requests accepted are answered, then everything is freed. NULL is
 * accepted. */
void gt_server_stop(gt_server *server);
/* Makes the merged tiles of all large layers that are missing or out of date, as the running server
 * does by itself in the background; *n (may be NULL): layers that have such tiles. They are kept in
 * WORKSPACE/cache/tiles. Errors of opening; GT_E_ENV when the folder cannot be written. Cost: 15 us
 * a polygon the first time (5 M: 75 s on one core), then by what changed. */
gt_status gt_serve_prepare(gt_ctx *ctx, const char *workspace, const gt_package *package,
                           size_t *n) GT_CHECKED;

typedef struct gt_tiles_options {
    size_t size;
    int from, to;   /* zooms, 0 .. 22; 0 and 14 */
    bool overwrite; /* a file that is there is replaced */
} gt_tiles_options;
void gt_tiles_options_init(gt_tiles_options *options);
typedef struct gt_tiles_written {
    int64_t tiles, bytes, largest; /* with something in them; packed; the largest one */
} gt_tiles_written;
/* Writes the vector tiles of a layer as MBTiles 1.3 (gzip), the same tiles as are served, on
 * gt_ctx_threads threads. The file appears under its name when it is whole. layer and path are
 * borrowed. GT_E_NOT_FOUND: layer; GT_E_INPUT "io.exists"; GT_E_ENV: writing; errors of reading.
 * Cost: some 10 us a polygon and zoom where polygons are drawn themselves. Memory: some 20 MiB a
 * thread. */
gt_status gt_tiles_write(gt_ctx *ctx, const char *workspace, const gt_package *package,
                         const char *layer, const char *path, const gt_tiles_options *options,
                         gt_tiles_written *out) GT_CHECKED;
enum { GT_FIRST_PASSWORD = 21 };
/* The first start of a workspace: without any account one is made, for the founder of the register
 * of actors, or, when that is empty, for a new founder "administrator". *made = false: there are
 * accounts. name and password (holds for one sign-in) are told only here. GT_E_ENV when the
 * workspace cannot be written. */
gt_status gt_serve_first_account(gt_ctx *ctx, const char *workspace, char name[65],
                                 char password[GT_FIRST_PASSWORD], bool *made) GT_CHECKED;
/* Returns once ctx was cancelled (gt_cancel, as the signal handler does). */
void gt_server_wait(gt_ctx *ctx, const gt_server *server);

#endif
