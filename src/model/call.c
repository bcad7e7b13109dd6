/* Calls: binding, checking, running, fingerprint and lineage. */
#include "model/call.h"

#include <string.h>

#include "model/messages.h"
#include "plan/problem.h"

size_t gt_ports_count(const gt_model_port *ports)
{
    size_t n = 0;
    while (ports[n].name != NULL) {
        n++;
    }
    return n;
}

size_t gt_params_count(const gt_model_param *params)
{
    size_t n = 0;
    while (params[n].name != NULL) {
        n++;
    }
    return n;
}

gt_status gt_model_call_new(gt_ctx *ctx, const gt_model *model, gt_model_call **out)
{
    gt_model_call *c = gt_zalloc(ctx, 1, sizeof *c);
    if (c == NULL) {
        return GT_E_MEMORY;
    }
    c->ctx = ctx;
    c->model = model;
    c->n_in = gt_ports_count(model->in);
    c->n_out = gt_ports_count(model->out);
    c->n_with = gt_params_count(model->with);
    gt_status st = gt_arena_new(ctx, 4096, &c->arena);
    if (st == GT_OK) {
        c->digest = gt_arena_zalloc(c->arena, c->n_in + 1, sizeof *c->digest);
        st = c->digest == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t i = 0; st == GT_OK && i < c->n_with; i++) {
        const gt_model_param *p = &model->with[i];
        if (p->preset != NULL && *p->preset != '\0') {
            st = gt_model_value_parse(ctx, c->arena, p, p->preset, &c->with[i]);
        }
    }
    if (st != GT_OK) {
        gt_model_call_free(c);
        return st;
    }
    *out = c;
    return GT_OK;
}

void gt_model_call_free(gt_model_call *call)
{
    if (call != NULL) {
        gt_arena_free(call->arena);
        gt_free(call->ctx, call);
    }
}

const gt_model *gt_model_call_model(const gt_model_call *call)
{
    return call->model;
}

/* Index of the port, or its number when there is none. */
static size_t find_port(const gt_model_port *ports, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(ports[i].name, name) != 0) {
        i++;
    }
    return i;
}

static gt_status no_port(gt_ctx *ctx, const gt_model *m, const gt_model_port *ports, bool input,
                         const char *name)
{
    gt_text known;
    gt_text_init(&known, ctx, 0);
    for (size_t i = 0; ports[i].name != NULL; i++) {
        gt_text_printf(&known, "%s%s", i > 0 ? ", " : "", ports[i].name);
    }
    gt_status st = gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_MODEL_NO_PORT, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("model", m->name), GT_TEXT("name", name),
                                   GT_TEXT("side", input ? "input" : "output"),
                                   GT_TEXT("side_zh", input ? "输入" : "输出"),
                                   GT_TEXT("known", gt_text_cstr(&known))));
    gt_text_free(&known);
    return st;
}

static gt_status bind_path(gt_ctx *ctx, gt_model_call *c, bool input, const char *name,
                           const char *path)
{
    const gt_model_port *ports = input ? c->model->in : c->model->out;
    const char **slots = input ? c->in : c->out;
    size_t n = input ? c->n_in : c->n_out;
    size_t i = find_port(ports, n, name);
    if (i == n) {
        return no_port(ctx, c->model, ports, input, name);
    }
    if (slots[i] != NULL) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MODEL_TWICE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", name)));
    }
    slots[i] = gt_arena_strdup(c->arena, path);
    return slots[i] == NULL ? GT_E_MEMORY : GT_OK;
}

gt_status gt_model_set_in(gt_ctx *ctx, gt_model_call *call, const char *name, const char *path)
{
    return bind_path(ctx, call, true, name, path);
}

gt_status gt_model_set_out(gt_ctx *ctx, gt_model_call *call, const char *name, const char *path)
{
    return bind_path(ctx, call, false, name, path);
}

static size_t find_param(const gt_model_call *c, const char *name)
{
    size_t i = 0;
    while (i < c->n_with && strcmp(c->model->with[i].name, name) != 0) {
        i++;
    }
    return i;
}

