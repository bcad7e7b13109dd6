#include "check/bulk_land.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/messages.h"

gt_status gt_land_open(gt_ctx *ctx, gt_store *store, const char *layer, gt_land *out)
{
    memset(out, 0, sizeof *out);
    out->layer = layer;
    gt_status st = gt_store_find_layer(ctx, store, layer, &out->info);
    if (st == GT_E_NOT_FOUND) {
        gt_error_clear(ctx);
        return GT_OK;
    }
    if (st == GT_OK && out->info.n_features > 0) {
        out->known = true;
        out->keep = gt_zalloc(ctx, out->info.standard->n_fields + 1, sizeof *out->keep);
        st = out->keep == NULL ? GT_E_MEMORY : gt_arena_new(ctx, 0, &out->arena);
    }
    return st;
}

void gt_land_free(gt_ctx *ctx, gt_land *n)
{
    gt_free(ctx, n->keep);
    gt_free(ctx, n->features);
    gt_free(ctx, n->xy);
    gt_free(ctx, n->ring_end);
    gt_free(ctx, n->part_end);
    gt_free(ctx, n->sign);
    gt_free(ctx, n->span_of);
    gt_free(ctx, n->spans);
    gt_free(ctx, n->values);
    gt_free(ctx, n->start);
    gt_free(ctx, n->list);
    gt_free(ctx, n->stamp);
    gt_arena_free(n->arena);
    memset(n, 0, sizeof *n);
}

/* ---- reading ------------------------------------------------------------------------------------
 */

#define ROOM(field, cap, need)                                                                     \
    do {                                                                                           \
        if (st == GT_OK && (need) > n->cap) {                                                      \
            void *block = n->field;                                                                \
            st = gt_grow(ctx, &block, &n->cap, (need), sizeof *n->field);                          \
            n->field = block;                                                                      \
        }                                                                                          \
    } while (0)

static gt_status room(gt_ctx *ctx, gt_land *n, const gt_geom *g, size_t spans)
{
    gt_status st = GT_OK;
    if (n->n_points + g->n_points > n->cap_xy) {
        void *block = n->xy;
        st = gt_grow(ctx, &block, &n->cap_xy, n->n_points + g->n_points, 2 * sizeof *n->xy);
        n->xy = block;
    }
    ROOM(ring_end, cap_rings, n->n_rings + g->n_rings);
    ROOM(sign, cap_sign, n->n_rings + g->n_rings);
    ROOM(span_of, cap_span_of, n->n_rings + g->n_rings);
    ROOM(part_end, cap_parts, n->n_parts + g->n_parts);
    ROOM(spans, cap_spans, n->n_spans + spans);
    ROOM(values, cap_values, n->n_values + n->info.standard->n_fields);
    ROOM(features, cap_features, n->n + 1);
    return st;
}

static bool is_hole(const gt_geom *g, uint32_t ring)
{
    for (uint32_t p = 0; p < g->n_parts; p++) {
        if ((p == 0 ? 0 : g->part_end[p - 1]) == ring) {
            return false;
        }
        if (g->part_end[p] > ring) {
            return true;
        }
    }
    return false;
}

static size_t ring_points(const gt_geom *g, uint32_t ring)
{
    return g->ring_end[ring] - (ring == 0 ? 0 : g->ring_end[ring - 1]);
}

static gt_status keep_values(gt_land *n, const gt_feature *f)
{
    for (size_t i = 0; i < n->info.standard->n_fields; i++) {
        gt_value v = {.kind = GT_NULL};
        if (n->keep[i]) {
            v = f->values[i];
            if (v.kind == GT_VAL_TEXT) {
                v.text = gt_arena_strndup(n->arena, v.text, v.len);
            }
            if (v.kind == GT_VAL_TEXT && v.text == NULL) {
                return GT_E_MEMORY;
            }
        }
        n->values[n->n_values + i] = v;
    }
    return GT_OK;
}

