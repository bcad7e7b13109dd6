/* Each allocation of the parent fails in turn: an error of memory, nothing left, nothing half-done.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>

#include "guotu/raster.h"
#include "make.h"

typedef struct fixture {
    char *dir, *temp;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->dir = test_dir();
    f->temp = test_dir();
    (void)setenv("TMPDIR", f->temp, 1);
    make_squares(f->dir, "s.geojson", 40);
    put_text(test_path(f->dir, "a.asc"),
             "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 10\n1 2\n3 4\n");
    *state = f;
    return 0;
}

static int n_entries(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    }
    (void)closedir(d);
    return n;
}

static int teardown(void **state)
{
    fixture *f = *state;
    (void)unsetenv("TMPDIR");
    const bool clean =
        n_entries(f->temp) == 0 && waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
    test_dir_remove(f->temp);
    test_dir_remove(f->dir);
    free(f);
    return clean ? 0 : -1;
}

typedef gt_status (*job)(gt_ctx *ctx, const fixture *f);

/* Runs the job with the n-th allocation failing, n = 0, 1, ... until none fails. */
static void fail_in_turn(const fixture *f, job work)
{
    enum { MOST = 500 };
    int n = 0;
    for (bool met = true; met && n < MOST; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        const gt_status st = work(ctx, f);
        met = left < 0;
        assert_int_equal(st, met ? GT_E_MEMORY : GT_OK);
        assert_int_equal(gt_failed(ctx), met);
        gt_error_clear(ctx);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    print_message("%d allocations\n", n - 1);
    assert_in_range(n, 5, MOST - 1);
}

static gt_status read_job(gt_ctx *ctx, const fixture *f)
{
    gt_source_options o;
    gt_source_options_init(&o);
    o.target_crs = "EPSG:4548";
    gt_source *s = NULL;
    counted c;
    gt_status st = gt_source_open(ctx, test_path(f->dir, "s.geojson"), &o, &s);
    if (st == GT_OK) {
        st = read_all(ctx, s, &c);
    }
    gt_source_close(s);
    return st;
}

static gt_status list_job(gt_ctx *ctx, const fixture *f)
{
    gt_source_layers *list = NULL;
    gt_status st = gt_source_list(ctx, test_path(f->dir, "s.geojson"), NULL, &list);
    gt_source_layers_free(ctx, list);
    return st;
}

static gt_status raster_job(gt_ctx *ctx, const fixture *f)
{
    gt_raster *r = NULL;
    gt_status st = gt_raster_read(ctx, test_path(f->dir, "a.asc"), NULL, &r);
    gt_raster_free(ctx, r);
    return st;
}

static gt_status write_job(gt_ctx *ctx, const fixture *f)
{
    static const gt_field field = {.name = "name", .type = GT_FIELD_TEXT};
    static const gt_standard standard = {
        .id = "t", .geom_type = GT_GEOM_NONE, .fields = &field, .n_fields = 1};
    const gt_value value = {.kind = GT_VAL_TEXT, .text = "水田", .len = 6};
    const gt_feature feature = {.id = "a",
                                .valid_from = GT_DATE_NONE,
                                .valid_to = GT_DATE_NONE,
                                .values = &value,
                                .n_values = 1};
    gt_sink_options o;
    gt_sink_options_init(&o);
    o.overwrite = true; /* the last round's file, and the round before must still be whole */
    const char *path = test_path(f->dir, "t.csv");
    gt_sink *k = NULL;
    gt_status st = gt_sink_open_with(ctx, path, &standard, NULL, &o, &k);
    if (st == GT_OK) {
        st = gt_sink_put(ctx, k, &feature);
        const gt_status closed = st == GT_OK ? gt_sink_close(ctx, k) : (gt_sink_abort(k), st);
        st = closed;
    }
    size_t len = 0;
    char *text = test_read_file(path, &len);
    if (text != NULL) {
        assert_non_null(strstr(text, "水田"));
        free(text);
    }
    return st;
}

static void reading(void **state)
{
    fail_in_turn(*state, read_job);
}

static void listing(void **state)
{
    fail_in_turn(*state, list_job);
}

static void raster(void **state)
{
    fail_in_turn(*state, raster_job);
}

static void writing(void **state)
{
    fixture *f = *state;
    const int before = n_entries(f->dir);
    fail_in_turn(f, write_job);
    assert_int_equal(n_entries(f->dir), before + 1); /* the file alone, no hidden folder */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reading, setup, teardown),
        cmocka_unit_test_setup_teardown(listing, setup, teardown),
        cmocka_unit_test_setup_teardown(raster, setup, teardown),
        cmocka_unit_test_setup_teardown(writing, setup, teardown),
    };
    return cmocka_run_group_tests_name("io.alloc", tests, NULL, NULL);
}
