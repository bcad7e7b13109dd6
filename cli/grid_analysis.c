/* grid focal, distance, patches, classify, downstream, hand, wetness, order, view. */
#include <stdlib.h>
#include <string.h>

#include "grid_verb.h"
#include "guotu/grid_analysis.h"

enum { MAX_IN = 3 };

/* Opens the inputs and makes the output, of the place of the first. */
static gt_status open_files(cli *app, const char *const *files, int n_in, gt_cell type,
                            gt_grid **in, gt_grid **out)
{
    gt_status st = GT_OK;
    for (int i = 0; st == GT_OK && i < n_in; i++) {
        st = gt_grid_open_any(app->ctx, files[i], NULL, &in[i]);
    }
    const char *name = cli_option_value(app, "type", gt_cell_name(type));
    if (st == GT_OK && !gt_cell_parse(name, &type)) {
        st = cli_grid_bad(app, "type", name, "uint8, int16, uint16, int32, float32, float64");
    }
    return st == GT_OK ? cli_grid_output(app, in[0], type, files[n_in], out) : st;
}

static gt_status close_files(cli *app, gt_status st, gt_grid **in, gt_grid *out)
{
    st = st == GT_OK ? gt_grid_finish(app->ctx, out) : st;
    gt_grid_close(app->ctx, out);
    for (int i = 0; i < MAX_IN; i++) {
        gt_grid_close(app->ctx, in[i]);
    }
    return st;
}

gt_status cli_grid_focal(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *in[MAX_IN] = {NULL}, *out = NULL;
    gt_focal_options o;
    long radius = 1;
    gt_focal_options_init(&o);
    const char *name = cli_option_value(app, "of", "mean");
    gt_status st =
        gt_focal_parse(name, &o.what)
            ? cli_get_long(app, "radius", 1, 0, GT_FOCAL_RADIUS_MAX, &radius)
            : cli_grid_bad(app, "of", name, "mean, sum, count, min, max, range, sd, majority");
    o.radius = (int)radius;
    o.circle = cli_has(app, "circle");
    o.keep_nodata = cli_has(app, "keep-nodata");
    gt_cell type = o.what == GT_FOCAL_MAJORITY ? GT_CELL_I32 : GT_CELL_F32;
    st = st == GT_OK ? open_files(app, files, 1, type, in, &out) : st;
    st = st == GT_OK ? gt_grid_focal(app->ctx, in[0], &o, out) : st;
    return close_files(app, st, in, out);
}

gt_status cli_grid_distance(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *in[MAX_IN] = {NULL}, *out = NULL, *nearest = NULL;
    gt_distance_options o;
    const char *file = cli_option_value(app, "allocation", NULL);
    gt_distance_options_init(&o);
    gt_status st = cli_grid_real(app, "max", 0, 0, 1e12, &o.max_distance);
    st = st == GT_OK ? open_files(app, files, 1, GT_CELL_F32, in, &out) : st;
    if (st == GT_OK && file != NULL) {
        st = cli_grid_output(app, in[0], GT_CELL_I32, file, &nearest);
    }
    st = st == GT_OK ? gt_grid_distance(app->ctx, in[0], &o, out, nearest) : st;
    st = st == GT_OK && nearest != NULL ? gt_grid_finish(app->ctx, nearest) : st;
    gt_grid_close(app->ctx, nearest);
    return close_files(app, st, in, out);
}

gt_status cli_grid_patches(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *in[MAX_IN] = {NULL}, *out = NULL;
    gt_patch *list = NULL;
    size_t found = 0;
    uint64_t most = 0;
    gt_status st = open_files(app, files, 1, GT_CELL_I32, in, &out);
    if (st == GT_OK) {
        st = gt_grid_patches(app->ctx, in[0], !cli_has(app, "four"), out, &list, &found);
    }
    for (size_t i = 0; st == GT_OK && i < found; i++) {
        most = list[i].cells > most ? list[i].cells : most;
    }
    gt_free(app->ctx, list);
    st = close_files(app, st, in, out);
    if (st == GT_OK) {
        gt_text_printf(&app->out,
                       cli_say(app, "斑块 %llu，最大 %llu 个像元\n",
                               "%llu patches, the greatest of %llu cells\n"),
                       (unsigned long long)found, (unsigned long long)most);
    }
    return st;
}

