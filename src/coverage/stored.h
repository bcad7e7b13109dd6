/* Finding, opening and reading a stored weave. Internal. */
#ifndef GT_COVERAGE_STORED_H
#define GT_COVERAGE_STORED_H

#include "coverage/class.h"
#include "coverage/vault.h"
#include "guotu/coverage.h"

/* Polygon layer with data: its info, else the error. */
gt_status gt_stored_layer(gt_ctx *ctx, gt_store *store, const char *id,
                          gt_layer_info *info) GT_CHECKED;
/* The stored weave with the most layers that has all of ids, brought up to date. *out is NULL
 * when there is none that can be used; owned by the caller (gt_vault_close). */
gt_status gt_stored_open(gt_ctx *ctx, gt_store *store, const gt_package *package,
                         const char *const *ids, size_t n, gt_vault **out) GT_CHECKED;
/* One row of sums as they stand in a vault's cell: calls fn with its keys. *good = false when the
 * bytes are not rows. */
typedef gt_status (*gt_stored_row_fn)(gt_ctx *ctx, void *user, const uint64_t *keys, size_t n,
                                      int64_t area, int64_t plane);
gt_status gt_stored_rows(gt_ctx *ctx, const uint8_t *bytes, size_t len, gt_stored_row_fn fn,
                         void *user, bool *good) GT_CHECKED;

#endif
