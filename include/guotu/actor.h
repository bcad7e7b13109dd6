/* The register of actors: bodies and people, and what each may do where. Every action on a ledger,
 * on this register, and every override of a verdict has an actor.
 *
 * The register is kept in the workspace (onemap.gpkg) as records of two built-in ledgers, "@actors"
 * and "@grants", so that it has the history, hash chain and proof of every other ledger
 * (ledger.h). A grant gives a role to an actor:
 *
 *   role    what the actor is there, e.g. district_officer; moves of a ledger name roles
 *   unit    name of a unit (district); "*" everywhere
 *   ledger  id of a ledger, "@actors" (this register), "verdict" (overrides); "*" all
 *   action  add, set, move id, attach, grant, override ...; "*" all
 *
 * A person holds the grants of its body, too. An empty register has one door: the first actor is
 * added by itself and gets the role "founder" for everything. */
#ifndef GUOTU_ACTOR_H
#define GUOTU_ACTOR_H

#include "guotu/arena.h"
#include "guotu/store.h"

/* The books of a workspace: actors and ledgers. One thread; many processes may read and write, each
 * action is one transaction with one fsync. */
typedef struct gt_book gt_book;

/* Opens the books of a workspace. store is borrowed and must outlive the book. write: makes the
 * tables when the workspace has none yet; without it a workspace without books reads as empty.
 * GT_E_INPUT when the file is damaged, GT_E_ENV when it cannot be written. Owned by the caller. */
gt_status gt_book_open(gt_ctx *ctx, gt_store *store, bool write, gt_book **out) GT_CHECKED;
/* Gives up what is open. NULL is accepted. */
void gt_book_close(gt_book *book);

typedef enum gt_actor_kind { GT_ACTOR_BODY = 0, GT_ACTOR_PERSON } gt_actor_kind;

typedef struct gt_actor {
    const char *id; /* 1-64 bytes UTF-8, no '/', no control characters, no leading '@' */
    gt_actor_kind kind;
    gt_title title;   /* name; both may be the same */
    const char *body; /* person: id of its body, or NULL */
    const char *unit; /* unit it belongs to, "*" for the whole territory */
    bool active;      /* ignored on the way in */
} gt_actor;

typedef struct gt_grant {
    const char *actor, *role, *unit, *ledger, *action; /* none NULL */
} gt_grant;

/* Adds an actor. by: who adds it; needs the action "grant" on "@actors" in the actor's unit. In an
 * empty register `by` must be the actor itself, who becomes founder. GT_E_CONFLICT when there is
 * one of that id; GT_E_INPUT for a bad id or unknown body; GT_E_USAGE "ledger.may-not". */
gt_status gt_actor_add(gt_ctx *ctx, gt_book *book, const char *by,
                       const gt_actor *actor) GT_CHECKED;
/* Ends an actor: it keeps its history and may do nothing any more. */
gt_status gt_actor_end(gt_ctx *ctx, gt_book *book, const char *by, const char *id,
                       const char *reason) GT_CHECKED;
/* Gives (or with revoke takes back) a grant. `by` needs "grant" on "@actors" in the grant's unit.
 * Giving what is held, or taking what is not, is GT_E_CONFLICT. */
gt_status gt_actor_grant(gt_ctx *ctx, gt_book *book, const char *by, const gt_grant *grant,
                         bool revoke) GT_CHECKED;

/* What is asked: may `actor` do `action` on `ledger` in `unit`? unit "*" or NULL asks for the whole
 * territory. roles: NULL-terminated, one of them must be held; NULL: any role. The role "founder"
 * stands for every role. */
typedef struct gt_ask {
    const char *actor, *ledger, *action, *unit;
    const char *const *roles;
} gt_ask;

enum { GT_ROLE_TEXT = 65 };
/* *may = false for an unknown or ended actor, too. role (may be NULL): the role in which it may,
 * else the first role held, "" for none. Cost: one indexed look-up, about 20 us. */
gt_status gt_actor_may(gt_ctx *ctx, gt_book *book, const gt_ask *ask, char role[GT_ROLE_TEXT],
                       bool *may) GT_CHECKED;
/* The same as an error: GT_E_USAGE "ledger.may-not" naming actor, action, ledger and unit, or
 * "ledger.no-actor" when there is none of that id. */
gt_status gt_actor_must(gt_ctx *ctx, gt_book *book, const gt_ask *ask) GT_CHECKED;

/* Called for each, by id; false stops. Everything is borrowed for the call. */
typedef bool (*gt_actor_fn)(void *user, const gt_actor *actor);
typedef bool (*gt_grant_fn)(void *user, const gt_grant *grant);
gt_status gt_actor_each(gt_ctx *ctx, gt_book *book, gt_actor_fn fn, void *user) GT_CHECKED;
/* Grants in force of one actor, or of all (actor NULL). */
gt_status gt_grant_each(gt_ctx *ctx, gt_book *book, const char *actor, gt_grant_fn fn,
                        void *user) GT_CHECKED;

#endif
