/* Area tables: sums over sets of codes, from a stored weave or a fresh one, by column texts.
 *
 * Columns of one layer share a code: the texts of all of them, joined by a unit separator, numbered
 * by a dictionary. Sums have one code a layer and feature, and a row's texts are read back from it.
 * All ways lead through add_keys, with integers: they cannot differ.
 */
#include <string.h>

#include "coverage/area_job.h"
#include "coverage/messages.h"

enum { MAX_COLUMNS = GT_AREA_COLUMNS, SEPARATOR = 0x1F };

typedef gt_area_job job;
typedef gt_layer_use layer_use;

void gt_areas_options_init(gt_areas_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->as_of = GT_DATE_NONE;
}

/* ---- codes --------------------------------------------------------------------------------------
 */

static void put_big(const gt_area_column *c, const char *text, gt_text *key)
{
    const gt_code *code = c->codes == NULL ? NULL : gt_codelist_find(c->codes, text);
    if (code != NULL && code->big != NULL) {
        gt_text_puts(key, code->big);
    }
}

static void put_column(const gt_area_column *c, const gt_feature *f, gt_text *key)
{
    const gt_value *v = c->field < 0 ? NULL : &f->values[c->field];
    if (c->any) {
        bool none = v != NULL && (v->kind == GT_VAL_TEXT ? v->len == 0 : v->kind == GT_NULL);
        gt_text_puts(key, none ? "" : "1");
    } else if (v == NULL) {
        gt_text_puts(key, f->id);
    } else if (!c->big_class) {
        gt_class_put_value(&f->values[c->field], key);
    } else if (f->values[c->field].kind == GT_VAL_TEXT) {
        put_big(c, f->values[c->field].text, key);
    }
}

gt_status gt_area_text_of(gt_area_job *j, uint32_t use, const gt_feature *f)
{
    gt_text_clear(&j->key);
    for (size_t c = 0; c < j->table->n_columns; c++) {
        if (j->layer_of[c] == use) {
            put_column(&j->table->columns[c], f, &j->key);
            gt_text_putc(&j->key, SEPARATOR);
        }
    }
    return gt_text_status(&j->key);
}

/* Code of the joined texts of a feature's columns. */
static gt_status code_of(gt_ctx *ctx, void *user, uint32_t layer, const gt_feature *f,
                         uint32_t *code)
{
    job *j = user;
    (void)ctx;
    gt_status st = gt_area_text_of(j, layer, f);
    return st == GT_OK
               ? gt_words_add(j->layers[layer].words, gt_text_cstr(&j->key), j->key.len, code)
               : st;
}

static gt_status keys_for(gt_ctx *ctx, job *j, size_t n)
{
    void *block = j->keys;
    gt_status st = gt_grow(ctx, &block, &j->cap_keys, n + 1, sizeof *j->keys);
    j->keys = block;
    return st;
}

/* Adds j->keys[0..n); nothing when none is left. */
static gt_status add_keys(job *j, size_t n, const gt_sum *add)
{
    n = gt_sum_keys_tidy(j->keys, n);
    return n == 0 ? GT_OK : gt_sums_add(&j->sums, j->keys, n, add);
}

/* ---- weaving afresh -----------------------------------------------------------------------------
 */

static gt_status add_cell(gt_ctx *ctx, void *user, const gt_weave_cell *cell, const gt_strip *strip)
{
    job *j = user;
    gt_status st = gt_tally_cell(ctx, &j->tally, cell, strip);
    for (size_t i = 0; st == GT_OK && i < j->tally.n_rows; i++) {
        const gt_tally_row *r = &j->tally.rows[i];
        const gt_sum add = {j->sign * r->area, j->sign * r->plane, (int64_t)j->sign};
        st = gt_sums_add(&j->sums, j->tally.keys + r->first, r->n, &add);
    }
    return st;
}

