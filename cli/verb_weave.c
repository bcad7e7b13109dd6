/* weave A.gpkg B.gpkg ...: cuts the polygon layers of plain files together, once. */
#include <string.h>

#include "cli.h"
#include "guotu/date.h"
#include "guotu/weave.h"
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

static gt_status run(cli *app)
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
    o.plane = cli_has(app, "plane");
    long cell = 0;
    gt_status st = cli_get_long(app, "cell", 0, 1, 33000, &cell);
    o.cell = (double)cell;
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

static const cli_option options[] = {
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
    {"plane", NULL, {"按平面计算面积", "areas of the plane"}, false},
    {"cell",
     "M",
     {"单元边长，米（默认按密度）", "side of a cell, m (default: from the density)"},
     false},
    {0},
};

const cli_verb CLI_WEAVE = {
    .name = "weave",
    .operands = "FILE.gpkg[:TABLE]...",
    .min_operands = 1,
    .max_operands = CLI_MAX_OPERANDS,
    .summary = {"把多个面图层一次叠合，得到面积账目、最小图斑和覆盖质检",
                "cut polygon layers together, once: areas, pieces, coverage QC"},
    .detail =
        {"各文件须为同一投影坐标系（米）的 GeoPackage。坐标取到 1 毫米；各部分之和恒等于整体。",
         "All files are GeoPackages in one projected CRS in metres. Coordinates are taken to 1 mm; "
         "parts sum to wholes exactly."},
    .options = options,
    .run = run,
};
