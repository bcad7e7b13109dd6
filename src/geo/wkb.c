/* Well-known binary: ISO 13249-3 (type + 1000 Z, + 2000 M) and EWKB (high bits and an SRID), both
 * byte orders. OGC 06-103r4, 8.2.
 *
 *   geometry   order:u8 type:u32 [srid:u32 if EWKB bit 29] body
 *   point      x y [z] [m]            all ordinates NaN = empty (OGC 12-128r18, clause 2.1.3)
 *   line       n:u32 n points
 *   polygon    n:u32 n x (n:u32 n points)
 *   multi      n:u32 n geometries of the member type, each with its own order and type
 *
 * Every count is checked against the bytes left before anything is reserved from it, so that memory
 * is at most proportional to the input. */
#include "geo/wkb.h"

#include <math.h>
#include <string.h>

#include "geo/geom.h"
#include "geo/messages.h"

enum { HEAD = 5, MEMBER_MIN = 9 }; /* order and type; the smallest member: head and a count of 0 */

static const uint32_t EWKB_Z = 0x80000000U, EWKB_M = 0x40000000U, EWKB_SRID = 0x20000000U;

typedef struct reader {
    gt_ctx *ctx;
    const uint8_t *data;
    size_t len, at;
    bool little;
    size_t stride; /* bytes of a point of the current geometry: 16, 24 or 32 */
    gt_geom *out;
    gt_mending *mending; /* NULL: strict */
} reader;

static const bool HOST_LITTLE = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

uint32_t gt_get_u32(const uint8_t *from, bool little)
{
    uint32_t v;
    memcpy(&v, from, sizeof v);
    return little == HOST_LITTLE ? v : __builtin_bswap32(v);
}

double gt_get_double(const uint8_t *from, bool little)
{
    uint64_t bits;
    memcpy(&bits, from, sizeof bits);
    bits = little == HOST_LITTLE ? bits : __builtin_bswap64(bits);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

uint8_t *gt_put_u32(uint8_t *to, uint32_t value)
{
    value = HOST_LITTLE ? value : __builtin_bswap32(value);
    memcpy(to, &value, sizeof value);
    return to + sizeof value;
}

uint8_t *gt_put_double(uint8_t *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = HOST_LITTLE ? bits : __builtin_bswap64(bits);
    memcpy(to, &bits, sizeof bits);
    return to + sizeof bits;
}

/* ---- reading ------------------------------------------------------------------------------- */

static gt_status want(reader *r, size_t bytes)
{
    if (bytes <= r->len - r->at) {
        return GT_OK;
    }
    return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_WKB_SHORT, GT_NOWHERE,
                   GT_ARGS(GT_INT("need", bytes - (r->len - r->at)), GT_INT("at", r->at),
                           GT_INT("len", r->len)));
}

/* A count of things that take at least `each` bytes. */
static gt_status read_count(reader *r, size_t each, uint32_t *count)
{
    gt_status st = want(r, 4);
    if (st != GT_OK) {
        return st;
    }
    *count = gt_get_u32(r->data + r->at, r->little);
    if (*count > (r->len - r->at - 4) / each) {
        return gt_fail(
            r->ctx, GT_E_INPUT, &GT_MSG_WKB_COUNT, GT_NOWHERE,
            GT_ARGS(GT_INT("count", *count), GT_INT("at", r->at), GT_INT("len", r->len)));
    }
    r->at += 4;
    return GT_OK;
}

static const char *foreign_type(uint32_t code)
{
    static const char *const names[] = {"geometry",
                                        "point",
                                        "linestring",
                                        "polygon",
                                        "multipoint",
                                        "multilinestring",
                                        "multipolygon",
                                        "geometrycollection",
                                        "circularstring",
                                        "compoundcurve",
                                        "curvepolygon",
                                        "multicurve",
                                        "multisurface",
                                        "curve",
                                        "surface",
                                        "polyhedralsurface",
                                        "tin",
                                        "triangle"};
    return code < sizeof names / sizeof *names ? names[code] : NULL;
}

