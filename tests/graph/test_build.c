/* The build graph: only what is out of date runs, blocks where they suffice, the same cells as a
 * full run; interruption, damage, deletion; mistakes of declarations. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/internal.h"
#include "model/grids.h"

static const char HEAD[] =
    "package: graphtown\n"
    "title: {zh: 测试包, en: Test package}\n"
    "version: \"1\"\n"
    "crs: EPSG:4548\n"
    "units:\n  - {layer: districts, name: name}\n"
    "plans:\n  - plan: TST\n    title: {zh: 规划, en: Plan}\n    status: final\n"
    "clauses: clauses.csv\n"
    "files: [all.yaml, models.yaml]\n";
static const char CLAUSES[] =
    "id,section,kind,title_en,terms_zh,requirement_en,quantities,area,strength\n"
    "TST-001,ch1,model,Soil loss,土壤侵蚀,Compute it.,,city,binding\n";
static const char ITEMS[] =
    "- layer: districts\n  title: {zh: 区, en: Districts}\n  theme: base\n"
    "  geometry: polygon\n  source: test\n  fields:\n"
    "    - {name: name, type: text, required: true, zh: 名称, en: Name}\n"
    "- parameter: rain\n  title: {zh: 侵蚀力, en: Erosivity}\n  value: 4000\n"
    "  unit: count\n  range: {min: 0}\n  remark: {zh: 取值, en: reading}\n";

/* land > cover factor > loss > class; dem > slope beside it, relief of halo 3. */
#define T(zh, en) "  title: {zh: " zh ", en: " en "}\n"
static const char MODELS[] = "- model: loss-class\n" T(
    "等级",
    "Class") "  kind: classify\n  in: loss\n  with: {breaks: [2, 25]}\n  out: loss_class\n"
             "- model: soil-loss\n" T(
                 "侵蚀",
                 "Loss") "  clauses: [TST-001]\n  kind: rusle\n  in: {ls: ls, land: land}\n"
                         "  with: {rain: 4000, soil: 0.02, cover-by-class: {1: 0.01, 2: 0.2, 3: "
                         "1}}\n"
                         "  out: {loss: loss, retained: kept}\n"
                         "- model: rough\n" T(
                             "起伏",
                             "Relief") "  kind: relief\n  in: dem\n  with: {radius: 3}\n  out: "
                                       "rough\n"
                                       "- model: steep\n" T(
                                           "坡度",
                                           "Slope") "  kind: slope\n  in: dem\n  out: steep\n";

enum { COLS = 1100, ROWS = 1060 };

typedef struct town {
    world w;
    gt_store *store;
    gt_package *package;
    gt_graph *graph;
    char told[4096]; /* "id:build " in the order of work */
    size_t dirty, n_needs;
} town;

static void write_text(const char *path, const char *text)
{
    test_write_file(path, text, strlen(text));
}

static void write_package(town *t, const char *models)
{
    char dir[1024], file[1100];
    (void)snprintf(dir, sizeof dir, "%s/package", t->w.dir);
    (void)mkdir(dir, 0777);
    static const char *const names[] = {"package.yaml", "clauses.csv", "all.yaml", "models.yaml"};
    const char *const texts[] = {HEAD, CLAUSES, ITEMS, models};
    for (int i = 0; i < 4; i++) {
        (void)snprintf(file, sizeof file, "%s/%s", dir, names[i]);
        write_text(file, texts[i]);
    }
}

