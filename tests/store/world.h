/* Shared by the tests of this room: a small standard, blobs made by hand, a new workspace. */
#ifndef GT_TESTS_STORE_WORLD_H
#define GT_TESTS_STORE_WORLD_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "guotu/store.h"
#include "support/support.h"

enum { SRS = 4548, N_FIELDS = 4 };

/* As assert_fails, and the message is whole in both languages: no {name} was left open. */
static inline void world_fails(gt_ctx *ctx, gt_status st, gt_status want, const char *id,
                               const char *file, int line)
{
    gt_ctx *plain = gt_ctx_new(NULL);
    gt_text text;
    gt_text_init(&text, plain, 0);
    gt_error_render(ctx, GT_LANG_EN, &text);
    gt_error_render(ctx, GT_LANG_ZH, &text);
    if (strpbrk(gt_text_cstr(&text), "{}") != NULL) {
        print_error("%s\n", gt_text_cstr(&text));
        _fail(file, line);
    }
    gt_text_free(&text);
    gt_ctx_free(plain);
    test_assert_fails(ctx, st, want, id, file, line);
}
#undef assert_fails
#define assert_fails(ctx, st, want, id) world_fails((ctx), (st), (want), (id), __FILE__, __LINE__)

static const gt_field world_fields[N_FIELDS] = {
    {.name = "dlbm", .title = {"地类编码", "class"}, .type = GT_FIELD_TEXT, .max_length = 5},
    {.name = "n", .title = {"数量", "count"}, .type = GT_FIELD_INT},
    {.name = "share", .title = {"比例", "share"}, .type = GT_FIELD_REAL, .unit = "%"},
    {.name = "seen", .title = {"核查日期", "checked on"}, .type = GT_FIELD_DATE},
};
static const char *const world_clauses[] = {"LND-1", NULL};

static inline gt_standard world_standard(const char *id)
{
    return (gt_standard){.id = id,
                         .title = {"地类图斑", "parcels"},
                         .theme = "land",
                         .geom_type = GT_POLYGON,
                         .fields = world_fields,
                         .n_fields = N_FIELDS,
                         .class_field = "dlbm",
                         .clauses = world_clauses,
                         .source = "TD/T 1055"};
}

typedef struct world_blob {
    uint8_t bytes[8 + 32 + 9 + 9 + 4 + 5 * 16];
    size_t len;
} world_blob;

static inline void world_u32(world_blob *b, uint32_t v)
{
    memcpy(b->bytes + b->len, &v, 4);
    b->len += 4;
}

static inline void world_real(world_blob *b, double v)
{
    memcpy(b->bytes + b->len, &v, 8);
    b->len += 8;
}

static inline void world_order(world_blob *b)
{
    b->bytes[b->len++] = 1;
}

/* Header with envelope for a box; little endian. */
static inline void world_head(world_blob *b, int32_t srs, gt_box box)
{
    memcpy(b->bytes, "GP\0\3", 4);
    b->len = 4;
    world_u32(b, (uint32_t)srs);
    world_real(b, box.xmin);
    world_real(b, box.xmax);
    world_real(b, box.ymin);
    world_real(b, box.ymax);
}

static inline void world_ring(world_blob *b, gt_box box)
{
    world_order(b);
    world_u32(b, 3);
    world_u32(b, 1);
    world_u32(b, 5);
    const double xy[] = {box.xmin, box.ymin, box.xmax, box.ymin, box.xmax,
                         box.ymax, box.xmin, box.ymax, box.xmin, box.ymin};
    for (size_t i = 0; i < 10; i++) {
        world_real(b, xy[i]);
    }
}

static inline world_blob world_polygon(gt_box box)
{
    world_blob b;
    world_head(&b, SRS, box);
    world_ring(&b, box);
    return b;
}

static inline world_blob world_multi(gt_box box)
{
    world_blob b;
    world_head(&b, SRS, box);
    world_order(&b);
    world_u32(&b, 6);
    world_u32(&b, 1);
    world_ring(&b, box);
    return b;
}

/* A square of `size` metres whose corner is (500000 + x, 4400000 + y). */
static inline gt_box world_box(double x, double y, double size)
{
    return (gt_box){500000 + x, 4400000 + y, 500000 + x + size, 4400000 + y + size};
}

/* Square i of a lattice of squares, `step` metres apart, `across` in a row. */
static inline gt_box world_cell(int i, int across, int step, double size)
{
    int row = i / across;
    return world_box((i - row * across) * step, row * step, size);
}

