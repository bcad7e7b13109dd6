/* Body of the WKB codec, shared with the GeoPackage blob, whose header precedes the WKB. */
#ifndef GT_GEO_WKB_H
#define GT_GEO_WKB_H

#include "guotu/geometry.h"

/* Reads the WKB that fills data[at, len); offsets in errors count from data[0]. *out is empty on
 * failure. */
gt_status gt_wkb_read(gt_ctx *ctx, const uint8_t *data, size_t len, size_t at,
                      gt_geom *out) GT_CHECKED;
/* Bytes that gt_wkb_put will write. */
size_t gt_wkb_size(const gt_geom *geom);
/* Writes gt_wkb_size bytes at `to`. Cannot fail. */
void gt_wkb_put(const gt_geom *geom, uint8_t *to);

/* Scalars of either byte order. */
uint32_t gt_get_u32(const uint8_t *from, bool little);
double gt_get_double(const uint8_t *from, bool little);
uint8_t *gt_put_u32(uint8_t *to, uint32_t value); /* little endian; returns the end */
uint8_t *gt_put_double(uint8_t *to, double value);

#endif
