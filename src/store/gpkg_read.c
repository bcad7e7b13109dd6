/* Polygons of a GeoPackage table, in parallel by ranges of rowid: each worker has its own
 * connection, decodes blobs straight into flat arrays and keeps a dictionary of field values;
 * dictionaries are joined in the order of ranges, then sorted, so results do not depend on threads.
 * Format: OGC 12-128r18, 2.1.3; WKB: OGC 06-103r4. */
#include "guotu/gpkg_read.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/pool.h"
#include "store/gpkg_messages.h"

enum { MOST_RANGES = 256, ROWS_PER_RANGE = 2000 };

typedef struct word {
    char *text;
    uint32_t len, code;
} word;

/* Distinct texts of one range: open addressing on FNV-1a. */
typedef struct words {
    word *list;
    uint32_t *table;
    size_t n, cap, n_table, cap_table;
} words;

typedef struct range {
    gt_polygon_run run;
    size_t cap_xy, cap_rings, cap_parts, cap_features, cap_fid, cap_code;
    words words;
} range;

typedef struct reader {
    const char *path;
    char *sql; /* two parameters: first and last rowid */
    bool coded;
    int64_t from, to;
    size_t n_ranges;
    range *ranges;
    sqlite3 **connections; /* one per worker */
} reader;

/* ---- SQLite --------------------------------------------------------------------------------- */

static gt_status sql_failed(gt_ctx *ctx, sqlite3 *db, const char *path)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GPKG_SQLITE, GT_PLACE(.file = path),
                   GT_ARGS(GT_TEXT("reason", db == NULL ? "no memory" : sqlite3_errmsg(db))));
}

static gt_status open_file(gt_ctx *ctx, const char *path, sqlite3 **db)
{
    if (access(path, R_OK) != 0) {
        return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_GPKG_NO_FILE, GT_PLACE(.file = path),
                       GT_NO_ARGS);
    }
    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        gt_status st = sql_failed(ctx, *db, path);
        (void)sqlite3_close(*db);
        *db = NULL;
        return st;
    }
    /* no mmap_size: page faults of a mapped file cost twice the reads they save (measured) */
    return GT_OK;
}

/* ---- WKB ------------------------------------------------------------------------------------ */

typedef struct bytes {
    const uint8_t *p, *end;
    bool swap, bad;
} bytes;

static uint32_t take_u32(bytes *b)
{
    uint32_t v = 0;
    if (b->end - b->p < 4) {
        b->bad = true;
        return 0;
    }
    memcpy(&v, b->p, 4);
    b->p += 4;
    return b->swap ? __builtin_bswap32(v) : v;
}

/* Byte order and type; dims: ordinates of a point. Returns the plain type, 0 when it is unknown. */
static uint32_t take_head(bytes *b, uint32_t *dims)
{
    if (b->end - b->p < 5 || *b->p > 1) {
        b->bad = true;
        return 0;
    }
    b->swap = *b->p++ == 0;
    uint32_t type = take_u32(b);
    *dims = 2;
    if ((type & 0xE0000000U) != 0) { /* EWKB flags */
        *dims += ((type >> 31) & 1) + ((type >> 30) & 1);
        if ((type >> 29 & 1) != 0) {
            (void)take_u32(b);
        }
        type &= 0x1FFFFFFFU;
    } else if (type > 1000) {
        *dims += type / 1000 == 3 ? 2 : 1;
        type = type / 1000 <= 3 ? type % 1000 : 0;
    }
    return type;
}

