/* Drawing a map: plan the page, stream the layers onto it, set the labels, add the furniture. */
#include <math.h>
#include <string.h>

#include "guotu/map.h"
#include "report/map.h"
#include "report/messages.h"
#include "report/relief.h"
#include "report/stage.h"
#include "report/surface.h"

void gt_map_style_init(gt_map_style *style)
{
    *style = (gt_map_style){.fill_opacity = 1,
                            .hatch_gap = 4,
                            .hatch_width = 0.5,
                            .stroke = "#8a8a84",
                            .stroke_width = 0.4,
                            .band_opacity = 0.35,
                            .point_size = 3,
                            .label_color = "#33332f"};
}

void gt_map_options_init(gt_ctx *ctx, gt_map_options *options)
{
    *options = (gt_map_options){.size = sizeof *options,
                                .width = 2339,
                                .height = 1654,
                                .dpi = 200,
                                .lang = gt_ctx_lang(ctx),
                                .locator = -1};
}

static bool is_empty(gt_box b)
{
    return !(b.xmin <= b.xmax && b.ymin <= b.ymax);
}

static void widen(gt_box *to, gt_box more)
{
    to->xmin = fmin(to->xmin, more.xmin);
    to->ymin = fmin(to->ymin, more.ymin);
    to->xmax = fmax(to->xmax, more.xmax);
    to->ymax = fmax(to->ymax, more.ymax);
}

static gt_status extent_of_layer(gt_ctx *ctx, const gt_map_source *source, size_t i, gt_box *out)
{
    void *cursor = NULL;
    gt_status st = source->open(ctx, source->user, i, NULL, &cursor);
    if (st != GT_OK) {
        return st;
    }
    bool more = true;
    for (uint64_t n = 1; st == GT_OK && more; n++) {
        gt_map_feature f = {.m2 = NAN};
        st = source->next(ctx, cursor, &f, &more);
        if (st == GT_OK && more && f.geom != NULL && f.geom->n_points > 0) {
            gt_box box;
            st = gt_finite_box(ctx, f.geom, &box);
            if (st == GT_OK) {
                widen(out, box);
            } else {
                gt_fail_at(ctx, GT_PLACE(.feature = f.id));
            }
        }
        if (st == GT_OK && n % 1024 == 0) {
            st = gt_check_cancel(ctx);
        }
    }
    source->close(cursor);
    return st;
}

gt_status gt_map_extent(gt_ctx *ctx, const gt_map_source *source, const gt_map_layer *layers,
                        size_t first, size_t n, gt_box *out)
{
    *out = (gt_box){HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    for (size_t i = first; i < first + n; i++) {
        if (!is_empty(layers[i].extent)) {
            widen(out, layers[i].extent);
            continue;
        }
        gt_status st = extent_of_layer(ctx, source, i, out);
        if (st != GT_OK) {
            gt_fail_at(ctx, GT_PLACE(.layer = layers[i].id));
            return st;
        }
    }
    return GT_OK;
}

/* The extent of the data made fit to be drawn: a lone point gets some ground around it, no data at
 * all a kilometre (or a hundredth of a degree) at the origin. */
static gt_box presentable(const gt_map_source *source, gt_box b)
{
    double least = source->geographic ? 0.001 : 100;
    if (is_empty(b)) {
        return (gt_box){0, 0, 10 * least, 10 * least};
    }
    double grow_x = b.xmax - b.xmin < least ? least / 2 : 0;
    double grow_y = b.ymax - b.ymin < least ? least / 2 : 0;
    return (gt_box){b.xmin - grow_x, b.ymin - grow_y, b.xmax + grow_x, b.ymax + grow_y};
}

typedef struct drawing { /* everything one picture needs */
    gt_ctx *ctx;
    const gt_map_source *source;
    const gt_map_options *o;
    gt_type *type;
    gt_page page;
    gt_window view, inset;
    gt_look look;
    gt_canvas *canvas;
    cairo_t *cr;
    gt_stage stage;
    gt_labels *labels;
    gt_layer_paint **paints; /* one a layer */
    gt_tally *tallies;
    gt_legend legend;
    gt_scale_bar bar;
    gt_rect north;
    size_t budget;
} drawing;

static gt_status check(gt_ctx *ctx, const gt_map_source *source, const gt_map_options *o)
{
    gt_status st = gt_canvas_check_size(ctx, o->width, o->height, o->dpi);
    if (st == GT_OK && o->has_box) {
        st = gt_box_check(ctx, source, o->box);
    }
    if (st == GT_OK && o->surface != NULL) {
        st = gt_surface_check(ctx, o->surface);
    }
    if (st == GT_OK && o->relief != NULL) {
        st = gt_relief_check(ctx, o->relief);
    }
    if (st == GT_OK && o->locator >= 0 && (size_t)o->locator >= o->n_layers) {
        st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_MAP_BAD_LOCATOR, GT_NOWHERE,
                     GT_ARGS(GT_INT("i", o->locator), GT_INT("n", o->n_layers)));
    }
    return st;
}

