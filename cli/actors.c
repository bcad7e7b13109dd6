/* Who may override a verdict: the workspace's register of actors says. */
#include "cli.h"
#include "guotu/actor.h"

gt_status cli_actor_role(cli *app, gt_store *store, const char *actor, const char *unit, char *role,
                         bool *may_override)
{
    gt_book *book = NULL;
    const gt_ask ask = {.actor = actor, .ledger = "verdict", .action = "override", .unit = unit};
    gt_status st = gt_book_open(app->ctx, store, false, &book);
    if (st == GT_OK) {
        st = gt_actor_may(app->ctx, book, &ask, role, may_override);
    }
    gt_book_close(book);
    return st;
}