/* Reads package and graph anew; GT_OK, or what the graph said. id: of the first mistake. */
static gt_status read_graph(town *t, const char *models, char *id, size_t cap)
{
    char dir[1024];
    gt_notes *notes = NULL;
    gt_graph_free(t->graph);
    gt_package_free(t->package);
    t->graph = NULL;
    t->package = NULL;
    write_package(t, models);
    (void)snprintf(dir, sizeof dir, "%s/package", t->w.dir);
    assert_ok(t->w.ctx, gt_notes_new(t->w.ctx, 0, &notes));
    gt_status st = gt_package_read(t->w.ctx, dir, notes, &t->package);
    if (st == GT_OK) {
        st = gt_graph_new(t->w.ctx, t->package, notes, &t->graph);
    }
    if (st != GT_OK && id != NULL && gt_notes_kept(notes) > 0) {
        const gt_message *m = NULL;
        const gt_place *p = NULL;
        gt_notes_get(notes, 0, NULL, &m, &p);
        (void)snprintf(id, cap, "%s:%d", m->id, p->line);
    }
    if (st != GT_OK) {
        gt_error_clear(t->w.ctx);
    }
    gt_notes_free(notes);
    return st;
}

static void told(void *user, const gt_build_step *s)
{
    town *t = user;
    size_t n = strlen(t->told);
    (void)snprintf(t->told + n, sizeof t->told - n, "%s:%s ", s->model->id,
                   gt_build_name(s->build));
    t->dirty += s->n_dirty;
    t->n_needs += s->need.cells == (uint64_t)COLS * ROWS && s->need.memory > 0;
}

static gt_status build(town *t, const char *only, bool plan, bool full)
{
    gt_build_options o;
    gt_build_options_init(&o);
    o.only = only;
    o.plan_only = plan;
    o.full = full;
    o.told = told;
    o.user = t;
    t->told[0] = '\0';
    t->dirty = 0;
    t->n_needs = 0;
    return gt_graph_run(t->w.ctx, t->graph, t->store, &o);
}
#define assert_built(t, want)                                                                      \
    do {                                                                                           \
        assert_ok((t)->w.ctx, build((t), NULL, false, false));                                     \
        assert_string_equal((t)->told, want);                                                      \
    } while (0)

static void put_land(town *t, double *land, size_t at, double v)
{
    land[at] = v;
    put_grid(&t->w, "ws/grids/land.tif", GT_CELL_U8, land);
}

static double *make_land(uint64_t seed)
{
    double *v = malloc((size_t)COLS * ROWS * sizeof *v);
    test_rng rng;
    test_rng_seed(&rng, seed);
    for (size_t i = 0; i < (size_t)COLS * ROWS; i++) {
        v[i] = 1 + floor(3 * test_rng_real(&rng));
    }
    return v;
}

static void town_new(town *t, const char *models)
{
    memset(t, 0, sizeof *t);
    world_new(&t->w, COLS, ROWS);
    gt_store_options o;
    gt_store_options_init(&o);
    o.crs = "EPSG:4548";
    o.title = (gt_title){"图", "map"};
    assert_ok(t->w.ctx, gt_store_create(t->w.ctx, test_path(t->w.dir, "ws"), &o, &t->store));
    assert_ok(t->w.ctx, read_graph(t, models, NULL, 0));
    double *v = make_land(11);
    put_grid(&t->w, "ws/grids/land.tif", GT_CELL_U8, v);
    put_grid(&t->w, "ws/grids/ls.tif", GT_CELL_F32, v);
    put_grid(&t->w, "ws/grids/dem.tif", GT_CELL_F32, v);
    free(v);
}

static void town_free(town *t)
{
    gt_graph_free(t->graph);
    gt_package_free(t->package);
    gt_store_close(t->store);
    world_free(&t->w);
}

static const char *const outputs[] = {"loss", "kept", "loss_class", "rough", "steep"};
enum { OUTPUTS = 5 };

static char *read_output(town *t, const char *name, size_t *n)
{
    char file[64];
    (void)snprintf(file, sizeof file, "ws/grids/%s.tif", name);
    return test_read_file(test_path(t->w.dir, file), n);
}

typedef struct output { /* of a grid: all but the layout of its file */
    double *cells;
    char *lineage, *unit;
    gt_grid_print *print;
} output;

static char *item_of(const gt_grid *g, const char *key)
{
    const char *value = gt_grid_item_value(g, key);
    const char *from = value == NULL ? "" : value;
    char *own = malloc(strlen(from) + 1);
    memcpy(own, from, strlen(from) + 1);
    return own;
}

