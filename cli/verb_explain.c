/* explain: why an indicator moved between two states of the map. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "guotu/indicator.h"
#include "messages.h"

enum { N_COLUMNS = 7 };

/* "12" is a revision, "2020-12-31" a day, "now" the newest revision and everything in the ledgers.
 */
static gt_status get_state(cli *app, const char *option, gt_state *out)
{
    const char *text = cli_option_value(app, option, NULL);
    int month = 0, day = 0;
    long rev = 0;
    *out = (gt_state){.date = GT_DATE_NONE};
    if (text == NULL) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NEEDS_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", option), GT_TEXT("arg", "REV|DATE|now")));
    }
    if (strcmp(text, "now") == 0) {
        gt_date_to_ymd(gt_date_today(), &out->year, &month, &day);
        return GT_OK;
    }
    if (gt_date_parse(text, &out->date)) {
        gt_date_to_ymd(out->date, &out->year, &month, &day);
        return GT_OK;
    }
    gt_status st = cli_get_long(app, option, 0, 1, INT32_MAX, &rev);
    out->rev = rev;
    gt_date_to_ymd(gt_date_today(), &out->year, &month, &day);
    return st;
}

/* Quanta as a decimal number of the unit, without rounding through a double where it is an area. */
static void put_amount(const gt_explanation *e, int64_t quanta, bool sign, char *out, size_t cap)
{
    int decimals = e->indicator->is_area ? 6 : 9;
    (void)snprintf(out, cap, sign ? "%+.*f" : "%.*f", decimals, (double)quanta * e->quantum);
}

/* numbers: quanta, amount, revision. Ids for machines, titles for readers. */
static gt_status put_row(cli *app, const gt_package *package, const gt_explanation *e,
                         const gt_contribution *c, const char *const *numbers, bool csv,
                         cli_table *table)
{
    gt_text what, before, after;
    gt_text_init(&what, app->ctx, 65536);
    gt_text_init(&before, app->ctx, 65536);
    gt_text_init(&after, app->ctx, 65536);
    if (csv) {
        gt_text_puts(&what, c->series != NULL   ? c->series
                            : *c->where != '\0' ? c->where
                                                : "(bend of the formula)");
        gt_text_puts(&before, c->before);
        gt_text_puts(&after, c->after);
    } else {
        gt_contribution_words(package, e, c, app->lang, &what, &before, &after);
    }
    const char *const cells[N_COLUMNS] = {
        numbers[0],           numbers[1], c->unit, gt_text_cstr(&what), gt_text_cstr(&before),
        gt_text_cstr(&after), numbers[2]};
    gt_status st = cli_table_row(table, cells);
    gt_text_free(&what);
    gt_text_free(&before);
    gt_text_free(&after);
    return st;
}

static gt_status put_table(cli *app, const gt_package *package, const gt_explanation *e, size_t top,
                           bool csv)
{
    static const char *const keys[N_COLUMNS] = {"quanta", "amount", "unit",    "where",
                                                "before", "after",  "revision"};
    const char *const headings[N_COLUMNS] = {cli_say(app, "整数量", "quanta"),
                                             cli_say(app, "贡献", "amount"),
                                             cli_say(app, "区", "district"),
                                             cli_say(app, "图斑、序列或台账记录", "what"),
                                             cli_say(app, "变化前", "before"),
                                             cli_say(app, "变化后", "after"),
                                             cli_say(app, "版本或#事件", "revision or #event")};
    cli_table *table = NULL;
    gt_status st = cli_table_new(app, N_COLUMNS, headings, "rrllllr", &table);
    int64_t rest = 0;
    for (size_t i = 0; st == GT_OK && i < e->n; i++) {
        const gt_contribution *c = &e->list[i];
        char quanta[24], amount[48], revision[24] = "";
        if (top > 0 && i >= top) {
            rest += c->quanta;
            continue;
        }
        (void)snprintf(quanta, sizeof quanta, "%lld", (long long)c->quanta);
        put_amount(e, c->quanta, true, amount, sizeof amount);
        if (c->sum != NULL && c->event > 0) {
            (void)snprintf(revision, sizeof revision, "#%lld", (long long)c->event);
        } else if (c->revision > 0) {
            (void)snprintf(revision, sizeof revision, "%lld", (long long)c->revision);
        }
        st = put_row(app, package, e, c, (const char *const[]){quanta, amount, revision}, csv,
                     table);
    }
    if (st == GT_OK && top > 0 && e->n > top) {
        char quanta[24], amount[48], more[64];
        (void)snprintf(quanta, sizeof quanta, "%lld", (long long)rest);
        put_amount(e, rest, true, amount, sizeof amount);
        (void)snprintf(more, sizeof more, cli_say(app, "其余 %zu 项", "%zu more"), e->n - top);
        const char *const cells[N_COLUMNS] = {quanta, amount, "", more, "", "", ""};
        st = cli_table_row(table, cells);
    }
    if (st == GT_OK && csv) {
        cli_table_csv(table, keys, &app->out);
    } else if (st == GT_OK) {
        cli_table_text(table, &app->out);
    }
    cli_table_free(table);
    return st;
}

