/* Settings of an Omniscape ini file, its maps, its outputs. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "circuit/messages.h"
#include "circuit/omni.h"

#define RADIUS_MAX 100000.0 /* cells */
#define SUFFIX_MAX 10000    /* folders of one name */

typedef struct omni_job {
    const gt_circuit_options *o;
    gt_circuit_facts *facts;
    ini in;
    omni problem;
    cells resistance, source, present[2], future[2];
    omni_condition condition[2];
    double *g;
    bool is_conductance, from_resistance, conditional, mask_nodata, reclassify;
    bool write_current, write_flow, write_normal, write_reclassified;
    double threshold, cutoff;
    int n_conditions, compare; /* compare: 0 none, 1, 2, 3 both */
    cells_form form;
    char *dir;
} omni_job;

/* ---- settings -------------------------------------------------------------------------------- */

static gt_status need(gt_ctx *ctx, omni_job *job, const char *key)
{
    return ini_names_file(&job->in, key)
               ? GT_OK
               : gt_fail(ctx, GT_E_INPUT, &GT_MSG_INI_MISSING, GT_PLACE(.file = job->in.path),
                         GT_ARGS(GT_TEXT("key", key)));
}

static gt_status read_flags(gt_ctx *ctx, omni_job *job)
{
    bool tiff = true;
    const struct {
        const char *key;
        bool fallback, *to;
    } flags[] = {
        {"resistance_is_conductance", false, &job->is_conductance},
        {"source_from_resistance", false, &job->from_resistance},
        {"conditional", false, &job->conditional},
        {"mask_nodata", true, &job->mask_nodata},
        {"reclassify_resistance", false, &job->reclassify},
        {"write_raw_currmap", true, &job->write_current},
        {"calc_flow_potential", false, &job->write_flow},
        {"calc_normalized_current", false, &job->write_normal},
        {"write_reclassified_resistance", false, &job->write_reclassified},
        {"write_as_tif", true, &tiff},
        {"correct_artifacts", true, &job->problem.correct},
        {"connect_four_neighbors_only", false, &job->problem.four},
    };
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < sizeof flags / sizeof *flags; i++) {
        st = ini_flag(ctx, &job->in, flags[i].key, flags[i].fallback, flags[i].to);
    }
    job->problem.flow = job->write_flow || job->write_normal;
    job->form = tiff ? CELLS_TIFF : CELLS_ASC;
    return st;
}

static gt_status read_numbers(gt_ctx *ctx, omni_job *job)
{
    double block = 1, radius = 0, buffer = 0;
    ini *in = &job->in;
    gt_status st = ini_real(ctx, in, "block_size", 1, 1, RADIUS_MAX, &block);
    st = st == GT_OK ? ini_real(ctx, in, "radius", 0, 1, RADIUS_MAX, &radius) : st;
    st = st == GT_OK ? ini_real(ctx, in, "buffer", 0, 0, RADIUS_MAX, &buffer) : st;
    st =
        st == GT_OK ? ini_real(ctx, in, "source_threshold", 0, -1e300, 1e300, &job->threshold) : st;
    st = st == GT_OK ? ini_real(ctx, in, "r_cutoff", 0, 0, (double)INFINITY, &job->cutoff) : st;
    job->cutoff = job->cutoff == 0 ? (double)INFINITY : job->cutoff; /* 0: no limit was given */
    job->problem.radius = llround(radius);
    job->problem.buffer = llround(buffer);
    job->problem.block = llround(block);
    if (st == GT_OK && job->problem.block % 2 == 0) { /* as Omniscape: the next odd size */
        job->problem.block++;
        st = job->o->notes == NULL ? GT_OK
                                   : gt_notes_add(job->o->notes, GT_WARNING, &GT_MSG_OMNI_EVEN,
                                                  GT_PLACE(.file = in->path),
                                                  GT_ARGS(GT_INT("size", job->problem.block)));
    }
    return st;
}