static gt_status prepare(drawing *d, const char *path)
{
    gt_ctx *ctx = d->ctx;
    const gt_map_options *o = d->o;
    gt_canvas_kind kind = GT_CANVAS_PNG;
    gt_status st = check(ctx, d->source, o);
    st = st != GT_OK ? st : gt_canvas_kind_of(ctx, path, &kind);
    st = st != GT_OK ? st : gt_type_new(ctx, o->lang, &d->type);
    if (st != GT_OK) {
        return st;
    }
    gt_page_plan(o, d->source, d->type, &d->page);
    gt_rect frame = d->page.slot[GT_SLOT_FRAME];
    st = gt_stage_budget(
        ctx, gt_stage_least(kind, o->width, o->height, frame.w, frame.h, d->page.px), &d->budget);
    d->paints = gt_zalloc(ctx, o->n_layers, sizeof(gt_layer_paint *));
    d->tallies = gt_zalloc(ctx, o->n_layers, sizeof *d->tallies);
    if (st == GT_OK && (d->paints == NULL || d->tallies == NULL)) {
        st = GT_E_MEMORY;
    }
    for (size_t i = 0; st == GT_OK && i < o->n_layers; i++) {
        st = gt_layer_paint_new(ctx, &o->layers[i], 0, &d->paints[i]);
    }
    gt_box box = o->box;
    if (st == GT_OK && !o->has_box) {
        st = gt_map_extent(ctx, d->source, o->layers, 0, o->n_layers, &box);
        box = presentable(d->source, box);
    }
    st = st != GT_OK ? st
                     : gt_window_fit(ctx, d->source, box, frame, o->has_box ? 0 : 0.025, &d->view);
    st = st != GT_OK ? st : gt_labels_new(ctx, d->type, &d->labels);
    st = st != GT_OK ? st : gt_canvas_open(ctx, path, o->width, o->height, o->dpi, &d->canvas);
    if (st == GT_OK) {
        d->look = (gt_look){d->type, o->lang, d->page.factor};
        d->cr = gt_canvas_cr(d->canvas);
    }
    return st;
}

/* Ground colours first, the shade over them, then the rest. */
static gt_status draw_layers(drawing *d)
{
    const gt_map_options *o = d->o;
    gt_status st = gt_stage_begin(d->ctx, d->canvas, &d->view, d->page.factor, 0, d->budget,
                                  gt_rgb_of(0xF1F2EF), &d->stage);
    bool shaded = o->relief == NULL;
    if (st == GT_OK && o->surface != NULL) {
        st = gt_surface_draw(d->ctx, o->surface, &d->view, &d->stage.pen);
    }
    for (size_t i = 0; st == GT_OK && i <= o->n_layers; i++) {
        if (!shaded && (i == o->n_layers || !o->layers[i].base)) {
            st = gt_relief_draw(d->ctx, o->relief, &d->view, &d->stage.pen);
            shaded = true;
        }
        if (st == GT_OK && i < o->n_layers) {
            st = gt_gather_layer(d->ctx, d->source, i, d->paints[i], &d->view, &d->stage.pen,
                                 d->labels, &d->tallies[i]);
            gt_progress_step(d->ctx, i + 1);
        }
    }
    return st == GT_OK ? gt_stage_end(&d->stage) : st;
}

