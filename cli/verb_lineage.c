/* lineage FILE: what a grid was made of. */
#include "cli.h"
#include "guotu/model.h"
#include "messages.h"

static gt_status run(cli *app)
{
    gt_grid *grid = NULL;
    gt_status st = gt_grid_open(app->ctx, app->operands[0], &grid);
    if (st == GT_OK) {
        const char *text = gt_grid_item_value(grid, GT_LINEAGE_ITEM);
        if (text == NULL) {
            gt_text_puts(&app->out,
                         cli_say(app, "文件中没有来源记录\n", "the file holds no lineage\n"));
            app->answer_no = true;
        } else {
            gt_text_printf(&app->out, "%s\n", text);
        }
    }
    gt_grid_close(app->ctx, grid);
    return st;
}

static const cli_option options[] = {{0}};

const cli_verb CLI_LINEAGE = {
    .name = "lineage",
    .operands = "FILE",
    .min_operands = 1,
    .max_operands = 1,
    .summary = {"一个成果栅格由什么、怎样算出", "what a result was made of, and how"},
    .detail =
        {"输出 JSON：模型及版本、各输入的文件名与内容摘要、全部参数。没有记录时退出码为 1。",
         "Prints JSON: model and version, name and content hash of each input, all parameters. "
         "Exit code 1 when the file holds none."},
    .options = options,
    .run = run,
};
