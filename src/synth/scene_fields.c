/* Rivers, lakes, roads and the pull of centres on the grids. */
#include <math.h>
#include <string.h>

#include "synth/noise.h"
#include "synth/scene.h"

static double distance(sy_pt a, sy_pt b)
{
    double dx = (double)a.x - b.x, dy = (double)a.y - b.y;
    return sqrt(dx * dx + dy * dy);
}

/* Between two places: a point every 300 m, pushed aside by noise that vanishes at both ends. */
static gt_status wander(gt_ctx *ctx, sy_lines *l, sy_pt a, sy_pt b, double sway, uint64_t seed)
{
    double len = distance(a, b);
    int n = (int)(len / 300000.0) + 1;
    double nx = len > 0 ? -((double)b.y - a.y) / len : 0,
           ny = len > 0 ? ((double)b.x - a.x) / len : 0;
    for (int i = 0; i < n; i++) {
        double t = (double)i / n, x = a.x + t * ((double)b.x - a.x),
               y = a.y + t * ((double)b.y - a.y);
        double off = sway * fmin(1.0, 4 * t * (1 - t)) * sy_fbm(seed, x / 4.0e6, y / 4.0e6, 4, 0.5);
        gt_status st =
            sy_lines_pt(ctx, l, (sy_pt){(int32_t)(x + off * nx), (int32_t)(y + off * ny)});
        if (st != GT_OK) {
            return st;
        }
    }
    return GT_OK;
}

static gt_status recipe_rivers(gt_ctx *ctx, sy_scene *s)
{
    const sy_recipe *r = s->recipe;
    for (size_t i = 0; i < r->n_rivers; i++) {
        const sy_water_line *w = &r->rivers[i];
        gt_status st = GT_OK;
        for (size_t k = 0; st == GT_OK && k + 1 < w->n_pts; k++) {
            st = wander(ctx, &s->fields.rivers, w->pts[k], w->pts[k + 1], 1.2e6,
                        sy_hash(s->seed, 900 + i, k));
        }
        if (st == GT_OK && w->n_pts > 0) {
            st = sy_lines_pt(ctx, &s->fields.rivers, w->pts[w->n_pts - 1]);
        }
        if (st == GT_OK) {
            st = sy_lines_end(ctx, &s->fields.rivers);
        }
        if (st != GT_OK) {
            return st;
        }
    }
    return GT_OK;
}

enum { BIG_KM2 = 250, STREAM_KM2 = 12 };

/* Streams with a large catchment become river lines too, from their heads down. */
static gt_status big_streams(gt_ctx *ctx, sy_scene *s)
{
    sy_fields *f = &s->fields;
    size_t n = (size_t)f->n * (size_t)f->n;
    bool *head = gt_alloc(ctx, n, sizeof *head), *done = gt_zalloc(ctx, n, sizeof *done);
    gt_status st = head == NULL || done == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t k = 0; st == GT_OK && k < n; k++) {
        head[k] = f->drains[k] >= (float)BIG_KM2;
        /* what runs beside a recipe river is that river */
        done[k] = sy_lines_distance(&f->rivers, sy_cell_centre(f, k)) < 3.0 * f->cell;
    }
    for (size_t k = 0; st == GT_OK && k < n; k++) {
        if (f->drains[k] >= (float)BIG_KM2 && f->down[k] != k) {
            head[f->down[k]] = false;
        }
    }
    for (size_t k = 0; st == GT_OK && k < n; k++) {
        if (!head[k] || done[k]) {
            continue;
        }
        size_t at = k;
        while (st == GT_OK) {
            sy_pt p = sy_cell_centre(f, at);
            uint64_t h = sy_hash(s->seed, at, 55); /* off the lattice of the grid */
            p.x += (int32_t)(0.4 * f->cell * sy_sym(h));
            p.y += (int32_t)(0.4 * f->cell * sy_sym(sy_mix(h)));
            st = sy_lines_pt(ctx, &f->rivers, p);
            if (done[at] || f->down[at] == at) {
                break;
            }
            done[at] = true;
            at = f->down[at];
        }
        if (st == GT_OK) {
            st = sy_lines_end(ctx, &f->rivers);
        }
    }
    gt_free(ctx, head);
    gt_free(ctx, done);
    return st;
}

/* Marks the cells a set of lines runs through. */
static void mark_lines(const sy_fields *f, const sy_lines *l, bool *mark)
{
    size_t from = 0;
    for (size_t k = 0; k < l->n_lines; k++) {
        for (size_t i = from; i + 1 < l->line_end[k]; i++) {
            sy_pt a = l->pts[i], b = l->pts[i + 1];
            int n = (int)(distance(a, b) / (0.5 * f->cell)) + 1;
            for (int j = 0; j <= n; j++) {
                double t = (double)j / n;
                sy_pt p = {(int32_t)(a.x + t * ((double)b.x - a.x)),
                           (int32_t)(a.y + t * ((double)b.y - a.y))};
                mark[sy_cell_at(f, p)] = true;
            }
        }
        from = l->line_end[k];
    }
}

