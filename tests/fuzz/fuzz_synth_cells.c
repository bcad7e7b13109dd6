/* Outlines of any shape, one or two districts: refused, or filled with cells to the last square
 * millimetre that rounding allows. Two bytes a vertex on a 25 m grid, 255 255 ends a ring. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "synth/cells.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RINGS = 2, POINTS = 120 };

static void need(int truth)
{
    if (!truth) {
        abort();
    }
}

static void fill(gt_ctx *ctx, const sy_world *w, const sy_border *b)
{
    double weight[16], area[RINGS] = {0}, rim[RINGS] = {0};
    sy_density d;
    for (int i = 0; i < 16; i++) {
        weight[i] = 20;
    }
    need(sy_density_build(ctx, w, weight, 4, &d) == GT_OK);
    sy_mesh mesh = {w, b, &d, 1.0, 11};
    sy_block all = {0, 0, w->side, w->side, 320};
    sy_cell_work work = {0};
    sy_faces faces = {0};
    sy_cell_options o = {.crumb = 0.05, .pair_share = 0.1};
    need(sy_cells(ctx, &mesh, &all, &o, &work, &faces, NULL) == GT_OK);
    for (size_t i = 0; i < faces.n_faces; i++) {
        need(faces.faces[i].area2 > 0);
        area[faces.faces[i].unit] += (double)faces.faces[i].area2;
    }
    for (size_t i = 0; i < b->n_segs; i++) {
        double dx = (double)b->segs[i].a.x - b->segs[i].b.x;
        double dy = (double)b->segs[i].a.y - b->segs[i].b.y;
        for (int u = 0; u < b->n_units; u++) {
            rim[u] += b->segs[i].left == u || b->segs[i].right == u ? sqrt(dx * dx + dy * dy) : 0;
        }
    }
    for (int u = 0; u < b->n_units;
         u++) { /* a crossing moves by at most 0.71 mm beside its border */
        need(fabs(area[u] - (double)b->area2[u]) <= 2.0 * 0.75 * rim[u] + 8.0);
    }
    sy_cell_work_free(ctx, &work);
    sy_faces_free(ctx, &faces);
    sy_density_free(ctx, &d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static double xy[RINGS][2 * (POINTS + 1)];
    uint32_t ring_end[RINGS], part_end[RINGS] = {1, 1};
    sy_unit_rings units[RINGS];
    size_t n_units = 0, at = 0;
    while (n_units < RINGS && at + 1 < size) {
        uint32_t n = 0;
        for (; at + 1 < size && n < POINTS; at += 2) {
            if (data[at] == 255 && data[at + 1] == 255) {
                at += 2;
                break;
            }
            xy[n_units][2 * n] = 500000 + 25.0 * data[at];
            xy[n_units][2 * n + 1] = 4400000 + 25.0 * data[at + 1];
            n++;
        }
        if (n < 3) {
            break;
        }
        xy[n_units][2 * n] = xy[n_units][0], xy[n_units][2 * n + 1] = xy[n_units][1];
        ring_end[n_units] = n + 1;
        units[n_units] =
            (sy_unit_rings){"u", xy[n_units], &ring_end[n_units], &part_end[n_units], 1, 1};
        n_units++;
    }
    gt_ctx *ctx = gt_ctx_new(NULL);
    need(ctx != NULL);
    sy_world w;
    sy_border b = {0};
    gt_status st = sy_world_fit(ctx, units, n_units, 2000000, &w);
    if (st == GT_OK) {
        st = sy_border_build(ctx, &w, units, n_units, &b);
    }
    if (st == GT_OK) {
        fill(ctx, &w, &b);
    } else {
        need(st == GT_E_INPUT);
    }
    sy_border_free(ctx, &b);
    need(gt_ctx_memory_used(ctx) == 0);
    gt_ctx_free(ctx);
    return 0;
}
