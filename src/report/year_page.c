/* Pages of a yearly report: running head and foot, text, boxes, small charts. */
#include "report/year_page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double DPI = 150;
static const unsigned INK = 0x23231F, SOFT = 0x66665F, LINE = 0xC9C9C0, BLUE = 0x1F5F99,
                      TARGET = 0xB3261E;

static void color(cairo_t *cr, gt_rgb c)
{
    cairo_set_source_rgb(cr, c.r, c.g, c.b);
}

/* ---- pages --------------------------------------------------------------------------------------
 */

static gt_face face_of(double w, double size, bool bold, gt_rgb ink, int align)
{
    return (gt_face){
        .size = size, .bold = bold, .width = w, .align = align, .lines = 40, .color = ink};
}

double gt_pages_text(gt_pages *p, double x, double y, double w, double size, bool bold, gt_rgb ink,
                     int align, const char *text)
{
    const gt_face face = face_of(w, size, bold, ink, align);
    gt_type_draw(p->type, p->cr, &face, text, x, y);
    return gt_type_measure(p->type, &face, text).h;
}

double gt_pages_measure(gt_pages *p, double w, double size, const char *text)
{
    const gt_face face = face_of(w, size, false, gt_rgb_of(INK), -1);
    return gt_type_measure(p->type, &face, text).h;
}

void gt_pages_box(gt_pages *p, double x, double y, double w, double h, gt_rgb fill)
{
    color(p->cr, fill);
    cairo_rectangle(p->cr, x, y, w, h);
    cairo_fill(p->cr);
}

void gt_pages_rule(gt_pages *p, double y, gt_rgb ink)
{
    color(p->cr, ink);
    cairo_set_line_width(p->cr, 0.5);
    cairo_move_to(p->cr, GT_MARGIN, y);
    cairo_line_to(p->cr, GT_MARGIN + p->width, y);
    cairo_stroke(p->cr);
}

static void foot(gt_pages *p)
{
    const gt_year *y = p->year;
    char text[400];
    (void)snprintf(text, sizeof text,
                   gt_pages_say(p, "%.120s  一张图版本 %s，规划包 %s%s",
                                "%.120s  map revision %s, package %s%s"),
                   gt_title_in(gt_package_title(y->package), p->lang), y->revision, y->package_text,
                   y->generated ? gt_pages_say(p, "；含生成数据，非调查成果",
                                               "; holds generated data, not a survey result")
                                : "");
    gt_pages_rule(p, GT_PAGE_H - 36, gt_rgb_of(LINE));
    (void)gt_pages_text(p, GT_MARGIN, GT_PAGE_H - 32, p->width - 40, 6.6, false, gt_rgb_of(SOFT),
                        -1, text);
    (void)snprintf(text, sizeof text, "%d", p->page);
    (void)gt_pages_text(p, GT_MARGIN + p->width - 36, GT_PAGE_H - 32, 36, 7, false, gt_rgb_of(SOFT),
                        1, text);
}

void gt_pages_next(gt_pages *p)
{
    foot(p);
    gt_canvas_next_page(p->canvas);
    p->page++;
    p->y = GT_MARGIN;
}

void gt_pages_need(gt_pages *p, double height)
{
    if (p->y + height > GT_BOTTOM) {
        gt_pages_next(p);
    }
}

void gt_pages_heading(gt_pages *p, const char *text)
{
    gt_pages_need(p, 60);
    p->y += gt_pages_text(p, GT_MARGIN, p->y, p->width, 13, true, gt_rgb_of(INK), -1, text) + 3;
    gt_pages_rule(p, p->y, gt_rgb_of(BLUE));
    p->y += 8;
}

void gt_pages_subheading(gt_pages *p, const char *text)
{
    gt_pages_need(p, 40);
    p->y += gt_pages_text(p, GT_MARGIN, p->y, p->width, 9.6, true, gt_rgb_of(BLUE), -1, text) + 5;
}

void gt_pages_paragraph(gt_pages *p, double size, const char *text)
{
    double h = gt_pages_measure(p, p->width, size, text);
    gt_pages_need(p, h + 4);
    (void)gt_pages_text(p, GT_MARGIN, p->y, p->width, size, false, gt_rgb_of(INK), -1, text);
    p->y += h + 4;
}

