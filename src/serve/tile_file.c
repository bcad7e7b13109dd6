/* All tiles of a layer in one file: MBTiles 1.3 with vector tiles, each packed as gzip.
 *
 * Each thread has a desk of its own. First the lattices of the low zooms are made, a group of
 * subtrees at a time, then tiles, each thread taking the next place; what a tile holds does not
 * depend on that. Rows of MBTiles count from the south. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guotu/pool.h"
#include "guotu/serve.h"
#include "io/messages.h"
#include "serve/pack.h"
#include "serve/tile_read.h"
#include "store/db.h"

enum { ZOOM_MAX = 22, SUBTREE = 3 }; /* levels of lattices that one task makes */

static const char schema[] = "PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;"
                             "CREATE TABLE metadata(name TEXT, value TEXT);"
                             "CREATE TABLE tiles(zoom_level INTEGER, tile_column INTEGER,"
                             " tile_row INTEGER, tile_data BLOB);"
                             "CREATE UNIQUE INDEX tile_index ON tiles(zoom_level, tile_column, "
                             "tile_row);BEGIN;";

typedef struct span { /* tiles of a zoom that meet the layer */
    int z;
    long row, col, rows, cols;
} span;

typedef struct work {
    const char *workspace, *layer;
    const gt_package *package;
    const gt_tiles_options *options;
    char key[128]; /* name of the class attribute */
    gt_box within; /* EPSG:3857 */
    bool empty;
    int direct;
    span list[ZOOM_MAX + 1];
    size_t n_spans, n_places;
    atomic_size_t next;
    atomic_bool failed;
    bool lattices;
    sqlite3 *db;
    sqlite3_stmt *put;
    pthread_mutex_t lock; /* db, put, n */
    gt_tiles_written n;
} work;

/* ---- places -----------------------------------------------------------------------------------
 */

static long tile_index(double from_edge, int z)
{
    double n = (double)(1L << z), i = floor(from_edge / (2 * GT_MERCATOR_HALF) * n);
    return (long)fmin(fmax(i, 0), n - 1);
}

static span span_of(const gt_box *box, int z)
{
    const double half = GT_MERCATOR_HALF;
    span s = {
        .z = z, .row = tile_index(half - box->ymax, z), .col = tile_index(box->xmin + half, z)};
    s.rows = tile_index(half - box->ymin, z) - s.row + 1;
    s.cols = tile_index(box->xmax + half, z) - s.col + 1;
    return s;
}

/* Deepest first: they are the most, and a thread that comes last has little left to do. */
static void plan(work *w, int from, int to)
{
    w->n_spans = w->n_places = 0;
    for (int z = to; z >= from; z--) {
        w->list[w->n_spans++] = span_of(&w->within, z);
        w->n_places += (size_t)(w->list[w->n_spans - 1].rows * w->list[w->n_spans - 1].cols);
    }
    atomic_store(&w->next, 0);
}

static bool next_place(work *w, gt_place_of *out)
{
    size_t i = atomic_load(&w->failed) ? w->n_places : atomic_fetch_add(&w->next, 1);
    for (size_t k = 0; k < w->n_spans; k++) {
        const span *s = &w->list[k];
        size_t n = (size_t)(s->rows * s->cols);
        if (i < n) {
            *out = (gt_place_of){s->z, s->row + (long)i / s->cols, s->col + (long)i % s->cols};
            return true;
        }
        i -= n;
    }
    return false;
}

/* ---- writing ----------------------------------------------------------------------------------
 */

static gt_status put_tile(gt_ctx *ctx, work *w, gt_place_of at, const gt_text *packed)
{
    sqlite3_stmt *s = w->put;
    (void)pthread_mutex_lock(&w->lock);
    (void)sqlite3_bind_int(s, 1, at.z);
    (void)sqlite3_bind_int64(s, 2, at.col);
    (void)sqlite3_bind_int64(s, 3, (1L << at.z) - 1 - at.row);
    (void)sqlite3_bind_blob(s, 4, gt_text_cstr(packed), (int)packed->len, SQLITE_STATIC);
    gt_status st = gt_db_run(ctx, s);
    w->n.tiles++;
    w->n.bytes += (int64_t)packed->len;
    w->n.largest = (int64_t)packed->len > w->n.largest ? (int64_t)packed->len : w->n.largest;
    (void)pthread_mutex_unlock(&w->lock);
    return st;
}

