/* One value against one target: bounds, one square metre, directions, grades of card IN-5. */
#include <math.h>
#include <string.h>

#include "guotu/indicator.h"
#include "support/support.h"

static const gt_indicator AREA = {
    .id = "a", .unit = "km2", .unit_base = 1e6, .is_area = true, .tolerance = 0.01};
static const gt_indicator SHARE = {.id = "s", .unit = "%", .unit_base = 0.01, .is_share = true};

static gt_target asks(gt_target_op op, double base, bool binding)
{
    return (gt_target){.year = 2025,
                       .op = op,
                       .has_value = true,
                       .base = base,
                       .value = base,
                       .clause = "X-1",
                       .binding = binding};
}

static gt_judged value(double x, int year)
{
    return (gt_judged){.year = year, .known = true, .x = x};
}

static gt_standing stands(const gt_indicator *in, gt_target_op op, double asked, double x)
{
    const gt_target t = asks(op, asked, true);
    const gt_judged v = value(x, 2025);
    return gt_indicator_judge(in, &t, &v).standing;
}

static void one_square_metre_is_missed(void **state)
{
    (void)state;
    assert_int_equal(stands(&AREA, GT_AT_LEAST, 1e9, 1e9), GT_STAND_MET);
    assert_int_equal(stands(&AREA, GT_AT_LEAST, 1e9, 1e9 - 1), GT_STAND_BROKEN);
    assert_int_equal(stands(&AREA, GT_AT_LEAST, 1.641e10, 1.641e10 - 0.001), GT_STAND_BROKEN);
    assert_int_equal(stands(&AREA, GT_AT_MOST, 2.79e9, 2.79e9), GT_STAND_MET);
    assert_int_equal(stands(&AREA, GT_AT_MOST, 2.79e9, 2.79e9 + 1), GT_STAND_BROKEN);
    assert_int_equal(stands(&AREA, GT_BELOW, 100, 100), GT_STAND_BROKEN);
    assert_int_equal(stands(&AREA, GT_BELOW, 100, 99), GT_STAND_MET);
    assert_int_equal(stands(&AREA, GT_ABOVE, 100, 100), GT_STAND_BROKEN);
    assert_int_equal(stands(&AREA, GT_ABOVE, 100, 101), GT_STAND_MET);
    assert_int_equal(stands(&AREA, GT_ABOUT, 1000, 990), GT_STAND_MET);
    assert_int_equal(stands(&AREA, GT_ABOUT, 1000, 989), GT_STAND_BROKEN);
    assert_int_equal(stands(&AREA, GT_ABOUT, 1000, 1011), GT_STAND_BROKEN);
    assert_int_equal(stands(&SHARE, GT_AT_LEAST, 0.75, 0.75), GT_STAND_MET);
    assert_int_equal(stands(&SHARE, GT_AT_LEAST, 0.75, 0.75 - 1e-11), GT_STAND_BROKEN);
}

static void guidance_is_behind_not_broken(void **state)
{
    (void)state;
    const gt_target t = asks(GT_AT_LEAST, 10, false);
    const gt_judged v = value(9, 2026);
    const gt_judgement j = gt_indicator_judge(&AREA, &t, &v);
    assert_int_equal(j.standing, GT_STAND_BEHIND);
    assert_int_equal(j.grade, GT_ORANGE);
}

/* The card's own check: 2809 to 2790, 2800 in 2023, from 2020: P 0.4737, time 0.6, yellow. */
static void progress_against_time(void **state)
{
    (void)state;
    const gt_target t = asks(GT_AT_MOST, 2790e6, true);
    gt_judged v = value(2800e6, 2023);
    v.base_year = 2020;
    v.base = 2809e6;
    gt_judgement j = gt_indicator_judge(&AREA, &t, &v);
    assert_int_equal(j.standing, GT_STAND_BEHIND);
    assert_int_equal(j.grade, GT_YELLOW);
    assert_near(j.progress, 9.0 / 19, 1e-12);
    assert_near(j.time, 0.6, 1e-12);
    v.x = 2805e6; /* 0.2105 / 0.6 = 0.35 */
    assert_int_equal(gt_indicator_judge(&AREA, &t, &v).grade, GT_ORANGE);
    v.x = 2798e6; /* 0.579 / 0.6 = 0.965 */
    assert_int_equal(gt_indicator_judge(&AREA, &t, &v).standing, GT_STAND_ON_PATH);
    v.x = 2789e6;
    assert_int_equal(gt_indicator_judge(&AREA, &t, &v).standing, GT_STAND_MET);
    v.base = 2780e6; /* it was met once and is no more */
    v.x = 2800e6;
    assert_int_equal(gt_indicator_judge(&AREA, &t, &v).standing, GT_STAND_BEHIND);
}

/* The stated bounds, 0.9 and 0.6 of the share of time: on the bound is on the better side, one
 * square metre short is not, whatever the figures round to. Bounds worked out by hand. */
