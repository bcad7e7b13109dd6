/* Circuit theory as kernels: current between patches, and omnidirectional current. */
#include <math.h>

#include "guotu/circuit.h"
#include "model/job.h"
#include "model/registry.h"

static size_t cells_of(const gt_job *job)
{
    const gt_grid_spec *s = gt_grid_facts(job->in[0]);
    return (size_t)s->n_cols * (size_t)s->n_rows;
}

static gt_window all_of(const gt_job *job)
{
    const gt_grid_spec *s = gt_grid_facts(job->in[0]);
    return (gt_window){0, 0, s->n_cols, s->n_rows};
}

static gt_status read_map(gt_ctx *ctx, gt_job *job, const gt_model_call *call, double *resistance,
                          gt_circuit_map *map)
{
    const gt_window all = all_of(job);
    *map = (gt_circuit_map){.n_cols = all.n_cols,
                            .n_rows = all.n_rows,
                            .resistance = resistance,
                            .four = gt_model_with(call, "neighbours")->choice == 1};
    return gt_grid_read(ctx, job->in[0], &all, GT_CELL_F64, resistance, (size_t)all.n_cols);
}

static gt_status write_map(gt_ctx *ctx, gt_job *job, size_t port, const double *v)
{
    const gt_window all = all_of(job);
    gt_status st = gt_job_make(ctx, job, port, GT_CELL_F32);
    if (st == GT_OK && job->out[port] != NULL) {
        st = gt_grid_write(ctx, job->out[port], &all, GT_CELL_F64, v, (size_t)all.n_cols);
    }
    return st;
}

/* ---- blocks ------------------------------------------------------------------------------------
 * Of side x side cells, for maps that are too fine to be solved as they are: a block has the mean
 * resistance of the cells that are there, and the patch that holds most of it, if any does. */

enum { BLOCK_CELLS = 256 }; /* of the largest block, 16 x 16 */

typedef struct blocks {
    int64_t side, n_cols, n_rows; /* rows and columns of blocks */
    double *resistance, *current;
    int32_t *places;
} blocks;

static void free_blocks(gt_ctx *ctx, blocks *b)
{
    gt_free(ctx, b->resistance);
    gt_free(ctx, b->current);
    gt_free(ctx, b->places);
}

/* The patch that most of n cells name; the first of equals; 0 when none does. */
static int32_t most_named(const int32_t *of, size_t n)
{
    size_t best = 0;
    int32_t patch = 0;
    for (size_t i = 0; i < n; i++) {
        size_t same = 0;
        for (size_t k = 0; of[i] != 0 && k < n; k++) {
            same += of[k] == of[i];
        }
        patch = same > best ? of[i] : patch;
        best = same > best ? same : best;
    }
    return patch;
}

static void fill_block(const gt_circuit_map *map, const int32_t *places, blocks *b, int64_t row,
                       int64_t col)
{
    int32_t of[BLOCK_CELLS];
    double sum = 0;
    size_t n = 0, at = (size_t)(row * b->n_cols + col);
    for (int64_t r = row * b->side; r < (row + 1) * b->side && r < map->n_rows; r++) {
        for (int64_t c = col * b->side; c < (col + 1) * b->side && c < map->n_cols; c++) {
            size_t i = (size_t)(r * map->n_cols + c);
            if (!isnan(map->resistance[i])) {
                sum += map->resistance[i];
                of[n++] = places[i];
            }
        }
    }
    b->resistance[at] = n > 0 ? sum / (double)n : (double)NAN;
    b->places[at] = most_named(of, n);
}

/* A resistance that cannot be: the map is then solved cell by cell, which names the cell. */
static bool all_above_zero(const gt_circuit_map *map)
{
    bool good = true;
    for (int64_t i = 0; good && i < map->n_cols * map->n_rows; i++) {
        good = isnan(map->resistance[i]) || map->resistance[i] > 0;
    }
    return good;
}

static void spread(const gt_circuit_map *map, const blocks *b, double *current)
{
    for (int64_t r = 0; r < map->n_rows; r++) {
        for (int64_t c = 0; c < map->n_cols; c++) {
            int64_t i = r * map->n_cols + c;
            double v = b->current[r / b->side * b->n_cols + c / b->side];
            current[i] = isnan(map->resistance[i]) ? (double)NAN : v;
        }
    }
}

/* gt_circuit_between on blocks; every cell has the current of its block. */
static gt_status between_blocks(gt_ctx *ctx, const gt_circuit_map *map, const int32_t *places,
                                int64_t side, double *current)
{
    blocks b = {.side = side,
                .n_cols = (map->n_cols + side - 1) / side,
                .n_rows = (map->n_rows + side - 1) / side};
    size_t n = (size_t)(b.n_cols * b.n_rows);
    if (side == 1 || !all_above_zero(map)) {
        return gt_circuit_between(ctx, map, places, current, NULL);
    }
    b.resistance = gt_alloc(ctx, n, sizeof *b.resistance);
    b.current = gt_alloc(ctx, n, sizeof *b.current);
    b.places = gt_alloc(ctx, n, sizeof *b.places);
    gt_status st =
        b.resistance == NULL || b.current == NULL || b.places == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = 0; st == GT_OK && r < b.n_rows; r++) {
        for (int64_t c = 0; c < b.n_cols; c++) {
            fill_block(map, places, &b, r, c);
        }
    }
    if (st == GT_OK) {
        gt_circuit_map coarse = *map;
        coarse.n_cols = b.n_cols;
        coarse.n_rows = b.n_rows;
        coarse.resistance = b.resistance;
        st = gt_circuit_between(ctx, &coarse, b.places, b.current, NULL);
    }
    if (st == GT_OK) {
        spread(map, &b, current);
    }
    free_blocks(ctx, &b);
    return st;
}