static void draw_empty(drawing *d)
{
    uint64_t n = 0;
    for (size_t i = 0; i < d->o->n_layers; i++) {
        n += d->tallies[i].n_features;
    }
    if (n > 0 || d->o->surface != NULL) {
        return;
    }
    gt_rect f = d->view.frame;
    gt_face face = {
        .size = 12 * d->page.factor, .width = f.w, .lines = 1, .color = gt_rgb_of(0x8A8A84)};
    const char *text = gt_word_of(GT_WORD_EMPTY, d->o->lang);
    gt_extent e = gt_type_measure(d->type, &face, text);
    gt_type_draw(d->type, d->cr, &face, text, f.x, f.y + 0.5 * (f.h - e.h));
}

/* Grid beneath labels, labels clear of the furniture. */
static gt_status draw_names(drawing *d)
{
    gt_rect taken[2];
    size_t n = 0;
    if (!d->o->no_scale_bar) {
        gt_scale_bar_plan(&d->view, &d->look, &d->bar);
        taken[n++] = d->bar.rect;
    }
    if (!d->o->no_north) {
        d->north = gt_north_plan(&d->view, &d->look);
        taken[n++] = d->north;
    }
    gt_status st = gt_grid_draw(d->ctx, d->source, &d->view, d->o->grid, &d->look, d->cr);
    st = st != GT_OK ? st : gt_labels_place(d->ctx, d->labels, d->view.frame, taken, n);
    if (st == GT_OK) {
        gt_labels_draw(d->labels, d->cr);
    }
    return st;
}

void gt_frame_border(gt_rect f, double factor, cairo_t *cr)
{
    cairo_rectangle(cr, f.x, f.y, f.w, f.h);
    cairo_set_source_rgb(cr, 0.25, 0.25, 0.24);
    cairo_set_line_width(cr, 0.7 * factor);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_MITER);
    cairo_stroke(cr);
}

static gt_status draw_locator(drawing *d)
{
    const gt_map_options *o = d->o;
    gt_rect slot = d->page.slot[GT_SLOT_LOCATOR];
    if (o->locator < 0) {
        return GT_OK;
    }
    size_t i = (size_t)o->locator;
    gt_map_layer layer = o->layers[i];
    layer.n_classes = 0;
    gt_map_style_init(&layer.style);
    layer.style.fill = "#e9e6dc";
    layer.style.stroke = "#a9a69b";
    layer.style.stroke_width = 0.35;
    layer.style.each = true;
    gt_box box;
    gt_status st = gt_map_extent(d->ctx, d->source, o->layers, i, 1, &box);
    box = presentable(d->source, box);
    widen(&box, d->view.box);
    gt_layer_paint *paint = NULL;
    gt_tally *tally = gt_zalloc(d->ctx, 1, sizeof *tally);
    st = st != GT_OK ? st : (tally == NULL ? GT_E_MEMORY : GT_OK);
    st = st != GT_OK ? st : gt_window_fit(d->ctx, d->source, box, slot, 0.04, &d->inset);
    st = st != GT_OK ? st : gt_layer_paint_new(d->ctx, &layer, 0, &paint);
    st = st != GT_OK ? st
                     : gt_stage_begin(d->ctx, d->canvas, &d->inset, d->page.factor, 0, d->budget,
                                      gt_rgb_of(0xFBFAF7), &d->stage);
    st = st != GT_OK
             ? st
             : gt_gather_layer(d->ctx, d->source, i, paint, &d->inset, &d->stage.pen, NULL, tally);
    st = st != GT_OK ? st : gt_stage_end(&d->stage);
    gt_layer_paint_free(d->ctx, paint);
    gt_free(d->ctx, tally);
    if (st == GT_OK) {
        const gt_box *b = &d->view.box;
        double x = gt_window_x(&d->inset, b->xmin);
        double y = gt_window_y(&d->inset, b->ymax);
        cairo_rectangle(d->cr, x, y, gt_window_x(&d->inset, b->xmax) - x,
                        gt_window_y(&d->inset, b->ymin) - y);
        cairo_set_source_rgba(d->cr, 0.75, 0.15, 0.12, 0.12);
        cairo_fill_preserve(d->cr);
        cairo_set_source_rgb(d->cr, 0.75, 0.15, 0.12);
        cairo_set_line_width(d->cr, 0.9 * d->page.factor);
        cairo_stroke(d->cr);
        gt_frame_border(slot, 0.6 * d->page.factor, d->cr);
    }
    return st;
}

