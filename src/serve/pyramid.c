/* The file of lattices: an SQLite database without promises (a cache needs none). */
#include "serve/pyramid.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/db.h"

enum { BYTES_MAX = 32 << 20 };
/* Raised whenever the same features give other tiles. */
static const char schema[] =
    "PRAGMA synchronous=OFF;"
    "CREATE TABLE IF NOT EXISTS state(layer TEXT PRIMARY KEY, key TEXT NOT NULL,"
    " revision INTEGER NOT NULL, direct INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS tile(layer TEXT NOT NULL, z INTEGER NOT NULL,"
    " col INTEGER NOT NULL, row INTEGER NOT NULL, body BLOB NOT NULL,"
    " PRIMARY KEY(layer, z, col, row)) WITHOUT ROWID;";

typedef enum statement {
    STATE_GET = 0,
    STATE_PUT,
    STATE_MOVE,
    TILE_GET,
    TILE_PUT,
    TILE_DROP,
    LAYER_DROP,
    N_STATEMENTS
} statement;

static const char *const texts[N_STATEMENTS] = {
    "SELECT revision, direct FROM state WHERE layer = ?1 AND key = ?2",
    "INSERT OR REPLACE INTO state VALUES(?1, ?2, ?3, ?4)",
    "UPDATE state SET revision = ?3 WHERE layer = ?1 AND revision = ?2",
    "SELECT body FROM tile WHERE layer = ?1 AND z = ?2 AND col = ?3 AND row = ?4",
    "INSERT OR REPLACE INTO tile SELECT ?1, ?2, ?3, ?4, ?5 FROM state WHERE layer = ?1 AND "
    "revision = ?6",
    "DELETE FROM tile WHERE layer = ?1 AND z = ?2 AND col BETWEEN ?3 AND ?4 AND row BETWEEN ?5 AND "
    "?6",
    "DELETE FROM tile WHERE layer = ?1"};

struct gt_pyramid {
    gt_ctx *ctx;
    sqlite3 *db;
    sqlite3_stmt *list[N_STATEMENTS];
    char map[4096]; /* the map's file */
};

gt_box gt_place_box(gt_place_of at)
{
    double side = 2 * GT_MERCATOR_HALF / (double)(1L << at.z);
    return (gt_box){
        -GT_MERCATOR_HALF + side * (double)at.col, GT_MERCATOR_HALF - side * (double)(at.row + 1),
        -GT_MERCATOR_HALF + side * (double)(at.col + 1), GT_MERCATOR_HALF - side * (double)at.row};
}

gt_status gt_pyramid_open(gt_ctx *ctx, const char *workspace, gt_pyramid **out)
{
    static const char *const folders[] = {"cache", "cache/tiles"};
    char path[4096];
    *out = NULL;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        (void)snprintf(path, sizeof path, "%.3900s/%s", workspace, folders[i]);
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            return GT_OK;
        }
    }
    gt_pyramid *p = gt_zalloc(ctx, 1, sizeof *p);
    if (p == NULL) {
        return GT_E_MEMORY;
    }
    (void)snprintf(path, sizeof path, "%.3900s/cache/tiles/pyramid.db", workspace);
    (void)snprintf(p->map, sizeof p->map, "%.3900s/onemap.gpkg", workspace);
    p->ctx = ctx;
    gt_status st = gt_db_open(ctx, path, GT_DB_CREATE, &p->db);
    st = st == GT_OK ? gt_db_exec(ctx, p->db, schema) : st;
    for (int i = 0; st == GT_OK && i < N_STATEMENTS; i++) {
        st = gt_db_prepare(ctx, p->db, texts[i], &p->list[i]);
    }
    if (st != GT_OK) { /* a cache that cannot be used is no cache */
        gt_pyramid_close(p);
        if (st == GT_E_ENV || st == GT_E_INPUT) {
            gt_error_clear(ctx);
            st = GT_OK;
        }
        return st;
    }
    *out = p;
    return GT_OK;
}

void gt_pyramid_close(gt_pyramid *p)
{
    if (p == NULL) {
        return;
    }
    for (int i = 0; i < N_STATEMENTS; i++) {
        (void)sqlite3_finalize(p->list[i]);
    }
    gt_db_close(p->db);
    gt_free(p->ctx, p);
}

static sqlite3_stmt *bound(gt_pyramid *p, statement which, const char *layer, gt_place_of at)
{
    sqlite3_stmt *s = p->list[which];
    (void)sqlite3_bind_text(s, 1, layer, -1, SQLITE_TRANSIENT);
    (void)sqlite3_bind_int(s, 2, at.z);
    (void)sqlite3_bind_int64(s, 3, at.col);
    (void)sqlite3_bind_int64(s, 4, at.row);
    return s;
}

gt_status gt_pyramid_state_get(gt_ctx *ctx, gt_pyramid *p, const char *layer, const char *key,
                               gt_pyramid_state *out, bool *there)
{
    sqlite3_stmt *s = p->list[STATE_GET];
    (void)sqlite3_bind_text(s, 1, layer, -1, SQLITE_TRANSIENT);
    (void)sqlite3_bind_text(s, 2, key, -1, SQLITE_TRANSIENT);
    gt_status st = gt_db_step(ctx, s, there);
    if (st == GT_OK && *there) {
        *out = (gt_pyramid_state){sqlite3_column_int64(s, 0), sqlite3_column_int(s, 1)};
    }
    (void)sqlite3_reset(s);
    return st;
}

