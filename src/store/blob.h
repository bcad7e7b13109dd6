/* A look at a GeoPackage geometry blob without decoding it: type, srs id, envelope.
 *
 * Layout (OGC 12-128r18, 2.1.3): "GP", version 0, flags, int32 srs_id, envelope (0, 32, 48, 48 or
 * 64 bytes), then ISO WKB. Flags: bit 0 byte order of the header, bits 1-3 envelope kind, bit 4
 * empty, bit 5 extended. Every row written or read passes here, so there is no allocation and no
 * call. */
#ifndef GT_STORE_BLOB_H
#define GT_STORE_BLOB_H

#include "guotu/geometry.h"

typedef struct gt_blob_info {
    gt_geom_type type; /* GT_GEOM_NONE when it is not one of ours */
    int32_t srs_id;
    size_t wkb_at; /* offset of the WKB */
    bool wkb_big;  /* byte order of the WKB */
    gt_box box;    /* xmin > xmax: empty */
} gt_blob_info;

/* NULL, or what is wrong (English, static: the reason argument of an error). */
const char *gt_blob_look(const uint8_t *blob, size_t len, gt_blob_info *out);

/* After gt_blob_look: do the counts of the WKB fill the blob exactly? Coordinates are not read. */
const char *gt_blob_whole(const uint8_t *blob, size_t len, const gt_blob_info *info);

/* Writes the multi kind of a POLYGON, LINESTRING or POINT blob to out (len + GT_BLOB_MULTI_EXTRA
 * bytes): the same header, a collection of one, the old WKB. */
enum { GT_BLOB_MULTI_EXTRA = 9 };
void gt_blob_to_multi(const uint8_t *blob, size_t len, const gt_blob_info *info, uint8_t *out);

#endif