static gt_status add(gt_ctx *ctx, gt_land *n, const gt_feature *f, const gt_geom *g)
{
    size_t spans = 0;
    for (uint32_t r = 0; r < g->n_rings; r++) {
        spans += gt_span_count(ring_points(g, r));
    }
    gt_status st = room(ctx, n, g, spans);
    const char *id = st == GT_OK ? gt_arena_strdup(n->arena, f->id) : NULL;
    if (id == NULL) {
        return GT_E_MEMORY;
    }
    gt_land_feature *to = &n->features[n->n];
    memset(to, 0, sizeof *to);
    to->row = f->row;
    to->id = id;
    to->box = gt_geom_box(g);
    to->shape.geom.type = g->type;
    to->shape.geom.n_points = g->n_points;
    to->shape.geom.n_rings = g->n_rings;
    to->shape.geom.n_parts = g->n_parts;
    const size_t at[5] = {n->n_points, n->n_rings, n->n_parts, n->n_spans, n->n_values};
    memcpy(to->at, at, sizeof at);
    if (g->n_points > 0) {
        memcpy(n->xy + 2 * n->n_points, g->xy, 2 * sizeof(double) * g->n_points);
    }
    for (uint32_t r = 0; r < g->n_rings; r++) {
        size_t points = ring_points(g, r), count = gt_span_count(points);
        const double *xy = g->xy + 2 * (size_t)(g->ring_end[r] - points);
        n->ring_end[n->n_rings + r] = g->ring_end[r];
        n->sign[n->n_rings + r] = gt_ring_sign(xy, points, is_hole(g, r));
        n->span_of[n->n_rings + r] = count == 0 ? SIZE_MAX : n->n_spans - to->at[3];
        if (count > 0) {
            gt_span_fill(xy, points, n->spans + n->n_spans);
            n->n_spans += count;
        }
    }
    for (uint32_t p = 0; p < g->n_parts; p++) {
        n->part_end[n->n_parts + p] = g->part_end[p];
    }
    st = keep_values(n, f);
    n->n_points += g->n_points;
    n->n_rings += g->n_rings;
    n->n_parts += g->n_parts;
    n->n_values += n->info.standard->n_fields;
    n->n++;
    return st;
}

/* The pools no longer move: views into them. */
static void set_views(gt_land *n)
{
    for (size_t i = 0; i < n->n; i++) {
        gt_land_feature *f = &n->features[i];
        f->shape.geom.xy = n->xy + 2 * f->at[0];
        f->shape.geom.ring_end = n->ring_end + f->at[1];
        f->shape.sign = n->sign + f->at[1];
        f->shape.spans = n->span_of + f->at[1];
        f->shape.geom.part_end = n->part_end + f->at[2];
        f->shape.boxes = n->spans + f->at[3];
        f->values = n->values + f->at[4];
    }
}

static void forget(gt_land *n)
{
    n->n = n->n_points = n->n_rings = n->n_parts = n->n_spans = n->n_values = 0;
    gt_arena_reset(n->arena);
}

/* ---- index --------------------------------------------------------------------------------------
 */

static uint32_t bucket(const gt_land *n, double v, double from, double to)
{
    double at = (v - from) / (to - from) * n->across;
    return !(at > 0) ? 0 : at >= n->across ? n->across - 1 : (uint32_t)at;
}

typedef struct buckets {
    uint32_t x0, y0, x1, y1;
} buckets;

static buckets buckets_of(const gt_land *n, gt_box b)
{
    return (buckets){
        bucket(n, b.xmin, n->box.xmin, n->box.xmax), bucket(n, b.ymin, n->box.ymin, n->box.ymax),
        bucket(n, b.xmax, n->box.xmin, n->box.xmax), bucket(n, b.ymax, n->box.ymin, n->box.ymax)};
}

static void spread(gt_land *n, bool fill)
{
    for (size_t i = n->n; i-- > 0;) { /* backwards: lists come out ascending */
        if (n->features[i].shape.geom.n_points == 0) {
            continue;
        }
        buckets b = buckets_of(n, n->features[i].box);
        for (uint32_t y = b.y0; y <= b.y1; y++) {
            for (uint32_t x = b.x0; x <= b.x1; x++) {
                uint32_t *start = &n->start[(size_t)y * n->across + x];
                if (fill) {
                    n->list[--*start] = (uint32_t)i;
                } else {
                    ++*start;
                }
            }
        }
    }
}

