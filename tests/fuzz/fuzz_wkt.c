/* Any text: refused, or read into a sound geometry that writes and reads back with as many points.
 */
#include <stdlib.h>

#include "geo/geom.h"
#include "guotu/geometry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gt_ctx *ctx = gt_ctx_new(NULL);
    gt_geom a = {0}, b = {0};
    gt_text text;
    gt_text_init(&text, ctx, 0);
    if (gt_geom_from_wkt(ctx, (const char *)data, size, &a) == GT_OK) {
        if (gt_geom_check(ctx, &a) != GT_OK || gt_geom_first_bad(&a, 0) != a.n_points) {
            abort();
        }
        gt_geom_to_wkt(&a, 17, &text);
        /* 17 decimals cannot tell tiny ordinates apart, which may leave a ring open: points only */
        if (gt_text_status(&text) != GT_OK ||
            (gt_geom_from_wkt(ctx, text.data, text.len, &b) == GT_OK && a.n_points != b.n_points)) {
            abort();
        }
    } else {
        gt_error_render(ctx, GT_LANG_EN, &text); /* the message must render whatever the bytes */
        gt_error_render(ctx, GT_LANG_ZH, &text);
    }
    gt_text_free(&text);
    gt_geom_free(ctx, &a);
    gt_geom_free(ctx, &b);
    if (gt_ctx_memory_used(ctx) != 0) {
        abort();
    }
    gt_ctx_free(ctx);
    return 0;
}
