/* The tail of a stored weave: its layers, their class texts and its changes. Format: vault.c. */
#include <string.h>

#include "coverage/vault.h"

static void put_u64(gt_text *t, uint64_t v)
{
    gt_text_add(t, (const char *)&v, sizeof v);
}

static void put_text(gt_text *t, const char *text, size_t len)
{
    static const char zeros[8] = {0};
    put_u64(t, len);
    gt_text_add(t, text, len);
    gt_text_add(t, zeros, (8 - len % 8) % 8);
}

void gt_vault_put_tail(const gt_vault *v, gt_text *t)
{
    put_u64(t, v->n_layers);
    for (uint32_t k = 0; k < v->n_layers; k++) {
        put_text(t, v->ids[k], strlen(v->ids[k]));
        put_u64(t, gt_words_count(v->words[k]));
        for (size_t i = 0; i < gt_words_count(v->words[k]); i++) {
            size_t len = 0;
            const char *text = gt_words_text(v->words[k], (uint32_t)i, &len);
            put_text(t, text, len);
        }
    }
    put_u64(t, v->n_changes);
    gt_text_add(t, (const char *)v->changes, v->n_changes * sizeof *v->changes);
}

typedef struct cursor {
    const uint8_t *at;
    size_t left;
} cursor;

static bool take(cursor *c, void *out, size_t len)
{
    if (len > c->left) {
        return false;
    }
    memcpy(out, c->at, len);
    c->at += len;
    c->left -= len;
    return true;
}

static bool take_text(cursor *c, const char **text, size_t *len)
{
    uint64_t n = 0;
    if (!take(c, &n, sizeof n) || n > c->left || n + (8 - n % 8) % 8 > c->left) {
        return false;
    }
    *text = (const char *)c->at;
    *len = (size_t)n;
    c->at += n + (8 - n % 8) % 8;
    c->left -= n + (8 - n % 8) % 8;
    return true;
}

static gt_status take_layer(gt_ctx *ctx, gt_vault *v, uint32_t k, cursor *c, bool *good)
{
    const char *text = NULL;
    size_t len = 0;
    uint64_t n = 0;
    if (!take_text(c, &text, &len) || !take(c, &n, sizeof n)) {
        *good = false;
        return GT_OK;
    }
    v->ids[k] = gt_zalloc(ctx, len + 1, 1);
    gt_status st = v->ids[k] == NULL ? GT_E_MEMORY : gt_words_new(ctx, &v->words[k]);
    if (st == GT_OK) {
        memcpy(v->ids[k], text, len);
    }
    for (uint64_t i = 0; st == GT_OK && *good && i < n; i++) {
        uint32_t number = 0;
        *good = take_text(c, &text, &len);
        st = *good ? gt_words_add(v->words[k], text, len, &number) : GT_OK;
        *good = *good && (st != GT_OK || number == i);
    }
    return st;
}

static gt_status take_changes(gt_ctx *ctx, gt_vault *v, cursor *c, bool *good)
{
    uint64_t n = 0;
    *good = take(c, &n, sizeof n) && n <= GT_VAULT_MOST_CHANGES;
    void *block = v->changes;
    gt_status st =
        *good ? gt_grow(ctx, &block, &v->cap_changes, (size_t)n + 1, sizeof *v->changes) : GT_OK;
    v->changes = block;
    if (st == GT_OK && *good) {
        *good = take(c, v->changes, (size_t)n * sizeof *v->changes);
        v->n_changes = *good ? (size_t)n : 0;
    }
    return st;
}

gt_status gt_vault_layers(gt_ctx *ctx, gt_vault *v, uint32_t n)
{
    v->n_layers = n;
    v->ids = gt_zalloc(ctx, (size_t)n + 1, sizeof *v->ids);
    v->words = gt_zalloc(ctx, (size_t)n + 1, sizeof(gt_words *));
    return v->ids == NULL || v->words == NULL ? GT_E_MEMORY : GT_OK;
}

gt_status gt_vault_take_tail(gt_ctx *ctx, gt_vault *v, const uint8_t *bytes, size_t len, bool *good)
{
    cursor c = {bytes, len};
    uint64_t n = 0;
    *good = take(&c, &n, sizeof n) && n > 0 && n <= GT_WEAVE_LAYERS_MAX;
    gt_status st = *good ? gt_vault_layers(ctx, v, (uint32_t)n) : GT_OK;
    for (uint32_t k = 0; st == GT_OK && *good && k < n; k++) {
        st = take_layer(ctx, v, k, &c, good);
    }
    if (st == GT_OK && *good) {
        st = take_changes(ctx, v, &c, good);
    }
    *good = *good && c.left == 0;
    return st;
}
