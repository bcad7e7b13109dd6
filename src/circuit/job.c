/* Settings of a Circuitscape ini file. */
#include "circuit/job.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "circuit/messages.h"

void gt_circuit_options_init(gt_circuit_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

gt_status circuit_job_note(const circuit_job *job, gt_severity severity, const gt_message *message,
                           const gt_place *place, const gt_arg *args)
{
    return job->o->notes == NULL ? GT_OK
                                 : gt_notes_add(job->o->notes, severity, message, place, args);
}

circuit_where circuit_cell_name(const circuit_job *job, int64_t cell)
{
    circuit_where w;
    long long col = cell % job->map.n_cols + 1, row = cell / job->map.n_cols + 1;
    (void)snprintf(w.en, sizeof w.en, "column %lld, row %lld", col, row);
    (void)snprintf(w.zh, sizeof w.zh, "第 %lld 列第 %lld 行", col, row);
    return w;
}

/* Settings of the original programs that do not change results here. */
static const char *const idle[] = {"version",
                                   "low_memory_mode",
                                   "parallelize",
                                   "max_parallel",
                                   "print_timings",
                                   "print_rusages",
                                   "preemptive_memory_release",
                                   "solver",
                                   "profiler_log_file",
                                   "log_file",
                                   "log_level",
                                   "screenprint_log",
                                   "precision",
                                   "use_64bit_indexing",
                                   "cholmod_batch_size",
                                   "suppress_messages",
                                   "meta_data",
                                   "write_as_tif",
                                   "remove_src_or_gnd",
                                   "use_unit_currents",
                                   "use_direct_grounds",
                                   "ground_file_is_resistances",
                                   "source_file",
                                   "ground_file",
                                   "point_file",
                                   "polygon_file",
                                   "mask_file",
                                   "variable_source_file",
                                   "included_pairs_file",
                                   "reclass_file",
                                   "use_variable_source_strengths",
                                   "use_included_pairs",
                                   "use_polygons",
                                   "use_mask",
                                   "connect_four_neighbors_only",
                                   "connect_using_avg_resistances",
                                   "set_null_voltages_to_nodata",
                                   "set_focal_node_currents_to_zero",
                                   "point_file_contains_polygons",
                                   "quiet",
                                   "use_reclass_table"};

static gt_status note_unknown(const circuit_job *job)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < job->in.n; i++) {
        const ini_item *item = &job->in.items[i];
        bool known = item->used;
        for (size_t k = 0; !known && k < sizeof idle / sizeof *idle; k++) {
            known = strcmp(idle[k], item->key) == 0;
        }
        if (!known) {
            st = circuit_job_note(job, GT_WARNING, &GT_MSG_INI_UNKNOWN,
                                  GT_PLACE(.file = job->in.path, .line = item->line),
                                  GT_ARGS(GT_TEXT("key", item->key)));
        }
    }
    return st;
}

static gt_status read_flags(gt_ctx *ctx, circuit_job *job)
{
    bool compress = false, tiff = false;
    const struct {
        const char *key;
        bool fallback, *to;
    } flags[] = {
        {"habitat_map_is_resistances", true, &job->habitat_is_resistance},
        {"connect_four_neighbors_only", false, &job->four},
        {"connect_using_avg_resistances", false, &job->by_resistance},
        {"write_volt_maps", false, &job->write_volt},
        {"write_cur_maps", false, &job->write_cur},
        {"write_cum_cur_map_only", false, &job->cum_only},
        {"write_max_cur_maps", false, &job->write_max},
        {"set_null_currents_to_nodata", false, &job->null_cur},
        {"set_null_voltages_to_nodata", false, &job->null_volt},
        {"set_focal_node_currents_to_zero", false, &job->focal_zero},
        {"log_transform_maps", false, &job->log_maps},
        {"use_unit_currents", false, &job->unit_currents},
        {"use_direct_grounds", false, &job->direct_grounds},
        {"ground_file_is_resistances", true, &job->ground_is_resistance},
        {"use_variable_source_strengths", false, &job->variable_sources},
        {"compress_grids", false, &compress},
        {"write_as_tif", false, &tiff},
    };
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < sizeof flags / sizeof *flags; i++) {
        st = ini_flag(ctx, &job->in, flags[i].key, flags[i].fallback, flags[i].to);
    }
    job->form = tiff ? CELLS_TIFF : compress ? CELLS_ASC_GZIP : CELLS_ASC;
    return st;
}

/* Where outputs go: everything before ".out". */
static gt_status find_base(gt_ctx *ctx, circuit_job *job)
{
    if (!ini_names_file(&job->in, "output_file")) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_INI_MISSING, GT_PLACE(.file = job->in.path),
                       GT_ARGS(GT_TEXT("key", "output_file")));
    }
    const char *name = ini_text(&job->in, "output_file", "");
    const char *slash = strrchr(name, '/');
    gt_text t;
    gt_text_init(&t, ctx, 0);
    if (job->o->out != NULL) {
        gt_text_printf(&t, "%s/", job->o->out);
        name = slash != NULL ? slash + 1 : name;
    }
    const char *last = strrchr(name, '/');
    const char *end = strstr(last != NULL ? last : name, ".out");
    gt_text_add(&t, name, end != NULL ? (size_t)(end - name) : strlen(name));
    gt_status st = gt_text_status(&t);
    if (st == GT_OK) {
        job->base = gt_strdup(ctx, gt_text_cstr(&t));
        st = job->base == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&t);
    return st;
}

