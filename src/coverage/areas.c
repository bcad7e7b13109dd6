/* Area tables: weave the layers that the columns name, then sum the account by column texts.
 *
 * Columns of one layer share a code: the texts of all of them, joined by a unit separator, numbered
 * by a dictionary. The account then has one code a layer, and a row's texts are read back from it.
 */
#include <string.h>

#include "coverage/messages.h"
#include "coverage/read.h"
#include "coverage/words.h"
#include "guotu/coverage.h"

enum { MAX_COLUMNS = 16, SEPARATOR = 0x1F };

struct gt_area_table {
    gt_ctx *ctx;
    gt_arena *arena;
    size_t n_columns, n_rows;
    gt_area_column columns[MAX_COLUMNS];
    const char **texts; /* n_rows * n_columns */
    double *m2;
    double total;
};

typedef struct layer_use {
    const char *id;
    gt_words *words;
    uint32_t *code_of; /* by feature number */
    size_t n_codes, cap_codes;
    gt_flat flat;
    gt_text key; /* scratch */
} layer_use;

typedef struct job {
    gt_store *store;
    const gt_package *package;
    const gt_areas_options *options;
    gt_area_table *table;
    layer_use layers[MAX_COLUMNS];
    size_t n_layers;
    size_t layer_of[MAX_COLUMNS]; /* column -> layer_use */
} job;

typedef struct reader {
    job *j;
    size_t layer;
} reader;

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
    field = field != NULL ? field : s->class_field;
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

/* ---- reading ------------------------------------------------------------------------------------
 */

static void put_column(const gt_area_column *c, const gt_feature *f, gt_text *key)
{
    const gt_value *v = c->field < 0 ? NULL : &f->values[c->field];
    if (v == NULL) {
        gt_text_puts(key, f->id);
        return;
    }
    switch (v->kind) {
    case GT_NULL:
        break;
    case GT_VAL_INT:
        gt_text_printf(key, "%lld", (long long)v->integer);
        break;
    case GT_VAL_REAL:
        gt_text_printf(key, "%.15g", v->real);
        break;
    case GT_VAL_TEXT: {
        const gt_code *code =
            c->big_class && c->codes != NULL ? gt_codelist_find(c->codes, v->text) : NULL;
        if (!c->big_class) {
            gt_text_add(key, v->text, v->len);
        } else if (code != NULL && code->big != NULL) {
            gt_text_puts(key, code->big);
        }
        break;
    }
    }
}

static gt_status note_codes(gt_ctx *ctx, void *user, const gt_feature *f, uint32_t number)
{
    const reader *r = user;
    job *j = r->j;
    layer_use *l = &j->layers[r->layer];
    gt_text_clear(&l->key);
    for (size_t c = 0; c < j->table->n_columns; c++) {
        if (j->layer_of[c] == r->layer) {
            put_column(&j->table->columns[c], f, &l->key);
            gt_text_putc(&l->key, SEPARATOR);
        }
    }
    gt_status st = gt_text_status(&l->key);
    void *block = l->code_of;
    if (st == GT_OK) {
        st = gt_grow(ctx, &block, &l->cap_codes, (size_t)number + 1, sizeof *l->code_of);
    }
    if (st == GT_OK) {
        l->code_of = block;
        l->n_codes = (size_t)number + 1;
        st = gt_words_add(l->words, gt_text_cstr(&l->key), l->key.len, &l->code_of[number]);
    }
    return st;
}

static gt_status read_layer(gt_ctx *ctx, job *j, size_t i)
{
    layer_use *l = &j->layers[i];
    gt_layer_info info;
    gt_status st = gt_store_find_layer(ctx, j->store, l->id, &info);
    if (st == GT_OK && info.n_features == 0) {
        st = gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_AREA_EMPTY, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("layer", l->id)));
    }
    if (st == GT_OK && info.standard->geom_type != GT_POLYGON &&
        info.standard->geom_type != GT_MULTIPOLYGON) {
        st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_AREA_NOT_POLYGON, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("layer", l->id),
                             GT_TEXT("type", gt_geom_type_name(info.standard->geom_type))));
    }
    if (st != GT_OK) {
        return st;
    }
    gt_text_init(&l->key, ctx, 0);
    st = gt_words_new(ctx, &l->words);
    gt_query q;
    gt_query_init(&q, l->id);
    q.as_of_date = j->options->as_of;
    q.as_of_rev = j->options->as_of_rev;
    reader r = {j, i};
    if (st == GT_OK) {
        gt_progress_begin(ctx, &GT_PROGRESS_READ_LAYERS, (uint64_t)info.n_features);
        st = gt_flat_read(ctx, j->store, &q, note_codes, &r, &l->flat);
        gt_progress_end(ctx);
    }
    return st;
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

static gt_status fill_rows(gt_ctx *ctx, job *j, const gt_account *account)
{
    gt_area_table *t = j->table;
    t->n_rows = gt_account_rows(account);
    t->total = gt_account_total(account);
    t->texts = gt_arena_alloc(t->arena, t->n_rows * t->n_columns + 1, sizeof *t->texts);
    t->m2 = gt_arena_alloc(t->arena, t->n_rows + 1, sizeof *t->m2);
    if (t->texts == NULL || t->m2 == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t r = 0; r < t->n_rows; r++) {
        const uint32_t *codes = NULL;
        double plane_m2 = 0;
        gt_account_get(account, r, &codes, &t->m2[r], &plane_m2);
        for (size_t c = 0; c < t->n_columns; c++) {
            uint32_t code = codes[j->layer_of[c]];
            size_t len = 0;
            const char *text = "";
            if (code == GT_WEAVE_SEVERAL) {
                text = "*";
                len = 1;
            } else if (code != GT_WEAVE_NONE) {
                text = piece(j, c, code, &len);
            }
            const char **to = &t->texts[r * t->n_columns + c];
            *to = gt_arena_strndup(t->arena, text, len);
            if (*to == NULL) {
                return GT_E_MEMORY;
            }
        }
    }
    return gt_check_cancel(ctx);
}

