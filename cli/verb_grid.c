/* grid OP ...: operations on grids, as files. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid_verb.h"
#include "guotu/grid_ops.h"
#include "messages.h"

typedef struct grid_op {
    const char *name;
    int min_files, max_files; /* operands after the name; the last is the output, but for info */
    gt_status (*run)(cli *app, const char *const *files, int n);
} grid_op;

gt_status cli_grid_bad(cli *app, const char *option, const char *value, const char *allowed)
{
    return gt_fail(
        app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
        GT_ARGS(GT_TEXT("option", option), GT_TEXT("value", value), GT_TEXT("allowed", allowed)));
}

static gt_status get_packing(cli *app, gt_grid_packing *out)
{
    const char *text = cli_option_value(app, "pack", "none");
    static const char *const names[] = {"none", "deflate", "zstd"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(names[i], text) == 0) {
            *out = (gt_grid_packing)i;
            return GT_OK;
        }
    }
    return cli_grid_bad(app, "pack", text, "none, deflate, zstd");
}

/* Output of the place of `like`, options of the command line applied. */
gt_status cli_grid_output(cli *app, const gt_grid *like, gt_cell type, const char *path,
                          gt_grid **out)
{
    gt_grid_spec spec;
    long tile = 0;
    gt_grid_spec_like(like, type, &spec);
    gt_status st = get_packing(app, &spec.packing);
    if (st == GT_OK) {
        st = cli_get_long(app, "tile", GT_GRID_TILE, 16, 4096, &tile);
    }
    spec.tile = (int)tile;
    spec.overviews = cli_has(app, "overviews") ? -1 : 0;
    return st == GT_OK ? gt_grid_create(app->ctx, path, &spec, out) : st;
}

/* ---- info --------------------------------------------------------------------------------------
 */

static void info_json(cli *app, const gt_grid *g)
{
    const gt_grid_spec *s = gt_grid_facts(g);
    gt_text *o = &app->out;
    gt_text_printf(o,
                   "{\"cols\":%lld,\"rows\":%lld,\"type\":\"%s\",\"cell_x\":", (long long)s->n_cols,
                   (long long)s->n_rows, gt_cell_name(s->type));
    gt_text_json_real(o, s->cell_x);
    gt_text_puts(o, ",\"cell_y\":");
    gt_text_json_real(o, s->cell_y);
    gt_text_puts(o, ",\"x_west\":");
    gt_text_json_real(o, s->x_west);
    gt_text_puts(o, ",\"y_north\":");
    gt_text_json_real(o, s->y_north);
    gt_text_puts(o, ",\"nodata\":");
    gt_text_json_real(o, s->nodata);
    gt_text_printf(o, ",\"tile\":%d,\"overviews\":%d,\"epsg\":%d,\"items\":{", s->tile,
                   s->overviews, gt_grid_crs(g) == NULL ? 0 : gt_crs_epsg(gt_grid_crs(g)));
    for (size_t i = 0; i < s->n_items; i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, s->items[i].key);
        gt_text_putc(o, ':');
        gt_text_json_string(o, s->items[i].value);
    }
    gt_text_puts(o, "}}\n");
}

static void info_text(cli *app, const gt_grid *g)
{
    const gt_grid_spec *s = gt_grid_facts(g);
    gt_text *o = &app->out;
    gt_box box = gt_grid_box(g);
    gt_text_printf(
        o,
        cli_say(app, "大小　　%lld 列 × %lld 行，%s\n", "size      %lld columns x %lld rows, %s\n"),
        (long long)s->n_cols, (long long)s->n_rows, gt_cell_name(s->type));
    gt_text_printf(o, cli_say(app, "像元　　%.10g × %.10g\n", "cell      %.10g x %.10g\n"),
                   s->cell_x, s->cell_y);
    gt_text_printf(
        o, cli_say(app, "范围　　%.10g %.10g %.10g %.10g\n", "extent    %.10g %.10g %.10g %.10g\n"),
        box.xmin, box.ymin, box.xmax, box.ymax);
    gt_text_printf(o, cli_say(app, "坐标系　%s\n", "CRS       %s\n"),
                   gt_grid_crs(g) == NULL ? cli_say(app, "（未说明）", "(not stated)")
                                          : gt_crs_name(gt_grid_crs(g)));
    gt_text_printf(o, cli_say(app, "无数据　%.10g\n", "nodata    %.10g\n"), s->nodata);
    for (size_t i = 0; i < s->n_items; i++) {
        gt_text_printf(o, "%s: %s\n", s->items[i].key, s->items[i].value);
    }
}

