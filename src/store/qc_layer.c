/* Check of a stored layer: the same geometry and attribute checks as on import, duplicates, and for
 * layers without overlaps every pair of neighbours (R-tree and GEOS: plain and exact, about 30 us a
 * pair; the weave kernel does a whole coverage faster). */
#include <math.h>
#include <string.h>

#include "store/qc.h"
#include "store/qc_confirm.h"
#include "store/qc_cover.h"
#include "store/qc_messages.h"

typedef struct layer_check {
    gt_ctx *ctx;
    gt_store *store;
    const char *layer;
    const gt_qc_options *options;
    const gt_standard *standard; /* to check against */
    int *value_of;               /* per field of it: index in the stored values, -1 = not stored */
    int id_field, area_field;
    gt_notes *notes;
    gt_qc_summary *out;
    gt_qc *qc;
    gt_geos *geos;
    gt_arena *arena;
    qc_hits hits;
    gt_geom geom, other, common;
    qc_twin_set *sets;
    size_t n_sets;
    bool polygons, overlaps;
} layer_check;

void gt_qc_options_init(gt_qc_options *o)
{
    memset(o, 0, sizeof *o);
    o->size = sizeof *o;
    o->as_of_date = GT_DATE_NONE;
    o->min_overlap_m2 = 0.01;
    o->area_tolerance = 0.01;
}

static void query_of(const layer_check *c, gt_query *q)
{
    gt_query_init(q, c->layer);
    q->as_of_rev = c->options->as_of_rev;
    q->as_of_date = c->options->as_of_date;
}

static const gt_value *value_at(const layer_check *c, const gt_feature *f, size_t field)
{
    static const gt_value none = {.kind = GT_NULL};
    int at = c->value_of[field];
    return at < 0 || (size_t)at >= f->n_values ? &none : &f->values[at];
}

/* ---- one feature ----------------------------------------------------------------------------- */

static gt_status check_values(layer_check *c, const gt_feature *f)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < c->standard->n_fields && st == GT_OK; i++) {
        const gt_field *field = &c->standard->fields[i];
        qc_value_check check;
        st = qc_value(c->ctx, c->arena, field, value_at(c, f, i), true, &check);
        if (st != GT_OK || check.message == NULL) {
            continue;
        }
        qc_hit *h = qc_hits_add(c->ctx, &c->hits, GT_ERROR, check.message);
        if (h == NULL) {
            return GT_E_MEMORY;
        }
        h->feature = f->id;
        h->field = field->name;
        h->has_xy = c->geom.n_points > 0;
        h->x = h->has_xy ? c->geom.xy[0] : 0.0;
        h->y = h->has_xy ? c->geom.xy[1] : 0.0;
        memcpy(h->args, check.args, sizeof h->args);
    }
    return st;
}

static gt_status check_area(layer_check *c, const gt_feature *f)
{
    if (c->area_field < 0) {
        return GT_OK;
    }
    const gt_value *v = value_at(c, f, (size_t)c->area_field);
    double stated = v->kind == GT_VAL_INT ? (double)v->integer : v->real;
    double area = gt_area_survey(gt_store_plane(c->store), &c->geom, 70.0); /* LA-1 */
    if (v->kind == GT_NULL || fabs(stated - area) < 0.01 ||
        fabs(stated - area) <= c->options->area_tolerance * area) {
        return GT_OK;
    }
    qc_hit *h = qc_hits_add(c->ctx, &c->hits, GT_WARNING, &GT_MSG_QC_AREA_DIFFERS);
    if (h == NULL) {
        return GT_E_MEMORY;
    }
    h->feature = f->id;
    h->field = c->standard->fields[c->area_field].name;
    h->args[0] = (gt_arg)GT_REAL("stated", stated);
    h->args[1] = (gt_arg)GT_REAL("computed", round(area * 100.0) / 100.0);
    h->args[2] = (gt_arg)GT_REAL("percent", round(fabs(stated - area) / area * 10000.0) / 100.0);
    return GT_OK;
}

