/* series: figures over time, loaded with quality control and shown by year. */
#include <string.h>

#include "cli.h"
#include "guotu/series.h"
#include "messages.h"

static gt_status get_origin(cli *app, gt_origin *out)
{
    const char *text = cli_option_value(app, "origin", "survey");
    for (int o = GT_ORIGIN_SURVEY; o <= GT_ORIGIN_GENERATED; o++) {
        if (strcmp(text, cli_origin_key((gt_origin)o)) == 0) {
            *out = (gt_origin)o;
            return GT_OK;
        }
    }
    return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("option", "origin"), GT_TEXT("value", text),
                           GT_TEXT("allowed", "survey|open|generated")));
}

static void say_loaded(cli *app, bool json, const gt_series_loaded *f)
{
    if (json) {
        gt_text_printf(&app->out,
                       "{\"series\":%zu,\"rows\":%zu,\"new\":%zu,\"changed\":%zu,\"same\":%zu,"
                       "\"revision\":%lld}\n",
                       f->n_series, f->n_rows, f->n_new, f->n_changed, f->n_same,
                       (long long)f->revision);
        return;
    }
    gt_text_printf(&app->out,
                   cli_say(app, "%zu 行，%zu 个序列：新增 %zu，更改 %zu，相同 %zu；版本 %lld\n",
                           "%zu rows, %zu series: %zu new, %zu changed, %zu the same; revision "
                           "%lld\n"),
                   f->n_rows, f->n_series, f->n_new, f->n_changed, f->n_same,
                   (long long)f->revision);
}

static gt_status load(cli *app, bool json)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_notes *notes = NULL;
    gt_series_loaded facts = {0};
    gt_series_load_options o;
    gt_series_load_options_init(&o);
    o.author = cli_author(app);
    o.message = cli_option_value(app, "message", NULL);
    o.series = cli_option_value(app, "series", NULL);
    o.sheet = cli_option_value(app, "sheet", NULL);
    gt_status st = get_origin(app, &o.origin);
    st = st == GT_OK ? cli_open_store(app, false, &store) : st;
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    st = st == GT_OK ? gt_notes_new(app->ctx, 0, &notes) : st;
    st = st == GT_OK ? gt_series_load(app->ctx, store, package, app->operands[1], &o, notes, &facts)
                     : st;
    if (notes != NULL && gt_notes_kept(notes) > 0) {
        gt_text text;
        gt_text_init(&text, app->ctx, 0);
        gt_notes_render_all(notes, app->lang, &text);
        (void)fputs(gt_text_cstr(&text), stderr);
        gt_text_free(&text);
    }
    if (st == GT_OK) {
        say_loaded(app, json, &facts);
    }
    gt_notes_free(notes);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

/* ---- show ------------------------------------------------------------------------------------ */

static gt_status list_all(cli *app, const gt_package *package, const gt_series_book *book,
                          cli_format format)
{
    static const char *const keys[] = {"series", "unit",   "first", "last",
                                       "values", "origin", "title"};
    const char *const headings[] = {cli_say(app, "序列", "series"), cli_say(app, "单位", "unit"),
                                    cli_say(app, "起", "first"),    cli_say(app, "止", "last"),
                                    cli_say(app, "值数", "values"), cli_say(app, "来源", "origin"),
                                    cli_say(app, "名称", "title")};
    cli_table *table = NULL;
    gt_status st = cli_table_new(app, 7, headings, "llrrrll", &table);
    for (size_t i = 0; st == GT_OK && i < gt_package_n_series(package); i++) {
        const gt_series *s = gt_package_series(package, i);
        char first[12] = "", last[12] = "", n[24];
        int a = 0, b = 0;
        if (gt_series_years(book, s, "", &a, &b)) {
            (void)snprintf(first, sizeof first, "%d", a);
            (void)snprintf(last, sizeof last, "%d", b);
        }
        (void)snprintf(n, sizeof n, "%zu", gt_series_n_points(book, s));
        const char *const cells[] = {s->id,
                                     s->unit,
                                     first,
                                     last,
                                     n,
                                     cli_origin_key(gt_series_origin(book, s)),
                                     cli_title(app, s->title)};
        st = cli_table_row(table, cells);
    }
    if (st == GT_OK && format == CLI_CSV) {
        cli_table_csv(table, keys, &app->out);
    } else if (st == GT_OK) {
        cli_table_text(table, &app->out);
    }
    cli_table_free(table);
    return st;
}