static gt_status op_info(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *g = NULL;
    cli_format format = CLI_TEXT;
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format);
    if (st == GT_OK) {
        st = gt_grid_open_any(app->ctx, files[0], NULL, &g);
    }
    if (st == GT_OK && format == CLI_JSON) {
        info_json(app, g);
    } else if (st == GT_OK) {
        info_text(app, g);
    }
    gt_grid_close(app->ctx, g);
    return st;
}

/* ---- copy --------------------------------------------------------------------------------------
 */

static gt_status copy_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const gt_cell *type = user;
    size_t bytes = gt_cell_bytes(*type), n = (size_t)b->n_cols * bytes;
    for (size_t r = 0; r < (size_t)b->n_rows; r++) {
        memcpy((char *)b->out[0].cells + r * b->out[0].stride * bytes,
               (const char *)b->in[0].cells + r * b->in[0].stride * bytes, n);
    }
    return gt_check_cancel(ctx);
}

/* Through guotu-io: onto the cells of another grid, into another CRS, another band. */
static gt_status import_copy(cli *app, const char *const *files)
{
    static const char *const names[] = {"bilinear", "nearest", "average"};
    gt_grid_import_options o;
    gt_grid *like = NULL;
    long band = 1;
    gt_grid_import_options_init(&o);
    o.resample = GT_RESAMPLE_NEAREST;
    const char *how = cli_option_value(app, "resample", "nearest"), *found = NULL;
    for (int i = 0; i < 3; i++) {
        if (strcmp(names[i], how) == 0) {
            o.resample = (gt_resample)i;
            found = names[i];
        }
    }
    gt_status st =
        found == NULL ? cli_grid_bad(app, "resample", how, "nearest, bilinear, average") : GT_OK;
    const char *type = cli_option_value(app, "type", "float32");
    if (st == GT_OK && !gt_cell_parse(type, &o.type)) {
        st = cli_grid_bad(app, "type", type, "uint8, int16, uint16, int32, float32, float64");
    }
    st = st == GT_OK ? get_packing(app, &o.packing) : st;
    st = st == GT_OK ? cli_get_long(app, "band", 1, 1, 10000, &band) : st;
    o.band = (int)band;
    o.crs = cli_option_value(app, "crs", NULL);
    const char *path = cli_option_value(app, "like", NULL);
    if (st == GT_OK && path != NULL) {
        st = gt_grid_open(app->ctx, path, &like);
        o.like = like;
    }
    st = st == GT_OK ? gt_grid_import(app->ctx, files[0], &o, files[1]) : st;
    gt_grid_close(app->ctx, like);
    return st;
}

