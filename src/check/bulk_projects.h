/* Bulk check: the parts of a project that come in one file, and those decided before. Internal to
 * check. */
#ifndef GT_CHECK_BULK_PROJECTS_H
#define GT_CHECK_BULK_PROJECTS_H

#include "check/bulk_rules.h"

typedef struct gt_bulk_held { /* a subject that waits for its turn */
    gt_subject subject;
    gt_geom geom;
    gt_box box;
    size_t number;
    size_t project; /* index in gt_projects, SIZE_MAX: of none */
    uint32_t key;   /* along the Z-curve */
} gt_bulk_held;

typedef struct gt_project {
    const char *id;  /* the subjects' */
    size_t first, n; /* its parts, while they are sorted by project */
    gt_box box;      /* of its parts */
    size_t n_before; /* decided before, at `before` */
    size_t cap_before;
    gt_geom *before;
} gt_project;

typedef struct gt_projects {
    gt_project *list; /* by id */
    size_t n, cap;
    size_t current; /* the one whose land stands in meter; SIZE_MAX: none */
    gt_meter *meter;
} gt_projects;

/* Sorts the parts by project and number, and names their project in each; then reads the decided
 * parts of these projects: accepted, of that day, and not decided anew by a part of the same name.
 * parts[i].subject.project is not NULL. */
gt_status gt_projects_open(gt_bulk *bulk, gt_bulk_held *parts, size_t n,
                           gt_projects *out) GT_CHECKED;
void gt_projects_free(gt_ctx *ctx, gt_projects *projects);
/* Makes the project of parts[at] the one that bulk judges together; its parts stand side by side in
 * the list, in whatever order. A part that is no valid polygon is left out. */
gt_status gt_projects_turn(gt_bulk *bulk, gt_projects *projects, const gt_bulk_held *parts,
                           size_t at) GT_CHECKED;

#endif
