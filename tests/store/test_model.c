/* Random histories against a plain list of versions: whatever was done, every (revision, date) must
 * read as the list says, figures must agree, and the proof must hold. */
#include "store/world.h"

enum { MAX_VERSIONS = 4000, MAX_REVISIONS = 40, IDS = 24, DAYS = 8 };
static const gt_date DAY0 = 17000;

typedef struct version {
    int id;
    int64_t n, rev, rev_to, valid_to_rev; /* 0 = not ended */
    gt_date from, to;
    gt_box box;
} version;

typedef struct model {
    version v[MAX_VERSIONS]; /* in row order */
    size_t count;
    int64_t revision;
    bool changed[IDS]; /* in the open revision */
} model;

static bool in_force(const version *v)
{
    return v->rev_to == 0 && v->valid_to_rev == 0;
}

static version *present(model *m, int id)
{
    for (size_t i = m->count; i-- > 0;) {
        if (m->v[i].id == id && in_force(&m->v[i])) {
            return &m->v[i];
        }
    }
    return NULL;
}

/* The rule of the store, said once more in its shortest form. */
static bool end_version(model *m, version *v, gt_date date)
{
    if (date == GT_DATE_NONE || date == v->from) {
        v->rev_to = m->revision;
    } else if (v->from == GT_DATE_NONE || date > v->from) {
        v->to = date;
        v->valid_to_rev = m->revision;
    } else {
        return false;
    }
    return true;
}

static bool seen(const version *v, int64_t rev, gt_date date)
{
    if (v->rev > rev || (v->rev_to != 0 && v->rev_to <= rev)) {
        return false;
    }
    bool ended = v->valid_to_rev != 0 && v->valid_to_rev <= rev;
    if (date == GT_DATE_NONE) {
        return !ended;
    }
    return (v->from == GT_DATE_NONE || v->from <= date) && (!ended || date < v->to);
}

static void compare(gt_ctx *ctx, gt_store *store, const model *m, int64_t rev, gt_date date,
                    const gt_box *box)
{
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = false;
    gt_query_init(&q, "parcels");
    q.as_of_rev = rev;
    q.as_of_date = date;
    q.has_box = box != NULL;
    q.box = box != NULL ? *box : (gt_box){0, 0, 0, 0};
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    for (size_t i = 0; i < m->count; i++) {
        const version *v = &m->v[i];
        int64_t at = rev == 0 ? m->revision : rev;
        if (!seen(v, at, date) || (box != NULL && !gt_box_meets(v->box, *box))) {
            continue;
        }
        char id[32];
        (void)snprintf(id, sizeof id, "f%d", v->id);
        assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
        assert_true(more);
        assert_string_equal(f.id, id);
        assert_int_equal(f.row, (int64_t)i + 1);
        assert_int_equal(f.values[1].integer, v->n);
        assert_int_equal(f.rev_from, v->rev);
        assert_int_equal(f.valid_from, v->from);
        bool ended = v->valid_to_rev != 0 && v->valid_to_rev <= at;
        assert_int_equal(f.valid_to, ended ? v->to : GT_DATE_NONE);
        assert_memory_equal(&f.box, &v->box, sizeof v->box);
    }
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_false(more);
    gt_scan_close(scan);
}

/* Versions written or ended after `since`; since < 0: all. */
static void compare_versions(gt_ctx *ctx, gt_store *store, const model *m, int64_t since)
{
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    bool more = false;
    gt_query_init(&q, "parcels");
    q.all_versions = since < 0;
    q.changed_since = since < 0 ? 0 : since;
    assert_ok(ctx, gt_scan_open(ctx, store, &q, &scan));
    for (size_t i = 0; i < m->count; i++) {
        const version *v = &m->v[i];
        if (v->rev <= since && v->valid_to_rev <= since && v->rev_to <= since) {
            continue;
        }
        assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
        assert_true(more);
        assert_int_equal(f.row, (int64_t)i + 1);
        assert_int_equal(f.rev_to, v->rev_to);
        assert_int_equal(f.valid_to, v->valid_to_rev != 0 ? v->to : GT_DATE_NONE);
    }
    assert_ok(ctx, gt_scan_next(ctx, scan, &f, &more));
    assert_false(more);
    gt_scan_close(scan);
}

