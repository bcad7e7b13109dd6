/* Sums of area by tuple; see rows.h. Radix sort: Knuth, TAOCP 3, 5.2.5. */
#include "weave/rows.h"

#include <stdlib.h>
#include <string.h>

#include "guotu/pool.h"

enum {
    MOST_PART_BITS = 8,
    RECORDS_PER_PART = 50000, /* a part of 24-byte records then fits the second cache */
    FIRST_CHUNK = 64,
    LARGEST_CHUNK = 1024, /* records */
    SUM_AT = 1 << 15      /* records of a pile before repeats are looked for */
};

/* Where a layer's code stands in the packed tuple. */
typedef struct field {
    uint32_t none; /* packed value of no feature; one less: several */
    uint8_t bits;  /* 0: not in the tuple */
    uint8_t shift;
    uint16_t word;
} field;

typedef struct chunk {
    struct chunk *next;
    size_t n, cap; /* records */
    uint64_t data[];
} chunk;

typedef struct pile {
    chunk *first, *last;
    size_t n, limit;
} pile;

typedef struct head { /* for sorting: the first word, then the record */
    uint64_t key;
    uint32_t at;
} head;

/* Scratch of a worker. */
typedef struct lane {
    WV_LIST(uint64_t, records);
    WV_LIST(head, heads);
    WV_LIST(head, other);
    WV_LIST(uint64_t, keys);
    WV_LIST(wv_sum, sums);
    WV_LIST(size_t, index);
    WV_LIST(uint32_t, row);
} lane;

struct wv_rows {
    uint32_t n_layers;
    const wv_codes *how;
    bool indexed;
    uint32_t n_words, stride; /* words of a tuple, of a record */
    uint32_t part_shift;
    size_t n_parts, n_workers;
    pile *piles; /* by worker, then part */
    lane *lanes;
    field fields[GT_WEAVE_LAYERS_MAX];
};

/* ---- packing -------------------------------------------------------------------------------- */

static uint32_t largest_code(const wv_codes *how, uint32_t layer, uint32_t most)
{
    if (how->code_of == NULL || how->code_of[layer] == NULL) {
        return most;
    }
    uint32_t largest = 0;
    for (size_t i = 0; i < how->code_len[layer]; i++) {
        uint32_t code = how->code_of[layer][i];
        largest = code < GT_WEAVE_SEVERAL && code > largest ? code : largest;
    }
    return largest;
}

/* Layers from the highest bits of the first word down; a code never lies in two words. */
static void plan_fields(wv_rows *r, const uint32_t *most, uint64_t expect)
{
    uint32_t word = 0, used = 0, first_used = 0;
    for (uint32_t k = 0; k < r->n_layers; k++) {
        if (r->how->use_layer != NULL && !r->how->use_layer[k]) {
            continue;
        }
        uint32_t largest = largest_code(r->how, k, most[k]);
        largest = largest > GT_WEAVE_SEVERAL - 1 ? GT_WEAVE_SEVERAL - 1 : largest;
        field *f = &r->fields[k];
        f->none = largest + 2;
        f->bits = (uint8_t)(32 - __builtin_clz(f->none));
        if (used + f->bits > 64) {
            word++;
            used = 0;
        }
        used += f->bits;
        f->word = (uint16_t)word;
        f->shift = (uint8_t)(64 - used);
        first_used = word == 0 ? used : first_used;
    }
    r->n_words = word + 1;
    r->stride = r->n_words + (r->indexed ? 3 : 2);
    uint32_t bits = 0;
    while (bits < MOST_PART_BITS && bits < first_used && expect >> bits > RECORDS_PER_PART) {
        bits++;
    }
    r->part_shift = 64 - bits;
    r->n_parts = (size_t)1 << bits;
}

