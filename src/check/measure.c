/* Measures: what a subject meets in a layer.
 *
 * The features whose envelope meets the subject's (grown by the search distance) are read once;
 * each measure filters them by `where` and takes overlap, count, distance or value. Overlap is that
 * with the union of the features, so that features that overlap each other are not counted twice:
 * by our own clipper where it is sure (clip.h), else by GEOS. */
#include "check/measure.h"

#include <math.h>
#include <string.h>

#include "check/clip.h"
#include "check/messages.h"
#include "check/near.h"

typedef struct answer {
    gt_measured result;
    gt_geom overlap;
    char *text; /* storage of result.value */
    struct answer *next;
} answer;

struct gt_meter {
    gt_ctx *ctx;
    gt_meter_setup setup;
    gt_geom subject;
    gt_prepared *prepared; /* made when GEOS is first asked */
    gt_clip *clip;
    gt_nears *nears;
    gt_box box;
    double m2;
    answer *answers;
    const gt_geom **shapes; /* scratch of one measurement */
    bool *meets;
    size_t cap_shapes, cap_meets;
};

/* Work space of one measurement. */
typedef struct pass {
    gt_meter *meter;
    answer *to;
    const gt_layer_info *layer;
    gt_expr *where;
    gt_geom piece;
    gt_geom *pieces; /* overlaps found so far, by GEOS */
    size_t n_pieces, cap_pieces;
    size_t n_shapes; /* polygons that pass the filter */
    double best_m2;  /* VALUE: largest overlap so far */
} pass;

gt_status gt_meter_check(gt_ctx *ctx, gt_geos *geos, const gt_geom *g)
{
    bool valid = false;
    char reason[64] = "";
    double x = 0, y = 0;
    if (g->type != GT_POLYGON && g->type != GT_MULTIPOLYGON) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SUBJECT_TYPE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("type", gt_geom_type_name(g->type))));
    }
    if (g->n_points == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SUBJECT_EMPTY, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_status st = gt_geos_validity(ctx, geos, g, &valid, reason, &x, &y);
    if (st == GT_OK && !valid) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SUBJECT_INVALID,
                     GT_PLACE(.has_xy = true, .x = x, .y = y), GT_ARGS(GT_TEXT("reason", reason)));
    }
    return st;
}

gt_status gt_meter_new(gt_ctx *ctx, const gt_meter_setup *setup, gt_meter **out)
{
    gt_status st = GT_OK;
    if (setup->bulk == NULL) {
        st = gt_meter_check(ctx, setup->geos, setup->subject);
    }
    if (st != GT_OK) {
        return st;
    }
    gt_meter *m = gt_zalloc(ctx, 1, sizeof *m);
    if (m == NULL) {
        return GT_E_MEMORY;
    }
    m->ctx = ctx;
    m->setup = *setup;
    gt_geom_init(&m->subject);
    st = gt_geom_copy(ctx, setup->subject, &m->subject);
    if (st == GT_OK) {
        m->setup.subject = &m->subject;
        m->box = gt_geom_box(&m->subject);
        m->m2 = gt_area_survey(gt_store_plane(setup->store), &m->subject, setup->densify_m);
        st = gt_clip_new(ctx, &m->subject, &m->clip);
    }
    if (st == GT_OK) {
        st = gt_nears_new(ctx, setup->store, setup->picker,
                          setup->bulk == NULL ? NULL : &setup->bulk->nearby, setup->as_of,
                          setup->as_of_rev, &m->nears);
    }
    if (st == GT_OK && !(m->m2 > 0)) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SUBJECT_EMPTY, GT_NOWHERE, GT_NO_ARGS);
    }
    if (st != GT_OK) {
        gt_meter_free(m);
        return st;
    }
    *out = m;
    return GT_OK;
}

void gt_meter_free(gt_meter *m)
{
    if (m == NULL) {
        return;
    }
    for (answer *a = m->answers; a != NULL;) {
        answer *next = a->next;
        gt_geom_free(m->ctx, &a->overlap);
        gt_free(m->ctx, a->text);
        gt_free(m->ctx, a);
        a = next;
    }
    gt_nears_free(m->nears);
    gt_clip_free(m->clip);
    gt_prepared_free(m->prepared);
    gt_free(m->ctx, m->shapes);
    gt_free(m->ctx, m->meets);
    gt_geom_free(m->ctx, &m->subject);
    gt_free(m->ctx, m);
}

double gt_meter_subject_m2(const gt_meter *m)
{
    return m->m2;
}

