/* Real data, drawn: districts, compounds and metro of Beijing, parcels of a town at two dates. The
 * pictures stay in the build folder (samples/) to be looked at. Needs the data outside the project.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/gpkg_source.h"
#include "report/lsan.h"
#include "report/map.h"

typedef struct fixture {
    gt_ctx *ctx;
    gt_crs *crs;
    gt_plane *plane;
    gpkg_data data;
    gpkg_layer tables[8];
    gt_map_layer layers[8];
    gt_map_options o;
    size_t n;
    char files[8][4200];
    /* seen by the probe */
    gt_page page;
    size_t n_labels, n_placed, n_rows, n_cut;
    double m2[8];
    uint64_t features[8];
} fixture;

static void look(void *user, const gt_page *page, const gt_window *view, const gt_legend *legend,
                 const gt_labels *labels, const gt_tally *tallies, const gt_scale_bar *bar)
{
    fixture *f = user;
    (void)view;
    (void)bar;
    f->page = *page;
    f->n_labels = gt_labels_count(labels);
    f->n_placed = 0;
    for (size_t i = 0; i < f->n_labels; i++) {
        const gt_label *a = gt_labels_get(labels, i);
        f->n_placed += a->placed ? 1U : 0U;
        for (size_t j = 0; a->placed && j < i; j++) {
            const gt_label *b = gt_labels_get(labels, j);
            assert_false(b->placed && gt_rect_meets(a->rect, b->rect));
        }
    }
    f->n_rows = 0;
    f->n_cut = 0;
    for (size_t i = 0; i < legend->n; i++) {
        f->n_rows += legend->rows[i].hidden ? 0U : 1U;
        f->n_cut += !legend->rows[i].hidden && legend->rows[i].cut ? 1U : 0U;
    }
    for (size_t i = 0; i < f->o.n_layers; i++) {
        f->m2[i] = 0;
        f->features[i] = tallies[i].n_features;
        for (size_t k = 1; k <= f->layers[i].n_classes + 1; k++) {
            f->m2[i] += tallies[i].m2[k];
        }
    }
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    assert_ok(f->ctx, gt_crs_new(f->ctx, "EPSG:4548", &f->crs));
    assert_ok(f->ctx, gt_plane_new(f->ctx, f->crs, &f->plane));
    f->data = (gpkg_data){f->tables, f->crs};
    gt_map_options_init(f->ctx, &f->o);
    f->o.lang = GT_LANG_ZH;
    f->o.layers = f->layers;
    (void)mkdir(GT_BINARY_DIR "/samples", 0777);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    gt_plane_free(f->ctx, f->plane);
    gt_crs_free(f->ctx, f->crs);
    assert_int_equal(gt_ctx_memory_used(f->ctx), 0);
    gt_ctx_free(f->ctx);
    free(f);
    return 0;
}

static gt_map_layer *add(fixture *f, const char *file, const char *sql, const char *crs,
                         gt_datum_shift datum, gt_title title)
{
    size_t i = f->n++;
    (void)snprintf(f->files[i], sizeof f->files[i], "%s/%s", test_data_dir(), file);
    f->tables[i] = (gpkg_layer){f->files[i], sql, crs, datum};
    f->layers[i] = (gt_map_layer){.id = sql, .title = title, .extent = {1, 1, 0, 0}};
    gt_map_style_init(&f->layers[i].style);
    f->o.n_layers = f->n;
    return &f->layers[i];
}

static void draw(fixture *f, const char *name, const gt_plane *plane)
{
    gt_map_source source = gpkg_source(&f->data, plane);
    const gt_map_probe probe = {f, look};
    char path[4200];
    (void)snprintf(path, sizeof path, GT_BINARY_DIR "/samples/%s", name);
    assert_ok(f->ctx, gt_map_draw_probed(f->ctx, &source, &f->o, path, &probe));
    assert_int_equal(access(path, R_OK), 0);
    for (int i = 0; i < GT_SLOT_COUNT; i++) {
        for (int j = 0; j < i; j++) {
            bool both = f->page.slot[i].w > 0 && f->page.slot[j].w > 0;
            assert_false(both && gt_rect_meets(f->page.slot[i], f->page.slot[j]));
        }
    }
}

static gt_map_layer *add_districts(fixture *f)
{
    gt_map_layer *l =
        add(f, "bj-admin/bj_admin.gpkg", "select geom, null, name from districts_detailed_wgs84",
            "EPSG:4326", GT_DATUM_AS_STATED, (gt_title){"区界", "Districts"});
    l->style.fill_opacity = 0;
    l->style.each = true;
    l->style.stroke = "#5f5c55";
    l->style.stroke_width = 0.75;
    l->style.label_size = 9;
    l->style.label_bold = true;
    return l;
}

static void every_district_is_named(void **state)
{
    fixture *f = *state;
    if (test_data_dir() == NULL) {
        test_skip("needs the data outside the project (bj-admin)");
    }
    add_districts(f);
    f->o.title = (gt_title){"北京市行政区划", "Districts of Beijing"};
    draw(f, "districts.png", f->plane);
    assert_int_equal(f->features[0], 16);
    assert_int_equal(f->n_placed, 16);
    /* 16 395.1 km2 by GEOS on the plane (the data's README); ground areas differ by the scale */
    assert_near(f->m2[0] / 1e6, 16395, 25);
    f->o.width = 700; /* a small picture: those that find no place are left out, none overlaps */
    f->o.height = 500;
    f->o.dpi = 72;
    draw(f, "districts-small.png", f->plane);
    assert_true(f->n_placed >= 10);
}

