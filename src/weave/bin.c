/* Pieces of edges by cell; see bin.h. */
#include "weave/bin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "weave/messages.h"

__extension__ typedef __int128 wide;

enum { AHEAD = 3, FETCH = 6 }; /* features ahead a step; cache lines of each, 4 points a line */

static const double LARGEST = 1e9; /* m; 1e12 mm leaves 22 bits in a double */

size_t gt_wv_bin_tasks(const wv_bin *b)
{
    size_t n = b->start != NULL && b->by_band != NULL
                   ? b->first_by_band[b->band + 1] - b->first_by_band[b->band]
                   : b->first_feature[b->n_batches];
    return (n + WV_CHUNK - 1) / WV_CHUNK;
}

gt_status gt_wv_bin_init(gt_ctx *ctx, wv_bin *bin, const gt_weave_batch *batches, size_t n)
{
    memset(bin, 0, sizeof *bin);
    bin->batches = batches;
    bin->n_batches = n;
    bin->first_feature = gt_zalloc(ctx, n + 1, sizeof *bin->first_feature);
    bin->rings = gt_zalloc(ctx, (size_t)gt_ctx_threads(ctx), sizeof *bin->rings);
    if (bin->first_feature == NULL || bin->rings == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        bin->first_feature[i + 1] = bin->first_feature[i] + batches[i].n_features;
    }
    bin->span = gt_alloc(ctx, bin->first_feature[n] + 1, sizeof *bin->span);
    if (bin->span == NULL) {
        return GT_E_MEMORY;
    }
    for (int i = 0; i < gt_ctx_threads(ctx); i++) {
        int64_t *box = bin->rings[i].box;
        box[0] = box[1] = INT64_MAX;
        box[2] = box[3] = INT64_MIN;
    }
    return GT_OK;
}

void gt_wv_bin_free(gt_ctx *ctx, wv_bin *bin)
{
    for (int i = 0; bin->rings != NULL && i < gt_ctx_threads(ctx); i++) {
        gt_free(ctx, bin->rings[i].at);
        gt_free(ctx, bin->rings[i].crossings);
    }
    gt_free(ctx, bin->rings);
    gt_free(ctx, bin->first_feature);
    gt_free(ctx, bin->span);
    gt_free(ctx, (void *)bin->count);
    gt_free(ctx, bin->first_row);
    gt_free(ctx, bin->by_band);
    gt_free(ctx, bin->first_by_band);
}

static inline int64_t to_mm(double v)
{
    double s = v * 1000.0;
    return (int64_t)(s < 0 ? s - 0.5 : s + 0.5);
}

static inline uint32_t number_of(const gt_weave_batch *b, size_t f)
{
    return b->number != NULL ? b->number[f] : b->first_number + (uint32_t)f;
}

/* Rings of feature f of a batch. */
static void rings_of(const gt_weave_batch *b, size_t f, uint32_t *part0, uint32_t *part1)
{
    *part0 = f == 0 ? 0 : b->feature_end[f - 1];
    *part1 = b->feature_end[f];
}

static gt_status bad_point(gt_ctx *ctx, const gt_weave_batch *b, size_t f, double x, double y)
{
    char layer[16], feature[16];
    (void)snprintf(layer, sizeof layer, "%u", b->layer);
    (void)snprintf(feature, sizeof feature, "%u", number_of(b, f));
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_WEAVE_COORDINATE,
                   GT_PLACE(.layer = layer, .feature = feature, .has_xy = true, .x = x, .y = y),
                   GT_NO_ARGS);
}

/* ---- extent ------------------------------------------------------------------------------------
 */

static gt_status feature_extent(gt_ctx *ctx, wv_ring *r, const gt_weave_batch *b, size_t f,
                                float span[2])
{
    uint32_t p0 = 0, p1 = 0;
    span[0] = INFINITY;
    span[1] = -INFINITY;
    rings_of(b, f, &p0, &p1);
    if (p0 == p1) {
        return GT_OK;
    }
    uint32_t r0 = p0 == 0 ? 0 : b->part_end[p0 - 1], r1 = b->part_end[p1 - 1];
    if (r0 == r1) {
        return GT_OK;
    }
    uint32_t i0 = r0 == 0 ? 0 : b->ring_end[r0 - 1], i1 = b->ring_end[r1 - 1];
    double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
    for (uint32_t i = i0; i < i1; i++) {
        double x = b->xy[2 * i], y = b->xy[2 * i + 1];
        if (!(fabs(x) <= LARGEST && fabs(y) <= LARGEST)) {
            return bad_point(ctx, b, f, x, y);
        }
        lo[0] = x < lo[0] ? x : lo[0];
        hi[0] = x > hi[0] ? x : hi[0];
        lo[1] = y < lo[1] ? y : lo[1];
        hi[1] = y > hi[1] ? y : hi[1];
    }
    for (int k = 0; i0 < i1 && k < 2; k++) {
        int64_t l = to_mm(lo[k]), h = to_mm(hi[k]);
        r->box[k] = l < r->box[k] ? l : r->box[k];
        r->box[k + 2] = h > r->box[k + 2] ? h : r->box[k + 2];
    }
    /* a millimetre more, for rounding onto the grid; then outwards to the next float */
    span[0] = nextafterf((float)(lo[1] - 0.001), -INFINITY);
    span[1] = nextafterf((float)(hi[1] + 0.001), INFINITY);
    r->n_edges += i1 - i0;
    return GT_OK;
}

