#include "report/label.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gt_labels {
    gt_type *type; /* borrowed */
    gt_label *list;
    size_t n, cap;
    uint64_t arrived;
    double gap; /* points kept free around a label */
    bool may_hide;
};

gt_status gt_labels_new(gt_ctx *ctx, gt_type *type, gt_labels **out)
{
    gt_labels *labels = gt_zalloc(ctx, 1, sizeof *labels);
    if (labels == NULL) {
        return GT_E_MEMORY;
    }
    labels->type = type;
    labels->gap = 1.2;
    labels->may_hide = true;
    *out = labels;
    return GT_OK;
}

void gt_labels_set(gt_labels *labels, double gap, bool may_hide)
{
    labels->gap = gap;
    labels->may_hide = may_hide;
}

static void drop(gt_ctx *ctx, gt_label *label)
{
    union {
        const char *borrowed;
        char *owned;
    } text = {label->text};
    gt_free(ctx, text.owned);
}

void gt_labels_free(gt_ctx *ctx, gt_labels *labels)
{
    if (labels == NULL) {
        return;
    }
    for (size_t i = 0; i < labels->n; i++) {
        drop(ctx, &labels->list[i]);
    }
    gt_free(ctx, labels->list);
    gt_free(ctx, labels);
}

static int by_rank(const void *a, const void *b)
{
    const gt_label *x = a;
    const gt_label *y = b;
    if (x->layer != y->layer) {
        return x->layer > y->layer ? -1 : 1;
    }
    if (x->weight != y->weight) {
        return x->weight > y->weight ? -1 : 1;
    }
    return x->seq < y->seq ? -1 : 1;
}

static gt_status add(gt_ctx *ctx, gt_labels *labels, gt_label *label, gt_extent size)
{
    if (labels->n == GT_LABELS_MAX) { /* the lower half could hardly be set anyway */
        qsort(labels->list, labels->n, sizeof *labels->list, by_rank);
        for (; labels->n > GT_LABELS_MAX / 2; labels->n--) {
            drop(ctx, &labels->list[labels->n - 1]);
        }
    }
    gt_status st =
        gt_grow(ctx, (void **)&labels->list, &labels->cap, labels->n + 1, sizeof *labels->list);
    char *text = st == GT_OK ? gt_strdup(ctx, label->text) : NULL;
    if (text == NULL) {
        return GT_E_MEMORY;
    }
    label->text = text;
    label->seq = (double)labels->arrived++;
    label->rect = (gt_rect){0, 0, size.ink_w, size.ink_h};
    label->dx = size.ink_x;
    label->dy = size.ink_y;
    labels->list[labels->n++] = *label;
    return GT_OK;
}

/* Eight places around (x, y) at two distances, for a text that does not fit where it belongs. */
static void beside(gt_label *label, double x, double y, gt_extent size, double gap)
{
    static const double around[8][2] = {{1, -1}, {-1, -1}, {1, 1},  {-1, 1},
                                        {1, 0},  {-1, 0},  {0, -1}, {0, 1}};
    for (int ring = 1; ring <= 2; ring++) {
        for (int i = 0; i < 8; i++) {
            double away = ring * (1.1 * size.ink_h + gap);
            double sx = x + around[i][0] * (away + 0.5 * size.ink_w);
            double sy = y + around[i][1] * (away + 0.5 * size.ink_h);
            label->spot[label->n_spots++] = (gt_spot){sx, sy, 0};
        }
    }
    label->tie_x = x;
    label->tie_y = y;
}

gt_status gt_labels_add_area(gt_ctx *ctx, gt_labels *labels, const gt_rings *rings,
                             const gt_face *face, const char *text, int layer, double weight,
                             bool must)
{
    gt_extent size = gt_type_measure(labels->type, face, text);
    if (!(size.ink_w > 0)) {
        return GT_OK;
    }
    gt_spot spots[GT_SPOTS];
    int n = 0;
    gt_status st = gt_spots_find(ctx, rings, size.ink_w, size.ink_h, spots, &n);
    if (st != GT_OK || n == 0) {
        return st;
    }
    gt_label label = {.text = text, .face = *face, .layer = layer, .weight = weight};
    double least = labels->may_hide ? 0.8 * size.ink_w : size.ink_w + 2 * labels->gap;
    for (int i = 0; i < n; i++) {
        if (spots[i].room >= least) {
            label.spot[label.n_spots++] = spots[i];
        }
    }
    if (label.n_spots == 0 && must && labels->may_hide) {
        label.spot[label.n_spots++] = spots[0]; /* over its own border is still the best place */
    }
    label.n_plain = label.n_spots;
    if (must) {
        beside(&label, spots[0].x, spots[0].y, size, labels->gap);
    }
    return label.n_spots > 0 ? add(ctx, labels, &label, size) : GT_OK;
}