static void the_one_map_of_open_data(void **state)
{
    fixture *f = *state;
    if (test_data_dir() == NULL) {
        test_skip("needs the data outside the project (bj-admin, bj-compounds, bj-transit)");
    }
    gt_map_layer *l =
        add(f, "bj-admin/bj_admin.gpkg", "select geom, null, null from districts_detailed_wgs84",
            "EPSG:4326", GT_DATUM_AS_STATED, (gt_title){"市域", "Territory"});
    l->style.fill = "#fdfcf8";
    l->style.stroke = NULL;
    l->base = true;
    l->hide_legend = true;
    l = add(f, "bj-compounds/bj_compounds.gpkg",
            "select geom, null, null from compound_polygons_bd09", "EPSG:4326", GT_DATUM_BD09,
            (gt_title){"居住小区", "Residential compounds"});
    l->style.fill = "#d98c6a";
    l->style.stroke = NULL;
    l->origin = GT_ORIGIN_OPEN;
    l = add(f, "bj-transit/bj_transit.gpkg",
            "select geom, null, null from subway_lines_2023_straight_wgs84_derived", "EPSG:4326",
            GT_DATUM_AS_STATED, (gt_title){"轨道交通线路", "Metro lines"});
    l->style.stroke = "#7a4b8c";
    l->style.stroke_width = 0.8;
    l->style.band = "#ffffff";
    l->style.band_width = 1.6;
    l->style.band_opacity = 0.9;
    l = add(f, "bj-compounds/bj_compounds.gpkg", "select geom, null, null from communities_wgs84",
            "EPSG:4326", GT_DATUM_AS_STATED, (gt_title){"小区点位", "Compound points"});
    l->style.fill = "#2f6f8f";
    l->style.stroke = "#ffffff";
    l->style.stroke_width = 0.3;
    l->style.point_size = 2;
    add_districts(f);
    f->o.title = (gt_title){"北京市国土空间一张图", "Beijing: one map"};
    f->o.note = (gt_title){"资料来源：开放数据", "Sources: open data"};
    static const char *const names[] = {"beijing.png", "beijing.pdf", "beijing.svg"};
    for (int i = 0; i < 3; i++) {
        f->o.lang = i == 1 ? GT_LANG_EN : GT_LANG_ZH;
        draw(f, names[i], f->plane);
        assert_int_equal(f->features[1], 3700);
        assert_int_equal(f->features[3], 4364);
        assert_near(f->m2[1] / 1e6, 261.8, 0.6); /* the data's README */
        assert_int_equal(f->n_cut, 0);
        assert_int_equal(f->n_rows, 4);
    }
    f->o.lang = GT_LANG_ZH;
    f->o.locator = 4;
    f->o.has_box = true;
    f->o.box = (gt_box){440000, 4408000, 464000, 4424000};
    draw(f, "beijing-centre.png", f->plane);
    assert_true(f->features[1] > 500 && f->features[1] < 3700);
    assert_true(f->page.slot[GT_SLOT_LOCATOR].w > 0);
}

static const gt_map_class foshan[] = {{"farmland", {"耕地", "Cropland"}, "#f4e8a8"},
                                      {"garden", {"园地", "Orchard"}, "#d6dc92"},
                                      {"woodland", {"林地", "Woodland"}, "#a9c98f"},
                                      {"water", {"水面", "Water"}, "#a9cbe0"},
                                      {"city", {"城镇用地", "Built-up"}, "#e9b9a6"}};

static void parcels_of_two_dates(void **state)
{
    fixture *f = *state;
    if (test_data_dir() == NULL) {
        test_skip("needs the data outside the project (foshan-parcels-2015-2018)");
    }
    const char *file = "foshan-parcels-2015-2018/foshan_parcels.gpkg";
    gt_map_layer *l = add(f, file, "select geom, DLMC, DLMC from landuse_2015", NULL,
                          GT_DATUM_AS_STATED, (gt_title){"土地利用（2015）", "Land use, 2015"});
    l->classes = foshan;
    l->n_classes = 5;
    l->style.each = true;
    l->style.label_size = 6.5;
    l->style.label_min_area = 900;
    l = add(f, file, "select geom, null, null from restricted_area", NULL, GT_DATUM_AS_STATED,
            (gt_title){"限制建设区", "Restricted area"});
    l->style.fill_opacity = 0;
    l->style.hatch = GT_HATCH_UP;
    l->style.hatch_color = "#2f7d4f";
    l->style.stroke = "#c0392b";
    l->style.stroke_width = 1;
    l->style.band = "#c0392b";
    l->style.band_width = 2.4;
    f->o.width = 1654;
    f->o.height = 2339;
    f->o.title = (gt_title){"土地利用图", "Land use"};
    double whole[2];
    for (int year = 0; year < 2; year++) {
        f->tables[0].sql = year == 0 ? "select geom, DLMC, DLMC from landuse_2015"
                                     : "select geom, DLMC, DLMC from landuse_2018";
        draw(f, year == 0 ? "foshan-2015.png" : "foshan-2018.png", NULL);
        assert_int_equal(f->features[0], year == 0 ? 126 : 120);
        assert_int_equal(f->features[1], 44);
        assert_true(f->n_placed > 8);
        whole[year] = f->m2[0];
    }
    assert_near(whole[0], whole[1], 0.02 * whole[0]); /* the same town */
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(every_district_is_named),
        CASE(the_one_map_of_open_data),
        CASE(parcels_of_two_dates),
    };
#undef CASE
    return cmocka_run_group_tests_name("report.samples", tests, NULL, NULL);
}
