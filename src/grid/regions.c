/* Merging of regions: see regions.h. A heap of the small ones, and for each the list of its
 * neighbours, which is put in order whenever it is asked (neighbours that were merged meanwhile
 * become one). */
#include "grid/regions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEGREES 57.29577951308232

typedef struct beside {
    uint32_t region, length;
} beside;

typedef struct besides {
    beside *list;
    size_t n, cap;
} besides;

typedef struct small {
    uint64_t cells;
    uint32_t region;
} small;

typedef struct merging {
    region *regions;
    uint32_t *root;
    besides *of; /* by region */
    small *heap;
    size_t n_heap, cap_heap;
} merging;

double region_aspect(const region *r)
{
    if (r->n_aspect == 0 || hypot(r->east, r->north) < 1e-12 * (double)r->n_aspect) {
        return (double)NAN;
    }
    double a = atan2(r->east, r->north) * DEGREES;
    return a < 0 ? a + 360 : a;
}

double region_variance(const region *r)
{
    return r->n_aspect == 0 ? (double)NAN : 1 - hypot(r->east, r->north) / (double)r->n_aspect;
}

static uint32_t root_of(const merging *m, uint32_t i)
{
    while (m->root[i] != i) {
        m->root[i] = m->root[m->root[i]];
        i = m->root[i];
    }
    return i;
}

static gt_status add_beside(gt_ctx *ctx, besides *b, uint32_t next, uint32_t length)
{
    gt_status st = GT_OK;
    if (b->n == b->cap) {
        st = gt_grow(ctx, (void **)&b->list, &b->cap, b->n + 1, sizeof *b->list);
    }
    if (st == GT_OK) {
        b->list[b->n++] = (beside){next, length};
    }
    return st;
}

static int by_region(const void *a, const void *b)
{
    const beside *x = a, *y = b;
    return x->region < y->region ? -1 : x->region > y->region;
}

/* The neighbours of a region as they are now, each once. */
static const besides *besides_of(const merging *m, uint32_t i)
{
    besides *b = &m->of[i];
    size_t n = 0;
    for (size_t k = 0; k < b->n; k++) {
        b->list[k].region = root_of(m, b->list[k].region);
    }
    if (b->n > 0) {
        qsort(b->list, b->n, sizeof *b->list, by_region);
    }
    for (size_t k = 0; k < b->n; k++) {
        if (b->list[k].region == i) {
            continue;
        }
        if (n > 0 && b->list[n - 1].region == b->list[k].region) {
            b->list[n - 1].length += b->list[k].length;
        } else {
            b->list[n++] = b->list[k];
        }
    }
    b->n = n;
    return b;
}

/* Angle between two mean directions; more than any where one has none. */
static double difference(const region *a, const region *b)
{
    double x = region_aspect(a), y = region_aspect(b);
    return isnan(x) || isnan(y) ? 181 : fabs(remainder(x - y, 360));
}

static uint32_t closest(const merging *m, uint32_t i)
{
    const besides *b = besides_of(m, i);
    uint32_t best = UINT32_MAX, length = 0;
    double least = 0;
    for (size_t k = 0; k < b->n; k++) {
        double d = difference(&m->regions[i], &m->regions[b->list[k].region]);
        if (best == UINT32_MAX || d < least || (d == least && b->list[k].length > length)) {
            best = b->list[k].region;
            length = b->list[k].length;
            least = d;
        }
    }
    return best;
}

/* ---- the heap -----------------------------------------------------------------------------------
 */

static bool before(const small *a, const small *b)
{
    return a->cells != b->cells ? a->cells < b->cells : a->region < b->region;
}

static gt_status push(gt_ctx *ctx, merging *m, small s)
{
    if (m->n_heap == m->cap_heap) {
        gt_status st =
            gt_grow(ctx, (void **)&m->heap, &m->cap_heap, m->n_heap + 1, sizeof *m->heap);
        if (st != GT_OK) {
            return st;
        }
    }
    size_t i = m->n_heap++;
    for (; i > 0 && before(&s, &m->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        m->heap[i] = m->heap[(i - 1) / 2];
    }
    m->heap[i] = s;
    return GT_OK;
}

static small pop(merging *m)
{
    const small top = m->heap[0], last = m->heap[--m->n_heap];
    size_t i = 0;
    for (size_t child = 1; child < m->n_heap; child = 2 * i + 1) {
        if (child + 1 < m->n_heap && before(&m->heap[child + 1], &m->heap[child])) {
            child++;
        }
        if (!before(&m->heap[child], &last)) {
            break;
        }
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = last;
    return top;
}

/* ---- merging ------------------------------------------------------------------------------------
 */

static gt_status join(gt_ctx *ctx, merging *m, uint32_t from, uint32_t to)
{
    region *a = &m->regions[to];
    const region *b = &m->regions[from];
    besides *list = &m->of[from];
    gt_status st = GT_OK;
    m->root[from] = to;
    a->cells += b->cells;
    a->n_slope += b->n_slope;
    a->n_aspect += b->n_aspect;
    a->slope += b->slope;
    a->east += b->east;
    a->north += b->north;
    a->low = fmin(a->low, b->low);
    a->high = fmax(a->high, b->high);
    if (list->n > m->of[to].n) { /* the longer list takes in the shorter */
        const besides swap = *list;
        *list = m->of[to];
        m->of[to] = swap;
    }
    for (size_t k = 0; st == GT_OK && k < list->n; k++) {
        st = add_beside(ctx, &m->of[to], list->list[k].region, list->list[k].length);
    }
    gt_free(ctx, list->list);
    *list = (besides){0};
    return st;
}

static gt_status merge_small(gt_ctx *ctx, merging *m, uint64_t min_cells)
{
    gt_status st = GT_OK;
    for (size_t k = 0; st == GT_OK && m->n_heap > 0; k++) {
        const small s = pop(m);
        if (m->root[s.region] != s.region || m->regions[s.region].cells != s.cells) {
            continue; /* merged, or grown since */
        }
        uint32_t to = closest(m, s.region);
        if (to == UINT32_MAX) {
            continue;
        }
        st = join(ctx, m, s.region, to);
        if (st == GT_OK && m->regions[to].cells < min_cells) {
            st = push(ctx, m, (small){m->regions[to].cells, to});
        }
        st = st == GT_OK && k % 1024 == 0 ? gt_check_cancel(ctx) : st;
    }
    return st;
}

gt_status regions_merge(gt_ctx *ctx, region *regions, size_t n, const border *borders,
                        size_t n_borders, uint64_t min_cells, uint32_t *root)
{
    merging m = {.regions = regions, .root = root, .of = gt_zalloc(ctx, n + 1, sizeof(besides))};
    gt_status st = m.of == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; i < n; i++) {
        root[i] = (uint32_t)i;
    }
    for (size_t i = 0; st == GT_OK && i < n_borders; i++) {
        st = add_beside(ctx, &m.of[borders[i].a], borders[i].b, borders[i].length);
        if (st == GT_OK) {
            st = add_beside(ctx, &m.of[borders[i].b], borders[i].a, borders[i].length);
        }
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (regions[i].cells < min_cells) {
            st = push(ctx, &m, (small){regions[i].cells, (uint32_t)i});
        }
    }
    st = st == GT_OK ? merge_small(ctx, &m, min_cells) : st;
    for (size_t i = 0; i < n; i++) {
        root[i] = root_of(&m, (uint32_t)i);
        if (m.of != NULL) {
            gt_free(ctx, m.of[i].list);
        }
    }
    gt_free(ctx, m.of);
    gt_free(ctx, m.heap);
    return st;
}
