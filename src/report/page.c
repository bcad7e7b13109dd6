#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/legend.h"

static const double A4 = 595.28 * 841.89; /* square points */

double gt_page_factor(double w, double h)
{
    return fmin(3, fmax(0.6, sqrt(w * h / A4)));
}

gt_rect gt_align(gt_rect r, double px)
{
    double x0 = ceil(r.x * px - 1e-6);
    double y0 = ceil(r.y * px - 1e-6);
    double x1 = floor((r.x + r.w) * px + 1e-6);
    double y1 = floor((r.y + r.h) * px + 1e-6);
    return (gt_rect){x0 / px, y0 / px, fmax(x1 - x0, 1) / px, fmax(y1 - y0, 1) / px};
}

/* Adds as much of text as fits, whole characters only. */
static void append(char *to, size_t room, const char *text)
{
    size_t used = strlen(to);
    size_t len = strlen(text);
    if (len > room - 1 - used) {
        len = room - 1 - used;
        while (len > 0 && ((unsigned char)text[len] & 0xC0U) == 0x80U) {
            len--;
        }
    }
    memcpy(to + used, text, len);
    to[used + len] = '\0';
}

void gt_warning_add(gt_title title, gt_lang lang, char *out, size_t room)
{
    bool zh = lang == GT_LANG_ZH;
    bool first = out[0] == '\0';
    append(out, room, first ? gt_word_of(GT_WORD_GENERATED, lang) : "");
    append(out, room, first ? (zh ? "：" : ": ") : (zh ? "、" : ", "));
    append(out, room, gt_title_in(title, lang));
}

void gt_warning_text(const gt_map_options *o, char *out, size_t room)
{
    enum { MOST_NAMES = 6 }; /* what fits on two lines; the legend marks every layer */
    int generated = 0, all = 0;
    out[0] = '\0';
    if (o->surface != NULL && o->surface->origin == GT_ORIGIN_GENERATED) {
        generated++;
        all++;
        gt_warning_add(o->surface->title, o->lang, out, room);
    }
    for (size_t i = 0; i < o->n_layers; i++) {
        bool made = o->layers[i].origin == GT_ORIGIN_GENERATED;
        bool counts = !o->layers[i].hide_legend;
        if (made && ++generated <= MOST_NAMES) {
            gt_warning_add(o->layers[i].title, o->lang, out, room);
        }
        all += counts || made ? 1 : 0;
    }
    if (generated > MOST_NAMES) {
        char count[80];
        if (o->lang == GT_LANG_ZH) {
            (void)snprintf(count, sizeof count, "共 %d 个图层，其中 %d 个", all, generated);
        } else {
            (void)snprintf(count, sizeof count, "%d of %d layers", generated, all);
        }
        out[0] = '\0';
        gt_warning_add((gt_title){count, count}, o->lang, out, room);
    }
}

static void faces(gt_page *p)
{
    double f = p->factor;
    p->title = (gt_face){
        .size = 17 * f, .bold = true, .align = -1, .lines = 1, .color = gt_rgb_of(0x23231F)};
    p->subtitle = (gt_face){.size = 9 * f, .align = -1, .lines = 2, .color = gt_rgb_of(0x66665F)};
    p->warning = (gt_face){
        .size = 7.6 * f, .bold = true, .align = -1, .lines = 2, .color = gt_rgb_of(0x7A4A00)};
    p->note = (gt_face){.size = 6.4 * f, .align = -1, .lines = 4, .color = gt_rgb_of(0x77776F)};
    p->foot = p->note;
    p->foot.align = 1;
    p->foot.lines = 1;
}

/* Shrinks the title to one line down to 70 %, then lets it wrap to two. */
static double fit_title(gt_type *type, gt_face *face, const char *text, double width)
{
    double full = face->size;
    gt_extent e = {0};
    face->width = width;
    for (int step = 0; step <= 6; step++) {
        face->size = full * (1 - 0.05 * step);
        e = gt_type_measure(type, face, text);
        if (!e.cut) {
            return e.h;
        }
    }
    face->lines = 2;
    return gt_type_measure(type, face, text).h;
}

