#include "io/batch.h"

#include <math.h>

#include "guotu/date.h"
#include "io/messages.h"
#include "io/sink_wire.h"

gt_status gt_io_nonsense(gt_ctx *ctx, const char *what)
{
    return gt_fail(ctx, GT_E_ENV, &GT_MSG_IO_PROTOCOL, GT_NOWHERE, GT_ARGS(GT_TEXT("what", what)));
}

gt_status gt_batch_init(gt_ctx *ctx, const gt_source_field *fields, size_t n_fields, gt_batch *b)
{
    memset(b, 0, sizeof *b);
    b->ctx = ctx;
    b->fields = fields;
    b->n_fields = n_fields;
    gt_text_init(&b->fault_text, ctx, 0);
    b->values = gt_zalloc(ctx, n_fields, sizeof *b->values);
    return b->values == NULL ? GT_E_MEMORY : GT_OK;
}

void gt_batch_free(gt_batch *b)
{
    if (b->ctx != NULL) {
        gt_free(b->ctx, b->values);
        gt_free(b->ctx, b->remarks);
        gt_free(b->ctx, b->faults);
        gt_text_free(&b->fault_text);
    }
    memset(b, 0, sizeof *b);
}

gt_status gt_batch_load(gt_batch *b, uint8_t *payload, size_t len)
{
    gt_wire_in in = {.data = payload, .len = len};
    const uint32_t n = gt_wire_get_count(&in, GT_RECORD_HEAD);
    const uint32_t zero = gt_wire_get_u32(&in);
    if (in.bad || zero != 0) {
        return gt_io_nonsense(b->ctx, "batch head");
    }
    b->data = payload;
    b->len = len;
    b->at = GT_BATCH_HEAD;
    b->left = n;
    return GT_OK;
}

/* ---- geometry -------------------------------------------------------------------------------- */

static bool ends_in_step(const uint32_t *end, uint32_t n, uint32_t of)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (end[i] < last || end[i] > of) {
            return false;
        }
        last = end[i];
    }
    return last == of;
}

static bool rings_closed(const gt_geom *g)
{
    uint32_t from = 0;
    for (uint32_t r = 0; r < g->n_rings; r++) {
        const uint32_t to = g->ring_end[r];
        const double *first = g->xy + 2 * (size_t)from;
        const double *last = g->xy + 2 * (size_t)to - 2;
        if (to - from < 4 || first[0] != last[0] || first[1] != last[1]) {
            return false;
        }
        from = to;
    }
    return true;
}

static bool shape_fits(const gt_geom *g)
{
    switch (g->type) {
    case GT_GEOM_NONE:
        return g->n_points == 0 && g->n_rings == 0 && g->n_parts == 0;
    case GT_POINT:
        return g->n_points <= 1 && g->n_rings == 0 && g->n_parts == 0;
    case GT_MULTIPOINT:
        return g->n_rings == 0 && g->n_parts == 0;
    case GT_LINESTRING:
        return g->n_rings <= 1 && g->n_parts == 0 &&
               ends_in_step(g->ring_end, g->n_rings, g->n_points);
    case GT_MULTILINESTRING:
        return g->n_parts == 0 && ends_in_step(g->ring_end, g->n_rings, g->n_points);
    case GT_POLYGON:
    case GT_MULTIPOLYGON:
        return (g->type == GT_MULTIPOLYGON || g->n_parts <= 1) &&
               ends_in_step(g->ring_end, g->n_rings, g->n_points) &&
               ends_in_step(g->part_end, g->n_parts, g->n_rings) && rings_closed(g);
    }
    return false;
}

static bool all_finite(const double *v, size_t n)
{
    double sum = 0; /* 0 * v is NaN for NaN and infinities alone */
    for (size_t i = 0; i < n; i++) {
        sum += v[i] * 0.0;
    }
    return sum == 0;
}

/* Lays b->geom over the arrays of the record. */
static bool take_geometry(gt_batch *b, gt_wire_in *in, uint8_t type)
{
    gt_geom *g = &b->geom;
    memset(g, 0, sizeof *g);
    g->n_points = gt_wire_get_u32(in);
    g->n_rings = gt_wire_get_u32(in);
    g->n_parts = gt_wire_get_u32(in);
    const uint32_t zero = gt_wire_get_u32(in);
    if (zero != 0 || type > GT_MULTIPOLYGON) {
        return false;
    }
    g->type = (gt_geom_type)type;
    const size_t base = in->at;
    const size_t n_bytes =
        16 * (size_t)g->n_points + 4 * (size_t)g->n_rings + 4 * (size_t)g->n_parts;
    if (gt_wire_get_bytes(in, n_bytes) == NULL) {
        return false;
    }
    /* the record and its head are multiples of 8, so these are aligned */
    uint8_t *at = b->data + b->at + base;
    g->xy = (double *)(void *)at;
    g->ring_end = (uint32_t *)(void *)(at + 16 * (size_t)g->n_points);
    g->part_end = g->ring_end + g->n_rings;
    return all_finite(g->xy, 2 * (size_t)g->n_points) && shape_fits(g);
}

