/* The checker: rules compiled once, evaluated for each subject.
 *
 * A rule goes: applies_to and in_force -> when (facts only) -> needs -> measures -> condition ->
 * exceptions. NULL anywhere makes it undecidable, and the finding names the fact that was null. */
#include <math.h>
#include <string.h>

#include "check/messages.h"
#include "check/trial.h"

typedef struct where_entry {
    const char *layer, *text; /* borrowed from the package */
    gt_expr *expr;
} where_entry;

struct gt_checker {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    gt_geos *geos;
    gt_picker *picker;
    gt_sql *sql;
    gt_arena *arena;
    gt_rule_code *rules;
    where_entry *wheres;
    size_t n_wheres, cap_wheres;
};

/* One rule on one subject. */
typedef struct trial {
    gt_checker *checker;
    gt_verdict *verdict;
    const gt_subject *subject;
    const gt_rule *rule;
    const gt_rule_code *code;
    gt_value *values;
    gt_finding *finding;
    char as_of[GT_DATE_TEXT];
} trial;

void gt_check_options_init(gt_check_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->as_of = GT_DATE_NONE;
}

gt_status gt_checker_new(gt_ctx *ctx, gt_store *store, const gt_package *package, gt_checker **out)
{
    gt_checker *c = gt_zalloc(ctx, 1, sizeof *c);
    if (c == NULL) {
        return GT_E_MEMORY;
    }
    c->ctx = ctx;
    c->store = store;
    c->package = package;
    gt_status st = gt_arena_new(ctx, 0, &c->arena);
    if (st == GT_OK) {
        c->rules = gt_arena_zalloc(c->arena, gt_package_n_rules(package) + 1, sizeof *c->rules);
        st = c->rules == NULL ? GT_E_MEMORY : gt_geos_new(ctx, &c->geos);
    }
    if (st == GT_OK) {
        st = gt_picker_new(ctx, store, &c->picker);
    }
    if (st == GT_OK) {
        st = gt_sql_new(ctx, package, &c->sql);
    }
    if (st != GT_OK) {
        gt_checker_free(c);
        return st;
    }
    *out = c;
    return GT_OK;
}

void gt_checker_free(gt_checker *c)
{
    if (c == NULL) {
        return;
    }
    gt_ctx *ctx = c->ctx;
    gt_sql_free(c->sql);
    gt_picker_free(c->picker);
    gt_geos_free(c->geos);
    gt_free(ctx, c->wheres);
    gt_arena_free(c->arena);
    gt_free(ctx, c);
}

gt_geos *gt_checker_geos(const gt_checker *c)
{
    return c->geos;
}

gt_picker *gt_checker_picker(const gt_checker *c)
{
    return c->picker;
}

gt_status gt_checker_where(gt_ctx *ctx, void *user, const gt_measure *measure,
                           const gt_standard *standard, gt_expr **out)
{
    gt_checker *c = user;
    for (size_t i = 0; i < c->n_wheres; i++) {
        if (strcmp(c->wheres[i].layer, measure->layer) == 0 &&
            strcmp(c->wheres[i].text, measure->where) == 0) {
            *out = c->wheres[i].expr;
            return GT_OK;
        }
    }
    void *block = c->wheres;
    gt_status st = gt_grow(ctx, &block, &c->cap_wheres, c->n_wheres + 1, sizeof *c->wheres);
    const char **names = NULL;
    if (st == GT_OK) {
        c->wheres = block;
        names = gt_alloc(ctx, standard->n_fields + 1, sizeof *names);
        st = names == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < standard->n_fields; i++) {
        names[i] = standard->fields[i].name;
    }
    if (st == GT_OK) {
        st = gt_expr_compile(ctx, c->sql, measure->where, names, standard->n_fields,
                             GT_PLACE(.layer = standard->id), out);
    }
    gt_free(ctx, names);
    if (st == GT_OK) {
        c->wheres[c->n_wheres++] = (where_entry){measure->layer, measure->where, *out};
    }
    return st;
}

