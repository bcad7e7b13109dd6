/* Connectors: what a thinning that keeps the topology leaves between pieces of core: see mspa.c. */
#include <math.h>
#include <stdlib.h>

#include "model/connect/mspa.h"

/* What the thinning says of a cell in left[]; in the end connectors have BRIDGE or LOOP there. */
enum { GONE = 0, STANDS, STAYS, DUE, LISTED };

/* ---- thinning -----------------------------------------------------------------------------------
 */

/* Pieces of a ring of neighbours: of ones over 8 and of noughts over 4 (or the other way round),
 * counting only those that touch the middle. */
static int ring_pieces(unsigned ring, unsigned value, bool eight)
{
    int pieces = 0;
    unsigned seen = 0;
    for (int k = 0; k < 8; k++) {
        bool touches = eight || k % 2 == 0;
        if (!touches || (ring >> k & 1U) != value || (seen >> k & 1U) != 0) {
            continue;
        }
        pieces++;
        unsigned grown = 1U << k, before = 0;
        while (grown != before) {
            before = grown;
            for (int a = 0; a < 8; a++) {
                for (int b = 0; b < 8; b++) {
                    int x = abs(GT_MSPA_COL[a] - GT_MSPA_COL[b]),
                        y = abs(GT_MSPA_ROW[a] - GT_MSPA_ROW[b]);
                    bool near = eight ? x <= 1 && y <= 1 : x + y == 1;
                    if (near && (before >> a & 1U) != 0 && (ring >> b & 1U) == value) {
                        grown |= 1U << b;
                    }
                }
            }
        }
        seen |= grown;
    }
    return pieces;
}

static void fill_simple(gt_mspa *m)
{
    for (unsigned ring = 0; ring < 256; ring++) {
        m->simple[ring] =
            ring_pieces(ring, 1, m->eight) == 1 && ring_pieces(ring, 0, !m->eight) == 1;
    }
}

/* A cell that is due: goes unless a connection would break. Those it uncovers are due later. */
static void try_cell(gt_mspa *m, int32_t at, int32_t level, size_t *tail)
{
    int64_t to[8];
    unsigned ring = 0;
    gt_mspa_around(m, at, to);
    for (int k = 0; k < 8; k++) {
        ring |= to[k] >= 0 && m->left[to[k]] != GONE ? 1U << k : 0;
    }
    m->left[at] = m->simple[ring] != 0 ? GONE : STANDS;
    for (int k = 0; m->left[at] == GONE && k < 8; k++) {
        if (to[k] >= 0 && m->left[to[k]] == STANDS && m->far2[to[k]] <= level) {
            m->left[to[k]] = DUE;
            m->queue[(*tail)++ % m->n_thin] = (int32_t)to[k];
        }
    }
}

/* Cells that stand, by their distance to the background, those of one distance row by row. Where
 * the cells of a distance begin is in first, the end of all behind it. */
static gt_status sort_cells(gt_mspa *m, size_t *first)
{
    gt_status st = GT_OK;
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        st = gt_mspa_ask(m, i);
        first[m->far2[i] + 1] += m->left[i] == STANDS ? 1 : 0;
    }
    for (int32_t level = 0; level <= m->reach2; level++) {
        first[level + 1] += first[level];
    }
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        st = gt_mspa_ask(m, i);
        if (m->left[i] == STANDS) {
            m->order[first[m->far2[i]]++] = (int32_t)i;
        }
    }
    for (int32_t level = m->reach2 + 1; level > 0; level--) { /* each has moved on by its count */
        first[level] = first[level - 1];
    }
    first[0] = 0;
    return st;
}

/* Cells go from the background inwards, those of one distance in the order in which they come up.
 */
static gt_status thin(gt_mspa *m)
{
    size_t *first = gt_zalloc(m->ctx, (size_t)m->reach2 + 3, sizeof *first);
    gt_status st = first == NULL ? GT_E_MEMORY : sort_cells(m, first);
    for (int32_t level = 1; st == GT_OK && level <= m->reach2; level++) {
        size_t head = 0, tail = 0;
        for (size_t k = first[level]; k < first[level + 1]; k++) {
            m->left[m->order[k]] = DUE;
        }
        for (size_t k = first[level]; st == GT_OK && k < first[level + 1]; k++) {
            st = gt_mspa_ask(m, (int64_t)k);
            try_cell(m, m->order[k], level, &tail);
        }
        while (st == GT_OK && head < tail) {
            st = gt_mspa_ask(m, (int64_t)head);
            try_cell(m, m->queue[head++ % m->n_thin], level, &tail);
        }
    }
    gt_free(m->ctx, first);
    return st;
}

