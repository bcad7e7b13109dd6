/* OGC API Features and Common: landing page, conformance, collections, queryables. */
#include <math.h>
#include <string.h>

#include "serve/desk.h"
#include "serve/districts.h"
#include "serve/messages.h"

static gt_status put_links(gt_desk *desk, const gt_request *request, gt_text *o, size_t n,
                           const char *const list[][3])
{
    gt_text_puts(o, "\"links\":[");
    for (size_t i = 0; i < n; i++) {
        gt_text_puts(o, i > 0 ? ",\n" : "");
        gt_put_link(o, request, list[i][0], list[i][1], list[i][2]);
    }
    gt_text_puts(o, "]");
    (void)desk;
    return GT_OK;
}

gt_status gt_get_landing(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    static const char *const links[][3] = {
        {"/", "self", "application/json"},
        {"/api", "service-desc", "application/vnd.oai.openapi+json;version=3.0"},
        {"/portal", "service-doc", "text/html"},
        {"/conformance", "conformance", "application/json"},
        {"/collections", "data", "application/json"},
        {"/processes", "http://www.opengis.net/def/rel/ogc/1.0/processes", "application/json"},
        {"/health", "status", "application/json"}};
    gt_text *o = &reply->body;
    gt_text_puts(o, "{\"title\":");
    gt_text_json_string(o, gt_desk_title(desk, gt_store_title(desk->store)));
    gt_text_puts(o, ",\"description\":");
    gt_text_json_string(o, gt_desk_title(desk, gt_package_title(desk->package)));
    gt_text_puts(o, ",\n");
    gt_status st = put_links(desk, request, o, sizeof links / sizeof *links, links);
    gt_text_puts(o, "}\n");
    return st;
}

gt_status gt_get_conformance(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    static const char *const classes[] = {
        "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
        "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
        "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
        "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
        "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
        "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/features",
        "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
        "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
        "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
        "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
        "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
        "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
        "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
        "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
        "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/json",
        "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/ogc-process-description",
        "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/job-list",
        "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/dismiss"};
    gt_text *o = &reply->body;
    (void)desk;
    (void)request;
    gt_text_puts(o, "{\"conformsTo\":[");
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        gt_text_puts(o, i > 0 ? ",\n" : "\n");
        gt_text_json_string(o, classes[i]);
    }
    gt_text_puts(o, "]}\n");
    return GT_OK;
}

/* ---- collections ------------------------------------------------------------------------------
 */

static gt_status put_extent(gt_desk *desk, const gt_layer_info *info, gt_text *o)
{
    gt_transform *transform = NULL;
    char from[GT_DATE_TEXT];
    gt_box b = info->box;
    gt_status st = gt_desk_out(desk, GT_CRS84, &transform);
    double xy[8] = {b.xmin, b.ymin, b.xmax, b.ymin, b.xmax, b.ymax, b.xmin, b.ymax};
    if (st != GT_OK || b.xmin > b.xmax) {
        return st;
    }
    st = gt_transform_points(desk->ctx, transform, xy, 4);
    if (st == GT_OK) {
        gt_text_printf(o, ",\"extent\":{\"spatial\":{\"bbox\":[[%.6f,%.6f,%.6f,%.6f]],\"crs\":",
                       fmin(xy[0], xy[6]), fmin(xy[1], xy[3]), fmax(xy[2], xy[4]),
                       fmax(xy[5], xy[7]));
        gt_text_json_string(o, desk->crs.uri[GT_CRS84]);
        gt_text_puts(o, "}");
        if (info->valid_from != GT_DATE_NONE) {
            gt_date_format(info->valid_from, from);
            gt_text_printf(o, ",\"temporal\":{\"interval\":[[\"%sT00:00:00Z\",null]]}", from);
        }
        gt_text_puts(o, "}");
    }
    return st;
}

static const char *origin_key(gt_origin origin)
{
    switch (origin) {
    case GT_ORIGIN_SURVEY:
        return "survey";
    case GT_ORIGIN_OPEN:
        return "open";
    case GT_ORIGIN_GENERATED:
        return "generated";
    }
    return "";
}