static gt_status compile_one(gt_checker *c, const gt_rule *r, const char *text, gt_expr **out)
{
    return gt_expr_compile(
        c->ctx, c->sql, text, r->name_texts, r->n_names,
        GT_PLACE(.file = r->file, .line = r->line, .column = r->column, .rule = r->id), out);
}

static gt_status compile_rule(gt_checker *c, size_t i)
{
    const gt_rule *r = gt_package_rule(c->package, i);
    gt_rule_code *k = &c->rules[i];
    if (k->ready) {
        return GT_OK;
    }
    gt_status st = GT_OK;
    if (r->when != NULL) {
        st = compile_one(c, r, r->when, &k->when);
    }
    if (st == GT_OK && r->condition != NULL) {
        st = compile_one(c, r, r->condition, &k->condition);
    }
    if (st == GT_OK && r->n_exceptions > 0) {
        k->exceptions = gt_arena_zalloc(c->arena, r->n_exceptions, sizeof(gt_expr *));
        st = k->exceptions == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t e = 0; st == GT_OK && e < r->n_exceptions; e++) {
        st = compile_one(c, r, r->exceptions[e].when, &k->exceptions[e]);
    }
    k->ready = st == GT_OK;
    return st;
}

gt_status gt_checker_code(gt_checker *c, size_t i, const gt_rule_code **out)
{
    *out = &c->rules[i];
    return compile_rule(c, i);
}

/* ---- values of names ------------------------------------------------------------------------ */

static gt_value text_value(const char *text)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = text, .len = strlen(text)};
}

static gt_value real_value(double v)
{
    if (isnan(v)) {
        return (gt_value){.kind = GT_NULL};
    }
    return (gt_value){.kind = GT_VAL_REAL, .real = v};
}

static gt_value int_value(int64_t v)
{
    return (gt_value){.kind = GT_VAL_INT, .integer = v};
}

gt_value gt_measured_aspect(const gt_measured *m, gt_aspect aspect)
{
    if (m == NULL || !m->known) {
        return (gt_value){.kind = GT_NULL};
    }
    switch (aspect) {
    case GT_ASPECT_M2:
        return real_value(m->m2);
    case GT_ASPECT_SHARE:
        return real_value(m->share);
    case GT_ASPECT_COUNT:
        return int_value(m->count);
    case GT_ASPECT_PIECES:
        return int_value(m->pieces);
    case GT_ASPECT_LARGEST_M2:
        return real_value(m->largest_m2);
    case GT_ASPECT_LENGTH_M:
        return real_value(m->length_m);
    case GT_ASPECT_DISTANCE_M:
        return real_value(m->distance_m);
    case GT_ASPECT_VALUE:
        return m->value;
    }
    return (gt_value){.kind = GT_NULL};
}

static gt_value fact_value(const gt_subject *s, const char *name)
{
    for (size_t i = 0; i < s->n_facts; i++) {
        if (strcmp(s->facts[i].name, name) == 0) {
            return s->facts[i].value;
        }
    }
    return (gt_value){.kind = GT_NULL};
}

/* The land the rule speaks of: the subject's, or the project's so far. */
static gt_meter *meter_of(const trial *t)
{
    bool together = t->rule->together && t->verdict->together != NULL;
    return together ? t->verdict->together : t->verdict->meter;
}

static gt_value value_of(const trial *t, const gt_name *name)
{
    switch (name->kind) {
    case GT_NAME_FACT:
        return fact_value(t->subject, name->name);
    case GT_NAME_AREA:
        return real_value(meter_of(t) == t->verdict->meter
                              ? gt_verdict_area_m2(t->verdict)
                              : gt_meter_subject_m2(t->verdict->together));
    case GT_NAME_DATE:
        return text_value(t->as_of);
    case GT_NAME_UNIT:
        return *t->verdict->unit == '\0' ? (gt_value){.kind = GT_NULL}
                                         : text_value(t->verdict->unit);
    case GT_NAME_MEASURE:
        return gt_measured_aspect(
            t->finding->measured == NULL ? NULL : t->finding->measured[name->measure],
            name->aspect);
    }
    return (gt_value){.kind = GT_NULL};
}

static void fill_values(trial *t)
{
    for (size_t i = 0; i < t->rule->n_names; i++) {
        t->values[i] = value_of(t, &t->rule->names[i]);
    }
}

