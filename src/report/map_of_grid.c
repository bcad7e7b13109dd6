/* The map of one grid: found by its name, read as coarse as a page can show, put into classes or on
 * a ramp, with what it was made of at the foot. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/arena.h"
#include "guotu/grid.h"
#include "guotu/map.h"
#include "guotu/model.h"
#include "plan/problem.h"
#include "report/messages.h"

enum { PATH = 4096, SIDE = 2500, SAMPLES = 200000, DISTINCT = 12, IDS = 64 };

/* ---- ramps: Brewer's, but for the heights -------------------------------------------------------
 */

typedef struct ramp {
    const char *name;
    const char *colors[10];
} ramp;

static const ramp RAMPS[] = {
    {"green-blue",
     {"#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#0c2c84",
      NULL}},
    {"greens", {"#f7fcf5", "#d9f0d3", "#a6dba0", "#5aae61", "#1b7837", "#00441b", NULL}},
    {"blues", {"#f7fbff", "#d0e1f2", "#94c4df", "#4a98c9", "#1764ab", "#08306b", NULL}},
    {"heat", {"#ffffcc", "#ffeda0", "#fed976", "#feb24c", "#fd8d3c", "#e31a1c", "#800026", NULL}},
    {"diverging",
     {"#b2182b", "#ef8a62", "#fddbc7", "#f7f7f7", "#d1e5f0", "#67a9cf", "#2166ac", NULL}},
    {"heights",
     {"#79a56b", "#b5cf8f", "#ece7b5", "#dcc184", "#bf9660", "#9d7753", "#c9bcb0", "#ffffff",
      NULL}},
};
enum { N_RAMPS = sizeof RAMPS / sizeof *RAMPS, GREEN_BLUE = 0, DIVERGING = 4, HEIGHTS = 5 };

/* Of classes without a code list; Set3 and Paired, Brewer. */
static const char *const QUALITATIVE[DISTINCT] = {"#8dd3c7", "#fdb462", "#80b1d3", "#fb8072",
                                                  "#b3de69", "#bebada", "#fccde5", "#ffed6f",
                                                  "#bc80bd", "#ccebc5", "#a6cee3", "#d9a066"};

const char *gt_map_ramp_name(size_t i)
{
    return i < N_RAMPS ? RAMPS[i].name : NULL;
}

static gt_status find_ramp(gt_ctx *ctx, const char *name, const ramp **out)
{
    gt_text known;
    *out = NULL;
    for (size_t i = 0; name != NULL && i < N_RAMPS; i++) {
        *out = strcmp(RAMPS[i].name, name) == 0 ? &RAMPS[i] : *out;
    }
    if (name == NULL || *out != NULL) {
        return GT_OK;
    }
    gt_text_init(&known, ctx, 0);
    for (size_t i = 0; i < N_RAMPS; i++) {
        gt_text_printf(&known, "%s%s", i > 0 ? ", " : "", RAMPS[i].name);
    }
    gt_status st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_MAP_RAMP_UNKNOWN, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("name", name), GT_TEXT("known", gt_text_cstr(&known))));
    gt_text_free(&known);
    return st;
}

/* ---- the grid, and the model that makes it ------------------------------------------------------
 */

typedef struct picture {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    const gt_map_of_grid_options *o;
    gt_arena *arena;
    char path[PATH], name[256];
    gt_grid *grid;
    const gt_model_decl *decl; /* of the package, that makes it; or NULL */
    const gt_model *kernel;    /* by its lineage; or NULL */
    bool first_output;
    const char *port; /* the output of decl that it is; NULL: the first */
    gt_map_surface surface;
    float *values;
    double counts[GT_MAP_SURFACE_CLASSES]; /* cells of each class in the box, of the grid */
    double class_values[GT_MAP_SURFACE_CLASSES], class_m2[GT_MAP_SURFACE_CLASSES];
    gt_map_class classes[GT_MAP_SURFACE_CLASSES];
    const ramp *ramp;
} picture;

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

/* ---- values -------------------------------------------------------------------------------------
 */