static gt_status op_copy(cli *app, const char *const *files, int n)
{
    (void)n;
    if (cli_has(app, "like") || cli_has(app, "crs") || cli_has(app, "resample") ||
        cli_has(app, "band")) {
        return import_copy(app, files);
    }
    gt_grid *in = NULL, *out = NULL;
    gt_cell type = GT_CELL_F32;
    gt_status st = gt_grid_open_any(app->ctx, files[0], NULL, &in);
    if (st == GT_OK) {
        const char *name = cli_option_value(app, "type", gt_cell_name(gt_grid_facts(in)->type));
        if (!gt_cell_parse(name, &type)) {
            st = cli_grid_bad(app, "type", name, "uint8, int16, uint16, int32, float32, float64");
        }
    }
    if (st == GT_OK) {
        st = cli_grid_output(app, in, type, files[1], &out);
    }
    if (st == GT_OK) {
        gt_cell from = gt_grid_facts(in)->type;
        gt_cell buffer = from == GT_CELL_F64   ? GT_CELL_F64
                         : from == GT_CELL_F32 ? GT_CELL_F32
                                               : GT_CELL_I32;
        const gt_walk_input i = {in, buffer, 0};
        const gt_walk_output o = {out, buffer};
        gt_walk walk;
        gt_walk_init(&walk);
        walk.in = &i;
        walk.n_in = 1;
        walk.out = &o;
        walk.n_out = 1;
        st = gt_grid_walk(app->ctx, &walk, copy_block, &buffer);
    }
    if (st == GT_OK) {
        st = gt_grid_finish(app->ctx, out);
    }
    gt_grid_close(app->ctx, out);
    gt_grid_close(app->ctx, in);
    return st;
}

/* ---- terrain, cost ------------------------------------------------------------------------------
 */

static gt_status op_terrain(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *in = NULL, *out = NULL;
    gt_terrain what = GT_TERRAIN_SLOPE;
    const char *name = cli_option_value(app, "of", "slope");
    gt_status st = gt_terrain_parse(name, &what)
                       ? GT_OK
                       : cli_grid_bad(app, "of", name,
                                      "slope, slope-percent, aspect, curvature, profile, plan");
    if (st == GT_OK) {
        st = gt_grid_open_any(app->ctx, files[0], NULL, &in);
    }
    if (st == GT_OK) {
        st = cli_grid_output(app, in, GT_CELL_F32, files[1], &out);
    }
    if (st == GT_OK) {
        st = gt_grid_terrain(app->ctx, in, what, out);
    }
    if (st == GT_OK) {
        st = gt_grid_finish(app->ctx, out);
    }
    gt_grid_close(app->ctx, out);
    gt_grid_close(app->ctx, in);
    return st;
}

static gt_status run_cost(cli *app, gt_grid *friction, gt_grid *sources, const char *path)
{
    gt_grid *cost = NULL, *back = NULL;
    gt_cost_options o;
    gt_cost_facts f;
    const char *links = cli_option_value(app, "back", NULL);
    gt_cost_options_init(&o);
    const char *limit = cli_option_value(app, "max", "0");
    char *end = NULL;
    o.max_cost = strtod(limit, &end);
    o.per_cell = cli_has(app, "per-cell");
    gt_status st =
        *end != '\0' || !(o.max_cost >= 0) ? cli_grid_bad(app, "max", limit, "0 ...") : GT_OK;
    if (st == GT_OK) {
        st = cli_grid_output(app, friction, GT_CELL_F32, path, &cost);
    }
    if (st == GT_OK && links != NULL) {
        st = cli_grid_output(app, friction, GT_CELL_U8, links, &back);
    }
    if (st == GT_OK) {
        st = gt_grid_cost_distance(app->ctx, friction, sources, &o, cost, back, &f);
    }
    if (st == GT_OK) {
        st = gt_grid_finish(app->ctx, cost);
    }
    if (st == GT_OK && back != NULL) {
        st = gt_grid_finish(app->ctx, back);
    }
    if (st == GT_OK) {
        gt_text_printf(&app->out,
                       cli_say(app, "源像元 %llu，到达 %llu，最大费用 %.9g\n",
                               "%llu source cells, %llu reached, greatest cost %.9g\n"),
                       (unsigned long long)f.n_sources, (unsigned long long)f.n_reached, f.max);
    }
    gt_grid_close(app->ctx, back);
    gt_grid_close(app->ctx, cost);
    return st;
}

