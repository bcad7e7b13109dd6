/* Faults of one layer as a coverage: weave's QC with the features' own ids. */
#include <string.h>

#include "coverage/load.h"

gt_status gt_coverage_faults(gt_ctx *ctx, gt_store *store, const gt_package *package,
                             const gt_part *part, double sliver_width, gt_fault_fn fn, void *user)
{
    static const bool covers[] = {true};
    gt_loaded layer;
    gt_arena *arena = NULL;
    gt_weave *weave = NULL;
    gt_weave_finding *found = NULL;
    size_t n = 0;
    memset(&layer, 0, sizeof layer);
    gt_status st = gt_arena_new(ctx, 0, &arena);
    st = st == GT_OK ? gt_load(ctx, store, package, part, NULL, 0, arena, &layer) : st;
    st = st == GT_OK ? gt_loaded_weave(ctx, store, &layer, 1, covers, sliver_width, false, &weave)
                     : st;
    st = st == GT_OK ? gt_weave_qc(ctx, weave, &found, &n) : st;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = fn(ctx, user, &found[i], gt_loaded_id(&layer, found[i].first),
                gt_loaded_id(&layer, found[i].second));
    }
    gt_free(ctx, found);
    gt_weave_free(ctx, weave);
    gt_loaded_free(&layer);
    gt_arena_free(arena);
    return st;
}
