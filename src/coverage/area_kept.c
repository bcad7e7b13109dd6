/* Accounts kept between runs.
 *
 * Of the newest state: the stored weave keeps what each of its states changed in the sums, so an
 * account that stands at an earlier state adds those rows. Of a day: the cells that row versions
 * written or ended since meet are woven twice, as the map was known then and as it is known now;
 * the first are taken away, the second added. Everything is integers: an account brought up to
 * date is the account made anew. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "coverage/area_cells.h"
#include "coverage/area_job.h"

static void put_column_key(gt_hash *h, const gt_area_column *c)
{
    gt_hash_add_text(h, c->name);
    gt_hash_add_text(h, c->layer);
    gt_hash_add_u64(h, (uint64_t)(int64_t)c->field);
    gt_hash_add_u64(h, (uint64_t)(c->big_class ? 1 : 0) + (c->any ? 2 : 0));
    for (size_t i = 0; c->big_class && c->codes != NULL && i < c->codes->n_codes; i++) {
        const gt_code *code = &c->codes->codes[i];
        gt_hash_add_text(h, code->code);
        gt_hash_add_text(h, code->big);
    }
}

/* The file, by what is asked; and the key of its meaning. */
static gt_status name_account(gt_ctx *ctx, const gt_area_job *j, gt_area_account_state *state,
                              char *path, size_t cap)
{
    gt_hash h, name;
    unsigned char digest[GT_HASH_BYTES];
    char hex[GT_HASH_HEX];
    memset(state, 0, sizeof *state); /* the gaps between its members are written too */
    gt_hash_init(&h);
    gt_hash_init(&name);
    gt_hash_add_u64(&h, (uint64_t)gt_store_srs_id(j->store));
    gt_hash_add_u64(&h, (uint64_t)j->options->as_of);
    gt_hash_add_u64(&name, (uint64_t)j->options->as_of);
    for (size_t c = 0; c < j->table->n_columns; c++) {
        put_column_key(&h, &j->table->columns[c]);
        gt_hash_add_text(&name, j->table->columns[c].name);
    }
    if (j->vault != NULL) {
        gt_hash_add(&h, j->vault->key, sizeof j->vault->key);
    }
    for (size_t i = 0; i < j->n_layers; i++) {
        gt_layer_info info;
        gt_status st = gt_store_find_layer(ctx, j->store, j->layers[i].id, &info);
        if (st != GT_OK) {
            return st;
        }
        gt_hash_add_text(&h, j->layers[i].id);
        for (size_t f = 0; f < info.standard->n_fields; f++) {
            gt_hash_add_text(&h, info.standard->fields[f].name);
        }
    }
    gt_hash_final(&h, state->key);
    gt_hash_final(&name, digest);
    gt_hash_hex(digest, hex);
    int n = snprintf(path, cap, "%s/cache/weave/%.16s.account", gt_store_dir(j->store), hex);
    return n > 0 && (size_t)n < cap
               ? GT_OK
               : gt_fail_errno(ctx, ENAMETOOLONG, "open", gt_store_dir(j->store));
}

/* A folder that cannot be written does without. */
static gt_status keep(gt_ctx *ctx, const char *path, const gt_area_account_state *state,
                      const gt_area_job *j)
{
    gt_status st = gt_area_account_save(ctx, path, state, &j->account);
    if (st == GT_E_ENV) {
        gt_error_clear(ctx);
        return GT_OK;
    }
    return st;
}

/* ---- the newest state ---------------------------------------------------------------------------
 */

gt_status gt_area_kept_now(gt_ctx *ctx, gt_area_job *j, bool *good)
{
    const gt_vault *v = j->vault;
    gt_area_account_state want, had;
    char path[PATH_MAX];
    bool found = false;
    *good = true;
    gt_status st = name_account(ctx, j, &want, path, sizeof path);
    memcpy(want.birth, v->birth, sizeof want.birth);
    want.sequence = v->sequence;
    st = st == GT_OK ? gt_area_account_load(ctx, path, &had, &j->account, &found) : st;
    if (st == GT_OK && found) {
        found = memcmp(had.key, want.key, sizeof want.key) == 0 &&
                memcmp(had.birth, want.birth, sizeof want.birth) == 0;
        if (found && had.sequence == v->sequence) {
            return GT_OK;
        }
        st = found ? gt_area_code_classes(ctx, j) : GT_OK;
        if (st == GT_OK && found) {
            st = gt_vault_each_change(ctx, j->vault, had.sequence, gt_area_add_row, j, &found);
        }
        st = st == GT_OK && !found ? gt_area_restart(ctx, j) : st;
    }
    if (st == GT_OK && !found) {
        st = gt_area_code_classes(ctx, j);
        st = st == GT_OK ? gt_vault_each_row(ctx, j->vault, gt_area_add_row, j, good) : st;
    }
    if (st == GT_OK && *good) {
        st = gt_area_settle(ctx, j);
        st = st == GT_OK ? keep(ctx, path, &want, j) : st;
    }
    return st;
}

/* ---- a day --------------------------------------------------------------------------------------
 */

typedef struct day {
    gt_area_job *j;
    gt_area_account_state want, had;
    gt_woven_layer layers[GT_AREA_COLUMNS];
    gt_area_cells cells;
} day;

static gt_status state_of(gt_ctx *ctx, gt_store *store, gt_area_account_state *s)
{
    gt_revision r;
    s->revision = gt_store_revision(store);
    gt_status st = s->revision == 0 ? GT_OK : gt_store_revision_info(ctx, store, s->revision, &r);
    if (st == GT_OK && s->revision != 0) {
        memcpy(s->revision_hash, r.hash, sizeof s->revision_hash);
    }
    return st;
}