static inline gt_value world_text(const char *text)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = text, .len = strlen(text)};
}

static inline gt_value world_int(int64_t v)
{
    return (gt_value){.kind = GT_VAL_INT, .integer = v};
}

static inline gt_store *world_new(gt_ctx *ctx, const char *dir)
{
    gt_store_options o;
    gt_store *store = NULL;
    gt_store_options_init(&o);
    o.crs = "EPSG:4548";
    o.title = (gt_title){"北京一张图", "Beijing, one map"};
    assert_ok(ctx, gt_store_create(ctx, dir, &o, &store));
    return store;
}

static inline gt_store *world_open(gt_ctx *ctx, const char *dir)
{
    gt_store *store = NULL;
    assert_ok(ctx, gt_store_open(ctx, dir, NULL, &store));
    return store;
}

static inline gt_commit *world_begin(gt_ctx *ctx, gt_store *store)
{
    gt_commit *commit = NULL;
    const gt_commit_info info = {
        .author = "tester", .message = "a change", .reason = "test", .expect_revision = -1};
    assert_ok(ctx, gt_commit_begin(ctx, store, &info, &commit));
    return commit;
}

static inline int64_t world_finish(gt_ctx *ctx, gt_commit *commit)
{
    int64_t revision = 0;
    assert_ok(ctx, gt_commit_finish(ctx, commit, &revision));
    return revision;
}

/* A polygon feature with class `code` and count n; area is that of the plane. */
static inline gt_status world_put_box(gt_ctx *ctx, gt_commit *commit, const char *layer,
                                      const char *id, gt_box box, int64_t n, gt_date from)
{
    world_blob blob = world_polygon(box);
    const gt_value values[N_FIELDS] = {world_text("0103"),
                                       world_int(n),
                                       {.kind = GT_VAL_REAL, .real = (double)n / 8},
                                       {.kind = GT_NULL}};
    const gt_feature feature = {.id = id,
                                .valid_from = from,
                                .blob = blob.bytes,
                                .blob_len = blob.len,
                                .values = values,
                                .n_values = N_FIELDS};
    return gt_commit_put(ctx, commit, layer, &feature,
                         (box.xmax - box.xmin) * (box.ymax - box.ymin));
}

/* Runs SQL on the file as a stranger would: triggers on, the ST_ functions a GIS brings. */
typedef struct world_side {
    int which;
} world_side;

static inline void world_st(sqlite3_context *sql, int argc, sqlite3_value **argv)
{
    (void)argc;
    const int *which = sqlite3_user_data(sql);
    const uint8_t *blob = sqlite3_value_blob(argv[0]);
    double v[4] = {0};
    if (*which == 4) {
        sqlite3_result_int(sql, 0);
        return;
    }
    memcpy(v, blob + 8, sizeof v);
    sqlite3_result_double(sql, v[*which]);
}

static inline int world_sql(const char *dir, const char *text)
{
    static const int which[] = {0, 1, 2, 3, 4};
    static const char *const names[] = {"ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY", "ST_IsEmpty"};
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(test_path(dir, "onemap.gpkg"), &db), SQLITE_OK);
    for (int i = 0; i < 5; i++) {
        (void)sqlite3_create_function(db, names[i], 1, SQLITE_UTF8, (void *)(uintptr_t)&which[i],
                                      world_st, NULL, NULL);
    }
    char *message = NULL;
    int rc = sqlite3_exec(db, text, NULL, NULL, &message);
    if (rc != SQLITE_OK) {
        print_error("sql: %s\n", message);
    }
    sqlite3_free(message);
    (void)sqlite3_close(db);
    return rc;
}

/* First column of the first row as text; "" when there is none. In a ring of buffers. */
static inline const char *world_ask(const char *dir, const char *text)
{
    static char ring[4][512];
    static unsigned next;
    char *to = ring[next++ % 4];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    to[0] = '\0';
    assert_int_equal(sqlite3_open(test_path(dir, "onemap.gpkg"), &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0) != NULL) {
        (void)snprintf(to, sizeof ring[0], "%s", (const char *)sqlite3_column_text(stmt, 0));
    } else if (sqlite3_errcode(db) != SQLITE_OK && sqlite3_errcode(db) != SQLITE_ROW &&
               sqlite3_errcode(db) != SQLITE_DONE) {
        (void)snprintf(to, sizeof ring[0], "error: %s", sqlite3_errmsg(db));
    }
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    return to;
}

#endif
