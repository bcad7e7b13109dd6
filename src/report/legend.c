#include "report/legend.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/surface.h"
#include "report/swatch.h"

static const double TYPE = 7.4;     /* points, before scale and factor */
static const double ROW = 12.6;     /* height of a row */
static const double HEAD = 16.0;    /* of a layer's heading */
static const double TITLE = 19.0;   /* of the word "legend" */
static const double COLUMN = 120.0; /* least width of a column */
static const double SAMPLE = 15.0;  /* width of a sample */

/* ---- rows ---- */

static gt_legend_row *add_row(gt_ctx *ctx, gt_legend *legend, gt_legend_kind kind, size_t layer)
{
    if (gt_grow(ctx, (void **)&legend->rows, &legend->cap, legend->n + 1, sizeof *legend->rows) !=
        GT_OK) {
        return NULL;
    }
    gt_legend_row *row = &legend->rows[legend->n++];
    *row = (gt_legend_row){.kind = kind, .layer = layer, .m2 = NAN, .share = NAN};
    return row;
}

static void set_title(gt_legend_row *row, const gt_map_options *o, gt_title title, bool generated)
{
    const char *tag = generated ? gt_word_of(GT_WORD_GENERATED_TAG, o->lang) : "";
    (void)snprintf(row->title, sizeof row->title, "%.120s%.32s", gt_title_in(title, o->lang), tag);
}

static void set_sample(gt_legend_row *row, const gt_map_layer *layer, const gt_layer_paint *paint,
                       const gt_tally *tally, size_t number)
{
    row->of = layer;
    row->paint = paint;
    row->class_number = number;
    row->area = tally->areas;
    row->line = tally->lines && !tally->areas;
    row->point = tally->points && !tally->areas && !tally->lines;
}

static gt_status add_layer(gt_ctx *ctx, gt_legend *legend, const gt_map_options *o, size_t i,
                           const gt_tally *tally, const gt_layer_paint *paint)
{
    const gt_map_layer *layer = &o->layers[i];
    bool generated = layer->origin == GT_ORIGIN_GENERATED;
    if (layer->hide_legend || tally->n_features == 0) {
        return GT_OK;
    }
    size_t last = layer->n_classes + 1;
    double total = 0;
    for (size_t k = 1; k <= last; k++) {
        total += tally->m2[k];
    }
    gt_legend_row *row = NULL;
    if (layer->n_classes == 0) {
        row = add_row(ctx, legend, GT_LEGEND_ITEM, i);
        if (row == NULL) {
            return GT_E_MEMORY;
        }
        set_title(row, o, layer->title, generated);
        set_sample(row, layer, paint, tally, 1);
        row->m2 = tally->areas ? total : NAN;
        return GT_OK;
    }
    row = add_row(ctx, legend, GT_LEGEND_HEAD, i);
    if (row == NULL) {
        return GT_E_MEMORY;
    }
    set_title(row, o, layer->title, generated);
    row->grouped = true;
    for (size_t k = 1; k <= last; k++) {
        if (tally->features[k] == 0) {
            continue;
        }
        row = add_row(ctx, legend, GT_LEGEND_ITEM, i);
        if (row == NULL) {
            return GT_E_MEMORY;
        }
        gt_title other = {gt_word_of(GT_WORD_OTHER, GT_LANG_ZH),
                          gt_word_of(GT_WORD_OTHER, GT_LANG_EN)};
        set_title(row, o, k < last ? layer->classes[k - 1].title : other, false);
        set_sample(row, layer, paint, tally, k);
        row->m2 = tally->areas ? tally->m2[k] : NAN;
        row->share = tally->areas && total > 0 ? tally->m2[k] / total : NAN;
        row->grouped = true;
    }
    row = add_row(ctx, legend, GT_LEGEND_FOLDED, i); /* comes into sight when classes are folded */
    if (row == NULL) {
        return GT_E_MEMORY;
    }
    row->grouped = true;
    row->hidden = true;
    return GT_OK;
}

gt_status gt_legend_make(gt_ctx *ctx, const gt_map_options *options, const gt_tally *tallies,
                         gt_layer_paint *const *paints, gt_legend *out)
{
    *out = (gt_legend){.scale = 1};
    gt_status st = GT_OK;
    /* what is on top comes first, as on the page */
    for (size_t i = options->n_layers; st == GT_OK && i-- > 0;) {
        st = add_layer(ctx, out, options, i, &tallies[i], paints[i]);
    }
    double most = 0;
    for (size_t i = 0; i < out->n; i++) {
        most = isfinite(out->rows[i].m2) ? fmax(most, out->rows[i].m2) : most;
    }
    out->unit = most >= 1e6 ? GT_KM2 : most >= 1e4 ? GT_HA : GT_M2;
    if (st != GT_OK) {
        gt_legend_free(ctx, out);
    }
    return st;
}