/* Height of a text set in `width`; 0 for none. */
static double fit(gt_type *type, gt_face *face, const char *text, double width)
{
    face->width = width;
    return gt_type_measure(type, face, text).h;
}

static double plan_head(gt_page *p, const gt_map_options *o, gt_type *type, double margin)
{
    double f = p->factor;
    double y = margin * 0.8;
    double wide = p->w - 2 * margin;
    const char *title = gt_title_in(o->title, o->lang);
    const char *subtitle = gt_title_in(o->subtitle, o->lang);
    if (title[0] != '\0') {
        double high = fit_title(type, &p->title, title, wide);
        p->slot[GT_SLOT_TITLE] = (gt_rect){margin, y, wide, high};
        y += high;
    }
    if (subtitle[0] != '\0') {
        double high = fit(type, &p->subtitle, subtitle, wide);
        p->slot[GT_SLOT_SUBTITLE] = (gt_rect){margin, y, wide, high};
        y += high;
    }
    y += y > margin ? 4 * f : 0;
    if (p->warning_text[0] != '\0') {
        double inset = 19 * f; /* the sign */
        double high = fit(type, &p->warning, p->warning_text, wide - inset - 6 * f);
        p->slot[GT_SLOT_WARNING] = (gt_rect){margin, y, wide, high + 5 * f};
        y += high + 5 * f + 4 * f;
    }
    return y;
}

static double plan_foot(gt_page *p, const gt_map_options *o, const gt_map_source *source,
                        gt_type *type, double margin)
{
    double f = p->factor;
    double wide = p->w - 2 * margin;
    double bottom = p->h - 0.7 * margin;
    double high = 0;
    (void)snprintf(p->foot_text, sizeof p->foot_text, "%.150s",
                   source->crs_name == NULL ? "" : source->crs_name);
    double foot_width = 0;
    if (p->foot_text[0] != '\0') {
        gt_face free_face = p->foot;
        free_face.width = 0;
        gt_extent e = gt_type_measure(type, &free_face, p->foot_text);
        foot_width = fmin(e.w + 1, 0.45 * wide);
        high = e.h;
        p->foot.width = foot_width;
        p->slot[GT_SLOT_FOOT] =
            (gt_rect){margin + wide - foot_width, bottom - high, foot_width, high};
    }
    const char *note = gt_title_in(o->note, o->lang);
    if (note[0] != '\0') {
        double room = wide - (foot_width > 0 ? foot_width + 12 * f : 0);
        double note_high = fit(type, &p->note, note, room);
        p->slot[GT_SLOT_NOTE] = (gt_rect){margin, bottom - note_high, room, note_high};
        high = fmax(high, note_high);
    }
    return bottom - high - (high > 0 ? 4 * f : 0);
}

/* Frame and panel share what is left between y0 and y1. */
static void plan_body(gt_page *p, const gt_map_options *o, double margin, double y0, double y1)
{
    double f = p->factor;
    double wide = p->w - 2 * margin;
    double g = p->gutter;
    bool legend = !o->no_legend;
    bool locator = o->locator >= 0;
    gt_rect body = {margin, y0, wide, fmax(y1 - y0, 10)};
    gt_rect panel = {0};
    double gap = 12 * f;
    if ((legend || locator) && p->portrait) {
        panel = body;
        double most = (locator ? 0.22 : 0.3) * body.h;
        double guess = legend ? gt_legend_guess(o, panel.w, f) : most;
        panel.h = locator ? most : fmin(guess, most);
        panel.y = body.y + body.h - panel.h;
        body.h -= panel.h + gap;
    } else if (legend || locator) {
        panel = body;
        panel.w = fmin(fmax(0.23 * p->w, 120 * f), 0.4 * p->w);
        panel.x = body.x + body.w - panel.w;
        panel.y += g;
        panel.h -= 2 * g;
        body.w -= panel.w + gap;
    }
    gt_rect frame = {body.x + g, body.y + g, fmax(body.w - 2 * g, 10), fmax(body.h - 2 * g, 10)};
    p->slot[GT_SLOT_FRAME] = gt_align(frame, p->px);
    if (locator) {
        gt_rect r = panel;
        if (p->portrait) {
            r.w = legend ? fmin(panel.h * 1.1, 0.35 * panel.w) : panel.w;
            r.x = panel.x + panel.w - r.w;
            panel.w -= r.w + gap;
        } else {
            r.h = legend ? fmin(0.85 * panel.w, 0.3 * panel.h) : panel.w;
            r.y = panel.y + panel.h - r.h;
            panel.h -= r.h + gap;
        }
        p->slot[GT_SLOT_LOCATOR] = gt_align(r, p->px);
    }
    if (legend) {
        p->slot[GT_SLOT_LEGEND] = panel;
    }
}

