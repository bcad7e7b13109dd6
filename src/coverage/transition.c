/* Transition matrix: one layer at two dates, and units, woven in strips; sums by class. */
#include <math.h>
#include <string.h>

#include "coverage/flow.h"
#include "coverage/messages.h"
#include "coverage/stored.h"
#include "coverage/tally.h"

enum { BEFORE = 0, AFTER = 1, UNIT = 2, MOST_NAMES = 4096 };
static const size_t MOST_CELLS = (size_t)1 << 26; /* of all matrices: 1 GiB */

struct gt_transition {
    gt_ctx *ctx;
    gt_words *classes, *units; /* in order of text */
    size_t n_classes, n_units;
    gt_wide *sums; /* (n_units + 1) * (n + 1) * (n + 1): the last are totals */
    const gt_codelist *codes;
    double years;
};

typedef struct job {
    gt_woven_layer layers[3];
    uint32_t n_layers;
    int field;
    gt_class unit;
    gt_words *classes, *units; /* in order of use */
    bool seen[3];
    gt_tally tally;
    gt_sums sums;
    gt_text text;
} job;

void gt_transition_options_init(gt_transition_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->from = options->to = GT_DATE_NONE;
}

static gt_status code_of(gt_ctx *ctx, void *user, uint32_t layer, const gt_feature *f,
                         uint32_t *code)
{
    job *j = user;
    (void)ctx;
    j->seen[layer] = true;
    gt_text_clear(&j->text);
    if (layer == UNIT) {
        gt_class_put(&j->unit, f, &j->text);
    } else {
        gt_class_put_value(&f->values[j->field], &j->text);
    }
    gt_status st = gt_text_status(&j->text);
    return st == GT_OK ? gt_words_add(layer == UNIT ? j->units : j->classes, gt_text_cstr(&j->text),
                                      j->text.len, code)
                       : st;
}

static gt_status add_cell(gt_ctx *ctx, void *user, const gt_weave_cell *cell, const gt_strip *strip)
{
    job *j = user;
    gt_status st = gt_tally_cell(ctx, &j->tally, cell, strip);
    for (size_t i = 0; st == GT_OK && i < j->tally.n_rows; i++) {
        const gt_tally_row *r = &j->tally.rows[i];
        st = gt_sums_add(&j->sums, j->tally.keys + r->first, r->n, &(gt_sum){r->area, r->plane, 1});
    }
    return st;
}

/* ---- what is asked ------------------------------------------------------------------------------
 */

static gt_status no_field(gt_ctx *ctx, const gt_standard *s, const char *field)
{
    gt_text known;
    gt_text_init(&known, ctx, 0);
    for (size_t i = 0; i < s->n_fields; i++) {
        gt_text_printf(&known, "%s%s", i > 0 ? ", " : "", s->fields[i].name);
    }
    gt_status st =
        gt_fail(ctx, GT_E_USAGE, &GT_MSG_COVERAGE_FIELD, GT_NOWHERE,
                GT_ARGS(GT_TEXT("layer", s->id), GT_TEXT("field", field == NULL ? "" : field),
                        GT_TEXT("known", gt_text_cstr(&known))));
    gt_text_free(&known);
    return st;
}

static gt_status ask(gt_ctx *ctx, job *j, gt_store *store, const gt_package *package,
                     const char *layer, const gt_transition_options *o, gt_transition *t)
{
    gt_layer_info info;
    if (o->from == GT_DATE_NONE || o->to == GT_DATE_NONE || o->from >= o->to) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_COVERAGE_DATES, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_status st = gt_stored_layer(ctx, store, layer, &info);
    if (st != GT_OK) {
        return st;
    }
    const gt_standard *s = info.standard;
    const char *field = o->field != NULL ? o->field : s->class_field;
    j->field = field == NULL ? -1 : gt_standard_field(s, field);
    if (j->field < 0) {
        return no_field(ctx, s, field);
    }
    const gt_standard *declared = gt_package_find_layer(package, layer);
    int at = declared == NULL ? -1 : gt_standard_field(declared, s->fields[j->field].name);
    t->codes = at < 0 ? NULL : declared->fields[at].codes;
    j->layers[BEFORE] = (gt_woven_layer){.id = layer, .as_of = o->from};
    j->layers[AFTER] = (gt_woven_layer){.id = layer, .as_of = o->to};
    j->n_layers = 2;
    if (o->by != NULL) {
        st = gt_stored_layer(ctx, store, o->by, &info);
        j->layers[UNIT] = (gt_woven_layer){.id = o->by, .as_of = GT_DATE_NONE};
        j->unit = st == GT_OK ? gt_class_of(package, &info) : j->unit;
        j->n_layers = 3;
    }
    int y[2], m[2], d[2];
    gt_date_to_ymd(o->from, &y[0], &m[0], &d[0]);
    gt_date_to_ymd(o->to, &y[1], &m[1], &d[1]);
    /* surveys are dated by the same day of each year; otherwise mean Gregorian years */
    t->years =
        m[0] == m[1] && d[0] == d[1] ? y[1] - y[0] : ((double)o->to - (double)o->from) / 365.2425;
    return st;
}

