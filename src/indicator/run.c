/* Values from the account: one area table for each distinct list of words, rows summed as whole
 * square millimetres for the city and for each district. */
#include <math.h>
#include <string.h>

#include "guotu/arena.h"
#include "guotu/expr.h"
#include "guotu/indicator.h"
#include "guotu/text.h"

enum { MOST_NAMES = 16 };

typedef struct sums {
    const char *unit;
    int64_t counted, of; /* mm2 */
} sums;

typedef struct account {
    const char *words;
    gt_area_table *table; /* NULL: no data */
    struct account *next;
} account;

struct gt_indicator_table {
    gt_ctx *ctx;
    gt_arena *arena;
    gt_indicator_row *rows;
    size_t n_rows, cap;
    int year;
};

typedef struct run {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    gt_areas_options areas;
    bool units;
    gt_sql *sql;
    account *accounts;
    gt_indicator_table *table;
    sums *sums; /* by district; the first is the city */
    size_t n_sums, cap_sums;
} run;

void gt_indicators_options_init(gt_indicators_options *options)
{
    *options = (gt_indicators_options){.size = sizeof *options};
}

static gt_status find_account(run *r, const gt_indicator *in, account **out)
{
    gt_text words = {0};
    gt_text_init(&words, r->ctx, 4096);
    gt_text_puts(&words, "district");
    for (size_t i = 0; in->account[i] != NULL; i++) {
        gt_text_printf(&words, ",%s", in->account[i]);
    }
    gt_status st = gt_text_status(&words);
    const char *key = st == GT_OK ? gt_text_cstr(&words) : "";
    account *a = r->accounts;
    while (st == GT_OK && a != NULL && strcmp(a->words, key) != 0) {
        a = a->next;
    }
    if (st == GT_OK && a == NULL) {
        a = gt_arena_zalloc(r->table->arena, 1, sizeof *a);
        st = a == NULL ? GT_E_MEMORY : GT_OK;
        if (st == GT_OK) {
            a->words = gt_arena_strndup(r->table->arena, key, strlen(key));
            a->next = r->accounts;
            r->accounts = a;
            st = a->words == NULL
                     ? GT_E_MEMORY
                     : gt_areas(r->ctx, r->store, r->package, key, &r->areas, &a->table);
        }
        if (st == GT_E_NOT_FOUND) {
            gt_error_clear(r->ctx); /* a layer without data: undecidable, not an error */
            a->table = NULL;
            st = GT_OK;
        }
    }
    *out = a;
    gt_text_free(&words);
    return st;
}

static gt_status sums_of(run *r, const char *unit, size_t *out)
{
    for (size_t i = 1; i < r->n_sums; i++) {
        if (strcmp(r->sums[i].unit, unit) == 0) {
            *out = i;
            return GT_OK;
        }
    }
    void *block = r->sums;
    gt_status st = gt_grow(r->ctx, &block, &r->cap_sums, r->n_sums + 2, sizeof *r->sums);
    r->sums = block;
    if (st == GT_OK) {
        if (r->n_sums == 0) {
            r->sums[r->n_sums++] = (sums){"", 0, 0};
        }
        r->sums[r->n_sums] = (sums){unit, 0, 0};
        *out = r->n_sums++;
    }
    return st;
}

static gt_status test(run *r, gt_expr *e, const gt_value *values, bool *yes)
{
    gt_truth truth = GT_FALSE;
    gt_status st = e == NULL ? GT_OK : gt_expr_test(r->ctx, e, values, &truth);
    *yes = truth == GT_TRUE;
    return st;
}

static gt_status sum_row(run *r, const gt_indicator *in, const gt_area_table *t, size_t row,
                         gt_expr *const *e)
{
    gt_value values[MOST_NAMES];
    size_t k = 0;
    bool counted = false, of = false;
    for (size_t c = 0; c < in->n_names && c < MOST_NAMES; c++) {
        const char *text = gt_area_table_text(t, row, c);
        values[c] = (gt_value){
            .kind = *text == '\0' ? GT_NULL : GT_VAL_TEXT, .text = text, .len = strlen(text)};
    }
    gt_status st = test(r, e[0], values, &counted);
    st = st == GT_OK ? test(r, e[1], values, &of) : st;
    st = st == GT_OK ? sums_of(r, gt_area_table_text(t, row, 0), &k) : st;
    if (st == GT_OK) {
        int64_t mm2 = llround(gt_area_table_m2(t, row) * 1e6);
        r->sums[0].counted += counted ? mm2 : 0;
        r->sums[k].counted += counted ? mm2 : 0;
        r->sums[0].of += of ? mm2 : 0;
        r->sums[k].of += of ? mm2 : 0;
    }
    return st;
}

