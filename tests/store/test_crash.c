/* Processes that die or meet: kill -9 in the middle of a revision, two writers, readers beside a
 * writer, allocations that fail. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/world.h"

static const gt_date D2018 = 17531;

/* In memory where there is such a place: these tests make and sync hundreds of files. */
static char *quick_dir(void)
{
    char template[] = "/dev/shm/guotu-test-XXXXXX";
    char *made = access("/dev/shm", W_OK) == 0 ? mkdtemp(template) : NULL;
    char *copy = made != NULL ? strdup(made) : test_dir();
    assert_non_null(copy);
    return copy;
}

static void start(const char *dir)
{
    gt_ctx *ctx = test_ctx();
    gt_store *store = world_new(ctx, dir);
    gt_standard s = world_standard("parcels");
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    world_finish(ctx, c);
    gt_store_close(store);
    gt_ctx_free(ctx);
}

/* ---- kill -9 ------------------------------------------------------------------------------------
 */

enum { ROWS = 3000 };

/* Revision r: ROWS features whose number is r, as a survey (all new) or as single changes, and in
 * between a deletion. Everything a reader needs to tell whole from half. */
static void write_revision(gt_ctx *ctx, gt_store *store)
{
    gt_commit *c = world_begin(ctx, store);
    int64_t r = gt_store_revision(store) + 1;
    if (r % 3 == 0) {
        assert_ok(ctx, gt_commit_replace_layer(ctx, c, "parcels", D2018 + (gt_date)r));
    }
    char number[32];
    (void)snprintf(number, sizeof number, "%lld", (long long)r);
    assert_ok(ctx, gt_commit_setting_set(ctx, c, "written", number));
    for (int i = 0; i < ROWS; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "f%d", i);
        assert_ok(ctx,
                  world_put_box(ctx, c, "parcels", id, world_cell(i, 60, 10, 9), r, GT_DATE_NONE));
    }
    assert_int_equal(world_finish(ctx, c), r);
}

static void child_writes(const char *dir, int pipe_end)
{
    gt_ctx *ctx = test_ctx();
    gt_store *store = world_open(ctx, dir);
    for (;;) {
        write_revision(ctx, store);
        int64_t r = gt_store_revision(store);
        if (write(pipe_end, &r, sizeof r) != sizeof r) {
            _exit(3);
        }
    }
}

static void check_after_crash(const char *dir, int64_t acknowledged)
{
    gt_ctx *ctx = test_ctx();
    gt_store *store = world_open(ctx, dir);
    int64_t r = gt_store_revision(store);
    /* the last acknowledged one, or one more that was whole but not told yet */
    assert_true(r == acknowledged || r == acknowledged + 1);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = true;
    int64_t n = 0;
    gt_query_init(&q, "parcels");
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    for (;; n++) {
        assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
        if (!more) {
            break;
        }
        assert_int_equal(f.values[1].integer, r);
        assert_int_equal(f.rev_from, r);
    }
    gt_scan_close(scan);
    assert_int_equal(n, r > 1 ? ROWS : 0);
    char *written = NULL;
    assert_ok(ctx, gt_store_setting_get(ctx, store, "written", 0, &written));
    assert_true(r == 1 ? written == NULL : strtoll(written, NULL, 10) == r);
    gt_free(ctx, written);
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void sleep_us(long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    while (nanosleep(&t, &t) != 0 && errno == EINTR) {
    }
}

static void kill_at_fifty_moments(void **state)
{
    (void)state;
    char *dir = quick_dir();
    test_rng rng;
    int64_t acknowledged = 1, whole = 0;
    test_rng_seed(&rng, 2024);
    start(dir);
    for (int i = 0; i < 50; i++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)close(ends[0]);
            child_writes(dir, ends[1]);
        }
        (void)close(ends[1]);
        /* let it reach a revision, then strike anywhere in the next */
        int64_t r = 0;
        if (i % 2 == 0) {
            assert_int_equal(read(ends[0], &r, sizeof r), sizeof r);
            acknowledged = r;
        }
        sleep_us((long)(test_rng_next(&rng) % 60000));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(ends[0], &r, sizeof r) == sizeof r) {
            acknowledged = r;
        }
        (void)close(ends[0]);
        check_after_crash(dir, acknowledged);
        gt_ctx *ctx = test_ctx();
        gt_store *store = world_open(ctx, dir);
        whole += gt_store_revision(store) - acknowledged;
        acknowledged = gt_store_revision(store);
        gt_store_close(store);
        gt_ctx_free(ctx);
    }
    print_message("50 kills, newest revision %lld, whole but untold %lld\n",
                  (long long)acknowledged, (long long)whole);
    test_dir_remove(dir);
}

