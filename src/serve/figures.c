/* Indicators over HTTP: values with target and standing, how they went, and what moved them. */
#include "serve/figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/indicator.h"
#include "serve/access.h"
#include "serve/messages.h"
#include "serve/voices.h"

enum { YEARS_MAX = 40, TOP = 200, TOP_MAX = 10000, YEAR_LOW = 1900, YEAR_HIGH = 2100 };

gt_status gt_bad_parameter(gt_desk *desk, const char *name, const char *value, const char *allowed)
{
    return gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_PARAMETER, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", name), GT_TEXT("value", value),
                           GT_TEXT("allowed", allowed), GT_TEXT("allowed_zh", allowed)));
}

gt_status gt_read_number(gt_desk *desk, const gt_request *request, const char *name, long low,
                         long high, long fallback, long *out)
{
    char *end = NULL, allowed[64];
    const char *text = gt_request_get(request, name);
    *out = fallback;
    if (text == NULL) {
        return GT_OK;
    }
    long n = strlen(text) > 9 ? high + 1 : strtol(text, &end, 10);
    if (end == NULL || end == text || *end != '\0' || n < low || n > high) {
        (void)snprintf(allowed, sizeof allowed, "%ld ... %ld", low, high);
        return gt_bad_parameter(desk, name, text, allowed);
    }
    *out = n;
    return GT_OK;
}

static gt_status read_level(gt_desk *desk, const gt_request *request, gt_level *out)
{
    static const char *const names[] = {"city", "district", "town"};
    const char *text = gt_request_get(request, "level");
    *out = GT_LEVEL_DISTRICT;
    for (int i = GT_LEVEL_CITY; text != NULL && i <= GT_LEVEL_TOWN; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (gt_level)i;
            return GT_OK;
        }
    }
    return text == NULL ? GT_OK : gt_bad_parameter(desk, "level", text, "city, district, town");
}

/* ---- rights -----------------------------------------------------------------------------------
 * A figure is told to those who may read every layer it is counted from, and a record of a ledger
 * is named to those who may read it. */

static bool may_see(gt_desk *desk, const gt_indicator *in)
{
    bool may = true;
    for (size_t i = 0; may && in->account[i] != NULL; i++) {
        char layer[128];
        (void)snprintf(layer, sizeof layer, "%.*s", (int)strcspn(in->account[i], "."),
                       in->account[i]);
        may = gt_package_find_layer(desk->package, layer) == NULL || gt_desk_may_read(desk, layer);
    }
    return may;
}

static gt_status must_see(gt_desk *desk, const gt_indicator *in)
{
    return may_see(desk, in)
               ? GT_OK
               : gt_fail(desk->ctx, GT_E_USAGE, &GT_MSG_SERVE_MAY_NOT, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("actor",
                                         *desk->who.id == '\0' ? GT_PUBLIC_ACTOR : desk->who.id),
                                 GT_TEXT("action", "read"), GT_TEXT("unit", "*")));
}

/* "works:W-2025-0001" of an event, in its unit. */
static bool may_name(gt_desk *desk, const gt_contribution *c)
{
    gt_book *book = NULL;
    char ledger[128];
    bool may = c->event == 0;
    (void)snprintf(ledger, sizeof ledger, "%.*s", (int)strcspn(c->where, ":"), c->where);
    const gt_ask ask = {*desk->who.id == '\0' ? GT_PUBLIC_ACTOR : desk->who.id, ledger, "read",
                        *c->unit == '\0' ? NULL : c->unit, NULL};
    if (may || desk->who.must_change) {
        return may;
    }
    gt_status st = gt_desk_book(desk, &book);
    st = st == GT_OK ? gt_actor_may(desk->ctx, book, &ask, NULL, &may) : st;
    if (st != GT_OK) {
        gt_error_clear(desk->ctx);
    }
    return st == GT_OK && may;
}

/* ---- values -----------------------------------------------------------------------------------
 */

static void put_texts(gt_text *o, const char *name, const char *const *list)
{
    gt_text_printf(o, ",\"%s\":[", name);
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, list[i]);
    }
    gt_text_puts(o, "]");
}

