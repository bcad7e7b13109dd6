/* Least-cost fields: see field.h. The queue is a radix heap (Ahuja et al. 1990) over the bits of
 * the costs, which sort as whole numbers: pushes and pops touch ends of arrays only. */
#include "model/connect/field.h"

#include <math.h>
#include <string.h>

#include "guotu/grid_analysis.h"
#include "guotu/grid_ops.h"
#include "model/connect/messages.h"

enum { BUCKETS = 65, CHECK_EVERY = 1 << 16 };

const int GT_NEAR_COL[8] = {1, 0, -1, 0, 1, -1, -1, 1};
const int GT_NEAR_ROW[8] = {0, -1, 0, 1, -1, -1, 1, 1};

/* ---- the radix heap ---------------------------------------------------------------------------
 */

typedef struct entry {
    uint64_t key; /* bits of the cost */
    int64_t cell;
} entry;

typedef struct bucket {
    entry *list;
    size_t n, cap;
} bucket;

typedef struct heap {
    gt_ctx *ctx;
    bucket b[BUCKETS];
    uint64_t last;
    size_t n;
} heap;

static uint64_t bits_of(double v)
{
    uint64_t b = 0;
    memcpy(&b, &v, sizeof b);
    return b; /* costs are >= 0: bits ascend with them */
}

static double cost_of(uint64_t bits)
{
    double v = 0;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static int bucket_of(uint64_t key, uint64_t last)
{
    return key == last ? 0 : 64 - __builtin_clzll(key ^ last);
}

static gt_status put(heap *h, int at, entry e)
{
    bucket *b = &h->b[at];
    if (b->n == b->cap) {
        gt_status st = gt_grow(h->ctx, (void **)&b->list, &b->cap, b->n + 1, sizeof *b->list);
        if (st != GT_OK) {
            return st;
        }
    }
    b->list[b->n++] = e;
    return GT_OK;
}

static gt_status push(heap *h, double cost, int64_t cell)
{
    const entry e = {bits_of(cost), cell};
    h->n++;
    return put(h, bucket_of(e.key, h->last), e);
}

/* The heap is not empty. */
static gt_status pop(heap *h, entry *out)
{
    gt_status st = GT_OK;
    if (h->b[0].n == 0) {
        int at = 1;
        while (h->b[at].n == 0) {
            at++;
        }
        bucket *b = &h->b[at];
        h->last = b->list[0].key;
        for (size_t i = 1; i < b->n; i++) {
            h->last = b->list[i].key < h->last ? b->list[i].key : h->last;
        }
        for (size_t i = 0; st == GT_OK && i < b->n; i++) {
            st = put(h, bucket_of(b->list[i].key, h->last), b->list[i]); /* lower buckets only */
        }
        b->n = 0;
    }
    if (st == GT_OK) {
        *out = h->b[0].list[--h->b[0].n];
        h->n--;
    }
    return st;
}

static void heap_free(heap *h)
{
    for (int i = 0; i < BUCKETS; i++) {
        gt_free(h->ctx, h->b[i].list);
    }
}

/* ---- the ground -------------------------------------------------------------------------------
 */

static gt_status check_friction(gt_ctx *ctx, const gt_ground *g, const char *file, double least)
{
    for (int64_t i = 0; i < g->cols * g->rows; i++) {
        double r = (double)g->friction[i];
        if (r < least || !(r > 0 || isnan(r)) || isinf(r)) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_RESISTANCE, GT_PLACE(.file = file),
                           GT_ARGS(GT_REAL("value", r), GT_INT("col", i % g->cols),
                                   GT_INT("row", i / g->cols)));
        }
    }
    return gt_check_cancel(ctx);
}

static size_t index_of(const int64_t *id, size_t n, int64_t want)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (id[mid] < want) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* Distinct numbers, ascending: inserted where they belong when first met. */
static gt_status list_ids(gt_ctx *ctx, gt_ground *g, const char *file)
{
    size_t cap = 0;
    int64_t last = 0;
    for (int64_t i = 0; i < g->cols * g->rows; i++) {
        int64_t v = g->source[i];
        if (v == GT_NODATA_I32 || v == 0) {
            g->source[i] = 0;
            continue;
        }
        if (v < 0 || isnan(g->friction[i])) {
            return gt_fail(
                ctx, GT_E_INPUT, v < 0 ? &GT_MSG_CONNECT_SOURCE_ID : &GT_MSG_CONNECT_SOURCE_NODATA,
                GT_PLACE(.file = file),
                GT_ARGS(GT_INT("id", v), GT_INT("col", i % g->cols), GT_INT("row", i / g->cols)));
        }
        if (v == last) {
            continue;
        }
        last = v;
        size_t at = index_of(g->id, g->n_sources, v);
        if (at < g->n_sources && g->id[at] == v) {
            continue;
        }
        gt_status st = gt_grow(ctx, (void **)&g->id, &cap, g->n_sources + 1, sizeof *g->id);
        if (st != GT_OK) {
            return st;
        }
        memmove(g->id + at + 1, g->id + at, (g->n_sources - at) * sizeof *g->id);
        g->id[at] = v;
        g->n_sources++;
    }
    return gt_check_cancel(ctx);
}

