/* The table of findings: measured first, then drawn row by row, so that pages can be broken
 * between. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/verdict.h"

static const double PAD = 4;    /* around cells */
static const double BODY = 7.4; /* type size */
static const double SMALL = 6.4;
static const double TAG = 6.5; /* radius of number discs */
enum { RULE_LINES = 6, TEXT_LINES = 26 };

enum { COL_NUMBER = 0, COL_RULE, COL_RESULT, COL_OVERLAP, COL_SHARE, COL_TEXT };

bool gt_finding_drawn(const gt_map_finding *finding)
{
    return finding->overlap != NULL && finding->overlap->n_points > 0;
}

static bool same_shape(const gt_geom *a, const gt_geom *b)
{
    return a->n_points == b->n_points && a->n_rings == b->n_rings &&
           memcmp(a->xy, b->xy, 2 * (size_t)a->n_points * sizeof *a->xy) == 0 &&
           memcmp(a->ring_end, b->ring_end, a->n_rings * sizeof *a->ring_end) == 0;
}

/* Several rules often speak of one layer, and their overlaps are one and the same. */
static void group(gt_table *t, const gt_map_verdict_options *o)
{
    static const unsigned strong[] = {0xD55E00, 0x0072B2, 0xB8508A, 0x00805F,
                                      0xB87700, 0x6A3D9A, 0x2F7FB0, 0x8C510A};
    size_t n = 0;
    for (size_t i = 0; i < o->n_findings; i++) {
        gt_table_row *row = &t->rows[i];
        row->lead = i;
        row->color = gt_rgb_of(0x8A8A84);
        if (!gt_finding_drawn(&o->findings[i])) {
            continue;
        }
        for (size_t j = 0; j < i && row->lead == i; j++) {
            bool lead = t->rows[j].lead == j && gt_finding_drawn(&o->findings[j]);
            if (lead && same_shape(o->findings[i].overlap, o->findings[j].overlap)) {
                row->lead = j;
            }
        }
        row->color = row->lead != i ? t->rows[row->lead].color
                                    : gt_rgb_of(strong[n % (sizeof strong / sizeof strong[0])]);
        n += row->lead == i ? 1U : 0U;
    }
}

void gt_tag_text(const gt_table *t, const gt_map_verdict_options *o, size_t lead,
                 char out[GT_NUMBER_TEXT])
{
    const int most = 6;
    int n = 0;
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = lead; i < t->n; i++) {
        if (t->rows[i].lead != lead) {
            continue;
        }
        if (n++ == most) {
            (void)snprintf(out + used, GT_NUMBER_TEXT - used, " …");
            return;
        }
        int more = snprintf(out + used, GT_NUMBER_TEXT - used - 8, "%s%d", n > 1 ? ", " : "",
                            o->findings[i].number % 10000);
        used += more > 0 ? (size_t)more : 0;
    }
}

gt_rgb gt_result_color(gt_result result, gt_effect effect)
{
    switch (result) {
    case GT_PASS:
        return gt_rgb_of(0x2E7D4F);
    case GT_UNDECIDABLE:
        return gt_rgb_of(0x7C6A2A);
    case GT_FAIL:
        break;
    }
    switch (effect) {
    case GT_DENY:
        return gt_rgb_of(0xB3261E);
    case GT_CONDITION:
        return gt_rgb_of(0xB86200);
    case GT_DUTY:
        return gt_rgb_of(0x1F5F99);
    case GT_NOTE:
        return gt_rgb_of(0x55554F);
    }
    return gt_rgb_of(0x55554F);
}

const char *gt_result_text(gt_result result, gt_effect effect, gt_lang lang)
{
    switch (result) {
    case GT_PASS:
        return gt_word_of(GT_WORD_PASS, lang);
    case GT_UNDECIDABLE:
        return gt_word_of(GT_WORD_UNDECIDABLE, lang);
    case GT_FAIL:
        break;
    }
    switch (effect) {
    case GT_DENY:
        return gt_word_of(GT_WORD_FAIL, lang);
    case GT_CONDITION:
        return gt_word_of(GT_WORD_CONDITION, lang);
    case GT_DUTY:
        return gt_word_of(GT_WORD_DUTY, lang);
    case GT_NOTE:
        return gt_word_of(GT_WORD_NOTE, lang);
    }
    return "";
}

void gt_area_texts(double m2, gt_lang lang, char main[GT_NUMBER_TEXT], char mu[GT_NUMBER_TEXT])
{
    char number[GT_NUMBER_TEXT];
    main[0] = '\0';
    mu[0] = '\0';
    if (!isfinite(m2)) {
        return;
    }
    double ha = gt_area_to(GT_HA, m2);
    gt_number_format(ha, ha < 100 ? 4 : 2, number);
    (void)snprintf(main, GT_NUMBER_TEXT, "%.30s %s", number, gt_word_of(GT_WORD_HA, lang));
    gt_number_format(gt_area_to(GT_MU, m2), 2, number);
    (void)snprintf(mu, GT_NUMBER_TEXT, "%.30s %s", number, gt_word_of(GT_WORD_MU, lang));
}

