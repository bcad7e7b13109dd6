/* One value against one target: card IN-5. */
#include <math.h>

#include "guotu/indicator.h"

static const double AREA_SLACK = 1e-6;   /* m2: one square millimetre, the unit of the sums */
static const double SHARE_SLACK = 1e-12; /* rounding of one division */
static const double ON_PATH = 0.9;       /* progress over time, IN-5 */
static const double FAR_BEHIND = 0.6;

static double slack_of(const gt_indicator *in, double target)
{
    return in->is_area ? AREA_SLACK : in->is_share ? SHARE_SLACK : 1e-12 * fabs(target);
}

static bool holds(const gt_indicator *in, const gt_target *t, double x)
{
    double slack = slack_of(in, t->base);
    switch (t->op) {
    case GT_AT_MOST:
        return x <= t->base + slack;
    case GT_BELOW:
        return x < t->base - slack;
    case GT_AT_LEAST:
        return x >= t->base - slack;
    case GT_ABOVE:
        return x > t->base + slack;
    case GT_ABOUT:
        return fabs(x - t->base) <= in->tolerance * fabs(t->base) + slack;
    case GT_NO_DECREASE:
        return x >= in->base - slack;
    case GT_OPEN:
        return false;
    }
    return false;
}

static gt_judgement undecidable(gt_why why)
{
    return (gt_judgement){GT_UNDECIDABLE, GT_GREY, why, NAN, NAN};
}

/* Not due and not met: how far along is it? */
static gt_judgement on_the_way(const gt_indicator *in, const gt_target *t, double x, int year)
{
    if (in->base_year == 0 || in->base_year >= t->year) {
        return undecidable(GT_WHY_NO_BASE);
    }
    if (year < in->base_year) {
        return undecidable(GT_WHY_BEFORE_BASE);
    }
    if (holds(in, t, in->base) || t->base == in->base) {
        return (gt_judgement){GT_BEHIND, GT_ORANGE, GT_WHY_NONE, NAN, NAN}; /* it was better */
    }
    gt_judgement j = {GT_ON_PATH, GT_GREEN, GT_WHY_NONE, NAN, NAN};
    j.progress = (x - in->base) / (t->base - in->base);
    j.time = (double)(year - in->base_year) / (t->year - in->base_year);
    if (j.progress < ON_PATH * j.time) {
        j.standing = GT_BEHIND;
        j.grade = j.progress < FAR_BEHIND * j.time ? GT_ORANGE : GT_YELLOW;
    }
    return j;
}

gt_judgement gt_indicator_judge(const gt_indicator *in, const gt_target *t, bool known, double x,
                                int year)
{
    if (t == NULL) {
        return (gt_judgement){GT_NO_TARGET, GT_GREY, GT_WHY_NONE, NAN, NAN};
    }
    if (!known) {
        return undecidable(GT_WHY_NO_VALUE);
    }
    if (t->op == GT_OPEN) {
        return undecidable(GT_WHY_OPEN);
    }
    if (holds(in, t, x)) {
        return (gt_judgement){GT_MET, GT_GREEN, GT_WHY_NONE, NAN, NAN};
    }
    if (t->op == GT_NO_DECREASE || year >= t->year) {
        return t->binding ? (gt_judgement){GT_BROKEN, GT_RED, GT_WHY_NONE, NAN, NAN}
                          : (gt_judgement){GT_BEHIND, GT_ORANGE, GT_WHY_NONE, NAN, NAN};
    }
    return on_the_way(in, t, x, year);
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
        {"目标值由国家下达，尚未载入", "the target is left to a national requirement"},
        {"没有基期值，无法衡量进度", "no base value to measure progress from"},
        {"早于基期年", "before the base year"}};
    return titles[why];
}

const char *gt_target_op_name(gt_target_op op)
{
    static const char *const names[] = {"<=", "<", ">=", ">", "about", "no_decrease", "open"};
    return names[op];
}
