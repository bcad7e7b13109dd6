/* Rows of an account counted for every unit. A condition is evaluated once for each distinct set of
 * the texts it may look at, however many rows have them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "indicator/run.h"

enum { COUNTED = 1, TOTAL = 2, FIRST_SLOTS = 256 };

/* ---- units: the city, its districts, their towns --------------------------------------------- */

static gt_status unit_of(run *r, const gt_area_table *t, size_t row, size_t *out)
{
    const char *district = gt_area_table_text(t, row, 0);
    const char *town = r->options->level == GT_LEVEL_TOWN ? gt_area_table_text(t, row, 1) : "";
    /* rows come by district: most are of the unit met last */
    for (size_t i = r->n_units; i-- > 0;) {
        if (strcmp(r->units[i].district, district) == 0 && strcmp(r->units[i].town, town) == 0) {
            *out = i;
            return GT_OK;
        }
    }
    void *block = r->units;
    gt_status st = gt_grow(r->ctx, &block, &r->cap_units, r->n_units + 1, sizeof *r->units);
    r->units = block;
    if (st == GT_OK) {
        const char *d = gt_arena_strdup(r->table->arena, district);
        const char *n = gt_arena_strdup(r->table->arena, town);
        st = d == NULL || n == NULL ? GT_E_MEMORY : GT_OK;
        r->units[r->n_units] = (unit_sums){.district = d, .town = n};
        *out = r->n_units++;
    }
    return st;
}

static int unit_order(const void *a, const void *b)
{
    const unit_sums *u = a, *v = b;
    int told = strcmp(u->district, v->district);
    return told != 0 ? told : strcmp(u->town, v->town);
}

/* ---- what was told before -------------------------------------------------------------------- */

typedef struct memo {
    size_t width; /* codes a key */
    uint32_t *keys;
    uint8_t *told;   /* COUNTED, TOTAL */
    uint32_t *slots; /* 1 + number of the key; 0: free */
    size_t n, n_slots, cap_keys, cap_told;
} memo;

static size_t slot_of(const memo *m, const uint32_t *key)
{
    uint64_t h = 1469598103934665603ULL;
    for (size_t i = 0; i < m->width; i++) {
        h = (h ^ key[i]) * 1099511628211ULL;
        h ^= h >> 29;
    }
    size_t s = (size_t)h & (m->n_slots - 1);
    while (m->slots[s] != 0 &&
           memcmp(&m->keys[(m->slots[s] - 1) * m->width], key, m->width * sizeof *key) != 0) {
        s = (s + 1) & (m->n_slots - 1);
    }
    return s;
}

static gt_status widen(gt_ctx *ctx, memo *m)
{
    size_t n = m->n_slots == 0 ? FIRST_SLOTS : 2 * m->n_slots;
    uint32_t *slots = gt_zalloc(ctx, n, sizeof *slots);
    if (slots == NULL) {
        return GT_E_MEMORY;
    }
    gt_free(ctx, m->slots);
    m->slots = slots;
    m->n_slots = n;
    for (size_t i = 0; i < m->n; i++) {
        slots[slot_of(m, &m->keys[i * m->width])] = (uint32_t)i + 1;
    }
    return GT_OK;
}

/* Number of the key; *fresh: it was not known. */
static gt_status memo_find(gt_ctx *ctx, memo *m, const uint32_t *key, size_t *number, bool *fresh)
{
    gt_status st = 2 * (m->n + 1) > m->n_slots ? widen(ctx, m) : GT_OK;
    if (st != GT_OK) {
        return st;
    }
    size_t s = slot_of(m, key);
    *fresh = m->slots[s] == 0;
    if (*fresh) {
        void *keys = m->keys, *told = m->told;
        st = gt_grow(ctx, &keys, &m->cap_keys, (m->n + 1) * m->width, sizeof *m->keys);
        m->keys = keys;
        st = st == GT_OK ? gt_grow(ctx, &told, &m->cap_told, m->n + 1, 1) : st;
        m->told = told;
        if (st != GT_OK) {
            return st;
        }
        memcpy(&m->keys[m->n * m->width], key, m->width * sizeof *key);
        m->slots[s] = (uint32_t)++m->n;
    }
    *number = m->slots[s] - 1;
    return GT_OK;
}