void gt_pages_title(gt_pages *p)
{
    const gt_year *y = p->year;
    char text[300];
    (void)snprintf(text, sizeof text,
                   gt_pages_say(p, "国土空间规划指标年度体检报告（%d 年）",
                                "Yearly check-up of the plans' indicators, %d"),
                   y->o->year);
    gt_pages_box(p, 0, 0, GT_PAGE_W, 8, gt_rgb_of(BLUE));
    p->y = GT_MARGIN + 2;
    p->y += gt_pages_text(p, GT_MARGIN, p->y, p->width, 20, true, gt_rgb_of(INK), -1, text) + 3;
    p->y += gt_pages_text(p, GT_MARGIN, p->y, p->width, 10, false, gt_rgb_of(SOFT), -1,
                          gt_title_in(gt_package_title(y->package), p->lang)) +
            8;
    if (y->generated) {
        gt_pages_box(p, GT_MARGIN, p->y, p->width, 17, gt_rgb_of(0xFFF1D0));
        (void)gt_pages_text(p, GT_MARGIN + 6, p->y + 3, p->width - 12, 7.8, true,
                            gt_rgb_of(0x7A4A00), -1,
                            gt_pages_say(p, "含生成数据，非调查成果：仅供演示，不得作为考核依据。",
                                         "Holds generated data, not a survey result: for "
                                         "demonstration, not for assessment."));
        p->y += 24;
    }
}

gt_status gt_pages_open(const gt_year *year, const char *path, gt_pages *out)
{
    *out = (gt_pages){.year = year, .lang = year->o->lang, .y = GT_MARGIN, .page = 1};
    out->width = GT_PAGE_W - 2 * GT_MARGIN;
    gt_status st = gt_type_new(year->ctx, out->lang, &out->type);
    st = st == GT_OK ? gt_canvas_open(year->ctx, path, (int)(GT_PAGE_W * DPI / 72),
                                      (int)(GT_PAGE_H * DPI / 72), DPI, &out->canvas)
                     : st;
    if (st != GT_OK) {
        gt_type_free(year->ctx, out->type);
        return st;
    }
    out->cr = gt_canvas_cr(out->canvas);
    return GT_OK;
}

gt_status gt_pages_close(gt_pages *p)
{
    gt_ctx *ctx = p->year->ctx;
    gt_status st = p->status;
    foot(p);
    if (st == GT_OK) {
        st = gt_canvas_finish(ctx, p->canvas);
    } else {
        gt_canvas_abort(ctx, p->canvas);
    }
    gt_type_free(ctx, p->type);
    return st;
}

/* ---- words -------------------------------------------------------------------------------------
 */

/* "7 of 13 districts miss ≥ 83 (2025) by LND-056: Fengtai 68.18 %, ..." */
static void districts_sentence(const gt_year *y, const gt_year_item *item, gt_text *out)
{
    const bool zh = y->o->lang == GT_LANG_ZH;
    char value[GT_NUMBER_TEXT], target[96];
    bool first = true;
    gt_year_target(y, item->judged, target, sizeof target);
    gt_text_printf(out,
                   zh ? "目标 %s，依据 %s；%zu 个区中 %zu 个未达到"
                      : "%s by %s; %zu districts, %zu miss it",
                   target, item->judged->target->clause, item->n_each, item->n_missed);
    for (size_t k = 0; k < item->n; k++) {
        const gt_indicator_row *row = gt_year_row(y, item, k);
        if (row->level == GT_LEVEL_DISTRICT && row->target != NULL && row->target->each &&
            !row->target->overruled && row->judgement.grade > GT_GREEN) {
            gt_year_value(row, value);
            gt_text_printf(out, "%s%s %s %s",
                           first ? (zh ? "：" : ": ")
                           : zh  ? "、"
                                 : ", ",
                           row->unit, value, gt_year_unit(item->in, y->o->lang));
            first = false;
        }
    }
    gt_text_puts(out, zh ? "。" : ".");
}