gt_status gt_area_weave(gt_ctx *ctx, job *j, const gt_woven_layer *layers, double side,
                        gt_box extent, const gt_rect *rect)
{
    const gt_region region = {.store = j->store,
                              .layers = layers,
                              .n_layers = (uint32_t)j->n_layers,
                              .side = side,
                              .code = code_of,
                              .cell = add_cell,
                              .user = j};
    gt_rect all = gt_region_rect(side, extent);
    return gt_region_weave(ctx, &region, extent, rect == NULL ? &all : rect);
}

gt_status gt_area_day_side(gt_ctx *ctx, job *j, double *side)
{
    gt_woven_layer layers[MAX_COLUMNS];
    gt_box extent;
    for (size_t i = 0; i < j->n_layers; i++) {
        layers[i] = (gt_woven_layer){.id = j->layers[i].id, .as_of = GT_DATE_NONE};
    }
    return gt_region_side(ctx, j->store, layers, (uint32_t)j->n_layers, side, &extent);
}

static gt_status weave_afresh(gt_ctx *ctx, job *j)
{
    gt_woven_layer layers[MAX_COLUMNS];
    gt_box extent;
    double side = 0;
    for (size_t i = 0; i < j->n_layers; i++) {
        layers[i] =
            (gt_woven_layer){.id = j->layers[i].id,
                             .as_of = j->options->as_of,
                             .as_of_rev = j->options->as_of_rev,
                             .traced = j->layers[i].grid != NULL ? &j->layers[i].traced : NULL};
    }
    gt_status st = gt_region_side(ctx, j->store, layers, (uint32_t)j->n_layers, &side, &extent);
    if (st != GT_OK || !(extent.xmin <= extent.xmax)) {
        return st;
    }
    if (j->options->as_of != GT_DATE_NONE && j->options->as_of_rev == 0) {
        st = gt_area_day_side(ctx, j, &side);
    }
    return st == GT_OK ? gt_area_weave(ctx, j, layers, side, extent, NULL) : st;
}

/* ---- from a stored weave ------------------------------------------------------------------------
 */

/* Do the vault's classes tell every column? */
static gt_status classes_tell(gt_ctx *ctx, job *j, bool *tell)
{
    gt_status st = GT_OK;
    *tell = true;
    for (size_t c = 0; st == GT_OK && c < j->table->n_columns; c++) {
        gt_layer_info info;
        const gt_area_column *column = &j->table->columns[c];
        st = gt_store_find_layer(ctx, j->store, column->layer, &info);
        if (st == GT_OK) {
            gt_class how = gt_class_of(j->package, &info);
            int also = gt_class_also(j->package, &info, &how), field = column->field;
            j->layers[j->layer_of[c]].also = also;
            /* whether something is there is told by any feature that has an id */
            *tell = *tell && (how.kind == GT_CLASS_FIELD
                                  ? field == how.field || (field >= 0 && field == also)
                              : how.kind == GT_CLASS_ID ? field < 0
                                                        : field < 0 && column->any);
        }
    }
    return st;
}

/* What a class says about a column. */
static gt_status put_class(gt_ctx *ctx, const gt_area_column *column, int also, const char *text,
                           size_t len, gt_text *key)
{
    const char *joint = also < 0 ? NULL : memchr(text, GT_CLASS_JOINT, len);
    if (joint != NULL && column->field == also) {
        len -= (size_t)(joint + 1 - text);
        text = joint + 1;
    } else if (joint != NULL) {
        len = (size_t)(joint - text);
    }
    if (column->any) {
        gt_text_puts(key, column->field < 0 || len > 0 ? "1" : "");
    } else if (column->big_class) {
        char *code = gt_zalloc(ctx, len + 1, 1);
        if (code == NULL) {
            return GT_E_MEMORY;
        }
        memcpy(code, text, len);
        put_big(column, code, key);
        gt_free(ctx, code);
    } else {
        gt_text_add(key, text, len);
    }
    return gt_text_status(key);
}

