/* Reading the features of a tile, in its units. Internal to serve. */
#ifndef GT_SERVE_TILE_READ_H
#define GT_SERVE_TILE_READ_H

#include "serve/box.h"
#include "serve/tiles.h"
#include "serve/warp.h"

typedef struct gt_tile_reader {
    gt_desk *desk;
    const gt_layer_info *info;
    gt_place_of at;
    gt_box box; /* EPSG:3857 */
    double unit;
    gt_geom geom; /* scratch */
    gt_then then;
    gt_warp warp; /* of gt_tile_each */
} gt_tile_reader;

void gt_tile_reader_open(gt_tile_reader *reader, gt_desk *desk, const gt_layer_info *info,
                         gt_place_of at, const gt_then *then);
void gt_tile_reader_close(gt_tile_reader *reader);

/* What is done with each feature, reader->geom being its geometry in tile units (4096 a side, y
 * down). */
typedef gt_status (*gt_tile_feature_fn)(gt_tile_reader *reader, const gt_feature *feature,
                                        void *user);
/* buffer: units round the tile that count as in it. */
gt_status gt_tile_each(gt_tile_reader *reader, double buffer, gt_tile_feature_fn fn,
                       void *user) GT_CHECKED;

bool gt_tile_has_areas(const gt_layer_info *info);
/* Name and value of the class; "class" and "" where there is none. */
const char *gt_tile_class_key(const gt_layer_info *info);
const char *gt_tile_class_text(const gt_layer_info *info, const gt_feature *feature);

/* Smallest box of EPSG:3857 around the image of a box of the working CRS. */
gt_status gt_tile_mercator_box(gt_desk *desk, gt_box box, gt_box *out) GT_CHECKED;
/* Boxes (EPSG:3857) of what changed since a revision; *all: too many, or the revision is not known.
 * Owned by the caller. */
gt_status gt_tile_changed_since(gt_desk *desk, const char *layer, int64_t since, gt_box **boxes,
                                size_t *n, bool *all) GT_CHECKED;

#endif
