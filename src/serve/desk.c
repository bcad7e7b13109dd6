/* One worker's desk: routes, problem documents (RFC 9457), entity tags, coordinate systems. */
#include "serve/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/access.h"
#include "serve/grids.h"
#include "serve/messages.h"
#include "serve/routes.h"
#include "serve/voices.h"

/* ---- opening ----------------------------------------------------------------------------------
 */

gt_status gt_desk_open(gt_ctx *ctx, const gt_desk_setup *setup, gt_desk *out)
{
    gt_store_options options;
    memset(out, 0, sizeof *out);
    out->ctx = ctx;
    out->package = setup->package;
    out->web = setup->web;
    out->tiles = setup->tiles;
    out->glance = setup->glance;
    out->sign_ins = setup->sign_ins;
    out->voices = setup->voices;
    out->uploads = setup->uploads;
    out->jobs = setup->jobs;
    out->fallback = out->lang = gt_ctx_lang(ctx);
    gt_store_options_init(&options);
    options.read_only = true;
    gt_status st = gt_store_open(ctx, setup->workspace, &options, &out->store);
    if (st == GT_OK) {
        out->may = gt_zalloc(ctx, gt_package_n_layers(setup->package) + 1, sizeof *out->may);
        st = out->may == NULL ? GT_E_MEMORY : gt_arena_new(ctx, 0, &out->arena);
    }
    if (st == GT_OK) {
        st = gt_crs_set_open(ctx, gt_store_crs(out->store), &out->crs);
    }
    st = st == GT_OK ? gt_pyramid_open(ctx, setup->workspace, &out->pyramid) : st;
    st = st == GT_OK && setup->accounts ? gt_accounts_open(ctx, setup->workspace, &out->accounts)
                                        : st;
    if (st != GT_OK) {
        gt_desk_close(out);
    }
    return st;
}

void gt_desk_close(gt_desk *desk)
{
    gt_checker_free(desk->checker);
    gt_grid_looks_free(desk->ctx, desk->looks);
    gt_pyramid_close(desk->pyramid);
    gt_book_close(desk->book);
    gt_accounts_close(desk->accounts);
    for (int i = 0; i < GT_N_CRS; i++) {
        gt_transform_free(desk->ctx, desk->out[i]);
        gt_transform_free(desk->ctx, desk->in[i]);
    }
    gt_crs_set_close(desk->ctx, &desk->crs);
    gt_free(desk->ctx, desk->may);
    gt_arena_free(desk->arena);
    gt_store_close(desk->writer);
    gt_store_close(desk->store);
    memset(desk, 0, sizeof *desk);
}

gt_status gt_desk_time(gt_desk *desk)
{
    if (desk->deadline > 0 && gt_clock() > desk->deadline) {
        return gt_fail(desk->ctx, GT_E_LIMIT, &GT_MSG_SERVE_TIME, GT_NOWHERE, GT_NO_ARGS);
    }
    if (desk->stop != NULL && atomic_load_explicit(desk->stop, memory_order_relaxed)) {
        return gt_fail(desk->ctx, GT_E_CANCELLED, &GT_MSG_SERVE_TIME, GT_NOWHERE, GT_NO_ARGS);
    }
    return GT_OK;
}

const char *gt_desk_title(const gt_desk *desk, gt_title title)
{
    const char *text = desk->lang == GT_LANG_ZH ? title.zh : title.en;
    return text == NULL ? "" : text;
}

static bool is_layer_grant(void *user, const gt_grant *grant)
{
    int *rights = user;
    bool read = strcmp(grant->action, "read") == 0 || strcmp(grant->action, "*") == 0;
    bool layer = strncmp(grant->ledger, "layer:", 6) == 0 || strcmp(grant->ledger, "*") == 0;
    *rights = read && layer ? 2 : *rights;
    return *rights != 2;
}

/* As long as the register does not say which layers the public may read, it may read all. */
static int layer_rights(gt_desk *desk)
{
    gt_book *book = NULL;
    if (desk->layer_rights == 0) {
        desk->layer_rights = 1;
        gt_status st = desk->accounts == NULL ? GT_OK : gt_desk_book(desk, &book);
        st = st == GT_OK && book != NULL ? gt_grant_each(desk->ctx, book, GT_PUBLIC_ACTOR,
                                                         is_layer_grant, &desk->layer_rights)
                                         : st;
        if (st != GT_OK) {
            gt_error_clear(desk->ctx);
            desk->layer_rights = 2;
        }
    }
    return desk->layer_rights;
}

