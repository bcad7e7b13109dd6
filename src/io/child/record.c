#include "record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "geo/geom.h"
#include "guotu/date.h"
#include "io/batch.h"
#include "io/messages.h"

/* A quarter of the pipe: the child fills the next while the parent empties the last. */
enum { BATCH_BYTES = 256 * 1024, BATCH_FEATURES = 1000 };

void io_record_init(io_session *s, gt_transform *transform, io_decoder *decoder, io_record *r)
{
    memset(r, 0, sizeof *r);
    r->session = s;
    r->transform = transform;
    r->decoder = decoder;
    gt_geom_init(&r->geom);
    gt_wire_init(&r->faults, s->ctx);
}

void io_record_free(io_record *r)
{
    if (r->session != NULL) {
        gt_geom_free(r->session->ctx, &r->geom);
        gt_wire_free(&r->faults);
    }
}

/* ---- faults ---------------------------------------------------------------------------------- */

void io_record_fault(io_record *r, int field, const gt_message *message, const gt_arg *args)
{
    if (r->n_faults < UINT16_MAX) {
        r->n_faults++;
        gt_wire_i32(&r->faults, field);
        gt_remark_put(&r->faults, GT_E_INPUT, message, NULL, args);
    }
}

/* The error in ctx becomes a fault; out of memory stays an error. */
static bool error_to_fault(io_record *r, int field)
{
    gt_ctx *ctx = r->session->ctx;
    if (gt_error_status(ctx) == GT_E_MEMORY || r->n_faults == UINT16_MAX) {
        r->faults.failed = true;
        return false;
    }
    r->n_faults++;
    gt_wire_i32(&r->faults, field);
    gt_remark_put_error(&r->faults, ctx);
    return true;
}

/* ---- one record ------------------------------------------------------------------------------ */

void io_record_begin(io_record *r, int64_t row, int64_t fid)
{
    gt_wire *w = &r->session->frame;
    if (r->n_in_batch == 0) {
        gt_wire_clear(w);
        gt_wire_u64(w, 0); /* count, patched at the end */
    }
    r->at = w->len;
    gt_wire_clear(&r->faults);
    r->n_faults = 0;
    gt_wire_u64(w, 0); /* size, type, faults: patched */
    gt_wire_i64(w, row);
    gt_wire_i64(w, fid);
}

static void put_arrays(io_record *r, const gt_geom *g)
{
    gt_wire *w = &r->session->frame;
    gt_wire_u32(w, g->n_points);
    gt_wire_u32(w, g->n_rings);
    gt_wire_u32(w, g->n_parts);
    gt_wire_u32(w, 0);
    gt_wire_bytes(w, g->xy, 16 * (size_t)g->n_points);
    gt_wire_bytes(w, g->ring_end, 4 * (size_t)g->n_rings);
    gt_wire_bytes(w, g->part_end, 4 * (size_t)g->n_parts);
    if (!w->failed) {
        w->data[r->at + 4] = (uint8_t)g->type;
    }
}

void io_record_no_geometry(io_record *r)
{
    const gt_geom none = {.type = GT_GEOM_NONE};
    put_arrays(r, &none);
}

/* Reads the WKB again and closes its rings. The fault stays; this is for repair. Where more would
 * have to be done (a point that is nowhere, a ring of two points), nothing is given: that is
 * guessing. */
static bool read_mended(io_record *r, const uint8_t *wkb, size_t len)
{
    gt_mending done;
    const bool ok = gt_geom_from_wkb_mending(r->session->ctx, wkb, len, &r->geom, &done) == GT_OK;
    gt_error_clear(r->session->ctx);
    return ok && r->geom.n_points > 0 && done.changes == done.rings_closed;
}

static bool transformed(io_record *r)
{
    gt_ctx *ctx = r->session->ctx;
    gt_geom *g = &r->geom;
    if (r->transform == NULL) {
        return true;
    }
    gt_status st = gt_transform_points(ctx, r->transform, g->xy, g->n_points);
    const uint32_t bad = st == GT_OK ? gt_geom_first_bad(g, 0) : 0;
    if (st == GT_OK && bad < g->n_points) {
        st = gt_geom_fail_not_finite(ctx, bad);
    }
    if (st != GT_OK) {
        (void)error_to_fault(r, GT_FAULT_GEOMETRY);
    }
    return st == GT_OK;
}

