/* Blobs looked at without decoding: every type, dimension and byte order, against the codec. */
#include "store/blob.h"
#include "store/world.h"

typedef struct bytes {
    uint8_t data[4096];
    size_t len;
} bytes;

static void put_u8(bytes *b, unsigned v)
{
    b->data[b->len++] = (uint8_t)v;
}

static void put_u32(bytes *b, uint32_t v, bool big)
{
    for (int i = 0; i < 4; i++) {
        put_u8(b, v >> 8 * (big ? 3 - i : i) & 0xffU);
    }
}

static void put_f64(bytes *b, double v, bool big)
{
    uint64_t bits = 0;
    memcpy(&bits, &v, sizeof bits);
    put_u32(b, (uint32_t)(big ? bits >> 32 : bits), big);
    put_u32(b, (uint32_t)(big ? bits : bits >> 32), big);
}

/* GeoPackage header; kind: envelope 0 none, 1 xy, 2 xyz, 3 xym, 4 xyzm. */
static void put_head(bytes *b, int kind, bool big, bool empty)
{
    static const int extra[5] = {0, 0, 2, 2, 4};
    b->len = 0;
    put_u8(b, 'G');
    put_u8(b, 'P');
    put_u8(b, 0);
    put_u8(b, (big ? 0U : 1U) | (unsigned)kind << 1 | (empty ? 0x10U : 0U));
    put_u32(b, 4548, big);
    if (kind > 0) {
        const double sides[4] = {-5, 7, 11, 13};
        for (int i = 0; i < 4; i++) {
            put_f64(b, sides[i], big);
        }
        for (int i = 0; i < extra[kind]; i++) {
            put_f64(b, 99, big);
        }
    }
}

static void put_type(bytes *b, unsigned type, int z, int m, bool ewkb, bool big)
{
    unsigned code = ewkb ? type | (z ? 0x80000000U : 0) | (m ? 0x40000000U : 0)
                         : type + (z && m ? 3000U
                                   : m    ? 2000U
                                   : z    ? 1000U
                                          : 0U);
    put_u8(b, big ? 0 : 1);
    put_u32(b, code, big);
}

/* n points on a line from (x, y). */
static void put_points(bytes *b, int n, double x, double y, int z, int m, bool big)
{
    for (int i = 0; i < n; i++) {
        put_f64(b, x + i, big);
        put_f64(b, y + 2 * i, big);
        for (int k = 0; k < z + m; k++) {
            put_f64(b, -1e9, big); /* must not enter the envelope */
        }
    }
}

static void put_simple(bytes *b, unsigned type, double x, int z, int m, bool ewkb, bool big)
{
    put_type(b, type, z, m, ewkb, big);
    if (type == 1) {
        put_points(b, 1, x, 20, z, m, big);
    } else if (type == 2) {
        put_u32(b, 3, big);
        put_points(b, 3, x, 20, z, m, big);
    } else {
        put_u32(b, 2, big);
        for (int ring = 0; ring < 2; ring++) {
            put_u32(b, 4, big);
            put_points(b, 4, x, 20 + ring, z, m, big);
        }
    }
}

static void put_any(bytes *b, unsigned type, int z, int m, bool ewkb, bool big)
{
    if (type <= 3) {
        put_simple(b, type, 10, z, m, ewkb, big);
        return;
    }
    put_type(b, type, z, m, ewkb, big);
    put_u32(b, 2, big);
    put_simple(b, type - 3, 10, z, m, ewkb, big);
    put_simple(b, type - 3, 30, z, m, ewkb, !big); /* parts may differ in byte order */
}

static gt_box expected(unsigned type)
{
    static const int points[4] = {0, 1, 3, 4};
    unsigned simple = type > 3 ? type - 3 : type;
    double n = points[simple] - 1;
    return (gt_box){10, 20, (type > 3 ? 30 : 10) + n, 20 + 2 * n + (simple == 3 ? 1 : 0)};
}

static void every_kind_of_blob_is_understood(void **state)
{
    (void)state;
    int seen = 0;
    for (unsigned bits = 0; bits < 32; bits++) {
        int z = bits & 1, m = bits >> 1 & 1;
        bool ewkb = bits & 4, big = bits & 8, head_big = bits & 16;
        for (unsigned type = 1; type <= 6; type++) {
            bytes b;
            gt_blob_info info;
            put_head(&b, 0, head_big, false);
            put_any(&b, type, z, m, ewkb, big);
            assert_null(gt_blob_look(b.data, b.len, &info));
            assert_int_equal(info.type, type);
            assert_int_equal(info.srs_id, 4548);
            assert_int_equal(info.wkb_at, 8);
            assert_int_equal(info.wkb_big, big);
            gt_box want = expected(type);
            assert_memory_equal(&info.box, &want, sizeof want);
            assert_null(gt_blob_whole(b.data, b.len, &info));
            seen++;
        }
    }
    assert_int_equal(seen, 192);
}

static void envelopes_are_believed(void **state)
{
    (void)state;
    for (int kind = 1; kind <= 4; kind++) {
        for (int big = 0; big < 2; big++) {
            bytes b;
            gt_blob_info info;
            put_head(&b, kind, big, false);
            put_any(&b, 3, kind == 2 || kind == 4, kind == 3 || kind == 4, false, !big);
            assert_null(gt_blob_look(b.data, b.len, &info));
            const gt_box want = {-5, 11, 7, 13}; /* as stated, not as the points are */
            assert_memory_equal(&info.box, &want, sizeof want);
            assert_null(gt_blob_whole(b.data, b.len, &info));
        }
    }
}