/* ---- between patches ------------------------------------------------------------------------- */

static gt_status run_between(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_circuit_map map;
    double *resistance = NULL, *current = NULL;
    int32_t *places = NULL;
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    if (st == GT_OK) {
        const size_t n = cells_of(&job);
        resistance = gt_alloc(ctx, n, sizeof *resistance);
        current = gt_alloc(ctx, n, sizeof *current);
        places = gt_alloc(ctx, n, sizeof *places);
        st = resistance == NULL || current == NULL || places == NULL ? GT_E_MEMORY : GT_OK;
    }
    st = st == GT_OK ? read_map(ctx, &job, call, resistance, &map) : st;
    if (st == GT_OK) {
        const gt_window all = all_of(&job);
        st = gt_grid_read(ctx, job.in[1], &all, GT_CELL_I32, places, (size_t)all.n_cols);
        for (size_t i = 0; st == GT_OK && i < cells_of(&job); i++) {
            places[i] = places[i] == GT_NODATA_I32 ? 0 : places[i];
        }
    }
    if (st == GT_OK) {
        st = between_blocks(ctx, &map, places, gt_model_with(call, "block")->integer, current);
        if (st != GT_OK) {
            gt_fail_at(ctx, GT_PLACE(.file = gt_grid_path(job.in[0])));
        }
    }
    st = st == GT_OK ? write_map(ctx, &job, 0, current) : st;
    gt_free(ctx, resistance);
    gt_free(ctx, current);
    gt_free(ctx, places);
    return gt_job_end(ctx, &job, st);
}

static const char *const neighbours[] = {"8", "4", NULL};

static const gt_model_port between_in[] = {
    {.name = "resistance",
     .kind = GT_PORT_GRID,
     .title = {"阻力", "resistance"},
     .note = {"大于 0；无值为屏障", "above 0; nodata is a barrier"}},
    {.name = "patches",
     .kind = GT_PORT_GRID,
     .title = {"源地斑块", "patches"},
     .note = {"斑块编号，0 或无值为非源地；同号像元视为一个节点",
              "number of the patch, 0 or nodata: none; cells of one number are one node"}},
    {0}};
static const gt_model_port between_out[] = {
    {.name = "current",
     .kind = GT_PORT_GRID,
     .title = {"累计电流", "cumulative current"},
     .unit = "A",
     .note = {"所有斑块对之和，每对 1 A；高值处为夹点",
              "over all pairs, 1 A each; high: pinch points"}},
    {0}};
static const gt_model_param between_with[] = {
    {.name = "neighbours",
     .kind = GT_PARAM_CHOICE,
     .title = {"邻域", "neighbours"},
     .preset = "8",
     .choices = neighbours,
     .source = "Circuitscape"},
    {.name = "block",
     .kind = GT_PARAM_INT,
     .title = {"求解块的边长（栅格；大于 1 时取块内平均阻力）",
               "side of the blocks solved, cells (above 1: "
               "mean resistance, faster and coarser)"},
     .min = 1,
     .max = 16,
     .preset = "1"},
    {0}};
static const char *const between_sources[] = {
    "McRae, Dickson, Keitt, Shah 2008, Ecology 89: 2712-2724", NULL};

const gt_model GT_MODEL_CIRCUIT_CURRENT = {
    .name = "circuit-current",
    .group = "circuit",
    .version = 1,
    .title = {"斑块间电流", "current between patches"},
    .what =
        {"按电路理论在每两个源地斑块间通 1 A 电流，累计各像元的电流；电流密集处为廊道夹点。",
         "One ampere between every two patches, added up: where current is dense, a corridor has "
         "its pinch points."},
    .in = between_in,
    .out = between_out,
    .with = between_with,
    .reach = GT_REACH_GLOBAL,
    .need = {.stays = 24},
    .law = "24 bytes a cell; about 100 a block, and 8 a block and patch",
    .sources = between_sources,
    .run = run_between};

/* ---- omnidirectional ------------------------------------------------------------------------- */

typedef struct omni_maps {
    double *resistance, *source, *current, *flow;
} omni_maps;

static gt_status omni_room(gt_ctx *ctx, size_t n, omni_maps *m)
{
    m->resistance = gt_alloc(ctx, n, sizeof *m->resistance);
    m->source = gt_alloc(ctx, n, sizeof *m->source);
    m->current = gt_alloc(ctx, n, sizeof *m->current);
    m->flow = gt_alloc(ctx, n, sizeof *m->flow);
    return m->resistance == NULL || m->source == NULL || m->current == NULL || m->flow == NULL
               ? GT_E_MEMORY
               : GT_OK;
}

