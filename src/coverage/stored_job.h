/* One list of layers on its way to being woven and stored; shared by stored.c and stored_read.c.
 * Internal. */
#ifndef GT_COVERAGE_STORED_JOB_H
#define GT_COVERAGE_STORED_JOB_H

#include <limits.h>

#include "coverage/stored.h"
#include "coverage/tally.h"

/* Faces narrower than this are kept in a weave with `coverage`, m: any narrower width can be asked
 * of it. Some ten times the widths that standards call slivers. */
static const double GT_STORED_SLIVER = 5;

typedef struct gt_stored_job {
    gt_store *store;
    const gt_package *package;
    gt_stored_options o;
    const char **ids;
    gt_class *classes;
    int *also; /* by layer: gt_class_also */
    gt_woven_layer *layers;
    uint32_t n;
    unsigned char key[GT_HASH_BYTES];
    char path[PATH_MAX];
    int lock;
    double side;
    gt_box extent;
    gt_vault *vault;
    gt_tally tally;
    gt_text text;  /* scratch: a class */
    gt_text bytes; /* scratch: the sums of a cell */
    uint64_t woven;
    const char *why;
} gt_stored_job;

gt_status gt_stored_job_open(gt_ctx *ctx, gt_stored_job *job, gt_store *store,
                             const gt_package *package,
                             const gt_stored_options *options) GT_CHECKED;
void gt_stored_job_close(gt_ctx *ctx, gt_stored_job *job);
/* Locks, and leaves job->vault of the newest revision. */
gt_status gt_stored_job_run(gt_ctx *ctx, gt_stored_job *job) GT_CHECKED;
/* Why a vault cannot be brought up to date; NULL when it can. */
gt_status gt_stored_job_why_not(gt_ctx *ctx, gt_stored_job *job, const gt_vault *vault,
                                const char **why) GT_CHECKED;

#endif
