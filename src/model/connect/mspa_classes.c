/* The classes of the pattern that follow from distances and from what encloses what: see mspa.c. */
#include "model/connect/mspa.h"

#include <math.h>
#include <stdlib.h>

const int GT_MSPA_COL[8] = {1, 1, 0, -1, -1, -1, 0, 1};
const int GT_MSPA_ROW[8] = {0, -1, -1, -1, 0, 1, 1, 1};

enum { NEVER = 1 << 28 }; /* farther than any row */

/* ---- distances ----------------------------------------------------------------------------------
 * Exact squared distances to cells that are marked, up to `reach` cells, and which cell it is: down
 * the columns, then along the rows within the reach. Of equals the first by row, then column. */

static bool nearer(int64_t d2, int64_t at, int64_t best2, int64_t best)
{
    return d2 < best2 || (d2 == best2 && at < best);
}

static gt_status along_rows(const gt_mspa *m, int reach, const int32_t *column, uint16_t *far2,
                            int32_t *cell)
{
    for (int64_t r = 0; r < m->rows; r++) {
        for (int64_t c = 0; c < m->cols; c++) {
            int64_t best2 = GT_MSPA_FAR, best = -1;
            int64_t from = c - reach < 0 ? 0 : c - reach;
            int64_t to = c + reach >= m->cols ? m->cols - 1 : c + reach;
            for (int64_t x = from; x <= to; x++) {
                int64_t row = column[r * m->cols + x];
                if (row < 0) {
                    continue;
                }
                int64_t d2 = (x - c) * (x - c) + (row - r) * (row - r), at = row * m->cols + x;
                if (nearer(d2, at, best2, best)) {
                    best2 = d2;
                    best = at;
                }
            }
            far2[r * m->cols + c] = (uint16_t)best2;
            if (cell != NULL) {
                cell[r * m->cols + c] = (int32_t)best;
            }
        }
        if (r % 16 == 0) {
            gt_status st = gt_check_cancel(m->ctx);
            if (st != GT_OK) {
                return st;
            }
        }
    }
    return GT_OK;
}

/* Row of the nearest marked cell of each column, -1 beyond the reach; row by row, with the last
 * seen of every column at hand. */
static gt_status down_columns(const gt_mspa *m, const uint8_t *mark, uint8_t value, int reach,
                              int32_t *column)
{
    int64_t *last = gt_alloc(m->ctx, (size_t)m->cols, sizeof *last);
    gt_status st = last == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t c = 0; st == GT_OK && c < m->cols; c++) {
        last[c] = -NEVER;
    }
    for (int64_t r = 0; st == GT_OK && r < m->rows; r++) {
        for (int64_t c = 0; c < m->cols; c++) {
            last[c] = mark[r * m->cols + c] == value ? r : last[c];
            column[r * m->cols + c] = r - last[c] <= reach ? (int32_t)last[c] : -1;
        }
        st = r % 16 == 0 ? gt_check_cancel(m->ctx) : GT_OK;
    }
    for (int64_t c = 0; st == GT_OK && c < m->cols; c++) {
        last[c] = NEVER;
    }
    for (int64_t r = m->rows; st == GT_OK && r-- > 0;) {
        for (int64_t c = 0; c < m->cols; c++) {
            last[c] = mark[r * m->cols + c] == value ? r : last[c];
            int32_t above = column[r * m->cols + c];
            if (last[c] - r <= reach && (above < 0 || last[c] - r < r - above)) {
                column[r * m->cols + c] = (int32_t)last[c];
            }
        }
        st = r % 16 == 0 ? gt_check_cancel(m->ctx) : GT_OK;
    }
    gt_free(m->ctx, last);
    return st;
}

gt_status gt_mspa_distances(const gt_mspa *m, const uint8_t *mark, uint8_t value, int reach,
                            uint16_t *far2, int32_t *cell)
{
    int32_t *column = gt_alloc(m->ctx, (size_t)m->n, sizeof *column); /* row of the nearest; -1 */
    if (column == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = down_columns(m, mark, value, reach, column);
    st = st == GT_OK ? along_rows(m, reach, column, far2, cell) : st;
    gt_free(m->ctx, column);
    return st;
}

/* ---- pieces -------------------------------------------------------------------------------------
 */

/* Gives `number` to all cells connected to `first` whose piece is `from`; cells in the queue. */
static gt_status flood(gt_mspa *m, int64_t first, int32_t from, int32_t number, bool eight,
                       size_t *n)
{
    size_t head = 0, tail = 0;
    m->queue[tail++] = (int32_t)first;
    m->piece[first] = number;
    while (head < tail) {
        int64_t at = m->queue[head++];
        gt_status st = gt_mspa_ask(m, (int64_t)head);
        if (st != GT_OK) {
            return st;
        }
        for (int k = 0; k < 8; k += eight ? 1 : 2) {
            int64_t to = gt_mspa_beside(m, at, k);
            if (to >= 0 && m->piece[to] == from) {
                m->piece[to] = number;
                m->queue[tail++] = (int32_t)to;
            }
        }
    }
    *n = tail;
    return GT_OK;
}

/* Does one of the n cells in the queue lie on the border of the map? */
static bool reaches_border(const gt_mspa *m, size_t n)
{
    bool outer = false;
    for (size_t k = 0; k < n && !outer; k++) {
        outer = gt_mspa_on_border(m, m->queue[k]);
    }
    return outer;
}

/* Pieces of core (from 0) and of what is not core (below 0), who encloses whom. The first cell of a
 * piece, row by row, has above it what the piece lies in. */
static gt_status find_pieces(gt_mspa *m)
{
    enum { OPEN_CORE = INT32_MAX, OPEN_REST = INT32_MAX - 1 };
    size_t cap = 0, cap_inside = 0, n = 0;
    gt_status st = GT_OK;
    for (int64_t i = 0; i < m->n; i++) {
        m->piece[i] = m->code[i] == CORE ? OPEN_CORE : OPEN_REST;
    }
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        int32_t above = i < m->cols ? 0 : m->piece[i - m->cols];
        if (m->piece[i] == OPEN_CORE) {
            st = gt_grow(m->ctx, (void **)&m->inside, &cap_inside, m->n_cores + 1,
                         sizeof *m->inside);
            if (st == GT_OK) {
                m->inside[m->n_cores] = i >= m->cols && m->encloser[-1 - above] >= 0;
                st = flood(m, i, OPEN_CORE, (int32_t)m->n_cores++, m->eight, &n);
            }
        } else if (m->piece[i] == OPEN_REST) {
            st = gt_grow(m->ctx, (void **)&m->encloser, &cap, m->n_holes + 1, sizeof *m->encloser);
            if (st == GT_OK) {
                st = flood(m, i, OPEN_REST, -1 - (int32_t)m->n_holes, !m->eight, &n);
                bool outer = reaches_border(m, n);
                m->encloser[m->n_holes++] = outer ? -1 : above;
            }
        }
        if (st == GT_OK && i % (1 << 18) == 0) {
            st = gt_check_cancel(m->ctx);
        }
    }
    return st;
}