typedef gt_status (*feature_fn)(gt_ctx *, wv_bin *, wv_ring *, const gt_weave_batch *, size_t);

/* A feature of the input, found from its place in all batches. */
typedef struct feature_at {
    const gt_weave_batch *batch;
    size_t f;
} feature_at;

/* A band's features lie anywhere in memory: asks for what leads to one that comes soon, the nearer
 * the more. Each step reads what the one before has asked for. */
static void fetch_soon(const feature_at *soon, int step)
{
    const gt_weave_batch *b = soon->batch;
    if (soon->f == 0) {
        return;
    }
    if (step == 3) {
        __builtin_prefetch(&b->feature_end[soon->f - 1]);
        return;
    }
    uint32_t p = b->feature_end[soon->f - 1];
    if (step == 2) {
        __builtin_prefetch(&b->part_end[p == 0 ? 0 : p - 1]);
        return;
    }
    uint32_t r = p == 0 ? 0 : b->part_end[p - 1];
    if (step == 1) {
        __builtin_prefetch(&b->ring_end[r == 0 ? 0 : r - 1]);
        return;
    }
    size_t at = r == 0 ? 0 : b->ring_end[r - 1];
    for (size_t i = 0; i < FETCH; i++) {
        __builtin_prefetch(b->xy + 2 * at + 8 * i);
    }
}

/* Last batch that starts at or before feature f of all. */
static size_t batch_of(const wv_bin *b, size_t f)
{
    size_t batch = 0, hi = b->n_batches;
    while (hi - batch > 1) {
        size_t mid = batch + (hi - batch) / 2;
        if (b->first_feature[mid] <= f) {
            batch = mid;
        } else {
            hi = mid;
        }
    }
    return batch;
}

/* Calls fn for every feature of a chunk: of the band while pieces are placed, else of all. */
static gt_status each_feature(gt_ctx *ctx, wv_bin *b, size_t task, int worker, feature_fn fn)
{
    bool listed = b->start != NULL && b->by_band != NULL;
    const uint32_t *list = listed ? b->by_band + b->first_by_band[b->band] : NULL;
    size_t n = listed ? b->first_by_band[b->band + 1] - b->first_by_band[b->band]
                      : b->first_feature[b->n_batches];
    size_t from = task * WV_CHUNK, to = from + WV_CHUNK, batch = 0;
    feature_at mine[WV_CHUNK];
    to = to > n ? n : to;
    batch = batch_of(b, listed ? list[from] : from);
    for (size_t i = from; i < to; i++) {
        size_t f = listed ? list[i] : i;
        while (b->first_feature[batch + 1] <= f) {
            batch++;
        }
        mine[i - from] = (feature_at){&b->batches[batch], f - b->first_feature[batch]};
    }
    gt_status st = GT_OK;
    size_t many = to > from ? to - from : 0;
    for (size_t i = 0; st == GT_OK && i < many; i++) {
        for (size_t step = 0; listed && step < 4 && i + (step + 1) * AHEAD < many; step++) {
            fetch_soon(&mine[i + (step + 1) * AHEAD], (int)step);
        }
        /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): filled above, as many as counted */
        st = fn(ctx, b, &b->rings[worker], mine[i].batch, mine[i].f);
    }
    return st;
}

/* Row of a place north of the grid's corner, clamped to the grid. */
static uint32_t row_of(const wv_bin *b, float y)
{
    double row = (double)y * 1000 / (double)b->grid.side - (double)b->grid.row0;
    return row < 0 ? 0 : row >= b->grid.n_rows ? b->grid.n_rows - 1 : (uint32_t)row;
}

