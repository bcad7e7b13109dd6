/* Vector tiles. Wire format: Protocol Buffers; Mapbox Vector Tile 2.1, sections 4.3 and 4.4. */
#include "serve/mvt.h"

#include <math.h>
#include <string.h>

enum { MOVE_TO = 1, LINE_TO = 2, CLOSE_PATH = 7 };

/* ---- protocol buffers --------------------------------------------------------------------------
 */

static void put_varint(gt_text *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        gt_text_putc(out, (char)(unsigned char)((value & 0x7f) | 0x80));
    }
    gt_text_putc(out, (char)(unsigned char)value);
}

static void put_bytes(gt_text *out, unsigned field, const char *data, size_t len)
{
    put_varint(out, (uint64_t)field << 3 | 2);
    put_varint(out, len);
    gt_text_add(out, data, len);
}

static void put_number(gt_text *out, unsigned field, uint64_t value)
{
    put_varint(out, (uint64_t)field << 3);
    put_varint(out, value);
}

static void put_zigzag(gt_text *out, int64_t value)
{
    put_varint(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

/* ---- cutting ----------------------------------------------------------------------------------
 */

/* The ring (open: last point not repeated) within the tile and its buffer, in m->cut.a. */
static gt_status cut_ring(gt_mvt *m, const double *xy, size_t n, size_t *out)
{
    const double low = -GT_MVT_BUFFER, high = GT_MVT_EXTENT + GT_MVT_BUFFER;
    return gt_frame_cut_ring(m->ctx, &m->cut, xy, n, low, high, out);
}

/* Rounds; points that repeat or lie on a straight line between their neighbours go. */
static gt_status round_points(gt_mvt *m, const double *xy, size_t n, bool closed, size_t *out)
{
    gt_status st = gt_grow(m->ctx, (void **)&m->grid, &m->cap_grid, 2 * n + 2, sizeof *m->grid);
    size_t k = 0;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        int32_t x = (int32_t)lround(xy[2 * i]), y = (int32_t)lround(xy[2 * i + 1]);
        if (k > 0 && m->grid[2 * k - 2] == x && m->grid[2 * k - 1] == y) {
            continue;
        }
        if (k > 1) {
            const int32_t *p = &m->grid[2 * k - 4], *q = p + 2;
            int64_t ux = q[0] - p[0], uy = q[1] - p[1], vx = x - q[0], vy = y - q[1];
            k -= ux * vy == uy * vx && ux * vx + uy * vy > 0 ? 1 : 0;
        }
        m->grid[2 * k] = x;
        m->grid[2 * k++ + 1] = y;
    }
    while (closed && k > 1 && m->grid[0] == m->grid[2 * k - 2] &&
           m->grid[1] == m->grid[2 * k - 1]) {
        k--;
    }
    *out = k;
    return st;
}

static int64_t twice_area(const int32_t *grid, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        const int32_t *p = &grid[2 * i], *q = &grid[2 * ((i + 1) % n)];
        sum += (int64_t)p[0] * q[1] - (int64_t)q[0] * p[1];
    }
    return sum;
}

/* ---- commands ---------------------------------------------------------------------------------
 */

typedef struct pen {
    int32_t x, y;
} pen;

/* One MoveTo, and LineTo for the others. */
static void put_points_of(gt_text *o, const int32_t *grid, size_t n, bool reverse, pen *at)
{
    for (size_t i = 0; i < n; i++) {
        const int32_t *p = &grid[2 * (reverse ? n - 1 - i : i)];
        if (i < 2) {
            put_varint(o, (uint64_t)(i == 0 ? 1 : n - 1) << 3 | (i == 0 ? MOVE_TO : LINE_TO));
        }
        put_zigzag(o, (int64_t)p[0] - at->x);
        put_zigzag(o, (int64_t)p[1] - at->y);
        *at = (pen){p[0], p[1]};
    }
}

static void put_path(gt_mvt *m, pen *at, size_t n, bool reverse, bool closed)
{
    put_points_of(&m->ring, m->grid, n, reverse, at);
    if (closed) {
        put_varint(&m->ring, 1U << 3 | CLOSE_PATH);
    }
}

static gt_status put_ring(gt_mvt *m, pen *at, const double *xy, size_t n, bool hole, bool *drawn)
{
    size_t k = 0, points = 0;
    *drawn = false;
    gt_status st = cut_ring(m, xy, n, &k);
    if (st == GT_OK && k >= 3) {
        st = round_points(m, m->cut.a, k, true, &points);
    }
    int64_t area = points >= 3 ? twice_area(m->grid, points) : 0;
    if (st == GT_OK && area != 0) {
        put_path(m, at, points, (area < 0) != hole, true);
        *drawn = true;
    }
    return st;
}

