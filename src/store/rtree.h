/* The R-tree of a layer, written as SQLite's rtree module writes it.
 *
 * Shadow tables of "rtree_LAYER_geom" (SQLite, ext/rtree/rtree.c, head of file):
 *   _node(nodeno, data)          u16 depth (root only, else 0), u16 number of cells, then cells of
 *                                i64 id and float32 minx, maxx, miny, maxy; all big endian; every
 *                                blob has the size of the root's
 *   _rowid(rowid, nodeno)        leaf of each entry
 *   _parent(nodeno, parentnode)  for every node but the root, which is node 1
 *
 * Bulk packing: entries come in Hilbert order (Kamel and Faloutsos 1993), nodes are filled full
 * from left to right, and each level is built while the one below is written, so that memory is
 * one node a level. */
#ifndef GT_STORE_RTREE_H
#define GT_STORE_RTREE_H

#include <sqlite3.h>

#include "guotu/geometry.h"
#include "store/sorter.h"

/* Box rounded outward to float32 as the module does it (rtreeValueDown, rtreeValueUp). */
void gt_rtree_box(gt_box box, float out[4]);
/* Place of the box's centre on a Hilbert curve of order 32 over the square +-half. */
uint64_t gt_rtree_key(gt_box box, double half);
/* Replaces the whole index of the layer by the items of a finished sorter: key = curve, id = fid.
 * dir: spill folder. */
gt_status gt_rtree_pack(gt_ctx *ctx, sqlite3 *db, const char *layer, const char *dir,
                        gt_sorter *items) GT_CHECKED;

/* Union of all entries, read from the root node alone; *some = false when there are none. */
gt_status gt_rtree_bounds(gt_ctx *ctx, sqlite3 *db, const char *layer, float out[4],
                          bool *some) GT_CHECKED;

#endif
