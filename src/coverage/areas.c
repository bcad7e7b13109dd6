/* Area tables: sums over sets of codes, from a stored weave or a fresh one, by column texts.
 *
 * Columns of one layer share a code: the texts of all of them, joined by a unit separator, numbered
 * by a dictionary. Sums have one code a layer and feature, and a row's texts are read back from it.
 * All ways lead through add_keys, with integers: they cannot differ.
 */
#include <string.h>

#include "coverage/area_table.h"
#include "coverage/messages.h"
#include "coverage/stored.h"
#include "coverage/tally.h"

enum { MAX_COLUMNS = GT_AREA_COLUMNS, SEPARATOR = 0x1F };

typedef struct layer_use {
    const char *id;
    gt_words *words;   /* joined texts of its columns */
    uint32_t *code_of; /* reading cells: by index of `number` */
    uint32_t *number;  /* rows, ascending */
    size_t n_codes, cap_codes, cap_numbers;
    uint32_t *class_code; /* reading sums: by class of the vault */
} layer_use;

typedef struct job {
    gt_store *store;
    const gt_package *package;
    const gt_areas_options *options;
    gt_area_table *table;
    layer_use layers[MAX_COLUMNS];
    size_t n_layers;
    size_t layer_of[MAX_COLUMNS]; /* column -> layer_use */
    gt_vault *vault;
    uint32_t use_of[GT_WEAVE_LAYERS_MAX]; /* layer of the vault -> layer_use, or n_layers */
    gt_tally tally;
    gt_sums sums;
    gt_text key; /* scratch */
    uint64_t *keys;
    size_t cap_keys;
} job;

void gt_areas_options_init(gt_areas_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->as_of = GT_DATE_NONE;
}

/* ---- columns ----------------------------------------------------------------------------------
 */

static const char *township_layer(const gt_package *p)
{
    const char *const *units = gt_package_units(p);
    const char *last = NULL;
    for (size_t i = 0; units != NULL && units[i] != NULL; i++) {
        last = units[i];
    }
    return last;
}

static gt_status unknown_word(gt_ctx *ctx, const char *word)
{
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_AREA_WORD, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("word", word),
                           GT_TEXT("known", "district, township, land_class, big_class")));
}

/* Splits "layer.field"; a word of the package's own is put in terms of its layers. */
static gt_status resolve(gt_ctx *ctx, job *j, char *word, gt_area_column *c)
{
    const gt_package *p = j->package;
    const char *field = NULL;
    c->name = word;
    c->field = -1;
    if (strcmp(word, "district") == 0) {
        c->layer = gt_package_unit_layer(p);
        field = gt_package_unit_name_field(p);
    } else if (strcmp(word, "township") == 0) {
        c->layer = township_layer(p);
        field = gt_package_unit_name_field(p);
    } else if (strcmp(word, "land_class") == 0 || strcmp(word, "big_class") == 0) {
        c->layer = gt_package_land_layer(p);
        c->big_class = word[0] == 'b';
    } else {
        char *copy = gt_arena_strdup(j->table->arena, word);
        char *dot = copy == NULL ? NULL : strchr(copy, '.');
        if (copy == NULL) {
            return GT_E_MEMORY;
        }
        if (dot != NULL) {
            *dot = '\0';
            field = dot + 1;
        }
        c->layer = copy;
    }
    const gt_standard *s = c->layer == NULL ? NULL : gt_package_find_layer(p, c->layer);
    if (s == NULL) {
        return unknown_word(ctx, word);
    }
    if (field != NULL && strcmp(field, "gt_id") == 0) {
        return GT_OK; /* the feature itself */
    }
    field = field != NULL ? field : s->class_field;
    const char *unit = gt_package_unit_layer(p);
    if (field == NULL && unit != NULL && strcmp(unit, c->layer) == 0) {
        field = gt_package_unit_name_field(p); /* as `district` */
    }
    if (field != NULL) {
        c->field = gt_standard_field(s, field);
        if (c->field < 0) {
            return unknown_word(ctx, word);
        }
        c->codes = s->fields[c->field].codes;
    }
    return GT_OK;
}

static void use_layer(job *j, size_t column)
{
    const char *id = j->table->columns[column].layer;
    for (size_t i = 0; i < j->n_layers; i++) {
        if (strcmp(j->layers[i].id, id) == 0) {
            j->layer_of[column] = i;
            return;
        }
    }
    j->layers[j->n_layers].id = id;
    j->layer_of[column] = j->n_layers++;
}