void gt_page_plan(const gt_map_options *o, const gt_map_source *source, gt_type *type, gt_page *out)
{
    memset(out, 0, sizeof *out);
    out->px = o->dpi / 72;
    out->w = o->width / out->px;
    out->h = o->height / out->px;
    out->factor = gt_page_factor(out->w, out->h);
    out->portrait = out->h > 1.1 * out->w;
    out->gutter = gt_grid_gutter(o->grid, out->factor);
    double margin = 20 * out->factor;
    faces(out);
    gt_warning_text(o, out->warning_text, sizeof out->warning_text);
    double top = plan_head(out, o, type, margin);
    double bottom = plan_foot(out, o, source, type, margin);
    plan_body(out, o, margin, top, bottom);
}

static void draw_in(gt_type *type, cairo_t *cr, const gt_face *face, const char *text, gt_rect r)
{
    if (r.w > 0) {
        gt_type_draw(type, cr, face, text, r.x, r.y);
    }
}

/* A picture of generated data must not be taken for a survey. */
void gt_warning_draw(gt_type *type, cairo_t *cr, const gt_face *face, const char *text, gt_rect r,
                     double f)
{
    cairo_rectangle(cr, r.x, r.y, r.w, r.h);
    cairo_set_source_rgb(cr, 1.0, 0.945, 0.80);
    cairo_fill(cr);
    cairo_rectangle(cr, r.x, r.y, 2.5 * f, r.h);
    cairo_set_source_rgb(cr, 0.90, 0.62, 0.0);
    cairo_fill(cr);
    double x = r.x + 12 * f;
    double y = r.y + 0.5 * r.h;
    double side = 4.6 * f;
    cairo_move_to(cr, x, y - side);
    cairo_line_to(cr, x + 1.15 * side, y + 0.85 * side);
    cairo_line_to(cr, x - 1.15 * side, y + 0.85 * side);
    cairo_close_path(cr);
    cairo_set_source_rgb(cr, 0.90, 0.62, 0.0);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(cr, 1 * f);
    cairo_fill_preserve(cr);
    cairo_stroke(cr);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_rectangle(cr, x - 0.5 * f, y - 0.42 * side, f, 0.7 * side);
    cairo_fill(cr);
    cairo_arc(cr, x, y + 0.57 * side, 0.6 * f, 0, 6.283185307179586);
    cairo_fill(cr);
    gt_type_draw(type, cr, face, text, r.x + 21 * f, r.y + 2.5 * f);
}

void gt_page_draw_texts(const gt_page *p, const gt_map_options *o, gt_type *type, cairo_t *cr)
{
    draw_in(type, cr, &p->title, gt_title_in(o->title, o->lang), p->slot[GT_SLOT_TITLE]);
    draw_in(type, cr, &p->subtitle, gt_title_in(o->subtitle, o->lang), p->slot[GT_SLOT_SUBTITLE]);
    if (p->slot[GT_SLOT_WARNING].w > 0) {
        gt_warning_draw(type, cr, &p->warning, p->warning_text, p->slot[GT_SLOT_WARNING],
                        p->factor);
    }
    draw_in(type, cr, &p->note, gt_title_in(o->note, o->lang), p->slot[GT_SLOT_NOTE]);
    draw_in(type, cr, &p->foot, p->foot_text, p->slot[GT_SLOT_FOOT]);
}