static gt_status water_distances(gt_ctx *ctx, sy_scene *s)
{
    sy_fields *f = &s->fields;
    size_t n = (size_t)f->n * (size_t)f->n;
    bool *mark = gt_zalloc(ctx, n, sizeof *mark);
    if (mark == NULL) {
        return GT_E_MEMORY;
    }
    mark_lines(f, &f->rivers, mark);
    gt_status st = sy_distance(ctx, f, mark, f->of[SY_F_RIVER]);
    for (size_t k = 0; k < n; k++) {
        mark[k] |= f->drains[k] >= (float)STREAM_KM2;
    }
    if (st == GT_OK) {
        st = sy_distance(ctx, f, mark, f->of[SY_F_STREAM]);
    }
    gt_free(ctx, mark);
    return st;
}

/* ---- roads and pull
 * -------------------------------------------------------------------------------- */

/* Points of a unit circle without trigonometry: halving angles from the four axis points. */
static void circle(double *cs, int n)
{
    for (int q = 0; q < 4; q++) {
        static const double ax[5] = {1, 0, -1, 0, 1}, ay[5] = {0, 1, 0, -1, 0};
        int from = q * n / 4, to = (q + 1) * n / 4;
        for (int i = from; i < to; i++) {
            double lx = ax[q], ly = ay[q], hx = ax[q + 1], hy = ay[q + 1];
            double x = lx, y = ly;
            int lo = from, hi = to;
            while (hi - lo > 1 && lo != i) {
                int mid = (lo + hi) / 2;
                double mx = lx + hx, my = ly + hy, len = sqrt(mx * mx + my * my);
                mx /= len, my /= len;
                if (i < mid) {
                    hi = mid, hx = mx, hy = my;
                } else {
                    lo = mid, lx = mx, ly = my;
                }
                x = lx, y = ly;
            }
            cs[2 * i] = x, cs[2 * i + 1] = y;
        }
    }
}

enum { RING_STEPS = 64 };

static gt_status ring_roads(gt_ctx *ctx, sy_scene *s)
{
    double cs[2 * RING_STEPS];
    circle(cs, RING_STEPS);
    const sy_recipe *r = s->recipe;
    for (size_t k = 0; k < r->n_rings; k++) {
        gt_status st = GT_OK;
        sy_pt first = {0, 0}, last = {0, 0};
        for (int i = 0; st == GT_OK && i <= RING_STEPS; i++) {
            double radius =
                1000.0 * r->rings_m[k] *
                (1 + 0.06 * sy_noise(sy_hash(s->seed, 70, k), 3.0 * cs[2 * (i % RING_STEPS)],
                                     3.0 * cs[2 * (i % RING_STEPS) + 1]));
            sy_pt p = {(int32_t)(r->centre.x + radius * cs[2 * (i % RING_STEPS)]),
                       (int32_t)(r->centre.y + radius * cs[2 * (i % RING_STEPS) + 1])};
            if (i > 0) {
                st = wander(ctx, &s->fields.roads, last, p, 0.1e6, sy_hash(s->seed, 71, k));
            } else {
                first = p;
            }
            last = p;
        }
        if (st == GT_OK) {
            st = sy_lines_pt(ctx, &s->fields.roads, first);
        }
        if (st == GT_OK) {
            st = sy_lines_end(ctx, &s->fields.roads);
        }
        if (st != GT_OK) {
            return st;
        }
    }
    return GT_OK;
}

static gt_status road(gt_ctx *ctx, sy_scene *s, sy_pt a, sy_pt b, uint64_t salt)
{
    gt_status st = wander(ctx, &s->fields.roads, a, b, 1.5e6, sy_hash(s->seed, 72, salt));
    if (st == GT_OK) {
        st = sy_lines_pt(ctx, &s->fields.roads, b);
    }
    return st == GT_OK ? sy_lines_end(ctx, &s->fields.roads) : st;
}

