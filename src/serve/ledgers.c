/* Ledgers over HTTP: what a grant lets somebody read in his district, and moves with a reason. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/ledger.h"
#include "serve/access.h"
#include "serve/figures.h"
#include "serve/messages.h"

enum { PAGE = 100, PAGE_MAX = 1000 };

static void put_title(gt_desk *desk, const char *name, gt_title title, gt_text *o)
{
    gt_text_printf(o, ",\"%s\":", name);
    gt_text_json_string(o, gt_desk_title(desk, title));
}

/* How many records, of all districts: the books keep these counts, and they name nobody. */
static gt_status put_counts(gt_desk *desk, gt_book *book, const gt_ledger *l, gt_text *o)
{
    gt_entry_query query;
    int64_t all = 0, open = 0;
    gt_entry_query_init(&query, l->id);
    gt_status st = gt_entry_count(desk->ctx, book, &query, &all);
    query.open_only = true;
    st = st == GT_OK ? gt_entry_count(desk->ctx, book, &query, &open) : st;
    gt_text_printf(o, ",\"records\":%lld,\"open\":%lld,\"balances\":[", (long long)all,
                   (long long)open);
    for (size_t i = 0; i < l->n_balances; i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, l->balances[i].id);
    }
    gt_text_puts(o, "],\"clauses\":[");
    for (size_t i = 0; l->clauses != NULL && l->clauses[i] != NULL; i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, l->clauses[i]);
    }
    gt_text_puts(o, "]");
    return st;
}

