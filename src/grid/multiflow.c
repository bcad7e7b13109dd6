/* Flow shared among neighbours: D-infinity (Tarboton 1997) and multiple flow directions (Freeman
 * 1991, Quinn et al. 1991) over a whole grid held in memory, 18 bytes a cell.
 *
 * Whoever brings a cell its last inflow computes it, by asking its neighbours in a fixed order for
 * what they give: so sums do not depend on which thread came first. Water only goes to strictly
 * lower cells; where there is none the D8 direction of the filled surface is followed, which leads
 * through flats by steps: no circle can arise (a given direction that breaks this is an error). */
#include <math.h>
#include <string.h>

#include "grid/hold.h"
#include "grid/messages.h"
#include "guotu/grid_water.h"
#include "guotu/pool.h"

enum { BAND = 64, DONE = 64, SOURCE = 128, CELL_BYTES = 18 };
/* How a cell drains: 0 .. 8 a single direction (0: off the map), SHARED, FACET + k. */
enum { SHARED = 16, FACET = 32, NODATA = 255 };
#define DEGREES 57.29577951308232

/* The cardinal and the diagonal neighbour of each facet, counter-clockwise from east. */
static const uint8_t SIDE_OF[8] = {1, 3, 3, 5, 5, 7, 7, 1}, CORNER_OF[8] = {2, 2, 4, 4, 6, 6, 8, 8};

typedef struct stack {
    uint32_t *list;
    size_t n, cap;
} stack;

typedef struct multi {
    gt_grid *filled, *direction;
    const gt_multiflow_out *out;
    gt_flow_way way;
    double exponent, side; /* side: of a cell as large */
    int64_t cols, rows;
    size_t width, n; /* with the ring */
    grid_hold held;
    double *flow; /* weights' sum before, then what is shared out: accumulation, or a unit weight's
                     part of it (SHARED) */
    float *z, *extra; /* extra: share of the corner (FACET); accumulation (SHARED) */
    uint8_t *code, *inflow;
    ptrdiff_t move[9];
    double length[9], inverse[9], contour[9], weight[9]; /* by direction; weight: L, or 1 */
    double reach[8]; /* angle of a facet between its cardinal and its diagonal */
    gt_multiflow_facts *part;
} multi;

bool gt_flow_way_parse(const char *name, gt_flow_way *out)
{
    static const char *const names[] = {"dinf", "freeman", "quinn"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (gt_flow_way)i;
            return true;
        }
    }
    return false;
}

void gt_multiflow_options_init(gt_multiflow_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

static gt_window band_of(const multi *m, size_t task)
{
    int64_t row = (int64_t)task * BAND;
    return (gt_window){0, row, m->cols, m->rows - row < BAND ? m->rows - row : BAND};
}

static size_t first_of(const multi *m, int64_t row)
{
    return (size_t)(row + 1) * m->width + 1;
}

static size_t beside(const multi *m, size_t cell, int e)
{
    return (size_t)((ptrdiff_t)cell + m->move[e]);
}

static gt_status bad_direction(gt_ctx *ctx, const multi *m, size_t cell, const char *what,
                               const char *what_zh)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_DIRECTION,
                   GT_PLACE(.file = gt_grid_path(m->direction)),
                   GT_ARGS(GT_TEXT("what", what), GT_TEXT("what_zh", what_zh),
                           GT_INT("col", (int64_t)(cell % m->width) - 1),
                           GT_INT("row", (int64_t)(cell / m->width) - 1)));
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static gt_status read_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    multi *m = user;
    const gt_window w = band_of(m, task);
    int32_t *dir = gt_alloc(ctx, (size_t)m->cols, sizeof *dir);
    gt_status st = dir == NULL ? GT_E_MEMORY
                               : gt_grid_read(ctx, m->filled, &w, GT_CELL_F32,
                                              m->z + first_of(m, w.row), m->width);
    for (int64_t r = 0; st == GT_OK && r < w.n_rows; r++) {
        const gt_window one = {0, w.row + r, m->cols, 1};
        size_t at = first_of(m, w.row + r);
        m->z[at - 1] = m->z[at + (size_t)m->cols] = (float)NAN;
        m->code[at - 1] = m->code[at + (size_t)m->cols] = NODATA;
        st = gt_grid_read(ctx, m->direction, &one, GT_CELL_I32, dir, (size_t)m->cols);
        for (int64_t c = 0; st == GT_OK && c < m->cols; c++) {
            size_t i = at + (size_t)c;
            bool none = isnan(m->z[i]) || isinf(m->z[i]);
            m->z[i] = none ? (float)NAN : m->z[i];
            if (!none && (dir[c] < 0 || dir[c] > 8)) {
                st = bad_direction(ctx, m, i, "no direction (0 .. 8)", "不是流向（0–8）");
            }
            m->code[i] = (uint8_t)(none ? NODATA : dir[c]);
        }
    }
    gt_free(ctx, dir);
    return st;
}

