/* What the map of a grid shows: its values, its classes or its ramp. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/problem.h"
#include "report/messages.h"
#include "report/picture.h"

enum { SIDE = 2500, SAMPLES = 200000, DISTINCT = 12 };
typedef gt_picture picture;
typedef gt_ramp ramp;

/* ---- ramps: Brewer's, but for the heights -------------------------------------------------------
 */

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

gt_status gt_picture_ramp(gt_ctx *ctx, const char *name, const ramp **out)
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

gt_status gt_picture_values(picture *p, gt_box box)
{
    gt_window w = {0};
    bool classes = false, any = false;
    gt_status st = box_window(p, box, &w);
    if (st != GT_OK) {
        return st;
    }
    int64_t longer = w.n_cols > w.n_rows ? w.n_cols : w.n_rows;
    int factor = (int)((longer - 1) / SIDE) + 1;
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

static const gt_code *code_of(const gt_codelist *codes, double value)
{
    char code[32];
    (void)snprintf(code, sizeof code, "%.0f", value);
    return codes == NULL ? NULL : gt_codelist_find(codes, code);
}

/* In the order of the list; what it does not have behind it, the greatest first. */
static bool comes_first(const gt_codelist *codes, double a, double b)
{
    const gt_code *x = code_of(codes, a), *y = code_of(codes, b);
    if (x != NULL && y != NULL) {
        return x->place < y->place;
    }
    return x == NULL && y == NULL ? a > b : x != NULL;
}

static void sort_classes(picture *p, const gt_codelist *codes)
{
    for (size_t i = 1; i < p->surface.n_classes; i++) {
        for (size_t k = i; k > 0 && comes_first(codes, p->class_values[k], p->class_values[k - 1]);
             k--) {
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
    sort_classes(p, codes);
    for (size_t i = 0; i < p->surface.n_classes; i++) {
        char code[32];
        (void)snprintf(code, sizeof code, "%.0f", p->class_values[i]);
        const gt_code *found = code_of(codes, p->class_values[i]);
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

gt_status gt_picture_colors(picture *p)
{
    return p->surface.n_classes > 0 ? name_classes(p) : choose_ramp(p);
}
