/* Conjugate gradients on a grid of cells, preconditioned by multigrid, several right-hand sides at
 * a time, in double precision.
 *
 * Nodes of several cells (short-circuit regions) are kept as equal values on their cells:
 * potentials are copied to all of them, currents spread over them, and after the network has been
 * applied the mean of the cells is taken. For the multigrid such cells are joined by good
 * conductors. */
#include <math.h>
#include <string.h>

#include "circuit/messages.h"
#include "circuit/mg.h"

#define INLINE    static inline __attribute__((always_inline))
#define STEPS_MAX 400
#define TURNS_MAX 4   /* beginnings anew from the true residual */
#define GOOD_WIRE 1e3 /* between cells of a node, of the greatest conductance */

struct circuit_grid_solver {
    const circuit_graph *graph;
    mg m;
    double tolerance;
    int width;                 /* that the vectors are made for */
    double *x, *r, *p, *q;     /* padded cells * width */
    double *sums;              /* pieces * width * 2 */
    uint32_t *group, *members; /* cells (padded) of nodes with several: group[i] .. group[i + 1] */
    size_t n_groups;
};

/* ---- set-up ---------------------------------------------------------------------------------- */

static inline int64_t padded(const circuit_graph *g, int64_t cell, int64_t w)
{
    return (cell / g->n_cols + 1) * w + cell % g->n_cols + 1;
}

typedef struct build {
    const circuit_graph *g;
    const uint8_t *fixed;
    const double *to_ground;
    mg_level *l;
} build;

/* Is there an edge from cell `at` in direction k, and how good? wire: within a node. */
static double edge_to(const build *b, int64_t row, int64_t col, int k, int64_t *to, bool *wire)
{
    const circuit_graph *g = b->g;
    int64_t at = row * g->n_cols + col;
    *wire = false;
    if (!circuit_neighbour(g, row, col, k, to) || g->node[*to] == CIRCUIT_NONE) {
        return 0;
    }
    *wire = g->node[*to] == g->node[at];
    return *wire ? 0 : circuit_edge(g, g->g[at], g->g[*to], k > 1);
}

/* Edges from fixed cells that come before this one: they ground it. */
static double from_fixed(const build *b, int64_t row, int64_t col)
{
    static const int dr[] = {0, -1, -1, -1}, dc[] = {-1, 0, -1, 1};
    const circuit_graph *g = b->g;
    double sum = 0;
    for (int k = 0; k < (g->four ? 2 : 4); k++) {
        int64_t r = row + dr[k], c = col + dc[k], to = 0;
        bool wire = false;
        bool inside = r >= 0 && c >= 0 && c < g->n_cols;
        uint32_t node = inside ? g->node[r * g->n_cols + c] : CIRCUIT_NONE;
        if (node != CIRCUIT_NONE && b->fixed[node]) {
            sum += edge_to(b, r, c, k, &to, &wire);
        }
    }
    return sum;
}

static void build_rows(void *user, int64_t from, int64_t to_row, size_t piece, int worker)
{
    const build *b = user;
    const circuit_graph *g = b->g;
    mg_level *l = b->l;
    double *const edges[] = {l->e, l->s, l->se, l->sw};
    (void)piece;
    (void)worker;
    for (int64_t row = from; row < to_row; row++) {
        for (int64_t col = 0; col < g->n_cols; col++) {
            int64_t at = row * g->n_cols + col, i = padded(g, at, l->w), to = 0;
            uint32_t node = g->node[at];
            if (node == CIRCUIT_NONE || (b->fixed != NULL && b->fixed[node])) {
                continue;
            }
            l->active[i] = 1;
            if (b->to_ground != NULL && g->first[node] == (uint32_t)at) {
                l->extra[i] += b->to_ground[node];
            }
            for (int k = 0; k < (g->four ? 2 : 4); k++) {
                bool wire = false;
                double w = edge_to(b, row, col, k, &to, &wire);
                bool held = w > 0 && b->fixed != NULL && b->fixed[g->node[to]];
                edges[k][i] = held ? 0 : w;
                l->extra[i] += held ? w : 0;
            }
            l->extra[i] += b->fixed != NULL ? from_fixed(b, row, col) : 0;
        }
    }
}

