/* What is seen from points, along lines and from areas: observers on the cells they pass, then
 * lines of sight (grid/view.c). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/grid_analysis.h"
#include "model/layer/features.h"
#include "model/messages.h"

enum {
    OBSERVERS = 1,
    MOST = 100000,
    FARTHEST = 100000000 /* steps along a side, most of them off the grid */
};

typedef struct lookout {
    const gt_grid_spec *place;
    double step; /* between observers, unit of the CRS */
    gt_observer *list;
    int64_t *row; /* record of the feature, by observer */
    size_t n, cap_list, cap_row;
    double *cross; /* where a line over an area meets its border */
    size_t cap_cross;
} lookout;

static gt_status too_many(gt_ctx *ctx)
{
    return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_MODEL_MANY_OBSERVERS, GT_NOWHERE,
                   GT_ARGS(GT_INT("most", MOST)));
}

/* An observer on the cell at x, y, unless the one before stands there; none beyond the grid. */
static gt_status stand(gt_ctx *ctx, lookout *k, double x, double y, int64_t row)
{
    const gt_grid_spec *s = k->place;
    double col = floor((x - s->x_west) / s->cell_x), line = floor((s->y_north - y) / s->cell_y);
    if (!(col >= 0 && line >= 0 && col < (double)s->n_cols && line < (double)s->n_rows)) {
        return GT_OK;
    }
    const gt_observer o = {(int64_t)col, (int64_t)line};
    if (k->n > 0 && k->row[k->n - 1] == row && k->list[k->n - 1].col == o.col &&
        k->list[k->n - 1].row == o.row) {
        return GT_OK;
    }
    gt_status st = k->n < MOST ? GT_OK : too_many(ctx);
    if (st == GT_OK && k->n == k->cap_list) {
        st = gt_grow(ctx, (void **)&k->list, &k->cap_list, k->n + 1, sizeof *k->list);
    }
    if (st == GT_OK && k->n == k->cap_row) {
        st = gt_grow(ctx, (void **)&k->row, &k->cap_row, k->n + 1, sizeof *k->row);
    }
    if (st == GT_OK) {
        k->list[k->n] = o;
        k->row[k->n++] = row;
    }
    return st;
}

/* Observers at both ends of a line and every step along it. */
static gt_status walk_line(gt_ctx *ctx, lookout *k, const double *xy, size_t n, int64_t row)
{
    double next = 0; /* way to the next observer, from the start of the piece */
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i + 1 < n; i++) {
        const double *a = xy + 2 * i, *b = a + 2;
        double whole = hypot(b[0] - a[0], b[1] - a[1]);
        st = whole / k->step < FARTHEST ? gt_check_cancel(ctx) : too_many(ctx);
        while (st == GT_OK && next < whole) {
            double t = next / whole;
            st = stand(ctx, k, a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), row);
            next += k->step;
        }
        next -= whole;
    }
    return st == GT_OK && n > 0 ? stand(ctx, k, xy[2 * n - 2], xy[2 * n - 1], row) : st;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Where the rings meet the line of height y. */
static gt_status cross(gt_ctx *ctx, lookout *k, const gt_geom *g, double y, size_t *n)
{
    gt_status st = GT_OK;
    *n = 0;
    for (uint32_t r = 0, first = 0; st == GT_OK && r < g->n_rings; first = g->ring_end[r++]) {
        for (uint32_t i = first; st == GT_OK && i + 1 < g->ring_end[r]; i++) {
            const double *a = g->xy + 2 * (size_t)i, *b = a + 2;
            if ((a[1] > y) == (b[1] > y)) {
                continue;
            }
            if (*n == k->cap_cross) {
                st = gt_grow(ctx, (void **)&k->cross, &k->cap_cross, *n + 1, sizeof *k->cross);
            }
            if (st == GT_OK) {
                k->cross[(*n)++] = a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
            }
        }
    }
    qsort(k->cross, *n, sizeof *k->cross, ascending);
    return st;
}

