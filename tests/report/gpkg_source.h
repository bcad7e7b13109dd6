/* A gt_map_source over tables of GeoPackages, for tests and samples: each layer is an SQL query
 * with columns geometry, class, label. */
#ifndef GT_TESTS_REPORT_GPKG_SOURCE_H
#define GT_TESTS_REPORT_GPKG_SOURCE_H

#include <math.h>
#include <sqlite3.h>

#include "guotu/map.h"
#include "support/support.h"

typedef struct gpkg_layer {
    const char *file, *sql;
    const char *crs; /* NULL: coordinates stay */
    gt_datum_shift datum;
} gpkg_layer;

typedef struct gpkg_data {
    const gpkg_layer *layers;
    const gt_crs *target; /* NULL: no transformation */
} gpkg_data;

typedef struct gpkg_cursor {
    gt_ctx *ctx;
    sqlite3 *db;
    sqlite3_stmt *stmt;
    gt_crs *crs;
    gt_transform *transform;
    gt_geom geom;
} gpkg_cursor;

static void gpkg_close(void *cursor)
{
    gpkg_cursor *c = cursor;
    sqlite3_finalize(c->stmt);
    sqlite3_close(c->db);
    gt_geom_free(c->ctx, &c->geom);
    gt_transform_free(c->ctx, c->transform);
    gt_crs_free(c->ctx, c->crs);
    gt_free(c->ctx, c);
}

static gt_status gpkg_open(gt_ctx *ctx, void *user, size_t layer, const gt_box *box, void **cursor)
{
    (void)box;
    const gpkg_data *data = user;
    const gpkg_layer *l = &data->layers[layer];
    gpkg_cursor *c = gt_zalloc(ctx, 1, sizeof *c);
    assert_non_null(c);
    c->ctx = ctx;
    gt_geom_init(&c->geom);
    assert_int_equal(sqlite3_open_v2(l->file, &c->db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(c->db, l->sql, -1, &c->stmt, NULL) != SQLITE_OK) {
        print_error("%s: %s\n", l->sql, sqlite3_errmsg(c->db));
        fail();
    }
    if (l->crs != NULL) {
        assert_ok(ctx, gt_crs_new(ctx, l->crs, &c->crs));
        assert_ok(ctx, gt_transform_new(ctx, c->crs, data->target, l->datum, &c->transform));
    }
    *cursor = c;
    return GT_OK;
}

static gt_status gpkg_next(gt_ctx *ctx, void *cursor, gt_map_feature *out, bool *more)
{
    gpkg_cursor *c = cursor;
    *more = sqlite3_step(c->stmt) == SQLITE_ROW;
    if (!*more) {
        return GT_OK;
    }
    const void *blob = sqlite3_column_blob(c->stmt, 0);
    gt_status st =
        gt_geom_from_gpkg(ctx, blob, (size_t)sqlite3_column_bytes(c->stmt, 0), NULL, &c->geom);
    if (st == GT_OK && c->transform != NULL) {
        st = gt_transform_points(ctx, c->transform, c->geom.xy, c->geom.n_points);
    }
    *out = (gt_map_feature){.geom = &c->geom,
                            .class_code = (const char *)sqlite3_column_text(c->stmt, 1),
                            .label = (const char *)sqlite3_column_text(c->stmt, 2),
                            .m2 = NAN};
    return st;
}

static inline gt_map_source gpkg_source(gpkg_data *data, const gt_plane *plane)
{
    return (gt_map_source){data, gpkg_open, gpkg_next, gpkg_close, plane, false, NULL};
}

#endif
