#include <math.h>
#include <string.h>

#include "report/canvas.h"
#include "report/gathering.h"
#include "report/messages.h"

/* Rings waiting in all buckets together, pairs. Larger batches make cairo sort longer edge lists;
 * around 8 000 is the fastest (0.3 s for a million octagons). */
enum { BATCH = 8192 };
enum { EACH_LEAST = 5 }; /* pixels: smaller features get no outline of their own */

/* ---- limits ---- */

gt_status gt_finite_box(gt_ctx *ctx, const gt_geom *geom, gt_box *out)
{
    gt_box box = {HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    for (uint32_t i = 0; i < geom->n_points; i++) {
        double x = geom->xy[2 * (size_t)i];
        double y = geom->xy[2 * (size_t)i + 1];
        if (!isfinite(x) || !isfinite(y)) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MAP_BAD_COORDINATE, GT_NOWHERE, GT_NO_ARGS);
        }
        box.xmin = x < box.xmin ? x : box.xmin;
        box.xmax = x > box.xmax ? x : box.xmax;
        box.ymin = y < box.ymin ? y : box.ymin;
        box.ymax = y > box.ymax ? y : box.ymax;
    }
    *out = box;
    return GT_OK;
}

size_t gt_gather_least(double w, double h, double px)
{
    return gt_ink_bytes((int)ceil(w * px), (int)ceil(h * px), true, 1);
}

/* ---- ink ---- */

static bool wants_union_outline(const gt_map_style *s)
{
    return !s->each &&
           ((s->stroke != NULL && s->stroke_width > 0) || (s->band != NULL && s->band_width > 0));
}

double gt_gather_pixels(const gather *g, double points)
{
    return points * g->pen->factor * g->pen->px;
}

static gt_status need_ink(gather *g)
{
    if (g->ink != NULL) {
        return GT_OK;
    }
    const gt_map_style *s = &g->layer->style;
    bool outline = wants_union_outline(s);
    double reach = outline ? gt_gather_pixels(g, fmax(s->stroke_width / 2, s->band_width)) + 1 : 0;
    size_t budget = g->pen->budget != 0 ? g->pen->budget : (size_t)512 << 20;
    int side = gt_ink_side(g->w, g->h, outline, reach, budget);
    side = side == 0 ? 1 : side; /* the ceiling has the last word */
    gt_status st = gt_ink_new(g->ctx, g->w, g->h, outline, side, &g->ink);
    if (st == GT_OK) {
        double margin = 16 + gt_gather_pixels(g, s->stroke_width) * side;
        g->sub = side * g->pen->px;
        g->clip =
            (gt_box){-margin, -margin, g->w * (double)side + margin, g->h * (double)side + margin};
    }
    return st;
}

static void flush_areas(gather *g)
{
    for (int v = 1; v <= GT_INK_MAX; v++) {
        if (g->areas[v].n > 0) {
            gt_ink_fill(g->ink, v, g->areas[v].xy, g->areas[v].n);
            g->areas[v].n = 0;
        }
    }
    g->waiting = 0;
}

gt_status gt_gather_put(gather *g, bucket *b, int32_t x, int32_t y)
{
    gt_status st = gt_grow(g->ctx, (void **)&b->xy, &b->cap, 2 * (b->n + 1), sizeof *b->xy);
    if (st == GT_OK) {
        b->xy[2 * b->n] = x;
        b->xy[2 * b->n + 1] = y;
        b->n++;
    }
    return st;
}

/* Sub-pixel coordinates of the page position (x, y) in the frame. */
static double sub_x(const gather *g, double x)
{
    return (x - g->view->box.xmin) * g->view->kx * g->sub;
}

static double sub_y(const gather *g, double y)
{
    return (g->view->box.ymax - y) * g->view->ky * g->sub;
}

/* Rounds n points to the grid and drops repeats and points on a straight run; *twice = signed
 * doubled area. What is dropped depends on the grid alone, so both sides of a border drop the same.
 */
