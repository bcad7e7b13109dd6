/* Adding records and changing what they hold. */
#include <stdio.h>
#include <string.h>

#include "ledger/deed.h"
#include "ledger/messages.h"
#include "ledger/place.h"
#include "plan/problem.h"

void gt_act_init(gt_act *act, const char *actor)
{
    *act = (gt_act){.size = sizeof *act, .actor = actor, .date = GT_DATE_NONE};
}

void gt_entry_set_init(gt_entry_set *set)
{
    *set = (gt_entry_set){.size = sizeof *set};
}

gt_status gt_ledger_find(gt_ctx *ctx, const gt_package *p, const char *id, const gt_ledger **out)
{
    const char *near = NULL;
    size_t distance = 0;
    *out = gt_package_find_ledger(p, id);
    for (size_t i = 0; *out == NULL && i < gt_package_n_ledgers(p); i++) {
        gt_nearest_try(id, gt_package_ledger(p, i)->id, &near, &distance);
    }
    return *out != NULL
               ? GT_OK
               : gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_NO_LEDGER, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("id", id), GT_TEXT("near", near == NULL ? "-" : near)));
}

/* ---- one action ------------------------------------------------------------------------------ */

gt_status gt_deed_open(gt_ctx *ctx, gt_book *b, const gt_package *package, const gt_ledger *l,
                       const gt_act *act, gt_deed *w)
{
    *w = (gt_deed){.ctx = ctx, .book = b, .package = package, .ledger = l, .act = act};
    w->date = act->date == GT_DATE_NONE ? gt_date_today() : act->date;
    gt_status st = gt_arena_new(ctx, 16384, &w->arena);
    if (st == GT_OK) {
        w->values = gt_arena_zalloc(w->arena, l->n_fields + 1, sizeof *w->values);
        st = w->values == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK && l->n_states == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_NO_STATES, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("ledger", l->id)));
    }
    return st == GT_OK ? gt_book_begin(ctx, b) : st;
}

gt_status gt_deed_close(gt_deed *w, gt_status st)
{
    st = gt_book_end(w->ctx, w->book, st);
    gt_arena_free(w->arena);
    return st;
}

const gt_ledger_state *gt_deed_state(const gt_ledger *l, const char *id)
{
    for (size_t i = 0; i < l->n_states; i++) {
        if (strcmp(l->states[i].id, id) == 0) {
            return &l->states[i];
        }
    }
    return NULL;
}

gt_date gt_deed_due(const gt_ledger_state *state, gt_date from)
{
    return state == NULL || state->within_days == 0 ? GT_DATE_NONE : from + state->within_days;
}

gt_status gt_deed_last(gt_deed *w, const char *id, const char **actor, const char **action,
                       const char **time)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    char text[GT_TIME_TEXT] = "";
    gt_status st = gt_db_prepare(w->ctx, w->book->db,
                                 "SELECT actor, action, time_ms FROM gt_ledger_event WHERE ledger"
                                 " = ?1 AND record = ?2 ORDER BY n DESC LIMIT 1",
                                 &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, w->ledger->id);
        gt_bind_text(s, 2, id);
        st = gt_db_step(w->ctx, s, &row);
    }
    if (st == GT_OK) {
        gt_time_format(row ? sqlite3_column_int64(s, 2) : 0, text);
        *actor = gt_arena_strdup(w->arena, row ? gt_column_text(s, 0) : "");
        *action = gt_arena_strdup(w->arena, row ? gt_column_text(s, 1) : "");
        *time = gt_arena_strdup(w->arena, text);
        st = *actor == NULL || *action == NULL || *time == NULL ? GT_E_MEMORY : GT_OK;
    }
    (void)sqlite3_finalize(s);
    return st;
}

static gt_status refuse_stale(gt_deed *w, const char *id)
{
    const char *actor = "", *action = "", *time = "";
    gt_status st = gt_deed_last(w, id, &actor, &action, &time);
    return st != GT_OK ? st
                       : gt_fail(w->ctx, GT_E_CONFLICT, &GT_MSG_STALE, GT_NOWHERE,
                                 GT_ARGS(GT_TEXT("id", id), GT_INT("now", w->before.version),
                                         GT_INT("expected", w->act->expect),
                                         GT_TEXT("actor", actor), GT_TEXT("time", time)));
}

