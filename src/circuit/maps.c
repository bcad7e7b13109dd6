/* Maps and points of a raster problem. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "circuit/job.h"
#include "circuit/messages.h"

/* Conductances beyond these cannot be added to ordinary ones without losing them. */
#define LEAST_CONDUCTANCE 1e-200
#define MOST_CONDUCTANCE  1e200

static gt_status bad_cell(gt_ctx *ctx, const circuit_job *job, const char *path, size_t i, double v,
                          const gt_message *message)
{
    return gt_fail(
        ctx, GT_E_INPUT, message, GT_PLACE(.file = path),
        GT_ARGS(GT_INT("col", (int64_t)i % job->map.n_cols + 1),
                GT_INT("row", (int64_t)i / job->map.n_cols + 1), GT_REAL("value", v),
                GT_TEXT("what", job->habitat_is_resistance ? "resistance" : "conductance"),
                GT_TEXT("what_zh", job->habitat_is_resistance ? "阻力" : "导度")));
}

/* The cells of the map become conductances, 0 for none. */
static gt_status to_conductance(gt_ctx *ctx, circuit_job *job, const char *path)
{
    size_t n = (size_t)(job->map.n_cols * job->map.n_rows);
    double *g = job->map.v;
    job->g = g;
    for (size_t i = 0; i < n; i++) {
        double v = g[i];
        if (!circuit_go_on(ctx, i)) {
            return GT_E_CANCELLED;
        }
        if (isnan(v)) {
            g[i] = 0;
            continue;
        }
        if (v < 0) {
            return bad_cell(ctx, job, path, i, v, &GT_MSG_HABITAT_NEGATIVE);
        }
        if (v == 0 && job->habitat_is_resistance) {
            return bad_cell(ctx, job, path, i, v, &GT_MSG_RESISTANCE_ZERO);
        }
        g[i] = job->habitat_is_resistance ? 1 / v : v;
        if (g[i] != 0 && !(g[i] >= LEAST_CONDUCTANCE && g[i] <= MOST_CONDUCTANCE)) {
            return bad_cell(ctx, job, path, i, v, &GT_MSG_HABITAT_VALUE);
        }
    }
    return GT_OK;
}

gt_status circuit_load_fitting(gt_ctx *ctx, circuit_job *job, const char *path, cells *out)
{
    const cells *m = &job->map;
    gt_status st = cells_read(ctx, path, out);
    if (st != GT_OK) {
        return st;
    }
    if (out->n_cols != m->n_cols || out->n_rows != m->n_rows) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_FIT, GT_PLACE(.file = path),
                     GT_ARGS(GT_INT("cols", out->n_cols), GT_INT("rows", out->n_rows),
                             GT_INT("want_cols", m->n_cols), GT_INT("want_rows", m->n_rows)));
        cells_free(ctx, out);
        return st;
    }
    double shift = fmax(fabs(out->x_west - m->x_west), fabs(out->y_south - m->y_south)) / m->cell;
    if (shift > 1e-6 || fabs(out->cell / m->cell - 1) > 1e-6) {
        st = circuit_job_note(job, GT_WARNING, &GT_MSG_GRID_SHIFT, GT_PLACE(.file = path),
                              GT_ARGS(GT_REAL("shift", shift)));
    }
    return st;
}

static gt_status load_mask(gt_ctx *ctx, circuit_job *job)
{
    bool use = false;
    char *path = NULL;
    cells mask = {0};
    gt_status st = ini_flag(ctx, &job->in, "use_mask", false, &use);
    if (st != GT_OK || !use) {
        return st;
    }
    st = ini_file(ctx, &job->in, "mask_file", job->o->root, &path);
    st = st == GT_OK ? circuit_load_fitting(ctx, job, path, &mask) : st;
    size_t n = (size_t)(job->map.n_cols * job->map.n_rows);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        job->g[i] = mask.v[i] > 0 ? job->g[i] : 0;
        st = circuit_go_on(ctx, i) ? GT_OK : GT_E_CANCELLED;
    }
    cells_free(ctx, &mask);
    gt_free(ctx, path);
    return st;
}

static gt_status whole_cells(gt_ctx *ctx, const circuit_job *job, const char *path,
                             const char *what, const cells *from, int32_t *to)
{
    size_t n = (size_t)(from->n_cols * from->n_rows);
    for (size_t i = 0; i < n; i++) {
        double v = from->v[i];
        if (!circuit_go_on(ctx, i)) {
            return GT_E_CANCELLED;
        }
        if (isnan(v)) {
            to[i] = 0;
            continue;
        }
        if (v != floor(v) || fabs(v) > INT32_MAX) {
            const circuit_where w = circuit_cell_name(job, (int64_t)i);
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_NOT_WHOLE,
                           GT_PLACE(.file = path, .feature = w.en),
                           GT_ARGS(GT_TEXT("what", what), GT_REAL("value", v),
                                   GT_INT("min", INT32_MIN + 1), GT_INT("max", INT32_MAX)));
        }
        to[i] = (int32_t)v;
    }
    return GT_OK;
}

