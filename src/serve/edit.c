/* OGC API Features, part 4: features made, replaced and deleted, one revision a request.
 *
 * read -> place and rights (old and new unit) -> QC: geometry, fields, overlaps -> commit
 * The commit expects the revision that was read: who was slower begins anew, and finds out by his
 * If-Match whether the feature is still the one he saw. */
#include <jansson.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/qc.h"
#include "guotu/weave.h"
#include "ledger/place.h"
#include "serve/access.h"
#include "serve/messages.h"
#include "store/messages.h"
#include "store/qc_fields.h"

enum { TRIES = 8, ID_MAX = 200 };
static const double LEAST_OVERLAP_M2 = 0.01; /* as gt_qc_options: 1 cm by 1 m */

typedef struct edit {
    gt_desk *desk;
    const gt_request *request;
    const char *layer, *reason, *id;
    gt_layer_info info;
    const gt_standard *standard; /* of the package: with code lists */
    gt_date date;
    gt_geom geom, other;
    gt_value *values; /* arena; NULL: a deletion */
    uint8_t *blob;
    size_t cap_blob, len_blob;
    bool there;
    int64_t old_revision; /* of the feature that is there */
} edit;

static gt_status fail_input(gt_desk *desk, const gt_message *message, const char *name,
                            const char *text)
{
    return gt_fail(desk->ctx, GT_E_INPUT, message, GT_NOWHERE, GT_ARGS(GT_TEXT(name, text)));
}

/* ---- reading the request ----------------------------------------------------------------------
 */

static gt_status edit_open(edit *e, gt_desk *desk, const gt_request *request)
{
    const char *from = gt_request_get(request, "from");
    *e = (edit){.desk = desk, .request = request, .layer = request->part[1]};
    e->date = GT_DATE_NONE;
    gt_geom_init(&e->geom);
    gt_geom_init(&e->other);
    gt_status st = gt_desk_layer(desk, e->layer, &e->info, &e->standard);
    e->reason = request->reason != NULL ? request->reason : gt_request_get(request, "reason");
    if (st == GT_OK && (e->reason == NULL || *e->reason == '\0')) {
        st = gt_fail(desk->ctx, GT_E_USAGE, &GT_MSG_SERVE_REASON, GT_NOWHERE, GT_NO_ARGS);
    }
    if (st == GT_OK && from != NULL && !gt_date_parse(from, &e->date)) {
        st = fail_input(desk, &GT_MSG_SERVE_BODY, "reason", "from=YYYY-MM-DD");
    }
    desk->writes = true;
    desk->clauses = st == GT_OK ? e->standard->clauses : NULL;
    return st;
}

static void edit_close(edit *e)
{
    gt_geom_free(e->desk->ctx, &e->geom);
    gt_geom_free(e->desk->ctx, &e->other);
    gt_free(e->desk->ctx, e->blob);
}

static gt_status read_geometry(edit *e, const json_t *geometry)
{
    gt_desk *desk = e->desk;
    gt_map_crs crs = GT_CRS84;
    gt_transform *transform = NULL;
    char uri[128];
    const char *given = e->request->content_crs;
    if (!json_is_object(geometry)) {
        return fail_input(desk, &GT_MSG_SERVE_BODY, "reason", "geometry");
    }
    if (given != NULL) { /* "<uri>" */
        (void)snprintf(uri, sizeof uri, "%s", *given == '<' ? given + 1 : given);
        uri[strcspn(uri, ">")] = '\0';
        if (!gt_crs_set_find(&desk->crs, uri, &crs)) {
            return fail_input(desk, &GT_MSG_SERVE_BODY, "reason", "Content-Crs");
        }
    }
    char *text = json_dumps(geometry, JSON_COMPACT | JSON_ENCODE_ANY);
    gt_status st =
        text == NULL ? GT_E_MEMORY : gt_geom_from_geojson(desk->ctx, text, strlen(text), &e->geom);
    free(text);
    for (size_t i = 0; st == GT_OK && desk->crs.north_first[crs] && i < e->geom.n_points; i++) {
        double x = e->geom.xy[2 * i];
        e->geom.xy[2 * i] = e->geom.xy[2 * i + 1];
        e->geom.xy[2 * i + 1] = x;
    }
    if (st == GT_OK && crs != GT_CRS_WORK) {
        st = gt_desk_in(desk, crs, &transform);
        st = st == GT_OK ? gt_transform_points(desk->ctx, transform, e->geom.xy, e->geom.n_points)
                         : st;
    }
    return st;
}

