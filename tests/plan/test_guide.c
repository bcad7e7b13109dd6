/* The examples of the guide, in both languages, use only keys and values that exist. */
#include <stdlib.h>
#include <string.h>

#include "plan/package.h"
#include "support/support.h"

static const char registry[] =
    "id,section,kind,title_en,terms_zh,requirement_en,quantities,area,strength\n"
    "XX-001,1,rule,T,词,R,,city,binding\n";
static const char nothing[] = "[]\n";

/* Mistakes of form. An example is a fragment: what it refers to stands elsewhere. */
static bool of_form(const char *id)
{
    static const char *const forms[] = {"plan.unknown-key",  "plan.missing-key", "plan.not-an-item",
                                        "plan.file-no-list", "plan.measure-",    "plan.rule-effect",
                                        "plan.want-",        "plan.bad-",        "plan.yaml-",
                                        "plan.title-",       "plan.sql-syntax",  "plan.sql-sign",
                                        "plan.sql-function"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (strncmp(id, forms[i], strlen(forms[i])) == 0) {
            return true;
        }
    }
    return false;
}

static int check_example(const char *guide, char *text, size_t len)
{
    static const char head[] = "package: p\ntitle: {zh: 包, en: P}\nversion: '1'\ncrs: EPSG:4548\n"
                               "units: [{layer: d, name: name}]\nplans: []\nclauses: c.csv\n"
                               "files: [a.yaml]\n";
    bool whole = strncmp(text, "package:", 8) == 0;
    char *first = strdup(text), *cut = strstr(first, "\nfiles:");
    assert_non_null(first);
    if (whole && cut != NULL) {
        strcpy(cut, "\nfiles: [a.yaml]\n"); /* the files of the example are not at hand */
    }
    const char *more = whole ? nothing : text;
    const gt_file_text files[] = {
        {"package.yaml", whole ? first : head, whole ? strlen(first) : sizeof head - 1},
        {"a.yaml", more, whole ? sizeof nothing - 1 : len},
        {"c.csv", registry, sizeof registry - 1},
        {"clauses.csv", registry, sizeof registry - 1}};
    gt_ctx *ctx = test_ctx();
    gt_notes *notes = NULL;
    gt_package *package = NULL;
    assert_ok(ctx, gt_notes_new(ctx, 0, &notes));
    gt_status st = gt_package_read_memory(ctx, files, 4, notes, &package);
    assert_true(st == GT_OK || st == GT_E_INPUT);
    int bad = 0;
    for (size_t i = 0; i < gt_notes_kept(notes); i++) {
        const gt_message *message = NULL;
        const gt_place *place = NULL;
        gt_notes_get(notes, i, NULL, &message, &place);
        if (of_form(message->id)) {
            print_error("%s: example \"%.40s\": %d:%d %s\n", guide, text, place->line,
                        place->column, message->id);
            bad++;
        }
    }
    gt_error_clear(ctx);
    gt_package_free(package);
    gt_notes_free(notes);
    gt_ctx_free(ctx);
    free(first);
    return bad;
}

static void examples_use_what_exists(void **state)
{
    (void)state;
    static const char *const guides[] = {"docs/guide/package.md", "docs/guide/package.zh.md",
                                         "docs/guide/rules.md", "docs/guide/rules.zh.md"};
    static const int least[] = {8, 8, 1, 1};
    int bad = 0;
    for (size_t g = 0; g < 4; g++) {
        char *text = test_read_file(test_path(GT_SOURCE_DIR, guides[g]), NULL);
        assert_non_null(text);
        int examples = 0;
        for (char *at = strstr(text, "```yaml\n"); at != NULL; at = strstr(at, "```yaml\n")) {
            at += strlen("```yaml\n");
            char *end = strstr(at, "```");
            assert_non_null(end);
            char *example = strndup(at, (size_t)(end - at));
            assert_non_null(example);
            /* fragments of a rule and its cases are not items by themselves */
            if (strncmp(example, "  ", 2) != 0 && strstr(example, "\n  fails:") == NULL) {
                bad += check_example(guides[g], example, strlen(example));
                examples++;
            }
            free(example);
            at = end + 3;
        }
        assert_true(examples >= least[g]);
        free(text);
    }
    assert_int_equal(bad, 0);
}

/* Both languages show the same examples in the same order. */
static void languages_agree(void **state)
{
    (void)state;
    char *en = test_read_file(test_path(GT_SOURCE_DIR, "docs/guide/package.md"), NULL);
    char *zh = test_read_file(test_path(GT_SOURCE_DIR, "docs/guide/package.zh.md"), NULL);
    assert_true(en != NULL && zh != NULL);
    int n[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        for (char *at = strstr(i == 0 ? en : zh, "```yaml"); at != NULL;
             at = strstr(at + 1, "```yaml")) {
            n[i]++;
        }
    }
    assert_int_equal(n[0], n[1]);
    free(en);
    free(zh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_use_what_exists),
        cmocka_unit_test(languages_agree),
    };
    return cmocka_run_group_tests_name("plan.guide", tests, NULL, NULL);
}
