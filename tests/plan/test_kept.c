/* The kept form of a package: equal to the text, never trusted over it, never in the way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guotu/package.h"
#include "plan/kept.h"
#include "support/support.h"

typedef struct bench {
    gt_ctx *ctx;
    gt_notes *notes;
    char *dir;
    char package[512], kept[512];
    gt_package_keep keep;
} bench;

static void copy(const bench *b, const char *name)
{
    char from[600], to[600];
    size_t len = 0;
    (void)snprintf(from, sizeof from, GT_SOURCE_DIR "/tests/check/package/%s", name);
    (void)snprintf(to, sizeof to, "%s/%s", b->package, name);
    char *data = test_read_file(from, &len);
    test_write_file(to, data, len);
    free(data);
}

static int setup(void **state)
{
    bench *b = calloc(1, sizeof *b);
    b->ctx = test_ctx();
    b->dir = test_dir();
    (void)snprintf(b->package, sizeof b->package, "%s/package", b->dir);
    (void)snprintf(b->kept, sizeof b->kept, "%s/package.kept", b->dir);
    assert_int_equal(mkdir(b->package, 0755), 0);
    static const char *const files[] = {"package.yaml", "clauses.csv", "all.yaml"};
    for (size_t i = 0; i < 3; i++) {
        copy(b, files[i]);
    }
    b->keep = (gt_package_keep){.path = b->kept, .engine = "test 1"};
    assert_ok(b->ctx, gt_notes_new(b->ctx, 0, &b->notes));
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench *b = *state;
    gt_notes_free(b->notes);
    gt_ctx_free(b->ctx);
    test_dir_remove(b->dir);
    free(b);
    return 0;
}

static gt_package *read_it(bench *b)
{
    gt_package *p = NULL;
    assert_ok(b->ctx, gt_package_read_kept(b->ctx, b->package, &b->keep, b->notes, &p));
    return p;
}

static ino_t inode(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? info.st_ino : 0;
}

#define same_text(a, b) assert_string_equal((a) == NULL ? "" : (a), (b) == NULL ? "" : (b))

/* Everything a reader of the package sees of its items and rules. */
static void same(const gt_package *a, const gt_package *b)
{
    assert_string_equal(gt_package_hash(a), gt_package_hash(b));
    assert_int_equal(gt_package_n_items(a), gt_package_n_items(b));
    assert_int_equal(gt_package_n_rules(a), gt_package_n_rules(b));
    assert_int_equal(gt_package_n_clauses(a), gt_package_n_clauses(b));
    for (size_t i = 0; i < gt_package_n_items(a); i++) {
        const gt_item *x = gt_package_item(a, i), *y = gt_package_item(b, i);
        same_text(x->id, y->id);
        same_text(x->title.zh, y->title.zh);
        same_text(x->file, y->file);
        assert_int_equal(x->line, y->line);
        assert_int_equal(x->column, y->column);
        assert_int_equal(x->strength, y->strength);
    }
    for (size_t i = 0; i < gt_package_n_rules(a); i++) {
        const gt_rule *x = gt_package_rule(a, i), *y = gt_package_rule(b, i);
        same_text(x->when, y->when);
        same_text(x->condition, y->condition);
        same_text(x->say.en, y->say.en);
        assert_int_equal(x->n_names, y->n_names);
        assert_int_equal(x->n_measures, y->n_measures);
        assert_int_equal(x->n_exceptions, y->n_exceptions);
    }
    for (size_t i = 0; i < gt_package_n_clauses(a); i++) {
        assert_string_equal(gt_package_clause(a, i)->id, gt_package_clause(b, i)->id);
    }
}

static void a_kept_package_is_the_same(void **state)
{
    bench *b = *state;
    gt_package *text = read_it(b);
    ino_t first = inode(b->kept);
    assert_true(first != 0);
    gt_package *kept = read_it(b);
    same(text, kept);
    assert_true(inode(b->kept) == first); /* it fitted: not written again */
    gt_package_free(text);
    gt_package_free(kept);
}

