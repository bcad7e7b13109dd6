/* Sums of packed tuples against a plain table; the folded run against run and account. */
#include "weave/rows.h"
#include "weave/shapes.h"

enum { MOST = 4096 };

/* The oracle: a list of tuples searched from the front. */
typedef struct table {
    uint32_t n_layers;
    size_t n;
    uint32_t codes[MOST][24];
    wv_sum sums[MOST];
} table;

static size_t table_add(table *t, const uint32_t *codes, int64_t area, int64_t plane)
{
    size_t i = 0;
    while (i < t->n && memcmp(t->codes[i], codes, t->n_layers * sizeof *codes) != 0) {
        i++;
    }
    if (i == t->n) {
        assert_true(t->n < MOST);
        memcpy(t->codes[i], codes, t->n_layers * sizeof *codes);
        t->sums[i] = (wv_sum){0, 0};
        t->n++;
    }
    t->sums[i].area += area;
    t->sums[i].plane += plane;
    return i;
}

static int order_of(const uint32_t *p, const uint32_t *q, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        if (p[k] != q[k]) {
            return p[k] < q[k] ? -1 : 1;
        }
    }
    return 0;
}

/* Every row of the rows is in the table, in order; returns how many there are. */
static size_t assert_equal_rows(gt_ctx *ctx, wv_rows *rows, const table *t)
{
    size_t n = 0;
    uint32_t last[24], codes[24];
    for (size_t p = 0; p < gt_wv_rows_parts(rows); p++) {
        wv_part part;
        assert_ok(ctx, gt_wv_rows_part(ctx, rows, p, (int)(p % 2), &part));
        for (size_t i = 0; i < part.n; i++, n++) {
            gt_wv_rows_codes(rows, part.keys + i * gt_wv_rows_words(rows), codes);
            assert_true(n == 0 || order_of(last, codes, t->n_layers) < 0);
            memcpy(last, codes, sizeof last);
            size_t k = 0;
            while (k < t->n && order_of(t->codes[k], codes, t->n_layers) != 0) {
                k++;
            }
            assert_true(k < t->n);
            assert_true(t->sums[k].area == part.sums[i].area);
            assert_true(t->sums[k].plane == part.sums[i].plane);
        }
    }
    return n;
}

/* n random entries of n_layers layers with codes below `span`, few distinct ones. */
static void random_entries(uint32_t n_layers, uint32_t span, size_t n, size_t kinds)
{
    gt_ctx *ctx = test_ctx_threads(2);
    table *t = calloc(1, sizeof *t);
    uint32_t most[24];
    wv_rows *rows = NULL;
    const wv_codes how = {NULL, NULL, NULL};
    test_rng rng;
    assert_non_null(t);
    test_rng_seed(&rng, 71 + n_layers);
    t->n_layers = n_layers;
    for (uint32_t k = 0; k < n_layers; k++) {
        most[k] = span - 1;
    }
    assert_ok(ctx, gt_wv_rows_new(ctx, n_layers, &how, most, 1 << 20, false, &rows));
    for (size_t i = 0; i < n; i++) {
        uint64_t keys[24];
        uint32_t codes[24];
        size_t many = 0;
        test_rng kind;
        test_rng_seed(&kind, 1000 + test_rng_next(&rng) % kinds);
        for (uint32_t k = 0; k < n_layers; k++) {
            uint32_t code = (uint32_t)(test_rng_next(&kind) % (span + 1));
            codes[k] = code == span ? GT_WEAVE_NONE : code;
            if (code < span) {
                keys[many++] = wv_key(k, code);
            }
        }
        int64_t area = (int64_t)(test_rng_next(&rng) >> 4) - (1LL << 58), plane = area / 3;
        assert_ok(ctx, gt_wv_rows_add(ctx, rows, (int)(i % 2), keys, many, area, plane, 0));
        if (many > 0) {
            (void)table_add(t, codes, area, plane);
        }
    }
    assert_int_equal(assert_equal_rows(ctx, rows, t), t->n);
    gt_wv_rows_free(ctx, rows);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    free(t);
}

static void sums_equal_a_table(void **state)
{
    (void)state;
    random_entries(1, 2, 500, 3);
    random_entries(2, 20, 3000, 300);
    random_entries(10, 20, 3000, 900);       /* one word */
    random_entries(24, 3000000, 3000, 1000); /* many words */
    random_entries(3, UINT32_MAX - 2, 2000, 500);
}

/* More entries than a pile holds before it is summed. The areas are near the largest that fit, so
 * that sums of a pile would overflow: they must stay apart until the end. */
