#include "report/ink.h"

#include <math.h>
#include <string.h>

#include "report/canvas.h"

enum { STEP = 5, DIAGONAL = 7, FAR = 255 }; /* chamfer distances; see ink.h */

struct gt_ink {
    int w, h, side;
    size_t stride; /* of cells and dist */
    uint8_t *cells, *dist;
    uint32_t *argb; /* made by the first resolve */
    cairo_surface_t *surface, *image;
    cairo_t *cr;
    int32_t top, bottom; /* rows of sub-pixels touched: top <= y < bottom */
};

size_t gt_ink_bytes(int w, int h, bool outline, int side)
{
    size_t cells = (size_t)w * (size_t)h * (size_t)side * (size_t)side;
    return cells * (outline ? 2 : 1) + (size_t)w * (size_t)h * 4;
}

int gt_ink_side(int w, int h, bool outline, double reach, size_t budget)
{
    int side = 4;
    while (side > 1 &&
           (gt_ink_bytes(w, h, outline, side) > budget || reach * side * STEP > FAR - STEP)) {
        side--;
    }
    return gt_ink_bytes(w, h, outline, side) > budget ? 0 : side;
}

gt_status gt_ink_new(gt_ctx *ctx, int w, int h, bool outline, int side, gt_ink **out)
{
    gt_ink *ink = gt_zalloc(ctx, 1, sizeof *ink);
    if (ink == NULL) {
        return GT_E_MEMORY;
    }
    ink->w = w;
    ink->h = h;
    ink->side = side;
    ink->top = INT32_MAX;
    ink->stride = (size_t)cairo_format_stride_for_width(CAIRO_FORMAT_A8, w * side);
    size_t rows = (size_t)h * (size_t)side;
    ink->cells = gt_zalloc(ctx, rows, ink->stride);
    ink->dist = outline && ink->cells != NULL ? gt_alloc(ctx, rows, ink->stride) : NULL;
    if (ink->cells == NULL || (outline && ink->dist == NULL)) {
        gt_ink_free(ctx, ink);
        return GT_E_MEMORY;
    }
    ink->surface = cairo_image_surface_create_for_data(ink->cells, CAIRO_FORMAT_A8, w * side,
                                                       h * side, (int)ink->stride);
    ink->cr = cairo_create(ink->surface);
    cairo_set_antialias(ink->cr, CAIRO_ANTIALIAS_NONE);
    cairo_set_operator(ink->cr, CAIRO_OPERATOR_SOURCE);
    gt_status st = gt_cairo_check(ctx, cairo_status(ink->cr));
    if (st != GT_OK) {
        gt_ink_free(ctx, ink);
        return st;
    }
    *out = ink;
    return GT_OK;
}

void gt_ink_free(gt_ctx *ctx, gt_ink *ink)
{
    if (ink == NULL) {
        return;
    }
    if (ink->cr != NULL) {
        cairo_destroy(ink->cr);
        cairo_surface_destroy(ink->surface);
    }
    if (ink->image != NULL) {
        cairo_surface_destroy(ink->image);
    }
    gt_free(ctx, ink->argb);
    gt_free(ctx, ink->dist);
    gt_free(ctx, ink->cells);
    gt_free(ctx, ink);
}

int gt_ink_sub(const gt_ink *ink)
{
    return ink->side;
}

static void touch(gt_ink *ink, int32_t y)
{
    int32_t rows = ink->h * ink->side;
    int32_t above = y < 1 ? 0 : y - 1;
    int32_t below = y >= rows - 1 ? rows : y + 1;
    ink->top = above < ink->top ? above : ink->top;
    ink->bottom = below > ink->bottom ? below : ink->bottom;
}

void gt_ink_fill(gt_ink *ink, int value, const int32_t *xy, size_t n)
{
    cairo_t *cr = ink->cr;
    cairo_new_path(cr);
    bool open = false;
    for (size_t i = 0; i < n; i++) {
        int32_t x = xy[2 * i];
        int32_t y = xy[2 * i + 1];
        if (x == GT_RING_END) {
            cairo_close_path(cr);
            open = false;
            continue;
        }
        touch(ink, y);
        if (open) {
            cairo_line_to(cr, x, y);
        } else {
            cairo_move_to(cr, x, y);
            open = true;
        }
    }
    cairo_set_source_rgba(cr, 0, 0, 0, value / 255.0);
    cairo_fill(cr);
}

void gt_ink_dot(gt_ink *ink, int value, int32_t x, int32_t y)
{
    if (x < 0 || y < 0 || x >= ink->w * ink->side || y >= ink->h * ink->side) {
        return;
    }
    cairo_surface_flush(ink->surface);
    ink->cells[(size_t)y * ink->stride + (size_t)x] = (uint8_t)value;
    cairo_surface_mark_dirty_rectangle(ink->surface, x, y, 1, 1);
    touch(ink, y);
}

