/* Place of a record: its kind, survey area, blob and unit. */
#ifndef GT_LEDGER_PLACE_H
#define GT_LEDGER_PLACE_H

#include "ledger/book.h"

/* Checks the kind and (polygons) validity, fills blob, blob_len, has_area and area of `record`; the
 * blob is in the arena. */
gt_status gt_place_take(gt_ctx *ctx, gt_book *book, const gt_ledger *ledger, const gt_geom *place,
                        gt_arena *arena, gt_entry *record) GT_CHECKED;
/* Name of the unit that holds most of the place (polygon: area, line: length, point: holds it), in
 * the arena; NULL when none does or the map has no units. */
gt_status gt_place_unit(gt_ctx *ctx, gt_book *book, const gt_package *package, const gt_geom *place,
                        gt_arena *arena, const char **unit) GT_CHECKED;
/* A unit that somebody named for a record: GT_E_INPUT when the map has units and none is called so,
 * or when nothing of the place (NULL: none) lies in it. "*" is everywhere. */
gt_status gt_place_check(gt_ctx *ctx, gt_book *book, const gt_package *package, const char *unit,
                         const gt_geom *place, gt_arena *arena) GT_CHECKED;

#endif