/* Counts, or with fill lists, each feature under the bands it meets. */
static void spread_features(wv_bin *b, const uint32_t *band_of, bool fill)
{
    for (size_t f = 0; f < b->first_feature[b->n_batches]; f++) {
        if (b->span[f][0] > b->span[f][1]) {
            continue;
        }
        uint32_t from = band_of[row_of(b, b->span[f][0])], to = band_of[row_of(b, b->span[f][1])];
        for (uint32_t k = from; k <= to; k++) {
            if (fill) {
                b->by_band[b->first_by_band[k + 1]++] = (uint32_t)f;
            } else {
                b->first_by_band[k + 2]++;
            }
        }
    }
}

gt_status gt_wv_bin_by_band(gt_ctx *ctx, wv_bin *b)
{
    if (b->n_bands <= 1 || b->first_feature[b->n_batches] > UINT32_MAX) {
        return GT_OK;
    }
    gt_status st = GT_E_MEMORY;
    uint32_t *band_of = gt_alloc(ctx, b->grid.n_rows, sizeof *band_of);
    b->first_by_band = gt_zalloc(ctx, b->n_bands + 2, sizeof *b->first_by_band);
    if (band_of == NULL || b->first_by_band == NULL) {
        goto done;
    }
    for (uint32_t k = 0; k < b->n_bands; k++) {
        for (uint32_t row = b->first_row[k]; row < b->first_row[k + 1]; row++) {
            band_of[row] = k;
        }
    }
    spread_features(b, band_of, false);
    for (size_t k = 2; k < b->n_bands + 2; k++) {
        b->first_by_band[k] += b->first_by_band[k - 1];
    }
    b->by_band = gt_alloc(ctx, b->first_by_band[b->n_bands + 1] + 1, sizeof *b->by_band);
    if (b->by_band != NULL) {
        spread_features(b, band_of, true); /* leaves first_by_band[k] as the first of band k */
        st = GT_OK;
    }
done:
    gt_free(ctx, band_of);
    return st;
}

static gt_status extent_feature(gt_ctx *ctx, wv_bin *b, wv_ring *r, const gt_weave_batch *batch,
                                size_t f)
{
    size_t index = b->first_feature[batch - b->batches] + f;
    return feature_extent(ctx, r, batch, f, b->span[index]);
}

gt_status gt_wv_extent_task(gt_ctx *ctx, void *bin, size_t task, int worker)
{
    return each_feature(ctx, bin, task, worker, extent_feature);
}

/* ---- cutting ------------------------------------------------------------------------------------
 */

typedef struct edge_at {
    int64_t x0, y0, x1, y1; /* canonical: x0 < x1, or x0 == x1 and y0 < y1 */
    uint32_t c0, r0, c1, r1;
    uint32_t number;
    uint16_t layer;
    int8_t sign;
} edge_at;

static inline uint32_t cell_index(int64_t v, int64_t side, double inverse)
{
    int64_t c = (int64_t)((double)v * inverse);
    if (c * side > v) { /* the product may be off by one at a border */
        c--;
    } else if ((c + 1) * side <= v) {
        c++;
    }
    return (uint32_t)c;
}

static void emit(wv_bin *b, const edge_at *e, uint32_t c, uint32_t r, const int64_t p[4], int at)
{
    if (r < b->row_from || r >= b->row_to) {
        return;
    }
    if (b->wanted != NULL && b->wanted[(size_t)r * b->grid.n_cols + c] == 0) {
        return;
    }
    size_t cell = (size_t)r * b->grid.n_cols + c;
    uint32_t k = atomic_fetch_add_explicit(&b->count[cell], 1, memory_order_relaxed);
    if (b->start != NULL) {
        int64_t ox = c * b->grid.side, oy = r * b->grid.side;
        b->recs[b->start[cell - (size_t)b->row_from * b->grid.n_cols] + k] =
            (wv_rec){(int32_t)(p[0] - ox),
                     (int32_t)(p[1] - oy),
                     (int32_t)(p[2] - ox),
                     (int32_t)(p[3] - oy),
                     e->number,
                     e->layer,
                     e->sign,
                     (uint8_t)at};
    }
}

static gt_status note_crossing(gt_ctx *ctx, wv_bin *b, wv_ring *ring, const edge_at *e, uint32_t c,
                               uint32_t r, int n)
{
    if (b->start == NULL || r < b->row_from || r >= b->row_to) {
        return GT_OK;
    }
    gt_status st = gt_grow(ctx, (void **)&ring->crossings, &ring->cap_crossings,
                           ring->n_crossings + 1, sizeof *ring->crossings);
    if (st == GT_OK) {
        uint32_t cell = (r - b->row_from) * b->grid.n_cols + c;
        ring->crossings[ring->n_crossings++] = (wv_crossing){cell, e->number, e->layer, (int16_t)n};
    }
    return st;
}

