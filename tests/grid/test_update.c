/* Grids put right in place: the cells, what is refused, readers that have the file open, and a kill
 * at every moment. The test's own pwrite, ftruncate and fdatasync stand before the library's: they
 * count, and end the process at the call that was chosen, in the middle of what it writes. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guotu/grid_ops.h"
#include "support/support.h"

/* ---- calls that may be the last -----------------------------------------------------------------
 */

static long calls_left = -1; /* -1: no end */

static bool last_call(void)
{
    return calls_left >= 0 && calls_left-- == 0;
}

static void die(void)
{
    (void)kill(getpid(), SIGKILL);
}

ssize_t pwrite(int fd, const void *from, size_t n, off_t at)
{
    bool last = last_call();
    ssize_t done = syscall(SYS_pwrite64, fd, from, last ? n / 2 : n, at);
    if (last) {
        die();
    }
    return done;
}

ssize_t pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
    bool last = last_call();
    ssize_t done = syscall(SYS_pwritev, fd, iov, last ? (n + 1) / 2 : n, at, 0);
    if (last) {
        die();
    }
    return done;
}

int ftruncate(int fd, off_t size)
{
    if (last_call()) {
        die();
    }
    return (int)syscall(SYS_ftruncate, fd, size);
}

int fdatasync(int fd)
{
    if (last_call()) {
        die();
    }
    return (int)syscall(SYS_fdatasync, fd);
}

/* ---- a small grid -------------------------------------------------------------------------------
 */

enum { COLS = 70, ROWS = 50, N = COLS * ROWS, TILE = 16 };

typedef struct field {
    gt_ctx *ctx;
    char *dir;
    char path[4096];
    gt_grid_spec spec;
} field;

static const gt_grid_item OLD_ITEM = {"made", "first"}, NEW_ITEM = {"made", "then & again"};

static void put(field *f, gt_grid_packing packing, int overviews)
{
    gt_grid *g = NULL;
    float v[N];
    const gt_window all = {0, 0, COLS, ROWS};
    gt_grid_spec s = f->spec;
    for (int i = 0; i < N; i++) {
        v[i] = (float)i;
    }
    s.packing = packing;
    s.overviews = overviews;
    s.items = &OLD_ITEM;
    assert_ok(f->ctx, gt_grid_create(f->ctx, f->path, &s, &g));
    assert_ok(f->ctx, gt_grid_write(f->ctx, g, &all, GT_CELL_F32, v, COLS));
    assert_ok(f->ctx, gt_grid_finish(f->ctx, g));
    gt_grid_close(f->ctx, g);
}

static void field_new(field *f)
{
    f->ctx = test_ctx_threads(1);
    f->dir = test_dir();
    (void)snprintf(f->path, sizeof f->path, "%s", test_path(f->dir, "g.tif"));
    gt_grid_spec_init(&f->spec);
    f->spec.n_cols = COLS;
    f->spec.n_rows = ROWS;
    f->spec.x_west = 500000.5;
    f->spec.y_north = 4400000;
    f->spec.cell_x = f->spec.cell_y = 10;
    f->spec.crs = "EPSG:4548";
    f->spec.tile = TILE;
    f->spec.items = &NEW_ITEM;
    f->spec.n_items = 1;
    put(f, GT_GRID_PLAIN, 0);
}

static void field_free(field *f)
{
    test_dir_remove(f->dir);
    gt_ctx_free(f->ctx);
}

static void get(gt_ctx *ctx, gt_grid *g, float v[N])
{
    const gt_window all = {0, 0, COLS, ROWS};
    assert_ok(ctx, gt_grid_read(ctx, g, &all, GT_CELL_F32, v, COLS));
}

static const gt_window EDIT = {14, 20, 20, 9}; /* parts of six tiles, none whole */

/* The update of every test: cells of EDIT become negative. */
static gt_status edit(field *f, gt_grid *g)
{
    float v[20 * 9];
    for (int i = 0; i < 20 * 9; i++) {
        v[i] = -1 - (float)i;
    }
    gt_status st = gt_grid_write(f->ctx, g, &EDIT, GT_CELL_F32, v, 20);
    return st == GT_OK ? gt_grid_finish(f->ctx, g) : st;
}

static bool edited(int col, int row)
{
    return col >= EDIT.col && col < EDIT.col + EDIT.n_cols && row >= EDIT.row &&
           row < EDIT.row + EDIT.n_rows;
}

static float wanted(int i, bool new)
{
    int col = i % COLS, row = i / COLS;
    return new &&edited(col, row) ? (float)(-1 - ((row - EDIT.row) * 20 + col - EDIT.col))
                                  : (float)i;
}