/* Code of a connector's piece: its cells are in the queue. */
static uint8_t kind_of(const gt_mspa *m, size_t n)
{
    int32_t one = -1;
    for (size_t k = 0; k < n; k++) {
        int64_t to[8];
        gt_mspa_around(m, m->queue[k], to);
        for (int e = 0; e < 8; e += m->eight ? 1 : 2) {
            if (to[e] < 0 || m->piece[to[e]] < 0) {
                continue;
            }
            if (one >= 0 && one != m->piece[to[e]]) {
                return BRIDGE;
            }
            one = m->piece[to[e]];
        }
    }
    return LOOP;
}

/* Pieces of what the thinning left get their kind into left[]. */
static gt_status name_connectors(gt_mspa *m)
{
    gt_status st = GT_OK;
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        size_t head = 0, tail = 0;
        st = gt_mspa_ask(m, i);
        if (m->left[i] != STANDS) {
            continue;
        }
        m->left[i] = LISTED;
        m->queue[tail++] = (int32_t)i;
        while (st == GT_OK && head < tail) {
            int64_t to[8];
            gt_mspa_around(m, m->queue[head++], to);
            st = gt_mspa_ask(m, (int64_t)head);
            for (int k = 0; k < 8; k += m->eight ? 1 : 2) {
                if (to[k] >= 0 && m->left[to[k]] == STANDS) {
                    m->left[to[k]] = LISTED;
                    m->queue[tail++] = (int32_t)to[k];
                }
            }
        }
        uint8_t kind = kind_of(m, tail);
        for (size_t k = 0; k < tail; k++) {
            m->left[m->queue[k]] = kind;
        }
    }
    return st;
}

static bool connects(uint8_t left)
{
    return left == BRIDGE || left == LOOP;
}

/* Widens connectors over branch cells: each takes the kind of the connector cell that reached it
 * first, straight distances within the foreground. order: which cell has reached the queue's. */
static gt_status widen(gt_mspa *m)
{
    double reach = m->width + 0.98 - sqrt(2);
    size_t head = 0, tail = 0;
    gt_status st = GT_OK;
    if (m->width == 1) {
        return GT_OK;
    }
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        st = gt_mspa_ask(m, i);
        if (connects(m->left[i])) {
            m->order[tail] = (int32_t)i;
            m->queue[tail++] = (int32_t)i;
        }
    }
    while (st == GT_OK && head < tail) {
        int64_t to[8], at = m->queue[head], from = m->order[head];
        head++;
        st = gt_mspa_ask(m, (int64_t)head);
        gt_mspa_around(m, at, to);
        for (int k = 0; k < 8; k += m->eight ? 1 : 2) {
            if (to[k] < 0 || m->code[to[k]] != BRANCH || connects(m->left[to[k]])) {
                continue;
            }
            int64_t dc = to[k] % m->cols - from % m->cols, dr = to[k] / m->cols - from / m->cols;
            double d = hypot((double)dc, (double)dr);
            if (d <= reach) {
                m->code[to[k]] = m->left[from];
                m->order[tail] = (int32_t)from;
                m->queue[tail++] = (int32_t)to[k];
            }
        }
    }
    return st;
}

/* What can be thinned, and room for it. */
static gt_status find_thinned(gt_mspa *m)
{
    gt_status st = GT_OK;
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        bool thinned = m->code[i] == BRANCH || m->code[i] == EDGE || m->code[i] == PERFORATION;
        m->left[i] = m->code[i] == CORE ? STAYS : thinned ? STANDS : GONE;
        m->n_thin += thinned ? 1 : 0;
        st = gt_mspa_ask(m, i);
    }
    size_t room = m->n_thin > 0 ? m->n_thin : 1;
    st = st == GT_OK ? grid_hold_new(m->ctx, room * GT_MSPA_THIN, NULL, &m->list) : st;
    m->order = m->list.at;
    m->queue = m->order == NULL ? NULL : m->order + room;
    return st;
}

gt_status gt_mspa_connectors(gt_mspa *m, bool transition)
{
    gt_status st = find_thinned(m);
    fill_simple(m);
    st = st == GT_OK ? thin(m) : st;
    st = st == GT_OK ? name_connectors(m) : st;
    st = st == GT_OK ? widen(m) : st;
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        st = gt_mspa_ask(m, i);
        if (!connects(m->left[i])) {
            continue;
        }
        if (m->code[i] == BRANCH) {
            m->code[i] = m->left[i];
        } else if (transition) {
            m->code[i] = (uint8_t)(m->left[i] + (m->code[i] == EDGE ? IN_EDGE : IN_PERFORATION));
        }
    }
    return st;
}
