/* Geometry blobs and layer definitions as the store meets them in a file that may be anything.
 * First byte even: a blob; odd: a definition. What is accepted must hold together. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/blob.h"
#include "store/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int true_thing)
{
    if (!true_thing) {
        abort();
    }
}

static int same_box(gt_box a, gt_box b)
{
    return (gt_box_is_empty(a) && gt_box_is_empty(b)) ||
           (a.xmin == b.xmin && a.ymin == b.ymin && a.xmax == b.xmax && a.ymax == b.ymax);
}

static void blob(gt_ctx *ctx, const uint8_t *data, size_t size)
{
    gt_blob_info info, again;
    if (gt_blob_look(data, size, &info) != NULL) {
        return;
    }
    need(info.wkb_at + 9 <= size);
    need(info.type >= GT_POINT && info.type <= GT_MULTIPOLYGON);
    if (gt_blob_whole(data, size, &info) != NULL || info.type >= GT_MULTIPOINT) {
        return;
    }
    uint8_t *multi = malloc(size + GT_BLOB_MULTI_EXTRA);
    need(multi != NULL);
    gt_blob_to_multi(data, size, &info, multi);
    need(gt_blob_look(multi, size + GT_BLOB_MULTI_EXTRA, &again) == NULL);
    need(gt_blob_whole(multi, size + GT_BLOB_MULTI_EXTRA, &again) == NULL);
    need(again.type == info.type + 3 && again.srs_id == info.srs_id);
    need(same_box(again.box, info.box));
    /* what the codec reads from the single kind it reads from the multi kind */
    gt_geom a, b;
    gt_geom_init(&a);
    gt_geom_init(&b);
    if (gt_geom_from_gpkg(ctx, data, size, NULL, &a) == GT_OK) {
        need(gt_geom_from_gpkg(ctx, multi, size + GT_BLOB_MULTI_EXTRA, NULL, &b) == GT_OK);
        need(a.n_points == b.n_points);
        need(a.n_points == 0 || memcmp(a.xy, b.xy, 16 * (size_t)a.n_points) == 0);
    }
    gt_error_clear(ctx);
    gt_geom_free(ctx, &a);
    gt_geom_free(ctx, &b);
    free(multi);
}

static void definition(gt_ctx *ctx, const uint8_t *data, size_t size)
{
    gt_arena *arena = NULL;
    gt_layer_rec rec;
    char *json = malloc(size + 1);
    need(json != NULL && gt_arena_new(ctx, 0, &arena) == GT_OK);
    if (size > 0) {
        memcpy(json, data, size);
    }
    json[size] = '\0';
    memset(&rec, 0, sizeof rec);
    if (gt_standard_from_json(ctx, arena, json, &rec) == GT_OK) {
        gt_text out;
        gt_layer_rec again;
        gt_text_init(&out, ctx, 0);
        memset(&again, 0, sizeof again);
        gt_standard_to_json(&rec.standard, rec.origin, rec.columns, rec.n_columns, &out);
        need(gt_standard_from_json(ctx, arena, gt_text_cstr(&out), &again) == GT_OK);
        need(strcmp(rec.standard.id, again.standard.id) == 0);
        need(rec.standard.n_fields == again.standard.n_fields && rec.origin == again.origin);
        for (size_t i = 0; i < rec.standard.n_fields; i++) {
            need(rec.columns[i] == again.columns[i] && rec.by_column[i] == again.by_column[i]);
            need(strcmp(rec.standard.fields[i].name, again.standard.fields[i].name) == 0);
        }
        gt_text_free(&out);
    }
    gt_error_clear(ctx);
    gt_arena_free(arena);
    free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gt_ctx *ctx = gt_ctx_new(NULL);
    need(ctx != NULL);
    if (size > 0 && data[0] % 2 == 0) {
        blob(ctx, data + 1, size - 1);
    } else if (size > 0) {
        definition(ctx, data + 1, size - 1);
    }
    need(gt_ctx_memory_used(ctx) == 0);
    gt_ctx_free(ctx);
    return 0;
}
