#include "check_bulk.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/arena.h"
#include "guotu/gpkg_write.h"
#include "guotu/source.h"
#include "messages.h"

enum { VERDICTS = 0, FINDINGS = 1 };

typedef struct rule_count {
    size_t fail, undecidable, exempt;
} rule_count;

typedef struct bulk_run {
    cli *app;
    gt_store *store;
    const gt_package *package;
    const gt_subject_kind *kind;
    /* where subjects come from: one of the two */
    gt_source *source;
    gt_scan *scan;
    const char *path;
    gt_geom geom;    /* of a stored feature */
    int *fact_of;    /* by column: field of the kind, -1 */
    int name_at;     /* column that names subjects, -1: their number */
    int project_at;  /* column that names their projects, -1: none */
    gt_text project; /* of the present subject */
    size_t n_columns;
    gt_fact *facts;
    gt_fact *given; /* by --set */
    size_t n_given;
    gt_arena *texts; /* of the present subject */
    gt_text line;
    char name[64];
    /* what comes of it */
    gt_gpkg_writer *out;
    rule_count *rules;
    size_t n_subjects, n_denied, n_findings;
    cli_origins origins;
    gt_text refusals; /* the first few */
    size_t n_refused;
} bulk_run;

/* ---- subjects -----------------------------------------------------------------------------------
 */

static gt_status add_fact(bulk_run *r, const gt_field *field, const gt_value *v, gt_fact *out)
{
    gt_text_clear(&r->line);
    gt_text_printf(&r->line, "%s=", field->name);
    switch (v->kind) {
    case GT_NULL:
        break;
    case GT_VAL_TEXT:
        gt_text_add(&r->line, v->text, v->len);
        break;
    case GT_VAL_INT:
        gt_text_printf(&r->line, "%lld", (long long)v->integer);
        break;
    case GT_VAL_REAL:
        gt_text_printf(&r->line, "%.17g", v->real);
        break;
    }
    return gt_fact_parse(r->app->ctx, r->package, r->kind->id, gt_text_cstr(&r->line), r->texts,
                         out);
}

/* Facts given by --set count where the subject itself says nothing. */
static gt_status take_facts(bulk_run *r, const gt_value *values, size_t *n)
{
    gt_status st = GT_OK;
    *n = 0;
    for (size_t i = 0; st == GT_OK && i < r->n_columns; i++) {
        bool empty = values[i].kind == GT_NULL ||
                     (values[i].kind == GT_VAL_TEXT && values[i].len == 0); /* not known */
        if (r->fact_of[i] >= 0 && !empty) {
            st = add_fact(r, &r->kind->fields[r->fact_of[i]], &values[i], &r->facts[(*n)++]);
        }
    }
    for (size_t i = 0; st == GT_OK && i < r->n_given; i++) {
        r->facts[(*n)++] = r->given[i];
    }
    return st;
}

static void take_name(bulk_run *r, const gt_value *values, const char *fallback)
{
    const gt_value *v = r->name_at < 0 ? NULL : &values[r->name_at];
    if (v == NULL || v->kind == GT_NULL) {
        (void)snprintf(r->name, sizeof r->name, "%s", fallback);
    } else if (v->kind == GT_VAL_INT) {
        (void)snprintf(r->name, sizeof r->name, "%lld", (long long)v->integer);
    } else if (v->kind == GT_VAL_REAL) {
        (void)snprintf(r->name, sizeof r->name, "%.15g", v->real);
    } else {
        size_t len = v->len < sizeof r->name - 1 ? v->len : sizeof r->name - 1;
        while (len > 0 && len < v->len && ((unsigned char)v->text[len] & 0xC0) == 0x80) {
            len--; /* not within a character */
        }
        memcpy(r->name, v->text, len);
        r->name[len] = '\0';
    }
}

/* The project it is a part of, NULL where the column says nothing. */
static const char *take_project(bulk_run *r, const gt_value *values)
{
    const gt_value *v = r->project_at < 0 ? NULL : &values[r->project_at];
    gt_text_clear(&r->project);
    if (v != NULL && v->kind == GT_VAL_INT) {
        gt_text_printf(&r->project, "%lld", (long long)v->integer);
    } else if (v != NULL && v->kind == GT_VAL_REAL) {
        gt_text_printf(&r->project, "%.15g", v->real);
    } else if (v != NULL && v->kind == GT_VAL_TEXT) {
        gt_text_add(&r->project, v->text, v->len);
    }
    return r->project.len == 0 ? NULL : gt_text_cstr(&r->project);
}

static gt_status next_of_source(bulk_run *r, gt_subject *s, bool *more)
{
    gt_source_feature f;
    char number[32];
    gt_status st = gt_source_next(r->app->ctx, r->source, &f, more);
    if (st != GT_OK || !*more) {
        *more = false; /* an error of the file, not of one subject */
        return st;
    }
    (void)snprintf(number, sizeof number, "%lld", (long long)f.row);
    take_name(r, f.values, number);
    s->geom = f.geom;
    s->name = r->name;
    s->project = take_project(r, f.values);
    for (size_t i = 0; i < f.n_faults; i++) {
        if (f.faults[i].field == GT_FAULT_GEOMETRY || f.faults[i].field == GT_FAULT_RECORD) {
            return gt_fail(r->app->ctx, GT_E_INPUT, f.faults[i].message,
                           GT_PLACE(.file = r->path, .row = f.row, .has_xy = f.faults[i].has_xy,
                                    .x = f.faults[i].x, .y = f.faults[i].y),
                           f.faults[i].args);
        }
    }
    st = take_facts(r, f.values, &s->n_facts);
    if (st != GT_OK) {
        gt_fail_at(r->app->ctx, GT_PLACE(.file = r->path, .row = f.row));
    }
    return st;
}

