/* Plays the table of changes into the map: one revision a row, dated as it says. Which features a
 * row takes is a function of the table and the map alone: those that match, in the order of a hash
 * of their ids, until the area is met. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/arena.h"
#include "guotu/date.h"
#include "guotu/expr.h"
#include "guotu/geometry.h"
#include "plan/unit.h"
#include "synth/messages.h"
#include "synth/table.h"
#include "synth/years.h"

enum { MOST_FIELDS = 64 };

typedef struct picked { /* a feature that matches */
    const char *id;
    uint64_t order;
    double m2;
    int64_t row;
} picked;

typedef struct player {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    const char *file, *author;
    gt_arena *arena; /* of the row at hand */
    gt_sql *sql;
    const gt_standard *standard;
    const char *names[MOST_FIELDS];
    const char **over; /* sorted keys of parcels of the other layer */
    size_t n_over;
    picked *list;
    size_t n, cap;
    gt_geom geom;
} player;

/* A parcel's own number: what follows the prefix of the feature's id. */
static const char *key_of(const char *id)
{
    return id + strcspn(id, "0123456789");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_order(const void *a, const void *b)
{
    const picked *x = a, *y = b;
    return x->order != y->order ? (x->order < y->order ? -1 : 1) : strcmp(x->id, y->id);
}

static gt_status condition(player *p, const gt_standard *s, const sy_year_row *row,
                           const char *text, gt_expr **out)
{
    *out = NULL;
    if (*text == '\0') {
        return GT_OK;
    }
    for (size_t i = 0; i < s->n_fields && i < MOST_FIELDS; i++) {
        p->names[i] = s->fields[i].name;
    }
    return gt_expr_compile(p->ctx, p->sql, text, p->names,
                           s->n_fields < MOST_FIELDS ? s->n_fields : MOST_FIELDS,
                           GT_PLACE(.file = p->file, .line = row->line), out);
}

static gt_status layer_of(player *p, const sy_year_row *row, const char *id,
                          const gt_standard **out)
{
    gt_layer_info info;
    *out = gt_package_find_layer(p->package, id);
    gt_status st = gt_store_find_layer(p->ctx, p->store, id, &info);
    if (st != GT_OK || *out == NULL) {
        gt_fail_at(p->ctx, GT_PLACE(.file = p->file, .line = row->line));
        return st != GT_OK ? st
                           : gt_fail(p->ctx, GT_E_INPUT, &GT_MSG_SYNTH_YEARS_CELL,
                                     GT_PLACE(.file = p->file, .line = row->line),
                                     GT_ARGS(GT_TEXT("column", "layer"), GT_TEXT("value", id)));
    }
    return GT_OK;
}

/* Parcels of the other layer. */
static gt_status load_over(player *p, const sy_year_row *row)
{
    const gt_standard *s = NULL;
    gt_expr *where = NULL;
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    gt_truth truth = GT_TRUE;
    bool more = true;
    size_t cap = 0;
    p->n_over = 0;
    gt_status st = layer_of(p, row, row->over, &s);
    st = st == GT_OK ? condition(p, s, row, row->over_where, &where) : st;
    gt_query_init(&q, row->over);
    q.no_geometry = true;
    st = st == GT_OK ? gt_scan_open(p->ctx, p->store, &q, &scan) : st;
    void *block = (void *)p->over;
    while (st == GT_OK && (st = gt_scan_next(p->ctx, scan, &f, &more)) == GT_OK && more) {
        st = where == NULL ? GT_OK : gt_expr_test(p->ctx, where, f.values, &truth);
        if (st != GT_OK || truth != GT_TRUE) {
            continue;
        }
        st = gt_grow(p->ctx, &block, &cap, p->n_over + 1, sizeof *p->over);
        p->over = block;
        if (st == GT_OK) {
            p->over[p->n_over] = gt_arena_strdup(p->arena, key_of(f.id));
            st = p->over[p->n_over++] == NULL ? GT_E_MEMORY : GT_OK;
        }
    }
    gt_scan_close(scan);
    if (st == GT_OK && p->n_over > 0) {
        qsort(p->over, p->n_over, sizeof *p->over, by_text);
    }
    return st;
}

static bool is_over(const player *p, const sy_year_row *row, const char *id)
{
    const char *key = key_of(id);
    return *row->over == '\0' ||
           (p->n_over > 0 && bsearch(&key, p->over, p->n_over, sizeof *p->over, by_text) != NULL);
}

static gt_status keep(player *p, const gt_feature *f)
{
    void *block = p->list;
    gt_status st = gt_grow(p->ctx, &block, &p->cap, p->n + 1, sizeof *p->list);
    p->list = block;
    st = st == GT_OK ? gt_geom_from_gpkg(p->ctx, f->blob, f->blob_len, NULL, &p->geom) : st;
    if (st == GT_OK) {
        p->list[p->n] = (picked){gt_arena_strdup(p->arena, f->id), sy_hash_text(f->id),
                                 gt_geom_plane_area(&p->geom), f->row};
        st = p->list[p->n++].id == NULL ? GT_E_MEMORY : GT_OK;
    }
    return st;
}

/* Of versions that ended, the last one of each feature that is not there now. */
static void drop_earlier(player *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        bool last = true;
        for (size_t k = i + 1; k < p->n && last; k++) {
            last = strcmp(p->list[i].id, p->list[k].id) != 0;
        }
        if (last) {
            p->list[n++] = p->list[i];
        }
    }
    p->n = n;
}