static gt_status add_twins(layer_check *c, const gt_feature *f, uint64_t shape)
{
    gt_status st = GT_OK;
    for (size_t k = 0; k < c->n_sets && st == GT_OK; k++) {
        int field = c->sets[k].field;
        const gt_value *v = field < 0 ? NULL : value_at(c, f, (size_t)field);
        if (field < 0 && shape != 0) {
            st = qc_twins_add(c->ctx, c->sets[k].twins, shape, f->row);
        } else if (v != NULL && v->kind != GT_NULL) {
            st = qc_twins_add(c->ctx, c->sets[k].twins, qc_value_hash(v), f->row);
        }
    }
    return st;
}

/* ---- neighbours ------------------------------------------------------------------------------ */

static gt_status note_overlap(layer_check *c, const gt_feature *f, const gt_feature *other,
                              double area)
{
    double x, y;
    gt_status st = gt_geos_label_point(c->ctx, c->geos, &c->common, &x, &y);
    qc_hit *h = st == GT_OK ? qc_hits_add(c->ctx, &c->hits, GT_ERROR, &GT_MSG_QC_OVERLAP) : NULL;
    if (h == NULL) {
        return st == GT_OK ? GT_E_MEMORY : st;
    }
    const char *id = gt_arena_strdup(c->arena, other->id);
    h->feature = f->id;
    h->has_xy = true;
    h->x = x;
    h->y = y;
    h->args[0] = (gt_arg)GT_TEXT("other", id);
    h->args[1] = (gt_arg)GT_REAL("area", round(area * 100.0) / 100.0);
    c->out->n_overlaps++;
    c->out->overlap_m2 += area;
    return id == NULL ? GT_E_MEMORY : GT_OK;
}

static gt_status check_pair(layer_check *c, const gt_feature *f, const gt_feature *other)
{
    gt_qc_result result;
    gt_status st = gt_geom_from_gpkg(c->ctx, other->blob, other->blob_len, NULL, &c->other);
    if (st == GT_OK) {
        st = gt_qc_geometry(c->ctx, c->qc, &c->other, &result);
    }
    if (st != GT_OK || result.error) {
        return st; /* reported at its own turn */
    }
    st = gt_geos_intersection(c->ctx, c->geos, &c->geom, &c->other, &c->common);
    static const double metre[2] = {1, 1};
    double area = 0;
    bool counts =
        st == GT_OK && qc_overlap_counts(&c->common, metre, c->options->min_overlap_m2, &area);
    return counts ? note_overlap(c, f, other, area) : st;
}

/* Each pair once: with the neighbours of a higher row. */
static gt_status check_neighbours(layer_check *c, const gt_feature *f, gt_box box)
{
    gt_query q;
    gt_scan *scan = NULL;
    query_of(c, &q);
    q.has_box = true;
    q.box = box;
    gt_status st = gt_scan_open(c->ctx, c->store, &q, &scan);
    for (bool more = true; st == GT_OK && more;) {
        gt_feature other;
        st = gt_scan_next(c->ctx, scan, &other, &more);
        if (st == GT_OK && more && other.row > f->row && other.blob != NULL) {
            st = check_pair(c, f, &other);
        }
    }
    gt_scan_close(scan);
    return st;
}

/* ---- the layer ------------------------------------------------------------------------------- */

/* A blob that another program left unreadable is a finding like any other. */
static gt_status read_blob(layer_check *c, const gt_feature *f, bool *readable)
{
    gt_status st = gt_geom_from_gpkg(c->ctx, f->blob, f->blob_len, NULL, &c->geom);
    *readable = st == GT_OK;
    if (st != GT_E_INPUT) {
        return st;
    }
    st = gt_notes_add(c->notes, GT_ERROR, gt_error_message(c->ctx),
                      GT_PLACE(.layer = c->layer, .feature = f->id), gt_error_args(c->ctx));
    gt_error_clear(c->ctx);
    return st;
}

