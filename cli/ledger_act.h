/* The acting half of verb ledger: add, set, move, attach, roll. */
#ifndef GT_CLI_LEDGER_ACT_H
#define GT_CLI_LEDGER_ACT_H

#include "cli.h"
#include "guotu/ledger.h"

/* operands[0] is the action, operands[1] the ledger. *known = false: not an action of this half. */
gt_status cli_ledger_act(cli *app, gt_store *store, gt_book *book, const gt_package *package,
                         bool *known) GT_CHECKED;

#endif
