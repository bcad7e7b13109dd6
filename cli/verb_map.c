/* map -o FILE: a picture of the one map. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "guotu/arena.h"
#include "guotu/map.h"
#include "messages.h"

enum { MAX_LAYERS = 64 };

static gt_status read_box(cli *app, gt_map_of_store_options *o)
{
    const char *given = cli_option_value(app, "bbox", NULL);
    double v[4];
    const char *p = given;
    if (given == NULL) {
        return GT_OK;
    }
    int n = 0;
    for (; n < 4; n++) {
        char *end = NULL;
        v[n] = strtod(p, &end);
        if (end == p || (n < 3 && *end != ',') || (n == 3 && *end != '\0') || !isfinite(v[n])) {
            break;
        }
        p = end + 1;
    }
    if (n < 4) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "bbox"), GT_TEXT("value", given),
                               GT_TEXT("allowed", "XMIN,YMIN,XMAX,YMAX")));
    }
    o->has_box = true;
    o->box = (gt_box){v[0], v[1], v[2], v[3]};
    return GT_OK;
}

static gt_status unknown_view(cli *app, const gt_package *package, const char *view)
{
    gt_text known;
    gt_text_init(&known, app->ctx, 0);
    for (size_t i = 0; i < gt_package_n_views(package); i++) {
        gt_text_printf(&known, "%s%s", i > 0 ? ", " : "", gt_package_view(package, i)->id);
    }
    gt_status st = gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_BAD_VALUE, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("option", "view"), GT_TEXT("value", view),
                                   GT_TEXT("allowed", gt_text_cstr(&known))));
    gt_text_free(&known);
    return st;
}

/* Does the workspace hold something of every layer that the view shows? */
static bool has_data(cli *app, gt_store *store, const gt_view *view)
{
    bool all = view->show != NULL && view->show[0] != NULL;
    for (size_t i = 0; all && view->show[i] != NULL; i++) {
        gt_layer_info info;
        gt_status st = gt_store_find_layer(app->ctx, store, view->show[i], &info);
        all = st == GT_OK && info.n_features > 0;
        gt_error_clear(app->ctx);
    }
    return all;
}

/* --view, else the package's first view that has data; none when --layers are named. */
static gt_status choose_view(cli *app, gt_store *store, const gt_package *package,
                             const gt_view **out)
{
    const char *given = cli_option_value(app, "view", NULL);
    *out = NULL;
    if (given != NULL) {
        *out = gt_package_find_view(package, given);
        return *out != NULL ? GT_OK : unknown_view(app, package, given);
    }
    for (size_t i = 0; !cli_has(app, "layers") && i < gt_package_n_views(package); i++) {
        const gt_view *view = gt_package_view(package, i);
        if (has_data(app, store, view)) {
            *out = view;
            break;
        }
    }
    return GT_OK;
}

/* "a,b,c" into ids; the text is the arena's. */
static gt_status read_layers(cli *app, gt_arena *arena, const char **ids)
{
    const char *given = cli_option_value(app, "layers", NULL);
    size_t n = 0;
    while (given != NULL && *given != '\0' && n < MAX_LAYERS) {
        size_t len = strcspn(given, ",");
        ids[n] = gt_arena_strndup(arena, given, len);
        if (ids[n] == NULL) {
            return GT_E_MEMORY;
        }
        n++;
        given += len + (given[len] == ',' ? 1 : 0);
    }
    ids[n] = NULL;
    return GT_OK;
}

/* A grid with layers over it: ids, else the base of the view, else the package's units. */
static gt_status put_grid(cli *app, gt_store *store, const gt_package *package, const gt_view *view,
                          const char *const *ids, const char *path)
{
    const char *title = cli_option_value(app, "title", NULL);
    gt_map_of_store_options place;
    gt_map_of_grid_options o;
    long width = 0;
    gt_map_of_store_options_init(app->ctx, &place);
    gt_map_of_grid_options_init(app->ctx, &o);
    o.name = view != NULL ? view->grid : cli_option_value(app, "grid", NULL);
    o.ramp = cli_option_value(app, "ramp", NULL);
    o.lang = app->lang;
    o.no_shade = cli_has(app, "flat");
    o.ids = ids[0] != NULL ? ids : view != NULL ? view->base : NULL;
    o.title = title != NULL ? (gt_title){title, title} : view != NULL ? view->title : o.title;
    gt_status st = read_box(app, &place);
    o.has_box = place.has_box;
    o.box = place.box;
    st = st == GT_OK ? cli_get_long(app, "width", 0, 0, GT_MAP_MAX_PX, &width) : st;
    o.width = (int)width;
    o.height = (int)lround((double)width / sqrt(2.0));
    return st == GT_OK ? gt_map_of_grid(app->ctx, store, package, &o, path) : st;
}