/* Order and type; sets r->little and r->stride. */
static gt_status read_head(reader *r, gt_geom_type *type)
{
    gt_status st = want(r, HEAD);
    if (st != GT_OK) {
        return st;
    }
    uint8_t order = r->data[r->at];
    if (order > 1) {
        return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_WKB_ORDER, GT_NOWHERE,
                       GT_ARGS(GT_INT("at", r->at), GT_INT("value", order)));
    }
    r->little = order == 1;
    uint32_t raw = gt_get_u32(r->data + r->at + 1, r->little);
    uint32_t code = raw & ~(EWKB_Z | EWKB_M | EWKB_SRID);
    uint32_t dims = code / 1000; /* ISO: 0 XY, 1 XYZ, 2 XYM, 3 XYZM */
    bool z = (raw & EWKB_Z) != 0 || dims == 1 || dims == 3;
    bool m = (raw & EWKB_M) != 0 || dims == 2 || dims == 3;
    const char *name = dims > 3 ? NULL : foreign_type(code % 1000);
    if (name == NULL) {
        return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_WKB_TYPE, GT_NOWHERE,
                       GT_ARGS(GT_INT("code", raw), GT_INT("at", r->at + 1)));
    }
    code %= 1000;
    if (code < GT_POINT || code > GT_MULTIPOLYGON) {
        return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_GEO_TYPE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("type", name)));
    }
    r->stride = 16 + (z ? 8U : 0U) + (m ? 8U : 0U);
    r->at += HEAD;
    if ((raw & EWKB_SRID) != 0) {
        st = want(r, 4);
        r->at += st == GT_OK ? 4 : 0;
    }
    *type = (gt_geom_type)code;
    return st;
}

/* Closes the gaps that points which are not finite leave, from the first of them on. */
static void drop_bad(reader *r, uint32_t bad)
{
    gt_geom *g = r->out;
    uint32_t kept = bad;
    for (uint32_t i = bad; i < g->n_points; i++) {
        const double *p = g->xy + 2 * (size_t)i;
        if (isfinite(p[0]) && isfinite(p[1])) {
            memmove(g->xy + 2 * (size_t)kept++, p, 2 * sizeof *p);
        }
    }
    r->mending->points_dropped += g->n_points - kept;
    g->n_points = kept;
}

/* Takes n points whose bytes are known to be there. */
static gt_status take_points(reader *r, uint32_t n)
{
    gt_geom *g = r->out;
    gt_status st = gt_geom_reserve(r->ctx, g, n, 1, 0);
    if (st != GT_OK) {
        return st;
    }
    const uint8_t *from = r->data + r->at;
    uint32_t first = g->n_points;
    double *to = n == 0 ? NULL : g->xy + 2 * (size_t)first;
    if (n > 0 && r->stride == 16 && r->little == HOST_LITTLE) {
        memcpy(to, from, (size_t)n * 16);
    } else {
        for (size_t i = 0; i < n; i++) {
            to[2 * i] = gt_get_double(from + i * r->stride, r->little);
            to[2 * i + 1] = gt_get_double(from + i * r->stride + 8, r->little);
        }
    }
    g->n_points += n;
    r->at += (size_t)n * r->stride;
    uint32_t bad = gt_geom_first_bad(g, first);
    if (bad == g->n_points) {
        return GT_OK;
    }
    if (r->mending == NULL) {
        return gt_geom_fail_not_finite(r->ctx, bad);
    }
    drop_bad(r, bad);
    return GT_OK;
}

/* Ends a ring as the mode wants it; *kept tells whether it stayed. */
static gt_status end_ring(reader *r, bool *kept)
{
    gt_geom *g = r->out;
    *kept = true;
    if (r->mending == NULL) {
        return gt_geom_finish_ring(r->ctx, g);
    }
    uint32_t from = gt_geom_ring_start(g), n = g->n_points - from;
    const double *first = n == 0 ? NULL : g->xy + 2 * (size_t)from;
    const double *last = n == 0 ? NULL : g->xy + 2 * ((size_t)g->n_points - 1);
    bool open = n > 0 && (first[0] != last[0] || first[1] != last[1]);
    if (n + (open ? 1U : 0U) < 4) {
        g->n_points = from;
        r->mending->rings_dropped++;
        *kept = false;
        return GT_OK;
    }
    gt_status st = open ? gt_geom_add_point(r->ctx, g, first[0], first[1]) : GT_OK;
    r->mending->rings_closed += open ? 1 : 0;
    return st == GT_OK ? gt_geom_end_ring(r->ctx, g) : st;
}

static gt_status end_line(reader *r)
{
    gt_geom *g = r->out;
    uint32_t from = gt_geom_ring_start(g);
    if (r->mending != NULL && g->n_points - from < 2) {
        g->n_points = from;
        r->mending->lines_dropped++;
        return GT_OK;
    }
    return gt_geom_finish_line(r->ctx, g);
}

/* An empty point (all NaN) adds nothing. */
static gt_status read_point(reader *r)
{
    gt_status st = want(r, r->stride);
    if (st == GT_OK && isnan(gt_get_double(r->data + r->at, r->little)) &&
        isnan(gt_get_double(r->data + r->at + 8, r->little))) {
        r->at += r->stride;
        return GT_OK;
    }
    return st == GT_OK ? take_points(r, 1) : st;
}

