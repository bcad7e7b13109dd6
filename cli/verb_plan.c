/* plan validate [DIR] | show [ID]: is a package right, and what does it say? Where several plans
 * give a figure for one quantity, both are shown, with the one in force and why. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "cli.h"
#include "guotu/cases.h"
#include "guotu/graph.h"
#include "messages.h"
#include "parse.h"
#include "rule_text.h"

/* ---- validate -------------------------------------------------------------------------------- */

/* All mistakes of the package and of its cases; GT_OK when they could be looked for. */
static gt_status find_mistakes(cli *app, const char *dir, gt_notes *notes, gt_package **package,
                               size_t *n_cases)
{
    gt_cases *cases = NULL;
    gt_proofs *proofs = NULL;
    gt_status st = gt_package_read(app->ctx, dir, notes, package);
    if (st == GT_OK) {
        st = gt_cases_read(app->ctx, *package, notes, &cases);
    }
    if (st == GT_OK) {
        *n_cases = gt_cases_n(cases);
        st = gt_cases_run(app->ctx, cases, notes);
    }
    if (st == GT_OK) {
        st = gt_proofs_read(app->ctx, *package, notes, &proofs);
    }
    gt_proofs_free(proofs);
    gt_cases_free(cases);
    if (st == GT_E_INPUT && gt_notes_count(notes, GT_ERROR) > 0) {
        gt_error_clear(app->ctx); /* told by the notes */
        st = GT_OK;
    }
    if (st == GT_OK && *package != NULL && gt_package_check_crs(app->ctx, *package) != GT_OK) {
        st = gt_notes_add(notes, GT_ERROR, gt_error_message(app->ctx), gt_error_place(app->ctx),
                          gt_error_args(app->ctx));
        gt_error_clear(app->ctx);
    }
    return st;
}

static void validate_json(cli *app, const char *dir, const gt_package *package,
                          const gt_notes *notes, size_t n_cases)
{
    gt_text *o = &app->out;
    gt_text_printf(
        o, "{\"valid\":%s,\"dir\":", gt_notes_count(notes, GT_ERROR) == 0 ? "true" : "false");
    gt_text_json_string(o, dir);
    gt_text_puts(o, ",\"package\":");
    gt_text_json_string(o, package == NULL ? NULL : gt_package_id(package));
    gt_text_puts(o, ",\"version\":");
    gt_text_json_string(o, package == NULL ? NULL : gt_package_version(package));
    gt_text_puts(o, ",\"hash\":");
    gt_text_json_string(o, package == NULL ? NULL : gt_package_hash(package));
    gt_text_printf(o, ",\"items\":%zu,\"clauses\":%zu,\"rules\":%zu,\"cases\":%zu,\"mistakes\":[",
                   package == NULL ? 0 : gt_package_n_items(package),
                   package == NULL ? 0 : gt_package_n_clauses(package),
                   package == NULL ? 0 : gt_package_n_rules(package), n_cases);
    for (size_t i = 0; i < gt_notes_kept(notes); i++) {
        gt_text_puts(o, i > 0 ? ",\n" : "\n");
        gt_notes_render_json(notes, i, app->lang, o);
    }
    gt_text_puts(o, "]}\n");
}

/* Do the kernels take what the models bind? Mistakes go to notes. */
static gt_status check_models(cli *app, const gt_package *package, gt_notes *notes)
{
    gt_graph *graph = NULL;
    gt_status st = gt_graph_new(app->ctx, package, notes, &graph);
    gt_graph_free(graph);
    if (st == GT_E_INPUT) {
        gt_error_clear(app->ctx);
        st = GT_OK;
    }
    return st;
}

