#include "io/wire.h"

#include "guotu/text.h"

void gt_wire_init(gt_wire *w, gt_ctx *ctx)
{
    memset(w, 0, sizeof *w);
    w->ctx = ctx;
}

void gt_wire_free(gt_wire *w)
{
    gt_free(w->ctx, w->data);
    memset(w, 0, sizeof *w);
}

bool gt_wire_grow(gt_wire *w, size_t more)
{
    void *block = w->data;
    size_t need = 0;
    if (__builtin_add_overflow(w->len, more, &need) ||
        gt_grow(w->ctx, &block, &w->cap, need < 4096 ? 4096 : need, 1) != GT_OK) {
        w->failed = true;
        return false;
    }
    w->data = block;
    return true;
}

void gt_wire_text_n(gt_wire *w, const char *text, size_t len)
{
    if (len >= GT_WIRE_NULL - 1) {
        w->failed = true;
        return;
    }
    gt_wire_u32(w, (uint32_t)len);
    uint8_t *at = gt_wire_more(w, len + 1);
    if (at != NULL) {
        if (len > 0) {
            memcpy(at, text, len);
        }
        at[len] = 0;
    }
}

void gt_wire_text(gt_wire *w, const char *text)
{
    if (text == NULL) {
        gt_wire_u32(w, GT_WIRE_NULL);
    } else {
        gt_wire_text_n(w, text, strlen(text));
    }
}

gt_status gt_wire_status(const gt_wire *w)
{
    if (!w->failed) {
        return GT_OK;
    }
    return gt_failed(w->ctx) ? gt_error_status(w->ctx) : GT_E_MEMORY;
}

const uint8_t *gt_wire_get_bytes(gt_wire_in *in, size_t n)
{
    if (in->bad || in->len - in->at < n) {
        in->bad = true;
        return NULL;
    }
    const uint8_t *at = in->data + in->at;
    in->at += n;
    return at;
}

const char *gt_wire_get_text(gt_wire_in *in, size_t *len)
{
    if (len != NULL) {
        *len = 0;
    }
    const uint32_t n = gt_wire_get_u32(in);
    if (in->bad || n == GT_WIRE_NULL) {
        return NULL;
    }
    const char *text = (const char *)gt_wire_get_bytes(in, (size_t)n + 1);
    if (text == NULL || text[n] != '\0' || memchr(text, 0, n) != NULL ||
        !gt_utf8_valid(text, n, NULL)) {
        in->bad = true;
        return NULL;
    }
    if (len != NULL) {
        *len = n;
    }
    return text;
}

uint32_t gt_wire_get_count(gt_wire_in *in, size_t item)
{
    const uint32_t n = gt_wire_get_u32(in);
    if (!in->bad && (uint64_t)n * item > in->len - in->at) {
        in->bad = true;
    }
    return in->bad ? 0 : n;
}

bool gt_wire_done(const gt_wire_in *in)
{
    return !in->bad && in->at == in->len;
}