static void repeats_are_summed_early(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(1);
    const wv_codes how = {NULL, NULL, NULL};
    const uint32_t most[2] = {9, 9};
    const int64_t large = INT64_MAX / 5;
    wv_rows *rows = NULL;
    wv_part part;
    assert_ok(ctx, gt_wv_rows_new(ctx, 2, &how, most, 1, false, &rows));
    assert_int_equal(gt_wv_rows_parts(rows), 1);
    size_t n = 200000;
    for (size_t i = 0; i < n; i++) {
        uint64_t keys[2] = {wv_key(0, (uint32_t)(i % 10)), wv_key(1, (uint32_t)(i / 10 % 10))};
        assert_ok(ctx, gt_wv_rows_add(ctx, rows, 0, keys, 2, i < 1000 ? large : 1, -2, 0));
    }
    assert_true(gt_ctx_memory_peak(ctx) < 130000 * 24); /* not 200000 records of 24 bytes */
    assert_ok(ctx, gt_wv_rows_part(ctx, rows, 0, 0, &part));
    assert_int_equal(part.n, 100);
    for (size_t i = 0; i < part.n; i++) {
        assert_true(part.sums[i].area == (wv_wide)large * 10 + 1990);
        assert_true(part.sums[i].plane == -4000);
    }
    gt_wv_rows_free(ctx, rows);
    gt_ctx_free(ctx);
}

static void codes_filters_and_several(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx_threads(1);
    const uint32_t class_of[4] = {7, 7, 3, GT_WEAVE_NONE};
    const uint32_t *code_of[3] = {class_of, NULL, NULL};
    const size_t len[3] = {4, 0, 0};
    const bool use[3] = {true, false, true};
    const wv_codes how = {code_of, len, use};
    const uint32_t most[3] = {4, 9, 9};
    wv_rows *rows = NULL;
    wv_part part;
    uint32_t codes[3];
    assert_ok(ctx, gt_wv_rows_new(ctx, 3, &how, most, 1, true, &rows));
    const uint64_t same[3] = {wv_key(0, 0), wv_key(0, 1), wv_key(1, 5)}; /* both of class 7 */
    const uint64_t several[3] = {wv_key(0, 0), wv_key(0, 2), wv_key(2, 4)};
    const uint64_t beyond[2] = {wv_key(0, 4), wv_key(2, 4)}; /* number without a code */
    const uint64_t nothing[2] = {wv_key(0, 3), wv_key(1, 1)};
    assert_ok(ctx, gt_wv_rows_add(ctx, rows, 0, several, 3, 2, 20, 11));
    assert_ok(ctx, gt_wv_rows_add(ctx, rows, 0, same, 3, 1, 10, 10));
    assert_ok(ctx, gt_wv_rows_add(ctx, rows, 0, beyond, 2, 4, 40, 12));
    assert_ok(ctx, gt_wv_rows_add(ctx, rows, 0, nothing, 2, 8, 80, 13));
    assert_ok(ctx, gt_wv_rows_add(ctx, rows, 0, several, 0, 8, 80, 14));
    assert_ok(ctx, gt_wv_rows_add(ctx, rows, 0, same, 3, 1, 10, 15));
    assert_ok(ctx, gt_wv_rows_part(ctx, rows, 0, 0, &part));
    assert_int_equal(part.n, 3);
    gt_wv_rows_codes(rows, part.keys, codes);
    assert_true(codes[0] == 7 && codes[1] == GT_WEAVE_NONE && codes[2] == GT_WEAVE_NONE);
    assert_true(part.sums[0].area == 2 && part.sums[0].plane == 20);
    gt_wv_rows_codes(rows, part.keys + gt_wv_rows_words(rows), codes);
    assert_true(codes[0] == GT_WEAVE_SEVERAL && codes[2] == 4);
    gt_wv_rows_codes(rows, part.keys + 2 * gt_wv_rows_words(rows), codes);
    assert_true(codes[0] == GT_WEAVE_NONE && codes[2] == 4);
    assert_int_equal(part.n_records, 4); /* each entry learns its row */
    for (size_t i = 0; i < part.n_records; i++) {
        uint32_t want = part.index[i] == 11 ? 1 : part.index[i] == 12 ? 2 : 0;
        assert_int_equal(part.row[i], want);
        assert_true(part.index[i] != 13 && part.index[i] != 14);
    }
    gt_wv_rows_free(ctx, rows);
    gt_ctx_free(ctx);
}

/* ---- the folded run ------------------------------------------------------------------------- */

