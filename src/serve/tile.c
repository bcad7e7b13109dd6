/* OGC API Tiles: vector tiles of a layer in WebMercatorQuad. The entity tag is the hash of what is
 * sent, so that it is the same from every server and changes only when the picture does. */
#include <stdio.h>
#include <string.h>

#include "guotu/hash.h"
#include "serve/figures.h"
#include "serve/messages.h"
#include "serve/pack.h"
#include "serve/tiles.h"

enum { ZOOM_MAX = 22 };

static bool read_number(const char *text, long most, long *out)
{
    long n = 0;
    if (*text == '\0' || strlen(text) > 8) {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9') {
            return false;
        }
        n = n * 10 + (*c - '0');
    }
    *out = n;
    return n <= most;
}

gt_status gt_tile_place(gt_desk *desk, const gt_request *request, size_t first, gt_place_of *out)
{
    long z = 0, row = 0, col = 0;
    const char *const *part = request->part + first;
    bool good = strcmp(part[0], "WebMercatorQuad") == 0 && read_number(part[1], ZOOM_MAX, &z) &&
                read_number(part[2], (1L << z) - 1, &row) &&
                read_number(part[3], (1L << z) - 1, &col);
    if (!good) {
        return gt_fail(
            desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_TILE, GT_NOWHERE,
            GT_ARGS(GT_TEXT("z", part[1]), GT_TEXT("y", part[2]), GT_TEXT("x", part[3])));
    }
    *out = (gt_place_of){(int)z, row, col};
    return GT_OK;
}

/* The one way to write the address of a tile: only so written it is kept. */
static bool canonical(const gt_request *request, const char *layer, gt_place_of at, gt_text *out)
{
    gt_text_puts(out, "/collections/");
    gt_put_url(out, layer);
    gt_text_printf(out, "/tiles/WebMercatorQuad/%d/%ld/%ld", at.z, at.row, at.col);
    return request->target != NULL && strcmp(request->target, gt_text_cstr(out)) == 0;
}

static void tag(const gt_text *body, gt_encoding encoding, gt_reply *reply)
{
    gt_hash hash;
    unsigned char digest[GT_HASH_BYTES];
    char hex[GT_HASH_HEX];
    const char *name = gt_encoding_name(encoding);
    gt_hash_init(&hash);
    gt_hash_add(&hash, gt_text_cstr(body), body->len);
    gt_hash_final(&hash, digest);
    gt_hash_hex(digest, hex);
    (void)snprintf(reply->etag, sizeof reply->etag, "\"%.32s%s%s\"", hex, name == NULL ? "" : "-",
                   name == NULL ? "" : name);
}

typedef struct taking {
    const gt_request *request;
    gt_reply *reply;
} taking;

static void take(void *user, const gt_kept_tile *tile, void *prepared)
{
    const taking *t = user;
    (void)prepared;
    (void)snprintf(t->reply->etag, sizeof t->reply->etag, "%s", tile->etag);
    t->reply->encoding = tile->encoding;
    if (gt_request_has(t->request, tile->etag)) {
        t->reply->status = 304;
    } else {
        gt_text_add(&t->reply->body, tile->data, tile->len);
    }
}

/* Packs what was made into the reply and offers it to the cache. */
static gt_status finish(gt_desk *desk, const gt_request *request, const gt_kept_tile *tile,
                        bool keep, const gt_text *made, gt_reply *reply)
{
    gt_kept_tile t = *tile;
    tag(made, tile->encoding, reply);
    gt_status st = gt_pack(desk->ctx, tile->encoding, made, &reply->body);
    t.data = gt_text_cstr(&reply->body);
    t.len = reply->body.len;
    t.etag = reply->etag;
    if (st == GT_OK && keep) {
        gt_tile_cache_put(desk->tiles, gt_store_revision(desk->store), &t);
    }
    if (st == GT_OK && gt_request_has(request, reply->etag)) {
        reply->status = 304;
        gt_text_clear(&reply->body);
    }
    return st;
}

