/* ledger [list|show|tasks|add|set|move|attach|roll|verify|export]: records with a lifecycle. */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "guotu/ledger.h"
#include "ledger_act.h"
#include "messages.h"

enum { COLUMNS = 8 };

typedef struct listing {
    cli *app;
    cli_table *table;
    cli_format format;
    const gt_ledger *ledger; /* NULL: records of several */
    gt_date today;
    size_t n, generated;
    gt_status st;
} listing;

static void put_text(gt_text *o, const char *key, const char *value, bool first)
{
    gt_text_printf(o, "%s\"%s\":", first ? "" : ",", key);
    gt_text_json_string(o, value);
}

static void record_json(gt_text *o, const gt_entry *r)
{
    char due[GT_DATE_TEXT], opened[GT_DATE_TEXT], changed[GT_DATE_TEXT];
    gt_date_format(r->due, due);
    gt_date_format(r->opened, opened);
    gt_date_format(r->changed, changed);
    put_text(o, "ledger", r->ledger, true);
    put_text(o, "id", r->id, false);
    gt_text_printf(o, ",\"version\":%lld", (long long)r->version);
    put_text(o, "state", r->state, false);
    gt_text_printf(o, ",\"closed\":%s", r->closed ? "true" : "false");
    put_text(o, "unit", r->unit, false);
    put_text(o, "body", r->body, false);
    gt_text_printf(o, ",\"year\":%d", r->year);
    put_text(o, "due", *due == '\0' ? NULL : due, false);
    put_text(o, "opened", opened, false);
    put_text(o, "changed", changed, false);
    gt_text_printf(o, ",\"generated\":%s,\"area_m2\":", r->generated ? "true" : "false");
    if (r->has_area) {
        gt_text_printf(o, "%lld.%02d", (long long)(r->area / 100), (int)(r->area % 100));
    } else {
        gt_text_puts(o, "null");
    }
    gt_text_printf(o, ",\"fields\":%s", r->fields);
}

static const char *state_title(const listing *l, const gt_entry *r)
{
    for (size_t i = 0; l->ledger != NULL && i < l->ledger->n_states; i++) {
        if (strcmp(l->ledger->states[i].id, r->state) == 0 && l->format == CLI_TEXT) {
            return cli_title(l->app, l->ledger->states[i].title);
        }
    }
    return r->state;
}

static bool one_record(void *user, const gt_entry *r)
{
    listing *l = user;
    char due[GT_DATE_TEXT], changed[GT_DATE_TEXT], area[32] = "";
    l->n++;
    l->generated += r->generated;
    if (l->format == CLI_JSON) {
        gt_text_puts(&l->app->out, l->n == 1 ? "\n  {" : ",\n  {");
        record_json(&l->app->out, r);
        gt_text_putc(&l->app->out, '}');
        return true;
    }
    gt_date_format(r->due, due);
    gt_date_format(r->changed, changed);
    if (r->has_area) {
        (void)snprintf(area, sizeof area, "%.4f", (double)r->area / 1e6);
    }
    const char *const cells[COLUMNS] = {r->ledger, r->id,  state_title(l, r), r->unit, r->body, due,
                                        area,      changed};
    l->st = cli_table_row(l->table, cells);
    return l->st == GT_OK;
}

static gt_status put_records(listing *l, gt_book *book, const gt_entry_query *q)
{
    static const char *const zh[] = {"台账", "编号",     "状态", "单元",
                                     "主体", "办理期限", "公顷", "最近更改"};
    static const char *const en[] = {"ledger", "id",  "state", "unit",
                                     "body",   "due", "ha",    "changed"};
    static const char *const keys[] = {"ledger", "id",  "state", "unit",
                                       "body",   "due", "ha",    "changed"};
    cli *app = l->app;
    gt_status st =
        cli_table_new(app, COLUMNS, app->lang == GT_LANG_ZH ? zh : en, "llllllrl", &l->table);
    gt_text_puts(&app->out, l->format == CLI_JSON ? "[" : "");
    st = st == GT_OK ? gt_ledger_each(app->ctx, book, q, one_record, l) : st;
    st = st == GT_OK ? l->st : st;
    if (st == GT_OK && l->format == CLI_JSON) {
        gt_text_puts(&app->out, "\n]\n");
    } else if (st == GT_OK && l->format == CLI_CSV) {
        cli_table_csv(l->table, keys, &app->out);
    } else if (st == GT_OK) {
        cli_table_text(l->table, &app->out);
        gt_text_printf(&app->out, cli_say(app, "%zu 条", "%zu record(s)"), l->n);
        if (l->n == q->limit) { /* a full page: how many there are in all */
            int64_t all = 0;
            st = gt_entry_count(app->ctx, book, q, &all);
            gt_text_printf(&app->out, cli_say(app, "，共 %lld 条", " of %lld"), (long long)all);
        }
        if (l->generated > 0) {
            gt_text_printf(&app->out,
                           cli_say(app, "，其中 %zu 条为生成数据", ", %zu of them generated"),
                           l->generated);
        }
        gt_text_putc(&app->out, '\n');
    }
    cli_table_free(l->table);
    return st;
}

