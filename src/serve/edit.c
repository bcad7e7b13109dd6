/* OGC API Features, part 4: features made, replaced, updated and deleted; several at once by
 * POST /transactions. */
#include "serve/edit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/area.h"
#include "serve/access.h"
#include "serve/messages.h"
#include "store/messages.h"

enum { TRIES = 8 };
static const double STEP_M = 70; /* of survey areas, as the store's own */

static gt_status bad(gt_desk *desk, const char *what)
{
    return gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_BODY, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("reason", what)));
}

static const char *change_name(gt_change change)
{
    static const char *const names[] = {"create", "replace", "update", "delete"};
    return names[change];
}

/* ---- the commit -------------------------------------------------------------------------------
 */

static gt_status put(const gt_edits *all, gt_edit *e, gt_store *store, gt_commit *c)
{
    gt_ctx *ctx = all->desk->ctx;
    if (e->values == NULL) {
        return gt_commit_delete(ctx, c, e->layer, e->id, all->date);
    }
    gt_status st = gt_geom_to_gpkg(ctx, &e->geom, gt_store_srs_id(store), &e->blob, &e->cap_blob,
                                   &e->len_blob);
    const gt_feature f = {.id = e->id,
                          .valid_from = all->date,
                          .valid_to = GT_DATE_NONE,
                          .blob = e->blob,
                          .blob_len = e->len_blob,
                          .box = gt_geom_box(&e->geom),
                          .values = e->values,
                          .n_values = e->info.standard->n_fields};
    return st == GT_OK ? gt_commit_put(ctx, c, e->layer, &f, NAN) : st;
}

static gt_status commit(gt_edits *all, gt_store *store)
{
    gt_ctx *ctx = all->desk->ctx;
    gt_commit *c = NULL;
    char message[512];
    const gt_edit *first = &all->list[0];
    const char *by = all->override ? "; rules overridden" : "";
    if (all->n == 1) {
        (void)snprintf(message, sizeof message, "%s %.100s/%.200s (OGC API Features%s)",
                       change_name(first->change), first->layer, first->id, by);
    } else {
        (void)snprintf(message, sizeof message, "%zu changes, %.100s and more (transaction%s)",
                       all->n, first->layer, by);
    }
    const gt_commit_info info = {.author = all->desk->who.id,
                                 .message = message,
                                 .reason = all->reason,
                                 .expect_revision = gt_store_revision(store)};
    gt_status st = gt_commit_begin(ctx, store, &info, &c);
    if (st != GT_OK) {
        return st;
    }
    /* what goes first: another may take its id or its place */
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; st == GT_OK && i < all->n; i++) {
            bool goes = all->list[i].values == NULL;
            st = goes == (turn == 0) ? put(all, &all->list[i], store, c) : GT_OK;
        }
    }
    if (st != GT_OK) {
        gt_commit_abort(c);
        return st;
    }
    return gt_commit_finish(ctx, c, &all->revision);
}

static gt_status writer_of(gt_desk *desk, gt_store **out)
{
    gt_store_options options;
    gt_store_options_init(&options);
    gt_status st = desk->writer == NULL ? gt_store_open(desk->ctx, gt_store_dir(desk->store),
                                                        &options, &desk->writer)
                                        : GT_OK;
    *out = desk->writer;
    return st;
}

static gt_status expect(const gt_edit *e)
{
    gt_ctx *ctx = e->desk->ctx;
    if (e->there == (e->change != GT_CREATE)) {
        return GT_OK;
    }
    return e->there ? gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_SERVE_THERE, GT_NOWHERE,
                              GT_ARGS(GT_TEXT("layer", e->layer), GT_TEXT("id", e->id)))
                    : gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_ITEM, GT_NOWHERE,
                              GT_ARGS(GT_TEXT("layer", e->layer), GT_TEXT("id", e->id)));
}

/* All of them looked at, then all of them checked: an overlap with what goes is none. */
static gt_status look_and_check(gt_edits *all, gt_store *store)
{
    gt_status st = GT_OK;
    gt_desk *desk = all->desk;
    for (int turn = 0; st == GT_OK && turn < 3; turn++) {
        for (size_t i = 0; st == GT_OK && i < all->n; i++) {
            gt_edit *e = &all->list[i];
            desk->clauses = e->standard->clauses;
            desk->operation = all->n > 1 || e->pinned ? (int)i : -1;
            st = turn == 0   ? gt_edit_look(e, store)
                 : turn == 1 ? gt_edit_check(all, e, store)
                             : gt_edit_rules(all, e);
            st = st == GT_OK && turn == 0 ? expect(e) : st;
            st = st == GT_OK ? gt_desk_time(desk) : st;
        }
    }
    return st;
}