/* Observers inside an area, on a lattice of steps through the corner of the grid. */
static gt_status fill_area(gt_ctx *ctx, lookout *k, const gt_geom *g, int64_t row)
{
    const gt_grid_spec *s = k->place;
    const gt_box box = gt_geom_box(g);
    double south = fmax(box.ymin, s->y_north - s->cell_y * (double)s->n_rows);
    double east = s->x_west + s->cell_x * (double)s->n_cols, north = fmin(box.ymax, s->y_north);
    if (!(south <= north)) {
        return GT_OK; /* beside the grid */
    }
    int64_t i = (int64_t)ceil((south - s->y_north) / k->step);
    int64_t last = (int64_t)floor((north - s->y_north) / k->step);
    gt_status st = GT_OK;
    for (; st == GT_OK && i <= last; i++) {
        double y = s->y_north + (double)i * k->step;
        size_t n = 0;
        st = cross(ctx, k, g, y, &n);
        for (size_t c = 0; st == GT_OK && c + 1 < n; c += 2) {
            double from = fmax(k->cross[c], s->x_west), to = fmin(k->cross[c + 1], east);
            if (!(from <= to)) {
                continue;
            }
            int64_t j = (int64_t)ceil((from - s->x_west) / k->step);
            int64_t end = (int64_t)floor((to - s->x_west) / k->step);
            for (; st == GT_OK && j <= end; j++) {
                st = stand(ctx, k, s->x_west + (double)j * k->step, y, row);
            }
        }
    }
    return st;
}

static gt_status gather(gt_ctx *ctx, void *user, const gt_source_feature *f, const gt_value *field)
{
    lookout *k = user;
    const gt_geom *g = f->geom;
    gt_status st = GT_OK;
    (void)field;
    if (g->type == GT_POINT || g->type == GT_MULTIPOINT) {
        for (size_t i = 0; st == GT_OK && i < g->n_points; i++) {
            st = stand(ctx, k, g->xy[2 * i], g->xy[2 * i + 1], f->row);
        }
        return st;
    }
    for (uint32_t r = 0, first = 0; st == GT_OK && r < g->n_rings; first = g->ring_end[r++]) {
        st = walk_line(ctx, k, g->xy + 2 * (size_t)first, g->ring_end[r] - first, f->row);
    }
    bool area = g->type == GT_POLYGON || g->type == GT_MULTIPOLYGON;
    return st == GT_OK && area ? fill_area(ctx, k, g, f->row) : st;
}

/* Number of an observer to the record of its feature. */
static void name_row(const gt_cells *c)
{
    const lookout *k = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double first = c->in[OBSERVERS][i];
        c->out[1][i] = first > 0 ? (double)k->row[(size_t)first - 1] : first;
    }
}

/* The first observer of each cell, by the record of its feature. */
static gt_status first_seen(gt_ctx *ctx, gt_job *job, const lookout *k, gt_view_options *o)
{
    gt_grid_spec spec;
    gt_grid *scratch = NULL, *seen = job->out[0];
    o->first = true;
    gt_grid_spec_like(job->in[0], GT_CELL_I32, &spec);
    spec.nodata = (double)GT_NODATA_I32;
    spec.items = NULL;
    spec.n_items = 0;
    gt_status st = gt_job_make(ctx, job, 1, GT_CELL_I32);
    if (st == GT_OK) {
        st = gt_grid_create_scratch(ctx, NULL, &spec, &scratch);
    }
    if (st == GT_OK) {
        st = gt_grid_viewshed(ctx, job->in[0], k->list, k->n, o, scratch);
    }
    if (st == GT_OK) {
        job->in[OBSERVERS] = scratch;
        job->out[0] = NULL;
        st = gt_job_cells(ctx, job, 0, name_row, k);
        job->in[OBSERVERS] = NULL;
        job->out[0] = seen;
    }
    gt_grid_close(ctx, scratch);
    return st;
}

