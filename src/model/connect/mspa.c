/* Morphological spatial pattern analysis: foreground into core, islet, perforation, edge, loop,
 * bridge and branch (Soille and Vogt 2009), written from the definitions of the paper.
 *
 *   core          farther than t = s + 0.98 cells from the background
 *   islet         pieces of foreground without core
 *   boundary      within t of core. What is not core falls into pieces; the piece that reaches the
 *                 border of the map is the outside, the others are holes of the core that encloses
 *                 them. Boundary in a hole whose nearest core is the one that encloses the hole is
 *                 perforation, all other is edge (so islands in holes have an edge again)
 *   connectors    what a thinning that keeps the topology and the core leaves: pieces that touch
 *                 two cores are bridges, the others loops; widened by s + 0.98 - sqrt 2 within what
 *                 is neither core nor boundary
 *   branch        the rest
 *
 * Cells beyond the border of the map are as those on the border: they add no background. Missing
 * cells are no foreground, and no background from which distances are measured. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/connect/messages.h"
#include "model/connect/tables.h"
#include "model/job.h"

enum {
    BRANCH = 1,
    EDGE = 3,
    PERFORATION = 5,
    ISLET = 9,
    CORE = 17,
    BRIDGE = 33,
    LOOP = 65,
    IN_EDGE = 2,        /* added to a connector in an edge */
    IN_PERFORATION = 4, /* ... in a perforation */
    INSIDE = 100,       /* added within holes of core */
    BORDER_OPENING = 220,
    WIDTH_MAX = 100,
    FAR = 1 << 28
};

typedef struct map {
    gt_ctx *ctx;
    int64_t cols, rows, n;
    bool eight;     /* of the foreground; the background has the other one */
    int width;      /* s */
    int32_t reach2; /* greatest squared distance that is within t */
    uint8_t *cover; /* 0 background, 1 foreground, 2 missing */
    uint8_t *code;  /* result */
    int32_t *far2;  /* squared distance to background, at most FAR */
    int32_t
        *piece; /* core: number of its piece; else -1 - number of the piece of what is not core */
    int32_t *nearest; /* cell of the core a boundary cell belongs to, -1: none within t */
    int64_t *queue;
    size_t n_cores, n_holes;
    int32_t *encloser; /* by piece of non-core: core that encloses it, -1 the outside */
    bool *inside;      /* by core: lies in a hole of another */
    uint8_t *simple;   /* 256: may the middle of these neighbours go? */
} map;

/* Neighbours in the order of the bits: E NE N NW W SW S SE. */
static const int DX[8] = {1, 1, 0, -1, -1, -1, 0, 1}, DY[8] = {0, -1, -1, -1, 0, 1, 1, 1};

static int64_t beside(const map *m, int64_t cell, int k)
{
    int64_t c = cell % m->cols + DX[k], r = cell / m->cols + DY[k];
    return c < 0 || r < 0 || c >= m->cols || r >= m->rows ? -1 : r * m->cols + c;
}

static bool on_border(const map *m, int64_t cell)
{
    int64_t c = cell % m->cols, r = cell / m->cols;
    return c == 0 || r == 0 || c == m->cols - 1 || r == m->rows - 1;
}

/* ---- distances ----------------------------------------------------------------------------------
 * Exact squared distances to cells that are marked, up to `reach` cells, and which cell it is: down
 * the columns, then along the rows within the reach. Of equals the first by row, then column. */

static bool nearer(int64_t d2, int64_t at, int64_t best2, int64_t best)
{
    return d2 < best2 || (d2 == best2 && at < best);
}

static gt_status along_rows(const map *m, int reach, const int32_t *column, int32_t *far2,
                            int32_t *cell)
{
    for (int64_t r = 0; r < m->rows; r++) {
        for (int64_t c = 0; c < m->cols; c++) {
            int64_t best2 = FAR, best = -1;
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
            far2[r * m->cols + c] = (int32_t)best2;
            if (cell != NULL) {
                cell[r * m->cols + c] = (int32_t)best;
            }
        }
        if (r % 64 == 0) {
            gt_status st = gt_check_cancel(m->ctx);
            if (st != GT_OK) {
                return st;
            }
        }
    }
    return GT_OK;
}

