/* Uniform bins of a cell: which edges come near which bin (within 1 mm, so that the pixel of a
 * vertex is always met in the vertex's own bin). Compressed rows by counting sort. */
#include <string.h>

#include "weave/cell.h"

enum { MARGIN = 1, FINEST = 4, MOST_BINS = 512 };

static inline int32_t clip_bin(const wv_work *w, int32_t v)
{
    int32_t b = v < 0 ? 0 : v >> w->bin_shift;
    return b >= (int32_t)w->bins ? (int32_t)w->bins - 1 : b;
}

static inline void put(wv_work *w, size_t bin, uint32_t edge, bool fill)
{
    if (fill) {
        w->bin_edge[--w->bin_start[bin]] = edge;
    } else {
        w->bin_start[bin]++;
    }
}

/* A long sloping edge: only the bins near it, row by row. The margin of 2 mm covers the rounding of
 * the doubles (coordinates are below 2^25). */
static void put_sloping(wv_work *w, uint32_t i, int32_t r0, int32_t r1, bool fill)
{
    const wv_edge *e = &w->edges[i];
    double slope = (double)(e->x1 - e->x0) / (double)(e->y1 - e->y0);
    for (int32_t r = r0; r <= r1; r++) {
        double y0 = (double)r * (1 << w->bin_shift) - 2, y1 = y0 + (1 << w->bin_shift) + 4;
        double xa = e->x0 + (y0 - e->y0) * slope, xb = e->x0 + (y1 - e->y0) * slope;
        double lo = xa < xb ? xa : xb, hi = xa < xb ? xb : xa;
        lo = lo < e->x0 ? e->x0 : lo;
        hi = hi > e->x1 ? e->x1 : hi;
        if (lo - 2 > e->x1 || hi + 2 < e->x0) {
            continue;
        }
        int32_t c1 = clip_bin(w, (int32_t)(hi + 2));
        for (int32_t c = clip_bin(w, (int32_t)(lo - 2)); c <= c1; c++) {
            put(w, (size_t)r * w->bins + (size_t)c, i, fill);
        }
    }
}

static void put_all(wv_work *w, bool fill)
{
    for (size_t i = 0; i < w->n_edges; i++) {
        const wv_edge *e = &w->edges[i];
        if (e->dead != 0) {
            continue;
        }
        int32_t lo = e->y0 < e->y1 ? e->y0 : e->y1, hi = e->y0 < e->y1 ? e->y1 : e->y0;
        int32_t c0 = clip_bin(w, e->x0 - MARGIN), c1 = clip_bin(w, e->x1 + MARGIN);
        int32_t r0 = clip_bin(w, lo - MARGIN), r1 = clip_bin(w, hi + MARGIN);
        if (c1 - c0 > 1 && r1 - r0 > 1) {
            put_sloping(w, (uint32_t)i, r0, r1, fill);
            continue;
        }
        for (int32_t r = r0; r <= r1; r++) {
            for (int32_t c = c0; c <= c1; c++) {
                put(w, (size_t)r * w->bins + (size_t)c, (uint32_t)i, fill);
            }
        }
    }
}

gt_status gt_wv_bins(wv_work *w)
{
    size_t live = 0;
    for (size_t i = 0; i < w->n_edges; i++) {
        live += w->edges[i].dead == 0;
    }
    /* about one edge for each bin */
    int shift = FINEST;
    while (((uint64_t)(w->side >> shift) + 1) * ((uint64_t)(w->side >> shift) + 1) > live + 4 ||
           (w->side >> shift) >= MOST_BINS) {
        shift++;
    }
    w->bin_shift = shift;
    w->bins = (uint32_t)(w->side >> shift) + 1;
    size_t n_bins = (size_t)w->bins * w->bins;
    gt_status st = WV_RESERVE(w, bin_start, n_bins + 1);
    if (st != GT_OK) {
        return st;
    }
    memset(w->bin_start, 0, (n_bins + 1) * sizeof *w->bin_start);
    put_all(w, false);
    uint32_t sum = 0;
    for (size_t b = 0; b <= n_bins; b++) {
        sum += w->bin_start[b];
        w->bin_start[b] = sum;
    }
    st = WV_RESERVE(w, bin_edge, (size_t)sum + 1);
    if (st == GT_OK) {
        put_all(w, true); /* leaves bin_start at the first of each bin */
    }
    return st;
}
