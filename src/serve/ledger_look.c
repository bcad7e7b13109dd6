/* What a ledger is, where a record may go next, and the accounts: what the forms are made from. */
#include <string.h>

#include "serve/access.h"
#include "serve/figures.h"
#include "serve/messages.h"

static void put_title(gt_desk *desk, const char *name, gt_title title, gt_text *o)
{
    gt_text_printf(o, ",\"%s\":", name);
    gt_text_json_string(o, gt_desk_title(desk, title));
}

static void put_list(const char *name, const char *const *list, gt_text *o)
{
    gt_text_printf(o, ",\"%s\":[", name);
    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, list[i]);
    }
    gt_text_puts(o, "]");
}

static const char *type_name(gt_field_type type)
{
    switch (type) {
    case GT_FIELD_TEXT:
        return "text";
    case GT_FIELD_INT:
        return "integer";
    case GT_FIELD_REAL:
        return "number";
    case GT_FIELD_BOOL:
        return "boolean";
    case GT_FIELD_DATE:
        return "date";
    }
    return "";
}

static void put_field(gt_desk *desk, const gt_field *f, gt_text *o)
{
    gt_text_puts(o, "{\"name\":");
    gt_text_json_string(o, f->name);
    put_title(desk, "title", f->title, o);
    gt_text_puts(o, ",\"unit\":");
    gt_text_json_string(o, f->unit);
    gt_text_printf(o, ",\"type\":\"%s\",\"required\":%s,\"length\":%d,\"codes\":[",
                   type_name(f->type), f->required ? "true" : "false", f->max_length);
    for (size_t c = 0; f->codes != NULL && c < f->codes->n_codes; c++) {
        gt_text_puts(o, c > 0 ? ",[" : "[");
        gt_text_json_string(o, f->codes->codes[c].code);
        gt_text_putc(o, ',');
        gt_text_json_string(o, gt_desk_title(desk, f->codes->codes[c].title));
        gt_text_putc(o, ']');
    }
    gt_text_puts(o, "]");
    if (f->has_min) {
        gt_text_puts(o, ",\"min\":");
        gt_text_json_real(o, f->min);
    }
    if (f->has_max) {
        gt_text_puts(o, ",\"max\":");
        gt_text_json_real(o, f->max);
    }
    gt_text_puts(o, "}");
}

static void put_move(gt_desk *desk, const gt_ledger_transition *m, gt_text *o)
{
    gt_text_puts(o, "{\"id\":");
    gt_text_json_string(o, m->id);
    put_title(desk, "title", m->title, o);
    put_list("from", m->from, o);
    gt_text_puts(o, ",\"to\":");
    gt_text_json_string(o, m->to);
    put_list("who", m->who, o);
    put_list("evidence", m->evidence, o);
    put_list("rules", m->rules, o);
    gt_text_puts(o, ",\"when\":");
    gt_text_json_string(o, m->when);
}

static const char *place_name(gt_geom_type type)
{
    return type == GT_POLYGON      ? "polygon"
           : type == GT_POINT      ? "point"
           : type == GT_LINESTRING ? "line"
                                   : NULL;
}

static void put_states(gt_desk *desk, const gt_ledger *l, gt_text *o)
{
    gt_text_puts(o, ",\n\"states\":[");
    for (size_t i = 0; i < l->n_states; i++) {
        gt_text_puts(o, i > 0 ? ",{\"id\":" : "{\"id\":");
        gt_text_json_string(o, l->states[i].id);
        put_title(desk, "title", l->states[i].title, o);
        gt_text_printf(o, ",\"days\":%d,\"final\":%s}", l->states[i].within_days,
                       l->states[i].final ? "true" : "false");
    }
    gt_text_puts(o, "]");
}

