/* Least-cost fields of single sources over a grid held in memory, each bounded to where it can
 * matter. Internal.
 *
 * A network of n sources needs the cost from every source, but only as far as its neighbours: a
 * field is kept in pages of 64 x 64 cells that exist where it has come to. Costs are double
 * precision and the least fixed point, so order of work and threads cannot be seen. */
#ifndef GT_MODEL_CONNECT_FIELD_H
#define GT_MODEL_CONNECT_FIELD_H

#include "guotu/grid.h"

enum { GT_PAGE_SIDE = 64, GT_PAGE_CELLS = GT_PAGE_SIDE * GT_PAGE_SIDE };

/* Neighbours in the order of ties: E N W S NE NW SW SE. */
extern const int GT_NEAR_COL[8], GT_NEAR_ROW[8];

/* What all fields share. Arrays of cols x rows, row by row. */
typedef struct gt_ground {
    int64_t cols, rows;
    double half[8];   /* half the length of a step, by neighbour */
    float *friction;  /* NaN: barrier */
    int32_t *source;  /* index of the source, -1 none */
    size_t n_sources; /* */
    int64_t *id;      /* number of each source, ascending */
    int64_t *cells;   /* cells of all sources, source by source, ascending */
    size_t *from;     /* n_sources + 1: where each begins */
    float *near;      /* least cost to any source, or NULL */
    int32_t *zone;    /* index of that source, -1 none, or NULL */
} gt_ground;

/* Reads friction and sources (neither nodata nor 0; numbers above 0). GT_E_INPUT
 * "connect.resistance" (<= 0 here: least is the least that is allowed), "connect.source-nodata",
 * "connect.source-id"; no source at all is none. Memory: 8 bytes a cell, 8 a source cell. */
gt_status gt_ground_read(gt_ctx *ctx, gt_grid *friction, gt_grid *sources, double least,
                         gt_ground *out) GT_CHECKED;
/* Fills near and zone: one pass for all sources. max: 0 no limit. 8 bytes a cell more. */
gt_status gt_ground_zones(gt_ctx *ctx, gt_grid *friction, double max, gt_ground *ground) GT_CHECKED;
void gt_ground_free(gt_ctx *ctx, gt_ground *ground);

typedef struct gt_cost_field {
    int64_t across, down; /* pages */
    double **page;        /* NULL: nothing of it reached; cells not reached are INFINITY */
    bool *lent;           /* by page: another field's, not to be written or freed; NULL: none */
    size_t n_pages, n_cells;
} gt_cost_field;

typedef struct gt_field_options {
    double limit; /* nothing beyond it */
    bool tight;   /* leave out cells whose cost plus cost to the nearest source passes the limit:
                     no way between two sources within the limit goes through them */
    bool through; /* ways may lead through other sources */
} gt_field_options;

/* Cost from source `index`. Owned by the caller. Cost: about 0.3 us a cell reached. */
gt_status gt_field_new(gt_ctx *ctx, const gt_ground *ground, size_t index,
                       const gt_field_options *options, gt_cost_field **out) GT_CHECKED;
/* `base` (the field of source `index`, complete up to some cost) carried on over the cells that
 * `guide` has come to, as far as both costs together stay within options->limit. When the sum of
 * their reaches is not below the limit, all ways between the two sources within it are known then,
 * and all cells of them: two fields of half the reach do for a link, at a quarter of the work. The
 * result borrows pages of base, which must outlive it. Owned by the caller. */
gt_status gt_field_extend(gt_ctx *ctx, const gt_ground *ground, size_t index,
                          const gt_field_options *options, const gt_cost_field *base,
                          const gt_cost_field *guide, gt_cost_field **out) GT_CHECKED;
void gt_field_free(gt_ctx *ctx, gt_cost_field *field);

static inline double gt_field_at(const gt_cost_field *f, int64_t col, int64_t row)
{
    const double *p = f->page[row / GT_PAGE_SIDE * f->across + col / GT_PAGE_SIDE];
    return p == NULL ? (double)__builtin_inf()
                     : p[row % GT_PAGE_SIDE * GT_PAGE_SIDE + col % GT_PAGE_SIDE];
}

/* Cells (row * cols + col) of the least-cost way from `start` back to the source of the field,
 * first the start; of equal ways the first neighbour in the order of ties. Owned by the caller. */
gt_status gt_field_path(gt_ctx *ctx, const gt_ground *ground, const gt_cost_field *field,
                        size_t index, const gt_field_options *options, int64_t start, int64_t **out,
                        size_t *n) GT_CHECKED;

#endif
