/* Wind over a city: roughness of its buildings, the sky seen from its ground, and what both let
 * through. */
#include <math.h>

#include "model/job.h"
#include "model/messages.h"

/* ---- roughness ----------------------------------------------------------------------------------
 */

enum { HEIGHT = 0, PLAN, FRONT, MACDONALD = 0 };

typedef struct rough {
    size_t way;
    double least, front_of_plan;
} rough;

/* Zero-plane displacement and roughness length as shares of the height. */
static void macdonald(double plan, double front, double *displacement, double *length)
{
    const double drag = 1.2, karman = 0.4, alpha = 4.43;
    *displacement = 1 + pow(alpha, -plan) * (plan - 1);
    double open = 1 - *displacement;
    *length = open * exp(-1 / sqrt(0.5 * drag / (karman * karman) * open * front));
}

static void grimmond_oke(double front, double *displacement, double *length)
{
    double s = sqrt(7.5 * 2 * front), friction = fmin(sqrt(0.003 + 0.3 * front), 0.3);
    *displacement = s > 0 ? 1 - (1 - exp(-s)) / s : 0;
    *length = (1 - *displacement) * exp(-0.4 / friction + 0.193);
}

static void rough_row(const gt_cells *c)
{
    const rough *w = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double h = c->in[HEIGHT][i], plan = c->in[PLAN][i], d = 0, z0 = 0;
        double front = c->in[FRONT] != NULL ? c->in[FRONT][i] : plan * w->front_of_plan;
        double hole = 0 * (h + plan + front);
        if (w->way == MACDONALD) {
            macdonald(plan, front, &d, &z0);
        } else {
            grimmond_oke(front, &d, &z0);
        }
        c->out[0][i] = fmax(h * z0, w->least) + hole;
        if (c->out[1] != NULL) {
            c->out[1][i] = h * d + hole;
        }
    }
}

static gt_status run_roughness(gt_ctx *ctx, const gt_model_call *call)
{
    const rough w = {gt_model_with(call, "way")->choice, gt_model_real(call, "least"),
                     gt_model_real(call, "front-of-plan")};
    return gt_job_local(ctx, call, GT_CELL_F32, rough_row, &w);
}

static const gt_model_port rough_in[] = {
    {.name = "height",
     .kind = GT_PORT_GRID,
     .title = {"建筑平均高度（按基底面积加权）", "height of buildings, weighted by footprint"},
     .unit = "m",
     .note = {"无建筑处为 0", "0 where there are none"}},
    {.name = "plan",
     .kind = GT_PORT_GRID,
     .title = {"建筑密度 λp", "share of the ground under buildings"},
     .unit = "1",
     .note = {"0 至 1", "0 .. 1"}},
    {.name = "front",
     .kind = GT_PORT_GRID,
     .title = {"迎风面积比 λf", "frontal area to ground"},
     .unit = "1",
     .optional = true,
     .note = {"缺时取 λp 的倍数", "without it a multiple of the plan share"}},
    {0}};
static const gt_model_port rough_out[] = {{.name = "length",
                                           .kind = GT_PORT_GRID,
                                           .title = {"粗糙度长度 z0", "roughness length"},
                                           .unit = "m"},
                                          {.name = "displacement",
                                           .kind = GT_PORT_GRID,
                                           .title = {"零平面位移 zd", "zero-plane displacement"},
                                           .unit = "m",
                                           .optional = true},
                                          {0}};
static const char *const rough_ways[] = {"macdonald", "grimmond-oke", NULL};
static const gt_model_param rough_with[] = {
    {.name = "way",
     .kind = GT_PARAM_CHOICE,
     .title = {"算法", "formula"},
     .preset = "macdonald",
     .choices = rough_ways},
    {.name = "least",
     .kind = GT_PARAM_REAL,
     .title = {"最小粗糙度长度", "least roughness length"},
     .unit = "m",
     .min = 0,
     .max = 10,
     .preset = "0.03",
     .source = "open ground: without buildings the formulas give 0"},
    {.name = "front-of-plan",
     .kind = GT_PARAM_REAL,
     .title = {"λf 与 λp 之比（无 λf 时）", "frontal to plan share where there is no grid of it"},
     .unit = "1",
     .min = 0,
     .max = 20,
     .preset = "1",
     .source = "cubes: a cube of 10 m on a lot of 40 m has 0.0625 of both"},
    {0}};
