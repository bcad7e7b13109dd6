/* OGC API Processes: what can be run, described from the descriptors of models, rules and reports.
 * A process reads its inputs twice: when it is asked for, so that mistakes are told at once
 * (`attempt`), and when it runs, in a request (`check`) or in a job. Internal to serve. */
#ifndef GT_SERVE_PROCESSES_H
#define GT_SERVE_PROCESSES_H

#include <jansson.h>

#include "guotu/model.h"
#include "serve/desk.h"

typedef struct gt_process {
    const char *id;
    gt_title title, what;
    bool at_once; /* answered within a request, too, and by anybody */
    /* Appends ,"inputs":{...},"outputs":{...} and more members. */
    void (*describe)(gt_desk *desk, gt_text *out);
    /* Reads the inputs and no more. GT_E_INPUT "serve.input" names the one that is wrong. */
    gt_status (*attempt)(gt_desk *desk, const json_t *inputs);
    /* Runs; `results` becomes the JSON document of results. Files go to `dir`, which is there. */
    gt_status (*run)(gt_desk *desk, const json_t *inputs, const char *dir, gt_text *results);
    /* Answers a request at once; NULL: as run does. */
    gt_status (*answer)(gt_desk *desk, const json_t *inputs, gt_reply *reply);
} gt_process;

/* Of a process that is not a kernel: check, bulk-check, areas, report, build. NULL past the last.
 */
const gt_process *gt_process_at(size_t i);
/* GT_E_NOT_FOUND "serve.no-process". */
gt_status gt_process_attempt(gt_desk *desk, const char *id, const json_t *inputs) GT_CHECKED;
gt_status gt_process_run(gt_desk *desk, const char *id, const json_t *inputs, const char *dir,
                         gt_text *results) GT_CHECKED;

/* ---- inputs -----------------------------------------------------------------------------------
 */
/* An input, bare or as {"value": ...}; NULL when it was not given. */
const json_t *gt_input(const json_t *inputs, const char *name);
/* GT_E_INPUT "serve.input". reason in both languages. */
gt_status gt_input_wrong(gt_desk *desk, const char *name, const char *en,
                         const char *zh) GT_CHECKED;
enum { GT_OUTLINE_MAX = 100000 }; /* points */
/* `geometry` in `crs` (CRS84 unless given), brought to the working CRS. */
gt_status gt_input_outline(gt_desk *desk, const json_t *inputs, gt_geom *geom) GT_CHECKED;
/* A whole number from min to max, `preset` when it was not given. */
gt_status gt_input_int(gt_desk *desk, const json_t *inputs, const char *name, int min, int max,
                       int *preset) GT_CHECKED;
/* The names of members that are not in the list (NULL-terminated) are mistakes. */
gt_status gt_input_known(gt_desk *desk, const json_t *inputs, const char *const *names) GT_CHECKED;
/* Appends "NAME":{"title":TITLE, in the language of the request. */
void gt_put_input(const gt_desk *desk, const char *name, gt_title title, gt_text *out);
/* Appends "NAME":{"href":"results/FILE","type":TYPE}. */
void gt_put_file(gt_text *out, const char *name, const char *file, const char *type);

/* ---- the processes ----------------------------------------------------------------------------
 */
void gt_check_describe(gt_desk *desk, gt_text *out);
gt_status gt_check_try(gt_desk *desk, const json_t *inputs);
gt_status gt_check_run(gt_desk *desk, const json_t *inputs, const char *dir, gt_text *results);
gt_status gt_check_answer(gt_desk *desk, const json_t *inputs, gt_reply *reply);
void gt_inside_describe(gt_desk *desk, gt_text *out);
gt_status gt_inside_try(gt_desk *desk, const json_t *inputs);
gt_status gt_inside_run(gt_desk *desk, const json_t *inputs, const char *dir, gt_text *results);
void gt_bulk_describe(gt_desk *desk, gt_text *out);
gt_status gt_bulk_try(gt_desk *desk, const json_t *inputs);
gt_status gt_bulk_run(gt_desk *desk, const json_t *inputs, const char *dir, gt_text *results);
void gt_report_describe(gt_desk *desk, gt_text *out);
gt_status gt_report_try(gt_desk *desk, const json_t *inputs);
gt_status gt_report_run(gt_desk *desk, const json_t *inputs, const char *dir, gt_text *results);
void gt_build_describe(gt_desk *desk, gt_text *out);
gt_status gt_build_try(gt_desk *desk, const json_t *inputs);
gt_status gt_build_run(gt_desk *desk, const json_t *inputs, const char *dir, gt_text *results);

/* Kernels: inputs are grids of WORKSPACE/grids by name, published layers by id, tables as CSV
 * text; parameters as numbers, texts with units, lists, pairs. */
void gt_kernel_describe(gt_desk *desk, const gt_model *model, gt_text *out);
gt_status gt_kernel_attempt(gt_desk *desk, const gt_model *model, const json_t *inputs) GT_CHECKED;
gt_status gt_kernel_run(gt_desk *desk, const gt_model *model, const json_t *inputs, const char *dir,
                        gt_text *results) GT_CHECKED;

/* Grids of the workspace, by name; false stops. */
typedef bool (*gt_grid_name_fn)(void *user, const char *name);
gt_status gt_grids_each(gt_desk *desk, gt_grid_name_fn fn, void *user) GT_CHECKED;
/* WORKSPACE/grids/NAME.tif in the arena. GT_E_NOT_FOUND "serve.no-grid" also for names that are no
 * names. */
gt_status gt_grid_find(gt_desk *desk, const char *name, const char **path) GT_CHECKED;

#endif
