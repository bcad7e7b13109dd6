/* Names of units that people type. */
#include <string.h>

#include "guotu/indicator.h"
#include "guotu/text.h"
#include "indicator/messages.h"
#include "plan/problem.h"

/* Whether the layer of units ever had one of this name; *any: it has some at all. */
static gt_status look(gt_ctx *ctx, gt_scan *scan, int field, const char *name, gt_text *near,
                      bool *any, bool *found)
{
    size_t distance = SIZE_MAX;
    bool more = true;
    gt_status st = GT_OK;
    while (st == GT_OK && more && !*found) {
        gt_feature f;
        st = gt_scan_next(ctx, scan, &f, &more);
        const char *close = NULL;
        if (st != GT_OK || !more || f.values[field].kind != GT_VAL_TEXT) {
            continue;
        }
        *any = true;
        *found = strcmp(f.values[field].text, name) == 0;
        gt_nearest_try(name, f.values[field].text, &close, &distance);
        if (close != NULL) {
            gt_text_clear(near); /* the scan owns the text */
            gt_text_puts(near, close);
        }
    }
    return st;
}

/* Looks through one layer; one that is not loaded has none. */
static gt_status look_in(gt_ctx *ctx, gt_store *store, const char *layer, const char *field,
                         const char *name, gt_text *near, bool *any, bool *found)
{
    gt_layer_info info;
    gt_query q;
    gt_scan *scan = NULL;
    gt_status st = gt_store_find_layer(ctx, store, layer, &info);
    if (st == GT_E_NOT_FOUND) {
        gt_error_clear(ctx);
        return GT_OK;
    }
    int column = st == GT_OK ? gt_standard_field(info.standard, field) : -1;
    if (st != GT_OK || column < 0) {
        return st;
    }
    gt_query_init(&q, layer);
    q.no_geometry = true;
    q.all_versions = true; /* a district that is no more has figures of its time */
    st = gt_scan_open(ctx, store, &q, &scan);
    st = st == GT_OK ? look(ctx, scan, column, name, near, any, found) : st;
    gt_scan_close(scan);
    return st;
}

gt_status gt_indicator_check_unit(gt_ctx *ctx, gt_store *store, const gt_package *package,
                                  const char *name, bool towns)
{
    const char *layer = gt_package_unit_layer(package);
    const char *field = gt_package_unit_name_field(package);
    const char *const *layers = gt_package_units(package);
    gt_text near;
    bool any = false, found = false;
    if (name == NULL || *name == '\0' || layer == NULL || field == NULL) {
        return GT_OK;
    }
    gt_text_init(&near, ctx, 1024);
    gt_status st = look_in(ctx, store, layer, field, name, &near, &any, &found);
    for (size_t i = 0; towns && any && st == GT_OK && !found && layers[i] != NULL; i++) {
        st = strcmp(layers[i], layer) == 0
                 ? GT_OK
                 : look_in(ctx, store, layers[i], field, name, &near, &any, &found);
    }
    if (st == GT_OK && any && !found) {
        st = near.len == 0
                 ? gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_INDICATOR_NO_UNIT, GT_PLACE(.layer = layer),
                           GT_ARGS(GT_TEXT("name", name)))
                 : gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_INDICATOR_NEAR_UNIT,
                           GT_PLACE(.layer = layer),
                           GT_ARGS(GT_TEXT("name", name), GT_TEXT("near", gt_text_cstr(&near))));
    }
    gt_text_free(&near);
    return st;
}