/* ---- how a cell drains --------------------------------------------------------------------------
 */

/* Weight of the way from a cell to its neighbour e; 0 when that is no lower. */
static inline double weight_of(const multi *m, float z, float to, int e)
{
    double drop = (double)z - (double)to;
    if (!(drop > 0)) {
        return 0;
    }
    double slope = drop * m->inverse[e];
    return m->weight[e] * (m->exponent == 1 ? slope : pow(slope, m->exponent));
}

static double weights(const multi *m, size_t cell)
{
    double sum = 0;
    for (int e = 1; e <= 8; e++) {
        sum += weight_of(m, m->z[cell], m->z[beside(m, cell, e)], e);
    }
    return sum;
}

/* The steepest facet: its number, *share of the corner; -1 when nothing is lower. Only the steepest
 * is asked for its angle: beyond the corner when s2 / s1 passes d2 / d1, below the side when s2 is
 * not above 0. */
static int steepest(const multi *m, size_t cell, float *share)
{
    double best = 0, z0 = m->z[cell], b1 = 0, b2 = 0;
    int facet = -1;
    for (int k = 0; k < 8; k++) {
        int side = SIDE_OF[k], corner = CORNER_OF[k], across = side == 1 || side == 5 ? 3 : 1;
        double z1 = m->z[beside(m, cell, side)], z2 = m->z[beside(m, cell, corner)];
        double s1 = (z0 - z1) * m->inverse[side], s2 = (z1 - z2) * m->inverse[across];
        bool over = s2 > 0 && s2 * m->length[side] >= s1 * m->length[across];
        double slope = over     ? (z0 - z2) * m->inverse[corner]
                       : s2 > 0 ? sqrt(s1 * s1 + s2 * s2)
                                : s1;
        if (slope > best && !isnan(s1 + s2)) {
            best = slope;
            facet = k;
            b1 = over ? 0 : s1;
            b2 = over ? 1 : s2;
        }
    }
    if (facet >= 0) {
        double part = b2 > 0 ? b1 > 0 ? atan2(b2, b1) / m->reach[facet] : 1 : 0;
        *share = (float)fmin(part, 1);
    }
    return facet;
}

/* Does the single direction of a cell that has no other way lead somewhere it may? */
static gt_status check_single(gt_ctx *ctx, const multi *m, size_t cell)
{
    int d = m->code[cell];
    size_t next = beside(m, cell, d);
    if (d == 0) {
        return GT_OK;
    }
    if (isnan(m->z[next])) {
        return bad_direction(ctx, m, cell, "leads to a cell without a height", "指向无高程的像元");
    }
    return m->z[next] <= m->z[cell] ? GT_OK
                                    : bad_direction(ctx, m, cell, "leads uphill", "流向高处");
}

/* Codes become ways. Neighbours are asked for their heights alone, so bands may run at once. */
static gt_status way_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    multi *m = user;
    const gt_window w = band_of(m, task);
    gt_status st = GT_OK;
    for (int64_t r = 0; st == GT_OK && r < w.n_rows; r++) {
        size_t at = first_of(m, w.row + r);
        for (size_t i = at; st == GT_OK && i < at + (size_t)m->cols; i++) {
            if (m->code[i] == NODATA) {
                continue;
            }
            m->part[task].n_cells++;
            int facet = m->way == GT_FLOW_DINF ? steepest(m, i, &m->extra[i]) : -1;
            m->flow[i] = m->way == GT_FLOW_DINF ? 0 : weights(m, i);
            bool shared = m->flow[i] > 0 && m->flow[i] < (double)INFINITY;
            if (facet >= 0 || shared) {
                m->code[i] = (uint8_t)(shared ? SHARED : FACET + facet);
                continue;
            }
            st = check_single(ctx, m, i);
            m->part[task].n_outlets += m->code[i] == 0;
            m->part[task].n_single += m->code[i] != 0;
        }
    }
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

