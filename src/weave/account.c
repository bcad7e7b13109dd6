/* The account: area per distinct tuple of codes, from the entries of all cells; see rows.h. Sums
 * are integers, so neither the order of cells nor the number of threads can be seen in them. */
#include <stdlib.h>
#include <string.h>

#include "guotu/pool.h"
#include "weave/rows.h"

/* Rows in order of their tuples. */
struct gt_account {
    uint32_t n_layers;
    uint32_t *codes; /* n_layers each */
    wv_sum *rows;
    size_t n;
};

/* Rows of a part, kept until all parts are known. */
typedef struct part {
    size_t n, n_records;
    size_t base; /* first row in the account */
    uint64_t *keys;
    wv_sum *sums;
    size_t *index; /* with groups: entry and row of each record */
    uint32_t *row;
} part;

typedef struct build {
    uint32_t n_layers;
    wv_groups *groups; /* or NULL */
    wv_rows *rows;
    part *parts;
    gt_account *account;
} build;

/* Entries of cells on their way to rows. */
typedef struct source {
    const gt_weave *w;
    const size_t *first_entry; /* or NULL */
    wv_rows *rows;
} source;

enum { CELLS_PER_TASK = 64 };

static const double M2 = 0x1p-11 * 1e-6;

void gt_account_free(gt_ctx *ctx, gt_account *a)
{
    if (a != NULL) {
        gt_free(ctx, a->codes);
        gt_free(ctx, a->rows);
        gt_free(ctx, a);
    }
}

void gt_wv_groups_free(gt_ctx *ctx, wv_groups *g)
{
    gt_free(ctx, g->first_entry);
    gt_free(ctx, g->row);
    memset(g, 0, sizeof *g);
}

/* Entries of all cells, and the largest feature number of each layer. */
static uint64_t scan_cells(const gt_weave *w, uint32_t most[GT_WEAVE_LAYERS_MAX])
{
    uint64_t sum = 0;
    memset(most, 0, GT_WEAVE_LAYERS_MAX * sizeof *most);
    for (size_t i = 0; i < wv_n_cells(w); i++) {
        const wv_cell *c = w->cells[i];
        sum += c == NULL ? 0 : c->n_entries;
        for (uint32_t k = 0; c != NULL && k < c->n_keys; k++) {
            uint32_t layer = (uint32_t)(wv_keys(c)[k] >> 32), number = (uint32_t)wv_keys(c)[k];
            most[layer] = number > most[layer] ? number : most[layer];
        }
    }
    return sum;
}

static gt_status add_cells(gt_ctx *ctx, void *user, size_t task, int worker)
{
    const source *s = user;
    gt_status st = GT_OK;
    size_t from = task * CELLS_PER_TASK, to = from + CELLS_PER_TASK;
    for (size_t i = from; st == GT_OK && i < to && i < wv_n_cells(s->w); i++) {
        const wv_cell *c = s->w->cells[i];
        size_t first = s->first_entry == NULL ? 0 : s->first_entry[i];
        for (uint32_t k = 0; st == GT_OK && c != NULL && k < c->n_entries; k++) {
            const wv_entry *e = &wv_entries(c)[k];
            st = gt_wv_rows_add(ctx, s->rows, worker, wv_keys(c) + e->keys, e->n_keys, e->area,
                                e->plane, first + k);
        }
    }
    return st;
}

gt_status gt_wv_rows_of(gt_ctx *ctx, const gt_weave *w, const wv_codes *codes,
                        const size_t *first_entry, wv_rows **out)
{
    uint32_t most[GT_WEAVE_LAYERS_MAX];
    source s = {.w = w, .first_entry = first_entry};
    size_t n_tasks = (wv_n_cells(w) + CELLS_PER_TASK - 1) / CELLS_PER_TASK;
    uint64_t n = scan_cells(w, most);
    gt_status st = gt_wv_rows_new(ctx, w->n_layers, codes, most, n, first_entry != NULL, &s.rows);
    if (st == GT_OK) {
        st = gt_parallel_for(ctx, n_tasks, add_cells, &s);
    }
    if (st == GT_OK) {
        *out = s.rows;
    } else {
        gt_wv_rows_free(ctx, s.rows);
    }
    return st;
}

static void *copy_of(gt_ctx *ctx, const void *from, size_t n, size_t size)
{
    void *to = gt_alloc(ctx, n + 1, size);
    if (to != NULL && n > 0) {
        memcpy(to, from, n * size);
    }
    return to;
}

static gt_status build_part(gt_ctx *ctx, void *user, size_t task, int worker)
{
    build *b = user;
    part *p = &b->parts[task];
    wv_part found;
    gt_status st = gt_wv_rows_part(ctx, b->rows, task, worker, &found);
    if (st != GT_OK) {
        return st;
    }
    p->n = found.n;
    p->n_records = found.n_records;
    p->keys = copy_of(ctx, found.keys, found.n * gt_wv_rows_words(b->rows), sizeof *p->keys);
    p->sums = copy_of(ctx, found.sums, found.n, sizeof *p->sums);
    bool good = p->keys != NULL && p->sums != NULL;
    if (good && b->groups != NULL) {
        p->index = copy_of(ctx, found.index, found.n_records, sizeof *p->index);
        p->row = copy_of(ctx, found.row, found.n_records, sizeof *p->row);
        good = p->index != NULL && p->row != NULL;
    }
    return good ? GT_OK : GT_E_MEMORY;
}

