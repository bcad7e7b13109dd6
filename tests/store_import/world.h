/* Workspaces, small files and imports for the tests of import. Files are made with ogr2ogr (package
 * gdal-bin) from GeoJSON written by hand. */
#ifndef GT_TESTS_STORE_IMPORT_WORLD_H
#define GT_TESTS_STORE_IMPORT_WORLD_H

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guotu/hash.h"
#include "guotu/import.h"
#include "support/support.h"

static const gt_code world_codes[] = {
    {.code = "0101", .title = {"水田", "Paddy field"}},
    {.code = "0103", .title = {"旱地", "Dry land"}},
    {.code = "0301", .title = {"乔木林地", "Forest"}},
};
static const gt_codelist world_list = {
    .id = "dlbm", .title = {"地类", "class"}, .codes = world_codes, .n_codes = 3};
static const char *const id_names[] = {"标识码", "parcel_no", NULL};
static const char *const class_names[] = {"地类编码", "code", NULL};
static const char *const area_names[] = {"图斑面积", NULL};
static const gt_field world_fields[] = {
    {.name = "bsm",
     .title = {"标识码", "id"},
     .type = GT_FIELD_TEXT,
     .required = true,
     .max_length = 18,
     .aliases = id_names},
    {.name = "dlbm",
     .title = {"地类编码", "class"},
     .type = GT_FIELD_TEXT,
     .required = true,
     .codes = &world_list,
     .aliases = class_names},
    {.name = "zldwmc", .title = {"坐落单位名称", "place"}, .type = GT_FIELD_TEXT, .max_length = 20},
    {.name = "tbmj",
     .title = {"图斑面积", "area"},
     .type = GT_FIELD_REAL,
     .unit = "m2",
     .has_min = true,
     .aliases = area_names},
    {.name = "plan_number_long", .title = {"编号", "number"}, .type = GT_FIELD_INT},
};
enum { W_BSM = 0, W_DLBM, W_ZLDWMC, W_TBMJ, W_NUMBER, W_FIELDS };
static const gt_standard world_standard = {.id = "parcels",
                                           .title = {"地类图斑", "parcels"},
                                           .theme = "survey",
                                           .geom_type = GT_MULTIPOLYGON,
                                           .fields = world_fields,
                                           .n_fields = W_FIELDS,
                                           .id_field = "bsm",
                                           .class_field = "dlbm",
                                           .area_field = "tbmj"};

typedef struct world {
    gt_ctx *ctx;
    char *dir;
    gt_store *store;
    gt_import_options options;
    gt_import_report report;
} world;

static inline void world_open(world *w, const char *crs, const gt_ctx_options *ctx_options)
{
    gt_store_options so;
    memset(w, 0, sizeof *w);
    w->ctx = ctx_options == NULL ? test_ctx() : gt_ctx_new(ctx_options);
    w->dir = test_dir();
    gt_store_options_init(&so);
    so.crs = crs;
    so.title = (gt_title){"测试", "test"};
    assert_ok(w->ctx, gt_store_create(w->ctx, test_path(w->dir, "ws"), &so, &w->store));
    gt_import_options_init(&w->options);
    w->options.author = "tester";
    gt_import_report_init(&w->report);
}

static inline void world_close(world *w)
{
    gt_import_report_free(w->ctx, &w->report);
    gt_store_close(w->store);
    test_dir_remove(w->dir);
    assert_int_equal(gt_ctx_memory_used(w->ctx), 0);
    gt_ctx_free(w->ctx);
}

static inline int world_setup(void **state)
{
    world *w = malloc(sizeof *w);
    assert_non_null(w);
    world_open(w, "EPSG:4548", NULL);
    *state = w;
    return 0;
}

static inline int world_teardown(void **state)
{
    world_close(*state);
    free(*state);
    return 0;
}

/* Content of the map: every row of every table, in order. */
static inline void world_digest(const world *w, char out[GT_HASH_HEX])
{
    sqlite3 *db;
    sqlite3_stmt *tables, *rows;
    gt_hash h;
    unsigned char digest[GT_HASH_BYTES];
    gt_hash_init(&h);
    assert_int_equal(
        sqlite3_open_v2(test_path(w->dir, "ws/onemap.gpkg"), &db, SQLITE_OPEN_READONLY, NULL),
        SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT name, sql FROM sqlite_master WHERE type='table' AND "
                           "sql IS NOT NULL AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
                           -1, &tables, NULL),
        SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        gt_hash_add_text(&h, (const char *)sqlite3_column_text(tables, 1));
        char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", sqlite3_column_text(tables, 0));
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
        while (sqlite3_step(rows) == SQLITE_ROW) {
            for (int i = 0; i < sqlite3_column_count(rows); i++) {
                gt_hash_add_u64(&h, (uint64_t)sqlite3_column_type(rows, i));
                gt_hash_add(&h, sqlite3_column_blob(rows, i),
                            (size_t)sqlite3_column_bytes(rows, i));
            }
        }
        sqlite3_finalize(rows);
        sqlite3_free(sql);
    }
    sqlite3_finalize(tables);
    sqlite3_close(db);
    gt_hash_final(&h, digest);
    gt_hash_hex(digest, out);
}

static inline void run(const char *command)
{
    const int status = system(command); /* NOLINT(cert-env33-c): fixed commands of the tests */
    if (status != 0) {
        print_error("command failed (%d): %s\n", status, command);
    }
    assert_int_equal(status, 0);
}