static gt_status read_conditions(gt_ctx *ctx, omni_job *job)
{
    static const char *const numbers[] = {"1", "2", NULL};
    static const char *const futures[] = {"none", "1", "2", "both", NULL};
    static const char *const ways[] = {"within", "equal", NULL};
    int n = 0, way = 0;
    ini *in = &job->in;
    gt_status st = ini_word(ctx, in, "n_conditions", numbers, 0, &n);
    st = st == GT_OK ? ini_word(ctx, in, "compare_to_future", futures, 0, &job->compare) : st;
    job->n_conditions = job->conditional ? n + 1 : 0;
    for (int k = 0; st == GT_OK && k < n + 1; k++) {
        char key[32];
        omni_condition *c = &job->condition[k];
        (void)snprintf(key, sizeof key, "comparison%d", k + 1);
        st = ini_word(ctx, in, key, ways, 0, &way);
        c->equal = way == 1;
        (void)snprintf(key, sizeof key, "condition%d_lower", k + 1);
        st = st == GT_OK ? ini_real(ctx, in, key, 0, -1e300, 1e300, &c->lower) : st;
        (void)snprintf(key, sizeof key, "condition%d_upper", k + 1);
        st = st == GT_OK ? ini_real(ctx, in, key, 0, -1e300, 1e300, &c->upper) : st;
    }
    return st;
}

static gt_status read_settings(gt_ctx *ctx, omni_job *job)
{
    gt_status st = need(ctx, job, "resistance_file");
    st = st == GT_OK ? need(ctx, job, "radius") : st;
    st = st == GT_OK ? need(ctx, job, "project_name") : st;
    st = st == GT_OK ? read_flags(ctx, job) : st;
    if (st == GT_OK && !job->from_resistance) {
        st = need(ctx, job, "source_file");
    }
    st = st == GT_OK ? read_numbers(ctx, job) : st;
    return st == GT_OK ? read_conditions(ctx, job) : st;
}

/* ---- maps ------------------------------------------------------------------------------------ */

static gt_status load_fitting(gt_ctx *ctx, omni_job *job, const char *key, cells *out)
{
    char *path = NULL;
    const cells *m = &job->resistance;
    gt_status st = ini_file(ctx, &job->in, key, job->o->root, &path);
    st = st == GT_OK ? cells_read(ctx, path, out) : st;
    if (st == GT_OK && (out->n_cols != m->n_cols || out->n_rows != m->n_rows)) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_FIT, GT_PLACE(.file = path),
                     GT_ARGS(GT_INT("cols", out->n_cols), GT_INT("rows", out->n_rows),
                             GT_INT("want_cols", m->n_cols), GT_INT("want_rows", m->n_rows)));
    }
    gt_free(ctx, path);
    return st;
}

static gt_status reclassify(gt_ctx *ctx, omni_job *job, double *v, size_t n)
{
    char *path = NULL;
    num_list table = {0};
    gt_status st = ini_file(ctx, &job->in, "reclass_table", job->o->root, &path);
    st = st == GT_OK ? num_list_read(ctx, path, 2, &table) : st;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        double old = v[i];
        for (size_t k = 0; k < table.n; k++) {
            if (table.v[k * (size_t)table.cols] == old) {
                v[i] = table.v[k * (size_t)table.cols + 1];
            }
        }
    }
    num_list_free(ctx, &table);
    gt_free(ctx, path);
    return st;
}

static gt_status load_resistance(gt_ctx *ctx, omni_job *job)
{
    char *path = NULL;
    gt_status st = ini_file(ctx, &job->in, "resistance_file", job->o->root, &path);
    st = st == GT_OK ? cells_read(ctx, path, &job->resistance) : st;
    size_t n = (size_t)(job->resistance.n_cols * job->resistance.n_rows), sound = 0;
    double *v = job->resistance.v;
    if (st == GT_OK && job->reclassify) {
        st = reclassify(ctx, job, v, n);
    }
    job->g = st == GT_OK ? gt_alloc(ctx, n, sizeof *job->g) : NULL;
    st = st == GT_OK && job->g == NULL ? GT_E_MEMORY : st;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (!isnan(v[i]) && !(v[i] > 1e-200 && v[i] < 1e200)) {
            st = gt_fail(
                ctx, GT_E_INPUT, v[i] == 0 ? &GT_MSG_RESISTANCE_ZERO : &GT_MSG_HABITAT_NEGATIVE,
                GT_PLACE(.file = path),
                GT_ARGS(GT_INT("col", (int64_t)i % job->resistance.n_cols + 1),
                        GT_INT("row", (int64_t)i / job->resistance.n_cols + 1),
                        GT_REAL("value", v[i]),
                        GT_TEXT("what", job->is_conductance ? "conductance" : "resistance"),
                        GT_TEXT("what_zh", job->is_conductance ? "导度" : "阻力")));
        }
        job->g[i] = isnan(v[i]) ? 0 : job->is_conductance ? v[i] : 1 / v[i];
        sound += job->g[i] > 0;
    }
    if (st == GT_OK && sound == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_NO_NODES, GT_PLACE(.file = path), GT_NO_ARGS);
    }
    gt_free(ctx, path);
    return st;
}

