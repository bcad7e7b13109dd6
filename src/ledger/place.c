/* Place of a record. */
#include "ledger/place.h"

#include <math.h>
#include <string.h>

#include "guotu/area.h"
#include "guotu/geos.h"
#include "ledger/messages.h"
#include "plan/problem.h"

static bool fits(gt_geom_type want, gt_geom_type have)
{
    switch (want) {
    case GT_POINT:
        return have == GT_POINT;
    case GT_LINESTRING:
        return have == GT_LINESTRING || have == GT_MULTILINESTRING;
    case GT_POLYGON:
        return have == GT_POLYGON || have == GT_MULTIPOLYGON;
    case GT_GEOM_NONE:
    case GT_MULTIPOINT:
    case GT_MULTILINESTRING:
    case GT_MULTIPOLYGON:
        break;
    }
    return false;
}

static gt_status check_polygon(gt_ctx *ctx, const gt_geom *place)
{
    gt_geos *geos = NULL;
    char reason[64] = "";
    bool valid = false;
    double x = 0, y = 0;
    gt_status st = gt_geos_new(ctx, &geos);
    st = st == GT_OK ? gt_geos_validity(ctx, geos, place, &valid, reason, &x, &y) : st;
    if (st == GT_OK && !valid) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_PLACE_BAD, GT_PLACE(.has_xy = true, .x = x, .y = y),
                     GT_ARGS(GT_TEXT("reason", reason)));
    }
    gt_geos_free(geos);
    return st;
}

gt_status gt_place_take(gt_ctx *ctx, gt_book *b, const gt_ledger *l, const gt_geom *place,
                        gt_arena *arena, gt_entry *r)
{
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    if (!fits(l->place, place->type) || place->n_points == 0) {
        return gt_fail(
            ctx, GT_E_INPUT, &GT_MSG_PLACE_KIND, GT_NOWHERE,
            GT_ARGS(GT_TEXT("ledger", l->id), GT_TEXT("want", gt_geom_type_name(l->place))));
    }
    gt_status st = l->place == GT_POLYGON ? check_polygon(ctx, place) : GT_OK;
    st = st == GT_OK ? gt_geom_to_gpkg(ctx, place, gt_store_srs_id(b->store), &blob, &cap, &len)
                     : st;
    if (st == GT_OK) {
        uint8_t *copy = gt_arena_alloc(arena, len, 1);
        st = copy == NULL ? GT_E_MEMORY : GT_OK;
        if (copy != NULL) {
            memcpy(copy, blob, len);
            r->blob = copy;
            r->blob_len = len;
            r->has_area = l->place == GT_POLYGON;
            r->area = r->has_area
                          ? llround(gt_area_survey(gt_store_plane(b->store), place, 70) * 100)
                          : 0; /* 70 m: densification of the survey, card LA-1 */
        }
    }
    gt_free(ctx, blob);
    return st;
}

/* How much of the place lies in one unit; a point in it counts 1. */
static gt_status share(gt_ctx *ctx, gt_geos *geos, const gt_geom *place, const gt_geom *unit,
                       double *much)
{
    gt_geom cut;
    gt_prepared *ready = NULL;
    bool yes = false;
    gt_status st = GT_OK;
    *much = 0;
    if (place->type == GT_LINESTRING || place->type == GT_MULTILINESTRING) {
        return gt_geos_length_inside(ctx, geos, place, unit, much);
    }
    if (place->type == GT_POINT) {
        st = gt_geos_prepare(ctx, geos, unit, &ready);
        st = st == GT_OK ? gt_prepared_covers(ctx, ready, place, &yes) : st;
        gt_prepared_free(ready);
        *much = yes ? 1 : 0;
        return st;
    }
    gt_geom_init(&cut);
    st = gt_geos_intersection(ctx, geos, place, unit, &cut);
    *much = st == GT_OK ? gt_geom_plane_area(&cut) : 0;
    gt_geom_free(ctx, &cut);
    return st;
}

typedef struct finder {
    gt_geos *geos;
    const gt_geom *place;
    gt_geom unit;
    gt_arena *arena;
    const char *best;
    double most;
} finder;

static gt_status try_unit(gt_ctx *ctx, finder *f, const gt_feature *feature, int name)
{
    double much = 0;
    gt_status st = gt_geom_from_gpkg(ctx, feature->blob, feature->blob_len, NULL, &f->unit);
    st = st == GT_OK ? share(ctx, f->geos, f->place, &f->unit, &much) : st;
    if (st == GT_OK && much > f->most && feature->values[name].kind == GT_VAL_TEXT) {
        f->most = much;
        f->best = gt_arena_strdup(f->arena, feature->values[name].text);
        st = f->best == NULL ? GT_E_MEMORY : GT_OK;
    }
    return st;
}

