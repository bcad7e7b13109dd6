#include "report/swatch.h"

#include <math.h>

#include "report/paint.h"

static void color(cairo_t *cr, gt_rgb c, double alpha)
{
    cairo_set_source_rgba(cr, c.r, c.g, c.b, alpha);
}

/* Steps of `gap` that begin within [from, to). */
static int steps(double from, double to, double gap)
{
    double n = ceil((to - from) / gap);
    return n < 0 ? 0 : n > 1000 ? 1000 : (int)n;
}

/* Parallel lines over the rectangle; slope +1 rises to the right. */
static void lines(cairo_t *cr, gt_rect r, double gap, int slope)
{
    double step = gap * 1.41421356237309504880;
    double from = -r.h + 0.5 * step;
    for (int i = 0; i < steps(from, r.w, step); i++) {
        double t = from + i * step;
        cairo_move_to(cr, r.x + t, slope > 0 ? r.y + r.h : r.y);
        cairo_line_to(cr, r.x + t + r.h, slope > 0 ? r.y : r.y + r.h);
    }
}

static void level(cairo_t *cr, gt_rect r, double gap)
{
    for (int i = 0; i < steps(0.5 * gap, r.h, gap); i++) {
        double y = r.y + (i + 0.5) * gap;
        cairo_move_to(cr, r.x, y);
        cairo_line_to(cr, r.x + r.w, y);
    }
}

static void dots(cairo_t *cr, gt_rect r, double gap, double radius)
{
    for (int i = 0; i < steps(0.5 * gap, r.h, gap); i++) {
        for (int j = 0; j < steps(0.5 * gap, r.w, gap); j++) {
            cairo_new_sub_path(cr);
            cairo_arc(cr, r.x + (j + 0.5) * gap, r.y + (i + 0.5) * gap, radius, 0,
                      6.283185307179586);
        }
    }
    cairo_fill(cr);
}

static void hatch(cairo_t *cr, const gt_map_style *s, gt_rgb c, gt_rect r, double unit)
{
    double gap = fmax(s->hatch_gap * unit, 1);
    color(cr, c, 1);
    cairo_set_line_width(cr, s->hatch_width * unit);
    switch (s->hatch) {
    case GT_HATCH_NONE:
        break;
    case GT_HATCH_UP:
        lines(cr, r, gap, 1);
        break;
    case GT_HATCH_DOWN:
        lines(cr, r, gap, -1);
        break;
    case GT_HATCH_CROSS:
        lines(cr, r, gap, 1);
        lines(cr, r, gap, -1);
        break;
    case GT_HATCH_LEVEL:
        level(cr, r, gap);
        break;
    case GT_HATCH_DOTS:
        dots(cr, r, gap, s->hatch_width * unit);
        break;
    }
    cairo_stroke(cr);
}

static void area(const gt_legend_row *row, gt_rect r, double unit, cairo_t *cr)
{
    const gt_map_style *s = &row->of->style;
    const gt_ink_paint *p = &row->paint->ink;
    cairo_save(cr);
    cairo_rectangle(cr, r.x, r.y, r.w, r.h);
    cairo_clip(cr);
    color(cr, p->color[row->class_number], s->fill_opacity);
    cairo_paint(cr);
    hatch(cr, s, p->hatch_color, r, unit);
    if (s->band != NULL && s->band_width > 0) {
        cairo_rectangle(cr, r.x, r.y, r.w, r.h);
        color(cr, p->band, s->band_opacity);
        cairo_set_line_width(cr, 2 * s->band_width * unit);
        cairo_stroke(cr);
    }
    cairo_restore(cr);
    cairo_rectangle(cr, r.x, r.y, r.w, r.h);
    bool outlined = s->stroke != NULL && s->stroke_width > 0;
    color(cr, outlined ? p->stroke : gt_rgb_of(0x000000), outlined ? 1 : 0.25);
    cairo_set_line_width(cr, outlined ? s->stroke_width * unit : 0.35 * unit);
    cairo_stroke(cr);
}

void gt_swatch_draw(const gt_legend_row *row, gt_rect r, double unit, cairo_t *cr)
{
    const gt_map_style *s = &row->of->style;
    const gt_ink_paint *p = &row->paint->ink;
    double y = r.y + 0.5 * r.h;
    if (row->area) {
        area(row, r, unit, cr);
    } else if (row->line) {
        if (s->band != NULL && s->band_width > 0) {
            cairo_move_to(cr, r.x, y);
            cairo_line_to(cr, r.x + r.w, y);
            color(cr, p->band, s->band_opacity);
            cairo_set_line_width(cr, s->band_width * unit);
            cairo_stroke(cr);
        }
        double dash[2] = {s->dash * unit, 0.6 * s->dash * unit};
        cairo_set_dash(cr, dash, s->dash > 0 ? 2 : 0, 0);
        cairo_move_to(cr, r.x, y);
        cairo_line_to(cr, r.x + r.w, y);
        bool by_class = row->class_number <= row->of->n_classes;
        color(cr, by_class ? p->color[row->class_number] : p->stroke, 1);
        cairo_set_line_width(cr, s->stroke_width * unit);
        cairo_stroke(cr);
        cairo_set_dash(cr, dash, 0, 0);
    } else {
        double radius = fmin(0.5 * s->point_size * unit, 0.5 * r.h);
        cairo_new_path(cr); /* text leaves a current point behind */
        cairo_arc(cr, r.x + 0.5 * r.w, y, radius, 0, 6.283185307179586);
        color(cr, p->color[row->class_number], s->fill_opacity);
        cairo_fill_preserve(cr);
        color(cr, p->stroke, s->stroke != NULL ? 1 : 0);
        cairo_set_line_width(cr, s->stroke_width * unit);
        cairo_stroke(cr);
    }
}