static gt_status op_cost(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *friction = NULL, *sources = NULL;
    gt_status st = gt_grid_open_any(app->ctx, files[0], NULL, &friction);
    if (st == GT_OK) {
        st = gt_grid_open_any(app->ctx, files[1], NULL, &sources);
    }
    if (st == GT_OK) {
        st = run_cost(app, friction, sources, files[2]);
    }
    gt_grid_close(app->ctx, sources);
    gt_grid_close(app->ctx, friction);
    return st;
}

static gt_status run_flow(cli *app, gt_grid *dem, const char *path)
{
    static const char *const names[] = {"filled", "directions"};
    static const gt_cell types[] = {GT_CELL_F32, GT_CELL_U8};
    gt_grid *out[3] = {NULL};
    gt_flow_facts f;
    gt_status st = cli_grid_output(app, dem, GT_CELL_I32, path, &out[2]);
    for (int i = 0; st == GT_OK && i < 2; i++) {
        const char *file = cli_option_value(app, names[i], NULL);
        if (file != NULL) {
            st = cli_grid_output(app, dem, types[i], file, &out[i]);
        }
    }
    if (st == GT_OK) {
        st = gt_grid_flow(app->ctx, dem, NULL, out[0], out[1], out[2], &f);
    }
    for (int i = 0; i < 3; i++) {
        if (st == GT_OK && out[i] != NULL) {
            st = gt_grid_finish(app->ctx, out[i]);
        }
        gt_grid_close(app->ctx, out[i]);
    }
    if (st == GT_OK) {
        gt_text_printf(&app->out,
                       cli_say(app, "像元 %llu，填洼抬高 %llu，出口 %llu\n",
                               "%llu cells, %llu raised by filling, %llu outlets\n"),
                       (unsigned long long)f.n_cells, (unsigned long long)f.n_raised,
                       (unsigned long long)f.n_outlets);
    }
    return st;
}

static gt_status op_flow(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *dem = NULL;
    gt_status st = gt_grid_open_any(app->ctx, files[0], NULL, &dem);
    if (st == GT_OK) {
        st = run_flow(app, dem, files[1]);
    }
    gt_grid_close(app->ctx, dem);
    return st;
}

static const grid_op OPS[] = {
    {"info", 1, 1, op_info},
    {"copy", 2, 2, op_copy},
    {"terrain", 2, 2, op_terrain},
    {"cost", 3, 3, op_cost},
    {"flow", 2, 2, op_flow},
    {"calc", 2, GT_WALK_MAX + 2, cli_grid_calc},
    {"zonal", 2, 2, cli_grid_zonal},
    {"rasterize", 3, 3, cli_grid_rasterize},
    {"focal", 2, 2, cli_grid_focal},
    {"distance", 2, 2, cli_grid_distance},
    {"patches", 2, 2, cli_grid_patches},
    {"classify", 2, 2, cli_grid_classify},
    {"downstream", 3, 3, cli_grid_downstream},
    {"hand", 4, 4, cli_grid_hand},
    {"wetness", 4, 4, cli_grid_wetness},
    {"order", 3, 3, cli_grid_order},
    {"view", 3, 3, cli_grid_view},
};
enum { N_OPS = sizeof OPS / sizeof OPS[0] };

static gt_status run(cli *app)
{
    int n = app->n_operands - 1;
    if (cli_has(app, "plan")) {
        return cli_grid_plan(app);
    }
    for (size_t i = 0; i < N_OPS; i++) {
        if (strcmp(OPS[i].name, app->operands[0]) == 0 && n >= OPS[i].min_files &&
            n <= OPS[i].max_files) {
            return OPS[i].run(app, app->operands + 1, n);
        }
    }
    return cli_grid_bad(app, "OP", app->operands[0],
                        "info FILE, copy IN OUT, terrain DEM OUT, cost FRICTION SOURCES OUT, flow "
                        "DEM OUT, calc EXPRESSION NAME=FILE... OUT, zonal GRID POLYGONS, rasterize "
                        "POLYGONS LIKE OUT, focal IN OUT, distance SOURCES OUT, patches CLASSES "
                        "OUT, classify IN OUT, downstream DIRECTIONS TARGETS OUT, hand DEM "
                        "DIRECTIONS STREAMS OUT, wetness ACCUMULATION DIRECTIONS SLOPE OUT, order "
                        "DIRECTIONS STREAMS OUT, view DEM OBSERVERS OUT");
}

