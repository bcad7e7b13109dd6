/* One value against one target: card IN-5. */
#include <math.h>

#include "guotu/indicator.h"

static const double AREA_SLACK = 1e-6;   /* m2: one square millimetre, the unit of the sums */
static const double SHARE_SLACK = 1e-12; /* rounding of one division */
static const double ON_PATH = 0.9;       /* progress over time, IN-5 */
static const double FAR_BEHIND = 0.6;
static const double ROUNDING = 1e-15; /* of the few operations that lead to a bound */

static double slack_of(const gt_indicator *in, double target)
{
    return in->is_area ? AREA_SLACK : in->is_share ? SHARE_SLACK : 1e-12 * fabs(target);
}

static double asked_of(const gt_target *t, const gt_judged *v)
{
    switch (t->op) {
    case GT_NO_DECREASE:
    case GT_RISING:
        return v->base;
    case GT_AT_MOST:
    case GT_BELOW:
    case GT_AT_LEAST:
    case GT_ABOVE:
    case GT_ABOUT:
    case GT_OPEN:
        break;
    }
    return t->asked_id == NULL ? t->base : v->asked;
}

static bool holds(const gt_indicator *in, const gt_target *t, double asked, double x)
{
    double slack = slack_of(in, asked);
    switch (t->op) {
    case GT_AT_MOST:
        return x <= asked + slack;
    case GT_BELOW:
        return x < asked - slack;
    case GT_AT_LEAST:
    case GT_NO_DECREASE:
        return x >= asked - slack;
    case GT_ABOVE:
    case GT_RISING:
        return x > asked + slack;
    case GT_ABOUT:
        return fabs(x - asked) <= in->tolerance * fabs(asked) + slack;
    case GT_OPEN:
        return false;
    }
    return false;
}

static gt_judgement judged_as(gt_standing standing, gt_grade grade)
{
    return (gt_judgement){standing, grade, GT_WHY_NONE, NAN, NAN};
}

static gt_judgement undecidable(gt_why why)
{
    return (gt_judgement){GT_STAND_UNDECIDABLE, GT_GREY, why, NAN, NAN};
}

/* Has x come the share of the way from base to asked that the years ask for? A value that stands
 * on the bound to the last digit the base is kept with has. */
static bool reached(const gt_indicator *in, const gt_target *t, double asked, const gt_judged *v,
                    double share)
{
    double passed = (double)(v->year - v->base_year) / (t->year - v->base_year);
    double bound = v->base + share * passed * (asked - v->base);
    double largest = fmax(fabs(asked), fabs(v->base)), slack = slack_of(in, asked);
    slack = fmax(slack, ROUNDING * largest);
    return asked > v->base ? v->x >= bound - slack : v->x <= bound + slack;
}

/* Not due and not met: how far along is it? */
static gt_judgement on_the_way(const gt_indicator *in, const gt_target *t, double asked,
                               const gt_judged *v)
{
    if (v->base_year == 0 || v->base_year >= t->year) {
        return undecidable(GT_WHY_NO_BASE);
    }
    if (v->year < v->base_year) {
        return undecidable(GT_WHY_BEFORE_BASE);
    }
    if (t->op == GT_RISING || holds(in, t, asked, v->base) || asked == v->base) {
        return judged_as(GT_STAND_BEHIND, GT_ORANGE); /* it was better, or has not begun to rise */
    }
    gt_judgement j = judged_as(GT_STAND_ON_PATH, GT_GREEN);
    j.progress = (v->x - v->base) / (asked - v->base);
    j.time = (double)(v->year - v->base_year) / (t->year - v->base_year);
    if (!reached(in, t, asked, v, ON_PATH)) {
        j.standing = GT_STAND_BEHIND;
        j.grade = reached(in, t, asked, v, FAR_BEHIND) ? GT_YELLOW : GT_ORANGE;
    }
    return j;
}

gt_judgement gt_indicator_judge(const gt_indicator *in, const gt_target *t, const gt_judged *v)
{
    if (t == NULL) {
        return judged_as(GT_STAND_NO_TARGET, GT_GREY);
    }
    if (!v->known) {
        return undecidable(GT_WHY_NO_VALUE);
    }
    if (t->op == GT_OPEN || (t->asked_id != NULL && !v->asked_known)) {
        return undecidable(GT_WHY_OPEN);
    }
    bool on_base = t->op == GT_NO_DECREASE || t->op == GT_RISING;
    if (on_base && (v->base_year == 0 || v->base_year > v->year)) {
        return undecidable(v->base_year == 0 ? GT_WHY_NO_BASE : GT_WHY_BEFORE_BASE);
    }
    double asked = asked_of(t, v);
    if (holds(in, t, asked, v->x)) {
        return judged_as(GT_STAND_MET, GT_GREEN);
    }
    if (t->op == GT_NO_DECREASE || v->year >= t->year) {
        return t->binding ? judged_as(GT_STAND_BROKEN, GT_RED)
                          : judged_as(GT_STAND_BEHIND, GT_ORANGE);
    }
    return on_the_way(in, t, asked, v);
}

const char *gt_standing_name(gt_standing standing)
{
    static const char *const names[] = {"met",    "on_path",     "behind",
                                        "broken", "undecidable", "no_target"};
    return names[standing];
}

gt_title gt_standing_title(gt_standing standing)
{
    static const gt_title titles[] = {
        {"达标", "met"},      {"按序时推进", "on the path"}, {"进度滞后", "behind"},
        {"未达标", "broken"}, {"无法判定", "undecidable"},   {"—", "-"}};
    return titles[standing];
}

const char *gt_grade_name(gt_grade grade)
{
    static const char *const names[] = {"grey", "green", "yellow", "orange", "red"};
    return names[grade];
}

gt_title gt_grade_title(gt_grade grade)
{
    static const gt_title titles[] = {
        {"灰", "grey"}, {"绿", "green"}, {"黄", "yellow"}, {"橙", "orange"}, {"红", "red"}};
    return titles[grade];
}

gt_title gt_why_title(gt_why why)
{
    static const gt_title titles[] = {
        {"", ""},
        {"该年没有数据", "no data for this year"},
        {"目标值由上级下达，尚未载入", "the figure is set elsewhere and not loaded"},
        {"没有基期值，无法衡量进度", "no base value to measure from"},
        {"早于基期年", "before the base year"},
        {"规划列出多个数值未作取舍，结论不一", "the plan prints several figures; they disagree"}};
    return titles[why];
}

const char *gt_target_op_name(gt_target_op op)
{
    static const char *const names[] = {"<=",    "<",           ">=",     ">",
                                        "about", "no_decrease", "rising", "open"};
    return names[op];
}

gt_title gt_target_op_title(gt_target_op op)
{
    static const gt_title titles[] = {{"≤", "≤"},         {"<", "<"},
                                      {"≥", "≥"},         {">", ">"},
                                      {"左右", "about"},  {"不减少", "no decrease"},
                                      {"上升", "rising"}, {"由上级下达", "set elsewhere"}};
    return titles[op];
}