static gt_status weave(gt_ctx *ctx, job *j, gt_store *store)
{
    gt_box extent;
    gt_region region = {.store = store,
                        .layers = j->layers,
                        .n_layers = j->n_layers,
                        .code = code_of,
                        .cell = add_cell,
                        .user = j};
    gt_status st = gt_region_side(ctx, store, j->layers, j->n_layers, &region.side, &extent);
    if (st == GT_OK && extent.xmin <= extent.xmax) {
        gt_rect rect = gt_region_rect(region.side, extent);
        st = gt_region_weave(ctx, &region, extent, &rect);
    }
    for (uint32_t k = 0; st == GT_OK && k <= AFTER; k++) {
        char date[GT_DATE_TEXT];
        gt_date_format(j->layers[k].as_of, date);
        if (!j->seen[k]) {
            st = gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_COVERAGE_DAY, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("layer", j->layers[k].id), GT_TEXT("date", date)));
        }
    }
    return st;
}

/* ---- the matrices -------------------------------------------------------------------------------
 */

/* Class or unit of a row: "" when it has none, "*" when several. */
static const char *text_in(const gt_words *words, uint32_t layer, const char *keys, size_t n)
{
    const char *text = NULL;
    for (size_t i = 0; i < n; i++) {
        uint64_t key = gt_sum_key_at(keys, i);
        if (key >> 32 == layer) {
            text = text != NULL ? "*" : gt_words_text(words, (uint32_t)key, NULL);
        }
    }
    return text == NULL ? "" : text;
}

static gt_status note_name(gt_words *words, const char *text)
{
    uint32_t number = 0;
    return gt_words_add(words, text, strlen(text), &number);
}

/* The words in order of text. */
static gt_status sorted(gt_ctx *ctx, const gt_words *from, gt_words **out)
{
    size_t n = gt_words_count(from);
    gt_status st = gt_words_new(ctx, out);
    const char *last = NULL;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        const char *next = NULL;
        for (size_t k = 0; k < n; k++) {
            const char *text = gt_words_text(from, (uint32_t)k, NULL);
            if ((last == NULL || strcmp(text, last) > 0) &&
                (next == NULL || strcmp(text, next) < 0)) {
                next = text;
            }
        }
        last = next;
        st = note_name(*out, next);
    }
    return st;
}

/* Rows outside the layer at both dates (a unit alone) are no part of any matrix. */
static bool counts(const char *keys, size_t n)
{
    return n > 0 && gt_sum_key_at(keys, 0) >> 32 <= AFTER;
}

static gt_status name_all(gt_ctx *ctx, const job *j, gt_transition *t)
{
    gt_words *classes = NULL, *units = NULL;
    gt_status st = gt_words_new(ctx, &classes);
    st = st == GT_OK ? gt_words_new(ctx, &units) : st;
    for (size_t i = 0; st == GT_OK && i < gt_sums_count(&j->sums); i++) {
        size_t n = 0;
        const char *keys = gt_sums_keys(&j->sums, i, &n);
        if (!counts(keys, n)) {
            continue;
        }
        st = note_name(classes, text_in(j->classes, BEFORE, keys, n));
        st = st == GT_OK ? note_name(classes, text_in(j->classes, AFTER, keys, n)) : st;
        if (st == GT_OK && j->n_layers > UNIT) {
            st = note_name(units, text_in(j->units, UNIT, keys, n));
        }
        size_t most = gt_words_count(classes) > gt_words_count(units) ? gt_words_count(classes)
                                                                      : gt_words_count(units);
        if (st == GT_OK && most > MOST_NAMES) {
            st = gt_fail(ctx, GT_E_LIMIT, &GT_MSG_COVERAGE_CLASSES, GT_NOWHERE,
                         GT_ARGS(GT_INT("max", MOST_NAMES)));
        }
    }
    st = st == GT_OK ? sorted(ctx, classes, &t->classes) : st;
    st = st == GT_OK ? sorted(ctx, units, &t->units) : st;
    gt_words_free(classes);
    gt_words_free(units);
    return st;
}