static const cli_option options[] = {
    {"plan",
     NULL,
     {"只说明所需内存与临时空间，不运行", "say what memory and scratch it needs, do not run"},
     false},
    {"of",
     "WHAT",
     {"terrain：slope（默认，度）、slope-percent、aspect、curvature、profile、plan；"
      "focal：mean（默认）、sum、count、min、max、range、sd、majority",
      "terrain: slope (default, degrees), slope-percent, aspect, curvature, profile, plan; "
      "focal: mean (default), sum, count, min, max, range, sd, majority"},
     false},
    {"back", "FILE", {"cost：同时写出回溯方向", "cost: write back-links too"}, false},
    {"filled", "FILE", {"flow：同时写出填洼后的高程", "flow: write the filled heights too"}, false},
    {"directions",
     "FILE",
     {"flow：同时写出 D8 流向（1 东、2 东北……8 东南，0 流出）",
      "flow: write D8 directions too (1 E, 2 NE ... 8 SE, 0 off the map)"},
     false},
    {"max",
     "VALUE",
     {"cost、distance：上限，0 为不限；view：最远距离（默认 5000 米）",
      "cost, distance: limit, 0 for none; view: reach (default 5000 m)"},
     false},
    {"per-cell",
     NULL,
     {"cost：长度以像元计（默认以坐标单位计）",
      "cost: lengths in cells (default: unit of the CRS)"},
     false},
    {"eye",
     "M",
     {"view：观察点离地高度（默认 1.6 米）",
      "view: height of the observer above ground (default 1.6 m)"},
     false},
    {"target",
     "M",
     {"view：目标离地高度（默认 0）", "view: height of targets above ground (default 0)"},
     false},
    {"refraction",
     "K",
     {"view：折光系数（默认 0.13）", "view: coefficient of refraction (default 0.13)"},
     false},
    {"type",
     "TYPE",
     {"copy：uint8、int16、uint16、int32、float32、float64",
      "copy: uint8, int16, uint16, int32, float32, float64"},
     false},
    {"like", "FILE", {"copy：重采样到该栅格的像元", "copy: onto the cells of that grid"}, false},
    {"crs", "CRS", {"copy：转换到该坐标系", "copy: into that CRS"}, false},
    {"resample",
     "nearest|bilinear|average",
     {"copy：重采样方法（默认 nearest）", "copy: how (default nearest)"},
     false},
    {"band", "N", {"copy：波段（默认 1）", "copy: band (default 1)"}, false},
    {"pack", "none|deflate|zstd", {"压缩方式（默认 none）", "compression (default none)"}, false},
    {"overviews", NULL, {"在文件中加概览（COG）", "add overviews to the file (COG)"}, false},
    {"tile", "N", {"分块边长（默认 512）", "side of a tile (default 512)"}, false},
    {"table",
     "NAME",
     {"zonal、rasterize：GeoPackage 中的表（默认唯一的要素表）",
      "zonal, rasterize: table of the GeoPackage (default: the only one)"},
     false},
    {"field",
     "NAME",
     {"rasterize：写入像元的数值字段，或 fid；省略时写覆盖比例（0–1）",
      "rasterize: numeric field that goes to the cells, or fid; without it the share covered, 0-1"},
     false},
    {"least",
     "SHARE",
     {"rasterize --field：占像元不足此比例时为无数据（默认 0）",
      "rasterize --field: nodata where less of a cell is covered (default 0)"},
     false},
    {"radius",
     "CELLS",
     {"focal：窗口半径（默认 1，即 3 × 3）", "focal: half width of the window (default 1: 3 x 3)"},
     false},
    {"circle", NULL, {"focal：圆形窗口", "focal: round window"}, false},
    {"keep-nodata",
     NULL,
     {"focal：中心无数据的像元保持无数据", "focal: nodata in the centre stays"},
     false},
    {"allocation",
     "FILE",
     {"distance：同时写出最近源的值", "distance: write the value of the nearest source too"},
     false},
    {"four",
     NULL,
     {"patches：只按边相连（默认含对角）", "patches: over sides only (default: corners too)"},
     false},
    {"by",
     "equal|quantile|natural",
     {"classify：分级方法（默认 quantile）", "classify: how (default quantile)"},
     false},
    {"n",
     "N",
     {"classify：级数（默认 5，最多 32）", "classify: number of classes (default 5, at most 32)"},
     false},
    {"classes",
     NULL,
     {"zonal：各类别的像元数（整型栅格）", "zonal: cells of every class (integer grids)"},
     false},
    {"format",
     "text|csv|json",
     {"info（text、json）与 zonal（三种均可）的输出格式",
      "output format of info (text, json) and zonal (any)"},
     false},
    {0},
};

