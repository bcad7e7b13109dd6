/* Small tables that the generator plays: CSV (RFC 4180), cut in place. */
#ifndef GT_SYNTH_TABLE_H
#define GT_SYNTH_TABLE_H

#include <stdint.h>

#include "guotu/context.h"

typedef struct sy_cursor {
    char *at; /* of a NUL-terminated text */
    int line; /* from 1 */
} sy_cursor;

/* The next record: at most `most` cells are kept, those beyond go into the last. Returns how many
 * there were. */
int sy_table_record(sy_cursor *c, char **cells, int most);

/* The whole file, NUL-terminated, at most 4 MiB; *out NULL when there is none. Owned by the caller
 * (gt_free). */
gt_status sy_table_load(gt_ctx *ctx, const char *path, char **out) GT_CHECKED;

/* A number that is the same for a text everywhere: the order in which features are picked. */
uint64_t sy_hash_text(const char *text);

#endif
