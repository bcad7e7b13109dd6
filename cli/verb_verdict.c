/* verdict list | show ID: what was decided on verdicts, by whom and why, and the verdict as it was.
 */
#include <string.h>

#include "cli.h"
#include "messages.h"

enum { COLUMNS = 9 };

typedef struct listing {
    cli *app;
    const gt_standard *standard;
    cli_table *table;
    size_t n;
    bool json;
} listing;

static const char *const names[COLUMNS] = {"project", "part", "kind",    "decision", "result",
                                           "actor",   "role", "decided", "reason"};

static const char *text_of(const listing *l, const gt_feature *f, const char *name)
{
    int i = gt_standard_field(l->standard, name);
    return i >= 0 && f->values[i].kind == GT_VAL_TEXT ? f->values[i].text : NULL;
}

static void put_json(const listing *l, const gt_feature *f, bool whole)
{
    gt_text *o = &l->app->out;
    gt_text_puts(o, "{\"id\":");
    gt_text_json_string(o, f->id);
    for (int i = 0; i < COLUMNS; i++) {
        gt_text_printf(o, ",\"%s\":", names[i]);
        gt_text_json_string(o, text_of(l, f, names[i]));
    }
    gt_text_printf(o, ",\"revision\":%lld", (long long)f->rev_from);
    if (whole) {
        const char *verdict = text_of(l, f, "verdict");
        gt_text_puts(o, ",\"facts\":");
        gt_text_json_string(o, text_of(l, f, "facts"));
        gt_text_puts(o, ",\"verdict\":");
        gt_text_puts(o, verdict == NULL ? "null" : verdict);
    }
    gt_text_putc(o, '}');
}

static gt_status one(listing *l, const gt_feature *f)
{
    const char *project = cli_option_value(l->app, "project", NULL);
    const char *of = text_of(l, f, "project");
    if (project != NULL && (of == NULL || strcmp(of, project) != 0)) {
        return GT_OK;
    }
    l->n++;
    if (l->json) {
        gt_text_puts(&l->app->out, l->n == 1 ? "\n" : ",\n");
        put_json(l, f, false);
        return GT_OK;
    }
    const char *cells[COLUMNS + 1] = {f->id};
    for (int i = 0; i < COLUMNS; i++) {
        cells[i + 1] = text_of(l, f, names[i]);
    }
    return cli_table_row(l->table, cells);
}

static gt_status each(listing *l, gt_store *store, gt_date as_of,
                      gt_status (*take)(listing *, const gt_feature *), const char *id)
{
    gt_scan *scan = NULL;
    gt_query q;
    bool more = true;
    gt_query_init(&q, gt_decision_standard()->id);
    q.as_of_date = as_of;
    q.id = id;
    q.no_geometry = true;
    gt_status st = gt_scan_open(l->app->ctx, store, &q, &scan);
    while (st == GT_OK && more) {
        gt_feature f;
        st = gt_scan_next(l->app->ctx, scan, &f, &more);
        if (st == GT_OK && more) {
            st = take(l, &f);
        }
    }
    gt_scan_close(scan);
    return st;
}

static gt_status list(listing *l, gt_store *store, gt_date as_of)
{
    static const char *const zh[] = {"决定",   "项目",   "部分", "对象类型", "决定",
                                     "原结论", "作出人", "角色", "日期",     "理由"};
    static const char *const en[] = {"id",      "project", "part", "kind",    "decision",
                                     "verdict", "actor",   "role", "decided", "reason"};
    cli *app = l->app;
    gt_status st =
        cli_table_new(app, COLUMNS + 1, app->lang == GT_LANG_ZH ? zh : en, "llllllllll", &l->table);
    gt_text_puts(&app->out, l->json ? "[" : "");
    if (st == GT_OK && l->standard != NULL) {
        st = each(l, store, as_of, one, NULL);
    }
    if (st == GT_OK && l->json) {
        gt_text_puts(&app->out, "]\n");
    } else if (st == GT_OK) {
        cli_table_text(l->table, &app->out);
    }
    cli_table_free(l->table);
    return st;
}

static gt_status show_one(listing *l, const gt_feature *f)
{
    gt_text *o = &l->app->out;
    l->n++;
    if (l->json) {
        put_json(l, f, true);
        gt_text_putc(o, '\n');
        return GT_OK;
    }
    gt_text_printf(o, "%s\n", f->id);
    for (int i = 0; i < COLUMNS; i++) {
        const char *value = text_of(l, f, names[i]);
        int at = gt_standard_field(l->standard, names[i]);
        if (value != NULL && at >= 0) {
            gt_text_printf(o, "  %s: %s\n", cli_title(l->app, l->standard->fields[at].title),
                           value);
        }
    }
    const char *facts = text_of(l, f, "facts"), *verdict = text_of(l, f, "verdict");
    gt_text_printf(o, "  %s\n%s", facts == NULL ? "" : facts, verdict == NULL ? "" : verdict);
    return GT_OK;
}

static gt_status show(listing *l, gt_store *store, gt_date as_of)
{
    const char *id = l->app->operands[1];
    gt_status st = l->standard == NULL ? GT_OK : each(l, store, as_of, show_one, id);
    if (st == GT_OK && l->n == 0) {
        st = gt_fail(l->app->ctx, GT_E_NOT_FOUND, &CLI_MSG_NO_DECISION, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("id", id)));
    }
    return st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_layer_info layer;
    gt_date as_of = GT_DATE_NONE;
    cli_format format = CLI_TEXT;
    listing l = {.app = app};
    bool listing_all = strcmp(app->operands[0], "list") == 0 && app->n_operands == 1;
    bool showing = strcmp(app->operands[0], "show") == 0 && app->n_operands == 2;
    if (!listing_all && !showing) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_ACTION, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("verb", "verdict"), GT_TEXT("action", app->operands[0]),
                               GT_TEXT("known", "list, show ID")));
    }
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format);
    if (st == GT_OK) {
        st = cli_get_date(app, "as-of", &as_of);
    }
    if (st == GT_OK) {
        st = cli_open_store(app, true, &store);
    }
    if (st == GT_OK) {
        st = gt_store_find_layer(app->ctx, store, gt_decision_standard()->id, &layer);
        if (st == GT_OK) {
            l.standard = layer.standard;
        } else if (st == GT_E_NOT_FOUND) {
            gt_error_clear(app->ctx); /* nothing was decided yet */
            st = GT_OK;
        }
    }
    l.json = format == CLI_JSON;
    if (st == GT_OK) {
        st = listing_all ? list(&l, store, as_of) : show(&l, store, as_of);
    }
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"project", "ID", {"只列某一项目的决定", "only decisions of this project"}, false},
    {"as-of", "DATE", {"截至该日的决定", "decisions up to that day"}, false},
    {"format", "text|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_VERDICT = {
    .name = "verdict",
    .operands = "list | show ID",
    .min_operands = 1,
    .max_operands = 2,
    .summary = {"已作出的审查决定及原审查结果",
                "decisions on verdicts, and the verdicts as they were"},
    .detail = {"决定由 check --decide 记录；show 同时给出原审查结果。决定保存在一张图的 decisions "
               "图层中，受修订哈希链保护。",
               "Decisions are recorded by check --decide; show gives the verdict as it was, too.\n"
               "They are kept in layer `decisions` of the map, under its hash chain."},
    .options = options,
    .run = run,
};
