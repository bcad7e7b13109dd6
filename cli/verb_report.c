/* report: the yearly check-up as a document or a workbook. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "guotu/yearly.h"
#include "messages.h"

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_yearly_options o;
    long year = 0, back = 5, movers = 4;
    const char *path = cli_option_value(app, "o", NULL);
    gt_yearly_options_init(app->ctx, &o);
    if (strcmp(app->operands[0], "year") != 0) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "report"), GT_TEXT("value", app->operands[0]),
                               GT_TEXT("allowed", "year")));
    }
    if (path == NULL) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NEEDS_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "o"), GT_TEXT("arg", "FILE")));
    }
    char *end = NULL;
    year = strtol(app->operands[1], &end, 10);
    if (*end != '\0' || year < 1900 || year > 2100) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "year"), GT_TEXT("value", app->operands[1]),
                               GT_TEXT("allowed", "1900 .. 2100")));
    }
    gt_status st = cli_get_long(app, "back", 5, 1, 9, &back);
    st = st == GT_OK ? cli_get_long(app, "movers", 4, 0, 12, &movers) : st;
    o.year = (int)year;
    o.back = (int)back;
    o.movers = (size_t)movers;
    st = st == GT_OK ? cli_open_store(app, true, &store) : st;
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    st = st == GT_OK ? gt_yearly_report(app->ctx, store, package, &o, path) : st;
    if (st == GT_OK) {
        gt_text_printf(&app->out, cli_say(app, "已写出 %s\n", "wrote %s\n"), path);
    }
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"o", "FILE", {"写到该文件：.pdf 或 .xlsx", "write to this file: .pdf or .xlsx"}, false},
    {"back",
     "N",
     {"走势回溯年数（1 至 9，默认 5）", "years of the trends before it (1 .. 9, default 5)"},
     false},
    {"movers",
     "N",
     {"每项指标列出的贡献数（默认 4）", "contributions listed for an indicator (default 4)"},
     false},
    {0},
};

const cli_verb CLI_REPORT = {
    .name = "report",
    .operands = "year YEAR",
    .min_operands = 2,
    .max_operands = 2,
    .summary = {"年度体检报告：PDF 或工作簿", "yearly report of the indicators: PDF or workbook"},
    .detail = {"目标、状态、预警、走势图、分区图、变化及原因。语言随 --lang。",
               "Targets, standing, warnings, trends, maps by district, what moved and why. In the "
               "language of --lang."},
    .options = options,
    .run = run,
};
