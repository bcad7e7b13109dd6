#include "report/stage.h"

#include <math.h>
#include <string.h>

#include "report/messages.h"

size_t gt_stage_least(gt_canvas_kind kind, int width, int height, double frame_w, double frame_h,
                      double px)
{
    size_t page = 0;
    switch (kind) {
    case GT_CANVAS_PNG:
        page = (size_t)width * (size_t)height * 4;
        break;
    case GT_CANVAS_PDF:
    case GT_CANVAS_SVG: /* the ground image, and cairo's own copy of it until the end */
        page = (size_t)ceil(frame_w * px) * (size_t)ceil(frame_h * px) * 8;
        break;
    }
    return page + gt_gather_least(frame_w, frame_h, px) + ((size_t)4 << 20);
}

gt_status gt_stage_budget(gt_ctx *ctx, size_t least, size_t *budget)
{
    const size_t most = (size_t)512 << 20;
    size_t ceiling = gt_ctx_memory_ceiling(ctx);
    if (ceiling == 0) {
        *budget = most;
        return GT_OK;
    }
    size_t used = gt_ctx_memory_used(ctx);
    size_t left = ceiling > used ? ceiling - used : 0;
    if (least > left) {
        const size_t mib = (size_t)1 << 20;
        return gt_fail(
            ctx, GT_E_LIMIT, &GT_MSG_MAP_TOO_LARGE, GT_NOWHERE,
            GT_ARGS(GT_INT("need", (least + mib - 1) / mib), GT_INT("left", left / mib)));
    }
    /* what is left after the least may make the ink finer; outlines and labels need some of it */
    size_t spare = (left - least) / 2;
    *budget = spare < most ? spare : most;
    *budget = *budget == 0 ? 1 : *budget;
    return GT_OK;
}

static void settle(void *user)
{
    gt_stage_settle(user);
}

gt_status gt_stage_begin(gt_ctx *ctx, gt_canvas *canvas, const gt_window *view, double factor,
                         double fade, size_t budget, gt_rgb paper, gt_stage *out)
{
    double px = gt_canvas_px(canvas);
    cairo_t *page = gt_canvas_cr(canvas);
    *out = (gt_stage){.ctx = ctx, .view = view, .page = page};
    out->pen = (gt_pen){.lines = page, .px = px, .factor = factor, .fade = fade, .budget = budget};
    if (gt_canvas_kind_get(canvas) == GT_CANVAS_PNG) {
        out->pen.ground = cairo_reference(page);
        out->pen.ground_x = round(view->frame.x * px);
        out->pen.ground_y = round(view->frame.y * px);
    } else {
        int w = (int)lrint(view->frame.w * px);
        int h = (int)lrint(view->frame.h * px);
        out->pixels = gt_zalloc(ctx, (size_t)w * (size_t)h, 4);
        if (out->pixels == NULL) {
            return GT_E_MEMORY;
        }
        out->image =
            cairo_image_surface_create_for_data(out->pixels, CAIRO_FORMAT_ARGB32, w, h, w * 4);
        out->pen.ground = cairo_create(out->image);
        out->pen.before_lines = settle;
        out->pen.user = out;
        out->pen.dirty = &out->dirty;
        out->dirty = true;
    }
    cairo_t *cr = out->pen.ground;
    cairo_save(cr);
    cairo_set_source_rgb(cr, paper.r, paper.g, paper.b);
    if (out->image == NULL) {
        cairo_rectangle(cr, view->frame.x, view->frame.y, view->frame.w, view->frame.h);
        cairo_fill(cr);
    } else {
        cairo_paint(cr);
    }
    cairo_restore(cr);
    return gt_cairo_check(ctx, cairo_status(cr));
}

void gt_stage_settle(gt_stage *stage)
{
    if (stage->image == NULL || !stage->dirty) {
        return;
    }
    cairo_t *page = stage->page;
    const gt_rect *f = &stage->view->frame;
    cairo_save(page);
    cairo_translate(page, f->x, f->y);
    cairo_scale(page, 1 / stage->pen.px, 1 / stage->pen.px);
    cairo_set_source_surface(page, stage->image, 0, 0);
    cairo_paint(page);
    cairo_restore(page);
    /* from here on it is a transparent sheet above what is on the page */
    cairo_save(stage->pen.ground);
    cairo_set_operator(stage->pen.ground, CAIRO_OPERATOR_CLEAR);
    cairo_paint(stage->pen.ground);
    cairo_restore(stage->pen.ground);
    stage->dirty = false;
}

gt_status gt_stage_end(gt_stage *stage)
{
    gt_stage_settle(stage);
    gt_status st = gt_cairo_check(stage->ctx, cairo_status(stage->page));
    if (st == GT_OK) {
        st = gt_cairo_check(stage->ctx, cairo_status(stage->pen.ground));
    }
    gt_stage_drop(stage);
    return st;
}

void gt_stage_drop(gt_stage *stage)
{
    if (stage->pen.ground != NULL) {
        cairo_destroy(stage->pen.ground);
    }
    if (stage->image != NULL) {
        cairo_surface_finish(stage->image);
        cairo_surface_destroy(stage->image);
    }
    if (stage->ctx != NULL) {
        gt_free(stage->ctx, stage->pixels);
    }
    *stage = (gt_stage){0};
}