static gt_value value_of(const json_t *j)
{
    if (json_is_string(j)) {
        return (gt_value){
            .kind = GT_VAL_TEXT, .text = json_string_value(j), .len = json_string_length(j)};
    }
    if (json_is_real(j)) {
        return (gt_value){.kind = GT_VAL_REAL, .real = json_real_value(j)};
    }
    if (json_is_integer(j) || json_is_boolean(j)) {
        return (gt_value){.kind = GT_VAL_INT,
                          .integer = json_is_integer(j) ? json_integer_value(j) : json_is_true(j)};
    }
    return (gt_value){.kind = GT_NULL};
}

/* One field, checked as an import checks it: type, length, range, code list. */
static gt_status read_field(edit *e, size_t i, const json_t *properties)
{
    gt_desk *desk = e->desk;
    const gt_field *field = &e->info.standard->fields[i];
    int own = gt_standard_field(e->standard, field->name);
    const json_t *given = json_object_get(properties, field->name);
    gt_value in = value_of(given);
    qc_value_check check = {0};
    gt_status st = json_is_object(given) || json_is_array(given)
                       ? fail_input(desk, &GT_MSG_SERVE_BODY, "reason", field->name)
                       : qc_value(desk->ctx, desk->arena,
                                  own < 0 ? field : &e->standard->fields[own], &in, true, &check);
    if (st == GT_OK && check.message != NULL) {
        st = gt_fail(desk->ctx, GT_E_INPUT, check.message,
                     GT_PLACE(.layer = e->layer, .feature = e->id, .field = field->name),
                     check.args);
    }
    e->values[i] = check.value;
    if (st == GT_OK && check.value.kind == GT_VAL_TEXT) { /* the body goes before the values do */
        char *kept = gt_arena_strndup(desk->arena, check.value.text, check.value.len);
        e->values[i].text = kept;
        st = kept == NULL ? GT_E_MEMORY : GT_OK;
    }
    return st;
}

static gt_status read_properties(edit *e, const json_t *feature)
{
    gt_desk *desk = e->desk;
    json_t *properties = json_object_get(feature, "properties");
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(properties, name, value)
    {
        if (gt_standard_field(e->info.standard, name) < 0) {
            return gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_CQL2_NAME,
                           GT_PLACE(.layer = e->layer, .field = name),
                           GT_ARGS(GT_TEXT("name", name), GT_INT("at", 0)));
        }
    }
    e->values = gt_arena_zalloc(desk->arena, e->info.standard->n_fields + 1, sizeof *e->values);
    gt_status st = e->values == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < e->info.standard->n_fields; i++) {
        st = read_field(e, i, properties);
    }
    return st;
}

