/* Why an indicator moved: what both states of the map differ by, subtracted feature by feature,
 * then the series one after the other. Integers throughout, so that nothing is lost. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/date.h"
#include "guotu/text.h"
#include "indicator/explain.h"
#include "indicator/messages.h"

enum { YEAR = 1 }; /* among the names of conditions: district, year, words */

/* ---- pieces of one state --------------------------------------------------------------------- */

static bool layer_changed(job *j, const char *layer)
{
    gt_layer_info info;
    gt_status st = gt_store_find_layer(j->ctx, j->store, layer, &info);
    if (st != GT_OK) {
        gt_error_clear(j->ctx);
        return false;
    }
    bool learned =
        j->from.rev != j->to.rev && info.revision > (j->from.rev == 0 ? INT64_MAX : j->from.rev);
    bool surveyed = j->from.date != j->to.date;
    return learned || surveyed || j->from.rev > j->to.rev;
}

/* "district,words...,LAYER.gt_id..." and the layers whose features are told apart. */
static gt_status make_key(job *j, gt_text *key)
{
    const gt_indicator *in = j->in;
    gt_text_puts(key, "district");
    for (size_t i = 0; in->account[i] != NULL; i++) {
        gt_text_printf(key, ",%s", in->account[i]);
    }
    for (size_t i = 0; in->account[i] != NULL; i++) {
        const char *layer = gt_explain_layer(j, in->account[i]);
        bool twice = false;
        if (layer == NULL) {
            return GT_E_MEMORY;
        }
        for (size_t k = 0; k < j->n_layers; k++) {
            twice = twice || strcmp(j->layers[k], layer) == 0;
        }
        if (!twice && j->n_layers < MOST_LAYERS && layer_changed(j, layer)) {
            j->layers[j->n_layers++] = layer;
            gt_text_printf(key, ",%s.gt_id", layer);
        }
    }
    return gt_text_status(key);
}

static const char *kept(job *j)
{
    return gt_text_status(&j->scratch) != GT_OK
               ? NULL
               : gt_arena_strdup(j->arena, gt_text_cstr(&j->scratch));
}

/* What a row is of: the condition `of` sees it by the features of the layers it reads. */
static const char *ground_of(job *j, const gt_area_table *t, size_t row, size_t first)
{
    gt_text_clear(&j->scratch);
    for (size_t i = 0; i < j->n_layers; i++) {
        if (j->of_reads[i]) {
            gt_text_printf(&j->scratch, "%s ", gt_area_table_text(t, row, first + i));
        }
    }
    return kept(j);
}

/* Which of the layers that changed `of` reads. */
static void see_of(job *j, const gt_counter *counter)
{
    size_t n = 0;
    const size_t *used = counter->of == NULL ? NULL : gt_expr_used(counter->of, &n);
    for (size_t i = 0; i < j->n_layers; i++) {
        j->of_reads[i] = false;
    }
    for (size_t k = 0; k < n; k++) {
        const char *layer = used[k] < 2 ? NULL : gt_explain_layer(j, j->in->account[used[k] - 2]);
        for (size_t i = 0; layer != NULL && i < j->n_layers; i++) {
            j->of_reads[i] = j->of_reads[i] || strcmp(layer, j->layers[i]) == 0;
        }
    }
}

static gt_status take_row(job *j, side *s, const gt_counter *counter, const gt_area_table *t,
                          size_t row, int sign)
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
    if (st != GT_OK || (!counted && !total)) {
        return st;
    }
    int64_t mm2 = llround(gt_area_table_m2(t, row) * 1e6);
    s->given.counted += counted ? mm2 : 0;
    s->given.total += total ? mm2 : 0;
    void *block = j->bits;
    st = gt_grow(j->ctx, &block, &j->cap_bits, j->n_bits + 1, sizeof *j->bits);
    j->bits = block;
    if (st != GT_OK) {
        return st;
    }
    bit *b = &j->bits[j->n_bits++];
    gt_explain_where(j, t, row);
    *b = (bit){.where = kept(j),
               .ground = ground_of(j, t, row, n),
               .unit = gt_arena_strdup(j->arena, texts[0]),
               .counted = counted ? sign * mm2 : 0,
               .total = total ? sign * mm2 : 0,
               .mm2 = mm2,
               .after = sign > 0};
    gt_explain_classes(j, t, row);
    b->classes = kept(j);
    return b->where == NULL || b->ground == NULL || b->unit == NULL || b->classes == NULL
               ? GT_E_MEMORY
               : GT_OK;
}

