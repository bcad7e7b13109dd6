#include "synth/border.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/dissolve.h"
#include "synth/messages.h"

enum { BORDER_CELLS = 512 };

gt_status sy_world_fit(gt_ctx *ctx, const sy_unit_rings *units, size_t n, int64_t pad,
                       sy_world *out)
{
    double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
    size_t n_points = 0;
    for (size_t u = 0; u < n; u++) {
        uint32_t m = units[u].n_rings > 0 ? units[u].ring_end[units[u].n_rings - 1] : 0;
        for (uint32_t i = 0; i < m; i++) {
            double x = units[u].xy[2 * i], y = units[u].xy[2 * i + 1];
            if (!isfinite(x) || !isfinite(y)) {
                return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_UNIT_NAN,
                               GT_PLACE(.layer = "districts", .row = (long long)u + 1),
                               GT_ARGS(GT_TEXT("unit", units[u].name)));
            }
            x0 = fmin(x0, x), x1 = fmax(x1, x), y0 = fmin(y0, y), y1 = fmax(y1, y);
            n_points++;
        }
    }
    if (n_points == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_NO_UNITS, GT_NOWHERE, GT_NO_ARGS);
    }
    double span = fmax(x1 - x0, y1 - y0) * 1000.0 + 2.0 * (double)pad;
    /* beyond 1e9 m the point cannot be in any plane CRS, and llround would overflow */
    if (span > (double)SY_SIDE_MAX || fabs(x0) > 1e9 || fabs(y0) > 1e9) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_TOO_WIDE, GT_PLACE(.layer = "districts"),
                       GT_ARGS(GT_REAL("km", span / 1e6), GT_REAL("max", SY_SIDE_MAX / 1e6)));
    }
    int32_t side = 1 << 16;
    while ((double)side < span) {
        side *= 2;
    }
    out->side = side;
    out->ox = llround((x0 + x1) * 500.0) - side / 2;
    out->oy = llround((y0 + y1) * 500.0) - side / 2;
    return GT_OK;
}

/* ---- segments ---------------------------------------------------------------------------------
 */

typedef struct half_seg {
    sy_pt a, b;
    int16_t unit;
    bool forward; /* the district lies left of a -> b */
} half_seg;

static int half_order(const void *pa, const void *pb)
{
    const half_seg *p = pa, *q = pb;
    if (!sy_same(p->a, q->a)) {
        return sy_before(p->a, q->a) ? -1 : 1;
    }
    if (!sy_same(p->b, q->b)) {
        return sy_before(p->b, q->b) ? -1 : 1;
    }
    return (int)q->forward - (int)p->forward;
}

static sy_pt to_mm(const sy_world *w, double x, double y)
{
    return (sy_pt){(int32_t)(llround(x * 1000.0) - w->ox), (int32_t)(llround(y * 1000.0) - w->oy)};
}

/* One ring into the faces of the districts, oriented, without repeated points. */
static gt_status add_ring(gt_ctx *ctx, const sy_world *w, const sy_unit_rings *unit, uint32_t ring,
                          bool shell, sy_faces *out)
{
    size_t start = out->n_pts;
    uint32_t from = ring == 0 ? 0 : unit->ring_end[ring - 1];
    for (uint32_t i = from; i < unit->ring_end[ring]; i++) {
        sy_pt p = to_mm(w, unit->xy[2 * i], unit->xy[2 * i + 1]);
        if (out->n_pts > start && sy_same(p, out->pts[out->n_pts - 1])) {
            continue;
        }
        gt_status st = sy_faces_pt(ctx, out, p);
        if (st != GT_OK) {
            return st;
        }
    }
    while (out->n_pts > start + 1 && sy_same(out->pts[start], out->pts[out->n_pts - 1])) {
        out->n_pts--;
    }
    size_t n = out->n_pts - start;
    if (n < 3) {
        out->n_pts = start;
        return GT_OK;
    }
    if ((sy_ring_area2(out->pts + start, n) > 0) != shell) {
        for (size_t i = 0; i < n / 2; i++) {
            sy_pt t = out->pts[start + i];
            out->pts[start + i] = out->pts[start + n - 1 - i];
            out->pts[start + n - 1 - i] = t;
        }
    }
    return sy_faces_end_ring(ctx, out);
}

