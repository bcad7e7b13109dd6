/* Foreign rasters: read through guotu-io and kept as a plain grid. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grid/internal.h"
#include "grid/messages.h"
#include "guotu/raster.h"

static gt_status keep(gt_ctx *ctx, const gt_raster *r, const char *path)
{
    gt_grid_spec spec;
    gt_grid *g = NULL;
    gt_grid_spec_init(&spec);
    spec.n_cols = r->n_cols;
    spec.n_rows = r->n_rows;
    spec.x_west = r->box.xmin;
    spec.y_north = r->box.ymax;
    spec.cell_x = (r->box.xmax - r->box.xmin) / r->n_cols;
    spec.cell_y = (r->box.ymax - r->box.ymin) / r->n_rows;
    char code[32];
    (void)snprintf(code, sizeof code, "EPSG:%d", r->crs_epsg);
    spec.crs = r->crs_epsg > 0 ? code : r->crs_wkt;
    const gt_window all = {0, 0, r->n_cols, r->n_rows};
    gt_status st = gt_grid_create(ctx, path, &spec, &g);
    if (st == GT_OK) {
        st = gt_grid_write(ctx, g, &all, GT_CELL_F32, r->cells, (size_t)r->n_cols);
    }
    if (st == GT_OK) {
        st = gt_grid_finish(ctx, g);
    }
    gt_grid_close(ctx, g);
    return st;
}

gt_status gt_grid_open_any(gt_ctx *ctx, const char *path, const char *scratch_dir, gt_grid **out)
{
    gt_status st = gt_grid_open(ctx, path, out);
    if (st != GT_E_INPUT || (strcmp(gt_error_id(ctx), GT_MSG_GRID_FOREIGN.id) != 0 &&
                             strcmp(gt_error_id(ctx), GT_MSG_GRID_NOT_TIFF.id) != 0)) {
        return st;
    }
    gt_error_clear(ctx);
    gt_raster_options o;
    gt_raster *r = NULL;
    char copy[4096];
    const char *tmp = scratch_dir != NULL ? scratch_dir : getenv("TMPDIR");
    (void)snprintf(copy, sizeof copy, "%s/guotu-grid-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    gt_raster_options_init(&o);
    o.resample = GT_RESAMPLE_NEAREST;
    st = gt_raster_read(ctx, path, &o, &r);
    if (st != GT_OK) {
        return st;
    }
    int fd = mkstemp(copy);
    if (fd < 0) {
        st = gt_fail_errno(ctx, errno, "create", copy);
    } else {
        (void)close(fd);
        st = keep(ctx, r, copy);
    }
    gt_raster_free(ctx, r);
    if (st == GT_OK) {
        st = gt_grid_open(ctx, copy, out);
    }
    if (st == GT_OK) {
        (*out)->remove_at_close = true;
    } else if (fd >= 0) {
        (void)unlink(copy);
    }
    return st;
}
