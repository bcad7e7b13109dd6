/* The register of actors: records of the built-in ledgers @actors and @grants. */
#include "guotu/actor.h"

#include <stdio.h>
#include <string.h>

#include "ledger/book.h"
#include "ledger/messages.h"

bool gt_ledger_id_ok(const char *id)
{
    size_t len = id == NULL ? 0 : strlen(id), bad = 0;
    if (len == 0 || len > 64 || id[0] == '@' || !gt_utf8_valid(id, len, &bad)) {
        return false;
    }
    for (const unsigned char *p = (const unsigned char *)id; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f || *p == '/') {
            return false;
        }
    }
    return true;
}

static gt_status check_id(gt_ctx *ctx, const char *id)
{
    return gt_ledger_id_ok(id) ? GT_OK
                               : gt_fail(ctx, GT_E_INPUT, &GT_MSG_ACTOR_ID, GT_NOWHERE,
                                         GT_ARGS(GT_TEXT("id", id == NULL ? "" : id)));
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool fits(const char *held, const char *asked)
{
    return strcmp(held, "*") == 0 || (asked != NULL && strcmp(held, asked) == 0);
}

static bool role_fits(const char *held, const char *const *roles)
{
    if (roles == NULL || *roles == NULL || strcmp(held, "founder") == 0) {
        return true;
    }
    for (; *roles != NULL; roles++) {
        if (strcmp(held, *roles) == 0) {
            return true;
        }
    }
    return false;
}

static const char GRANTS_SQL[] =
    "SELECT json_extract(fields, '$.actor'), json_extract(fields, '$.role'), unit,"
    " json_extract(fields, '$.ledger'), json_extract(fields, '$.action') FROM gt_ledger_record"
    " WHERE ledger = '" GT_GRANTS "' AND closed = 0";

static void read_grant(sqlite3_stmt *stmt, gt_grant *g)
{
    g->actor = gt_column_text(stmt, 0);
    g->role = gt_column_text(stmt, 1);
    g->unit = gt_column_text(stmt, 2);
    g->ledger = gt_column_text(stmt, 3);
    g->action = gt_column_text(stmt, 4);
}

/* role: that of the grant that allows it, else of the first grant held. */
static gt_status grants_of(gt_ctx *ctx, gt_book *b, const char *actor, const gt_ask *ask,
                           char role[GT_ROLE_TEXT], bool *may)
{
    sqlite3_stmt *stmt = NULL;
    gt_text sql;
    bool row = true;
    gt_text_init(&sql, ctx, 0);
    /* ids of grants begin with the actor and '/'; '0' is the character after '/' */
    gt_text_printf(&sql, "%s AND id > ?1 || '/' AND id < ?1 || '0'", GRANTS_SQL);
    gt_status st = gt_db_prepare_text(ctx, b->db, &sql, &stmt);
    if (st == GT_OK) {
        gt_bind_text(stmt, 1, actor);
    }
    while (st == GT_OK && row && !*may) {
        gt_grant g;
        st = gt_db_step(ctx, stmt, &row);
        if (st == GT_OK && row) {
            read_grant(stmt, &g);
            *may = role_fits(g.role, ask->roles) && fits(g.unit, ask->unit) &&
                   fits(g.ledger, ask->ledger) && fits(g.action, ask->action);
            if (*may || role[0] == '\0') {
                (void)snprintf(role, GT_ROLE_TEXT, "%s", g.role);
            }
        }
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return st;
}

/* *body (arena): the actor's body, NULL when none; *active = false for unknown and ended ones. */
static gt_status look_up(gt_ctx *ctx, gt_book *b, const char *id, gt_arena *arena, bool *active,
                         const char **body)
{
    gt_entry r;
    bool found = false;
    *body = NULL;
    gt_status st = gt_book_find(ctx, b, GT_ACTORS, id, arena, &r, &found);
    *active = st == GT_OK && found && !r.closed;
    if (*active && r.body[0] != '\0') {
        *body = r.body;
    }
    return st;
}

static gt_status decide(gt_ctx *ctx, gt_book *b, const gt_ask *ask, char role[GT_ROLE_TEXT],
                        bool *known, bool *may)
{
    gt_arena *arena = NULL;
    const char *body = NULL, *none = NULL;
    bool active = false;
    *known = false;
    *may = false;
    role[0] = '\0';
    gt_status st = gt_arena_new(ctx, 4096, &arena);
    st = st == GT_OK ? look_up(ctx, b, ask->actor, arena, known, &body) : st;
    if (st == GT_OK && *known) {
        st = grants_of(ctx, b, ask->actor, ask, role, may);
    }
    if (st == GT_OK && *known && !*may && body != NULL) {
        st = look_up(ctx, b, body, arena, &active, &none);
        st = st == GT_OK && active ? grants_of(ctx, b, body, ask, role, may) : st;
    }
    gt_arena_free(arena);
    return st;
}

gt_status gt_actor_may(gt_ctx *ctx, gt_book *book, const gt_ask *ask, char role[GT_ROLE_TEXT],
                       bool *may)
{
    char own[GT_ROLE_TEXT];
    bool known = false;
    return decide(ctx, book, ask, role == NULL ? own : role, &known, may);
}

gt_status gt_actor_must(gt_ctx *ctx, gt_book *book, const gt_ask *ask)
{
    char role[GT_ROLE_TEXT];
    bool known = false, may = false;
    gt_status st = decide(ctx, book, ask, role, &known, &may);
    if (st != GT_OK || may) {
        return st;
    }
    if (!known) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_NO_ACTOR, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("id", ask->actor)));
    }
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MAY_NOT, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("actor", ask->actor), GT_TEXT("action", ask->action),
                           GT_TEXT("ledger", ask->ledger),
                           GT_TEXT("unit", ask->unit == NULL ? "*" : ask->unit)));
}

