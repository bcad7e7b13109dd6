#include "reader.h"

#include <string.h>

#include "io/messages.h"

static gt_status out_of_memory(io_reader *r)
{
    return gt_fail(r->session->ctx, GT_E_LIMIT, &GT_MSG_IO_MEMORY, GT_NOWHERE,
                   GT_ARGS(GT_INT("limit", r->session->memory_limit >> 20)));
}

static gt_status set_filter(io_reader *r)
{
    const char *where = r->ask->where;
    if (where == NULL) {
        return GT_OK;
    }
    /* names and values in a filter must be spelt as the file spells them */
    char *raw = r->decoder.is_utf8 ? NULL : io_encode(r->session->ctx, r->decoder.name, where);
    io_log_reset(r->session);
    const OGRErr e = OGR_L_SetAttributeFilter(r->data.layer, raw == NULL ? where : raw);
    gt_free(r->session->ctx, raw);
    if (e != OGRERR_NONE) {
        return gt_fail(
            r->session->ctx, GT_E_INPUT, &GT_MSG_IO_WHERE, GT_NOWHERE,
            GT_ARGS(GT_TEXT("where", where), GT_TEXT("reason", io_log_reason(r->session))));
    }
    return GT_OK;
}

static gt_status describe(io_reader *r)
{
    const OGRwkbGeometryType type = OGR_L_GetGeomType(r->data.layer);
    r->info.driver = r->data.driver;
    r->info.layer = gt_arena_strdup(r->arena, OGR_L_GetName(r->data.layer));
    r->info.geom_type = io_geom_type(type);
    r->info.has_geometry = type != wkbNone;
    r->info.n_features = OGR_L_GetFeatureCount(r->data.layer, FALSE);
    r->info.encoding_used = r->decoder.name;
    if (r->info.n_features < -1) {
        r->info.n_features = -1;
    }
    return r->info.layer == NULL ? GT_E_MEMORY : GT_OK;
}

static gt_status prepare(io_reader *r)
{
    io_session *s = r->session;
    gt_status st = gt_arena_new(s->ctx, 0, &r->arena);
    if (st == GT_OK) {
        st = io_dataset_open(s, r->ask, &r->data);
    }
    if (st == GT_OK) {
        st = io_dataset_choose(s, &r->data, r->ask->layer);
    }
    if (st == GT_OK) {
        r->row_is_fid = strcmp(r->data.driver, "ESRI Shapefile") == 0;
        st = io_reader_encoding(r);
    }
    if (st == GT_OK) {
        st = set_filter(r);
    }
    if (st == GT_OK) {
        st = io_reader_fields(r);
    }
    if (st == GT_OK) {
        st = describe(r);
    }
    if (st == GT_OK) {
        st = io_reader_crs(r);
    }
    if (st == GT_OK) {
        io_record_init(s, r->transform, &r->decoder, &r->record);
        gt_wire_clear(&s->frame);
        gt_info_put(&s->frame, &r->info);
        st = io_send(s, GT_FRAME_INFO);
    }
    return st;
}

/* ---- the plain way --------------------------------------------------------------------------- */

/* What GDAL complained about while it read this feature. */
static void add_complaints(io_reader *r, bool has_geometry)
{
    const io_log *log = &r->session->log;
    if (log->failures > 0) {
        io_record_fault(&r->record, has_geometry ? GT_FAULT_RECORD : GT_FAULT_GEOMETRY,
                        &GT_MSG_IO_RECORD, GT_ARGS(GT_TEXT("reason", log->failure)));
    } else if (log->warnings > 0) {
        io_record_fault(&r->record, GT_FAULT_RECORD, &GT_MSG_IO_RECORD,
                        GT_ARGS(GT_TEXT("reason", log->warning)));
    }
}

static gt_status put_geometry(io_reader *r, OGRGeometryH g)
{
    const int size = g == NULL ? 0 : OGR_G_WkbSize(g);
    if (g == NULL) {
        io_record_no_geometry(&r->record);
        return GT_OK;
    }
    if (size <= 0) { /* over 2 GiB: the size wraps */
        io_record_fault(&r->record, GT_FAULT_GEOMETRY, &GT_MSG_IO_BIG,
                        GT_ARGS(GT_INT("points", OGR_G_GetPointCount(g))));
        io_record_no_geometry(&r->record);
        return GT_OK;
    }
    void *block = r->wkb;
    gt_status st = gt_grow(r->session->ctx, &block, &r->wkb_cap, (size_t)size, 1);
    r->wkb = block;
    if (st == GT_OK && OGR_G_ExportToIsoWkb(g, wkbNDR, r->wkb) == OGRERR_NONE) {
        io_record_geometry(&r->record, r->wkb, (size_t)size);
    } else if (st == GT_OK) {
        io_record_fault(&r->record, GT_FAULT_GEOMETRY, &GT_MSG_IO_RECORD,
                        GT_ARGS(GT_TEXT("reason", io_log_reason(r->session))));
        io_record_no_geometry(&r->record);
    }
    return st;
}

