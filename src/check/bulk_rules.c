/* One subject of a bulk check: the rules that clearly hold, and the trial of the others. */
#include "check/bulk_rules.h"

#include <string.h>

/* ---- rules --------------------------------------------------------------------------------------
 */

static gt_value scaled(const gt_question *q, gt_aspect aspect, double factor)
{
    gt_measured m = q->answer;
    if (!q->exact) {
        m.m2 *= factor;
        m.share *= factor;
    }
    return gt_measured_aspect(&m, aspect);
}

static gt_value value_of(const gt_bulk *b, const gt_rule_plan *p, size_t at, double factor)
{
    const gt_name *n = &p->rule->names[at];
    gt_value v = {.kind = GT_NULL};
    switch (n->kind) {
    case GT_NAME_FACT:
        return p->facts[at] == SIZE_MAX ? v : b->facts[p->facts[at]];
    case GT_NAME_AREA:
        return (gt_value){.kind = GT_VAL_REAL, .real = b->m2};
    case GT_NAME_DATE:
        return (gt_value){.kind = GT_VAL_TEXT, .text = b->as_of, .len = strlen(b->as_of)};
    case GT_NAME_UNIT:
        if (*b->unit != '\0') {
            v = (gt_value){.kind = GT_VAL_TEXT, .text = b->unit, .len = strlen(b->unit)};
        }
        return v;
    case GT_NAME_MEASURE:
        return scaled(&b->questions[p->questions[n->measure]], n->aspect, factor);
    }
    return v;
}

static bool same_value(const gt_value *a, const gt_value *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case GT_NULL:
        return true;
    case GT_VAL_TEXT:
        return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
    case GT_VAL_INT:
        return a->integer == b->integer;
    case GT_VAL_REAL:
        return a->real == b->real;
    }
    return false;
}

static void remember(gt_memo *m, const gt_value *values, const size_t *used, size_t n,
                     gt_truth truth)
{
    m->set = false;
    for (size_t i = 0; i < n; i++) {
        m->values[i] = values[used[i]];
        if (m->values[i].kind == GT_VAL_TEXT) {
            if (m->values[i].len > GT_MEMO_TEXT) {
                return;
            }
            memcpy(m->texts[i], m->values[i].text, m->values[i].len);
            m->values[i].text = m->texts[i];
        }
    }
    m->truth = truth;
    m->set = true;
}

/* Expressions are functions of their values alone (expr.h), so an answer may be remembered. */
static gt_status test(gt_bulk *b, const gt_rule_plan *p, gt_expr *expr, double factor,
                      gt_memo *memos, size_t n_memos, unsigned *at, gt_truth *out)
{
    size_t n = 0;
    const size_t *used = gt_expr_used(expr, &n);
    for (size_t i = 0; i < n; i++) {
        b->values[used[i]] = value_of(b, p, used[i], factor);
    }
    for (size_t k = 0; n <= GT_MEMO_VALUES && k < n_memos; k++) {
        bool same = memos[k].set;
        for (size_t i = 0; same && i < n; i++) {
            same = same_value(&memos[k].values[i], &b->values[used[i]]);
        }
        if (same) {
            *out = memos[k].truth;
            return GT_OK;
        }
    }
    gt_status st = gt_expr_test(b->ctx, expr, b->values, out);
    if (st == GT_OK && n <= GT_MEMO_VALUES) {
        remember(&memos[*at], b->values, used, n, *out);
        *at = (*at + 1) % (unsigned)n_memos;
    }
    return st;
}

typedef enum outcome { SILENT, HOLDS, OPEN } outcome;

static bool lacks_need(const gt_bulk *b, const gt_rule *r)
{
    for (size_t i = 0; r->needs != NULL && r->needs[i] != NULL; i++) {
        size_t at = gt_bulk_fact(b, r->needs[i]);
        if (at == SIZE_MAX || b->facts[at].kind == GT_NULL) {
            return true;
        }
    }
    return false;
}

/* Does the rule clearly hold, or not speak of the subject at all? */
static gt_status settle(gt_bulk *b, gt_rule_plan *p, outcome *out)
{
    gt_truth truth = GT_TRUE;
    gt_status st = GT_OK;
    bool exact = true;
    *out = OPEN;
    if (p->code->when != NULL) {
        st = test(b, p, p->code->when, 1, p->when, 2, &p->when_at, &truth);
    }
    if (st != GT_OK || truth != GT_TRUE) {
        *out = truth == GT_FALSE ? SILENT : OPEN;
        return st;
    }
    if (b->list_passes || p->code->condition == NULL || lacks_need(b, p->rule)) {
        return GT_OK;
    }
    for (size_t i = 0; i < p->rule->n_measures; i++) {
        gt_question *q = &b->questions[p->questions[i]];
        st = gt_bulk_ask(b, q);
        if (st != GT_OK || b->overflow || !q->sure || q->answer.n_unknown > 0) {
            return st;
        }
        exact = exact && q->exact;
    }
    for (int end = 0; end < (exact ? 1 : 2); end++) {
        st = test(b, p, p->code->condition,
                  exact      ? 1
                  : end == 0 ? 1 - GT_BULK_SPAN
                             : 1 + GT_BULK_SPAN,
                  p->condition, 4, &p->condition_at, &truth);
        if (st != GT_OK || truth != GT_FALSE) {
            return st;
        }
    }
    *out = HOLDS;
    return GT_OK;
}

