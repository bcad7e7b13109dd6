/* What the store refuses: features, standards, commits, files. Each refusal names its place, and
 * what was there stays as it was. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/world.h"

static const gt_date D2018 = 17531;

static gt_store *start(gt_ctx *ctx, const char *dir)
{
    gt_store *store = world_new(ctx, dir);
    gt_standard s = world_standard("parcels");
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    assert_ok(ctx, world_put_box(ctx, c, "parcels", "a", world_box(0, 0, 10), 1, D2018));
    world_finish(ctx, c);
    return store;
}

static void end(gt_ctx *ctx, gt_store *store, char *dir)
{
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- features ----------------------------------------------------------------------------------
 */

typedef struct bad_feature {
    const char *id;
    gt_value values[N_FIELDS];
    size_t n_values;
    const char *message, *field;
} bad_feature;

#define TEXT(t)                                                                                    \
    {                                                                                              \
        .kind = GT_VAL_TEXT, .text = (t), .len = sizeof(t) - 1                                     \
    }
#define INT(i)                                                                                     \
    {                                                                                              \
        .kind = GT_VAL_INT, .integer = (i)                                                         \
    }
#define REAL(r)                                                                                    \
    {                                                                                              \
        .kind = GT_VAL_REAL, .real = (r)                                                           \
    }
#define NONE                                                                                       \
    {                                                                                              \
        .kind = GT_NULL                                                                            \
    }

static void values_must_fit_their_fields(void **state)
{
    (void)state;
    const bad_feature cases[] = {
        {"x", {TEXT("0103"), INT(1), REAL(1), NONE}, 3, "store.value-count", NULL},
        {"x", {INT(103), INT(1), REAL(1), NONE}, 4, "store.value-type", "dlbm"},
        {"x", {TEXT("010304"), INT(1), REAL(1), NONE}, 4, "store.value-long", "dlbm"},
        {"x", {TEXT("旱地水田果园"), INT(1), REAL(1), NONE}, 4, "store.value-long", "dlbm"},
        {"x", {TEXT("\xb5\xd8"), INT(1), REAL(1), NONE}, 4, "store.value-utf8", "dlbm"},
        {"x", {TEXT("a\0b"), INT(1), REAL(1), NONE}, 4, "store.value-nul", "dlbm"},
        {"x", {NONE, TEXT("1"), REAL(1), NONE}, 4, "store.value-type", "n"},
        {"x", {NONE, REAL(1), REAL(1), NONE}, 4, "store.value-type", "n"},
        {"x", {NONE, INT(1), TEXT("1"), NONE}, 4, "store.value-type", "share"},
        {"x", {NONE, INT(1), REAL(NAN), NONE}, 4, "store.value-not-finite", "share"},
        {"x", {NONE, INT(1), REAL(-INFINITY), NONE}, 4, "store.value-not-finite", "share"},
        {"x", {NONE, INT(1), REAL(1), TEXT("2020-02-30")}, 4, "store.value-date", "seen"},
        {"x", {NONE, INT(1), REAL(1), TEXT("2020-02-03T00:00:00Z")}, 4, "store.value-date", "seen"},
        {"x", {NONE, INT(1), REAL(1), INT(20200101)}, 4, "store.value-type", "seen"},
        {"", {NONE, INT(1), REAL(1), NONE}, 4, "store.feature-id", NULL},
        {"a\nb", {NONE, INT(1), REAL(1), NONE}, 4, "store.feature-id", NULL},
        {"\xff", {NONE, INT(1), REAL(1), NONE}, 4, "store.feature-id", NULL},
    };
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    world_blob blob = world_polygon(world_box(0, 0, 1));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const gt_feature f = {.id = cases[i].id,
                              .valid_from = D2018,
                              .blob = blob.bytes,
                              .blob_len = blob.len,
                              .values = cases[i].values,
                              .n_values = cases[i].n_values};
        gt_status st = gt_commit_put(ctx, c, "parcels", &f, 1);
        assert_string_equal(gt_error_place(ctx)->layer, "parcels");
        if (cases[i].field != NULL) {
            assert_string_equal(gt_error_place(ctx)->field, cases[i].field);
            assert_string_equal(gt_error_place(ctx)->feature, "x");
        }
        assert_fails(ctx, st, GT_E_INPUT, cases[i].message);
    }
    char longest[300];
    memset(longest, 'x', sizeof longest);
    longest[255] = '\0';
    assert_ok(ctx, world_put_box(ctx, c, "parcels", longest, world_box(0, 0, 1), 1, D2018));
    longest[255] = 'x';
    longest[256] = '\0';
    assert_fails(ctx, world_put_box(ctx, c, "parcels", longest, world_box(0, 0, 1), 1, D2018),
                 GT_E_INPUT, "store.feature-id");
    assert_fails(ctx, world_put_box(ctx, c, "parcel", "x", world_box(0, 0, 1), 1, D2018),
                 GT_E_NOT_FOUND, "store.no-layer-near");
    assert_fails(ctx, world_put_box(ctx, c, NULL, "x", world_box(0, 0, 1), 1, D2018),
                 GT_E_NOT_FOUND, "store.no-layer");
    world_finish(ctx, c); /* refusals leave the revision usable */
    assert_ok(ctx, gt_store_verify(ctx, store));
    end(ctx, store, dir);
}