static gt_status read_columns(gt_ctx *ctx, job *j, const char *by)
{
    gt_area_table *t = j->table;
    while (*by != '\0') {
        size_t len = strcspn(by, ",");
        if (t->n_columns >= MAX_COLUMNS) {
            return gt_fail(ctx, GT_E_USAGE, &GT_MSG_AREA_COLUMNS, GT_NOWHERE,
                           GT_ARGS(GT_INT("max", MAX_COLUMNS)));
        }
        char *word = gt_arena_strndup(t->arena, by, len);
        if (word == NULL) {
            return GT_E_MEMORY;
        }
        gt_status st = resolve(ctx, j, word, &t->columns[t->n_columns]);
        if (st != GT_OK) {
            return st;
        }
        use_layer(j, t->n_columns++);
        by += len + (by[len] == ',' ? 1 : 0);
    }
    return t->n_columns > 0 ? GT_OK : unknown_word(ctx, "");
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
    if (c->field < 0) {
        gt_text_puts(key, f->id);
    } else if (!c->big_class) {
        gt_class_put_value(&f->values[c->field], key);
    } else if (f->values[c->field].kind == GT_VAL_TEXT) {
        put_big(c, f->values[c->field].text, key);
    }
}

/* Code of the joined texts of a feature's columns. */
static gt_status code_of(gt_ctx *ctx, void *user, uint32_t layer, const gt_feature *f,
                         uint32_t *code)
{
    job *j = user;
    (void)ctx;
    gt_text_clear(&j->key);
    for (size_t c = 0; c < j->table->n_columns; c++) {
        if (j->layer_of[c] == layer) {
            put_column(&j->table->columns[c], f, &j->key);
            gt_text_putc(&j->key, SEPARATOR);
        }
    }
    gt_status st = gt_text_status(&j->key);
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
static gt_status add_keys(job *j, size_t n, gt_wide area, gt_wide plane)
{
    n = gt_sum_keys_tidy(j->keys, n);
    return n == 0 ? GT_OK : gt_sums_add(&j->sums, j->keys, n, &(gt_sum){area, plane, 1});
}

/* ---- weaving afresh -----------------------------------------------------------------------------
 */

static gt_status add_cell(gt_ctx *ctx, void *user, const gt_weave_cell *cell, const gt_strip *strip)
{
    job *j = user;
    gt_status st = gt_tally_cell(ctx, &j->tally, cell, strip);
    for (size_t i = 0; st == GT_OK && i < j->tally.n_rows; i++) {
        const gt_tally_row *r = &j->tally.rows[i];
        st = gt_sums_add(&j->sums, j->tally.keys + r->first, r->n, &(gt_sum){r->area, r->plane, 1});
    }
    return st;
}

static gt_status weave_afresh(gt_ctx *ctx, job *j)
{
    gt_woven_layer layers[MAX_COLUMNS];
    gt_region region = {.store = j->store,
                        .layers = layers,
                        .n_layers = (uint32_t)j->n_layers,
                        .code = code_of,
                        .cell = add_cell,
                        .user = j};
    gt_box extent;
    for (size_t i = 0; i < j->n_layers; i++) {
        layers[i] = (gt_woven_layer){j->layers[i].id, j->options->as_of, j->options->as_of_rev};
    }
    gt_status st = gt_region_side(ctx, j->store, layers, region.n_layers, &region.side, &extent);
    if (st != GT_OK || !(extent.xmin <= extent.xmax)) {
        return st;
    }
    gt_rect rect = gt_region_rect(region.side, extent);
    return gt_region_weave(ctx, &region, extent, &rect);
}

/* ---- from a stored weave ------------------------------------------------------------------------
 */

/* Do the vault's classes tell every column? */
static gt_status classes_tell(gt_ctx *ctx, const job *j, bool *tell)
{
    gt_status st = GT_OK;
    *tell = true;
    for (size_t c = 0; st == GT_OK && c < j->table->n_columns; c++) {
        gt_layer_info info;
        st = gt_store_find_layer(ctx, j->store, j->table->columns[c].layer, &info);
        if (st == GT_OK) {
            gt_class how = gt_class_of(j->package, &info);
            int field = j->table->columns[c].field;
            *tell = *tell && (how.kind == GT_CLASS_FIELD ? field == how.field
                              : how.kind == GT_CLASS_ID  ? field < 0
                                                         : false);
        }
    }
    return st;
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
        for (size_t c = 0; c < j->table->n_columns; c++) {
            if (j->layer_of[c] != use) {
                continue;
            }
            if (j->table->columns[c].big_class) {
                put_big(&j->table->columns[c], text, &j->key);
            } else {
                gt_text_add(&j->key, text, len);
            }
            gt_text_putc(&j->key, SEPARATOR);
        }
        st = gt_text_status(&j->key);
        st = st == GT_OK
                 ? gt_words_add(l->words, gt_text_cstr(&j->key), j->key.len, &l->class_code[i])
                 : st;
    }
    return st;
}

