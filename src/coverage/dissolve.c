/* Dissolve: the features of a layer merged by the value of a field, borders shared. */
#include <stdlib.h>
#include <string.h>

#include "coverage/load.h"
#include "coverage/messages.h"
#include "coverage/stored.h"

typedef struct job {
    gt_loaded layer;
    const char **values; /* sorted and distinct; borrowed from the arena */
    size_t n_values;
    uint32_t *code_of; /* by feature number */
    size_t n_codes;
    gt_place_fn fn;
    void *user;
} job;

void gt_dissolve_options_init(gt_dissolve_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Values in order, and the code of each feature: the place of its value. */
static gt_status number_values(gt_ctx *ctx, job *j)
{
    const gt_flat *flat = &j->layer.flat;
    size_t n = flat->n_features;
    j->n_codes = n == 0 ? 0 : (size_t)flat->number[n - 1] + 1;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
    j->values = gt_alloc(ctx, n + 1, sizeof *j->values);
    j->code_of = gt_alloc(ctx, j->n_codes + 1, sizeof *j->code_of);
    if (j->values == NULL || j->code_of == NULL) {
        return GT_E_MEMORY;
    }
    memset(j->code_of, 0xFF, j->n_codes * sizeof *j->code_of);
    for (size_t i = 0; i < n; i++) {
        j->values[i] = j->layer.classes[i];
    }
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
    qsort((void *)j->values, n, sizeof *j->values, text_order);
    for (size_t i = 0; i < n; i++) {
        if (j->n_values == 0 || strcmp(j->values[j->n_values - 1], j->values[i]) != 0) {
            j->values[j->n_values++] = j->values[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        const char *const *at = bsearch((const void *)&j->layer.classes[i], (void *)j->values,
                                        /* NOLINTNEXTLINE(bugprone-sizeof-expression) */
                                        j->n_values, sizeof *j->values, text_order);
        j->code_of[flat->number[i]] = (uint32_t)((const char **)(uintptr_t)at - j->values);
    }
    return GT_OK;
}

static gt_status place(gt_ctx *ctx, void *user, const uint32_t *codes, double m2, double plane_m2,
                       const gt_geom *geom)
{
    const job *j = user;
    const char *const features[] = {""};
    const char *const classes[] = {codes[0] < j->n_values ? j->values[codes[0]] : "*"};
    (void)plane_m2;
    gt_place_found p = {
        .features = features, .classes = classes, .m2 = m2, .box = gt_geom_box(geom), .geom = geom};
    gt_centroid(geom, &p.x, &p.y);
    return j->fn(ctx, j->user, &p);
}

/* The field asked for, or the class field (-1). */
static gt_status find_field(gt_ctx *ctx, const gt_package *package, const gt_layer_info *info,
                            const char *name, int *field)
{
    *field = -1;
    if (name == NULL && gt_class_of(package, info).kind == GT_CLASS_FIELD) {
        return GT_OK;
    }
    *field = name == NULL ? -1 : gt_standard_field(info->standard, name);
    if (*field >= 0) {
        return GT_OK;
    }
    gt_text known;
    gt_text_init(&known, ctx, 0);
    for (size_t i = 0; i < info->standard->n_fields; i++) {
        gt_text_printf(&known, "%s%s", i > 0 ? ", " : "", info->standard->fields[i].name);
    }
    gt_status st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_COVERAGE_FIELD, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("layer", info->standard->id),
                                   GT_TEXT("field", name == NULL ? "" : name),
                                   GT_TEXT("known", gt_text_cstr(&known))));
    gt_text_free(&known);
    return st;
}

static gt_status load(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_part *part,
                      const char *name, gt_arena *arena, job *j)
{
    gt_layer_info info;
    int field = 0;
    gt_status st = gt_stored_layer(ctx, store, part->layer, &info);
    if (st == GT_OK) {
        st = find_field(ctx, package, &info, name, &field);
    }
    if (st == GT_OK) {
        st = field < 0 ? gt_load(ctx, store, package, part, NULL, 0, arena, &j->layer)
                       : gt_load_by(ctx, store, package, part, field, arena, &j->layer);
    }
    return st == GT_OK ? number_values(ctx, j) : st;
}

gt_status gt_dissolve(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_part *part,
                      const gt_dissolve_options *options, gt_place_fn fn, void *user)
{
    gt_dissolve_options o;
    gt_arena *arena = NULL;
    gt_weave *weave = NULL;
    job j = {.fn = fn, .user = user};
    gt_dissolve_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    gt_status st = gt_arena_new(ctx, 0, &arena);
    st = st == GT_OK ? load(ctx, store, package, part, o.field, arena, &j) : st;
    st = st == GT_OK ? gt_loaded_weave(ctx, store, &j.layer, 1, NULL, 0, true, &weave) : st;
    if (st == GT_OK) {
        const uint32_t *const code_of[] = {j.code_of};
        gt_weave_view view;
        gt_weave_view_init(&view);
        view.code_of = code_of;
        view.code_len = &j.n_codes;
        view.tolerance = o.tolerance;
        st = gt_weave_polygons(ctx, weave, &view, place, &j);
    }
    gt_weave_free(ctx, weave);
    gt_loaded_free(&j.layer);
    gt_free(ctx, (void *)j.values);
    gt_free(ctx, j.code_of);
    gt_arena_free(arena);
    return st;
}