static gt_status sum_up(run *r, const gt_indicator *in, const gt_area_table *t)
{
    gt_expr *e[2] = {NULL, NULL};
    const gt_place *place = GT_PLACE(.file = in->file, .line = in->line);
    gt_status st = gt_expr_compile(r->ctx, r->sql, in->count, in->names, in->n_names, place, &e[0]);
    if (st == GT_OK && in->of != NULL) {
        st = gt_expr_compile(r->ctx, r->sql, in->of, in->names, in->n_names, place, &e[1]);
    }
    r->n_sums = 0;
    for (size_t i = 0; st == GT_OK && i < gt_area_table_n_rows(t); i++) {
        st = gt_check_cancel(r->ctx);
        st = st == GT_OK ? sum_row(r, in, t, i, e) : st;
    }
    return st;
}

static gt_status add(run *r, const gt_indicator *in, const sums *s, const gt_target *target)
{
    gt_indicator_table *t = r->table;
    void *block = t->rows;
    gt_status st = gt_grow(r->ctx, &block, &t->cap, t->n_rows + 1, sizeof *t->rows);
    t->rows = block;
    if (st != GT_OK) {
        return st;
    }
    gt_indicator_row *row = &t->rows[t->n_rows];
    *row = (gt_indicator_row){.indicator = in, .unit = "", .target = target};
    if (s != NULL && (in->of == NULL || s->of > 0)) {
        row->known = true;
        row->value = in->of == NULL ? (double)s->counted / 1e6 : (double)s->counted / (double)s->of;
    } else if (in->count == NULL && in->base_year > 0 && in->base_year == t->year) {
        row->known = true; /* the plan's own figure of that year */
        row->value = in->base;
    }
    if (s != NULL) {
        row->unit = gt_arena_strndup(t->arena, s->unit, strlen(s->unit));
    }
    row->judgement = gt_indicator_judge(in, target, row->known, row->value, t->year);
    t->n_rows++;
    return row->unit == NULL ? GT_E_MEMORY : GT_OK;
}

/* The year whose targets count: the next that has any, else the last. */
static int target_year(const gt_indicator *in, int year)
{
    int next = 0, last = 0;
    for (size_t i = 0; i < in->n_targets; i++) {
        int y = in->targets[i].year;
        last = y > last ? y : last;
        next = y >= year && (next == 0 || y < next) ? y : next;
    }
    return next != 0 ? next : last;
}

static gt_status one(run *r, const gt_indicator *in)
{
    account *a = NULL;
    gt_status st = in->count == NULL ? GT_OK : find_account(r, in, &a);
    bool has = st == GT_OK && a != NULL && a->table != NULL && gt_area_table_n_rows(a->table) > 0;
    if (has) {
        st = sum_up(r, in, a->table);
    }
    int year = target_year(in, r->table->year);
    const sums *city = has ? &r->sums[0] : NULL;
    for (size_t i = 0; st == GT_OK && i < in->n_targets; i++) {
        if (in->targets[i].year == year) {
            st = add(r, in, city, &in->targets[i]);
        }
    }
    if (st == GT_OK && in->n_targets == 0) {
        st = add(r, in, city, NULL);
    }
    for (size_t i = 1; st == GT_OK && has && r->units && i < r->n_sums; i++) {
        if (*r->sums[i].unit != '\0') {
            st = add(r, in, &r->sums[i], NULL);
        }
    }
    return st;
}

gt_status gt_indicators_run(gt_ctx *ctx, gt_store *store, const gt_package *package,
                            const gt_indicators_options *options, gt_indicator_table **out)
{
    run r = {.ctx = ctx, .store = store, .package = package, .units = options->units};
    gt_areas_options_init(&r.areas);
    r.table = gt_zalloc(ctx, 1, sizeof *r.table);
    if (r.table == NULL) {
        return GT_E_MEMORY;
    }
    r.table->ctx = ctx;
    r.table->year = options->year;
    if (options->year == 0) {
        int month = 0, day = 0;
        gt_date_to_ymd(gt_date_today(), &r.table->year, &month, &day);
    } else {
        r.areas.as_of = gt_date_from_ymd(options->year, 12, 31);
    }
    gt_status st = gt_arena_new(ctx, 0, &r.table->arena);
    st = st == GT_OK ? gt_sql_new(ctx, package, &r.sql) : st;
    for (size_t i = 0; st == GT_OK && i < gt_package_n_indicators(package); i++) {
        st = one(&r, gt_package_indicator(package, i));
    }
    for (const account *a = r.accounts; a != NULL; a = a->next) {
        gt_area_table_free(a->table);
    }
    gt_sql_free(r.sql);
    gt_free(ctx, r.sums);
    if (st == GT_OK) {
        *out = r.table;
    } else {
        gt_indicator_table_free(r.table);
    }
    return st;
}

void gt_indicator_table_free(gt_indicator_table *table)
{
    if (table != NULL) {
        gt_arena_free(table->arena);
        gt_free(table->ctx, table->rows);
        gt_free(table->ctx, table);
    }
}

size_t gt_indicator_table_n_rows(const gt_indicator_table *table)
{
    return table->n_rows;
}

const gt_indicator_row *gt_indicator_table_row(const gt_indicator_table *table, size_t i)
{
    return &table->rows[i];
}

int gt_indicator_table_year(const gt_indicator_table *table)
{
    return table->year;
}
