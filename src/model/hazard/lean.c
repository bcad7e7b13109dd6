/* Cells drawn for the logistic way of susceptibility: see lean.h. Rows are read one by one on one
 * thread, so that the sums of the regression have one order. */
#include "model/hazard/lean.h"

#include <math.h>
#include <string.h>

#include "model/messages.h"

enum { PORTS = GT_LEAN_FAR + 1 };

typedef struct drawing {
    gt_job *job;
    const double *value;
    double *rows[PORTS]; /* one row of cells of each bound grid */
    int64_t cols, n_rows;
    size_t k; /* bound factors */
    double buffer;
    uint64_t seed, below; /* an other cell is drawn when its number lies below */
    bool all;             /* or all are */
    uint64_t n_events, n_others;
    double *x; /* NULL: only counted */
    unsigned char *y;
    size_t n, room;
} drawing;

/* Steele, Lea and Flood 2014 (splitmix64): a number of the cell alone. */
static uint64_t number_of(uint64_t cell, uint64_t seed)
{
    uint64_t z = (cell + 1) * 0x9E3779B97F4A7C15ULL + seed * 0xD1B54A32D192ED03ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

static bool variables_at(const drawing *d, size_t col, double *x)
{
    size_t k = 0;
    for (size_t f = 0; f < GT_LEAN_FACTORS; f++) {
        const double *row = d->rows[GT_LEAN_FIRST + f];
        if (row == NULL) {
            continue;
        }
        double code = row[col];
        if (!(code >= 0 && code < GT_LEAN_CODES)) {
            return false;
        }
        x[k++] = d->value[f * GT_LEAN_CODES + (size_t)code];
    }
    return true;
}

static void take(drawing *d, const double *x, bool event)
{
    if (d->n < d->room) {
        memcpy(d->x + d->n * d->k, x, d->k * sizeof *x);
        d->y[d->n++] = event;
    }
}

static void look_at_row(drawing *d, uint64_t row)
{
    for (size_t i = 0; i < (size_t)d->cols; i++) {
        double x[GT_LEAN_FACTORS];
        const double *far = d->rows[GT_LEAN_FAR];
        bool event = d->rows[GT_LEAN_EVENTS][i] > 0;
        if ((!event && far != NULL && !(far[i] >= d->buffer)) || !variables_at(d, i, x)) {
            continue;
        }
        uint64_t number = number_of(row * (uint64_t)d->cols + i, d->seed);
        if (d->x == NULL) {
            d->n_events += event;
            d->n_others += !event;
        } else if (event || d->all || number < d->below) {
            take(d, x, event);
        }
    }
}

static gt_status look(gt_ctx *ctx, drawing *d)
{
    gt_status st = GT_OK;
    for (int64_t row = 0; st == GT_OK && row < d->n_rows; row++) {
        const gt_window w = {0, row, d->cols, 1};
        for (size_t p = 0; st == GT_OK && p < PORTS; p++) {
            if (d->rows[p] != NULL) {
                st = gt_grid_read(ctx, d->job->in[p], &w, GT_CELL_F64, d->rows[p], (size_t)d->cols);
            }
        }
        if (st == GT_OK) {
            look_at_row(d, (uint64_t)row);
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}

/* How many others are wanted, and room for what the draw may give: six deviations above it. */
static gt_status make_room(gt_ctx *ctx, drawing *d, double ratio)
{
    double wanted = ratio * (double)d->n_events, share = wanted / (double)d->n_others;
    d->all = share >= 1;
    d->below = d->all ? 0 : (uint64_t)(share * 18446744073709551615.0);
    double most = fmin(wanted + 6 * sqrt(wanted) + 16, (double)d->n_others);
    d->room = (size_t)d->n_events + (size_t)most;
    d->x = gt_zalloc(ctx, d->room * d->k, sizeof *d->x);
    d->y = gt_zalloc(ctx, d->room, 1);
    return d->x == NULL || d->y == NULL ? GT_E_MEMORY : GT_OK;
}

static gt_status draw_and_fit(gt_ctx *ctx, drawing *d, gt_lean_fit *out)
{
    const gt_model_call *call = d->job->call;
    gt_status st = look(ctx, d);
    if (st == GT_OK && (d->n_events == 0 || d->n_others == 0)) {
        return d->n_events == 0
                   ? gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_WEIGHT,
                             GT_PLACE(.file = gt_model_in(call, "events")),
                             GT_ARGS(GT_TEXT("name", "events")))
                   : gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_NO_OTHERS, GT_NOWHERE, GT_NO_ARGS);
    }
    st = st == GT_OK ? make_room(ctx, d, gt_model_real(call, "ratio")) : st;
    st = st == GT_OK ? look(ctx, d) : st;
    st = st == GT_OK ? gt_logit_fit(ctx, d->x, d->y, d->n, d->k, out->b) : st;
    out->n_events = d->n_events;
    out->n_others = d->n - d->n_events;
    return st;
}

gt_status gt_lean_regress(gt_ctx *ctx, gt_job *job, const double *value, gt_lean_fit *out)
{
    const gt_grid_spec *s = gt_grid_facts(job->in[GT_LEAN_EVENTS]);
    drawing d = {.job = job,
                 .value = value,
                 .cols = s->n_cols,
                 .n_rows = s->n_rows,
                 .buffer = gt_model_real(job->call, "buffer"),
                 .seed = (uint64_t)gt_model_with(job->call, "seed")->integer};
    gt_status st = GT_OK;
    for (size_t p = 0; st == GT_OK && p < PORTS; p++) {
        if (job->in[p] != NULL) {
            d.rows[p] = gt_zalloc(ctx, (size_t)d.cols, sizeof *d.rows[p]);
            st = d.rows[p] == NULL ? GT_E_MEMORY : GT_OK;
            d.k += p >= GT_LEAN_FIRST && p < GT_LEAN_FAR;
        }
    }
    st = st == GT_OK ? draw_and_fit(ctx, &d, out) : st;
    for (size_t p = 0; p < PORTS; p++) {
        gt_free(ctx, d.rows[p]);
    }
    gt_free(ctx, d.x);
    gt_free(ctx, d.y);
    return st;
}
