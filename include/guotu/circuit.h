/* Circuit theory on maps: current and effective resistance between places (Circuitscape's
 * conventions), and omnidirectional current by a moving window (Omniscape's).
 *
 * A cell with conductance is a node; neighbouring cells (4, or 8 with a factor of the square root
 * of 2) are joined by the mean of their conductances or resistances; cells of a short-circuit
 * region are one node. Cell size does not enter. One ampere is sent from one place to another; its
 * potential and currents are found by solving Kirchhoff's equations to a relative residual of
 * 1e-10, which is checked and reported.
 * Sources: McRae, Dickson, Keitt, Shah (2008), Ecology 89: 2712-2724; Circuitscape 4 and 5, user
 * guides; Landau, Shah, Anantharaman, Hall (2021), JOSS 6(57): 2829.
 * Threads: the calls use the context's threads; results are the same for any number. */
#ifndef GUOTU_CIRCUIT_H
#define GUOTU_CIRCUIT_H

#include "guotu/notes.h"

typedef struct gt_circuit_options {
    size_t size;      /* set by gt_circuit_options_init */
    const char *root; /* folder that relative input names start from; NULL: the current one */
    const char *out;  /* folder the outputs go to, under the base name of the ini's output_file;
                         NULL: where output_file says, from the current folder */
    gt_notes *notes;  /* NULL, or where remarks go (points on nodata, unknown keys) */
    double tolerance; /* relative residual; 0: 1e-10 */
} gt_circuit_options;
void gt_circuit_options_init(gt_circuit_options *options);

typedef struct gt_circuit_facts {
    char scenario[16];       /* "pairwise", "advanced", "one-to-all", "all-to-one", "omniscape" */
    size_t nodes, parts;     /* of the (greatest) network; parts: connected areas */
    size_t points;           /* focal points, or windows that were solved */
    size_t solves;           /* right-hand sides */
    size_t steps;            /* most of conjugate gradients in one solve, 0: solved directly */
    double residual;         /* greatest relative residual */
    size_t files;            /* written */
    double setup_s, solve_s; /* wall time of the solver */
} gt_circuit_facts;

/* Runs the problem of a Circuitscape ini file (version 3.5 to 5) and writes its outputs under
 * Circuitscape's names: BASE_resistances.out, BASE_resistances_3columns.out, BASE_voltmap_A_B.asc,
 * BASE_curmap_A_B.asc, BASE_cum_curmap.asc, BASE_max_curmap.asc; for networks
 * BASE_voltages_A_B.txt, BASE_node_currents_A_B.txt, BASE_branch_currents_A_B.txt (ids as in the
 * input). GT_E_INPUT with file and line, or column and row of the cell (1-based from the
 * north-west): "circuit.ini-line", "circuit.ini-value", "circuit.ini-missing",
 * "circuit.asc-header", "circuit.asc-count", "circuit.not-a-number", "circuit.resistance-zero",
 * "circuit.habitat-negative", "circuit.no-nodes", "circuit.points-few", "circuit.sources-nodata",
 * "circuit.singular", ...; GT_E_LIMIT "circuit.not-converged"; GT_E_ENV for files.
 * Points on nodata are remarked and take no part, as Circuitscape has it. */
gt_status gt_circuit_run(gt_ctx *ctx, const char *ini_path, const gt_circuit_options *options,
                         gt_circuit_facts *facts) GT_CHECKED;

/* Runs the problem of an Omniscape ini file and writes cum_currmap, flow_potential and
 * normalized_cum_currmap (.tif or .asc) to a new folder of the project's name. Errors as above. */
gt_status gt_omniscape_run(gt_ctx *ctx, const char *ini_path, const gt_circuit_options *options,
                           gt_circuit_facts *facts) GT_CHECKED;

/* ---- maps in memory ---------------------------------------------------------------------------
 */

typedef struct gt_circuit_map {
    int64_t n_cols, n_rows;
    const double *resistance; /* row by row, above 0; NaN: no cell */
    bool four;                /* neighbours, else 8 */
    bool by_conductance;      /* edges by the mean conductance of two cells, else resistance */
} gt_circuit_map;

/* Current through each cell, added up over all pairs of places (patches; cells of one number are
 * one node; 0: none; every pair 1 A): pinch points are where it is high. current: NaN where there
 * is no cell; 0 everywhere when fewer than two places are connected. facts may be NULL. GT_E_INPUT
 * "circuit.resistance-zero", "circuit.habitat-negative", "circuit.habitat-value". Memory: about 60
 * bytes a cell, and 8 a cell and place. Time: as many solves as places, and a pass over the map a
 * pair. */
gt_status gt_circuit_between(gt_ctx *ctx, const gt_circuit_map *map, const int32_t *places,
                             double *current, gt_circuit_facts *facts) GT_CHECKED;

typedef struct gt_circuit_window {
    int64_t radius, buffer; /* cells, radius 1 at least */
    int64_t block;          /* side of the blocks that share a target; even: one more */
} gt_circuit_window;

/* Omnidirectional current (Omniscape's, without its quirk at the map's edge). source: strengths,
 * NaN and below 0 count as 0. flow: NULL, or where the flow potential goes (the same on even
 * ground). Results are NaN where there is no cell. Errors as above. */
gt_status gt_circuit_omni(gt_ctx *ctx, const gt_circuit_map *map, const double *source,
                          const gt_circuit_window *window, double *current, double *flow,
                          gt_circuit_facts *facts) GT_CHECKED;

#endif
