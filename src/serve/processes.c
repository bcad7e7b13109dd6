/* The list of processes, their descriptions, and what is common to reading their inputs. */
#include "serve/processes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/access.h"
#include "serve/jobs.h"
#include "serve/messages.h"

static const gt_process processes[] = {
    {"check",
     {"审查一个对象是否符合规划", "Does a parcel or project conform?"},
     {"逐条规则审查一个地块、项目或用途转换，给出结论、条款与重叠范围。",
      "Every rule that speaks of a parcel, project or conversion: verdict, clauses, overlaps."},
     true,
     gt_check_describe,
     gt_check_try,
     gt_check_run,
     gt_check_answer},
    {"bulk-check",
     {"批量审查", "Check many subjects"},
     {"审查一个图层的全部要素，或随请求给出的要素集。",
      "Checks every feature of a layer, or a collection of features sent along."},
     false,
     gt_bulk_describe,
     gt_bulk_try,
     gt_bulk_run,
     NULL},
    {"areas",
     {"范围内有什么", "What lies within"},
     {"所画范围内各图层、各类别的面积、长度与个数。",
      "Area, length and number by layer and class within an outline."},
     true,
     gt_inside_describe,
     gt_inside_try,
     gt_inside_run,
     NULL},
    {"report",
     {"年度体检报告", "Yearly report"},
     {"目标、状态、预警、走势与变化原因，PDF 或工作簿。",
      "Targets, standing, warnings, trends and what moved, as PDF or workbook."},
     false,
     gt_report_describe,
     gt_report_try,
     gt_report_run,
     NULL},
    {"build",
     {"更新规划包的模型成果", "Bring the package's models up to date"},
     {"运行规划包声明的模型及其所依赖者，只算已变的部分。",
      "Runs the models that the package declares, and what they need; only what changed."},
     false,
     gt_build_describe,
     gt_build_try,
     gt_build_run,
     NULL}};
enum { N_PROCESSES = sizeof processes / sizeof *processes };

const gt_process *gt_process_at(size_t i)
{
    return i < N_PROCESSES ? &processes[i] : NULL;
}

/* A process of its own, or else a kernel. */
static gt_status find(gt_desk *desk, const char *id, const gt_process **process,
                      const gt_model **model)
{
    *process = NULL;
    *model = NULL;
    for (size_t i = 0; i < N_PROCESSES; i++) {
        if (strcmp(processes[i].id, id) == 0) {
            *process = &processes[i];
            return GT_OK;
        }
    }
    for (size_t i = 0; (*model = gt_model_at(i)) != NULL; i++) {
        if (strcmp((*model)->name, id) == 0) {
            return GT_OK;
        }
    }
    return gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_NO_PROCESS, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("id", id)));
}

gt_status gt_process_attempt(gt_desk *desk, const char *id, const json_t *inputs)
{
    const gt_process *process = NULL;
    const gt_model *model = NULL;
    gt_status st = find(desk, id, &process, &model);
    return st != GT_OK       ? st
           : process != NULL ? process->attempt(desk, inputs)
                             : gt_kernel_attempt(desk, model, inputs);
}

gt_status gt_process_run(gt_desk *desk, const char *id, const json_t *inputs, const char *dir,
                         gt_text *results)
{
    const gt_process *process = NULL;
    const gt_model *model = NULL;
    gt_status st = find(desk, id, &process, &model);
    return st != GT_OK       ? st
           : process != NULL ? process->run(desk, inputs, dir, results)
                             : gt_kernel_run(desk, model, inputs, dir, results);
}

/* ---- inputs -----------------------------------------------------------------------------------
 */

const json_t *gt_input(const json_t *inputs, const char *name)
{
    const json_t *j = json_object_get(inputs, name);
    const json_t *inner = json_is_object(j) ? json_object_get(j, "value") : NULL;
    return json_is_null(j) ? NULL : inner != NULL ? inner : j;
}

gt_status gt_input_wrong(gt_desk *desk, const char *name, const char *en, const char *zh)
{
    return gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_INPUT, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", name), GT_TEXT("reason", en), GT_TEXT("reason_zh", zh)));
}

static gt_status refuse(gt_desk *desk, const char *reason)
{
    return gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_BODY, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("reason", reason)));
}

