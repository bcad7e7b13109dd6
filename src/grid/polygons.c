/* Patches of a class grid as polygons. Borders are traced along the sides of cells, the patch on
 * the left hand, from every upper side that no ring has passed yet; rows come from the north, so
 * the first ring of a patch is its shell, all others are holes.
 *
 * Where two cells of a patch meet only in a corner, the ring crosses to the other cell: so it never
 * touches itself there (the ground shut in between is a hole that touches the shell in one point,
 * as simple features want it). A point is kept where the border turns and where the cells on the
 * far side change, so both sides of a border have the same points. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grid/hold.h"
#include "grid/internal.h"
#include "grid/messages.h"
#include "guotu/grid_analysis.h"
#include "guotu/grid_zones.h"
#include "guotu/pool.h"

enum { BAND = 64, TEXT_MOST = 12 };

typedef struct points { /* lattice points: column, row from the north west corner */
    int32_t *at;
    size_t n, cap; /* in numbers, two a point */
} points;

typedef struct ring {
    uint32_t patch; /* from 0 */
    uint32_t n;     /* points, the first again at the end */
    size_t first;   /* in points */
} ring;

typedef struct tracer {
    gt_grid *numbers;
    int64_t cols, rows;
    size_t width; /* of the array, with a ring of 0 */
    grid_hold held;
    int32_t *patch;  /* from 1; 0 none */
    uint8_t *passed; /* bits: the upper side of the cell lies in a ring */
    points points;
    ring *rings;
    size_t n_rings, cap_rings;
} tracer;

/* Directions of travel: east, north, west, south; with the patch on the left, going west is along
 * the upper side of a cell. */
static const int DX[4] = {1, 0, -1, 0}, DY[4] = {0, -1, 0, 1};

static int32_t cell_at(const tracer *t, int64_t col, int64_t row)
{
    return t->patch[(size_t)(row + 1) * t->width + (size_t)(col + 1)];
}

/* The cells ahead of a lattice point, left and right of the way. */
static void ahead(const tracer *t, int32_t col, int32_t row, int dir, int32_t *left, int32_t *right)
{
    static const int lx[4] = {0, -1, -1, 0}, ly[4] = {-1, -1, 0, 0};
    static const int rx[4] = {0, 0, -1, -1}, ry[4] = {0, -1, -1, 0};
    *left = cell_at(t, col + lx[dir], row + ly[dir]);
    *right = cell_at(t, col + rx[dir], row + ry[dir]);
}

static gt_status add_point(gt_ctx *ctx, points *p, int32_t col, int32_t row)
{
    gt_status st = GT_OK;
    if (p->n + 2 > p->cap) {
        st = gt_grow(ctx, (void **)&p->at, &p->cap, p->n + 2, sizeof *p->at);
    }
    if (st == GT_OK) {
        p->at[p->n++] = col;
        p->at[p->n++] = row;
    }
    return st;
}

/* Marks the upper side of the cell that a step to the west passes. */
static void pass(tracer *t, int32_t col, int32_t row)
{
    size_t i = (size_t)(row + 1) * t->width + (size_t)col;
    t->passed[i / 8] |= (uint8_t)(1U << (i % 8));
}

static bool was_passed(const tracer *t, int64_t col, int64_t row)
{
    size_t i = (size_t)(row + 1) * t->width + (size_t)(col + 1);
    return (t->passed[i / 8] >> (i % 8) & 1) != 0;
}

/* One step from the point: *dir turns as the border does. True when the point is to be kept. */
static bool turn(const tracer *t, int32_t me, int32_t behind, int32_t col, int32_t row, int *dir)
{
    int32_t left = 0, right = 0;
    ahead(t, col, row, *dir, &left, &right);
    if (right == me) { /* also where only the corner joins */
        *dir = (*dir + 3) % 4;
        return true;
    }
    if (left != me) {
        *dir = (*dir + 1) % 4;
        return true;
    }
    return right != behind; /* straight on: another neighbour begins */
}

/* The ring that passes along the upper side of a cell. */
static gt_status trace(gt_ctx *ctx, tracer *t, int32_t from_col, int32_t from_row)
{
    int32_t me = cell_at(t, from_col, from_row), col = from_col + 1, row = from_row;
    int32_t start_col = -1, start_row = -1, left = 0, behind = 0;
    int dir = 2, start_dir = 0;
    size_t first = t->points.n;
    gt_status st = gt_check_cancel(ctx);
    for (;;) { /* go on to the first point that is kept: the ring begins there */
        ahead(t, col, row, dir, &left, &behind);
        if (dir == 2) {
            pass(t, col, row);
        }
        col += DX[dir];
        row += DY[dir];
        int came = dir;
        if (turn(t, me, behind, col, row, &dir)) {
            if (start_col == col && start_row == row && start_dir == came) {
                break;
            }
            if (start_col < 0) {
                start_col = col;
                start_row = row;
                start_dir = came;
            }
            st = st == GT_OK ? add_point(ctx, &t->points, col, row) : st;
        }
        if (st != GT_OK) {
            return st;
        }
    }
    st = add_point(ctx, &t->points, start_col, start_row);
    if (st == GT_OK && t->n_rings == t->cap_rings) {
        st = gt_grow(ctx, (void **)&t->rings, &t->cap_rings, t->n_rings + 1, sizeof *t->rings);
    }
    if (st == GT_OK) {
        t->rings[t->n_rings++] =
            (ring){(uint32_t)me - 1, (uint32_t)((t->points.n - first) / 2), first / 2};
    }
    return st;
}

