/* Connectors: what a thinning that keeps the topology leaves between pieces of core: see mspa.c. */
#include <math.h>
#include <stdlib.h>

#include "model/connect/mspa.h"

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

static bool may_go(const gt_mspa *m, const uint8_t *left, int64_t cell)
{
    unsigned ring = 0;
    for (int k = 0; k < 8; k++) {
        int64_t to = gt_mspa_beside(m, cell, k);
        ring |= to >= 0 && left[to] != 0 ? 1U << k : 0;
    }
    return m->simple[ring] != 0;
}

/* left: 1 what stands, 2 core, which stays. Cells go from the background inwards, those of one
 * distance in the order in which they come up. far2: distance to the background. */
static gt_status thin(gt_mspa *m, uint8_t *left)
{
    gt_status st = GT_OK;
    for (int32_t level = 1; st == GT_OK && level <= m->reach2; level++) {
        size_t head = 0, tail = 0;
        for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
            st = gt_mspa_ask(m, i);
            if (left[i] == 1 && m->far2[i] == level) {
                left[i] = 3; /* in the queue */
                m->queue[tail++] = (int32_t)i;
            }
        }
        while (st == GT_OK && head < tail) {
            int64_t at = m->queue[head % (size_t)m->n];
            head++;
            st = gt_mspa_ask(m, (int64_t)head);
            left[at] = 1;
            if (!may_go(m, left, at)) {
                continue;
            }
            left[at] = 0;
            for (int k = 0; k < 8; k++) {
                int64_t to = gt_mspa_beside(m, at, k);
                if (to >= 0 && left[to] == 1 && m->far2[to] <= level) {
                    left[to] = 3;
                    m->queue[tail++ % (size_t)m->n] = (int32_t)to;
                }
            }
        }
    }
    return st;
}

/* Code of a connector's piece: its cells are in the queue. */
static uint8_t kind_of(const gt_mspa *m, size_t n)
{
    int32_t one = -1;
    for (size_t k = 0; k < n; k++) {
        for (int e = 0; e < 8; e += m->eight ? 1 : 2) {
            int64_t to = gt_mspa_beside(m, m->queue[k], e);
            if (to < 0 || m->piece[to] < 0) {
                continue;
            }
            if (one >= 0 && one != m->piece[to]) {
                return BRIDGE;
            }
            one = m->piece[to];
        }
    }
    return LOOP;
}

/* Pieces of what the thinning left get their kind into left[]. */
static gt_status name_connectors(gt_mspa *m, uint8_t *left)
{
    gt_status st = GT_OK;
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        size_t head = 0, tail = 0;
        st = gt_mspa_ask(m, i);
        if (left[i] != 1) {
            continue;
        }
        left[i] = 4;
        m->queue[tail++] = (int32_t)i;
        while (head < tail) {
            int64_t at = m->queue[head++];
            for (int k = 0; k < 8; k += m->eight ? 1 : 2) {
                int64_t to = gt_mspa_beside(m, at, k);
                if (to >= 0 && left[to] == 1) {
                    left[to] = 4;
                    m->queue[tail++] = (int32_t)to;
                }
            }
        }
        uint8_t kind = kind_of(m, tail);
        for (size_t k = 0; k < tail; k++) {
            left[m->queue[k]] = kind;
        }
    }
    return st;
}

/* Widens connectors over branch cells: each takes the kind of the connector cell that reached it
 * first, straight distances within the foreground. */
static gt_status widen(gt_mspa *m, const uint8_t *left)
{
    double reach = m->width + 0.98 - sqrt(2);
    size_t head = 0, tail = 0;
    if (m->width == 1) {
        return GT_OK;
    }
    for (int64_t i = 0; i < m->n; i++) {
        m->nearest[i] = -1;
        if (left[i] == BRIDGE || left[i] == LOOP) {
            m->nearest[i] = (int32_t)i;
            m->queue[tail++] = (int32_t)i;
        }
    }
    while (head < tail) {
        int64_t at = m->queue[head++], from = m->nearest[at];
        if (gt_mspa_ask(m, (int64_t)head) != GT_OK) {
            return GT_E_CANCELLED;
        }
        for (int k = 0; k < 8; k += m->eight ? 1 : 2) {
            int64_t to = gt_mspa_beside(m, at, k);
            if (to < 0 || m->code[to] != BRANCH || m->nearest[to] >= 0) {
                continue;
            }
            double d = hypot((double)(to % m->cols - from % m->cols),
                             (double)(to / m->cols - from / m->cols));
            if (d <= reach) {
                m->nearest[to] = (int32_t)from;
                m->code[to] = left[from];
                m->queue[tail++] = (int32_t)to;
            }
        }
    }
    return gt_check_cancel(m->ctx);
}

gt_status gt_mspa_connectors(gt_mspa *m, bool transition)
{
    uint8_t *left = gt_zalloc(m->ctx, (size_t)m->n, 1);
    gt_status st = left == NULL ? GT_E_MEMORY : GT_OK;
    st = st == GT_OK ? gt_mspa_distances(m, m->cover, 0, m->width + 1, m->far2, NULL) : st;
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        bool thinned = m->code[i] == BRANCH || m->code[i] == EDGE || m->code[i] == PERFORATION;
        left[i] = m->code[i] == CORE ? 2 : thinned ? 1 : 0;
        m->far2[i] = m->far2[i] > m->reach2 ? (uint16_t)m->reach2 : m->far2[i];
        st = gt_mspa_ask(m, i);
    }
    fill_simple(m);
    st = st == GT_OK ? thin(m, left) : st;
    if (st == GT_OK) {
        st = name_connectors(m, left);
        st = st == GT_OK ? widen(m, left) : st;
    }
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        if (left[i] != BRIDGE && left[i] != LOOP) {
            continue;
        }
        if (m->code[i] == BRANCH) {
            m->code[i] = left[i];
        } else if (transition) {
            m->code[i] = (uint8_t)(left[i] + (m->code[i] == EDGE ? IN_EDGE : IN_PERFORATION));
        }
    }
    gt_free(m->ctx, left);
    return st;
}