gt_status gt_input_outline(gt_desk *desk, const json_t *inputs, gt_geom *geom)
{
    const json_t *j = gt_input(inputs, "geometry"), *given = gt_input(inputs, "crs");
    gt_map_crs crs = GT_CRS84;
    gt_transform *transform = NULL;
    if (!json_is_object(j)) {
        return refuse(desk, "inputs.geometry: GeoJSON Polygon");
    }
    if (given != NULL &&
        (!json_is_string(given) || !gt_crs_set_find(&desk->crs, json_string_value(given), &crs))) {
        return refuse(desk, "inputs.crs");
    }
    char *text = json_dumps(j, JSON_COMPACT);
    if (text == NULL) {
        return refuse(desk, "inputs.geometry");
    }
    gt_status st = gt_geom_from_geojson(desk->ctx, text, strlen(text), geom);
    free(text);
    if (st == GT_OK && geom->n_points > GT_OUTLINE_MAX) {
        st = refuse(desk, "inputs.geometry: > 100000");
    }
    for (size_t i = 0; st == GT_OK && desk->crs.north_first[crs] && i < geom->n_points; i++) {
        double x = geom->xy[2 * i];
        geom->xy[2 * i] = geom->xy[2 * i + 1];
        geom->xy[2 * i + 1] = x;
    }
    st = st == GT_OK ? gt_desk_in(desk, crs, &transform) : st;
    return st == GT_OK ? gt_transform_points(desk->ctx, transform, geom->xy, geom->n_points) : st;
}

gt_status gt_input_int(gt_desk *desk, const json_t *inputs, const char *name, int min, int max,
                       int *preset)
{
    char en[64], zh[64];
    const json_t *j = gt_input(inputs, name);
    if (j == NULL) {
        return GT_OK;
    }
    json_int_t n = json_integer_value(j);
    if (!json_is_integer(j) || n < min || n > max) {
        (void)snprintf(en, sizeof en, "a whole number from %d to %d", min, max);
        (void)snprintf(zh, sizeof zh, "应为 %d 至 %d 的整数", min, max);
        return gt_input_wrong(desk, name, en, zh);
    }
    *preset = (int)n;
    return GT_OK;
}

gt_status gt_input_known(gt_desk *desk, const json_t *inputs, const char *const *names)
{
    union {
        const json_t *given;
        json_t *walked;
    } alias = {.given = inputs};
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(alias.walked, name, value)
    {
        size_t i = 0;
        while (names[i] != NULL && strcmp(names[i], name) != 0) {
            i++;
        }
        if (names[i] == NULL) {
            return gt_input_wrong(desk, name, "the process has no such input",
                                  "该过程没有这一输入");
        }
    }
    return GT_OK;
}

void gt_put_input(const gt_desk *desk, const char *name, gt_title title, gt_text *out)
{
    gt_text_json_string(out, name);
    gt_text_puts(out, ":{\"title\":");
    gt_text_json_string(out, gt_desk_title(desk, title));
    gt_text_putc(out, ',');
}

void gt_put_file(gt_text *out, const char *name, const char *file, const char *type)
{
    gt_text_json_string(out, name);
    gt_text_printf(out, ":{\"href\":\"results/%s\",\"type\":\"%s\"}", file, type);
}

/* ---- descriptions -----------------------------------------------------------------------------
 */

static void put_summary(gt_desk *desk, const char *id, const gt_process *process,
                        const gt_model *model, gt_text *o)
{
    gt_title title = process != NULL ? process->title : model->title;
    gt_title what = process != NULL ? process->what : model->what;
    gt_text_puts(o, "{\"id\":");
    gt_text_json_string(o, id);
    if (model != NULL) {
        gt_text_printf(o, ",\"version\":\"%d\",\"group\":\"%s\"", model->version, model->group);
    } else {
        gt_text_puts(o, ",\"version\":\"" GT_VERSION "\"");
    }
    gt_text_puts(o, ",\"title\":");
    gt_text_json_string(o, gt_desk_title(desk, title));
    gt_text_puts(o, ",\"description\":");
    gt_text_json_string(o, gt_desk_title(desk, what));
    gt_text_printf(o, ",\"jobControlOptions\":[%s\"async-execute\",\"dismiss\"]",
                   process != NULL && process->at_once ? "\"sync-execute\"," : "");
    gt_text_printf(o, ",\"outputTransmission\":[\"%s\"]",
                   process != NULL && process->at_once ? "value" : "reference");
}

static void put_listed(gt_desk *desk, const gt_request *request, const gt_process *process,
                       const gt_model *model, gt_text *o)
{
    const char *id = process != NULL ? process->id : model->name;
    char path[128];
    (void)snprintf(path, sizeof path, "/processes/%s", id);
    put_summary(desk, id, process, model, o);
    gt_text_puts(o, ",\"links\":[");
    gt_put_link(o, request, path, "self", "application/json");
    gt_text_puts(o, "]}");
}

