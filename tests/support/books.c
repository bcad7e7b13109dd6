/* Books for tests. */
#include "support/books.h"

#include <string.h>

void test_books_open(test_books *b, const char *package_dir)
{
    const gt_actor bureau = {.id = "bureau",
                             .kind = GT_ACTOR_BODY,
                             .title = {"局", "Bureau"},
                             .unit = "*",
                             .active = true};
    *b = (test_books){.ctx = test_ctx(), .dir = test_dir()};
    test_store_open(b->ctx, b->dir, package_dir, &b->package, &b->store);
    assert_ok(b->ctx, gt_book_open(b->ctx, b->store, true, &b->book));
    assert_ok(b->ctx, gt_actor_add(b->ctx, b->book, "bureau", &bureau));
}

void test_books_shut(test_books *b)
{
    gt_book_close(b->book);
    test_store_shut(b->ctx, b->dir, b->package, b->store);
}

gt_act test_act(gt_date day)
{
    gt_act act;
    gt_act_init(&act, "bureau");
    act.date = day;
    return act;
}

size_t test_fields(const char *text, gt_field_text *out, size_t most)
{
    static char copy[4096];
    size_t n = 0;
    char *keep = NULL;
    assert_true(strlen(text) < sizeof copy);
    memcpy(copy, text, strlen(text) + 1);
    for (char *f = strtok_r(copy, ";", &keep); f != NULL; f = strtok_r(NULL, ";", &keep)) {
        char *value = strchr(f, '=');
        assert_non_null(value);
        assert_true(n < most);
        *value++ = '\0';
        out[n++] = (gt_field_text){f, value};
    }
    return n;
}

static const gt_ledger *find(test_books *b, const char *id)
{
    const gt_ledger *l = NULL;
    assert_ok(b->ctx, gt_ledger_find(b->ctx, b->package, id, &l));
    return l;
}

gt_status test_add(test_books *b, const char *ledger, const char *id, const char *unit,
                   const char *fields, gt_date day)
{
    gt_field_text texts[32];
    gt_entry_set set;
    const gt_act act = test_act(day);
    gt_entry_set_init(&set);
    set.id = id;
    set.unit = unit;
    set.fields = texts;
    set.n_fields = test_fields(fields, texts, 32);
    return gt_ledger_add(b->ctx, b->book, b->package, find(b, ledger), &act, &set, NULL, NULL);
}

gt_status test_set(test_books *b, const char *ledger, const char *id, const char *unit,
                   const char *fields, gt_date day)
{
    gt_field_text texts[32];
    gt_entry_set set;
    const gt_act act = test_act(day);
    gt_entry_set_init(&set);
    set.unit = unit;
    set.fields = texts;
    set.n_fields = test_fields(fields, texts, 32);
    return gt_ledger_set(b->ctx, b->book, b->package, find(b, ledger), &act, id, &set);
}

gt_status test_move(test_books *b, const char *ledger, const char *id, const char *move,
                    gt_date day)
{
    const gt_act act = test_act(day);
    return gt_ledger_move(b->ctx, b->book, b->package, find(b, ledger), &act, id, move);
}

void test_box_geom(gt_ctx *ctx, double x, double y, double w, double h, gt_geom *out)
{
    const double xy[5][2] = {{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}, {x, y}};
    gt_geom_reset(out, GT_POLYGON);
    for (int i = 0; i < 5; i++) {
        assert_ok(ctx, gt_geom_add_point(ctx, out, TEST_X0 + xy[i][0], TEST_Y0 + xy[i][1]));
    }
    assert_ok(ctx, gt_geom_end_ring(ctx, out));
    assert_ok(ctx, gt_geom_end_part(ctx, out));
}