double gt_legend_guess(const gt_map_options *options, double width, double factor)
{
    double columns = fmax(1, floor(width / (COLUMN * factor)));
    double high = 0;
    for (size_t i = 0; i < options->n_layers; i++) {
        const gt_map_layer *layer = &options->layers[i];
        if (!layer->hide_legend) {
            high += layer->n_classes > 0 ? HEAD + 4 + ROW * (double)layer->n_classes : ROW;
        }
    }
    double surface =
        options->surface == NULL ? 0 : gt_surface_legend_height(options->surface, factor);
    /* columns end unevenly, by up to a heading and a row */
    return (TITLE + high / columns + (columns > 1 ? HEAD + ROW : 0)) * factor + surface;
}

void gt_legend_free(gt_ctx *ctx, gt_legend *legend)
{
    gt_free(ctx, legend->rows);
    *legend = (gt_legend){0};
}

/* ---- fitting ---- */

static double row_height(const gt_legend_row *row)
{
    const double more = 1.35 * TYPE; /* of a second line */
    return (row->kind == GT_LEGEND_HEAD ? HEAD : ROW) + (row->lines > 1 ? more : 0);
}

static double title_indent(const gt_legend_row *row, double unit)
{
    return row->kind == GT_LEGEND_HEAD ? 0 : (SAMPLE + 6) * unit;
}

/* What figures take from the width of the title. */
static double figure_width(const gt_legend *legend, const gt_legend_row *row, double unit)
{
    if (legend->plain) {
        return 0;
    }
    double gap = 5 * unit;
    double width = isfinite(row->m2) ? legend->area_width + gap : 0;
    return width + (legend->share_width > 0 && isfinite(row->m2) ? legend->share_width + gap : 0);
}

static gt_face title_face(const gt_legend *legend, const gt_legend_row *row, double unit,
                          double width)
{
    bool head = row->kind == GT_LEGEND_HEAD;
    return (gt_face){.size = (head ? 7.8 : TYPE) * unit,
                     .bold = head,
                     .lines = 2,
                     .width = width - title_indent(row, unit) - figure_width(legend, row, unit),
                     .align = -1,
                     .color = gt_rgb_of(head ? 0x2E2E2A : 0x3A3A36)};
}

/* Lines that each title takes in columns of that number. */
static void measure_rows(gt_legend *legend, const gt_look *look, double unit, int columns)
{
    double width = (legend->rect.w - 14 * unit * (columns - 1)) / columns;
    for (size_t i = 0; i < legend->n; i++) {
        gt_legend_row *row = &legend->rows[i];
        gt_face face = title_face(legend, row, unit, width);
        gt_extent e = gt_type_measure(look->type, &face, row->title);
        row->lines = e.lines;
        row->cut = e.cut;
    }
}

/* Sets rows into columns no higher than `most`; false when they do not all find room. A heading
 * never ends a column. */
static bool flow(gt_legend *legend, double unit, int columns, double most)
{
    gt_rect r = legend->rect;
    double gap = 14 * unit;
    double width = (r.w - gap * (columns - 1)) / columns;
    double top = TITLE * unit;
    double y = top;
    int column = 0;
    const gt_legend_row *before = NULL;
    for (size_t i = 0; i < legend->n; i++) {
        gt_legend_row *row = &legend->rows[i];
        if (row->hidden) {
            continue;
        }
        double high = row_height(row) * unit;
        double need = row->kind == GT_LEGEND_HEAD ? high + ROW * unit : high;
        bool group =
            before != NULL && before->layer != row->layer && (before->grouped || row->grouped);
        y += group && y > top ? 4 * unit : 0;
        if (y + need > most + 1e-6) {
            y = top;
            if (++column == columns || y + need > most + 1e-6) {
                return false;
            }
        }
        row->rect = (gt_rect){r.x + column * (width + gap), r.y + y, width, high};
        y += high;
        before = row;
    }
    return true;
}

/* As flow within the rectangle, with columns of about the same height. */
static bool flow_even(gt_legend *legend, double unit, int columns)
{
    double high = 0;
    for (size_t i = 0; i < legend->n; i++) {
        high += legend->rows[i].hidden ? 0 : row_height(&legend->rows[i]) * unit;
    }
    double most = legend->rect.h;
    double least = TITLE * unit + high / columns;
    int tries = columns > 1 ? (int)ceil((most - least) / (0.5 * ROW * unit)) : 0;
    for (int i = 0; i < tries; i++) {
        if (flow(legend, unit, columns, least + i * 0.5 * ROW * unit)) {
            return true;
        }
    }
    return flow(legend, unit, columns, most);
}

