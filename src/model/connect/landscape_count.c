/* What landscape metrics are made of: counts of a map of classes.
 *
 * One pass counts the sides between classes and, over the patches (their number, grid_analysis.h),
 * sides, centroid, core; a second measures distances to the centroid; further ones collect the
 * cells on the rims of classes, as many classes at a time as memory allows. Passes go by bands of
 * rows with as many rows around as the edge is deep; cells come in the order of the map in any
 * case. Map border and nodata are no class: their sides count as the border of the landscape. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/connect/landscape.h"
#include "model/connect/messages.h"
#include "model/connect/nearest.h"

enum {
    CLASSES_MAX = 1024,
    BAND_BYTES = 1 << 26, /* of a band, and of rims, without a ceiling */
    SPOT_BYTES = 32,      /* of a cell on a rim, and of the tree over it */
    DEEPEST = 1 << 30
};

/* ---- reading ------------------------------------------------------------------------------------
 */

size_t gt_scape_class_at(const gt_scape *s, int32_t code)
{
    size_t low = 0, high = s->n_classes;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (s->classes[mid].code < code) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static gt_status find_classes(gt_scape *s, const char *file)
{
    size_t cap = 0;
    for (size_t i = 0; i < s->n_patches; i++) {
        int32_t v = s->list[i].value;
        size_t at = gt_scape_class_at(s, v);
        if (at == s->n_classes || s->classes[at].code != v) {
            gt_status st =
                gt_grow(s->ctx, (void **)&s->classes, &cap, s->n_classes + 1, sizeof *s->classes);
            if (st != GT_OK) {
                return st;
            }
            memmove(s->classes + at + 1, s->classes + at, (s->n_classes - at) * sizeof *s->classes);
            s->classes[at] = (gt_scape_class){.code = v};
            s->n_classes++;
        }
        if (s->n_classes > CLASSES_MAX) {
            return gt_fail(s->ctx, GT_E_LIMIT, &GT_MSG_CONNECT_TOO_MANY, GT_PLACE(.file = file),
                           GT_ARGS(GT_INT("n", s->n_classes), GT_INT("most", CLASSES_MAX),
                                   GT_TEXT("what", "classes"), GT_TEXT("what_zh", "类别")));
        }
    }
    if (s->n_classes == 0) {
        return gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_CONNECT_NO_CELLS, GT_PLACE(.file = file),
                       GT_NO_ARGS);
    }
    return GT_OK;
}

/* Rows of a band: an eighth of the ceiling for the two numbers of its cells. */
static int64_t band_rows(const gt_scape *s)
{
    size_t ceiling = gt_ctx_memory_ceiling(s->ctx);
    double budget = ceiling > 0 ? (double)ceiling / 8 : BAND_BYTES;
    int64_t rows = (int64_t)(budget / (double)(s->cols * 8)) - 2 * s->depth;
    rows = rows < s->depth ? s->depth : rows;
    return rows < s->rows ? rows : s->rows;
}

static gt_status number_patches(gt_scape *s, gt_grid *grid)
{
    gt_grid_spec spec;
    gt_grid_spec_like(grid, GT_CELL_I32, &spec);
    spec.nodata = (double)NAN;
    spec.packing = GT_GRID_PLAIN;
    spec.tile = 0;
    spec.overviews = 0;
    gt_status st = gt_grid_create_scratch(s->ctx, NULL, &spec, &s->patches);
    return st != GT_OK
               ? st
               : gt_grid_patches(s->ctx, grid, s->eight, s->patches, &s->list, &s->n_patches);
}

static gt_status read_scape(gt_ctx *ctx, gt_grid *grid, gt_scape *s)
{
    const gt_grid_spec *f = gt_grid_facts(grid);
    s->cols = f->n_cols;
    s->rows = f->n_rows;
    s->cell = f->cell_x;
    if (fabs(f->cell_x - f->cell_y) > 1e-9 * f->cell_x) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_SQUARE,
                       GT_PLACE(.file = gt_grid_path(grid)),
                       GT_ARGS(GT_REAL("x", f->cell_x), GT_REAL("y", f->cell_y)));
    }
    gt_status st = number_patches(s, grid);
    st = st == GT_OK ? find_classes(s, gt_grid_path(grid)) : st;
    if (st == GT_OK) {
        s->band = band_rows(s);
        size_t n = (size_t)(s->cols * (s->band + 2 * s->depth));
        s->patch = gt_alloc(ctx, n, sizeof *s->patch);
        s->deep = gt_alloc(ctx, n, sizeof *s->deep);
        s->of = gt_zalloc(ctx, s->n_patches, sizeof *s->of);
        s->sides = gt_zalloc(ctx, s->n_classes * s->n_classes, sizeof *s->sides);
        st = s->patch == NULL || s->deep == NULL || s->of == NULL || s->sides == NULL ? GT_E_MEMORY
                                                                                      : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < s->n_patches; i++) {
        s->of[i].class = gt_scape_class_at(s, s->list[i].value);
    }
    return st;
}

