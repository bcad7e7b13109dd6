/* Attribute values against fields, nearest codes, duplicates in bounded memory, messages. */
#include "support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/qc_confirm.h"
#include "store/qc_fields.h"
#include "store/qc_messages.h"

static const gt_code codes[] = {
    {.code = "0101", .title = {"水田", "Paddy field"}},
    {.code = "0102", .title = {"水浇地", "Irrigated land"}},
    {.code = "0103", .title = {"旱地", "Dry land"}},
    {.code = "05H1", .title = {"商业服务业设施用地", "Commercial land"}},
    {.code = "1106", .title = {"内陆滩涂", "Inland flat"}},
};
static const gt_codelist list = {
    .id = "dlbm", .title = {"地类", "class"}, .codes = codes, .n_codes = 5};

static const gt_field class_field = {.name = "dlbm",
                                     .title = {"地类编码", "class"},
                                     .type = GT_FIELD_TEXT,
                                     .codes = &list,
                                     .required = true};
static const gt_field name_field = {
    .name = "qsdwmc", .title = {"权属", "owner"}, .type = GT_FIELD_TEXT, .max_length = 4};
static const gt_field count_field = {.name = "n",
                                     .title = {"数", "n"},
                                     .type = GT_FIELD_INT,
                                     .has_min = true,
                                     .min = 1,
                                     .has_max = true,
                                     .max = 9};
static const gt_field share_field = {
    .name = "kcxs", .title = {"系数", "share"}, .type = GT_FIELD_REAL, .has_min = true, .min = 0};
static const gt_field flag_field = {.name = "sf", .title = {"是否", "flag"}, .type = GT_FIELD_BOOL};
static const gt_field date_field = {.name = "rq", .title = {"日期", "date"}, .type = GT_FIELD_DATE};

typedef struct desk {
    gt_ctx *ctx;
    gt_arena *arena;
    qc_value_check check;
} desk;

static int setup(void **state)
{
    desk *d = calloc(1, sizeof *d);
    assert_non_null(d);
    d->ctx = test_ctx();
    assert_ok(d->ctx, gt_arena_new(d->ctx, 0, &d->arena));
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    desk *d = *state;
    gt_arena_free(d->arena);
    assert_int_equal(gt_ctx_memory_used(d->ctx), 0);
    gt_ctx_free(d->ctx);
    free(d);
    return 0;
}

static void give(desk *d, const gt_field *f, gt_value v)
{
    assert_ok(d->ctx, qc_value(d->ctx, d->arena, f, &v, true, &d->check));
}

static gt_value text(const char *t)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = t, .len = strlen(t)};
}

static gt_value whole(int64_t v)
{
    return (gt_value){.kind = GT_VAL_INT, .integer = v};
}

static gt_value real(double v)
{
    return (gt_value){.kind = GT_VAL_REAL, .real = v};
}

static const gt_value nothing = {.kind = GT_NULL};

static void refused(desk *d, const gt_field *f, gt_value v, const char *id)
{
    give(d, f, v);
    if (d->check.message == NULL || strcmp(d->check.message->id, id) != 0) {
        print_error("field %s, \"%s\": wanted %s, got %s\n", f->name, v.text == NULL ? "" : v.text,
                    id, d->check.message == NULL ? "fine" : d->check.message->id);
        fail();
    }
    assert_int_equal(d->check.value.kind, GT_NULL);
}

static void taken(desk *d, const gt_field *f, gt_value v, bool coerced)
{
    give(d, f, v);
    if (d->check.message != NULL) {
        print_error("field %s, \"%s\": %s\n", f->name, v.text == NULL ? "" : v.text,
                    d->check.message->id);
        fail();
    }
    assert_int_equal(d->check.coerced, coerced);
}