static gt_status list_records(cli *app, gt_book *book, const gt_package *package, cli_format format)
{
    listing l = {.app = app, .format = format};
    gt_entry_query q;
    long year = 0, limit = 0;
    bool tasks = strcmp(app->operands[0], "tasks") == 0;
    const char *id = app->n_operands > 1 ? app->operands[1] : NULL;
    gt_entry_query_init(&q, id);
    q.state = cli_option_value(app, "state", NULL);
    q.unit = cli_option_value(app, "unit", NULL);
    q.after = cli_option_value(app, "after", NULL);
    q.open_only = tasks || cli_has(app, "open");
    gt_status st = cli_get_long(app, "year", 0, 1900, 2200, &year);
    st = st == GT_OK ? cli_get_long(app, "limit", 100, 1, 100000, &limit) : st;
    st = st == GT_OK ? cli_get_date(app, "overdue", &q.overdue_on) : st;
    q.year = (int)year;
    q.limit = (size_t)limit;
    if (st == GT_OK && id != NULL) {
        st = gt_ledger_find(app->ctx, package, id, &l.ledger);
    }
    return st == GT_OK ? put_records(&l, book, &q) : st;
}

/* ---- all ledgers ------------------------------------------------------------------------------
 */

/* From the counts that the books keep: no record is read. */
static gt_status count_ledger(const listing *l, gt_book *book, const char *id, int64_t n[4])
{
    gt_ctx *ctx = l->app->ctx;
    gt_entry_query q;
    gt_entry_query_init(&q, id);
    gt_status st = gt_entry_count(ctx, book, &q, &n[0]);
    st = st == GT_OK ? gt_entry_count_generated(ctx, book, &q, &n[3]) : st;
    q.open_only = true;
    st = st == GT_OK ? gt_entry_count(ctx, book, &q, &n[1]) : st;
    q.overdue_on = l->today;
    return st == GT_OK ? gt_entry_count(ctx, book, &q, &n[2]) : st;
}

static gt_status ledger_row(listing *l, gt_book *book, const gt_ledger *g)
{
    cli *app = l->app;
    gt_text clauses;
    char counts[4][24];
    int64_t n[4] = {0};
    gt_status st = count_ledger(l, book, g->id, n);
    gt_text_init(&clauses, app->ctx, 0);
    for (const char *const *c = g->clauses; *c != NULL; c++) {
        gt_text_printf(&clauses, "%s%s", c == g->clauses ? "" : " ", *c);
    }
    for (int i = 0; i < 4; i++) {
        (void)snprintf(counts[i], sizeof counts[i], "%lld", (long long)n[i]);
    }
    if (st == GT_OK && l->format == CLI_JSON) {
        put_text(&app->out, "ledger", g->id, true);
        put_text(&app->out, "zh", g->title.zh, false);
        put_text(&app->out, "en", g->title.en, false);
        put_text(&app->out, "clauses", gt_text_cstr(&clauses), false);
        gt_text_printf(&app->out,
                       ",\"records\":%lld,\"open\":%lld,\"overdue\":%lld,\"generated\":%lld",
                       (long long)n[0], (long long)n[1], (long long)n[2], (long long)n[3]);
    } else if (st == GT_OK) {
        const char *const cells[] = {
            g->id,     cli_title(app, g->title), counts[0], counts[1], counts[2],
            counts[3], gt_text_cstr(&clauses)};
        st = cli_table_row(l->table, cells);
    }
    gt_text_free(&clauses);
    return st;
}

