/* All values of a workspace: one area table for each distinct account, rows counted for every unit,
 * series read for every place, then every target asked. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/arena.h"
#include "guotu/date.h"
#include "guotu/text.h"
#include "indicator/messages.h"
#include "indicator/run.h"

static const char ANY[] = ".gt_any"; /* of gt_areas */

void gt_indicators_options_init(gt_indicators_options *options)
{
    *options = (gt_indicators_options){.size = sizeof *options};
}

/* ---- accounts -------------------------------------------------------------------------------- */

/* Does any indicator look at the word's text? Else it is enough to know that there is one, and a
 * layer without classes does not split the account by feature. */
static bool text_matters(const run *r, const char *word)
{
    bool matters = gt_package_find_layer(r->package, word) == NULL;
    for (size_t i = 0; !matters && i < gt_package_n_indicators(r->package); i++) {
        const gt_indicator *in = gt_package_indicator(r->package, i);
        for (size_t k = 0; in->count != NULL && in->account[k] != NULL; k++) {
            const char *name = in->names[k + 2]; /* after district and year */
            matters = matters || (strcmp(in->account[k], word) == 0 &&
                                  !(gt_expr_asks_only_null(in->count, name) &&
                                    gt_expr_asks_only_null(in->of, name)));
        }
    }
    return matters;
}

/* Adds a word of an account to those of a table. */
static void put_word(const run *r, const char *word, gt_text *out)
{
    gt_text_printf(out, ",%s%s", word, text_matters(r, word) ? "" : ANY);
}

static gt_status account_key(run *r, const gt_indicator *in, gt_text *out)
{
    gt_text_puts(out, r->options->level == GT_LEVEL_TOWN ? "district,township" : "district");
    for (size_t i = 0; in->account[i] != NULL; i++) {
        put_word(r, in->account[i], out);
    }
    return gt_text_status(out);
}

static gt_status new_account(run *r, const char *key, account **out)
{
    account *a = gt_arena_zalloc(r->table->arena, 1, sizeof *a);
    char *words = gt_arena_strdup(r->table->arena, key);
    if (a == NULL || words == NULL) {
        return GT_E_MEMORY;
    }
    a->words = words;
    a->next = r->accounts;
    r->accounts = a;
    *out = a;
    gt_status st = gt_areas(r->ctx, r->store, r->package, key, &r->areas, &a->table);
    if (st == GT_E_NOT_FOUND) {
        gt_error_clear(r->ctx); /* a layer without data: undecidable, not an error */
        a->table = NULL;
        st = GT_OK;
    }
    return st;
}

bool gt_run_is_word(const char *piece, size_t len, const char *word)
{
    size_t n = strlen(word);
    return len >= n && memcmp(piece, word, n) == 0 &&
           (len == n || (len == n + sizeof ANY - 1 && memcmp(piece + n, ANY, len - n) == 0));
}

static bool key_holds(const char *key, const char *word)
{
    for (const char *at = key; *at != '\0'; at += strcspn(at, ","), at += *at == ',' ? 1 : 0) {
        if (gt_run_is_word(at, strcspn(at, ","), word)) {
            return true;
        }
    }
    return false;
}

/* Words of one indicator that the common table may hold: every layer has features. */
static bool all_loaded(run *r, const gt_indicator *in)
{
    bool loaded = in->count != NULL;
    for (size_t i = 0; loaded && in->account[i] != NULL; i++) {
        char name[128];
        gt_layer_info info;
        const char *layer = gt_indicator_layer(r->package, in->account[i], name, sizeof name);
        loaded = layer != NULL && gt_store_find_layer(r->ctx, r->store, layer, &info) == GT_OK &&
                 info.n_features > 0;
        gt_error_clear(r->ctx);
    }
    return loaded;
}

/* One table for all indicators, as far as its columns reach: the account is read once. */
static gt_status common_account(run *r)
{
    gt_text key;
    size_t n = 2;
    gt_text_init(&key, r->ctx, 65536);
    gt_text_puts(&key, r->options->level == GT_LEVEL_TOWN ? "district,township" : "district");
    for (size_t i = 0; i < gt_package_n_indicators(r->package); i++) {
        const gt_indicator *in = gt_package_indicator(r->package, i);
        bool wanted = r->options->only == NULL || strcmp(r->options->only, in->id) == 0;
        for (size_t k = 0; wanted && all_loaded(r, in) && in->account[k] != NULL; k++) {
            if (!key_holds(gt_text_cstr(&key), in->account[k]) && n < MOST_COLUMNS) {
                put_word(r, in->account[k], &key);
                n++;
            }
        }
    }
    gt_status st = gt_text_status(&key);
    if (st == GT_OK && n > 2) {
        st = new_account(r, gt_text_cstr(&key), &r->common);
    }
    gt_text_free(&key);
    return st;
}

