/* Rasters for models: the relief and what else the recipe lists, over the package's extent, as
 * files of the workspace. Real files are left alone. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guotu/crs.h"
#include "guotu/grid.h"
#include "guotu/model.h"
#include "synth/messages.h"
#include "synth/synth.h"

enum { PATH = 4096 };

typedef struct filling {
    const gt_synth *s;
    const sy_grid *grid;
    double x_west, y_north, cell;
    bool fine; /* the relief itself, not the fields made of it */
} filling;

static double clamp(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

/* Bilinear; beyond its outermost cells the relief goes on level. *measured: did the file have
 * anything there? */
static double relief_at(const gt_synth *s, double x, double y, bool *measured)
{
    const gt_synth_relief *r = &s->relief;
    if (r->degrees) {
        gt_plane_inverse(s->plane, x, y, &x, &y);
    }
    double gx = (x - r->x0) / r->dx, gy = (y - r->y0) / r->dy; /* of centres */
    bool inside = gx >= -0.5 && gy >= -0.5 && gx <= r->n_cols - 0.5 && gy <= r->n_rows - 0.5;
    gx = clamp(gx, 0, r->n_cols - 1);
    gy = clamp(gy, 0, r->n_rows - 1);
    size_t near = (size_t)llround(gy) * (size_t)r->n_cols + (size_t)llround(gx);
    *measured = inside && (r->known == NULL || r->known[near]);
    int col = (int)fmin(floor(gx), r->n_cols - 2), row = (int)fmin(floor(gy), r->n_rows - 2);
    const float *z = r->z + (size_t)row * (size_t)r->n_cols + (size_t)col;
    double u = gx - col, v = gy - row;
    double above = (1 - u) * (double)z[0] + u * (double)z[1];
    double below = (1 - u) * (double)z[r->n_cols] + u * (double)z[r->n_cols + 1];
    return (1 - v) * above + v * below;
}

/* Is the territory within a field cell of p? Its border runs through cells. */
static bool by_territory(const sy_fields *f, sy_pt p, double side)
{
    bool ours = false;
    for (int d = 0; d < 9; d++) {
        int east = d % 3 - 1, north = d / 3 - 1;
        const sy_pt q = {(int32_t)clamp((double)p.x + east * (double)f->cell, 0, side),
                         (int32_t)clamp((double)p.y + north * (double)f->cell, 0, side)};
        ours = ours || f->unit[sy_cell_at(f, q)] >= 0;
    }
    return ours;
}

/* Heights drawn out over a margin are stripes across its edge, down which water runs side by side
 * (seen in slope length factors): outside the territory they are left away. */
static double value_at(const filling *f, double x, double y)
{
    const sy_scene *sc = &f->s->scene;
    double side = sc->world.side - 1;
    const sy_pt p = {(int32_t)clamp(x * 1000 - (double)sc->world.ox, 0, side),
                     (int32_t)clamp(y * 1000 - (double)sc->world.oy, 0, side)};
    if (f->grid->relief) {
        bool measured;
        double fine = relief_at(f->s, x, y, &measured);
        if (!measured && !by_territory(&sc->fields, p, side)) {
            return (double)NAN;
        }
        return f->fine ? fine : sy_sample(&sc->fields, SY_F_HEIGHT, p);
    }
    return clamp(sy_score(sc, &f->grid->value, p, UINT32_MAX, 0), f->grid->least, f->grid->most);
}

static gt_status fill_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const filling *f = user;
    for (int r = 0; r < b->n_rows; r++) {
        double *out = (double *)b->out[0].cells + (size_t)r * b->out[0].stride;
        double y = f->y_north - ((double)(b->row + r) + 0.5) * f->cell;
        for (int c = 0; c < b->n_cols; c++) {
            double v = value_at(f, f->x_west + ((double)(b->col + c) + 0.5) * f->cell, y);
            out[c] = f->grid->whole ? floor(v + 0.5) : v;
        }
    }
    return gt_check_cancel(ctx);
}

/* Does real data stand there? A file that cannot be read as a grid of ours is somebody's, too. */
static bool is_real(gt_ctx *ctx, const char *path)
{
    gt_grid *old = NULL;
    if (access(path, F_OK) != 0) {
        return false;
    }
    bool ours =
        gt_grid_open(ctx, path, &old) == GT_OK && gt_grid_item_value(old, GT_SYNTH_ITEM) != NULL;
    gt_error_clear(ctx);
    gt_grid_close(ctx, old);
    return !ours;
}

static gt_status write_grid(gt_ctx *ctx, filling *f, const char *crs, const gt_box *box,
                            const char *path)
{
    char seed[32];
    gt_grid *out = NULL;
    gt_grid_spec spec;
    gt_walk walk;
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)f->s->seed);
    const gt_grid_item items[] = {{GT_SYNTH_ITEM, seed},
                                  {GT_ORIGIN_ITEM, f->fine ? "open" : GT_ORIGIN_GENERATED_TEXT},
                                  {"unit", f->grid->unit}};
    gt_grid_spec_init(&spec);
    spec.n_cols = (int64_t)ceil((box->xmax - box->xmin) / f->cell);
    spec.n_rows = (int64_t)ceil((box->ymax - box->ymin) / f->cell);
    spec.x_west = f->x_west;
    spec.y_north = f->y_north;
    spec.cell_x = spec.cell_y = f->cell;
    spec.crs = crs;
    spec.type = f->grid->whole ? GT_CELL_U8 : GT_CELL_F32;
    spec.items = items;
    spec.n_items = f->grid->unit != NULL ? 3 : 2;
    gt_status st = gt_grid_create(ctx, path, &spec, &out);
    if (st == GT_OK) {
        const gt_walk_output to = {out, GT_CELL_F64};
        gt_walk_init(&walk);
        walk.out = &to;
        walk.n_out = 1;
        st = gt_grid_walk(ctx, &walk, fill_block, f);
    }
    st = st == GT_OK ? gt_grid_finish(ctx, out) : st;
    gt_grid_close(ctx, out);
    return st;
}

gt_status gt_synth_grids(gt_ctx *ctx, gt_synth *s, const char *dir, size_t *made, size_t *left)
{
    const sy_recipe *recipe = s->scene.recipe;
    const char *crs = gt_package_crs(s->package);
    gt_status st = GT_OK;
    gt_box box;
    size_t n_made = 0, n_left = 0;
    if (!gt_package_extent(s->package, &box)) {
        const sy_world *w = &s->scene.world;
        box = (gt_box){sy_metres(w->ox, 0), sy_metres(w->oy, 0), sy_metres(w->ox, w->side),
                       sy_metres(w->oy, w->side)};
    }
    double step = s->relief.degrees ? 111000 * fabs(s->relief.dy) : fabs(s->relief.dy);
    for (size_t i = 0; st == GT_OK && i < recipe->n_grids; i++) {
        const sy_grid *g = &recipe->grids[i];
        char path[PATH];
        filling f = {s, g, box.xmin, box.ymax, recipe->grid_cell, false};
        f.fine = g->relief && step < 3 * f.cell;
        int n = snprintf(path, sizeof path, "%s/%s.tif", dir, g->id);
        if (n < 0 || n >= PATH) {
            return gt_fail_errno(ctx, ENAMETOOLONG, "open", dir);
        }
        if (is_real(ctx, path)) {
            n_left++;
            continue;
        }
        st = write_grid(ctx, &f, crs, &box, path);
        n_made += st == GT_OK ? 1 : 0;
    }
    if (made != NULL) {
        *made = n_made;
    }
    if (left != NULL) {
        *left = n_left;
    }
    return st;
}
