/* Habitat quality after InVEST: threats by the distance to their nearest cell, weighted, seen by
 * the sensitivity of each class. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guotu/grid_analysis.h"
#include "model/job.h"

enum { LAND = 0, ACCESS = 1, FIRST = 2, THREATS = 7 };

typedef struct threat {
    double weight, reach;
    bool exponential, there;
    gt_table *seen; /* sensitivity by class */
} threat;

typedef struct quality {
    gt_table *habitat;
    threat threats[THREATS];
    double half_power; /* k^2.5 */
} quality;

static double impact(const threat *t, double d)
{
    if (isnan(d) || d > t->reach) {
        return 0;
    }
    return t->exponential ? exp(-2.99 * d / t->reach) : 1 - d / t->reach;
}

static void quality_row(const gt_cells *c)
{
    const quality *q = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double land = c->in[LAND][i], degradation = 0;
        double access = c->in[ACCESS] != NULL ? c->in[ACCESS][i] : 1;
        for (size_t k = 0; k < THREATS; k++) {
            const threat *t = &q->threats[k];
            if (t->there) {
                degradation += t->weight * impact(t, c->in[FIRST + k][i]) * access *
                               gt_table_at(t->seen, land);
            }
        }
        double power = degradation * degradation * sqrt(degradation);
        c->out[0][i] = gt_table_at(q->habitat, land) * (1 - power / (power + q->half_power));
        if (c->out[1] != NULL) {
            c->out[1][i] = degradation + 0 * land;
        }
    }
}

/* Puts the distance to a threat in the place of the threat itself. A threat that is nowhere has no
 * distance and no impact. */
static gt_status measure(gt_ctx *ctx, gt_job *job, size_t port, threat *t)
{
    gt_grid *distance = NULL;
    gt_grid_spec spec;
    gt_distance_options o;
    gt_distance_options_init(&o);
    gt_grid_spec_like(job->in[port], GT_CELL_F32, &spec);
    spec.nodata = (double)NAN;
    spec.items = NULL;
    spec.n_items = 0;
    gt_status st = gt_grid_create_scratch(ctx, NULL, &spec, &distance);
    if (st == GT_OK) {
        st = gt_grid_distance(ctx, job->in[port], &o, distance, NULL);
    }
    if (st == GT_E_INPUT && strcmp(gt_error_id(ctx), "grid.no-source") == 0) {
        gt_error_clear(ctx);
        st = GT_OK;
        t->there = false;
    }
    gt_grid_close(ctx, job->in[port]);
    job->in[port] = distance;
    return st;
}

static gt_status read_threat(gt_ctx *ctx, gt_job *job, size_t k, threat *t)
{
    char name[16];
    const gt_model_call *call = job->call;
    t->there = job->in[FIRST + k] != NULL;
    if (!t->there) {
        return GT_OK;
    }
    (void)snprintf(name, sizeof name, "weight%zu", k + 1);
    t->weight = gt_model_real(call, name);
    (void)snprintf(name, sizeof name, "reach%zu", k + 1);
    t->reach = gt_model_real(call, name);
    (void)snprintf(name, sizeof name, "decay%zu", k + 1);
    t->exponential = gt_model_with(call, name)->choice == 1;
    (void)snprintf(name, sizeof name, "seen%zu", k + 1);
    t->seen = gt_table_new(ctx, call, name, 0);
    return t->seen == NULL ? GT_E_MEMORY : measure(ctx, job, FIRST + k, t);
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    quality q = {.half_power = pow(gt_model_real(call, "half"), 2.5)};
    double weights = 0;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        q.habitat = gt_table_new(ctx, call, "habitat", (double)NAN);
        st = q.habitat == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t k = 0; st == GT_OK && k < THREATS; k++) {
        st = read_threat(ctx, &job, k, &q.threats[k]);
        weights += q.threats[k].weight;
    }
    for (size_t k = 0; weights > 0 && k < THREATS; k++) {
        q.threats[k].weight /= weights;
    }
    for (size_t i = 0; st == GT_OK && i < 2; i++) {
        st = gt_job_make(ctx, &job, i, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, quality_row, &q);
    }
    gt_free(ctx, q.habitat);
    for (size_t k = 0; k < THREATS; k++) {
        gt_free(ctx, q.threats[k].seen);
    }
    return gt_job_end(ctx, &job, st);
}

