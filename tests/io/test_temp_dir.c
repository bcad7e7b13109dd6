/* Folders for the scratch of child processes: none stays behind for longer than its owner. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/temp_dir.h"
#include "support/support.h"

typedef struct fixture {
    gt_ctx *ctx;
    char *base;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->base = test_dir();
    *state = f;
    return setenv("TMPDIR", f->base, 1);
}

static int teardown(void **state)
{
    fixture *f = *state;
    const size_t left = gt_ctx_memory_used(f->ctx);
    gt_ctx_free(f->ctx);
    test_dir_remove(f->base);
    free(f);
    return left == 0 ? unsetenv("TMPDIR") : -1;
}

static bool there(fixture *f, const char *name)
{
    struct stat st;
    return lstat(test_path(f->base, name), &st) == 0;
}

static void make_old(fixture *f, const char *name)
{
    const struct timespec long_ago[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    assert_int_equal(utimensat(AT_FDCWD, test_path(f->base, name), long_ago, AT_SYMLINK_NOFOLLOW),
                     0);
}

static void make_folder(fixture *f, const char *name)
{
    assert_int_equal(mkdir(test_path(f->base, name), 0700), 0);
}

static void make_file(fixture *f, const char *name)
{
    const int fd = open(test_path(f->base, name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
}

static void made_and_removed(void **state)
{
    fixture *f = *state;
    gt_temp_dir d = {0};
    assert_ok(f->ctx, gt_temp_dir_make(f->ctx, &d));
    assert_int_equal(strncmp(d.path, f->base, strlen(f->base)), 0);
    assert_int_equal(access(d.path, W_OK), 0);
    gt_temp_dir other = {0};
    assert_ok(f->ctx, gt_temp_dir_make(f->ctx, &other));
    assert_string_not_equal(d.path, other.path);
    const char *name = strrchr(d.path, '/') + 1;
    char inside[300];
    (void)snprintf(inside, sizeof inside, "%s/part", name);
    make_file(f, inside);
    gt_temp_dir_remove(f->ctx, &d);
    assert_null(d.path);
    assert_int_equal(access(other.path, W_OK), 0);
    gt_temp_dir_remove(f->ctx, &other);
    gt_temp_dir_remove(f->ctx, &other); /* an empty one */
}

static void what_was_left_goes_and_nothing_else(void **state)
{
    fixture *f = *state;
    make_folder(f, "guotu-io-dead01");
    make_file(f, "guotu-io-dead01/big");
    make_old(f, "guotu-io-dead01");
    make_folder(f, "guotu-io-young1");
    make_folder(f, "guotu-io-inuse1");
    make_old(f, "guotu-io-inuse1");
    make_folder(f, "somebody-else");
    make_old(f, "somebody-else");
    make_file(f, "guotu-io-isfile");
    make_old(f, "guotu-io-isfile");
    assert_int_equal(symlink("somebody-else", test_path(f->base, "guotu-io-linked")), 0);
    make_old(f, "guotu-io-linked");
    const int held = open(test_path(f->base, "guotu-io-inuse1"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(held, LOCK_SH | LOCK_NB), 0);
    gt_temp_dir d = {0};
    assert_ok(f->ctx, gt_temp_dir_make(f->ctx, &d));
    assert_false(there(f, "guotu-io-dead01"));
    assert_true(there(f, "guotu-io-young1"));
    assert_true(there(f, "guotu-io-inuse1"));
    assert_true(there(f, "somebody-else"));
    assert_true(there(f, "guotu-io-isfile"));
    assert_true(there(f, "guotu-io-linked"));
    gt_temp_dir_remove(f->ctx, &d);
    (void)close(held);
}

/* A process that is killed cannot clean up; the next one does it. */
static void a_killed_owner_leaves_nothing_for_long(void **state)
{
    fixture *f = *state;
    int tube[2];
    assert_int_equal(pipe(tube), 0);
    const pid_t child = fork();
    if (child == 0) {
        gt_temp_dir mine = {0};
        const bool ok = gt_temp_dir_make(f->ctx, &mine) == GT_OK;
        const size_t n = ok ? strlen(mine.path) + 1 : 0;
        (void)!write(tube[1], ok ? mine.path : "", n);
        (void)pause();
        _exit(0);
    }
    char path[512] = "";
    assert_true(read(tube[0], path, sizeof path) > 0);
    const char *name = strrchr(path, '/') + 1;
    make_old(f, name);
    gt_temp_dir d = {0};
    assert_ok(f->ctx, gt_temp_dir_make(f->ctx, &d));
    assert_true(there(f, name)); /* its owner lives */
    gt_temp_dir_remove(f->ctx, &d);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_ok(f->ctx, gt_temp_dir_make(f->ctx, &d));
    assert_false(there(f, name));
    gt_temp_dir_remove(f->ctx, &d);
    (void)close(tube[0]);
    (void)close(tube[1]);
}

static void no_place_is_said(void **state)
{
    fixture *f = *state;
    assert_int_equal(setenv("TMPDIR", test_path(f->base, "not-there"), 1), 0);
    gt_temp_dir d = {.lock = -1};
    assert_fails(f->ctx, gt_temp_dir_make(f->ctx, &d), GT_E_ENV, NULL);
    assert_null(d.path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(made_and_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_left_goes_and_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(a_killed_owner_leaves_nothing_for_long, setup, teardown),
        cmocka_unit_test_setup_teardown(no_place_is_said, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
