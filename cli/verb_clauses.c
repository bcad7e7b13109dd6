/* clauses: what carries each clause of the plans out, which cases prove it, and what is missing. */
#include <string.h>

#include "cli.h"
#include "guotu/cases.h"
#include "messages.h"

enum { MAX_CARRIERS = 64, COLUMNS = 6 };

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

/* Does the rule measure this layer? */
static bool rule_reads(const gt_rule *rule, const char *layer)
{
    for (size_t i = 0; i < rule->n_measures; i++) {
        if (strcmp(rule->measures[i].layer, layer) == 0) {
            return true;
        }
    }
    return false;
}

/* Is the case about what carries the clause: the rule itself, or a rule that reads the layer? */
static bool speaks_for(const gt_case *c, gt_item_kind kind, const char *id)
{
    return (kind == GT_ITEM_RULE && strcmp(c->rule->id, id) == 0) ||
           (kind == GT_ITEM_LAYER && rule_reads(c->rule, id));
}

/* Where the tests stand: "cases/land.yaml:12,14", the first places of each file. */
static void proofs_text(const gt_cases *cases, const gt_item_kind *kinds, const char *const *ids,
                        size_t n, gt_text *out)
{
    enum { MAX_PLACES = 4 };
    const char *file = "";
    int line = 0;
    size_t places = 0;
    const gt_rule *rule = NULL; /* of the case before: cases of a rule stand together */
    bool about = false;
    gt_text_clear(out);
    for (size_t i = 0; n > 0 && i < gt_cases_n(cases); i++) {
        const gt_case *c = gt_cases_get(cases, i);
        about = about && c->rule == rule;
        for (size_t k = 0; c->rule != rule && k < n && k < MAX_CARRIERS && !about; k++) {
            about = speaks_for(c, kinds[k], ids[k]);
        }
        rule = c->rule;
        if (!about || c->never || (strcmp(file, c->file) == 0 && line == c->line)) {
            continue;
        }
        places = strcmp(file, c->file) == 0 ? places + 1 : 0;
        if (places < MAX_PLACES) {
            bool same = strcmp(file, c->file) == 0;
            gt_text_printf(out, "%s%s%s%d",
                           same           ? ","
                           : out->len > 0 ? " "
                                          : "",
                           same ? "" : c->file, same ? "" : ":", c->line);
        }
        file = c->file;
        line = c->line;
    }
}

/* The same of the cases of indicators, ledgers ...: "indicator-cases.csv:2,3". */
static void more_proofs(const gt_proofs *proofs, const gt_item_kind *kinds, const char *const *ids,
                        size_t n, gt_text *out)
{
    enum { MAX_PLACES = 4 };
    const char *file = "";
    size_t places = 0;
    for (size_t i = 0; i < gt_proofs_n(proofs); i++) {
        const gt_proof *p = gt_proofs_get(proofs, i);
        bool about = false;
        for (size_t k = 0; k < n && k < MAX_CARRIERS && !about; k++) {
            about = p->kind == kinds[k] && strcmp(p->id, ids[k]) == 0;
        }
        bool same = strcmp(file, p->file) == 0;
        if (!about || (same && places >= MAX_PLACES)) {
            continue;
        }
        gt_text_printf(out, "%s%s%s%d",
                       same           ? ","
                       : out->len > 0 ? " "
                                      : "",
                       same ? "" : p->file, same ? "" : ":", p->line);
        places = same ? places + 1 : 1;
        file = p->file;
    }
}

static const char *plan_of(const gt_clause *c)
{
    return c->plan;
}

static const char *kind_of(const gt_clause *c)
{
    return c->kind;
}

/* A word that no clause has is a mistake, not an empty answer: the words there are get listed. */
static gt_status check_word(cli *app, const gt_package *package, const char *option,
                            const char *(*of)(const gt_clause *))
{
    const char *given = cli_option_value(app, option, NULL);
    gt_status st = GT_OK;
    bool found = given == NULL;
    gt_text known;
    gt_text_init(&known, app->ctx, 0);
    for (size_t i = 0; !found && i < gt_package_n_clauses(package); i++) {
        const char *word = of(gt_package_clause(package, i));
        bool again = false;
        found = strcmp(word, given) == 0;
        for (size_t k = 0; k < i && !again; k++) {
            again = strcmp(of(gt_package_clause(package, k)), word) == 0;
        }
        if (!again) {
            gt_text_printf(&known, "%s%s", known.len > 0 ? ", " : "", word);
        }
    }
    if (!found) {
        st = gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("option", option), GT_TEXT("value", given),
                             GT_TEXT("allowed", gt_text_cstr(&known))));
    }
    gt_text_free(&known);
    return st;
}

typedef struct listing {
    const gt_package *package;
    const gt_cases *cases;
    const gt_proofs *proofs;
    cli_table *table;
    gt_text by, proof;
    size_t shown, carried, proved;
    bool json;
} listing;

