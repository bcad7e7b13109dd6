/* tiles LAYER FILE: the vector tiles of a layer as MBTiles. */
#include "cli.h"
#include "guotu/serve.h"

static gt_status write_tiles(cli *app, const gt_package *package, const gt_tiles_options *o,
                             bool json)
{
    gt_tiles_written n;
    gt_text *out = &app->out;
    gt_status st = gt_tiles_write(app->ctx, app->workspace, package, app->operands[0],
                                  app->operands[1], o, &n);
    if (st == GT_OK && json) {
        gt_text_puts(out, "{\"layer\":");
        gt_text_json_string(out, app->operands[0]);
        gt_text_puts(out, ",\"file\":");
        gt_text_json_string(out, app->operands[1]);
        gt_text_printf(
            out, ",\"from\":%d,\"to\":%d,\"tiles\":%lld,\"bytes\":%lld,\"largest\":%lld}\n",
            o->from, o->to, (long long)n.tiles, (long long)n.bytes, (long long)n.largest);
    } else if (st == GT_OK) {
        gt_text_printf(out,
                       cli_say(app,
                               "%s：%d–%d 级瓦片 %lld 个，共 %.1f MB，最大 %.0f kB，已写入 %s\n",
                               "%s: zoom %d to %d, %lld tiles, %.1f MB, %.0f kB at most, written "
                               "to %s\n"),
                       app->operands[0], o->from, o->to, (long long)n.tiles, (double)n.bytes / 1e6,
                       (double)n.largest / 1e3, app->operands[1]);
    }
    return st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_tiles_options o;
    cli_format format = CLI_TEXT;
    long from = 0, to = 0;
    gt_tiles_options_init(&o);
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_JSON, &format);
    st = st == GT_OK ? cli_get_long(app, "to", o.to, 0, 22, &to) : st;
    st = st == GT_OK ? cli_get_long(app, "from", o.from, 0, to, &from) : st;
    o.from = (int)from;
    o.to = (int)to;
    o.overwrite = cli_has(app, "overwrite");
    st = st == GT_OK ? cli_open_store(app, true, &store) : st;
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    gt_store_close(store);
    st = st == GT_OK ? write_tiles(app, package, &o, format == CLI_JSON) : st;
    gt_package_free(package);
    return st;
}

static const cli_option options[] = {
    {"from", "Z", {"最小级别（默认 0）", "least zoom (default 0)"}, false},
    {"to", "Z", {"最大级别（默认 14）", "largest zoom (default 14)"}, false},
    {"overwrite", NULL, {"覆盖已有文件", "replace the file when it exists"}, false},
    {"format", "text|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_TILES = {
    .name = "tiles",
    .operands = "LAYER FILE",
    .summary = {"将图层的矢量瓦片写成 MBTiles 文件", "a layer's vector tiles as one MBTiles file"},
    .detail = {"与门户提供的瓦片相同（MBTiles 1.3，gzip 压缩）：小比例尺按地类面积占比概括，\n"
               "大比例尺为要素本身。文件写完整后才以其名称出现。",
               "The same tiles as the portal serves (MBTiles 1.3, packed as gzip): class shares at "
               "low zooms,\nthe features themselves below. The file appears under its name when it "
               "is whole."},
    .options = options,
    .min_operands = 2,
    .max_operands = 2,
    .run = run,
};