/* ---- bands --------------------------------------------------------------------------------------
 */

/* Patch of a cell in hand; -1 beyond the map. */
static int32_t patch_at(const gt_scape *s, int64_t col, int64_t row)
{
    return col < 0 || row < 0 || col >= s->cols || row >= s->rows
               ? -1
               : s->patch[(row - s->top) * s->cols + col];
}

/* Steps to the nearest cell that is not of the patch; what lies beyond the map is none, and what
 * lies beyond the rows in hand is too far to matter. */
static void measure_depth(gt_scape *s)
{
    const int64_t n = (s->bottom - s->top) * s->cols;
    for (int turn = 0; turn < 2; turn++) {
        for (int64_t k = 0; k < n; k++) {
            int64_t i = turn == 0 ? k : n - 1 - k, c = i % s->cols, r = s->top + i / s->cols;
            int step = turn == 0 ? -1 : 1;
            const int64_t at[2][2] = {{c + step, r}, {c, r + step}};
            int32_t least = turn == 0 ? DEEPEST : s->deep[i];
            for (int e = 0; e < 2; e++) {
                int64_t x = at[e][0], y = at[e][1];
                if (y >= 0 && y < s->rows && (y < s->top || y >= s->bottom)) {
                    continue;
                }
                bool same = s->patch[i] >= 0 && patch_at(s, x, y) == s->patch[i];
                int32_t v = same ? s->deep[(y - s->top) * s->cols + x] + 1 : 1;
                least = v < least ? v : least;
            }
            s->deep[i] = least;
        }
    }
}

/* Takes the band that begins at row `first` in hand. */
static gt_status take_band(gt_scape *s, int64_t first)
{
    s->top = first - s->depth > 0 ? first - s->depth : 0;
    s->bottom = first + s->band + s->depth;
    s->bottom = s->bottom < s->rows ? s->bottom : s->rows;
    const gt_window rows = {0, s->top, s->cols, s->bottom - s->top};
    gt_status st = gt_grid_read(s->ctx, s->patches, &rows, GT_CELL_I32, s->patch, (size_t)s->cols);
    for (int64_t i = 0; st == GT_OK && i < (s->bottom - s->top) * s->cols; i++) {
        s->patch[i] = s->patch[i] == GT_NODATA_I32 ? -1 : s->patch[i] - 1;
    }
    st = st == GT_OK ? gt_check_cancel(s->ctx) : st;
    if (st == GT_OK) {
        measure_depth(s);
    }
    return st == GT_OK ? gt_check_cancel(s->ctx) : st;
}

/* fn for every cell of a patch, row by row. */
typedef void (*cell_fn)(gt_scape *s, void *user, int64_t col, int64_t row, int32_t patch);
static gt_status each_cell(gt_scape *s, cell_fn fn, void *user)
{
    gt_status st = GT_OK;
    for (int64_t first = 0; st == GT_OK && first < s->rows; first += s->band) {
        st = take_band(s, first);
        for (int64_t r = first; st == GT_OK && r < first + s->band && r < s->rows; r++) {
            for (int64_t c = 0; c < s->cols; c++) {
                int32_t p = patch_at(s, c, r);
                if (p >= 0) {
                    fn(s, user, c, r, p);
                }
            }
            st = r % 16 == 0 ? gt_check_cancel(s->ctx) : GT_OK;
        }
    }
    return st;
}

static int32_t deep_at(const gt_scape *s, int64_t col, int64_t row)
{
    return s->deep[(row - s->top) * s->cols + col];
}

/* ---- counting -----------------------------------------------------------------------------------
 */

static void count_cell(gt_scape *s, void *user, int64_t c, int64_t r, int32_t patch_of_it)
{
    static const int dx[8] = {1, 0, -1, 0, 1, -1, -1, 1}, dy[8] = {0, -1, 0, 1, -1, -1, 1, 1};
    gt_scape_patch *p = &s->of[patch_of_it];
    gt_scape_class *k = &s->classes[p->class];
    double template = 1;
    (void)user;
    for (int e = 0; e < 8; e++) {
        int32_t there = patch_at(s, c + dx[e], r + dy[e]);
        template += there != patch_of_it ? 0 : e < 4 ? 2 : 1;
        if (e >= 4) {
            continue;
        }
        p->sides += there != patch_of_it ? 1 : 0;
        if (there < 0) {
            k->border++;
            continue;
        }
        s->sides[p->class * s->n_classes + s->of[there].class]++;
    }
    p->contiguity += template;
    p->sum_col += (double)c;
    p->sum_row += (double)r;
    p->core += deep_at(s, c, r) > s->depth ? 1 : 0;
    k->rim += deep_at(s, c, r) <= 1;
    k->cells++;
    s->cells++;
}