/* Numbers become indices; cells of each source are listed. */
static gt_status list_cells(gt_ctx *ctx, gt_ground *g)
{
    size_t n = 0, index = 0;
    g->from = gt_zalloc(ctx, g->n_sources + 2, sizeof *g->from);
    if (g->from == NULL) {
        return GT_E_MEMORY;
    }
    for (int64_t i = 0; i < g->cols * g->rows; i++) {
        int32_t v = g->source[i];
        if (v == 0) {
            g->source[i] = -1;
            continue;
        }
        if (g->id[index] != v) {
            index = index_of(g->id, g->n_sources, v);
        }
        g->source[i] = (int32_t)index;
        g->from[index + 2]++;
        n++;
    }
    g->cells = gt_alloc(ctx, n == 0 ? 1 : n, sizeof *g->cells);
    if (g->cells == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t k = 2; k < g->n_sources + 2; k++) {
        g->from[k] += g->from[k - 1];
    }
    for (int64_t i = 0; i < g->cols * g->rows; i++) {
        if (g->source[i] >= 0) {
            g->cells[g->from[g->source[i] + 1]++] = i;
        }
    }
    return GT_OK;
}

gt_status gt_ground_read(gt_ctx *ctx, gt_grid *friction, gt_grid *sources, double least,
                         gt_ground *out)
{
    const gt_grid_spec *s = gt_grid_facts(friction);
    const gt_window all = {0, 0, s->n_cols, s->n_rows};
    gt_ground *g = out;
    memset(g, 0, sizeof *g);
    g->cols = s->n_cols;
    g->rows = s->n_rows;
    for (int e = 0; e < 8; e++) {
        double x = GT_NEAR_COL[e] * s->cell_x, y = GT_NEAR_ROW[e] * s->cell_y;
        g->half[e] = sqrt(x * x + y * y) / 2;
    }
    size_t n = (size_t)(g->cols * g->rows);
    g->friction = gt_alloc(ctx, n, sizeof *g->friction);
    g->source = gt_alloc(ctx, n, sizeof *g->source);
    gt_status st = g->friction == NULL || g->source == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK) {
        st = gt_grid_read(ctx, friction, &all, GT_CELL_F32, g->friction, (size_t)g->cols);
    }
    if (st == GT_OK) {
        st = gt_grid_read(ctx, sources, &all, GT_CELL_I32, g->source, (size_t)g->cols);
    }
    st = st == GT_OK ? check_friction(ctx, g, gt_grid_path(friction), least) : st;
    st = st == GT_OK ? list_ids(ctx, g, gt_grid_path(sources)) : st;
    return st == GT_OK ? list_cells(ctx, g) : st;
}

/* Sources as a grid of their indices from 1, nodata elsewhere. */
static gt_status put_sources(gt_ctx *ctx, const gt_ground *g, gt_grid *to)
{
    gt_status st = GT_OK;
    int32_t *row = gt_alloc(ctx, (size_t)g->cols, sizeof *row);
    st = row == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t y = 0; st == GT_OK && y < g->rows; y++) {
        const gt_window w = {0, y, g->cols, 1};
        for (int64_t x = 0; x < g->cols; x++) {
            int32_t index = g->source[y * g->cols + x];
            row[x] = index < 0 ? GT_NODATA_I32 : index + 1;
        }
        st = gt_grid_write(ctx, to, &w, GT_CELL_I32, row, (size_t)g->cols);
    }
    gt_free(ctx, row);
    return st;
}