static gt_face body_face(double width, int lines)
{
    return (gt_face){
        .size = BODY, .align = -1, .width = width, .lines = lines, .color = gt_rgb_of(0x2E2E2A)};
}

static double inner(const gt_table *t, int column)
{
    return t->x[column + 1] - t->x[column] - 2 * PAD;
}

static gt_face rule_face(const gt_table *t)
{
    gt_face face = body_face(inner(t, COL_RULE), RULE_LINES);
    face.bold = true;
    return face;
}

static gt_face clause_face(const gt_table *t)
{
    gt_face face = body_face(inner(t, COL_RULE), 3);
    face.size = SMALL;
    face.color = gt_rgb_of(0x77776F);
    return face;
}

static gt_face result_face(const gt_table *t, const gt_map_finding *f)
{
    gt_face face = body_face(inner(t, COL_RESULT), 3);
    face.bold = true;
    face.color = gt_result_color(f->result, f->effect);
    return face;
}

static gt_face figure_face(const gt_table *t, int column, bool small)
{
    gt_face face = body_face(inner(t, column), 1);
    face.align = 1;
    face.size = small ? SMALL : BODY;
    face.color = gt_rgb_of(small ? 0x77776F : 0x2E2E2A);
    return face;
}

static void plan_row(gt_table *t, gt_type *type, const gt_map_verdict_options *o, size_t i)
{
    const gt_map_finding *f = &o->findings[i];
    gt_table_row *row = &t->rows[i];
    char area[GT_NUMBER_TEXT];
    char mu[GT_NUMBER_TEXT];
    gt_area_texts(f->m2, o->lang, area, mu);
    gt_face rule = rule_face(t);
    gt_face clause = clause_face(t);
    gt_face result = result_face(t, f);
    gt_face text = body_face(inner(t, COL_TEXT), TEXT_LINES);
    gt_face figure = figure_face(t, COL_OVERLAP, false);
    gt_face small = figure_face(t, COL_OVERLAP, true);
    gt_extent e[6] = {gt_type_measure(type, &rule, gt_title_in(f->rule, o->lang)),
                      gt_type_measure(type, &clause, f->clauses),
                      gt_type_measure(type, &result, gt_result_text(f->result, f->effect, o->lang)),
                      gt_type_measure(type, &figure, area),
                      gt_type_measure(type, &small, mu),
                      gt_type_measure(type, &text, gt_title_in(f->text, o->lang))};
    row->rule_h = e[0].h;
    row->text_h[COL_NUMBER] = 2 * TAG;
    row->text_h[COL_RULE] = e[0].h + e[1].h;
    row->text_h[COL_RESULT] = e[2].h;
    row->text_h[COL_OVERLAP] = e[3].h + e[4].h;
    row->text_h[COL_SHARE] = e[3].h;
    row->text_h[COL_TEXT] = e[5].h;
    for (int c = 0; c < GT_TABLE_COLUMNS; c++) {
        row->h = fmax(row->h, row->text_h[c] + 2 * PAD);
        row->cut = row->cut || e[c].cut;
    }
}

gt_status gt_table_plan(gt_ctx *ctx, const gt_map_verdict_options *o, gt_type *type, double width,
                        gt_table *out)
{
    /* shares of the width: number, rule, result, overlap, share; the text takes the rest */
    static const double shares[GT_TABLE_COLUMNS] = {0.05, 0.28, 0.11, 0.14, 0.08, 0.34};
    *out = (gt_table){.width = width, .n = o->n_findings};
    for (int c = 0; c < GT_TABLE_COLUMNS; c++) {
        out->x[c + 1] = out->x[c] + shares[c] * width;
    }
    out->rows = gt_zalloc(ctx, o->n_findings, sizeof *out->rows);
    if (out->rows == NULL) {
        return GT_E_MEMORY;
    }
    gt_face head = body_face(0, 1);
    out->head_h = gt_type_measure(type, &head, gt_word_of(GT_WORD_RULE, o->lang)).h + PAD;
    out->total_h = out->head_h;
    for (size_t i = 0; i < o->n_findings; i++) {
        plan_row(out, type, o, i);
        out->total_h += out->rows[i].h;
    }
    group(out, o);
    return GT_OK;
}

void gt_table_free(gt_ctx *ctx, gt_table *table)
{
    gt_free(ctx, table->rows);
    *table = (gt_table){0};
}

