/* The electrical network: nodes joined by conductances. Either the cells of a grid (edges are never
 * stored, they follow from the cells) or a list of edges. */
#ifndef GT_CIRCUIT_GRAPH_H
#define GT_CIRCUIT_GRAPH_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "guotu/context.h"

#define CIRCUIT_NONE      UINT32_MAX /* no node */
#define CIRCUIT_NODES_MAX ((size_t)UINT32_MAX - 1)

typedef struct circuit_graph {
    size_t n; /* nodes */
    /* grid */
    int64_t n_cols, n_rows; /* 0: a list of edges */
    const double *g;        /* conductance of each cell, 0: none; borrowed */
    uint32_t *node;         /* of each cell */
    uint32_t *first;        /* a cell of each node */
    bool four;              /* neighbours, else 8 */
    bool by_resistance;     /* edges by the mean resistance of two cells, else conductance */
    bool merged;            /* some node has several cells */
    /* list of edges, sorted by (a, b), a < b, parallel ones added up */
    size_t n_edges;
    uint32_t *a, *b;
    double *w;
    /* connected parts, numbered by their lowest node */
    uint32_t *part;
    size_t n_parts;
} circuit_graph;

/* Long loops over cells or nodes ask at every so many of them: false once cancelled. */
#define CIRCUIT_STRIDE ((size_t)1 << 18)
static inline bool circuit_go_on(gt_ctx *ctx, size_t i)
{
    return i % CIRCUIT_STRIDE != 0 || gt_check_cancel(ctx) == GT_OK;
}
/* n * size bytes of zeros (gt_alloc), asking in between: fresh memory is slow. */
gt_status circuit_zeroed(gt_ctx *ctx, size_t n, size_t size, void **out) GT_CHECKED;

/* regions: NULL, or for each cell the number of its short-circuit region, 0 none. Cells of a region
 * that holds at least one conducting cell become one node, those on nodata too. */
gt_status circuit_graph_grid(gt_ctx *ctx, int64_t n_cols, int64_t n_rows, const double *g,
                             const int32_t *regions, bool four, bool by_resistance,
                             circuit_graph *out) GT_CHECKED;
/* Edges a[i] - b[i] of conductance w[i] > 0 between nodes 0 .. n-1; the arrays are copied. */
gt_status circuit_graph_edges(gt_ctx *ctx, size_t n, size_t n_edges, const uint32_t *a,
                              const uint32_t *b, const double *w, circuit_graph *out) GT_CHECKED;
void circuit_graph_free(gt_ctx *ctx, circuit_graph *graph);

/* Conductance between neighbouring cells (Circuitscape's four averages); 0: none. */
static inline double circuit_edge(const circuit_graph *graph, double ga, double gb, bool diagonal)
{
    if (graph->by_resistance) {
        double sum = ga > 0 && gb > 0 ? 1 / ga + 1 / gb : (double)INFINITY;
        return diagonal ? 2 / (sum * M_SQRT2) : 2 / sum;
    }
    return diagonal ? (ga + gb) / (2 * M_SQRT2) : (ga + gb) / 2;
}

/* Neighbour k of 0 east, 1 south, 2 south-east, 3 south-west: false outside the grid. */
static inline bool circuit_neighbour(const circuit_graph *graph, int64_t row, int64_t col, int k,
                                     int64_t *cell)
{
    static const int dr[] = {0, 1, 1, 1}, dc[] = {1, 0, 1, -1};
    int64_t r = row + dr[k], c = col + dc[k];
    *cell = r * graph->n_cols + c;
    return r < graph->n_rows && c >= 0 && c < graph->n_cols;
}

/* Edges of each node, both ways; parallel ones stay apart. For small graphs. */
typedef struct circuit_rows {
    size_t *start; /* n + 1 */
    uint32_t *to;
    double *w;
} circuit_rows;
gt_status circuit_rows_new(gt_ctx *ctx, const circuit_graph *graph, circuit_rows *out) GT_CHECKED;
void circuit_rows_free(gt_ctx *ctx, circuit_rows *rows);

/* out[node] = what flows through: the greater of inflow and outflow, grounds (conductances, may be
 * NULL) counted. v[node * stride]. Edge currents below 1e-8 of the greatest count as 0, as
 * Circuitscape has it. scratch: 2 n reals. */
gt_status circuit_node_currents(gt_ctx *ctx, const circuit_graph *graph, const double *v,
                                size_t stride, const double *to_ground, double *scratch,
                                double *out) GT_CHECKED;

/* out = L v for k columns (v[node * k + i]). */
gt_status circuit_apply(gt_ctx *ctx, const circuit_graph *graph, const double *v, size_t k,
                        double *out) GT_CHECKED;

#endif