gt_status gt_ground_zones(gt_ctx *ctx, gt_grid *friction, double max, gt_ground *g)
{
    const gt_window all = {0, 0, g->cols, g->rows};
    gt_grid *near = NULL, *back = NULL, *zone = NULL, *sources = NULL;
    gt_grid_spec spec;
    gt_cost_options o;
    size_t n = (size_t)(g->cols * g->rows);
    gt_cost_options_init(&o);
    o.max_cost = max;
    gt_grid_spec_like(friction, GT_CELL_F32, &spec);
    spec.nodata = (double)NAN;
    spec.packing = GT_GRID_PLAIN;
    spec.tile = 0;
    spec.overviews = 0;
    gt_status st = gt_grid_create_scratch(ctx, NULL, &spec, &near);
    spec.type = GT_CELL_U8;
    st = st == GT_OK ? gt_grid_create_scratch(ctx, NULL, &spec, &back) : st;
    spec.type = GT_CELL_I32;
    st = st == GT_OK ? gt_grid_create_scratch(ctx, NULL, &spec, &zone) : st;
    st = st == GT_OK ? gt_grid_create_scratch(ctx, NULL, &spec, &sources) : st;
    st = st == GT_OK ? put_sources(ctx, g, sources) : st;
    st = st == GT_OK ? gt_grid_cost_distance(ctx, friction, sources, &o, near, back, NULL) : st;
    st = st == GT_OK ? gt_grid_downstream(ctx, back, sources, zone) : st;
    if (st == GT_OK) {
        g->near = gt_alloc(ctx, n, sizeof *g->near);
        g->zone = gt_alloc(ctx, n, sizeof *g->zone);
        st = g->near == NULL || g->zone == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        st = gt_grid_read(ctx, near, &all, GT_CELL_F32, g->near, (size_t)g->cols);
    }
    if (st == GT_OK) {
        st = gt_grid_read(ctx, zone, &all, GT_CELL_I32, g->zone, (size_t)g->cols);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        g->zone[i] = g->zone[i] == GT_NODATA_I32 ? -1 : g->zone[i] - 1;
    }
    gt_grid_close(ctx, near);
    gt_grid_close(ctx, back);
    gt_grid_close(ctx, zone);
    gt_grid_close(ctx, sources);
    return st;
}

void gt_ground_free(gt_ctx *ctx, gt_ground *g)
{
    gt_free(ctx, g->friction);
    gt_free(ctx, g->source);
    gt_free(ctx, g->id);
    gt_free(ctx, g->cells);
    gt_free(ctx, g->from);
    gt_free(ctx, g->near);
    gt_free(ctx, g->zone);
    memset(g, 0, sizeof *g);
}

/* ---- fields -----------------------------------------------------------------------------------
 */

/* The cell, to be written. */
static double *cell_of(gt_ctx *ctx, gt_cost_field *f, int64_t col, int64_t row)
{
    const int64_t at = row / GT_PAGE_SIDE * f->across + col / GT_PAGE_SIDE;
    double **p = &f->page[at];
    if (*p == NULL || (f->lent != NULL && f->lent[at])) {
        const double *old = *p;
        double *own = gt_alloc(ctx, GT_PAGE_CELLS, sizeof *own);
        if (own == NULL) {
            return NULL;
        }
        for (int i = 0; i < GT_PAGE_CELLS; i++) {
            own[i] = old != NULL ? old[i] : (double)INFINITY;
        }
        *p = own;
        f->n_pages++;
        if (f->lent != NULL) {
            f->lent[at] = false;
        }
    }
    return *p + row % GT_PAGE_SIDE * GT_PAGE_SIDE + col % GT_PAGE_SIDE;
}

/* May a way go on from this cell? */
static bool open_cell(const gt_ground *g, size_t index, bool through, int64_t cell)
{
    return through || g->source[cell] < 0 || (size_t)g->source[cell] == index;
}

/* What is still to come beyond the cell at least; INFINITY: no way on. guide: NULL, or the field
 * that alone may be followed. */
static double rest_of(const gt_ground *g, const gt_field_options *o, const gt_cost_field *guide,
                      int64_t col, int64_t row)
{
    if (guide != NULL) {
        return gt_field_at(guide, col, row);
    }
    /* near was rounded to float32: a part in a million is left to it */
    return o->tight ? (double)g->near[row * g->cols + col] * (1 - 1e-6) : 0;
}

