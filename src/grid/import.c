/* Foreign rasters to grids, through guotu-io. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grid/internal.h"
#include "grid/messages.h"

/* Whole numbers above this are not all float32. */
#define EXACT_F32 16777216.0

void gt_grid_import_options_init(gt_grid_import_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->resample = GT_RESAMPLE_NEAREST;
    options->type = GT_CELL_F32;
}

static gt_status read_raster(gt_ctx *ctx, const char *from, const gt_grid_import_options *o,
                             gt_raster **out)
{
    gt_raster_options r;
    gt_raster_options_init(&r);
    r.band = o->band;
    r.crs = o->crs;
    r.file_crs = o->file_crs;
    r.resample = o->resample;
    if (o->like != NULL) {
        const gt_grid_spec *s = &o->like->spec;
        r.crs = s->crs;
        r.has_box = true;
        r.box = gt_grid_box(o->like);
        r.n_cols = (int)s->n_cols;
        r.n_rows = (int)s->n_rows;
    }
    return gt_raster_read(ctx, from, &r, out);
}

static gt_status check_exact(gt_ctx *ctx, const char *from, const gt_raster *r, gt_cell type)
{
    bool real = type == GT_CELL_F32 || type == GT_CELL_F64;
    double most = fmax(fabs((double)r->min), fabs((double)r->max));
    if (real || r->n_valid == 0 || most <= EXACT_F32) {
        return GT_OK;
    }
    char value[40];
    (void)snprintf(value, sizeof value, "%.0f", most);
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_VALUE_RANGE, GT_PLACE(.file = from),
                   GT_ARGS(GT_TEXT("value", value), GT_INT("col", -1), GT_INT("row", -1),
                           GT_TEXT("type", "float32")));
}

static gt_status write_rows(gt_ctx *ctx, const gt_raster *r, gt_grid *g)
{
    gt_status st = GT_OK;
    for (int row = 0; st == GT_OK && row < r->n_rows; row += GT_GRID_TILE) {
        int rows = r->n_rows - row < GT_GRID_TILE ? r->n_rows - row : GT_GRID_TILE;
        const gt_window w = {0, row, r->n_cols, rows};
        st = gt_grid_write(ctx, g, &w, GT_CELL_F32, r->cells + (size_t)row * (size_t)r->n_cols,
                           (size_t)r->n_cols);
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    return st;
}

gt_status gt_grid_import(gt_ctx *ctx, const char *from, const gt_grid_import_options *options,
                         const char *to)
{
    gt_grid_import_options o;
    gt_raster *raster = NULL;
    gt_grid *grid = NULL;
    gt_grid_spec spec;
    char epsg[24];
    gt_grid_import_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    gt_status st = read_raster(ctx, from, &o, &raster);
    st = st == GT_OK ? check_exact(ctx, from, raster, o.type) : st;
    if (st == GT_OK) {
        gt_grid_spec_init(&spec);
        (void)snprintf(epsg, sizeof epsg, "EPSG:%d", raster->crs_epsg);
        spec.n_cols = raster->n_cols;
        spec.n_rows = raster->n_rows;
        spec.x_west = raster->box.xmin;
        spec.y_north = raster->box.ymax;
        spec.cell_x = (raster->box.xmax - raster->box.xmin) / raster->n_cols;
        spec.cell_y = (raster->box.ymax - raster->box.ymin) / raster->n_rows;
        spec.crs = raster->crs_epsg > 0 ? epsg : raster->crs_wkt;
        spec.type = o.type;
        spec.packing = o.packing;
        st = gt_grid_create(ctx, to, &spec, &grid);
    }
    st = st == GT_OK ? write_rows(ctx, raster, grid) : st;
    st = st == GT_OK ? gt_grid_finish(ctx, grid) : st;
    gt_fail_at(ctx, GT_PLACE(.file = from));
    gt_grid_close(ctx, grid);
    gt_raster_free(ctx, raster);
    return st;
}

gt_status gt_grid_open_any(gt_ctx *ctx, const char *path, const char *scratch_dir, gt_grid **out)
{
    char to[4096];
    gt_status st = gt_grid_open(ctx, path, out);
    if (st != GT_E_INPUT || (strcmp(gt_error_id(ctx), "grid.not-tiff") != 0 &&
                             strcmp(gt_error_id(ctx), "grid.foreign") != 0)) {
        return st;
    }
    gt_error_clear(ctx);
    const char *tmp = scratch_dir != NULL ? scratch_dir : getenv("TMPDIR");
    (void)snprintf(to, sizeof to, "%s/guotu-grid-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    int fd = mkstemp(to);
    if (fd < 0) {
        return gt_fail_errno(ctx, errno, "create", to);
    }
    (void)close(fd);
    st = gt_grid_import(ctx, path, NULL, to);
    st = st == GT_OK ? gt_grid_open(ctx, to, out) : st;
    (void)unlink(to); /* what is open stays readable; nothing is left, however the program ends */
    if (st != GT_OK) {
        return st;
    }
    /* messages name the file the user gave */
    char *given = gt_strdup(ctx, path);
    if (given == NULL) {
        gt_grid_close(ctx, *out);
        *out = NULL;
        return GT_E_MEMORY;
    }
    gt_free(ctx, (*out)->path);
    (*out)->path = given;
    return GT_OK;
}
