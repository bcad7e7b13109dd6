/* The account: area per distinct tuple of codes, from the entries of all cells. Sums are integers,
 * so neither the order of cells nor the number of threads can be seen in them. */
#include <stdlib.h>
#include <string.h>

#include "guotu/pool.h"
#include "weave/weave.h"

__extension__ typedef __int128 wide;

typedef struct row {
    wide area, plane; /* 2^-11 mm2 */
} row;

/* Rows in order of their tuples. */
struct gt_account {
    uint32_t n_layers;
    uint32_t *codes; /* n_layers each */
    row *rows;
    size_t n;
};

typedef struct rank { /* for sorting: the first two codes, then the row */
    uint64_t head;
    uint32_t row;
} rank;

/* Rows of a range of leading codes, found by hash; ranges are independent tasks. */
typedef struct part {
    gt_ctx *ctx;
    uint32_t n_layers;
    uint32_t *codes, *table;
    row *rows;
    rank *ranks;
    size_t n, cap_codes, cap_rows, cap_table, n_table;
    size_t base; /* first row in the account */
} part;

typedef struct entry_ref {
    uint32_t cell, entry;
} entry_ref;

typedef struct build {
    const gt_weave *w;
    const wv_codes *how;
    wv_groups *groups; /* or NULL */
    part *parts;
    size_t n_parts;
    size_t *first_entry; /* of each cell */
    entry_ref *refs;     /* sorted by part */
    size_t *start;       /* of each part in refs */
    uint32_t lead;       /* first layer in use */
    uint64_t span;       /* of leading codes per part */
    gt_account *account;
} build;

enum { ENTRIES_PER_PART = 100000, MOST_PARTS = 250 }; /* a part is told in one byte */

static const double M2 = 0x1p-11 * 1e-6;

void gt_account_free(gt_ctx *ctx, gt_account *a)
{
    if (a != NULL) {
        gt_free(ctx, a->codes);
        gt_free(ctx, a->rows);
        gt_free(ctx, a);
    }
}