/* Folds the class of the smallest share into the row "n more classes" of its layer; false when
 * there is none left to fold. */
static bool fold_one(gt_legend *legend, gt_lang lang)
{
    gt_legend_row *least = NULL;
    for (size_t i = legend->n; i-- > 0;) {
        gt_legend_row *row = &legend->rows[i];
        double share = isfinite(row->share) ? row->share : 0;
        bool may = row->kind == GT_LEGEND_ITEM && row->grouped && !row->hidden;
        if (may && (least == NULL || share < (isfinite(least->share) ? least->share : 0))) {
            least = row;
        }
    }
    if (least == NULL) {
        return false;
    }
    gt_legend_row *rest = least;
    while (rest->kind != GT_LEGEND_FOLDED) {
        rest++;
    }
    least->hidden = true;
    rest->m2 = rest->hidden ? least->m2 : rest->m2 + least->m2;
    rest->share = rest->hidden ? least->share : rest->share + least->share;
    rest->hidden = false;
    rest->folded++;
    gt_word_count(GT_WORD_MORE_CLASSES, lang, rest->folded, rest->title, sizeof rest->title);
    return true;
}

static void measure_columns(gt_legend *legend, const gt_look *look, double unit)
{
    gt_face face = {.size = TYPE * unit, .lines = 1};
    char text[GT_NUMBER_TEXT];
    legend->area_width = 0;
    legend->share_width = 0;
    if (legend->plain) {
        return;
    }
    for (size_t i = 0; i < legend->n; i++) {
        const gt_legend_row *row = &legend->rows[i];
        if (!row->hidden && isfinite(row->m2)) {
            gt_number_short(gt_area_to(legend->unit, row->m2), text);
            legend->area_width =
                fmax(legend->area_width, gt_type_measure(look->type, &face, text).w);
        }
        if (!row->hidden && isfinite(row->share)) {
            gt_share_format(row->share, text);
            legend->share_width =
                fmax(legend->share_width, gt_type_measure(look->type, &face, text).w);
        }
    }
}

/* Columns in which no title is cut, as far as the width allows, of at least four rows each. */
static int roomy_columns(const gt_legend *legend, const gt_look *look, double unit, int most)
{
    gt_face face = {.size = TYPE * unit, .lines = 1};
    double widest = 0;
    int rows = 0;
    for (size_t i = 0; i < legend->n; i++) {
        const gt_legend_row *row = &legend->rows[i];
        if (!row->hidden) {
            rows++;
            widest = fmax(widest, gt_type_measure(look->type, &face, row->title).w);
        }
    }
    double gap = 14 * unit;
    double need = widest + (SAMPLE + 12) * unit + legend->area_width + legend->share_width +
                  (legend->area_width > 0 ? 10 * unit : 0);
    int columns = (int)floor((legend->rect.w + gap) / (need + gap));
    columns = columns > rows / 4 ? rows / 4 : columns;
    return columns < 1 ? 1 : columns > most ? most : columns;
}

static bool some_cut(const gt_legend *legend)
{
    for (size_t i = 0; i < legend->n; i++) {
        if (!legend->rows[i].hidden && legend->rows[i].cut) {
            return true;
        }
    }
    return false;
}

/* The first scale and number of columns in which all rows find room; whole: and no title is cut. */
static bool fit_whole(gt_legend *legend, const gt_look *look, bool whole)
{
    static const double scales[] = {1, 0.93, 0.86, 0.8};
    for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++) {
        double unit = scales[s] * look->factor;
        int most = (int)fmax(1, floor(legend->rect.w / (COLUMN * unit)));
        legend->scale = scales[s];
        measure_columns(legend, look, unit);
        for (int c = roomy_columns(legend, look, unit, most); c <= most; c++) {
            measure_rows(legend, look, unit, c);
            if (flow_even(legend, unit, c) && !(whole && some_cut(legend))) {
                return true;
            }
        }
    }
    return false;
}

/* Names go before figures: where they would be cut, the figures are left out. */
static bool fit_rows(gt_legend *legend, const gt_look *look)
{
    for (int round = 0; round < 3; round++) {
        legend->plain = round > 0;
        if (fit_whole(legend, look, round < 2)) {
            return true;
        }
    }
    legend->plain = false;
    return false;
}

