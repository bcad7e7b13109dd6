#include "coverage/traced.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "coverage/messages.h"

enum { PATH = 4096 };
static const char PREFIX[] = "grid.";

const char *gt_traced_name(const char *word)
{
    size_t n = sizeof PREFIX - 1;
    return strncmp(word, PREFIX, n) == 0 && word[n] != '\0' ? word + n : NULL;
}

/* ---- patches ------------------------------------------------------------------------------------
 */

typedef struct span { /* of one patch in the arrays of the run */
    uint32_t part0, part1, ring0, ring1, point0, point1;
} span;

static span span_of(const gt_polygon_run *r, size_t feature)
{
    span s;
    s.part0 = feature == 0 ? 0 : r->feature_end[feature - 1];
    s.part1 = r->feature_end[feature];
    s.ring0 = s.part0 == 0 ? 0 : r->part_end[s.part0 - 1];
    s.ring1 = s.part1 == 0 ? 0 : r->part_end[s.part1 - 1];
    s.point0 = s.ring0 == 0 ? 0 : r->ring_end[s.ring0 - 1];
    s.point1 = s.ring1 == 0 ? 0 : r->ring_end[s.ring1 - 1];
    return s;
}

static gt_box box_of(const gt_polygon_run *r, const span *s)
{
    gt_box b = {1, 1, 0, 0};
    for (uint32_t i = s->point0; i < s->point1; i++) {
        double x = r->xy[2 * (size_t)i], y = r->xy[2 * (size_t)i + 1];
        bool first = i == s->point0;
        b.xmin = first || x < b.xmin ? x : b.xmin;
        b.ymin = first || y < b.ymin ? y : b.ymin;
        b.xmax = first || x > b.xmax ? x : b.xmax;
        b.ymax = first || y > b.ymax ? y : b.ymax;
    }
    return b;
}

static gt_status measure(gt_ctx *ctx, gt_traced *t)
{
    t->extent = (gt_box){1, 1, 0, 0};
    t->boxes = gt_alloc(ctx, t->table->n_features + 1, sizeof *t->boxes);
    if (t->boxes == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < t->table->n_features; i++) {
        const gt_polygon_run *r = &t->table->runs[0];
        span s = span_of(r, i);
        gt_box b = box_of(r, &s);
        t->boxes[i] = b;
        t->n_points += s.point1 - s.point0;
        t->extent.xmin = i == 0 || b.xmin < t->extent.xmin ? b.xmin : t->extent.xmin;
        t->extent.ymin = i == 0 || b.ymin < t->extent.ymin ? b.ymin : t->extent.ymin;
        t->extent.xmax = i == 0 || b.xmax > t->extent.xmax ? b.xmax : t->extent.xmax;
        t->extent.ymax = i == 0 || b.ymax > t->extent.ymax ? b.ymax : t->extent.ymax;
    }
    return GT_OK;
}

gt_status gt_traced_open(gt_ctx *ctx, gt_store *store, const char *name, gt_traced *out)
{
    char path[PATH];
    gt_grid *grid = NULL;
    *out = (gt_traced){.extent = {1, 1, 0, 0}};
    (void)snprintf(path, sizeof path, "%s/%s.tif", gt_store_grid_dir(store), name);
    if (strchr(name, '/') != NULL || access(path, F_OK) != 0) {
        return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_COVERAGE_NO_GRID, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("grid", name)));
    }
    gt_status st = gt_grid_open_any(ctx, path, NULL, &grid);
    const gt_crs *crs = st == GT_OK ? gt_grid_crs(grid) : NULL;
    if (crs != NULL && !gt_crs_same(crs, gt_store_crs(store))) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_COVERAGE_GRID_CRS, GT_PLACE(.file = path),
                     GT_ARGS(GT_TEXT("have", gt_crs_name(crs)),
                             GT_TEXT("want", gt_crs_name(gt_store_crs(store)))));
    }
    if (st == GT_OK) {
        const char *origin = gt_grid_item_value(grid, GT_ORIGIN_ITEM);
        out->generated = origin != NULL && strcmp(origin, GT_ORIGIN_GENERATED_TEXT) == 0;
        st = gt_grid_polygons(ctx, grid, &out->table);
    }
    gt_grid_close(ctx, grid);
    st = st == GT_OK ? measure(ctx, out) : st;
    if (st != GT_OK) {
        gt_traced_free(ctx, out);
    }
    return st;
}

void gt_traced_free(gt_ctx *ctx, gt_traced *t)
{
    gt_polygon_table_free(ctx, t->table);
    gt_free(ctx, t->boxes);
    *t = (gt_traced){.extent = {1, 1, 0, 0}};
}

/* ---- reading ------------------------------------------------------------------------------------
 */

/* The patch as a geometry with ends of its own; `ends` are scratch. */
static gt_status shape_of(gt_ctx *ctx, const gt_polygon_run *r, const span *s, gt_geom *ends)
{
    void *rings = ends->ring_end, *parts = ends->part_end;
    uint32_t n_rings = s->ring1 - s->ring0, n_parts = s->part1 - s->part0;
    gt_status st = gt_grow(ctx, &rings, &ends->cap_rings, n_rings, sizeof *ends->ring_end);
    ends->ring_end = rings;
    st = st == GT_OK ? gt_grow(ctx, &parts, &ends->cap_parts, n_parts, sizeof *ends->part_end) : st;
    ends->part_end = parts;
    if (st != GT_OK) {
        return st;
    }
    for (uint32_t i = 0; i < n_rings; i++) {
        ends->ring_end[i] = r->ring_end[s->ring0 + i] - s->point0;
    }
    for (uint32_t i = 0; i < n_parts; i++) {
        ends->part_end[i] = r->part_end[s->part0 + i] - s->ring0;
    }
    ends->type = GT_MULTIPOLYGON;
    ends->xy = r->xy + 2 * (size_t)s->point0; /* borrowed */
    ends->n_points = s->point1 - s->point0;
    ends->n_rings = n_rings;
    ends->n_parts = n_parts;
    return GT_OK;
}

static bool boxes_meet(const gt_box *a, const gt_box *b)
{
    return a->xmin <= b->xmax && b->xmin <= a->xmax && a->ymin <= b->ymax && b->ymin <= a->ymax;
}

gt_status gt_traced_read(gt_ctx *ctx, const gt_traced *t, const gt_box *box, size_t most,
                         gt_flat_fn seen, void *user, gt_flat *out, bool *whole)
{
    gt_geom shape = {0};
    gt_status st = GT_OK;
    bool all = true;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; st == GT_OK && i < t->table->n_features; i++) {
        const gt_polygon_run *r = &t->table->runs[0];
        span s = span_of(r, i);
        if (box != NULL && !boxes_meet(box, &t->boxes[i])) {
            continue;
        }
        if (most > 0 && out->n_points + (s.point1 - s.point0) > most) {
            all = false;
            break;
        }
        gt_feature f = {.id = t->table->codes[r->code[i]], .row = (int64_t)i, .box = t->boxes[i]};
        bool take = true;
        st = seen == NULL ? GT_OK : seen(ctx, user, &f, out->n_features, &take);
        st = st == GT_OK && take ? shape_of(ctx, r, &s, &shape) : st;
        st = st == GT_OK && take ? gt_flat_add(ctx, out, &shape, f.row) : st;
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    gt_free(ctx, shape.ring_end);
    gt_free(ctx, shape.part_end);
    *whole = all;
    return st;
}
