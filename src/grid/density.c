/* Kernel density. Points are sorted into bins of fixed size; blocks of cells take the bins they can
 * reach in the order of bins, so every cell adds its points in one order whatever the blocks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/messages.h"
#include "guotu/grid_points.h"
#include "guotu/pool.h"

enum { SIDE = 256, LEAST_BIN = 64, BINS_MOST = 1 << 20, CHUNK = 256 };
#define PI          3.14159265358979323846
#define CUT         4.0  /* bandwidths of a gaussian */
#define SIDES_MOST  1000 /* of a cell in a bandwidth */
#define PIECES_MOST 1e7

typedef struct density {
    const gt_density_points *points;
    const gt_density_options *o;
    const gt_grid_spec *spec;
    double reach, norm; /* norm: of the kernel, with `per` */
    int64_t reach_cols, reach_rows;
    double *weight;            /* by point, after the edge has been looked at */
    uint32_t *order, *first;   /* points by bin */
    int64_t bin, across, down; /* side in cells; bins, one ring of them beyond the grid */
} density;

bool gt_density_kernel_parse(const char *name, gt_density_kernel *out)
{
    bool quartic = strcmp(name, "quartic") == 0;
    *out = quartic ? GT_DENSITY_QUARTIC : GT_DENSITY_GAUSSIAN;
    return quartic || strcmp(name, "gaussian") == 0;
}

void gt_density_options_init(gt_density_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->per = 1;
}

/* ---- points -------------------------------------------------------------------------------------
 */

gt_status gt_density_add_point(gt_ctx *ctx, gt_density_points *p, double x, double y, double weight)
{
    if (!isfinite(x) || !isfinite(y) || !isfinite(weight) || weight < 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_POINT, GT_NOWHERE,
                       GT_ARGS(GT_REAL("x", x), GT_REAL("y", y), GT_REAL("weight", weight)));
    }
    gt_status st = GT_OK;
    if (2 * p->n + 2 > p->cap_xy) {
        st = gt_grow(ctx, (void **)&p->xy, &p->cap_xy, 2 * p->n + 2, sizeof *p->xy);
    }
    if (st == GT_OK && p->n + 1 > p->cap_weight) {
        st = gt_grow(ctx, (void **)&p->weight, &p->cap_weight, p->n + 1, sizeof *p->weight);
    }
    if (st == GT_OK) {
        p->xy[2 * p->n] = x;
        p->xy[2 * p->n + 1] = y;
        p->weight[p->n++] = weight;
    }
    return st;
}

gt_status gt_density_add_line(gt_ctx *ctx, gt_density_points *p, const double *xy, size_t n_points,
                              double weight, double step)
{
    gt_status st = GT_OK;
    double all = 0;
    for (size_t i = 0; st == GT_OK && i + 1 < n_points; i++) {
        const double *a = xy + 2 * i;
        double length = hypot(a[2] - a[0], a[3] - a[1]), n = ceil(length / step);
        all += n;
        if (!(all <= PIECES_MOST)) {
            return isfinite(length)
                       ? gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GRID_TOO_MANY, GT_NOWHERE,
                                 GT_ARGS(GT_REAL("cells", all), GT_REAL("max", PIECES_MOST)))
                       : gt_density_add_point(ctx, p, a[0], a[1], length);
        }
        for (size_t k = 0; st == GT_OK && k < (size_t)n; k++) {
            double t = ((double)k + 0.5) / n;
            st = gt_density_add_point(ctx, p, a[0] + t * (a[2] - a[0]), a[1] + t * (a[3] - a[1]),
                                      weight * length / n);
        }
    }
    return st;
}

void gt_density_free(gt_ctx *ctx, gt_density_points *p)
{
    gt_free(ctx, p->xy);
    gt_free(ctx, p->weight);
    memset(p, 0, sizeof *p);
}

/* ---- the kernel over cells ----------------------------------------------------------------------
 */

/* Cells a kernel can reach from a point, cut to a part of the grid. False when there is none. */
static bool reach_of(const density *d, const double *xy, const gt_window *part, gt_window *out)
{
    const gt_grid_spec *s = d->spec;
    double col = (xy[0] - s->x_west) / s->cell_x - 0.5,
           row = (s->y_north - xy[1]) / s->cell_y - 0.5;
    double dc = d->reach / s->cell_x, dr = d->reach / s->cell_y;
    double c0 = fmax(ceil(col - dc), (double)part->col),
           r0 = fmax(ceil(row - dr), (double)part->row);
    double c1 = fmin(floor(col + dc), (double)(part->col + part->n_cols - 1));
    double r1 = fmin(floor(row + dr), (double)(part->row + part->n_rows - 1));
    if (!(c0 <= c1) || !(r0 <= r1)) {
        return false;
    }
    *out = (gt_window){(int64_t)c0, (int64_t)r0, (int64_t)(c1 - c0) + 1, (int64_t)(r1 - r0) + 1};
    return true;
}

