/* The generator as a whole, on the little country. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "guotu/geos.h"
#include "support/support.h"

typedef struct sink {
    gt_hash hash;
    size_t n, n_invalid, n_points;
    double area, plane;
    gt_geos *geos; /* NULL: validity is not asked */
    const gt_standard *standard;
    size_t bad_values;
    char **ids;
    size_t cap_ids;
    long stop_after; /* > 0: fail at that feature */
} sink;

static void check_values(sink *s, const gt_feature *f)
{
    for (size_t i = 0; i < f->n_values; i++) {
        const gt_field *field = &s->standard->fields[i];
        const gt_value *v = &f->values[i];
        bool bad = field->required && v->kind == GT_NULL;
        bad |= v->kind == GT_VAL_TEXT && field->codes != NULL &&
               gt_codelist_find(field->codes, v->text) == NULL;
        bad |= v->kind == GT_VAL_TEXT && field->max_length > 0 &&
               gt_text_columns(v->text) > (size_t)field->max_length * 2;
        bad |= v->kind == GT_VAL_INT && field->has_min && (double)v->integer < field->min;
        bad |= v->kind == GT_VAL_INT && field->has_max && (double)v->integer > field->max;
        gt_date day;
        bad |=
            v->kind == GT_VAL_TEXT && field->type == GT_FIELD_DATE && !gt_date_parse(v->text, &day);
        s->bad_values += bad;
    }
}

static gt_status take(gt_ctx *ctx, void *user, const gt_feature *f, double area)
{
    sink *s = user;
    gt_geom g;
    gt_geom_init(&g);
    if (s->stop_after > 0 && --s->stop_after == 0) {
        return gt_fail_errno(ctx, 28, "write", "full.gpkg");
    }
    gt_hash_add_text(&s->hash, f->id);
    gt_hash_add(&s->hash, f->blob, f->blob_len);
    for (size_t i = 0; i < f->n_values; i++) {
        gt_hash_add_u64(&s->hash, (uint64_t)f->values[i].integer);
        gt_hash_add_real(&s->hash, f->values[i].real);
        gt_hash_add_text(&s->hash, f->values[i].kind == GT_VAL_TEXT ? f->values[i].text : NULL);
    }
    check_values(s, f);
    int32_t srs = 0;
    assert_ok(ctx, gt_geom_from_gpkg(ctx, f->blob, f->blob_len, &srs, &g));
    assert_int_equal(srs, 4548);
    s->n_points += g.n_points;
    s->plane += gt_geom_plane_area(&g);
    s->area += area;
    if (s->geos != NULL) {
        bool valid = false;
        char why[64];
        double x, y;
        assert_ok(ctx, gt_geos_validity(ctx, s->geos, &g, &valid, why, &x, &y));
        s->n_invalid += !valid;
    }
    if (s->n == s->cap_ids) {
        s->cap_ids = s->cap_ids ? 2 * s->cap_ids : 1024;
        s->ids = realloc(s->ids, s->cap_ids * sizeof *s->ids);
        assert_non_null(s->ids);
    }
    s->ids[s->n++] = strdup(f->id);
    gt_geom_free(ctx, &g);
    return GT_OK;
}

static int id_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Number of ids that occur more than once; frees them. */
static size_t sink_close(sink *s)
{
    size_t twice = 0;
    if (s->n > 0) {
        qsort(s->ids, s->n, sizeof *s->ids, id_order);
    }
    for (size_t i = 0; i < s->n; i++) {
        twice += i > 0 && strcmp(s->ids[i - 1], s->ids[i]) == 0;
    }
    for (size_t i = 0; i < s->n; i++) {
        free(s->ids[i]);
    }
    free(s->ids);
    s->ids = NULL;
    return twice;
}

static void emit(gt_ctx *ctx, gt_synth *synth, size_t i, gt_geos *geos, sink *s)
{
    memset(s, 0, sizeof *s);
    gt_hash_init(&s->hash);
    s->geos = geos;
    s->standard = gt_synth_layer_at(synth, i).standard;
    assert_ok(ctx, gt_synth_emit(ctx, synth, i, take, s));
}

