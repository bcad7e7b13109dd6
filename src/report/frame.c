#include "report/frame.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double PI = 3.14159265358979323846;
static const double POINTS_PER_METRE = 72 / 0.0254; /* on paper */

static gt_face figure_face(const gt_look *look)
{
    return (gt_face){.size = 5.8 * look->factor, .lines = 1, .color = gt_rgb_of(0x6B6B66)};
}

double gt_grid_gutter(gt_map_grid grid, double factor)
{
    return grid == GT_GRID_NONE ? 1 : 10 * factor;
}

/* ---- figures ---- */

double gt_degree_step(double wanted)
{
    static const double steps[] = {10 * 3600, 5 * 3600, 2 * 3600, 3600, 1800, 1200, 600, 300,
                                   120,       60,       30,       20,   10,   5,    2,   1};
    const size_t n = sizeof steps / sizeof steps[0];
    for (size_t i = n; i-- > 0;) {
        if (steps[i] >= wanted * 3600 * 0.999) {
            return steps[i] / 3600;
        }
    }
    return steps[0] / 3600;
}

void gt_degree_text(double degrees, double step, bool longitude, char out[GT_NUMBER_TEXT])
{
    long seconds = lround(fabs(degrees) * 3600);
    const char *side = longitude ? (degrees < 0 ? "W" : "E") : (degrees < 0 ? "S" : "N");
    long d = seconds / 3600;
    long m = seconds / 60 % 60;
    if (step >= 1) {
        (void)snprintf(out, GT_NUMBER_TEXT, "%ld°%s", d, side);
    } else if (step >= 1.0 / 60) {
        (void)snprintf(out, GT_NUMBER_TEXT, "%ld°%02ld′%s", d, m, side);
    } else {
        (void)snprintf(out, GT_NUMBER_TEXT, "%ld°%02ld′%02ld″%s", d, m, seconds % 60, side);
    }
}

void gt_ratio_text(double per_metre, char out[GT_NUMBER_TEXT])
{
    double ratio = POINTS_PER_METRE / per_metre;
    double unit = pow(10, floor(log10(ratio)) - 2); /* three digits: paper is no better */
    char number[GT_NUMBER_TEXT];
    gt_number_format(unit >= 1 ? round(ratio / unit) * unit : ratio, unit >= 1 ? 0 : 2, number);
    (void)snprintf(out, GT_NUMBER_TEXT, "1:%.40s", number);
}

/* ---- grid lines ---- */

typedef struct grid {
    const gt_map_source *source;
    const gt_window *view;
    const gt_look *look;
    cairo_t *cr;
    double step; /* degrees, or metres */
    bool degrees;
} grid;

static void figure(const grid *g, const char *text, double x, double y, bool upright)
{
    gt_face face = figure_face(g->look);
    gt_extent size = gt_type_measure(g->look->type, &face, text);
    cairo_save(g->cr);
    cairo_translate(g->cr, x, y);
    if (!upright) {
        cairo_rotate(g->cr, -PI / 2);
    }
    gt_type_draw(g->look->type, g->cr, &face, text, -0.5 * size.w, -0.5 * size.h);
    cairo_restore(g->cr);
}

static void tick(const grid *g, double x, double y, double dx, double dy)
{
    double length = 3 * g->look->factor;
    cairo_set_source_rgb(g->cr, 0.35, 0.35, 0.34);
    cairo_set_line_width(g->cr, 0.5 * g->look->factor);
    cairo_move_to(g->cr, x, y);
    cairo_line_to(g->cr, x + dx * length, y + dy * length);
    cairo_stroke(g->cr);
}

/* A figure where a line leaves the frame; those that would stick out at a corner are left out. */
static void at_edge(const grid *g, const char *text, double x, double y, bool vertical)
{
    const gt_rect *f = &g->view->frame;
    double away = 0.5 * gt_grid_gutter(GT_GRID_AUTO, g->look->factor) + 0.3 * g->look->factor;
    double corner = 22 * g->look->factor;
    if (vertical) { /* a meridian: top and bottom */
        bool low = y > f->y + 0.5 * f->h;
        if (x > f->x + corner && x < f->x + f->w - corner) {
            tick(g, x, y, 0, low ? -1 : 1);
            figure(g, text, x, low ? f->y + f->h + away : f->y - away, true);
        }
    } else {
        bool right = x > f->x + 0.5 * f->w;
        if (y > f->y + corner && y < f->y + f->h - corner) {
            tick(g, x, y, right ? -1 : 1, 0);
            figure(g, text, right ? f->x + f->w + away : f->x - away, y, false);
        }
    }
}