gt_status gt_deed_find(gt_deed *w, const char *id)
{
    bool found = false;
    char last[GT_DATE_TEXT], day[GT_DATE_TEXT];
    gt_status st = gt_book_find(w->ctx, w->book, w->ledger->id, id, w->arena, &w->before, &found);
    if (st == GT_OK && !found) {
        st = gt_fail(w->ctx, GT_E_NOT_FOUND, &GT_MSG_NO_RECORD, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("ledger", w->ledger->id), GT_TEXT("id", id)));
    }
    if (st == GT_OK && w->act->expect > 0 && w->act->expect != w->before.version) {
        return refuse_stale(w, id);
    }
    if (st == GT_OK && w->before.closed) {
        st = gt_fail(w->ctx, GT_E_CONFLICT, &GT_MSG_CLOSED, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("id", id), GT_TEXT("state", w->before.state)));
    }
    if (st == GT_OK && w->date < w->before.changed) {
        gt_date_format(w->before.changed, last);
        gt_date_format(w->date, day);
        st = gt_fail(w->ctx, GT_E_INPUT, &GT_MSG_DATE_BACK, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("id", id), GT_TEXT("last", last), GT_TEXT("date", day)));
    }
    w->after = w->before;
    return st == GT_OK
               ? gt_fields_read(w->ctx, w->book, w->ledger, w->before.fields, w->arena, w->values)
               : st;
}

gt_status gt_deed_may(gt_deed *w, const char *action, const char *unit, const char *const *roles)
{
    const gt_ask ask = {.actor = w->act->actor,
                        .ledger = w->ledger->id,
                        .action = action,
                        .unit = unit,
                        .roles = roles};
    return gt_actor_must(w->ctx, w->book, &ask);
}

static int year_of(const gt_deed *w)
{
    size_t at = gt_fields_index(w->ledger, w->ledger->year_field);
    const gt_value *v = at == SIZE_MAX ? NULL : &w->values[at];
    return v != NULL && v->kind == GT_VAL_INT && v->integer > 0 && v->integer < 10000
               ? (int)v->integer
               : 0;
}

gt_status gt_deed_put(gt_deed *w, const char *action, const char *body, const gt_posted *posted,
                      size_t n_posted)
{
    gt_text fields, whole;
    gt_text_init(&fields, w->ctx, 0);
    gt_text_init(&whole, w->ctx, 0);
    gt_fields_write(w->ledger, w->values, &fields);
    gt_text_printf(&whole, "{%s", body);
    if (w->act->reason != NULL && *w->act->reason != '\0') {
        gt_text_puts(&whole, *body == '\0' ? "\"reason\":" : ",\"reason\":");
        gt_text_json_string(&whole, w->act->reason);
    }
    gt_text_putc(&whole, '}');
    gt_status st = gt_text_status(&fields);
    st = st == GT_OK ? gt_text_status(&whole) : st;
    w->after.fields = gt_text_cstr(&fields);
    w->after.year = year_of(w);
    w->after.version = w->before.version + 1;
    w->after.changed = w->date;
    if (st == GT_OK) {
        const gt_action a = {.after = w->after,
                             .ledger = w->ledger->id,
                             .actor = w->act->actor,
                             .action = action,
                             .from = w->before.state,
                             .to = w->after.state,
                             .body = gt_text_cstr(&whole),
                             .date = w->date,
                             .posted = posted,
                             .n_posted = n_posted};
        st = gt_book_append(w->ctx, w->book, &a);
    }
    gt_text_free(&fields);
    gt_text_free(&whole);
    return st;
}

/* ---- what was given ---------------------------------------------------------------------------
 */

static gt_status check_body(gt_deed *w, const char *id)
{
    gt_entry body;
    bool found = false;
    gt_status st = gt_book_find(w->ctx, w->book, GT_ACTORS, id, w->arena, &body, &found);
    if (st == GT_OK && (!found || body.closed)) {
        st = gt_fail(w->ctx, GT_E_INPUT, &GT_MSG_BODY_NONE, GT_NOWHERE, GT_ARGS(GT_TEXT("id", id)));
    }
    return st;
}

static gt_status take_unit(gt_deed *w, const gt_entry_set *set)
{
    const char *unit = set->unit;
    gt_status st = GT_OK;
    if (unit == NULL && w->after.unit == NULL && set->place != NULL) {
        st = gt_place_unit(w->ctx, w->book, w->package, set->place, w->arena, &unit);
    }
    if (st == GT_OK && unit == NULL && w->after.unit == NULL) {
        st = gt_fail(w->ctx, GT_E_INPUT, &GT_MSG_UNIT_NONE, GT_NOWHERE, GT_NO_ARGS);
    }
    w->after.unit = unit == NULL ? w->after.unit : unit;
    bool built_in = *w->ledger->id == '@'; /* actors: who registers them answers for the unit */
    if (st == GT_OK && !built_in && (set->unit != NULL || set->place != NULL)) {
        st = gt_place_check(w->ctx, w->book, w->package, w->after.unit, set->place, w->arena);
    }
    return st;
}

