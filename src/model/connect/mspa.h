/* Morphological spatial pattern analysis: what its three files share. The map is whole in memory:
 * a thinning goes by the order in which cells come up, all over the map. Internal. */
#ifndef GT_MODEL_CONNECT_MSPA_H
#define GT_MODEL_CONNECT_MSPA_H

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
    WIDTH_MAX = 100,
    GT_MSPA_FAR = UINT16_MAX
};

typedef struct gt_mspa {
    gt_ctx *ctx;
    int64_t cols, rows, n;
    bool eight;     /* of the foreground; the background has the other one */
    int width;      /* s */
    int32_t reach2; /* greatest squared distance that is within t */
    uint8_t *cover; /* 0 background, 1 foreground, 2 missing */
    uint8_t *code;  /* result */
    uint16_t *far2; /* squared distance, at most GT_MSPA_FAR */
    int32_t
        *piece; /* core: number of its piece; else -1 - number of the piece of what is not core */
    int32_t *nearest; /* cell of the core a boundary cell belongs to, -1: none within t */
    int32_t *queue;
    size_t n_cores, n_holes;
    int32_t *encloser; /* by piece of non-core: core that encloses it, -1 the outside */
    bool *inside;      /* by core: lies in a hole of another */
    uint8_t *simple;   /* 256: may the middle of these neighbours go? */
} gt_mspa;

/* Neighbours in the order of the bits: E NE N NW W SW S SE. */
extern const int GT_MSPA_COL[8], GT_MSPA_ROW[8];

static inline int64_t gt_mspa_beside(const gt_mspa *m, int64_t cell, int k)
{
    int64_t c = cell % m->cols + GT_MSPA_COL[k], r = cell / m->cols + GT_MSPA_ROW[k];
    return c < 0 || r < 0 || c >= m->cols || r >= m->rows ? -1 : r * m->cols + c;
}

static inline bool gt_mspa_on_border(const gt_mspa *m, int64_t cell)
{
    int64_t c = cell % m->cols, r = cell / m->cols;
    return c == 0 || r == 0 || c == m->cols - 1 || r == m->rows - 1;
}

/* Squared distances to cells that are marked `value` and, when `cell` is given, which they are; up
 * to `reach` cells, GT_MSPA_FAR beyond. */
gt_status gt_mspa_distances(const gt_mspa *m, const uint8_t *mark, uint8_t value, int reach,
                            uint16_t *far2, int32_t *cell) GT_CHECKED;
/* Thins what is branch or boundary so that its connections stay, and names bridges and loops. */
gt_status gt_mspa_connectors(gt_mspa *m, bool transition) GT_CHECKED;
/* All classes into code; cover, width, eight are given. */
gt_status gt_mspa_classify(gt_mspa *m, bool transition, bool internal) GT_CHECKED;
/* Asks every so many cells. */
static inline gt_status gt_mspa_ask(const gt_mspa *m, int64_t i)
{
    return i % (1 << 18) == 0 ? gt_check_cancel(m->ctx) : GT_OK;
}

#endif
