/* Properties over many random inputs: real-valued polygons with holes and parts against GEOS, the
 * geometries that broke overlay engines, values of any kind, and files that come back as they went.
 */
#include "world.h"

#include <dirent.h>

#include "guotu/geos.h"
#include "store/qc_confirm.h"
#include "store/qc_fields.h"

typedef struct probe {
    gt_ctx *ctx;
    gt_qc *qc;
    gt_geos *geos;
    gt_geom geom;
    test_rng rng;
    long valid, invalid;
} probe;

static int setup(void **state)
{
    probe *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->ctx = test_ctx();
    assert_ok(p->ctx, gt_qc_new(p->ctx, GT_MULTIPOLYGON, NULL, 0, &p->qc));
    assert_ok(p->ctx, gt_geos_new(p->ctx, &p->geos));
    gt_geom_init(&p->geom);
    test_rng_seed(&p->rng, 1234);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    probe *p = *state;
    gt_geom_free(p->ctx, &p->geom);
    gt_geos_free(p->geos);
    gt_qc_free(p->ctx, p->qc);
    assert_int_equal(gt_ctx_memory_used(p->ctx), 0);
    gt_ctx_free(p->ctx);
    free(p);
    return 0;
}

static double real(probe *p, double low, double high)
{
    return low + (high - low) * test_rng_real(&p->rng);
}

static unsigned below(probe *p, unsigned n)
{
    return (unsigned)(test_rng_next(&p->rng) % n);
}

static void point(probe *p, double x, double y)
{
    assert_ok(p->ctx, gt_geom_add_point(p->ctx, &p->geom, x, y));
}

/* A star-shaped ring around (x, y). */
static void star(probe *p, double x, double y, double size, unsigned n)
{
    uint32_t first = p->geom.n_points;
    for (unsigned k = 0; k < n; k++) {
        double a = 6.283185307179586 * k / n, r = size * real(p, 0.5, 1.0);
        point(p, x + r * cos(a), y + r * sin(a));
    }
    point(p, p->geom.xy[2 * first], p->geom.xy[2 * first + 1]);
    assert_ok(p->ctx, gt_geom_end_ring(p->ctx, &p->geom));
}

static void compare(probe *p, const char *what)
{
    gt_qc_result r;
    bool valid;
    char why[64];
    double x, y;
    assert_ok(p->ctx, gt_qc_geometry(p->ctx, p->qc, &p->geom, &r));
    assert_ok(p->ctx, gt_geos_validity(p->ctx, p->geos, &p->geom, &valid, why, &x, &y));
    if (valid == r.error) {
        gt_text t;
        gt_text_init(&t, p->ctx, 0);
        gt_geom_to_wkt(&p->geom, 17, &t);
        print_error("%s: GEOS: %s at (%.17g, %.17g); we: %s at (%.17g, %.17g)\n%.300s\n", what, why,
                    x, y, r.n > 0 ? gt_qc_kind_name(r.findings[0].kind) : "valid",
                    r.n > 0 ? r.findings[0].x : 0.0, r.n > 0 ? r.findings[0].y : 0.0,
                    gt_text_cstr(&t));
        gt_text_free(&t);
        fail();
    }
    *(valid ? &p->valid : &p->invalid) += 1;
}

/* Lakes and islands at random: about half of them cross, nest or lie outside. */
static void lakes_and_islands(void **state)
{
    probe *p = *state;
    for (int i = 0; i < 6000; i++) {
        gt_geom_reset(&p->geom, GT_MULTIPOLYGON);
        unsigned parts = 1 + below(p, 3);
        for (unsigned k = 0; k < parts; k++) {
            double x = 448000 + 260.0 * k * real(p, 0.7, 1.3), y = 4418000 + real(p, -30, 30);
            unsigned holes = below(p, 3);
            star(p, x, y, 100, 3 + below(p, 40));
            for (unsigned h = 0; h < holes; h++) {
                star(p, x + real(p, -45, 45), y + real(p, -45, 45), real(p, 4, 25),
                     3 + below(p, 12));
            }
            assert_ok(p->ctx, gt_geom_end_part(p->ctx, &p->geom));
        }
        compare(p, "lakes");
    }
    print_message("  %ld valid, %ld invalid\n", p->valid, p->invalid);
    assert_true(p->valid > 1000 && p->invalid > 1000);
}

