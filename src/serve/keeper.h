/* The keeper: a thread that makes merged tiles before somebody asks for them. Internal to serve. */
#ifndef GT_SERVE_KEEPER_H
#define GT_SERVE_KEEPER_H

#include "serve/desk.h"

typedef struct gt_keeper gt_keeper;

/* setup is copied, what it points to borrowed. Owned by the caller. */
gt_status gt_keeper_start(gt_ctx *ctx, const gt_desk_setup *setup, gt_keeper **out) GT_CHECKED;
/* Waits for the tile being made. NULL is accepted. */
void gt_keeper_stop(gt_keeper *keeper);

#endif
