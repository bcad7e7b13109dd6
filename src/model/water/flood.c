/* Water that stands: in depressions of the ground, and below a level from where it comes; and the
 * runoff of a rain after the curve number. */
#include <math.h>
#include <stdatomic.h>

#include "guotu/grid_analysis.h"
#include "model/job.h"
#include "model/messages.h"
#include "weave/csv.h"

/* Depths are added as whole micrometres, so that the order of workers cannot be seen. */
#define MICRO 1e6

typedef struct body {       /* connected water of one level */
    _Atomic int64_t volume; /* micrometres times cells */
    _Atomic int64_t deepest;
    _Atomic uint64_t cells;
    uint32_t number; /* in the outputs; 0: left out */
    bool met;        /* holds a source */
} body;

static void add_water(body *b, double depth)
{
    int64_t micro = llround(depth * MICRO), before = atomic_load(&b->deepest);
    (void)atomic_fetch_add(&b->volume, micro);
    (void)atomic_fetch_add(&b->cells, 1);
    while (micro > before && !atomic_compare_exchange_weak(&b->deepest, &before, micro)) {
    }
}

static double area_of(const gt_job *job)
{
    const gt_grid_spec *s = gt_grid_facts(job->in[0]);
    return s->cell_x * s->cell_y;
}

static gt_status scratch(gt_ctx *ctx, const gt_job *job, gt_cell type, gt_grid **out)
{
    gt_grid_spec spec;
    gt_grid_spec_like(job->in[0], type, &spec);
    spec.nodata = type == GT_CELL_I32 ? (double)GT_NODATA_I32 : (double)NAN;
    spec.items = NULL;
    spec.n_items = 0;
    return gt_grid_create_scratch(ctx, NULL, &spec, out);
}

/* Runs fn over the inputs into a scratch grid, which becomes input `port`. */
static gt_status into_scratch(gt_ctx *ctx, gt_job *job, size_t port, gt_cells_fn fn,
                              const void *user)
{
    gt_status st = scratch(ctx, job, GT_CELL_I32, &job->out[0]);
    if (st == GT_OK) {
        st = gt_job_cells(ctx, job, 0, fn, user);
    }
    gt_grid_close(ctx, job->in[port]);
    job->in[port] = job->out[0];
    job->out[0] = NULL;
    return st;
}

/* Numbers of connected cells of equal class (input `port`) take its place. */
static gt_status number(gt_ctx *ctx, gt_job *job, size_t port, bool corners, body **bodies,
                        size_t *n)
{
    gt_grid *ids = NULL;
    gt_patch *list = NULL;
    gt_status st = scratch(ctx, job, GT_CELL_I32, &ids);
    if (st == GT_OK) {
        st = gt_grid_patches(ctx, job->in[port], corners, ids, &list, n);
    }
    gt_free(ctx, list);
    gt_grid_close(ctx, job->in[port]);
    job->in[port] = ids;
    *bodies = st == GT_OK ? gt_zalloc(ctx, *n + 1, sizeof **bodies) : NULL;
    return st == GT_OK && *bodies == NULL ? GT_E_MEMORY : st;
}

static void put_row(wv_csv *csv, const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        wv_csv_text(csv, ",", i > 0 ? 1 : 0);
        wv_csv_micro(csv, v[i]);
    }
    wv_csv_text(csv, "\n", 1);
}

/* ---- depressions --------------------------------------------------------------------------------
 */

enum { DEM = 0, FILLED, BODY, DEPTH = 0, NUMBER };

typedef struct hollows {
    body *list;
    size_t n;
    const char *table;
    double cell, least_area, least_depth;
} hollows;

/* Depth of the water; heights as flow knows them, float32. */
static double depth_of(const gt_cells *c, size_t i)
{
    return c->in[FILLED][i] - (double)(float)c->in[DEM][i];
}

