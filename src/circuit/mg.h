/* Multigrid on a grid of cells: levels, set up in double precision, swept in single. */
#ifndef GT_CIRCUIT_MG_H
#define GT_CIRCUIT_MG_H

#include "circuit/solve.h"

#define MG_WIDTH_MAX 16 /* right-hand sides at a time */

#define MG_SLACK                                                                                   \
    4 /* zeros beyond the last padded cell of e, s, se, sw: quads at the corner read them */

typedef struct mg_level {
    int64_t cols, rows;
    int64_t w; /* cells of a padded row: one beyond each end, so that edges there are 0 */
    size_t n;  /* padded cells */
    bool five; /* no diagonal edges */
    uint8_t *active;
    /* Conductance from a cell to its east, south, south-east and south-west neighbour, and to
     * ground; in double on the finest level only once set up. */
    double *e, *s, *se, *sw, *extra;
    float *fe, *fs, *fse, *fsw, *inverse; /* inverse of the diagonal, 0: no cell */
    /* Interpolation from the next level: 8 weights a coarse cell (its padded index), for the fine
     * cells east (from west, east), south (from north, south) and south-east (from the corners
     * north west, north east, south west, south east) of the one it stands on. */
    float *weights;
    float *x, *b; /* n * width, of the V-cycle */
} mg_level;

typedef struct mg {
    mg_level *level;
    int n_levels;
    int width;     /* that x and b are made for */
    double *dense; /* factor of the coarsest level, cells as they come without padding */
    float *rows;   /* three rows of residuals a thread */
    int threads;
} mg;

/* Zeroed e, s, se, sw, extra, active for l->n cells. */
gt_status mg_level_room(gt_ctx *ctx, mg_level *l) GT_CHECKED;
void mg_level_free(gt_ctx *ctx, mg_level *l);
/* Takes over the finest level's e, s, se, sw, extra, active (gt_alloc). */
gt_status mg_new(gt_ctx *ctx, const mg_level *finest, mg *out) GT_CHECKED;
/* Makes room for `width` right-hand sides. */
gt_status mg_set_width(gt_ctx *ctx, mg *m, int width) GT_CHECKED;
/* One V-cycle: level[0].x = M level[0].b. */
gt_status mg_cycle(gt_ctx *ctx, mg *m) GT_CHECKED;
void mg_free(gt_ctx *ctx, mg *m);

/* Runs fn over rows 0 .. n-1 in pieces that depend on the work alone, on the threads when it is
 * worth while. `piece` numbers the pieces; mg_pieces tells how many there will be. */
typedef void (*mg_rows_fn)(void *user, int64_t from, int64_t to, size_t piece, int worker);
size_t mg_pieces(int64_t n_rows, int64_t row_work);
gt_status mg_rows(gt_ctx *ctx, int64_t n_rows, int64_t row_work, mg_rows_fn fn,
                  void *user) GT_CHECKED;

/* Inner loops in versions for wider registers, chosen when the program starts. Products are never
 * fused with sums (-ffp-contract=off), so all versions give the same bits. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) &&       \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define MG_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define MG_WIDE
#endif

/* Dispatch on the width, so that the loops over columns have a constant length. */
#define MG_WIDTHS(width, CALL)                                                                     \
    switch (width) {                                                                               \
    case 1:                                                                                        \
        CALL(1);                                                                                   \
        break;                                                                                     \
    case 2:                                                                                        \
        CALL(2);                                                                                   \
        break;                                                                                     \
    case 4:                                                                                        \
        CALL(4);                                                                                   \
        break;                                                                                     \
    case 8:                                                                                        \
        CALL(8);                                                                                   \
        break;                                                                                     \
    case 12:                                                                                       \
        CALL(12);                                                                                  \
        break;                                                                                     \
    default:                                                                                       \
        CALL(16);                                                                                  \
        break;                                                                                     \
    }

#endif