static gt_status check_feature(layer_check *c, const gt_feature *f)
{
    gt_qc_result result = {.n = 0};
    bool geometric = c->standard->geom_type != GT_GEOM_NONE;
    gt_status st = GT_OK;
    gt_arena_reset(c->arena);
    bool readable = true;
    gt_geom_reset(&c->geom, GT_GEOM_NONE);
    if (geometric && f->blob != NULL) {
        st = read_blob(c, f, &readable);
    }
    if (st == GT_OK) {
        st = check_values(c, f);
    }
    if (st == GT_OK && geometric && readable) {
        st = gt_qc_geometry(c->ctx, c->qc, &c->geom, &result);
    }
    if (st == GT_OK && geometric && readable) {
        st = qc_hits_geometry(c->ctx, &c->hits, &result, 0, f->id);
    }
    bool sound = readable && !result.error;
    if (st == GT_OK) {
        st = add_twins(c, f, c->polygons && sound ? result.shape : 0);
    }
    if (st == GT_OK && c->polygons && sound) {
        st = check_area(c, f);
    }
    if (st == GT_OK && c->overlaps && sound) {
        st = check_neighbours(c, f, result.box);
    }
    c->out->n_features++;
    return st == GT_OK ? qc_hits_flush(c->ctx, &c->hits, c->notes, NULL, c->layer) : st;
}

static gt_status scan_all(layer_check *c, uint64_t total)
{
    gt_query q;
    gt_scan *scan = NULL;
    query_of(c, &q);
    gt_status st = gt_scan_open(c->ctx, c->store, &q, &scan);
    gt_progress_begin(c->ctx, &GT_MSG_QC_PROGRESS, total);
    for (bool more = true; st == GT_OK && more;) {
        gt_feature f;
        st = gt_scan_next(c->ctx, scan, &f, &more);
        if (st == GT_OK && more) {
            st = check_feature(c, &f);
            gt_progress_step(c->ctx, (uint64_t)c->out->n_features);
        }
        if (st == GT_OK) {
            st = gt_check_cancel(c->ctx);
        }
    }
    gt_progress_end(c->ctx);
    gt_scan_close(scan);
    return st;
}

/* Second look at rows that may be duplicates. */
static gt_status look(layer_check *c, gt_arena *arena, const gt_feature *f, qc_suspect *s)
{
    gt_status st = GT_OK;
    int field = c->sets[s->set].field;
    s->feature = gt_arena_strdup(arena, f->id);
    if (s->feature == NULL) {
        return GT_E_MEMORY;
    }
    if (field >= 0) {
        return qc_look_value(arena, value_at(c, f, (size_t)field), s);
    }
    if (f->blob != NULL) {
        st = gt_geom_from_gpkg(c->ctx, f->blob, f->blob_len, NULL, &c->geom);
    }
    return st == GT_OK ? qc_look_geometry(c->ctx, f->blob == NULL ? NULL : &c->geom, s) : st;
}

static bool find_row(const qc_suspect *list, size_t n, int64_t row, size_t *at)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (list[mid].row < row) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    *at = low;
    return low < n && list[low].row == row;
}

static gt_status look_again(gt_ctx *ctx, void *user, gt_arena *arena, qc_suspect *list, size_t n)
{
    layer_check *c = user;
    gt_query q;
    gt_scan *scan = NULL;
    query_of(c, &q);
    gt_status st = gt_scan_open(ctx, c->store, &q, &scan);
    for (bool more = true; st == GT_OK && more;) {
        gt_feature f;
        size_t at;
        st = gt_scan_next(ctx, scan, &f, &more);
        if (st == GT_OK && more && find_row(list, n, f.row, &at)) {
            for (; at < n && list[at].row == f.row && st == GT_OK; at++) {
                st = look(c, arena, &f, &list[at]);
            }
        }
    }
    gt_scan_close(scan);
    return st;
}

