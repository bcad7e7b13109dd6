/* What the files of item tables share. */
#ifndef GT_PLAN_ITEMS_H
#define GT_PLAN_ITEMS_H

#include <stddef.h>

#include "plan/package.h"

#define KEYS(array)      (array), sizeof(array) / sizeof *(array)
#define AT(type, member) offsetof(type, member)
#define REQ              GT_KEY_REQUIRED

extern const gt_word gt_strength_words[];

/* Zeroed block of the package's arena, never of size 0; NULL when memory is out. */
void *gt_item_keep(gt_reader *reader, size_t n, size_t size);
/* The list, or an empty one for NULL. */
const char *const *gt_item_list(const char *const *texts);

gt_status gt_take_layer(gt_reader *reader, gt_raw_item *item) GT_CHECKED;
gt_status gt_take_subject(gt_reader *reader, gt_raw_item *item) GT_CHECKED;
gt_status gt_take_series(gt_reader *reader, gt_raw_item *item) GT_CHECKED;
gt_status gt_take_indicator(gt_reader *reader, gt_raw_item *item) GT_CHECKED;
gt_status gt_take_model(gt_reader *reader, gt_raw_item *item) GT_CHECKED;
gt_status gt_take_rule(gt_reader *reader, gt_raw_item *item) GT_CHECKED;
gt_status gt_take_ledger(gt_reader *reader, gt_raw_item *item) GT_CHECKED;

/* The table of a layer's field, for others that have fields, and the step to gt_field; raw: `n` of
 * gt_field_schema.size. */
extern const gt_schema gt_field_schema;
/* A sum of ledgers (items_sum.c), into gt_ledger_sum. */
extern const gt_schema gt_sum_schema;
gt_status gt_take_fields(gt_reader *reader, const void *raw, size_t n, const gt_ynode *nodes,
                         const gt_field **out) GT_CHECKED;
/* clauses: what the code list names (a code list has no room for them). */
gt_status gt_take_codes(gt_reader *reader, gt_raw_item *item,
                        const char *const **clauses) GT_CHECKED;

#endif
