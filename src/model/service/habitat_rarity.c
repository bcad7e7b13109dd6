/* Rarity of habitats after InVEST: how little of a class is left against a year before. */
#include <math.h>
#include <stdatomic.h>

#include "model/connect/tables.h"
#include "model/job.h"
#include "model/messages.h"

enum { NOW = 0, BEFORE, CODES = 4096 };

typedef struct stocks {
    _Atomic uint64_t n[2][CODES]; /* cells now, before */
    double rarity[CODES];
    _Atomic bool odd;
} stocks;

static void count_row(const gt_cells *c)
{
    stocks *s = *(stocks *const *)c->user;
    for (int side = 0; side < 2; side++) {
        const double *in = c->in[side];
        for (size_t i = 0; i < c->n;) {
            double v = in[i];
            size_t from = i;
            while (i < c->n && (in[i] == v || (isnan(in[i]) && isnan(v)))) {
                i++; /* runs of one class: fewer turns at the counters */
            }
            if (v >= 0 && v < CODES && v == floor(v)) {
                (void)atomic_fetch_add_explicit(&s->n[side][(size_t)v], i - from,
                                                memory_order_relaxed);
            } else if (!isnan(v)) {
                atomic_store(&s->odd, true);
            }
        }
    }
}

static void rarity_row(const gt_cells *c)
{
    const stocks *s = *(stocks *const *)c->user;
    for (size_t i = 0; i < c->n; i++) {
        double v = c->in[NOW][i];
        c->out[0][i] = isnan(v) ? v : s->rarity[(size_t)v];
    }
}

static gt_status write_classes(gt_ctx *ctx, const gt_model_call *call, const stocks *s)
{
    gt_text text;
    gt_text_init(&text, ctx, 0);
    gt_text_printf(&text, "class,now,before,rarity\n");
    for (size_t i = 0; i < CODES; i++) {
        if (s->n[NOW][i] > 0 || s->n[BEFORE][i] > 0) {
            gt_text_printf(&text, "%zu,%llu,%llu,", i, (unsigned long long)s->n[NOW][i],
                           (unsigned long long)s->n[BEFORE][i]);
            gt_table_real(&text, s->rarity[i]);
            gt_text_printf(&text, "\n");
        }
    }
    gt_status st = gt_text_status(&text);
    st = st == GT_OK ? gt_table_write(ctx, gt_model_out(call, "table"), &text) : st;
    gt_text_free(&text);
    return st;
}

static gt_status work(gt_ctx *ctx, gt_job *job, stocks *s)
{
    gt_status st = gt_job_cells(ctx, job, 0, count_row, &s);
    if (st == GT_OK && s->odd) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_ODD_CLASS, GT_NOWHERE,
                     GT_ARGS(GT_INT("most", CODES - 1)));
    }
    for (size_t i = 0; i < CODES; i++) {
        double now = (double)s->n[NOW][i], before = (double)s->n[BEFORE][i];
        s->rarity[i] = before > 0 ? 1 - now / (before + now) : 0; /* new classes are not rare */
    }
    st = st == GT_OK ? gt_job_make(ctx, job, 0, GT_CELL_F32) : st;
    st = st == GT_OK ? gt_job_cells(ctx, job, 0, rarity_row, &s) : st;
    return st == GT_OK ? write_classes(ctx, job->call, s) : st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    stocks *s = NULL;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        s = gt_zalloc(ctx, 1, sizeof *s);
        st = s == NULL ? GT_E_MEMORY : work(ctx, &job, s);
    }
    gt_free(ctx, s);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "land", .kind = GT_PORT_GRID, .title = {"现状地类", "land cover now"}},
    {.name = "base", .kind = GT_PORT_GRID, .title = {"基期地类", "land cover of the year before"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "rarity",
     .kind = GT_PORT_GRID,
     .title = {"生境稀缺性", "rarity of the habitat"},
     .unit = "1",
     .note = {"0.5 未变，近 1 将失，0 为基期没有的地类",
              "0.5 unchanged, near 1 nearly lost, 0 for classes there were none of"}},
    {.name = "table",
     .kind = GT_PORT_TABLE,
     .title = {"各地类栅格数与稀缺性", "cells and rarity of each class"},
     .optional = true},
    {0}};
static const gt_model_param with[] = {{0}};
static const char *const sources[] = {"InVEST habitat quality (natcap/invest)", NULL};

const gt_model GT_MODEL_HABITAT_RARITY = {
    .name = "habitat-rarity",
    .group = "service",
    .version = 1,
    .title = {"生境稀缺性", "rarity of habitats"},
    .what = {"R = 1 − N/(N基 + N)，N 为现状、N基 为基期该地类的栅格数；基期没有的地类为 0。",
             "R = 1 - N / (N_base + N), N the cells of the class now and N_base before; 0 for "
             "classes of which there were none."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "blocks of the walk and 0.1 MB; the inputs are read twice",
    .sources = sources,
    .run = run};