static bool common_holds(const run *r, const gt_indicator *in)
{
    bool all = r->common != NULL && r->common->table != NULL;
    for (size_t i = 0; all && in->account[i] != NULL; i++) {
        all = key_holds(r->common->words, in->account[i]);
    }
    return all;
}

gt_status gt_run_account(run *r, const gt_indicator *in, account **out)
{
    if (common_holds(r, in)) {
        *out = r->common;
        return GT_OK;
    }
    gt_text key;
    gt_text_init(&key, r->ctx, 8192);
    gt_status st = account_key(r, in, &key);
    account *a = r->accounts;
    while (st == GT_OK && a != NULL && strcmp(a->words, gt_text_cstr(&key)) != 0) {
        a = a->next;
    }
    *out = a;
    if (st == GT_OK && a == NULL) {
        st = new_account(r, gt_text_cstr(&key), out);
    }
    gt_text_free(&key);
    return st;
}

/* ---- series ---------------------------------------------------------------------------------- */

static gt_value of_series(const run *r, const gt_series *s, const char *place, int year)
{
    double x = 0;
    bool known = gt_series_value(r->book, s, place, year, &x);
    return (gt_value){.kind = known ? GT_VAL_REAL : GT_NULL, .real = x * s->unit_base};
}

static gt_value sum_of_series(const run *r, const gt_series *s, const char *place, int from, int to)
{
    gt_value sum = {.kind = from == 0 || from > to ? GT_NULL : GT_VAL_REAL};
    for (int y = from; sum.kind != GT_NULL && y <= to; y++) {
        gt_value v = of_series(r, s, place, y);
        sum.kind = v.kind;
        sum.real += v.real;
    }
    return sum;
}

static void series_values(const run *r, const gt_indicator *in, const char *place, int year,
                          gt_value *out)
{
    for (size_t i = 0; i < in->n_series; i++) {
        const gt_series *s = in->series[i];
        gt_value *v = &out[i * GT_SERIES_NAMES];
        int first = 0, last = 0;
        v[0] = of_series(r, s, place, year);
        v[1] = sum_of_series(r, s, place, in->from, year);
        v[2] = of_series(r, s, place, year - 1);
        v[3] = gt_series_years(r->book, s, place, &first, &last) ? of_series(r, s, place, first)
                                                                 : (gt_value){.kind = GT_NULL};
    }
}

/* ---- one unit -------------------------------------------------------------------------------- */

static gt_status value_at(run *r, const gt_indicator *in, const unit_sums *u, const char *place,
                          int year, const books_at *books, bool *known, double *out)
{
    gt_value series[MOST_VALUES];
    gt_ingredients g = {.year = year, .series = series};
    if (u != NULL) {
        g.counted_known = true;
        g.counted = u->counted;
        g.total = u->total;
    }
    series_values(r, in, place, year, series);
    gt_run_book_values(books, in, place, series);
    return gt_indicator_value(r->ctx, r->sql, in, &g, known, out);
}

/* The years in which a first value may be found: what the series and the books know. */
static gt_status base_years(run *r, const gt_indicator *in, const char *place, int *first,
                            int *last)
{
    int books = 0;
    *first = *last = 0;
    if (in->n_series > 0 && !gt_series_years(r->book, in->series[0], place, first, last)) {
        *first = *last = 0;
    }
    gt_status st = gt_run_first_book_year(r, in, &books);
    if (books != 0) {
        *first = *first == 0 || books < *first ? books : *first;
        *last = r->table->year > *last ? r->table->year : *last;
    }
    return st;
}

/* The base of the plan, or the first year that gives a value. */
static gt_status base_of(run *r, const gt_indicator *in, const char *place, gt_indicator_row *row)
{
    int first = 0, last = 0;
    row->base_year = in->base_year;
    row->base = in->base;
    if (!in->base_first || in->count != NULL) {
        return GT_OK;
    }
    gt_status st = base_years(r, in, place, &first, &last);
    for (int y = first; st == GT_OK && first != 0 && row->base_year == 0 && y <= last; y++) {
        bool known = false;
        st = gt_run_past_books(r, in, y);
        st = st == GT_OK ? value_at(r, in, NULL, place, y, &r->past, &known, &row->base) : st;
        row->base_year = known ? y : 0;
    }
    return st;
}