/* Joins the cells of each node of several. */
static gt_status wire_up(gt_ctx *ctx, const build *b)
{
    const circuit_graph *g = b->g;
    mg_level *l = b->l;
    double *const edges[] = {l->e, l->s, l->se, l->sw};
    double most = 0;
    for (size_t i = 0; i < l->n; i++) {
        for (int k = 0; k < (g->four ? 2 : 4); k++) {
            most = edges[k][i] > most ? edges[k][i] : most;
        }
        if (!circuit_go_on(ctx, i)) {
            return GT_E_CANCELLED;
        }
    }
    for (int64_t row = 0; row < g->n_rows; row++) {
        for (int64_t col = 0; col < g->n_cols; col++) {
            int64_t at = row * g->n_cols + col, to = 0;
            for (int k = 0; g->node[at] != CIRCUIT_NONE && k < (g->four ? 2 : 4); k++) {
                bool wire = false;
                (void)edge_to(b, row, col, k, &to, &wire);
                int64_t i = padded(g, at, l->w);
                if (wire && l->active[i]) {
                    edges[k][i] = (most > 0 ? most : 1) * GOOD_WIRE;
                }
            }
        }
        if (row % 32 == 0 && gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
    }
    return GT_OK;
}

static gt_status find_groups(gt_ctx *ctx, circuit_grid_solver *s)
{
    const circuit_graph *g = s->graph;
    const int64_t n = g->n_cols * g->n_rows;
    size_t members = 0;
    uint32_t *slot = gt_zalloc(ctx, g->n, sizeof *slot);
    if (slot == NULL) {
        return GT_E_MEMORY;
    }
    for (int64_t i = 0; i < n; i++) {
        if (g->node[i] != CIRCUIT_NONE && slot[g->node[i]] < 2) {
            slot[g->node[i]]++;
        }
    }
    gt_status st = gt_check_cancel(ctx);
    for (size_t i = 0; i < g->n; i++) {
        slot[i] = slot[i] == 2 ? (uint32_t)++s->n_groups : 0;
    }
    for (int64_t i = 0; i < n; i++) {
        members += g->node[i] != CIRCUIT_NONE && slot[g->node[i]] != 0;
    }
    s->group = gt_zalloc(ctx, s->n_groups + 2, sizeof *s->group);
    s->members = gt_alloc(ctx, members, sizeof *s->members);
    st = s->group == NULL || s->members == NULL ? GT_E_MEMORY : st;
    for (int64_t i = 0; st == GT_OK && i < n; i++) {
        st = circuit_go_on(ctx, (size_t)i) ? GT_OK : GT_E_CANCELLED;
        if (g->node[i] != CIRCUIT_NONE && slot[g->node[i]] != 0) {
            s->group[slot[g->node[i]] + 1]++;
        }
    }
    for (size_t k = 0; st == GT_OK && k <= s->n_groups; k++) {
        s->group[k + 1] += s->group[k];
    }
    for (int64_t i = 0; st == GT_OK && i < n; i++) { /* leaves group[k] at the end of group k - 1 */
        if (g->node[i] != CIRCUIT_NONE && slot[g->node[i]] != 0) {
            s->members[s->group[slot[g->node[i]]]++] = (uint32_t)padded(g, i, s->m.level[0].w);
        }
    }
    gt_free(ctx, slot);
    return st;
}

gt_status circuit_grid_solver_new(gt_ctx *ctx, const circuit_graph *graph, const uint8_t *fixed,
                                  const double *to_ground, double tolerance,
                                  circuit_grid_solver **out)
{
    mg_level l = {.cols = graph->n_cols,
                  .rows = graph->n_rows,
                  .w = graph->n_cols + 2,
                  .n = (size_t)((graph->n_cols + 2) * (graph->n_rows + 2)),
                  .five = graph->four};
    build b = {.g = graph, .fixed = fixed, .to_ground = to_ground, .l = &l};
    *out = NULL;
    circuit_grid_solver *s = gt_zalloc(ctx, 1, sizeof *s);
    gt_status st = s == NULL ? GT_E_MEMORY : mg_level_room(ctx, &l);
    st = st == GT_OK ? mg_rows(ctx, l.rows, l.cols * 4, build_rows, &b) : st;
    if (st == GT_OK && graph->merged) {
        st = wire_up(ctx, &b);
    }
    if (st == GT_OK) {
        s->graph = graph;
        s->tolerance = tolerance;
        st = mg_new(ctx, &l, &s->m); /* takes l over in every case */
    } else {
        mg_level_free(ctx, &l);
    }
    if (st == GT_OK && graph->merged) {
        st = find_groups(ctx, s);
    }
    if (st != GT_OK) {
        circuit_grid_solver_free(ctx, s);
        return st;
    }
    *out = s;
    return GT_OK;
}

void circuit_grid_solver_free(gt_ctx *ctx, circuit_grid_solver *s)
{
    if (s != NULL) {
        mg_free(ctx, &s->m);
        gt_free(ctx, s->x);
        gt_free(ctx, s->r);
        gt_free(ctx, s->p);
        gt_free(ctx, s->q);
        gt_free(ctx, s->sums);
        gt_free(ctx, s->group);
        gt_free(ctx, s->members);
        gt_free(ctx, s);
    }
}

/* ---- vectors --------------------------------------------------------------------------------- */

/* Mean over the cells of each node of several. */
static void level_groups(const circuit_grid_solver *s, double *v)
{
    const int width = s->width;
    for (size_t k = 0; k < s->n_groups; k++) {
        uint32_t a = s->group[k], b = s->group[k + 1];
        for (int c = 0; c < width; c++) {
            double sum = 0;
            for (uint32_t i = a; i < b; i++) {
                sum += v[(size_t)s->members[i] * (size_t)width + (size_t)c];
            }
            for (uint32_t i = a; i < b; i++) {
                v[(size_t)s->members[i] * (size_t)width + (size_t)c] = sum / (b - a);
            }
        }
    }
}

static void level_groups_single(const circuit_grid_solver *s, float *v)
{
    const int width = s->width;
    for (size_t k = 0; k < s->n_groups; k++) {
        uint32_t a = s->group[k], b = s->group[k + 1];
        for (int c = 0; c < width; c++) {
            double sum = 0;
            for (uint32_t i = a; i < b; i++) {
                sum += (double)v[(size_t)s->members[i] * (size_t)width + (size_t)c];
            }
            for (uint32_t i = a; i < b; i++) {
                v[(size_t)s->members[i] * (size_t)width + (size_t)c] = (float)(sum / (b - a));
            }
        }
    }
}

typedef struct step {
    circuit_grid_solver *s;
    double a[MG_WIDTH_MAX]; /* a number a column */
} step;

/* out = A p at cell i. */
INLINE void apply_cell(const mg_level *l, int64_t i, const double *p, const int width,
                       const bool five, double *out)
{
    const int64_t w = l->w;
    const double e = l->e[i], we = l->e[i - 1], s = l->s[i], n = l->s[i - w], g = l->extra[i];
    const double *x = p + i * width, *xs = x + w * width, *xn = x - w * width;
    for (int k = 0; k < width; k++) {
        out[k] = g * x[k] + e * (x[k] - x[k + width]) + we * (x[k] - x[k - width]) +
                 s * (x[k] - xs[k]) + n * (x[k] - xn[k]);
    }
    if (!five) {
        const double se = l->se[i], nw = l->se[i - w - 1], sw = l->sw[i], ne = l->sw[i - w + 1];
        for (int k = 0; k < width; k++) {
            out[k] += se * (x[k] - xs[k + width]) + nw * (x[k] - xn[k - width]) +
                      sw * (x[k] - xs[k - width]) + ne * (x[k] - xn[k + width]);
        }
    }
}

/* p = z + beta p, and r z before it. */
INLINE void dot_rz_rows(const circuit_grid_solver *s, int64_t from, int64_t to, double *sum,
                        const int width)
{
    const mg_level *l = &s->m.level[0];
    for (int64_t row = from; row < to; row++) {
        int64_t i = ((row + 1) * l->w + 1) * width, end = i + l->cols * width;
        for (; i < end; i += width) {
            for (int k = 0; k < width; k++) {
                sum[k] += s->r[i + k] * (double)l->x[i + k];
            }
        }
    }
}

MG_WIDE static void dot_rz(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const step *t = user;
    double *sum = t->s->sums + piece * (size_t)t->s->width;
    (void)worker;
    memset(sum, 0, (size_t)t->s->width * sizeof *sum);
#define CALL(B) dot_rz_rows(t->s, from, to, sum, B)
    MG_WIDTHS(t->s->width, CALL)
#undef CALL
}

INLINE void direction_rows(const circuit_grid_solver *s, int64_t from, int64_t to,
                           const double *beta, const int width)
{
    const mg_level *l = &s->m.level[0];
    for (int64_t row = from; row < to; row++) {
        int64_t i = ((row + 1) * l->w + 1) * width, end = i + l->cols * width;
        for (; i < end; i += width) {
            for (int k = 0; k < width; k++) {
                s->p[i + k] = (double)l->x[i + k] + beta[k] * s->p[i + k];
            }
        }
    }
}

MG_WIDE static void direction(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const step *t = user;
    (void)piece;
    (void)worker;
#define CALL(B) direction_rows(t->s, from, to, t->a, B)
    MG_WIDTHS(t->s->width, CALL)
#undef CALL
}

/* One right-hand side: rows as plain lists; sums of fixed lanes, so that no version of the code
 * gives other bits. */
enum { LANES = 8 };

INLINE double lane_dot(const double *a, const double *b, int64_t n)
{
    double t[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int k = 0; k < LANES; k++) {
            t[k] += a[i + k] * b[i + k];
        }
    }
    for (int k = 0; i < n; i++, k++) {
        t[k] += a[i] * b[i];
    }
    return ((t[0] + t[4]) + (t[1] + t[5])) + ((t[2] + t[6]) + (t[3] + t[7]));
}

