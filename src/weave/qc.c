/* Coverage QC: kept faces joined across cells by union-find, row by row; a region is judged once no
 * face of the row above can join it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weave/messages.h"
#include "weave/window.h"

/* A face, or several joined; reaches from row to row while one of them touches the top side. */
typedef struct region {
    uint32_t parent;
    bool rim, open;      /* reaches the rim of the grid, the outside; touches the top side */
    double area, length; /* 2^-11 mm2, 2^-10 mm; sums of integers below 2^53 */
    double box[4];       /* mm from the grid's corner */
    uint32_t n_keys;
    const uint64_t *keys; /* label: of a cell at hand, or in the pool */
} region;

struct gt_weave_judge {
    gt_ctx *ctx;
    wv_window win;
    bool coverage[GT_WEAVE_LAYERS_MAX];
    int64_t sliver;
    /* regions: first those that came up from the row before, then one for each kept face of the
     * row at hand, or for its empty cell */
    WV_LIST(region, regions);
    size_t n_carried;
    size_t *first[2];             /* by row and column: its first face in `of` */
    WV_LIST(uint32_t, of_before); /* region of each face of row 0 */
    WV_LIST(uint32_t, of_here);   /* of row 1 */
    WV_LIST(uint64_t, pool);      /* keys of carried regions */
    WV_LIST(uint64_t, next_pool);
    WV_LIST(uint32_t, moved); /* where a region went */
    WV_LIST(gt_weave_finding, found);
};

const char *gt_weave_fault_name(gt_weave_fault fault)
{
    switch (fault) {
    case GT_WEAVE_GAP:
        return "gap";
    case GT_WEAVE_OVERLAP:
        return "overlap";
    case GT_WEAVE_SELF_CROSS:
        return "self-cross";
    case GT_WEAVE_SLIVER:
        return "sliver";
    }
    return "unknown";
}

static uint32_t root_of(region *r, uint32_t i)
{
    while (r[i].parent != i) {
        r[i].parent = r[r[i].parent].parent;
        i = r[i].parent;
    }
    return i;
}

