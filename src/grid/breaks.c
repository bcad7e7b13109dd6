/* Breaks of classes. Ranks are exact: values as float32 have 32 ordered bits, counted first by
 * their upper half, then by the lower half where a wanted rank lies. Counts are whole numbers, so
 * workers and blocks cannot be seen in them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/messages.h"
#include "guotu/grid_analysis.h"
#include "guotu/grid_ops.h"

enum { HALF = 1 << 16, EVEN = 1024, BINS = 2 * EVEN, PARTS = 1 << 20 };

static const char *const NAMES[] = {"equal", "quantile", "natural"};

bool gt_breaks_parse(const char *name, gt_breaks *out)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(NAMES[i], name) == 0) {
            *out = (gt_breaks)i;
            return true;
        }
    }
    return false;
}

typedef struct counter {
    int pass; /* 0: upper halves; 1: lower halves of the wanted; 2: bins */
    uint32_t upper[GT_BREAKS_MAX];
    int n_upper, threads;
    const double *edges; /* pass 2: starts of n_bins bins, and the end of the last */
    size_t n_bins;
    uint64_t
        *counts; /* per worker: pass 0 HALF, pass 1 n_upper * HALF, pass 2 BINS counts and BINS
                  * sums of places in the bin, in PARTS of its width (whole, so in any order) */
    size_t n_counts;
} counter;

static inline uint32_t key_of(float v)
{
    uint32_t u = 0;
    v += 0.0f; /* -0 as 0 */
    memcpy(&u, &v, sizeof u);
    return (u & 0x80000000U) != 0 ? ~u : u | 0x80000000U;
}

static double value_of(uint32_t key)
{
    uint32_t u = (key & 0x80000000U) != 0 ? key & 0x7fffffffU : ~key;
    float v = 0;
    memcpy(&v, &u, sizeof v);
    return (double)v;
}

/* The last bin that starts at or before v. */
static size_t bin_of(const double *edges, size_t n, double v)
{
    size_t from = 0, end = n;
    while (end - from > 1) {
        size_t mid = (from + end) / 2;
        if (edges[mid] <= v) {
            from = mid;
        } else {
            end = mid;
        }
    }
    return from;
}

static void count_one(const counter *k, uint64_t *counts, float v)
{
    if (k->pass == 2) {
        size_t bin = bin_of(k->edges, k->n_bins, (double)v);
        double from = k->edges[bin], wide = k->edges[bin + 1] - from;
        counts[bin]++;
        counts[BINS + bin] += (uint64_t)(((double)v - from) / wide * PARTS);
        return;
    }
    uint32_t key = key_of(v);
    if (k->pass == 0) {
        counts[key >> 16]++;
        return;
    }
    for (int i = 0; i < k->n_upper; i++) {
        if (k->upper[i] == key >> 16) {
            counts[(size_t)i * HALF + (key & 0xffffU)]++;
        }
    }
}

static gt_status count_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const counter *k = user;
    uint64_t *counts = k->counts + (size_t)b->worker * k->n_counts;
    for (int r = 0; r < b->n_rows; r++) {
        const float *v = (const float *)b->in[0].cells + (size_t)r * b->in[0].stride;
        for (int c = 0; c < b->n_cols; c++) {
            if (isfinite(v[c])) {
                count_one(k, counts, v[c]);
            }
        }
    }
    return gt_check_cancel(ctx);
}

/* Counts of all workers are summed into the first. Owned by the caller. */
static gt_status count(gt_ctx *ctx, gt_grid *in, counter *k, size_t n)
{
    const gt_walk_input i = {in, GT_CELL_F32, 0};
    size_t threads = (size_t)gt_ctx_threads(ctx);
    gt_walk walk;
    k->n_counts = n;
    k->counts = gt_zalloc(ctx, n * threads, sizeof *k->counts);
    if (k->counts == NULL) {
        return GT_E_MEMORY;
    }
    gt_walk_init(&walk);
    walk.in = &i;
    walk.n_in = 1;
    gt_status st = gt_grid_walk(ctx, &walk, count_block, k);
    for (size_t t = 1; t < threads; t++) {
        for (size_t j = 0; j < n; j++) {
            k->counts[j] += k->counts[t * n + j];
        }
    }
    return st;
}