static gt_status snap(gather *g, const double *xy, size_t n, size_t *count, int64_t *twice)
{
    gt_status st =
        gt_grow(g->ctx, (void **)&g->snapped, &g->cap_snapped, 2 * (n + 1), sizeof *g->snapped);
    if (st != GT_OK) {
        return st;
    }
    int32_t *to = g->snapped;
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t x = (int32_t)lrint(xy[2 * i]);
        int32_t y = (int32_t)lrint(xy[2 * i + 1]);
        if (m > 0 && to[2 * m - 2] == x && to[2 * m - 1] == y) {
            continue;
        }
        to[2 * m] = x;
        to[2 * m + 1] = y;
        m++;
    }
    while (m > 1 && to[0] == to[2 * m - 2] && to[1] == to[2 * m - 1]) {
        m--;
    }
    int64_t sum = 0;
    for (size_t i = 0; i < m; i++) {
        size_t j = i + 1 < m ? i + 1 : 0;
        sum += (int64_t)to[2 * i] * to[2 * j + 1] - (int64_t)to[2 * j] * to[2 * i + 1];
    }
    *count = m;
    *twice = sum;
    return GT_OK;
}

/* Copies the snapped ring to a bucket; `positive` chooses the turn. */
static gt_status store_ring(gather *g, bucket *b, size_t n, bool backwards)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        size_t at = backwards ? n - 1 - i : i;
        st = gt_gather_put(g, b, g->snapped[2 * at], g->snapped[2 * at + 1]);
    }
    st = st != GT_OK ? st : gt_gather_put(g, b, GT_RING_END, 0);
    g->waiting += n + 1;
    return st;
}

/* ---- outlines of every feature ---- */

static gt_status need_outline(gather *g)
{
    if (g->outline != NULL) {
        return GT_OK;
    }
    int stride = cairo_format_stride_for_width(CAIRO_FORMAT_A8, g->w);
    g->outline = gt_zalloc(g->ctx, (size_t)g->h, (size_t)stride);
    if (g->outline == NULL) {
        return GT_E_MEMORY;
    }
    g->outline_surface =
        cairo_image_surface_create_for_data(g->outline, CAIRO_FORMAT_A8, g->w, g->h, stride);
    g->outline_cr = cairo_create(g->outline_surface);
    cairo_set_line_width(g->outline_cr, gt_gather_pixels(g, g->layer->style.stroke_width));
    cairo_set_line_join(g->outline_cr, CAIRO_LINE_JOIN_ROUND);
    return gt_cairo_check(g->ctx, cairo_status(g->outline_cr));
}

static void outline_ring(gather *g, size_t n)
{
    double k = 1.0 / gt_ink_sub(g->ink);
    cairo_t *cr = g->outline_cr;
    for (size_t i = 0; i < n; i++) {
        double x = g->snapped[2 * i] * k;
        double y = g->snapped[2 * i + 1] * k;
        if (i == 0) {
            cairo_move_to(cr, x, y);
        } else {
            cairo_line_to(cr, x, y);
        }
    }
    cairo_close_path(cr);
}

/* ---- areas ---- */

typedef struct area { /* of the feature at hand */
    size_t class_number;
    bool inside; /* wholly in the frame */
    bool outlined;
    double plane; /* area on the page within the frame, square sub-pixels */
    double whole; /* area, clipped or not */
} area;

static double ring_area(const double *xy, size_t n)
{
    double sum = 0;
    for (size_t i = 1; i + 1 < n; i++) {
        sum += (xy[2 * i] - xy[0]) * (xy[2 * i + 3] - xy[1]) -
               (xy[2 * i + 2] - xy[0]) * (xy[2 * i + 1] - xy[1]);
    }
    return 0.5 * sum;
}

static gt_status add_label_ring(gather *g, const double *xy, size_t n)
{
    /* to page points: the label does not know of sub-pixels */
    gt_status st = gt_rings_add(g->ctx, &g->rings, xy, n);
    double *p = g->rings.xy + 2 * (g->rings.n_points - (st == GT_OK ? n : 0));
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        p[2 * i] = g->view->frame.x + p[2 * i] / g->sub;
        p[2 * i + 1] = g->view->frame.y + p[2 * i + 1] / g->sub;
    }
    return st;
}

