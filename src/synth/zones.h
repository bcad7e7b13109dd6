/* Inside of the zone room: labelling of the zone cells. */
#ifndef GT_SYNTH_ZONES_H
#define GT_SYNTH_ZONES_H

#include "synth/scene.h"

/* One zone layer's labels for all cells; earlier layers are done. */
gt_status sy_zone_parts(gt_ctx *ctx, sy_scene *s, const sy_zone *z, int16_t *label) GT_CHECKED;
gt_status sy_zone_territories(gt_ctx *ctx, const sy_scene *s, const sy_zone *z,
                              int16_t *label) GT_CHECKED;
gt_status sy_zone_towns(gt_ctx *ctx, sy_scene *s, sy_zone *z, int16_t *label) GT_CHECKED;

#endif