static void compare_figures(gt_ctx *ctx, gt_store *store, const model *m)
{
    gt_layer_info info;
    gt_box box = {1, 1, 0, 0};
    int64_t n = 0;
    double area = 0;
    for (size_t i = 0; i < m->count; i++) {
        const version *v = &m->v[i];
        if (in_force(v)) {
            area += (v->box.xmax - v->box.xmin) * (v->box.ymax - v->box.ymin);
            box = n++ == 0 ? v->box
                           : (gt_box){fmin(box.xmin, v->box.xmin), fmin(box.ymin, v->box.ymin),
                                      fmax(box.xmax, v->box.xmax), fmax(box.ymax, v->box.ymax)};
        }
    }
    assert_ok(ctx, gt_store_find_layer(ctx, store, "parcels", &info));
    assert_int_equal(info.n_features, n);
    assert_near(info.area_m2, area, 0); /* whole numbers: no tolerance */
    assert_memory_equal(&info.box, &box, sizeof box);
}

/* ---- random changes -------------------------------------------------------------------------- */

static gt_date random_date(test_rng *rng)
{
    uint64_t d = test_rng_next(rng) % (DAYS + 1);
    return d == DAYS ? GT_DATE_NONE : DAY0 + (gt_date)d * 100;
}

static gt_box random_box(test_rng *rng)
{
    double x = (double)(test_rng_next(rng) % 100000), y = (double)(test_rng_next(rng) % 100000);
    return world_box(x, y, 1 + (double)(test_rng_next(rng) % 500));
}

static void add_version(model *m, int id, int64_t n, gt_date from, gt_box box)
{
    assert_true(m->count < MAX_VERSIONS);
    m->v[m->count++] =
        (version){.id = id, .n = n, .rev = m->revision, .from = from, .box = box, .to = 0};
    m->changed[id] = true;
}

static void random_put(gt_ctx *ctx, gt_commit *c, model *m, test_rng *rng)
{
    int id = (int)(test_rng_next(rng) % IDS);
    int64_t n = (int64_t)(test_rng_next(rng) % 1000);
    gt_date from = random_date(rng);
    gt_box box = random_box(rng);
    char name[32];
    (void)snprintf(name, sizeof name, "f%d", id);
    gt_status st = world_put_box(ctx, c, "parcels", name, box, n, from);
    version *old = present(m, id);
    if (m->changed[id]) {
        assert_fails(ctx, st, GT_E_CONFLICT, "store.put-twice");
    } else if (old == NULL) {
        assert_ok(ctx, st);
        add_version(m, id, n, from, box);
    } else if (end_version(m, old, from)) {
        assert_ok(ctx, st);
        add_version(m, id, n, from == GT_DATE_NONE ? old->from : from, box);
    } else {
        assert_fails(ctx, st, GT_E_CONFLICT, "store.valid-before");
    }
}

static void random_delete(gt_ctx *ctx, gt_commit *c, model *m, test_rng *rng)
{
    int id = (int)(test_rng_next(rng) % IDS);
    gt_date to = random_date(rng);
    char name[32];
    (void)snprintf(name, sizeof name, "f%d", id);
    gt_status st = gt_commit_delete(ctx, c, "parcels", name, to);
    version *old = present(m, id);
    if (old == NULL) {
        assert_fails(ctx, st, GT_E_NOT_FOUND, "store.no-feature");
    } else if (m->changed[id]) {
        assert_fails(ctx, st, GT_E_CONFLICT, "store.put-twice");
    } else if (end_version(m, old, to)) {
        assert_ok(ctx, st);
        m->changed[id] = true;
    } else {
        assert_fails(ctx, st, GT_E_CONFLICT, "store.valid-before");
    }
}

