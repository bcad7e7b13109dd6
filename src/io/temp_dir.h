/* A folder for the scratch files of one child process. Whoever is killed leaves its folder behind;
 * the next one to make a folder clears it away. A folder in use is known by the lock its owner
 * holds on it, which ends with the owner however it ends. */
#ifndef GT_IO_TEMP_DIR_H
#define GT_IO_TEMP_DIR_H

#include "guotu/text.h"

typedef struct gt_temp_dir {
    char *path; /* owned; NULL when there is none */
    int lock;   /* the folder itself, open and locked; -1 when there is none */
} gt_temp_dir;

/* Makes a folder under $TMPDIR (/tmp without it), and removes those there that lost their owner
 * more than a minute ago. *out is to be ended by gt_temp_dir_remove. Thread-safe. */
gt_status gt_temp_dir_make(gt_ctx *ctx, gt_temp_dir *out) GT_CHECKED;
/* Removes the folder with all that is in it. Ends with an empty dir; an empty one is accepted. */
void gt_temp_dir_remove(gt_ctx *ctx, gt_temp_dir *dir);

#endif
