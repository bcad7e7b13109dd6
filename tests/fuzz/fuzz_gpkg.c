/* Any bytes: refused, or read into a sound geometry; the box never disagrees with a computed one
 * unless the header itself claims another. */
#include <stdlib.h>
#include <string.h>

#include "geo/geom.h"
#include "guotu/geometry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_geom a = {0}, b = {0};
    gt_box box;
    int32_t srs = 0, again = 0;
    uint8_t *buffer = NULL;
    size_t cap = 0, len = 0;
    bool boxed = gt_gpkg_box(ctx, data, size, &box) == GT_OK;
    gt_error_clear(ctx);
    if (gt_geom_from_gpkg(ctx, data, size, &srs, &a) == GT_OK) {
        gt_box want = gt_geom_box(&a);
        if (!boxed || gt_geom_check(ctx, &a) != GT_OK ||
            gt_geom_to_gpkg(ctx, &a, srs, &buffer, &cap, &len) != GT_OK ||
            gt_geom_from_gpkg(ctx, buffer, len, &again, &b) != GT_OK || again != srs ||
            b.n_points != a.n_points || gt_gpkg_box(ctx, buffer, len, &box) != GT_OK ||
            memcmp(&box, &want, sizeof box) != 0) {
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