double gt_ink_share(const gt_ink *ink, int value)
{
    cairo_surface_flush(ink->surface);
    size_t hits = 0;
    for (int y = 0; y < ink->h * ink->side; y++) {
        for (int x = 0; x < ink->w * ink->side; x++) {
            hits += ink->cells[(size_t)y * ink->stride + (size_t)x] == value ? 1U : 0U;
        }
    }
    return (double)hits / ((double)ink->w * ink->h * ink->side * ink->side);
}

/* ---- distances ---- */

static uint8_t nearer(uint8_t now, int way)
{
    return way < now ? (uint8_t)way : now;
}

/* Cells next to another value start at half a step; two sweeps carry the distance on. */
static void measure(gt_ink *ink, int32_t y0, int32_t y1)
{
    const ptrdiff_t stride = (ptrdiff_t)ink->stride;
    const int32_t n = ink->w * ink->side;
    for (int32_t y = y0; y < y1; y++) {
        const uint8_t *c = ink->cells + y * stride;
        uint8_t *d = ink->dist + y * stride;
        for (int32_t x = 0; x < n; x++) {
            bool border = (x > 0 && c[x - 1] != c[x]) || (x + 1 < n && c[x + 1] != c[x]) ||
                          (y > y0 && c[x - stride] != c[x]) ||
                          (y + 1 < y1 && c[x + stride] != c[x]);
            uint8_t here = border ? STEP / 2 : FAR;
            if (x > 0) {
                here = nearer(here, d[x - 1] + STEP);
            }
            if (y > y0) {
                here = nearer(here, d[x - stride] + STEP);
                here = x > 0 ? nearer(here, d[x - stride - 1] + DIAGONAL) : here;
                here = x + 1 < n ? nearer(here, d[x - stride + 1] + DIAGONAL) : here;
            }
            d[x] = here;
        }
    }
    for (int32_t y = y1 - 1; y >= y0; y--) {
        uint8_t *d = ink->dist + y * stride;
        for (int32_t x = n - 1; x >= 0; x--) {
            uint8_t here = d[x];
            if (x + 1 < n) {
                here = nearer(here, d[x + 1] + STEP);
            }
            if (y + 1 < y1) {
                here = nearer(here, d[x + stride] + STEP);
                here = x > 0 ? nearer(here, d[x + stride - 1] + DIAGONAL) : here;
                here = x + 1 < n ? nearer(here, d[x + stride + 1] + DIAGONAL) : here;
            }
            d[x] = here;
        }
    }
}

/* ---- colouring ---- */

typedef struct brush { /* a paint made ready for one ink */
    const gt_ink_paint *paint;
    double stroke_reach, band_reach; /* in units of dist; 0: none */
    double ramp;                     /* units of dist in a pixel: the width of a soft edge */
} brush;

typedef struct pixel { /* premultiplied, 0..1 */
    double r, g, b, a;
} pixel;

static void over(pixel *below, gt_rgb color, double alpha)
{
    double rest = 1 - alpha;
    below->r = color.r * alpha + below->r * rest;
    below->g = color.g * alpha + below->g * rest;
    below->b = color.b * alpha + below->b * rest;
    below->a = alpha + below->a * rest;
}