static bool may_read(gt_desk *desk, const char *actor, const char *layer)
{
    gt_book *book = NULL;
    bool may = false;
    char ledger[128];
    (void)snprintf(ledger, sizeof ledger, "layer:%.100s", layer);
    const gt_ask ask = {actor, ledger, "read", NULL, NULL};
    gt_status st = gt_desk_book(desk, &book);
    st = st == GT_OK ? gt_actor_may(desk->ctx, book, &ask, NULL, &may) : st;
    if (st != GT_OK) {
        gt_error_clear(desk->ctx);
    }
    return st == GT_OK && may;
}

bool gt_desk_all_public(gt_desk *desk)
{
    return layer_rights(desk) == 1;
}

bool gt_desk_is_public(gt_desk *desk, const char *layer)
{
    return layer_rights(desk) == 1 || may_read(desk, GT_PUBLIC_ACTOR, layer);
}

static bool ask_read(gt_desk *desk, const char *layer)
{
    return gt_desk_is_public(desk, layer) || (desk->who.id[0] != '\0' && !desk->who.must_change &&
                                              may_read(desk, desk->who.id, layer));
}

/* Asked of the register once a request: a bulk check asks a million times. */
bool gt_desk_may_read(gt_desk *desk, const char *layer)
{
    size_t i = 0, n = gt_package_n_layers(desk->package);
    if (layer_rights(desk) == 1) {
        return true;
    }
    while (i < n && strcmp(gt_package_layer(desk->package, i)->id, layer) != 0) {
        i++;
    }
    if (i == n) {
        return ask_read(desk, layer);
    }
    if (desk->may[i] == GT_NOT_ASKED) {
        desk->may[i] = ask_read(desk, layer) ? GT_MAY : GT_MAY_NOT;
    }
    return desk->may[i] == GT_MAY;
}

bool gt_desk_sees(void *user, const char *layer)
{
    return gt_desk_may_read(user, layer);
}

bool gt_desk_publishes(gt_desk *desk, const gt_layer_info *info)
{
    return gt_package_find_layer(desk->package, info->standard->id) != NULL &&
           info->standard->geom_type != GT_GEOM_NONE && gt_desk_may_read(desk, info->standard->id);
}

gt_status gt_desk_layer(gt_desk *desk, const char *id, gt_layer_info *out,
                        const gt_standard **standard)
{
    for (size_t i = 0; i < gt_store_n_layers(desk->store); i++) {
        gt_status st = gt_store_layer(desk->ctx, desk->store, i, out);
        if (st != GT_OK) {
            return st;
        }
        if (strcmp(out->standard->id, id) == 0 && gt_desk_publishes(desk, out)) {
            *standard = gt_package_find_layer(desk->package, id);
            return GT_OK;
        }
    }
    return gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_LAYER, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("layer", id)));
}

/* The tag says all that an answer depends on beside its address: what the map and the package are,
 * and the language. */
void gt_item_tag(const gt_desk *desk, int64_t revision, gt_reply *reply)
{
    (void)snprintf(reply->etag, sizeof reply->etag, "\"%s-%lld-%.12s-%s\"", GT_VERSION,
                   (long long)revision, gt_package_hash(desk->package),
                   desk->lang == GT_LANG_ZH ? "zh" : "en");
}

bool gt_desk_unchanged(gt_desk *desk, const gt_request *request, int64_t revision, gt_reply *reply)
{
    gt_item_tag(desk, revision, reply);
    if (!gt_request_has(request, reply->etag)) {
        return false;
    }
    reply->status = 304;
    return true;
}

/* ---- links ------------------------------------------------------------------------------------
 */

void gt_put_url(gt_text *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || strchr("-._~", *c) != NULL;
        if (plain) {
            gt_text_putc(out, *c);
        } else {
            gt_text_printf(out, "%%%02X", (unsigned)(unsigned char)*c);
        }
    }
}

void gt_put_link(gt_text *out, const gt_request *request, const char *path, const char *rel,
                 const char *type)
{
    gt_text href;
    gt_text_init(&href, out->ctx, 65536);
    gt_text_puts(&href, request->base);
    gt_text_puts(&href, path);
    gt_text_puts(out, "{\"href\":");
    gt_text_json_string(out, gt_text_cstr(&href));
    gt_text_puts(out, ",\"rel\":");
    gt_text_json_string(out, rel);
    gt_text_puts(out, ",\"type\":");
    gt_text_json_string(out, type);
    gt_text_putc(out, '}');
    out->failed = out->failed || href.failed;
    gt_text_free(&href);
}

/* ---- dispatch ---------------------------------------------------------------------------------
 */

