/* synth: fills the workspace with generated layers over open outlines and relief. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "guotu/series.h"
#include "guotu/synth.h"
#include "messages.h"

static gt_status report_totals(cli *app, gt_synth *synth)
{
    gt_status st = gt_synth_measure(app->ctx, synth);
    if (st == GT_OK) {
        gt_synth_report(synth, app->lang, &app->out);
    }
    for (size_t i = 0; st == GT_OK && i < gt_synth_n_totals(synth); i++) {
        gt_synth_total t = gt_synth_total_at(synth, i);
        if (fabs(t.made_km2 - t.published_km2) > t.tolerance * t.published_km2) {
            app->answer_no = true;
        }
    }
    return st;
}

/* The rasters that models need and nobody put there. */
static gt_status generate_grids(cli *app, gt_store *store, gt_synth *synth)
{
    gt_text dir;
    size_t made = 0, left = 0;
    gt_text_init(&dir, app->ctx, 0);
    gt_text_printf(&dir, "%s/grids", gt_store_dir(store));
    gt_status st = gt_text_status(&dir);
    st = st == GT_OK ? gt_synth_grids(app->ctx, synth, gt_text_cstr(&dir), &made, &left) : st;
    if (st == GT_OK && made + left > 0) {
        gt_text_printf(&app->out,
                       cli_say(app, "栅格：生成 %zu 个，保留实测 %zu 个\n",
                               "grids: %zu generated, %zu real ones left\n"),
                       made, left);
    }
    gt_text_free(&dir);
    return st;
}

static gt_status generate(cli *app, gt_store *store, const gt_package *package,
                          const gt_synth_data *data)
{
    gt_synth *synth = NULL;
    gt_synth_options o;
    int64_t revision = 0;
    long scale = 0, seed = 1;
    gt_synth_options_init(&o);
    gt_status st = cli_get_long(app, "scale", (long)GT_SYNTH_PARCELS_DEFAULT,
                                (long)GT_SYNTH_PARCELS_MIN, (long)GT_SYNTH_PARCELS_MAX, &scale);
    if (st == GT_OK) {
        st = cli_get_long(app, "seed", 1, 0, LONG_MAX, &seed);
    }
    o.n_parcels = (double)scale;
    o.seed = (uint64_t)seed;
    o.recipe = cli_option_value(app, "recipe", NULL);
    if (st == GT_OK) {
        st = gt_synth_new(app->ctx, package, data, &o, &synth);
    }
    if (st == GT_OK) {
        st = gt_synth_store(app->ctx, synth, store, cli_author(app), &revision);
    }
    if (st == GT_OK) {
        st = generate_grids(app, store, synth);
    }
    if (st == GT_OK) {
        st = report_totals(app, synth);
    }
    gt_synth_free(app->ctx, synth);
    return st;
}

/* The figures over time that the package brings for the generated city. */
static gt_status generated_series(cli *app, gt_store *store, const gt_package *package)
{
    gt_text path;
    gt_notes *notes = NULL;
    gt_series_loaded facts;
    gt_series_load_options o;
    gt_series_load_options_init(&o);
    o.origin = GT_ORIGIN_GENERATED;
    o.author = cli_author(app);
    o.message = cli_say(app, "生成的时间序列", "generated series");
    gt_text_init(&path, app->ctx, 8192);
    gt_text_printf(&path, "%s/generated/series.csv", gt_package_dir(package));
    gt_status st = gt_text_status(&path);
    if (st == GT_OK && access(gt_text_cstr(&path), R_OK) == 0) {
        st = gt_notes_new(app->ctx, 0, &notes);
        st = st == GT_OK
                 ? gt_series_load(app->ctx, store, package, gt_text_cstr(&path), &o, notes, &facts)
                 : st;
    }
    gt_notes_free(notes);
    gt_text_free(&path);
    return st;
}

