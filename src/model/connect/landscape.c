/* Landscape metrics of a map of classes, as FRAGSTATS 4 defines them, from the counts of
 * landscape_count.c. */
#include "model/connect/landscape.h"

#include <math.h>
#include <string.h>

#include "model/connect/tables.h"
#include "model/job.h"

/* ---- formulas -----------------------------------------------------------------------------------
 */

/* Least sides of a figure of n cells. */
static double least_sides(double n)
{
    double k = floor(sqrt(n)), q = n - k * k;
    return q <= 0 ? 4 * k : n <= k * (k + 1) ? 4 * k + 2 : 4 * k + 4;
}

/* Most like sides within n cells, counted once. */
static double most_like(double n)
{
    double k = floor(sqrt(n)), q = n - k * k;
    return 2 * k * (k - 1) + (q <= 0 ? 0 : q <= k ? 2 * q - 1 : 2 * q - 2);
}

/* Sums over patches, of one class or all. */
typedef struct sums {
    double n, cells, cells2, most, sides, cohesion, core;
    double shape, fractal, para, contiguity, gyrate, nearest, n_nearest, core_share;
} sums;

typedef struct shape {
    double area, para, shape, fractal, contiguity, gyrate, nearest, core;
} shape;

static shape shape_of(const gt_scape *s, size_t i)
{
    const gt_scape_patch *p = &s->of[i];
    double n = (double)s->list[i].cells, area = n * s->cell * s->cell;
    double perimeter = p->sides * s->cell;
    double ln = log(area);
    return (shape){.area = area,
                   .para = perimeter / area,
                   .shape = p->sides / least_sides(n),
                   .fractal = n <= 1 || ln == 0 ? 1 : 2 * log(0.25 * perimeter) / ln,
                   .contiguity = (p->contiguity / n - 1) / 12,
                   .gyrate = p->reach / n * s->cell,
                   .nearest = isinf(p->nearest2) ? (double)NAN : sqrt(p->nearest2) * s->cell,
                   .core = p->core * s->cell * s->cell};
}

static sums sums_of(const gt_scape *s, const gt_scape_class *only)
{
    sums t = {0};
    for (size_t i = 0; i < s->n_patches; i++) {
        if (only != NULL && s->list[i].value != only->code) {
            continue;
        }
        const shape f = shape_of(s, i);
        double n = (double)s->list[i].cells;
        t.n++;
        t.cells += n;
        t.cells2 += n * n;
        t.most = fmax(t.most, n);
        t.sides += s->of[i].sides;
        t.cohesion += s->of[i].sides * sqrt(n);
        t.core += s->of[i].core;
        t.core_share += 100 * s->of[i].core / n;
        t.shape += f.shape;
        t.fractal += f.fractal;
        t.para += f.para;
        t.contiguity += f.contiguity;
        t.gyrate += f.gyrate;
        if (!isnan(f.nearest)) {
            t.nearest += f.nearest;
            t.n_nearest++;
        }
    }
    return t;
}

static double unlike(const gt_scape *s, size_t i)
{
    double e = 0;
    for (size_t k = 0; k < s->n_classes; k++) {
        e += k == i ? 0 : s->sides[i * s->n_classes + k];
    }
    return e;
}

static double entropy(double share)
{
    return share > 0 ? share * log(share) : 0;
}

/* Clumpiness: like sides beside what chance gives. */
static double clumpy(const gt_scape *s, size_t i)
{
    double n = s->classes[i].cells, share = n / s->cells;
    double g = s->sides[i * s->n_classes + i] / (4 * n - least_sides(n));
    if (4 * n <= least_sides(n) || share >= 1) {
        return (double)NAN;
    }
    return g < share && share < 0.5 ? (g - share) / share : (g - share) / (1 - share);
}

static double aggregation(const gt_scape *s, size_t i)
{
    double most = most_like(s->classes[i].cells);
    return most > 0 ? 100 * s->sides[i * s->n_classes + i] / 2 / most : (double)NAN;
}

static double juxtaposition(const gt_scape *s, size_t i)
{
    double e = unlike(s, i), sum = 0;
    for (size_t k = 0; k < s->n_classes; k++) {
        sum += k == i ? 0 : entropy(s->sides[i * s->n_classes + k] / e);
    }
    return s->n_classes > 2 && e > 0 ? -100 * sum / log((double)s->n_classes - 1) : (double)NAN;
}

/* ---- tables -------------------------------------------------------------------------------------
 */

static void put(gt_text *out, double v)
{
    gt_text_putc(out, ',');
    if (isfinite(v)) {
        gt_text_printf(out, "%.10g", v);
    }
}