/* p + d * num / den, rounded half up; den > 0. */
static int64_t at_line(int64_t p, int64_t d, int64_t num, int64_t den)
{
    wide top = 2 * (wide)d * num + den, bottom = 2 * (wide)den;
    wide q = top / bottom;
    if (top % bottom < 0) {
        q--;
    }
    return p + (int64_t)q;
}

/* Follows an edge through the cells it crosses. */
static gt_status walk(gt_ctx *ctx, wv_bin *b, wv_ring *ring, const edge_at *e)
{
    int64_t side = b->grid.side, dx = e->x1 - e->x0, dy = e->y1 - e->y0, ady = dy < 0 ? -dy : dy;
    int64_t px = e->x0, py = e->y0;
    uint32_t c = e->c0, r = e->r0;
    int entered = WV_INSIDE;
    bool up = dy > 0;
    while (c != e->c1 || r != e->r1) {
        int64_t to_v = (int64_t)(c + 1) * side - e->x0;
        int64_t to_h = up ? (int64_t)(r + 1) * side - e->y0 : e->y0 - (int64_t)r * side;
        /* a tie is at a corner: the vertical line comes first (e1 > e2) */
        bool vertical = c != e->c1 && (r == e->r1 || (wide)to_v * ady <= (wide)to_h * dx);
        int64_t x = vertical ? e->x0 + to_v : at_line(e->x0, dx, to_h, ady);
        int64_t y = vertical ? at_line(e->y0, dy, to_v, dx) : e->y0 + (up ? to_h : -to_h);
        int left = vertical ? WV_RIGHT : up ? WV_TOP : WV_BOTTOM;
        emit(b, e, c, r, (int64_t[4]){px, py, x, y}, entered | left << 4);
        if (vertical) {
            c++;
            entered = WV_LEFT;
        } else {
            gt_status st =
                note_crossing(ctx, b, ring, e, c, up ? r + 1 : r, up ? -e->sign : e->sign);
            if (st != GT_OK) {
                return st;
            }
            r = up ? r + 1 : r - 1;
            entered = up ? WV_BOTTOM : WV_TOP;
        }
        px = x;
        py = y;
    }
    emit(b, e, c, r, (int64_t[4]){px, py, e->x1, e->y1}, entered);
    return GT_OK;
}

/* ---- rings --------------------------------------------------------------------------------------
 */

/* Points of a ring in mm, without repeats and without the closing one. */
static gt_status snap_ring(gt_ctx *ctx, const wv_bin *b, wv_ring *r, const double *xy, uint32_t n)
{
    gt_status st = gt_grow(ctx, (void **)&r->at, &r->cap_at, 2 * (size_t)n + 2, sizeof *r->at);
    if (st != GT_OK) {
        return st;
    }
    int64_t ox = b->grid.col0 * b->grid.side, oy = b->grid.row0 * b->grid.side;
    size_t k = 0;
    for (uint32_t i = 0; i < n; i++) {
        int64_t x = to_mm(xy[2 * i]) - ox, y = to_mm(xy[2 * i + 1]) - oy;
        if (k == 0 || x != r->at[2 * k - 2] || y != r->at[2 * k - 1]) {
            r->at[2 * k] = x;
            r->at[2 * k + 1] = y;
            k++;
        }
    }
    while (k > 1 && r->at[0] == r->at[2 * k - 2] && r->at[1] == r->at[2 * k - 1]) {
        k--;
    }
    r->n_at = k;
    return GT_OK;
}

/* Sign of the ring's area: 1 counter-clockwise. Exact: doubles first, wide integers in doubt. */
static int turn(const wv_ring *r)
{
    double sum = 0, size = 0;
    int64_t x0 = r->at[0], y0 = r->at[1];
    for (size_t i = 1; i + 1 < r->n_at; i++) {
        const int64_t *p = r->at + 2 * i;
        double a = (double)(p[0] - x0) * (double)(p[3] - y0);
        double b = (double)(p[2] - x0) * (double)(p[1] - y0);
        sum += a - b;
        size += fabs(a) + fabs(b);
    }
    if (fabs(sum) > 1e-7 * size) { /* far above 2^-52 times the number of points of any ring */
        return sum > 0 ? 1 : -1;
    }
    wide exact = 0;
    for (size_t i = 1; i + 1 < r->n_at; i++) {
        const int64_t *p = r->at + 2 * i;
        exact += (wide)(p[0] - x0) * (p[3] - y0) - (wide)(p[2] - x0) * (p[1] - y0);
    }
    return exact >= 0 ? 1 : -1;
}

