/* Shade from three lights (Mark 1992, "Multidirectional, oblique-weighted, shaded-relief image of
 * the Island of Hawaii", USGS OFR 92-422, here with three azimuths and fixed weights): slopes that
 * turn their back on the north-west light keep their form, unlike with one lamp. Gradient: Horn
 * 1981. */
#include "report/relief.h"

#include <math.h>

#include "report/canvas.h"
#include "report/messages.h"

static const double PI = 3.14159265358979323846;

gt_status gt_relief_check(gt_ctx *ctx, const gt_map_relief *r)
{
    const int most = 30000; /* a side: cells are counted in an int */
    bool good = r->heights != NULL && r->rows >= 2 && r->cols >= 2 && r->rows <= most &&
                r->cols <= most && r->box.xmax > r->box.xmin && r->box.ymax > r->box.ymin &&
                isfinite(r->box.xmin) && isfinite(r->box.xmax) && isfinite(r->box.ymin) &&
                isfinite(r->box.ymax);
    if (good) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MAP_BAD_RELIEF, GT_NOWHERE,
                   GT_ARGS(GT_INT("rows", r->rows), GT_INT("cols", r->cols)));
}

/* Height at fractional cell (row, col) by bilinear interpolation; NaN beyond the grid. */
static double height(const gt_map_relief *r, double row, double col)
{
    if (!(row >= 0 && col >= 0 && row <= r->rows - 1 && col <= r->cols - 1)) {
        return NAN;
    }
    int i = (int)row < r->rows - 1 ? (int)row : r->rows - 2;
    int j = (int)col < r->cols - 1 ? (int)col : r->cols - 2;
    double u = row - i;
    double v = col - j;
    const float *z = r->heights + (size_t)i * (size_t)r->cols + (size_t)j;
    double top = (double)z[0] * (1 - v) + (double)z[1] * v;
    double low = (double)z[r->cols] * (1 - v) + (double)z[r->cols + 1] * v;
    return top * (1 - u) + low * u;
}

typedef struct light {
    double x, y, z, weight;
} light;

/* Share of full light on a slope (dz/dx, dz/dy; y to the north). Level ground gives 1 exactly. */
static double lit(const light lights[3], double gx, double gy)
{
    double norm = 1 / sqrt(gx * gx + gy * gy + 1);
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double cosine = (-gx * lights[i].x - gy * lights[i].y + lights[i].z) * norm;
        sum += lights[i].weight * fmax(cosine, 0) / lights[i].z;
    }
    return sum;
}

static void make_lights(light lights[3])
{
    static const double azimuth[3] = {315, 270, 0};
    static const double weight[3] = {0.6, 0.2, 0.2};
    const double up = 45 * PI / 180;
    for (int i = 0; i < 3; i++) {
        double a = azimuth[i] * PI / 180;
        lights[i] = (light){sin(a) * cos(up), cos(a) * cos(up), sin(up), weight[i]};
    }
}

typedef struct shade {
    const gt_map_relief *relief;
    const uint8_t *inward; /* cells to the nearest one without a height, or to the edge */
    int fade;              /* cells over which the shade comes in from there */
    const gt_window *view;
    light lights[3];
    double px, step;         /* pixels a point; distance of gradient samples, map units */
    double per_row, per_col; /* cells per map unit */
    double lift, strength;   /* exaggeration and metres per map unit in one */
} shade;

static uint32_t grey_at(const shade *s, double x, double y)
{
    const gt_map_relief *r = s->relief;
    double row = (r->box.ymax - y) * s->per_row - 0.5;
    double col = (x - r->box.xmin) * s->per_col - 0.5;
    double dr = s->step * s->per_row;
    double dc = s->step * s->per_col;
    double gx = height(r, row, col + dc) - height(r, row, col - dc);
    double gy = height(r, row - dr, col) - height(r, row + dr, col);
    double k = s->lift / (2 * s->step);
    if (!isfinite(gx) || !isfinite(gy)) {
        return 0xFFFFFFU;
    }
    double l = lit(s->lights, gx * k * s->view->ky / s->view->kx, gy * k);
    /* sunny slopes stay white: multiplication can only darken */
    double in = s->inward[(size_t)row * (size_t)r->cols + (size_t)col];
    double v = 1 - s->strength * fmin(fmax(1 - l, 0), 1) * fmin(in / s->fade, 1);
    /* shade is a little blue, as shadows outdoors are */
    uint32_t dark = (uint32_t)(255 * v + 0.5);
    uint32_t blue = (uint32_t)(255 * (1 - 0.82 * (1 - v)) + 0.5);
    return dark << 16 | dark << 8 | blue;
}