static gt_status list_ledgers(cli *app, gt_book *book, const gt_package *package, cli_format format)
{
    static const char *const zh[] = {"编号", "名称", "记录", "在办", "逾期", "生成", "条款"};
    static const char *const en[] = {"id",      "name",      "records", "open",
                                     "overdue", "generated", "clauses"};
    listing l = {.app = app, .format = format, .today = gt_date_today()};
    gt_status st = cli_table_new(app, 7, app->lang == GT_LANG_ZH ? zh : en, "llrrrrl", &l.table);
    gt_text_puts(&app->out, format == CLI_JSON ? "[" : "");
    for (size_t i = 0; i < gt_package_n_ledgers(package) && st == GT_OK; i++) {
        gt_text_puts(&app->out, format == CLI_JSON ? (i == 0 ? "\n  {" : ",\n  {") : "");
        st = ledger_row(&l, book, gt_package_ledger(package, i));
        gt_text_puts(&app->out, format == CLI_JSON ? "}" : "");
    }
    if (st == GT_OK && format == CLI_JSON) {
        gt_text_puts(&app->out, "\n]\n");
    } else if (st == GT_OK && format == CLI_CSV) {
        cli_table_csv(l.table, en, &app->out);
    } else if (st == GT_OK) {
        cli_table_text(l.table, &app->out);
    }
    cli_table_free(l.table);
    return st;
}

/* ---- one record, one declaration --------------------------------------------------------------
 */

static bool one_event(void *user, const gt_event *e)
{
    listing *l = user;
    gt_text *o = &l->app->out;
    char time[GT_TIME_TEXT], day[GT_DATE_TEXT];
    gt_time_format(e->time_ms, time);
    gt_date_format(e->date, day);
    l->n++;
    if (l->format == CLI_JSON) {
        gt_text_printf(o, "%s\n    {\"seq\":%lld,\"n\":%lld", l->n == 1 ? "" : ",",
                       (long long)e->seq, (long long)e->n);
        put_text(o, "time", time, false);
        put_text(o, "date", day, false);
        put_text(o, "actor", e->actor, false);
        put_text(o, "action", e->action, false);
        put_text(o, "from", e->from, false);
        put_text(o, "to", e->to, false);
        gt_text_printf(o, ",\"body\":%s}", e->body);
    } else {
        gt_text_printf(o, "  %lld  %s  %s  %s  %s -> %s  %s\n", (long long)e->n, day, e->actor,
                       e->action, *e->from == '\0' ? "-" : e->from, e->to, e->body);
    }
    return true;
}

static gt_status show_record(cli *app, gt_book *book, const gt_ledger *ledger, cli_format format)
{
    listing l = {.app = app, .format = format, .ledger = ledger};
    gt_arena *arena = NULL;
    gt_entry r;
    gt_text *o = &app->out;
    gt_status st = gt_arena_new(app->ctx, 0, &arena);
    st = st == GT_OK ? gt_ledger_get(app->ctx, book, ledger->id, app->operands[2], arena, &r) : st;
    if (st == GT_OK && format == CLI_JSON) {
        gt_text_putc(o, '{');
        record_json(o, &r);
        gt_text_puts(o, ",\"events\":[");
    } else if (st == GT_OK) {
        char due[GT_DATE_TEXT];
        gt_date_format(r.due, due);
        gt_text_printf(o, "%s %s  %s  %s  %s%s\n", ledger->id, r.id, state_title(&l, &r), r.unit,
                       due, r.generated ? cli_say(app, "  生成数据", "  generated") : "");
        gt_text_printf(o, "  %s\n", r.fields);
    }
    st =
        st == GT_OK ? gt_event_each(app->ctx, book, ledger->id, r.id, 0, 10000, one_event, &l) : st;
    gt_text_puts(o, st == GT_OK && format == CLI_JSON ? "\n  ]}\n" : "");
    gt_arena_free(arena);
    return st;
}

static void put_words(gt_text *o, const char *before, const char *const *words)
{
    for (; *words != NULL; words++, before = ", ") {
        gt_text_printf(o, "%s%s", before, *words);
    }
}

