#include "writer.h"

#include <cpl_conv.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "guotu/date.h"
#include "guotu/text.h"
#include "io/batch.h"
#include "io/messages.h"

enum { PER_TRANSACTION = 100000 };

static gt_status write_failed(io_writer *w, const char *id)
{
    const char *reason = io_log_reason(w->session);
    return gt_fail(w->session->ctx, GT_E_ENV, &GT_MSG_IO_WRITE, GT_PLACE(.feature = id),
                   GT_ARGS(GT_TEXT("reason", reason[0] != '\0' ? reason : "?")));
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The library replaces what it cannot encode without a word about which: tried before. */
static gt_status check_encodable(io_writer *w, const char *id, const char *field, const char *text,
                                 size_t len)
{
    if (w->check == (iconv_t)-1) {
        return GT_OK;
    }
    char sink[512];
    char *from = (char *)text;
    size_t left = len;
    (void)iconv(w->check, NULL, NULL, NULL, NULL);
    while (left > 0) {
        char *to = sink;
        size_t room = sizeof sink;
        const size_t before = left;
        const size_t e = iconv(w->check, &from, &left, &to, &room);
        if (e == (size_t)-1 && left == before) {
            return gt_fail(w->session->ctx, GT_E_INPUT, &GT_MSG_IO_WRITE_TEXT,
                           GT_PLACE(.feature = id, .field = field),
                           GT_ARGS(GT_TEXT("text", text), GT_TEXT("encoding", w->ask.encoding)));
        }
    }
    return GT_OK;
}

static void set_date(OGRFeatureH f, int column, gt_date date)
{
    int y = 0, m = 0, d = 0;
    if (column >= 0 && date != GT_DATE_NONE) {
        gt_date_to_ymd(date, &y, &m, &d);
        OGR_F_SetFieldDateTime(f, column, y, m, d, 0, 0, 0, 0);
    }
}

static void set_text(OGRFeatureH f, int column, const gt_write_field *field, const char *text)
{
    gt_date date = GT_DATE_NONE;
    if (field->type == GT_FIELD_DATE && gt_date_parse(text, &date)) {
        set_date(f, column, date);
    } else {
        OGR_F_SetFieldString(f, column, text);
    }
}

static gt_status set_values(io_writer *w, OGRFeatureH f, const char *id, gt_wire_in *in)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < w->ask.n_fields && st == GT_OK; i++) {
        gt_value v;
        const int column = w->field_index[i];
        if (!gt_value_get(in, &v)) {
            return gt_io_nonsense(w->session->ctx, "value");
        }
        if (column < 0 || v.kind == GT_NULL) {
            continue;
        }
        if (v.kind == GT_VAL_INT) {
            OGR_F_SetFieldInteger64(f, column, v.integer);
        } else if (v.kind == GT_VAL_REAL) {
            OGR_F_SetFieldDouble(f, column, v.real);
        } else {
            st = check_encodable(w, id, w->ask.fields[i].name, v.text, v.len);
            set_text(f, column, &w->ask.fields[i], v.text);
        }
    }
    return st;
}

/* ---- geometry -------------------------------------------------------------------------------- */

static gt_status set_geometry(io_writer *w, OGRFeatureH f, const char *id, const uint8_t *blob,
                              size_t len)
{
    gt_ctx *ctx = w->session->ctx;
    size_t n = 0;
    gt_status st = gt_geom_from_gpkg(ctx, blob, len, NULL, &w->geom);
    if (st == GT_OK && w->transform != NULL) {
        st = gt_transform_points(ctx, w->transform, w->geom.xy, w->geom.n_points);
    }
    if (st == GT_OK && w->multi && w->geom.type == GT_POLYGON) {
        w->geom.type = GT_MULTIPOLYGON; /* the arrays are the same */
    } else if (st == GT_OK && w->multi && w->geom.type == GT_LINESTRING) {
        w->geom.type = GT_MULTILINESTRING;
    }
    if (st == GT_OK) {
        st = gt_geom_to_wkb(ctx, &w->geom, &w->wkb, &w->wkb_cap, &n);
    }
    OGRGeometryH g = NULL;
    if (st == GT_OK &&
        (n > INT32_MAX || OGR_G_CreateFromWkb(w->wkb, NULL, &g, (int)n) != OGRERR_NONE ||
         OGR_F_SetGeometryDirectly(f, g) != OGRERR_NONE)) {
        st = write_failed(w, id);
    }
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.feature = id));
    }
    return st;
}

/* ---- features -------------------------------------------------------------------------------- */

static gt_status begin(io_writer *w)
{
    if (!w->in_transaction && GDALDatasetTestCapability(w->data, ODsCTransactions)) {
        w->in_transaction = GDALDatasetStartTransaction(w->data, FALSE) == OGRERR_NONE;
    }
    return GT_OK;
}

static gt_status commit(io_writer *w)
{
    const bool open = w->in_transaction;
    w->in_transaction = false;
    return open && GDALDatasetCommitTransaction(w->data) != OGRERR_NONE ? write_failed(w, NULL)
                                                                        : GT_OK;
}

