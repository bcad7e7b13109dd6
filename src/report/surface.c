#include "report/surface.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/canvas.h"
#include "report/messages.h"

enum { STOPS = 16, TICKS = 9, TEXT = 160 };

static const unsigned NO_CLASS = 0xD9D9D6, PAPER = 0xF1F2EF;
static const double TYPE = 7.4, ROW = 12.6, HEAD = 19.0; /* points, as the legend of layers */

typedef struct colours {
    gt_rgb stop[STOPS];
    size_t n;
    gt_rgb class_color[GT_MAP_SURFACE_CLASSES];
} colours;

static size_t count_stops(const gt_map_surface *s)
{
    size_t n = 0;
    while (s->ramp != NULL && n < STOPS && s->ramp[n] != NULL) {
        n++;
    }
    return n;
}

static gt_status parse(gt_ctx *ctx, const gt_map_surface *s, colours *out)
{
    gt_status st = GT_OK;
    out->n = count_stops(s);
    for (size_t i = 0; st == GT_OK && i < out->n; i++) {
        st = gt_rgb_parse(ctx, s->ramp[i], gt_rgb_of(NO_CLASS), "surface", &out->stop[i]);
    }
    for (size_t i = 0; st == GT_OK && i < s->n_classes; i++) {
        st = gt_rgb_parse(ctx, s->classes[i].color, gt_rgb_of(NO_CLASS), "surface",
                          &out->class_color[i]);
    }
    return st;
}

gt_status gt_surface_check(gt_ctx *ctx, const gt_map_surface *s)
{
    colours parsed;
    bool shape = s->values != NULL && s->rows > 0 && s->cols > 0 && s->box.xmin < s->box.xmax &&
                 s->box.ymin < s->box.ymax;
    bool classed = s->n_classes > 0 && s->n_classes <= GT_MAP_SURFACE_CLASSES;
    bool ramped = s->n_classes == 0 && count_stops(s) >= 2 && isfinite(s->low) &&
                  isfinite(s->high) && s->low < s->high;
    if (!shape || (!classed && !ramped)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MAP_BAD_SURFACE, GT_NOWHERE, GT_NO_ARGS);
    }
    return parse(ctx, s, &parsed);
}

/* ---- the ground ---- */

static gt_rgb ramp_color(const colours *c, double t)
{
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    double at = t * (double)(c->n - 1);
    size_t i = (size_t)fmin(floor(at), (double)(c->n - 2));
    return gt_rgb_mix(c->stop[i], c->stop[i + 1], at - (double)i);
}

static gt_rgb class_color(const gt_map_surface *s, const colours *c, double v)
{
    for (size_t i = 0; i < s->n_classes; i++) {
        if (v == s->class_values[i]) {
            return c->class_color[i];
        }
    }
    return gt_rgb_of(NO_CLASS);
}

static double cell_at(const gt_map_surface *s, int row, int col)
{
    bool inside = row >= 0 && col >= 0 && row < s->rows && col < s->cols;
    return inside ? (double)s->values[(size_t)row * (size_t)s->cols + (size_t)col] : (double)NAN;
}

/* Value at a place in cells from the north west. Where cells are larger than pixels a ramp is
 * smoothed between centres; not beside nodata, whose edge stays that of the cells. */
static double value_at(const gt_map_surface *s, double x, double y, bool smooth)
{
    double nearest = cell_at(s, (int)floor(y), (int)floor(x));
    if (!smooth || isnan(nearest)) {
        return nearest;
    }
    int col = (int)floor(x - 0.5), row = (int)floor(y - 0.5);
    double u = x - 0.5 - col, v = y - 0.5 - row;
    double mixed = (1 - v) * ((1 - u) * cell_at(s, row, col) + u * cell_at(s, row, col + 1)) +
                   v * ((1 - u) * cell_at(s, row + 1, col) + u * cell_at(s, row + 1, col + 1));
    return isnan(mixed) ? nearest : mixed;
}

static uint32_t pixel_of(gt_rgb c)
{
    uint32_t r = (uint32_t)lrint(c.r * 255), g = (uint32_t)lrint(c.g * 255),
             b = (uint32_t)lrint(c.b * 255);
    return UINT32_C(0xFF000000) | r << 16 | g << 8 | b;
}