INLINE void apply_list(const mg_level *l, const double *restrict x, double *restrict out,
                       int64_t from, const bool five)
{
    const int64_t w = l->w, n = l->cols;
    const double *restrict e = l->e + from, *restrict s = l->s + from;
    const double *restrict g = l->extra + from;
    for (int64_t i = 0; i < n; i++) {
        out[i] = g[i] * x[i] + e[i] * (x[i] - x[i + 1]) + e[i - 1] * (x[i] - x[i - 1]) +
                 s[i] * (x[i] - x[i + w]) + s[i - w] * (x[i] - x[i - w]);
    }
    if (!five) {
        const double *restrict se = l->se + from, *restrict sw = l->sw + from;
        for (int64_t i = 0; i < n; i++) {
            out[i] += se[i] * (x[i] - x[i + w + 1]) + se[i - w - 1] * (x[i] - x[i - w - 1]) +
                      sw[i] * (x[i] - x[i + w - 1]) + sw[i - w + 1] * (x[i] - x[i - w + 1]);
        }
    }
}

INLINE double advance_list(double *restrict x, double *restrict r, float *restrict b,
                           const double *restrict p, const double *restrict q, double alpha,
                           int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        x[i] += alpha * p[i];
        r[i] -= alpha * q[i];
        b[i] = (float)r[i];
    }
    return lane_dot(r, r, n);
}