/* Cells of the grid that the box covers; the whole where there is none. */
static gt_status box_window(picture *p, gt_box box, gt_window *out)
{
    const gt_grid_spec *f = gt_grid_facts(p->grid);
    gt_box have = gt_grid_box(p->grid);
    double west = fmax(0, floor((box.xmin - f->x_west) / f->cell_x));
    double north = fmax(0, floor((f->y_north - box.ymax) / f->cell_y));
    double east = fmin((double)f->n_cols, ceil((box.xmax - f->x_west) / f->cell_x));
    double south = fmin((double)f->n_rows, ceil((f->y_north - box.ymin) / f->cell_y));
    if (!(west < east && north < south)) {
        return gt_fail(p->ctx, GT_E_INPUT, &GT_MSG_MAP_GRID_BESIDE, GT_PLACE(.file = p->path),
                       GT_ARGS(GT_REAL("xmin", have.xmin), GT_REAL("ymin", have.ymin),
                               GT_REAL("xmax", have.xmax), GT_REAL("ymax", have.ymax)));
    }
    *out = (gt_window){(int64_t)west, (int64_t)north, (int64_t)(east - west),
                       (int64_t)(south - north)};
    return GT_OK;
}

/* Counts a whole value; false when there are too many different ones, or it is none. */
static bool count_value(picture *p, double v)
{
    size_t i = 0, most = p->surface.n_classes;
    while (i < most && p->class_values[i] != v) {
        i++;
    }
    if (v != floor(v) || (i == most && most == GT_MAP_SURFACE_CLASSES)) {
        return false;
    }
    if (i == most) {
        p->class_values[i] = v;
        p->counts[i] = 0;
        p->surface.n_classes++;
    }
    p->counts[i]++;
    return true;
}

/* One row of the picture: the middle cell of each square for classes, the mean for a ramp. */
static void thin_row(const picture *p, const float *rows, size_t wide, int high, int factor,
                     float *out)
{
    for (int c = 0; c < p->surface.cols; c++) {
        double sum = 0, n = 0;
        size_t from = (size_t)c * (size_t)factor, to = from + (size_t)factor;
        to = to > wide ? wide : to;
        for (int r = 0; r < high; r++) {
            for (size_t i = from; i < to; i++) {
                float v = rows[(size_t)r * wide + i];
                sum += isnan(v) ? 0 : (double)v;
                n += isnan(v) ? 0 : 1;
            }
        }
        size_t middle = from + (to - from) / 2;
        float nearest = rows[(size_t)(high / 2) * wide + middle];
        bool classes = p->surface.n_classes > 0;
        out[c] = classes ? nearest : n * 2 > (double)(to - from) * high ? (float)(sum / n) : NAN;
    }
}

/* Are these classes? Counts whole values over the window, by the cells of the file. */
static gt_status count_window(picture *p, const gt_window *w, float *row, bool *classes, bool *any)
{
    gt_status st = GT_OK;
    *classes = gt_grid_facts(p->grid)->type != GT_CELL_F64;
    for (int64_t r = 0; st == GT_OK && r < w->n_rows; r++) {
        const gt_window line = {w->col, w->row + r, w->n_cols, 1};
        st = gt_grid_read(p->ctx, p->grid, &line, GT_CELL_F32, row, (size_t)w->n_cols);
        for (int64_t c = 0; st == GT_OK && c < w->n_cols; c++) {
            bool hole = isnan(row[c]);
            p->surface.holes = p->surface.holes || hole;
            *any = *any || !hole;
            *classes = *classes && (hole || count_value(p, (double)row[c]));
        }
        st = st == GT_OK ? gt_check_cancel(p->ctx) : st;
        if (!*classes && *any && p->surface.holes) {
            break; /* all that is asked is known */
        }
    }
    return st;
}