static void all_layers_hash(fixture *f, unsigned char out[GT_HASH_BYTES])
{
    gt_synth *synth = fixture_synth(f);
    gt_hash all;
    gt_hash_init(&all);
    for (size_t i = 0; i < gt_synth_n_layers(synth); i++) {
        sink s;
        unsigned char one[GT_HASH_BYTES];
        emit(f->ctx, synth, i, NULL, &s);
        assert_int_equal(sink_close(&s), 0);
        gt_hash_final(&s.hash, one);
        gt_hash_add(&all, one, sizeof one);
    }
    gt_hash_final(&all, out);
    gt_synth_free(f->ctx, synth);
}

static void same_seed_same_bytes(void **state)
{
    (void)state;
    unsigned char a[GT_HASH_BYTES], b[GT_HASH_BYTES], c[GT_HASH_BYTES], d[GT_HASH_BYTES];
    fixture f;
    fixture_make(&f, 1);
    all_layers_hash(&f, a);
    fixture_free(&f);
    fixture_make(&f, 3);
    all_layers_hash(&f, b);
    f.options.seed = 2;
    all_layers_hash(&f, c);
    f.options.seed = 1;
    f.options.n_parcels = 5000;
    all_layers_hash(&f, d);
    fixture_free(&f);
    assert_memory_equal(a, b, sizeof a); /* threads do not matter */
    assert_memory_not_equal(a, c, sizeof a);
    assert_memory_not_equal(a, d, sizeof a);
}

static void every_feature_is_valid_and_coded(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 2);
    gt_synth *synth = fixture_synth(&f);
    gt_geos *geos = NULL;
    assert_ok(f.ctx, gt_geos_new(f.ctx, &geos));
    for (size_t i = 0; i < gt_synth_n_layers(synth); i++) {
        sink s;
        emit(f.ctx, synth, i, geos, &s);
        gt_synth_layer l = gt_synth_layer_at(synth, i);
        if (s.n_invalid > 0 || s.bad_values > 0 || s.n == 0) {
            print_error("%s: %zu features, %zu invalid, %zu bad values\n", l.standard->id, s.n,
                        s.n_invalid, s.bad_values);
        }
        assert_true(s.n > 0);
        assert_int_equal(s.n_invalid, 0);
        assert_int_equal(s.bad_values, 0);
        assert_int_equal(sink_close(&s), 0); /* ids are unique */
        assert_true(l.origin == (i == 0 ? GT_ORIGIN_OPEN : GT_ORIGIN_GENERATED));
        assert_non_null(strstr(l.note, i == 0 ? "open data" : "generated"));
    }
    gt_geos_free(geos);
    gt_synth_free(f.ctx, synth);
    fixture_free(&f);
}

/* Areas of full covers equal the districts', in the plane and on the ellipsoid alike. */
static void covers_sum_to_the_territory(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 2);
    gt_synth *synth = fixture_synth(&f);
    sink units;
    emit(f.ctx, synth, 0, NULL, &units);
    assert_int_equal(units.n, 3);
    sink_close(&units);
    static const char *const full[] = {"land_use", "land_use", "land_use", "towns", "shares"};
    static const int nth[] = {0, 1, 2, 0, 0};
    for (int k = 0; k < 5; k++) {
        sink s;
        emit(f.ctx, synth, fixture_layer(synth, full[k], nth[k]), NULL, &s);
        assert_near(s.plane / units.plane, 1.0, 1e-7); /* crossings are rounded to 1 mm */
        assert_near(s.area / units.area, 1.0, 1e-6);   /* edges are densified piece by piece */
        sink_close(&s);
    }
    gt_synth_free(f.ctx, synth);
    fixture_free(&f);
}