static void put_indicator(gt_desk *desk, const gt_indicator *in, gt_text *o)
{
    gt_text_puts(o, "{\"id\":");
    gt_text_json_string(o, in->id);
    gt_text_puts(o, ",\"title\":");
    gt_text_json_string(o, gt_desk_title(desk, in->title));
    gt_text_puts(o, ",\"note\":");
    gt_text_json_string(o, gt_desk_title(desk, in->note));
    gt_text_puts(o, ",\"unit\":");
    gt_text_json_string(o, in->unit);
    put_texts(o, "clauses", in->clauses);
    put_texts(o, "series", in->series_ids);
    gt_text_printf(o, ",\"hidden\":%s}", may_see(desk, in) ? "false" : "true");
}

/* asked: base unit; NAN: not known. */
static void put_target(const gt_indicator *in, const gt_target *t, double asked, gt_text *o)
{
    gt_text_printf(o, "{\"year\":%d,\"must\":\"%s\",\"value\":", t->year, gt_target_op_name(t->op));
    gt_text_json_real(o, asked / in->unit_base);
    gt_text_puts(o, ",\"clause\":");
    gt_text_json_string(o, t->clause);
    gt_text_printf(o, ",\"binding\":%s,\"each\":%s,\"in_force\":%s}", t->binding ? "true" : "false",
                   t->each ? "true" : "false", t->overruled ? "false" : "true");
}

static void put_row(gt_desk *desk, const gt_indicator_row *row, gt_text *line, gt_text *o)
{
    static const char *const levels[] = {"city", "district", "town"};
    const gt_judgement *j = &row->judgement;
    gt_text_puts(o, "{\"indicator\":");
    gt_text_json_string(o, row->indicator->id);
    gt_text_puts(o, ",\"district\":");
    gt_text_json_string(o, *row->unit == '\0' ? NULL : row->unit);
    gt_text_printf(o, ",\"level\":\"%s\",\"parent\":", levels[row->level]);
    gt_text_json_string(o, *row->parent == '\0' ? NULL : row->parent);
    gt_text_puts(o, ",\"value\":");
    gt_text_json_real(o, row->known ? row->value / row->indicator->unit_base : (double)NAN);
    gt_text_puts(o, ",\"target\":");
    if (row->target == NULL) {
        gt_text_puts(o, "null");
    } else {
        put_target(row->indicator, row->target, row->asked, o);
    }
    gt_text_printf(o,
                   ",\"standing\":\"%s\",\"grade\":\"%s\",\"why\":", gt_standing_name(j->standing),
                   gt_grade_name(j->grade));
    gt_text_json_string(o,
                        j->why == GT_WHY_NONE ? NULL : gt_desk_title(desk, gt_why_title(j->why)));
    gt_text_puts(o, ",\"progress\":");
    gt_text_json_real(o, j->progress);
    gt_text_puts(o, ",\"time\":");
    gt_text_json_real(o, j->time);
    gt_text_puts(o, ",\"missing\":");
    gt_text_json_string(o, row->missing);
    gt_text_puts(o, ",\"vintage\":");
    gt_text_json_string(o, row->vintage);
    gt_text_clear(line);
    gt_indicator_line(row, desk->lang, line);
    gt_text_printf(o, ",\"generated\":%s,\"line\":", row->generated ? "true" : "false");
    gt_text_json_string(o, gt_text_cstr(line));
    gt_text_putc(o, '}');
}

static bool asked_for(const char *unit, const gt_indicator_row *row)
{
    return unit == NULL || strcmp(unit, row->unit) == 0 || strcmp(unit, row->parent) == 0;
}

static gt_status put_rows(gt_desk *desk, const gt_indicator_table *table, const char *unit,
                          gt_text *o)
{
    gt_text line;
    size_t n = 0;
    gt_status st = GT_OK;
    gt_text_init(&line, desk->ctx, 65536);
    for (size_t i = 0; st == GT_OK && i < gt_indicator_table_n_rows(table); i++) {
        const gt_indicator_row *row = gt_indicator_table_row(table, i);
        if (asked_for(unit, row) && may_see(desk, row->indicator)) {
            gt_text_puts(o, n++ > 0 ? ",\n" : "\n");
            put_row(desk, row, &line, o);
            st = gt_desk_time(desk);
        }
    }
    gt_text_free(&line);
    return st;
}