static void part_free(gt_ctx *ctx, part *p)
{
    gt_free(ctx, p->keys);
    gt_free(ctx, p->sums);
    gt_free(ctx, p->index);
    gt_free(ctx, p->row);
    memset(p, 0, sizeof *p);
}

/* Copies a part to its place in the account; the groups learn where their rows went. */
static gt_status place_part(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    build *b = user;
    part *p = &b->parts[task];
    gt_account *a = b->account;
    size_t words = gt_wv_rows_words(b->rows);
    for (size_t i = 0; i < p->n; i++) {
        gt_wv_rows_codes(b->rows, p->keys + i * words, a->codes + (p->base + i) * a->n_layers);
    }
    if (p->n > 0) {
        memcpy(a->rows + p->base, p->sums, p->n * sizeof *p->sums);
    }
    for (size_t i = 0; b->groups != NULL && i < p->n_records; i++) {
        b->groups->row[p->index[i]] = (uint32_t)(p->base + p->row[i]);
    }
    part_free(ctx, p);
    return GT_OK;
}

/* Room for all rows, and where each part's begin. */
static gt_status open_account(gt_ctx *ctx, build *b)
{
    gt_account *a = b->account;
    a->n_layers = b->n_layers;
    for (size_t i = 0; i < gt_wv_rows_parts(b->rows); i++) {
        b->parts[i].base = a->n;
        a->n += b->parts[i].n;
    }
    a->codes = gt_alloc(ctx, a->n * a->n_layers + 1, sizeof *a->codes);
    a->rows = gt_alloc(ctx, a->n + 1, sizeof *a->rows);
    return a->codes == NULL || a->rows == NULL ? GT_E_MEMORY : GT_OK;
}

static gt_status groups_open(gt_ctx *ctx, const gt_weave *w, wv_groups *g)
{
    size_t n = wv_n_cells(w), sum = 0;
    memset(g, 0, sizeof *g);
    g->first_entry = gt_alloc(ctx, n + 1, sizeof *g->first_entry);
    if (g->first_entry == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        g->first_entry[i] = sum;
        sum += w->cells[i] == NULL ? 0 : w->cells[i]->n_entries;
    }
    g->first_entry[n] = sum;
    g->row = gt_alloc(ctx, sum + 1, sizeof *g->row);
    if (g->row == NULL) {
        return GT_E_MEMORY;
    }
    memset(g->row, 0xFF, (sum + 1) * sizeof *g->row);
    return GT_OK;
}

/* Account from rows, which are used up and freed. */
static gt_status account_of(gt_ctx *ctx, build *b, gt_account **out)
{
    size_t n = gt_wv_rows_parts(b->rows);
    b->parts = gt_zalloc(ctx, n, sizeof *b->parts);
    b->account = gt_zalloc(ctx, 1, sizeof *b->account);
    gt_status st = b->parts == NULL || b->account == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK) {
        st = gt_parallel_for(ctx, n, build_part, b);
    }
    if (st == GT_OK) {
        st = open_account(ctx, b);
    }
    if (st == GT_OK) {
        st = gt_parallel_for(ctx, n, place_part, b);
    }
    for (size_t i = 0; b->parts != NULL && i < n; i++) {
        part_free(ctx, &b->parts[i]);
    }
    gt_free(ctx, b->parts);
    gt_wv_rows_free(ctx, b->rows);
    if (st == GT_OK) {
        *out = b->account;
    } else {
        gt_account_free(ctx, b->account);
    }
    return st;
}

gt_status gt_wv_account(gt_ctx *ctx, const gt_weave *w, const wv_codes *how, wv_groups *groups,
                        gt_account **out)
{
    build b = {.n_layers = w->n_layers, .groups = groups};
    gt_status st = groups == NULL ? GT_OK : groups_open(ctx, w, groups);
    if (st == GT_OK) {
        st = gt_wv_rows_of(ctx, w, how, groups == NULL ? NULL : groups->first_entry, &b.rows);
    }
    if (st == GT_OK) {
        st = account_of(ctx, &b, out);
    }
    if (st != GT_OK && groups != NULL) {
        gt_wv_groups_free(ctx, groups);
    }
    return st;
}

gt_status gt_weave_sum(gt_ctx *ctx, uint32_t n_layers, const gt_weave_batch *batches,
                       size_t n_batches, const gt_weave_options *options,
                       const gt_weave_codes *codes, gt_weave_stats *stats, gt_account **out)
{
    const wv_codes how = codes == NULL ? (wv_codes){NULL, NULL, NULL} : *codes;
    gt_weave_stats own;
    build b = {.n_layers = n_layers};
    gt_status st = gt_wv_run_rows(ctx, n_layers, batches, n_batches, options, &how,
                                  stats == NULL ? &own : stats, &b.rows);
    return st == GT_OK ? account_of(ctx, &b, out) : st;
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
    if (a->codes == NULL || a->rows == NULL) {
        gt_account_free(ctx, a);
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        a->codes[2 * i] = pairs[i].a;
        a->codes[2 * i + 1] = pairs[i].b;
        a->rows[i] = (wv_sum){(wv_wide)(pairs[i].m2 / M2), (wv_wide)(pairs[i].plane_m2 / M2)};
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
    *codes = a->codes + i * a->n_layers;
    *m2 = (double)a->rows[i].area * M2;
    *plane_m2 = (double)a->rows[i].plane * M2;
}

double gt_account_total(const gt_account *a)
{
    wv_wide sum = 0;
    for (size_t i = 0; i < a->n; i++) {
        sum += a->rows[i].area;
    }
    return (double)sum * M2;
}