/* Vertices put on other edges as nearly as doubles allow: one bit decides. */
static void vertices_next_to_edges(void **state)
{
    probe *p = *state;
    for (int i = 0; i < 20000; i++) {
        double x[4] = {real(p, 0, 1e6), real(p, 0, 1e6), real(p, 0, 1e6), real(p, 0, 1e6)};
        double t = test_rng_real(&p->rng);
        double mx = x[0] + t * (x[2] - x[0]), my = x[1] + t * (x[3] - x[1]);
        for (unsigned k = below(p, 3); k > 0; k--) {
            mx = nextafter(mx, below(p, 2) != 0 ? 1e9 : -1e9);
        }
        double nx = x[3] - x[1], ny = x[0] - x[2]; /* away from the edge, on one side */
        gt_geom_reset(&p->geom, GT_POLYGON);
        point(p, x[0], x[1]);
        point(p, x[2], x[3]);
        point(p, x[2] + nx, x[3] + ny);
        point(p, mx, my);
        point(p, x[0] + nx, x[1] + ny);
        point(p, x[0], x[1]);
        assert_ok(p->ctx, gt_geom_end_ring(p->ctx, &p->geom));
        assert_ok(p->ctx, gt_geom_end_part(p->ctx, &p->geom));
        compare(p, "near an edge");
    }
    print_message("  %ld valid, %ld invalid\n", p->valid, p->invalid);
    assert_true(p->valid > 1000 && p->invalid > 1000);
}

/* All WKT and hex WKB polygons in a file of overlay cases. */
static long polygons_of_file(probe *p, const char *path)
{
    size_t len = 0;
    long n = 0;
    char *text = test_read_file(path, &len);
    assert_non_null(text);
    for (char *at = text; (at = strchr(at, '>')) != NULL;) {
        at += 1 + strspn(at + 1, " \t\r\n");
        char *end = strchr(at, '<');
        size_t size = end == NULL ? 0 : (size_t)(end - at);
        gt_status st = GT_E_INPUT;
        if (size > 12 && (strncmp(at, "POLYGON", 7) == 0 || strncmp(at, "MULTIPOLYGON", 12) == 0)) {
            st = gt_geom_from_wkt(p->ctx, at, size, &p->geom);
        } else if (size > 40 && strspn(at, "0123456789ABCDEFabcdef") + 4 > size) {
            size_t hex = strspn(at, "0123456789ABCDEFabcdef");
            uint8_t *wkb = malloc(hex / 2 + 1);
            assert_non_null(wkb);
            for (size_t i = 0; i < hex / 2; i++) {
                char two[3] = {at[2 * i], at[2 * i + 1], '\0'};
                wkb[i] = (uint8_t)strtoul(two, NULL, 16);
            }
            st = gt_geom_from_wkb(p->ctx, wkb, hex / 2, &p->geom);
            free(wkb);
        }
        gt_error_clear(p->ctx);
        bool area = p->geom.type == GT_POLYGON || p->geom.type == GT_MULTIPOLYGON;
        if (st == GT_OK && area && p->geom.n_points > 0) {
            compare(p, path);
            n++;
        }
    }
    free(text);
    return n;
}

static void geometries_that_broke_engines(void **state)
{
    probe *p = *state;
    static const char *const folders[] = {"robust", "general"};
    const char *data = test_data_dir();
    char path[4096];
    long n = 0;
    if (data == NULL) {
        test_skip("needs verify/geos-xml of the data folder");
    }
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/verify/geos-xml/%s", data, folders[i]);
        DIR *d = opendir(path);
        if (d == NULL) {
            test_skip("needs verify/geos-xml of the data folder");
        }
        for (struct dirent *e; (e = readdir(d)) != NULL;) {
            if (strstr(e->d_name, ".xml") != NULL) {
                (void)snprintf(path, sizeof path, "%s/verify/geos-xml/%s/%s", data, folders[i],
                               e->d_name);
                n += polygons_of_file(p, path);
            }
        }
        (void)closedir(d);
    }
    print_message("  %ld polygons: %ld valid, %ld invalid\n", n, p->valid, p->invalid);
    assert_true(n > 50);
}

