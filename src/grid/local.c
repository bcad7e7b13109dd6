/* Cell by cell: weighted sum, combination of several grids, reclassification. */
#include <math.h>
#include <string.h>

#include "grid/messages.h"
#include "guotu/grid_ops.h"

typedef struct local {
    size_t n;
    const double *weights;
    gt_combine how;
    const gt_class_range *ranges;
    size_t n_ranges;
    double other;
} local;

static const double *row_of(const gt_block *b, size_t i, int r)
{
    return (const double *)b->in[i].cells + (size_t)r * b->in[i].stride;
}

static gt_status sum_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const local *l = user;
    size_t cols = (size_t)b->n_cols;
    for (int r = 0; r < b->n_rows; r++) {
        double *out = (double *)b->out[0].cells + (size_t)r * b->out[0].stride;
        memset(out, 0, cols * sizeof *out);
        for (size_t i = 0; i < l->n; i++) {
            const double *in = row_of(b, i, r), w = l->weights[i];
            for (size_t c = 0; c < cols; c++) {
                out[c] += w * in[c]; /* nodata is NaN and stays */
            }
        }
    }
    return gt_check_cancel(ctx);
}

static gt_status combine_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const local *l = user;
    size_t cols = (size_t)b->n_cols;
    for (int r = 0; r < b->n_rows; r++) {
        double *out = (double *)b->out[0].cells + (size_t)r * b->out[0].stride;
        memcpy(out, row_of(b, 0, r), cols * sizeof *out);
        for (size_t i = 1; i < l->n; i++) {
            const double *in = row_of(b, i, r);
            for (size_t c = 0; c < cols; c++) {
                bool better = (l->how == GT_COMBINE_MAX && in[c] > out[c]) ||
                              (l->how == GT_COMBINE_MIN && in[c] < out[c]);
                out[c] = isnan(out[c]) || better ? in[c] : out[c];
            }
        }
    }
    return gt_check_cancel(ctx);
}

/* Last range that starts at or before v, by halving; -1 when there is none. */
static ptrdiff_t range_of(const local *l, double v)
{
    size_t low = 0, high = l->n_ranges;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (l->ranges[mid].from <= v) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return (ptrdiff_t)low - 1;
}

static gt_status reclass_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const local *l = user;
    for (int r = 0; r < b->n_rows; r++) {
        const double *in = row_of(b, 0, r);
        double *out = (double *)b->out[0].cells + (size_t)r * b->out[0].stride;
        for (int c = 0; c < b->n_cols; c++) {
            ptrdiff_t i = range_of(l, in[c]);
            bool inside = i >= 0 && (in[c] < l->ranges[i].to || in[c] == l->ranges[i].from);
            out[c] = isnan(in[c]) ? (double)NAN : inside ? l->ranges[i].value : l->other;
        }
    }
    return gt_check_cancel(ctx);
}

static gt_status walk_local(gt_ctx *ctx, gt_grid *const *in, local *l, gt_grid *out, gt_block_fn fn)
{
    gt_walk_input inputs[GT_WALK_MAX];
    gt_walk walk;
    if (l->n < 1 || l->n > GT_WALK_MAX) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "number of grids")));
    }
    for (size_t i = 0; i < l->n; i++) {
        inputs[i] = (gt_walk_input){in[i], GT_CELL_F64, 0};
    }
    const gt_walk_output to = {out, GT_CELL_F64};
    gt_walk_init(&walk);
    walk.in = inputs;
    walk.n_in = (int)l->n;
    walk.out = &to;
    walk.n_out = 1;
    return gt_grid_walk(ctx, &walk, fn, l);
}

gt_status gt_grid_weighted_sum(gt_ctx *ctx, gt_grid *const *in, const double *weights, size_t n,
                               gt_grid *out)
{
    local l = {.n = n, .weights = weights};
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(weights[i])) {
            return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("what", "a weight that is no number")));
        }
    }
    return walk_local(ctx, in, &l, out, sum_block);
}

gt_status gt_grid_combine(gt_ctx *ctx, gt_grid *const *in, size_t n, gt_combine how, gt_grid *out)
{
    local l = {.n = n, .how = how};
    return walk_local(ctx, in, &l, out, combine_block);
}

gt_status gt_grid_reclass(gt_ctx *ctx, gt_grid *in, const gt_class_range *ranges, size_t n,
                          double other, gt_grid *out)
{
    local l = {.n = 1, .ranges = ranges, .n_ranges = n, .other = other};
    for (size_t i = 0; i < n; i++) {
        bool ordered = ranges[i].from <= ranges[i].to;
        if (!ordered || (i > 0 && ranges[i].from < ranges[i - 1].to)) {
            return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_RANGES, GT_NOWHERE,
                           GT_ARGS(GT_INT("n", i + 1), GT_REAL("from", ranges[i].from),
                                   GT_REAL("to", ranges[i].to)));
        }
    }
    return walk_local(ctx, &in, &l, out, reclass_block);
}
