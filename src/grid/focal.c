/* Moving windows. Squares are reduced along rows, then down columns, ends of values by doubling
 * (the least of 2 n from two of n), so that they cost the same in large windows; circles, spreads
 * and majorities cell by cell of the window. Every loop runs along a row of outputs, so that it is
 * one for vectors; the order of additions in a window is fixed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/messages.h"
#include "guotu/grid_analysis.h"

enum { BLOCK_COLS = 512, BLOCK_ROWS = 256, WIDE = BLOCK_COLS + 2 * GT_FOCAL_RADIUS_MAX };

static const char *const NAMES[] = {"mean", "sum",   "count", "min",
                                    "max",  "range", "sd",    "majority"};

bool gt_focal_parse(const char *name, gt_focal *out)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(NAMES[i], name) == 0) {
            *out = (gt_focal)i;
            return true;
        }
    }
    return false;
}

void gt_focal_options_init(gt_focal_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->radius = 1;
}

typedef struct focal {
    gt_focal_options o;
    int half[2 * GT_FOCAL_RADIUS_MAX + 1]; /* half width of each row of the window */
    int tallies; /* rows of the scratch: of a block with its halo, and one */
} focal;

/* What a window is reduced to, a row of each. */
typedef struct tally {
    double *sum, *count, *min, *max;
} tally;

static void clear(tally t, int n)
{
    for (int c = 0; c < n; c++) {
        t.sum[c] = t.count[c] = 0;
        t.min[c] = (double)INFINITY;
        t.max[c] = -(double)INFINITY;
    }
}

static void add_sums(tally t, const double *restrict v, int n)
{
    double *restrict sum = t.sum, *restrict count = t.count;
    for (int c = 0; c < n; c++) {
        bool ok = v[c] == v[c];
        sum[c] += ok ? v[c] : 0;
        count[c] += ok ? 1.0 : 0.0;
    }
}

static void add_ends(tally t, const double *restrict v, int n)
{
    double *restrict min = t.min, *restrict max = t.max;
    for (int c = 0; c < n; c++) { /* comparisons with nodata are false */
        min[c] = v[c] < min[c] ? v[c] : min[c];
        max[c] = v[c] > max[c] ? v[c] : max[c];
    }
}

static bool wants_ends(const focal *f)
{
    return f->o.what == GT_FOCAL_MIN || f->o.what == GT_FOCAL_MAX || f->o.what == GT_FOCAL_RANGE;
}

static const double *row_at(const gt_block *b, int r)
{
    return (const double *)b->in[0].cells + (ptrdiff_t)r * (ptrdiff_t)b->in[0].stride;
}

static tally tally_at(void *scratch, int row)
{
    double *at = (double *)scratch + (ptrdiff_t)row * 4 * BLOCK_COLS;
    return (tally){at, at + BLOCK_COLS, at + 2 * BLOCK_COLS, at + 3 * BLOCK_COLS};
}

static void finish(const focal *f, tally t, const double *centre, int n, double *out)
{
    const double none = (double)NAN;
    for (int c = 0; c < n; c++) {
        double v = none;
        switch (f->o.what) {
        case GT_FOCAL_MEAN:
            v = t.sum[c] / t.count[c];
            break;
        case GT_FOCAL_SUM:
            v = t.count[c] > 0 ? t.sum[c] : none;
            break;
        case GT_FOCAL_COUNT:
            v = t.count[c];
            break;
        case GT_FOCAL_MIN:
            v = t.min[c] <= t.max[c] ? t.min[c] : none;
            break;
        case GT_FOCAL_MAX:
            v = t.min[c] <= t.max[c] ? t.max[c] : none;
            break;
        case GT_FOCAL_RANGE:
            v = t.min[c] <= t.max[c] ? t.max[c] - t.min[c] : none;
            break;
        case GT_FOCAL_SD:
        case GT_FOCAL_MAJORITY:
            break;
        }
        out[c] = f->o.keep_nodata && isnan(centre[c]) ? none : v;
    }
}

/* The largest power of two that is not beyond n. */
static int half_of(int n)
{
    int step = 1;
    while (2 * step <= n) {
        step *= 2;
    }
    return step;
}

/* min[c], max[c] with those of another row, or of the same row further on: read ahead of what is
 * written, so that one may lie in the other. */