static void totals_are_met(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 2);
    f.options.n_parcels = 12000; /* 0.03 km2 a parcel */
    gt_synth *synth = fixture_synth(&f);
    assert_true(isnan(gt_synth_total_at(synth, 0).made_km2));
    assert_ok(f.ctx, gt_synth_measure(f.ctx, synth));
    assert_int_equal(gt_synth_n_totals(synth), 6);
    for (size_t i = 0; i < gt_synth_n_totals(synth); i++) {
        gt_synth_total t = gt_synth_total_at(synth, i);
        assert_near(t.made_km2 / t.published_km2, 1.0, t.tolerance);
    }
    gt_text report;
    gt_text_init(&report, f.ctx, 0);
    gt_synth_report(synth, GT_LANG_ZH, &report);
    assert_non_null(strstr(gt_text_cstr(&report), "基本农田"));
    assert_non_null(strstr(gt_text_cstr(&report), "TST-001"));
    gt_text_free(&report);
    gt_synth_free(f.ctx, synth);
    fixture_free(&f);
}

static void wanted_number_is_met(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 2);
    const double sizes[] = {1000, 4000, 30000};
    for (int k = 0; k < 3; k++) {
        f.options.n_parcels = sizes[k];
        gt_synth *synth = fixture_synth(&f);
        sink s;
        emit(f.ctx, synth, fixture_layer(synth, "land_use", 1), NULL, &s);
        assert_near((double)s.n / sizes[k], 1.0, 0.1);
        sink_close(&s);
        gt_synth_free(f.ctx, synth);
    }
    fixture_free(&f);
}

typedef struct survey {
    struct {
        char id[24], code[8];
    } * of;
    size_t n;
} survey;

static gt_status take_survey(gt_ctx *ctx, void *user, const gt_feature *f, double area)
{
    (void)ctx;
    (void)area;
    survey *s = user;
    s->of = realloc(s->of, (s->n + 1) * sizeof *s->of);
    (void)snprintf(s->of[s->n].id, sizeof s->of[0].id, "%s", f->id);
    (void)snprintf(s->of[s->n].code, sizeof s->of[0].code, "%s", f->values[1].text);
    s->n++;
    return GT_OK;
}

/* Most parcels stay, some change class as the recipe says, some were one before. */
static void surveys_change_little(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 2);
    f.options.n_parcels = 12000;
    gt_synth *synth = fixture_synth(&f);
    survey y[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    for (int k = 0; k < 3; k++) {
        size_t i = fixture_layer(synth, "land_use", k);
        assert_int_equal(gt_synth_layer_at(synth, i).valid_from,
                         gt_date_from_ymd(2019 + k, 12, 31));
        assert_ok(f.ctx, gt_synth_emit(f.ctx, synth, i, take_survey, &y[k]));
    }
    assert_true(y[0].n < y[1].n);
    assert_int_equal(y[1].n, y[2].n);
    size_t same = 0, changed = 0, gone = 0, back = 0;
    for (size_t i = 0, j = 0; i < y[0].n; i++) {
        while (j < y[1].n && strcmp(y[1].of[j].id, y[0].of[i].id) != 0 &&
               strncmp(y[1].of[j].id + 6, y[0].of[i].id + 6, 10) < 0) {
            j++;
        }
        if (j < y[1].n && strcmp(y[1].of[j].id, y[0].of[i].id) == 0) {
            bool equal = strcmp(y[1].of[j].code, y[0].of[i].code) == 0;
            same += equal, changed += !equal;
            if (!equal) {
                assert_string_equal(y[0].of[i].code, "0102");
                assert_string_equal(y[1].of[j].code, "0701");
            }
        } else {
            gone++;
        }
    }
    for (size_t i = 0; i < y[1].n; i++) {
        assert_string_equal(y[1].of[i].id, y[2].of[i].id);
        back += strcmp(y[1].of[i].code, y[2].of[i].code) != 0;
    }
    assert_true(changed > 20 && changed < y[0].n / 20);
    assert_true(gone > 10 && gone < y[0].n / 20);
    assert_true(back > 10 && back < y[0].n / 20);
    assert_true(same > y[0].n * 9 / 10);
    for (int k = 0; k < 3; k++) {
        free(y[k].of);
    }
    gt_synth_free(f.ctx, synth);
    fixture_free(&f);
}

