/* rule list | show ID: the rules of a package, with the words of their clauses, what they read,
 * what they answer, and the cases that prove it. */
#include <string.h>

#include "cli.h"
#include "guotu/cases.h"
#include "messages.h"
#include "parse.h"
#include "rule_text.h"

enum { COLUMNS = 7 };

static bool in_list(const char *const *list, const char *word)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        if (strcmp(list[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static bool of_plan(const gt_package *package, const gt_rule *rule, const char *plan)
{
    for (size_t i = 0; rule->clauses[i] != NULL; i++) {
        const gt_clause *c = gt_package_find_clause(package, rule->clauses[i]);
        if (c != NULL && strcmp(c->plan, plan) == 0) {
            return true;
        }
    }
    return false;
}

static bool wanted(cli *app, const gt_package *package, const gt_rule *rule, gt_date day)
{
    const char *plan = cli_option_value(app, "plan", NULL);
    const char *type = cli_option_value(app, "type", NULL);
    const char *clause = cli_option_value(app, "clause", NULL);
    bool in_force = (rule->from == GT_DATE_NONE || rule->from <= day) &&
                    (rule->to == GT_DATE_NONE || day <= rule->to);
    return (plan == NULL || of_plan(package, rule, plan)) &&
           (type == NULL || in_list(rule->applies_to, type)) &&
           (clause == NULL || in_list(rule->clauses, clause)) && (day == GT_DATE_NONE || in_force);
}

static gt_status add_row(cli *app, const gt_rule *rule, const gt_cases *cases, cli_table *table)
{
    gt_text clauses, subjects;
    char from[GT_DATE_TEXT], proof[16];
    gt_text_init(&clauses, app->ctx, 0);
    gt_text_init(&subjects, app->ctx, 0);
    cli_join(rule->clauses, " ", &clauses);
    cli_join(rule->applies_to, " ", &subjects);
    gt_date_format(rule->from, from);
    (void)snprintf(proof, sizeof proof, "%zu", cli_count_cases(cases, rule));
    const char *cells[COLUMNS] = {rule->id,
                                  cli_effect_word(app, rule->effect),
                                  gt_text_cstr(&subjects),
                                  gt_text_cstr(&clauses),
                                  from,
                                  proof,
                                  cli_title(app, rule->title)};
    gt_status st = cli_table_row(table, cells);
    gt_text_free(&clauses);
    gt_text_free(&subjects);
    return st;
}

static gt_status list(cli *app, const gt_package *package, const gt_cases *cases, cli_format format)
{
    static const char *const zh[COLUMNS] = {"规则", "效力", "对象", "条款", "施行", "用例", "名称"};
    static const char *const en[COLUMNS] = {"rule",     "effect", "subjects", "clauses",
                                            "in force", "cases",  "title"};
    static const char *const keys[COLUMNS] = {"id",   "effect", "subjects", "clauses",
                                              "from", "cases",  "title"};
    cli_table *table = NULL;
    gt_date day = GT_DATE_NONE;
    size_t shown = 0;
    gt_status st = cli_get_date(app, "as-of", &day);
    if (st == GT_OK) {
        st = cli_table_new(app, COLUMNS, app->lang == GT_LANG_ZH ? zh : en, "lllllrl", &table);
    }
    gt_text_puts(&app->out, format == CLI_JSON ? "[" : "");
    for (size_t i = 0; st == GT_OK && i < gt_package_n_rules(package); i++) {
        const gt_rule *rule = gt_package_rule(package, i);
        if (!wanted(app, package, rule, day)) {
            continue;
        }
        if (format == CLI_JSON) {
            gt_text_puts(&app->out, shown > 0 ? ",\n" : "\n");
            cli_rule_json(package, rule, cases, &app->out);
        } else {
            st = add_row(app, rule, cases, table);
        }
        shown++;
    }
    if (st == GT_OK && format == CLI_JSON) {
        gt_text_puts(&app->out, "]\n");
    } else if (st == GT_OK && format == CLI_CSV) {
        cli_table_csv(table, keys, &app->out);
    } else if (st == GT_OK) {
        cli_table_text(table, &app->out);
        gt_text_printf(&app->out, cli_say(app, "共 %zu 条规则\n", "%zu rules\n"), shown);
    }
    cli_table_free(table);
    return st;
}

static gt_status no_rule(cli *app, const gt_package *package, const char *id)
{
    size_t n = gt_package_n_rules(package);
    const char **names = gt_alloc(app->ctx, n + 1, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = gt_package_rule(package, i)->id;
    }
    names[n] = NULL;
    gt_status st =
        gt_fail(app->ctx, GT_E_NOT_FOUND, &CLI_MSG_NO_ITEM, GT_NOWHERE,
                GT_ARGS(GT_TEXT("kind", "rule"), GT_TEXT("kind_zh", "规则"), GT_TEXT("id", id),
                        GT_TEXT("near", n > 0 ? cli_nearest(id, names) : "")));
    gt_free(app->ctx, names);
    return st;
}

static gt_status show(cli *app, const gt_package *package, const gt_cases *cases, cli_format format)
{
    const gt_rule *rule = gt_package_find_rule(package, app->operands[1]);
    if (rule == NULL) {
        return no_rule(app, package, app->operands[1]);
    }
    if (format == CLI_JSON) {
        cli_rule_json(package, rule, cases, &app->out);
        gt_text_putc(&app->out, '\n');
    } else {
        cli_rule_text(app, package, rule, cases);
    }
    return GT_OK;
}

static gt_status run(cli *app)
{
    gt_package *package = NULL;
    gt_cases *cases = NULL;
    cli_format format = CLI_TEXT;
    bool listing = strcmp(app->operands[0], "list") == 0;
    bool showing = strcmp(app->operands[0], "show") == 0;
    if ((!listing && !showing) || (showing != (app->n_operands == 2))) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_ACTION, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("verb", "rule"), GT_TEXT("action", app->operands[0]),
                               GT_TEXT("known", "list, show ID")));
    }
    unsigned csv = listing ? 1U << CLI_CSV : 0;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON | csv, &format);
    if (st == GT_OK) {
        st = cli_asked_package(app, &package);
    }
    if (st == GT_OK) {
        st = gt_cases_look(app->ctx, package, &cases);
    }
    if (st == GT_OK) {
        st = listing ? list(app, package, cases, format) : show(app, package, cases, format);
    }
    gt_cases_free(cases);
    gt_package_free(package);
    return st;
}

static const cli_option options[] = {
    {"plan", "LND", {"只列某一规划的规则", "only rules of this plan"}, false},
    {"type",
     "T",
     {"只列针对某类对象的规则", "only rules that speak of this kind of subject"},
     false},
    {"clause", "ID", {"只列落实某条款的规则", "only rules that carry this clause out"}, false},
    {"as-of", "DATE", {"只列该日有效的规则", "only rules in force on that day"}, false},
    {"package",
     "P",
     {"规划包（默认：工作空间内，否则 beijing）",
      "package (default: the workspace's, else beijing)"},
     false},
    {"format", "text|json|csv", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_RULE = {
    .name = "rule",
    .operands = "list | show ID",
    .min_operands = 1,
    .max_operands = 2,
    .summary = {"列出或说明规则：条款、条件、用例", "the rules: clause, condition, cases"},
    .detail = {"show 给出条款原文、约束力、施行日期、对象、量测、条件、例外、提示语与用例。",
               "show gives the clause's words, strength, dates, subjects, measures, condition,\n"
               "exceptions, messages and cases."},
    .options = options,
    .run = run,
};
