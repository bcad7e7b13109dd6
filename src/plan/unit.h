/* Units a package may write, and numbers with a unit ("400 m2", "5 %"). */
#ifndef GT_PLAN_UNIT_H
#define GT_PLAN_UNIT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum gt_dimension {
    GT_DIM_NONE = 0, /* counts, money, water ...: kept as written */
    GT_DIM_AREA,     /* base m2 */
    GT_DIM_LENGTH,   /* base m */
    GT_DIM_SHARE,    /* base 1 */
    GT_DIM_ANGLE     /* base degree */
} gt_dimension;

typedef struct gt_unit {
    const char *name;
    gt_dimension dimension;
    double num, den; /* base = value * num / den, exact rationals (LA-4) */
} gt_unit;

/* NULL when unknown. */
const gt_unit *gt_unit_find(const char *name);
/* The unit with the nearest name, NULL when none is near. */
const char *gt_unit_nearest(const char *name);
double gt_unit_to_base(const gt_unit *unit, double value);
/* Number of the YAML 1.2 core schema (decimal only, finite); false on anything else. */
bool gt_number_parse(const char *text, double *out);
/* "400 m2": number, one space or more, unit. false when it is not of that form; *unit may be NULL
 * when the unit is unknown and its text starts at *unit_text. */
bool gt_quantity_parse(const char *text, double *value, const gt_unit **unit,
                       const char **unit_text);

#endif