/* One ring, hole or shell. */
static gt_status draw_ring(gather *g, const double *xy, size_t n, bool hole, bool label, area *a)
{
    if (n > 1 && xy[0] == xy[2 * n - 2] && xy[1] == xy[2 * n - 1]) {
        n--;
    }
    gt_status st =
        gt_grow(g->ctx, (void **)&g->clipper.a, &g->clipper.cap_a, 2 * n + 2, sizeof *g->clipper.a);
    if (st != GT_OK || n < 3) {
        return st;
    }
    for (size_t i = 0; i < n; i++) {
        g->clipper.a[2 * i] = sub_x(g, xy[2 * i]);
        g->clipper.a[2 * i + 1] = sub_y(g, xy[2 * i + 1]);
    }
    double sign = hole ? -1 : 1;
    a->whole += sign * fabs(ring_area(g->clipper.a, n));
    if (!a->inside) {
        st = gt_clip_ring(g->ctx, &g->clipper, g->clip, &n);
        if (st != GT_OK || n < 3) {
            return st;
        }
    }
    size_t count = 0;
    int64_t twice = 0;
    st = snap(g, g->clipper.a, n, &count, &twice);
    if (st == GT_OK && !a->inside) { /* area and label: what is seen, without the margin */
        gt_box seen = {0, 0, (double)g->w * gt_ink_sub(g->ink), (double)g->h * gt_ink_sub(g->ink)};
        st = gt_clip_ring(g->ctx, &g->clipper, seen, &n);
    }
    a->plane += n > 2 ? sign * fabs(ring_area(g->clipper.a, n)) : 0;
    if (st == GT_OK && label && n > 2) {
        st = add_label_ring(g, g->clipper.a, n);
    }
    if (st != GT_OK || count == 0) {
        return st;
    }
    if (twice == 0) {
        if (!hole) {
            gt_ink_dot(g->ink, (int)a->class_number, g->snapped[0], g->snapped[1]);
        }
        return GT_OK;
    }
    if (a->outlined) {
        outline_ring(g, count);
    }
    return store_ring(g, &g->areas[a->class_number], count, (twice > 0) == hole);
}

/* Spaced letters suit Chinese names, not words of letters. CJK begins with the bytes E3 to E9. */
static bool is_wide(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    return first >= 0xE3 && first <= 0xE9;
}

static gt_status label_area(gather *g, const gt_map_feature *f, const area *a)
{
    const gt_map_style *s = &g->layer->style;
    double points2 = a->plane / (g->sub * g->sub);
    double factor = g->pen->factor;
    /* a mere corner of a feature need not be named */
    const double corner = 500;
    bool must = s->label_min_area <= 0 && (a->inside || points2 > corner * factor * factor);
    if (g->rings.n_rings == 0 || points2 < s->label_min_area * factor * factor) {
        return GT_OK;
    }
    gt_face face = {.size = s->label_size * factor,
                    .bold = s->label_bold,
                    .spacing = is_wide(f->label) ? s->label_spacing : 0,
                    .lines = 1,
                    .color = g->paint->label,
                    .halo = 1.3 * factor};
    return gt_labels_add_area(g->ctx, g->labels, &g->rings, &face, f->label, g->rank, points2,
                              must);
}

static bool wants_label(const gather *g, const gt_map_feature *f)
{
    return g->labels != NULL && g->layer->style.label_size > 0 && f->label != NULL &&
           f->label[0] != '\0';
}

static gt_status begin_outline(gather *g, const gt_box *box, area *a)
{
    const gt_map_style *s = &g->layer->style;
    double most =
        fmax((box->xmax - box->xmin) * g->view->kx, (box->ymax - box->ymin) * g->view->ky);
    a->outlined =
        s->each && s->stroke != NULL && s->stroke_width > 0 && most * g->pen->px >= EACH_LEAST;
    return a->outlined ? need_outline(g) : GT_OK;
}

