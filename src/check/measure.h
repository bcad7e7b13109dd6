/* Measures of a subject against layers: overlap, share, count, distance. Internal to check. */
#ifndef GT_CHECK_MEASURE_H
#define GT_CHECK_MEASURE_H

#include "check/near.h"
#include "guotu/check.h"
#include "guotu/expr.h"
#include "guotu/geos.h"
#include "guotu/pick.h"

typedef struct gt_meter gt_meter; /* one subject, ready to be measured against many layers */

/* What a bulk check knows without the store. */
typedef struct gt_bulk_hooks {
    gt_nearby nearby;
    /* Answers a TOTAL, which needs more than what is near; called with nearby.user. */
    gt_status (*total)(gt_ctx *ctx, void *user, const gt_measure *measure, gt_measured *out);
} gt_bulk_hooks;

typedef struct gt_meter_setup { /* all borrowed */
    gt_store *store;
    gt_picker *picker; /* of a warm checker, in a snapshot; or NULL */
    const gt_package *package;
    gt_geos *geos;
    /* Compiled `where` of a measure on its layer's fields; kept by the caller between subjects. */
    gt_status (*where_of)(gt_ctx *ctx, void *user, const gt_measure *measure,
                          const gt_standard *standard, gt_expr **out);
    void *user;
    const gt_bulk_hooks *bulk; /* NULL: the store. Otherwise the subject is known to be valid */
    const gt_geom *subject;
    gt_date as_of;
    int64_t as_of_rev;
    double densify_m;
    bool (*may_see)(void *user, const char *layer); /* of the options; NULL: all */
    void *see_user;
} gt_meter_setup;

/* GT_E_INPUT when the subject is empty, no polygon, or invalid (place named). */
gt_status gt_meter_check(gt_ctx *ctx, gt_geos *geos, const gt_geom *subject) GT_CHECKED;
/* Copies the subject; checks it unless it is of a bulk check. */
gt_status gt_meter_new(gt_ctx *ctx, const gt_meter_setup *setup, gt_meter **out) GT_CHECKED;
void gt_meter_free(gt_meter *meter);
double gt_meter_subject_m2(const gt_meter *meter);
const gt_geom *gt_meter_subject(const gt_meter *meter);

/* Do both ask the same? Then one answer serves. */
bool gt_measure_same(const gt_measure *a, const gt_measure *b);
/* Measures; the same question asked again is answered from memory. *out belongs to the meter. */
gt_status gt_meter_measure(gt_ctx *ctx, gt_meter *meter, const gt_measure *measure,
                           const gt_measured **out) GT_CHECKED;

#endif