/* What is left for the layers: beneath it in a column, beside it in a wide panel. */
static gt_status draw_surface_legend(drawing *d, gt_rect *slot)
{
    const double wide = 2.2;
    double took = 0, gap = 14 * d->page.factor;
    gt_rect own = *slot;
    bool beside = slot->w > wide * slot->h;
    own.w = beside ? 0.5 * (slot->w - gap) : slot->w;
    gt_status st = gt_surface_legend_draw(d->ctx, d->o->surface, &d->look, own, d->cr, &took);
    if (beside) {
        slot->x += own.w + gap;
        slot->w = own.w;
    } else {
        slot->y += took + 0.5 * gap;
        slot->h -= took + 0.5 * gap;
    }
    return st;
}

static gt_status draw_furniture(drawing *d)
{
    gt_status st = GT_OK;
    if (!d->o->no_scale_bar) {
        gt_scale_bar_draw(&d->bar, &d->look, d->cr);
    }
    if (!d->o->no_north) {
        gt_north_draw(d->north, &d->look, d->cr);
    }
    gt_frame_border(d->view.frame, d->page.factor, d->cr);
    gt_page_draw_texts(&d->page, d->o, d->type, d->cr);
    if (!d->o->no_legend) {
        gt_rect slot = d->page.slot[GT_SLOT_LEGEND];
        if (d->o->surface != NULL) {
            st = draw_surface_legend(d, &slot);
        }
        st = st != GT_OK ? st : gt_legend_make(d->ctx, d->o, d->tallies, d->paints, &d->legend);
        d->legend.more = d->o->surface != NULL;
        if (st == GT_OK && slot.h > 0) {
            gt_legend_fit(&d->legend, &d->look, slot);
            gt_legend_draw(&d->legend, &d->look, d->cr);
        }
    }
    return st != GT_OK ? st : draw_locator(d);
}

static gt_status draw_all(drawing *d)
{
    gt_status st = draw_layers(d);
    if (st == GT_OK) {
        draw_empty(d);
        st = draw_names(d);
    }
    return st != GT_OK ? st : draw_furniture(d);
}

static void release(drawing *d)
{
    for (size_t i = 0; d->paints != NULL && i < d->o->n_layers; i++) {
        gt_layer_paint_free(d->ctx, d->paints[i]);
    }
    gt_stage_drop(&d->stage);
    gt_canvas_abort(d->ctx, d->canvas);
    gt_legend_free(d->ctx, &d->legend);
    gt_labels_free(d->ctx, d->labels);
    gt_type_free(d->ctx, d->type);
    gt_free(d->ctx, d->paints);
    gt_free(d->ctx, d->tallies);
    gt_free(d->ctx, d);
}

gt_status gt_map_draw_probed(gt_ctx *ctx, const gt_map_source *source,
                             const gt_map_options *options, const char *path,
                             const gt_map_probe *probe)
{
    drawing *d = gt_zalloc(ctx, 1, sizeof *d);
    if (d == NULL) {
        return GT_E_MEMORY;
    }
    d->ctx = ctx;
    d->source = source;
    d->o = options;
    gt_progress_begin(ctx, &GT_MSG_MAP_DRAWING, options->n_layers);
    gt_status st = prepare(d, path);
    st = st != GT_OK ? st : draw_all(d);
    if (st == GT_OK && probe != NULL) {
        probe->seen(probe->user, &d->page, &d->view, &d->legend, d->labels, d->tallies, &d->bar);
    }
    if (st == GT_OK) {
        st = gt_canvas_finish(ctx, d->canvas);
        d->canvas = NULL;
    }
    release(d);
    gt_progress_end(ctx);
    return st;
}

gt_status gt_map_draw(gt_ctx *ctx, const gt_map_source *source, const gt_map_options *options,
                      const char *path)
{
    return gt_map_draw_probed(ctx, source, options, path, NULL);
}
