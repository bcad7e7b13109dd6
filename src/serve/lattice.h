/* Lattices: how much of each of 64 x 64 cells of a Web Mercator tile belongs to which class. What
 * the merged zooms of a large layer are drawn from. A lattice of the lowest level comes from the
 * features, exactly by area, any other of the four below it, so an edit touches one a level.
 * Internal to serve. */
#ifndef GT_SERVE_LATTICE_H
#define GT_SERVE_LATTICE_H

#include "guotu/context.h"
#include "guotu/geometry.h"
#include "serve/cutter.h"

enum {
    GT_LATTICE_SIDE = 64,
    GT_LATTICE_CELLS = GT_LATTICE_SIDE * GT_LATTICE_SIDE,
    GT_LATTICE_FULL = 255,    /* shares of a cell that is covered */
    GT_LATTICE_CLASSES = 4000 /* beyond, classes count as the last */
};

typedef struct gt_share {
    uint16_t klass; /* index of its text */
    uint16_t share; /* 1 .. GT_LATTICE_FULL */
} gt_share;

typedef struct gt_lattice {
    char **texts; /* classes, each once, sorted; owned */
    size_t n_texts, cap_texts;
    gt_share *list; /* of the cells row by row, northernmost first; by class within a cell */
    size_t n_list, cap_list;
    uint32_t
        end[GT_LATTICE_CELLS]; /* one past the last of each cell; what lacks to full is empty */
} gt_lattice;

void gt_lattice_init(gt_lattice *lattice);
void gt_lattice_free(gt_ctx *ctx, gt_lattice *lattice);
/* The same ground one level up, of its quarters: north-west, north-east, south-west, south-east;
 * NULL: empty. What is rounded away of a class in one cell is carried to the next. */
gt_status gt_lattice_join(gt_ctx *ctx, const gt_lattice *const quarters[4],
                          gt_lattice *out) GT_CHECKED;
/* As bytes, appended; what is read back is checked: GT_E_INPUT "serve.shapes". */
void gt_lattice_pack(const gt_lattice *lattice, gt_text *out);
gt_status gt_lattice_unpack(gt_ctx *ctx, const void *data, size_t len, gt_lattice *out) GT_CHECKED;

/* ---- from polygons -----------------------------------------------------------------------------
 */
typedef struct gt_lattice_maker gt_lattice_maker; /* one thread */

gt_status gt_lattice_maker_new(gt_ctx *ctx, gt_lattice_maker **out) GT_CHECKED;
void gt_lattice_maker_free(gt_ctx *ctx, gt_lattice_maker *maker);
/* Adds what of a polygon lies in the lattice: geom in units of which `unit` are a cell, the corner
 * of the lattice at (x, y), y down. sign -1 takes it away again. Cost: 1 us and by edges and cells
 * touched. The order of calls does not matter. */
gt_status gt_lattice_add(gt_ctx *ctx, gt_lattice_maker *maker, const gt_geom *geom, double x,
                         double y, double unit, int sign, const char *klass) GT_CHECKED;
/* Counts in a lattice made before. */
gt_status gt_lattice_add_all(gt_ctx *ctx, gt_lattice_maker *maker,
                             const gt_lattice *lattice) GT_CHECKED;
/* What was added, as a lattice; the maker is empty again. Where polygons overlap each has its part
 * of the cell. */
gt_status gt_lattice_made(gt_ctx *ctx, gt_lattice_maker *maker, gt_lattice *out) GT_CHECKED;

#endif