#define JUDGE_RESERVE(j, name, need)                                                               \
    gt_grow((j)->ctx, (void **)&(j)->name, &(j)->cap_##name, (need), sizeof *(j)->name)

/* The region of the face on one side of a seam; NULL outside the grid. */
static region *region_at(const gt_weave_judge *j, size_t cell, uint32_t face)
{
    if (cell == WV_NO_CELL) {
        return NULL;
    }
    size_t n = j->win.w.grid.n_cols, k = face == WV_END ? 0 : face;
    uint32_t r =
        cell < n ? j->of_before[j->first[0][cell] + k] : j->of_here[j->first[1][cell - n] + k];
    return &j->regions[r];
}

static bool same_label(const region *a, const region *b)
{
    return a->n_keys == b->n_keys &&
           (a->n_keys == 0 || memcmp(a->keys, b->keys, a->n_keys * sizeof *a->keys) == 0);
}

static gt_status join_seam(void *user, const wv_seam *s)
{
    gt_weave_judge *j = user;
    region *a = region_at(j, s->a, s->face_a), *b = region_at(j, s->b, s->face_b);
    if (a != NULL && b != NULL && same_label(a, b)) {
        uint32_t p = root_of(j->regions, (uint32_t)(a - j->regions));
        uint32_t q = root_of(j->regions, (uint32_t)(b - j->regions));
        j->regions[p < q ? q : p].parent = p < q ? p : q;
        return GT_OK;
    }
    /* a boundary that runs along the side between cells, which the cells did not count */
    double length = (double)(s->hi - s->lo) * WV_LENGTH_UNITS;
    region *both[2] = {a, b};
    for (int k = 0; k < 2; k++) {
        if (both[k] != NULL) {
            both[k]->length += length;
            both[k]->rim = both[k]->rim || both[1 - k] == NULL;
        }
    }
    return GT_OK;
}

static void set_region(const gt_weave_judge *j, size_t column, const wv_cell *c, uint32_t face,
                       region *r)
{
    double side = (double)j->win.w.grid.side, x = (double)column * side;
    double y = (double)(wv_window_row(&j->win) - j->win.first) * side;
    *r = (region){.parent = (uint32_t)j->n_regions};
    if (c == NULL) {
        r->area = side * side * (2 << WV_AREA_SHIFT);
        const double box[4] = {x, y, x + side, y + side};
        memcpy(r->box, box, sizeof box);
        return;
    }
    const wv_face *f = &wv_faces(c)[face];
    const wv_entry *e = &wv_entries(c)[f->entry];
    r->area = (double)f->area;
    r->length = (double)f->length; /* before the seams add theirs */
    r->keys = wv_keys(c) + e->keys;
    r->n_keys = e->n_keys;
    for (int k = 0; k < 4; k++) {
        r->box[k] = f->box[k] + (k % 2 == 0 ? x : y);
    }
}

/* A region for every kept face of the row at hand. */
static gt_status open_row(gt_weave_judge *j)
{
    size_t n = j->win.w.grid.n_cols;
    wv_cell *const *cells = j->win.w.cells + n;
    size_t many = 0;
    for (size_t c = 0; c < n; c++) {
        j->first[1][c] = many;
        many += cells[c] == NULL ? 1 : cells[c]->n_faces;
    }
    gt_status st = j->n_carried + many >= UINT32_MAX
                       ? GT_E_MEMORY
                       : JUDGE_RESERVE(j, regions, j->n_carried + many + 1);
    if (st == GT_OK) {
        st = JUDGE_RESERVE(j, of_here, many + 1);
    }
    j->n_of_here = 0;
    j->n_regions = j->n_carried;
    for (size_t c = 0; st == GT_OK && c < n; c++) {
        size_t faces = cells[c] == NULL ? 1 : cells[c]->n_faces;
        for (uint32_t k = 0; k < faces; k++) {
            set_region(j, c, cells[c], k, &j->regions[j->n_regions]);
            j->of_here[j->n_of_here++] = (uint32_t)j->n_regions++;
        }
    }
    return st;
}

/* Sums every region into its root. Roots come first, as the smaller index wins. */
static void sum_regions(gt_weave_judge *j)
{
    for (uint32_t i = 0; i < j->n_regions; i++) {
        uint32_t root = root_of(j->regions, i);
        region *to = &j->regions[root];
        const region *r = &j->regions[i];
        if (root == i) {
            continue;
        }
        to->area += r->area;
        to->length += r->length;
        to->rim = to->rim || r->rim;
        for (int k = 0; k < 2; k++) {
            to->box[k] = r->box[k] < to->box[k] ? r->box[k] : to->box[k];
            to->box[k + 2] = r->box[k + 2] > to->box[k + 2] ? r->box[k + 2] : to->box[k + 2];
        }
    }
}

/* Marks the regions that touch the top side of the row at hand: more may join them. */
static void mark_open(gt_weave_judge *j)
{
    size_t n = j->win.w.grid.n_cols;
    int32_t side = (int32_t)j->win.w.grid.side;
    for (size_t c = 0; c < n; c++) {
        const wv_cell *cell = j->win.w.cells[n + c];
        const uint32_t *of = j->of_here + j->first[1][c];
        if (cell == NULL) {
            j->regions[root_of(j->regions, of[0])].open = true;
            continue;
        }
        for (uint32_t i = 0; i < cell->n_borders; i++) {
            const wv_border *b = &wv_borders(cell)[i];
            if (b->t0 >= 2 * side && b->t0 < 3 * side) {
                j->regions[root_of(j->regions, of[b->face])].open = true;
            }
        }
    }
}

static double width_of(const region *r)
{
    double p = r->length / WV_LENGTH_UNITS; /* mm */
    return p > 0 ? 2 * (r->area / (2 << WV_AREA_SHIFT)) / p / 1000 : INFINITY;
}

static gt_status report(gt_weave_judge *j, gt_weave_fault fault, uint32_t layer, uint32_t first,
                        uint32_t second, const region *r)
{
    gt_status st = JUDGE_RESERVE(j, found, j->n_found + 1);
    if (st == GT_OK) {
        const wv_grid *g = &j->win.w.grid;
        double ox = (double)(g->col0 * g->side), oy = (double)(j->win.first * g->side);
        j->found[j->n_found++] =
            (gt_weave_finding){fault,
                               layer,
                               first,
                               second,
                               r->area * 0x1p-11 * 1e-6,
                               width_of(r),
                               {(ox + r->box[0]) / 1000, (oy + r->box[1]) / 1000,
                                (ox + r->box[2]) / 1000, (oy + r->box[3]) / 1000}};
    }
    return st;
}

/* Overlaps and self-crossings in a label; *n counts them. */
static gt_status judge_twice(gt_weave_judge *j, const uint64_t *keys, uint32_t n, const region *r,
                             int *many)
{
    gt_status st = GT_OK;
    for (uint32_t i = 0; st == GT_OK && i < n; i++) {
        if (i > 0 && keys[i] == keys[i - 1]) {
            if (i < 2 || keys[i] != keys[i - 2]) {
                st = report(j, GT_WEAVE_SELF_CROSS, (uint32_t)(keys[i] >> 32), (uint32_t)keys[i],
                            GT_WEAVE_NONE, r);
                ++*many;
            }
            continue;
        }
        for (uint32_t k = i + 1; st == GT_OK && k < n && keys[k] >> 32 == keys[i] >> 32; k++) {
            if (keys[k] != keys[k - 1]) {
                st = report(j, GT_WEAVE_OVERLAP, (uint32_t)(keys[i] >> 32), (uint32_t)keys[i],
                            (uint32_t)keys[k], r);
                ++*many;
            }
        }
    }
    return st;
}

static gt_status judge_region(gt_weave_judge *j, const region *r)
{
    int many = 0;
    const uint64_t *keys = r->keys;
    uint32_t n = r->n_keys;
    gt_status st = judge_twice(j, keys, n, r, &many);
    for (uint32_t layer = 0; st == GT_OK && layer < j->win.w.n_layers; layer++) {
        bool has = false;
        for (uint32_t i = 0; i < n; i++) {
            has = has || keys[i] >> 32 == layer;
        }
        if (j->coverage[layer] && !has && (n > 0 || !r->rim)) {
            st = report(j, GT_WEAVE_GAP, layer, GT_WEAVE_NONE, GT_WEAVE_NONE, r);
            many++;
        }
    }
    if (st == GT_OK && many == 0 && n > 0 &&
        width_of(r) * 1000 * WV_LENGTH_UNITS < (double)j->sliver) {
        st = report(j, GT_WEAVE_SLIVER, (uint32_t)(keys[0] >> 32), (uint32_t)keys[0],
                    n > 1 ? (uint32_t)keys[1] : GT_WEAVE_NONE, r);
    }
    return st;
}

/* Moves an open region to place `to` of the list, its keys to the next pool. */
static gt_status carry(gt_weave_judge *j, uint32_t from, uint32_t to)
{
    region r = j->regions[from];
    gt_status st = JUDGE_RESERVE(j, next_pool, j->n_next_pool + r.n_keys + 1);
    if (st == GT_OK && r.n_keys > 0) {
        memcpy(j->next_pool + j->n_next_pool, r.keys, r.n_keys * sizeof *r.keys);
        j->n_next_pool += r.n_keys;
    }
    r.parent = to;
    r.open = false;
    j->regions[to] = r;
    return st;
}

/* Keys of the carried regions lie one after the other in the pool. */
static void point_keys(gt_weave_judge *j)
{
    size_t at = 0;
    for (size_t i = 0; i < j->n_carried; i++) {
        j->regions[i].keys = j->pool + at;
        at += j->regions[i].n_keys;
    }
}

#define SWAP(type, a, b)                                                                           \
    do {                                                                                           \
        type swapped = (a);                                                                        \
        (a) = (b);                                                                                 \
        (b) = swapped;                                                                             \
    } while (0)

/* The row at hand becomes the one before: faces learn where their regions went. */
static gt_status shift_row(gt_weave_judge *j)
{
    gt_status st = JUDGE_RESERVE(j, moved, j->n_regions + 1);
    uint32_t n = 0;
    j->n_next_pool = 0;
    for (size_t i = 0; st == GT_OK && i < j->n_of_here; i++) {
        j->of_here[i] = root_of(j->regions, j->of_here[i]);
    }
    for (uint32_t i = 0; st == GT_OK && i < j->n_regions; i++) {
        bool stays = j->regions[i].parent == i && j->regions[i].open;
        j->moved[i] = stays ? n : WV_END;
        st = stays ? carry(j, i, n++) : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < j->n_of_here; i++) {
        j->of_here[i] = j->moved[j->of_here[i]];
    }
    SWAP(uint32_t *, j->of_here, j->of_before);
    SWAP(size_t, j->cap_of_here, j->cap_of_before);
    SWAP(uint64_t *, j->pool, j->next_pool);
    SWAP(size_t, j->cap_pool, j->cap_next_pool);
    SWAP(size_t *, j->first[0], j->first[1]);
    j->n_carried = n;
    point_keys(j);
    return st;
}

static gt_status close_row(gt_ctx *ctx, void *user, bool top)
{
    gt_weave_judge *j = user;
    j->ctx = ctx;
    gt_status st = open_row(j);
    if (st == GT_OK) {
        st = gt_wv_window_seams(&j->win, top, join_seam, j);
    }
    if (st == GT_OK && !top) {
        mark_open(j);
    }
    if (st == GT_OK) {
        sum_regions(j);
    }
    for (uint32_t i = 0; st == GT_OK && i < j->n_regions; i++) {
        if (j->regions[i].parent == i && !j->regions[i].open) {
            st = judge_region(j, &j->regions[i]);
        }
    }
    return st == GT_OK ? shift_row(j) : st;
}

static int finding_order(const void *a, const void *b)
{
    const gt_weave_finding *p = a, *q = b;
    const double x[] = {p->fault, p->layer, p->box.ymin, p->box.xmin, p->first, p->second, p->m2};
    const double y[] = {q->fault, q->layer, q->box.ymin, q->box.xmin, q->first, q->second, q->m2};
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}

gt_status gt_weave_judge_new(gt_ctx *ctx, uint32_t n_layers, const gt_weave_rows_of *of,
                             const bool *coverage, double sliver_width, gt_weave_judge **out)
{
    gt_weave_judge *j = gt_zalloc(ctx, 1, sizeof *j);
    if (j == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = gt_wv_window_open(ctx, &j->win, n_layers, of);
    if (st == GT_OK && !(sliver_width >= 0 && sliver_width <= 1e6)) {
        st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_WEAVE_OPTION, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("what", "sliver_width"), GT_REAL("value", sliver_width)));
    }
    for (uint32_t k = 0; st == GT_OK && k < n_layers; k++) {
        j->coverage[k] = coverage != NULL && coverage[k];
    }
    j->sliver = st == GT_OK ? (int64_t)(sliver_width * 1000 * WV_LENGTH_UNITS) : 0;
    for (int k = 0; st == GT_OK && k < 2; k++) {
        j->first[k] = gt_zalloc(ctx, of->n_columns, sizeof *j->first[k]);
        st = j->first[k] == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        *out = j;
    } else {
        gt_weave_judge_free(ctx, j);
    }
    return st;
}