/* The packages of the project, with aliases, blocks and folded text. */
static void real_packages_are_the_same(void **state)
{
    bench *b = *state;
    static const char *const names[] = {"beijing", "liechtenstein"};
    for (size_t i = 0; i < 2; i++) {
        gt_package *text = NULL, *kept = NULL;
        const char *dir = test_path(GT_SOURCE_DIR "/plans", names[i]);
        assert_ok(b->ctx, gt_package_read_kept(b->ctx, dir, &b->keep, b->notes, &text));
        ino_t first = inode(b->kept);
        assert_ok(b->ctx, gt_package_read_kept(b->ctx, dir, &b->keep, b->notes, &kept));
        assert_true(inode(b->kept) == first);
        same(text, kept);
        gt_package_free(text);
        gt_package_free(kept);
    }
}

static void append(const bench *b, const char *name, const char *text)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", b->package, name);
    FILE *f = fopen(path, "ab");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void changed_text_is_read(void **state)
{
    bench *b = *state;
    gt_package *p = read_it(b);
    size_t before = gt_package_n_items(p);
    gt_package_free(p);
    append(b, "all.yaml",
           "\n- parameter: fresh\n  title: {zh: 新, en: fresh}\n  value: 3\n  unit: m2\n"
           "  range: {min: 0, max: 9}\n  remark: {zh: 测试, en: Test}\n");
    p = read_it(b);
    assert_int_equal(gt_package_n_items(p), before + 1);
    gt_package_free(p);
    p = read_it(b); /* and the new form is kept */
    assert_non_null(gt_package_find_parameter(p, "fresh"));
    gt_package_free(p);
}

/* A condition that does not compile is found although the package was kept before. */
static void a_new_mistake_is_found(void **state)
{
    bench *b = *state;
    gt_package_free(read_it(b));
    append(b, "all.yaml",
           "\n- rule: broken\n  title: {zh: 坏, en: broken}\n  clauses: [TST-001]\n"
           "  applies_to: [project]\n  deny: \"area_m2 > > 3\"\n"
           "  say: {zh: 坏, en: broken}\n");
    gt_package *p = NULL;
    for (int i = 0; i < 2; i++) {
        assert_fails(b->ctx, gt_package_read_kept(b->ctx, b->package, &b->keep, b->notes, &p),
                     GT_E_INPUT, "plan.package-faulty");
    }
    assert_true(gt_notes_count(b->notes, GT_ERROR) >= 2);
}

static void another_engine_reads_again(void **state)
{
    bench *b = *state;
    gt_package_free(read_it(b));
    ino_t first = inode(b->kept);
    b->keep.engine = "test 2";
    gt_package_free(read_it(b));
    assert_true(inode(b->kept) != first);
    b->keep.engine = "test"; /* a prefix is another name */
    ino_t second = inode(b->kept);
    gt_package_free(read_it(b));
    assert_true(inode(b->kept) != second);
}

/* Cut anywhere, or one bit wrong anywhere: the text is read, and the kept file mended. */
static void damage_is_read_over(void **state)
{
    bench *b = *state;
    gt_package *text = read_it(b);
    size_t len = 0;
    char *whole = test_read_file(b->kept, &len);
    char *bytes = malloc(len);
    for (size_t i = 0; i < 80; i++) {
        size_t at = i * len / 80;
        memcpy(bytes, whole, len);
        bytes[at] = (char)(bytes[at] ^ (1 << (i % 8)));
        test_write_file(b->kept, bytes, i % 2 == 0 ? len : at);
        gt_package *p = read_it(b);
        same(text, p);
        gt_package_free(p);
    }
    size_t n = 0;
    char *mended = test_read_file(b->kept, &n);
    assert_int_equal(n, len);
    assert_memory_equal(mended, whole, len);
    gt_package_free(text);
    free(mended);
    free(bytes);
    free(whole);
}