/* Cells of two depressions never touch: the water of the higher would run into the lower. */
static void wet_row(const gt_cells *c)
{
    for (size_t i = 0; i < c->n; i++) {
        c->out[0][i] = depth_of(c, i) > 0 ? 1 : (double)NAN;
    }
}

static void hollow_row(const gt_cells *c)
{
    const hollows *h = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double id = c->in[BODY][i];
        if (id > 0) {
            add_water(&h->list[(size_t)id], depth_of(c, i));
        }
    }
}

static void kept_row(const gt_cells *c)
{
    const hollows *h = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double id = c->in[BODY][i], hole = 0 * c->in[DEM][i];
        uint32_t kept = id > 0 ? h->list[(size_t)id].number : 0;
        c->out[DEPTH][i] = (kept > 0 ? depth_of(c, i) : 0) + hole;
        if (c->out[NUMBER] != NULL) {
            c->out[NUMBER][i] = kept > 0 ? (double)kept : (double)NAN;
        }
    }
}

static gt_status write_hollows(gt_ctx *ctx, const hollows *h)
{
    static const char heading[] = "number,m2,m3,depth_max_m,depth_mean_m\n";
    wv_csv csv = {0};
    if (h->table == NULL) {
        return GT_OK;
    }
    gt_status st = wv_csv_open(ctx, &csv, h->table);
    if (st != GT_OK) {
        return st;
    }
    wv_csv_text(&csv, heading, sizeof heading - 1);
    for (size_t i = 1; i <= h->n; i++) {
        const body *b = &h->list[i];
        if (b->number == 0) {
            continue;
        }
        double cells = (double)b->cells, depth = (double)b->volume / MICRO;
        const double v[] = {cells * h->cell, depth * h->cell, (double)b->deepest / MICRO,
                            depth / cells};
        wv_csv_integer(&csv, b->number);
        wv_csv_text(&csv, ",", 1);
        put_row(&csv, v, 4);
    }
    return wv_csv_close(ctx, &csv);
}

static gt_status find_hollows(gt_ctx *ctx, gt_job *job, hollows *h)
{
    gt_flow_facts facts;
    uint32_t kept = 0;
    gt_status st = scratch(ctx, job, GT_CELL_F32, &job->in[FILLED]);
    if (st == GT_OK) {
        st = gt_grid_flow(ctx, job->in[DEM], NULL, job->in[FILLED], NULL, NULL, &facts);
    }
    if (st == GT_OK) {
        st = into_scratch(ctx, job, BODY, wet_row, NULL);
    }
    if (st == GT_OK) {
        st = number(ctx, job, BODY, true, &h->list, &h->n);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, job, 0, hollow_row, h);
    }
    for (size_t i = 1; st == GT_OK && i <= h->n; i++) {
        body *b = &h->list[i];
        bool keep = (double)b->cells * h->cell >= h->least_area &&
                    (double)b->deepest / MICRO >= h->least_depth;
        b->number = keep ? ++kept : 0;
    }
    return st;
}

static gt_status run_hollows(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    hollows h = {.least_area = gt_model_real(call, "least-area"),
                 .least_depth = gt_model_real(call, "least-depth"),
                 .table = gt_model_out(call, "table")};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        h.cell = area_of(&job);
        st = find_hollows(ctx, &job, &h);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, DEPTH, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_make(ctx, &job, NUMBER, GT_CELL_I32);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, &job, 0, kept_row, &h);
    }
    st = st == GT_OK ? write_hollows(ctx, &h) : st;
    gt_free(ctx, h.list);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port hollow_in[] = {
    {.name = "dem", .kind = GT_PORT_GRID, .title = {"高程", "elevation"}, .unit = "m"}, {0}};
static const gt_model_port hollow_out[] = {
    {.name = "depth",
     .kind = GT_PORT_GRID,
     .title = {"蓄满时的水深", "depth of the water when full"},
     .unit = "m",
     .note = {"洼地以外为 0", "0 outside depressions"}},
    {.name = "number",
     .kind = GT_PORT_GRID,
     .title = {"洼地编号", "number of the depression"},
     .optional = true},
    {.name = "table",
     .kind = GT_PORT_TABLE,
     .title = {"各洼地的面积、容积、最大与平均水深",
               "area, volume, greatest and mean depth of each"},
     .optional = true},
    {0}};
