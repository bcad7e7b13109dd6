/* Attributes: OGR's field types onto the six of a standard; what has no type of ours becomes text.
 */
#include <cpl_conv.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* Is it one of the names io_dataset_open gives to the CSV reader for geometries? */
static bool is_name_of(const char *name, const char *list)
{
    const size_t n = strlen(name);
    for (const char *p = list; p != NULL; p = strchr(p, ',')) {
        p += *p == ',' ? 1 : 0;
        const size_t len = strcspn(p, ",");
        if (len == n && strncasecmp(p, name, n) == 0) {
            return true;
        }
    }
    return false;
}

/* CSV: geometry text is not an attribute; x and y stay attributes too. True when to be left out. */
static bool note_shape_text(io_reader *r, int index, const char *name)
{
    if (strcmp(r->data.driver, "CSV") != 0) {
        return false;
    }
    const bool wkt = is_name_of(name, IO_CSV_WKT);
    const bool point = is_name_of(name, IO_CSV_X) || is_name_of(name, IO_CSV_Y);
    if ((wkt || point) && r->n_shape_text < IO_TEXT_SHAPES) {
        r->shape_text[r->n_shape_text++] = index;
    }
    return wkt && OGR_FD_GetGeomFieldCount(OGR_L_GetLayerDefn(r->data.layer)) > 0;
}

/* A shapefile cuts names to ten bytes, wherever a character ends: what is left of the last one is
 * dropped. */
static bool decode_name(io_reader *r, const char *raw, const char **name, size_t *len, size_t *bad)
{
    enum { DBF_NAME = 10, LONGEST = 4 }; /* bytes of a name, of a character */
    const size_t n = strlen(raw);
    if (io_decode(&r->decoder, raw, n, name, len, bad)) {
        return true;
    }
    const size_t first_bad = *bad;
    for (size_t k = 1; k < LONGEST && k < n && n == DBF_NAME; k++) {
        char cut[DBF_NAME + 1];
        memcpy(cut, raw, n - k);
        cut[n - k] = '\0';
        if (io_decode(&r->decoder, cut, n - k, name, len, bad)) {
            *name = gt_arena_strndup(r->arena, *name, *len); /* may stand in `cut` */
            return *name != NULL;
        }
    }
    *bad = first_bad;
    return false;
}

static gt_status add_field(io_reader *r, gt_source_field *fields, int index)
{
    OGRFieldDefnH f = OGR_FD_GetFieldDefn(OGR_L_GetLayerDefn(r->data.layer), index);
    const char *raw = OGR_Fld_GetNameRef(f), *name = NULL;
    size_t len = 0, bad = 0;
    if (!decode_name(r, raw, &name, &len, &bad)) {
        return gt_fail(r->session->ctx, GT_E_INPUT, &GT_MSG_IO_FIELD_NAME, GT_NOWHERE,
                       GT_ARGS(GT_INT("number", index + 1), GT_TEXT("encoding", r->decoder.name)));
    }
    if (note_shape_text(r, index, name)) {
        return GT_OK;
    }
    io_column *c = &r->columns[r->info.n_fields];
    gt_source_field *to = &fields[r->info.n_fields];
    c->index = index;
    c->type = OGR_Fld_GetType(f);
    c->subtype = OGR_Fld_GetSubType(f);
    c->as = field_type(c->type, c->subtype);
    to->name = gt_arena_strndup(r->arena, name, len);
    to->type = c->as;
    to->width = OGR_Fld_GetWidth(f) > 0 ? OGR_Fld_GetWidth(f) : 0;
    r->info.n_fields++;
    return to->name == NULL ? GT_E_MEMORY : GT_OK;
}

gt_status io_reader_fields(io_reader *r)
{
    const int n = OGR_FD_GetFieldCount(OGR_L_GetLayerDefn(r->data.layer));
    gt_source_field *fields = gt_arena_zalloc(r->arena, (size_t)n, sizeof *fields);
    r->columns = gt_arena_zalloc(r->arena, (size_t)n, sizeof *r->columns);
    gt_status st = fields == NULL || r->columns == NULL ? GT_E_MEMORY : GT_OK;
    for (int i = 0; i < n && st == GT_OK; i++) {
        st = add_field(r, fields, i);
    }
    r->info.fields = fields;
    return st;
}

const char *io_reader_shape_text(io_reader *r, OGRFeatureH f)
{
    for (int i = 0; i < r->n_shape_text; i++) {
        const char *text = OGR_F_GetFieldAsString(f, r->shape_text[i]);
        if (text[0] != '\0' && gt_utf8_valid(text, strlen(text), NULL)) {
            return text;
        }
    }
    return NULL;
}

/* ---- values ---------------------------------------------------------------------------------- */

static void put_time(io_reader *r, OGRFeatureH f, int i)
{
    const int at = r->columns[i].index;
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, zone = 0;
    float s = 0;
    char text[64];
    if (!OGR_F_GetFieldAsDateTimeEx(f, at, &y, &mo, &d, &h, &mi, &s, &zone)) {
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
    const int at = r->columns[i].index;
    switch (r->columns[i].type) {
    case OFTInteger:
    case OFTInteger64:
        io_record_int(&r->record, OGR_F_GetFieldAsInteger64(f, at));
        return;
    case OFTReal:
        io_record_real(&r->record, i, OGR_F_GetFieldAsDouble(f, at));
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
    const char *text = OGR_F_GetFieldAsString(f, at);
    io_record_text(&r->record, i, text, strlen(text));
}

void io_reader_values(io_reader *r, OGRFeatureH f)
{
    for (int i = 0; i < (int)r->info.n_fields; i++) {
        if (OGR_F_IsFieldSetAndNotNull(f, r->columns[i].index)) {
            put_value(r, f, i);
        } else {
            io_record_null(&r->record);
        }
    }
}
