/* Exact straight distance. Down and up every strip of columns for the nearest source in the column,
 * then along every row the lower envelope of the parabolas of its cells (Felzenszwalb and
 * Huttenlocher 2012). Strips and rows are independent; what is between lies in a scratch file. */
#include <math.h>
#include <string.h>

#include "grid/internal.h"
#include "grid/messages.h"
#include "guotu/grid_analysis.h"
#include "guotu/pool.h"

enum { STRIP = 512, BAND = 512, ENVELOPE_ROWS = 16 };

#define FAR (GT_GRID_SIDE_MAX + 1) /* no source in the column */

typedef struct distance_run {
    gt_grid *sources;
    gt_grid *rows;  /* scratch: rows to the nearest source of the column */
    gt_grid *value; /* scratch: its value; or NULL */
    int64_t n_cols, n_rows;
    double cell_x, cell_y, limit;
    uint64_t *found; /* per strip */
} distance_run;

void gt_distance_options_init(gt_distance_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

typedef struct strip_state {
    int32_t rows[STRIP], value[STRIP]; /* of the row before */
    int32_t band_rows[BAND * STRIP], band_value[BAND * STRIP];
} strip_state;

static gt_status move(gt_ctx *ctx, distance_run *d, strip_state *s, const gt_window *w, bool write)
{
    gt_status st = write ? gt_grid_write(ctx, d->rows, w, GT_CELL_I32, s->band_rows, STRIP)
                         : gt_grid_read(ctx, d->rows, w, GT_CELL_I32, s->band_rows, STRIP);
    if (st == GT_OK && d->value != NULL) {
        st = write ? gt_grid_write(ctx, d->value, w, GT_CELL_I32, s->band_value, STRIP)
                   : gt_grid_read(ctx, d->value, w, GT_CELL_I32, s->band_value, STRIP);
    }
    return st;
}

/* From above: band_value holds the sources on entry. */
static uint64_t sweep_down(strip_state *s, const gt_window *w)
{
    uint64_t found = 0;
    for (int64_t i = 0; i < w->n_rows * STRIP; i++) {
        int64_t c = i % STRIP;
        int32_t v = s->band_value[i];
        bool source = c < w->n_cols && v != 0 && v != GT_NODATA_I32;
        found += source;
        s->rows[c] = source ? 0 : s->rows[c] >= FAR ? FAR : s->rows[c] + 1;
        s->value[c] = source ? v : s->value[c];
        s->band_rows[i] = s->rows[c];
        s->band_value[i] = s->value[c];
    }
    return found;
}

/* From below; of two equally near the upper one stays. */
static void sweep_up(strip_state *s, const gt_window *w)
{
    for (int64_t r = w->n_rows - 1; r >= 0; r--) {
        for (int64_t c = 0; c < w->n_cols; c++) {
            int64_t i = r * STRIP + c;
            int32_t below = s->rows[c] >= FAR ? FAR : s->rows[c] + 1;
            if (below < s->band_rows[i]) {
                s->band_rows[i] = below;
                s->band_value[i] = s->value[c];
            }
            s->rows[c] = s->band_rows[i];
            s->value[c] = s->band_value[i];
        }
    }
}

static gt_status strip_task(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    distance_run *d = user;
    strip_state *s = gt_alloc(ctx, 1, sizeof *s);
    if (s == NULL) {
        return GT_E_MEMORY;
    }
    gt_window w = {(int64_t)task * STRIP, 0, d->n_cols - (int64_t)task * STRIP, BAND};
    w.n_cols = w.n_cols < STRIP ? w.n_cols : STRIP;
    gt_status st = GT_OK;
    for (int c = 0; c < STRIP; c++) {
        s->rows[c] = FAR;
        s->value[c] = 0;
    }
    for (w.row = 0; st == GT_OK && w.row < d->n_rows; w.row += BAND) {
        w.n_rows = d->n_rows - w.row < BAND ? d->n_rows - w.row : BAND;
        st = gt_grid_read(ctx, d->sources, &w, GT_CELL_I32, s->band_value, STRIP);
        if (st == GT_OK) {
            d->found[task] += sweep_down(s, &w);
            st = move(ctx, d, s, &w, true);
        }
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    for (int c = 0; c < STRIP; c++) {
        s->rows[c] = FAR;
    }
    for (w.row = (d->n_rows - 1) / BAND * BAND; st == GT_OK && w.row >= 0; w.row -= BAND) {
        w.n_rows = d->n_rows - w.row < BAND ? d->n_rows - w.row : BAND;
        st = move(ctx, d, s, &w, false);
        if (st == GT_OK) {
            sweep_up(s, &w);
            st = move(ctx, d, s, &w, true);
        }
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    gt_free(ctx, s);
    return st;
}

/* ---- along rows ---------------------------------------------------------------------------------
 */

/* Lower envelope: column of each parabola, and from where on it is the lowest. */
typedef struct envelope {
    int32_t *col;
    double *from;
} envelope;

static double height(const distance_run *d, const int32_t *rows, int64_t c)
{
    double y = (double)rows[c] * d->cell_y;
    return y * y;
}

static int64_t build(const distance_run *d, const int32_t *rows, envelope e)
{
    int64_t n = 0;
    for (int64_t c = 0; c < d->n_cols; c++) {
        if (rows[c] >= FAR) {
            continue;
        }
        double x = (double)c * d->cell_x, f = height(d, rows, c) + x * x, from = 0;
        while (n > 0) {
            double px = (double)e.col[n - 1] * d->cell_x;
            from = (f - height(d, rows, e.col[n - 1]) - px * px) / (2 * (x - px));
            if (n > 1 && from <= e.from[n - 1]) {
                n--;
            } else {
                break;
            }
        }
        e.from[n] = n == 0 ? -(double)INFINITY : from;
        e.col[n++] = (int32_t)c;
    }
    return n;
}

static gt_status row_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const distance_run *d = user;
    envelope e = {b->scratch, NULL};
    e.from = (double *)b->scratch + (d->n_cols + 1) / 2;
    for (int r = 0; r < b->n_rows; r++) {
        const int32_t *rows = (const int32_t *)b->in[0].cells + (size_t)r * b->in[0].stride;
        const int32_t *value =
            d->value == NULL ? NULL : (const int32_t *)b->in[1].cells + (size_t)r * b->in[1].stride;
        float *out = (float *)b->out[0].cells + (size_t)r * b->out[0].stride;
        int64_t n = build(d, rows, e), k = 0;
        for (int64_t c = 0; c < d->n_cols; c++) {
            double x = (double)c * d->cell_x;
            while (k + 1 < n && e.from[k + 1] < x) {
                k++;
            }
            double far = n == 0 ? (double)NAN
                                : hypot((double)(c - e.col[k]) * d->cell_x,
                                        (double)rows[e.col[k]] * d->cell_y);
            bool none = !(far <= d->limit);
            out[c] = none ? (float)NAN : (float)far;
            if (value != NULL) {
                int32_t *to = (int32_t *)b->out[1].cells + (size_t)r * b->out[1].stride;
                to[c] = none ? GT_NODATA_I32 : value[e.col[k]];
            }
        }
    }
    return gt_check_cancel(ctx);
}

static gt_status along_rows(gt_ctx *ctx, distance_run *d, gt_grid *distance, gt_grid *allocation)
{
    const gt_walk_input in[] = {{d->rows, GT_CELL_I32, 0}, {d->value, GT_CELL_I32, 0}};
    const gt_walk_output out[] = {{distance, GT_CELL_F32}, {allocation, GT_CELL_I32}};
    gt_walk walk;
    gt_walk_init(&walk);
    walk.in = in;
    walk.n_in = d->value != NULL ? 2 : 1;
    walk.out = out;
    walk.n_out = d->value != NULL ? 2 : 1;
    walk.block_cols = (int)d->n_cols;
    walk.block_rows = ENVELOPE_ROWS;
    walk.scratch = ((size_t)d->n_cols + 2) * (sizeof(double) + sizeof(int32_t));
    return gt_grid_walk(ctx, &walk, row_block, d);
}

gt_status gt_grid_distance(gt_ctx *ctx, gt_grid *sources, const gt_distance_options *options,
                           gt_grid *distance, gt_grid *allocation)
{
    gt_distance_options o;
    gt_grid_spec spec;
    const gt_grid_spec *s = gt_grid_facts(sources);
    gt_distance_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    distance_run d = {.sources = sources,
                      .n_cols = s->n_cols,
                      .n_rows = s->n_rows,
                      .cell_x = s->cell_x,
                      .cell_y = s->cell_y,
                      .limit = o.max_distance > 0 ? o.max_distance : (double)INFINITY};
    size_t strips = (size_t)(s->n_cols + STRIP - 1) / STRIP;
    uint64_t found = 0;
    gt_grid_spec_like(sources, GT_CELL_I32, &spec);
    spec.tile = GT_GRID_TILE;
    spec.items = NULL;
    spec.n_items = 0;
    d.found = gt_zalloc(ctx, strips, sizeof *d.found);
    gt_status st = d.found == NULL ? GT_E_MEMORY : GT_OK;
    st = st == GT_OK ? gt_grid_check_aligned(ctx, sources, distance, true, NULL, NULL) : st;
    st = st == GT_OK ? gt_grid_create_scratch(ctx, o.scratch_dir, &spec, &d.rows) : st;
    if (st == GT_OK && allocation != NULL) {
        st = gt_grid_create_scratch(ctx, o.scratch_dir, &spec, &d.value);
    }
    st = st == GT_OK ? gt_parallel_for(ctx, strips, strip_task, &d) : st;
    for (size_t i = 0; st == GT_OK && i < strips; i++) {
        found += d.found[i];
    }
    if (st == GT_OK && found == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_NO_SOURCE,
                     GT_PLACE(.file = gt_grid_path(sources)), GT_NO_ARGS);
    }
    st = st == GT_OK ? along_rows(ctx, &d, distance, allocation) : st;
    gt_grid_close(ctx, d.value);
    gt_grid_close(ctx, d.rows);
    gt_free(ctx, d.found);
    return st;
}