gt_status cli_grid_classify(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *in[MAX_IN] = {NULL}, *out = NULL;
    double breaks[GT_BREAKS_MAX + 1];
    gt_breaks how = GT_BREAKS_QUANTILE;
    long count = 5;
    const char *name = cli_option_value(app, "by", "quantile");
    gt_status st = gt_breaks_parse(name, &how)
                       ? cli_get_long(app, "n", 5, 1, GT_BREAKS_MAX, &count)
                       : cli_grid_bad(app, "by", name, "equal, quantile, natural");
    st = st == GT_OK ? open_files(app, files, 1, GT_CELL_U8, in, &out) : st;
    st = st == GT_OK ? gt_grid_breaks(app->ctx, in[0], how, (int)count, breaks) : st;
    st = st == GT_OK ? gt_grid_classify(app->ctx, in[0], breaks, (int)count, out) : st;
    st = close_files(app, st, in, out);
    for (long i = 0; st == GT_OK && i < count; i++) {
        gt_text_printf(&app->out, "%ld  %.9g  %.9g\n", i + 1, breaks[i], breaks[i + 1]);
    }
    return st;
}

gt_status cli_grid_downstream(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *in[MAX_IN] = {NULL}, *out = NULL;
    gt_status st = open_files(app, files, 2, GT_CELL_I32, in, &out);
    st = st == GT_OK ? gt_grid_downstream(app->ctx, in[0], in[1], out) : st;
    return close_files(app, st, in, out);
}

gt_status cli_grid_hand(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *in[MAX_IN] = {NULL}, *out = NULL;
    gt_status st = open_files(app, files, 3, GT_CELL_F32, in, &out);
    st = st == GT_OK ? gt_grid_hand(app->ctx, in[0], in[1], in[2], NULL, out) : st;
    return close_files(app, st, in, out);
}

gt_status cli_grid_wetness(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *in[MAX_IN] = {NULL}, *out = NULL;
    gt_status st = open_files(app, files, 3, GT_CELL_F32, in, &out);
    st = st == GT_OK ? gt_grid_wetness(app->ctx, in[0], in[1], in[2], out) : st;
    return close_files(app, st, in, out);
}

gt_status cli_grid_order(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *in[MAX_IN] = {NULL}, *out = NULL;
    gt_status st = open_files(app, files, 2, GT_CELL_U8, in, &out);
    st = st == GT_OK ? gt_grid_stream_order(app->ctx, in[0], in[1], out) : st;
    return close_files(app, st, in, out);
}

/* Cells of a grid that are neither nodata nor 0, row by row. Owned by the caller. */
static gt_status find_observers(cli *app, gt_grid *g, gt_observer **out, size_t *n)
{
    const gt_grid_spec *s = gt_grid_facts(g);
    int32_t *row = gt_alloc(app->ctx, (size_t)s->n_cols, sizeof *row);
    gt_status st = row == NULL ? GT_E_MEMORY : GT_OK;
    size_t cap = 0;
    for (int64_t r = 0; st == GT_OK && r < s->n_rows; r++) {
        const gt_window w = {0, r, s->n_cols, 1};
        st = gt_grid_read(app->ctx, g, &w, GT_CELL_I32, row, (size_t)s->n_cols);
        for (int64_t c = 0; st == GT_OK && c < s->n_cols; c++) {
            if (row[c] != 0 && row[c] != GT_NODATA_I32) {
                st = gt_grow(app->ctx, (void **)out, &cap, *n + 1, sizeof **out);
                if (st == GT_OK) {
                    (*out)[(*n)++] = (gt_observer){c, r};
                }
            }
        }
    }
    gt_free(app->ctx, row);
    return st;
}

gt_status cli_grid_view(cli *app, const char *const *files, int n)
{
    (void)n;
    gt_grid *in[MAX_IN] = {NULL}, *out = NULL;
    gt_observer *list = NULL;
    size_t found = 0;
    gt_view_options o;
    gt_view_options_init(&o);
    gt_status st = cli_grid_real(app, "max", o.max_distance, 1e-6, 1e9, &o.max_distance);
    st = st == GT_OK ? cli_grid_real(app, "eye", o.observer_height, 0, 10000, &o.observer_height)
                     : st;
    st = st == GT_OK ? cli_grid_real(app, "target", 0, 0, 10000, &o.target_height) : st;
    st = st == GT_OK ? cli_grid_real(app, "refraction", o.refraction, 0, 1, &o.refraction) : st;
    st = st == GT_OK ? open_files(app, files, 2, GT_CELL_I32, in, &out) : st;
    st = st == GT_OK ? gt_grid_check_aligned(app->ctx, in[0], in[1], true, NULL, NULL) : st;
    st = st == GT_OK ? find_observers(app, in[1], &list, &found) : st;
    st = st == GT_OK ? gt_grid_viewshed(app->ctx, in[0], list, found, &o, out) : st;
    gt_free(app->ctx, list);
    st = close_files(app, st, in, out);
    if (st == GT_OK) {
        gt_text_printf(&app->out, cli_say(app, "观察点 %llu\n", "%llu observers\n"),
                       (unsigned long long)found);
    }
    return st;
}