/* Foreground without core is islet: floods from core over the foreground. */
static gt_status find_islets(gt_mspa *m)
{
    size_t head = 0, tail = 0;
    for (int64_t i = 0; i < m->n; i++) {
        if (m->code[i] == CORE) {
            m->queue[tail++] = (int32_t)i;
        } else if (m->cover[i] == 1) {
            m->code[i] = ISLET;
        }
    }
    while (head < tail) {
        int64_t at = m->queue[head++];
        for (int k = 0; k < 8; k += m->eight ? 1 : 2) {
            int64_t to = gt_mspa_beside(m, at, k);
            if (to >= 0 && m->code[to] == ISLET) {
                m->code[to] = BRANCH;
                m->queue[tail++] = (int32_t)to;
            }
        }
        if (head % (1 << 18) == 0) {
            gt_status st = gt_check_cancel(m->ctx);
            if (st != GT_OK) {
                return st;
            }
        }
    }
    return GT_OK;
}

/* Boundary: within t of core; edge or perforation by the core it belongs to. */
static gt_status find_boundary(gt_mspa *m)
{
    gt_status st = gt_mspa_distances(m, m->code, CORE, m->width + 1, m->far2, m->nearest);
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        st = gt_mspa_ask(m, i);
        if (m->code[i] != BRANCH || m->far2[i] > m->reach2) {
            continue;
        }
        int32_t around = m->encloser[-1 - m->piece[i]];
        m->code[i] = around >= 0 && m->piece[m->nearest[i]] == around ? PERFORATION : EDGE;
    }
    return st;
}

/* ---- inside and outside -------------------------------------------------------------------------
 */

static gt_status mark_inside(gt_mspa *m)
{
    gt_status st = GT_OK;
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        st = gt_mspa_ask(m, i);
        int32_t p = m->piece[i];
        if (p >= 0) {
            m->code[i] = (uint8_t)(m->code[i] + (m->inside[p] ? INSIDE : 0));
            continue;
        }
        int32_t around = m->encloser[-1 - p];
        uint8_t plain = m->code[i];
        bool rim = plain == PERFORATION || plain == BRIDGE + IN_PERFORATION ||
                   plain == LOOP + IN_PERFORATION;
        if (m->cover[i] != 2 && around >= 0 && (!rim || m->inside[around])) {
            m->code[i] = (uint8_t)(m->code[i] + INSIDE);
        }
    }
    return st;
}

/* Background that foreground encloses, but no core does. */
static gt_status mark_openings(gt_mspa *m)
{
    gt_status st = GT_OK;
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        m->piece[i] = m->cover[i] != 1 ? 0 : 1;
        st = gt_mspa_ask(m, i);
    }
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        size_t n = 0;
        st = gt_mspa_ask(m, i);
        if (st != GT_OK || m->piece[i] != 0) {
            continue;
        }
        st = flood(m, i, 0, 2, !m->eight, &n);
        bool outer = reaches_border(m, n);
        for (size_t k = 0; k < n && !outer; k++) {
            int64_t at = m->queue[k];
            m->code[at] = m->cover[at] == 0 && m->code[at] == 0 ? BORDER_OPENING : m->code[at];
        }
    }
    return st;
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

gt_status gt_mspa_classify(gt_mspa *m, bool transition, bool internal)
{
    double t = m->width + 0.98;
    m->reach2 = (int32_t)floor(t * t);
    gt_status st = gt_mspa_distances(m, m->cover, 0, m->width + 1, m->far2, NULL);
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        m->code[i] = m->cover[i] == 1 && m->far2[i] > m->reach2 ? CORE : 0;
    }
    st = st == GT_OK ? find_pieces(m) : st;
    st = st == GT_OK ? find_islets(m) : st;
    st = st == GT_OK ? find_boundary(m) : st;
    st = st == GT_OK ? gt_mspa_connectors(m, transition) : st;
    if (st == GT_OK && internal) {
        st = mark_inside(m);
        st = st == GT_OK ? mark_openings(m) : st;
    }
    return st;
}
