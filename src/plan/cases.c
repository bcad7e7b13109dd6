/* Cases of rules: reading them and asking the rules. The format and its defaults: guotu/cases.h. */
#include "guotu/cases.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/expr.h"
#include "plan/messages.h"
#include "plan/package.h"
#include "plan/unit.h"

enum { MAX_FILES = 1000, MAX_PATH = 4096, GIVEN_MAX = 65536 };

typedef struct entry {
    gt_case shown;
    const gt_value *values; /* one per name of the rule */
} entry;

struct gt_cases {
    gt_ctx *ctx;
    const gt_package *package;
    gt_arena *arena;
    entry *list;
    size_t n, cap;
    unsigned *seen; /* by rule: bit per answer */
};

typedef struct reading {
    gt_ctx *ctx;
    gt_cases *cases;
    gt_problems problems;
    gt_text given;
    bool strict;
} reading;

const char *gt_case_answer_name(gt_case_answer answer)
{
    static const char *const names[] = {"passes", "fails", "open"};
    return names[answer];
}

/* ---- values ---------------------------------------------------------------------------------- */

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

/* What a name stands for before the case speaks. */
static gt_value usual(const gt_name *name)
{
    static const char day[] = "2023-01-01";
    static const double area_m2 = 10000;
    switch (name->kind) {
    case GT_NAME_AREA:
        return (gt_value){.kind = GT_VAL_REAL, .real = area_m2};
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
static bool value_fits(const gt_name *name, const gt_value *value)
{
    const gt_field *f = name->kind == GT_NAME_FACT ? name->field : NULL;
    if (f == NULL || value->kind == GT_NULL) {
        return true;
    }
    bool number = value->kind == GT_VAL_INT || value->kind == GT_VAL_REAL;
    gt_date day = GT_DATE_NONE;
    switch (f->type) {
    case GT_FIELD_TEXT:
        return value->kind == GT_VAL_TEXT &&
               (f->codes == NULL || gt_codelist_find(f->codes, value->text) != NULL);
    case GT_FIELD_INT:
    case GT_FIELD_REAL:
        return number;
    case GT_FIELD_BOOL:
        return value->kind == GT_VAL_INT;
    case GT_FIELD_DATE:
        return value->kind == GT_VAL_TEXT && gt_date_parse(value->text, &day);
    }
    return false;
}

/* Sets what the map states; false when something in it is wrong (reported). */
static bool apply(reading *r, const gt_rule *rule, const gt_ynode *given, gt_value *values)
{
    bool whole = given->kind == GT_Y_MAP;
    if (!whole) {
        gt_y_problem(&r->problems, given, &GT_MSG_CASE_MAP, GT_NO_ARGS);
    }
    for (const gt_ynode *c = given->first; whole && c != NULL; c = c->next) {
        size_t i = 0;
        while (i < rule->n_names && strcmp(rule->names[i].name, c->key->text) != 0) {
            i++;
        }
        if (i == rule->n_names) {
            const char *near = gt_nearest(c->key->text, rule->name_texts, rule->n_names);
            gt_y_problem(&r->problems, c->key, &GT_MSG_CASE_NAME,
                         GT_ARGS(GT_TEXT("rule", rule->id), GT_TEXT("name", c->key->text),
                                 GT_TEXT("near", near == NULL ? "" : near)));
            whole = false;
            break;
        }
        gt_value v = c->kind == GT_Y_SCALAR ? value_of(c) : (gt_value){.kind = GT_NULL};
        if (c->kind != GT_Y_SCALAR || !value_fits(&rule->names[i], &v)) {
            gt_y_problem(&r->problems, c, &GT_MSG_CASE_VALUE,
                         GT_ARGS(GT_TEXT("rule", rule->id), GT_TEXT("name", c->key->text),
                                 GT_TEXT("value", c->kind == GT_Y_SCALAR ? c->text : "...")));
            whole = false;
            break;
        }
        values[i] = v;
    }
    return whole;
}

static void say_given(gt_text *out, const gt_ynode *given)
{
    for (const gt_ynode *c = given->first; c != NULL; c = c->next) {
        gt_text_printf(out, "%s%s=%s", out->len > 0 ? " " : "", c->key->text,
                       gt_y_is_null(c) ? "?" : c->text);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

static gt_status keep(reading *r, const gt_rule *rule, gt_case_answer wanted, const gt_ynode *at,
                      const gt_value *values)
{
    gt_cases *cs = r->cases;
    void *block = cs->list;
    gt_status st = gt_grow(r->ctx, &block, &cs->cap, cs->n + 1, sizeof *cs->list);
    if (st != GT_OK) {
        return st;
    }
    cs->list = block;
    char *given = gt_arena_strdup(cs->arena, gt_text_cstr(&r->given));
    char *file = gt_arena_strdup(cs->arena, at->file->rel);
    if (given == NULL || file == NULL) {
        return GT_E_MEMORY;
    }
    cs->list[cs->n++] = (entry){.shown = {.rule = rule,
                                          .wanted = wanted,
                                          .given = given,
                                          .file = file,
                                          .line = at->line,
                                          .column = at->column,
                                          .never = values == NULL},
                                .values = values};
    cs->seen[rule - gt_package_rule(cs->package, 0)] |= 1U << wanted;
    return GT_OK;
}

/* One case: what `base` states, with `change` upon it. */
static gt_status take_case(reading *r, const gt_rule *rule, const gt_ynode *base,
                           const gt_ynode *change, gt_case_answer wanted)
{
    gt_value *values = gt_arena_zalloc(r->cases->arena, rule->n_names + 1, sizeof *values);
    if (values == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < rule->n_names; i++) {
        values[i] = usual(&rule->names[i]);
    }
    if (!apply(r, rule, base, values) || (change != NULL && !apply(r, rule, change, values))) {
        return GT_OK;
    }
    gt_text_clear(&r->given);
    say_given(&r->given, base);
    if (change != NULL) {
        gt_text_puts(&r->given, " |");
        say_given(&r->given, change);
    }
    return keep(r, rule, wanted, change == NULL ? base : change, values);
}

/* passes, open: one map, a list of them, or for open the word no. */
static gt_status take_changes(reading *r, const gt_rule *rule, const gt_ynode *base,
                              const gt_ynode *list, gt_case_answer wanted)
{
    gt_status st = GT_OK;
    if (list == NULL) {
        return GT_OK;
    }
    if (list->kind == GT_Y_SCALAR && wanted == GT_CASE_OPEN && strcmp(list->text, "no") == 0) {
        gt_text_clear(&r->given);
        return keep(r, rule, wanted, list, NULL);
    }
    if (list->kind != GT_Y_LIST) {
        return take_case(r, rule, base, list, wanted);
    }
    for (const gt_ynode *c = list->first; c != NULL && st == GT_OK; c = c->next) {
        st = take_case(r, rule, base, c, wanted);
    }
    return st;
}

static gt_status take_entry(reading *r, const gt_ynode *node)
{
    static const char *const known[] = {"rule", "fails", "passes", "open"};
    const gt_ynode *id = gt_y_get(node, "rule"), *fails = gt_y_get(node, "fails");
    if (id == NULL || fails == NULL || id->kind != GT_Y_SCALAR || fails->kind != GT_Y_MAP) {
        gt_y_problem(&r->problems, node, &GT_MSG_CASE_FORM, GT_NO_ARGS);
        return GT_OK;
    }
    for (const gt_ynode *c = node->first; c != NULL; c = c->next) {
        size_t k = 0;
        while (k < 4 && strcmp(c->key->text, known[k]) != 0) {
            k++;
        }
        if (k == 4) {
            gt_y_problem(&r->problems, c->key, &GT_MSG_UNKNOWN_KEY,
                         GT_ARGS(GT_TEXT("key", c->key->text), GT_TEXT("what", "case")));
        }
    }
    const gt_rule *rule = gt_package_find_rule(r->cases->package, id->text);
    if (rule == NULL) {
        gt_y_problem(&r->problems, id, &GT_MSG_CASE_RULE, GT_ARGS(GT_TEXT("rule", id->text)));
        return GT_OK;
    }
    size_t before = r->cases->n;
    gt_status st = take_case(r, rule, fails, NULL, GT_CASE_FAILS);
    if (st == GT_OK && r->cases->n == before) {
        return GT_OK; /* what the others would change is wrong itself, and has been told */
    }
    if (st == GT_OK) {
        st = take_changes(r, rule, fails, gt_y_get(node, "passes"), GT_CASE_PASSES);
    }
    return st != GT_OK ? st : take_changes(r, rule, fails, gt_y_get(node, "open"), GT_CASE_OPEN);
}

static gt_status take_file(reading *r, const char *name, int order)
{
    gt_arena *arena = r->cases->arena;
    gt_yfile *file = NULL;
    char path[2 * MAX_PATH], rel[512];
    (void)snprintf(rel, sizeof rel, "cases/%.480s", name);
    (void)snprintf(path, sizeof path, "%.4000s/%s", gt_package_dir(r->cases->package), rel);
    char *kept = gt_arena_strdup(arena, path), *kept_rel = gt_arena_strdup(arena, rel);
    if (kept == NULL || kept_rel == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = gt_yfile_load(r->ctx, arena, &r->problems, kept, kept_rel, order, NULL, &file);
    if (st == GT_OK && !file->broken) {
        st = gt_yaml_parse(r->ctx, arena, &r->problems, file);
    }
    if (st != GT_OK || file->broken || file->root == NULL) {
        return st;
    }
    bool list = file->root->kind == GT_Y_LIST;
    if (!list) {
        gt_y_problem(&r->problems, file->root, &GT_MSG_CASE_FORM, GT_NO_ARGS);
    }
    for (const gt_ynode *c = list ? file->root->first : NULL; c != NULL && st == GT_OK;
         c = c->next) {
        st = gt_check_cancel(r->ctx);
        st = st == GT_OK ? take_entry(r, c) : st;
    }
    return st;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The .yaml files of PACKAGE/cases, sorted; none when there is no such folder. */
static gt_status list_files(reading *r, const char ***out, size_t *n)
{
    char path[2 * MAX_PATH];
    gt_status st = GT_OK;
    (void)snprintf(path, sizeof path, "%.4000s/cases", gt_package_dir(r->cases->package));
    const char **names = gt_arena_alloc(r->cases->arena, MAX_FILES, sizeof *names);
    if (names == NULL) {
        return GT_E_MEMORY;
    }
    *out = names;
    *n = 0;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return errno == ENOENT ? GT_OK : gt_fail_errno(r->ctx, errno, "opendir", path);
    }
    for (struct dirent *e = readdir(folder); e != NULL && st == GT_OK; e = readdir(folder)) {
        size_t len = strlen(e->d_name);
        if (e->d_name[0] == '.' || len < 6 || strcmp(e->d_name + len - 5, ".yaml") != 0) {
            continue;
        }
        if (*n == MAX_FILES) {
            st = gt_fail(r->ctx, GT_E_LIMIT, &GT_MSG_CASE_FILES, GT_PLACE(.file = path),
                         GT_ARGS(GT_INT("max", MAX_FILES)));
        } else {
            names[*n] = gt_arena_strdup(r->cases->arena, e->d_name);
            st = names[(*n)++] == NULL ? GT_E_MEMORY : GT_OK;
        }
    }
    (void)closedir(folder);
    qsort(names, *n, sizeof *names, by_name);
    return st;
}

/* Every rule needs a case of each answer: said where the rule stands. */
static void want_all_answers(reading *r)
{
    const gt_cases *cs = r->cases;
    for (size_t i = 0; i < gt_package_n_rules(cs->package); i++) {
        const gt_rule *rule = gt_package_rule(cs->package, i);
        for (unsigned a = 0; a < GT_CASE_ANSWERS; a++) {
            if ((cs->seen[i] & 1U << a) == 0) {
                const char *word = gt_case_answer_name((gt_case_answer)a);
                gt_problem_add(&r->problems, -1, &GT_MSG_CASE_LACKS,
                               GT_PLACE(.file = rule->file, .line = rule->line,
                                        .column = rule->column, .rule = rule->id),
                               GT_ARGS(GT_TEXT("rule", rule->id), GT_TEXT("answer", word)));
            }
        }
    }
}

static gt_status read_all(reading *r)
{
    const char **names = NULL;
    size_t n = 0;
    gt_status st = list_files(r, &names, &n);
    for (size_t i = 0; i < n && st == GT_OK; i++) {
        st = take_file(r, names[i], (int)i);
    }
    if (st == GT_OK && r->strict) {
        want_all_answers(r);
    }
    st = st == GT_OK ? r->problems.status : st;
    return st == GT_OK ? gt_text_status(&r->given) : st;
}

static gt_status read_cases(gt_ctx *ctx, const gt_package *package, gt_notes *notes, gt_cases **out)
{
    gt_cases *cs = gt_zalloc(ctx, 1, sizeof *cs);
    if (cs == NULL) {
        return GT_E_MEMORY;
    }
    reading r = {.ctx = ctx, .cases = cs, .strict = notes != NULL};
    gt_problems_init(&r.problems, ctx);
    gt_text_init(&r.given, ctx, GIVEN_MAX);
    cs->ctx = ctx;
    cs->package = package;
    gt_status st = gt_arena_new(ctx, 0, &cs->arena);
    if (st == GT_OK) {
        cs->seen = gt_arena_zalloc(cs->arena, gt_package_n_rules(package) + 1, sizeof *cs->seen);
        st = cs->seen == NULL ? GT_E_MEMORY : read_all(&r);
    }
    if (st == GT_OK && notes != NULL) {
        st = gt_problems_flush(&r.problems, notes);
        if (st == GT_OK && r.problems.total > 0) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_PACKAGE_FAULTY,
                         GT_PLACE(.file = gt_package_dir(package)),
                         GT_ARGS(GT_INT("n", r.problems.total)));
        }
    }
    gt_text_free(&r.given);
    gt_problems_free(&r.problems);
    if (st != GT_OK) {
        gt_cases_free(cs);
        return st;
    }
    *out = cs;
    return GT_OK;
}

gt_status gt_cases_read(gt_ctx *ctx, const gt_package *package, gt_notes *notes, gt_cases **out)
{
    return read_cases(ctx, package, notes, out);
}

gt_status gt_cases_look(gt_ctx *ctx, const gt_package *package, gt_cases **out)
{
    return read_cases(ctx, package, NULL, out);
}

void gt_cases_free(gt_cases *cases)
{
    if (cases != NULL) {
        gt_free(cases->ctx, cases->list);
        gt_arena_free(cases->arena);
        gt_free(cases->ctx, cases);
    }
}

size_t gt_cases_n(const gt_cases *cases)
{
    return cases->n;
}

const gt_case *gt_cases_get(const gt_cases *cases, size_t i)
{
    return &cases->list[i].shown;
}

bool gt_cases_prove(const gt_cases *cases, const gt_rule *rule)
{
    unsigned all = (1U << GT_CASE_ANSWERS) - 1;
    return cases->seen[rule - gt_package_rule(cases->package, 0)] == all;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static gt_status test(gt_ctx *ctx, gt_sql *sql, const gt_rule *rule, const char *text,
                      const gt_value *values, gt_truth *out)
{
    gt_expr *e = NULL;
    gt_status st =
        gt_expr_compile(ctx, sql, text, rule->name_texts, rule->n_names,
                        GT_PLACE(.file = rule->file, .line = rule->line, .rule = rule->id), &e);
    return st == GT_OK ? gt_expr_test(ctx, e, values, out) : st;
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

static gt_status ask(gt_ctx *ctx, gt_sql *sql, const gt_rule *rule, const gt_value *values,
                     gt_case_answer *out)
{
    gt_truth truth = GT_TRUE;
    gt_status st = rule->when == NULL ? GT_OK : test(ctx, sql, rule, rule->when, values, &truth);
    if (st != GT_OK || truth != GT_TRUE) {
        *out = truth == GT_FALSE ? GT_CASE_PASSES : GT_CASE_OPEN;
        return st;
    }
    if (lacks_need(rule, values)) {
        *out = GT_CASE_OPEN;
        return GT_OK;
    }
    st = rule->condition == NULL ? GT_OK : test(ctx, sql, rule, rule->condition, values, &truth);
    *out = truth == GT_FALSE ? GT_CASE_PASSES : truth == GT_TRUE ? GT_CASE_FAILS : GT_CASE_OPEN;
    for (size_t i = 0; st == GT_OK && truth == GT_TRUE && i < rule->n_exceptions; i++) {
        gt_truth holds = GT_FALSE;
        st = test(ctx, sql, rule, rule->exceptions[i].when, values, &holds);
        if (holds == GT_TRUE) {
            *out = GT_CASE_PASSES;
            break;
        }
        *out = holds == GT_UNKNOWN ? GT_CASE_OPEN : *out;
    }
    return st;
}

gt_status gt_cases_run(gt_ctx *ctx, const gt_cases *cases, gt_notes *notes)
{
    gt_sql *sql = NULL;
    gt_status st = gt_sql_new(ctx, cases->package, &sql);
    for (size_t i = 0; st == GT_OK && i < cases->n; i++) {
        const gt_case *c = &cases->list[i].shown;
        gt_case_answer got = c->wanted;
        st = gt_check_cancel(ctx);
        if (st == GT_OK && !c->never) {
            st = ask(ctx, sql, c->rule, cases->list[i].values, &got);
        }
        if (st == GT_OK && got != c->wanted) {
            st = gt_notes_add(notes, GT_ERROR, &GT_MSG_CASE_ANSWER,
                              GT_PLACE(.file = c->file, .line = c->line, .column = c->column,
                                       .rule = c->rule->id),
                              GT_ARGS(GT_TEXT("rule", c->rule->id), GT_TEXT("given", c->given),
                                      GT_TEXT("got", gt_case_answer_name(got)),
                                      GT_TEXT("wanted", gt_case_answer_name(c->wanted))));
        }
    }
    gt_sql_free(sql);
    return st;
}

gt_status gt_rule_reads(gt_ctx *ctx, const gt_package *package, const gt_rule *rule, bool *out)
{
    gt_sql *sql = NULL;
    gt_expr *e = NULL;
    size_t n = 0;
    gt_status st = gt_sql_new(ctx, package, &sql);
    if (st == GT_OK && rule->condition != NULL) {
        st = gt_expr_compile(ctx, sql, rule->condition, rule->name_texts, rule->n_names, GT_NOWHERE,
                             &e);
    }
    if (st == GT_OK && e != NULL) {
        (void)gt_expr_used(e, &n);
    }
    *out = st == GT_OK && (n > 0 || (rule->needs != NULL && rule->needs[0] != NULL));
    gt_sql_free(sql);
    return st;
}