const gt_geom *gt_meter_subject(const gt_meter *m)
{
    return &m->subject;
}

/* ---- geometry -------------------------------------------------------------------------------- */

static double area_of(const gt_meter *m, const gt_geom *g)
{
    return gt_area_survey(gt_store_plane(m->setup.store), g, m->setup.densify_m);
}

static bool is_area(gt_geom_type type)
{
    return type == GT_POLYGON || type == GT_MULTIPOLYGON;
}

/* Do they share a point (borders count)? By GEOS. */
static gt_status touches(gt_meter *m, const gt_geom *shape, bool *yes)
{
    gt_status st = GT_OK;
    if (m->prepared == NULL) {
        st = gt_geos_prepare(m->ctx, m->setup.geos, &m->subject, &m->prepared);
    }
    return st == GT_OK ? gt_prepared_intersects(m->ctx, m->prepared, shape, yes) : st;
}

/* The common part of the subject and one polygon, into p->piece, empty when they share no area;
 * *m2 its area. */
static gt_status clip_one(pass *p, const gt_geom *shape, double *m2)
{
    gt_meter *m = p->meter;
    bool sure = false, meets = false, whole = false;
    *m2 = 0;
    gt_status st = gt_clip_run(m->ctx, m->clip, &shape, 1, &meets, &p->piece, &whole, &sure);
    if (st == GT_OK && !sure) {
        st = touches(m, shape, &meets);
        if (st == GT_OK && meets) {
            st = gt_geos_intersection(m->ctx, m->setup.geos, &m->subject, shape, &p->piece);
        }
    }
    if (st == GT_OK && p->piece.n_points > 0) {
        *m2 = whole ? m->m2 : area_of(m, &p->piece);
    }
    return st;
}

static gt_status keep_piece(pass *p, const gt_geom *piece)
{
    gt_ctx *ctx = p->meter->ctx;
    void *block = p->pieces;
    gt_status st = gt_grow(ctx, &block, &p->cap_pieces, p->n_pieces + 1, sizeof *p->pieces);
    if (st != GT_OK) {
        return st;
    }
    p->pieces = block;
    gt_geom_init(&p->pieces[p->n_pieces]);
    st = gt_geom_copy(ctx, piece, &p->pieces[p->n_pieces]);
    p->n_pieces++;
    return st;
}

static void count_pieces(const gt_meter *m, answer *a)
{
    gt_geom part;
    gt_geom_init(&part);
    const gt_geom *g = &a->overlap;
    for (uint32_t i = 0; i < g->n_parts; i++) {
        uint32_t first_ring = i == 0 ? 0 : g->part_end[i - 1];
        gt_geom_reset(&part, GT_POLYGON);
        bool ok = true;
        for (uint32_t r = first_ring; ok && r < g->part_end[i]; r++) {
            for (uint32_t k = r == 0 ? 0 : g->ring_end[r - 1]; ok && k < g->ring_end[r]; k++) {
                ok = gt_geom_add_point(m->ctx, &part, g->xy[2 * k], g->xy[2 * k + 1]) == GT_OK;
            }
            ok = ok && gt_geom_end_ring(m->ctx, &part) == GT_OK;
        }
        if (ok && gt_geom_end_part(m->ctx, &part) == GT_OK) {
            double m2 = area_of(m, &part);
            a->result.largest_m2 = m2 > a->result.largest_m2 ? m2 : a->result.largest_m2;
        }
    }
    a->result.pieces = g->n_parts;
    gt_geom_free(m->ctx, &part);
}

/* ---- overlap --------------------------------------------------------------------------------- */

static void take_area(pass *p, bool whole)
{
    const gt_meter *m = p->meter;
    answer *a = p->to;
    a->result.m2 = whole ? m->m2 : area_of(m, &a->overlap);
    a->result.share = a->result.m2 / m->m2;
    if (a->overlap.n_parts == 1) {
        a->result.pieces = 1;
        a->result.largest_m2 = a->result.m2;
    } else {
        count_pieces(m, a);
    }
}

