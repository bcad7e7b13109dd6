/* The check of a stored layer, on rows that import would not have let in. */
#include "world.h"

#include "store/import.h"

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

typedef struct outcome {
    gt_notes *notes;
    gt_qc_summary sum;
} outcome;

static outcome check(world *w, const gt_qc_options *o)
{
    outcome r;
    assert_ok(w->ctx, gt_notes_new(w->ctx, 0, &r.notes));
    assert_ok(w->ctx, gt_qc_layer(w->ctx, w->store, "parcels", o, r.notes, &r.sum));
    return r;
}

/* Puts boxes (x, y, width, height in metres from a corner) under ids, past the checks of import. */
static void put_boxes(world *w, const gt_standard *s, const double (*box)[4], int n,
                      const char *code)
{
    gt_commit *commit;
    gt_geom g;
    uint8_t *blob = NULL;
    size_t cap = 0;
    int64_t revision;
    gt_commit_info info = {.author = "t", .message = "m", .expect_revision = -1};
    gt_geom_init(&g);
    assert_ok(w->ctx, gt_commit_begin(w->ctx, w->store, &info, &commit));
    assert_ok(w->ctx, gt_commit_define_layer(w->ctx, commit, s, GT_ORIGIN_SURVEY));
    for (int i = 0; i < n; i++) {
        const double *b = box[i];
        const double xy[5][2] = {{b[0], b[1]},
                                 {b[0] + b[2], b[1]},
                                 {b[0] + b[2], b[1] + b[3]},
                                 {b[0], b[1] + b[3]},
                                 {b[0], b[1]}};
        char id[16];
        (void)snprintf(id, sizeof id, "p%d", i);
        gt_geom_reset(&g, GT_MULTIPOLYGON);
        for (int k = 0; k < 5; k++) {
            assert_ok(w->ctx, gt_geom_add_point(w->ctx, &g, 440000 + xy[k][0], 4420000 + xy[k][1]));
        }
        assert_ok(w->ctx, gt_geom_end_ring(w->ctx, &g));
        assert_ok(w->ctx, gt_geom_end_part(w->ctx, &g));
        gt_value v[W_FIELDS] = {0};
        v[W_BSM] = (gt_value){.kind = GT_VAL_TEXT, .text = id, .len = strlen(id)};
        v[W_DLBM] = (gt_value){.kind = GT_VAL_TEXT, .text = code, .len = strlen(code)};
        gt_feature f = {.id = id, .valid_from = GT_DATE_NONE, .values = v, .n_values = W_FIELDS};
        assert_ok(w->ctx,
                  gt_geom_to_gpkg(w->ctx, &g, gt_store_srs_id(w->store), &blob, &cap, &f.blob_len));
        f.blob = blob;
        assert_ok(w->ctx, gt_commit_put(w->ctx, commit, s->id, &f, NAN));
    }
    assert_ok(w->ctx, gt_commit_finish(w->ctx, commit, &revision));
    gt_free(w->ctx, blob);
    gt_geom_free(w->ctx, &g);
}

static const gt_place *find(const outcome *r, const char *id, const char **text, gt_ctx *ctx)
{
    static char line[1024];
    for (size_t i = 0; i < gt_notes_kept(r->notes); i++) {
        const gt_message *m;
        const gt_place *p;
        gt_notes_get(r->notes, i, NULL, &m, &p);
        if (strcmp(m->id, id) == 0) {
            gt_text t;
            gt_text_init(&t, ctx, 0);
            gt_notes_render_message(r->notes, i, GT_LANG_EN, &t);
            (void)snprintf(line, sizeof line, "%s", gt_text_cstr(&t));
            gt_text_free(&t);
            *text = line;
            return p;
        }
    }
    return NULL;
}

static void overlaps_are_measured(void **state)
{
    world *w = *state;
    const char *text;
    gt_standard s = world_standard;
    s.qc.no_overlap = true;
    /* p0 and p1 overlap by 10 x 100; p2 touches p1; p3 lies in p2; p4 is apart, p5 meets p4 by 1
     * mm2 */
    static const double boxes[][4] = {{0, 0, 100, 100},   {90, 0, 100, 100},
                                      {190, 0, 100, 100}, {200, 20, 10, 10},
                                      {500, 500, 50, 50}, {549.999, 549.999, 9, 9}};
    put_boxes(w, &s, boxes, 6, "0101");
    gt_qc_options o;
    gt_qc_options_init(&o);
    o.standard = &s;
    outcome r = check(w, &o);
    assert_int_equal(r.sum.n_features, 6);
    assert_int_equal(r.sum.n_overlaps, 2);
    assert_near(r.sum.overlap_m2, 1100, 1e-6);
    assert_int_equal(gt_notes_count(r.notes, GT_ERROR), 2);
    const gt_place *p = find(&r, "qc.overlap", &text, w->ctx);
    assert_string_equal(p->feature, "p0");
    assert_non_null(strstr(text, "p1"));
    assert_non_null(strstr(text, "1000"));
    assert_true(p->has_xy && p->x > 440090 && p->x < 440100);
    gt_notes_free(r.notes);
    o.min_overlap_m2 = 0;
    r = check(w, &o);
    assert_int_equal(r.sum.n_overlaps, 3);
    gt_notes_free(r.notes);
    o.no_overlaps = true;
    r = check(w, &o);
    assert_int_equal(r.sum.n_overlaps, 0);
    gt_notes_free(r.notes);
    o.standard = &world_standard; /* overlaps are allowed there */
    o.no_overlaps = false;
    r = check(w, &o);
    assert_int_equal(r.sum.n_overlaps, 0);
    gt_notes_free(r.notes);
}