/* marked: cells with mark[i] == value. */
static gt_status distances(const map *m, const uint8_t *mark, uint8_t value, int reach,
                           int32_t *far2, int32_t *cell)
{
    int32_t *column = gt_alloc(m->ctx, (size_t)m->n, sizeof *column); /* row of the nearest; -1 */
    if (column == NULL) {
        return GT_E_MEMORY;
    }
    for (int64_t c = 0; c < m->cols; c++) {
        int64_t last = -FAR;
        for (int64_t r = 0; r < m->rows; r++) {
            last = mark[r * m->cols + c] == value ? r : last;
            column[r * m->cols + c] = r - last <= reach ? (int32_t)last : -1;
        }
        last = FAR;
        for (int64_t r = m->rows; r-- > 0;) {
            last = mark[r * m->cols + c] == value ? r : last;
            int32_t above = column[r * m->cols + c];
            if (last - r <= reach && (above < 0 || last - r < r - above)) {
                column[r * m->cols + c] = (int32_t)last;
            }
        }
    }
    gt_status st = along_rows(m, reach, column, far2, cell);
    gt_free(m->ctx, column);
    return st;
}

/* ---- pieces -------------------------------------------------------------------------------------
 */

/* Gives `number` to all cells connected to `first` whose piece is `from`; cells in the queue. */
static size_t flood(map *m, int64_t first, int32_t from, int32_t number, bool eight)
{
    size_t head = 0, tail = 0;
    m->queue[tail++] = first;
    m->piece[first] = number;
    while (head < tail) {
        int64_t at = m->queue[head++];
        for (int k = 0; k < 8; k += eight ? 1 : 2) {
            int64_t to = beside(m, at, k);
            if (to >= 0 && m->piece[to] == from) {
                m->piece[to] = number;
                m->queue[tail++] = to;
            }
        }
    }
    return tail;
}

/* Pieces of core (from 0) and of what is not core (below 0), who encloses whom. The first cell of a
 * piece, row by row, has above it what the piece lies in. */
static gt_status find_pieces(map *m)
{
    enum { OPEN_CORE = INT32_MAX, OPEN_REST = INT32_MAX - 1 };
    size_t cap = 0, cap_inside = 0;
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
                (void)flood(m, i, OPEN_CORE, (int32_t)m->n_cores++, m->eight);
            }
        } else if (m->piece[i] == OPEN_REST) {
            st = gt_grow(m->ctx, (void **)&m->encloser, &cap, m->n_holes + 1, sizeof *m->encloser);
            if (st == GT_OK) {
                size_t n = flood(m, i, OPEN_REST, -1 - (int32_t)m->n_holes, !m->eight);
                bool outer = false;
                for (size_t k = 0; k < n && !outer; k++) {
                    outer = on_border(m, m->queue[k]);
                }
                m->encloser[m->n_holes++] = outer ? -1 : above;
            }
        }
        if (st == GT_OK && i % (1 << 20) == 0) {
            st = gt_check_cancel(m->ctx);
        }
    }
    return st;
}

/* Foreground without core is islet: floods from core over the foreground. */
static gt_status find_islets(map *m)
{
    size_t head = 0, tail = 0;
    for (int64_t i = 0; i < m->n; i++) {
        if (m->code[i] == CORE) {
            m->queue[tail++] = i;
        } else if (m->cover[i] == 1) {
            m->code[i] = ISLET;
        }
    }
    while (head < tail) {
        int64_t at = m->queue[head++];
        for (int k = 0; k < 8; k += m->eight ? 1 : 2) {
            int64_t to = beside(m, at, k);
            if (to >= 0 && m->code[to] == ISLET) {
                m->code[to] = BRANCH;
                m->queue[tail++] = to;
            }
        }
        if (head % (1 << 20) == 0) {
            gt_status st = gt_check_cancel(m->ctx);
            if (st != GT_OK) {
                return st;
            }
        }
    }
    return GT_OK;
}

