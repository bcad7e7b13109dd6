/* Coverage QC: kept faces joined across cells by union-find, then judged. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weave/weave.h"

typedef struct region {
    uint32_t parent;
    bool rim;            /* reaches the rim of the grid: the outside */
    double area, length; /* 2^-11 mm2, 2^-10 mm; sums of integers below 2^53 */
    double box[4];       /* mm from the grid's corner */
} region;

typedef struct judge {
    gt_ctx *ctx;
    const gt_weave *w;
    size_t *first; /* region of each cell's first face; an empty cell has one */
    region *regions;
    size_t n;
    gt_weave_finding *found;
    size_t n_found, cap_found;
} judge;

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

static const wv_entry *entry_at(const gt_weave *w, size_t cell, uint32_t face,
                                const uint64_t **keys)
{
    const wv_cell *c = w->cells[cell];
    if (c == NULL) {
        return NULL;
    }
    const wv_entry *e = &wv_entries(c)[wv_faces(c)[face].entry];
    *keys = wv_keys(c) + e->keys;
    return e;
}

static bool same_label(const gt_weave *w, const wv_seam *s)
{
    const uint64_t *p = NULL, *q = NULL;
    const wv_entry *a = entry_at(w, s->a, s->face_a, &p), *b = entry_at(w, s->b, s->face_b, &q);
    uint32_t n = a == NULL ? 0 : a->n_keys, m = b == NULL ? 0 : b->n_keys;
    return n == m && (n == 0 || memcmp(p, q, n * sizeof *p) == 0);
}

/* The region of the face on one side of a seam; NULL outside the grid. */
static region *region_at(const judge *j, size_t cell, uint32_t face)
{
    return cell == WV_NO_CELL ? NULL : &j->regions[j->first[cell] + (face == WV_END ? 0 : face)];
}

static gt_status join_seam(void *user, const wv_seam *s)
{
    judge *j = user;
    region *a = region_at(j, s->a, s->face_a), *b = region_at(j, s->b, s->face_b);
    if (a != NULL && b != NULL && same_label(j->w, s)) {
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

static void set_region(const judge *j, size_t cell, const wv_face *f, region *r, uint32_t index)
{
    size_t column = cell % j->w->grid.n_cols, row = cell / j->w->grid.n_cols;
    double side = (double)j->w->grid.side, x = (double)column * side, y = (double)row * side;
    r->parent = index;
    if (f == NULL) {
        r->area = side * side * (2 << WV_AREA_SHIFT);
        r->box[0] = x;
        r->box[1] = y;
        r->box[2] = x + side;
        r->box[3] = y + side;
        return;
    }
    r->area = (double)f->area;
    r->length = (double)f->length; /* before the seams add theirs */
    for (int k = 0; k < 4; k++) {
        r->box[k] = f->box[k] + (k % 2 == 0 ? x : y);
    }
}

static gt_status open_regions(judge *j)
{
    const gt_weave *w = j->w;
    size_t n = 0, cells = wv_n_cells(w);
    j->first = gt_alloc(j->ctx, cells + 1, sizeof *j->first);
    if (j->first == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < cells; i++) {
        j->first[i] = n;
        n += w->cells[i] == NULL ? 1 : w->cells[i]->n_faces;
    }
    j->n = n;
    j->regions = gt_zalloc(j->ctx, n + 1, sizeof *j->regions);
    if (j->regions == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < cells; i++) {
        size_t many = w->cells[i] == NULL ? 1 : w->cells[i]->n_faces;
        for (size_t k = 0; k < many; k++) {
            const wv_face *f = w->cells[i] == NULL ? NULL : &wv_faces(w->cells[i])[k];
            set_region(j, i, f, &j->regions[j->first[i] + k], (uint32_t)(j->first[i] + k));
        }
    }
    return GT_OK;
}

/* Sums every region into its root. Roots come first, as the smaller index wins. */
static void sum_regions(judge *j)
{
    for (uint32_t i = 0; i < j->n; i++) {
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

static double width_of(const region *r)
{
    double p = r->length / WV_LENGTH_UNITS; /* mm */
    return p > 0 ? 2 * (r->area / (2 << WV_AREA_SHIFT)) / p / 1000 : INFINITY;
}

static gt_status report(judge *j, gt_weave_fault fault, uint32_t layer, uint32_t first,
                        uint32_t second, const region *r)
{
    gt_status st =
        gt_grow(j->ctx, (void **)&j->found, &j->cap_found, j->n_found + 1, sizeof *j->found);
    if (st == GT_OK) {
        const wv_grid *g = &j->w->grid;
        double ox = (double)(g->col0 * g->side), oy = (double)(g->row0 * g->side);
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
static gt_status judge_twice(judge *j, const uint64_t *keys, uint32_t n, const region *r, int *many)
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

static gt_status judge_region(judge *j, const uint64_t *keys, uint32_t n, const region *r)
{
    int many = 0;
    gt_status st = judge_twice(j, keys, n, r, &many);
    for (uint32_t layer = 0; st == GT_OK && layer < j->w->n_layers; layer++) {
        bool has = false;
        for (uint32_t i = 0; i < n; i++) {
            has = has || keys[i] >> 32 == layer;
        }
        if (j->w->coverage[layer] && !has && (n > 0 || !r->rim)) {
            st = report(j, GT_WEAVE_GAP, layer, GT_WEAVE_NONE, GT_WEAVE_NONE, r);
            many++;
        }
    }
    if (st == GT_OK && many == 0 && n > 0 &&
        width_of(r) * 1000 * WV_LENGTH_UNITS < (double)j->w->sliver) {
        st = report(j, GT_WEAVE_SLIVER, (uint32_t)(keys[0] >> 32), (uint32_t)keys[0],
                    n > 1 ? (uint32_t)keys[1] : GT_WEAVE_NONE, r);
    }
    return st;
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

gt_status gt_weave_qc(gt_ctx *ctx, const gt_weave *w, gt_weave_finding **out, size_t *n)
{
    judge j = {.ctx = ctx, .w = w};
    gt_status st = open_regions(&j);
    if (st == GT_OK) {
        st = gt_wv_seams(ctx, w, join_seam, &j);
    }
    if (st == GT_OK) {
        sum_regions(&j);
    }
    for (size_t cell = 0; st == GT_OK && cell < wv_n_cells(w); cell++) {
        size_t many = w->cells[cell] == NULL ? 1 : w->cells[cell]->n_faces;
        for (uint32_t k = 0; st == GT_OK && k < many; k++) {
            const region *r = &j.regions[j.first[cell] + k];
            const uint64_t *keys = NULL;
            const wv_entry *e = entry_at(w, cell, k, &keys);
            if (r->parent == j.first[cell] + k) {
                st = judge_region(&j, keys, e == NULL ? 0 : e->n_keys, r);
            }
        }
    }
    gt_free(ctx, j.first);
    gt_free(ctx, j.regions);
    if (st != GT_OK) {
        gt_free(ctx, j.found);
        return st;
    }
    if (j.n_found > 1) {
        qsort(j.found, j.n_found, sizeof *j.found, finding_order);
    }
    *out = j.found;
    *n = j.n_found;
    return GT_OK;
}
