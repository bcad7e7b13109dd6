/* Points, lines and areas of a file as kernels read them: through guotu-io, in the CRS of a grid.
 * Inside the room. */
#ifndef GT_MODEL_FEATURES_H
#define GT_MODEL_FEATURES_H

#include "guotu/source.h"
#include "model/job.h"

/* Called for each feature; field: value of the field asked for, NULL without one; borrowed. */
typedef gt_status (*gt_feature_fn)(gt_ctx *ctx, void *user, const gt_source_feature *feature,
                                   const gt_value *field);

/* What features may be. */
typedef enum gt_features_kind {
    GT_FEATURES_POINTS = 0,
    GT_FEATURES_LINES, /* or points */
    GT_FEATURES_ALL    /* areas too */
} gt_features_kind;

/* Hands over all features of the file bound to an input, in their order. The call's parameters
 * `layer` and field_param (both texts, "" for none; the latter may be NULL) say which. Features
 * without geometry are passed over. GT_E_INPUT "model.geometry" for another kind and for a damaged
 * one, with its row; GT_E_NOT_FOUND "model.no-field". Else as gt_source_open. */
gt_status gt_features_each(gt_ctx *ctx, const gt_model_call *call, const char *input,
                           const char *field_param, const gt_crs *crs, gt_features_kind kind,
                           gt_feature_fn fn, void *user) GT_CHECKED;

#endif
