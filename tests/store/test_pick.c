/* A picker finds what a scan finds: cold, with its tree kept, and after the map has changed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/pick.h"
#include "support/support.h"

enum { FEATURES = 3000, MOST = FEATURES + 10 };

static const gt_field fields[] = {
    {.name = "name", .title = {"名", "name"}, .type = GT_FIELD_TEXT},
    {.name = "n", .title = {"数", "n"}, .type = GT_FIELD_INT},
};
static const gt_standard standard = {.id = "plots",
                                     .title = {"地块", "plots"},
                                     .geom_type = GT_POLYGON,
                                     .fields = fields,
                                     .n_fields = 2};

typedef struct bench {
    gt_ctx *ctx;
    char *dir;
    gt_store *store;
    gt_picker *picker;
    test_rng rng;
} bench;

typedef struct list {
    char id[MOST][16];
    int64_t row[MOST];
    size_t n;
    size_t stop_at; /* 0: never */
} list;

static void put(bench *b, gt_commit *c, int number, double x, double y, double side)
{
    gt_geom g;
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    char id[16];
    const double xy[5][2] = {{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}};
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_POLYGON);
    for (int i = 0; i < 5; i++) {
        assert_ok(b->ctx, gt_geom_add_point(b->ctx, &g, xy[i][0], xy[i][1]));
    }
    assert_ok(b->ctx, gt_geom_end_ring(b->ctx, &g));
    assert_ok(b->ctx, gt_geom_end_part(b->ctx, &g));
    assert_ok(b->ctx, gt_geom_to_gpkg(b->ctx, &g, 4548, &blob, &cap, &len));
    (void)snprintf(id, sizeof id, "p%d", number);
    gt_value values[2] = {{.kind = GT_VAL_TEXT, .text = id, .len = strlen(id)},
                          {.kind = GT_VAL_INT, .integer = number}};
    gt_feature f = {.id = id,
                    .valid_from = gt_date_from_ymd(2022, 1, 1),
                    .valid_to = GT_DATE_NONE,
                    .blob = blob,
                    .blob_len = len,
                    .box = gt_geom_box(&g),
                    .values = values,
                    .n_values = 2};
    assert_ok(b->ctx, gt_commit_put(b->ctx, c, "plots", &f, (double)NAN));
    gt_free(b->ctx, blob);
    gt_geom_free(b->ctx, &g);
}

static gt_commit *begin(bench *b)
{
    gt_commit *c = NULL;
    const gt_commit_info info = {.author = "t", .message = "t", .expect_revision = -1};
    assert_ok(b->ctx, gt_commit_begin(b->ctx, b->store, &info, &c));
    return c;
}

static int setup(void **state)
{
    bench *b = calloc(1, sizeof *b);
    gt_store_options o;
    b->ctx = test_ctx();
    b->dir = test_dir();
    test_rng_seed(&b->rng, 5);
    gt_store_options_init(&o);
    o.crs = "EPSG:4548";
    o.title = (gt_title){"图", "map"};
    assert_ok(b->ctx, gt_store_create(b->ctx, test_path(b->dir, "w"), &o, &b->store));
    gt_commit *c = begin(b);
    assert_ok(b->ctx, gt_commit_define_layer(b->ctx, c, &standard, GT_ORIGIN_GENERATED));
    for (int i = 0; i < FEATURES; i++) {
        put(b, c, i, 500000 + 10000 * test_rng_real(&b->rng),
            4430000 + 10000 * test_rng_real(&b->rng), 5 + 100 * test_rng_real(&b->rng));
    }
    assert_ok(b->ctx, gt_commit_finish(b->ctx, c, NULL));
    assert_ok(b->ctx, gt_picker_new(b->ctx, b->store, &b->picker));
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench *b = *state;
    gt_picker_free(b->picker);
    gt_store_close(b->store);
    assert_int_equal(gt_ctx_memory_used(b->ctx), 0);
    gt_ctx_free(b->ctx);
    test_dir_remove(b->dir);
    free(b);
    return 0;
}

static gt_status take(gt_ctx *ctx, void *user, const gt_feature *f)
{
    list *l = user;
    (void)ctx;
    assert_true(l->n < MOST);
    assert_int_equal(f->n_values, 2);
    assert_string_equal(f->values[0].text, f->id);
    assert_true(f->blob_len > 40);
    (void)snprintf(l->id[l->n], sizeof l->id[l->n], "%s", f->id);
    l->row[l->n] = f->row;
    l->n++;
    return l->stop_at == l->n ? GT_E_CANCELLED : GT_OK;
}

static void scan(bench *b, gt_box box, list *l)
{
    gt_scan *s = NULL;
    gt_query q;
    bool more = true;
    gt_query_init(&q, "plots");
    q.has_box = true;
    q.box = box;
    l->n = 0;
    assert_ok(b->ctx, gt_scan_open(b->ctx, b->store, &q, &s));
    while (more) {
        gt_feature f;
        assert_ok(b->ctx, gt_scan_next(b->ctx, s, &f, &more));
        if (more) {
            assert_ok(b->ctx, take(b->ctx, l, &f));
        }
    }
    gt_scan_close(s);
}

