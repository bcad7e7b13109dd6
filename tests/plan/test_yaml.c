/* The YAML tree: what is text, where it stands, and the bounds that hold while reading. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/package.h"
#include "plan/unit.h"
#include "support/support.h"

typedef struct fixture {
    gt_ctx *ctx;
    gt_arena *arena;
    gt_problems problems;
    gt_yfile *file;
} fixture;

static const gt_ynode *parse(fixture *f, const char *text)
{
    f->ctx = test_ctx();
    assert_ok(f->ctx, gt_arena_new(f->ctx, 0, &f->arena));
    gt_problems_init(&f->problems, f->ctx);
    assert_ok(f->ctx, gt_yfile_of(f->ctx, f->arena, &f->problems, "t.yaml", text, strlen(text), 0,
                                  &f->file));
    assert_ok(f->ctx, gt_yaml_parse(f->ctx, f->arena, &f->problems, f->file));
    return f->file->root;
}

static void done(fixture *f)
{
    gt_problems_free(&f->problems);
    gt_arena_free(f->arena);
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    gt_ctx_free(f->ctx);
}

static void scalars_stay_as_written(void **state)
{
    (void)state;
    fixture f;
    const gt_ynode *root = parse(&f, "a: 0103\nb: no\nc: 1e3\nd: ~\ne: ''\nf: null\ng: 'null'\n"
                                     "h:\ni: 2022-06-16\nj: 永久基本农田\n");
    assert_int_equal(f.problems.total, 0);
    assert_string_equal(gt_y_get(root, "a")->text, "0103");
    assert_string_equal(gt_y_get(root, "b")->text, "no");
    assert_true(gt_y_get(root, "b")->plain);
    assert_string_equal(gt_y_get(root, "c")->text, "1e3");
    assert_true(gt_y_is_null(gt_y_get(root, "d")));
    assert_false(gt_y_is_null(gt_y_get(root, "e")));
    assert_true(gt_y_is_null(gt_y_get(root, "f")));
    assert_false(gt_y_is_null(gt_y_get(root, "g")));
    assert_true(gt_y_is_null(gt_y_get(root, "h")));
    assert_int_equal(gt_y_get(root, "h")->line, 8);
    assert_string_equal(gt_y_get(root, "j")->text, "永久基本农田");
    assert_null(gt_y_get(root, "z"));
    assert_null(gt_y_get(gt_y_get(root, "a"), "z"));
    done(&f);
}

static void places_are_kept(void **state)
{
    (void)state;
    fixture f;
    const gt_ynode *root =
        parse(&f, "# a comment\r\nlist:\r\n  - {zh: 图, en: 'Map'}\r\n  - x\r\n");
    const gt_ynode *list = gt_y_get(root, "list"), *map = list->first;
    assert_int_equal(list->n, 2);
    assert_int_equal(map->line, 3);
    assert_int_equal(map->column, 5);
    assert_int_equal(gt_y_get(map, "en")->line, 3);
    assert_int_equal(gt_y_get(map, "en")->key->column, 13); /* characters, not bytes */
    assert_int_equal(map->next->line, 4);
    assert_int_equal(map->next->column, 5);
    done(&f);
}

static void aliases_share_what_they_name(void **state)
{
    (void)state;
    fixture f;
    const gt_ynode *root = parse(&f, "a: &x {k: [1, 2]}\nb: *x\nc: [*x, *x]\n");
    assert_int_equal(f.problems.total, 0);
    const gt_ynode *b = gt_y_get(root, "b");
    assert_int_equal(b->line, 2);
    assert_string_equal(b->key->text, "b");
    assert_int_equal(gt_y_get(b, "k")->n, 2);
    assert_int_equal(gt_y_get(root, "c")->n, 2);
    assert_string_equal(gt_y_get(gt_y_get(root, "c")->first->next, "k")->first->text, "1");
    done(&f);
}

