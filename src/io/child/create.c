/* Makes the new file, its layer and its columns, with what each format wants to be told. */
#include <cpl_conv.h>
#include <cpl_string.h>
#include <ogr_srs_api.h>
#include <string.h>
#include <strings.h>

#include "dataset.h"
#include "io/messages.h"
#include "writer.h"

static gt_status write_failed(io_writer *w)
{
    const char *reason = io_log_reason(w->session);
    return gt_fail(w->session->ctx, GT_E_ENV, &GT_MSG_IO_WRITE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("reason", reason[0] != '\0' ? reason : "?")));
}

static bool is_driver(const io_writer *w, const char *name)
{
    return strcasecmp(w->ask.driver, name) == 0;
}

void io_writer_remark(io_writer *w, const gt_message *message, const gt_place *place,
                      const gt_arg *args)
{
    if (w->n_remarks < GT_SINK_REMARKS) {
        w->n_remarks++;
        gt_remark_put(&w->remarks, GT_E_INPUT, message, place, args);
    }
}

/* ---- CRS ------------------------------------------------------------------------------------- */

static gt_status open_crs(io_writer *w)
{
    gt_ctx *ctx = w->session->ctx;
    gt_status st = GT_OK;
    if (w->ask.crs == NULL || w->no_geometry) {
        return GT_OK;
    }
    st = gt_crs_new(ctx, w->ask.crs, &w->source);
    if (st == GT_OK && w->ask.out_crs != NULL) {
        st = gt_crs_new(ctx, w->ask.out_crs, &w->target);
    }
    if (st == GT_OK && w->target != NULL) {
        st = gt_transform_new(ctx, w->source, w->target, GT_DATUM_AS_STATED, &w->transform);
    }
    if (w->transform != NULL && gt_transform_is_identity(w->transform)) {
        gt_transform_free(ctx, w->transform);
        w->transform = NULL;
    }
    return st;
}

/* NULL when there is none. Owned by the caller. */
static OGRSpatialReferenceH out_srs(const io_writer *w)
{
    const gt_crs *crs = w->target != NULL ? w->target : w->source;
    if (crs == NULL) {
        return NULL;
    }
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    const int epsg = gt_crs_epsg(crs);
    const char *wkt = gt_crs_wkt(crs);
    if (epsg == 0 || OSRImportFromEPSG(srs, epsg) != OGRERR_NONE) {
        char *text = CPLStrdup(wkt);
        char *at = text;
        (void)OSRImportFromWkt(srs, &at);
        CPLFree(text);
    }
    OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
    return srs;
}

/* ---- layer ----------------------------------------------------------------------------------- */

static OGRwkbGeometryType layer_type(io_writer *w)
{
    static const OGRwkbGeometryType single[] = {
        wkbNone, wkbPoint, wkbLineString, wkbPolygon, wkbMultiPoint, wkbLineString, wkbPolygon};
    const bool typed = is_driver(w, "GPKG") || is_driver(w, "FlatGeobuf") ||
                       is_driver(w, "SQLite") || is_driver(w, "OpenFileGDB");
    const gt_geom_type t = w->ask.geom_type;
    if (w->no_geometry) {
        return wkbNone;
    }
    if (typed && t != GT_POINT && t != GT_MULTIPOINT) {
        w->multi = true;
        return single[t] == wkbPolygon ? wkbMultiPolygon : wkbMultiLineString;
    }
    return typed || is_driver(w, "ESRI Shapefile") ? single[t] : wkbUnknown;
}

