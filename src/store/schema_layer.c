/* The tables, indexes and triggers of one layer. */
#include <string.h>

#include "store/internal.h"

static const char *sql_type(const gt_field *field)
{
    switch (field->type) {
    case GT_FIELD_TEXT:
        return "TEXT";
    case GT_FIELD_INT:
        return "INTEGER";
    case GT_FIELD_REAL:
        return "REAL";
    case GT_FIELD_BOOL:
        return "BOOLEAN";
    case GT_FIELD_DATE:
        return "DATE";
    }
    return "TEXT";
}

static void put_column(gt_text *sql, const gt_field *field)
{
    gt_text_printf(sql, ", \"%s\" %s", field->name, sql_type(field));
    if (field->type == GT_FIELD_TEXT && field->max_length > 0) {
        gt_text_printf(sql, "(%d)", field->max_length);
    }
}

void gt_put_fields(gt_text *sql, const gt_standard *standard, const char *prefix)
{
    for (size_t i = 0; i < standard->n_fields; i++) {
        gt_text_printf(sql, ", %s\"%s\"", prefix, standard->fields[i].name);
    }
}

static const char *geometry_name(gt_geom_type type)
{
    switch (type) {
    case GT_POINT:
        return "POINT";
    case GT_LINESTRING:
        return "LINESTRING";
    case GT_POLYGON:
        return "POLYGON";
    case GT_MULTIPOINT:
        return "MULTIPOINT";
    case GT_MULTILINESTRING:
        return "MULTILINESTRING";
    case GT_MULTIPOLYGON:
        return "MULTIPOLYGON";
    case GT_GEOM_NONE:
        break;
    }
    return "";
}

/* The attributes stand before the geometry, so that a scan without geometry need not walk the
 * overflow pages of large polygons. */
static void put_table(gt_text *sql, const gt_standard *s, const char *suffix, const char *more,
                      const char *geometry)
{
    gt_text_printf(sql, "CREATE TABLE \"%s%s\"(fid INTEGER PRIMARY KEY NOT NULL, gt_id TEXT", s->id,
                   suffix);
    for (size_t i = 0; i < s->n_fields; i++) {
        put_column(sql, &s->fields[i]);
    }
    gt_text_printf(sql, ", gt_valid_from DATE, gt_rev INTEGER, gt_area_m2 REAL%s", more);
    if (*geometry != '\0') {
        gt_text_printf(sql, ", geom %s", geometry);
    }
    gt_text_puts(sql, ");");
}

static void put_tables(gt_text *sql, const gt_standard *s, const char *geometry)
{
    put_table(sql, s, "", "", geometry);
    put_table(sql, s, "__before", "", geometry);
    put_table(sql, s, "__history", ", gt_valid_to DATE, gt_valid_to_rev INTEGER, gt_rev_to INTEGER",
              geometry);
    gt_text_printf(sql,
                   "CREATE INDEX \"%s__history_id\" ON \"%s__history\"(gt_id, gt_rev);"
                   "CREATE INDEX \"%s__history_valid\" ON \"%s__history\"(gt_valid_to_rev,"
                   " gt_valid_to) WHERE gt_valid_to_rev IS NOT NULL;"
                   "CREATE INDEX \"%s__history_rev\" ON \"%s__history\"(gt_rev_to)"
                   " WHERE gt_rev_to IS NOT NULL;"
                   "CREATE INDEX \"%s__history_to\" ON \"%s__history\"(gt_valid_to)"
                   " WHERE gt_rev_to IS NULL;",
                   s->id, s->id, s->id, s->id, s->id, s->id, s->id, s->id);
}

/* The triggers of OGC 12-128r18, annex F.3, word for word but for the names. They run in programs
 * that edit the layer; our own writes keep the index themselves. */