/* What classes and the landscape have in common, in the order of COMMON. */
#define COMMON                                                                                     \
    "NP,PD,LPI,TE,ED,AREA_MN,AREA_SD,AREA_CV,SHAPE_MN,FRAC_MN,PARA_MN,CONTIG_MN,GYRATE_MN,"        \
    "ENN_MN,TCA,CAI_MN,COHESION,DIVISION,MESH,SPLIT"
static void put_common(gt_text *out, const gt_scape *s, const sums *t, double edge)
{
    double ha = s->cell * s->cell / 1e4, all = s->cells;
    double mean = t->cells / t->n, sd = sqrt(fmax(t->cells2 / t->n - mean * mean, 0));
    put(out, t->n);
    put(out, t->n / (all * ha) * 100);
    put(out, 100 * t->most / all);
    put(out, edge * s->cell);
    put(out, edge * s->cell / (all * ha));
    put(out, mean * ha);
    put(out, sd * ha);
    put(out, 100 * sd / mean);
    put(out, t->shape / t->n);
    put(out, t->fractal / t->n);
    put(out, t->para / t->n);
    put(out, t->contiguity / t->n);
    put(out, t->gyrate / t->n);
    put(out, t->n_nearest > 0 ? t->nearest / t->n_nearest : (double)NAN);
    put(out, t->core * ha);
    put(out, t->core_share / t->n);
    put(out, all > 1 ? 100 * (1 - t->sides / t->cohesion) / (1 - 1 / sqrt(all)) : (double)NAN);
    put(out, 1 - t->cells2 / (all * all));
    put(out, t->cells2 / all * ha);
    put(out, all * all / t->cells2);
}

static gt_status write_classes(const gt_scape *s, const char *path)
{
    gt_text out;
    double ha = s->cell * s->cell / 1e4;
    gt_text_init(&out, s->ctx, 0);
    gt_text_puts(&out, "class,CA,PLAND," COMMON ",LSI,CLUMPY,PLADJ,AI,IJI\n");
    for (size_t i = 0; i < s->n_classes; i++) {
        const gt_scape_class *k = &s->classes[i];
        const sums t = sums_of(s, k);
        double edge = unlike(s, i);
        gt_text_printf(&out, "%d", (int)k->code);
        put(&out, k->cells * ha);
        put(&out, 100 * k->cells / s->cells);
        put_common(&out, s, &t, edge);
        put(&out, (edge + k->border) / least_sides(k->cells));
        put(&out, clumpy(s, i));
        put(&out, 100 * s->sides[i * s->n_classes + i] / (4 * k->cells));
        put(&out, aggregation(s, i));
        put(&out, juxtaposition(s, i));
        gt_text_putc(&out, '\n');
    }
    gt_status st = gt_table_write(s->ctx, path, &out);
    gt_text_free(&out);
    return st;
}

/* Contagion with the adjacencies of a class shared out by its area, as FRAGSTATS does it. */
static double contagion(const gt_scape *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n_classes; i++) {
        double like = s->sides[i * s->n_classes + i], all = like + unlike(s, i);
        for (size_t k = 0; all > 0 && k < s->n_classes; k++) {
            sum += entropy(s->classes[i].cells / s->cells * s->sides[i * s->n_classes + k] / all);
        }
    }
    return s->n_classes > 1 ? 100 * (1 + sum / (2 * log((double)s->n_classes))) : (double)NAN;
}

static void put_landscape(gt_text *out, const gt_scape *s)
{
    const sums t = sums_of(s, NULL);
    double edge = 0, border = 0, like = 0, shannon = 0, simpson = 0, ai = 0, iji = 0;
    double m = (double)s->n_classes;
    for (size_t i = 0; i < s->n_classes; i++) {
        double share = s->classes[i].cells / s->cells, a = aggregation(s, i);
        edge += unlike(s, i) / 2;
        border += s->classes[i].border;
        like += s->sides[i * s->n_classes + i];
        shannon -= entropy(share);
        simpson += share * share;
        ai += isnan(a) ? 0 : share * a;
    }
    for (size_t i = 0; i < s->n_classes; i++) {
        for (size_t k = i + 1; edge > 0 && k < s->n_classes; k++) {
            iji -= entropy(s->sides[i * s->n_classes + k] / edge);
        }
    }
    put_common(out, s, &t, edge);
    put(out, 0.25 * (edge + border) / sqrt(s->cells));
    put(out, contagion(s));
    put(out, 100 * like / (4 * s->cells));
    put(out, ai);
    put(out, m > 2 ? 100 * iji / log(m * (m - 1) / 2) : (double)NAN);
    put(out, m);
    put(out, shannon);
    put(out, m > 1 ? shannon / log(m) : (double)NAN);
    put(out, 1 - simpson);
    put(out, m > 1 ? (1 - simpson) / (1 - 1 / m) : (double)NAN);
}

