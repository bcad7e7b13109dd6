/* Cholesky (L D L') with an envelope: nodes in reverse Cuthill-McKee order, each row of the factor
 * kept from its first entry on. Source: George and Liu, Computer Solution of Large Sparse Positive
 * Definite Systems (1981), chapters 4 and 5. */
#include <stdlib.h>
#include <string.h>

#include "circuit/solve.h"

struct circuit_direct {
    size_t n;        /* nodes */
    size_t m;        /* unknowns */
    uint32_t *at;    /* node of each unknown, in order */
    uint32_t *place; /* unknown of each node, CIRCUIT_NONE: held at 0 */
    size_t *row;     /* m + 1: where each row of L begins, its diagonal last */
    double *l;       /* rows, the diagonal holds D */
    double *y;       /* m: scratch of one column */
};

/* ---- order ----------------------------------------------------------------------------------- */

/* Breadth first from `from` over nodes with place == CIRCUIT_NONE - 1; neighbours by rising degree.
 * Returns the last node of the last level with the least degree. */
typedef struct orderer {
    const circuit_rows *rows;
    uint32_t *place, *queue;
} orderer;

#define WAITING (CIRCUIT_NONE - 1)

static size_t degree(const circuit_rows *rows, uint32_t i)
{
    return rows->start[i + 1] - rows->start[i];
}

static void sort_by_degree(const circuit_rows *rows, uint32_t *a, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t x = a[i];
        size_t j = i, dx = degree(rows, x);
        while (j > 0 &&
               (degree(rows, a[j - 1]) > dx || (degree(rows, a[j - 1]) == dx && a[j - 1] > x))) {
            a[j] = a[j - 1];
            j--;
        }
        a[j] = x;
    }
}

/* Appends the waiting nodes joined with `from` to queue[0 ..]; *last_level: where the last begins.
 */
static size_t spread(const orderer *o, uint32_t from, uint32_t *queue, uint32_t mark,
                     size_t *last_level)
{
    size_t head = 0, n = 1, level_end = 1;
    queue[0] = from;
    o->place[from] = mark;
    *last_level = 0;
    while (head < n) {
        if (head == level_end) {
            *last_level = level_end;
            level_end = n;
        }
        uint32_t i = queue[head++];
        size_t first = n;
        for (size_t e = o->rows->start[i]; e < o->rows->start[i + 1]; e++) {
            uint32_t j = o->rows->to[e];
            if (o->place[j] == WAITING) {
                o->place[j] = mark;
                queue[n++] = j;
            }
        }
        if (n - first < 64) { /* hubs: any order will do, and sorting would be quadratic */
            sort_by_degree(o->rows, queue + first, n - first);
        }
    }
    return n;
}

static void order_nodes(const circuit_rows *rows, size_t n, circuit_direct *d)
{
    const orderer o = {.rows = rows, .place = d->place};
    for (size_t s = 0; s < n; s++) {
        if (d->place[s] != WAITING) {
            continue;
        }
        uint32_t from = (uint32_t)s, *queue = d->at + d->m;
        for (int turn = 0; turn < 2; turn++) { /* towards an end of the part */
            size_t level = 0, k = spread(&o, from, queue, 0, &level);
            from = queue[level];
            for (size_t i = level; i < k; i++) {
                from = degree(rows, queue[i]) < degree(rows, from) ? queue[i] : from;
            }
            for (size_t i = 0; i < k; i++) {
                d->place[queue[i]] = WAITING;
            }
        }
        size_t level = 0, k = spread(&o, from, queue, 0, &level);
        for (size_t i = 0; i < k / 2; i++) { /* reverse */
            uint32_t t = queue[i];
            queue[i] = queue[k - 1 - i];
            queue[k - 1 - i] = t;
        }
        d->m += k;
    }
    for (size_t i = 0; i < d->m; i++) {
        d->place[d->at[i]] = (uint32_t)i;
    }
}

