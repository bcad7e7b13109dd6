/* The tables: GeoPackage 1.3 (OGC 12-128r18) and ours. */
#include <string.h>

#include "guotu/date.h"
#include "store/internal.h"
#include "store/messages.h"

/* Page size 16384: half the time of 4096 when 500,000 polygons are loaded (fewer frames in the
 * WAL). application_id is "GPKG", user_version 10300 says GeoPackage 1.3.0. */
static const char CREATE_SQL[] =
    "PRAGMA page_size=16384; PRAGMA application_id=1196444487; PRAGMA user_version=10300;"
    "CREATE TABLE gpkg_spatial_ref_sys(srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,"
    " organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL,"
    " definition TEXT NOT NULL, description TEXT);"
    "CREATE TABLE gpkg_contents(table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL,"
    " identifier TEXT UNIQUE, description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT"
    " (strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE, max_x DOUBLE,"
    " max_y DOUBLE, srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES"
    " gpkg_spatial_ref_sys(srs_id));"
    "CREATE TABLE gpkg_geometry_columns(table_name TEXT NOT NULL, column_name TEXT NOT NULL,"
    " geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL,"
    " m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),"
    " CONSTRAINT uk_gc_table_name UNIQUE (table_name), CONSTRAINT fk_gc_tn FOREIGN KEY (table_name)"
    " REFERENCES gpkg_contents(table_name), CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES"
    " gpkg_spatial_ref_sys(srs_id));"
    "CREATE TABLE gpkg_extensions(table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,"
    " definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name,"
    " column_name, extension_name));"
    "CREATE TABLE gpkg_data_columns(table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT,"
    " title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY"
    " KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));"
    "CREATE TABLE gpkg_data_column_constraints(constraint_name TEXT NOT NULL, constraint_type TEXT"
    " NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive"
    " BOOLEAN, description TEXT, CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type,"
    " value));"
    "INSERT INTO gpkg_extensions VALUES('gpkg_data_columns', NULL, 'gpkg_schema',"
    " 'http://www.geopackage.org/spec121/#extension_schema', 'read-write'),"
    "('gpkg_data_column_constraints', NULL, 'gpkg_schema',"
    " 'http://www.geopackage.org/spec121/#extension_schema', 'read-write');"
    "CREATE TABLE gt_meta(key TEXT NOT NULL PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE gt_setting(key TEXT NOT NULL, rev INTEGER NOT NULL, value TEXT,"
    " PRIMARY KEY(key, rev)) WITHOUT ROWID;"
    "CREATE TABLE gt_layer(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, n_features INTEGER"
    " NOT NULL, n_history INTEGER NOT NULL, area_m2 REAL NOT NULL, area_low REAL NOT NULL,"
    " min_x REAL, min_y REAL, max_x REAL, max_y REAL, valid_from TEXT, revision INTEGER NOT NULL,"
    " next_fid INTEGER NOT NULL);"
    "CREATE TABLE gt_layer_def(layer INTEGER NOT NULL, rev INTEGER NOT NULL, definition TEXT NOT"
    " NULL, PRIMARY KEY(layer, rev)) WITHOUT ROWID;"
    "CREATE TABLE gt_revision(id INTEGER PRIMARY KEY NOT NULL, time DATETIME NOT NULL, author TEXT"
    " NOT NULL, message TEXT NOT NULL, reason TEXT, package TEXT, n_put INTEGER NOT NULL,"
    " n_deleted INTEGER NOT NULL, min_x REAL, min_y REAL, max_x REAL, max_y REAL, time_ms INTEGER"
    " NOT NULL, content_hash BLOB NOT NULL, parent_hash BLOB NOT NULL, hash BLOB NOT NULL);"
    "CREATE TABLE gt_revision_layer(rev INTEGER NOT NULL, layer INTEGER NOT NULL, first_fid INTEGER"
    " NOT NULL, n_put INTEGER NOT NULL, n_closed INTEGER NOT NULL, put_hash BLOB NOT NULL,"
    " closed_hash BLOB NOT NULL, min_x REAL, min_y REAL, max_x REAL, max_y REAL,"
    " PRIMARY KEY(rev, layer)) WITHOUT ROWID;"
    "CREATE TABLE gt_row_digest(layer INTEGER NOT NULL, first_fid INTEGER NOT NULL, digests BLOB "
    "NOT"
    " NULL, PRIMARY KEY(layer, first_fid));"
    "CREATE TABLE gt_outside(layer TEXT NOT NULL, fid INTEGER NOT NULL, feature TEXT, time TEXT NOT"
    " NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), PRIMARY KEY(layer, fid)) WITHOUT ROWID;";

/* Registered, so that a GIS shows the log as a table and hides our other tables (GDAL lists
 * unregistered tables only when no attributes table is registered). After the reference systems: a
 * foreign key. */