gt_status gt_labels_add_point(gt_ctx *ctx, gt_labels *labels, double x, double y, double radius,
                              const gt_face *face, const char *text, int layer)
{
    gt_extent size = gt_type_measure(labels->type, face, text);
    if (!(size.ink_w > 0)) {
        return GT_OK;
    }
    double far_x = radius + 2 + 0.5 * size.ink_w;
    double far_y = radius + 2 + 0.5 * size.ink_h;
    gt_label label = {.text = text, .face = *face, .layer = layer};
    label.spot[0] = (gt_spot){x + far_x, y, 0};
    label.spot[1] = (gt_spot){x - far_x, y, 0};
    label.spot[2] = (gt_spot){x, y - far_y, 0};
    label.spot[3] = (gt_spot){x, y + far_y, 0};
    label.n_spots = 4;
    label.n_plain = 4;
    return add(ctx, labels, &label, size);
}

static bool is_free(const gt_labels *labels, size_t before, gt_rect rect, const gt_rect *taken,
                    size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (gt_rect_meets(taken[i], rect)) {
            return false;
        }
    }
    for (size_t i = 0; i < before; i++) {
        if (labels->list[i].placed && gt_rect_meets(labels->list[i].rect, rect)) {
            return false;
        }
    }
    return true;
}

gt_status gt_labels_place(gt_ctx *ctx, gt_labels *labels, gt_rect frame, const gt_rect *taken,
                          size_t n)
{
    if (labels->n > 1) {
        qsort(labels->list, labels->n, sizeof *labels->list, by_rank);
    }
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < labels->n; i++) {
        gt_label *label = &labels->list[i];
        for (int s = 0; s < label->n_spots && !label->placed; s++) {
            gt_rect rect = {label->spot[s].x - 0.5 * label->rect.w,
                            label->spot[s].y - 0.5 * label->rect.h, label->rect.w, label->rect.h};
            double gap = labels->gap;
            gt_rect wide = {rect.x - gap, rect.y - gap, rect.w + 2 * gap, rect.h + 2 * gap};
            if (gt_rect_holds(frame, wide) && is_free(labels, i, wide, taken, n)) {
                label->rect = rect;
                label->placed = true;
                label->chosen = s;
            }
        }
        st = gt_check_cancel(ctx);
    }
    return st;
}

/* Ends at the nearest point of the text's box. */
void gt_label_draw_tie(const gt_label *label, cairo_t *cr)
{
    if (!label->placed || label->chosen < label->n_plain) {
        return;
    }
    double x = fmax(label->rect.x, fmin(label->tie_x, label->rect.x + label->rect.w));
    double y = fmax(label->rect.y, fmin(label->tie_y, label->rect.y + label->rect.h));
    const gt_rgb *c = &label->face.color;
    cairo_set_source_rgba(cr, c->r, c->g, c->b, 0.7);
    cairo_set_line_width(cr, 0.5);
    cairo_move_to(cr, label->tie_x, label->tie_y);
    cairo_line_to(cr, x, y);
    cairo_stroke(cr);
    cairo_arc(cr, label->tie_x, label->tie_y, 1.1, 0, 6.283185307179586);
    cairo_fill(cr);
}

void gt_labels_draw(gt_labels *labels, cairo_t *cr)
{
    for (size_t i = labels->n; i-- > 0;) { /* the most important one last, on top */
        const gt_label *label = &labels->list[i];
        if (!label->placed) {
            continue;
        }
        gt_label_draw_tie(label, cr);
        gt_type_draw(labels->type, cr, &label->face, label->text, label->rect.x - label->dx,
                     label->rect.y - label->dy);
    }
}

size_t gt_labels_count(const gt_labels *labels)
{
    return labels->n;
}

const gt_label *gt_labels_get(const gt_labels *labels, size_t i)
{
    return &labels->list[i];
}
