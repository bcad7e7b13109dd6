/* Request targets, parameters, languages and entity tags. */
#include "serve/request.h"

#include <string.h>
#include <strings.h>

#include "serve/messages.h"

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Decodes len bytes; plus: '+' is a blank (queries). NULL: broken. */
static gt_status decode(gt_ctx *ctx, gt_arena *arena, const char *from, size_t len, bool plus,
                        const char **out)
{
    char *text = gt_arena_alloc(arena, len + 1, 1);
    size_t n = 0, bad = 0;
    bool broken = false;
    if (text == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < len; i++) {
        char c = from[i];
        if (c == '%') {
            int high = i + 2 < len ? hex(from[i + 1]) : -1;
            int low = i + 2 < len ? hex(from[i + 2]) : -1;
            broken = broken || high < 0 || low < 0;
            c = high < 0 || low < 0 ? '?' : (char)(unsigned char)(high * 16 + low);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        broken = broken || (unsigned char)c < 0x20 || c == 0x7f;
        text[n++] = c;
    }
    text[n] = '\0';
    if (broken || !gt_utf8_valid(text, n, &bad)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_TARGET, GT_NOWHERE, GT_NO_ARGS);
    }
    *out = text;
    return GT_OK;
}

gt_status gt_decode(gt_ctx *ctx, gt_arena *arena, const char *text, const char **out)
{
    size_t len = strnlen(text, GT_TARGET_MAX);
    return decode(ctx, arena, text, len, false, out);
}

static gt_status split_path(gt_ctx *ctx, gt_arena *arena, const char *path, size_t len,
                            gt_request *out)
{
    for (size_t i = 0; i < len;) {
        size_t end = i + 1;
        const char *part = "";
        while (end < len && path[end] != '/') {
            end++;
        }
        if (end > i + 1) {
            if (out->n_parts == GT_PATH_PARTS) {
                return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_SERVE_LONG, GT_NOWHERE, GT_NO_ARGS);
            }
            gt_status st = decode(ctx, arena, path + i + 1, end - i - 1, false, &part);
            if (st != GT_OK) {
                return st;
            }
            if (strcmp(part, ".") == 0 || strcmp(part, "..") == 0 || strchr(part, '/') != NULL ||
                strchr(part, '\\') != NULL) {
                return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_TARGET, GT_NOWHERE, GT_NO_ARGS);
            }
            out->part[out->n_parts++] = part;
        }
        i = end;
    }
    return decode(ctx, arena, path, len, false, &out->path);
}

static gt_status split_query(gt_ctx *ctx, gt_arena *arena, const char *query, gt_request *out)
{
    gt_status st = GT_OK;
    for (const char *at = query; st == GT_OK && *at != '\0';) {
        size_t len = strcspn(at, "&"), name = strcspn(at, "=&");
        if (len > 0) {
            if (out->n_query == GT_QUERY_MAX) {
                return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_SERVE_LONG, GT_NOWHERE, GT_NO_ARGS);
            }
            gt_pair *pair = &out->query[out->n_query++];
            st = decode(ctx, arena, at, name, true, &pair->name);
            size_t from = name < len ? name + 1 : len;
            if (st == GT_OK) {
                st = decode(ctx, arena, at + from, len - from, true, &pair->value);
            }
        }
        at += len + (at[len] == '&' ? 1 : 0);
    }
    return st;
}

gt_status gt_request_target(gt_ctx *ctx, gt_arena *arena, const char *target, gt_request *out)
{
    size_t len = strnlen(target, GT_TARGET_MAX + 1);
    out->n_parts = out->n_query = 0;
    out->raw_query = out->path = "";
    if (len > GT_TARGET_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_SERVE_LONG, GT_NOWHERE, GT_NO_ARGS);
    }
    if (target[0] != '/') {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_TARGET, GT_NOWHERE, GT_NO_ARGS);
    }
    size_t path = strcspn(target, "?");
    gt_status st = split_path(ctx, arena, target, path, out);
    if (st == GT_OK && target[path] == '?') {
        out->raw_query = gt_arena_strdup(arena, target + path + 1);
        st = out->raw_query == NULL ? GT_E_MEMORY : split_query(ctx, arena, out->raw_query, out);
    }
    return st;
}

const char *gt_request_get(const gt_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_query; i++) {
        if (strcmp(request->query[i].name, name) == 0) {
            return request->query[i].value;
        }
    }
    return NULL;
}

gt_lang gt_request_lang(const gt_request *request, gt_lang fallback)
{
    const char *lang = gt_request_get(request, "lang");
    const char *at = lang != NULL ? lang : request->accept_language;
    while (at != NULL && *at != '\0') {
        at += strspn(at, " ,");
        if (strncasecmp(at, "zh", 2) == 0) {
            return GT_LANG_ZH;
        }
        if (strncasecmp(at, "en", 2) == 0) {
            return GT_LANG_EN;
        }
        at += strcspn(at, ",");
    }
    return fallback;
}

bool gt_request_has(const gt_request *request, const char *etag)
{
    const char *at = request->if_none_match;
    size_t len = strlen(etag);
    while (at != NULL && len > 0 && *at != '\0') {
        at += strspn(at, " ,");
        if (*at == '*') {
            return true;
        }
        at += strncmp(at, "W/", 2) == 0 ? 2 : 0;
        if (strncmp(at, etag, len) == 0) {
            return true;
        }
        at += strcspn(at, ",");
    }
    return false;
}

/* Is the coding named, and not with q=0? */
static bool takes(const char *list, const char *coding)
{
    size_t len = strlen(coding);
    for (const char *at = list; *at != '\0';) {
        at += strspn(at, " ,");
        size_t end = strcspn(at, ","), name = strcspn(at, " ;,");
        if (name == len && strncasecmp(at, coding, len) == 0) {
            const char *q = memchr(at, '=', end);
            return q == NULL || strspn(q + 1, "0.") < strcspn(q + 1, " ;,");
        }
        at += end;
    }
    return false;
}

gt_encoding gt_request_encoding(const char *accept_encoding)
{
    return accept_encoding == NULL          ? GT_AS_IS
           : takes(accept_encoding, "br")   ? GT_BROTLI
           : takes(accept_encoding, "gzip") ? GT_GZIP
                                            : GT_AS_IS;
}

const char *gt_encoding_name(gt_encoding encoding)
{
    switch (encoding) {
    case GT_GZIP:
        return "gzip";
    case GT_BROTLI:
        return "br";
    case GT_AS_IS:
    case GT_N_ENCODINGS:
        return NULL;
    }
    return NULL;
}
