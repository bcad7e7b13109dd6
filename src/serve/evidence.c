/* Evidence of records: files that are brought along and fetched again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "serve/access.h"
#include "serve/figures.h"
#include "serve/messages.h"

enum { NAME_MAX_BYTES = 200, ALL_EVENTS = 100000 };

/* A name of a file and nothing else. */
static bool name_ok(const char *name)
{
    size_t len = strlen(name);
    bool plain = len > 0 && len <= NAME_MAX_BYTES && name[0] != '.' && strchr(name, '/') == NULL;
    for (size_t i = 0; plain && i < len; i++) {
        plain = (unsigned char)name[i] >= 0x20 && name[i] != 0x7f;
    }
    return plain;
}

static gt_status write_file(gt_ctx *ctx, const char *path, const char *data, size_t len)
{
    gt_status st = GT_OK;
    FILE *file = fopen(path, "wbx");
    if (file == NULL) {
        return gt_fail_errno(ctx, errno, "open", path);
    }
    if (fwrite(data, 1, len, file) != len) {
        st = gt_fail_errno(ctx, errno, "write", path);
    }
    if (fclose(file) != 0 && st == GT_OK) {
        st = gt_fail_errno(ctx, errno, "close", path);
    }
    return st;
}

gt_status gt_attach_bytes(gt_desk *desk, gt_book *book, const gt_attach *a)
{
    char dir[4096], path[4400];
    (void)snprintf(dir, sizeof dir, "%.3900s/.upload-XXXXXX", gt_store_dir(desk->store));
    if (mkdtemp(dir) == NULL) {
        return gt_fail_errno(desk->ctx, errno, "mkdtemp", dir);
    }
    (void)snprintf(path, sizeof path, "%s/%s", dir, a->name);
    gt_status st = write_file(desk->ctx, path, a->data, a->len);
    st = st == GT_OK
             ? gt_ledger_attach(desk->ctx, book, a->ledger, a->act, a->record, path, a->kind)
             : st;
    (void)unlink(path);
    (void)rmdir(dir);
    return st;
}

static gt_status text_of(gt_desk *desk, const gt_request *request, const char *name,
                         const char **out)
{
    *out = gt_request_get(request, name);
    return *out != NULL && **out != '\0'
               ? GT_OK
               : gt_bad_parameter(desk, name, *out == NULL ? "" : *out, "kind, name, reason");
}

gt_status gt_post_attachment(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_book *book = NULL;
    gt_act act;
    gt_entry e;
    gt_attach a = {.data = request->body, .len = request->body_len, .act = &act};
    gt_act_init(&act, desk->who.id);
    gt_status st = gt_find_record(desk, request, &book, &a.ledger, &e);
    st = st == GT_OK ? text_of(desk, request, "kind", &a.kind) : st;
    st = st == GT_OK ? text_of(desk, request, "name", &a.name) : st;
    st = st == GT_OK ? text_of(desk, request, "reason", &act.reason) : st;
    if (st == GT_OK && (!name_ok(a.name) || strlen(a.kind) > NAME_MAX_BYTES)) {
        st = gt_bad_parameter(desk, "name", a.name, "FILE.EXT");
    }
    if (st == GT_OK && a.len == 0) {
        st = gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_BODY, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("reason", "0 bytes")));
    }
    /* before anything is kept */
    st = st == GT_OK ? gt_access_must(desk, a.ledger->id, "attach", e.unit) : st;
    a.record = e.id;
    st = st == GT_OK ? gt_attach_bytes(desk, book, &a) : st;
    reply->status = st == GT_OK ? 201 : reply->status;
    return st == GT_OK ? gt_put_record(desk, book, a.ledger, e.id, reply) : st;
}

/* ---- fetching ---------------------------------------------------------------------------------
 */

typedef struct seeking {
    const char *hash;
    bool found;
} seeking;

static bool seek_hash(void *user, const gt_event *event)
{
    seeking *s = user;
    json_t *body = strcmp(event->action, "attach") == 0 && event->body != NULL
                       ? json_loads(event->body, 0, NULL)
                       : NULL;
    const char *hash = json_string_value(json_object_get(body, "hash"));
    s->found = hash != NULL && strcmp(hash, s->hash) == 0;
    json_decref(body);
    return !s->found;
}

/* Pictures are shown by pages; everything else is only kept on disk by a browser. */
static const char *type_of(const char *data, size_t len)
{
    return len > 3 && memcmp(data, "\xff\xd8\xff", 3) == 0        ? "image/jpeg"
           : len > 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0 ? "image/png"
                                                                  : "application/octet-stream";
}

static gt_status send_kept(gt_desk *desk, const char *hash, gt_reply *reply)
{
    char path[4200];
    char block[65536];
    size_t n = 1;
    (void)snprintf(path, sizeof path, "%.3900s/attachments/%.2s/%.128s", gt_store_dir(desk->store),
                   hash, hash);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return gt_fail_errno(desk->ctx, errno, "open", path);
    }
    gt_status st = GT_OK;
    while (st == GT_OK && n > 0) {
        n = fread(block, 1, sizeof block, file);
        gt_text_add(&reply->body, block, n);
        st = reply->body.len > GT_REPLY_MAX
                 ? gt_fail(desk->ctx, GT_E_LIMIT, &GT_MSG_SERVE_SIZE, GT_NOWHERE,
                           GT_ARGS(GT_INT("bytes", GT_REPLY_MAX)))
                 : gt_text_status(&reply->body);
    }
    (void)fclose(file);
    reply->type = type_of(gt_text_cstr(&reply->body), reply->body.len);
    return st;
}

/* A file is told to those who may read the record that names it. */
gt_status gt_get_attachment(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_book *book = NULL;
    const gt_ledger *ledger = NULL;
    gt_entry e;
    seeking s = {request->part[5], false};
    bool hex = strspn(s.hash, "0123456789abcdef") == strlen(s.hash) && strlen(s.hash) >= 32;
    gt_status st = gt_find_record(desk, request, &book, &ledger, &e);
    st = st == GT_OK && hex
             ? gt_event_each(desk->ctx, book, ledger->id, e.id, 0, ALL_EVENTS, seek_hash, &s)
             : st;
    if (st == GT_OK && !s.found) {
        st = gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_PAGE, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("path", request->path)));
    }
    reply->cache = "private, max-age=86400";
    return st == GT_OK ? send_kept(desk, s.hash, reply) : st;
}