/* The thing whose absence makes an expression undecidable: the first used name that is null. A
 * measure is named by its layer, for that is what the user can load. */
static const char *what_is_missing(const trial *t, const gt_expr *expr)
{
    size_t n = 0;
    const size_t *used = gt_expr_used(expr, &n);
    for (size_t i = 0; i < n; i++) {
        const gt_name *name = &t->rule->names[used[i]];
        if (t->values[used[i]].kind == GT_NULL && name->fallback == NULL) {
            return name->kind == GT_NAME_MEASURE ? t->rule->measures[name->measure].layer
                                                 : name->name;
        }
    }
    return "";
}

/* ---- one rule ----------------------------------------------------------------------------------
 */

static gt_status measure_all(trial *t)
{
    gt_ctx *ctx = t->checker->ctx;
    const gt_measured **list =
        gt_arena_zalloc(t->verdict->arena, t->rule->n_measures + 1, sizeof(gt_measured *));
    if (list == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < t->rule->n_measures; i++) {
        gt_status st = gt_meter_measure(ctx, meter_of(t), &t->rule->measures[i], &list[i]);
        if (st != GT_OK) {
            gt_fail_at(ctx, GT_PLACE(.rule = t->rule->id));
            return st;
        }
    }
    t->finding->measured = list;
    return GT_OK;
}

static void undecided(trial *t, const char *missing)
{
    t->finding->result = GT_UNDECIDABLE;
    t->finding->missing = missing;
}

/* A pass is only sure when no feature met had an undecidable attribute. */
static void settle_pass(trial *t)
{
    for (size_t i = 0; i < t->rule->n_measures; i++) {
        if (t->finding->measured[i]->n_unknown > 0) {
            undecided(t, t->rule->measures[i].layer);
        }
    }
}

static gt_status try_exceptions(trial *t)
{
    gt_finding *f = t->finding;
    const char *missing = NULL;
    for (size_t e = 0; e < t->rule->n_exceptions; e++) {
        gt_truth truth = GT_FALSE;
        gt_status st = gt_expr_test(t->checker->ctx, t->code->exceptions[e], t->values, &truth);
        if (st != GT_OK) {
            return st;
        }
        if (truth == GT_TRUE) {
            f->result = GT_PASS;
            f->exempt = &t->rule->exceptions[e];
            return GT_OK;
        }
        if (truth == GT_UNKNOWN && missing == NULL) {
            missing = what_is_missing(t, t->code->exceptions[e]);
        }
    }
    if (missing != NULL) {
        undecided(t, missing);
    }
    return GT_OK;
}

static const char *missing_need(const trial *t)
{
    for (size_t i = 0; t->rule->needs != NULL && t->rule->needs[i] != NULL; i++) {
        if (fact_value(t->subject, t->rule->needs[i]).kind == GT_NULL) {
            return t->rule->needs[i];
        }
    }
    return NULL;
}

/* *applies = false when `when` says the rule does not speak of this subject. */
static gt_status judge(trial *t, bool *applies)
{
    gt_ctx *ctx = t->checker->ctx;
    gt_truth truth = GT_TRUE;
    gt_status st = GT_OK;
    fill_values(t);
    if (t->code->when != NULL) {
        st = gt_expr_test(ctx, t->code->when, t->values, &truth);
    }
    *applies = st == GT_OK && truth != GT_FALSE;
    if (st != GT_OK || !*applies) {
        return st;
    }
    st = measure_all(t);
    if (st != GT_OK) {
        return st;
    }
    fill_values(t);
    if (truth == GT_UNKNOWN) {
        undecided(t, what_is_missing(t, t->code->when));
        return GT_OK;
    }
    const char *need = missing_need(t);
    if (need != NULL) {
        undecided(t, need);
        return GT_OK;
    }
    if (t->code->condition != NULL) {
        st = gt_expr_test(ctx, t->code->condition, t->values, &truth);
    }
    if (st != GT_OK) {
        return st;
    }
    if (truth == GT_UNKNOWN) {
        undecided(t, what_is_missing(t, t->code->condition));
    } else if (truth == GT_TRUE) {
        t->finding->result = GT_FAIL;
        st = try_exceptions(t);
    } else {
        settle_pass(t);
    }
    return st;
}