/* Several batches: totals still met, same bytes each time, memory does not grow with the number. */
static void many_parcels_stream(void **state)
{
    (void)state;
    size_t peak[2];
    const double sizes[2] = {130000, 520000};
    for (int k = 0; k < 2; k++) {
        fixture f;
        fixture_make(&f, 2);
        f.options.n_parcels = sizes[k];
        gt_synth *synth = fixture_synth(&f);
        assert_ok(f.ctx, gt_synth_measure(f.ctx, synth));
        for (size_t i = 0; i < gt_synth_n_totals(synth); i++) {
            gt_synth_total t = gt_synth_total_at(synth, i);
            if (fabs(t.made_km2 / t.published_km2 - 1) > t.tolerance) {
                print_error("%s: %g of %g km2\n", t.id, t.made_km2, t.published_km2);
            }
            assert_near(t.made_km2 / t.published_km2, 1.0, t.tolerance);
        }
        peak[k] = gt_ctx_memory_peak(f.ctx);
        gt_synth_free(f.ctx, synth);
        fixture_free(&f);
    }
    assert_true((double)peak[1] < 1.6 * (double)peak[0]);
    assert_true(peak[1] < (size_t)120 << 20);
}

static void extra_coverage_differs(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 2);
    gt_synth *synth = fixture_synth(&f);
    const gt_standard *standard = gt_package_find_layer(f.package, "land_use");
    unsigned char digest[3][GT_HASH_BYTES];
    double plane = 0;
    sink s;
    emit(f.ctx, synth, 0, NULL, &s);
    plane = s.plane;
    sink_close(&s);
    for (int k = 0; k < 3; k++) {
        memset(&s, 0, sizeof s);
        gt_hash_init(&s.hash);
        s.standard = standard;
        assert_ok(f.ctx, gt_synth_emit_extra(f.ctx, synth, standard, k == 1 ? 8 : 7, take, &s));
        assert_near(s.plane / plane, 1.0, 1e-7);
        assert_int_equal(s.bad_values, 0);
        sink_close(&s);
        gt_hash_final(&s.hash, digest[k]);
    }
    assert_memory_not_equal(digest[0], digest[1], GT_HASH_BYTES);
    assert_memory_equal(digest[0], digest[2], GT_HASH_BYTES);
    gt_synth_free(f.ctx, synth);
    fixture_free(&f);
}

/* ---- refusals -----------------------------------------------------------------------------------
 */

static void refuse(fixture *f, gt_status want, const char *id)
{
    gt_synth *s = NULL;
    assert_fails(f->ctx, gt_synth_new(f->ctx, f->package, &f->data, &f->options, &s), want, id);
    assert_null(s);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 1);
    const double sizes[] = {0, -5, 999, 2.1e7, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        f.options.n_parcels = sizes[i];
        refuse(&f, GT_E_USAGE, "synth.scale-range");
    }
    f.options.n_parcels = 1000;
    f.options.grid = 100;
    refuse(&f, GT_E_USAGE, "synth.option");
    f.options.grid = 256;
    f.options.zone_cells = 5;
    refuse(&f, GT_E_USAGE, "synth.option");
    f.options.zone_cells = 1000;
    f.options.recipe = "/nowhere/synth.yaml";
    refuse(&f, GT_E_INPUT, "synth.recipe");
    fixture_free(&f);
}

