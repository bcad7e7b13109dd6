/* The file of a stored weave when the world breaks: disks that fill, processes that die in the
 * middle of a write, two at once. Whatever happens, the next update gives what a full weave gives.
 * And: polygons from woven layers when memory runs out. */
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "coverage/meet.h"
#include "guotu/coverage.h"
#include "guotu/notes.h"
#include "support/store.h"

#define SIZE 2000.0
enum { ACROSS = 20 };

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
    test_rng rng;
} town;

static double real(town *t)
{
    return test_rng_real(&t->rng);
}

static void put(town *t, gt_commit *c, const char *layer, int i, const double box[4],
                gt_value value, int year)
{
    char id[32];
    (void)snprintf(id, sizeof id, "%s%d", layer, i);
    test_put_box(t->ctx, c, layer, id, box, value, gt_date_from_ymd(year, 12, 31));
}

static void put_field(town *t, gt_commit *c, int i)
{
    double x = SIZE * real(t), y = SIZE * real(t);
    const double box[4] = {x, y, x + 20 + 200 * real(t), y + 20 + 200 * real(t)};
    put(t, c, "basic_farmland", i, box, (gt_value){.kind = GT_VAL_INT, .integer = i % 5}, 2019);
}

static void edit(town *t)
{
    gt_commit *c = test_begin(t->ctx, t->store);
    int first = (int)(5 * real(t));
    for (int i = first; i < 60; i += 5) {
        put_field(t, c, i);
    }
    (void)test_finish(t->ctx, c);
}

static void put_survey(town *t, gt_commit *c, int year)
{
    double side = SIZE / ACROSS;
    for (int i = 0; i < ACROSS * ACROSS; i++) {
        double x = (i % ACROSS) * side, y = (i / ACROSS) * side;
        double move = i % ACROSS == 3 && year == 2020 ? 17.5 : 0;
        const double box[4] = {x, y, x + side + move, y + side};
        put(t, c, "land_use", i, box, test_text((i + year) % 3 == 0 ? "0701" : "0103"), year);
    }
}

static int setup(void **state)
{
    static const double west[4] = {0, 0, 1030.123, SIZE}, east[4] = {1030.123, 0, SIZE, SIZE};
    town *t = calloc(1, sizeof *t);
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_rng_seed(&t->rng, 17);
    test_store_open(t->ctx, t->dir, "tests/check/package", &t->package, &t->store);
    gt_commit *c = test_begin(t->ctx, t->store);
    test_define_layers(t->ctx, c, t->package, GT_ORIGIN_GENERATED);
    put(t, c, "districts", 0, west, test_text("西区"), 2019);
    put(t, c, "districts", 1, east, test_text("东区"), 2019);
    put_survey(t, c, 2019);
    for (int i = 0; i < 60; i++) {
        put_field(t, c, i);
    }
    (void)test_finish(t->ctx, c);
    c = test_begin(t->ctx, t->store);
    put_survey(t, c, 2020);
    (void)test_finish(t->ctx, c);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    town *t = *state;
    test_store_shut(t->ctx, t->dir, t->package, t->store);
    free(t);
    return 0;
}

static gt_stored_options cells(bool full)
{
    gt_stored_options o;
    gt_stored_options_init(&o);
    o.side = 128;
    o.full = full;
    return o;
}

static void digest_after(town *t, bool full, unsigned char out[32])
{
    gt_stored_options o = cells(full);
    assert_ok(t->ctx, gt_stored_update(t->ctx, t->store, t->package, &o, NULL));
    assert_ok(t->ctx, gt_stored_digest(t->ctx, t->store, t->package, &o, out));
}

/* Another process: opens the workspace itself, brings the weave up to date `times` times. Returns
 * its exit code there, never here. */
static pid_t elsewhere(town *t, int times, bool full, rlim_t most_bytes)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid != 0) {
        return pid;
    }
    struct rlimit limit = {most_bytes, most_bytes};
    (void)signal(SIGXFSZ, SIG_IGN);
    if (most_bytes != RLIM_INFINITY) {
        (void)setrlimit(RLIMIT_FSIZE, &limit);
    }
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_store *store = NULL;
    gt_store_options so;
    gt_store_options_init(&so);
    so.read_only = true;
    gt_status st = gt_store_open(ctx, test_path(t->dir, "w"), &so, &store);
    for (int i = 0; st == GT_OK && i < times; i++) {
        gt_stored_options o = cells(full || i % 2 == 1);
        st = gt_stored_update(ctx, store, t->package, &o, NULL);
    }
    _exit(st == GT_OK ? 0 : st == GT_E_ENV ? 4 : 5);
}

