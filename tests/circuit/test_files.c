/* Readers of ini files, lists, pairs and grids: what they take and what they refuse, with the place
 * of the mistake. */
#include <libdeflate.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "circuit/job.h"
#include "support/support.h"

static gt_status parse_ini(gt_ctx *ctx, const char *text, ini *out)
{
    char *copy = gt_strdup(ctx, text);
    assert_non_null(copy);
    return ini_parse(ctx, "p.ini", copy, strlen(text), out);
}

static void ini_good(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    ini in;
    bool flag = false;
    double v = 0;
    int word = -1;
    char *path = NULL;
    static const char *const words[] = {"pairwise", "advanced", NULL};
    assert_ok(ctx, parse_ini(ctx,
                             "\xEF\xBB\xBF[a section]\r\n; no\n#no\n\n"
                             "yes=True\r\nno = oFF\nr = 2.5e1\n scenario\t=  Advanced  \n"
                             "file = a/b = c.asc\nnone = None\nbrowse = (Browse for it)\nyes = 0",
                             &in));
    assert_int_equal(in.n, 8);
    assert_ok(ctx, ini_flag(ctx, &in, "yes", true, &flag)); /* the last line holds */
    assert_false(flag);
    assert_ok(ctx, ini_flag(ctx, &in, "no", true, &flag));
    assert_false(flag);
    assert_ok(ctx, ini_flag(ctx, &in, "absent", true, &flag));
    assert_true(flag);
    assert_ok(ctx, ini_real(ctx, &in, "r", 0, 0, 100, &v));
    assert_near(v, 25, 0);
    assert_ok(ctx, ini_word(ctx, &in, "scenario", words, 0, &word));
    assert_int_equal(word, 1);
    assert_ok(ctx, ini_file(ctx, &in, "file", "/x", &path));
    assert_string_equal(path, "/x/a/b = c.asc");
    gt_free(ctx, path);
    assert_false(ini_names_file(&in, "none"));
    assert_false(ini_names_file(&in, "browse"));
    assert_false(ini_names_file(&in, "absent"));
    ini_free(ctx, &in);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void ini_bad(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line;
    } lines[] = {{"a = 1\nno setting here\n", 2},
                 {"[half a section\n", 1},
                 {"a = 1\n\n= 3\n", 3},
                 {"x\n", 1}};
    gt_ctx *ctx = test_ctx();
    ini in;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_int_equal(parse_ini(ctx, lines[i].text, &in), GT_E_INPUT);
        assert_int_equal(gt_error_place(ctx)->line, lines[i].line);
        assert_string_equal(gt_error_place(ctx)->file, "p.ini");
        assert_fails(ctx, GT_E_INPUT, GT_E_INPUT, "circuit.ini-line");
    }
    assert_fails(ctx, parse_ini(ctx, "a = \xff\n", &in), GT_E_INPUT, "circuit.ini-binary");
    static const char *const words[] = {"pairwise", NULL};
    bool flag = false;
    double v = 0;
    int word = 0;
    char *path = NULL;
    assert_ok(ctx,
              parse_ini(ctx, "f = maybe\nr = 1x\nbig = 1e9\nw = other\nfile = (Browse)\n", &in));
    assert_fails(ctx, ini_flag(ctx, &in, "f", false, &flag), GT_E_INPUT, "circuit.ini-value");
    assert_fails(ctx, ini_real(ctx, &in, "r", 0, 0, 9, &v), GT_E_INPUT, "circuit.ini-value");
    assert_fails(ctx, ini_real(ctx, &in, "big", 0, 0, 9, &v), GT_E_INPUT, "circuit.ini-value");
    assert_fails(ctx, ini_word(ctx, &in, "w", words, 0, &word), GT_E_INPUT, "circuit.ini-value");
    assert_fails(ctx, ini_file(ctx, &in, "file", NULL, &path), GT_E_INPUT, "circuit.ini-missing");
    assert_fails(ctx, ini_file(ctx, &in, "absent", NULL, &path), GT_E_INPUT, "circuit.ini-missing");
    assert_null(path);
    ini_free(ctx, &in);
    gt_ctx_free(ctx);
}