/* An empty line adds nothing. */
static gt_status read_line(reader *r)
{
    uint32_t n = 0;
    gt_status st = read_count(r, r->stride, &n);
    if (st == GT_OK && n > 0) {
        st = take_points(r, n);
        if (st == GT_OK) {
            st = end_line(r);
        }
    }
    return st;
}

/* Takes one ring of n points; when its shell went (mending), it goes too. */
static gt_status read_ring(reader *r, uint32_t n, bool *shell_lost)
{
    uint32_t points = r->out->n_points;
    bool kept = true;
    gt_status st = take_points(r, n);
    if (st == GT_OK && *shell_lost) {
        r->out->n_points = points;
        r->mending->rings_dropped++;
        return GT_OK;
    }
    return st == GT_OK ? end_ring(r, &kept) : st;
}

/* An empty polygon (no rings, or one empty ring) adds nothing. */
static gt_status read_polygon(reader *r)
{
    gt_geom *g = r->out;
    uint32_t rings = 0, n = 0, before = g->n_rings;
    bool shell_lost = false;
    gt_status st = read_count(r, 4, &rings);
    for (uint32_t i = 0; st == GT_OK && i < rings; i++) {
        st = read_count(r, r->stride, &n);
        if (st == GT_OK && n == 0 && rings == 1) {
            return GT_OK;
        }
        if (st == GT_OK) {
            st = read_ring(r, n, &shell_lost);
            shell_lost = shell_lost || (i == 0 && g->n_rings == before);
        }
    }
    return st == GT_OK && g->n_rings > before ? gt_geom_end_part(r->ctx, g) : st;
}

static gt_status read_single(reader *r, gt_geom_type type)
{
    return type == GT_POINT        ? read_point(r)
           : type == GT_LINESTRING ? read_line(r)
                                   : read_polygon(r);
}

static gt_status read_multi(reader *r, gt_geom_type type)
{
    gt_geom_type member = (gt_geom_type)(type - 3); /* MULTIPOINT - POINT == 3, and so on */
    uint32_t n = 0;
    gt_status st = read_count(r, MEMBER_MIN, &n);
    for (uint32_t i = 0; st == GT_OK && i < n; i++) {
        size_t at = r->at;
        gt_geom_type found = GT_GEOM_NONE;
        st = read_head(r, &found);
        if (st == GT_OK && found != member) {
            st = gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_WKB_MEMBER, GT_NOWHERE,
                         GT_ARGS(GT_INT("at", at), GT_TEXT("found", gt_geom_type_name(found)),
                                 GT_TEXT("type", gt_geom_type_name(type))));
        }
        if (st == GT_OK) {
            st = read_single(r, member);
        }
    }
    return st;
}

static gt_status read_all(gt_ctx *ctx, const uint8_t *data, size_t len, size_t at, gt_geom *out,
                          gt_mending *mending)
{
    reader r = {.ctx = ctx,
                .data = data,
                .len = len,
                .at = at,
                .stride = 16,
                .out = out,
                .mending = mending};
    gt_geom_type type = GT_GEOM_NONE;
    gt_geom_reset(out, GT_GEOM_NONE);
    gt_status st = read_head(&r, &type);
    if (st == GT_OK) {
        out->type = type;
        st = type <= GT_POLYGON ? read_single(&r, type) : read_multi(&r, type);
    }
    if (st == GT_OK && r.at != len) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_WKB_EXTRA, GT_NOWHERE,
                     GT_ARGS(GT_INT("extra", len - r.at), GT_INT("at", r.at)));
    }
    if (st != GT_OK) {
        gt_geom_reset(out, GT_GEOM_NONE);
    }
    return st;
}

gt_status gt_wkb_read(gt_ctx *ctx, const uint8_t *data, size_t len, size_t at, gt_geom *out)
{
    return read_all(ctx, data, len, at, out, NULL);
}

gt_status gt_geom_from_wkb_mending(gt_ctx *ctx, const uint8_t *wkb, size_t len, gt_geom *out,
                                   gt_mending *done)
{
    memset(done, 0, sizeof *done);
    gt_status st = read_all(ctx, wkb, len, 0, out, done);
    done->changes =
        done->points_dropped + done->rings_closed + done->rings_dropped + done->lines_dropped;
    return st;
}

gt_status gt_geom_from_wkb(gt_ctx *ctx, const uint8_t *wkb, size_t len, gt_geom *out)
{
    return gt_wkb_read(ctx, wkb, len, 0, out);
}

/* ---- writing ------------------------------------------------------------------------------- */