static const char *const rough_sources[] = {
    "Macdonald, Griffiths and Hall 1998 (staggered arrays; alpha 4.43, drag 1.2)",
    "Raupach 1994; Grimmond and Oke 1999", NULL};

const gt_model GT_MODEL_ROUGHNESS = {
    .name = "roughness",
    .group = "hazard",
    .version = 1,
    .title = {"地表粗糙度长度", "roughness of buildings"},
    .what = {"由建筑高度、建筑密度与迎风面积比计算空气动力学粗糙度长度与零平面位移。",
             "Aerodynamic roughness length and zero-plane displacement from height, plan share "
             "and frontal share of buildings."},
    .in = rough_in,
    .out = rough_out,
    .with = rough_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = rough_sources,
    .run = run_roughness};

/* ---- sky view -----------------------------------------------------------------------------------
 */

enum { DIRECTIONS_MAX = 64, RADIUS_MAX = 200 };

typedef struct sky {
    bool cosine;
    int radius, directions;
    double cell_x, cell_y;
    double east[DIRECTIONS_MAX], south[DIRECTIONS_MAX]; /* a step: 1 along the longer axis */
} sky;

/* Square of the tangent of the highest horizon along a direction, 0 where it is below. Nodata on
 * the way hides nothing. */
static double horizon(const sky *s, const double *at, ptrdiff_t stride, int k)
{
    double most = 0;
    for (int step = 1; step <= s->radius; step++) {
        ptrdiff_t e = lrint(step * s->east[k]), d = lrint(step * s->south[k]);
        double rise = at[d * stride + e] - *at, x = (double)e * s->cell_x,
               y = (double)d * s->cell_y;
        double square = rise > 0 ? rise * rise / (x * x + y * y) : 0;
        most = square > most ? square : most;
    }
    return most;
}

static void sky_row(const gt_cells *c)
{
    const sky *s = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double sum = 0;
        for (int k = 0; k < s->directions && !isnan(c->in[0][i]); k++) {
            double t = horizon(s, c->in[0] + i, c->stride, k);
            sum += s->cosine ? 1 / (1 + t) : 1 - sqrt(t / (1 + t));
        }
        c->out[0][i] = sum / s->directions + 0 * c->in[0][i];
    }
}

static int sky_halo(const gt_model_call *call)
{
    return (int)gt_model_with(call, "radius")->integer;
}

static gt_status run_sky(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    sky s = {.cosine = gt_model_with(call, "way")->choice == 0,
             .radius = sky_halo(call),
             .directions = (int)gt_model_with(call, "directions")->integer};
    for (int k = 0; k < s.directions; k++) {
        double a = 2 * 3.14159265358979323846 * k / s.directions;
        double longer = fmax(fabs(cos(a)), fabs(sin(a)));
        s.east[k] = cos(a) / longer;
        s.south[k] = sin(a) / longer;
    }
    gt_status st = gt_job_open(ctx, call, &job);
    if (st == GT_OK) {
        s.cell_x = gt_grid_facts(job.in[0])->cell_x;
        s.cell_y = gt_grid_facts(job.in[0])->cell_y;
        st = gt_job_make(ctx, &job, 0, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, s.radius, sky_row, &s);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port sky_in[] = {
    {.name = "surface",
     .kind = GT_PORT_GRID,
     .title = {"地表（含建筑）高程", "surface with its buildings"},
     .unit = "m"},
    {0}};
static const gt_model_port sky_out[] = {
    {.name = "view", .kind = GT_PORT_GRID, .title = {"天空可视因子", "sky view"}, .unit = "1"},
    {0}};
static const char *const sky_ways[] = {"cosine", "solid", NULL};
static const gt_model_param sky_with[] = {
    {.name = "way",
     .kind = GT_PARAM_CHOICE,
     .title = {"定义：cosine 为余弦加权，solid 为立体角",
               "definition: weighted by the cosine, or the solid angle"},
     .preset = "cosine",
     .choices = sky_ways},
    {.name = "radius",
     .kind = GT_PARAM_INT,
     .title = {"搜索半径（栅格数）", "how far it looks, in cells"},
     .min = 1,
     .max = RADIUS_MAX,
     .preset = "20",
     .source = "200 m at cells of 10 m"},
    {.name = "directions",
     .kind = GT_PARAM_INT,
     .title = {"方向数", "directions"},
     .min = 8,
     .max = DIRECTIONS_MAX,
     .preset = "16"},
    {0}};
static const char *const sky_sources[] = {"Oke 1987: mean of the squared cosine of the horizon",
                                          "Zaksek, Ostir and Kokalj 2011: 1 - mean of its sine",
                                          NULL};

const gt_model GT_MODEL_SKY_VIEW = {
    .name = "sky-view",
    .group = "hazard",
    .version = 1,
    .title = {"天空可视因子", "sky view factor"},
    .what = {"由各方向的地平高度角求可见天空的比例：余弦加权取 cos² 的平均，立体角取 1 减 sin "
             "的平均。边缘以外与无值处不遮挡。",
             "Share of the sky that is seen, from the horizon in each direction: mean of cos2, or "
             "1 less the mean of sin. Nothing hides beyond the edge and at nodata."},
    .in = sky_in,
    .out = sky_out,
    .with = sky_with,
    .reach = GT_REACH_FOCAL,
    .halo = sky_halo,
    .law =
        "blocks of the walk with their halo: 16 bytes a cell and thread; the time grows with "
        "directions times radius (each cell looks along lines of its own, so that horizons found "
        "once for a whole line would not be the same)",
    .sources = sky_sources,
    .run = run_sky};

/* ---- potential ----------------------------------------------------------------------------------
 */

enum { LENGTH = 0, SKY };

typedef struct airing {
    double rough, fair, open;
} airing;

static void airing_row(const gt_cells *c)
{
    const airing *a = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double z0 = c->in[LENGTH][i], sky_share = c->in[SKY][i];
        bool seen = sky_share >= a->open;
        double grade = z0 > a->rough ? 1 : (z0 > a->fair ? 2 : 4) + (seen ? 1 : 0);
        c->out[0][i] = grade + 0 * (z0 + sky_share);
    }
}

static gt_status run_airing(gt_ctx *ctx, const gt_model_call *call)
{
    const airing a = {gt_model_real(call, "rough"), gt_model_real(call, "fair"),
                      gt_model_real(call, "open")};
    if (a.fair >= a.rough) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_ASCEND, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", "fair, rough")));
    }
    return gt_job_local(ctx, call, GT_CELL_U8, airing_row, &a);
}