static gt_status validate(cli *app, cli_format format)
{
    char dir[PATH_MAX];
    gt_notes *notes = NULL;
    gt_package *package = NULL;
    size_t n_cases = 0;
    gt_status st = app->n_operands > 1 ? cli_package_dir(app, app->operands[1], dir, sizeof dir)
                                       : cli_asked_package_dir(app, dir, sizeof dir);
    if (st == GT_OK) {
        st = gt_notes_new(app->ctx, 0, &notes);
    }
    if (st == GT_OK) {
        st = find_mistakes(app, dir, notes, &package, &n_cases);
    }
    if (st == GT_OK && package != NULL) {
        st = check_models(app, package, notes);
    }
    if (st == GT_OK && format == CLI_JSON) {
        validate_json(app, dir, package, notes, n_cases);
    } else if (st == GT_OK) {
        gt_notes_render_all(notes, app->lang, &app->out);
        size_t n = gt_notes_count(notes, GT_ERROR);
        if (n > 0) {
            gt_text_printf(&app->out, cli_say(app, "%s：%zu 处错误\n", "%s: %zu mistakes\n"), dir,
                           n);
        } else {
            gt_text_printf(&app->out,
                           cli_say(app,
                                   "%s：%s %s，条目 %zu 项，条款 %zu 条，规则 %zu 条，用例 %zu "
                                   "个全部通过\n",
                                   "%s: %s %s, %zu items, %zu clauses, %zu rules, all %zu cases "
                                   "answered as they say\n"),
                           dir, gt_package_id(package), gt_package_version(package),
                           gt_package_n_items(package), gt_package_n_clauses(package),
                           gt_package_n_rules(package), n_cases);
        }
    }
    app->answer_no = st == GT_OK && gt_notes_count(notes, GT_ERROR) > 0;
    gt_package_free(package);
    gt_notes_free(notes);
    return st;
}

/* ---- show: figures --------------------------------------------------------------------------- */

typedef struct speech { /* what the plans say of one quantity, area and year */
    const gt_total *in_force, *runner_up;
    gt_precedence why;
} speech;

static speech listen(const gt_package *package, const gt_total *t)
{
    speech s = {0};
    s.in_force = gt_package_in_force(package, t->quantity, t->area, t->year, &s.runner_up, &s.why);
    return s;
}

/* Is t the first figure of its quantity, area and year? */
static bool is_first(const gt_package *package, size_t i)
{
    const gt_total *t = gt_package_total(package, i);
    for (size_t k = 0; k < i; k++) {
        const gt_total *o = gt_package_total(package, k);
        if (o->year == t->year && strcmp(o->quantity, t->quantity) == 0 &&
            strcmp(o->area, t->area) == 0) {
            return false;
        }
    }
    return true;
}

static const char *status_of(const cli *app, const gt_total *t, const speech *s)
{
    if (t == s->in_force) {
        return cli_say(app, "有效", "in force");
    }
    return t->superseded ? cli_say(app, "历史", "history") : cli_say(app, "让位", "gives way");
}

static const char *status_key(const gt_total *t, const speech *s)
{
    return t == s->in_force ? "in_force" : t->superseded ? "history" : "gives_way";
}

enum { FIGURE_COLUMNS = 8 };

static gt_status figure_row(cli *app, const gt_total *t, const speech *s, cli_table *table)
{
    char value[64], year[16], issued[GT_DATE_TEXT];
    (void)snprintf(value, sizeof value, "%.10g %s", t->value, t->unit == NULL ? "" : t->unit);
    (void)snprintf(year, sizeof year, "%d", t->year);
    gt_date_format(t->plan->issued, issued);
    bool told = t == s->in_force;
    const char *cells[FIGURE_COLUMNS] = {t->area,
                                         t->year == 0 ? "" : year,
                                         value,
                                         t->clause,
                                         issued,
                                         status_of(app, t, s),
                                         told ? cli_title(app, gt_precedence_title(s->why)) : "",
                                         cli_title(app, t->title)};
    return cli_table_row(table, cells);
}

static void figure_json(const gt_total *t, const speech *s, bool first, gt_text *o)
{
    gt_text_puts(o, first ? "\n  {\"id\":" : ",\n  {\"id\":");
    gt_text_json_string(o, t->id);
    gt_text_puts(o, ",\"quantity\":");
    gt_text_json_string(o, t->quantity);
    gt_text_puts(o, ",\"area\":");
    gt_text_json_string(o, t->area);
    gt_text_printf(o, ",\"year\":%d,\"value\":", t->year);
    gt_text_json_real(o, t->value);
    gt_text_puts(o, ",\"unit\":");
    gt_text_json_string(o, t->unit);
    gt_text_puts(o, ",\"m2\":");
    gt_text_json_real(o, t->m2);
    gt_text_puts(o, ",\"plan\":");
    gt_text_json_string(o, t->plan->id);
    gt_text_printf(o, ",\"final\":%s,\"issued\":", t->plan->final ? "true" : "false");
    cli_json_date(t->plan->issued, o);
    gt_text_puts(o, ",\"clause\":");
    gt_text_json_string(o, t->clause);
    gt_text_printf(o, ",\"status\":\"%s\",\"why\":\"%s\",\"title\":", status_key(t, s),
                   gt_precedence_name(s->why));
    cli_json_title(t->title, o);
    gt_text_putc(o, '}');
}