static gt_status fill(io_writer *w, OGRFeatureH f, const char *id, gt_wire_in *in)
{
    const gt_date from = gt_wire_get_i32(in), to = gt_wire_get_i32(in);
    const uint32_t n = gt_wire_get_u32(in);
    const uint8_t *blob = n == GT_WIRE_NULL ? NULL : gt_wire_get_bytes(in, n);
    gt_status st = in->bad ? gt_io_nonsense(w->session->ctx, "feature") : GT_OK;
    if (st == GT_OK && blob != NULL && !w->no_geometry) {
        st = set_geometry(w, f, id, blob, n);
    }
    if (st == GT_OK) {
        st = set_values(w, f, id, in);
    }
    if (st == GT_OK && w->id_index >= 0 && id != NULL) {
        st = check_encodable(w, id, w->ask.id_name, id, strlen(id));
        OGR_F_SetFieldString(f, w->id_index, id);
    }
    set_date(f, w->from_index, from);
    set_date(f, w->to_index, to);
    return st;
}

static gt_status put_feature(io_writer *w, gt_wire_in *in)
{
    const char *id = gt_wire_get_text(in, NULL);
    OGRFeatureH f = OGR_F_Create(OGR_L_GetLayerDefn(w->layer));
    if (f == NULL) {
        return GT_E_MEMORY;
    }
    io_log_reset(w->session);
    gt_status st = fill(w, f, id, in);
    if (st == GT_OK && OGR_L_CreateFeature(w->layer, f) != OGRERR_NONE) {
        st = write_failed(w, id);
    }
    OGR_F_Destroy(f);
    if (st == GT_OK && w->session->log.failures + w->session->log.warnings > 0) {
        io_writer_remark(w, &GT_MSG_IO_WRITE_NOTE, GT_PLACE(.feature = id),
                         GT_ARGS(GT_TEXT("reason", io_log_reason(w->session))));
    }
    return st;
}

static gt_status put_frame(io_writer *w, gt_wire_in *in)
{
    const uint32_t n = gt_wire_get_count(in, 12);
    gt_status st = GT_OK;
    for (uint32_t i = 0; i < n && st == GT_OK; i++) {
        st = begin(w);
        if (st == GT_OK) {
            st = put_feature(w, in);
        }
        if (st == GT_OK && ++w->rows % PER_TRANSACTION == 0) {
            st = commit(w);
        }
    }
    if (st == GT_OK && !gt_wire_done(in)) {
        st = gt_io_nonsense(w->session->ctx, "features");
    }
    return st;
}

static gt_status take_frames(io_writer *w)
{
    gt_frame type = GT_FRAME_FEATURES;
    gt_status st = GT_OK;
    while (st == GT_OK && type == GT_FRAME_FEATURES) {
        gt_wire_in in = {0};
        st = io_receive(w->session, &type, &in);
        if (st == GT_OK && type == GT_FRAME_FEATURES) {
            st = put_frame(w, &in);
        }
    }
    if (st == GT_OK && type != GT_FRAME_FINISH) {
        st = gt_io_nonsense(w->session->ctx, "frame");
    }
    return st == GT_OK ? commit(w) : st;
}

/* Closing writes indexes and heads: it can fail as any write can. */
static gt_status close_file(io_writer *w)
{
    io_log_reset(w->session);
    if (w->data != NULL) {
        GDALClose(w->data);
        w->data = NULL;
    }
    return w->session->log.failures > 0 ? write_failed(w, NULL) : GT_OK;
}

static gt_status finish(io_writer *w)
{
    io_session *s = w->session;
    gt_status st = gt_wire_status(&w->remarks);
    gt_wire_clear(&s->frame);
    gt_wire_i64(&s->frame, w->rows);
    gt_wire_u32(&s->frame, w->n_remarks);
    gt_wire_bytes(&s->frame, w->remarks.data, w->remarks.len);
    return st == GT_OK ? io_send(s, GT_FRAME_DONE) : st;
}

gt_status io_write(io_session *s, gt_wire_in *in)
{
    io_writer w = {.session = s, .check = (iconv_t)-1};
    gt_geom_init(&w.geom);
    gt_wire_init(&w.remarks, s->ctx);
    /* the parent syncs once at the end; until then the file is nobody's */
    CPLSetConfigOption("OGR_SQLITE_SYNCHRONOUS", "OFF");
    gt_status st = gt_arena_new(s->ctx, 0, &w.arena);
    /* texts of the ask live in the session's buffer, which the next frame fills anew */
    const uint8_t *copy = NULL;
    if (st == GT_OK) {
        copy = (const uint8_t *)gt_arena_strndup(w.arena, (const char *)in->data, in->len);
        st = copy == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        in->data = copy;
        st = gt_write_ask_get(in, w.arena, &w.ask) ? GT_OK : gt_io_nonsense(s->ctx, "ask");
    }
    if (st == GT_OK) {
        io_guard_files(&s->watch, NULL,
                       (const char *const[]){w.ask.staging_dir, w.ask.temp_dir, NULL});
        (void)setenv("TMPDIR", w.ask.temp_dir, 1);
        st = io_writer_create(&w);
    }
    if (st == GT_OK) {
        st = take_frames(&w);
    }
    const gt_status closed = close_file(&w);
    st = st != GT_OK ? st : closed;
    if (st == GT_OK) {
        st = finish(&w);
    }
    if (w.check != (iconv_t)-1) {
        (void)iconv_close(w.check);
    }
    gt_geom_free(s->ctx, &w.geom);
    gt_wire_free(&w.remarks);
    gt_free(s->ctx, w.wkb);
    gt_transform_free(s->ctx, w.transform);
    gt_crs_free(s->ctx, w.target);
    gt_crs_free(s->ctx, w.source);
    gt_arena_free(w.arena);
    return st;
}
