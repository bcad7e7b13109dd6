/* Whose a job is: several servers may share a workspace. Each holds a locked file of its own in the
 * folder of jobs as long as it lives, however it ends; a job names the server that took it.
 * Internal to serve. */
#ifndef GT_SERVE_JOB_OWNER_H
#define GT_SERVE_JOB_OWNER_H

#include "guotu/context.h"

enum { GT_OWNER_ID = 33 };

typedef struct gt_owner {
    char id[GT_OWNER_ID];
    char path[4200];
    int fd; /* of the locked file; -1: none */
} gt_owner;

/* Makes and locks a file in dir, which is made, too; removes those that nobody holds any more. A
 * folder that cannot be written has no jobs either: id is "" then. */
void gt_owner_open(const char *dir, gt_owner *out);
void gt_owner_close(gt_owner *owner);
/* Does the server of that id live? "" never does. */
bool gt_owner_alive(const char *dir, const char *id);

#endif