static void draw_row(const gt_map_surface *s, const colours *c, const gt_window *view, double px,
                     int j, int w, uint32_t *out)
{
    double kx = s->cols / (s->box.xmax - s->box.xmin), ky = s->rows / (s->box.ymax - s->box.ymin);
    double y = (s->box.ymax - (view->box.ymax - (j + 0.5) / px / view->ky)) * ky;
    bool smooth = s->n_classes == 0 && px * view->kx > kx;
    for (int i = 0; i < w; i++) {
        double x = (view->box.xmin + (i + 0.5) / px / view->kx - s->box.xmin) * kx;
        bool inside = x >= 0 && y >= 0 && x < s->cols && y < s->rows;
        double v = inside ? value_at(s, x, y, smooth) : (double)NAN;
        if (isnan(v)) {
            out[i] = 0;
        } else if (s->n_classes > 0) {
            out[i] = pixel_of(class_color(s, c, v));
        } else {
            out[i] = pixel_of(ramp_color(c, (v - s->low) / (s->high - s->low)));
        }
    }
}

gt_status gt_surface_draw(gt_ctx *ctx, const gt_map_surface *s, const gt_window *view,
                          const gt_pen *pen)
{
    int w = (int)lrint(view->frame.w * pen->px), h = (int)lrint(view->frame.h * pen->px);
    colours c;
    gt_status st = parse(ctx, s, &c);
    uint32_t *pixels = st == GT_OK ? gt_alloc(ctx, (size_t)w * (size_t)h, sizeof *pixels) : NULL;
    if (st == GT_OK && pixels == NULL) {
        st = GT_E_MEMORY;
    }
    for (int j = 0; st == GT_OK && j < h; j++) {
        draw_row(s, &c, view, pen->px, j, w, pixels + (size_t)j * (size_t)w);
        st = gt_check_cancel(ctx);
    }
    if (st == GT_OK) {
        cairo_surface_t *image = cairo_image_surface_create_for_data(
            (unsigned char *)pixels, CAIRO_FORMAT_ARGB32, w, h, w * 4);
        st = gt_cairo_check(ctx, cairo_surface_status(image));
        gt_pen_place(pen, image, NULL, CAIRO_OPERATOR_OVER);
        cairo_surface_finish(image);
        cairo_surface_destroy(image);
    }
    gt_free(ctx, pixels);
    return st;
}

/* ---- the legend ---- */

size_t gt_surface_ticks(const gt_map_surface *s, double *ticks, size_t most)
{
    size_t n = 0;
    double step = s->step > 0 ? s->step : (s->high - s->low) / 4;
    while (floor((s->high - s->low) / step + 1e-9) + 1 > (double)most) {
        step *= 2;
    }
    for (double k = ceil(s->low / step - 1e-9); n < most && k * step <= s->high + 1e-9 * step;
         k++) {
        ticks[n++] = k * step;
    }
    return n;
}

double gt_surface_legend_height(const gt_map_surface *s, double factor)
{
    double rows = (double)s->n_classes + (s->holes ? 1 : 0);
    double ramp = s->n_classes == 0 ? 28 : 0;
    return (HEAD + ROW + ramp + rows * ROW + 6) * factor;
}

static void write_at(const gt_look *look, cairo_t *cr, const gt_face *face, const char *text,
                     double x, double middle)
{
    gt_extent e = gt_type_measure(look->type, face, text);
    gt_type_draw(look->type, cr, face, text, x, middle - 0.5 * e.h);
}

static void swatch(cairo_t *cr, gt_rect r, gt_rgb color, double unit)
{
    cairo_rectangle(cr, r.x, r.y, r.w, r.h);
    cairo_set_source_rgb(cr, color.r, color.g, color.b);
    cairo_fill_preserve(cr);
    cairo_set_source_rgb(cr, 0.55, 0.55, 0.52);
    cairo_set_line_width(cr, 0.4 * unit);
    cairo_stroke(cr);
}

/* What decimals tell one step from the next. */
static int digits_of(double step)
{
    double size = fabs(step);
    int digits = 0;
    while (digits < 6 && fabs(size * pow(10, digits) - round(size * pow(10, digits))) > 1e-6) {
        digits++;
    }
    return digits;
}

