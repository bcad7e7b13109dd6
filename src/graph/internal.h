/* Inside the build graph. */
#ifndef GT_GRAPH_INTERNAL_H
#define GT_GRAPH_INTERNAL_H

#include "guotu/arena.h"
#include "guotu/graph.h"

enum { PORTS = GT_MODEL_PORTS_MAX };

typedef struct node {
    const gt_model_decl *decl;
    const gt_model *kernel;
    const char *in[PORTS], *out[PORTS]; /* names of grids or layers by port; NULL: not bound */
    const char *layer_param;            /* the kernel's parameter that names the layer, or NULL */
    size_t needs[PORTS];                /* by port: the node that makes it; SIZE_MAX: none */
    int mark;                           /* while sorting: 0 new, 1 open, 2 done */
} node;

struct gt_graph {
    gt_ctx *ctx;
    gt_arena *arena;
    const gt_package *package;
    node *nodes;
    size_t n;
    size_t *order; /* nodes such that what a node needs stands before it */
};

/* A value of a declaration as the kernel takes it: ":id" as the package's parameter. NULL and a
 * recorded error when there is no such parameter, or memory is out. */
const char *gt_graph_value(gt_ctx *ctx, const gt_graph *graph, const gt_binding *binding);

/* ---- record.c: who ran what, and when ---- */

/* Adds a line to the record in `kept`. */
gt_status gt_record_run(gt_ctx *ctx, const char *kept, const char *author, const node *n,
                        const char *how) GT_CHECKED;

/* ---- state.c: what is kept between runs, in WORKSPACE/grids/.build ---- */

typedef struct stamp { /* of a file, to see whether it was touched */
    int64_t bytes, seconds, nanoseconds, inode;
} stamp;

/* Content of a grid that stands; a file of the folder `kept` remembers it with its stamp. *out NULL
 * when the file is not there. *own: the file's stamp is that of the last run (nobody touched it).
 */
gt_status gt_state_print(gt_ctx *ctx, const char *kept, const char *name, const char *path,
                         gt_grid_print **out) GT_CHECKED;
/* Remembers the content of the file as it stands now. */
gt_status gt_state_print_keep(gt_ctx *ctx, const char *kept, const char *name, const char *path,
                              const gt_grid_print *print) GT_CHECKED;

/* What a node was made of when it last ran. */
typedef struct made {
    unsigned char fingerprint[GT_HASH_BYTES];
    unsigned char rest[GT_HASH_BYTES]; /* fingerprint without the content of the inputs */
    gt_grid_print *in[PORTS];          /* NULL: not bound, or a layer */
    unsigned char layer[PORTS][GT_HASH_BYTES];
    unsigned char out[PORTS][GT_HASH_BYTES]; /* content of the outputs */
} made;
/* *found = false when nothing (or nothing sound) is kept. */
gt_status gt_state_made(gt_ctx *ctx, const char *kept, const char *id, made *out,
                        bool *found) GT_CHECKED;
gt_status gt_state_made_keep(gt_ctx *ctx, const char *kept, const char *id,
                             const made *made) GT_CHECKED;
void gt_state_made_drop(const char *kept, const char *id);
void gt_state_made_free(gt_ctx *ctx, made *made);

/* ---- sound pieces of build.c that tests look at ---- */

/* Windows of cells that cover the blocks of `dirty` widened by `halo` cells; at most n_max, else
 * one window around all. Returns how many. */
size_t gt_dirty_windows(const unsigned char *dirty, size_t across, size_t down, int halo,
                        int64_t n_cols, int64_t n_rows, gt_window *out, size_t n_max);

#endif
