/* Atoms of layers, strip by strip, filtered by an expression over what their features say. The
 * expression is compiled first: only the fields it names are kept. */
#include <stdio.h>
#include <string.h>

#include "coverage/flow.h"
#include "coverage/messages.h"
#include "coverage/stored.h"

enum { MOST_PARTS = 32, FIELD_ID = -1, FIELD_M2 = -2 };

typedef struct name {
    const char *text;
    size_t layer;
    int field; /* index, FIELD_ID or FIELD_M2 */
} name;

typedef struct job {
    gt_arena *arena;
    gt_loaded layers[MOST_PARTS];
    size_t n;
    size_t *keep[MOST_PARTS]; /* fields kept, in the arena */
    size_t n_keep[MOST_PARTS];
    name *names; /* in the arena */
    size_t n_names;
    gt_sql *sql;
    gt_expr *where;
    gt_value *values; /* by name; in the arena */
    gt_place_fn fn;
    void *user;
} job;

static gt_status add_name(job *j, size_t layer, int field, const char *a, const char *b)
{
    size_t len = strlen(a) + (b != NULL ? strlen(b) : 0) + 2;
    char *text = gt_arena_alloc(j->arena, len, 1);
    if (text == NULL) {
        return GT_E_MEMORY;
    }
    (void)snprintf(text, len, "%s%s%s", a, b != NULL ? "_" : "", b != NULL ? b : "");
    j->names[j->n_names++] = (name){text, layer, field};
    return GT_OK;
}

static bool only_here(const gt_layer_info *infos, size_t n, size_t layer, const char *field)
{
    for (size_t k = 0; k < n; k++) {
        if (k != layer && gt_standard_field(infos[k].standard, field) >= 0) {
            return false;
        }
    }
    return strcmp(field, "m2") != 0;
}

static gt_status list_names(job *j, const gt_part *parts, const gt_layer_info *infos)
{
    size_t most = 1;
    for (size_t k = 0; k < j->n; k++) {
        most += 1 + 2 * infos[k].standard->n_fields;
    }
    j->names = gt_arena_zalloc(j->arena, most, sizeof *j->names);
    gt_status st = j->names == NULL ? GT_E_MEMORY : add_name(j, 0, FIELD_M2, "m2", NULL);
    for (size_t k = 0; st == GT_OK && k < j->n; k++) {
        const gt_standard *s = infos[k].standard;
        st = add_name(j, k, FIELD_ID, parts[k].layer, NULL);
        for (size_t f = 0; st == GT_OK && f < s->n_fields; f++) {
            st = add_name(j, k, (int)f, parts[k].layer, s->fields[f].name);
            if (st == GT_OK && only_here(infos, j->n, k, s->fields[f].name)) {
                st = add_name(j, k, (int)f, s->fields[f].name, NULL);
            }
        }
    }
    return st;
}

static gt_status keep_field(job *j, const gt_layer_info *infos, const name *n)
{
    size_t k = n->layer;
    if (n->field < 0) {
        return GT_OK;
    }
    if (j->keep[k] == NULL) {
        j->keep[k] = gt_arena_zalloc(j->arena, infos[k].standard->n_fields + 1, sizeof *j->keep[k]);
    }
    if (j->keep[k] == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < j->n_keep[k]; i++) {
        if (j->keep[k][i] == (size_t)n->field) {
            return GT_OK;
        }
    }
    j->keep[k][j->n_keep[k]++] = (size_t)n->field;
    return GT_OK;
}

static gt_status compile(gt_ctx *ctx, job *j, const gt_package *package, const gt_layer_info *infos,
                         const char *where)
{
    const char **texts = gt_arena_alloc(j->arena, j->n_names + 1, sizeof *texts);
    j->values = gt_arena_zalloc(j->arena, j->n_names + 1, sizeof *j->values);
    if (texts == NULL || j->values == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < j->n_names; i++) {
        texts[i] = j->names[i].text;
    }
    gt_status st = gt_sql_new(ctx, package, &j->sql);
    st = st == GT_OK ? gt_expr_compile(ctx, j->sql, where, texts, j->n_names, NULL, &j->where) : st;
    size_t n = 0;
    const size_t *used = st == GT_OK ? gt_expr_used(j->where, &n) : NULL;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = keep_field(j, infos, &j->names[used[i]]);
    }
    return st;
}