static gt_status load_regions(gt_ctx *ctx, circuit_job *job)
{
    bool use = false;
    char *path = NULL;
    cells c = {0};
    gt_status st = ini_flag(ctx, &job->in, "use_polygons", false, &use);
    if (st != GT_OK || !use) {
        return st;
    }
    st = ini_file(ctx, &job->in, "polygon_file", job->o->root, &path);
    st = st == GT_OK ? circuit_load_fitting(ctx, job, path, &c) : st;
    if (st == GT_OK) {
        job->regions = gt_alloc(ctx, (size_t)(c.n_cols * c.n_rows), sizeof *job->regions);
        st = job->regions == NULL ? GT_E_MEMORY
                                  : whole_cells(ctx, job, path, "region", &c, job->regions);
    }
    cells_free(ctx, &c);
    gt_free(ctx, path);
    return st;
}

/* A map of nothing is told as that, before points on nodata are. */
static gt_status check_any(gt_ctx *ctx, const circuit_job *job, const char *path)
{
    size_t n = (size_t)(job->map.n_cols * job->map.n_rows), i = 0;
    while (i < n && !(job->g[i] > 0)) {
        i++;
    }
    return i < n ? gt_check_cancel(ctx)
                 : gt_fail(ctx, GT_E_INPUT, &GT_MSG_NO_NODES, GT_PLACE(.file = path), GT_NO_ARGS);
}

gt_status circuit_load_habitat(gt_ctx *ctx, circuit_job *job)
{
    char *path = NULL;
    gt_status st = ini_file(ctx, &job->in, "habitat_file", job->o->root, &path);
    st = st == GT_OK ? cells_read(ctx, path, &job->map) : st;
    if (st == GT_OK) {
        st = circuit_reclass(ctx, job, job->map.v, (size_t)(job->map.n_cols * job->map.n_rows), 1);
    }
    st = st == GT_OK ? to_conductance(ctx, job, path) : st;
    st = st == GT_OK ? load_mask(ctx, job) : st;
    st = st == GT_OK ? load_regions(ctx, job) : st;
    st = st == GT_OK ? check_any(ctx, job, path) : st;
    gt_free(ctx, path);
    return st;
}

/* ---- points ---------------------------------------------------------------------------------- */

gt_status circuit_cell_of(gt_ctx *ctx, const circuit_job *job, const num_list *list,
                          const char *path, size_t row, int64_t *cell)
{
    const double *p = list->v + row * (size_t)list->cols;
    const cells *m = &job->map;
    double c = ceil((p[1] - m->x_west) / m->cell),
           r = ceil((double)m->n_rows - (p[2] - m->y_south) / m->cell);
    c = c == 0 ? 1 : c; /* on the very border */
    r = r == 0 ? 1 : r;
    if (!(c >= 1 && c <= (double)m->n_cols && r >= 1 && r <= (double)m->n_rows)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_POINT_OUTSIDE,
                       GT_PLACE(.file = path, .line = list->line[row]),
                       GT_ARGS(GT_REAL("id", p[0]), GT_REAL("x", p[1]), GT_REAL("y", p[2])));
    }
    *cell = ((int64_t)r - 1) * m->n_cols + (int64_t)c - 1;
    return GT_OK;
}

static gt_status points_of_list(gt_ctx *ctx, circuit_job *job, const char *path)
{
    num_list list = {0};
    gt_status st = num_list_read(ctx, path, 3, &list);
    if (st == GT_OK) {
        job->points = gt_alloc(ctx, list.n, sizeof *job->points);
        st = job->points == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < list.n; i++) {
        circuit_point *p = &job->points[job->n_points];
        st = num_list_whole(ctx, &list, path, i, 0, INT32_MIN + 1, INT32_MAX, &p->id);
        st = st == GT_OK ? circuit_cell_of(ctx, job, &list, path, i, &p->cell) : st;
        job->n_points += st == GT_OK && p->id > 0;
    }
    num_list_free(ctx, &list);
    return st;
}