/* Trees behind a sum that was set right again: bounds hold, memory stays whole. */
static void forged_trees_stay_in_bounds(void **state)
{
    bench *b = *state;
    gt_package_free(read_it(b));
    size_t len = 0, read = 0;
    char *whole = test_read_file(b->kept, &len);
    test_rng rng;
    test_rng_seed(&rng, 7);
    for (int turn = 0; turn < 3000; turn++) {
        unsigned char *bytes = malloc(len); /* its own block, so that a sanitizer sees every step */
        memcpy(bytes, whole, len);
        size_t head = 18 + sizeof "test 1" + GT_HASH_BYTES + 8;
        size_t size = turn % 3 == 0 ? head + 1 + test_rng_next(&rng) % (len - head - 1) : len;
        for (size_t k = 0; k < 1 + test_rng_next(&rng) % 4; k++) {
            bytes[head + test_rng_next(&rng) % (size - head)] = (unsigned char)test_rng_next(&rng);
        }
        gt_arena *arena = NULL;
        assert_ok(b->ctx, gt_arena_new(b->ctx, 0, &arena));
        gt_kept k = {.at = bytes + head + 1, .end = bytes + size, .n_files = 3};
        for (size_t i = 0; i < k.n_files && !k.bad; i++) {
            gt_yfile file = {.data = "", .len = 4000};
            const char *name = gt_kept_name(&k);
            file.rel = name;
            if (i == 1) {
                gt_kept_skip(&k);
            } else if (name != NULL) {
                assert_ok(b->ctx, gt_kept_tree(arena, &k, &file));
                read += !k.bad;
            }
        }
        gt_arena_free(arena);
        free(bytes);
    }
    assert_true(read > 0);
    free(whole);
}

/* Files of a kept package may have gone, or be folders now. */
static void missing_files_are_told_as_ever(void **state)
{
    bench *b = *state;
    gt_package_free(read_it(b));
    char path[600];
    (void)snprintf(path, sizeof path, "%s/all.yaml", b->package);
    assert_int_equal(unlink(path), 0);
    gt_package *p = NULL;
    assert_fails(b->ctx, gt_package_read_kept(b->ctx, b->package, &b->keep, b->notes, &p),
                 GT_E_INPUT, NULL);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_fails(b->ctx, gt_package_read_kept(b->ctx, b->package, &b->keep, b->notes, &p),
                 GT_E_INPUT, NULL);
}

static void no_place_to_keep_is_no_error(void **state)
{
    bench *b = *state;
    char path[600];
    (void)snprintf(path, sizeof path, "%s/nowhere/package.kept", b->dir);
    b->keep.path = path;
    gt_package_free(read_it(b));
    assert_int_equal(gt_error_status(b->ctx), GT_OK);
    b->keep.path = b->package; /* a folder is in the way */
    gt_package_free(read_it(b));
    assert_int_equal(gt_error_status(b->ctx), GT_OK);
}

/* Every allocation fails once, with and without a kept file: an error or a whole package. */
static void memory_may_run_out(void **state)
{
    bench *b = *state;
    for (int with = 0; with < 2; with++) {
        bool done = false;
        for (long n = 0; !done && n < 4000; n += n < 60 ? 1 : 37) {
            long left = n;
            gt_ctx *ctx = test_ctx_failing(&left);
            gt_notes *notes = NULL;
            gt_package *p = NULL;
            gt_status st = gt_notes_new(ctx, 0, &notes);
            if (st == GT_OK) {
                st = gt_package_read_kept(ctx, b->package, &b->keep, notes, &p);
            }
            assert_true(st == GT_OK || st == GT_E_MEMORY);
            done = left >= 0;
            gt_package_free(p);
            gt_notes_free(notes);
            gt_ctx_free(ctx);
            if (with == 0) {
                (void)unlink(b->kept);
            }
        }
        assert_true(done);
        gt_package_free(read_it(b));
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_kept_package_is_the_same),   CASE(real_packages_are_the_same),
        CASE(changed_text_is_read),         CASE(a_new_mistake_is_found),
        CASE(another_engine_reads_again),   CASE(damage_is_read_over),
        CASE(forged_trees_stay_in_bounds),  CASE(missing_files_are_told_as_ever),
        CASE(no_place_to_keep_is_no_error), CASE(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
