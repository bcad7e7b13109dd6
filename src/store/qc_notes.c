/* From findings to notes: severities, names, messages. */
#include <string.h>

#include "store/qc.h"
#include "store/qc_fields.h"
#include "store/qc_messages.h"

static const gt_message *const messages[GT_QC_N_KINDS] = {
    [GT_QC_EMPTY] = &GT_MSG_QC_EMPTY,
    [GT_QC_WRONG_TYPE] = &GT_MSG_QC_WRONG_TYPE,
    [GT_QC_NOT_FINITE] = &GT_MSG_QC_NOT_FINITE,
    [GT_QC_TOO_MANY] = &GT_MSG_QC_TOO_MANY,
    [GT_QC_TOO_FEW] = &GT_MSG_QC_TOO_FEW,
    [GT_QC_UNCLOSED] = &GT_MSG_QC_UNCLOSED,
    [GT_QC_ZERO_AREA] = &GT_MSG_QC_ZERO_AREA,
    [GT_QC_CROSSING] = &GT_MSG_QC_CROSSING,
    [GT_QC_LINE_TOUCH] = &GT_MSG_QC_LINE_TOUCH,
    [GT_QC_DUPLICATE_RING] = &GT_MSG_QC_DUPLICATE_RING,
    [GT_QC_RING_TOUCH] = &GT_MSG_QC_RING_TOUCH,
    [GT_QC_HOLE_OUTSIDE] = &GT_MSG_QC_HOLE_OUTSIDE,
    [GT_QC_NESTED_HOLES] = &GT_MSG_QC_NESTED_HOLES,
    [GT_QC_NESTED_PARTS] = &GT_MSG_QC_NESTED_PARTS,
    [GT_QC_SPLIT_INTERIOR] = &GT_MSG_QC_SPLIT_INTERIOR,
    [GT_QC_OUT_OF_BOUNDS] = &GT_MSG_QC_OUT_OF_BOUNDS,
    [GT_QC_SLIVER_AREA] = &GT_MSG_QC_SLIVER_AREA,
    [GT_QC_SLIVER_WIDTH] = &GT_MSG_QC_SLIVER_WIDTH,
    [GT_QC_SPIKE] = &GT_MSG_QC_SPIKE,
    [GT_QC_REPEATED] = &GT_MSG_QC_REPEATED,
};

gt_severity gt_qc_severity(gt_qc_kind kind)
{
    if (kind == GT_QC_REPEATED) {
        return GT_INFO;
    }
    return kind >= GT_QC_SLIVER_AREA ? GT_WARNING : GT_ERROR;
}

const gt_message *gt_qc_message(gt_qc_kind kind)
{
    return messages[kind];
}

const char *gt_qc_kind_name(gt_qc_kind kind)
{
    return messages[kind]->id + strlen("qc.");
}

/* Through the batch list, so that texts and arguments are made in one place only. */
static gt_status hand_on(gt_notes *notes, const gt_place *place, const qc_hits *hits)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < hits->n && st == GT_OK; i++) {
        const qc_hit *h = &hits->hit[i];
        gt_place at = {0};
        if (place != NULL) {
            at = *place;
        }
        at.has_xy = h->has_xy;
        at.x = h->x;
        at.y = h->y;
        st = gt_notes_add(notes, h->severity, h->message, &at, h->args);
    }
    return st;
}

gt_status gt_qc_note(gt_ctx *ctx, gt_notes *notes, const gt_qc_result *result,
                     const gt_place *place)
{
    qc_hits hits = {0};
    gt_status st = qc_hits_geometry(ctx, &hits, result, 0, NULL);
    if (st == GT_OK) {
        st = hand_on(notes, place, &hits);
    }
    qc_hits_free(ctx, &hits);
    return st;
}

gt_status gt_qc_note_change(gt_ctx *ctx, gt_notes *notes, const gt_qc_change *change,
                            const gt_place *place)
{
    qc_hits hits = {0};
    gt_status st = qc_hits_change(ctx, &hits, change, 0, NULL);
    if (st == GT_OK) {
        st = hand_on(notes, place, &hits);
    }
    qc_hits_free(ctx, &hits);
    return st;
}
