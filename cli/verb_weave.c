/* weave A.gpkg B.gpkg ...: cuts the polygon layers of plain files together, once. Without files:
 * the stored weave of the workspace, brought up to date. */
#include <string.h>

#include "cli.h"
#include "guotu/coverage.h"
#include "guotu/date.h"
#include "messages.h"

/* Splits "a,b" into one field per file; "-" or nothing means by feature. One name serves all. */
static gt_status split_fields(cli *app, char *text, const char **fields)
{
    int n = 0;
    bool more = false;
    for (char *word = strsep(&text, ","); word != NULL; word = strsep(&text, ",")) {
        if (n < app->n_operands) {
            fields[n++] = strcmp(word, "-") == 0 ? NULL : word;
        } else {
            more = true;
        }
    }
    if (more || (n != app->n_operands && n != 1)) {
        return gt_fail(
            app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
            GT_ARGS(GT_TEXT("option", "by"), GT_TEXT("value", cli_option_value(app, "by", "")),
                    GT_TEXT("allowed", "FIELD, or FIELD,FIELD,... (one for each file; -: "
                                       "by feature)")));
    }
    for (int i = n; i < app->n_operands; i++) {
        fields[i] = fields[0];
    }
    return GT_OK;
}

static void say_facts(cli *app, const gt_weave_files_facts *f, double seconds)
{
    gt_text_printf(&app->out,
                   cli_say(app,
                           "%llu 条边，%u x %u 个 %.0f 米单元，%llu 个面，账目 %zu 行，合计 %.6f "
                           "平方米（%s）；%.2f 秒\n",
                           "%llu edges, %u x %u cells of %.0f m, %llu faces, %zu rows, total "
                           "%.6f m2 (%s); %.2f s\n"),
                   (unsigned long long)f->stats.n_edges, f->stats.n_columns, f->stats.n_rows,
                   f->stats.cell, (unsigned long long)f->stats.n_faces, f->n_rows, f->m2,
                   f->ellipsoidal ? cli_say(app, "椭球面积", "on the ellipsoid")
                                  : cli_say(app, "平面面积", "on the plane"),
                   seconds);
}

/* Splits "a,b" in place; returns how many there are, at most CLI_MAX_OPERANDS. */
static size_t split_layers(char *text, const char **out)
{
    size_t n = 0;
    for (char *word = strsep(&text, ","); word != NULL && n < CLI_MAX_OPERANDS;
         word = strsep(&text, ",")) {
        out[n++] = word;
    }
    return n;
}

static const char *reason_of(const cli *app, const char *why)
{
    static const char *const words[][3] = {
        {"absent", "首次叠合", "first weave"},
        {"damaged", "原结果损坏，已重做", "the old one was damaged"},
        {"format", "原结果格式不同，已重做", "the old one had another format"},
        {"layers", "图层或分类字段有变，已重做", "layers or their classes have changed"},
        {"cells", "单元大小有变，已重做", "the cells have another size now"},
        {"history", "修订历史不同，已重做", "the history is another one"},
        {"asked", "按要求重做", "as asked"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i][0], why) == 0) {
            return cli_say(app, words[i][1], words[i][2]);
        }
    }
    return "";
}

static void say_stored(cli *app, const gt_stored_facts *f, double seconds)
{
    if (f->n_woven == 0) {
        gt_text_puts(&app->out, cli_say(app, "已是最新；", "up to date; "));
    } else {
        gt_text_printf(&app->out,
                       cli_say(app, "重新叠合 %llu 个单元%s%s；", "%llu cells woven%s%s; "),
                       (unsigned long long)f->n_woven,
                       *f->why != '\0' ? cli_say(app, "：", ": ") : "", reason_of(app, f->why));
    }
    gt_text_printf(&app->out,
                   cli_say(app,
                           "修订 %lld，%zu 个图层，%llu 个 %.0f 米单元，账目 %zu 行，"
                           "合计 %.6f 平方米，%.1f MiB；%.2f 秒\n",
                           "revision %lld, %zu layers, %llu cells of %.0f m, %zu rows, total "
                           "%.6f m2, %.1f MiB; %.2f s\n"),
                   (long long)f->revision, f->n_layers, (unsigned long long)f->n_cells, f->side,
                   f->n_rows, f->m2, (double)f->bytes / 1048576, seconds);
}