gt_status gt_get_processes(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    const gt_model *model = NULL;
    gt_text_puts(o, "{\"processes\":[");
    for (size_t i = 0; i < N_PROCESSES; i++) {
        gt_text_puts(o, i > 0 ? ",\n" : "\n");
        put_listed(desk, request, &processes[i], NULL, o);
    }
    for (size_t i = 0; (model = gt_model_at(i)) != NULL; i++) {
        gt_text_puts(o, ",\n");
        put_listed(desk, request, NULL, model, o);
    }
    gt_text_puts(o, "],\n\"links\":[");
    gt_put_link(o, request, "/processes", "self", "application/json");
    gt_text_puts(o, "]}\n");
    return GT_OK;
}

gt_status gt_get_process(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    const gt_process *process = NULL;
    const gt_model *model = NULL;
    char path[160];
    gt_status st = find(desk, request->part[1], &process, &model);
    if (st != GT_OK) {
        return st;
    }
    put_summary(desk, request->part[1], process, model, o);
    if (process != NULL) {
        process->describe(desk, o);
    } else {
        gt_kernel_describe(desk, model, o);
    }
    (void)snprintf(path, sizeof path, "/processes/%.100s/execution", request->part[1]);
    gt_text_puts(o, ",\n\"links\":[");
    gt_put_link(o, request, path, "http://www.opengis.net/def/rel/ogc/1.0/execute",
                "application/json");
    gt_text_puts(o, "]}\n");
    return GT_OK;
}

/* ---- execution --------------------------------------------------------------------------------
 */

static bool wants_job(const gt_request *request)
{
    return request->prefer != NULL && strstr(request->prefer, "respond-async") != NULL;
}

/* Needs the action "run" on "process:ID" everywhere. */
static gt_status may_run(gt_desk *desk, const gt_request *request, const char *id)
{
    char ledger[80];
    gt_status st = gt_access(desk, request, GT_CHANGING);
    (void)snprintf(ledger, sizeof ledger, "process:%.60s", id);
    return st == GT_OK ? gt_access_must(desk, ledger, "run", NULL) : st;
}

static gt_status start_job(gt_desk *desk, const gt_request *request, const char *id,
                           const json_t *inputs, gt_reply *reply)
{
    char job[GT_JOB_ID], where[64];
    char *text = json_dumps(inputs, JSON_COMPACT);
    if (desk->jobs == NULL || text == NULL) {
        free(text);
        return gt_fail(desk->ctx, GT_E_LIMIT, &GT_MSG_SERVE_JOBS_FULL, GT_NOWHERE,
                       GT_ARGS(GT_INT("n", 0)));
    }
    const gt_job_order order = {id, desk->who.id, text, desk->lang};
    gt_status st = gt_jobs_add(desk->ctx, desk->jobs, &order, job);
    free(text);
    if (st == GT_OK) {
        const gt_job_ask ask = {job, desk->who.id, request->base, desk->lang};
        gt_text location;
        gt_text_init(&location, desk->ctx, 4096);
        (void)snprintf(where, sizeof where, "/jobs/%s", job);
        gt_text_printf(&location, "%s%s", request->base, where);
        reply->location = gt_arena_strdup(desk->arena, gt_text_cstr(&location));
        gt_text_free(&location);
        reply->status = 201;
        st = gt_jobs_put(desk->ctx, desk->jobs, &ask, &reply->body, NULL);
        gt_text_putc(&reply->body, '\n');
    }
    return st;
}

gt_status gt_post_execution(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    const gt_process *process = NULL;
    const gt_model *model = NULL;
    json_t *body = NULL;
    const char *id = request->part[1];
    reply->cache = "no-store";
    gt_status st = find(desk, id, &process, &model);
    bool now = process != NULL && process->at_once && !wants_job(request);
    st = st == GT_OK && !now ? may_run(desk, request, id) : st;
    st = st == GT_OK ? gt_read_json(desk, request, &body) : st;
    const json_t *inputs = json_object_get(body, "inputs");
    if (st == GT_OK && !json_is_object(inputs)) {
        st = gt_fail(desk->ctx, GT_E_INPUT, &GT_MSG_SERVE_BODY, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("reason", "inputs {}")));
    }
    if (st == GT_OK && now && process->answer != NULL) {
        st = process->answer(desk, inputs, reply);
    } else if (st == GT_OK && now) {
        st = process->run(desk, inputs, NULL, &reply->body);
    } else if (st == GT_OK) {
        st = gt_process_attempt(desk, id, inputs);
        st = st == GT_OK ? start_job(desk, request, id, inputs, reply) : st;
    }
    json_decref(body);
    return st;
}