gt_status gt_get_indicators(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    gt_indicator_table *table = NULL;
    gt_indicators_options options;
    long year = 0;
    gt_indicators_options_init(&options);
    options.only = gt_request_get(request, "only");
    gt_status st = gt_read_number(desk, request, "year", YEAR_LOW, YEAR_HIGH, 0, &year);
    options.year = (int)year;
    st = st == GT_OK ? read_level(desk, request, &options.level) : st;
    st = st == GT_OK ? gt_indicators_run(desk->ctx, desk->store, desk->package, &options, &table)
                     : st;
    if (st == GT_OK) {
        gt_text_printf(o, "{\"year\":%d,\"indicators\":[", gt_indicator_table_year(table));
        size_t n = 0;
        for (size_t i = 0; i < gt_package_n_indicators(desk->package); i++) {
            const gt_indicator *in = gt_package_indicator(desk->package, i);
            if (options.only == NULL || strcmp(options.only, in->id) == 0) {
                gt_text_puts(o, n++ > 0 ? ",\n" : "\n");
                put_indicator(desk, in, o);
            }
        }
        gt_text_puts(o, "],\n\"rows\":[");
        st = put_rows(desk, table, gt_request_get(request, "unit"), o);
        gt_text_puts(o, "\n]}\n");
    }
    gt_indicator_table_free(table);
    return st;
}

/* ---- how it went ------------------------------------------------------------------------------
 */

static gt_status find_indicator(gt_desk *desk, const char *id, const gt_indicator **out)
{
    *out = gt_package_find_indicator(desk->package, id);
    return *out != NULL ? GT_OK
                        : gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_INDICATOR, GT_NOWHERE,
                                  GT_ARGS(GT_TEXT("id", id)));
}

/* The value of a year, and what a series asks then (the target's own figure where it has one). */
static gt_status put_year(gt_desk *desk, const gt_indicator *in, const char *unit, int year,
                          gt_text *o)
{
    gt_indicator_table *table = NULL;
    gt_indicators_options options;
    double value = NAN;
    const char *grade = "grey";
    bool generated = false, found = false;
    gt_indicators_options_init(&options);
    options.only = in->id;
    options.year = year;
    options.level = *unit == '\0' ? GT_LEVEL_CITY : GT_LEVEL_DISTRICT;
    gt_status st = gt_indicators_run(desk->ctx, desk->store, desk->package, &options, &table);
    for (size_t i = 0; st == GT_OK && i < gt_indicator_table_n_rows(table) && !found; i++) {
        const gt_indicator_row *row = gt_indicator_table_row(table, i);
        found = strcmp(row->unit, unit) == 0;
        if (found) {
            value = row->known ? row->value / in->unit_base : (double)NAN;
            grade = gt_grade_name(row->judgement.grade);
            generated = row->generated;
        }
    }
    if (st == GT_OK) {
        gt_text_printf(o, "{\"year\":%d,\"value\":", year);
        gt_text_json_real(o, value);
        gt_text_printf(o, ",\"grade\":\"%s\",\"generated\":%s}", grade,
                       generated ? "true" : "false");
    }
    gt_indicator_table_free(table);
    return st;
}

gt_status gt_get_trend(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    const gt_indicator *in = NULL;
    const char *unit = gt_request_get(request, "unit");
    int this_year = 0, month = 0, day = 0;
    long from = 0, to = 0;
    gt_date_to_ymd(gt_date_today(), &this_year, &month, &day);
    gt_status st = find_indicator(desk, request->part[1], &in);
    st = st == GT_OK ? must_see(desk, in) : st;
    st =
        st == GT_OK ? gt_read_number(desk, request, "to", YEAR_LOW, YEAR_HIGH, this_year, &to) : st;
    st = st == GT_OK ? gt_read_number(desk, request, "from", YEAR_LOW, to, to - 6, &from) : st;
    if (st == GT_OK && to - from >= YEARS_MAX) {
        st = gt_bad_parameter(desk, "from", gt_request_get(request, "from"), "to - 39 ... to");
    }
    if (st != GT_OK) {
        return st;
    }
    gt_text_puts(o, "{\"indicator\":");
    put_indicator(desk, in, o);
    gt_text_puts(o, ",\"district\":");
    gt_text_json_string(o, unit);
    gt_text_puts(o, ",\n\"targets\":[");
    for (size_t i = 0; i < in->n_targets; i++) {
        const gt_target *t = &in->targets[i];
        gt_text_puts(o, i > 0 ? "," : "");
        put_target(in, t, t->has_value ? t->base : (double)NAN, o);
    }
    gt_text_puts(o, "],\n\"points\":[");
    for (long y = from; st == GT_OK && y <= to; y++) {
        gt_text_puts(o, y > from ? ",\n" : "\n");
        st = put_year(desk, in, unit == NULL ? "" : unit, (int)y, o);
        st = st == GT_OK ? gt_desk_time(desk) : st;
    }
    gt_text_puts(o, "]}\n");
    return st;
}