/* ---- texts
 * ----------------------------------------------------------------------------------------- */

static gt_status cut_out_text(trial *t, gt_lang lang, gt_text *out)
{
    const gt_rule *r = t->rule;
    for (size_t i = 0; r->comply_cut_out != NULL && i < r->n_measures; i++) {
        const gt_measured *m = t->finding->measured[i];
        if (strcmp(r->measures[i].id, r->comply_cut_out) != 0 || !(m->m2 > 0)) {
            continue;
        }
        if (lang == GT_LANG_ZH) {
            gt_text_printf(out,
                           "避让 %.4f 公顷（%.2f 亩，%lld 块，最大 %.4f 公顷）；范围见结果几何",
                           gt_area_to(GT_HA, m->m2), gt_area_to(GT_MU, m->m2), (long long)m->pieces,
                           gt_area_to(GT_HA, m->largest_m2));
        } else {
            gt_text_printf(out,
                           "leave out %.4f ha (%.2f mu, %lld %s, largest %.4f ha); geometry in "
                           "the findings",
                           gt_area_to(GT_HA, m->m2), gt_area_to(GT_MU, m->m2), (long long)m->pieces,
                           m->pieces == 1 ? "piece" : "pieces", gt_area_to(GT_HA, m->largest_m2));
        }
    }
    return gt_text_status(out);
}

static gt_status write_comply(trial *t, gt_lang lang)
{
    gt_text text;
    gt_ctx *ctx = t->checker->ctx;
    const char *words = lang == GT_LANG_ZH ? t->rule->comply_say.zh : t->rule->comply_say.en;
    gt_text_init(&text, ctx, 0);
    gt_status st = cut_out_text(t, lang, &text);
    if (st == GT_OK && words != NULL) {
        const char *filled = NULL;
        const gt_template fill = {t->checker->package, t->rule, t->values};
        st = gt_fill_template(ctx, &fill, words, lang, t->verdict->arena, &filled);
        if (st == GT_OK) {
            gt_text_puts(&text, text.len > 0 ? (lang == GT_LANG_ZH ? "；" : "; ") : "");
            gt_text_puts(&text, filled);
            st = gt_text_status(&text);
        }
    }
    if (st == GT_OK && text.len > 0) {
        t->finding->comply[lang] = gt_arena_strdup(t->verdict->arena, gt_text_cstr(&text));
        st = t->finding->comply[lang] == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&text);
    return st;
}

static gt_status write_texts(trial *t)
{
    const gt_template fill = {t->checker->package, t->rule, t->values};
    for (int lang = 0; lang < 2; lang++) {
        const char *template = lang == GT_LANG_ZH ? t->rule->say.zh : t->rule->say.en;
        if (template == NULL) {
            template = lang == GT_LANG_ZH ? t->rule->title.zh : t->rule->title.en;
        }
        gt_status st = gt_fill_template(t->checker->ctx, &fill, template, (gt_lang)lang,
                                        t->verdict->arena, &t->finding->said[lang]);
        if (st == GT_OK && t->finding->result == GT_FAIL) {
            st = write_comply(t, (gt_lang)lang);
        }
        if (st != GT_OK) {
            return st;
        }
    }
    return GT_OK;
}

/* ---- all rules
 * ----------------------------------------------------------------------------------- */

bool gt_rule_speaks_of(const gt_rule *r, const char *kind, gt_date day)
{
    bool in_force =
        (r->from == GT_DATE_NONE || r->from <= day) && (r->to == GT_DATE_NONE || day <= r->to);
    for (size_t i = 0; in_force && r->applies_to[i] != NULL; i++) {
        if (strcmp(r->applies_to[i], kind) == 0) {
            return true;
        }
    }
    return false;
}

