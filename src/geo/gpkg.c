/* GeoPackage geometry blob (OGC 12-128r18, clause 2.1.3):
 *   'G' 'P' version:u8 (0) flags:u8 srs_id:i32 envelope:f64[0|4|6|8] WKB
 *   flags: bit 0 byte order of the header, bits 1-3 envelope kind (0 none, 1 XY, 2 XYZ, 3 XYM, 4
 * XYZM), bit 4 empty, bit 5 extended envelope: minx maxx miny maxy [minz maxz] [minm maxm] */
#include <math.h>
#include <string.h>

#include "geo/geom.h"
#include "geo/messages.h"
#include "geo/wkb.h"

enum { HEADER = 8, ENVELOPE = 32 };

typedef struct header {
    int32_t srs_id;
    bool empty, has_box;
    gt_box box;
    size_t size; /* bytes before the WKB */
} header;

static gt_status fail_short(gt_ctx *ctx, size_t need, size_t len)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_WKB_SHORT, GT_NOWHERE,
                   GT_ARGS(GT_INT("need", need - len), GT_INT("at", 0), GT_INT("len", len)));
}

static gt_status fail_header(gt_ctx *ctx, const char *what, int value)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GPKG_HEADER, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("what", what), GT_INT("value", value)));
}

static gt_status read_header(gt_ctx *ctx, const uint8_t *blob, size_t len, header *h)
{
    static const size_t envelope_bytes[] = {0, 32, 48, 48, 64};
    memset(h, 0, sizeof *h);
    if (len < HEADER) {
        return fail_short(ctx, HEADER, len);
    }
    if (blob[0] != 'G' || blob[1] != 'P') {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GPKG_MAGIC, GT_NOWHERE, GT_NO_ARGS);
    }
    if (blob[2] != 0) {
        return fail_header(ctx, "version", blob[2]);
    }
    unsigned flags = blob[3], kind = (flags >> 1) & 7U;
    bool little = (flags & 1U) != 0;
    if ((flags & 0x20U) != 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GPKG_EXTENDED, GT_NOWHERE, GT_NO_ARGS);
    }
    if (kind > 4) {
        return fail_header(ctx, "envelope kind", (int)kind);
    }
    h->size = HEADER + envelope_bytes[kind];
    if (len < h->size) {
        return fail_short(ctx, h->size, len);
    }
    h->empty = (flags & 0x10U) != 0;
    h->srs_id = (int32_t)gt_get_u32(blob + 4, little);
    if (kind > 0) {
        h->box.xmin = gt_get_double(blob + 8, little);
        h->box.xmax = gt_get_double(blob + 16, little);
        h->box.ymin = gt_get_double(blob + 24, little);
        h->box.ymax = gt_get_double(blob + 32, little);
        /* false too for NaN, which writers put there for empty geometries */
        h->has_box = h->box.xmin <= h->box.xmax && h->box.ymin <= h->box.ymax &&
                     isfinite(h->box.xmax - h->box.xmin) && isfinite(h->box.ymax - h->box.ymin);
    }
    return GT_OK;
}

gt_status gt_geom_from_gpkg(gt_ctx *ctx, const uint8_t *blob, size_t len, int32_t *srs_id,
                            gt_geom *out)
{
    header h;
    gt_geom_reset(out, GT_GEOM_NONE);
    gt_status st = read_header(ctx, blob, len, &h);
    if (st == GT_OK) {
        st = gt_wkb_read(ctx, blob, len, h.size, out);
    }
    if (st == GT_OK && srs_id != NULL) {
        *srs_id = h.srs_id;
    }
    return st;
}

gt_status gt_gpkg_box(gt_ctx *ctx, const uint8_t *blob, size_t len, gt_box *out)
{
    header h;
    gt_status st = read_header(ctx, blob, len, &h);
    if (st != GT_OK) {
        return st;
    }
    if (h.has_box && !h.empty) {
        *out = h.box;
        return GT_OK;
    }
    gt_geom geom;
    gt_geom_init(&geom);
    st = gt_wkb_read(ctx, blob, len, h.size, &geom);
    if (st == GT_OK) {
        *out = gt_geom_box(&geom);
    }
    gt_geom_free(ctx, &geom);
    return st;
}

gt_status gt_geom_to_gpkg(gt_ctx *ctx, const gt_geom *geom, int32_t srs_id, uint8_t **buffer,
                          size_t *cap, size_t *len)
{
    gt_status st = gt_geom_check(ctx, geom);
    if (st != GT_OK) {
        return st;
    }
    bool empty = geom->n_points == 0;
    bool envelope = geom->type != GT_POINT && !empty;
    size_t head = HEADER + (envelope ? (size_t)ENVELOPE : 0), size = head + gt_wkb_size(geom);
    void *block = *buffer;
    st = gt_grow(ctx, &block, cap, size, 1);
    *buffer = block;
    if (st != GT_OK) {
        return st;
    }
    uint8_t *to = *buffer;
    to[0] = 'G';
    to[1] = 'P';
    to[2] = 0;
    to[3] = (uint8_t)(1U | (envelope ? 2U : 0U) | (empty ? 0x10U : 0U));
    to = gt_put_u32(to + 4, (uint32_t)srs_id);
    if (envelope) {
        gt_box box = gt_geom_box(geom);
        to = gt_put_double(to, box.xmin);
        to = gt_put_double(to, box.xmax);
        to = gt_put_double(to, box.ymin);
        to = gt_put_double(to, box.ymax);
    }
    gt_wkb_put(geom, to);
    *len = size;
    return GT_OK;
}
