/* The process `check`: one subject against the rules. Inputs: the outline as GeoJSON, the
 * kind of subject, its facts; outputs: the verdict (docs/reference/verdict-json.md) and the
 * overlaps of what does not pass, in CRS84 for a map; or the same as a PDF to take along. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/map.h"
#include "serve/job_file.h"
#include "serve/messages.h"
#include "serve/processes.h"

enum { FACTS_MAX = 64 };

typedef struct inputs {
    const json_t *in;
    gt_geom geom;
    gt_fact facts[FACTS_MAX];
    gt_subject subject;
    gt_check_options options;
    bool pdf;
} inputs;

static gt_status refuse(gt_desk *desk, const char *reason)
{
    return gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_BODY, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("reason", reason)));
}

/* A text input, bare or as {"value": ...}. */
static const char *text_input(const inputs *in, const char *name)
{
    const json_t *j = json_object_get(in->in, name);
    const json_t *inner = json_is_object(j) ? json_object_get(j, "value") : NULL;
    return json_string_value(inner != NULL ? inner : j);
}

/* Facts are texts, numbers or truth values; each is read as --set NAME=VALUE is. */
static gt_status read_facts(gt_desk *desk, inputs *in)
{
    const json_t *facts = json_object_get(in->in, "facts");
    const json_t *inner = json_is_object(facts) ? json_object_get(facts, "value") : NULL;
    const char *name = NULL;
    json_t *value = NULL;
    gt_status st = GT_OK;
    facts = json_is_object(inner) ? inner : facts;
    if (facts != NULL && !json_is_object(facts)) {
        return refuse(desk, "inputs.facts {}");
    }
    union {
        const json_t *given;
        json_t *walked;
    } alias = {.given = facts};
    json_object_foreach(alias.walked, name, value)
    {
        gt_text line;
        gt_text_init(&line, desk->ctx, 65536);
        gt_text_printf(&line, "%s=", name);
        if (json_is_string(value)) {
            gt_text_puts(&line, json_string_value(value));
        } else if (json_is_integer(value)) {
            gt_text_printf(&line, "%lld", (long long)json_integer_value(value));
        } else if (json_is_real(value)) {
            gt_text_json_real(&line, json_real_value(value));
        } else if (json_is_boolean(value)) {
            gt_text_puts(&line, json_is_true(value) ? "yes" : "no");
        } else {
            st = refuse(desk, "inputs.facts");
        }
        if (st == GT_OK && in->subject.n_facts == FACTS_MAX) {
            st = refuse(desk, "inputs.facts: > 64");
        }
        if (st == GT_OK) {
            st = gt_fact_parse(desk->ctx, desk->package, in->subject.kind, gt_text_cstr(&line),
                               desk->arena, &in->facts[in->subject.n_facts]);
            in->subject.n_facts++;
        }
        gt_text_free(&line);
        if (st != GT_OK) {
            break;
        }
    }
    return st;
}

static gt_status read_format(gt_desk *desk, inputs *in)
{
    const json_t *given = gt_input(in->in, "format");
    const char *format = given == NULL ? "json" : json_string_value(given);
    in->pdf = format != NULL && strcmp(format, "pdf") == 0;
    return in->pdf || (format != NULL && strcmp(format, "json") == 0)
               ? GT_OK
               : gt_input_wrong(desk, "format", "json or pdf", "应为 json 或 pdf");
}

static gt_status read_inputs(gt_desk *desk, inputs *in)
{
    gt_check_options_init(&in->options);
    in->options.may_see = gt_desk_sees;
    in->options.user = desk;
    gt_status st = gt_input_outline(desk, in->in, &in->geom);
    if (st == GT_OK) {
        const char *kind = text_input(in, "type"), *day = text_input(in, "as_of");
        in->subject.kind = kind == NULL ? "project" : kind;
        in->subject.name = text_input(in, "name");
        in->subject.geom = &in->geom;
        in->subject.facts = in->facts;
        if (day != NULL && !gt_date_parse(day, &in->options.as_of)) {
            st = refuse(desk, "inputs.as_of: YYYY-MM-DD");
        }
    }
    st = st == GT_OK ? read_format(desk, in) : st;
    return st == GT_OK ? read_facts(desk, in) : st;
}

/* ---- the answer -------------------------------------------------------------------------------
 */

static gt_status put_overlap(gt_desk *desk, const gt_finding *finding, const gt_measured *m,
                             size_t *n, gt_text *o)
{
    gt_transform *transform = NULL;
    gt_geom geom;
    gt_geom_init(&geom);
    gt_status st = gt_geom_copy(desk->ctx, m->overlap, &geom);
    st = st == GT_OK ? gt_desk_out(desk, GT_CRS84, &transform) : st;
    st = st == GT_OK ? gt_transform_points(desk->ctx, transform, geom.xy, geom.n_points) : st;
    if (st == GT_OK) {
        gt_text_puts(o, (*n)++ > 0 ? ",\n" : "\n");
        gt_text_puts(o, "{\"type\":\"Feature\",\"geometry\":");
        gt_geom_to_geojson(&geom, 8, o);
        gt_text_puts(o, ",\"properties\":{\"rule\":");
        gt_text_json_string(o, finding->rule->id);
        gt_text_puts(o, ",\"result\":");
        gt_text_json_string(o, finding->result == GT_FAIL ? "fail" : "undecidable");
        gt_text_puts(o, ",\"m2\":");
        gt_text_json_real(o, m->m2);
        gt_text_puts(o, "}}");
    }
    gt_geom_free(desk->ctx, &geom);
    return st;
}

