/* The models of a package as a graph: every mistake found and placed, then an order of work. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "graph/internal.h"
#include "graph/messages.h"
#include "plan/problem.h"

typedef struct reading {
    gt_ctx *ctx;
    gt_graph *graph;
    gt_notes *notes;
    size_t mistakes;
    gt_status status; /* memory */
} reading;

static void note(reading *r, const node *n, int line, int column, const gt_message *message,
                 const gt_arg *args)
{
    gt_status st = gt_notes_add(
        r->notes, GT_ERROR, message,
        GT_PLACE(.file = n->decl->file, .line = line, .column = column, .rule = n->decl->id), args);
    r->status = r->status == GT_OK ? st : r->status;
    r->mistakes++;
}

/* The recorded error as a mistake at that place. */
static void note_error(reading *r, const node *n, int line, int column)
{
    if (gt_error_status(r->ctx) == GT_E_MEMORY) {
        r->status = GT_E_MEMORY;
    } else {
        note(r, n, line, column, gt_error_message(r->ctx), gt_error_args(r->ctx));
    }
    gt_error_clear(r->ctx);
}

static const gt_parameter *find_parameter(gt_ctx *ctx, const gt_graph *graph, const char *name)
{
    const gt_parameter *p = gt_package_find_parameter(graph->package, name);
    if (p == NULL) {
        (void)gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRAPH_PARAMETER, GT_NOWHERE,
                      GT_ARGS(GT_TEXT("name", name)));
    }
    return p;
}

/* Puts the numbers of parameters, in their base units, for {NAME} within an expression. */
static gt_status fill_in(gt_ctx *ctx, const gt_graph *graph, const char *value, gt_text *out)
{
    char name[64];
    while (*value != '\0') {
        size_t plain = strcspn(value, "{");
        const char *open = value + plain, *close = strchr(open, '}');
        for (size_t i = 0; i < plain; i++) {
            gt_text_putc(out, value[i]);
        }
        if (*open == '\0') {
            break;
        }
        size_t n = close == NULL ? 0 : (size_t)(close - open - 1);
        if (n == 0 || n >= sizeof name) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRAPH_PARAMETER, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("name", open)));
        }
        memcpy(name, open + 1, n);
        name[n] = '\0';
        const gt_parameter *p = find_parameter(ctx, graph, name);
        if (p == NULL) {
            return GT_E_INPUT;
        }
        gt_text_json_real(out, p->base);
        value = close + 1;
    }
    return gt_text_status(out);
}

const char *gt_graph_value(gt_ctx *ctx, const gt_graph *graph, const gt_binding *b)
{
    gt_text text;
    gt_status st = GT_OK;
    if (b->value[0] != ':' && strchr(b->value, '{') == NULL) {
        return b->value;
    }
    gt_text_init(&text, ctx, 0);
    if (b->value[0] != ':') {
        st = fill_in(ctx, graph, b->value, &text);
    } else {
        const gt_parameter *p = find_parameter(ctx, graph, b->value + 1);
        st = p == NULL ? GT_E_INPUT : GT_OK;
        if (p != NULL) {
            gt_text_json_real(&text, p->value);
        }
        bool plain = p == NULL || p->unit == NULL || strcmp(p->unit, "share") == 0 ||
                     strcmp(p->unit, "count") == 0;
        if (!plain) {
            gt_text_printf(&text, " %s", p->unit);
        }
    }
    const char *kept = st == GT_OK ? gt_arena_strdup(graph->arena, gt_text_cstr(&text)) : NULL;
    gt_text_free(&text);
    return kept;
}