static gt_status read_values(picture *p, const gt_window *w, int factor, float *rows)
{
    gt_map_surface *s = &p->surface;
    const gt_grid_spec *f = gt_grid_facts(p->grid);
    gt_status st = GT_OK;
    s->cols = (int)((w->n_cols + factor - 1) / factor);
    s->rows = (int)((w->n_rows + factor - 1) / factor);
    double west = f->x_west + (double)w->col * f->cell_x;
    double north = f->y_north - (double)w->row * f->cell_y;
    s->box = (gt_box){west, north - (double)s->rows * factor * f->cell_y,
                      west + (double)s->cols * factor * f->cell_x, north};
    p->values = gt_alloc(p->ctx, (size_t)s->rows * (size_t)s->cols, sizeof *p->values);
    if (p->values == NULL) {
        return GT_E_MEMORY;
    }
    for (int r = 0; st == GT_OK && r < s->rows; r++) {
        int64_t first = (int64_t)r * factor, last = first + factor;
        int high = (int)((last > w->n_rows ? w->n_rows : last) - first);
        const gt_window band = {w->col, w->row + first, w->n_cols, high};
        st = gt_grid_read(p->ctx, p->grid, &band, GT_CELL_F32, rows, (size_t)w->n_cols);
        if (st == GT_OK) {
            thin_row(p, rows, (size_t)w->n_cols, high, factor,
                     p->values + (size_t)r * (size_t)s->cols);
            st = gt_check_cancel(p->ctx);
        }
    }
    s->values = p->values;
    return st;
}

static gt_status take_values(picture *p, gt_box box)
{
    gt_window w = {0};
    bool classes = false, any = false;
    gt_status st = box_window(p, box, &w);
    if (st != GT_OK) {
        return st;
    }
    int64_t longer = w.n_cols > w.n_rows ? w.n_cols : w.n_rows;
    int factor = (int)((longer + SIDE - 1) / SIDE);
    float *rows = gt_alloc(p->ctx, (size_t)w.n_cols * (size_t)factor, sizeof *rows);
    if (rows == NULL) {
        return GT_E_MEMORY;
    }
    st = count_window(p, &w, rows, &classes, &any);
    if (st == GT_OK && !any) {
        st = gt_fail(p->ctx, GT_E_INPUT, &GT_MSG_MAP_GRID_EMPTY, GT_PLACE(.file = p->path),
                     GT_NO_ARGS);
    }
    bool coded = p->decl != NULL && p->decl->codes != NULL && p->first_output;
    bool few = p->surface.n_classes <= (coded ? GT_MAP_SURFACE_CLASSES : DISTINCT);
    bool real = gt_grid_facts(p->grid)->type == GT_CELL_F32;
    if (!classes || !few || (real && !coded)) {
        p->surface.n_classes = 0;
    }
    st = st == GT_OK ? read_values(p, &w, factor, rows) : st;
    gt_free(p->ctx, rows);
    return st;
}

/* ---- classes ------------------------------------------------------------------------------------
 */

static void sort_classes(picture *p)
{
    for (size_t i = 1; i < p->surface.n_classes; i++) {
        for (size_t k = i; k > 0 && p->class_values[k - 1] < p->class_values[k]; k--) {
            double v = p->class_values[k], n = p->counts[k];
            p->class_values[k] = p->class_values[k - 1];
            p->counts[k] = p->counts[k - 1];
            p->class_values[k - 1] = v;
            p->counts[k - 1] = n;
        }
    }
}

static gt_status name_classes(picture *p)
{
    const char *list = p->decl != NULL && p->first_output ? p->decl->codes : NULL;
    const gt_codelist *codes = list == NULL ? NULL : gt_package_find_codelist(p->package, list);
    const gt_grid_spec *f = gt_grid_facts(p->grid);
    const gt_crs *crs = gt_grid_crs(p->grid);
    bool metres = crs == NULL || !gt_crs_is_geographic(crs);
    sort_classes(p);
    for (size_t i = 0; i < p->surface.n_classes; i++) {
        char code[32];
        (void)snprintf(code, sizeof code, "%.0f", p->class_values[i]);
        const gt_code *found = codes == NULL ? NULL : gt_codelist_find(codes, code);
        const char *kept = gt_arena_strdup(p->arena, code);
        if (kept == NULL) {
            return GT_E_MEMORY;
        }
        p->classes[i].code = kept;
        p->classes[i].title = found != NULL ? found->title : (gt_title){kept, kept};
        p->classes[i].color =
            found != NULL && found->color != NULL ? found->color : QUALITATIVE[i % DISTINCT];
        p->class_m2[i] = metres ? p->counts[i] * f->cell_x * f->cell_y : (double)NAN;
    }
    p->surface.classes = p->classes;
    p->surface.class_values = p->class_values;
    p->surface.class_m2 = p->class_m2;
    return GT_OK;
}