/* ---- values
 * --------------------------------------------------------------------------------------- */

/* Any bytes into any field: refused with a message, or of the type the column holds. */
static void values_of_any_kind(void **state)
{
    probe *p = *state;
    static const gt_field_type types[] = {GT_FIELD_TEXT, GT_FIELD_INT, GT_FIELD_REAL, GT_FIELD_BOOL,
                                          GT_FIELD_DATE};
    static const char letters[] = "0123456789-+.eE /T年月日是否\xff\xe3\x80";
    gt_arena *arena;
    long taken = 0, refused = 0;
    assert_ok(p->ctx, gt_arena_new(p->ctx, 0, &arena));
    for (int i = 0; i < 100000; i++) {
        char text[24];
        size_t len = below(p, 14);
        for (size_t k = 0; k < len; k++) {
            text[k] = letters[below(p, sizeof letters - 1)];
        }
        text[len] = '\0';
        gt_field f = {.name = "f",
                      .type = types[below(p, 5)],
                      .codes = below(p, 3) == 0 ? &world_list : NULL,
                      .max_length = (int)below(p, 12),
                      .has_min = below(p, 2) != 0,
                      .min = 3};
        gt_value v = {.kind = GT_VAL_TEXT, .text = text, .len = len};
        unsigned kind = below(p, 6);
        if (kind == 0) {
            v = (gt_value){.kind = GT_VAL_INT, .integer = (int64_t)test_rng_next(&p->rng)};
        } else if (kind == 1) {
            uint64_t bits = test_rng_next(&p->rng);
            v = (gt_value){.kind = GT_VAL_REAL};
            memcpy(&v.real, &bits, sizeof v.real);
        }
        qc_value_check c;
        gt_arena_reset(arena);
        assert_ok(p->ctx, qc_value(p->ctx, arena, &f, &v, true, &c));
        if (c.message != NULL) {
            refused++;
            assert_int_equal(c.value.kind, GT_NULL);
            assert_false(c.args[0].name == NULL && strcmp(c.message->id, "qc.required") != 0);
            continue;
        }
        taken += c.value.kind != GT_NULL;
        gt_date day;
        switch (c.value.kind) {
        case GT_NULL:
            break;
        case GT_VAL_TEXT:
            assert_true(f.type == GT_FIELD_TEXT || f.type == GT_FIELD_DATE);
            assert_true(gt_utf8_valid(c.value.text, c.value.len, NULL));
            assert_int_equal(strlen(c.value.text), c.value.len);
            assert_true(f.type != GT_FIELD_DATE || gt_date_parse(c.value.text, &day));
            assert_true(f.type != GT_FIELD_TEXT || f.codes == NULL ||
                        gt_codelist_find(f.codes, c.value.text) != NULL);
            break;
        case GT_VAL_INT:
            assert_true(f.type == GT_FIELD_INT || f.type == GT_FIELD_BOOL);
            assert_true(f.type != GT_FIELD_BOOL || c.value.integer == 0 || c.value.integer == 1);
            assert_true(f.type != GT_FIELD_INT || !f.has_min || c.value.integer >= 3);
            break;
        case GT_VAL_REAL:
            assert_int_equal(f.type, GT_FIELD_REAL);
            assert_true(isfinite(c.value.real) && (!f.has_min || c.value.real >= 3));
            break;
        }
    }
    print_message("  %ld taken, %ld refused\n", taken, refused);
    assert_true(taken > 1000 && refused > 10000);
    gt_arena_free(arena);
}

/* ---- there and back
 * -------------------------------------------------------------------------------- */

/* Random sound features written by the sink, imported, scanned: the same shapes under the same ids,
 * whatever the batch borders; orientation and start may differ. */