static gt_status run_stored(cli *app)
{
    static const char *const of_files[] = {"by",       "account",  "atoms", "qc",
                                           "dissolve", "simplify", "plane", "cell"};
    const char *layers[CLI_MAX_OPERANDS];
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_stored_options o;
    gt_stored_facts facts;
    char *list = NULL;
    double start = gt_clock();
    for (size_t i = 0; i < sizeof of_files / sizeof *of_files; i++) {
        if (cli_has(app, of_files[i])) {
            return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_OF_FILES, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("option", of_files[i])));
        }
    }
    gt_stored_options_init(&o);
    o.full = cli_has(app, "full");
    gt_status st = cli_open_store(app, true, &store);
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    if (st == GT_OK && cli_has(app, "layers")) {
        list = gt_strdup(app->ctx, cli_option_value(app, "layers", ""));
        st = list == NULL ? GT_E_MEMORY : GT_OK;
        o.n_layers = st == GT_OK ? split_layers(list, layers) : 0;
        o.layers = layers;
    }
    st = st == GT_OK ? gt_stored_update(app->ctx, store, package, &o, &facts) : st;
    if (st == GT_OK) {
        say_stored(app, &facts, gt_clock() - start);
    }
    gt_free(app->ctx, list);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static gt_status run_files(cli *app)
{
    const char *fields[CLI_MAX_OPERANDS] = {NULL};
    gt_weave_files_options o;
    gt_weave_files_facts facts;
    gt_weave_files_options_init(&o);
    o.n_files = (size_t)app->n_operands;
    o.files = app->operands;
    o.account = cli_option_value(app, "account", NULL);
    o.atoms = cli_option_value(app, "atoms", NULL);
    o.qc = cli_option_value(app, "qc", NULL);
    o.dissolve = cli_option_value(app, "dissolve", NULL);
    o.plane = cli_has(app, "plane");
    long cell = 0;
    gt_status st = cli_get_long(app, "cell", 0, 1, 33000, &cell);
    o.cell = (double)cell;
    st = st == GT_OK ? cli_get_metres(app, "simplify", 0, 1e6, &o.tolerance) : st;
    if (st == GT_OK && cli_has(app, "simplify") && o.dissolve == NULL) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NEEDS_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "dissolve"), GT_TEXT("arg", "OUT.gpkg")));
    }
    char *by = NULL;
    if (st == GT_OK && cli_has(app, "by")) {
        by = gt_strdup(app->ctx, cli_option_value(app, "by", ""));
        st = by == NULL ? GT_E_MEMORY : split_fields(app, by, fields);
        o.fields = fields;
    }
    double start = gt_clock();
    if (st == GT_OK) {
        st = gt_weave_files(app->ctx, &o, &facts);
    }
    if (st == GT_OK && !app->quiet) {
        say_facts(app, &facts, gt_clock() - start);
        if (o.qc != NULL) {
            gt_text_printf(&app->out,
                           cli_say(app, "覆盖质检：%zu 处问题\n", "coverage QC: %zu faults\n"),
                           facts.n_faults);
        }
    }
    if (st == GT_OK && facts.n_faults > 0) {
        app->answer_no = true;
    }
    gt_free(app->ctx, by);
    return st;
}

static gt_status run(cli *app)
{
    if (app->n_operands == 0) {
        return run_stored(app);
    }
    if (cli_has(app, "layers") || cli_has(app, "full")) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_OF_WORKSPACE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", cli_has(app, "full") ? "full" : "layers")));
    }
    return run_files(app);
}

static const cli_option options[] = {
    {"layers",
     "A,B,...",
     {"工作空间：叠合哪些图层（默认：全部有要素的面图层）",
      "workspace: layers to weave (default: all polygon layers that hold features)"},
     false},
    {"full", NULL, {"工作空间：全部重做", "workspace: weave everything anew"}, false},
    {"by",
     "FIELD,...",
     {"各文件的统计字段（一个则通用；- 为逐要素）",
      "field of each file to count by (one serves all; -: by feature)"},
     false},
    {"account", "OUT.csv", {"写出面积账目", "write the account of areas"}, false},
    {"atoms", "OUT.gpkg", {"写出最小图斑", "write the finest pieces as polygons"}, false},
    {"qc",
     "OUT.csv",
     {"检查重叠、空隙、自相交和狭长图斑并写出",
      "find and write overlaps, gaps, self-crossings and slivers"},
     false},
    {"dissolve",
     "OUT.gpkg",
     {"把账目的每一行写成一个多面（按 --by 的字段融合）",
      "write a multipolygon for each row of the account (dissolved by the fields of --by)"},
     false},
    {"simplify",
     "M",
     {"融合结果的共用边界一起化简，容差（米）；相邻图斑不裂缝、不重叠",
      "simplify the shared borders of the dissolve together, within M metres: no gap, no overlap"},
     false},
    {"plane", NULL, {"按平面计算面积", "areas of the plane"}, false},
    {"cell",
     "M",
     {"单元边长，米（默认按密度）", "side of a cell, m (default: from the density)"},
     false},
    {0},
};

const cli_verb CLI_WEAVE = {
    .name = "weave",
    .operands = "[FILE.gpkg[:TABLE]...]",
    .max_operands = CLI_MAX_OPERANDS,
    .summary = {"把多个面图层一次叠合，得到面积账目、最小图斑和覆盖质检",
                "cut polygon layers together, once: areas, pieces, coverage QC"},
    .detail =
        {"不带文件（-w 目录）：叠合工作空间的面图层并存于 "
         "cache/weave，此后只重做改动所及的单元，结果与全部重做"
         "逐位相同；每点约 110 字节内存，按 --memory 分条带。\n"
         "带文件：各文件须为同一投影坐标系（米）的 GeoPackage。坐标取到 1 "
         "毫米；各部分之和恒等于整体。",
         "Without files (-w DIR): weaves the polygon layers of the workspace and keeps the result "
         "in "
         "cache/weave; later only cells that changes meet are woven, with the same bits. Memory: "
         "about 110 bytes a point of a strip, strips fit --memory.\n"
         "With files: all are GeoPackages in one projected CRS in metres. Coordinates are taken to "
         "1 mm; parts sum to wholes exactly."},
    .options = options,
    .run = run,
};