static gt_status add_unit(gt_ctx *ctx, const sy_world *w, const sy_unit_rings *unit, int number,
                          sy_border *b)
{
    uint32_t ring = 0;
    for (uint32_t p = 0; p < unit->n_parts; p++) {
        size_t rings_before = b->units.n_rings;
        for (uint32_t first = ring; ring < unit->part_end[p]; ring++) {
            gt_status st = add_ring(ctx, w, unit, ring, ring == first, &b->units);
            if (st != GT_OK) {
                return st;
            }
        }
        if (b->units.n_rings > rings_before) {
            gt_status st = sy_faces_end_face(ctx, &b->units, number, (uint32_t)number, p);
            if (st != GT_OK) {
                return st;
            }
            b->area2[number] += b->units.faces[b->units.n_faces - 1].area2;
        }
    }
    if (b->area2[number] <= 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_UNIT_EMPTY,
                       GT_PLACE(.layer = "districts", .row = number + 1),
                       GT_ARGS(GT_TEXT("unit", unit->name)));
    }
    return GT_OK;
}

static gt_status fail_pair(gt_ctx *ctx, const gt_message *message, const sy_world *w,
                           const sy_unit_rings *units, int a, int b, sy_pt at)
{
    return gt_fail(ctx, GT_E_INPUT, message,
                   GT_PLACE(.layer = "districts", .has_xy = true, .x = sy_metres(w->ox, at.x),
                            .y = sy_metres(w->oy, at.y)),
                   GT_ARGS(GT_TEXT("a", a < 0 ? "-" : units[a].name),
                           GT_TEXT("b", b < 0 ? "-" : units[b].name)));
}

/* Sorted half segments -> segments with a district on either side. */
static gt_status pair_up(gt_ctx *ctx, const sy_world *w, const sy_unit_rings *units,
                         const half_seg *half, size_t n, sy_border *b)
{
    b->segs = gt_alloc(ctx, n, sizeof *b->segs);
    if (b->segs == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        sy_seg s = {half[i].a, half[i].b, -1, -1};
        *(half[i].forward ? &s.left : &s.right) = half[i].unit;
        if (i + 1 < n && sy_same(half[i].a, half[i + 1].a) && sy_same(half[i].b, half[i + 1].b)) {
            i++;
            if (half[i].forward == half[i - 1].forward ||
                (i + 1 < n && sy_same(half[i].a, half[i + 1].a) &&
                 sy_same(half[i].b, half[i + 1].b))) {
                return fail_pair(ctx, &GT_MSG_SYNTH_UNITS_OVERLAP, w, units, half[i - 1].unit,
                                 half[i].unit, half[i].a);
            }
            *(half[i].forward ? &s.left : &s.right) = half[i].unit;
        }
        if (s.left != s.right) { /* equal: two parts of one district that touch along a line */
            b->segs[b->n_segs++] = s;
        }
    }
    return GT_OK;
}

/* ---- bucket grid --------------------------------------------------------------------------------
 */

sy_rect sy_seg_rect(const sy_seg *s)
{
    return (sy_rect){s->a.x, s->a.y < s->b.y ? s->a.y : s->b.y, s->b.x,
                     s->a.y > s->b.y ? s->a.y : s->b.y};
}

static int cell_of(const sy_border *b, int32_t v)
{
    int c = v < 0 ? 0 : v / b->cell;
    return c >= b->n_cells ? b->n_cells - 1 : c;
}

/* Does the segment's supporting strip meet the bucket? (keeps long slanting segments in few
 * buckets) */
static bool seg_meets_cell(const sy_seg *s, const sy_border *b, int col, int row)
{
    int32_t x0 = col * b->cell - 64, y0 = row * b->cell - 64;
    int32_t x1 = x0 + b->cell + 128, y1 = y0 + b->cell + 128;
    int64_t t[4] = {sy_turn(s->a, s->b, (sy_pt){x0, y0}), sy_turn(s->a, s->b, (sy_pt){x1, y0}),
                    sy_turn(s->a, s->b, (sy_pt){x0, y1}), sy_turn(s->a, s->b, (sy_pt){x1, y1})};
    bool left = false, right = false;
    for (int i = 0; i < 4; i++) {
        left |= t[i] >= 0;
        right |= t[i] <= 0;
    }
    return left && right;
}