static gt_status write_all(gt_edits *all)
{
    gt_ctx *ctx = all->desk->ctx;
    gt_store *store = NULL;
    gt_status st = writer_of(all->desk, &store);
    for (int i = 0; st == GT_OK && i < TRIES; i++) {
        st = gt_store_refresh(ctx, store, NULL);
        /* rules are asked of the desk's own store */
        st = st == GT_OK && i > 0 ? gt_store_refresh(ctx, all->desk->store, NULL) : st;
        st = st == GT_OK ? look_and_check(all, store) : st;
        if (st != GT_OK) {
            return st;
        }
        st = commit(all, store);
        if (st != GT_E_CONFLICT || i + 1 == TRIES ||
            strcmp(gt_error_id(ctx), GT_MSG_STORE_STALE.id) != 0) {
            return st;
        }
        gt_error_clear(ctx); /* somebody else wrote meanwhile: look again */
        st = GT_OK;
    }
    return st;
}

/* ---- requests ---------------------------------------------------------------------------------
 */

static gt_status edits_open(gt_edits *all, gt_desk *desk, const gt_request *request)
{
    const char *from = gt_request_get(request, "from");
    const char *override = gt_request_get(request, "override");
    *all = (gt_edits){.desk = desk, .date = GT_DATE_NONE};
    desk->writes = true;
    desk->findings = NULL;
    desk->operation = -1;
    all->reason = request->reason != NULL ? request->reason : gt_request_get(request, "reason");
    all->override = override != NULL && strcmp(override, "true") == 0;
    return from != NULL && !gt_date_parse(from, &all->date) ? bad(desk, "from=YYYY-MM-DD") : GT_OK;
}

static gt_status must_say_why(const gt_edits *all)
{
    return all->reason != NULL && *all->reason != '\0'
               ? GT_OK
               : gt_fail(all->desk->ctx, GT_E_USAGE, &GT_MSG_SERVE_REASON, GT_NOWHERE, GT_NO_ARGS);
}

static gt_status read_body(gt_desk *desk, const gt_request *request, json_t **out)
{
    json_error_t error;
    const char *type = request->content_type;
    static const char *const types[] = {"application/geo+json", "application/json",
                                        "application/merge-patch+json"};
    bool known = false;
    for (size_t i = 0; type != NULL && i < sizeof types / sizeof *types; i++) {
        known = known || strncmp(type, types[i], strlen(types[i])) == 0;
    }
    if (!known) {
        return bad(desk, "Content-Type: application/geo+json");
    }
    *out = json_loadb(request->body == NULL ? "" : request->body, request->body_len,
                      JSON_REJECT_DUPLICATES, &error);
    return *out == NULL ? bad(desk, error.text) : GT_OK;
}

static gt_status write_one(gt_desk *desk, const gt_request *request, gt_change change, gt_edit *e)
{
    gt_edits all;
    json_t *body = NULL;
    gt_status st = edits_open(&all, desk, request);
    gt_status opened = gt_edit_open(e, desk, request->part[1]);
    st = st == GT_OK ? opened : st;
    st = st == GT_OK ? must_say_why(&all) : st;
    all.list = e;
    all.n = 1;
    e->change = change;
    e->if_match = request->if_match;
    e->id = change == GT_CREATE ? NULL : request->part[3];
    if (st == GT_OK && change != GT_DELETE) {
        st = gt_edit_crs(desk, request->content_crs, &e->crs);
        st = st == GT_OK ? read_body(desk, request, &body) : st;
        st = st == GT_OK ? gt_edit_read(e, body) : st;
    }
    st = st == GT_OK ? write_all(&all) : st;
    json_decref(body);
    return st;
}

gt_status gt_post_item(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_edit e;
    gt_text where;
    gt_text_init(&where, desk->ctx, 4096);
    gt_status st = write_one(desk, request, GT_CREATE, &e);
    if (st == GT_OK) {
        reply->status = 201;
        reply->cache = "no-store";
        gt_text_printf(&where, "%s/collections/%s/items/", request->base, e.layer);
        gt_put_url(&where, e.id);
        reply->location = gt_arena_strdup(desk->arena, gt_text_cstr(&where));
        gt_text_puts(&reply->body, "{\"id\":");
        gt_text_json_string(&reply->body, e.id);
        gt_text_puts(&reply->body, "}\n");
    }
    gt_text_free(&where);
    gt_edit_close(&e);
    return st;
}

static gt_status change_item(gt_desk *desk, const gt_request *request, gt_change change,
                             gt_reply *reply)
{
    gt_edit e;
    gt_status st = write_one(desk, request, change, &e);
    reply->status = st == GT_OK ? 204 : reply->status;
    gt_edit_close(&e);
    return st;
}

gt_status gt_put_item(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    return change_item(desk, request, GT_REPLACE, reply);
}

gt_status gt_patch_item(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    return change_item(desk, request, GT_UPDATE, reply);
}

gt_status gt_delete_item(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    return change_item(desk, request, GT_DELETE, reply);
}

/* ---- transactions -----------------------------------------------------------------------------
 */

