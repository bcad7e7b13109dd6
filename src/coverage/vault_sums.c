/* The sums of a stored weave: a base and changes after it, read row by row. Format: vault.c. */
#include <string.h>

#include "coverage/vault.h"
#include "guotu/text.h"

enum {
    CHUNK = 1 << 20,
    ROW = 2 * sizeof(gt_wide) + 2 * sizeof(uint64_t), /* without its keys */
    MOST_AFTER = 1024                                 /* changes after the base */
};

/* ---- reading ------------------------------------------------------------------------------------
 */

/* A part being read: bytes of it in a window that moves on. */
typedef struct window {
    gt_hash hash;
    gt_ctx *ctx;
    const gt_vault *v;
    uint8_t *bytes;
    size_t cap, at, end;
    uint64_t next, left; /* in the file */
} window;

/* Makes `need` bytes stand at w->at; *good = false when there are not so many. */
static gt_status window_for(window *w, size_t need, bool *good)
{
    if (w->end - w->at >= need) {
        return GT_OK;
    }
    size_t kept = w->end - w->at, most = need > CHUNK ? need : CHUNK;
    *good = need - kept <= w->left;
    if (!*good) {
        return GT_OK;
    }
    if (kept > 0) {
        memmove(w->bytes, w->bytes + w->at, kept);
    }
    void *block = w->bytes;
    gt_status st = gt_grow(w->ctx, &block, &w->cap, most, 1);
    w->bytes = block;
    if (st == GT_OK) {
        size_t n = most - kept < w->left ? most - kept : (size_t)w->left;
        *good = gt_vault_read_at(w->v, w->bytes + kept, n, w->next);
        if (*good) {
            gt_hash_add(&w->hash, w->bytes + kept, n);
        }
        w->next += n;
        w->left -= n;
        w->at = 0;
        w->end = kept + n;
    }
    return st;
}

static bool keys_good(const gt_vault *v, const uint64_t *keys, size_t n)
{
    bool good = true;
    for (size_t i = 0; good && i < n; i++) {
        uint64_t layer = keys[i] >> 32;
        good = layer < v->n_layers && (uint32_t)keys[i] < gt_words_count(v->words[layer]) &&
               (i == 0 || keys[i] > keys[i - 1]);
    }
    return good;
}

static gt_status one_row(window *w, gt_vault_row_fn fn, void *user, bool *good)
{
    uint64_t keys[8 * GT_WEAVE_LAYERS_MAX], tail[2];
    gt_sum s;
    gt_status st = window_for(w, ROW, good);
    if (st != GT_OK || !*good) {
        return st;
    }
    memcpy(&s.area, w->bytes + w->at, sizeof s.area);
    memcpy(&s.plane, w->bytes + w->at + sizeof s.area, sizeof s.plane);
    memcpy(tail, w->bytes + w->at + sizeof s.area + sizeof s.plane, sizeof tail);
    s.n = (int64_t)tail[0];
    w->at += ROW;
    *good = tail[1] > 0 && tail[1] <= w->left / sizeof *keys + (w->end - w->at) / sizeof *keys;
    size_t bytes = *good ? (size_t)tail[1] * sizeof *keys : 0;
    st = *good ? window_for(w, bytes, good) : st;
    if (st != GT_OK || !*good) {
        return st;
    }
    uint64_t *many = NULL, *list = keys;
    if (bytes > sizeof keys) {
        list = many = gt_alloc(w->ctx, (size_t)tail[1], sizeof *keys);
    }
    if (list == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(list, w->bytes + w->at, bytes);
    w->at += bytes;
    *good = keys_good(w->v, list, (size_t)tail[1]);
    st = *good ? fn(w->ctx, user, list, (size_t)tail[1], &s) : GT_OK;
    gt_free(w->ctx, many);
    return st;
}

static gt_status each_of(gt_ctx *ctx, const gt_vault *v, const gt_vault_part *part,
                         gt_vault_row_fn fn, void *user, bool *good)
{
    window w = {.ctx = ctx, .v = v, .next = part->at, .left = part->bytes};
    unsigned char digest[GT_HASH_BYTES];
    uint64_t n = 0;
    gt_hash_init(&w.hash);
    gt_status st = window_for(&w, sizeof n, good);
    if (st == GT_OK && *good) {
        memcpy(&n, w.bytes, sizeof n);
        w.at = sizeof n;
    }
    for (uint64_t i = 0; st == GT_OK && *good && i < n; i++) {
        st = i % 4096 == 0 ? gt_check_cancel(ctx) : GT_OK;
        st = st == GT_OK ? one_row(&w, fn, user, good) : st;
    }
    gt_hash_final(&w.hash, digest);
    *good = *good && w.left == 0 && w.at == w.end &&
            memcmp(digest, part->digest, sizeof part->digest) == 0;
    gt_free(ctx, w.bytes);
    return st;
}

static gt_status changes_after(gt_ctx *ctx, gt_vault *v, uint64_t sequence, gt_vault_row_fn fn,
                               void *user, bool *good)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && *good && i < v->n_changes; i++) {
        if (v->changes[i].sequence > sequence) {
            st = each_of(ctx, v, &v->changes[i], fn, user, good);
        }
    }
    return st;
}

gt_status gt_vault_each_row(gt_ctx *ctx, gt_vault *v, gt_vault_row_fn fn, void *user, bool *good)
{
    *good = true;
    gt_status st = each_of(ctx, v, &v->base, fn, user, good);
    return st == GT_OK && *good ? changes_after(ctx, v, v->base.sequence, fn, user, good) : st;
}

