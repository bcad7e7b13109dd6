/* What the pages read beside the map: figures, clauses, what a ledger is, its accounts. Internal to
 * serve. */
#ifndef GT_SERVE_FIGURES_H
#define GT_SERVE_FIGURES_H

#include "guotu/ledger.h"
#include "serve/desk.h"

/* GET /indicators: values of a year with targets and standing. ?year ?level ?unit ?only */
gt_status gt_get_indicators(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* GET /indicators/ID/trend: a value a year. ?unit ?from ?to */
gt_status gt_get_trend(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* GET /indicators/ID/explanation: what moved it. ?from ?to ?unit ?top */
gt_status gt_get_explanation(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* GET /clauses and /clauses/ID */
gt_status gt_get_clauses(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_clause(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* GET /revisions: the log. ?limit ?before */
gt_status gt_get_revisions(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* GET /ledgers/ID: fields, states, moves, balances. */
gt_status gt_get_ledger(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* GET /balances/ID: the account of a year, by unit. ?year */
gt_status gt_get_balance(gt_desk *desk, const gt_request *request, gt_reply *reply);

/* Appends ,"place":GeoJSON in CRS84 (null: none) and ,"moves":[...]: those that lead on from the
 * record's state, and whether who asks holds a role for them. */
gt_status gt_put_prospects(gt_desk *desk, gt_book *book, const gt_ledger *ledger, const gt_entry *e,
                           gt_text *out) GT_CHECKED;

/* The record of /ledgers/L/records/R, if the asker may read in its unit. One he may not read is
 * refused, not denied. */
gt_status gt_find_record(gt_desk *desk, const gt_request *request, gt_book **book,
                         const gt_ledger **ledger, gt_entry *out) GT_CHECKED;
/* A record with its place, moves and events as the reply. */
gt_status gt_put_record(gt_desk *desk, gt_book *book, const gt_ledger *ledger, const char *id,
                        gt_reply *reply) GT_CHECKED;
/* Fields of a JSON object as texts, as the command line gives them; in the arena. */
struct json_t;
gt_status gt_read_fields(gt_desk *desk, struct json_t *fields, gt_entry_set *set) GT_CHECKED;
/* GeoJSON in CRS84, brought to the working CRS. */
gt_status gt_read_place(gt_desk *desk, const struct json_t *place, gt_geom *geom) GT_CHECKED;
/* PUT /ledgers/L/records/R: fields, unit or body anew. */
gt_status gt_change_record(gt_desk *desk, const gt_request *request, gt_reply *reply);

typedef struct gt_attach {
    const gt_ledger *ledger;
    const gt_act *act;
    const char *record, *kind, *name; /* name: of a file, no path */
    const char *data;
    size_t len;
} gt_attach;
/* Keeps bytes as evidence of a record. */
gt_status gt_attach_bytes(gt_desk *desk, gt_book *book, const gt_attach *attach) GT_CHECKED;
/* POST /ledgers/L/records/R/attachments?kind&name&reason, the file as the body; and fetching it by
 * its hash. */
gt_status gt_post_attachment(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_attachment(gt_desk *desk, const gt_request *request, gt_reply *reply);

/* A whole-number parameter; *out = fallback when it was not given. GT_E_INPUT "serve.parameter". */
gt_status gt_read_number(gt_desk *desk, const gt_request *request, const char *name, long low,
                         long high, long fallback, long *out) GT_CHECKED;
/* GT_E_INPUT "serve.parameter". */
gt_status gt_bad_parameter(gt_desk *desk, const char *name, const char *value,
                           const char *allowed) GT_CHECKED;

#endif