INLINE void apply_rows(const circuit_grid_solver *s, int64_t from, int64_t to, double *sum,
                       const int width, const bool five)
{
    const mg_level *l = &s->m.level[0];
    for (int64_t row = from; width == 1 && row < to; row++) {
        const int64_t i = (row + 1) * l->w + 1;
        apply_list(l, s->p + i, s->q + i, i, five);
        sum[0] += lane_dot(s->q + i, s->p + i, l->cols);
    }
    for (int64_t row = from; width > 1 && row < to; row++) {
        for (int64_t col = 0; col < l->cols; col++) {
            int64_t i = (row + 1) * l->w + col + 1;
            double out[MG_WIDTH_MAX];
            apply_cell(l, i, s->p, width, five, out);
            for (int k = 0; k < width; k++) {
                s->q[i * width + k] = out[k];
                sum[k] += out[k] * s->p[i * width + k];
            }
        }
    }
}

/* q = A p, and p q; the sum is the same whether q is levelled over nodes of several cells or not.
 */
MG_WIDE static void apply(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const step *t = user;
    double *sum = t->s->sums + piece * (size_t)t->s->width;
    (void)worker;
    memset(sum, 0, (size_t)t->s->width * sizeof *sum);
#define CALL(B)                                                                                    \
    t->s->m.level[0].five ? apply_rows(t->s, from, to, sum, B, true)                               \
                          : apply_rows(t->s, from, to, sum, B, false)
    MG_WIDTHS(t->s->width, CALL)
#undef CALL
}