/* Codes of our columns for every class of the vault. */
static gt_status code_classes(gt_ctx *ctx, job *j, uint32_t layer, layer_use *l, size_t use)
{
    const gt_words *classes = j->vault->words[layer];
    size_t n = gt_words_count(classes);
    l->class_code = gt_alloc(ctx, n + 1, sizeof *l->class_code);
    gt_status st = l->class_code == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        size_t len = 0;
        const char *text = gt_words_text(classes, (uint32_t)i, &len);
        gt_text_clear(&j->key);
        for (size_t c = 0; st == GT_OK && c < j->table->n_columns; c++) {
            if (j->layer_of[c] == use) {
                st = put_class(ctx, &j->table->columns[c], l->also, text, len, &j->key);
                gt_text_putc(&j->key, SEPARATOR);
            }
        }
        st = st == GT_OK ? gt_text_status(&j->key) : st;
        st = st == GT_OK
                 ? gt_words_add(l->words, gt_text_cstr(&j->key), j->key.len, &l->class_code[i])
                 : st;
    }
    return st;
}

gt_status gt_area_code_classes(gt_ctx *ctx, job *j)
{
    const gt_vault *v = j->vault;
    gt_status st = GT_OK;
    for (uint32_t k = 0; st == GT_OK && k < v->n_layers; k++) {
        layer_use *l = j->use_of[k] < j->n_layers ? &j->layers[j->use_of[k]] : NULL;
        if (l != NULL && l->class_code == NULL) {
            st = code_classes(ctx, j, k, l, j->use_of[k]);
        }
    }
    return st;
}

gt_status gt_area_add_row(gt_ctx *ctx, void *user, const uint64_t *keys, size_t n,
                          const gt_sum *add)
{
    job *j = user;
    size_t kept = 0;
    gt_status st = keys_for(ctx, j, n);
    for (size_t k = 0; st == GT_OK && k < n; k++) {
        uint32_t use = j->use_of[keys[k] >> 32];
        if (use < j->n_layers) {
            j->keys[kept++] = gt_sum_key(use, j->layers[use].class_code[(uint32_t)keys[k]]);
        }
    }
    return st == GT_OK ? add_keys(j, kept, add) : st;
}

/* Codes of all features of a layer, by row. */
static gt_status code_rows(gt_ctx *ctx, job *j, uint32_t use)
{
    layer_use *l = &j->layers[use];
    gt_scan *scan = NULL;
    gt_query q;
    gt_query_init(&q, l->id);
    q.no_geometry = true;
    gt_status st = gt_scan_open(ctx, j->store, &q, &scan);
    while (st == GT_OK) {
        gt_feature f;
        bool more = false;
        st = gt_scan_next(ctx, scan, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        void *codes = l->code_of, *numbers = l->number;
        st = gt_grow(ctx, &codes, &l->cap_codes, l->n_codes + 1, sizeof *l->code_of);
        l->code_of = codes;
        st = st == GT_OK
                 ? gt_grow(ctx, &numbers, &l->cap_numbers, l->n_codes + 1, sizeof *l->number)
                 : st;
        l->number = numbers;
        st = st == GT_OK ? code_of(ctx, j, use, &f, &l->code_of[l->n_codes]) : st;
        if (st == GT_OK) {
            l->number[l->n_codes++] = (uint32_t)f.row;
        }
    }
    gt_scan_close(scan);
    return st;
}

static gt_status add_entry(gt_ctx *ctx, void *user, const uint64_t *keys, size_t n, int64_t area,
                           int64_t plane)
{
    job *j = user;
    size_t kept = 0;
    gt_status st = keys_for(ctx, j, n);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        uint32_t use = j->use_of[keys[i] >> 32];
        if (use < j->n_layers) {
            const layer_use *l = &j->layers[use];
            const gt_flat rows = {.number = l->number, .n_features = l->n_codes};
            size_t at = gt_flat_find(&rows, (uint32_t)keys[i]);
            if (at != SIZE_MAX) {
                j->keys[kept++] = gt_sum_key(use, l->code_of[at]);
            }
        }
    }
    return st == GT_OK ? add_keys(j, kept, &(gt_sum){area, plane, 1}) : st;
}

