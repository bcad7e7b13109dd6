#include "raster_reader.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <gdal.h>
#include <gdal_utils.h>
#include <math.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <stdlib.h>

#include "archive.h"
#include "dataset.h"
#include "guard.h"
#include "guotu/arena.h"
#include "guotu/crs.h"
#include "io/batch.h"
#include "io/messages.h"
#include "io/raster_wire.h"

/* Formats that are files. */
static const char *const RASTERS[] = {
    "GTiff", "HFA",      "AAIGrid", "SRTMHGT", "PNG",         "JPEG", "GPKG", "ENVI",
    "EHdr",  "USGSDEM",  "netCDF",  "BMP",     "XYZ",         "RST",  "SAGA", "GSAG",
    "GSBG",  "PCRaster", "MBTiles", "GIF",     "JP2OpenJPEG", NULL};

typedef struct raster_job {
    io_session *session;
    gt_raster_ask ask;
    gt_crs *file_crs, *crs;  /* NULL: none */
    GDALDatasetH file, band; /* the file; a view of the one band */
    GDALDatasetH result;     /* warped, in memory */
} raster_job;

static gt_status not_raster(raster_job *j)
{
    const char *reason = io_log_reason(j->session);
    if (io_out_of_memory(j->session)) {
        return gt_fail(j->session->ctx, GT_E_LIMIT, &GT_MSG_IO_MEMORY, GT_NOWHERE,
                       GT_ARGS(GT_INT("limit", j->session->memory_limit >> 20)));
    }
    return gt_fail(j->session->ctx, GT_E_INPUT, &GT_MSG_IO_RASTER_FORMAT, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("reason", reason[0] != '\0' ? reason : "?")));
}

/* ---- the file -------------------------------------------------------------------------------- */

static gt_status open_file(raster_job *j)
{
    gt_text name, others;
    double place[6];
    gt_text_init(&name, j->session->ctx, 0);
    gt_text_init(&others, j->session->ctx, 0);
    gt_status st = io_archive_name(j->session, j->ask.path, &name, &others);
    io_log_reset(j->session);
    if (st == GT_OK) {
        j->file = GDALOpenEx(gt_text_cstr(&name),
                             GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, RASTERS,
                             NULL, NULL);
    }
    gt_text_free(&name);
    gt_text_free(&others);
    if (st != GT_OK || j->file == NULL) {
        return st != GT_OK ? st : not_raster(j);
    }
    const int n = GDALGetRasterCount(j->file);
    if (j->ask.band < 1 || j->ask.band > n) {
        return gt_fail(j->session->ctx, GT_E_INPUT, &GT_MSG_IO_BAND, GT_NOWHERE,
                       GT_ARGS(GT_INT("count", n), GT_INT("band", j->ask.band)));
    }
    if (GDALGetGeoTransform(j->file, place) != CE_None && GDALGetGCPCount(j->file) == 0) {
        return gt_fail(j->session->ctx, GT_E_INPUT, &GT_MSG_IO_RASTER_PLACE, GT_NOWHERE,
                       GT_NO_ARGS);
    }
    return GT_OK;
}

/* Which CRS the file is in: what the caller says, else what the file says. */
static gt_status find_crs(raster_job *j)
{
    gt_ctx *ctx = j->session->ctx;
    gt_status st = j->ask.file_crs != NULL
                       ? gt_crs_new(ctx, j->ask.file_crs, &j->file_crs)
                       : io_crs_of(ctx, GDALGetSpatialRef(j->file), &j->file_crs);
    if (st == GT_OK && j->ask.crs != NULL) {
        st = gt_crs_new(ctx, j->ask.crs, &j->crs);
    }
    if (st == GT_OK && j->crs != NULL && j->file_crs == NULL) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_IO_NO_CRS, GT_NOWHERE, GT_NO_ARGS);
    }
    io_log_reset(j->session);
    return st;
}

/* ---- warping --------------------------------------------------------------------------------- */

/* The band alone, with scale and offset applied, as floating point. */
static gt_status view_band(raster_job *j)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%d", j->ask.band);
    const char *const args[] = {"-of", "VRT", "-b", number, "-ot", "Float32", "-unscale", NULL};
    GDALTranslateOptions *o = GDALTranslateOptionsNew((char **)(void *)args, NULL);
    int misuse = 0;
    j->band = o == NULL ? NULL : GDALTranslate("", j->file, o, &misuse);
    GDALTranslateOptionsFree(o);
    return j->band == NULL ? not_raster(j) : GT_OK;
}

static const char *resample_name(gt_resample r)
{
    switch (r) {
    case GT_RESAMPLE_BILINEAR:
        return "bilinear";
    case GT_RESAMPLE_NEAREST:
        return "near";
    case GT_RESAMPLE_AVERAGE:
        return "average";
    }
    return "bilinear";
}

static char **add(char **list, const char *flag, double value)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%.17g", value);
    list = flag == NULL ? list : CSLAddString(list, flag);
    return CSLAddString(list, text);
}

