/* Inside report: the map of one grid in the making. One thread. */
#ifndef GT_REPORT_PICTURE_H
#define GT_REPORT_PICTURE_H

#include "guotu/arena.h"
#include "guotu/grid.h"
#include "guotu/map.h"
#include "guotu/model.h"

enum { GT_PICTURE_PATH = 4096 };

typedef struct gt_ramp {
    const char *name;
    const char *colors[10];
} gt_ramp;

typedef struct gt_picture {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    const gt_map_of_grid_options *o;
    gt_arena *arena;
    char path[GT_PICTURE_PATH], name[256];
    gt_grid *grid;
    const gt_model_decl *decl; /* of the package, that makes it; or NULL */
    const gt_model *kernel;    /* by its lineage; or NULL */
    bool first_output;
    const char *port; /* the output of decl that it is; NULL: the first */
    gt_map_surface surface;
    float *values;
    double counts[GT_MAP_SURFACE_CLASSES]; /* cells of each class in the box, of the grid */
    double class_values[GT_MAP_SURFACE_CLASSES], class_m2[GT_MAP_SURFACE_CLASSES];
    gt_map_class classes[GT_MAP_SURFACE_CLASSES];
    const gt_ramp *ramp;
} gt_picture;

/* A ramp by its name; NULL for NULL. GT_E_USAGE: unknown (the known ones are told). */
gt_status gt_picture_ramp(gt_ctx *ctx, const char *name, const gt_ramp **out) GT_CHECKED;
/* Reads what the box covers, as coarse as a page can show: p->values, and the classes of a grid of
 * few whole numbers with their cells counted. GT_E_INPUT: the box lies beside the grid. */
gt_status gt_picture_values(gt_picture *p, gt_box box) GT_CHECKED;
/* Names and colours of the classes, or a ramp and its ends where there are none. */
gt_status gt_picture_colors(gt_picture *p) GT_CHECKED;

#endif
