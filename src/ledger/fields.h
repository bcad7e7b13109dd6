/* Fields of a record: texts of the user checked and typed, JSON read and written. */
#ifndef GT_LEDGER_FIELDS_H
#define GT_LEDGER_FIELDS_H

#include "ledger/book.h"

/* values: one for each field of the ledger. Texts go to the arena. Members of the JSON that the
 * ledger does not declare (an older package did) are dropped. */
gt_status gt_fields_read(gt_ctx *ctx, gt_book *book, const gt_ledger *ledger, const char *json,
                         gt_arena *arena, gt_value *values) GT_CHECKED;
/* The same by a statement that gives key and value for the JSON bound to ?1: for many records. */
gt_status gt_fields_scan(gt_ctx *ctx, sqlite3_stmt *stmt, const gt_ledger *ledger, const char *json,
                         gt_arena *arena, gt_value *values) GT_CHECKED;
/* Writes what the user gave over values; "" clears. GT_E_INPUT: unknown field, bad value. */
gt_status gt_fields_take(gt_ctx *ctx, const gt_ledger *ledger, const gt_field_text *texts, size_t n,
                         gt_arena *arena, gt_value *values) GT_CHECKED;
/* GT_E_INPUT when a required field is empty. */
gt_status gt_fields_whole(gt_ctx *ctx, const gt_ledger *ledger, const gt_value *values) GT_CHECKED;
/* One JSON object; empty fields are left out. */
void gt_fields_write(const gt_ledger *ledger, const gt_value *values, gt_text *out);
/* Index of a field, SIZE_MAX when there is none. */
size_t gt_fields_index(const gt_ledger *ledger, const char *name);
/* A value as an amount in hundredths of m2, by the unit of its field (none: m2). *ok = false when
 * it is empty, negative or over 10^15 m2. */
int64_t gt_fields_amount(const gt_ledger *ledger, const gt_value *values, size_t field, bool *ok);

#endif
