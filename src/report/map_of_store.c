/* The whole map of a workspace in one call: page, title, relief and locator are chosen here. */
#include <math.h>
#include <unistd.h>

#include "guotu/map.h"
#include "report/messages.h"

gt_map_relief gt_map_relief_of(const gt_raster *raster)
{
    return (gt_map_relief){.heights = raster->cells,
                           .rows = raster->n_rows,
                           .cols = raster->n_cols,
                           .box = raster->box};
}

void gt_map_of_store_options_init(gt_ctx *ctx, gt_map_of_store_options *options)
{
    *options = (gt_map_of_store_options){
        .size = sizeof *options, .as_of_date = GT_DATE_NONE, .lang = gt_ctx_lang(ctx)};
}

static bool has_text(gt_title title)
{
    return (title.zh != NULL && title.zh[0] != '\0') || (title.en != NULL && title.en[0] != '\0');
}

/* What will be shown at least; empty when only a pass over the data could tell. */
static gt_box shown_box(const gt_map_of_store_options *options, const gt_map_layer *layers,
                        size_t n)
{
    gt_box box = {HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < n; i++) {
        box.xmin = fmin(box.xmin, layers[i].extent.xmin);
        box.ymin = fmin(box.ymin, layers[i].extent.ymin);
        box.xmax = fmax(box.xmax, layers[i].extent.xmax);
        box.ymax = fmax(box.ymax, layers[i].extent.ymax);
    }
    return options->has_box ? options->box : box;
}

/* A tall territory gets a tall page, unless a size was asked for. */
static void choose_page(const gt_map_of_store_options *options, gt_box box, gt_map_options *o)
{
    const double tall = 1.3;
    if (options->width <= 0 && box.ymax - box.ymin > tall * (box.xmax - box.xmin)) {
        int width = o->width;
        o->width = o->height;
        o->height = width;
    }
    o->width = options->width > 0 ? options->width : o->width;
    o->height = options->height > 0 ? options->height : o->height;
    o->dpi = options->dpi > 0 ? options->dpi : o->dpi;
}

static void choose_title(gt_store *store, const gt_package *package,
                         const gt_map_of_store_options *options, gt_map_options *o)
{
    gt_title whole = package != NULL ? gt_package_title(package) : gt_store_title(store);
    o->title = options->title;
    if (!has_text(o->title) && options->view != NULL) {
        o->title = options->view->title;
        o->subtitle = whole;
    } else if (!has_text(o->title)) {
        o->title = whole;
    }
}

/* Width of the cells of a raster around the middle of the box, in the CRS asked for. */
static gt_status native_cell(gt_ctx *ctx, const char *path, const gt_raster_options *options,
                             gt_box box, double *cell)
{
    const double part = 0.05;
    double x = 0.5 * (box.xmin + box.xmax);
    double y = 0.5 * (box.ymin + box.ymax);
    double half_w = 0.5 * part * (box.xmax - box.xmin);
    double half_h = 0.5 * part * (box.ymax - box.ymin);
    gt_raster_options ro = *options;
    ro.has_box = true;
    ro.box = (gt_box){x - half_w, y - half_h, x + half_w, y + half_h};
    gt_raster *probe = NULL;
    gt_status st = gt_raster_read(ctx, path, &ro, &probe);
    if (st == GT_OK) {
        *cell = 2 * half_w / probe->n_cols;
    }
    gt_raster_free(ctx, probe);
    return st;
}

/* WORKSPACE/grids/elevation.tif, where there is one: heights around `box`, no finer than the file
 * (what is made up between its cells would show as facets) nor than a page can show. */
static gt_status read_relief(gt_ctx *ctx, gt_store *store, gt_box box, gt_raster **out)
{
    const int enough = 2500; /* cells a side */
    bool empty = !(box.xmax > box.xmin && box.ymax > box.ymin);
    gt_text path;
    gt_text_init(&path, ctx, 4096);
    gt_text_printf(&path, "%s/elevation.tif", gt_store_grid_dir(store));
    gt_status st = gt_text_status(&path);
    if (st == GT_OK && !empty && access(gt_text_cstr(&path), R_OK) == 0) {
        /* the frame shows more than the box: up to its width again on each side */
        double grow = 0.6 * fmax(box.xmax - box.xmin, box.ymax - box.ymin);
        gt_raster_options ro;
        gt_raster_options_init(&ro);
        ro.crs = gt_crs_wkt(gt_store_crs(store));
        ro.has_box = true;
        ro.box = (gt_box){box.xmin - grow, box.ymin - grow, box.xmax + grow, box.ymax + grow};
        double cell = 1;
        st = native_cell(ctx, gt_text_cstr(&path), &ro, box, &cell);
        ro.n_cols = (int)fmin(enough, fmax(2, ceil((ro.box.xmax - ro.box.xmin) / cell)));
        st = st != GT_OK ? st : gt_raster_read(ctx, gt_text_cstr(&path), &ro, out);
    }
    gt_text_free(&path);
    return st;
}

