/* kill -9 in the middle of an import, at 50 moments spread over its whole run: the map is as before
 * or as after, never between, and verifies. */
#include "world.h"

#include <signal.h>
#include <time.h>

enum { MOMENTS = 50, ROWS = 3000 };

/* In a process of its own: opens the workspace and imports; never returns. */
static void import_and_exit(const char *ws, const char *file)
{
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_store *store = NULL;
    gt_import_options o;
    gt_import_report report;
    gt_import_options_init(&o);
    o.author = "victim";
    gt_status st = gt_store_open(ctx, ws, NULL, &store);
    if (st == GT_OK) {
        st = gt_import(ctx, store, &world_standard, file, &o, &report);
    }
    _exit(st == GT_OK ? 0 : 1);
}

static int64_t count_rows(gt_ctx *ctx, gt_store *store)
{
    gt_query q;
    gt_scan *scan;
    int64_t n = 0;
    gt_query_init(&q, "parcels");
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    for (bool more = true;; n++) {
        gt_feature f;
        assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
        if (!more) {
            break;
        }
    }
    gt_scan_close(scan);
    return n;
}

/* Runs the import for at most `seconds`; true when it was killed before its end. */
static bool run_for(const char *ws, const char *file, double seconds)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        import_and_exit(ws, file);
    }
    const struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    (void)nanosleep(&t, NULL);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static void killed_at_any_moment(void **state)
{
    world *w = *state;
    char ws[4096], a[4096], b[4096], command[9000];
    int64_t rows_a = ROWS, rows_b = ROWS - 500;
    make_good(w, "a.geojson", ROWS);
    make_good(w, "b.geojson", ROWS - 500);
    (void)snprintf(command, sizeof command,
                   "cd '%s' && ogr2ogr a.gpkg a.geojson && ogr2ogr b.gpkg b.geojson", w->dir);
    run(command);
    (void)snprintf(ws, sizeof ws, "%s", test_path(w->dir, "ws"));
    (void)snprintf(a, sizeof a, "%s", test_path(w->dir, "a.gpkg"));
    (void)snprintf(b, sizeof b, "%s", test_path(w->dir, "b.gpkg"));
    gt_store_close(w->store);
    w->store = NULL;
    double whole = 0.0;
    for (int i = 0; i < 3; i++) { /* the second and third replace: more work than the first */
        double start = gt_clock();
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            import_and_exit(ws, i == 1 ? b : a);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        whole = gt_clock() - start;
    }
    int64_t revision = 3, rows = rows_a;
    int killed = 0, finished = 0;
    for (int i = 0; i < MOMENTS; i++) {
        bool to_b = rows == rows_a;
        bool dead = run_for(ws, to_b ? b : a, whole * 1.1 * (i + 0.5) / MOMENTS);
        assert_ok(w->ctx, gt_store_open(w->ctx, ws, NULL, &w->store));
        int64_t now = gt_store_revision(w->store), n = count_rows(w->ctx, w->store);
        assert_true(now == revision || now == revision + 1);
        assert_int_equal(n, now == revision ? rows : to_b ? rows_b : rows_a);
        assert_int_equal(layer(w, "parcels").n_features, n);
        assert_true(dead || now == revision + 1);
        if (i % 5 == 0 || now != revision) {
            assert_ok(w->ctx, gt_store_verify(w->ctx, w->store));
        }
        killed += dead && now == revision;
        finished += now != revision;
        revision = now;
        rows = n;
        gt_store_close(w->store);
        w->store = NULL;
    }
    print_message("  %d of %d killed before the commit, %d after; an import takes %.2f s\n", killed,
                  MOMENTS, finished, whole);
    assert_true(killed >= 5);
    /* and it goes on as if nothing had been */
    assert_ok(w->ctx, gt_store_open(w->ctx, ws, NULL, &w->store));
    assert_imported(w, &world_standard, "a.gpkg");
    assert_ok(w->ctx, gt_store_verify(w->ctx, w->store));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_at_any_moment, world_setup, world_teardown),
    };
    return cmocka_run_group_tests_name("store_import.import_kill", tests, NULL, NULL);
}
