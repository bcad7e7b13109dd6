/* The V-cycle: Gauss-Seidel on every other row, so that rows of one parity may run at the same time
 * and the order cannot be seen; before and after in contrary order, so that the cycle is a
 * symmetric operator, as conjugate gradients need it. Single precision; the residual it works on is
 * kept in double by the caller. */
#include <string.h>

#include "circuit/mg.h"

#define INLINE static inline __attribute__((always_inline))

typedef struct sweep {
    mg *m;
    mg_level *l;
    int parity;
    bool reverse;
} sweep;

/* acc = b + the neighbours' potentials by their conductances. */
INLINE void gather(const mg_level *l, int64_t i, const int width, const bool five, float *acc)
{
    const int64_t w = l->w;
    const float *x = l->x, *b = l->b + i * width;
    const float e = l->fe[i], we = l->fe[i - 1], s = l->fs[i], n = l->fs[i - w];
    const float *xe = x + (i + 1) * width, *xw = x + (i - 1) * width;
    const float *xs = x + (i + w) * width, *xn = x + (i - w) * width;
    for (int k = 0; k < width; k++) {
        acc[k] = b[k] + s * xs[k] + n * xn[k] + e * xe[k] + we * xw[k];
    }
    if (!five) {
        const float se = l->fse[i], nw = l->fse[i - w - 1], sw = l->fsw[i], ne = l->fsw[i - w + 1];
        const float *xse = xs + width, *xsw = xs - width, *xne = xn + width, *xnw = xn - width;
        for (int k = 0; k < width; k++) {
            acc[k] += se * xse[k] + nw * xnw[k] + sw * xsw[k] + ne * xne[k];
        }
    }
}

/* One right-hand side: a row is a chain, each cell waiting for the one before. What does not wait
 * is gathered first, for many cells at a time, so that a link of the chain is one product and one
 * sum. */
enum { CHUNK = 256 };

INLINE void gather_links(const mg_level *l, int64_t from, int64_t n, bool reverse, const bool five,
                         float *restrict a, float *restrict c)
{
    const int64_t w = l->w;
    const float *restrict x = l->x + from, *restrict b = l->b + from;
    const float *restrict e = l->fe + from, *restrict s = l->fs + from;
    const float *restrict inverse = l->inverse + from;
    for (int64_t i = 0; i < n; i++) {
        a[i] = b[i] + s[i] * x[i + w] + s[i - w] * x[i - w];
    }
    if (!five) {
        const float *restrict se = l->fse + from, *restrict sw = l->fsw + from;
        for (int64_t i = 0; i < n; i++) {
            a[i] += se[i] * x[i + w + 1] + se[i - w - 1] * x[i - w - 1] + sw[i] * x[i + w - 1] +
                    sw[i - w + 1] * x[i - w + 1];
        }
    }
    if (reverse) {
        for (int64_t i = 0; i < n; i++) {
            a[i] = (a[i] + e[i - 1] * x[i - 1]) * inverse[i];
            c[i] = e[i] * inverse[i];
        }
    } else {
        for (int64_t i = 0; i < n; i++) {
            a[i] = (a[i] + e[i] * x[i + 1]) * inverse[i];
            c[i] = e[i - 1] * inverse[i];
        }
    }
}

INLINE void relax_chain(mg_level *l, int64_t row, bool reverse, const bool five)
{
    float a[CHUNK], c[CHUNK];
    const int64_t first = (row + 1) * l->w + 1;
    const int64_t chunks = (l->cols + CHUNK - 1) / CHUNK;
    for (int64_t k = 0; k < chunks; k++) {
        const int64_t from = (reverse ? chunks - 1 - k : k) * CHUNK;
        const int64_t n = l->cols - from < CHUNK ? l->cols - from : CHUNK;
        float *x = l->x + first + from;
        gather_links(l, first + from, n, reverse, five, a, c);
        if (reverse) {
            float next = x[n];
            for (int64_t i = n; i-- > 0;) {
                x[i] = next = a[i] + c[i] * next;
            }
        } else {
            float before = x[-1];
            for (int64_t i = 0; i < n; i++) {
                x[i] = before = a[i] + c[i] * before;
            }
        }
    }
}

INLINE void relax_row(mg_level *l, int64_t row, bool reverse, const int width, const bool five)
{
    float acc[MG_WIDTH_MAX];
    const int64_t first = (row + 1) * l->w + 1;
    if (width == 1) {
        relax_chain(l, row, reverse, five);
        return;
    }
    for (int64_t j = 0; j < l->cols; j++) {
        const int64_t i = reverse ? first + l->cols - 1 - j : first + j;
        const float inverse = l->inverse[i];
        gather(l, i, width, five, acc);
        for (int k = 0; k < width; k++) {
            l->x[i * width + k] = acc[k] * inverse;
        }
    }
}

