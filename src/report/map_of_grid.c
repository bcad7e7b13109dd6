/* The map of one grid: found by its name, read as coarse as a page can show, put into classes or on
 * a ramp, with what it was made of at the foot. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan/problem.h"
#include "report/messages.h"
#include "report/picture.h"

enum { PATH = GT_PICTURE_PATH, IDS = 64 };
typedef gt_picture picture;

/* ---- the grid, and the model that makes it ------------------------------------------------------
 */

void gt_map_of_grid_options_init(gt_ctx *ctx, gt_map_of_grid_options *options)
{
    *options = (gt_map_of_grid_options){.size = sizeof *options, .lang = gt_ctx_lang(ctx)};
}

static gt_status not_found(picture *p)
{
    const char *near = NULL;
    char kept[256] = "slope", entry[256];
    size_t distance = 0;
    DIR *dir = p->store == NULL ? NULL : opendir(gt_store_grid_dir(p->store));
    for (const struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
        size_t n = strlen(e->d_name);
        if (n > 4 && n < sizeof entry && strcmp(e->d_name + n - 4, ".tif") == 0) {
            (void)snprintf(entry, sizeof entry, "%.*s", (int)(n - 4), e->d_name);
            const char *before = near;
            gt_nearest_try(p->name, entry, &near, &distance);
            if (near != before || near == entry) {
                (void)snprintf(kept, sizeof kept, "%s", entry);
                near = kept;
            }
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return gt_fail(p->ctx, GT_E_NOT_FOUND, &GT_MSG_MAP_GRID_UNKNOWN, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", p->o->name), GT_TEXT("near", kept)));
}

/* A name of the workspace goes before a file of the same name. */
static gt_status find_grid(picture *p)
{
    const char *given = p->o->name, *slash = strrchr(given, '/');
    const char *base = slash == NULL ? given : slash + 1, *dot = strrchr(base, '.');
    int n = dot == NULL ? (int)strlen(base) : (int)(dot - base);
    (void)snprintf(p->name, sizeof p->name, "%.*s", n, base);
    bool plain = p->store != NULL && slash == NULL && dot == NULL;
    if (plain) {
        char id[256];
        (void)snprintf(id, sizeof id, "%s", p->name);
        for (char *c = id; *c != '\0'; c++) {
            *c = *c == '-' ? '_' : *c;
        }
        (void)snprintf(p->path, sizeof p->path, "%s/%s.tif", gt_store_grid_dir(p->store), p->name);
        if (access(p->path, F_OK) != 0) { /* models have hyphens, grids mostly not */
            (void)snprintf(p->path, sizeof p->path, "%s/%s.tif", gt_store_grid_dir(p->store), id);
            (void)snprintf(p->name, sizeof p->name, "%s", id);
        }
    } else {
        (void)snprintf(p->path, sizeof p->path, "%s", given);
    }
    if (access(p->path, F_OK) != 0) {
        return not_found(p);
    }
    gt_status st = gt_grid_open_any(p->ctx, p->path, NULL, &p->grid);
    const gt_crs *crs = st == GT_OK ? gt_grid_crs(p->grid) : NULL;
    if (crs != NULL && p->store != NULL && !gt_crs_same(crs, gt_store_crs(p->store))) {
        st = gt_fail(p->ctx, GT_E_INPUT, &GT_MSG_MAP_GRID_CRS, GT_PLACE(.file = p->path),
                     GT_ARGS(GT_TEXT("have", gt_crs_name(crs)),
                             GT_TEXT("want", gt_crs_name(gt_store_crs(p->store)))));
    }
    return st;
}

static void find_decl(picture *p)
{
    for (size_t i = 0; p->package != NULL && i < gt_package_n_models(p->package); i++) {
        const gt_model_decl *d = gt_package_model(p->package, i);
        for (size_t k = 0; k < d->n_out; k++) {
            if (strcmp(d->out[k].value, p->name) == 0) {
                p->decl = d;
                p->first_output = k == 0;
                p->port = d->out[k].name;
            }
        }
    }
}

/* Text of the first "key":"..." in the lineage from `from` on; where it ends, or NULL. */
static const char *lineage_text(const char *from, const char *key, char *out, size_t room)
{
    char mark[32];
    (void)snprintf(mark, sizeof mark, "\"%s\":\"", key);
    const char *at = from == NULL ? NULL : strstr(from, mark);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(mark);
    size_t n = strcspn(at, "\"");
    (void)snprintf(out, room, "%.*s", (int)n, at);
    return at + n;
}

/* ---- title and foot -----------------------------------------------------------------------------
 */

static const char *keep(picture *p, gt_text *text)
{
    const char *kept =
        gt_text_status(text) == GT_OK ? gt_arena_strdup(p->arena, gt_text_cstr(text)) : NULL;
    gt_text_free(text);
    return kept;
}

static void describe_inputs(const char *lineage, gt_lang lang, gt_text *out)
{
    char file[256];
    const char *with = lineage == NULL ? NULL : strstr(lineage, "\"with\":"), *at = lineage;
    for (int n = 0; (at = lineage_text(at, "file", file, sizeof file)) != NULL; n++) {
        if (with != NULL && at > with) {
            break;
        }
        size_t len = strlen(file);
        if (len > 4 && strcmp(file + len - 4, ".tif") == 0) {
            file[len - 4] = '\0';
        }
        bool zh = lang == GT_LANG_ZH;
        gt_text_printf(out, "%s%s", n > 0 ? (zh ? "、" : ", ") : (zh ? "；输入：" : "; from "),
                       strcmp(file, "onemap.gpkg") == 0 ? (zh ? "一张图图层" : "layers of the map")
                                                        : file);
    }
}

/* "Method: rusle v1 (Soil loss); from ls_factor, land_cover. Remark. After: Renard 1997." */
static const char *note_in(picture *p, gt_lang lang, gt_title more)
{
    const char *lineage = gt_grid_item_value(p->grid, GT_LINEAGE_ITEM);
    bool zh = lang == GT_LANG_ZH;
    gt_text text;
    gt_text_init(&text, p->ctx, 0);
    if (p->kernel != NULL) {
        gt_text_printf(&text, zh ? "方法：%s（%s v%d）" : "Method: %s (%s v%d)",
                       zh ? p->kernel->title.zh : p->kernel->title.en, p->kernel->name,
                       p->kernel->version);
        describe_inputs(lineage, lang, &text);
        gt_text_puts(&text, zh ? "。" : ". ");
    }
    if (p->decl != NULL) {
        const char *remark = zh ? p->decl->note.zh : p->decl->note.en;
        gt_text_printf(&text, "%s%s", remark == NULL ? "" : remark,
                       zh || remark == NULL ? "" : " ");
    }
    for (size_t i = 0; p->kernel != NULL && p->kernel->sources[i] != NULL; i++) {
        gt_text_printf(&text, "%s%s", i == 0 ? (zh ? "依据：" : "After: ") : (zh ? "；" : "; "),
                       p->kernel->sources[i]);
    }
    gt_text_puts(&text, p->kernel != NULL ? (zh ? "。" : ". ") : "");
    const char *tail = zh ? more.zh : more.en;
    gt_text_puts(&text, tail == NULL ? "" : tail);
    return keep(p, &text);
}

static void read_lineage(picture *p)
{
    char model[64];
    const char *lineage = gt_grid_item_value(p->grid, GT_LINEAGE_ITEM);
    const char *origin = gt_grid_item_value(p->grid, GT_ORIGIN_ITEM);
    bool made = origin != NULL && strcmp(origin, GT_ORIGIN_GENERATED_TEXT) == 0;
    p->surface.origin = made ? GT_ORIGIN_GENERATED : GT_ORIGIN_SURVEY;
    p->surface.unit = gt_grid_item_value(p->grid, "unit");
    if (p->surface.unit == NULL && p->decl != NULL && p->first_output) {
        p->surface.unit = p->decl->unit;
    }
    if (lineage_text(lineage, "model", model, sizeof model) != NULL &&
        gt_model_find(p->ctx, model, &p->kernel) != GT_OK) {
        gt_error_clear(p->ctx); /* of another version of the program */
    }
}

static const char *with_port(const picture *p, const char *model, const char *colon,
                             const char *port)
{
    char text[256];
    (void)snprintf(text, sizeof text, "%s%s%s", model, colon, port);
    const char *kept = gt_arena_strdup(p->arena, text);
    return kept == NULL ? model : kept;
}

/* Of a second output: the model and what of it this is. */
static gt_title title_of_port(const picture *p)
{
    const gt_model_port *port = p->kernel == NULL ? NULL : p->kernel->out;
    while (port != NULL && port->name != NULL && strcmp(port->name, p->port) != 0) {
        port++;
    }
    if (port == NULL || port->name == NULL) {
        return (gt_title){p->name, p->name};
    }
    return (gt_title){with_port(p, p->decl->title.zh, "：", port->title.zh),
                      with_port(p, p->decl->title.en, ": ", port->title.en)};
}

static gt_title title_of(const picture *p)
{
    bool given = p->o->title.zh != NULL || p->o->title.en != NULL;
    return given                                ? p->o->title
           : p->decl == NULL                    ? (gt_title){p->name, p->name}
           : p->first_output || p->port == NULL ? p->decl->title
                                                : title_of_port(p);
}

/* ---- the page -----------------------------------------------------------------------------------
 */

static gt_status no_features(gt_ctx *ctx, void *user, size_t layer, const gt_box *box,
                             void **cursor)
{
    (void)ctx, (void)user, (void)layer, (void)box;
    *cursor = NULL;
    return GT_OK;
}

static gt_status none_next(gt_ctx *ctx, void *cursor, gt_map_feature *out, bool *more)
{
    (void)ctx, (void)cursor, (void)out;
    *more = false;
    return GT_OK;
}

static void none_close(void *cursor)
{
    (void)cursor;
}

/* Heights of the workspace as read for the frame; NULL where there are none. */
static gt_status read_heights(picture *p, gt_box box, gt_raster **out)
{
    char path[PATH];
    const int enough = 2000;
    *out = NULL;
    if (p->store == NULL || p->o->no_shade) {
        return GT_OK;
    }
    (void)snprintf(path, sizeof path, "%s/elevation.tif", gt_store_grid_dir(p->store));
    if (access(path, R_OK) != 0) {
        return GT_OK;
    }
    gt_raster_options ro;
    gt_raster_options_init(&ro);
    ro.crs = gt_crs_wkt(gt_store_crs(p->store));
    ro.has_box = true;
    ro.box = box;
    double cells = (box.xmax - box.xmin) / gt_grid_facts(p->grid)->cell_x;
    ro.n_cols = (int)fmin(enough, fmax(2, ceil(cells)));
    return gt_raster_read(p->ctx, path, &ro, out);
}

static gt_status draw_page(picture *p, const gt_map_source *source, gt_map_options *o, gt_box box,
                           const char *path)
{
    gt_raster *heights = NULL;
    gt_map_relief relief;
    gt_status st = gt_picture_values(p, box);
    if (st == GT_OK) {
        st = gt_picture_colors(p);
    }
    if (st == GT_OK) {
        p->surface.title = title_of(p);
        o->surface = &p->surface;
        o->title = p->surface.title;
        st = read_heights(p, p->surface.box, &heights);
    }
    if (st == GT_OK && heights != NULL) {
        relief = gt_map_relief_of(heights);
        relief.strength = 0.3; /* the colours are to be read against the legend */
        o->relief = &relief;
    }
    const gt_map_of_grid_options *wanted = p->o;
    bool tall = box.ymax - box.ymin > 1.3 * (box.xmax - box.xmin);
    int width = tall ? o->height : o->width, height = tall ? o->width : o->height;
    o->width = wanted->width > 0 ? wanted->width : width;
    o->height = wanted->height > 0 ? wanted->height : height;
    o->dpi = wanted->dpi > 0 ? wanted->dpi : o->dpi;
    o->lang = wanted->lang;
    o->has_box = true;
    o->box = box;
    st = st != GT_OK ? st : gt_map_draw(p->ctx, source, o, path);
    gt_raster_free(p->ctx, heights);
    return st;
}

/* What is shown: the box asked for, else the territory, else the grid. */
static gt_box shown_box(const picture *p)
{
    gt_layer_info info;
    gt_box have = gt_grid_box(p->grid);
    const char *unit = p->package == NULL ? NULL : gt_package_unit_layer(p->package);
    if (p->o->has_box) {
        return p->o->box;
    }
    if (p->store == NULL || unit == NULL ||
        gt_store_find_layer(p->ctx, p->store, unit, &info) != GT_OK) {
        gt_error_clear(p->ctx);
        return have;
    }
    bool meets = info.n_features > 0 && info.box.xmin < have.xmax && info.box.xmax > have.xmin &&
                 info.box.ymin < have.ymax && info.box.ymax > have.ymin;
    double air = 0.02 * fmax(info.box.xmax - info.box.xmin, info.box.ymax - info.box.ymin);
    return meets ? (gt_box){info.box.xmin - air, info.box.ymin - air, info.box.xmax + air,
                            info.box.ymax + air}
                 : have;
}

/* The layers without their fills, which would hide the grid; the units as borders that explain
 * themselves. The arena's; NULL: no memory. */
static gt_map_layer *clear_layers(picture *p, const gt_map_layer *layers, size_t n)
{
    gt_map_layer *own = gt_arena_alloc(p->arena, n + 1, sizeof *own);
    for (size_t i = 0; own != NULL && i < n; i++) {
        own[i] = layers[i];
        own[i].style.fill = NULL;
        own[i].style.fill_opacity = 0;
        own[i].base = false;
        own[i].hide_legend = own[i].hide_legend || p->o->ids == NULL;
    }
    return own;
}

static gt_status over_store(picture *p, const char *path)
{
    const char *units[2] = {gt_package_unit_layer(p->package), NULL};
    gt_store_map_options mo;
    gt_store_map *map = NULL;
    gt_map_options o;
    gt_store_map_options_init(&mo);
    mo.ids = p->o->ids != NULL ? p->o->ids : units;
    gt_status st = gt_store_map_new(p->ctx, p->store, p->package, &mo, &map);
    if (st != GT_OK) {
        return st;
    }
    gt_map_options_init(p->ctx, &o);
    const gt_map_layer *layers = gt_store_map_layers(map, &o.n_layers);
    o.layers = clear_layers(p, layers, o.n_layers);
    if (o.layers == NULL) {
        gt_store_map_free(map);
        return GT_E_MEMORY;
    }
    o.subtitle = gt_package_title(p->package);
    gt_title tail = gt_store_map_note(map);
    o.note = (gt_title){note_in(p, GT_LANG_ZH, tail), note_in(p, GT_LANG_EN, tail)};
    o.locator = p->o->has_box ? gt_store_map_unit_layer(map) : -1;
    st = draw_page(p, gt_store_map_source(map), &o, shown_box(p), path);
    gt_store_map_free(map);
    return st;
}

static gt_status over_nothing(picture *p, const char *path)
{
    const gt_crs *crs = gt_grid_crs(p->grid);
    bool degrees = crs != NULL && gt_crs_is_geographic(crs);
    gt_plane *plane = NULL;
    gt_map_options o;
    gt_map_options_init(p->ctx, &o);
    if (crs != NULL && !degrees && gt_plane_new(p->ctx, crs, &plane) != GT_OK) {
        gt_error_clear(p->ctx); /* no Gauss-Krueger plane: scale bar only */
        plane = NULL;
    }
    const gt_map_source source = {.open = no_features,
                                  .next = none_next,
                                  .close = none_close,
                                  .plane = plane,
                                  .geographic = degrees,
                                  .crs_name = crs == NULL ? NULL : gt_crs_name(crs)};
    gt_title tail = {NULL, NULL};
    o.note = (gt_title){note_in(p, GT_LANG_ZH, tail), note_in(p, GT_LANG_EN, tail)};
    gt_status st = draw_page(p, &source, &o, shown_box(p), path);
    gt_plane_free(p->ctx, plane);
    return st;
}

/* Owned by the caller, to whom it comes also when something failed (NULL: no memory). options are
 * borrowed. */
static gt_status open_picture(gt_ctx *ctx, gt_store *store, const gt_package *package,
                              const gt_map_of_grid_options *options, picture **out)
{
    picture *p = gt_zalloc(ctx, 1, sizeof *p);
    *out = p;
    if (p == NULL) {
        return GT_E_MEMORY;
    }
    p->ctx = ctx;
    p->store = store;
    p->package = package;
    p->o = options;
    gt_status st = gt_picture_ramp(ctx, options->ramp, &p->ramp);
    st = st == GT_OK ? gt_arena_new(ctx, 0, &p->arena) : st;
    st = st == GT_OK ? find_grid(p) : st;
    if (st == GT_OK) {
        find_decl(p);
        read_lineage(p);
        if (p->ramp == NULL && p->decl != NULL && p->first_output) {
            st = gt_picture_ramp(ctx, p->decl->ramp, &p->ramp);
        }
    }
    return st;
}

static void close_picture(picture *p)
{
    if (p != NULL) {
        gt_free(p->ctx, p->values);
        gt_grid_close(p->ctx, p->grid);
        gt_arena_free(p->arena);
        gt_free(p->ctx, p);
    }
}

gt_status gt_map_of_grid(gt_ctx *ctx, gt_store *store, const gt_package *package,
                         const gt_map_of_grid_options *options, const char *path)
{
    picture *p = NULL;
    gt_status st = open_picture(ctx, store, package, options, &p);
    if (st == GT_OK) {
        st = store != NULL && package != NULL && gt_package_unit_layer(package) != NULL
                 ? over_store(p, path)
                 : over_nothing(p, path);
    }
    close_picture(p);
    return st;
}

/* ---- its colours alone --------------------------------------------------------------------------
 */

struct gt_grid_look {
    gt_ctx *ctx;
    gt_map_of_grid_options options;
    picture *picture;
    gt_box box;
    bool whole;
};

gt_status gt_grid_look_new(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const char *name, gt_grid_look **out)
{
    *out = NULL;
    gt_grid_look *look = gt_zalloc(ctx, 1, sizeof *look);
    if (look == NULL) {
        return GT_E_MEMORY;
    }
    look->ctx = ctx;
    gt_map_of_grid_options_init(ctx, &look->options);
    look->options.name = name;
    gt_status st = open_picture(ctx, store, package, &look->options, &look->picture);
    picture *p = look->picture;
    if (st == GT_OK) {
        look->box = gt_grid_box(p->grid);
        st = gt_picture_values(p, look->box);
    }
    if (st == GT_OK) {
        st = gt_picture_colors(p);
    }
    if (st != GT_OK) {
        gt_grid_look_free(look);
        return st;
    }
    p->surface.title = title_of(p);
    look->whole = p->surface.cols == gt_grid_facts(p->grid)->n_cols;
    look->options.name = NULL; /* borrowed until now */
    *out = look;
    return GT_OK;
}

void gt_grid_look_free(gt_grid_look *look)
{
    if (look != NULL) {
        close_picture(look->picture);
        gt_free(look->ctx, look);
    }
}

const gt_map_surface *gt_grid_look_surface(const gt_grid_look *look)
{
    return &look->picture->surface;
}

gt_box gt_grid_look_box(const gt_grid_look *look)
{
    return look->box;
}

bool gt_grid_look_is_whole(const gt_grid_look *look)
{
    return look->whole;
}