static void put_blob(gt_ctx *ctx, gt_commit *c, const world_blob *blob, const char *message)
{
    const gt_value values[N_FIELDS] = {{.kind = GT_NULL}};
    const gt_feature f = {.id = "x",
                          .valid_from = GT_DATE_NONE,
                          .blob = blob->bytes,
                          .blob_len = blob->len,
                          .values = values,
                          .n_values = N_FIELDS};
    assert_fails(ctx, gt_commit_put(ctx, c, "parcels", &f, 1), GT_E_INPUT, message);
}

static void geometries_must_be_whole_and_of_the_layer(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    world_blob good = world_polygon(world_box(0, 0, 1)), b = good;
    for (size_t len = 1; len < good.len; len++) { /* cut anywhere */
        b.len = len;
        put_blob(ctx, c, &b, "store.geometry-blob");
    }
    b = good;
    b.len = good.len + 1; /* and a byte too many */
    put_blob(ctx, c, &b, "store.geometry-blob");
    static const struct {
        size_t at;
        uint8_t value;
        const char *message;
    } bytes[] = {
        {0, 'g', "store.geometry-blob"},           {2, 1, "store.geometry-blob"},
        {3, 0x0b, "store.geometry-blob"},          {3, 0x23, "store.geometry-blob"},
        {4, 0x01, "store.geometry-srs"},           {8 + 32, 2, "store.geometry-blob"},
        {8 + 32 + 1, 7, "store.geometry-blob"},    {8 + 32 + 1, 2, "store.geometry-blob"},
        {8 + 32 + 5, 9, "store.geometry-blob"},    {8 + 32 + 9, 200, "store.geometry-blob"},
        {8 + 32 + 12, 200, "store.geometry-blob"},
    };
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        b = good;
        b.bytes[bytes[i].at] = bytes[i].value;
        put_blob(ctx, c, &b, bytes[i].message);
    }
    b = good;
    const double nan = NAN;
    memcpy(b.bytes + 8, &nan, 8); /* envelope */
    put_blob(ctx, c, &b, "store.geometry-blob");
    b = world_polygon((gt_box){10, 0, 0, 10});
    put_blob(ctx, c, &b, "store.geometry-blob");
    gt_commit_abort(c);
    end(ctx, store, dir);
}