static int compare_rows(const gt_area_table *t, size_t a, size_t b)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        int d = strcmp(t->texts[a * t->n_columns + c], t->texts[b * t->n_columns + c]);
        if (d != 0) {
            return d;
        }
    }
    return a < b ? -1 : a > b;
}

/* Merge sort of row numbers: stable, no global state as qsort would need. */
static void sort_rows(const gt_area_table *t, size_t *order, size_t *scratch, size_t n)
{
    if (n < 2) {
        return;
    }
    size_t half = n / 2, i = 0, k = half, out = 0;
    sort_rows(t, order, scratch, half);
    sort_rows(t, order + half, scratch, n - half);
    while (i < half && k < n) {
        scratch[out++] = compare_rows(t, order[i], order[k]) <= 0 ? order[i++] : order[k++];
    }
    while (i < half) {
        scratch[out++] = order[i++];
    }
    memcpy(order, scratch, out * sizeof *order);
}

static gt_status order_rows(gt_area_table *t)
{
    size_t *order = gt_arena_alloc(t->arena, 2 * t->n_rows + 1, sizeof *order);
    const char **texts = gt_arena_alloc(t->arena, t->n_rows * t->n_columns + 1, sizeof *texts);
    double *m2 = gt_arena_alloc(t->arena, t->n_rows + 1, sizeof *m2);
    if (order == NULL || texts == NULL || m2 == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < t->n_rows; i++) {
        order[i] = i;
    }
    sort_rows(t, order, order + t->n_rows, t->n_rows);
    for (size_t i = 0; i < t->n_rows; i++) {
        memcpy(texts + i * t->n_columns, t->texts + order[i] * t->n_columns,
               t->n_columns * sizeof *texts);
        m2[i] = t->m2[order[i]];
    }
    t->texts = texts;
    t->m2 = m2;
    return GT_OK;
}

static gt_status weave_layers(gt_ctx *ctx, job *j)
{
    gt_weave_batch batches[MAX_COLUMNS];
    const uint32_t *code_of[MAX_COLUMNS];
    size_t code_len[MAX_COLUMNS];
    gt_weave_options o;
    gt_weave *weave = NULL;
    gt_account *account = NULL;
    gt_weave_options_init(&o);
    o.scale = gt_flat_scale;
    o.scale_user = gt_store_plane(j->store);
    for (size_t i = 0; i < j->n_layers; i++) {
        batches[i] = gt_flat_batch(&j->layers[i].flat, (uint32_t)i);
        code_of[i] = j->layers[i].code_of;
        code_len[i] = j->layers[i].n_codes;
    }
    gt_status st = gt_weave_run(ctx, (uint32_t)j->n_layers, batches, j->n_layers, &o, &weave);
    if (st == GT_OK) {
        st = gt_weave_account(ctx, weave, code_of, code_len, NULL, &account);
    }
    if (st == GT_OK) {
        st = fill_rows(ctx, j, account);
    }
    if (st == GT_OK) {
        st = order_rows(j->table);
    }
    gt_account_free(ctx, account);
    gt_weave_free(ctx, weave);
    return st;
}

gt_status gt_areas(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *by,
                   const gt_areas_options *options, gt_area_table **out)
{
    gt_areas_options defaults;
    gt_areas_options_init(&defaults);
    job *j = gt_zalloc(ctx, 1, sizeof *j);
    gt_area_table *t = gt_zalloc(ctx, 1, sizeof *t);
    gt_status st = j == NULL || t == NULL ? GT_E_MEMORY : GT_OK;
    if (st != GT_OK) {
        goto done;
    }
    t->ctx = ctx;
    j->store = store;
    j->package = package;
    j->options = options != NULL ? options : &defaults;
    j->table = t;
    st = gt_arena_new(ctx, 0, &t->arena);
    if (st == GT_OK) {
        st = read_columns(ctx, j, by);
    }
    for (size_t i = 0; st == GT_OK && i < j->n_layers; i++) {
        st = read_layer(ctx, j, i);
    }
    if (st == GT_OK) {
        st = weave_layers(ctx, j);
    }
done:
    for (size_t i = 0; j != NULL && i < j->n_layers; i++) {
        gt_words_free(j->layers[i].words);
        gt_free(ctx, j->layers[i].code_of);
        gt_flat_free(ctx, &j->layers[i].flat);
        if (j->layers[i].key.ctx != NULL) {
            gt_text_free(&j->layers[i].key);
        }
    }
    gt_free(ctx, j);
    if (st != GT_OK) {
        gt_area_table_free(t);
        return st;
    }
    *out = t;
    return GT_OK;
}

void gt_area_table_free(gt_area_table *t)
{
    if (t != NULL) {
        gt_arena_free(t->arena);
        gt_free(t->ctx, t);
    }
}

size_t gt_area_table_n_columns(const gt_area_table *t)
{
    return t->n_columns;
}

const gt_area_column *gt_area_table_column(const gt_area_table *t, size_t i)
{
    return &t->columns[i];
}

size_t gt_area_table_n_rows(const gt_area_table *t)
{
    return t->n_rows;
}

const char *gt_area_table_text(const gt_area_table *t, size_t r, size_t c)
{
    return t->texts[r * t->n_columns + c];
}

double gt_area_table_m2(const gt_area_table *t, size_t r)
{
    return t->m2[r];
}

double gt_area_table_total(const gt_area_table *t)
{
    return t->total;
}