static gt_status put_polygons(gt_mvt *m, const gt_geom *g, pen *at, bool *any)
{
    gt_status st = GT_OK;
    uint32_t ring = 0, from = 0;
    for (uint32_t p = 0; st == GT_OK && p < g->n_parts; p++) {
        bool shell = false, drawn = false;
        for (uint32_t first = ring; st == GT_OK && ring < g->part_end[p]; ring++) {
            uint32_t end = g->ring_end[ring];
            if ((ring == first || shell) && end - from >= 4) {
                st = put_ring(m, at, &g->xy[2 * (size_t)from], end - from - 1, ring != first,
                              &drawn);
                shell = ring == first ? drawn : shell;
            }
            from = end;
        }
        *any = *any || shell;
    }
    return st;
}

/* Lines are not cut: the client does, and plans have few. */
static gt_status put_lines(gt_mvt *m, const gt_geom *g, pen *at, bool *any)
{
    gt_status st = GT_OK;
    uint32_t from = 0;
    const double far = 64.0 * GT_MVT_EXTENT;
    for (uint32_t r = 0; st == GT_OK && r < g->n_rings; from = g->ring_end[r++]) {
        size_t n = 0;
        bool near = true;
        for (uint32_t i = from; i < g->ring_end[r]; i++) {
            near = near && fabs(g->xy[2 * (size_t)i]) < far && fabs(g->xy[2 * (size_t)i + 1]) < far;
        }
        if (near) {
            st = round_points(m, &g->xy[2 * (size_t)from], g->ring_end[r] - from, false, &n);
        }
        if (st == GT_OK && n >= 2) {
            put_path(m, at, n, false, false);
            *any = true;
        }
    }
    return st;
}

static gt_status put_points(gt_mvt *m, const gt_geom *g, pen *at, bool *any)
{
    size_t n = 0;
    gt_status st = gt_grow(m->ctx, (void **)&m->grid, &m->cap_grid, 2 * (size_t)g->n_points + 2,
                           sizeof *m->grid);
    for (uint32_t i = 0; st == GT_OK && i < g->n_points; i++) {
        const double *p = &g->xy[2 * (size_t)i];
        if (fmin(p[0], p[1]) >= -GT_MVT_BUFFER &&
            fmax(p[0], p[1]) <= GT_MVT_EXTENT + GT_MVT_BUFFER) {
            m->grid[2 * n] = (int32_t)lround(p[0]);
            m->grid[2 * n++ + 1] = (int32_t)lround(p[1]);
        }
    }
    if (st == GT_OK && n > 0) {
        put_varint(&m->ring, (uint64_t)n << 3 | MOVE_TO);
        for (size_t i = 0; i < n; i++) {
            put_zigzag(&m->ring, (int64_t)m->grid[2 * i] - at->x);
            put_zigzag(&m->ring, (int64_t)m->grid[2 * i + 1] - at->y);
            *at = (pen){m->grid[2 * i], m->grid[2 * i + 1]};
        }
        *any = true;
    }
    return st;
}

/* ---- the tile ---------------------------------------------------------------------------------
 */

void gt_mvt_open(gt_ctx *ctx, gt_arena *arena, gt_mvt *out)
{
    memset(out, 0, sizeof *out);
    out->ctx = ctx;
    out->arena = arena;
    gt_text_init(&out->features, ctx, 8U << 20);
    gt_text_init(&out->values, ctx, 4U << 20);
    gt_text_init(&out->one, ctx, 8U << 20);
    gt_text_init(&out->ring, ctx, 8U << 20);
}

void gt_mvt_close(gt_mvt *mvt)
{
    gt_text_free(&mvt->features);
    gt_text_free(&mvt->values);
    gt_text_free(&mvt->one);
    gt_text_free(&mvt->ring);
    gt_frame_cut_free(mvt->ctx, &mvt->cut);
    gt_free(mvt->ctx, mvt->grid);
}

static uint32_t add_value(gt_mvt *m, const char *text)
{
    gt_text_clear(&m->one);
    put_bytes(&m->one, 1, text, strlen(text));
    put_bytes(&m->values, 4, gt_text_cstr(&m->one), m->one.len);
    return m->n_values++;
}

/* Index of the class; the last one takes all that are too many. */
static size_t class_of(gt_mvt *m, const char *klass)
{
    for (size_t i = 0; i < m->n_classes; i++) {
        if (strcmp(m->classes[i].text, klass) == 0) {
            return i;
        }
    }
    if (m->n_classes < GT_MVT_CLASSES) {
        const char *kept = gt_arena_strdup(m->arena, klass);
        m->classes[m->n_classes] = (gt_mvt_class){.text = kept == NULL ? "" : kept};
        m->class_value[m->n_classes] = add_value(m, m->classes[m->n_classes].text);
        m->n_classes++;
    }
    return m->n_classes - 1;
}