static gt_status take_table(job *j, side *s, const gt_counter *counter, int sign)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < gt_area_table_n_rows(s->table); i++) {
        st = gt_check_cancel(j->ctx);
        st = st == GT_OK ? take_row(j, s, counter, s->table, i, sign) : st;
    }
    return st;
}

/* Does a condition look at the year, and do the years differ? Then ground that nothing changed may
 * count on one side only. */
static bool year_matters(const job *j, const gt_counter *counter)
{
    const gt_expr *conditions[2] = {counter->count, counter->of};
    bool matters = false;
    for (size_t c = 0; c < 2; c++) {
        size_t n = 0;
        const size_t *used = conditions[c] == NULL ? NULL : gt_expr_used(conditions[c], &n);
        for (size_t k = 0; k < n; k++) {
            matters = matters || used[k] == YEAR;
        }
    }
    return matters && j->from.year != j->to.year;
}

static gt_status whole_table(job *j, side *s, const char *key)
{
    gt_areas_options o;
    gt_areas_options_init(&o);
    o.as_of_rev = s->state.rev;
    o.as_of = s->state.date;
    o.afresh = true; /* both sides from the same layers, or borders would move between them */
    return gt_areas(j->ctx, j->store, j->package, key, &o, &s->table);
}

static gt_status read_tables(job *j, side *a, side *b, const char *key, bool whole)
{
    const gt_map_state from = {a->state.date, a->state.rev}, to = {b->state.date, b->state.rev};
    if (!whole) {
        return gt_areas_differing(j->ctx, j->store, j->package, key, &from, &to, &a->table,
                                  &b->table);
    }
    gt_status st = whole_table(j, a, key);
    return st == GT_OK ? whole_table(j, b, key) : st;
}

/* What both sides differ by, and their sums; nothing where a layer is without data. */
static gt_status read_sides(job *j, side *a, side *b)
{
    gt_counter counter = {0};
    gt_text key;
    gt_text_init(&key, j->ctx, 8192);
    gt_status st = make_key(j, &key);
    st = st == GT_OK ? gt_counter_open(j->ctx, j->sql, j->in, &counter) : st;
    bool whole = st == GT_OK && year_matters(j, &counter);
    if (st == GT_OK) {
        st = read_tables(j, a, b, gt_text_cstr(&key), whole);
        if (st == GT_E_NOT_FOUND) {
            gt_error_clear(j->ctx);
            gt_text_free(&key);
            return GT_OK;
        }
    }
    if (st == GT_OK) {
        see_of(j, &counter);
        st = take_table(j, a, &counter, -1);
        st = st == GT_OK ? take_table(j, b, &counter, 1) : st;
    }
    if (st == GT_OK && whole) {
        a->given.counted_known = gt_explain_speaks(j, a->table);
        b->given.counted_known = gt_explain_speaks(j, b->table);
    } else if (st == GT_OK) {
        st = gt_explain_sums(j, a, b);
    }
    gt_text_free(&key);
    return st;
}

/* ---- series ------------------------------------------------------------------------------------
 */

static gt_value point_of(const side *s, const gt_series *series, const char *place, int year)
{
    double x = 0;
    bool known = gt_series_value(s->book, series, place, year, &x);
    return (gt_value){.kind = known ? GT_VAL_REAL : GT_NULL, .real = x * series->unit_base};
}