static void put_systems(const gt_desk *desk, gt_text *o)
{
    gt_text_puts(o, ",\"crs\":[");
    for (int i = 0; i < GT_N_CRS; i++) {
        bool again = desk->crs.uri[i][0] == '\0';
        for (int k = 0; k < i; k++) {
            again = again || strcmp(desk->crs.uri[i], desk->crs.uri[k]) == 0;
        }
        if (!again) {
            gt_text_puts(o, i > 0 ? "," : "");
            gt_text_json_string(o, desk->crs.uri[i]);
        }
    }
    gt_text_puts(o, "]");
    if (desk->crs.uri[GT_CRS_WORK][0] != '\0') {
        gt_text_puts(o, ",\"storageCrs\":");
        gt_text_json_string(o, desk->crs.uri[GT_CRS_WORK]);
        gt_text_printf(o, ",\"storageCrsNorthFirst\":%s",
                       desk->crs.north_first[GT_CRS_WORK] ? "true" : "false");
    }
}

/* Colours by class for a legend: code, title, colour. */
static void put_classes(const gt_desk *desk, const gt_standard *s, gt_text *o)
{
    int field = s->class_field == NULL ? -1 : gt_standard_field(s, s->class_field);
    gt_text_puts(o, ",\"color\":");
    gt_text_json_string(o, s->color);
    if (field < 0 || s->fields[field].codes == NULL) {
        return;
    }
    const gt_codelist *list = s->fields[field].codes;
    gt_text_puts(o, ",\"classField\":");
    gt_text_json_string(o, s->class_field);
    gt_text_puts(o, ",\"classes\":[");
    for (size_t i = 0, n = 0; i < list->n_codes; i++) {
        if (list->codes[i].color == NULL) {
            continue;
        }
        gt_text_puts(o, n++ > 0 ? ",{\"code\":" : "{\"code\":");
        gt_text_json_string(o, list->codes[i].code);
        gt_text_puts(o, ",\"title\":");
        gt_text_json_string(o, gt_desk_title(desk, list->codes[i].title));
        gt_text_puts(o, ",\"color\":");
        gt_text_json_string(o, list->codes[i].color);
        gt_text_puts(o, "}");
    }
    gt_text_puts(o, "]");
}

static void put_clauses(const gt_desk *desk, const gt_standard *s, gt_text *o)
{
    gt_text_puts(o, ",\"clauses\":[");
    for (size_t i = 0; s->clauses != NULL && s->clauses[i] != NULL; i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, s->clauses[i]);
    }
    (void)desk;
    gt_text_puts(o, "]");
}

static gt_status put_collection(gt_desk *desk, const gt_request *request, const gt_layer_info *info,
                                gt_text *o)
{
    const gt_standard *s = gt_package_find_layer(desk->package, info->standard->id);
    static const char *const links[][3] = {
        {"", "self", "application/json"},
        {"/items", "items", "application/geo+json"},
        {"/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables",
         "application/schema+json"},
        {"/tiles", "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", "application/json"}};
    gt_text path;
    gt_text_init(&path, desk->ctx, 4096);
    gt_text_puts(o, "{\"id\":");
    gt_text_json_string(o, s->id);
    gt_text_puts(o, ",\"title\":");
    gt_text_json_string(o, gt_desk_title(desk, s->title));
    gt_status st = put_extent(desk, info, o);
    gt_text_puts(o, ",\"itemType\":\"feature\"");
    put_systems(desk, o);
    gt_text_printf(o, ",\"theme\":");
    gt_text_json_string(o, s->theme);
    bool whole = gt_desk_may_read(desk, s->id);
    gt_text_printf(o, ",\"geometryType\":\"%s\",\"part\":%s,\"featureCount\":",
                   gt_geom_type_name(s->geom_type), whole ? "false" : "true");
    gt_text_json_real(o, whole ? (double)info->n_features : (double)NAN);
    gt_text_puts(o, ",\"areaM2\":");
    gt_text_json_real(o, whole ? info->area_m2 : (double)NAN);
    gt_text_printf(o, ",\"origin\":\"%s\",\"revision\":%lld,\"source\":", origin_key(info->origin),
                   (long long)info->revision);
    gt_text_json_string(o, s->source);
    gt_text_puts(o, ",\"idField\":");
    gt_text_json_string(o, s->id_field);
    gt_text_puts(o, ",\"areaField\":");
    gt_text_json_string(o, s->area_field);
    put_classes(desk, s, o);
    put_clauses(desk, s, o);
    gt_text_puts(o, ",\"links\":[");
    for (size_t i = 0; i < sizeof links / sizeof *links - (whole ? 0 : 1); i++) { /* no tiles */
        gt_text_clear(&path);
        gt_text_printf(&path, "/collections/%s%s", s->id, links[i][0]);
        gt_text_puts(o, i > 0 ? ",\n" : "");
        gt_put_link(o, request, gt_text_cstr(&path), links[i][1], links[i][2]);
    }
    gt_text_puts(o, "]}");
    gt_text_free(&path);
    return st;
}

