/* Every rule of every package answers its cases (plans/PACKAGE/cases) as they say: at least one in
 * which its effect happens, one it passes, one that cannot be decided. The names are given values
 * here; measuring them on a map is tested with the check room. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/expr.h"
#include "plan/package.h"
#include "plan/unit.h"
#include "support/support.h"

typedef enum answer { PASSES = 0, FAILS, OPEN } answer;
static const char *const answers[] = {"passes", "fails", "is open"};

typedef struct bench {
    gt_ctx *ctx;
    gt_package *package;
    gt_sql *sql;
    gt_arena *arena;
    gt_problems problems;
    size_t *seen; /* by rule: bit per answer */
    int bad;
} bench;

static gt_value value_of(const gt_ynode *node)
{
    double number = 0;
    if (gt_y_is_null(node)) {
        return (gt_value){.kind = GT_NULL};
    }
    bool yes = strcmp(node->text, "true") == 0;
    if (node->plain && (yes || strcmp(node->text, "false") == 0)) {
        return (gt_value){.kind = GT_VAL_INT, .integer = yes};
    }
    if (node->plain && gt_number_parse(node->text, &number)) {
        return (gt_value){.kind = GT_VAL_REAL, .real = number};
    }
    return (gt_value){.kind = GT_VAL_TEXT, .text = node->text, .len = node->len};
}

/* What a value stands for before the case speaks. */
static gt_value usual(const gt_name *name)
{
    static const char day[] = "2023-01-01";
    switch (name->kind) {
    case GT_NAME_AREA:
        return (gt_value){.kind = GT_VAL_REAL, .real = 10000};
    case GT_NAME_DATE:
        return (gt_value){.kind = GT_VAL_TEXT, .text = day, .len = sizeof day - 1};
    case GT_NAME_MEASURE:
        if (name->aspect != GT_ASPECT_VALUE) {
            return (gt_value){.kind = GT_VAL_REAL, .real = 0};
        }
        break;
    case GT_NAME_FACT:
    case GT_NAME_UNIT:
        break;
    }
    return (gt_value){.kind = GT_NULL};
}

/* A fact takes only values its declaration knows: a misspelt code in a case would prove nothing. */
static void check_value(const gt_name *name, const gt_value *value, const char *rule)
{
    const gt_field *f = name->kind == GT_NAME_FACT ? name->field : NULL;
    if (f != NULL && f->codes != NULL && value->kind == GT_VAL_TEXT &&
        gt_codelist_find(f->codes, value->text) == NULL) {
        fail_msg("%s: %s is not a code of %s", rule, value->text, f->codes->id);
    }
}

static void apply(const gt_rule *rule, const gt_ynode *given, gt_value *values)
{
    for (const gt_ynode *c = given->first; c != NULL; c = c->next) {
        size_t i = 0;
        while (i < rule->n_names && strcmp(rule->names[i].name, c->key->text) != 0) {
            i++;
        }
        if (i == rule->n_names) {
            fail_msg("%s: line %d: the rule knows no %s", rule->id, c->line, c->key->text);
        }
        values[i] = value_of(c);
        check_value(&rule->names[i], &values[i], rule->id);
    }
}

static gt_truth test(bench *b, const gt_rule *rule, const char *sql, const gt_value *values)
{
    gt_expr *e = NULL;
    gt_truth truth = GT_FALSE;
    assert_ok(b->ctx,
              gt_expr_compile(b->ctx, b->sql, sql, rule->name_texts, rule->n_names, NULL, &e));
    assert_ok(b->ctx, gt_expr_test(b->ctx, e, values, &truth));
    return truth;
}

static bool lacks_need(const gt_rule *rule, const gt_value *values)
{
    for (size_t k = 0; rule->needs != NULL && rule->needs[k] != NULL; k++) {
        for (size_t i = 0; i < rule->n_names; i++) {
            if (strcmp(rule->names[i].name, rule->needs[k]) == 0 && values[i].kind == GT_NULL) {
                return true;
            }
        }
    }
    return false;
}

static answer judge(bench *b, const gt_rule *rule, const gt_value *values)
{
    gt_truth when = rule->when == NULL ? GT_TRUE : test(b, rule, rule->when, values);
    if (when != GT_TRUE) {
        return when == GT_FALSE ? PASSES : OPEN;
    }
    if (lacks_need(rule, values)) {
        return OPEN;
    }
    gt_truth effect = test(b, rule, rule->condition, values);
    answer result = effect == GT_FALSE ? PASSES : effect == GT_TRUE ? FAILS : OPEN;
    for (size_t i = 0; i < rule->n_exceptions && effect == GT_TRUE; i++) {
        gt_truth holds = test(b, rule, rule->exceptions[i].when, values);
        if (holds == GT_TRUE) {
            return PASSES;
        }
        result = holds == GT_UNKNOWN ? OPEN : result;
    }
    return result;
}