static void put_json(cli *app, const gt_explanation *e)
{
    gt_text *o = &app->out;
    gt_text_puts(o, "{\"indicator\":");
    gt_text_json_string(o, e->indicator->id);
    gt_text_puts(o, ",\"district\":");
    gt_text_json_string(o, *e->unit == '\0' ? NULL : e->unit);
    gt_text_puts(o, ",\"unit\":");
    gt_text_json_string(o, e->indicator->unit);
    gt_text_puts(o, ",\"quantum\":");
    gt_text_json_real(o, e->quantum);
    gt_text_puts(o, ",\"before\":");
    gt_text_json_real(o, e->known_before ? (double)e->before * e->quantum : (double)NAN);
    gt_text_puts(o, ",\"after\":");
    gt_text_json_real(o, e->known_after ? (double)e->after * e->quantum : (double)NAN);
    if (e->known_before && e->known_after) {
        gt_text_printf(o, ",\"quanta\":%lld", (long long)(e->after - e->before));
    } else {
        gt_text_puts(o, ",\"quanta\":null"); /* nothing to sum to */
    }
    gt_text_puts(o, ",\"contributions\":[");
    for (size_t i = 0; i < e->n; i++) {
        const gt_contribution *c = &e->list[i];
        gt_text_printf(o, "%s\n  {\"quanta\":%lld,\"series\":", i == 0 ? "" : ",",
                       (long long)c->quanta);
        gt_text_json_string(o, c->series);
        gt_text_puts(o, ",\"where\":");
        gt_text_json_string(o, c->where);
        gt_text_puts(o, ",\"district\":");
        gt_text_json_string(o, c->unit);
        gt_text_puts(o, ",\"before\":");
        gt_text_json_string(o, c->before);
        gt_text_puts(o, ",\"after\":");
        gt_text_json_string(o, c->after);
        gt_text_printf(o, ",\"revision\":%lld,\"sum\":", (long long)c->revision);
        gt_text_json_string(o, c->sum);
        gt_text_printf(o, ",\"event\":%lld}", (long long)c->event);
    }
    gt_text_puts(o, "\n]}\n");
}

static gt_status put_text(cli *app, const gt_package *package, const gt_explanation *e, size_t top)
{
    char before[48] = "-", after[48] = "-", moved[48];
    if (e->known_before) {
        put_amount(e, e->before, false, before, sizeof before);
    }
    if (e->known_after) {
        put_amount(e, e->after, false, after, sizeof after);
    }
    put_amount(e, e->after - e->before, true, moved, sizeof moved);
    gt_text_printf(&app->out, "%s%s%s: %s -> %s %s", cli_title(app, e->indicator->title),
                   *e->unit == '\0' ? "" : ", ", e->unit, before, after,
                   gt_unit_word(e->indicator->unit, app->lang));
    if (!e->known_before || !e->known_after) {
        gt_text_puts(&app->out, cli_say(app, "；有一端无数值，无法分解\n",
                                        "; one end has no value, nothing to decompose\n"));
        return GT_OK;
    }
    gt_text_printf(&app->out,
                   cli_say(app, "；变化 %s，%zu 项贡献之和与之相等\n",
                           "; moved %s, the sum of %zu contributions\n"),
                   moved, e->n);
    return e->n == 0 ? GT_OK : put_table(app, package, e, top, false);
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_explanation *e = NULL;
    cli_format format = CLI_TEXT;
    gt_state from, to;
    long top = 20, year = 0;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON, &format);
    st = st == GT_OK ? get_state(app, "from", &from) : st;
    st = st == GT_OK ? get_state(app, "to", &to) : st;
    st = st == GT_OK ? cli_get_long(app, "top", 20, 0, INT32_MAX, &top) : st;
    st = st == GT_OK ? cli_get_long(app, "year", 0, 1900, 2100, &year) : st;
    if (st == GT_OK && year > 0) {
        from.year = from.date == GT_DATE_NONE ? (int)year : from.year;
        to.year = to.date == GT_DATE_NONE ? (int)year : to.year;
    }
    st = st == GT_OK ? cli_open_store(app, true, &store) : st;
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    const char *unit = cli_option_value(app, "unit", NULL);
    st = st == GT_OK ? gt_indicator_check_unit(app->ctx, store, package, unit, false) : st;
    st = st == GT_OK ? gt_indicator_explain(app->ctx, store, package, app->operands[0], unit, &from,
                                            &to, &e)
                     : st;
    if (st == GT_OK && format == CLI_JSON) {
        put_json(app, e);
    } else if (st == GT_OK && format == CLI_CSV) {
        st = put_table(app, package, e, 0, true);
    } else if (st == GT_OK) {
        st = put_text(app, package, e, (size_t)top);
    }
    gt_explanation_free(app->ctx, e);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"from",
     "REV|DATE|now",
     {"变化前：版本号、日期或 now", "before: a revision, a day or now"},
     false},
    {"to",
     "REV|DATE|now",
     {"变化后：版本号、日期或 now", "after: a revision, a day or now"},
     false},
    {"unit", "NAME", {"只看该区", "only this district"}, false},
    {"year",
     "Y",
     {"按版本比较时，序列取哪一年（默认今年）",
      "between revisions: year of the series' values (default this year)"},
     false},
    {"top", "N", {"列出前 N 项（默认 20，0 为全部）", "largest N (default 20, 0 all)"}, false},
    {"format", "text|csv|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_EXPLAIN = {
    .name = "explain",
    .operands = "INDICATOR",
    .min_operands = 1,
    .max_operands = 1,
    .summary = {"指标为何变化：分解到图斑、序列和台账事件",
                "why an indicator moved, down to parcels and events of ledgers"},
    .detail =
        {"两个版本（或两个日期）之间的变化分解到各图斑、时间序列和台账事件；各项贡献以整数计，之和"
         "与"
         "总变化一位不差。版本带有其提交之前的台账事件，日期带有注明当日及以前的事件，now "
         "带有全部。",
         "The movement between two revisions (or two days), by parcel, series and event of a "
         "ledger. "
         "Contributions are whole numbers of a stated quantum and sum to the difference to "
         "the last digit. A revision has the events written before its commit, a day those dated "
         "until then, now all of them."},
    .options = options,
    .run = run,
};