static gt_status trace_all(gt_ctx *ctx, tracer *t)
{
    gt_status st = GT_OK;
    for (int64_t r = 0; st == GT_OK && r < t->rows; r++) {
        for (int64_t c = 0; st == GT_OK && c < t->cols; c++) {
            int32_t me = cell_at(t, c, r);
            if (me != 0 && cell_at(t, c, r - 1) != me && !was_passed(t, c, r)) {
                st = trace(ctx, t, (int32_t)c, (int32_t)r);
            }
        }
    }
    return st;
}

/* ---- the table ----------------------------------------------------------------------------------
 */

static gt_status make_run(gt_ctx *ctx, const tracer *t, size_t n, gt_polygon_run *run)
{
    run->n_features = run->n_parts = n;
    run->n_rings = t->n_rings;
    run->n_points = t->points.n / 2;
    run->xy = gt_alloc(ctx, t->points.n + 1, sizeof *run->xy);
    run->ring_end = gt_alloc(ctx, t->n_rings + 1, sizeof *run->ring_end);
    run->part_end = gt_zalloc(ctx, n + 1, sizeof *run->part_end);
    run->feature_end = gt_alloc(ctx, n + 1, sizeof *run->feature_end);
    run->fid = gt_alloc(ctx, n + 1, sizeof *run->fid);
    run->code = gt_alloc(ctx, n + 1, sizeof *run->code);
    bool got = run->xy != NULL && run->ring_end != NULL && run->part_end != NULL &&
               run->feature_end != NULL && run->fid != NULL && run->code != NULL;
    return got ? GT_OK : GT_E_MEMORY;
}

/* Rings by patch, in the order they were found: the shell first. */
static gt_status order_rings(gt_ctx *ctx, const tracer *t, const gt_grid_spec *s,
                             gt_polygon_run *run)
{
    size_t n = run->n_features, point = 0;
    uint32_t *order = gt_alloc(ctx, t->n_rings + 1, sizeof *order);
    uint32_t *next = gt_zalloc(ctx, n + 2, sizeof *next);
    if (order == NULL || next == NULL) {
        gt_free(ctx, order);
        gt_free(ctx, next);
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < t->n_rings; i++) {
        next[t->rings[i].patch + 1]++;
    }
    for (size_t k = 0; k < n; k++) {
        next[k + 1] += next[k];
        run->part_end[k] = next[k + 1];
        run->feature_end[k] = (uint32_t)k + 1;
        run->fid[k] = (int64_t)k + 1;
    }
    for (size_t i = 0; i < t->n_rings; i++) {
        order[next[t->rings[i].patch]++] = (uint32_t)i;
    }
    for (size_t i = 0; i < t->n_rings; i++) {
        const ring *r = &t->rings[order[i]];
        for (size_t k = 0; k < r->n; k++, point++) {
            const int32_t *at = t->points.at + 2 * (r->first + k);
            run->xy[2 * point] = s->x_west + at[0] * s->cell_x;
            run->xy[2 * point + 1] = s->y_north - at[1] * s->cell_y;
        }
        run->ring_end[i] = (uint32_t)point;
    }
    gt_free(ctx, order);
    gt_free(ctx, next);
    return GT_OK;
}

typedef struct word {
    char text[TEXT_MOST];
    int32_t value;
} word;

static int by_value(const void *a, const void *b)
{
    const word *x = a, *y = b;
    return x->value < y->value ? -1 : x->value > y->value;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const word *)a)->text, ((const word *)b)->text);
}

/* Distinct values as texts in byte order, and the number of each patch's. */
static gt_status make_codes(gt_ctx *ctx, const gt_patch *list, size_t n, gt_polygon_table *table)
{
    word *words = gt_alloc(ctx, n + 1, sizeof *words);
    size_t distinct = 0;
    gt_status st = words == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        words[i].value = list[i].value;
    }
    if (st == GT_OK) {
        qsort(words, n, sizeof *words, by_value);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (i == 0 || words[i].value != words[distinct - 1].value) {
            words[distinct++].value = words[i].value;
            (void)snprintf(words[distinct - 1].text, TEXT_MOST, "%d", (int)words[i].value);
        }
    }
    if (st == GT_OK) {
        qsort(words, distinct, sizeof *words, by_text);
        table->codes = gt_zalloc(ctx, distinct + 1, sizeof *table->codes);
        st = table->codes == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t k = 0; st == GT_OK && k < distinct; k++) {
        table->codes[k] = gt_strdup(ctx, words[k].text);
        table->n_codes = k + 1;
        st = table->codes[k] == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        word mine = {.value = list[i].value};
        (void)snprintf(mine.text, TEXT_MOST, "%d", (int)mine.value);
        const word *found = bsearch(&mine, words, distinct, sizeof *words, by_text);
        table->runs[0].code[i] = (uint32_t)(found - words);
    }
    gt_free(ctx, words);
    return st;
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

