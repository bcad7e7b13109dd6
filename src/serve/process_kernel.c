/* Kernels as processes: descriptions and calls from the descriptors alone. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve/job_file.h"
#include "serve/messages.h"
#include "serve/processes.h"

/* ---- grids of the workspace -------------------------------------------------------------------
 */

static bool name_good(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n < 100 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

gt_status gt_grids_each(gt_desk *desk, gt_grid_name_fn fn, void *user)
{
    enum { MOST = 10000 };
    char path[GT_JOB_PATH];
    char **names = NULL;
    size_t n = 0, cap = 0;
    gt_status st = GT_OK;
    const struct dirent *entry = NULL;
    (void)snprintf(path, sizeof path, "%.4000s/grids", gt_store_dir(desk->store));
    DIR *folder = opendir(path);
    while (folder != NULL && st == GT_OK && n < MOST && (entry = readdir(folder)) != NULL) {
        char name[256];
        size_t len = strlen(entry->d_name);
        (void)snprintf(name, sizeof name, "%s", entry->d_name);
        if (len < 5 || strcmp(name + len - 4, ".tif") != 0) {
            continue;
        }
        name[len - 4] = '\0';
        if (name_good(name)) {
            st = gt_grow(desk->ctx, (void **)&names, &cap, n + 1, sizeof *names);
            names[n] = st == GT_OK ? gt_strdup(desk->ctx, name) : NULL;
            st = st == GT_OK && names[n] == NULL ? GT_E_MEMORY : st;
            n += st == GT_OK;
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    if (n > 0) {
        qsort(names, n, sizeof *names, by_name);
    }
    bool more = true;
    for (size_t i = 0; i < n; i++) {
        more = more && st == GT_OK && fn(user, names[i]);
        gt_free(desk->ctx, names[i]);
    }
    gt_free(desk->ctx, names);
    return st;
}

gt_status gt_grid_find(gt_desk *desk, const char *name, const char **path)
{
    char text[GT_JOB_PATH];
    (void)snprintf(text, sizeof text, "%.3900s/grids/%.100s.tif", gt_store_dir(desk->store), name);
    if (!name_good(name) || access(text, R_OK) != 0) {
        return gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_NO_GRID, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", name)));
    }
    *path = gt_arena_strdup(desk->arena, text);
    return *path == NULL ? GT_E_MEMORY : GT_OK;
}

/* ---- descriptions -----------------------------------------------------------------------------
 */

static bool is_layer(gt_port_kind kind)
{
    return kind == GT_PORT_POLYGONS || kind == GT_PORT_LINES || kind == GT_PORT_POINTS;
}

/* The parameter that names the layer of an input is filled from the input. */
static bool is_hidden(const gt_model *model, const gt_model_param *param)
{
    bool any = false;
    for (const gt_model_port *p = model->in; p->name != NULL; p++) {
        any = any || is_layer(p->kind);
    }
    return any && strcmp(param->name, "layer") == 0;
}

typedef struct names {
    gt_text *out;
    size_t n;
} names;

static bool put_name(void *user, const char *name)
{
    names *l = user;
    gt_text_puts(l->out, l->n++ > 0 ? "," : "");
    gt_text_json_string(l->out, name);
    return true;
}

static bool fits(gt_port_kind port, gt_geom_type type)
{
    switch (port) {
    case GT_PORT_GRID:
    case GT_PORT_TABLE:
        return false;
    case GT_PORT_POLYGONS:
        return type == GT_POLYGON || type == GT_MULTIPOLYGON;
    case GT_PORT_LINES:
        return type == GT_LINESTRING || type == GT_MULTILINESTRING;
    case GT_PORT_POINTS:
        return type == GT_POINT || type == GT_MULTIPOINT;
    }
    return false;
}

static void put_layers(gt_desk *desk, gt_port_kind kind, names *l)
{
    for (size_t i = 0; i < gt_store_n_layers(desk->store); i++) {
        gt_layer_info info;
        if (gt_store_layer(desk->ctx, desk->store, i, &info) == GT_OK &&
            gt_desk_publishes(desk, &info) && fits(kind, info.standard->geom_type)) {
            (void)put_name(l, info.standard->id);
        }
    }
    gt_error_clear(desk->ctx);
}

static const char *port_kind(gt_port_kind kind)
{
    static const char *const list[] = {"grid", "polygons", "lines", "points", "table"};
    return list[kind];
}

static void put_title(gt_desk *desk, gt_title title, gt_title note, const char *unit, gt_text *o)
{
    gt_text_puts(o, "{\"title\":");
    gt_text_json_string(o, gt_desk_title(desk, title));
    if (note.zh != NULL) {
        gt_text_puts(o, ",\"description\":");
        gt_text_json_string(o, gt_desk_title(desk, note));
    }
    gt_text_puts(o, ",\"unit\":");
    gt_text_json_string(o, unit);
}

static void put_in(gt_desk *desk, const gt_model_port *p, gt_text *o)
{
    names l = {o, 0};
    gt_text_json_string(o, p->name);
    gt_text_puts(o, ":");
    put_title(desk, p->title, p->note, p->unit, o);
    gt_text_printf(o, ",\"kind\":\"%s\",\"minOccurs\":%d,\"schema\":{\"type\":\"string\"",
                   port_kind(p->kind), p->optional ? 0 : 1);
    if (p->kind == GT_PORT_TABLE) {
        gt_text_puts(o, ",\"contentMediaType\":\"text/csv\"}}");
        return;
    }
    gt_text_puts(o, ",\"enum\":[");
    if (p->kind != GT_PORT_GRID) {
        put_layers(desk, p->kind, &l);
    } else if (gt_grids_each(desk, put_name, &l) != GT_OK) {
        gt_error_clear(desk->ctx);
    }
    gt_text_puts(o, "]}}");
}

static void put_number(const gt_model_param *p, const char *type, gt_text *o)
{
    gt_text_printf(o, "{\"oneOf\":[{\"type\":\"%s\"", type);
    if (p->min < p->max) {
        gt_text_puts(o, ",\"minimum\":");
        gt_text_json_real(o, p->min);
        gt_text_puts(o, ",\"maximum\":");
        gt_text_json_real(o, p->max);
    }
    gt_text_puts(o, "},{\"type\":\"string\"}]");
}

static void put_choices(const gt_model_param *p, gt_text *o)
{
    gt_text_puts(o, "{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; p->choices[i] != NULL; i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, p->choices[i]);
    }
    gt_text_puts(o, "]");
}

static void put_schema(const gt_model_param *p, gt_text *o)
{
    switch (p->kind) {
    case GT_PARAM_REAL:
        put_number(p, "number", o);
        break;
    case GT_PARAM_INT:
        put_number(p, "integer", o);
        break;
    case GT_PARAM_BOOL:
        gt_text_puts(o, "{\"type\":\"boolean\"");
        break;
    case GT_PARAM_CHOICE:
        put_choices(p, o);
        break;
    case GT_PARAM_REALS:
        gt_text_puts(o, "{\"oneOf\":[{\"type\":\"array\",\"items\":{\"type\":\"number\"}},"
                        "{\"type\":\"string\"}]");
        break;
    case GT_PARAM_PAIRS:
        gt_text_puts(o, "{\"oneOf\":[{\"type\":\"object\",\"additionalProperties\":"
                        "{\"type\":\"number\"}},{\"type\":\"string\"}]");
        break;
    case GT_PARAM_TEXT:
        gt_text_puts(o, "{\"type\":\"string\"");
        break;
    }
    if (p->preset != NULL) {
        bool yes = strcmp(p->preset, "yes") == 0 || strcmp(p->preset, "true") == 0;
        gt_text_puts(o, ",\"default\":");
        if (p->kind == GT_PARAM_BOOL) {
            gt_text_puts(o, yes ? "true" : "false");
        } else {
            gt_text_json_string(o, p->preset);
        }
    }
    gt_text_putc(o, '}');
}

static const char *kind_name(gt_param_kind kind)
{
    static const char *const list[] = {"real", "int", "bool", "choice", "reals", "pairs", "text"};
    return list[kind];
}

static void put_param(gt_desk *desk, const gt_model_param *p, gt_text *o)
{
    gt_text_json_string(o, p->name);
    gt_text_puts(o, ":");
    put_title(desk, p->title, (gt_title){NULL, NULL}, p->unit, o);
    gt_text_puts(o, ",\"source\":");
    gt_text_json_string(o, p->source);
    gt_text_printf(o, ",\"kind\":\"%s\",\"minOccurs\":%d,\"schema\":", kind_name(p->kind),
                   p->preset == NULL ? 1 : 0);
    put_schema(p, o);
    gt_text_putc(o, '}');
}

static const char *file_end(gt_port_kind kind)
{
    return kind == GT_PORT_GRID ? ".tif" : kind == GT_PORT_TABLE ? ".csv" : ".gpkg";
}

static const char *file_type(gt_port_kind kind)
{
    return kind == GT_PORT_GRID    ? "image/tiff; application=geotiff"
           : kind == GT_PORT_TABLE ? "text/csv; charset=utf-8"
                                   : "application/geopackage+sqlite3";
}

void gt_kernel_describe(gt_desk *desk, const gt_model *model, gt_text *o)
{
    size_t n = 0;
    gt_text_puts(o, ",\n\"inputs\":{");
    for (const gt_model_port *p = model->in; p->name != NULL; p++) {
        gt_text_puts(o, n++ > 0 ? ",\n" : "\n");
        put_in(desk, p, o);
    }
    for (const gt_model_param *p = model->with; p->name != NULL; p++) {
        if (!is_hidden(model, p)) {
            gt_text_puts(o, n++ > 0 ? ",\n" : "\n");
            put_param(desk, p, o);
        }
    }
    gt_text_puts(o, "},\n\"outputs\":{");
    for (const gt_model_port *p = model->out; p->name != NULL; p++) {
        gt_text_puts(o, p == model->out ? "" : ",");
        gt_text_json_string(o, p->name);
        gt_text_puts(o, ":");
        put_title(desk, p->title, p->note, p->unit, o);
        gt_text_printf(o,
                       ",\"kind\":\"%s\",\"schema\":{\"type\":\"string\",\"contentMediaType\":"
                       "\"%s\"}}",
                       port_kind(p->kind), file_type(p->kind));
    }
    gt_text_puts(o, "},\n\"sources\":[");
    for (size_t i = 0; model->sources != NULL && model->sources[i] != NULL; i++) {
        gt_text_puts(o, i > 0 ? "," : "");
        gt_text_json_string(o, model->sources[i]);
    }
    gt_text_puts(o, "]");
}

/* ---- calls ------------------------------------------------------------------------------------
 */

static gt_status put_scalar(const json_t *j, gt_text *o)
{
    if (json_is_string(j)) {
        gt_text_puts(o, json_string_value(j));
    } else if (json_is_integer(j)) {
        gt_text_printf(o, "%lld", (long long)json_integer_value(j));
    } else if (json_is_real(j)) {
        gt_text_json_real(o, json_real_value(j));
    } else if (json_is_boolean(j)) {
        gt_text_puts(o, json_is_true(j) ? "yes" : "no");
    } else {
        return GT_E_INPUT;
    }
    return gt_text_status(o);
}

/* A value as a planner would write it: "30 m", "0.1, 0.5", "11=0.2, 12=0.35". */
static gt_status put_value(const json_t *j, gt_text *o)
{
    gt_status st = GT_OK;
    union {
        const json_t *given;
        json_t *walked;
    } alias = {.given = j};
    const char *name = NULL;
    json_t *value = NULL;
    if (json_is_object(j)) {
        json_object_foreach(alias.walked, name, value)
        {
            gt_text_printf(o, "%s%s=", o->len > 0 ? ", " : "", name);
            st = st == GT_OK ? put_scalar(value, o) : st;
        }
        return st;
    }
    if (json_is_array(j)) {
        for (size_t i = 0; st == GT_OK && i < json_array_size(j); i++) {
            gt_text_puts(o, i > 0 ? ", " : "");
            st = put_scalar(json_array_get(j, i), o);
        }
        return st;
    }
    return put_scalar(j, o);
}

static gt_status set_param(gt_desk *desk, gt_model_call *call, const gt_model_param *param,
                           const json_t *given)
{
    gt_text text;
    gt_text_init(&text, desk->ctx, 1 << 20);
    gt_status st = put_value(given, &text);
    if (st == GT_E_INPUT) {
        st = gt_input_wrong(desk, param->name, "not of the form the description tells",
                            "与说明的形式不符");
    } else if (st == GT_OK) {
        st = gt_model_set_with(desk->ctx, call, param->name, gt_text_cstr(&text));
    }
    gt_text_free(&text);
    return st;
}

static gt_status bind_layer(gt_desk *desk, gt_model_call *call, const gt_model_port *port,
                            const char *id)
{
    gt_layer_info info;
    const gt_standard *standard = NULL;
    char path[GT_JOB_PATH];
    const gt_model *model = gt_model_call_model(call);
    gt_status st = gt_desk_layer(desk, id, &info, &standard);
    if (st == GT_OK && !fits(port->kind, info.standard->geom_type)) {
        st = gt_input_wrong(desk, port->name, "the layer has another kind of geometry",
                            "该图层的几何类型不符");
    }
    for (const gt_model_param *p = model->with; st == GT_OK && p->name != NULL; p++) {
        if (is_hidden(model, p)) {
            st = gt_model_set_with(desk->ctx, call, p->name, id);
        }
    }
    if (st == GT_OK && info.origin == GT_ORIGIN_GENERATED) {
        gt_model_set_generated(call);
    }
    (void)snprintf(path, sizeof path, "%.4000s/onemap.gpkg", gt_store_dir(desk->store));
    return st == GT_OK ? gt_model_set_in(desk->ctx, call, port->name, path) : st;
}

/* dir NULL: only looked at. */
static gt_status bind_in(gt_desk *desk, gt_model_call *call, const gt_model_port *port,
                         const json_t *given, const char *dir)
{
    const char *text = json_string_value(given);
    const char *path = NULL;
    char file[128];
    if (text == NULL) {
        return gt_input_wrong(desk, port->name, "a text", "应为文本");
    }
    if (is_layer(port->kind)) {
        return bind_layer(desk, call, port, text);
    }
    if (port->kind == GT_PORT_GRID) {
        gt_status st = gt_grid_find(desk, text, &path);
        return st == GT_OK ? gt_model_set_in(desk->ctx, call, port->name, path) : st;
    }
    (void)snprintf(file, sizeof file, "in-%.80s.csv", port->name);
    gt_status st =
        dir == NULL ? GT_OK : gt_job_write(desk->ctx, dir, ".", file, text, strlen(text));
    char *full = gt_arena_alloc(desk->arena, GT_JOB_PATH, 1);
    if (full == NULL) {
        return GT_E_MEMORY;
    }
    (void)snprintf(full, GT_JOB_PATH, "%.3900s/%s", dir == NULL ? "." : dir, file);
    return st == GT_OK ? gt_model_set_in(desk->ctx, call, port->name, full) : st;
}

static gt_status known(gt_desk *desk, const gt_model *model, const json_t *inputs)
{
    const char *list[GT_MODEL_PORTS_MAX + GT_MODEL_PARAMS_MAX + 1];
    size_t n = 0;
    for (const gt_model_port *p = model->in; p->name != NULL && n < GT_MODEL_PORTS_MAX; p++) {
        list[n++] = p->name;
    }
    for (const gt_model_param *p = model->with;
         p->name != NULL && n < GT_MODEL_PORTS_MAX + GT_MODEL_PARAMS_MAX; p++) {
        if (!is_hidden(model, p)) {
            list[n++] = p->name;
        }
    }
    list[n] = NULL;
    return gt_input_known(desk, inputs, list);
}

static gt_status fill(gt_desk *desk, gt_model_call *call, const json_t *inputs, const char *dir)
{
    const gt_model *model = gt_model_call_model(call);
    gt_status st = known(desk, model, inputs);
    for (const gt_model_port *p = model->in; st == GT_OK && p->name != NULL; p++) {
        const json_t *given = gt_input(inputs, p->name);
        st = given != NULL ? bind_in(desk, call, p, given, dir) : GT_OK;
    }
    for (const gt_model_param *p = model->with; st == GT_OK && p->name != NULL; p++) {
        /* pairs are an object: not to be taken for {"value": ...} when they have no such member */
        const json_t *given = is_hidden(model, p) ? NULL : gt_input(inputs, p->name);
        st = given != NULL ? set_param(desk, call, p, given) : GT_OK;
    }
    for (const gt_model_port *p = model->out; st == GT_OK && p->name != NULL; p++) {
        char path[GT_JOB_PATH];
        (void)snprintf(path, sizeof path, "%.3900s/%.80s%s", dir == NULL ? "." : dir, p->name,
                       file_end(p->kind));
        st = gt_model_set_out(desk->ctx, call, p->name, path);
    }
    return st == GT_OK ? gt_model_check(desk->ctx, call) : st;
}

gt_status gt_kernel_attempt(gt_desk *desk, const gt_model *model, const json_t *inputs)
{
    gt_model_call *call = NULL;
    gt_status st = gt_model_call_new(desk->ctx, model, &call);
    st = st == GT_OK ? fill(desk, call, inputs, NULL) : st;
    gt_model_call_free(call);
    return st;
}

gt_status gt_kernel_run(gt_desk *desk, const gt_model *model, const json_t *inputs, const char *dir,
                        gt_text *results)
{
    gt_model_call *call = NULL;
    size_t n = 0;
    gt_status st = gt_model_call_new(desk->ctx, model, &call);
    st = st == GT_OK ? fill(desk, call, inputs, dir) : st;
    st = st == GT_OK ? gt_model_run(desk->ctx, call) : st;
    gt_text_putc(results, '{');
    for (const gt_model_port *p = model->out; st == GT_OK && p->name != NULL; p++) {
        char file[128];
        const char *path = gt_model_out(call, p->name);
        if (path != NULL && access(path, R_OK) == 0) { /* optional outputs may not be made */
            (void)snprintf(file, sizeof file, "%.80s%s", p->name, file_end(p->kind));
            gt_text_puts(results, n++ > 0 ? ",\n" : "\n");
            gt_put_file(results, p->name, file, file_type(p->kind));
        }
    }
    gt_text_puts(results, "}\n");
    gt_model_call_free(call);
    return st;
}