static const gt_model_port airing_in[] = {
    {.name = "length",
     .kind = GT_PORT_GRID,
     .title = {"粗糙度长度", "roughness length"},
     .unit = "m"},
    {.name = "sky", .kind = GT_PORT_GRID, .title = {"天空可视因子", "sky view"}, .unit = "1"},
    {0}};
static const gt_model_port airing_out[] = {
    {.name = "grade",
     .kind = GT_PORT_GRID,
     .title = {"通风潜力等级", "grade of ventilation potential"},
     .note = {"1 无或很低……5 高", "1 none or very low .. 5 high"}},
    {0}};
static const gt_model_param airing_with[] = {
    {.name = "rough",
     .kind = GT_PARAM_REAL,
     .title = {"粗糙度长度上限：大于者为 1 级", "roughness above which the grade is 1"},
     .unit = "m",
     .min = 0,
     .max = 100,
     .preset = "1",
     .source = "QX/T 437-2018; to be confirmed"},
    {.name = "fair",
     .kind = GT_PARAM_REAL,
     .title = {"粗糙度长度中限：不大于者为 4、5 级", "roughness up to which it is 4 or 5"},
     .unit = "m",
     .min = 0,
     .max = 100,
     .preset = "0.5",
     .source = "QX/T 437-2018; to be confirmed"},
    {.name = "open",
     .kind = GT_PARAM_REAL,
     .title = {"天空可视因子界限（含）", "sky view from which a grade is the higher"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "0.65",
     .source = "QX/T 437-2018; to be confirmed"},
    {0}};
static const char *const airing_sources[] = {"气候可行性论证规范 城市通风廊道 QX/T 437-2018", NULL};

const gt_model GT_MODEL_VENTILATION = {
    .name = "ventilation-potential",
    .group = "hazard",
    .version = 1,
    .title = {"通风潜力等级", "ventilation potential"},
    .what = {"粗糙度长度大于 1 米为 1 级，0.5 至 1 米为 2、3 级，不大于 0.5 米为 4、5 "
             "级；天空可视因子达到 0.65 者取较高一级。",
             "Roughness above 1 m is grade 1, 0.5 .. 1 m grade 2 or 3, up to 0.5 m grade 4 or 5; "
             "the higher where the sky view is 0.65 or more."},
    .in = airing_in,
    .out = airing_out,
    .with = airing_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 8 bytes a cell of a block, grid and thread",
    .sources = airing_sources,
    .run = run_airing};