static gt_status put_overlaps(gt_desk *desk, const gt_verdict *verdict, gt_text *o)
{
    gt_status st = GT_OK;
    size_t n = 0;
    gt_text_puts(o, "{\"type\":\"FeatureCollection\",\"features\":[");
    for (size_t i = 0; st == GT_OK && i < gt_verdict_n_findings(verdict); i++) {
        const gt_finding *f = gt_verdict_finding(verdict, i);
        for (size_t k = 0; st == GT_OK && f->result != GT_PASS && k < f->rule->n_measures; k++) {
            const gt_measured *m = f->measured[k];
            if (m->overlap != NULL && m->overlap->n_points > 0) {
                st = put_overlap(desk, f, m, &n, o);
            }
        }
    }
    gt_text_puts(o, "]}");
    return st;
}

gt_status gt_desk_checker(gt_desk *desk, gt_checker **out)
{
    gt_status st = GT_OK;
    if (desk->checker != NULL && desk->checker_revision != gt_store_revision(desk->store)) {
        gt_checker_free(desk->checker);
        desk->checker = NULL;
    }
    if (desk->checker == NULL) {
        desk->checker_revision = gt_store_revision(desk->store);
        st = gt_checker_new(desk->ctx, desk->store, desk->package, &desk->checker);
    }
    *out = desk->checker;
    return st;
}

static void inputs_init(inputs *in, const json_t *given)
{
    memset(in, 0, sizeof *in);
    gt_geom_init(&in->geom);
    in->in = given;
}

gt_status gt_check_try(gt_desk *desk, const json_t *given)
{
    inputs in;
    inputs_init(&in, given);
    gt_status st = read_inputs(desk, &in);
    gt_geom_free(desk->ctx, &in.geom);
    return st;
}

static gt_status draw(gt_desk *desk, const inputs *in, const gt_verdict *verdict, const char *path)
{
    gt_verdict_picture_options o;
    gt_verdict_picture_options_init(desk->ctx, &o);
    o.lang = desk->lang;
    o.kind = in->subject.kind;
    o.day = gt_date_today();
    o.may_draw = gt_desk_sees;
    o.user = desk;
    return gt_verdict_picture(desk->ctx, desk->store, desk->package, verdict, &o, path);
}

static gt_status take_file(gt_desk *desk, const char *path, gt_text *out)
{
    char block[65536];
    size_t n = 1;
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return gt_fail_errno(desk->ctx, errno, "open", path);
    }
    while (n > 0) {
        n = fread(block, 1, sizeof block, file);
        gt_text_add(out, block, n);
    }
    gt_status st = ferror(file) ? gt_fail_errno(desk->ctx, errno, "read", path) : GT_OK;
    (void)fclose(file);
    return st == GT_OK ? gt_text_status(out) : st;
}

/* The PDF is drawn into a folder of its own, which is gone when the answer is. */
static gt_status put_pdf(gt_desk *desk, const inputs *in, const gt_verdict *verdict, gt_text *out)
{
    char dir[GT_JOB_PATH], path[GT_JOB_PATH + 16];
    (void)snprintf(dir, sizeof dir, "%.3900s/.verdict-XXXXXX", gt_store_dir(desk->store));
    if (mkdtemp(dir) == NULL) {
        return gt_fail_errno(desk->ctx, errno, "mkdtemp", dir);
    }
    (void)snprintf(path, sizeof path, "%s/verdict.pdf", dir);
    gt_status st = draw(desk, in, verdict, path);
    st = st == GT_OK ? take_file(desk, path, out) : st;
    (void)unlink(path);
    (void)rmdir(dir);
    return st;
}

static gt_status put_json(gt_desk *desk, const gt_verdict *verdict, gt_text *o)
{
    gt_text_puts(o, "{\"verdict\":");
    gt_verdict_render_json(verdict, o);
    gt_text_puts(o, ",\"overlaps\":");
    return put_overlaps(desk, verdict, o);
}

static gt_status judge(gt_desk *desk, inputs *in, gt_verdict **out)
{
    gt_checker *checker = NULL;
    gt_status st = read_inputs(desk, in);
    st = st == GT_OK ? gt_desk_checker(desk, &checker) : st;
    return st == GT_OK ? gt_checker_run(desk->ctx, checker, &in->subject, &in->options, out) : st;
}

