/* The proof from outside: the documented recipe followed in another language, and bytes of the file
 * changed one at a time. */
#include <unistd.h>

#include "store/world.h"

static const gt_date D2018 = 17531, D2020 = 18262;

/* Every kind of change, over two layers, one of them without geometry and one with a late field. */
static void tell_story(gt_ctx *ctx, const char *dir)
{
    gt_store *store = world_new(ctx, dir);
    gt_standard parcels = world_standard("parcels"), notes = world_standard("notes");
    notes.geom_type = GT_GEOM_NONE;
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &parcels, GT_ORIGIN_SURVEY));
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &notes, GT_ORIGIN_OPEN));
    assert_ok(ctx, gt_commit_setting_set(ctx, c, "package", "北京 1"));
    assert_ok(ctx, gt_commit_setting_set(ctx, c, "gone", NULL));
    for (int i = 0; i < 60; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "地块%d", i);
        assert_ok(ctx, world_put_box(ctx, c, "parcels", id, world_cell(i, 10, 20, 10), i,
                                     i % 2 ? D2018 : GT_DATE_NONE));
    }
    const gt_value v[N_FIELDS] = {world_text("n"),
                                  world_int(-7),
                                  {.kind = GT_VAL_REAL, .real = -0.0},
                                  world_text("2020-02-29")};
    const gt_feature note = {.valid_from = D2018, .values = v, .n_values = N_FIELDS};
    assert_ok(ctx, gt_commit_put(ctx, c, "notes", &note, NAN));
    world_finish(ctx, c);

    gt_field more[N_FIELDS + 1];
    more[0] = (gt_field){.name = "late", .type = GT_FIELD_TEXT};
    memcpy(more + 1, world_fields, sizeof world_fields);
    parcels.fields = more;
    parcels.n_fields = N_FIELDS + 1;
    const gt_value w[N_FIELDS + 1] = {
        world_text("晚"), world_text("0101"), world_int(1), {.kind = GT_NULL}, {.kind = GT_NULL}};
    world_blob blob = world_polygon(world_box(0, 0, 3));
    const gt_feature changed = {.id = "地块1",
                                .valid_from = D2020,
                                .blob = blob.bytes,
                                .blob_len = blob.len,
                                .values = w,
                                .n_values = N_FIELDS + 1};
    c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &parcels, GT_ORIGIN_SURVEY));
    assert_ok(ctx, gt_commit_put(ctx, c, "parcels", &changed, 9));
    assert_ok(ctx, gt_commit_delete(ctx, c, "parcels", "地块3", D2020));
    assert_ok(ctx, gt_commit_delete(ctx, c, "parcels", "地块5", GT_DATE_NONE));
    assert_ok(ctx, gt_commit_delete(ctx, c, "notes", "#1", GT_DATE_NONE));
    world_finish(ctx, c);
    c = world_begin(ctx, store);
    world_finish(ctx, c);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
}

