/* Seeded mistakes: every file of tests/plan/bad replaces one file of the small package in
 * tests/plan/base. Its first line names the file it replaces, its second line all the mistakes that
 * must be found: "file:line:column id; ...". Nothing more and nothing less is right.
 *
 * GT_RENEW=1 writes the mistakes found into the second lines; look at the difference before keeping
 * it. A registry (.csv) cannot hold comments: its lines stand in NAME.csv.expect. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/package.h"
#include "plan/package.h"
#include "support/support.h"

#define BASE GT_SOURCE_DIR "/tests/plan/base"
#define BAD  GT_SOURCE_DIR "/tests/plan/bad"

enum { FILES = 4 };
static const char *const base_files[FILES] = {"package.yaml", "clauses.csv", "base.yaml",
                                              "more.yaml"};

typedef struct pack {
    gt_file_text files[FILES];
    char *data[FILES];
} pack;

static void load_base(pack *p)
{
    for (size_t i = 0; i < FILES; i++) {
        size_t len = 0;
        p->data[i] = test_read_file(test_path(BASE, base_files[i]), &len);
        assert_non_null(p->data[i]);
        p->files[i] = (gt_file_text){base_files[i], p->data[i], len};
    }
}

static void free_pack(pack *p)
{
    for (size_t i = 0; i < FILES; i++) {
        free(p->data[i]);
    }
}

static void replace(pack *p, const char *name, char *data, size_t len)
{
    for (size_t i = 0; i < FILES; i++) {
        if (strcmp(base_files[i], name) == 0) {
            free(p->data[i]);
            p->data[i] = data;
            p->files[i] = (gt_file_text){base_files[i], data, len};
            return;
        }
    }
    fail_msg("no file %s in the base package", name);
}

/* A rendered mistake must be whole in both languages. */
static void check_rendering(const gt_notes *notes, size_t i, const char *name, gt_ctx *ctx)
{
    for (int lang = 0; lang < 2; lang++) {
        gt_text text;
        gt_text_init(&text, ctx, 0);
        gt_notes_render_message(notes, i, (gt_lang)lang, &text);
        const char *s = gt_text_cstr(&text);
        bool han = false;
        for (const char *c = s; *c != '\0'; c++) {
            han = han || ((unsigned char)*c >= 0xE4 && (unsigned char)*c <= 0xE9);
        }
        if (s[0] == '\0' || (strchr(s, '{') != NULL && strchr(s, '}') != NULL) ||
            (lang == GT_LANG_ZH && !han)) {
            print_error("%s: message is not whole: %s\n", name, s);
            fail();
        }
        gt_text_free(&text);
    }
}

static void list_mistakes(gt_ctx *ctx, const gt_notes *notes, const char *name, gt_text *out)
{
    for (size_t i = 0; i < gt_notes_kept(notes); i++) {
        const gt_message *message = NULL;
        const gt_place *place = NULL;
        gt_severity severity = GT_INFO;
        gt_notes_get(notes, i, &severity, &message, &place);
        assert_int_equal(severity, GT_ERROR);
        assert_non_null(place->file);
        gt_text_printf(out, "%s%s:%d:%d %s", i == 0 ? "" : "; ", place->file, place->line,
                       place->column, message->id);
        check_rendering(notes, i, name, ctx);
    }
}

static char *line_after(char *data, const char *prefix)
{
    char *at = strstr(data, prefix);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(prefix);
    size_t n = strcspn(at, "\n");
    char *line = malloc(n + 1);
    assert_non_null(line);
    memcpy(line, at, n);
    line[n] = '\0';
    return line;
}

/* Puts the mistakes found into the expectation. */
static void renew(const char *path, const char *data, size_t len, const char *found)
{
    const char *at = strstr(data, "# expect:");
    const char *rest = at + strcspn(at, "\n");
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    (void)fwrite(data, 1, (size_t)(at - data), f);
    (void)fprintf(f, "# expect: %s", found);
    (void)fwrite(rest, 1, len - (size_t)(rest - data), f);
    assert_int_equal(fclose(f), 0);
}

/* Returns 1 when the case is not as its file says. */
static int run_case(const char *name)
{
    gt_ctx *ctx = test_ctx();
    pack p;
    load_base(&p);
    size_t len = 0;
    bool csv = strstr(name, ".csv") != NULL;
    char *data = test_read_file(test_path(BAD, name), &len);
    assert_non_null(data);
    char side_name[300];
    (void)snprintf(side_name, sizeof side_name, "%s%s", name, csv ? ".expect" : "");
    size_t side_len = 0;
    char *side = test_read_file(test_path(BAD, side_name), &side_len);
    assert_non_null(side);
    char *file = csv ? strdup("clauses.csv") : line_after(side, "# file: ");
    char *want = line_after(side, "# expect:");
    assert_non_null(file);
    assert_non_null(want);
    replace(&p, file, data, len);

    gt_notes *notes = NULL;
    gt_package *package = NULL;
    assert_ok(ctx, gt_notes_new(ctx, 0, &notes));
    gt_status st = gt_package_read_memory(ctx, p.files, FILES, notes, &package);
    gt_text found;
    gt_text_init(&found, ctx, 0);
    list_mistakes(ctx, notes, name, &found);
    int bad = 0;
    const char *wanted = want[0] == ' ' ? want + 1 : want;
    if (strcmp(wanted, gt_text_cstr(&found)) != 0) {
        bad = 1;
        if (getenv("GT_RENEW") != NULL) {
            renew(test_path(BAD, side_name), side, side_len, gt_text_cstr(&found));
        }
        print_error("%s\n  wanted %s\n  found  %s\n", name, wanted, gt_text_cstr(&found));
    }
    assert_int_equal(st, GT_E_INPUT);
    assert_null(package);
    assert_string_equal(gt_error_id(ctx), "plan.package-faulty");
    gt_error_clear(ctx);
    gt_text_free(&found);
    gt_notes_free(notes);
    free(want);
    free(file);
    free(side);
    free_pack(&p);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
    return bad;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void every_seeded_mistake_is_found(void **state)
{
    (void)state;
    DIR *dir = opendir(BAD);
    assert_non_null(dir);
    char *names[512];
    size_t n = 0;
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (e->d_name[0] != '.' && strstr(e->d_name, ".expect") == NULL) {
            assert_true(n < 512);
            names[n++] = strdup(e->d_name);
        }
    }
    (void)closedir(dir);
    qsort(names, n, sizeof *names, by_name);
    int bad = 0;
    for (size_t i = 0; i < n; i++) {
        bad += run_case(names[i]);
        free(names[i]);
    }
    print_message("%zu seeded mistakes\n", n);
    assert_true(n >= 60);
    assert_int_equal(bad, 0);
}

static void the_base_itself_is_clean(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    pack p;
    load_base(&p);
    gt_notes *notes = NULL;
    gt_package *package = NULL;
    assert_ok(ctx, gt_notes_new(ctx, 0, &notes));
    assert_ok(ctx, gt_package_read_memory(ctx, p.files, FILES, notes, &package));
    assert_int_equal(gt_notes_count(notes, GT_INFO), 0);
    gt_package_free(package);
    gt_notes_free(notes);
    free_pack(&p);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_base_itself_is_clean),
        cmocka_unit_test(every_seeded_mistake_is_found),
    };
    return cmocka_run_group_tests_name("plan.bad", tests, NULL, NULL);
}
