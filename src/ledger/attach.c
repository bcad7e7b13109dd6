/* Attachments: copies under their content hash, WORKSPACE/attachments/ab/HASH. The file is whole
 * and on disk before the event that names it; a copy without an event does no harm. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/deed.h"
#include "ledger/messages.h"

static const int64_t MAX_BYTES = (int64_t)1 << 30;

static gt_status make_dir(gt_ctx *ctx, const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? GT_OK
                                                     : gt_fail_errno(ctx, errno, "mkdir", path);
}

/* Copies and hashes in one pass, so that the name is that of the bytes kept. */
static gt_status copy(gt_ctx *ctx, const char *path, const char *to, char hex[GT_HASH_HEX],
                      int64_t *size)
{
    unsigned char buffer[65536], digest[GT_HASH_BYTES];
    gt_hash hash;
    gt_status st = GT_OK;
    int in = open(path, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        return gt_fail_errno(ctx, errno, "open", path);
    }
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (out < 0) {
        st = gt_fail_errno(ctx, errno, "open", to);
    }
    gt_hash_init(&hash);
    *size = 0;
    while (st == GT_OK) {
        ssize_t n = read(in, buffer, sizeof buffer);
        if (n == 0) {
            break;
        }
        if (n < 0) {
            st = gt_fail_errno(ctx, errno, "read", path);
        } else if ((*size += n) > MAX_BYTES) {
            st = gt_fail(ctx, GT_E_LIMIT, &GT_MSG_FILE_BIG, GT_PLACE(.file = path),
                         GT_ARGS(GT_INT("max", MAX_BYTES)));
        } else if (write(out, buffer, (size_t)n) != n) {
            st = gt_fail_errno(ctx, errno, "write", to);
        } else {
            gt_hash_add(&hash, buffer, (size_t)n);
        }
    }
    gt_hash_final(&hash, digest);
    gt_hash_hex(digest, hex);
    if (st == GT_OK && fsync(out) != 0) {
        st = gt_fail_errno(ctx, errno, "fsync", to);
    }
    (void)close(in);
    if (out >= 0 && close(out) != 0 && st == GT_OK) {
        st = gt_fail_errno(ctx, errno, "close", to);
    }
    return st;
}

static gt_status keep(gt_ctx *ctx, const gt_book *b, const char *path, char hex[GT_HASH_HEX],
                      int64_t *size)
{
    char temp[4096], final[4096];
    const char *dir = gt_store_dir(b->store);
    (void)snprintf(temp, sizeof temp, "%.3900s/attachments", dir);
    gt_status st = make_dir(ctx, temp);
    /* one book is one thread's: neither processes nor threads share the name */
    (void)snprintf(temp, sizeof temp, "%.3900s/attachments/.new-%ld-%p", dir, (long)getpid(),
                   (const void *)b);
    st = st == GT_OK ? copy(ctx, path, temp, hex, size) : st;
    if (st == GT_OK) {
        (void)snprintf(final, sizeof final, "%.3900s/attachments/%.2s", dir, hex);
        st = make_dir(ctx, final);
        (void)snprintf(final, sizeof final, "%.3900s/attachments/%.2s/%s", dir, hex, hex);
    }
    if (st == GT_OK && rename(temp, final) != 0) {
        st = gt_fail_errno(ctx, errno, "rename", final);
    }
    (void)unlink(temp);
    return st;
}

/* Is there such an open record, and may the actor attach to it? Asked again with the event: the
 * file is not copied under the write lock. */
static gt_status may_attach(gt_deed *w, const char *id)
{
    gt_status st = gt_deed_find(w, id);
    return st == GT_OK ? gt_deed_may(w, "attach", w->before.unit, NULL) : st;
}

gt_status gt_ledger_attach(gt_ctx *ctx, gt_book *b, const gt_ledger *l, const gt_act *act,
                           const char *id, const char *path, const char *kind)
{
    gt_deed w;
    gt_text body;
    char hex[GT_HASH_HEX] = "";
    int64_t size = 0;
    const char *name = strrchr(path, '/');
    gt_text_init(&body, ctx, 0);
    gt_status st = gt_deed_open(ctx, b, NULL, l, act, &w);
    st = st == GT_OK ? may_attach(&w, id) : st;
    st = gt_deed_close(&w, st);
    st = st == GT_OK ? keep(ctx, b, path, hex, &size) : st;
    if (st != GT_OK) {
        return st;
    }
    st = gt_deed_open(ctx, b, NULL, l, act, &w);
    st = st == GT_OK ? may_attach(&w, id) : st;
    gt_text_puts(&body, "\"kind\":");
    gt_text_json_string(&body, kind);
    gt_text_puts(&body, ",\"name\":");
    gt_text_json_string(&body, name == NULL ? path : name + 1);
    gt_text_printf(&body, ",\"hash\":\"%s\",\"size\":%lld", hex, (long long)size);
    st = st == GT_OK ? gt_text_status(&body) : st;
    st = st == GT_OK ? gt_deed_put(&w, "attach", gt_text_cstr(&body), NULL, 0) : st;
    gt_text_free(&body);
    return gt_deed_close(&w, st);
}