static gt_status no_quantity(cli *app, const gt_package *package, const char *quantity)
{
    size_t n = gt_package_n_totals(package);
    const char **names = gt_alloc(app->ctx, n + 1, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        names[i] = gt_package_total(package, i)->quantity;
    }
    names[n] = NULL;
    gt_status st = gt_fail(app->ctx, GT_E_NOT_FOUND, &CLI_MSG_NO_QUANTITY, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("quantity", quantity),
                                   GT_TEXT("near", n > 0 ? cli_nearest(quantity, names) : "")));
    gt_free(app->ctx, names);
    return st;
}

static gt_status show_quantity(cli *app, const gt_package *package, const char *quantity,
                               cli_format format)
{
    static const char *const zh[] = {"范围", "年份", "数值", "条款",
                                     "发布", "状态", "依据", "名称"};
    static const char *const en[] = {"area",   "year",   "value", "clause",
                                     "issued", "status", "why",   "title"};
    cli_table *table = NULL;
    size_t shown = 0;
    gt_status st =
        cli_table_new(app, FIGURE_COLUMNS, app->lang == GT_LANG_ZH ? zh : en, "lrrlllll", &table);
    gt_text_puts(&app->out, format == CLI_JSON ? "[" : "");
    for (size_t i = 0; st == GT_OK && i < gt_package_n_totals(package); i++) {
        const gt_total *first = gt_package_total(package, i);
        if (strcmp(first->quantity, quantity) != 0 || !is_first(package, i)) {
            continue;
        }
        speech s = listen(package, first);
        for (size_t k = i; st == GT_OK && k < gt_package_n_totals(package); k++) {
            const gt_total *t = gt_package_total(package, k);
            if (strcmp(t->quantity, quantity) != 0 || strcmp(t->area, first->area) != 0 ||
                t->year != first->year) {
                continue;
            }
            if (format == CLI_JSON) {
                figure_json(t, &s, shown == 0, &app->out);
            } else {
                st = figure_row(app, t, &s, table);
            }
            shown++;
        }
    }
    if (st == GT_OK && shown == 0) {
        gt_text_clear(&app->out);
        st = no_quantity(app, package, quantity);
    } else if (st == GT_OK && format == CLI_JSON) {
        gt_text_puts(&app->out, "\n]\n");
    } else if (st == GT_OK) {
        cli_table_text(table, &app->out);
    }
    cli_table_free(table);
    return st;
}

/* ---- show: the package ----------------------------------------------------------------------- */

static void put_plans(cli *app, const gt_package *package)
{
    gt_text *o = &app->out;
    for (size_t i = 0; i < gt_package_n_plans(package); i++) {
        const gt_plan *p = gt_package_plan(package, i);
        char issued[GT_DATE_TEXT];
        gt_date_format(p->issued, issued);
        gt_text_printf(o, "  %-5s %-10s  %s  %s\n", p->id, issued,
                       p->final ? cli_say(app, "正式", "final") : cli_say(app, "草案", "draft"),
                       cli_title(app, p->title));
    }
    size_t n = 0;
    const gt_precedence *tests = gt_package_precedence(package, &n);
    gt_text_puts(o, cli_say(app, "同一数值有多个规划时：", "several plans on one quantity: "));
    for (size_t i = 0; i < n; i++) {
        gt_text_printf(o, "%s%s", i > 0 ? cli_say(app, "，其次", ", then ") : "",
                       cli_title(app, gt_precedence_title(tests[i])));
    }
    gt_text_putc(o, '\n');
}

/* Quantities on which more than one plan speaks. */
static void put_disputes(cli *app, const gt_package *package)
{
    gt_text *o = &app->out;
    size_t n = 0;
    for (size_t i = 0; i < gt_package_n_totals(package); i++) {
        const gt_total *t = gt_package_total(package, i);
        speech s = is_first(package, i) ? listen(package, t) : (speech){0};
        if (s.runner_up == NULL) {
            continue;
        }
        if (n++ == 0) {
            gt_text_puts(o, cli_say(app, "多个规划给出的数值（先列有效者）：\n",
                                    "figures that several plans give (the one in force first):\n"));
        }
        gt_text_printf(o, "  %s, %s, %d: %.10g %s [%s] | %.10g %s [%s]  %s\n", t->quantity, t->area,
                       t->year, s.in_force->value, s.in_force->unit, s.in_force->clause,
                       s.runner_up->value, s.runner_up->unit, s.runner_up->clause,
                       cli_title(app, gt_precedence_title(s.why)));
    }
}

