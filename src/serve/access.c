/* Sessions by cookie, tokens by Authorization, rights by the register of actors. */
#include "serve/access.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "serve/messages.h"

static const char cookie_name[] = "guotu_session";

/* ---- what is brought along --------------------------------------------------------------------
 */

/* The session's secret of a Cookie field; "" when there is none. */
static void read_cookie(const char *field, char out[GT_SECRET_HEX])
{
    size_t name = sizeof cookie_name - 1;
    out[0] = '\0';
    for (const char *at = field; at != NULL && *at != '\0';) {
        at += strspn(at, " ;");
        size_t len = strcspn(at, ";");
        if (len == name + GT_SECRET_HEX && strncmp(at, cookie_name, name) == 0 && at[name] == '=') {
            (void)snprintf(out, GT_SECRET_HEX, "%.64s", at + name + 1);
            return;
        }
        at += len;
    }
}

static gt_status refuse(gt_desk *desk, const gt_message *message)
{
    return gt_fail(desk->ctx, GT_E_USAGE, message, GT_NOWHERE, GT_NO_ARGS);
}

static gt_status by_token(gt_desk *desk, const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (desk->accounts == NULL || strncmp(authorization, scheme, sizeof scheme - 1) != 0) {
        return refuse(desk, &GT_MSG_SERVE_SIGN_IN);
    }
    gt_status st =
        gt_token_of(desk->ctx, desk->accounts, authorization + sizeof scheme - 1, &desk->who);
    return st != GT_OK || desk->who.id[0] != '\0' ? st : refuse(desk, &GT_MSG_SERVE_SIGN_IN);
}

gt_status gt_access(gt_desk *desk, const gt_request *request, gt_need need)
{
    char secret[GT_SECRET_HEX], csrf[GT_SECRET_HEX];
    desk->who = (gt_who){0};
    if (request->authorization != NULL) {
        return by_token(desk, request->authorization);
    }
    if (need == GT_PUBLIC || (need == GT_KNOWN && desk->accounts == NULL)) {
        return GT_OK;
    }
    read_cookie(request->cookie, secret);
    gt_status st = secret[0] == '\0' || desk->accounts == NULL
                       ? GT_OK
                       : gt_session_of(desk->ctx, desk->accounts, secret, &desk->who);
    if (st == GT_OK && desk->who.id[0] == '\0' && need != GT_KNOWN) {
        st = refuse(desk, &GT_MSG_SERVE_SIGN_IN);
    }
    if (st != GT_OK || need == GT_SIGNED || need == GT_KNOWN) {
        return st;
    }
    gt_session_csrf(secret, csrf);
    if (!gt_secret_equal(csrf, request->csrf)) {
        return refuse(desk, &GT_MSG_SERVE_CSRF);
    }
    return desk->who.must_change && strcmp(request->path, "/session/password") != 0 &&
                   strcmp(request->path, "/session") != 0
               ? refuse(desk, &GT_MSG_SERVE_CHANGE)
               : GT_OK;
}

gt_status gt_desk_book(gt_desk *desk, gt_book **out)
{
    gt_status st =
        desk->book == NULL ? gt_book_open(desk->ctx, desk->store, true, &desk->book) : GT_OK;
    *out = desk->book;
    return st;
}

gt_status gt_access_must(gt_desk *desk, const char *ledger, const char *action, const char *unit)
{
    gt_book *book = NULL;
    bool may = false;
    const gt_ask ask = {desk->who.id, ledger, action, unit, NULL};
    gt_status st = gt_desk_book(desk, &book);
    st = st == GT_OK && !desk->who.must_change ? gt_actor_may(desk->ctx, book, &ask, NULL, &may)
                                               : st;
    return st != GT_OK || may
               ? st
               : gt_fail(desk->ctx, GT_E_USAGE, &GT_MSG_SERVE_MAY_NOT, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("actor", desk->who.id), GT_TEXT("action", action),
                                 GT_TEXT("unit", unit == NULL ? "*" : unit)));
}

/* ---- bodies -----------------------------------------------------------------------------------
 */

static gt_status bad_body(gt_desk *desk, const char *why)
{
    return gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_BODY, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("reason", why)));
}

