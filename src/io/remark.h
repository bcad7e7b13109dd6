/* An error or a fault on the wire: message id, arguments, place. The receiving end looks the id up,
 * so that the message renders in the user's language whoever found it. */
#ifndef GT_IO_REMARK_H
#define GT_IO_REMARK_H

#include "base/record.h"
#include "io/wire.h"

/* Texts are borrowed from the payload. */
typedef struct gt_remark {
    gt_status status;
    const gt_message *message;
    gt_arg args[GT_RECORD_ARGS + 1];
    gt_place place; /* file is never set: the parent knows it */
} gt_remark;

/* place may be NULL. */
void gt_remark_put(gt_wire *wire, gt_status status, const gt_message *message,
                   const gt_place *place, const gt_arg *args);
/* The error recorded in ctx, which is cleared. */
void gt_remark_put_error(gt_wire *wire, gt_ctx *ctx);
/* false when it is not well formed or the message id is not known; in->bad is set. */
bool gt_remark_get(gt_wire_in *in, gt_remark *out);

#endif