static gt_status make_tile(gt_desk *desk, work *w, const gt_layer_info *info, gt_place_of at,
                           gt_text *body, gt_text *packed)
{
    gt_text_clear(body);
    gt_text_clear(packed);
    gt_status st = gt_tile_make(desk, info, at, body);
    if (st == GT_OK && body->len > 0) {
        st = gt_pack(desk->ctx, GT_GZIP, body, packed);
        st = st == GT_OK ? put_tile(desk->ctx, w, at, packed) : st;
    }
    return st;
}

static gt_status make_places(gt_desk *desk, work *w)
{
    gt_layer_info info;
    gt_place_of at = {0, 0, 0};
    gt_text body, packed;
    gt_text_init(&body, desk->ctx, GT_REPLY_MAX);
    gt_text_init(&packed, desk->ctx, GT_REPLY_MAX);
    gt_status st = gt_store_find_layer(desk->ctx, desk->store, w->layer, &info);
    while (st == GT_OK && next_place(w, &at)) {
        gt_arena_reset(desk->arena);
        st = gt_check_cancel(desk->ctx);
        st = st != GT_OK   ? st
             : w->lattices ? gt_tile_prepare_at(desk, &info, w->direct, at)
                           : make_tile(desk, w, &info, at, &body, &packed);
    }
    if (st != GT_OK) {
        atomic_store(&w->failed, true);
    }
    gt_text_free(&body);
    gt_text_free(&packed);
    return st;
}

static gt_status one_thread(gt_ctx *ctx, void *user, size_t task, int worker)
{
    work *w = user;
    const gt_web none = {0};
    const gt_desk_setup setup = {.workspace = w->workspace, .package = w->package, .web = &none};
    gt_desk desk;
    (void)task;
    (void)worker;
    gt_status st = gt_desk_open(ctx, &setup, &desk);
    if (st == GT_OK) {
        st = make_places(&desk, w);
        gt_desk_close(&desk);
    } else {
        atomic_store(&w->failed, true);
    }
    return st;
}

/* ---- the file ---------------------------------------------------------------------------------
 */

static gt_status put_meta(gt_ctx *ctx, work *w, const char *name, const char *value)
{
    sqlite3_stmt *s = NULL;
    gt_status st = gt_db_prepare(ctx, w->db, "INSERT INTO metadata VALUES(?1, ?2)", &s);
    if (st == GT_OK) {
        (void)sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
        (void)sqlite3_bind_text(s, 2, value, -1, SQLITE_TRANSIENT);
        st = gt_db_run(ctx, s);
    }
    (void)sqlite3_finalize(s);
    return st;
}

static double longitude(double x)
{
    return x / GT_MERCATOR_HALF * 180;
}

static double latitude(double y)
{
    const double pi = 3.14159265358979323846;
    return atan(sinh(y / GT_MERCATOR_HALF * pi)) * 180 / pi;
}

/* What MBTiles 1.3 asks for, and the fields. */
static gt_status put_all_meta(gt_ctx *ctx, work *w)
{
    char bounds[160], from[16], to[16];
    gt_text json;
    const gt_box *b = &w->within;
    (void)snprintf(bounds, sizeof bounds, "%.7f,%.7f,%.7f,%.7f", longitude(b->xmin),
                   latitude(b->ymin), longitude(b->xmax), latitude(b->ymax));
    (void)snprintf(from, sizeof from, "%d", w->options->from);
    (void)snprintf(to, sizeof to, "%d", w->options->to);
    gt_text_init(&json, ctx, 1 << 16);
    gt_text_puts(&json, "{\"vector_layers\":[{\"id\":");
    gt_text_json_string(&json, w->layer);
    gt_text_puts(&json, ",\"fields\":{\"id\":\"String\",");
    gt_text_json_string(&json, w->key);
    gt_text_printf(&json, ":\"String\"},\"minzoom\":%s,\"maxzoom\":%s}]}", from, to);
    const char *const list[][2] = {
        {"name", w->layer}, {"format", "pbf"}, {"type", "overlay"}, {"version", "2"},
        {"minzoom", from},  {"maxzoom", to},   {"bounds", bounds},  {"json", gt_text_cstr(&json)}};
    gt_status st = gt_text_status(&json);
    for (size_t i = 0; st == GT_OK && i < sizeof list / sizeof *list; i++) {
        st = put_meta(ctx, w, list[i][0], list[i][1]);
    }
    gt_text_free(&json);
    return st;
}

