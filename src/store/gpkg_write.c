/* Plain GeoPackage writer: OGC 12-128r18 with the tables it requires and nothing else. */
#include "guotu/gpkg_write.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/text.h"
#include "store/gpkg_messages.h"

enum { MOST_TABLES = 4 };

typedef struct table {
    char *name;
    sqlite3_stmt *insert;
    gt_gpkg_type *types;
    size_t n_columns;
    gt_box box;
} table;

struct gt_gpkg_writer {
    char *path, *part;
    sqlite3 *db;
    table tables[MOST_TABLES];
    size_t n_tables;
    int32_t srs_id;
    uint8_t *blob;
    size_t cap_blob;
};

static const char SCHEMA[] =
    /* main only: the map that the reference system is copied from may be attached and in use */
    "pragma main.application_id=0x47504B47; pragma main.user_version=10300;"
    "pragma main.journal_mode=off; pragma main.synchronous=off;"
    "pragma main.locking_mode=exclusive; begin;"
    "create table gpkg_spatial_ref_sys(srs_name text not null, srs_id integer primary key, "
    "organization text not null, organization_coordsys_id integer not null, "
    "definition text not null, description text);"
    "insert into gpkg_spatial_ref_sys values('Undefined Cartesian',-1,'NONE',-1,'undefined',null),"
    "('Undefined geographic',0,'NONE',0,'undefined',null),('WGS 84',4326,'EPSG',4326,"
    "'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],"
    "PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],AUTHORITY[\"EPSG\",\"4326\"]]',"
    "null);"
    "create table gpkg_contents(table_name text not null primary key, data_type text not null, "
    "identifier text unique, description text default '', last_change datetime not null default "
    "(strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x double, min_y double, max_x double, "
    "max_y double, srs_id integer);"
    "create table gpkg_geometry_columns(table_name text not null, column_name text not null, "
    "geometry_type_name text not null, srs_id integer not null, z tinyint not null, "
    "m tinyint not null, primary key(table_name, column_name));";

static gt_status write_failed(gt_ctx *ctx, const gt_gpkg_writer *w)
{
    return gt_fail(ctx, GT_E_ENV, &GT_MSG_GPKG_WRITE, GT_PLACE(.file = w->path),
                   GT_ARGS(GT_TEXT("reason", w->db == NULL ? "-" : sqlite3_errmsg(w->db))));
}

static void writer_free(gt_ctx *ctx, gt_gpkg_writer *w)
{
    for (size_t i = 0; i < MOST_TABLES; i++) {
        (void)sqlite3_finalize(w->tables[i].insert);
        gt_free(ctx, w->tables[i].name);
        gt_free(ctx, w->tables[i].types);
    }
    (void)sqlite3_close(w->db);
    gt_free(ctx, w->path);
    gt_free(ctx, w->part);
    gt_free(ctx, w->blob);
    gt_free(ctx, w);
}

void gt_gpkg_abandon(gt_ctx *ctx, gt_gpkg_writer *w)
{
    if (w != NULL) {
        if (w->part != NULL) {
            (void)unlink(w->part);
        }
        writer_free(ctx, w);
    }
}

