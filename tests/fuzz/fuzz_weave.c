/* Any bytes as polygons on a small grid of millimetres in small cells: the kernel must build a
 * planar graph whose faces fill every cell (it checks that itself), the account must not depend on
 * the order of features nor on keeping the cells, and every tuple must have its polygons, also when
 * cells come row by row and no tuple may reach beyond the row where the first of its features ends.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/weave.h"

enum { MOST_POINTS = 400, MOST_FEATURES = 64 };

typedef struct soup {
    double xy[2 * (MOST_POINTS + MOST_FEATURES)];
    uint32_t ring_end[MOST_FEATURES], part_end[MOST_FEATURES], feature_end[MOST_FEATURES];
    uint32_t number[MOST_FEATURES];
    size_t n_points, n_features;
} soup;

/* First byte of a ring: its number of points; then two bytes a point. */
static void cook(soup *s, const uint8_t *data, size_t size, double unit)
{
    while (size > 1 && s->n_features < MOST_FEATURES) {
        size_t n = 3 + (*data++ % 12);
        size--;
        if (2 * n > size || s->n_points + n > MOST_POINTS) {
            break;
        }
        size_t first = s->n_points;
        for (size_t i = 0; i < n; i++, data += 2, size -= 2) {
            s->xy[2 * s->n_points] = unit * data[0];
            s->xy[2 * s->n_points + 1] = unit * data[1];
            s->n_points++;
        }
        memcpy(&s->xy[2 * s->n_points], &s->xy[2 * first], 2 * sizeof(double));
        s->n_points++;
        uint32_t f = (uint32_t)s->n_features++;
        s->ring_end[f] = (uint32_t)s->n_points;
        s->part_end[f] = s->feature_end[f] = f + 1;
        s->number[f] = f;
    }
}

static gt_status count(gt_ctx *ctx, void *user, const uint32_t *codes, double m2, double plane_m2,
                       const gt_geom *geom)
{
    (void)ctx;
    (void)codes;
    (void)m2;
    (void)plane_m2;
    *(size_t *)user += geom->n_parts > 0;
    return GT_OK;
}

/* Every tuple has a polygon, simplified or not, and cells that are summed and forgotten give the
 * same rows. */
static void check_results(gt_ctx *ctx, const gt_weave_batch *b, const gt_weave_options *o,
                          const gt_weave *w, double tolerance, size_t *n_tuples, size_t *n_found)
{
    gt_account *kept = NULL, *folded = NULL;
    gt_weave_finding *faults = NULL;
    gt_weave_view view;
    size_t n = 0, n_faults = 0;
    gt_weave_view_init(&view);
    view.tolerance = tolerance;
    if (gt_weave_account(ctx, w, NULL, NULL, NULL, &kept) != GT_OK ||
        gt_weave_sum(ctx, 2, b, 2, o, NULL, NULL, &folded) != GT_OK ||
        gt_weave_polygons(ctx, w, &view, count, &n) != GT_OK ||
        gt_weave_qc(ctx, w, &faults, &n_faults) != GT_OK ||
        gt_account_rows(kept) != gt_account_rows(folded) || n != gt_account_rows(kept) ||
        gt_account_total(kept) != gt_account_total(folded)) {
        abort();
    }
    *n_tuples = n;
    *n_found = n_faults;
    gt_account_free(ctx, kept);
    gt_account_free(ctx, folded);
    gt_free(ctx, faults);
}

typedef struct swept {
    const gt_weave_batch *b;
    double cell;
    gt_weave_sweep *sweep;
    gt_weave_judge *judge;
    size_t n;
} swept;

static int64_t cell_of(double cell, double v)
{
    return (int64_t)floor(floor(v * 1000 + 0.5) / floor(cell * 1000 + 0.5));
}

static int64_t last_row(void *user, const uint32_t *codes)
{
    const swept *s = user;
    int64_t last = INT64_MAX;
    for (int k = 0; k < 2; k++) {
        uint32_t f = codes[s->b[k].layer];
        if (f < GT_WEAVE_SEVERAL) {
            uint32_t from = f == 0 ? 0 : s->b[k].ring_end[f - 1];
            double top = 0;
            for (uint32_t i = from; i < s->b[k].ring_end[f]; i++) {
                top = fmax(top, s->b[k].xy[2 * i + 1]);
            }
            int64_t row = cell_of(s->cell, top);
            last = row < last ? row : last;
        }
    }
    return last;
}