/* GEOS: one intersection a polygon, then their union. */
static gt_status overlap_by_geos(pass *p)
{
    gt_meter *m = p->meter;
    gt_status st = GT_OK;
    p->to->result.count = 0;
    for (size_t i = 0; st == GT_OK && i < p->n_shapes; i++) {
        bool meets = false;
        st = gt_check_cancel(m->ctx);
        st = st == GT_OK ? touches(m, m->shapes[i], &meets) : st;
        if (st == GT_OK && meets) {
            st = gt_geos_intersection(m->ctx, m->setup.geos, &m->subject, m->shapes[i], &p->piece);
        }
        if (st == GT_OK && meets && p->piece.n_points > 0) { /* a shared border is no overlap */
            p->to->result.count++;
            st = keep_piece(p, &p->piece);
        }
    }
    if (st != GT_OK || p->n_pieces == 0) {
        return st;
    }
    const gt_geom **list = gt_alloc(m->ctx, p->n_pieces, sizeof(const gt_geom *));
    if (list == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < p->n_pieces; i++) {
        list[i] = &p->pieces[i];
    }
    st = gt_geos_union(m->ctx, m->setup.geos, list, p->n_pieces, &p->to->overlap);
    gt_free(m->ctx, list);
    if (st == GT_OK) {
        take_area(p, false);
    }
    return st;
}

static gt_status overlap_of_shapes(pass *p)
{
    gt_meter *m = p->meter;
    bool sure = false, whole = false;
    if (p->n_shapes == 0) {
        return GT_OK;
    }
    void *block = m->meets;
    gt_status st = gt_grow(m->ctx, &block, &m->cap_meets, p->n_shapes, sizeof *m->meets);
    if (st != GT_OK) {
        return st;
    }
    m->meets = block;
    st = gt_clip_run(m->ctx, m->clip, m->shapes, p->n_shapes, m->meets, &p->to->overlap, &whole,
                     &sure);
    if (st != GT_OK || !sure) {
        return st != GT_OK ? st : overlap_by_geos(p);
    }
    int64_t lines_and_points = p->to->result.count;
    for (size_t i = 0; i < p->n_shapes; i++) {
        p->to->result.count += m->meets[i] ? 1 : 0;
    }
    if (p->to->result.count > lines_and_points && p->to->overlap.n_points > 0) {
        take_area(p, whole);
    }
    return GT_OK;
}

/* ---- one feature ----------------------------------------------------------------------------- */

/* Polygons are gathered for overlap_of_shapes; lines and points are taken at once. */
static gt_status take_overlap(pass *p, const gt_geom *shape)
{
    gt_meter *m = p->meter;
    gt_measured *r = &p->to->result;
    bool meets = false;
    if (is_area(shape->type)) {
        void *block = m->shapes;
        gt_status st =
            gt_grow(m->ctx, &block, &m->cap_shapes, p->n_shapes + 1, sizeof(const gt_geom *));
        if (st == GT_OK) {
            m->shapes = block;
            m->shapes[p->n_shapes++] = shape;
        }
        return st;
    }
    gt_status st = touches(m, shape, &meets);
    if (st != GT_OK || !meets) {
        return st;
    }
    r->count++;
    double length = 0;
    if (shape->type == GT_LINESTRING || shape->type == GT_MULTILINESTRING) {
        st = gt_geos_length_inside(m->ctx, m->setup.geos, shape, &m->subject, &length);
    }
    r->length_m += length;
    return st;
}

static gt_status take_distance(pass *p, const gt_geom *shape)
{
    gt_meter *m = p->meter;
    gt_measured *r = &p->to->result;
    double d = 0;
    gt_status st = gt_geos_distance(m->ctx, m->setup.geos, &m->subject, shape, &d);
    if (st == GT_OK && d <= r->measure->within_m) {
        r->count++;
        r->distance_m = isnan(r->distance_m) || d < r->distance_m ? d : r->distance_m;
    }
    return st;
}

static gt_status take_value(pass *p, const gt_near_feature *f)
{
    gt_meter *m = p->meter;
    int field = gt_standard_field(p->layer->standard, p->to->result.measure->field);
    if (field < 0 || !is_area(f->shape.type)) {
        return GT_OK;
    }
    double m2 = 0;
    gt_status st = clip_one(p, &f->shape, &m2);
    if (st != GT_OK || m2 <= p->best_m2) {
        return st;
    }
    p->best_m2 = m2;
    const gt_value *v = &f->values[field];
    gt_free(m->ctx, p->to->text);
    p->to->text = NULL;
    p->to->result.value = *v;
    if (v->kind == GT_VAL_TEXT) {
        p->to->text = gt_strdup(m->ctx, v->text);
        p->to->result.value.text = p->to->text;
        st = p->to->text == NULL ? GT_E_MEMORY : GT_OK;
    }
    p->to->result.count = 1;
    return st;
}

/* A feature whose filter cannot be decided counts where it meets the subject. */
static gt_status take_unknown(pass *p, const gt_geom *shape)
{
    bool meets = false;
    gt_status st = touches(p->meter, shape, &meets);
    p->to->result.n_unknown += meets ? 1 : 0;
    return st;
}