/* Page position of a place; false where the projection does not reach. */
static bool project(const grid *g, double lon, double lat, double *x, double *y)
{
    double px = lon;
    double py = lat;
    if (!g->source->geographic) {
        gt_plane_forward(g->source->plane, lon * PI / 180, lat * PI / 180, &px, &py);
    }
    *x = gt_window_x(g->view, px);
    *y = gt_window_y(g->view, py);
    return isfinite(*x) && isfinite(*y) && fabs(*x) < 1e6 && fabs(*y) < 1e6;
}

/* One meridian (vertical) or parallel, as a polyline through the frame, with figures at its ends.
 */
static void degree_line(const grid *g, double value, double from, double to, bool vertical)
{
    enum { PIECES = 24 };
    const gt_rect *f = &g->view->frame;
    double x[PIECES + 1];
    double y[PIECES + 1];
    for (int i = 0; i <= PIECES; i++) {
        double t = from + (to - from) * i / PIECES;
        if (!project(g, vertical ? value : t, vertical ? t : value, &x[i], &y[i])) {
            return;
        }
    }
    cairo_save(g->cr);
    cairo_rectangle(g->cr, f->x, f->y, f->w, f->h);
    cairo_clip(g->cr);
    cairo_move_to(g->cr, x[0], y[0]);
    for (int i = 1; i <= PIECES; i++) {
        cairo_line_to(g->cr, x[i], y[i]);
    }
    cairo_set_source_rgba(g->cr, 0.30, 0.42, 0.52, 0.28);
    cairo_set_line_width(g->cr, 0.35 * g->look->factor);
    cairo_stroke(g->cr);
    cairo_restore(g->cr);
    char text[GT_NUMBER_TEXT];
    gt_degree_text(value, g->step, vertical, text);
    double edge[2] = {vertical ? f->y : f->x, vertical ? f->y + f->h : f->x + f->w};
    const double *along = vertical ? y : x;
    const double *across = vertical ? x : y;
    for (int e = 0; e < 2; e++) {
        for (int i = 0; i < PIECES; i++) {
            if ((along[i] < edge[e]) != (along[i + 1] < edge[e])) {
                double t = (edge[e] - along[i]) / (along[i + 1] - along[i]);
                double c = across[i] + t * (across[i + 1] - across[i]);
                at_edge(g, text, vertical ? c : edge[e], vertical ? edge[e] : c, vertical);
                break;
            }
        }
    }
}

/* Bounds of the frame in degrees; false when the plane does not reach there (checked by going
 * back). */