static gt_status expand(heap *h, const gt_ground *g, gt_cost_field *f, const gt_field_options *o,
                        const gt_cost_field *guide, const entry *e)
{
    int64_t col = e->cell % g->cols, row = e->cell / g->cols;
    double d = cost_of(e->key), r = (double)g->friction[e->cell];
    for (int k = 0; k < 8; k++) {
        int64_t c = col + GT_NEAR_COL[k], y = row + GT_NEAR_ROW[k], to = y * g->cols + c;
        if (c < 0 || y < 0 || c >= g->cols || y >= g->rows || isnan(g->friction[to])) {
            continue;
        }
        double next = d + g->half[k] * (r + (double)g->friction[to]);
        if (!(next + rest_of(g, o, guide, c, y) <= o->limit)) {
            continue;
        }
        if (guide != NULL && gt_field_at(f, c, y) <= next) {
            continue; /* before a page is made for it */
        }
        double *at = cell_of(h->ctx, f, c, y);
        if (at == NULL) {
            return GT_E_MEMORY;
        }
        if (next < *at) {
            f->n_cells += isinf(*at) ? 1 : 0;
            *at = next;
            gt_status st = push(h, next, to);
            if (st != GT_OK) {
                return st;
            }
        }
    }
    return GT_OK;
}

/* Cells of the source start at 0; those that touch none but their own need not be expanded. */
static gt_status start(heap *h, const gt_ground *g, gt_cost_field *f, size_t index)
{
    gt_status st = GT_OK;
    for (size_t i = g->from[index]; st == GT_OK && i < g->from[index + 1]; i++) {
        double *at = cell_of(h->ctx, f, g->cells[i] % g->cols, g->cells[i] / g->cols);
        if (at == NULL) {
            return GT_E_MEMORY;
        }
        *at = 0;
        f->n_cells++;
        st = push(h, 0, g->cells[i]);
    }
    return st;
}

/* Empties the queue. */
static gt_status spread(gt_ctx *ctx, heap *hp, const gt_ground *g, size_t index,
                        const gt_field_options *options, const gt_cost_field *guide,
                        gt_cost_field *f)
{
    size_t steps = 0;
    gt_status st = GT_OK;
    while (st == GT_OK && hp->n > 0) {
        entry e;
        st = pop(hp, &e);
        if (st == GT_OK && ++steps % CHECK_EVERY == 0) {
            st = gt_check_cancel(ctx);
        }
        if (st != GT_OK || cost_of(e.key) != gt_field_at(f, e.cell % g->cols, e.cell / g->cols) ||
            !open_cell(g, index, options->through, e.cell)) {
            continue;
        }
        st = expand(hp, g, f, options, guide, &e);
    }
    return st;
}

static gt_cost_field *field_room(gt_ctx *ctx, const gt_ground *g, bool lent)
{
    gt_cost_field *f = gt_zalloc(ctx, 1, sizeof *f);
    if (f == NULL) {
        return NULL;
    }
    f->across = (g->cols + GT_PAGE_SIDE - 1) / GT_PAGE_SIDE;
    f->down = (g->rows + GT_PAGE_SIDE - 1) / GT_PAGE_SIDE;
    size_t n = (size_t)(f->across * f->down);
    f->page = gt_zalloc(ctx, n, sizeof *f->page);
    f->lent = lent ? gt_zalloc(ctx, n, sizeof *f->lent) : NULL;
    if (f->page == NULL || (lent && f->lent == NULL)) {
        gt_field_free(ctx, f);
        return NULL;
    }
    return f;
}

gt_status gt_field_new(gt_ctx *ctx, const gt_ground *g, size_t index,
                       const gt_field_options *options, gt_cost_field **out)
{
    heap h = {.ctx = ctx};
    gt_cost_field *f = field_room(ctx, g, false);
    gt_status st = f == NULL ? GT_E_MEMORY : start(&h, g, f, index);
    st = st == GT_OK ? spread(ctx, &h, g, index, options, NULL, f) : st;
    heap_free(&h);
    if (st != GT_OK) {
        gt_field_free(ctx, f);
        return st;
    }
    *out = f;
    return GT_OK;
}

void gt_field_free(gt_ctx *ctx, gt_cost_field *f)
{
    if (f == NULL) {
        return;
    }
    for (int64_t i = 0; f->page != NULL && i < f->across * f->down; i++) {
        if (f->lent == NULL || !f->lent[i]) {
            gt_free(ctx, f->page[i]);
        }
    }
    gt_free(ctx, f->page);
    gt_free(ctx, f->lent);
    gt_free(ctx, f);
}

