/* layers: what the map holds. */
#include <string.h>

#include "cli.h"

enum { COLUMNS = 8, CSV_COLUMNS = 9 };

static const char *origin_name(const cli *app, gt_origin origin)
{
    switch (origin) {
    case GT_ORIGIN_SURVEY:
        return cli_say(app, "调查", "survey");
    case GT_ORIGIN_OPEN:
        return cli_say(app, "开放数据", "open");
    case GT_ORIGIN_GENERATED:
        return cli_say(app, "生成（非调查成果）", "generated");
    }
    return "";
}

/* CSV is the same in any language: both titles, and words that programs can rely on. */
static gt_status add_row(cli *app, cli_table *table, const gt_layer_info *info, bool csv)
{
    char n[24], area[32], revision[24], from[GT_DATE_TEXT];
    bool has_area =
        info->standard->geom_type == GT_POLYGON || info->standard->geom_type == GT_MULTIPOLYGON;
    (void)snprintf(n, sizeof n, "%lld", (long long)info->n_features);
    (void)snprintf(area, sizeof area, "%.4f", gt_area_to(GT_KM2, info->area_m2));
    (void)snprintf(revision, sizeof revision, "%lld", (long long)info->revision);
    gt_date_format(info->valid_from, from);
    const char *origin = csv ? cli_origin_key(info->origin) : origin_name(app, info->origin);
    const char *cells[CSV_COLUMNS] = {info->standard->id,
                                      cli_title(app, info->standard->title),
                                      gt_geom_type_name(info->standard->geom_type),
                                      n,
                                      has_area ? area : "",
                                      from,
                                      revision,
                                      info->n_features > 0 ? origin : ""};
    if (csv) {
        memmove(&cells[3], &cells[2], (COLUMNS - 2) * sizeof cells[0]);
        cells[1] = info->standard->title.zh;
        cells[2] = info->standard->title.en;
    }
    return cli_table_row(table, cells);
}

static void add_json(cli *app, const gt_layer_info *info, bool first)
{
    gt_text *o = &app->out;
    char from[GT_DATE_TEXT];
    gt_date_format(info->valid_from, from);
    gt_text_puts(o, first ? "\n  {\"id\":" : ",\n  {\"id\":");
    gt_text_json_string(o, info->standard->id);
    gt_text_puts(o, ",\"title\":{\"zh\":");
    gt_text_json_string(o, info->standard->title.zh);
    gt_text_puts(o, ",\"en\":");
    gt_text_json_string(o, info->standard->title.en);
    gt_text_printf(o, "},\"geometry\":\"%s\",\"features\":%lld,\"area_m2\":",
                   gt_geom_type_name(info->standard->geom_type), (long long)info->n_features);
    gt_text_json_real(o, info->area_m2);
    gt_text_puts(o, ",\"valid_from\":");
    gt_text_json_string(o, info->valid_from == GT_DATE_NONE ? NULL : from);
    gt_text_printf(o, ",\"revision\":%lld,\"origin\":\"%s\"}", (long long)info->revision,
                   cli_origin_key(info->origin));
}

static gt_status run(cli *app)
{
    gt_status st = GT_OK;
    gt_store *store = NULL;
    cli_table *table = NULL;
    cli_format format = CLI_TEXT;
    static const char *const zh[COLUMNS] = {"图层",       "名称", "几何", "要素数",
                                            "面积 (km²)", "时点", "修订", "来源"};
    static const char *const en[COLUMNS] = {"layer",      "title", "geometry", "features",
                                            "area (km2)", "valid", "revision", "origin"};
    static const char *const keys[CSV_COLUMNS] = {"id",         "title_zh", "title_en",
                                                  "geometry",   "features", "area_km2",
                                                  "valid_from", "revision", "origin"};
    st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON, &format);
    if (st == GT_OK) {
        st = cli_open_store(app, true, &store);
    }
    if (st == GT_OK) {
        const char *const *headings = format == CLI_CSV ? keys : app->lang == GT_LANG_ZH ? zh : en;
        st = cli_table_new(app, format == CLI_CSV ? CSV_COLUMNS : COLUMNS, headings,
                           format == CLI_CSV ? "llllrrlrl" : "lllrrlrl", &table);
    }
    if (format == CLI_JSON) {
        gt_text_puts(&app->out, "[");
    }
    for (size_t i = 0; st == GT_OK && i < gt_store_n_layers(store); i++) {
        gt_layer_info info;
        st = gt_store_layer(app->ctx, store, i, &info);
        if (st == GT_OK && format == CLI_JSON) {
            add_json(app, &info, i == 0);
        } else if (st == GT_OK) {
            st = add_row(app, table, &info, format == CLI_CSV);
        }
    }
    if (st == GT_OK) {
        if (format == CLI_JSON) {
            gt_text_puts(&app->out, "\n]\n");
        } else if (format == CLI_CSV) {
            cli_table_csv(table, keys, &app->out);
        } else {
            cli_table_text(table, &app->out);
        }
    }
    cli_table_free(table);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"format", "text|csv|json", {"输出格式", "output format"}, false},
    {0},
};

const cli_verb CLI_LAYERS = {
    .name = "layers",
    .operands = "",
    .summary = {"列出一张图的图层", "list the layers of the map"},
    .options = options,
    .run = run,
};