static void at_revision(day *d, int64_t revision)
{
    for (size_t i = 0; i < d->j->n_layers; i++) {
        d->layers[i] = (gt_woven_layer){
            .id = d->j->layers[i].id, .as_of = d->j->options->as_of, .as_of_rev = revision};
    }
}

static bool is_known(gt_ctx *ctx, const day *d)
{
    gt_revision r;
    bool known = memcmp(d->had.key, d->want.key, sizeof d->want.key) == 0 &&
                 d->had.side == d->want.side && d->had.revision > 0 &&
                 d->had.revision <= d->want.revision;
    if (known && gt_store_revision_info(ctx, d->j->store, d->had.revision, &r) != GT_OK) {
        gt_error_clear(ctx);
        known = false;
    }
    return known && strcmp(r.hash, d->had.revision_hash) == 0;
}

/* Was the version part of the map of that day, as known at the revision? */
static bool counted(const gt_feature *f, gt_date date, int64_t revision)
{
    bool known = f->rev_from <= revision && (f->rev_to == 0 || f->rev_to > revision);
    bool ended = f->valid_to_rev != 0 && f->valid_to_rev <= revision && f->valid_to <= date;
    return known && !ended && (f->valid_from == GT_DATE_NONE || f->valid_from <= date);
}

/* Boxes of the row versions that came to or left the map of that day since it was kept. */
static gt_status changed_of(gt_ctx *ctx, day *d, const char *layer)
{
    gt_scan *scan = NULL;
    gt_query q;
    gt_query_init(&q, layer);
    q.changed_since = d->had.revision;
    gt_status st = gt_scan_open(ctx, d->j->store, &q, &scan);
    for (size_t n = 0; st == GT_OK && !d->cells.many; n++) {
        gt_feature f;
        bool more = false;
        st = gt_scan_next(ctx, scan, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        gt_date date = d->j->options->as_of;
        if (counted(&f, date, d->had.revision) != counted(&f, date, d->want.revision)) {
            gt_area_cells_add(&d->cells, f.box);
        }
        d->cells.many = d->cells.many || n == GT_AREA_BOXES;
    }
    gt_scan_close(scan);
    return st;
}

static gt_status changed_cells(gt_ctx *ctx, day *d)
{
    gt_status st = GT_OK;
    d->cells.side = d->want.side;
    d->cells.extent = d->had.extent;
    for (size_t i = 0; st == GT_OK && i < d->j->n_layers && !d->cells.many; i++) {
        gt_layer_info info;
        st = gt_store_find_layer(ctx, d->j->store, d->j->layers[i].id, &info);
        if (st == GT_OK && info.revision > d->had.revision) {
            st = changed_of(ctx, d, d->j->layers[i].id);
        }
    }
    gt_area_cells_weigh(&d->cells);
    d->want.extent = d->cells.extent;
    return st;
}

static gt_status weave_changes(gt_ctx *ctx, day *d)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < d->cells.n; i++) {
        d->j->sign = -1;
        at_revision(d, d->had.revision);
        st = gt_area_weave(ctx, d->j, d->layers, d->want.side, d->want.extent, &d->cells.rects[i]);
        d->j->sign = 1;
        at_revision(d, d->want.revision);
        st = st == GT_OK ? gt_area_weave(ctx, d->j, d->layers, d->want.side, d->want.extent,
                                         &d->cells.rects[i])
                         : st;
    }
    return st;
}

static gt_status weave_whole(gt_ctx *ctx, day *d)
{
    double side = 0; /* not of that day: see gt_area_day_side */
    gt_status st = gt_area_restart(ctx, d->j);
    at_revision(d, d->want.revision);
    st = st == GT_OK ? gt_region_side(ctx, d->j->store, d->layers, (uint32_t)d->j->n_layers, &side,
                                      &d->want.extent)
                     : st;
    if (st != GT_OK || !(d->want.extent.xmin <= d->want.extent.xmax)) {
        return st;
    }
    return gt_area_weave(ctx, d->j, d->layers, d->want.side, d->want.extent, NULL);
}

gt_status gt_area_kept_day(gt_ctx *ctx, gt_area_job *j)
{
    day *d = gt_zalloc(ctx, 1, sizeof *d);
    char path[PATH_MAX];
    bool found = false;
    if (d == NULL) {
        return GT_E_MEMORY;
    }
    d->j = j;
    gt_status st = name_account(ctx, j, &d->want, path, sizeof path);
    st = st == GT_OK ? state_of(ctx, j->store, &d->want) : st;
    st = st == GT_OK ? gt_area_day_side(ctx, j, &d->want.side) : st;
    st = st == GT_OK ? gt_area_account_load(ctx, path, &d->had, &j->account, &found) : st;
    found = st == GT_OK && found && is_known(ctx, d);
    if (found) {
        st = changed_cells(ctx, d);
        found = !d->cells.many;
    }
    if (st == GT_OK && (!found || d->cells.n > 0 || d->had.revision != d->want.revision)) {
        st = found ? weave_changes(ctx, d) : weave_whole(ctx, d);
        st = st == GT_OK ? gt_area_settle(ctx, j) : st;
        st = st == GT_OK ? keep(ctx, path, &d->want, j) : st;
    }
    gt_free(ctx, d);
    return st;
}