static void a_stranger_can_follow_the_recipe(void **state)
{
    (void)state;
    if (system("command -v python3 >/dev/null 2>&1") != 0) { // NOLINT(cert-env33-c): constant
        test_skip("needs python3");
    }
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    tell_story(ctx, dir);
    char command[8192], out[256] = "";
    (void)snprintf(command, sizeof command, "python3 '%s/tests/store/recipe.py' '%s' 2>&1",
                   GT_SOURCE_DIR, test_path(dir, "onemap.gpkg"));
    FILE *pipe = popen(command, "r"); // NOLINT(cert-env33-c): quoted path
    assert_non_null(pipe);
    size_t n = fread(out, 1, sizeof out - 1, pipe);
    out[n] = '\0';
    (void)pclose(pipe);
    assert_string_equal(out, "ok 3\n");
    assert_int_equal(world_sql(dir, "UPDATE gt_revision SET author = 'x' WHERE id = 2"), SQLITE_OK);
    pipe = popen(command, "r"); // NOLINT(cert-env33-c): quoted path
    assert_non_null(pipe);
    n = fread(out, 1, sizeof out - 1, pipe);
    out[n] = '\0';
    (void)pclose(pipe);
    assert_string_equal(out, "revision 2: hash\n");
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- bytes changed one at a time
 * ------------------------------------------------------------------- */

static void dump_value(gt_text *out, const gt_value *v)
{
    gt_text_printf(out, "|%d:", (int)v->kind);
    if (v->kind == GT_VAL_TEXT) {
        gt_text_add(out, v->text, v->len);
    } else {
        gt_text_printf(out, "%lld:%a", (long long)v->integer, v->real);
    }
}

/* All versions of all layers and the whole log, as text. */
static gt_status dump(gt_ctx *ctx, gt_store *store, gt_text *out)
{
    gt_status st = GT_OK;
    for (size_t k = 0; st == GT_OK && k < gt_store_n_layers(store); k++) {
        gt_layer_info info;
        gt_query q;
        gt_scan *scan = NULL;
        gt_feature f;
        bool more = true;
        st = gt_store_layer(ctx, store, k, &info);
        if (st != GT_OK) {
            return st;
        }
        gt_query_init(&q, info.standard->id);
        q.all_versions = true;
        gt_text_printf(out, "== %s %lld %a\n", info.standard->id, (long long)info.n_features,
                       info.area_m2);
        st = gt_scan_open(ctx, store, &q, &scan);
        while (st == GT_OK) {
            st = gt_scan_next(ctx, scan, &f, &more);
            if (st != GT_OK || !more) {
                break;
            }
            gt_text_printf(out, "%lld %s %d %d %lld %lld", (long long)f.row, f.id,
                           (int)f.valid_from, (int)f.valid_to, (long long)f.rev_from,
                           (long long)f.rev_to);
            for (size_t i = 0; i < f.n_values; i++) {
                dump_value(out, &f.values[i]);
            }
            gt_text_add(out, (const char *)f.blob, f.blob_len);
        }
        gt_scan_close(scan);
    }
    for (int64_t r = 1; st == GT_OK && r <= gt_store_revision(store); r++) {
        gt_revision info;
        st = gt_store_revision_info(ctx, store, r, &info);
        if (st == GT_OK) {
            gt_text_printf(out, "%lld %lld %s %s %s %s %s\n", (long long)info.id,
                           (long long)info.time_ms, info.author, info.message, info.reason,
                           info.package, info.hash);
        }
    }
    return st == GT_OK ? gt_text_status(out) : st;
}

static void no_byte_changes_in_silence(void **state)
{
    (void)state;
    enum { FLIPS = 800 };
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    tell_story(ctx, dir);
    gt_text want, got;
    size_t len = 0;
    int noticed = 0, harmless = 0;
    test_rng rng;
    test_rng_seed(&rng, 11);
    gt_text_init(&want, ctx, 0);
    gt_text_init(&got, ctx, 0);
    gt_store *store = world_open(ctx, dir);
    assert_ok(ctx, dump(ctx, store, &want));
    gt_store_close(store);
    char *bytes = test_read_file(test_path(dir, "onemap.gpkg"), &len);
    for (int i = 0; i < FLIPS; i++) {
        size_t at = (size_t)(test_rng_next(&rng) % len);
        while (bytes[at] == 0) { /* most of a page is empty: on to where something is */
            at = (at + 1) % len;
        }
        char old = bytes[at];
        bytes[at] = (char)(old ^ (1 << test_rng_next(&rng) % 8));
        test_write_file(test_path(dir, "onemap.gpkg"), bytes, len);
        bytes[at] = old;
        store = NULL;
        gt_text_clear(&got);
        gt_status st = gt_store_open(ctx, dir, NULL, &store);
        st = st == GT_OK ? gt_store_verify(ctx, store) : st;
        st = st == GT_OK ? dump(ctx, store, &got) : st;
        gt_store_close(store);
        if (st != GT_OK) {
            assert_true(gt_failed(ctx));
            gt_error_clear(ctx);
            noticed++;
        } else { /* a byte that means nothing to the map */
            size_t same = 0;
            while (same < got.len && same < want.len && got.data[same] == want.data[same]) {
                same++;
            }
            if (same < got.len || same < want.len) {
                fail_msg("byte %zu of the file changed in silence: \"%.60s\", was \"%.60s\"", at,
                         gt_text_cstr(&got) + same, gt_text_cstr(&want) + same);
            }
            harmless++;
        }
    }
    print_message("%d noticed, %d without meaning\n", noticed, harmless);
    assert_true(noticed > 100);
    gt_text_free(&want);
    gt_text_free(&got);
    free(bytes);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_can_follow_the_recipe),
        cmocka_unit_test(no_byte_changes_in_silence),
    };
    return cmocka_run_group_tests_name("store.recipe", tests, NULL, NULL);
}
