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

/* What the holes of a rule's texts are filled from; all borrowed. */
typedef struct gt_template {
    const gt_package *package;
    const gt_rule *rule;
    const gt_value *values; /* one per name of the rule */
} gt_template;

/* Fills the holes of one text (fill.c). The result is the arena's. */
gt_status gt_fill_template(gt_ctx *ctx, const gt_template *t, const char *template, gt_lang lang,
                           gt_arena *arena, const char **out) GT_CHECKED;

#endif
