/* Reading by columns (OGR's Arrow stream, RFC 86): 4 times quicker than feature by feature with
 * GeoPackage, 3 times with FlatGeobuf (GDAL 3.6, 500,000 polygons: 0.09 s for 0.34 s, 0.17 for
 * 0.22). Only for columns whose values come out exactly as on the plain way. When GDAL complains
 * about a batch, the batch is read again on the plain way, which knows the record that is at fault.
 */
#include <cpl_string.h>
#include <ogr_recordbatch.h>
#include <string.h>

#include "guotu/date.h"
#include "io/messages.h"
#include "reader.h"

typedef struct ArrowArray array;
typedef struct ArrowSchema schema;

static bool format_fits(const io_column *c, const char *format)
{
    switch (c->type) {
    case OFTInteger:
        /* not booleans: GDAL 3.6 sets the wrong bits in their columns */
        return c->subtype != OFSTBoolean &&
               strcmp(format, c->subtype == OFSTInt16 ? "s" : "i") == 0;
    case OFTInteger64:
        return strcmp(format, "l") == 0;
    case OFTReal:
        return strcmp(format, "g") == 0 && c->subtype == OFSTNone;
    case OFTString:
        return strcmp(format, "u") == 0;
    case OFTDate:
        return strcmp(format, "tdD") == 0;
    case OFTIntegerList:
    case OFTInteger64List:
    case OFTRealList:
    case OFTStringList:
    case OFTBinary:
    case OFTTime:
    case OFTDateTime:
    case OFTWideString:
    case OFTWideStringList:
        return false;
    }
    return false;
}

/* fid, the fields in order, the geometry: anything else goes the plain way. */
static bool schema_fits(const io_reader *r, const schema *s)
{
    const size_t n = r->info.n_fields;
    if (s->n_children != (int64_t)n + 2 || strcmp(s->children[0]->format, "l") != 0 ||
        strcmp(s->children[n + 1]->format, "z") != 0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!format_fits(&r->columns[i], s->children[i + 1]->format)) {
            return false;
        }
    }
    return true;
}

static bool is_null(const array *a, int64_t i)
{
    const uint8_t *valid = a->buffers[0];
    return valid != NULL && a->null_count != 0 && (valid[i >> 3] >> (i & 7) & 1) == 0;
}

static void put_days(io_reader *r, int field, int32_t days)
{
    int y = 0, m = 0, d = 0;
    gt_date_to_ymd(days, &y, &m, &d);
    io_record_date(&r->record, field, y, m, d);
}

static void put_cell(io_reader *r, int field, const array *a, int64_t i)
{
    const io_column *c = &r->columns[field];
    i += a->offset;
    if (is_null(a, i)) {
        io_record_null(&r->record);
    } else if (c->type == OFTInteger && c->subtype == OFSTInt16) {
        io_record_int(&r->record, ((const int16_t *)a->buffers[1])[i]);
    } else if (c->type == OFTInteger) {
        io_record_int(&r->record, ((const int32_t *)a->buffers[1])[i]);
    } else if (c->type == OFTInteger64) {
        io_record_int(&r->record, ((const int64_t *)a->buffers[1])[i]);
    } else if (c->type == OFTReal) {
        io_record_real(&r->record, field, ((const double *)a->buffers[1])[i]);
    } else if (c->type == OFTDate) {
        put_days(r, field, ((const int32_t *)a->buffers[1])[i]);
    } else {
        const int32_t *ends = a->buffers[1];
        io_record_text(&r->record, field, (const char *)a->buffers[2] + ends[i],
                       (size_t)(ends[i + 1] - ends[i]));
    }
}

static gt_status put_row(io_reader *r, const array *batch, int64_t i)
{
    const size_t n = r->info.n_fields;
    const array *fids = batch->children[0], *shapes = batch->children[n + 1];
    const int64_t fid = ((const int64_t *)fids->buffers[1])[i + fids->offset];
    const int64_t k = i + shapes->offset;
    r->rows++;
    io_record_begin(&r->record, r->rows, fid);
    if (is_null(shapes, k)) {
        io_record_no_geometry(&r->record);
    } else {
        const int32_t *ends = shapes->buffers[1];
        io_record_geometry(&r->record, (const uint8_t *)shapes->buffers[2] + ends[k],
                           (size_t)(ends[k + 1] - ends[k]));
    }
    for (size_t f = 0; f < n; f++) {
        put_cell(r, (int)f, batch->children[f + 1], i);
    }
    return io_record_end(&r->record);
}

static gt_status read_stream(io_reader *r, struct ArrowArrayStream *stream, bool *done)
{
    gt_status st = GT_OK;
    while (st == GT_OK) {
        array batch;
        memset(&batch, 0, sizeof batch);
        const int e = stream->get_next(stream, &batch);
        const bool complaint = e != 0 || r->session->log.failures + r->session->log.warnings > 0;
        if (complaint || batch.release == NULL) {
            *done = !complaint;
            if (batch.release != NULL) {
                batch.release(&batch);
            }
            break;
        }
        for (int64_t i = 0; i < batch.length && st == GT_OK; i++) {
            st = put_row(r, &batch, i);
        }
        batch.release(&batch);
    }
    return st;
}

gt_status io_reader_columns(io_reader *r, bool *done)
{
    static const char *const options[] = {"MAX_FEATURES_IN_BATCH=1024", "INCLUDE_FID=YES", NULL};
    const bool quick =
        strcmp(r->data.driver, "GPKG") == 0 || strcmp(r->data.driver, "FlatGeobuf") == 0;
    struct ArrowArrayStream stream;
    schema s;
    memset(&s, 0, sizeof s);
    *done = false;
    /* n_features > 0: GDAL 3.6 never ends the stream of an empty FlatGeobuf */
    if (!quick || r->ask->where != NULL || !r->info.has_geometry || r->info.n_features <= 0 ||
        !OGR_L_GetArrowStream(r->data.layer, &stream, (char **)(void *)options)) {
        return GT_OK;
    }
    gt_status st = GT_OK;
    io_log_reset(r->session);
    if (stream.get_schema(&stream, &s) == 0 && schema_fits(r, &s)) {
        st = read_stream(r, &stream, done);
    }
    if (s.release != NULL) {
        s.release(&s);
    }
    stream.release(&stream);
    io_log_reset(r->session);
    OGR_L_ResetReading(r->data.layer);
    if (st == GT_OK && !*done && r->rows > 0 &&
        OGR_L_SetNextByIndex(r->data.layer, r->rows) != OGRERR_NONE) {
        st = gt_fail(r->session->ctx, GT_E_INPUT, &GT_MSG_IO_READ, GT_PLACE(.row = r->rows + 1),
                     GT_ARGS(GT_TEXT("reason", io_log_reason(r->session))));
    }
    return st;
}