static gt_status try_rule(trial *t, size_t i)
{
    gt_checker *c = t->checker;
    gt_verdict *v = t->verdict;
    bool applies = false;
    gt_status st = compile_rule(c, i);
    if (st != GT_OK) {
        return st;
    }
    t->rule = gt_package_rule(c->package, i);
    t->code = &c->rules[i];
    t->finding = &v->findings[v->n_findings];
    memset(t->finding, 0, sizeof *t->finding);
    t->finding->rule = t->rule;
    if (t->rule->together && v->together != NULL) {
        t->finding->n_together = v->n_together;
        t->finding->together_m2 = gt_meter_subject_m2(v->together);
    }
    t->values = gt_arena_zalloc(v->arena, t->rule->n_names + 1, sizeof *t->values);
    st = t->values == NULL ? GT_E_MEMORY : judge(t, &applies);
    if (st == GT_OK && applies) {
        st = write_texts(t);
        v->n_findings++;
    }
    if (st != GT_OK) {
        gt_fail_at(c->ctx, GT_PLACE(.rule = t->rule->id));
    }
    return st;
}

/* Denials first, then undecidable denials, conditions, duties, notes, then what passes. */
static int rank(const gt_finding *f)
{
    if (f->result == GT_PASS) {
        return 100;
    }
    return (int)f->rule->effect * 2 + (f->result == GT_UNDECIDABLE ? 1 : 0);
}

static void sort_findings(gt_verdict *v)
{
    /* Insertion sort: stable, so rules of one rank keep the package's order; tens of findings. */
    for (size_t i = 1; i < v->n_findings; i++) {
        gt_finding f = v->findings[i];
        size_t k = i;
        for (; k > 0 && rank(&v->findings[k - 1]) > rank(&f); k--) {
            v->findings[k] = v->findings[k - 1];
        }
        v->findings[k] = f;
    }
}

static gt_status name_unit(gt_checker *c, gt_verdict *v)
{
    const char *layer = gt_package_unit_layer(c->package);
    const char *field = gt_package_unit_name_field(c->package);
    v->unit = "";
    if (layer == NULL || field == NULL) {
        return GT_OK;
    }
    gt_measure *ask = gt_arena_zalloc(v->arena, 1, sizeof *ask);
    if (ask == NULL) {
        return GT_E_MEMORY;
    }
    *ask = (gt_measure){.id = "unit", .layer = layer, .kind = GT_MEASURE_VALUE, .field = field};
    const gt_measured *found = NULL;
    gt_status st = gt_meter_measure(c->ctx, v->meter, ask, &found);
    if (st == GT_OK && found->known && found->count == 0) {
        st = gt_fail(c->ctx, GT_E_INPUT, &GT_MSG_SUBJECT_OUTSIDE, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("layer", layer)));
    }
    v->unit_origin = st == GT_OK && found->known ? found->origin : GT_ORIGIN_SURVEY;
    if (st == GT_OK && found->value.kind == GT_VAL_TEXT) {
        v->unit = gt_arena_strdup(v->arena, found->value.text);
        st = v->unit == NULL ? GT_E_MEMORY : GT_OK;
    }
    return st;
}

gt_status gt_checker_kind(gt_checker *c, const char *kind)
{
    if (gt_package_find_subject_kind(c->package, kind) != NULL) {
        return GT_OK;
    }
    gt_text known;
    gt_text_init(&known, c->ctx, 1024);
    for (size_t i = 0; i < gt_package_n_subject_kinds(c->package); i++) {
        gt_text_printf(&known, "%s%s", i > 0 ? ", " : "",
                       gt_package_subject_kind(c->package, i)->id);
    }
    gt_status st = gt_fail(c->ctx, GT_E_USAGE, &GT_MSG_SUBJECT_KIND, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("kind", kind), GT_TEXT("known", gt_text_cstr(&known))));
    gt_text_free(&known);
    return st;
}

