/* Export: a stored layer, as of any date or revision, streamed to a file. */
#include <stdio.h>
#include <string.h>

#include "guotu/import.h"
#include "store/qc_messages.h"

void gt_export_options_init(gt_export_options *o)
{
    memset(o, 0, sizeof *o);
    o->size = sizeof *o;
    o->as_of_date = GT_DATE_NONE;
}

static gt_status stream(gt_ctx *ctx, gt_scan *scan, gt_sink *sink, int64_t *n)
{
    gt_status st = GT_OK;
    for (bool more = true; st == GT_OK && more;) {
        gt_feature f;
        st = gt_scan_next(ctx, scan, &f, &more);
        if (st == GT_OK && more) {
            st = gt_sink_put(ctx, sink, &f);
            gt_progress_step(ctx, (uint64_t)++ * n);
        }
        if (st == GT_OK) {
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}

gt_status gt_export(gt_ctx *ctx, gt_store *store, const char *layer, const char *path,
                    const gt_export_options *options, int64_t *n_written)
{
    gt_export_options o;
    gt_layer_info info;
    gt_query query;
    gt_sink_options to;
    gt_scan *scan = NULL;
    gt_sink *sink = NULL;
    int64_t n = 0;
    char crs[32];
    gt_export_options_init(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    const gt_crs *work = gt_store_crs(store);
    (void)snprintf(crs, sizeof crs, "EPSG:%d", gt_crs_epsg(work));
    gt_status st = gt_store_find_layer(ctx, store, layer, &info);
    if (st != GT_OK) {
        return st;
    }
    gt_query_init(&query, layer);
    query.as_of_rev = o.as_of_rev;
    query.as_of_date = o.as_of_date;
    query.has_box = o.has_box;
    query.box = o.box;
    gt_sink_options_init(&to);
    to.driver = o.driver;
    to.out_crs = o.out_crs;
    to.encoding = o.encoding;
    to.overwrite = o.overwrite;
    to.with_dates = o.with_dates;
    to.notes = o.notes;
    st = gt_scan_open(ctx, store, &query, &scan);
    if (st == GT_OK) {
        st = gt_sink_open_with(ctx, path, info.standard,
                               info.standard->geom_type == GT_GEOM_NONE ? NULL
                               : gt_crs_epsg(work) > 0                  ? crs
                                                                        : gt_crs_wkt(work),
                               &to, &sink);
    }
    gt_progress_begin(ctx, &GT_MSG_EXPORT_PROGRESS,
                      info.n_features > 0 ? (uint64_t)info.n_features : 0);
    if (st == GT_OK) {
        st = stream(ctx, scan, sink, &n);
    }
    gt_progress_end(ctx);
    gt_scan_close(scan);
    if (st != GT_OK) {
        gt_sink_abort(sink);
    } else {
        st = gt_sink_close(ctx, sink);
    }
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = path, .layer = layer));
        return st;
    }
    *n_written = n;
    return GT_OK;
}
