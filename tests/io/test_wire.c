/* The wire: what is put comes out again; what is not well formed does not. */
#include <math.h>

#include "io/batch.h"
#include "io/info.h"
#include "io/messages.h"
#include "io/sink_wire.h"
#include "support/support.h"

static gt_wire_in in_of(const gt_wire *w)
{
    return (gt_wire_in){.data = w->data, .len = w->len};
}

static void texts_and_numbers_return(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_wire w;
    gt_wire_init(&w, ctx);
    gt_wire_u8(&w, 7);
    gt_wire_u16(&w, 65535);
    gt_wire_i32(&w, -5);
    gt_wire_text(&w, "水田");
    gt_wire_text(&w, NULL);
    gt_wire_i64(&w, INT64_MIN);
    gt_wire_f64(&w, -0.5);
    gt_wire_align(&w);
    assert_int_equal(w.len % 8, 0);
    gt_wire_in in = in_of(&w);
    size_t len = 0;
    assert_int_equal(gt_wire_get_u8(&in), 7);
    assert_int_equal(gt_wire_get_u16(&in), 65535);
    assert_int_equal(gt_wire_get_i32(&in), -5);
    assert_string_equal(gt_wire_get_text(&in, &len), "水田");
    assert_int_equal(len, 6);
    assert_null(gt_wire_get_text(&in, &len));
    assert_false(in.bad);
    assert_true(gt_wire_get_i64(&in) == INT64_MIN);
    assert_true(gt_wire_get_f64(&in) == -0.5);
    assert_false(gt_wire_done(&in)); /* the padding is left */
    gt_wire_free(&w);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void bad_texts_stay_bad(void **state)
{
    (void)state;
    static const struct {
        uint32_t len;
        const char *bytes;
        size_t n;
    } cases[] = {
        {3, "abc", 3},            /* no NUL */
        {3, "abcd", 4},           /* not a NUL */
        {3, "a\0b\0", 4},         /* a NUL inside */
        {2, "\xC3\x28\0", 3},     /* not UTF-8 */
        {1000, "abc\0", 4},       /* longer than there is */
        {0xFFFFFFFE, "abc\0", 4}, /* would wrap */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t data[16];
        memcpy(data, &cases[i].len, 4);
        memcpy(data + 4, cases[i].bytes, cases[i].n);
        gt_wire_in in = {.data = data, .len = 4 + cases[i].n};
        assert_null(gt_wire_get_text(&in, NULL));
        assert_true(in.bad);
        assert_int_equal(gt_wire_get_u8(&in), 0); /* nothing more comes out */
        assert_false(gt_wire_done(&in));
    }
    const uint8_t count[8] = {0xFF, 0xFF, 0xFF, 0xFF};
    gt_wire_in in = {.data = count, .len = 8};
    assert_int_equal(gt_wire_get_count(&in, 1000), 0);
    assert_true(in.bad);
}

static void errors_travel(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_wire w;
    gt_wire_init(&w, ctx);
    (void)gt_fail(ctx, GT_E_INPUT, &GT_MSG_IO_CRS_WRONG,
                  GT_PLACE(.row = 7, .field = "mj", .has_xy = true, .x = 1, .y = 2),
                  GT_ARGS(GT_REAL("xmin", 1), GT_REAL("ymin", 2), GT_REAL("xmax", 3),
                          GT_REAL("ymax", 4), GT_TEXT("crs", "某坐标系")));
    gt_remark_put_error(&w, ctx);
    assert_false(gt_failed(ctx));
    gt_wire_in in = in_of(&w);
    gt_remark r;
    assert_true(gt_remark_get(&in, &r));
    assert_true(gt_wire_done(&in));
    (void)gt_fail(ctx, r.status, r.message, &r.place, r.args);
    gt_wire_free(&w); /* the record has its own copies, names of arguments too */
    gt_text t;
    gt_text_init(&t, ctx, 0);
    gt_error_render(ctx, GT_LANG_ZH, &t);
    assert_non_null(
        strstr(gt_text_cstr(&t), "坐标范围 (1, 2) 至 (3, 4) 不可能是度，而坐标系为 某坐标系"));
    gt_text_free(&t);
    assert_int_equal(gt_error_place(ctx)->row, 7);
    assert_string_equal(gt_error_place(ctx)->field, "mj");
    gt_error_clear(ctx);
    gt_ctx_free(ctx);
}

static void remarks_that_are_none(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_wire w;
    gt_wire_init(&w, ctx);
    gt_remark_put(&w, GT_E_INPUT, &GT_MSG_IO_EMPTY, NULL, NULL);
    for (size_t cut = 0; cut < w.len; cut++) {
        gt_wire_in in = {.data = w.data, .len = cut};
        gt_remark r;
        assert_false(gt_remark_get(&in, &r));
    }
    int32_t status = 0; /* "no error" is no error */
    memcpy(w.data, &status, 4);
    gt_wire_in in = in_of(&w);
    gt_remark r;
    assert_false(gt_remark_get(&in, &r));
    gt_wire_free(&w);
    gt_ctx_free(ctx);
}

static void every_message_is_found(void **state)
{
    (void)state;
    assert_ptr_equal(gt_io_message_find("io.protocol"), &GT_MSG_IO_PROTOCOL);
    assert_non_null(gt_io_message_find("base.no-memory"));
    assert_non_null(gt_io_message_find("geo.ring-open"));
    assert_null(gt_io_message_find("io.nothing"));
    assert_null(gt_io_message_find(""));
}

/* ---- batches --------------------------------------------------------------------------------- */

typedef struct polygon_record { /* as it lies on the wire */
    uint32_t n_features, zero;
    uint32_t size;
    uint8_t type, pad;
    uint16_t n_faults;
    int64_t row, fid;
    uint32_t n_points, n_rings, n_parts, zero2;
    double xy[10];
    uint32_t ring_end, part_end;
    uint8_t attribute[8]; /* one field: null */
} polygon_record;

static const polygon_record SQUARE = {.n_features = 1,
                                      .size = sizeof SQUARE - 8,
                                      .type = GT_POLYGON,
                                      .row = 1,
                                      .n_points = 5,
                                      .n_rings = 1,
                                      .n_parts = 1,
                                      .xy = {0, 0, 1, 0, 1, 1, 0, 1, 0, 0},
                                      .ring_end = 5,
                                      .part_end = 1};
static const gt_source_field FIELD = {.name = "d", .type = GT_FIELD_DATE};

/* true when the record is taken; nothing but io.protocol refuses. */
static bool taken(const polygon_record *record, size_t len)
{
    gt_ctx *ctx = test_ctx();
    gt_batch b;
    gt_source_feature f;
    bool more = false;
    uint8_t *copy = gt_alloc(ctx, len, 1);
    assert_non_null(copy);
    memcpy(copy, record, len);
    assert_ok(ctx, gt_batch_init(ctx, &FIELD, 1, &b));
    gt_status st = gt_batch_load(&b, copy, len);
    if (st == GT_OK) {
        st = gt_batch_next(&b, &f, &more);
    }
    const bool ok = st == GT_OK && more;
    if (st != GT_OK) {
        assert_fails(ctx, st, GT_E_ENV, "io.protocol");
    }
    gt_batch_free(&b);
    gt_free(ctx, copy);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    return ok;
}

static void sound_records_are_taken(void **state)
{
    (void)state;
    assert_int_equal(sizeof SQUARE, 8 + 40 + 80 + 8 + 8);
    assert_true(taken(&SQUARE, sizeof SQUARE));
    polygon_record r = SQUARE;
    r.type = GT_MULTIPOLYGON;
    assert_true(taken(&r, sizeof r));
    r.xy[0] = -0.0; /* closed all the same */
    assert_true(taken(&r, sizeof r));
}

static void unsound_records_are_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof SQUARE; len++) {
        assert_false(taken(&SQUARE, len));
    }