/* ---- the ramp -----------------------------------------------------------------------------------
 */

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* 1, 2 or 5 times a power of ten, about a fifth of the span. */
static double nice_step(double span)
{
    double raw = span / 5, power = pow(10, floor(log10(raw))), lead = raw / power;
    return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

static void set_ends(picture *p, double least, double low, double high, double most)
{
    gt_map_surface *s = &p->surface;
    if (!(low < high)) { /* of one value nearly everywhere: its ends, or a little about it */
        low = least;
        high = most > least ? most : least + fmax(1, fabs(least));
    }
    if (low < 0 && high > 0 && p->ramp == NULL) { /* losses and gains weigh alike */
        p->ramp = &RAMPS[DIVERGING];
        double end = fmax(-low, high);
        low = -end;
        high = end;
    }
    s->step = nice_step(high - low);
    s->low = floor(low / s->step + 1e-9) * s->step;
    s->high = ceil(high / s->step - 1e-9) * s->step;
    s->below = least < s->low;
    s->above = most > s->high;
}

static gt_status choose_ramp(picture *p)
{
    const gt_map_surface *s = &p->surface;
    size_t n = (size_t)s->rows * (size_t)s->cols, jump = n / SAMPLES + 1, taken = 0;
    double least = INFINITY, most = -INFINITY;
    float *sample = gt_alloc(p->ctx, n / jump + 1, sizeof *sample);
    if (sample == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        double v = (double)p->values[i];
        least = fmin(least, v);
        most = fmax(most, v);
        if (i % jump == 0 && !isnan(v)) {
            sample[taken++] = (float)v;
        }
    }
    if (taken == 0) { /* so few that the sample met none */
        sample[taken++] = (float)(isfinite(least) ? least : 0);
        least = isfinite(least) ? least : 0;
        most = isfinite(most) ? most : 0;
    }
    qsort(sample, taken, sizeof *sample, by_value);
    double low = (double)sample[(size_t)(0.02 * (double)(taken - 1))];
    double high = (double)sample[(size_t)(0.98 * (double)(taken - 1))];
    gt_free(p->ctx, sample);
    bool heights = strcmp(p->name, "elevation") == 0 || strcmp(p->name, "dem") == 0;
    if (p->ramp == NULL && heights) {
        p->ramp = &RAMPS[HEIGHTS];
    }
    set_ends(p, least, low, high, most);
    p->ramp = p->ramp == NULL ? &RAMPS[GREEN_BLUE] : p->ramp;
    p->surface.ramp = p->ramp->colors;
    return GT_OK;
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
    gt_status st = take_values(p, box);
    if (st == GT_OK) {
        st = p->surface.n_classes > 0 ? name_classes(p) : choose_ramp(p);
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
    gt_status st = find_ramp(ctx, options->ramp, &p->ramp);
    st = st == GT_OK ? gt_arena_new(ctx, 0, &p->arena) : st;
    st = st == GT_OK ? find_grid(p) : st;
    if (st == GT_OK) {
        find_decl(p);
        read_lineage(p);
        if (p->ramp == NULL && p->decl != NULL && p->first_output) {
            st = find_ramp(ctx, p->decl->ramp, &p->ramp);
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
        st = take_values(p, look->box);
    }
    if (st == GT_OK) {
        st = p->surface.n_classes > 0 ? name_classes(p) : choose_ramp(p);
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