/* Calls for every bucket a segment lies in; with items == NULL it counts into start. */
static void bucket_seg(sy_border *b, uint32_t number, uint32_t *fill)
{
    sy_rect r = sy_seg_rect(&b->segs[number]);
    /* 64 mm to spare: a query looks into its own bucket only, and asks within 20 mm */
    int c0 = cell_of(b, r.x0 - 64), c1 = cell_of(b, r.x1 + 64);
    int r0 = cell_of(b, r.y0 - 64), r1 = cell_of(b, r.y1 + 64);
    for (int row = r0; row <= r1; row++) {
        for (int col = c0; col <= c1; col++) {
            if (!seg_meets_cell(&b->segs[number], b, col, row)) {
                continue;
            }
            size_t k = (size_t)row * (size_t)b->n_cells + (size_t)col;
            if (fill == NULL) {
                b->start[k + 1]++;
            } else {
                b->items[fill[k]++] = number;
            }
        }
    }
}

static gt_status build_buckets(gt_ctx *ctx, const sy_world *w, sy_border *b)
{
    gt_status st = GT_E_MEMORY;
    b->n_cells = BORDER_CELLS;
    b->cell = w->side / BORDER_CELLS;
    size_t n = (size_t)b->n_cells * (size_t)b->n_cells;
    uint32_t *fill = NULL;
    b->start = gt_zalloc(ctx, n + 1, sizeof *b->start);
    fill = gt_alloc(ctx, n, sizeof *fill);
    if (b->start == NULL || fill == NULL) {
        goto done;
    }
    for (size_t i = 0; i < b->n_segs; i++) {
        bucket_seg(b, (uint32_t)i, NULL);
    }
    for (size_t k = 0; k < n; k++) {
        b->start[k + 1] += b->start[k];
        fill[k] = b->start[k];
    }
    b->items = gt_alloc(ctx, b->start[n], sizeof *b->items);
    if (b->items == NULL) {
        goto done;
    }
    for (size_t i = 0; i < b->n_segs; i++) {
        bucket_seg(b, (uint32_t)i, fill);
    }
    st = GT_OK;
done:
    gt_free(ctx, fill);
    return st;
}

static bool on_segment(const sy_seg *s, sy_pt p)
{
    sy_rect r = sy_seg_rect(s);
    return sy_turn(s->a, s->b, p) == 0 && p.x >= r.x0 && p.x <= r.x1 && p.y >= r.y0 && p.y <= r.y1;
}

/* Cross, overlap, or an end of one in the inside of the other. */
static bool conflict(const sy_seg *s, const sy_seg *t)
{
    if (!sy_rects_meet(sy_seg_rect(s), sy_seg_rect(t))) {
        return false;
    }
    const sy_pt ends[4] = {s->a, s->b, t->a, t->b};
    for (int i = 0; i < 4; i++) {
        const sy_seg *other = i < 2 ? t : s;
        if (!sy_same(ends[i], other->a) && !sy_same(ends[i], other->b) &&
            on_segment(other, ends[i])) {
            return true;
        }
    }
    int64_t a = sy_turn(s->a, s->b, t->a), b = sy_turn(s->a, s->b, t->b);
    int64_t c = sy_turn(t->a, t->b, s->a), d = sy_turn(t->a, t->b, s->b);
    return ((a > 0 && b < 0) || (a < 0 && b > 0)) && ((c > 0 && d < 0) || (c < 0 && d > 0));
}

static gt_status check_planar(gt_ctx *ctx, const sy_world *w, const sy_unit_rings *units,
                              const sy_border *b)
{
    size_t n = (size_t)b->n_cells * (size_t)b->n_cells;
    for (size_t k = 0; k < n; k++) {
        for (uint32_t i = b->start[k]; i < b->start[k + 1]; i++) {
            for (uint32_t j = i + 1; j < b->start[k + 1]; j++) {
                const sy_seg *s = &b->segs[b->items[i]], *t = &b->segs[b->items[j]];
                if (conflict(s, t)) {
                    return fail_pair(ctx, &GT_MSG_SYNTH_BORDERS_CROSS, w, units,
                                     s->left < 0 ? s->right : s->left,
                                     t->left < 0 ? t->right : t->left, s->a);
                }
            }
        }
    }
    return GT_OK;
}