static void bad_districts_are_refused(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 1);
    f.data.n_units = 0;
    refuse(&f, GT_E_INPUT, "synth.no-units");
    f.data.n_units = 3;
    const gt_geom *kept = f.units[1].geom;
    f.units[1].geom = NULL;
    refuse(&f, GT_E_INPUT, "synth.unit-empty");
    gt_geom empty;
    gt_geom_init(&empty);
    gt_geom_reset(&empty, GT_MULTIPOLYGON);
    f.units[1].geom = &empty;
    refuse(&f, GT_E_INPUT, "synth.unit-empty");
    f.units[1].geom = f.units[0].geom; /* the same district twice */
    refuse(&f, GT_E_INPUT, "synth.units-overlap");
    f.units[1].geom = kept;
    double *xy = f.geom[0].xy, x = xy[10];
    xy[10] = (double)NAN;
    refuse(&f, GT_E_INPUT, "synth.unit-not-finite");
    xy[10] = 1e12;
    refuse(&f, GT_E_INPUT, "synth.too-wide");
    xy[10] = x + 12000; /* a spike into the neighbour */
    refuse(&f, GT_E_INPUT, "synth.borders-cross");
    xy[10] = x;
    gt_synth *s = fixture_synth(&f); /* and mended it works */
    gt_synth_free(f.ctx, s);
    gt_geom_free(f.ctx, &empty);
    fixture_free(&f);
}

static void bad_relief_is_refused(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 1);
    float z = f.z[37];
    f.z[37] = NAN;
    refuse(&f, GT_E_INPUT, "synth.relief-not-finite");
    f.z[37] = INFINITY;
    refuse(&f, GT_E_INPUT, "synth.relief-not-finite");
    f.z[37] = z;
    f.data.relief.n_cols = 0;
    refuse(&f, GT_E_INPUT, "synth.no-relief");
    f.data.relief.n_cols = RELIEF_COLS;
    f.data.relief.z = NULL;
    refuse(&f, GT_E_INPUT, "synth.no-relief");
    f.data.relief.z = f.z;
    f.data.relief.dx = 0;
    refuse(&f, GT_E_INPUT, "synth.no-relief");
    f.data.relief.dx = 400; /* ends in the middle of the country */
    refuse(&f, GT_E_INPUT, "synth.relief-extent");
    fixture_free(&f);
}

static void a_failing_receiver_stops_it(void **state)
{
    (void)state;
    fixture f;
    fixture_make(&f, 2);
    gt_synth *synth = fixture_synth(&f);
    for (size_t i = 0; i < gt_synth_n_layers(synth); i++) {
        sink s = {.stop_after = 2};
        gt_hash_init(&s.hash);
        s.standard = gt_synth_layer_at(synth, i).standard;
        gt_status st = gt_synth_emit(f.ctx, synth, i, take, &s);
        if (s.stop_after == 0) {
            assert_fails(f.ctx, st, GT_E_ENV, "base.system");
        } else {
            assert_ok(f.ctx, st); /* layers of one feature */
        }
        sink_close(&s);
    }
    sink s = {.standard = gt_package_find_layer(f.package, "land_use")};
    gt_hash_init(&s.hash);
    assert_fails(f.ctx, gt_synth_emit(f.ctx, synth, 1000, take, &s), GT_E_USAGE,
                 "synth.layer-number");
    gt_cancel(f.ctx);
    size_t land = fixture_layer(synth, "land_use", 0);
    assert_fails(f.ctx, gt_synth_emit(f.ctx, synth, land, take, &s), GT_E_CANCELLED,
                 "base.cancelled");
    sink_close(&s);
    gt_synth_free(f.ctx, synth);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_bytes),
        cmocka_unit_test(every_feature_is_valid_and_coded),
        cmocka_unit_test(covers_sum_to_the_territory),
        cmocka_unit_test(totals_are_met),
        cmocka_unit_test(wanted_number_is_met),
        cmocka_unit_test(surveys_change_little),
        cmocka_unit_test(many_parcels_stream),
        cmocka_unit_test(extra_coverage_differs),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(bad_districts_are_refused),
        cmocka_unit_test(bad_relief_is_refused),
        cmocka_unit_test(a_failing_receiver_stops_it),
    };
    return cmocka_run_group_tests_name("synth.synth", tests, NULL, NULL);
}