static gt_status write_landscape(const gt_scape *s, const char *path)
{
    gt_text out;
    gt_text_init(&out, s->ctx, 0);
    gt_text_puts(&out, "TA," COMMON ",LSI,CONTAG,PLADJ,AI,IJI,PR,SHDI,SHEI,SIDI,SIEI\n");
    gt_text_printf(&out, "%.10g", s->cells * s->cell * s->cell / 1e4);
    put_landscape(&out, s);
    gt_text_putc(&out, '\n');
    gt_status st = gt_table_write(s->ctx, path, &out);
    gt_text_free(&out);
    return st;
}

static gt_status write_patches(const gt_scape *s, const char *path)
{
    gt_text out;
    if (path == NULL) {
        return GT_OK;
    }
    gt_text_init(&out, s->ctx, 0);
    gt_text_puts(&out, "patch,class,AREA,PERIM,PARA,SHAPE,FRAC,CONTIG,GYRATE,ENN,CORE,CAI\n");
    for (size_t i = 0; i < s->n_patches; i++) {
        const shape f = shape_of(s, i);
        gt_text_printf(&out, "%zu,%d", i + 1, (int)s->list[i].value);
        put(&out, f.area / 1e4);
        put(&out, s->of[i].sides * s->cell);
        put(&out, f.para);
        put(&out, f.shape);
        put(&out, f.fractal);
        put(&out, f.contiguity);
        put(&out, f.gyrate);
        put(&out, f.nearest);
        put(&out, f.core / 1e4);
        put(&out, 100 * f.core / f.area);
        gt_text_putc(&out, '\n');
    }
    gt_status st = gt_table_write(s->ctx, path, &out);
    gt_text_free(&out);
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_scape s = {.ctx = ctx,
                  .eight = gt_model_with(call, "neighbours")->choice == 0,
                  .depth = (int)gt_model_with(call, "edge")->integer};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? gt_scape_count(&s, job.in[0]) : st;
    st = st == GT_OK ? write_classes(&s, gt_model_out(call, "classes")) : st;
    if (st == GT_OK && gt_model_out(call, "landscape") != NULL) {
        st = write_landscape(&s, gt_model_out(call, "landscape"));
    }
    st = st == GT_OK ? write_patches(&s, gt_model_out(call, "patches")) : st;
    gt_scape_free(&s);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "classes",
     .kind = GT_PORT_GRID,
     .title = {"类别", "classes"},
     .note = {"整数；无值在景观之外；正方形栅格，米",
              "whole numbers; nodata is outside; square cells, metres"}},
    {0}};
static const gt_model_port out[] = {{.name = "classes",
                                     .kind = GT_PORT_TABLE,
                                     .title = {"类型水平指数", "metrics of classes"},
                                     .note = {"CSV，一行一类", "CSV, one line a class"}},
                                    {.name = "landscape",
                                     .kind = GT_PORT_TABLE,
                                     .title = {"景观水平指数", "metrics of the landscape"},
                                     .optional = true,
                                     .note = {"CSV，一行", "CSV, one line"}},
                                    {.name = "patches",
                                     .kind = GT_PORT_TABLE,
                                     .title = {"斑块水平指数", "metrics of patches"},
                                     .optional = true,
                                     .note = {"CSV，一行一斑块；面积公顷，长度米",
                                              "CSV, one line a patch; areas in ha, lengths in m"}},
                                    {0}};
static const char *const ways[] = {"8", "4", NULL};
static const gt_model_param with[] = {{.name = "neighbours",
                                       .kind = GT_PARAM_CHOICE,
                                       .title = {"斑块邻域", "neighbours of a patch"},
                                       .preset = "8",
                                       .choices = ways},
                                      {.name = "edge",
                                       .kind = GT_PARAM_INT,
                                       .title = {"边缘深度（栅格）", "edge depth (cells)"},
                                       .min = 1,
                                       .max = 1000,
                                       .preset = "1"},
                                      {0}};
static const char *const sources[] = {"McGarigal, Cushman and Ene 2012 (FRAGSTATS 4)", NULL};

const gt_model GT_MODEL_LANDSCAPE_METRICS = {
    .name = "landscape-metrics",
    .group = "connect",
    .version = 1,
    .title = {"景观格局指数", "landscape metrics"},
    .what =
        {"斑块、类型、景观三个水平的格局指数，定义同 FRAGSTATS 4；未定义的指数留空（如只有一类）。",
         "Metrics of patches, classes and the landscape as FRAGSTATS 4 defines them; what is not "
         "defined (with one class) stays empty."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law =
        "8 bytes a cell of a band, which is an eighth of the ceiling or less, 130 a patch, 32 for "
        "each cell on the rim of the largest class; one thread",
    .sources = sources,
    .run = run};
