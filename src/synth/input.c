/* Open data from a folder: districts, relief, names of towns. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/arena.h"
#include "guotu/raster.h"
#include "guotu/source.h"
#include "guotu/synth.h"
#include "synth/input.h"
#include "synth/messages.h"

enum { UNITS_MAX = 512, TOWNS_MAX = 20000, PATH_BYTES = 4096 };

typedef struct town {
    const char *code, *name, *unit;
} town;

typedef struct holder { /* gt_synth_data.owner */
    gt_arena *arena;
    gt_synth_unit *units;
    gt_geom *geoms;
    size_t n_units;
    town *towns;
    size_t n_towns, cap_towns;
    gt_raster *raster;
    unsigned char *known; /* cells of it that were no holes */
    gt_text sources;
    sy_data_list list;
} holder;

void gt_synth_data_free(gt_ctx *ctx, gt_synth_data *data)
{
    holder *h = data->owner;
    if (h != NULL) {
        for (size_t i = 0; i < h->n_units; i++) {
            gt_geom_free(ctx, &h->geoms[i]);
        }
        gt_free(ctx, h->geoms);
        gt_free(ctx, h->units);
        gt_free(ctx, h->towns);
        gt_free(ctx, h->known);
        gt_raster_free(ctx, h->raster);
        gt_text_free(&h->sources);
        gt_arena_free(h->arena);
        gt_free(ctx, h);
    }
    memset(data, 0, sizeof *data);
}

static bool find_file(const char *dir, const char *name, char path[PATH_BYTES])
{
    int n = snprintf(path, PATH_BYTES, "%s/%s", dir, name);
    return n > 0 && n < PATH_BYTES && access(path, R_OK) == 0;
}

static gt_status bad_format(gt_ctx *ctx, const char *path, int line, const char *reason)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_DATA_FORMAT, GT_PLACE(.file = path, .line = line),
                   GT_ARGS(GT_TEXT("reason", reason)));
}

/* ---- districts
 * -------------------------------------------------------------------------------------- */

/* A further unit with an empty geometry to fill. */
static gt_status new_unit(gt_ctx *ctx, holder *h, const char *code, const char *name,
                          gt_geom **geom)
{
    if (h->n_units == UNITS_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_SYNTH_OPTION, GT_PLACE(.layer = "districts"),
                       GT_ARGS(GT_TEXT("option", "districts"), GT_INT("value", UNITS_MAX + 1),
                               GT_INT("min", 1), GT_INT("max", UNITS_MAX)));
    }
    gt_synth_unit *u = &h->units[h->n_units];
    u->code = gt_arena_strdup(h->arena, code);
    u->name = gt_arena_strdup(h->arena, name);
    if (u->code == NULL || u->name == NULL) {
        return GT_E_MEMORY;
    }
    *geom = &h->geoms[h->n_units];
    gt_geom_init(*geom);
    u->geom = *geom;
    h->n_units++;
    return GT_OK;
}

