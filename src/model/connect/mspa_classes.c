/* The classes of the pattern that follow from distances and from what encloses what: see mspa.c. */
#include <math.h>
#include <string.h>

#include "model/connect/mspa.h"

const int GT_MSPA_COL[8] = {1, 1, 0, -1, -1, -1, 0, 1};
const int GT_MSPA_ROW[8] = {0, -1, -1, -1, 0, 1, 1, 1};

static bool on_border(const gt_mspa *m, int64_t cell)
{
    int64_t c = cell % m->cols;
    return cell < m->cols || cell >= m->n - m->cols || c == 0 || c == m->cols - 1;
}

/* Core: farther than t from the background. */
static void core_row(gt_mspa *m, int64_t row, const int16_t *near)
{
    int64_t first = row * m->cols, nearest = -1;
    for (int64_t c = 0; c < m->cols; c++) {
        int64_t i = first + c;
        int32_t d2 = m->cover[i] == FOREGROUND ? gt_mspa_nearest(m, row, c, near, &nearest) : 0;
        m->far2[i] = (uint16_t)(d2 > m->reach2 ? m->reach2 + 1 : d2);
        m->code[i] = d2 > m->reach2 ? CORE : 0;
    }
}

/* Foreground without core is islet, other that is not core is branch for now. Background that
 * foreground encloses is marked. */
static gt_status find_islets(gt_mspa *m)
{
    enum { HAS_CORE = 1, OUTER = 2 };
    gt_status st = gt_mspa_join(m, m->cover, FOREGROUND);
    memset(m->left, 0, (size_t)m->n);
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        st = gt_mspa_ask(m, i);
        m->piece[i] = m->piece[m->piece[i]]; /* the first is known already: it lies before */
        uint8_t *remark = &m->left[m->piece[i]];
        if (m->code[i] == CORE && (*remark & HAS_CORE) == 0) {
            *remark |= HAS_CORE;
        }
        if (m->cover[i] != FOREGROUND && (*remark & OUTER) == 0 && on_border(m, i)) {
            *remark |= OUTER;
        }
    }
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        st = gt_mspa_ask(m, i);
        unsigned remark = m->left[m->piece[i]];
        if (m->cover[i] == FOREGROUND && m->code[i] != CORE) {
            m->code[i] = (remark & HAS_CORE) != 0 ? BRANCH : ISLET;
        } else if (m->cover[i] == OPEN && (remark & OUTER) == 0) {
            m->cover[i] = ENCLOSED;
        }
    }
    return st;
}

/* Number of the piece that begins at cell i. under: by core, the piece it lies in. */
static gt_status new_piece(gt_mspa *m, int64_t i, int32_t **under, size_t *caps, int32_t *number)
{
    int32_t above = i < m->cols ? -1 : m->piece[i - m->cols]; /* what the piece lies in */
    gt_status st = GT_OK;
    if (m->code[i] == CORE) {
        st = gt_grow(m->ctx, (void **)under, &caps[0], m->n_cores + 1, sizeof **under);
        if (st == GT_OK) {
            (*under)[m->n_cores] = i < m->cols ? 0 : above;
            *number = (int32_t)m->n_cores++;
        }
        return st;
    }
    st = gt_grow(m->ctx, (void **)&m->encloser, &caps[1], m->n_holes + 1, sizeof *m->encloser);
    if (st == GT_OK) {
        m->encloser[m->n_holes] = above;
        *number = -1 - (int32_t)m->n_holes++;
    }
    return st;
}

/* Pieces of core (from 0) and of what is not core (below 0), who encloses whom. */
static gt_status find_pieces(gt_mspa *m)
{
    int32_t *under = NULL;
    size_t caps[2] = {0};
    gt_status st = gt_mspa_join(m, m->code, CORE);
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        int32_t number = 0;
        st = gt_mspa_ask(m, i);
        if (m->piece[i] == i && st == GT_OK) {
            st = new_piece(m, i, &under, caps, &number);
        } else {
            number = m->piece[m->piece[i]];
        }
        m->piece[i] = number;
        if (st == GT_OK && number < 0 && m->encloser[-1 - number] >= 0 && on_border(m, i)) {
            m->encloser[-1 - number] = -1;
        }
    }
    m->inside = st == GT_OK ? gt_alloc(m->ctx, m->n_cores, sizeof *m->inside) : NULL;
    st = st == GT_OK && m->inside == NULL ? GT_E_MEMORY : st;
    for (size_t k = 0; st == GT_OK && under != NULL && k < m->n_cores; k++) {
        m->inside[k] = under[k] < 0 && m->encloser[-1 - under[k]] >= 0;
        st = gt_mspa_ask(m, (int64_t)k);
    }
    gt_free(m->ctx, under);
    return st;
}

/* Boundary: within t of core; edge or perforation by the core it belongs to. Into left, as the
 * codes are being read. */
static void boundary_row(gt_mspa *m, int64_t row, const int16_t *near)
{
    int64_t first = row * m->cols, nearest = -1;
    for (int64_t c = 0; c < m->cols; c++) {
        int64_t i = first + c;
        m->left[i] = m->code[i];
        if (m->code[i] != BRANCH || gt_mspa_nearest(m, row, c, near, &nearest) > m->reach2) {
            continue;
        }
        int32_t around = m->encloser[-1 - m->piece[i]];
        m->left[i] = around >= 0 && m->piece[nearest] == around ? PERFORATION : EDGE;
    }
}

/* ---- inside and outside -------------------------------------------------------------------------
 */

static uint8_t inside_code(const gt_mspa *m, int64_t i)
{
    int32_t p = m->piece[i];
    uint8_t plain = m->code[i];
    if (p >= 0) {
        return (uint8_t)(plain + (m->inside[p] ? INSIDE : 0));
    }
    int32_t around = m->encloser[-1 - p];
    bool rim =
        plain == PERFORATION || plain == BRIDGE + IN_PERFORATION || plain == LOOP + IN_PERFORATION;
    if (m->cover[i] != MISSING && around >= 0 && (!rim || m->inside[around])) {
        return (uint8_t)(plain + INSIDE);
    }
    return plain == 0 && m->cover[i] == ENCLOSED ? BORDER_OPENING : plain; /* by no core */
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

gt_status gt_mspa_classify(gt_mspa *m, bool transition, bool internal)
{
    double t = m->width + 0.98;
    m->reach2 = (int32_t)floor(t * t);
    gt_status st = gt_mspa_rows(m, m->cover, OPEN, core_row);
    st = st == GT_OK ? find_islets(m) : st;
    st = st == GT_OK ? find_pieces(m) : st;
    st = st == GT_OK ? gt_mspa_rows(m, m->code, CORE, boundary_row) : st;
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        m->code[i] = m->left[i];
        st = gt_mspa_ask(m, i);
    }
    st = st == GT_OK ? gt_mspa_connectors(m, transition) : st;
    for (int64_t i = 0; st == GT_OK && internal && i < m->n; i++) {
        m->code[i] = inside_code(m, i);
        st = gt_mspa_ask(m, i);
    }
    return st;
}
