/* The processes report and build. */
#include <stdio.h>
#include <string.h>

#include "guotu/graph.h"
#include "guotu/yearly.h"
#include "serve/job_file.h"
#include "serve/messages.h"
#include "serve/processes.h"

/* ---- report -----------------------------------------------------------------------------------
 */

enum { YEAR_MIN = 1900, YEAR_MAX = 2100, BACK_MAX = 9, MOVERS_MAX = 12 };

typedef struct report_inputs {
    gt_yearly_options options;
    const char *end; /* "pdf", "xlsx" */
} report_inputs;

void gt_report_describe(gt_desk *desk, gt_text *o)
{
    gt_text_puts(o, ",\n\"inputs\":{");
    gt_put_input(desk, "year", (gt_title){"年度", "Year"}, o);
    gt_text_printf(o,
                   "\"minOccurs\":1,\"schema\":{\"type\":\"integer\",\"minimum\":%d,"
                   "\"maximum\":%d}},\n",
                   YEAR_MIN, YEAR_MAX);
    gt_put_input(desk, "format", (gt_title){"文件格式", "Format"}, o);
    gt_text_puts(o, "\"minOccurs\":0,\"schema\":{\"type\":\"string\",\"enum\":[\"pdf\",\"xlsx\"],"
                    "\"default\":\"pdf\"}},\n");
    gt_put_input(desk, "back", (gt_title){"走势年数", "Years of trends"}, o);
    gt_text_printf(o,
                   "\"minOccurs\":0,\"schema\":{\"type\":\"integer\",\"minimum\":0,"
                   "\"maximum\":%d,\"default\":5}},\n",
                   BACK_MAX);
    gt_put_input(desk, "movers", (gt_title){"列出变化原因的项数", "Contributions listed"}, o);
    gt_text_printf(o,
                   "\"minOccurs\":0,\"schema\":{\"type\":\"integer\",\"minimum\":0,"
                   "\"maximum\":%d,\"default\":4}}},\n"
                   "\"outputs\":{\"report\":{\"schema\":{\"type\":\"string\","
                   "\"contentMediaType\":\"application/pdf\"}}}",
                   MOVERS_MAX);
}

static gt_status read_report(gt_desk *desk, const json_t *inputs, report_inputs *out)
{
    static const char *const names[] = {"year", "format", "back", "movers", NULL};
    int movers = 4;
    gt_yearly_options_init(desk->ctx, &out->options);
    out->options.year = 0;
    out->options.lang = desk->lang;
    gt_status st = gt_input_known(desk, inputs, names);
    st = st == GT_OK ? gt_input_int(desk, inputs, "year", YEAR_MIN, YEAR_MAX, &out->options.year)
                     : st;
    if (st == GT_OK && out->options.year == 0) {
        st = gt_input_wrong(desk, "year", "must be given", "必须给出");
    }
    st = st == GT_OK ? gt_input_int(desk, inputs, "back", 0, BACK_MAX, &out->options.back) : st;
    st = st == GT_OK ? gt_input_int(desk, inputs, "movers", 0, MOVERS_MAX, &movers) : st;
    out->options.movers = (size_t)movers;
    const json_t *format = gt_input(inputs, "format");
    out->end = format == NULL ? "pdf" : json_string_value(format);
    if (st == GT_OK &&
        (out->end == NULL || (strcmp(out->end, "pdf") != 0 && strcmp(out->end, "xlsx") != 0))) {
        st = gt_input_wrong(desk, "format", "pdf or xlsx", "应为 pdf 或 xlsx");
    }
    return st;
}

gt_status gt_report_try(gt_desk *desk, const json_t *inputs)
{
    report_inputs in;
    return read_report(desk, inputs, &in);
}

