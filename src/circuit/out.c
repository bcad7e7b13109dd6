/* Outputs under Circuitscape's names. */
#include <math.h>
#include <string.h>

#include "circuit/job.h"

#define CUM_FLOOR                                                                                  \
    (-9999.0) /* sums below it (of nodata values) are set to it, as Circuitscape does */

gt_status circuit_to_cells(gt_ctx *ctx, const circuit_graph *graph, const double *v, double none,
                           double *to)
{
    size_t n = (size_t)(graph->n_cols * graph->n_rows);
    for (size_t i = 0; i < n; i++) {
        to[i] = graph->node[i] == CIRCUIT_NONE ? none : v[graph->node[i]];
        if (!circuit_go_on(ctx, i)) {
            return GT_E_CANCELLED;
        }
    }
    return GT_OK;
}

static gt_status put_name(gt_ctx *ctx, const circuit_job *job, const char *kind, const int64_t *ids,
                          int n_ids, gt_text *name)
{
    gt_text_init(name, ctx, 0);
    gt_text_printf(name, "%s_%s", job->base, kind);
    for (int i = 0; i < n_ids; i++) {
        gt_text_printf(name, "_%lld", (long long)ids[i]);
    }
    return gt_text_status(name);
}

gt_status circuit_put_map(gt_ctx *ctx, circuit_job *job, const char *kind, const int64_t *ids,
                          int n_ids, const double *values)
{
    gt_text name;
    gt_status st = put_name(ctx, job, kind, ids, n_ids, &name);
    st = st == GT_OK ? cells_write(ctx, gt_text_cstr(&name), job->form, &job->map, values) : st;
    job->facts->files += st == GT_OK;
    gt_text_free(&name);
    return st;
}

gt_status circuit_put_text(gt_ctx *ctx, circuit_job *job, const char *name, const gt_text *text)
{
    gt_text path;
    gt_text_init(&path, ctx, 0);
    gt_text_printf(&path, "%s_%s", job->base, name);
    gt_status st = gt_text_status(text);
    st = st == GT_OK ? gt_text_status(&path) : st;
    if (st == GT_OK) {
        st = circuit_write_text(ctx, gt_text_cstr(&path), gt_text_cstr(text), text->len);
    }
    job->facts->files += st == GT_OK;
    gt_text_free(&path);
    return st;
}

/* Cells without conductance become the file's nodata value, as a number: sums are made of it. */
static void set_null(const circuit_job *job, double *values)
{
    size_t n = (size_t)(job->map.n_cols * job->map.n_rows);
    for (size_t i = 0; i < n; i++) {
        values[i] = job->g[i] > 0 ? values[i] : job->map.nodata;
    }
}

gt_status circuit_put_volt(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                           const double *volt, const int64_t *ids, int n_ids)
{
    if (!job->write_volt) {
        return GT_OK;
    }
    double *c = gt_alloc(ctx, (size_t)(job->map.n_cols * job->map.n_rows), sizeof *c);
    if (c == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = circuit_to_cells(ctx, graph, volt, 0, c);
    if (job->null_volt) {
        set_null(job, c);
    }
    st = st == GT_OK ? circuit_put_map(ctx, job, "voltmap", ids, n_ids, c) : st;
    gt_free(ctx, c);
    return st;
}

static gt_status need_sums(gt_ctx *ctx, circuit_job *job, size_t n)
{
    if (job->cum != NULL) {
        return GT_OK;
    }
    job->most = job->write_max ? gt_alloc(ctx, n, sizeof *job->most) : NULL;
    if (job->write_max && job->most == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; job->write_max && i < n; i++) {
        job->most[i] = CUM_FLOOR;
    }
    return circuit_zeroed(ctx, n, sizeof *job->cum, (void **)&job->cum);
}

gt_status circuit_put_current(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                              const double *currents, const int64_t *ids, int n_ids,
                              const uint32_t *focal, int n_focal)
{
    size_t n = (size_t)(job->map.n_cols * job->map.n_rows);
    gt_status st = need_sums(ctx, job, n);
    double *c = st == GT_OK ? gt_alloc(ctx, n, sizeof *c) : NULL;
    if (c == NULL) {
        return st == GT_OK ? GT_E_MEMORY : st;
    }
    st = circuit_to_cells(ctx, graph, currents, 0, c);
    for (size_t i = 0; i < n && job->focal_zero; i++) {
        for (int k = 0; k < n_focal; k++) {
            c[i] = graph->node[i] == focal[k] ? 0 : c[i];
        }
    }
    for (size_t i = 0; st == GT_OK && i < n && job->log_maps; i++) {
        st = circuit_go_on(ctx, i) ? GT_OK : GT_E_CANCELLED;
        c[i] = c[i] > 0 ? log10(c[i]) : job->map.nodata;
    }
    if (job->null_cur) {
        set_null(job, c);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        job->cum[i] += c[i];
        if (job->most != NULL) {
            job->most[i] = c[i] > job->most[i] ? c[i] : job->most[i];
        }
        st = circuit_go_on(ctx, i) ? GT_OK : GT_E_CANCELLED;
    }
    if (st == GT_OK && job->write_cur && !job->cum_only) {
        st = circuit_put_map(ctx, job, "curmap", ids, n_ids, c);
    }
    gt_free(ctx, c);
    return st;
}

gt_status circuit_put_sums(gt_ctx *ctx, circuit_job *job)
{
    size_t n = (size_t)(job->map.n_cols * job->map.n_rows);
    gt_status st = GT_OK;
    if (!circuit_wants_current(job)) {
        return GT_OK;
    }
    st = need_sums(ctx, job, n);
    if (st == GT_OK && (job->write_cur || job->cum_only)) {
        for (size_t i = 0; i < n; i++) {
            job->cum[i] = job->cum[i] < CUM_FLOOR ? CUM_FLOOR : job->cum[i];
        }
        st = circuit_put_map(ctx, job, "cum_curmap", NULL, 0, job->cum);
    }
    if (st == GT_OK && job->write_max) {
        st = circuit_put_map(ctx, job, "max_curmap", NULL, 0, job->most);
    }
    return st;
}

gt_status circuit_put_resistances(gt_ctx *ctx, circuit_job *job, const int64_t *ids, size_t n,
                                  const double *r)
{
    gt_text square, list;
    gt_text_init(&square, ctx, SIZE_MAX / 2);
    gt_text_init(&list, ctx, SIZE_MAX / 2);
    gt_text_putc(&square, '0');
    for (size_t j = 0; j < n; j++) {
        gt_text_printf(&square, " %lld", (long long)ids[j]);
    }
    gt_text_putc(&square, '\n');
    for (size_t i = 0; i < n; i++) {
        gt_text_printf(&square, "%lld", (long long)ids[i]);
        for (size_t j = 0; j < n; j++) {
            gt_text_printf(&square, " %.12g", r[i * n + j]);
            if (j > i) {
                gt_text_printf(&list, "%lld %lld %.12g\n", (long long)ids[i], (long long)ids[j],
                               r[i * n + j]);
            }
        }
        gt_text_putc(&square, '\n');
    }
    gt_status st = circuit_put_text(ctx, job, "resistances.out", &square);
    st = st == GT_OK ? circuit_put_text(ctx, job, "resistances_3columns.out", &list) : st;
    gt_text_free(&square);
    gt_text_free(&list);
    return st;
}