#define REFUSED(member, value)                                                                     \
    do {                                                                                           \
        polygon_record r = SQUARE;                                                                 \
        r.member = (value);                                                                        \
        assert_false(taken(&r, sizeof r));                                                         \
    } while (0)
    REFUSED(n_features, 2000);
    REFUSED(zero, 1);
    REFUSED(size, 0);
    REFUSED(size, 0xFFFFFFF8);
    REFUSED(size, SQUARE.size - 4);
    REFUSED(type, 7);
    REFUSED(type, GT_POINT);
    REFUSED(type, GT_LINESTRING);
    REFUSED(type, GT_GEOM_NONE);
    REFUSED(n_faults, 1);
    REFUSED(n_points, 4);
    REFUSED(n_points, 0xFFFFFFFF);
    REFUSED(n_rings, 0);
    REFUSED(n_rings, 0xFFFFFFFF);
    REFUSED(n_parts, 0x80000000);
    REFUSED(ring_end, 4);
    REFUSED(ring_end, 6);
    REFUSED(part_end, 0);
    REFUSED(xy[3], NAN);
    REFUSED(xy[4], INFINITY);
    REFUSED(xy[0], 0.5); /* not closed */
    REFUSED(attribute[0], 9);
    REFUSED(attribute[0], GT_VAL_INT); /* not what the field is */
    REFUSED(attribute[0], GT_VAL_TEXT);
}

static void asks_return(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_wire w;
    gt_arena *arena = NULL;
    gt_wire_init(&w, ctx);
    assert_ok(ctx, gt_arena_new(ctx, 0, &arena));
    const gt_write_field field = {.name = "面积", .type = GT_FIELD_REAL, .max_length = 3};
    const gt_write_ask a = {.path = "p",
                            .staging_dir = "s",
                            .driver = "GPKG",
                            .layer = "层",
                            .temp_dir = "t",
                            .id_name = "id",
                            .geom_type = GT_POLYGON,
                            .with_id = true,
                            .fields = &field,
                            .n_fields = 1};
    gt_write_ask_put(&w, &a);
    gt_write_ask b;
    gt_wire_in in = in_of(&w);
    assert_true(gt_write_ask_get(&in, arena, &b));
    assert_string_equal(b.layer, "层");
    assert_null(b.crs);
    assert_string_equal(b.fields[0].name, "面积");
    assert_int_equal(b.fields[0].max_length, 3);
    for (size_t cut = 0; cut < w.len; cut++) {
        in = (gt_wire_in){.data = w.data, .len = cut};
        assert_false(gt_write_ask_get(&in, arena, &b));
    }
    gt_wire_free(&w);
    gt_arena_free(arena);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_numbers_return),
        cmocka_unit_test(bad_texts_stay_bad),
        cmocka_unit_test(errors_travel),
        cmocka_unit_test(remarks_that_are_none),
        cmocka_unit_test(every_message_is_found),
        cmocka_unit_test(sound_records_are_taken),
        cmocka_unit_test(unsound_records_are_refused),
        cmocka_unit_test(asks_return),
    };
    return cmocka_run_group_tests_name("io.wire", tests, NULL, NULL);
}