/* Applies `set` to after and values, and writes what changed as JSON members. */
static gt_status take(gt_deed *w, const gt_entry_set *set, gt_text *body)
{
    gt_status st =
        gt_fields_take(w->ctx, w->ledger, set->fields, set->n_fields, w->arena, w->values);
    st = st == GT_OK ? gt_fields_whole(w->ctx, w->ledger, w->values) : st;
    if (st == GT_OK && set->place != NULL) {
        st = gt_place_take(w->ctx, w->book, w->ledger, set->place, w->arena, &w->after);
    }
    st = st == GT_OK ? take_unit(w, set) : st;
    if (st == GT_OK && set->body != NULL) {
        st = *set->body == '\0' ? GT_OK : check_body(w, set->body);
        w->after.body = set->body;
    }
    gt_text_puts(body, "\"fields\":");
    gt_fields_write(w->ledger, w->values, body);
    gt_text_puts(body, ",\"unit\":");
    gt_text_json_string(body, w->after.unit);
    gt_text_puts(body, ",\"body\":");
    gt_text_json_string(body, w->after.body);
    if (set->place != NULL && w->after.has_area) {
        gt_text_printf(body, ",\"area_m2\":%lld.%02lld", (long long)(w->after.area / 100),
                       (long long)(w->after.area % 100));
    }
    return st == GT_OK ? gt_text_status(body) : st;
}

/* ---- adding -----------------------------------------------------------------------------------
 */

static gt_status next_number(gt_deed *w, const char *prefix, int64_t *n)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    gt_status st =
        gt_db_prepare(w->ctx, w->book->db,
                      "INSERT INTO gt_ledger_counter(ledger, prefix, n) VALUES(?1, ?2, 1)"
                      " ON CONFLICT(ledger, prefix) DO UPDATE SET n = n + 1 RETURNING n",
                      &s);
    if (st == GT_OK) {
        gt_bind_text(s, 1, w->ledger->id);
        gt_bind_text(s, 2, prefix);
        st = gt_db_step(w->ctx, s, &row);
    }
    *n = st == GT_OK && row ? sqlite3_column_int64(s, 0) : 0;
    (void)sqlite3_finalize(s);
    return st;
}

/* "IN-{year}-{n}": what stands before {n} counts by itself. */
static gt_status make_number(gt_deed *w, gt_text *id)
{
    const char *p = w->ledger->number == NULL ? "{year}-{n}" : w->ledger->number;
    int year = year_of(w), month = 0, day = 0;
    gt_status st = GT_OK;
    if (year == 0) {
        gt_date_to_ymd(w->date, &year, &month, &day);
    }
    while (*p != '\0' && st == GT_OK) {
        int64_t n = 0;
        if (strncmp(p, "{year}", 6) == 0) {
            gt_text_printf(id, "%d", year);
            p += 6;
        } else if (strncmp(p, "{unit}", 6) == 0) {
            gt_text_puts(id, w->after.unit);
            p += 6;
        } else if (strncmp(p, "{n}", 3) == 0) {
            st = next_number(w, gt_text_cstr(id), &n);
            gt_text_printf(id, "%04lld", (long long)n);
            p += 3;
        } else {
            gt_text_putc(id, *p++);
        }
    }
    return st == GT_OK ? gt_text_status(id) : st;
}

static gt_status name_record(gt_deed *w, const gt_entry_set *set, gt_text *made)
{
    gt_entry other;
    bool found = false;
    gt_status st = GT_OK;
    w->after.id = set->id;
    if (set->id == NULL) {
        st = make_number(w, made);
        w->after.id = gt_text_cstr(made);
    }
    if (st == GT_OK && !gt_ledger_id_ok(w->after.id)) {
        return gt_fail(w->ctx, GT_E_INPUT, &GT_MSG_ACTOR_ID, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("id", w->after.id)));
    }
    st = st == GT_OK
             ? gt_book_find(w->ctx, w->book, w->ledger->id, w->after.id, w->arena, &other, &found)
             : st;
    if (st == GT_OK && found) {
        st = gt_fail(w->ctx, GT_E_CONFLICT, &GT_MSG_RECORD_TWICE, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("ledger", w->ledger->id), GT_TEXT("id", w->after.id)));
    }
    return st;
}

static gt_status add_within(gt_deed *w, const gt_entry_set *set, gt_text *made)
{
    gt_text body;
    const gt_ledger_state *first = &w->ledger->states[0];
    gt_text_init(&body, w->ctx, 0);
    w->before.state = "";
    w->after = (gt_entry){.ledger = w->ledger->id,
                          .state = first->id,
                          .closed = first->final,
                          .body = "",
                          .due = gt_deed_due(first, w->date),
                          .opened = w->date,
                          .generated = set->generated};
    gt_status st = GT_OK;
    if (w->ledger->place_required && set->place == NULL) {
        st = gt_fail(w->ctx, GT_E_INPUT, &GT_MSG_PLACE_MISSING, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("ledger", w->ledger->id)));
    }
    st = st == GT_OK ? take(w, set, &body) : st;
    st = st == GT_OK ? gt_deed_may(w, "add", w->after.unit, w->ledger->who) : st;
    st = st == GT_OK ? name_record(w, set, made) : st;
    st = st == GT_OK ? gt_deed_put(w, "add", gt_text_cstr(&body), NULL, 0) : st;
    gt_text_free(&body);
    return st;
}

