/* Grids of a call: see job.h. */
#include "model/job.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "model/call.h"
#include "model/messages.h"

typedef struct runner {
    const gt_job *job;
    gt_cells_fn fn;
    const void *user;
    size_t in_port[GT_MODEL_PORTS_MAX], out_port[GT_MODEL_PORTS_MAX]; /* by plane */
    int n_in, n_out;
} runner;

gt_status gt_job_open(gt_ctx *ctx, const gt_model_call *call, gt_job *job)
{
    gt_status st = GT_OK;
    const gt_grid *first = NULL;
    memset(job, 0, sizeof *job);
    job->call = call;
    for (size_t i = 0; st == GT_OK && i < call->n_in; i++) {
        if (call->in[i] == NULL || call->model->in[i].kind != GT_PORT_GRID) {
            continue;
        }
        st = gt_grid_open_any(ctx, call->in[i], NULL, &job->in[i]);
        if (st == GT_OK && first != NULL) {
            st = gt_grid_check_aligned(ctx, first, job->in[i], true, NULL, NULL);
        }
        first = first == NULL ? job->in[i] : first;
    }
    job->partial = call->n_dirty > 0;
    return st;
}

/* ---- outputs ------------------------------------------------------------------------------------
 */

static gt_cell buffer_of(gt_cell type)
{
    return type == GT_CELL_F64 || type == GT_CELL_F32 ? type : GT_CELL_I32;
}

static gt_status copy_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    size_t bytes = gt_cell_bytes(*(const gt_cell *)user);
    for (size_t r = 0; r < (size_t)b->n_rows; r++) {
        memcpy((char *)b->out[0].cells + r * b->out[0].stride * bytes,
               (const char *)b->in[0].cells + r * b->in[0].stride * bytes,
               (size_t)b->n_cols * bytes);
    }
    return gt_check_cancel(ctx);
}

/* Takes over the cells of the file that stands at the output's path. */
static gt_status copy_old(gt_ctx *ctx, const char *path, gt_grid *to)
{
    gt_grid *old = NULL;
    gt_cell type = gt_grid_facts(to)->type, buffer = buffer_of(type);
    gt_status st = gt_grid_open(ctx, path, &old);
    if (st == GT_OK && gt_grid_facts(old)->type != type) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_OLD_OUTPUT, GT_PLACE(.file = path), GT_NO_ARGS);
    }
    if (st == GT_OK) {
        const gt_walk_input in = {old, buffer, 0};
        const gt_walk_output out = {to, buffer};
        gt_walk walk;
        gt_walk_init(&walk);
        walk.in = &in;
        walk.n_in = 1;
        walk.out = &out;
        walk.n_out = 1;
        st = gt_grid_walk(ctx, &walk, copy_block, &buffer);
    }
    gt_grid_close(ctx, old);
    return st;
}

static gt_status make_lineage(gt_ctx *ctx, gt_job *job)
{
    gt_text text;
    if (job->lineage != NULL) {
        return GT_OK;
    }
    gt_text_init(&text, ctx, 0);
    gt_status st = gt_model_lineage(ctx, job->call, &text);
    if (st == GT_OK) {
        job->lineage = gt_strdup(ctx, gt_text_cstr(&text));
        st = job->lineage == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&text);
    return st;
}

/* Does anything of the call rest on generated data? */
static bool generated(const gt_job *job)
{
    bool any = job->call->generated;
    for (size_t i = 0; !any && i < job->call->n_in; i++) {
        const char *origin =
            job->in[i] == NULL ? NULL : gt_grid_item_value(job->in[i], GT_ORIGIN_ITEM);
        any = origin != NULL && strcmp(origin, GT_ORIGIN_GENERATED_TEXT) == 0;
    }
    return any;
}

gt_status gt_job_make(gt_ctx *ctx, gt_job *job, size_t port, gt_cell type)
{
    const gt_model_call *call = job->call;
    gt_grid *like = NULL;
    gt_grid_spec spec;
    if (call->out[port] == NULL) {
        return GT_OK;
    }
    for (size_t i = 0; like == NULL && i < call->n_in; i++) {
        like = job->in[i];
    }
    if (like == NULL) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MODEL_NO_GRID, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("model", call->model->name)));
    }
    gt_status st = make_lineage(ctx, job);
    gt_grid_item items[3] = {{GT_LINEAGE_ITEM, job->lineage}};
    size_t n_items = 1;
    if (call->model->out[port].unit != NULL) {
        items[n_items++] = (gt_grid_item){"unit", call->model->out[port].unit};
    }
    if (generated(job)) {
        items[n_items++] = (gt_grid_item){GT_ORIGIN_ITEM, GT_ORIGIN_GENERATED_TEXT};
    }
    gt_grid_spec_like(like, type, &spec);
    spec.tile = GT_GRID_TILE;
    spec.packing = GT_GRID_PLAIN;
    spec.overviews = 0;
    spec.nodata = (double)NAN;
    spec.items = items;
    spec.n_items = n_items;
    if (st == GT_OK && job->partial) {
        st = gt_grid_update(ctx, call->out[port], &spec, &job->out[port]);
    }
    bool anew = job->out[port] == NULL;
    if (st == GT_OK && anew) {
        st = gt_grid_create(ctx, call->out[port], &spec, &job->out[port]);
    }
    if (st == GT_OK && anew && job->partial) {
        st = copy_old(ctx, call->out[port], job->out[port]);
    }
    if (st == GT_OK && job->partial) { /* only now: the copy is of all cells */
        st = gt_grid_restrict(ctx, job->out[port], call->dirty, call->n_dirty);
    }
    return st;
}

