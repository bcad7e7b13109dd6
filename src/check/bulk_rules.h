/* Bulk check, one subject: what is asked of the layers near it, and which rules clearly hold.
 * Internal to check.
 *
 * Questions are the distinct measures of the rules. A quick answer comes from boxes and areas of
 * edge pairs; where it is not sure (a touch, a sliver, a line, features that overlap each other)
 * the question is left to the measures of a single subject (measure.c). A rule whose condition is
 * false at both ends of the span of the quick answers holds; every other is tried as for a single
 * subject (trial.h), on the features in memory. */
#ifndef GT_CHECK_BULK_RULES_H
#define GT_CHECK_BULK_RULES_H

#include "check/bulk_land.h"
#include "check/trial.h"

/* Areas are known to this share of the overlap, and of the subject where borders meet. */
#define GT_BULK_SPAN  2e-6
#define GT_BULK_TOUCH 1e-7

typedef struct gt_question {
    const gt_measure *measure; /* borrowed from the package */
    size_t near;               /* layer: index */
    int field;                 /* VALUE */
    gt_expr *where;            /* NULL: none */
    bool needs_shape;          /* pieces, largest piece or length are asked for */
    uint8_t *truth;            /* of the filter, by feature of the block; 0: not yet known */
    size_t cap_truth;
    uint32_t block; /* truth belongs to this block */
    uint64_t turn;  /* the answer belongs to this subject */
    bool sure, exact;
    gt_measured answer;
} gt_question;

typedef struct gt_bulk_near { /* a layer: its features, and the cuts of the present subject */
    gt_land near;
    uint32_t block; /* read for this block */
    uint64_t turn;
    uint32_t *list;
    gt_cut *cuts;
    size_t n, cap_list, cap_cuts;
} gt_bulk_near;

/* One evaluation remembered: subjects often put the same values to a condition. */
enum { GT_MEMO_VALUES = 6, GT_MEMO_TEXT = 24 };
typedef struct gt_memo {
    bool set;
    gt_truth truth;
    gt_value values[GT_MEMO_VALUES];
    char texts[GT_MEMO_VALUES][GT_MEMO_TEXT];
} gt_memo;

typedef struct gt_rule_plan {
    size_t index; /* of the rule in the package */
    const gt_rule *rule;
    const gt_rule_code *code;
    size_t *questions; /* of each measure */
    size_t *facts;     /* of each name: field of the kind, SIZE_MAX */
    gt_memo when[2], condition[4];
    unsigned when_at, condition_at;
} gt_rule_plan;

typedef struct gt_total_known { /* a TOTAL, by the unit's row (0: whole layer) */
    const gt_measure *measure;
    int64_t row;
    gt_measured answer;
} gt_total_known;

typedef struct gt_bulk {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    const gt_subject_kind *kind;
    gt_checker *checker;
    gt_check_options check;
    bool list_passes;
    gt_arena *arena;
    gt_bulk_near *nears;
    size_t n_nears, cap_nears;
    gt_question *questions;
    size_t n_questions, cap_questions;
    gt_rule_plan *plans;
    size_t n_plans;
    gt_measure unit_measure;
    size_t unit_question; /* SIZE_MAX: the package has no units */
    gt_total_known *totals;
    size_t n_totals, cap_totals;
    gt_value *values; /* scratch: names of a rule */
    gt_bulk_hooks hooks;
    char as_of[GT_DATE_TEXT];
    gt_date day;
    /* the block */
    gt_box box;
    uint32_t block;
    size_t most_points; /* 0: no limit */
    size_t held;        /* points read for it */
    bool overflow;      /* it did not fit */
    /* the subject */
    uint64_t turn;
    const gt_subject *subject;
    const gt_value *facts; /* by field of the kind */
    double m2;
    const char *unit;
    gt_meter *together; /* of its whole project, borrowed; NULL: it is no part of one */
    size_t n_together;  /* other parts of it */
    gt_cutter cutter;
    gt_verdict *verdict; /* once something must be measured */
    uint32_t *found;     /* scratch of searches */
    size_t cap_found;
    uint64_t n_features, n_settled, n_tried;
} gt_bulk;

gt_status gt_bulk_open(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *kind,
                       const gt_bulk_options *options, gt_bulk *out) GT_CHECKED;
void gt_bulk_close(gt_bulk *bulk);
/* New block: what lies near the box will be read where it is needed, at most most_points. */
void gt_bulk_block(gt_bulk *bulk, gt_box box, size_t most_points);
/* Checks one subject of the block. bulk->overflow: nothing was decided, the block is too large.
 * *out is the bulk's until the next call (light) or the caller's to free (bulk->verdict == *out).
 */
gt_status gt_bulk_subject(gt_bulk *bulk, const gt_subject *subject, gt_verdict *light,
                          const gt_verdict **out) GT_CHECKED;

/* ---- shared by bulk_open.c, bulk_quick.c and bulk_rules.c -------------------------------------
 */

/* Index of the layer among bulk->nears; opened at the first call. */
gt_status gt_bulk_near_of(gt_bulk *bulk, const char *layer, size_t *out) GT_CHECKED;
/* Field of the kind; SIZE_MAX: none. */
size_t gt_bulk_fact(const gt_bulk *bulk, const char *name);
/* Answers a question for the present subject, once; question->sure tells whether it is known. */
gt_status gt_bulk_ask(gt_bulk *bulk, gt_question *question) GT_CHECKED;
/* bulk->verdict, opened when something must be measured. */
gt_status gt_bulk_verdict(gt_bulk *bulk) GT_CHECKED;
/* gt_bulk_hooks: features and totals from memory in place of the store; user: the bulk. */
gt_status gt_bulk_find(gt_ctx *ctx, void *user, const char *layer, gt_box box,
                       gt_near_feature **list, size_t *cap, size_t *n) GT_CHECKED;
gt_status gt_bulk_total(gt_ctx *ctx, void *user, const gt_measure *measure,
                        gt_measured *out) GT_CHECKED;

#endif
