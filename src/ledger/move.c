/* Moves: state, role, evidence, condition, rules, then the account lines. */
#include <string.h>

#include "guotu/check.h"
#include "guotu/expr.h"
#include "ledger/deed.h"
#include "ledger/messages.h"
#include "plan/problem.h"

static gt_status find_move(gt_ctx *ctx, const gt_ledger *l, const char *id,
                           const gt_ledger_transition **out)
{
    const char *near = NULL;
    size_t distance = 0;
    for (size_t i = 0; i < l->n_moves; i++) {
        if (strcmp(l->moves[i].id, id) == 0) {
            *out = &l->moves[i];
            return GT_OK;
        }
        gt_nearest_try(id, l->moves[i].id, &near, &distance);
    }
    return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_NO_MOVE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("ledger", l->id), GT_TEXT("move", id),
                           GT_TEXT("near", near == NULL ? "-" : near)));
}

static gt_status in_state(gt_deed *w, const gt_ledger_transition *m)
{
    const char *actor = "", *action = "", *time = "";
    for (const char *const *s = m->from; *s != NULL; s++) {
        if (strcmp(*s, w->before.state) == 0) {
            return GT_OK;
        }
    }
    gt_status st = gt_deed_last(w, w->before.id, &actor, &action, &time);
    return st != GT_OK ? st
                       : gt_fail(w->ctx, GT_E_CONFLICT, &GT_MSG_MOVED, GT_NOWHERE,
                                 GT_ARGS(GT_TEXT("move", m->id), GT_TEXT("from", m->from[0]),
                                         GT_TEXT("id", w->before.id),
                                         GT_TEXT("state", w->before.state), GT_TEXT("actor", actor),
                                         GT_TEXT("action", action), GT_TEXT("time", time)));
}

static gt_status has_evidence(gt_deed *w, const gt_ledger_transition *m)
{
    sqlite3_stmt *s = NULL;
    gt_status st = gt_db_prepare(w->ctx, w->book->db,
                                 "SELECT 1 FROM gt_ledger_event WHERE ledger = ?1 AND record = ?2"
                                 " AND action = 'attach' AND json_extract(body, '$.kind') = ?3",
                                 &s);
    for (const char *const *kind = m->evidence; st == GT_OK && *kind != NULL; kind++) {
        bool row = false;
        gt_bind_text(s, 1, w->ledger->id);
        gt_bind_text(s, 2, w->before.id);
        gt_bind_text(s, 3, *kind);
        st = gt_db_step(w->ctx, s, &row);
        (void)sqlite3_reset(s);
        if (st == GT_OK && !row) {
            st = gt_fail(w->ctx, GT_E_CONFLICT, &GT_MSG_EVIDENCE, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("move", m->id), GT_TEXT("kind", *kind),
                                 GT_TEXT("ledger", w->ledger->id), GT_TEXT("id", w->before.id)));
        }
    }
    (void)sqlite3_finalize(s);
    return st;
}

static gt_value text_value(const char *text)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = text, .len = strlen(text)};
}

/* Values in the order of gt_ledger.names: the fields, then state unit body area_m2 as_of version.
 */
static void own_values(const gt_deed *w, const char *day, gt_value *values)
{
    const gt_entry *r = &w->before;
    size_t n = w->ledger->n_fields;
    memcpy(values, w->values, n * sizeof *values);
    values[n] = text_value(r->state);
    values[n + 1] = text_value(r->unit);
    values[n + 2] = text_value(r->body);
    values[n + 3] = r->has_area ? (gt_value){.kind = GT_VAL_REAL, .real = (double)r->area / 100}
                                : (gt_value){.kind = GT_NULL};
    values[n + 4] = text_value(day);
    values[n + 5] = (gt_value){.kind = GT_VAL_INT, .integer = r->version};
}

static gt_status holds(gt_deed *w, const gt_ledger_transition *m)
{
    gt_sql *sql = NULL;
    gt_expr *expr = NULL;
    gt_truth truth = GT_TRUE;
    char day[GT_DATE_TEXT];
    if (m->when == NULL) {
        return GT_OK;
    }
    gt_date_format(w->date, day);
    gt_value *values = gt_arena_zalloc(w->arena, w->ledger->n_names, sizeof *values);
    gt_status st = values == NULL ? GT_E_MEMORY : gt_sql_new(w->ctx, w->package, &sql);
    if (st == GT_OK) {
        own_values(w, day, values);
        st = gt_expr_compile(w->ctx, sql, m->when, w->ledger->names, w->ledger->n_names, GT_NOWHERE,
                             &expr);
    }
    st = st == GT_OK ? gt_expr_test(w->ctx, expr, values, &truth) : st;
    if (st == GT_OK && truth != GT_TRUE) {
        st = gt_fail(w->ctx, GT_E_CONFLICT, truth == GT_FALSE ? &GT_MSG_GUARD : &GT_MSG_GUARD_OPEN,
                     GT_NOWHERE, GT_ARGS(GT_TEXT("move", m->id), GT_TEXT("when", m->when)));
    }
    gt_sql_free(sql);
    return st;
}

