/* A problem as the ini file states it: settings, maps, points; and its outputs. */
#ifndef GT_CIRCUIT_JOB_H
#define GT_CIRCUIT_JOB_H

#include "circuit/files.h"
#include "circuit/solve.h"
#include "guotu/circuit.h"

typedef enum circuit_scenario {
    SCENARIO_PAIRWISE = 0,
    SCENARIO_ADVANCED,
    SCENARIO_ONE_TO_ALL,
    SCENARIO_ALL_TO_ONE
} circuit_scenario;

/* What happens where a node has a source and a ground. */
typedef enum circuit_conflict {
    CONFLICT_KEEP = 0,
    CONFLICT_NO_SOURCE,
    CONFLICT_NO_GROUND,
    CONFLICT_NEITHER
} circuit_conflict;

typedef struct circuit_point {
    int64_t id;
    int64_t cell;
} circuit_point;

/* Which pairs are to be solved. */
typedef struct circuit_pairs {
    bool given, include;
    size_t n;
    int64_t *id;    /* sorted */
    uint8_t *named; /* n * n, symmetric */
} circuit_pairs;

typedef struct circuit_job {
    const gt_circuit_options *o;
    gt_circuit_facts *facts;
    circuit_report report;
    ini in;
    bool network;
    circuit_scenario scenario;
    circuit_conflict conflict;
    bool habitat_is_resistance, four, by_resistance;
    bool write_volt, write_cur, cum_only, write_max, null_cur, null_volt, log_maps, focal_zero;
    bool unit_currents, direct_grounds, ground_is_resistance, variable_sources;
    cells_form form;
    char *base; /* of output names */

    cells map;             /* place of the habitat; its cells have become g */
    double *g;             /* conductance, 0: none */
    int32_t *regions;      /* NULL: none */
    circuit_point *points; /* sorted by id */
    size_t n_points;
    circuit_pairs pairs;
    num_list strengths; /* id, strength */

    double *cum, *most; /* cells; of all current maps */
} circuit_job;

/* job.c: settings and maps */
gt_status circuit_job_open(gt_ctx *ctx, const char *ini_path, circuit_job *job) GT_CHECKED;
void circuit_job_close(gt_ctx *ctx, circuit_job *job);
gt_status circuit_job_note(const circuit_job *job, gt_severity severity, const gt_message *message,
                           const gt_place *place, const gt_arg *args) GT_CHECKED;
/* The solver of a graph with these grounds; its report goes to the job. */
gt_status circuit_job_solver(gt_ctx *ctx, const circuit_job *job, const circuit_graph *graph,
                             const uint8_t *fixed, const double *to_ground,
                             circuit_solver **out) GT_CHECKED;
/* "column 3, row 4" of a cell, 1-based. */
typedef struct circuit_where {
    char en[64], zh[64];
} circuit_where;
circuit_where circuit_cell_name(const circuit_job *job, int64_t cell);

/* maps.c: what the maps need; grids of another size are refused, shifted ones remarked. */
gt_status circuit_load_habitat(gt_ctx *ctx, circuit_job *job) GT_CHECKED;
gt_status circuit_load_points(gt_ctx *ctx, circuit_job *job) GT_CHECKED;
gt_status circuit_load_fitting(gt_ctx *ctx, circuit_job *job, const char *path,
                               cells *out) GT_CHECKED;
/* The cell a place lies in. */
gt_status circuit_cell_of(gt_ctx *ctx, const circuit_job *job, const num_list *list,
                          const char *path, size_t row, int64_t *cell) GT_CHECKED;
/* reclass.c: values by the table, when the problem has one; n values, `stride` apart; NaN: nodata
 */
gt_status circuit_reclass(gt_ctx *ctx, circuit_job *job, double *values, size_t n,
                          size_t stride) GT_CHECKED;
/* pairs.c */
gt_status circuit_pairs_parse(gt_ctx *ctx, const char *path, const char *text,
                              circuit_pairs *out) GT_CHECKED;
void circuit_pairs_free(gt_ctx *ctx, circuit_pairs *pairs);
/* Is the pair to be solved? */
bool circuit_pair_wanted(const circuit_pairs *pairs, int64_t a, int64_t b);
bool circuit_pairs_name(const circuit_pairs *pairs, int64_t id);

/* pairwise.c: places that no current joins are remarked once, with an example. */
typedef struct circuit_apart {
    size_t n;
    int64_t a, b; /* the first */
} circuit_apart;
gt_status circuit_note_apart(circuit_job *job, const circuit_apart *apart) GT_CHECKED;

/* out.c */
/* Values of nodes (stride apart) to cells; `none` where there is no node. */
gt_status circuit_to_cells(gt_ctx *ctx, const circuit_graph *graph, const double *v, double none,
                           double *to) GT_CHECKED;
/* BASE_kind[_a[_b]]: a map; values change (nodata settings). */
gt_status circuit_put_map(gt_ctx *ctx, circuit_job *job, const char *kind, const int64_t *ids,
                          int n_ids, const double *values) GT_CHECKED;
/* Current map of one solve: settings applied, written when wanted, added to the sums. */
gt_status circuit_put_current(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                              const double *currents, const int64_t *ids, int n_ids,
                              const uint32_t *focal, int n_focal) GT_CHECKED;
gt_status circuit_put_volt(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                           const double *volt, const int64_t *ids, int n_ids) GT_CHECKED;
/* Cumulative and greatest current. */
gt_status circuit_put_sums(gt_ctx *ctx, circuit_job *job) GT_CHECKED;
/* n x n resistances with ids; also as three columns. */
gt_status circuit_put_resistances(gt_ctx *ctx, circuit_job *job, const int64_t *ids, size_t n,
                                  const double *r) GT_CHECKED;
/* Any text as BASE_name. */
gt_status circuit_put_text(gt_ctx *ctx, circuit_job *job, const char *name,
                           const gt_text *text) GT_CHECKED;

/* network.c: outputs of one solve; sums may be NULL */
typedef struct circuit_network_sums {
    double *node, *branch;
} circuit_network_sums;
gt_status circuit_put_network(gt_ctx *ctx, circuit_job *job, const circuit_graph *graph,
                              const double *volt, const double *to_ground, const int64_t *ids,
                              circuit_network_sums *sums) GT_CHECKED;

/* the scenarios */
gt_status circuit_run_pairwise(gt_ctx *ctx, circuit_job *job) GT_CHECKED;
gt_status circuit_run_advanced(gt_ctx *ctx, circuit_job *job) GT_CHECKED;
gt_status circuit_run_one(gt_ctx *ctx, circuit_job *job) GT_CHECKED;
gt_status circuit_network_advanced(gt_ctx *ctx, circuit_job *job,
                                   const circuit_graph *graph) GT_CHECKED;
gt_status circuit_run_network(gt_ctx *ctx, circuit_job *job) GT_CHECKED;

/* Are maps or sums of current wanted? */
static inline bool circuit_wants_current(const circuit_job *job)
{
    return job->write_cur || job->cum_only || job->write_max;
}

#endif
