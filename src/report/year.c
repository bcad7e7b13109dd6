/* Gathering a yearly report: the year's table, the values of the years before, what moved. */
#include "report/year.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guotu/date.h"
#include "report/messages.h"

void gt_yearly_options_init(gt_ctx *ctx, gt_yearly_options *options)
{
    *options = (gt_yearly_options){
        .size = sizeof *options, .lang = gt_ctx_lang(ctx), .back = 5, .movers = 4};
}

const gt_indicator_row *gt_year_row(const gt_year *y, const gt_year_item *item, size_t i)
{
    return gt_indicator_table_row(y->table, item->first + i);
}

/* ---- words ------------------------------------------------------------------------------------
 */

const char *gt_year_unit(const gt_indicator *in, gt_lang lang)
{
    return gt_unit_word(in->unit, lang);
}

void gt_year_heading(const gt_indicator *in, gt_lang lang, char *out, size_t cap)
{
    const char *unit = gt_year_unit(in, lang), *title = gt_title_in(in->title, lang);
    bool zh = lang == GT_LANG_ZH, has = *unit != '\0';
    (void)snprintf(out, cap, "%.160s%s%.60s%s", title,
                   !has ? ""
                   : zh ? "（"
                        : " (",
                   unit,
                   !has ? ""
                   : zh ? "）"
                        : ")");
}

static void put_number(const gt_indicator *in, double base, char out[GT_NUMBER_TEXT])
{
    double x = base / in->unit_base;
    gt_number_format(x, fabs(x - round(x)) < 1e-9 ? 0 : 2, out);
}

void gt_year_value(const gt_indicator_row *row, char out[GT_NUMBER_TEXT])
{
    const gt_indicator *in = row->indicator;
    if (!row->known) {
        (void)snprintf(out, GT_NUMBER_TEXT, "–");
        return;
    }
    put_number(in, row->value, out);
    /* what is missed by less than two decimals show must not read as met */
    double gap = fabs(row->value - row->asked) / in->unit_base;
    bool noise = gap <= 1e-9 * fabs(row->asked / in->unit_base); /* of the units' conversion */
    if (!noise && gap < 0.01) {
        int digits = (int)ceil(-log10(gap)) + 1;
        gt_number_format(row->value / in->unit_base, digits > 9 ? 9 : digits, out);
    }
}

void gt_year_target(const gt_year *y, const gt_indicator_row *row, char *out, size_t cap)
{
    const gt_target *t = row->target;
    bool zh = y->o->lang == GT_LANG_ZH;
    char number[GT_NUMBER_TEXT] = "";
    *out = '\0';
    if (t == NULL) {
        return;
    }
    if (!isnan(row->asked)) {
        put_number(row->indicator, row->asked, number);
    }
    const char *op = gt_title_in(gt_target_op_title(t->op), y->o->lang);
    const char *each = !t->each ? "" : zh ? "各区 " : "each ";
    if (zh && t->op == GT_ABOUT) {
        (void)snprintf(out, cap, "%s%s%s（%d）", each, number, op, t->year);
    } else {
        (void)snprintf(out, cap, zh ? "%s%s%s%s（%d）" : "%s%s%s%s (%d)", each, op,
                       *number == '\0' ? "" : " ", number, t->year);
    }
}

gt_rgb gt_grade_color(gt_grade grade)
{
    switch (grade) {
    case GT_RED:
        return gt_rgb_of(0xB3261E);
    case GT_ORANGE:
        return gt_rgb_of(0xC8640A);
    case GT_YELLOW:
        return gt_rgb_of(0xA58500);
    case GT_GREEN:
        return gt_rgb_of(0x2E7D4F);
    case GT_GREY:
        break;
    }
    return gt_rgb_of(0x85857D);
}

/* ---- gathering ---------------------------------------------------------------------------------
 */

static gt_status table_of(const gt_year *y, int year, gt_level level, gt_indicator_table **out)
{
    gt_indicators_options o;
    gt_indicators_options_init(&o);
    o.year = year;
    o.level = level;
    return gt_indicators_run(y->ctx, y->store, y->package, &o, out);
}

/* How bad a row is for the summary: what is missed, what cannot be decided, then what is met. Two
 * tests of one figure hold only when both do. */
static int rank_of(const gt_indicator_row *row)
{
    if (row->target == NULL || row->target->overruled) {
        return -1;
    }
    return row->judgement.grade > GT_GREEN                   ? (int)row->judgement.grade
           : row->judgement.standing == GT_STAND_UNDECIDABLE ? 1
                                                             : 0;
}

static void take_row(gt_year_item *item, const gt_indicator_row *row)
{
    bool asked = row->target != NULL && !row->target->overruled;
    bool each = asked && row->level == GT_LEVEL_DISTRICT && row->target->each;
    item->n_each += each ? 1 : 0;
    item->n_missed += each && row->judgement.grade > GT_GREEN ? 1 : 0;
    if (item->judged == NULL ||
        ((row->level == GT_LEVEL_CITY || each) && rank_of(row) > rank_of(item->judged))) {
        item->judged = row;
    }
}

