/* Every kernel of the registry over the same odd inputs, by its descriptor alone, so that a kernel
 * added tomorrow is tried too: holes, nothing but nodata, one cell, one row, one column, a
 * constant, values at the ends of their type, grids that do not lie on each other, files that are
 * no grids. A run either succeeds without an infinite value, or says what is wrong and leaves no
 * output; it gives the same on one thread and on three, and local and focal kernels mirror mirrored
 * inputs. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "model/grids.h"

enum { W = 26, H = 19, HOLES = 0, NONE, ONE, ROW, COLUMN, CONSTANT, ENDS, N_KINDS };

/* What cannot be guessed from a descriptor. */
static const struct {
    const char *model, *param, *text;
} GIVEN[] = {
    {"calc", "expression", "a + b * 2"},
    {"classify", "breaks", "1.5, 2.5"},
    {"kernel-density", "bandwidth", "40 m"},
    {"polygonize", "by", "patch"},
    {"frontal-area", "height", "value"},
    {"viewshed", "reach", "60 m"},
    {"omni-current", "radius", "40 m"},
    {"barriers", "radii", "20, 30"},
    {"overdraft", "extracted", "1=10, 2=20, 3=30, 4=40"},
    {"overdraft", "exploitable", "1=20, 2=20, 3=20, 4=20"},
    {"degradation", "good", "1, 1, 1, 1, 1, 1"},
    {"degradation", "bad", "5, 5, 5, 5, 5, 5"},
};

/* Outputs that hold values where the inputs have none. */
static const char *const FILLED[] = {"rasterize", "kernel-density", "frontal-area", "zonal", NULL};
/* Directions are mirrored otherwise than numbers; ties of equal windows break by order. */
static const char *const TURNED[] = {"aspect", NULL};