static gt_status add_edge(gt_ctx *ctx, wv_bin *b, wv_ring *ring, edge_at *e)
{
    if (e->c0 == e->c1 && e->r0 == e->r1) {
        emit(b, e, e->c0, e->r0, (int64_t[4]){e->x0, e->y0, e->x1, e->y1}, 0);
        return GT_OK;
    }
    uint32_t low = e->r0 < e->r1 ? e->r0 : e->r1, high = e->r0 < e->r1 ? e->r1 : e->r0;
    return high < b->row_from || low >= b->row_to ? GT_OK : walk(ctx, b, ring, e);
}

static gt_status add_ring(gt_ctx *ctx, wv_bin *b, wv_ring *ring, edge_at *e, bool hole)
{
    if (ring->n_at < 3) {
        return GT_OK;
    }
    int sign = hole ? -turn(ring) : turn(ring);
    int64_t side = b->grid.side;
    double inverse = 1.0 / (double)side;
    const int64_t *p = ring->at + 2 * (ring->n_at - 1);
    uint32_t pc = cell_index(p[0], side, inverse), pr = cell_index(p[1], side, inverse);
    for (size_t i = 0; i < ring->n_at; i++) {
        const int64_t *q = ring->at + 2 * i;
        uint32_t qc = cell_index(q[0], side, inverse), qr = cell_index(q[1], side, inverse);
        bool forward = p[0] < q[0] || (p[0] == q[0] && p[1] < q[1]);
        e->sign = (int8_t)(forward ? sign : -sign);
        e->x0 = forward ? p[0] : q[0];
        e->y0 = forward ? p[1] : q[1];
        e->x1 = forward ? q[0] : p[0];
        e->y1 = forward ? q[1] : p[1];
        e->c0 = forward ? pc : qc;
        e->r0 = forward ? pr : qr;
        e->c1 = forward ? qc : pc;
        e->r1 = forward ? qr : pr;
        gt_status st = add_edge(ctx, b, ring, e);
        if (st != GT_OK) {
            return st;
        }
        p = q;
        pc = qc;
        pr = qr;
    }
    return GT_OK;
}

/* Is the feature within the grid? (Only update can be handed features that reach beyond it.) */
static gt_status inside_grid(gt_ctx *ctx, const wv_bin *b, const wv_ring *r)
{
    int64_t w = (int64_t)b->grid.n_cols * b->grid.side, h = (int64_t)b->grid.n_rows * b->grid.side;
    for (size_t i = 0; b->wanted != NULL && i < r->n_at; i++) {
        if (r->at[2 * i] < 0 || r->at[2 * i] >= w || r->at[2 * i + 1] < 0 ||
            r->at[2 * i + 1] >= h) {
            return gt_fail(ctx, GT_E_USAGE, &GT_MSG_WEAVE_OUTSIDE, GT_NOWHERE, GT_NO_ARGS);
        }
    }
    return GT_OK;
}

static gt_status bin_feature(gt_ctx *ctx, wv_bin *b, wv_ring *ring, const gt_weave_batch *batch,
                             size_t f)
{
    uint32_t p0 = 0, p1 = 0;
    rings_of(batch, f, &p0, &p1);
    edge_at e = {.number = number_of(batch, f), .layer = (uint16_t)batch->layer};
    for (uint32_t p = p0; p < p1; p++) {
        uint32_t r0 = p == 0 ? 0 : batch->part_end[p - 1];
        for (uint32_t r = r0; r < batch->part_end[p]; r++) {
            uint32_t i0 = r == 0 ? 0 : batch->ring_end[r - 1], i1 = batch->ring_end[r];
            gt_status st = snap_ring(ctx, b, ring, batch->xy + 2 * (size_t)i0, i1 - i0);
            if (st == GT_OK) {
                st = inside_grid(ctx, b, ring);
            }
            if (st == GT_OK) {
                st = add_ring(ctx, b, ring, &e, r > r0);
            }
            if (st != GT_OK) {
                return st;
            }
        }
    }
    return GT_OK;
}

gt_status gt_wv_bin_task(gt_ctx *ctx, void *bin, size_t task, int worker)
{
    return each_feature(ctx, bin, task, worker, bin_feature);
}
