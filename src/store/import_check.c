/* What a worker does with a batch: geometry checks and repair, survey area, attribute checks,
 * GeoPackage blobs. Pure: nothing outside the batch is touched. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "store/import.h"
#include "store/qc.h"
#include "store/qc_messages.h"

struct imp_checker {
    const imp_rules *rules;
    gt_qc *qc;
    imp_area area;
    gt_geom mended;
    uint8_t *blob; /* of one feature */
    size_t cap_blob;
};

gt_status imp_checker_new(gt_ctx *ctx, const imp_rules *rules, imp_checker **out)
{
    const gt_standard *s = rules->map->standard;
    imp_checker *c = gt_zalloc(ctx, 1, sizeof *c);
    if (c == NULL) {
        return GT_E_MEMORY;
    }
    c->rules = rules;
    gt_geom_init(&c->mended);
    imp_area_init(&c->area, rules->plane, rules->geographic, rules->options->area_step_m);
    gt_status st = gt_qc_new(ctx, s->geom_type, &s->qc, rules->options->max_points, &c->qc);
    if (st != GT_OK) {
        imp_checker_free(ctx, c);
        return st;
    }
    *out = c;
    return GT_OK;
}

void imp_checker_free(gt_ctx *ctx, imp_checker *c)
{
    if (c != NULL) {
        gt_qc_free(ctx, c->qc);
        gt_geom_free(ctx, &c->mended);
        gt_free(ctx, c->blob);
        gt_free(ctx, c);
    }
}

/* ---- attributes ------------------------------------------------------------------------------ */

/* A fault of this row's field that the reader has reported: the value is null for that reason. */
static bool reported(const imp_batch *b, const imp_item *item, const char *field)
{
    for (size_t i = 0; i < item->n_faults; i++) {
        const qc_hit *h = &b->faults.hit[item->fault_at + i];
        if (h->field != NULL && strcmp(h->field, field) == 0) {
            return true;
        }
    }
    return false;
}

/* Findings about attributes get the feature's first point, so that the map shows them too. */
static void place_hit(const imp_batch *b, const imp_item *item, qc_hit *h)
{
    if (!h->has_xy && item->has_geom && item->n_points > 0) {
        h->x = b->xy[item->xy_at];
        h->y = b->xy[item->xy_at + 1];
        h->has_xy = isfinite(h->x) && isfinite(h->y);
    }
}

static gt_status add_value_hit(imp_batch *b, const imp_item *item, const gt_field *field,
                               const qc_value_check *check)
{
    qc_hit *h = qc_hits_add(b->ctx, &b->hits, GT_ERROR, check->message);
    if (h == NULL) {
        return GT_E_MEMORY;
    }
    h->row = item->row;
    h->feature = item->id;
    h->field = field->name;
    memcpy(h->args, check->args, sizeof h->args);
    place_hit(b, item, h);
    return GT_OK;
}

static gt_status check_values(const imp_checker *c, imp_batch *b, imp_item *item, gt_value *values)
{
    const imp_map *map = c->rules->map;
    gt_status st = GT_OK;
    for (size_t i = 0; i < map->standard->n_fields && st == GT_OK; i++) {
        const gt_field *field = &map->standard->fields[i];
        qc_value_check check;
        if (map->column_of[i] < 0) {
            continue; /* noted once for the file */
        }
        st = qc_value(b->ctx, b->arena, field, &values[i], b->hits.n < IMP_HINTS, &check);
        values[i] = check.value;
        if (check.coerced && check.message == NULL && b->coerced[i]++ == 0) {
            b->coerced_row[i] = item->row;
        }
        if (st == GT_OK && check.message != NULL && !reported(b, item, field->name)) {
            st = add_value_hit(b, item, field, &check);
        }
    }
    return st;
}

/* The id comes first, so that findings can name it. */
static gt_status take_id(const imp_checker *c, imp_batch *b, imp_item *item, const gt_value *values)
{
    const imp_map *map = c->rules->map;
    if (map->id_field < 0 || map->column_of[map->id_field] < 0) {
        return GT_OK;
    }
    const gt_field *field = &map->standard->fields[map->id_field];
    const gt_value *v = &values[map->id_field];
    char number[32];
    qc_value_check check;
    gt_status st = qc_value(b->ctx, b->arena, field, v, false, &check);
    if (st != GT_OK || check.message != NULL) {
        return st; /* reported with the other values */
    }
    switch (check.value.kind) {
    case GT_VAL_TEXT:
        item->id = check.value.text;
        return GT_OK;
    case GT_VAL_INT:
        (void)snprintf(number, sizeof number, "%lld", (long long)check.value.integer);
        break;
    case GT_VAL_REAL:
        (void)snprintf(number, sizeof number, "%.15g", check.value.real);
        break;
    case GT_NULL:
        check.message = &GT_MSG_QC_REQUIRED; /* an id is, whatever the field says */
        return field->required ? GT_OK : add_value_hit(b, item, field, &check);
    }
    item->id = gt_arena_strdup(b->arena, number);
    return item->id == NULL ? GT_E_MEMORY : GT_OK;
}

