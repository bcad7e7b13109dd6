/* clauses: what carries each clause of the plans out, and what is missing. */
#include <limits.h>
#include <string.h>

#include "cli.h"

enum { MAX_CARRIERS = 64 };

static bool wanted(const cli *app, const gt_clause *c, size_t n_carriers)
{
    const char *plan = cli_option_value(app, "plan", NULL);
    const char *kind = cli_option_value(app, "kind", NULL);
    return (plan == NULL || strcmp(plan, c->plan) == 0) &&
           (kind == NULL || strcmp(kind, c->kind) == 0) &&
           (!cli_has(app, "missing") || n_carriers == 0);
}

static void carriers_text(const gt_item_kind *kinds, const char *const *ids, size_t n, gt_text *out)
{
    gt_text_clear(out);
    for (size_t i = 0; i < n && i < MAX_CARRIERS; i++) {
        gt_text_printf(out, "%s%s:%s", i > 0 ? " " : "", gt_item_kind_name(kinds[i]), ids[i]);
    }
}

static gt_status one(cli *app, const gt_package *package, size_t i, cli_table *table, gt_text *by,
                     size_t *shown, size_t *carried)
{
    gt_item_kind kinds[MAX_CARRIERS];
    const char *ids[MAX_CARRIERS];
    const gt_clause *c = gt_package_clause(package, i);
    size_t n = gt_package_carriers(package, i, MAX_CARRIERS, kinds, ids);
    if (!wanted(app, c, n)) {
        return GT_OK;
    }
    *shown += 1;
    *carried += n > 0;
    carriers_text(kinds, ids, n, by);
    const char *cells[] = {c->id, c->kind, c->strength, cli_say(app, c->terms_zh, c->title_en),
                           gt_text_cstr(by)};
    return cli_table_row(table, cells);
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    cli_table *table = NULL;
    cli_format format = CLI_TEXT;
    gt_text by;
    size_t shown = 0, carried = 0;
    char dir[PATH_MAX];
    static const char *const zh[] = {"条款", "类型", "约束", "内容", "由谁落实"};
    static const char *const en[] = {"clause", "kind", "strength", "title", "carried out by"};
    static const char *const keys[] = {"id", "kind", "strength", "title", "carried_out_by"};
    gt_text_init(&by, app->ctx, 0);
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV, &format);
    const char *name = cli_option_value(app, "package", NULL);
    if (st == GT_OK && (name != NULL || app->workspace == NULL)) {
        st = cli_package_dir(app, name != NULL ? name : "beijing", dir, sizeof dir);
        st = st != GT_OK ? st : cli_read_package(app, dir, &package);
    } else if (st == GT_OK) {
        (void)snprintf(dir, sizeof dir, "%.4000s/package", app->workspace);
        st = cli_read_package(app, dir, &package);
    }
    if (st == GT_OK) {
        st = cli_table_new(app, 5, app->lang == GT_LANG_ZH ? zh : en, "lllll", &table);
    }
    for (size_t i = 0; st == GT_OK && i < gt_package_n_clauses(package); i++) {
        st = one(app, package, i, table, &by, &shown, &carried);
    }
    if (st == GT_OK && format == CLI_CSV) {
        cli_table_csv(table, keys, &app->out);
    } else if (st == GT_OK && shown > 0) {
        cli_table_text(table, &app->out);
        gt_text_printf(&app->out,
                       cli_say(app, "共 %zu 条，已落实 %zu 条\n", "%zu clauses, %zu carried out\n"),
                       shown, carried);
    }
    gt_text_free(&by);
    cli_table_free(table);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"plan", "LND", {"只看某一规划", "only this plan"}, false},
    {"kind", "rule", {"只看某一类型", "only this kind"}, false},
    {"missing", NULL, {"只看尚未落实的", "only those nothing carries out yet"}, false},
    {"package",
     "P",
     {"规划包（默认：工作空间内，否则 beijing）",
      "package (default: the workspace's, else beijing)"},
     false},
    {"format", "text|csv", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_CLAUSES = {
    .name = "clauses",
    .operands = "",
    .summary = {"规划条款由什么落实、还缺什么", "what carries each clause of the plans out"},
    .options = options,
    .run = run,
};