/* Runs SQL made by sqlite3_mprintf, which it frees. */
static gt_status run_sql(gt_ctx *ctx, gt_gpkg_writer *w, char *sql)
{
    gt_status st = GT_OK;
    if (sql == NULL || sqlite3_exec(w->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        st = write_failed(ctx, w);
    }
    sqlite3_free(sql);
    return st;
}

/* The definition of the CRS from the attached file. */
static gt_status copy_srs(gt_ctx *ctx, gt_gpkg_writer *w)
{
    return run_sql(ctx, w,
                   sqlite3_mprintf("insert or replace into gpkg_spatial_ref_sys select srs_name, "
                                   "srs_id, organization, organization_coordsys_id, definition, "
                                   "description from srs_source.gpkg_spatial_ref_sys where "
                                   "srs_id=%d",
                                   w->srs_id));
}

static gt_status make_table(gt_ctx *ctx, gt_gpkg_writer *w, table *t, const gt_gpkg_column *columns)
{
    static const char *const types[] = {"integer", "double", "text"};
    gt_text sql, marks;
    gt_text_init(&sql, ctx, 0);
    gt_text_init(&marks, ctx, 0);
    char *quoted = sqlite3_mprintf("\"%w\"", t->name);
    gt_text_printf(&sql, "create table %s(fid integer primary key, geom multipolygon",
                   quoted == NULL ? "" : quoted);
    gt_text_printf(&marks, "insert into %s values(null, ?1", quoted == NULL ? "" : quoted);
    for (size_t i = 0; i < t->n_columns; i++) {
        char *name = sqlite3_mprintf("\"%w\"", columns[i].name);
        gt_text_printf(&sql, ", %s %s", name == NULL ? "" : name, types[columns[i].type]);
        gt_text_printf(&marks, ", ?%zu", i + 2);
        t->types[i] = columns[i].type;
        sqlite3_free(name);
    }
    gt_text_puts(&sql, ")");
    gt_text_puts(&marks, ")");
    gt_status st = gt_text_status(&sql);
    if (st == GT_OK) {
        st = gt_text_status(&marks);
    }
    if (st == GT_OK &&
        (sqlite3_exec(w->db, gt_text_cstr(&sql), NULL, NULL, NULL) != SQLITE_OK ||
         sqlite3_prepare_v2(w->db, gt_text_cstr(&marks), -1, &t->insert, NULL) != SQLITE_OK)) {
        st = write_failed(ctx, w);
    }
    sqlite3_free(quoted);
    gt_text_free(&sql);
    gt_text_free(&marks);
    return st;
}

gt_status gt_gpkg_add_table(gt_ctx *ctx, gt_gpkg_writer *w, const char *name,
                            const gt_gpkg_column *columns, size_t n_columns, size_t *number)
{
    if (w->n_tables == MOST_TABLES) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GPKG_WRITE, GT_PLACE(.file = w->path),
                       GT_ARGS(GT_TEXT("reason", "tables")));
    }
    table *t = &w->tables[w->n_tables];
    t->n_columns = n_columns;
    t->box = (gt_box){INFINITY, INFINITY, -INFINITY, -INFINITY};
    t->name = gt_strdup(ctx, name);
    t->types = gt_alloc(ctx, n_columns + 1, sizeof *t->types);
    *number = w->n_tables++;
    return t->name == NULL || t->types == NULL ? GT_E_MEMORY : make_table(ctx, w, t, columns);
}

