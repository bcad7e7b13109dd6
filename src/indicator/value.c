/* One value from given facts: pieces of the account counted, then the formula. */
#include <math.h>
#include <string.h>

#include "guotu/indicator.h"
#include "indicator/run.h"

enum { MOST_NAMES = 64 };

static gt_value text_value(const char *text)
{
    const bool none = text == NULL || *text == '\0';
    return (gt_value){.kind = none ? GT_NULL : GT_VAL_TEXT,
                      .text = none ? NULL : text,
                      .len = none ? 0 : strlen(text)};
}

static gt_value int_value(int64_t x)
{
    return (gt_value){.kind = GT_VAL_INT, .integer = x};
}

static gt_value real_value(bool known, double x)
{
    return (gt_value){.kind = known ? GT_VAL_REAL : GT_NULL, .real = x};
}

static gt_status compile(gt_ctx *ctx, gt_sql *sql, const gt_indicator *in, const char *text,
                         const char *const *names, size_t n, gt_expr **out)
{
    const gt_place *place = GT_PLACE(.file = in->file, .line = in->line, .rule = in->id);
    return text == NULL ? GT_OK : gt_expr_compile(ctx, sql, text, names, n, place, out);
}

static gt_status test(gt_ctx *ctx, gt_expr *e, const gt_value *values, bool *yes)
{
    gt_truth truth = GT_FALSE;
    gt_status st = e == NULL ? GT_OK : gt_expr_test(ctx, e, values, &truth);
    *yes = truth == GT_TRUE;
    return st;
}

gt_status gt_counter_open(gt_ctx *ctx, gt_sql *sql, const gt_indicator *in, gt_counter *out)
{
    *out = (gt_counter){0};
    gt_status st = compile(ctx, sql, in, in->count, in->names, in->n_names, &out->count);
    return st == GT_OK ? compile(ctx, sql, in, in->of, in->names, in->n_names, &out->of) : st;
}

gt_status gt_counter_test(gt_ctx *ctx, const gt_counter *counter, const gt_indicator *in, int year,
                          const char *const *texts, bool *counted, bool *total)
{
    gt_value values[MOST_NAMES];
    for (size_t k = 0, t = 0; k < in->n_names && k < MOST_NAMES; k++) {
        values[k] = k == 1 ? int_value(year) : text_value(texts[t++]);
    }
    gt_status st = test(ctx, counter->count, values, counted);
    return st == GT_OK ? test(ctx, counter->of, values, total) : st;
}

gt_status gt_indicator_count(gt_ctx *ctx, gt_sql *sql, const gt_indicator *in, int year,
                             const gt_piece *pieces, size_t n, gt_ingredients *out)
{
    gt_counter counter;
    gt_status st = gt_counter_open(ctx, sql, in, &counter);
    out->counted = out->total = 0;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        bool counted = false, total = false;
        st = gt_counter_test(ctx, &counter, in, year, pieces[i].texts, &counted, &total);
        out->counted += counted ? pieces[i].mm2 : 0;
        out->total += total ? pieces[i].mm2 : 0;
    }
    return st;
}

static double m2_of(int64_t mm2)
{
    return (double)mm2 / 1e6;
}

/* Without a formula. */
static bool plain_value(const gt_indicator *in, const gt_ingredients *g, double *out)
{
    if (in->count != NULL && in->of != NULL) {
        *out = g->total > 0 ? (double)g->counted / (double)g->total : NAN;
        return g->counted_known && g->total > 0;
    }
    if (in->count != NULL) {
        *out = m2_of(g->counted);
        return g->counted_known;
    }
    if (in->n_series == 1 && g->series[0].kind != GT_NULL) {
        *out = g->series[0].real;
        return true;
    }
    return false;
}

static void take_number(const gt_value *v, bool *known, double *out)
{
    *known = v->kind == GT_VAL_INT || (v->kind == GT_VAL_REAL && isfinite(v->real));
    *out = v->kind == GT_VAL_INT ? (double)v->integer : v->real;
}

gt_status gt_indicator_value(gt_ctx *ctx, gt_sql *sql, const gt_indicator *in,
                             const gt_ingredients *g, bool *known, double *out)
{
    gt_expr *e = NULL;
    gt_value values[MOST_NAMES], result = {.kind = GT_NULL};
    if (in->formula == NULL) {
        *known = plain_value(in, g, out);
        return GT_OK;
    }
    size_t n = in->n_formula_names < MOST_NAMES ? in->n_formula_names : MOST_NAMES;
    values[0] = real_value(in->count != NULL && g->counted_known, m2_of(g->counted));
    values[1] = real_value(in->of != NULL && g->counted_known, m2_of(g->total));
    values[2] = int_value(g->year);
    for (size_t i = GT_FORMULA_FIXED; i < n; i++) {
        values[i] = g->series[i - GT_FORMULA_FIXED];
    }
    gt_status st = compile(ctx, sql, in, in->formula, in->formula_names, n, &e);
    st = st == GT_OK ? gt_expr_eval(ctx, e, values, &result) : st;
    *known = false;
    if (st == GT_OK) {
        take_number(&result, known, out);
    }
    return st;
}