/* Square metres on the ground of an area on the page: the scale is taken at the feature's middle,
 * which is exact to 1e-5 for a district. The figure is for the legend; area tables are reckoned
 * elsewhere. */
static double ground_area(const gather *g, const gt_box *box, double plane)
{
    double x = 0.5 * (box->xmin + box->xmax);
    double y = 0.5 * (box->ymin + box->ymax);
    double per_metre_x = g->view->per_metre;
    double per_metre_y = g->view->per_metre;
    if (g->geographic) {
        const double degree = 3.14159265358979323846 / 180;
        per_metre_x = g->view->kx / (g->view->ky / g->view->per_metre * cos(y * degree));
    } else if (g->plane != NULL) {
        double scale = gt_plane_scale(g->plane, x, y);
        bool sane = scale > 0.5 && scale < 2;
        per_metre_x = sane ? g->view->kx * scale : per_metre_x;
        per_metre_y = per_metre_x;
    }
    double m2 = plane / (g->sub * g->sub * per_metre_x * per_metre_y);
    return m2 > 0 ? m2 : 0;
}

static gt_status draw_area(gather *g, const gt_map_feature *f, const gt_box *box, size_t number)
{
    const gt_geom *geom = f->geom;
    const gt_box *seen = &g->view->box;
    gt_status st = need_ink(g);
    area a = {.class_number = number,
              .inside = box->xmin >= seen->xmin && box->xmax <= seen->xmax &&
                        box->ymin >= seen->ymin && box->ymax <= seen->ymax};
    st = st != GT_OK ? st : begin_outline(g, box, &a);
    bool label = wants_label(g, f);
    gt_rings_clear(&g->rings);
    uint32_t ring = 0;
    uint32_t start = 0;
    for (uint32_t part = 0; st == GT_OK && part < geom->n_parts; part++) {
        for (uint32_t first = ring; st == GT_OK && ring < geom->part_end[part]; ring++) {
            st = draw_ring(g, geom->xy + 2 * (size_t)start, geom->ring_end[ring] - start,
                           ring != first, label, &a);
            start = geom->ring_end[ring];
        }
    }
    if (st == GT_OK && a.outlined) {
        cairo_stroke(g->outline_cr);
    }
    if (st == GT_OK && label) {
        st = label_area(g, f, &a);
    }
    if (st == GT_OK && g->waiting >= BATCH) {
        flush_areas(g);
    }
    double part = a.whole > 0 ? fmin(fmax(a.plane / a.whole, 0), 1) : 0;
    double m2 = isfinite(f->m2) ? f->m2 * part : ground_area(g, box, a.plane);
    g->tally->m2[number] += m2;
    g->tally->areas = true;
    return st;
}

/* ---- points ---- */

static gt_status draw_point(gather *g, const gt_map_feature *f, double x, double y, size_t number)
{
    static const double circle[12][2] = {{1, 0},  {0.8660254, 0.5},   {0.5, 0.8660254},
                                         {0, 1},  {-0.5, 0.8660254},  {-0.8660254, 0.5},
                                         {-1, 0}, {-0.8660254, -0.5}, {-0.5, -0.8660254},
                                         {0, -1}, {0.5, -0.8660254},  {0.8660254, -0.5}};
    gt_status st = need_ink(g);
    if (st != GT_OK) {
        return st;
    }
    double radius = 0.5 * g->layer->style.point_size * g->pen->factor * g->sub;
    double px = sub_x(g, x);
    double py = sub_y(g, y);
    if (px < g->clip.xmin - radius || px > g->clip.xmax + radius || py < g->clip.ymin - radius ||
        py > g->clip.ymax + radius) {
        return GT_OK;
    }
    bucket *b = &g->areas[number];
    for (int i = 0; st == GT_OK && i < 12; i++) {
        st = gt_gather_put(g, b, (int32_t)lrint(px + radius * circle[i][0]),
                           (int32_t)lrint(py + radius * circle[i][1]));
    }
    st = st != GT_OK ? st : gt_gather_put(g, b, GT_RING_END, 0);
    g->waiting += 13;
    if (st == GT_OK && wants_label(g, f)) {
        const gt_map_style *s = &g->layer->style;
        gt_face face = {.size = s->label_size * g->pen->factor,
                        .bold = s->label_bold,
                        .lines = 1,
                        .color = g->paint->label,
                        .halo = 1.2 * g->pen->factor};
        st =
            gt_labels_add_point(g->ctx, g->labels, gt_window_x(g->view, x), gt_window_y(g->view, y),
                                radius / g->sub, &face, f->label, g->rank);
    }
    if (st == GT_OK && g->waiting >= BATCH) {
        flush_areas(g);
    }
    g->tally->points = true;
    return st;
}