gt_status gt_read_json(gt_desk *desk, const gt_request *request, struct json_t **out)
{
    json_error_t error;
    const char *type = request->content_type;
    *out = NULL;
    if (type == NULL || strncmp(type, "application/json", 16) != 0) {
        return bad_body(desk, "Content-Type: application/json");
    }
    *out = json_loadb(request->body == NULL ? "" : request->body, request->body_len,
                      JSON_REJECT_DUPLICATES, &error);
    return *out == NULL           ? bad_body(desk, error.text)
           : json_is_object(*out) ? GT_OK
                                  : bad_body(desk, "{}");
}

gt_status gt_read_text(gt_desk *desk, const struct json_t *body, const char *name, bool required,
                       const char **out)
{
    const json_t *value = json_object_get(body, name);
    *out = json_is_string(value) ? json_string_value(value) : "";
    bool wrong = value != NULL && !json_is_null(value) && !json_is_string(value);
    return wrong || (required && **out == '\0') ? bad_body(desk, name) : GT_OK;
}

/* ---- sessions ---------------------------------------------------------------------------------
 */

static gt_status set_cookie(gt_desk *desk, const gt_request *request, const char *secret,
                            gt_reply *reply)
{
    enum { ROOM = 256 };
    char *text = gt_arena_alloc(desk->arena, ROOM, 1);
    if (text == NULL) {
        return GT_E_MEMORY;
    }
    (void)snprintf(text, ROOM, "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s",
                   cookie_name, secret, secret[0] == '\0' ? 0 : (int)GT_SESSION_S,
                   request->secure ? "; Secure" : "");
    reply->cookie = text;
    return GT_OK;
}

static bool put_grant(void *user, const gt_grant *grant)
{
    gt_text *o = user;
    const char *const all[4][2] = {{"role", grant->role},
                                   {"unit", grant->unit},
                                   {"ledger", grant->ledger},
                                   {"action", grant->action}};
    gt_text_puts(o, gt_text_cstr(o)[o->len - 1] == '[' ? "{" : ",{");
    for (int i = 0; i < 4; i++) {
        gt_text_printf(o, "%s\"%s\":", i > 0 ? "," : "", all[i][0]);
        gt_text_json_string(o, all[i][1]);
    }
    gt_text_puts(o, "}");
    return true;
}

static gt_status put_session(gt_desk *desk, gt_reply *reply)
{
    gt_text *o = &reply->body;
    gt_book *book = NULL;
    char csrf[GT_SECRET_HEX];
    reply->cache = "no-store";
    if (desk->who.id[0] == '\0') {
        gt_text_puts(o, "{\"account\":null}\n");
        return GT_OK;
    }
    gt_text_puts(o, "{\"account\":");
    gt_text_json_string(o, desk->who.id);
    gt_text_printf(o, ",\"mustChange\":%s", desk->who.must_change ? "true" : "false");
    if (desk->who.secret[0] != '\0') {
        gt_session_csrf(desk->who.secret, csrf);
        gt_text_printf(o, ",\"csrf\":\"%s\"", csrf);
    }
    gt_text_puts(o, ",\"grants\":[");
    gt_status st = gt_desk_book(desk, &book);
    st = st == GT_OK ? gt_grant_each(desk->ctx, book, desk->who.id, put_grant, o) : st;
    gt_text_puts(o, "]}\n");
    return st;
}

/* Tells who is signed in; nobody is an answer, too. */
gt_status gt_get_session(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_status st = gt_access(desk, request, GT_SIGNED);
    if (st == GT_E_USAGE && request->authorization == NULL) {
        gt_error_clear(desk->ctx);
        st = GT_OK;
    }
    return st == GT_OK ? put_session(desk, reply) : st;
}

