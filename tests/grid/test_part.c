/* The file a grid gathers in: never two of a kind left, never one taken from a maker that lives. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "grid/part.h"
#include "guotu/grid.h"
#include "support/support.h"

typedef struct fixture {
    gt_ctx *ctx;
    char *dir;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->dir = test_dir();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    const size_t left = gt_ctx_memory_used(f->ctx);
    gt_ctx_free(f->ctx);
    test_dir_remove(f->dir);
    free(f);
    return left == 0 ? 0 : -1;
}

static bool there(fixture *f, const char *name)
{
    struct stat st;
    return lstat(test_path(f->dir, name), &st) == 0;
}

static void only_parts_of_this_name_that_nobody_holds(void **state)
{
    fixture *f = *state;
    static const char *const kept[] = {
        "a.tif",        "a.tif.part", "a.tif.part-12345", "b.tif.part-123456", "a.tif.part-1234567",
        "a.part-123456"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        test_write_file(test_path(f->dir, kept[i]), "x", 1);
    }
    test_write_file(test_path(f->dir, "a.tif.part-Abc123"), "x", 1);
    char *part = NULL;
    int fd = -1;
    assert_ok(f->ctx, grid_part_make(f->ctx, test_path(f->dir, "a.tif"), &part, &fd));
    assert_false(there(f, "a.tif.part-Abc123"));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        assert_true(there(f, kept[i]));
    }
    gt_grid_clear_parts(f->dir); /* of every name; ours is held */
    assert_false(there(f, "b.tif.part-123456"));
    assert_int_equal(access(part, W_OK), 0);
    grid_part_done(fd);
    gt_grid_clear_parts(f->dir);
    assert_int_not_equal(access(part, F_OK), 0);
    (void)close(fd);
    gt_free(f->ctx, part);
}

static void two_makers_of_one_name(void **state)
{
    fixture *f = *state;
    char *one = NULL, *two = NULL;
    int fd_one = -1, fd_two = -1;
    const char *path = test_path(f->dir, "g.tif");
    assert_ok(f->ctx, grid_part_make(f->ctx, path, &one, &fd_one));
    assert_ok(f->ctx, grid_part_make(f->ctx, path, &two, &fd_two));
    assert_string_not_equal(one, two);
    assert_int_equal(access(one, F_OK), 0);
    (void)close(fd_one);
    (void)close(fd_two);
    gt_free(f->ctx, one);
    gt_free(f->ctx, two);
}

static void a_killed_maker_leaves_nothing(void **state)
{
    fixture *f = *state;
    const char *path = test_path(f->dir, "g.tif");
    int tube[2];
    assert_int_equal(pipe(tube), 0);
    const pid_t child = fork();
    if (child == 0) {
        char *part = NULL;
        int fd = -1;
        const bool ok = grid_part_make(f->ctx, path, &part, &fd) == GT_OK;
        (void)!write(tube[1], ok ? part : "", ok ? strlen(part) + 1 : 0);
        (void)pause();
        _exit(0);
    }
    char part[512] = "";
    assert_true(read(tube[0], part, sizeof part) > 0);
    gt_grid_clear_parts(f->dir);
    assert_int_equal(access(part, F_OK), 0); /* it lives */
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    gt_grid_clear_parts(f->dir);
    assert_int_not_equal(access(part, F_OK), 0);
    (void)close(tube[0]);
    (void)close(tube[1]);
}

static void places_that_cannot_be_written(void **state)
{
    fixture *f = *state;
    char *part = NULL;
    int fd = -1;
    assert_fails(f->ctx, grid_part_make(f->ctx, test_path(f->dir, "no/g.tif"), &part, &fd),
                 GT_E_ENV, NULL);
    assert_null(part);
    gt_grid_clear_parts(test_path(f->dir, "no")); /* a folder that is not there: nothing to do */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_parts_of_this_name_that_nobody_holds, setup, teardown),
        cmocka_unit_test_setup_teardown(two_makers_of_one_name, setup, teardown),
        cmocka_unit_test_setup_teardown(a_killed_maker_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(places_that_cannot_be_written, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
