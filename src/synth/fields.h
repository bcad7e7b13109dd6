/* The land as grids: height, slope, distances, urban pull... n x n cells over the world, row 0
 * south. Cells outside the territory are filled too, so that borders need no special case. */
#ifndef GT_SYNTH_FIELDS_H
#define GT_SYNTH_FIELDS_H

#include "guotu/area.h"
#include "synth/border.h"

/* Order is the order of sy_field_name. */
typedef enum sy_field {
    SY_F_HEIGHT = 0, /* m */
    SY_F_SLOPE,      /* rise over run */
    SY_F_RELIEF,     /* m: highest minus lowest within 1.5 km */
    SY_F_CENTRE,     /* m to the city centre */
    SY_F_SEAT,       /* pull of the centres, 0..1 */
    SY_F_RIVER,      /* m to a river of the recipe or a stream with a large catchment */
    SY_F_STREAM,     /* m to any stream */
    SY_F_ROAD,       /* m to a main road */
    SY_F_LAKE,       /* m to a reservoir or lake, 0 inside */
    SY_F_SITE,       /* m to the nearest site beyond its radius, 0 inside */
    SY_F_EAST,       /* m east of the city centre */
    SY_F_NORTH,      /* m north of the city centre */
    SY_FIELDS
} sy_field;
const char *sy_field_name(sy_field f);
/* SY_FIELDS when there is none of that name. */
sy_field sy_field_find(const char *name);

/* Polylines under a bucket grid, for exact distances near them. */
typedef struct sy_lines {
    sy_pt *pts;
    uint32_t *line_end; /* one past the last point of each line */
    size_t n_pts, n_lines, cap_pts, cap_lines;
    uint32_t *start, *items; /* buckets: segment = number of its first point */
    int n_cells;
    int32_t cell;
} sy_lines;
gt_status sy_lines_pt(gt_ctx *ctx, sy_lines *l, sy_pt p) GT_CHECKED;
gt_status sy_lines_end(gt_ctx *ctx, sy_lines *l) GT_CHECKED;
gt_status sy_lines_index(gt_ctx *ctx, const sy_world *world, sy_lines *l) GT_CHECKED;
void sy_lines_free(gt_ctx *ctx, sy_lines *l);
/* mm to the nearest line, at most one bucket away; INFINITY beyond. */
double sy_lines_distance(const sy_lines *l, sy_pt p);

typedef struct sy_fields {
    const sy_world *world;
    int n;
    int32_t cell; /* mm */
    float *of[SY_FIELDS];
    int16_t *unit;  /* district at the cell's centre, -1 outside */
    float *factor;  /* ellipsoid m2 per plane m2 */
    uint8_t *lake;  /* number of the lake + 1, 0 none */
    uint32_t *down; /* cell that it drains to; itself at an outlet */
    float *drains;  /* km2 upstream, itself included */
    sy_lines rivers, roads;
} sy_fields;

/* Empty grids; n a power of two, 64..2048. */
gt_status sy_fields_new(gt_ctx *ctx, const sy_world *world, const sy_border *border,
                        const gt_plane *plane, int n, sy_fields *out) GT_CHECKED;
void sy_fields_free(gt_ctx *ctx, sy_fields *f);
size_t sy_cell_at(const sy_fields *f, sy_pt p);
sy_pt sy_cell_centre(const sy_fields *f, size_t k);
/* Bilinear; distances to rivers and roads are exact near the lines. */
double sy_sample(const sy_fields *f, sy_field field, sy_pt p);
/* km2 on the ellipsoid of a plane area in mm2 at p. */
double sy_km2(const sy_fields *f, double mm2, sy_pt p);

/* Euclidean distance (mm -> m in out) to the nearest marked cell, exact on cell centres
 * (Felzenszwalb and Huttenlocher 2012). Nothing marked: 1e6 m everywhere. */
gt_status sy_distance(gt_ctx *ctx, const sy_fields *f, const bool *mark, float *out) GT_CHECKED;

#endif