gt_status gt_vault_each_change(gt_ctx *ctx, gt_vault *v, uint64_t sequence, gt_vault_row_fn fn,
                               void *user, bool *good)
{
    /* every state after that of the oldest change kept has one, be it empty */
    uint64_t oldest = v->n_changes > 0 ? v->changes[0].sequence : v->sequence + 1;
    *good = sequence <= v->sequence && sequence + 1 >= oldest;
    return *good ? changes_after(ctx, v, sequence, fn, user, good) : GT_OK;
}

static gt_status add_row(gt_ctx *ctx, void *user, const uint64_t *keys, size_t n, const gt_sum *add)
{
    (void)ctx;
    return gt_sums_add(user, keys, n, add);
}

gt_status gt_vault_sums(gt_ctx *ctx, gt_vault *v, gt_sums *out, bool *good)
{
    gt_status st = gt_sums_init(ctx, out);
    return st == GT_OK ? gt_vault_each_row(ctx, v, add_row, out, good) : st;
}

/* ---- writing ------------------------------------------------------------------------------------
 */

static void put_u64(gt_text *t, uint64_t v)
{
    gt_text_add(t, (const char *)&v, sizeof v);
}

static bool is_nothing(const gt_sum *s)
{
    return s->n == 0 && s->area == 0 && s->plane == 0;
}

/* Appends the rows as a part that leads to `sequence`. */
static gt_status put_part(gt_ctx *ctx, gt_vault *v, const gt_sums *sums, uint64_t sequence,
                          gt_vault_part *out)
{
    unsigned char digest[GT_HASH_BYTES];
    gt_text t;
    gt_hash hash;
    uint64_t n = 0;
    gt_vault_part part = {.sequence = sequence, .at = v->end};
    gt_text_init(&t, ctx, SIZE_MAX / 2);
    gt_hash_init(&hash);
    for (size_t i = 0; i < gt_sums_count(sums); i++) {
        n += !is_nothing(&sums->sums[i]);
    }
    put_u64(&t, n);
    gt_status st = GT_OK;
    for (size_t i = 0, all = gt_sums_count(sums); st == GT_OK && i <= all; i++) {
        if (i < all && !is_nothing(&sums->sums[i])) {
            const gt_sum *s = &sums->sums[i];
            size_t n_keys = 0;
            const char *keys = gt_sums_keys(sums, i, &n_keys);
            gt_text_add(&t, (const char *)&s->area, sizeof s->area);
            gt_text_add(&t, (const char *)&s->plane, sizeof s->plane);
            put_u64(&t, (uint64_t)s->n);
            put_u64(&t, n_keys);
            gt_text_add(&t, keys, n_keys * sizeof(uint64_t));
        }
        st = gt_text_status(&t);
        if (st == GT_OK && (i == all || t.len >= CHUNK)) {
            gt_hash_add(&hash, gt_text_cstr(&t), t.len);
            st = gt_vault_write_at(ctx, v, gt_text_cstr(&t), t.len, v->end);
            v->end += t.len;
            gt_text_clear(&t);
        }
    }
    part.bytes = v->end - part.at;
    gt_hash_final(&hash, digest);
    memcpy(part.digest, digest, sizeof part.digest);
    gt_text_free(&t);
    *out = part;
    return st;
}

/* Lets go of the oldest changes: nobody needs them for the sums. */
static void forget_changes(gt_vault *v)
{
    uint64_t bytes = 0;
    size_t first = v->n_changes;
    while (first > 0 && v->n_changes - first < GT_VAULT_MOST_CHANGES &&
           (v->changes[first - 1].sequence > v->base.sequence ||
            bytes + v->changes[first - 1].bytes <= v->base.bytes + CHUNK)) {
        bytes += v->changes[--first].bytes;
    }
    for (size_t i = 0; i < first; i++) {
        v->dead += v->changes[i].bytes;
    }
    v->n_changes -= first;
    if (first > 0 && v->n_changes > 0) {
        memmove(v->changes, v->changes + first, v->n_changes * sizeof *v->changes);
    }
}

static bool too_long(const gt_vault *v)
{
    uint64_t bytes = 0;
    size_t n = 0;
    for (size_t i = 0; i < v->n_changes; i++) {
        bool after = v->changes[i].sequence > v->base.sequence;
        bytes += after ? v->changes[i].bytes : 0;
        n += after;
    }
    return n > MOST_AFTER || bytes > v->base.bytes / 2 + CHUNK;
}

/* Base and changes made one base. */
static gt_status renew_base(gt_ctx *ctx, gt_vault *v, uint64_t sequence, bool *good)
{
    gt_sums all;
    uint64_t old = v->base.bytes;
    gt_status st = gt_vault_sums(ctx, v, &all, good);
    if (st == GT_OK && *good) {
        st = put_part(ctx, v, &all, sequence, &v->base);
        v->dead += old;
    }
    gt_sums_free(&all);
    return st;
}

gt_status gt_vault_put_change(gt_ctx *ctx, gt_vault *v, bool *good)
{
    uint64_t sequence = v->sequence + 1;
    gt_status st = GT_OK;
    *good = true;
    if (v->base.bytes == 0) {
        st = put_part(ctx, v, &v->change, sequence, &v->base);
    } else {
        void *block = v->changes;
        st = gt_grow(ctx, &block, &v->cap_changes, v->n_changes + 1, sizeof *v->changes);
        v->changes = block;
        if (st == GT_OK) {
            st = put_part(ctx, v, &v->change, sequence, &v->changes[v->n_changes]);
            v->n_changes++;
        }
        if (st == GT_OK && too_long(v)) {
            st = renew_base(ctx, v, sequence, good);
        }
        forget_changes(v);
    }
    gt_sums_free(&v->change);
    return st == GT_OK ? gt_sums_init(ctx, &v->change) : st;
}