static void single_becomes_multi_in_every_form(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_geom single, multi;
    gt_geom_init(&single);
    gt_geom_init(&multi);
    for (unsigned bits = 0; bits < 32; bits++) {
        int z = bits & 1, m = bits >> 1 & 1;
        bool ewkb = bits & 4, big = bits & 8, enveloped = bits & 16;
        for (unsigned type = 1; type <= 3; type++) {
            bytes b, out;
            gt_blob_info info, again;
            put_head(&b, enveloped ? 1 : 0, big, false);
            put_any(&b, type, z, m, ewkb, big);
            assert_null(gt_blob_look(b.data, b.len, &info));
            gt_blob_to_multi(b.data, b.len, &info, out.data);
            out.len = b.len + GT_BLOB_MULTI_EXTRA;
            assert_null(gt_blob_look(out.data, out.len, &again));
            assert_null(gt_blob_whole(out.data, out.len, &again));
            assert_int_equal(again.type, type + 3);
            assert_memory_equal(&again.box, &info.box, sizeof info.box);
            /* type 3 has open rings here, which the codec may refuse */
            if (type != 3) {
                assert_ok(ctx, gt_geom_from_gpkg(ctx, b.data, b.len, NULL, &single));
                assert_ok(ctx, gt_geom_from_gpkg(ctx, out.data, out.len, NULL, &multi));
                assert_int_equal(multi.n_points, single.n_points);
                assert_memory_equal(multi.xy, single.xy, 16 * (size_t)single.n_points);
            }
        }
    }
    gt_geom_free(ctx, &single);
    gt_geom_free(ctx, &multi);
    gt_ctx_free(ctx);
}

static void empty_geometries_have_no_box(void **state)
{
    (void)state;
    bytes b;
    gt_blob_info info;
    put_head(&b, 0, false, true); /* the flag says so */
    put_type(&b, 3, 0, 0, false, false);
    put_u32(&b, 0, false);
    assert_null(gt_blob_look(b.data, b.len, &info));
    assert_true(info.box.xmin > info.box.xmax);
    assert_null(gt_blob_whole(b.data, b.len, &info));
    put_head(&b, 0, false, false); /* the counts say so */
    put_type(&b, 6, 0, 0, false, false);
    put_u32(&b, 0, false);
    assert_null(gt_blob_look(b.data, b.len, &info));
    assert_true(info.box.xmin > info.box.xmax);
    put_head(&b, 0, false, false); /* POINT EMPTY of the GeoPackage standard: NaN */
    put_type(&b, 1, 0, 0, false, false);
    put_f64(&b, NAN, false);
    put_f64(&b, NAN, false);
    assert_null(gt_blob_look(b.data, b.len, &info));
    assert_true(info.box.xmin > info.box.xmax);
}

static void refuse(const bytes *b, const char *why)
{
    gt_blob_info info;
    const char *got = gt_blob_look(b->data, b->len, &info);
    if (got == NULL) {
        got = gt_blob_whole(b->data, b->len, &info);
    }
    assert_non_null(got);
    assert_string_equal(got, why);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    bytes good, b;
    put_head(&good, 0, false, false);
    put_any(&good, 3, 0, 0, false, false);
    for (size_t len = 0; len < good.len; len++) {
        gt_blob_info info;
        uint8_t *exact = malloc(len + 1); /* asan sees a byte too far */
        assert_non_null(exact);
        memcpy(exact, good.data, len);
        assert_non_null(gt_blob_look(exact, len, &info));
        free(exact);
    }
    b = good;
    b.data[1] = 'p';
    refuse(&b, "no GP header");
    b = good;
    b.data[2] = 1;
    refuse(&b, "unknown version, extension or envelope");
    b = good;
    b.data[3] |= 0x0a; /* envelope kind 5 */
    refuse(&b, "unknown version, extension or envelope");
    b = good;
    b.data[3] |= 0x20; /* extended geometry */
    refuse(&b, "unknown version, extension or envelope");
    b = good;
    b.data[8] = 2;
    refuse(&b, "unknown byte order");
    static const uint32_t types[] = {0, 7, 8, 9, 10, 17, 1007, 4001, 0x20000003, 4294967295U};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        put_head(&b, 0, false, false);
        put_u8(&b, 1);
        put_u32(&b, types[i], false);
        put_u32(&b, 0, false);
        gt_blob_info info;
        const char *why = gt_blob_look(b.data, b.len, &info);
        assert_non_null(why);
    }
    b = good;
    b.data[b.len++] = 0;
    refuse(&b, "bytes left over");
    put_head(&b, 0, false, false);
    put_type(&b, 6, 0, 0, false, false);
    put_u32(&b, 1, false);
    put_simple(&b, 2, 10, 0, 0, false, false); /* a line among polygons */
    refuse(&b, "truncated, or an ordinate that is not finite");
    put_head(&b, 0, false, false);
    put_type(&b, 2, 0, 0, false, false);
    put_u32(&b, 0xffffffffU, false); /* four billion points */
    refuse(&b, "truncated, or an ordinate that is not finite");
    put_head(&b, 0, false, false);
    put_type(&b, 1, 0, 0, false, false);
    put_f64(&b, INFINITY, false);
    put_f64(&b, 1, false);
    refuse(&b, "truncated, or an ordinate that is not finite");
    put_head(&b, 1, false, false);
    put_any(&b, 1, 0, 0, false, false);
    const double huge = 1e9;
    memcpy(b.data + 8, &huge, 8); /* xmin beyond xmax */
    refuse(&b, "the envelope is not a box");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_blob_is_understood),
        cmocka_unit_test(envelopes_are_believed),
        cmocka_unit_test(single_becomes_multi_in_every_form),
        cmocka_unit_test(empty_geometries_have_no_box),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests_name("store.blob", tests, NULL, NULL);
}