static bool owe(gt_mvt *m, gt_mvt_class *k, const gt_geom *g, pen *at)
{
    gt_box box = gt_geom_box(g);
    double x = (box.xmin + box.xmax) / 2, y = (box.ymin + box.ymax) / 2;
    if (x < 0 || y < 0 || x >= GT_MVT_EXTENT || y >= GT_MVT_EXTENT) {
        return false;
    }
    k->owed += gt_geom_plane_area(g);
    if (k->owed < 4) {
        return false;
    }
    int32_t left = (int32_t)x - 1, top = (int32_t)y - 1;
    const int32_t square[8] = {left, top, left + 2, top, left + 2, top + 2, left, top + 2};
    memcpy(m->grid, square, sizeof square);
    put_path(m, at, 4, false, true);
    k->owed -= 4;
    return true;
}

/* The feature whose commands are in m->ring. kind: 1 points, 2 lines, 3 polygons. */
static gt_status put_feature(gt_mvt *m, const char *id, uint32_t value, unsigned kind)
{
    gt_text tags;
    gt_text_init(&tags, m->ctx, 256);
    if (id != NULL) {
        put_varint(&tags, 0);
        put_varint(&tags, add_value(m, id));
    }
    put_varint(&tags, 1);
    put_varint(&tags, value);
    gt_text_clear(&m->one);
    put_number(&m->one, 1, ++m->n_features);
    put_bytes(&m->one, 2, gt_text_cstr(&tags), tags.len);
    put_number(&m->one, 3, kind);
    put_bytes(&m->one, 4, gt_text_cstr(&m->ring), m->ring.len);
    put_bytes(&m->features, 2, gt_text_cstr(&m->one), m->one.len);
    gt_text_free(&tags);
    return gt_text_status(&m->features);
}

gt_status gt_mvt_add(gt_mvt *m, const char *id, const char *klass, const gt_geom *g)
{
    pen at = {0, 0};
    bool any = false;
    bool polygon = g->n_parts > 0;
    gt_text_clear(&m->ring);
    gt_status st = polygon          ? put_polygons(m, g, &at, &any)
                   : g->n_rings > 0 ? put_lines(m, g, &at, &any)
                                    : put_points(m, g, &at, &any);
    if (st != GT_OK) {
        return st;
    }
    size_t k = class_of(m, klass);
    if (!any && polygon) {
        st = gt_grow(m->ctx, (void **)&m->grid, &m->cap_grid, 8, sizeof *m->grid);
        any = st == GT_OK && owe(m, &m->classes[k], g, &at);
    }
    if (st != GT_OK || !any) {
        return st;
    }
    return put_feature(m, id, m->class_value[k], polygon ? 3 : g->n_rings > 0 ? 2 : 1);
}

void gt_mvt_begin(gt_mvt *m)
{
    gt_text_clear(&m->ring);
    m->pen_x = m->pen_y = 0;
}

void gt_mvt_ring(gt_mvt *m, const int32_t *xy, size_t n)
{
    pen at = {m->pen_x, m->pen_y};
    put_points_of(&m->ring, xy, n, false, &at);
    put_varint(&m->ring, 1U << 3 | CLOSE_PATH);
    m->pen_x = at.x;
    m->pen_y = at.y;
}

gt_status gt_mvt_end(gt_mvt *m, const char *id, const char *klass)
{
    gt_status st = gt_text_status(&m->ring);
    return st == GT_OK ? put_feature(m, id, m->class_value[class_of(m, klass)], 3) : st;
}

gt_status gt_mvt_finish(gt_mvt *m, const char *layer, const char *class_key, gt_text *out)
{
    gt_text *o = &m->one;
    if (m->n_features == 0) {
        return GT_OK;
    }
    gt_text_clear(o);
    put_bytes(o, 1, layer, strlen(layer));
    gt_text_add(o, gt_text_cstr(&m->features), m->features.len);
    put_bytes(o, 3, "id", 2);
    put_bytes(o, 3, class_key, strlen(class_key));
    gt_text_add(o, gt_text_cstr(&m->values), m->values.len);
    put_number(o, 5, GT_MVT_EXTENT);
    put_number(o, 15, 2);
    gt_status st = gt_text_status(o);
    if (st == GT_OK) {
        put_bytes(out, 3, gt_text_cstr(o), o->len);
        st = gt_text_status(out);
    }
    return st;
}