static const char REGISTER_SQL[] =
    "INSERT INTO gpkg_contents(table_name, data_type, identifier, description, srs_id) VALUES"
    "('gt_revision', 'attributes', '版本 revisions', '版本日志 revision log', 0);";

/* OGC 12-128r18, table 21: the records every GeoPackage holds. */
static const char WGS84_WKT[] =
    "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY"
    "[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\","
    "\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],AXIS[\"Latitude\","
    "NORTH],AXIS[\"Longitude\",EAST],AUTHORITY[\"EPSG\",\"4326\"]]";

static gt_status add_srs(gt_ctx *ctx, sqlite3 *db, const char *name, int32_t id, const char *org,
                         const char *definition, const char *description)
{
    sqlite3_stmt *stmt = NULL;
    gt_status st = gt_db_prepare(
        ctx, db, "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES(?1,?2,?3,?4,?5,?6)", &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int(stmt, 2, id);
        (void)sqlite3_bind_text(stmt, 3, org, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int(stmt, 4, id);
        (void)sqlite3_bind_text(stmt, 5, definition, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(stmt, 6, description, -1, SQLITE_STATIC);
        st = gt_db_run(ctx, stmt);
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

static gt_status add_meta(gt_ctx *ctx, sqlite3 *db, const char *key, const char *value)
{
    sqlite3_stmt *stmt = NULL;
    gt_status st = gt_db_prepare(ctx, db, "INSERT INTO gt_meta VALUES(?1,?2)", &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(stmt, 2, value, -1, SQLITE_STATIC);
        st = gt_db_run(ctx, stmt);
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

gt_status gt_schema_create(gt_ctx *ctx, sqlite3 *db, const gt_store_options *options,
                           const gt_crs *crs, int32_t srs_id)
{
    const char *org = srs_id == GT_STORE_SRS_CUSTOM ? "NONE" : "EPSG";
    gt_status st = gt_db_exec(ctx, db, CREATE_SQL);
    st = st == GT_OK ? add_srs(ctx, db, "Undefined cartesian SRS", -1, "NONE", "undefined",
                               "undefined cartesian coordinate reference system")
                     : st;
    st = st == GT_OK ? add_srs(ctx, db, "Undefined geographic SRS", 0, "NONE", "undefined",
                               "undefined geographic coordinate reference system")
                     : st;
    st = st == GT_OK ? add_srs(ctx, db, "WGS 84", 4326, "EPSG", WGS84_WKT,
                               "longitude/latitude coordinates in decimal degrees")
                     : st;
    st = st == GT_OK ? add_srs(ctx, db, gt_crs_name(crs), srs_id, org, gt_crs_wkt(crs),
                               "工作坐标系 working CRS")
                     : st;
    st = st == GT_OK ? gt_db_exec(ctx, db, REGISTER_SQL) : st;
    st = st == GT_OK ? add_meta(ctx, db, "format", "1") : st;
    st = st == GT_OK ? add_meta(ctx, db, "crs", options->crs) : st;
    st = st == GT_OK ? add_meta(ctx, db, "title_zh", options->title.zh) : st;
    return st == GT_OK ? add_meta(ctx, db, "title_en", options->title.en) : st;
}

/* ---- descriptions ---------------------------------------------------------------------------- */

static gt_status run_texts(gt_ctx *ctx, sqlite3 *db, const char *sql, const char *const *texts,
                           int n)
{
    sqlite3_stmt *stmt = NULL;
    gt_status st = gt_db_prepare(ctx, db, sql, &stmt);
    if (st == GT_OK) {
        for (int i = 0; i < n; i++) {
            (void)sqlite3_bind_text(stmt, i + 1, texts[i], -1, SQLITE_STATIC);
        }
        st = gt_db_run(ctx, stmt);
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

static gt_status describe_codes(gt_ctx *ctx, sqlite3 *db, const gt_codelist *list)
{
    const char *const name[] = {list->id};
    gt_status st = run_texts(
        ctx, db, "DELETE FROM gpkg_data_column_constraints WHERE constraint_name = ?1", name, 1);
    gt_text title;
    gt_text_init(&title, ctx, 0);
    for (size_t i = 0; st == GT_OK && i < list->n_codes; i++) {
        const gt_code *code = &list->codes[i];
        gt_text_clear(&title);
        gt_text_printf(&title, "%s %s", code->title.zh == NULL ? "" : code->title.zh,
                       code->title.en == NULL ? "" : code->title.en);
        const char *const texts[] = {list->id, code->code, gt_text_cstr(&title)};
        st = gt_text_status(&title);
        st = st == GT_OK ? run_texts(ctx, db,
                                     "INSERT OR REPLACE INTO gpkg_data_column_constraints"
                                     "(constraint_name, constraint_type, value, description)"
                                     " VALUES(?1, 'enum', ?2, ?3)",
                                     texts, 3)
                         : st;
    }
    gt_text_free(&title);
    return st;
}

/* The name under which a GIS shows the field: its title, with the column where titles repeat (names
 * of a table are unique). */
static void put_shown_name(gt_text *out, const gt_standard *s, size_t at)
{
    const char *zh = s->fields[at].title.zh;
    if (zh == NULL || *zh == '\0') {
        gt_text_puts(out, s->fields[at].name);
        return;
    }
    bool again = false;
    for (size_t i = 0; i < s->n_fields; i++) {
        const char *other = s->fields[i].title.zh;
        again |= strcmp(s->fields[i].name, zh) == 0;
        again |= i != at && other != NULL && strcmp(other, zh) == 0;
    }
    gt_text_puts(out, zh);
    if (again) {
        gt_text_printf(out, " (%s)", s->fields[at].name);
    }
}

static gt_status describe_field(gt_ctx *ctx, sqlite3 *db, const gt_standard *s, size_t at)
{
    const gt_field *f = &s->fields[at];
    gt_text name;
    gt_text_init(&name, ctx, 0);
    put_shown_name(&name, s, at);
    gt_status st = gt_text_status(&name);
    bool coded = f->codes != NULL && f->codes->n_codes > 0 && f->type == GT_FIELD_TEXT;
    st = st == GT_OK && coded ? describe_codes(ctx, db, f->codes) : st;
    const char *const texts[] = {s->id,       f->name,     gt_text_cstr(&name),
                                 f->title.zh, f->title.en, coded ? f->codes->id : NULL};
    st = st == GT_OK
             ? run_texts(ctx, db,
                         "INSERT INTO gpkg_data_columns(table_name, column_name, name, title,"
                         " description, constraint_name) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                         texts, 6)
             : st;
    gt_text_free(&name);
    return st;
}

static const char *origin_text(gt_origin origin)
{
    switch (origin) {
    case GT_ORIGIN_SURVEY:
        return "调查数据 survey data";
    case GT_ORIGIN_OPEN:
        return "开放数据 open data, not survey data";
    case GT_ORIGIN_GENERATED:
        return "生成数据 generated, not survey data";
    }
    return "";
}

gt_status gt_schema_describe(gt_ctx *ctx, sqlite3 *db, const gt_layer_rec *rec,
                             const gt_standard *given)
{
    const gt_standard *s = &rec->standard;
    gt_text identifier, description;
    gt_text_init(&identifier, ctx, 0);
    gt_text_init(&description, ctx, 0);
    const char *zh = s->title.zh == NULL || *s->title.zh == '\0' ? s->id : s->title.zh;
    /* identifiers must differ between layers, titles need not */
    gt_text_printf(&identifier, "%s (%s)", zh, s->id);
    gt_text_printf(&description, "%s%s%s%s%s", s->title.en == NULL ? "" : s->title.en,
                   s->title.en == NULL || *s->title.en == '\0' ? "" : "; ",
                   origin_text(rec->origin), s->source == NULL ? "" : "; ",
                   s->source == NULL ? "" : s->source);
    gt_status st = gt_text_status(&identifier);
    st = st == GT_OK ? gt_text_status(&description) : st;
    const char *const contents[] = {s->id, gt_text_cstr(&identifier), gt_text_cstr(&description)};
    st = st == GT_OK ? run_texts(ctx, db,
                                 "UPDATE gpkg_contents SET identifier = ?2, description = ?3"
                                 " WHERE table_name = ?1",
                                 contents, 3)
                     : st;
    st = st == GT_OK ? run_texts(ctx, db, "DELETE FROM gpkg_data_columns WHERE table_name = ?1",
                                 contents, 1)
                     : st;
    for (size_t i = 0; st == GT_OK && i < s->n_fields; i++) {
        st = describe_field(ctx, db, given, i);
    }
    gt_text_free(&description);
    gt_text_free(&identifier);
    return st;
}

gt_status gt_schema_contents(gt_ctx *ctx, sqlite3 *db, const gt_layer_rec *rec, int64_t time_ms)
{
    char time[GT_TIME_TEXT];
    sqlite3_stmt *stmt = NULL;
    gt_time_format(time_ms, time);
    gt_status st =
        gt_db_prepare(ctx, db,
                      "UPDATE gpkg_contents SET last_change = ?2, min_x = ?3, min_y = ?4,"
                      " max_x = ?5, max_y = ?6 WHERE table_name = ?1",
                      &stmt);
    if (st == GT_OK) {
        (void)sqlite3_bind_text(stmt, 1, rec->standard.id, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(stmt, 2, time, -1, SQLITE_STATIC);
        gt_db_bind_box(stmt, 3, &rec->box);
        st = gt_db_run(ctx, stmt);
    }
    (void)sqlite3_finalize(stmt);
    return st;
}