static gt_wide *cell_of(const gt_transition *t, size_t unit, size_t i, size_t k)
{
    size_t n = t->n_classes + 1;
    return &t->sums[(unit * n + i) * n + k];
}

static gt_status number_of(gt_words *words, const char *text, size_t *out)
{
    uint32_t number = 0;
    gt_status st = gt_words_add(words, text, strlen(text), &number);
    *out = number;
    return st;
}

static gt_status fill(gt_ctx *ctx, const job *j, gt_transition *t)
{
    gt_status st = name_all(ctx, j, t);
    if (st != GT_OK) {
        return st;
    }
    t->n_classes = gt_words_count(t->classes);
    t->n_units = gt_words_count(t->units);
    size_t n = t->n_classes + 1;
    if ((t->n_units + 1) > MOST_CELLS / (n * n)) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_COVERAGE_CLASSES, GT_NOWHERE,
                       GT_ARGS(GT_INT("max", MOST_NAMES)));
    }
    t->sums = gt_zalloc(ctx, (t->n_units + 1) * n * n, sizeof *t->sums);
    st = t->sums == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t r = 0; st == GT_OK && r < gt_sums_count(&j->sums); r++) {
        size_t n_keys = 0, i = 0, k = 0, u = 0;
        const char *keys = gt_sums_keys(&j->sums, r, &n_keys);
        if (!counts(keys, n_keys)) {
            continue;
        }
        st = number_of(t->classes, text_in(j->classes, BEFORE, keys, n_keys), &i);
        st = st == GT_OK ? number_of(t->classes, text_in(j->classes, AFTER, keys, n_keys), &k) : st;
        if (st == GT_OK && t->n_units > 0) {
            st = number_of(t->units, text_in(j->units, UNIT, keys, n_keys), &u);
        }
        const size_t units[] = {u, t->n_units}, rows[] = {i, t->n_classes},
                     columns[] = {k, t->n_classes};
        for (size_t c = t->n_units > 0 ? 0 : 1; st == GT_OK && c < 2; c++) {
            for (size_t b = 0; b < 4; b++) { /* the cell, its row, its column, all */
                *cell_of(t, units[c], rows[b / 2], columns[b % 2]) += j->sums.sums[r].area;
            }
        }
    }
    return st;
}

gt_status gt_transition_run(gt_ctx *ctx, gt_store *store, const gt_package *package,
                            const char *layer, const gt_transition_options *options,
                            gt_transition **out)
{
    gt_transition_options o;
    gt_transition_options_init(&o);
    memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    job *j = gt_zalloc(ctx, 1, sizeof *j);
    gt_transition *t = gt_zalloc(ctx, 1, sizeof *t);
    gt_status st = j == NULL || t == NULL ? GT_E_MEMORY : GT_OK;
    if (t != NULL) {
        t->ctx = ctx;
    }
    if (st == GT_OK) {
        gt_text_init(&j->text, ctx, 0);
        st = ask(ctx, j, store, package, layer, &o, t);
        st = st == GT_OK ? gt_words_new(ctx, &j->classes) : st;
        st = st == GT_OK ? gt_words_new(ctx, &j->units) : st;
        st = st == GT_OK ? gt_sums_init(ctx, &j->sums) : st;
        st = st == GT_OK ? weave(ctx, j, store) : st;
        st = st == GT_OK ? fill(ctx, j, t) : st;
        gt_words_free(j->classes);
        gt_words_free(j->units);
        gt_sums_free(&j->sums);
        gt_tally_free(ctx, &j->tally);
        gt_text_free(&j->text);
    }
    gt_free(ctx, j);
    if (st != GT_OK) {
        gt_transition_free(t);
        return st;
    }
    *out = t;
    return GT_OK;
}

void gt_transition_free(gt_transition *t)
{
    if (t != NULL) {
        gt_words_free(t->classes);
        gt_words_free(t->units);
        gt_free(t->ctx, t->sums);
        gt_free(t->ctx, t);
    }
}

/* ---- where the changes are ----------------------------------------------------------------------
 */

typedef struct changes {
    gt_loaded layers[3];
    gt_place_fn fn;
    void *user;
} changes;

static bool differs(void *user, const uint32_t *codes)
{
    const changes *c = user;
    const char *before = gt_loaded_class(&c->layers[BEFORE], codes[BEFORE]);
    const char *after = gt_loaded_class(&c->layers[AFTER], codes[AFTER]);
    return strcmp(before, after) != 0;
}