static int ended(pid_t pid)
{
    int status = 0;
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Every write may be the one that does not fit: an error, the old state stands. */
static void a_disk_that_fills_leaves_the_old_one(void **state)
{
    town *t = *state;
    unsigned char want[32], got[32];
    gt_stored_options o = cells(false);
    int failed = 0, passed = 0;
    digest_after(t, true, want);
    edit(t);
    for (rlim_t most = 0; most < 4000000; most += 1 + most / 5) {
        unsigned char before[32], after[32];
        assert_ok(t->ctx, gt_stored_digest(t->ctx, t->store, t->package, &o, before));
        int code = ended(elsewhere(t, 1, failed % 2 == 1, most));
        assert_true(code == 0 || code == 4);
        assert_ok(t->ctx, gt_stored_digest(t->ctx, t->store, t->package, &o, after));
        assert_true(code == 0 || memcmp(before, after, sizeof after) == 0);
        failed += code != 0;
        passed += code == 0;
    }
    assert_true(failed > 20 && passed > 0);
    digest_after(t, false, got);
    digest_after(t, true, want);
    assert_memory_equal(got, want, sizeof got);
}

static void wait_us(long us)
{
    struct timespec left = {us / 1000000, us % 1000000 * 1000};
    (void)nanosleep(&left, NULL);
}

/* Killed at any moment, an update leaves a whole state, old or new. */
static void a_killed_update_leaves_a_whole_state(void **state)
{
    town *t = *state;
    int killed = 0;
    for (int round = 0; round < 30; round++) {
        unsigned char got[32], want[32];
        gt_stored_options o = cells(false);
        edit(t);
        pid_t pid = elsewhere(t, 1000, round % 3 == 0, RLIM_INFINITY);
        wait_us((long)(2000 + 40000 * real(t)));
        (void)kill(pid, SIGKILL);
        killed += ended(pid) == -SIGKILL;
        assert_ok(t->ctx, gt_stored_digest(t->ctx, t->store, t->package, &o, got));
        digest_after(t, false, got);
        digest_after(t, true, want);
        assert_memory_equal(got, want, sizeof got);
    }
    assert_true(killed > 20);
}

/* Two processes and this one, all at the same file: they wait for each other. */
static void three_at_once_agree(void **state)
{
    town *t = *state;
    for (int round = 0; round < 5; round++) {
        unsigned char got[32], want[32];
        edit(t);
        pid_t a = elsewhere(t, 6, false, RLIM_INFINITY), b = elsewhere(t, 6, true, RLIM_INFINITY);
        digest_after(t, false, got);
        assert_int_equal(ended(a), 0);
        assert_int_equal(ended(b), 0);
        digest_after(t, true, want);
        assert_memory_equal(got, want, sizeof got);
    }
}

/* ---- polygons when memory runs out -------------------------------------------------------------
 */

static gt_status count_place(gt_ctx *ctx, void *user, const gt_place_found *p)
{
    (void)ctx;
    *(double *)user += p->m2;
    return GT_OK;
}

static gt_status count_fault(gt_ctx *ctx, void *user, const gt_weave_finding *f, const char *a,
                             const char *b)
{
    (void)ctx;
    (void)a;
    (void)b;
    *(double *)user += f->m2;
    return GT_OK;
}

static gt_status ask(gt_ctx *ctx, const town *t, gt_store *store, int which, double *m2)
{
    const gt_part parts[] = {{.layer = "land_use", .as_of = GT_DATE_NONE},
                             {.layer = "basic_farmland", .as_of = GT_DATE_NONE},
                             {.layer = "districts", .as_of = GT_DATE_NONE}};
    gt_transition_options o;
    *m2 = 0;
    gt_transition_options_init(&o);
    o.from = gt_date_from_ymd(2019, 12, 31);
    o.to = gt_date_from_ymd(2020, 12, 31);
    switch (which) {
    case 0:
        return gt_conflicts(ctx, store, t->package, parts, 3, 0, count_place, m2);
    case 1:
        return gt_atoms(ctx, store, t->package, parts, 3, "dlbm = '0103' AND m2 > 1", count_place,
                        m2);
    case 2:
        return gt_coverage_faults(ctx, store, t->package, &parts[0], 0.05, count_fault, m2);
    default:
        return gt_transition_places(ctx, store, t->package, "land_use", &o, count_place, m2);
    }
}

static void memory_that_runs_out_is_told(void **state)
{
    town *t = *state;
    for (int which = 0; which < 4; which++) {
        double want = 0, got = 0;
        int failed = 0;
        assert_ok(t->ctx, ask(t->ctx, t, t->store, which, &want));
        assert_true(want > 0);
        for (long n = 0, done = 0; !done; n += 1 + n / 5) {
            long left = LONG_MAX;
            gt_ctx *other = test_ctx_failing(&left);
            gt_store *again = NULL;
            assert_ok(other, gt_store_open(other, test_path(t->dir, "w"), NULL, &again));
            left = n;
            gt_status st = ask(other, t, again, which, &got);
            left = LONG_MAX;
            done = st == GT_OK;
            failed += !done;
            assert_true(done || st == GT_E_MEMORY || st == GT_E_ENV);
            assert_true(!done || got == want);
            gt_store_close(again);
            gt_ctx_free(other);
        }
        assert_true(failed > 15);
    }
}

/* ---- large layers: only what meets another is held ----------------------------------------------
 */

typedef struct met {
    size_t n;
    double m2;
    char ids[400][2][32];
} met;

static gt_status keep_ids(gt_ctx *ctx, void *user, const gt_place_found *p)
{
    met *m = user;
    (void)ctx;
    assert_true(m->n < 400);
    (void)snprintf(m->ids[m->n][0], 32, "%s", p->features[0]);
    (void)snprintf(m->ids[m->n++][1], 32, "%s", p->features[1]);
    m->m2 += p->m2;
    return GT_OK;
}

/* Rows marked are those of the places found the other way, filters and dates counted. */
static void features_that_meet_are_found(void **state)
{
    town *t = *state;
    static const gt_date day = 18261; /* 2019-12-31 */
    const gt_part parts[] = {{"basic_farmland", "grade > 1", GT_DATE_NONE},
                             {"land_use", "dlbm = '0701'", day}};
    met *m = calloc(1, sizeof *m);
    gt_rows rows[2];
    bool pays = true;
    assert_int_equal(day, gt_date_from_ymd(2019, 12, 31));
    assert_ok(t->ctx, gt_meet_pays(t->ctx, t->store, parts, 2, &pays));
    assert_false(pays);
    assert_ok(t->ctx, gt_conflicts(t->ctx, t->store, t->package, parts, 2, 0, keep_ids, m));
    assert_ok(t->ctx, gt_meet_rows(t->ctx, t->store, t->package, parts, 2, rows));
    assert_true(m->n > 20);
    for (size_t k = 0; k < 2; k++) {
        gt_scan *scan = NULL;
        gt_query q;
        bool more = true;
        size_t marked = 0;
        gt_query_init(&q, parts[k].layer);
        q.as_of_date = parts[k].as_of;
        assert_ok(t->ctx, gt_scan_open(t->ctx, t->store, &q, &scan));
        for (;;) {
            gt_feature f;
            bool listed = false;
            assert_ok(t->ctx, gt_scan_next(t->ctx, scan, &f, &more));
            if (!more) {
                break;
            }
            for (size_t i = 0; i < m->n && !listed; i++) {
                listed = strcmp(m->ids[i][k], f.id) == 0;
            }
            assert_true(!listed || gt_rows_has(&rows[k], f.row));
            marked += gt_rows_has(&rows[k], f.row);
        }
        gt_scan_close(scan);
        assert_true(marked > 5 && marked < 300);
        assert_false(gt_rows_has(&rows[k], 100000));
        gt_rows_free(t->ctx, &rows[k]);
    }
    free(m);
}

/* The same places under a ceiling that cannot hold the layers, or any other way. */
static void a_ceiling_does_not_change_conflicts(void **state)
{
    town *t = *state;
    const gt_part parts[] = {{"basic_farmland", NULL, GT_DATE_NONE},
                             {"districts", NULL, GT_DATE_NONE},
                             {"land_use", "dlbm = '0701'", GT_DATE_NONE}};
    met *want = calloc(1, sizeof *want), *got = calloc(1, sizeof *got);
    gt_ctx_options o;
    gt_store *again = NULL;
    bool pays = false;
    assert_ok(t->ctx, gt_conflicts(t->ctx, t->store, t->package, parts, 3, 1, keep_ids, want));
    gt_ctx_options_init(&o);
    o.memory_ceiling = (size_t)5 << 19; /* 2.5 MiB */
    gt_ctx *small = gt_ctx_new(&o);
    assert_ok(small, gt_store_open(small, test_path(t->dir, "w"), NULL, &again));
    assert_ok(small, gt_meet_pays(small, again, parts, 3, &pays));
    assert_true(pays);
    assert_ok(small, gt_conflicts(small, again, t->package, parts, 3, 1, keep_ids, got));
    assert_int_equal(got->n, want->n);
    assert_near(got->m2, want->m2, 1e-6 * want->m2);
    assert_memory_equal(got->ids, want->ids, sizeof got->ids);
    gt_store_close(again);
    gt_ctx_free(small);
    free(want);
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_that_fills_leaves_the_old_one),
        cmocka_unit_test(a_killed_update_leaves_a_whole_state),
        cmocka_unit_test(three_at_once_agree),
        cmocka_unit_test(memory_that_runs_out_is_told),
        cmocka_unit_test(features_that_meet_are_found),
        cmocka_unit_test(a_ceiling_does_not_change_conflicts),
    };
    return cmocka_run_group_tests_name("coverage.vault", tests, setup, teardown);
}