static int source_field(const gt_source_info *info, const char *name)
{
    for (size_t i = 0; name != NULL && i < info->n_fields; i++) {
        if (strcmp(info->fields[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static void value_text(const gt_value *v, char *out, size_t size)
{
    switch (v->kind) {
    case GT_NULL:
        out[0] = '\0';
        break;
    case GT_VAL_TEXT:
        (void)snprintf(out, size, "%s", v->text);
        break;
    case GT_VAL_INT:
        (void)snprintf(out, size, "%lld", (long long)v->integer);
        break;
    case GT_VAL_REAL:
        (void)snprintf(out, size, "%.0f", v->real);
        break;
    }
}

/* Both sides of a border hold the same numbers, and undoing a datum shift and transforming are
 * functions of the point alone: vertices stay shared. */
static gt_status read_units(gt_ctx *ctx, holder *h, const gt_package *package, const sy_file *spec,
                            const char *path)
{
    gt_source_options o;
    gt_source_options_init(&o);
    o.layer = spec->layer;
    o.target_crs = gt_package_crs(package);
    if (spec->datum != NULL && !gt_datum_parse(spec->datum, &o.datum)) {
        return bad_format(ctx, path, 0, "datum: gcj02 or bd09");
    }
    gt_source *source = NULL;
    gt_status st = gt_source_open(ctx, path, &o, &source);
    if (st != GT_OK) {
        return st;
    }
    const gt_source_info *info = gt_source_info_of(source);
    int code = source_field(info, spec->code), name = source_field(info, spec->name);
    if (code < 0 || name < 0) {
        st = bad_format(ctx, path, 0, "the fields of code and name are not there");
    }
    for (bool more = true; st == GT_OK && more;) {
        gt_source_feature f;
        char c[32], n[128];
        st = gt_source_next(ctx, source, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        value_text(&f.values[code], c, sizeof c);
        value_text(&f.values[name], n, sizeof n);
        if (f.geom == NULL || c[0] == '\0' || n[0] == '\0') {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_DATA_FORMAT,
                         GT_PLACE(.file = path, .row = f.row),
                         GT_ARGS(GT_TEXT("reason", "code, name or geometry is missing")));
            break;
        }
        gt_geom *geom = NULL;
        st = new_unit(ctx, h, c, n, &geom);
        if (st == GT_OK) {
            st = gt_geom_copy(ctx, f.geom, geom);
        }
    }
    gt_source_close(source);
    return st;
}

/* The first of the files that is there; NULL and an error that lists them all when none is. */
static const sy_file *choose(gt_ctx *ctx, holder *h, const char *what, const char *dir,
                             const sy_file *files, size_t n, char path[PATH_BYTES])
{
    gt_text names;
    gt_text_init(&names, ctx, 1000);
    for (size_t i = 0; i < n; i++) {
        if (find_file(dir, files[i].file, path)) {
            gt_text_printf(&h->sources, "%s: %s (%s)\n", what, files[i].file, files[i].note);
            gt_text_free(&names);
            return &files[i];
        }
        gt_text_printf(&names, "%s%s", i > 0 ? ", " : "", files[i].file);
    }
    (void)gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_SYNTH_TERRITORY_MISSING, GT_NOWHERE,
                  GT_ARGS(GT_TEXT("what", what), GT_TEXT("dir", dir),
                          GT_TEXT("names", gt_text_cstr(&names))));
    gt_text_free(&names);
    return NULL;
}

static gt_status load_units(gt_ctx *ctx, holder *h, const gt_package *package, const char *dir)
{
    char path[PATH_BYTES];
    h->units = gt_zalloc(ctx, UNITS_MAX, sizeof *h->units);
    h->geoms = gt_zalloc(ctx, UNITS_MAX, sizeof *h->geoms);
    if (h->units == NULL || h->geoms == NULL) {
        return GT_E_MEMORY;
    }
    const sy_file *spec =
        choose(ctx, h, "districts", dir, h->list.districts, h->list.n_districts, path);
    return spec == NULL ? gt_error_status(ctx) : read_units(ctx, h, package, spec, path);
}

/* ---- towns
 * ------------------------------------------------------------------------------------------ */

static gt_status add_town(gt_ctx *ctx, holder *h, const char *code, const char *name,
                          const char *unit)
{
    if (h->n_towns == TOWNS_MAX) {
        return GT_OK; /* names of other provinces are not asked for; this many is no city */
    }
    gt_status st =
        gt_grow(ctx, (void **)&h->towns, &h->cap_towns, h->n_towns + 1, sizeof *h->towns);
    if (st != GT_OK) {
        return st;
    }
    town *t = &h->towns[h->n_towns];
    t->code = gt_arena_strdup(h->arena, code);
    t->name = gt_arena_strdup(h->arena, name);
    t->unit = gt_arena_strdup(h->arena, unit);
    if (t->code == NULL || t->name == NULL || t->unit == NULL) {
        return GT_E_MEMORY;
    }
    h->n_towns++;
    return GT_OK;
}

static bool is_unit(const holder *h, const char *code)
{
    for (size_t i = 0; i < h->n_units; i++) {
        if (strcmp(h->units[i].code, code) == 0) {
            return true;
        }
    }
    return false;
}

static gt_status towns_from_json(gt_ctx *ctx, holder *h, const sy_file *spec, const char *path)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    gt_status st = GT_OK;
    if (!json_is_array(root)) {
        st = bad_format(ctx, path, root == NULL ? error.line : 0,
                        root == NULL ? error.text : "not a list");
    }
    for (size_t i = 0; st == GT_OK && i < json_array_size(root); i++) {
        json_t *t = json_array_get(root, i);
        const char *code = json_string_value(json_object_get(t, spec->code));
        const char *name = json_string_value(json_object_get(t, spec->name));
        const char *unit = json_string_value(json_object_get(t, spec->unit));
        if (code != NULL && name != NULL && unit != NULL && is_unit(h, unit)) {
            st = add_town(ctx, h, code, name, unit);
        }
    }
    json_decref(root);
    return st;
}

enum { CSV_COLUMNS = 16 };

/* Splits a line of plain CSV (no quotes) in place; number of columns. */
static int split_line(char *line, char *column[CSV_COLUMNS])
{
    int n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at != NULL && n < CSV_COLUMNS; n++) {
        column[n] = at;
        at = strchr(at, ',');
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    return n;
}

static gt_status towns_from_csv(gt_ctx *ctx, holder *h, const sy_file *spec, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return gt_fail_errno(ctx, errno, "open", path);
    }
    char line[512], *column[CSV_COLUMNS];
    const char *const names[3] = {spec->code, spec->name, spec->unit};
    int at[3] = {-1, -1, -1};
    gt_status st = GT_OK;
    for (int number = 1; st == GT_OK && fgets(line, sizeof line, file) != NULL; number++) {
        int n = split_line(line, column);
        for (int k = 0; number == 1 && k < 3; k++) {
            for (int c = 0; c < n; c++) {
                at[k] = strcmp(column[c], names[k]) == 0 ? c : at[k];
            }
        }
        if (at[0] < 0 || at[1] < 0 || at[2] < 0 || at[0] >= n || at[1] >= n || at[2] >= n) {
            st = bad_format(ctx, path, number, "the columns of code, name and unit are not there");
        } else if (number > 1 && is_unit(h, column[at[2]])) {
            st = add_town(ctx, h, column[at[0]], column[at[1]], column[at[2]]);
        }
    }
    (void)fclose(file);
    return st;
}

/* Lists per unit, in the order of the file. */
static gt_status deal_towns(holder *h)
{
    for (size_t u = 0; u < h->n_units; u++) {
        size_t n = 0;
        for (size_t i = 0; i < h->n_towns; i++) {
            n += strcmp(h->towns[i].unit, h->units[u].code) == 0;
        }
        const char **names = gt_arena_zalloc(h->arena, n + 1, sizeof *names);
        const char **codes = gt_arena_zalloc(h->arena, n + 1, sizeof *codes);
        if (names == NULL || codes == NULL) {
            return GT_E_MEMORY;
        }
        size_t k = 0;
        for (size_t i = 0; i < h->n_towns; i++) {
            if (strcmp(h->towns[i].unit, h->units[u].code) == 0) {
                names[k] = h->towns[i].name;
                codes[k++] = h->towns[i].code;
            }
        }
        h->units[u].towns = names;
        h->units[u].town_codes = codes;
    }
    return GT_OK;
}

static gt_status load_towns(gt_ctx *ctx, holder *h, const char *dir)
{
    char path[PATH_BYTES];
    const sy_file *spec =
        choose(ctx, h, "names of towns", dir, h->list.towns, h->list.n_towns, path);
    if (spec == NULL) {
        return gt_error_status(ctx);
    }
    if (spec->code == NULL || spec->name == NULL || spec->unit == NULL) {
        return bad_format(ctx, path, 0, "the recipe must name the fields code, name and unit");
    }
    const char *dot = strrchr(path, '.');
    gt_status st = dot != NULL && strcmp(dot, ".csv") == 0 ? towns_from_csv(ctx, h, spec, path)
                                                           : towns_from_json(ctx, h, spec, path);
    return st == GT_OK ? deal_towns(h) : st;
}

/* ---- relief
 * ----------------------------------------------------------------------------------------- */

static gt_box units_box(const holder *h)
{
    gt_box all = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < h->n_units; i++) {
        gt_box b = gt_geom_box(&h->geoms[i]);
        all.xmin = fmin(all.xmin, b.xmin), all.ymin = fmin(all.ymin, b.ymin);
        all.xmax = fmax(all.xmax, b.xmax), all.ymax = fmax(all.ymax, b.ymax);
    }
    return all;
}

static gt_status note_holes(gt_ctx *ctx, holder *h)
{
    size_t n = (size_t)h->raster->n_cols * (size_t)h->raster->n_rows;
    h->known = gt_alloc(ctx, n, 1);
    for (size_t i = 0; h->known != NULL && i < n; i++) {
        h->known[i] = (unsigned char)!isnan(h->raster->cells[i]);
    }
    return h->known == NULL ? GT_E_MEMORY : GT_OK;
}

/* Holes take the mean of their known neighbours, ring by ring; a file rectangle that ends before
 * the margin does is the usual case. */
static gt_status fill_holes(gt_ctx *ctx, gt_raster *r)
{
    size_t n = (size_t)r->n_cols * (size_t)r->n_rows;
    float *next = gt_alloc(ctx, n, sizeof *next);
    if (next == NULL) {
        return GT_E_MEMORY;
    }
    for (bool holes = r->n_valid > 0; holes;) {
        holes = false;
        for (int j = 0; j < r->n_rows; j++) {
            for (int i = 0; i < r->n_cols; i++) {
                size_t k = (size_t)j * (size_t)r->n_cols + (size_t)i;
                next[k] = r->cells[k];
                if (!isnan(r->cells[k])) {
                    continue;
                }
                double sum = 0;
                int m = 0;
                for (int d = 0; d < 9; d++) {
                    int a = i + d % 3 - 1, b = j + d / 3 - 1;
                    if (a < 0 || b < 0 || a >= r->n_cols || b >= r->n_rows) {
                        continue;
                    }
                    float v = r->cells[(size_t)b * (size_t)r->n_cols + (size_t)a];
                    if (!isnan(v)) {
                        sum += (double)v;
                        m++;
                    }
                }
                next[k] = m > 0 ? (float)(sum / m) : r->cells[k];
                holes |= m == 0;
            }
        }
        float *t = r->cells;
        r->cells = next;
        next = t;
    }
    gt_free(ctx, next);
    return GT_OK;
}

static gt_status relief_from_raster(gt_ctx *ctx, holder *h, const gt_package *package,
                                    const char *path, gt_synth_relief *out)
{
    gt_raster_options o;
    gt_raster_options_init(&o);
    o.crs = gt_package_crs(package);
    o.box = units_box(h);
    o.has_box = true;
    o.box.xmin -= 12000, o.box.ymin -= 12000, o.box.xmax += 12000, o.box.ymax += 12000;
    o.n_cols = 1024; /* about 200 m: as fine as the fields */
    gt_status st = gt_raster_read(ctx, path, &o, &h->raster);
    st = st == GT_OK ? note_holes(ctx, h) : st;
    if (st == GT_OK) {
        st = fill_holes(ctx, h->raster);
    }
    if (st != GT_OK) {
        return st;
    }
    gt_raster *r = h->raster;
    double dx = (r->box.xmax - r->box.xmin) / r->n_cols;
    double dy = (r->box.ymax - r->box.ymin) / r->n_rows;
    *out = (gt_synth_relief){.n_cols = r->n_cols,
                             .n_rows = r->n_rows,
                             .x0 = r->box.xmin + 0.5 * dx,
                             .y0 = r->box.ymax - 0.5 * dy,
                             .dx = dx,
                             .dy = -dy,
                             .z = r->cells,
                             .known = h->known};
    return GT_OK;
}

/* The file's own cells: they are means of what they cover, and stay so. */
static gt_status relief_as_is(gt_ctx *ctx, holder *h, const sy_file *spec, const char *path,
                              gt_synth_relief *out)
{
    gt_raster_options o;
    gt_raster_options_init(&o);
    o.file_crs = o.crs = spec->crs;
    o.resample = GT_RESAMPLE_NEAREST;
    gt_status st = gt_raster_read(ctx, path, &o, &h->raster);
    st = st == GT_OK ? note_holes(ctx, h) : st;
    if (st == GT_OK) {
        st = fill_holes(ctx, h->raster);
    }
    gt_crs *crs = NULL;
    if (st == GT_OK) {
        st = gt_crs_new(ctx, spec->crs != NULL ? spec->crs : h->raster->crs_wkt, &crs);
    }
    if (st != GT_OK) {
        return st;
    }
    const gt_raster *r = h->raster;
    double dx = (r->box.xmax - r->box.xmin) / r->n_cols;
    double dy = (r->box.ymax - r->box.ymin) / r->n_rows;
    *out = (gt_synth_relief){.n_cols = r->n_cols,
                             .n_rows = r->n_rows,
                             .x0 = r->box.xmin + 0.5 * dx,
                             .y0 = r->box.ymax - 0.5 * dy,
                             .dx = dx,
                             .dy = -dy,
                             .z = r->cells,
                             .known = h->known,
                             .degrees = gt_crs_is_geographic(crs)};
    gt_crs_free(ctx, crs);
    return GT_OK;
}

enum { RAMP_MAX = 64 };

/* Values to heights along a ramp of "value height" pairs, linear between and beyond the ends. */
static gt_status apply_ramp(gt_ctx *ctx, const sy_file *spec, const char *path, gt_raster *r)
{
    double value[RAMP_MAX], height[RAMP_MAX];
    int n = 0;
    for (const char *const *t = spec->ramp; *t != NULL; t++, n++) {
        char *rest = NULL, *end = NULL;
        if (n == RAMP_MAX) {
            return bad_format(ctx, path, 0, "ramp: too many pairs");
        }
        value[n] = strtod(*t, &rest);
        height[n] = strtod(rest, &end);
        if (rest == *t || end == rest || *end != '\0' || (n > 0 && !(value[n] > value[n - 1]))) {
            return bad_format(ctx, path, 0, "ramp: pairs 'value height', values ascending");
        }
    }
    if (n < 2) {
        return bad_format(ctx, path, 0, "ramp: at least two pairs");
    }
    for (size_t k = 0, cells = (size_t)r->n_cols * (size_t)r->n_rows; k < cells; k++) {
        double v = (double)r->cells[k];
        int i = 0;
        while (i + 2 < n && v > value[i + 1]) {
            i++;
        }
        double t = (v - value[i]) / (value[i + 1] - value[i]);
        r->cells[k] = (float)(height[i] + t * (height[i + 1] - height[i]));
    }
    return GT_OK;
}

static gt_status load_relief(gt_ctx *ctx, holder *h, const gt_package *package, const char *dir,
                             gt_synth_relief *out)
{
    char path[PATH_BYTES];
    const sy_file *spec = choose(ctx, h, "relief", dir, h->list.relief, h->list.n_relief, path);
    if (spec == NULL) {
        return gt_error_status(ctx);
    }
    gt_status st = spec->as_is ? relief_as_is(ctx, h, spec, path, out)
                               : relief_from_raster(ctx, h, package, path, out);
    return st == GT_OK && spec->ramp != NULL ? apply_ramp(ctx, spec, path, h->raster) : st;
}

gt_status gt_synth_data_load(gt_ctx *ctx, const gt_package *package, const char *dir,
                             gt_synth_data *out)
{
    char recipe[PATH_BYTES];
    memset(out, 0, sizeof *out);
    holder *h = gt_zalloc(ctx, 1, sizeof *h);
    if (h == NULL) {
        return GT_E_MEMORY;
    }
    out->owner = h;
    gt_text_init(&h->sources, ctx, 0);
    gt_status st = gt_arena_new(ctx, 0, &h->arena);
    int len = snprintf(recipe, sizeof recipe, "%s/synth.yaml", gt_package_dir(package));
    if (st == GT_OK && (len < 0 || (size_t)len >= sizeof recipe)) {
        st = gt_fail_errno(ctx, ENAMETOOLONG, "open", gt_package_dir(package));
    }
    if (st == GT_OK) {
        st = sy_data_list_read(ctx, recipe, h->arena, &h->list);
    }
    if (st == GT_OK) {
        st = load_units(ctx, h, package, dir);
    }
    if (st == GT_OK) {
        st = load_towns(ctx, h, dir);
    }
    if (st == GT_OK) {
        st = load_relief(ctx, h, package, dir, &out->relief);
    }
    if (st == GT_OK) {
        st = gt_text_status(&h->sources);
    }
    if (st != GT_OK) {
        gt_synth_data_free(ctx, out);
        return st;
    }
    out->units = h->units;
    out->n_units = h->n_units;
    out->sources = gt_text_cstr(&h->sources);
    return GT_OK;
}
