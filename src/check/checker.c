/* The checker: rules compiled once, tried on each subject (trial.c). */
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
                            .densify_m = o->densify_m > 0 ? o->densify_m : 70.0,
                            .may_see = o->may_see,
                            .see_user = o->user};
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

static gt_status judge_all(gt_checker *c, const gt_subject *subject, const gt_check_options *o,
                           gt_verdict *v)
{
    gt_status st = prepare_verdict(c, subject, o, NULL, NULL, v);
    for (size_t i = 0; st == GT_OK && i < gt_package_n_rules(c->package); i++) {
        if (gt_rule_speaks_of(gt_package_rule(c->package, i), subject->kind, v->as_of)) {
            st = gt_trial_rule(c, v, subject, i);
        }
    }
    if (st == GT_OK) {
        gt_trial_close(v);
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