/* Holds fixed nodes, and one node of every part that has no ground at all, at 0. */
static gt_status choose_unknowns(gt_ctx *ctx, const circuit_graph *graph, const uint8_t *fixed,
                                 const double *to_ground, circuit_direct *d)
{
    bool *grounded = gt_zalloc(ctx, graph->n_parts, sizeof *grounded);
    if (grounded == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < graph->n; i++) {
        if ((fixed != NULL && fixed[i]) || (to_ground != NULL && to_ground[i] > 0)) {
            grounded[graph->part[i]] = true;
        }
    }
    for (size_t i = 0; i < graph->n; i++) {
        bool held = (fixed != NULL && fixed[i]) || !grounded[graph->part[i]];
        grounded[graph->part[i]] = true;
        d->place[i] = held ? CIRCUIT_NONE : WAITING;
    }
    gt_free(ctx, grounded);
    return GT_OK;
}

/* ---- factor ---------------------------------------------------------------------------------- */

/* Where the rows begin, and the number of multiplications of the factor. */
static double shape(const circuit_rows *rows, circuit_direct *d)
{
    double work = 0;
    d->row[0] = 0;
    for (size_t i = 0; i < d->m; i++) {
        uint32_t node = d->at[i];
        size_t first = i;
        for (size_t e = rows->start[node]; e < rows->start[node + 1]; e++) {
            uint32_t j = d->place[rows->to[e]];
            first = j < first ? j : first;
        }
        size_t width = i - first;
        work += (double)width * (double)width / 2;
        d->row[i + 1] = d->row[i] + width + 1;
    }
    return work;
}

static void fill(const circuit_rows *rows, const double *to_ground, circuit_direct *d)
{
    for (size_t i = 0; i < d->m; i++) {
        uint32_t node = d->at[i];
        double *row_end = d->l + d->row[i + 1] - 1; /* the diagonal */
        double sum = to_ground != NULL ? to_ground[node] : 0;
        for (size_t e = rows->start[node]; e < rows->start[node + 1]; e++) {
            uint32_t j = d->place[rows->to[e]];
            sum += rows->w[e];
            if (j < i) {
                row_end[-(ptrdiff_t)(i - j)] -= rows->w[e];
            }
        }
        *row_end += sum;
    }
}

static double dot(const double *a, const double *b, size_t n)
{
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    for (; i < n; i++) {
        s0 += a[i] * b[i];
    }
    return (s0 + s1) + (s2 + s3);
}

#define ASK_WORK 20000000.0 /* multiplications between two questions: some milliseconds */

static gt_status factor(gt_ctx *ctx, circuit_direct *d)
{
    double work = 0;
    for (size_t i = 0; i < d->m; i++) {
        double *li = d->l + d->row[i];
        size_t wi = d->row[i + 1] - d->row[i] - 1, fi = i - wi;
        for (size_t j = fi; j < i; j++) { /* li[j] becomes (L D) of the row */
            const double *lj = d->l + d->row[j];
            size_t wj = d->row[j + 1] - d->row[j] - 1, fj = j - wj;
            size_t from = fi > fj ? fi : fj;
            li[j - fi] -= dot(li + (from - fi), lj + (from - fj), j - from);
        }
        double diagonal = li[wi];
        for (size_t j = fi; j < i; j++) {
            double ld = li[j - fi], pivot = d->l[d->row[j + 1] - 1];
            li[j - fi] = ld / pivot;
            diagonal -= ld * li[j - fi];
        }
        li[wi] = diagonal;
        work += (double)wi * (double)wi / 2 + 100;
        if (work > ASK_WORK) {
            work = 0;
            if (gt_check_cancel(ctx) != GT_OK) {
                return GT_E_CANCELLED;
            }
        }
    }
    return GT_OK;
}

