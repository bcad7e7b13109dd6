/* Imports one file into a fresh workspace through the library, for bench_import.sh:
 *   bench_import_file WORKSPACE FILE [THREADS [FILE_LAYER]]
 * The layer's standard is that of gen_grid_polys: a code list, an id, a stated area. */
#include <stdio.h>
#include <stdlib.h>

#include "guotu/import.h"

static const gt_code codes[] = {{.code = "0101", .title = {"水田", "paddy"}},
                                {.code = "0103", .title = {"旱地", "dry land"}},
                                {.code = "0301", .title = {"乔木林地", "forest"}},
                                {.code = "0702", .title = {"农村宅基地", "village"}},
                                {.code = "1006", .title = {"农村道路", "field road"}}};
static const gt_codelist list = {
    .id = "dlbm", .title = {"地类", "class"}, .codes = codes, .n_codes = 5};
static const gt_field fields[] = {
    {.name = "bsm",
     .title = {"标识码", "id"},
     .type = GT_FIELD_TEXT,
     .required = true,
     .max_length = 18},
    {.name = "dlbm",
     .title = {"地类编码", "class"},
     .type = GT_FIELD_TEXT,
     .required = true,
     .codes = &list},
    {.name = "dlmc", .title = {"地类名称", "class name"}, .type = GT_FIELD_TEXT, .max_length = 60},
    {.name = "tbmj",
     .title = {"图斑面积", "area"},
     .type = GT_FIELD_REAL,
     .has_min = true,
     .unit = "m2"}};
static const gt_standard standard = {
    .id = "parcels",
    .title = {"图斑", "parcels"},
    .theme = "survey",
    .geom_type = GT_MULTIPOLYGON,
    .fields = fields,
    .n_fields = 4,
    .id_field = "bsm",
    .class_field = "dlbm",
    .qc = {.min_area_m2 = 1.0, .min_width_m = 0.1, .min_angle_deg = 1.0, .no_overlap = true}};

int main(int argc, char **argv)
{
    if (argc < 3) {
        (void)fprintf(stderr, "usage: bench_import_file WORKSPACE FILE [THREADS [FILE_LAYER]]\n");
        return 2;
    }
    gt_ctx_options c;
    gt_ctx_options_init(&c);
    c.threads = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
    gt_ctx *ctx = gt_ctx_new(&c);
    gt_store_options so;
    gt_import_options io;
    gt_import_report report;
    gt_store *store = NULL;
    gt_store_options_init(&so);
    gt_import_options_init(&io);
    gt_import_report_init(&report);
    so.crs = "EPSG:4548";
    so.title = (gt_title){"基准测试", "benchmark"};
    io.author = "bench";
    io.source_layer = argc > 4 ? argv[4] : NULL;
    gt_status st = gt_store_create(ctx, argv[1], &so, &store);
    if (st == GT_OK) {
        st = gt_import(ctx, store, &standard, argv[2], &io, &report);
    }
    if (report.notes != NULL && gt_notes_count(report.notes, GT_INFO) > 0) {
        gt_text text;
        gt_text_init(&text, ctx, 0);
        for (size_t i = 0; i < gt_notes_kept(report.notes) && i < 5; i++) {
            gt_notes_render(report.notes, i, GT_LANG_EN, &text);
        }
        (void)fputs(gt_text_cstr(&text), stderr);
        gt_text_free(&text);
    }
    if (st != GT_OK) {
        gt_text text;
        gt_text_init(&text, ctx, 0);
        gt_error_render(ctx, GT_LANG_EN, &text);
        (void)fputs(gt_text_cstr(&text), stderr);
        gt_text_free(&text);
    } else {
        (void)printf("%lld features, %.4f km2, %.3f s, library peak %.1f MiB\n",
                     (long long)report.n_written, report.area_m2 / 1e6, report.seconds,
                     (double)gt_ctx_memory_peak(ctx) / 1048576.0);
    }
    gt_import_report_free(ctx, &report);
    gt_store_close(store);
    gt_ctx_free(ctx);
    return st == GT_OK ? 0 : 3;
}