static void text_fields(void **state)
{
    desk *d = *state;
    taken(d, &name_field, text("甲乙丙丁"), false); /* four characters, twelve bytes */
    refused(d, &name_field, text("甲乙丙丁戊"), "qc.text-too-long");
    refused(d, &name_field, text("abcde"), "qc.text-too-long");
    taken(d, &name_field, text(" ab"), false);
    taken(d, &name_field, nothing, false);
    taken(d, &name_field, text("  \t　 "), false); /* blanks are nothing */
    assert_int_equal(d->check.value.kind, GT_NULL);
    taken(d, &name_field, whole(12), true);
    assert_string_equal(d->check.value.text, "12");
    taken(d, &name_field, real(7.0), true);
    assert_string_equal(d->check.value.text, "7");
    refused(d, &name_field, text("ab\xff"), "qc.not-utf8");
    refused(d, &name_field, text("\xe6\xb0"), "qc.not-utf8"); /* cut inside a character */
    refused(d, &name_field, (gt_value){.kind = GT_VAL_TEXT, .text = "a\0b", .len = 3},
            "qc.not-utf8");
    assert_string_equal(d->check.args[0].text, "a"); /* shown as far as it can be */
}

static const char *near(desk *d)
{
    for (int i = 0; i < QC_HIT_ARGS && d->check.args[i].name != NULL; i++) {
        if (strcmp(d->check.args[i].name, "near") == 0) {
            return d->check.args[i].text;
        }
    }
    return "";
}

static void code_fields(void **state)
{
    desk *d = *state;
    taken(d, &class_field, text("0103"), false);
    taken(d, &class_field, text(" 0103　"), true);
    assert_string_equal(d->check.value.text, "0103");
    refused(d, &class_field, nothing, "qc.required");
    refused(d, &class_field, text(" "), "qc.required");
    refused(d, &class_field, text("0104"), "qc.unknown-code");
    assert_string_equal(near(d), "0101"); /* all of 010x are as near: the first */
    refused(d, &class_field, text("05h1"), "qc.unknown-code");
    assert_string_equal(near(d), "05H1");
    refused(d, &class_field, text("旱地"), "qc.unknown-code");
    assert_string_equal(near(d), "0103");
    refused(d, &class_field, text("inland flat"), "qc.unknown-code");
    assert_string_equal(near(d), "1106");
    refused(d, &class_field, whole(102), "qc.unknown-code"); /* a spreadsheet ate the zero */
    assert_string_equal(near(d), "0102");
    taken(d, &class_field, whole(1106), true);
    refused(d, &class_field, text("something else"), "qc.unknown-code-none-near");
    refused(d, &class_field, text("99"), "qc.unknown-code-none-near");
    gt_value v = text("0104");
    assert_ok(d->ctx, qc_value(d->ctx, d->arena, &class_field, &v, false, &d->check));
    assert_string_equal(d->check.message->id, "qc.unknown-code-none-near");
}

static void number_fields(void **state)
{
    desk *d = *state;
    taken(d, &count_field, whole(9), false);
    taken(d, &count_field, real(3.0), true);
    assert_int_equal(d->check.value.integer, 3);
    taken(d, &count_field, text(" 4 "), true);
    assert_int_equal(d->check.value.kind, GT_VAL_INT);
    refused(d, &count_field, whole(0), "qc.out-of-range");
    refused(d, &count_field, whole(10), "qc.out-of-range");
    refused(d, &count_field, real(2.5), "qc.not-an-integer");
    refused(d, &count_field, text("2.5"), "qc.not-an-integer");
    refused(d, &count_field, text("two"), "qc.not-a-number");
    refused(d, &count_field, text("1 2"), "qc.not-a-number");
    refused(d, &count_field, text("0x3"), "qc.not-a-number");
    refused(d, &count_field, text("1e999"), "qc.not-a-number");
    refused(d, &count_field, text("nan"), "qc.not-a-number");
    refused(d, &count_field, text("--3"), "qc.not-a-number");
    taken(d, &share_field, text("-0.0"), true);
    taken(d, &share_field, text("1.5e-3"), true);
    assert_near(d->check.value.real, 1.5e-3, 0);
    taken(d, &share_field, whole(2), false);
    assert_int_equal(d->check.value.kind, GT_VAL_REAL);
    refused(d, &share_field, real(-0.1), "qc.out-of-range");
    refused(d, &share_field, real(NAN), "qc.not-a-number");
    refused(d, &share_field, real(INFINITY), "qc.not-a-number");
    const gt_field big = {.name = "b", .type = GT_FIELD_INT};
    taken(d, &big, whole(INT64_MIN), false);
    assert_true(d->check.value.integer == INT64_MIN);
    refused(d, &big, real(1e300), "qc.not-an-integer");
}

