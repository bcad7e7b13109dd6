/* What goes wrong around an import: memory at every point, missing programs and folders, locked and
 * read-only maps, a reader killed from outside. Each time: an error that says so, nothing changed,
 * nothing lost. */
#include "world.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>

#include "store/qc_fields.h"
#include "store/qc_twins.h"

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
#define STD     &world_standard

/* One import in a context whose n-th allocation fails. true when it came through. */
static bool import_with(long n, const char *ws, const char *file, bool repair)
{
    long left = n;
    gt_ctx *ctx = test_ctx_failing(&left);
    gt_store *store = NULL;
    gt_import_options o;
    gt_import_report report;
    gt_import_options_init(&o);
    gt_import_report_init(&report);
    o.author = "t";
    o.repair = repair;
    gt_status st = gt_store_open(ctx, ws, NULL, &store);
    if (st == GT_OK) {
        st = gt_import(ctx, store, STD, file, &o, &report);
    }
    bool done = st == GT_OK;
    if (!done && st != GT_E_MEMORY) {
        gt_text t;
        gt_ctx *plain = gt_ctx_new(NULL);
        gt_text_init(&t, plain, 0);
        gt_error_render(ctx, GT_LANG_EN, &t);
        print_error("allocation %ld: %s: %s\n", n, gt_status_name(st), gt_text_cstr(&t));
        gt_text_free(&t);
        gt_ctx_free(plain);
    }
    assert_true(done || st == GT_E_MEMORY);
    assert_true(done || gt_failed(ctx));
    assert_true(done || report.revision == 0);
    gt_import_report_free(ctx, &report);
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    return done;
}

static void memory_fails_at_every_point(void **state)
{
    world *w = *state;
    char ws[4096], file[4096], before[GT_HASH_HEX], after[GT_HASH_HEX];
    FILE *f = begin_json(w, "a.geojson", 4490); /* with a transformation, a repair and notes */
    put_shape(f, PROPS("bow", "0101") ",\"extra\":1", "Polygon",
              "[[[116.40,39.90],[116.41,39.91],[116.41,39.90],[116.40,39.91],[116.40,39.90]]]");
    put_shape(f, PROPS("b", "0103") ",\"tbmj\":\"12\"", "Polygon",
              "[[[116.50,39.90],[116.51,39.90],[116.51,39.91],[116.50,39.90]]]");
    (void)fseek(f, -2, SEEK_CUR);
    (void)fputs("]}", f);
    (void)fclose(f);
    (void)snprintf(ws, sizeof ws, "%s", test_path(w->dir, "ws"));
    (void)snprintf(file, sizeof file, "%s", test_path(w->dir, "a.geojson"));
    gt_store_close(w->store);
    w->store = NULL;
    world_digest(w, before);
    long n = 0, failed = 0;
    /* all of the first hundred, then every third: each costs the start of a reader */
    while (!import_with(n, ws, file, true)) {
        failed++;
        n += n < 100 ? 1 : 3;
        assert_true(n < 20000);
    }
    print_message("  %ld points of failure tried, the last of about %ld\n", failed, n);
    assert_true(failed > 100);
    assert_ok(w->ctx, gt_store_open(w->ctx, ws, NULL, &w->store));
    assert_int_equal(gt_store_revision(w->store), 1); /* the one that came through */
    assert_int_equal(layer(w, "parcels").n_features, 2);
    assert_ok(w->ctx, gt_store_verify(w->ctx, w->store));
    world_digest(w, after);
    assert_string_not_equal(before, after);
}