static gt_status sum_classes(gt_ctx *ctx, job *j)
{
    const gt_vault *v = j->vault;
    gt_status st = GT_OK;
    for (uint32_t k = 0; st == GT_OK && k < v->n_layers; k++) {
        if (j->use_of[k] < j->n_layers) {
            st = code_classes(ctx, j, k, &j->layers[j->use_of[k]], j->use_of[k]);
        }
    }
    for (size_t i = 0; st == GT_OK && i < gt_sums_count(&v->sums); i++) {
        size_t n = 0, kept = 0;
        const char *keys = gt_sums_keys(&v->sums, i, &n);
        const gt_sum *s = &v->sums.sums[i];
        st = keys_for(ctx, j, n);
        for (size_t k = 0; st == GT_OK && s->n != 0 && k < n; k++) {
            uint64_t key = gt_sum_key_at(keys, k);
            uint32_t use = j->use_of[key >> 32];
            if (use < j->n_layers) {
                j->keys[kept++] = gt_sum_key(use, j->layers[use].class_code[(uint32_t)key]);
            }
        }
        st = st == GT_OK ? add_keys(j, kept, s->area, s->plane) : st;
    }
    return st;
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
    return st == GT_OK ? add_keys(j, kept, area, plane) : st;
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

/* *used = false: there is no stored weave to take the sums from. */
static gt_status from_stored(gt_ctx *ctx, job *j, bool *used)
{
    const char *ids[MAX_COLUMNS];
    bool tell = false;
    *used = false;
    if (j->options->afresh || j->options->as_of != GT_DATE_NONE || j->options->as_of_rev != 0) {
        return GT_OK;
    }
    for (size_t i = 0; i < j->n_layers; i++) {
        ids[i] = j->layers[i].id;
    }
    gt_status st = j->options->whole ? renew_whole(ctx, j) : GT_OK;
    if (st == GT_OK) {
        st = gt_stored_open(ctx, j->store, j->package, ids, j->n_layers, &j->vault);
    }
    if (st != GT_OK || j->vault == NULL) {
        return st;
    }
    for (uint32_t k = 0; k < j->vault->n_layers; k++) {
        j->use_of[k] = (uint32_t)j->n_layers;
        for (uint32_t i = 0; i < j->n_layers; i++) {
            if (strcmp(j->vault->ids[k], ids[i]) == 0) {
                j->use_of[k] = i;
            }
        }
    }
    st = classes_tell(ctx, j, &tell);
    *used = true;
    if (st == GT_OK && tell) {
        return sum_classes(ctx, j);
    }
    return st == GT_OK ? sum_cells(ctx, j, used) : st;
}

static gt_status open_layer(gt_ctx *ctx, job *j, size_t i)
{
    gt_layer_info info;
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
static void put_cell(const job *j, size_t c, const char *keys, size_t n, gt_text *out)
{
    const char *text = NULL;
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t key = gt_sum_key_at(keys, i);
        size_t other = 0;
        if (key >> 32 != j->layer_of[c]) {
            continue;
        }
        const char *p = piece(j, c, (uint32_t)key, &other);
        if (text != NULL && (other != len || memcmp(p, text, len) != 0)) {
            gt_text_putc(out, '*');
            return;
        }
        text = p;
        len = other;
    }
    if (text != NULL) {
        gt_text_add(out, text, len);
    }
}

/* Sums by the texts of all columns together. */
static gt_status sum_texts(job *j, gt_words *rows, gt_wide *sums, gt_wide *total)
{
    gt_status st = GT_OK;
    *total = 0;
    for (size_t i = 0; st == GT_OK && i < gt_sums_count(&j->sums); i++) {
        size_t n = 0;
        uint32_t at = 0;
        const char *keys = gt_sums_keys(&j->sums, i, &n);
        gt_text_clear(&j->key);
        for (size_t c = 0; c < j->table->n_columns; c++) {
            put_cell(j, c, keys, n, &j->key);
            gt_text_putc(&j->key, SEPARATOR);
        }
        st = gt_text_status(&j->key);
        st = st == GT_OK ? gt_words_add(rows, gt_text_cstr(&j->key), j->key.len, &at) : st;
        if (st == GT_OK) {
            sums[at] += j->sums.sums[i].area;
            *total += j->sums.sums[i].area;
        }
    }
    return st;
}

static gt_status fill_rows(gt_ctx *ctx, job *j)
{
    gt_area_table *t = j->table;
    gt_words *rows = NULL;
    gt_wide total = 0;
    gt_wide *sums = gt_zalloc(ctx, gt_sums_count(&j->sums) + 1, sizeof *sums);
    gt_status st = sums == NULL ? GT_E_MEMORY : gt_words_new(ctx, &rows);
    st = st == GT_OK ? sum_texts(j, rows, sums, &total) : st;
    if (st != GT_OK) {
        goto done;
    }
    t->n_rows = gt_words_count(rows);
    t->total = (double)total * GT_WEAVE_UNIT;
    t->texts = gt_arena_alloc(t->arena, t->n_rows * t->n_columns + 1, sizeof *t->texts);
    t->m2 = gt_arena_alloc(t->arena, t->n_rows + 1, sizeof *t->m2);
    st = t->texts == NULL || t->m2 == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t r = 0; st == GT_OK && r < t->n_rows; r++) {
        const char *p = gt_words_text(rows, (uint32_t)r, NULL);
        t->m2[r] = (double)sums[r] * GT_WEAVE_UNIT;
        for (size_t c = 0; st == GT_OK && c < t->n_columns; c++) {
            const char *end = strchr(p, SEPARATOR);
            const char *text = gt_arena_strndup(t->arena, p, (size_t)(end - p));
            t->texts[r * t->n_columns + c] = text;
            st = text == NULL ? GT_E_MEMORY : GT_OK;
            p = end + 1;
        }
    }
done:
    gt_words_free(rows);
    gt_free(ctx, sums);
    return st;
}