static void grades_turn_at_their_bounds(void **state)
{
    static const struct {
        const gt_indicator *in;
        int base_year, year, due;
        double base, asked, green, yellow, step; /* first values of each grade; one step worse */
    } cases[] = {
        {&AREA, 2020, 2025, 2030, 2000e6, 1900e6, 1955e6, 1970e6, 1},
        {&AREA, 2020, 2025, 2030, 1900e6, 2000e6, 1945e6, 1930e6, -1},
        {&AREA, 2020, 2023, 2025, 2809e6, 2790e6, 2798740000, 2802160000, 1},
        {&AREA, 2020, 2021, 2023, 100e6, 70e6, 91e6, 94e6, 1}, /* a third of the time */
        {&AREA, 2020, 2027, 2035, 16.3e9, 16.4e9, 16.342e9, 16.328e9, -1},
        {&AREA, 2020, 2025, 2030, 2000e6, 1900e6, 1955e6, 1970e6, 1e-4},
        {&SHARE, 2020, 2025, 2030, 0.5, 0.6, 0.545, 0.53, -1e-9},
        {&SHARE, 2020, 2021, 2030, 0.7, 0.1, 0.646, 0.664, 1e-9},
        {&SHARE, 2020, 2029, 2030, 0.1, 0.3, 0.262, 0.208, -1e-9},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_target t =
            asks(cases[i].asked < cases[i].base ? GT_AT_MOST : GT_AT_LEAST, cases[i].asked, true);
        const double x[] = {
            cases[i].green - cases[i].step,  cases[i].green,  cases[i].green + cases[i].step,
            cases[i].yellow - cases[i].step, cases[i].yellow, cases[i].yellow + cases[i].step};
        const gt_grade want[] = {GT_GREEN, GT_GREEN, GT_YELLOW, GT_YELLOW, GT_YELLOW, GT_ORANGE};
        t.year = cases[i].due;
        for (size_t k = 0; k < 6; k++) {
            gt_judged v = value(x[k], cases[i].year);
            v.base_year = cases[i].base_year;
            v.base = cases[i].base;
            const gt_judgement j = gt_indicator_judge(cases[i].in, &t, &v);
            assert_int_equal(j.grade, want[k]);
            assert_int_equal(j.standing, want[k] == GT_GREEN ? GT_STAND_ON_PATH : GT_STAND_BEHIND);
        }
    }
}

static gt_why why(const gt_target *t, const gt_judged *v)
{
    const gt_judgement j = gt_indicator_judge(&AREA, t, v);
    assert_int_equal(j.standing, GT_STAND_UNDECIDABLE);
    assert_int_equal(j.grade, GT_GREY);
    return j.why;
}

static void undecidable_says_why(void **state)
{
    (void)state;
    gt_target t = asks(GT_AT_LEAST, 10, true);
    gt_judged v = value(9, 2023);
    assert_int_equal(why(&t, &v), GT_WHY_NO_BASE);
    v.base_year = 2024;
    v.base = 8;
    assert_int_equal(why(&t, &v), GT_WHY_BEFORE_BASE);
    v.known = false;
    assert_int_equal(why(&t, &v), GT_WHY_NO_VALUE);
    v = value(9, 2025);
    t.op = GT_OPEN;
    assert_int_equal(why(&t, &v), GT_WHY_OPEN);
    t = asks(GT_AT_LEAST, 0, true);
    t.has_value = false;
    t.asked_id = "state";
    assert_int_equal(why(&t, &v), GT_WHY_OPEN);
    v.asked_known = true;
    v.asked = 9;
    assert_int_equal(gt_indicator_judge(&AREA, &t, &v).standing, GT_STAND_MET);
    v.asked = 9.1;
    assert_int_equal(gt_indicator_judge(&AREA, &t, &v).standing, GT_STAND_BROKEN);
    t = asks(GT_NO_DECREASE, 0, true);
    v = value(9, 2025);
    assert_int_equal(why(&t, &v), GT_WHY_NO_BASE);
    assert_int_equal(gt_indicator_judge(&AREA, NULL, &v).standing, GT_STAND_NO_TARGET);
}

static void floors_hold_every_year(void **state)
{
    (void)state;
    const gt_target t = asks(GT_NO_DECREASE, 0, true), up = asks(GT_RISING, 0, true);
    gt_judged v = value(100, 2022);
    v.base_year = 2020;
    v.base = 100;
    assert_int_equal(gt_indicator_judge(&AREA, &t, &v).standing, GT_STAND_MET);
    assert_int_equal(gt_indicator_judge(&AREA, &up, &v).standing, GT_STAND_BEHIND);
    v.x = 99;
    assert_int_equal(gt_indicator_judge(&AREA, &t, &v).standing, GT_STAND_BROKEN);
    v.x = 101;
    assert_int_equal(gt_indicator_judge(&AREA, &up, &v).standing, GT_STAND_MET);
    v.year = 2025;
    v.x = 100;
    assert_int_equal(gt_indicator_judge(&AREA, &up, &v).standing, GT_STAND_BROKEN);
}

static void words_in_both_languages(void **state)
{
    (void)state;
    for (int i = GT_STAND_MET; i <= GT_STAND_NO_TARGET; i++) {
        assert_non_null(gt_standing_title((gt_standing)i).zh);
        assert_true(strlen(gt_standing_name((gt_standing)i)) > 0);
    }
    for (int i = GT_AT_MOST; i <= GT_OPEN; i++) {
        assert_true(strlen(gt_target_op_name((gt_target_op)i)) > 0);
        assert_true(strlen(gt_target_op_title((gt_target_op)i).zh) > 0);
    }
    for (int i = GT_WHY_NO_VALUE; i <= GT_WHY_ALTERNATIVE; i++) {
        assert_true(strlen(gt_why_title((gt_why)i).zh) > 0);
        assert_true(strlen(gt_why_title((gt_why)i).en) > 0);
    }
    assert_string_equal(gt_grade_name(GT_RED), "red");
    assert_string_equal(gt_grade_title(GT_GREY).zh, "灰");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_square_metre_is_missed),
                                       cmocka_unit_test(guidance_is_behind_not_broken),
                                       cmocka_unit_test(progress_against_time),
                                       cmocka_unit_test(grades_turn_at_their_bounds),
                                       cmocka_unit_test(undecidable_says_why),
                                       cmocka_unit_test(floors_hold_every_year),
                                       cmocka_unit_test(words_in_both_languages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
