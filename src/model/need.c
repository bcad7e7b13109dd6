/* What a call will hold, known before it runs: the law of the walker for the grids it reads and
 * makes, and what the kernel's descriptor says it keeps for every cell. Pieces that do not fit the
 * ceiling lie in a scratch file, so memory stays below it and the disk is asked for the rest. */
#include <string.h>

#include "guotu/grid.h"
#include "model/call.h"

enum {
    BESIDES = 1 << 20, /* tables, texts */
    TILE_BYTES = 64,   /* files' lists of tiles */
    PROGRAM =
        14 << 20, /* the process itself: code, libraries, PROJ's database (measured: 7 to 12 MB) */
};

/* Buffers of the walk: a block of float64 for each grid bound, inputs with the halo. */
static gt_status walk_need(gt_ctx *ctx, const gt_model_call *c, gt_grid *like, uint64_t *bytes)
{
    gt_walk_input in[GT_WALK_MAX];
    gt_walk walk;
    gt_walk_plan plan;
    int n = 0, more = 0, halo = c->model->halo == NULL ? 0 : c->model->halo(c);
    for (size_t i = 0; i < c->n_in + c->n_out; i++) {
        bool input = i < c->n_in;
        if ((input ? c->in[i] : c->out[i - c->n_in]) == NULL) {
            continue;
        }
        if (n == GT_WALK_MAX) {
            more++;
            continue;
        }
        in[n++] = (gt_walk_input){like, GT_CELL_F64, input ? halo : 0};
    }
    gt_walk_init(&walk);
    walk.in = in;
    walk.n_in = n;
    *bytes = 0;
    if (n == 0) {
        return GT_OK;
    }
    gt_status st = gt_walk_law(ctx, &walk, &plan);
    *bytes = st == GT_OK ? plan.bytes / (uint64_t)n * (uint64_t)(n + more) : 0;
    return st;
}

gt_status gt_model_need_of(gt_ctx *ctx, const gt_model_call *c, const char *like,
                           gt_model_need *out)
{
    const gt_model_rates *r = &c->model->need;
    gt_grid *grid = NULL;
    uint64_t inputs = 0, ceiling = gt_ctx_memory_ceiling(ctx);
    memset(out, 0, sizeof *out);
    gt_status st = gt_grid_open(ctx, like, &grid);
    if (st != GT_OK) {
        return st;
    }
    const gt_grid_spec *s = gt_grid_facts(grid);
    out->cells = (uint64_t)s->n_cols * (uint64_t)s->n_rows;
    for (size_t i = 0; i < c->n_in; i++) {
        inputs += c->in[i] != NULL;
    }
    st = walk_need(ctx, c, grid, &out->memory);
    gt_grid_close(ctx, grid);
    if (st != GT_OK) {
        return st;
    }
    uint64_t stays = (uint64_t)(r->stays * (double)out->cells);
    out->cell_bytes = r->held + r->stays;
    out->memory += stays;
    out->memory += BESIDES + TILE_BYTES * (out->cells / ((uint64_t)GT_GRID_TILE * GT_GRID_TILE));
    out->memory += r->thread * (uint64_t)gt_ctx_threads(ctx);
    out->scratch =
        (uint64_t)((r->scratch + r->scratch_input * (double)inputs) * (double)out->cells);
    uint64_t held = (uint64_t)(r->held * (double)out->cells);
    if (ceiling == 0 || held + out->memory < ceiling / 2) {
        out->memory += held;
    } else {
        out->scratch += held;
        /* the resident part of the piece takes what is left */
        out->memory = out->memory > ceiling ? out->memory : ceiling;
    }
    out->memory += PROGRAM;
    /* blocks become smaller under a low ceiling; what stays does not */
    out->fits = ceiling == 0 || stays == 0 || stays + PROGRAM <= ceiling;
    if (out->fits && ceiling != 0 && out->memory > ceiling) {
        out->memory = ceiling; /* nothing is given beyond it */
    }
    return GT_OK;
}