/* ---- rules ------------------------------------------------------------------------------------
 */

static gt_status judge(gt_deed *w, const gt_ledger_transition *m, const gt_verdict *v)
{
    for (const char *const *rule = m->rules; *rule != NULL; rule++) {
        for (size_t i = 0; i < gt_verdict_n_findings(v); i++) {
            const gt_finding *f = gt_verdict_finding(v, i);
            if (strcmp(f->rule->id, *rule) != 0 || f->result == GT_PASS) {
                continue;
            }
            return f->result == GT_FAIL
                       ? gt_fail(w->ctx, GT_E_CONFLICT, &GT_MSG_RULE_FAILS, GT_NOWHERE,
                                 GT_ARGS(GT_TEXT("move", m->id), GT_TEXT("name", *rule),
                                         GT_TEXT("said", f->said[GT_LANG_EN]),
                                         GT_TEXT("said_zh", f->said[GT_LANG_ZH])))
                       : gt_fail(
                             w->ctx, GT_E_CONFLICT, &GT_MSG_RULE_OPEN, GT_NOWHERE,
                             GT_ARGS(GT_TEXT("move", m->id), GT_TEXT("name", *rule),
                                     GT_TEXT("missing", f->missing == NULL ? "-" : f->missing)));
        }
    }
    return GT_OK;
}

/* The fields that are named as facts of the subject are facts. */
static size_t facts_of(const gt_deed *w, gt_fact *facts)
{
    const gt_subject_kind *kind = gt_package_find_subject_kind(w->package, w->ledger->subject);
    size_t n = 0;
    for (size_t i = 0; kind != NULL && i < w->ledger->n_fields; i++) {
        for (size_t k = 0; k < kind->n_fields; k++) {
            if (w->values[i].kind != GT_NULL &&
                strcmp(kind->fields[k].name, w->ledger->fields[i].name) == 0) {
                facts[n++] = (gt_fact){.name = kind->fields[k].name, .value = w->values[i]};
            }
        }
    }
    return n;
}

static gt_status rules_pass(gt_deed *w, const gt_ledger_transition *m)
{
    gt_checker *checker = NULL;
    gt_verdict *verdict = NULL;
    gt_check_options options;
    gt_geom geom;
    if (*m->rules == NULL) {
        return GT_OK;
    }
    if (w->before.blob == NULL) {
        return gt_fail(w->ctx, GT_E_CONFLICT, &GT_MSG_NEEDS_PLACE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("id", w->before.id), GT_TEXT("ledger", w->ledger->id)));
    }
    gt_geom_init(&geom);
    gt_check_options_init(&options);
    options.as_of = w->date;
    gt_fact *facts = gt_arena_zalloc(w->arena, w->ledger->n_fields + 1, sizeof *facts);
    gt_status st = facts == NULL
                       ? GT_E_MEMORY
                       : gt_geom_from_gpkg(w->ctx, w->before.blob, w->before.blob_len, NULL, &geom);
    st = st == GT_OK ? gt_checker_new(w->ctx, w->book->store, w->package, &checker) : st;
    if (st == GT_OK) {
        const gt_subject subject = {.kind = w->ledger->subject,
                                    .name = w->before.id,
                                    .geom = &geom,
                                    .facts = facts,
                                    .n_facts = facts_of(w, facts)};
        st = gt_checker_run(w->ctx, checker, &subject, &options, &verdict);
    }
    st = st == GT_OK ? judge(w, m, verdict) : st;
    gt_verdict_free(verdict);
    gt_checker_free(checker);
    gt_geom_free(w->ctx, &geom);
    return st;
}

/* ---- account lines ----------------------------------------------------------------------------
 */

static gt_status empty_field(gt_deed *w, const gt_ledger_posting *p, const char *field)
{
    return gt_fail(
        w->ctx, GT_E_INPUT, &GT_MSG_POST_FIELD, GT_PLACE(.field = field),
        GT_ARGS(GT_TEXT("move", p->on), GT_TEXT("balance", p->balance), GT_TEXT("field", field)));
}

/* Text of a field, or the name itself when it has no ':' in front. */
static gt_status account_of(gt_deed *w, const gt_ledger_posting *p, const char *name,
                            const char **out)
{
    *out = name;
    if (name[0] != ':') {
        return GT_OK;
    }
    size_t at = gt_fields_index(w->ledger, name + 1);
    *out = at != SIZE_MAX && w->values[at].kind == GT_VAL_TEXT ? w->values[at].text : NULL;
    return *out != NULL ? GT_OK : empty_field(w, p, name + 1);
}

static const char *grade_of(gt_deed *w, const char *field, gt_status *st)
{
    size_t at = gt_fields_index(w->ledger, field);
    const gt_value *v = at == SIZE_MAX ? NULL : &w->values[at];
    if (v == NULL || v->kind == GT_NULL || v->kind == GT_VAL_TEXT) {
        return v == NULL || v->kind == GT_NULL ? "" : v->text;
    }
    gt_text text;
    gt_text_init(&text, w->ctx, 0);
    gt_text_printf(&text, "%lld",
                   v->kind == GT_VAL_INT ? (long long)v->integer : (long long)v->real);
    const char *copy = gt_arena_strdup(w->arena, gt_text_cstr(&text));
    gt_text_free(&text);
    *st = copy == NULL ? GT_E_MEMORY : *st;
    return copy == NULL ? "" : copy;
}