static void single_geometries_become_multi(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    gt_standard roads = world_standard("roads"), wells = world_standard("wells");
    gt_standard notes = world_standard("notes");
    roads.geom_type = GT_LINESTRING;
    wells.geom_type = GT_POINT;
    notes.geom_type = GT_GEOM_NONE;
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &roads, GT_ORIGIN_OPEN));
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &wells, GT_ORIGIN_OPEN));
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &notes, GT_ORIGIN_OPEN));
    gt_geom g;
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_LINESTRING);
    assert_ok(ctx, gt_geom_add_point(ctx, &g, 500000, 4400000));
    assert_ok(ctx, gt_geom_add_point(ctx, &g, 500010, 4400005));
    assert_ok(ctx, gt_geom_end_ring(ctx, &g));
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    const gt_value values[N_FIELDS] = {{.kind = GT_NULL}};
    gt_feature f = {.id = "x", .valid_from = D2018, .values = values, .n_values = N_FIELDS};
    assert_ok(ctx, gt_geom_to_gpkg(ctx, &g, SRS, &blob, &cap, &len));
    f.blob = blob;
    f.blob_len = len;
    assert_ok(ctx, gt_commit_put(ctx, c, "roads", &f, NAN));
    assert_fails(ctx, gt_commit_put(ctx, c, "wells", &f, NAN), GT_E_INPUT, "store.geometry-type");
    assert_fails(ctx, gt_commit_put(ctx, c, "notes", &f, NAN), GT_E_INPUT, "store.geometry-type");
    gt_geom_reset(&g, GT_POINT);
    assert_ok(ctx, gt_geom_add_point(ctx, &g, 500001, 4400002));
    assert_ok(ctx, gt_geom_to_gpkg(ctx, &g, SRS, &blob, &cap, &len));
    f.blob = blob;
    f.blob_len = len;
    assert_ok(ctx, gt_commit_put(ctx, c, "wells", &f, NAN));
    f.blob = NULL;
    f.blob_len = 0;
    f.id = NULL; /* made up */
    assert_ok(ctx, gt_commit_put(ctx, c, "notes", &f, NAN));
    f.id = "none";
    assert_ok(ctx, gt_commit_put(ctx, c, "parcels", &f, NAN)); /* no geometry yet */
    world_finish(ctx, c);
    assert_string_equal(world_ask(dir, "SELECT hex(substr(geom, 42, 4)) FROM roads"), "05000000");
    assert_string_equal(world_ask(dir, "SELECT gt_id FROM notes"), "#1");
    assert_string_equal(world_ask(dir, "SELECT gt_area_m2 IS NULL FROM parcels WHERE gt_id ="
                                       " 'none'"),
                        "1");
    gt_layer_info info;
    assert_ok(ctx, gt_store_find_layer(ctx, store, "wells", &info));
    assert_near(info.box.xmin, 500001, 0); /* points carry no envelope: from the coordinates */
    assert_near(info.area_m2, 0, 0);
    gt_query q;
    gt_scan *scan = NULL;
    bool more = false;
    gt_query_init(&q, "roads");
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_ok(ctx, gt_geom_from_gpkg(ctx, f.blob, f.blob_len, NULL, &g));
    assert_int_equal(g.type, GT_MULTILINESTRING);
    assert_int_equal(g.n_points, 2);
    gt_scan_close(scan);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_free(ctx, blob);
    gt_geom_free(ctx, &g);
    end(ctx, store, dir);
}

/* ---- standards
 * ------------------------------------------------------------------------------------ */