/* The territory: what is shown when no box is asked for, however far a layer may stray. */
static gt_box territory(gt_ctx *ctx, gt_store *store, const gt_package *package)
{
    const char *unit = package == NULL ? NULL : gt_package_unit_layer(package);
    gt_layer_info info;
    gt_box none = {1, 1, 0, 0};
    if (unit == NULL || gt_store_find_layer(ctx, store, unit, &info) != GT_OK) {
        gt_error_clear(ctx);
        return none;
    }
    return info.n_features > 0 ? info.box : none;
}

/* A little air around the territory. */
static gt_box grown(gt_box box)
{
    double air = 0.02 * fmax(box.xmax - box.xmin, box.ymax - box.ymin);
    return (gt_box){box.xmin - air, box.ymin - air, box.xmax + air, box.ymax + air};
}

/* A box beside everything would give an empty picture. */
static gt_status check_box(gt_ctx *ctx, const gt_map_of_store_options *options,
                           const gt_map_layer *layers, size_t n)
{
    gt_map_of_store_options all = *options;
    all.has_box = false;
    gt_box have = shown_box(&all, layers, n), box = options->box;
    bool known = n > 0 && have.xmin <= have.xmax;
    for (size_t i = 0; i < n; i++) {
        known = known && layers[i].extent.xmin <= layers[i].extent.xmax;
    }
    bool meets = box.xmin <= have.xmax && box.xmax >= have.xmin && box.ymin <= have.ymax &&
                 box.ymax >= have.ymin;
    bool formed = isfinite(box.xmin + box.xmax + box.ymin + box.ymax) && box.xmin < box.xmax &&
                  box.ymin < box.ymax; /* else the drawing says what is wrong with it */
    if (!options->has_box || !known || meets || !formed) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MAP_NOTHING, GT_NOWHERE,
                   GT_ARGS(GT_REAL("xmin", have.xmin), GT_REAL("ymin", have.ymin),
                           GT_REAL("xmax", have.xmax), GT_REAL("ymax", have.ymax)));
}

gt_status gt_map_of_store(gt_ctx *ctx, gt_store *store, const gt_package *package,
                          const gt_map_of_store_options *options, const char *path)
{
    gt_store_map_options mo;
    gt_store_map_options_init(&mo);
    mo.ids = options->ids;
    mo.view = options->view;
    mo.as_of_rev = options->as_of_rev;
    mo.as_of_date = options->as_of_date;
    bool degrees = gt_crs_is_geographic(gt_store_crs(store));
    if (options->has_box) {
        const double metres_per_degree = 111195;
        mo.ground_width =
            (options->box.xmax - options->box.xmin) * (degrees ? metres_per_degree : 1);
    }
    gt_store_map *map = NULL;
    gt_status st = gt_store_map_new(ctx, store, package, &mo, &map);
    if (st != GT_OK) {
        return st;
    }
    gt_map_options o;
    gt_map_options_init(ctx, &o);
    o.layers = gt_store_map_layers(map, &o.n_layers);
    o.lang = options->lang;
    gt_box shown = shown_box(options, o.layers, o.n_layers);
    gt_box land = territory(ctx, store, package);
    bool framed = !options->has_box && land.xmin < land.xmax && land.ymin < land.ymax;
    shown = framed ? land : shown;
    choose_page(options, shown, &o);
    o.has_box = options->has_box || framed;
    o.box = framed ? grown(land) : options->box;
    o.note = gt_store_map_note(map);
    choose_title(store, package, options, &o);
    o.locator = options->has_box ? gt_store_map_unit_layer(map) : -1;
    st = check_box(ctx, options, o.layers, o.n_layers);
    gt_raster *heights = NULL;
    gt_map_relief relief;
    o.relief = options->relief;
    if (st == GT_OK && o.relief == NULL) {
        st = read_relief(ctx, store, shown, &heights);
        if (heights != NULL) {
            relief = gt_map_relief_of(heights);
            o.relief = &relief;
        }
    }
    st = st != GT_OK ? st : gt_map_draw(ctx, gt_store_map_source(map), &o, path);
    gt_raster_free(ctx, heights);
    gt_store_map_free(map);
    return st;
}