gt_status gt_model_set_with(gt_ctx *ctx, gt_model_call *call, const char *name, const char *text)
{
    size_t i = find_param(call, name);
    if (i == call->n_with) {
        const char *near = NULL;
        size_t distance = 0;
        for (size_t k = 0; k < call->n_with; k++) {
            gt_nearest_try(name, call->model->with[k].name, &near, &distance);
        }
        if (near == NULL) {
            near = call->n_with > 0 ? call->model->with[0].name : "-";
        }
        return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_MODEL_NO_PARAM, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("model", call->model->name), GT_TEXT("name", name),
                               GT_TEXT("near", near)));
    }
    if (call->with[i].given) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MODEL_TWICE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", name)));
    }
    gt_status st =
        gt_model_value_parse(ctx, call->arena, &call->model->with[i], text, &call->with[i]);
    call->with[i].given = st == GT_OK;
    return st;
}

const char *gt_model_in(const gt_model_call *call, const char *name)
{
    size_t i = find_port(call->model->in, call->n_in, name);
    return i < call->n_in ? call->in[i] : NULL;
}

const char *gt_model_out(const gt_model_call *call, const char *name)
{
    size_t i = find_port(call->model->out, call->n_out, name);
    return i < call->n_out ? call->out[i] : NULL;
}

const gt_model_value *gt_model_with(const gt_model_call *call, const char *name)
{
    size_t i = find_param(call, name);
    return i < call->n_with && call->with[i].text != NULL ? &call->with[i] : NULL;
}

double gt_model_real(const gt_model_call *call, const char *name)
{
    const gt_model_value *v = gt_model_with(call, name);
    return v == NULL ? 0 : v->real;
}

double gt_model_pair_of(const gt_model_value *pairs, int64_t code, double otherwise)
{
    size_t low = 0, high = pairs->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (pairs->pairs[mid].code < code) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < pairs->n && pairs->pairs[low].code == code ? pairs->pairs[low].value : otherwise;
}

static gt_status missing(gt_ctx *ctx, const gt_model *m, const char *name, gt_title title)
{
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MODEL_MISSING, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("model", m->name), GT_TEXT("name", name),
                           GT_TEXT("what", title.en), GT_TEXT("what_zh", title.zh)));
}

gt_status gt_model_check(gt_ctx *ctx, const gt_model_call *c)
{
    const gt_model *m = c->model;
    for (size_t i = 0; i < c->n_in; i++) {
        if (c->in[i] == NULL && !m->in[i].optional) {
            return missing(ctx, m, m->in[i].name, m->in[i].title);
        }
    }
    for (size_t i = 0; i < c->n_out; i++) {
        if (c->out[i] == NULL && !m->out[i].optional) {
            return missing(ctx, m, m->out[i].name, m->out[i].title);
        }
    }
    for (size_t i = 0; i < c->n_with; i++) { /* "" as default: may be left out */
        if (c->with[i].text == NULL && m->with[i].preset == NULL) {
            return missing(ctx, m, m->with[i].name, m->with[i].title);
        }
    }
    return m->check != NULL ? m->check(ctx, c) : GT_OK;
}

gt_status gt_model_run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_status st = gt_model_check(ctx, call);
    return st == GT_OK ? call->model->run(ctx, call) : st;
}

gt_status gt_model_set_dirty(gt_ctx *ctx, gt_model_call *call, const gt_window *windows, size_t n)
{
    gt_window *own = gt_arena_alloc(call->arena, n + 1, sizeof *own);
    (void)ctx;
    if (own == NULL) {
        return GT_E_MEMORY;
    }
    if (n > 0) {
        memcpy(own, windows, n * sizeof *own);
    }
    call->dirty = own;
    call->n_dirty = n;
    return GT_OK;
}

/* ---- fingerprint and lineage --------------------------------------------------------------------
 */