static const gt_model_param hollow_with[] = {{.name = "least-area",
                                              .kind = GT_PARAM_REAL,
                                              .title = {"最小面积", "least area"},
                                              .unit = "m2",
                                              .min = 0,
                                              .max = 1e12,
                                              .preset = "0"},
                                             {.name = "least-depth",
                                              .kind = GT_PARAM_REAL,
                                              .title = {"最小深度", "least depth"},
                                              .unit = "m",
                                              .min = 0,
                                              .max = 10000,
                                              .preset = "0"},
                                             {0}};
static const char *const hollow_sources[] = {
    "Barnes, Lehman and Mulla 2014: filled less raw heights", NULL};

const gt_model GT_MODEL_DEPRESSIONS = {
    .name = "depressions",
    .group = "terrain",
    .version = 1,
    .title = {"洼地蓄水", "storage of depressions"},
    .what = {"各洼地蓄满至溢出口时的水深与容积；小而浅者可略去。",
             "Depth and volume of each depression, full to where it spills; small and shallow "
             "ones may be left out."},
    .in = hollow_in,
    .out = hollow_out,
    .with = hollow_with,
    .reach = GT_REACH_GLOBAL,
    .law = "8 bytes a cell while filling, beyond the ceiling in a scratch file; 12 bytes a cell in "
           "scratch files; 40 bytes a depression",
    .need = {.held = 12, .scratch = 12, .thread = 4 << 20},
    .sources = hollow_sources,
    .run = run_hollows};

/* ---- flood --------------------------------------------------------------------------------------
 */

enum { SOURCE = 1 };

typedef struct flood {
    double level;
    body *list; /* NULL: all that lies below the level floods */
    body *all;  /* sums */
} flood;

static void below_row(const gt_cells *c)
{
    const flood *f = c->user;
    for (size_t i = 0; i < c->n; i++) {
        c->out[0][i] = c->in[DEM][i] < f->level ? 1 : (double)NAN;
    }
}

static void meet_row(const gt_cells *c)
{
    const flood *f = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double id = c->in[BODY][i], source = c->in[SOURCE][i];
        if (id > 0 && !isnan(source) && source != 0) {
            (void)atomic_fetch_add(&f->list[(size_t)id].cells, 1);
        }
    }
}

static void flood_row(const gt_cells *c)
{
    const flood *f = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double z = c->in[DEM][i], id = c->in[BODY] != NULL ? c->in[BODY][i] : 0;
        bool wet = z < f->level && (f->list == NULL || (id > 0 && f->list[(size_t)id].met));
        if (wet) {
            add_water(f->all, f->level - z);
        }
        if (c->out[DEPTH] != NULL) {
            c->out[DEPTH][i] = (wet ? f->level - z : 0) + 0 * z;
        }
    }
}

/* Water at one level: its sums in *f->all; its depth in the output when that is made. */
static gt_status flood_level(gt_ctx *ctx, gt_job *job, bool corners, bool last, flood *f)
{
    size_t n = 0;
    gt_status st = GT_OK;
    if (job->in[SOURCE] != NULL) {
        st = into_scratch(ctx, job, BODY, below_row, f);
        if (st == GT_OK) {
            st = number(ctx, job, BODY, corners, &f->list, &n);
        }
        if (st == GT_OK) {
            st = gt_job_cells(ctx, job, 0, meet_row, f);
        }
        for (size_t i = 1; st == GT_OK && i <= n; i++) {
            f->list[i].met = f->list[i].cells > 0;
        }
    }
    if (st == GT_OK && last) {
        st = gt_job_make(ctx, job, DEPTH, GT_CELL_F32);
    }
    if (st == GT_OK) {
        st = gt_job_cells(ctx, job, 0, flood_row, f);
    }
    gt_free(ctx, f->list);
    f->list = NULL;
    return st;
}

