/* The map of a verdict: the subject and its overlaps over a pale ground, numbered. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/shape.h"
#include "report/sheet.h"

gt_status gt_sheet_fit(sheet *s)
{
    gt_box box;
    gt_status st = gt_finite_box(s->ctx, s->o->geom, &box);
    if (st != GT_OK) {
        return st;
    }
    double least =
        s->source->geographic ? 0.0005 : 50; /* half a street block around a small plot */
    double grow = 0.22 * fmax(box.xmax - box.xmin, box.ymax - box.ymin);
    grow = fmax(grow, least);
    box = (gt_box){box.xmin - grow, box.ymin - grow, box.xmax + grow, box.ymax + grow};
    return gt_window_fit(s->ctx, s->source, box, s->page.frame, 0, &s->view);
}

static gt_status draw_ground(sheet *s)
{
    gt_status st = gt_stage_begin(s->ctx, s->canvas, &s->view, 1, GT_VERDICT_FADE, s->budget,
                                  gt_rgb_of(0xFAF9F6), &s->stage);
    for (size_t i = 0; st == GT_OK && i < s->o->n_layers; i++) {
        st = gt_gather_layer(s->ctx, s->source, i, s->paints[i], &s->view, &s->stage.pen, s->names,
                             &s->tallies[i]);
        gt_progress_step(s->ctx, i + 1);
    }
    return st == GT_OK ? gt_stage_end(&s->stage) : st;
}

static void draw_overlaps(sheet *s)
{
    cairo_t *cr = s->cr;
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = 0; i < s->o->n_findings; i++) {
        const gt_map_finding *f = &s->o->findings[i];
        if (!gt_finding_drawn(f) || s->table.rows[i].lead != i) {
            continue;
        }
        gt_rgb c = s->table.rows[i].color;
        cairo_new_path(cr);
        gt_shape_path(cr, f->overlap, &s->view);
        cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
        cairo_set_source_rgba(cr, c.r, c.g, c.b, 0.38);
        cairo_fill_preserve(cr);
        cairo_set_source_rgb(cr, c.r, c.g, c.b);
        cairo_set_line_width(cr, 1.1);
        cairo_stroke(cr);
    }
}

/* Dark line on a white casing: seen on any ground. */
static void draw_subject(sheet *s)
{
    cairo_t *cr = s->cr;
    cairo_new_path(cr);
    gt_shape_path(cr, s->o->geom, &s->view);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_source_rgba(cr, 1, 1, 1, 0.9);
    cairo_set_line_width(cr, 3.8);
    cairo_stroke_preserve(cr);
    cairo_set_source_rgb(cr, 0.10, 0.10, 0.10);
    cairo_set_line_width(cr, 1.7);
    cairo_stroke(cr);
}

static const double TAG_RADIUS = 6.8;

static gt_status place_tags(sheet *s, const gt_rect *taken, size_t n)
{
    gt_rings rings = {0};
    gt_status st = GT_OK;
    gt_labels_set(s->tags, 4.5, false); /* text is smaller than its disc */
    for (size_t i = 0; st == GT_OK && i < s->o->n_findings; i++) {
        const gt_map_finding *f = &s->o->findings[i];
        if (!gt_finding_drawn(f) || s->table.rows[i].lead != i) {
            continue;
        }
        char text[GT_NUMBER_TEXT];
        gt_tag_text(&s->table, s->o, i, text);
        gt_face face = {
            .size = TAG_RADIUS * 1.15, .bold = true, .lines = 1, .color = s->table.rows[i].color};
        st = gt_shape_rings(s->ctx, f->overlap, &s->view, &rings);
        if (st == GT_OK) {
            st = gt_labels_add_area(s->ctx, s->tags, &rings, &face, text, 0, -(double)i, true);
        }
    }
    gt_rings_free(s->ctx, &rings);
    return st != GT_OK ? st : gt_labels_place(s->ctx, s->tags, s->view.frame, taken, n);
}