static void flags_and_dates(void **state)
{
    desk *d = *state;
    static const char *const yes[] = {"1", "true", "YES", "是", " y "};
    static const char *const no[] = {"0", "False", "否", "n"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        taken(d, &flag_field, text(yes[i]), true);
        assert_int_equal(d->check.value.integer, 1);
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        taken(d, &flag_field, text(no[i]), true);
        assert_int_equal(d->check.value.integer, 0);
    }
    taken(d, &flag_field, whole(1), false);
    refused(d, &flag_field, whole(2), "qc.not-yes-or-no");
    refused(d, &flag_field, text("maybe"), "qc.not-yes-or-no");
    taken(d, &date_field, text("2020-12-31"), false);
    static const char *const same[] = {"2020/12/31",          "20201231",
                                       "2020.12.31",          "2020-12-31T08:00:00",
                                       "2020-12-31 00:00:00", " 2020-12-31 "};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        taken(d, &date_field, text(same[i]), true);
        assert_string_equal(d->check.value.text, "2020-12-31");
    }
    taken(d, &date_field, text("2020年3月7日"), true);
    assert_string_equal(d->check.value.text, "2020-03-07");
    taken(d, &date_field, text("2020/3/7"), true);
    assert_string_equal(d->check.value.text, "2020-03-07");
    taken(d, &date_field, whole(20201231), true);
    static const char *const bad[] = {
        "2020-02-30", "2020-13-01", "31.12.2020",  "2020",    "20201231x",  "2020--12-31",
        "2020-12/31", "202-12-31",  "2020-12-311", "2020123", "2020年3月7", "yesterday",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refused(d, &date_field, text(bad[i]), "qc.bad-date");
    }
    refused(d, &date_field, real(1e300), "qc.bad-date");
}

/* ---- duplicates
 * ----------------------------------------------------------------------------------- */

/* n rows, hash = row % distinct: every row but those with a hash of their own is found. */
static void find_twins(gt_ctx *ctx, size_t bytes, int64_t n, int64_t distinct, const char *dir)
{
    qc_twins *t;
    qc_twin *found = NULL;
    size_t n_found = 0;
    uint64_t total = 0;
    assert_ok(ctx, qc_twins_new(ctx, bytes, dir, &t));
    for (int64_t i = 0; i < n; i++) {
        uint64_t h = (uint64_t)(i % distinct) * 0x9E3779B97F4A7C15ULL;
        assert_ok(ctx, qc_twins_add(ctx, t, h, i));
    }
    assert_ok(ctx, qc_twins_finish(ctx, t, 1000, &found, &n_found, &total));
    int64_t twice = n > distinct ? n - distinct : 0;
    twice = twice > distinct ? n : 2 * twice;
    assert_int_equal(total, twice);
    assert_int_equal(n_found, twice < 1000 ? twice : 1000);
    for (size_t i = 1; i < n_found; i++) {
        assert_true(found[i].hash > found[i - 1].hash ||
                    (found[i].hash == found[i - 1].hash && found[i].row > found[i - 1].row));
    }
    gt_free(ctx, found);
    qc_twins_free(ctx, t);
}

static void twins_in_memory_and_on_disk(void **state)
{
    desk *d = *state;
    char *dir = test_dir();
    find_twins(d->ctx, 0, 0, 1, dir);
    find_twins(d->ctx, 0, 1, 1, dir);
    find_twins(d->ctx, 0, 1000, 999, dir);
    find_twins(d->ctx, 0, 1000, 1000, dir);
    find_twins(d->ctx, 64, 1000, 998, dir); /* 250 runs of four rows */
    find_twins(d->ctx, 4096, 100000, 99999, dir);
    find_twins(d->ctx, 4096, 100000, 7, dir);
    find_twins(d->ctx, 4096, 100000, 100000, dir);
    test_dir_remove(dir);
}

static void twins_need_a_folder_only_for_many(void **state)
{
    desk *d = *state;
    qc_twins *t;
    assert_ok(d->ctx, qc_twins_new(d->ctx, 64, "/nonexistent/folder", &t));
    for (int i = 0; i < 4; i++) {
        assert_ok(d->ctx, qc_twins_add(d->ctx, t, (uint64_t)i, i));
    }
    assert_fails(d->ctx, qc_twins_add(d->ctx, t, 9, 9), GT_E_ENV, "base.system");
    qc_twins_free(d->ctx, t);
}