static void tick_text(const gt_map_surface *s, double v, double step, char out[GT_NUMBER_TEXT + 8])
{
    char number[GT_NUMBER_TEXT];
    double near = 1e-6 * step;
    gt_number_format(fabs(v) < near ? 0 : v, digits_of(step), number);
    const char *sign = v <= s->low + near && s->below    ? "≤"
                       : v >= s->high - near && s->above ? "≥"
                                                         : "";
    (void)snprintf(out, GT_NUMBER_TEXT + 8, "%s%s", sign, number);
}

static void draw_ramp(const gt_map_surface *s, const colours *c, const gt_look *look, gt_rect r,
                      double unit, cairo_t *cr)
{
    double wide = fmin(r.w - 14 * unit, 170 * unit), high = 9 * unit, x = r.x + 7 * unit;
    double ticks[TICKS];
    cairo_pattern_t *p = cairo_pattern_create_linear(x, 0, x + wide, 0);
    for (size_t i = 0; i < c->n; i++) {
        cairo_pattern_add_color_stop_rgb(p, (double)i / (double)(c->n - 1), c->stop[i].r,
                                         c->stop[i].g, c->stop[i].b);
    }
    cairo_rectangle(cr, x, r.y, wide, high);
    cairo_set_source(cr, p);
    cairo_fill_preserve(cr);
    cairo_pattern_destroy(p);
    cairo_set_source_rgb(cr, 0.45, 0.45, 0.42);
    cairo_set_line_width(cr, 0.5 * unit);
    cairo_stroke(cr);
    size_t n = gt_surface_ticks(s, ticks, wide < 110 * unit ? 4 : 6);
    double step = n > 1 ? ticks[1] - ticks[0] : s->high - s->low;
    const gt_face face = {.size = 6.6 * unit, .lines = 1, .color = gt_rgb_of(0x3A3A36)};
    for (size_t i = 0; i < n; i++) {
        char text[GT_NUMBER_TEXT + 8];
        double at = x + wide * (ticks[i] - s->low) / (s->high - s->low);
        tick_text(s, ticks[i], step, text);
        gt_extent e = gt_type_measure(look->type, &face, text);
        gt_type_draw(look->type, cr, &face, text, at - 0.5 * e.w, r.y + high + 2.5 * unit);
        cairo_move_to(cr, at, r.y + high);
        cairo_line_to(cr, at, r.y + high + 2.2 * unit);
        cairo_stroke(cr);
    }
}

static void class_figures(const gt_map_surface *s, size_t i, double total, const gt_look *look,
                          double right, double middle, double unit, cairo_t *cr)
{
    char text[GT_NUMBER_TEXT];
    const gt_face face = {.size = TYPE * unit, .lines = 1, .color = gt_rgb_of(0x55554F)};
    double m2 = s->class_m2 == NULL ? (double)NAN : s->class_m2[i];
    if (!(total > 0) || isnan(m2)) {
        return;
    }
    gt_share_format(m2 / total, text);
    gt_extent e = gt_type_measure(look->type, &face, text);
    write_at(look, cr, &face, text, right - e.w, middle);
    gt_number_short(m2 / 1e6, text);
    e = gt_type_measure(look->type, &face, text);
    write_at(look, cr, &face, text, right - 36 * unit - e.w, middle);
}

static double draw_classes(const gt_map_surface *s, const colours *c, const gt_look *look,
                           gt_rect r, double unit, cairo_t *cr)
{
    double total = 0, y = r.y, figures = s->class_m2 != NULL ? 76 * unit : 0;
    gt_face face = {.size = TYPE * unit,
                    .lines = 1,
                    .width = r.w - 19 * unit - figures,
                    .align = -1,
                    .color = gt_rgb_of(0x3A3A36)};
    for (size_t i = 0; s->class_m2 != NULL && i < s->n_classes; i++) {
        total += isnan(s->class_m2[i]) ? 0 : s->class_m2[i];
    }
    for (size_t i = 0; i < s->n_classes; i++, y += ROW * unit) {
        double middle = y + 0.5 * ROW * unit;
        swatch(cr, (gt_rect){r.x, middle - 4.2 * unit, 15 * unit, 8.4 * unit}, c->class_color[i],
               unit);
        write_at(look, cr, &face, gt_title_in(s->classes[i].title, look->lang), r.x + 19 * unit,
                 middle);
        class_figures(s, i, total, look, r.x + r.w, middle, unit, cr);
    }
    return y;
}

