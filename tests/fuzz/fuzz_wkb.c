/* Any bytes: refused, or read into a sound geometry that writes and reads back as itself. The
 * mending reader must accept whatever the strict one does, unchanged. */
#include <stdlib.h>
#include <string.h>

#include "geo/geom.h"
#include "guotu/geometry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_geom a = {0}, b = {0};
    gt_mending mended;
    uint8_t *buffer = NULL;
    size_t cap = 0, len = 0;
    bool strict = gt_geom_from_wkb(ctx, data, size, &a) == GT_OK;
    gt_error_clear(ctx);
    bool lenient = gt_geom_from_wkb_mending(ctx, data, size, &b, &mended) == GT_OK;
    gt_error_clear(ctx);
    if (strict && (!lenient || mended.changes != 0 || a.n_points != b.n_points)) {
        abort();
    }
    if (lenient) {
        if (gt_geom_check(ctx, &b) != GT_OK || gt_geom_first_bad(&b, 0) != b.n_points ||
            gt_geom_to_wkb(ctx, &b, &buffer, &cap, &len) != GT_OK ||
            gt_geom_from_wkb(ctx, buffer, len, &a) != GT_OK || a.n_points != b.n_points) {
            abort();
        }
    }
    gt_free(ctx, buffer);
    gt_geom_free(ctx, &a);
    gt_geom_free(ctx, &b);
    if (gt_ctx_memory_used(ctx) != 0) {
        abort();
    }
    gt_ctx_free(ctx);
    return 0;
}
