/* A rule in words and as JSON: what `guotu rule show` prints. */
#include "rule_text.h"

#include <string.h>

static const char *const effect_keys[] = {"deny", "condition", "duty", "note"};
static const char *const measure_keys[] = {"overlap", "distance", "count", "value", "total"};
static const char *const strength_keys[] = {"binding", "guidance", "descriptive"};

void cli_join(const char *const *list, const char *between, gt_text *out)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        gt_text_printf(out, "%s%s", i > 0 ? between : "", list[i]);
    }
}

void cli_json_title(gt_title title, gt_text *out)
{
    if (title.en == NULL && title.zh == NULL) {
        gt_text_puts(out, "null");
        return;
    }
    gt_text_puts(out, "{\"zh\":");
    gt_text_json_string(out, title.zh);
    gt_text_puts(out, ",\"en\":");
    gt_text_json_string(out, title.en);
    gt_text_putc(out, '}');
}

void cli_json_list(const char *const *list, gt_text *out)
{
    gt_text_putc(out, '[');
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        gt_text_puts(out, i > 0 ? "," : "");
        gt_text_json_string(out, list[i]);
    }
    gt_text_putc(out, ']');
}

void cli_json_date(gt_date date, gt_text *out)
{
    char day[GT_DATE_TEXT];
    gt_date_format(date, day);
    gt_text_json_string(out, date == GT_DATE_NONE ? NULL : day);
}

const char *cli_effect_word(const cli *app, gt_effect effect)
{
    static const char *const zh[] = {"禁止", "附条件", "义务", "提示"};
    return cli_say(app, zh[effect], effect_keys[effect]);
}

size_t cli_count_cases(const gt_cases *cases, const gt_rule *rule)
{
    size_t n = 0;
    for (size_t i = 0; i < gt_cases_n(cases); i++) {
        n += gt_cases_get(cases, i)->rule == rule && !gt_cases_get(cases, i)->never;
    }
    return n;
}

/* ---- text ------------------------------------------------------------------------------------ */

static void put_head(cli *app, const gt_package *package, const gt_rule *rule)
{
    gt_text *o = &app->out;
    char from[GT_DATE_TEXT], to[GT_DATE_TEXT];
    bool zh = app->lang == GT_LANG_ZH;
    gt_text_printf(o, "%s  %s\n", rule->id, cli_title(app, rule->title));
    for (size_t i = 0; rule->clauses[i] != NULL; i++) {
        const gt_clause *c = gt_package_find_clause(package, rule->clauses[i]);
        const gt_plan *plan = c == NULL ? NULL : gt_package_find_plan(package, c->plan);
        gt_text_printf(o, "%s%s", zh ? "条款      " : "clause     ", rule->clauses[i]);
        if (c != NULL) {
            gt_text_printf(o, "  %s%s%s\n           %s\n",
                           plan == NULL ? "" : cli_title(app, plan->title), zh ? "，" : ", ",
                           c->section, zh ? c->terms_zh : c->requirement_en);
        }
    }
    gt_date_format(rule->from, from);
    gt_date_format(rule->to, to);
    static const char *const strength_zh[] = {"约束性", "指导性", "说明性"};
    gt_text_printf(o, "%s%s\n", zh ? "约束力    " : "strength   ",
                   zh ? strength_zh[rule->strength] : strength_keys[rule->strength]);
    gt_text_printf(o, "%s%s .. %s\n", zh ? "施行日期  " : "in force   ", from,
                   *to == '\0' ? (zh ? "现行" : "now") : to);
    gt_text_puts(o, zh ? "对象      " : "subjects   ");
    for (size_t i = 0; rule->applies_to[i] != NULL; i++) {
        const gt_subject_kind *k = gt_package_find_subject_kind(package, rule->applies_to[i]);
        gt_text_printf(o, "%s%s (%s)", i > 0 ? ", " : "",
                       k == NULL ? rule->applies_to[i] : cli_title(app, k->title),
                       rule->applies_to[i]);
    }
    gt_text_putc(o, '\n');
}

static void put_measure(cli *app, const gt_package *package, const gt_measure *m)
{
    gt_text *o = &app->out;
    const gt_standard *layer = gt_package_find_layer(package, m->layer);
    gt_text_printf(o, "%s%s: %s %s", cli_say(app, "量测      ", "measure    "), m->id,
                   measure_keys[m->kind], m->layer);
    gt_text_printf(o, " (%s)", layer == NULL ? m->layer : cli_title(app, layer->title));
    gt_text_printf(o, m->field == NULL ? "%s" : ".%s", m->field == NULL ? "" : m->field);
    if (m->within_m > 0) {
        gt_text_printf(o, cli_say(app, "，%g 米以内", ", within %g m"), m->within_m);
    }
    if (m->where != NULL) {
        gt_text_printf(o, cli_say(app, "，其中 %s", ", where %s"), m->where);
    }
    if (m->same_unit != NULL) {
        gt_text_printf(o, cli_say(app, "，同一 %s 内", ", in the same one of %s"), m->same_unit);
    }
    gt_text_putc(o, '\n');
}