/* ---- adding up ----------------------------------------------------------------------------------
 */

/* Does the cell give to its neighbour in direction e? */
static inline bool gives(const multi *m, size_t cell, int e, size_t to)
{
    uint8_t c = m->code[cell];
    if (c == NODATA || m->code[to] == NODATA) {
        return false;
    }
    if (c <= 8) {
        return c == e;
    }
    if (c == SHARED) {
        return m->z[cell] > m->z[to];
    }
    int k = c - FACET;
    return (SIDE_OF[k] == e && m->extra[cell] < 1) || (CORNER_OF[k] == e && m->extra[cell] > 0);
}

static inline double given(const multi *m, size_t cell, int e, size_t to)
{
    uint8_t c = m->code[cell];
    if (c <= 8) {
        return m->flow[cell];
    }
    if (c == SHARED) {
        return m->flow[cell] * weight_of(m, m->z[cell], m->z[to], e);
    }
    double share = m->extra[cell];
    return m->flow[cell] * (CORNER_OF[c - FACET] == e ? share : 1 - share);
}

static inline int back_of(int e)
{
    return e <= 4 ? e + 4 : e - 4;
}

static gt_status inflow_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    multi *m = user;
    const gt_window w = band_of(m, task);
    for (int64_t r = 0; r < w.n_rows; r++) {
        size_t at = first_of(m, w.row + r);
        for (size_t i = at; i < at + (size_t)m->cols; i++) {
            uint8_t n = 0;
            for (int e = 1; e <= 8; e++) {
                size_t from = beside(m, i, e);
                n = (uint8_t)(n + gives(m, from, back_of(e), i));
            }
            m->inflow[i] = n == 0 ? SOURCE : n;
        }
    }
    return gt_check_cancel(ctx);
}

/* All donors of the cell are done. */
static void finish_cell(multi *m, size_t cell)
{
    double sum = 1;
    for (int e = 1; e <= 8; e++) {
        size_t from = beside(m, cell, e);
        if (gives(m, from, back_of(e), cell)) {
            sum += given(m, from, back_of(e), cell);
        }
    }
    if (m->code[cell] == SHARED) {
        m->extra[cell] = (float)sum;
        m->flow[cell] = sum / m->flow[cell];
    } else {
        m->flow[cell] = sum;
    }
}

static gt_status push(gt_ctx *ctx, stack *s, size_t cell)
{
    gt_status st = GT_OK;
    if (s->n == s->cap) {
        st = gt_grow(ctx, (void **)&s->list, &s->cap, s->n + 1, sizeof *s->list);
    }
    if (st == GT_OK) {
        s->list[s->n++] = (uint32_t)cell;
    }
    return st;
}

static gt_status drain_from(gt_ctx *ctx, multi *m, stack *s, size_t source)
{
    gt_status st = push(ctx, s, source);
    while (st == GT_OK && s->n > 0) {
        size_t cell = s->list[--s->n];
        finish_cell(m, cell);
        for (int e = 1; st == GT_OK && e <= 8; e++) {
            size_t to = beside(m, cell, e);
            if (gives(m, cell, e, to) &&
                __atomic_fetch_sub(&m->inflow[to], 1, __ATOMIC_ACQ_REL) == 1) {
                st = push(ctx, s, to);
            }
        }
        __atomic_store_n(&m->inflow[cell], DONE, __ATOMIC_RELAXED);
    }
    return st;
}

