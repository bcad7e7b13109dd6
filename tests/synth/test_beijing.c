/* Beijing itself: needs the real districts and relief that stay outside the project. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "synth/synth.h"

typedef struct city {
    gt_ctx *ctx;
    gt_package *package;
    gt_synth_data data;
    gt_synth *synth;
} city;

static bool city_open(city *c, double n_parcels, uint64_t seed)
{
    const char *dir = test_data_dir();
    if (dir == NULL) {
        return false;
    }
    fixture f = {.ctx = test_ctx()};
    fixture_open_package(&f, GT_SOURCE_DIR "/plans/beijing");
    c->ctx = f.ctx;
    c->package = f.package;
    gt_synth_options o;
    gt_synth_options_init(&o);
    o.n_parcels = n_parcels;
    o.seed = seed;
    assert_ok(c->ctx, gt_synth_data_load(c->ctx, c->package, dir, &c->data));
    assert_ok(c->ctx, gt_synth_new(c->ctx, c->package, &c->data, &o, &c->synth));
    return true;
}

static void city_close(city *c)
{
    gt_synth_free(c->ctx, c->synth);
    gt_synth_data_free(c->ctx, &c->data);
    gt_package_free(c->package);
    assert_int_equal(gt_ctx_memory_used(c->ctx), 0);
    gt_ctx_free(c->ctx);
}

static void check_totals(city *c)
{
    assert_ok(c->ctx, gt_synth_measure(c->ctx, c->synth));
    size_t n = gt_synth_n_totals(c->synth), off = 0;
    assert_true(n >= 35);
    for (size_t i = 0; i < n; i++) {
        gt_synth_total t = gt_synth_total_at(c->synth, i);
        double d = t.made_km2 / t.published_km2 - 1;
        if (!(fabs(d) <= 0.01)) {
            print_error("%s: %.2f of %.2f km2 (%+.2f %%)\n", t.id, t.made_km2, t.published_km2,
                        100 * d);
            off++;
        }
    }
    assert_int_equal(off, 0);
}

/* Every published figure within 1 %, whatever the seed and the number of parcels. */
static void published_figures_are_met(void **state)
{
    (void)state;
    static const struct {
        double n;
        uint64_t seed;
    } cases[] = {{30000, 1}, {20000, 77}, {130000, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        city c;
        if (!city_open(&c, cases[i].n, cases[i].seed)) {
            test_skip("needs the Beijing data (GUOTU_DATA)");
        }
        check_totals(&c);
        city_close(&c);
    }
}

typedef struct check {
    const gt_standard *standard;
    gt_geos *geos;
    size_t n, invalid, bad;
    double area;
} check;

static gt_status check_feature(gt_ctx *ctx, void *user, const gt_feature *f, double area)
{
    check *k = user;
    gt_geom g;
    gt_geom_init(&g);
    bool valid = false;
    char why[64];
    double x, y;
    assert_ok(ctx, gt_geom_from_gpkg(ctx, f->blob, f->blob_len, NULL, &g));
    assert_ok(ctx, gt_geos_validity(ctx, k->geos, &g, &valid, why, &x, &y));
    gt_geom_free(ctx, &g);
    k->n++;
    k->invalid += !valid;
    k->area += area;
    for (size_t i = 0; i < f->n_values; i++) {
        const gt_field *field = &k->standard->fields[i];
        const gt_value *v = &f->values[i];
        k->bad += field->required && v->kind == GT_NULL;
        k->bad += v->kind == GT_VAL_TEXT && field->codes != NULL &&
                  gt_codelist_find(field->codes, v->text) == NULL;
    }
    return GT_OK;
}

static void all_layers_are_valid_and_coded(void **state)
{
    (void)state;
    city c;
    if (!city_open(&c, 30000, 1)) {
        test_skip("needs the Beijing data (GUOTU_DATA)");
    }
    gt_geos *geos = NULL;
    double territory = 0;
    assert_ok(c.ctx, gt_geos_new(c.ctx, &geos));
    assert_true(gt_synth_n_layers(c.synth) > 40);
    for (size_t i = 0; i < gt_synth_n_layers(c.synth); i++) {
        gt_synth_layer l = gt_synth_layer_at(c.synth, i);
        check k = {.standard = l.standard, .geos = geos};
        assert_ok(c.ctx, gt_synth_emit(c.ctx, c.synth, i, check_feature, &k));
        if (k.n == 0 || k.invalid > 0 || k.bad > 0) {
            print_error("%s: %zu features, %zu invalid, %zu bad values\n", l.standard->id, k.n,
                        k.invalid, k.bad);
        }
        assert_true(k.n > 0);
        assert_int_equal(k.invalid, 0);
        assert_int_equal(k.bad, 0);
        territory = i == 0 ? k.area : territory;
        if (l.standard->qc.no_gaps) {
            assert_near(k.area / territory, 1.0, 1e-6);
        }
    }
    assert_near(territory / 1e6, 16410, 20);
    gt_geos_free(geos);
    city_close(&c);
}

/* Sixteen real districts: every inner edge has its twin, each district is filled exactly. */
static void parcels_fill_the_districts(void **state)
{
    (void)state;
    city c;
    if (!city_open(&c, 40000, 3)) {
        test_skip("needs the Beijing data (GUOTU_DATA)");
    }
    gt_synth *s = c.synth;
    edge_set edges = {0};
    double area2[32] = {0};
    assert_ok(c.ctx, sy_parcels_start(c.ctx, s));
    for (bool more = true;;) {
        assert_ok(c.ctx, sy_parcels_next(c.ctx, &s->parcels, false, &more));
        if (!more) {
            break;
        }
        const sy_batch *b = &s->parcels.batch;
        for (size_t i = 0; i < b->n; i++) {
            const sy_faces *f = &b->faces[b->parcels[i].block];
            edge_set_add(&edges, f, b->parcels[i].face);
            area2[f->faces[b->parcels[i].face].unit] += (double)f->faces[b->parcels[i].face].area2;
        }
    }
    size_t open = 0;
    assert_int_equal(edge_set_check(&edges, &s->scene.border, &open), 0);
    assert_true(open > 1000);
    for (size_t u = 0; u < c.data.n_units; u++) {
        assert_near(area2[u] / (double)s->scene.border.area2[u], 1.0, 1e-6);
    }
    edge_set_free(&edges);
    city_close(&c);
}

/* The eighteen zones lie in the districts the plan names, but for what the areas force out. */
static void zones_lie_in_their_districts(void **state)
{
    (void)state;
    city c;
    if (!city_open(&c, 1000, 1)) {
        test_skip("needs the Beijing data (GUOTU_DATA)");
    }
    const sy_scene *s = &c.synth->scene;
    for (size_t z = 0; z < s->recipe->n_zones; z++) {
        const sy_zone *zone = &s->recipe->zones[z];
        if (zone->kind != SY_Z_TERRITORIES) {
            continue;
        }
        double in = 0, all = 0;
        for (size_t i = 0; i < s->cells.n_faces; i++) {
            const sy_step *step = &zone->steps[s->label[z][i]];
            all += s->cell_km2[i];
            in += step->where.units[s->cells.faces[i].unit] ? s->cell_km2[i] : 0;
        }
        assert_true(in / all > 0.97);
    }
    city_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_figures_are_met),
        cmocka_unit_test(all_layers_are_valid_and_coded),
        cmocka_unit_test(parcels_fill_the_districts),
        cmocka_unit_test(zones_lie_in_their_districts),
    };
    return cmocka_run_group_tests_name("synth.beijing", tests, NULL, NULL);
}
