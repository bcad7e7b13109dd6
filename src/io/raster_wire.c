#include "io/raster_wire.h"

#include <math.h>

static void put_box(gt_wire *w, const gt_box *b)
{
    gt_wire_f64(w, b->xmin);
    gt_wire_f64(w, b->ymin);
    gt_wire_f64(w, b->xmax);
    gt_wire_f64(w, b->ymax);
}

static gt_box get_box(gt_wire_in *in)
{
    gt_box b;
    b.xmin = gt_wire_get_f64(in);
    b.ymin = gt_wire_get_f64(in);
    b.xmax = gt_wire_get_f64(in);
    b.ymax = gt_wire_get_f64(in);
    return b;
}

void gt_raster_ask_put(gt_wire *w, const gt_raster_ask *a)
{
    gt_wire_text(w, a->path);
    gt_wire_text(w, a->crs);
    gt_wire_text(w, a->file_crs);
    gt_wire_text(w, a->temp_dir);
    gt_wire_i32(w, a->band);
    gt_wire_i32(w, a->n_cols);
    gt_wire_i32(w, a->n_rows);
    gt_wire_u8(w, a->has_box ? 1 : 0);
    put_box(w, &a->box);
    gt_wire_u8(w, (uint8_t)a->resample);
}

bool gt_raster_ask_get(gt_wire_in *in, gt_raster_ask *a)
{
    memset(a, 0, sizeof *a);
    a->path = gt_wire_get_text(in, NULL);
    a->crs = gt_wire_get_text(in, NULL);
    a->file_crs = gt_wire_get_text(in, NULL);
    a->temp_dir = gt_wire_get_text(in, NULL);
    a->band = gt_wire_get_i32(in);
    a->n_cols = gt_wire_get_i32(in);
    a->n_rows = gt_wire_get_i32(in);
    a->has_box = gt_wire_get_u8(in) != 0;
    a->box = get_box(in);
    const uint8_t resample = gt_wire_get_u8(in);
    in->bad = in->bad || a->path == NULL || a->temp_dir == NULL || resample > GT_RESAMPLE_AVERAGE;
    a->resample = in->bad ? GT_RESAMPLE_BILINEAR : (gt_resample)resample;
    return gt_wire_done(in);
}

void gt_raster_head_put(gt_wire *w, const gt_raster *r)
{
    gt_wire_i32(w, r->n_cols);
    gt_wire_i32(w, r->n_rows);
    put_box(w, &r->box);
    gt_wire_i32(w, r->crs_epsg);
    gt_wire_text(w, r->crs_wkt);
}

bool gt_raster_head_get(gt_wire_in *in, gt_raster *r)
{
    memset(r, 0, sizeof *r);
    r->n_cols = gt_wire_get_i32(in);
    r->n_rows = gt_wire_get_i32(in);
    r->box = get_box(in);
    r->crs_epsg = gt_wire_get_i32(in);
    r->crs_wkt = gt_wire_get_text(in, NULL);
    const bool fits = r->n_cols > 0 && r->n_cols <= GT_RASTER_SIDE && r->n_rows > 0 &&
                      r->n_rows <= GT_RASTER_SIDE &&
                      (int64_t)r->n_cols * r->n_rows <= GT_RASTER_CELLS;
    /* comparisons are false for NaN */
    const bool box = isfinite(r->box.xmin) && isfinite(r->box.ymin) && r->box.xmax > r->box.xmin &&
                     r->box.ymax > r->box.ymin && isfinite(r->box.xmax) && isfinite(r->box.ymax);
    in->bad = in->bad || !fits || !box;
    return gt_wire_done(in);
}