static void layer_and_field_names_are_guarded(void **state)
{
    (void)state;
    static const char *const layers[] = {"",
                                         "1a",
                                         "Parcels",
                                         "a-b",
                                         "a b",
                                         "图斑",
                                         "gt_x",
                                         "gpkg_contents",
                                         "rtree_x",
                                         "sqlite_x",
                                         "a__history",
                                         "a\"b",
                                         "a;b",
                                         NULL,
                                         "a23456789012345678901234567890123456789012345678901"};
    static const char *const fields[] = {"",     "fid", "geom", "gt_id", "Area", "a b",
                                         "n\"m", "1",   "oid",  "rowid", "名"};
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        gt_standard s = world_standard(layers[i]);
        assert_fails(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY), GT_E_INPUT,
                     "store.layer-id");
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        gt_field f = {.name = fields[i], .type = GT_FIELD_TEXT};
        gt_standard s = world_standard("other");
        s.fields = &f;
        s.n_fields = 1;
        assert_fails(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY), GT_E_INPUT,
                     "store.field-name");
    }
    gt_field two[2] = {{.name = "a", .type = GT_FIELD_TEXT}, {.name = "a", .type = GT_FIELD_INT}};
    gt_standard s = world_standard("other");
    s.fields = two;
    s.n_fields = 2;
    assert_fails(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY), GT_E_INPUT,
                 "store.field-name");
    s.n_fields = 501;
    assert_fails(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY), GT_E_LIMIT,
                 "store.many-fields");
    two[0].type = (gt_field_type)9;
    s.n_fields = 1;
    assert_fails(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY), GT_E_INPUT,
                 "store.field-name");
    assert_int_equal(world_finish(ctx, c), 2);
    assert_int_equal(gt_store_n_layers(store), 1);
    end(ctx, store, dir);
}

static void a_schema_grows_but_does_not_change(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_field f[N_FIELDS + 1];
    memcpy(f, world_fields, sizeof world_fields);
    f[N_FIELDS] = (gt_field){.name = "late", .type = GT_FIELD_TEXT};
    gt_standard s = world_standard("parcels");
    gt_commit *c = world_begin(ctx, store);
    s.geom_type = GT_POINT;
    assert_fails(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY), GT_E_CONFLICT,
                 "store.schema-conflict");
    s.geom_type = GT_MULTIPOLYGON; /* stored the same way */
    s.fields = f;
    f[1].type = GT_FIELD_REAL;
    assert_fails(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY), GT_E_CONFLICT,
                 "store.schema-conflict");
    f[1].type = GT_FIELD_INT;
    s.n_fields = N_FIELDS - 1; /* one is missing */
    assert_fails(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY), GT_E_CONFLICT,
                 "store.schema-conflict");
    s.n_fields = N_FIELDS + 1;
    f[N_FIELDS].required = true; /* what would the old rows hold? */
    assert_fails(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY), GT_E_CONFLICT,
                 "store.schema-conflict");
    gt_commit_abort(c);

    /* a new field in front: values follow the new order, old rows and their proof stay */
    gt_field g[N_FIELDS + 1];
    g[0] = (gt_field){.name = "late", .type = GT_FIELD_TEXT, .title = {"新", "late"}};
    memcpy(g + 1, world_fields, sizeof world_fields);
    s = world_standard("parcels");
    s.fields = g;
    s.n_fields = N_FIELDS + 1;
    s.title.en = "parcels of land";
    c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_OPEN));
    const gt_value values[N_FIELDS + 1] = {TEXT("新"), TEXT("0101"), INT(5), INT(2),
                                           TEXT("2020-05-06")};
    world_blob blob = world_polygon(world_box(50, 0, 10));
    const gt_feature feature = {.id = "b",
                                .valid_from = D2018,
                                .blob = blob.bytes,
                                .blob_len = blob.len,
                                .values = values,
                                .n_values = N_FIELDS + 1};
    assert_ok(ctx, gt_commit_put(ctx, c, "parcels", &feature, 100));
    s.title.en = "something else";
    assert_fails(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_OPEN), GT_E_USAGE,
                 "store.define-late");
    world_finish(ctx, c);
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
    store = world_open(ctx, dir);
    gt_layer_info info;
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_int_equal(info.standard->n_fields, N_FIELDS + 1);
    assert_string_equal(info.standard->fields[0].name, "late");
    assert_string_equal(info.standard->title.en, "parcels of land");
    assert_int_equal(info.origin, GT_ORIGIN_OPEN);
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature got;
    bool more = false;
    gt_query_init(&q, "parcels");
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    assert_ok(ctx, gt_scan_next(ctx, scan, &got, &more));
    assert_int_equal(got.values[0].kind, GT_NULL);
    assert_int_equal(got.values[2].integer, 1);
    assert_ok(ctx, gt_scan_next(ctx, scan, &got, &more));
    assert_string_equal(got.values[0].text, "新");
    assert_int_equal(got.values[3].kind, GT_VAL_REAL); /* a whole number in a real field */
    assert_near(got.values[3].real, 2, 0);
    assert_string_equal(got.values[4].text, "2020-05-06");
    gt_scan_close(scan);
    end(ctx, store, dir);
}