/* Value of a name at an atom; NULL where the layer has no feature, or several. */
static gt_value value_at(const job *j, const name *n, const uint32_t *codes, double m2)
{
    const gt_loaded *l = &j->layers[n->layer];
    gt_value v = {.kind = GT_NULL};
    if (n->field == FIELD_M2) {
        v.kind = GT_VAL_REAL;
        v.real = m2;
        return v;
    }
    uint32_t code = codes[n->layer];
    size_t at = code >= GT_WEAVE_SEVERAL ? SIZE_MAX : gt_flat_find(&l->flat, code);
    if (at == SIZE_MAX) {
        return v;
    }
    if (n->field == FIELD_ID) {
        return (gt_value){.kind = GT_VAL_TEXT, .text = l->ids[at], .len = strlen(l->ids[at])};
    }
    for (size_t i = 0; i < l->n_keep; i++) {
        if (l->keep[i] == (size_t)n->field) {
            v = l->values[at * l->n_keep + i];
        }
    }
    return v;
}

static gt_status atom(gt_ctx *ctx, void *user, const uint32_t *codes, double m2, double plane_m2,
                      const gt_geom *geom)
{
    job *j = user;
    const char *features[MOST_PARTS], *classes[MOST_PARTS];
    (void)plane_m2;
    if (j->where != NULL) {
        size_t n = 0;
        gt_truth truth = GT_FALSE;
        const size_t *used = gt_expr_used(j->where, &n);
        for (size_t i = 0; i < n; i++) {
            j->values[used[i]] = value_at(j, &j->names[used[i]], codes, m2);
        }
        gt_status st = gt_expr_test(ctx, j->where, j->values, &truth);
        if (st != GT_OK || truth != GT_TRUE) {
            return st;
        }
    }
    for (size_t k = 0; k < j->n; k++) {
        const gt_loaded *l = &j->layers[k];
        size_t at = codes[k] >= GT_WEAVE_SEVERAL ? SIZE_MAX : gt_flat_find(&l->flat, codes[k]);
        features[k] = gt_loaded_id(l, codes[k]);
        classes[k] = at != SIZE_MAX ? l->classes[at] : codes[k] == GT_WEAVE_SEVERAL ? "*" : "";
    }
    gt_place_found p = {
        .features = features, .classes = classes, .m2 = m2, .box = gt_geom_box(geom), .geom = geom};
    gt_centroid(geom, &p.x, &p.y);
    return j->fn(ctx, j->user, &p);
}

static gt_status run(gt_ctx *ctx, job *j, gt_store *store, const gt_package *package,
                     const gt_part *parts, const char *where)
{
    gt_layer_info infos[MOST_PARTS];
    gt_status st = gt_arena_new(ctx, 0, &j->arena);
    for (size_t k = 0; st == GT_OK && k < j->n; k++) {
        st = gt_stored_layer(ctx, store, parts[k].layer, &infos[k]);
        for (size_t i = 0; st == GT_OK && i < k; i++) {
            if (strcmp(parts[i].layer, parts[k].layer) == 0) {
                st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_COVERAGE_TWICE, GT_NOWHERE,
                             GT_ARGS(GT_TEXT("layer", parts[k].layer)));
            }
        }
    }
    if (st == GT_OK && where != NULL) {
        st = list_names(j, parts, infos);
        st = st == GT_OK ? compile(ctx, j, package, infos, where) : st;
    }
    for (size_t k = 0; k < j->n; k++) {
        j->layers[k].keep = j->keep[k];
        j->layers[k].n_keep = j->n_keep[k];
    }
    const gt_flow flow = {.parts = parts, .n = j->n, .layers = j->layers, .fn = atom, .user = j};
    return st == GT_OK ? gt_flow_run(ctx, store, package, &flow) : st;
}

gt_status gt_atoms(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_part *parts,
                   size_t n, const char *where, gt_place_fn fn, void *user)
{
    if (n < 1 || n > MOST_PARTS) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_COVERAGE_PARTS, GT_NOWHERE,
                       GT_ARGS(GT_INT("min", 1), GT_INT("max", MOST_PARTS), GT_INT("n", n)));
    }
    job *j = gt_zalloc(ctx, 1, sizeof *j);
    if (j == NULL) {
        return GT_E_MEMORY;
    }
    j->n = n;
    j->fn = fn;
    j->user = user;
    gt_status st = run(ctx, j, store, package, parts, where);
    gt_sql_free(j->sql);
    gt_arena_free(j->arena);
    gt_free(ctx, j);
    return st;
}
