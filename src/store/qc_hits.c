/* Findings of a batch, kept apart from the notes so that worker threads can collect them and the
 * writer can hand them on in file order. */
#include <string.h>

#include "store/qc_fields.h"
#include "store/qc_messages.h"

qc_hit *qc_hits_add(gt_ctx *ctx, qc_hits *hits, gt_severity severity, const gt_message *message)
{
    void *block = hits->hit;
    if (gt_grow(ctx, &block, &hits->cap, hits->n + 1, sizeof *hits->hit) != GT_OK) {
        return NULL;
    }
    hits->hit = block;
    qc_hit *h = &hits->hit[hits->n++];
    memset(h, 0, sizeof *h);
    h->severity = severity;
    h->message = message;
    hits->n_errors += severity == GT_ERROR;
    return h;
}

gt_status qc_hits_geometry(gt_ctx *ctx, qc_hits *hits, const gt_qc_result *result, int64_t row,
                           const char *feature)
{
    for (size_t i = 0; i < result->n; i++) {
        const gt_qc_finding *f = &result->findings[i];
        qc_hit *h = qc_hits_add(ctx, hits, gt_qc_severity(f->kind), gt_qc_message(f->kind));
        if (h == NULL) {
            return GT_E_MEMORY;
        }
        h->row = row;
        h->feature = feature;
        h->has_xy = f->has_xy;
        h->x = f->x;
        h->y = f->y;
        h->args[0] = (gt_arg)GT_INT("count", f->count);
        h->args[1] = (gt_arg)GT_REAL("value", f->value);
        h->args[2] = (gt_arg)GT_REAL("limit", f->limit);
    }
    return GT_OK;
}

gt_status qc_hits_change(gt_ctx *ctx, qc_hits *hits, const gt_qc_change *c, int64_t row,
                         const char *feature)
{
    const struct {
        bool done;
        const gt_message *message;
    } steps[] = {
        {c->closed, &GT_MSG_QC_MENDED_CLOSED},
        {c->dropped_points, &GT_MSG_QC_MENDED_POINTS},
        {c->dropped_rings, &GT_MSG_QC_MENDED_RINGS},
        {c->rebuilt, &GT_MSG_QC_MENDED_REBUILT},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (!steps[i].done) {
            continue;
        }
        qc_hit *h = qc_hits_add(ctx, hits, GT_INFO, steps[i].message);
        if (h == NULL) {
            return GT_E_MEMORY;
        }
        h->row = row;
        h->feature = feature;
        h->has_xy = c->has_xy;
        h->x = c->x;
        h->y = c->y;
        h->args[0] = (gt_arg)GT_INT("before", c->points_before);
        h->args[1] = (gt_arg)GT_INT("after", c->points_after);
        h->args[2] = (gt_arg)GT_REAL("area_before", c->area_before);
        h->args[3] = (gt_arg)GT_REAL("area_after", c->area_after);
    }
    return GT_OK;
}

gt_status qc_hits_flush(gt_ctx *ctx, qc_hits *hits, gt_notes *notes, const char *file,
                        const char *layer)
{
    gt_status st = GT_OK;
    (void)ctx;
    for (size_t i = 0; i < hits->n && st == GT_OK; i++) {
        const qc_hit *h = &hits->hit[i];
        st = gt_notes_add(notes, h->severity, h->message,
                          GT_PLACE(.file = file, .layer = layer, .feature = h->feature,
                                   .row = h->row, .field = h->field, .has_xy = h->has_xy, .x = h->x,
                                   .y = h->y),
                          h->args);
    }
    hits->n = 0;
    hits->n_errors = 0;
    return st;
}

void qc_hits_free(gt_ctx *ctx, qc_hits *hits)
{
    gt_free(ctx, hits->hit);
    memset(hits, 0, sizeof *hits);
}
