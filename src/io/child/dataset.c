#include "dataset.h"

#include "archive.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <ogr_srs_api.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "guotu/arena.h"
#include "io/messages.h"

/* Formats that are files. Left out: databases and services, and OGR_VRT, which points elsewhere. */
static const char *const DRIVERS[] = {"GPKG",        "ESRI Shapefile",
                                      "OpenFileGDB", "GeoJSON",
                                      "TopoJSON",    "ESRIJSON",
                                      "GeoJSONSeq",  "FlatGeobuf",
                                      "CSV",         "XLSX",
                                      "XLS",         "ODS",
                                      "GML",         "LIBKML",
                                      "KML",         "GPX",
                                      "DXF",         "MapInfo File",
                                      "SQLite",      "OSM",
                                      "S57",         "DGN",
                                      "JML",         "MapML",
                                      "OGR_GMT",     "GeoRSS",
                                      "AVCE00",      "AVCBin",
                                      "Parquet",     "Arrow",
                                      "Geoconcept",  NULL};

bool io_driver_is_file(const char *name)
{
    return CSLFindString((CSLConstList)DRIVERS, name) >= 0;
}

/* Formats known by the ending of the name, for files whose content could not be read. */
static const char *format_of(const char *kind, const char *path)
{
    static const char *const endings[][2] = {
        {"geojson", "GeoJSON"}, {"json", "GeoJSON"}, {"gpkg", "GeoPackage"}, {"shp", "Shapefile"},
        {"shx", "Shapefile"},   {"dbf", "DBF"},      {"gdb", "FileGDB"},     {"fgb", "FlatGeobuf"},
        {"kml", "KML"},         {"kmz", "KMZ"},      {"gml", "GML"},         {"xlsx", "XLSX"},
        {"zip", "ZIP"},         {"mif", "MapInfo"},  {"tab", "MapInfo"},     {"dxf", "DXF"},
        {"sqlite", "SQLite"},   {"gpx", "GPX"}};
    const char *ending = CPLGetExtension(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (strcasecmp(ending, endings[i][0]) == 0) {
            return endings[i][1];
        }
    }
    return kind;
}

/* `others`: names of several files in the archive, one of which must be chosen. */
static gt_status open_failed(io_session *s, const char *path, const char *kind, const char *others)
{
    if (io_out_of_memory(s)) {
        return gt_fail(s->ctx, GT_E_LIMIT, &GT_MSG_IO_MEMORY, GT_NOWHERE,
                       GT_ARGS(GT_INT("limit", s->memory_limit >> 20)));
    }
    if (others[0] != '\0') {
        return gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_IO_ARCHIVE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("files", others)));
    }
    const char *reason = io_log_reason(s), *format = format_of(kind, path);
    if (format[0] != '\0' && access(path, R_OK) == 0) { /* a path into an archive may be wrong */
        return gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_IO_DAMAGED, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("format", format),
                               GT_TEXT("reason", reason[0] != '\0' ? reason : "?")));
    }
    return gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_IO_FORMAT, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("reason", reason[0] != '\0' ? reason : "?")));
}

static const char *const *open_options(const char *driver)
{
    static const char *const shape[] = {"ENCODING=", NULL}; /* text as it is: decoded here */
    static const char *const csv[] = {"KEEP_GEOM_COLUMNS=YES", "GEOM_POSSIBLE_NAMES=" IO_CSV_WKT,
                                      "X_POSSIBLE_NAMES=" IO_CSV_X, "Y_POSSIBLE_NAMES=" IO_CSV_Y,
                                      NULL};
    return strcmp(driver, "ESRI Shapefile") == 0 ? shape : strcmp(driver, "CSV") == 0 ? csv : NULL;
}

/* Opens by GDAL's name. */
static gt_status open_name(io_session *s, const gt_read_ask *ask, gt_text *name, io_dataset *out,
                           const char **known)
{
    const unsigned flags = GDAL_OF_VECTOR | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR;
    GDALDriverH driver = GDALIdentifyDriverEx(gt_text_cstr(name), GDAL_OF_VECTOR, DRIVERS, NULL);
    const char *kind = driver == NULL ? "" : GDALGetDriverShortName(driver);
    *known = kind;
    /* a database is read here and there, which in a packed stream means unpacking again and again
     */
    const bool database = strcmp(kind, "GPKG") == 0 || strcmp(kind, "SQLite") == 0;
    gt_status st = GT_OK;
    if (database && io_archive_is_inside(gt_text_cstr(name))) {
        st = io_archive_unpack(s, name, ask->temp_dir);
    }
    io_log_reset(s);
    if (st == GT_OK) {
        out->handle = GDALOpenEx(gt_text_cstr(name), flags, DRIVERS, open_options(kind), NULL);
    }
    return st;
}

