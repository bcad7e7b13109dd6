/* What the two verifying files share. */
#ifndef GT_PLAN_VERIFY_H
#define GT_PLAN_VERIFY_H

#include "plan/expr_literals.h"
#include "plan/package.h"

/* Index within the kind, SIZE_MAX when there is none (or id is NULL). */
size_t gt_reader_find(const gt_reader *reader, gt_item_kind kind, const char *id);
const gt_standard *gt_reader_layer(const gt_reader *reader, const char *id);
/* Compiles the scalar `node` (NULL is fine) over the names; mistakes are reported inside it. */
gt_status gt_verify_sql(gt_reader *reader, const gt_ynode *node, const char *const *names,
                        size_t n) GT_CHECKED;
/* The same; then what it compares the names with (literals[i] speaks of names[i]). */
gt_status gt_verify_condition(gt_reader *reader, const gt_ynode *node, const char *const *names,
                              const gt_literal_name *literals, size_t n) GT_CHECKED;
/* The same over the attributes of a layer (NULL is fine: reported elsewhere). */
gt_status gt_verify_where(gt_reader *reader, const gt_ynode *node,
                          const gt_standard *layer) GT_CHECKED;
/* Code lists into the fields that name one; of_layer: a layer takes their values. */
void gt_join_codes(gt_reader *reader, const gt_field *fields, const gt_ynode *nodes, bool of_layer);
/* Reports when `at` names no field of the layer. */
void gt_verify_field(gt_reader *reader, const char *layer, const gt_ynode *at);

/* Targets, precedence and conditions of an indicator (items_indicator.c). */
gt_status gt_verify_indicator(gt_reader *reader, gt_indicator *indicator,
                              const gt_ynode *node) GT_CHECKED;
/* Sums of ledgers as a formula or condition reads them (items_sum.c): joins ledgers and fields, and
 * names what their own conditions may use. list: where they stand; names: all that the formula
 * knows. */
gt_status gt_verify_sums(gt_reader *reader, const gt_ledger_sum *sums, size_t n,
                         const gt_ynode *list, const char *const *names, size_t n_names) GT_CHECKED;

#endif