gt_status gt_get_collections(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    gt_status st = GT_OK;
    size_t n = 0;
    if (!gt_desk_all_public(desk)) { /* another list for others */
        reply->cache = "private, no-cache";
    } else if (gt_desk_unchanged(desk, request, gt_store_revision(desk->store), reply)) {
        return GT_OK;
    }
    gt_text_puts(o, "{\"collections\":[");
    for (size_t i = 0; st == GT_OK && i < gt_store_n_layers(desk->store); i++) {
        gt_layer_info info;
        st = gt_store_layer(desk->ctx, desk->store, i, &info);
        if (st == GT_OK && gt_part_offers(desk, &info)) {
            gt_text_puts(o, n++ > 0 ? ",\n" : "\n");
            st = put_collection(desk, request, &info, o);
        }
    }
    gt_text_puts(o, "],\n\"links\":[");
    gt_put_link(o, request, "/collections", "self", "application/json");
    gt_text_puts(o, "]}\n");
    return st;
}

gt_status gt_get_collection(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_layer_info info;
    const gt_standard *standard = NULL;
    gt_part part;
    gt_status st = gt_part_open(desk, request->part[1], &info, &standard, &part);
    if (part.layer != NULL) {
        reply->cache = "no-store";
    }
    if (st == GT_OK &&
        (part.layer != NULL || !gt_desk_unchanged(desk, request, info.revision, reply))) {
        st = put_collection(desk, request, &info, &reply->body);
        gt_text_putc(&reply->body, '\n');
    }
    return st;
}

/* ---- queryables -------------------------------------------------------------------------------
 */

static const char *json_type(gt_field_type type)
{
    switch (type) {
    case GT_FIELD_TEXT:
    case GT_FIELD_DATE:
        return "string";
    case GT_FIELD_INT:
        return "integer";
    case GT_FIELD_REAL:
        return "number";
    case GT_FIELD_BOOL:
        return "boolean";
    }
    return "string";
}

gt_status gt_get_queryables(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_layer_info info;
    const gt_standard *s = NULL;
    gt_text *o = &reply->body;
    gt_part part;
    gt_status st = gt_part_open(desk, request->part[1], &info, &s, &part);
    if (st != GT_OK) {
        return st;
    }
    reply->type = "application/schema+json";
    gt_text_puts(o, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$id\":\"");
    gt_text_printf(o, "%s/collections/%s/queryables", request->base, s->id);
    gt_text_puts(o, "\",\"type\":\"object\",\"title\":");
    gt_text_json_string(o, gt_desk_title(desk, s->title));
    gt_text_puts(o, ",\"additionalProperties\":false,\"properties\":{\"id\":{\"type\":\"string\"}");
    for (size_t i = 0; i < info.standard->n_fields; i++) {
        const gt_field *f = &info.standard->fields[i];
        int own = gt_standard_field(s, f->name);
        gt_text_puts(o, ",\n");
        gt_text_json_string(o, f->name);
        gt_text_printf(o, ":{\"type\":\"%s\",\"title\":", json_type(f->type));
        gt_text_json_string(o, gt_desk_title(desk, own < 0 ? f->title : s->fields[own].title));
        gt_text_puts(o, f->type == GT_FIELD_DATE ? ",\"format\":\"date\"}" : "}");
    }
    gt_text_puts(o, "}}\n");
    return GT_OK;
}