/* Boundary: within t of core; edge or perforation by the core it belongs to. */
static gt_status find_boundary(map *m)
{
    gt_status st = distances(m, m->code, CORE, m->width + 1, m->far2, m->nearest);
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        if (m->code[i] != BRANCH || m->far2[i] > m->reach2) {
            continue;
        }
        int32_t around = m->encloser[-1 - m->piece[i]];
        m->code[i] = around >= 0 && m->piece[m->nearest[i]] == around ? PERFORATION : EDGE;
    }
    return st;
}

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
                    int x = abs(DX[a] - DX[b]), y = abs(DY[a] - DY[b]);
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

static void fill_simple(map *m)
{
    for (unsigned ring = 0; ring < 256; ring++) {
        m->simple[ring] =
            ring_pieces(ring, 1, m->eight) == 1 && ring_pieces(ring, 0, !m->eight) == 1;
    }
}

static bool may_go(const map *m, const uint8_t *left, int64_t cell)
{
    unsigned ring = 0;
    for (int k = 0; k < 8; k++) {
        int64_t to = beside(m, cell, k);
        ring |= to >= 0 && left[to] != 0 ? 1U << k : 0;
    }
    return m->simple[ring] != 0;
}

/* left: 1 what stands, 2 core, which stays. Cells go from the background inwards, those of one
 * distance in the order in which they come up. far2: distance to the background. */
static gt_status thin(map *m, uint8_t *left)
{
    gt_status st = GT_OK;
    for (int32_t level = 1; st == GT_OK && level <= m->reach2; level++) {
        size_t head = 0, tail = 0;
        for (int64_t i = 0; i < m->n; i++) {
            if (left[i] == 1 && m->far2[i] == level) {
                left[i] = 3; /* in the queue */
                m->queue[tail++] = i;
            }
        }
        while (head < tail) {
            int64_t at = m->queue[head % (size_t)m->n];
            head++;
            left[at] = 1;
            if (!may_go(m, left, at)) {
                continue;
            }
            left[at] = 0;
            for (int k = 0; k < 8; k++) {
                int64_t to = beside(m, at, k);
                if (to >= 0 && left[to] == 1 && m->far2[to] <= level) {
                    left[to] = 3;
                    m->queue[tail++ % (size_t)m->n] = to;
                }
            }
        }
        st = gt_check_cancel(m->ctx);
    }
    return st;
}

/* Code of a connector's piece: its cells are in the queue. */
static uint8_t kind_of(const map *m, size_t n)
{
    int32_t one = -1;
    for (size_t k = 0; k < n; k++) {
        for (int e = 0; e < 8; e += m->eight ? 1 : 2) {
            int64_t to = beside(m, m->queue[k], e);
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
static void name_connectors(map *m, uint8_t *left)
{
    for (int64_t i = 0; i < m->n; i++) {
        size_t head = 0, tail = 0;
        if (left[i] != 1) {
            continue;
        }
        left[i] = 4;
        m->queue[tail++] = i;
        while (head < tail) {
            int64_t at = m->queue[head++];
            for (int k = 0; k < 8; k += m->eight ? 1 : 2) {
                int64_t to = beside(m, at, k);
                if (to >= 0 && left[to] == 1) {
                    left[to] = 4;
                    m->queue[tail++] = to;
                }
            }
        }
        uint8_t kind = kind_of(m, tail);
        for (size_t k = 0; k < tail; k++) {
            left[m->queue[k]] = kind;
        }
    }
}

/* Widens connectors over branch cells: each takes the kind of the connector cell that reached it
 * first, straight distances within the foreground. */
static gt_status widen(map *m, const uint8_t *left)
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
            m->queue[tail++] = i;
        }
    }
    while (head < tail) {
        int64_t at = m->queue[head++], from = m->nearest[at];
        for (int k = 0; k < 8; k += m->eight ? 1 : 2) {
            int64_t to = beside(m, at, k);
            if (to < 0 || m->code[to] != BRANCH || m->nearest[to] >= 0) {
                continue;
            }
            double d = hypot((double)(to % m->cols - from % m->cols),
                             (double)(to / m->cols - from / m->cols));
            if (d <= reach) {
                m->nearest[to] = (int32_t)from;
                m->code[to] = left[from];
                m->queue[tail++] = to;
            }
        }
    }
    return gt_check_cancel(m->ctx);
}