static gt_status run_omni(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_circuit_map map;
    omni_maps m = {0};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? omni_room(ctx, cells_of(&job), &m) : st;
    st = st == GT_OK ? read_map(ctx, &job, call, m.resistance, &map) : st;
    if (st == GT_OK) {
        const gt_window all = all_of(&job);
        st = gt_grid_read(ctx, job.in[1], &all, GT_CELL_F64, m.source, (size_t)all.n_cols);
    }
    if (st == GT_OK) {
        const double cell = gt_grid_facts(job.in[0])->cell_x;
        const gt_circuit_window window = {.radius = llround(gt_model_real(call, "radius") / cell),
                                          .buffer = llround(gt_model_real(call, "buffer") / cell),
                                          .block = gt_model_with(call, "block")->integer};
        bool flow = gt_model_out(call, "flow") != NULL || gt_model_out(call, "normalized") != NULL;
        st = gt_circuit_omni(ctx, &map, m.source, &window, m.current, flow ? m.flow : NULL, NULL);
        if (st != GT_OK) {
            gt_fail_at(ctx, GT_PLACE(.file = gt_grid_path(job.in[0])));
        }
    }
    st = st == GT_OK ? write_map(ctx, &job, 0, m.current) : st;
    st = st == GT_OK && gt_model_out(call, "flow") != NULL ? write_map(ctx, &job, 1, m.flow) : st;
    if (st == GT_OK && gt_model_out(call, "normalized") != NULL) {
        for (size_t i = 0; i < cells_of(&job); i++) {
            m.current[i] = m.flow[i] > 0 ? m.current[i] / m.flow[i] : 0 * m.current[i];
        }
        st = write_map(ctx, &job, 2, m.current);
    }
    gt_free(ctx, m.resistance);
    gt_free(ctx, m.source);
    gt_free(ctx, m.current);
    gt_free(ctx, m.flow);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port omni_in[] = {
    {.name = "resistance",
     .kind = GT_PORT_GRID,
     .title = {"阻力", "resistance"},
     .note = {"大于 0；无值为屏障", "above 0; nodata is a barrier"}},
    {.name = "source",
     .kind = GT_PORT_GRID,
     .title = {"源强度", "source strength"},
     .note = {"无值与负值按 0 计", "nodata and negative values count as 0"}},
    {0}};
static const gt_model_port omni_out[] = {
    {.name = "current", .kind = GT_PORT_GRID, .title = {"累计电流", "cumulative current"}},
    {.name = "flow",
     .kind = GT_PORT_GRID,
     .title = {"流势", "flow potential"},
     .optional = true,
     .note = {"阻力处处为 1 时的累计电流", "the same where resistance is 1 everywhere"}},
    {.name = "normalized",
     .kind = GT_PORT_GRID,
     .title = {"归一化电流", "normalized current"},
     .optional = true,
     .note = {"累计电流除以流势：大于 1 为汇聚，小于 1 为受阻",
              "current by flow potential: above 1 channelled, below 1 impeded"}},
    {0}};
static const gt_model_param omni_with[] = {
    {.name = "radius",
     .kind = GT_PARAM_REAL,
     .title = {"窗口半径", "radius of the window"},
     .unit = "m",
     .min = 1e-3,
     .max = 1e7},
    {.name = "buffer",
     .kind = GT_PARAM_REAL,
     .title = {"窗口外缓冲", "buffer around the window"},
     .unit = "m",
     .min = 0,
     .max = 1e7,
     .preset = "0 m"},
    {.name = "block",
     .kind = GT_PARAM_INT,
     .title = {"目标块边长（像元，奇数）", "side of a target's block (cells, odd)"},
     .min = 1,
     .max = 9999,
     .preset = "1"},
    {.name = "neighbours",
     .kind = GT_PARAM_CHOICE,
     .title = {"邻域", "neighbours"},
     .preset = "8",
     .choices = neighbours,
     .source = "Omniscape"},
    {0}};
static const char *const omni_sources[] = {
    "Landau, Shah, Anantharaman, Hall 2021, JOSS 6(57): 2829 (Omniscape)",
    "McRae et al. 2016, Conserving Nature's Stage", NULL};

const gt_model GT_MODEL_OMNI_CURRENT = {
    .name = "omni-current",
    .group = "circuit",
    .version = 1,
    .title = {"全向电流", "omnidirectional current"},
    .what =
        {"以移动窗口计算：窗口内各源向中心目标通电流，累计所有窗口。不需要预先划定廊道两端。",
         "A moving window: the sources within it send current to its centre; all windows add up. "
         "No ends of corridors need be known."},
    .in = omni_in,
    .out = omni_out,
    .with = omni_with,
    .reach = GT_REACH_GLOBAL,
    .need = {.stays = 40},
    .law = "40 bytes a cell; a window of radius r: 128 times 32 r^2 bytes, and 400 r^2 a thread",
    .sources = omni_sources,
    .run = run_omni};
