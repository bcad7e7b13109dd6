#include "support/store.h"

#include <math.h>
#include <string.h>

#include "guotu/notes.h"

void test_store_open(gt_ctx *ctx, const char *dir, const char *package_dir, gt_package **package,
                     gt_store **store)
{
    gt_notes *notes = NULL;
    gt_store_options o;
    assert_ok(ctx, gt_notes_new(ctx, 0, &notes));
    gt_status st = gt_package_read(ctx, test_path(GT_SOURCE_DIR, package_dir), notes, package);
    if (st != GT_OK) {
        gt_text all;
        gt_text_init(&all, ctx, 0);
        gt_notes_render_all(notes, GT_LANG_EN, &all);
        print_message("%s", gt_text_cstr(&all));
        gt_text_free(&all);
    }
    gt_notes_free(notes);
    assert_ok(ctx, st);
    gt_store_options_init(&o);
    o.crs = gt_package_crs(*package);
    o.title = gt_package_title(*package);
    assert_ok(ctx, gt_store_create(ctx, test_path(dir, "w"), &o, store));
}

void test_store_shut(gt_ctx *ctx, char *dir, gt_package *package, gt_store *store)
{
    gt_store_close(store);
    gt_package_free(package);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    test_dir_remove(dir);
}

gt_commit *test_begin(gt_ctx *ctx, gt_store *store)
{
    const gt_commit_info info = {.author = "test", .message = "edit", .expect_revision = -1};
    gt_commit *c = NULL;
    assert_ok(ctx, gt_commit_begin(ctx, store, &info, &c));
    return c;
}

int64_t test_finish(gt_ctx *ctx, gt_commit *c)
{
    int64_t revision = 0;
    assert_ok(ctx, gt_commit_finish(ctx, c, &revision));
    return revision;
}

void test_define_layers(gt_ctx *ctx, gt_commit *c, const gt_package *package, gt_origin origin)
{
    for (size_t i = 0; i < gt_package_n_layers(package); i++) {
        assert_ok(ctx, gt_commit_define_layer(ctx, c, gt_package_layer(package, i), origin));
    }
}

gt_value test_text(const char *s)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = s, .len = strlen(s)};
}

void test_put_geom(gt_ctx *ctx, gt_commit *c, const char *layer, const char *id, const gt_geom *g,
                   const gt_value *values, size_t n_values, gt_date from)
{
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    assert_ok(ctx, gt_geom_to_gpkg(ctx, g, 4548, &blob, &cap, &len));
    const gt_feature f = {.id = id,
                          .valid_from = from,
                          .valid_to = GT_DATE_NONE,
                          .blob = blob,
                          .blob_len = len,
                          .box = gt_geom_box(g),
                          .values = values,
                          .n_values = n_values};
    assert_ok(ctx, gt_commit_put(ctx, c, layer, &f, (double)NAN));
    gt_free(ctx, blob);
}

void test_put(gt_ctx *ctx, gt_commit *c, const char *layer, const char *id, const double (*xy)[2],
              int n, gt_value value, gt_date from)
{
    gt_geom g;
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_MULTIPOLYGON);
    for (int i = 0; i <= n; i++) {
        assert_ok(ctx, gt_geom_add_point(ctx, &g, TEST_X0 + xy[i % n][0], TEST_Y0 + xy[i % n][1]));
    }
    assert_ok(ctx, gt_geom_end_ring(ctx, &g));
    assert_ok(ctx, gt_geom_end_part(ctx, &g));
    test_put_geom(ctx, c, layer, id, &g, &value, 1, from);
    gt_geom_free(ctx, &g);
}

void test_put_box(gt_ctx *ctx, gt_commit *c, const char *layer, const char *id, const double box[4],
                  gt_value value, gt_date from)
{
    const double xy[4][2] = {
        {box[0], box[1]}, {box[2], box[1]}, {box[2], box[3]}, {box[0], box[3]}};
    test_put(ctx, c, layer, id, xy, 4, value, from);
}
