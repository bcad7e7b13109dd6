#include "store/blob.h"

#include <math.h>
#include <string.h>

static uint32_t u32_at(const uint8_t *p, bool big)
{
    return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
               : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static double f64_at(const uint8_t *p, bool big)
{
    uint64_t high = u32_at(big ? p : p + 4, big), low = u32_at(big ? p + 4 : p, big);
    uint64_t bits = high << 32 | low;
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- envelope from the coordinates, for blobs without one ------------------------------------ */

typedef struct walk {
    const uint8_t *p, *end;
    gt_box box;
    bool measure; /* look at the coordinates too */
    bool bad;
} walk;

static const uint8_t *take(walk *w, size_t n)
{
    if (w->bad || n > (size_t)(w->end - w->p)) {
        w->bad = true;
        return NULL;
    }
    const uint8_t *p = w->p;
    w->p += n;
    return p;
}

static uint32_t take_u32(walk *w, bool big)
{
    const uint8_t *p = take(w, 4);
    return p == NULL ? 0 : u32_at(p, big);
}

static void take_points(walk *w, uint32_t n, size_t ordinates, bool big)
{
    if (n > (size_t)(w->end - w->p) / (ordinates * 8)) {
        w->bad = true;
        return;
    }
    if (!w->measure) {
        w->p += (size_t)n * ordinates * 8;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *p = take(w, ordinates * 8);
        double x = f64_at(p, big), y = f64_at(p + 8, big);
        if (isnan(x) && isnan(y)) { /* an empty point */
            continue;
        }
        if (!isfinite(x) || !isfinite(y)) {
            w->bad = true;
            return;
        }
        w->box.xmin = fmin(w->box.xmin, x);
        w->box.ymin = fmin(w->box.ymin, y);
        w->box.xmax = fmax(w->box.xmax, x);
        w->box.ymax = fmax(w->box.ymax, y);
    }
}

static gt_geom_type wkb_type(uint32_t code, size_t *ordinates)
{
    bool z = (code & 0x80000000U) != 0, m = (code & 0x40000000U) != 0;
    uint32_t plain = code & 0x3fffffffU; /* an SRID flag (EWKB) stays and is refused below */
    uint32_t dims = plain / 1000;
    *ordinates = dims == 3 || (z && m) ? 4 : dims != 0 || z || m ? 3 : 2;
    plain %= 1000;
    return dims <= 3 && plain >= 1 && plain <= 6 ? (gt_geom_type)plain : GT_GEOM_NONE;
}

/* One member of the WKB: nesting is at most collection -> polygon, so no recursion. */
static void take_simple(walk *w, gt_geom_type type, size_t ordinates, bool big)
{
    uint32_t rings = type == GT_POLYGON ? take_u32(w, big) : 1;
    for (uint32_t r = 0; r < rings && !w->bad; r++) {
        take_points(w, type == GT_POINT ? 1 : take_u32(w, big), ordinates, big);
    }
}

static void take_geometry(walk *w)
{
    const uint8_t *order = take(w, 1);
    bool big = order != NULL && *order == 0;
    size_t ordinates = 2;
    gt_geom_type type = wkb_type(take_u32(w, big), &ordinates);
    if (type < GT_MULTIPOINT) {
        take_simple(w, type, ordinates, big);
        return;
    }
    uint32_t n = take_u32(w, big);
    for (uint32_t i = 0; i < n && !w->bad; i++) {
        order = take(w, 1);
        bool part_big = order != NULL && *order == 0;
        size_t part_ordinates = 2;
        gt_geom_type part = wkb_type(take_u32(w, part_big), &part_ordinates);
        if (part != type - 3) {
            w->bad = true;
        } else {
            take_simple(w, part, part_ordinates, part_big);
        }
    }
}

const char *gt_blob_look(const uint8_t *blob, size_t len, gt_blob_info *out)
{
    static const size_t envelope_bytes[8] = {0, 32, 48, 48, 64, 0, 0, 0};
    if (len < 8 || blob[0] != 'G' || blob[1] != 'P') {
        return "no GP header";
    }
    unsigned flags = blob[3], kind = flags >> 1 & 7U;
    bool big = (flags & 1U) == 0;
    if (blob[2] != 0 || (flags & 0x20U) != 0 || kind > 4) {
        return "unknown version, extension or envelope";
    }
    out->srs_id = (int32_t)u32_at(blob + 4, big);
    out->wkb_at = 8 + envelope_bytes[kind];
    if (len < out->wkb_at + 9) {
        return "truncated";
    }
    size_t ordinates = 2;
    out->wkb_big = blob[out->wkb_at] == 0;
    if (blob[out->wkb_at] > 1) {
        return "unknown byte order";
    }
    out->type = wkb_type(u32_at(blob + out->wkb_at + 1, out->wkb_big), &ordinates);
    if (out->type == GT_GEOM_NONE) {
        return "unknown geometry type";
    }
    out->box = (gt_box){INFINITY, INFINITY, -INFINITY, -INFINITY};
    if ((flags & 0x10U) != 0) {
        return NULL;
    }
    if (kind != 0) {
        out->box = (gt_box){f64_at(blob + 8, big), f64_at(blob + 24, big), f64_at(blob + 16, big),
                            f64_at(blob + 32, big)};
        bool finite = isfinite(out->box.xmin) && isfinite(out->box.ymin) &&
                      isfinite(out->box.xmax) && isfinite(out->box.ymax);
        bool ordered = out->box.xmin <= out->box.xmax && out->box.ymin <= out->box.ymax;
        return finite && ordered ? NULL : "the envelope is not a box";
    }
    walk w = {.p = blob + out->wkb_at, .end = blob + len, .box = out->box, .measure = true};
    take_geometry(&w);
    out->box = w.box;
    return w.bad ? "truncated, or an ordinate that is not finite" : NULL;
}

const char *gt_blob_whole(const uint8_t *blob, size_t len, const gt_blob_info *info)
{
    walk w = {.p = blob + info->wkb_at, .end = blob + len};
    take_geometry(&w);
    return w.bad ? "truncated" : w.p != w.end ? "bytes left over" : NULL;
}

static void put_u32(uint8_t *p, uint32_t value, bool big)
{
    for (int i = 0; i < 4; i++) {
        p[i] = (uint8_t)(value >> 8 * (big ? 3 - i : i));
    }
}

void gt_blob_to_multi(const uint8_t *blob, size_t len, const gt_blob_info *info, uint8_t *out)
{
    uint8_t *p = out + info->wkb_at;
    memcpy(out, blob, info->wkb_at);
    p[0] = info->wkb_big ? 0 : 1;
    /* the dimension part of the type code is kept: 3 (polygon) -> 6, 1003 -> 1006 */
    put_u32(p + 1, u32_at(blob + info->wkb_at + 1, info->wkb_big) + 3, info->wkb_big);
    put_u32(p + 5, 1, info->wkb_big);
    memcpy(p + GT_BLOB_MULTI_EXTRA, blob + info->wkb_at, len - info->wkb_at);
}