static output get_output(town *t, const char *name)
{
    char file[64];
    gt_grid *g = NULL;
    output o;
    (void)snprintf(file, sizeof file, "ws/grids/%s.tif", name);
    o.cells = get_grid(&t->w, file);
    assert_ok(t->w.ctx, gt_grid_open(t->w.ctx, test_path(t->w.dir, file), &g));
    assert_ok(t->w.ctx, gt_grid_print_new(t->w.ctx, g, &o.print));
    o.lineage = item_of(g, GT_LINEAGE_ITEM);
    o.unit = item_of(g, "unit");
    gt_grid_close(t->w.ctx, g);
    return o;
}

static void free_output(town *t, output *o)
{
    free(o->cells);
    free(o->lineage);
    free(o->unit);
    gt_grid_print_free(t->w.ctx, o->print);
}

/* Every output has, to the bit, the cells of a full run, and its lineage. */
static void assert_as_full(town *t)
{
    output before[OUTPUTS];
    for (int i = 0; i < OUTPUTS; i++) {
        before[i] = get_output(t, outputs[i]);
    }
    assert_ok(t->w.ctx, build(t, NULL, false, true));
    for (int i = 0; i < OUTPUTS; i++) {
        output after = get_output(t, outputs[i]);
        assert_memory_equal(after.cells, before[i].cells, sizeof(double) * COLS * ROWS);
        assert_memory_equal(after.print->digest, before[i].print->digest, GT_HASH_BYTES);
        assert_string_equal(after.lineage, before[i].lineage);
        assert_string_equal(after.unit, before[i].unit);
        free_output(t, &after);
        free_output(t, &before[i]);
    }
}

static const char ALL_FULL[] = "soil-loss:full loss-class:full rough:full steep:full ";
static const char ALL_FRESH[] = "soil-loss:fresh loss-class:fresh rough:fresh steep:fresh ";

static void only_what_is_stale_runs(void **state)
{
    town t;
    (void)state;
    town_new(&t, MODELS);
    assert_ok(t.w.ctx, build(&t, NULL, true, false));
    assert_string_equal(t.told, "soil-loss:full loss-class:maybe rough:full steep:full ");
    assert_int_equal(t.n_needs, 4); /* of loss-class too, whose input is not there yet */
    assert_int_not_equal(access(test_path(t.w.dir, "ws/grids/loss.tif"), F_OK), 0);
    assert_built(&t, ALL_FULL);
    assert_int_equal(t.n_needs, 0); /* told when planning only */
    assert_built(&t, ALL_FRESH);
    double *land = make_land(11);
    put_land(&t, land, 0, land[0]); /* written anew, the same content */
    assert_built(&t, ALL_FRESH);
    put_land(&t, land, (size_t)700 * COLS + 600, land[0] == 1 ? 2 : 1);
    land[(size_t)700 * COLS + 600] = 3;
    put_land(&t, land, (size_t)700 * COLS + 601, 3);
    assert_built(&t, "soil-loss:part loss-class:part rough:fresh steep:fresh ");
    assert_true(t.dirty == 2);
    assert_as_full(&t);
    free(land);
    town_free(&t);
}

/* Edit after edit in the same file: it grows by what is replaced, and is made anew in time. */
static void many_edits_one_after_the_other(void **state)
{
    town t;
    (void)state;
    town_new(&t, MODELS);
    assert_built(&t, ALL_FULL);
    struct stat first, now;
    assert_int_equal(stat(test_path(t.w.dir, "ws/grids/loss.tif"), &first), 0);
    ino_t inode = first.st_ino;
    int anew = 0;
    double *land = make_land(11);
    for (int turn = 0; turn < 9; turn++) {
        size_t at = (size_t)(turn * 100 + 20) * COLS + (size_t)(turn * 110);
        put_land(&t, land, at, land[at] == 1 ? 2 : 1);
        assert_built(&t, "soil-loss:part loss-class:part rough:fresh steep:fresh ");
        assert_int_equal(stat(test_path(t.w.dir, "ws/grids/loss.tif"), &now), 0);
        assert_true(turn > 0 || now.st_ino == inode);
        anew += now.st_ino != inode;
        inode = now.st_ino;
        assert_true(now.st_size < 2 * first.st_size);
    }
    assert_true(anew >= 1 && anew < 9);
    assert_as_full(&t);
    free(land);
    town_free(&t);
}