static void join_ends(double *min, double *max, const double *min2, const double *max2, int n)
{
    for (int c = 0; c < n; c++) {
        min[c] = min2[c] < min[c] ? min2[c] : min[c];
        max[c] = max2[c] > max[c] ? max2[c] : max[c];
    }
}

/* Ends of the windows along one row, by way of `wide`: the row with its halo, twice. */
static void ends_along(const double *row, int radius, int n, double *wide, tally t)
{
    double *min = wide, *max = wide + WIDE;
    int width = 2 * radius + 1, step = 1, all = n + 2 * radius;
    for (int c = 0; c < all; c++) {
        double v = row[c - radius];
        min[c] = v == v ? v : (double)INFINITY;
        max[c] = v == v ? v : -(double)INFINITY;
    }
    for (; 2 * step <= width; step *= 2) {
        join_ends(min, max, min + step, max + step, all - step);
    }
    int rest = width - step;
    for (int c = 0; c < n; c++) {
        t.min[c] = min[c + rest] < min[c] ? min[c + rest] : min[c];
        t.max[c] = max[c + rest] > max[c] ? max[c + rest] : max[c];
    }
}

static void square_ends(const focal *f, const gt_block *b)
{
    int radius = f->o.radius, n = b->n_cols, rows = b->n_rows + 2 * radius;
    int width = 2 * radius + 1, last = half_of(width);
    double *wide = (double *)b->scratch + (ptrdiff_t)f->tallies * 4 * BLOCK_COLS;
    for (int r = 0; r < rows; r++) {
        ends_along(row_at(b, r - radius), radius, n, wide, tally_at(b->scratch, r));
    }
    for (int step = 1; step < last; step *= 2) {
        for (int r = 0; r + step < rows; r++) {
            tally t = tally_at(b->scratch, r), far = tally_at(b->scratch, r + step);
            join_ends(t.min, t.max, far.min, far.max, n);
        }
    }
    for (int r = 0; r < b->n_rows; r++) {
        tally t = tally_at(b->scratch, r), far = tally_at(b->scratch, r + width - last);
        join_ends(t.min, t.max, far.min, far.max, n);
        finish(f, t, row_at(b, r), n, (double *)b->out[0].cells + (size_t)r * b->out[0].stride);
    }
}

/* Rows first into the scratch, one tally for each row with its halo; then down the columns. */
static void square_sums(const focal *f, const gt_block *b)
{
    int radius = f->o.radius, n = b->n_cols;
    tally total = tally_at(b->scratch, f->tallies - 1);
    for (int r = -radius; r < b->n_rows + radius; r++) {
        tally t = tally_at(b->scratch, r + radius);
        clear(t, n);
        for (int d = -radius; d <= radius; d++) {
            add_sums(t, row_at(b, r) + d, n);
        }
    }
    for (int r = 0; r < b->n_rows; r++) {
        clear(total, n);
        for (int d = 0; d <= 2 * radius; d++) {
            tally t = tally_at(b->scratch, r + d);
            for (int c = 0; c < n; c++) {
                total.sum[c] += t.sum[c];
                total.count[c] += t.count[c];
            }
        }
        finish(f, total, row_at(b, r), n, (double *)b->out[0].cells + (size_t)r * b->out[0].stride);
    }
}

static void window_sums(const focal *f, const gt_block *b, int r, tally t)
{
    int radius = f->o.radius;
    clear(t, b->n_cols);
    for (int y = -radius; y <= radius; y++) {
        int half = f->half[y + radius];
        for (int x = -half; x <= half; x++) {
            (wants_ends(f) ? add_ends : add_sums)(t, row_at(b, r + y) + x, b->n_cols);
        }
    }
}

/* Mean, then the squares about it, so that large values lose nothing. */
static void spread_row(const focal *f, const gt_block *b, int r, tally t, double *out)
{
    int radius = f->o.radius;
    window_sums(f, b, r, t);
    for (int c = 0; c < b->n_cols; c++) {
        t.min[c] = t.sum[c] / t.count[c];
        t.max[c] = 0;
    }
    for (int y = -radius; y <= radius; y++) {
        int half = f->half[y + radius];
        for (int x = -half; x <= half; x++) {
            const double *restrict v = row_at(b, r + y) + x;
            for (int c = 0; c < b->n_cols; c++) {
                double d = v[c] - t.min[c];
                t.max[c] += d == d ? d * d : 0;
            }
        }
    }
    for (int c = 0; c < b->n_cols; c++) {
        bool none = t.count[c] == 0 || (f->o.keep_nodata && isnan(row_at(b, r)[c]));
        out[c] = none ? (double)NAN : sqrt(t.max[c] / t.count[c]);
    }
}