static gt_status choose(player *p, const sy_year_row *row)
{
    gt_expr *where = NULL;
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = true;
    gt_truth truth = GT_TRUE;
    p->n = 0;
    gt_query_init(&q, row->layer);
    q.all_versions = row->act == SY_ACT_BACK;
    gt_status st = condition(p, p->standard, row, row->where, &where);
    st = st == GT_OK ? gt_scan_open(p->ctx, p->store, &q, &scan) : st;
    while (st == GT_OK && (st = gt_scan_next(p->ctx, scan, &f, &more)) == GT_OK && more) {
        bool ended = f.valid_to != GT_DATE_NONE && f.valid_to != 0;
        if ((row->act == SY_ACT_BACK && !ended) || !is_over(p, row, f.id)) {
            continue;
        }
        st = where == NULL ? GT_OK : gt_expr_test(p->ctx, where, f.values, &truth);
        if (st == GT_OK && truth == GT_TRUE) {
            st = keep(p, &f);
        }
    }
    gt_scan_close(scan);
    if (st != GT_OK) {
        return st;
    }
    if (row->act == SY_ACT_BACK) {
        drop_earlier(p);
    }
    if (p->n > 0) {
        qsort(p->list, p->n, sizeof *p->list, by_order);
    }
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) { /* one that would overshoot by more than half is left */
        if (sum + p->list[i].m2 / 2 <= row->km2 * 1e6) {
            sum += p->list[i].m2;
            p->list[n++] = p->list[i];
        }
    }
    if (n == 0 && p->n > 0) { /* even the first is too large: a little too much, not nothing */
        p->list[n++] = p->list[0];
    }
    p->n = n;
    return GT_OK;
}

static gt_status field_value(player *p, const sy_year_row *row, int field, gt_value *out)
{
    switch (p->standard->fields[field].type) {
    case GT_FIELD_TEXT:
    case GT_FIELD_DATE:
        *out = (gt_value){.kind = GT_VAL_TEXT, .text = row->set_to, .len = strlen(row->set_to)};
        return GT_OK;
    case GT_FIELD_INT:
    case GT_FIELD_REAL:
    case GT_FIELD_BOOL:
        break;
    }
    double x = 0;
    if (!gt_number_parse(row->set_to, &x)) {
        return gt_fail(p->ctx, GT_E_INPUT, &GT_MSG_SYNTH_YEARS_CELL,
                       GT_PLACE(.file = p->file, .line = row->line),
                       GT_ARGS(GT_TEXT("column", "set"), GT_TEXT("value", row->set_to)));
    }
    bool whole = p->standard->fields[field].type != GT_FIELD_REAL;
    *out = whole ? (gt_value){.kind = GT_VAL_INT, .integer = (int64_t)x}
                 : (gt_value){.kind = GT_VAL_REAL, .real = x};
    return GT_OK;
}