static gt_status draw_points(gather *g, const gt_map_feature *f, size_t number)
{
    gt_status st = GT_OK;
    for (uint32_t i = 0; st == GT_OK && i < f->geom->n_points; i++) {
        st = draw_point(g, f, f->geom->xy[2 * (size_t)i], f->geom->xy[2 * (size_t)i + 1], number);
    }
    return st;
}

/* ---- the layer ---- */

static gt_status draw_feature(gather *g, const gt_map_feature *f)
{
    if (f->geom == NULL || f->geom->n_points == 0) {
        return GT_OK;
    }
    gt_box box = {0, 0, 0, 0};
    gt_status st = gt_finite_box(g->ctx, f->geom, &box);
    if (st != GT_OK) {
        gt_fail_at(g->ctx, GT_PLACE(.feature = f->id));
        return st;
    }
    if (!(box.xmin <= g->view->box.xmax && box.xmax >= g->view->box.xmin &&
          box.ymin <= g->view->box.ymax && box.ymax >= g->view->box.ymin)) {
        return GT_OK;
    }
    size_t number = gt_layer_paint_class(g->paint, f->class_code);
    switch (f->geom->type) {
    case GT_GEOM_NONE:
        return GT_OK;
    case GT_POINT:
    case GT_MULTIPOINT:
        st = draw_points(g, f, number);
        break;
    case GT_LINESTRING:
    case GT_MULTILINESTRING:
        st = gt_gather_lines(g, f, number);
        break;
    case GT_POLYGON:
    case GT_MULTIPOLYGON:
        st = draw_area(g, f, &box, number);
        break;
    }
    g->tally->features[number]++;
    g->tally->n_features++;
    return st;
}

void gt_pen_place(const gt_pen *pen, cairo_surface_t *image, const gt_rgb *mask,
                  cairo_operator_t how)
{
    cairo_t *cr = pen->ground;
    cairo_save(cr);
    cairo_identity_matrix(cr); /* exact pixels: a product of scales may be off by a rounding */
    cairo_translate(cr, pen->ground_x, pen->ground_y);
    cairo_rectangle(cr, 0, 0, cairo_image_surface_get_width(image),
                    cairo_image_surface_get_height(image));
    cairo_clip(cr);
    cairo_set_operator(cr, how);
    if (mask != NULL) {
        cairo_set_source_rgb(cr, mask->r, mask->g, mask->b);
        cairo_mask_surface(cr, image, 0, 0);
    } else {
        cairo_set_source_surface(cr, image, 0, 0);
        cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
        cairo_paint(cr);
    }
    cairo_restore(cr);
    if (pen->dirty != NULL) {
        *pen->dirty = true;
    }
}