static gt_status make_sets(layer_check *c)
{
    gt_status st = GT_OK;
    c->sets = gt_zalloc(c->ctx, c->standard->n_fields + 1, sizeof *c->sets);
    if (c->sets == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i <= c->standard->n_fields && st == GT_OK; i++) {
        bool geometry = i == c->standard->n_fields;
        bool id = !geometry && (int)i == c->id_field;
        if (geometry ? c->polygons : id || c->standard->fields[i].unique) {
            c->sets[c->n_sets].field = geometry ? -1 : (int)i;
            st = qc_twins_new(c->ctx, 0, gt_store_dir(c->store), &c->sets[c->n_sets].twins);
            c->n_sets += st == GT_OK;
        }
    }
    return st;
}

static gt_status prepare(layer_check *c, const gt_standard *stored)
{
    const gt_standard *s = c->standard;
    c->polygons = s->geom_type == GT_POLYGON || s->geom_type == GT_MULTIPOLYGON;
    c->overlaps = c->polygons && s->qc.no_overlap && !c->options->no_overlaps;
    c->value_of = gt_alloc(c->ctx, s->n_fields + 1, sizeof *c->value_of);
    if (c->value_of == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < s->n_fields; i++) {
        c->value_of[i] = gt_standard_field(stored, s->fields[i].name);
    }
    c->id_field = s->id_field == NULL ? -1 : gt_standard_field(s, s->id_field);
    c->area_field = s->area_field == NULL ? -1 : gt_standard_field(s, s->area_field);
    gt_status st = gt_arena_new(c->ctx, 0, &c->arena);
    if (st == GT_OK) {
        st = gt_qc_new(c->ctx, s->geom_type, &s->qc, c->options->max_points, &c->qc);
    }
    if (st == GT_OK && c->overlaps) {
        st = gt_geos_new(c->ctx, &c->geos);
    }
    if (st == GT_OK && c->overlaps) {
        gt_geos_trust(c->geos, true); /* only sound geometries are handed over */
    }
    return st == GT_OK ? make_sets(c) : st;
}

static void free_all(layer_check *c)
{
    for (size_t i = 0; i < c->n_sets; i++) {
        qc_twins_free(c->ctx, c->sets[i].twins);
    }
    gt_free(c->ctx, c->sets);
    gt_free(c->ctx, c->value_of);
    gt_geom_free(c->ctx, &c->geom);
    gt_geom_free(c->ctx, &c->other);
    gt_geom_free(c->ctx, &c->common);
    gt_qc_free(c->ctx, c->qc);
    gt_geos_free(c->geos);
    gt_arena_free(c->arena);
    qc_hits_free(c->ctx, &c->hits);
}

gt_status gt_qc_layer(gt_ctx *ctx, gt_store *store, const char *layer, const gt_qc_options *options,
                      gt_notes *notes, gt_qc_summary *out)
{
    gt_qc_options o;
    gt_layer_info info;
    gt_qc_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    memset(out, 0, sizeof *out);
    gt_status st = gt_store_find_layer(ctx, store, layer, &info);
    if (st != GT_OK) {
        return st;
    }
    layer_check c = {.ctx = ctx,
                     .store = store,
                     .layer = layer,
                     .options = &o,
                     .standard = o.standard != NULL ? o.standard : info.standard,
                     .notes = notes,
                     .out = out};
    gt_geom_init(&c.geom);
    gt_geom_init(&c.other);
    gt_geom_init(&c.common);
    st = prepare(&c, info.standard);
    if (st == GT_OK) {
        st = scan_all(&c, info.n_features > 0 ? (uint64_t)info.n_features : 0);
    }
    if (st == GT_OK) {
        const qc_confirm how = {.standard = c.standard,
                                .sets = c.sets,
                                .n_sets = c.n_sets,
                                .id_field = c.id_field,
                                .look = look_again,
                                .user = &c};
        st = qc_confirm_twins(ctx, &how, notes);
    }
    free_all(&c);
    return st;
}