static void digest_of(desk *d, const double *xy, uint32_t n, unsigned char out[GT_HASH_BYTES])
{
    gt_geom g;
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_POLYGON);
    for (uint32_t i = 0; i < n; i++) {
        assert_ok(d->ctx, gt_geom_add_point(d->ctx, &g, xy[2 * i], xy[2 * i + 1]));
    }
    assert_ok(d->ctx, gt_geom_end_ring(d->ctx, &g));
    assert_ok(d->ctx, gt_geom_end_part(d->ctx, &g));
    assert_ok(d->ctx, qc_digest_geometry(d->ctx, &g, out));
    gt_geom_free(d->ctx, &g);
}

static void equal_geometries(void **state)
{
    desk *d = *state;
    static const double a[] = {0, 0, 5, 0, 5, 5, 0, 4, 0, 0};
    static const double turned[] = {5, 5, 0, 4, 0, 0, 0, 0, 5, 0, 5, 5};
    static const double back[] = {0, 4, 5, 5, 5, 0, -0.0, 0, 0, 4};
    static const double other[] = {0, 0, 5, 5, 5, 0, 0, 4, 0, 0}; /* same points, another order */
    unsigned char h[4][GT_HASH_BYTES];
    digest_of(d, a, 5, h[0]);
    digest_of(d, turned, 6, h[1]);
    digest_of(d, back, 5, h[2]);
    digest_of(d, other, 5, h[3]);
    assert_memory_equal(h[0], h[1], GT_HASH_BYTES);
    assert_memory_equal(h[0], h[2], GT_HASH_BYTES);
    assert_true(memcmp(h[0], h[3], GT_HASH_BYTES) != 0);
}

static void text_hash_sees_every_byte(void **state)
{
    (void)state;
    char buffer[64];
    memset(buffer, 'a', sizeof buffer);
    for (size_t len = 0; len < 40; len++) {
        uint64_t h = qc_text_hash(buffer, len);
        assert_true(h != qc_text_hash(buffer, len + 1));
        for (size_t i = 0; i < len; i++) {
            buffer[i] = 'b';
            assert_true(h != qc_text_hash(buffer, len));
            buffer[i] = 'a';
        }
    }
}

/* ---- messages
 * ------------------------------------------------------------------------------------- */

static const gt_message *const all[] = {
#define M(sym, id, en, zh, mend_en, mend_zh) &sym,
#include "store/qc_messages.def"
#undef M
};

/* The {names} of a template in order of the alphabet would be overkill: count each. */
static void assert_same_holes(const char *a, const char *b, const char *id)
{
    for (const char *p = a; (p = strchr(p, '{')) != NULL; p++) {
        char hole[40];
        size_t n = strcspn(p, "}") + 1;
        assert_true(n < sizeof hole);
        memcpy(hole, p, n);
        hole[n] = '\0';
        if (strstr(b, hole) == NULL) {
            print_error("%s: %s is in one language only\n", id, hole);
            fail();
        }
    }
}

static void messages_match_in_both_languages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const gt_message *m = all[i];
        assert_true(strncmp(m->id, "qc.", 3) == 0 || strncmp(m->id, "import.", 7) == 0 ||
                    strncmp(m->id, "export.", 7) == 0);
        assert_same_holes(m->en, m->zh, m->id);
        assert_same_holes(m->zh, m->en, m->id);
        assert_int_equal(m->mend_en == NULL, m->mend_zh == NULL);
        if (m->mend_en != NULL) {
            assert_same_holes(m->mend_en, m->mend_zh, m->id);
            assert_same_holes(m->mend_zh, m->mend_en, m->id);
        }
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(m->id, all[j]->id);
        }
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(text_fields),
        CASE(code_fields),
        CASE(number_fields),
        CASE(flags_and_dates),
        CASE(twins_in_memory_and_on_disk),
        CASE(twins_need_a_folder_only_for_many),
        CASE(equal_geometries),
        CASE(text_hash_sees_every_byte),
        cmocka_unit_test(messages_match_in_both_languages),
    };
    return cmocka_run_group_tests_name("store_import.qc_fields", tests, NULL, NULL);
}