void gt_legend_fit(gt_legend *legend, const gt_look *look, gt_rect rect)
{
    legend->rect = rect;
    legend->overflow = false;
    do {
        if (fit_rows(legend, look)) {
            return;
        }
    } while (fold_one(legend, look->lang));
    legend->plain = true;
    /* layers without classes alone fill the panel: the lowest of them go unnamed */
    double unit = legend->scale * look->factor;
    int columns = (int)fmax(1, floor(rect.w / (COLUMN * unit)));
    measure_rows(legend, look, unit, columns);
    for (size_t i = legend->n; i-- > 0 && !flow(legend, unit, columns, rect.h);) {
        legend->rows[i].hidden = true;
        legend->overflow = true;
    }
}

/* ---- drawing ---- */

static void draw_figure(const gt_look *look, cairo_t *cr, double size, const char *text,
                        double right, gt_rect row)
{
    gt_face face = {.size = size, .lines = 1, .color = gt_rgb_of(0x55554F)};
    gt_extent e = gt_type_measure(look->type, &face, text);
    gt_type_draw(look->type, cr, &face, text, right - e.w, row.y + 0.5 * (row.h - e.h));
}

static void draw_row(gt_legend *legend, gt_legend_row *row, const gt_look *look, cairo_t *cr)
{
    double unit = legend->scale * look->factor;
    gt_rect r = row->rect;
    bool head = row->kind == GT_LEGEND_HEAD;
    gt_face face = title_face(legend, row, unit, r.w);
    gt_extent e = gt_type_measure(look->type, &face, row->title);
    row->cut = e.cut;
    double base = head ? r.y + r.h - e.h - 0.5 * unit : r.y + 0.5 * (r.h - e.h);
    gt_type_draw(look->type, cr, &face, row->title, r.x + title_indent(row, unit), base);
    if (row->kind == GT_LEGEND_ITEM) {
        gt_rect sample = {r.x, r.y + 0.5 * (r.h - 8.4 * unit), SAMPLE * unit, 8.4 * unit};
        gt_swatch_draw(row, sample, unit, cr);
    }
    char text[GT_NUMBER_TEXT];
    double right = r.x + r.w;
    if (legend->plain) {
        return;
    }
    if (isfinite(row->share)) {
        gt_share_format(row->share, text);
        draw_figure(look, cr, TYPE * unit, text, right, r);
    }
    if (isfinite(row->m2)) {
        gt_number_short(gt_area_to(legend->unit, row->m2), text);
        right -= legend->share_width > 0 ? legend->share_width + 5 * unit : 0;
        draw_figure(look, cr, TYPE * unit, text, right, r);
    }
}

/* Print knows raised figures, unlike files and tables. */
static const char *unit_sign(gt_area_unit unit, gt_lang lang)
{
    bool plain = lang == GT_LANG_ZH || (unit != GT_KM2 && unit != GT_M2);
    return plain ? gt_area_unit_name(unit, lang) : unit == GT_KM2 ? "km²" : "m²";
}

void gt_legend_draw(gt_legend *legend, const gt_look *look, cairo_t *cr)
{
    if (legend->n == 0) {
        return;
    }
    double unit = legend->scale * look->factor;
    gt_rect r = legend->rect;
    gt_face face = {.size = 9.2 * unit, .bold = true, .lines = 1, .color = gt_rgb_of(0x2E2E2A)};
    gt_extent e = gt_type_measure(look->type, &face, gt_word_of(GT_WORD_LEGEND, look->lang));
    if (!legend->more) {
        gt_type_draw(look->type, cr, &face, gt_word_of(GT_WORD_LEGEND, look->lang), r.x,
                     r.y - 0.25 * e.h);
    }
    if (legend->area_width > 0) { /* heads of the columns of figures, above the first column */
        double right = legend->rows[0].rect.x + legend->rows[0].rect.w;
        gt_rect line = {r.x, r.y, r.w, e.h * 0.75};
        if (legend->share_width > 0) {
            draw_figure(look, cr, 6.2 * unit, gt_word_of(GT_WORD_SHARE, look->lang), right, line);
            right -= legend->share_width + 5 * unit;
        }
        draw_figure(look, cr, 6.2 * unit, unit_sign(legend->unit, look->lang), right, line);
    }
    cairo_move_to(cr, r.x, r.y + (TITLE - 4.5) * unit);
    cairo_line_to(cr, r.x + r.w, r.y + (TITLE - 4.5) * unit);
    cairo_set_source_rgb(cr, 0.78, 0.77, 0.74);
    cairo_set_line_width(cr, 0.5 * unit);
    cairo_stroke(cr);
    for (size_t i = 0; i < legend->n; i++) {
        if (legend->rows[i].hidden) {
            continue;
        }
        draw_row(legend, &legend->rows[i], look, cr);
    }
}