static size_t compare(bench *b, gt_box box)
{
    list *want = calloc(1, sizeof *want), *got = calloc(1, sizeof *got);
    assert_ok(b->ctx, gt_picker_begin(b->ctx, b->picker));
    assert_ok(b->ctx, gt_picker_find(b->ctx, b->picker, "plots", box, take, got));
    gt_picker_end(b->picker);
    scan(b, box, want);
    assert_int_equal(got->n, want->n);
    for (size_t i = 0; i < want->n; i++) {
        assert_string_equal(got->id[i], want->id[i]);
        assert_int_equal(got->row[i], want->row[i]);
    }
    size_t n = want->n;
    free(want);
    free(got);
    return n;
}

static gt_box random_box(bench *b)
{
    double x = 499900 + 10200 * test_rng_real(&b->rng),
           y = 4429900 + 10200 * test_rng_real(&b->rng);
    double side = 2000 * test_rng_real(&b->rng);
    return (gt_box){x, y, x + side, y + side};
}

static void finds_what_a_scan_finds(void **state)
{
    bench *b = *state;
    size_t met = 0;
    for (int i = 0; i < 200; i++) { /* the first four by statement, then by the kept tree */
        met += compare(b, random_box(b));
    }
    assert_true(met > 1000);
    assert_int_equal(compare(b, (gt_box){0, 0, 1e7, 1e7}), FEATURES);
    assert_int_equal(compare(b, (gt_box){0, 0, 1, 1}), 0);
}

static void sees_what_has_changed(void **state)
{
    bench *b = *state;
    gt_box far = {700000, 4700000, 700100, 4700100};
    for (int i = 0; i < 8; i++) {
        assert_int_equal(compare(b, far), 0);
    }
    gt_commit *c = begin(b);
    put(b, c, FEATURES, 700010, 4700010, 20);
    assert_ok(b->ctx, gt_commit_finish(b->ctx, c, NULL));
    assert_int_equal(compare(b, far), 1);
    /* another process writes */
    gt_store *other = NULL;
    gt_store_options o;
    gt_store_options_init(&o);
    assert_ok(b->ctx, gt_store_open(b->ctx, test_path(b->dir, "w"), &o, &other));
    gt_store *mine = b->store;
    b->store = other;
    c = begin(b);
    assert_ok(b->ctx, gt_commit_delete(b->ctx, c, "plots", "p3000", GT_DATE_NONE));
    assert_ok(b->ctx, gt_commit_finish(b->ctx, c, NULL));
    b->store = mine;
    gt_store_close(other);
    bool changed = false;
    assert_ok(b->ctx, gt_store_refresh(b->ctx, b->store, &changed));
    assert_true(changed);
    assert_int_equal(compare(b, far), 0);
}

static void one_snapshot_for_a_whole_check(void **state)
{
    bench *b = *state;
    gt_box box = {500000, 4430000, 501000, 4431000};
    list *before = calloc(1, sizeof *before), *after = calloc(1, sizeof *after);
    assert_ok(b->ctx, gt_picker_begin(b->ctx, b->picker));
    assert_ok(b->ctx, gt_picker_begin(b->ctx, b->picker)); /* nests */
    assert_ok(b->ctx, gt_picker_find(b->ctx, b->picker, "plots", box, take, before));
    gt_store *other = NULL;
    gt_store_options o;
    gt_store_options_init(&o);
    assert_ok(b->ctx, gt_store_open(b->ctx, test_path(b->dir, "w"), &o, &other));
    gt_store *mine = b->store;
    b->store = other;
    gt_commit *c = begin(b);
    put(b, c, FEATURES + 1, 500500, 4430500, 20);
    assert_ok(b->ctx, gt_commit_finish(b->ctx, c, NULL));
    b->store = mine;
    gt_picker_end(b->picker);
    assert_ok(b->ctx, gt_picker_find(b->ctx, b->picker, "plots", box, take, after));
    assert_int_equal(after->n, before->n);
    gt_picker_end(b->picker);
    gt_store_close(other);
    assert_ok(b->ctx, gt_store_refresh(b->ctx, b->store, NULL));
    assert_int_equal(compare(b, box), before->n + 1);
    free(before);
    free(after);
}