const gt_indicator_row *gt_year_asked(const gt_year_item *item, const gt_indicator_row *row)
{
    bool own = row->target != NULL || row->level != GT_LEVEL_CITY;
    return own || item->judged->target == NULL ? row : item->judged;
}

/* Rows come by indicator: cuts them into items and finds the row that counts. */
static void cut_items(gt_year *y)
{
    size_t n = gt_indicator_table_n_rows(y->table);
    for (size_t i = 0; i < n; i++) {
        const gt_indicator_row *row = gt_indicator_table_row(y->table, i);
        gt_year_item *item = y->n_items == 0 ? NULL : &y->items[y->n_items - 1];
        if (item == NULL || item->in != row->indicator) {
            item = &y->items[y->n_items++];
            *item = (gt_year_item){.in = row->indicator, .first = i};
        }
        item->n++;
        y->generated = y->generated || row->generated;
        take_row(item, row);
    }
    for (size_t i = 0; i < y->n_items; i++) {
        y->standings[y->items[i].judged->judgement.standing]++;
    }
}

static void take_values(gt_year *y, const gt_indicator_table *t, int slot)
{
    for (size_t i = 0; i < gt_indicator_table_n_rows(t); i++) {
        const gt_indicator_row *row = gt_indicator_table_row(t, i);
        for (size_t k = 0; row->level == GT_LEVEL_CITY && k < y->n_items; k++) {
            if (y->items[k].in == row->indicator) {
                y->items[k].known[slot] = row->known;
                y->items[k].value[slot] = row->value / row->indicator->unit_base;
            }
        }
    }
}

static gt_status earlier_years(gt_year *y)
{
    gt_status st = GT_OK;
    take_values(y, y->table, y->n_years - 1);
    for (int k = 0; st == GT_OK && k < y->n_years - 1; k++) {
        gt_indicator_table *t = NULL;
        st = table_of(y, y->first_year + k, GT_LEVEL_CITY, &t);
        if (st == GT_OK) {
            take_values(y, t, k);
            gt_progress_step(y->ctx, 1);
        }
        gt_indicator_table_free(t);
    }
    return st;
}

static gt_status movements(gt_year *y)
{
    int last = y->n_years - 1;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && last > 0 && i < y->n_items; i++) {
        gt_year_item *item = &y->items[i];
        bool both = item->known[last] && item->known[last - 1];
        if (both && item->value[last] != item->value[last - 1]) {
            const gt_state from = {.date = gt_date_from_ymd(y->o->year - 1, 12, 31),
                                   .year = y->o->year - 1};
            const gt_state to = {.date = gt_date_from_ymd(y->o->year, 12, 31), .year = y->o->year};
            st = gt_indicator_explain(y->ctx, y->store, y->package, item->in->id, NULL, &from, &to,
                                      &item->why);
        }
    }
    return st;
}

gt_status gt_year_gather(gt_ctx *ctx, gt_store *store, const gt_package *package,
                         const gt_yearly_options *o, gt_year *out)
{
    int back = o->back < 0 ? 0 : o->back > GT_YEARS_MOST - 1 ? GT_YEARS_MOST - 1 : o->back;
    *out = (gt_year){.ctx = ctx, .store = store, .package = package, .o = o};
    out->first_year = o->year - back;
    out->n_years = back + 1;
    out->items = gt_zalloc(ctx, gt_package_n_indicators(package) + 1, sizeof *out->items);
    gt_status st = out->items == NULL ? GT_E_MEMORY : GT_OK;
    st = st == GT_OK ? table_of(out, o->year, GT_LEVEL_DISTRICT, &out->table) : st;
    if (st == GT_OK) {
        cut_items(out);
        (void)snprintf(out->revision, sizeof out->revision, "%lld",
                       (long long)gt_store_revision(store));
        (void)snprintf(out->package_text, sizeof out->package_text, "%.60s %.40s",
                       gt_package_id(package), gt_package_version(package));
    }
    st = st == GT_OK ? earlier_years(out) : st;
    st = st == GT_OK ? movements(out) : st;
    st = st == GT_OK ? gt_year_books(out) : st;
    if (st != GT_OK) {
        gt_year_free(out);
    }
    return st;
}

void gt_year_free(gt_year *y)
{
    for (size_t i = 0; y->items != NULL && i < y->n_items; i++) {
        gt_explanation_free(y->ctx, y->items[i].why);
    }
    gt_indicator_table_free(y->table);
    gt_arena_free(y->arena);
    gt_free(y->ctx, y->items);
    *y = (gt_year){0};
}

gt_status gt_yearly_report(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const gt_yearly_options *options, const char *path)
{
    gt_year year;
    const char *dot = strrchr(path, '.');
    bool pdf = dot != NULL && strcmp(dot, ".pdf") == 0;
    if (!pdf && (dot == NULL || strcmp(dot, ".xlsx") != 0)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_YEAR_EXTENSION, GT_PLACE(.file = path), GT_NO_ARGS);
    }
    gt_status st = gt_year_gather(ctx, store, package, options, &year);
    if (st == GT_OK) {
        st = pdf ? gt_year_pdf(&year, path) : gt_year_xlsx(&year, path);
        gt_year_free(&year);
    }
    return st;
}