/* Values of ascending ranks (0-based). counts: of upper halves. */
static gt_status values_at(gt_ctx *ctx, gt_grid *in, const uint64_t *upper, const uint64_t *ranks,
                           int n, double *out)
{
    counter k = {.pass = 1};
    uint64_t before[GT_BREAKS_MAX + 1], sum = 0;
    int at[GT_BREAKS_MAX + 1], j = 0;
    for (uint32_t u = 0; u < HALF && j < n; u++) {
        for (; j < n && ranks[j] < sum + upper[u]; j++) {
            if (k.n_upper == 0 || k.upper[k.n_upper - 1] != u) {
                k.upper[k.n_upper++] = u;
            }
            at[j] = k.n_upper - 1;
            before[j] = sum;
        }
        sum += upper[u];
    }
    gt_status st = count(ctx, in, &k, (size_t)k.n_upper * HALF);
    for (j = 0; st == GT_OK && j < n; j++) {
        const uint64_t *lower = k.counts + (size_t)at[j] * HALF;
        uint32_t low = 0;
        for (sum = before[j]; sum + lower[low] <= ranks[j]; low++) {
            sum += lower[low];
        }
        out[j] = value_of(k.upper[at[j]] << 16 | low);
    }
    gt_free(ctx, k.counts);
    return st;
}

/* ---- natural breaks -----------------------------------------------------------------------------
 */

/* Bins: EVEN of equal width, cut further where values crowd (EVEN / 2 to 2 EVEN of about equal
 * count), so that a heavy tail does not leave all the rest in one bin. Least sum of squares of bins
 * i .. j by sums before; values are counted from the least one. */
typedef struct fisher {
    double edges[BINS + 1];
    double w[BINS + 1], x[BINS + 1], xx[BINS + 1]; /* sums over bins before i */
    double cost[2][BINS + 1];
    uint16_t cut[GT_BREAKS_MAX][BINS + 1]; /* first bin of the last class */
} fisher;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Starts of the bins between low and high; the count of bins. upper: counts of upper halves. */
static size_t cut_bins(const uint64_t *upper, uint64_t total, double low, double high,
                       double *edges)
{
    uint64_t most = total / (EVEN / 2) + 1, here = 0;
    size_t n = 0, kept = 1;
    for (int i = 0; i < EVEN; i++) {
        edges[n++] = low + (high - low) / EVEN * i;
    }
    for (uint32_t u = 0; u + 1 < HALF && n + 2 < BINS; u++) {
        if (upper[u] > 0 && here > 0 && here + upper[u] > most) {
            edges[n++] = value_of(u << 16);
            here = 0;
        }
        here += upper[u];
        if (here > most) {
            edges[n++] = value_of((u + 1) << 16);
            here = 0;
        }
    }
    qsort(edges, n, sizeof *edges, ascending);
    size_t first = 0;
    while (edges[first] < low) {
        first++;
    }
    edges[0] = low;
    for (size_t i = first; i < n; i++) {
        if (edges[i] > edges[kept - 1] && edges[i] < high) {
            edges[kept++] = edges[i];
        }
    }
    edges[kept] = high;
    return kept;
}

static double spread(const fisher *f, size_t from, size_t end)
{
    double w = f->w[end] - f->w[from], x = f->x[end] - f->x[from];
    return w > 0 ? f->xx[end] - f->xx[from] - x * x / w : 0;
}