gt_status gt_gpkg_create(gt_ctx *ctx, const char *path, const char *name,
                         const gt_gpkg_column *columns, size_t n_columns, int32_t srs_id,
                         const char *srs_from, gt_gpkg_writer **out)
{
    gt_gpkg_writer *w = gt_zalloc(ctx, 1, sizeof *w);
    if (w == NULL) {
        return GT_E_MEMORY;
    }
    w->srs_id = srs_from == NULL ? -1 : srs_id;
    size_t number = 0, len = strlen(path) + 32;
    w->path = gt_strdup(ctx, path);
    w->part = gt_alloc(ctx, len, 1);
    gt_status st = GT_E_MEMORY;
    if (w->path == NULL || w->part == NULL) {
        goto done;
    }
    (void)snprintf(w->part, len, "%s.%ld.part", path, (long)getpid());
    (void)unlink(w->part);
    st = GT_OK;
    if (sqlite3_open_v2(w->part, &w->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK ||
        sqlite3_exec(w->db, "pragma page_size=4096", NULL, NULL, NULL) != SQLITE_OK) {
        st = write_failed(ctx, w);
    }
    if (st == GT_OK && srs_from != NULL) { /* attach must come before the transaction */
        st = run_sql(ctx, w, sqlite3_mprintf("attach %Q as srs_source", srs_from));
    }
    if (st == GT_OK && sqlite3_exec(w->db, SCHEMA, NULL, NULL, NULL) != SQLITE_OK) {
        st = write_failed(ctx, w);
    }
    if (st == GT_OK && srs_from != NULL) {
        st = copy_srs(ctx, w);
    }
    if (st == GT_OK) {
        st = gt_gpkg_add_table(ctx, w, name, columns, n_columns, &number);
    }
done:
    if (st == GT_OK) {
        *out = w;
    } else {
        gt_gpkg_abandon(ctx, w);
    }
    return st;
}

enum { SRS_OWN = 100000 }; /* number of a CRS that EPSG does not have */

gt_status gt_gpkg_state_crs(gt_ctx *ctx, gt_gpkg_writer *w, const gt_crs *crs)
{
    if (crs == NULL) {
        return GT_OK;
    }
    int epsg = gt_crs_epsg(crs);
    w->srs_id = epsg > 0 ? epsg : SRS_OWN;
    return run_sql(ctx, w,
                   sqlite3_mprintf("insert or replace into gpkg_spatial_ref_sys values(%Q, %d, %Q, "
                                   "%d, %Q, null)",
                                   gt_crs_name(crs), w->srs_id, epsg > 0 ? "EPSG" : "NONE",
                                   w->srs_id, gt_crs_wkt(crs)));
}

/* ---- rows ----------------------------------------------------------------------------------- */

static uint8_t *put_u32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, 4);
    return p + 4;
}

static uint8_t *put_head(uint8_t *p, uint32_t type, uint32_t n)
{
    *p++ = 1;
    return put_u32(put_u32(p, type), n);
}

/* GeoPackage blob of a multipolygon, little endian, with its box. */
static gt_status encode(gt_ctx *ctx, gt_gpkg_writer *w, table *t, const gt_geom *g, size_t *len)
{
    size_t most =
        40 + 9 + 9 * (size_t)g->n_parts + 4 * (size_t)g->n_rings + 16 * (size_t)g->n_points;
    gt_status st = gt_grow(ctx, (void **)&w->blob, &w->cap_blob, most, 1);
    if (st != GT_OK) {
        return st;
    }
    double box[4] = {INFINITY, -INFINITY, INFINITY, -INFINITY}; /* minx, maxx, miny, maxy */
    for (uint32_t i = 0; i < g->n_points; i++) {
        double x = g->xy[2 * (size_t)i], y = g->xy[2 * (size_t)i + 1];
        box[0] = x < box[0] ? x : box[0];
        box[1] = x > box[1] ? x : box[1];
        box[2] = y < box[2] ? y : box[2];
        box[3] = y > box[3] ? y : box[3];
    }
    t->box.xmin = box[0] < t->box.xmin ? box[0] : t->box.xmin;
    t->box.xmax = box[1] > t->box.xmax ? box[1] : t->box.xmax;
    t->box.ymin = box[2] < t->box.ymin ? box[2] : t->box.ymin;
    t->box.ymax = box[3] > t->box.ymax ? box[3] : t->box.ymax;
    static const uint8_t magic[4] = {'G', 'P', 0, 3}; /* little endian, XY envelope */
    uint8_t *p = w->blob;
    memcpy(p, magic, sizeof magic);
    p = put_u32(p + 4, (uint32_t)w->srs_id);
    memcpy(p, box, 32);
    p = put_head(p + 32, GT_MULTIPOLYGON, g->n_parts);
    uint32_t ring = 0, point = 0;
    for (uint32_t k = 0; k < g->n_parts; k++) {
        p = put_head(p, GT_POLYGON, g->part_end[k] - ring);
        for (; ring < g->part_end[k]; ring++) {
            uint32_t n = g->ring_end[ring] - point;
            p = put_u32(p, n);
            memcpy(p, g->xy + 2 * (size_t)point, 16 * (size_t)n);
            p += 16 * (size_t)n;
            point += n;
        }
    }
    *len = (size_t)(p - w->blob);
    return GT_OK;
}

