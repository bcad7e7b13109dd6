/* Inside coverage: the making of one area table. */
#ifndef GT_COVERAGE_AREA_JOB_H
#define GT_COVERAGE_AREA_JOB_H

#include "coverage/area_account.h"
#include "coverage/stored.h"
#include "coverage/tally.h"
#include "coverage/traced.h"
#include "guotu/text.h"

typedef struct gt_layer_use {
    const char *id;
    gt_words *words;   /* joined texts of its columns */
    uint32_t *code_of; /* reading cells: by index of `number` */
    uint32_t *number;  /* rows, ascending */
    size_t n_codes, cap_codes, cap_numbers;
    uint32_t *class_code; /* reading sums: by class of the vault */
    int also;             /* the class holds this field too, or -1 (gt_class_also) */
    const char *grid;     /* name of a grid, traced; NULL: a stored layer */
    gt_traced traced;
} gt_layer_use;

typedef struct gt_area_job {
    gt_store *store;
    const gt_package *package;
    const gt_areas_options *options;
    gt_area_table *table;
    gt_layer_use layers[GT_AREA_COLUMNS];
    size_t n_layers;
    size_t layer_of[GT_AREA_COLUMNS]; /* column -> gt_layer_use */
    gt_vault *vault;
    uint32_t use_of[GT_WEAVE_LAYERS_MAX]; /* layer of the vault -> gt_layer_use, or n_layers */
    gt_tally tally;
    gt_wide sign; /* of what cells woven afresh add: 1 or -1 */
    gt_sums sums; /* by codes; moved into the account when they are whole */
    gt_area_account account;
    gt_text key; /* scratch */
    uint64_t *keys;
    size_t cap_keys;
} gt_area_job;

/* A job ready to be summed: columns, layers, no sums. options is borrowed. */
gt_status gt_area_open(gt_ctx *ctx, gt_store *store, const gt_package *package,
                       const gt_areas_options *options, const char *by,
                       gt_area_job **out) GT_CHECKED;
/* The table of its sums; owned by the caller. */
gt_status gt_area_finish(gt_ctx *ctx, gt_area_job *job, gt_area_table **out) GT_CHECKED;
void gt_area_close(gt_ctx *ctx, gt_area_job *job); /* NULL is accepted */
/* The joined texts of a feature's columns, into job->key. */
gt_status gt_area_text_of(gt_area_job *job, uint32_t use, const gt_feature *feature) GT_CHECKED;

/* Columns and layers of the table from its words. */
gt_status gt_area_read_columns(gt_ctx *ctx, gt_area_job *job, const char *by) GT_CHECKED;
/* Codes of our columns for every class of the vault; then rows of the vault add to job->sums. */
gt_status gt_area_code_classes(gt_ctx *ctx, gt_area_job *job) GT_CHECKED;
gt_status gt_area_add_row(gt_ctx *ctx, void *job, const uint64_t *keys, size_t n,
                          const gt_sum *add) GT_CHECKED;
/* Weaves cells of the layers at their times, and adds them with job->sign. rect NULL: all. */
gt_status gt_area_weave(gt_ctx *ctx, gt_area_job *job, const gt_woven_layer *layers, double side,
                        gt_box extent, const gt_rect *rect) GT_CHECKED;
/* Side of the cells for a day: that of the newest state, which is told without a look at every
 * feature, so that an account kept is woven as one made anew. */
gt_status gt_area_day_side(gt_ctx *ctx, gt_area_job *job, double *side) GT_CHECKED;
/* Moves job->sums into the account. */
gt_status gt_area_settle(gt_ctx *ctx, gt_area_job *job) GT_CHECKED;
/* Forgets sums and account. */
gt_status gt_area_restart(gt_ctx *ctx, gt_area_job *job) GT_CHECKED;

/* The account from the sums of job->vault, whose classes tell every column; what is kept of an
 * earlier state spares reading them all. *good = false: the vault is damaged. */
gt_status gt_area_kept_now(gt_ctx *ctx, gt_area_job *job, bool *good) GT_CHECKED;
/* The account of the day job->options->as_of: kept from before and brought up to date by the cells
 * that changes meet, else woven. */
gt_status gt_area_kept_day(gt_ctx *ctx, gt_area_job *job) GT_CHECKED;

#endif
