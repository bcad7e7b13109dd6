/* Measures of a subject against layers: overlap, share, count, distance. Internal to check. */
#ifndef GT_CHECK_MEASURE_H
#define GT_CHECK_MEASURE_H

#include "guotu/check.h"
#include "guotu/expr.h"
#include "guotu/geos.h"
#include "guotu/pick.h"

typedef struct gt_meter gt_meter; /* one subject, ready to be measured against many layers */

typedef struct gt_meter_setup { /* all borrowed */
    gt_store *store;
    gt_picker *picker; /* of a warm checker, in a snapshot; or NULL */
    const gt_package *package;
    gt_geos *geos;
    /* Compiled `where` of a measure on its layer's fields; kept by the caller between subjects. */
    gt_status (*where_of)(gt_ctx *ctx, void *user, const gt_measure *measure,
                          const gt_standard *standard, gt_expr **out);
    void *user;
    const gt_geom *subject;
    gt_date as_of;
    int64_t as_of_rev;
    double densify_m;
} gt_meter_setup;

/* Copies the subject. GT_E_INPUT when it is empty, no polygon, or invalid (place named). */
gt_status gt_meter_new(gt_ctx *ctx, const gt_meter_setup *setup, gt_meter **out) GT_CHECKED;
void gt_meter_free(gt_meter *meter);
double gt_meter_subject_m2(const gt_meter *meter);
const gt_geom *gt_meter_subject(const gt_meter *meter);

/* Measures; the same question asked again is answered from memory. *out belongs to the meter. */
gt_status gt_meter_measure(gt_ctx *ctx, gt_meter *meter, const gt_measure *measure,
                           const gt_measured **out) GT_CHECKED;

#endif