static gt_status take_ring(gt_ctx *ctx, range *r, bytes *b, uint32_t dims)
{
    uint32_t n = take_u32(b);
    gt_polygon_run *run = &r->run;
    if (b->bad || (size_t)(b->end - b->p) / (8 * dims) < n || run->n_points + n > UINT32_MAX) {
        b->bad = true;
        return GT_OK;
    }
    gt_status st =
        gt_grow(ctx, (void **)&run->xy, &r->cap_xy, 2 * (run->n_points + n), sizeof *run->xy);
    if (st == GT_OK) {
        st = gt_grow(ctx, (void **)&run->ring_end, &r->cap_rings, run->n_rings + 1,
                     sizeof *run->ring_end);
    }
    if (st != GT_OK) {
        return st;
    }
    double *to = run->xy + 2 * run->n_points;
    if (dims == 2 && !b->swap) {
        memcpy(to, b->p, (size_t)n * 16);
    } else {
        for (uint32_t i = 0; i < 2 * n; i++) {
            uint64_t v = 0;
            memcpy(&v, b->p + 8 * ((size_t)(i / 2) * dims + i % 2), 8);
            v = b->swap ? __builtin_bswap64(v) : v;
            memcpy(&to[i], &v, 8);
        }
    }
    b->p += (size_t)n * 8 * dims;
    run->n_points += n;
    run->ring_end[run->n_rings++] = (uint32_t)run->n_points;
    return GT_OK;
}

static gt_status take_polygon(gt_ctx *ctx, range *r, bytes *b, uint32_t dims)
{
    gt_status st = GT_OK;
    uint32_t n = take_u32(b);
    for (uint32_t i = 0; st == GT_OK && !b->bad && i < n; i++) {
        st = take_ring(ctx, r, b, dims);
    }
    if (st == GT_OK && n > 0) {
        st = gt_grow(ctx, (void **)&r->run.part_end, &r->cap_parts, r->run.n_parts + 1,
                     sizeof *r->run.part_end);
    }
    if (st == GT_OK && n > 0) {
        r->run.part_end[r->run.n_parts++] = (uint32_t)r->run.n_rings;
    }
    return st;
}

/* Adds the parts of a GeoPackage blob; b->bad when it is not a polygon. */
static gt_status take_blob(gt_ctx *ctx, range *r, const uint8_t *blob, size_t len, bool *bad)
{
    static const uint8_t envelope[8] = {0, 32, 48, 48, 64, 255, 255, 255};
    uint32_t dims = 0;
    *bad = len < 8 || blob[0] != 'G' || blob[1] != 'P' || envelope[blob[3] >> 1 & 7] == 255 ||
           len < 8U + envelope[blob[3] >> 1 & 7];
    if (*bad || (blob[3] & 0x10) != 0) { /* empty */
        return GT_OK;
    }
    bytes b = {.p = blob + 8 + envelope[blob[3] >> 1 & 7], .end = blob + len};
    uint32_t type = take_head(&b, &dims);
    gt_status st = GT_OK;
    if (type == GT_POLYGON) {
        st = take_polygon(ctx, r, &b, dims);
    } else if (type == GT_MULTIPOLYGON) {
        uint32_t n = take_u32(&b);
        for (uint32_t i = 0; st == GT_OK && !b.bad && i < n; i++) {
            b.bad = take_head(&b, &dims) != GT_POLYGON || b.bad;
            st = b.bad ? GT_OK : take_polygon(ctx, r, &b, dims);
        }
    } else {
        b.bad = true;
    }
    *bad = b.bad;
    return st;
}

/* ---- field values --------------------------------------------------------------------------- */

static uint64_t fnv(const char *text, uint32_t len)
{
    uint64_t h = 0xCBF29CE484222325ULL;
    for (uint32_t i = 0; i < len; i++) {
        h = (h ^ (uint8_t)text[i]) * 0x100000001B3ULL;
    }
    return h ^ h >> 32;
}