INLINE void advance_rows(const circuit_grid_solver *s, int64_t from, int64_t to,
                         const double *alpha, double *sum, const int width)
{
    const mg_level *l = &s->m.level[0];
    for (int64_t row = from; width == 1 && row < to; row++) {
        const int64_t i = (row + 1) * l->w + 1;
        sum[0] += advance_list(s->x + i, s->r + i, l->b + i, s->p + i, s->q + i, alpha[0], l->cols);
    }
    for (int64_t row = from; width > 1 && row < to; row++) {
        int64_t i = ((row + 1) * l->w + 1) * width, end = i + l->cols * width;
        for (; i < end; i += width) {
            for (int k = 0; k < width; k++) {
                s->x[i + k] += alpha[k] * s->p[i + k];
                double r = s->r[i + k] - alpha[k] * s->q[i + k];
                s->r[i + k] = r;
                l->b[i + k] = (float)r;
                sum[k] += r * r;
            }
        }
    }
}

/* x += alpha p, r -= alpha q, and r r; the V-cycle's right-hand side is r. */
MG_WIDE static void advance(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const step *t = user;
    double *sum = t->s->sums + piece * (size_t)t->s->width;
    (void)worker;
    memset(sum, 0, (size_t)t->s->width * sizeof *sum);
#define CALL(B) advance_rows(t->s, from, to, t->a, sum, B)
    MG_WIDTHS(t->s->width, CALL)
#undef CALL
}

static gt_status run_and_sum(gt_ctx *ctx, step *t, mg_rows_fn fn, double *total)
{
    const mg_level *l = &t->s->m.level[0];
    const int width = t->s->width;
    gt_status st = mg_rows(ctx, l->rows, l->cols * width, fn, t);
    if (total != NULL) {
        memset(total, 0, (size_t)width * sizeof *total);
        for (size_t i = 0; i < mg_pieces(l->rows, l->cols * width); i++) {
            for (int k = 0; k < width; k++) {
                total[k] += t->s->sums[i * (size_t)width + (size_t)k];
            }
        }
    }
    return st;
}

/* Adds what the squares of spread currents lack: a node's current is the sum over its cells. */
static void add_group_squares(const circuit_grid_solver *s, double *total)
{
    for (size_t k = 0; k < s->n_groups; k++) {
        double n = s->group[k + 1] - s->group[k];
        const double *r = s->r + (size_t)s->members[s->group[k]] * (size_t)s->width;
        for (int c = 0; c < s->width; c++) {
            total[c] += n * (n - 1) * r[c] * r[c];
        }
    }
}

/* ---- runs ------------------------------------------------------------------------------------ */