/* {"change","collection","id","ifMatch","revision","feature"} */
static gt_status read_change(gt_desk *desk, const json_t *given, gt_map_crs crs, gt_edit *e)
{
    const char *change = "", *layer = "", *id = "", *match = "";
    int which = GT_CREATE;
    gt_status st = gt_read_text(desk, given, "change", true, &change);
    st = st == GT_OK ? gt_read_text(desk, given, "collection", true, &layer) : st;
    st = st == GT_OK ? gt_read_text(desk, given, "id", false, &id) : st;
    st = st == GT_OK ? gt_read_text(desk, given, "ifMatch", false, &match) : st;
    while (st == GT_OK && which <= GT_DELETE &&
           strcmp(change, change_name((gt_change)which)) != 0) {
        which++;
    }
    if (st == GT_OK && which > GT_DELETE) {
        st = bad(desk, "change: create, replace, update, delete");
    }
    if (st == GT_OK && which != GT_CREATE && *id == '\0') {
        st = bad(desk, "id");
    }
    st = st == GT_OK ? gt_edit_open(e, desk, layer) : st;
    if (st != GT_OK) {
        return st;
    }
    e->change = (gt_change)which;
    e->id = *id == '\0' ? NULL : id;
    e->if_match = *match == '\0' ? NULL : match;
    e->seen = json_integer_value(json_object_get(given, "revision"));
    e->crs = crs;
    e->pinned = true;
    return which == GT_DELETE ? GT_OK : gt_edit_read(e, json_object_get(given, "feature"));
}

/* "measure": true: the field that states the area says what the new outline has, to 0.01 m2. */
static gt_status measure(gt_edit *e, const json_t *given)
{
    const json_t *wanted = json_object_get(given, "measure");
    const char *name = e->standard->area_field;
    int field = name == NULL ? -1 : gt_standard_field(e->info.standard, name);
    if (wanted == NULL || json_is_false(wanted) || e->values == NULL) {
        return GT_OK;
    }
    if (!json_is_true(wanted) || field < 0 ||
        e->info.standard->fields[field].type != GT_FIELD_REAL) {
        return bad(e->desk, "measure");
    }
    if (e->change == GT_UPDATE && !e->has_geom) {
        return GT_OK;
    }
    double m2 = gt_area_survey(gt_store_plane(e->desk->store), &e->geom, STEP_M);
    e->measured = round(m2 * 100) / 100;
    e->values[field] = (gt_value){.kind = GT_VAL_REAL, .real = e->measured};
    e->given[field] = true;
    return GT_OK;
}

static gt_status read_changes(gt_edits *all, const gt_request *request, const json_t *body)
{
    gt_desk *desk = all->desk;
    const json_t *changes = json_object_get(body, "changes");
    gt_map_crs crs = GT_CRS84;
    const char *reason = "";
    size_t n = json_array_size(changes);
    gt_status st = gt_edit_crs(desk, request->content_crs, &crs);
    st = st == GT_OK ? gt_read_text(desk, body, "reason", false, &reason) : st;
    all->reason = all->reason == NULL ? reason : all->reason;
    st = st == GT_OK ? must_say_why(all) : st;
    if (st == GT_OK && (n < 1 || n > GT_CHANGES_MAX)) {
        st = bad(desk, "changes: 1 .. 200");
    }
    all->list = st == GT_OK ? gt_arena_zalloc(desk->arena, n, sizeof *all->list) : NULL;
    st = st == GT_OK && all->list == NULL ? GT_E_MEMORY : st;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        desk->operation = (int)i;
        all->list[i].desk = desk;
        all->n = i + 1;
        st = read_change(desk, json_array_get(changes, i), crs, &all->list[i]);
        st = st == GT_OK ? measure(&all->list[i], json_array_get(changes, i)) : st;
        for (size_t k = 0; st == GT_OK && k < i; k++) {
            const gt_edit *a = &all->list[k], *b = &all->list[i];
            bool again = strcmp(a->layer, b->layer) == 0 && strcmp(a->id, b->id) == 0;
            st = again ? bad(desk, "changes: id") : GT_OK;
        }
    }
    return st;
}

gt_status gt_post_transaction(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_edits all;
    json_t *body = NULL;
    gt_text *o = &reply->body;
    gt_status st = edits_open(&all, desk, request);
    st = st == GT_OK ? read_body(desk, request, &body) : st;
    st = st == GT_OK && !json_is_object(body) ? bad(desk, "{}") : st;
    st = st == GT_OK ? read_changes(&all, request, body) : st;
    st = st == GT_OK ? write_all(&all) : st;
    if (st == GT_OK) {
        reply->cache = "no-store";
        gt_text_printf(o, "{\"revision\":%lld,\"changes\":[", (long long)all.revision);
        for (size_t i = 0; i < all.n; i++) {
            gt_text_printf(o, "%s{\"change\":\"%s\",\"collection\":", i > 0 ? "," : "",
                           change_name(all.list[i].change));
            gt_text_json_string(o, all.list[i].layer);
            gt_text_puts(o, ",\"id\":");
            gt_text_json_string(o, all.list[i].id);
            if (all.list[i].measured > 0) {
                gt_text_puts(o, ",\"measuredM2\":");
                gt_text_json_real(o, all.list[i].measured);
            }
            gt_text_putc(o, '}');
        }
        gt_text_puts(o, "]}\n");
    }
    for (size_t i = 0; i < all.n; i++) {
        gt_edit_close(&all.list[i]);
    }
    json_decref(body);
    return st;
}