static gt_status find_connectors(map *m, bool transition)
{
    uint8_t *left = gt_zalloc(m->ctx, (size_t)m->n, 1);
    gt_status st = left == NULL ? GT_E_MEMORY : GT_OK;
    st = st == GT_OK ? distances(m, m->cover, 0, m->width + 1, m->far2, NULL) : st;
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        bool thinned = m->code[i] == BRANCH || m->code[i] == EDGE || m->code[i] == PERFORATION;
        left[i] = m->code[i] == CORE ? 2 : thinned ? 1 : 0;
        m->far2[i] = m->far2[i] > m->reach2 ? m->reach2 : m->far2[i];
    }
    st = st == GT_OK ? thin(m, left) : st;
    if (st == GT_OK) {
        name_connectors(m, left);
        st = widen(m, left);
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

/* ---- inside and outside -------------------------------------------------------------------------
 */

static void mark_inside(map *m)
{
    for (int64_t i = 0; i < m->n; i++) {
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
}

/* Background that foreground encloses, but no core does. */
static void mark_openings(map *m)
{
    for (int64_t i = 0; i < m->n; i++) {
        m->piece[i] = m->cover[i] != 1 ? 0 : 1;
    }
    for (int64_t i = 0; i < m->n; i++) {
        if (m->piece[i] != 0) {
            continue;
        }
        size_t n = flood(m, i, 0, 2, !m->eight);
        bool outer = false;
        for (size_t k = 0; k < n && !outer; k++) {
            outer = on_border(m, m->queue[k]);
        }
        for (size_t k = 0; k < n && !outer; k++) {
            int64_t at = m->queue[k];
            m->code[at] = m->cover[at] == 0 && m->code[at] == 0 ? BORDER_OPENING : m->code[at];
        }
    }
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

static gt_status map_new(gt_ctx *ctx, gt_grid *grid, map *m)
{
    const gt_grid_spec *s = gt_grid_facts(grid);
    m->ctx = ctx;
    m->cols = s->n_cols;
    m->rows = s->n_rows;
    m->n = m->cols * m->rows;
    if (m->n >= INT32_MAX / 2) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_CONNECT_TOO_MANY,
                       GT_PLACE(.file = gt_grid_path(grid)),
                       GT_ARGS(GT_INT("n", m->n), GT_INT("most", INT32_MAX / 2),
                               GT_TEXT("what", "cells"), GT_TEXT("what_zh", "栅格")));
    }
    size_t n = (size_t)m->n;
    m->cover = gt_alloc(ctx, n, 1);
    m->code = gt_zalloc(ctx, n, 1);
    m->far2 = gt_alloc(ctx, n, sizeof *m->far2);
    m->piece = gt_alloc(ctx, n, sizeof *m->piece);
    m->nearest = gt_alloc(ctx, n, sizeof *m->nearest);
    m->queue = gt_alloc(ctx, n, sizeof *m->queue);
    m->simple = gt_alloc(ctx, 256, 1);
    if (m->cover == NULL || m->code == NULL || m->far2 == NULL || m->piece == NULL ||
        m->nearest == NULL || m->queue == NULL || m->simple == NULL) {
        return GT_E_MEMORY;
    }
    const gt_window all = {0, 0, m->cols, m->rows};
    gt_status st = gt_grid_read(ctx, grid, &all, GT_CELL_I32, m->piece, (size_t)m->cols);
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        m->cover[i] = m->piece[i] == GT_NODATA_I32 ? 2 : m->piece[i] == 0 ? 0 : 1;
    }
    return st;
}