/* The methods of the routes that match, for a 405. */
static const char *allowed(gt_desk *desk, const gt_request *request)
{
    const gt_route *route = NULL;
    gt_text list;
    gt_text_init(&list, desk->ctx, 256);
    for (size_t i = 0; (route = gt_route_at(i)) != NULL; i++) {
        if (gt_route_matches(route, request)) {
            bool get = strcmp(route->method, "GET") == 0;
            gt_text_printf(&list, "%s%s%s", list.len > 0 ? ", " : "", route->method,
                           get ? ", HEAD" : "");
        }
    }
    const char *kept = list.len == 0 ? NULL : gt_arena_strdup(desk->arena, gt_text_cstr(&list));
    gt_text_free(&list);
    return kept;
}

static gt_status dispatch(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    const char *method = strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;
    const gt_route *route = NULL;
    for (size_t i = 0; (route = gt_route_at(i)) != NULL; i++) {
        if (strcmp(route->method, method) == 0 && gt_route_matches(route, request)) {
            gt_status st = gt_access(desk, request, route->need);
            return st == GT_OK ? route->handler(desk, request, reply) : st;
        }
    }
    reply->allow = allowed(desk, request);
    if (reply->allow != NULL) {
        return gt_fail(desk->ctx, GT_E_USAGE, &GT_MSG_SERVE_METHOD, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("method", request->method), GT_TEXT("path", request->path)));
    }
    return gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_PAGE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("path", request->path)));
}

/* ---- problems ---------------------------------------------------------------------------------
 */

static int usage_status(const char *id)
{
    static const struct {
        const char *id;
        int status;
    } list[] = {{"serve.method", 405},   {"serve.sign-in", 401},     {"serve.wrong-password", 401},
                {"serve.csrf", 403},     {"serve.must-change", 403}, {"serve.may-not", 403},
                {"ledger.may-not", 403}, {"ledger.no-actor", 403}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (strcmp(list[i].id, id) == 0) {
            return list[i].status;
        }
    }
    return 400;
}

static int http_status(const gt_desk *desk, const gt_ctx *ctx)
{
    const char *id = gt_error_id(ctx);
    switch (gt_error_status(ctx)) {
    case GT_OK:
        return 200;
    case GT_E_USAGE:
        return usage_status(id);
    case GT_E_INPUT: /* read, but not good enough to be written */
        return desk->writes && gt_error_place(ctx)->layer != NULL ? 422 : 400;
    case GT_E_NOT_FOUND:
        return 404;
    case GT_E_CONFLICT:
        return strcmp(id, GT_MSG_SERVE_MATCH.id) == 0 ? 412 : 409;
    case GT_E_LIMIT:
        return strcmp(id, GT_MSG_SERVE_TIME.id) == 0        ? 503
               : strcmp(id, GT_MSG_SERVE_LONG.id) == 0      ? 414
               : strcmp(id, GT_MSG_SERVE_RATE.id) == 0      ? 429
               : strcmp(id, GT_MSG_SERVE_JOBS_FULL.id) == 0 ? 503
               : strcmp(id, GT_MSG_SERVE_JOBS_MANY.id) == 0 ? 429
                                                            : 400;
    case GT_E_MEMORY:
    case GT_E_CANCELLED:
        return 503;
    case GT_E_ENV:
    case GT_E_INTERNAL:
        return 500;
    }
    return 500;
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } list[] = {{401, "Unauthorized"},
                {403, "Forbidden"},
                {412, "Precondition Failed"},
                {422, "Unprocessable Content"},
                {429, "Too Many Requests"},
                {400, "Bad Request"},
                {404, "Not Found"},
                {405, "Method Not Allowed"},
                {409, "Conflict"},
                {414, "URI Too Long"},
                {500, "Internal Server Error"},
                {503, "Service Unavailable"}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (list[i].status == status) {
            return list[i].text;
        }
    }
    return "Error";
}

/* Where in the feature it is, and the clauses that ask for it. */
static void put_where(const gt_desk *desk, gt_text *o)
{
    const gt_place *at = gt_error_place(desk->ctx);
    gt_text_puts(o, ",\"place\":{\"layer\":");
    gt_text_json_string(o, at->layer);
    gt_text_puts(o, ",\"feature\":");
    gt_text_json_string(o, at->feature);
    if (at->field != NULL) {
        gt_text_puts(o, ",\"field\":");
        gt_text_json_string(o, at->field);
    }
    if (at->has_xy) {
        gt_text_printf(o, ",\"x\":%.3f,\"y\":%.3f", at->x, at->y);
    }
    gt_text_puts(o, "},\"clauses\":[");
    for (size_t i = 0; desk->clauses != NULL && desk->clauses[i] != NULL; i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, desk->clauses[i]);
    }
    gt_text_puts(o, "]");
    if (at->rule != NULL) {
        gt_text_puts(o, ",\"rule\":");
        gt_text_json_string(o, at->rule);
    }
    if (desk->findings != NULL) {
        gt_text_printf(o, ",\"findings\":%s", desk->findings);
    }
}

