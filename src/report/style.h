/* How a layer of a plan looks by default, from what its standard says about it. */
#ifndef GT_REPORT_STYLE_H
#define GT_REPORT_STYLE_H

#include "guotu/map.h"

typedef enum gt_rank {                     /* drawing order, bottom first */
                       GT_RANK_GROUND = 0, /* land use and cover: solid colours, shaded */
                       GT_RANK_ZONE,       /* areas that lie over the ground */
                       GT_RANK_WATER,
                       GT_RANK_CONTROL, /* control lines */
                       GT_RANK_LINE,
                       GT_RANK_UNIT, /* administrative borders with names */
                       GT_RANK_POINT
} gt_rank;

typedef struct gt_look_of {
    gt_map_style style;
    gt_rank rank;
} gt_look_of;

/* standard: id, theme, geometry, colour and class field are read. unit: the layer holds the units
 * of the area tables. Texts of the style are static or the standard's. */
void gt_style_of(const gt_standard *standard, bool unit, gt_look_of *out);
/* Colour of the i-th class that has none of its own; static. */
const char *gt_spare_color(size_t i);

#endif