/* Cells of one page of the guide that the field has not come to, beside one where it has. */
static gt_status enter_page(heap *h, const gt_ground *g, gt_cost_field *f, size_t index,
                            const gt_field_options *o, const gt_cost_field *guide, int64_t page)
{
    const int64_t left = page % guide->across * GT_PAGE_SIDE;
    const int64_t top = page / guide->across * GT_PAGE_SIDE;
    gt_status st = GT_OK;
    for (int64_t row = top; row < top + GT_PAGE_SIDE && row < g->rows; row++) {
        for (int64_t col = left; st == GT_OK && col < left + GT_PAGE_SIDE && col < g->cols; col++) {
            int64_t from = row * g->cols + col;
            if (isinf(gt_field_at(guide, col, row)) || !isinf(gt_field_at(f, col, row))) {
                continue;
            }
            /* All its neighbours that are known spread once more: over this cell, if they may. */
            for (int k = 0; st == GT_OK && k < 8; k++) {
                int64_t c = col + GT_NEAR_COL[k], y = row + GT_NEAR_ROW[k];
                bool inside = c >= 0 && y >= 0 && c < g->cols && y < g->rows;
                double d = inside ? gt_field_at(f, c, y) : (double)INFINITY;
                if (isinf(d) || isnan(g->friction[from]) ||
                    !open_cell(g, index, o->through, y * g->cols + c)) {
                    continue;
                }
                double next = d + g->half[k] * ((double)g->friction[y * g->cols + c] +
                                                (double)g->friction[from]);
                if (next + gt_field_at(guide, col, row) <= o->limit) {
                    st = push(h, d, y * g->cols + c);
                }
            }
        }
    }
    return st;
}

/* Does the field have something on the page, or on one beside it? */
static bool page_near(const gt_cost_field *f, int64_t page)
{
    const int64_t col = page % f->across, row = page / f->across;
    for (int64_t y = row - 1; y <= row + 1; y++) {
        for (int64_t x = col - 1; x <= col + 1; x++) {
            if (x >= 0 && y >= 0 && x < f->across && y < f->down &&
                f->page[y * f->across + x] != NULL) {
                return true;
            }
        }
    }
    return false;
}

gt_status gt_field_extend(gt_ctx *ctx, const gt_ground *g, size_t index,
                          const gt_field_options *options, const gt_cost_field *base,
                          const gt_cost_field *guide, gt_cost_field **out)
{
    heap h = {.ctx = ctx};
    gt_cost_field *f = field_room(ctx, g, true);
    gt_status st = f == NULL ? GT_E_MEMORY : GT_OK;
    const int64_t n = base->across * base->down;
    for (int64_t i = 0; st == GT_OK && i < n; i++) {
        f->page[i] = base->page[i];
        f->lent[i] = base->page[i] != NULL;
    }
    for (int64_t i = 0; st == GT_OK && i < n; i++) {
        if (guide->page[i] != NULL && page_near(base, i)) {
            st = enter_page(&h, g, f, index, options, guide, i);
            st = st == GT_OK ? gt_check_cancel(ctx) : st;
        }
    }
    st = st == GT_OK ? spread(ctx, &h, g, index, options, guide, f) : st;
    heap_free(&h);
    if (st != GT_OK) {
        gt_field_free(ctx, f);
        return st;
    }
    *out = f;
    return GT_OK;
}

static int64_t back_of(const gt_ground *g, const gt_cost_field *f, size_t index, bool through,
                       int64_t cell)
{
    int64_t col = cell % g->cols, row = cell / g->cols;
    double d = gt_field_at(f, col, row), r = (double)g->friction[cell];
    for (int k = 0; k < 8; k++) {
        int64_t c = col + GT_NEAR_COL[k], y = row + GT_NEAR_ROW[k], from = y * g->cols + c;
        if (c < 0 || y < 0 || c >= g->cols || y >= g->rows || isnan(g->friction[from]) ||
            !open_cell(g, index, through, from)) {
            continue;
        }
        if (gt_field_at(f, c, y) + g->half[k] * ((double)g->friction[from] + r) == d) {
            return from;
        }
    }
    return -1;
}

gt_status gt_field_path(gt_ctx *ctx, const gt_ground *g, const gt_cost_field *f, size_t index,
                        const gt_field_options *options, int64_t start_cell, int64_t **out,
                        size_t *n)
{
    int64_t *list = NULL, cell = start_cell;
    size_t cap = 0, k = 0;
    gt_status st = GT_OK;
    while (st == GT_OK && cell >= 0) {
        st = gt_grow(ctx, (void **)&list, &cap, k + 1, sizeof *list);
        if (st == GT_OK) {
            list[k++] = cell;
            bool there = gt_field_at(f, cell % g->cols, cell / g->cols) == 0;
            cell = there ? -1 : back_of(g, f, index, options->through, cell);
        }
    }
    if (st != GT_OK) {
        gt_free(ctx, list);
        return st;
    }
    *out = list;
    *n = k;
    return GT_OK;
}
