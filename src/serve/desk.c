/* One worker's desk: routes, problem documents (RFC 9457), entity tags, coordinate systems. */
#include "serve/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/access.h"
#include "serve/figures.h"
#include "serve/grids.h"
#include "serve/jobs.h"
#include "serve/messages.h"
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
    out->jobs = setup->jobs;
    out->fallback = out->lang = gt_ctx_lang(ctx);
    gt_store_options_init(&options);
    options.read_only = true;
    gt_status st = gt_store_open(ctx, setup->workspace, &options, &out->store);
    if (st == GT_OK) {
        st = gt_arena_new(ctx, 0, &out->arena);
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

bool gt_desk_publishes(const gt_desk *desk, const gt_layer_info *info)
{
    return gt_package_find_layer(desk->package, info->standard->id) != NULL &&
           info->standard->geom_type != GT_GEOM_NONE;
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

/* ---- routes -----------------------------------------------------------------------------------
 */

typedef struct gt_route {
    const char *method;
    const char *pattern; /* segments; * stands for any one */
    gt_handler handler;
    gt_need need;
} gt_route;

static const gt_route routes[] = {
    {"GET", "", gt_get_landing, GT_PUBLIC},
    {"GET", "conformance", gt_get_conformance, GT_PUBLIC},
    {"GET", "api", gt_get_api, GT_PUBLIC},
    {"GET", "collections", gt_get_collections, GT_PUBLIC},
    {"GET", "collections/*", gt_get_collection, GT_PUBLIC},
    {"GET", "collections/*/queryables", gt_get_queryables, GT_PUBLIC},
    {"GET", "collections/*/items", gt_get_items, GT_PUBLIC},
    {"GET", "collections/*/items/*", gt_get_item, GT_PUBLIC},
    {"POST", "collections/*/items", gt_post_item, GT_CHANGING},
    {"PUT", "collections/*/items/*", gt_put_item, GT_CHANGING},
    {"PATCH", "collections/*/items/*", gt_patch_item, GT_CHANGING},
    {"DELETE", "collections/*/items/*", gt_delete_item, GT_CHANGING},
    {"POST", "transactions", gt_post_transaction, GT_CHANGING},
    {"GET", "collections/*/tiles", gt_get_tilesets, GT_PUBLIC},
    {"GET", "collections/*/tiles/*/*/*/*", gt_get_tile, GT_PUBLIC},
    {"GET", "processes", gt_get_processes, GT_PUBLIC},
    {"GET", "processes/*", gt_get_process, GT_PUBLIC},
    {"POST", "processes/*/execution", gt_post_execution, GT_PUBLIC},
    {"GET", "jobs", gt_get_jobs, GT_SIGNED},
    {"GET", "jobs/*", gt_get_job, GT_SIGNED},
    {"DELETE", "jobs/*", gt_delete_job, GT_CHANGING},
    {"GET", "jobs/*/results", gt_get_results, GT_SIGNED},
    {"GET", "jobs/*/results/*", gt_get_result, GT_SIGNED},
    {"GET", "jobs/*/events", gt_get_events, GT_SIGNED},
    {"GET", "grids", gt_get_grids, GT_PUBLIC},
    {"GET", "grids/*", gt_get_grid, GT_PUBLIC},
    {"GET", "grids/*/value", gt_get_grid_value, GT_PUBLIC},
    {"GET", "grids/*/map/tiles/*/*/*/*", gt_get_grid_tile, GT_PUBLIC},
    {"GET", "voices", gt_get_voice_ledgers, GT_PUBLIC},
    {"GET", "voices/*", gt_get_voice_form, GT_PUBLIC},
    {"POST", "voices/*", gt_post_voice, GT_PUBLIC},
    {"GET", "voices/*/records", gt_get_voices, GT_PUBLIC},
    {"GET", "voices/*/records/*", gt_get_voice, GT_PUBLIC},
    {"GET", "revisions", gt_get_revisions, GT_KNOWN},
    {"GET", "health", gt_get_health, GT_PUBLIC},
    {"GET", "portal", gt_get_web, GT_PUBLIC},
    {"GET", "portal/*", gt_get_web, GT_PUBLIC},
    {"GET", "session", gt_get_session, GT_PUBLIC},
    {"POST", "session", gt_post_session, GT_PUBLIC},
    {"DELETE", "session", gt_delete_session, GT_CHANGING},
    {"PUT", "session/password", gt_put_password, GT_CHANGING},
    {"GET", "tokens", gt_get_tokens, GT_SIGNED},
    {"POST", "tokens", gt_post_token, GT_CHANGING},
    {"DELETE", "tokens/*", gt_delete_token, GT_CHANGING},
    {"POST", "accounts", gt_post_account, GT_CHANGING},
    {"DELETE", "accounts/*", gt_delete_account, GT_CHANGING},
    {"GET", "indicators", gt_get_indicators, GT_PUBLIC},
    {"GET", "indicators/*/trend", gt_get_trend, GT_PUBLIC},
    {"GET", "indicators/*/explanation", gt_get_explanation, GT_PUBLIC},
    {"GET", "clauses", gt_get_clauses, GT_PUBLIC},
    {"GET", "clauses/*", gt_get_clause, GT_PUBLIC},
    {"GET", "balances/*", gt_get_balance, GT_SIGNED},
    {"GET", "ledgers", gt_get_ledgers, GT_SIGNED},
    {"GET", "ledgers/*", gt_get_ledger, GT_SIGNED},
    {"GET", "ledgers/*/records", gt_get_records, GT_SIGNED},
    {"POST", "ledgers/*/records", gt_post_record, GT_CHANGING},
    {"GET", "ledgers/*/records/*", gt_get_record, GT_SIGNED},
    {"PUT", "ledgers/*/records/*", gt_change_record, GT_CHANGING},
    {"POST", "ledgers/*/records/*/moves", gt_post_move, GT_CHANGING},
    {"POST", "ledgers/*/records/*/attachments", gt_post_attachment, GT_CHANGING},
    {"GET", "ledgers/*/records/*/attachments/*", gt_get_attachment, GT_SIGNED},
};

static bool matches(const char *pattern, const gt_request *request)
{
    size_t i = 0;
    const char *at = pattern;
    for (; *at != '\0' && i < request->n_parts; i++) {
        size_t len = strcspn(at, "/");
        if (!(len == 1 && *at == '*') &&
            (strlen(request->part[i]) != len || strncmp(request->part[i], at, len) != 0)) {
            return false;
        }
        at += len + (at[len] == '/' ? 1 : 0);
    }
    return *at == '\0' && i == request->n_parts;
}

/* The methods of the routes that match, for a 405. */
static const char *allowed(gt_desk *desk, const gt_request *request)
{
    gt_text list;
    gt_text_init(&list, desk->ctx, 256);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (matches(routes[i].pattern, request)) {
            bool get = strcmp(routes[i].method, "GET") == 0;
            gt_text_printf(&list, "%s%s%s", list.len > 0 ? ", " : "", routes[i].method,
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
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (matches(routes[i].pattern, request) && strcmp(routes[i].method, method) == 0) {
            gt_status st = gt_access(desk, request, routes[i].need);
            return st == GT_OK ? routes[i].handler(desk, request, reply) : st;
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

/* What is ours to know (paths of files, what the machine said) is not told. */
void gt_desk_problem(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    int status = http_status(desk, desk->ctx);
    gt_text line;
    gt_text_init(&line, desk->ctx, 65536);
    gt_text_clear(o);
    gt_text_printf(o, "{\"type\":\"%s\",\"status\":%d,\"title\":",
                   problem_type(gt_error_id(desk->ctx)), status);
    gt_text_json_string(o, reason(status));
    if (status < 500 || status == 503) {
        gt_error_render(desk->ctx, desk->lang, &line);
        gt_text_puts(o, ",\"detail\":");
        gt_text_json_string(o, gt_text_cstr(&line));
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
    gt_text_free(&line);
    reply->status = status;
    reply->type = "application/problem+json";
    reply->etag[0] = '\0';
    reply->cache = "no-store";
    reply->crs = NULL;
    reply->cookie = NULL;
    reply->encoding = GT_AS_IS;
    reply->html = false;
    reply->file = NULL;
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
