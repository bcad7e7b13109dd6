/* grid calc, grid zonal, grid rasterize. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid_verb.h"
#include "guotu/grid_ops.h"
#include "guotu/grid_zones.h"

gt_status cli_grid_real(cli *app, const char *option, double fallback, double low, double high,
                        double *out)
{
    const char *text = cli_option_value(app, option, NULL);
    char *end = NULL;
    *out = text == NULL ? fallback : strtod(text, &end);
    if (text != NULL && (end == text || *end != '\0' || !(*out >= low && *out <= high))) {
        char allowed[64];
        (void)snprintf(allowed, sizeof allowed, "%.10g ... %.10g", low, high);
        return cli_grid_bad(app, option, text, allowed);
    }
    return GT_OK;
}

/* ---- calc ---------------------------------------------------------------------------------------
 */

enum { NAME_MAX_LEN = 63 };

gt_status cli_grid_calc(cli *app, const char *const *files, int n)
{
    int n_in = n - 2;
    char held[GT_WALK_MAX][NAME_MAX_LEN + 1];
    const char *names[GT_WALK_MAX];
    gt_grid *in[GT_WALK_MAX] = {NULL}, *out = NULL;
    gt_cell type = GT_CELL_F32;
    const char *type_name = cli_option_value(app, "type", "float32");
    gt_status st = GT_OK;
    if (!gt_cell_parse(type_name, &type)) {
        st = cli_grid_bad(app, "type", type_name, "uint8, int16, uint16, int32, float32, float64");
    }
    if (st == GT_OK && n_in < 1) {
        st = cli_grid_bad(app, "calc", files[0], "EXPRESSION NAME=FILE... OUT");
    }
    for (int i = 0; st == GT_OK && i < n_in; i++) {
        const char *text = files[1 + i], *eq = strchr(text, '=');
        size_t len = eq == NULL ? 0 : (size_t)(eq - text);
        if (len == 0 || len > NAME_MAX_LEN) {
            st = cli_grid_bad(app, "calc", text, "NAME=FILE");
        } else {
            memcpy(held[i], text, len);
            held[i][len] = '\0';
            names[i] = held[i];
            st = gt_grid_open_any(app->ctx, eq + 1, NULL, &in[i]);
        }
    }
    if (st == GT_OK) { /* before a file is begun */
        st = gt_grid_calc_check(app->ctx, files[0], names, (size_t)n_in, NULL);
    }
    st = st == GT_OK ? cli_grid_output(app, in[0], type, files[n - 1], &out) : st;
    st = st == GT_OK ? gt_grid_calc(app->ctx, files[0], names, in, (size_t)n_in, out) : st;
    st = st == GT_OK ? gt_grid_finish(app->ctx, out) : st;
    gt_grid_close(app->ctx, out);
    for (int i = 0; i < n_in && i < GT_WALK_MAX; i++) {
        gt_grid_close(app->ctx, in[i]);
    }
    return st;
}

/* ---- zonal --------------------------------------------------------------------------------------
 */

static const char *const STATS[] = {"fid", "cells", "outside", "sum", "mean", "sd", "min", "max"};
static const char *const CLASSES[] = {"fid", "value", "cells"};

/* One row of numbers: the first `whole` are integers. */
static void put_row(gt_text *o, cli_format format, const char *const *keys, const double *v,
                    size_t n, size_t whole, bool first)
{
    gt_text_puts(o, format == CLI_JSON ? first ? "\n{" : ",\n{" : "");
    for (size_t i = 0; i < n; i++) {
        if (format == CLI_JSON) {
            gt_text_printf(o, "%s\"%s\":", i > 0 ? "," : "", keys[i]);
        } else if (i > 0) {
            gt_text_puts(o, format == CLI_CSV ? "," : "  ");
        }
        if (i < whole) {
            gt_text_printf(o, format == CLI_TEXT ? "%10.0f" : "%.0f", v[i]);
        } else if (format == CLI_TEXT && isnan(v[i])) {
            gt_text_printf(o, "%14s", "-");
        } else if (format == CLI_TEXT) {
            gt_text_printf(o, "%14.8g", v[i]);
        } else if (format == CLI_JSON || !isnan(v[i])) {
            gt_text_json_real(o, v[i]);
        }
    }
    gt_text_puts(o, format == CLI_JSON ? "}" : "\n");
}

static void put_head(gt_text *o, cli_format format, const char *const *keys, size_t n, size_t whole)
{
    for (size_t i = 0; i < n && format != CLI_JSON; i++) {
        if (format == CLI_CSV) {
            gt_text_printf(o, "%s%s", i > 0 ? "," : "", keys[i]);
        } else {
            gt_text_printf(o, "%s%*s", i > 0 ? "  " : "", i < whole ? 10 : 14, keys[i]);
        }
    }
    gt_text_puts(o, format == CLI_JSON ? "[" : "\n");
}