static gt_status look(gt_ctx *ctx, gt_job *job, lookout *k)
{
    const gt_model_call *call = job->call;
    gt_view_options o;
    gt_view_options_init(&o);
    o.observer_height = gt_model_real(call, "eye");
    o.target_height = gt_model_real(call, "target");
    o.max_distance = gt_model_real(call, "reach");
    o.refraction = gt_model_real(call, "refraction");
    o.earth_radius = gt_model_with(call, "curved")->integer != 0 ? o.earth_radius : 0;
    double most = GT_VIEW_REACH_MAX * fmin(k->place->cell_x, k->place->cell_y);
    if (o.max_distance > most) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_RANGE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", "reach"), GT_REAL("value", o.max_distance),
                               GT_REAL("min", 1), GT_REAL("max", most)));
    }
    gt_status st = gt_features_each(ctx, call, "observers", NULL, gt_grid_crs(job->in[0]),
                                    GT_FEATURES_ALL, gather, k);
    if (st == GT_OK && k->n == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_OBSERVER,
                     GT_PLACE(.file = gt_model_in(call, "observers")), GT_NO_ARGS);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, job, 0, GT_CELL_I32);
    }
    if (st == GT_OK) {
        st = gt_grid_viewshed(ctx, job->in[0], k->list, k->n, &o, job->out[0]);
    }
    return st == GT_OK && gt_model_out(call, "first") != NULL ? first_seen(ctx, job, k, &o) : st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    lookout k = {.step = gt_model_real(call, "step")};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        k.place = gt_grid_facts(job.in[0]);
        st = look(ctx, &job, &k);
    }
    gt_free(ctx, k.list);
    gt_free(ctx, k.row);
    gt_free(ctx, k.cross);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "dem",
     .kind = GT_PORT_GRID,
     .title = {"高程（或含建筑的地表）", "elevation, or the surface with its buildings"},
     .unit = "m"},
    {.name = "observers",
     .kind = GT_PORT_LINES,
     .title = {"观察点、线或面", "points, lines or areas from which one looks"},
     .note = {"道路、景区、村庄等；转换到栅格坐标系",
              "roads, scenic areas, villages; brought to the "
              "CRS of the grid"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "seen",
     .kind = GT_PORT_GRID,
     .title = {"能看到该处的观察点数", "observers that see the cell"},
     .note = {"0 为不可见", "0: none"}},
    {.name = "first",
     .kind = GT_PORT_GRID,
     .title = {"最先看到该处的要素的记录号", "record of the first feature that sees the cell"},
     .optional = true,
     .note = {"0 为不可见", "0: none"}},
    {0}};
static const gt_model_param with[] = {
    {.name = "layer",
     .kind = GT_PARAM_TEXT,
     .title = {"图层（只有一个时可省）", "layer (of a sole one not needed)"},
     .preset = ""},
    {.name = "step",
     .kind = GT_PARAM_REAL,
     .title = {"线上与面内观察点间距", "distance of observers along lines and in areas"},
     .unit = "m",
     .min = 1,
     .max = 100000,
     .preset = "100",
     .source = "usual for roads: 100 to 200 m"},
    {.name = "eye",
     .kind = GT_PARAM_REAL,
     .title = {"眼高", "height of the eye above the ground"},
     .unit = "m",
     .min = 0,
     .max = 10000,
     .preset = "1.6",
     .source = "a person who stands; a tower or a platform is more"},
    {.name = "target",
     .kind = GT_PARAM_REAL,
     .title = {"目标高出地面", "height of the target above the ground"},
     .unit = "m",
     .min = 0,
     .max = 10000,
     .preset = "0"},
    {.name = "reach",
     .kind = GT_PARAM_REAL,
     .title = {"可视距离", "how far one sees"},
     .unit = "m",
     .min = 1,
     .max = 1000000,
     .preset = "5 km",
     .source = "this project's: the plans give none; at most 1024 cells"},
    {.name = "refraction",
     .kind = GT_PARAM_REAL,
     .title = {"大气折光系数", "coefficient of refraction"},
     .min = 0,
     .max = 1,
     .preset = "0.13",
     .source = "usual in surveying; 1 - 1/7 (0.857) is GDAL's factor 1 - k"},
    {.name = "curved",
     .kind = GT_PARAM_BOOL,
     .title = {"计地球曲率", "the earth bends away"},
     .preset = "yes"},
    {0}};
static const char *const sources[] = {"Franklin and Ray 1994 (R3)",
                                      "InVEST scenic quality (known answers)", NULL};

const gt_model GT_MODEL_VIEWSHED = {
    .name = "viewshed",
    .group = "terrain",
    .version = 1,
    .title = {"视域", "viewshed"},
    .what = {"由点、线、面上的观察点逐条视线判断可见：线按间距布点，面在边界与内部布点。"
             "无值处不遮挡，也不可见。",
             "What is seen from points, along lines and from areas (their borders and a lattice "
             "inside), by lines of sight. Nodata hides nothing and is not seen."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .need = {.scratch = 4},
    .law = "blocks of 256 cells and twice the reach a side, 4 bytes a cell and thread; 24 bytes an "
           "observer; 1 ns times observers times the cube of the reach in cells",
    .sources = sources,
    .run = run};