static gt_status load_sources(gt_ctx *ctx, omni_job *job)
{
    size_t n = (size_t)(job->resistance.n_cols * job->resistance.n_rows), sound = 0;
    gt_status st = GT_OK;
    if (job->from_resistance) {
        job->source = job->resistance;
        job->source.v = gt_alloc(ctx, n, sizeof *job->source.v);
        st = job->source.v == NULL ? GT_E_MEMORY : GT_OK;
        for (size_t i = 0; st == GT_OK && i < n; i++) {
            job->source.v[i] = job->g[i] < 1 / job->cutoff ? 0 : job->g[i];
        }
    } else {
        st = load_fitting(ctx, job, "source_file", &job->source);
        for (size_t i = 0; st == GT_OK && i < n; i++) {
            double v = job->source.v[i];
            job->source.v[i] = isnan(v) || v < job->threshold || v < 0 ? 0 : v;
        }
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        sound += job->source.v[i] > 0;
    }
    if (st == GT_OK && sound == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_NO_SOURCES, GT_PLACE(.file = job->in.path),
                     GT_NO_ARGS);
    }
    return st;
}

static gt_status load_conditions(gt_ctx *ctx, omni_job *job)
{
    gt_status st = GT_OK;
    for (int k = 0; st == GT_OK && k < job->n_conditions; k++) {
        char key[40];
        (void)snprintf(key, sizeof key, "condition%d_file", k + 1);
        st = load_fitting(ctx, job, key, &job->present[k]);
        job->condition[k].present = job->condition[k].future = job->present[k].v;
        if (st == GT_OK && (job->compare & (k + 1)) != 0) {
            (void)snprintf(key, sizeof key, "condition%d_future_file", k + 1);
            st = load_fitting(ctx, job, key, &job->future[k]);
            job->condition[k].future = job->future[k].v;
        }
    }
    return st;
}

/* ---- outputs --------------------------------------------------------------------------------- */

/* That a folder can be made is asked before hours of solving, not after. */
static gt_status check_folder(gt_ctx *ctx, const omni_job *job)
{
    const char *out = job->o->out;
    return out == NULL || access(out, W_OK | X_OK) == 0 ? GT_OK
                                                        : gt_fail_errno(ctx, errno, "open", out);
}

/* A new folder: the project's name, with _1, _2, ... when it is there. */
static gt_status make_folder(gt_ctx *ctx, omni_job *job)
{
    const char *name = ini_text(&job->in, "project_name", "");
    const char *slash = strrchr(name, '/');
    gt_text path;
    gt_text_init(&path, ctx, 0);
    gt_status st = GT_OK;
    for (int i = 0; i <= SUFFIX_MAX; i++) {
        gt_text_clear(&path);
        if (job->o->out != NULL) {
            gt_text_printf(&path, "%s/%s", job->o->out, slash != NULL ? slash + 1 : name);
        } else {
            gt_text_puts(&path, name);
        }
        if (i > 0) {
            gt_text_printf(&path, "_%d", i);
        }
        st = gt_text_status(&path);
        if (st != GT_OK || mkdir(gt_text_cstr(&path), 0777) == 0) {
            break;
        }
        if (errno != EEXIST || i == SUFFIX_MAX) {
            st = gt_fail_errno(ctx, errno, "mkdir", gt_text_cstr(&path));
            break;
        }
    }
    if (st == GT_OK) {
        job->dir = gt_strdup(ctx, gt_text_cstr(&path));
        st = job->dir == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&path);
    return st;
}