static bool among(const char *const *names, const char *name)
{
    for (; *names != NULL; names++) {
        if (strcmp(*names, name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- inputs -------------------------------------------------------------------------------------
 */

static double value_of(const gt_model_port *port, int kind, int col, int row, int cols, int salt)
{
    test_rng rng;
    test_rng_seed(&rng, (uint64_t)(row * 1000 + col) * 31 + (uint64_t)salt);
    double u = test_rng_real(&rng), v = 1 + floor(4 * u);
    if (kind == NONE || (kind == HOLES && test_rng_real(&rng) < 0.04)) {
        return (double)NAN;
    }
    if (strcmp(port->name, "direction") == 0) {
        return col == cols - 1 ? 0 : 1; /* all to the east */
    }
    if (port->unit != NULL && strcmp(port->unit, "1") == 0) {
        v = 0.25 * floor(4 * u);
    }
    return kind == CONSTANT ? 2 : kind == ENDS ? (u < 0.5 ? 2147483000.0 : -2147483000.0) : v;
}

static void make_input(world *w, const gt_model_port *port, const char *name, int kind, bool mirror,
                       int salt)
{
    int cols = (int)w->cols, rows = (int)w->rows;
    double *v = malloc((size_t)(cols * rows) * sizeof *v);
    assert_non_null(v);
    for (int i = 0; i < cols * rows; i++) {
        int col = mirror ? cols - 1 - i % cols : i % cols;
        v[i] = value_of(port, kind, col, i / cols, cols, salt);
    }
    put_grid(w, name, GT_CELL_F64, v);
    free(v);
}

static void make_layers(const world *w)
{
    static const char points[] =
        "{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":{\"name\":"
        "\"EPSG:4548\"}},\"features\":[{\"type\":\"Feature\",\"properties\":{},\"geometry\":{"
        "\"type\":\"Point\",\"coordinates\":[500055,4399955]}}]}";
    test_write_file(test_path(w->dir, "points.geojson"), points, sizeof points - 1);
}

/* A value of the right kind for a parameter without default. */
static const char *guess(const gt_model *m, const gt_model_param *p)
{
    for (size_t i = 0; i < sizeof GIVEN / sizeof *GIVEN; i++) {
        if (strcmp(GIVEN[i].model, m->name) == 0 && strcmp(GIVEN[i].param, p->name) == 0) {
            return GIVEN[i].text;
        }
    }
    if (p->preset != NULL) {
        return NULL;
    }
    switch (p->kind) {
    case GT_PARAM_PAIRS:
        return p->max == 1 ? "1=0.5, 2=0.3, 3=1, 4=0" : "1=1, 2=1, 3=1, 4=1";
    case GT_PARAM_REALS:
        return "1, 2, 3";
    case GT_PARAM_CHOICE:
        return p->choices[0];
    case GT_PARAM_BOOL:
        return "yes";
    case GT_PARAM_REAL:
    case GT_PARAM_INT:
        return p->min <= 1 && (p->max == 0 || p->max >= 1) ? "1" : NULL;
    case GT_PARAM_TEXT:
        return NULL;
    }
    return NULL;
}

/* Binds everything the model has; files are named by port, inputs with `prefix`. */
static gt_status bind_all(const world *w, const gt_model *m, const char *prefix, const char *out,
                          gt_model_call **call)
{
    char name[128];
    gt_status st = gt_model_call_new(w->ctx, m, call);
    for (const gt_model_port *p = m->in; st == GT_OK && p->name != NULL; p++) {
        bool grid = p->kind == GT_PORT_GRID || p->kind == GT_PORT_TABLE;
        (void)snprintf(name, sizeof name, grid ? "%s-%s.tif" : "%s",
                       grid                          ? prefix
                       : p->kind == GT_PORT_POLYGONS ? "polygons.gpkg"
                                                     : "points.geojson",
                       p->name);
        st = gt_model_set_in(w->ctx, *call, p->name, test_path(w->dir, name));
    }
    for (const gt_model_port *p = m->out; st == GT_OK && p->name != NULL; p++) {
        (void)snprintf(name, sizeof name, "%s-%s", out, p->name);
        st = gt_model_set_out(w->ctx, *call, p->name, test_path(w->dir, name));
    }
    for (const gt_model_param *p = m->with; st == GT_OK && p->name != NULL; p++) {
        const char *text = guess(m, p);
        st = text == NULL ? GT_OK : gt_model_set_with(w->ctx, *call, p->name, text);
    }
    return st;
}

/* Some ports exclude others, and some outputs are of one way only: when everything at once is
 * refused as a call, only what is needed is bound. */
static gt_status bind_needed(const world *w, const gt_model *m, const char *prefix, const char *out,
                             gt_model_call **call)
{
    char name[128];
    gt_status st = gt_model_call_new(w->ctx, m, call);
    for (int side = 0; side < 2; side++) {
        for (const gt_model_port *p = side == 0 ? m->in : m->out; st == GT_OK && p->name != NULL;
             p++) {
            if (p->optional) {
                continue;
            }
            (void)snprintf(name, sizeof name, side == 0 ? "%s-%s.tif" : "%s-%s",
                           side == 0 ? prefix : out, p->name);
            const char *path = test_path(w->dir, name);
            st = side == 0 ? gt_model_set_in(w->ctx, *call, p->name, path)
                           : gt_model_set_out(w->ctx, *call, p->name, path);
        }
    }
    for (const gt_model_param *p = m->with; st == GT_OK && p->name != NULL; p++) {
        const char *text = guess(m, p);
        st = text == NULL ? GT_OK : gt_model_set_with(w->ctx, *call, p->name, text);
    }
    return st;
}

/* ---- runs ---------------------------------------------------------------------------------------
 */

static void remove_outputs(const world *w, const gt_model *m, const char *out)
{
    char name[128];
    for (const gt_model_port *p = m->out; p->name != NULL; p++) {
        (void)snprintf(name, sizeof name, "%s-%s", out, p->name);
        (void)unlink(test_path(w->dir, name));
    }
}

/* Runs the model; what failed has said why and left nothing. */
static gt_status try_model(const world *w, const gt_model *m, const char *prefix, const char *out)
{
    gt_model_call *call = NULL;
    remove_outputs(w, m, out);
    gt_status st = bind_all(w, m, prefix, out, &call);
    st = st == GT_OK ? gt_model_run(w->ctx, call) : st;
    if (st == GT_E_USAGE) {
        gt_error_clear(w->ctx);
        gt_model_call_free(call);
        call = NULL;
        remove_outputs(w, m, out);
        st = bind_needed(w, m, prefix, out, &call);
        st = st == GT_OK ? gt_model_run(w->ctx, call) : st;
    }
    if (st != GT_OK) {
        char name[128];
        if (!gt_failed(w->ctx) || st == GT_E_MEMORY) {
            print_error("%s: status %s without a word\n", m->name, gt_status_name(st));
            fail();
        }
        for (const gt_model_port *p = m->out; p->name != NULL; p++) {
            (void)snprintf(name, sizeof name, "%s-%s", out, p->name);
            if (access(test_path(w->dir, name), F_OK) == 0) {
                print_error("%s failed and left %s\n", m->name, p->name);
                fail();
            }
        }
    }
    gt_model_call_free(call);
    return st;
}

/* Cells of an output; NULL where it was not made or is no grid. */
static double *output_of(const world *w, const gt_model_port *p, const char *out, size_t *n)
{
    char name[128];
    gt_grid *g = NULL;
    (void)snprintf(name, sizeof name, "%s-%s", out, p->name);
    const char *path = test_path(w->dir, name);
    if (p->kind != GT_PORT_GRID || access(path, F_OK) != 0) {
        return NULL;
    }
    assert_ok(w->ctx, gt_grid_open(w->ctx, path, &g));
    const gt_grid_spec *s = gt_grid_facts(g);
    const gt_window all = {0, 0, s->n_cols, s->n_rows};
    *n = (size_t)(s->n_cols * s->n_rows);
    double *v = malloc(*n * sizeof *v);
    assert_non_null(v);
    assert_ok(w->ctx, gt_grid_read(w->ctx, g, &all, GT_CELL_F64, v, (size_t)s->n_cols));
    gt_grid_close(w->ctx, g);
    return v;
}

static void check_outputs(const world *w, const gt_model *m, const char *out, bool none)
{
    for (const gt_model_port *p = m->out; p->name != NULL; p++) {
        size_t n = 0;
        double *v = output_of(w, p, out, &n);
        for (size_t i = 0; v != NULL && i < n; i++) {
            if (isinf(v[i]) || (none && !isnan(v[i]))) {
                print_error("%s: %s holds %g\n", m->name, p->name, v[i]);
                fail();
            }
        }
        free(v);
    }
}

/* Are the outputs of two runs the same, or mirrored? */
static void compare_outputs(const world *w, const gt_model *m, const char *a, const char *b,
                            bool mirror)
{
    for (const gt_model_port *p = m->out; p->name != NULL; p++) {
        size_t n = 0, n_b = 0, cols = (size_t)w->cols;
        double *x = output_of(w, p, a, &n), *y = output_of(w, p, b, &n_b);
        assert_int_equal(n, n_b);
        for (size_t i = 0; x != NULL && i < n; i++) {
            double other = y[mirror ? i / cols * cols + cols - 1 - i % cols : i];
            bool same = x[i] == other || (isnan(x[i]) && isnan(other)) ||
                        (mirror && fabs(x[i] - other) <= 1e-5 * (1 + fabs(x[i])));
            if (!same) {
                print_error("%s: %s differs at %zu: %.9g, %.9g\n", m->name, p->name, i, x[i],
                            other);
                fail();
            }
        }
        free(x);
        free(y);
    }
}

static void make_inputs(world *w, const gt_model *m, const char *prefix, int kind, bool mirror)
{
    char name[128];
    int salt = 1;
    for (const gt_model_port *p = m->in; p->name != NULL; p++) {
        if (p->kind == GT_PORT_GRID) {
            (void)snprintf(name, sizeof name, "%s-%s.tif", prefix, p->name);
            make_input(w, p, name, kind, mirror, salt++);
        } else if (p->kind ==
                   GT_PORT_TABLE) { /* two nodes, their link, a judgement, as one table */
            static const char table[] = "node,area,from,to,cost,length,first,second,ratio\n"
                                        "1,5,1,2,3,4,1,2,4\n2,6,2,1,3,4,2,1,0.25\n";
            (void)snprintf(name, sizeof name, "%s-%s.tif", prefix, p->name);
            test_write_file(test_path(w->dir, name), table, sizeof table - 1);
        }
    }
    make_layers(w);
}

static void make_polygons(world *w)
{
    put_constant(w, "one.tif", 1);
    assert_ok(w->ctx,
              RUN(w, "polygonize", {IN, "classes", "one.tif"}, {OUT, "polygons", "polygons.gpkg"}));
}

/* ---- tests --------------------------------------------------------------------------------------
 */

static void odd_grids(void **state)
{
    static const int64_t sizes[N_KINDS][2] = {{W, H}, {W, H}, {1, 1}, {W, 1},
                                              {1, H}, {W, H}, {W, H}};
    static const char *const names[N_KINDS] = {"holes",  "none",     "one cell", "one row",
                                               "column", "constant", "ends"};
    (void)state;
    size_t n_run = 0, n_failed[N_KINDS] = {0};
    for (int kind = 0; kind < N_KINDS; kind++) {
        world w;
        world_new(&w, sizes[kind][0], sizes[kind][1]);
        make_polygons(&w);
        for (size_t i = 0; gt_model_at(i) != NULL; i++) {
            const gt_model *m = gt_model_at(i);
            make_inputs(&w, m, "in", kind, false);
            gt_status st = try_model(&w, m, "in", "out");
            if (st == GT_OK) {
                check_outputs(&w, m, "out", kind == NONE && !among(FILLED, m->name));
            } else {
                n_failed[kind]++;
                /* plain inputs must do for every model that asks for nothing special */
                if (kind == HOLES) {
                    print_message("%s was not tried: %s\n", m->name, gt_error_id(w.ctx));
                }
            }
            n_run++;
            gt_error_clear(w.ctx);
            assert_int_equal(gt_ctx_memory_used(w.ctx), 0);
        }
        world_free(&w);
    }
    for (int kind = 0; kind < N_KINDS; kind++) {
        print_message("%-9s refused by %zu models\n", names[kind], n_failed[kind]);
    }
    assert_true(n_failed[HOLES] <= 3);
    assert_true(n_run >= (size_t)N_KINDS * 37);
}

static void threads_and_mirrors(void **state)
{
    (void)state;
    world w;
    world_new(&w, W, H);
    make_polygons(&w);
    gt_ctx *three = w.ctx, *one = test_ctx_threads(1);
    for (size_t i = 0; gt_model_at(i) != NULL; i++) {
        const gt_model *m = gt_model_at(i);
        make_inputs(&w, m, "in", HOLES, false);
        make_inputs(&w, m, "mirror", HOLES, true);
        bool ran = try_model(&w, m, "in", "a") == GT_OK;
        gt_error_clear(w.ctx);
        w.ctx = one;
        bool again = try_model(&w, m, "in", "b") == GT_OK;
        gt_error_clear(w.ctx);
        assert_true(ran == again);
        if (ran) {
            compare_outputs(&w, m, "a", "b", false);
        }
        bool near = m->reach == GT_REACH_LOCAL || m->reach == GT_REACH_FOCAL;
        if (ran && near && !among(TURNED, m->name)) {
            assert_ok(w.ctx, try_model(&w, m, "mirror", "b"));
            compare_outputs(&w, m, "a", "b", true);
        }
        w.ctx = three;
    }
    gt_ctx_free(one);
    world_free(&w);
}

/* The second grid of every model that takes two: half a cell aside, of another CRS, one row more.
 */
static void misaligned(void **state)
{
    static const char *const ids[] = {"grid.cells-differ", "grid.crs-differs",
                                      "grid.extent-differs"};
    (void)state;
    world w;
    size_t n_tried = 0;
    world_new(&w, W, H);
    make_polygons(&w);
    for (size_t i = 0; gt_model_at(i) != NULL; i++) {
        const gt_model *m = gt_model_at(i);
        const gt_model_port *second = NULL;
        size_t grids = 0;
        for (const gt_model_port *p = m->in; p->name != NULL; p++) {
            grids += p->kind == GT_PORT_GRID;
            second = p->kind == GT_PORT_GRID && grids == 2 ? p : second;
        }
        for (int how = 0; second != NULL && how < 3; how++) {
            char name[128];
            gt_grid_spec s;
            gt_grid *g = NULL;
            make_inputs(&w, m, "in", CONSTANT, false);
            gt_grid_spec_init(&s);
            s.n_cols = W;
            s.n_rows = H + (how == 2);
            s.x_west = 500000 + (how == 0 ? 5 : 0);
            s.y_north = 4400000;
            s.cell_x = s.cell_y = w.cell;
            s.crs = how == 1 ? "EPSG:4549" : "EPSG:4548";
            (void)snprintf(name, sizeof name, "in-%s.tif", second->name);
            assert_ok(w.ctx, gt_grid_create(w.ctx, test_path(w.dir, name), &s, &g));
            assert_ok(w.ctx, gt_grid_finish(w.ctx, g));
            gt_grid_close(w.ctx, g);
            gt_model_call *call = NULL;
            assert_ok(w.ctx, bind_all(&w, m, "in", "out", &call));
            gt_status st = gt_model_run(w.ctx, call);
            if (st != GT_E_INPUT || strcmp(gt_error_id(w.ctx), ids[how]) != 0) {
                print_error("%s: %s with %s\n", m->name, gt_status_name(st), ids[how]);
            }
            assert_fails(w.ctx, st, GT_E_INPUT, ids[how]);
            gt_model_call_free(call);
            n_tried++;
        }
    }
    assert_true(n_tried >= 3 * 18);
    world_free(&w);
}

/* The first grid: missing, no grid, cut off; an output that cannot be made. */
static void bad_files(void **state)
{
    (void)state;
    world w;
    world_new(&w, W, H);
    make_polygons(&w);
    for (size_t i = 0; gt_model_at(i) != NULL; i++) {
        const gt_model *m = gt_model_at(i);
        char name[128];
        (void)snprintf(name, sizeof name, "in-%s.tif", m->in[0].name);
        for (int how = 0; how < 3; how++) {
            make_inputs(&w, m, "in", CONSTANT, false);
            const char *path = test_path(w.dir, name);
            (void)unlink(path);
            if (how == 1) {
                test_write_file(path, "no grid at all", 14);
            } else if (how == 2) {
                static const unsigned char cut[] = {'I', 'I', 43, 0, 8, 0, 0, 0, 16, 0, 0, 0};
                test_write_file(path, cut, sizeof cut);
            }
            gt_status st = try_model(&w, m, "in", "out");
            if (st != (how == 0 ? GT_E_NOT_FOUND : GT_E_INPUT)) {
                print_error("%s, file %d: %s\n", m->name, how, gt_status_name(st));
            }
            assert_int_equal(st, how == 0 ? GT_E_NOT_FOUND : GT_E_INPUT);
            gt_error_clear(w.ctx);
        }
        make_inputs(&w, m, "in", CONSTANT, false);
        gt_status st = try_model(&w, m, "in", "no-such-folder/out");
        assert_true(st != GT_OK);
        gt_error_clear(w.ctx);
        assert_int_equal(gt_ctx_memory_used(w.ctx), 0);
    }
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_grids),
        cmocka_unit_test(threads_and_mirrors),
        cmocka_unit_test(misaligned),
        cmocka_unit_test(bad_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
