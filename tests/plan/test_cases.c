/* Every rule of every package answers its cases (plans/PACKAGE/cases) as they say: at least one in
 * which its effect happens, one it passes, one that cannot be decided. The names are given values
 * here; measuring them on a map is tested with the check room. A rule clause whose only cover is a
 * text fails here, too. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guotu/cases.h"
#include "support/support.h"

typedef struct bench {
    gt_ctx *ctx;
    gt_notes *notes;
    gt_package *package;
} bench;

static void show(const bench *b)
{
    gt_text text;
    gt_text_init(&text, b->ctx, 0);
    gt_notes_render_all(b->notes, GT_LANG_EN, &text);
    print_error("%s", gt_text_cstr(&text));
    gt_text_free(&text);
}

static bench open_package(const char *dir)
{
    bench b = {.ctx = test_ctx()};
    assert_ok(b.ctx, gt_notes_new(b.ctx, 0, &b.notes));
    gt_status st = gt_package_read(b.ctx, dir, b.notes, &b.package);
    show(&b);
    assert_ok(b.ctx, st);
    return b;
}

static void close_package(bench *b)
{
    gt_package_free(b->package);
    gt_notes_free(b->notes);
    assert_int_equal(gt_ctx_memory_used(b->ctx), 0);
    gt_ctx_free(b->ctx);
}

static void every_rule_answers_its_cases(void **state)
{
    const char *name = *state;
    bench b = open_package(test_path(GT_SOURCE_DIR "/plans", name));
    gt_cases *cases = NULL;
    gt_status st = gt_cases_read(b.ctx, b.package, b.notes, &cases);
    if (st == GT_OK) {
        assert_ok(b.ctx, gt_cases_run(b.ctx, cases, b.notes));
    }
    show(&b);
    assert_ok(b.ctx, st);
    assert_int_equal(gt_notes_count(b.notes, GT_INFO), 0);
    assert_true(gt_cases_n(cases) >= 3 * gt_package_n_rules(b.package));
    for (size_t i = 0; i < gt_package_n_rules(b.package); i++) {
        assert_true(gt_cases_prove(cases, gt_package_rule(b.package, i)));
    }
    gt_cases_free(cases);
    close_package(&b);
}

/* A clause of kind rule is carried by rules that look at something: a condition without a name in
 * it would print the clause's text and decide nothing. */
static void no_rule_is_only_text(void **state)
{
    const char *name = *state;
    bench b = open_package(test_path(GT_SOURCE_DIR "/plans", name));
    int bad = 0;
    for (size_t i = 0; i < gt_package_n_rules(b.package); i++) {
        const gt_rule *rule = gt_package_rule(b.package, i);
        bool reads = false;
        assert_ok(b.ctx, gt_rule_reads(b.ctx, b.package, rule, &reads));
        if (!reads) {
            print_error("%s:%d: %s decides nothing\n", rule->file, rule->line, rule->id);
            bad++;
        }
    }
    assert_int_equal(bad, 0);
    close_package(&b);
}

/* ---- a small package in a folder of its own ---------------------------------------------------
 */

static void write_file(const char *dir, const char *name, const char *text)
{
    test_write_file(test_path(dir, name), text, strlen(text));
}

static char *small_package(const char *cases)
{
    char *dir = test_dir();
    static const char *const files[] = {"package.yaml", "clauses.csv", "base.yaml", "more.yaml"};
    for (size_t i = 0; i < 4; i++) {
        size_t len = 0;
        char *data = test_read_file(test_path(GT_SOURCE_DIR "/tests/plan/base", files[i]), &len);
        assert_non_null(data);
        if (i < 3) {
            write_file(dir, files[i], data);
        }
        free(data);
    }
    write_file(dir, "more.yaml",
               "- rule: tall\n"
               "  title: {zh: 高, en: Tall}\n"
               "  clauses: [AB-002]\n"
               "  strength: binding\n"
               "  applies_to: project\n"
               "  when: use = 'shop'\n"
               "  in_force: {from: 2022-06-16}\n"
               "  deny: area_m2 > 20000\n"
               "  say: {zh: 过大, en: Too large}\n");
    if (cases != NULL) {
        assert_int_equal(mkdir(test_path(dir, "cases"), 0700), 0);
        write_file(dir, "cases/a.yaml", cases);
        write_file(dir, "cases/b.yaml",
                   "- {rule: stays, fails: {use: house, basic_m2: 500}, passes: {basic_m2: 0},\n"
                   "   open: [{basic_m2: ~}, {use: ~}]}\n");
    }
    return dir;
}

typedef struct bad_cases {
    const char *cases, *first_id; /* of the first mistake; "" = none */
    int n, line;                  /* number of mistakes; line of the first */
} bad_cases;