gt_status gt_job_end(gt_ctx *ctx, gt_job *job, gt_status st)
{
    for (size_t i = 0; i < GT_MODEL_PORTS_MAX; i++) {
        if (st == GT_OK && job->out[i] != NULL) {
            st = gt_grid_finish(ctx, job->out[i]);
        }
        gt_grid_close(ctx, job->out[i]);
        gt_grid_close(ctx, job->in[i]);
        job->in[i] = job->out[i] = NULL;
    }
    gt_free(ctx, job->lineage);
    job->lineage = NULL;
    return st;
}

/* What a float32 cannot hold, or has no value (1 / 0), is nodata: no file of ours holds infinities.
 */
static void keep_finite(double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        v[i] = fabs(v[i]) <= (double)FLT_MAX ? v[i] : (double)NAN;
    }
}

/* ---- rows of cells ------------------------------------------------------------------------------
 */

static gt_status run_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const runner *w = user;
    gt_cells cells = {.n = (size_t)b->n_cols, .user = w->user};
    gt_status st = GT_OK;
    for (int r = 0; st == GT_OK && r < b->n_rows; r++) {
        for (int i = 0; i < w->n_in; i++) {
            cells.stride = (ptrdiff_t)b->in[i].stride;
            cells.in[w->in_port[i]] = (const double *)b->in[i].cells + (ptrdiff_t)r * cells.stride;
        }
        for (int i = 0; i < w->n_out; i++) {
            cells.out[w->out_port[i]] =
                (double *)b->out[i].cells + (ptrdiff_t)r * (ptrdiff_t)b->out[i].stride;
        }
        w->fn(&cells);
        for (int i = 0; i < w->n_out; i++) {
            keep_finite(cells.out[w->out_port[i]], cells.n);
        }
        st = gt_check_cancel(ctx); /* a block of a wide neighbourhood takes minutes */
    }
    return st;
}

gt_status gt_job_cells(gt_ctx *ctx, gt_job *job, int halo, gt_cells_fn fn, const void *user)
{
    gt_walk_input in[GT_MODEL_PORTS_MAX];
    gt_walk_output out[GT_MODEL_PORTS_MAX];
    runner w = {.job = job, .fn = fn, .user = user};
    gt_walk walk;
    for (size_t i = 0; i < GT_MODEL_PORTS_MAX; i++) {
        if (job->in[i] != NULL) {
            w.in_port[w.n_in] = i;
            in[w.n_in++] = (gt_walk_input){job->in[i], GT_CELL_F64, halo};
        }
        if (job->out[i] != NULL) {
            w.out_port[w.n_out] = i;
            out[w.n_out++] = (gt_walk_output){job->out[i], GT_CELL_F64};
        }
    }
    gt_walk_init(&walk);
    walk.in = in;
    walk.n_in = w.n_in;
    walk.out = out;
    walk.n_out = w.n_out;
    walk.what = &GT_MSG_MODEL_RUNNING;
    return gt_grid_walk(ctx, &walk, run_block, &w);
}

gt_status gt_job_local(gt_ctx *ctx, const gt_model_call *call, gt_cell type, gt_cells_fn fn,
                       const void *user)
{
    gt_job job;
    gt_status st = gt_job_open(ctx, call, &job);
    for (size_t i = 0; st == GT_OK && i < call->n_out; i++) {
        st = gt_job_make(ctx, &job, i, type);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, fn, user);
    }
    return gt_job_end(ctx, &job, st);
}

/* ---- tables -------------------------------------------------------------------------------------
 */

gt_table *gt_table_new(gt_ctx *ctx, const gt_model_call *call, const char *param, double otherwise)
{
    gt_table *t = gt_alloc(ctx, 1, sizeof *t);
    if (t == NULL) {
        return NULL;
    }
    t->pairs = gt_model_with(call, param);
    t->otherwise = otherwise;
    for (int i = 0; i < GT_TABLE_DIRECT; i++) {
        t->direct[i] = t->pairs == NULL ? otherwise : gt_model_pair_of(t->pairs, i, otherwise);
    }
    return t;
}

double gt_table_far(const gt_table *t, double code)
{
    if (isnan(code)) {
        return code;
    }
    bool whole = code == floor(code) && fabs(code) <= 2147483647.0;
    return whole && t->pairs != NULL ? gt_model_pair_of(t->pairs, (int64_t)code, t->otherwise)
                                     : t->otherwise;
}

gt_status gt_job_either(gt_ctx *ctx, const gt_model_call *call, const char *input,
                        const char *param)
{
    if (gt_model_in(call, input) != NULL || gt_model_with(call, param) != NULL) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MODEL_NEITHER, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("model", call->model->name), GT_TEXT("input", input),
                           GT_TEXT("param", param)));
}

gt_status gt_job_ascending(gt_ctx *ctx, const gt_model_call *call, const char *param, size_t want,
                           const double **out)
{
    const gt_model_value *v = gt_model_with(call, param);
    if (want != 0 && v->n != want) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_COUNT, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", param), GT_INT("n", v->n), GT_INT("want", want)));
    }
    for (size_t i = 1; i < v->n; i++) {
        if (v->reals[i] <= v->reals[i - 1]) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_ASCEND, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("name", param)));
        }
    }
    *out = v->reals;
    return GT_OK;
}
