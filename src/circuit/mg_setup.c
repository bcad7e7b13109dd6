/* Levels of the multigrid. Every second row and column is kept; cells between are interpolated with
 * the weights of the operator itself, so that walls and jumps of resistance are felt on all levels
 * (Dendy 1982, Black box multigrid, J. Comput. Phys. 48: 366-386; here with weights that keep
 * constants, so that a level is again a network with grounds). The coarse network is the one with
 * the same energy for interpolated potentials. */
#include <math.h>
#include <string.h>

#include "circuit/mg.h"
#include "guotu/pool.h"

#define COARSEST    100   /* cells that are solved densely */
#define LEAST_PIVOT 1e-11 /* of the diagonal; below it the part has no ground: held at 0 */
#define PIECE_WORK  131072
#define SERIAL_WORK 262144

/* ---- rows ------------------------------------------------------------------------------------ */

typedef struct rows_task {
    mg_rows_fn fn;
    void *user;
    int64_t n_rows, step;
} rows_task;

static gt_status do_piece(gt_ctx *ctx, void *user, size_t task, int worker)
{
    const rows_task *t = user;
    int64_t from = (int64_t)task * t->step, to = from + t->step;
    (void)ctx;
    t->fn(t->user, from, to < t->n_rows ? to : t->n_rows, task, worker);
    return GT_OK;
}

static int64_t piece_rows(int64_t row_work)
{
    int64_t step = PIECE_WORK / (row_work < 1 ? 1 : row_work);
    return step < 1 ? 1 : step;
}

size_t mg_pieces(int64_t n_rows, int64_t row_work)
{
    int64_t step = piece_rows(row_work);
    return (size_t)((n_rows + step - 1) / step);
}

