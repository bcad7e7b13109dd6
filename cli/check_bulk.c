/* check --bulk: every subject of a file or a layer, the findings as a GeoPackage. */
#include "check_bulk_run.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "messages.h"

enum { VERDICTS = 0, FINDINGS = 1 };

/* ---- results ------------------------------------------------------------------------------------
 */

static gt_gpkg_value text_value(const char *text)
{
    return (gt_gpkg_value){.text = text, .null = text == NULL || *text == '\0'};
}

static gt_gpkg_value int_value(size_t v)
{
    return (gt_gpkg_value){.integer = (int64_t)v};
}

static gt_gpkg_value real_value(double v)
{
    return (gt_gpkg_value){.real = v, .null = !(v - v == 0)};
}

static const char *result_word(gt_result r)
{
    static const char *const words[] = {"pass", "fail", "undecidable"};
    return words[r];
}

static const gt_gpkg_column VERDICT_COLUMNS[] = {
    {"subject", GT_GPKG_INTEGER}, {"name", GT_GPKG_TEXT},        {"result", GT_GPKG_TEXT},
    {"area_m2", GT_GPKG_REAL},    {"unit", GT_GPKG_TEXT},        {"denied", GT_GPKG_INTEGER},
    {"open", GT_GPKG_INTEGER},    {"required", GT_GPKG_INTEGER}, {"held", GT_GPKG_INTEGER},
    {"reason", GT_GPKG_TEXT},     {"project", GT_GPKG_TEXT}};
static const gt_gpkg_column FINDING_COLUMNS[] = {
    {"subject", GT_GPKG_INTEGER},  {"name", GT_GPKG_TEXT},        {"rule", GT_GPKG_TEXT},
    {"title", GT_GPKG_TEXT},       {"clauses", GT_GPKG_TEXT},     {"strength", GT_GPKG_TEXT},
    {"effect", GT_GPKG_TEXT},      {"result", GT_GPKG_TEXT},      {"missing", GT_GPKG_TEXT},
    {"excepted_by", GT_GPKG_TEXT}, {"layer", GT_GPKG_TEXT},       {"origin", GT_GPKG_TEXT},
    {"m2", GT_GPKG_REAL},          {"share", GT_GPKG_REAL},       {"features", GT_GPKG_INTEGER},
    {"distance_m", GT_GPKG_REAL},  {"message", GT_GPKG_TEXT},     {"comply", GT_GPKG_TEXT},
    {"measures", GT_GPKG_TEXT},    {"together", GT_GPKG_INTEGER}, {"together_m2", GT_GPKG_REAL}};

static void join(const char *const *list, gt_text *out)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        gt_text_printf(out, "%s%s", i > 0 ? " " : "", list[i]);
    }
}

/* The measure a reader looks at: what must be left out, else the first with an overlap. */
static const gt_measured *main_measure(const gt_finding *f)
{
    const gt_measured *best = f->rule->n_measures > 0 ? f->measured[0] : NULL;
    for (size_t i = f->rule->n_measures; i-- > 0;) {
        const gt_measured *m = f->measured[i];
        if (m->overlap != NULL && m->overlap->n_points > 0) {
            best = m;
        }
    }
    for (size_t i = 0; f->rule->comply_cut_out != NULL && i < f->rule->n_measures; i++) {
        if (strcmp(f->rule->measures[i].id, f->rule->comply_cut_out) == 0) {
            best = f->measured[i];
        }
    }
    return best;
}

