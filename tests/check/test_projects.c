/* Parts of projects in bulk checks: judged with the parts that come with them and those decided
 * before, as a single check judges the last of them when all others are decided. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/check.h"
#include "guotu/notes.h"
#include "support/store.h"

#define X0 500000.0
#define Y0 4430000.0

enum { PARTS = 72, PROJECTS = 12, BEFORE = 6 };

typedef struct part {
    gt_geom geom;
    char name[16], project[16];
    bool bowtie;
    /* what the bulk check said */
    bool seen, refused;
    gt_result result[2];
    size_t n_together[2];
    double together_m2[2], farmland_m2;
    char said[2][64];
} part;

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
    gt_checker *checker;
    test_rng rng;
    part parts[PARTS];
    size_t at;
} town;

static double between(town *t, double lo, double hi)
{
    return lo + (hi - lo) * test_rng_real(&t->rng);
}

static void box_geom(town *t, gt_geom *g, double x, double y, double w, double h, bool bowtie)
{
    const double xy[5][2] = {
        {x, y}, {x + w, bowtie ? y + h : y}, {x + w, bowtie ? y : y + h}, {x, y + h}, {x, y}};
    gt_geom_reset(g, GT_POLYGON);
    for (int i = 0; i < 5; i++) {
        assert_ok(t->ctx, gt_geom_add_point(t->ctx, g, X0 + floor(xy[i][0] * 1000 + 0.5) / 1000,
                                            Y0 + floor(xy[i][1] * 1000 + 0.5) / 1000));
    }
    assert_ok(t->ctx, gt_geom_end_ring(t->ctx, g));
    assert_ok(t->ctx, gt_geom_end_part(t->ctx, g));
}

static void add(town *t, gt_commit *c, const char *layer, const char *id, const gt_geom *g)
{
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    const gt_value value = {.kind = GT_VAL_TEXT, .text = "区", .len = strlen("区")};
    const gt_value grade = {.kind = GT_VAL_INT, .integer = 3};
    assert_ok(t->ctx, gt_geom_to_gpkg(t->ctx, g, 4548, &blob, &cap, &len));
    gt_feature f = {.id = id,
                    .valid_from = gt_date_from_ymd(2022, 1, 1),
                    .valid_to = GT_DATE_NONE,
                    .blob = blob,
                    .blob_len = len,
                    .box = gt_geom_box(g),
                    .values = strcmp(layer, "districts") == 0 ? &value : &grade,
                    .n_values = 1};
    assert_ok(t->ctx, gt_commit_put(t->ctx, c, layer, &f, (double)NAN));
    gt_free(t->ctx, blob);
}

/* One district of 6 x 6 km and 40 fields in it. */
static void fill(town *t)
{
    gt_commit *c = NULL;
    gt_commit_info info = {.author = "test", .message = "town", .expect_revision = -1};
    int64_t revision = 0;
    gt_geom g;
    gt_geom_init(&g);
    assert_ok(t->ctx, gt_commit_begin(t->ctx, t->store, &info, &c));
    for (size_t i = 0; i < gt_package_n_layers(t->package); i++) {
        assert_ok(t->ctx, gt_commit_define_layer(t->ctx, c, gt_package_layer(t->package, i),
                                                 GT_ORIGIN_SURVEY));
    }
    box_geom(t, &g, 0, 0, 6000, 6000, false);
    add(t, c, "districts", "all", &g);
    for (int i = 0; i < 40; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "f%d", i);
        box_geom(t, &g, (double)(i % 8 * 700) + 50, (double)(i - i % 8) * 137.5 + 50,
                 between(t, 100, 600), between(t, 100, 900), false);
        add(t, c, "basic_farmland", id, &g);
    }
    assert_ok(t->ctx, gt_commit_finish(t->ctx, c, &revision));
    gt_geom_free(t->ctx, &g);
}

/* Parts of 0.2 to 4 ha, some over each other, most near the others of their project; some of no
 * project, some without a name, one that crosses itself. */
static void make_parts(town *t)
{
    for (size_t i = 0; i < PARTS; i++) {
        part *p = &t->parts[i];
        size_t project = i % (PROJECTS + 1);
        gt_geom_init(&p->geom);
        p->bowtie = i == 17;
        (void)snprintf(p->name, sizeof p->name, i % 19 == 5 ? "" : "n%zu", i);
        if (project < PROJECTS) {
            (void)snprintf(p->project, sizeof p->project, "P%zu", project);
        }
        double x = 300 + 400 * (double)project + between(t, 0, 500);
        double y =
            i % 9 == 0 ? between(t, 0, 5500) : 400 * (double)(project % 7) + between(t, 0, 900);
        box_geom(t, &p->geom, x, y, between(t, 40, 200), between(t, 50, 200), p->bowtie);
    }
}