/* --grid: with the workspace's borders over it, or a file by itself. */
static gt_status draw_grid(cli *app, const char *path)
{
    const char *ids[MAX_LAYERS + 1] = {NULL};
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_arena *arena = NULL;
    gt_status st = gt_arena_new(app->ctx, 0, &arena);
    if (st == GT_OK && app->workspace != NULL) {
        st = cli_open_store(app, true, &store);
        st = st == GT_OK ? cli_open_package(app, store, &package) : st;
        st = st == GT_OK ? read_layers(app, arena, ids) : st;
    }
    st = st == GT_OK ? put_grid(app, store, package, NULL, ids, path) : st;
    gt_arena_free(arena);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static gt_status run(cli *app)
{
    const char *ids[MAX_LAYERS + 1] = {NULL};
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_arena *arena = NULL;
    gt_map_of_store_options o;
    const char *path = cli_option_value(app, "o", NULL);
    long width = 0;
    gt_map_of_store_options_init(app->ctx, &o);
    if (path == NULL) {
        return gt_fail(app->ctx, GT_E_USAGE, &CLI_MSG_NEEDS_VALUE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("option", "o"), GT_TEXT("arg", "FILE")));
    }
    if (cli_has(app, "grid")) {
        return draw_grid(app, path);
    }
    gt_status st = read_box(app, &o);
    if (st == GT_OK) {
        st = cli_get_date(app, "as-of", &o.as_of_date);
    }
    if (st == GT_OK) {
        st = cli_get_long(app, "width", 0, 0, GT_MAP_MAX_PX, &width);
    }
    if (st == GT_OK) {
        st = cli_open_store(app, true, &store);
    }
    if (st == GT_OK) {
        st = cli_open_package(app, store, &package);
    }
    if (st == GT_OK) {
        st = gt_arena_new(app->ctx, 0, &arena);
    }
    if (st == GT_OK) {
        st = read_layers(app, arena, ids);
    }
    if (st == GT_OK) {
        st = choose_view(app, store, package, &o.view);
    }
    if (st == GT_OK && o.view != NULL && o.view->grid != NULL) {
        st = put_grid(app, store, package, o.view, ids, path);
    } else if (st == GT_OK) {
        bool all = ids[0] == NULL || (strcmp(ids[0], "all") == 0 && ids[1] == NULL);
        o.ids = all ? NULL : ids;
        o.lang = app->lang;
        const char *title = cli_option_value(app, "title", NULL);
        o.title = title != NULL ? (gt_title){title, title} : o.title;
        if (width > 0) {
            o.width = (int)width;
            o.height = (int)lround((double)width / sqrt(2.0));
        }
        st = gt_map_of_store(app->ctx, store, package, &o, path);
    }
    gt_arena_free(arena);
    gt_package_free(package);
    gt_store_close(store);
    return st;
}

static const cli_option options[] = {
    {"o", "FILE", {"输出文件：.png、.pdf 或 .svg", "output: .png, .pdf or .svg"}, false},
    {"layers",
     "A,B,...",
     {"要画的图层，自下而上；--layers all 为全部",
      "layers to draw, bottom first; all: every layer"},
     false},
    {"view",
     "ID",
     {"规划包中的一张图（默认：第一张有数据的）",
      "a view of the package (default: the first that has data)"},
     false},
    {"grid",
     "NAME|FILE",
     {"画一个栅格（工作空间中的名称，或文件；文件可不用工作空间）",
      "draw a grid: a name of the workspace, or a file, which needs no workspace"},
     false},
    {"ramp",
     "NAME",
     {"色带：green-blue、greens、blues、heat、diverging、heights（默认按数值选）",
      "colours: green-blue, greens, blues, heat, diverging, heights (default: by the values)"},
     false},
    {"flat", NULL, {"栅格图不加地形晕渲", "no hillshade under a grid"}, false},
    {"bbox", "X0,Y0,X1,Y1", {"范围（工作坐标系）", "extent in the working CRS"}, false},
    {"as-of", "DATE", {"该日有效的要素", "features valid on that day"}, false},
    {"title", "TEXT", {"图名", "title"}, false},
    {"width", "PX", {"宽度（像素）", "width in pixels"}, false},
    {0},
};

const cli_verb CLI_MAP = {
    .name = "map",
    .operands = "",
    .summary = {"出图：一张图的图片", "draw the map as a picture"},
    .options = options,
    .run = run,
};