/* Every measure, as "id: m2=... share=... n=...; ". */
static void put_measures(const gt_finding *f, gt_text *out)
{
    for (size_t i = 0; i < f->rule->n_measures; i++) {
        const gt_measured *m = f->measured[i];
        gt_text_printf(out, "%s%s:", i > 0 ? "; " : "", f->rule->measures[i].id);
        if (!m->known) {
            gt_text_puts(out, " no data");
            continue;
        }
        gt_text_printf(out, " m2=%.4f share=%.6f n=%lld", m->m2, m->share, (long long)m->count);
        if (m->length_m > 0) {
            gt_text_printf(out, " length_m=%.3f", m->length_m);
        }
        if (m->distance_m - m->distance_m == 0) {
            gt_text_printf(out, " distance_m=%.3f", m->distance_m);
        }
        if (m->value.kind == GT_VAL_TEXT) {
            gt_text_printf(out, " value=%s", m->value.text);
        }
    }
}

static gt_status write_finding(bulk_run *r, size_t number, const char *name, const gt_finding *f)
{
    static const char *const effects[] = {"deny", "condition", "duty", "note"};
    static const char *const strengths[] = {"binding", "guidance", "descriptive"};
    cli *app = r->app;
    gt_text clauses, excepted, measures;
    const gt_measured *m = main_measure(f);
    gt_text_init(&clauses, app->ctx, 0);
    gt_text_init(&excepted, app->ctx, 0);
    gt_text_init(&measures, app->ctx, 0);
    join(f->rule->clauses, &clauses);
    join(f->exempt == NULL ? NULL : f->exempt->clauses, &excepted);
    put_measures(f, &measures);
    bool shown = m != NULL && m->known;
    const gt_geom *geom =
        m != NULL && m->overlap != NULL && m->overlap->n_points > 0 ? m->overlap : NULL;
    const gt_gpkg_value none = {.null = true};
    const gt_gpkg_value values[] = {int_value(number),
                                    text_value(name),
                                    text_value(f->rule->id),
                                    text_value(cli_title(app, f->rule->title)),
                                    text_value(gt_text_cstr(&clauses)),
                                    text_value(strengths[f->rule->strength]),
                                    text_value(effects[f->rule->effect]),
                                    text_value(result_word(f->result)),
                                    text_value(f->missing),
                                    text_value(gt_text_cstr(&excepted)),
                                    text_value(m == NULL ? NULL : m->measure->layer),
                                    text_value(shown ? cli_origin_key(m->origin) : NULL),
                                    shown ? real_value(m->m2) : none,
                                    shown ? real_value(m->share) : none,
                                    shown ? int_value((size_t)m->count) : none,
                                    shown ? real_value(m->distance_m) : none,
                                    text_value(f->said[app->lang]),
                                    text_value(f->comply[app->lang]),
                                    text_value(gt_text_cstr(&measures)),
                                    int_value(f->n_together),
                                    f->n_together > 0 ? real_value(f->together_m2) : none};
    gt_status st = gt_text_status(&measures);
    st = st == GT_OK ? gt_gpkg_add_to(app->ctx, r->out, FINDINGS, geom, values) : st;
    r->n_findings++;
    gt_text_free(&clauses);
    gt_text_free(&excepted);
    gt_text_free(&measures);
    return st;
}

static gt_status write_refusal(bulk_run *r, size_t number)
{
    cli *app = r->app;
    gt_text why;
    gt_text_init(&why, app->ctx, 0);
    gt_error_render(app->ctx, app->lang, &why);
    gt_gpkg_value values[sizeof VERDICT_COLUMNS / sizeof *VERDICT_COLUMNS];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        values[i] = (gt_gpkg_value){.null = true};
    }
    values[0] = int_value(number);
    values[2] = text_value("refused");
    values[9] = text_value(gt_text_cstr(&why));
    if (r->n_refused++ < 5) {
        gt_text_printf(&r->refusals, "  %zu: %s", number, gt_text_cstr(&why));
    }
    /* the row is written with the error still recorded: the writer's own would come second */
    gt_status st =
        r->out == NULL ? GT_OK : gt_gpkg_add_to(app->ctx, r->out, VERDICTS, NULL, values);
    gt_text_free(&why);
    return st;
}

static size_t index_of_rule(const bulk_run *r, const gt_rule *rule)
{
    size_t i = 0;
    while (gt_package_rule(r->package, i) != rule) {
        i++;
    }
    return i;
}