/* ---- geometry -------------------------------------------------------------------------------- */

static gt_geom view_of(const imp_batch *b, const imp_item *item)
{
    return (gt_geom){.type = item->type,
                     .xy = b->xy + item->xy_at,
                     .ring_end = b->ring + item->ring_at,
                     .part_end = b->part + item->part_at,
                     .n_points = item->n_points,
                     .n_rings = item->n_rings,
                     .n_parts = item->n_parts};
}

/* As the layer stores it: polygons and lines as their multi kind, one-point sets as points. */
static void promote(gt_geom *g, gt_geom_type declared)
{
    if (g->type == GT_POLYGON) {
        g->type = GT_MULTIPOLYGON;
    } else if (g->type == GT_LINESTRING) {
        g->type = GT_MULTILINESTRING;
    } else if (g->type == GT_POINT && declared == GT_MULTIPOINT) {
        g->type = GT_MULTIPOINT;
    } else if (g->type == GT_MULTIPOINT && declared == GT_POINT && g->n_points == 1) {
        g->type = GT_POINT;
    }
}

/* A multipoint of several points where single points are declared. */
static gt_status refuse_several_points(imp_batch *b, const imp_item *item, const gt_geom *g)
{
    qc_hit *h = qc_hits_add(b->ctx, &b->hits, GT_ERROR, gt_qc_message(GT_QC_WRONG_TYPE));
    if (h == NULL) {
        return GT_E_MEMORY;
    }
    h->row = item->row;
    h->feature = item->id;
    h->has_xy = true;
    h->x = g->xy[0];
    h->y = g->xy[1];
    return GT_OK;
}

static bool outside(const imp_rules *r, const gt_box *box)
{
    return r->has_world && box->xmin <= box->xmax &&
           (box->xmin < r->world.xmin || box->xmax > r->world.xmax || box->ymin < r->world.ymin ||
            box->ymax > r->world.ymax);
}

static gt_status note_outside(imp_batch *b, imp_item *item, const gt_box *box)
{
    qc_hit *h = qc_hits_add(b->ctx, &b->hits, GT_ERROR, &GT_MSG_QC_OUTSIDE_CRS);
    if (h == NULL) {
        return GT_E_MEMORY;
    }
    b->n_bad_place++;
    h->row = item->row;
    h->feature = item->id;
    h->has_xy = true;
    h->x = 0.5 * (box->xmin + box->xmax);
    h->y = 0.5 * (box->ymin + box->ymax);
    return GT_OK;
}

static gt_status encode(imp_checker *c, imp_batch *b, imp_item *item, gt_geom *g)
{
    size_t len = 0;
    gt_status st = gt_geom_to_gpkg(b->ctx, g, c->rules->srs_id, &c->blob, &c->cap_blob, &len);
    void *block = b->blob;
    if (st == GT_OK) {
        st = gt_grow(b->ctx, &block, &b->cap_blob, b->n_blob + len, 1);
    }
    if (st == GT_OK) {
        b->blob = block;
        memcpy(b->blob + b->n_blob, c->blob, len);
        item->blob_at = b->n_blob;
        item->blob_len = len;
        b->n_blob += len;
    }
    return st;
}

static gt_status repair(imp_checker *c, imp_batch *b, const imp_item *item, gt_geom *g,
                        gt_qc_result *result)
{
    gt_qc_change change;
    gt_status st = gt_qc_repair(b->ctx, c->qc, g, &c->mended, result, &change);
    if (st == GT_OK && item->closed && !change.closed) { /* by the reader already */
        qc_hit *h = qc_hits_add(b->ctx, &b->hits, GT_INFO, &GT_MSG_QC_MENDED_CLOSED);
        st = h == NULL ? GT_E_MEMORY : GT_OK;
        if (h != NULL) {
            h->row = item->row;
            h->feature = item->id;
            place_hit(b, item, h);
        }
    }
    if (st == GT_OK && change.changed) {
        st = qc_hits_change(b->ctx, &b->hits, &change, item->row, item->id);
        *g = c->mended; /* a view: mended keeps the memory */
    }
    b->n_repaired += change.changed || item->closed;
    return st;
}

static void add_box(gt_box *to, const gt_box *box, bool first)
{
    if (first) {
        *to = *box;
        return;
    }
    to->xmin = fmin(to->xmin, box->xmin);
    to->ymin = fmin(to->ymin, box->ymin);
    to->xmax = fmax(to->xmax, box->xmax);
    to->ymax = fmax(to->ymax, box->ymax);
}