/* ---- changing -------------------------------------------------------------------------------- */

/* Writes a record of a built-in ledger; `before` NULL: a new one. The fields are the event's body.
 */
static gt_status put(gt_ctx *ctx, gt_book *b, const char *by, const char *action,
                     const gt_entry *before, gt_entry *after, const char *why)
{
    gt_text body;
    gt_text_init(&body, ctx, 0);
    gt_text_printf(&body, "{\"fields\":%s", after->fields);
    if (why != NULL) {
        gt_text_puts(&body, ",\"reason\":");
        gt_text_json_string(&body, why);
    }
    gt_text_putc(&body, '}');
    after->version = before == NULL ? 1 : before->version + 1;
    after->changed = gt_date_today();
    after->opened = before == NULL ? after->changed : before->opened;
    after->due = GT_DATE_NONE;
    gt_action a = {.after = *after,
                   .ledger = after->ledger,
                   .actor = by,
                   .action = action,
                   .from = before == NULL ? "" : before->state,
                   .to = after->state,
                   .body = gt_text_cstr(&body),
                   .date = after->changed};
    gt_status st = gt_text_status(&body);
    st = st == GT_OK ? gt_book_append(ctx, b, &a) : st;
    gt_text_free(&body);
    return st;
}

static gt_status put_grant(gt_ctx *ctx, gt_book *b, const char *by, const gt_grant *g, bool revoke)
{
    gt_arena *arena = NULL;
    gt_text id, fields;
    gt_entry old;
    bool found = false;
    gt_text_init(&id, ctx, 4096);
    gt_text_init(&fields, ctx, 0);
    gt_text_printf(&id, "%s/%s/%s/%s/%s", g->actor, g->role, g->ledger, g->action, g->unit);
    const char *const names[] = {"actor", "role", "ledger", "action"};
    const char *const values[] = {g->actor, g->role, g->ledger, g->action};
    for (size_t i = 0; i < 4; i++) {
        gt_text_printf(&fields, "%s\"%s\":", i == 0 ? "{" : ",", names[i]);
        gt_text_json_string(&fields, values[i]);
    }
    gt_text_putc(&fields, '}');
    gt_status st = gt_text_status(&id);
    st = st == GT_OK ? gt_text_status(&fields) : st;
    st = st == GT_OK ? gt_arena_new(ctx, 4096, &arena) : st;
    st = st == GT_OK ? gt_book_find(ctx, b, GT_GRANTS, gt_text_cstr(&id), arena, &old, &found) : st;
    bool held = st == GT_OK && found && !old.closed;
    if (st == GT_OK && held != revoke) {
        st = gt_fail(ctx, GT_E_CONFLICT, held ? &GT_MSG_GRANT_HELD : &GT_MSG_GRANT_NONE, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("actor", g->actor)));
    }
    if (st == GT_OK) {
        gt_entry r = {.ledger = GT_GRANTS,
                      .id = gt_text_cstr(&id),
                      .state = revoke ? "revoked" : "granted",
                      .closed = revoke,
                      .unit = g->unit,
                      .body = "",
                      .fields = gt_text_cstr(&fields)};
        st = put(ctx, b, by, revoke ? "revoke" : "grant", found ? &old : NULL, &r, NULL);
    }
    gt_arena_free(arena);
    gt_text_free(&id);
    gt_text_free(&fields);
    return st;
}

