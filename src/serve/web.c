/* The portal's pages. */
#include "serve/web.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guotu/hash.h"
#include "serve/desk.h"
#include "serve/messages.h"

enum { ASSETS_MAX = 64, ASSET_BYTES = 16 << 20 };

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".json", "application/json"},
                                           {".svg", "image/svg+xml"},
                                           {".png", "image/png"},
                                           {".txt", "text/plain; charset=utf-8"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && dot != name && i < sizeof types / sizeof *types; i++) {
        if (strcmp(dot, types[i][0]) == 0) {
            return types[i][1];
        }
    }
    return NULL;
}

static gt_status read_asset(gt_ctx *ctx, const char *path, size_t room, gt_asset *out)
{
    gt_status st = GT_OK;
    FILE *file = fopen(path, "rb");
    size_t cap = 0;
    if (file == NULL) {
        return gt_fail_errno(ctx, errno, "open", path);
    }
    for (size_t n = 1; st == GT_OK && n > 0;) {
        st = gt_grow(ctx, (void **)&out->data, &cap, out->len + 65536, 1);
        n = st == GT_OK ? fread(out->data + out->len, 1, 65536, file) : 0;
        out->len += n;
        if (st == GT_OK && out->len > room) {
            st = gt_fail(ctx, GT_E_LIMIT, &GT_MSG_SERVE_WEB, GT_PLACE(.file = path), GT_NO_ARGS);
        }
    }
    if (st == GT_OK && ferror(file)) {
        st = gt_fail_errno(ctx, errno, "read", path);
    }
    (void)fclose(file);
    return st;
}

static void tag(gt_asset *asset)
{
    gt_hash hash;
    unsigned char digest[GT_HASH_BYTES];
    char hex[GT_HASH_HEX];
    gt_hash_init(&hash);
    gt_hash_add(&hash, asset->data, asset->len);
    gt_hash_final(&hash, digest);
    gt_hash_hex(digest, hex);
    (void)snprintf(asset->etag, sizeof asset->etag, "\"%.32s\"", hex);
}

gt_status gt_web_read(gt_ctx *ctx, const char *dir, gt_web *out)
{
    *out = (gt_web){0};
    if (dir == NULL) {
        return GT_OK;
    }
    DIR *folder = opendir(dir);
    if (folder == NULL) {
        return gt_fail_errno(ctx, errno, "opendir", dir);
    }
    gt_status st = GT_OK;
    size_t total = 0;
    out->list = gt_zalloc(ctx, ASSETS_MAX, sizeof *out->list);
    st = out->list == NULL ? GT_E_MEMORY : GT_OK;
    for (struct dirent *e = readdir(folder); st == GT_OK && e != NULL; e = readdir(folder)) {
        char path[4096];
        const char *type = type_of(e->d_name);
        if (type == NULL) {
            continue;
        }
        if (out->n == ASSETS_MAX) {
            st = gt_fail(ctx, GT_E_LIMIT, &GT_MSG_SERVE_WEB, GT_PLACE(.file = dir), GT_NO_ARGS);
            break;
        }
        gt_asset *asset = &out->list[out->n++];
        (void)snprintf(path, sizeof path, "%.3800s/%.255s", dir, e->d_name);
        asset->type = type;
        asset->name = gt_strdup(ctx, e->d_name);
        st = asset->name == NULL ? GT_E_MEMORY : read_asset(ctx, path, ASSET_BYTES - total, asset);
        if (st == GT_OK) {
            tag(asset);
            total += asset->len;
        }
    }
    (void)closedir(folder);
    if (st != GT_OK) {
        gt_web_free(ctx, out);
    }
    return st;
}

void gt_web_free(gt_ctx *ctx, gt_web *web)
{
    for (size_t i = 0; i < web->n; i++) {
        gt_free(ctx, web->list[i].name);
        gt_free(ctx, web->list[i].data);
    }
    gt_free(ctx, web->list);
    *web = (gt_web){0};
}

const gt_asset *gt_web_find(const gt_web *web, const char *name)
{
    for (size_t i = 0; i < web->n; i++) {
        if (strcmp(web->list[i].name, name) == 0) {
            return &web->list[i];
        }
    }
    return NULL;
}

gt_status gt_get_web(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    const char *name = request->n_parts > 1 ? request->part[1] : "index.html";
    const gt_asset *asset = gt_web_find(desk->web, name);
    if (asset == NULL) {
        return gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_PAGE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("path", request->path)));
    }
    (void)snprintf(reply->etag, sizeof reply->etag, "%s", asset->etag);
    reply->html = strncmp(asset->type, "text/html", 9) == 0;
    reply->type = asset->type;
    if (gt_request_has(request, reply->etag)) {
        reply->status = 304;
        return GT_OK;
    }
    gt_text_add(&reply->body, asset->data, asset->len);
    return gt_text_status(&reply->body);
}