/* ---- a subject --------------------------------------------------------------------------------
 */

static gt_origin unit_origin(const gt_bulk *b)
{
    const gt_question *q = b->unit_question == SIZE_MAX ? NULL : &b->questions[b->unit_question];
    const gt_land *land = q == NULL ? NULL : &b->nears[q->near].near;
    return land != NULL && land->known ? land->info.origin : GT_ORIGIN_SURVEY;
}

gt_status gt_bulk_verdict(gt_bulk *b)
{
    if (b->verdict != NULL) {
        return GT_OK;
    }
    gt_status st =
        gt_trial_open(b->checker, b->subject, &b->check, &b->hooks, b->unit, &b->verdict);
    if (st == GT_OK && b->unit != NULL) {
        b->verdict->unit_origin = unit_origin(b);
    }
    if (st == GT_OK && b->together != NULL) {
        b->verdict->together = b->together;
        b->verdict->n_together = b->n_together;
        b->verdict->borrowed = true;
    }
    return st;
}

static gt_status begin(gt_bulk *b, const gt_subject *s, gt_value *facts)
{
    double step = b->check.densify_m > 0 ? b->check.densify_m : 70.0;
    gt_status st = gt_meter_check(b->ctx, gt_checker_geos(b->checker), s->geom);
    if (st != GT_OK) {
        return st;
    }
    memset(facts, 0, (b->kind->n_fields + 1) * sizeof *facts);
    for (size_t i = 0; i < s->n_facts; i++) {
        size_t at = gt_bulk_fact(b, s->facts[i].name);
        if (at != SIZE_MAX && facts[at].kind == GT_NULL) {
            facts[at] = s->facts[i].value;
        }
    }
    b->turn++;
    b->subject = s;
    b->facts = facts;
    b->verdict = NULL;
    b->unit = NULL;
    b->m2 = gt_area_survey(gt_store_plane(b->store), s->geom, step);
    return gt_cutter_take(b->ctx, &b->cutter, s->geom);
}

/* The unit the subject lies in; where that is not sure, or it lies in none, it is measured. */
static gt_status name_unit(gt_bulk *b)
{
    if (b->unit_question == SIZE_MAX) {
        b->unit = "";
        return GT_OK;
    }
    gt_question *q = &b->questions[b->unit_question];
    gt_status st = gt_bulk_ask(b, q);
    if (st != GT_OK || b->overflow) {
        return st;
    }
    if (q->sure && (q->answer.count > 0 || !q->answer.known)) {
        b->unit = q->answer.value.kind == GT_VAL_TEXT ? q->answer.value.text : "";
        return GT_OK;
    }
    st = gt_bulk_verdict(b);
    b->unit = st == GT_OK ? b->verdict->unit : "";
    return st;
}

static gt_status try_rules(gt_bulk *b, size_t *held)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && !b->overflow && i < b->n_plans; i++) {
        outcome o = OPEN;
        if (b->together == NULL || !b->plans[i].rule->together) {
            st = settle(b, &b->plans[i], &o); /* by the land of the subject alone */
        }
        if (st == GT_OK && !b->overflow && o == OPEN) {
            st = gt_bulk_verdict(b);
            b->n_tried++;
            st = st == GT_OK ? gt_trial_rule(b->checker, b->verdict, b->subject, b->plans[i].index)
                             : st;
        }
        *held += o == HOLDS;
    }
    return st;
}

/* Findings that hold without exception need not be listed. */
static void drop_passes(gt_verdict *v, size_t *held)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_findings; i++) {
        if (v->findings[i].result == GT_PASS && v->findings[i].exempt == NULL) {
            ++*held;
        } else {
            v->findings[n++] = v->findings[i];
        }
    }
    v->n_findings = n;
}

gt_status gt_bulk_subject(gt_bulk *b, const gt_subject *subject, gt_verdict *light,
                          const gt_verdict **out)
{
    size_t held = 0;
    gt_value *facts = gt_alloc(b->ctx, b->kind->n_fields + 1, sizeof *facts);
    gt_status st = facts == NULL ? GT_E_MEMORY : begin(b, subject, facts);
    st = st == GT_OK ? name_unit(b) : st;
    st = st == GT_OK && !b->overflow ? try_rules(b, &held) : st;
    gt_free(b->ctx, facts);
    b->facts = NULL;
    if (st != GT_OK || b->overflow) {
        gt_verdict_free(b->verdict);
        b->verdict = NULL;
        return st;
    }
    gt_verdict *v = b->verdict;
    if (v == NULL) {
        v = light;
        *v = (gt_verdict){.ctx = b->ctx,
                          .package = b->package,
                          .kind = b->kind->id,
                          .name = subject->name == NULL ? "" : subject->name,
                          .project = subject->project,
                          .unit = b->unit,
                          .unit_origin = unit_origin(b),
                          .as_of = b->day,
                          .revision = b->check.as_of_rev > 0 ? b->check.as_of_rev
                                                             : gt_store_revision(b->store),
                          .m2 = b->m2,
                          .geom = subject->geom};
    } else if (!b->list_passes) {
        drop_passes(v, &held);
    }
    v->n_unlisted = held;
    gt_trial_close(v);
    b->n_settled += held;
    *out = v;
    return GT_OK;
}