static gt_status next_of_layer(bulk_run *r, gt_subject *s, bool *more)
{
    gt_feature f;
    gt_status st = gt_scan_next(r->app->ctx, r->scan, &f, more);
    if (st != GT_OK || !*more) {
        *more = false;
        return st;
    }
    take_name(r, f.values, f.id);
    st =
        f.blob == NULL ? GT_OK : gt_geom_from_gpkg(r->app->ctx, f.blob, f.blob_len, NULL, &r->geom);
    s->geom = f.blob == NULL ? NULL : &r->geom;
    s->name = r->name;
    s->project = take_project(r, f.values);
    return st == GT_OK ? take_facts(r, f.values, &s->n_facts) : st;
}

static gt_status next(gt_ctx *ctx, void *user, gt_subject *s, bool *more)
{
    bulk_run *r = user;
    (void)ctx;
    gt_arena_reset(r->texts);
    gt_status st = r->scan != NULL ? next_of_layer(r, s, more) : next_of_source(r, s, more);
    s->kind = r->kind->id;
    s->facts = r->facts;
    r->n_subjects += *more;
    return st;
}

/* The column that `option` names, or the one called so; -1: there is none. */
static gt_status find_column(bulk_run *r, const char *option, const char *const *names, size_t n,
                             int *out)
{
    const char *given = cli_option_value(r->app, option, NULL);
    *out = -1;
    for (size_t i = 0; i < n; i++) {
        *out = strcasecmp(names[i], given != NULL ? given : option) == 0 ? (int)i : *out;
    }
    return given == NULL || *out >= 0
               ? GT_OK
               : gt_fail(r->app->ctx, GT_E_USAGE, &CLI_MSG_BULK_NAME, GT_PLACE(.file = r->path),
                         GT_ARGS(GT_TEXT("name", given), GT_TEXT("file", r->path)));
}

/* Columns by the names of facts; those of names and projects. */
static gt_status match_columns(bulk_run *r, const char *const *names, size_t n)
{
    cli *app = r->app;
    r->n_columns = n;
    r->fact_of = gt_alloc(app->ctx, n + 1, sizeof *r->fact_of);
    r->facts = gt_alloc(app->ctx, n + r->n_given + 1, sizeof *r->facts);
    if (r->fact_of == NULL || r->facts == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        r->fact_of[i] = -1;
        for (size_t k = 0; k < r->kind->n_fields; k++) {
            if (strcasecmp(names[i], r->kind->fields[k].name) == 0) {
                r->fact_of[i] = (int)k;
            }
        }
    }
    gt_status st = find_column(r, "name", names, n, &r->name_at);
    return st == GT_OK ? find_column(r, "project", names, n, &r->project_at) : st;
}

static gt_status open_file(bulk_run *r)
{
    cli *app = r->app;
    gt_source_options o;
    gt_source_options_init(&o);
    o.crs = cli_option_value(app, "crs", NULL);
    o.layer = cli_option_value(app, "layer", NULL);
    o.target_crs = gt_package_crs(r->package);
    gt_status st = cli_get_datum(app, &o.datum);
    st = st == GT_OK ? gt_source_open(app->ctx, r->path, &o, &r->source) : st;
    if (st != GT_OK) {
        return st;
    }
    const gt_source_info *info = gt_source_info_of(r->source);
    const char **names = gt_alloc(app->ctx, info->n_fields + 1, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < info->n_fields; i++) {
        names[i] = info->fields[i].name;
    }
    st = match_columns(r, names, info->n_fields);
    gt_free(app->ctx, names);
    return st;
}

static gt_status open_layer(bulk_run *r, const gt_layer_info *info, gt_date as_of)
{
    cli *app = r->app;
    gt_query q;
    const gt_standard *s = info->standard;
    const char **names = gt_alloc(app->ctx, s->n_fields + 1, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < s->n_fields; i++) {
        names[i] = s->fields[i].name;
    }
    gt_status st = match_columns(r, names, s->n_fields);
    gt_free(app->ctx, names);
    gt_query_init(&q, r->path);
    q.as_of_date = as_of;
    return st == GT_OK ? gt_scan_open(app->ctx, r->store, &q, &r->scan) : st;
}

/* A file, or else a layer of the workspace. */
static gt_status open_subjects(bulk_run *r, gt_date as_of)
{
    gt_layer_info info;
    r->path = cli_option_value(r->app, "bulk", "");
    if (access(r->path, F_OK) == 0) {
        return open_file(r);
    }
    gt_status st = gt_store_find_layer(r->app->ctx, r->store, r->path, &info);
    if (st == GT_E_NOT_FOUND) {
        gt_error_clear(r->app->ctx);
        return open_file(r); /* says that there is no such file */
    }
    return st == GT_OK ? open_layer(r, &info, as_of) : st;
}

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
        rule_count *c = &r->rules[index_of_rule(r, f->rule)];
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
        const rule_count *c = &r->rules[i];
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
        const rule_count *c = &r->rules[i];
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
    st = st == GT_OK ? open_subjects(r, as_of) : st;
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
    const gt_bulk_calls calls = {next, found, &r};
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