static void free_job(gt_ctx *ctx, job *j)
{
    for (size_t i = 0; i < j->n_layers; i++) {
        gt_words_free(j->layers[i].words);
        gt_free(ctx, j->layers[i].code_of);
        gt_free(ctx, j->layers[i].number);
        gt_free(ctx, j->layers[i].class_code);
    }
    gt_vault_close(j->vault);
    gt_tally_free(ctx, &j->tally);
    gt_sums_free(&j->sums);
    gt_text_free(&j->key);
    gt_free(ctx, j->keys);
    gt_free(ctx, j);
}

static gt_status run(gt_ctx *ctx, job *j, const char *by)
{
    bool used = false;
    gt_status st = gt_arena_new(ctx, 0, &j->table->arena);
    st = st == GT_OK ? gt_sums_init(ctx, &j->sums) : st;
    st = st == GT_OK ? read_columns(ctx, j, by) : st;
    for (size_t i = 0; st == GT_OK && i < j->n_layers; i++) {
        st = open_layer(ctx, j, i);
    }
    st = st == GT_OK ? from_stored(ctx, j, &used) : st;
    if (st == GT_OK && !used) { /* also when what is stored turns out damaged half way */
        gt_sums_free(&j->sums);
        st = gt_sums_init(ctx, &j->sums);
        st = st == GT_OK ? weave_afresh(ctx, j) : st;
    }
    st = st == GT_OK ? fill_rows(ctx, j) : st;
    return st == GT_OK ? gt_area_table_order(j->table) : st;
}

gt_status gt_areas(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *by,
                   const gt_areas_options *options, gt_area_table **out)
{
    gt_areas_options o;
    gt_areas_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    job *j = gt_zalloc(ctx, 1, sizeof *j);
    gt_area_table *t = gt_zalloc(ctx, 1, sizeof *t);
    gt_status st = j == NULL || t == NULL ? GT_E_MEMORY : GT_OK;
    if (t != NULL) {
        t->ctx = ctx;
    }
    if (st == GT_OK) {
        gt_text_init(&j->key, ctx, 0);
        j->store = store;
        j->package = package;
        j->options = &o;
        j->table = t;
        st = run(ctx, j, by);
    }
    if (j != NULL && t != NULL) {
        free_job(ctx, j);
    } else {
        gt_free(ctx, j);
    }
    if (st != GT_OK) {
        gt_area_table_free(t);
        return st;
    }
    *out = t;
    return GT_OK;
}
