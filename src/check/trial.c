/* One rule on one subject.
 *
 * A rule goes: applies_to and in_force -> when (facts only) -> needs -> measures -> condition ->
 * exceptions. NULL anywhere makes it undecidable, and the finding names the fact that was null. */
#include "check/trial.h"

#include <math.h>
#include <string.h>

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
    gt_ctx *ctx = t->verdict->ctx;
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
        gt_status st = gt_expr_test(t->verdict->ctx, t->code->exceptions[e], t->values, &truth);
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
    gt_ctx *ctx = t->verdict->ctx;
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

/* ---- texts ----------------------------------------------------------------------------------- */

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
    gt_ctx *ctx = t->verdict->ctx;
    const char *words = lang == GT_LANG_ZH ? t->rule->comply_say.zh : t->rule->comply_say.en;
    gt_text_init(&text, ctx, 0);
    gt_status st = cut_out_text(t, lang, &text);
    if (st == GT_OK && words != NULL) {
        const char *filled = NULL;
        const gt_template fill = {t->verdict->package, t->rule, t->values};
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
    const gt_template fill = {t->verdict->package, t->rule, t->values};
    for (int lang = 0; lang < 2; lang++) {
        const char *template = lang == GT_LANG_ZH ? t->rule->say.zh : t->rule->say.en;
        if (template == NULL) {
            template = lang == GT_LANG_ZH ? t->rule->title.zh : t->rule->title.en;
        }
        gt_status st = gt_fill_template(t->verdict->ctx, &fill, template, (gt_lang)lang,
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

static gt_status try_rule(trial *t, size_t i)
{
    gt_verdict *v = t->verdict;
    bool applies = false;
    gt_status st = gt_checker_code(t->checker, i, &t->code);
    if (st != GT_OK) {
        return st;
    }
    t->rule = gt_package_rule(v->package, i);
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
        gt_fail_at(v->ctx, GT_PLACE(.rule = t->rule->id));
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
