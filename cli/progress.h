/* Progress on standard error: a bar on a terminal, a line every ten seconds elsewhere. */
#ifndef GT_CLI_PROGRESS_H
#define GT_CLI_PROGRESS_H

#include "guotu/context.h"

void cli_progress(void *user, const gt_message *what, uint64_t done, uint64_t total);
/* Ends an open bar, so that other output starts on a line of its own. */
void cli_progress_close(void);

#endif
