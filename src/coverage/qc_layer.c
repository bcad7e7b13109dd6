/* QC of a stored layer with the checks that need all features together, from weave. */
#include <string.h>

#include "coverage/messages.h"
#include "guotu/coverage.h"

static const double THINNEST = 0.001; /* m: what rounding to the grid makes */

typedef struct job {
    const gt_standard *standard;
    const char *layer;
    double least; /* m2 */
    gt_notes *notes;
    gt_qc_summary *out;
} job;

static gt_status note(gt_ctx *ctx, void *user, const gt_weave_finding *f, const char *feature,
                      const char *other)
{
    const job *j = user;
    const gt_place place = {.layer = j->layer,
                            .feature = *feature == '\0' ? NULL : feature,
                            .has_xy = true,
                            .x = (f->box.xmin + f->box.xmax) / 2,
                            .y = (f->box.ymin + f->box.ymax) / 2};
    (void)ctx;
    if (f->m2 < j->least || f->width < THINNEST) {
        return GT_OK;
    }
    if (f->fault == GT_WEAVE_OVERLAP && j->standard->qc.no_overlap) {
        j->out->n_overlaps++;
        j->out->overlap_m2 += f->m2;
        return gt_notes_add(
            j->notes, GT_ERROR, &GT_MSG_COVERAGE_OVERLAP, &place,
            GT_ARGS(GT_TEXT("other", other), GT_REAL("area", f->m2), GT_REAL("width", f->width)));
    }
    if (f->fault == GT_WEAVE_GAP && j->standard->qc.no_gaps) {
        return gt_notes_add(j->notes, GT_ERROR, &GT_MSG_COVERAGE_GAP, &place,
                            GT_ARGS(GT_REAL("area", f->m2), GT_REAL("width", f->width)));
    }
    return GT_OK;
}

gt_status gt_coverage_qc_layer(gt_ctx *ctx, gt_store *store, const gt_package *package,
                               const char *layer, const gt_qc_options *options, gt_notes *notes,
                               gt_qc_summary *out)
{
    gt_qc_options o;
    gt_layer_info info;
    gt_qc_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    gt_status st = gt_store_find_layer(ctx, store, layer, &info);
    if (st != GT_OK) {
        return st;
    }
    const gt_standard *s = o.standard != NULL ? o.standard : info.standard;
    bool polygons = s->geom_type == GT_POLYGON || s->geom_type == GT_MULTIPOLYGON;
    /* an old revision cannot be woven by day alone: features are then compared pair by pair */
    bool weave = polygons && !o.no_overlaps && o.as_of_rev == 0 && info.n_features > 0 &&
                 (s->qc.no_overlap || s->qc.no_gaps);
    o.no_overlaps = o.no_overlaps || weave;
    st = gt_qc_layer(ctx, store, layer, &o, notes, out);
    if (st == GT_OK && weave) {
        job j = {s, layer, o.min_overlap_m2, notes, out};
        const gt_part part = {layer, NULL, o.as_of_date};
        st = gt_coverage_faults(ctx, store, package, &part, 0, note, &j);
    }
    return st;
}