static void kill_while_creating(void **state)
{
    (void)state;
    test_rng rng;
    int there = 0;
    test_rng_seed(&rng, 7);
    for (int i = 0; i < 30; i++) {
        char *dir = quick_dir();
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            gt_ctx *ctx = test_ctx();
            (void)world_new(ctx, test_path(dir, "w"));
            _exit(0);
        }
        sleep_us(1L << (test_rng_next(&rng) % 17)); /* 1 us to 65 ms: any machine, any disk */
        (void)kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        gt_ctx *ctx = test_ctx();
        gt_store *store = NULL;
        gt_status st = gt_store_open(ctx, test_path(dir, "w"), NULL, &store);
        if (st == GT_OK) { /* whole */
            there++;
            assert_ok(ctx, gt_store_verify(ctx, store));
        } else { /* not there at all: can be made now */
            assert_fails(ctx, st, GT_E_NOT_FOUND, "store.no-workspace");
            store = world_new(ctx, test_path(dir, "w"));
        }
        char left[4200];
        (void)snprintf(left, sizeof left, "%s/w/.onemap-%ld.gpkg", dir, (long)child);
        assert_int_not_equal(access(left, F_OK), 0); /* no leftovers */
        gt_store_close(store);
        gt_ctx_free(ctx);
        test_dir_remove(dir);
    }
    print_message("%d of 30 were made before the kill\n", there);
}

/* ---- two processes
 * -------------------------------------------------------------------------------- */

static void two_writers_take_turns(void **state)
{
    (void)state;
    enum { WRITERS = 3, REVISIONS = 12 };
    char *dir = quick_dir();
    pid_t children[WRITERS];
    start(dir);
    for (int w = 0; w < WRITERS; w++) {
        children[w] = fork();
        assert_true(children[w] >= 0);
        if (children[w] == 0) {
            gt_ctx *ctx = test_ctx();
            gt_store *store = world_open(ctx, dir);
            for (int i = 0; i < REVISIONS; i++) {
                char id[32];
                (void)snprintf(id, sizeof id, "w%d-%d", w, i);
                gt_commit *c = world_begin(ctx, store);
                assert_ok(ctx, world_put_box(ctx, c, "parcels", id, world_box(i * 10, w * 10, 9), i,
                                             GT_DATE_NONE));
                assert_ok(ctx, world_put_box(ctx, c, "parcels", "shared", world_box(0, 99, 1),
                                             w * 100 + i, GT_DATE_NONE));
                (void)world_finish(ctx, c);
            }
            gt_store_close(store);
            _exit(0);
        }
    }
    for (int w = 0; w < WRITERS; w++) {
        int status = 0;
        assert_int_equal(waitpid(children[w], &status, 0), children[w]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    gt_ctx *ctx = test_ctx();
    gt_store *store = world_open(ctx, dir);
    gt_layer_info info;
    assert_int_equal(gt_store_revision(store), 1 + WRITERS * REVISIONS);
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_int_equal(info.n_features, WRITERS * REVISIONS + 1);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void a_second_writer_is_told_to_wait(void **state)
{
    (void)state;
    char *dir = quick_dir();
    int ends[2];
    start(dir);
    gt_ctx *ctx = test_ctx();
    gt_store *store = world_open(ctx, dir);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork(); /* before the commit: a database must not cross a fork */
    assert_true(child >= 0);
    if (child == 0) {
        char byte = 0;
        gt_ctx *own = test_ctx();
        if (read(ends[0], &byte, 1) != 1) {
            _exit(3);
        }
        gt_store *other = world_open(own, dir);
        gt_commit *c = NULL;
        gt_commit_info info = {.author = "b", .message = "m", .expect_revision = -1};
        gt_status st = gt_commit_begin(own, other, &info, &c);
        bool told = st == GT_E_CONFLICT && strcmp(gt_error_id(own), "store.busy") == 0;
        _exit(told ? 0 : 1);
    }
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "a", world_box(0, 0, 1), 1, D2018));
    assert_int_equal(write(ends[1], "x", 1), 1);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(world_finish(ctx, c), 2); /* the first is not disturbed */
    (void)close(ends[0]);
    (void)close(ends[1]);
    gt_store_close(store);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void readers_see_whole_revisions_only(void **state)
{
    (void)state;
    char *dir = quick_dir();
    start(dir);
    gt_ctx *ctx = test_ctx();
    gt_store *store = world_open(ctx, dir), *reader = world_open(ctx, dir);
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = false, changed = true;
    write_revision(ctx, store);
    assert_int_equal(gt_store_revision(reader), 1);
    assert_ok(ctx, gt_store_refresh(ctx, reader, &changed));
    assert_true(changed);
    assert_int_equal(gt_store_revision(reader), 2);
    assert_ok(ctx, gt_store_refresh(ctx, reader, &changed));
    assert_false(changed);
    /* a scan that was begun before a revision sees the map of before to its end */
    gt_query_init(&q, "parcels");
    assert_ok(ctx, gt_scan_open(ctx, reader, &q, &scan));
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    write_revision(ctx, store);
    int64_t n = 1;
    for (;; n++) {
        assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
        if (!more) {
            break;
        }
        assert_int_equal(f.values[1].integer, 2);
    }
    assert_int_equal(n, ROWS);
    gt_scan_close(scan);
    /* within one store: what is not finished is not seen */
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "f1", world_box(0, 0, 1), 77, GT_DATE_NONE));
    q.id = "f1";
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_int_equal(f.values[1].integer, 3);
    gt_scan_close(scan);
    world_finish(ctx, c);
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_int_equal(f.values[1].integer, 77);
    gt_scan_close(scan);
    gt_store_close(reader);
    gt_store_close(store);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- allocations that fail
 * -------------------------------------------------------------------------- */

static gt_status whole_story(gt_ctx *ctx, const char *dir)
{
    gt_store *store = NULL;
    gt_commit *c = NULL;
    gt_scan *scan = NULL;
    gt_store_options o;
    gt_commit_info info = {.author = "a", .message = "m", .expect_revision = -1};
    gt_standard s = world_standard("parcels");
    gt_feature f;
    gt_query q;
    bool more = false;
    gt_store_options_init(&o);
    o.crs = "EPSG:4548";
    gt_status st = gt_store_create(ctx, dir, &o, &store);
    st = st == GT_OK ? gt_commit_begin(ctx, store, &info, &c) : st;
    st = st == GT_OK ? gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY) : st;
    for (int i = 0; st == GT_OK && i < 3; i++) {
        st = world_put_box(ctx, c, "parcels",
                           i == 0   ? "a"
                           : i == 1 ? "b"
                                    : NULL,
                           world_box(i, 0, 1), i, D2018);
    }
    st = st == GT_OK ? gt_commit_setting_set(ctx, c, "package", "p") : st;
    if (st == GT_OK) {
        st = gt_commit_finish(ctx, c, NULL);
        c = NULL;
    }
    st = st == GT_OK ? gt_commit_begin(ctx, store, &info, &c) : st;
    st = st == GT_OK ? gt_commit_replace_layer(ctx, c, "parcels", D2018 + 9) : st;
    st = st == GT_OK ? world_put_box(ctx, c, "parcels", "a", world_box(0, 0, 2), 5, GT_DATE_NONE)
                     : st;
    if (st == GT_OK) {
        st = gt_commit_finish(ctx, c, NULL);
        c = NULL;
    }
    gt_commit_abort(c);
    gt_query_init(&q, "parcels");
    q.as_of_date = D2018;
    st = st == GT_OK ? gt_scan_open(ctx, store, &q, &scan) : st;
    st = st == GT_OK ? gt_scan_next(ctx, scan, &f, &more) : st;
    gt_scan_close(scan);
    st = st == GT_OK ? gt_store_verify(ctx, store) : st;
    gt_store_close(store);
    return st;
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    long n = 0;
    for (;; n++) {
        long left = n;
        char *dir = quick_dir();
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_status st = whole_story(ctx, dir);
        bool failed = left < 0;
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        if (!failed) {
            assert_ok(ctx, st);
        } else {
            assert_int_equal(st, GT_E_MEMORY);
            assert_true(gt_failed(ctx));
            gt_error_clear(ctx);
        }
        gt_ctx_free(ctx);
        test_dir_remove(dir);
        if (!failed) {
            break;
        }
    }
    print_message("%ld allocations failed in turn\n", n);
    assert_true(n > 100);
}