/* An edit of the heights at the corner of four blocks: the window reaches over the border. */
static void focal_models_reach_over_blocks(void **state)
{
    town t;
    (void)state;
    town_new(&t, MODELS);
    assert_built(&t, ALL_FULL);
    double *dem = make_land(11);
    dem[(size_t)511 * COLS + 511] = 900;
    put_grid(&t.w, "ws/grids/dem.tif", GT_CELL_F32, dem);
    assert_built(&t, "soil-loss:fresh loss-class:fresh rough:part steep:part ");
    double *rough = get_grid(&t.w, "ws/grids/rough.tif");
    assert_true(rough[(size_t)514 * COLS + 514] > 800);
    assert_true(rough[(size_t)515 * COLS + 515] < 10);
    free(rough);
    assert_as_full(&t);
    free(dem);
    town_free(&t);
}

static void a_parameter_reruns_its_cone(void **state)
{
    char models[sizeof MODELS + 8];
    town t;
    (void)state;
    town_new(&t, MODELS);
    assert_built(&t, ALL_FULL);
    memcpy(models, MODELS, sizeof MODELS);
    memcpy(strstr(models, "soil: 0.02"), "soil: 0.03", 10);
    assert_ok(t.w.ctx, read_graph(&t, models, NULL, 0));
    assert_built(&t, "soil-loss:full loss-class:full rough:fresh steep:fresh ");
    /* the same value in other words is no change */
    memcpy(models, MODELS, sizeof MODELS);
    memcpy(strstr(models, "[2, 25]"), "[ 2,25]", 7);
    memcpy(strstr(models, "soil: 0.02"), "soil: 0.03", 10);
    assert_ok(t.w.ctx, read_graph(&t, models, NULL, 0));
    assert_built(&t, ALL_FRESH);
    /* a change whose result is the same ends there: breaks within a gap of the values */
    memcpy(strstr(models, "radius: 3"), "radius: 2", 9);
    assert_ok(t.w.ctx, read_graph(&t, models, NULL, 0));
    assert_built(&t, "soil-loss:fresh loss-class:fresh rough:full steep:fresh ");
    town_free(&t);
}

static void lost_and_foreign_files_are_made_anew(void **state)
{
    town t;
    (void)state;
    town_new(&t, MODELS);
    assert_built(&t, ALL_FULL);
    assert_int_equal(unlink(test_path(t.w.dir, "ws/grids/kept.tif")), 0);
    assert_built(&t, "soil-loss:full loss-class:fresh rough:fresh steep:fresh ");
    write_text(test_path(t.w.dir, "ws/grids/rough.tif"), "not a grid");
    put_constant(&t.w, "ws/grids/steep.tif", 7);
    assert_built(&t, "soil-loss:fresh loss-class:fresh rough:full steep:full ");
    /* damage of what is kept costs a run, no more */
    write_text(test_path(t.w.dir, "ws/grids/.build/rough.made"), "guotu made 1 nonsense");
    write_text(test_path(t.w.dir, "ws/grids/.build/land.print"), "");
    assert_built(&t, "soil-loss:fresh loss-class:fresh rough:full steep:fresh ");
    assert_as_full(&t);
    town_free(&t);
}

/* Stopped after the first model: what is done stays done, the next run goes on. */
static void stop_after_first(void *user, const gt_build_step *s)
{
    town *t = user;
    told(user, s);
    if (strcmp(s->model->id, "soil-loss") == 0) {
        gt_cancel(t->w.ctx);
    }
}