MG_WIDE static void relax(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const sweep *t = user;
    (void)piece;
    (void)worker;
    for (int64_t r = from; r < to; r++) {
        int64_t row = 2 * r + t->parity;
#define CALL(B)                                                                                    \
    t->l->five ? relax_row(t->l, row, t->reverse, B, true)                                         \
               : relax_row(t->l, row, t->reverse, B, false)
        MG_WIDTHS(t->m->width, CALL)
#undef CALL
    }
}

static gt_status relax_rows(gt_ctx *ctx, mg *m, mg_level *l, int parity, bool reverse)
{
    sweep t = {.m = m, .l = l, .parity = parity, .reverse = reverse};
    return mg_rows(ctx, (l->rows + 1 - parity) / 2, l->cols * m->width, relax, &t);
}

/* ---- down ------------------------------------------------------------------------------------ */

INLINE void residual_list(const mg_level *l, int64_t from, const bool five, float *restrict out)
{
    const int64_t w = l->w, n = l->cols;
    const float *restrict x = l->x + from, *restrict b = l->b + from;
    const float *restrict e = l->fe + from, *restrict s = l->fs + from;
    const float *restrict inverse = l->inverse + from;
    for (int64_t i = 0; i < n; i++) {
        out[i] =
            b[i] + s[i] * x[i + w] + s[i - w] * x[i - w] + e[i] * x[i + 1] + e[i - 1] * x[i - 1];
    }
    if (!five) {
        const float *restrict se = l->fse + from, *restrict sw = l->fsw + from;
        for (int64_t i = 0; i < n; i++) {
            out[i] += se[i] * x[i + w + 1] + se[i - w - 1] * x[i - w - 1] + sw[i] * x[i + w - 1] +
                      sw[i - w + 1] * x[i - w + 1];
        }
    }
    for (int64_t i = 0; i < n; i++) {
        float diagonal = 1 / (inverse[i] > 0 ? inverse[i] : 1);
        out[i] = inverse[i] > 0 ? out[i] - diagonal * x[i] : 0;
    }
}

/* Residual of one row into out (w cells); rows outside are 0. */
INLINE void residual_row(const mg_level *l, int64_t row, const int width, const bool five,
                         float *restrict out)
{
    float acc[MG_WIDTH_MAX];
    if (row < 0 || row >= l->rows) {
        memset(out, 0, (size_t)(l->w * width) * sizeof *out);
        return;
    }
    const int64_t first = (row + 1) * l->w;
    if (width == 1) {
        residual_list(l, first + 1, five, out + 1);
    }
    for (int64_t j = 1; width > 1 && j <= l->cols; j++) {
        const int64_t i = first + j;
        const float inverse = l->inverse[i];
        const float diagonal = inverse > 0 ? 1 / inverse : 0;
        gather(l, i, width, five, acc);
        for (int k = 0; k < width; k++) {
            out[j * width + k] = inverse > 0 ? acc[k] - diagonal * l->x[i * width + k] : 0;
        }
    }
    memset(out, 0, (size_t)width * sizeof *out);
    memset(out + (l->w - 1) * width, 0, (size_t)width * sizeof *out);
}

INLINE void restrict_row(const mg_level *f, mg_level *c, int64_t row, const float *up,
                         const float *mid, const float *down, const int width)
{
    const int64_t cw = c->w;
    for (int64_t col = 0; col < c->cols; col++) {
        const int64_t at = (row + 1) * cw + col + 1, j = 2 * col + 1;
        const float *p = f->weights + at * 8, *left = p - 8, *above = p - cw * 8;
        const float p0 = p[0], p2 = p[2], p4 = p[4], l1 = left[1], l5 = left[5], a3 = above[3];
        const float a6 = above[6], d7 = (above - 8)[7];
        const float *m0 = mid + j * width, *u0 = up + j * width, *d0 = down + j * width;
        float *b = c->b + at * width;
        for (int k = 0; k < width; k++) {
            b[k] = m0[k] + p0 * m0[k + width] + l1 * m0[k - width] + p2 * d0[k] + a3 * u0[k] +
                   p4 * d0[k + width] + l5 * d0[k - width] + a6 * u0[k + width] +
                   d7 * u0[k - width];
        }
    }
}

INLINE void down_rows(const sweep *t, int64_t from, int64_t to, int worker, const int width,
                      const bool five)
{
    const mg_level *f = t->l;
    const int64_t size = f->w * width;
    float *rows = t->m->rows + (size_t)worker * 3 * (size_t)(t->m->level[0].w * width);
    float *up = rows, *mid = rows + size, *low = rows + 2 * size;
    residual_row(f, 2 * from - 1, width, five, up);
    for (int64_t r = from; r < to; r++) {
        residual_row(f, 2 * r, width, five, mid);
        residual_row(f, 2 * r + 1, width, five, low);
        restrict_row(f, t->l + 1, r, up, mid, low, width);
        float *swap = up;
        up = low;
        low = swap;
    }
}