static bool has_field(const io_writer *w, const char *name)
{
    for (size_t i = 0; i < w->ask.n_fields; i++) {
        if (strcasecmp(w->ask.fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static char **layer_options(const io_writer *w, bool file_crs_is_wgs84)
{
    char **o = NULL;
    if (is_driver(w, "ESRI Shapefile")) {
        o = CSLSetNameValue(o, "ENCODING", w->ask.encoding == NULL ? "UTF-8" : w->ask.encoding);
    } else if (is_driver(w, "GPKG")) {
        o = CSLSetNameValue(o, "FID", has_field(w, "fid") ? "ogc_fid" : "fid");
        o = CSLSetNameValue(o, "GEOMETRY_NAME", has_field(w, "geom") ? "geometry" : "geom");
    } else if (is_driver(w, "SQLite")) {
        o = CSLSetNameValue(o, "LAUNDER", "NO");
    } else if (is_driver(w, "CSV")) {
        o = CSLSetNameValue(o, "WRITE_BOM",
                            "YES"); /* spreadsheets take it for a local code page else */
        o = CSLSetNameValue(o, "GEOMETRY", w->ask.geom_type == GT_GEOM_NONE ? NULL : "AS_WKT");
    } else if ((is_driver(w, "GeoJSON") || is_driver(w, "GeoJSONSeq")) && file_crs_is_wgs84) {
        o = CSLSetNameValue(o, "RFC7946", "YES");
    }
    return o;
}

static gt_status create_layer(io_writer *w)
{
    const gt_crs *crs = w->target != NULL ? w->target : w->source;
    const OGRwkbGeometryType type = layer_type(w);
    OGRSpatialReferenceH srs = out_srs(w);
    char **options = layer_options(w, crs != NULL && gt_crs_epsg(crs) == 4326);
    io_log_reset(w->session);
    w->layer = GDALDatasetCreateLayer(w->data, w->ask.layer, srs, type, options);
    CSLDestroy(options);
    if (srs != NULL) {
        OSRRelease(srs);
    }
    return w->layer == NULL ? write_failed(w) : GT_OK;
}

/* ---- columns --------------------------------------------------------------------------------- */

static OGRFieldType ogr_type(gt_field_type type)
{
    switch (type) {
    case GT_FIELD_TEXT:
        return OFTString;
    case GT_FIELD_INT:
        return OFTInteger64;
    case GT_FIELD_REAL:
        return OFTReal;
    case GT_FIELD_BOOL:
        return OFTInteger;
    case GT_FIELD_DATE:
        return OFTDate;
    }
    return OFTString;
}

/* A shapefile's widths are bytes: a Chinese character takes 3 in UTF-8, 2 in GBK, 4 at most. */
static int text_width(const io_writer *w, int characters)
{
    enum { DBF_TEXT = 254 };
    if (!is_driver(w, "ESRI Shapefile")) {
        return characters;
    }
    const int each = w->ask.encoding == NULL ? 3 : 4;
    return characters <= 0 || characters > DBF_TEXT / each ? DBF_TEXT : characters * each;
}

/* Index of the new column, -1 when the format has no place for it. */
static int add_column(io_writer *w, const char *name, gt_field_type type, int max_length)
{
    OGRFeatureDefnH defn = OGR_L_GetLayerDefn(w->layer);
    const int before = OGR_FD_GetFieldCount(defn);
    OGRFieldDefnH f = OGR_Fld_Create(name, ogr_type(type));
    if (type == GT_FIELD_BOOL) {
        OGR_Fld_SetSubType(f, OFSTBoolean);
    }
    if (type == GT_FIELD_TEXT && text_width(w, max_length) > 0) {
        OGR_Fld_SetWidth(f, text_width(w, max_length));
    }
    io_log_reset(w->session);
    const OGRErr e = OGR_L_CreateField(w->layer, f, TRUE);
    OGR_Fld_Destroy(f);
    io_log_reset(w->session);
    if (e != OGRERR_NONE || OGR_FD_GetFieldCount(defn) != before + 1) {
        /* some formats have a fixed set of columns, and this may be one of them */
        const int there = OGR_FD_GetFieldIndex(defn, name);
        if (there < 0) {
            io_writer_remark(w, &GT_MSG_IO_FIELD_LOST, GT_PLACE(.field = name),
                             GT_ARGS(GT_TEXT("name", name)));
        }
        return there;
    }
    const char *given = OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(defn, before));
    if (strcmp(given, name) != 0) {
        io_writer_remark(w, &GT_MSG_IO_FIELD_CUT, GT_PLACE(.field = name),
                         GT_ARGS(GT_TEXT("name", name), GT_TEXT("given", given)));
    }
    return before;
}

static gt_status create_columns(io_writer *w)
{
    w->id_index = w->from_index = w->to_index = -1;
    w->field_index = gt_arena_alloc(w->arena, w->ask.n_fields, sizeof *w->field_index);
    if (w->field_index == NULL) {
        return GT_E_MEMORY;
    }
    if (w->ask.with_id) {
        w->id_index = add_column(w, w->ask.id_name, GT_FIELD_TEXT, 0);
    }
    for (size_t i = 0; i < w->ask.n_fields; i++) {
        const gt_write_field *f = &w->ask.fields[i];
        w->field_index[i] = add_column(w, f->name, f->type, f->max_length);
    }
    if (w->ask.with_dates) {
        w->from_index = add_column(w, "valid_from", GT_FIELD_DATE, 0);
        w->to_index = add_column(w, "valid_to", GT_FIELD_DATE, 0);
    }
    return GT_OK;
}

/* ---- file ------------------------------------------------------------------------------------ */

static gt_status create_file(io_writer *w)
{
    GDALDriverH driver = GDALGetDriverByName(w->ask.driver);
    if (driver == NULL && is_driver(w, "LIBKML")) { /* built without libkml */
        w->ask.driver = "KML";
        driver = GDALGetDriverByName(w->ask.driver);
    }
    if (driver == NULL || !io_driver_is_file(w->ask.driver) ||
        GDALGetMetadataItem(driver, GDAL_DCAP_CREATE, NULL) == NULL ||
        GDALGetMetadataItem(driver, GDAL_DCAP_VECTOR, NULL) == NULL) {
        return gt_fail(w->session->ctx, GT_E_USAGE, &GT_MSG_IO_NO_DRIVER, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", w->ask.driver)));
    }
    w->no_geometry =
        w->ask.geom_type == GT_GEOM_NONE || is_driver(w, "XLSX") || is_driver(w, "ODS");
    if (w->no_geometry && w->ask.geom_type != GT_GEOM_NONE) {
        io_writer_remark(w, &GT_MSG_IO_GEOM_LOST, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("driver", w->ask.driver)));
    }
    const char *const mif[] = {"FORMAT=MIF", NULL};
    const size_t n = strlen(w->ask.path);
    const bool is_mif = n > 4 && strcasecmp(w->ask.path + n - 4, ".mif") == 0;
    io_log_reset(w->session);
    w->data =
        GDALCreate(driver, w->ask.path, 0, 0, 0, GDT_Unknown, is_mif ? (CSLConstList)mif : NULL);
    return w->data == NULL ? write_failed(w) : GT_OK;
}

static gt_status open_check(io_writer *w)
{
    const char *e = w->ask.encoding;
    if (e == NULL || strcasecmp(e, "UTF-8") == 0 || strcasecmp(e, "UTF8") == 0) {
        return GT_OK;
    }
    w->check = iconv_open(e, "UTF-8");
    return w->check != (iconv_t)-1 ? GT_OK
                                   : gt_fail(w->session->ctx, GT_E_USAGE, &GT_MSG_IO_ENCODING,
                                             GT_NOWHERE, GT_ARGS(GT_TEXT("name", e)));
}

gt_status io_writer_create(io_writer *w)
{
    gt_status st = open_check(w);
    if (st == GT_OK) {
        st = create_file(w);
    }
    if (st == GT_OK) {
        st = open_crs(w);
    }
    if (st == GT_OK) {
        st = create_layer(w);
    }
    if (st == GT_OK) {
        st = create_columns(w);
    }
    return st;
}