gt_status gt_post_session(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    json_t *body = NULL;
    const char *id = "", *password = "";
    char secret[GT_SECRET_HEX] = "";
    bool good = false;
    if (!gt_rate_take(desk->sign_ins, request->client == NULL ? "" : request->client, gt_clock())) {
        return gt_fail(desk->ctx, GT_E_LIMIT, &GT_MSG_SERVE_RATE, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_status st = desk->accounts == NULL ? refuse(desk, &GT_MSG_SERVE_WRONG)
                                          : gt_read_json(desk, request, &body);
    st = st == GT_OK ? gt_read_text(desk, body, "account", true, &id) : st;
    st = st == GT_OK ? gt_read_text(desk, body, "password", true, &password) : st;
    st =
        st == GT_OK ? gt_session_begin(desk->ctx, desk->accounts, id, password, secret, &good) : st;
    if (st == GT_OK && !good) {
        st = refuse(desk, &GT_MSG_SERVE_WRONG);
    }
    json_decref(body);
    st = st == GT_OK ? gt_session_of(desk->ctx, desk->accounts, secret, &desk->who) : st;
    st = st == GT_OK ? set_cookie(desk, request, secret, reply) : st;
    return st == GT_OK ? put_session(desk, reply) : st;
}

gt_status gt_delete_session(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_status st = gt_session_end(desk->ctx, desk->accounts, desk->who.secret);
    desk->who = (gt_who){0};
    st = st == GT_OK ? set_cookie(desk, request, "", reply) : st;
    return st == GT_OK ? put_session(desk, reply) : st;
}

gt_status gt_put_password(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    json_t *body = NULL;
    const char *password = "";
    if (desk->who.secret[0] == '\0') { /* a token may not take the account over */
        return refuse(desk, &GT_MSG_SERVE_SIGN_IN);
    }
    gt_status st = gt_read_json(desk, request, &body);
    st = st == GT_OK ? gt_read_text(desk, body, "password", true, &password) : st;
    st = st == GT_OK ? gt_account_password(desk->ctx, desk->accounts, desk->who.id, password,
                                           desk->who.secret)
                     : st;
    json_decref(body);
    desk->who.must_change = desk->who.must_change && st != GT_OK;
    return st == GT_OK ? put_session(desk, reply) : st;
}

/* ---- tokens -----------------------------------------------------------------------------------
 */

static void put_token(void *user, const gt_token_info *token)
{
    gt_text *o = user;
    gt_text_printf(o,
                   "%s{\"number\":%lld,\"title\":", gt_text_cstr(o)[o->len - 1] == '[' ? "" : ",",
                   (long long)token->number);
    gt_text_json_string(o, token->title);
    gt_text_printf(o, ",\"made\":%lld,\"expires\":%lld,\"revoked\":%s}", (long long)token->made_s,
                   (long long)token->expires_s, token->revoked ? "true" : "false");
}

gt_status gt_get_tokens(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    (void)request;
    reply->cache = "no-store";
    gt_text_puts(&reply->body, "{\"tokens\":[");
    gt_status st = gt_token_each(desk->ctx, desk->accounts, desk->who.id, put_token, &reply->body);
    gt_text_puts(&reply->body, "]}\n");
    return st;
}

gt_status gt_post_token(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    json_t *body = NULL;
    const char *title = "";
    char token[GT_SECRET_HEX + 3];
    int64_t number = 0;
    if (desk->who.secret[0] == '\0') { /* a token does not make tokens */
        return refuse(desk, &GT_MSG_SERVE_SIGN_IN);
    }
    gt_status st = gt_read_json(desk, request, &body);
    st = st == GT_OK ? gt_read_text(desk, body, "title", true, &title) : st;
    const json_t *days = json_object_get(body, "days");
    json_int_t n = days == NULL ? 90 : json_integer_value(days);
    if (st == GT_OK && (n < 1 || n > GT_TOKEN_DAYS_MAX || strlen(title) > 200)) {
        st = bad_body(desk, "days 1 .. 366, title 1 .. 200");
    }
    st = st == GT_OK ? gt_token_issue(desk->ctx, desk->accounts, desk->who.id, title, (int)n, token,
                                      &number)
                     : st;
    json_decref(body);
    if (st == GT_OK) {
        reply->status = 201;
        reply->cache = "no-store";
        gt_text_printf(&reply->body, "{\"number\":%lld,\"token\":\"%s\"}\n", (long long)number,
                       token);
    }
    return st;
}

gt_status gt_delete_token(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    long long number = 0;
    char rest = 0;
    if (strlen(request->part[1]) > 15 || sscanf(request->part[1], "%lld%c", &number, &rest) != 1) {
        number = -1;
    }
    gt_text_puts(&reply->body, "{}\n");
    return gt_token_revoke(desk->ctx, desk->accounts, desk->who.id, number);
}

/* ---- accounts of others -----------------------------------------------------------------------
 */

typedef struct finding {
    const char *id;
    gt_desk *desk;
    const char *unit; /* in the arena; NULL: there is no such actor */
} finding;

static bool find_actor(void *user, const gt_actor *actor)
{
    finding *f = user;
    if (strcmp(actor->id, f->id) != 0) {
        return true;
    }
    f->unit = gt_arena_strdup(f->desk->arena, actor->unit == NULL ? "*" : actor->unit);
    return false;
}

static gt_status add_grants(gt_desk *desk, gt_book *book, const char *id, const json_t *grants)
{
    gt_status st = grants == NULL || json_is_array(grants) ? GT_OK : bad_body(desk, "grants []");
    for (size_t i = 0; st == GT_OK && i < json_array_size(grants); i++) {
        const json_t *g = json_array_get(grants, i);
        gt_grant grant = {.actor = id};
        st = gt_read_text(desk, g, "role", true, &grant.role);
        st = st == GT_OK ? gt_read_text(desk, g, "unit", true, &grant.unit) : st;
        st = st == GT_OK ? gt_read_text(desk, g, "ledger", true, &grant.ledger) : st;
        st = st == GT_OK ? gt_read_text(desk, g, "action", true, &grant.action) : st;
        st = st == GT_OK ? gt_actor_grant(desk->ctx, book, desk->who.id, &grant, false) : st;
    }
    return st;
}

static gt_status make_account(gt_desk *desk, const json_t *body, const char **id)
{
    gt_book *book = NULL;
    gt_actor actor = {.kind = GT_ACTOR_PERSON};
    const char *title = "", *of = "";
    gt_status st = gt_read_text(desk, body, "account", true, &actor.id);
    st = st == GT_OK ? gt_read_text(desk, body, "title", false, &title) : st;
    st = st == GT_OK ? gt_read_text(desk, body, "body", false, &of) : st;
    st = st == GT_OK ? gt_read_text(desk, body, "unit", false, &actor.unit) : st;
    st = st == GT_OK ? gt_desk_book(desk, &book) : st;
    finding f = {st == GT_OK ? actor.id : "", desk, NULL};
    st = st == GT_OK ? gt_actor_each(desk->ctx, book, find_actor, &f) : st;
    if (st == GT_OK && f.unit == NULL) {
        actor.unit = *actor.unit == '\0' ? "*" : actor.unit;
        actor.body = *of == '\0' ? NULL : of;
        actor.title.zh = actor.title.en = *title == '\0' ? actor.id : title;
        st = gt_actor_add(desk->ctx, book, desk->who.id, &actor);
    } else if (st == GT_OK) {
        st = gt_access_must(desk, "@actors", "grant", f.unit);
    }
    st = st == GT_OK ? add_grants(desk, book, actor.id, json_object_get(body, "grants")) : st;
    *id = actor.id;
    return st;
}

gt_status gt_post_account(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    json_t *body = NULL;
    const char *id = "";
    char password[GT_ONE_TIME] = "";
    gt_status st = gt_read_json(desk, request, &body);
    st = st == GT_OK ? make_account(desk, body, &id) : st;
    st = st == GT_OK ? gt_account_issue(desk->ctx, desk->accounts, id, password) : st;
    if (st == GT_OK) {
        reply->status = 201;
        reply->cache = "no-store";
        gt_text_puts(&reply->body, "{\"account\":");
        gt_text_json_string(&reply->body, id);
        gt_text_printf(&reply->body, ",\"oneTimePassword\":\"%s\"}\n", password);
    }
    json_decref(body);
    return st;
}

gt_status gt_delete_account(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_book *book = NULL;
    finding f = {request->part[1], desk, NULL};
    gt_status st = gt_desk_book(desk, &book);
    st = st == GT_OK ? gt_actor_each(desk->ctx, book, find_actor, &f) : st;
    st = st == GT_OK ? gt_access_must(desk, "@actors", "grant", f.unit) : st;
    st = st == GT_OK ? gt_account_end(desk->ctx, desk->accounts, request->part[1]) : st;
    gt_text_puts(&reply->body, "{}\n");
    return st;
}
