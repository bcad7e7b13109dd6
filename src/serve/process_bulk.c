/* The process bulk-check: every feature of a layer, or of a collection sent along. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/job_file.h"
#include "serve/messages.h"
#include "serve/processes.h"

enum { FACTS_MAX = 64, NAME = 128 };

typedef struct bulk {
    gt_desk *desk;
    const gt_subject_kind *kind;
    const char *layer;      /* one of the two */
    const json_t *features; /* array */
    gt_map_crs crs;
    gt_scan *scan;
    size_t at;
    gt_geom geom;
    gt_arena *texts; /* of the present subject */
    gt_fact facts[FACTS_MAX];
    size_t n_facts;
    int fact_of[GT_QUERY_MAX]; /* by column of the layer: field of the kind, or -1 */
    size_t n_columns;
    char name[NAME];
    FILE *out;
    gt_text line;
    char **names; /* of the subjects as they came, owned: verdicts come land by land */
    size_t cap_names;
} bulk;

void gt_bulk_describe(gt_desk *desk, gt_text *o)
{
    size_t n = 0;
    gt_text_puts(o, ",\n\"inputs\":{");
    gt_put_input(desk, "type", (gt_title){"对象类型", "Kind of subject"}, o);
    gt_text_puts(o, "\"minOccurs\":1,\"schema\":{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < gt_package_n_subject_kinds(desk->package); i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, gt_package_subject_kind(desk->package, i)->id);
    }
    gt_text_puts(o, "]}},\n");
    gt_put_input(desk, "layer", (gt_title){"图层", "Layer"}, o);
    gt_text_puts(o, "\"minOccurs\":0,\"schema\":{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < gt_store_n_layers(desk->store); i++) {
        gt_layer_info info;
        if (gt_store_layer(desk->ctx, desk->store, i, &info) == GT_OK &&
            gt_desk_publishes(desk, &info)) {
            gt_text_puts(o, n++ > 0 ? "," : "");
            gt_text_json_string(o, info.standard->id);
        }
    }
    gt_error_clear(desk->ctx);
    gt_text_puts(o, "]}},\n");
    gt_put_input(desk, "features", (gt_title){"要素集（GeoJSON）", "Features (GeoJSON)"}, o);
    gt_text_puts(o, "\"minOccurs\":0,\"schema\":"
                    "{\"type\":\"object\",\"format\":\"geojson-feature-collection\"}},\n");
    gt_put_input(desk, "crs", (gt_title){"坐标系", "Coordinate system"}, o);
    gt_text_puts(o, "\"minOccurs\":0,\"schema\":{\"type\":\"string\",\"format\":\"uri\"}}"
                    "},\n\"outputs\":{\"summary\":{\"schema\":{\"type\":\"object\"}},"
                    "\"verdicts\":{\"schema\":{\"type\":\"string\",\"contentMediaType\":"
                    "\"application/jsonl\"}}}");
}

static gt_status read_bulk(gt_desk *desk, const json_t *inputs, bulk *b)
{
    static const char *const names[] = {"type", "layer", "features", "crs", NULL};
    gt_layer_info info;
    const gt_standard *standard = NULL;
    const char *type = json_string_value(gt_input(inputs, "type"));
    const json_t *crs = gt_input(inputs, "crs");
    const json_t *collection = json_object_get(inputs, "features");
    const json_t *inner = json_object_get(collection, "value");
    memset(b, 0, sizeof *b);
    b->desk = desk;
    gt_geom_init(&b->geom);
    b->layer = json_string_value(gt_input(inputs, "layer"));
    b->features = json_object_get(inner != NULL ? inner : collection, "features");
    b->kind = type == NULL ? NULL : gt_package_find_subject_kind(desk->package, type);
    gt_status st = gt_input_known(desk, inputs, names);
    if (st == GT_OK && b->kind == NULL) {
        st = gt_input_wrong(desk, "type", "a kind of subject of the package",
                            "应为规划包的对象类型");
    }
    if (st == GT_OK && (b->layer != NULL) == json_is_array(b->features)) {
        st = gt_input_wrong(desk, "layer", "either a layer or features", "图层与要素集二者择一");
    }
    b->crs = GT_CRS84;
    if (st == GT_OK && crs != NULL &&
        (!json_is_string(crs) || !gt_crs_set_find(&desk->crs, json_string_value(crs), &b->crs))) {
        st = gt_input_wrong(desk, "crs", "not offered", "不支持的坐标系");
    }
    return st == GT_OK && b->layer != NULL ? gt_desk_layer(desk, b->layer, &info, &standard) : st;
}