static gt_status found(gt_ctx *ctx, void *user, size_t at, const gt_verdict *v)
{
    bulk_run *r = user;
    size_t number = at + 1, by[3] = {0}, held = 0;
    if (v == NULL) {
        return write_refusal(r, number);
    }
    const char *name = gt_verdict_name(v);
    gt_status st = GT_OK;
    held = gt_verdict_n_unlisted(v);
    for (size_t i = 0; st == GT_OK && i < gt_verdict_n_findings(v); i++) {
        const gt_finding *f = gt_verdict_finding(v, i);
        bulk_rule_count *c = &r->rules[index_of_rule(r, f->rule)];
        c->fail += f->result == GT_FAIL;
        c->undecidable += f->result == GT_UNDECIDABLE;
        c->exempt += f->exempt != NULL;
        held += f->result == GT_PASS;
        by[0] += f->result == GT_FAIL && f->rule->effect == GT_DENY;
        by[1] += f->result == GT_UNDECIDABLE;
        by[2] += f->result == GT_FAIL && f->rule->effect != GT_DENY;
        st = r->out == NULL ? GT_OK : write_finding(r, number, name, f);
    }
    r->n_denied += gt_verdict_result(v) == GT_FAIL;
    if (st != GT_OK || r->out == NULL) {
        return st;
    }
    const gt_gpkg_value values[] = {int_value(number),
                                    text_value(name),
                                    text_value(result_word(gt_verdict_result(v))),
                                    real_value(gt_verdict_area_m2(v)),
                                    text_value(gt_verdict_unit(v)),
                                    int_value(by[0]),
                                    int_value(by[1]),
                                    int_value(by[2]),
                                    int_value(held),
                                    text_value(NULL),
                                    text_value(gt_verdict_project(v))};
    return gt_gpkg_add_to(ctx, r->out, VERDICTS, gt_verdict_geom(v), values);
}

static gt_status open_output(bulk_run *r)
{
    cli *app = r->app;
    const char *path = cli_option_value(app, "o", NULL);
    char map[PATH_MAX];
    size_t number = 0;
    if (path == NULL) {
        return GT_OK;
    }
    size_t len = strlen(path);
    if (len < 6 || strcmp(path + len - 5, ".gpkg") != 0) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "o"), GT_TEXT("value", path),
                               GT_TEXT("allowed", "FILE.gpkg")));
    }
    (void)snprintf(map, sizeof map, "%s/onemap.gpkg", gt_store_dir(r->store));
    gt_status st = gt_gpkg_create(app->ctx, path, "verdicts", VERDICT_COLUMNS,
                                  sizeof VERDICT_COLUMNS / sizeof *VERDICT_COLUMNS,
                                  gt_store_srs_id(r->store), map, &r->out);
    return st == GT_OK
               ? gt_gpkg_add_table(app->ctx, r->out, "findings", FINDING_COLUMNS,
                                   sizeof FINDING_COLUMNS / sizeof *FINDING_COLUMNS, &number)
               : st;
}

/* ---- summary ------------------------------------------------------------------------------------
 */

static gt_status say_rules(bulk_run *r)
{
    static const char *const zh[] = {"规则", "名称", "触发", "无法判定", "例外"};
    static const char *const en[] = {"rule", "title", "fails", "undecidable", "excepted"};
    cli *app = r->app;
    cli_table *table = NULL;
    size_t rows = 0;
    gt_status st = cli_table_new(app, 5, app->lang == GT_LANG_ZH ? zh : en, "..>>>", &table);
    for (size_t i = 0; st == GT_OK && i < gt_package_n_rules(r->package); i++) {
        const bulk_rule_count *c = &r->rules[i];
        const gt_rule *rule = gt_package_rule(r->package, i);
        char number[3][24];
        if (c->fail + c->undecidable + c->exempt == 0) {
            continue;
        }
        (void)snprintf(number[0], sizeof number[0], "%zu", c->fail);
        (void)snprintf(number[1], sizeof number[1], "%zu", c->undecidable);
        (void)snprintf(number[2], sizeof number[2], "%zu", c->exempt);
        const char *const cells[] = {rule->id, cli_title(app, rule->title), number[0], number[1],
                                     number[2]};
        st = cli_table_row(table, cells);
        rows++;
    }
    if (st == GT_OK && rows > 0) {
        cli_table_text(table, &app->out);
    }
    cli_table_free(table);
    return st;
}