static gt_status read_feature(edit *e)
{
    gt_desk *desk = e->desk;
    json_error_t error;
    const char *type = e->request->content_type;
    if (type == NULL || (strncmp(type, "application/geo+json", 20) != 0 &&
                         strncmp(type, "application/json", 16) != 0)) {
        return fail_input(desk, &GT_MSG_SERVE_BODY, "reason", "Content-Type: application/geo+json");
    }
    json_t *root = json_loadb(e->request->body == NULL ? "" : e->request->body,
                              e->request->body_len, JSON_REJECT_DUPLICATES, &error);
    const char *kind = json_string_value(json_object_get(root, "type"));
    gt_status st = root == NULL ? fail_input(desk, &GT_MSG_SERVE_BODY, "reason", error.text)
                   : kind == NULL || strcmp(kind, "Feature") != 0
                       ? fail_input(desk, &GT_MSG_SERVE_BODY, "reason", "type: Feature")
                       : GT_OK;
    const char *id = json_string_value(json_object_get(root, "id"));
    if (st == GT_OK && e->id == NULL && id != NULL) {
        e->id = gt_arena_strdup(desk->arena, id);
        st = e->id == NULL ? GT_E_MEMORY : GT_OK;
    }
    st = st == GT_OK ? read_geometry(e, json_object_get(root, "geometry")) : st;
    st = st == GT_OK ? read_properties(e, root) : st;
    json_decref(root);
    return st;
}

static gt_status choose_id(edit *e)
{
    enum { BYTES = 8, ROOM = 2 * BYTES + 2 };
    unsigned char bytes[BYTES];
    int field = e->standard->id_field == NULL
                    ? -1
                    : gt_standard_field(e->info.standard, e->standard->id_field);
    if (field >= 0 && e->values[field].kind == GT_VAL_TEXT) {
        e->id = e->values[field].text;
    }
    if (e->id == NULL) {
        char *text = gt_arena_alloc(e->desk->arena, ROOM, 1);
        if (text == NULL) {
            return GT_E_MEMORY;
        }
        randombytes_buf(bytes, sizeof bytes);
        text[0] = 'f';
        (void)sodium_bin2hex(text + 1, ROOM - 1, bytes, sizeof bytes);
        e->id = text;
    }
    return *e->id != '\0' && strlen(e->id) <= ID_MAX
               ? GT_OK
               : fail_input(e->desk, &GT_MSG_SERVE_BODY, "reason", "id");
}

/* ---- rights and quality -----------------------------------------------------------------------
 */

/* Needs "write" on "layer:ID" in the unit that holds the place. */
static gt_status may_write(edit *e, const gt_geom *geom)
{
    gt_book *book = NULL;
    const char *unit = NULL;
    char ledger[128];
    (void)snprintf(ledger, sizeof ledger, "layer:%.100s", e->layer);
    gt_status st = gt_desk_book(e->desk, &book);
    st = st == GT_OK
             ? gt_place_unit(e->desk->ctx, book, e->desk->package, geom, e->desk->arena, &unit)
             : st;
    return st == GT_OK ? gt_access_must(e->desk, ledger, "write", unit) : st;
}

static gt_status check_shape(edit *e)
{
    gt_ctx *ctx = e->desk->ctx;
    gt_qc *qc = NULL;
    gt_qc_result result;
    gt_status st = gt_qc_new(ctx, e->standard->geom_type, &e->standard->qc, 0, &qc);
    st = st == GT_OK ? gt_qc_geometry(ctx, qc, &e->geom, &result) : st;
    for (size_t i = 0; st == GT_OK && result.error && i < result.n; i++) {
        const gt_qc_finding *f = &result.findings[i];
        if (gt_qc_severity(f->kind) == GT_ERROR) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_SHAPE,
                         GT_PLACE(.layer = e->layer, .feature = e->id, .has_xy = f->has_xy,
                                  .x = f->x, .y = f->y),
                         GT_ARGS(GT_TEXT("fault", gt_qc_kind_name(f->kind))));
        }
    }
    gt_qc_free(ctx, qc);
    return st;
}

/* Ends of a geometry's arrays as one feature of a batch. */
static gt_weave_batch batch_of(const gt_geom *geom, uint32_t layer, const uint32_t *end)
{
    return (gt_weave_batch){.layer = layer,
                            .n_features = 1,
                            .xy = geom->xy,
                            .ring_end = geom->ring_end,
                            .part_end = geom->part_end,
                            .feature_end = end};
}

