/* The account: area per distinct tuple of codes, from the entries of all cells. Sums are integers,
 * so neither the order of cells nor the number of threads can be seen in them. */
#include <stdlib.h>
#include <string.h>

#include "weave/weave.h"

__extension__ typedef __int128 wide;

typedef struct row {
    wide area, plane; /* 2^-11 mm2 */
} row;

struct gt_account {
    gt_ctx *ctx; /* borrowed while it is built */
    uint32_t n_layers;
    uint32_t *codes; /* n_layers each */
    row *rows;
    uint32_t *table, *order;
    size_t n, cap_codes, cap_rows, cap_table, n_table;
};

static const double M2 = 0x1p-11 * 1e-6;

void gt_account_free(gt_ctx *ctx, gt_account *a)
{
    if (a != NULL) {
        gt_free(ctx, a->codes);
        gt_free(ctx, a->rows);
        gt_free(ctx, a->table);
        gt_free(ctx, a->order);
        gt_free(ctx, a);
    }
}

static uint64_t hash_codes(const uint32_t *codes, uint32_t n)
{
    uint64_t h = 0x243F6A8885A308D3ULL;
    for (uint32_t i = 0; i < n; i++) {
        h = (h ^ codes[i]) * 0x9E3779B97F4A7C15ULL;
        h ^= h >> 32;
    }
    return h;
}

static gt_status rehash(gt_account *a)
{
    size_t want = a->n_table == 0 ? 1024 : 2 * a->n_table;
    gt_status st = gt_grow(a->ctx, (void **)&a->table, &a->cap_table, want, sizeof *a->table);
    if (st != GT_OK) {
        return st;
    }
    a->n_table = want;
    memset(a->table, 0xFF, want * sizeof *a->table);
    for (size_t i = 0; i < a->n; i++) {
        size_t at = (size_t)hash_codes(a->codes + i * a->n_layers, a->n_layers) & (want - 1);
        while (a->table[at] != UINT32_MAX) {
            at = (at + 1) & (want - 1);
        }
        a->table[at] = (uint32_t)i;
    }
    return GT_OK;
}

static gt_status add(gt_account *a, const uint32_t *codes, int64_t area, int64_t plane,
                     uint32_t *row_of)
{
    if (2 * (a->n + 1) > a->n_table) {
        gt_status st = rehash(a);
        if (st != GT_OK) {
            return st;
        }
    }
    size_t bytes = a->n_layers * sizeof *codes;
    size_t at = (size_t)hash_codes(codes, a->n_layers) & (a->n_table - 1);
    for (; a->table[at] != UINT32_MAX; at = (at + 1) & (a->n_table - 1)) {
        uint32_t i = a->table[at];
        if (memcmp(a->codes + (size_t)i * a->n_layers, codes, bytes) == 0) {
            a->rows[i].area += area;
            a->rows[i].plane += plane;
            *row_of = i;
            return GT_OK;
        }
    }
    gt_status st = gt_grow(a->ctx, (void **)&a->codes, &a->cap_codes, (a->n + 1) * a->n_layers,
                           sizeof *a->codes);
    if (st == GT_OK) {
        st = gt_grow(a->ctx, (void **)&a->rows, &a->cap_rows, a->n + 1, sizeof *a->rows);
    }
    if (st == GT_OK) {
        memcpy(a->codes + a->n * a->n_layers, codes, bytes);
        a->rows[a->n] = (row){area, plane};
        a->table[at] = *row_of = (uint32_t)a->n++;
    }
    return st;
}

/* Tuple of codes of a run of keys; false when nothing covers. */
static bool tuple_of(const uint64_t *keys, size_t n, const wv_codes *how, uint32_t n_layers,
                     uint32_t *codes)
{
    bool any = false;
    memset(codes, 0xFF, n_layers * sizeof *codes);
    for (size_t i = 0; i < n; i++) {
        uint32_t layer = (uint32_t)(keys[i] >> 32), code = (uint32_t)keys[i];
        if (how->use != NULL && !how->use[layer]) {
            continue;
        }
        if (how->code_of != NULL && how->code_of[layer] != NULL) {
            code = code < how->code_len[layer] ? how->code_of[layer][code] : GT_WEAVE_NONE;
        }
        if (code == GT_WEAVE_NONE) {
            continue;
        }
        codes[layer] =
            codes[layer] == GT_WEAVE_NONE || codes[layer] == code ? code : GT_WEAVE_SEVERAL;
        any = true;
    }
    return any;
}

static int row_order(const void *x, const void *y, void *user)
{
    const gt_account *a = user;
    const uint32_t *p = a->codes + (size_t) * (const uint32_t *)x * a->n_layers;
    const uint32_t *q = a->codes + (size_t) * (const uint32_t *)y * a->n_layers;
    for (uint32_t i = 0; i < a->n_layers; i++) {
        if (p[i] != q[i]) {
            return p[i] < q[i] ? -1 : 1;
        }
    }
    return 0;
}

void gt_wv_groups_free(gt_ctx *ctx, wv_groups *g)
{
    gt_free(ctx, g->first_entry);
    gt_free(ctx, g->row);
    memset(g, 0, sizeof *g);
}

static gt_status groups_open(gt_ctx *ctx, const gt_weave *w, wv_groups *g)
{
    memset(g, 0, sizeof *g);
    g->first_entry = gt_alloc(ctx, wv_n_cells(w) + 1, sizeof *g->first_entry);
    if (g->first_entry == NULL) {
        return GT_E_MEMORY;
    }
    size_t sum = 0;
    for (size_t i = 0; i < wv_n_cells(w); i++) {
        g->first_entry[i] = sum;
        sum += w->cells[i] == NULL ? 0 : w->cells[i]->n_entries;
    }
    g->first_entry[wv_n_cells(w)] = sum;
    g->row = gt_alloc(ctx, sum + 1, sizeof *g->row);
    return g->row == NULL ? GT_E_MEMORY : GT_OK;
}

