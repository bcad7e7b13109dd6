/* The first account of a workspace. */
#include <stdio.h>
#include <string.h>

#include "guotu/actor.h"
#include "guotu/serve.h"
#include "serve/account.h"

_Static_assert((int)GT_FIRST_PASSWORD == (int)GT_ONE_TIME, "the same text");

static bool find_founder(void *user, const gt_grant *grant)
{
    char *name = user;
    if (strcmp(grant->role, "founder") != 0 || strcmp(grant->unit, "*") != 0) {
        return true;
    }
    (void)snprintf(name, 65, "%s", grant->actor);
    return false;
}

static gt_status founder_of(gt_ctx *ctx, gt_store *store, char name[65])
{
    gt_book *book = NULL;
    gt_status st = gt_book_open(ctx, store, true, &book);
    name[0] = '\0';
    st = st == GT_OK ? gt_grant_each(ctx, book, NULL, find_founder, name) : st;
    if (st == GT_OK && name[0] == '\0') {
        const gt_actor actor = {.id = "administrator",
                                .kind = GT_ACTOR_PERSON,
                                .title = {.zh = "系统管理员", .en = "Administrator"},
                                .unit = "*"};
        (void)snprintf(name, 65, "%s", actor.id);
        st = gt_actor_add(ctx, book, actor.id, &actor);
    }
    gt_book_close(book);
    return st;
}

gt_status gt_serve_first_account(gt_ctx *ctx, const char *workspace, char name[65],
                                 char password[GT_FIRST_PASSWORD], bool *made)
{
    gt_accounts *accounts = NULL;
    gt_store *store = NULL;
    gt_store_options options;
    int64_t n = 0;
    *made = false;
    gt_store_options_init(&options);
    options.read_only = true; /* the register has a connection of its own */
    gt_status st = gt_accounts_open(ctx, workspace, &accounts);
    st = st == GT_OK ? gt_accounts_count(ctx, accounts, &n) : st;
    if (st == GT_OK && n == 0) {
        st = gt_store_open(ctx, workspace, &options, &store);
        st = st == GT_OK ? founder_of(ctx, store, name) : st;
        st = st == GT_OK ? gt_account_issue(ctx, accounts, name, password) : st;
        *made = st == GT_OK;
    }
    gt_store_close(store);
    gt_accounts_close(accounts);
    return st;
}