static void put_rtree(gt_text *sql, const char *t)
{
    gt_text_printf(sql,
                   "CREATE VIRTUAL TABLE \"rtree_%s_geom\" USING rtree(id, minx, maxx, miny,"
                   " maxy);",
                   t);
    gt_text_printf(
        sql,
        "CREATE TRIGGER \"rtree_%s_geom_insert\" AFTER INSERT ON \"%s\" WHEN (new.\"geom\" NOT NULL"
        " AND NOT ST_IsEmpty(NEW.\"geom\")) BEGIN INSERT OR REPLACE INTO \"rtree_%s_geom\" VALUES ("
        "NEW.\"fid\", ST_MinX(NEW.\"geom\"), ST_MaxX(NEW.\"geom\"), ST_MinY(NEW.\"geom\"),"
        " ST_MaxY(NEW.\"geom\")); END;",
        t, t, t);
    gt_text_printf(
        sql,
        "CREATE TRIGGER \"rtree_%s_geom_update1\" AFTER UPDATE OF \"geom\" ON \"%s\" WHEN"
        " OLD.\"fid\" = NEW.\"fid\" AND (NEW.\"geom\" NOTNULL AND NOT ST_IsEmpty(NEW.\"geom\"))"
        " BEGIN INSERT OR REPLACE INTO \"rtree_%s_geom\" VALUES (NEW.\"fid\", "
        "ST_MinX(NEW.\"geom\"),"
        " ST_MaxX(NEW.\"geom\"), ST_MinY(NEW.\"geom\"), ST_MaxY(NEW.\"geom\")); END;",
        t, t, t);
    gt_text_printf(
        sql,
        "CREATE TRIGGER \"rtree_%s_geom_update2\" AFTER UPDATE OF \"geom\" ON \"%s\" WHEN"
        " OLD.\"fid\" = NEW.\"fid\" AND (NEW.\"geom\" ISNULL OR ST_IsEmpty(NEW.\"geom\")) BEGIN"
        " DELETE FROM \"rtree_%s_geom\" WHERE id = OLD.\"fid\"; END;",
        t, t, t);
    gt_text_printf(
        sql,
        "CREATE TRIGGER \"rtree_%s_geom_update3\" AFTER UPDATE ON \"%s\" WHEN OLD.\"fid\" !="
        " NEW.\"fid\" AND (NEW.\"geom\" NOTNULL AND NOT ST_IsEmpty(NEW.\"geom\")) BEGIN DELETE FROM"
        " \"rtree_%s_geom\" WHERE id = OLD.\"fid\"; INSERT OR REPLACE INTO \"rtree_%s_geom\" VALUES"
        " (NEW.\"fid\", ST_MinX(NEW.\"geom\"), ST_MaxX(NEW.\"geom\"), ST_MinY(NEW.\"geom\"),"
        " ST_MaxY(NEW.\"geom\")); END;",
        t, t, t, t);
    gt_text_printf(
        sql,
        "CREATE TRIGGER \"rtree_%s_geom_update4\" AFTER UPDATE ON \"%s\" WHEN OLD.\"fid\" !="
        " NEW.\"fid\" AND (NEW.\"geom\" ISNULL OR ST_IsEmpty(NEW.\"geom\")) BEGIN DELETE FROM"
        " \"rtree_%s_geom\" WHERE id IN (OLD.\"fid\", NEW.\"fid\"); END;",
        t, t, t);
    gt_text_printf(
        sql,
        "CREATE TRIGGER \"rtree_%s_geom_delete\" AFTER DELETE ON \"%s\" WHEN old.\"geom\""
        " NOT NULL BEGIN DELETE FROM \"rtree_%s_geom\" WHERE id = OLD.\"fid\"; END;",
        t, t, t);
}

/* Body of a trigger: notes the rows `t` that meet the condition, unless they were touched before;
 * the trigger `keep` fills in what they held. */
static void put_save(gt_text *sql, const gt_standard *s, const char *condition)
{
    const char *t = s->id;
    gt_text_printf(
        sql,
        "INSERT OR IGNORE INTO \"%s__before\"(fid, gt_id) SELECT fid, gt_id FROM \"%s\" AS t"
        " WHERE (%s) AND NOT EXISTS (SELECT 1 FROM gt_outside WHERE layer = '%s' AND fid = t.fid);"
        " INSERT OR IGNORE INTO gt_outside(layer, fid, feature) SELECT '%s', fid, gt_id FROM"
        " \"%s\" AS t WHERE %s; ",
        t, t, condition, t, t, t, condition);
}

/* The columns of a layer stand once in its triggers, not in each of them: opening a workspace reads
 * them all. The layer's row is still the old one here. */
static void put_keep(gt_text *sql, const gt_standard *s, bool geometry)
{
    const char *t = s->id, *geom = geometry ? ", geom" : "";
    gt_text_printf(sql,
                   "CREATE TRIGGER \"gt_watch_%s_keep\" AFTER INSERT ON \"%s__before\" BEGIN UPDATE"
                   " \"%s__before\" SET (gt_valid_from",
                   t, t, t);
    gt_put_fields(sql, s, "");
    gt_text_printf(sql, ", gt_rev, gt_area_m2%s) = (SELECT gt_valid_from", geom);
    gt_put_fields(sql, s, "");
    gt_text_printf(sql,
                   ", gt_rev, gt_area_m2%s FROM \"%s\" WHERE fid = NEW.fid) WHERE fid = NEW.fid;"
                   " END;",
                   geom, t);
}

/* What other programs do to a layer: each row they touch is listed in gt_outside, and its version
 * from before the first touch is kept in LAYER__before, so that the edits can become a revision or
 * be undone (edits.c). A row may also be replaced (INSERT OR REPLACE) by another with its fid or
 * gt_id, for which no delete trigger runs: hence the triggers before. Our connections run with
 * triggers off. */