/* A parcel of 100 m: column `i`, row `j` of a grid from (440000, 4420000). props: JSON members. */
static inline void put_square(FILE *f, int i, int j, const char *props)
{
    int x = 440000 + 100 * i, y = 4420000 + 100 * j;
    (void)fprintf(f,
                  "{\"type\":\"Feature\",\"properties\":{%s},\"geometry\":{\"type\":\"Polygon\","
                  "\"coordinates\":[[[%d,%d],[%d,%d],[%d,%d],[%d,%d],[%d,%d]]]}},\n",
                  props, x, y, x + 100, y, x + 100, y + 100, x, y + 100, x, y);
}

static inline void put_shape(FILE *f, const char *props, const char *type, const char *coordinates)
{
    (void)fprintf(f,
                  "{\"type\":\"Feature\",\"properties\":{%s},\"geometry\":{\"type\":\"%s\","
                  "\"coordinates\":%s}},\n",
                  props, type, coordinates);
}

static inline FILE *begin_json(const world *w, const char *name, int epsg)
{
    FILE *f = fopen(test_path(w->dir, name), "w");
    assert_non_null(f);
    (void)fprintf(f,
                  "{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":{"
                  "\"name\":\"urn:ogc:def:crs:EPSG::%d\"}},\"features\":[\n",
                  epsg);
    return f;
}

/* Ends with a feature, so that the commas are right. */
static inline void end_json(FILE *f, int i, int j, const char *props)
{
    put_square(f, i, j, props);
    assert_int_equal(fseek(f, -2, SEEK_CUR), 0); /* the last comma */
    (void)fputs("]}\n", f);
    assert_int_equal(fclose(f), 0);
}

/* n good parcels in rows of 50: ids P0000000.., three classes, areas that are right. */
static inline void make_good(const world *w, const char *name, int n)
{
    char props[256];
    FILE *f = begin_json(w, name, 4548);
    for (int i = 0; i < n; i++) {
        static const char *const codes[] = {"0101", "0103", "0301"};
        (void)snprintf(
            props, sizeof props,
            "\"bsm\":\"P%07d\",\"dlbm\":\"%s\",\"zldwmc\":\"延庆镇%d村\",\"tbmj\":10000.0,"
            "\"plan_number_long\":%d",
            i, codes[i % 3], i % 7, i);
        if (i + 1 < n) {
            put_square(f, i % 50, i / 50, props);
        } else {
            end_json(f, i % 50, i / 50, props);
        }
    }
}

#define PROPS(id, code) "\"bsm\":\"" id "\",\"dlbm\":\"" code "\""

static inline gt_status world_import(world *w, const gt_standard *standard, const char *name)
{
    gt_import_report_free(w->ctx, &w->report);
    const char *path = name[0] == '/' ? name : test_path(w->dir, name);
    return gt_import(w->ctx, w->store, standard, path, &w->options, &w->report);
}

static inline void show_notes(const world *w)
{
    gt_text t;
    gt_text_init(&t, w->ctx, 0);
    if (w->report.notes != NULL) {
        gt_notes_render_all(w->report.notes, GT_LANG_EN, &t);
    }
    print_error("%.3000s", gt_text_cstr(&t));
    gt_text_free(&t);
}

static inline void assert_imported(world *w, const gt_standard *standard, const char *name)
{
    gt_status st = world_import(w, standard, name);
    if (st != GT_OK) {
        show_notes(w);
    }
    assert_ok(w->ctx, st);
    assert_false(w->report.refused);
}

static inline size_t count(const world *w, const char *id)
{
    return gt_notes_count_id(w->report.notes, id);
}

/* The first note with this id; NULL when there is none. */
static inline const gt_place *place_of(const world *w, const char *id)
{
    for (size_t i = 0; i < gt_notes_kept(w->report.notes); i++) {
        const gt_message *m;
        const gt_place *p;
        gt_notes_get(w->report.notes, i, NULL, &m, &p);
        if (strcmp(m->id, id) == 0) {
            return p;
        }
    }
    return NULL;
}

/* Refused because of `id` (and nothing else counts as an error more than `errors`), nothing
 * changed, reports written. */
static inline void assert_refused(world *w, const gt_standard *standard, const char *name,
                                  const char *id, size_t errors)
{
    char before[GT_HASH_HEX], after[GT_HASH_HEX];
    int64_t revision = gt_store_revision(w->store);
    world_digest(w, before);
    gt_status st = world_import(w, standard, name);
    if (st != GT_E_INPUT || !w->report.refused || count(w, id) == 0 ||
        gt_notes_count(w->report.notes, GT_ERROR) != errors) {
        print_error("%s: wanted %s and %zu errors\n", name, id, errors);
        show_notes(w);
    }
    assert_fails(w->ctx, st, GT_E_INPUT, "import.refused");
    assert_true(w->report.refused);
    assert_true(count(w, id) > 0);
    assert_int_equal(gt_notes_count(w->report.notes, GT_ERROR), errors);
    assert_int_equal(w->report.n_written, 0);
    assert_int_equal(w->report.revision, 0);
    world_digest(w, after);
    assert_string_equal(before, after);
    assert_int_equal(gt_store_revision(w->store), revision);
    assert_ok(w->ctx, gt_store_verify(w->ctx, w->store));
    assert_non_null(w->report.report);
    char path[4096];
    (void)snprintf(path, sizeof path, "%s.json", w->report.report);
    assert_int_equal(access(path, R_OK), 0);
    (void)snprintf(path, sizeof path, "%s.txt", w->report.report);
    assert_int_equal(access(path, R_OK), 0);
}

static inline gt_layer_info layer(const world *w, const char *id)
{
    gt_layer_info info;
    assert_ok(w->ctx, gt_store_find_layer(w->ctx, w->store, id, &info));
    return info;
}

#endif