static void cut_naturally(const uint64_t *counts, size_t bins, int n, fisher *f, size_t *first)
{
    for (size_t i = 0; i < bins; i++) {
        double w = (double)counts[i], wide = f->edges[i + 1] - f->edges[i];
        double place = w > 0 ? (double)counts[BINS + i] / w / PARTS : 0;
        double x = f->edges[i] - f->edges[0] + wide * place;
        f->w[i + 1] = f->w[i] + w;
        f->x[i + 1] = f->x[i] + w * x;
        f->xx[i + 1] = f->xx[i] + w * x * x;
    }
    for (size_t j = 0; j <= bins; j++) {
        f->cost[0][j] = spread(f, 0, j);
        f->cut[0][j] = 0;
    }
    for (int k = 1; k < n; k++) {
        const double *before = f->cost[(k - 1) % 2];
        double *here = f->cost[k % 2];
        for (size_t j = 0; j <= bins; j++) {
            here[j] = before[j]; /* no more classes than bins */
            f->cut[k][j] = (uint16_t)j;
            for (size_t i = (size_t)k; i < j; i++) {
                double v = before[i] + spread(f, i, j);
                if (v < here[j]) {
                    here[j] = v;
                    f->cut[k][j] = (uint16_t)i;
                }
            }
        }
    }
    size_t end = bins;
    for (int k = n - 1; k >= 0; k--) {
        end = f->cut[k][end];
        first[k] = end;
    }
}

static gt_status natural(gt_ctx *ctx, gt_grid *in, int n, const uint64_t *upper, uint64_t total,
                         double *breaks)
{
    size_t first[GT_BREAKS_MAX] = {0};
    if (!(breaks[n] > breaks[0])) {
        return GT_OK; /* one value: all breaks are it */
    }
    fisher *f = gt_zalloc(ctx, 1, sizeof *f);
    if (f == NULL) {
        return GT_E_MEMORY;
    }
    counter k = {.pass = 2, .edges = f->edges};
    k.n_bins = cut_bins(upper, total, breaks[0], breaks[n], f->edges);
    gt_status st = count(ctx, in, &k, 2 * (size_t)BINS);
    if (st == GT_OK) {
        cut_naturally(k.counts, k.n_bins, n, f, first);
        for (int i = 1; i < n; i++) {
            breaks[i] = f->edges[first[i]];
        }
    }
    gt_free(ctx, k.counts);
    gt_free(ctx, f);
    return st;
}

gt_status gt_grid_breaks(gt_ctx *ctx, gt_grid *in, gt_breaks how, int n, double *breaks)
{
    counter k = {.pass = 0};
    uint64_t ranks[GT_BREAKS_MAX + 1], total = 0;
    if (n < 1 || n > GT_BREAKS_MAX) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "number of classes")));
    }
    gt_status st = count(ctx, in, &k, HALF);
    for (size_t i = 0; st == GT_OK && i < HALF; i++) {
        total += k.counts[i];
    }
    if (st == GT_OK && total == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_NO_VALUES, GT_PLACE(.file = gt_grid_path(in)),
                     GT_NO_ARGS);
    }
    if (st == GT_OK) {
        /* the ends are ranks too */
        int m = how == GT_BREAKS_QUANTILE ? n : 1;
        double found[GT_BREAKS_MAX + 1];
        for (int i = 0; i < m; i++) {
            ranks[i] =
                total / (uint64_t)m * (uint64_t)i + total % (uint64_t)m * (uint64_t)i / (uint64_t)m;
        }
        ranks[m] = total - 1;
        st = values_at(ctx, in, k.counts, ranks, m + 1, found);
        for (int i = 0; st == GT_OK && i <= n; i++) {
            breaks[i] = m == n && how == GT_BREAKS_QUANTILE ? found[i]
                        : i == n                            ? found[1]
                                 : found[0] + (found[1] - found[0]) / n * i;
        }
        if (st == GT_OK && how == GT_BREAKS_NATURAL) {
            st = natural(ctx, in, n, k.counts, total, breaks);
        }
    }
    gt_free(ctx, k.counts);
    return st;
}

gt_status gt_grid_classify(gt_ctx *ctx, gt_grid *in, const double *breaks, int n, gt_grid *out)
{
    gt_class_range ranges[GT_BREAKS_MAX];
    size_t m = 0;
    if (n < 1 || n > GT_BREAKS_MAX) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "number of classes")));
    }
    for (int i = 0; i < n; i++) {
        if (breaks[i] < breaks[i + 1] || i + 1 == n) { /* an empty class keeps its number */
            ranges[m++] = (gt_class_range){breaks[i], breaks[i + 1], i + 1};
        }
    }
    /* the last one holds its end */
    ranges[m - 1].to = nextafter(breaks[n], (double)INFINITY);
    return gt_grid_reclass(ctx, in, ranges, m, (double)NAN, out);
}