/* The sum over pairs against arithmetic, on boxes whose overlaps are known. */
static void overlaps_of_random_boxes(void **state)
{
    world *w = *state;
    enum { N = 150 };
    double boxes[N][4], sum = 0;
    long pairs = 0;
    test_rng rng;
    test_rng_seed(&rng, 3);
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < 4; k++) {
            boxes[i][k] = (double)(test_rng_next(&rng) % (k < 2 ? 1000 : 90)) + (k < 2 ? 0 : 5);
        }
        for (int j = 0; j < i; j++) {
            double dx = fmin(boxes[i][0] + boxes[i][2], boxes[j][0] + boxes[j][2]) -
                        fmax(boxes[i][0], boxes[j][0]);
            double dy = fmin(boxes[i][1] + boxes[i][3], boxes[j][1] + boxes[j][3]) -
                        fmax(boxes[i][1], boxes[j][1]);
            if (dx > 0 && dy > 0) {
                sum += dx * dy;
                pairs++;
            }
        }
    }
    gt_standard s = world_standard;
    s.qc.no_overlap = true;
    put_boxes(w, &s, (const double(*)[4])boxes, N, "0101");
    gt_qc_options o;
    gt_qc_options_init(&o);
    o.standard = &s;
    outcome r = check(w, &o);
    assert_true(pairs > 50);
    assert_int_equal(r.sum.n_overlaps, pairs);
    assert_near(r.sum.overlap_m2, sum, 1e-6);
    gt_notes_free(r.notes);
}

static void codes_and_duplicates(void **state)
{
    world *w = *state;
    const char *text;
    static const double boxes[][4] = {{0, 0, 100, 100}, {200, 0, 50, 50}, {0, 0, 100, 100}};
    put_boxes(w, &world_standard, boxes, 3, "9999");
    gt_qc_options o;
    gt_qc_options_init(&o);
    o.standard = &world_standard;
    outcome r = check(w, &o);
    assert_int_equal(gt_notes_count_id(r.notes, "qc.unknown-code-none-near"), 3);
    assert_int_equal(gt_notes_count_id(r.notes, "qc.duplicate-geometry"), 1);
    const gt_place *p = find(&r, "qc.duplicate-geometry", &text, w->ctx);
    assert_string_equal(p->feature, "p2");
    assert_non_null(strstr(text, "p0"));
    gt_notes_free(r.notes);
    r = check(w, NULL); /* the stored schema has no code lists */
    assert_int_equal(gt_notes_count(r.notes, GT_ERROR), 0);
    gt_notes_free(r.notes);
}

