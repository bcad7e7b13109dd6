#include "guotu/raster.h"

#include <math.h>

#include "io/batch.h"
#include "io/info.h"
#include "io/messages.h"
#include "io/process.h"
#include "io/raster_wire.h"
#include "io/source.h"

void gt_raster_options_init(gt_raster_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

static gt_status check_options(gt_ctx *ctx, const char *path, const gt_raster_options *o)
{
    const bool side = o->n_cols >= 0 && o->n_rows >= 0 && o->n_cols <= GT_RASTER_SIDE &&
                      o->n_rows <= GT_RASTER_SIDE &&
                      (int64_t)o->n_cols * o->n_rows <= GT_RASTER_CELLS;
    const bool box = !o->has_box || (isfinite(o->box.xmin) && isfinite(o->box.ymin) &&
                                     isfinite(o->box.xmax) && isfinite(o->box.ymax) &&
                                     o->box.xmax > o->box.xmin && o->box.ymax > o->box.ymin);
    if (side && box && o->band >= 0) {
        return gt_io_check_path(ctx, path);
    }
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_IO_RASTER_ASK, GT_PLACE(.file = path),
                   GT_ARGS(GT_INT("cols", o->n_cols), GT_INT("rows", o->n_rows),
                           GT_REAL("width", o->box.xmax - o->box.xmin),
                           GT_REAL("height", o->box.ymax - o->box.ymin)));
}

static gt_status send_ask(gt_ctx *ctx, gt_process *process, const char *path,
                          const gt_raster_options *o)
{
    gt_wire wire;
    gt_wire_init(&wire, ctx);
    const gt_raster_ask a = {.path = path,
                             .crs = o->crs,
                             .file_crs = o->file_crs,
                             .temp_dir = gt_process_temp_dir(process),
                             .band = o->band == 0 ? 1 : o->band,
                             .n_cols = o->n_cols,
                             .n_rows = o->n_rows,
                             .has_box = o->has_box,
                             .box = o->box,
                             .resample = o->resample};
    gt_wire_u8(&wire, GT_TASK_RASTER);
    gt_raster_ask_put(&wire, &a);
    gt_status st = gt_process_send(ctx, process, GT_FRAME_ASK, &wire);
    gt_wire_free(&wire);
    return st;
}

static gt_status take_head(gt_ctx *ctx, gt_process *process, gt_raster *r)
{
    gt_frame type = GT_FRAME_ERROR;
    uint8_t *payload = NULL;
    size_t len = 0;
    gt_raster head;
    gt_status st = gt_process_receive(ctx, process, &type, &payload, &len);
    if (st != GT_OK) {
        return st;
    }
    gt_wire_in in = {.data = payload, .len = len};
    if (type != GT_FRAME_RASTER || !gt_raster_head_get(&in, &head)) {
        return gt_io_nonsense(ctx, "raster head");
    }
    char *wkt = head.crs_wkt == NULL ? NULL : gt_strdup(ctx, head.crs_wkt);
    if (head.crs_wkt != NULL && wkt == NULL) {
        return GT_E_MEMORY;
    }
    *r = head;
    r->crs_wkt = wkt;
    r->cells = gt_alloc(ctx, (size_t)head.n_cols * (size_t)head.n_rows, sizeof *r->cells);
    return r->cells == NULL ? GT_E_MEMORY : GT_OK;
}

static gt_status take_cells(gt_ctx *ctx, gt_process *process, gt_raster *r)
{
    const size_t row = (size_t)r->n_cols * sizeof *r->cells, all = row * (size_t)r->n_rows;
    size_t at = 0;
    gt_status st = GT_OK;
    while (st == GT_OK) {
        gt_frame type = GT_FRAME_ERROR;
        uint8_t *payload = NULL;
        size_t len = 0;
        st = gt_process_receive(ctx, process, &type, &payload, &len);
        if (st != GT_OK || (type == GT_FRAME_END && at == all)) {
            break;
        }
        if (type != GT_FRAME_PIXELS || len == 0 || len % row != 0 || len > all - at) {
            return gt_io_nonsense(ctx, "raster rows");
        }
        memcpy((uint8_t *)r->cells + at, payload, len);
        at += len;
    }
    return st;
}

/* Counts, and lets no infinity through. */
static void measure(gt_raster *r)
{
    const size_t n = (size_t)r->n_cols * (size_t)r->n_rows;
    r->min = r->max = NAN;
    r->n_valid = 0;
    for (size_t i = 0; i < n; i++) {
        const float v = r->cells[i];
        if (!isfinite(v)) {
            r->cells[i] = NAN;
            continue;
        }
        r->min = r->n_valid == 0 || v < r->min ? v : r->min;
        r->max = r->n_valid == 0 || v > r->max ? v : r->max;
        r->n_valid++;
    }
}

gt_status gt_raster_read(gt_ctx *ctx, const char *path, const gt_raster_options *options,
                         gt_raster **out)
{
    gt_raster_options o;
    gt_raster_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    const gt_process_limits limits = {.memory = o.memory_limit,
                                      .cpu_s = gt_io_time_limit(path, o.time_limit_s)};
    gt_process *process = NULL;
    gt_raster *r = gt_zalloc(ctx, 1, sizeof *r);
    if (r == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = check_options(ctx, path, &o);
    if (st == GT_OK) {
        st = gt_process_start(ctx, path, &limits, &process);
    }
    if (st == GT_OK) {
        st = send_ask(ctx, process, path, &o);
    }
    if (st == GT_OK) {
        st = take_head(ctx, process, r);
    }
    if (st == GT_OK) {
        st = take_cells(ctx, process, r);
    }
    gt_process_stop(process);
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = path));
        gt_raster_free(ctx, r);
        return st;
    }
    measure(r);
    *out = r;
    return GT_OK;
}

void gt_raster_free(gt_ctx *ctx, gt_raster *r)
{
    if (r != NULL) {
        gt_free(ctx, r->cells);
        gt_free(ctx, (void *)(uintptr_t)r->crs_wkt);
        gt_free(ctx, r);
    }
}

float gt_raster_at(const gt_raster *r, double x, double y)
{
    const double col = (x - r->box.xmin) / (r->box.xmax - r->box.xmin) * r->n_cols;
    const double row = (r->box.ymax - y) / (r->box.ymax - r->box.ymin) * r->n_rows;
    if (!(col >= 0 && col < r->n_cols && row >= 0 && row < r->n_rows)) {
        return NAN;
    }
    return r->cells[(size_t)row * (size_t)r->n_cols + (size_t)col];
}
