/* export LAYER FILE: a layer to any vector format. */
#include "cli.h"
#include "guotu/import.h"

/* What the format could not hold. */
static void say_losses(cli *app, const gt_notes *notes)
{
    gt_text text;
    if (gt_notes_count(notes, GT_INFO) == 0) {
        return;
    }
    gt_text_init(&text, app->ctx, 0);
    gt_notes_render_all(notes, app->lang, &text);
    (void)fputs(gt_text_cstr(&text), stderr);
    gt_text_free(&text);
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_export_options o;
    int64_t n = 0;
    long revision = 0;
    gt_export_options_init(&o);
    o.driver = cli_option_value(app, "driver", NULL);
    o.out_crs = cli_option_value(app, "crs", NULL);
    o.encoding = cli_option_value(app, "encoding", NULL);
    o.overwrite = cli_has(app, "overwrite");
    o.with_dates = cli_has(app, "with-dates");
    gt_status st = gt_notes_new(app->ctx, 0, &o.notes);
    if (st == GT_OK) {
        st = cli_get_date(app, "as-of", &o.as_of_date);
    }
    if (st == GT_OK) {
        st = cli_get_long(app, "revision", 0, 0, INT32_MAX, &revision);
        o.as_of_rev = revision;
    }
    if (st == GT_OK) {
        st = cli_open_store(app, true, &store);
    }
    if (st == GT_OK) {
        st = gt_export(app->ctx, store, app->operands[0], app->operands[1], &o, &n);
    }
    if (st == GT_OK) {
        gt_text_printf(
            &app->out,
            cli_say(app, "%s：%lld 个要素已写入 %s\n", "%s: %lld features written to %s\n"),
            app->operands[0], (long long)n, app->operands[1]);
        say_losses(app, o.notes);
    }
    gt_notes_free(o.notes);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"crs",
     "CRS",
     {"输出坐标系（默认：工作坐标系）", "CRS of the output (default: the working CRS)"},
     false},
    {"driver", "NAME", {"OGR 驱动（默认：按扩展名）", "OGR driver (default: by extension)"}, false},
    {"encoding",
     "E",
     {"Shapefile 的属性编码：UTF-8（默认）、GBK、GB18030",
      "attribute text of a shapefile: UTF-8 (default), GBK, GB18030"},
     false},
    {"overwrite", NULL, {"覆盖已有文件", "replace the file when it exists"}, false},
    {"with-dates",
     NULL,
     {"附加有效期字段 valid_from、valid_to", "add the columns valid_from and valid_to"},
     false},
    {"as-of", "DATE", {"该日有效的要素", "features valid on that day"}, false},
    {"revision", "N", {"按修订 N 时所知", "as known at revision N"}, false},
    {0},
};

const cli_verb CLI_EXPORT = {
    .name = "export",
    .operands = "LAYER FILE",
    .min_operands = 2,
    .max_operands = 2,
    .summary = {"把图层写成任意矢量格式", "write a layer to any vector format"},
    .options = options,
    .run = run,
};