static void refusals(void **state)
{
    bench *b = *state;
    list *l = calloc(1, sizeof *l);
    gt_box all = {0, 0, 1e7, 1e7};
    assert_ok(b->ctx, gt_picker_begin(b->ctx, b->picker));
    assert_fails(b->ctx, gt_picker_find(b->ctx, b->picker, "plotz", all, take, l), GT_E_NOT_FOUND,
                 "store.no-layer-near");
    l->stop_at = 3;
    gt_status st = gt_picker_find(b->ctx, b->picker, "plots", all, take, l);
    assert_int_equal(st, GT_E_CANCELLED);
    assert_int_equal(l->n, 3);
    gt_picker_end(b->picker);
    gt_picker_end(b->picker); /* one too many is harmless */
    assert_true(compare(b, all) > FEATURES - 2);
    free(l);
}

/* Ids that start so, now and at an earlier revision, as counted by hand. */
static size_t starting_with(bench *b, const char *prefix, int64_t revision)
{
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = true;
    size_t n = 0;
    gt_query_init(&q, "plots");
    q.id_prefix = prefix;
    q.as_of_rev = revision;
    assert_ok(b->ctx, gt_scan_open(b->ctx, b->store, &q, &scan));
    while (more) {
        assert_ok(b->ctx, gt_scan_next(b->ctx, scan, &f, &more));
        assert_true(!more || strncmp(f.id, prefix, strlen(prefix)) == 0);
        n += more;
    }
    gt_scan_close(scan);
    return n;
}

static void a_scan_by_the_start_of_ids(void **state)
{
    bench *b = *state;
    int64_t before = gt_store_revision(b->store);
    gt_commit *c = begin(b);
    assert_ok(b->ctx, gt_commit_delete(b->ctx, c, "plots", "p2990", GT_DATE_NONE));
    assert_ok(b->ctx, gt_commit_finish(b->ctx, c, NULL));
    assert_int_equal(starting_with(b, "p299", 0), 10); /* p299 and nine of p2990 to p2999 */
    assert_int_equal(starting_with(b, "p299", before), 11);
    assert_int_equal(starting_with(b, "p2990", 0), 0);
    assert_int_equal(starting_with(b, "p2990", before), 1);
    assert_int_equal(starting_with(b, "q", 0), 0);
    assert_int_equal(starting_with(b, "P299", 0), 0); /* letters as they are */
    assert_int_equal(starting_with(b, "p%", 0), 0);   /* no pattern */
    assert_int_equal(starting_with(b, "", before), starting_with(b, "p", before));
}

/* The start of what the whole scan gives, in its order, and nothing else. */
static size_t first_of(bench *b, gt_box box, int64_t first, int64_t after, int64_t revision,
                       const list *whole)
{
    gt_scan *s = NULL;
    gt_query q;
    bool more = true;
    size_t n = 0, at = 0;
    gt_query_init(&q, "plots");
    q.has_box = true;
    q.box = box;
    q.first = first;
    q.after_row = after;
    q.as_of_rev = revision;
    while (at < whole->n && whole->row[at] <= after) {
        at++;
    }
    assert_ok(b->ctx, gt_scan_open(b->ctx, b->store, &q, &s));
    while (more) {
        gt_feature f;
        assert_ok(b->ctx, gt_scan_next(b->ctx, s, &f, &more));
        if (more && revision == 0) {
            assert_true(at + n < whole->n);
            assert_int_equal(f.row, whole->row[at + n]);
        }
        n += more ? 1 : 0;
    }
    gt_scan_close(s);
    return n;
}

static void the_first_of_a_box(void **state)
{
    bench *b = *state;
    list *whole = calloc(1, sizeof *whole);
    gt_box box = {502000, 4432000, 508000, 4438000};
    scan(b, box, whole);
    assert_true(whole->n > 500);
    assert_int_equal(first_of(b, box, 0, 0, 0, whole), whole->n);
    assert_int_equal(first_of(b, box, 10, 0, 0, whole), 10);
    assert_int_equal(first_of(b, box, 10, whole->row[99], 0, whole), 10);
    assert_int_equal(first_of(b, box, 10, whole->row[whole->n - 4], 0, whole), 3);
    assert_int_equal(first_of(b, box, MOST, 0, 0, whole), whole->n);
    assert_int_equal(first_of(b, (gt_box){0, 0, 1, 1}, 5, 0, 0, whole), 0);
    /* of an older revision it is no limit: what has ended comes from elsewhere */
    int64_t before = gt_store_revision(b->store);
    gt_commit *c = begin(b);
    assert_ok(b->ctx, gt_commit_delete(b->ctx, c, "plots", whole->id[3], GT_DATE_NONE));
    assert_ok(b->ctx, gt_commit_finish(b->ctx, c, NULL));
    assert_int_equal(first_of(b, box, 10, 0, before, whole), whole->n);
    free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_scan_finds),        cmocka_unit_test(sees_what_has_changed),
        cmocka_unit_test(one_snapshot_for_a_whole_check), cmocka_unit_test(refusals),
        cmocka_unit_test(a_scan_by_the_start_of_ids),     cmocka_unit_test(the_first_of_a_box),
    };
    return cmocka_run_group_tests_name("store.pick", tests, setup, teardown);
}