/* Another program writes into the GeoPackage, as QGIS users do. */
static void what_others_wrote(void **state)
{
    world *w = *state;
    static const double boxes[][4] = {{0, 0, 100, 100}, {200, 0, 50, 50}, {400, 0, 50, 50}};
    put_boxes(w, &world_standard, boxes, 3, "0101");
    sqlite3 *db;
    assert_int_equal(sqlite3_open(test_path(w->dir, "ws/onemap.gpkg"), &db), SQLITE_OK);
    /* triggers of the R-tree call functions that only GIS programs have */
    sqlite3_stmt *list;
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT name FROM sqlite_master WHERE type='trigger' AND "
                                        "tbl_name='parcels'",
                                        -1, &list, NULL),
                     SQLITE_OK);
    char drop[4096] = "";
    while (sqlite3_step(list) == SQLITE_ROW) {
        char *one = sqlite3_mprintf("DROP TRIGGER \"%w\";", sqlite3_column_text(list, 0));
        (void)strncat(drop, one, sizeof drop - strlen(drop) - 1);
        sqlite3_free(one);
    }
    sqlite3_finalize(list);
    assert_int_equal(sqlite3_exec(db, drop, NULL, NULL, NULL), SQLITE_OK);
    /* header 8 + envelope 32, multipolygon 9, polygon 9, count 4: exchange points 2 and 3 */
    assert_int_equal(
        sqlite3_exec(db,
                     "UPDATE parcels SET geom = CAST(substr(geom,1,78) || substr(geom,95,16)"
                     " || substr(geom,79,16) || substr(geom,111) AS BLOB) WHERE fid = 1;"
                     "UPDATE parcels SET geom = substr(geom, 1, 90) WHERE fid = 2;"
                     "UPDATE parcels SET dlbm = NULL WHERE fid = 3;",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    gt_qc_options o;
    gt_qc_options_init(&o);
    o.standard = &world_standard;
    outcome r = check(w, &o);
    assert_int_equal(r.sum.n_features, 3);
    assert_int_equal(gt_notes_count_id(r.notes, "qc.required"), 1);
    assert_int_equal(gt_notes_count_id(r.notes, "qc.self-crossing"), 1);
    assert_int_equal(gt_notes_count(r.notes, GT_ERROR), 3);
    gt_notes_free(r.notes);
}

static void no_such_layer(void **state)
{
    world *w = *state;
    gt_notes *notes;
    gt_qc_summary sum;
    assert_ok(w->ctx, gt_notes_new(w->ctx, 0, &notes));
    assert_fails(w->ctx, gt_qc_layer(w->ctx, w->store, "nothing", NULL, notes, &sum),
                 GT_E_NOT_FOUND, NULL);
    gt_notes_free(notes);
}

/* ---- survey area by expansion
 * -------------------------------------------------------------------- */

static void area_by_expansion(const char *name, double x0, double x1, double y0, double y1,
                              double step)
{
    gt_ctx *ctx = test_ctx();
    gt_crs *crs;
    gt_plane *plane;
    test_rng rng;
    imp_area *a = calloc(1, sizeof *a);
    gt_geom g;
    double worst = 0;
    assert_ok(ctx, gt_crs_new(ctx, name, &crs));
    assert_ok(ctx, gt_plane_new(ctx, crs, &plane));
    imp_area_init(a, plane, gt_crs_is_geographic(crs), step);
    gt_geom_init(&g);
    test_rng_seed(&rng, 8);
    for (int i = 0; i < 4000; i++) {
        double size = i % 3 == 0 ? 20 : i % 3 == 1 ? 400 : 6000;
        size = gt_crs_is_geographic(crs) ? size / 1e5 : size;
        double x = x0 + (x1 - x0) * test_rng_real(&rng), y = y0 + (y1 - y0) * test_rng_real(&rng);
        gt_box box = {INFINITY, INFINITY, -INFINITY, -INFINITY};
        int rings = 1 + i % 2;
        gt_geom_reset(&g, GT_MULTIPOLYGON);
        for (int r = 0; r < rings; r++) {
            uint32_t first = g.n_points;
            int n = 3 + (int)(test_rng_next(&rng) % 40);
            for (int k = 0; k < n; k++) {
                double t = 6.283185307179586 * k / n, q = size / (1 + 3 * r);
                q *= 0.8 + 0.2 * test_rng_real(&rng);
                assert_ok(ctx, gt_geom_add_point(ctx, &g, x + q * cos(t), y + q * sin(t)));
                box.xmin = fmin(box.xmin, x + q * cos(t));
                box.xmax = fmax(box.xmax, x + q * cos(t));
                box.ymin = fmin(box.ymin, y + q * sin(t));
                box.ymax = fmax(box.ymax, y + q * sin(t));
            }
            assert_ok(ctx, gt_geom_add_point(ctx, &g, g.xy[2 * first], g.xy[2 * first + 1]));
            assert_ok(ctx, gt_geom_end_ring(ctx, &g));
        }
        assert_ok(ctx, gt_geom_end_part(ctx, &g));
        double want = gt_area_survey(plane, &g, step), got = imp_area_survey(a, &g, box);
        assert_near(got, imp_area_survey(a, &g, box), 0);
        /* the direct way rounds each vertex to 1e-9 m or so: per metre of border */
        double border = 2 * (box.xmax - box.xmin + box.ymax - box.ymin);
        border *= gt_crs_is_geographic(crs) ? 1.2e5 : 1;
        worst = fmax(worst, fabs(got - want) / border);
    }
    print_message("  %s: %.2g m2 per metre of border\n", name, worst);
    assert_true(worst < 1e-8);
    gt_geom_free(ctx, &g);
    gt_plane_free(ctx, plane);
    gt_crs_free(ctx, crs);
    gt_ctx_free(ctx);
    free(a);
}

static void areas_agree_with_the_direct_way(void **state)
{
    (void)state;
    area_by_expansion("EPSG:4548", 300000, 700000, 2000000, 5500000, 70);
    area_by_expansion("EPSG:4527", 39300000, 39700000, 2000000, 5500000,
                      70); /* zone number in front */
    area_by_expansion("EPSG:32632", 200000, 800000, -5000000, 9000000, 70); /* k0 = 0.9996 */
    area_by_expansion("EPSG:4548", 480000, 520000, -20000, 20000, 0); /* the equator, no step */
    area_by_expansion("EPSG:4490", 110, 120, 20, 50, 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(overlaps_are_measured), CASE(overlaps_of_random_boxes),
        CASE(codes_and_duplicates),  CASE(what_others_wrote),
        CASE(no_such_layer),         cmocka_unit_test(areas_agree_with_the_direct_way),
    };
    return cmocka_run_group_tests_name("store_import.qc_layer", tests, NULL, NULL);
}