static gt_status put_actor(gt_ctx *ctx, gt_book *b, const char *by, const gt_actor *a,
                           gt_arena *arena)
{
    gt_text fields;
    gt_entry old;
    bool found = false, active = true;
    const char *none = NULL;
    gt_status st = gt_book_find(ctx, b, GT_ACTORS, a->id, arena, &old, &found);
    if (st == GT_OK && found) {
        return gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_ACTOR_TWICE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("id", a->id)));
    }
    if (st == GT_OK && a->body != NULL && *a->body != '\0') {
        st = look_up(ctx, b, a->body, arena, &active, &none);
    }
    if (st == GT_OK && !active) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_NO_ACTOR, GT_PLACE(.field = "body"),
                       GT_ARGS(GT_TEXT("id", a->body)));
    }
    gt_text_init(&fields, ctx, 0);
    gt_text_puts(&fields, a->kind == GT_ACTOR_BODY ? "{\"kind\":\"body\"" : "{\"kind\":\"person\"");
    gt_text_puts(&fields, ",\"zh\":");
    gt_text_json_string(&fields, a->title.zh == NULL ? a->id : a->title.zh);
    gt_text_puts(&fields, ",\"en\":");
    gt_text_json_string(&fields, a->title.en == NULL ? a->id : a->title.en);
    gt_text_putc(&fields, '}');
    st = st == GT_OK ? gt_text_status(&fields) : st;
    if (st == GT_OK) {
        gt_entry r = {.ledger = GT_ACTORS,
                      .id = a->id,
                      .state = "active",
                      .unit = a->unit == NULL ? "*" : a->unit,
                      .body = a->body == NULL ? "" : a->body,
                      .fields = gt_text_cstr(&fields)};
        st = put(ctx, b, by, "add", NULL, &r, NULL);
    }
    gt_text_free(&fields);
    return st;
}

static gt_status add_within(gt_ctx *ctx, gt_book *b, const char *by, const gt_actor *a,
                            gt_arena *arena)
{
    int64_t n = 0;
    gt_status st = gt_db_int(
        ctx, b->db, "SELECT count(*) FROM gt_ledger_record WHERE ledger = '" GT_ACTORS "'", 0, &n);
    if (st != GT_OK) {
        return st;
    }
    if (n == 0) {
        if (strcmp(by, a->id) != 0) {
            return gt_fail(ctx, GT_E_USAGE, &GT_MSG_ACTOR_FIRST, GT_NOWHERE, GT_NO_ARGS);
        }
        const gt_grant all = {a->id, "founder", "*", "*", "*"};
        st = put_actor(ctx, b, by, a, arena);
        return st == GT_OK ? put_grant(ctx, b, by, &all, false) : st;
    }
    const gt_ask ask = {.actor = by, .ledger = GT_ACTORS, .action = "grant", .unit = a->unit};
    st = gt_actor_must(ctx, b, &ask);
    return st == GT_OK ? put_actor(ctx, b, by, a, arena) : st;
}

gt_status gt_actor_add(gt_ctx *ctx, gt_book *b, const char *by, const gt_actor *a)
{
    gt_arena *arena = NULL;
    gt_status st = check_id(ctx, a->id);
    st = st == GT_OK ? gt_arena_new(ctx, 4096, &arena) : st;
    st = st == GT_OK ? gt_book_begin(ctx, b) : st;
    if (st == GT_OK) {
        st = gt_book_end(ctx, b, add_within(ctx, b, by, a, arena));
    }
    gt_arena_free(arena);
    return st;
}

static gt_status end_within(gt_ctx *ctx, gt_book *b, const char *by, const char *id,
                            const char *reason, gt_arena *arena)
{
    gt_entry r;
    bool found = false;
    gt_status st = gt_book_find(ctx, b, GT_ACTORS, id, arena, &r, &found);
    if (st == GT_OK && (!found || r.closed)) {
        st = gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_NO_ACTOR, GT_NOWHERE, GT_ARGS(GT_TEXT("id", id)));
    }
    if (st == GT_OK) {
        const gt_ask ask = {.actor = by, .ledger = GT_ACTORS, .action = "grant", .unit = r.unit};
        st = gt_actor_must(ctx, b, &ask);
    }
    if (st == GT_OK) {
        gt_entry after = r;
        after.state = "ended";
        after.closed = true;
        st = put(ctx, b, by, "end", &r, &after, reason);
    }
    return st;
}