static gt_status overlap_with(edit *e, const gt_feature *f)
{
    gt_ctx *ctx = e->desk->ctx;
    gt_account *account = NULL;
    gt_weave_options options;
    gt_weave_options_init(&options);
    gt_status st = gt_geom_from_gpkg(ctx, f->blob, f->blob_len, NULL, &e->other);
    const uint32_t end[2] = {e->geom.n_parts, e->other.n_parts};
    const gt_weave_batch a = batch_of(&e->geom, 0, &end[0]), b = batch_of(&e->other, 1, &end[1]);
    st = st == GT_OK ? gt_weave_pair_areas(ctx, &a, 1, &b, 1, &options, &account) : st;
    double m2 = st == GT_OK ? gt_account_total(account) : 0;
    gt_account_free(ctx, account);
    if (st == GT_OK && m2 > LEAST_OVERLAP_M2) {
        gt_box box = gt_geom_box(&e->other);
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_OVERLAP,
                     GT_PLACE(.layer = e->layer, .feature = e->id, .has_xy = true,
                              .x = (box.xmin + box.xmax) / 2, .y = (box.ymin + box.ymax) / 2),
                     GT_ARGS(GT_TEXT("other", f->id), GT_REAL("area", m2)));
    }
    return st;
}

/* Layers that are coverages: nothing may lie over a neighbour. */
static gt_status check_neighbours(edit *e, gt_store *store)
{
    gt_ctx *ctx = e->desk->ctx;
    gt_scan *scan = NULL;
    gt_query query;
    gt_feature f;
    bool more = true;
    if (!e->standard->qc.no_overlap || e->geom.n_parts == 0) {
        return GT_OK;
    }
    gt_query_init(&query, e->layer);
    query.has_box = true;
    query.box = gt_geom_box(&e->geom);
    gt_status st = gt_scan_open(ctx, store, &query, &scan);
    while (st == GT_OK) {
        st = gt_scan_next(ctx, scan, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        st = strcmp(f.id, e->id) == 0 ? GT_OK : overlap_with(e, &f);
        st = st == GT_OK ? gt_desk_time(e->desk) : st;
    }
    gt_scan_close(scan);
    return st;
}

/* ---- writing ----------------------------------------------------------------------------------
 */

/* The feature as it is: may it be changed by whom, and is it the one he saw? */
static gt_status look_at_old(edit *e, gt_store *store)
{
    gt_ctx *ctx = e->desk->ctx;
    gt_scan *scan = NULL;
    gt_query query;
    gt_feature f;
    gt_reply tag = {0};
    e->there = false;
    gt_query_init(&query, e->layer);
    query.id = e->id;
    gt_status st = gt_scan_open(ctx, store, &query, &scan);
    st = st == GT_OK ? gt_scan_next(ctx, scan, &f, &e->there) : st;
    if (st == GT_OK && e->there) {
        gt_request held = {.if_none_match = e->request->if_match};
        e->old_revision = f.rev_from;
        gt_item_tag(e->desk, f.rev_from, &tag);
        if (e->request->if_match != NULL && !gt_request_has(&held, tag.etag)) {
            st = gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_SERVE_MATCH, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("id", e->id), GT_INT("revision", f.rev_from)));
        }
        st = st == GT_OK ? gt_geom_from_gpkg(ctx, f.blob, f.blob_len, NULL, &e->other) : st;
        st = st == GT_OK ? may_write(e, &e->other) : st;
    }
    gt_scan_close(scan);
    return st;
}

