/* The coverage engine: an unlimited number of cells that share every border vertex, made block by
 * block, each block on its own.
 *
 * A binary tree halves the world while a node holds more than `per_leaf` expected cells (the
 * integral of a density); its leaves are squares and 1:2 rectangles, small where the density is
 * high. The leaf rectangles are only the topology: each corner is displaced by a hash of its place,
 * a corner where four leaves meet is pulled apart into two corners where three meet (as in nature),
 * edges are bent at hashed points inside the kite of the edge and the two leaf centres, and the
 * whole is warped by a smooth bijection. A vertex is a pure function of its place in the tree, so
 * blocks need not know of each other, and any number of threads gives the same bits.
 *
 * Why it cannot fold over: displacements stay below 0.28 of the smallest side that meets at a
 * corner, so every leaf stays star-shaped about its centre; bends stay inside the kites, and kites
 * of different edges do not overlap; the warp has slope < 0.6 and is nearly affine over one leaf.
 * No vertex comes nearer than SY_CLEAR mm to a district border (another hash is tried): clipping
 * never meets a degenerate case. */
#ifndef GT_SYNTH_MESH_H
#define GT_SYNTH_MESH_H

#include "synth/border.h"

enum { SY_LEAF_MIN = 1 << 13 }; /* mm: no side of a leaf is halved below 8.2 m */

/* Expected cells: prefix sums over an n x n grid of the world (lattice space). */
typedef struct sy_density {
    int n;
    int32_t cell; /* mm */
    double *sum;  /* (n+1)^2: sum[j*(n+1)+i] = expected cells left of column i and below row j */
} sy_density;

/* weight: n x n, cells per grid cell, row 0 south. */
gt_status sy_density_build(gt_ctx *ctx, const sy_world *world, const double *weight, int n,
                           sy_density *out) GT_CHECKED;
void sy_density_free(gt_ctx *ctx, sy_density *d);

typedef struct sy_mesh {
    const sy_world *world;
    const sy_border *border;
    const sy_density *density;
    double per_leaf; /* a node with more expected cells is halved */
    uint64_t seed;
} sy_mesh;

typedef struct sy_leaf {
    int32_t x, y, w, h; /* lattice mm */
    bool own;           /* in the block itself, not in its halo */
} sy_leaf;

typedef struct sy_corner {
    int32_t x, y;
    int32_t m;     /* smallest side of the leaves that have it as a corner */
    uint8_t quads; /* bit 0 NE, 1 NW, 2 SW, 3 SE: that quadrant's leaf has its corner here */
    bool split;    /* two vertices a (up side) and b (down side) */
    bool to_east;  /* split: a lies towards NE (takes up and right), else NW (up and left) */
    bool made;
    sy_pt a, b;            /* final */
    double ax, ay, bx, by; /* displaced, lattice mm */
} sy_corner;

typedef struct sy_block {
    int32_t x, y, w, h;
    double expected; /* cells */
} sy_block;

/* Scratch of one thread, reused from block to block. */
typedef struct sy_mesh_work {
    sy_leaf *leaves;
    size_t n_leaves, cap_leaves;
    sy_corner *corners; /* by (x, y) */
    uint32_t *by_row;   /* corner numbers by (y, x) */
    size_t n_corners, cap_corners, cap_by_row;
    sy_pt *ring;
    size_t n_ring, cap_ring;
    sy_corner **on; /* corners on the side in hand */
    size_t cap_on;
} sy_mesh_work;
void sy_mesh_work_free(gt_ctx *ctx, sy_mesh_work *w);

/* Blocks of at most per_block expected cells that hold any, in the order of the tree. Owned. */
gt_status sy_mesh_blocks(gt_ctx *ctx, const sy_mesh *mesh, double per_block, sy_block **out,
                         size_t *n) GT_CHECKED;
/* Leaves of a block with their halo, and all corners. */
gt_status sy_mesh_open(gt_ctx *ctx, const sy_mesh *mesh, const sy_block *block,
                       sy_mesh_work *work) GT_CHECKED;
/* Ring of own leaf i into work->ring, counter-clockwise. */
gt_status sy_mesh_ring(gt_ctx *ctx, const sy_mesh *mesh, sy_mesh_work *work, size_t i) GT_CHECKED;
/* The warp: lattice mm to world mm. */
void sy_warp(const sy_mesh *mesh, double x, double y, double *wx, double *wy);
/* Number of leaves whose centre (warped) passes the test. */
size_t sy_mesh_count(const sy_mesh *mesh, bool (*test)(const void *user, double x, double y),
                     const void *user);

#endif