static int setup(void **state)
{
    town *t = calloc(1, sizeof *t);
    t->ctx = test_ctx();
    t->dir = test_dir();
    test_rng_seed(&t->rng, 5);
    test_store_open(t->ctx, t->dir, "tests/check/package", &t->package, &t->store);
    fill(t);
    assert_ok(t->ctx, gt_checker_new(t->ctx, t->store, t->package, &t->checker));
    make_parts(t);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    town *t = *state;
    for (size_t i = 0; i < PARTS; i++) {
        gt_geom_free(t->ctx, &t->parts[i].geom);
    }
    gt_checker_free(t->checker);
    test_store_shut(t->ctx, t->dir, t->package, t->store);
    free(t);
    return 0;
}

/* ---- single checks -------------------------------------------------------------------------- */

static gt_verdict *check(town *t, const gt_geom *g, const char *project, const char *name)
{
    gt_verdict *v = NULL;
    const gt_subject s = {
        .kind = "piece", .name = name, .geom = g, .project = *project == '\0' ? NULL : project};
    assert_ok(t->ctx, gt_checker_run(t->ctx, t->checker, &s, NULL, &v));
    return v;
}

/* Lets it through, whatever the verdict, or refuses it. */
static void decide(town *t, const gt_geom *g, const char *project, const char *name, bool refuse)
{
    char id[GT_DECISION_ID];
    int64_t revision = 0;
    gt_verdict *v = check(t, g, project, name);
    gt_decision d = {.kind = refuse                            ? GT_DECIDE_REFUSE
                             : gt_verdict_result(v) == GT_PASS ? GT_DECIDE_ACCEPT
                                                               : GT_DECIDE_OVERRIDE,
                     .actor = "a",
                     .role = "approver",
                     .may_override = true,
                     .reason = "r"};
    assert_ok(t->ctx, gt_verdict_decide(t->ctx, t->store, v, &d, &revision, id));
    gt_verdict_free(v);
}

/* ---- the bulk check ------------------------------------------------------------------------- */

static const char *const rules[2] = {"piece-size", "piece-farmland"};

static const gt_finding *find(const gt_verdict *v, const char *rule)
{
    for (size_t i = 0; i < gt_verdict_n_findings(v); i++) {
        if (strcmp(gt_verdict_finding(v, i)->rule->id, rule) == 0) {
            return gt_verdict_finding(v, i);
        }
    }
    return NULL;
}

static gt_status next(gt_ctx *ctx, void *user, gt_subject *s, bool *more)
{
    town *t = user;
    (void)ctx;
    *more = t->at < PARTS;
    if (*more) {
        const part *p = &t->parts[t->at++];
        s->geom = &p->geom;
        s->name = p->name;
        s->project = p->project;
    }
    return GT_OK;
}

static gt_status found(gt_ctx *ctx, void *user, size_t number, const gt_verdict *v)
{
    town *t = user;
    part *p = &t->parts[number];
    (void)ctx;
    assert_false(p->seen);
    p->seen = true;
    p->refused = v == NULL;
    for (int r = 0; r < 2 && v != NULL; r++) {
        const gt_finding *f = find(v, rules[r]);
        assert_non_null(f); /* every finding is listed */
        p->result[r] = f->result;
        p->n_together[r] = f->n_together;
        p->together_m2[r] = f->together_m2;
        p->farmland_m2 = r == 1 ? f->measured[0]->m2 : 0;
        (void)snprintf(p->said[r], sizeof p->said[r], "%s", f->said[GT_LANG_EN]);
    }
    if (v != NULL) {
        assert_string_equal(gt_verdict_project(v), p->project);
    }
    return GT_OK;
}

static void run(town *t, const gt_bulk_options *o)
{
    gt_bulk_facts facts;
    t->at = 0;
    for (size_t i = 0; i < PARTS; i++) {
        t->parts[i].seen = false;
    }
    assert_ok(t->ctx, gt_check_bulk(t->ctx, t->store, t->package, "piece", o,
                                    &(gt_bulk_calls){next, found, t}, &facts));
    assert_int_equal(facts.n_subjects, PARTS);
    assert_int_equal(facts.n_refused, 1);
    for (size_t i = 0; i < PARTS; i++) {
        assert_true(t->parts[i].seen);
        assert_int_equal(t->parts[i].refused, t->parts[i].bowtie);
    }
}

static void same(const part *p, const gt_verdict *v)
{
    for (int r = 0; r < 2; r++) {
        const gt_finding *f = find(v, rules[r]);
        assert_int_equal(p->result[r], f->result);
        assert_int_equal(p->n_together[r], f->n_together);
        assert_near(p->together_m2[r], f->together_m2, 1e-5);
        assert_string_equal(p->said[r], f->said[GT_LANG_EN]);
    }
    assert_near(p->farmland_m2, find(v, rules[1])->measured[0]->m2, 1e-5);
}

