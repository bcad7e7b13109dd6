/* Rows by district: a layer that somebody may read in some units only. He is told of the features
 * of which the larger part lies there; tiles, checks and figures, which are of the whole, are not
 * for him. Internal to serve. */
#ifndef GT_SERVE_DISTRICTS_H
#define GT_SERVE_DISTRICTS_H

#include "serve/desk.h"

enum { GT_PART_UNITS = 64 };

typedef struct gt_part {
    gt_desk *desk;
    const char *layer; /* NULL: all of it may be read */
    struct {
        const char *unit; /* arena */
        bool may;
    } known[GT_PART_UNITS];
    size_t n;
} gt_part;

/* As gt_desk_layer, also for layers of which a part may be read: part->layer is set then. */
gt_status gt_part_open(gt_desk *desk, const char *id, gt_layer_info *out,
                       const gt_standard **standard, gt_part *part) GT_CHECKED;
/* Is the layer offered at all to who asks? */
bool gt_part_offers(gt_desk *desk, const gt_layer_info *info);
/* May he see what lies there? Cost: the unit of the place, 0.1 ms. */
gt_status gt_part_sees(gt_part *part, const gt_geom *geom, bool *out) GT_CHECKED;

#endif