gt_status gt_bulk_try(gt_desk *desk, const json_t *inputs)
{
    bulk b;
    return read_bulk(desk, inputs, &b);
}

/* ---- subjects ---------------------------------------------------------------------------------
 */

static gt_status add_fact(bulk *b, const gt_field *field, const char *value)
{
    gt_text_clear(&b->line);
    gt_text_printf(&b->line, "%s=%s", field->name, value);
    return b->n_facts == FACTS_MAX
               ? GT_OK
               : gt_fact_parse(b->desk->ctx, b->desk->package, b->kind->id, gt_text_cstr(&b->line),
                               b->texts, &b->facts[b->n_facts++]);
}

static gt_status facts_of_json(bulk *b, const json_t *properties)
{
    gt_status st = GT_OK;
    char number[64];
    for (size_t i = 0; st == GT_OK && i < b->kind->n_fields; i++) {
        const gt_field *field = &b->kind->fields[i];
        const json_t *v = json_object_get(properties, field->name);
        const char *text = json_string_value(v);
        if (json_is_integer(v)) {
            (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
            text = number;
        } else if (json_is_real(v)) {
            (void)snprintf(number, sizeof number, "%.17g", json_real_value(v));
            text = number;
        } else if (json_is_boolean(v)) {
            text = json_is_true(v) ? "yes" : "no";
        }
        st = text != NULL && *text != '\0' ? add_fact(b, field, text) : GT_OK;
    }
    return st;
}

static gt_status next_of_json(bulk *b, bool *more)
{
    gt_ctx *ctx = b->desk->ctx;
    gt_transform *transform = NULL;
    *more = b->at < json_array_size(b->features);
    if (!*more) {
        return GT_OK;
    }
    const json_t *f = json_array_get(b->features, b->at++);
    const json_t *id = json_object_get(f, "id");
    if (json_is_string(id)) {
        (void)snprintf(b->name, sizeof b->name, "%.100s", json_string_value(id));
    } else {
        (void)snprintf(b->name, sizeof b->name, "%zu", b->at);
    }
    char *text = json_dumps(json_object_get(f, "geometry"), JSON_COMPACT | JSON_ENCODE_ANY);
    gt_status st = text == NULL ? gt_input_wrong(b->desk, "features", "a feature without geometry",
                                                 "要素没有几何")
                                : gt_geom_from_geojson(ctx, text, strlen(text), &b->geom);
    free(text);
    for (size_t i = 0; st == GT_OK && b->desk->crs.north_first[b->crs] && i < b->geom.n_points;
         i++) {
        double x = b->geom.xy[2 * i];
        b->geom.xy[2 * i] = b->geom.xy[2 * i + 1];
        b->geom.xy[2 * i + 1] = x;
    }
    if (st == GT_OK && b->crs != GT_CRS_WORK) {
        st = gt_desk_in(b->desk, b->crs, &transform);
        st = st == GT_OK ? gt_transform_points(ctx, transform, b->geom.xy, b->geom.n_points) : st;
    }
    return st == GT_OK ? facts_of_json(b, json_object_get(f, "properties")) : st;
}

static gt_status next_of_layer(bulk *b, bool *more)
{
    gt_feature f;
    char text[512];
    gt_status st = gt_scan_next(b->desk->ctx, b->scan, &f, more);
    if (st != GT_OK || !*more) {
        *more = false;
        return st;
    }
    (void)snprintf(b->name, sizeof b->name, "%.100s", f.id);
    st = f.blob == NULL ? GT_OK
                        : gt_geom_from_gpkg(b->desk->ctx, f.blob, f.blob_len, NULL, &b->geom);
    for (size_t i = 0; st == GT_OK && i < b->n_columns && i < f.n_values; i++) {
        const gt_value *v = &f.values[i];
        if (b->fact_of[i] < 0 || v->kind == GT_NULL) {
            continue;
        }
        if (v->kind == GT_VAL_TEXT) {
            (void)snprintf(text, sizeof text, "%.*s", (int)(v->len < 500 ? v->len : 500), v->text);
        } else if (v->kind == GT_VAL_INT) {
            (void)snprintf(text, sizeof text, "%lld", (long long)v->integer);
        } else {
            (void)snprintf(text, sizeof text, "%.17g", v->real);
        }
        st = *text == '\0' ? GT_OK : add_fact(b, &b->kind->fields[b->fact_of[i]], text);
    }
    return st;
}

static gt_status next(gt_ctx *ctx, void *user, gt_subject *s, bool *more)
{
    bulk *b = user;
    gt_arena_reset(b->texts);
    b->n_facts = 0;
    gt_status st = b->scan != NULL ? next_of_layer(b, more) : next_of_json(b, more);
    *s = (gt_subject){.kind = b->kind->id,
                      .name = b->name,
                      .geom = &b->geom,
                      .facts = b->facts,
                      .n_facts = b->n_facts};
    if (*more) {
        size_t n = b->scan != NULL ? b->at++ : b->at - 1;
        gt_status kept = gt_grow(ctx, (void **)&b->names, &b->cap_names, n + 1, sizeof *b->names);
        if (kept == GT_OK) {
            b->names[n] = gt_strdup(ctx, b->name);
            kept = b->names[n] == NULL ? GT_E_MEMORY : GT_OK;
        }
        if (kept != GT_OK) {
            *more = false;
            b->at = n;
            return kept;
        }
        gt_progress_step(ctx, b->at);
    }
    return st;
}

/* ---- verdicts ---------------------------------------------------------------------------------
 */

static const char *result_name(gt_result result)
{
    static const char *const names[] = {"pass", "fail", "undecidable"};
    return names[result];
}

static void put_findings(const bulk *b, const gt_verdict *verdict, gt_text *o)
{
    gt_text_puts(o, ",\"findings\":[");
    for (size_t i = 0, n = 0; i < gt_verdict_n_findings(verdict); i++) {
        const gt_finding *f = gt_verdict_finding(verdict, i);
        if (f->result == GT_PASS) {
            continue;
        }
        gt_text_puts(o, n++ > 0 ? ",{\"rule\":" : "{\"rule\":");
        gt_text_json_string(o, f->rule->id);
        gt_text_printf(o, ",\"result\":\"%s\",\"clause\":", result_name(f->result));
        gt_text_json_string(o, f->rule->clauses == NULL ? NULL : f->rule->clauses[0]);
        gt_text_puts(o, ",\"said\":");
        gt_text_json_string(o, f->said[b->desk->lang]);
        gt_text_puts(o, "}");
    }
    gt_text_puts(o, "]");
}

static gt_status found(gt_ctx *ctx, void *user, size_t number, const gt_verdict *verdict)
{
    bulk *b = user;
    gt_text *o = &b->line;
    gt_text_clear(o);
    gt_text_printf(o, "{\"number\":%zu,\"name\":", number);
    gt_text_json_string(o, number < b->at ? b->names[number] : "");
    if (verdict == NULL) {
        gt_text said;
        gt_text_init(&said, ctx, 65536);
        gt_error_render(ctx, b->desk->lang, &said);
        gt_text_puts(o, ",\"result\":\"refused\",\"id\":");
        gt_text_json_string(o, gt_error_id(ctx));
        gt_text_puts(o, ",\"said\":");
        gt_text_json_string(o, gt_text_cstr(&said));
        gt_text_free(&said);
    } else {
        gt_text_printf(o, ",\"result\":\"%s\",\"unit\":", result_name(gt_verdict_result(verdict)));
        gt_text_json_string(o, gt_verdict_unit(verdict));
        gt_text_puts(o, ",\"area_m2\":");
        gt_text_json_real(o, gt_verdict_area_m2(verdict));
        put_findings(b, verdict, o);
    }
    gt_text_puts(o, "}\n");
    if (o->failed) {
        return gt_text_status(o);
    }
    return fwrite(gt_text_cstr(o), 1, o->len, b->out) == o->len
               ? GT_OK
               : gt_fail_errno(ctx, errno, "write", "verdicts.jsonl");
}

/* ---- the run ----------------------------------------------------------------------------------
 */

static gt_status open_layer(bulk *b)
{
    gt_query query;
    gt_layer_info info;
    const gt_standard *standard = NULL;
    gt_status st = gt_desk_layer(b->desk, b->layer, &info, &standard);
    for (size_t i = 0; st == GT_OK && i < info.standard->n_fields && i < GT_QUERY_MAX; i++) {
        b->fact_of[i] = -1;
        for (size_t k = 0; k < b->kind->n_fields; k++) {
            bool same = strcmp(b->kind->fields[k].name, info.standard->fields[i].name) == 0;
            b->fact_of[i] = same ? (int)k : b->fact_of[i];
        }
        b->n_columns = i + 1;
    }
    if (st == GT_OK) {
        gt_progress_begin(b->desk->ctx, &GT_MSG_SERVE_CHECKING, (uint64_t)info.n_features);
        gt_query_init(&query, b->layer);
        st = gt_scan_open(b->desk->ctx, b->desk->store, &query, &b->scan);
    }
    return st;
}

static void put_facts(const gt_bulk_facts *f, gt_text *o)
{
    gt_text_printf(o,
                   "{\"summary\":{\"subjects\":%zu,\"refused\":%zu,\"pass\":%zu,\"fail\":%zu,"
                   "\"undecidable\":%zu},\n",
                   f->n_subjects, f->n_refused, f->by_result[GT_PASS], f->by_result[GT_FAIL],
                   f->by_result[GT_UNDECIDABLE]);
    gt_put_file(o, "verdicts", "verdicts.jsonl", "application/jsonl");
    gt_text_puts(o, "}\n");
}

gt_status gt_bulk_run(gt_desk *desk, const json_t *inputs, const char *dir, gt_text *results)
{
    bulk b;
    char path[GT_JOB_PATH];
    gt_bulk_options options;
    gt_bulk_facts facts = {0};
    gt_bulk_options_init(&options);
    options.check.may_see = gt_desk_sees;
    options.check.user = desk;
    gt_status st = read_bulk(desk, inputs, &b);
    gt_text_init(&b.line, desk->ctx, 0);
    (void)snprintf(path, sizeof path, "%.4000s/verdicts.jsonl", dir);
    st = st == GT_OK ? gt_arena_new(desk->ctx, 0, &b.texts) : st;
    b.out = st == GT_OK ? fopen(path, "wb") : NULL;
    if (st == GT_OK && b.out == NULL) {
        st = gt_fail_errno(desk->ctx, errno, "open", path);
    }
    if (st == GT_OK && b.layer != NULL) {
        st = open_layer(&b);
    } else if (st == GT_OK) {
        gt_progress_begin(desk->ctx, &GT_MSG_SERVE_CHECKING, json_array_size(b.features));
    }
    const gt_bulk_calls calls = {next, found, &b};
    st = st == GT_OK ? gt_check_bulk(desk->ctx, desk->store, desk->package, b.kind->id, &options,
                                     &calls, &facts)
                     : st;
    gt_progress_end(desk->ctx);
    if (b.out != NULL && fclose(b.out) != 0 && st == GT_OK) {
        st = gt_fail_errno(desk->ctx, errno, "write", path);
    }
    if (st == GT_OK) {
        put_facts(&facts, results);
    }
    for (size_t i = 0; b.names != NULL && i < b.at; i++) {
        gt_free(desk->ctx, b.names[i]);
    }
    gt_free(desk->ctx, b.names);
    gt_scan_close(b.scan);
    gt_geom_free(desk->ctx, &b.geom);
    gt_arena_free(b.texts);
    gt_text_free(&b.line);
    return st;
}