/* Packs the codes of a run of keys; false when there is none. */
static bool pack(const wv_rows *r, const uint64_t *keys, size_t n, uint64_t *words)
{
    bool any = false;
    uint32_t codes[GT_WEAVE_LAYERS_MAX];
    const wv_codes *how = r->how;
    memset(codes, 0xFF, r->n_layers * sizeof *codes);
    memset(words, 0, r->n_words * sizeof *words);
    for (size_t i = 0; i < n; i++) {
        uint32_t layer = (uint32_t)(keys[i] >> 32), code = (uint32_t)keys[i];
        if (r->fields[layer].bits == 0) {
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
    for (uint32_t k = 0; any && k < r->n_layers; k++) {
        const field *f = &r->fields[k];
        if (f->bits != 0) {
            uint32_t v = codes[k] == GT_WEAVE_NONE      ? f->none
                         : codes[k] == GT_WEAVE_SEVERAL ? f->none - 1
                                                        : codes[k];
            words[f->word] |= (uint64_t)v << f->shift;
        }
    }
    return any;
}

void gt_wv_rows_codes(const wv_rows *r, const uint64_t *key, uint32_t *codes)
{
    for (uint32_t k = 0; k < r->n_layers; k++) {
        const field *f = &r->fields[k];
        codes[k] = GT_WEAVE_NONE;
        if (f->bits != 0) {
            uint32_t v = (uint32_t)(key[f->word] >> f->shift & ((1ULL << f->bits) - 1));
            codes[k] = v == f->none ? GT_WEAVE_NONE : v == f->none - 1 ? GT_WEAVE_SEVERAL : v;
        }
    }
}

/* ---- sorting and summing -------------------------------------------------------------------- */

typedef struct order_of {
    const uint64_t *records;
    uint32_t stride, n_words;
} order_of;

static int rest_order(const void *a, const void *b, void *user)
{
    const order_of *o = user;
    const uint64_t *p = o->records + (size_t)((const head *)a)->at * o->stride;
    const uint64_t *q = o->records + (size_t)((const head *)b)->at * o->stride;
    for (uint32_t i = 1; i < o->n_words; i++) {
        if (p[i] != q[i]) {
            return p[i] < q[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Heads by key, byte by byte from the lowest; bytes that are all equal cost one look. */
static gt_status sort_heads(gt_ctx *ctx, lane *l, size_t n)
{
    gt_status st = gt_grow(ctx, (void **)&l->other, &l->cap_other, n + 1, sizeof *l->other);
    uint64_t all = UINT64_MAX, some = 0;
    for (size_t i = 0; i < n; i++) {
        all &= l->heads[i].key;
        some |= l->heads[i].key;
    }
    for (unsigned shift = 0; st == GT_OK && shift < 64; shift += 8) {
        if (((all ^ some) >> shift & 255) == 0) {
            continue;
        }
        size_t start[257] = {0};
        for (size_t i = 0; i < n; i++) {
            start[(l->heads[i].key >> shift & 255) + 1]++;
        }
        for (int b = 1; b < 256; b++) {
            start[b] += start[b - 1];
        }
        for (size_t i = 0; i < n; i++) {
            l->other[start[l->heads[i].key >> shift & 255]++] = l->heads[i];
        }
        head *t = l->heads;
        l->heads = l->other;
        l->other = t;
        size_t c = l->cap_heads;
        l->cap_heads = l->cap_other;
        l->cap_other = c;
    }
    return st;
}

/* Sorts the lane's records: heads then name them in order. */
static gt_status sort_records(gt_ctx *ctx, const wv_rows *r, lane *l, size_t n)
{
    gt_status st = gt_grow(ctx, (void **)&l->heads, &l->cap_heads, n + 1, sizeof *l->heads);
    if (st != GT_OK) {
        return st;
    }
    for (size_t i = 0; i < n; i++) {
        l->heads[i] = (head){l->records[i * r->stride], (uint32_t)i};
    }
    st = sort_heads(ctx, l, n);
    order_of o = {l->records, r->stride, r->n_words};
    for (size_t i = 0, to = 0; st == GT_OK && r->n_words > 1 && i < n; i = to) {
        for (to = i + 1; to < n && l->heads[to].key == l->heads[i].key; to++) {
        }
        if (to - i > 1) {
            qsort_r(l->heads + i, to - i, sizeof *l->heads, rest_order, &o);
        }
    }
    return st;
}

/* Copies a pile's records behind those of the lane and gives its chunks up. */
static gt_status take_pile(gt_ctx *ctx, const wv_rows *r, pile *p, lane *l)
{
    size_t had = l->n_records;
    gt_status st = gt_grow(ctx, (void **)&l->records, &l->cap_records, (had + p->n) * r->stride + 1,
                           sizeof *l->records);
    if (st != GT_OK) {
        return st;
    }
    for (chunk *c = p->first, *next = NULL; c != NULL; c = next) {
        next = c->next;
        memcpy(l->records + l->n_records * r->stride, c->data, c->n * r->stride * sizeof *c->data);
        l->n_records += c->n;
        gt_free(ctx, c);
    }
    p->first = p->last = NULL;
    p->n = 0;
    return GT_OK;
}

static gt_status put(gt_ctx *ctx, const wv_rows *r, pile *p, const uint64_t *record)
{
    chunk *c = p->last;
    if (c == NULL || c->n == c->cap) {
        size_t cap = c == NULL                    ? FIRST_CHUNK
                     : 2 * c->cap > LARGEST_CHUNK ? LARGEST_CHUNK
                                                  : 2 * c->cap;
        chunk *more = gt_alloc(ctx, 1, sizeof *more + cap * r->stride * sizeof *record);
        if (more == NULL) {
            return GT_E_MEMORY;
        }
        more->next = NULL;
        more->n = 0;
        more->cap = cap;
        if (c == NULL) {
            p->first = more;
        } else {
            c->next = more;
        }
        p->last = c = more;
    }
    memcpy(c->data + c->n * r->stride, record, r->stride * sizeof *record);
    c->n++;
    p->n++;
    return GT_OK;
}

/* Sums equal tuples of a pile. Two areas whose sum would not fit stay apart. */
static gt_status sum_pile(gt_ctx *ctx, wv_rows *r, pile *p, lane *l)
{
    size_t n = p->n;
    l->n_records = 0;
    gt_status st = take_pile(ctx, r, p, l);
    if (st == GT_OK) {
        st = sort_records(ctx, r, l, n);
    }
    uint64_t *last = NULL;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        uint64_t *q = l->records + (size_t)l->heads[i].at * r->stride;
        int64_t area = 0, plane = 0;
        bool same = last != NULL && memcmp(last, q, r->n_words * sizeof *q) == 0;
        if (same &&
            !__builtin_add_overflow((int64_t)last[r->n_words], (int64_t)q[r->n_words], &area) &&
            !__builtin_add_overflow((int64_t)last[r->n_words + 1], (int64_t)q[r->n_words + 1],
                                    &plane)) {
            last[r->n_words] = (uint64_t)area;
            last[r->n_words + 1] = (uint64_t)plane;
            continue;
        }
        if (last != NULL) {
            st = put(ctx, r, p, last);
        }
        last = q;
    }
    if (st == GT_OK && last != NULL) {
        st = put(ctx, r, p, last);
    }
    p->limit = 2 * p->n > SUM_AT ? 2 * p->n : SUM_AT;
    return st;
}

/* ---- adding --------------------------------------------------------------------------------- */

gt_status gt_wv_rows_add(gt_ctx *ctx, wv_rows *r, int worker, const uint64_t *keys, size_t n,
                         int64_t area, int64_t plane, size_t index)
{
    uint64_t record[GT_WEAVE_LAYERS_MAX + 3];
    if (!pack(r, keys, n, record)) {
        return GT_OK;
    }
    record[r->n_words] = (uint64_t)area;
    record[r->n_words + 1] = (uint64_t)plane;
    if (r->indexed) {
        record[r->n_words + 2] = index;
    }
    size_t part = r->n_parts == 1 ? 0 : (size_t)(record[0] >> r->part_shift);
    pile *p = &r->piles[(size_t)worker * r->n_parts + part];
    gt_status st = put(ctx, r, p, record);
    if (st == GT_OK && p->n >= p->limit && !r->indexed) {
        st = sum_pile(ctx, r, p, &r->lanes[worker]);
    }
    return st;
}

/* Sums runs of equal tuples into the lane's rows. */
static gt_status sum_rows(gt_ctx *ctx, const wv_rows *r, lane *l, size_t n)
{
    gt_status st =
        gt_grow(ctx, (void **)&l->keys, &l->cap_keys, n * r->n_words + 1, sizeof *l->keys);
    if (st == GT_OK) {
        st = gt_grow(ctx, (void **)&l->sums, &l->cap_sums, n + 1, sizeof *l->sums);
    }
    if (st == GT_OK && r->indexed) {
        st = gt_grow(ctx, (void **)&l->index, &l->cap_index, n + 1, sizeof *l->index);
    }
    if (st == GT_OK && r->indexed) {
        st = gt_grow(ctx, (void **)&l->row, &l->cap_row, n + 1, sizeof *l->row);
    }
    size_t rows = 0, bytes = r->n_words * sizeof *l->keys;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        const uint64_t *q = l->records + (size_t)l->heads[i].at * r->stride;
        if (rows == 0 || memcmp(l->keys + (rows - 1) * r->n_words, q, bytes) != 0) {
            memcpy(l->keys + rows * r->n_words, q, bytes);
            l->sums[rows++] = (wv_sum){0, 0};
        }
        l->sums[rows - 1].area += (int64_t)q[r->n_words];
        l->sums[rows - 1].plane += (int64_t)q[r->n_words + 1];
        if (r->indexed) {
            l->index[i] = (size_t)q[r->n_words + 2];
            l->row[i] = (uint32_t)(rows - 1);
        }
    }
    l->n_sums = rows;
    return st;
}

gt_status gt_wv_rows_part(gt_ctx *ctx, wv_rows *r, size_t part, int worker, wv_part *out)
{
    lane *l = &r->lanes[worker];
    gt_status st = GT_OK;
    l->n_records = 0;
    for (size_t i = 0; st == GT_OK && i < r->n_workers; i++) {
        st = take_pile(ctx, r, &r->piles[i * r->n_parts + part], l);
    }
    if (st == GT_OK) {
        st = sort_records(ctx, r, l, l->n_records);
    }
    if (st == GT_OK) {
        st = sum_rows(ctx, r, l, l->n_records);
    }
    if (st == GT_OK) {
        *out = (wv_part){l->n_sums, l->keys, l->sums, l->n_records, l->index, l->row};
    }
    return st;
}

/* ---- life ----------------------------------------------------------------------------------- */

size_t gt_wv_rows_parts(const wv_rows *r)
{
    return r->n_parts;
}

size_t gt_wv_rows_words(const wv_rows *r)
{
    return r->n_words;
}

gt_status gt_wv_rows_new(gt_ctx *ctx, uint32_t n_layers, const wv_codes *codes,
                         const uint32_t *most, uint64_t expect, bool indexed, wv_rows **out)
{
    wv_rows *r = gt_zalloc(ctx, 1, sizeof *r);
    if (r == NULL) {
        return GT_E_MEMORY;
    }
    r->n_layers = n_layers;
    r->how = codes;
    r->indexed = indexed;
    r->n_workers = (size_t)gt_ctx_threads(ctx);
    plan_fields(r, most, expect);
    r->piles = gt_zalloc(ctx, r->n_workers * r->n_parts, sizeof *r->piles);
    r->lanes = gt_zalloc(ctx, r->n_workers, sizeof *r->lanes);
    if (r->piles == NULL || r->lanes == NULL) {
        gt_wv_rows_free(ctx, r);
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < r->n_workers * r->n_parts; i++) {
        r->piles[i].limit = SUM_AT;
    }
    *out = r;
    return GT_OK;
}

void gt_wv_rows_free(gt_ctx *ctx, wv_rows *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; r->piles != NULL && i < r->n_workers * r->n_parts; i++) {
        for (chunk *c = r->piles[i].first, *next = NULL; c != NULL; c = next) {
            next = c->next;
            gt_free(ctx, c);
        }
    }
    for (size_t i = 0; r->lanes != NULL && i < r->n_workers; i++) {
        lane *l = &r->lanes[i];
        gt_free(ctx, l->records);
        gt_free(ctx, l->heads);
        gt_free(ctx, l->other);
        gt_free(ctx, l->keys);
        gt_free(ctx, l->sums);
        gt_free(ctx, l->index);
        gt_free(ctx, l->row);
    }
    gt_free(ctx, r->lanes);
    gt_free(ctx, r->piles);
    gt_free(ctx, r);
}