static gt_status words_rehash(gt_ctx *ctx, words *w)
{
    size_t want = w->n_table == 0 ? 256 : 2 * w->n_table;
    gt_status st = gt_grow(ctx, (void **)&w->table, &w->cap_table, want, sizeof *w->table);
    if (st != GT_OK) {
        return st;
    }
    w->n_table = want;
    memset(w->table, 0xFF, want * sizeof *w->table);
    for (size_t i = 0; i < w->n; i++) {
        size_t at = (size_t)fnv(w->list[i].text, w->list[i].len) & (want - 1);
        while (w->table[at] != UINT32_MAX) {
            at = (at + 1) & (want - 1);
        }
        w->table[at] = (uint32_t)i;
    }
    return GT_OK;
}

static gt_status words_add(gt_ctx *ctx, words *w, const char *text, uint32_t len, uint32_t *out)
{
    gt_status st = GT_OK;
    if (2 * (w->n + 1) > w->n_table) {
        st = words_rehash(ctx, w);
        if (st != GT_OK) {
            return st;
        }
    }
    size_t at = (size_t)fnv(text, len) & (w->n_table - 1);
    for (; w->table[at] != UINT32_MAX; at = (at + 1) & (w->n_table - 1)) {
        const word *known = &w->list[w->table[at]];
        if (known->len == len && memcmp(known->text, text, len) == 0) {
            *out = w->table[at];
            return GT_OK;
        }
    }
    st = gt_grow(ctx, (void **)&w->list, &w->cap, w->n + 1, sizeof *w->list);
    char *copy = st == GT_OK ? gt_alloc(ctx, (size_t)len + 1, 1) : NULL;
    if (copy == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    w->list[w->n] = (word){copy, len, 0};
    w->table[at] = *out = (uint32_t)w->n++;
    return GT_OK;
}

static void words_free(gt_ctx *ctx, words *w)
{
    for (size_t i = 0; i < w->n; i++) {
        gt_free(ctx, w->list[i].text);
    }
    gt_free(ctx, w->list);
    gt_free(ctx, w->table);
    memset(w, 0, sizeof *w);
}

/* ---- ranges --------------------------------------------------------------------------------- */

static gt_status take_row(gt_ctx *ctx, const reader *rd, range *r, sqlite3_stmt *row)
{
    gt_polygon_run *run = &r->run;
    size_t n = run->n_features;
    gt_status st =
        gt_grow(ctx, (void **)&run->feature_end, &r->cap_features, n + 1, sizeof *run->feature_end);
    if (st == GT_OK) {
        st = gt_grow(ctx, (void **)&run->fid, &r->cap_fid, n + 1, sizeof *run->fid);
    }
    if (st == GT_OK && rd->coded) {
        st = gt_grow(ctx, (void **)&run->code, &r->cap_code, n + 1, sizeof *run->code);
    }
    if (st != GT_OK) {
        return st;
    }
    run->fid[n] = sqlite3_column_int64(row, 0);
    bool bad = false;
    if (sqlite3_column_type(row, 1) != SQLITE_NULL) {
        const uint8_t *blob = sqlite3_column_blob(row, 1);
        st = take_blob(ctx, r, blob, (size_t)sqlite3_column_bytes(row, 1), &bad);
    }
    if (bad) {
        char fid[24];
        (void)snprintf(fid, sizeof fid, "%lld", (long long)run->fid[n]);
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GPKG_GEOMETRY,
                       GT_PLACE(.file = rd->path, .feature = fid), GT_NO_ARGS);
    }
    if (st == GT_OK && rd->coded) {
        run->code[n] = UINT32_MAX;
        if (sqlite3_column_type(row, 2) != SQLITE_NULL) {
            const char *text = (const char *)sqlite3_column_text(row, 2);
            uint32_t len = (uint32_t)sqlite3_column_bytes(row, 2);
            st = words_add(ctx, &r->words, text, len, &run->code[n]);
        }
    }
    if (st == GT_OK) {
        run->feature_end[n] = (uint32_t)run->n_parts;
        run->n_features++;
    }
    return st;
}

