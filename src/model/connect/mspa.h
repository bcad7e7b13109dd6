/* Morphological spatial pattern analysis: what its files share. Internal.
 *
 * Data layout: 9 bytes a cell in one piece and 8 for each cell that can be thinned in another.
 * Either lies in memory when it fits the ceiling, else in a file that is mapped (grid/hold.h). So
 * that a mapped file is read in order, everything goes row by row: pieces are found by joining each
 * cell to those above and before it, distances in bands with a halo, and a thinning's queue runs
 * over the map wave by wave. */
#ifndef GT_MODEL_CONNECT_MSPA_H
#define GT_MODEL_CONNECT_MSPA_H

#include "grid/hold.h"
#include "guotu/context.h"

enum {
    BRANCH = 1,
    EDGE = 3,
    PERFORATION = 5,
    ISLET = 9,
    CORE = 17,
    BRIDGE = 33,
    LOOP = 65,
    IN_EDGE = 2,        /* added to a connector in an edge */
    IN_PERFORATION = 4, /* ... in a perforation */
    INSIDE = 100,       /* added within holes of core */
    BORDER_OPENING = 220,
    WIDTH_MAX = 100
};

enum { OPEN = 0, FOREGROUND, MISSING, ENCLOSED }; /* cover; enclosed: background, by foreground */

enum { GT_MSPA_CELL = 9, GT_MSPA_THIN = 8 }; /* bytes, see above */

typedef struct gt_mspa {
    gt_ctx *ctx;
    int64_t cols, rows, n;
    bool eight;     /* of the foreground; the background has the other one */
    int width;      /* s */
    int32_t reach2; /* greatest squared distance that is within t */
    grid_hold cells, list;
    int32_t
        *piece; /* core: number of its piece; else -1 - number of the piece of what is not core */
    uint16_t *far2; /* of foreground: squared distance to the background, at most reach2 + 1 */
    uint8_t *cover;
    uint8_t *code; /* result */
    uint8_t *left; /* of the thinning, and for passing remarks */
    size_t n_thin;
    int32_t *order, *queue; /* n_thin cells each */
    size_t n_cores, n_holes;
    int32_t *encloser;   /* by piece of non-core: core that encloses it, -1 the outside */
    bool *inside;        /* by core: lies in a hole of another */
    uint8_t simple[256]; /* may the middle of these neighbours go? */
} gt_mspa;

/* Neighbours in the order of the bits: E NE N NW W SW S SE. */
extern const int GT_MSPA_COL[8], GT_MSPA_ROW[8];

/* Cells around one; -1 beyond the map. */
static inline void gt_mspa_around(const gt_mspa *m, int64_t cell, int64_t to[8])
{
    int64_t col = cell % m->cols, row = cell / m->cols;
    bool inner = col > 0 && row > 0 && col < m->cols - 1 && row < m->rows - 1;
    for (int k = 0; k < 8; k++) {
        int64_t c = col + GT_MSPA_COL[k], r = row + GT_MSPA_ROW[k];
        bool there = inner || (c >= 0 && r >= 0 && c < m->cols && r < m->rows);
        to[k] = there ? cell + GT_MSPA_ROW[k] * m->cols + GT_MSPA_COL[k] : -1;
    }
}

/* One row of distances to marked cells: near[c] is how many rows below (above: less than 0) the
 * nearest of column c lies, GT_MSPA_NONE when there is none within the reach. */
enum { GT_MSPA_NONE = INT16_MAX };
typedef void (*gt_mspa_row_fn)(gt_mspa *m, int64_t row, const int16_t *near);
/* Calls fn for each row, on all threads: it may write what belongs to its row, not the marks. */
gt_status gt_mspa_rows(gt_mspa *m, const uint8_t *mark, uint8_t value,
                       gt_mspa_row_fn fn) GT_CHECKED;
/* Squared distance from the cell to the nearest marked one no farther than s + 1 rows and columns,
 * INT32_MAX when there is none; which it is, of equals the first by row, then column. */
int32_t gt_mspa_nearest(const gt_mspa *m, int64_t row, int64_t col, const int16_t *near,
                        int64_t *cell);

/* Pieces of the cells marked so, and of those that are not: piece[] becomes a cell of the same
 * piece that is not behind it, for the first of each piece itself. */
gt_status gt_mspa_join(gt_mspa *m, const uint8_t *mark, uint8_t value) GT_CHECKED;

/* Thins what is branch or boundary so that its connections stay, and names bridges and loops. */
gt_status gt_mspa_connectors(gt_mspa *m, bool transition) GT_CHECKED;
/* All classes into code; cover, width, eight are given. */
gt_status gt_mspa_classify(gt_mspa *m, bool transition, bool internal) GT_CHECKED;

/* For loops over cells: asks every so many. */
static inline gt_status gt_mspa_ask(const gt_mspa *m, int64_t i)
{
    return i % (1 << 18) == 0 ? gt_check_cancel(m->ctx) : GT_OK;
}

#endif