static void put_body(cli *app, const gt_package *package, const gt_rule *rule)
{
    gt_text *o = &app->out;
    bool zh = app->lang == GT_LANG_ZH;
    if (rule->when_written != NULL) {
        gt_text_printf(o, "%s%s\n", zh ? "适用条件  " : "when       ", rule->when_written);
    }
    for (size_t i = 0; i < rule->n_measures; i++) {
        put_measure(app, package, &rule->measures[i]);
    }
    gt_text_printf(o, "%s%s  %s\n", zh ? "效力      " : "effect     ",
                   cli_effect_word(app, rule->effect),
                   rule->condition_written == NULL ? "" : rule->condition_written);
    for (size_t i = 0; i < rule->n_exceptions; i++) {
        const gt_exception *e = &rule->exceptions[i];
        gt_text_printf(o, "%s%s  [", zh ? "例外      " : "unless     ", e->when);
        cli_join(e->clauses, " ", o);
        gt_text_printf(o, "]  %s\n", e->say.en == NULL ? "" : cli_title(app, e->say));
    }
    if (rule->together) {
        gt_text_puts(o, zh ? "合并判断  与同一项目此前已批准的部分合并计算\n"
                           : "together   with the parts of the same project decided before\n");
    }
    if (rule->needs != NULL && rule->needs[0] != NULL) {
        gt_text_puts(o, zh ? "必需事实  " : "needs      ");
        cli_join(rule->needs, " ", o);
        gt_text_putc(o, '\n');
    }
    if (rule->say.en != NULL) {
        gt_text_printf(o, "%s%s\n           %s\n", zh ? "提示语    " : "says       ",
                       zh ? rule->say.zh : rule->say.en, zh ? rule->say.en : rule->say.zh);
    }
    if (rule->comply_cut_out != NULL) {
        gt_text_printf(o, "%s%s\n", zh ? "如何符合  避让 " : "comply     cut out ",
                       rule->comply_cut_out);
    }
    if (rule->comply_say.en != NULL) {
        gt_text_printf(o, "%s%s\n", zh ? "如何符合  " : "comply     ",
                       cli_title(app, rule->comply_say));
    }
    if (rule->note.en != NULL) {
        gt_text_printf(o, "%s%s\n", zh ? "说明      " : "remark     ", cli_title(app, rule->note));
    }
    gt_text_printf(o, "%s%s:%d\n", zh ? "出处      " : "written in ", rule->file, rule->line);
}

