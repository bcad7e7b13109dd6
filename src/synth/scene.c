#include "synth/scene.h"

#include <math.h>
#include <string.h>

#include "synth/messages.h"
#include "synth/noise.h"

void sy_scene_free(gt_ctx *ctx, sy_scene *s)
{
    if (s->label != NULL) {
        for (size_t i = 0; i < s->recipe->n_zones; i++) {
            gt_free(ctx, s->label[i]);
        }
    }
    gt_free(ctx, s->label);
    gt_free(ctx, s->burnt);
    gt_free(ctx, s->cell_km2);
    gt_free(ctx, s->next_start);
    gt_free(ctx, s->next);
    gt_free(ctx, s->lake_km2);
    sy_faces_free(ctx, &s->cells);
    sy_density_free(ctx, &s->zone_density);
    sy_recipe_free(ctx, s->recipe);
    sy_fields_free(ctx, &s->fields);
    sy_border_free(ctx, &s->border);
    memset(s, 0, sizeof *s);
}

/* ---- density
 * ---------------------------------------------------------------------------------------- */

static bool in_territory(const void *user, double x, double y)
{
    const sy_fields *f = user;
    return f->unit[sy_cell_at(f, (sy_pt){(int32_t)x, (int32_t)y})] >= 0;
}

/* Relative density on the lattice grid; beyond the outline it fades, and is 0 from 6 km on. */
static gt_status weights(gt_ctx *ctx, const sy_scene *s, const sy_terms *terms, uint64_t seed,
                         double *weight)
{
    const sy_fields *f = &s->fields;
    size_t n = (size_t)f->n * (size_t)f->n;
    float *away = gt_alloc(ctx, n, sizeof *away);
    bool *mark = gt_alloc(ctx, n, sizeof *mark);
    gt_status st = away == NULL || mark == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t k = 0; st == GT_OK && k < n; k++) {
        mark[k] = f->unit[k] >= 0;
    }
    if (st == GT_OK) {
        st = sy_distance(ctx, f, mark, away);
    }
    sy_mesh warp = {.world = &s->world, .seed = seed};
    for (size_t k = 0; st == GT_OK && k < n; k++) {
        sy_pt u = sy_cell_centre(f, k);
        double x, y;
        sy_warp(&warp, u.x, u.y, &x, &y);
        sy_pt p = {(int32_t)x, (int32_t)y};
        double far = (double)away[sy_cell_at(f, p)] * 1000.0 / f->cell; /* in grid cells */
        double fade = far <= 1.5 ? 1 : far <= 4 ? 0.3 : far * f->cell <= 6e6 ? 0.05 : 0;
        weight[k] = fade > 0 ? fade * fmax(sy_score(s, terms, p, UINT32_MAX, sy_key(u)), 0.02) : 0;
    }
    gt_free(ctx, away);
    gt_free(ctx, mark);
    return st;
}

/* Leaves are fewer or more than expected cells by a factor that depends on the density's shape
 * alone: it is measured at a size that is quick to count. */
enum { COUNT_AT = 60000 };