static gt_status sum_cells(gt_ctx *ctx, job *j, bool *good)
{
    gt_status st = GT_OK;
    *good = true;
    for (uint32_t use = 0; st == GT_OK && use < j->n_layers; use++) {
        st = code_rows(ctx, j, use);
    }
    for (size_t i = 0; st == GT_OK && *good && i < j->vault->n_cells; i++) {
        const gt_vault_cell *c = &j->vault->cells[i];
        gt_weave_cell cell = {.column = c->column, .row = c->row, .bytes = c->bytes};
        const uint8_t *block = NULL;
        st = gt_vault_get(ctx, j->vault, c, &block, good);
        cell.block = block;
        *good = *good && st == GT_OK && gt_weave_cell_check(&cell, j->vault->n_layers);
        if (*good) {
            st = gt_weave_cell_entries(ctx, &cell, add_entry, j);
        }
    }
    return st;
}

/* The account of every polygon layer, brought up to date; a read-only folder does without. */
static gt_status renew_whole(gt_ctx *ctx, const job *j)
{
    gt_stored_options o;
    gt_stored_options_init(&o);
    gt_status st = gt_stored_update(ctx, j->store, j->package, &o, NULL);
    if (st == GT_E_ENV) {
        gt_error_clear(ctx);
        return GT_OK;
    }
    return st;
}

static void name_uses(job *j)
{
    for (uint32_t k = 0; k < j->vault->n_layers; k++) {
        j->use_of[k] = (uint32_t)j->n_layers;
        for (uint32_t i = 0; i < j->n_layers; i++) {
            if (strcmp(j->vault->ids[k], j->layers[i].id) == 0) {
                j->use_of[k] = i;
            }
        }
    }
}

/* A vault with damaged sums is woven anew, as one with a damaged head would have been. */
static gt_status mend(gt_ctx *ctx, const job *j)
{
    gt_stored_options o;
    gt_stored_facts facts;
    gt_stored_options_init(&o);
    o.layers = (const char *const *)j->vault->ids;
    o.n_layers = j->vault->n_layers;
    gt_status st = gt_stored_update(ctx, j->store, j->package, &o, &facts);
    if (st == GT_E_ENV) {
        gt_error_clear(ctx);
        return GT_OK;
    }
    return st;
}

/* *used = false: there is no stored weave to take the sums from. */
static gt_status read_vault(gt_ctx *ctx, job *j, bool *used)
{
    const char *ids[MAX_COLUMNS];
    bool tell = false;
    for (size_t i = 0; i < j->n_layers; i++) {
        ids[i] = j->layers[i].id;
        gt_free(ctx, j->layers[i].class_code); /* of the vault before */
        j->layers[i].class_code = NULL;
    }
    gt_vault_close(j->vault);
    j->vault = NULL;
    gt_status st = gt_stored_open(ctx, j->store, j->package, ids, j->n_layers, &j->vault);
    *used = false;
    if (st != GT_OK || j->vault == NULL) {
        return st;
    }
    name_uses(j);
    st = classes_tell(ctx, j, &tell);
    if (st == GT_OK && !tell) {
        return sum_cells(ctx, j, used);
    }
    if (st == GT_OK && j->options->keep) {
        return gt_area_kept_now(ctx, j, used);
    }
    st = st == GT_OK ? gt_area_code_classes(ctx, j) : st;
    return st == GT_OK ? gt_vault_each_row(ctx, j->vault, gt_area_add_row, j, used) : st;
}

