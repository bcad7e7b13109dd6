/* balance NAME --year Y: the account of a year by unit. Exit 1 when its condition does not hold,
 * 3 when it does not close. */
#include <string.h>

#include "cli.h"
#include "guotu/ledger.h"
#include "messages.h"

enum { MOST_ROWS = 10 }; /* printed */

static void square(char *out, size_t cap, int64_t cents)
{
    (void)snprintf(out, cap, "%s%lld.%02lld", cents < 0 ? "-" : "",
                   (long long)((cents < 0 ? -cents : cents) / 100),
                   (long long)((cents < 0 ? -cents : cents) % 100));
}

static gt_status put_line(cli_table *t, const char *unit, const gt_balance_line *l)
{
    const int64_t amounts[] = {l->opening, l->in, l->out, l->closing};
    char text[5][32];
    for (int i = 0; i < 4; i++) {
        square(text[i], sizeof text[i], amounts[i]);
    }
    (void)snprintf(text[4], sizeof text[4], "%lld", (long long)l->rows);
    const char *const cells[] = {unit, text[0], text[1], text[2], text[3], text[4]};
    return cli_table_row(t, cells);
}

static const char *fault_key(gt_balance_fault_kind kind)
{
    switch (kind) {
    case GT_FAULT_SUM:
        return "sum";
    case GT_FAULT_AMOUNT:
        return "amount";
    case GT_FAULT_PLACE:
        return "place";
    case GT_FAULT_STATED:
        return "stated";
    }
    return "";
}

static const char *fault_words(const cli *app, gt_balance_fault_kind kind)
{
    switch (kind) {
    case GT_FAULT_SUM:
        return cli_say(app, "借贷不等", "its lines do not sum to 0");
    case GT_FAULT_AMOUNT:
        return cli_say(app, "记录现值与记账不符", "the record states another amount now");
    case GT_FAULT_PLACE:
        return cli_say(app, "记账超出图形面积", "more than its place holds");
    case GT_FAULT_STATED:
        return cli_say(app, "所报期末数与账面不符", "the stated closing figure is another");
    }
    return "";
}

static void put_faults(cli *app, const gt_balance_result *r)
{
    char posted[32], found[32];
    for (size_t i = 0; i < r->n_faults; i++) {
        const gt_balance_fault *f = &r->faults[i];
        square(posted, sizeof posted, f->posted);
        square(found, sizeof found, f->found);
        gt_text_printf(&app->out,
                       cli_say(app, "不符：%s %s（%s）：账面 %s m2，现为 %s m2：%s\n",
                               "disagrees: %s %s (%s): posted %s m2, found %s m2: %s\n"),
                       f->ledger, f->record, f->unit, posted, found, fault_words(app, f->kind));
    }
}

static const char *broken_words(const cli *app, const gt_balance_broken *b)
{
    return b->must == NULL ? cli_say(app, "进出要求", "in against out")
                           : cli_title(app, b->must->title);
}

/* Of whom a row is part: a figure of the account, or a sum by its name. */
static const char *figure_of(const gt_balance_row *row)
{
    return row->sum != NULL ? row->sum->name : row->quanta > 0 ? "inflow" : "outflow";
}

static double amount_of(const gt_balance_row *row)
{
    return row->sum != NULL ? gt_ledger_sum_value(row->sum, row->quanta)
                            : (double)row->quanta / 100;
}

/* The rows behind what is broken, the largest of each figure first. */
static void put_rows(cli *app, const gt_balance_broken *b)
{
    for (size_t i = 0; i < b->n_rows && i < MOST_ROWS; i++) {
        const gt_balance_row *row = &b->rows[i];
        bool area = row->sum == NULL || row->sum->is_area;
        gt_text_printf(
            &app->out, cli_say(app, "  %s：%s %s（%s） %.12g%s\n", "  %s: %s %s (%s) %.12g%s\n"),
            figure_of(row), row->ledger, row->record, row->unit, amount_of(row), area ? " m2" : "");
    }
    size_t shown = b->n_rows < MOST_ROWS ? b->n_rows : MOST_ROWS;
    if (b->n_all > (int64_t)shown) {
        gt_text_printf(&app->out, cli_say(app, "  另有 %lld 行\n", "  and %lld more\n"),
                       (long long)(b->n_all - (int64_t)shown));
    }
}