static gt_status read_range(gt_ctx *ctx, void *user, size_t task, int worker)
{
    reader *rd = user;
    sqlite3 **db = &rd->connections[worker];
    sqlite3_stmt *row = NULL;
    gt_status st = *db == NULL ? open_file(ctx, rd->path, db) : GT_OK;
    if (st != GT_OK) {
        return st;
    }
    if (sqlite3_prepare_v2(*db, rd->sql, -1, &row, NULL) != SQLITE_OK) {
        return sql_failed(ctx, *db, rd->path);
    }
    /* unsigned: the span of rowids may be wider than int64 */
    uint64_t span = (uint64_t)rd->to - (uint64_t)rd->from, step = span / rd->n_ranges;
    int64_t from = (int64_t)((uint64_t)rd->from + task * step + (task > 0 ? 1 : 0));
    int64_t to =
        task + 1 == rd->n_ranges ? rd->to : (int64_t)((uint64_t)rd->from + (task + 1) * step);
    (void)sqlite3_bind_int64(row, 1, from);
    (void)sqlite3_bind_int64(row, 2, to);
    int rc = sqlite3_step(row);
    for (size_t n = 0; st == GT_OK && rc == SQLITE_ROW; n++) {
        st = take_row(ctx, rd, &rd->ranges[task], row);
        if (st == GT_OK && n % 1024 == 0) {
            st = gt_check_cancel(ctx);
        }
        rc = st == GT_OK ? sqlite3_step(row) : SQLITE_DONE;
    }
    if (st == GT_OK && rc != SQLITE_DONE) {
        st = sql_failed(ctx, *db, rd->path);
    }
    (void)sqlite3_finalize(row);
    return st;
}

/* ---- what to read --------------------------------------------------------------------------- */

/* Names of the tables of features, joined; the wanted one (or the only one) goes to *name. */
static gt_status find_table(gt_ctx *ctx, sqlite3 *db, const char *path, const char *wanted,
                            gt_polygon_table *t, char **column)
{
    sqlite3_stmt *row = NULL;
    char names[512] = "";
    int n = 0;
    const char *sql = "select c.table_name, g.column_name, c.srs_id from gpkg_contents c join "
                      "gpkg_geometry_columns g on g.table_name = c.table_name where c.data_type = "
                      "'features' order by 1";
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK) {
        return sql_failed(ctx, db, path);
    }
    gt_status st = GT_OK;
    while (st == GT_OK && sqlite3_step(row) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(row, 0);
        const char *geom = (const char *)sqlite3_column_text(row, 1);
        if (name == NULL || geom == NULL) {
            continue;
        }
        size_t used = strlen(names);
        (void)snprintf(names + used, sizeof names - used, "%s%s", n++ == 0 ? "" : ", ", name);
        bool take = wanted == NULL ? n == 1 : strcmp(name, wanted) == 0;
        if (take && t->name == NULL) {
            t->name = gt_strdup(ctx, name);
            *column = gt_strdup(ctx, geom);
            t->srs_id = sqlite3_column_int(row, 2);
            st = t->name == NULL || *column == NULL ? GT_E_MEMORY : GT_OK;
        }
    }
    (void)sqlite3_finalize(row);
    if (st == GT_OK && wanted == NULL && n > 1) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GPKG_WHICH_TABLE, GT_PLACE(.file = path),
                       GT_ARGS(GT_TEXT("tables", names)));
    }
    if (st == GT_OK && t->name == NULL) {
        return gt_fail(
            ctx, GT_E_NOT_FOUND, &GT_MSG_GPKG_NO_TABLE, GT_PLACE(.file = path),
            GT_ARGS(GT_TEXT("table", wanted == NULL ? "" : wanted), GT_TEXT("tables", names)));
    }
    return st;
}

