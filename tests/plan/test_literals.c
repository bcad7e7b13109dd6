/* What a condition may compare its names with: every comparison that could never be true is told,
 * and nothing else is. */
#include <stdlib.h>
#include <string.h>

#include "guotu/notes.h"
#include "plan/expr_literals.h"
#include "support/support.h"

typedef struct bench {
    gt_ctx *ctx;
    gt_package *package;
    gt_arena *arena;
    gt_literal_name names[8];
    size_t n;
    gt_text told; /* "offset:id " for each mistake */
} bench;

static int setup(void **state)
{
    bench *b = calloc(1, sizeof *b);
    gt_notes *notes = NULL;
    b->ctx = test_ctx();
    assert_ok(b->ctx, gt_notes_new(b->ctx, 0, &notes));
    assert_ok(b->ctx, gt_package_read(b->ctx, GT_SOURCE_DIR "/plans/beijing", notes, &b->package));
    gt_notes_free(notes);
    assert_ok(b->ctx, gt_arena_new(b->ctx, 0, &b->arena));
    gt_text_init(&b->told, b->ctx, 0);
    const gt_literal_name names[] = {
        {"part", GT_FIELD_TEXT, gt_package_find_codelist(b->package, "farmland_part")},
        {"dlbm", GT_FIELD_TEXT, gt_package_land_classes(b->package)},
        {"use", GT_FIELD_TEXT, NULL},
        {"start", GT_FIELD_DATE, NULL},
        {"m2", GT_FIELD_REAL, NULL},
        {"builds", GT_FIELD_BOOL, NULL},
        {"odd", (gt_field_type)0, NULL},
    };
    b->n = sizeof names / sizeof *names;
    memcpy(b->names, names, sizeof names);
    assert_non_null(names[0].codes);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench *b = *state;
    gt_text_free(&b->told);
    gt_arena_free(b->arena);
    gt_package_free(b->package);
    assert_int_equal(gt_ctx_memory_used(b->ctx), 0);
    gt_ctx_free(b->ctx);
    free(b);
    return 0;
}

static void tell(void *user, const gt_message *message, size_t at, const gt_arg *args)
{
    bench *b = user;
    (void)args;
    gt_text_printf(&b->told, "%zu:%s ", at, message->id + strlen("plan.sql-"));
}

static const char *told(bench *b, const char *text)
{
    gt_text_clear(&b->told);
    assert_ok(b->ctx, gt_expr_literals(b->arena, b->package, text, b->names, b->n, tell, b));
    gt_arena_reset(b->arena);
    return gt_text_cstr(&b->told);
}

static void what_can_be_true_is_let_pass(void **state)
{
    static const char *const right[] = {
        "part = 'basic'",
        "PART='basic' or part <> 'basic_reserve'",
        "part IN ('basic', 'basic_reserve')",
        "part NOT IN ('basic')",
        "'basic' = part",
        "part IS NULL OR part IS NOT 'basic'",
        "dlbm = '0103' AND is_class(dlbm, '01', '1203')",
        "big_class(dlbm) = 'farm'",
        "big_class ( dlbm ) IN ('construction', 'unused')",
        "planning_class(dlbm) IS NOT NULL",
        "substr(dlbm, 1, 2) = '9'", /* computed: let be */
        "part || 'x' = 'basicx' OR 'xbasic' = 'x' || part",
        "part = 'ba' || 'sic'",
        "dlbm LIKE '9%' OR dlbm GLOB '9*'",
        "dlbm BETWEEN '0101' AND '0199'", /* order, not a code */
        "dlbm < '02'",
        "use = 'anything at all' OR use = 'it''s'",
        "start >= '2025-01-01' AND year(start) < 2035 AND days(start) > 3",
        "start BETWEEN '2025-01-01' AND '2025-12-31'",
        "m2 > 10 AND m2 >= .5 AND m2 < 1e6 AND -5 < m2",
        "m2 BETWEEN 1 AND 2 AND builds = 1 AND builds IS TRUE",
        "m2 > :sliver AND 10 < m2 * 2",
        "odd = 'x' OR odd = 7 OR 'x' = odd",
        "CASE part WHEN 'basic' THEN 1 ELSE 0 END = 1",
        "coalesce(part, 'none') = 'none'",
        "length(use) > 3 AND is_class(dlbm, '01') = 1",
        "builds",
        "",
        "'part = ''basik'''",
    };
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        const char *said = told(*state, right[i]);
        if (*said != '\0') {
            fail_msg("%s: %s", right[i], said);
        }
    }
}

static void what_never_can_is_told(void **state)
{
    static const struct {
        const char *text, *want;
    } wrong[] = {
        {"part = 'basik'", "7:code "},
        {"part='' OR part = 'Basic'", "5:code 18:code "},
        {"'basik' <> part", "0:code "},
        {"part IN ('basic', 'basik', 'x')", "18:code 27:code "},
        {"part NOT IN ('basik') AND part IS NOT 'b'", "13:code 38:code "},
        {"NOT (part = 'basik')", "12:code "},
        {"dlbm = '0109x' AND is_class(dlbm, '01', '99')", "7:code 40:code "},
        {"is_class(dlbm,'9') AND big_class(dlbm) = 'woods'", "14:code 41:code "},
        {"big_class(dlbm) NOT IN ('farm', 'woods')", "32:code "},
        {"planning_class(dlbm) = 'no such'", "23:code "},
        {"dlbm = 0103", "7:needs-text "},
        {"0103 = dlbm OR dlbm IN (1, '01')", "0:needs-text 24:needs-text "},
        {"use = 7 OR use <> .5", "6:needs-text 18:needs-text "},
        {"m2 > '10'", "5:needs-number "},
        {"'10' <= m2 OR m2 BETWEEN '1' AND '2'", "0:needs-number 25:needs-number 33:needs-number "},
        {"builds = 'yes'", "9:needs-number "},
        {"year(start) = '2025' AND length(use) = '3'", "14:needs-number 39:needs-number "},
        {"start > '2025-02-30'", "8:date "},
        {"start > '2025' OR start = 2025", "8:date 26:needs-text "},
        {"start NOT BETWEEN '2025-01-01' AND '2025-13-01'", "35:date "},
        {"is_class(dlbm, '01') = '1'", "23:needs-number "},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *said = told(*state, wrong[i].text);
        if (strcmp(said, wrong[i].want) != 0) {
            fail_msg("%s: '%s', wanted '%s'", wrong[i].text, said, wrong[i].want);
        }
    }
}

/* Text that does not compile is not sent here, but nothing may be read past its end either. */
static void torn_text_is_survived(void **state)
{
    static const char *const torn[] = {
        "part = '",     "part =", "part IN (",    "part IN", "is_class(", "= part",     "part NOT",
        "part BETWEEN", "'",      "m2 > 'a' AND", "(((",     ")))",       "part IS NOT"};
    for (size_t i = 0; i < sizeof torn / sizeof *torn; i++) {
        (void)told(*state, torn[i]);
    }
    bench *b = *state;
    char *deep = calloc(1, 8193);
    memset(deep, '(', 8192);
    assert_string_equal(told(b, deep), "");
    free(deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_be_true_is_let_pass),
        cmocka_unit_test(what_never_can_is_told),
        cmocka_unit_test(torn_text_is_survived),
    };
    return cmocka_run_group_tests_name("plan.literals", tests, setup, teardown);
}