/* SQLite's own memory, through a hard limit. */
static void sqlite_out_of_memory_is_told(void **state)
{
    (void)state;
    char *dir = quick_dir();
    start(dir);
    int told = 0;
    for (sqlite3_int64 limit = 200000; limit < 3000000; limit += 50000) {
        gt_ctx *ctx = test_ctx();
        gt_store *store = NULL;
        gt_commit *c = NULL;
        gt_commit_info info = {.author = "a", .message = "m", .expect_revision = -1};
        (void)sqlite3_hard_heap_limit64(limit);
        gt_status st = gt_store_open(ctx, dir, NULL, &store);
        st = st == GT_OK ? gt_commit_begin(ctx, store, &info, &c) : st;
        for (int i = 0; st == GT_OK && i < 3000; i++) {
            char id[32];
            (void)snprintf(id, sizeof id, "f%d", i);
            st = world_put_box(ctx, c, "parcels", id, world_box(i, 0, 1), i, D2018);
        }
        gt_commit_abort(c);
        gt_store_close(store);
        (void)sqlite3_hard_heap_limit64(0);
        if (st != GT_OK) {
            told++;
            assert_fails(ctx, st, GT_E_MEMORY, "base.system");
        }
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    assert_true(told > 2);
    check_after_crash(dir, 1);
    test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill_at_fifty_moments),
        cmocka_unit_test(kill_while_creating),
        cmocka_unit_test(two_writers_take_turns),
        cmocka_unit_test(a_second_writer_is_told_to_wait),
        cmocka_unit_test(readers_see_whole_revisions_only),
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(sqlite_out_of_memory_is_told),
    };
    return cmocka_run_group_tests_name("store.crash", tests, NULL, NULL);
}
