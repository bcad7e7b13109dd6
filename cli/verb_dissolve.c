/* dissolve LAYER -o FILE: areas merged by a field, borders shared and simplified together. */
#include <string.h>

#include "messages.h"
#include "place_file.h"

static gt_status found(gt_ctx *ctx, void *user, const gt_place_found *p)
{
    (void)ctx;
    return cli_place_file_add(user, p->classes, p);
}

static gt_status write_dissolved(cli *app, gt_store *store, const gt_package *package)
{
    const char *path = cli_option_value(app, "o", NULL);
    const char *columns[] = {cli_option_value(app, "by", "class")};
    gt_part part = {app->operands[0], cli_option_value(app, "where", NULL), GT_DATE_NONE};
    cli_place_file file = {0};
    gt_dissolve_options o;
    gt_dissolve_options_init(&o);
    o.field = cli_option_value(app, "by", NULL);
    if (path == NULL) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NEEDS_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "o"), GT_TEXT("arg", "FILE")));
    }
    gt_status st = cli_get_metres(app, "simplify", 0, 1e6, &o.tolerance);
    st = st == GT_OK ? cli_get_date(app, "as-of", &part.as_of) : st;
    st = st == GT_OK ? cli_place_file_open(app, store, path, "dissolved", columns, 1, &file) : st;
    if (st == GT_OK) {
        st = gt_dissolve(app->ctx, store, package, &part, &o, found, &file);
    }
    st = cli_place_file_close(&file, st);
    if (st == GT_OK) {
        gt_text_printf(
            &app->out,
            cli_say(app, "%zu 类，%.4f 公顷，已写入 %s\n", "%zu classes, %.4f ha, written to %s\n"),
            file.n, gt_area_to(GT_HA, file.m2), path);
    }
    return st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    const gt_standard *layer = NULL;
    gt_status st = cli_open_store(app, true, &store);
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    st = st == GT_OK ? cli_find_layer(app, package, app->operands[0], &layer) : st;
    st = st == GT_OK ? write_dissolved(app, store, package) : st;
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"o", "FILE", {"写出的文件（.gpkg 或 .csv）", "file to write (.gpkg or .csv)"}, false},
    {"by",
     "FIELD",
     {"按此字段融合（默认：图层的分类字段）", "merge by this field (default: the class field)"},
     false},
    {"simplify",
     "M",
     {"共用边界一起化简，容差（米）", "simplify shared borders together, within M metres"},
     false},
    {"where", "CONDITION", {"只取满足条件的要素", "only features for which this holds"}, false},
    {"as-of", "DATE", {"该日有效的要素", "features valid on that day"}, false},
    {0},
};

const cli_verb CLI_DISSOLVE = {
    .name = "dissolve",
    .operands = "LAYER",
    .min_operands = 1,
    .max_operands = 1,
    .summary = {"按字段融合图斑，可一起化简边界",
                "merge areas by a field, simplify shared borders"},
    .detail =
        {"相邻类别共用每个顶点：无论化简与否，都不裂缝、不重叠，图斑不消失。\n"
         "例：guotu -w 目录 dissolve land_use --by dlbm --simplify 20 -o low.gpkg。"
         "面积列为化简前的面积。图层按 --memory 分条带读取；写出的边界每条边约 35 字节。",
         "Neighbours share every vertex, simplified or not: no gap, no overlap, nothing vanishes.\n"
         "For example guotu -w DIR dissolve land_use --by dlbm --simplify 20 -o low.gpkg. Areas "
         "are "
         "those before simplifying. The layer is read in strips that fit --memory; the borders "
         "written take about 35 bytes an edge."},
    .options = options,
    .run = run,
};