static void required_fields_are_required(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    const gt_field f[2] = {{.name = "flag", .type = GT_FIELD_BOOL, .required = true},
                           {.name = "code", .type = GT_FIELD_TEXT}};
    gt_standard s = world_standard("flags");
    s.fields = f;
    s.n_fields = 2;
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    gt_value v[2] = {{.kind = GT_NULL}, {.kind = GT_NULL}};
    const gt_feature feature = {.id = "x", .valid_from = D2018, .values = v, .n_values = 2};
    assert_fails(ctx, gt_commit_put(ctx, c, "flags", &feature, 0), GT_E_INPUT,
                 "store.value-required");
    v[0] = world_int(2);
    assert_fails(ctx, gt_commit_put(ctx, c, "flags", &feature, 0), GT_E_INPUT, "store.value-type");
    v[0] = world_int(1);
    assert_ok(ctx, gt_commit_put(ctx, c, "flags", &feature, 0));
    world_finish(ctx, c);
    end(ctx, store, dir);
}

/* ---- commits
 * ---------------------------------------------------------------------------------------- */

static void commits_are_checked(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_commit *c = NULL, *second = NULL;
    gt_commit_info info = {.author = "a", .message = "", .expect_revision = -1};
    assert_fails(ctx, gt_commit_begin(ctx, store, &info, &c), GT_E_USAGE, "store.commit-needs");
    info.message = "m";
    info.author = NULL;
    assert_fails(ctx, gt_commit_begin(ctx, store, &info, &c), GT_E_USAGE, "store.commit-needs");
    info.author = "\xff\xfe";
    assert_fails(ctx, gt_commit_begin(ctx, store, &info, &c), GT_E_INPUT, "store.value-utf8");
    info.author = "a";
    info.expect_revision = 0;
    assert_fails(ctx, gt_commit_begin(ctx, store, &info, &c), GT_E_CONFLICT, "store.stale");
    info.expect_revision = 1;
    assert_ok(ctx, gt_commit_begin(ctx, store, &info, &c));
    assert_fails(ctx, gt_commit_begin(ctx, store, &info, &second), GT_E_USAGE, "store.open-commit");
    assert_fails(ctx, gt_store_refresh(ctx, store, NULL), GT_E_USAGE, "store.open-commit");
    assert_fails(ctx, gt_commit_setting_set(ctx, c, "", "x"), GT_E_INPUT, "store.setting-key");
    assert_fails(ctx, gt_commit_setting_set(ctx, c, NULL, "x"), GT_E_INPUT, "store.setting-key");
    assert_fails(ctx, gt_commit_setting_set(ctx, c, "k", "\xc0"), GT_E_INPUT, "store.value-utf8");
    gt_cancel(ctx);
    assert_fails(ctx, gt_commit_finish(ctx, c, NULL), GT_E_CANCELLED, "base.cancelled");
    gt_store_close(store);
    gt_ctx_free(ctx);
    ctx = test_ctx();
    store = world_open(ctx, dir);
    assert_int_equal(gt_store_revision(store), 1);
    gt_revision r;
    assert_fails(ctx, gt_store_revision_info(ctx, store, 2, &r), GT_E_NOT_FOUND,
                 "store.no-revision");
    gt_layer_info layer;
    assert_fails(ctx, gt_store_layer(ctx, store, 1, &layer), GT_E_NOT_FOUND, "store.no-layer");
    end(ctx, store, dir);
}