static gt_status from_stored(gt_ctx *ctx, job *j, bool *used)
{
    *used = false;
    if (j->options->afresh || j->options->as_of != GT_DATE_NONE || j->options->as_of_rev != 0) {
        return GT_OK;
    }
    for (size_t i = 0; i < j->n_layers; i++) {
        if (j->layers[i].grid != NULL) {
            return GT_OK; /* grids are in no stored weave */
        }
    }
    gt_status st = j->options->whole ? renew_whole(ctx, j) : GT_OK;
    st = st == GT_OK ? read_vault(ctx, j, used) : st;
    if (st == GT_OK && !*used && j->vault != NULL) { /* it turned out damaged half way */
        st = gt_area_restart(ctx, j);
        st = st == GT_OK ? mend(ctx, j) : st;
        st = st == GT_OK ? read_vault(ctx, j, used) : st;
    }
    return st;
}

/* A grid is as it was made last: of other days nothing is known. */
static gt_status open_grid(gt_ctx *ctx, job *j, size_t i)
{
    layer_use *l = &j->layers[i];
    if (j->options->as_of != GT_DATE_NONE || j->options->as_of_rev != 0) {
        return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_COVERAGE_GRID_THEN, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("grid", l->grid)));
    }
    gt_status st = gt_traced_open(ctx, j->store, l->grid, &l->traced);
    for (size_t c = 0; st == GT_OK && c < j->table->n_columns; c++) {
        if (j->layer_of[c] == i) {
            j->table->columns[c].generated = l->traced.generated;
        }
    }
    return st == GT_OK ? gt_words_new(ctx, &l->words) : st;
}

static gt_status open_layer(gt_ctx *ctx, job *j, size_t i)
{
    gt_layer_info info;
    if (j->layers[i].grid != NULL) {
        return open_grid(ctx, j, i);
    }
    gt_status st = gt_stored_layer(ctx, j->store, j->layers[i].id, &info);
    return st == GT_OK ? gt_words_new(ctx, &j->layers[i].words) : st;
}

/* ---- rows
 * ------------------------------------------------------------------------------------------ */

/* Text of column c of a layer's joined key: the k-th piece, k = its rank among the layer's columns.
 */
static const char *piece(const job *j, size_t c, uint32_t code, size_t *len)
{
    const layer_use *l = &j->layers[j->layer_of[c]];
    size_t rank = 0;
    for (size_t k = 0; k < c; k++) {
        rank += j->layer_of[k] == j->layer_of[c];
    }
    const char *p = gt_words_text(l->words, code, NULL);
    for (; rank > 0; rank--) {
        p = strchr(p, SEPARATOR) + 1;
    }
    *len = (size_t)(strchr(p, SEPARATOR) - p);
    return p;
}

/* The text of column c in a row of sums: none, one, or "*" for several. */
static const char *cell_text(const job *j, size_t c, const char *keys, size_t n, size_t *len)
{
    const char *text = NULL;
    *len = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t key = gt_sum_key_at(keys, i);
        size_t other = 0;
        if (key >> 32 != j->layer_of[c]) {
            continue;
        }
        const char *p = piece(j, c, (uint32_t)key, &other);
        if (text != NULL && (other != *len || memcmp(p, text, other) != 0)) {
            *len = 1;
            return "*";
        }
        text = p;
        *len = other;
    }
    return text == NULL ? "" : text;
}

gt_status gt_area_settle(gt_ctx *ctx, job *j)
{
    const char *texts[MAX_COLUMNS];
    size_t lengths[MAX_COLUMNS];
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < gt_sums_count(&j->sums); i++) {
        size_t n = 0;
        const char *keys = gt_sums_keys(&j->sums, i, &n);
        for (size_t c = 0; c < j->table->n_columns; c++) {
            texts[c] = cell_text(j, c, keys, n, &lengths[c]);
        }
        st = gt_area_account_add(&j->account, texts, lengths, &j->sums.sums[i]);
    }
    gt_sums_free(&j->sums);
    return st == GT_OK ? gt_sums_init(ctx, &j->sums) : st;
}

