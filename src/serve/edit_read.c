/* Features as they are given. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/access.h"
#include "serve/districts.h"
#include "serve/edit.h"
#include "serve/messages.h"
#include "store/qc_fields.h"

enum { ID_MAX = 200 };

static gt_status fail_input(gt_desk *desk, const gt_message *message, const char *name,
                            const char *text)
{
    return gt_fail(desk->ctx, GT_E_INPUT, message, GT_NOWHERE, GT_ARGS(GT_TEXT(name, text)));
}

/* ---- opening ----------------------------------------------------------------------------------
 */

gt_status gt_edit_open(gt_edit *e, gt_desk *desk, const char *layer)
{
    *e = (gt_edit){.desk = desk, .layer = layer};
    gt_geom_init(&e->geom);
    gt_geom_init(&e->other);
    gt_part part; /* who may write is asked of each place (edit_check.c) */
    gt_status st = gt_part_open(desk, e->layer, &e->info, &e->standard, &part);
    desk->clauses = st == GT_OK ? e->standard->clauses : NULL;
    return st;
}

void gt_edit_close(gt_edit *e)
{
    gt_geom_free(e->desk->ctx, &e->geom);
    gt_geom_free(e->desk->ctx, &e->other);
    gt_free(e->desk->ctx, e->blob);
}

gt_status gt_edit_crs(gt_desk *desk, const char *given, gt_map_crs *out)
{
    char uri[128];
    *out = GT_CRS84;
    if (given == NULL) {
        return GT_OK;
    }
    (void)snprintf(uri, sizeof uri, "%s", *given == '<' ? given + 1 : given);
    uri[strcspn(uri, ">")] = '\0';
    return gt_crs_set_find(&desk->crs, uri, out)
               ? GT_OK
               : fail_input(desk, &GT_MSG_SERVE_BODY, "reason", "Content-Crs");
}

/* ---- reading a feature ------------------------------------------------------------------------
 */

static gt_status read_geometry(gt_edit *e, const json_t *geometry)
{
    gt_desk *desk = e->desk;
    gt_transform *transform = NULL;
    if (!json_is_object(geometry)) {
        return fail_input(desk, &GT_MSG_SERVE_BODY, "reason", "geometry");
    }
    char *text = json_dumps(geometry, JSON_COMPACT | JSON_ENCODE_ANY);
    gt_status st =
        text == NULL ? GT_E_MEMORY : gt_geom_from_geojson(desk->ctx, text, strlen(text), &e->geom);
    free(text);
    for (size_t i = 0; st == GT_OK && desk->crs.north_first[e->crs] && i < e->geom.n_points; i++) {
        double x = e->geom.xy[2 * i];
        e->geom.xy[2 * i] = e->geom.xy[2 * i + 1];
        e->geom.xy[2 * i + 1] = x;
    }
    if (st == GT_OK && e->crs != GT_CRS_WORK) {
        st = gt_desk_in(desk, e->crs, &transform);
        st = st == GT_OK ? gt_transform_points(desk->ctx, transform, e->geom.xy, e->geom.n_points)
                         : st;
    }
    e->has_geom = st == GT_OK;
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
static gt_status read_field(gt_edit *e, size_t i, const json_t *properties)
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

static gt_status read_properties(gt_edit *e, const json_t *feature)
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
    e->given = gt_arena_zalloc(desk->arena, e->info.standard->n_fields + 1, sizeof *e->given);
    st = e->given == NULL ? GT_E_MEMORY : st;
    for (size_t i = 0; st == GT_OK && i < e->info.standard->n_fields; i++) {
        e->given[i] = json_object_get(properties, e->info.standard->fields[i].name) != NULL;
        if (e->given[i] || e->change != GT_UPDATE) {
            st = read_field(e, i, properties);
        }
    }
    return st;
}

static gt_status choose_id(gt_edit *e)
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

gt_status gt_edit_read(gt_edit *e, const json_t *root)
{
    gt_desk *desk = e->desk;
    const char *kind = json_string_value(json_object_get(root, "type"));
    bool part = e->change == GT_UPDATE;
    if (!json_is_object(root) || (kind == NULL ? !part : strcmp(kind, "Feature") != 0)) {
        return fail_input(desk, &GT_MSG_SERVE_BODY, "reason", "type: Feature");
    }
    const char *id = json_string_value(json_object_get(root, "id"));
    gt_status st = GT_OK;
    if (e->id == NULL && id != NULL) {
        e->id = gt_arena_strdup(desk->arena, id);
        st = e->id == NULL ? GT_E_MEMORY : GT_OK;
    }
    const json_t *geometry = json_object_get(root, "geometry");
    if (st == GT_OK && (!part || geometry != NULL)) {
        st = read_geometry(e, geometry);
    }
    st = st == GT_OK ? read_properties(e, root) : st;
    return st == GT_OK && e->id == NULL ? choose_id(e) : st;
}
