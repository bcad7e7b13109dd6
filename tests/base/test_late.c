/* Libraries loaded on first use: functions found across several, missing ones named. */
#include <math.h>
#include <string.h>

#include "base/late.h"
#include "support/support.h"

typedef struct maths {
    double (*cos)(double);
    double (*hypot)(double, double);
    size_t (*strlen)(const char *); /* of another library */
} maths;

static const char *const two[] = {"libm.so.6", "libc.so.6", NULL};

static void functions_of_two_libraries(void **state)
{
    (void)state;
    static const gt_late_function functions[] = {GT_LATE(maths, cos), GT_LATE(maths, hypot),
                                                 GT_LATE(maths, strlen)};
    maths table = {0};
    char trouble[GT_LATE_TROUBLE] = "";
    assert_true(gt_late_load(two, functions, 3, &table, trouble));
    assert_string_equal(trouble, "");
    assert_true(table.cos(0.0) == 1.0);
    assert_true(table.hypot(3.0, 4.0) == 5.0);
    assert_int_equal(table.strlen("territory"), 9);
}

static void missing_library_is_named(void **state)
{
    (void)state;
    static const char *const names[] = {"libm.so.6", "libguotu-of-nowhere.so.7", NULL};
    static const gt_late_function functions[] = {GT_LATE(maths, cos)};
    maths table = {0};
    char trouble[GT_LATE_TROUBLE] = "";
    assert_false(gt_late_load(names, functions, 1, &table, trouble));
    assert_non_null(strstr(trouble, "libguotu-of-nowhere.so.7"));
    assert_true(table.cos == NULL);
}

static void missing_function_is_named(void **state)
{
    (void)state;
    static const gt_late_function functions[] = {GT_LATE(maths, cos),
                                                 {"gt_no_such_function", offsetof(maths, hypot)}};
    maths table = {0};
    char trouble[GT_LATE_TROUBLE] = "";
    assert_false(gt_late_load(two, functions, 2, &table, trouble));
    assert_non_null(strstr(trouble, "gt_no_such_function"));
    assert_non_null(strstr(trouble, "libm.so.6"));
    assert_true(table.hypot == NULL);
}

/* A long name cannot run over the buffer of the reason. */
static void long_names_are_cut(void **state)
{
    (void)state;
    char name[2 * GT_LATE_TROUBLE];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const gt_late_function functions[] = {{name, 0}};
    maths table = {0};
    char trouble[GT_LATE_TROUBLE];
    assert_false(gt_late_load(two, functions, 1, &table, trouble));
    assert_true(strlen(trouble) < sizeof trouble);
    const char *const names[] = {name, NULL};
    assert_false(gt_late_load(names, functions, 1, &table, trouble));
    assert_true(strlen(trouble) < sizeof trouble);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_of_two_libraries),
        cmocka_unit_test(missing_library_is_named),
        cmocka_unit_test(missing_function_is_named),
        cmocka_unit_test(long_names_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