/* Label on the east side of the nearest segment west of x, half a millimetre above row y (no vertex
 * lies there); -1 when there is none. `but` is left out. */
static int west_of(const sy_border *b, int32_t row_y, double x, const sy_seg *but)
{
    int row = cell_of(b, row_y);
    double y = (double)row_y + 0.5, best = -INFINITY;
    int unit = -1;
    int32_t from = x < 0 ? 0 : x > INT32_MAX ? INT32_MAX : (int32_t)x;
    for (int col = cell_of(b, from); col >= 0; col--) {
        size_t k = (size_t)row * (size_t)b->n_cells + (size_t)col;
        for (uint32_t i = b->start[k]; i < b->start[k + 1]; i++) {
            const sy_seg *s = &b->segs[b->items[i]];
            bool up = s->b.y > s->a.y;
            int32_t low = up ? s->a.y : s->b.y, high = up ? s->b.y : s->a.y;
            if (row_y < low || row_y >= high || s == but) {
                continue;
            }
            double t = (y - (double)s->a.y) / ((double)s->b.y - (double)s->a.y);
            double at = (double)s->a.x + t * ((double)s->b.x - (double)s->a.x);
            if (at <= x && at > best) {
                best = at;
                unit = up ? s->right : s->left;
            }
        }
        if (best >= (double)col * b->cell) {
            break; /* nothing further west can be nearer */
        }
    }
    return unit;
}

/* What one segment says of its western side and what the next segment to the west says of its
 * eastern one must agree: districts inside others and outlines that cross themselves at a vertex do
 * not. */
static gt_status check_sides(gt_ctx *ctx, const sy_world *w, const sy_unit_rings *units,
                             const sy_border *b)
{
    for (size_t i = 0; i < b->n_segs; i++) {
        const sy_seg *s = &b->segs[i];
        if (s->a.y == s->b.y) {
            continue;
        }
        bool up = s->b.y > s->a.y;
        int32_t y = (int32_t)(((int64_t)s->a.y + s->b.y) >> 1);
        double t = ((double)y + 0.5 - s->a.y) / ((double)s->b.y - s->a.y);
        double x = (double)s->a.x + t * ((double)s->b.x - s->a.x);
        int here = up ? s->left : s->right, there = west_of(b, y, x, s);
        if (here != there) {
            int u = s->left >= 0 ? s->left : s->right;
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_TANGLED,
                           GT_PLACE(.layer = "districts", .row = u + 1, .has_xy = true,
                                    .x = sy_metres(w->ox, (int32_t)x), .y = sy_metres(w->oy, y)),
                           GT_ARGS(GT_TEXT("unit", units[u].name)));
        }
    }
    return GT_OK;
}

static gt_status build_segments(gt_ctx *ctx, const sy_world *w, const sy_unit_rings *units,
                                sy_border *b)
{
    half_seg *half = gt_alloc(ctx, b->units.n_pts, sizeof *half);
    if (half == NULL) {
        return GT_E_MEMORY;
    }
    size_t n = 0;
    for (size_t f = 0; f < b->units.n_faces; f++) {
        const sy_face *face = &b->units.faces[f];
        for (uint32_t r = 0; r < face->n_rings; r++) {
            size_t s = sy_ring_start(&b->units, face->first_ring + r);
            size_t e = b->units.ring_end[face->first_ring + r];
            for (size_t i = s; i < e; i++) {
                sy_pt p = b->units.pts[i], q = b->units.pts[i + 1 == e ? s : i + 1];
                bool fwd = sy_before(p, q);
                half[n++] = (half_seg){fwd ? p : q, fwd ? q : p, face->unit, fwd};
            }
        }
    }
    qsort(half, n, sizeof *half, half_order);
    gt_status st = pair_up(ctx, w, units, half, n, b);
    gt_free(ctx, half);
    return st;
}

/* Parts of one district that share an edge become one part: as outlines they would be invalid. */
static gt_status unite_parts(gt_ctx *ctx, sy_border *b)
{
    size_t n = b->units.n_faces;
    sy_faces whole = {0};
    int32_t *group = gt_alloc(ctx, n, sizeof *group);
    gt_status st = group == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        group[i] = b->units.faces[i].unit;
    }
    if (st == GT_OK) {
        st = sy_dissolve(ctx, &b->units, group, (size_t)b->n_units, &whole);
    }
    gt_free(ctx, group);
    if (st != GT_OK) {
        sy_faces_free(ctx, &whole);
        return st;
    }
    sy_faces_free(ctx, &b->units);
    b->units = whole;
    return GT_OK;
}

