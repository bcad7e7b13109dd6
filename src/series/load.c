/* A table of values on its way into the workspace: columns found, every row checked, then all of
 * it in one revision, or nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/date.h"
#include "guotu/source.h"
#include "plan/unit.h"
#include "series/messages.h"
#include "series/points.h"

enum { C_SERIES = 0, C_PLACE, C_TIME, C_VALUE, C_UNIT, N_COLUMNS };

typedef struct column_name {
    const char *word;
    int column;
} column_name;

static const column_name NAMES[] = {
    {"series", C_SERIES}, {"序列", C_SERIES}, {"指标", C_SERIES}, {"place", C_PLACE},
    {"地区", C_PLACE},    {"区域", C_PLACE},  {"站点", C_PLACE},  {"time", C_TIME},
    {"year", C_TIME},     {"date", C_TIME},   {"时间", C_TIME},   {"年份", C_TIME},
    {"value", C_VALUE},   {"数值", C_VALUE},  {"值", C_VALUE},    {"unit", C_UNIT},
    {"单位", C_UNIT},
};

typedef struct work {
    gt_points old, new; /* held; of the file */
} work;

typedef struct job {
    gt_ctx *ctx;
    gt_store *store;
    const gt_package *package;
    const char *path;
    const gt_series_load_options *options;
    gt_notes *notes;
    gt_arena *arena;
    int at[N_COLUMNS];
    work *works; /* one for each series of the package */
    gt_series_loaded facts;
    size_t faults;
} job;

void gt_series_load_options_init(gt_series_load_options *options)
{
    *options = (gt_series_load_options){.size = sizeof *options, .origin = GT_ORIGIN_SURVEY};
}

static gt_status fault(job *j, int64_t row, const gt_message *message, const gt_arg *args)
{
    j->faults++;
    return gt_notes_add(j->notes, GT_ERROR, message, GT_PLACE(.file = j->path, .row = row), args);
}

/* ---- columns ------------------------------------------------------------------------------- */

static int column_of(const char *name)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (strcmp(NAMES[i].word, name) == 0) {
            return NAMES[i].column;
        }
    }
    return -1;
}

