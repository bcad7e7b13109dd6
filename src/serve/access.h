/* Who asks, and may he? Internal to serve. */
#ifndef GT_SERVE_ACCESS_H
#define GT_SERVE_ACCESS_H

#include "serve/desk.h"

typedef enum gt_need {
    GT_PUBLIC = 0, /* anybody; what he brings along is not looked at */
    GT_KNOWN,   /* anybody; who brings a session is known by it, one not in force is passed over */
    GT_SIGNED,  /* a session or token in force */
    GT_CHANGING /* the same with a password of his own; a session must bring its CSRF token */
} gt_need;

/* Fills desk->who. A session or token that is not in force, where one is needed, is GT_E_USAGE
 * "serve.sign-in" (401); a session without its token "serve.csrf" (403); one by a one-time password
 * "serve.must-change" (403). A token that is brought and not in force is refused everywhere. */
gt_status gt_access(gt_desk *desk, const gt_request *request, gt_need need) GT_CHECKED;
/* May who asks do `action` on `ledger` in `unit` (NULL: everywhere)? GT_E_USAGE "serve.may-not". */
gt_status gt_access_must(gt_desk *desk, const char *ledger, const char *action,
                         const char *unit) GT_CHECKED;
/* The register and the ledgers, open for writing; made on first use. */
gt_status gt_desk_book(gt_desk *desk, gt_book **out) GT_CHECKED;

/* The body as a JSON object; owned by the caller (json_decref). GT_E_INPUT "serve.body". */
struct json_t;
gt_status gt_read_json(gt_desk *desk, const gt_request *request, struct json_t **out) GT_CHECKED;
/* A text member; "" when absent. GT_E_INPUT when it is something else, or required and absent. */
gt_status gt_read_text(gt_desk *desk, const struct json_t *body, const char *name, bool required,
                       const char **out) GT_CHECKED;

gt_status gt_get_session(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_post_session(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_delete_session(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_put_password(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_tokens(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_post_token(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_delete_token(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_post_account(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_delete_account(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_ledgers(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_records(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_record(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_post_record(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_post_move(gt_desk *desk, const gt_request *request, gt_reply *reply);

#endif