static void show_ledger(cli *app, const gt_ledger *l)
{
    gt_text *o = &app->out;
    gt_text_printf(o, "%s  %s\n", l->id, cli_title(app, l->title));
    put_words(o, cli_say(app, "条款：", "clauses: "), l->clauses);
    gt_text_puts(o, cli_say(app, "\n字段：", "\nfields:"));
    for (size_t i = 0; i < l->n_fields; i++) {
        gt_text_printf(o, " %s(%s)%s", l->fields[i].name, cli_title(app, l->fields[i].title),
                       l->fields[i].required ? "*" : "");
    }
    gt_text_puts(o, cli_say(app, "\n状态：", "\nstates:"));
    for (size_t i = 0; i < l->n_states; i++) {
        gt_text_printf(o, " %s(%s)", l->states[i].id, cli_title(app, l->states[i].title));
    }
    gt_text_putc(o, '\n');
    for (size_t i = 0; i < l->n_moves; i++) {
        const gt_ledger_transition *m = &l->moves[i];
        gt_text_printf(o, "  %s(%s): ", m->id, cli_title(app, m->title));
        put_words(o, "", m->from);
        gt_text_printf(o, " -> %s", m->to);
        put_words(o, cli_say(app, "；角色：", "; who: "), m->who);
        put_words(o, cli_say(app, "；证明：", "; evidence: "), m->evidence);
        put_words(o, cli_say(app, "；规则：", "; rules: "), m->rules);
        if (m->when != NULL) {
            gt_text_printf(o, cli_say(app, "；条件：%s", "; when: %s"), m->when);
        }
        gt_text_putc(o, '\n');
    }
}

static gt_status show(cli *app, gt_book *book, const gt_package *package, cli_format format)
{
    const gt_ledger *ledger = NULL;
    gt_status st = gt_ledger_find(app->ctx, package, app->operands[1], &ledger);
    if (st == GT_OK && app->n_operands == 3) {
        return show_record(app, book, ledger, format);
    }
    if (st == GT_OK) {
        show_ledger(app, ledger);
    }
    return st;
}

static gt_status verify(cli *app, gt_book *book)
{
    gt_ledger_proof p;
    gt_status st = gt_ledger_verify(app->ctx, book, &p);
    if (st == GT_OK) {
        gt_text_printf(
            &app->out,
            cli_say(app, "无误：%lld 个事件，%lld 条记录，%lld 行账目，%lld 个附件；链首 %s\n",
                    "intact: %lld events, %lld records, %lld account lines, %lld "
                    "attachments; head %s\n"),
            (long long)p.n_events, (long long)p.n_records, (long long)p.n_postings,
            (long long)p.n_attachments, p.head);
    }
    return st;
}

static gt_status export(cli *app, gt_book *book, const gt_package *package, cli_format format)
{
    const char *path = cli_option_value(app, "o", NULL);
    listing l = {.app = app, .format = format == CLI_CSV ? CLI_CSV : CLI_JSON};
    gt_entry_query q;
    FILE *file = NULL;
    gt_status st = gt_ledger_find(app->ctx, package, app->operands[1], &l.ledger);
    gt_entry_query_init(&q, app->operands[1]);
    q.limit = INT32_MAX;
    app->out.max = (size_t)1 << 30;
    st = st == GT_OK ? put_records(&l, book, &q) : st;
    if (st != GT_OK || path == NULL) {
        return st;
    }
    file = fopen(path, "wb");
    if (file == NULL) {
        return gt_fail_errno(app->ctx, errno, "fopen", path);
    }
    bool bad = fwrite(gt_text_cstr(&app->out), 1, app->out.len, file) != app->out.len;
    bad = fclose(file) != 0 || bad;
    gt_text_clear(&app->out);
    return bad ? gt_fail_errno(app->ctx, errno, "write", path) : GT_OK;
}

static gt_status read_only(cli *app, gt_book *book, const gt_package *package, bool *known)
{
    const char *what = app->n_operands == 0 ? "list" : app->operands[0];
    int n = app->n_operands;
    cli_format format = CLI_TEXT;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON, &format);
    *known = true;
    if (st != GT_OK) {
        return st;
    }
    if (strcmp(what, "list") == 0 && n < 2) {
        return list_ledgers(app, book, package, format);
    }
    if ((strcmp(what, "list") == 0 && n == 2) || (strcmp(what, "tasks") == 0 && n < 3)) {
        return list_records(app, book, package, format);
    }
    if (strcmp(what, "show") == 0 && (n == 2 || n == 3)) {
        return show(app, book, package, format);
    }
    if (strcmp(what, "verify") == 0 && n == 1) {
        return verify(app, book);
    }
    if (strcmp(what, "export") == 0 && n == 2) {
        return export(app, book, package, format);
    }
    *known = false;
    return GT_OK;
}