gt_status mg_rows(gt_ctx *ctx, int64_t n_rows, int64_t row_work, mg_rows_fn fn, void *user)
{
    rows_task t = {.fn = fn, .user = user, .n_rows = n_rows, .step = piece_rows(row_work)};
    size_t n = mg_pieces(n_rows, row_work);
    if (n_rows * row_work > SERIAL_WORK && gt_ctx_threads(ctx) > 1) {
        return gt_parallel_for(ctx, n, do_piece, &t);
    }
    for (size_t i = 0; i < n; i++) {
        if (gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
        (void)do_piece(ctx, &t, i, 0);
    }
    return GT_OK;
}

/* ---- interpolation --------------------------------------------------------------------------- */

static double plus(double w)
{
    return w > 0 ? w : 0; /* coarse edges can come out slightly negative */
}

typedef struct coarsen {
    const mg_level *fine;
    mg_level *coarse;
    float *weights;
    double *below; /* the part of e that the row above contributes */
} coarsen;

/* A diagonal edge; levels of five points have none. */
static double slant(const mg_level *l, const double *of, int64_t i)
{
    return l->five ? 0 : plus(of[i]);
}

static void pair_weights(double a, double b, float *out)
{
    double sum = a + b;
    if (sum > 0) {
        out[0] = (float)(a / sum);
        out[1] = 1.0F - out[0];
    }
}

/* Weights of the cells east and south of the coarse ones. */
static void edge_weights(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const coarsen *k = user;
    const mg_level *f = k->fine;
    const mg_level *c = k->coarse;
    const int64_t w = f->w;
    (void)piece;
    (void)worker;
    for (int64_t row = from; row < to; row++) {
        for (int64_t col = 0; col < c->cols; col++) {
            int64_t at = (2 * row + 1) * w + 2 * col + 1;
            float *p = k->weights + ((row + 1) * c->w + col + 1) * 8;
            if (2 * col + 1 < f->cols && f->active[at + 1]) {
                int64_t i = at + 1;
                double west = plus(f->e[i - 1]) + slant(f, f->se, i - w - 1) + slant(f, f->sw, i);
                double east = plus(f->e[i]) + slant(f, f->sw, i - w + 1) + slant(f, f->se, i);
                pair_weights(f->active[at] ? west : 0, f->active[at + 2] ? east : 0, p);
            }
            if (2 * row + 1 < f->rows && f->active[at + w]) {
                int64_t i = at + w;
                double north =
                    plus(f->s[i - w]) + slant(f, f->se, i - w - 1) + slant(f, f->sw, i - w + 1);
                double south = plus(f->s[i]) + slant(f, f->sw, i) + slant(f, f->se, i);
                bool below = 2 * row + 2 < f->rows && f->active[at + 2 * w];
                pair_weights(f->active[at] ? north : 0, below ? south : 0, p + 2);
            }
        }
    }
}

/* Weights of the cells between four coarse ones, through the cells beside them. */
static void centre_weights(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const coarsen *k = user;
    const mg_level *f = k->fine;
    const mg_level *c = k->coarse;
    const int64_t w = f->w;
    (void)piece;
    (void)worker;
    for (int64_t row = from; row < to; row++) {
        for (int64_t col = 0; col < c->cols && 2 * row + 1 < f->rows; col++) {
            int64_t i = (2 * row + 2) * w + 2 * col + 2;
            float *p = k->weights + ((row + 1) * c->w + col + 1) * 8;
            const float *right = p + 8, *down = p + c->w * 8;
            if (2 * col + 1 >= f->cols || !f->active[i]) {
                continue;
            }
            double n = plus(f->s[i - w]), s = plus(f->s[i]), we = plus(f->e[i - 1]);
            double e = plus(f->e[i]);
            double q[4] = {f->active[i - w - 1] ? slant(f, f->se, i - w - 1) : 0,
                           f->active[i - w + 1] ? slant(f, f->sw, i - w + 1) : 0,
                           f->active[i + w - 1] ? slant(f, f->sw, i) : 0,
                           f->active[i + w + 1] ? slant(f, f->se, i) : 0};
            q[0] += n * (double)p[0] + we * (double)p[2];
            q[1] += n * (double)p[1] + e * (double)right[2];
            q[2] += s * (double)down[0] + we * (double)p[3];
            q[3] += s * (double)down[1] + e * (double)right[3];
            double sum = q[0] + q[1] + q[2] + q[3];
            for (int j = 0; sum > 0 && j < 4; j++) {
                p[4 + j] = (float)(q[j] / sum);
            }
        }
    }
}

/* ---- the coarse network ---------------------------------------------------------------------- */

/* Adds the energy of a fine edge between points with corner weights a and b; one that no coarse
 * cell stands for is left out. */
static inline void add_energy(double w, const double *a, const double *b, double *pairs)
{
    double d[4];
    if (w == 0 || a[4] == 0 || b[4] == 0) {
        return;
    }
    for (int j = 0; j < 4; j++) {
        d[j] = a[j] - b[j];
    }
    pairs[0] -= w * d[0] * d[1];
    pairs[1] -= w * d[2] * d[3];
    pairs[2] -= w * d[0] * d[2];
    pairs[3] -= w * d[1] * d[3];
    pairs[4] -= w * d[0] * d[3];
    pairs[5] -= w * d[1] * d[2];
}

/* Corner weights of the nine points of a quad; the fifth number says whether they are any. */
static void quad_points(const coarsen *k, int64_t row, int64_t col, double pt[9][5])
{
    const mg_level *c = k->coarse;
    int64_t at = (row + 1) * c->w + col + 1;
    const float *p = k->weights + at * 8, *right = p + 8, *down = p + c->w * 8;
    memset(pt, 0, 9 * sizeof *pt);
    pt[0][0] = c->active[at] ? 1 : 0;
    pt[2][1] = c->active[at + 1] ? 1 : 0;
    pt[6][2] = c->active[at + c->w] ? 1 : 0;
    pt[8][3] = c->active[at + c->w + 1] ? 1 : 0;
    pt[1][0] = (double)p[0];
    pt[1][1] = (double)p[1];
    pt[3][0] = (double)p[2];
    pt[3][2] = (double)p[3];
    for (int j = 0; j < 4; j++) {
        pt[4][j] = (double)p[4 + j];
    }
    pt[5][1] = (double)right[2];
    pt[5][3] = (double)right[3];
    pt[7][2] = (double)down[0];
    pt[7][3] = (double)down[1];
    for (int j = 0; j < 9; j++) {
        pt[j][4] = pt[j][0] + pt[j][1] + pt[j][2] + pt[j][3];
    }
}

static void quad_edges(const mg_level *f, int64_t i, double pt[9][5], double *pairs)
{
    const int64_t w = f->w;
    add_energy(f->e[i], pt[0], pt[1], pairs);
    add_energy(f->e[i + 1], pt[1], pt[2], pairs);
    add_energy(f->e[i + w], pt[3], pt[4], pairs);
    add_energy(f->e[i + w + 1], pt[4], pt[5], pairs);
    add_energy(f->s[i], pt[0], pt[3], pairs);
    add_energy(f->s[i + w], pt[3], pt[6], pairs);
    add_energy(f->s[i + 1], pt[1], pt[4], pairs);
    add_energy(f->s[i + w + 1], pt[4], pt[7], pairs);
    if (f->five) {
        return;
    }
    add_energy(f->se[i], pt[0], pt[4], pairs);
    add_energy(f->se[i + 1], pt[1], pt[5], pairs);
    add_energy(f->se[i + w], pt[3], pt[7], pairs);
    add_energy(f->se[i + w + 1], pt[4], pt[8], pairs);
    add_energy(f->sw[i + 1], pt[1], pt[3], pairs);
    add_energy(f->sw[i + 2], pt[2], pt[4], pairs);
    add_energy(f->sw[i + w + 1], pt[4], pt[6], pairs);
    add_energy(f->sw[i + w + 2], pt[5], pt[7], pairs);
}

static void coarse_rows(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const coarsen *k = user;
    const mg_level *f = k->fine;
    mg_level *c = k->coarse;
    double pt[9][5], pairs[6];
    (void)piece;
    (void)worker;
    for (int64_t row = from; row < to; row++) {
        for (int64_t col = 0; col < c->cols; col++) {
            int64_t at = (row + 1) * c->w + col + 1;
            memset(pairs, 0, sizeof pairs);
            quad_points(k, row, col, pt);
            quad_edges(f, (2 * row + 1) * f->w + 2 * col + 1, pt, pairs);
            c->e[at] = pairs[0];
            k->below[at] = pairs[1];
            c->s[at] += pairs[2];
            if (col + 1 < c->cols) {
                c->s[at + 1] += pairs[3];
                c->se[at] = pairs[4];
                c->sw[at + 1] = pairs[5];
            }
        }
    }
}

/* What the row above gives, and the grounds of the cells around. */
static void finish_rows(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const coarsen *k = user;
    const mg_level *f = k->fine;
    mg_level *c = k->coarse;
    const int64_t w = f->w;
    (void)piece;
    (void)worker;
    for (int64_t row = from; row < to; row++) {
        for (int64_t col = 0; col < c->cols; col++) {
            int64_t at = (row + 1) * c->w + col + 1, i = (2 * row + 1) * w + 2 * col + 1;
            const float *p = k->weights + at * 8, *left = p - 8, *up = p - c->w * 8;
            c->e[at] += k->below[at - c->w];
            c->extra[at] =
                f->extra[i] + (double)p[0] * f->extra[i + 1] + (double)left[1] * f->extra[i - 1] +
                (double)p[2] * f->extra[i + w] + (double)up[3] * f->extra[i - w] +
                (double)p[4] * f->extra[i + w + 1] + (double)left[5] * f->extra[i + w - 1] +
                (double)up[6] * f->extra[i - w + 1] + (double)(up - 8)[7] * f->extra[i - w - 1];
        }
    }
}

gt_status mg_level_room(gt_ctx *ctx, mg_level *l)
{
    const size_t room = l->n + MG_SLACK, slants = l->five ? 1 : room;
    gt_status st = circuit_zeroed(ctx, room, sizeof *l->e, (void **)&l->e);
    st = st == GT_OK ? circuit_zeroed(ctx, room, sizeof *l->s, (void **)&l->s) : st;
    st = st == GT_OK ? circuit_zeroed(ctx, slants, sizeof *l->se, (void **)&l->se) : st;
    st = st == GT_OK ? circuit_zeroed(ctx, slants, sizeof *l->sw, (void **)&l->sw) : st;
    st = st == GT_OK ? circuit_zeroed(ctx, l->n, sizeof *l->extra, (void **)&l->extra) : st;
    return st == GT_OK ? circuit_zeroed(ctx, l->n, 1, (void **)&l->active) : st;
}

static void level_free_double(gt_ctx *ctx, mg_level *l)
{
    gt_free(ctx, l->e);
    gt_free(ctx, l->s);
    gt_free(ctx, l->se);
    gt_free(ctx, l->sw);
    gt_free(ctx, l->extra);
    l->e = l->s = l->se = l->sw = l->extra = NULL;
}

void mg_level_free(gt_ctx *ctx, mg_level *l)
{
    level_free_double(ctx, l);
    gt_free(ctx, l->active);
    gt_free(ctx, l->fe);
    gt_free(ctx, l->fs);
    gt_free(ctx, l->fse);
    gt_free(ctx, l->fsw);
    gt_free(ctx, l->inverse);
    gt_free(ctx, l->weights);
    gt_free(ctx, l->x);
    gt_free(ctx, l->b);
    memset(l, 0, sizeof *l);
}

static gt_status make_coarse(gt_ctx *ctx, mg_level *fine, mg_level *coarse)
{
    coarsen k = {.fine = fine, .coarse = coarse};
    coarse->cols = (fine->cols + 1) / 2;
    coarse->rows = (fine->rows + 1) / 2;
    coarse->w = coarse->cols + 2;
    coarse->n = (size_t)(coarse->w * (coarse->rows + 2));
    gt_status st = mg_level_room(ctx, coarse);
    if (st == GT_OK) {
        st = circuit_zeroed(ctx, coarse->n * 8, sizeof *fine->weights, (void **)&fine->weights);
    }
    k.weights = fine->weights;
    st = st == GT_OK ? circuit_zeroed(ctx, coarse->n, sizeof *k.below, (void **)&k.below) : st;
    if (st == GT_OK) {
        for (int64_t row = 0; row < coarse->rows; row++) {
            for (int64_t col = 0; col < coarse->cols; col++) {
                coarse->active[(row + 1) * coarse->w + col + 1] =
                    fine->active[(2 * row + 1) * fine->w + 2 * col + 1] != 0;
            }
        }
        const int64_t work = coarse->cols * 8;
        st = mg_rows(ctx, coarse->rows, work, edge_weights, &k);
        st = st == GT_OK ? mg_rows(ctx, coarse->rows, work, centre_weights, &k) : st;
        st = st == GT_OK ? mg_rows(ctx, coarse->rows, work * 4, coarse_rows, &k) : st;
        st = st == GT_OK ? mg_rows(ctx, coarse->rows, work, finish_rows, &k) : st;
    }
    gt_free(ctx, k.below);
    return st;
}

/* ---- ghosts ----------------------------------------------------------------------------------

   A cell without conductance beside one with it takes part in the V-cycle by weak wires, so that
   passages which have no cell of their own on the coarser level are still stood for by one. The
   operator that is solved knows nothing of them. */

#define GHOST      2    /* of active[] */
#define GHOST_WIRE 1e-4 /* of the neighbour's diagonal */

/* The edge between cell i and its k-th neighbour, clockwise from east. */
static double *edge_at(const mg_level *l, int64_t i, int k, int64_t *to)
{
    const int64_t w = l->w;
    const int64_t by[] = {1, w + 1, w, w - 1, -1, -w - 1, -w, -w + 1};
    double *const of[] = {l->e, l->se, l->s, l->sw, l->e, l->se, l->s, l->sw};
    *to = i + by[k];
    return &of[k][k < 4 ? i : *to];
}

static double diagonal(const mg_level *l, int64_t i);

static gt_status add_ghosts(gt_ctx *ctx, mg_level *l)
{
    const int step = l->five ? 2 : 1;
    int64_t to = 0;
    for (int64_t row = 0; row < l->rows; row++) {
        for (int64_t col = 0; col < l->cols; col++) {
            int64_t i = (row + 1) * l->w + col + 1;
            for (int k = 0; l->active[i] == 0 && k < 8; k += step) {
                (void)edge_at(l, i, k, &to);
                l->active[i] = l->active[to] == 1 ? GHOST : 0;
            }
        }
        if (row % 32 == 0 && gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
    }
    for (int64_t row = 0; row < l->rows; row++) {
        for (int64_t col = 0; col < l->cols; col++) {
            int64_t i = (row + 1) * l->w + col + 1;
            for (int k = 0; l->active[i] == GHOST && k < 8; k += step) {
                double *edge = edge_at(l, i, k, &to);
                if (l->active[to] == 1) {
                    *edge = diagonal(l, to) * GHOST_WIRE;
                }
            }
        }
        if (row % 32 == 0 && gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
    }
    return GT_OK;
}

static gt_status drop_ghosts(gt_ctx *ctx, mg_level *l)
{
    const int step = l->five ? 2 : 1;
    for (int64_t row = 0; row < l->rows; row++) {
        for (int64_t col = 0; col < l->cols; col++) {
            int64_t i = (row + 1) * l->w + col + 1, to = 0;
            for (int k = 0; l->active[i] == GHOST && k < 8; k += step) {
                *edge_at(l, i, k, &to) = 0;
            }
        }
        if (row % 32 == 0 && gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
    }
    return GT_OK;
}

/* ---- single precision ------------------------------------------------------------------------ */

static double diagonal(const mg_level *l, int64_t i)
{
    const int64_t w = l->w;
    double d = l->extra[i] + l->e[i] + l->e[i - 1] + l->s[i] + l->s[i - w];
    return l->five ? d : d + l->se[i] + l->se[i - w - 1] + l->sw[i] + l->sw[i - w + 1];
}

typedef struct round_off {
    mg_level *l;
} round_off;

static void round_rows(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    mg_level *l = ((const round_off *)user)->l;
    (void)piece;
    (void)worker;
    for (int64_t row = from; row < to; row++) {
        for (int64_t col = 0; col < l->cols; col++) {
            int64_t i = (row + 1) * l->w + col + 1;
            double d = diagonal(l, i);
            l->fe[i] = (float)l->e[i];
            l->fs[i] = (float)l->s[i];
            if (!l->five) {
                l->fse[i] = (float)l->se[i];
                l->fsw[i] = (float)l->sw[i];
            }
            float inverse = d > 0 && l->active[i] ? (float)(1 / d) : 0;
            l->inverse[i] = isfinite(inverse) ? inverse : 0;
        }
    }
}

static gt_status round_level(gt_ctx *ctx, mg_level *l)
{
    round_off r = {.l = l};
    gt_status st = circuit_zeroed(ctx, l->n, sizeof *l->fe, (void **)&l->fe);
    st = st == GT_OK ? circuit_zeroed(ctx, l->n, sizeof *l->fs, (void **)&l->fs) : st;
    if (!l->five) {
        st = st == GT_OK ? circuit_zeroed(ctx, l->n, sizeof *l->fse, (void **)&l->fse) : st;
        st = st == GT_OK ? circuit_zeroed(ctx, l->n, sizeof *l->fsw, (void **)&l->fsw) : st;
    }
    st = st == GT_OK ? circuit_zeroed(ctx, l->n, sizeof *l->inverse, (void **)&l->inverse) : st;
    return st != GT_OK ? st : mg_rows(ctx, l->rows, l->cols, round_rows, &r);
}

/* ---- the coarsest level ---------------------------------------------------------------------- */

static gt_status factor_dense(gt_ctx *ctx, mg *m)
{
    const mg_level *l = &m->level[m->n_levels - 1];
    const int64_t n = l->cols * l->rows;
    double *a = gt_zalloc(ctx, (size_t)(n * n), sizeof *a);
    m->dense = a;
    if (a == NULL) {
        return GT_E_MEMORY;
    }
    for (int64_t row = 0; row < l->rows; row++) {
        for (int64_t col = 0; col < l->cols; col++) {
            int64_t i = (row + 1) * l->w + col + 1, k = row * l->cols + col;
            a[k * n + k] = l->active[i] ? diagonal(l, i) : 0;
            if (col > 0) {
                a[k * n + k - 1] = -l->e[i - 1];
            }
            if (row > 0) {
                a[k * n + k - l->cols] = -l->s[i - l->w];
            }
            if (row > 0 && col > 0 && !l->five) {
                a[k * n + k - l->cols - 1] = -l->se[i - l->w - 1];
            }
            if (row > 0 && col + 1 < l->cols && !l->five) {
                a[k * n + k - l->cols + 1] = -l->sw[i - l->w + 1];
            }
        }
    }
    for (int64_t i = 0; i < n; i++) { /* L D L', 1 / D on the diagonal, 0 where held */
        double scale = a[i * n + i];
        for (int64_t j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (int64_t k = 0; k < j; k++) {
                double d = a[k * n + k];
                sum -= d == 0 ? 0 : a[i * n + k] * a[j * n + k] / d;
            }
            a[i * n + j] = sum;
        }
        if (!(a[i * n + i] > scale * LEAST_PIVOT)) {
            a[i * n + i] = 0;
        }
    }
    return gt_check_cancel(ctx);
}

/* ---- all ------------------------------------------------------------------------------------- */

enum { LEVELS_MAX = 34 };

gt_status mg_new(gt_ctx *ctx, const mg_level *finest, mg *out)
{
    memset(out, 0, sizeof *out);
    out->threads = gt_ctx_threads(ctx);
    out->level = gt_zalloc(ctx, LEVELS_MAX, sizeof *out->level);
    if (out->level == NULL) {
        mg_level take = *finest;
        mg_level_free(ctx, &take);
        return GT_E_MEMORY;
    }
    out->level[0] = *finest;
    out->n_levels = 1;
    gt_status st = add_ghosts(ctx, &out->level[0]);
    st = st == GT_OK ? round_level(ctx, &out->level[0]) : st;
    while (st == GT_OK) {
        mg_level *l = &out->level[out->n_levels - 1];
        if (l->cols * l->rows <= COARSEST || out->n_levels == LEVELS_MAX) {
            break;
        }
        out->n_levels++;
        st = make_coarse(ctx, l, l + 1);
        if (st == GT_OK && (l + 1)->cols * (l + 1)->rows > COARSEST) {
            st = add_ghosts(ctx, l + 1);
        }
        st = st == GT_OK ? round_level(ctx, l + 1) : st;
        if (out->n_levels > 2) {
            level_free_double(ctx, l);
        }
    }
    st = st == GT_OK ? factor_dense(ctx, out) : st;
    if (st == GT_OK) {
        st = drop_ghosts(ctx, &out->level[0]);
    }
    if (st == GT_OK && out->n_levels > 1) {
        level_free_double(ctx, &out->level[out->n_levels - 1]);
    }
    if (st != GT_OK) {
        mg_free(ctx, out);
    }
    return st;
}

gt_status mg_set_width(gt_ctx *ctx, mg *m, int width)
{
    if (m->width == width) {
        return GT_OK;
    }
    gt_free(ctx, m->rows);
    m->rows = NULL;
    m->width = 0;
    for (int i = 0; i < m->n_levels; i++) {
        mg_level *l = &m->level[i];
        gt_free(ctx, l->x);
        gt_free(ctx, l->b);
        const size_t n = l->n * (size_t)width;
        l->x = l->b = NULL;
        gt_status st = circuit_zeroed(ctx, n, sizeof *l->x, (void **)&l->x);
        st = st == GT_OK ? circuit_zeroed(ctx, n, sizeof *l->b, (void **)&l->b) : st;
        if (st != GT_OK) {
            return st;
        }
    }
    size_t row = (size_t)(m->level[0].w * width);
    m->rows = gt_zalloc(ctx, (size_t)m->threads * 3 * row, sizeof *m->rows);
    m->width = m->rows == NULL ? 0 : width;
    return m->rows == NULL ? GT_E_MEMORY : GT_OK;
}

void mg_free(gt_ctx *ctx, mg *m)
{
    for (int i = 0; i < m->n_levels; i++) {
        mg_level_free(ctx, &m->level[i]);
    }
    gt_free(ctx, m->level);
    gt_free(ctx, m->dense);
    gt_free(ctx, m->rows);
    memset(m, 0, sizeof *m);
}
