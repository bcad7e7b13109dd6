/* One action on a record, from its guards to its event. Internal to record.c, move.c, attach.c. */
#ifndef GT_LEDGER_DEED_H
#define GT_LEDGER_DEED_H

#include "ledger/fields.h"

typedef struct gt_deed {
    gt_ctx *ctx;
    gt_book *book;
    const gt_package *package; /* NULL where the action needs none */
    const gt_ledger *ledger;
    const gt_act *act;
    gt_arena *arena;
    gt_date date;
    gt_entry before, after;
    gt_value *values; /* of after, one a field */
} gt_deed;

/* Takes the write lock. After this, gt_deed_close must be called with the status. */
gt_status gt_deed_open(gt_ctx *ctx, gt_book *book, const gt_package *package,
                       const gt_ledger *ledger, const gt_act *act, gt_deed *out) GT_CHECKED;
/* Reads the record into before, after and values. Refuses a closed record, another version than the
 * caller has seen, a day before the record's last. */
gt_status gt_deed_find(gt_deed *work, const char *id) GT_CHECKED;
/* GT_E_USAGE unless the act's actor may do `action` in the record's unit in one of the roles. */
gt_status gt_deed_may(gt_deed *work, const char *action, const char *unit,
                      const char *const *roles) GT_CHECKED;
/* Writes fields, year, versions and the event. body: what changed, as members of a JSON object
 * without its braces, maybe "". */
gt_status gt_deed_put(gt_deed *work, const char *action, const char *body, const gt_posted *posted,
                      size_t n_posted) GT_CHECKED;
/* Commits when st is GT_OK; frees; returns the worse status. */
gt_status gt_deed_close(gt_deed *work, gt_status st) GT_CHECKED;
/* The state's declaration; NULL when a newer package has dropped it. */
const gt_ledger_state *gt_deed_state(const gt_ledger *ledger, const char *id);
gt_date gt_deed_due(const gt_ledger_state *state, gt_date from);
/* Last event of the record as texts for messages; time is UTC. */
gt_status gt_deed_last(gt_deed *work, const char *id, const char **actor, const char **action,
                       const char **time) GT_CHECKED;

#endif