gt_status gt_ledger_add(gt_ctx *ctx, gt_book *b, const gt_package *package, const gt_ledger *l,
                        const gt_act *act, const gt_entry_set *set, gt_arena *arena,
                        const char **id)
{
    gt_deed w;
    gt_text made;
    gt_text_init(&made, ctx, 4096);
    gt_status st = gt_deed_open(ctx, b, package, l, act, &w);
    st = st == GT_OK ? add_within(&w, set, &made) : st;
    if (st == GT_OK && id != NULL) {
        *id = gt_arena_strdup(arena, w.after.id);
        st = *id == NULL ? GT_E_MEMORY : GT_OK;
    }
    st = gt_deed_close(&w, st);
    gt_text_free(&made);
    return st;
}

gt_status gt_ledger_set(gt_ctx *ctx, gt_book *b, const gt_package *package, const gt_ledger *l,
                        const gt_act *act, const char *id, const gt_entry_set *set)
{
    gt_deed w;
    gt_text body;
    gt_text_init(&body, ctx, 0);
    gt_status st = gt_deed_open(ctx, b, package, l, act, &w);
    st = st == GT_OK ? gt_deed_find(&w, id) : st;
    st = st == GT_OK ? gt_deed_may(&w, "set", w.before.unit, l->who) : st;
    st = st == GT_OK ? take(&w, set, &body) : st;
    /* who moves a record to another unit must have the say there, too */
    if (st == GT_OK && strcmp(w.before.unit, w.after.unit) != 0) {
        st = gt_deed_may(&w, "set", w.after.unit, l->who);
    }
    st = st == GT_OK ? gt_deed_put(&w, "set", gt_text_cstr(&body), NULL, 0) : st;
    st = gt_deed_close(&w, st);
    gt_text_free(&body);
    return st;
}

/* ---- rolling lists ----------------------------------------------------------------------------
 */

static gt_status roll_one(gt_ctx *ctx, gt_book *b, const gt_ledger *l, const gt_act *act,
                          const char *id, int to)
{
    gt_deed w;
    char body[64];
    gt_status st = gt_deed_open(ctx, b, NULL, l, act, &w);
    st = st == GT_OK ? gt_deed_find(&w, id) : st;
    st = st == GT_OK ? gt_deed_may(&w, "roll", w.before.unit, l->who) : st;
    if (st == GT_OK) {
        w.values[gt_fields_index(l, l->year_field)] = (gt_value){.kind = GT_VAL_INT, .integer = to};
        (void)snprintf(body, sizeof body, "\"year\":[%d,%d]", w.before.year, to);
        st = gt_deed_put(&w, "roll", body, NULL, 0);
    }
    return gt_deed_close(&w, st);
}

typedef struct rolling {
    gt_arena *arena;
    const char *ids[256];
    size_t n;
} rolling;

static bool keep_id(void *user, const gt_entry *r)
{
    rolling *k = user;
    k->ids[k->n] = gt_arena_strdup(k->arena, r->id);
    return k->ids[k->n++] != NULL && k->n < sizeof k->ids / sizeof *k->ids;
}

gt_status gt_ledger_roll(gt_ctx *ctx, gt_book *b, const gt_ledger *l, const gt_act *act, int from,
                         int to, int64_t *n)
{
    rolling k = {.n = 1};
    gt_entry_query q;
    *n = 0;
    if (l->year_field == NULL || from == to) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_NOT_YEARLY, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("ledger", l->id)));
    }
    gt_entry_query_init(&q, l->id);
    q.year = from;
    q.open_only = true;
    q.limit = sizeof k.ids / sizeof *k.ids;
    gt_status st = gt_arena_new(ctx, 0, &k.arena);
    while (st == GT_OK && k.n > 0) { /* what was carried is no longer of the year */
        k.n = 0;
        gt_arena_reset(k.arena);
        st = gt_ledger_each(ctx, b, &q, keep_id, &k);
        for (size_t i = 0; i < k.n && st == GT_OK; i++) {
            st = k.ids[i] == NULL ? GT_E_MEMORY : roll_one(ctx, b, l, act, k.ids[i], to);
            *n += st == GT_OK;
            st = st == GT_OK ? gt_check_cancel(ctx) : st;
        }
    }
    gt_arena_free(k.arena);
    return st;
}