static gt_status put(gt_ctx *ctx, omni_job *job, const char *name, double *v)
{
    size_t n = (size_t)(job->resistance.n_cols * job->resistance.n_rows);
    cells like = job->resistance;
    gt_text base;
    gt_text_init(&base, ctx, 0);
    gt_text_printf(&base, "%s/%s", job->dir, name);
    like.nodata = -9999;
    for (size_t i = 0; job->mask_nodata && i < n; i++) {
        v[i] = isnan(job->resistance.v[i]) ? (double)NAN : v[i];
    }
    gt_status st = gt_text_status(&base);
    st = st == GT_OK ? cells_write(ctx, gt_text_cstr(&base), job->form, &like, v) : st;
    job->facts->files += st == GT_OK;
    gt_text_free(&base);
    return st;
}

static gt_status put_all(gt_ctx *ctx, omni_job *job, double *cum, double *flow)
{
    size_t n = (size_t)(job->resistance.n_cols * job->resistance.n_rows);
    gt_status st = make_folder(ctx, job);
    if (st == GT_OK && job->write_current) {
        st = put(ctx, job, "cum_currmap", cum);
    }
    if (st == GT_OK && job->write_flow && flow != NULL) {
        st = put(ctx, job, "flow_potential", flow);
    }
    if (st == GT_OK && job->write_normal && flow != NULL) {
        for (size_t i = 0; i < n; i++) {
            double ratio = cum[i] / flow[i];
            cum[i] = isnan(ratio) ? 0 : ratio;
        }
        st = put(ctx, job, "normalized_cum_currmap", cum);
    }
    if (st == GT_OK && job->reclassify && job->write_reclassified) {
        st = put(ctx, job, "classified_resistance", job->resistance.v);
    }
    return st;
}

static gt_status run_job(gt_ctx *ctx, omni_job *job)
{
    size_t n = (size_t)(job->resistance.n_cols * job->resistance.n_rows);
    circuit_report report = {0};
    omni *p = &job->problem;
    p->n_cols = job->resistance.n_cols;
    p->n_rows = job->resistance.n_rows;
    p->original = true;
    p->g = job->g;
    p->source = job->source.v;
    p->condition = job->condition;
    p->n_conditions = job->n_conditions;
    p->tolerance = job->o->tolerance;
    double *cum = gt_alloc(ctx, n, sizeof *cum);
    double *flow = p->flow ? gt_alloc(ctx, n, sizeof *flow) : NULL;
    gt_status st = cum == NULL || (p->flow && flow == NULL) ? GT_E_MEMORY : GT_OK;
    st = st == GT_OK ? omni_solve(ctx, p, cum, flow, &report, &job->facts->points) : st;
    job->facts->nodes = report.nodes;
    job->facts->parts = 1;
    job->facts->solves = report.solves;
    job->facts->steps = report.steps;
    job->facts->residual = report.residual;
    job->facts->setup_s = report.setup_s;
    job->facts->solve_s = report.run_s;
    st = st == GT_OK ? put_all(ctx, job, cum, flow) : st;
    gt_free(ctx, cum);
    gt_free(ctx, flow);
    return st;
}

gt_status gt_omniscape_run(gt_ctx *ctx, const char *ini_path, const gt_circuit_options *options,
                           gt_circuit_facts *facts)
{
    gt_circuit_options o;
    gt_circuit_facts unread;
    gt_circuit_options_init(&o);
    o = options != NULL ? *options : o;
    omni_job job = {.o = &o, .facts = facts != NULL ? facts : &unread};
    memset(job.facts, 0, sizeof *job.facts);
    (void)snprintf(job.facts->scenario, sizeof job.facts->scenario, "omniscape");
    gt_status st = ini_read(ctx, ini_path, &job.in);
    st = st == GT_OK ? read_settings(ctx, &job) : st;
    st = st == GT_OK ? check_folder(ctx, &job) : st;
    st = st == GT_OK ? load_resistance(ctx, &job) : st;
    st = st == GT_OK ? load_sources(ctx, &job) : st;
    st = st == GT_OK ? load_conditions(ctx, &job) : st;
    st = st == GT_OK ? run_job(ctx, &job) : st;
    ini_free(ctx, &job.in);
    cells_free(ctx, &job.resistance);
    cells_free(ctx, &job.source);
    for (int k = 0; k < 2; k++) {
        cells_free(ctx, &job.present[k]);
        cells_free(ctx, &job.future[k]);
    }
    gt_free(ctx, job.g);
    gt_free(ctx, job.dir);
    return st;
}