/* Places inside a scalar follow its writing: plain, quoted, folded over lines, literal. */
static void places_inside_texts(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *word;
        int line, column;
    } cases[] = {
        {"k: alpha beta gamma\n", "gamma", 1, 15},
        {"k: 'alpha beta gamma'\n", "beta", 1, 11},
        {"k: \"图 beta\"\n", "beta", 1, 7},
        {"k: >-\n  alpha\n  beta\n  gamma\n", "gamma", 4, 3},
        {"k: |\n  alpha\n    beta gamma\n", "gamma", 3, 10},
        {"k: alpha\n  beta\n  gamma\n", "beta", 2, 3},
        {"k: 'alpha\n  beta'\n", "beta", 2, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        const gt_ynode *k = gt_y_get(parse(&f, cases[i].yaml), "k");
        assert_non_null(k);
        const char *at = strstr(k->text, cases[i].word);
        assert_non_null(at);
        int line = 0, column = 0;
        gt_y_place_in(k, (size_t)(at - k->text), &line, &column);
        if (line != cases[i].line || column != cases[i].column) {
            print_error("case %zu: %d:%d\n", i, line, column);
        }
        assert_int_equal(line, cases[i].line);
        assert_int_equal(column, cases[i].column);
        done(&f);
    }
}

static void a_byte_order_mark_is_no_mistake(void **state)
{
    (void)state;
    fixture f;
    const gt_ynode *root = parse(&f, "\xEF\xBB\xBFk: v\n");
    assert_int_equal(f.problems.total, 0);
    assert_string_equal(gt_y_get(root, "k")->text, "v");
    done(&f);
}

static void too_many_values_are_refused(void **state)
{
    (void)state;
    size_t n = GT_YAML_NODES + 10;
    char *text = malloc(2 * n + 3);
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 0; i < n; i++) {
        memcpy(text + 1 + 2 * i, "a,", 2);
    }
    memcpy(text + 1 + 2 * n, "]", 2);
    fixture f;
    assert_null(parse(&f, text));
    assert_int_equal(f.problems.total, 1);
    assert_string_equal(f.problems.kept[0]->record.message->id, "plan.yaml-nodes");
    done(&f);
    free(text);
}

static void files_on_disk_have_bounds(void **state)
{
    (void)state;
    char *dir = test_dir();
    const char *names[] = {"big.yaml", "missing.yaml", "folder"};
    const char *ids[] = {"plan.file-too-large", "plan.unreadable", "plan.unreadable"};
    char *big = calloc(1, GT_YAML_BYTES + 1);
    assert_non_null(big);
    memset(big, '#', GT_YAML_BYTES + 1);
    test_write_file(test_path(dir, "big.yaml"), big, GT_YAML_BYTES + 1);
    free(big);
    assert_int_equal(mkdir(test_path(dir, "folder"), 0700), 0);
    for (size_t i = 0; i < 3; i++) {
        fixture f = {.ctx = test_ctx()};
        assert_ok(f.ctx, gt_arena_new(f.ctx, 0, &f.arena));
        gt_problems_init(&f.problems, f.ctx);
        assert_ok(f.ctx, gt_yfile_load(f.ctx, f.arena, &f.problems, test_path(dir, names[i]),
                                       names[i], 0, NULL, &f.file));
        assert_true(f.file->broken);
        assert_int_equal(f.problems.total, 1);
        assert_string_equal(f.problems.kept[0]->record.message->id, ids[i]);
        assert_ok(f.ctx, gt_yaml_parse(f.ctx, f.arena, &f.problems, f.file));
        assert_null(f.file->root);
        done(&f);
    }
    test_dir_remove(dir);
}

