/* The verdict's insides, shared by evaluation and rendering. */
#ifndef GT_CHECK_VERDICT_H
#define GT_CHECK_VERDICT_H

#include "check/measure.h"

struct gt_verdict {
    gt_ctx *ctx;
    const gt_package *package;
    gt_arena *arena; /* findings and their texts */
    gt_meter *meter; /* owns the overlaps */
    gt_finding *findings;
    size_t n_findings;
    const char *kind, *name, *unit;
    gt_date as_of;
    int64_t revision;
};

/* Fills {name|unit} holes of a template with the values of the rule's names; units: m2 ha mu km2 m
 * km % and none. The text is the arena's. */
gt_status gt_fill_template(gt_ctx *ctx, const gt_rule *rule, const gt_value *values,
                           const char *template, gt_lang lang, gt_arena *arena,
                           const char **out) GT_CHECKED;

#endif