static gt_status accumulate_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    multi *m = user;
    const gt_window w = band_of(m, task);
    stack s = {0};
    gt_status st = GT_OK;
    for (int64_t r = 0; st == GT_OK && r < w.n_rows; r++) {
        size_t at = first_of(m, w.row + r);
        for (size_t i = at; st == GT_OK && i < at + (size_t)m->cols; i++) {
            if (m->code[i] != NODATA &&
                __atomic_load_n(&m->inflow[i], __ATOMIC_RELAXED) == SOURCE) {
                st = drain_from(ctx, m, &s, i);
            }
        }
    }
    gt_free(ctx, s.list);
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

/* ---- writing ------------------------------------------------------------------------------------
 */

static double angle_at(const multi *m, size_t cell)
{
    static const double azimuth[9] = {-1, 90, 45, 0, 315, 270, 225, 180, 135};
    int c = m->code[cell];
    if (c == 0 || (c <= 8 && c % 2 == 1)) {
        return azimuth[c];
    }
    int k = c <= 8 ? c - 2 : c - FACET; /* the facet before a diagonal, all the way */
    double share = c <= 8 ? 1 : (double)m->extra[cell];
    double turn = share * m->reach[k] * DEGREES;
    /* even facets turn counter-clockwise from their cardinal, odd ones clockwise */
    double a = azimuth[SIDE_OF[k]] + (k % 2 == 0 ? -turn : turn);
    return a < 0 ? a + 360 : a >= 360 ? a - 360 : a;
}

static double width_at(const multi *m, size_t cell)
{
    int c = m->code[cell];
    double sum = 0;
    if (c <= 8) {
        return c == 0 || c % 2 == 1 ? m->side : m->side * sqrt(2);
    }
    for (int e = 1; c == SHARED && e <= 8; e++) {
        sum += m->z[beside(m, cell, e)] < m->z[cell] ? m->contour[e] : 0;
    }
    return c == SHARED ? sum : m->side;
}

static gt_status write_row(gt_ctx *ctx, const multi *m, gt_grid *to, int64_t row, float *buffer,
                           double (*value)(const multi *m, size_t cell))
{
    const gt_window one = {0, row, m->cols, 1};
    size_t at = first_of(m, row);
    if (to == NULL) {
        return GT_OK;
    }
    for (size_t i = 0; i < (size_t)m->cols; i++) {
        buffer[i] = m->code[at + i] == NODATA ? (float)NAN : (float)value(m, at + i);
    }
    return gt_grid_write(ctx, to, &one, GT_CELL_F32, buffer, (size_t)m->cols);
}

static double sum_at(const multi *m, size_t cell)
{
    return m->code[cell] == SHARED ? (double)m->extra[cell] : m->flow[cell];
}

static gt_status out_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    multi *m = user;
    const gt_window w = band_of(m, task);
    float *row = gt_alloc(ctx, (size_t)m->cols, sizeof *row);
    gt_status st = row == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = w.row; st == GT_OK && r < w.row + w.n_rows; r++) {
        size_t at = first_of(m, r);
        for (size_t i = at; st == GT_OK && i < at + (size_t)m->cols; i++) {
            if (m->code[i] != NODATA && m->inflow[i] != DONE) {
                st =
                    bad_direction(ctx, m, i, "lies on, or below, a circle", "处于环流之中或其下游");
            }
            m->part[task].drained += m->code[i] == 0 ? m->flow[i] : 0;
        }
        st = st == GT_OK ? write_row(ctx, m, m->out->accumulation, r, row, sum_at) : st;
        st = st == GT_OK ? write_row(ctx, m, m->out->angle, r, row, angle_at) : st;
        st = st == GT_OK ? write_row(ctx, m, m->out->width, r, row, width_at) : st;
    }
    gt_free(ctx, row);
    return st;
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