/* CSV gives no geometry, and no word, for text it cannot read. */
static void complain_of_text(io_reader *r, const char *text)
{
    enum { SHOWN = 60 };
    char head[SHOWN + 1];
    size_t n = text == NULL ? 0 : strnlen(text, SHOWN);
    while (text != NULL && n > 0 && ((unsigned char)text[n] & 0xC0U) == 0x80U) {
        n--; /* not inside a character */
    }
    if (n > 0) {
        memcpy(head, text, n);
        head[n] = '\0';
        io_record_fault(&r->record, GT_FAULT_GEOMETRY, &GT_MSG_IO_GEOM_TEXT,
                        GT_ARGS(GT_TEXT("text", head)));
    }
}

static gt_status put_feature(io_reader *r, OGRFeatureH f)
{
    const GIntBig fid = OGR_F_GetFID(f);
    const OGRGeometryH g = OGR_F_GetGeometryRef(f);
    r->rows++;
    io_record_begin(&r->record, r->row_is_fid ? fid + 1 : r->rows, fid);
    gt_status st = put_geometry(r, g);
    io_reader_values(r, f);
    if (g == NULL && r->n_shape_text > 0) {
        complain_of_text(r, io_reader_shape_text(r, f));
    }
    add_complaints(r, g != NULL);
    io_log_reset(r->session);
    return st == GT_OK ? io_record_end(&r->record) : st;
}

static gt_status read_plain(io_reader *r)
{
    io_session *s = r->session;
    gt_status st = GT_OK;
    io_log_reset(s);
    while (st == GT_OK) {
        OGRFeatureH f = OGR_L_GetNextFeature(r->data.layer);
        if (f == NULL) {
            break;
        }
        st = put_feature(r, f);
        OGR_F_Destroy(f);
    }
    if (st == GT_OK && io_out_of_memory(s)) {
        return out_of_memory(r);
    }
    if (st == GT_OK && s->log.failures > 0) {
        st = gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_IO_READ, GT_PLACE(.row = r->rows + 1),
                     GT_ARGS(GT_TEXT("reason", s->log.failure)));
    }
    return st;
}

/* A file cut short can end without a word (FlatGeobuf, GML): compared with the count in its head.
 * Not where that count may be out of date (SQLite) or counts deleted records (shapefile). */
static gt_status check_count(io_reader *r)
{
    static const char *const loose[] = {"GPKG", "SQLite", "ESRI Shapefile"};
    bool counts = r->ask->where == NULL;
    for (size_t i = 0; i < sizeof loose / sizeof loose[0]; i++) {
        counts = counts && strcmp(r->data.driver, loose[i]) != 0;
    }
    if (counts && r->info.n_features > r->rows) {
        return gt_fail(r->session->ctx, GT_E_INPUT, &GT_MSG_IO_SHORT, GT_PLACE(.row = r->rows + 1),
                       GT_ARGS(GT_INT("claimed", r->info.n_features), GT_INT("found", r->rows)));
    }
    return GT_OK;
}

gt_status io_read(io_session *s, const gt_read_ask *ask)
{
    bool done = false;
    io_reader r = {.session = s, .ask = ask};
    r.decoder.to_utf8 = (iconv_t)-1;
    gt_status st = prepare(&r);
    if (st == GT_OK && !ask->plain) {
        st = io_reader_columns(&r, &done);
    }
    if (st == GT_OK && !done) {
        st = read_plain(&r);
    }
    if (st == GT_OK) {
        st = check_count(&r);
    }
    const gt_status flushed = io_record_flush(&r.record); /* features before the error count too */
    st = st != GT_OK ? st : flushed;
    if (st == GT_OK) {
        gt_wire_clear(&s->frame);
        gt_wire_i64(&s->frame, r.rows);
        st = io_send(s, GT_FRAME_END);
    }
    io_record_free(&r.record);
    gt_transform_free(s->ctx, r.transform);
    gt_crs_free(s->ctx, r.target);
    gt_crs_free(s->ctx, r.source);
    io_decoder_close(&r.decoder);
    gt_free(s->ctx, r.wkb);
    io_dataset_close(&r.data);
    gt_arena_free(r.arena);
    return st;
}
