/* Bulk checks answer as single checks do: random land under all layers of a package, random
 * subjects of all kinds with random facts, every verdict compared word for word. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/bulk_area.h"
#include "guotu/arena.h"
#include "guotu/check.h"
#include "guotu/geos.h"
#include "guotu/notes.h"
#include "support/support.h"

#define X0   500000.0
#define Y0   4430000.0
#define SIDE 3000.0

typedef struct land {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_store *store;
    gt_checker *checker;
    gt_arena *arena;
    test_rng rng;
    double at; /* origin of the land */
} land;

static double between(land *l, double lo, double hi)
{
    return lo + (hi - lo) * test_rng_real(&l->rng);
}

static size_t below(land *l, size_t n)
{
    return (size_t)(test_rng_next(&l->rng) % n);
}

static double mm(double v)
{
    return floor(v * 1000 + 0.5) / 1000;
}

/* ---- shapes -------------------------------------------------------------------------------------
 */

static void point(land *l, gt_geom *g, double x, double y)
{
    assert_ok(l->ctx, gt_geom_add_point(l->ctx, g, mm(x), mm(y)));
}

/* A star of n corners about (x, y): never crosses itself. */
static void star(land *l, gt_geom *g, double x, double y, double r, size_t n)
{
    double turn = between(l, 0, 6), fx = 0, fy = 0;
    for (size_t i = 0; i < n; i++) {
        double a = turn + 6.283185307179586 * (double)i / (double)n, d = r * between(l, 0.6, 1.2);
        double px = mm(x + d * cos(a)), py = mm(y + d * sin(a));
        fx = i == 0 ? px : fx;
        fy = i == 0 ? py : fy;
        point(l, g, px, py);
    }
    point(l, g, fx, fy);
    assert_ok(l->ctx, gt_geom_end_ring(l->ctx, g));
}

static void blob(land *l, gt_geom *g, double r, size_t corners, bool hole)
{
    double x = l->at + X0 + between(l, 0, SIDE), y = Y0 + between(l, 0, SIDE);
    gt_geom_reset(g, GT_MULTIPOLYGON);
    star(l, g, x, y, r, corners);
    if (hole) {
        star(l, g, x, y, r * 0.4, 7);
    }
    assert_ok(l->ctx, gt_geom_end_part(l->ctx, g));
}

/* Tile (i, k) of n x n with bent shared corners: a coverage. */
static double bend(size_t i, size_t k, size_t n, int axis)
{
    uint64_t z = (i * 73856093u) ^ (k * 19349663u) ^ (uint64_t)axis * 83492791u;
    z = (z ^ (z >> 7)) * 0x9E3779B97F4A7C15ULL;
    bool rim = axis == 0 ? i == 0 || i == n : k == 0 || k == n;
    return rim ? 0 : ((double)(z >> 40) / 16777216.0 - 0.5) * 0.5 * SIDE / (double)n;
}