static void series_of(const job *j, side *s)
{
    for (size_t i = 0; i < j->in->n_series; i++) {
        const gt_series *series = j->in->series[i];
        gt_value *v = &s->values[i * GT_SERIES_NAMES];
        int first = 0, last = 0;
        v[0] = point_of(s, series, j->unit, s->state.year);
        v[1] = (gt_value){.kind = j->in->from == 0 ? GT_NULL : GT_VAL_REAL};
        for (int y = j->in->from; v[1].kind != GT_NULL && y <= s->state.year; y++) {
            gt_value one = point_of(s, series, j->unit, y);
            v[1].kind = one.kind;
            v[1].real += one.real;
        }
        v[2] = point_of(s, series, j->unit, s->state.year - 1);
        v[3] = gt_series_years(s->book, series, j->unit, &first, &last)
                   ? point_of(s, series, j->unit, first)
                   : (gt_value){.kind = GT_NULL};
    }
    s->given.series = s->values;
    s->given.year = s->state.year;
}

/* ---- the steps from one value to the other
 * -------------------------------------------------------
 */

static double quantum_of(const gt_indicator *in)
{
    return in->is_area ? 1e-6 : in->is_share ? 1e-12 : 1e-6;
}

gt_status gt_explain_value(job *j, const gt_ingredients *g, bool *known, int64_t *quanta)
{
    double x = 0;
    gt_status st = gt_indicator_value(j->ctx, j->sql, j->in, g, known, &x);
    *known = *known && fabs(x / quantum_of(j->in)) < 9e18;
    *quanta = *known ? llround(x / quantum_of(j->in)) : 0;
    return st;
}

gt_status gt_explain_add(job *j, gt_contribution c)
{
    void *block = j->list;
    if (c.quanta == 0) {
        return GT_OK;
    }
    gt_status st = gt_grow(j->ctx, &block, &j->cap_list, j->n_list + 1, sizeof *j->list);
    j->list = block;
    if (st == GT_OK) {
        j->list[j->n_list++] = c;
    }
    return st;
}

static int share_order(const void *a, const void *b)
{
    const share *p = a, *q = b;
    int told = (p->rest < q->rest) - (p->rest > q->rest);
    return told != 0 ? told : (p->at > q->at) - (p->at < q->at);
}

/* Quanta a weight of one brings: one square millimetre of a plain area, of a share by its new
 * denominator, of a formula by its slope. */
static gt_status slope_of(job *j, const side *a, const side *b, int64_t step, double net,
                          double gross, double *out)
{
    gt_ingredients g = a->given;
    bool known = false, known_too = false;
    int64_t here = 0, there = 0;
    if (j->in->formula == NULL) {
        *out = j->in->of == NULL ? 1 : 1 / quantum_of(j->in) / (double)b->given.total;
        return GT_OK;
    }
    if (fabs(net) > 0.1 * gross) {
        *out = (double)step / net;
        return GT_OK;
    }
    int64_t more = g.counted / 1000 + 1; /* gains and losses cancel: the slope where it stood */
    gt_status st = gt_explain_value(j, &g, &known, &here);
    g.counted += more;
    st = st == GT_OK ? gt_explain_value(j, &g, &known_too, &there) : st;
    *out = known && known_too ? (double)(there - here) / (double)more : 0;
    return st;
}

int64_t gt_explain_deal(int64_t step, const double *weights, double slope, share *shares, size_t n)
{
    int64_t left = step;
    for (size_t i = 0; i < n; i++) {
        double part = weights[i] * slope, low = floor(part);
        shares[i] = (share){.at = i, .quanta = (int64_t)low, .rest = part - low};
        left -= (int64_t)low;
    }
    if (left < 0 || (uint64_t)left > n) {
        return left;
    }
    qsort(shares, n, sizeof *shares, share_order);
    for (size_t i = 0; i < n && left > 0; i++, left--) {
        shares[i].quanta++;
    }
    return left;
}

static gt_status add_moves(job *j, const share *shares)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < j->n_moves; i++) {
        const move *m = &j->moves[shares[i].at];
        st = gt_explain_add(j, (gt_contribution){.where = m->where,
                                                 .unit = m->unit,
                                                 .before = m->before,
                                                 .after = m->after,
                                                 .quanta = shares[i].quanta});
    }
    return st;
}