gt_status circuit_direct_new(gt_ctx *ctx, const circuit_graph *graph, const uint8_t *fixed,
                             const double *to_ground, double work, circuit_direct **out)
{
    circuit_rows rows = {0};
    *out = NULL;
    circuit_direct *d = gt_zalloc(ctx, 1, sizeof *d);
    gt_status st = d == NULL ? GT_E_MEMORY : circuit_rows_new(ctx, graph, &rows);
    bool too_much = false;
    if (st == GT_OK) {
        d->n = graph->n;
        d->at = gt_alloc(ctx, graph->n, sizeof *d->at);
        d->place = gt_alloc(ctx, graph->n, sizeof *d->place);
        d->row = gt_alloc(ctx, graph->n + 1, sizeof *d->row);
        st = d->at == NULL || d->place == NULL || d->row == NULL ? GT_E_MEMORY : GT_OK;
    }
    st = st == GT_OK ? choose_unknowns(ctx, graph, fixed, to_ground, d) : st;
    if (st == GT_OK) {
        order_nodes(&rows, graph->n, d);
        too_much = shape(&rows, d) > work;
    }
    if (st == GT_OK && !too_much) {
        d->y = gt_alloc(ctx, d->m, sizeof *d->y);
        st = d->y == NULL ? GT_E_MEMORY
                          : circuit_zeroed(ctx, d->row[d->m], sizeof *d->l, (void **)&d->l);
        if (st == GT_OK) {
            fill(&rows, to_ground, d);
            st = factor(ctx, d);
        }
    }
    circuit_rows_free(ctx, &rows);
    if (st != GT_OK || too_much) {
        circuit_direct_free(ctx, d);
        return st;
    }
    *out = d;
    return GT_OK;
}

/* y = L'^-1 D^-1 L^-1 y, asking before each stretch of rows. */
static gt_status solve_column(gt_ctx *ctx, const circuit_direct *d, double *y)
{
    size_t asked = 0;
    for (size_t i = 0; i < d->m; i++) {
        size_t w = d->row[i + 1] - d->row[i] - 1;
        y[i] -= dot(d->l + d->row[i], y + (i - w), w);
        if (d->row[i] - asked > (size_t)ASK_WORK) {
            asked = d->row[i];
            if (gt_check_cancel(ctx) != GT_OK) {
                return GT_E_CANCELLED;
            }
        }
    }
    for (size_t i = 0; i < d->m; i++) {
        y[i] /= d->l[d->row[i + 1] - 1];
    }
    asked = d->row[d->m];
    for (size_t i = d->m; i-- > 0;) {
        size_t w = d->row[i + 1] - d->row[i] - 1;
        const double *li = d->l + d->row[i];
        for (size_t j = 0; j < w; j++) {
            y[i - w + j] -= li[j] * y[i];
        }
        if (asked - d->row[i] > (size_t)ASK_WORK) {
            asked = d->row[i];
            if (gt_check_cancel(ctx) != GT_OK) {
                return GT_E_CANCELLED;
            }
        }
    }
    return gt_check_cancel(ctx);
}

gt_status circuit_direct_run(gt_ctx *ctx, const circuit_direct *d, double *v, size_t k)
{
    gt_status st = GT_OK;
    for (size_t c = 0; st == GT_OK && c < k; c++) {
        for (size_t i = 0; i < d->m; i++) {
            d->y[i] = v[d->at[i] * k + c];
        }
        st = solve_column(ctx, d, d->y);
        for (size_t i = 0; st == GT_OK && i < d->n; i++) {
            v[i * k + c] = d->place[i] == CIRCUIT_NONE ? 0 : d->y[d->place[i]];
        }
    }
    return st;
}

void circuit_direct_free(gt_ctx *ctx, circuit_direct *d)
{
    if (d != NULL) {
        gt_free(ctx, d->at);
        gt_free(ctx, d->place);
        gt_free(ctx, d->row);
        gt_free(ctx, d->l);
        gt_free(ctx, d->y);
        gt_free(ctx, d);
    }
}