static void plan(shade *s, const gt_map_relief *relief, const gt_window *view, double px)
{
    double cell_x = (relief->box.xmax - relief->box.xmin) / relief->cols;
    double cell_y = (relief->box.ymax - relief->box.ymin) / relief->rows;
    double metres = view->ky / view->per_metre; /* metres per map unit, northwards */
    double pixel = 1 / (view->ky * px);
    *s = (shade){.relief = relief,
                 .view = view,
                 .px = px,
                 .step = fmax(fmax(cell_x, cell_y), pixel),
                 .per_row = 1 / cell_y,
                 .per_col = 1 / cell_x,
                 .strength = relief->strength > 0 ? fmin(relief->strength, 1) : 0.42};
    /* coarse grids flatten slopes; more lift brings the forms back (exponent by eye) */
    double lift = relief->exaggeration > 0 ? relief->exaggeration
                                           : fmin(6, fmax(1, pow(s->step * metres / 30, 0.4)));
    s->lift = lift / metres;
    make_lights(s->lights);
}

/* Chessboard distance to the end of the data, up to 255: a hard edge of the shade would look like a
 * feature of the land. */
static void measure_inward(const gt_map_relief *r, uint8_t *to)
{
    for (int pass = 0; pass < 2; pass++) {
        int way = pass == 0 ? 1 : -1;
        for (int k = 0; k < r->rows * r->cols; k++) {
            int at = pass == 0 ? k : r->rows * r->cols - 1 - k;
            int i = at / r->cols;
            int j = at % r->cols;
            bool border = i == 0 || j == 0 || i == r->rows - 1 || j == r->cols - 1;
            if (border || isnan(r->heights[at])) {
                to[at] = 0;
                continue;
            }
            const int around[4] = {at - way, at - way * r->cols, at - way * (r->cols + 1),
                                   at - way * (r->cols - 1)};
            int least = pass == 0 ? UINT8_MAX : to[at];
            for (int n = 0; n < 4; n++) {
                least = to[around[n]] + 1 < least ? to[around[n]] + 1 : least;
            }
            to[at] = (uint8_t)least;
        }
    }
}

gt_status gt_relief_draw(gt_ctx *ctx, const gt_map_relief *relief, const gt_window *view,
                         const gt_pen *pen)
{
    double px = pen->px;
    int w = (int)lrint(view->frame.w * px);
    int h = (int)lrint(view->frame.h * px);
    uint32_t *grey = gt_alloc(ctx, (size_t)w * (size_t)h, sizeof *grey);
    if (grey == NULL) {
        return GT_E_MEMORY;
    }
    uint8_t *inward = gt_alloc(ctx, (size_t)relief->rows, (size_t)relief->cols);
    if (inward == NULL) {
        gt_free(ctx, grey);
        return GT_E_MEMORY;
    }
    measure_inward(relief, inward);
    gt_status st = GT_OK;
    shade s;
    plan(&s, relief, view, px);
    s.inward = inward;
    s.fade = (relief->rows < relief->cols ? relief->rows : relief->cols) / 25;
    s.fade = s.fade < 2 ? 2 : s.fade > 200 ? 200 : s.fade;
    for (int j = 0; st == GT_OK && j < h; j++) {
        double y = view->box.ymax - (j + 0.5) / px / view->ky;
        for (int i = 0; i < w; i++) {
            double x = view->box.xmin + (i + 0.5) / px / view->kx;
            grey[(size_t)j * (size_t)w + (size_t)i] = grey_at(&s, x, y);
        }
        st = gt_check_cancel(ctx);
    }
    if (st == GT_OK) {
        cairo_surface_t *image = cairo_image_surface_create_for_data(
            (unsigned char *)grey, CAIRO_FORMAT_RGB24, w, h, w * 4);
        st = gt_cairo_check(ctx, cairo_surface_status(image));
        gt_pen_place(pen, image, NULL, CAIRO_OPERATOR_MULTIPLY);
        cairo_surface_finish(image);
        cairo_surface_destroy(image);
    }
    gt_free(ctx, inward);
    gt_free(ctx, grey);
    return st;
}