/* The account's step, by features. */
static gt_status map_step(job *j, const side *a, const side *b, int64_t step)
{
    double *weights = gt_alloc(j->ctx, j->n_moves + 1, sizeof *weights);
    share *shares = gt_alloc(j->ctx, j->n_moves + 1, sizeof *shares);
    gt_status st = weights == NULL || shares == NULL ? GT_E_MEMORY : GT_OK;
    double ratio = a->given.total == 0 ? 0 : (double)a->given.counted / (double)a->given.total;
    double net = 0, gross = 0, slope = 0;
    int64_t rest = step;
    for (size_t i = 0; st == GT_OK && i < j->n_moves; i++) {
        weights[i] = (double)j->moves[i].counted - ratio * j->moves[i].net_total;
        net += weights[i];
        gross += fabs(weights[i]);
    }
    st = st == GT_OK ? slope_of(j, a, b, step, net, gross, &slope) : st;
    if (st == GT_OK) {
        rest = gt_explain_deal(step, weights, slope, shares, j->n_moves);
        st = add_moves(j, shares);
    }
    if (st == GT_OK) {
        st = gt_explain_add(
            j, (gt_contribution){
                   .where = "", .unit = j->unit, .before = "", .after = "", .quanta = rest});
    }
    gt_free(j->ctx, weights);
    gt_free(j->ctx, shares);
    return st;
}

static const char *number_text(job *j, const gt_series *s, const gt_value *v)
{
    gt_text_clear(&j->scratch);
    if (v->kind != GT_NULL) {
        gt_text_printf(&j->scratch, "%.10g %s", v->real / s->unit_base, s->unit);
    }
    return gt_arena_strdup(j->arena, gt_text_cstr(&j->scratch));
}

static gt_status series_step(job *j, const side *a, const side *b, size_t i, int64_t step)
{
    const gt_series *s = j->in->series[i];
    bool sums = j->in->from != 0;
    const gt_value *v = &a->values[i * GT_SERIES_NAMES + (sums ? 1 : 0)];
    const gt_value *w = &b->values[i * GT_SERIES_NAMES + (sums ? 1 : 0)];
    const char *before = number_text(j, s, v);
    const char *after = before == NULL ? NULL : number_text(j, s, w);
    return after == NULL ? GT_E_MEMORY
                         : gt_explain_add(j, (gt_contribution){.series = s->id,
                                                               .where = "",
                                                               .unit = j->unit,
                                                               .before = before,
                                                               .after = after,
                                                               .quanta = step});
}

/* From the first value to the second, an ingredient at a time. An ingredient without which the
 * value is not known takes the next along. */
static gt_status walk(job *j, side *a, side *b, int64_t from, int64_t to)
{
    gt_value values[MOST_VALUES];
    const size_t n_steps = j->in->n_series + j->in->n_sums, first = gt_first_sum(j->in);
    gt_ingredients g = b->given; /* the account of `to` with the series of `from` */
    int64_t at = from, next = 0;
    bool known = false;
    memcpy(values, a->values, sizeof values);
    g.series = values;
    g.year = b->state.year;
    gt_status st = GT_OK;
    if (j->in->count != NULL) {
        st = gt_explain_value(j, &g, &known, &next);
        if (st == GT_OK && known) {
            st = map_step(j, a, b, next - at);
            at = next;
        }
    }
    for (size_t i = 0; st == GT_OK && i < n_steps; i++) {
        bool series = i < j->in->n_series;
        size_t where = series ? i * GT_SERIES_NAMES : first + i - j->in->n_series;
        memcpy(&values[where], &b->values[where], (series ? GT_SERIES_NAMES : 1) * sizeof *values);
        st = gt_explain_value(j, &g, &known, &next);
        next = i + 1 == n_steps ? to : next;
        if (st == GT_OK && (known || i + 1 == n_steps)) {
            st = series ? series_step(j, a, b, i, next - at)
                        : gt_explain_book_step(j, a, b, i - j->in->n_series, &g, next - at);
            at = next;
        }
    }
    return st == GT_OK && at != to ? map_step(j, a, b, to - at) : st;
}

/* ---- putting it together -----------------------------------------------------------------------
 */

static int largest_first(const void *a, const void *b)
{
    const gt_contribution *p = a, *q = b;
    int64_t x = p->quanta < 0 ? -p->quanta : p->quanta, y = q->quanta < 0 ? -q->quanta : q->quanta;
    int told = (x < y) - (x > y);
    told = told != 0 ? told : strcmp(p->where, q->where);
    return told != 0 ? told : (p->event > q->event) - (p->event < q->event);
}