static gt_status has_field(gt_ctx *ctx, sqlite3 *db, const char *path, const char *table,
                           const char *field)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(db, "select 1 from pragma_table_info(?1) where name = ?2", -1, &row,
                           NULL) != SQLITE_OK) {
        return sql_failed(ctx, db, path);
    }
    (void)sqlite3_bind_text(row, 1, table, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(row, 2, field, -1, SQLITE_STATIC);
    bool found = sqlite3_step(row) == SQLITE_ROW;
    (void)sqlite3_finalize(row);
    return found
               ? GT_OK
               : gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_GPKG_NO_FIELD,
                         GT_PLACE(.file = path, .layer = table), GT_ARGS(GT_TEXT("field", field)));
}

/* First and last rowid, and into how many ranges to cut. */
static gt_status find_span(gt_ctx *ctx, sqlite3 *db, reader *rd, const char *table)
{
    char *sql = sqlite3_mprintf("select min(rowid), max(rowid) from \"%w\"", table);
    sqlite3_stmt *row = NULL;
    gt_status st = GT_OK;
    if (sql == NULL || sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK ||
        sqlite3_step(row) != SQLITE_ROW) {
        st = sql_failed(ctx, db, rd->path);
    } else {
        rd->from = sqlite3_column_int64(row, 0);
        rd->to = sqlite3_column_int64(row, 1);
        uint64_t span = (uint64_t)rd->to - (uint64_t)rd->from;
        rd->n_ranges =
            span / ROWS_PER_RANGE > MOST_RANGES ? MOST_RANGES : (size_t)(span / ROWS_PER_RANGE) + 1;
    }
    (void)sqlite3_finalize(row);
    sqlite3_free(sql);
    return st;
}

static gt_status prepare(gt_ctx *ctx, reader *rd, gt_polygon_table *t, const char *table,
                         const char *field)
{
    sqlite3 *db = NULL;
    char *column = NULL;
    gt_status st = open_file(ctx, rd->path, &db);
    if (st == GT_OK) {
        st = find_table(ctx, db, rd->path, table, t, &column);
    }
    if (st == GT_OK && field != NULL) {
        st = has_field(ctx, db, rd->path, t->name, field);
    }
    if (st == GT_OK) {
        st = find_span(ctx, db, rd, t->name);
    }
    if (st == GT_OK) {
        rd->sql = field == NULL
                      ? sqlite3_mprintf("select rowid, \"%w\" from \"%w\" where rowid between ?1 "
                                        "and ?2 order by rowid",
                                        column, t->name)
                      : sqlite3_mprintf("select rowid, \"%w\", \"%w\" from \"%w\" where rowid "
                                        "between ?1 and ?2 order by rowid",
                                        column, field, t->name);
        st = rd->sql == NULL ? sql_failed(ctx, NULL, rd->path) : GT_OK;
    }
    gt_free(ctx, column);
    (void)sqlite3_close(db);
    return st;
}

/* ---- joining -------------------------------------------------------------------------------- */

static int text_order(const void *a, const void *b, void *user)
{
    const words *w = user;
    return strcmp(w->list[*(const uint32_t *)a].text, w->list[*(const uint32_t *)b].text);
}

/* One dictionary in byte order; codes of all runs are renumbered. */
static gt_status join_codes(gt_ctx *ctx, reader *rd, gt_polygon_table *t)
{
    words all = {0};
    uint32_t *order = NULL;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < rd->n_ranges; i++) {
        words *w = &rd->ranges[i].words;
        for (size_t k = 0; st == GT_OK && k < w->n; k++) {
            st = words_add(ctx, &all, w->list[k].text, w->list[k].len, &w->list[k].code);
        }
    }
    order = st == GT_OK ? gt_alloc(ctx, all.n + 1, sizeof *order) : NULL;
    t->codes = st == GT_OK ? gt_zalloc(ctx, all.n + 1, sizeof *t->codes) : NULL;
    if (order == NULL || t->codes == NULL) {
        st = GT_E_MEMORY;
        goto done;
    }
    for (size_t i = 0; i < all.n; i++) {
        order[i] = (uint32_t)i;
    }
    qsort_r(order, all.n, sizeof *order, text_order, &all);
    for (size_t i = 0; i < all.n; i++) {
        all.list[order[i]].code = (uint32_t)i;
        t->codes[i] = all.list[order[i]].text;
        all.list[order[i]].text = NULL;
    }
    t->n_codes = all.n;
    for (size_t i = 0; i < rd->n_ranges; i++) {
        const range *r = &rd->ranges[i];
        for (size_t k = 0; k < r->run.n_features; k++) {
            uint32_t *code = &r->run.code[k];
            *code = *code == UINT32_MAX ? UINT32_MAX : all.list[r->words.list[*code].code].code;
        }
    }