static void put_broken(cli *app, const gt_balance_result *r)
{
    for (size_t i = 0; i < r->n_broken; i++) {
        const gt_balance_broken *b = &r->broken[i];
        gt_text_printf(&app->out, "%s%s: %s%s%s\n",
                       b->open ? cli_say(app, "无法判定 ", "undecidable ")
                               : cli_say(app, "未达要求 ", "not met "),
                       *b->unit == '\0' ? cli_say(app, "全域", "whole territory") : b->unit,
                       broken_words(app, b), b->must == NULL || b->must->clause == NULL ? "" : "  ",
                       b->must == NULL || b->must->clause == NULL ? "" : b->must->clause);
        put_rows(app, b);
    }
}

static void rows_json(gt_text *o, const gt_balance_broken *b)
{
    gt_text_printf(o, ",\"n_rows\":%lld,\"rows\":[", (long long)b->n_all);
    for (size_t i = 0; i < b->n_rows; i++) {
        const gt_balance_row *row = &b->rows[i];
        gt_text_puts(o, i == 0 ? "\n    {\"of\":" : ",\n    {\"of\":");
        gt_text_json_string(o, figure_of(row));
        gt_text_puts(o, ",\"ledger\":");
        gt_text_json_string(o, row->ledger);
        gt_text_puts(o, ",\"record\":");
        gt_text_json_string(o, row->record);
        gt_text_puts(o, ",\"unit\":");
        gt_text_json_string(o, row->unit);
        gt_text_puts(o, ",\"amount\":");
        gt_text_json_real(o, amount_of(row));
        gt_text_putc(o, '}');
    }
    gt_text_putc(o, ']');
}

static void broken_json(gt_text *o, const gt_balance_result *r)
{
    for (size_t i = 0; i < r->n_broken; i++) {
        const gt_balance_broken *b = &r->broken[i];
        gt_text_puts(o, i == 0 ? "\n  {\"unit\":" : ",\n  {\"unit\":");
        gt_text_json_string(o, *b->unit == '\0' ? NULL : b->unit);
        gt_text_puts(o, ",\"must\":");
        gt_text_json_string(o, b->must == NULL ? NULL : b->must->must);
        gt_text_puts(o, ",\"zh\":");
        gt_text_json_string(o, b->must == NULL ? NULL : b->must->title.zh);
        gt_text_puts(o, ",\"en\":");
        gt_text_json_string(o, b->must == NULL ? NULL : b->must->title.en);
        gt_text_puts(o, ",\"clause\":");
        gt_text_json_string(o, b->must == NULL ? NULL : b->must->clause);
        gt_text_printf(o, ",\"undecidable\":%s", b->open ? "true" : "false");
        rows_json(o, b);
        gt_text_putc(o, '}');
    }
}

static void line_json(gt_text *o, const char *unit, const gt_balance_line *l)
{
    const char *const names[] = {"opening_m2", "in_m2", "out_m2", "closing_m2"};
    const int64_t amounts[] = {l->opening, l->in, l->out, l->closing};
    char text[32];
    gt_text_puts(o, "{\"unit\":");
    gt_text_json_string(o, unit);
    for (int i = 0; i < 4; i++) {
        square(text, sizeof text, amounts[i]);
        gt_text_printf(o, ",\"%s\":%s", names[i], text);
    }
    gt_text_printf(o, ",\"rows\":%lld}", (long long)l->rows);
}

static void put_json(cli *app, const gt_balance_result *r, long year)
{
    gt_text *o = &app->out;
    char posted[32], found[32];
    gt_text_puts(o, "{\"balance\":");
    gt_text_json_string(o, r->balance->id);
    gt_text_printf(o, ",\"year\":%ld,\"closes\":%s,\"met\":%s,\"broken_unit\":", year,
                   r->n_faults == 0 ? "true" : "false", r->met ? "true" : "false");
    gt_text_json_string(o, r->broken_unit);
    gt_text_puts(o, ",\"lines\":[");
    for (size_t i = 0; i < r->n_lines; i++) {
        gt_text_puts(o, i == 0 ? "\n  " : ",\n  ");
        line_json(o, r->lines[i].unit, &r->lines[i]);
    }
    gt_text_puts(o, "],\n \"total\":");
    line_json(o, NULL, &r->total);
    gt_text_puts(o, ",\n \"broken\":[");
    broken_json(o, r);
    gt_text_puts(o, "],\n \"faults\":[");
    for (size_t i = 0; i < r->n_faults; i++) {
        const gt_balance_fault *f = &r->faults[i];
        square(posted, sizeof posted, f->posted);
        square(found, sizeof found, f->found);
        gt_text_printf(o, "%s{\"kind\":\"%s\",\"ledger\":", i == 0 ? "\n  " : ",\n  ",
                       fault_key(f->kind));
        gt_text_json_string(o, f->ledger);
        gt_text_puts(o, ",\"record\":");
        gt_text_json_string(o, f->record);
        gt_text_puts(o, ",\"unit\":");
        gt_text_json_string(o, f->unit);
        gt_text_printf(o, ",\"posted_m2\":%s,\"found_m2\":%s}", posted, found);
    }
    gt_text_puts(o, "]}\n");
}