static gt_status check_geometry(imp_checker *c, imp_batch *b, imp_item *item)
{
    const imp_rules *r = c->rules;
    gt_geom_type declared = r->map->standard->geom_type;
    gt_qc_result result;
    gt_geom g = view_of(b, item);
    gt_status st = gt_qc_geometry(b->ctx, c->qc, item->has_geom ? &g : NULL, &result);
    if (st == GT_OK && item->closed && !r->options->repair) {
        qc_find_at(&result, GT_QC_UNCLOSED, 0, 0, g.xy[0], g.xy[1]);
        result.error = true;
    }
    if (st == GT_OK && r->options->repair && (result.n > 0 || item->closed)) {
        st = repair(c, b, item, &g, &result);
    }
    if (st == GT_OK && result.n > 0) {
        st = qc_hits_geometry(b->ctx, &b->hits, &result, item->row, item->id);
    }
    if (st != GT_OK || result.error) {
        b->n_geom += item->has_geom;
        b->n_bad_place += outside(r, &result.box); /* out of the layer's bounds too: said above */
        return st;
    }
    promote(&g, declared);
    if (declared == GT_POINT && g.type == GT_MULTIPOINT) {
        return refuse_several_points(b, item, &g);
    }
    item->box = result.box;
    item->shape = result.shape;
    add_box(&b->box, &result.box, !b->box_known);
    b->box_known = true;
    b->n_geom++;
    if (outside(r, &result.box)) {
        return note_outside(b, item, &result.box);
    }
    if (r->has_area) {
        item->area = imp_area_survey(&c->area, &g, result.box);
        b->area += item->area;
    }
    return encode(c, b, item, &g);
}

static gt_status compare_area(const imp_checker *c, imp_batch *b, const imp_item *item,
                              const gt_value *values)
{
    const imp_rules *r = c->rules;
    if (r->map->area_field < 0 || !r->has_area || item->blob_len == 0) {
        return GT_OK;
    }
    const gt_value *v = &values[r->map->area_field];
    if (v->kind == GT_NULL) {
        return GT_OK;
    }
    double stated = v->kind == GT_VAL_INT ? (double)v->integer : v->real;
    double off = fabs(stated - item->area);
    if (!(off > r->options->area_tolerance * item->area) || off < 0.01) { /* stated to 0.01 m2 */
        return GT_OK;
    }
    qc_hit *h = qc_hits_add(b->ctx, &b->hits, GT_WARNING, &GT_MSG_QC_AREA_DIFFERS);
    if (h == NULL) {
        return GT_E_MEMORY;
    }
    h->row = item->row;
    h->feature = item->id;
    h->field = r->map->standard->fields[r->map->area_field].name;
    h->has_xy = true;
    h->x = 0.5 * (item->box.xmin + item->box.xmax);
    h->y = 0.5 * (item->box.ymin + item->box.ymax);
    h->args[0] = (gt_arg)GT_REAL("stated", stated);
    h->args[1] = (gt_arg)GT_REAL("computed", round(item->area * 100.0) / 100.0);
    h->args[2] = (gt_arg)GT_REAL("percent", round(off / item->area * 10000.0) / 100.0);
    return GT_OK;
}

/* ---- a batch --------------------------------------------------------------------------------- */

static gt_status hand_on_faults(imp_batch *b, const imp_item *item)
{
    for (size_t i = 0; i < item->n_faults; i++) {
        const qc_hit fault = b->faults.hit[item->fault_at + i];
        qc_hit *h = qc_hits_add(b->ctx, &b->hits, fault.severity, fault.message);
        if (h == NULL) {
            return GT_E_MEMORY;
        }
        *h = fault;
        h->feature = item->id;
        place_hit(b, item, h);
    }
    return GT_OK;
}

gt_status imp_check(imp_checker *c, imp_batch *b)
{
    size_t n_fields = c->rules->map->standard->n_fields;
    bool geometric = c->rules->map->standard->geom_type != GT_GEOM_NONE;
    gt_status st = GT_OK;
    for (size_t i = 0; i < b->n && st == GT_OK; i++) {
        imp_item *item = &b->item[i];
        gt_value *values = b->value + i * n_fields;
        st = take_id(c, b, item, values);
        if (st == GT_OK) {
            st = hand_on_faults(b, item);
        }
        if (st == GT_OK) {
            st = check_values(c, b, item, values);
        }
        if (st == GT_OK && item->broken) {
            b->n_geom++;
            b->n_bad_place++;
        } else if (st == GT_OK && geometric) {
            st = check_geometry(c, b, item);
        }
        if (st == GT_OK) {
            st = compare_area(c, b, item, values);
        }
        if (st == GT_OK && (i & 63) == 0) {
            st = gt_check_cancel(b->ctx);
        }
    }
    return st;
}
