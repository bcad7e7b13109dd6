/* omniscape: runs an Omniscape problem file. */
#include "circuit_verb.h"

static gt_status run_it(cli *app)
{
    return cli_run_circuit(app, gt_omniscape_run);
}

static const cli_option options[] = {
    {"root",
     "DIR",
     {"问题文件中相对路径的起点（默认当前目录）",
      "where relative input names start from (default: the current folder)"},
     false},
    {"out",
     "DIR",
     {"在该目录下建立成果目录（默认当前目录）",
      "where the project's folder is made (default: the current folder)"},
     false},
    {"format", "text|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_OMNISCAPE = {
    .name = "omniscape",
    .operands = "FILE.ini",
    .min_operands = 1,
    .max_operands = 1,
    .summary = {"按 Omniscape 问题文件以移动窗口计算全向电流",
                "omnidirectional current by a moving window, from an Omniscape problem file"},
    .detail = {"输出累计电流、流势与归一化电流。",
               "Writes cumulative current, flow potential and normalized current."},
    .options = options,
    .run = run_it,
};