static void draw_tags(sheet *s)
{
    for (size_t k = gt_labels_count(s->tags); k-- > 0;) {
        const gt_label *label = gt_labels_get(s->tags, k);
        if (!label->placed) {
            continue;
        }
        size_t i = (size_t)lrint(-label->weight);
        gt_label_draw_tie(label, s->cr);
        gt_tag_draw(s->type, s->cr, label->rect.x + 0.5 * label->rect.w,
                    label->rect.y + 0.5 * label->rect.h, TAG_RADIUS, s->table.rows[i].color,
                    label->text);
    }
}

/* Small boxes along the subject's outline, so that no name is set across it. */
static gt_status outline_boxes(sheet *s, gt_rect **boxes, size_t *n)
{
    const double step = 5;
    const size_t most = 4000;
    const gt_geom *g = s->o->geom;
    size_t cap = *n;
    gt_status st = GT_OK;
    uint32_t start = 0;
    for (uint32_t r = 0; st == GT_OK && r < g->n_rings; r++) {
        for (uint32_t i = start + 1; st == GT_OK && i < g->ring_end[r] && *n < most; i++) {
            const double *p = g->xy + 2 * (size_t)i;
            double ax = gt_window_x(&s->view, p[-2]);
            double ay = gt_window_y(&s->view, p[-1]);
            double bx = gt_window_x(&s->view, p[0]);
            double by = gt_window_y(&s->view, p[1]);
            int parts = (int)fmax(1, ceil(hypot(bx - ax, by - ay) / step));
            st = gt_grow(s->ctx, (void **)boxes, &cap, *n + (size_t)parts, sizeof **boxes);
            for (int k = 0; st == GT_OK && k < parts; k++) {
                double x = ax + (bx - ax) * k / parts;
                double y = ay + (by - ay) * k / parts;
                (*boxes)[(*n)++] = (gt_rect){x - 2.5, y - 2.5, 5, 5};
            }
        }
        start = g->ring_end[r];
    }
    return st;
}

/* Names of the ground keep clear of the tags, the furniture and the subject's outline. */
static gt_status draw_names(sheet *s, const gt_rect *fixed, size_t n_fixed)
{
    size_t n_tags = gt_labels_count(s->tags);
    size_t n = n_tags + n_fixed;
    gt_rect *taken = gt_alloc(s->ctx, n, sizeof *taken);
    if (taken == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(taken, fixed, n_fixed * sizeof *taken);
    for (size_t i = 0; i < n_tags; i++) {
        gt_rect r = gt_labels_get(s->tags, i)->rect;
        taken[n_fixed + i] = (gt_rect){r.x - 5, r.y - 5, r.w + 10, r.h + 10};
    }
    gt_status st = outline_boxes(s, &taken, &n);
    st = st != GT_OK ? st : gt_labels_place(s->ctx, s->names, s->view.frame, taken, n);
    if (st == GT_OK) {
        gt_labels_draw(s->names, s->cr);
    }
    gt_free(s->ctx, taken);
    return st;
}

gt_status gt_sheet_map(sheet *s)
{
    gt_status st = draw_ground(s);
    if (st != GT_OK) {
        return st;
    }
    gt_scale_bar bar;
    gt_scale_bar_plan(&s->view, &s->look, &bar);
    gt_rect fixed[2] = {bar.rect, gt_north_plan(&s->view, &s->look)};
    st = gt_grid_draw(s->ctx, s->source, &s->view, GT_GRID_AUTO, &s->look, s->cr);
    cairo_save(s->cr);
    const gt_rect *f = &s->page.frame;
    cairo_rectangle(s->cr, f->x, f->y, f->w, f->h);
    cairo_clip(s->cr);
    draw_overlaps(s);
    draw_subject(s);
    cairo_restore(s->cr);
    st = st != GT_OK ? st : place_tags(s, fixed, 2);
    st = st != GT_OK ? st : draw_names(s, fixed, 2);
    if (st == GT_OK) {
        draw_tags(s);
        gt_scale_bar_draw(&bar, &s->look, s->cr);
        gt_north_draw(fixed[1], &s->look, s->cr);
        gt_frame_border(*f, 1, s->cr);
    }
    return st;
}
