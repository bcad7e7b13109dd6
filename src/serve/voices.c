#include "serve/voices.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/hash.h"
#include "guotu/ledger.h"
#include "serve/access.h"
#include "serve/figures.h"
#include "serve/messages.h"

enum { RECEIPT_BYTES = 16, RECEIPT = 2 * RECEIPT_BYTES + 1, PAGE = 200 };
static const char receipt_word[] = "receipt ";

static gt_status public_may(gt_desk *desk, const char *ledger, const char *action, bool *may)
{
    gt_book *book = NULL;
    const gt_ask ask = {GT_PUBLIC_ACTOR, ledger, action, NULL, NULL};
    gt_status st = gt_desk_book(desk, &book);
    return st == GT_OK ? gt_actor_may(desk->ctx, book, &ask, NULL, may) : st;
}

/* A ledger in which the public may do that; others are not there for it. */
static gt_status open_ledger(gt_desk *desk, const gt_request *request, const char *action,
                             const gt_ledger **out)
{
    bool may = false;
    *out = gt_package_find_ledger(desk->package, request->part[1]);
    gt_status st = *out == NULL ? GT_OK : public_may(desk, (*out)->id, action, &may);
    return st != GT_OK || may ? st
                              : gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_VOICE, GT_NOWHERE,
                                        GT_ARGS(GT_TEXT("ledger", request->part[1])));
}

gt_status gt_get_voice_ledgers(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    gt_status st = GT_OK;
    size_t n = 0;
    (void)request;
    gt_text_puts(o, "{\"ledgers\":[");
    for (size_t i = 0; st == GT_OK && i < gt_package_n_ledgers(desk->package); i++) {
        const gt_ledger *l = gt_package_ledger(desk->package, i);
        bool may = false;
        st = public_may(desk, l->id, "add", &may);
        if (st == GT_OK && may) {
            gt_text_puts(o, n++ > 0 ? ",{\"id\":" : "{\"id\":");
            gt_text_json_string(o, l->id);
            gt_text_puts(o, ",\"title\":");
            gt_text_json_string(o, gt_desk_title(desk, l->title));
            gt_text_putc(o, '}');
        }
    }
    gt_text_puts(o, "]}\n");
    return st;
}

gt_status gt_get_voice_form(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    const gt_ledger *ledger = NULL;
    gt_status st = open_ledger(desk, request, "add", &ledger);
    return st == GT_OK ? gt_get_ledger(desk, request, reply) : st;
}

/* ---- saying something -------------------------------------------------------------------------
 */

static void digest_of(const char *receipt, char out[GT_HASH_HEX])
{
    unsigned char digest[GT_HASH_BYTES];
    gt_hash h;
    gt_hash_init(&h);
    gt_hash_add_text(&h, receipt_word);
    gt_hash_add_text(&h, receipt);
    gt_hash_final(&h, digest);
    gt_hash_hex(digest, out);
}

typedef struct photo {
    unsigned char *data; /* arena */
    size_t len;
    const char *name;
} photo;

static gt_status bad(gt_desk *desk, const char *what)
{
    return gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_BODY, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("reason", what)));
}