static gt_status find_columns(job *j, const gt_source_info *info)
{
    static const char *const words[N_COLUMNS] = {"series", "place", "time", "value", "unit"};
    for (int c = 0; c < N_COLUMNS; c++) {
        j->at[c] = -1;
    }
    for (size_t f = 0; f < info->n_fields; f++) {
        int c = column_of(info->fields[f].name);
        if (c >= 0 && j->at[c] < 0) {
            j->at[c] = (int)f;
        }
    }
    for (int c = 0; c < N_COLUMNS; c++) {
        bool needed = c == C_TIME || c == C_VALUE || (c == C_SERIES && j->options->series == NULL);
        if (needed && j->at[c] < 0) {
            return gt_fail(j->ctx, GT_E_INPUT, &GT_MSG_SERIES_COLUMN, GT_PLACE(.file = j->path),
                           GT_ARGS(GT_TEXT("column", words[c])));
        }
    }
    return GT_OK;
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* The cell as text; numbers as they are written. `scratch` holds 40 bytes. */
static const char *cell(const job *j, const gt_source_feature *f, int column, char *scratch)
{
    const gt_value *v = j->at[column] < 0 ? NULL : &f->values[j->at[column]];
    if (v == NULL || v->kind == GT_NULL) {
        return "";
    }
    if (v->kind == GT_VAL_TEXT) {
        return v->text;
    }
    if (v->kind == GT_VAL_INT) {
        (void)snprintf(scratch, 40, "%lld", (long long)v->integer);
    } else {
        (void)snprintf(scratch, 40, "%.17g", v->real);
    }
    return scratch;
}

/* The value in the series' unit; false and a finding when it is none. */
static gt_status take_value(job *j, int64_t row, const gt_series *s, const char *text,
                            const char *unit, double *out, bool *good)
{
    const gt_unit *want = gt_unit_find(s->unit), *has = *unit == '\0' ? want : gt_unit_find(unit);
    *good = false;
    if (!gt_number_parse(text, out)) {
        return fault(j, row, &GT_MSG_SERIES_NUMBER, GT_ARGS(GT_TEXT("text", text)));
    }
    bool fits =
        has != NULL &&
        (has == want || (has->dimension == want->dimension && has->dimension != GT_DIM_NONE));
    if (!fits) {
        return fault(
            j, row, &GT_MSG_SERIES_UNIT,
            GT_ARGS(GT_TEXT("unit", unit), GT_TEXT("want", s->unit), GT_TEXT("id", s->id)));
    }
    if (has != want) {
        *out = *out * (has->num * want->den) / (has->den * want->num);
    }
    if ((s->has_min && *out < s->min) || (s->has_max && *out > s->max)) {
        return fault(j, row, &GT_MSG_SERIES_RANGE,
                     GT_ARGS(GT_REAL("value", *out), GT_TEXT("unit", s->unit), GT_TEXT("id", s->id),
                             GT_REAL("min", s->has_min ? s->min : -INFINITY),
                             GT_REAL("max", s->has_max ? s->max : INFINITY)));
    }
    *good = true;
    return GT_OK;
}

static gt_status keep(job *j, const gt_series *s, const char *place, const char *time, int year,
                      double value)
{
    work *w = &j->works[s - gt_package_series(j->package, 0)];
    void *block = w->new.list;
    gt_status st = gt_grow(j->ctx, &block, &w->new.cap, w->new.n + 1, sizeof *w->new.list);
    w->new.list = block;
    if (st != GT_OK) {
        return st;
    }
    gt_point p = {.place = gt_arena_strdup(j->arena, place),
                  .time = gt_arena_strdup(j->arena, time),
                  .year = year,
                  .value = value};
    if (p.place == NULL || p.time == NULL) {
        return GT_E_MEMORY;
    }
    w->new.list[w->new.n++] = p;
    return GT_OK;
}

static const char *city_or(const char *place)
{
    bool city = strcmp(place, "city") == 0 || strcmp(place, "全市") == 0;
    return city ? "" : place;
}

static gt_status take_row(job *j, const gt_source_feature *f)
{
    char id_text[40], place_text[40], time_text[40], value_text[40], unit_text[40], time[11];
    const char *id = j->at[C_SERIES] < 0 ? j->options->series : cell(j, f, C_SERIES, id_text);
    const char *place = city_or(cell(j, f, C_PLACE, place_text));
    const char *when = cell(j, f, C_TIME, time_text);
    int year = 0;
    double value = 0;
    bool good = false;
    gt_date date = GT_DATE_NONE;
    const gt_series *s = gt_package_find_series(j->package, id);
    j->facts.n_rows++;
    if (s == NULL) {
        return fault(j, f->row, &GT_MSG_SERIES_UNKNOWN, GT_ARGS(GT_TEXT("id", id)));
    }
    if (!gt_time_normal(when, time, &year)) {
        return fault(j, f->row, &GT_MSG_SERIES_TIME, GT_ARGS(GT_TEXT("text", when)));
    }
    char whole[11] = "0000-01-01";
    memcpy(whole, time, strlen(time)); /* NOLINT(bugprone-not-null-terminated-result): in place */
    if (gt_date_parse(whole, &date) && date > gt_date_today()) {
        return fault(j, f->row, &GT_MSG_SERIES_AHEAD, GT_ARGS(GT_TEXT("text", when)));
    }
    if (strpbrk(place, "\t\r\n") != NULL) {
        return fault(j, f->row, &GT_MSG_SERIES_PLACE, GT_ARGS(GT_TEXT("place", place)));
    }
    gt_status st = take_value(j, f->row, s, cell(j, f, C_VALUE, value_text),
                              cell(j, f, C_UNIT, unit_text), &value, &good);
    return st == GT_OK && good ? keep(j, s, place, time, year, value) : st;
}

static gt_status read_rows(job *j)
{
    gt_source *source = NULL;
    gt_source_options o;
    gt_source_feature f;
    bool more = true;
    gt_source_options_init(&o);
    o.layer = j->options->sheet;
    gt_status st = gt_source_open(j->ctx, j->path, &o, &source);
    st = st == GT_OK ? find_columns(j, gt_source_info_of(source)) : st;
    while (st == GT_OK && more) {
        st = gt_source_next(j->ctx, source, &f, &more);
        st = st == GT_OK && more ? take_row(j, &f) : st;
        st = st == GT_OK ? gt_check_cancel(j->ctx) : st;
    }
    gt_source_close(source);
    return st;
}

/* ---- all rows of a series ---------------------------------------------------------------------
 */

static const char *said(const char *place)
{
    return *place == '\0' ? "*" : place;
}

/* Sorts, finds twins and gaps, and merges with what is held. */
static gt_status settle(job *j, const gt_series *s, work *w)
{
    gt_status st = GT_OK;
    qsort(w->new.list, w->new.n, sizeof *w->new.list, gt_point_order);
    for (size_t i = 1; st == GT_OK && i < w->new.n; i++) {
        const gt_point *a = &w->new.list[i - 1], *b = &w->new.list[i];
        if (gt_point_order(a, b) == 0) {
            st = fault(j, 0, &GT_MSG_SERIES_TWICE,
                       GT_ARGS(GT_TEXT("id", s->id), GT_TEXT("place", said(b->place)),
                               GT_TEXT("time", b->time)));
        }
        for (int y = a->year + 1; st == GT_OK && strcmp(a->place, b->place) == 0 && y < b->year;
             y++) {
            st = gt_notes_add(
                j->notes, GT_WARNING, &GT_MSG_SERIES_GAP, GT_PLACE(.file = j->path),
                GT_ARGS(GT_TEXT("id", s->id), GT_TEXT("place", said(b->place)), GT_INT("year", y)));
        }
    }
    return st == GT_OK ? gt_points_read(j->ctx, j->store, s, 0, j->arena, &w->old) : st;
}

/* New over old; both sorted. */
static gt_status merge(job *j, const work *w, gt_points *out)
{
    out->list = gt_alloc(j->ctx, w->old.n + w->new.n + 1, sizeof *out->list);
    if (out->list == NULL) {
        return GT_E_MEMORY;
    }
    size_t a = 0, b = 0;
    while (a < w->old.n || b < w->new.n) {
        int told = a >= w->old.n   ? 1
                   : b >= w->new.n ? -1
                                   : gt_point_order(&w->old.list[a], &w->new.list[b]);
        if (told < 0) {
            out->list[out->n++] = w->old.list[a++];
            continue;
        }
        if (told == 0) {
            bool same = w->old.list[a++].value == w->new.list[b].value;
            j->facts.n_same += same ? 1 : 0;
            j->facts.n_changed += same ? 0 : 1;
        } else {
            j->facts.n_new++;
        }
        out->list[out->n++] = w->new.list[b++];
    }
    bool weaker = w->old.n == 0 || j->options->origin > w->old.origin;
    out->origin = weaker ? j->options->origin : w->old.origin;
    return GT_OK;
}

static gt_status store_one(job *j, gt_commit *commit, const gt_series *s, const work *w)
{
    char key[101];
    gt_points all = {0};
    gt_text text;
    gt_text_init(&text, j->ctx, 0);
    gt_status st = merge(j, w, &all);
    if (st == GT_OK) {
        gt_points_write(&all, &text);
        st = gt_text_status(&text);
    }
    if (st == GT_OK && gt_points_key(s, key, sizeof key)) {
        st = gt_commit_setting_set(j->ctx, commit, key, gt_text_cstr(&text));
        j->facts.n_series++;
    }
    gt_text_free(&text);
    gt_free(j->ctx, all.list);
    return st;
}

static gt_status store_all(job *j)
{
    gt_commit *commit = NULL;
    const char *message = j->options->message;
    const gt_commit_info info = {.author = j->options->author,
                                 .message = message != NULL ? message : "series loaded",
                                 .expect_revision = -1};
    gt_status st = gt_commit_begin(j->ctx, j->store, &info, &commit);
    if (st != GT_OK) {
        return st;
    }
    for (size_t i = 0; st == GT_OK && i < gt_package_n_series(j->package); i++) {
        if (j->works[i].new.n > 0) {
            st = store_one(j, commit, gt_package_series(j->package, i), &j->works[i]);
        }
    }
    if (st != GT_OK || j->facts.n_new + j->facts.n_changed == 0) {
        gt_commit_abort(commit);
        return st;
    }
    return gt_commit_finish(j->ctx, commit, &j->facts.revision);
}

gt_status gt_series_load(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *path,
                         const gt_series_load_options *options, gt_notes *notes,
                         gt_series_loaded *out)
{
    job j = {.ctx = ctx,
             .store = store,
             .package = package,
             .path = path,
             .options = options,
             .notes = notes};
    size_t n = gt_package_n_series(package);
    j.facts.revision = gt_store_revision(store);
    j.works = gt_zalloc(ctx, n + 1, sizeof *j.works);
    gt_status st = j.works == NULL ? GT_E_MEMORY : gt_arena_new(ctx, 0, &j.arena);
    st = st == GT_OK ? read_rows(&j) : st;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (j.works[i].new.n > 0) {
            st = settle(&j, gt_package_series(package, i), &j.works[i]);
        }
    }
    if (st == GT_OK && j.faults > 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERIES_FAULTY, GT_PLACE(.file = path),
                     GT_ARGS(GT_INT("n", j.faults)));
    }
    st = st == GT_OK ? store_all(&j) : st;
    if (st == GT_OK) {
        *out = j.facts;
    }
    for (size_t i = 0; j.works != NULL && i < n; i++) {
        gt_free(ctx, j.works[i].old.list);
        gt_free(ctx, j.works[i].new.list);
    }
    gt_free(ctx, j.works);
    gt_arena_free(j.arena);
    return st;
}