static int by_value(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

static int32_t majority_at(const focal *f, const gt_block *b, int r, int c, int32_t *list)
{
    int radius = f->o.radius;
    size_t n = 0, most = 0;
    int32_t best = GT_NODATA_I32;
    for (int y = -radius; y <= radius; y++) {
        const int32_t *v =
            (const int32_t *)b->in[0].cells + (ptrdiff_t)(r + y) * (ptrdiff_t)b->in[0].stride + c;
        for (int x = -f->half[y + radius]; x <= f->half[y + radius]; x++) {
            list[n] = v[x];
            n += v[x] != GT_NODATA_I32;
        }
    }
    qsort(list, n, sizeof *list, by_value);
    for (size_t i = 0, end = 0; i < n; i = end) {
        for (end = i; end < n && list[end] == list[i]; end++) {
        }
        if (end - i > most) {
            most = end - i;
            best = list[i];
        }
    }
    return best;
}

static gt_status majority_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const focal *f = user;
    gt_status st = GT_OK;
    for (int r = 0; st == GT_OK && r < b->n_rows; r++) {
        const int32_t *in = (const int32_t *)b->in[0].cells + (size_t)r * b->in[0].stride;
        int32_t *out = (int32_t *)b->out[0].cells + (size_t)r * b->out[0].stride;
        for (int c = 0; c < b->n_cols; c++) {
            bool none = f->o.keep_nodata && in[c] == GT_NODATA_I32;
            out[c] = none ? GT_NODATA_I32 : majority_at(f, b, r, c, b->scratch);
        }
        st = gt_check_cancel(ctx);
    }
    return st;
}

static gt_status focal_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const focal *f = user;
    if (!f->o.circle && f->o.what != GT_FOCAL_SD) {
        (wants_ends(f) ? square_ends : square_sums)(f, b);
        return gt_check_cancel(ctx);
    }
    gt_status st = GT_OK;
    for (int r = 0; st == GT_OK && r < b->n_rows; r++) {
        double *out = (double *)b->out[0].cells + (size_t)r * b->out[0].stride;
        tally t = tally_at(b->scratch, 0);
        if (f->o.what == GT_FOCAL_SD) {
            spread_row(f, b, r, t, out);
        } else {
            window_sums(f, b, r, t);
            finish(f, t, row_at(b, r), b->n_cols, out);
        }
        st = gt_check_cancel(ctx);
    }
    return st;
}

gt_status gt_grid_focal(gt_ctx *ctx, gt_grid *in, const gt_focal_options *options, gt_grid *out)
{
    focal f;
    gt_walk walk;
    gt_focal_options_init(&f.o);
    if (options != NULL) {
        memcpy(&f.o, options, options->size < sizeof f.o ? options->size : sizeof f.o);
    }
    int radius = f.o.radius;
    if (radius < 0 || radius > GT_FOCAL_RADIUS_MAX) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "radius of a window")));
    }
    f.tallies = BLOCK_ROWS + 2 * radius + 1;
    for (int y = -radius; y <= radius; y++) {
        int half = radius;
        while (f.o.circle && half * half + y * y > radius * radius) {
            half--;
        }
        f.half[y + radius] = half;
    }
    bool whole = f.o.what == GT_FOCAL_MAJORITY;
    const gt_walk_input i = {in, whole ? GT_CELL_I32 : GT_CELL_F64, radius};
    const gt_walk_output o = {out, whole ? GT_CELL_I32 : GT_CELL_F64};
    size_t side = 2 * (size_t)radius + 1;
    gt_walk_init(&walk);
    walk.in = &i;
    walk.n_in = 1;
    walk.out = &o;
    walk.n_out = 1;
    walk.block_cols = BLOCK_COLS;
    walk.block_rows = BLOCK_ROWS;
    walk.scratch = whole ? side * side * sizeof(int32_t)
                         : ((size_t)f.tallies * 4 * BLOCK_COLS + 2 * (size_t)WIDE) * sizeof(double);
    return gt_grid_walk(ctx, &walk, whole ? majority_block : focal_block, &f);
}