static gt_status put_table(cli *app, const gt_balance_result *r)
{
    static const char *const zh[] = {"单元", "期初 m2", "增加 m2", "减少 m2", "期末 m2", "行数"};
    static const char *const en[] = {"unit", "opening m2", "in m2", "out m2", "closing m2", "rows"};
    cli_table *t = NULL;
    gt_status st = cli_table_new(app, 6, app->lang == GT_LANG_ZH ? zh : en, "lrrrrr", &t);
    for (size_t i = 0; i < r->n_lines && st == GT_OK; i++) {
        st = put_line(t, r->lines[i].unit, &r->lines[i]);
    }
    st = st == GT_OK ? put_line(t, cli_say(app, "合计", "total"), &r->total) : st;
    if (st == GT_OK) {
        cli_table_text(t, &app->out);
        put_faults(app, r);
        gt_text_puts(&app->out, r->n_faults > 0 ? cli_say(app, "不平\n", "does not close\n")
                                                : cli_say(app, "账平\n", "closes\n"));
        put_broken(app, r);
    }
    cli_table_free(t);
    return st;
}

static void list_balances(cli *app, const gt_package *package)
{
    for (size_t i = 0; i < gt_package_n_ledgers(package); i++) {
        const gt_ledger *l = gt_package_ledger(package, i);
        for (size_t k = 0; k < l->n_balances; k++) {
            gt_text_printf(&app->out, "%s  %s  (%s)\n", l->balances[k].id,
                           cli_title(app, l->balances[k].title), l->id);
        }
    }
}

static gt_status answer(cli *app, gt_store *store, const gt_package *package)
{
    gt_book *book = NULL;
    gt_arena *arena = NULL;
    gt_balance_result r;
    cli_format format = CLI_TEXT;
    int year_now = 0, month = 0, day = 0;
    long year = 0;
    gt_date_to_ymd(gt_date_today(), &year_now, &month, &day);
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format);
    st = st == GT_OK ? cli_get_long(app, "year", year_now, 1900, 2200, &year) : st;
    st = st == GT_OK ? gt_arena_new(app->ctx, 0, &arena) : st;
    st = st == GT_OK ? gt_book_open(app->ctx, store, false, &book) : st;
    st = st == GT_OK
             ? gt_balance_of(app->ctx, book, package, app->operands[0], (int)year, arena, &r)
             : st;
    if (st == GT_OK && format == CLI_JSON) {
        put_json(app, &r, year);
    } else if (st == GT_OK) {
        st = put_table(app, &r);
    }
    if (st == GT_OK) {
        app->answer_no = !r.met;
        st = r.n_faults == 0 ? st : cli_flush(app);
    }
    if (st == GT_OK && r.n_faults > 0) {
        st = gt_fail(app->ctx, GT_E_INPUT, &CLI_MSG_BALANCE_OPEN, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("balance", app->operands[0]), GT_INT("year", year),
                             GT_INT("n", r.n_faults)));
    }
    gt_book_close(book);
    gt_arena_free(arena);
    return st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_status st = cli_open_store(app, true, &store);
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    if (st == GT_OK && app->n_operands == 0) {
        list_balances(app, package);
    } else if (st == GT_OK) {
        st = answer(app, store, package);
    }
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"year", "Y", {"年度（默认今年）", "year (default: this year)"}, false},
    {"format", "text|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_BALANCE = {
    .name = "balance",
    .operands = "[NAME]",
    .min_operands = 0,
    .max_operands = 1,
    .summary = {"平衡账：某年各单元的期初、增减与期末",
                "accounts: opening, in, out and closing by unit"},
    .detail = {"不写名称则列出全部平衡账。要求不满足时退出码为 1；账不平时逐行列出并以 3 退出。",
               "Without a name every account is listed. Exit code 1 when its condition does not\n"
               "hold; 3 when it does not close, with every row that disagrees."},
    .options = options,
    .run = run,
};
