/* Slope, aspect and curvature over 3 x 3 windows. Letters as in Horn: a b c / d e f / g h i. Rows
 * are computed by loops without branches, which the compiler vectorises; a nodata cell is NaN and
 * spreads by itself. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "grid/messages.h"
#include "guotu/grid_ops.h"

#define DEGREES 57.29577951308232f

static const char *const NAMES[] = {"slope",     "slope-percent", "aspect",
                                    "curvature", "profile",       "plan"};

bool gt_terrain_parse(const char *name, gt_terrain *out)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strcmp(NAMES[i], name) == 0) {
            *out = (gt_terrain)i;
            return true;
        }
    }
    return false;
}

typedef struct rows {
    const float *up, *at, *down; /* the three rows of a window */
} rows;

typedef struct terrain {
    gt_terrain what;
    float dx, dy; /* cell size */
} terrain;

/* Arc tangent of x >= 0 in degrees; error below 3e-7 rad (polynomial of Cephes, Moshier 1989). The
 * library's atanf is exact to the last bit but is no loop for vectors. */
static inline float atan_degrees(float x)
{
    const float t8 = 0.4142135623730950f, t38 = 2.414213562373095f; /* tan of pi/8, 3 pi/8 */
    float big = -1.0f / x, mid = (x - 1.0f) / (x + 1.0f);
    float y = x > t38 ? 1.5707963267948966f : x > t8 ? 0.7853981633974483f : 0.0f;
    float v = x > t38 ? big : x > t8 ? mid : x;
    float z = v * v;
    float p = 8.05374449538e-2f * z - 1.38776856032e-1f;
    p = p * z + 1.99777106478e-1f;
    p = p * z - 3.33329491539e-1f;
    return (y + (p * z * v + v)) * DEGREES;
}

static void slope_row(const terrain *t, rows w, int n, bool percent, float *restrict out)
{
    const float *restrict u = w.up, *restrict m = w.at, *restrict d = w.down;
    const float kx = 1.0f / (8.0f * t->dx), ky = 1.0f / (8.0f * t->dy);
    for (int i = 0; i < n; i++) {
        /* differences of neighbours first: heights are large beside them */
        float p = (u[i + 1] - u[i - 1]) + 2.0f * (m[i + 1] - m[i - 1]) + (d[i + 1] - d[i - 1]);
        float q = (u[i - 1] - d[i - 1]) + 2.0f * (u[i] - d[i]) + (u[i + 1] - d[i + 1]);
        p *= kx;
        q *= ky;
        float tangent = sqrtf(p * p + q * q) + 0.0f * m[i];
        float hundred = tangent <= FLT_MAX / 100.0f ? 100.0f * tangent : (float)NAN;
        out[i] = percent ? hundred : atan_degrees(tangent);
    }
}

static void aspect_row(const terrain *t, rows w, int n, float *restrict out)
{
    const float *u = w.up, *m = w.at, *d = w.down;
    for (int i = 0; i < n; i++) {
        float p = (u[i + 1] - u[i - 1]) + 2.0f * (m[i + 1] - m[i - 1]) + (d[i + 1] - d[i - 1]);
        float q = (u[i - 1] - d[i - 1]) + 2.0f * (u[i] - d[i]) + (u[i + 1] - d[i + 1]);
        p = p / t->dx + 0.0f * m[i];
        q /= t->dy;
        float a = atan2f(-p, -q) * DEGREES;
        a = a < 0 ? a + 360.0f : a;
        out[i] = p == 0 && q == 0 ? -1.0f : a >= 360.0f ? 0.0f : a;
    }
}

static void curvature_row(const terrain *t, rows w, int n, float *restrict out)
{
    const float *u = w.up, *m = w.at, *d = w.down;
    const double dx = (double)t->dx, dy = (double)t->dy;
    for (int i = 0; i < n; i++) {
        double e = (double)m[i];
        double D = (((double)m[i - 1] - e) + ((double)m[i + 1] - e)) / (2 * dx * dx);
        double E = (((double)u[i] - e) + ((double)d[i] - e)) / (2 * dy * dy);
        double F = (((double)u[i + 1] - (double)u[i - 1]) + ((double)d[i - 1] - (double)d[i + 1])) /
                   (4 * dx * dy);
        double G = ((double)m[i + 1] - (double)m[i - 1]) / (2 * dx);
        double H = ((double)u[i] - (double)d[i]) / (2 * dy);
        double g2 = G * G + H * H, along = D * G * G + E * H * H + F * G * H;
        double across = D * H * H + E * G * G - F * G * H;
        double v = t->what == GT_TERRAIN_CURVATURE ? -2 * (D + E)
                   : g2 == 0                       ? 0
                   : t->what == GT_TERRAIN_PROFILE ? -2 * along / g2
                                                   : 2 * across / g2;
        out[i] = (float)(v + 0 * (D + E + F)); /* nodata in the window, also where it is flat */
    }
}

static gt_status block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const terrain *t = user;
    ptrdiff_t s = (ptrdiff_t)b->in[0].stride;
    for (int r = 0; r < b->n_rows; r++) {
        const float *at = (const float *)b->in[0].cells + r * s;
        float *out = (float *)b->out[0].cells + (size_t)r * b->out[0].stride;
        const rows w = {at - s, at, at + s};
        switch (t->what) {
        case GT_TERRAIN_SLOPE:
            slope_row(t, w, b->n_cols, false, out);
            break;
        case GT_TERRAIN_SLOPE_PERCENT:
            slope_row(t, w, b->n_cols, true, out);
            break;
        case GT_TERRAIN_ASPECT:
            aspect_row(t, w, b->n_cols, out);
            break;
        case GT_TERRAIN_CURVATURE:
        case GT_TERRAIN_PROFILE:
        case GT_TERRAIN_PLAN:
            curvature_row(t, w, b->n_cols, out);
            break;
        }
    }
    return gt_check_cancel(ctx);
}

gt_status gt_grid_terrain(gt_ctx *ctx, gt_grid *dem, gt_terrain what, gt_grid *out)
{
    const gt_grid_spec *s = gt_grid_facts(dem);
    const gt_crs *crs = gt_grid_crs(dem);
    if (crs != NULL && gt_crs_is_geographic(crs)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_NOT_PROJECTED,
                       GT_PLACE(.file = gt_grid_path(dem)), GT_NO_ARGS);
    }
    terrain t = {what, (float)s->cell_x, (float)s->cell_y};
    const gt_walk_input in = {dem, GT_CELL_F32, 1};
    const gt_walk_output to = {out, GT_CELL_F32};
    gt_walk walk;
    gt_walk_init(&walk);
    walk.in = &in;
    walk.n_in = 1;
    walk.out = &to;
    walk.n_out = 1;
    walk.what = &GT_MSG_GRID_TERRAIN;
    return gt_grid_walk(ctx, &walk, block, &t);
}