static void one_json(cli *app, const listing *l, const gt_clause *c, const gt_item_kind *kinds,
                     const char *const *ids, size_t n)
{
    gt_text *o = &app->out;
    gt_text_puts(o, l->shown == 1 ? "\n  {\"id\":" : ",\n  {\"id\":");
    gt_text_json_string(o, c->id);
    gt_text_puts(o, ",\"plan\":");
    gt_text_json_string(o, c->plan);
    gt_text_printf(o, ",\"kind\":\"%s\",\"strength\":\"%s\",\"section\":", c->kind, c->strength);
    gt_text_json_string(o, c->section);
    gt_text_puts(o, ",\"terms_zh\":");
    gt_text_json_string(o, c->terms_zh);
    gt_text_puts(o, ",\"title_en\":");
    gt_text_json_string(o, c->title_en);
    gt_text_puts(o, ",\"carried_out_by\":[");
    for (size_t i = 0; i < n && i < MAX_CARRIERS; i++) {
        gt_text_printf(o, "%s{\"kind\":\"%s\",\"id\":", i > 0 ? "," : "",
                       gt_item_kind_name(kinds[i]));
        gt_text_json_string(o, ids[i]);
        gt_text_putc(o, '}');
    }
    gt_text_puts(o, "],\"proved_by\":");
    gt_text_json_string(o, l->proof.len > 0 ? gt_text_cstr(&l->proof) : NULL);
    gt_text_putc(o, '}');
}

static gt_status one(cli *app, listing *l, size_t i)
{
    gt_item_kind kinds[MAX_CARRIERS];
    const char *ids[MAX_CARRIERS];
    const gt_clause *c = gt_package_clause(l->package, i);
    size_t n = gt_package_carriers(l->package, i, MAX_CARRIERS, kinds, ids);
    if (!wanted(app, c, n)) {
        return GT_OK;
    }
    carriers_text(kinds, ids, n, &l->by);
    proofs_text(l->cases, kinds, ids, n, &l->proof);
    more_proofs(l->proofs, kinds, ids, n, &l->proof);
    if (cli_has(app, "unproved") && (n == 0 || l->proof.len > 0)) {
        return GT_OK;
    }
    l->shown++;
    l->carried += n > 0;
    l->proved += l->proof.len > 0;
    if (l->json) {
        one_json(app, l, c, kinds, ids, n);
        return GT_OK;
    }
    const char *cells[COLUMNS] = {c->id,
                                  c->kind,
                                  c->strength,
                                  cli_say(app, c->terms_zh, c->title_en),
                                  gt_text_cstr(&l->by),
                                  gt_text_cstr(&l->proof)};
    return cli_table_row(l->table, cells);
}

static void put(cli *app, const listing *l, cli_format format)
{
    static const char *const keys[COLUMNS] = {"id",    "kind",           "strength",
                                              "title", "carried_out_by", "proved_by"};
    if (format == CLI_CSV) {
        cli_table_csv(l->table, keys, &app->out);
    } else if (format == CLI_JSON) {
        gt_text_puts(&app->out, "\n]\n");
    } else if (l->shown > 0) {
        cli_table_text(l->table, &app->out);
        gt_text_printf(&app->out,
                       cli_say(app, "共 %zu 条，已落实 %zu 条，有用例验证 %zu 条\n",
                               "%zu clauses, %zu carried out, %zu proved by cases\n"),
                       l->shown, l->carried, l->proved);
    }
}

static gt_status run(cli *app)
{
    gt_package *package = NULL;
    gt_cases *cases = NULL;
    gt_proofs *proofs = NULL;
    cli_format format = CLI_TEXT;
    listing l = {0};
    static const char *const zh[] = {"条款", "类型", "约束", "内容", "由谁落实", "由何验证"};
    static const char *const en[] = {"clause", "kind",           "strength",
                                     "title",  "carried out by", "proved by"};
    gt_text_init(&l.by, app->ctx, 0);
    gt_text_init(&l.proof, app->ctx, 0);
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON, &format);
    if (st == GT_OK) {
        st = cli_asked_package(app, &package);
    }
    st = st == GT_OK ? check_word(app, package, "plan", plan_of) : st;
    st = st == GT_OK ? check_word(app, package, "kind", kind_of) : st;
    if (st == GT_OK && cli_has(app, "package")) {
        st = gt_package_check_crs(app->ctx, package); /* the whole package is asked about */
    }
    if (st == GT_OK) {
        st = gt_cases_look(app->ctx, package, &cases);
    }
    if (st == GT_OK) {
        st = gt_proofs_read(app->ctx, package, NULL, &proofs);
    }
    if (st == GT_OK) {
        st = cli_table_new(app, COLUMNS, app->lang == GT_LANG_ZH ? zh : en, "llllll", &l.table);
    }
    l.package = package;
    l.cases = cases;
    l.proofs = proofs;
    l.json = format == CLI_JSON;
    gt_text_puts(&app->out, l.json && st == GT_OK ? "[" : "");
    for (size_t i = 0; st == GT_OK && i < gt_package_n_clauses(package); i++) {
        st = one(app, &l, i);
    }
    if (st == GT_OK) {
        put(app, &l, format);
    }
    gt_text_free(&l.by);
    gt_text_free(&l.proof);
    cli_table_free(l.table);
    gt_cases_free(cases);
    gt_proofs_free(proofs);
    gt_package_free(package);
    return st;
}

static const cli_option options[] = {
    {"plan", "LND", {"只看某一规划", "only this plan"}, false},
    {"kind", "rule", {"只看某一类型", "only this kind"}, false},
    {"missing", NULL, {"只看尚未落实的", "only those nothing carries out yet"}, false},
    {"unproved",
     NULL,
     {"只看已落实但没有用例验证的", "only those carried out that no case proves"},
     false},
    {"package",
     "P",
     {"规划包（默认：工作空间内，否则 beijing）",
      "package (default: the workspace's, else beijing)"},
     false},
    {"format", "text|csv|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_CLAUSES = {
    .name = "clauses",
    .operands = "",
    .summary = {"规划条款由什么落实、还缺什么", "what carries each clause of the plans out"},
    .options = options,
    .run = run,
};
