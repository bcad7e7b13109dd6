/* How cells drain to several neighbours: D-infinity (Tarboton 1997) and multiple flow directions
 * (Freeman 1991, Quinn et al. 1991), for one tile with its ring. Water only goes to strictly lower
 * cells; where there is none the D8 direction of the filled surface is followed, which leads
 * through flats by steps: no circle can arise (a given direction that breaks this is an error). */
#include "grid/multiflow.h"

#include <math.h>
#include <string.h>

#include "grid/messages.h"

#define DEGREES 57.29577951308232

static const int DX[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, DY[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
/* The cardinal and the diagonal neighbour of each facet, counter-clockwise from east. */
static const uint8_t SIDE_OF[8] = {1, 3, 3, 5, 5, 7, 7, 1}, CORNER_OF[8] = {2, 2, 4, 4, 6, 6, 8, 8};

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

void multi_measure(multi *m)
{
    const gt_grid_spec *s = gt_grid_facts(m->filled);
    m->side = sqrt(s->cell_x * s->cell_y);
    for (int e = 1; e <= 8; e++) {
        m->length[e] = hypot(DX[e] * s->cell_x, DY[e] * s->cell_y);
        m->inverse[e] = 1 / m->length[e];
        m->contour[e] =
            e % 2 == 0 ? 0.25 * m->length[e] : 0.5 * (DX[e] != 0 ? s->cell_y : s->cell_x);
        m->weight[e] = m->way == GT_FLOW_QUINN ? m->contour[e] / m->side : 1;
    }
    for (int k = 0; k < 8; k++) {
        bool along = SIDE_OF[k] == 1 || SIDE_OF[k] == 5;
        m->reach[k] = along ? atan2(s->cell_y, s->cell_x) : atan2(s->cell_x, s->cell_y);
    }
}

void multi_set(const multi *m, multi_bench *b, size_t tile, void *block)
{
    const gt_window w = flow_tile_at(&m->tiles, tile);
    b->cols = (int)w.n_cols;
    b->rows = (int)w.n_rows;
    b->width = b->cols + 2 * MULTI_RING;
    b->n = (size_t)b->width * (size_t)(b->rows + 2 * MULTI_RING);
    for (int e = 0; e <= 8; e++) {
        b->move[e] = (ptrdiff_t)DY[e] * b->width + DX[e];
    }
    b->block = block;
    b->flow = block;
    b->z = (float *)(b->flow + b->n);
    b->extra = b->z + b->n;
    b->code = (uint8_t *)(b->extra + b->n);
    b->inflow = b->code + b->n;
}

gt_status multi_bad_direction(gt_ctx *ctx, const multi *m, const multi_bench *b, size_t tile,
                              size_t cell, const char *what, const char *what_zh)
{
    const gt_window w = flow_tile_at(&m->tiles, tile);
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_DIRECTION,
                   GT_PLACE(.file = gt_grid_path(m->direction)),
                   GT_ARGS(GT_TEXT("what", what), GT_TEXT("what_zh", what_zh),
                           GT_INT("col", w.col + (int64_t)cell % b->width - MULTI_RING),
                           GT_INT("row", w.row + (int64_t)cell / b->width - MULTI_RING)));
}

/* ---- reading ------------------------------------------------------------------------------------
 */

/* The tile and its ring, as far as the grid goes. */
static gt_window window_around(const multi *m, size_t tile)
{
    gt_window w = flow_tile_at(&m->tiles, tile);
    int64_t east = w.col + w.n_cols + MULTI_RING, south = w.row + w.n_rows + MULTI_RING;
    w.col = w.col < MULTI_RING ? 0 : w.col - MULTI_RING;
    w.row = w.row < MULTI_RING ? 0 : w.row - MULTI_RING;
    w.n_cols = (east < m->tiles.cols ? east : m->tiles.cols) - w.col;
    w.n_rows = (south < m->tiles.rows ? south : m->tiles.rows) - w.row;
    return w;
}

static gt_status read_cells(gt_ctx *ctx, const multi *m, multi_bench *b, size_t tile)
{
    const gt_window w = window_around(m, tile), own = flow_tile_at(&m->tiles, tile);
    size_t first = multi_cell(b, (int)(w.col - own.col), (int)(w.row - own.row));
    for (size_t i = 0; i < b->n; i++) {
        b->z[i] = (float)NAN;
        b->flow[i] = b->extra[i] = 0;
    }
    memset(b->code, MULTI_NODATA, b->n);
    gt_status st = gt_grid_read(ctx, m->filled, &w, GT_CELL_F32, b->z + first, (size_t)b->width);
    for (int64_t r = 0; st == GT_OK && r < w.n_rows; r++) {
        const gt_window one = {w.col, w.row + r, w.n_cols, 1};
        size_t at = first + (size_t)r * (size_t)b->width;
        st = gt_grid_read(ctx, m->direction, &one, GT_CELL_I32, b->row, (size_t)w.n_cols);
        for (int64_t c = 0; st == GT_OK && c < w.n_cols; c++) {
            size_t i = at + (size_t)c;
            bool none = isnan(b->z[i]) || isinf(b->z[i]);
            b->z[i] = none ? (float)NAN : b->z[i];
            if (!none && (b->row[c] < 0 || b->row[c] > 8)) {
                st = multi_bad_direction(ctx, m, b, tile, i, "no direction (0 .. 8)",
                                         "不是流向（0–8）");
            }
            b->code[i] = (uint8_t)(none ? MULTI_NODATA : b->row[c]);
        }
    }
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

static double weights(const multi *m, const multi_bench *b, size_t cell)
{
    double sum = 0;
    for (int e = 1; e <= 8; e++) {
        sum += weight_of(m, b->z[cell], b->z[multi_beside(b, cell, e)], e);
    }
    return sum;
}

/* The steepest facet: its number, *share of the corner; -1 when nothing is lower. Only the steepest
 * is asked for its angle: beyond the corner when s2 / s1 passes d2 / d1, below the side when s2 is
 * not above 0. */
static int steepest(const multi *m, const multi_bench *b, size_t cell, float *share)
{
    double best = 0, z0 = b->z[cell], b1 = 0, b2 = 0;
    int facet = -1;
    for (int k = 0; k < 8; k++) {
        int side = SIDE_OF[k], corner = CORNER_OF[k], across = side == 1 || side == 5 ? 3 : 1;
        double z1 = b->z[multi_beside(b, cell, side)], z2 = b->z[multi_beside(b, cell, corner)];
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

/* Codes become ways; false: the single direction is kept. */
static bool find_way(const multi *m, const multi_bench *b, size_t cell)
{
    int facet = m->way == GT_FLOW_DINF ? steepest(m, b, cell, &b->extra[cell]) : -1;
    b->flow[cell] = m->way == GT_FLOW_DINF ? 0 : weights(m, b, cell);
    bool shared = b->flow[cell] > 0 && b->flow[cell] < (double)INFINITY;
    if (facet >= 0 || shared) {
        b->code[cell] = (uint8_t)(shared ? MULTI_SHARED : MULTI_FACET + facet);
    }
    return facet >= 0 || shared;
}

/* Does the single direction of a cell that has no other way lead somewhere it may? */
static gt_status check_single(gt_ctx *ctx, const multi *m, const multi_bench *b, size_t tile,
                              size_t cell)
{
    int d = b->code[cell];
    size_t next = multi_beside(b, cell, d);
    if (d == 0) {
        return GT_OK;
    }
    if (isnan(b->z[next])) {
        return multi_bad_direction(ctx, m, b, tile, cell, "leads to a cell without a height",
                                   "指向无高程的像元");
    }
    return b->z[next] <= b->z[cell]
               ? GT_OK
               : multi_bad_direction(ctx, m, b, tile, cell, "leads uphill", "流向高处");
}

/* Ways of the tile's cells, and of those beside it. */
static gt_status find_ways(gt_ctx *ctx, const multi *m, const multi_bench *b, size_t tile,
                           multi_part *part)
{
    gt_status st = GT_OK;
    for (int y = -1; st == GT_OK && y <= b->rows; y++) {
        for (int x = -1; st == GT_OK && x <= b->cols; x++) {
            size_t i = multi_cell(b, x, y);
            bool own = x >= 0 && y >= 0 && x < b->cols && y < b->rows;
            if (b->code[i] == MULTI_NODATA) {
                continue;
            }
            bool several = find_way(m, b, i);
            if (own) {
                part->n_cells++;
                part->n_outlets += b->code[i] == 0;
                part->n_single += !several && b->code[i] != 0;
                st = several ? GT_OK : check_single(ctx, m, b, tile, i);
            }
        }
    }
    return st;
}

/* ---- giving -------------------------------------------------------------------------------------
 */

bool multi_gives(const multi_bench *b, size_t cell, int e, size_t to)
{
    uint8_t c = b->code[cell];
    if (c == MULTI_NODATA || b->code[to] == MULTI_NODATA) {
        return false;
    }
    if (c <= 8) {
        return c == e;
    }
    if (c == MULTI_SHARED) {
        return b->z[cell] > b->z[to];
    }
    int k = c - MULTI_FACET;
    return (SIDE_OF[k] == e && b->extra[cell] < 1) || (CORNER_OF[k] == e && b->extra[cell] > 0);
}

static inline double given(const multi *m, const multi_bench *b, size_t cell, int e, size_t to)
{
    uint8_t c = b->code[cell];
    if (c <= 8) {
        return b->flow[cell];
    }
    if (c == MULTI_SHARED) {
        return b->flow[cell] * weight_of(m, b->z[cell], b->z[to], e);
    }
    double share = b->extra[cell];
    return b->flow[cell] * (CORNER_OF[c - MULTI_FACET] == e ? share : 1 - share);
}

void multi_finish_cell(const multi *m, const multi_bench *b, size_t cell)
{
    double sum = 1;
    for (int e = 1; e <= 8; e++) {
        size_t from = multi_beside(b, cell, e);
        if (multi_gives(b, from, multi_back(e), cell)) {
            sum += given(m, b, from, multi_back(e), cell);
        }
    }
    if (b->code[cell] == MULTI_SHARED) {
        b->extra[cell] = (float)sum;
        b->flow[cell] = sum / b->flow[cell];
    } else {
        b->flow[cell] = sum;
    }
}

gt_status multi_read_tile(gt_ctx *ctx, const multi *m, multi_bench *b, size_t tile,
                          multi_part *part)
{
    gt_status st = read_cells(ctx, m, b, tile);
    st = st == GT_OK ? find_ways(ctx, m, b, tile, part) : st;
    memset(b->inflow, 0, b->n);
    for (int y = 0; st == GT_OK && y < b->rows; y++) {
        for (int x = 0; x < b->cols; x++) {
            size_t i = multi_cell(b, x, y);
            uint8_t n = 0;
            for (int e = 1; e <= 8; e++) {
                n = (uint8_t)(n + multi_gives(b, multi_beside(b, i, e), multi_back(e), i));
            }
            b->inflow[i] = n == 0 ? MULTI_SOURCE : n;
        }
    }
    return st;
}

/* ---- writing ------------------------------------------------------------------------------------
 */

typedef double (*value_fn)(const multi *m, const multi_bench *b, size_t cell);

static double angle_at(const multi *m, const multi_bench *b, size_t cell)
{
    static const double azimuth[9] = {-1, 90, 45, 0, 315, 270, 225, 180, 135};
    int c = b->code[cell];
    if (c == 0 || (c <= 8 && c % 2 == 1)) {
        return azimuth[c];
    }
    int k = c <= 8 ? c - 2 : c - MULTI_FACET; /* the facet before a diagonal, all the way */
    double share = c <= 8 ? 1 : (double)b->extra[cell];
    double turn = share * m->reach[k] * DEGREES;
    /* even facets turn counter-clockwise from their cardinal, odd ones clockwise */
    double a = azimuth[SIDE_OF[k]] + (k % 2 == 0 ? -turn : turn);
    return a < 0 ? a + 360 : a >= 360 ? a - 360 : a;
}

static double width_at(const multi *m, const multi_bench *b, size_t cell)
{
    int c = b->code[cell];
    double sum = 0;
    if (c <= 8) {
        return c == 0 || c % 2 == 1 ? m->side : m->side * sqrt(2);
    }
    for (int e = 1; c == MULTI_SHARED && e <= 8; e++) {
        sum += b->z[multi_beside(b, cell, e)] < b->z[cell] ? m->contour[e] : 0;
    }
    return c == MULTI_SHARED ? sum : m->side;
}

static double sum_at(const multi *m, const multi_bench *b, size_t cell)
{
    (void)m;
    return b->code[cell] == MULTI_SHARED ? (double)b->extra[cell] : b->flow[cell];
}

static gt_status write_tile(gt_ctx *ctx, const multi *m, multi_bench *b, size_t tile, gt_grid *to,
                            value_fn value)
{
    const gt_window w = flow_tile_at(&m->tiles, tile);
    float *row = (float *)(void *)b->row;
    gt_status st = GT_OK;
    for (int y = 0; to != NULL && st == GT_OK && y < b->rows; y++) {
        const gt_window one = {w.col, w.row + y, w.n_cols, 1};
        size_t at = multi_cell(b, 0, y);
        for (size_t i = 0; i < (size_t)b->cols; i++) {
            row[i] = b->code[at + i] == MULTI_NODATA ? (float)NAN : (float)value(m, b, at + i);
        }
        st = gt_grid_write(ctx, to, &one, GT_CELL_F32, row, (size_t)b->cols);
    }
    return st;
}

gt_status multi_write_ways(gt_ctx *ctx, const multi *m, multi_bench *b, size_t tile)
{
    gt_status st = write_tile(ctx, m, b, tile, m->out->angle, angle_at);
    return st == GT_OK ? write_tile(ctx, m, b, tile, m->out->width, width_at) : st;
}

gt_status multi_write_sums(gt_ctx *ctx, const multi *m, multi_bench *b, size_t tile)
{
    return write_tile(ctx, m, b, tile, m->out->accumulation, sum_at);
}