gt_status sy_border_build(gt_ctx *ctx, const sy_world *world, const sy_unit_rings *units, size_t n,
                          sy_border *out)
{
    memset(out, 0, sizeof *out);
    out->n_units = (int)n;
    out->area2 = gt_zalloc(ctx, n, sizeof *out->area2);
    if (out->area2 == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = GT_OK;
    for (size_t u = 0; st == GT_OK && u < n; u++) {
        st = add_unit(ctx, world, &units[u], (int)u, out);
    }
    if (st == GT_OK) {
        st = build_segments(ctx, world, units, out);
    }
    if (st == GT_OK) {
        st = build_buckets(ctx, world, out);
    }
    if (st == GT_OK) {
        st = check_planar(ctx, world, units, out);
    }
    if (st == GT_OK) {
        st = check_sides(ctx, world, units, out);
    }
    return st == GT_OK ? unite_parts(ctx, out) : st;
}

void sy_border_free(gt_ctx *ctx, sy_border *b)
{
    gt_free(ctx, b->segs);
    gt_free(ctx, b->area2);
    gt_free(ctx, b->start);
    gt_free(ctx, b->items);
    sy_faces_free(ctx, &b->units);
    memset(b, 0, sizeof *b);
}

/* ---- questions ----------------------------------------------------------------------------------
 */

int sy_border_locate(const sy_border *b, sy_pt p)
{
    return west_of(b, p.y, (double)p.x, NULL);
}

bool sy_border_clear(const sy_border *b, sy_pt p, int32_t r)
{
    size_t k = (size_t)cell_of(b, p.y) * (size_t)b->n_cells + (size_t)cell_of(b, p.x);
    double r2 = (double)r * r;
    for (uint32_t i = b->start[k]; i < b->start[k + 1]; i++) {
        const sy_seg *s = &b->segs[b->items[i]];
        double dx = (double)s->b.x - s->a.x, dy = (double)s->b.y - s->a.y;
        double px = (double)p.x - s->a.x, py = (double)p.y - s->a.y;
        double t = (px * dx + py * dy) / (dx * dx + dy * dy);
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        double ex = px - t * dx, ey = py - t * dy;
        if (ex * ex + ey * ey <= r2) {
            return false;
        }
    }
    return true;
}

bool sy_border_near(const sy_border *b, sy_rect rect)
{
    int c0 = cell_of(b, rect.x0), c1 = cell_of(b, rect.x1);
    for (int row = cell_of(b, rect.y0), last = cell_of(b, rect.y1); row <= last; row++) {
        const uint32_t *start = b->start + (size_t)row * (size_t)b->n_cells;
        if (start[c0] != start[c1 + 1]) {
            return true;
        }
    }
    return false;
}

static int number_order(const void *pa, const void *pb)
{
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    return (a > b) - (a < b);
}

gt_status sy_border_query(gt_ctx *ctx, const sy_border *b, sy_rect rect, uint32_t **list,
                          size_t *cap, size_t *n)
{
    *n = 0;
    int c0 = cell_of(b, rect.x0), c1 = cell_of(b, rect.x1);
    for (int row = cell_of(b, rect.y0), last = cell_of(b, rect.y1); row <= last; row++) {
        size_t k = (size_t)row * (size_t)b->n_cells;
        for (uint32_t i = b->start[k + (size_t)c0]; i < b->start[k + (size_t)c1 + 1]; i++) {
            if (!sy_rects_meet(sy_seg_rect(&b->segs[b->items[i]]), rect)) {
                continue;
            }
            gt_status st = gt_grow(ctx, (void **)list, cap, *n + 1, sizeof **list);
            if (st != GT_OK) {
                return st;
            }
            (*list)[(*n)++] = b->items[i];
        }
    }
    if (*n == 0) {
        return GT_OK;
    }
    qsort(*list, *n, sizeof **list, number_order);
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        if (kept == 0 || (*list)[kept - 1] != (*list)[i]) {
            (*list)[kept++] = (*list)[i];
        }
    }
    *n = kept;
    return GT_OK;
}