gt_status gt_get_ledgers(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    gt_book *book = NULL;
    (void)request;
    reply->cache = "no-store";
    gt_text_puts(o, "{\"ledgers\":[");
    gt_status st = gt_desk_book(desk, &book);
    for (size_t i = 0; st == GT_OK && i < gt_package_n_ledgers(desk->package); i++) {
        const gt_ledger *l = gt_package_ledger(desk->package, i);
        gt_text_puts(o, i > 0 ? ",\n{\"id\":" : "\n{\"id\":");
        gt_text_json_string(o, l->id);
        put_title(desk, "title", l->title, o);
        gt_text_puts(o, ",\"states\":[");
        for (size_t k = 0; k < l->n_states; k++) {
            gt_text_puts(o, k > 0 ? ",{\"id\":" : "{\"id\":");
            gt_text_json_string(o, l->states[k].id);
            put_title(desk, "title", l->states[k].title, o);
            gt_text_puts(o, "}");
        }
        gt_text_puts(o, "]");
        st = put_counts(desk, book, l, o);
        gt_text_puts(o, "}");
    }
    gt_text_puts(o, "]}\n");
    return st == GT_OK ? gt_text_status(o) : st;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static void put_record(const gt_entry *e, gt_text *o)
{
    char due[GT_DATE_TEXT];
    const char *const texts[][2] = {{"ledger", e->ledger},
                                    {"id", e->id},
                                    {"state", e->state},
                                    {"unit", e->unit},
                                    {"body", e->body}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gt_text_printf(o, "%s\"%s\":", i > 0 ? "," : "{", texts[i][0]);
        gt_text_json_string(o, texts[i][1]);
    }
    gt_text_printf(o, ",\"version\":%lld,\"closed\":%s,\"generated\":%s", (long long)e->version,
                   e->closed ? "true" : "false", e->generated ? "true" : "false");
    if (e->year != 0) {
        gt_text_printf(o, ",\"year\":%d", e->year);
    }
    if (e->due != GT_DATE_NONE) {
        gt_date_format(e->due, due);
        gt_text_printf(o, ",\"due\":\"%s\"", due);
    }
    if (e->has_area) {
        gt_text_puts(o, ",\"areaM2\":");
        gt_text_json_real(o, (double)e->area / 100);
    }
    gt_text_printf(o, ",\"fields\":%s", e->fields == NULL ? "{}" : e->fields);
}

/* A page of the records that the asker may read: rights are asked once a unit and page. */
typedef struct page {
    gt_desk *desk;
    gt_book *book;
    const char *ledger;
    gt_text *out;
    size_t limit, n, seen;
    char unit[128]; /* last asked */
    bool asked, may;
    const char *last; /* arena: of a full page */
    gt_status st;
} page;

static bool put_if_may(void *user, const gt_entry *e)
{
    page *p = user;
    gt_ctx *ctx = p->desk->ctx;
    p->seen++;
    if (!p->asked || strcmp(p->unit, e->unit) != 0) {
        const gt_ask ask = {p->desk->who.id, p->ledger, "read", e->unit, NULL};
        p->st = gt_actor_may(ctx, p->book, &ask, NULL, &p->may);
        (void)snprintf(p->unit, sizeof p->unit, "%s", e->unit);
        p->asked = strlen(e->unit) < sizeof p->unit;
    }
    p->st = p->st == GT_OK ? gt_desk_time(p->desk) : p->st;
    if (p->st == GT_OK && p->may) {
        gt_text_puts(p->out, p->n++ > 0 ? ",\n" : "\n");
        put_record(e, p->out);
        gt_text_puts(p->out, "}");
        p->last = p->n == p->limit ? gt_arena_strdup(p->desk->arena, e->id) : NULL;
    }
    return p->st == GT_OK && p->n < p->limit;
}

gt_status gt_get_records(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    const gt_ledger *ledger = NULL;
    const char *limit = gt_request_get(request, "limit");
    const char *year = gt_request_get(request, "year");
    gt_entry_query query;
    page p = {.desk = desk, .out = &reply->body, .limit = PAGE};
    gt_status st = gt_ledger_find(desk->ctx, desk->package, request->part[1], &ledger);
    st = st == GT_OK ? gt_desk_book(desk, &p.book) : st;
    if (st != GT_OK) {
        return st;
    }
    if (limit != NULL) {
        long n = strtol(limit, NULL, 10);
        p.limit = n < 1 ? 1 : n > PAGE_MAX ? PAGE_MAX : (size_t)n;
    }
    p.ledger = ledger->id;
    gt_entry_query_init(&query, ledger->id);
    query.unit = gt_request_get(request, "unit");
    query.state = gt_request_get(request, "state");
    query.after = gt_request_get(request, "after");
    query.year = year == NULL ? 0 : (int)strtol(year, NULL, 10);
    query.limit = SIZE_MAX / 4;
    st = query.unit != NULL ? gt_access_must(desk, ledger->id, "read", query.unit) : GT_OK;
    reply->cache = "no-store";
    gt_text_puts(p.out, "{\"records\":[");
    st = st == GT_OK ? gt_ledger_each(desk->ctx, p.book, &query, put_if_may, &p) : st;
    st = st == GT_OK ? p.st : st;
    gt_text_puts(p.out, "]");
    if (p.last != NULL) {
        gt_text_puts(p.out, ",\"after\":");
        gt_text_json_string(p.out, p.last);
    }
    gt_text_puts(p.out, "}\n");
    return st;
}

static bool put_event(void *user, const gt_event *e)
{
    gt_text *o = user;
    char when[GT_TIME_TEXT];
    gt_time_format(e->time_ms, when);
    gt_text_printf(o, "%s{\"n\":%lld,\"time\":\"%s\",\"actor\":", e->n > 1 ? "," : "",
                   (long long)e->n, when);
    gt_text_json_string(o, e->actor);
    gt_text_puts(o, ",\"action\":");
    gt_text_json_string(o, e->action);
    gt_text_puts(o, ",\"to\":");
    gt_text_json_string(o, e->to);
    gt_text_printf(o, ",\"body\":%s}", e->body == NULL || *e->body == '\0' ? "{}" : e->body);
    return true;
}

gt_status gt_find_record(gt_desk *desk, const gt_request *request, gt_book **book,
                         const gt_ledger **ledger, gt_entry *out)
{
    gt_status st = gt_ledger_find(desk->ctx, desk->package, request->part[1], ledger);
    st = st == GT_OK ? gt_desk_book(desk, book) : st;
    st = st == GT_OK
             ? gt_ledger_get(desk->ctx, *book, (*ledger)->id, request->part[3], desk->arena, out)
             : st;
    return st == GT_OK ? gt_access_must(desk, (*ledger)->id, "read", out->unit) : st;
}

gt_status gt_put_record(gt_desk *desk, gt_book *book, const gt_ledger *ledger, const char *id,
                        gt_reply *reply)
{
    gt_entry e;
    gt_status st = gt_ledger_get(desk->ctx, book, ledger->id, id, desk->arena, &e);
    if (st == GT_OK) {
        put_record(&e, &reply->body);
        st = gt_put_prospects(desk, book, ledger, &e, &reply->body);
        gt_text_puts(&reply->body, ",\n\"events\":[");
        st = st != GT_OK ? st
                         : gt_event_each(desk->ctx, book, ledger->id, id, 0, PAGE_MAX, put_event,
                                         &reply->body);
        gt_text_puts(&reply->body, "]}\n");
        (void)snprintf(reply->etag, sizeof reply->etag, "\"%lld\"", (long long)e.version);
    }
    reply->cache = "no-store";
    return st;
}

gt_status gt_get_record(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_book *book = NULL;
    const gt_ledger *ledger = NULL;
    gt_entry e;
    gt_status st = gt_find_record(desk, request, &book, &ledger, &e);
    return st == GT_OK ? gt_put_record(desk, book, ledger, e.id, reply) : st;
}

/* ---- writing ----------------------------------------------------------------------------------
 */

/* Who and why; every write says both. */
static gt_status read_act(gt_desk *desk, const json_t *body, gt_act *out)
{
    gt_act_init(out, desk->who.id);
    out->expect = json_integer_value(json_object_get(body, "version"));
    return gt_read_text(desk, body, "reason", true, &out->reason);
}

gt_status gt_post_move(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_book *book = NULL;
    const gt_ledger *ledger = NULL;
    gt_entry e;
    gt_act act;
    json_t *body = NULL;
    const char *move = "";
    gt_status st = gt_find_record(desk, request, &book, &ledger, &e);
    st = st == GT_OK ? gt_read_json(desk, request, &body) : st;
    st = st == GT_OK ? read_act(desk, body, &act) : st;
    st = st == GT_OK ? gt_read_text(desk, body, "move", true, &move) : st;
    st =
        st == GT_OK ? gt_ledger_move(desk->ctx, book, desk->package, ledger, &act, e.id, move) : st;
    json_decref(body);
    return st == GT_OK ? gt_put_record(desk, book, ledger, e.id, reply) : st;
}

gt_status gt_read_fields(gt_desk *desk, json_t *fields, gt_entry_set *set)
{
    const char *name = NULL;
    json_t *value = NULL;
    size_t n = json_object_size(fields);
    gt_field_text *list = gt_arena_zalloc(desk->arena, n + 1, sizeof *list);
    if (list == NULL) {
        return GT_E_MEMORY;
    }
    json_object_foreach(fields, name, value)
    {
        char *dumped = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
        const char *text = dumped == NULL ? json_string_value(value) : dumped;
        gt_field_text *f = &list[set->n_fields++];
        f->name = gt_arena_strdup(desk->arena, name);
        f->value = gt_arena_strdup(desk->arena, text == NULL ? "" : text);
        free(dumped);
        if (f->name == NULL || f->value == NULL) {
            return GT_E_MEMORY;
        }
    }
    set->fields = list;
    return GT_OK;
}

gt_status gt_read_place(gt_desk *desk, const json_t *place, gt_geom *geom)
{
    gt_transform *transform = NULL;
    char *text = json_dumps(place, JSON_COMPACT);
    gt_status st =
        text == NULL ? GT_E_MEMORY : gt_geom_from_geojson(desk->ctx, text, strlen(text), geom);
    free(text);
    st = st == GT_OK ? gt_desk_in(desk, GT_CRS84, &transform) : st;
    return st == GT_OK ? gt_transform_points(desk->ctx, transform, geom->xy, geom->n_points) : st;
}

gt_status gt_post_record(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_book *book = NULL;
    const gt_ledger *ledger = NULL;
    gt_act act;
    gt_entry_set set;
    gt_geom geom;
    json_t *body = NULL;
    const char *id = NULL, *unit = "", *of = "";
    gt_geom_init(&geom);
    gt_entry_set_init(&set);
    gt_status st = gt_ledger_find(desk->ctx, desk->package, request->part[1], &ledger);
    st = st == GT_OK ? gt_desk_book(desk, &book) : st;
    st = st == GT_OK ? gt_read_json(desk, request, &body) : st;
    st = st == GT_OK ? read_act(desk, body, &act) : st;
    st = st == GT_OK ? gt_read_text(desk, body, "unit", false, &unit) : st;
    st = st == GT_OK ? gt_read_text(desk, body, "body", false, &of) : st;
    st = st == GT_OK ? gt_read_fields(desk, json_object_get(body, "fields"), &set) : st;
    const json_t *place = json_object_get(body, "place");
    st = st == GT_OK && place != NULL ? gt_read_place(desk, place, &geom) : st;
    if (st == GT_OK) {
        set.unit = *unit == '\0' ? NULL : unit;
        set.body = *of == '\0' ? NULL : of;
        set.place = geom.n_points > 0 ? &geom : NULL;
        st = gt_ledger_add(desk->ctx, book, desk->package, ledger, &act, &set, desk->arena, &id);
    }
    json_decref(body);
    gt_geom_free(desk->ctx, &geom);
    reply->status = st == GT_OK ? 201 : reply->status;
    return st == GT_OK ? gt_put_record(desk, book, ledger, id, reply) : st;
}

/* Changes what is stated in a record that is not closed. */
gt_status gt_change_record(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_book *book = NULL;
    const gt_ledger *ledger = NULL;
    gt_entry e;
    gt_act act;
    gt_entry_set set;
    json_t *body = NULL;
    const char *unit = "", *of = "";
    gt_entry_set_init(&set);
    gt_status st = gt_find_record(desk, request, &book, &ledger, &e);
    st = st == GT_OK ? gt_read_json(desk, request, &body) : st;
    st = st == GT_OK ? read_act(desk, body, &act) : st;
    st = st == GT_OK ? gt_read_text(desk, body, "unit", false, &unit) : st;
    st = st == GT_OK ? gt_read_text(desk, body, "body", false, &of) : st;
    st = st == GT_OK ? gt_read_fields(desk, json_object_get(body, "fields"), &set) : st;
    if (st == GT_OK) {
        set.unit = *unit == '\0' ? NULL : unit;
        set.body = *of == '\0' ? NULL : of;
        st = gt_ledger_set(desk->ctx, book, desk->package, ledger, &act, e.id, &set);
    }
    json_decref(body);
    return st == GT_OK ? gt_put_record(desk, book, ledger, e.id, reply) : st;
}