static void map_free(map *m)
{
    gt_free(m->ctx, m->cover);
    gt_free(m->ctx, m->code);
    gt_free(m->ctx, m->far2);
    gt_free(m->ctx, m->piece);
    gt_free(m->ctx, m->nearest);
    gt_free(m->ctx, m->queue);
    gt_free(m->ctx, m->simple);
    gt_free(m->ctx, m->encloser);
    gt_free(m->ctx, m->inside);
}

static gt_status classify(map *m, bool transition, bool internal)
{
    double t = m->width + 0.98;
    m->reach2 = (int32_t)floor(t * t);
    fill_simple(m);
    gt_status st = distances(m, m->cover, 0, m->width + 1, m->far2, NULL);
    for (int64_t i = 0; st == GT_OK && i < m->n; i++) {
        m->code[i] = m->cover[i] == 1 && m->far2[i] > m->reach2 ? CORE : 0;
    }
    st = st == GT_OK ? find_pieces(m) : st;
    st = st == GT_OK ? find_islets(m) : st;
    st = st == GT_OK ? find_boundary(m) : st;
    st = st == GT_OK ? find_connectors(m, transition) : st;
    if (st == GT_OK && internal) {
        mark_inside(m);
        mark_openings(m);
    }
    return st;
}

static const char *name_of(int code, gt_lang lang)
{
    static const struct {
        int code;
        const char *zh, *en;
    } names[] = {{BRANCH, "支线", "branch"},
                 {EDGE, "边缘区", "edge"},
                 {PERFORATION, "孔隙", "perforation"},
                 {ISLET, "孤岛", "islet"},
                 {CORE, "核心区", "core"},
                 {BRIDGE, "桥接区", "bridge"},
                 {BRIDGE + IN_EDGE, "边缘中的桥接区", "bridge in edge"},
                 {BRIDGE + IN_PERFORATION, "孔隙中的桥接区", "bridge in perforation"},
                 {LOOP, "环道区", "loop"},
                 {LOOP + IN_EDGE, "边缘中的环道区", "loop in edge"},
                 {LOOP + IN_PERFORATION, "孔隙中的环道区", "loop in perforation"},
                 {0, "背景", "background"}};
    int plain = code == BORDER_OPENING ? 0 : code >= INSIDE ? code - INSIDE : code;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].code == plain) {
            return lang == GT_LANG_ZH ? names[i].zh : names[i].en;
        }
    }
    return "";
}

static gt_status write_areas(const map *m, const gt_grid_spec *s, const char *path)
{
    int64_t count[256] = {0}, all = 0;
    gt_text out;
    for (int64_t i = 0; i < m->n; i++) {
        count[m->code[i]] += m->cover[i] == 2 ? 0 : 1;
        all += m->cover[i] == 1 ? 1 : 0;
    }
    gt_text_init(&out, m->ctx, 0);
    gt_text_puts(&out, "code,class,cells,area,share_of_foreground\n");
    for (int k = 0; k < 256; k++) {
        if (count[k] == 0) {
            continue;
        }
        const char *name = name_of(k, gt_ctx_lang(m->ctx));
        bool ground = k == 0 || k == INSIDE || k == BORDER_OPENING;
        gt_text_printf(&out, "%d,%s,%lld,", k, name, (long long)count[k]);
        gt_table_real(&out, (double)count[k] * s->cell_x * s->cell_y);
        gt_text_putc(&out, ',');
        gt_table_real(&out, ground ? (double)NAN : (double)count[k] / (double)all);
        gt_text_putc(&out, '\n');
    }
    gt_status st = gt_table_write(m->ctx, path, &out);
    gt_text_free(&out);
    return st;
}

