#include "plan/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan/problem.h"

/* Words of plan/clauses.csv and of the packages. 1 mu = 10000/15 m2, kept as a rational. */
static const gt_unit units[] = {
    {"m2", GT_DIM_AREA, 1, 1},
    {"ha", GT_DIM_AREA, 10000, 1},
    {"mu", GT_DIM_AREA, 10000, 15},
    {"km2", GT_DIM_AREA, 1e6, 1},
    {"wan_m2", GT_DIM_AREA, 1e4, 1},
    {"wan_mu", GT_DIM_AREA, 1e8, 15},
    {"m", GT_DIM_LENGTH, 1, 1},
    {"km", GT_DIM_LENGTH, 1000, 1},
    {"%", GT_DIM_SHARE, 1, 100},
    {"share", GT_DIM_SHARE, 1, 1},
    {"degree", GT_DIM_ANGLE, 1, 1},
    {"count", GT_DIM_NONE, 1, 1},
    {"year", GT_DIM_NONE, 1, 1},
    {"day", GT_DIM_NONE, 1, 1},
    {"level", GT_DIM_NONE, 1, 1},
    {"m3", GT_DIM_NONE, 1, 1},
    {"wan_m3", GT_DIM_NONE, 1, 1},
    {"yi_m3", GT_DIM_NONE, 1, 1},
    {"yi_m2", GT_DIM_AREA, 1e8, 1},
    {"yuan", GT_DIM_NONE, 1, 1},
    {"yi_yuan", GT_DIM_NONE, 1, 1},
    {"yi_yuan_per_km2", GT_DIM_NONE, 1, 1},
    {"km2_per_yi_yuan", GT_DIM_NONE, 1, 1},
    {"km2_per_year", GT_DIM_NONE, 1, 1},
    {"mu_per_year", GT_DIM_NONE, 1, 1},
    {"m2_per_person", GT_DIM_NONE, 1, 1},
    {"persons", GT_DIM_NONE, 1, 1},
    {"wan_persons", GT_DIM_NONE, 1, 1},
    {"households", GT_DIM_NONE, 1, 1},
    {"wan_households", GT_DIM_NONE, 1, 1},
    {"t/ha/yr", GT_DIM_NONE, 1, 1},
};
enum { N_UNITS = sizeof units / sizeof *units };

const gt_unit *gt_unit_find(const char *name)
{
    for (size_t i = 0; i < N_UNITS; i++) {
        if (strcmp(units[i].name, name) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

const char *gt_unit_nearest(const char *name)
{
    const char *names[N_UNITS];
    for (size_t i = 0; i < N_UNITS; i++) {
        names[i] = units[i].name;
    }
    return gt_nearest(name, names, N_UNITS);
}

double gt_unit_to_base(const gt_unit *unit, double value)
{
    return value * unit->num / unit->den;
}

static const char *digits(const char *p, size_t *n)
{
    while (*p >= '0' && *p <= '9') {
        p++;
        ++*n;
    }
    return p;
}

/* End of a number of the core schema, NULL when there is none at p. */
static const char *number_end(const char *p)
{
    size_t n = 0, unused = 0;
    p += *p == '-' || *p == '+' ? 1 : 0;
    p = digits(p, &n);
    if (*p == '.') {
        p = digits(p + 1, &n);
    }
    if (n == 0) {
        return NULL;
    }
    if (*p == 'e' || *p == 'E') {
        const char *e = p + 1;
        e += *e == '-' || *e == '+' ? 1 : 0;
        const char *end = digits(e, &unused);
        return end == e ? NULL : end;
    }
    return p;
}

bool gt_number_parse(const char *text, double *out)
{
    const char *end = number_end(text);
    if (end == NULL || *end != '\0') {
        return false;
    }
    double v = strtod(text, NULL);
    if (!isfinite(v)) {
        return false;
    }
    *out = v;
    return true;
}

bool gt_quantity_parse(const char *text, double *value, const gt_unit **unit,
                       const char **unit_text)
{
    const char *end = number_end(text);
    if (end == NULL) {
        return false;
    }
    const char *name = end;
    while (*name == ' ') {
        name++;
    }
    if (*name == '\0' || (name == end && *name != '%')) {
        return false;
    }
    *value = strtod(text, NULL);
    *unit_text = name;
    *unit = gt_unit_find(name);
    return isfinite(*value);
}