done:
    gt_free(ctx, order);
    words_free(ctx, &all);
    return st;
}

static void free_run(gt_ctx *ctx, gt_polygon_run *r)
{
    gt_free(ctx, r->xy);
    gt_free(ctx, r->ring_end);
    gt_free(ctx, r->part_end);
    gt_free(ctx, r->feature_end);
    gt_free(ctx, r->fid);
    gt_free(ctx, r->code);
}

void gt_polygon_table_free(gt_ctx *ctx, gt_polygon_table *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->n_runs; i++) {
        free_run(ctx, &t->runs[i]);
    }
    for (size_t i = 0; i < t->n_codes; i++) {
        gt_free(ctx, t->codes[i]);
    }
    gt_free(ctx, t->codes);
    gt_free(ctx, t->runs);
    gt_free(ctx, t->name);
    gt_free(ctx, t);
}

/* Moves the runs out of the ranges. */
static gt_status collect(gt_ctx *ctx, reader *rd, gt_polygon_table *t)
{
    t->runs = gt_zalloc(ctx, rd->n_ranges, sizeof *t->runs);
    if (t->runs == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = rd->coded ? join_codes(ctx, rd, t) : GT_OK;
    for (size_t i = 0; st == GT_OK && i < rd->n_ranges; i++) {
        range *r = &rd->ranges[i];
        if (r->run.n_features > 0) {
            t->n_features += r->run.n_features;
            t->runs[t->n_runs++] = r->run;
            memset(&r->run, 0, sizeof r->run);
        }
    }
    return st;
}

gt_status gt_gpkg_read_polygons(gt_ctx *ctx, const char *path, const char *table, const char *field,
                                gt_polygon_table **out)
{
    reader rd = {.path = path, .coded = field != NULL};
    gt_polygon_table *t = gt_zalloc(ctx, 1, sizeof *t);
    gt_status st = t == NULL ? GT_E_MEMORY : prepare(ctx, &rd, t, table, field);
    int threads = gt_ctx_threads(ctx);
    if (st == GT_OK) {
        rd.ranges = gt_zalloc(ctx, rd.n_ranges, sizeof *rd.ranges);
        /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
        rd.connections = gt_zalloc(ctx, (size_t)threads, sizeof *rd.connections);
        st = rd.ranges == NULL || rd.connections == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        st = gt_parallel_for(ctx, rd.n_ranges, read_range, &rd);
    }
    if (st == GT_OK) {
        st = collect(ctx, &rd, t);
    }
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = path, .layer = t == NULL ? NULL : t->name));
    }
    for (size_t i = 0; rd.ranges != NULL && i < rd.n_ranges; i++) {
        free_run(ctx, &rd.ranges[i].run);
        words_free(ctx, &rd.ranges[i].words);
    }
    for (int i = 0; rd.connections != NULL && i < threads; i++) {
        (void)sqlite3_close(rd.connections[i]);
    }
    gt_free(ctx, rd.ranges);
    gt_free(ctx, (void *)rd.connections);
    sqlite3_free(rd.sql);
    if (st == GT_OK) {
        *out = t;
    } else {
        gt_polygon_table_free(ctx, t);
    }
    return st;
}
