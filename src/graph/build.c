/* A run of what is out of date. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "graph/internal.h"
#include "graph/messages.h"
#include "plan/problem.h"

enum { PATH = 4096, WINDOWS = 1024 };

typedef struct building {
    gt_ctx *ctx;
    const gt_graph *graph;
    gt_store *store;
    const gt_build_options *options;
    char kept[PATH]; /* folder of states */
    bool *wanted;    /* by node */
    bool *stale;     /* by node, when planning: will be made anew */
    bool *waits;     /* by node: cannot run */
    char **like;     /* by node, when planning: a grid of the size it works on; NULL: none */
} building;

/* One node in work. */
typedef struct work {
    const node *n;
    gt_model_call *call;
    gt_grid_print *in[PORTS]; /* content now */
    made then;                /* when it last ran */
    made now;
    bool found;
    const char *waits_for;
    gt_model_need need;
    gt_window windows[WINDOWS];
    size_t n_windows, n_dirty, n_blocks;
} work;

void gt_build_options_init(gt_build_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

const char *gt_build_name(gt_build build)
{
    static const char *const names[] = {"fresh", "part", "full", "waits", "maybe"};
    return names[build];
}

static void grid_path(const building *b, const char *name, char out[PATH])
{
    (void)snprintf(out, PATH, "%s/%s.tif", gt_store_grid_dir(b->store), name);
}

/* ---- which blocks -------------------------------------------------------------------------------
 */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

size_t gt_dirty_windows(const unsigned char *dirty, size_t across, size_t down, int halo,
                        int64_t n_cols, int64_t n_rows, gt_window *out, size_t n_max)
{
    size_t n = 0;
    int64_t left = n_cols, top = n_rows, right = 0, bottom = 0;
    for (size_t r = 0; r < down; r++) {
        for (size_t c = 0; c < across; c++) {
            size_t from = c;
            while (c < across && dirty[r * across + c] != 0) {
                c++;
            }
            if (c == from) {
                continue;
            }
            int64_t w = (int64_t)from * GT_PRINT_SIDE - halo, e = (int64_t)c * GT_PRINT_SIDE + halo;
            int64_t u = (int64_t)r * GT_PRINT_SIDE - halo,
                    d = (int64_t)(r + 1) * GT_PRINT_SIDE + halo;
            w = w < 0 ? 0 : w;
            u = u < 0 ? 0 : u;
            e = least(e, n_cols);
            d = least(d, n_rows);
            left = least(left, w);
            top = least(top, u);
            right = e > right ? e : right;
            bottom = d > bottom ? d : bottom;
            if (n < n_max) {
                out[n] = (gt_window){w, u, e - w, d - u};
            }
            n++;
        }
    }
    if (n > n_max) {
        out[0] = (gt_window){left, top, right - left, bottom - top};
        n = 1;
    }
    return n;
}

/* May this node be brought up to date by blocks? Then fills the windows. */
static gt_status find_windows(building *b, work *w, bool *part)
{
    const gt_grid_print *first = NULL;
    unsigned char *dirty = NULL;
    int halo = w->n->kernel->halo == NULL ? 0 : w->n->kernel->halo(w->call);
    bool may = w->found && !b->options->full &&
               (w->n->kernel->reach == GT_REACH_LOCAL || w->n->kernel->reach == GT_REACH_FOCAL) &&
               memcmp(w->then.rest, w->now.rest, GT_HASH_BYTES) == 0;
    *part = false;
    for (size_t k = 0; k < PORTS; k++) {
        const gt_grid_print *now = w->in[k], *then = w->then.in[k];
        may = may && (now == NULL) == (then == NULL) &&
              memcmp(w->then.layer[k], w->now.layer[k], GT_HASH_BYTES) == 0;
        may = may && (now == NULL || (now->across == then->across && now->down == then->down &&
                                      memcmp(now->place, then->place, GT_PRINT_BYTES) == 0));
        first = first == NULL ? now : first;
    }
    if (!may || first == NULL) {
        return GT_OK;
    }
    w->n_blocks = first->across * first->down;
    dirty = gt_zalloc(b->ctx, w->n_blocks, 1);
    if (dirty == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t k = 0; k < PORTS; k++) {
        for (size_t i = 0; w->in[k] != NULL && i < w->n_blocks; i++) {
            dirty[i] |= memcmp(w->in[k]->blocks[i], w->then.in[k]->blocks[i], GT_PRINT_BYTES) != 0;
        }
    }
    for (size_t i = 0; i < w->n_blocks; i++) {
        w->n_dirty += dirty[i];
    }
    w->n_windows = gt_dirty_windows(dirty, first->across, first->down, halo, INT64_MAX, INT64_MAX,
                                    w->windows, WINDOWS);
    gt_free(b->ctx, dirty);
    /* no block differs: the place of the grid does, and everything is to be made anew */
    *part = w->n_dirty > 0 && w->n_dirty * 2 <= w->n_blocks;
    return GT_OK;
}

/* ---- one node -----------------------------------------------------------------------------------
 */

/* Content of a layer: its name and the hash of the last revision that touched it. */
static gt_status layer_digest(building *b, const char *name, unsigned char out[GT_HASH_BYTES],
                              bool *there, bool *generated)
{
    gt_layer_info info;
    gt_revision revision;
    gt_hash h;
    *there = gt_store_find_layer(b->ctx, b->store, name, &info) == GT_OK;
    if (!*there) {
        gt_error_clear(b->ctx);
        return GT_OK;
    }
    *generated = info.origin == GT_ORIGIN_GENERATED;
    gt_status st = gt_store_revision_info(b->ctx, b->store, info.revision, &revision);
    if (st == GT_OK) {
        gt_hash_init(&h);
        gt_hash_add_text(&h, name);
        gt_hash_add_text(&h, revision.hash);
        gt_hash_final(&h, out);
    }
    return st;
}

static gt_status bind_input(building *b, work *w, size_t k)
{
    const node *n = w->n;
    const gt_model_port *port = &n->kernel->in[k];
    char path[PATH];
    bool there = true;
    gt_status st = GT_OK;
    const unsigned char *digest = w->now.layer[k];
    if (port->kind == GT_PORT_GRID) {
        grid_path(b, n->in[k], path);
        st = gt_state_print(b->ctx, b->kept, n->in[k], path, &w->in[k]);
        there = w->in[k] != NULL;
        digest = there ? w->in[k]->digest : NULL;
    } else {
        (void)snprintf(path, sizeof path, "%s/onemap.gpkg", gt_store_dir(b->store));
        bool generated = false;
        st = layer_digest(b, n->in[k], w->now.layer[k], &there, &generated);
        if (generated) {
            gt_model_set_generated(w->call);
        }
        if (st == GT_OK && n->layer_param != NULL) {
            st = gt_model_set_with(b->ctx, w->call, n->layer_param, n->in[k]);
        }
    }
    if (st == GT_OK && !there) {
        w->waits_for = n->in[k];
        return GT_OK;
    }
    if (st == GT_OK) {
        st = gt_model_set_in(b->ctx, w->call, port->name, path);
    }
    return st == GT_OK ? gt_model_set_digest(b->ctx, w->call, port->name, digest) : st;
}

/* Fingerprint without the content of inputs: with all of them set to nothing. */
static gt_status rest_of(building *b, work *w)
{
    static const unsigned char nothing[GT_HASH_BYTES];
    gt_status st = GT_OK;
    for (int turn = 0; turn < 2; turn++) { /* away, and back */
        for (size_t k = 0; st == GT_OK && k < PORTS; k++) {
            if (w->n->in[k] != NULL) {
                const unsigned char *digest = turn == 0          ? nothing
                                              : w->in[k] != NULL ? w->in[k]->digest
                                                                 : w->now.layer[k];
                st = gt_model_set_digest(b->ctx, w->call, w->n->kernel->in[k].name, digest);
            }
        }
        if (st == GT_OK) {
            st =
                gt_model_fingerprint(b->ctx, w->call, turn == 0 ? w->now.rest : w->now.fingerprint);
        }
    }
    return st;
}

static gt_status prepare(building *b, work *w)
{
    const node *n = w->n;
    char path[PATH];
    gt_status st = gt_model_call_new(b->ctx, n->kernel, &w->call);
    for (size_t i = 0; st == GT_OK && i < n->decl->n_with; i++) {
        const char *value = gt_graph_value(b->ctx, b->graph, &n->decl->with[i]);
        st = value == NULL ? gt_error_status(b->ctx)
                           : gt_model_set_with(b->ctx, w->call, n->decl->with[i].name, value);
    }
    for (size_t k = 0; st == GT_OK && k < PORTS; k++) {
        if (n->in[k] != NULL && w->waits_for == NULL) {
            st = bind_input(b, w, k);
        }
        if (st == GT_OK && n->out[k] != NULL) {
            grid_path(b, n->out[k], path);
            st = gt_model_set_out(b->ctx, w->call, n->kernel->out[k].name, path);
        }
    }
    if (st != GT_OK || w->waits_for != NULL) {
        return st;
    }
    st = rest_of(b, w);
    return st == GT_OK ? gt_state_made(b->ctx, b->kept, n->decl->id, &w->then, &w->found) : st;
}

/* Do the outputs stand as the last run left them? */
static gt_status outputs_stand(building *b, work *w, bool *stand)
{
    gt_status st = GT_OK;
    *stand = true;
    for (size_t k = 0; st == GT_OK && *stand && k < PORTS; k++) {
        char path[PATH];
        gt_grid_print *print = NULL;
        if (w->n->out[k] == NULL) {
            continue;
        }
        grid_path(b, w->n->out[k], path);
        st = gt_state_print(b->ctx, b->kept, w->n->out[k], path, &print);
        if (st != GT_OK && st != GT_E_MEMORY &&
            st != GT_E_CANCELLED) { /* no grid of ours: made anew */
            gt_error_clear(b->ctx);
            st = GT_OK;
        }
        *stand = print != NULL && memcmp(print->digest, w->then.out[k], GT_HASH_BYTES) == 0;
        gt_grid_print_free(b->ctx, print);
    }
    return st;
}

/* Content of an output after the run: read whole, or in the windows that were computed. */
static gt_status output_print(building *b, work *w, size_t k, gt_grid_print *old)
{
    char path[PATH];
    gt_grid *grid = NULL;
    gt_grid_print *print = NULL;
    grid_path(b, w->n->out[k], path);
    gt_status st = gt_grid_open(b->ctx, path, &grid);
    if (st == GT_OK) {
        st = old == NULL ? gt_grid_print_new(b->ctx, grid, &print)
                         : gt_grid_print_renew(b->ctx, grid, w->windows, w->n_windows, old);
    }
    const gt_grid_print *now = old != NULL ? old : print;
    if (st == GT_OK) {
        memcpy(w->now.out[k], now->digest, GT_HASH_BYTES);
        st = gt_state_print_keep(b->ctx, b->kept, w->n->out[k], path, now);
    }
    gt_grid_print_free(b->ctx, print);
    gt_grid_close(b->ctx, grid);
    return st;
}

/* Windows may reach beyond the grid as long as its size is not known; cuts them. */
static gt_status cut_windows(building *b, work *w)
{
    char path[PATH];
    gt_grid *grid = NULL;
    size_t k = 0;
    while (w->n->out[k] == NULL) {
        k++;
    }
    grid_path(b, w->n->out[k], path);
    gt_status st = gt_grid_open(b->ctx, path, &grid);
    for (size_t i = 0; st == GT_OK && i < w->n_windows; i++) {
        const gt_grid_spec *s = gt_grid_facts(grid);
        gt_window *at = &w->windows[i];
        at->n_cols = least(at->n_cols, s->n_cols - at->col);
        at->n_rows = least(at->n_rows, s->n_rows - at->row);
    }
    gt_grid_close(b->ctx, grid);
    return st == GT_OK ? gt_model_set_dirty(b->ctx, w->call, w->windows, w->n_windows) : st;
}

static gt_status execute(building *b, work *w, bool part)
{
    gt_grid_print *old[PORTS] = {NULL};
    char path[PATH];
    gt_status st = part ? cut_windows(b, w) : GT_OK;
    for (size_t k = 0; st == GT_OK && part && k < PORTS; k++) {
        if (w->n->out[k] != NULL) {
            grid_path(b, w->n->out[k], path);
            st = gt_state_print(b->ctx, b->kept, w->n->out[k], path, &old[k]);
        }
    }
    if (st == GT_OK) {
        gt_state_made_drop(b->kept, w->n->decl->id); /* until the new outputs stand */
        st = gt_model_run(b->ctx, w->call);
    }
    for (size_t k = 0; st == GT_OK && k < PORTS; k++) {
        if (w->n->out[k] != NULL) {
            st = output_print(b, w, k, old[k]);
        }
    }
    for (size_t k = 0; k < PORTS; k++) {
        gt_grid_print_free(b->ctx, old[k]);
        w->now.in[k] = w->in[k];
    }
    return st == GT_OK ? gt_state_made_keep(b->ctx, b->kept, w->n->decl->id, &w->now) : st;
}

static bool waits_or_stale(const building *b, const node *n, const bool *of)
{
    for (size_t k = 0; k < PORTS; k++) {
        if (n->needs[k] != SIZE_MAX && of[n->needs[k]]) {
            return true;
        }
    }
    (void)b;
    return false;
}

static gt_status waiting(building *b, const work *w)
{
    char path[PATH];
    if (b->options->only == NULL) {
        return GT_OK;
    }
    grid_path(b, w->waits_for, path);
    return gt_fail(
        b->ctx, GT_E_NOT_FOUND, &GT_MSG_GRAPH_WAITS,
        GT_PLACE(.file = w->n->decl->file, .line = w->n->decl->line, .rule = w->n->decl->id),
        GT_ARGS(GT_TEXT("model", w->n->decl->id), GT_TEXT("what", w->waits_for),
                GT_TEXT("path", path)));
}

/* Decides and, unless only planning, does. */
static gt_status decide(building *b, size_t i, work *w, gt_build *what)
{
    bool stand = false, part = false;
    if (b->options->plan_only && waits_or_stale(b, w->n, b->stale)) {
        b->stale[i] = true;
        *what = GT_BUILD_MAYBE;
        return GT_OK;
    }
    gt_status st = prepare(b, w);
    if (st == GT_OK && w->waits_for != NULL) {
        b->waits[i] = true;
        *what = GT_BUILD_WAITS;
        return waiting(b, w);
    }
    if (st == GT_OK && w->found) {
        st = outputs_stand(b, w, &stand);
        w->found = stand;
    }
    if (st == GT_OK && w->found && !b->options->full &&
        memcmp(w->then.fingerprint, w->now.fingerprint, GT_HASH_BYTES) == 0) {
        *what = GT_BUILD_FRESH;
        return GT_OK;
    }
    if (st == GT_OK) {
        st = find_windows(b, w, &part);
        *what = part ? GT_BUILD_PART : GT_BUILD_FULL;
        b->stale[i] = true;
    }
    return st == GT_OK && !b->options->plan_only ? execute(b, w, part) : st;
}

/* ---- what it will need --------------------------------------------------------------------------
 */

/* A grid that is there, of the size of what the node reads: its own inputs, or those of the nodes
 * that make them. */
static gt_status find_like(building *b, size_t i)
{
    const node *n = &b->graph->nodes[i];
    for (size_t k = 0; b->like[i] == NULL && k < PORTS; k++) {
        char path[PATH];
        struct stat info;
        if (n->in[k] == NULL || n->kernel->in[k].kind != GT_PORT_GRID) {
            continue;
        }
        grid_path(b, n->in[k], path);
        const char *from = stat(path, &info) == 0    ? path
                           : n->needs[k] != SIZE_MAX ? b->like[n->needs[k]]
                                                     : NULL;
        if (from != NULL) {
            b->like[i] = gt_strdup(b->ctx, from);
            if (b->like[i] == NULL) {
                return GT_E_MEMORY;
            }
        }
    }
    return GT_OK;
}

/* The memory law of a node; a grid that cannot be opened says nothing, its error comes when it is
 * read. */
static gt_status tell_need(building *b, size_t i, work *w)
{
    const node *n = &b->graph->nodes[i];
    gt_model_call *call = NULL;
    gt_status st = find_like(b, i);
    if (st != GT_OK || b->like[i] == NULL) {
        return st;
    }
    st = gt_model_call_new(b->ctx, n->kernel, &call);
    for (size_t k = 0; st == GT_OK && k < n->decl->n_with; k++) {
        const char *value = gt_graph_value(b->ctx, b->graph, &n->decl->with[k]);
        st = value == NULL ? gt_error_status(b->ctx)
                           : gt_model_set_with(b->ctx, call, n->decl->with[k].name, value);
    }
    for (size_t k = 0; st == GT_OK && k < PORTS; k++) {
        if (n->in[k] != NULL) {
            st = gt_model_set_in(b->ctx, call, n->kernel->in[k].name, b->like[i]);
        }
        if (st == GT_OK && n->out[k] != NULL) {
            st = gt_model_set_out(b->ctx, call, n->kernel->out[k].name, b->like[i]);
        }
    }
    st = st == GT_OK ? gt_model_need_of(b->ctx, call, b->like[i], &w->need) : st;
    gt_model_call_free(call);
    if (st != GT_OK && st != GT_E_MEMORY && st != GT_E_CANCELLED) {
        gt_error_clear(b->ctx);
        return GT_OK;
    }
    return st;
}

static gt_status build_node(building *b, size_t i)
{
    work *w = gt_zalloc(b->ctx, 1, sizeof *w);
    gt_build what = GT_BUILD_FRESH;
    if (w == NULL) {
        return GT_E_MEMORY;
    }
    w->n = &b->graph->nodes[i];
    gt_status st = decide(b, i, w, &what);
    if (st == GT_OK && b->options->plan_only) {
        st = tell_need(b, i, w);
    }
    if (st == GT_OK && b->options->told != NULL) {
        const gt_build_step step = {w->n->decl,   what,
                                    w->waits_for, what == GT_BUILD_PART ? w->n_dirty : 0,
                                    w->n_blocks,  w->need};
        b->options->told(b->options->user, &step);
    }
    if (st == GT_OK && !b->options->plan_only && (what == GT_BUILD_PART || what == GT_BUILD_FULL)) {
        st = gt_record_run(b->ctx, b->kept, b->options->author, w->n, gt_build_name(what));
    }
    if (st != GT_OK) {
        gt_fail_at(b->ctx, GT_PLACE(.rule = w->n->decl->id));
    }
    for (size_t k = 0; k < PORTS; k++) {
        gt_grid_print_free(b->ctx, w->in[k]);
    }
    gt_state_made_free(b->ctx, &w->then);
    gt_model_call_free(w->call);
    gt_free(b->ctx, w);
    return st;
}

/* ---- the run ------------------------------------------------------------------------------------
 */

/* Marks a node and all it needs: nodes stand after what they need, so one pass from the end. */
static gt_status want_nodes(building *b)
{
    const gt_graph *g = b->graph;
    const char *only = b->options->only, *near = NULL;
    size_t distance = 0;
    bool found = only == NULL;
    for (size_t i = 0; i < g->n; i++) {
        b->wanted[i] = only == NULL || strcmp(only, g->nodes[i].decl->id) == 0;
        found = found || b->wanted[i];
        if (only != NULL) {
            gt_nearest_try(only, g->nodes[i].decl->id, &near, &distance);
        }
    }
    for (size_t at = g->n; at > 0; at--) {
        size_t i = g->order[at - 1];
        for (size_t k = 0; b->wanted[i] && k < PORTS; k++) {
            if (g->nodes[i].needs[k] != SIZE_MAX) {
                b->wanted[g->nodes[i].needs[k]] = true;
            }
        }
    }
    if (found) {
        return GT_OK;
    }
    return gt_fail(b->ctx, GT_E_NOT_FOUND, &GT_MSG_GRAPH_NO_MODEL, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", only), GT_TEXT("near", near == NULL ? "-" : near)));
}

static gt_status build_all(building *b)
{
    const gt_graph *g = b->graph;
    gt_status st = want_nodes(b);
    size_t done = 0;
    gt_progress_begin(b->ctx, &GT_MSG_GRAPH_BUILDING, g->n);
    for (size_t at = 0; st == GT_OK && at < g->n; at++) {
        if (b->wanted[g->order[at]]) {
            st = build_node(b, g->order[at]);
        }
        gt_progress_step(b->ctx, ++done);
        st = st == GT_OK ? gt_check_cancel(b->ctx) : st;
    }
    gt_progress_end(b->ctx);
    return st;
}

gt_status gt_graph_run(gt_ctx *ctx, const gt_graph *graph, gt_store *store,
                       const gt_build_options *options)
{
    building b = {.ctx = ctx, .graph = graph, .store = store, .options = options};
    gt_status st = GT_OK;
    (void)snprintf(b.kept, sizeof b.kept, "%s/.build", gt_store_grid_dir(store));
    b.wanted = gt_zalloc(ctx, graph->n + 1, sizeof *b.wanted);
    b.stale = gt_zalloc(ctx, graph->n + 1, sizeof *b.stale);
    b.waits = gt_zalloc(ctx, graph->n + 1, sizeof *b.waits);
    b.like = gt_zalloc(ctx, graph->n + 1, sizeof *b.like);
    if (b.wanted == NULL || b.stale == NULL || b.waits == NULL || b.like == NULL) {
        st = GT_E_MEMORY;
    } else if (mkdir(b.kept, 0777) != 0 && errno != EEXIST) {
        st = gt_fail_errno(ctx, errno, "mkdir", b.kept);
    } else {
        gt_grid_clear_parts(gt_store_grid_dir(store));
        st = build_all(&b);
    }
    for (size_t i = 0; b.like != NULL && i < graph->n; i++) {
        gt_free(ctx, b.like[i]);
    }
    gt_free(ctx, b.like);
    gt_free(ctx, b.wanted);
    gt_free(ctx, b.stale);
    gt_free(ctx, b.waits);
    return st;
}