static gt_status on_swept(gt_ctx *ctx, void *user, const uint32_t *codes, double m2,
                          double plane_m2, const gt_geom *geom)
{
    swept *s = user;
    return count(ctx, &s->n, codes, m2, plane_m2, geom);
}

static gt_status feed(gt_ctx *ctx, void *user, const gt_weave_cell *cell)
{
    const swept *s = user;
    gt_status st = gt_weave_sweep_cell(ctx, s->sweep, cell);
    return st == GT_OK ? gt_weave_judge_cell(ctx, s->judge, cell) : st;
}

/* The same number of polygons and faults from cells that come row by row; empties w. */
static void check_rows(gt_ctx *ctx, const gt_weave_batch *b, gt_weave *w, double cell, size_t n,
                       size_t n_faults)
{
    swept s = {.b = b, .cell = cell};
    gt_weave_sweep_options o;
    gt_weave_finding *again = NULL;
    gt_weave_stats stats = gt_weave_statistics(w);
    size_t n_again = 0;
    double low[2] = {INFINITY, INFINITY};
    for (int k = 0; k < 2; k++) {
        size_t points = b[k].n_features == 0 ? 0 : b[k].ring_end[b[k].n_features - 1];
        for (size_t i = 0; i < 2 * points; i++) {
            low[i % 2] = fmin(low[i % 2], b[k].xy[i]);
        }
    }
    if (!isfinite(low[0])) {
        return;
    }
    gt_weave_sweep_options_init(&o);
    o.n_layers = 2;
    o.of = (gt_weave_rows_of){stats.cell, cell_of(cell, low[0]), cell_of(cell, low[1]),
                              stats.n_columns, stats.n_rows};
    o.last = last_row;
    o.fn = on_swept;
    o.user = &s;
    if (gt_weave_sweep_new(ctx, &o, &s.sweep) != GT_OK ||
        gt_weave_judge_new(ctx, 2, &o.of, NULL, 0.05, &s.judge) != GT_OK ||
        gt_weave_drain(ctx, w, feed, &s) != GT_OK || gt_weave_sweep_end(ctx, s.sweep) != GT_OK ||
        gt_weave_judge_end(ctx, s.judge, &again, &n_again) != GT_OK || s.n != n ||
        n_again != n_faults) {
        abort();
    }
    gt_weave_sweep_free(ctx, s.sweep);
    gt_weave_judge_free(ctx, s.judge);
    gt_free(ctx, again);
}

static void run(gt_ctx *ctx, const gt_weave_batch *b, double cell, unsigned char digest[32])
{
    gt_weave_options o;
    gt_weave *w = NULL;
    size_t n = 0, n_faults = 0;
    gt_weave_options_init(&o);
    o.cell = cell;
    o.keep_lines = true;
    if (gt_weave_run(ctx, 2, b, 2, &o, &w) != GT_OK) {
        abort();
    }
    gt_weave_digest(w, digest);
    check_results(ctx, b, &o, w, cell / 8, &n, &n_faults);
    check_rows(ctx, b, w, cell, n, n_faults);
    gt_weave_free(ctx, w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4) {
        return 0;
    }
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    o.threads = 1;
    gt_ctx *ctx = gt_ctx_new(&o);
    soup *s = calloc(2, sizeof *s);
    if (s == NULL || ctx == NULL) {
        abort();
    }
    double unit = data[0] % 4 == 0   ? 0.001
                  : data[0] % 4 == 1 ? 0.0137
                  : data[0] % 4 == 2 ? 1.3
                                     : 400;
    double cell = unit * (16 + data[1] % 250);
    cell = cell < 0.016 ? 0.016 : cell > 33000 ? 33000 : cell;
    size_t half = 2 + (size - 2) / 2;
    cook(&s[0], data + 2, half - 2, unit);
    cook(&s[1], data + half, size - half, unit);
    gt_weave_batch b[2], turned[2];
    for (uint32_t k = 0; k < 2; k++) {
        b[k] = (gt_weave_batch){.layer = k,
                                .n_features = s[k].n_features,
                                .xy = s[k].xy,
                                .ring_end = s[k].ring_end,
                                .part_end = s[k].part_end,
                                .feature_end = s[k].feature_end,
                                .number = s[k].number};
        turned[1 - k] = b[k];
    }
    unsigned char first[32], second[32];
    run(ctx, b, cell, first);
    run(ctx, turned, cell, second);
    if (memcmp(first, second, 32) != 0 || gt_ctx_memory_used(ctx) != 0) {
        abort();
    }
    free(s);
    gt_ctx_free(ctx);
    return 0;
}