gt_status io_dataset_open(io_session *s, const gt_read_ask *ask, io_dataset *out)
{
    gt_text name, others;
    const char *kind = "";
    memset(out, 0, sizeof *out);
    gt_text_init(&name, s->ctx, 0);
    gt_text_init(&others, s->ctx, 0);
    gt_status st = io_archive_name(s, ask->path, &name, &others);
    if (st == GT_OK) {
        st = open_name(s, ask, &name, out, &kind);
    }
    if (st == GT_OK && out->handle == NULL) {
        st = open_failed(s, ask->path, kind, gt_text_cstr(&others));
    }
    if (st == GT_OK) {
        out->driver = GDALGetDriverShortName(GDALGetDatasetDriver(out->handle));
    }
    gt_text_free(&name);
    gt_text_free(&others);
    return st;
}

void io_dataset_close(io_dataset *d)
{
    if (d->result != NULL) {
        GDALDatasetReleaseResultSet(d->handle, d->result);
    }
    if (d->handle != NULL) {
        GDALClose(d->handle);
    }
    memset(d, 0, sizeof *d);
}

/* ---- layers ---------------------------------------------------------------------------------- */

static void add_names(io_dataset *d, gt_text *out)
{
    enum { SHOWN = 30 };
    const int n = GDALDatasetGetLayerCount(d->handle);
    for (int i = 0; i < n && i < SHOWN; i++) {
        gt_text_puts(out, i == 0 ? "" : ", ");
        gt_text_puts(out, OGR_L_GetName(GDALDatasetGetLayer(d->handle, i)));
    }
    gt_text_puts(out, n > SHOWN ? ", ..." : "");
}

static gt_status no_layer(io_session *s, io_dataset *d, const char *name)
{
    gt_text names;
    gt_text_init(&names, s->ctx, 0);
    add_names(d, &names);
    const int n = GDALDatasetGetLayerCount(d->handle);
    gt_status st;
    if (n == 0) {
        st = gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_IO_LAYER_NONE, GT_NOWHERE, GT_NO_ARGS);
    } else if (name != NULL) {
        st = gt_fail(s->ctx, GT_E_NOT_FOUND, &GT_MSG_IO_LAYER_UNKNOWN, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("name", name), GT_TEXT("layers", gt_text_cstr(&names))));
    } else {
        st = gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_IO_LAYER_CHOICE, GT_NOWHERE,
                     GT_ARGS(GT_INT("count", n), GT_TEXT("layers", gt_text_cstr(&names))));
    }
    gt_text_free(&names);
    return st;
}

/* The OSM reader fills all its layers at once; the others must be told to stay empty. */
static void only_this_layer(io_dataset *d)
{
    if (strcmp(d->driver, "OSM") == 0) {
        char *sql = CPLStrdup(CPLSPrintf("SET interest_layers = %s", OGR_L_GetName(d->layer)));
        d->result = GDALDatasetExecuteSQL(d->handle, sql, NULL, NULL);
        CPLFree(sql);
    }
}

gt_status io_dataset_choose(io_session *s, io_dataset *d, const char *name)
{
    const int n = GDALDatasetGetLayerCount(d->handle);
    if (name != NULL) {
        d->layer = GDALDatasetGetLayerByName(d->handle, name);
    } else if (n == 1) {
        d->layer = GDALDatasetGetLayer(d->handle, 0);
    }
    if (d->layer == NULL) {
        return no_layer(s, d, name);
    }
    only_this_layer(d);
    io_log_reset(s);
    return GT_OK;
}

gt_geom_type io_geom_type(OGRwkbGeometryType type)
{
    const int flat = (int)OGR_GT_Flatten(type);
    return flat >= GT_POINT && flat <= GT_MULTIPOLYGON ? (gt_geom_type)flat : GT_GEOM_NONE;
}

gt_status io_dataset_list(io_session *s, const gt_read_ask *ask)
{
    gt_arena *arena = NULL;
    io_dataset d = {0};
    gt_status st = gt_arena_new(s->ctx, 0, &arena);
    if (st == GT_OK) {
        st = io_dataset_open(s, ask, &d);
    }
    if (st != GT_OK) {
        goto done;
    }
    const int n = GDALDatasetGetLayerCount(d.handle);
    gt_source_layer *layers = gt_arena_zalloc(arena, (size_t)n, sizeof *layers);
    st = layers == NULL ? GT_E_MEMORY : GT_OK;
    for (int i = 0; i < n && st == GT_OK; i++) {
        OGRLayerH l = GDALDatasetGetLayer(d.handle, i);
        OGRSpatialReferenceH srs = OGR_L_GetSpatialRef(l);
        const OGRwkbGeometryType type = OGR_L_GetGeomType(l);
        layers[i] =
            (gt_source_layer){.name = OGR_L_GetName(l),
                              .geom_type = io_geom_type(type),
                              .has_geometry = type != wkbNone,
                              .n_features = OGR_L_GetFeatureCount(l, FALSE),
                              .crs_name = srs == NULL ? NULL : OSRGetName(srs),
                              .n_fields = (size_t)OGR_FD_GetFieldCount(OGR_L_GetLayerDefn(l))};
    }
    if (st == GT_OK) {
        const gt_source_layers list = {.driver = d.driver, .layers = layers, .n_layers = (size_t)n};
        gt_wire_clear(&s->frame);
        gt_layers_put(&s->frame, &list);
        st = io_send(s, GT_FRAME_LAYERS);
    }
done:
    io_dataset_close(&d);
    gt_arena_free(arena);
    return st;
}
