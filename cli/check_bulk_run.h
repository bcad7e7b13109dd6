/* Inside the program: one run of check --bulk. */
#ifndef GT_CLI_CHECK_BULK_RUN_H
#define GT_CLI_CHECK_BULK_RUN_H

#include "check_bulk.h"
#include "guotu/arena.h"
#include "guotu/gpkg_write.h"
#include "guotu/source.h"

typedef struct bulk_rule_count {
    size_t fail, undecidable, exempt;
} bulk_rule_count;

typedef struct bulk_run {
    cli *app;
    gt_store *store;
    const gt_package *package;
    const gt_subject_kind *kind;
    /* where subjects come from: one of the two */
    gt_source *source;
    gt_scan *scan;
    const char *path;
    gt_geom geom;    /* of a stored feature */
    int *fact_of;    /* by column: field of the kind, -1 */
    int name_at;     /* column that names subjects, -1: their number */
    int project_at;  /* column that names their projects, -1: none */
    gt_text project; /* of the present subject */
    size_t n_columns;
    gt_fact *facts;
    gt_fact *given; /* by --set */
    size_t n_given;
    gt_arena *texts; /* of the present subject */
    gt_text line;
    char name[64];
    /* what comes of it */
    gt_gpkg_writer *out;
    bulk_rule_count *rules;
    size_t n_subjects, n_denied, n_findings;
    cli_origins origins;
    gt_text refusals; /* the first few */
    size_t n_refused;
} bulk_run;

/* The subjects, from a file or a stored layer; then one after the other (gt_bulk's next). */
gt_status cli_bulk_open(bulk_run *r, gt_date as_of) GT_CHECKED;
gt_status cli_bulk_next(gt_ctx *ctx, void *run, gt_subject *subject, bool *more) GT_CHECKED;

#endif
