/* Grades by cumulated share: the cells that together give the first 50 % of a service are of the
 * highest grade, those up to 80 % of the next.
 *
 * The bound of a grade is the least value v such that the cells above v give less than the share.
 * It is found exactly in two passes over the bits of float32, which sort as whole numbers. Sums are
 * whole numbers too (values times 2^16), so that threads and blocks cannot be seen in them. */
#include <math.h>
#include <string.h>

#include "model/job.h"
#include "model/messages.h"

enum { HALF = 65536, BOUNDS = 8, COUNT_PER_WORKER = HALF * (BOUNDS + 1) };
#define FIXED 65536.0
#define MOST  4.6e18 /* half of what int64 holds */

typedef struct shares {
    const double *share; /* descending from the top: 0.5, 0.8 */
    size_t n;
    int threads;
    int64_t *sum;            /* by worker: HALF buckets for each of n bounds (1 in pass one) */
    uint32_t coarse[BOUNDS]; /* bucket in which bound k lies */
    int64_t above[BOUNDS];   /* sum of the buckets above it */
    double bound[BOUNDS];    /* what is found */
    bool second;
    double largest; /* |value| allowed */
} shares;

static uint32_t bits_of(float v)
{
    uint32_t b = 0;
    memcpy(&b, &v, sizeof b);
    return b; /* values are >= 0 here: bits ascend with them */
}

static int64_t fixed(float v)
{
    return (int64_t)llrint((double)v * FIXED);
}

static gt_status count_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    shares *s = user;
    int64_t *sum = s->sum + (size_t)b->worker * COUNT_PER_WORKER;
    for (int r = 0; r < b->n_rows; r++) {
        const float *v = (const float *)b->in[0].cells + (size_t)r * b->in[0].stride;
        for (int c = 0; c < b->n_cols; c++) {
            if (!(v[c] > 0)) {
                continue; /* nodata, and negative cells, which give nothing */
            }
            if ((double)v[c] > s->largest) {
                return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_MODEL_TOO_MANY_CELLS, GT_NOWHERE,
                               GT_ARGS(GT_TEXT("name", "values")));
            }
            uint32_t bits = bits_of(v[c]);
            if (!s->second) {
                sum[bits >> 16] += fixed(v[c]);
                continue;
            }
            for (size_t k = 0; k < s->n; k++) {
                if (bits >> 16 == s->coarse[k]) {
                    sum[k * HALF + (bits & 0xFFFFU)] += fixed(v[c]);
                }
            }
        }
    }
    return gt_check_cancel(ctx);
}

static gt_status count(gt_ctx *ctx, gt_grid *grid, shares *s)
{
    const gt_walk_input in = {grid, GT_CELL_F32, 0};
    gt_walk walk;
    memset(s->sum, 0, (size_t)s->threads * COUNT_PER_WORKER * sizeof *s->sum);
    gt_walk_init(&walk);
    walk.in = &in;
    walk.n_in = 1;
    gt_status st = gt_grid_walk(ctx, &walk, count_block, s);
    for (int w = 1; st == GT_OK && w < s->threads; w++) {
        for (size_t i = 0; i < COUNT_PER_WORKER; i++) {
            s->sum[i] += s->sum[(size_t)w * COUNT_PER_WORKER + i];
        }
    }
    return st;
}

/* First bucket from above at which the share is reached; *above: the sum over it. */
static uint32_t fall(const int64_t *sum, int64_t from, double want, int64_t *above)
{
    uint32_t b = HALF - 1;
    for (; b > 0 && (double)(from + sum[b]) < want; b--) {
        from += sum[b];
    }
    *above = from;
    return b;
}