static void show_package(cli *app, const gt_package *package)
{
    gt_text *o = &app->out;
    size_t counts[GT_ITEM_KINDS] = {0};
    for (size_t i = 0; i < gt_package_n_items(package); i++) {
        counts[gt_package_item(package, i)->kind]++;
    }
    gt_text_printf(o, "%s %s  %s\n  %s  %s\n", gt_package_id(package), gt_package_version(package),
                   cli_title(app, gt_package_title(package)), gt_package_crs(package),
                   gt_package_hash(package));
    gt_text_puts(o, " ");
    for (int k = 0; k < GT_ITEM_KINDS; k++) {
        if (counts[k] > 0) {
            gt_text_printf(o, " %s %zu", cli_title(app, gt_item_kind_title((gt_item_kind)k)),
                           counts[k]);
        }
    }
    gt_text_putc(o, '\n');
    put_plans(app, package);
    put_disputes(app, package);
}

static void package_json(cli *app, const gt_package *package)
{
    gt_text *o = &app->out;
    size_t n = 0, shown = 0;
    const gt_precedence *tests = gt_package_precedence(package, &n);
    gt_text_puts(o, "{\"id\":");
    gt_text_json_string(o, gt_package_id(package));
    gt_text_puts(o, ",\"version\":");
    gt_text_json_string(o, gt_package_version(package));
    gt_text_puts(o, ",\"title\":");
    cli_json_title(gt_package_title(package), o);
    gt_text_printf(o, ",\"crs\":\"%s\",\"hash\":\"%s\",\"plans\":[", gt_package_crs(package),
                   gt_package_hash(package));
    for (size_t i = 0; i < gt_package_n_plans(package); i++) {
        const gt_plan *p = gt_package_plan(package, i);
        gt_text_printf(o, "%s{\"id\":\"%s\",\"title\":", i > 0 ? "," : "", p->id);
        cli_json_title(p->title, o);
        gt_text_printf(o, ",\"final\":%s,\"issued\":", p->final ? "true" : "false");
        cli_json_date(p->issued, o);
        gt_text_puts(o, ",\"superseded\":");
        cli_json_list(p->superseded, o);
        gt_text_putc(o, '}');
    }
    gt_text_puts(o, "],\"precedence\":[");
    for (size_t i = 0; i < n; i++) {
        gt_text_printf(o, "%s\"%s\"", i > 0 ? "," : "", gt_precedence_name(tests[i]));
    }
    gt_text_puts(o, "],\"disputed\":[");
    for (size_t i = 0; i < gt_package_n_totals(package); i++) {
        const gt_total *t = gt_package_total(package, i);
        speech s = is_first(package, i) ? listen(package, t) : (speech){0};
        if (s.runner_up != NULL) {
            figure_json(s.in_force, &s, shown++ == 0, o);
            figure_json(s.runner_up, &s, false, o);
        }
    }
    gt_text_puts(o, "]}\n");
}

/* ---- show: one item -------------------------------------------------------------------------- */

static void put_field(cli *app, const gt_field *f)
{
    static const char *const types[] = {"", "text", "int", "real", "bool", "date"};
    gt_text_printf(&app->out, "  %-18s %-5s %s%s%s%s%s\n", f->name, types[f->type],
                   cli_title(app, f->title),
                   f->codes == NULL ? "" : "  codes: ", f->codes == NULL ? "" : f->codes->id,
                   f->unit == NULL ? "" : "  unit: ", f->unit == NULL ? "" : f->unit);
}