/* The facts as they were stated, for the record. */
static gt_status name_facts(gt_checker *c, const gt_subject *subject, gt_verdict *v)
{
    gt_text text;
    gt_text_init(&text, c->ctx, 0);
    for (size_t i = 0; i < subject->n_facts; i++) {
        const gt_value *value = &subject->facts[i].value;
        gt_text_printf(&text, "%s%s=", i > 0 ? " " : "", subject->facts[i].name);
        switch (value->kind) {
        case GT_NULL:
            gt_text_putc(&text, '?');
            break;
        case GT_VAL_TEXT:
            gt_text_puts(&text, value->text);
            break;
        case GT_VAL_INT:
            gt_text_printf(&text, "%lld", (long long)value->integer);
            break;
        case GT_VAL_REAL:
            gt_text_json_real(&text, value->real);
            break;
        }
    }
    gt_status st = gt_text_status(&text);
    if (st == GT_OK) {
        v->facts = gt_arena_strdup(v->arena, gt_text_cstr(&text));
        v->project = subject->project == NULL ? NULL : gt_arena_strdup(v->arena, subject->project);
        bool full = v->facts == NULL || (subject->project != NULL && v->project == NULL);
        st = full ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&text);
    return st;
}

/* The subject and the parts of its project decided before, as one piece of land. */
static gt_status join_parts(gt_checker *c, const gt_subject *subject, const gt_meter_setup *alone,
                            gt_verdict *v)
{
    gt_geom all;
    size_t n = 0;
    gt_geom_init(&all);
    gt_status st = gt_decisions_gather(c->ctx, c->store, c->geos, subject, alone->as_of, &all, &n);
    if (st == GT_OK && n > 0) {
        gt_meter_setup setup = *alone;
        setup.subject = &all;
        v->n_together = n;
        st = gt_meter_new(c->ctx, &setup, &v->together);
    }
    gt_geom_free(c->ctx, &all);
    return st;
}

static gt_meter_setup setup_of(gt_checker *c, const gt_check_options *o, const gt_geom *land)
{
    return (gt_meter_setup){.store = c->store,
                            .picker = c->picker,
                            .package = c->package,
                            .geos = c->geos,
                            .where_of = gt_checker_where,
                            .user = c,
                            .subject = land,
                            .as_of = o->as_of,
                            .as_of_rev = o->as_of_rev,
                            .densify_m = o->densify_m > 0 ? o->densify_m : 70.0};
}

gt_status gt_checker_meter(gt_checker *c, const gt_geom *land, const gt_check_options *options,
                           gt_meter **out)
{
    const gt_meter_setup setup = setup_of(c, options, land);
    return gt_meter_new(c->ctx, &setup, out);
}

static gt_status prepare_verdict(gt_checker *c, const gt_subject *subject,
                                 const gt_check_options *o, const gt_bulk_hooks *bulk,
                                 const char *unit, gt_verdict *v)
{
    gt_meter_setup setup = setup_of(c, o, subject->geom);
    setup.bulk = bulk;
    v->ctx = c->ctx;
    v->package = c->package;
    v->store = c->store;
    v->geos = c->geos;
    v->densify_m = setup.densify_m;
    v->as_of = o->as_of == GT_DATE_NONE ? gt_date_today() : o->as_of;
    v->revision = o->as_of_rev > 0 ? o->as_of_rev : gt_store_revision(c->store);
    gt_status st = gt_arena_new(c->ctx, 0, &v->arena);
    if (st == GT_OK) {
        v->kind = gt_arena_strdup(v->arena, subject->kind);
        v->name = gt_arena_strdup(v->arena, subject->name == NULL ? "" : subject->name);
        v->findings =
            gt_arena_zalloc(v->arena, gt_package_n_rules(c->package) + 1, sizeof *v->findings);
        bool full = v->kind == NULL || v->name == NULL || v->findings == NULL;
        st = full ? GT_E_MEMORY : gt_meter_new(c->ctx, &setup, &v->meter);
    }
    if (st == GT_OK) {
        st = name_facts(c, subject, v);
    }
    if (st == GT_OK && subject->project != NULL && bulk == NULL) {
        st = join_parts(c, subject, &setup, v);
    }
    if (st == GT_OK && unit != NULL) {
        v->unit = gt_arena_strdup(v->arena, unit);
        return v->unit == NULL ? GT_E_MEMORY : GT_OK;
    }
    return st == GT_OK ? name_unit(c, v) : st;
}