static void judge(const run *r, gt_indicator_row *row, const char *place)
{
    const gt_target *t = row->target;
    gt_judged v = {.year = r->table->year,
                   .known = row->known,
                   .x = row->value,
                   .base_year = row->base_year,
                   .base = row->base};
    row->asked = t == NULL || !t->has_value ? NAN : t->base;
    if (t != NULL && t->asked != NULL) {
        gt_value asked = of_series(r, t->asked, place, t->year);
        v.asked_known = asked.kind != GT_NULL;
        v.asked = asked.real;
        row->asked = v.asked_known ? asked.real : NAN;
    }
    row->judgement = gt_indicator_judge(row->indicator, t, &v);
}

static gt_status add(run *r, const gt_indicator_row *row)
{
    gt_indicator_table *t = r->table;
    void *block = t->rows;
    gt_status st = gt_grow(r->ctx, &block, &t->cap, t->n_rows + 1, sizeof *t->rows);
    t->rows = block;
    if (st == GT_OK) {
        t->rows[t->n_rows++] = *row;
    }
    return st;
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

static bool same_unit(const gt_indicator_row *a, const gt_indicator_row *b)
{
    return a->indicator == b->indicator && a->level == b->level && strcmp(a->unit, b->unit) == 0;
}

/* Figures that the plan prints side by side are decided only where they agree. */
static void settle_alternatives(gt_indicator_table *t, size_t from)
{
    bool met = false, missed = false;
    for (size_t i = from; i < t->n_rows; i++) {
        const gt_indicator_row *row = &t->rows[i];
        bool one =
            row->target != NULL && row->target->alternative && same_unit(row, &t->rows[from]);
        met = met || (one && row->judgement.standing == GT_STAND_MET);
        missed = missed || (one && row->judgement.standing != GT_STAND_MET);
    }
    for (size_t i = from; met && missed && i < t->n_rows; i++) {
        if (t->rows[i].target != NULL && t->rows[i].target->alternative) {
            t->rows[i].judgement =
                (gt_judgement){GT_STAND_UNDECIDABLE, GT_GREY, GT_WHY_ALTERNATIVE, NAN, NAN};
        }
    }
}

static gt_status one_unit(run *r, const gt_indicator *in, const unit_sums *u, gt_indicator_row row)
{
    const char *place = row.level == GT_LEVEL_TOWN ? "\x1f" : row.unit; /* towns have no series */
    size_t from = r->table->n_rows, asked = 0;
    int year = target_year(in, r->table->year);
    gt_status st = value_at(r, in, u, place, r->table->year, &r->books, &row.known, &row.value);
    st = st == GT_OK ? base_of(r, in, place, &row) : st;
    st = st == GT_OK ? gt_indicator_sources(r, in, u != NULL, place, &row) : st;
    for (size_t i = 0; st == GT_OK && i < in->n_targets; i++) {
        gt_level of = in->targets[i].each ? GT_LEVEL_DISTRICT : GT_LEVEL_CITY;
        if (in->targets[i].year == year && of == row.level) {
            row.target = &in->targets[i];
            judge(r, &row, place);
            st = add(r, &row);
            asked++;
        }
    }
    if (st == GT_OK && asked == 0) {
        row.target = NULL;
        judge(r, &row, place);
        st = add(r, &row);
    }
    if (st == GT_OK) {
        settle_alternatives(r->table, from);
    }
    return st;
}

/* ---- one indicator --------------------------------------------------------------------------- */

/* Sums over the towns of each district. */
static gt_status districts(run *r, const gt_indicator *in, bool known)
{
    gt_status st = GT_OK;
    for (size_t i = 0, end; st == GT_OK && known && i < r->n_units; i = end) {
        unit_sums sum = {.district = r->units[i].district, .town = ""};
        for (end = i; end < r->n_units && strcmp(r->units[end].district, sum.district) == 0;
             end++) {
            sum.counted += r->units[end].counted;
            sum.total += r->units[end].total;
        }
        gt_indicator_row row = {
            .indicator = in, .level = GT_LEVEL_DISTRICT, .unit = sum.district, .parent = ""};
        if (*sum.district == '\0') {
            continue;
        }
        st = one_unit(r, in, &sum, row);
        for (size_t k = i; st == GT_OK && r->options->level == GT_LEVEL_TOWN && k < end; k++) {
            row.level = GT_LEVEL_TOWN;
            row.unit = r->units[k].town;
            row.parent = sum.district;
            st = *row.unit == '\0' ? GT_OK : one_unit(r, in, &r->units[k], row);
        }
    }
    return st;
}

/* Units of figures that are read from ledgers alone. */
static gt_status book_units(run *r, const gt_indicator *in)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < r->books.n; i++) {
        const gt_indicator_row row = {.indicator = in,
                                      .level = GT_LEVEL_DISTRICT,
                                      .unit = r->books.by_unit[i].unit,
                                      .parent = ""};
        st = strcmp(row.unit, "*") == 0 ? GT_OK : one_unit(r, in, NULL, row);
    }
    return st;
}

