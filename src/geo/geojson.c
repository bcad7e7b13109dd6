/* GeoJSON geometry objects (RFC 7946), parsed by jansson. A Feature is accepted for its geometry.
 * Errors name the value by its path, e.g. coordinates[0][3][1], since jansson keeps no places. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "geo/geom.h"
#include "geo/messages.h"
#include "guotu/geometry.h"

enum { DEPTH = 4 }; /* multipolygon: part, ring, position, ordinate */

typedef struct reader {
    gt_ctx *ctx;
    gt_geom *out;
    size_t path[DEPTH]; /* indexes below "coordinates" */
    int depth;
} reader;

static gt_status fail_wanted(reader *r, const char *wanted)
{
    char path[128] = "coordinates";
    size_t n = strlen(path);
    for (int i = 0; i < r->depth; i++) {
        int more = snprintf(path + n, sizeof path - n, "[%zu]", r->path[i]);
        n += more > 0 ? (size_t)more : 0;
    }
    return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_JSON_WANTED, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("path", path), GT_TEXT("wanted", wanted)));
}

static gt_status read_position(reader *r, const json_t *value)
{
    if (!json_is_array(value) || json_array_size(value) < 2) {
        return fail_wanted(r, "a position: [x, y]");
    }
    double xy[2];
    for (size_t i = 0; i < 2; i++) {
        const json_t *number = json_array_get(value, i);
        if (!json_is_number(number)) {
            r->path[r->depth++] = i;
            gt_status st = fail_wanted(r, "a number");
            r->depth--;
            return st;
        }
        xy[i] = json_number_value(number);
    }
    return gt_geom_add_point(r->ctx, r->out, xy[0], xy[1]);
}

typedef gt_status (*read_fn)(reader *, const json_t *);

static gt_status read_each(reader *r, const json_t *array, read_fn one, const char *wanted)
{
    if (!json_is_array(array)) {
        return fail_wanted(r, wanted);
    }
    gt_status st = GT_OK;
    size_t n = json_array_size(array);
    int at = r->depth++;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        r->path[at] = i;
        st = one(r, json_array_get(array, i));
    }
    r->depth--;
    return st;
}

static gt_status read_line(reader *r, const json_t *value)
{
    gt_status st = read_each(r, value, read_position, "an array of positions");
    return st == GT_OK && json_array_size(value) > 0 ? gt_geom_finish_line(r->ctx, r->out) : st;
}

static gt_status read_ring(reader *r, const json_t *value)
{
    gt_status st = read_each(r, value, read_position, "an array of positions");
    return st == GT_OK ? gt_geom_finish_ring(r->ctx, r->out) : st;
}

static gt_status read_polygon(reader *r, const json_t *value)
{
    gt_status st = read_each(r, value, read_ring, "an array of rings");
    return st == GT_OK && json_array_size(value) > 0 ? gt_geom_end_part(r->ctx, r->out) : st;
}

static gt_status read_coordinates(reader *r, gt_geom_type type, const json_t *value)
{
    switch (type) {
    case GT_POINT:
        if (json_is_array(value) && json_array_size(value) == 0) {
            return GT_OK; /* empty point, as GDAL writes it */
        }
        return read_position(r, value);
    case GT_LINESTRING:
        return read_line(r, value);
    case GT_POLYGON:
        return read_polygon(r, value);
    case GT_MULTIPOINT:
        return read_each(r, value, read_position, "an array of positions");
    case GT_MULTILINESTRING:
        return read_each(r, value, read_line, "an array of lines");
    case GT_MULTIPOLYGON:
        return read_each(r, value, read_polygon, "an array of polygons");
    case GT_GEOM_NONE:
        break;
    }
    return fail_wanted(r, "an array");
}

static const char *const NAMES[] = {"",           "Point",           "LineString",  "Polygon",
                                    "MultiPoint", "MultiLineString", "MultiPolygon"};

static gt_status fail_missing(gt_ctx *ctx, const char *name)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_JSON_MISSING, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", name)));
}