/* Blocks, batches and order change nothing. */
static void the_file_is_judged_as_a_whole(void **state)
{
    town *t = *state;
    gt_geom g;
    gt_bulk_options o;
    gt_geom_init(&g);
    gt_bulk_options_init(&o);
    o.list_passes = true;
    /* decided before: of projects in the file, of another one, refused, and one that comes again */
    for (int i = 0; i < BEFORE; i++) {
        char project[16], name[16];
        (void)snprintf(project, sizeof project, "P%d", i == 5 ? 99 : i);
        (void)snprintf(name, sizeof name, i == 4 ? "n4" : "before%d", i);
        box_geom(t, &g, 500 + 300 * i, 3000, 120, 130, false);
        decide(t, &g, project, name, i == 3);
    }
    gt_geom_free(t->ctx, &g);
    run(t, &o);
    part *first = malloc(sizeof t->parts);
    memcpy(first, t->parts, sizeof t->parts);
    size_t fails = 0, joined = 0, alone = 0;
    for (size_t i = 0; i < PARTS; i++) {
        const part *p = &t->parts[i];
        fails += !p->refused && (p->result[0] == GT_FAIL || p->result[1] == GT_FAIL);
        joined += p->n_together[0] > 0;
        alone += !p->refused && p->n_together[0] == 0;
    }
    assert_true(fails > 5 && joined > 50);
    assert_int_equal(alone, 5); /* those of no project */
    for (int how = 0; how < 3; how++) {
        o.block = how == 0 ? 1 : 0;
        o.most_bytes = how == 1 ? 2000 : 0;
        o.most_points = how == 2 ? 16 : 0;
        run(t, &o);
        for (size_t i = 0; i < PARTS; i++) {
            part *a = &first[i], *b = &t->parts[i];
            assert_true(b->refused || memcmp(a->result, b->result, sizeof a->result) == 0);
            assert_true(a->together_m2[0] == b->together_m2[0]);
            assert_true(a->together_m2[1] == b->together_m2[1]);
            assert_true(memcmp(a->said, b->said, sizeof a->said) == 0);
        }
    }
    free(first);
    /* the same as one by one, once all others are decided; nameless parts count twice then */
    for (size_t i = 0; i < PARTS; i++) {
        const part *p = &t->parts[i];
        if (!p->bowtie && *p->project != '\0') {
            decide(t, &p->geom, p->project, *p->name == '\0' ? "nameless" : p->name, false);
        }
    }
    for (size_t i = 0; i < PARTS; i++) {
        const part *p = &t->parts[i];
        if (!p->bowtie) {
            gt_verdict *v = check(t, &p->geom, p->project, *p->name == '\0' ? "nameless" : p->name);
            same(p, v);
            gt_verdict_free(v);
        }
    }
    /* and again with all of them decided: what comes again is not counted twice */
    o.most_points = 0;
    for (size_t i = 0; i < PARTS; i++) {
        if (*t->parts[i].name == '\0') {
            (void)snprintf(t->parts[i].name, sizeof t->parts[i].name, "nameless");
        }
    }
    run(t, &o);
    for (size_t i = 0; i < PARTS; i++) {
        const part *p = &t->parts[i];
        if (!p->bowtie) {
            gt_verdict *v = check(t, &p->geom, p->project, p->name);
            same(p, v);
            gt_verdict_free(v);
        }
    }
}

static gt_status full(gt_ctx *ctx, void *user, size_t number, const gt_verdict *v)
{
    (void)user;
    (void)number;
    (void)v;
    return gt_fail_errno(ctx, 28, "write", "findings");
}

/* Whatever stops the run, nothing is lost: the teardown counts the memory. */
static void a_stopped_run_leaves_nothing(void **state)
{
    town *t = *state;
    t->at = 0;
    assert_fails(t->ctx,
                 gt_check_bulk(t->ctx, t->store, t->package, "piece", NULL,
                               &(gt_bulk_calls){next, full, t}, NULL),
                 GT_E_ENV, NULL);
    t->at = 0;
    gt_cancel(t->ctx);
    assert_fails(t->ctx,
                 gt_check_bulk(t->ctx, t->store, t->package, "piece", NULL,
                               &(gt_bulk_calls){next, found, t}, NULL),
                 GT_E_CANCELLED, "base.cancelled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_is_judged_as_a_whole),
        cmocka_unit_test(a_stopped_run_leaves_nothing), /* last: the context stays cancelled */
    };
    return cmocka_run_group_tests_name("projects", tests, setup, teardown);
}