static int64_t later(int64_t a, int64_t b)
{
    return b > a ? b : a;
}

/* The revision that changed this version of a feature between the two states, 0: none did. */
static int64_t changed_by(const job *j, const gt_feature *f)
{
    bool dated = j->from.date != j->to.date, back = j->from.rev > j->to.rev;
    int64_t first = back ? j->to.rev : j->from.rev, last = back ? j->from.rev : j->to.rev, rev = 0;
    if (!dated) {
        const int64_t revs[] = {f->rev_from, f->rev_to, f->valid_to_rev};
        for (size_t i = 0; i < sizeof revs / sizeof *revs; i++) {
            rev = revs[i] > first && revs[i] <= last ? later(rev, revs[i]) : rev;
        }
        return rev;
    }
    gt_date early = j->from.date, late = j->to.date;
    if (early == GT_DATE_NONE || (late != GT_DATE_NONE && late < early)) {
        early = j->to.date;
        late = j->from.date;
    }
    if (f->valid_from > early && (late == GT_DATE_NONE || f->valid_from <= late)) {
        rev = f->rev_from;
    }
    if (f->valid_to != GT_DATE_NONE && f->valid_to > early &&
        (late == GT_DATE_NONE || f->valid_to <= late)) {
        rev = later(rev, f->valid_to_rev);
    }
    return rev <= last ? rev : 0;
}

static gt_status look_up_feature(job *j, const char *layer, const char *id, int64_t *revision)
{
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = true;
    gt_query_init(&q, layer);
    q.id = id;
    q.no_geometry = true;
    q.all_versions = true;
    gt_status st = gt_scan_open(j->ctx, j->store, &q, &scan);
    while (st == GT_OK && more) {
        st = gt_scan_next(j->ctx, scan, &f, &more);
        if (st == GT_OK && more) {
            *revision = later(*revision, changed_by(j, &f));
        }
    }
    gt_scan_close(scan);
    return st;
}

/* The revision that brought or ended a feature of the place between the two states. */
static gt_status look_up(job *j, gt_contribution *c)
{
    gt_status st = GT_OK;
    for (const char *p = c->where; st == GT_OK && c->series == NULL && c->sum == NULL;) {
        const char *colon = strchr(p, ':');
        if (colon == NULL) {
            break;
        }
        size_t len = strcspn(colon + 1, " ");
        const char *layer = gt_arena_strndup(j->arena, p, (size_t)(colon - p));
        const char *id = gt_arena_strndup(j->arena, colon + 1, len);
        st =
            layer == NULL || id == NULL ? GT_E_MEMORY : look_up_feature(j, layer, id, &c->revision);
        p = colon + 1 + len;
        p += *p == ' ' ? 1 : 0;
    }
    return st;
}

static gt_status finish(job *j, const side *a, const side *b, gt_explanation **out)
{
    gt_explanation *e = gt_arena_zalloc(j->arena, 1, sizeof *e);
    if (e == NULL) {
        return GT_E_MEMORY;
    }
    *e = (gt_explanation){
        .indicator = j->in, .unit = j->unit, .quantum = quantum_of(j->in) / j->in->unit_base};
    gt_status st = gt_explain_value(j, &a->given, &e->known_before, &e->before);
    st = st == GT_OK ? gt_explain_value(j, &b->given, &e->known_after, &e->after) : st;
    st = st == GT_OK ? gt_explain_gather(j) : st;
    st = st == GT_OK ? gt_explain_ends(j, a->table, false) : st;
    st = st == GT_OK ? gt_explain_ends(j, b->table, true) : st;
    if (st == GT_OK && e->known_before && e->known_after) {
        st = walk(j, (side *)a, (side *)b, e->before, e->after);
    }
    if (st == GT_OK && j->n_list > 0) {
        qsort(j->list, j->n_list, sizeof *j->list, largest_first);
    }
    for (size_t i = 0; st == GT_OK && i < j->n_list && i < LOOKED_UP; i++) {
        st = look_up(j, &j->list[i]);
    }
    gt_contribution *list = gt_arena_alloc(j->arena, j->n_list + 1, sizeof *list);
    if (st == GT_OK && list == NULL) {
        st = GT_E_MEMORY;
    }
    if (st == GT_OK && j->n_list > 0) {
        memcpy(list, j->list, j->n_list * sizeof *list);
    }
    e->list = list;
    e->n = j->n_list;
    if (st == GT_OK) {
        owned *o = (owned *)gt_zalloc(j->ctx, 1, sizeof *o);
        st = o == NULL ? GT_E_MEMORY : GT_OK;
        if (st == GT_OK) {
            o->explanation = *e;
            o->arena = j->arena;
            j->arena = NULL;
            *out = &o->explanation;
        }
    }
    return st;
}

