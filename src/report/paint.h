/* Colours of one layer, parsed. */
#ifndef GT_REPORT_PAINT_H
#define GT_REPORT_PAINT_H

#include "report/ink.h"

struct gt_layer_paint {
    const gt_map_layer *layer; /* borrowed */
    void *sorted;              /* classes by code */
    gt_ink_paint ink;          /* colours only; lengths are set when the resolution is known */
    gt_rgb label;
};

#endif