static void tile(land *l, gt_geom *g, size_t i, size_t k, size_t n)
{
    static const size_t corner[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
    gt_geom_reset(g, GT_MULTIPOLYGON);
    for (size_t c = 0; c < 5; c++) {
        size_t u = i + corner[c][0], v = k + corner[c][1];
        point(l, g, l->at + X0 + SIDE * (double)u / (double)n + bend(u, v, n, 0),
              Y0 + SIDE * (double)v / (double)n + bend(u, v, n, 1));
    }
    assert_ok(l->ctx, gt_geom_end_ring(l->ctx, g));
    assert_ok(l->ctx, gt_geom_end_part(l->ctx, g));
}

/* ---- the land ---------------------------------------------------------------------------------
 */

static gt_value random_value(land *l, const gt_field *f, bool may_lack)
{
    static const char *const dates[] = {"2012-05-01", "2019-12-31", "2024-03-01", "2031-06-30"};
    gt_value v = {.kind = GT_NULL};
    if (may_lack && !f->required && below(l, 8) == 0) {
        return v;
    }
    switch (f->type) {
    case GT_FIELD_TEXT:
        v.kind = GT_VAL_TEXT;
        v.text = f->codes != NULL ? f->codes->codes[below(l, f->codes->n_codes)].code : "x";
        v.len = strlen(v.text);
        break;
    case GT_FIELD_DATE:
        v.kind = GT_VAL_TEXT;
        v.text = dates[below(l, 4)];
        v.len = strlen(v.text);
        break;
    case GT_FIELD_INT:
    case GT_FIELD_BOOL:
        v.kind = GT_VAL_INT;
        v.integer = f->type == GT_FIELD_BOOL
                        ? (int64_t)below(l, 2)
                        : (int64_t)between(l, f->has_min ? f->min : 0, f->has_max ? f->max : 9);
        break;
    case GT_FIELD_REAL:
        v.kind = GT_VAL_REAL;
        v.real = between(l, f->has_min ? f->min : 0, f->has_max ? f->max : 100);
        break;
    }
    return v;
}

static void put(land *l, gt_commit *c, const gt_standard *s, size_t number, const gt_geom *g)
{
    gt_value values[128];
    char id[48], unique[48];
    uint8_t *blob_bytes = NULL;
    size_t cap = 0, len = 0;
    (void)snprintf(id, sizeof id, "%s-%zu", s->id, number);
    assert_true(s->n_fields <= 128);
    for (size_t i = 0; i < s->n_fields; i++) {
        const gt_field *f = &s->fields[i];
        values[i] = random_value(l, f, true);
        bool key = f->unique || (s->id_field != NULL && strcmp(s->id_field, f->name) == 0);
        if (key && f->type == GT_FIELD_TEXT) {
            (void)snprintf(unique, sizeof unique, "k%zu", number);
            values[i] = (gt_value){.kind = GT_VAL_TEXT, .text = unique, .len = strlen(unique)};
            (void)snprintf(id, sizeof id, "%s", unique);
        } else if (key) {
            values[i] = (gt_value){.kind = GT_VAL_INT, .integer = (int64_t)number};
        }
    }
    assert_ok(l->ctx,
              gt_geom_to_gpkg(l->ctx, g, gt_store_srs_id(l->store), &blob_bytes, &cap, &len));
    gt_feature f = {.id = id,
                    .valid_from = gt_date_from_ymd(2022, 1, 1),
                    .valid_to = GT_DATE_NONE,
                    .blob = blob_bytes,
                    .blob_len = len,
                    .box = gt_geom_box(g),
                    .values = values,
                    .n_values = s->n_fields};
    assert_ok(l->ctx, gt_commit_put(l->ctx, c, s->id, &f, (double)NAN));
    gt_free(l->ctx, blob_bytes);
}

static void line(land *l, gt_geom *g)
{
    double x = l->at + X0 + between(l, 0, SIDE), y = Y0 + between(l, 0, SIDE);
    gt_geom_reset(g, GT_LINESTRING);
    for (size_t i = 0; i < 6; i++) {
        point(l, g, x, y);
        x += between(l, -300, 300);
        y += between(l, -300, 300);
    }
    assert_ok(l->ctx, gt_geom_end_ring(l->ctx, g));
}

static void fill_layer(land *l, gt_commit *c, const gt_standard *s, size_t which)
{
    gt_geom g;
    gt_geom_init(&g);
    bool unit = strcmp(s->id, gt_package_unit_layer(l->package)) == 0;
    bool areas = s->geom_type == GT_POLYGON || s->geom_type == GT_MULTIPOLYGON;
    size_t number = 0;
    if (unit || (areas && which % 3 == 0)) {
        size_t n = unit ? 2 : 9;
        for (size_t i = 0; i < n * n; i++) {
            tile(l, &g, i % n, i / n, n);
            put(l, c, s, number++, &g);
        }
    } else if (areas) {
        for (size_t i = 0; i < 12; i++) {
            blob(l, &g, between(l, 40, 500), 5 + below(l, 40), i % 3 == 0);
            put(l, c, s, number++, &g);
        }
        blob(l, &g, 900, 700, true); /* a ring of several spans */
        put(l, c, s, number++, &g);
    } else if (s->geom_type == GT_POINT || s->geom_type == GT_MULTIPOINT) {
        for (size_t i = 0; i < 20; i++) {
            gt_geom_reset(&g, GT_POINT);
            point(l, &g, l->at + X0 + between(l, 0, SIDE), Y0 + between(l, 0, SIDE));
            put(l, c, s, number++, &g);
        }
    } else {
        for (size_t i = 0; i < 8; i++) {
            line(l, &g);
            put(l, c, s, number++, &g);
        }
    }
    gt_geom_free(l->ctx, &g);
}

static land *make_land(const char *package, uint64_t seed)
{
    land *l = calloc(1, sizeof *l);
    gt_notes *notes = NULL;
    gt_store_options o;
    gt_commit *c = NULL;
    gt_commit_info info = {.author = "test", .message = "land", .expect_revision = -1};
    int64_t revision = 0;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", GT_SOURCE_DIR, package);
    l->ctx = test_ctx();
    l->dir = test_dir();
    test_rng_seed(&l->rng, seed);
    assert_ok(l->ctx, gt_notes_new(l->ctx, 0, &notes));
    assert_ok(l->ctx, gt_package_read(l->ctx, path, notes, &l->package));
    gt_notes_free(notes);
    gt_store_options_init(&o);
    o.crs = gt_package_crs(l->package);
    o.title = gt_package_title(l->package);
    assert_ok(l->ctx, gt_store_create(l->ctx, test_path(l->dir, "w"), &o, &l->store));
    assert_ok(l->ctx, gt_commit_begin(l->ctx, l->store, &info, &c));
    for (size_t i = 0; i < gt_package_n_layers(l->package); i++) {
        const gt_standard *s = gt_package_layer(l->package, i);
        bool unit = strcmp(s->id, gt_package_unit_layer(l->package)) == 0;
        assert_ok(l->ctx, gt_commit_define_layer(l->ctx, c, s, GT_ORIGIN_GENERATED));
        if (unit || i % 11 != 5) { /* some layers hold nothing */
            fill_layer(l, c, s, i);
        }
    }
    assert_ok(l->ctx, gt_commit_finish(l->ctx, c, &revision));
    assert_ok(l->ctx, gt_checker_new(l->ctx, l->store, l->package, &l->checker));
    assert_ok(l->ctx, gt_arena_new(l->ctx, 0, &l->arena));
    return l;
}

static void drop_land(land *l)
{
    gt_arena_free(l->arena);
    gt_checker_free(l->checker);
    gt_store_close(l->store);
    gt_package_free(l->package);
    assert_int_equal(gt_ctx_memory_used(l->ctx), 0);
    gt_ctx_free(l->ctx);
    test_dir_remove(l->dir);
    free(l);
}

/* ---- subjects ---------------------------------------------------------------------------------
 */

enum { MOST_FACTS = 96 };

typedef struct subjects {
    land *l;
    const gt_subject_kind *kind;
    size_t n, at;
    gt_geom *geoms;
    gt_fact (*facts)[MOST_FACTS];
    size_t *n_facts;
    size_t n_same, n_refused;
    size_t by_result[3];
    bool list_passes, stop;
    gt_check_options check;
} subjects;

static void box_subject(land *l, gt_geom *g, double x, double y, double w, double h)
{
    gt_geom_reset(g, GT_POLYGON);
    point(l, g, x, y);
    point(l, g, x + w, y);
    point(l, g, x + w, y + h);
    point(l, g, x, y + h);
    point(l, g, x, y);
    assert_ok(l->ctx, gt_geom_end_ring(l->ctx, g));
    assert_ok(l->ctx, gt_geom_end_part(l->ctx, g));
}

/* Parcels of 0.1 to 5 ha, and what is hard: a tile of a layer, a sliver, a square metre, land
 * without a unit, a bow-tie, two parts, a hole. */
static void random_subject(land *l, gt_geom *g, size_t which)
{
    double x = l->at + X0 + between(l, 0, SIDE), y = Y0 + between(l, 0, SIDE);
    switch (which % 16) {
    case 0:
        tile(l, g, below(l, 9), below(l, 9), 9);
        break;
    case 1:
        box_subject(l, g, l->at + X0 + SIDE / 9 * (double)below(l, 9), y, 200, 0.004);
        break;
    case 2:
        box_subject(l, g, x, y, 1, 1);
        break;
    case 3:
        box_subject(l, g, l->at + X0 - 5000 - x / 1e3, y, 100, 100);
        break;
    case 4:
        gt_geom_reset(g, GT_POLYGON);
        point(l, g, x, y);
        point(l, g, x + 100, y + 100);
        point(l, g, x + 100, y);
        point(l, g, x, y + 100);
        point(l, g, x, y);
        assert_ok(l->ctx, gt_geom_end_ring(l->ctx, g));
        assert_ok(l->ctx, gt_geom_end_part(l->ctx, g));
        break;
    case 5:
        gt_geom_reset(g, GT_MULTIPOLYGON);
        star(l, g, x, y, 60, 6);
        assert_ok(l->ctx, gt_geom_end_part(l->ctx, g));
        star(l, g, x + 400, y, 60, 9);
        star(l, g, x + 400, y, 20, 5);
        assert_ok(l->ctx, gt_geom_end_part(l->ctx, g));
        break;
    case 6: /* half of a tile of the districts, on their border */
        box_subject(l, g, l->at + X0, Y0, 100, 100);
        break;
    default:
        gt_geom_reset(g, GT_POLYGON);
        star(l, g, x, y, between(l, 18, 125), 4 + below(l, 10));
        assert_ok(l->ctx, gt_geom_end_part(l->ctx, g));
    }
}

static void open_subjects(subjects *s, land *l, const char *kind, size_t n)
{
    memset(s, 0, sizeof *s);
    s->l = l;
    s->kind = gt_package_find_subject_kind(l->package, kind);
    s->n = n;
    s->geoms = calloc(n, sizeof *s->geoms);
    s->facts = calloc(n, sizeof *s->facts);
    s->n_facts = calloc(n, sizeof *s->n_facts);
    for (size_t i = 0; i < n; i++) {
        random_subject(l, &s->geoms[i], i);
        for (size_t k = 0; k < s->kind->n_fields; k++) {
            assert_true(k < MOST_FACTS);
            if (below(l, 3) > 0) {
                s->facts[i][s->n_facts[i]++] =
                    (gt_fact){s->kind->fields[k].name, random_value(l, &s->kind->fields[k], true)};
            }
        }
    }
}

static void close_subjects(subjects *s)
{
    for (size_t i = 0; i < s->n; i++) {
        gt_geom_free(s->l->ctx, &s->geoms[i]);
    }
    free(s->geoms);
    free(s->facts);
    free(s->n_facts);
}

static gt_subject subject_at(subjects *s, size_t i)
{
    return (gt_subject){.kind = s->kind->id,
                        .name = "one",
                        .geom = &s->geoms[i],
                        .facts = s->facts[i],
                        .n_facts = s->n_facts[i]};
}

static gt_status next(gt_ctx *ctx, void *user, gt_subject *out, bool *more)
{
    subjects *s = user;
    (void)ctx;
    *more = s->at < s->n;
    if (*more) {
        *out = subject_at(s, s->at++);
    }
    return GT_OK;
}

static bool listed(const subjects *s, const gt_finding *f)
{
    return s->list_passes || f->result != GT_PASS || f->exempt != NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void same_finding(const gt_finding *a, const gt_finding *b)
{
    assert_string_equal(a->rule->id, b->rule->id);
    if (a->result != b->result || !same_text(a->missing, b->missing)) {
        print_message("rule %s\n", a->rule->id);
    }
    assert_int_equal(a->result, b->result);
    assert_true(same_text(a->missing, b->missing));
    assert_ptr_equal(a->exempt, b->exempt);
    assert_true(same_text(a->said[0], b->said[0]) && same_text(a->said[1], b->said[1]));
    assert_true(same_text(a->comply[0], b->comply[0]) && same_text(a->comply[1], b->comply[1]));
    for (size_t i = 0; i < a->rule->n_measures; i++) {
        const gt_measured *p = a->measured[i], *q = b->measured[i];
        assert_int_equal(p->known, q->known);
        assert_int_equal(p->count, q->count);
        assert_int_equal(p->n_unknown, q->n_unknown);
        assert_int_equal(p->pieces, q->pieces);
        assert_near(p->m2, q->m2, 1e-9 + 1e-12 * p->m2);
        assert_near(p->length_m, q->length_m, 1e-9);
        assert_true((isnan(p->distance_m) && isnan(q->distance_m)) ||
                    p->distance_m == q->distance_m);
        assert_int_equal(p->overlap->n_points, q->overlap->n_points);
    }
}

static gt_status compare(gt_ctx *ctx, void *user, size_t number, const gt_verdict *bulk)
{
    subjects *s = user;
    gt_verdict *one = NULL;
    gt_subject subject = subject_at(s, number);
    gt_check_options o = s->check;
    size_t k = 0, held = 0;
    if (s->stop) {
        return GT_OK;
    }
    if (bulk == NULL) {
        char id[64];
        (void)snprintf(id, sizeof id, "%s", gt_error_id(ctx));
        gt_error_clear(ctx);
        assert_fails(ctx, gt_checker_run(ctx, s->l->checker, &subject, &o, &one), GT_E_INPUT, id);
        s->n_refused++;
        return GT_OK;
    }
    assert_ok(ctx, gt_checker_run(ctx, s->l->checker, &subject, &o, &one));
    assert_int_equal(gt_verdict_result(bulk), gt_verdict_result(one));
    assert_string_equal(gt_verdict_unit(bulk), gt_verdict_unit(one));
    assert_string_equal(gt_verdict_name(bulk), "one");
    assert_near(gt_verdict_area_m2(bulk), gt_verdict_area_m2(one), 0);
    for (size_t i = 0; i < gt_verdict_n_findings(one); i++) {
        const gt_finding *f = gt_verdict_finding(one, i);
        if (!listed(s, f)) {
            held++;
            continue;
        }
        if (k >= gt_verdict_n_findings(bulk)) {
            print_message("subject %zu: %s is missing\n", number, f->rule->id);
        }
        assert_true(k < gt_verdict_n_findings(bulk));
        same_finding(f, gt_verdict_finding(bulk, k++));
    }
    assert_int_equal(k, gt_verdict_n_findings(bulk));
    assert_int_equal(held, gt_verdict_n_unlisted(bulk));
    s->n_same++;
    s->by_result[gt_verdict_result(one)]++;
    gt_verdict_free(one);
    return GT_OK;
}

static void run_all(land *l, size_t n, const gt_bulk_options *o, uint64_t *settled)
{
    for (size_t k = 0; k < gt_package_n_subject_kinds(l->package); k++) {
        subjects s;
        gt_bulk_facts facts;
        const char *kind = gt_package_subject_kind(l->package, k)->id;
        open_subjects(&s, l, kind, n);
        s.list_passes = o->list_passes;
        s.check = o->check;
        assert_ok(l->ctx, gt_check_bulk(l->ctx, l->store, l->package, kind, o,
                                        &(gt_bulk_calls){next, compare, &s}, &facts));
        assert_int_equal(s.n_same + s.n_refused, n);
        assert_int_equal(facts.n_subjects, n);
        assert_int_equal(facts.n_refused, s.n_refused);
        for (size_t r = 0; r < 3; r++) {
            assert_int_equal(facts.by_result[r], s.by_result[r]);
        }
        *settled += facts.n_settled;
        print_message("%s: %zu same (%zu/%zu/%zu), %zu refused, %llu settled, %llu tried\n", kind,
                      s.n_same, s.by_result[0], s.by_result[1], s.by_result[2], s.n_refused,
                      (unsigned long long)facts.n_settled, (unsigned long long)facts.n_tried);
        close_subjects(&s);
    }
}

static void package_alike(const char *package, double at, size_t n)
{
    land *l = make_land(package, 7);
    gt_bulk_options o;
    uint64_t settled = 0;
    l->at = at;
    gt_bulk_options_init(&o);
    run_all(l, n, &o, &settled);
    assert_true(settled > n); /* the quick way is taken, not only the long one */
    drop_land(l);
}

static void beijing_alike(void **state)
{
    (void)state;
    package_alike("plans/beijing", 0, 96);
}

static void liechtenstein_alike(void **state)
{
    (void)state;
    package_alike("plans/liechtenstein", 0, 160);
}

static bool every_other(void *user, const char *layer)
{
    (void)user;
    return strlen(layer) % 2 == 0;
}

/* What is hidden from one subject is hidden from many. */
static void hidden_alike(void **state)
{
    land *l = make_land("plans/beijing", 7);
    gt_bulk_options o;
    uint64_t settled = 0;
    (void)state;
    gt_bulk_options_init(&o);
    o.check.may_see = every_other;
    run_all(l, 48, &o, &settled);
    drop_land(l);
}

/* Small blocks, small reads and small batches change nothing; nor does listing what holds. */
static void cut_small_alike(void **state)
{
    (void)state;
    land *l = make_land("plans/beijing", 8);
    gt_bulk_options o;
    uint64_t settled = 0;
    gt_bulk_options_init(&o);
    o.block = 3;
    run_all(l, 32, &o, &settled);
    o.block = 0;
    o.most_points = 200;
    run_all(l, 32, &o, &settled);
    o.most_points = 0;
    o.most_bytes = 3000;
    run_all(l, 32, &o, &settled);
    assert_true(settled > 0);
    o.list_passes = true;
    settled = 0;
    run_all(l, 32, &o, &settled);
    assert_int_equal(settled, 0);
    drop_land(l);
}

/* ---- areas of edge pairs ------------------------------------------------------------------------
 */

/* Against GEOS, with long rings and holes; and no relation claims more than is true. */
static void cuts_equal_geos(void **state)
{
    (void)state;
    land l = {.ctx = test_ctx()};
    gt_geos *geos = NULL;
    gt_cutter cutter;
    gt_geom s, f, cut;
    size_t seen[3] = {0};
    memset(&cutter, 0, sizeof cutter);
    gt_geom_init(&s);
    gt_geom_init(&f);
    gt_geom_init(&cut);
    test_rng_seed(&l.rng, 11);
    assert_ok(l.ctx, gt_geos_new(l.ctx, &geos));
    for (int round = 0; round < 1500; round++) {
        int8_t sign[4];
        size_t spans[4], n_boxes = 0;
        gt_box boxes[256];
        gt_cut found;
        gt_geom_reset(&s, GT_POLYGON);
        star(&l, &s, X0 + 500, Y0 + 500, between(&l, 5, 100), 3 + below(&l, 12));
        assert_ok(l.ctx, gt_geom_end_part(l.ctx, &s));
        gt_geom_reset(&f, GT_POLYGON);
        double x = X0 + between(&l, 0, 1000), y = Y0 + between(&l, 0, 1000);
        double r = between(&l, 10, 600);
        star(&l, &f, x, y, r, 3 + below(&l, round % 5 == 0 ? 1200 : 40));
        if (round % 2 == 0) {
            star(&l, &f, x, y, r * 0.4, 3 + below(&l, 90));
        }
        assert_ok(l.ctx, gt_geom_end_part(l.ctx, &f));
        bool valid = false;
        char reason[64];
        double px = 0, py = 0;
        assert_ok(l.ctx, gt_geos_validity(l.ctx, geos, &f, &valid, reason, &px, &py));
        if (!valid) { /* narrow spikes may cross when rounded */
            continue;
        }
        for (uint32_t k = 0; k < f.n_rings; k++) {
            size_t from = k == 0 ? 0 : f.ring_end[k - 1], n = f.ring_end[k] - from;
            sign[k] = gt_ring_sign(f.xy + 2 * from, n, k > 0);
            spans[k] = gt_span_count(n) == 0 ? SIZE_MAX : n_boxes;
            if (gt_span_count(n) > 0) {
                gt_span_fill(f.xy + 2 * from, n, boxes + n_boxes);
                n_boxes += gt_span_count(n);
            }
        }
        const gt_shape shape = {.geom = f, .sign = sign, .spans = spans, .boxes = boxes};
        assert_ok(l.ctx, gt_cutter_take(l.ctx, &cutter, &s));
        assert_ok(l.ctx, gt_cutter_cut(l.ctx, &cutter, &shape, &found));
        assert_ok(l.ctx, gt_geos_intersection(l.ctx, geos, &s, &f, &cut));
        double want = gt_geom_plane_area(&cut);
        double got = found.relation == GT_COVERS ? cutter.m2
                     : found.relation == GT_CUTS ? found.m2
                                                 : 0;
        seen[found.relation]++;
        assert_near(got, want, 1e-6);
        assert_true(found.relation != GT_APART || cut.n_points == 0);
        assert_true(gt_cutter_shared(&cutter, &found, &found) > -1e-6);
    }
    assert_true(seen[GT_APART] > 100 && seen[GT_COVERS] > 50 && seen[GT_CUTS] > 300);
    gt_cutter_free(l.ctx, &cutter);
    gt_geom_free(l.ctx, &s);
    gt_geom_free(l.ctx, &f);
    gt_geom_free(l.ctx, &cut);
    gt_geos_free(geos);
    assert_int_equal(gt_ctx_memory_used(l.ctx), 0);
    gt_ctx_free(l.ctx);
}

/* ---- what goes wrong ----------------------------------------------------------------------------
 */

static gt_status count_only(gt_ctx *ctx, void *user, size_t number, const gt_verdict *v)
{
    subjects *s = user;
    (void)ctx;
    (void)number;
    s->n_same += v != NULL;
    s->n_refused += v == NULL;
    return GT_OK;
}

static gt_status bad_next(gt_ctx *ctx, void *user, gt_subject *out, bool *more)
{
    subjects *s = user;
    gt_status st = next(ctx, user, out, more);
    if (st == GT_OK && *more && s->at == 2) {
        gt_fact f;
        return gt_fact_parse(ctx, s->l->package, s->kind->id, "no_such_fact=1", s->l->arena, &f);
    }
    if (*more && s->at == 3) {
        out->geom = NULL;
    }
    return st;
}

static gt_status broken_next(gt_ctx *ctx, void *user, gt_subject *out, bool *more)
{
    gt_status st = next(ctx, user, out, more);
    *more = false;
    return st == GT_OK ? gt_fail_errno(ctx, 5, "read", "subjects") : st;
}

static gt_status no_found(gt_ctx *ctx, void *user, size_t number, const gt_verdict *v)
{
    (void)user;
    (void)number;
    (void)v;
    return gt_fail_errno(ctx, 28, "write", "findings");
}

static void faults_are_told_apart(void **state)
{
    (void)state;
    land *l = make_land("plans/liechtenstein", 9);
    subjects s;
    gt_bulk_facts facts;
    const char *kind = gt_package_subject_kind(l->package, 0)->id;
    open_subjects(&s, l, kind, 40);
    assert_ok(l->ctx, gt_check_bulk(l->ctx, l->store, l->package, kind, NULL,
                                    &(gt_bulk_calls){bad_next, count_only, &s}, &facts));
    assert_int_equal(s.n_same + s.n_refused, 40);
    assert_true(s.n_refused >= 2); /* the bad fact and the one without a shape, and bow-ties */
    s.at = 0;
    assert_fails(l->ctx,
                 gt_check_bulk(l->ctx, l->store, l->package, kind, NULL,
                               &(gt_bulk_calls){broken_next, count_only, &s}, NULL),
                 GT_E_ENV, NULL);
    s.at = 0;
    assert_fails(l->ctx,
                 gt_check_bulk(l->ctx, l->store, l->package, kind, NULL,
                               &(gt_bulk_calls){next, no_found, &s}, NULL),
                 GT_E_ENV, NULL);
    s.at = 0;
    assert_fails(l->ctx,
                 gt_check_bulk(l->ctx, l->store, l->package, "no_such_kind", NULL,
                               &(gt_bulk_calls){next, count_only, &s}, NULL),
                 GT_E_USAGE, "check.subject-kind");
    s.at = s.n; /* nothing to check */
    assert_ok(l->ctx, gt_check_bulk(l->ctx, l->store, l->package, kind, NULL,
                                    &(gt_bulk_calls){next, count_only, &s}, &facts));
    assert_int_equal(facts.n_subjects, 0);
    s.at = 0;
    gt_cancel(l->ctx);
    assert_fails(l->ctx,
                 gt_check_bulk(l->ctx, l->store, l->package, kind, NULL,
                               &(gt_bulk_calls){next, count_only, &s}, NULL),
                 GT_E_CANCELLED, "base.cancelled");
    close_subjects(&s);
    drop_land(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_equal_geos), cmocka_unit_test(liechtenstein_alike),
        cmocka_unit_test(beijing_alike),   cmocka_unit_test(cut_small_alike),
        cmocka_unit_test(hidden_alike),    cmocka_unit_test(faults_are_told_apart),
    };
    return cmocka_run_group_tests_name("bulk check", tests, NULL, NULL);
}
