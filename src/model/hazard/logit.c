/* Logistic regression: see logit.h. */
#include "model/hazard/logit.h"

#include <math.h>
#include <string.h>

#include "model/messages.h"

enum { SIDE = GT_LOGIT_MOST + 1, STEPS = 50 };
#define RIDGE 1e-6
#define CLOSE 1e-8

typedef struct normal { /* matrix x step = right */
    size_t m;
    double matrix[SIDE][SIDE], right[SIDE];
} normal;

static double line_of(const double *x, size_t k, const double *b)
{
    double sum = b[0];
    for (size_t j = 0; j < k; j++) {
        sum += b[1 + j] * x[j];
    }
    return sum;
}

static void add_rows(const double *x, const unsigned char *y, size_t n, const double *b, normal *e)
{
    size_t k = e->m - 1;
    memset(e->matrix, 0, sizeof e->matrix);
    memset(e->right, 0, sizeof e->right);
    for (size_t i = 0; i < n; i++) {
        double v[SIDE] = {1}, p = 1 / (1 + exp(-line_of(x + i * k, k, b)));
        memcpy(v + 1, x + i * k, k * sizeof *v);
        for (size_t r = 0; r < e->m; r++) {
            e->right[r] += v[r] * (y[i] - p);
            for (size_t c = 0; c <= r; c++) {
                e->matrix[r][c] += p * (1 - p) * v[r] * v[c];
            }
        }
    }
    for (size_t r = 0; r < e->m; r++) {
        e->matrix[r][r] += RIDGE;
        e->right[r] -= RIDGE * b[r];
    }
}

/* Cholesky in place; the solution stands in right. False when the matrix is not positive. */
static bool solve(normal *e)
{
    for (size_t c = 0; c < e->m; c++) {
        for (size_t r = c; r < e->m; r++) {
            double v = e->matrix[r][c];
            for (size_t j = 0; j < c; j++) {
                v -= e->matrix[r][j] * e->matrix[c][j];
            }
            if (r == c && !(v > 0)) {
                return false;
            }
            e->matrix[r][c] = r == c ? sqrt(v) : v / e->matrix[c][c];
        }
    }
    for (size_t r = 0; r < e->m; r++) {
        for (size_t j = 0; j < r; j++) {
            e->right[r] -= e->matrix[r][j] * e->right[j];
        }
        e->right[r] /= e->matrix[r][r];
    }
    for (size_t r = e->m; r-- > 0;) {
        for (size_t j = r + 1; j < e->m; j++) {
            e->right[r] -= e->matrix[j][r] * e->right[j];
        }
        e->right[r] /= e->matrix[r][r];
    }
    return true;
}

/* Does the line part the two kinds completely, or some rows of one kind from all others? Then any
 * multiple of it would do better still, and only the ridge holds it: a row is surer than a thousand
 * times as many rows could tell. */
static bool parts_all(const double *x, const unsigned char *y, size_t n, size_t k, const double *b)
{
    double least_event = (double)INFINITY, most_other = -(double)INFINITY;
    double sure = log(1000 * (double)n);
    bool beyond = false;
    for (size_t i = 0; i < n; i++) {
        double v = line_of(x + i * k, k, b);
        beyond = beyond || (y[i] ? v : -v) > sure;
        least_event = y[i] ? fmin(least_event, v) : least_event;
        most_other = y[i] ? most_other : fmax(most_other, v);
    }
    return beyond || least_event > most_other;
}

gt_status gt_logit_fit(gt_ctx *ctx, const double *x, const unsigned char *y, size_t n, size_t k,
                       double *b)
{
    normal e = {.m = k + 1};
    bool done = false, good = true;
    memset(b, 0, (k + 1) * sizeof *b);
    for (int step = 0; step < STEPS && good && !done; step++) {
        add_rows(x, y, n, b, &e);
        good = solve(&e);
        done = good;
        for (size_t r = 0; good && r < e.m; r++) {
            b[r] += e.right[r];
            done = done && fabs(e.right[r]) <= CLOSE * (1 + fabs(b[r]));
        }
        gt_status st = gt_check_cancel(ctx);
        if (st != GT_OK) {
            return st;
        }
    }
    if (!done || parts_all(x, y, n, k, b)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_SEPARABLE, GT_NOWHERE, GT_NO_ARGS);
    }
    return GT_OK;
}