/* The layer of units and the column of their names; *column < 0: the map has none. */
static gt_status unit_column(gt_ctx *ctx, gt_book *b, const gt_package *package, int *column)
{
    gt_layer_info info;
    const char *layer = gt_package_unit_layer(package);
    const char *field = gt_package_unit_name_field(package);
    *column = -1;
    if (layer == NULL || field == NULL) {
        return GT_OK;
    }
    gt_status st = gt_store_find_layer(ctx, b->store, layer, &info);
    if (st == GT_E_NOT_FOUND) {
        gt_error_clear(ctx); /* no units are loaded yet */
        return GT_OK;
    }
    *column = st == GT_OK ? gt_standard_field(info.standard, field) : -1;
    return st;
}

gt_status gt_place_unit(gt_ctx *ctx, gt_book *b, const gt_package *package, const gt_geom *place,
                        gt_arena *arena, const char **unit)
{
    gt_query q;
    gt_scan *scan = NULL;
    bool more = true;
    int name = -1;
    finder f = {.place = place, .arena = arena};
    *unit = NULL;
    gt_status st = unit_column(ctx, b, package, &name);
    if (st != GT_OK || name < 0) {
        return st;
    }
    gt_geom_init(&f.unit);
    gt_query_init(&q, gt_package_unit_layer(package));
    q.has_box = true;
    q.box = gt_geom_box(place);
    st = gt_geos_new(ctx, &f.geos);
    st = st == GT_OK ? gt_scan_open(ctx, b->store, &q, &scan) : st;
    while (st == GT_OK && more) {
        gt_feature feature;
        st = gt_scan_next(ctx, scan, &feature, &more);
        st = st == GT_OK && more ? try_unit(ctx, &f, &feature, name) : st;
    }
    gt_scan_close(scan);
    gt_geos_free(f.geos);
    gt_geom_free(ctx, &f.unit);
    *unit = f.best;
    return st;
}

typedef struct check {
    finder f;
    const char *wanted, *near;
    size_t distance;
    bool any, found, inside;
} check;

static gt_status check_unit(gt_ctx *ctx, check *c, const gt_feature *feature, int name)
{
    const gt_value *v = &feature->values[name];
    double much = 0;
    gt_status st = GT_OK;
    if (v->kind != GT_VAL_TEXT) {
        return GT_OK;
    }
    c->any = true;
    if (strcmp(v->text, c->wanted) == 0) {
        c->found = true;
        if (c->f.place != NULL) {
            st = gt_geom_from_gpkg(ctx, feature->blob, feature->blob_len, NULL, &c->f.unit);
            st = st == GT_OK ? share(ctx, c->f.geos, c->f.place, &c->f.unit, &much) : st;
        }
        c->inside = c->inside || much > 0;
    } else {
        const char *close = NULL;
        gt_nearest_try(c->wanted, v->text, &close, &c->distance);
        if (close != NULL) {
            c->near = gt_arena_strdup(c->f.arena, close);
            st = c->near == NULL ? GT_E_MEMORY : GT_OK;
        }
    }
    return st;
}

static gt_status check_result(gt_ctx *ctx, const check *c)
{
    if (!c->any || (c->found && (c->inside || c->f.place == NULL))) {
        return GT_OK;
    }
    if (c->found) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_UNIT_ELSEWHERE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("unit", c->wanted)));
    }
    return c->near == NULL ? gt_fail(ctx, GT_E_INPUT, &GT_MSG_UNIT_UNKNOWN, GT_NOWHERE,
                                     GT_ARGS(GT_TEXT("unit", c->wanted)))
                           : gt_fail(ctx, GT_E_INPUT, &GT_MSG_UNIT_NEAR, GT_NOWHERE,
                                     GT_ARGS(GT_TEXT("unit", c->wanted), GT_TEXT("near", c->near)));
}

gt_status gt_place_check(gt_ctx *ctx, gt_book *b, const gt_package *package, const char *unit,
                         const gt_geom *place, gt_arena *arena)
{
    gt_query q;
    gt_scan *scan = NULL;
    bool more = true;
    int column = -1;
    check c = {.f = {.place = place, .arena = arena}, .wanted = unit, .distance = SIZE_MAX};
    if (strcmp(unit, "*") == 0) {
        return GT_OK; /* everywhere */
    }
    gt_status st = unit_column(ctx, b, package, &column);
    if (st != GT_OK || column < 0) {
        return st;
    }
    gt_geom_init(&c.f.unit);
    gt_query_init(&q, gt_package_unit_layer(package));
    q.no_geometry = place == NULL;
    st = place == NULL ? GT_OK : gt_geos_new(ctx, &c.f.geos);
    st = st == GT_OK ? gt_scan_open(ctx, b->store, &q, &scan) : st;
    while (st == GT_OK && more) {
        gt_feature feature;
        st = gt_scan_next(ctx, scan, &feature, &more);
        st = st == GT_OK && more ? check_unit(ctx, &c, &feature, column) : st;
    }
    gt_scan_close(scan);
    gt_geos_free(c.f.geos);
    gt_geom_free(ctx, &c.f.unit);
    return st == GT_OK ? check_result(ctx, &c) : st;
}