gt_status gt_check_answer(gt_desk *desk, const json_t *given, gt_reply *reply)
{
    inputs in;
    gt_verdict *verdict = NULL;
    inputs_init(&in, given);
    gt_status st = judge(desk, &in, &verdict);
    if (st == GT_OK && in.pdf) {
        reply->type = "application/pdf";
        reply->save_as = "verdict.pdf";
        st = put_pdf(desk, &in, verdict, &reply->body);
    } else if (st == GT_OK) {
        st = put_json(desk, verdict, &reply->body);
        gt_text_puts(&reply->body, "}\n");
    }
    gt_verdict_free(verdict);
    gt_geom_free(desk->ctx, &in.geom);
    return st;
}

gt_status gt_check_run(gt_desk *desk, const json_t *given, const char *dir, gt_text *results)
{
    inputs in;
    char path[GT_JOB_PATH];
    gt_verdict *verdict = NULL;
    inputs_init(&in, given);
    gt_status st = judge(desk, &in, &verdict);
    st = st == GT_OK ? put_json(desk, verdict, results) : st;
    if (st == GT_OK && in.pdf) {
        (void)snprintf(path, sizeof path, "%.4000s/verdict.pdf", dir);
        st = draw(desk, &in, verdict, path);
        gt_text_putc(results, ',');
        gt_put_file(results, "report", "verdict.pdf", "application/pdf");
    }
    gt_text_puts(results, "}\n");
    gt_verdict_free(verdict);
    gt_geom_free(desk->ctx, &in.geom);
    return st;
}

/* ---- descriptions -----------------------------------------------------------------------------
 */

/* Kinds of subject and their facts: what a form needs. */
static void put_kinds(gt_desk *desk, gt_text *o)
{
    for (size_t i = 0; i < gt_package_n_subject_kinds(desk->package); i++) {
        const gt_subject_kind *kind = gt_package_subject_kind(desk->package, i);
        gt_text_puts(o, i > 0 ? ",\n{\"id\":" : "\n{\"id\":");
        gt_text_json_string(o, kind->id);
        gt_text_puts(o, ",\"title\":");
        gt_text_json_string(o, gt_desk_title(desk, kind->title));
        gt_text_puts(o, ",\"facts\":[");
        for (size_t k = 0; k < kind->n_fields; k++) {
            const gt_field *f = &kind->fields[k];
            gt_text_puts(o, k > 0 ? ",{\"name\":" : "{\"name\":");
            gt_text_json_string(o, f->name);
            gt_text_puts(o, ",\"title\":");
            gt_text_json_string(o, gt_desk_title(desk, f->title));
            gt_text_puts(o, ",\"unit\":");
            gt_text_json_string(o, f->unit);
            gt_text_printf(o, ",\"type\":\"%s\",\"codes\":[",
                           f->type == GT_FIELD_BOOL                              ? "boolean"
                           : f->type == GT_FIELD_INT || f->type == GT_FIELD_REAL ? "number"
                           : f->type == GT_FIELD_DATE                            ? "date"
                                                                                 : "text");
            for (size_t c = 0; f->codes != NULL && c < f->codes->n_codes; c++) {
                gt_text_puts(o, c > 0 ? ",[" : "[");
                gt_text_json_string(o, f->codes->codes[c].code);
                gt_text_putc(o, ',');
                gt_text_json_string(o, gt_desk_title(desk, f->codes->codes[c].title));
                gt_text_putc(o, ']');
            }
            gt_text_puts(o, "]}");
        }
        gt_text_puts(o, "]}");
    }
}

void gt_check_describe(gt_desk *desk, gt_text *o)
{
    gt_text_puts(o,
                 ",\n\"inputs\":{\"geometry\":{\"title\":\"outline\",\"minOccurs\":1,\"schema\":"
                 "{\"format\":\"geojson-geometry\",\"type\":\"object\"}},\n"
                 "\"crs\":{\"minOccurs\":0,\"schema\":{\"type\":\"string\",\"format\":\"uri\"}},\n"
                 "\"type\":{\"minOccurs\":0,\"schema\":{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < gt_package_n_subject_kinds(desk->package); i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, gt_package_subject_kind(desk->package, i)->id);
    }
    gt_text_puts(
        o, "],\"default\":\"project\"}},\n"
           "\"name\":{\"minOccurs\":0,\"schema\":{\"type\":\"string\"}},\n"
           "\"format\":{\"title\":\"format\",\"minOccurs\":0,\"schema\":{\"type\":\"string\","
           "\"enum\":[\"json\",\"pdf\"],\"default\":\"json\"}},\n"
           "\"as_of\":{\"minOccurs\":0,\"schema\":{\"type\":\"string\",\"format\":\"date\"}},\n"
           "\"facts\":{\"minOccurs\":0,\"schema\":{\"type\":\"object\"}}},\n"
           "\"outputs\":{\"verdict\":{\"schema\":{\"type\":\"object\"}},"
           "\"overlaps\":{\"schema\":{\"type\":\"object\",\"format\":"
           "\"geojson-feature-collection\"}},\"report\":{\"schema\":{\"type\":\"string\","
           "\"contentMediaType\":\"application/pdf\"}}},\n\"kinds\":[");
    put_kinds(desk, o);
    gt_text_puts(o, "]");
}
