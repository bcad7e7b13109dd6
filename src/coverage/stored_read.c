/* Finding and reading a stored weave; its digest. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "coverage/messages.h"
#include "coverage/stored_job.h"

static bool has_all(const gt_vault *v, const char *const *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool found = false;
        for (uint32_t k = 0; k < v->n_layers; k++) {
            found = found || strcmp(v->ids[k], ids[i]) == 0;
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

/* The stored weave with the most layers that has all of ids, so that tables about different layers
 * come from one account; NULL when there is none. */
static gt_status find_stored(gt_ctx *ctx, gt_store *store, const char *const *ids, size_t n,
                             gt_vault **out)
{
    char dir[PATH_MAX], path[PATH_MAX];
    *out = NULL;
    (void)snprintf(dir, sizeof dir, "%s/cache/weave", gt_store_dir(store));
    DIR *d = opendir(dir);
    gt_status st = GT_OK;
    for (struct dirent *e = d == NULL ? NULL : readdir(d); st == GT_OK && e != NULL;
         e = readdir(d)) {
        size_t len = strlen(e->d_name);
        gt_vault *v = NULL;
        const char *why = NULL;
        if (len < 6 || strcmp(e->d_name + len - 6, ".weave") != 0) {
            continue;
        }
        int k = snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (k > 0 && (size_t)k < sizeof path) {
            st = gt_vault_load(ctx, path, false, &v, &why);
        }
        bool better = v != NULL && has_all(v, ids, n) &&
                      (*out == NULL || v->n_layers > (*out)->n_layers ||
                       (v->n_layers == (*out)->n_layers && strcmp(v->path, (*out)->path) < 0));
        if (better) {
            gt_vault_close(*out);
            *out = v;
        } else {
            gt_vault_close(v);
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
    return st;
}

/* Is the vault of the store's newest state, as far as its layers go? */
static gt_status is_current(gt_ctx *ctx, gt_stored_job *j, const gt_vault *v, bool *current)
{
    const char *why = NULL;
    gt_status st = gt_region_side(ctx, j->store, j->layers, j->n, &j->side, &j->extent);
    if (st == GT_OK) {
        st = gt_stored_job_why_not(ctx, j, v, &why);
    }
    *current = st == GT_OK && (why == NULL || strcmp(why, "cells") == 0);
    for (uint32_t k = 0; st == GT_OK && *current && k < j->n; k++) {
        gt_layer_info info;
        st = gt_store_find_layer(ctx, j->store, j->ids[k], &info);
        *current = st == GT_OK && info.revision <= v->revision;
    }
    return st;
}

/* Reopens the list of layers of v as a job; the current vault, or one brought up to date. */
static gt_status renew(gt_ctx *ctx, gt_store *store, const gt_package *package, gt_vault **v)
{
    gt_stored_job j;
    bool current = false;
    const char *why = NULL;
    gt_stored_options o;
    gt_stored_options_init(&o);
    o.layers = (const char *const *)(*v)->ids;
    o.n_layers = (*v)->n_layers;
    gt_status st = gt_stored_job_open(ctx, &j, store, package, &o);
    if (st == GT_OK) {
        st = is_current(ctx, &j, *v, &current);
    }
    if (st == GT_OK && !current) {
        gt_vault *fresh = NULL;
        st = gt_stored_job_run(ctx, &j);
        st = st == GT_OK ? gt_vault_load(ctx, j.path, false, &fresh, &why) : st;
        gt_stored_job_close(ctx, &j);
        gt_vault_close(*v);
        *v = fresh;
        return st;
    }
    gt_stored_job_close(ctx, &j);
    return st;
}

gt_status gt_stored_open(gt_ctx *ctx, gt_store *store, const gt_package *package,
                         const char *const *ids, size_t n, gt_vault **out)
{
    gt_vault *v = NULL;
    *out = NULL;
    gt_status st = find_stored(ctx, store, ids, n, &v);
    if (st == GT_OK && v != NULL) {
        st = renew(ctx, store, package, &v);
        /* a folder that cannot be written, a layer emptied since: weave afresh instead */
        if (st == GT_E_ENV || st == GT_E_NOT_FOUND) {
            gt_error_clear(ctx);
            gt_vault_close(v);
            return GT_OK;
        }
    }
    if (st != GT_OK) {
        gt_vault_close(v);
        return st;
    }
    *out = v;
    return GT_OK;
}

/* ---- digest -------------------------------------------------------------------------------------
 */

/* A row of sums as text: "layer US class" for each key, sorted by layer and class. */
static gt_status row_text(const gt_vault *v, const gt_sums *sums, size_t i, gt_text *out)
{
    size_t n = 0;
    const char *keys = gt_sums_keys(sums, i, &n);
    const gt_sum *s = &sums->sums[i];
    gt_text_clear(out);
    /* classes of one layer by text: the codes tell in which order they came */
    for (size_t a = 0; a < n;) {
        uint32_t layer = (uint32_t)(gt_sum_key_at(keys, a) >> 32);
        size_t b = a;
        while (b < n && gt_sum_key_at(keys, b) >> 32 == layer) {
            b++;
        }
        const char *last = NULL;
        for (size_t k = a; k < b; k++) {
            const char *next = NULL;
            for (size_t m = a; m < b; m++) {
                const char *text =
                    gt_words_text(v->words[layer], (uint32_t)gt_sum_key_at(keys, m), NULL);
                if ((last == NULL || strcmp(text, last) > 0) &&
                    (next == NULL || strcmp(text, next) < 0)) {
                    next = text;
                }
            }
            last = next;
            gt_text_printf(out, "%u\x1f%s\x1e", layer, next == NULL ? "" : next);
        }
        a = b;
    }
    gt_text_printf(out, "%lld %llu %lld %llu %lld", (long long)(s->area >> 64),
                   (unsigned long long)s->area, (long long)(s->plane >> 64),
                   (unsigned long long)s->plane, (long long)s->n);
    return gt_text_status(out);
}

/* Order of rows must not matter: their digests are added up. */
static gt_status digest_sums(gt_ctx *ctx, gt_vault *v, uint64_t total[4], bool *good)
{
    gt_sums sums;
    gt_text text;
    gt_status st = gt_vault_sums(ctx, v, &sums, good);
    gt_text_init(&text, ctx, 0);
    for (size_t i = 0; st == GT_OK && *good && i < gt_sums_count(&sums); i++) {
        unsigned char d[GT_HASH_BYTES];
        gt_hash h;
        if (sums.sums[i].n == 0) {
            continue;
        }
        st = row_text(v, &sums, i, &text);
        gt_hash_init(&h);
        gt_hash_add(&h, gt_text_cstr(&text), text.len);
        gt_hash_final(&h, d);
        for (size_t k = 0; k < 4; k++) {
            uint64_t part = 0;
            memcpy(&part, d + 8 * k, sizeof part);
            total[k] += part;
        }
    }
    gt_text_free(&text);
    gt_sums_free(&sums);
    return st;
}

static gt_status digest_cells(gt_ctx *ctx, gt_vault *v, gt_hash *h, bool *good)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && *good && i < v->n_cells; i++) {
        const gt_vault_cell *c = &v->cells[i];
        const uint8_t *block = NULL;
        st = gt_vault_get(ctx, v, c, &block, good);
        if (st == GT_OK && *good) {
            gt_hash_add_u64(h, (uint64_t)(int64_t)c->column);
            gt_hash_add_u64(h, (uint64_t)(int64_t)c->row);
            gt_hash_add(h, block, c->bytes);
        }
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    return st;
}

gt_status gt_stored_digest(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const gt_stored_options *options, unsigned char out[32])
{
    gt_stored_job j;
    const char *why = NULL;
    uint64_t total[4] = {0};
    gt_hash h;
    gt_status st = gt_stored_job_open(ctx, &j, store, package, options);
    if (st == GT_OK) {
        st = gt_vault_load(ctx, j.path, false, &j.vault, &why);
    }
    if (st == GT_OK && j.vault == NULL) {
        st = gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_COVERAGE_NONE, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_hash_init(&h);
    bool good = true;
    if (st == GT_OK) {
        st = digest_cells(ctx, j.vault, &h, &good);
    }
    st = st == GT_OK && good ? digest_sums(ctx, j.vault, total, &good) : st;
    if (st == GT_OK && !good) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_COVERAGE_DAMAGED, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("file", j.path)));
    }
    gt_hash_add(&h, total, sizeof total);
    gt_hash_final(&h, out);
    gt_stored_job_close(ctx, &j);
    return st;
}