static gt_status flood_levels(gt_ctx *ctx, gt_job *job, const double *levels, size_t n, wv_csv *csv)
{
    bool corners = gt_model_with(job->call, "corners")->integer != 0;
    double cell = area_of(job);
    gt_status st = GT_OK;
    for (size_t k = 0; st == GT_OK && k < n; k++) {
        body all = {.cells = 0};
        flood f = {.level = levels[k], .all = &all};
        st = flood_level(ctx, job, corners, k + 1 == n, &f);
        const double v[] = {levels[k], (double)all.cells * cell, (double)all.volume / MICRO * cell,
                            (double)all.deepest / MICRO};
        if (st == GT_OK && csv != NULL) {
            put_row(csv, v, 4);
        }
    }
    return st;
}

static gt_status run_flood(gt_ctx *ctx, const gt_model_call *call)
{
    static const char heading[] = "level_m,m2,m3,depth_max_m\n";
    const double *levels = NULL;
    const char *path = gt_model_out(call, "table");
    wv_csv csv = {0};
    gt_job job;
    gt_status st = gt_job_ascending(ctx, call, "levels", 0, &levels);
    if (st != GT_OK) {
        return st;
    }
    st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK && path != NULL) {
        st = wv_csv_open(ctx, &csv, path);
        wv_csv_text(&csv, heading, st == GT_OK ? sizeof heading - 1 : 0);
    }
    bool open = st == GT_OK && path != NULL;
    if (st == GT_OK) {
        st = flood_levels(ctx, &job, levels, gt_model_with(call, "levels")->n, open ? &csv : NULL);
    }
    if (open && st == GT_OK) {
        st = wv_csv_close(ctx, &csv);
    } else if (open) {
        wv_csv_abandon(ctx, &csv);
    }
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port flood_in[] = {
    {.name = "dem", .kind = GT_PORT_GRID, .title = {"高程", "elevation"}, .unit = "m"},
    {.name = "sources",
     .kind = GT_PORT_GRID,
     .title = {"来水处（河道、溃口）", "where the water comes from (river, breach)"},
     .optional = true,
     .note = {"非零且有值的栅格；不给则凡低处皆淹",
              "cells neither nodata nor 0; without it all low ground floods"}},
    {0}};
static const gt_model_port flood_out[] = {
    {.name = "depth",
     .kind = GT_PORT_GRID,
     .title = {"最高水位时的水深", "depth at the highest level"},
     .unit = "m",
     .note = {"未淹处为 0", "0 where dry"}},
    {.name = "table",
     .kind = GT_PORT_TABLE,
     .title = {"水位—面积—容积表", "area and volume at each level"},
     .optional = true},
    {0}};
static const gt_model_param flood_with[] = {
    {.name = "levels",
     .kind = GT_PARAM_REALS,
     .title = {"水位（递增，与高程同基准）", "levels, ascending, in the datum of the heights"},
     .unit = "m",
     .min = -500,
     .max = 9000},
    {.name = "corners",
     .kind = GT_PARAM_BOOL,
     .title = {"水可经栅格角通过", "water passes corners of cells"},
     .preset = "yes"},
    {0}};
static const char *const flood_sources[] = {"bathtub method: ground below a level and connected to "
                                            "where the water comes from",
                                            NULL};

const gt_model GT_MODEL_FLOOD = {
    .name = "flood",
    .group = "water",
    .version = 1,
    .title = {"静水淹没与蓄水容积", "flood level and storage"},
    .what = {"低于水位且与来水处连通的地面的水深，及各水位的面积与容积；不计流动。",
             "Depth over ground that lies below a level and is connected to where the water comes "
             "from; area and volume at each level. Water does not move."},
    .in = flood_in,
    .out = flood_out,
    .with = flood_with,
    .reach = GT_REACH_GLOBAL,
    .law = "blocks of the walk; with sources 12 bytes a cell in scratch files and 40 bytes a "
           "separate piece of low ground",
    .need = {.scratch = 12, .thread = 4 << 20},
    .sources = flood_sources,
    .run = run_flood};