gt_status gt_trial_open(gt_checker *c, const gt_subject *subject, const gt_check_options *options,
                        const gt_bulk_hooks *bulk, const char *unit, gt_verdict **out)
{
    gt_verdict *v = gt_zalloc(c->ctx, 1, sizeof *v);
    if (v == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = prepare_verdict(c, subject, options, bulk, unit, v);
    if (st != GT_OK) {
        gt_verdict_free(v);
        return st;
    }
    *out = v;
    return GT_OK;
}

gt_status gt_trial_rule(gt_checker *c, gt_verdict *v, const gt_subject *subject, size_t i)
{
    trial t;
    memset(&t, 0, sizeof t);
    t.checker = c;
    t.verdict = v;
    t.subject = subject;
    gt_date_format(v->as_of, t.as_of);
    return try_rule(&t, i);
}

void gt_trial_close(gt_verdict *v)
{
    sort_findings(v);
}

static gt_status judge_all(gt_checker *c, const gt_subject *subject, const gt_check_options *o,
                           gt_verdict *v)
{
    gt_status st = prepare_verdict(c, subject, o, NULL, NULL, v);
    trial t;
    memset(&t, 0, sizeof t);
    t.checker = c;
    t.verdict = v;
    t.subject = subject;
    gt_date_format(v->as_of, t.as_of);
    for (size_t i = 0; st == GT_OK && i < gt_package_n_rules(c->package); i++) {
        if (gt_rule_speaks_of(gt_package_rule(c->package, i), subject->kind, v->as_of)) {
            st = try_rule(&t, i);
        }
    }
    if (st == GT_OK) {
        sort_findings(v);
    }
    return st;
}

gt_status gt_checker_run(gt_ctx *ctx, gt_checker *c, const gt_subject *subject,
                         const gt_check_options *options, gt_verdict **out)
{
    gt_check_options o;
    gt_check_options_init(&o);
    if (options != NULL) {
        o = *options;
    }
    gt_status st = gt_checker_kind(c, subject->kind);
    if (st != GT_OK) {
        return st;
    }
    gt_verdict *v = gt_zalloc(ctx, 1, sizeof *v);
    if (v == NULL) {
        return GT_E_MEMORY;
    }
    st = gt_picker_begin(ctx, c->picker); /* all layers of one moment */
    if (st == GT_OK) {
        st = judge_all(c, subject, &o, v);
        gt_picker_end(c->picker);
    }
    if (st != GT_OK) {
        gt_verdict_free(v);
        return st;
    }
    *out = v;
    return GT_OK;
}

void gt_verdict_free(gt_verdict *v)
{
    if (v == NULL) {
        return;
    }
    gt_meter_free(v->meter);
    if (!v->borrowed) {
        gt_meter_free(v->together);
    }
    gt_arena_free(v->arena);
    gt_free(v->ctx, v);
}

gt_result gt_verdict_result(const gt_verdict *v)
{
    gt_result worst = GT_PASS;
    for (size_t i = 0; i < v->n_findings; i++) {
        const gt_finding *f = &v->findings[i];
        if (f->rule->effect == GT_DENY && f->result == GT_FAIL) {
            return GT_FAIL;
        }
        if (f->rule->effect == GT_DENY && f->result == GT_UNDECIDABLE) {
            worst = GT_UNDECIDABLE;
        }
    }
    return worst;
}

size_t gt_verdict_n_findings(const gt_verdict *v)
{
    return v->n_findings;
}

const gt_finding *gt_verdict_finding(const gt_verdict *v, size_t i)
{
    return &v->findings[i];
}

size_t gt_verdict_n_unlisted(const gt_verdict *v)
{
    return v->n_unlisted;
}

const char *gt_verdict_name(const gt_verdict *v)
{
    return v->name;
}

const char *gt_verdict_project(const gt_verdict *v)
{
    return v->project == NULL ? "" : v->project;
}

double gt_verdict_area_m2(const gt_verdict *v)
{
    return v->meter == NULL ? v->m2 : gt_meter_subject_m2(v->meter);
}

const gt_geom *gt_verdict_geom(const gt_verdict *v)
{
    return v->meter == NULL ? v->geom : gt_meter_subject(v->meter);
}

const char *gt_verdict_unit(const gt_verdict *v)
{
    return v->unit;
}