static void settings_are_versioned(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    char *value = NULL;
    static const char *const texts[] = {"一", "", NULL, "四"};
    for (size_t i = 0; i < 4; i++) {
        gt_commit *c = world_begin(ctx, store);
        assert_ok(ctx, gt_commit_setting_set(ctx, c, "package", "lost"));
        assert_ok(ctx, gt_commit_setting_set(ctx, c, "package", texts[i]));
        assert_int_equal(world_finish(ctx, c), (int)i + 2);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_ok(ctx, gt_store_setting_get(ctx, store, "package", (int64_t)i + 2, &value));
        if (texts[i] == NULL) {
            assert_null(value);
        } else {
            assert_string_equal(value, texts[i]);
        }
        gt_free(ctx, value);
        gt_revision r;
        assert_ok(ctx, gt_store_revision_info(ctx, store, (int64_t)i + 2, &r));
        assert_string_equal(r.package, texts[i] == NULL ? "" : texts[i]);
        assert_string_equal(r.author, "tester");
        assert_string_equal(r.reason, "test");
    }
    assert_ok(ctx, gt_store_setting_get(ctx, store, "package", 0, &value));
    assert_string_equal(value, "四");
    gt_free(ctx, value);
    assert_ok(ctx, gt_store_setting_get(ctx, store, "package", 1, &value));
    assert_null(value);
    assert_ok(ctx, gt_store_verify(ctx, store));
    end(ctx, store, dir);
}

/* ---- files
 * -------------------------------------------------------------------------------------------- */

