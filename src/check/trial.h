/* What bulk and single checks share: compiled rules and the trial of one rule on one subject.
 * Internal to check. */
#ifndef GT_CHECK_TRIAL_H
#define GT_CHECK_TRIAL_H

#include "check/verdict.h"

/* A rule's expressions; the exceptions as the rule lists them. */
typedef struct gt_rule_code {
    gt_expr *when, *condition;
    gt_expr **exceptions;
    bool ready;
} gt_rule_code;

/* Code of rule i of the package, compiled at the first call. Borrowed. */
gt_status gt_checker_code(gt_checker *checker, size_t i, const gt_rule_code **out) GT_CHECKED;
gt_geos *gt_checker_geos(const gt_checker *checker);
gt_picker *gt_checker_picker(const gt_checker *checker);
/* Compiled filter of a measure; user: the checker (gt_meter_setup.where_of). */
gt_status gt_checker_where(gt_ctx *ctx, void *user, const gt_measure *measure,
                           const gt_standard *standard, gt_expr **out) GT_CHECKED;
/* A meter of its own on any land, by the options of a check: it reads the store, not what a bulk
 * check holds. land is copied; owned by the caller. */
gt_status gt_checker_meter(gt_checker *checker, const gt_geom *land,
                           const gt_check_options *options, gt_meter **out) GT_CHECKED;
/* GT_E_USAGE when no rule of the package speaks of the kind. */
gt_status gt_checker_kind(gt_checker *checker, const char *kind) GT_CHECKED;
bool gt_rule_speaks_of(const gt_rule *rule, const char *kind, gt_date day);
/* Value of a measure's aspect; NULL where it is not known. */
gt_value gt_measured_aspect(const gt_measured *measured, gt_aspect aspect);

/* An empty verdict on a valid subject; bulk as in gt_meter_setup. unit NULL: found by measuring
 * (GT_E_INPUT outside the territory). */
gt_status gt_trial_open(gt_checker *checker, const gt_subject *subject,
                        const gt_check_options *options, const gt_bulk_hooks *bulk,
                        const char *unit, gt_verdict **out) GT_CHECKED;
/* Tries rule i on the subject: adds a finding when the rule applies. */
gt_status gt_trial_rule(gt_checker *checker, gt_verdict *verdict, const gt_subject *subject,
                        size_t i) GT_CHECKED;
/* Puts the findings in their order. */
void gt_trial_close(gt_verdict *verdict);

#endif