static double clamp01(double v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* How much of a line at every `gap` along t is in a pixel whose middle is at t. */
static double stripe(double t, double gap, double width)
{
    double off = fabs(t - gap * (floor(t / gap) + 0.5));
    return clamp01(0.5 * width - off + 0.5) * fmin(width, 1);
}

static double hatch_alpha(const gt_ink_paint *p, double x, double y)
{
    const double diagonal = 0.70710678118654752440;
    double gap = p->hatch_gap;
    double width = p->hatch_width;
    switch (p->hatch) {
    case GT_HATCH_NONE:
        return 0;
    case GT_HATCH_UP:
        return stripe((x + y) * diagonal, gap, width);
    case GT_HATCH_DOWN:
        return stripe((x - y) * diagonal, gap, width);
    case GT_HATCH_CROSS:
        return fmax(stripe((x + y) * diagonal, gap, width), stripe((x - y) * diagonal, gap, width));
    case GT_HATCH_LEVEL:
        return stripe(y, gap, width);
    case GT_HATCH_DOTS: {
        double row = floor(y / gap);
        double shift = fmod(fabs(row), 2) * 0.5 * gap; /* every other row half a gap aside */
        double dx = x + shift - gap * (floor((x + shift) / gap) + 0.5);
        double dy = y - gap * (row + 0.5);
        return clamp01(width - sqrt(dx * dx + dy * dy) + 0.5);
    }
    }
    return 0;
}

/* Mean colour of the fill of the sub-pixels of one pixel; *cover = share that carries any class. */
static pixel fill_of(const gt_ink *ink, const brush *b, const uint8_t *cells, double *cover)
{
    int side = ink->side;
    unsigned hits = 0;
    pixel sum = {0};
    for (int j = 0; j < side; j++) {
        const uint8_t *row = cells + (size_t)j * ink->stride;
        for (int i = 0; i < side; i++) {
            if (row[i] != 0) {
                const gt_rgb *c = &b->paint->color[row[i]];
                sum.r += c->r;
                sum.g += c->g;
                sum.b += c->b;
                hits++;
            }
        }
    }
    double all = (double)side * side;
    double share = b->paint->opacity / all;
    *cover = hits / all;
    return (pixel){sum.r * share, sum.g * share, sum.b * share, hits * share};
}

/* Ribbon and outline of one pixel, laid over `to`. */
static void edge_of(const gt_ink *ink, const brush *b, size_t at, pixel *to)
{
    int side = ink->side;
    double stroke = 0;
    double band = 0;
    for (int j = 0; j < side; j++) {
        for (int i = 0; i < side; i++) {
            size_t k = at + (size_t)j * ink->stride + (size_t)i;
            double d = ink->dist[k];
            if (d < FAR) {
                stroke += clamp01((b->stroke_reach - d) / STEP + 0.5);
                band += ink->cells[k] != 0 ? clamp01((b->band_reach - d) / STEP + 0.5) : 0;
            }
        }
    }
    double all = (double)side * side;
    const gt_ink_paint *p = b->paint;
    if (b->band_reach > 0 && band > 0) {
        over(to, p->band, band / all * p->band_opacity);
    }
    if (b->stroke_reach > 0 && stroke > 0) {
        /* a line thinner than a pixel gets its share of it by lightness */
        over(to, p->stroke, stroke / all);
    }
}

static uint32_t pack(pixel p)
{
    uint32_t a = (uint32_t)(clamp01(p.a) * 255 + 0.5);
    uint32_t r = (uint32_t)(clamp01(p.r) * 255 + 0.5);
    uint32_t g = (uint32_t)(clamp01(p.g) * 255 + 0.5);
    uint32_t bl = (uint32_t)(clamp01(p.b) * 255 + 0.5);
    r = r > a ? a : r;
    g = g > a ? a : g;
    bl = bl > a ? a : bl;
    return a << 24 | r << 16 | g << 8 | bl;
}

static void color_row(gt_ink *ink, const brush *b, int y)
{
    uint32_t *to = ink->argb + (size_t)y * (size_t)ink->w;
    bool edges = ink->dist != NULL && (b->stroke_reach > 0 || b->band_reach > 0);
    bool hatched = b->paint->hatch != GT_HATCH_NONE;
    for (int x = 0; x < ink->w; x++) {
        size_t at = (size_t)y * (size_t)ink->side * ink->stride + (size_t)x * (size_t)ink->side;
        double cover = 0;
        pixel p = fill_of(ink, b, ink->cells + at, &cover);
        if (hatched && cover > 0) {
            over(&p, b->paint->hatch_color, cover * hatch_alpha(b->paint, x + 0.5, y + 0.5));
        }
        if (edges) {
            edge_of(ink, b, at, &p);
        }
        to[x] = p.a > 0 ? pack(p) : 0;
    }
}

gt_status gt_ink_resolve(gt_ctx *ctx, gt_ink *ink, const gt_ink_paint *paint, cairo_surface_t **out)
{
    *out = NULL;
    if (ink->bottom <= ink->top) {
        return GT_OK;
    }
    cairo_surface_flush(ink->surface);
    size_t pixels = (size_t)ink->w * (size_t)ink->h;
    if (ink->argb == NULL) {
        ink->argb = gt_alloc(ctx, pixels, sizeof *ink->argb);
        if (ink->argb == NULL) {
            return GT_E_MEMORY;
        }
        ink->image = cairo_image_surface_create_for_data(
            (unsigned char *)ink->argb, CAIRO_FORMAT_ARGB32, ink->w, ink->h, ink->w * 4);
    }
    cairo_surface_flush(ink->image);
    memset(ink->argb, 0, pixels * sizeof *ink->argb);
    brush b = {.paint = paint};
    double unit = (double)STEP * ink->side; /* of dist, in a pixel */
    double reach = 0;
    if (ink->dist != NULL) {
        b.stroke_reach = 0.5 * paint->stroke_width * unit;
        b.band_reach = paint->band_opacity > 0 ? paint->band_width * unit : 0;
        reach = fmax(0.5 * paint->stroke_width, paint->band_width) + 1;
    }
    int32_t rows = ink->h * ink->side;
    int32_t more = (int32_t)ceil(reach * ink->side);
    int32_t y0 = ink->top - more < 0 ? 0 : ink->top - more;
    int32_t y1 = ink->bottom + more > rows ? rows : ink->bottom + more;
    y0 -= y0 % ink->side; /* whole pixels */
    y1 += (ink->side - y1 % ink->side) % ink->side;
    if (ink->dist != NULL) {
        measure(ink, y0, y1);
    }
    gt_status st = GT_OK;
    for (int y = y0 / ink->side; st == GT_OK && y < y1 / ink->side; y++) {
        color_row(ink, &b, y);
        st = gt_check_cancel(ctx);
    }
    memset(ink->cells + (size_t)y0 * ink->stride, 0, (size_t)(y1 - y0) * ink->stride);
    cairo_surface_mark_dirty(ink->surface);
    cairo_surface_mark_dirty(ink->image);
    ink->top = INT32_MAX;
    ink->bottom = 0;
    *out = ink->image;
    return st;
}