/* Name with its unit, and the heads of the columns of classes. */
static void draw_head(const gt_map_surface *s, const gt_look *look, gt_rect r, double unit,
                      cairo_t *cr)
{
    char text[TEXT];
    bool zh = look->lang == GT_LANG_ZH, figures = s->class_m2 != NULL && s->n_classes > 0;
    const char *name = gt_title_in(s->title, look->lang);
    bool plain = s->unit == NULL || strcmp(s->unit, "1") == 0;
    (void)snprintf(text, sizeof text,
                   plain ? "%.100s"
                   : zh  ? "%.100s（%.40s）"
                         : "%.100s (%.40s)",
                   name, plain ? "" : s->unit);
    const gt_face word = {
        .size = 9.2 * unit, .bold = true, .lines = 1, .color = gt_rgb_of(0x2E2E2A)};
    gt_type_draw(look->type, cr, &word, gt_word_of(GT_WORD_LEGEND, look->lang), r.x,
                 r.y - 3 * unit);
    cairo_move_to(cr, r.x, r.y + (HEAD - 4.5) * unit);
    cairo_line_to(cr, r.x + r.w, r.y + (HEAD - 4.5) * unit);
    cairo_set_source_rgb(cr, 0.78, 0.77, 0.74);
    cairo_set_line_width(cr, 0.5 * unit);
    cairo_stroke(cr);
    gt_face title = {.size = 7.8 * unit,
                     .bold = true,
                     .lines = 1,
                     .width = r.w,
                     .align = -1,
                     .color = gt_rgb_of(0x2E2E2A)};
    double middle = r.y + (HEAD + 0.35 * ROW) * unit;
    for (int i = 0; i < 5 && gt_type_measure(look->type, &title, text).cut; i++) {
        title.size *= 0.95; /* a long name is set smaller before it is cut */
    }
    write_at(look, cr, &title, text, r.x, middle);
    if (figures) { /* heads of the columns, on the line of the word */
        middle = r.y + 6 * unit;
        const gt_face small = {.size = 6.2 * unit, .lines = 1, .color = gt_rgb_of(0x55554F)};
        const char *share = gt_word_of(GT_WORD_SHARE, look->lang), *area = zh ? "平方公里" : "km²";
        gt_extent e = gt_type_measure(look->type, &small, share);
        write_at(look, cr, &small, share, r.x + r.w - e.w, middle);
        e = gt_type_measure(look->type, &small, area);
        write_at(look, cr, &small, area, r.x + r.w - 36 * unit - e.w, middle);
    }
}

gt_status gt_surface_legend_draw(gt_ctx *ctx, const gt_map_surface *s, const gt_look *look,
                                 gt_rect r, cairo_t *cr, double *took)
{
    colours c;
    double need = gt_surface_legend_height(s, look->factor);
    double unit = look->factor * fmin(1, r.h / need);
    size_t none = s->n_classes;
    gt_status st = parse(ctx, s, &c);
    if (st != GT_OK) {
        return st;
    }
    draw_head(s, look, r, unit, cr);
    double y = r.y + (HEAD + ROW) * unit;
    gt_rect body = {r.x, y, r.w, r.h - (y - r.y)};
    if (none > 0) {
        y = draw_classes(s, &c, look, body, unit, cr);
    } else {
        draw_ramp(s, &c, look, body, unit, cr);
        y += 28 * unit;
    }
    if (s->holes) {
        const gt_face face = {.size = TYPE * unit, .lines = 1, .color = gt_rgb_of(0x3A3A36)};
        double middle = y + 0.5 * ROW * unit;
        swatch(cr, (gt_rect){r.x, middle - 4.2 * unit, 15 * unit, 8.4 * unit}, gt_rgb_of(PAPER),
               unit);
        write_at(look, cr, &face, look->lang == GT_LANG_ZH ? "无值" : "No data", r.x + 19 * unit,
                 middle);
        y += ROW * unit;
    }
    *took = y + 6 * unit - r.y;
    return GT_OK;
}