static gt_status run(cli *app)
{
    static const char *const acts[] = {"add", "set", "move", "attach", "roll"};
    gt_store *store = NULL;
    gt_book *book = NULL;
    gt_package *package = NULL;
    bool known = false, writes = false;
    for (size_t i = 0; i < sizeof acts / sizeof *acts && app->n_operands > 0; i++) {
        writes = writes || strcmp(app->operands[0], acts[i]) == 0;
    }
    gt_status st = cli_open_store(app, true, &store);
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    st = st == GT_OK ? gt_book_open(app->ctx, store, writes, &book) : st;
    if (st == GT_OK) {
        st = writes ? cli_ledger_act(app, store, book, package, &known)
                    : read_only(app, book, package, &known);
    }
    if (st == GT_OK && !known) {
        st = gt_fail(
            app->ctx, GT_E_USAGE, &CLI_MSG_ACTION, GT_NOWHERE,
            GT_ARGS(GT_TEXT("verb", "ledger"), GT_TEXT("action", app->operands[0]),
                    GT_TEXT("known",
                            "list [L], show L [ID], tasks [L], add L, set L ID, move L ID M, "
                            "attach L ID FILE, roll L, verify, export L")));
    }
    gt_book_close(book);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"as",
     "ACTOR",
     {"以谁的名义（默认 GUOTU_ACTOR 或登录名）", "who does it (default GUOTU_ACTOR or login)"},
     false},
    {"set",
     "NAME=VALUE",
     {"一个字段的值；值为空则清除", "value of a field; empty clears it"},
     true},
    {"id", "ID", {"新记录的编号（默认自动编号）", "id of a new record (default: numbered)"}, false},
    {"unit", "NAME", {"单元", "unit"}, false},
    {"body", "ID", {"责任主体", "responsible body"}, false},
    {"place", "FILE", {"位置：含一个图形的文件", "the place: a file with one feature"}, false},
    {"wkt", "WKT", {"位置（工作坐标系）", "the place itself, in the working CRS"}, false},
    {"crs", "CRS", {"位置文件的坐标系", "CRS of the file"}, false},
    {"generated", NULL, {"标为生成数据", "mark as generated"}, false},
    {"date", "DATE", {"操作日期（默认今日）", "day of the action (default: today)"}, false},
    {"expect", "N", {"仅当记录为第 N 版时执行", "only when the record is at version N"}, false},
    {"reason", "TEXT", {"原因", "why"}, false},
    {"kind", "KIND", {"证明材料的类别", "kind of evidence"}, false},
    {"state", "S", {"只列该状态", "only in this state"}, false},
    {"year", "Y", {"年度；roll 时为转入年度", "year of the list; with roll: the new year"}, false},
    {"from-year", "Y", {"roll：转出年度", "roll: the year that ends"}, false},
    {"open", NULL, {"只列在办", "only what is not closed"}, false},
    {"overdue", "DATE", {"只列该日已逾期的", "only what is overdue on that day"}, false},
    {"after", "ID", {"从该编号之后列起", "the page begins after this id"}, false},
    {"limit", "N", {"最多几条（默认 100）", "at most so many (default 100)"}, false},
    {"format", "text|csv|json", {"输出格式", "output format"}, false},
    {"o", "FILE", {"export 写入的文件", "file that export writes"}, false},
    {0},
};

const cli_verb CLI_LEDGER = {
    .name = "ledger",
    .operands = "[ACTION [LEDGER [ID [MOVE|FILE]]]]",
    .min_operands = 0,
    .max_operands = 4,
    .summary = {"台账：记录、流转、证明材料、任务与校验",
                "ledgers: records, moves, evidence, tasks and proof"},
    .detail =
        {"动作：list [L]、show L [编号]、tasks [L]、add L、set L 编号、move L 编号 流转、attach L "
         "编号 文件、roll L、verify、export L。\n"
         "每个操作写入一个只增不改、哈希相链的事件；verify 找出任何改动及其位置。",
         "Actions: list [L], show L [ID], tasks [L], add L, set L ID, move L ID MOVE, attach L ID\n"
         "FILE, roll L, verify, export L. Every action writes one event into a hash-linked\n"
         "journal that only grows; verify finds any change and names the place."},
    .options = options,
    .run = run,
};