static void bind_values(const table *t, const gt_gpkg_value *values)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        int at = (int)i + 2;
        if (values[i].null) {
            (void)sqlite3_bind_null(t->insert, at);
            continue;
        }
        switch (t->types[i]) {
        case GT_GPKG_INTEGER:
            (void)sqlite3_bind_int64(t->insert, at, values[i].integer);
            break;
        case GT_GPKG_REAL:
            (void)sqlite3_bind_double(t->insert, at, values[i].real);
            break;
        case GT_GPKG_TEXT:
            (void)sqlite3_bind_text(t->insert, at, values[i].text, -1, SQLITE_STATIC);
            break;
        }
    }
}

gt_status gt_gpkg_add_to(gt_ctx *ctx, gt_gpkg_writer *w, size_t number, const gt_geom *geom,
                         const gt_gpkg_value *values)
{
    table *t = &w->tables[number];
    size_t len = 0;
    gt_status st = geom == NULL ? GT_OK : encode(ctx, w, t, geom, &len);
    if (st != GT_OK) {
        return st;
    }
    if (geom == NULL) {
        (void)sqlite3_bind_null(t->insert, 1);
    } else {
        (void)sqlite3_bind_blob64(t->insert, 1, w->blob, len, SQLITE_STATIC);
    }
    bind_values(t, values);
    if (sqlite3_step(t->insert) != SQLITE_DONE) {
        st = write_failed(ctx, w);
    }
    (void)sqlite3_reset(t->insert);
    return st;
}

gt_status gt_gpkg_add(gt_ctx *ctx, gt_gpkg_writer *w, const gt_geom *geom,
                      const gt_gpkg_value *values)
{
    return gt_gpkg_add_to(ctx, w, 0, geom, values);
}

static gt_status register_table(gt_ctx *ctx, gt_gpkg_writer *w, table *t)
{
    gt_status st = run_sql(
        ctx, w,
        sqlite3_mprintf("insert into gpkg_contents(table_name, data_type, identifier, srs_id) "
                        "values(%Q, 'features', %Q, %d); insert into gpkg_geometry_columns "
                        "values(%Q, 'geom', 'MULTIPOLYGON', %d, 0, 0)",
                        t->name, t->name, w->srs_id, t->name, w->srs_id));
    if (st == GT_OK && t->box.xmin <= t->box.xmax) { /* an empty table has no extent */
        st = run_sql(ctx, w,
                     sqlite3_mprintf("update gpkg_contents set min_x=%!.17g, min_y=%!.17g, "
                                     "max_x=%!.17g, max_y=%!.17g where table_name=%Q",
                                     t->box.xmin, t->box.ymin, t->box.xmax, t->box.ymax, t->name));
    }
    (void)sqlite3_finalize(t->insert);
    t->insert = NULL;
    return st;
}

gt_status gt_gpkg_finish(gt_ctx *ctx, gt_gpkg_writer *w)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < w->n_tables; i++) {
        st = register_table(ctx, w, &w->tables[i]);
    }
    if (st == GT_OK) {
        st = run_sql(ctx, w, sqlite3_mprintf("commit"));
    }
    if (st == GT_OK && sqlite3_close(w->db) != SQLITE_OK) {
        st = write_failed(ctx, w);
    } else if (st == GT_OK) {
        w->db = NULL;
    }
    if (st == GT_OK && rename(w->part, w->path) != 0) {
        st = gt_fail_errno(ctx, errno, "rename", w->path);
    }
    if (st != GT_OK) {
        gt_gpkg_abandon(ctx, w);
        return st;
    }
    writer_free(ctx, w);
    return GT_OK;
}