static gt_status change_found(gt_ctx *ctx, void *user, const uint32_t *codes, double m2,
                              double plane_m2, const gt_geom *geom)
{
    const changes *c = user;
    const char *features[3] = {"", "", ""}, *classes[3] = {"", "", ""};
    (void)plane_m2;
    for (size_t k = 0; k < 3 && c->layers[k].ctx != NULL; k++) {
        features[k] = gt_loaded_id(&c->layers[k], codes[k]);
        classes[k] = gt_loaded_class(&c->layers[k], codes[k]);
    }
    gt_place_found p = {.a = BEFORE,
                        .b = AFTER,
                        .features = features,
                        .classes = classes,
                        .m2 = m2,
                        .box = gt_geom_box(geom),
                        .geom = geom};
    gt_centroid(geom, &p.x, &p.y);
    return c->fn(ctx, c->user, &p);
}

gt_status gt_transition_places(gt_ctx *ctx, gt_store *store, const gt_package *package,
                               const char *layer, const gt_transition_options *options,
                               gt_place_fn fn, void *user)
{
    gt_transition_options o;
    gt_transition_options_init(&o);
    memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    gt_transition years;
    gt_part parts[3];
    int fields[3];
    changes c = {.fn = fn, .user = user};
    job j = {.field = -1};
    memset(&years, 0, sizeof years);
    gt_status st = ask(ctx, &j, store, package, layer, &o, &years);
    for (uint32_t k = 0; k < j.n_layers; k++) {
        parts[k] = (gt_part){.layer = j.layers[k].id, .as_of = j.layers[k].as_of};
        fields[k] = k == UNIT ? j.unit.field : j.field;
    }
    const gt_flow flow = {.parts = parts,
                          .fields = fields,
                          .n = j.n_layers,
                          .layers = c.layers,
                          .want = differs,
                          .fn = change_found,
                          .user = &c};
    return st == GT_OK ? gt_flow_run(ctx, store, package, &flow) : st;
}

/* ---- reading it ---------------------------------------------------------------------------------
 */

size_t gt_transition_n_classes(const gt_transition *t)
{
    return t->n_classes;
}

const char *gt_transition_class(const gt_transition *t, size_t i)
{
    return gt_words_text(t->classes, (uint32_t)i, NULL);
}

const gt_codelist *gt_transition_codes(const gt_transition *t)
{
    return t->codes;
}

size_t gt_transition_n_units(const gt_transition *t)
{
    return t->n_units;
}

const char *gt_transition_unit(const gt_transition *t, size_t unit)
{
    return gt_words_text(t->units, (uint32_t)unit, NULL);
}

double gt_transition_m2(const gt_transition *t, size_t unit, size_t i, size_t j)
{
    return (double)*cell_of(t, unit, i, j) * GT_WEAVE_UNIT;
}

gt_change gt_transition_change(const gt_transition *t, size_t unit, size_t i)
{
    size_t all = t->n_classes;
    gt_wide kept = *cell_of(t, unit, i, i), before = *cell_of(t, unit, i, all),
            after = *cell_of(t, unit, all, i);
    gt_wide loss = before - kept, gain = after - kept, less = loss < gain ? loss : gain;
    gt_change c = {.before = (double)before * GT_WEAVE_UNIT,
                   .after = (double)after * GT_WEAVE_UNIT,
                   .loss = (double)loss * GT_WEAVE_UNIT,
                   .gain = (double)gain * GT_WEAVE_UNIT,
                   .net = (double)(gain - loss) * GT_WEAVE_UNIT,
                   .swap = (double)(2 * less) * GT_WEAVE_UNIT};
    c.degree = before > 0 ? c.net / c.before / t->years : (double)NAN;
    return c;
}

gt_disagreement gt_transition_disagreement(const gt_transition *t, size_t unit)
{
    gt_wide loss = 0, net = 0;
    size_t all = t->n_classes;
    for (size_t i = 0; i < all; i++) {
        gt_wide before = *cell_of(t, unit, i, all), after = *cell_of(t, unit, all, i);
        loss += before - *cell_of(t, unit, i, i);
        net += after > before ? after - before : before - after;
    }
    gt_wide half = net / 2; /* net is even: what one class wins another loses */
    gt_disagreement d = {.change = (double)loss * GT_WEAVE_UNIT,
                         .quantity = (double)half * GT_WEAVE_UNIT,
                         .allocation = (double)(loss - half) * GT_WEAVE_UNIT,
                         .years = t->years};
    double whole = (double)*cell_of(t, unit, all, all) * GT_WEAVE_UNIT;
    d.degree = whole > 0 ? d.change / (2 * whole) / t->years : (double)NAN;
    return d;
}