static gt_status filter(pass *p, const gt_value *values, gt_truth *truth)
{
    *truth = GT_TRUE;
    return p->where == NULL ? GT_OK : gt_expr_test(p->meter->ctx, p->where, values, truth);
}

static gt_status take_feature(pass *p, const gt_near_feature *f)
{
    gt_truth truth = GT_TRUE;
    gt_status st = filter(p, f->values, &truth);
    if (st != GT_OK || truth == GT_FALSE) {
        return st;
    }
    if (truth == GT_UNKNOWN) {
        return take_unknown(p, &f->shape);
    }
    switch (p->to->result.measure->kind) {
    case GT_MEASURE_OVERLAP:
        return take_overlap(p, &f->shape);
    case GT_MEASURE_COUNT:
        if (p->to->result.measure->within_m > 0) {
            return take_distance(p, &f->shape);
        }
        return take_overlap(p, &f->shape);
    case GT_MEASURE_DISTANCE:
        return take_distance(p, &f->shape);
    case GT_MEASURE_VALUE:
        return take_value(p, f);
    case GT_MEASURE_TOTAL: /* total_of_layer reads them all */
        return GT_OK;
    }
    return GT_OK;
}

/* ---- one measurement ------------------------------------------------------------------------- */

static gt_status measure_near(pass *p, const gt_measure *measure)
{
    gt_meter *m = p->meter;
    const gt_near *near = NULL;
    double reach = measure->within_m;
    gt_box box = {m->box.xmin - reach, m->box.ymin - reach, m->box.xmax + reach,
                  m->box.ymax + reach};
    gt_status st = gt_nears_of(m->ctx, m->nears, measure->layer, box, &near);
    for (size_t i = 0; st == GT_OK && i < near->n; i++) {
        st = gt_check_cancel(m->ctx);
        st = st == GT_OK ? take_feature(p, &near->list[i]) : st;
        if (st != GT_OK) {
            gt_fail_at(m->ctx, GT_PLACE(.layer = measure->layer, .feature = near->list[i].id));
        }
    }
    return st == GT_OK ? overlap_of_shapes(p) : st;
}

static gt_status add_to_total(pass *p, const gt_feature *f)
{
    gt_truth truth = GT_TRUE;
    gt_status st = filter(p, f->values, &truth);
    if (st != GT_OK || truth == GT_FALSE) {
        return st;
    }
    st = gt_geom_from_gpkg(p->meter->ctx, f->blob, f->blob_len, NULL, &p->piece);
    if (st == GT_OK && truth == GT_UNKNOWN) {
        return take_unknown(p, &p->piece);
    }
    if (st == GT_OK) {
        p->to->result.count++;
        p->to->result.m2 += is_area(p->piece.type) ? area_of(p->meter, &p->piece) : 0;
    }
    return st;
}

static gt_status total_of_layer(pass *p, const gt_measure *measure)
{
    gt_meter *m = p->meter;
    gt_scan *scan = NULL;
    gt_query q;
    bool more = true;
    gt_query_init(&q, measure->layer);
    q.as_of_date = m->setup.as_of;
    q.as_of_rev = m->setup.as_of_rev;
    gt_status st = gt_scan_open(m->ctx, m->setup.store, &q, &scan);
    while (st == GT_OK && more) {
        gt_feature f;
        st = gt_check_cancel(m->ctx);
        st = st == GT_OK ? gt_scan_next(m->ctx, scan, &f, &more) : st;
        if (st == GT_OK && more && f.blob != NULL) {
            st = add_to_total(p, &f);
            if (st != GT_OK) {
                gt_fail_at(m->ctx, GT_PLACE(.layer = measure->layer, .feature = f.id));
            }
        }
    }
    gt_scan_close(scan);
    return st;
}

/* TOTAL within the subject's unit: the unit with the largest overlap takes the subject's place. */
static gt_status total_of_unit(gt_ctx *ctx, gt_meter *m, const gt_measure *measure, answer *a);

static bool hidden(const gt_meter *m, const char *layer)
{
    return layer != NULL && m->setup.may_see != NULL && !m->setup.may_see(m->setup.see_user, layer);
}