static void a_folder_without_a_package_is_told(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_notes *notes = NULL;
    gt_package *package = NULL;
    char *dir = test_dir();
    assert_ok(ctx, gt_notes_new(ctx, 0, &notes));
    assert_fails(ctx, gt_package_read(ctx, dir, notes, &package), GT_E_INPUT, NULL);
    assert_int_equal(gt_notes_count_id(notes, "plan.unreadable"), 1);
    assert_null(package);
    gt_notes_free(notes);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void numbers_are_decimal_and_finite(void **state)
{
    (void)state;
    static const char *const good[] = {"0", "-1", "+2.5", ".5", "5.", "1e3", "1.5E-3", "007"};
    static const char *const bad[] = {"",   "-",   "1,5",   "1_000", "0x10",  "0o17",
                                      "1e", "1e+", ".inf",  ".nan",  "nan",   "inf",
                                      "1 ", " 1",  "1e999", "--1",   "1.2.3", "."};
    double v = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(gt_number_parse(good[i], &v));
        assert_near(v, strtod(good[i], NULL), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(gt_number_parse(bad[i], &v));
    }
}

static void quantities_carry_their_unit(void **state)
{
    (void)state;
    double v = 0;
    const gt_unit *unit = NULL;
    const char *text = NULL;
    assert_true(gt_quantity_parse("150 wan_mu", &v, &unit, &text));
    assert_near(gt_unit_to_base(unit, v), 1e9, 0); /* 150 x 10^4 mu = 1000 km2 */
    assert_true(gt_quantity_parse("1 mu", &v, &unit, &text));
    assert_near(gt_unit_to_base(unit, v), 10000.0 / 15, 0);
    assert_true(gt_quantity_parse("5%", &v, &unit, &text));
    assert_near(gt_unit_to_base(unit, v), 0.05, 1e-17);
    assert_true(gt_quantity_parse("3 furlong", &v, &unit, &text));
    assert_null(unit);
    assert_string_equal(text, "furlong");
    assert_false(gt_quantity_parse("400", &v, &unit, &text));
    assert_false(gt_quantity_parse("400m2", &v, &unit, &text));
    assert_false(gt_quantity_parse("m2", &v, &unit, &text));
    assert_string_equal(gt_unit_nearest("km^2"), "km2");
}

static void near_words_are_found(void **state)
{
    (void)state;
    static const char *const words[] = {"title", "clauses", "measure", NULL, "applies_to"};
    assert_string_equal(gt_nearest("titel", words, 5), "title");
    assert_string_equal(gt_nearest("Clause", words, 5), "clauses");
    assert_string_equal(gt_nearest("mesure", words, 5), "measure");
    assert_string_equal(gt_nearest("apply_to", words, 5), "applies_to");
    assert_null(gt_nearest("xyzzy", words, 5));
    assert_null(gt_nearest("", words, 5));
    char huge[300];
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_null(gt_nearest(huge, words, 5));
}

/* Every allocation of ours fails in turn while a whole package is read. */
static void running_out_of_memory_is_survived(void **state)
{
    (void)state;
    static const char head[] =
        "package: p\ntitle: {zh: 包, en: P}\nversion: '1'\ncrs: EPSG:4548\n"
        "units: [{layer: d, name: name}]\nplans: [{plan: AB, title: {zh: "
        "规划, en: Plan}, status: final}]\nclauses: c.csv\nfiles: [a.yaml]\n";
    static const char items[] =
        "- layer: d\n  title: {zh: 区, en: D}\n  theme: t\n  geometry: polygon\n  source: s\n"
        "  fields: [{name: name, type: text, zh: 名, en: N}]\n"
        "- subject: p\n  title: {zh: 项目, en: P}\n  facts: [{name: u, type: int, zh: 用, en: U, "
        "default: 1}]\n"
        "- rule: r\n  title: {zh: 规, en: R}\n  clauses: [AB-001]\n  strength: binding\n"
        "  in_force: {from: 2020-01-01}\n  applies_to: p\n  when: u = 1\n"
        "  measure: {m: {overlap: d}}\n  deny: m_m2 > 1\n  say: {zh: \"占 {m_m2|mu}\", en: x}\n";
    static const char registry[] =
        "id,section,kind,title_en,terms_zh,requirement_en,quantities,area,strength\n"
        "AB-001,1,rule,T,词,R,,city,binding\n";
    const gt_file_text files[] = {{"package.yaml", head, sizeof head - 1},
                                  {"a.yaml", items, sizeof items - 1},
                                  {"c.csv", registry, sizeof registry - 1}};
    bool whole = false;
    for (long n = 0; n < 400 && !whole; n++) {
        long left = n;
        gt_ctx *ctx = test_ctx_failing(&left);
        gt_notes *notes = NULL;
        gt_package *package = NULL;
        gt_status st = gt_notes_new(ctx, 0, &notes);
        if (st == GT_OK) {
            st = gt_package_read_memory(ctx, files, 3, notes, &package);
        }
        whole = st == GT_OK;
        if (!whole) {
            assert_int_equal(st, GT_E_MEMORY);
            assert_null(package);
        }
        gt_package_free(package);
        gt_notes_free(notes);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_error_clear(ctx);
        gt_ctx_free(ctx);
    }
    assert_true(whole);
}

static void reading_can_be_cancelled(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_notes *notes = NULL;
    gt_package *package = NULL;
    assert_ok(ctx, gt_notes_new(ctx, 0, &notes));
    gt_cancel(ctx);
    assert_fails(ctx, gt_package_read(ctx, GT_SOURCE_DIR "/plans/beijing", notes, &package),
                 GT_E_CANCELLED, "base.cancelled");
    assert_null(package);
    gt_notes_free(notes);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void the_crs_is_asked_of_proj(void **state)
{
    (void)state;
    static const struct {
        const char *crs;
        bool fine;
    } cases[] = {{"EPSG:4548", true}, {"EPSG:99999", false}, {"EPSG:3857", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gt_ctx *ctx = test_ctx();
        gt_notes *notes = NULL;
        gt_package *p = NULL;
        char head[512];
        (void)snprintf(head, sizeof head,
                       "package: p\ntitle: {zh: 包, en: P}\nversion: '1'\ncrs: %s\n"
                       "units: [{layer: d, name: name}]\nplans: []\nclauses: c.csv\n"
                       "files: [a.yaml]\n",
                       cases[i].crs);
        static const char items[] =
            "- layer: d\n  title: {zh: 区, en: D}\n  theme: t\n  geometry: polygon\n  source: s\n"
            "  fields: [{name: name, type: text, zh: 名, en: N}]\n";
        static const char registry[] =
            "id,section,kind,title_en,terms_zh,requirement_en,quantities,area,strength\n";
        const gt_file_text files[] = {{"package.yaml", head, strlen(head)},
                                      {"a.yaml", items, sizeof items - 1},
                                      {"c.csv", registry, sizeof registry - 1}};
        assert_ok(ctx, gt_notes_new(ctx, 0, &notes));
        assert_ok(ctx, gt_package_read_memory(ctx, files, 3, notes, &p));
        gt_status st = gt_package_check_crs(ctx, p);
        if (cases[i].fine) {
            assert_ok(ctx, st);
        } else {
            assert_int_equal(gt_error_place(ctx)->line, 4);
            assert_fails(ctx, st, GT_E_INPUT, NULL);
        }
        gt_package_free(p);
        gt_notes_free(notes);
        gt_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_stay_as_written),
        cmocka_unit_test(places_are_kept),
        cmocka_unit_test(aliases_share_what_they_name),
        cmocka_unit_test(places_inside_texts),
        cmocka_unit_test(a_byte_order_mark_is_no_mistake),
        cmocka_unit_test(too_many_values_are_refused),
        cmocka_unit_test(files_on_disk_have_bounds),
        cmocka_unit_test(a_folder_without_a_package_is_told),
        cmocka_unit_test(numbers_are_decimal_and_finite),
        cmocka_unit_test(quantities_carry_their_unit),
        cmocka_unit_test(near_words_are_found),
        cmocka_unit_test(running_out_of_memory_is_survived),
        cmocka_unit_test(reading_can_be_cancelled),
        cmocka_unit_test(the_crs_is_asked_of_proj),
    };
    return cmocka_run_group_tests_name("plan.yaml", tests, NULL, NULL);
}