/* ---- what moved it ----------------------------------------------------------------------------
 */

/* "12" is a revision, "2020-12-31" a day, "now" the newest revision and all of the ledgers. */
static gt_status read_state(gt_desk *desk, const gt_request *request, const char *name,
                            gt_state *out)
{
    const char *text = gt_request_get(request, name);
    int month = 0, day = 0;
    long rev = 0;
    *out = (gt_state){.date = GT_DATE_NONE};
    gt_date_to_ymd(gt_date_today(), &out->year, &month, &day);
    if (text != NULL && strcmp(text, "now") == 0) {
        return GT_OK;
    }
    if (text != NULL && gt_date_parse(text, &out->date)) {
        gt_date_to_ymd(out->date, &out->year, &month, &day);
        return GT_OK;
    }
    if (text == NULL || gt_read_number(desk, request, name, 1, INT32_MAX - 1, 0, &rev) != GT_OK) {
        gt_error_clear(desk->ctx);
        return gt_bad_parameter(desk, name, text == NULL ? "" : text, "REVISION, YYYY-MM-DD, now");
    }
    out->rev = rev;
    return GT_OK;
}

static void put_contribution(gt_desk *desk, const gt_contribution *c, gt_text *o)
{
    bool named = may_name(desk, c);
    const char *const texts[][2] = {{"series", c->series}, {"where", named ? c->where : ""},
                                    {"district", c->unit}, {"before", named ? c->before : ""},
                                    {"sum", c->sum},       {"after", named ? c->after : ""}};
    gt_text_printf(o, "{\"quanta\":%lld,\"revision\":%lld,\"event\":%lld", (long long)c->quanta,
                   (long long)c->revision, named ? (long long)c->event : 0LL);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gt_text_printf(o, ",\"%s\":", texts[i][0]);
        gt_text_json_string(o, texts[i][1]);
    }
    gt_text_putc(o, '}');
}

static void put_explanation(gt_desk *desk, const gt_explanation *e, size_t top, gt_text *o)
{
    int64_t rest = 0;
    gt_text_puts(o, "{\"indicator\":");
    put_indicator(desk, e->indicator, o);
    gt_text_puts(o, ",\"district\":");
    gt_text_json_string(o, *e->unit == '\0' ? NULL : e->unit);
    gt_text_puts(o, ",\"quantum\":");
    gt_text_json_real(o, e->quantum);
    gt_text_puts(o, ",\"before\":");
    gt_text_json_real(o, e->known_before ? (double)e->before * e->quantum : (double)NAN);
    gt_text_puts(o, ",\"after\":");
    gt_text_json_real(o, e->known_after ? (double)e->after * e->quantum : (double)NAN);
    gt_text_printf(o, ",\"quanta\":%lld,\"n\":%zu,\"contributions\":[",
                   (long long)(e->after - e->before), e->n);
    for (size_t i = 0; i < e->n; i++) {
        if (i >= top) {
            rest += e->list[i].quanta;
            continue;
        }
        gt_text_puts(o, i > 0 ? ",\n" : "\n");
        put_contribution(desk, &e->list[i], o);
    }
    gt_text_printf(o, "],\"rest\":%lld}\n", (long long)rest);
}

gt_status gt_get_explanation(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    const gt_indicator *in = NULL;
    gt_explanation *e = NULL;
    gt_state from, to;
    long top = 0;
    gt_status st = find_indicator(desk, request->part[1], &in);
    st = st == GT_OK ? must_see(desk, in) : st;
    st = st == GT_OK ? read_state(desk, request, "from", &from) : st;
    st = st == GT_OK ? read_state(desk, request, "to", &to) : st;
    st = st == GT_OK ? gt_read_number(desk, request, "top", 1, TOP_MAX, TOP, &top) : st;
    st = st == GT_OK ? gt_indicator_explain(desk->ctx, desk->store, desk->package, in->id,
                                            gt_request_get(request, "unit"), &from, &to, &e)
                     : st;
    if (st == GT_OK) {
        put_explanation(desk, e, (size_t)top, &reply->body);
    }
    gt_explanation_free(desk->ctx, e);
    return st;
}