/* Districts of figures without areas: the places that the first series knows. */
static gt_status places(run *r, const gt_indicator *in)
{
    gt_status st = in->n_series == 0 ? book_units(r, in) : GT_OK;
    const char *last = "";
    size_t n = in->n_series == 0 ? 0 : gt_series_n_points(r->book, in->series[0]);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        const char *place = gt_series_point(r->book, in->series[0], i)->place;
        if (strcmp(place, last) != 0) {
            last = gt_arena_strdup(r->table->arena, place);
            const gt_indicator_row row = {
                .indicator = in, .level = GT_LEVEL_DISTRICT, .unit = last, .parent = ""};
            st = last == NULL ? GT_E_MEMORY : one_unit(r, in, NULL, row);
        }
    }
    return st;
}

static gt_status one(run *r, const gt_indicator *in)
{
    bool known = false;
    unit_sums city = {.district = "", .town = ""};
    gt_status st = gt_run_count(r, in, &known);
    st = st == GT_OK ? gt_run_books(r, in) : st;
    for (size_t i = 0; i < r->n_units; i++) {
        city.counted += r->units[i].counted;
        city.total += r->units[i].total;
    }
    const gt_indicator_row row = {.indicator = in, .unit = "", .parent = ""};
    st = st == GT_OK ? one_unit(r, in, known ? &city : NULL, row) : st;
    if (st == GT_OK && r->options->level >= GT_LEVEL_DISTRICT) {
        st = in->count != NULL ? districts(r, in, known) : places(r, in);
    }
    return st;
}

static gt_status run_all(run *r)
{
    bool found = r->options->only == NULL;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < gt_package_n_indicators(r->package); i++) {
        const gt_indicator *in = gt_package_indicator(r->package, i);
        if (r->options->only == NULL || strcmp(r->options->only, in->id) == 0) {
            found = true;
            st = one(r, in);
        }
    }
    if (st == GT_OK && !found) {
        st = gt_fail(r->ctx, GT_E_NOT_FOUND, &GT_MSG_INDICATOR_UNKNOWN, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("id", r->options->only)));
    }
    return st;
}

gt_status gt_indicators_run(gt_ctx *ctx, gt_store *store, const gt_package *package,
                            const gt_indicators_options *options, gt_indicator_table **out)
{
    run r = {.ctx = ctx, .store = store, .package = package, .options = options};
    gt_areas_options_init(&r.areas);
    r.table = gt_zalloc(ctx, 1, sizeof *r.table);
    if (r.table == NULL) {
        return GT_E_MEMORY;
    }
    int this_year = 0, month = 0, day = 0;
    gt_date_to_ymd(gt_date_today(), &this_year, &month, &day);
    r.table->ctx = ctx;
    r.table->year = options->year == 0 ? this_year : options->year;
    r.areas.as_of =
        r.table->year >= this_year ? GT_DATE_NONE : gt_date_from_ymd(options->year, 12, 31);
    r.areas.as_of_rev = options->as_of_rev;
    r.areas.whole = r.areas.as_of == GT_DATE_NONE && options->as_of_rev == 0;
    r.areas.keep = options->as_of_rev == 0;
    gt_status st = gt_arena_new(ctx, 0, &r.table->arena);
    st = st == GT_OK ? gt_sql_new(ctx, package, &r.sql) : st;
    st = st == GT_OK ? gt_series_book_open(ctx, store, package, options->as_of_rev, &r.book) : st;
    st = st == GT_OK
             ? gt_book_cut_of(ctx, store, options->as_of_rev, r.areas.as_of, r.table->year, &r.cut)
             : st;
    st = st == GT_OK ? common_account(&r) : st;
    st = st == GT_OK ? run_all(&r) : st;
    for (const account *a = r.accounts; a != NULL; a = a->next) {
        gt_area_table_free(a->table);
    }
    gt_series_book_free(r.book);
    gt_book_close(r.ledgers);
    gt_sql_free(r.sql);
    gt_free(ctx, r.units);
    gt_free(ctx, r.books.by_unit);
    gt_free(ctx, r.past.by_unit);
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