/* What happens to the city after its base year, as the package tells. */
static gt_status generated_years(cli *app, gt_store *store, const gt_package *package)
{
    gt_text path;
    size_t n = 0, n_rows = 0;
    gt_text_init(&path, app->ctx, 8192);
    gt_text_printf(&path, "%s/generated/changes.csv", gt_package_dir(package));
    gt_status st = gt_text_status(&path);
    if (st == GT_OK) {
        st = gt_synth_years(app->ctx, store, package, gt_text_cstr(&path), cli_author(app), &n,
                            &n_rows);
    }
    if (st == GT_OK && n_rows > 0) {
        gt_text_printf(&app->out,
                       cli_say(app, "年度变化 %zu 项（表列 %zu 项），各为一个版本\n",
                               "%zu changes of later years (of %zu), a revision each\n"),
                       n, n_rows);
    }
    gt_text_free(&path);
    return st;
}

/* What bodies did from year to year, as the package tells. */
static gt_status generated_books(cli *app, gt_store *store, const gt_package *package)
{
    gt_text path;
    gt_books_made made;
    gt_text_init(&path, app->ctx, 8192);
    gt_text_printf(&path, "%s/generated/ledgers.csv", gt_package_dir(package));
    gt_status st = gt_text_status(&path);
    st = st == GT_OK ? gt_synth_books(app->ctx, store, package, gt_text_cstr(&path), &made) : st;
    if (st == GT_OK && made.records > 0) {
        gt_text_printf(&app->out,
                       cli_say(app, "台账记录 %zu 条、事件 %zu 个；%zu 次流转未获通过\n",
                               "%zu ledger records, %zu events; %zu moves were refused\n"),
                       made.records, made.events, made.refused);
    }
    gt_text_free(&path);
    return st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_synth_data data;
    memset(&data, 0, sizeof data);
    gt_status st = cli_open_store(app, false, &store);
    if (st == GT_OK) {
        st = cli_open_package(app, store, &package);
    }
    if (st == GT_OK) {
        const char *set = getenv("GUOTU_DATA");
        const char *usual = set != NULL && *set != '\0' ? set : "build/open-data";
        st = gt_synth_data_load(app->ctx, package, cli_option_value(app, "open", usual), &data);
    }
    if (st == GT_OK) {
        st = generate(app, store, package, &data);
    }
    if (st == GT_OK) {
        st = generated_series(app, store, package);
    }
    if (st == GT_OK) {
        st = generated_years(app, store, package);
    }
    if (st == GT_OK) {
        st = generated_books(app, store, package);
    }
    gt_synth_data_free(app->ctx, &data);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"scale",
     "N",
     {"土地利用图斑数，1000 至 2000 万（默认 3 万）",
      "number of land use parcels, 1e3 .. 2e7 (default 30000)"},
     false},
    {"seed",
     "S",
     {"种子；相同则结果逐字节相同（默认 1）", "seed; the same gives the same bytes (default 1)"},
     false},
    {"open",
     "DIR",
     {"开放数据目录（tools/fetch_open_data.sh 所取，或实测数据；默认 $GUOTU_DATA）",
      "folder of open data (from tools/fetch_open_data.sh, or real data; default: $GUOTU_DATA)"},
     false},
    {"recipe",
     "FILE",
     {"布局配方（默认：规划包中的 synth.yaml）", "recipe (default: the package's synth.yaml)"},
     false},
    {"author", "NAME", {"操作人", "who does it"}, false},
    {0},
};

const cli_verb CLI_SYNTH = {
    .name = "synth",
    .operands = "",
    .summary = {"生成与规划数字相符的演示数据", "generate data whose totals agree with the plans"},
    .detail =
        {"在真实的行政区轮廓与地形上布置各图层，写出模型所需的栅格（已有实测者保留），并载入规划包"
         "附带的时间序列，均标为“生成”，不"
         "作为调查成果。总量偏离规划数"
         "字超过容差时退出码为 1。",
         "Lays every layer out over real outlines and relief, writes the grids that models need "
         "(real ones are left) and loads the series the package brings; "
         "all are marked as generated, never survey data.\n"
         "Exit code 1 when a total misses the published figure by more than its tolerance."},
    .options = options,
    .run = run,
};