/* Layers that rules on this kind of subject look at. */
static gt_status find_origins(bulk_run *r, gt_arena *arena)
{
    size_t n = 0, most = 0, rules = gt_package_n_rules(r->package);
    for (size_t i = 0; i < rules; i++) {
        most += gt_package_rule(r->package, i)->n_measures;
    }
    const char **layers = gt_arena_zalloc(arena, most + 1, sizeof *layers);
    if (layers == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < rules; i++) {
        const gt_rule *rule = gt_package_rule(r->package, i);
        bool speaks = false;
        for (size_t k = 0; rule->applies_to[k] != NULL; k++) {
            speaks = speaks || strcmp(rule->applies_to[k], r->kind->id) == 0;
        }
        for (size_t k = 0; speaks && k < rule->n_measures; k++) {
            gt_layer_info info;
            gt_status st =
                gt_store_find_layer(r->app->ctx, r->store, rule->measures[k].layer, &info);
            if (st == GT_OK && info.n_features > 0) {
                layers[n++] = rule->measures[k].layer;
            } else if (st == GT_E_NOT_FOUND) {
                gt_error_clear(r->app->ctx); /* holds nothing: its rules are undecidable */
            } else if (st != GT_OK) {
                return st;
            }
        }
    }
    return cli_origins_of(r->app, r->store, layers, n, &r->origins);
}

static void say_json(bulk_run *r, const gt_bulk_facts *facts)
{
    gt_text *out = &r->app->out;
    bool first = true;
    gt_text_putc(out, '{');
    cli_json_generated(r->app, &r->origins);
    gt_text_printf(out,
                   ",\"subjects\":%zu,\"refused\":%zu,\"pass\":%zu,\"fail\":%zu,"
                   "\"undecidable\":%zu,\"findings\":%zu,\"rules\":[",
                   facts->n_subjects, facts->n_refused, facts->by_result[GT_PASS],
                   facts->by_result[GT_FAIL], facts->by_result[GT_UNDECIDABLE], r->n_findings);
    for (size_t i = 0; i < gt_package_n_rules(r->package); i++) {
        const bulk_rule_count *c = &r->rules[i];
        if (c->fail + c->undecidable + c->exempt == 0) {
            continue;
        }
        gt_text_puts(out, first ? "\n{\"rule\":" : ",\n{\"rule\":");
        gt_text_json_string(out, gt_package_rule(r->package, i)->id);
        gt_text_printf(out, ",\"fail\":%zu,\"undecidable\":%zu,\"excepted\":%zu}", c->fail,
                       c->undecidable, c->exempt);
        first = false;
    }
    gt_text_puts(out, "]}\n");
}

static gt_status say(bulk_run *r, const gt_bulk_facts *facts, cli_format format)
{
    cli *app = r->app;
    if (format == CLI_JSON) {
        say_json(r, facts);
        return gt_text_status(&app->out);
    }
    gt_text_printf(&app->out,
                   cli_say(app, "%s %zu 个：符合 %zu，不符合 %zu，无法判定 %zu，不予受理 %zu\n",
                           "%s: %zu checked: %zu conforming, %zu not conforming, %zu undecidable, "
                           "%zu refused\n"),
                   cli_title(app, r->kind->title), facts->n_subjects, facts->by_result[GT_PASS],
                   facts->by_result[GT_FAIL], facts->by_result[GT_UNDECIDABLE], facts->n_refused);
    if (r->n_refused > 0) {
        gt_text_puts(&app->out, gt_text_cstr(&r->refusals));
    }
    gt_status st = say_rules(r);
    if (st == GT_OK) {
        cli_put_generated(app, r->package, &r->origins);
    }
    return st;
}