static gt_status write_codes(map *m, gt_grid *out)
{
    const gt_window all = {0, 0, m->cols, m->rows};
    for (int64_t i = 0; i < m->n; i++) {
        m->piece[i] = m->cover[i] == 2 ? GT_NODATA_I32 : m->code[i];
    }
    return gt_grid_write(m->ctx, out, &all, GT_CELL_I32, m->piece, (size_t)m->cols);
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    map m = {.ctx = ctx,
             .eight = gt_model_with(call, "connectivity")->choice == 0,
             .width = (int)gt_model_with(call, "edge")->integer};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? gt_job_make(ctx, &job, 0, GT_CELL_U8) : st;
    st = st == GT_OK ? map_new(ctx, job.in[0], &m) : st;
    st = st == GT_OK ? classify(&m, gt_model_with(call, "transition")->integer != 0,
                                gt_model_with(call, "internal")->integer != 0)
                     : st;
    st = st == GT_OK ? write_codes(&m, job.out[0]) : st;
    st = st == GT_OK ? write_areas(&m, gt_grid_facts(job.in[0]), gt_model_out(call, "areas")) : st;
    map_free(&m);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {{.name = "foreground",
                                    .kind = GT_PORT_GRID,
                                    .title = {"前景", "foreground"},
                                    .note = {"非 0 为前景，0 为背景，无值为缺失",
                                             "not 0: foreground; 0: background; nodata: missing"}},
                                   {0}};
static const gt_model_port out[] = {
    {.name = "pattern",
     .kind = GT_PORT_GRID,
     .title = {"景观格局类型", "pattern"},
     .note = {"1 支线 3 边缘 5 孔隙 9 孤岛 17 核心 33 桥接 65 环道；35/37、67/69 "
              "为边缘/孔隙中的桥接、环道；"
              "0 背景，100 核心内背景，220 边缘内背景；在核心孔洞内的加 100",
              "1 branch, 3 edge, 5 perforation, 9 islet, 17 core, 33 bridge, 65 loop; 35/37, 67/69 "
              "bridge, loop in edge/perforation; 0 background, 100 in core, 220 in boundary, 100 "
              "more within holes of core"}},
    {.name = "areas",
     .kind = GT_PORT_TABLE,
     .title = {"各类面积", "areas"},
     .optional = true,
     .note = {"CSV：编码、类型、栅格数、面积、占前景比例",
              "CSV: code, class, cells, area, share of the foreground"}},
    {0}};
static const char *const ways[] = {"8", "4", NULL};
static const gt_model_param with[] = {
    {.name = "edge",
     .kind = GT_PARAM_INT,
     .title = {"边缘宽度（栅格）", "edge width (cells)"},
     .min = 1,
     .max = WIDTH_MAX,
     .preset = "1",
     .source = "usual: 1"},
    {.name = "connectivity",
     .kind = GT_PARAM_CHOICE,
     .title = {"前景连通（背景取另一种）", "foreground connectivity (background: the other)"},
     .preset = "8",
     .choices = ways},
    {.name = "transition",
     .kind = GT_PARAM_BOOL,
     .title = {"标出边缘与孔隙中的连接", "show connectors in edges and perforations"},
     .preset = "yes"},
    {.name = "internal",
     .kind = GT_PARAM_BOOL,
     .title = {"区分核心孔洞内外", "tell what lies in holes of core"},
     .preset = "yes"},
    {0}};
static const char *const sources[] = {"Soille and Vogt 2009", NULL};

const gt_model GT_MODEL_MSPA = {
    .name = "mspa",
    .group = "connect",
    .version = 1,
    .title = {"形态学空间格局分析", "morphological spatial pattern"},
    .what =
        {"把前景（林地、绿地）分为核心、孤岛、孔隙、边缘、环道、桥接、支线七类，用于选取生态源地。"
         "桥接与环道"
         "的具体位置取决于细化次序，各类面积才可比较；结果随边缘宽度变化很大。",
         "Foreground (forest, green land) as core, islet, perforation, edge, loop, bridge, branch, "
         "from which sources are chosen. Where a connector runs depends on the order of "
         "thinning; areas can be compared. Results change much with the edge width."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "27 bytes a cell; one thread",
    .sources = sources,
    .run = run};