static const bad_cases seeded[] = {
    {"- rule: tall\n  fails: {use: shop, area_m2: 30000}\n  passes: {area_m2: 1}\n"
     "  open: {area_m2: ~}\n",
     "", 0, 0},
    {NULL, "plan.case-lacks", 6, 1},
    {"- {rule: tall, fails: {use: shop, area_m2: 30000}, passes: {area_m2: 1}}\n",
     "plan.case-lacks", 1, 1},
    {"- {rule: tal, fails: {use: shop}}\n", "plan.case-lacks", 4, 1},
    {"- {rule: tall, fails: {use: shop, height: 3}, passes: {area_m2: 1}, open: no}\n",
     "plan.case-lacks", 4, 1},
    {"- {rule: tall, fails: {start: soon}, passes: {area_m2: 1}, open: no}\n", "plan.case-lacks", 4,
     1},
    {"- {rule: tall, fails: [use], passes: {area_m2: 1}, open: no}\n", "plan.case-lacks", 4, 1},
    {"- {rule: tall, fails: {use: shop, area_m2: 30000}, passes: {area_m2: 1}, open: no, x: 1}\n",
     "plan.unknown-key", 1, 1},
    {"- {rule: tall, fails: {use: shop, area_m2: 30000}, passes: maybe, open: no}\n",
     "plan.case-lacks", 2, 1},
    {"rule: tall\n", "plan.case-lacks", 4, 1},
    {"- {rule: tall, fails: {use: shop, area_m2: [1]}, passes: {area_m2: 1}, open: no}\n",
     "plan.case-lacks", 4, 1},
    {"- {rule: tall\n", "plan.case-lacks", 4, 1},
};

static void faulty_cases_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof seeded / sizeof *seeded; i++) {
        char *dir = small_package(seeded[i].cases);
        bench b = open_package(dir);
        gt_cases *cases = NULL;
        gt_status st = gt_cases_read(b.ctx, b.package, b.notes, &cases);
        size_t n = gt_notes_count(b.notes, GT_ERROR);
        if (n != (size_t)seeded[i].n) {
            show(&b);
            fail_msg("case file %zu: %zu mistakes, wanted %d", i, n, seeded[i].n);
        }
        if (n > 0) {
            const gt_message *message = NULL;
            const gt_place *place = NULL;
            assert_int_equal(st, GT_E_INPUT);
            gt_notes_get(b.notes, 0, NULL, &message, &place);
            assert_string_equal(message->id, seeded[i].first_id);
            assert_int_equal(place->line, seeded[i].line);
            gt_error_clear(b.ctx);
        } else {
            assert_ok(b.ctx, st);
            assert_int_equal(gt_cases_n(cases), 3 + 4);
        }
        gt_cases_free(cases);
        /* looking leaves faulty cases out and complains of nothing */
        cases = NULL;
        assert_ok(b.ctx, gt_cases_look(b.ctx, b.package, &cases));
        assert_true(gt_cases_n(cases) <= 3 + 4);
        gt_cases_free(cases);
        close_package(&b);
        test_dir_remove(dir);
    }
}

static void a_wrong_answer_is_told(void **state)
{
    (void)state;
    char *dir = small_package("- {rule: tall, fails: {use: shop, area_m2: 20000},\n"
                              "   passes: [{area_m2: 1}, {use: shop}],\n"
                              "   open: {use: ~}}\n");
    bench b = open_package(dir);
    gt_cases *cases = NULL;
    assert_ok(b.ctx, gt_cases_read(b.ctx, b.package, b.notes, &cases));
    assert_int_equal(gt_cases_n(cases), 4 + 4);
    const gt_case *c = gt_cases_get(cases, 1);
    assert_string_equal(c->rule->id, "tall");
    assert_string_equal(c->file, "cases/a.yaml");
    assert_string_equal(c->given, "use=shop area_m2=20000 | area_m2=1");
    assert_int_equal(c->wanted, GT_CASE_PASSES);
    assert_int_equal(c->line, 2);
    assert_ok(b.ctx, gt_cases_run(b.ctx, cases, b.notes));
    /* 20000 is not more than 20000: the first case is wrong, the others are right */
    assert_int_equal(gt_notes_count(b.notes, GT_ERROR), 1);
    assert_int_equal(gt_notes_count_id(b.notes, "plan.case-answer"), 1);
    gt_text text;
    gt_text_init(&text, b.ctx, 0);
    gt_notes_render(b.notes, 0, GT_LANG_EN, &text);
    assert_non_null(strstr(gt_text_cstr(&text), "cases/a.yaml:1:"));
    assert_non_null(strstr(gt_text_cstr(&text), "'passes', the case says 'fails'"));
    gt_text_free(&text);
    gt_cases_free(cases);
    close_package(&b);
    test_dir_remove(dir);
}

static void a_text_alone_reads_nothing(void **state)
{
    (void)state;
    char *dir = small_package(NULL);
    write_file(dir, "more.yaml",
               "- rule: words\n"
               "  title: {zh: 话, en: Words}\n"
               "  clauses: [AB-002]\n"
               "  strength: binding\n"
               "  applies_to: project\n"
               "  when: use = 'shop'\n"
               "  in_force: {from: 2022-06-16}\n"
               "  note: 1 = 1\n"
               "  say: {zh: 应当, en: One should}\n");
    bench b = open_package(dir);
    bool reads = true;
    assert_ok(b.ctx,
              gt_rule_reads(b.ctx, b.package, gt_package_find_rule(b.package, "words"), &reads));
    assert_false(reads);
    close_package(&b);
    test_dir_remove(dir);
}

int main(void)
{
    static const char beijing[] = "beijing", liechtenstein[] = "liechtenstein";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_rule_answers_its_cases, (void *)beijing),
        cmocka_unit_test_prestate(every_rule_answers_its_cases, (void *)liechtenstein),
        cmocka_unit_test_prestate(no_rule_is_only_text, (void *)beijing),
        cmocka_unit_test_prestate(no_rule_is_only_text, (void *)liechtenstein),
        cmocka_unit_test(faulty_cases_are_told),
        cmocka_unit_test(a_wrong_answer_is_told),
        cmocka_unit_test(a_text_alone_reads_nothing),
    };
    return cmocka_run_group_tests_name("plan.cases", tests, NULL, NULL);
}
