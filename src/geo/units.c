/* Area units as exact rationals of a square metre (1 mu = 2000/3 m2, LA-4). */
#include <string.h>
#include <strings.h>

#include "guotu/area.h"

typedef struct unit {
    double numerator, denominator; /* m2 in one unit */
    const char *en, *zh;
} unit;

static const unit UNITS[] = {[GT_M2] = {1, 1, "m2", "平方米"},
                             [GT_MU] = {2000, 3, "mu", "亩"},
                             [GT_HA] = {10000, 1, "ha", "公顷"},
                             [GT_KM2] = {1000000, 1, "km2", "平方公里"},
                             [GT_WAN_MU] = {20000000, 3, "10k mu", "万亩"}};

double gt_area_to(gt_area_unit u, double m2)
{
    return m2 * UNITS[u].denominator / UNITS[u].numerator;
}

double gt_area_from(gt_area_unit u, double value)
{
    return value * UNITS[u].numerator / UNITS[u].denominator;
}

const char *gt_area_unit_name(gt_area_unit u, gt_lang lang)
{
    return lang == GT_LANG_ZH ? UNITS[u].zh : UNITS[u].en;
}

bool gt_area_unit_parse(const char *text, gt_area_unit *out)
{
    static const struct {
        const char *name;
        gt_area_unit unit;
    } names[] = {
        {"m2", GT_M2},        {"m²", GT_M2},       {"平方米", GT_M2},     {"mu", GT_MU},
        {"亩", GT_MU},        {"ha", GT_HA},       {"hm2", GT_HA},        {"hm²", GT_HA},
        {"公顷", GT_HA},      {"km2", GT_KM2},     {"km²", GT_KM2},       {"平方公里", GT_KM2},
        {"平方千米", GT_KM2}, {"万亩", GT_WAN_MU}, {"wan-mu", GT_WAN_MU}, {"10k mu", GT_WAN_MU}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(text, names[i].name) == 0) {
            *out = names[i].unit;
            return true;
        }
    }
    return false;
}