static gt_status list_one(cli *app, const gt_series *s, const gt_series_book *book,
                          cli_format format)
{
    static const char *const keys[] = {"place", "time", "value", "unit"};
    const char *const headings[] = {cli_say(app, "地区", "place"), cli_say(app, "时间", "time"),
                                    cli_say(app, "数值", "value"), cli_say(app, "单位", "unit")};
    cli_table *table = NULL;
    gt_status st = cli_table_new(app, 4, headings, "llrl", &table);
    for (size_t i = 0; st == GT_OK && i < gt_series_n_points(book, s); i++) {
        const gt_point *p = gt_series_point(book, s, i);
        char value[40];
        (void)snprintf(value, sizeof value, "%.12g", p->value);
        const char *const cells[] = {
            *p->place != '\0' || format == CLI_CSV ? p->place : cli_say(app, "全市", "city"),
            p->time, value, s->unit};
        st = cli_table_row(table, cells);
    }
    if (st == GT_OK && format == CLI_CSV) {
        cli_table_csv(table, keys, &app->out);
    } else if (st == GT_OK) {
        cli_table_text(table, &app->out);
    }
    cli_table_free(table);
    return st;
}

static gt_status show(cli *app, cli_format format)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_series_book *book = NULL;
    long revision = 0;
    gt_status st = cli_get_long(app, "rev", 0, 0, INT32_MAX, &revision);
    st = st == GT_OK ? cli_open_store(app, true, &store) : st;
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    st = st == GT_OK ? gt_series_book_open(app->ctx, store, package, revision, &book) : st;
    if (st == GT_OK && app->n_operands == 1) {
        st = list_all(app, package, book, format);
    } else if (st == GT_OK) {
        const gt_series *s = gt_package_find_series(package, app->operands[1]);
        st = s != NULL ? list_one(app, s, book, format)
                       : gt_fail(app->ctx, GT_E_NOT_FOUND, &CLI_MSG_NO_SERIES, GT_NOWHERE,
                                 GT_ARGS(GT_TEXT("id", app->operands[1])));
    }
    gt_series_book_free(book);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static gt_status run(cli *app)
{
    cli_format format = CLI_TEXT;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON, &format);
    if (st != GT_OK) {
        return st;
    }
    if (strcmp(app->operands[0], "load") == 0 && app->n_operands == 2) {
        return load(app, format == CLI_JSON);
    }
    if (strcmp(app->operands[0], "show") == 0) {
        return show(app, format);
    }
    return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("option", "series"), GT_TEXT("value", app->operands[0]),
                           GT_TEXT("allowed", "load FILE, show [ID]")));
}

static const cli_option options[] = {
    {"series",
     "ID",
     {"表中没有序列列时：属于哪个序列", "load: the series, when no column says"},
     false},
    {"sheet", "NAME", {"工作簿中的工作表", "load: sheet of a workbook"}, false},
    {"origin",
     "survey|open|generated",
     {"数据来源（默认 survey）", "load: origin of the values (default survey)"},
     false},
    {"message", "TEXT", {"修订说明", "load: message of the revision"}, false},
    {"author", "NAME", {"操作人", "who does it"}, false},
    {"rev", "N", {"该版本时的数值", "show: as of this revision"}, false},
    {"format", "text|csv|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_SERIES = {
    .name = "series",
    .operands = "load FILE | show [ID]",
    .min_operands = 1,
    .max_operands = 2,
    .summary = {"时间序列：载入与查看", "time series: load and show"},
    .detail =
        {"load 读取 CSV、XLSX 等表格（列：序列、地区、时间、数值、单位），核查单位、重复、缺年、"
         "不可能的数值；有一处错误则全部不写入。地区留空或写“全市”为市级值。",
         "load reads a table (CSV, XLSX; columns series, place, time, value, unit) and checks "
         "units, duplicates, gaps and impossible values; one fault and nothing is stored. An "
         "empty place is the city."},
    .options = options,
    .run = run,
};
