/* An account: the exact sums behind an area table, by the texts of its columns, and the state of
 * the map they stand for. Kept in WORKSPACE/cache/weave/NAME.account, so that the next table only
 * adds what has changed since. Internal; one thread. */
#ifndef GT_COVERAGE_AREA_ACCOUNT_H
#define GT_COVERAGE_AREA_ACCOUNT_H

#include "coverage/area_table.h"
#include "coverage/vault.h"

typedef struct gt_area_account {
    gt_ctx *ctx;
    size_t n_columns;
    gt_words *texts[GT_AREA_COLUMNS];
    gt_sums sums; /* a key for each column: column << 32 | text */
} gt_area_account;

/* What a kept account stands for. */
typedef struct gt_area_account_state {
    unsigned char key[GT_HASH_BYTES]; /* of all its meaning depends on but for the map's state */
    uint8_t birth[GT_VAULT_BIRTH];    /* made from a stored weave: the state of it, else 0 */
    uint64_t sequence;
    int64_t revision; /* made from the map as it was on a day: known at this revision */
    char revision_hash[GT_HASH_HEX];
    double side; /* m, of the cells it was woven in */
    gt_box extent;
} gt_area_account_state;

/* Empties it; free with gt_area_account_free whatever comes back. */
gt_status gt_area_account_init(gt_ctx *ctx, size_t n_columns, gt_area_account *out) GT_CHECKED;
void gt_area_account_free(gt_area_account *account);
/* Adds to the row of these texts, one a column. */
gt_status gt_area_account_add(gt_area_account *account, const char *const *texts,
                              const size_t *lengths, const gt_sum *add) GT_CHECKED;
/* The rows that are (n != 0) into a table with columns and no rows. */
gt_status gt_area_account_fill(gt_ctx *ctx, const gt_area_account *account,
                               gt_area_table *table) GT_CHECKED;

/* Reads what is kept at path into an empty account; *found = false when there is none, it is
 * damaged or of another format or number of columns: the account is empty then. */
gt_status gt_area_account_load(gt_ctx *ctx, const char *path, gt_area_account_state *state,
                               gt_area_account *account, bool *found) GT_CHECKED;
/* Writes it beside and renames: a reader finds the old one or the new one. GT_E_ENV. */
gt_status gt_area_account_save(gt_ctx *ctx, const char *path, const gt_area_account_state *state,
                               const gt_area_account *account) GT_CHECKED;

#endif