#define THREAT(n, may)                                                                             \
    {                                                                                              \
        .name = "threat" n, .kind = GT_PORT_GRID, .title = {"威胁 " n, "threat " n},               \
        .optional = may, .note = {                                                                 \
            "既非无值也非 0 处有威胁",                                                             \
            "where neither nodata nor 0"                                                           \
        }                                                                                          \
    }
static const gt_model_port in[] = {
    {.name = "land", .kind = GT_PORT_GRID, .title = {"土地覆盖类别", "land cover classes"}},
    {.name = "access",
     .kind = GT_PORT_GRID,
     .title = {"可达性", "access"},
     .unit = "1",
     .optional = true,
     .note = {"1 可达，0 受保护", "1 open, 0 protected"}},
    THREAT("1", false),
    THREAT("2", true),
    THREAT("3", true),
    THREAT("4", true),
    THREAT("5", true),
    THREAT("6", true),
    THREAT("7", true),
    {0}};
static const gt_model_port out[] = {{.name = "quality",
                                     .kind = GT_PORT_GRID,
                                     .title = {"生境质量", "habitat quality"},
                                     .unit = "1"},
                                    {.name = "degradation",
                                     .kind = GT_PORT_GRID,
                                     .title = {"生境退化程度", "degradation"},
                                     .unit = "1",
                                     .optional = true},
                                    {0}};
static const char *const decays[] = {"linear", "exponential", NULL};
#define OF_THREAT(n)                                                                               \
    {.name = "weight" n,                                                                           \
     .kind = GT_PARAM_REAL,                                                                        \
     .title = {"威胁 " n " 的权重", "weight of threat " n},                                        \
     .min = 0,                                                                                     \
     .max = 1,                                                                                     \
     .preset = "1"},                                                                               \
        {.name = "reach" n,                                                                        \
         .kind = GT_PARAM_REAL,                                                                    \
         .title = {"威胁 " n " 的影响距离", "reach of threat " n},                                 \
         .unit = "m",                                                                              \
         .min = 1,                                                                                 \
         .max = 1e5,                                                                               \
         .preset = "1 km"},                                                                        \
        {.name = "decay" n,                                                                        \
         .kind = GT_PARAM_CHOICE,                                                                  \
         .title = {"威胁 " n " 的衰减", "decay of threat " n},                                     \
         .preset = "linear",                                                                       \
         .choices = decays},                                                                       \
    {                                                                                              \
        .name = "seen" n, .kind = GT_PARAM_PAIRS,                                                  \
        .title = {"各类对威胁 " n " 的敏感度", "sensitivity of each class to threat " n},          \
        .min = 0, .max = 1, .preset = ""                                                           \
    }
static const gt_model_param with[] = {
    {.name = "habitat",
     .kind = GT_PARAM_PAIRS,
     .title = {"各类的生境适宜性", "habitat suitability of each class"},
     .min = 0,
     .max = 1},
    {.name = "half",
     .kind = GT_PARAM_REAL,
     .title = {"半饱和常数", "half-saturation constant"},
     .min = 1e-6,
     .max = 100,
     .preset = "0.05",
     .source = "InVEST's default; half of the greatest degradation is advised"},
    OF_THREAT("1"),
    OF_THREAT("2"),
    OF_THREAT("3"),
    OF_THREAT("4"),
    OF_THREAT("5"),
    OF_THREAT("6"),
    OF_THREAT("7"),
    {0}};
static const char *const sources[] = {"InVEST habitat quality 3.15 (natcap/invest)", NULL};

const gt_model GT_MODEL_HABITAT_QUALITY = {
    .name = "habitat-quality",
    .group = "service",
    .version = 1,
    .title = {"生境质量", "habitat quality"},
    .what =
        {"退化为各威胁按到最近威胁的距离衰减后的加权和，质量 = 适宜性×(1 − "
         "D^2.5/(D^2.5+k^2.5))；不在适宜"
         "性表中的类别无值，不在敏感度表中的为 0。",
         "Degradation is the weighted sum of threats that fade with the distance to their nearest "
         "cell; quality = suitability (1 - D^2.5 / (D^2.5 + k^2.5)). Classes that the suitability "
         "lacks are nodata, those a sensitivity lacks 0."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "blocks; 4 bytes a cell and threat in scratch files",
    .need = {.scratch_input = 4},
    .sources = sources,
    .run = run};