static void three_layers(shapes s[3])
{
    test_rng rng;
    test_rng_seed(&rng, 81);
    shapes_coverage(&s[0], 17, 3000, 4000, 11, 16, 16, 0.7, 3);
    shapes_coverage(&s[1], 18, 3000, 4000, 24, 7, 7, 0.6, 2);
    for (int i = 0; i < 70; i++) {
        shapes_star(&s[2], &rng, 3010 + 150 * test_rng_real(&rng), 4010 + 150 * test_rng_real(&rng),
                    2, 14, 12);
    }
}

static void assert_same_account(const gt_account *a, const gt_account *b, uint32_t n_layers)
{
    assert_int_equal(gt_account_rows(a), gt_account_rows(b));
    for (size_t i = 0; i < gt_account_rows(a); i++) {
        const uint32_t *p = NULL, *q = NULL;
        double m[4];
        gt_account_get(a, i, &p, &m[0], &m[1]);
        gt_account_get(b, i, &q, &m[2], &m[3]);
        assert_memory_equal(p, q, n_layers * sizeof *p);
        assert_true(m[0] == m[2] && m[1] == m[3]);
    }
}

static double scale(const void *user, double x, double y)
{
    (void)user;
    return 0.9996 + 1e-9 * (x - 3000) + 2e-9 * (y - 4000);
}

static void folding_equals_keeping(void **state)
{
    (void)state;
    shapes s[3] = {{0}};
    three_layers(s);
    const gt_weave_batch b[3] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1),
                                 shapes_batch(&s[2], 2)};
    uint32_t class_of[256];
    for (uint32_t i = 0; i < 256; i++) {
        class_of[i] = i * i % 5;
    }
    const uint32_t *code_of[3] = {class_of, NULL, class_of};
    const size_t len[3] = {256, 0, 256};
    const bool use[3] = {true, false, true};
    for (int round = 0; round < 12; round++) {
        gt_ctx *ctx = test_ctx_threads(1 + round % 4);
        gt_weave_options o;
        gt_weave_options_init(&o);
        o.cell = round == 0 ? 0 : 2 + 9 * round;
        o.scale = round % 2 == 0 ? NULL : scale;
        const uint32_t *const *codes = round % 3 == 0 ? NULL : code_of;
        const bool *only = round % 3 == 2 ? use : NULL;
        gt_weave *w = NULL;
        gt_account *kept = NULL, *folded = NULL;
        gt_weave_stats stats;
        assert_ok(ctx, gt_weave_run(ctx, 3, b, 3, &o, &w));
        assert_ok(ctx, gt_weave_account(ctx, w, codes, len, only, &kept));
        assert_ok(ctx, gt_weave_sum(ctx, 3, b, 3, &o, &(gt_weave_codes){codes, len, only}, &stats,
                                    &folded));
        assert_same_account(kept, folded, 3);
        const gt_weave_stats want = gt_weave_statistics(w);
        assert_memory_equal(&stats, &want, sizeof want);
        gt_account_free(ctx, kept);
        gt_account_free(ctx, folded);
        gt_weave_free(ctx, w);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    for (int k = 0; k < 3; k++) {
        shapes_free(&s[k]);
    }
}

static void folding_refuses_what_running_refuses(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    shapes s = {0};
    gt_account *a = NULL;
    shapes_box(&s, 0, 0, 1, 1);
    gt_weave_batch b = shapes_batch(&s, 1);
    assert_fails(ctx, gt_weave_sum(ctx, 1, &b, 1, NULL, NULL, NULL, &a), GT_E_USAGE,
                 "weave.option");
    b.layer = 0;
    s.xy[2] = NAN;
    assert_fails(ctx, gt_weave_sum(ctx, 1, &b, 1, NULL, NULL, NULL, &a), GT_E_INPUT,
                 "weave.coordinate");
    s.xy[2] = 1;
    assert_ok(ctx, gt_weave_sum(ctx, 1, NULL, 0, NULL, NULL, NULL, &a));
    assert_int_equal(gt_account_rows(a), 0);
    gt_account_free(ctx, a);
    a = NULL;
    gt_cancel(ctx);
    assert_fails(ctx, gt_weave_sum(ctx, 1, &b, 1, NULL, NULL, NULL, &a), GT_E_CANCELLED,
                 "base.cancelled");
    assert_null(a);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    shapes_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_equal_a_table),
        cmocka_unit_test(repeats_are_summed_early),
        cmocka_unit_test(codes_filters_and_several),
        cmocka_unit_test(folding_equals_keeping),
        cmocka_unit_test(folding_refuses_what_running_refuses),
    };
    return cmocka_run_group_tests_name("weave.rows", tests, NULL, NULL);
}
