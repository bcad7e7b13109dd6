/* KIND-cases.csv: which items they speak of, and where; what is not a case of anything. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/cases.h"
#include "guotu/notes.h"
#include "support/support.h"

typedef struct bench {
    gt_ctx *ctx;
    char *dir;
    gt_notes *notes;
    gt_package *package;
} bench;

static int setup(void **state)
{
    static const char *const files[] = {"package.yaml", "clauses.csv", "base.yaml", "more.yaml"};
    bench *b = calloc(1, sizeof *b);
    b->ctx = test_ctx();
    b->dir = test_dir();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t len = 0;
        char *data = test_read_file(test_path(GT_SOURCE_DIR "/tests/plan/base", files[i]), &len);
        assert_non_null(data);
        test_write_file(test_path(b->dir, files[i]), data, len);
        free(data);
    }
    assert_ok(b->ctx, gt_notes_new(b->ctx, 0, &b->notes));
    assert_ok(b->ctx, gt_package_read(b->ctx, b->dir, b->notes, &b->package));
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench *b = *state;
    gt_package_free(b->package);
    gt_notes_free(b->notes);
    assert_int_equal(gt_ctx_memory_used(b->ctx), 0);
    gt_ctx_free(b->ctx);
    test_dir_remove(b->dir);
    free(b);
    return 0;
}

static void put(bench *b, const char *name, const char *text)
{
    test_write_file(test_path(b->dir, name), text, strlen(text));
}

/* "file:line:id " of every proof. */
static void expect(bench *b, const char *want, size_t n_mistakes)
{
    gt_proofs *p = NULL;
    gt_notes *notes = NULL;
    gt_text text;
    gt_text_init(&text, b->ctx, 0);
    assert_ok(b->ctx, gt_notes_new(b->ctx, 0, &notes));
    assert_ok(b->ctx, gt_proofs_read(b->ctx, b->package, notes, &p));
    for (size_t i = 0; i < gt_proofs_n(p); i++) {
        const gt_proof *f = gt_proofs_get(p, i);
        gt_text_printf(&text, "%s:%d:%s ", f->file, f->line, f->id);
    }
    assert_string_equal(gt_text_cstr(&text), want);
    assert_int_equal(gt_notes_count(notes, GT_ERROR), n_mistakes);
    gt_text_free(&text);
    gt_notes_free(notes);
    gt_proofs_free(p);
}

static void cases_stand_where_they_stand(void **state)
{
    bench *b = *state;
    expect(b, "", 0); /* no such file */
    put(b, "layer-cases.csv", "");
    expect(b, "", 0);
    put(b, "layer-cases.csv", "layer,given\n");
    expect(b, "", 0);
    put(b, "layer-cases.csv",
        "layer,given\nland_use,\"a\nb, \"\"c\"\"\nd\"\n\n\"basic\",x\r\nland_use\nbasic");
    expect(b,
           "layer-cases.csv:2:land_use layer-cases.csv:6:basic layer-cases.csv:7:land_use "
           "layer-cases.csv:8:basic ",
           0);
    put(b, "total-cases.csv", "total\nbasic-2025,1\n");
    expect(b,
           "layer-cases.csv:2:land_use layer-cases.csv:6:basic layer-cases.csv:7:land_use "
           "layer-cases.csv:8:basic total-cases.csv:2:basic-2025 ",
           0);
    put(b, "rule-cases.csv", "rule\nnobody\n"); /* those of rules stand in cases/ */
    put(b, "layer-cases.csv", "layer\n");
    expect(b, "total-cases.csv:2:basic-2025 ", 0);
}

static void a_case_of_nothing_is_told(void **state)
{
    bench *b = *state;
    gt_proofs *p = NULL;
    gt_notes *notes = NULL;
    const gt_message *message = NULL;
    const gt_place *place = NULL;
    put(b, "total-cases.csv", "total\nbasic-2025,1\nbasic-2O25,1\n,\n\"open\n");
    expect(b, "total-cases.csv:2:basic-2025 ", 3);
    assert_ok(b->ctx, gt_notes_new(b->ctx, 0, &notes));
    assert_ok(b->ctx, gt_proofs_read(b->ctx, b->package, notes, &p));
    gt_proofs_free(p);
    gt_notes_get(notes, 0, NULL, &message, &place);
    assert_string_equal(message->id, "plan.case-item");
    assert_string_equal(place->file, "total-cases.csv");
    assert_int_equal(place->line, 3);
    gt_notes_free(notes);
    /* whoever only looks is not told */
    assert_ok(b->ctx, gt_proofs_read(b->ctx, b->package, NULL, &p));
    assert_int_equal(gt_proofs_n(p), 1);
    gt_proofs_free(p);
    char *large = malloc((4 << 20) + 2);
    memset(large, 'x', (4 << 20) + 1);
    large[(4 << 20) + 1] = '\0';
    put(b, "total-cases.csv", large);
    free(large);
    assert_fails(b->ctx, gt_proofs_read(b->ctx, b->package, NULL, &p), GT_E_INPUT,
                 "plan.file-too-large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_stand_where_they_stand),
        cmocka_unit_test(a_case_of_nothing_is_told),
    };
    return cmocka_run_group_tests_name("plan.proofs", tests, setup, teardown);
}