static gt_status open_file(gt_ctx *ctx, work *w, const char *path)
{
    gt_status st = gt_db_open(ctx, path, GT_DB_CREATE, &w->db);
    st = st == GT_OK ? gt_db_exec(ctx, w->db, schema) : st;
    return st == GT_OK
               ? gt_db_prepare(ctx, w->db, "INSERT INTO tiles VALUES(?1, ?2, ?3, ?4)", &w->put)
               : st;
}

static void close_file(work *w)
{
    (void)sqlite3_finalize(w->put);
    gt_db_close(w->db);
}

/* ---- the whole --------------------------------------------------------------------------------
 */

static gt_status look(gt_ctx *ctx, work *w)
{
    const gt_web none = {0};
    const gt_desk_setup setup = {.workspace = w->workspace, .package = w->package, .web = &none};
    gt_desk desk;
    gt_layer_info info;
    gt_status st = gt_desk_open(ctx, &setup, &desk);
    if (st != GT_OK) {
        return st;
    }
    st = gt_store_find_layer(ctx, desk.store, w->layer, &info);
    w->empty = st != GT_OK || info.n_features == 0;
    if (st == GT_OK) {
        (void)snprintf(w->key, sizeof w->key, "%.120s", gt_tile_class_key(&info));
    }
    if (!w->empty) {
        st = gt_tile_mercator_box(&desk, info.box, &w->within);
        st = st == GT_OK ? gt_tile_bring_up(&desk, &info, &w->direct) : st;
        w->direct = desk.pyramid == NULL ? 0 : w->direct;
    }
    gt_desk_close(&desk);
    return st;
}

static gt_status fill(gt_ctx *ctx, work *w)
{
    const size_t threads = (size_t)gt_ctx_threads(ctx);
    gt_status st = GT_OK;
    int foot = w->direct + 1 - SUBTREE;
    if (w->empty) {
        return GT_OK;
    }
    if (w->direct > 0 && w->options->from < w->direct) {
        w->lattices = true;
        plan(w, foot > 0 ? foot : 0, foot > 0 ? foot : 0);
        st = gt_parallel_for(ctx, threads, one_thread, w);
        w->lattices = false;
    }
    plan(w, w->options->from, w->options->to);
    return st == GT_OK ? gt_parallel_for(ctx, threads, one_thread, w) : st;
}

void gt_tiles_options_init(gt_tiles_options *options)
{
    *options = (gt_tiles_options){.size = sizeof *options, .from = 0, .to = 14};
}

gt_status gt_tiles_write(gt_ctx *ctx, const char *workspace, const gt_package *package,
                         const char *layer, const char *path, const gt_tiles_options *options,
                         gt_tiles_written *out)
{
    char part[4096];
    *out = (gt_tiles_written){0};
    work w = {.workspace = workspace, .layer = layer, .package = package, .options = options};
    if (!options->overwrite && access(path, F_OK) == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_IO_EXISTS, GT_PLACE(.file = path),
                       GT_ARGS(GT_TEXT("name", path)));
    }
    (void)snprintf(part, sizeof part, "%.4000s.part", path);
    (void)remove(part);
    gt_status st = look(ctx, &w);
    if (st != GT_OK) {
        return st;
    }
    (void)pthread_mutex_init(&w.lock, NULL);
    st = open_file(ctx, &w, part);
    st = st == GT_OK ? put_all_meta(ctx, &w) : st;
    st = st == GT_OK ? fill(ctx, &w) : st;
    st = st == GT_OK ? gt_db_exec(ctx, w.db, "COMMIT") : st;
    close_file(&w);
    if (st == GT_OK && rename(part, path) != 0) {
        st = gt_fail_errno(ctx, errno, "rename", path);
    }
    if (st != GT_OK) {
        (void)remove(part);
    }
    (void)pthread_mutex_destroy(&w.lock);
    *out = w.n;
    return st;
}