gt_status gt_pyramid_is_ahead(gt_ctx *ctx, gt_pyramid *p, int64_t revision, bool *ahead)
{
    sqlite3 *map = NULL;
    int64_t newest = 0;
    gt_status st = gt_db_open(ctx, p->map, GT_DB_READ, &map);
    st = st == GT_OK ? gt_db_int(ctx, map, "SELECT max(id) FROM gt_revision", 0, &newest) : st;
    gt_db_close(map);
    *ahead = newest < revision;
    return st;
}

/* Ends a transaction as st says; the first error stays. */
static gt_status finish(gt_ctx *ctx, gt_pyramid *p, gt_status st)
{
    if (st == GT_OK) {
        st = gt_db_exec(ctx, p->db, "COMMIT");
    }
    if (st != GT_OK) {
        (void)sqlite3_exec(p->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return st;
}

gt_status gt_pyramid_begin(gt_ctx *ctx, gt_pyramid *p, const char *layer, const char *key,
                           const gt_pyramid_state *state)
{
    gt_status st = gt_db_exec(ctx, p->db, "BEGIN IMMEDIATE");
    if (st != GT_OK) {
        return st;
    }
    sqlite3_stmt *s = p->list[LAYER_DROP];
    (void)sqlite3_bind_text(s, 1, layer, -1, SQLITE_TRANSIENT);
    st = gt_db_run(ctx, s);
    s = p->list[STATE_PUT];
    (void)sqlite3_bind_text(s, 1, layer, -1, SQLITE_TRANSIENT);
    (void)sqlite3_bind_text(s, 2, key, -1, SQLITE_TRANSIENT);
    (void)sqlite3_bind_int64(s, 3, state->revision);
    (void)sqlite3_bind_int(s, 4, state->direct);
    st = st == GT_OK ? gt_db_run(ctx, s) : st;
    return finish(ctx, p, st);
}

/* Column or row of a coordinate counted from the west or north, within the square. */
static long index_of(double from_edge, int z)
{
    double n = (double)(1L << z), i = floor(from_edge / (2 * GT_MERCATOR_HALF) * n);
    return (long)fmin(fmax(i, 0), n - 1);
}

static gt_status drop(gt_ctx *ctx, gt_pyramid *p, const char *layer, gt_box box, int z)
{
    const double half = GT_MERCATOR_HALF, margin = 1;
    const gt_place_of at = {z, 0, index_of(box.xmin - margin + half, z)};
    sqlite3_stmt *s = bound(p, TILE_DROP, layer, at);
    (void)sqlite3_bind_int64(s, 4, index_of(box.xmax + margin + half, z));
    (void)sqlite3_bind_int64(s, 5, index_of(half - box.ymax - margin, z));
    (void)sqlite3_bind_int64(s, 6, index_of(half - box.ymin + margin, z));
    return gt_db_run(ctx, s);
}

gt_status gt_pyramid_advance(gt_ctx *ctx, gt_pyramid *p, const char *layer, int64_t from,
                             int64_t to, const gt_box *boxes, size_t n)
{
    enum { DEEPEST = 22 };
    gt_status st = gt_db_exec(ctx, p->db, "BEGIN IMMEDIATE");
    if (st != GT_OK) {
        return st;
    }
    sqlite3_stmt *s = p->list[STATE_MOVE];
    (void)sqlite3_bind_text(s, 1, layer, -1, SQLITE_TRANSIENT);
    (void)sqlite3_bind_int64(s, 2, from);
    (void)sqlite3_bind_int64(s, 3, to);
    st = gt_db_run(ctx, s);
    bool ours = st == GT_OK && sqlite3_changes(p->db) > 0;
    for (size_t i = 0; ours && st == GT_OK && i < n; i++) {
        for (int z = 0; st == GT_OK && boxes[i].xmin <= boxes[i].xmax && z <= DEEPEST; z++) {
            st = drop(ctx, p, layer, boxes[i], z);
        }
    }
    return finish(ctx, p, st);
}

gt_status gt_pyramid_get(gt_ctx *ctx, gt_pyramid *p, const char *layer, gt_place_of at,
                         gt_lattice *out, bool *found)
{
    sqlite3_stmt *s = bound(p, TILE_GET, layer, at);
    gt_status st = gt_db_step(ctx, s, found);
    if (st == GT_OK && *found) {
        st = gt_lattice_unpack(ctx, sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0),
                               out);
        if (st == GT_E_INPUT) {
            gt_error_clear(ctx);
            *found = false;
            st = GT_OK;
        }
    }
    (void)sqlite3_reset(s);
    return st;
}

gt_status gt_pyramid_put(gt_ctx *ctx, gt_pyramid *p, const char *layer, int64_t revision,
                         gt_place_of at, const gt_lattice *lattice)
{
    gt_text body;
    gt_text_init(&body, ctx, BYTES_MAX);
    gt_lattice_pack(lattice, &body);
    gt_status st = gt_text_status(&body);
    if (st == GT_OK) {
        sqlite3_stmt *s = bound(p, TILE_PUT, layer, at);
        (void)sqlite3_bind_blob(s, 5, gt_text_cstr(&body), (int)body.len, SQLITE_STATIC);
        (void)sqlite3_bind_int64(s, 6, revision);
        st = gt_db_run(ctx, s);
        (void)sqlite3_clear_bindings(s);
    }
    gt_text_free(&body);
    return st;
}
