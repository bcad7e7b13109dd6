/* Times of the stages of weave on plain GeoPackages.
 *   bench_weave_files [-t THREADS] [-c CELL_M] [-p 1] A.gpkg B.gpkg ...
 * -p 1: areas of two layers alone, by edge pairs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/date.h"
#include "guotu/gpkg_read.h"
#include "guotu/weave.h"

enum { MOST = 32, MOST_BATCHES = 1 << 14 };

static void fail(gt_ctx *ctx)
{
    gt_text t;
    gt_text_init(&t, ctx, 0);
    gt_error_render(ctx, GT_LANG_EN, &t);
    (void)fputs(gt_text_cstr(&t), stderr);
    exit(1);
}

int main(int argc, char **argv)
{
    gt_ctx_options o;
    gt_weave_options wo;
    gt_ctx_options_init(&o);
    gt_weave_options_init(&wo);
    static gt_polygon_table *tables[MOST];
    static gt_weave_batch batches[MOST_BATCHES];
    uint32_t n = 0;
    size_t n_batches = 0;
    size_t first_of_b = 0;
    bool pairs = false;
    int at = 1;
    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        if (argv[at][1] == 't') {
            o.threads = (int)strtol(argv[at + 1], NULL, 10);
        } else if (argv[at][1] == 'p') {
            pairs = true;
        } else {
            wo.cell = strtod(argv[at + 1], NULL);
        }
    }
    gt_ctx *ctx = gt_ctx_new(&o);
    double t0 = gt_clock();
    for (; at < argc && n < MOST; at++, n++) {
        if (gt_gpkg_read_polygons(ctx, argv[at], NULL, NULL, &tables[n]) != GT_OK) {
            fail(ctx);
        }
        uint32_t number = 0;
        first_of_b = n == 1 ? n_batches : first_of_b;
        for (size_t i = 0; i < tables[n]->n_runs; i++) {
            const gt_polygon_run *r = &tables[n]->runs[i];
            batches[n_batches++] = (gt_weave_batch){n,           number,      r->n_features,  r->xy,
                                                    r->ring_end, r->part_end, r->feature_end, NULL};
            number += (uint32_t)r->n_features;
        }
    }
    double t1 = gt_clock();
    gt_weave *w = NULL;
    gt_account *a = NULL;
    if (pairs) {
        if (gt_weave_pair_areas(ctx, batches, first_of_b, batches + first_of_b,
                                n_batches - first_of_b, &wo, &a) != GT_OK) {
            fail(ctx);
        }
        (void)printf("RESULT read %.3f s, areas %.3f s, sum %.3f s; pairs %zu, area %.6f\n",
                     t1 - t0, gt_clock() - t1, gt_clock() - t0, gt_account_rows(a),
                     gt_account_total(a));
        return 0;
    }
    if (gt_weave_run(ctx, n, batches, n_batches, &wo, &w) != GT_OK) {
        fail(ctx);
    }
    double t2 = gt_clock();
    if (gt_weave_account(ctx, w, NULL, NULL, NULL, &a) != GT_OK) {
        fail(ctx);
    }
    double t3 = gt_clock();
    gt_weave_stats s = gt_weave_statistics(w);
    (void)printf(
        "RESULT read %.3f s, weave %.3f s, account %.3f s, sum %.3f s; edges %llu, pieces "
        "%llu, unique %llu, crossings %llu, faces %llu, entries %llu, cells %llu of %.0f m; "
        "tuples %zu, area %.6f; memory peak %.0f MB\n",
        t1 - t0, t2 - t1, t3 - t2, t3 - t0, (unsigned long long)s.n_edges,
        (unsigned long long)s.n_pieces, (unsigned long long)s.n_unique,
        (unsigned long long)s.n_crossings, (unsigned long long)s.n_faces,
        (unsigned long long)s.n_entries, (unsigned long long)s.n_cells, s.cell, gt_account_rows(a),
        gt_account_total(a), (double)gt_ctx_memory_peak(ctx) / 1048576);
    gt_account_free(ctx, a);
    gt_weave_free(ctx, w);
    for (uint32_t i = 0; i < n; i++) {
        gt_polygon_table_free(ctx, tables[i]);
    }
    gt_ctx_free(ctx);
    return 0;
}