gt_status sy_scene_density(gt_ctx *ctx, const sy_scene *s, const sy_terms *terms, double n,
                           uint64_t seed, sy_density *out)
{
    const sy_fields *f = &s->fields;
    size_t cells = (size_t)f->n * (size_t)f->n;
    double *weight = gt_alloc(ctx, cells, sizeof *weight);
    gt_status st = weight == NULL ? GT_E_MEMORY : weights(ctx, s, terms, seed, weight);
    double sum = 0, inner = 0;
    for (size_t k = 0; st == GT_OK && k < cells; k++) {
        sum += f->unit[k] >= 0 ? weight[k] : 0;
    }
    for (size_t i = 0; i < s->border.n_segs; i++) { /* length of borders between districts, km */
        const sy_seg *g = &s->border.segs[i];
        double dx = (double)g->b.x - g->a.x, dy = (double)g->b.y - g->a.y;
        inner += g->left >= 0 && g->right >= 0 ? sqrt(dx * dx + dy * dy) * 1e-6 : 0;
    }
    /* leaves + pieces cut off by inner borders = n; 0.7: the rest of the pieces are crumbs */
    double c = 0.7 * inner / sqrt(s->km2);
    double root = (-c + sqrt(c * c + 4 * n)) / 2;
    double leaves = root * root;
    double at = fmin(leaves, COUNT_AT), factor = 0.75;
    for (int round = 0; st == GT_OK && round < 3; round++) {
        double scale = factor * at / sum;
        for (size_t k = 0; k < cells; k++) {
            weight[k] *= scale;
        }
        sum *= scale;
        st = sy_density_build(ctx, &s->world, weight, f->n, out);
        if (st == GT_OK && round < 2) {
            sy_mesh mesh = {&s->world, &s->border, out, 1.0, seed};
            double got = (double)sy_mesh_count(&mesh, in_territory, f);
            factor *= got > 0 ? at / got : 2;
            sy_density_free(ctx, out);
        } else if (st == GT_OK && leaves > at) {
            sy_density_free(ctx, out);
            at = leaves;
            scale = factor * at / sum;
            for (size_t k = 0; k < cells; k++) {
                weight[k] *= scale;
            }
            st = sy_density_build(ctx, &s->world, weight, f->n, out);
        }
    }
    gt_free(ctx, weight);
    return st;
}

/* ---- building
 * --------------------------------------------------------------------------------------- */

static gt_status measure(gt_ctx *ctx, sy_scene *s)
{
    /* area of the outline on the ellipsoid: grid cells weigh the local factor */
    double in = 0, plain = 0;
    const sy_fields *f = &s->fields;
    for (size_t k = 0, n = (size_t)f->n * (size_t)f->n; k < n; k++) {
        if (f->unit[k] >= 0) {
            in += (double)f->factor[k];
            plain += 1;
        }
    }
    if (plain == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_NO_UNITS, GT_NOWHERE, GT_NO_ARGS);
    }
    for (size_t u = 0; u < s->n_units; u++) {
        s->km2 += 0.5e-12 * (double)s->border.area2[u] * in / plain;
    }
    return GT_OK;
}

static gt_status read_recipe(gt_ctx *ctx, const sy_scene_input *in, sy_scene *s)
{
    sy_territory t = {&s->world, in->plane, in->unit_codes, in->unit_names, s->n_units, s->km2};
    if (in->recipe_text != NULL) {
        return sy_recipe_parse(ctx, "recipe", in->recipe_text, strlen(in->recipe_text), &t,
                               &s->recipe);
    }
    return sy_recipe_read(ctx, in->recipe_path, &t, &s->recipe);
}

gt_status sy_scene_build(gt_ctx *ctx, const sy_scene_input *in, sy_scene *s)
{
    memset(s, 0, sizeof *s);
    s->seed = sy_mix(in->seed + UINT64_C(0x9e3779b97f4a7c15));
    s->plane = in->plane;
    s->n_units = in->n_units;
    s->unit_codes = in->unit_codes, s->unit_names = in->unit_names;
    s->towns = in->towns, s->town_codes = in->town_codes;
    /* 6 km around for the fading cells, and the reach of the warp */
    gt_status st = sy_world_fit(ctx, in->units, in->n_units, 10000000, &s->world);
    if (st == GT_OK) {
        st = sy_border_build(ctx, &s->world, in->units, in->n_units, &s->border);
    }
    if (st == GT_OK) {
        st = sy_fields_new(ctx, &s->world, &s->border, in->plane, in->grid, &s->fields);
    }
    if (st == GT_OK) {
        st = measure(ctx, s);
    }
    if (st == GT_OK) {
        st = read_recipe(ctx, in, s);
    }
    if (st == GT_OK) {
        st = sy_scene_fields(ctx, s, in->relief);
    }
    if (st == GT_OK) {
        st = sy_scene_zones(ctx, s, in->zone_cells);
    }
    if (st != GT_OK) {
        sy_scene_free(ctx, s);
    }
    return st;
}