static gt_status prepare(gt_ctx *ctx, multi *m, const char *scratch_dir)
{
    static const int dx[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, dy[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
    const gt_grid_spec *s = gt_grid_facts(m->filled);
    m->cols = s->n_cols;
    m->rows = s->n_rows;
    m->width = (size_t)m->cols + 2;
    m->n = m->width * ((size_t)m->rows + 2);
    m->side = sqrt(s->cell_x * s->cell_y);
    if (m->n > INT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GRID_TOO_MANY,
                       GT_PLACE(.file = gt_grid_path(m->filled)),
                       GT_ARGS(GT_INT("cells", m->n), GT_INT("max", INT32_MAX)));
    }
    for (int e = 1; e <= 8; e++) {
        m->move[e] = dy[e] * (ptrdiff_t)m->width + dx[e];
        m->length[e] = hypot(dx[e] * s->cell_x, dy[e] * s->cell_y);
        m->inverse[e] = 1 / m->length[e];
        m->contour[e] =
            e % 2 == 0 ? 0.25 * m->length[e] : 0.5 * (dx[e] != 0 ? s->cell_y : s->cell_x);
        m->weight[e] = m->way == GT_FLOW_QUINN ? m->contour[e] / m->side : 1;
    }
    for (int k = 0; k < 8; k++) {
        bool along = SIDE_OF[k] == 1 || SIDE_OF[k] == 5;
        m->reach[k] = along ? atan2(s->cell_y, s->cell_x) : atan2(s->cell_x, s->cell_y);
    }
    gt_status st = grid_hold_zeroed(ctx, m->n * CELL_BYTES, scratch_dir, &m->held);
    if (st != GT_OK) {
        return st;
    }
    m->flow = m->held.at;
    m->z = (float *)(m->flow + m->n);
    m->extra = m->z + m->n;
    m->code = (uint8_t *)(m->extra + m->n);
    m->inflow = m->code + m->n;
    for (size_t i = 0; i < m->width; i++) {
        size_t last = m->n - m->width + i;
        m->z[i] = m->z[last] = (float)NAN;
        m->code[i] = m->code[last] = NODATA;
    }
    return GT_OK;
}

static gt_status check_call(gt_ctx *ctx, const multi *m)
{
    gt_grid *const outs[] = {m->out->accumulation, m->out->angle, m->out->width};
    gt_status st = gt_grid_check_aligned(ctx, m->filled, m->direction, true, NULL, NULL);
    if (!(m->exponent > 0 && m->exponent <= GT_FLOW_EXPONENT_MAX)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "exponent of the flow")));
    }
    if (m->out->angle != NULL && m->way != GT_FLOW_DINF) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "angle of a flow that has several ways")));
    }
    for (int i = 0; st == GT_OK && i < 3; i++) {
        if (outs[i] != NULL) {
            st = gt_grid_check_aligned(ctx, m->filled, outs[i], true, NULL, NULL);
        }
    }
    return st;
}

gt_status gt_grid_multiflow(gt_ctx *ctx, gt_grid *filled, gt_grid *direction,
                            const gt_multiflow_options *options, const gt_multiflow_out *out,
                            gt_multiflow_facts *facts)
{
    gt_multiflow_options o;
    gt_multiflow_facts sum = {0};
    gt_multiflow_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    double usual = o.way == GT_FLOW_FREEMAN ? 1.1 : 1;
    multi m = {.filled = filled,
               .direction = direction,
               .out = out,
               .way = o.way,
               .exponent = o.exponent == 0 ? usual : o.exponent};
    gt_status st = check_call(ctx, &m);
    st = st == GT_OK ? prepare(ctx, &m, o.scratch_dir) : st;
    size_t bands = (size_t)(m.rows + BAND - 1) / BAND;
    if (st == GT_OK) {
        m.part = gt_zalloc(ctx, bands, sizeof *m.part);
        st = m.part == NULL ? GT_E_MEMORY : GT_OK;
    }
    const gt_task_fn steps[] = {read_band, way_band, inflow_band, accumulate_band, out_band};
    for (int i = 0; st == GT_OK && i < 5; i++) {
        st = gt_parallel_for(ctx, bands, steps[i], &m);
    }
    for (size_t i = 0; st == GT_OK && i < bands; i++) {
        sum.n_cells += m.part[i].n_cells;
        sum.n_outlets += m.part[i].n_outlets;
        sum.n_single += m.part[i].n_single;
        sum.drained += m.part[i].drained;
    }
    if (st == GT_OK && facts != NULL) {
        *facts = sum;
    }
    gt_free(ctx, m.part);
    grid_hold_free(ctx, &m.held);
    return st;
}