static char **warp_arguments(const raster_job *j)
{
    const gt_raster_ask *a = &j->ask;
    static const char *const fixed[] = {"-of",        "MEM", "-ot",      "Float32",
                                        "-dstnodata", "nan", "-novshift"};
    char **args = NULL;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        args = CSLAddString(args, fixed[i]);
    }
    args = CSLAddString(CSLAddString(args, "-r"), resample_name(a->resample));
    if (j->file_crs != NULL) {
        const gt_crs *to = j->crs != NULL ? j->crs : j->file_crs;
        args = CSLAddString(CSLAddString(args, "-s_srs"), gt_crs_wkt(j->file_crs));
        args = CSLAddString(CSLAddString(args, "-t_srs"), gt_crs_wkt(to));
    }
    if (a->has_box) {
        args = add(args, "-te", a->box.xmin);
        args = add(add(add(args, NULL, a->box.ymin), NULL, a->box.xmax), NULL, a->box.ymax);
    }
    if (a->n_cols != 0 || a->n_rows != 0) {
        args = add(add(args, "-ts", a->n_cols), NULL, a->n_rows);
    }
    return args;
}

static gt_status warp(raster_job *j)
{
    char **args = warp_arguments(j);
    GDALWarpAppOptions *o = GDALWarpAppOptionsNew(args, NULL);
    int misuse = 0;
    io_log_reset(j->session);
    j->result = o == NULL ? NULL : GDALWarp("", NULL, 1, &j->band, o, &misuse);
    GDALWarpAppOptionsFree(o);
    CSLDestroy(args);
    if (j->result == NULL || j->session->log.failures > 0) {
        return not_raster(j);
    }
    const int64_t cols = GDALGetRasterXSize(j->result), rows = GDALGetRasterYSize(j->result);
    if (cols > GT_RASTER_SIDE || rows > GT_RASTER_SIDE || cols * rows > GT_RASTER_CELLS) {
        return gt_fail(j->session->ctx, GT_E_USAGE, &GT_MSG_IO_RASTER_ASK, GT_NOWHERE,
                       GT_ARGS(GT_INT("cols", cols), GT_INT("rows", rows), GT_REAL("width", 0),
                               GT_REAL("height", 0)));
    }
    return GT_OK;
}

/* ---- answer ---------------------------------------------------------------------------------- */

static gt_status send_head(raster_job *j)
{
    double g[6];
    const gt_crs *crs = j->crs != NULL ? j->crs : j->file_crs;
    if (GDALGetGeoTransform(j->result, g) != CE_None) {
        return not_raster(j);
    }
    const int cols = GDALGetRasterXSize(j->result), rows = GDALGetRasterYSize(j->result);
    const gt_raster head = {
        .n_cols = cols,
        .n_rows = rows,
        .box = {.xmin = g[0], .ymin = g[3] + g[5] * rows, .xmax = g[0] + g[1] * cols, .ymax = g[3]},
        .crs_wkt = crs == NULL ? NULL : gt_crs_wkt(crs),
        .crs_epsg = crs == NULL ? 0 : gt_crs_epsg(crs)};
    gt_wire_clear(&j->session->frame);
    gt_raster_head_put(&j->session->frame, &head);
    return io_send(j->session, GT_FRAME_RASTER);
}

static gt_status send_rows(raster_job *j)
{
    enum { FRAME_CELLS = 256 * 1024 };
    io_session *s = j->session;
    const int cols = GDALGetRasterXSize(j->result), rows = GDALGetRasterYSize(j->result);
    const int step = cols < FRAME_CELLS ? FRAME_CELLS / cols : 1;
    GDALRasterBandH band = GDALGetRasterBand(j->result, 1);
    gt_status st = GT_OK;
    for (int row = 0; row < rows && st == GT_OK; row += step) {
        const int n = rows - row < step ? rows - row : step;
        gt_wire_clear(&s->frame);
        uint8_t *to = gt_wire_more(&s->frame, (size_t)n * (size_t)cols * sizeof(float));
        if (to == NULL) {
            return gt_wire_status(&s->frame);
        }
        if (GDALRasterIO(band, GF_Read, 0, row, cols, n, to, cols, n, GDT_Float32, 0, 0) !=
            CE_None) {
            return not_raster(j);
        }
        st = io_send(s, GT_FRAME_PIXELS);
    }
    if (st == GT_OK) {
        gt_wire_clear(&s->frame);
        gt_wire_i64(&s->frame, rows);
        st = io_send(s, GT_FRAME_END);
    }
    return st;
}

gt_status io_raster(io_session *s, gt_wire_in *in)
{
    raster_job j = {.session = s};
    gt_status st = gt_raster_ask_get(in, &j.ask) ? GT_OK : gt_io_nonsense(s->ctx, "ask");
    if (st == GT_OK) {
        io_guard_files(&s->watch, j.ask.path, (const char *const[]){j.ask.temp_dir, NULL});
        (void)setenv("TMPDIR", j.ask.temp_dir, 1);
        st = open_file(&j);
    }
    if (st == GT_OK) {
        st = find_crs(&j);
    }
    if (st == GT_OK) {
        st = view_band(&j);
    }
    if (st == GT_OK) {
        st = warp(&j);
    }
    if (st == GT_OK) {
        st = send_head(&j);
    }
    if (st == GT_OK) {
        st = send_rows(&j);
    }
    GDALClose(j.result);
    GDALClose(j.band);
    GDALClose(j.file);
    gt_crs_free(s->ctx, j.crs);
    gt_crs_free(s->ctx, j.file_crs);
    return st;
}