/* The kernel at a squared distance, as a share of its middle; 0 beyond its reach. */
static inline double kernel_at(const density *d, double d2, double per_h2)
{
    double u = d2 * per_h2;
    if (d->o->kernel == GT_DENSITY_QUARTIC) {
        return u < 1 ? (1 - u) * (1 - u) : 0;
    }
    return u < CUT * CUT ? exp(-0.5 * u) : 0;
}

/* Adds scale * kernel to the cells of a part; returns the sum over them. cells may be NULL. */
static double spread(const density *d, const double *xy, double scale, const gt_window *part,
                     double *cells)
{
    const gt_grid_spec *s = d->spec;
    double per_h2 = 1 / (d->o->bandwidth * d->o->bandwidth), sum = 0;
    gt_window w;
    if (!reach_of(d, xy, part, &w)) {
        return 0;
    }
    for (int64_t r = w.row; r < w.row + w.n_rows; r++) {
        double dy = s->y_north - ((double)r + 0.5) * s->cell_y - xy[1];
        double *to = cells == NULL ? NULL : cells + (r - part->row) * part->n_cols - part->col;
        for (int64_t c = w.col; c < w.col + w.n_cols; c++) {
            double dx = s->x_west + ((double)c + 0.5) * s->cell_x - xy[0];
            double k = kernel_at(d, dx * dx + dy * dy, per_h2);
            sum += k;
            if (to != NULL) {
                to[c] += scale * k;
            }
        }
    }
    return sum;
}

/* ---- bins ---------------------------------------------------------------------------------------
 */

static int64_t bin_of(const density *d, double at, int64_t n)
{
    double bin = floor(at / (double)d->bin) + 1;
    return bin < 0 ? 0 : bin > (double)(n - 1) ? n - 1 : (int64_t)bin;
}

static size_t bin_of_point(const density *d, const double *xy)
{
    const gt_grid_spec *s = d->spec;
    int64_t c = bin_of(d, (xy[0] - s->x_west) / s->cell_x, d->across);
    int64_t r = bin_of(d, (s->y_north - xy[1]) / s->cell_y, d->down);
    return (size_t)(r * d->across + c);
}

/* Points by bin, in their order within one. */
static gt_status sort_points(gt_ctx *ctx, density *d)
{
    const gt_grid_spec *s = d->spec;
    double cells = fmax(d->reach / s->cell_x, d->reach / s->cell_y);
    d->bin = cells > LEAST_BIN ? (int64_t)ceil(cells) : LEAST_BIN;
    while ((s->n_cols / d->bin + 3) * (s->n_rows / d->bin + 3) > BINS_MOST) {
        d->bin *= 2;
    }
    d->across = (s->n_cols + d->bin - 1) / d->bin + 2;
    d->down = (s->n_rows + d->bin - 1) / d->bin + 2;
    size_t bins = (size_t)(d->across * d->down), n = d->points->n;
    d->first = gt_zalloc(ctx, bins + 2, sizeof *d->first);
    d->order = gt_alloc(ctx, n + 1, sizeof *d->order);
    d->weight = gt_alloc(ctx, n + 1, sizeof *d->weight);
    if (d->first == NULL || d->order == NULL || d->weight == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        d->first[bin_of_point(d, d->points->xy + 2 * i) + 2]++;
        d->weight[i] = d->points->weight[i];
    }
    for (size_t k = 2; k < bins + 2; k++) {
        d->first[k] += d->first[k - 1];
    }
    for (size_t i = 0; i < n; i++) {
        d->order[d->first[bin_of_point(d, d->points->xy + 2 * i) + 1]++] = (uint32_t)i;
    }
    return GT_OK;
}

/* ---- the steps ----------------------------------------------------------------------------------
 */