static void reach_cell(gt_scape *s, void *user, int64_t c, int64_t r, int32_t patch_of_it)
{
    gt_scape_patch *p = &s->of[patch_of_it];
    double n = (double)s->list[patch_of_it].cells;
    (void)user;
    p->reach += hypot((double)c - p->sum_col / n, (double)r - p->sum_row / n);
}

static gt_status count(gt_scape *s)
{
    gt_status st = each_cell(s, count_cell, NULL);
    st = st == GT_OK ? each_cell(s, reach_cell, NULL) : st;
    for (size_t i = 0; st == GT_OK && i < s->n_patches; i++) {
        s->of[i].nearest2 = (double)INFINITY;
        s->classes[s->of[i].class].patches++;
        s->classes[s->of[i].class].core += s->of[i].core;
    }
    return st;
}

/* Rims of classes first .. last - 1, one behind the other. */
typedef struct rims {
    size_t first, last;
    gt_spot *spots;
    size_t *n; /* by class: cells so far, from where its rim begins */
} rims;

static void rim_cell(gt_scape *s, void *user, int64_t c, int64_t r, int32_t patch_of_it)
{
    const rims *m = user;
    size_t k = s->of[patch_of_it].class;
    if (k >= m->first && k < m->last && deep_at(s, c, r) <= 1) {
        m->spots[m->n[k]++] = (gt_spot){(int32_t)c, (int32_t)r, patch_of_it};
    }
}

/* Where the rim of a class of several patches begins; *all: cells of all rims of the group. */
static void lay_out(const gt_scape *s, rims *m, size_t most, size_t *all)
{
    *all = 0;
    for (m->last = m->first; m->last < s->n_classes; m->last++) {
        size_t rim = s->classes[m->last].rim;
        if (m->last > m->first && *all + rim > most) {
            break;
        }
        m->n[m->last] = *all;
        *all += rim;
    }
}

/* Distances to the nearest patch of the class: only cells on the rim matter, for of any other one
 * all four sides are in the patch, and a cell beside it is nearer. */
static gt_status find_nearest(gt_scape *s)
{
    size_t ceiling = gt_ctx_memory_ceiling(s->ctx), all = 0;
    const size_t most = (ceiling > 0 ? ceiling / 8 : (size_t)BAND_BYTES) / SPOT_BYTES;
    rims m = {.n = gt_alloc(s->ctx, s->n_classes, sizeof *m.n)};
    double *best = gt_alloc(s->ctx, s->n_patches, sizeof *best);
    gt_status st = best == NULL || m.n == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < s->n_patches; i++) {
        best[i] = (double)INFINITY;
    }
    for (m.first = 0; st == GT_OK && m.first < s->n_classes; m.first = m.last) {
        lay_out(s, &m, most, &all);
        m.spots = gt_alloc(s->ctx, all, sizeof *m.spots);
        st = m.spots == NULL ? GT_E_MEMORY : each_cell(s, rim_cell, &m);
        for (size_t k = m.first; st == GT_OK && k < m.last; k++) {
            const size_t n = s->classes[k].rim;
            if (s->classes[k].patches > 1) {
                st = gt_nearest_patches(s->ctx, m.spots + (m.n[k] - n), n, best);
            }
        }
        gt_free(s->ctx, m.spots);
    }
    for (size_t i = 0; st == GT_OK && i < s->n_patches; i++) {
        s->of[i].nearest2 = best[i];
    }
    gt_free(s->ctx, m.n);
    gt_free(s->ctx, best);
    return st;
}

gt_status gt_scape_count(gt_scape *s, gt_grid *grid)
{
    gt_status st = read_scape(s->ctx, grid, s);
    st = st == GT_OK ? count(s) : st;
    return st == GT_OK ? find_nearest(s) : st;
}

void gt_scape_free(gt_scape *s)
{
    gt_grid_close(s->ctx, s->patches);
    gt_free(s->ctx, s->patch);
    gt_free(s->ctx, s->deep);
    gt_free(s->ctx, s->list);
    gt_free(s->ctx, s->of);
    gt_free(s->ctx, s->classes);
    gt_free(s->ctx, s->sides);
}