static void part_free(gt_ctx *ctx, part *p)
{
    gt_free(ctx, p->codes);
    gt_free(ctx, p->table);
    gt_free(ctx, p->rows);
    gt_free(ctx, p->ranks);
    memset(p, 0, sizeof *p);
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

static gt_status rehash(part *a)
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

static gt_status add(part *a, const uint32_t *codes, int64_t area, int64_t plane, uint32_t *row_of)
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

/* Which part an entry belongs to: by the leading code, so that parts follow each other in order. */
static size_t part_of(const build *b, const uint64_t *keys, size_t n)
{
    uint32_t lead = GT_WEAVE_NONE;
    for (size_t i = 0; i < n && keys[i] >> 32 <= b->lead; i++) {
        uint32_t code = (uint32_t)keys[i];
        if (keys[i] >> 32 != b->lead) {
            continue;
        }
        if (b->how->code_of != NULL && b->how->code_of[b->lead] != NULL) {
            code =
                code < b->how->code_len[b->lead] ? b->how->code_of[b->lead][code] : GT_WEAVE_NONE;
        }
        if (code != GT_WEAVE_NONE) {
            lead = lead == GT_WEAVE_NONE || lead == code ? code : GT_WEAVE_SEVERAL;
        }
    }
    size_t p = (size_t)(lead / b->span);
    return p < b->n_parts ? p : b->n_parts - 1;
}

typedef gt_status (*entry_fn)(const build *b, part *p, size_t index, const wv_entry *e,
                              const uint64_t *keys);

/* Calls fn for every entry of the part; index counts entries through all cells. */
static gt_status each_entry(gt_ctx *ctx, const build *b, part *p, entry_fn fn)
{
    gt_status st = GT_OK;
    size_t mine = (size_t)(p - b->parts);
    for (size_t i = b->start[mine]; st == GT_OK && i < b->start[mine + 1]; i++) {
        const wv_cell *c = b->w->cells[b->refs[i].cell];
        const wv_entry *e = &wv_entries(c)[b->refs[i].entry];
        st = fn(b, p, b->first_entry[b->refs[i].cell] + b->refs[i].entry, e, wv_keys(c) + e->keys);
        if (st == GT_OK && i % 65536 == 0) {
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}

static gt_status add_entry(const build *b, part *p, size_t index, const wv_entry *e,
                           const uint64_t *keys)
{
    uint32_t codes[GT_WEAVE_LAYERS_MAX], place = UINT32_MAX;
    gt_status st = GT_OK;
    if (tuple_of(keys, e->n_keys, b->how, b->w->n_layers, codes)) {
        st = add(p, codes, e->area, e->plane, &place);
    }
    if (b->groups != NULL) {
        b->groups->row[index] = place;
    }
    return st;
}

static int rank_order(const void *x, const void *y, void *user)
{
    const part *p = user;
    const rank *a = x, *b = y;
    if (a->head != b->head) {
        return a->head < b->head ? -1 : 1;
    }
    const uint32_t *q = p->codes + (size_t)a->row * p->n_layers;
    const uint32_t *r = p->codes + (size_t)b->row * p->n_layers;
    for (uint32_t i = 2; i < p->n_layers; i++) {
        if (q[i] != r[i]) {
            return q[i] < r[i] ? -1 : 1;
        }
    }
    return 0;
}

static gt_status build_part(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    build *b = user;
    part *p = &b->parts[task];
    p->ctx = ctx;
    p->n_layers = b->w->n_layers;
    gt_status st = each_entry(ctx, b, p, add_entry);
    gt_free(ctx, p->table);
    p->table = NULL;
    p->ranks = st == GT_OK ? gt_alloc(ctx, p->n + 1, sizeof *p->ranks) : NULL;
    if (p->ranks == NULL) {
        return st == GT_OK ? GT_E_MEMORY : st;
    }
    for (size_t i = 0; i < p->n; i++) {
        const uint32_t *c = p->codes + i * p->n_layers;
        p->ranks[i] = (rank){(uint64_t)c[0] << 32 | (p->n_layers > 1 ? c[1] : 0), (uint32_t)i};
    }
    qsort_r(p->ranks, p->n, sizeof *p->ranks, rank_order, p);
    return GT_OK;
}

static gt_status renumber(const build *b, part *p, size_t index, const wv_entry *e,
                          const uint64_t *keys)
{
    (void)e;
    (void)keys;
    uint32_t *place = &b->groups->row[index];
    *place = *place == UINT32_MAX ? UINT32_MAX : p->table[*place];
    return GT_OK;
}

/* Copies a part to its place in the account; the groups learn where their rows went. */
static gt_status place_part(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    build *b = user;
    part *p = &b->parts[task];
    gt_account *a = b->account;
    for (size_t i = 0; i < p->n; i++) {
        uint32_t from = p->ranks[i].row;
        memcpy(a->codes + (p->base + i) * a->n_layers, p->codes + (size_t)from * a->n_layers,
               a->n_layers * sizeof *a->codes);
        a->rows[p->base + i] = p->rows[from];
    }
    gt_status st = GT_OK;
    if (b->groups != NULL) {
        p->table = gt_alloc(ctx, p->n + 1, sizeof *p->table);
        if (p->table == NULL) {
            return GT_E_MEMORY;
        }
        for (size_t i = 0; i < p->n; i++) {
            p->table[p->ranks[i].row] = (uint32_t)(p->base + i);
        }
        st = each_entry(ctx, b, p, renumber);
    }
    part_free(ctx, p);
    return st;
}

/* Ranges of leading codes, small enough for a part's table to stay in the cache. */
static void plan_parts(build *b)
{
    uint64_t entries = b->first_entry[wv_n_cells(b->w)], most = 0;
    while (b->how->use != NULL && b->lead + 1 < b->w->n_layers && !b->how->use[b->lead]) {
        b->lead++;
    }
    for (size_t i = 0; i < wv_n_cells(b->w); i++) {
        const wv_cell *c = b->w->cells[i];
        for (uint32_t k = 0; c != NULL && k < c->n_keys; k++) {
            uint64_t key = wv_keys(c)[k];
            most = key >> 32 == b->lead && (uint32_t)key > most ? (uint32_t)key : most;
        }
    }
    if (b->how->code_of != NULL && b->how->code_of[b->lead] != NULL) {
        most = 0;
        for (size_t i = 0; i < b->how->code_len[b->lead]; i++) {
            uint32_t code = b->how->code_of[b->lead][i];
            most = code < GT_WEAVE_SEVERAL && code > most ? code : most;
        }
    }
    b->n_parts = entries / ENTRIES_PER_PART > MOST_PARTS ? MOST_PARTS
                                                         : (size_t)(entries / ENTRIES_PER_PART) + 1;
    b->span = most / b->n_parts + 1;
}

/* Sorts references to all entries by part, cells in order (counting sort). */
static gt_status sort_entries(gt_ctx *ctx, build *b)
{
    const gt_weave *w = b->w;
    size_t n = b->first_entry[wv_n_cells(w)];
    b->refs = gt_alloc(ctx, n + 1, sizeof *b->refs);
    b->start = gt_zalloc(ctx, b->n_parts + 2, sizeof *b->start);
    uint8_t *of = gt_alloc(ctx, n + 1, 1);
    if (b->refs == NULL || b->start == NULL || of == NULL) {
        gt_free(ctx, of);
        return GT_E_MEMORY;
    }
    for (size_t i = 0, at = 0; i < wv_n_cells(w); i++) {
        const wv_cell *c = w->cells[i];
        for (uint32_t k = 0; c != NULL && k < c->n_entries; k++, at++) {
            const wv_entry *e = &wv_entries(c)[k];
            of[at] = (uint8_t)part_of(b, wv_keys(c) + e->keys, e->n_keys);
            b->start[of[at] + 2]++;
        }
    }
    for (size_t p = 2; p < b->n_parts + 2; p++) {
        b->start[p] += b->start[p - 1];
    }
    for (size_t i = 0, at = 0; i < wv_n_cells(w); i++) {
        uint32_t many = w->cells[i] == NULL ? 0 : w->cells[i]->n_entries;
        for (uint32_t k = 0; k < many; k++, at++) {
            b->refs[b->start[of[at] + 1]++] = (entry_ref){(uint32_t)i, k};
        }
    }
    gt_free(ctx, of);
    return GT_OK;
}

/* First entry of each cell, counted through all cells. */
static gt_status count_entries(gt_ctx *ctx, build *b)
{
    size_t n = wv_n_cells(b->w), sum = 0;
    b->first_entry = gt_alloc(ctx, n + 1, sizeof *b->first_entry);
    if (b->first_entry == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        b->first_entry[i] = sum;
        sum += b->w->cells[i] == NULL ? 0 : b->w->cells[i]->n_entries;
    }
    b->first_entry[n] = sum;
    return GT_OK;
}

static void build_free(gt_ctx *ctx, build *b)
{
    for (size_t i = 0; b->parts != NULL && i < b->n_parts; i++) {
        part_free(ctx, &b->parts[i]);
    }
    gt_free(ctx, b->parts);
    gt_free(ctx, b->first_entry);
    gt_free(ctx, b->refs);
    gt_free(ctx, b->start);
}

/* Room for all rows, and where each part's begin. */
static gt_status open_account(gt_ctx *ctx, build *b)
{
    gt_account *a = b->account;
    a->n_layers = b->w->n_layers;
    for (size_t i = 0; i < b->n_parts; i++) {
        b->parts[i].base = a->n;
        a->n += b->parts[i].n;
    }
    a->codes = gt_alloc(ctx, a->n * a->n_layers + 1, sizeof *a->codes);
    a->rows = gt_alloc(ctx, a->n + 1, sizeof *a->rows);
    return a->codes == NULL || a->rows == NULL ? GT_E_MEMORY : GT_OK;
}

gt_status gt_wv_account(gt_ctx *ctx, const gt_weave *w, const wv_codes *how, wv_groups *groups,
                        gt_account **out)
{
    build b = {.w = w, .how = how, .groups = groups};
    gt_status st = count_entries(ctx, &b);
    if (st == GT_OK) {
        plan_parts(&b);
        st = sort_entries(ctx, &b);
    }
    if (st == GT_OK) {
        b.parts = gt_zalloc(ctx, b.n_parts, sizeof *b.parts);
        b.account = gt_zalloc(ctx, 1, sizeof *b.account);
        st = b.parts == NULL || b.account == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK && groups != NULL) {
        st = groups_open(ctx, w, groups);
    }
    if (st == GT_OK) {
        st = gt_parallel_for(ctx, b.n_parts, build_part, &b);
    }
    if (st == GT_OK) {
        st = open_account(ctx, &b);
    }
    if (st == GT_OK) {
        st = gt_parallel_for(ctx, b.n_parts, place_part, &b);
    }
    build_free(ctx, &b);
    if (st == GT_OK) {
        *out = b.account;
        return GT_OK;
    }
    gt_account_free(ctx, b.account);
    if (groups != NULL) {
        gt_wv_groups_free(ctx, groups);
    }
    return st;
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
        a->rows[i] = (row){(wide)(pairs[i].m2 / M2), (wide)(pairs[i].plane_m2 / M2)};
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
    wide sum = 0;
    for (size_t i = 0; i < a->n; i++) {
        sum += a->rows[i].area;
    }
    return (double)sum * M2;
}
