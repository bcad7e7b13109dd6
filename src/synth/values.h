/* Attribute values of features, from the recipe's field=value texts (see sy_attr). */
#ifndef GT_SYNTH_VALUES_H
#define GT_SYNTH_VALUES_H

#include "synth/scene.h"

/* One feature, as far as values may speak of it. */
typedef struct sy_subject {
    const char *id;
    int unit; /* -1: none */
    const sy_label *label;
    const char *town_code, *town_name; /* NULL: none */
    double area_m2;
    int year;
    sy_pt at;
    uint64_t hash, number;
} sy_subject;

typedef struct sy_value_plan sy_value_plan; /* of one standard and one label; immutable */

/* Checks every field and value against the standard. GT_E_INPUT: a field the standard lacks, a
 * value of another type, a code that is not in the list, a required field without a value. */
gt_status sy_values_plan(gt_ctx *ctx, const gt_standard *standard, const sy_attr *layer,
                         size_t n_layer, const sy_label *label, sy_value_plan **out) GT_CHECKED;
void sy_values_free(gt_ctx *ctx, sy_value_plan *plan);

enum { SY_VALUE_TEXT = 128 };
/* values and buffers: one per field of the standard; texts stay good until the buffers are reused.
 */
void sy_values_fill(const sy_value_plan *plan, const sy_scene *scene, const sy_subject *subject,
                    gt_value *values, char (*buffers)[SY_VALUE_TEXT]);

#endif
