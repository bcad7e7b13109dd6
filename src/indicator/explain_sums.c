/* The sums on both sides of an explanation.
 *
 * What both states share explains nothing and is not gathered. The sums of one side come from its
 * account: of the newest state or of a day it is kept from one question to the next. Those of the
 * other are that, and what moved. */
#include <math.h>
#include <string.h>

#include "guotu/text.h"
#include "indicator/explain.h"

const char *gt_explain_layer(job *j, const char *word)
{
    if (strcmp(word, "land_class") == 0 || strcmp(word, "big_class") == 0) {
        return gt_package_land_layer(j->package);
    }
    return gt_arena_strndup(j->arena, word, strcspn(word, "."));
}

bool gt_explain_speaks(const job *j, const gt_area_table *t)
{
    for (size_t k = 1; k + 1 < j->in->n_names; k++) {
        bool spoke = false;
        for (size_t i = 0; !spoke && i < gt_area_table_n_rows(t); i++) {
            spoke = *gt_area_table_text(t, i, k) != '\0';
        }
        if (!spoke) {
            return false;
        }
    }
    return gt_area_table_n_rows(t) > 0;
}

static gt_status is_there(job *j, const char *layer, const gt_state *state, bool *there)
{
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    *there = false;
    gt_query_init(&q, layer);
    q.as_of_date = state->date;
    q.as_of_rev = state->rev;
    q.no_geometry = true;
    gt_status st = gt_scan_open(j->ctx, j->store, &q, &scan);
    st = st == GT_OK ? gt_scan_next(j->ctx, scan, &f, there) : st;
    gt_scan_close(scan);
    if (st == GT_E_NOT_FOUND) { /* no such layer */
        gt_error_clear(j->ctx);
        st = GT_OK;
    }
    return st;
}

/* Had every layer of the account features then? A layer that covers nothing was not there yet. */
static gt_status all_there(job *j, const gt_state *state, bool *there)
{
    gt_status st = GT_OK;
    *there = true;
    for (size_t i = 0; st == GT_OK && *there && j->in->account[i] != NULL; i++) {
        const char *layer = gt_explain_layer(j, j->in->account[i]);
        st = layer == NULL ? GT_E_MEMORY : is_there(j, layer, state, there);
    }
    return st;
}

/* Words of the account as the sums need them: where conditions only ask whether something is
 * there, a layer is not split by feature. */
static gt_status put_words(const job *j, gt_text *key)
{
    const gt_indicator *in = j->in;
    gt_text_puts(key, "district");
    for (size_t i = 0; in->account[i] != NULL; i++) {
        const char *name = in->names[i + 2]; /* after district and year */
        bool any = gt_package_find_layer(j->package, in->account[i]) != NULL &&
                   gt_expr_asks_only_null(in->count, name) && gt_expr_asks_only_null(in->of, name);
        gt_text_printf(key, ",%s%s", in->account[i], any ? ".gt_any" : "");
    }
    return gt_text_status(key);
}

static gt_status add_row(job *j, const side *s, const gt_counter *counter, const gt_area_table *t,
                         size_t row, gt_ingredients *sum)
{
    const char *texts[MOST_TEXTS] = {NULL};
    size_t n = j->in->n_names - 1;
    bool counted = false, total = false;
    for (size_t k = 0; k < n && k < MOST_TEXTS; k++) {
        texts[k] = gt_area_table_text(t, row, k);
    }
    if (*j->unit != '\0' && n > 0 && strcmp(texts[0], j->unit) != 0) {
        return GT_OK;
    }
    gt_status st = gt_counter_test(j->ctx, counter, j->in, s->state.year, texts, &counted, &total);
    int64_t mm2 = llround(gt_area_table_m2(t, row) * 1e6);
    sum->counted += st == GT_OK && counted ? mm2 : 0;
    sum->total += st == GT_OK && total ? mm2 : 0;
    return st;
}

/* Sums of a state, from its account. */
static gt_status whole_sums(job *j, const side *s, gt_ingredients *sum)
{
    gt_area_table *t = NULL;
    gt_counter counter = {0};
    gt_areas_options o;
    gt_text key;
    gt_text_init(&key, j->ctx, 8192);
    gt_areas_options_init(&o);
    o.as_of = s->state.date;
    o.as_of_rev = s->state.rev == gt_store_revision(j->store) ? 0 : s->state.rev;
    o.whole = o.as_of == GT_DATE_NONE && o.as_of_rev == 0;
    o.keep = o.as_of_rev == 0;
    gt_status st = put_words(j, &key);
    st = st == GT_OK ? gt_areas(j->ctx, j->store, j->package, gt_text_cstr(&key), &o, &t) : st;
    st = st == GT_OK ? gt_counter_open(j->ctx, j->sql, j->in, &counter) : st;
    sum->counted_known = st == GT_OK && gt_explain_speaks(j, t);
    for (size_t i = 0; st == GT_OK && i < gt_area_table_n_rows(t); i++) {
        st = add_row(j, s, &counter, t, i, sum);
    }
    gt_area_table_free(t);
    gt_text_free(&key);
    return st;
}

/* The side whose account is told with the least work. */
static bool second_is_near(const job *j)
{
    int64_t newest = gt_store_revision(j->store);
    bool a_now = j->from.rev == newest && j->from.date == GT_DATE_NONE;
    bool b_now = j->to.rev == newest && j->to.date == GT_DATE_NONE;
    return b_now || (!a_now && j->to.rev >= j->from.rev);
}

gt_status gt_explain_sums(job *j, side *a, side *b)
{
    bool forth = second_is_near(j), there = false;
    side *near = forth ? b : a, *far = forth ? a : b;
    int64_t counted = near->given.counted - far->given.counted;
    int64_t total = near->given.total - far->given.total;
    gt_ingredients sum = {0};
    gt_status st = whole_sums(j, near, &sum);
    st = st == GT_OK ? all_there(j, &far->state, &there) : st;
    near->given.counted_known = sum.counted_known;
    far->given.counted_known = sum.counted_known && there;
    near->given.counted = sum.counted;
    near->given.total = sum.total;
    far->given.counted = sum.counted - counted;
    far->given.total = sum.total - total;
    return st;
}
