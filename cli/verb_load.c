/* load LAYER FILE: a file into the one map, all of it or nothing. */
#include <string.h>

#include "cli.h"
#include "guotu/import.h"
#include "messages.h"

static gt_status read_options(cli *app, gt_import_options *o)
{
    gt_import_options_init(o);
    o->repair = cli_has(app, "repair");
    o->dry_run = cli_has(app, "dry-run");
    o->source_layer = cli_option_value(app, "layer", NULL);
    o->where = cli_option_value(app, "where", NULL);
    o->encoding = cli_option_value(app, "encoding", NULL);
    o->crs = cli_option_value(app, "crs", NULL);
    o->author = cli_author(app);
    o->message = cli_option_value(app, "message", NULL);
    o->reason = cli_option_value(app, "reason", NULL);
    o->origin = cli_has(app, "generated")   ? GT_ORIGIN_GENERATED
                : cli_has(app, "open-data") ? GT_ORIGIN_OPEN
                                            : GT_ORIGIN_SURVEY;
    gt_status st = cli_get_date(app, "as-of", &o->as_of);
    return st == GT_OK ? cli_get_datum(app, &o->datum) : st;
}

/* Findings go to standard error as the answer to "what is wrong", at most `max` of them. */
static void print_findings(cli *app, const gt_notes *notes)
{
    enum { MAX_SHOWN = 20 };
    gt_text text;
    size_t kept = gt_notes_kept(notes), shown = kept < MAX_SHOWN ? kept : MAX_SHOWN;
    gt_text_init(&text, app->ctx, 0);
    for (size_t i = 0; i < shown; i++) {
        gt_notes_render(notes, i, app->lang, &text);
    }
    size_t total = gt_notes_count(notes, GT_INFO);
    if (total > shown) {
        gt_text_printf(&text,
                       cli_say(app, "……还有 %zu 条，见报告\n", "... and %zu more in the report\n"),
                       total - shown);
    }
    (void)fputs(gt_text_cstr(&text), stderr);
    gt_text_free(&text);
}

static void summarise(cli *app, const char *layer, const gt_import_report *r)
{
    gt_text_printf(&app->out,
                   cli_say(app, "%s：读入 %lld 个要素，修复 %lld 个；%.4f km²；%.1f 秒\n",
                           "%s: %lld features read, %lld repaired; %.4f km2; %.1f s\n"),
                   layer, (long long)r->n_read, (long long)r->n_repaired,
                   gt_area_to(GT_KM2, r->area_m2), r->seconds);
    if (r->revision > 0) {
        gt_text_printf(&app->out,
                       cli_say(app, "修订 %lld：新增或变化 %lld 个，终止 %lld 个，未变 %lld 个\n",
                               "revision %lld: %lld new or changed, %lld ended, %lld as before\n"),
                       (long long)r->revision, (long long)r->n_changed, (long long)r->n_ended,
                       (long long)(r->n_written - r->n_changed));
    } else {
        gt_text_puts(&app->out, cli_say(app, "未写入\n", "nothing was written\n"));
    }
    if (r->report != NULL) {
        gt_text_printf(&app->out,
                       cli_say(app, "质检报告：%s.txt（另有 .json、.gpkg）\n",
                               "QC report: %s.txt (and .json, .gpkg)\n"),
                       r->report);
    }
}

/* What the package says of foreign files holds where the user said nothing. */
static void package_defaults(const gt_package *package, const gt_standard *standard,
                             gt_import_options *o)
{
    for (size_t i = 0; i < gt_package_n_layers(package); i++) {
        if (gt_package_layer(package, i) == standard) {
            gt_import_from from = gt_package_import(package, i);
            o->source_layer = o->source_layer != NULL ? o->source_layer : from.layer;
            o->where = o->where != NULL ? o->where : from.where;
        }
    }
}

static gt_status run(cli *app)
{
    const char *layer = app->operands[0], *file = app->operands[1];
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_import_options options;
    gt_import_report report;
    gt_import_report_init(&report);
    gt_status st = read_options(app, &options);
    if (st == GT_OK) {
        st = cli_open_store(app, false, &store);
    }
    if (st == GT_OK) {
        st = cli_open_package(app, store, &package);
    }
    const gt_standard *standard = NULL;
    if (st == GT_OK) {
        st = cli_find_layer(app, package, layer, &standard);
    }
    if (st == GT_OK) {
        package_defaults(package, standard, &options);
        st = gt_import(app->ctx, store, standard, file, &options, &report);
        if (report.notes != NULL && gt_notes_count(report.notes, GT_INFO) > 0) {
            print_findings(app, report.notes);
        }
        if (st == GT_OK || report.refused) {
            summarise(app, layer, &report);
        }
    }
    gt_import_report_free(app->ctx, &report);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"as-of",
     "DATE",
     {"调查时点：整层新调查，旧要素到此为止", "the survey's date: a new survey of the whole layer"},
     false},
    {"repair",
     NULL,
     {"修复可修复的问题并逐一列出", "mend what can be mended and list each change"},
     false},
    {"dry-run", NULL, {"只质检，不写入", "check only, write nothing"}, false},
    {"encoding",
     "E",
     {"属性编码：UTF-8、GBK、GB18030", "attribute encoding: UTF-8, GBK, GB18030"},
     false},
    {"datum",
     "gcj02|bd09",
     {"坐标为火星/百度坐标，载入时改正", "undo a shifted web datum on load"},
     false},
    {"crs", "CRS", {"坐标系（覆盖文件所述）", "CRS, instead of what the file says"}, false},
    {"layer", "NAME", {"文件中的图层", "layer of the file"}, false},
    {"where", "SQL", {"只载入符合条件的记录", "only records that fit (OGR SQL)"}, false},
    {"open-data", NULL, {"标明来源为开放数据", "mark the origin as open data"}, false},
    {"generated",
     NULL,
     {"标明来源为生成数据（非调查成果）", "mark the data as generated, not surveyed"},
     false},
    {"author", "NAME", {"操作人", "who does it"}, false},
    {"message", "TEXT", {"修订说明", "message of the revision"}, false},
    {"reason", "TEXT", {"依据或事由", "reason"}, false},
    {0},
};

const cli_verb CLI_LOAD = {
    .name = "load",
    .operands = "LAYER FILE",
    .min_operands = 2,
    .max_operands = 2,
    .summary = {"质检并载入一个文件", "check a file and load it into a layer"},
    .detail = {"任一错误都拒绝整个文件，一张图保持原样；质检报告写入工作空间的 reports "
               "目录。\n内存：与文件大小无关，约数十 MiB；另按文件中最大的要素计，每个顶点约 600 "
               "字节（一百万个顶点约 0.6 GB），可用 --memory 限制。",
               "Any error refuses the whole file and changes nothing; the QC report goes to the\n"
               "workspace's reports folder.\n"
               "Memory: some tens of MiB, whatever the file's size, and 600 bytes for each vertex "
               "of its\nlargest feature (a million vertices: 0.6 GB); --memory sets a ceiling."},
    .options = options,
    .run = run,
};