const cli_verb CLI_GRID = {
    .name = "grid",
    .operands = "OP FILE...",
    .min_operands = 2,
    .max_operands = GT_WALK_MAX + 3,
    .summary = {"栅格运算：信息、复制、代数、分区统计、矢量转栅格、地形、水流、累积费用",
                "grids: info, copy, algebra, zones, terrain, flow, cost distance"},
    .detail =
        {"info 文件；copy 输入 输出；terrain 高程 输出；cost 阻力 源 输出；flow 高程 汇流量；\n"
         "calc 表达式 名称=文件… 输出；zonal 栅格 面.gpkg；rasterize 面.gpkg 参照栅格 输出。\n"
         "focal 输入 输出；distance 源 输出；patches 分类 输出；classify 输入 输出；\n"
         "downstream 流向 目标 输出（流域、费用分配）；hand 高程 流向 河网 输出；\n"
         "wetness 汇流量 流向 坡度 输出；order 流向 河网 输出（Strahler 分级）；\n"
         "view 高程 观察点栅格 输出（可见的观察点数）。\n"
         "表达式：+ - * / % ^、比较、&& || !、c ? a : b、abs sqrt exp ln log10 sin cos tan atan "
         "atan2\n"
         "floor ceil round pow mod min max coalesce if "
         "isnodata、nodata、pi；无数据参与运算仍为无数据。\n"
         "分区统计按面积精确计算像元被覆盖的比例，不是只看像元中心。\n"
         "按块流式处理，遵守 --memory 与 --threads，结果与二者无关。",
         "info FILE; copy IN OUT; terrain DEM OUT; cost FRICTION SOURCES OUT; flow DEM OUT;\n"
         "calc EXPRESSION NAME=FILE... OUT; zonal GRID POLYGONS.gpkg; rasterize POLYGONS.gpkg LIKE "
         "OUT.\n"
         "focal IN OUT; distance SOURCES OUT; patches CLASSES OUT; classify IN OUT;\n"
         "downstream DIRECTIONS TARGETS OUT (watersheds, allocation); hand DEM DIRECTIONS STREAMS "
         "OUT;\n"
         "wetness ACCUMULATION DIRECTIONS SLOPE OUT; order DIRECTIONS STREAMS OUT (Strahler);\n"
         "view DEM OBSERVERS OUT (observers that see each cell).\n"
         "Expressions: + - * / % ^, comparisons, && || !, c ? a : b, abs sqrt exp ln log10 sin cos "
         "tan\n"
         "atan atan2 floor ceil round pow mod min max coalesce if isnodata, nodata, pi; nodata "
         "spreads.\n"
         "Zones count the exact share of every cell that is covered, not cell centres.\n"
         "Streams by blocks under --memory on --threads; results depend on neither."},
    .options = options,
    .run = run,
};
