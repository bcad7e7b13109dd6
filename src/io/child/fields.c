/* Attributes: OGR's field types onto the six of a standard; what has no type of ours becomes text.
 */
#include <cpl_conv.h>
#include <stdio.h>
#include <string.h>

#include "io/messages.h"
#include "reader.h"

static gt_field_type field_type(OGRFieldType type, OGRFieldSubType subtype)
{
    switch (type) {
    case OFTInteger:
    case OFTInteger64:
        return subtype == OFSTBoolean ? GT_FIELD_BOOL : GT_FIELD_INT;
    case OFTReal:
        return GT_FIELD_REAL;
    case OFTDate:
        return GT_FIELD_DATE;
    case OFTString:
    case OFTIntegerList:
    case OFTInteger64List:
    case OFTRealList:
    case OFTStringList:
    case OFTBinary:
    case OFTTime:
    case OFTDateTime:
    case OFTWideString:
    case OFTWideStringList:
        return GT_FIELD_TEXT;
    }
    return GT_FIELD_TEXT;
}

gt_status io_reader_fields(io_reader *r)
{
    OGRFeatureDefnH defn = OGR_L_GetLayerDefn(r->data.layer);
    const int n = OGR_FD_GetFieldCount(defn);
    gt_source_field *fields = gt_arena_zalloc(r->arena, (size_t)n, sizeof *fields);
    r->columns = gt_arena_zalloc(r->arena, (size_t)n, sizeof *r->columns);
    if (fields == NULL || r->columns == NULL) {
        return GT_E_MEMORY;
    }
    for (int i = 0; i < n; i++) {
        OGRFieldDefnH f = OGR_FD_GetFieldDefn(defn, i);
        const char *raw = OGR_Fld_GetNameRef(f), *name = NULL;
        size_t len = 0, bad = 0;
        if (!io_decode(&r->decoder, raw, strlen(raw), &name, &len, &bad)) {
            return gt_fail(r->session->ctx, GT_E_INPUT, &GT_MSG_IO_FIELD_NAME, GT_NOWHERE,
                           GT_ARGS(GT_INT("number", i + 1), GT_TEXT("encoding", r->decoder.name)));
        }
        r->columns[i].type = OGR_Fld_GetType(f);
        r->columns[i].subtype = OGR_Fld_GetSubType(f);
        r->columns[i].as = field_type(r->columns[i].type, r->columns[i].subtype);
        fields[i].name = gt_arena_strndup(r->arena, name, len);
        fields[i].type = r->columns[i].as;
        fields[i].width = OGR_Fld_GetWidth(f) > 0 ? OGR_Fld_GetWidth(f) : 0;
        if (fields[i].name == NULL) {
            return GT_E_MEMORY;
        }
    }
    r->info.fields = fields;
    r->info.n_fields = (size_t)n;
    return GT_OK;
}

/* ---- values
 * --------------------------------------------------------------------------------------- */

static void put_time(io_reader *r, OGRFeatureH f, int i)
{
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, zone = 0;
    float s = 0;
    char text[64];
    if (!OGR_F_GetFieldAsDateTimeEx(f, i, &y, &mo, &d, &h, &mi, &s, &zone)) {
        io_record_null(&r->record);
        return;
    }
    if (r->columns[i].type == OFTDate) {
        io_record_date(&r->record, i, y, mo, d);
        return;
    }
    int n = 0;
    if (r->columns[i].type == OFTDateTime) {
        n = snprintf(text, sizeof text, "%04d-%02d-%02dT", y, mo, d);
    }
    /* seconds with thousandths only when there are any */
    const long ms = (long)((double)s * 1000 + 0.5);
    n += snprintf(text + n, sizeof text - (size_t)n, "%02d:%02d:%02ld", h, mi, ms / 1000);
    if (ms % 1000 != 0) {
        n += snprintf(text + n, sizeof text - (size_t)n, ".%03ld", ms % 1000);
    }
    if (zone >= 100) { /* OGR: quarter hours from UTC, 100 = UTC; 0 and 1 = not stated */
        const int off = (zone - 100) * 15, a = off < 0 ? -off : off;
        (void)snprintf(text + n, sizeof text - (size_t)n, "%c%02d:%02d", off < 0 ? '-' : '+',
                       a / 60, a % 60);
    }
    io_record_ascii(&r->record, text);
}

static void put_value(io_reader *r, OGRFeatureH f, int i)
{
    switch (r->columns[i].type) {
    case OFTInteger:
    case OFTInteger64:
        io_record_int(&r->record, OGR_F_GetFieldAsInteger64(f, i));
        return;
    case OFTReal:
        io_record_real(&r->record, i, OGR_F_GetFieldAsDouble(f, i));
        return;
    case OFTDate:
    case OFTTime:
    case OFTDateTime:
        put_time(r, f, i);
        return;
    case OFTString:
    case OFTWideString:
    case OFTBinary:
    case OFTIntegerList:
    case OFTInteger64List:
    case OFTRealList:
    case OFTStringList:
    case OFTWideStringList:
        break;
    }
    const char *text = OGR_F_GetFieldAsString(f, i);
    io_record_text(&r->record, i, text, strlen(text));
}

void io_reader_values(io_reader *r, OGRFeatureH f)
{
    for (int i = 0; i < (int)r->info.n_fields; i++) {
        if (OGR_F_IsFieldSetAndNotNull(f, i)) {
            put_value(r, f, i);
        } else {
            io_record_null(&r->record);
        }
    }
}