static gt_status run(gt_ctx *ctx, gt_meter *m, const gt_measure *measure, answer *a)
{
    gt_layer_info layer;
    if (hidden(m, measure->layer) || hidden(m, measure->same_unit)) {
        return GT_OK; /* as if it were not there */
    }
    gt_status st = gt_store_find_layer(ctx, m->setup.store, measure->layer, &layer);
    if (st == GT_E_NOT_FOUND) {
        gt_error_clear(ctx);
        return GT_OK; /* known stays false */
    }
    if (st != GT_OK || layer.n_features == 0) {
        return st;
    }
    a->result.known = true;
    a->result.origin = layer.origin;
    if (measure->kind == GT_MEASURE_TOTAL && m->setup.bulk != NULL) {
        return m->setup.bulk->total(ctx, m->setup.bulk->nearby.user, measure, &a->result);
    }
    if (measure->kind == GT_MEASURE_TOTAL && measure->same_unit != NULL) {
        return total_of_unit(ctx, m, measure, a);
    }
    pass p;
    memset(&p, 0, sizeof p);
    p.meter = m;
    p.to = a;
    p.layer = &layer;
    if (measure->where != NULL) {
        st = m->setup.where_of(ctx, m->setup.user, measure, layer.standard, &p.where);
    }
    if (st == GT_OK) {
        st = measure->kind == GT_MEASURE_TOTAL ? total_of_layer(&p, measure)
                                               : measure_near(&p, measure);
    }
    gt_geom_free(ctx, &p.piece);
    for (size_t i = 0; i < p.n_pieces; i++) {
        gt_geom_free(ctx, &p.pieces[i]);
    }
    gt_free(ctx, p.pieces);
    return st;
}

/* Geometry of the unit that holds most of the subject. */
static gt_status find_unit(gt_ctx *ctx, gt_meter *m, const char *layer, gt_geom *unit)
{
    const gt_near *near = NULL;
    double best = 0;
    pass p;
    memset(&p, 0, sizeof p);
    p.meter = m;
    gt_status st = gt_nears_of(ctx, m->nears, layer, m->box, &near);
    for (size_t i = 0; st == GT_OK && i < near->n; i++) {
        double m2 = 0;
        st = is_area(near->list[i].shape.type) ? clip_one(&p, &near->list[i].shape, &m2) : GT_OK;
        if (st == GT_OK && m2 > best) {
            best = m2;
            st = gt_geom_copy(ctx, &near->list[i].shape, unit);
        }
    }
    gt_geom_free(ctx, &p.piece);
    return st;
}

static gt_status total_of_unit(gt_ctx *ctx, gt_meter *m, const gt_measure *measure, answer *a)
{
    gt_geom unit;
    gt_meter *inner = NULL;
    const gt_measured *found = NULL;
    gt_geom_init(&unit);
    gt_status st = find_unit(ctx, m, measure->same_unit, &unit);
    if (st == GT_OK && unit.n_points == 0) {
        a->result.known = false;
        goto done;
    }
    gt_measure overlap = *measure;
    overlap.kind = GT_MEASURE_OVERLAP;
    gt_meter_setup setup = m->setup;
    setup.subject = &unit;
    if (st == GT_OK) {
        st = gt_meter_new(ctx, &setup, &inner);
    }
    if (st == GT_OK) {
        st = gt_meter_measure(ctx, inner, &overlap, &found);
    }
    if (st == GT_OK) {
        a->result.m2 = found->m2;
        a->result.count = found->count;
        a->result.n_unknown = found->n_unknown;
    }
done:
    gt_meter_free(inner);
    gt_geom_free(ctx, &unit);
    return st;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool gt_measure_same(const gt_measure *a, const gt_measure *b)
{
    return a->kind == b->kind && strcmp(a->layer, b->layer) == 0 && a->within_m == b->within_m &&
           same_text(a->where, b->where) && same_text(a->field, b->field) &&
           same_text(a->same_unit, b->same_unit);
}

gt_status gt_meter_measure(gt_ctx *ctx, gt_meter *m, const gt_measure *measure,
                           const gt_measured **out)
{
    for (answer *a = m->answers; a != NULL; a = a->next) {
        if (gt_measure_same(a->result.measure, measure)) {
            *out = &a->result;
            return GT_OK;
        }
    }
    answer *a = gt_zalloc(ctx, 1, sizeof *a);
    if (a == NULL) {
        return GT_E_MEMORY;
    }
    gt_geom_init(&a->overlap);
    gt_geom_reset(&a->overlap, GT_MULTIPOLYGON);
    a->result.measure = measure;
    a->result.overlap = &a->overlap;
    a->result.distance_m = NAN;
    a->next = m->answers;
    m->answers = a;
    gt_status st = run(ctx, m, measure, a);
    if (st == GT_OK) {
        *out = &a->result;
    }
    return st;
}