static gt_status read_settings(gt_ctx *ctx, circuit_job *job)
{
    static const char *const types[] = {"raster", "network", NULL};
    static const char *const scenarios[] = {"pairwise", "advanced", "one-to-all", "all-to-one",
                                            NULL};
    static const char *const conflicts[] = {"keepall", "rmvsrc", "rmvgnd", "rmvall", NULL};
    int type = 0, scenario = 0, conflict = 0;
    gt_status st = ini_word(ctx, &job->in, "data_type", types, 0, &type);
    if (st == GT_OK && ini_find(&job->in, "scenario") == NULL) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_INI_MISSING, GT_PLACE(.file = job->in.path),
                     GT_ARGS(GT_TEXT("key", "scenario")));
    }
    st = st == GT_OK ? ini_word(ctx, &job->in, "scenario", scenarios, 0, &scenario) : st;
    st = st == GT_OK ? ini_word(ctx, &job->in, "remove_src_or_gnd", conflicts, 0, &conflict) : st;
    st = st == GT_OK ? read_flags(ctx, job) : st;
    st = st == GT_OK ? find_base(ctx, job) : st;
    if (st != GT_OK) {
        return st;
    }
    job->network = type == 1;
    job->scenario = (circuit_scenario)scenario;
    job->conflict = (circuit_conflict)conflict;
    if (job->network && scenario > SCENARIO_ADVANCED) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_INI_NOT_HERE, GT_PLACE(.file = job->in.path),
                       GT_ARGS(GT_TEXT("key", "data_type = network, scenario"),
                               GT_TEXT("value", scenarios[scenario])));
    }
    (void)snprintf(job->facts->scenario, sizeof job->facts->scenario, "%s", scenarios[scenario]);
    return GT_OK;
}

gt_status circuit_job_open(gt_ctx *ctx, const char *ini_path, circuit_job *job)
{
    gt_status st = ini_read(ctx, ini_path, &job->in);
    st = st == GT_OK ? read_settings(ctx, job) : st;
    if (st == GT_OK && !job->network) {
        st = circuit_load_habitat(ctx, job);
        if (st == GT_OK && job->scenario != SCENARIO_ADVANCED) {
            st = circuit_load_points(ctx, job);
        }
    }
    return st == GT_OK ? note_unknown(job) : st;
}

void circuit_job_close(gt_ctx *ctx, circuit_job *job)
{
    ini_free(ctx, &job->in);
    cells_free(ctx, &job->map);
    gt_free(ctx, job->base);
    gt_free(ctx, job->regions);
    gt_free(ctx, job->points);
    circuit_pairs_free(ctx, &job->pairs);
    num_list_free(ctx, &job->strengths);
    gt_free(ctx, job->cum);
    gt_free(ctx, job->most);
}

gt_status circuit_job_solver(gt_ctx *ctx, const circuit_job *job, const circuit_graph *graph,
                             const uint8_t *fixed, const double *to_ground, circuit_solver **out)
{
    job->facts->parts = graph->n_parts > job->facts->parts ? graph->n_parts : job->facts->parts;
    return circuit_solver_new(ctx, graph, fixed, to_ground, CIRCUIT_AUTO, job->o->tolerance, out);
}

gt_status gt_circuit_run(gt_ctx *ctx, const char *ini_path, const gt_circuit_options *options,
                         gt_circuit_facts *facts)
{
    gt_circuit_options o;
    gt_circuit_facts unread;
    gt_circuit_options_init(&o);
    o = options != NULL ? *options : o;
    circuit_job job = {.o = &o, .facts = facts != NULL ? facts : &unread};
    memset(job.facts, 0, sizeof *job.facts);
    gt_status st = circuit_job_open(ctx, ini_path, &job);
    if (st == GT_OK && job.network) {
        st = circuit_run_network(ctx, &job);
    } else if (st == GT_OK) {
        switch (job.scenario) {
        case SCENARIO_PAIRWISE:
            st = circuit_run_pairwise(ctx, &job);
            break;
        case SCENARIO_ADVANCED:
            st = circuit_run_advanced(ctx, &job);
            break;
        case SCENARIO_ONE_TO_ALL:
        case SCENARIO_ALL_TO_ONE:
            st = circuit_run_one(ctx, &job);
            break;
        }
    }
    job.facts->nodes = job.report.nodes;
    job.facts->solves = job.report.solves;
    job.facts->steps = job.report.steps;
    job.facts->residual = job.report.residual;
    job.facts->setup_s = job.report.setup_s;
    job.facts->solve_s = job.report.run_s;
    circuit_job_close(ctx, &job);
    return st;
}