static gt_status put_stats(cli *app, gt_grid *grid, const gt_polygon_table *zones,
                           cli_format format)
{
    gt_zone_stats *s = NULL;
    gt_status st = gt_grid_zonal(app->ctx, grid, zones, &s);
    if (st == GT_OK) {
        put_head(&app->out, format, STATS, 8, 1);
    }
    for (size_t i = 0; st == GT_OK && i < zones->n_features; i++) {
        const double v[] = {(double)s[i].fid, s[i].cells, s[i].outside, s[i].sum,
                            s[i].mean,        s[i].sd,    s[i].min,     s[i].max};
        put_row(&app->out, format, STATS, v, 8, 1, i == 0);
        st = i % 4096 == 4095 ? cli_flush(app) : GT_OK;
    }
    gt_free(app->ctx, s);
    return st;
}

static gt_status put_classes(cli *app, gt_grid *grid, const gt_polygon_table *zones,
                             cli_format format)
{
    gt_zone_class *s = NULL;
    size_t n = 0;
    gt_status st = gt_grid_zone_classes(app->ctx, grid, zones, &s, &n);
    if (st == GT_OK) {
        put_head(&app->out, format, CLASSES, 3, 2);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        const double v[] = {(double)s[i].fid, (double)s[i].value, s[i].cells};
        put_row(&app->out, format, CLASSES, v, 3, 2, i == 0);
        st = i % 4096 == 4095 ? cli_flush(app) : GT_OK;
    }
    gt_free(app->ctx, s);
    return st;
}

gt_status cli_grid_zonal(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *grid = NULL;
    gt_polygon_table *zones = NULL;
    cli_format format = CLI_TEXT;
    const char *table = cli_option_value(app, "table", NULL);
    gt_status st = cli_get_format(app, 1U << CLI_TEXT | 1U << CLI_CSV | 1U << CLI_JSON, &format);
    st = st == GT_OK ? gt_grid_open_any(app->ctx, files[0], NULL, &grid) : st;
    st = st == GT_OK ? gt_gpkg_read_polygons(app->ctx, files[1], table, NULL, &zones) : st;
    if (st == GT_OK) {
        st = cli_has(app, "classes") ? put_classes(app, grid, zones, format)
                                     : put_stats(app, grid, zones, format);
    }
    if (st == GT_OK && format == CLI_JSON) {
        gt_text_puts(&app->out, "]\n");
    }
    gt_polygon_table_free(app->ctx, zones);
    gt_grid_close(app->ctx, grid);
    return st;
}

/* ---- rasterize ----------------------------------------------------------------------------------
 */

static gt_status zone_values(cli *app, const gt_polygon_table *t, double **out)
{
    double *v = gt_alloc(app->ctx, t->n_features, sizeof *v);
    size_t n = 0;
    for (size_t r = 0; v != NULL && r < t->n_runs; r++) {
        for (size_t i = 0; i < t->runs[r].n_features; i++, n++) {
            const gt_polygon_run *run = &t->runs[r];
            if (run->code == NULL) {
                v[n] = (double)run->fid[i];
                continue;
            }
            const char *text = run->code[i] == UINT32_MAX ? "" : t->codes[run->code[i]];
            char *end = NULL;
            v[n] = run->code[i] == UINT32_MAX ? (double)NAN : strtod(text, &end);
            if (end == text || (end != NULL && *end != '\0')) {
                gt_free(app->ctx, v);
                return cli_grid_bad(app, "field", text, "numbers, or fid");
            }
        }
    }
    *out = v;
    return v == NULL ? GT_E_MEMORY : GT_OK;
}

gt_status cli_grid_rasterize(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *like = NULL, *out = NULL;
    gt_polygon_table *zones = NULL;
    double *values = NULL;
    gt_rasterize_options o;
    gt_cell type = GT_CELL_F32;
    const char *field = cli_option_value(app, "field", NULL);
    const char *column = field != NULL && strcmp(field, "fid") != 0 ? field : NULL;
    const char *name = cli_option_value(app, "type", field != NULL ? "int32" : "float32");
    gt_rasterize_options_init(&o);
    gt_status st = cli_grid_real(app, "least", 0, 0, 1, &o.least);
    if (st == GT_OK && !gt_cell_parse(name, &type)) {
        st = cli_grid_bad(app, "type", name, "uint8, int16, uint16, int32, float32, float64");
    }
    if (st == GT_OK) {
        st = gt_gpkg_read_polygons(app->ctx, files[0], cli_option_value(app, "table", NULL), column,
                                   &zones);
    }
    st = st == GT_OK ? gt_grid_open_any(app->ctx, files[1], NULL, &like) : st;
    st = st == GT_OK && field != NULL ? zone_values(app, zones, &values) : st;
    o.values = values;
    st = st == GT_OK ? cli_grid_output(app, like, type, files[2], &out) : st;
    st = st == GT_OK ? gt_grid_rasterize(app->ctx, zones, &o, out) : st;
    st = st == GT_OK ? gt_grid_finish(app->ctx, out) : st;
    gt_grid_close(app->ctx, out);
    gt_grid_close(app->ctx, like);
    gt_polygon_table_free(app->ctx, zones);
    gt_free(app->ctx, values);
    return st;
}