void io_record_geometry(io_record *r, const uint8_t *wkb, size_t len)
{
    gt_ctx *ctx = r->session->ctx;
    bool ok = gt_geom_from_wkb(ctx, wkb, len, &r->geom) == GT_OK;
    if (!ok) {
        ok = error_to_fault(r, GT_FAULT_GEOMETRY) && read_mended(r, wkb, len);
    }
    if (ok && (uint64_t)r->geom.n_points * 16 > GT_WIRE_MAX / 2) {
        io_record_fault(r, GT_FAULT_GEOMETRY, &GT_MSG_IO_BIG,
                        GT_ARGS(GT_INT("points", r->geom.n_points)));
        ok = false;
    }
    if (ok && transformed(r)) {
        put_arrays(r, &r->geom);
    } else {
        io_record_no_geometry(r);
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

void io_record_null(io_record *r)
{
    gt_wire_u8(&r->session->frame, GT_NULL);
}

void io_record_int(io_record *r, int64_t value)
{
    gt_wire_u8(&r->session->frame, GT_VAL_INT);
    gt_wire_i64(&r->session->frame, value);
}

void io_record_real(io_record *r, int field, double value)
{
    if (!isfinite(value)) {
        io_record_fault(r, field, &GT_MSG_IO_NUMBER, GT_NO_ARGS);
        io_record_null(r);
        return;
    }
    gt_wire_u8(&r->session->frame, GT_VAL_REAL);
    gt_wire_f64(&r->session->frame, value);
}

void io_record_text(io_record *r, int field, const char *raw, size_t len)
{
    const char *text = NULL;
    size_t n = 0, bad = 0;
    if (memchr(raw, 0, len) != NULL) {
        io_record_fault(r, field, &GT_MSG_IO_TEXT_ZERO, GT_NO_ARGS);
        io_record_null(r);
    } else if (!io_decode(r->decoder, raw, len, &text, &n, &bad)) {
        io_record_fault(r, field, &GT_MSG_IO_TEXT,
                        GT_ARGS(GT_TEXT("encoding", r->decoder->name), GT_INT("byte", bad)));
        io_record_null(r);
    } else {
        gt_wire_u8(&r->session->frame, GT_VAL_TEXT);
        gt_wire_text_n(&r->session->frame, text, n);
    }
}

void io_record_ascii(io_record *r, const char *text)
{
    gt_wire_u8(&r->session->frame, GT_VAL_TEXT);
    gt_wire_text(&r->session->frame, text);
}

void io_record_date(io_record *r, int field, int year, int month, int day)
{
    char text[40];
    gt_date date = 0;
    (void)snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
    if (gt_date_parse(text, &date)) {
        io_record_ascii(r, text);
    } else {
        io_record_fault(r, field, &GT_MSG_IO_DATE, GT_ARGS(GT_TEXT("text", text)));
        io_record_null(r);
    }
}

/* ---- end ------------------------------------------------------------------------------------- */

gt_status io_record_end(io_record *r)
{
    gt_wire *w = &r->session->frame;
    gt_wire_bytes(w, r->faults.data, r->faults.len);
    gt_wire_align(w);
    gt_status st = gt_wire_status(&r->faults);
    if (st == GT_OK) {
        st = gt_wire_status(w);
    }
    if (st != GT_OK) {
        return st;
    }
    const uint32_t size = (uint32_t)(w->len - r->at);
    memcpy(w->data + r->at, &size, sizeof size);
    memcpy(w->data + r->at + 6, &r->n_faults, sizeof r->n_faults);
    r->n_in_batch++;
    return w->len >= BATCH_BYTES || r->n_in_batch >= BATCH_FEATURES ? io_record_flush(r) : GT_OK;
}

gt_status io_record_flush(io_record *r)
{
    if (r->n_in_batch == 0) {
        return GT_OK;
    }
    gt_wire_put_u32(&r->session->frame, 0, r->n_in_batch);
    r->n_in_batch = 0;
    return io_send(r->session, GT_FRAME_BATCH);
}
