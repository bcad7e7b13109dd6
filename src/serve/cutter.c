/* Cutting rings to a square, side by side. */
#include "serve/cutter.h"

#include <string.h>

typedef struct square {
    double low, high;
} square;

static bool inside(const square *s, const double *p, int side)
{
    return side == 0   ? p[0] >= s->low
           : side == 1 ? p[0] <= s->high
           : side == 2 ? p[1] >= s->low
                       : p[1] <= s->high;
}

static void cross(const square *s, const double *p, const double *q, int side, double *out)
{
    const double at = side % 2 == 0 ? s->low : s->high;
    int k = side / 2;
    double t = (at - p[k]) / (q[k] - p[k]);
    out[k] = at;
    out[1 - k] = p[1 - k] + t * (q[1 - k] - p[1 - k]);
}

void gt_frame_cut_free(gt_ctx *ctx, gt_frame_cut *cutter)
{
    gt_free(ctx, cutter->a);
    gt_free(ctx, cutter->b);
    *cutter = (gt_frame_cut){0};
}

/* One side: from a (n points) to b. */
static size_t cut(const square *s, const gt_frame_cut *cutter, size_t n, int side)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        const double *p = &cutter->a[2 * i], *q = &cutter->a[2 * ((i + 1) % n)];
        bool from = inside(s, p, side), to = inside(s, q, side);
        if (from) {
            cutter->b[2 * k] = p[0];
            cutter->b[2 * k++ + 1] = p[1];
        }
        if (from != to) {
            cross(s, p, q, side, &cutter->b[2 * k++]);
        }
    }
    return k;
}

gt_status gt_frame_cut_ring(gt_ctx *ctx, gt_frame_cut *cutter, const double *xy, size_t n,
                            double low, double high, size_t *out)
{
    const square s = {low, high};
    bool whole = true;
    gt_status st = gt_grow(ctx, (void **)&cutter->a, &cutter->cap_a, 2 * n + 2, sizeof *cutter->a);
    if (st != GT_OK) {
        return st;
    }
    memcpy(cutter->a, xy, 2 * n * sizeof *xy);
    for (size_t i = 0; whole && i < 2 * n; i++) {
        whole = xy[i] >= low && xy[i] <= high;
    }
    for (int side = 0; !whole && side < 4 && n > 0; side++) {
        st = gt_grow(ctx, (void **)&cutter->b, &cutter->cap_b, 4 * n + 2, sizeof *cutter->b);
        if (st != GT_OK) {
            return st;
        }
        n = cut(&s, cutter, n, side);
        gt_frame_cut t = {cutter->b, cutter->a, cutter->cap_b, cutter->cap_a};
        *cutter = t;
    }
    *out = n;
    return GT_OK;
}