/* ---- attributes and faults ------------------------------------------------------------------- */

static bool kind_fits(gt_field_type type, const gt_value *v)
{
    gt_date date = 0;
    switch (type) {
    case GT_FIELD_TEXT:
        return v->kind == GT_VAL_TEXT;
    case GT_FIELD_DATE:
        return v->kind == GT_VAL_TEXT && gt_date_parse(v->text, &date);
    case GT_FIELD_INT:
        return v->kind == GT_VAL_INT;
    case GT_FIELD_BOOL:
        return v->kind == GT_VAL_INT && (v->integer == 0 || v->integer == 1);
    case GT_FIELD_REAL:
        return v->kind == GT_VAL_REAL && isfinite(v->real);
    }
    return false;
}

static bool take_value(gt_wire_in *in, gt_field_type type, gt_value *v)
{
    return gt_value_get(in, v) && (v->kind == GT_NULL || kind_fits(type, v));
}

static gt_status take_faults(gt_batch *b, gt_wire_in *in, uint16_t n)
{
    void *remarks = b->remarks, *faults = b->faults;
    gt_status st = gt_grow(b->ctx, &remarks, &b->cap_remarks, n, sizeof *b->remarks);
    b->remarks = remarks;
    if (st == GT_OK) {
        st = gt_grow(b->ctx, &faults, &b->cap_faults, n, sizeof *b->faults);
        b->faults = faults;
    }
    for (uint16_t i = 0; i < n && st == GT_OK; i++) {
        const int32_t field = gt_wire_get_i32(in);
        gt_remark *r = &b->remarks[i];
        if (field < GT_FAULT_RECORD || (field >= 0 && (size_t)field >= b->n_fields) ||
            !gt_remark_get(in, r)) {
            return gt_io_nonsense(b->ctx, "fault");
        }
        b->faults[i] = (gt_source_fault){.field = field,
                                         .message = r->message,
                                         .args = r->args,
                                         .has_xy = r->place.has_xy,
                                         .x = r->place.x,
                                         .y = r->place.y};
    }
    return st;
}

/* English text of the first fault of the geometry, NULL when there is none. */
static const char *geometry_fault(gt_batch *b, uint16_t n)
{
    for (uint16_t i = 0; i < n; i++) {
        if (b->faults[i].field == GT_FAULT_GEOMETRY) {
            gt_record record;
            gt_record_set(&record, GT_E_INPUT, b->faults[i].message, NULL, b->faults[i].args);
            gt_text_clear(&b->fault_text);
            gt_record_message(&record, GT_LANG_EN, &b->fault_text);
            return gt_text_cstr(&b->fault_text);
        }
    }
    return NULL;
}

gt_status gt_batch_next(gt_batch *b, gt_source_feature *out, bool *more)
{
    *more = false;
    if (b->left == 0) {
        return b->at == b->len ? GT_OK : gt_io_nonsense(b->ctx, "batch end");
    }
    gt_wire_in in = {.data = b->data + b->at, .len = b->len - b->at};
    const uint32_t size = gt_wire_get_u32(&in);
    const uint8_t type = gt_wire_get_u8(&in), zero = gt_wire_get_u8(&in);
    const uint16_t n_faults = gt_wire_get_u16(&in);
    if (in.bad || size < GT_RECORD_HEAD || size > in.len || (size & 7) != 0 || zero != 0) {
        return gt_io_nonsense(b->ctx, "record head");
    }
    in.len = size;
    memset(out, 0, sizeof *out);
    out->row = gt_wire_get_i64(&in);
    out->fid = gt_wire_get_i64(&in);
    if (!take_geometry(b, &in, type)) {
        return gt_io_nonsense(b->ctx, "geometry");
    }
    for (size_t i = 0; i < b->n_fields; i++) {
        if (!take_value(&in, b->fields[i].type, &b->values[i])) {
            return gt_io_nonsense(b->ctx, "attribute");
        }
    }
    gt_status st = take_faults(b, &in, n_faults);
    if (st != GT_OK) {
        return st;
    }
    if (in.bad || in.len - in.at >= 8) {
        return gt_io_nonsense(b->ctx, "record end");
    }
    out->geom = type == GT_GEOM_NONE ? NULL : &b->geom;
    out->geom_fault = n_faults == 0 ? NULL : geometry_fault(b, n_faults);
    out->values = b->values;
    out->faults = b->faults;
    out->n_faults = n_faults;
    b->at += size;
    b->left--;
    *more = true;
    return GT_OK;
}
