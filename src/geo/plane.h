/* Inside of a gt_plane. */
#ifndef GT_GEO_PLANE_H
#define GT_GEO_PLANE_H

#include "geo/tmerc.h"
#include "guotu/area.h"

struct gt_plane {
    bool geographic; /* degrees; tm unused */
    double a, f;
    gt_tmerc tm;
};

#endif