static void memo_free(gt_ctx *ctx, memo *m)
{
    gt_free(ctx, m->keys);
    gt_free(ctx, m->told);
    gt_free(ctx, m->slots);
}

/* ---- counting -------------------------------------------------------------------------------- */

/* Columns of the names of the conditions but the year. */
static void map_columns(const gt_indicator *in, const gt_area_table *t, size_t *columns)
{
    for (size_t k = 0; k + 1 < in->n_names && k < MOST_TEXTS; k++) {
        const char *word = k == 0 ? "district" : in->account[k - 1];
        for (size_t c = 0; c < gt_area_table_n_columns(t); c++) {
            const char *name = gt_area_table_column(t, c)->name;
            if (gt_run_is_word(name, strlen(name), word)) {
                columns[k] = c;
                break;
            }
        }
    }
}

/* A layer that covers nothing on that day was not there yet: nothing is known, not nothing. */
static bool all_layers_speak(const gt_indicator *in, const gt_area_table *t, const size_t *columns)
{
    for (size_t k = 1; k + 1 < in->n_names && k < MOST_TEXTS; k++) {
        bool spoke = false;
        for (size_t i = 0; !spoke && i < gt_area_table_n_rows(t); i++) {
            spoke = *gt_area_table_text(t, i, columns[k]) != '\0';
        }
        if (!spoke) {
            return false;
        }
    }
    return gt_area_table_n_rows(t) > 0;
}

typedef struct counting {
    const gt_indicator *in;
    const gt_area_table *table;
    gt_counter counter;
    size_t columns[MOST_TEXTS];
    memo memo;
} counting;

static gt_status tell_row(run *r, counting *c, size_t row, uint8_t *told)
{
    uint32_t key[MOST_TEXTS];
    const char *texts[MOST_TEXTS];
    size_t number = 0;
    bool fresh = false;
    for (size_t k = 0; k < c->memo.width; k++) {
        key[k] = gt_area_table_code(c->table, row, c->columns[k]);
    }
    gt_status st = memo_find(r->ctx, &c->memo, key, &number, &fresh);
    if (st == GT_OK && fresh) {
        bool counted = false, total = false;
        for (size_t k = 0; k < c->memo.width; k++) {
            texts[k] = gt_area_table_text(c->table, row, c->columns[k]);
        }
        st = gt_counter_test(r->ctx, &c->counter, c->in, r->table->year, texts, &counted, &total);
        c->memo.told[number] = (uint8_t)((counted ? COUNTED : 0) | (total ? TOTAL : 0));
    }
    *told = st == GT_OK ? c->memo.told[number] : 0;
    return st;
}

static gt_status count_rows(run *r, counting *c)
{
    size_t unit = 0;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < gt_area_table_n_rows(c->table); i++) {
        uint8_t told = 0;
        st = gt_check_cancel(r->ctx);
        st = st == GT_OK ? tell_row(r, c, i, &told) : st;
        st = st == GT_OK ? unit_of(r, c->table, i, &unit) : st;
        if (st == GT_OK) {
            int64_t mm2 = llround(gt_area_table_m2(c->table, i) * 1e6);
            r->units[unit].counted += told & COUNTED ? mm2 : 0;
            r->units[unit].total += told & TOTAL ? mm2 : 0;
        }
    }
    return st;
}

gt_status gt_run_count(run *r, const gt_indicator *in, bool *known)
{
    account *a = NULL;
    counting c = {.in = in};
    r->n_units = 0;
    *known = false;
    gt_status st = in->count == NULL ? GT_OK : gt_run_account(r, in, &a);
    if (st != GT_OK || a == NULL || a->table == NULL) {
        return st;
    }
    c.table = a->table;
    c.memo.width = in->n_names - 1 < MOST_TEXTS ? in->n_names - 1 : MOST_TEXTS;
    map_columns(in, a->table, c.columns);
    *known = all_layers_speak(in, a->table, c.columns);
    st = gt_counter_open(r->ctx, r->sql, in, &c.counter);
    if (st == GT_OK && *known) {
        st = count_rows(r, &c);
    }
    memo_free(r->ctx, &c.memo);
    if (r->n_units > 0) {
        qsort(r->units, r->n_units, sizeof *r->units, unit_order);
    }
    return st;
}
