/* lineage FILE: what a grid was made of. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "guotu/graph.h"
#include "messages.h"

enum { PATH_MOST = 4096 };

/* {"file","made":{...} or null, and what the grid itself holds}. */
static gt_status print_lineage(cli *app, const char *path, const char *text)
{
    gt_text made;
    bool found = false;
    gt_text_init(&made, app->ctx, 0);
    gt_status st = gt_graph_last_run(app->ctx, path, &made, &found);
    if (st == GT_OK) {
        gt_text_puts(&app->out, "{\"file\":");
        gt_text_json_string(&app->out, path);
        gt_text_printf(&app->out, ",\"made\":%s,%s\n", found ? gt_text_cstr(&made) : "null",
                       text[0] == '{' ? text + 1 : "}");
    }
    gt_text_free(&made);
    return st;
}

/* A name without folder or ending is a grid of the workspace, as `map --grid` has it. */
static const char *path_of(const cli *app, char kept[PATH_MOST])
{
    const char *name = app->operands[0];
    bool plain = strpbrk(name, "/.") == NULL && app->workspace != NULL && *app->workspace != '\0';
    if (!plain || access(name, F_OK) == 0) {
        return name;
    }
    (void)snprintf(kept, PATH_MOST, "%s/grids/%s.tif", app->workspace, name);
    return kept;
}

static gt_status run(cli *app)
{
    char kept[PATH_MOST];
    const char *path = path_of(app, kept);
    gt_grid *grid = NULL;
    gt_status st = gt_grid_open(app->ctx, path, &grid);
    if (st == GT_OK) {
        const char *text = gt_grid_item_value(grid, GT_LINEAGE_ITEM);
        if (text == NULL) {
            gt_text_puts(&app->out,
                         cli_say(app, "文件中没有来源记录\n", "the file holds no lineage\n"));
            app->answer_no = true;
        } else {
            st = print_lineage(app, path, text);
        }
    }
    gt_grid_close(app->ctx, grid);
    return st;
}

static const cli_option options[] = {{0}};

const cli_verb CLI_LINEAGE = {
    .name = "lineage",
    .operands = "FILE|GRID",
    .min_operands = 1,
    .max_operands = 1,
    .summary = {"一个成果栅格由什么、怎样算出", "what a result was made of, and how"},
    .detail =
        {"输出 "
         "JSON：模型及版本、各输入的文件名与内容摘要、全部参数；工作空间中的栅格（可只给名称）还有"
         "由谁、何时运行"
         "（made）。没有记录时退出码为 1。",
         "Prints JSON: model and version, name and content hash of each input, all parameters; of "
         "a grid of the workspace (its name will do) also who ran it and when (made). "
         "Exit code 1 when the file holds none."},
    .options = options,
    .run = run,
};
