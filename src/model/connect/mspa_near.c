/* Distances and pieces for the pattern analysis, row by row: see mspa.h. */
#include "guotu/pool.h"
#include "model/connect/mspa.h"

/* ---- distances ----------------------------------------------------------------------------------
 * Exact: down and up the columns of a band and its halo, then along each row within the reach. */

typedef struct near_job {
    gt_mspa *m;
    const uint8_t *mark;
    uint8_t value;
    gt_mspa_row_fn fn;
    int64_t band;   /* rows */
    int16_t *near;  /* by worker: a band */
    int32_t *steps; /* by worker: a row; since the last marked cell of each column */
} near_job;

static int32_t reach_of(const gt_mspa *m)
{
    return m->width + 1;
}

/* Counts on over one row; a number beyond the reach stands for all of them. */
static void step_row(const near_job *j, int64_t row, int32_t *steps)
{
    const uint8_t *mark = j->mark + row * j->m->cols;
    for (int64_t c = 0; c < j->m->cols; c++) {
        steps[c] = mark[c] == j->value ? 0 : steps[c] + 1;
    }
}

static void forget(const near_job *j, int32_t *steps)
{
    for (int64_t c = 0; c < j->m->cols; c++) {
        steps[c] = reach_of(j->m);
    }
}

static gt_status near_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    const near_job *j = user;
    gt_mspa *m = j->m;
    int32_t reach = reach_of(m), *steps = j->steps + (int64_t)worker * m->cols;
    int16_t *near = j->near + (int64_t)worker * j->band * m->cols;
    int64_t from = (int64_t)task * j->band,
            to = from + j->band < m->rows ? from + j->band : m->rows;
    forget(j, steps);
    for (int64_t r = from < reach ? 0 : from - reach; r < to; r++) {
        int16_t *row = near + (r - from) * m->cols;
        step_row(j, r, steps);
        for (int64_t c = 0; r >= from && c < m->cols; c++) {
            row[c] = (int16_t)(steps[c] <= reach ? -steps[c] : GT_MSPA_NONE);
        }
    }
    forget(j, steps);
    for (int64_t r = to + reach < m->rows ? to + reach : m->rows; r-- > from;) {
        int16_t *row = near + (r - from) * m->cols;
        step_row(j, r, steps);
        for (int64_t c = 0; r < to && c < m->cols; c++) { /* of equals the one above */
            bool below = steps[c] <= reach && (row[c] == GT_MSPA_NONE || steps[c] < -row[c]);
            row[c] = below ? (int16_t)steps[c] : row[c];
        }
    }
    gt_status st = gt_check_cancel(ctx);
    for (int64_t r = from; st == GT_OK && r < to; r++) {
        j->fn(m, r, near + (r - from) * m->cols);
        st = gt_check_cancel(ctx);
    }
    return st;
}

gt_status gt_mspa_rows(gt_mspa *m, const uint8_t *mark, uint8_t value, gt_mspa_row_fn fn)
{
    enum { BAND = 32 };
    near_job j = {.m = m, .mark = mark, .value = value, .fn = fn};
    size_t threads = (size_t)gt_ctx_threads(m->ctx), cols = (size_t)m->cols;
    j.band = 2 * reach_of(m) > BAND ? 2 * reach_of(m) : BAND;
    j.band = j.band < m->rows ? j.band : m->rows;
    j.near = gt_alloc(m->ctx, threads * cols * (size_t)j.band, sizeof *j.near);
    j.steps = gt_alloc(m->ctx, threads * cols, sizeof *j.steps);
    gt_status st = j.near == NULL || j.steps == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK) {
        st = gt_parallel_for(m->ctx, (size_t)((m->rows + j.band - 1) / j.band), near_band, &j);
    }
    gt_free(m->ctx, j.near);
    gt_free(m->ctx, j.steps);
    return st;
}

int32_t gt_mspa_nearest(const gt_mspa *m, int64_t row, int64_t col, const int16_t *near,
                        int64_t *cell)
{
    int32_t best = INT32_MAX, reach = reach_of(m);
    for (int32_t x = 0; x <= reach && x * x <= best; x++) {
        for (int side = -1; side <= (x > 0 ? 1 : -1); side += 2) {
            int64_t c = col + side * x;
            if (c < 0 || c >= m->cols || near[c] == GT_MSPA_NONE) {
                continue;
            }
            int32_t d2 = x * x + near[c] * near[c];
            int64_t at = (row + near[c]) * m->cols + c;
            if (d2 < best || (d2 == best && at < *cell)) {
                best = d2;
                *cell = at;
            }
        }
    }
    return best;
}

/* ---- pieces -------------------------------------------------------------------------------------
 * Union-find within piece[] itself; the root of a piece is its first cell (Rosenfeld and Pfaltz
 * 1966). */

static int32_t root_of(int32_t *piece, int32_t i)
{
    while (piece[i] != i) {
        piece[i] = piece[piece[i]];
        i = piece[i];
    }
    return i;
}

static int32_t unite(int32_t *piece, int32_t a, int32_t b)
{
    int32_t x = root_of(piece, a), y = root_of(piece, b), first = x < y ? x : y;
    piece[x] = first;
    piece[y] = first;
    return first;
}

/* What a cell is joined to: those of the row above and the one before that are of its kind. Those
 * that touch each other are one already. */
static int32_t joined(int32_t *piece, int32_t i, int32_t cols, unsigned alike, bool eight)
{
    enum { WEST = 1, NORTH_WEST = 2, NORTH = 4, NORTH_EAST = 8 };
    if (!eight) {
        return (alike & (NORTH | WEST)) == (NORTH | WEST) ? unite(piece, i - 1, i - cols)
               : (alike & NORTH) != 0                     ? piece[i - cols]
               : (alike & WEST) != 0                      ? piece[i - 1]
                                                          : i;
    }
    if ((alike & NORTH) != 0) {
        return piece[i - cols];
    }
    int32_t before = (alike & WEST) != 0 ? i - 1 : (alike & NORTH_WEST) != 0 ? i - cols - 1 : -1;
    if ((alike & NORTH_EAST) != 0) {
        return before >= 0 ? unite(piece, before, i - cols + 1) : piece[i - cols + 1];
    }
    return before >= 0 ? piece[before] : i;
}

gt_status gt_mspa_join(gt_mspa *m, const uint8_t *mark, uint8_t value)
{
    gt_status st = GT_OK;
    for (int64_t r = 0; st == GT_OK && r < m->rows; r++) {
        const uint8_t *here = mark + r * m->cols, *above = r > 0 ? here - m->cols : NULL;
        for (int64_t c = 0; c < m->cols; c++) {
            bool is = here[c] == value, top = above != NULL, last = c + 1 == m->cols;
            unsigned alike = (c > 0 && (here[c - 1] == value) == is ? 1U : 0U) |
                             (top && c > 0 && (above[c - 1] == value) == is ? 2U : 0U) |
                             (top && (above[c] == value) == is ? 4U : 0U) |
                             (top && !last && (above[c + 1] == value) == is ? 8U : 0U);
            int32_t i = (int32_t)(r * m->cols + c);
            m->piece[i] = joined(m->piece, i, (int32_t)m->cols, alike, is == m->eight);
        }
        st = r % 16 == 0 ? gt_check_cancel(m->ctx) : GT_OK;
    }
    return st;
}