static void what_goes_in_comes_out(void **state)
{
    probe *p = *state;
    enum { N = 2500 };
    static unsigned char digest[N][GT_HASH_BYTES];
    world w;
    gt_sink *sink;
    uint8_t *blob = NULL;
    size_t cap = 0;
    gt_geom back;
    world_open(&w, "EPSG:4548", NULL);
    gt_geom_init(&back);
    assert_ok(w.ctx, gt_sink_open(w.ctx, test_path(w.dir, "in.fgb"), NULL, "in", &world_standard,
                                  "EPSG:4548", NULL, &sink));
    for (int i = 0; i < N; i++) {
        gt_qc_result r;
        char id[16];
        int len = snprintf(id, sizeof id, "P%d", i);
        do { /* until it is sound */
            gt_geom_reset(&p->geom, GT_MULTIPOLYGON);
            double x = 448000 + 300.0 * (i % 50), y = 4418000 + 300.0 * (double)(i / 50);
            star(p, x, y, 100, 3 + below(p, 60));
            if (below(p, 2) != 0) {
                star(p, x, y, 20, 3 + below(p, 9));
            }
            assert_ok(p->ctx, gt_geom_end_part(p->ctx, &p->geom));
            assert_ok(p->ctx, gt_qc_geometry(p->ctx, p->qc, &p->geom, &r));
        } while (r.error);
        assert_ok(p->ctx, qc_digest_geometry(p->ctx, &p->geom, digest[i]));
        gt_value v[W_FIELDS] = {0};
        v[W_BSM] = (gt_value){.kind = GT_VAL_TEXT, .text = id, .len = (size_t)len};
        v[W_DLBM] = (gt_value){.kind = GT_VAL_TEXT, .text = "0101", .len = 4};
        v[W_NUMBER] = (gt_value){.kind = GT_VAL_INT, .integer = i};
        gt_feature f = {.id = id,
                        .valid_from = GT_DATE_NONE,
                        .valid_to = GT_DATE_NONE,
                        .box = gt_geom_box(&p->geom),
                        .values = v,
                        .n_values = W_FIELDS};
        assert_ok(p->ctx, gt_geom_to_gpkg(p->ctx, &p->geom, 4548, &blob, &cap, &f.blob_len));
        f.blob = blob;
        assert_ok(w.ctx, gt_sink_put(w.ctx, sink, &f));
    }
    assert_ok(w.ctx, gt_sink_close(w.ctx, sink));
    assert_imported(&w, &world_standard, "in.fgb");
    assert_int_equal(w.report.n_written, N);
    gt_query q;
    gt_scan *scan;
    int n = 0;
    double area = 0;
    gt_query_init(&q, "parcels");
    assert_ok(w.ctx, gt_scan_open(w.ctx, w.store, &q, &scan));
    for (bool more = true;; n++) {
        gt_feature f;
        unsigned char now[GT_HASH_BYTES];
        assert_ok(w.ctx, gt_scan_next(w.ctx, scan, &f, &more));
        if (!more) {
            break;
        }
        int64_t i = f.values[W_NUMBER].integer;
        assert_int_equal(i, strtol(f.id + 1, NULL, 10));
        assert_ok(w.ctx, gt_geom_from_gpkg(w.ctx, f.blob, f.blob_len, NULL, &back));
        assert_ok(w.ctx, qc_digest_geometry(w.ctx, &back, now));
        assert_memory_equal(now, digest[i], GT_HASH_BYTES);
        area += gt_area_survey(gt_store_plane(w.store), &back, 70);
    }
    gt_scan_close(scan);
    assert_int_equal(n, N);
    assert_near(area, w.report.area_m2, 1e-3);
    assert_near(area, layer(&w, "parcels").area_m2, 1e-3);
    gt_free(p->ctx, blob);
    gt_geom_free(w.ctx, &back);
    world_close(&w);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lakes_and_islands),  CASE(vertices_next_to_edges), CASE(geometries_that_broke_engines),
        CASE(values_of_any_kind), CASE(what_goes_in_comes_out),
    };
    return cmocka_run_group_tests_name("store_import.qc_property", tests, NULL, NULL);
}