static gt_status read_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    const tracer *t = user;
    int64_t row = (int64_t)task * BAND, n = t->rows - row < BAND ? t->rows - row : BAND;
    int32_t *to = t->patch + (size_t)(row + 1) * t->width + 1;
    const gt_window w = {0, row, t->cols, n};
    gt_status st = gt_grid_read(ctx, t->numbers, &w, GT_CELL_I32, to, t->width);
    for (int64_t r = 0; st == GT_OK && r < n; r++) {
        for (size_t c = 0; c < (size_t)t->cols; c++) {
            int32_t *v = to + (size_t)r * t->width + c;
            *v = *v == GT_NODATA_I32 ? 0 : *v;
        }
    }
    return st;
}

static gt_status trace_patches(gt_ctx *ctx, gt_grid *numbers, tracer *t)
{
    const gt_grid_spec *s = gt_grid_facts(numbers);
    t->numbers = numbers;
    t->cols = s->n_cols;
    t->rows = s->n_rows;
    t->width = (size_t)t->cols + 2;
    size_t n = t->width * ((size_t)t->rows + 2);
    gt_status st = grid_hold_zeroed(ctx, n * sizeof *t->patch + n / 8 + 1, NULL, &t->held);
    if (st != GT_OK) {
        return st;
    }
    t->patch = t->held.at; /* zeroed: the ring is no patch */
    t->passed = (uint8_t *)(t->patch + n);
    st = gt_parallel_for(ctx, ((size_t)t->rows + BAND - 1) / BAND, read_band, t);
    return st == GT_OK ? trace_all(ctx, t) : st;
}

static gt_status make_table(gt_ctx *ctx, gt_grid *classes, const tracer *t, const gt_patch *list,
                            size_t n, gt_polygon_table **out)
{
    const char *path = gt_grid_path(classes), *slash = strrchr(path, '/');
    if (t->points.n / 2 > UINT32_MAX || t->n_rings > UINT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GRID_TOO_MANY, GT_PLACE(.file = path),
                       GT_ARGS(GT_INT("cells", (int64_t)(t->points.n / 2)),
                               GT_INT("max", (int64_t)UINT32_MAX)));
    }
    gt_polygon_table *table = gt_zalloc(ctx, 1, sizeof *table);
    if (table == NULL) {
        return GT_E_MEMORY;
    }
    table->srs_id = gt_grid_crs(classes) == NULL ? -1 : gt_crs_epsg(gt_grid_crs(classes));
    table->srs_id = table->srs_id == 0 ? -1 : table->srs_id;
    table->name = gt_strdup(ctx, slash == NULL ? path : slash + 1);
    table->runs = gt_zalloc(ctx, 1, sizeof *table->runs);
    gt_status st = table->name == NULL || table->runs == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK && n > 0) {
        table->n_runs = 1;
        table->n_features = n;
        st = make_run(ctx, t, n, &table->runs[0]);
        st = st == GT_OK ? order_rings(ctx, t, gt_grid_facts(classes), &table->runs[0]) : st;
        st = st == GT_OK ? make_codes(ctx, list, n, table) : st;
    }
    if (st == GT_OK) {
        char *dot = strrchr(table->name, '.');
        if (dot != NULL && dot != table->name) {
            *dot = '\0';
        }
        *out = table;
    } else {
        gt_polygon_table_free(ctx, table);
    }
    return st;
}

gt_status gt_grid_polygons(gt_ctx *ctx, gt_grid *classes, gt_polygon_table **out)
{
    gt_grid *numbers = NULL;
    gt_grid_spec spec;
    gt_patch *list = NULL;
    size_t n = 0;
    tracer t = {0};
    gt_grid_spec_like(classes, GT_CELL_I32, &spec);
    spec.packing = GT_GRID_PLAIN;
    spec.overviews = 0;
    spec.items = NULL;
    spec.n_items = 0;
    gt_status st = gt_grid_create_scratch(ctx, NULL, &spec, &numbers);
    st = st == GT_OK ? gt_grid_patches(ctx, classes, false, numbers, &list, &n) : st;
    st = st == GT_OK ? trace_patches(ctx, numbers, &t) : st;
    st = st == GT_OK ? make_table(ctx, classes, &t, list, n, out) : st;
    grid_hold_free(ctx, &t.held);
    gt_free(ctx, t.points.at);
    gt_free(ctx, t.rings);
    gt_free(ctx, list);
    gt_grid_close(ctx, numbers);
    return st;
}