static void an_interrupted_run_goes_on(void **state)
{
    town t;
    (void)state;
    town_new(&t, MODELS);
    gt_build_options o;
    gt_build_options_init(&o);
    o.told = stop_after_first;
    o.user = &t;
    assert_int_equal(gt_graph_run(t.w.ctx, t.graph, t.store, &o), GT_E_CANCELLED);
    gt_graph_free(t.graph);
    gt_package_free(t.package);
    gt_store_close(t.store);
    gt_ctx_free(t.w.ctx); /* a cancelled family stays cancelled: as a new process */
    t.w.ctx = test_ctx_threads(2);
    t.graph = NULL;
    t.package = NULL;
    gt_store_options so;
    gt_store_options_init(&so);
    assert_ok(t.w.ctx, gt_store_open(t.w.ctx, test_path(t.w.dir, "ws"), &so, &t.store));
    assert_ok(t.w.ctx, read_graph(&t, MODELS, NULL, 0));
    assert_built(&t, "soil-loss:fresh loss-class:full rough:full steep:full ");
    town_free(&t);
}

static void missing_inputs_wait(void **state)
{
    town t;
    (void)state;
    town_new(&t, MODELS);
    assert_int_equal(unlink(test_path(t.w.dir, "ws/grids/land.tif")), 0);
    assert_built(&t, "soil-loss:waits loss-class:waits rough:full steep:full ");
    assert_fails(t.w.ctx, build(&t, "loss-class", false, false), GT_E_NOT_FOUND, "graph.waits");
    assert_fails(t.w.ctx, build(&t, "los-class", false, false), GT_E_NOT_FOUND, "graph.no-model");
    assert_ok(t.w.ctx, build(&t, "steep", false, false));
    assert_string_equal(t.told, "steep:fresh ");
    town_free(&t);
}

/* One cell of another CRS or size among the inputs: the kernel's error, placed; nothing changed. */
static void a_failing_model_changes_nothing(void **state)
{
    town t;
    (void)state;
    town_new(&t, MODELS);
    assert_built(&t, ALL_FULL);
    size_t n = 0, m = 0;
    char *before = read_output(&t, "loss", &n);
    world small = t.w;
    small.cols = 5;
    put_constant(&small, "ws/grids/land.tif", 1);
    assert_fails(t.w.ctx, build(&t, NULL, false, false), GT_E_INPUT, "grid.extent-differs");
    char *after = read_output(&t, "loss", &m);
    assert_int_equal(n, m);
    assert_memory_equal(before, after, n);
    free(before);
    free(after);
    town_free(&t);
}

static void mistakes_are_placed(void **state)
{
    static const struct {
        const char *models, *want;
    } cases[] = {
        {"- model: a\n" T("甲", "A") "  kind: slop\n  in: dem\n  out: x\n", "model.unknown:1"},
        {"- model: a\n" T("甲", "A") "  kind: slope\n  in: {dim: dem}\n  out: x\n",
         "model.no-port:4"},
        {"- model: a\n" T("甲", "A") "  kind: slope\n  in: dem\n  out: {slip: x}\n",
         "model.no-port:5"},
        {"- model: a\n" T("甲", "A") "  kind: slope\n  in: dem\n  with: {im: degree}\n  out: x\n",
         "model.no-param:5"},
        {"- model: a\n" T("甲", "A") "  kind: slope\n  in: dem\n  with: {in: radian}\n  out: x\n",
         "model.choice:5"},
        {"- model: a\n" T("甲", "A") "  kind: relief\n  in: dem\n  with: {radius: 501}\n  out: x\n",
         "model.range:5"},
        {"- model: a\n" T("甲", "A") "  kind: classify\n  in: dem\n  out: x\n", "model.missing:1"},
        {"- model: a\n" T("甲", "A") "  kind: slope\n  in: dem\n  out: ../x\n", "graph.name:5"},
        {"- model: a\n" T("甲", "A") "  kind: polygonize\n  in: dem\n  out: x\n",
         "graph.not-grid:5"},
        {"- model: a\n" T("甲", "A") "  kind: classify\n  in: dem\n  with: {breaks: \":none\"}\n"
                                     "  out: x\n",
         "graph.parameter:5"},
        {"- model: a\n" T("甲", "A") "  kind: slope\n  in: dem\n  out: x\n"
                                     "- model: b\n" T("乙",
                                                      "B") "  kind: slope\n  in: dem\n  out: x\n",
         "graph.made-twice:6"},
        {"- model: a\n" T("甲", "A") "  kind: slope\n  in: y\n  out: x\n"
                                     "- model: b\n" T("乙",
                                                      "B") "  kind: slope\n  in: x\n  out: y\n",
         "graph.circle:1"},
        {"- model: a\n" T("甲", "A") "  kind: slope\n  in: x\n  out: x\n", "graph.circle:1"},
        {"- model: a\n" T("甲", "A") "  kind: slope\n  in: [dem]\n  out: x\n", "plan.want-map:4"},
        {"- model: a\n" T("甲", "A") "  kind: slope\n  in: dem\n  with: degree\n  out: x\n",
         "plan.want-map:5"},
        {"- model: a\n" T("甲", "A") "  kind: slope\n  in: {dem: }\n  out: x\n",
         "plan.want-value:4"},
        {"- model: a\n" T("甲", "A") "  in: dem\n  out: x\n", "plan.missing-key:1"},
    };
    town t;
    (void)state;
    town_new(&t, MODELS);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char id[64] = "";
        assert_int_equal(read_graph(&t, cases[i].models, id, sizeof id), GT_E_INPUT);
        assert_string_equal(id, cases[i].want);
    }
    town_free(&t);
}