/* ---- runoff -------------------------------------------------------------------------------------
 */

typedef struct curve {
    gt_table *number;
    double rain, loss;
} curve;

static void runoff_row(const gt_cells *c)
{
    const curve *k = c->user;
    for (size_t i = 0; i < c->n; i++) {
        double cn = gt_table_at(k->number, c->in[0][i]);
        double p = c->in[1] != NULL ? c->in[1][i] : k->rain;
        double s = 25400 / cn - 254, over = p - k->loss * s; /* mm */
        c->out[0][i] = over > 0 ? over * over / (over + s) : 0 * (p + s);
    }
}

static gt_status run_runoff(gt_ctx *ctx, const gt_model_call *call)
{
    curve k = {.rain = gt_model_real(call, "rain"), .loss = gt_model_real(call, "loss")};
    gt_status st = gt_job_either(ctx, call, "rain", "rain");
    if (st == GT_OK) {
        k.number = gt_table_new(ctx, call, "numbers", (double)NAN);
        st = k.number == NULL ? GT_E_MEMORY : gt_job_local(ctx, call, GT_CELL_F32, runoff_row, &k);
    }
    gt_free(ctx, k.number);
    return st;
}

static const gt_model_port runoff_in[] = {
    {.name = "land",
     .kind = GT_PORT_GRID,
     .title = {"土地覆盖（或与土壤组合）类别", "classes of cover, or of cover and soil"}},
    {.name = "rain",
     .kind = GT_PORT_GRID,
     .title = {"次降雨量", "rain of the storm"},
     .unit = "mm",
     .optional = true},
    {0}};
static const gt_model_port runoff_out[] = {
    {.name = "runoff", .kind = GT_PORT_GRID, .title = {"径流深", "runoff"}, .unit = "mm"}, {0}};
static const gt_model_param runoff_with[] = {
    {.name = "numbers",
     .kind = GT_PARAM_PAIRS,
     .title = {"各类的曲线数 CN", "curve number of each class"},
     .min = 1,
     .max = 100,
     .source = "NEH 630, chapter 9, by cover and soil group"},
    {.name = "rain",
     .kind = GT_PARAM_REAL,
     .title = {"次降雨量（无栅格时）", "rain of the storm where there is no grid"},
     .unit = "mm",
     .min = 0,
     .max = 3000,
     .preset = ""},
    {.name = "loss",
     .kind = GT_PARAM_REAL,
     .title = {"初损占潜在滞蓄之比", "initial loss as a share of the retention"},
     .unit = "1",
     .min = 0,
     .max = 1,
     .preset = "0.2",
     .source = "NEH 630, chapter 10; 0.05 is found better for many catchments"},
    {0}};
static const char *const runoff_sources[] = {"USDA-NRCS NEH 630, chapter 10 (curve number)", NULL};

const gt_model GT_MODEL_RUNOFF = {
    .name = "runoff",
    .group = "water",
    .version = 1,
    .title = {"次降雨径流（SCS-CN）", "runoff of a storm (curve number)"},
    .what = {"Q = (P − λS)²/(P + (1−λ)S)，S = 25400/CN − 254（毫米）；降雨不足初损则无径流。",
             "Q = (P - l S)^2 / (P + (1 - l) S), S = 25400 / CN - 254 in mm; none where the rain "
             "does not exceed the initial loss."},
    .in = runoff_in,
    .out = runoff_out,
    .with = runoff_with,
    .reach = GT_REACH_LOCAL,
    .law = "blocks of the walk: 24 bytes a cell of a block and thread",
    .sources = runoff_sources,
    .run = run_runoff};