static gt_status open_job(job *j, const char *id, const char *unit, side *a, side *b)
{
    j->in = gt_package_find_indicator(j->package, id);
    if (j->in == NULL) {
        return gt_fail(j->ctx, GT_E_NOT_FOUND, &GT_MSG_INDICATOR_UNKNOWN, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("id", id)));
    }
    gt_text_init(&j->scratch, j->ctx, 1U << 20);
    gt_status st = gt_arena_new(j->ctx, 0, &j->arena);
    j->unit = st != GT_OK ? NULL : gt_arena_strdup(j->arena, unit == NULL ? "" : unit);
    st = st == GT_OK && j->unit == NULL ? GT_E_MEMORY : st;
    gt_state *states[2] = {&j->from, &j->to};
    gt_book_cut *cuts[2] = {&a->cut, &b->cut};
    for (int i = 0; st == GT_OK && i < 2; i++) {
        gt_revision info;
        st = gt_book_cut_of(j->ctx, j->store, states[i]->rev, states[i]->date, states[i]->year,
                            cuts[i]);
        if (st != GT_OK) {
            return st;
        }
        if (states[i]->rev == 0) {
            states[i]->rev = gt_store_revision(j->store);
        }
        st = gt_store_revision_info(j->ctx, j->store, states[i]->rev, &info);
    }
    a->state = j->from;
    b->state = j->to;
    st = st == GT_OK ? gt_sql_new(j->ctx, j->package, &j->sql) : st;
    if (st == GT_OK && j->in->n_sums > 0) {
        st = gt_book_open(j->ctx, j->store, false, &j->ledgers);
    }
    st = st == GT_OK ? gt_series_book_open(j->ctx, j->store, j->package, a->state.rev, &a->book)
                     : st;
    return st == GT_OK ? gt_series_book_open(j->ctx, j->store, j->package, b->state.rev, &b->book)
                       : st;
}

gt_status gt_indicator_explain(gt_ctx *ctx, gt_store *store, const gt_package *package,
                               const char *id, const char *unit, const gt_state *from,
                               const gt_state *to, gt_explanation **out)
{
    job j = {.ctx = ctx, .store = store, .package = package, .from = *from, .to = *to};
    side a = {.state = *from}, b = {.state = *to};
    gt_status st = open_job(&j, id, unit, &a, &b);
    st = st == GT_OK && j.in->count != NULL ? read_sides(&j, &a, &b) : st;
    if (st == GT_OK) {
        series_of(&j, &a);
        series_of(&j, &b);
        st = gt_explain_books(&j, &a);
        st = st == GT_OK ? gt_explain_books(&j, &b) : st;
    }
    if (st == GT_OK) {
        st = finish(&j, &a, &b, out);
    }
    gt_text_free(&j.scratch);
    gt_area_table_free(a.table);
    gt_area_table_free(b.table);
    gt_series_book_free(a.book);
    gt_series_book_free(b.book);
    gt_book_close(j.ledgers);
    gt_sql_free(j.sql);
    gt_free(ctx, j.bits);
    gt_free(ctx, j.moves);
    gt_free(ctx, j.deeds);
    gt_free(ctx, j.list);
    gt_arena_free(j.arena);
    return st;
}

void gt_explanation_free(gt_ctx *ctx, gt_explanation *explanation)
{
    if (explanation != NULL) {
        owned *o = (owned *)explanation;
        gt_arena_free(o->arena);
        gt_free(ctx, o);
    }
}
