/* What the public says: records of those ledgers in which the actor "public" of the register holds
 * the action `add`, without an account. Who says something gets a receipt, with which he (and
 * nobody else) finds it again with its answer; what is in the state `published` everybody sees,
 * where "public" holds `read`. Internal to serve. */
#ifndef GT_SERVE_VOICES_H
#define GT_SERVE_VOICES_H

#include "serve/desk.h"

#define GT_PUBLIC_ACTOR "public"

/* GET /voices: the ledgers. */
gt_status gt_get_voice_ledgers(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* GET /voices/L: the form, as /ledgers/L. */
gt_status gt_get_voice_form(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* POST /voices/L: {"fields":{},"place":GeoJSON in CRS84,"photo":base64 of a JPEG or PNG}; 201 with
 * id and receipt. 429 after six a minute and address. */
gt_status gt_post_voice(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* GET /voices/L/records: those published. */
gt_status gt_get_voices(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* GET /voices/L/records/R?receipt=: one's own. */
gt_status gt_get_voice(gt_desk *desk, const gt_request *request, gt_reply *reply);

#endif