/* OGC API Processes, 7.12-7.15: three problems have a type of their own. */
static const char *problem_type(const char *id)
{
    static const char *const list[][2] = {
        {"serve.no-process",
         "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-process"},
        {"serve.no-job",
         "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-job"},
        {"serve.not-ready",
         "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/result-not-ready"}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (strcmp(list[i][0], id) == 0) {
            return list[i][1];
        }
    }
    return "about:blank";
}

/* The message without a path of ours that it may name. */
static void put_detail(const gt_desk *desk, gt_text *o)
{
    gt_text line, shown;
    gt_text_init(&line, desk->ctx, 65536);
    gt_text_init(&shown, desk->ctx, 65536);
    gt_error_render(desk->ctx, desk->lang, &line);
    const char *at = gt_text_cstr(&line), *found = NULL;
    while (desk->hide != NULL && (found = strstr(at, desk->hide)) != NULL) {
        gt_text_add(&shown, at, (size_t)(found - at));
        at = found + strlen(desk->hide);
        at += *at == '/' ? 1 : 0;
    }
    gt_text_puts(&shown, at);
    gt_text_puts(o, ",\"detail\":");
    gt_text_json_string(o, gt_text_cstr(&shown));
    gt_text_free(&shown);
    gt_text_free(&line);
}

/* What is ours to know (paths of files, what the machine said) is not told. */
void gt_desk_problem(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    int status = http_status(desk, desk->ctx);
    gt_text_clear(o);
    gt_text_printf(o, "{\"type\":\"%s\",\"status\":%d,\"title\":",
                   problem_type(gt_error_id(desk->ctx)), status);
    gt_text_json_string(o, reason(status));
    if (status < 500 || status == 503) {
        put_detail(desk, o);
    }
    gt_text_puts(o, ",\"id\":");
    gt_text_json_string(o, gt_error_id(desk->ctx));
    if (status == 422) {
        put_where(desk, o);
    }
    if (desk->operation >= 0) {
        gt_text_printf(o, ",\"operation\":%d", desk->operation);
    }
    gt_text_puts(o, ",\"instance\":");
    gt_text_json_string(o, request->path == NULL ? "" : request->path);
    gt_text_puts(o, "}\n");
    reply->status = status;
    reply->type = "application/problem+json";
    reply->etag[0] = '\0';
    reply->cache = "no-store";
    reply->crs = NULL;
    reply->cookie = NULL;
    reply->encoding = GT_AS_IS;
    reply->html = false;
    reply->file = NULL;
    reply->save_as = NULL;
    reply->stream = NULL;
}

void gt_desk_answer(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_error_clear(desk->ctx);
    reply->status = 200;
    reply->type = "application/json";
    desk->lang = gt_request_lang(request, desk->fallback);
    desk->clauses = NULL;
    desk->findings = NULL;
    desk->operation = -1;
    desk->hide = NULL;
    desk->layer_rights = 0;
    memset(desk->may, GT_NOT_ASKED, gt_package_n_layers(desk->package));
    desk->who = (gt_who){0};
    desk->writes = false;
    int64_t seen = desk->glance == NULL ? -1 : gt_glance_look(desk->glance);
    gt_status st = gt_store_refresh(desk->ctx, desk->store, NULL);
    st = st == GT_OK ? gt_tiles_sync(desk, seen) : st;
    if (st == GT_OK) {
        st = dispatch(desk, request, reply);
    }
    if (st == GT_OK && reply->status != 304) {
        st = gt_text_status(&reply->body);
    }
    if (st != GT_OK) {
        gt_desk_problem(desk, request, reply);
    }
    gt_error_clear(desk->ctx);
}

gt_status gt_get_health(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    (void)request;
    reply->cache = "no-store";
    gt_text_printf(&reply->body,
                   "{\"status\":\"pass\",\"version\":\"%s\",\"revision\":%lld,\"package\":",
                   GT_VERSION, (long long)gt_store_revision(desk->store));
    gt_text_json_string(&reply->body, gt_package_id(desk->package));
    gt_text_puts(&reply->body, "}\n");
    return GT_OK;
}