static gt_status get_tile(gt_desk *desk, const gt_request *request, const gt_layer_info *info,
                          gt_place_of at, gt_reply *reply)
{
    int64_t edits = 0;
    gt_text made, target;
    gt_text_init(&made, desk->ctx, GT_REPLY_MAX);
    gt_text_init(&target, desk->ctx, GT_TARGET_MAX);
    gt_kept_tile tile = {
        .layer = info->standard->id, .at = at, .encoding = request->encoding, .etag = ""};
    bool keep = canonical(request, tile.layer, at, &target) && desk->tiles != NULL &&
                gt_desk_is_public(desk, tile.layer);
    taking t = {request, reply};
    tile.target = gt_text_cstr(&target);
    reply->type = "application/vnd.mapbox-vector-tile";
    reply->by_encoding = true;
    gt_status st = GT_OK;
    if (keep && gt_tile_cache_use(desk->tiles, tile.target, tile.encoding, -1, take, &t)) {
        goto done;
    }
    reply->encoding = tile.encoding;
    st = gt_store_outside_edits(desk->ctx, desk->store, tile.layer, &edits);
    st = st == GT_OK ? gt_tile_make(desk, info, at, &made) : st;
    st = st == GT_OK ? finish(desk, request, &tile, keep && edits == 0, &made, reply) : st;
done:
    gt_text_free(&made);
    gt_text_free(&target);
    return st;
}

/* ?datetime=YYYY-MM-DD, ?revision=N: the map as it was. */
static gt_status read_then(gt_desk *desk, const gt_request *request, gt_then *out)
{
    const char *day = gt_request_get(request, "datetime");
    long revision = 0;
    *out = (gt_then){GT_DATE_NONE, 0};
    if (day != NULL && !gt_date_parse(day, &out->date)) {
        return gt_bad_parameter(desk, "datetime", day, "YYYY-MM-DD");
    }
    long newest = (long)gt_store_revision(desk->store);
    gt_status st = gt_read_number(desk, request, "revision", 1, newest, 0, &revision);
    out->revision = revision;
    return st;
}

static gt_status get_then(gt_desk *desk, const gt_request *request, const gt_layer_info *info,
                          gt_place_of at, const gt_then *then, gt_reply *reply)
{
    gt_text made;
    gt_kept_tile tile = {.layer = info->standard->id, .at = at, .encoding = request->encoding};
    gt_text_init(&made, desk->ctx, GT_REPLY_MAX);
    reply->type = "application/vnd.mapbox-vector-tile";
    reply->by_encoding = true;
    reply->encoding = tile.encoding;
    gt_status st = gt_tile_make_then(desk, info, at, then, &made);
    st = st == GT_OK ? finish(desk, request, &tile, false, &made, reply) : st;
    gt_text_free(&made);
    return st;
}

gt_status gt_get_tile(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_layer_info info;
    const gt_standard *standard = NULL;
    gt_place_of at = {0, 0, 0};
    gt_status st = gt_desk_layer(desk, request->part[1], &info, &standard);
    gt_then then = {GT_DATE_NONE, 0};
    st = st == GT_OK ? gt_tile_place(desk, request, 3, &at) : st;
    st = st == GT_OK ? read_then(desk, request, &then) : st;
    if (st != GT_OK) {
        return st;
    }
    return then.date == GT_DATE_NONE && then.revision == 0
               ? get_tile(desk, request, &info, at, reply)
               : get_then(desk, request, &info, at, &then, reply);
}

gt_status gt_get_tilesets(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_layer_info info;
    const gt_standard *standard = NULL;
    gt_text *o = &reply->body;
    gt_text path;
    gt_text_init(&path, desk->ctx, 4096);
    gt_status st = gt_desk_layer(desk, request->part[1], &info, &standard);
    if (st == GT_OK) {
        gt_text_puts(o, "{\"tilesets\":[{\"title\":");
        gt_text_json_string(o, gt_desk_title(desk, standard->title));
        gt_text_puts(o, ",\"dataType\":\"vector\",\"crs\":"
                        "\"http://www.opengis.net/def/crs/EPSG/0/3857\",\"tileMatrixSetURI\":"
                        "\"http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad\","
                        "\"links\":[");
        gt_text_printf(&path,
                       "/collections/%s/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}",
                       standard->id);
        gt_put_link(o, request, gt_text_cstr(&path), "item", "application/vnd.mapbox-vector-tile");
        gt_text_puts(o, "]}],\n\"links\":[");
        gt_text_clear(&path);
        gt_text_printf(&path, "/collections/%s/tiles", standard->id);
        gt_put_link(o, request, gt_text_cstr(&path), "self", "application/json");
        gt_text_puts(o, "]}\n");
    }
    gt_text_free(&path);
    return st;
}
