/* Exact sign of an orientation determinant by expansion arithmetic, for the few cases that the
 * filter in qc.h leaves open. Source: J. R. Shewchuk, Discrete & Computational Geometry 18 (1997),
 * 305-363: two-sum, two-product (Dekker's split) and grow-expansion; written anew from the paper.
 * Needs IEEE doubles with round to nearest and no excess precision. */
#include <float.h>

#include "store/qc.h"

_Static_assert(FLT_EVAL_METHOD == 0, "error-free transforms need plain double arithmetic");

/* a + b = sum + err, exactly. */
static double two_sum(double a, double b, double *err)
{
    double sum = a + b;
    double b_part = sum - a;
    double a_part = sum - b_part;
    *err = (a - a_part) + (b - b_part);
    return sum;
}

static void split(double a, double *high, double *low)
{
    double c = 134217729.0 * a; /* 2^27 + 1 */
    *high = c - (c - a);
    *low = a - *high;
}

/* a * b = product + err, exactly. */
static double two_product(double a, double b, double *err)
{
    double product = a * b;
    double ah, al, bh, bl;
    split(a, &ah, &al);
    split(b, &bh, &bl);
    *err = al * bl - (((product - ah * bh) - al * bh) - ah * bl);
    return product;
}

typedef struct expansion { /* non-overlapping, smallest first; zeros are dropped */
    double part[16];
    int n;
} expansion;

static void grow(expansion *e, double b)
{
    double q = b;
    int n = 0;
    for (int i = 0; i < e->n; i++) {
        double err;
        q = two_sum(q, e->part[i], &err);
        if (err != 0.0) {
            e->part[n++] = err;
        }
    }
    if (q != 0.0) {
        e->part[n++] = q;
    }
    e->n = n;
}

static void grow_product(expansion *e, double a, double b)
{
    double err;
    double product = two_product(a, b, &err);
    grow(e, err);
    grow(e, product);
}

static int sign_of(const expansion *e)
{
    if (e->n == 0) {
        return 0;
    }
    return e->part[e->n - 1] > 0.0 ? 1 : -1;
}

int qc_side_exact(double ax, double ay, double bx, double by, double px, double py)
{
    double axe, aye, bxe, bye;
    double adx = two_sum(ax, -px, &axe), ady = two_sum(ay, -py, &aye);
    double bdx = two_sum(bx, -px, &bxe), bdy = two_sum(by, -py, &bye);
    expansion e = {.n = 0};
    if (axe == 0.0 && aye == 0.0 && bxe == 0.0 && bye == 0.0) { /* the differences are exact */
        grow_product(&e, adx, bdy);
        grow_product(&e, -ady, bdx);
        return sign_of(&e);
    }
    /* ax by - ax py - px by - ay bx + ay px + py bx; px py cancels */
    grow_product(&e, ax, by);
    grow_product(&e, -ax, py);
    grow_product(&e, -px, by);
    grow_product(&e, -ay, bx);
    grow_product(&e, ay, px);
    grow_product(&e, py, bx);
    return sign_of(&e);
}