/* All old or all new, items with the cells. Returns which. */
static bool assert_whole(field *f)
{
    gt_grid *g = NULL;
    float v[N];
    assert_ok(f->ctx, gt_grid_open(f->ctx, f->path, &g));
    get(f->ctx, g, v);
    bool new = v[EDIT.row * COLS + EDIT.col] < 0;
    for (int i = 0; i < N; i++) {
        assert_true(v[i] == wanted(i, new));
    }
    assert_string_equal(gt_grid_item_value(g, "made"), new ? NEW_ITEM.value : OLD_ITEM.value);
    assert_true(gt_grid_facts(g)->x_west == f->spec.x_west);
    gt_grid_close(f->ctx, g);
    return new;
}

static off_t size_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

/* ---- cases --------------------------------------------------------------------------------------
 */

static void cells_change_in_place(void **state)
{
    field f;
    gt_grid *g = NULL, *reader = NULL;
    struct stat before, after;
    float v[N];
    (void)state;
    field_new(&f);
    assert_int_equal(stat(f.path, &before), 0);
    assert_ok(f.ctx, gt_grid_open(f.ctx, f.path, &reader));
    assert_ok(f.ctx, gt_grid_update(f.ctx, f.path, &f.spec, &g));
    assert_non_null(g);
    get(f.ctx, g, v); /* an update can be read */
    assert_true(v[N - 1] == (float)(N - 1));
    assert_false(assert_whole(&f));
    assert_ok(f.ctx, edit(&f, g));
    get(f.ctx, g, v);
    assert_true(v[EDIT.row * COLS + EDIT.col] == -1);
    gt_grid_close(f.ctx, g);
    assert_true(assert_whole(&f));
    assert_int_equal(stat(f.path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_true(after.st_size - before.st_size < 4096 + 6 * TILE * TILE * 4 + 4096);
    get(f.ctx, reader, v); /* who had it open goes on with the old cells */
    for (int i = 0; i < N; i++) {
        assert_true(v[i] == (float)i);
    }
    gt_grid_close(f.ctx, reader);
    field_free(&f);
}

static void without_finish_as_before(void **state)
{
    field f;
    gt_grid *g = NULL;
    float v = -5;
    const gt_window one = {3, 3, 1, 1};
    (void)state;
    field_new(&f);
    off_t size = size_of(f.path);
    assert_ok(f.ctx, gt_grid_update(f.ctx, f.path, &f.spec, &g));
    assert_ok(f.ctx, gt_grid_write(f.ctx, g, &one, GT_CELL_F32, &v, 1));
    gt_grid_close(f.ctx, g);
    assert_false(assert_whole(&f));
    assert_true(size_of(f.path) == size);
    /* nothing written, but finished: the items alone */
    assert_ok(f.ctx, gt_grid_update(f.ctx, f.path, &f.spec, &g));
    assert_ok(f.ctx, gt_grid_finish(f.ctx, g));
    gt_grid_close(f.ctx, g);
    assert_ok(f.ctx, gt_grid_open(f.ctx, f.path, &g));
    assert_string_equal(gt_grid_item_value(g, "made"), NEW_ITEM.value);
    assert_ok(f.ctx, gt_grid_at(f.ctx, g, 3, 3, &(double){0}));
    gt_grid_close(f.ctx, g);
    field_free(&f);
}

static void assert_refused(field *f, const gt_grid_spec *spec)
{
    gt_grid *g = NULL;
    off_t size = size_of(f->path);
    assert_ok(f->ctx, gt_grid_update(f->ctx, f->path, spec, &g));
    assert_null(g);
    assert_true(size_of(f->path) == size);
}

static void what_cannot_be_is_refused(void **state)
{
    field f;
    gt_grid *g = NULL, *second = NULL;
    (void)state;
    field_new(&f);
    gt_grid_spec s = f.spec;
    s.n_cols--;
    assert_refused(&f, &s);
    s = f.spec;
    s.x_west += 1;
    assert_refused(&f, &s);
    s = f.spec;
    s.type = GT_CELL_F64;
    assert_refused(&f, &s);
    s = f.spec;
    s.tile = 32;
    assert_refused(&f, &s);
    s = f.spec;
    s.nodata = -9999;
    assert_refused(&f, &s);
    s = f.spec;
    s.crs = "EPSG:4547";
    assert_refused(&f, &s);
    s.crs = NULL;
    assert_refused(&f, &s);
    s = f.spec;
    s.packing = GT_GRID_ZSTD;
    assert_refused(&f, &s);
    assert_ok(f.ctx, gt_grid_update(f.ctx, f.path, &f.spec, &g)); /* one at a time */
    assert_ok(f.ctx, gt_grid_update(f.ctx, f.path, &f.spec, &second));
    assert_null(second);
    gt_grid_close(f.ctx, g);
    put(&f, GT_GRID_ZSTD, 0);
    assert_refused(&f, &f.spec);
    put(&f, GT_GRID_PLAIN, 1);
    assert_refused(&f, &f.spec);
    test_write_file(f.path, "II+ no grid", 11);
    assert_true(gt_grid_update(f.ctx, f.path, &f.spec, &g) != GT_OK);
    gt_error_clear(f.ctx);
    assert_int_equal(unlink(f.path), 0);
    assert_int_equal(gt_grid_update(f.ctx, f.path, &f.spec, &g), GT_E_NOT_FOUND);
    gt_error_clear(f.ctx);
    assert_null(g);
    field_free(&f);
}

/* Each update leaves what it replaced; at half of the cells the file is to be made anew. */
static void a_file_does_not_grow_for_ever(void **state)
{
    field f;
    gt_grid *g = NULL;
    int turns = 0;
    (void)state;
    field_new(&f);
    off_t first = size_of(f.path);
    for (; turns < 100; turns++) {
        assert_ok(f.ctx, gt_grid_update(f.ctx, f.path, &f.spec, &g));
        if (g == NULL) {
            break;
        }
        assert_ok(f.ctx, edit(&f, g));
        gt_grid_close(f.ctx, g);
        assert_true(assert_whole(&f));
    }
    assert_true(turns >= 1 && turns < 20);
    assert_true(size_of(f.path) < 2 * first);
    field_free(&f);
}

/* A kill at every call that writes; then the update again, on what the kill left. */
static void a_kill_at_any_moment(void **state)
{
    bool done = false;
    int old = 0, new = 0;
    (void)state;
    for (long n = 0; !done; n++) {
        field f;
        int how = 0;
        assert_true(n < 1000);
        field_new(&f);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            gt_grid *g = NULL;
            calls_left = n;
            bool good = gt_grid_update(f.ctx, f.path, &f.spec, &g) == GT_OK && g != NULL &&
                        edit(&f, g) == GT_OK;
            calls_left = -1;
            _exit(good ? 0 : 1);
        }
        assert_true(waitpid(child, &how, 0) == child);
        done = WIFEXITED(how) && WEXITSTATUS(how) == 0;
        assert_true(done || (WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL));
        if (assert_whole(&f)) {
            new ++;
        } else {
            gt_grid *g = NULL;
            old++;
            assert_ok(f.ctx, gt_grid_update(f.ctx, f.path, &f.spec, &g));
            if (g != NULL) {
                assert_ok(f.ctx, edit(&f, g));
                gt_grid_close(f.ctx, g);
                assert_true(assert_whole(&f));
            }
        }
        field_free(&f);
    }
    assert_true(old > 10);
    assert_true(new >= 1);
}

/* ---- walks that are restricted ------------------------------------------------------------------
 */

static void walks_keep_to_the_windows(void **state)
{
    static const gt_window windows[] = {{0, 0, 20, 20}, {10, 10, 30, 17}, {69, 49, 1, 1}};
    field f;
    gt_grid *dem = NULL, *out = NULL;
    const char *names[] = {"a"};
    float v[N];
    (void)state;
    for (int update = 0; update < 2; update++) {
        field_new(&f);
        assert_ok(f.ctx, gt_grid_open(f.ctx, f.path, &dem));
        gt_grid_spec s = f.spec;
        char path[4096];
        (void)snprintf(path, sizeof path, "%s", test_path(f.dir, "out.tif"));
        assert_ok(f.ctx, gt_grid_create(f.ctx, path, &s, &out));
        assert_ok(f.ctx, gt_grid_calc(f.ctx, "a * 0 + 7", names, &dem, 1, out));
        if (update) {
            assert_ok(f.ctx, gt_grid_finish(f.ctx, out));
            gt_grid_close(f.ctx, out);
            assert_ok(f.ctx, gt_grid_update(f.ctx, path, &s, &out));
            assert_non_null(out);
        }
        assert_ok(f.ctx, gt_grid_restrict(f.ctx, out, windows, 3));
        assert_ok(f.ctx, gt_grid_terrain(f.ctx, dem, GT_TERRAIN_SLOPE, out));
        get(f.ctx, out, v);
        for (int i = 0; i < N; i++) {
            int c = i % COLS, r = i / COLS;
            bool in = (c < 20 && r < 20) || (c >= 10 && c < 40 && r >= 10 && r < 27) || i == N - 1;
            bool rim = c == 0 || r == 0 || c == COLS - 1 || r == ROWS - 1;
            assert_true(!in ? v[i] == 7 : rim ? isnan(v[i]) : v[i] > 81 && v[i] < 83);
        }
        assert_ok(f.ctx, gt_grid_restrict(f.ctx, out, windows + 2, 1)); /* said again: the last */
        assert_ok(f.ctx, gt_grid_calc(f.ctx, "a * 0 + 3", names, &dem, 1, out));
        get(f.ctx, out, v);
        assert_true(v[N - 1] == 3 && v[1 + COLS] > 80);
        gt_grid_close(f.ctx, out);
        gt_grid_close(f.ctx, dem);
        field_free(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_change_in_place),
        cmocka_unit_test(without_finish_as_before),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(a_file_does_not_grow_for_ever),
        cmocka_unit_test(a_kill_at_any_moment),
        cmocka_unit_test(walks_keep_to_the_windows),
    };
    return cmocka_run_group_tests_name("grid.update", tests, NULL, NULL);
}