MG_WIDE static void go_down(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const sweep *t = user;
    (void)piece;
#define CALL(B)                                                                                    \
    t->l->five ? down_rows(t, from, to, worker, B, true) : down_rows(t, from, to, worker, B, false)
    MG_WIDTHS(t->m->width, CALL)
#undef CALL
}

/* ---- up -------------------------------------------------------------------------------------- */

INLINE void up_row(mg_level *f, const mg_level *c, int64_t row, const int width)
{
    const int64_t cw = c->w;
    for (int64_t col = 0; col < c->cols; col++) {
        const int64_t at = (row + 1) * cw + col + 1;
        const int64_t i = (2 * row + 1) * f->w + 2 * col + 1;
        const float *p = f->weights + at * 8;
        const float *nw = c->x + at * width, *ne = nw + width;
        const float *sw = nw + cw * width, *se = sw + width;
        float *x0 = f->x + i * width, *x1 = x0 + width, *y0 = x0 + f->w * width, *y1 = y0 + width;
        const bool south = 2 * row + 1 < f->rows, east = 2 * col + 1 < f->cols;
        for (int k = 0; k < width; k++) {
            x0[k] += nw[k];
        }
        for (int k = 0; east && k < width; k++) {
            x1[k] += p[0] * nw[k] + p[1] * ne[k];
        }
        for (int k = 0; south && k < width; k++) {
            y0[k] += p[2] * nw[k] + p[3] * sw[k];
        }
        for (int k = 0; south && east && k < width; k++) {
            y1[k] += p[4] * nw[k] + p[5] * ne[k] + p[6] * sw[k] + p[7] * se[k];
        }
    }
}

MG_WIDE static void go_up(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const sweep *t = user;
    (void)piece;
    (void)worker;
    for (int64_t r = from; r < to; r++) {
#define CALL(B) up_row(t->l, t->l + 1, r, B)
        MG_WIDTHS(t->m->width, CALL)
#undef CALL
    }
}

/* ---- the coarsest level ---------------------------------------------------------------------- */

static void solve_dense(mg *m)
{
    mg_level *l = &m->level[m->n_levels - 1];
    const int64_t n = l->cols * l->rows, width = m->width;
    const double *a = m->dense;
    double z[1024];
    for (int64_t k = 0; k < width; k++) {
        for (int64_t i = 0; i < n; i++) {
            int64_t at = (i / l->cols + 1) * l->w + i % l->cols + 1;
            double sum = (double)l->b[at * width + k];
            for (int64_t j = 0; j < i; j++) {
                sum -= a[i * n + j] * z[j];
            }
            z[i] = a[i * n + i] > 0 ? sum / a[i * n + i] : 0;
        }
        for (int64_t i = n; i-- > 0;) {
            double sum = 0;
            for (int64_t j = i + 1; j < n; j++) {
                sum += a[j * n + i] * z[j];
            }
            z[i] -= a[i * n + i] > 0 ? sum / a[i * n + i] : 0;
        }
        for (int64_t i = 0; i < n; i++) {
            int64_t at = (i / l->cols + 1) * l->w + i % l->cols + 1;
            l->x[at * width + k] = (float)z[i];
        }
    }
}

static void clear(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const sweep *t = user;
    const int64_t row = t->l->w * t->m->width;
    (void)piece;
    (void)worker;
    memset(t->l->x + (from + 1) * row, 0, (size_t)((to - from) * row) * sizeof *t->l->x);
}

gt_status mg_cycle(gt_ctx *ctx, mg *m)
{
    gt_status st = GT_OK;
    for (int i = 0; st == GT_OK && i + 1 < m->n_levels; i++) {
        mg_level *l = &m->level[i];
        sweep t = {.m = m, .l = l};
        st = mg_rows(ctx, l->rows, l->cols * m->width, clear, &t);
        st = st == GT_OK ? relax_rows(ctx, m, l, 0, false) : st;
        st = st == GT_OK ? relax_rows(ctx, m, l, 1, false) : st;
        st = st == GT_OK ? mg_rows(ctx, (l + 1)->rows, l->cols * m->width * 2, go_down, &t) : st;
    }
    if (st == GT_OK) {
        solve_dense(m);
    }
    for (int i = m->n_levels - 2; st == GT_OK && i >= 0; i--) {
        mg_level *l = &m->level[i];
        sweep t = {.m = m, .l = l};
        st = mg_rows(ctx, (l + 1)->rows, l->cols * m->width, go_up, &t);
        st = st == GT_OK ? relax_rows(ctx, m, l, 1, true) : st;
        st = st == GT_OK ? relax_rows(ctx, m, l, 0, true) : st;
    }
    return st;
}
