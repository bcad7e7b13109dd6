/* The OpenAPI 3.0 document, made of the table of routes. */
#include <stdio.h>
#include <string.h>

#include "serve/routes.h"

static const char problem[] =
    "\"default\":{\"description\":\"What is wrong, and how to mend it (RFC 9457)\",\"content\":"
    "{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/problem\"}}}}";

/* Parameters whose schema is more than a text; those of paths are texts, but for tiles. */
static const char *const schemas[][2] = {
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":10000,\"default\":10}"},
    {"bbox", "{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":4,\"maxItems\":6}"},
    {"bbox-crs", "{\"type\":\"string\",\"format\":\"uri\"}"},
    {"crs", "{\"type\":\"string\",\"format\":\"uri\"}"},
    {"filter-lang", "{\"type\":\"string\",\"enum\":[\"cql2-text\"],\"default\":\"cql2-text\"}"},
    {"lang", "{\"type\":\"string\",\"enum\":[\"zh\",\"en\"]}"},
    {"level", "{\"type\":\"string\",\"enum\":[\"city\",\"district\",\"town\"]}"},
    {"year", "{\"type\":\"integer\",\"minimum\":1900,\"maximum\":2200}"},
    {"x", "{\"type\":\"number\"}"},
    {"y", "{\"type\":\"number\"}"},
    {"override", "{\"type\":\"boolean\",\"default\":false}"},
    {"tileMatrixSetId", "{\"type\":\"string\",\"enum\":[\"WebMercatorQuad\"]}"},
    {"tileMatrix", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":22}"},
    {"tileRow", "{\"type\":\"integer\",\"minimum\":0}"},
    {"tileCol", "{\"type\":\"integer\",\"minimum\":0}"}};

static void put_parameter(const char *name, size_t len, const char *in, gt_text *o)
{
    const char *schema = "{\"type\":\"string\"}";
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        bool same = strlen(schemas[i][0]) == len && strncmp(schemas[i][0], name, len) == 0;
        schema = same ? schemas[i][1] : schema;
    }
    bool list = strncmp(name, "bbox", len) == 0 && len == 4;
    gt_text_printf(o, "{\"name\":\"%.*s\",\"in\":\"%s\",\"required\":%s,%s\"schema\":%s}", (int)len,
                   name, in, strcmp(in, "path") == 0 ? "true" : "false",
                   list ? "\"style\":\"form\",\"explode\":false," : "", schema);
}

static void put_parameters(const gt_route *route, gt_text *o)
{
    size_t n = 0;
    gt_text_puts(o, ",\"parameters\":[");
    for (const char *at = strchr(route->pattern, '{'); at != NULL; at = strchr(at + 1, '{')) {
        gt_text_puts(o, n++ > 0 ? "," : "");
        put_parameter(at + 1, strcspn(at + 1, "}"), "path", o);
    }
    for (const char *at = route->query; at != NULL && *at != '\0';) {
        size_t len = strcspn(at, " ");
        gt_text_puts(o, n++ > 0 ? "," : "");
        put_parameter(at, len, "query", o);
        at += len + (at[len] == ' ' ? 1 : 0);
    }
    gt_text_putc(o, ']');
}

static const char *success(const gt_route *route)
{
    static const char *const made[] = {"collections/{collectionId}/items",
                                       "ledgers/{ledgerId}/records",
                                       "ledgers/{ledgerId}/records/{recordId}/attachments",
                                       "voices/{ledgerId}",
                                       "tokens",
                                       "accounts"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        if (strcmp(route->method, "POST") == 0 && strcmp(route->pattern, made[i]) == 0) {
            return "201";
        }
    }
    bool feature = strstr(route->pattern, "{featureId}") != NULL;
    return feature && strcmp(route->method, "GET") != 0 ? "204" : "200";
}