gt_status gt_area_restart(gt_ctx *ctx, job *j)
{
    gt_sums_free(&j->sums);
    gt_area_account_free(&j->account);
    gt_status st = gt_sums_init(ctx, &j->sums);
    return st == GT_OK ? gt_area_account_init(ctx, j->table->n_columns, &j->account) : st;
}

void gt_area_close(gt_ctx *ctx, gt_area_job *j)
{
    if (j == NULL) {
        return;
    }
    for (size_t i = 0; i < j->n_layers; i++) {
        gt_words_free(j->layers[i].words);
        gt_traced_free(ctx, &j->layers[i].traced);
        gt_free(ctx, j->layers[i].code_of);
        gt_free(ctx, j->layers[i].number);
        gt_free(ctx, j->layers[i].class_code);
    }
    gt_vault_close(j->vault);
    gt_tally_free(ctx, &j->tally);
    gt_sums_free(&j->sums);
    gt_area_account_free(&j->account);
    gt_area_table_free(j->table);
    gt_text_free(&j->key);
    gt_free(ctx, j->keys);
    gt_free(ctx, j);
}

gt_status gt_area_open(gt_ctx *ctx, gt_store *store, const gt_package *package,
                       const gt_areas_options *options, const char *by, gt_area_job **out)
{
    job *j = gt_zalloc(ctx, 1, sizeof *j);
    gt_area_table *t = gt_zalloc(ctx, 1, sizeof *t);
    *out = NULL;
    if (j == NULL || t == NULL) {
        gt_free(ctx, j);
        gt_free(ctx, t);
        return GT_E_MEMORY;
    }
    t->ctx = ctx;
    gt_text_init(&j->key, ctx, 0);
    j->store = store;
    j->package = package;
    j->options = options;
    j->table = t;
    j->sign = 1;
    gt_status st = gt_arena_new(ctx, 0, &t->arena);
    st = st == GT_OK ? gt_area_read_columns(ctx, j, by) : st;
    for (size_t i = 0; st == GT_OK && i < j->n_layers; i++) {
        st = open_layer(ctx, j, i);
    }
    st = st == GT_OK ? gt_area_restart(ctx, j) : st;
    if (st != GT_OK) {
        gt_area_close(ctx, j);
        return st;
    }
    *out = j;
    return GT_OK;
}

gt_status gt_area_finish(gt_ctx *ctx, gt_area_job *j, gt_area_table **out)
{
    gt_status st = gt_area_settle(ctx, j);
    st = st == GT_OK ? gt_area_account_fill(ctx, &j->account, j->table) : st;
    st = st == GT_OK ? gt_area_table_order(j->table) : st;
    if (st == GT_OK) {
        *out = j->table;
        j->table = NULL;
    }
    return st;
}

static gt_status run(gt_ctx *ctx, job *j)
{
    bool used = false;
    gt_status st = GT_OK;
    if (j->options->keep && j->options->as_of != GT_DATE_NONE && j->options->as_of_rev == 0 &&
        !j->options->afresh) {
        used = true;
        st = gt_area_kept_day(ctx, j);
    }
    st = st == GT_OK && !used ? from_stored(ctx, j, &used) : st;
    if (st == GT_OK && !used) {
        st = gt_area_restart(ctx, j);
        st = st == GT_OK ? weave_afresh(ctx, j) : st;
    }
    return st;
}

gt_status gt_areas(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *by,
                   const gt_areas_options *options, gt_area_table **out)
{
    gt_areas_options o;
    job *j = NULL;
    gt_areas_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    gt_status st = gt_area_open(ctx, store, package, &o, by, &j);
    st = st == GT_OK ? run(ctx, j) : st;
    st = st == GT_OK ? gt_area_finish(ctx, j, out) : st;
    gt_area_close(ctx, j);
    return st;
}