static gt_status read_photo(gt_desk *desk, const json_t *given, photo *out)
{
    const char *text = json_string_value(given);
    size_t len = json_string_length(given);
    if (given == NULL || json_is_null(given)) {
        return GT_OK;
    }
    out->data = gt_arena_alloc(desk->arena, len + 1, 1);
    if (out->data == NULL) {
        return GT_E_MEMORY;
    }
    bool read = text != NULL && sodium_base642bin(out->data, len, text, len, "\r\n", &out->len,
                                                  NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
    bool jpeg = read && out->len > 3 && memcmp(out->data, "\xff\xd8\xff", 3) == 0;
    bool png = read && out->len > 8 && memcmp(out->data, "\x89PNG\r\n\x1a\n", 8) == 0;
    out->name = jpeg ? "photo.jpg" : "photo.png";
    return jpeg || png ? GT_OK : bad(desk, "photo: base64, JPEG / PNG");
}

typedef struct saying {
    const gt_ledger *ledger;
    gt_entry_set set;
    gt_geom place;
    photo picture;
    const char *id;
} saying;

static gt_status keep(gt_desk *desk, gt_book *book, saying *s, char receipt[RECEIPT])
{
    unsigned char bytes[RECEIPT_BYTES];
    char digest[GT_HASH_HEX], reason[GT_HASH_HEX + sizeof receipt_word];
    gt_act act;
    randombytes_buf(bytes, sizeof bytes);
    (void)sodium_bin2hex(receipt, RECEIPT, bytes, sizeof bytes);
    digest_of(receipt, digest);
    (void)snprintf(reason, sizeof reason, "%s%s", receipt_word, digest);
    gt_act_init(&act, GT_PUBLIC_ACTOR);
    act.reason = reason;
    s->set.place = s->place.n_points > 0 ? &s->place : NULL;
    gt_status st = gt_ledger_add(desk->ctx, book, desk->package, s->ledger, &act, &s->set,
                                 desk->arena, &s->id);
    if (st == GT_OK && s->picture.data != NULL) {
        gt_act again;
        gt_act_init(&again, GT_PUBLIC_ACTOR);
        const gt_attach attach = {.ledger = s->ledger,
                                  .act = &again,
                                  .record = s->id,
                                  .kind = "photo",
                                  .name = s->picture.name,
                                  .data = (const char *)s->picture.data,
                                  .len = s->picture.len};
        st = gt_attach_bytes(desk, book, &attach);
    }
    return st;
}

gt_status gt_post_voice(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_book *book = NULL;
    json_t *body = NULL;
    saying s = {0};
    char receipt[RECEIPT] = "";
    const char *unit = "";
    bool may = true;
    gt_geom_init(&s.place);
    gt_entry_set_init(&s.set);
    if (!gt_rate_take(desk->voices, request->client == NULL ? "" : request->client, gt_clock())) {
        return gt_fail(desk->ctx, GT_E_LIMIT, &GT_MSG_SERVE_RATE, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_status st = open_ledger(desk, request, "add", &s.ledger);
    st = st == GT_OK ? gt_desk_book(desk, &book) : st;
    st = st == GT_OK ? gt_read_json(desk, request, &body) : st;
    st = st == GT_OK ? gt_read_fields(desk, json_object_get(body, "fields"), &s.set) : st;
    st = st == GT_OK ? gt_read_text(desk, body, "unit", false, &unit) : st;
    s.set.unit = *unit == '\0' ? NULL : unit;
    const json_t *place = json_object_get(body, "place");
    st = st == GT_OK && place != NULL ? gt_read_place(desk, place, &s.place) : st;
    st = st == GT_OK ? read_photo(desk, json_object_get(body, "photo"), &s.picture) : st;
    if (st == GT_OK && s.picture.data != NULL) { /* before anything is kept */
        st = public_may(desk, s.ledger->id, "attach", &may);
        st = st == GT_OK && !may ? bad(desk, "photo") : st;
    }
    st = st == GT_OK ? keep(desk, book, &s, receipt) : st;
    json_decref(body);
    gt_geom_free(desk->ctx, &s.place);
    if (st == GT_OK) {
        reply->status = 201;
        reply->cache = "no-store";
        gt_text_puts(&reply->body, "{\"id\":");
        gt_text_json_string(&reply->body, s.id);
        gt_text_printf(&reply->body, ",\"receipt\":\"%s\"}\n", receipt);
    }
    return st;
}

/* ---- hearing the answer -----------------------------------------------------------------------
 */

static void put_day(const char *name, gt_date day, gt_text *o)
{
    char text[GT_DATE_TEXT];
    gt_date_format(day, text);
    gt_text_printf(o, ",\"%s\":\"%s\"", name, text);
}

/* What is told of a record: nothing of who dealt with it. */
static gt_status put_voice(gt_desk *desk, const gt_ledger *l, const gt_entry *e, gt_text *o)
{
    gt_transform *transform = NULL;
    gt_geom geom;
    gt_status st = GT_OK;
    gt_geom_init(&geom);
    gt_text_puts(o, "{\"id\":");
    gt_text_json_string(o, e->id);
    gt_text_puts(o, ",\"state\":");
    gt_text_json_string(o, e->state);
    for (size_t i = 0; i < l->n_states; i++) {
        if (strcmp(l->states[i].id, e->state) == 0) {
            gt_text_puts(o, ",\"stateTitle\":");
            gt_text_json_string(o, gt_desk_title(desk, l->states[i].title));
        }
    }
    gt_text_puts(o, ",\"unit\":");
    gt_text_json_string(o, e->unit);
    put_day("opened", e->opened, o);
    put_day("changed", e->changed, o);
    gt_text_printf(o, ",\"fields\":%s,\"place\":", e->fields == NULL ? "{}" : e->fields);
    if (e->blob == NULL) {
        gt_text_puts(o, "null}");
        return GT_OK;
    }
    st = gt_geom_from_gpkg(desk->ctx, e->blob, e->blob_len, NULL, &geom);
    st = st == GT_OK ? gt_desk_out(desk, GT_CRS84, &transform) : st;
    st = st == GT_OK ? gt_transform_points(desk->ctx, transform, geom.xy, geom.n_points) : st;
    if (st == GT_OK) {
        gt_geom_to_geojson(&geom, 7, o);
        gt_text_putc(o, '}');
    }
    gt_geom_free(desk->ctx, &geom);
    return st;
}

typedef struct listing {
    gt_desk *desk;
    const gt_ledger *ledger;
    gt_text *out;
    size_t n;
    gt_status st;
} listing;

static bool put_listed(void *user, const gt_entry *e)
{
    listing *l = user;
    gt_text_puts(l->out, l->n++ > 0 ? ",\n" : "\n");
    l->st = put_voice(l->desk, l->ledger, e, l->out);
    return l->st == GT_OK && l->n < PAGE;
}

gt_status gt_get_voices(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_book *book = NULL;
    gt_entry_query query;
    listing l = {.desk = desk, .out = &reply->body};
    gt_status st = open_ledger(desk, request, "read", &l.ledger);
    st = st == GT_OK ? gt_desk_book(desk, &book) : st;
    gt_text_puts(l.out, "{\"records\":[");
    if (st == GT_OK) {
        gt_entry_query_init(&query, l.ledger->id);
        query.state = "published";
        query.after = gt_request_get(request, "after");
        query.limit = PAGE;
        st = gt_ledger_each(desk->ctx, book, &query, put_listed, &l);
    }
    gt_text_puts(l.out, "]}\n");
    return st == GT_OK ? l.st : st;
}

typedef struct proof {
    char wanted[GT_HASH_HEX + sizeof receipt_word];
    bool good;
} proof;

static bool look_at_first(void *user, const gt_event *e)
{
    proof *p = user;
    json_t *body = e->body == NULL ? NULL : json_loads(e->body, 0, NULL);
    const char *reason = json_string_value(json_object_get(body, "reason"));
    p->good = strcmp(e->actor, GT_PUBLIC_ACTOR) == 0 && strcmp(e->action, "add") == 0 &&
              gt_secret_equal(p->wanted, reason);
    json_decref(body);
    return false;
}

/* Without the right receipt there is no such record: numbers tell nothing. */
gt_status gt_get_voice(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_book *book = NULL;
    const gt_ledger *ledger = NULL;
    gt_entry e;
    proof p = {.good = false};
    char digest[GT_HASH_HEX];
    const char *id = request->part[3], *receipt = gt_request_get(request, "receipt");
    digest_of(receipt == NULL ? "" : receipt, digest);
    (void)snprintf(p.wanted, sizeof p.wanted, "%s%s", receipt_word, digest);
    reply->cache = "no-store";
    gt_status st = open_ledger(desk, request, "add", &ledger);
    st = st == GT_OK ? gt_desk_book(desk, &book) : st;
    st = st == GT_OK && receipt != NULL
             ? gt_event_each(desk->ctx, book, ledger->id, id, 0, 1, look_at_first, &p)
             : st;
    if (st == GT_OK && !p.good) {
        st = gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_RECEIPT, GT_NOWHERE, GT_NO_ARGS);
    }
    st = st == GT_OK ? gt_ledger_get(desk->ctx, book, ledger->id, id, desk->arena, &e) : st;
    st = st == GT_OK ? put_voice(desk, ledger, &e, &reply->body) : st;
    gt_text_putc(&reply->body, '\n');
    return st;
}
