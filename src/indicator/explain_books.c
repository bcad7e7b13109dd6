/* The part of ledgers in a movement: what each event gained a sum, and its share of the step that
 * the sum makes in the formula. */
#include <math.h>
#include <string.h>

#include "indicator/explain.h"
#include "indicator/messages.h"

typedef struct totalling {
    gt_ctx *ctx;
    const char *name;
    int64_t total;
} totalling;

static gt_status add_up(void *user, const gt_sum_part *part)
{
    totalling *t = user;
    return !__builtin_add_overflow(t->total, part->quanta, &t->total)
               ? GT_OK
               : gt_fail(t->ctx, GT_E_LIMIT, &GT_MSG_BOOK_LARGE, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("name", t->name)));
}

gt_status gt_explain_books(job *j, side *s)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < j->in->n_sums; i++) {
        const gt_ledger_sum *sum = &j->in->sums[i];
        totalling t = {.ctx = j->ctx, .name = sum->name};
        bool known = false;
        const gt_sum_ask what = {
            .sum = sum, .sql = j->sql, .unit = j->unit, .fn = add_up, .user = &t};
        st = gt_ledger_sum_each(j->ctx, j->ledgers, &what, &s->cut, &known);
        s->sums[i] = t.total;
        s->values[gt_first_sum(j->in) + i] = (gt_value){.kind = known ? GT_VAL_REAL : GT_NULL,
                                                        .real = gt_ledger_sum_value(sum, t.total)};
    }
    return st;
}

static gt_status keep_deed(void *user, const gt_sum_part *part)
{
    job *j = user;
    void *block = j->deeds;
    gt_status st = gt_grow(j->ctx, &block, &j->cap_deeds, j->n_deeds + 1, sizeof *j->deeds);
    j->deeds = block;
    if (st != GT_OK) {
        return st;
    }
    gt_text_clear(&j->scratch);
    gt_text_printf(&j->scratch, "%s:%s", part->ledger, part->record);
    const deed d = {.where = gt_arena_strdup(j->arena, gt_text_cstr(&j->scratch)),
                    .unit = gt_arena_strdup(j->arena, part->unit),
                    .before = gt_arena_strdup(j->arena, part->from),
                    .after = gt_arena_strdup(j->arena, part->to),
                    .event = part->seq,
                    .quanta = part->quanta};
    j->deeds[j->n_deeds++] = d;
    st = gt_text_status(&j->scratch);
    return st == GT_OK && (d.where == NULL || d.unit == NULL || d.before == NULL || d.after == NULL)
               ? GT_E_MEMORY
               : st;
}

/* Quanta of the indicator that one quantum of the sum brings: the step shared evenly, or where
 * gains and losses cancel the slope of the formula where it stands. */
static gt_status slope_of(job *j, const side *a, const side *b, size_t i,
                          const gt_ingredients *given, int64_t step, double gross, double *out)
{
    double net = (double)(b->sums[i] - a->sums[i]);
    const gt_ledger_sum *sum = &j->in->sums[i];
    gt_value values[MOST_VALUES];
    gt_ingredients g = *given;
    bool known = false, known_too = false;
    int64_t here = 0, there = 0, more = b->sums[i] / 1000 + 1;
    if (fabs(net) > 0.1 * gross) {
        *out = (double)step / net;
        return GT_OK;
    }
    memcpy(values, given->series, (gt_first_sum(j->in) + j->in->n_sums) * sizeof *values);
    g.series = values;
    gt_status st = gt_explain_value(j, &g, &known, &here);
    values[gt_first_sum(j->in) + i].real = gt_ledger_sum_value(sum, b->sums[i] + more);
    st = st == GT_OK ? gt_explain_value(j, &g, &known_too, &there) : st;
    *out = known && known_too ? (double)(there - here) / (double)more : 0;
    return st;
}

static gt_status add_deeds(job *j, const char *name, const share *shares)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < j->n_deeds; i++) {
        const deed *d = &j->deeds[shares[i].at];
        st = gt_explain_add(j, (gt_contribution){.sum = name,
                                                 .event = d->event,
                                                 .where = d->where,
                                                 .unit = d->unit,
                                                 .before = d->before,
                                                 .after = d->after,
                                                 .quanta = shares[i].quanta});
    }
    return st;
}

static gt_status deal_out(job *j, const side *a, const side *b, size_t i,
                          const gt_ingredients *given, int64_t step, double *weights, share *shares)
{
    double gross = 0, slope = 0;
    for (size_t k = 0; k < j->n_deeds; k++) {
        weights[k] = (double)j->deeds[k].quanta;
        gross += fabs(weights[k]);
    }
    gt_status st = slope_of(j, a, b, i, given, step, gross, &slope);
    if (st != GT_OK) {
        return st;
    }
    int64_t rest = gt_explain_deal(step, weights, slope, shares, j->n_deeds);
    st = add_deeds(j, j->in->sums[i].name, shares);
    return st != GT_OK ? st
                       : gt_explain_add(j, (gt_contribution){.sum = j->in->sums[i].name,
                                                             .where = "",
                                                             .unit = j->unit,
                                                             .before = "",
                                                             .after = "",
                                                             .quanta = rest});
}

gt_status gt_explain_book_step(job *j, const side *a, const side *b, size_t i,
                               const gt_ingredients *given, int64_t step)
{
    j->n_deeds = 0;
    const gt_sum_ask what = {
        .sum = &j->in->sums[i], .sql = j->sql, .unit = j->unit, .fn = keep_deed, .user = j};
    gt_status st = gt_ledger_sum_moves(j->ctx, j->ledgers, &what, &a->cut, &b->cut);
    if (st != GT_OK) {
        return st;
    }
    double *weights = gt_alloc(j->ctx, j->n_deeds + 1, sizeof *weights);
    share *shares = gt_alloc(j->ctx, j->n_deeds + 1, sizeof *shares);
    st = weights == NULL || shares == NULL ? GT_E_MEMORY
                                           : deal_out(j, a, b, i, given, step, weights, shares);
    gt_free(j->ctx, weights);
    gt_free(j->ctx, shares);
    return st;
}