static gt_status index_all(gt_ctx *ctx, gt_land *n)
{
    gt_status st = GT_OK;
    n->across = (uint32_t)sqrt((double)n->n) + 1;
    size_t count = (size_t)n->across * n->across;
    ROOM(start, cap_start, count + 1);
    ROOM(stamp, cap_stamp, n->n + 1);
    if (st != GT_OK) {
        return st;
    }
    memset(n->start, 0, (count + 1) * sizeof *n->start);
    memset(n->stamp, 0, (n->n + 1) * sizeof *n->stamp);
    n->turn = 0;
    spread(n, false);
    uint64_t sum = 0;
    for (size_t i = 0; i <= count; i++) {
        sum += n->start[i];
        n->start[i] = (uint32_t)sum;
    }
    if (sum >= UINT32_MAX) {
        return gt_fail(ctx, GT_E_MEMORY, &GT_MSG_NO_MEMORY, GT_NOWHERE,
                       GT_ARGS(GT_INT("bytes", sum * sizeof *n->list)));
    }
    ROOM(list, cap_list, sum + 1);
    if (st == GT_OK) {
        spread(n, true);
    }
    return st;
}

gt_status gt_land_read(gt_ctx *ctx, gt_land *n, gt_store *store, const gt_query *when, gt_box box,
                       size_t most, bool *whole)
{
    gt_scan *scan = NULL;
    gt_geom geom;
    gt_query q = *when;
    bool more = true;
    gt_geom_init(&geom);
    forget(n);
    *whole = true;
    n->box = (gt_box){box.xmin - n->reach, box.ymin - n->reach, box.xmax + n->reach,
                      box.ymax + n->reach};
    q.layer = n->layer;
    q.box = n->box;
    const gt_box *all = &n->info.box; /* a plain scan is faster than the R-tree */
    q.has_box = !(q.box.xmin <= all->xmin && q.box.ymin <= all->ymin && q.box.xmax >= all->xmax &&
                  q.box.ymax >= all->ymax);
    gt_status st = gt_scan_open(ctx, store, &q, &scan);
    while (st == GT_OK && *whole) {
        gt_feature f;
        st = (n->n & 1023) == 0 ? gt_check_cancel(ctx) : GT_OK;
        st = st == GT_OK ? gt_scan_next(ctx, scan, &f, &more) : st;
        if (st != GT_OK || !more) {
            break;
        }
        if (f.blob == NULL) {
            continue;
        }
        st = gt_geom_from_gpkg(ctx, f.blob, f.blob_len, NULL, &geom);
        *whole = most == 0 || n->n_points + geom.n_points <= most;
        if (st == GT_OK && *whole) {
            st = add(ctx, n, &f, &geom);
        }
        if (st != GT_OK) {
            gt_fail_at(ctx, GT_PLACE(.layer = n->layer, .feature = f.id));
        }
    }
    gt_scan_close(scan);
    gt_geom_free(ctx, &geom);
    if (st != GT_OK || !*whole) {
        forget(n);
        return st;
    }
    set_views(n);
    return index_all(ctx, n);
}

static int by_number(const void *a, const void *b)
{
    uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;
    return (p > q) - (p < q);
}

static void sort_few(uint32_t *list, size_t n)
{
    if (n > 32) {
        qsort(list, n, sizeof *list, by_number);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        uint32_t v = list[i];
        size_t k = i;
        for (; k > 0 && list[k - 1] > v; k--) {
            list[k] = list[k - 1];
        }
        list[k] = v;
    }
}

gt_status gt_land_find(gt_ctx *ctx, gt_land *n, gt_box box, uint32_t **list, size_t *cap,
                       size_t *count)
{
    *count = 0;
    if (n->n == 0 || !gt_box_meets(n->box, box)) {
        return GT_OK;
    }
    if (++n->turn == 0) {
        memset(n->stamp, 0, (n->n + 1) * sizeof *n->stamp);
        n->turn = 1;
    }
    buckets b = buckets_of(n, box);
    for (uint32_t y = b.y0; y <= b.y1; y++) {
        for (uint32_t x = b.x0; x <= b.x1; x++) {
            size_t at = (size_t)y * n->across + x;
            for (uint32_t i = n->start[at]; i < n->start[at + 1]; i++) {
                uint32_t f = n->list[i];
                if (n->stamp[f] == n->turn || !gt_box_meets(n->features[f].box, box)) {
                    continue;
                }
                n->stamp[f] = n->turn;
                void *block = *list;
                gt_status st = gt_grow(ctx, &block, cap, *count + 1, sizeof **list);
                *list = block;
                if (st != GT_OK) {
                    return st;
                }
                (*list)[(*count)++] = f;
            }
        }
    }
    sort_few(*list, *count);
    return GT_OK;
}
