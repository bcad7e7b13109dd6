/* From faces to features. */
#include <math.h>
#include <string.h>

#include "synth/synth.h"

static const double SURVEY_STEP_M = 70.0; /* as the store and the import measure (LA-1) */

gt_status sy_writer_open(gt_ctx *ctx, gt_synth *s, const sy_writing *what, sy_writer *out)
{
    memset(out, 0, sizeof *out);
    out->s = s;
    out->standard = what->standard;
    out->put = what->put;
    out->user = what->user;
    out->valid_from = GT_DATE_NONE;
    gt_geom_init(&out->slot.geom);
    size_t n = what->n_labels > 0 ? what->n_labels : 1, n_fields = what->standard->n_fields;
    out->plan = gt_zalloc(ctx, n, sizeof(sy_value_plan *));
    out->values = gt_zalloc(ctx, n_fields, sizeof *out->values);
    out->buffers = gt_zalloc(ctx, n_fields, sizeof *out->buffers);
    gt_status st =
        out->plan == NULL || out->values == NULL || out->buffers == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = sy_values_plan(ctx, what->standard, what->attrs, what->n_attrs,
                            what->n_labels > 0 ? &what->labels[i] : NULL, &out->plan[i]);
        out->n_plans = i + 1;
    }
    if (st != GT_OK) {
        sy_writer_close(ctx, out);
    }
    return st;
}

void sy_writer_close(gt_ctx *ctx, sy_writer *w)
{
    for (size_t i = 0; i < w->n_plans; i++) {
        sy_values_free(ctx, w->plan[i]);
    }
    gt_free(ctx, w->plan);
    gt_free(ctx, w->values);
    gt_free(ctx, w->buffers);
    sy_slot_free(ctx, &w->slot);
    memset(w, 0, sizeof *w);
}

gt_status sy_writer_put(gt_ctx *ctx, sy_writer *w, const sy_slot *slot, size_t plan,
                        sy_subject *subject)
{
    subject->area_m2 = slot->area_m2;
    sy_values_fill(w->plan[plan], &w->s->scene, subject, w->values, w->buffers);
    gt_feature feature = {
        .id = subject->id,
        .valid_from = w->valid_from,
        .valid_to = GT_DATE_NONE,
        .blob = slot->blob,
        .blob_len = slot->len,
        .box = slot->box,
        .values = w->values,
        .n_values = w->standard->n_fields,
    };
    return w->put(ctx, w->user, &feature, slot->area_m2);
}

/* ---- slots
 * ---------------------------------------------------------------------------------------- */

void sy_slot_free(gt_ctx *ctx, sy_slot *slot)
{
    gt_geom_free(ctx, &slot->geom);
    gt_free(ctx, slot->blob);
    memset(slot, 0, sizeof *slot);
}

void sy_slot_clear(sy_slot *slot)
{
    gt_geom_reset(&slot->geom, GT_MULTIPOLYGON);
}

gt_status sy_slot_face(gt_ctx *ctx, const sy_world *world, sy_slot *slot, const sy_faces *f,
                       size_t i)
{
    const sy_face *face = &f->faces[i];
    for (uint32_t r = 0; r < face->n_rings; r++) {
        size_t ring = face->first_ring + r;
        size_t from = sy_ring_start(f, ring), to = f->ring_end[ring];
        for (size_t k = from; k <= to; k++) {
            sy_pt p = f->pts[k == to ? from : k];
            gt_status st = gt_geom_add_point(ctx, &slot->geom, sy_metres(world->ox, p.x),
                                             sy_metres(world->oy, p.y));
            if (st != GT_OK) {
                return st;
            }
        }
        gt_status st = gt_geom_end_ring(ctx, &slot->geom);
        if (st != GT_OK) {
            return st;
        }
    }
    return gt_geom_end_part(ctx, &slot->geom);
}

gt_status sy_slot_encode(gt_ctx *ctx, const gt_synth *s, sy_slot *slot)
{
    gt_status st =
        gt_geom_to_gpkg(ctx, &slot->geom, s->srs_id, &slot->blob, &slot->cap, &slot->len);
    if (st == GT_OK) {
        slot->area_m2 = gt_area_survey(s->plane, &slot->geom, SURVEY_STEP_M);
        slot->box = gt_geom_box(&slot->geom);
    }
    return st;
}