/* Handlers have no name at run time: the id is the method and the fixed segments. */
static void put_id(const gt_route *route, gt_text *o)
{
    gt_text_puts(o, "\"operationId\":\"");
    for (const char *c = route->method; *c != '\0'; c++) {
        gt_text_putc(o, (char)(*c + ('a' - 'A')));
    }
    for (const char *c = route->pattern; *c != '\0'; c++) {
        if (*c == '{') {
            gt_text_putc(o, '-');
        } else if (*c != '}') {
            gt_text_putc(o, *c == '/' ? '-' : *c);
        }
    }
    gt_text_puts(o, "\"");
}

static void put_operation(const gt_route *route, gt_text *o)
{
    const char *code = success(route);
    const char *type = route->type == NULL ? "application/json" : route->type;
    gt_text_putc(o, '"');
    for (const char *c = route->method; *c != '\0'; c++) {
        gt_text_putc(o, (char)(*c + ('a' - 'A')));
    }
    gt_text_puts(o, "\":{");
    put_id(route, o);
    gt_text_puts(o, ",\"summary\":");
    gt_text_json_string(o, route->summary);
    put_parameters(route, o);
    if (route->body != NULL) {
        gt_text_printf(o,
                       ",\"requestBody\":{\"required\":true,\"content\":{\"%s\":{\"schema\":{}}}}",
                       route->body);
    }
    if (route->need == GT_SIGNED || route->need == GT_CHANGING) {
        gt_text_puts(o, ",\"security\":[{\"token\":[]},{\"session\":[]}]");
    }
    gt_text_printf(o, ",\"responses\":{\"%s\":{\"description\":", code);
    gt_text_json_string(o, route->summary);
    if (strcmp(code, "204") != 0) {
        gt_text_printf(o, ",\"content\":{\"%s\":{\"schema\":{}}}", type);
    }
    gt_text_printf(o, "},%s}}", problem);
}

static bool seen_before(size_t i)
{
    const char *pattern = gt_route_at(i)->pattern;
    for (size_t k = 0; k < i; k++) {
        if (strcmp(gt_route_at(k)->pattern, pattern) == 0) {
            return true;
        }
    }
    return false;
}

static void put_path(size_t i, gt_text *o)
{
    const gt_route *route = NULL;
    const char *pattern = gt_route_at(i)->pattern;
    size_t n = 0;
    gt_text_printf(o, "%s\"/%s\":{", i > 0 ? ",\n" : "\n", pattern);
    for (size_t k = i; (route = gt_route_at(k)) != NULL; k++) {
        if (strcmp(route->pattern, pattern) == 0) {
            gt_text_puts(o, n++ > 0 ? "," : "");
            put_operation(route, o);
        }
    }
    gt_text_putc(o, '}');
}

gt_status gt_get_api(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    reply->type = "application/vnd.oai.openapi+json;version=3.0";
    gt_text_puts(o, "{\"openapi\":\"3.0.3\",\"info\":{\"title\":");
    gt_text_json_string(o, gt_desk_title(desk, gt_store_title(desk->store)));
    gt_text_puts(o, ",\"version\":\"" GT_VERSION "\"},\n\"servers\":[{\"url\":");
    gt_text_json_string(o, request->base[0] != '\0' ? request->base : "/");
    gt_text_puts(o, "}],\n\"paths\":{");
    for (size_t i = 0; gt_route_at(i) != NULL; i++) {
        if (!seen_before(i)) {
            put_path(i, o);
        }
    }
    gt_text_puts(o,
                 "},\n\"components\":{\"schemas\":{\"problem\":{\"type\":\"object\",\"properties\":"
                 "{\"type\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},\"title\":"
                 "{\"type\":\"string\"},\"detail\":{\"type\":\"string\"},\"id\":{\"type\":"
                 "\"string\"},\"instance\":{\"type\":\"string\"}}}},\n\"securitySchemes\":"
                 "{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"},\"session\":{\"type\":"
                 "\"apiKey\",\"in\":\"cookie\",\"name\":\"guotu_session\"}}}}\n");
    return gt_text_status(o);
}
