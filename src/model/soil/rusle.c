/* RUSLE: soil loss, what it would be without cover, and what the cover keeps back. */
#include <math.h>

#include "model/job.h"

enum { LS = 0, RAIN, SOIL, COVER, PRACTICE, LAND };

typedef struct factors {
    double rain, soil, cover, practice;
    gt_table *cover_of, *practice_of;
} factors;

/* A factor of a cell: its grid, else its class's, else the constant. */
static inline double factor_of(const double *grid, const gt_table *table, const double *land,
                               size_t i, double constant)
{
    return grid != NULL                    ? grid[i]
           : table != NULL && land != NULL ? gt_table_at(table, land[i])
                                           : constant;
}

static void rusle_row(const gt_cells *c)
{
    const factors *f = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double r = c->in[RAIN] != NULL ? c->in[RAIN][i] : f->rain;
        double k = c->in[SOIL] != NULL ? c->in[SOIL][i] : f->soil;
        double cover = factor_of(c->in[COVER], f->cover_of, c->in[LAND], i, f->cover);
        double practice = factor_of(c->in[PRACTICE], f->practice_of, c->in[LAND], i, f->practice);
        double potential = r * k * c->in[LS][i];
        double kept = cover * practice;
        c->out[0][i] = potential * kept;
        if (c->out[1] != NULL) {
            c->out[1][i] = potential * (1 - kept);
        }
        if (c->out[2] != NULL) {
            c->out[2][i] = potential + 0 * kept; /* nodata where the loss is */
        }
    }
}

/* A factor by class, when a table is given; *out NULL else. */
static gt_status table_of(gt_ctx *ctx, const gt_model_call *call, const char *param, gt_table **out)
{
    *out = NULL;
    if (gt_model_with(call, param) == NULL) {
        return GT_OK;
    }
    gt_status st = gt_job_either(ctx, call, "land", "land");
    if (st == GT_OK) {
        *out = gt_table_new(ctx, call, param, (double)NAN);
        st = *out == NULL ? GT_E_MEMORY : GT_OK;
    }
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    static const char *const either[][2] = {{"rain", "rain"}, {"soil", "soil"}};
    factors f = {.rain = gt_model_real(call, "rain"),
                 .soil = gt_model_real(call, "soil"),
                 .cover = gt_model_real(call, "cover"),
                 .practice = gt_model_real(call, "practice")};
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < 2; i++) {
        st = gt_job_either(ctx, call, either[i][0], either[i][1]);
    }
    if (st == GT_OK) {
        st = table_of(ctx, call, "cover-by-class", &f.cover_of);
    }
    if (st == GT_OK) {
        st = table_of(ctx, call, "practice-by-class", &f.practice_of);
    }
    if (st == GT_OK) {
        st = gt_job_local(ctx, call, GT_CELL_F32, rusle_row, &f);
    }
    gt_free(ctx, f.cover_of);
    gt_free(ctx, f.practice_of);
    return st;
}

static const gt_model_port in[] = {
    {.name = "ls", .kind = GT_PORT_GRID, .title = {"坡长坡度因子", "LS factor"}, .unit = "1"},
    {.name = "rain",
     .kind = GT_PORT_GRID,
     .title = {"降雨侵蚀力 R", "rain erosivity R"},
     .unit = "MJ.mm/(ha.h.yr)",
     .optional = true},
    {.name = "soil",
     .kind = GT_PORT_GRID,
     .title = {"土壤可蚀性 K", "soil erodibility K"},
     .unit = "t.ha.h/(ha.MJ.mm)",
     .optional = true},
    {.name = "cover",
     .kind = GT_PORT_GRID,
     .title = {"植被覆盖因子 C", "cover factor C"},
     .unit = "1",
     .optional = true},
    {.name = "practice",
     .kind = GT_PORT_GRID,
     .title = {"水土保持措施因子 P", "practice factor P"},
     .unit = "1",
     .optional = true},
    {.name = "land",
     .kind = GT_PORT_GRID,
     .title = {"土地覆盖类别", "land cover classes"},
     .optional = true,
     .note = {"与 cover-by-class、practice-by-class 配用",
              "for cover-by-class and practice-by-class"}},
    {0}};
static const gt_model_port out[] = {{.name = "loss",
                                     .kind = GT_PORT_GRID,
                                     .title = {"土壤流失量", "soil loss"},
                                     .unit = "t/(ha.yr)"},
                                    {.name = "retained",
                                     .kind = GT_PORT_GRID,
                                     .title = {"土壤保持量", "soil retained"},
                                     .unit = "t/(ha.yr)",
                                     .optional = true},
                                    {.name = "potential",
                                     .kind = GT_PORT_GRID,
                                     .title = {"潜在流失量", "loss without cover and practice"},
                                     .unit = "t/(ha.yr)",
                                     .optional = true},
                                    {0}};
static const gt_model_param with[] = {
    {.name = "rain",
     .kind = GT_PARAM_REAL,
     .title = {"R（无栅格时）", "R where there is no grid"},
     .unit = "MJ.mm/(ha.h.yr)",
     .min = 0,
     .max = 50000,
     .preset = ""},
    {.name = "soil",
     .kind = GT_PARAM_REAL,
     .title = {"K（无栅格时）", "K where there is no grid"},
     .unit = "t.ha.h/(ha.MJ.mm)",
     .min = 0,
     .max = 1,
     .preset = ""},
    {.name = "cover",
     .kind = GT_PARAM_REAL,
     .title = {"C（无栅格与类别表时）", "C where there is neither grid nor table"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "1"},
    {.name = "practice",
     .kind = GT_PARAM_REAL,
     .title = {"P（无栅格与类别表时）", "P where there is neither grid nor table"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "1"},
    {.name = "cover-by-class",
     .kind = GT_PARAM_PAIRS,
     .title = {"各类的 C", "C of each class"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = ""},
    {.name = "practice-by-class",
     .kind = GT_PARAM_PAIRS,
     .title = {"各类的 P", "P of each class"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = ""},
    {0}};
static const char *const sources[] = {"Renard et al. 1997 (USDA handbook 703)",
                                      "GEP accounting guide 2020: retained = R K LS (1 - C P)",
                                      NULL};

const gt_model GT_MODEL_RUSLE = {
    .name = "rusle",
    .group = "soil",
    .version = 1,
    .title = {"土壤侵蚀（RUSLE）", "soil loss (RUSLE)"},
    .what = {"A = R·K·LS·C·P；同时可得潜在流失量 R·K·LS 与土壤保持量 "
             "R·K·LS·(1−C·P)。不在表中的类别无值；×100 即 t/(km²·年)。",
             "A = R K LS C P; loss without cover R K LS and soil retained R K LS (1 - C P) on "
             "demand. Classes that a table lacks are nodata; times 100 is t/(km2.yr)."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = sources,
    .run = run};
