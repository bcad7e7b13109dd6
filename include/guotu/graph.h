/* The build graph: the models a package declares, what each reads and makes, what is out of date,
 * and a run of only that.
 *
 * A model's outputs are grids of the workspace (WORKSPACE/grids/NAME.tif). Its inputs are outputs
 * of other models, grids that somebody put there, or polygon layers of the map. A model is out of
 * date when its fingerprint (kernel and version, parameters in base units, content of the inputs)
 * is not that of the files that stand, or when such a file is gone or was changed by others.
 * Content is kept with size and times of each file, block by block, so that an unchanged file is
 * not read again and of a changed one it is known where it changed: kernels of local and focal
 * reach then run on those blocks only, in place. The cells are those of a full run to the bit.
 *
 * An interrupted run leaves every finished model finished; the next run goes on from there. */
#ifndef GUOTU_GRAPH_H
#define GUOTU_GRAPH_H

#include "guotu/model.h"
#include "guotu/package.h"
#include "guotu/store.h"

typedef struct gt_graph gt_graph;

/* Reads the models of a package. Mistakes go to notes with file, line and column: kernels, ports,
 * parameters and values that do not exist or fit, outputs made twice, models that need each other
 * in a circle ("graph.*", "model.*"); GT_E_INPUT then. The package is borrowed. Owned by the
 * caller. */
gt_status gt_graph_new(gt_ctx *ctx, const gt_package *package, gt_notes *notes,
                       gt_graph **out) GT_CHECKED;
void gt_graph_free(gt_graph *graph); /* NULL is accepted */

typedef enum gt_build {
    GT_BUILD_FRESH = 0, /* nothing to do */
    GT_BUILD_PART,      /* some blocks */
    GT_BUILD_FULL,
    GT_BUILD_WAITS, /* a grid or layer it reads is not there */
    GT_BUILD_MAYBE  /* planned only: what it reads is made anew, and may turn out the same */
} gt_build;
/* "fresh", "part", "full", "waits", "maybe"; static. */
const char *gt_build_name(gt_build build);

typedef struct gt_build_step {
    const gt_model_decl *model;
    gt_build build;
    const char *waits_for; /* WAITS: the grid or layer; else NULL */
    size_t n_dirty, n_blocks;
    gt_model_need need; /* when planning, of a run in full; cells 0: no grid is there to tell */
} gt_build_step;
/* Told of each model when it is done (or planned), in the order of work. */
typedef void (*gt_build_fn)(void *user, const gt_build_step *step);

typedef struct gt_build_options {
    size_t size;        /* set by gt_build_options_init */
    const char *only;   /* this model and what it needs; NULL: all */
    bool plan_only;     /* nothing is run */
    bool full;          /* run even what is up to date, whole */
    const char *author; /* who runs, for the record; NULL: not told */
    gt_build_fn told;
    void *user;
} gt_build_options;
void gt_build_options_init(gt_build_options *options);

/* Record of every model that ran: a line of JSON each in WORKSPACE/grids/.build/GT_RUN_RECORD,
 * {"at","by","model","kernel","how","outputs":[...]}, the newest last. Who and when stand there and
 * not in the grids, whose bytes depend on what they were made of alone. */
#define GT_RUN_RECORD "runs.jsonl"

/* Last line of the record that names this grid as an output: "at", "by", "model" and "how" copied
 * to *out as JSON. *found tells whether there is one. `grid` is the file's path; the
 * record is looked for beside it. */
gt_status gt_graph_last_run(gt_ctx *ctx, const char *grid, gt_text *out, bool *found) GT_CHECKED;

/* Brings the workspace's grids up to date. With `only`, a missing input is an error (GT_E_NOT_FOUND
 * "graph.waits"); else models that lack one are told of and left. Cost beside the kernels: changed
 * files are read once to find where they changed. Memory: that of the kernels, 16 bytes a block of
 * 512 x 512 cells of each grid. */
gt_status gt_graph_run(gt_ctx *ctx, const gt_graph *graph, gt_store *store,
                       const gt_build_options *options) GT_CHECKED;

#endif
