/* Conflicts: all lines are woven once; each pair is a dissolve of the same graph. Of large layers
 * only the features that meet another line are held (meet.h). */
#include <string.h>

#include "coverage/meet.h"
#include "coverage/messages.h"

enum { MOST_PARTS = 16 };

typedef struct job {
    const gt_loaded *layers;
    size_t a, b;
    double min_m2;
    gt_place_fn fn;
    void *user;
} job;

static bool both(void *user, const uint32_t *codes)
{
    const job *j = user;
    return codes[j->a] != GT_WEAVE_NONE && codes[j->b] != GT_WEAVE_NONE;
}

static gt_status place(gt_ctx *ctx, void *user, const uint32_t *codes, double m2, double plane_m2,
                       const gt_geom *geom)
{
    const job *j = user;
    (void)plane_m2;
    if (m2 < j->min_m2) {
        return GT_OK;
    }
    const gt_loaded *a = &j->layers[j->a], *b = &j->layers[j->b];
    const char *const features[] = {gt_loaded_id(a, codes[j->a]), gt_loaded_id(b, codes[j->b])};
    const char *const classes[] = {gt_loaded_class(a, codes[j->a]),
                                   gt_loaded_class(b, codes[j->b])};
    gt_place_found p = {.a = j->a,
                        .b = j->b,
                        .features = features,
                        .classes = classes,
                        .m2 = m2,
                        .box = gt_geom_box(geom),
                        .geom = geom};
    gt_centroid(geom, &p.x, &p.y);
    return j->fn(ctx, j->user, &p);
}

static bool same_part(const gt_part *p, const gt_part *q)
{
    bool where =
        p->where == NULL ? q->where == NULL : q->where != NULL && strcmp(p->where, q->where) == 0;
    return strcmp(p->layer, q->layer) == 0 && where && p->as_of == q->as_of;
}

static gt_status check_parts(gt_ctx *ctx, const gt_part *parts, size_t n)
{
    if (n < 2 || n > MOST_PARTS) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_COVERAGE_PARTS, GT_NOWHERE,
                       GT_ARGS(GT_INT("min", 2), GT_INT("max", MOST_PARTS), GT_INT("n", n)));
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (same_part(&parts[i], &parts[k])) {
                return gt_fail(ctx, GT_E_USAGE, &GT_MSG_COVERAGE_TWICE, GT_NOWHERE,
                               GT_ARGS(GT_TEXT("layer", parts[i].layer)));
            }
        }
    }
    return GT_OK;
}

gt_status gt_conflicts(gt_ctx *ctx, gt_store *store, const gt_package *package,
                       const gt_part *parts, size_t n, double min_m2, gt_place_fn fn, void *user)
{
    gt_loaded layers[MOST_PARTS];
    gt_arena *arena = NULL;
    gt_weave *weave = NULL;
    gt_rows rows[MOST_PARTS];
    bool first = false;
    memset(layers, 0, sizeof layers);
    memset(rows, 0, sizeof rows);
    gt_status st = check_parts(ctx, parts, n);
    if (st != GT_OK) {
        return st;
    }
    st = gt_meet_pays(ctx, store, parts, n, &first);
    if (st == GT_OK && first) {
        st = gt_meet_rows(ctx, store, package, parts, n, rows);
    }
    st = st == GT_OK ? gt_arena_new(ctx, 0, &arena) : st;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = gt_load_only(ctx, store, package, &parts[i], first ? &rows[i] : NULL, arena,
                          &layers[i]);
    }
    st = st == GT_OK ? gt_loaded_weave(ctx, store, layers, n, &weave) : st;
    for (size_t b = 1; st == GT_OK && b < n; b++) {
        for (size_t a = 0; st == GT_OK && a < b; a++) {
            bool use[MOST_PARTS] = {false};
            job j = {layers, a, b, min_m2, fn, user};
            gt_weave_view view;
            use[a] = use[b] = true;
            gt_weave_view_init(&view);
            view.use_layer = use;
            view.want = both;
            st = gt_weave_polygons(ctx, weave, &view, place, &j);
        }
    }
    gt_weave_free(ctx, weave);
    for (size_t i = 0; i < n; i++) {
        gt_loaded_free(&layers[i]);
        gt_rows_free(ctx, &rows[i]);
    }
    gt_arena_free(arena);
    return st;
}