void gt_year_sentence(const gt_year *y, const gt_year_item *item, gt_text *out)
{
    const gt_indicator_row *row = item->judged;
    const gt_lang lang = y->o->lang;
    const bool zh = lang == GT_LANG_ZH;
    const gt_judgement *j = &row->judgement;
    char value[GT_NUMBER_TEXT], target[96];
    if (row->level == GT_LEVEL_DISTRICT) {
        districts_sentence(y, item, out);
        return;
    }
    gt_year_value(row, value);
    gt_year_target(y, row, target, sizeof target);
    gt_text_printf(out, zh ? "现值 %s %s，目标 %s，依据 %s；%s" : "%s %s, asked %s by %s: %s",
                   value, gt_year_unit(row->indicator, lang), target, row->target->clause,
                   gt_title_in(gt_standing_title(j->standing), lang));
    if (j->why != GT_WHY_NONE) {
        gt_text_printf(out, zh ? "，%s" : ", %s", gt_title_in(gt_why_title(j->why), lang));
    } else if (!isnan(j->progress)) {
        gt_text_printf(
            out, zh ? "，完成 %.0f%%，时间已过 %.0f%%" : ", %.0f %% done in %.0f %% of the time",
            100 * j->progress, 100 * j->time);
    }
    gt_text_puts(out, zh ? "。" : ".");
}

/* ---- charts ------------------------------------------------------------------------------------
 */

typedef struct plot {
    double x, y, w, h;
    double low, high; /* of the values shown */
    double step;      /* between the marks of the axis; 0: no marks */
    int n;
} plot;

static bool asked_of(const gt_year_item *item, double *out)
{
    const gt_indicator_row *row = item->judged;
    *out = row->asked / item->in->unit_base;
    return row->target != NULL && !isnan(row->asked);
}

static void span_of(const gt_year *y, const gt_year_item *item, bool target, plot *p)
{
    double asked = 0;
    p->low = INFINITY;
    p->high = -INFINITY;
    for (int k = 0; k < y->n_years; k++) {
        if (item->known[k]) {
            p->low = fmin(p->low, item->value[k]);
            p->high = fmax(p->high, item->value[k]);
        }
    }
    if (target && asked_of(item, &asked)) {
        p->low = fmin(p->low, asked);
        p->high = fmax(p->high, asked);
    }
    double room = p->high > p->low ? 0.08 * (p->high - p->low) : fmax(1e-9, fabs(p->high) * 0.01);
    p->low = p->low >= 0 && p->low < room ? 0 : p->low - room; /* no axis below a count of none */
    p->high += room;
    p->n = y->n_years;
}

/* Ends of the axis on round numbers, two to five marks apart; things are counted whole. */
static void round_axis(plot *p, bool whole)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double rough = (p->high - p->low) / 4, ten = pow(10, floor(log10(rough)));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        p->step = steps[i] * ten;
        if (p->step >= rough) {
            break;
        }
    }
    p->step = whole ? fmax(1, ceil(p->step)) : p->step;
    p->low = floor(p->low / p->step + 1e-9) * p->step;
    p->high = ceil(p->high / p->step - 1e-9) * p->step;
}

static double at_x(const plot *p, int k)
{
    return p->x + (p->n > 1 ? p->w * k / (p->n - 1) : 0);
}

static double at_y(const plot *p, double value)
{
    return p->y + p->h * (p->high - value) / (p->high - p->low);
}

static void draw_line(cairo_t *cr, const plot *p, const gt_year_item *item, double dot)
{
    bool pen = false;
    color(cr, gt_rgb_of(BLUE));
    cairo_set_line_width(cr, 1.2);
    for (int k = 0; k < p->n; k++) {
        if (!item->known[k]) {
            pen = false;
            continue;
        }
        if (pen) {
            cairo_line_to(cr, at_x(p, k), at_y(p, item->value[k]));
        } else {
            cairo_move_to(cr, at_x(p, k), at_y(p, item->value[k]));
        }
        pen = true;
    }
    cairo_stroke(cr);
    for (int k = 0; k < p->n; k++) {
        if (item->known[k]) {
            cairo_new_path(cr);
            cairo_arc(cr, at_x(p, k), at_y(p, item->value[k]), dot, 0, 2 * 3.14159265358979);
            cairo_fill(cr);
        }
    }
}

