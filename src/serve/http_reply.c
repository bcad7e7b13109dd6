/* Header fields of every reply, refusals of the event loop, and kept tiles. */
#include <stdio.h>
#include <string.h>

#include "serve/http.h"

/* ---- replies ----------------------------------------------------------------------------------
 */

static void put_header(struct MHD_Response *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name, value);
}

void gt_http_headers(struct MHD_Response *response, const gt_reply *reply)
{
    put_header(response, "Content-Type", reply->type);
    put_header(response, "Cache-Control", reply->cache == NULL ? "no-cache" : reply->cache);
    put_header(response, "Vary", reply->by_encoding ? "Accept-Encoding" : "Accept-Language");
    if (gt_encoding_name(reply->encoding) != NULL && reply->status == 200) {
        put_header(response, "Content-Encoding", gt_encoding_name(reply->encoding));
    }
    put_header(response, "X-Content-Type-Options", "nosniff");
    put_header(response, "X-Frame-Options", "DENY");
    put_header(response, "Referrer-Policy", "no-referrer");
    put_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    put_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    put_header(response, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    put_header(response, "Content-Security-Policy",
               reply->html ? "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' "
                             "blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
                           : "default-src 'none'; frame-ancestors 'none'");
    if (reply->etag[0] != '\0') {
        put_header(response, "ETag", reply->etag);
    }
    if (reply->crs != NULL) {
        put_header(response, "Content-Crs", reply->crs);
    }
    if (reply->allow != NULL) {
        put_header(response, "Allow", reply->allow);
    }
    if (reply->location != NULL) {
        put_header(response, "Location", reply->location);
    }
    if (reply->save_as != NULL) {
        char text[256];
        (void)snprintf(text, sizeof text, "attachment; filename=\"%.200s\"", reply->save_as);
        put_header(response, "Content-Disposition", text);
    }
    if (reply->cookie != NULL) {
        put_header(response, "Set-Cookie", reply->cookie);
    }
    if (reply->status == 401) {
        put_header(response, "WWW-Authenticate", "Bearer realm=\"guotu\"");
    }
    if (reply->status == 503 || reply->status == 429) {
        put_header(response, "Retry-After", reply->status == 503 ? "2" : "60");
    }
}

enum MHD_Result gt_http_refuse(gt_call *call, int status, const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) {
        return MHD_NO;
    }
    gt_reply reply = {.status = status, .type = "application/problem+json", .cache = "no-store"};
    gt_http_headers(response, &reply);
    if (status != 503) { /* what is left of the request is not read */
        put_header(response, "Connection", "close");
    }
    call->status = status;
    call->bytes = strlen(text);
    enum MHD_Result done = MHD_queue_response(call->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return done;
}

/* ---- kept tiles -------------------------------------------------------------------------------
 * A tile that is kept is sent by the event loop itself, as a response made once. */

typedef struct prepared {
    struct MHD_Response *full, *same; /* 200 and 304 */
} prepared;

void gt_http_release_tile(void *user, void *block)
{
    gt_server *server = user;
    prepared *p = block;
    if (p->full != NULL) {
        MHD_destroy_response(p->full);
    }
    if (p->same != NULL) {
        MHD_destroy_response(p->same);
    }
    gt_free(server->cache_ctx, p);
}

/* The body is copied: a response may still be on its way when the tile is forgotten. */
void *gt_http_prepare_tile(void *user, const gt_kept_tile *tile)
{
    gt_server *server = user;
    prepared *p = gt_zalloc(server->cache_ctx, 1, sizeof *p);
    if (p == NULL) {
        gt_error_clear(server->cache_ctx);
        return NULL;
    }
    gt_reply reply = {.status = 200,
                      .type = "application/vnd.mapbox-vector-tile",
                      .encoding = tile->encoding,
                      .by_encoding = true};
    (void)snprintf(reply.etag, sizeof reply.etag, "%s", tile->etag);
    p->full = MHD_create_response_from_buffer(tile->len, (void *)(uintptr_t)tile->data,
                                              MHD_RESPMEM_MUST_COPY);
    p->same = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (p->full == NULL || p->same == NULL) {
        gt_http_release_tile(server, p);
        return NULL;
    }
    gt_http_headers(p->full, &reply);
    reply.status = 304;
    gt_http_headers(p->same, &reply);
    return p;
}

typedef struct sending {
    gt_call *call;
    enum MHD_Result done;
} sending;

static void send_tile(void *user, const gt_kept_tile *tile, void *block)
{
    sending *s = user;
    const prepared *p = block;
    gt_request request = {.if_none_match = MHD_lookup_connection_value(
                              s->call->connection, MHD_HEADER_KIND, "If-None-Match")};
    bool same = gt_request_has(&request, tile->etag);
    s->call->status = same ? 304 : 200;
    s->call->bytes = same ? 0 : tile->len;
    s->done = MHD_queue_response(s->call->connection, (unsigned)s->call->status,
                                 same ? p->same : p->full);
}

bool gt_http_send_kept(gt_call *call, enum MHD_Result *done)
{
    gt_server *server = call->server;
    sending s = {call, MHD_NO};
    if (strncmp(call->target, "/collections/", 13) != 0 ||
        strstr(call->target, "/tiles/WebMercatorQuad/") == NULL ||
        strcmp(call->method, "GET") != 0) {
        return false;
    }
    int64_t seen = gt_glance_look(server->glance);
    gt_encoding encoding = gt_request_encoding(
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Accept-Encoding"));
    bool sent =
        seen >= 0 && gt_tile_cache_use(server->tiles, call->target, encoding, seen, send_tile, &s);
    *done = s.done;
    return sent;
}
