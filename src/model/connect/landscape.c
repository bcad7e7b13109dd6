/* Landscape metrics of a map of classes, as FRAGSTATS 4 defines them.
 *
 * One pass counts the sides between classes; a second one goes over the patches (their number,
 * grid_analysis.h): sides, centroid, core, neighbours; a third measures distances to the centroid.
 * Map border and nodata are no class: their sides count as the border of the landscape. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/grid_analysis.h"
#include "model/connect/messages.h"
#include "model/connect/nearest.h"
#include "model/connect/tables.h"
#include "model/job.h"

enum { CLASSES_MAX = 1024 };

typedef struct patch {
    double sides, sum_col, sum_row, contiguity, reach;
    double core;
    double nearest2;
} patch;

typedef struct class {
    int32_t code;
    double cells, patches, border; /* border: sides to nodata and beyond the map */
    double core;
} class;

typedef struct scape {
    gt_ctx *ctx;
    int64_t cols, rows, n;
    double cell; /* m */
    bool eight;
    int depth;
    int32_t *code;  /* index of the class, -1 none */
    int32_t *patch; /* from 0; -1 none */
    int32_t *deep;  /* steps over sides to the nearest cell of another patch */
    gt_patch *list; /* of patches */
    patch *of;      /* the same */
    size_t n_patches;
    class *classes;
    size_t n_classes;
    double *sides; /* n_classes x n_classes: g_ik; like sides counted twice */
    double cells;
} scape;

/* ---- reading ------------------------------------------------------------------------------------
 */

static size_t class_at(const scape *s, int32_t code)
{
    size_t low = 0, high = s->n_classes;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (s->classes[mid].code < code) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static gt_status find_classes(scape *s, const char *file)
{
    size_t cap = 0;
    for (size_t i = 0; i < s->n_patches; i++) {
        int32_t v = s->list[i].value;
        size_t at = class_at(s, v);
        if (at == s->n_classes || s->classes[at].code != v) {
            gt_status st =
                gt_grow(s->ctx, (void **)&s->classes, &cap, s->n_classes + 1, sizeof *s->classes);
            if (st != GT_OK) {
                return st;
            }
            memmove(s->classes + at + 1, s->classes + at, (s->n_classes - at) * sizeof *s->classes);
            s->classes[at] = (class){.code = v};
            s->n_classes++;
        }
        if (s->n_classes > CLASSES_MAX) {
            return gt_fail(s->ctx, GT_E_LIMIT, &GT_MSG_CONNECT_TOO_MANY, GT_PLACE(.file = file),
                           GT_ARGS(GT_INT("n", s->n_classes), GT_INT("most", CLASSES_MAX),
                                   GT_TEXT("what", "classes"), GT_TEXT("what_zh", "类别")));
        }
    }
    if (s->n_classes == 0) {
        return gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_CONNECT_NO_CELLS, GT_PLACE(.file = file),
                       GT_NO_ARGS);
    }
    return GT_OK;
}

static gt_status read_scape(gt_ctx *ctx, gt_grid *grid, scape *s)
{
    const gt_grid_spec *f = gt_grid_facts(grid);
    const gt_window all = {0, 0, f->n_cols, f->n_rows};
    gt_grid *patches = NULL;
    gt_grid_spec spec;
    s->cols = f->n_cols;
    s->rows = f->n_rows;
    s->n = s->cols * s->rows;
    s->cell = f->cell_x;
    if (fabs(f->cell_x - f->cell_y) > 1e-9 * f->cell_x) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_SQUARE,
                       GT_PLACE(.file = gt_grid_path(grid)),
                       GT_ARGS(GT_REAL("x", f->cell_x), GT_REAL("y", f->cell_y)));
    }
    gt_grid_spec_like(grid, GT_CELL_I32, &spec);
    spec.nodata = (double)NAN;
    spec.packing = GT_GRID_PLAIN;
    spec.tile = 0;
    spec.overviews = 0;
    gt_status st = gt_grid_create_scratch(ctx, NULL, &spec, &patches);
    if (st == GT_OK) {
        st = gt_grid_patches(ctx, grid, s->eight, patches, &s->list, &s->n_patches);
    }
    if (st == GT_OK) {
        s->code = gt_alloc(ctx, (size_t)s->n, sizeof *s->code);
        s->patch = gt_alloc(ctx, (size_t)s->n, sizeof *s->patch);
        s->deep = gt_alloc(ctx, (size_t)s->n, sizeof *s->deep);
        st = s->code == NULL || s->patch == NULL || s->deep == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        st = gt_grid_read(ctx, patches, &all, GT_CELL_I32, s->patch, (size_t)s->cols);
    }
    gt_grid_close(ctx, patches);
    st = st == GT_OK ? find_classes(s, gt_grid_path(grid)) : st;
    for (int64_t i = 0; st == GT_OK && i < s->n; i++) {
        s->patch[i] = s->patch[i] == GT_NODATA_I32 ? -1 : s->patch[i] - 1;
        s->code[i] = s->patch[i] < 0 ? -1 : (int32_t)class_at(s, s->list[s->patch[i]].value);
    }
    return st;
}