void cli_rule_text(cli *app, const gt_package *package, const gt_rule *rule, const gt_cases *cases)
{
    static const char *const zh[] = {"符合", "触发", "无法判定"};
    gt_text *o = &app->out;
    put_head(app, package, rule);
    put_body(app, package, rule);
    size_t n = cli_count_cases(cases, rule);
    if (n == 0) {
        gt_text_puts(o, cli_say(app, "用例      无\n", "cases      none\n"));
    }
    for (size_t i = 0; i < gt_cases_n(cases); i++) {
        const gt_case *c = gt_cases_get(cases, i);
        if (c->rule == rule && !c->never) {
            gt_text_printf(o, "%s%s  %s  (%s:%d)\n", cli_say(app, "用例      ", "case       "),
                           cli_say(app, zh[c->wanted], gt_case_answer_name(c->wanted)), c->given,
                           c->file, c->line);
        }
    }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void json_clauses(const gt_package *package, const gt_rule *rule, gt_text *out)
{
    gt_text_puts(out, ",\"clauses\":[");
    for (size_t i = 0; rule->clauses[i] != NULL; i++) {
        const gt_clause *c = gt_package_find_clause(package, rule->clauses[i]);
        gt_text_puts(out, i > 0 ? ",{\"id\":" : "{\"id\":");
        gt_text_json_string(out, rule->clauses[i]);
        gt_text_puts(out, ",\"plan\":");
        gt_text_json_string(out, c == NULL ? NULL : c->plan);
        gt_text_puts(out, ",\"section\":");
        gt_text_json_string(out, c == NULL ? NULL : c->section);
        gt_text_puts(out, ",\"text\":");
        cli_json_title(
            c == NULL ? (gt_title){NULL, NULL} : (gt_title){c->terms_zh, c->requirement_en}, out);
        gt_text_putc(out, '}');
    }
    gt_text_putc(out, ']');
}

static void json_measures(const gt_rule *rule, gt_text *out)
{
    gt_text_puts(out, ",\"measures\":[");
    for (size_t i = 0; i < rule->n_measures; i++) {
        const gt_measure *m = &rule->measures[i];
        gt_text_puts(out, i > 0 ? ",{\"id\":" : "{\"id\":");
        gt_text_json_string(out, m->id);
        gt_text_printf(out, ",\"kind\":\"%s\",\"layer\":", measure_keys[m->kind]);
        gt_text_json_string(out, m->layer);
        gt_text_puts(out, ",\"where\":");
        gt_text_json_string(out, m->where);
        gt_text_puts(out, ",\"within_m\":");
        gt_text_json_real(out, m->within_m);
        gt_text_puts(out, ",\"field\":");
        gt_text_json_string(out, m->field);
        gt_text_puts(out, ",\"same\":");
        gt_text_json_string(out, m->same_unit);
        gt_text_putc(out, '}');
    }
    gt_text_putc(out, ']');
}

static void json_exceptions(const gt_rule *rule, gt_text *out)
{
    gt_text_puts(out, ",\"unless\":[");
    for (size_t i = 0; i < rule->n_exceptions; i++) {
        const gt_exception *e = &rule->exceptions[i];
        gt_text_puts(out, i > 0 ? ",{\"when\":" : "{\"when\":");
        gt_text_json_string(out, e->when);
        gt_text_puts(out, ",\"clauses\":");
        cli_json_list(e->clauses, out);
        gt_text_puts(out, ",\"say\":");
        cli_json_title(e->say, out);
        gt_text_putc(out, '}');
    }
    gt_text_putc(out, ']');
}

static void json_cases(const gt_rule *rule, const gt_cases *cases, gt_text *out)
{
    bool first = true;
    gt_text_puts(out, ",\"cases\":[");
    for (size_t i = 0; i < gt_cases_n(cases); i++) {
        const gt_case *c = gt_cases_get(cases, i);
        if (c->rule == rule && !c->never) {
            gt_text_printf(out, "%s{\"answer\":\"%s\",\"given\":", first ? "" : ",",
                           gt_case_answer_name(c->wanted));
            gt_text_json_string(out, c->given);
            gt_text_puts(out, ",\"file\":");
            gt_text_json_string(out, c->file);
            gt_text_printf(out, ",\"line\":%d}", c->line);
            first = false;
        }
    }
    gt_text_putc(out, ']');
}

void cli_rule_json(const gt_package *package, const gt_rule *rule, const gt_cases *cases,
                   gt_text *out)
{
    gt_text_puts(out, "{\"id\":");
    gt_text_json_string(out, rule->id);
    gt_text_puts(out, ",\"title\":");
    cli_json_title(rule->title, out);
    json_clauses(package, rule, out);
    gt_text_printf(out, ",\"strength\":\"%s\",\"from\":", strength_keys[rule->strength]);
    cli_json_date(rule->from, out);
    gt_text_puts(out, ",\"to\":");
    cli_json_date(rule->to, out);
    gt_text_puts(out, ",\"subjects\":");
    cli_json_list(rule->applies_to, out);
    gt_text_puts(out, ",\"when\":");
    gt_text_json_string(out, rule->when_written);
    json_measures(rule, out);
    gt_text_printf(out, ",\"effect\":\"%s\",\"condition\":", effect_keys[rule->effect]);
    gt_text_json_string(out, rule->condition_written);
    gt_text_printf(out, ",\"together\":%s", rule->together ? "true" : "false");
    json_exceptions(rule, out);
    gt_text_puts(out, ",\"needs\":");
    cli_json_list(rule->needs, out);
    gt_text_puts(out, ",\"say\":");
    cli_json_title(rule->say, out);
    gt_text_puts(out, ",\"comply\":{\"cut_out\":");
    gt_text_json_string(out, rule->comply_cut_out);
    gt_text_puts(out, ",\"say\":");
    cli_json_title(rule->comply_say, out);
    gt_text_puts(out, "},\"remark\":");
    cli_json_title(rule->note, out);
    gt_text_puts(out, ",\"file\":");
    gt_text_json_string(out, rule->file);
    gt_text_printf(out, ",\"line\":%d", rule->line);
    json_cases(rule, cases, out);
    gt_text_putc(out, '}');
}