static gt_status commit(edit *e, gt_store *store, const char *verb)
{
    gt_ctx *ctx = e->desk->ctx;
    gt_commit *c = NULL;
    char message[512];
    int64_t revision = 0;
    (void)snprintf(message, sizeof message, "%s %.100s/%.200s (OGC API Features)", verb, e->layer,
                   e->id);
    const gt_commit_info info = {.author = e->desk->who.id,
                                 .message = message,
                                 .reason = e->reason,
                                 .expect_revision = gt_store_revision(store)};
    gt_status st = gt_commit_begin(ctx, store, &info, &c);
    if (st != GT_OK) {
        return st;
    }
    if (e->values == NULL) {
        st = gt_commit_delete(ctx, c, e->layer, e->id, e->date);
    } else {
        st = gt_geom_to_gpkg(ctx, &e->geom, gt_store_srs_id(store), &e->blob, &e->cap_blob,
                             &e->len_blob);
        const gt_feature f = {.id = e->id,
                              .valid_from = e->date,
                              .valid_to = GT_DATE_NONE,
                              .blob = e->blob,
                              .blob_len = e->len_blob,
                              .box = gt_geom_box(&e->geom),
                              .values = e->values,
                              .n_values = e->info.standard->n_fields};
        st = st == GT_OK ? gt_commit_put(ctx, c, e->layer, &f, NAN) : st;
    }
    if (st != GT_OK) {
        gt_commit_abort(c);
        return st;
    }
    return gt_commit_finish(ctx, c, &revision);
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

/* expect: must the feature be there (or, when false, not be there)? */
static gt_status write_feature(edit *e, bool expect, const char *verb)
{
    gt_ctx *ctx = e->desk->ctx;
    gt_store *store = NULL;
    gt_status st = writer_of(e->desk, &store);
    for (int i = 0; st == GT_OK && i < TRIES; i++) {
        st = gt_store_refresh(ctx, store, NULL);
        st = st == GT_OK ? look_at_old(e, store) : st;
        if (st == GT_OK && e->there != expect) {
            st = expect ? gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_ITEM, GT_NOWHERE,
                                  GT_ARGS(GT_TEXT("layer", e->layer), GT_TEXT("id", e->id)))
                        : gt_fail(ctx, GT_E_CONFLICT, &GT_MSG_SERVE_THERE, GT_NOWHERE,
                                  GT_ARGS(GT_TEXT("layer", e->layer), GT_TEXT("id", e->id)));
        }
        st = st == GT_OK && e->values != NULL ? check_neighbours(e, store) : st;
        if (st != GT_OK) {
            return st;
        }
        st = commit(e, store, verb);
        if (st == GT_OK || st != GT_E_CONFLICT || i + 1 == TRIES ||
            strcmp(gt_error_id(ctx), GT_MSG_STORE_STALE.id) != 0) {
            return st;
        }
        gt_error_clear(ctx); /* somebody else wrote meanwhile: look again */
        st = GT_OK;
    }
    return st;
}

static gt_status prepare(edit *e)
{
    gt_status st = read_feature(e);
    st = st == GT_OK && e->id == NULL ? choose_id(e) : st;
    st = st == GT_OK ? check_shape(e) : st;
    return st == GT_OK ? may_write(e, &e->geom) : st;
}

gt_status gt_post_item(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    edit e;
    gt_text where;
    gt_text_init(&where, desk->ctx, 4096);
    gt_status st = edit_open(&e, desk, request);
    st = st == GT_OK ? prepare(&e) : st;
    st = st == GT_OK ? write_feature(&e, false, "create") : st;
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
    edit_close(&e);
    return st;
}

gt_status gt_put_item(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    edit e;
    gt_status st = edit_open(&e, desk, request);
    e.id = request->part[3];
    st = st == GT_OK ? prepare(&e) : st;
    st = st == GT_OK ? write_feature(&e, true, "replace") : st;
    reply->status = st == GT_OK ? 204 : reply->status;
    edit_close(&e);
    return st;
}

gt_status gt_delete_item(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    edit e;
    gt_status st = edit_open(&e, desk, request);
    e.id = request->part[3];
    st = st == GT_OK ? write_feature(&e, true, "delete") : st;
    reply->status = st == GT_OK ? 204 : reply->status;
    edit_close(&e);
    return st;
}