gt_status gt_report_run(gt_desk *desk, const json_t *inputs, const char *dir, gt_text *results)
{
    report_inputs in;
    char path[GT_JOB_PATH], file[32];
    gt_status st = read_report(desk, inputs, &in);
    if (st == GT_OK) {
        (void)snprintf(file, sizeof file, "report.%s", in.end);
        (void)snprintf(path, sizeof path, "%.4000s/%s", dir, file);
        st = gt_yearly_report(desk->ctx, desk->store, desk->package, &in.options, path);
    }
    if (st == GT_OK) {
        gt_text_putc(results, '{');
        gt_put_file(results, "report", file,
                    strcmp(in.end, "pdf") == 0
                        ? "application/pdf"
                        : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        gt_text_puts(results, "}\n");
    }
    return st;
}

/* ---- build ------------------------------------------------------------------------------------
 */

void gt_build_describe(gt_desk *desk, gt_text *o)
{
    gt_text_puts(o, ",\n\"inputs\":{");
    gt_put_input(desk, "only",
                 (gt_title){"只更新此模型及其所依赖者", "Only this model and what it needs"}, o);
    gt_text_puts(o, "\"minOccurs\":0,\"schema\":{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < gt_package_n_models(desk->package); i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, gt_package_model(desk->package, i)->id);
    }
    gt_text_puts(o, "]}},\n");
    gt_put_input(desk, "full", (gt_title){"全部重算", "Everything anew"}, o);
    gt_text_puts(o, "\"minOccurs\":0,\"schema\":{\"type\":\"boolean\",\"default\":false}},\n");
    gt_put_input(desk, "plan",
                 (gt_title){"只列出将要计算的，不运行", "Only tell what would be run"}, o);
    gt_text_puts(o, "\"minOccurs\":0,\"schema\":{\"type\":\"boolean\",\"default\":false}}},\n"
                    "\"outputs\":{\"steps\":{\"schema\":{\"type\":\"array\"}}},\n\"models\":[");
    for (size_t i = 0; i < gt_package_n_models(desk->package); i++) {
        const gt_model_decl *m = gt_package_model(desk->package, i);
        gt_text_puts(o, i > 0 ? ",\n{\"id\":" : "\n{\"id\":");
        gt_text_json_string(o, m->id);
        gt_text_puts(o, ",\"title\":");
        gt_text_json_string(o, gt_desk_title(desk, m->title));
        gt_text_puts(o, ",\"kernel\":");
        gt_text_json_string(o, m->kind);
        gt_text_puts(o, ",\"grids\":[");
        for (size_t k = 0; k < m->n_out; k++) {
            gt_text_puts(o, k > 0 ? "," : "");
            gt_text_json_string(o, m->out[k].value);
        }
        gt_text_puts(o, "],\"needs\":[");
        for (size_t k = 0; k < m->n_in; k++) {
            gt_text_puts(o, k > 0 ? "," : "");
            gt_text_json_string(o, m->in[k].value);
        }
        gt_text_puts(o, "],\"clauses\":[");
        for (size_t k = 0; m->clauses[k] != NULL; k++) {
            gt_text_puts(o, k > 0 ? "," : "");
            gt_text_json_string(o, m->clauses[k]);
        }
        gt_text_puts(o, "]}");
    }
    gt_text_puts(o, "]");
}

static gt_status read_flag(gt_desk *desk, const json_t *inputs, const char *name, bool *out)
{
    const json_t *given = gt_input(inputs, name);
    *out = json_is_true(given);
    return given == NULL || json_is_boolean(given)
               ? GT_OK
               : gt_input_wrong(desk, name, "true or false", "应为 true 或 false");
}

static gt_status read_build(gt_desk *desk, const json_t *inputs, gt_build_options *out)
{
    static const char *const names[] = {"only", "full", "plan", NULL};
    gt_build_options_init(out);
    gt_status st = gt_input_known(desk, inputs, names);
    st = st == GT_OK ? read_flag(desk, inputs, "full", &out->full) : st;
    st = st == GT_OK ? read_flag(desk, inputs, "plan", &out->plan_only) : st;
    const json_t *only = gt_input(inputs, "only");
    out->only = json_string_value(only);
    out->author = desk->who.id;
    if (st == GT_OK && only != NULL &&
        (out->only == NULL || gt_package_find_model(desk->package, out->only) == NULL)) {
        st = gt_input_wrong(desk, "only", "the package has no such model", "规划包没有该模型");
    }
    return st;
}

gt_status gt_build_try(gt_desk *desk, const json_t *inputs)
{
    gt_build_options options;
    return read_build(desk, inputs, &options);
}

typedef struct told {
    gt_text *out;
    size_t n;
} told;

static void tell(void *user, const gt_build_step *s)
{
    told *t = user;
    gt_text_puts(t->out, t->n++ > 0 ? ",\n{\"model\":" : "\n{\"model\":");
    gt_text_json_string(t->out, s->model->id);
    gt_text_printf(t->out, ",\"build\":\"%s\",\"dirty_blocks\":%zu,\"blocks\":%zu,\"waits_for\":",
                   gt_build_name(s->build), s->n_dirty, s->n_blocks);
    gt_text_json_string(t->out, s->waits_for);
    gt_text_putc(t->out, '}');
}

gt_status gt_build_run(gt_desk *desk, const json_t *inputs, const char *dir, gt_text *results)
{
    gt_build_options options;
    gt_notes *notes = NULL;
    gt_graph *graph = NULL;
    told t = {results, 0};
    (void)dir;
    gt_status st = read_build(desk, inputs, &options);
    options.told = tell;
    options.user = &t;
    st = st == GT_OK ? gt_notes_new(desk->ctx, 0, &notes) : st;
    st = st == GT_OK ? gt_graph_new(desk->ctx, desk->package, notes, &graph) : st;
    gt_text_puts(results, "{\"steps\":[");
    st = st == GT_OK ? gt_graph_run(desk->ctx, graph, desk->store, &options) : st;
    gt_text_puts(results, "]}\n");
    gt_graph_free(graph);
    gt_notes_free(notes);
    return st;
}
