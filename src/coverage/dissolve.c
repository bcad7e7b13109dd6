/* Dissolve: the features of a layer merged by the value of a field, borders shared. */
#include <string.h>

#include "coverage/flow.h"
#include "coverage/messages.h"
#include "coverage/stored.h"

typedef struct job {
    gt_words *words; /* the values, in order of use */
    gt_place_fn fn;
    void *user;
} job;

void gt_dissolve_options_init(gt_dissolve_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

static const char *value_of(const job *j, uint32_t code)
{
    return code < GT_WEAVE_SEVERAL ? gt_words_text(j->words, code, NULL) : "*";
}

/* By text; places with several values come last. */
static int value_order(void *user, const uint32_t *a, const uint32_t *b)
{
    const job *j = user;
    if (a[0] >= GT_WEAVE_SEVERAL || b[0] >= GT_WEAVE_SEVERAL) {
        return (a[0] >= GT_WEAVE_SEVERAL) - (b[0] >= GT_WEAVE_SEVERAL);
    }
    return strcmp(value_of(j, a[0]), value_of(j, b[0]));
}

static gt_status place(gt_ctx *ctx, void *user, const uint32_t *codes, double m2, double plane_m2,
                       const gt_geom *geom)
{
    const job *j = user;
    const char *const features[] = {""};
    const char *const classes[] = {value_of(j, codes[0])};
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

gt_status gt_dissolve(gt_ctx *ctx, gt_store *store, const gt_package *package, const gt_part *part,
                      const gt_dissolve_options *options, gt_place_fn fn, void *user)
{
    gt_dissolve_options o;
    gt_layer_info info;
    gt_loaded layer;
    int field = -1;
    job j = {.fn = fn, .user = user};
    gt_dissolve_options_init(&o);
    memset(&layer, 0, sizeof layer);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    gt_status st = gt_stored_layer(ctx, store, part->layer, &info);
    st = st == GT_OK ? find_field(ctx, package, &info, o.field, &field) : st;
    st = st == GT_OK ? gt_words_new(ctx, &j.words) : st;
    if (st == GT_OK) {
        const gt_flow flow = {.parts = part,
                              .fields = &field,
                              .n = 1,
                              .layers = &layer,
                              .words = j.words,
                              .tolerance = o.tolerance,
                              .order = value_order,
                              .fn = place,
                              .user = &j};
        st = gt_flow_run(ctx, store, package, &flow);
    }
    gt_words_free(j.words);
    return st;
}