size_t gt_wkb_size(const gt_geom *g)
{
    size_t points = (size_t)g->n_points * 16;
    switch (g->type) {
    case GT_POINT:
        return HEAD + 16;
    case GT_LINESTRING:
        return HEAD + 4 + points;
    case GT_POLYGON:
        return HEAD + 4 + 4 * (size_t)g->n_rings + points;
    case GT_MULTIPOINT:
        return HEAD + 4 + HEAD * (size_t)g->n_points + points;
    case GT_MULTILINESTRING:
        return HEAD + 4 + (HEAD + 4) * (size_t)g->n_rings + points;
    case GT_MULTIPOLYGON:
        return HEAD + 4 + (HEAD + 4) * (size_t)g->n_parts + 4 * (size_t)g->n_rings + points;
    case GT_GEOM_NONE:
        break;
    }
    return 0;
}

static uint8_t *put_head(uint8_t *to, gt_geom_type type)
{
    *to = 1;
    return gt_put_u32(to + 1, (uint32_t)type);
}

static uint8_t *put_points(uint8_t *to, const gt_geom *g, uint32_t from, uint32_t end)
{
    if (HOST_LITTLE && end > from) {
        size_t bytes = (size_t)(end - from) * 16;
        memcpy(to, g->xy + 2 * (size_t)from, bytes);
        return to + bytes;
    }
    for (size_t i = 2 * (size_t)from; i < 2 * (size_t)end; i++) {
        to = gt_put_double(to, g->xy[i]);
    }
    return to;
}

static uint8_t *put_line(uint8_t *to, const gt_geom *g, uint32_t line)
{
    uint32_t from = line == 0 ? 0 : g->ring_end[line - 1];
    to = gt_put_u32(to, g->ring_end[line] - from);
    return put_points(to, g, from, g->ring_end[line]);
}

static uint8_t *put_polygon(uint8_t *to, const gt_geom *g, uint32_t part)
{
    uint32_t first = part == 0 ? 0 : g->part_end[part - 1];
    to = gt_put_u32(to, g->part_end[part] - first);
    for (uint32_t ring = first; ring < g->part_end[part]; ring++) {
        gt_ring_view v = gt_geom_ring_view(g, ring, ring == first);
        to = gt_put_u32(to, v.to - v.from);
        if (!v.turn) {
            to = put_points(to, g, v.from, v.to);
            continue;
        }
        for (uint32_t i = v.to; i > v.from; i--) {
            to = put_points(to, g, i - 1, i);
        }
    }
    return to;
}

void gt_wkb_put(const gt_geom *g, uint8_t *to)
{
    to = put_head(to, g->type);
    switch (g->type) {
    case GT_POINT:
        if (g->n_points == 0) {
            to = gt_put_double(to, NAN);
            (void)gt_put_double(to, NAN);
        } else {
            (void)put_points(to, g, 0, 1);
        }
        break;
    case GT_LINESTRING:
        if (g->n_rings == 0) {
            (void)gt_put_u32(to, 0);
        } else {
            (void)put_line(to, g, 0);
        }
        break;
    case GT_POLYGON:
        if (g->n_parts == 0) {
            (void)gt_put_u32(to, 0);
        } else {
            (void)put_polygon(to, g, 0);
        }
        break;
    case GT_MULTIPOINT:
        to = gt_put_u32(to, g->n_points);
        for (uint32_t i = 0; i < g->n_points; i++) {
            to = put_points(put_head(to, GT_POINT), g, i, i + 1);
        }
        break;
    case GT_MULTILINESTRING:
        to = gt_put_u32(to, g->n_rings);
        for (uint32_t i = 0; i < g->n_rings; i++) {
            to = put_line(put_head(to, GT_LINESTRING), g, i);
        }
        break;
    case GT_MULTIPOLYGON:
        to = gt_put_u32(to, g->n_parts);
        for (uint32_t i = 0; i < g->n_parts; i++) {
            to = put_polygon(put_head(to, GT_POLYGON), g, i);
        }
        break;
    case GT_GEOM_NONE:
        break;
    }
}

gt_status gt_geom_to_wkb(gt_ctx *ctx, const gt_geom *geom, uint8_t **buffer, size_t *cap,
                         size_t *len)
{
    gt_status st = gt_geom_check(ctx, geom);
    if (st != GT_OK) {
        return st;
    }
    size_t size = gt_wkb_size(geom);
    void *block = *buffer;
    st = gt_grow(ctx, &block, cap, size, 1);
    *buffer = block;
    if (st == GT_OK) {
        gt_wkb_put(geom, *buffer);
        *len = size;
    }
    return st;
}