static void hash_value(gt_hash *h, const gt_model_param *p, const gt_model_value *v)
{
    gt_hash_add_text(h, p->name);
    switch (p->kind) {
    case GT_PARAM_REAL:
    case GT_PARAM_INT:
    case GT_PARAM_BOOL:
        gt_hash_add_real(h, v->real);
        return;
    case GT_PARAM_CHOICE:
        gt_hash_add_text(h, p->choices[v->choice]);
        return;
    case GT_PARAM_TEXT:
        gt_hash_add_text(h, v->text);
        return;
    case GT_PARAM_REALS:
        gt_hash_add_u64(h, v->n);
        for (size_t i = 0; i < v->n; i++) {
            gt_hash_add_real(h, v->reals[i]);
        }
        return;
    case GT_PARAM_PAIRS:
        gt_hash_add_u64(h, v->n);
        for (size_t i = 0; i < v->n; i++) {
            gt_hash_add_u64(h, (uint64_t)v->pairs[i].code);
            gt_hash_add_real(h, v->pairs[i].value);
        }
        return;
    }
}

void gt_model_set_generated(gt_model_call *call)
{
    call->generated = true;
}

gt_status gt_model_set_digest(gt_ctx *ctx, gt_model_call *c, const char *name,
                              const unsigned char digest[GT_HASH_BYTES])
{
    size_t i = find_port(c->model->in, c->n_in, name);
    if (i == c->n_in) {
        return no_port(ctx, c->model, c->model->in, true, name);
    }
    c->digest[i].known = true;
    memcpy(c->digest[i].bytes, digest, GT_HASH_BYTES);
    return GT_OK;
}

/* Content of input i: as it was told, else read. */
static gt_status digest_of(gt_ctx *ctx, const gt_model_call *c, size_t i,
                           unsigned char out[GT_HASH_BYTES])
{
    if (c->digest[i].known) {
        memcpy(out, c->digest[i].bytes, GT_HASH_BYTES);
        return GT_OK;
    }
    return gt_model_digest_file(ctx, c->model->in[i].kind, c->in[i], out);
}

gt_status gt_model_fingerprint(gt_ctx *ctx, const gt_model_call *c,
                               unsigned char out[GT_HASH_BYTES])
{
    gt_hash h;
    gt_status st = GT_OK;
    gt_hash_init(&h);
    gt_hash_add_text(&h, c->model->name);
    gt_hash_add_u64(&h, (uint64_t)c->model->version);
    for (size_t i = 0; i < c->n_with; i++) {
        if (c->with[i].text != NULL) {
            hash_value(&h, &c->model->with[i], &c->with[i]);
        }
    }
    for (size_t i = 0; st == GT_OK && i < c->n_in; i++) {
        unsigned char digest[GT_HASH_BYTES];
        if (c->in[i] == NULL) {
            continue;
        }
        gt_hash_add_text(&h, c->model->in[i].name);
        st = digest_of(ctx, c, i, digest);
        if (st == GT_OK) {
            gt_hash_add(&h, digest, sizeof digest);
        }
    }
    if (st == GT_OK) {
        gt_hash_final(&h, out);
    }
    return st;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

gt_status gt_model_lineage(gt_ctx *ctx, const gt_model_call *c, gt_text *out)
{
    gt_status st = GT_OK;
    bool first = true;
    gt_text_puts(out, "{\"model\":");
    gt_text_json_string(out, c->model->name);
    gt_text_printf(out, ",\"version\":%d,\"in\":{", c->model->version);
    for (size_t i = 0; st == GT_OK && i < c->n_in; i++) {
        unsigned char digest[GT_HASH_BYTES];
        char hex[GT_HASH_HEX];
        if (c->in[i] == NULL) {
            continue;
        }
        st = digest_of(ctx, c, i, digest);
        if (st == GT_OK) {
            gt_hash_hex(digest, hex);
            gt_text_puts(out, first ? "" : ",");
            gt_text_json_string(out, c->model->in[i].name);
            gt_text_puts(out, ":{\"file\":");
            gt_text_json_string(out, base_name(c->in[i]));
            gt_text_printf(out, ",\"blake2b\":\"%s\"}", hex);
            first = false;
        }
    }
    gt_text_puts(out, "},\"with\":{");
    first = true;
    for (size_t i = 0; i < c->n_with; i++) {
        if (c->with[i].text != NULL) {
            gt_text_puts(out, first ? "" : ",");
            gt_text_json_string(out, c->model->with[i].name);
            gt_text_putc(out, ':');
            gt_text_json_string(out, c->with[i].text);
            first = false;
        }
    }
    gt_text_puts(out, "}}");
    return st == GT_OK ? gt_text_status(out) : st;
}
