/* Kernel density of points or lines as a kernel. */
#include <math.h>

#include "guotu/grid_points.h"
#include "model/layer/features.h"
#include "model/messages.h"

typedef struct gathering {
    gt_density_points points;
    double step;
} gathering;

/* A field that is empty weighs nothing. */
static gt_status weight_of(gt_ctx *ctx, const gt_source_feature *f, const gt_value *field,
                           double *out)
{
    *out = field == NULL                ? 1
           : field->kind == GT_VAL_INT  ? (double)field->integer
           : field->kind == GT_VAL_REAL ? field->real
           : field->kind == GT_NULL     ? 0
                                        : -1;
    if (isfinite(*out) && *out >= 0) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_WEIGHT, GT_PLACE(.row = f->row), GT_NO_ARGS);
}

static gt_status gather(gt_ctx *ctx, void *user, const gt_source_feature *f, const gt_value *field)
{
    gathering *g = user;
    const gt_geom *geom = f->geom;
    double weight = 0;
    gt_status st = weight_of(ctx, f, field, &weight);
    if (st == GT_OK && (geom->type == GT_POINT || geom->type == GT_MULTIPOINT)) {
        for (uint32_t i = 0; st == GT_OK && i < geom->n_points; i++) {
            st = gt_density_add_point(ctx, &g->points, geom->xy[2 * (size_t)i],
                                      geom->xy[2 * (size_t)i + 1], weight);
        }
        return st;
    }
    for (uint32_t r = 0, first = 0; st == GT_OK && r < geom->n_rings; first = geom->ring_end[r++]) {
        st = gt_density_add_line(ctx, &g->points, geom->xy + 2 * (size_t)first,
                                 geom->ring_end[r] - first, weight, g->step);
    }
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gathering g = {.step = gt_model_real(call, "bandwidth") / 8};
    gt_density_options o;
    gt_density_options_init(&o);
    o.kernel = (gt_density_kernel)gt_model_with(call, "kernel")->choice;
    o.bandwidth = gt_model_real(call, "bandwidth");
    o.renormalize = gt_model_with(call, "edge")->choice == 1;
    o.per = gt_model_with(call, "per")->choice == 0 ? 1e6 : 1;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? gt_job_make(ctx, &job, 0, GT_CELL_F32) : st;
    if (st == GT_OK) {
        st = gt_features_each(ctx, call, "features", "weight", gt_grid_crs(job.in[0]),
                              GT_FEATURES_LINES, gather, &g);
    }
    st = st == GT_OK ? gt_grid_density(ctx, &g.points, &o, job.out[0]) : st;
    gt_density_free(ctx, &g.points);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "like",
     .kind = GT_PORT_GRID,
     .title = {"栅格框架", "grid whose cells it takes"},
     .note = {"结果与其位置、大小一致；投影坐标系",
              "the result lies on its cells; in a projected CRS"}},
    {.name = "features",
     .kind = GT_PORT_POINTS,
     .title = {"点或线", "points or lines"},
     .note = {"任意矢量格式，转换到栅格坐标系",
              "any format of vectors, brought to the CRS of the grid"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "density",
     .kind = GT_PORT_GRID,
     .title = {"密度", "density"},
     .note = {"线为单位面积内的长度（米）", "of lines: metres of length per area"}},
    {0}};
static const char *const kernels[] = {"quartic", "gaussian", NULL};
static const char *const edges[] = {"lost", "renormalize", NULL};
static const char *const areas[] = {"km2", "m2", NULL};
static const gt_model_param with[] = {
    {.name = "layer",
     .kind = GT_PARAM_TEXT,
     .title = {"图层（只有一个时可省）", "layer (of a sole one not needed)"},
     .preset = ""},
    {.name = "weight",
     .kind = GT_PARAM_TEXT,
     .title = {"权重字段（不给则各计为一）", "field of the weight (without it: 1 each)"},
     .preset = ""},
    {.name = "kernel",
     .kind = GT_PARAM_CHOICE,
     .title = {"核函数", "kernel"},
     .preset = "quartic",
     .choices = kernels,
     .source = "Silverman 1986"},
    {.name = "bandwidth",
     .kind = GT_PARAM_REAL,
     .title = {"带宽（四次核为半径，高斯核为标准差）",
               "bandwidth: radius of quartic, standard deviation of gaussian"},
     .unit = "m",
     .min = 0.001,
     .max = 1000000},
    {.name = "edge",
     .kind = GT_PARAM_CHOICE,
     .title = {"边缘处理（lost 落在栅格外的部分舍去，renormalize 归还到栅格内）",
               "what falls beyond the edge of the grid: lost, or given to the cells inside"},
     .preset = "lost",
     .choices = edges},
    {.name = "per",
     .kind = GT_PARAM_CHOICE,
     .title = {"单位面积", "area it is stated for"},
     .preset = "km2",
     .choices = areas},
    {0}};
static const char *const sources[] = {"Silverman 1986", "Diggle 1985 (edges)", NULL};

const gt_model GT_MODEL_KERNEL_DENSITY = {
    .name = "kernel-density",
    .group = "layer",
    .version = 1,
    .title = {"核密度", "kernel density"},
    .what = {"点或线的核密度；线按八分之一带宽分段，以长度计权。",
             "Density of points or lines; lines count by length, in pieces of an eighth of the "
             "bandwidth."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law = "40 bytes a point, 1 MB a thread",
    .need = {.thread = 1 << 20},
    .sources = sources,
    .run = run};