static void memory_fails_in_the_small_parts(void **state)
{
    (void)state;
    char *dir = test_dir();
    bool done = false;
    for (long n = 0; n < 300 && !done; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_arena *arena = NULL;
        qc_twins *twins = NULL;
        qc_twin *found = NULL;
        size_t n_found = 0;
        uint64_t total = 0;
        qc_hits hits = {0};
        gt_notes *notes = NULL;
        qc_value_check check;
        gt_value v = {.kind = GT_VAL_TEXT, .text = "0104", .len = 4};
        gt_status st = gt_arena_new(ctx, 64, &arena);
        st = st == GT_OK ? gt_notes_new(ctx, 0, &notes) : st;
        st = st == GT_OK ? qc_value(ctx, arena, &world_fields[W_DLBM], &v, true, &check) : st;
        qc_hit *h = st == GT_OK ? qc_hits_add(ctx, &hits, GT_ERROR, check.message) : NULL;
        st = st == GT_OK && h == NULL ? GT_E_MEMORY : st;
        st = st == GT_OK ? qc_hits_flush(ctx, &hits, notes, "f", "l") : st;
        st = st == GT_OK ? qc_twins_new(ctx, 64, dir, &twins) : st;
        for (int i = 0; i < 40 && st == GT_OK; i++) {
            st = qc_twins_add(ctx, twins, (uint64_t)(i % 13), i);
        }
        st = st == GT_OK ? qc_twins_finish(ctx, twins, 100, &found, &n_found, &total) : st;
        done = st == GT_OK;
        assert_true(done || (st == GT_E_MEMORY && gt_failed(ctx)));
        assert_true(!done || total == 40);
        gt_free(ctx, found);
        qc_twins_free(ctx, twins);
        qc_hits_free(ctx, &hits);
        gt_notes_free(notes);
        gt_arena_free(arena);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    assert_true(done);
    test_dir_remove(dir);
}

static void the_reader_is_missing(void **state)
{
    world *w = *state;
    char before[GT_HASH_HEX], after[GT_HASH_HEX];
    make_good(w, "a.geojson", 3);
    world_digest(w, before);
    assert_int_equal(setenv("GUOTU_IO", "/nonexistent/guotu-io", 1), 0);
    gt_status st = world_import(w, STD, "a.geojson");
    assert_int_equal(unsetenv("GUOTU_IO"), 0);
    assert_fails(w->ctx, st, GT_E_ENV, "io.program-missing");
    world_digest(w, after);
    assert_string_equal(before, after);
}

static void somebody_else_is_writing(void **state)
{
    world *w = *state;
    gt_commit *other;
    gt_commit_info info = {.author = "a", .message = "m", .expect_revision = -1};
    make_good(w, "a.geojson", 3);
    gt_store *second;
    assert_ok(w->ctx, gt_store_open(w->ctx, test_path(w->dir, "ws"), NULL, &second));
    assert_ok(w->ctx, gt_commit_begin(w->ctx, second, &info, &other));
    gt_status st = world_import(w, STD, "a.geojson");
    assert_int_equal(st, GT_E_CONFLICT);
    assert_true(gt_failed(w->ctx));
    gt_error_clear(w->ctx);
    gt_commit_abort(other);
    gt_store_close(second);
    assert_imported(w, STD, "a.geojson");
}

static void a_map_opened_for_reading(void **state)
{
    world *w = *state;
    gt_store_options o;
    make_good(w, "a.geojson", 3);
    gt_store_close(w->store);
    gt_store_options_init(&o);
    o.read_only = true;
    assert_ok(w->ctx, gt_store_open(w->ctx, test_path(w->dir, "ws"), &o, &w->store));
    assert_true(world_import(w, STD, "a.geojson") != GT_OK);
    assert_true(gt_failed(w->ctx));
    gt_error_clear(w->ctx);
    assert_int_equal(gt_store_revision(w->store), 0);
}

/* A commit that fails at its end (here: the schema of the stored layer is another) leaves no trace.
 */
static void another_schema(void **state)
{
    world *w = *state;
    char before[GT_HASH_HEX], after[GT_HASH_HEX];
    gt_standard s = world_standard;
    static gt_field fields[W_FIELDS];
    make_good(w, "a.geojson", 3);
    assert_imported(w, STD, "a.geojson");
    world_digest(w, before);
    memcpy(fields, world_fields, sizeof fields);
    fields[W_NUMBER].type = GT_FIELD_DATE;
    s.fields = fields;
    FILE *f = begin_json(w, "b.geojson", 4548);
    end_json(f, 0, 0, PROPS("a", "0101"));
    assert_int_equal(world_import(w, &s, "b.geojson"), GT_E_CONFLICT);
    gt_error_clear(w->ctx);
    world_digest(w, after);
    assert_string_equal(before, after);
    assert_ok(w->ctx, gt_store_verify(w->ctx, w->store));
}

/* An older survey date than the one stored: the store's word, located in the file. */
static void a_survey_from_before(void **state)
{
    world *w = *state;
    make_good(w, "a.geojson", 3);
    w->options.as_of = gt_date_from_ymd(2020, 12, 31);
    assert_imported(w, STD, "a.geojson");
    make_good(w, "b.geojson", 2);
    w->options.as_of = gt_date_from_ymd(2019, 12, 31);
    gt_status st = world_import(w, STD, "b.geojson");
    assert_true(st != GT_OK);
    assert_int_equal(gt_status_exit_code(st), 3);
    gt_error_clear(w->ctx);
    assert_int_equal(gt_store_revision(w->store), 1);
    assert_int_equal(layer(w, "parcels").n_features, 3);
}

/* No process and no file of ours is left when an import stops half-way. */
static void nothing_is_left_behind(void **state)
{
    world *w = *state;
    char command[4096];
    make_good(w, "a.geojson", 2000);
    (void)snprintf(command, sizeof command, "cd '%s' && ogr2ogr g.gpkg a.geojson", w->dir);
    run(command);
    assert_imported(w, STD, "g.gpkg");
    gt_cancel(w->ctx);
    assert_int_equal(world_import(w, STD, "g.gpkg"), GT_E_CANCELLED);
    gt_error_clear(w->ctx);
    DIR *d = opendir(test_path(w->dir, "ws"));
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        static const char *const ours[] = {
            ".",       "..",      "onemap.gpkg",     "grids",
            "package", "reports", "onemap.gpkg-wal", "onemap.gpkg-shm"};
        bool known = false;
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
            known |= strcmp(e->d_name, ours[i]) == 0;
        }
        if (!known) {
            print_error("left behind: %s\n", e->d_name);
        }
        assert_true(known);
    }
    (void)closedir(d);
    int status = 0;
    assert_int_equal(waitpid(-1, &status, WNOHANG), -1); /* no child */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(memory_fails_at_every_point), cmocka_unit_test(memory_fails_in_the_small_parts),
        CASE(the_reader_is_missing),       CASE(somebody_else_is_writing),
        CASE(a_map_opened_for_reading),    CASE(another_schema),
        CASE(a_survey_from_before),        CASE(nothing_is_left_behind),
    };
    return cmocka_run_group_tests_name("store_import.import_faults", tests, NULL, NULL);
}