static void parameters_of_the_package(void **state)
{
    town t;
    (void)state;
    town_new(&t, MODELS);
    assert_ok(t.w.ctx, read_graph(&t,
                                  "- model: a\n" T(
                                      "甲", "A") "  kind: lookup\n  in: land\n"
                                                 "  with: {table: \"9=1\", otherwise: \":rain\"}\n"
                                                 "  out: x\n",
                                  NULL, 0));
    assert_ok(t.w.ctx, build(&t, "a", false, false));
    assert_near(first_of(&t.w, "ws/grids/x.tif"), 4000, 0);
    town_free(&t);
}

static void windows_of_blocks(void **state)
{
    static const unsigned char dirty[] = {1, 1, 0, 0, 0, 1};
    gt_window w[4];
    (void)state;
    assert_int_equal(gt_dirty_windows(dirty, 3, 2, 0, 1400, 900, w, 4), 2);
    assert_true(w[0].col == 0 && w[0].row == 0 && w[0].n_cols == 1024 && w[0].n_rows == 512);
    assert_true(w[1].col == 1024 && w[1].row == 512 && w[1].n_cols == 376 && w[1].n_rows == 388);
    assert_int_equal(gt_dirty_windows(dirty, 3, 2, 5, 1400, 900, w, 4), 2);
    assert_true(w[0].col == 0 && w[0].n_cols == 1029 && w[0].n_rows == 517);
    assert_true(w[1].col == 1019 && w[1].row == 507 && w[1].n_cols == 381);
    assert_int_equal(gt_dirty_windows(dirty, 3, 2, 0, 1400, 900, w, 1), 1);
    assert_true(w[0].col == 0 && w[0].row == 0 && w[0].n_cols == 1400 && w[0].n_rows == 900);
    assert_int_equal(gt_dirty_windows(dirty, 1, 0, 0, 1, 1, w, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_stale_runs),
        cmocka_unit_test(many_edits_one_after_the_other),
        cmocka_unit_test(focal_models_reach_over_blocks),
        cmocka_unit_test(a_parameter_reruns_its_cone),
        cmocka_unit_test(lost_and_foreign_files_are_made_anew),
        cmocka_unit_test(an_interrupted_run_goes_on),
        cmocka_unit_test(missing_inputs_wait),
        cmocka_unit_test(a_failing_model_changes_nothing),
        cmocka_unit_test(mistakes_are_placed),
        cmocka_unit_test(parameters_of_the_package),
        cmocka_unit_test(windows_of_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