gt_status gt_get_ledger(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    const gt_ledger *l = NULL;
    gt_text *o = &reply->body;
    gt_status st = gt_ledger_find(desk->ctx, desk->package, request->part[1], &l);
    if (st != GT_OK || gt_desk_unchanged(desk, request, 0, reply)) {
        return st;
    }
    gt_text_puts(o, "{\"id\":");
    gt_text_json_string(o, l->id);
    put_title(desk, "title", l->title, o);
    put_title(desk, "note", l->note, o);
    put_list("clauses", l->clauses, o);
    put_list("who", l->who, o);
    gt_text_puts(o, ",\"place\":");
    gt_text_json_string(o, place_name(l->place));
    gt_text_printf(o, ",\"placeRequired\":%s,\n\"fields\":[", l->place_required ? "true" : "false");
    for (size_t i = 0; i < l->n_fields; i++) {
        gt_text_puts(o, i > 0 ? ",\n" : "");
        put_field(desk, &l->fields[i], o);
    }
    gt_text_puts(o, "]");
    put_states(desk, l, o);
    gt_text_puts(o, ",\n\"moves\":[");
    for (size_t i = 0; i < l->n_moves; i++) {
        gt_text_puts(o, i > 0 ? ",\n" : "");
        put_move(desk, &l->moves[i], o);
        gt_text_puts(o, "}");
    }
    gt_text_puts(o, "],\n\"balances\":[");
    for (size_t i = 0; i < l->n_balances; i++) {
        gt_text_puts(o, i > 0 ? ",{\"id\":" : "{\"id\":");
        gt_text_json_string(o, l->balances[i].id);
        put_title(desk, "title", l->balances[i].title, o);
        gt_text_puts(o, "}");
    }
    gt_text_puts(o, "]}\n");
    return gt_text_status(o);
}

/* ---- where a record may go --------------------------------------------------------------------
 */

static bool leads_from(const gt_ledger_transition *m, const char *state)
{
    for (size_t i = 0; m->from[i] != NULL; i++) {
        if (strcmp(m->from[i], state) == 0) {
            return true;
        }
    }
    return false;
}

static gt_status put_place(gt_desk *desk, const gt_entry *e, gt_text *o)
{
    gt_feature f;
    gt_geom geom;
    memset(&f, 0, sizeof f);
    f.blob = e->blob;
    f.blob_len = e->blob_len;
    gt_geom_init(&geom);
    gt_text_puts(o, ",\"place\":");
    gt_status st = gt_desk_geometry(desk, &f, GT_CRS84, &geom, o);
    gt_geom_free(desk->ctx, &geom);
    return st;
}

gt_status gt_put_prospects(gt_desk *desk, gt_book *book, const gt_ledger *ledger, const gt_entry *e,
                           gt_text *out)
{
    size_t n = 0;
    gt_status st = put_place(desk, e, out);
    gt_text_puts(out, ",\n\"moves\":[");
    for (size_t i = 0; st == GT_OK && i < ledger->n_moves; i++) {
        const gt_ledger_transition *m = &ledger->moves[i];
        bool may = false;
        if (!leads_from(m, e->state)) {
            continue;
        }
        const gt_ask ask = {desk->who.id, ledger->id, m->id, e->unit,
                            m->who != NULL && m->who[0] != NULL ? m->who : NULL};
        st = gt_actor_may(desk->ctx, book, &ask, NULL, &may);
        gt_text_puts(out, n++ > 0 ? ",\n" : "");
        put_move(desk, m, out);
        gt_text_printf(out, ",\"may\":%s}", may ? "true" : "false");
    }
    gt_text_puts(out, "]");
    return st;
}

/* ---- accounts ---------------------------------------------------------------------------------
 */

static void put_m2(gt_text *o, const char *name, int64_t hundredths)
{
    gt_text_printf(o, ",\"%s\":", name);
    gt_text_json_real(o, (double)hundredths / 100);
}

static void put_line(const gt_balance_line *l, gt_text *o)
{
    gt_text_puts(o, "{\"unit\":");
    gt_text_json_string(o, l->unit);
    put_m2(o, "openingM2", l->opening);
    put_m2(o, "inM2", l->in);
    put_m2(o, "outM2", l->out);
    put_m2(o, "closingM2", l->closing);
    gt_text_printf(o, ",\"rows\":%lld}", (long long)l->rows);
}