static gt_status set_width(gt_ctx *ctx, circuit_grid_solver *s, int width)
{
    const mg_level *l = &s->m.level[0];
    const size_t n = l->n * (size_t)width;
    if (s->width == width) {
        return GT_OK;
    }
    double **const vectors[] = {&s->x, &s->r, &s->p, &s->q, &s->sums};
    const size_t sizes[] = {n, n, n, n, mg_pieces(l->rows, l->cols * width) * (size_t)width};
    s->width = 0;
    for (size_t i = 0; i < 5; i++) {
        gt_free(ctx, *vectors[i]);
        *vectors[i] = NULL;
    }
    for (size_t i = 0; i < 5; i++) {
        gt_status st = circuit_zeroed(ctx, sizes[i], sizeof(double), (void **)vectors[i]);
        if (st != GT_OK) {
            return st;
        }
    }
    gt_status st = mg_set_width(ctx, &s->m, width);
    s->width = st == GT_OK ? width : 0;
    return st;
}

typedef struct start {
    circuit_grid_solver *s;
    const double *current; /* of the nodes, k a node */
    size_t k;
} start;

/* r = current - q; p and q begin at 0. */
static void residual_rows(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const start *t = user;
    const circuit_grid_solver *s = t->s;
    const circuit_graph *g = s->graph;
    const mg_level *l = &s->m.level[0];
    const size_t width = (size_t)s->width;
    (void)piece;
    (void)worker;
    for (int64_t row = from; row < to; row++) {
        for (int64_t col = 0; col < l->cols; col++) {
            const int64_t i = row * l->cols + col;
            const size_t at = (size_t)((row + 1) * l->w + col + 1);
            const uint32_t node = l->active[at] == 1 ? g->node[i] : CIRCUIT_NONE;
            const bool first = node != CIRCUIT_NONE && g->first[node] == (uint32_t)i;
            for (size_t c = 0; c < width; c++) {
                double in = first && c < t->k ? t->current[node * t->k + c] : 0;
                s->r[at * width + c] =
                    node == CIRCUIT_NONE || c >= t->k ? 0 : in - s->q[at * width + c];
                s->p[at * width + c] = s->q[at * width + c] = 0;
            }
        }
    }
}

/* Residual of what x is, into r and the V-cycle's right-hand side; its squares. */
static gt_status true_residual(gt_ctx *ctx, circuit_grid_solver *s, const double *current, size_t k,
                               double *squares)
{
    const mg_level *l = &s->m.level[0];
    start begin = {.s = s, .current = current, .k = k};
    step t = {.s = s};
    double *keep = s->p; /* apply() works on p: lend it x */
    s->p = s->x;
    gt_status st = run_and_sum(ctx, &t, apply, NULL);
    s->p = keep;
    st = st == GT_OK ? mg_rows(ctx, l->rows, l->cols * s->width, residual_rows, &begin) : st;
    if (st != GT_OK) {
        return st;
    }
    level_groups(s, s->r);
    st = run_and_sum(ctx, &t, advance, squares); /* alpha 0: r to single, and its squares */
    add_group_squares(s, squares);
    return st;
}

/* Conjugate gradients from the residual in r until all columns are below `goal` (squares). */
static gt_status descend(gt_ctx *ctx, circuit_grid_solver *s, const double *goal, size_t *steps)
{
    step t = {.s = s};
    double rz[MG_WIDTH_MAX] = {0}, old[MG_WIDTH_MAX] = {0};
    double pq[MG_WIDTH_MAX] = {0}, rr[MG_WIDTH_MAX] = {0};
    gt_status st = GT_OK;
    for (size_t n = 0; st == GT_OK && n < STEPS_MAX; n++) {
        bool done = true;
        st = mg_cycle(ctx, &s->m);
        if (s->n_groups > 0) {
            level_groups_single(s, s->m.level[0].x);
        }
        st = st == GT_OK ? run_and_sum(ctx, &t, dot_rz, rz) : st;
        for (int k = 0; k < s->width; k++) {
            t.a[k] = n == 0 || !(old[k] > 0) ? 0 : rz[k] / old[k];
            old[k] = rz[k];
        }
        st = st == GT_OK ? run_and_sum(ctx, &t, direction, NULL) : st;
        st = st == GT_OK ? run_and_sum(ctx, &t, apply, pq) : st;
        if (s->n_groups > 0) {
            level_groups(s, s->q);
        }
        for (int k = 0; k < s->width; k++) {
            t.a[k] = pq[k] > 0 && rz[k] > 0 ? rz[k] / pq[k] : 0;
        }
        st = st == GT_OK ? run_and_sum(ctx, &t, advance, rr) : st;
        if (s->n_groups > 0) {
            add_group_squares(s, rr);
        }
        for (int k = 0; k < s->width; k++) {
            done = done && (rr[k] <= goal[k] || t.a[k] == 0);
        }
        *steps = n + 1 > *steps ? n + 1 : *steps;
        if (done) {
            break;
        }
    }
    return st;
}