static void open_fails(const char *dir, gt_status status, const char *id)
{
    gt_ctx *ctx = test_ctx();
    gt_store *store = NULL;
    gt_status st = gt_store_open(ctx, dir, NULL, &store);
    assert_null(store);
    assert_non_null(gt_error_place(ctx));
    assert_non_null(gt_error_place(ctx)->file);
    assert_fails(ctx, st, status, id);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void files_that_are_not_ours_are_told_apart(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    open_fails(test_path(dir, "nowhere"), GT_E_NOT_FOUND, "store.no-workspace");
    open_fails(dir, GT_E_NOT_FOUND, "store.no-workspace");
    const char *map = test_path(dir, "onemap.gpkg");
    test_write_file(map, "not a database, not at all, but long enough to be one", 53);
    open_fails(dir, GT_E_INPUT, "store.damaged");
    test_write_file(map, "", 0); /* an empty file is an empty database to SQLite */
    open_fails(dir, GT_E_INPUT, "store.foreign");
    assert_int_equal(unlink(map), 0);
    assert_int_equal(world_sql(dir, "CREATE TABLE gpkg_contents(table_name TEXT)"), SQLITE_OK);
    open_fails(dir, GT_E_INPUT, "store.foreign");
    assert_int_equal(unlink(map), 0);
    gt_store_close(start(ctx, dir));
    assert_int_equal(world_sql(dir, "UPDATE gt_meta SET value = '2' WHERE key = 'format'"),
                     SQLITE_OK);
    open_fails(dir, GT_E_INPUT, "store.newer-format");
    assert_int_equal(world_sql(dir, "UPDATE gt_meta SET value = 'x' WHERE key = 'format'"),
                     SQLITE_OK);
    open_fails(dir, GT_E_INPUT, "store.foreign");
    assert_int_equal(world_sql(dir, "UPDATE gt_meta SET value = '1' WHERE key = 'format';"
                                    "UPDATE gt_layer_def SET definition = '{\"id\":3}'"),
                     SQLITE_OK);
    open_fails(dir, GT_E_INPUT, "store.damaged");
    assert_int_equal(world_sql(dir, "UPDATE gt_layer_def SET definition = '['"), SQLITE_OK);
    open_fails(dir, GT_E_INPUT, "store.damaged");
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void definitions_that_lie_are_damage(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "replace(definition, '\"type\":2', '\"type\":12')",
        "replace(definition, '\"column\":1', '\"column\":400')",
        "replace(definition, '\"name\":\"n\"', '\"name\":\"n\\\" x\"')",
        "replace(definition, '\"id\":\"parcels\"', '\"id\":\"sqlite_master\"')",
        "replace(definition, '\"geom_type\":3', '\"geom_type\":30')",
        "replace(definition, '\"fields\"', '\"feelds\"')",
        "replace(definition, '\"zh\"', '\"xx\"')",
    };
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store_close(start(ctx, dir));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char sql[512];
        (void)snprintf(sql, sizeof sql,
                       "CREATE TABLE IF NOT EXISTS keep AS SELECT definition FROM gt_layer_def;"
                       "UPDATE gt_layer_def SET definition = (SELECT definition FROM keep);"
                       "UPDATE gt_layer_def SET definition = %s",
                       changes[i]);
        assert_int_equal(world_sql(dir, sql), SQLITE_OK);
        open_fails(dir, GT_E_INPUT, "store.damaged");
    }
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Every page in turn overwritten with noise: opening, reading and verifying may fail, only with a
 * located error, and nothing else happens. */
static void noise_in_any_page_is_an_error_not_a_crash(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    gt_commit *c = world_begin(ctx, store);
    for (int i = 0; i < 300; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "%d", i);
        assert_ok(ctx, world_put_box(ctx, c, "parcels", id, world_box(i, i, 1), i, D2018));
    }
    world_finish(ctx, c);
    gt_store_close(store);
    size_t len = 0, found = 0;
    const char *map = test_path(dir, "onemap.gpkg");
    char *bytes = test_read_file(map, &len), *noisy = malloc(len);
    assert_non_null(noisy);
    test_rng rng;
    test_rng_seed(&rng, 5);
    size_t pages = len / 16384;
    for (size_t page = 0; page < pages; page++) {
        memcpy(noisy, bytes, len);
        for (size_t i = page == 0 ? 100 : 0; i < 16384; i += 1 + test_rng_next(&rng) % 200) {
            noisy[page * 16384 + i] = (char)test_rng_next(&rng);
        }
        test_write_file(test_path(dir, "onemap.gpkg"), noisy, len);
        gt_store *s = NULL;
        gt_status st = gt_store_open(ctx, dir, NULL, &s);
        if (st == GT_OK) {
            st = gt_store_verify(ctx, s);
        }
        found += st != GT_OK;
        assert_true(st == GT_OK || gt_failed(ctx));
        gt_error_clear(ctx);
        gt_store_close(s);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
    }
    print_message("%zu of %zu pages noticed\n", found, pages);
    assert_true(found * 10 >= pages * 8);          /* some pages are free or hold gpkg texts only */
    for (size_t cut = 0; cut < len; cut += 4999) { /* truncated anywhere */
        test_write_file(test_path(dir, "onemap.gpkg"), bytes, cut);
        gt_store *s = NULL;
        gt_status st = gt_store_open(ctx, dir, NULL, &s);
        st = st == GT_OK ? gt_store_verify(ctx, s) : st;
        assert_int_equal(st, GT_E_INPUT);
        gt_error_clear(ctx);
        gt_store_close(s);
    }
    free(bytes);
    free(noisy);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Runs as nobody where we are root, since root may write anywhere. 0: as it should be. */
static int read_as_nobody(const char *dir)
{
    gt_ctx *ctx = test_ctx();
    gt_store *store = NULL;
    gt_commit *c = NULL;
    gt_commit_info info = {.author = "a", .message = "m", .expect_revision = -1};
    gt_feature f;
    gt_scan *scan = NULL;
    gt_query q;
    bool more = false;
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
        return 1;
    }
    gt_query_init(&q, "parcels");
    if (gt_store_open(ctx, dir, NULL, &store) != GT_OK || gt_store_verify(ctx, store) != GT_OK ||
        gt_scan_open(ctx, store, &q, &scan) != GT_OK ||
        gt_scan_next(ctx, scan, &f, &more) != GT_OK || !more) {
        return 2;
    }
    gt_scan_close(scan);
    gt_status st = gt_commit_begin(ctx, store, &info, &c);
    bool told = st == GT_E_ENV && strcmp(gt_error_id(ctx), "store.read-only") == 0;
    gt_error_clear(ctx);
    gt_store_close(store);
    st = gt_store_create(ctx, test_path(dir, "x"), NULL, &store);
    gt_ctx_free(ctx);
    return told && st != GT_OK ? 0 : 3;
}