static void expect(bench *b, const gt_rule *rule, const gt_ynode *base, const gt_ynode *change,
                   answer want)
{
    gt_value *values = calloc(rule->n_names + 1, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < rule->n_names; i++) {
        values[i] = usual(&rule->names[i]);
    }
    apply(rule, base, values);
    if (change != NULL) {
        apply(rule, change, values);
    }
    answer got = judge(b, rule, values);
    const gt_ynode *at = change == NULL ? base : change;
    if (got != want) {
        print_error("%s:%d:%d: %s %s, wanted: %s\n", at->file->path, at->line, at->column, rule->id,
                    answers[got], answers[want]);
        b->bad++;
    }
    b->seen[rule - gt_package_rule(b->package, 0)] |= (size_t)1 << want;
    free(values);
}

static void run_changes(bench *b, const gt_rule *rule, const gt_ynode *base, const gt_ynode *list,
                        answer want)
{
    if (list == NULL) {
        return;
    }
    if (list->kind == GT_Y_MAP) {
        expect(b, rule, base, list, want);
    } else if (list->kind == GT_Y_SCALAR) { /* "no": the rule can always be decided */
        assert_string_equal(list->text, "no");
        b->seen[rule - gt_package_rule(b->package, 0)] |= (size_t)1 << want;
    }
    for (const gt_ynode *c = list->kind == GT_Y_LIST ? list->first : NULL; c != NULL; c = c->next) {
        expect(b, rule, base, c, want);
    }
}

static void run_file(bench *b, const char *path)
{
    gt_yfile *file = NULL;
    assert_ok(b->ctx, gt_yfile_load(b->ctx, b->arena, &b->problems, path, path, 0, NULL, &file));
    assert_ok(b->ctx, gt_yaml_parse(b->ctx, b->arena, &b->problems, file));
    assert_int_equal(b->problems.total, 0);
    assert_non_null(file->root);
    for (const gt_ynode *c = file->root->first; c != NULL; c = c->next) {
        const gt_ynode *id = gt_y_get(c, "rule"), *fails = gt_y_get(c, "fails");
        assert_non_null(id);
        assert_non_null(fails);
        const gt_rule *rule = gt_package_find_rule(b->package, id->text);
        if (rule == NULL) {
            fail_msg("%s:%d: no rule %s", path, id->line, id->text);
        }
        expect(b, rule, fails, NULL, FAILS);
        run_changes(b, rule, fails, gt_y_get(c, "passes"), PASSES);
        run_changes(b, rule, fails, gt_y_get(c, "open"), OPEN);
    }
}

static void every_rule_answers_its_cases(void **state)
{
    const char *name = *state;
    bench b = {.ctx = test_ctx()};
    gt_notes *notes = NULL;
    assert_ok(b.ctx, gt_notes_new(b.ctx, 0, &notes));
    const char *dir = test_path(GT_SOURCE_DIR "/plans", name);
    assert_ok(b.ctx, gt_package_read(b.ctx, dir, notes, &b.package));
    assert_ok(b.ctx, gt_sql_new(b.ctx, b.package, &b.sql));
    assert_ok(b.ctx, gt_arena_new(b.ctx, 0, &b.arena));
    gt_problems_init(&b.problems, b.ctx);
    b.seen = calloc(gt_package_n_rules(b.package) + 1, sizeof *b.seen);
    assert_non_null(b.seen);

    char cases[4096];
    (void)snprintf(cases, sizeof cases, "%s/cases", dir);
    DIR *folder = opendir(cases);
    assert_non_null(folder);
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        if (strstr(e->d_name, ".yaml") != NULL) {
            char path[8192];
            (void)snprintf(path, sizeof path, "%s/%s", cases, e->d_name);
            run_file(&b, path);
        }
    }
    (void)closedir(folder);
    for (size_t i = 0; i < gt_package_n_rules(b.package); i++) {
        for (int a = PASSES; a <= OPEN; a++) {
            if ((b.seen[i] & (size_t)1 << a) == 0) {
                print_error("no case in which %s %s\n", gt_package_rule(b.package, i)->id,
                            answers[a]);
                b.bad++;
            }
        }
    }
    free(b.seen);
    gt_problems_free(&b.problems);
    gt_arena_free(b.arena);
    gt_sql_free(b.sql);
    gt_package_free(b.package);
    gt_notes_free(notes);
    gt_ctx_free(b.ctx);
    assert_int_equal(b.bad, 0);
}

int main(void)
{
    static const char beijing[] = "beijing", liechtenstein[] = "liechtenstein";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_rule_answers_its_cases, (void *)beijing),
        cmocka_unit_test_prestate(every_rule_answers_its_cases, (void *)liechtenstein),
    };
    return cmocka_run_group_tests_name("plan.cases", tests, NULL, NULL);
}