static gt_status take_out(gt_ctx *ctx, const circuit_grid_solver *s, double *v, size_t k)
{
    const circuit_graph *g = s->graph;
    const mg_level *l = &s->m.level[0];
    for (size_t i = 0; i < g->n; i++) {
        int64_t at = padded(g, g->first[i], l->w);
        for (size_t c = 0; c < k; c++) {
            v[i * k + c] = l->active[at] == 1 ? s->x[(size_t)at * (size_t)s->width + c] : 0;
        }
        if (!circuit_go_on(ctx, i)) {
            return GT_E_CANCELLED;
        }
    }
    return GT_OK;
}

static void clear_rows(void *user, int64_t from, int64_t to, size_t piece, int worker)
{
    const circuit_grid_solver *s = user;
    const int64_t row = s->m.level[0].w * s->width;
    (void)piece;
    (void)worker;
    memset(s->x + (from + 1) * row, 0, (size_t)((to - from) * row) * sizeof *s->x);
}

gt_status circuit_grid_solver_run(gt_ctx *ctx, circuit_grid_solver *s, double *v, size_t k,
                                  double enough, size_t *steps, double *residual)
{
    static const int widths[] = {1, 2, 4, 8, 12, 16};
    double all[MG_WIDTH_MAX] = {0}, goal[MG_WIDTH_MAX] = {0}, squares[MG_WIDTH_MAX] = {0};
    int w = 0;
    while (widths[w] < (int)k) {
        w++;
    }
    gt_status st = set_width(ctx, s, widths[w]);
    if (st != GT_OK) {
        return st;
    }
    const mg_level *l = &s->m.level[0];
    st = mg_rows(ctx, l->rows, l->cols * s->width, clear_rows, s);
    st = st == GT_OK ? true_residual(ctx, s, v, k, all) : st;
    memcpy(squares, all, sizeof all);
    for (int c = 0; c < s->width; c++) {
        goal[c] = all[c] * s->tolerance * s->tolerance / 4;
    }
    *residual = 1;
    for (int turn = 0; st == GT_OK && turn<TURNS_MAX && * residual> s->tolerance; turn++) {
        st = descend(ctx, s, goal, steps);
        st = st == GT_OK ? true_residual(ctx, s, v, k, squares) : st;
        double before = *residual;
        *residual = 0;
        for (size_t c = 0; c < k; c++) {
            double relative = all[c] > 0 ? sqrt(squares[c] / all[c]) : 0;
            *residual = relative > *residual || isnan(relative) ? relative : *residual;
        }
        if (!(*residual < before / 2)) {
            break;
        }
    }
    if (st == GT_OK && *residual <= enough) {
        st = take_out(ctx, s, v, k);
    }
    return st;
}

size_t circuit_grid_solver_batch(gt_ctx *ctx, const circuit_grid_solver *s, size_t wanted)
{
    /* Bytes a column: four vectors in double, the V-cycle's in single with all levels. */
    const double column = (double)s->m.level[0].n * (4 * 8 + 2 * 4 * 4.0 / 3 + 8);
    double room = 4e9;
    size_t ceiling = gt_ctx_memory_ceiling(ctx), used = gt_ctx_memory_used(ctx);
    if (ceiling > 0) {
        room = ceiling > used ? (double)(ceiling - used) / 2 : 0;
    }
    size_t most = room < column ? 1 : (size_t)(room / column);
    most = most > 12 ? 12 : most >= 8 ? 8 : most >= 4 ? 4 : most >= 2 ? 2 : 1;
    return wanted < most ? (wanted < 1 ? 1 : wanted) : most;
}