static bool name_good(const char *s)
{
    size_t n = strlen(s);
    return s[0] >= 'a' && s[0] <= 'z' && n < 100 &&
           strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

static size_t port_of(const gt_model_port *ports, const char *name)
{
    size_t i = 0;
    while (name != NULL && ports[i].name != NULL && strcmp(ports[i].name, name) != 0) {
        i++;
    }
    return i;
}

/* Binds the ports of one side by way of a call, which knows what is wrong with a name. */
static void bind_ports(reading *r, node *n, gt_model_call *call, const gt_binding *b, size_t count,
                       bool input)
{
    const gt_model_port *ports = input ? n->kernel->in : n->kernel->out;
    const char **slots = input ? n->in : n->out;
    for (size_t i = 0; i < count; i++) {
        const char *port = b[i].name == NULL ? ports[0].name : b[i].name;
        gt_status st = input ? gt_model_set_in(r->ctx, call, port, b[i].value)
                             : gt_model_set_out(r->ctx, call, port, b[i].value);
        if (st != GT_OK) {
            note_error(r, n, b[i].line, b[i].column);
        } else if (!name_good(b[i].value)) {
            note(r, n, b[i].line, b[i].column, &GT_MSG_GRAPH_NAME,
                 GT_ARGS(GT_TEXT("name", b[i].value)));
        } else if (!input && ports[port_of(ports, port)].kind != GT_PORT_GRID) {
            note(r, n, b[i].line, b[i].column, &GT_MSG_GRAPH_NOT_GRID,
                 GT_ARGS(GT_TEXT("port", port)));
        } else {
            slots[port_of(ports, port)] = b[i].value;
        }
    }
}

static void read_node(reading *r, node *n)
{
    gt_model_call *call = NULL;
    size_t before = r->mistakes;
    if (gt_model_find(r->ctx, n->decl->kind, &n->kernel) != GT_OK) {
        note_error(r, n, n->decl->line, n->decl->column);
        return;
    }
    r->status = gt_model_call_new(r->ctx, n->kernel, &call);
    if (r->status != GT_OK) {
        return;
    }
    bind_ports(r, n, call, n->decl->in, n->decl->n_in, true);
    bind_ports(r, n, call, n->decl->out, n->decl->n_out, false);
    for (size_t i = 0; i < n->decl->n_with && r->status == GT_OK; i++) {
        const gt_binding *b = &n->decl->with[i];
        const char *value = gt_graph_value(r->ctx, r->graph, b);
        if (value == NULL || gt_model_set_with(r->ctx, call, b->name, value) != GT_OK) {
            note_error(r, n, b->line, b->column);
        }
    }
    if (r->mistakes == before && gt_model_check(r->ctx, call) != GT_OK) {
        note_error(r, n, n->decl->line, n->decl->column);
    }
    for (size_t i = 0; n->kernel->with[i].name != NULL; i++) {
        bool layer = strcmp(n->kernel->with[i].name, "layer") == 0;
        n->layer_param = layer ? "layer" : n->layer_param;
    }
    gt_model_call_free(call);
}

/* Which node makes the grid; SIZE_MAX: none. */
static size_t maker_of(const gt_graph *g, const char *name, size_t *port)
{
    for (size_t i = 0; i < g->n; i++) {
        for (size_t k = 0; k < PORTS; k++) {
            if (g->nodes[i].out[k] != NULL && strcmp(g->nodes[i].out[k], name) == 0) {
                *port = k;
                return i;
            }
        }
    }
    return SIZE_MAX;
}

static void link_nodes(reading *r)
{
    gt_graph *g = r->graph;
    for (size_t i = 0; i < g->n; i++) {
        node *n = &g->nodes[i];
        for (size_t k = 0; k < PORTS; k++) {
            size_t port = 0, maker = n->out[k] == NULL ? i : maker_of(g, n->out[k], &port);
            if (n->out[k] != NULL && (maker != i || port != k)) {
                note(r, n, n->decl->line, n->decl->column, &GT_MSG_GRAPH_TWICE,
                     GT_ARGS(GT_TEXT("name", n->out[k]), GT_TEXT("a", g->nodes[maker].decl->id),
                             GT_TEXT("b", n->decl->id)));
            }
            bool grid =
                n->in[k] != NULL && n->kernel != NULL && n->kernel->in[k].kind == GT_PORT_GRID;
            n->needs[k] = grid ? maker_of(g, n->in[k], &port) : SIZE_MAX;
        }
    }
}

/* Depth first; `way` holds the nodes that are open. Depth is bounded by the number of models. */
static void visit(reading *r, size_t i, size_t *way, size_t depth, size_t *n_done)
{
    gt_graph *g = r->graph;
    node *n = &g->nodes[i];
    if (n->mark == 2) {
        return;
    }
    if (n->mark == 1) {
        gt_text path;
        gt_text_init(&path, r->ctx, 0);
        size_t from = 0;
        while (way[from] != i) {
            from++;
        }
        for (size_t k = from; k < depth; k++) {
            gt_text_printf(&path, "%s > ", g->nodes[way[k]].decl->id);
        }
        gt_text_puts(&path, n->decl->id);
        note(r, n, n->decl->line, n->decl->column, &GT_MSG_GRAPH_CIRCLE,
             GT_ARGS(GT_TEXT("name", n->decl->id), GT_TEXT("path", gt_text_cstr(&path))));
        gt_text_free(&path);
        return;
    }
    n->mark = 1;
    way[depth] = i;
    for (size_t k = 0; k < PORTS; k++) {
        if (n->needs[k] != SIZE_MAX) {
            visit(r, n->needs[k], way, depth + 1, n_done);
        }
    }
    n->mark = 2;
    g->order[(*n_done)++] = i;
}

static gt_status sort_nodes(reading *r)
{
    size_t n_done = 0;
    size_t *way = gt_alloc(r->ctx, r->graph->n + 1, sizeof *way);
    if (way == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < r->graph->n; i++) {
        visit(r, i, way, 0, &n_done);
    }
    gt_free(r->ctx, way);
    return GT_OK;
}

static gt_status read_all(reading *r)
{
    gt_graph *g = r->graph;
    g->n = gt_package_n_models(g->package);
    g->nodes = gt_arena_zalloc(g->arena, g->n + 1, sizeof *g->nodes);
    g->order = gt_arena_zalloc(g->arena, g->n + 1, sizeof *g->order);
    if (g->nodes == NULL || g->order == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < g->n && r->status == GT_OK; i++) {
        g->nodes[i].decl = gt_package_model(g->package, i);
        read_node(r, &g->nodes[i]);
    }
    if (r->status == GT_OK) {
        link_nodes(r);
        gt_status st = sort_nodes(r);
        r->status = st == GT_OK ? r->status : st;
    }
    if (r->status == GT_OK && r->mistakes > 0) {
        return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_GRAPH_FAULTY, GT_NOWHERE,
                       GT_ARGS(GT_INT("n", r->mistakes)));
    }
    return r->status;
}

gt_status gt_graph_new(gt_ctx *ctx, const gt_package *package, gt_notes *notes, gt_graph **out)
{
    gt_graph *g = gt_zalloc(ctx, 1, sizeof *g);
    if (g == NULL) {
        return GT_E_MEMORY;
    }
    g->ctx = ctx;
    g->package = package;
    reading r = {.ctx = ctx, .graph = g, .notes = notes};
    gt_status st = gt_arena_new(ctx, 16384, &g->arena);
    if (st == GT_OK) {
        st = read_all(&r);
    }
    if (st != GT_OK) {
        gt_graph_free(g);
        return st;
    }
    *out = g;
    return GT_OK;
}

void gt_graph_free(gt_graph *graph)
{
    if (graph != NULL) {
        gt_arena_free(graph->arena);
        gt_free(graph->ctx, graph);
    }
}