/* Weights become what keeps them over the cells there are. */
static gt_status weigh_chunk(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    density *d = user;
    const gt_window all = {0, 0, d->spec->n_cols, d->spec->n_rows};
    size_t first = task * CHUNK, n = d->points->n;
    for (size_t i = first; i < n && i < first + CHUNK; i++) {
        double sum = spread(d, d->points->xy + 2 * i, 0, &all, NULL);
        double kept = sum * d->norm / d->o->per * d->spec->cell_x * d->spec->cell_y;
        d->weight[i] = kept > 0 ? d->weight[i] / kept : 0;
    }
    return gt_check_cancel(ctx);
}

static gt_status fill_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const density *d = user;
    double *cells = b->scratch;
    const gt_window part = {b->col, b->row, b->n_cols, b->n_rows};
    memset(cells, 0, (size_t)b->n_cols * (size_t)b->n_rows * sizeof *cells);
    int64_t c0 = bin_of(d, (double)(b->col - d->reach_cols), d->across);
    int64_t c1 = bin_of(d, (double)(b->col + b->n_cols + d->reach_cols), d->across);
    int64_t r0 = bin_of(d, (double)(b->row - d->reach_rows), d->down);
    int64_t r1 = bin_of(d, (double)(b->row + b->n_rows + d->reach_rows), d->down);
    gt_status st = GT_OK;
    for (int64_t r = r0; st == GT_OK && r <= r1; r++) {
        size_t bin = (size_t)(r * d->across);
        uint32_t from = d->first[bin + (size_t)c0], to = d->first[bin + (size_t)c1 + 1];
        for (uint32_t i = from; i < to; i++) {
            uint32_t p = d->order[i];
            (void)spread(d, d->points->xy + 2 * (size_t)p, d->weight[p] * d->norm, &part, cells);
        }
        st = gt_check_cancel(ctx);
    }
    for (int r = 0; r < b->n_rows; r++) {
        memcpy((double *)b->out[0].cells + (size_t)r * b->out[0].stride,
               cells + (size_t)r * (size_t)b->n_cols, (size_t)b->n_cols * sizeof *cells);
    }
    return st;
}

static gt_status check_call(gt_ctx *ctx, const density *d, gt_grid *out)
{
    double h = d->o->bandwidth, side = fmax(d->spec->cell_x, d->spec->cell_y);
    double most = SIDES_MOST * fmin(d->spec->cell_x, d->spec->cell_y);
    const char *wrong = !(h >= side && h <= most)                  ? "bandwidth of a density"
                        : !(d->o->per > 0) || !isfinite(d->o->per) ? "area a density is stated for"
                        : d->points->n > UINT32_MAX - 1            ? "number of points of a density"
                                                                   : NULL;
    if (wrong != NULL) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", wrong)));
    }
    if (gt_grid_crs(out) != NULL && gt_crs_is_geographic(gt_grid_crs(out))) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_NOT_PROJECTED,
                       GT_PLACE(.file = gt_grid_path(out)), GT_NO_ARGS);
    }
    return GT_OK;
}

gt_status gt_grid_density(gt_ctx *ctx, const gt_density_points *points,
                          const gt_density_options *options, gt_grid *out)
{
    gt_density_options o;
    gt_density_options_init(&o);
    memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    density d = {.points = points, .o = &o, .spec = gt_grid_facts(out)};
    bool quartic = o.kernel == GT_DENSITY_QUARTIC;
    double h2 = o.bandwidth * o.bandwidth;
    gt_status st = check_call(ctx, &d, out);
    if (st != GT_OK) {
        return st;
    }
    d.reach = quartic ? o.bandwidth : CUT * o.bandwidth;
    d.norm = o.per * (quartic ? 3 / (PI * h2) : 1 / (2 * PI * h2 * (1 - exp(-0.5 * CUT * CUT))));
    d.reach_cols = (int64_t)ceil(d.reach / d.spec->cell_x) + 1;
    d.reach_rows = (int64_t)ceil(d.reach / d.spec->cell_y) + 1;
    st = sort_points(ctx, &d);
    if (st == GT_OK && o.renormalize) {
        st = gt_parallel_for(ctx, (points->n + CHUNK - 1) / CHUNK, weigh_chunk, &d);
    }
    if (st == GT_OK) {
        const gt_walk_output to = {out, GT_CELL_F64};
        gt_walk walk;
        gt_walk_init(&walk);
        walk.out = &to;
        walk.n_out = 1;
        walk.block_cols = walk.block_rows = SIDE;
        walk.scratch = (size_t)SIDE * SIDE * sizeof(double);
        st = gt_grid_walk(ctx, &walk, fill_block, &d);
    }
    gt_free(ctx, d.weight);
    gt_free(ctx, d.order);
    gt_free(ctx, d.first);
    return st;
}