static void put_broken(gt_desk *desk, const gt_balance_result *r, gt_text *o)
{
    gt_text_puts(o, ",\n\"broken\":[");
    for (size_t i = 0; i < r->n_broken; i++) {
        const gt_balance_broken *b = &r->broken[i];
        const gt_title own = {"账户自身的平衡检验", "the account's own test"};
        gt_text_puts(o, i > 0 ? ",{\"unit\":" : "{\"unit\":");
        gt_text_json_string(o, *b->unit == '\0' ? NULL : b->unit);
        put_title(desk, "title", b->must == NULL ? own : b->must->title, o);
        gt_text_puts(o, ",\"clause\":");
        gt_text_json_string(o, b->must == NULL ? NULL : b->must->clause);
        gt_text_printf(o, ",\"open\":%s}", b->open ? "true" : "false");
    }
    gt_text_puts(o, "]");
}

static void put_faults(const gt_balance_result *r, gt_text *o)
{
    static const char *const kinds[] = {"sum", "amount", "place", "stated"};
    gt_text_puts(o, ",\n\"faults\":[");
    for (size_t i = 0; i < r->n_faults; i++) {
        const gt_balance_fault *f = &r->faults[i];
        gt_text_printf(o, "%s{\"kind\":\"%s\",\"ledger\":", i > 0 ? "," : "", kinds[f->kind]);
        gt_text_json_string(o, f->ledger);
        gt_text_puts(o, ",\"record\":");
        gt_text_json_string(o, f->record);
        gt_text_puts(o, ",\"unit\":");
        gt_text_json_string(o, f->unit);
        put_m2(o, "postedM2", f->posted);
        put_m2(o, "foundM2", f->found);
        gt_text_puts(o, "}");
    }
    gt_text_puts(o, "]");
}

/* Which ledger declares a balance; NULL: none. */
static const gt_ledger *owner_of(const gt_package *package, const char *balance)
{
    for (size_t i = 0; i < gt_package_n_ledgers(package); i++) {
        const gt_ledger *l = gt_package_ledger(package, i);
        for (size_t k = 0; k < l->n_balances; k++) {
            if (strcmp(l->balances[k].id, balance) == 0) {
                return l;
            }
        }
    }
    return NULL;
}

/* The whole account needs the right to read the ledger everywhere. */
gt_status gt_get_balance(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    gt_book *book = NULL;
    gt_balance_result r;
    long year = 0;
    int this_year = 0, month = 0, day = 0;
    const gt_ledger *owner = owner_of(desk->package, request->part[1]);
    gt_date_to_ymd(gt_date_today(), &this_year, &month, &day);
    gt_status st = gt_read_number(desk, request, "year", 1900, 2100, this_year, &year);
    st = st == GT_OK ? gt_desk_book(desk, &book) : st;
    st = st == GT_OK && owner != NULL ? gt_access_must(desk, owner->id, "read", "*") : st;
    st = st == GT_OK ? gt_balance_of(desk->ctx, book, desk->package, request->part[1], (int)year,
                                     desk->arena, &r)
                     : st;
    if (st != GT_OK) {
        return st;
    }
    reply->cache = "no-store";
    gt_text_puts(o, "{\"id\":");
    gt_text_json_string(o, r.balance->id);
    put_title(desk, "title", r.balance->title, o);
    put_list("clauses", r.balance->clauses, o);
    gt_text_printf(o, ",\"year\":%ld,\"met\":%s,\n\"lines\":[", year, r.met ? "true" : "false");
    for (size_t i = 0; i < r.n_lines; i++) {
        gt_text_puts(o, i > 0 ? ",\n" : "");
        put_line(&r.lines[i], o);
    }
    gt_text_puts(o, "],\n\"total\":");
    put_line(&r.total, o);
    put_broken(desk, &r, o);
    put_faults(&r, o);
    gt_text_puts(o, "}\n");
    return st;
}
