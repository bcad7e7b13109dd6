/* Algebra: every operator and function on known values, precedence, nodata, types; every way an
 * expression can be wrong, with its column; threads and block sizes do not matter. */
#include "grid/grids.h"
#include "guotu/grid_ops.h"

#define NONE ((double)NAN)

typedef struct calc_case {
    const char *expression;
    double want;
} calc_case;

/* a = 3, b = -2, c = nodata */
static double value_of(gt_ctx *ctx, const char *dir, gt_grid *const *in, const char *expression)
{
    static const char *const names[] = {"a", "b", "c_1"};
    const gt_grid_spec s = spec_of(1, 1, GT_CELL_F64);
    gt_grid *out = NULL;
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &out));
    assert_ok(ctx, gt_grid_calc(ctx, expression, names, in, 3, out));
    double *v = read_all(ctx, out), got = v[0];
    free(v);
    gt_grid_close(ctx, out);
    return got;
}

static void values(void **state)
{
    (void)state;
    static const calc_case cases[] = {
        {"1+2*3", 7},
        {"(1+2)*3", 9},
        {"2^3^2", 512},
        {"-2^2", -4},
        {"2^-1", 0.5},
        {"7-4-2", 1},
        {"8/4/2", 1},
        {"7 % 4", 3},
        {"-7 % 4", 1},
        {"mod(-7, -4)", -3},
        {"a*2+b", 4},
        {"--a", 3},
        {"1e3+.5", 1000.5},
        {" a\t<\n4 ", 1},
        {"a<=3", 1},
        {"a>3", 0},
        {"a>=3", 1},
        {"a==3", 1},
        {"a!=3", 0},
        {"a!=3 || b<0", 1},
        {"a>0 && b>0", 0},
        {"!a", 0},
        {"!(a==1)", 1},
        {"!0+1", 2},
        {"1 || 0 && 0", 1},
        {"1 < 2 == 1", 1},
        {"a>0 ? 10 : 20", 10},
        {"b>0 ? 10 : a>5 ? 20 : 30", 30},
        {"if(b<0, a, c_1)", 3},
        {"abs(b)", 2},
        {"sqrt(16)", 4},
        {"exp(0)", 1},
        {"ln(exp(2))", 2},
        {"log10(1000)", 3},
        {"sin(0)", 0},
        {"cos(pi)", -1},
        {"tan(0)", 0},
        {"atan(1)*4-pi", 0},
        {"atan2(0, -1)-pi", 0},
        {"floor(-1.5)", -2},
        {"ceil(-1.5)", -1},
        {"round(2.5)", 3},
        {"pow(2, 10)", 1024},
        {"min(3, 1, 2)", 1},
        {"max(3, a, 7, b)", 7},
        {"isnodata(c_1)", 1},
        {"isnodata(a)", 0},
        {"coalesce(c_1, nodata, 5, 6)", 5},
        {"c_1", NONE},
        {"c_1+1", NONE},
        {"c_1 < 1", NONE},
        {"c_1 && 0", NONE},
        {"c_1 ? 1 : 2", NONE},
        {"min(1, c_1)", NONE},
        {"max(c_1, 1)", NONE},
        {"pow(c_1, 0)", NONE},
        {"pow(1, c_1)", NONE},
        {"!c_1", NONE},
        {"1/0", NONE},
        {"0/0", NONE},
        {"sqrt(-1)", NONE},
        {"ln(0)", NONE},
        {"exp(1000)", NONE},
        {"nodata", NONE},
        {"1/0 > 5", 1}, /* infinity is a number until it is a result */
    };
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const gt_grid_spec f = spec_of(1, 1, GT_CELL_F32), d = spec_of(1, 1, GT_CELL_F64),
                       i = spec_of(1, 1, GT_CELL_I32);
    const double a = 3, b = -2, c = NONE;
    gt_grid *in[3] = {make_grid(ctx, test_path(dir, "a.tif"), &i, &a),
                      make_grid(ctx, test_path(dir, "b.tif"), &d, &b),
                      make_grid(ctx, test_path(dir, "c.tif"), &f, &c)};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        double got = value_of(ctx, dir, in, cases[k].expression);
        bool near = same_value(got, cases[k].want) || fabs(got - cases[k].want) < 1e-12;
        if (!near) {
            print_error("%s: %.17g, not %.17g\n", cases[k].expression, got, cases[k].want);
        }
        assert_true(near);
    }
    for (int k = 0; k < 3; k++) {
        gt_grid_close(ctx, in[k]);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void wrong(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b"};
    static const char *const bad[] = {
        "",       "  ",       "1+",     "(1",      "1)",     "a b",       "1 2",
        "d",      "a+d",      "sqrt",   "sqrt(",   "sqrt()", "sqrt(1,2)", "if(1,2)",
        "min(1)", "atan2(1)", "1 ? 2",  "1 ? : 3", "*2",     "a = 1",     "a & b",
        "a; b",   "1..2",     "1e999",  "\"a\"",   "a[0]",   "system(1)", "nodata(1)",
        "$",      "a\x80",    "(((1))", "!",       "^2",     "1 <",
    };
    gt_ctx *ctx = test_ctx();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_fails(ctx, gt_grid_calc_check(ctx, bad[i], names, 2, NULL), GT_E_USAGE,
                     "grid.expression");
    }
    char *deep = malloc(20001);
    assert_non_null(deep);
    memset(deep, '(', 20000);
    deep[20000] = '\0';
    assert_fails(ctx, gt_grid_calc_check(ctx, deep, names, 2, NULL), GT_E_USAGE, "grid.expression");
    deep[8000] = '\0';
    assert_fails(ctx, gt_grid_calc_check(ctx, deep, names, 2, NULL), GT_E_USAGE, "grid.expression");
    memset(deep, '-', 8000);
    assert_fails(ctx, gt_grid_calc_check(ctx, deep, names, 2, NULL), GT_E_USAGE, "grid.expression");
    memset(deep, '^', 8000);
    assert_fails(ctx, gt_grid_calc_check(ctx, deep, names, 2, NULL), GT_E_USAGE, "grid.expression");
    for (int i = 0; i < 2000; i += 2) {
        deep[i] = 'a';
        deep[i + 1] = '+';
    }
    deep[1999] = '\0';
    assert_fails(ctx, gt_grid_calc_check(ctx, deep, names, 2, NULL), GT_E_USAGE, "grid.expression");
    free(deep);
    uint32_t used = 99;
    assert_ok(ctx, gt_grid_calc_check(ctx, "b*2", names, 2, &used));
    assert_int_equal(used, 2);
    assert_ok(ctx, gt_grid_calc_check(ctx, "1", names, 2, &used));
    assert_int_equal(used, 0);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* Rows that are no multiple of a piece, several types, whole against tiled, 1 against 3 threads. */
static void grids(void **state)
{
    (void)state;
    static const char *const names[] = {"x", "y"};
    enum { W = 700, H = 300 };
    char *dir = test_dir();
    double *x = random_values((size_t)W * H, 1, 0, 200, 0.1),
           *y = random_values((size_t)W * H, 2, -100, 100, 0);
    for (int k = 0; k < 4; k++) {
        gt_ctx *ctx = test_ctx_threads(1 + k % 3);
        gt_grid_spec s = spec_of(W, H, k < 2 ? GT_CELL_I16 : GT_CELL_F32);
        s.tile = k % 2 == 0 ? 512 : 16;
        gt_grid *in[2] = {make_grid(ctx, test_path(dir, "x.tif"), &s, x),
                          make_grid(ctx, test_path(dir, "y.tif"), &s, y)};
        gt_grid *out = NULL;
        s.type = k == 3 ? GT_CELL_I32 : GT_CELL_F32;
        assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &out));
        assert_ok(ctx, gt_grid_calc(ctx, "x < 50 ? x * 2 + y : y", names, in, 2, out));
        double *got = read_all(ctx, out);
        for (int i = 0; i < W * H; i++) {
            assert_true(same_value(got[i], isnan(x[i]) ? NONE
                                           : x[i] < 50 ? x[i] * 2 + y[i]
                                                       : y[i]));
        }
        free(got);
        assert_ok(ctx, gt_grid_calc(ctx, "42", names, in, 0, out)); /* no inputs */
        got = read_all(ctx, out);
        assert_true(got[0] == 42 && got[W * H - 1] == 42);
        free(got);
        assert_fails(ctx, gt_grid_calc(ctx, "x", names, in, GT_WALK_MAX + 1, out), GT_E_USAGE,
                     "grid.walk");
        for (int i = 0; i < 2; i++) {
            gt_grid_close(ctx, in[i]);
        }
        gt_grid_close(ctx, out);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    free(x);
    free(y);
    test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(wrong),
        cmocka_unit_test(grids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