void gt_table_draw_head(const gt_table *t, const gt_map_verdict_options *o, gt_type *type,
                        cairo_t *cr, double x, double y)
{
    static const gt_word words[GT_TABLE_COLUMNS] = {GT_WORD_COUNT,   GT_WORD_RULE,  GT_WORD_RESULT,
                                                    GT_WORD_OVERLAP, GT_WORD_SHARE, GT_WORD_COMPLY};
    cairo_rectangle(cr, x, y, t->width, t->head_h);
    cairo_set_source_rgb(cr, 0.945, 0.94, 0.92);
    cairo_fill(cr);
    for (int c = COL_RULE; c < GT_TABLE_COLUMNS; c++) {
        gt_face face = body_face(inner(t, c), 1);
        face.size = 6.8;
        face.bold = true;
        face.align = c == COL_OVERLAP || c == COL_SHARE ? 1 : -1;
        face.color = gt_rgb_of(0x55554F);
        const char *text = gt_word_of(words[c], o->lang);
        double high = gt_type_measure(type, &face, text).h;
        gt_type_draw(type, cr, &face, text, x + t->x[c] + PAD, y + 0.5 * (t->head_h - high));
    }
}

/* A rectangle with round ends; a disc when half is 0. */
static void capsule(cairo_t *cr, double x, double y, double half, double radius)
{
    cairo_new_sub_path(cr);
    cairo_arc(cr, x + half, y, radius, -1.5707963267948966, 1.5707963267948966);
    cairo_arc(cr, x - half, y, radius, 1.5707963267948966, 4.7123889803846899);
    cairo_close_path(cr);
}

void gt_tag_draw(gt_type *type, cairo_t *cr, double x, double y, double radius, gt_rgb color,
                 const char *text)
{
    gt_face face = {.size = radius * 1.15, .bold = true, .lines = 1, .color = gt_rgb_of(0xFFFFFF)};
    gt_extent e = gt_type_measure(type, &face, text);
    double half = fmax(0, 0.5 * e.ink_w - 0.5 * radius);
    capsule(cr, x, y, half, radius + 0.9);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_fill(cr);
    capsule(cr, x, y, half, radius);
    cairo_set_source_rgb(cr, color.r, color.g, color.b);
    cairo_fill(cr);
    gt_type_draw(type, cr, &face, text, x - e.ink_x - 0.5 * e.ink_w, y - e.ink_y - 0.5 * e.ink_h);
}

void gt_table_draw_row(const gt_table *t, size_t i, const gt_map_verdict_options *o, gt_type *type,
                       cairo_t *cr, double x, double y)
{
    const gt_map_finding *f = &o->findings[i];
    const gt_table_row *row = &t->rows[i];
    double top = y + PAD;
    char number[GT_NUMBER_TEXT];
    (void)snprintf(number, sizeof number, "%d", f->number);
    gt_tag_draw(type, cr, x + 0.5 * t->x[1], top + TAG - 1, TAG, row->color, number);
    gt_face rule = rule_face(t);
    gt_face clause = clause_face(t);
    gt_face result = result_face(t, f);
    gt_type_draw(type, cr, &rule, gt_title_in(f->rule, o->lang), x + t->x[COL_RULE] + PAD, top);
    gt_type_draw(type, cr, &clause, f->clauses, x + t->x[COL_RULE] + PAD, top + row->rule_h);
    gt_type_draw(type, cr, &result, gt_result_text(f->result, f->effect, o->lang),
                 x + t->x[COL_RESULT] + PAD, top);
    char area[GT_NUMBER_TEXT];
    char mu[GT_NUMBER_TEXT];
    gt_area_texts(f->m2, o->lang, area, mu);
    gt_face figure = figure_face(t, COL_OVERLAP, false);
    gt_face small = figure_face(t, COL_OVERLAP, true);
    gt_type_draw(type, cr, &figure, area, x + t->x[COL_OVERLAP] + PAD, top);
    double area_h = gt_type_measure(type, &figure, area).h;
    gt_type_draw(type, cr, &small, mu, x + t->x[COL_OVERLAP] + PAD, top + area_h);
    if (isfinite(f->share)) {
        char share[GT_NUMBER_TEXT];
        gt_share_format(f->share, share);
        gt_face face = figure_face(t, COL_SHARE, false);
        gt_type_draw(type, cr, &face, share, x + t->x[COL_SHARE] + PAD, top);
    }
    gt_face text = body_face(inner(t, COL_TEXT), TEXT_LINES);
    gt_type_draw(type, cr, &text, gt_title_in(f->text, o->lang), x + t->x[COL_TEXT] + PAD, top);
    cairo_move_to(cr, x, y + row->h);
    cairo_line_to(cr, x + t->width, y + row->h);
    cairo_set_source_rgb(cr, 0.86, 0.85, 0.82);
    cairo_set_line_width(cr, 0.4);
    cairo_stroke(cr);
}