/* The version picked, read again: its texts and blob are borrowed from the scan. */
static gt_status one(player *p, const sy_year_row *row, gt_commit *commit, const picked *at,
                     int field, const gt_value *to)
{
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f = {0};
    bool more = true;
    gt_value values[MOST_FIELDS];
    if (row->act == SY_ACT_END) {
        return gt_commit_delete(p->ctx, commit, row->layer, at->id, row->date);
    }
    gt_query_init(&q, row->layer);
    q.id = at->id;
    q.all_versions = row->act == SY_ACT_BACK;
    gt_status st = gt_scan_open(p->ctx, p->store, &q, &scan);
    do {
        st = st == GT_OK ? gt_scan_next(p->ctx, scan, &f, &more) : st;
    } while (st == GT_OK && more && f.row != at->row);
    if (st == GT_OK && more) {
        memcpy(values, f.values, f.n_values * sizeof *values);
        if (to != NULL) {
            values[field] = *to;
        }
        const gt_feature put = {.id = at->id,
                                .valid_from = row->date,
                                .valid_to = GT_DATE_NONE,
                                .blob = f.blob,
                                .blob_len = f.blob_len,
                                .box = f.box,
                                .values = values,
                                .n_values = f.n_values};
        st = gt_commit_put(p->ctx, commit, row->layer, &put, (double)NAN);
    }
    gt_scan_close(scan);
    return st;
}

static gt_status make(player *p, const sy_year_row *row)
{
    gt_commit *commit = NULL;
    gt_value value;
    int64_t revision = 0;
    int field = row->act == SY_ACT_SET ? gt_standard_field(p->standard, row->set_field) : 0;
    if (field < 0 || p->standard->n_fields > MOST_FIELDS) {
        return gt_fail(p->ctx, GT_E_INPUT, &GT_MSG_SYNTH_YEARS_CELL,
                       GT_PLACE(.file = p->file, .line = row->line),
                       GT_ARGS(GT_TEXT("column", "set"), GT_TEXT("value", row->set_field)));
    }
    gt_status st = row->act == SY_ACT_SET ? field_value(p, row, field, &value) : GT_OK;
    const gt_commit_info info = {.author = p->author,
                                 .message = row->why,
                                 .reason = gt_ctx_lang(p->ctx) == GT_LANG_ZH
                                               ? "guotu synth：生成的年度变化，非调查成果"
                                               : "guotu synth: generated change, not surveyed",
                                 .expect_revision = -1};
    st = st == GT_OK ? gt_commit_begin(p->ctx, p->store, &info, &commit) : st;
    for (size_t i = 0; i < p->n && st == GT_OK; i++) {
        st = one(p, row, commit, &p->list[i], field, row->act == SY_ACT_SET ? &value : NULL);
    }
    if (st != GT_OK) {
        gt_commit_abort(commit);
        gt_fail_at(p->ctx, GT_PLACE(.file = p->file, .line = row->line));
        return st;
    }
    return gt_commit_finish(p->ctx, commit, &revision);
}

static gt_status play(player *p, const sy_year_row *row)
{
    gt_arena_reset(p->arena);
    gt_sql_free(p->sql);
    p->sql = NULL;
    gt_status st = layer_of(p, row, row->layer, &p->standard);
    st = st == GT_OK ? gt_sql_new(p->ctx, p->package, &p->sql) : st;
    st = st == GT_OK && *row->over != '\0' ? load_over(p, row) : st;
    st = st == GT_OK ? choose(p, row) : st;
    st = st == GT_OK && p->n > 0 ? make(p, row) : st;
    return st == GT_OK ? gt_check_cancel(p->ctx) : st;
}

gt_status gt_synth_years(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *path,
                         const char *author, size_t *n, size_t *n_rows)
{
    gt_arena *table = NULL;
    char *text = NULL;
    sy_year_row *rows = NULL;
    player p = {.ctx = ctx, .store = store, .package = package, .file = path, .author = author};
    *n = *n_rows = 0;
    gt_geom_init(&p.geom);
    gt_status st = sy_table_load(ctx, path, &text);
    if (st != GT_OK || text == NULL) {
        goto done;
    }
    st = gt_arena_new(ctx, 0, &table);
    st = st == GT_OK ? gt_arena_new(ctx, 0, &p.arena) : st;
    st = st == GT_OK ? sy_years_parse(ctx, table, path, text, &rows, n_rows) : st;
    for (size_t i = 0; i < *n_rows && st == GT_OK; i++) {
        st = play(&p, &rows[i]);
        *n += st == GT_OK && p.n > 0;
    }
done:
    gt_geom_free(ctx, &p.geom);
    gt_sql_free(p.sql);
    gt_free(ctx, (void *)p.over);
    gt_free(ctx, p.list);
    gt_arena_free(p.arena);
    gt_arena_free(table);
    gt_free(ctx, text);
    return st;
}