/* ---- counting -----------------------------------------------------------------------------------
 */

static int32_t patch_at(const scape *s, int64_t col, int64_t row)
{
    return col < 0 || row < 0 || col >= s->cols || row >= s->rows ? -1
                                                                  : s->patch[row * s->cols + col];
}

/* Steps to the nearest cell that is not of the patch; what lies beyond the map is none. */
static void measure_depth(scape *s)
{
    for (int turn = 0; turn < 2; turn++) {
        for (int64_t k = 0; k < s->n; k++) {
            int64_t i = turn == 0 ? k : s->n - 1 - k, c = i % s->cols, r = i / s->cols;
            int step = turn == 0 ? -1 : 1;
            const int64_t at[2][2] = {{c + step, r}, {c, r + step}};
            int32_t least = turn == 0 ? INT32_MAX : s->deep[i];
            for (int e = 0; e < 2; e++) {
                bool same = s->patch[i] >= 0 && patch_at(s, at[e][0], at[e][1]) == s->patch[i];
                int32_t v = same ? s->deep[at[e][1] * s->cols + at[e][0]] + 1 : 1;
                least = v < least ? v : least;
            }
            s->deep[i] = least;
        }
    }
}

static void count_cell(scape *s, int64_t i)
{
    static const int dx[8] = {1, 0, -1, 0, 1, -1, -1, 1}, dy[8] = {0, -1, 0, 1, -1, -1, 1, 1};
    int64_t c = i % s->cols, r = i / s->cols;
    patch *p = &s->of[s->patch[i]];
    class *k = &s->classes[s->code[i]];
    double template = 1;
    for (int e = 0; e < 8; e++) {
        int32_t there = patch_at(s, c + dx[e], r + dy[e]);
        template += there != s->patch[i] ? 0 : e < 4 ? 2 : 1;
        if (e >= 4) {
            continue;
        }
        p->sides += there != s->patch[i] ? 1 : 0;
        if (there < 0) {
            k->border++;
            continue;
        }
        int32_t other = s->code[(r + dy[e]) * s->cols + c + dx[e]];
        s->sides[(size_t)s->code[i] * s->n_classes + (size_t)other]++;
    }
    p->contiguity += template;
    p->sum_col += (double)c;
    p->sum_row += (double)r;
    p->core += s->deep[i] > s->depth ? 1 : 0;
    k->cells++;
    s->cells++;
}

static gt_status count(scape *s)
{
    gt_status st = GT_OK;
    s->of = gt_zalloc(s->ctx, s->n_patches, sizeof *s->of);
    s->sides = gt_zalloc(s->ctx, s->n_classes * s->n_classes, sizeof *s->sides);
    if (s->of == NULL || s->sides == NULL) {
        return GT_E_MEMORY;
    }
    measure_depth(s);
    for (int64_t i = 0; st == GT_OK && i < s->n; i++) {
        if (s->patch[i] >= 0) {
            count_cell(s, i);
        }
        st = i % (1 << 18) == 0 ? gt_check_cancel(s->ctx) : GT_OK;
    }
    for (int64_t i = 0; st == GT_OK && i < s->n; i++) {
        if (s->patch[i] >= 0) {
            patch *p = &s->of[s->patch[i]];
            double n = (double)s->list[s->patch[i]].cells;
            p->reach += hypot((double)(i % s->cols) - p->sum_col / n,
                              (double)(i / s->cols) - p->sum_row / n);
        }
    }
    for (size_t i = 0; i < s->n_patches; i++) {
        s->of[i].nearest2 = (double)INFINITY;
        s->classes[class_at(s, s->list[i].value)].patches++;
        s->classes[class_at(s, s->list[i].value)].core += s->of[i].core;
    }
    return st;
}

