/* Mapbox vector tile 2.1, one layer, two attributes (id and class). Geometry comes in tile units,
 * y down, and is cut, rounded and encoded here. Internal to serve. */
#ifndef GT_SERVE_MVT_H
#define GT_SERVE_MVT_H

#include "guotu/arena.h"
#include "guotu/geometry.h"
#include "serve/cutter.h"

enum { GT_MVT_EXTENT = 4096, GT_MVT_BUFFER = 64, GT_MVT_CLASSES = 1024 };

typedef struct gt_mvt_class {
    const char *text;
    double owed; /* area of polygons too small to draw, in square units */
} gt_mvt_class;

typedef struct gt_mvt {
    gt_ctx *ctx;
    gt_arena *arena;
    gt_text features;  /* encoded feature fields of the layer */
    gt_text values;    /* encoded value fields */
    gt_text one, ring; /* scratch */
    uint32_t n_values, n_features;
    gt_mvt_class classes[GT_MVT_CLASSES];
    uint32_t class_value[GT_MVT_CLASSES]; /* index of its value */
    size_t n_classes;
    gt_frame_cut cut;
    int32_t *grid; /* scratch: rounded ring */
    size_t cap_grid;
    int32_t pen_x, pen_y;
} gt_mvt;

void gt_mvt_open(gt_ctx *ctx, gt_arena *arena, gt_mvt *out);
void gt_mvt_close(gt_mvt *mvt);
/* Adds a feature; id NULL: it has none (many made one). Polygons that round to nothing are not
 * lost: their area is owed to their class, and once a class is owed four units a square of two
 * stands where the last of them lies; so classes keep their share of the picture at any zoom. All
 * borders are rounded to the same grid: what neighbours share they share in the tile. */
gt_status gt_mvt_add(gt_mvt *mvt, const char *id, const char *klass,
                     const gt_geom *geom) GT_CHECKED;
/* A feature of polygons that are on the grid already: begin, rings (open, outlines clockwise on the
 * screen and each followed by its holes), end. */
void gt_mvt_begin(gt_mvt *mvt);
void gt_mvt_ring(gt_mvt *mvt, const int32_t *xy, size_t n);
gt_status gt_mvt_end(gt_mvt *mvt, const char *id, const char *klass) GT_CHECKED;
/* The tile; nothing at all when it has no features. class_key: name of the class attribute. */
gt_status gt_mvt_finish(gt_mvt *mvt, const char *layer, const char *class_key,
                        gt_text *out) GT_CHECKED;

#endif