static void lists(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    num_list l;
    int64_t whole = 0;
    assert_ok(ctx, num_list_parse(ctx, "l.txt", "head\n1 2\n\n 3,\t4.5 \r\n", 1, 2, &l));
    assert_int_equal(l.n, 2);
    assert_int_equal(l.cols, 2);
    assert_int_equal(l.line[1], 4);
    assert_near(l.v[3], 4.5, 0);
    assert_ok(ctx, num_list_whole(ctx, &l, "l.txt", 1, 0, 0, 9, &whole));
    assert_int_equal(whole, 3);
    assert_fails(ctx, num_list_whole(ctx, &l, "l.txt", 1, 1, 0, 9, &whole), GT_E_INPUT,
                 "circuit.not-whole");
    assert_fails(ctx, num_list_whole(ctx, &l, "l.txt", 1, 0, 4, 9, &whole), GT_E_INPUT,
                 "circuit.not-whole");
    num_list_free(ctx, &l);
    static const struct {
        const char *text, *id;
        int line;
    } bad[] = {{"1 2\n3\n", "circuit.list-columns", 2},      {"1\n", "circuit.list-columns", 1},
               {"1 2\n3 four\n", "circuit.not-a-number", 2}, {"", "circuit.list-empty", 0},
               {"1 inf\n", "circuit.not-a-number", 1},       {" \n\n", "circuit.list-empty", 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(num_list_parse(ctx, "l.txt", bad[i].text, 0, 2, &l), GT_E_INPUT);
        assert_int_equal(gt_error_place(ctx)->line, bad[i].line);
        assert_fails(ctx, GT_E_INPUT, GT_E_INPUT, bad[i].id);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void pairs(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    circuit_pairs p = {0};
    assert_true(circuit_pair_wanted(&p, 1, 2)); /* no list: all */
    assert_ok(ctx, circuit_pairs_parse(ctx, "p.txt", "mode\tinclude\n1 5\n5 3\n", &p));
    assert_true(circuit_pair_wanted(&p, 5, 1));
    assert_true(circuit_pair_wanted(&p, 3, 5));
    assert_false(circuit_pair_wanted(&p, 1, 3));
    assert_false(circuit_pair_wanted(&p, 1, 99));
    assert_true(circuit_pairs_name(&p, 3));
    assert_false(circuit_pairs_name(&p, 2));
    circuit_pairs_free(ctx, &p);
    assert_ok(ctx, circuit_pairs_parse(ctx, "p.txt", "mode exclude\n1 5\n", &p));
    assert_false(circuit_pair_wanted(&p, 5, 1));
    assert_true(circuit_pair_wanted(&p, 1, 99));
    circuit_pairs_free(ctx, &p);
    assert_ok(ctx, circuit_pairs_parse(ctx, "p.txt",
                                       "min 2\nmax 50\n0 1 2 3\n1 9 2 1\n2 2 0 70\n"
                                       "3 1 50 0\n",
                                       &p));
    assert_true(circuit_pair_wanted(&p, 1, 2));
    assert_false(circuit_pair_wanted(&p, 1, 3));
    assert_true(circuit_pair_wanted(&p, 2, 3)); /* one of the two directions is enough */
    circuit_pairs_free(ctx, &p);
    static const struct {
        const char *text, *id;
    } bad[] = {{"", "circuit.pairs-form"},
               {"1 2\n", "circuit.pairs-form"},
               {"mode some\n1 2\n", "circuit.pairs-form"},
               {"mode include\n", "circuit.list-empty"},
               {"mode include\n1\n", "circuit.list-columns"},
               {"mode include\n1 2.5\n", "circuit.not-whole"},
               {"min 1\nmax 2\n0 1\n1 0\n2 0\n", "circuit.list-columns"},
               {"min 1\nmax 2\n0 1 2\n1 0 0\n3 0 0\n", "circuit.pairs-form"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(ctx, circuit_pairs_parse(ctx, "p.txt", bad[i].text, &p), GT_E_INPUT,
                     bad[i].id);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

#define HEAD "ncols 2\nnrows 2\nxllcorner 10\nyllcorner 20\ncellsize 5\n"

static void grids(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    cells c;
    assert_ok(ctx, cells_parse_asc(ctx, "g.asc", HEAD "NODATA_value -1\n1 -1\n-9999\t4e-1\n", &c));
    assert_near(c.v[0], 1, 0);
    assert_true(isnan(c.v[1]));
    assert_true(isnan(c.v[2])); /* -9999 is nodata, stated or not */
    assert_near(c.v[3], 0.4, 0);
    assert_near(c.x_west, 10, 0);
    cells_free(ctx, &c);
    assert_ok(ctx,
              cells_parse_asc(ctx, "g.asc",
                              "NROWS 1\nNCOLS 1\nxllcenter 10\nyllcenter 20\nCELLSIZE 4\n7", &c));
    assert_near(c.x_west, 8, 0);
    assert_near(c.y_south, 18, 0);
    cells_free(ctx, &c);
    static const struct {
        const char *text, *id;
    } bad[] = {
        {"", "circuit.asc-header"},
        {"ncols 2\nnrows 2\n1 2 3 4\n", "circuit.asc-header"},
        {"ncols two\nnrows 2\n", "circuit.asc-header"},
        {"ncols 0\nnrows 2\nxllcorner 1\nyllcorner 1\ncellsize 1\n", "circuit.asc-header"},
        {"ncols 1\nnrows 1\nxllcorner 1\nyllcorner 1\ncellsize 0\n1", "circuit.asc-header"},
        {"ncols 1.5\nnrows 1\nxllcorner 1\nyllcorner 1\ncellsize 1\n1", "circuit.asc-header"},
        {HEAD "1 2 3\n", "circuit.asc-count"},
        {HEAD "1 2 3 4 5\n", "circuit.asc-count"},
        {HEAD "1 2 x 4\n", "circuit.not-a-number"},
        {HEAD "1 2 3x 4\n", "circuit.not-a-number"},
        {HEAD "1 2 inf 4\n", "circuit.not-a-number"},
        {"ncols 90000\nnrows 20000\nxllcorner 1\nyllcorner 1\ncellsize 1\n1 2",
         "circuit.asc-count"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(ctx, cells_parse_asc(ctx, "g.asc", bad[i].text, &c), GT_E_INPUT, bad[i].id);
    }
    assert_fails(
        ctx,
        cells_parse_asc(ctx, "g.asc",
                        "ncols 900000\nnrows 900000\nxllcorner 1\nyllcorner 1\ncellsize 1\n1", &c),
        GT_E_LIMIT, "circuit.size");
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* What is written is read again: plain, packed, as TIFF. */
static void round_trip(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir(), base[600], path[700];
    double v[6] = {1, 2.5, NAN, 4, 1e-7, 123456.789};
    const cells like = {
        .n_cols = 3, .n_rows = 2, .x_west = 5, .y_south = 7, .cell = 2.5, .nodata = -9999};
    static const char *const ends[] = {".asc", ".asc.gz", ".tif"};
    (void)snprintf(base, sizeof base, "%s/map", dir);
    for (int form = CELLS_ASC; form <= CELLS_TIFF; form++) {
        cells c;
        bool grid = false;
        assert_ok(ctx, cells_write(ctx, base, (cells_form)form, &like, v));
        (void)snprintf(path, sizeof path, "%s%s", base, ends[form]);
        assert_ok(ctx, cells_read(ctx, path, &c));
        assert_ok(ctx, cells_is_grid(ctx, path, &grid));
        assert_true(grid);
        assert_int_equal(c.n_cols, 3);
        assert_near(c.y_south, 7, 1e-9);
        for (int i = 0; i < 6; i++) {
            assert_true(isnan(v[i]) ? isnan(c.v[i]) : fabs(c.v[i] - v[i]) <= 1e-9 * fabs(v[i]));
        }
        cells_free(ctx, &c);
    }
    size_t len = 0;
    char *packed = test_read_file(test_path(dir, "map.asc.gz"), &len);
    test_write_file(test_path(dir, "cut.asc.gz"), packed, len / 2);
    cells c;
    assert_fails(ctx, cells_read(ctx, test_path(dir, "cut.asc.gz"), &c), GT_E_INPUT,
                 "circuit.gzip");
    test_write_file(test_path(dir, "tiny.gz"), "\x1f\x8b\x08", 3);
    assert_fails(ctx, cells_read(ctx, test_path(dir, "tiny.gz"), &c), GT_E_INPUT, "circuit.gzip");
    assert_fails(ctx, cells_read(ctx, dir, &c), GT_E_ENV, NULL);
    free(packed);
    test_dir_remove(dir);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* One member of n bytes of a map of ones, packed with `level`, written behind what stands in out.
 */
static size_t put_member(const char *text, size_t n, int level, char *out, size_t room)
{
    struct libdeflate_compressor *z = libdeflate_alloc_compressor(level);
    assert_non_null(z);
    size_t got = libdeflate_gzip_compress(z, text, n, out, room);
    libdeflate_free_compressor(z);
    assert_true(got > 0);
    return got;
}

static bool tenth(void *user)
{
    return ++*(int *)user == 10;
}

/* Members of any size, one behind the other; what is cut, changed or followed by something else;
 * and one member of 40 MB, within which a cancel is heard. */
static void members(void **state)
{
    enum { N = 40 << 20, ROOM = 1 << 20 };
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir(), *text = malloc(N), *out = malloc(ROOM), *got = NULL;
    const char *path = NULL;
    size_t len = 0, n = 0;
    for (size_t i = 0; i < N; i++) {
        text[i] = (char)('0' + i / 1000 % 10);
    }
    static const size_t sizes[] = {1, 0, 70000, 3, 0, 131072};
    for (size_t k = 0, from = 0; k < sizeof sizes / sizeof *sizes; from += sizes[k++]) {
        n += put_member(text + from, sizes[k], (int)k * 2, out + n, ROOM - n);
    }
    path = test_path(dir, "many.gz");
    test_write_file(path, out, n);
    assert_ok(ctx, circuit_read_text(ctx, path, &got, &len));
    assert_int_equal(len, 1 + 70000 + 3 + 131072);
    assert_memory_equal(got, text, len);
    gt_free(ctx, got);
    for (size_t cut = 3; cut < n; cut += n / 60 + 1) { /* but at the seams of members */
        path = test_path(dir, "cut.gz");
        test_write_file(path, out, cut);
        gt_status st = circuit_read_text(ctx, path, &got, &len);
        assert_true(st == GT_E_INPUT || (st == GT_OK && len < 201076));
        gt_error_clear(ctx);
        gt_free(ctx, got);
    }
    out[n - 6] = (char)(out[n - 6] ^ 1); /* the checksum */
    test_write_file(path, out, n);
    assert_fails(ctx, circuit_read_text(ctx, path, &got, &len), GT_E_INPUT, "circuit.gzip");
    out[n - 6] = (char)(out[n - 6] ^ 1);
    out[n] = 'x'; /* no member */
    test_write_file(path, out, n + 1);
    assert_fails(ctx, circuit_read_text(ctx, path, &got, &len), GT_E_INPUT, "circuit.gzip");
    n = put_member(text, N, 6, out, ROOM);
    path = test_path(dir, "one.gz");
    test_write_file(path, out, n);
    assert_ok(ctx, circuit_read_text(ctx, path, &got, &len));
    assert_true(len == N && memcmp(got, text, N) == 0);
    gt_free(ctx, got);
    int asked = 0;
    gt_ctx_on_check(ctx, tenth, &asked);
    assert_int_equal(circuit_read_text(ctx, path, &got, &len), GT_E_CANCELLED);
    assert_int_equal(asked, 10); /* one question for each 4 MB */
    gt_ctx_on_check(ctx, NULL, NULL);
    gt_error_clear(ctx);
    free(text);
    free(out);
    test_dir_remove(dir);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ini_good), cmocka_unit_test(ini_bad), cmocka_unit_test(lists),
        cmocka_unit_test(pairs),    cmocka_unit_test(grids),   cmocka_unit_test(round_trip),
        cmocka_unit_test(members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