/* Distances to the nearest patch of the class: only cells on a side or corner of it matter. */
static gt_status find_nearest(scape *s)
{
    size_t cap = 0;
    gt_spot *spots = NULL;
    gt_status st = GT_OK;
    double *best = gt_alloc(s->ctx, s->n_patches, sizeof *best);
    st = best == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < s->n_patches; i++) {
        best[i] = (double)INFINITY;
    }
    for (size_t k = 0; st == GT_OK && k < s->n_classes; k++) {
        size_t n = 0;
        if (s->classes[k].patches < 2) {
            continue;
        }
        for (int64_t i = 0; st == GT_OK && i < s->n; i++) {
            if (s->code[i] != (int32_t)k || s->deep[i] > 1) {
                continue; /* all four sides in the patch: another cell is nearer */
            }
            if (n == cap) {
                st = gt_grow(s->ctx, (void **)&spots, &cap, n + 1, sizeof *spots);
            }
            if (st == GT_OK) {
                spots[n++] = (gt_spot){(int32_t)(i % s->cols), (int32_t)(i / s->cols), s->patch[i]};
            }
        }
        st = st == GT_OK ? gt_nearest_patches(s->ctx, spots, n, best) : st;
    }
    for (size_t i = 0; st == GT_OK && i < s->n_patches; i++) {
        s->of[i].nearest2 = best[i];
    }
    gt_free(s->ctx, spots);
    gt_free(s->ctx, best);
    return st;
}

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

static shape shape_of(const scape *s, size_t i)
{
    const patch *p = &s->of[i];
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

static sums sums_of(const scape *s, const class *only)
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

static double unlike(const scape *s, size_t i)
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
static double clumpy(const scape *s, size_t i)
{
    double n = s->classes[i].cells, share = n / s->cells;
    double g = s->sides[i * s->n_classes + i] / (4 * n - least_sides(n));
    if (4 * n <= least_sides(n) || share >= 1) {
        return (double)NAN;
    }
    return g < share && share < 0.5 ? (g - share) / share : (g - share) / (1 - share);
}

static double aggregation(const scape *s, size_t i)
{
    double most = most_like(s->classes[i].cells);
    return most > 0 ? 100 * s->sides[i * s->n_classes + i] / 2 / most : (double)NAN;
}

static double juxtaposition(const scape *s, size_t i)
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
static void put_common(gt_text *out, const scape *s, const sums *t, double edge)
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

static gt_status write_classes(const scape *s, const char *path)
{
    gt_text out;
    double ha = s->cell * s->cell / 1e4;
    gt_text_init(&out, s->ctx, 0);
    gt_text_puts(&out, "class,CA,PLAND," COMMON ",LSI,CLUMPY,PLADJ,AI,IJI\n");
    for (size_t i = 0; i < s->n_classes; i++) {
        const class *k = &s->classes[i];
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
static double contagion(const scape *s)
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

static void put_landscape(gt_text *out, const scape *s)
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

static gt_status write_landscape(const scape *s, const char *path)
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

static gt_status write_patches(const scape *s, const char *path)
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
    scape s = {.ctx = ctx,
               .eight = gt_model_with(call, "neighbours")->choice == 0,
               .depth = (int)gt_model_with(call, "edge")->integer};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? read_scape(ctx, job.in[0], &s) : st;
    st = st == GT_OK ? count(&s) : st;
    st = st == GT_OK ? find_nearest(&s) : st;
    st = st == GT_OK ? write_classes(&s, gt_model_out(call, "classes")) : st;
    if (st == GT_OK && gt_model_out(call, "landscape") != NULL) {
        st = write_landscape(&s, gt_model_out(call, "landscape"));
    }
    st = st == GT_OK ? write_patches(&s, gt_model_out(call, "patches")) : st;
    gt_free(ctx, s.code);
    gt_free(ctx, s.patch);
    gt_free(ctx, s.deep);
    gt_free(ctx, s.list);
    gt_free(ctx, s.of);
    gt_free(ctx, s.classes);
    gt_free(ctx, s.sides);
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
    .law = "12 bytes a cell, 120 a patch, 40 for each cell on the rim of the largest class; one "
           "thread",
    .sources = sources,
    .run = run};