void gt_weave_judge_free(gt_ctx *ctx, gt_weave_judge *j)
{
    if (j == NULL) {
        return;
    }
    void *const all[] = {j->regions, j->first[0],  j->first[1], j->of_before, j->of_here,
                         j->pool,    j->next_pool, j->moved,    j->found};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        gt_free(ctx, all[i]);
    }
    gt_wv_window_free(ctx, &j->win);
    gt_free(ctx, j);
}

gt_status gt_weave_judge_cell(gt_ctx *ctx, gt_weave_judge *j, const gt_weave_cell *cell)
{
    return gt_wv_window_put(ctx, &j->win, cell, close_row, j);
}

gt_status gt_weave_judge_end(gt_ctx *ctx, gt_weave_judge *j, gt_weave_finding **out, size_t *n)
{
    gt_status st = gt_wv_window_upto(ctx, &j->win, j->win.last, close_row, j);
    if (st != GT_OK) {
        return st;
    }
    if (j->n_found > 1) {
        qsort(j->found, j->n_found, sizeof *j->found, finding_order);
    }
    *out = j->found;
    *n = j->n_found;
    j->found = NULL;
    j->n_found = j->cap_found = 0;
    return GT_OK;
}

gt_status gt_weave_qc(gt_ctx *ctx, const gt_weave *w, gt_weave_finding **out, size_t *n)
{
    const wv_grid *g = &w->grid;
    const gt_weave_rows_of of = {.cell = (double)g->side / 1000,
                                 .column = g->col0,
                                 .row = g->row0,
                                 .n_columns = g->n_cols,
                                 .n_rows = g->n_rows};
    gt_weave_judge *j = NULL;
    gt_status st = gt_weave_judge_new(ctx, w->n_layers, &of, w->coverage, 0, &j);
    if (st == GT_OK) {
        j->sliver = w->sliver;
        j->win.borrowed = true;
    }
    for (size_t i = 0; st == GT_OK && i < wv_n_cells(w); i++) {
        if (w->cells[i] != NULL) {
            const gt_weave_cell cell = {g->col0 + (int64_t)(i % g->n_cols),
                                        g->row0 + (int64_t)(i / g->n_cols), w->cells[i],
                                        w->cells[i]->bytes};
            st = gt_weave_judge_cell(ctx, j, &cell);
        }
    }
    st = st == GT_OK ? gt_weave_judge_end(ctx, j, out, n) : st;
    gt_weave_judge_free(ctx, j);
    return st;
}