static gt_status points_of_grid(gt_ctx *ctx, circuit_job *job, const char *path)
{
    cells c = {0};
    size_t n = (size_t)(job->map.n_cols * job->map.n_rows), k = 0;
    int32_t *id = NULL;
    gt_status st = circuit_load_fitting(ctx, job, path, &c);
    if (st == GT_OK) {
        id = gt_alloc(ctx, n, sizeof *id);
        st = id == NULL ? GT_E_MEMORY : whole_cells(ctx, job, path, "point", &c, id);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        k += id[i] > 0;
    }
    if (st == GT_OK) {
        job->points = gt_alloc(ctx, k, sizeof *job->points);
        st = job->points == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (id[i] > 0) {
            job->points[job->n_points++] = (circuit_point){.id = id[i], .cell = (int64_t)i};
        }
        st = circuit_go_on(ctx, i) ? GT_OK : GT_E_CANCELLED;
    }
    cells_free(ctx, &c);
    gt_free(ctx, id);
    return st;
}

static int by_id(const void *a, const void *b)
{
    const circuit_point *p = a, *q = b;
    if (p->id != q->id) {
        return p->id < q->id ? -1 : 1;
    }
    return (p->cell > q->cell) - (p->cell < q->cell);
}

static gt_status load_pairs(gt_ctx *ctx, circuit_job *job)
{
    bool use = false;
    char *path = NULL, *text = NULL;
    size_t len = 0, k = 0;
    gt_status st = ini_flag(ctx, &job->in, "use_included_pairs", false, &use);
    if (st != GT_OK || !use) {
        return st;
    }
    st = ini_file(ctx, &job->in, "included_pairs_file", job->o->root, &path);
    st = st == GT_OK ? circuit_read_text(ctx, path, &text, &len) : st;
    st = st == GT_OK ? circuit_pairs_parse(ctx, path, text, &job->pairs) : st;
    if (st == GT_OK && job->pairs.include) { /* points that no pair names are left out */
        for (size_t i = 0; i < job->n_points; i++) {
            if (circuit_pairs_name(&job->pairs, job->points[i].id)) {
                job->points[k++] = job->points[i];
            }
        }
        job->n_points = k;
    }
    gt_free(ctx, path);
    gt_free(ctx, text);
    return st;
}

static gt_status load_strengths(gt_ctx *ctx, circuit_job *job)
{
    char *path = NULL;
    if (!job->variable_sources || job->scenario == SCENARIO_PAIRWISE) {
        return GT_OK;
    }
    gt_status st = ini_file(ctx, &job->in, "variable_source_file", job->o->root, &path);
    st = st == GT_OK ? num_list_read(ctx, path, 2, &job->strengths) : st;
    gt_free(ctx, path);
    return st;
}

/* Points on nodata are remarked; fewer than two ids on conducting cells are refused. */
static gt_status check_points(gt_ctx *ctx, const circuit_job *job, const char *path)
{
    gt_status st = GT_OK;
    size_t usable = 0;
    int64_t last = 0;
    for (size_t i = 0; st == GT_OK && i < job->n_points; i++) {
        const circuit_point *p = &job->points[i];
        bool on_region = job->regions != NULL && job->regions[p->cell] != 0;
        if (job->g[p->cell] > 0 || on_region) {
            usable += p->id != last;
            last = p->id;
            continue;
        }
        st = circuit_job_note(job, GT_WARNING, &GT_MSG_POINT_NODATA, GT_PLACE(.file = path),
                              GT_ARGS(GT_INT("id", p->id),
                                      GT_INT("col", p->cell % job->map.n_cols + 1),
                                      GT_INT("row", p->cell / job->map.n_cols + 1)));
    }
    if (st == GT_OK && usable < 2) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_POINTS_FEW, GT_PLACE(.file = path),
                     GT_ARGS(GT_INT("n", usable)));
    }
    return st;
}

gt_status circuit_load_points(gt_ctx *ctx, circuit_job *job)
{
    char *path = NULL;
    bool grid = false;
    gt_status st = ini_file(ctx, &job->in, "point_file", job->o->root, &path);
    st = st == GT_OK ? cells_is_grid(ctx, path, &grid) : st;
    if (st == GT_OK) {
        st = grid ? points_of_grid(ctx, job, path) : points_of_list(ctx, job, path);
    }
    if (st == GT_OK && job->n_points > 0) {
        qsort(job->points, job->n_points, sizeof *job->points, by_id);
    }
    st = st == GT_OK ? load_pairs(ctx, job) : st;
    st = st == GT_OK ? load_strengths(ctx, job) : st;
    st = st == GT_OK ? check_points(ctx, job, path) : st;
    gt_free(ctx, path);
    return st;
}