static void a_read_only_folder_can_be_read(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store_close(start(ctx, dir));
    gt_store_options o;
    gt_store_options_init(&o);
    o.read_only = true;
    gt_store *store = NULL;
    assert_ok(ctx, gt_store_open(ctx, dir, &o, &store));
    gt_commit *c = NULL;
    gt_commit_info info = {.author = "a", .message = "m", .expect_revision = -1};
    assert_fails(ctx, gt_commit_begin(ctx, store, &info, &c), GT_E_ENV, "store.read-only");
    gt_store_close(store);
    assert_int_equal(chmod(test_path(dir, "onemap.gpkg"), 0444), 0);
    assert_int_equal(chmod(dir, 0555), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(read_as_nobody(dir));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(chmod(dir, 0755), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* A file size limit stands in for a full disk: the write fails in the middle of the revision. */
static void a_full_disk_changes_nothing(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = start(ctx, dir);
    struct rlimit old, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    size_t refused = 0;
    for (rlim_t size = 200000; size < 60000000 && refused < 30; size = size * 5 / 4) {
        limit = old;
        limit.rlim_cur = size;
        gt_commit *c = world_begin(ctx, store);
        gt_status st = GT_OK;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        for (int i = 0; st == GT_OK && i < 60000; i++) {
            char id[32];
            (void)snprintf(id, sizeof id, "f%d", i);
            st = world_put_box(ctx, c, "parcels", id, world_cell(i, 300, 1, 1), i, D2018);
        }
        if (st == GT_OK) {
            st = gt_commit_finish(ctx, c, NULL);
        } else {
            gt_commit_abort(c);
        }
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        if (st == GT_OK) {
            break;
        }
        assert_fails(ctx, st, GT_E_ENV, NULL);
        refused++;
        assert_int_equal(gt_store_revision(store), 1);
        gt_store_close(store);
        store = world_open(ctx, dir);
        assert_int_equal(gt_store_revision(store), 1);
        assert_string_equal(world_ask(dir, "SELECT count(*) FROM parcels"), "1");
        assert_ok(ctx, gt_store_verify(ctx, store));
    }
    assert_true(refused > 5);
    (void)signal(SIGXFSZ, SIG_DFL);
    end(ctx, store, dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_must_fit_their_fields),
        cmocka_unit_test(geometries_must_be_whole_and_of_the_layer),
        cmocka_unit_test(single_geometries_become_multi),
        cmocka_unit_test(layer_and_field_names_are_guarded),
        cmocka_unit_test(a_schema_grows_but_does_not_change),
        cmocka_unit_test(required_fields_are_required),
        cmocka_unit_test(commits_are_checked),
        cmocka_unit_test(settings_are_versioned),
        cmocka_unit_test(files_that_are_not_ours_are_told_apart),
        cmocka_unit_test(definitions_that_lie_are_damage),
        cmocka_unit_test(noise_in_any_page_is_an_error_not_a_crash),
        cmocka_unit_test(a_read_only_folder_can_be_read),
        cmocka_unit_test(a_full_disk_changes_nothing),
    };
    return cmocka_run_group_tests_name("store.refuse", tests, NULL, NULL);
}