static void put_watch(gt_text *sql, const gt_standard *s, bool geometry)
{
    static const struct {
        const char *name, *when, *condition;
    } before[] = {
        {"replace", "INSERT", "t.fid = NEW.fid OR t.gt_id = NEW.gt_id"},
        {"change", "UPDATE", "t.fid = OLD.fid OR t.fid = NEW.fid OR t.gt_id = NEW.gt_id"},
        {"delete", "DELETE", "t.fid = OLD.fid"},
    };
    static const char *const after[][2] = {{"insert", "INSERT"}, {"update", "UPDATE"}};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        gt_text_printf(sql, "CREATE TRIGGER \"gt_watch_%s_%s\" BEFORE %s ON \"%s\" BEGIN ", s->id,
                       before[i].name, before[i].when, s->id);
        put_save(sql, s, before[i].condition);
        gt_text_puts(sql, "END;");
    }
    put_keep(sql, s, geometry);
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        gt_text_printf(
            sql,
            "CREATE TRIGGER \"gt_watch_%s_%s\" AFTER %s ON \"%s\" BEGIN INSERT OR IGNORE"
            " INTO gt_outside(layer, fid, feature) VALUES('%s', NEW.fid, NEW.gt_id); END;",
            s->id, after[i][0], after[i][1], s->id, s->id);
    }
}

static void put_unwatch(gt_text *sql, const gt_standard *s)
{
    static const char *const names[] = {"replace", "change", "delete", "insert", "update", "keep"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gt_text_printf(sql, "DROP TRIGGER IF EXISTS \"gt_watch_%s_%s\";", s->id, names[i]);
    }
}

static gt_status register_layer(gt_ctx *ctx, sqlite3 *db, const gt_layer_rec *rec,
                                const char *geometry, int32_t srs_id)
{
    const char *id = rec->standard.id;
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    bool spatial = *geometry != '\0';
    gt_text_printf(&sql,
                   "INSERT INTO gpkg_contents(table_name, data_type, identifier, srs_id)"
                   " VALUES('%s', '%s', '%s', %d);",
                   id, spatial ? "features" : "attributes", id, spatial ? (int)srs_id : 0);
    if (spatial) {
        gt_text_printf(&sql,
                       "INSERT INTO gpkg_geometry_columns VALUES('%s', 'geom', '%s', %d, 0, 0);"
                       "INSERT INTO gpkg_extensions VALUES('%s', 'geom', 'gpkg_rtree_index',"
                       " 'http://www.geopackage.org/spec120/#extension_rtree', 'write-only');",
                       id, geometry, (int)srs_id, id);
    }
    gt_status st = gt_db_exec_text(ctx, db, &sql);
    gt_text_free(&sql);
    return st;
}

gt_status gt_schema_add_layer(gt_ctx *ctx, sqlite3 *db, const gt_layer_rec *rec, int32_t srs_id)
{
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    const char *geometry = geometry_name(rec->column_type);
    put_tables(&sql, &rec->standard, geometry);
    if (*geometry != '\0') {
        put_rtree(&sql, rec->standard.id);
    }
    put_watch(&sql, &rec->standard, *geometry != '\0');
    gt_status st = gt_db_exec_text(ctx, db, &sql);
    st = st == GT_OK ? gt_schema_id_index(ctx, db, rec->standard.id, true) : st;
    st = st == GT_OK ? register_layer(ctx, db, rec, geometry, srs_id) : st;
    gt_text_free(&sql);
    return st;
}

gt_status gt_schema_add_fields(gt_ctx *ctx, sqlite3 *db, const gt_layer_rec *rec, int first_column)
{
    static const char *const suffixes[] = {"", "__before", "__history"};
    const gt_standard *s = &rec->standard;
    gt_text sql, column;
    gt_text_init(&sql, ctx, 0);
    gt_text_init(&column, ctx, 0);
    for (size_t i = 0; i < s->n_fields; i++) {
        if (rec->columns[i] < first_column) {
            continue;
        }
        gt_text_clear(&column);
        put_column(&column, &s->fields[i]); /* begins with ", " */
        for (size_t k = 0; !column.failed && k < sizeof suffixes / sizeof *suffixes; k++) {
            gt_text_printf(&sql, "ALTER TABLE \"%s%s\" ADD COLUMN %s;", s->id, suffixes[k],
                           gt_text_cstr(&column) + 2);
        }
    }
    put_unwatch(&sql, s);
    put_watch(&sql, s, rec->column_type != GT_GEOM_NONE);
    gt_status st = gt_text_status(&column);
    st = st == GT_OK ? gt_db_exec_text(ctx, db, &sql) : st;
    gt_text_free(&column);
    gt_text_free(&sql);
    return st;
}

gt_status gt_schema_id_index(gt_ctx *ctx, sqlite3 *db, const char *layer, bool make)
{
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    if (make) {
        gt_text_printf(&sql, "CREATE UNIQUE INDEX \"%s__id\" ON \"%s\"(gt_id)", layer, layer);
    } else {
        gt_text_printf(&sql, "DROP INDEX \"%s__id\"", layer);
    }
    gt_status st = gt_db_exec_text(ctx, db, &sql);
    gt_text_free(&sql);
    return st;
}