static bool degree_bounds(const grid *g, gt_box *out)
{
    const gt_box *b = &g->view->box;
    if (g->source->geographic) {
        *out = *b;
        return true;
    }
    *out = (gt_box){HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    for (int i = 0; i <= 8; i++) {
        for (int j = 0; j <= 8; j++) {
            double x = b->xmin + (b->xmax - b->xmin) * i / 8;
            double y = b->ymin + (b->ymax - b->ymin) * j / 8;
            double lon = 0;
            double lat = 0;
            double bx = 0;
            double by = 0;
            gt_plane_inverse(g->source->plane, x, y, &lon, &lat);
            gt_plane_forward(g->source->plane, lon, lat, &bx, &by);
            if (!(hypot(bx - x, by - y) < 1)) { /* a metre: beyond the reach of the series */
                return false;
            }
            out->xmin = fmin(out->xmin, lon * 180 / PI);
            out->xmax = fmax(out->xmax, lon * 180 / PI);
            out->ymin = fmin(out->ymin, lat * 180 / PI);
            out->ymax = fmax(out->ymax, lat * 180 / PI);
        }
    }
    return out->xmax - out->xmin < 60 && out->ymax - out->ymin < 60;
}

static bool draw_degrees(grid *g)
{
    gt_box b;
    if (!degree_bounds(g, &b)) {
        return false;
    }
    double wanted = 95 * g->look->factor; /* points between lines */
    double per_point_lat = (b.ymax - b.ymin) / g->view->frame.h;
    double per_point_lon = (b.xmax - b.xmin) / g->view->frame.w;
    g->step = gt_degree_step(wanted * fmax(per_point_lat, per_point_lon));
    double pad_lat = 0.02 * (b.ymax - b.ymin);
    double pad_lon = 0.02 * (b.xmax - b.xmin);
    const int most = 200;
    int n = 0;
    for (double k = ceil(b.xmin / g->step); k * g->step <= b.xmax && n < most; k++, n++) {
        degree_line(g, k * g->step, b.ymin - pad_lat, b.ymax + pad_lat, true);
    }
    for (double k = ceil(b.ymin / g->step); k * g->step <= b.ymax && n < most; k++, n++) {
        degree_line(g, k * g->step, b.xmin - pad_lon, b.xmax + pad_lon, false);
    }
    return true;
}

static void metre_text(double value, double step, char out[GT_NUMBER_TEXT])
{
    char number[GT_NUMBER_TEXT];
    if (step >= 1000) {
        gt_number_format(value / 1000, 0, number);
        (void)snprintf(out, GT_NUMBER_TEXT, "%.40s km", number);
        return;
    }
    gt_number_format(value, step >= 1 ? 0 : step >= 0.1 ? 1 : 2, out);
}

static void cross(const grid *g, double x, double y)
{
    double arm = 3 * g->look->factor;
    cairo_move_to(g->cr, x - arm, y);
    cairo_line_to(g->cr, x + arm, y);
    cairo_move_to(g->cr, x, y - arm);
    cairo_line_to(g->cr, x, y + arm);
}

static void draw_metres(grid *g)
{
    const gt_window *v = g->view;
    double wanted = 95 * g->look->factor / v->ky;
    g->step = gt_round_below(wanted * 1.6);
    const gt_box *b = &v->box;
    char text[GT_NUMBER_TEXT];
    const int most = 100;
    double x0 = ceil(b->xmin / g->step);
    double y0 = ceil(b->ymin / g->step);
    for (int i = 0; i < most && (x0 + i) * g->step <= b->xmax; i++) {
        double x = gt_window_x(v, (x0 + i) * g->step);
        for (int j = 0; j < most && (y0 + j) * g->step <= b->ymax; j++) {
            cross(g, x, gt_window_y(v, (y0 + j) * g->step));
        }
        cairo_set_source_rgba(g->cr, 0.25, 0.35, 0.45, 0.55);
        cairo_set_line_width(g->cr, 0.4 * g->look->factor);
        cairo_stroke(g->cr);
        metre_text((x0 + i) * g->step, g->step, text);
        at_edge(g, text, x, v->frame.y, true);
        at_edge(g, text, x, v->frame.y + v->frame.h, true);
    }
    for (int j = 0; j < most && (y0 + j) * g->step <= b->ymax; j++) {
        double y = gt_window_y(v, (y0 + j) * g->step);
        metre_text((y0 + j) * g->step, g->step, text);
        at_edge(g, text, v->frame.x, y, false);
        at_edge(g, text, v->frame.x + v->frame.w, y, false);
    }
}

gt_status gt_grid_draw(gt_ctx *ctx, const gt_map_source *source, const gt_window *view,
                       gt_map_grid kind, const gt_look *look, cairo_t *cr)
{
    grid g = {.source = source, .view = view, .look = look, .cr = cr};
    bool placed = source->geographic || source->plane != NULL;
    double metres = view->frame.w / view->per_metre;
    const double wide = 20000; /* metres: below, districts work in metres */
    switch (kind) {
    case GT_GRID_NONE:
        return GT_OK;
    case GT_GRID_DEGREES:
        g.degrees = placed;
        break;
    case GT_GRID_METRES:
        g.degrees = source->geographic;
        break;
    case GT_GRID_AUTO:
        g.degrees = source->geographic || (placed && metres > wide);
        break;
    }
    if (!g.degrees || !draw_degrees(&g)) {
        if (!source->geographic) {
            draw_metres(&g);
        }
    }
    return gt_check_cancel(ctx);
}

/* ---- scale bar ---- */

static gt_face bar_face(const gt_look *look)
{
    return (gt_face){.size = 6.2 * look->factor, .lines = 1, .color = gt_rgb_of(0x33332F)};
}

static void bar_number(double metres, double whole, char out[GT_NUMBER_TEXT])
{
    gt_number_format(whole >= 1000 ? metres / 1000 : metres, 0, out);
    double shown = whole >= 1000 ? metres / 1000 : metres;
    if (shown != floor(shown)) {
        gt_number_format(shown, shown * 10 == floor(shown * 10) ? 1 : 2, out);
    }
}

void gt_scale_bar_plan(const gt_window *view, const gt_look *look, gt_scale_bar *out)
{
    double f = look->factor;
    double most = fmin(120 * f, 0.4 * view->frame.w);
    double metres = gt_round_below(most / view->per_metre);
    double lead = metres / pow(10, floor(log10(metres) + 1e-9));
    memset(out, 0, sizeof *out);
    out->metres = metres;
    out->length = metres * view->per_metre;
    out->parts = lead > 4 ? 5 : lead > 1.5 ? 4 : 2;
    char number[GT_NUMBER_TEXT];
    bar_number(metres, metres, number);
    (void)snprintf(out->end, sizeof out->end, "%.40s %s", number, metres >= 1000 ? "km" : "m");
    gt_ratio_text(view->per_metre, out->ratio);
    gt_face face = bar_face(look);
    gt_extent end = gt_type_measure(look->type, &face, out->end);
    gt_extent ratio = gt_type_measure(look->type, &face, out->ratio);
    double pad = 5 * f;
    /* the last figure is centred on the end of the bar and sticks out by half */
    double w = fmax(out->length + 0.5 * end.w + 0.5 * f, ratio.w) + 2 * pad;
    double h = 2 * end.h + 4.5 * f + pad;
    double inset = 6 * f;
    out->rect = (gt_rect){view->frame.x + inset, view->frame.y + view->frame.h - inset - h, w, h};
}

static void plate(cairo_t *cr, gt_rect r, double alpha)
{
    cairo_rectangle(cr, r.x, r.y, r.w, r.h);
    cairo_set_source_rgba(cr, 1, 1, 1, alpha);
    cairo_fill(cr);
}

void gt_scale_bar_draw(const gt_scale_bar *bar, const gt_look *look, cairo_t *cr)
{
    double f = look->factor;
    gt_face face = bar_face(look);
    plate(cr, bar->rect, 0.8);
    double x = bar->rect.x + 5 * f;
    gt_extent line = gt_type_measure(look->type, &face, bar->ratio);
    gt_type_draw(look->type, cr, &face, bar->ratio, x, bar->rect.y + 2 * f);
    double y = bar->rect.y + 2 * f + line.h + 1 * f;
    double high = 2.6 * f;
    for (int i = 0; i < bar->parts; i++) {
        double shade = i % 2 == 0 ? 0.2 : 1;
        cairo_rectangle(cr, x + bar->length * i / bar->parts, y, bar->length / bar->parts, high);
        cairo_set_source_rgb(cr, shade, shade, shade);
        cairo_fill(cr);
    }
    cairo_rectangle(cr, x, y, bar->length, high);
    cairo_set_source_rgb(cr, 0.2, 0.2, 0.19);
    cairo_set_line_width(cr, 0.5 * f);
    cairo_stroke(cr);
    char middle[GT_NUMBER_TEXT];
    bar_number(bar->metres / 2, bar->metres, middle);
    const char *figures[3] = {"0", middle, bar->end};
    for (int i = 0; i < 3; i++) {
        gt_extent size = gt_type_measure(look->type, &face, figures[i]);
        double at = x + bar->length * i / 2 - (i == 0 ? 0 : 0.5 * size.w);
        gt_type_draw(look->type, cr, &face, figures[i], at, y + high + 0.6 * f);
    }
}

/* ---- north arrow ---- */

gt_rect gt_north_plan(const gt_window *view, const gt_look *look)
{
    double f = look->factor;
    double inset = 6 * f;
    double w = 22 * f;
    return (gt_rect){view->frame.x + view->frame.w - inset - w, view->frame.y + inset, w, 46 * f};
}

void gt_north_draw(gt_rect r, const gt_look *look, cairo_t *cr)
{
    double f = look->factor;
    gt_face face = {.size = 8 * f, .bold = true, .lines = 1, .color = gt_rgb_of(0x33332F)};
    const char *text = gt_word_of(GT_WORD_NORTH, look->lang);
    gt_extent size = gt_type_measure(look->type, &face, text);
    double x = r.x + 0.5 * r.w;
    plate(cr, r, 0.8);
    gt_type_draw(look->type, cr, &face, text, x - size.ink_x - 0.5 * size.ink_w,
                 r.y + 3.5 * f - size.ink_y);
    double top = r.y + 3.5 * f + size.ink_h + 2.5 * f;
    double low = r.y + r.h - 4 * f;
    double half = 6 * f;
    double notch = low - 6 * f;
    for (int side = -1; side <= 1; side += 2) {
        cairo_move_to(cr, x, top);
        cairo_line_to(cr, x + side * half, low);
        cairo_line_to(cr, x, notch);
        cairo_close_path(cr);
        double shade = side < 0 ? 0.2 : 1;
        cairo_set_source_rgb(cr, shade, shade, shade);
        cairo_fill_preserve(cr);
        cairo_set_source_rgb(cr, 0.2, 0.2, 0.19);
        cairo_set_line_width(cr, 0.6 * f);
        cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
        cairo_stroke(cr);
    }
}
