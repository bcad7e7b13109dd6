/* The OpenAPI 3.0 document. */
#include "serve/desk.h"

typedef struct gt_operation {
    const char *path, *id, *summary, *parameters, *type;
} gt_operation;

#define REF(name) "{\"$ref\":\"#/components/parameters/" name "\"}"

static const gt_operation operations[] = {
    {"/", "landing", "Landing page", "", "application/json"},
    {"/conformance", "conformance", "Conformance classes", "", "application/json"},
    {"/collections", "collections", "The published layers", REF("lang"), "application/json"},
    {"/collections/{collectionId}", "collection", "One layer", REF("collectionId") "," REF("lang"),
     "application/json"},
    {"/collections/{collectionId}/queryables", "queryables", "Attributes that filters may name",
     REF("collectionId"), "application/schema+json"},
    {"/collections/{collectionId}/items", "items", "Features of a layer",
     REF("collectionId") "," REF("limit") "," REF("bbox") "," REF("bbox-crs") "," REF(
         "crs") "," REF("datetime") "," REF("filter") "," REF("filter-lang"),
     "application/geo+json"},
    {"/collections/{collectionId}/items/{featureId}", "item", "One feature",
     REF("collectionId") "," REF("featureId") "," REF("crs"), "application/geo+json"},
    {"/collections/{collectionId}/tiles", "tilesets", "Tile sets of a layer", REF("collectionId"),
     "application/json"},
    {"/collections/{collectionId}/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}", "tile",
     "A vector tile",
     REF("collectionId") "," REF("tileMatrix") "," REF("tileRow") "," REF("tileCol"),
     "application/vnd.mapbox-vector-tile"},
    {"/processes", "processes", "The processes", "", "application/json"},
    {"/processes/{processId}", "process", "Description of a process", REF("processId"),
     "application/json"},
    {"/jobs", "jobs", "Own jobs", "", "application/json"},
    {"/jobs/{jobId}", "job", "Status of a job", REF("jobId"), "application/json"},
    {"/jobs/{jobId}/results", "results", "Results of a job", REF("jobId"), "application/json"},
    {"/jobs/{jobId}/events", "events", "Progress as server-sent events", REF("jobId"),
     "text/event-stream"},
    {"/health", "health", "Is the server well?", "", "application/json"},
};

static const char parameters[] =
    "\"collectionId\":{\"name\":\"collectionId\",\"in\":\"path\",\"required\":true,"
    "\"schema\":{\"type\":\"string\"}},\n"
    "\"featureId\":{\"name\":\"featureId\",\"in\":\"path\",\"required\":true,"
    "\"schema\":{\"type\":\"string\"}},\n"
    "\"tileMatrix\":{\"name\":\"tileMatrix\",\"in\":\"path\",\"required\":true,"
    "\"schema\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":22}},\n"
    "\"tileRow\":{\"name\":\"tileRow\",\"in\":\"path\",\"required\":true,"
    "\"schema\":{\"type\":\"integer\",\"minimum\":0}},\n"
    "\"tileCol\":{\"name\":\"tileCol\",\"in\":\"path\",\"required\":true,"
    "\"schema\":{\"type\":\"integer\",\"minimum\":0}},\n"
    "\"processId\":{\"name\":\"processId\",\"in\":\"path\",\"required\":true,"
    "\"schema\":{\"type\":\"string\"}},\n"
    "\"jobId\":{\"name\":\"jobId\",\"in\":\"path\",\"required\":true,"
    "\"schema\":{\"type\":\"string\"}},\n"
    "\"lang\":{\"name\":\"lang\",\"in\":\"query\",\"schema\":{\"type\":\"string\","
    "\"enum\":[\"zh\",\"en\"]}},\n"
    "\"limit\":{\"name\":\"limit\",\"in\":\"query\",\"style\":\"form\",\"explode\":false,"
    "\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10000,\"default\":10}},\n"
    "\"bbox\":{\"name\":\"bbox\",\"in\":\"query\",\"style\":\"form\",\"explode\":false,"
    "\"schema\":{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":4,"
    "\"maxItems\":6}},\n"
    "\"bbox-crs\":{\"name\":\"bbox-crs\",\"in\":\"query\",\"schema\":{\"type\":\"string\","
    "\"format\":\"uri\"}},\n"
    "\"crs\":{\"name\":\"crs\",\"in\":\"query\",\"schema\":{\"type\":\"string\","
    "\"format\":\"uri\"}},\n"
    "\"datetime\":{\"name\":\"datetime\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},\n"
    "\"filter\":{\"name\":\"filter\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},\n"
    "\"filter-lang\":{\"name\":\"filter-lang\",\"in\":\"query\",\"schema\":{\"type\":\"string\","
    "\"enum\":[\"cql2-text\"],\"default\":\"cql2-text\"}}";

static const char problem[] =
    "\"default\":{\"description\":\"What is wrong, and how to mend it\",\"content\":"
    "{\"application/problem+json\":{\"schema\":{\"type\":\"object\"}}}}";

static void put_operation(const gt_operation *op, gt_text *o)
{
    gt_text_json_string(o, op->path);
    gt_text_printf(o, ":{\"get\":{\"operationId\":\"%s\",\"summary\":\"%s\",\"parameters\":[%s],",
                   op->id, op->summary, op->parameters);
    gt_text_printf(o,
                   "\"responses\":{\"200\":{\"description\":\"%s\",\"content\":{\"%s\":"
                   "{\"schema\":{}}}},%s}}}",
                   op->summary, op->type, problem);
}

gt_status gt_get_api(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    reply->type = "application/vnd.oai.openapi+json;version=3.0";
    gt_text_puts(o, "{\"openapi\":\"3.0.3\",\"info\":{\"title\":");
    gt_text_json_string(o, gt_desk_title(desk, gt_store_title(desk->store)));
    gt_text_puts(o, ",\"version\":\"" GT_VERSION "\"},\n\"servers\":[{\"url\":");
    gt_text_json_string(o, request->base[0] != '\0' ? request->base : "/");
    gt_text_puts(o, "}],\n\"paths\":{\n");
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        put_operation(&operations[i], o);
        gt_text_puts(o, ",\n");
    }
    gt_text_puts(o,
                 "\"/processes/check/execution\":{\"post\":{\"operationId\":\"check\",\"summary\":"
                 "\"Check a subject\",\"requestBody\":{\"required\":true,\"content\":"
                 "{\"application/json\":{\"schema\":{\"type\":\"object\",\"required\":[\"inputs\"],"
                 "\"properties\":{\"inputs\":{\"type\":\"object\"}}}}}},\"responses\":{\"200\":"
                 "{\"description\":\"The verdict\",\"content\":{\"application/json\":"
                 "{\"schema\":{\"type\":\"object\"}}}},");
    gt_text_puts(o, problem);
    gt_text_puts(o, "}}}},\n\"components\":{\"parameters\":{");
    gt_text_puts(o, parameters);
    gt_text_puts(o, "}}}\n");
    return GT_OK;
}