static gt_status read_geometry(gt_ctx *ctx, const json_t *object, gt_geom *out)
{
    const char *name = json_string_value(json_object_get(object, "type"));
    if (name != NULL && strcmp(name, "Feature") == 0) {
        object = json_object_get(object, "geometry");
        if (object == NULL) {
            return fail_missing(ctx, "geometry");
        }
        name = json_string_value(json_object_get(object, "type"));
    }
    if (name == NULL) {
        return fail_missing(ctx, "type");
    }
    gt_geom_type type = GT_GEOM_NONE;
    for (int i = GT_POINT; i <= GT_MULTIPOLYGON; i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            type = (gt_geom_type)i;
        }
    }
    if (type == GT_GEOM_NONE) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GEO_TYPE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("type", name)));
    }
    const json_t *coordinates = json_object_get(object, "coordinates");
    if (coordinates == NULL) {
        return fail_missing(ctx, "coordinates");
    }
    reader r = {.ctx = ctx, .out = out};
    out->type = type;
    return read_coordinates(&r, type, coordinates);
}

gt_status gt_geom_from_geojson(gt_ctx *ctx, const char *json, size_t len, gt_geom *out)
{
    gt_geom_reset(out, GT_GEOM_NONE);
    json_error_t error;
    json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_JSON_SYNTAX,
                       GT_PLACE(.line = error.line, .column = error.column),
                       GT_ARGS(GT_TEXT("reason", error.text), GT_INT("line", error.line),
                               GT_INT("column", error.column)));
    }
    gt_status st = read_geometry(ctx, root, out);
    json_decref(root);
    if (st != GT_OK) {
        gt_geom_reset(out, GT_GEOM_NONE);
    }
    return st;
}

/* ---- writing ------------------------------------------------------------------------------- */

static void put_position(const gt_geom *g, uint32_t i, int digits, gt_text *out)
{
    gt_text_putc(out, '[');
    gt_number_put(out, g->xy[2 * (size_t)i], digits);
    gt_text_putc(out, ',');
    gt_number_put(out, g->xy[2 * (size_t)i + 1], digits);
    gt_text_putc(out, ']');
}

static void put_run(const gt_geom *g, gt_ring_view v, int digits, gt_text *out)
{
    gt_text_putc(out, '[');
    for (uint32_t i = 0; i < v.to - v.from && !out->failed; i++) {
        gt_text_puts(out, i > 0 ? "," : "");
        put_position(g, v.turn ? v.to - 1 - i : v.from + i, digits, out);
    }
    gt_text_putc(out, ']');
}

static void put_line(const gt_geom *g, uint32_t line, int digits, gt_text *out)
{
    gt_ring_view v = {line == 0 ? 0 : g->ring_end[line - 1], g->ring_end[line], false};
    put_run(g, v, digits, out);
}

static void put_polygon(const gt_geom *g, uint32_t part, int digits, gt_text *out)
{
    uint32_t first = part == 0 ? 0 : g->part_end[part - 1];
    gt_text_putc(out, '[');
    for (uint32_t ring = first; ring < g->part_end[part]; ring++) {
        gt_text_puts(out, ring > first ? "," : "");
        put_run(g, gt_geom_ring_view(g, ring, ring == first), digits, out);
    }
    gt_text_putc(out, ']');
}

void gt_geom_to_geojson(const gt_geom *g, int digits, gt_text *out)
{
    if (gt_geom_check(out->ctx, g) != GT_OK) {
        out->failed = true;
        return;
    }
    bool multi = g->type >= GT_MULTIPOINT;
    gt_geom_type single = multi ? (gt_geom_type)(g->type - 3) : g->type;
    uint32_t n = single == GT_POINT        ? g->n_points
                 : single == GT_LINESTRING ? g->n_rings
                                           : g->n_parts;
    gt_text_puts(out, "{\"type\":\"");
    gt_text_puts(out, NAMES[g->type]);
    gt_text_puts(out, "\",\"coordinates\":");
    gt_text_puts(out, multi || n == 0 ? "[" : "");
    for (uint32_t i = 0; i < n && !out->failed; i++) {
        gt_text_puts(out, i > 0 ? "," : "");
        if (single == GT_POINT) {
            put_position(g, i, digits, out);
        } else if (single == GT_LINESTRING) {
            put_line(g, i, digits, out);
        } else {
            put_polygon(g, i, digits, out);
        }
    }
    gt_text_puts(out, multi || n == 0 ? "]" : "");
    gt_text_putc(out, '}');
}
