/* atoms -o FILE: the finest pieces of layers, filtered by a condition. */
#include <string.h>

#include "messages.h"
#include "place_file.h"

enum { MOST_LAYERS = 32 };

typedef struct job {
    cli_place_file file;
    size_t n_layers;
} job;

static gt_status found(gt_ctx *ctx, void *user, const gt_place_found *p)
{
    job *j = user;
    const char *texts[2 * MOST_LAYERS];
    (void)ctx;
    for (size_t k = 0; k < j->n_layers; k++) {
        texts[2 * k] = p->features[k];
        texts[2 * k + 1] = p->classes[k];
    }
    return cli_place_file_add(&j->file, texts, p);
}

/* Layers of --layers, or all polygon layers that hold data. */
static gt_status choose(cli *app, gt_store *store, char *given, gt_part *parts, size_t *n)
{
    gt_status st = GT_OK;
    *n = 0;
    for (char *word = strsep(&given, ","); word != NULL && *n < MOST_LAYERS;
         word = strsep(&given, ",")) {
        parts[(*n)++] = (gt_part){word, NULL, GT_DATE_NONE};
    }
    if (*n > 0) {
        return GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < gt_store_n_layers(store) && *n < MOST_LAYERS; i++) {
        gt_layer_info info;
        st = gt_store_layer(app->ctx, store, i, &info);
        gt_geom_type t = st == GT_OK ? info.standard->geom_type : GT_GEOM_NONE;
        if (st == GT_OK && info.n_features > 0 && (t == GT_POLYGON || t == GT_MULTIPOLYGON)) {
            parts[(*n)++] = (gt_part){info.standard->id, NULL, GT_DATE_NONE};
        }
    }
    return st;
}

static gt_status write_atoms(cli *app, gt_store *store, const gt_package *package,
                             const gt_part *parts, size_t n)
{
    char names[MOST_LAYERS][300];
    const char *columns[2 * MOST_LAYERS];
    const char *path = cli_option_value(app, "o", NULL);
    job j = {.n_layers = n};
    for (size_t k = 0; k < n; k++) {
        (void)snprintf(names[k], sizeof names[k], "%s_class", parts[k].layer);
        columns[2 * k] = parts[k].layer;
        columns[2 * k + 1] = names[k];
    }
    if (path == NULL) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NEEDS_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "o"), GT_TEXT("arg", "FILE")));
    }
    gt_status st = cli_place_file_open(app, store, path, "atoms", columns, 2 * n, &j.file);
    if (st == GT_OK) {
        st = gt_atoms(app->ctx, store, package, parts, n, cli_option_value(app, "where", NULL),
                      found, &j);
    }
    st = cli_place_file_close(&j.file, st);
    if (st == GT_OK) {
        double ha = gt_area_to(GT_HA, j.file.m2);
        if (app->lang == GT_LANG_ZH) {
            gt_text_printf(&app->out, "%zu 个图斑，%.4f 公顷，已写入 %s\n", j.file.n, ha, path);
        } else {
            gt_text_printf(&app->out, "%zu %s, %.4f ha, written to %s\n", j.file.n,
                           j.file.n == 1 ? "piece" : "pieces", ha, path);
        }
    }
    return st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_part parts[MOST_LAYERS];
    size_t n = 0;
    char *given = NULL;
    gt_status st = cli_open_store(app, true, &store);
    st = st == GT_OK ? cli_open_package(app, store, &package) : st;
    if (st == GT_OK && cli_has(app, "layers")) {
        given = gt_strdup(app->ctx, cli_option_value(app, "layers", ""));
        st = given == NULL ? GT_E_MEMORY : GT_OK;
    }
    st = st == GT_OK ? choose(app, store, given, parts, &n) : st;
    st = st == GT_OK ? write_atoms(app, store, package, parts, n) : st;
    gt_free(app->ctx, given);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"o", "FILE", {"写出的文件（.gpkg 或 .csv）", "file to write (.gpkg or .csv)"}, false},
    {"where",
     "CONDITION",
     {"条件：图层（要素号）、图层_字段、唯一字段、m2",
      "SQL over LAYER (feature id), LAYER_FIELD, a FIELD only one layer has, and m2"},
     false},
    {"layers",
     "A,B,...",
     {"图层（默认：全部有要素的面图层）",
      "layers (default: all polygon layers that hold features)"},
     false},
    {0},
};

const cli_verb CLI_ATOMS = {
    .name = "atoms",
    .operands = "",
    .summary = {"叠合后的最小图斑，可按条件筛选", "the finest pieces of layers, by a condition"},
    .detail =
        {"例：guotu -w 目录 atoms --layers land_use,districts --where \"dlbm = '0103' AND m2 > "
         "100\" -o a.gpkg。图层按 --memory 分条带叠合，图斑由南向北写出。",
         "For example guotu -w DIR atoms --layers land_use,districts --where \"dlbm = '0103' "
         "AND m2 > 100\" -o a.gpkg. Layers are woven in strips that fit --memory; pieces come from "
         "south to north."},
    .options = options,
    .run = run,
};