/* ---- all of it ----------------------------------------------------------------------------------
 */

static gt_status read_given(bulk_run *r, gt_arena *arena)
{
    cli *app = r->app;
    r->given = gt_arena_zalloc(arena, CLI_MAX_VALUES + 1, sizeof *r->given);
    gt_status st = r->given == NULL ? GT_E_MEMORY : GT_OK;
    for (int i = 0; st == GT_OK && i < app->n_values; i++) {
        if (strcmp(app->values[i].name, "set") == 0) {
            st = gt_fact_parse(app->ctx, r->package, r->kind->id, app->values[i].value, arena,
                               &r->given[r->n_given++]);
        }
    }
    return st;
}

static gt_status prepare(bulk_run *r, gt_arena *arena, gt_date as_of)
{
    cli *app = r->app;
    const char *kind = cli_option_value(app, "type", "project");
    r->kind = gt_package_find_subject_kind(r->package, kind);
    if (r->kind == NULL) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "type"), GT_TEXT("value", kind),
                               GT_TEXT("allowed", "guotu rule list")));
    }
    r->rules = gt_arena_zalloc(arena, gt_package_n_rules(r->package) + 1, sizeof *r->rules);
    gt_status st = r->rules == NULL ? GT_E_MEMORY : read_given(r, arena);
    st = st == GT_OK ? gt_arena_new(app->ctx, 0, &r->texts) : st;
    st = st == GT_OK ? cli_bulk_open(r, as_of) : st;
    return st == GT_OK ? open_output(r) : st;
}

static void release(bulk_run *r)
{
    gt_ctx *ctx = r->app->ctx;
    gt_scan_close(r->scan);
    gt_source_close(r->source);
    gt_geom_free(ctx, &r->geom);
    gt_free(ctx, r->fact_of);
    gt_free(ctx, r->facts);
    gt_arena_free(r->texts);
    gt_text_free(&r->line);
    gt_text_free(&r->project);
    gt_text_free(&r->refusals);
}

gt_status cli_check_bulk(cli *app, gt_store *store, const gt_package *package, gt_arena *arena)
{
    bulk_run r = {.app = app, .store = store, .package = package};
    gt_bulk_options o;
    gt_bulk_facts facts;
    const gt_bulk_calls calls = {cli_bulk_next, found, &r};
    cli_format format = CLI_TEXT;
    memset(&facts, 0, sizeof facts);
    gt_geom_init(&r.geom);
    gt_text_init(&r.line, app->ctx, 0);
    gt_text_init(&r.project, app->ctx, 0);
    gt_text_init(&r.refusals, app->ctx, 0);
    gt_bulk_options_init(&o);
    o.list_passes = cli_has(app, "all");
    gt_status st = cli_get_date(app, "as-of", &o.check.as_of);
    st = st == GT_OK ? cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format) : st;
    st = st == GT_OK ? prepare(&r, arena, o.check.as_of) : st;
    if (st == GT_OK) {
        st = gt_check_bulk(app->ctx, store, package, r.kind->id, &o, &calls, &facts);
    }
    if (st == GT_OK && r.out != NULL) {
        st = gt_gpkg_finish(app->ctx, r.out);
    } else {
        gt_gpkg_abandon(app->ctx, r.out);
    }
    st = st == GT_OK ? find_origins(&r, arena) : st;
    if (st == GT_OK) {
        app->answer_no =
            r.n_denied > 0 || (cli_has(app, "strict") && facts.by_result[GT_UNDECIDABLE] > 0);
        st = say(&r, &facts, format);
    }
    release(&r);
    return st;
}
