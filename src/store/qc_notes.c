/* From findings to notes: severities, names, messages. */
#include <string.h>

#include "store/qc.h"
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

gt_status gt_qc_note(gt_notes *notes, const gt_qc_result *result, const gt_place *place)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < result->n && st == GT_OK; i++) {
        const gt_qc_finding *f = &result->findings[i];
        gt_place at = {0};
        if (place != NULL) {
            at = *place;
        }
        at.has_xy = f->has_xy;
        at.x = f->x;
        at.y = f->y;
        st = gt_notes_add(notes, gt_qc_severity(f->kind), messages[f->kind], &at,
                          GT_ARGS(GT_INT("count", f->count), GT_REAL("value", f->value),
                                  GT_REAL("limit", f->limit)));
    }
    return st;
}