gt_status gt_actor_end(gt_ctx *ctx, gt_book *b, const char *by, const char *id, const char *reason)
{
    gt_arena *arena = NULL;
    gt_status st = gt_arena_new(ctx, 4096, &arena);
    st = st == GT_OK ? gt_book_begin(ctx, b) : st;
    if (st == GT_OK) {
        st = gt_book_end(ctx, b, end_within(ctx, b, by, id, reason, arena));
    }
    gt_arena_free(arena);
    return st;
}

static gt_status grant_within(gt_ctx *ctx, gt_book *b, const char *by, const gt_grant *g,
                              bool revoke)
{
    gt_arena *arena = NULL;
    bool active = false;
    const char *none = NULL;
    const gt_ask ask = {.actor = by, .ledger = GT_ACTORS, .action = "grant", .unit = g->unit};
    gt_status st = gt_actor_must(ctx, b, &ask);
    st = st == GT_OK ? gt_arena_new(ctx, 4096, &arena) : st;
    st = st == GT_OK ? look_up(ctx, b, g->actor, arena, &active, &none) : st;
    if (st == GT_OK && !active && !revoke) {
        st = gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_NO_ACTOR, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("id", g->actor)));
    }
    st = st == GT_OK ? put_grant(ctx, b, by, g, revoke) : st;
    gt_arena_free(arena);
    return st;
}

gt_status gt_actor_grant(gt_ctx *ctx, gt_book *b, const char *by, const gt_grant *g, bool revoke)
{
    const char *const parts[] = {g->actor, g->role, g->action};
    gt_status st = GT_OK;
    for (size_t i = 0; i < 3 && st == GT_OK; i++) {
        st = check_id(ctx, parts[i]);
    }
    /* the built-in ledgers have an '@' in front */
    st = st == GT_OK ? check_id(ctx, *g->ledger == '@' ? g->ledger + 1 : g->ledger) : st;
    st = st == GT_OK ? gt_book_begin(ctx, b) : st;
    return st == GT_OK ? gt_book_end(ctx, b, grant_within(ctx, b, by, g, revoke)) : st;
}

/* ---- listing --------------------------------------------------------------------------------- */

gt_status gt_actor_each(gt_ctx *ctx, gt_book *b, gt_actor_fn fn, void *user)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    gt_status st = gt_db_prepare(
        ctx, b->db,
        "SELECT id, json_extract(fields, '$.kind') = 'person', json_extract(fields, '$.zh'),"
        " json_extract(fields, '$.en'), body, unit, closed FROM gt_ledger_record WHERE"
        " ledger = '" GT_ACTORS "' ORDER BY id",
        &stmt);
    while (st == GT_OK && row) {
        st = gt_db_step(ctx, stmt, &row);
        if (st == GT_OK && row) {
            const char *body = gt_column_text(stmt, 4);
            gt_actor a = {.id = gt_column_text(stmt, 0),
                          .kind = sqlite3_column_int(stmt, 1) ? GT_ACTOR_PERSON : GT_ACTOR_BODY,
                          .title = {gt_column_text(stmt, 2), gt_column_text(stmt, 3)},
                          .body = *body == '\0' ? NULL : body,
                          .unit = gt_column_text(stmt, 5),
                          .active = sqlite3_column_int(stmt, 6) == 0};
            row = fn(user, &a);
        }
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

gt_status gt_grant_each(gt_ctx *ctx, gt_book *b, const char *actor, gt_grant_fn fn, void *user)
{
    sqlite3_stmt *stmt = NULL;
    gt_text sql;
    bool row = true;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql,
                   "%s AND (?1 IS NULL OR json_extract(fields, '$.actor') = ?1) ORDER BY"
                   " id",
                   GRANTS_SQL);
    gt_status st = gt_db_prepare_text(ctx, b->db, &sql, &stmt);
    if (st == GT_OK) {
        gt_bind_text(stmt, 1, actor);
    }
    while (st == GT_OK && row) {
        st = gt_db_step(ctx, stmt, &row);
        if (st == GT_OK && row) {
            gt_grant g;
            read_grant(stmt, &g);
            row = fn(user, &g);
        }
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    return st;
}