static void draw_target(cairo_t *cr, const plot *p, double asked)
{
    const double dashes[2] = {3, 2};
    color(cr, gt_rgb_of(TARGET));
    cairo_set_line_width(cr, 0.8);
    cairo_set_dash(cr, dashes, 2, 0);
    cairo_move_to(cr, p->x, at_y(p, asked));
    cairo_line_to(cr, p->x + p->w, at_y(p, asked));
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
}

void gt_pages_spark(gt_pages *p, const gt_year_item *item, double x, double y, double w, double h)
{
    plot box = {.x = x, .y = y, .w = w, .h = h};
    double asked = 0;
    span_of(p->year, item, true, &box);
    if (!isfinite(box.low)) {
        return;
    }
    if (asked_of(item, &asked)) {
        draw_target(p->cr, &box, asked);
    }
    draw_line(p->cr, &box, item, 1.1);
}

static int decimals_of(double value)
{
    return fabs(value - round(value)) < 1e-9 ? 0 : fabs(value) < 1000 ? 2 : 0;
}

static void label(gt_pages *p, double value, int decimals, double x, double y, int align,
                  gt_rgb ink)
{
    char text[GT_NUMBER_TEXT];
    gt_number_format(value, decimals, text);
    (void)gt_pages_text(p, align > 0 ? x - 50 : x, y - 4, 50, 6, false, ink, align, text);
}

/* Numbers beside the axis and a fine line across at each. */
static void put_marks(gt_pages *p, const plot *box)
{
    int decimals = (int)fmax(0, ceil(-log10(box->step) - 1e-9));
    double first = pow(10, decimals) * box->step;
    decimals += fabs(first - round(first)) < 1e-6 ? 0 : 1; /* a step of 2.5 */
    color(p->cr, gt_rgb_of(0xEBEBE4));
    cairo_set_line_width(p->cr, 0.4);
    for (int i = 1; box->low + i * box->step <= box->high + 1e-6 * box->step; i++) {
        cairo_move_to(p->cr, box->x, at_y(box, box->low + i * box->step));
        cairo_line_to(p->cr, box->x + box->w, at_y(box, box->low + i * box->step));
    }
    cairo_stroke(p->cr);
    for (int i = 0; box->low + i * box->step <= box->high + 1e-6 * box->step; i++) {
        double value = box->low + i * box->step;
        label(p, fabs(value) < 1e-6 * box->step ? 0 : value, decimals, box->x - 3, at_y(box, value),
              1, gt_rgb_of(SOFT));
    }
}

void gt_pages_chart(gt_pages *p, const gt_year_item *item, double x, double y, double w, double h)
{
    const gt_year *year = p->year;
    char text[300];
    double asked = 0;
    gt_year_heading(item->in, p->lang, text, sizeof text);
    gt_face face = face_of(w, 7.2, true, gt_rgb_of(INK), -1);
    face.lines = 2;
    gt_type_draw(p->type, p->cr, &face, text, x, y);
    plot box = {.x = x + 32, .y = y + 24, .w = w - 40, .h = h - 40};
    span_of(year, item, true, &box);
    round_axis(&box, strcmp(item->in->unit, "count") == 0);
    color(p->cr, gt_rgb_of(LINE));
    cairo_set_line_width(p->cr, 0.5);
    cairo_move_to(p->cr, box.x, box.y);
    cairo_line_to(p->cr, box.x, box.y + box.h);
    cairo_line_to(p->cr, box.x + box.w, box.y + box.h);
    cairo_stroke(p->cr);
    put_marks(p, &box);
    if (asked_of(item, &asked)) {
        draw_target(p->cr, &box, asked);
        label(p, asked, decimals_of(asked), box.x + 2, at_y(&box, asked) - 4, -1,
              gt_rgb_of(TARGET));
    }
    draw_line(p->cr, &box, item, 1.6);
    for (int k = 0; k < box.n; k++) {
        (void)snprintf(text, sizeof text, "%d", year->first_year + k);
        (void)gt_pages_text(p, at_x(&box, k) - 12, box.y + box.h + 2, 24, 5.6, false,
                            gt_rgb_of(SOFT), 0, text);
    }
}