static void item_body(cli *app, const gt_package *package, const gt_item *item)
{
    gt_text *o = &app->out;
    if (item->kind == GT_ITEM_LAYER) {
        const gt_standard *s = gt_package_find_layer(package, item->id);
        gt_text_printf(o, "  %s  %s\n", gt_geom_type_name(s->geom_type),
                       s->source == NULL ? "" : s->source);
        for (size_t i = 0; i < s->n_fields; i++) {
            put_field(app, &s->fields[i]);
        }
    } else if (item->kind == GT_ITEM_PARAMETER) {
        const gt_parameter *p = gt_package_find_parameter(package, item->id);
        gt_text_printf(o, "  %.10g %s", p->value, p->unit == NULL ? "" : p->unit);
        gt_text_printf(o, p->has_min && p->has_max ? "  (%.10g .. %.10g)\n" : "\n", p->min, p->max);
        gt_text_printf(o, p->note.en == NULL ? "%s" : "  %s\n",
                       p->note.en == NULL ? "" : cli_title(app, p->note));
    } else if (item->kind == GT_ITEM_SUBJECT) {
        const gt_subject_kind *k = gt_package_find_subject_kind(package, item->id);
        for (size_t i = 0; i < k->n_fields; i++) {
            put_field(app, &k->fields[i]);
        }
    } else if (item->kind == GT_ITEM_CODES) {
        const gt_codelist *c = gt_package_find_codelist(package, item->id);
        for (size_t i = 0; i < c->n_codes; i++) {
            gt_text_printf(o, "  %-12s %s\n", c->codes[i].code, cli_title(app, c->codes[i].title));
        }
    }
}

static gt_status show_item(cli *app, const gt_package *package, const char *id)
{
    gt_text *o = &app->out;
    size_t n = gt_package_n_items(package), shown = 0;
    gt_status st = GT_OK;
    const char **names = gt_alloc(app->ctx, n + 1, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n && st == GT_OK; i++) {
        const gt_item *item = gt_package_item(package, i);
        names[i] = item->id;
        if (strcmp(item->id, id) != 0) {
            continue;
        }
        shown++;
        gt_text_printf(o, "%s:%s  %s\n", gt_item_kind_name(item->kind), item->id,
                       cli_title(app, item->title));
        item_body(app, package, item);
        gt_text_printf(o, "  %s:%d", item->file, item->line);
        gt_text_puts(o, item->clauses[0] == NULL ? "" : "  ");
        cli_join(item->clauses, " ", o);
        gt_text_putc(o, '\n');
        if (item->kind == GT_ITEM_TOTAL) {
            st =
                show_quantity(app, package, gt_package_find_total(package, id)->quantity, CLI_TEXT);
        }
    }
    names[n] = NULL;
    if (st == GT_OK && shown == 0) {
        st = gt_fail(app->ctx, GT_E_NOT_FOUND, &CLI_MSG_NO_ITEM, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("kind", "item"), GT_TEXT("kind_zh", "条目"), GT_TEXT("id", id),
                             GT_TEXT("near", n > 0 ? cli_nearest(id, names) : "")));
    }
    gt_free(app->ctx, names);
    return st;
}

static gt_status show(cli *app, cli_format format)
{
    gt_package *package = NULL;
    const char *quantity = cli_option_value(app, "quantity", NULL);
    gt_status st = cli_asked_package(app, &package);
    if (st == GT_OK && quantity != NULL) {
        st = show_quantity(app, package, quantity, format);
    } else if (st == GT_OK && app->n_operands > 1) {
        st = show_item(app, package, app->operands[1]);
    } else if (st == GT_OK && format == CLI_JSON) {
        package_json(app, package);
    } else if (st == GT_OK) {
        show_package(app, package);
    }
    gt_package_free(package);
    return st;
}

static gt_status run(cli *app)
{
    cli_format format = CLI_TEXT;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format);
    if (st != GT_OK) {
        return st;
    }
    if (strcmp(app->operands[0], "validate") == 0) {
        return validate(app, format);
    }
    if (strcmp(app->operands[0], "show") == 0) {
        return show(app, format);
    }
    return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_ACTION, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("verb", "plan"), GT_TEXT("action", app->operands[0]),
                           GT_TEXT("known", "validate [DIR], show [ID]")));
}

static const cli_option options[] = {
    {"quantity",
     "Q",
     {"某一数值：各规划的取值、哪个有效、为何",
      "one quantity: what each plan says, which holds, why"},
     false},
    {"package",
     "P",
     {"规划包（默认：工作空间内，否则 beijing）",
      "package (default: the workspace's, else beijing)"},
     false},
    {"format", "text|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_PLAN = {
    .name = "plan",
    .operands = "validate [DIR] | show [ID]",
    .min_operands = 1,
    .max_operands = 2,
    .summary = {"校验规划包；说明何者有效及依据",
                "validate a plan package; what is in force and why"},
    .detail =
        {"validate 一次列出全部错误（文件:行:列与改法），并运行全部规则用例；有错误时退出码为 1。",
         "validate lists every mistake in one run (file:line:column, with a hint) and runs\n"
         "all cases of rules. Exit code 1 when there is one."},
    .options = options,
    .run = run,
};
