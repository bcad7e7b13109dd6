/* Any bytes as the answer of a compromised guotu-io: refused, or features that are sound. The first
 * byte chooses the decoder; for batches the second gives the number of fields. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/batch.h"
#include "io/info.h"
#include "io/raster_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool right)
{
    if (!right) {
        abort();
    }
}

static void check_geometry(const gt_geom *g)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < 2 * g->n_points; i++) {
        expect(isfinite(g->xy[i]));
    }
    for (uint32_t r = 0; r < g->n_rings; r++) {
        expect(g->ring_end[r] >= last && g->ring_end[r] <= g->n_points);
        last = g->ring_end[r];
    }
    for (uint32_t p = 0, rings = 0; p < g->n_parts; p++) {
        expect(g->part_end[p] >= rings && g->part_end[p] <= g->n_rings);
        rings = g->part_end[p];
    }
}

static void read_batch(gt_ctx *ctx, uint8_t *payload, size_t size, size_t n_fields)
{
    enum { MOST = 6 };
    static const gt_source_field fields[MOST] = {
        {.name = "a", .type = GT_FIELD_TEXT}, {.name = "b", .type = GT_FIELD_INT},
        {.name = "c", .type = GT_FIELD_REAL}, {.name = "d", .type = GT_FIELD_BOOL},
        {.name = "e", .type = GT_FIELD_DATE}, {.name = "f", .type = GT_FIELD_TEXT}};
    gt_batch batch;
    gt_source_feature f;
    bool more = true;
    n_fields = n_fields < MOST ? n_fields : MOST;
    gt_status st = gt_batch_init(ctx, fields, n_fields, &batch);
    st = st == GT_OK ? gt_batch_load(&batch, payload, size) : st;
    while (st == GT_OK && more) {
        st = gt_batch_next(&batch, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        if (f.geom != NULL) {
            check_geometry(f.geom);
        }
        for (size_t i = 0; i < n_fields; i++) {
            const gt_value *v = &f.values[i];
            expect(v->kind != GT_VAL_TEXT ||
                   (strlen(v->text) == v->len && gt_utf8_valid(v->text, v->len, NULL)));
        }
        for (size_t i = 0; i < f.n_faults; i++) {
            expect(f.faults[i].message != NULL && f.faults[i].field < (int)n_fields);
        }
    }
    gt_batch_free(&batch);
}

static void read_other(gt_ctx *ctx, uint8_t kind, const uint8_t *payload, size_t size)
{
    gt_wire_in in = {.data = payload, .len = size};
    gt_arena *arena = NULL;
    gt_source_info info;
    gt_source_layers layers;
    gt_raster raster;
    gt_remark remark;
    if (gt_arena_new(ctx, 0, &arena) != GT_OK) {
        return;
    }
    if (kind == 1) {
        expect(gt_info_get(ctx, arena, &in, &info) != GT_OK || info.driver != NULL);
    } else if (kind == 2) {
        expect(gt_layers_get(ctx, arena, &in, &layers) != GT_OK || layers.driver != NULL);
    } else if (kind == 3) {
        expect(!gt_raster_head_get(&in, &raster) || raster.n_cols > 0);
    } else if (gt_remark_get(&in, &remark)) {
        gt_text text;
        gt_text_init(&text, ctx, 0);
        (void)gt_fail(ctx, remark.status, remark.message, &remark.place, remark.args);
        gt_error_render(ctx, GT_LANG_ZH, &text);
        gt_error_render_json(ctx, GT_LANG_EN, &text);
        gt_text_free(&text);
    }
    gt_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    gt_ctx *ctx = gt_ctx_new(NULL);
    /* aligned and of exact size, as the receive buffer is */
    uint8_t *payload = gt_alloc(ctx, size - 2, 1);
    if (payload != NULL) {
        memcpy(payload, data + 2, size - 2);
        if (data[0] % 5 == 0) {
            read_batch(ctx, payload, size - 2, data[1]);
        } else {
            read_other(ctx, data[0] % 5, payload, size - 2);
        }
    }
    gt_free(ctx, payload);
    expect(gt_ctx_memory_used(ctx) == 0);
    gt_ctx_free(ctx);
    return 0;
}
