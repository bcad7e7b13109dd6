/* A k-d tree in place: the middle of a range is its root. See nearest.h. */
#include "model/connect/nearest.h"

#include <math.h>
#include <string.h>

enum { MIXED = -1, LEAF = 8 };

typedef struct node {
    int32_t low[2], high[2]; /* box */
    int32_t patch;           /* of all its spots, or MIXED */
} node;

typedef struct tree {
    gt_spot *spots;
    node *nodes; /* by the middle of the range */
} tree;

static int32_t side(const gt_spot *s, int axis)
{
    return axis == 0 ? s->col : s->row;
}

static void swap(gt_spot *a, gt_spot *b)
{
    gt_spot t = *a;
    *a = *b;
    *b = t;
}

/* Brings the k-th of the range to its place (Hoare's selection): j ends below high - 1. */
static void select_spot(gt_spot *s, size_t low, size_t high, size_t k, int axis)
{
    while (high - low > 1) {
        int32_t pivot = side(&s[low + (high - 1 - low) / 2], axis);
        ptrdiff_t i = (ptrdiff_t)low - 1, j = (ptrdiff_t)high;
        for (;;) {
            do {
                i++;
            } while (side(&s[i], axis) < pivot);
            do {
                j--;
            } while (side(&s[j], axis) > pivot);
            if (i >= j) {
                break;
            }
            swap(&s[i], &s[j]);
        }
        if (k <= (size_t)j) {
            high = (size_t)j + 1;
        } else {
            low = (size_t)j + 1;
        }
    }
}

/* Depth is the logarithm of n. */
static void build(tree *t, size_t low, size_t high) /* NOLINT(misc-no-recursion) */
{
    size_t mid = low + (high - low) / 2;
    node *n = &t->nodes[mid];
    *n = (node){{INT32_MAX, INT32_MAX}, {INT32_MIN, INT32_MIN}, t->spots[low].patch};
    for (size_t i = low; i < high; i++) {
        for (int a = 0; a < 2; a++) {
            int32_t v = side(&t->spots[i], a);
            n->low[a] = v < n->low[a] ? v : n->low[a];
            n->high[a] = v > n->high[a] ? v : n->high[a];
        }
        n->patch = t->spots[i].patch == n->patch ? n->patch : MIXED;
    }
    if (high - low <= LEAF) {
        return;
    }
    int axis = n->high[0] - n->low[0] >= n->high[1] - n->low[1] ? 0 : 1;
    select_spot(t->spots, low, high, mid, axis);
    build(t, low, mid);
    build(t, mid, high);
}

static double apart2(const gt_spot *a, const gt_spot *b)
{
    double x = (double)a->col - b->col, y = (double)a->row - b->row;
    return x * x + y * y;
}

static double box2(const node *n, const gt_spot *s)
{
    double d2 = 0;
    for (int a = 0; a < 2; a++) {
        double v = (double)side(s, a), over = fmax(fmax((double)n->low[a] - v, v - n->high[a]), 0);
        d2 += over * over;
    }
    return d2;
}

static void look(const tree *t, size_t low, size_t high, const gt_spot *s,
                 double *best) /* NOLINT(misc-no-recursion) */
{
    size_t mid = low + (high - low) / 2;
    const node *n = &t->nodes[mid];
    if (n->patch == s->patch || box2(n, s) >= *best) {
        return;
    }
    if (high - low <= LEAF) {
        for (size_t i = low; i < high; i++) {
            if (t->spots[i].patch != s->patch) {
                *best = fmin(*best, apart2(&t->spots[i], s));
            }
        }
        return;
    }
    const node *left = &t->nodes[low + (mid - low) / 2], *right = &t->nodes[mid + (high - mid) / 2];
    if (box2(left, s) <= box2(right, s)) {
        look(t, low, mid, s, best);
        look(t, mid, high, s, best);
    } else {
        look(t, mid, high, s, best);
        look(t, low, mid, s, best);
    }
}

gt_status gt_nearest_patches(gt_ctx *ctx, gt_spot *spots, size_t n, double *best)
{
    gt_status st = GT_OK;
    if (n < 2) {
        return GT_OK;
    }
    tree t = {spots, gt_alloc(ctx, n, sizeof(node))};
    if (t.nodes == NULL) {
        return GT_E_MEMORY;
    }
    build(&t, 0, n);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        look(&t, 0, n, &spots[i], &best[spots[i].patch]);
        st = i % 4096 == 0 ? gt_check_cancel(ctx) : GT_OK;
    }
    gt_free(ctx, t.nodes);
    return st;
}