static gt_status find_bounds(gt_ctx *ctx, gt_grid *grid, shares *s)
{
    int64_t total = 0;
    gt_status st = count(ctx, grid, s);
    for (size_t i = 0; st == GT_OK && i < HALF; i++) {
        total += s->sum[i];
    }
    for (size_t k = 0; st == GT_OK && k < s->n; k++) {
        s->coarse[k] = fall(s->sum, 0, s->share[k] * (double)total, &s->above[k]);
    }
    if (st == GT_OK) {
        s->second = true;
        st = count(ctx, grid, s);
    }
    for (size_t k = 0; st == GT_OK && k < s->n; k++) {
        int64_t above = 0;
        float v = 0;
        uint32_t low = fall(s->sum + k * HALF, s->above[k], s->share[k] * (double)total, &above);
        uint32_t bits = s->coarse[k] << 16 | low;
        memcpy(&v, &bits, sizeof v);
        s->bound[k] = (double)v;
    }
    return st;
}

static void grade_row(const gt_cells *c)
{
    const shares *s = c->user;
    for (size_t i = 0; i < c->n; i++) {
        float v = (float)c->in[0][i];
        size_t k = 0;
        while (k < s->n && !((double)v >= s->bound[k] && v > 0)) {
            k++;
        }
        c->out[0][i] = isnan(v) ? (double)NAN : (double)(s->n + 1 - k);
    }
}

static gt_status check_shares(gt_ctx *ctx, const gt_model_value *v)
{
    if (v->n > BOUNDS) {
        return gt_fail(
            ctx, GT_E_INPUT, &GT_MSG_MODEL_COUNT, GT_NOWHERE,
            GT_ARGS(GT_TEXT("name", "shares"), GT_INT("n", v->n), GT_INT("want", BOUNDS)));
    }
    for (size_t i = 1; i < v->n; i++) {
        if (v->reals[i] <= v->reals[i - 1]) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_ASCEND, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("name", "shares")));
        }
    }
    return GT_OK;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    const gt_model_value *v = gt_model_with(call, "shares");
    gt_job job;
    shares s = {.share = v->reals, .n = v->n, .threads = gt_ctx_threads(ctx)};
    gt_status st = check_shares(ctx, v);
    if (st != GT_OK) {
        return st;
    }
    st = gt_job_open(ctx, call, &job);
    job.partial = false;
    s.sum = st == GT_OK ? gt_alloc(ctx, (size_t)s.threads * COUNT_PER_WORKER, sizeof *s.sum) : NULL;
    if (st == GT_OK && s.sum == NULL) {
        st = GT_E_MEMORY;
    }
    if (st == GT_OK) {
        const gt_grid_spec *f = gt_grid_facts(job.in[0]);
        s.largest = MOST / FIXED / ((double)f->n_cols * (double)f->n_rows);
        st = find_bounds(ctx, job.in[0], &s);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, 0, GT_CELL_U8);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, grade_row, &s);
    }
    gt_free(ctx, s.sum);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {{.name = "values",
                                    .kind = GT_PORT_GRID,
                                    .title = {"服务量", "service"},
                                    .note = {"负值按 0 累计", "negative cells add nothing"}},
                                   {0}};
static const gt_model_port out[] = {{.name = "grade",
                                     .kind = GT_PORT_GRID,
                                     .title = {"等级", "grade"},
                                     .note = {"最高级最重要", "the highest is the most important"}},
                                    {0}};
static const gt_model_param with[] = {
    {.name = "shares",
     .kind = GT_PARAM_REALS,
     .title = {"累计占比界限（递增）", "cumulated shares, ascending"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "50 %, 80 %",
     .source = "生态保护红线划定指南 2017 and trial guide of 2020"},
    {0}};
static const char *const sources[] = {
    "生态保护红线划定指南 2017", "资源环境承载能力和国土空间开发适宜性评价指南（试行）2020", NULL};

const gt_model GT_MODEL_SHARE_GRADE = {
    .name = "share-grade",
    .group = "algebra",
    .version = 1,
    .title = {"按累计占比分级", "grades by cumulated share"},
    .what = {"服务量由大到小累计，前 50% 为最高级，至 80% "
             "为次级，其余为一级；界限上的同值归高一级。结果取决于评价范围。",
             "Cells from the greatest down: those that give the first 50 % of the total are of the "
             "highest grade, up to 80 % of the next, the rest of grade 1; equals at a bound go up. "
             "Depends on the extent."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "4.5 MB a thread and the blocks of the walk",
    .need = {.thread = 5 << 20},
    .sources = sources,
    .run = run};