/* From the centre to every place with a pull, and from each of these to its two nearest fellows. */
static gt_status radial_roads(gt_ctx *ctx, sy_scene *s)
{
    const sy_recipe *r = s->recipe;
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < r->n_pulls; i++) {
        sy_pt p = r->pulls[i].at;
        st = road(ctx, s, r->centre, p, i);
        size_t near[2] = {SIZE_MAX, SIZE_MAX};
        for (size_t j = 0; j < r->n_pulls; j++) {
            double d = distance(p, r->pulls[j].at);
            if (j == i || d > 60e6) {
                continue;
            }
            if (near[0] == SIZE_MAX || d < distance(p, r->pulls[near[0]].at)) {
                near[1] = near[0], near[0] = j;
            } else if (near[1] == SIZE_MAX || d < distance(p, r->pulls[near[1]].at)) {
                near[1] = j;
            }
        }
        for (int k = 0; st == GT_OK && k < 2; k++) {
            if (near[k] != SIZE_MAX && near[k] > i) {
                st = road(ctx, s, p, r->pulls[near[k]].at, 1000 + 100 * i + near[k]);
            }
        }
    }
    return st;
}

static void pull_fields(sy_scene *s)
{
    sy_fields *f = &s->fields;
    const sy_recipe *r = s->recipe;
    for (size_t k = 0, n = (size_t)f->n * (size_t)f->n; k < n; k++) {
        sy_pt p = sy_cell_centre(f, k);
        double pull = 0, site = 1e6;
        for (size_t i = 0; i < r->n_pulls; i++) {
            double d = distance(p, r->pulls[i].at) / 1000.0 / r->pulls[i].radius;
            pull += r->pulls[i].weight / (1.0 + d * d);
        }
        for (size_t i = 0; i < r->n_sites; i++) {
            double d = distance(p, r->sites[i].at) / 1000.0 - r->sites[i].radius;
            site = fmin(site, d);
        }
        f->of[SY_F_CENTRE][k] = (float)(distance(p, r->centre) / 1000.0);
        f->of[SY_F_EAST][k] = (float)((p.x - r->centre.x) / 1000.0);
        f->of[SY_F_NORTH][k] = (float)((p.y - r->centre.y) / 1000.0);
        f->of[SY_F_SEAT][k] = (float)(pull / (1.0 + pull));
        f->of[SY_F_SITE][k] = (float)fmax(site, 0);
    }
}

static gt_status road_distances(gt_ctx *ctx, sy_scene *s)
{
    sy_fields *f = &s->fields;
    bool *mark = gt_zalloc(ctx, (size_t)f->n * (size_t)f->n, sizeof *mark);
    if (mark == NULL) {
        return GT_E_MEMORY;
    }
    mark_lines(f, &f->roads, mark);
    gt_status st = sy_distance(ctx, f, mark, f->of[SY_F_ROAD]);
    gt_free(ctx, mark);
    return st;
}

static gt_status lakes(gt_ctx *ctx, sy_scene *s)
{
    size_t n = s->recipe->n_lakes;
    sy_lake *list = gt_alloc(ctx, n, sizeof *list);
    s->lake_km2 = gt_zalloc(ctx, n, sizeof *s->lake_km2);
    gt_status st = list == NULL || s->lake_km2 == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        list[i] = (sy_lake){s->recipe->lakes[i].at, s->recipe->lakes[i].km2};
    }
    if (st == GT_OK) {
        st = sy_terrain_lakes(ctx, &s->fields, list, n, s->lake_km2);
    }
    gt_free(ctx, list);
    return st;
}

gt_status sy_scene_fields(gt_ctx *ctx, sy_scene *s, const sy_relief *relief)
{
    sy_fields *f = &s->fields;
    gt_status st = sy_terrain_fill(ctx, relief, sy_hash(s->seed, 1, 1), f);
    if (st == GT_OK) {
        st = recipe_rivers(ctx, s);
    }
    if (st == GT_OK) {
        st = sy_lines_index(ctx, &s->world, &f->rivers); /* needed to tell big streams apart */
    }
    if (st == GT_OK) {
        st = sy_terrain_carve(ctx, f);
    }
    if (st == GT_OK) {
        st = sy_terrain_drain(ctx, f);
    }
    if (st == GT_OK) {
        st = big_streams(ctx, s);
    }
    if (st == GT_OK) {
        gt_free(ctx, f->rivers.start);
        gt_free(ctx, f->rivers.items);
        f->rivers.start = f->rivers.items = NULL;
        st = sy_lines_index(ctx, &s->world, &f->rivers);
    }
    if (st == GT_OK) {
        st = water_distances(ctx, s);
    }
    if (st == GT_OK) {
        st = lakes(ctx, s);
    }
    if (st == GT_OK) {
        st = ring_roads(ctx, s);
    }
    if (st == GT_OK) {
        st = radial_roads(ctx, s);
    }
    if (st == GT_OK) {
        st = sy_lines_index(ctx, &s->world, &f->roads);
    }
    if (st == GT_OK) {
        st = road_distances(ctx, s);
    }
    if (st == GT_OK) {
        pull_fields(s);
    }
    return st;
}
