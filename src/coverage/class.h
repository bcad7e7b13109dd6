/* The class of a feature: the one text by which its layer counts in the stored account. Internal.
 */
#ifndef GT_COVERAGE_CLASS_H
#define GT_COVERAGE_CLASS_H

#include "guotu/package.h"
#include "guotu/store.h"

typedef enum gt_class_kind {
    GT_CLASS_FIELD = 0, /* the class field, or the name field of a layer of units */
    GT_CLASS_ID,        /* a layer of few features without either: each by itself */
    GT_CLASS_NONE       /* all features are one class */
} gt_class_kind;

typedef struct gt_class {
    gt_class_kind kind;
    int field; /* FIELD: index into the stored layer's fields */
} gt_class;

gt_class gt_class_of(const gt_package *package, const gt_layer_info *info);
/* The name field of a layer of units whose class is another field, else -1: tables ask for units by
 * name, so the stored sums know both, joined by GT_CLASS_JOINT. */
int gt_class_also(const gt_package *package, const gt_layer_info *info, const gt_class *how);
enum { GT_CLASS_JOINT = 0x1E };
void gt_class_put(const gt_class *how, const gt_feature *feature, gt_text *out);
/* A value as the area tables show it; nothing for NULL. */
void gt_class_put_value(const gt_value *value, gt_text *out);

#endif