static gt_status place_ink(gather *g)
{
    if (g->ink == NULL) {
        return GT_OK;
    }
    flush_areas(g);
    const gt_map_style *s = &g->layer->style;
    gt_ink_paint paint = g->paint->ink;
    bool outline = wants_union_outline(s);
    bool point = g->tally->points && !g->tally->areas;
    paint.opacity = fmin(fmax(s->fill_opacity, 0), 1);
    paint.hatch = point ? GT_HATCH_NONE : s->hatch;
    paint.hatch_gap = fmax(gt_gather_pixels(g, s->hatch_gap), 2);
    paint.hatch_width = gt_gather_pixels(g, s->hatch_width);
    paint.stroke_width = outline && s->stroke != NULL ? gt_gather_pixels(g, s->stroke_width) : 0;
    paint.band_width =
        outline && s->band != NULL && !point ? gt_gather_pixels(g, s->band_width) : 0;
    paint.band_opacity = s->band_opacity;
    cairo_surface_t *image = NULL;
    gt_status st = gt_ink_resolve(g->ctx, g->ink, &paint, &image);
    if (st == GT_OK && image != NULL) {
        gt_pen_place(g->pen, image, NULL, CAIRO_OPERATOR_OVER);
    }
    if (st == GT_OK && g->outline != NULL) {
        gt_pen_place(g->pen, g->outline_surface, &g->paint->ink.stroke, CAIRO_OPERATOR_OVER);
    }
    return st;
}

static void gather_free(gather *g)
{
    if (g->outline_cr != NULL) {
        cairo_destroy(g->outline_cr);
        cairo_surface_destroy(g->outline_surface);
    }
    for (int v = 0; v <= GT_INK_MAX; v++) {
        gt_free(g->ctx, g->areas[v].xy);
        gt_free(g->ctx, g->lines[v].xy);
    }
    gt_ink_free(g->ctx, g->ink);
    gt_free(g->ctx, g->outline);
    gt_clipper_free(g->ctx, &g->clipper);
    gt_free(g->ctx, g->snapped);
    gt_rings_free(g->ctx, &g->rings);
    gt_free(g->ctx, g);
}

static gt_status gather_new(gt_ctx *ctx, const gt_layer_paint *paint, const gt_window *view,
                            const gt_pen *pen, gather **out)
{
    gather *g = gt_zalloc(ctx, 1, sizeof *g);
    if (g == NULL) {
        return GT_E_MEMORY;
    }
    g->ctx = ctx;
    g->layer = paint->layer;
    g->paint = paint;
    g->view = view;
    g->pen = pen;
    g->w = (int)lrint(view->frame.w * pen->px); /* frames are whole pixels */
    g->h = (int)lrint(view->frame.h * pen->px);
    *out = g;
    return GT_OK;
}

/* Paints what has been gathered: areas beneath lines. */
static gt_status finish(gather *g)
{
    gt_status st = place_ink(g);
    if (st == GT_OK) {
        gt_gather_flush_lines(g);
    }
    return st;
}

static gt_status read_layer(gather *g, const gt_map_source *source, size_t i)
{
    void *cursor = NULL;
    gt_status st = source->open(g->ctx, source->user, i, &g->view->box, &cursor);
    if (st != GT_OK) {
        return st;
    }
    bool more = true;
    for (uint64_t n = 1; st == GT_OK && more; n++) {
        gt_map_feature f = {.m2 = NAN};
        st = source->next(g->ctx, cursor, &f, &more);
        if (st == GT_OK && more) {
            st = draw_feature(g, &f);
        }
        if (st == GT_OK && n % 1024 == 0) {
            st = gt_check_cancel(g->ctx);
        }
    }
    source->close(cursor);
    return st;
}

gt_status gt_gather_layer(gt_ctx *ctx, const gt_map_source *source, size_t i,
                          const gt_layer_paint *paint, const gt_window *view, const gt_pen *pen,
                          gt_labels *labels, gt_tally *tally)
{
    gather *g = NULL;
    gt_status st = gather_new(ctx, paint, view, pen, &g);
    if (st != GT_OK) {
        return st;
    }
    memset(tally, 0, sizeof *tally);
    g->tally = tally;
    g->labels = labels;
    g->rank = (int)i;
    g->plane = source->plane;
    g->geographic = source->geographic;
    st = read_layer(g, source, i);
    st = st != GT_OK ? st : finish(g);
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.layer = paint->layer->id));
    }
    gather_free(g);
    return st;
}