/* A survey in which about half of the features come again as they are. false: refused. */
static bool random_survey(gt_ctx *ctx, gt_commit *c, model *m, test_rng *rng)
{
    gt_date date = test_rng_next(rng) % 4 == 0 ? GT_DATE_NONE : DAY0 + DAYS * 100;
    size_t before = m->count;
    bool kept[MAX_VERSIONS] = {false};
    assert_ok(ctx, gt_commit_replace_layer(ctx, c, "parcels", date));
    for (int id = 0; id < IDS; id++) {
        version *old = present(m, id);
        char name[32];
        (void)snprintf(name, sizeof name, "f%d", id);
        uint64_t what = test_rng_next(rng) % 4;
        if (what == 0) {
            continue;
        }
        if (what < 3 && old != NULL) {
            assert_ok(ctx, world_put_box(ctx, c, "parcels", name, old->box, old->n, GT_DATE_NONE));
            kept[old - m->v] = true;
            continue;
        }
        gt_box box = random_box(rng);
        int64_t n = 1000 + (int64_t)(test_rng_next(rng) % 1000);
        assert_ok(ctx, world_put_box(ctx, c, "parcels", name, box, n, GT_DATE_NONE));
        gt_date from = date;
        if (old != NULL) {
            from = date == GT_DATE_NONE ? old->from : date;
            assert_true(end_version(m, old, date));
        }
        add_version(m, id, n, from, box);
    }
    for (size_t i = 0; i < before; i++) {
        if (in_force(&m->v[i]) && !kept[i]) {
            assert_true(end_version(m, &m->v[i], date));
        }
    }
    return true;
}

static void random_revision(gt_ctx *ctx, gt_store *store, model *m, test_rng *rng)
{
    static model saved; /* too big for the stack of a test */
    saved = *m;
    gt_commit *c = world_begin(ctx, store);
    m->revision++;
    memset(m->changed, 0, sizeof m->changed);
    uint64_t kind = test_rng_next(rng) % 6;
    if (kind == 0) {
        (void)random_survey(ctx, c, m, rng);
    } else {
        uint64_t changes = test_rng_next(rng) % 12;
        for (uint64_t i = 0; i < changes; i++) {
            if (test_rng_next(rng) % 4 == 0) {
                random_delete(ctx, c, m, rng);
            } else {
                random_put(ctx, c, m, rng);
            }
        }
    }
    if (test_rng_next(rng) % 5 == 0) { /* thought better of it */
        gt_commit_abort(c);
        *m = saved;
    } else {
        assert_int_equal(world_finish(ctx, c), m->revision);
    }
}

static void every_time_reads_as_the_model(uint64_t seed)
{
    static model m;
    test_rng rng;
    memset(&m, 0, sizeof m);
    test_rng_seed(&rng, seed);
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_store *store = world_new(ctx, dir);
    gt_standard s = world_standard("parcels");
    gt_commit *c = world_begin(ctx, store);
    assert_ok(ctx, gt_commit_define_layer(ctx, c, &s, GT_ORIGIN_SURVEY));
    m.revision = world_finish(ctx, c);
    while (m.revision < MAX_REVISIONS / 2) {
        random_revision(ctx, store, &m, &rng);
        compare(ctx, store, &m, 0, GT_DATE_NONE, NULL);
        compare_figures(ctx, store, &m);
        if (test_rng_next(&rng) % 4 == 0) {
            gt_store_close(store);
            store = world_open(ctx, dir);
        }
    }
    gt_box box = world_box(20000, 20000, 50000);
    compare_versions(ctx, store, &m, -1);
    for (int64_t rev = 0; rev <= m.revision; rev++) {
        if (rev > 0) {
            compare_versions(ctx, store, &m, rev);
        }
        for (int day = -1; day <= DAYS; day++) {
            gt_date date = day < 0 ? GT_DATE_NONE : DAY0 + day * 100 - day % 2;
            compare(ctx, store, &m, rev, date, NULL);
            compare(ctx, store, &m, rev, date, &box);
        }
    }
    assert_ok(ctx, gt_store_verify(ctx, store));
    gt_store_close(store);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

static void random_histories(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        print_message("seed %d\n", (int)seed);
        every_time_reads_as_the_model(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_histories)};
    return cmocka_run_group_tests_name("store.model", tests, NULL, NULL);
}