/* Adds the entries of all cells; notes the row of each when groups are asked for. */
static gt_status add_cells(gt_account *a, const gt_weave *w, const wv_codes *how, wv_groups *g)
{
    uint32_t codes[GT_WEAVE_LAYERS_MAX];
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < wv_n_cells(w); i++) {
        const wv_cell *c = w->cells[i];
        for (uint32_t k = 0; st == GT_OK && c != NULL && k < c->n_entries; k++) {
            const wv_entry *e = &wv_entries(c)[k];
            uint32_t place = UINT32_MAX;
            if (tuple_of(wv_keys(c) + e->keys, e->n_keys, how, w->n_layers, codes)) {
                st = add(a, codes, e->area, e->plane, &place);
            }
            if (g != NULL) {
                g->row[g->first_entry[i] + k] = place;
            }
        }
        if (st == GT_OK && i % 256 == 0) {
            st = gt_check_cancel(a->ctx);
        }
    }
    return st;
}

/* Sorts the rows by tuple; groups follow. */
static gt_status sort_rows(gt_account *a, wv_groups *g, size_t n_entries)
{
    a->order = gt_alloc(a->ctx, a->n + 1, sizeof *a->order);
    if (a->order == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < a->n; i++) {
        a->order[i] = (uint32_t)i;
    }
    qsort_r(a->order, a->n, sizeof *a->order, row_order, a);
    if (g != NULL) {
        uint32_t *rank = gt_alloc(a->ctx, a->n + 1, sizeof *rank);
        if (rank == NULL) {
            return GT_E_MEMORY;
        }
        for (size_t i = 0; i < a->n; i++) {
            rank[a->order[i]] = (uint32_t)i;
        }
        for (size_t i = 0; i < n_entries; i++) {
            g->row[i] = g->row[i] == UINT32_MAX ? UINT32_MAX : rank[g->row[i]];
        }
        gt_free(a->ctx, rank);
    }
    return GT_OK;
}

gt_status gt_wv_account(gt_ctx *ctx, const gt_weave *w, const wv_codes *how, wv_groups *groups,
                        gt_account **out)
{
    gt_account *a = gt_zalloc(ctx, 1, sizeof *a);
    if (a == NULL) {
        return GT_E_MEMORY;
    }
    a->ctx = ctx;
    a->n_layers = w->n_layers;
    gt_status st = groups == NULL ? GT_OK : groups_open(ctx, w, groups);
    if (st == GT_OK) {
        st = add_cells(a, w, how, groups);
    }
    if (st == GT_OK) {
        st = sort_rows(a, groups, groups == NULL ? 0 : groups->first_entry[wv_n_cells(w)]);
    }
    if (st != GT_OK) {
        gt_account_free(ctx, a);
        if (groups != NULL) {
            gt_wv_groups_free(ctx, groups);
        }
        return st;
    }
    a->ctx = NULL;
    *out = a;
    return GT_OK;
}

gt_status gt_weave_account(gt_ctx *ctx, const gt_weave *w, const uint32_t *const *code_of,
                           const size_t *code_len, const bool *use_layer, gt_account **out)
{
    const wv_codes how = {code_of, code_len, use_layer};
    return gt_wv_account(ctx, w, &how, NULL, out);
}

static int pair_order(const void *x, const void *y)
{
    const wv_pair *p = x, *q = y;
    if (p->a != q->a) {
        return p->a < q->a ? -1 : 1;
    }
    return (p->b > q->b) - (p->b < q->b);
}

gt_status gt_wv_account_of_pairs(gt_ctx *ctx, wv_pair *pairs, size_t n, gt_account **out)
{
    for (size_t i = 1; i < n; i++) {
        if (pair_order(&pairs[i - 1], &pairs[i]) > 0) {
            qsort(pairs, n, sizeof *pairs, pair_order);
            break;
        }
    }
    gt_account *a = gt_zalloc(ctx, 1, sizeof *a);
    if (a == NULL) {
        return GT_E_MEMORY;
    }
    a->n_layers = 2;
    a->n = n;
    a->codes = gt_alloc(ctx, 2 * n + 1, sizeof *a->codes);
    a->rows = gt_alloc(ctx, n + 1, sizeof *a->rows);
    a->order = gt_alloc(ctx, n + 1, sizeof *a->order);
    if (a->codes == NULL || a->rows == NULL || a->order == NULL) {
        gt_account_free(ctx, a);
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        a->codes[2 * i] = pairs[i].a;
        a->codes[2 * i + 1] = pairs[i].b;
        a->rows[i] = (row){(wide)(pairs[i].m2 / M2), (wide)(pairs[i].plane_m2 / M2)};
        a->order[i] = (uint32_t)i;
    }
    *out = a;
    return GT_OK;
}

size_t gt_account_rows(const gt_account *a)
{
    return a->n;
}

void gt_account_get(const gt_account *a, size_t i, const uint32_t **codes, double *m2,
                    double *plane_m2)
{
    uint32_t r = a->order[i];
    *codes = a->codes + (size_t)r * a->n_layers;
    *m2 = (double)a->rows[r].area * M2;
    *plane_m2 = (double)a->rows[r].plane * M2;
}

double gt_account_total(const gt_account *a)
{
    wide sum = 0;
    for (size_t i = 0; i < a->n; i++) {
        sum += a->rows[i].area;
    }
    return (double)sum * M2;
}
