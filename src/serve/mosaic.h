/* Mosaics: the picture of a merged tile. Each cell of a fixed grid (the same on both sides of a
 * tile's border) gets one class, so that classes keep their share of the ground in every part of
 * the picture; cells of a class that touch become one polygon. Internal to serve. */
#ifndef GT_SERVE_MOSAIC_H
#define GT_SERVE_MOSAIC_H

#include "serve/lattice.h"
#include "serve/mvt.h"

enum { GT_MOSAIC_MOST = 4 * GT_LATTICE_SIDE, GT_MOSAIC_EMPTY = 0xFFFF };

typedef struct gt_mosaic {
    char **texts; /* classes, each once; owned */
    size_t n_texts, cap_texts;
    int side;        /* cells */
    uint16_t *cells; /* class of each, row by row, northernmost first; owned */
} gt_mosaic;

void gt_mosaic_init(gt_mosaic *mosaic);
void gt_mosaic_free(gt_ctx *ctx, gt_mosaic *mosaic);
/* Chooses classes. blocks: across x across (1, 2 or 4) lattices row by row, NULL: empty. Within any
 * square of the grid of a power of two a side, aligned to it, a class has its true area but for a
 * few cells. A class that is everywhere too small to be first anywhere is owed its area and paid in
 * a cell where it is present. Cost: 60 ns a cell. */
gt_status gt_mosaic_choose(gt_ctx *ctx, const gt_lattice *const *blocks, int across,
                           gt_mosaic *out) GT_CHECKED;
/* The vector tile: a feature a class. Polygons share every border exactly, cover what is not empty,
 * do not overlap; stairs are made slopes on both sides at once, areas kept to fractions of a cell;
 * on the border of the tile they run on straight into its buffer. Nothing when all is empty. */
gt_status gt_mosaic_mvt(gt_ctx *ctx, gt_arena *arena, const gt_mosaic *mosaic, const char *layer,
                        const char *class_key, gt_text *out) GT_CHECKED;

#endif