static gt_status post(gt_deed *w, const gt_ledger_posting *p, gt_posted *lines, size_t *n)
{
    const char *from = NULL, *to = NULL;
    int64_t amount = w->before.area;
    int year = 0, month = 0, day = 0;
    bool ok = w->before.has_area;
    size_t at = gt_fields_index(w->ledger, p->amount);
    if (strcmp(p->amount, "place") != 0) {
        if (at == SIZE_MAX || w->values[at].kind == GT_NULL) {
            return empty_field(w, p, p->amount);
        }
        amount = gt_fields_amount(w->ledger, w->values, at, &ok);
    } else if (!ok) {
        return gt_fail(w->ctx, GT_E_CONFLICT, &GT_MSG_NEEDS_PLACE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("id", w->before.id), GT_TEXT("ledger", w->ledger->id)));
    }
    if (!ok) {
        return gt_fail(w->ctx, GT_E_INPUT, &GT_MSG_POST_NEGATIVE, GT_PLACE(.field = p->amount),
                       GT_ARGS(GT_TEXT("value", p->amount)));
    }
    gt_date_to_ymd(w->date, &year, &month, &day);
    at = gt_fields_index(w->ledger, p->year);
    if (at != SIZE_MAX) {
        if (w->values[at].kind != GT_VAL_INT) {
            return empty_field(w, p, p->year);
        }
        year = (int)w->values[at].integer;
    }
    gt_status st = account_of(w, p, p->from, &from);
    st = st == GT_OK ? account_of(w, p, p->to, &to) : st;
    const char *grade = grade_of(w, p->quality, &st);
    if (st == GT_OK && amount > 0) {
        gt_posted line = {.balance = p->balance,
                          .unit = w->before.unit,
                          .account = from,
                          .quality = grade,
                          .year = year,
                          .amount = -amount};
        lines[(*n)++] = line;
        line.account = to;
        line.amount = amount;
        lines[(*n)++] = line;
    }
    return st;
}

static gt_status guards(gt_deed *w, const gt_ledger_transition *m)
{
    gt_status st = in_state(w, m);
    st = st == GT_OK ? gt_deed_may(w, m->id, w->before.unit, m->who) : st;
    st = st == GT_OK ? gt_fields_whole(w->ctx, w->ledger, w->values) : st;
    st = st == GT_OK ? has_evidence(w, m) : st;
    st = st == GT_OK ? holds(w, m) : st;
    return st == GT_OK ? rules_pass(w, m) : st;
}

static gt_status make(gt_deed *w, const gt_ledger_transition *m)
{
    gt_text body;
    size_t n = 0;
    const gt_ledger *l = w->ledger;
    gt_posted *lines = gt_arena_zalloc(w->arena, 2 * l->n_postings + 1, sizeof *lines);
    gt_status st = lines == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; i < l->n_postings && st == GT_OK; i++) {
        st = strcmp(l->postings[i].on, m->id) == 0 ? post(w, &l->postings[i], lines, &n) : GT_OK;
    }
    const gt_ledger_state *to = gt_deed_state(l, m->to);
    w->after.state = m->to;
    w->after.closed = to != NULL && to->final;
    w->after.due = w->after.closed ? GT_DATE_NONE : gt_deed_due(to, w->date);
    gt_text_init(&body, w->ctx, 0);
    if (*m->rules != NULL) { /* which rules were found to hold, under which package */
        gt_text_puts(&body, "\"package\":");
        gt_text_json_string(&body, gt_package_hash(w->package));
        gt_text_puts(&body, ",\"rules\":");
        for (const char *const *rule = m->rules; *rule != NULL; rule++) {
            gt_text_puts(&body, rule == m->rules ? "[" : ",");
            gt_text_json_string(&body, *rule);
        }
        gt_text_putc(&body, ']');
    }
    st = st == GT_OK ? gt_text_status(&body) : st;
    st = st == GT_OK ? gt_deed_put(w, m->id, gt_text_cstr(&body), lines, n) : st;
    gt_text_free(&body);
    return st;
}

gt_status gt_ledger_move(gt_ctx *ctx, gt_book *b, const gt_package *package, const gt_ledger *l,
                         const gt_act *act, const char *id, const char *move)
{
    gt_deed w;
    const gt_ledger_transition *m = NULL;
    gt_status st = gt_deed_open(ctx, b, package, l, act, &w);
    st = st == GT_OK ? find_move(ctx, l, move, &m) : st;
    st = st == GT_OK ? gt_deed_find(&w, id) : st;
    st = st == GT_OK && m != NULL ? guards(&w, m) : st;
    st = st == GT_OK && m != NULL ? make(&w, m) : st;
    return gt_deed_close(&w, st);
}
