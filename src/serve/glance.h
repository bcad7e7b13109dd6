/* A glance at the map's file: has anything been written since? Thread safe. Internal to serve. */
#ifndef GT_SERVE_GLANCE_H
#define GT_SERVE_GLANCE_H

#include "guotu/context.h"

typedef struct gt_glance gt_glance;

/* ctx: of its own; borrowed. Owned by the caller. GT_E_ENV, GT_E_NOT_FOUND as the file is. */
gt_status gt_glance_open(gt_ctx *ctx, const char *workspace, gt_glance **out) GT_CHECKED;
void gt_glance_close(gt_glance *glance);
/* A number that changes with every commit by anybody; -1: not known. About 3 us. */
int64_t gt_glance_look(gt_glance *glance);

#endif
