/* The packages that come with the project: read clean, and say what the plans say. */
#include <math.h>
#include <string.h>

#include "guotu/expr.h"
#include "guotu/package.h"
#include "plan/package.h"
#include "support/support.h"

/* Reads plans/NAME; shows the mistakes when there are any. */
static gt_package *read_plan(gt_ctx *ctx, const char *name)
{
    gt_notes *notes = NULL;
    gt_package *package = NULL;
    assert_ok(ctx, gt_notes_new(ctx, 0, &notes));
    gt_status st = gt_package_read(ctx, test_path(GT_SOURCE_DIR "/plans", name), notes, &package);
    if (st != GT_OK) {
        gt_text text;
        gt_text_init(&text, ctx, 0);
        gt_notes_render_all(notes, GT_LANG_EN, &text);
        print_error("%s", gt_text_cstr(&text));
        gt_text_free(&text);
    }
    assert_ok(ctx, st);
    assert_int_equal(gt_notes_count(notes, GT_INFO), 0);
    gt_notes_free(notes);
    return package;
}

static bool carries(const gt_package *p, const char *clause, gt_item_kind kind, const char *id)
{
    gt_item_kind kinds[64];
    const char *ids[64];
    const gt_clause *c = gt_package_find_clause(p, clause);
    assert_non_null(c);
    size_t n = gt_package_carriers(p, (size_t)(c - gt_package_clause(p, 0)), 64, kinds, ids);
    for (size_t i = 0; i < n && i < 64; i++) {
        if (kinds[i] == kind && strcmp(ids[i], id) == 0) {
            return true;
        }
    }
    return false;
}

static void beijing_reads_clean(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_package *p = read_plan(ctx, "beijing");
    assert_string_equal(gt_package_id(p), "beijing");
    assert_string_equal(gt_package_crs(p), "EPSG:4548");
    assert_string_equal(gt_package_unit_layer(p), "districts");
    assert_string_equal(gt_package_unit_name_field(p), "name");
    assert_string_equal(gt_package_units(p)[1], "townships");
    assert_null(gt_package_units(p)[2]);
    assert_int_equal(gt_package_n_clauses(p), 499);
    assert_int_equal(strlen(gt_package_hash(p)), 64);
    gt_box box;
    assert_true(gt_package_extent(p, &box));
    assert_true(box.xmin < box.xmax && box.ymin < box.ymax);
    gt_package_free(p);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void rule_clauses_of_two_plans_have_rules(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_package *p = read_plan(ctx, "beijing");
    size_t seen = 0;
    for (size_t i = 0; i < gt_package_n_clauses(p); i++) {
        const gt_clause *c = gt_package_clause(p, i);
        if (strcmp(c->kind, "rule") != 0 ||
            (strcmp(c->plan, "LND") != 0 && strcmp(c->plan, "TER") != 0)) {
            continue;
        }
        gt_item_kind kinds[64];
        const char *ids[64];
        size_t n = gt_package_carriers(p, i, 64, kinds, ids);
        bool rule = false;
        for (size_t k = 0; k < n; k++) {
            rule = rule || kinds[k] == GT_ITEM_RULE;
        }
        if (!rule) {
            print_error("no rule carries %s %s\n", c->id, c->title_en);
        }
        assert_true(rule);
        seen++;
    }
    assert_int_equal(seen, 38); /* 25 of the land plan, 13 of the restoration plan */
    gt_package_free(p);
    gt_ctx_free(ctx);
}

static void citing_is_not_carrying(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_package *p = read_plan(ctx, "beijing");
    assert_true(carries(p, "LND-046", GT_ITEM_RULE, "basic-farmland-stays-farmland"));
    assert_false(carries(p, "LND-046", GT_ITEM_LAYER, "farmland_space"));
    assert_true(carries(p, "LND-014", GT_ITEM_LAYER, "farmland_space"));
    assert_true(carries(p, "LND-001", GT_ITEM_PLAN, "LND"));
    assert_true(carries(p, "LND-003", GT_ITEM_TOTAL, "urban-boundary-share-2020")); /* a fact */
    assert_false(carries(p, "LND-033", GT_ITEM_TOTAL, "basic-farmland-in-key-areas-2025"));
    gt_item_kind kinds[8];
    const char *ids[8];
    const gt_clause *c = gt_package_find_clause(p, "LND-033");
    size_t i = (size_t)(c - gt_package_clause(p, 0));
    assert_int_equal(gt_package_carriers(p, i, 8, kinds, ids), 1); /* the indicator alone */
    assert_int_equal(kinds[0], GT_ITEM_INDICATOR);
    assert_true(gt_package_citers(p, i, 8, kinds, ids) > 1);
    gt_package_free(p);
    gt_ctx_free(ctx);
}

static void land_classes_know_their_groups(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_package *p = read_plan(ctx, "beijing");
    const gt_codelist *list = gt_package_land_classes(p);
    assert_string_equal(list->id, "land_class_survey");
    static const struct {
        const char *code, *big, *map, *parent;
    } want[] = {{"0103", "farm", "0103", "01"},       {"0404", "unused", "0403", "04"},
                {"1103", "farm", "1703", "11"},       {"1201", "construction", "2301", "12"},
                {"0810", "construction", NULL, "08"}, {"05H1", "construction", "09", "05"},
                {"1006", "farm", "0601", "10"},       {"0303", "farm", "0507", "00"},
                {"1104A", "farm", "1704", "1104"}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const gt_code *c = gt_codelist_find(list, want[i].code);
        assert_non_null(c);
        assert_string_equal(c->big, want[i].big);
        assert_string_equal(c->parent, want[i].parent);
        if (want[i].map == NULL) {
            assert_null(c->map_to);
        } else {
            assert_string_equal(c->map_to, want[i].map);
        }
    }
    assert_null(gt_codelist_find(list, "0909"));
    assert_null(gt_codelist_find(list, ""));
    for (size_t i = 1; i < list->n_codes; i++) {
        assert_true(strcmp(list->codes[i - 1].code, list->codes[i].code) < 0);
    }
    gt_package_free(p);
    gt_ctx_free(ctx);
}

static void figures_have_areas_and_precedence(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_package *p = read_plan(ctx, "beijing");
    assert_near(gt_package_find_total(p, "farmland-space-2020")->m2, 200e8 / 15, 1);
    assert_near(gt_package_find_total(p, "basic-farmland-2020")->m2, 1e9, 1e-3);
    assert_near(gt_package_find_total(p, "urban-boundary-share-2020")->m2, 0.14 * 16410e6, 1);
    assert_true(isnan(gt_package_find_total(p, "farmland-safe-use-2025-lnd")->m2));
    double zones = 0;
    size_t n = 0;
    for (size_t i = 0; i < gt_package_n_totals(p); i++) {
        const gt_total *t = gt_package_total(p, i);
        if (strcmp(t->quantity, "zone_area") == 0) {
            zones += t->value;
            n++;
        }
    }
    assert_int_equal(n, 18);
    assert_near(zones, 16410, 0);

    const gt_total *other = NULL;
    gt_precedence why = GT_ONLY_ONE;
    const gt_total *t = gt_package_in_force(p, "eco_control_share", "city", 2020, &other, &why);
    assert_string_equal(t->clause, "LND-003"); /* later than TER-006 */
    assert_string_equal(other->clause, "TER-006");
    assert_int_equal(why, GT_LATER_OVER_EARLIER);
    t = gt_package_in_force(p, "farmland_safe_use", "city", 2025, &other, &why);
    assert_near(t->value, 95, 0);
    assert_near(other->value, 92, 0);
    t = gt_package_in_force(p, "forest_cover", "city", 2035, &other, &why);
    assert_string_equal(t->clause, "TER-011"); /* the draft's 48 % is history only */
    assert_null(other);
    assert_int_equal(why, GT_ONLY_ONE);
    assert_null(gt_package_in_force(p, "forest_cover", "moon", 2035, &other, &why));
    gt_package_free(p);
    gt_ctx_free(ctx);
}

static double figure(const gt_package *p, const char *id)
{
    const gt_total *t = gt_package_find_total(p, id);
    assert_non_null(t);
    return t->value;
}

/* Sums the plans print with their parts. */
static void printed_sums_reconcile(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_package *p = read_plan(ctx, "beijing");
    assert_near(figure(p, "urban-rural-land-existing-2020") + figure(p, "approved-unbuilt-2020"),
                figure(p, "urban-rural-land-2020"), 1e-9);
    assert_near(figure(p, "greenway-city-2020") + figure(p, "greenway-district-2020"),
                figure(p, "greenway-2020"), 0);
    assert_near(figure(p, "ecological-control-share-2020-lnd") +
                    figure(p, "urban-boundary-share-2020") + figure(p, "restricted-share-2020"),
                100, 0);
    assert_near(figure(p, "plain-construction-land-2020") / figure(p, "plain-area"), 0.4446, 1e-4);
    assert_int_equal(gt_package_find_total(p, "greenway-2020")->since, 2016);
    gt_package_free(p);
    gt_ctx_free(ctx);
}

/* A view is not carried out by a figure, though it only describes; history is kept by the register.
 */
static void descriptive_clauses_are_carried_by_facts_only(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_package *p = read_plan(ctx, "beijing");
    assert_true(carries(p, "TER-087", GT_ITEM_PLAN, "TER"));
    assert_true(carries(p, "TER-089", GT_ITEM_PLAN, "TER"));
    assert_true(carries(p, "LND-010", GT_ITEM_TOTAL, "farmland-taken-2020"));
    assert_true(carries(p, "LND-094", GT_ITEM_VIEW, "current-land-use"));
    const gt_clause view = {.kind = "view", .strength = "descriptive"};
    assert_false(gt_clause_carried_by(&view, GT_ITEM_TOTAL));
    assert_true(gt_clause_carried_by(&view, GT_ITEM_VIEW));
    const gt_clause rule = {.kind = "rule", .strength = "binding"};
    for (int kind = 0; kind < GT_ITEM_KINDS; kind++) {
        assert_int_equal(gt_clause_carried_by(&rule, (gt_item_kind)kind), kind == GT_ITEM_RULE);
    }
    /* a process is what ledgers let happen and rules ask for; a map or a figure is not enough */
    const gt_clause process = {.kind = "process", .strength = "binding"};
    assert_true(gt_clause_carried_by(&process, GT_ITEM_LEDGER));
    assert_true(gt_clause_carried_by(&process, GT_ITEM_RULE));
    assert_false(gt_clause_carried_by(&process, GT_ITEM_VIEW));
    assert_false(gt_clause_carried_by(&process, GT_ITEM_INDICATOR));
    assert_false(gt_clause_carried_by(&process, GT_ITEM_CODES));
    assert_true(carries(p, "LND-018", GT_ITEM_LEDGER, "village_contracts"));
    assert_true(carries(p, "LND-080", GT_ITEM_RULE, "farmland-not-less-nor-poorer"));
    gt_package_free(p);
    gt_ctx_free(ctx);
}

static void rules_name_what_they_use(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_package *p = read_plan(ctx, "beijing");
    const gt_rule *r = gt_package_find_rule(p, "zero-construction-in-farmland-space");
    assert_non_null(r);
    assert_int_equal(r->effect, GT_DENY);
    assert_int_equal(r->strength, GT_BINDING);
    assert_string_equal(r->comply_cut_out, "space");
    assert_int_equal(r->n_measures, 2);
    assert_string_equal(r->measures[0].id, "space");
    assert_null(r->measures[0].where);
    assert_string_equal(r->measures[1].where, "part = 'basic'");
    bool fact = false, measure = false;
    for (size_t i = 0; i < r->n_names; i++) {
        assert_string_equal(r->names[i].name, r->name_texts[i]);
        fact = fact || (r->names[i].kind == GT_NAME_FACT && r->names[i].field != NULL &&
                        strcmp(r->names[i].name, "adds_building") == 0);
        measure = measure || (r->names[i].kind == GT_NAME_MEASURE && r->names[i].measure == 1 &&
                              r->names[i].aspect == GT_ASPECT_LARGEST_M2 &&
                              strcmp(r->names[i].name, "basic_largest_m2") == 0);
    }
    assert_true(fact && measure);
    r = gt_package_find_rule(p, "core-zone-interventions");
    assert_int_equal(r->n_exceptions, 1);
    assert_string_equal(r->exceptions[0].clauses[0], "TER-044");
    assert_null(gt_package_find_rule(p, "no-such-rule"));
    gt_package_free(p);
    gt_ctx_free(ctx);
}

/* Every title of every item in both languages; Chinese text is Chinese. */
static void titles_are_in_both_languages(void **state)
{
    const char *name = *state;
    gt_ctx *ctx = test_ctx();
    gt_package *p = read_plan(ctx, name);
    for (size_t i = 0; i < gt_package_n_items(p); i++) {
        const gt_item *item = gt_package_item(p, i);
        assert_non_null(item->id);
        assert_true(item->title.en != NULL && item->title.en[0] != '\0');
        bool han = false;
        for (const char *c = item->title.zh; *c != '\0'; c++) {
            han = han || ((unsigned char)*c >= 0xE4 && (unsigned char)*c <= 0xE9);
        }
        if (!han) {
            print_error("%s: zh title is not Chinese: %s\n", item->id, item->title.zh);
        }
        assert_true(han);
        assert_true(item->line > 0 && item->column > 0 && item->file != NULL);
    }
    for (size_t i = 0; i < gt_package_n_layers(p); i++) {
        const gt_standard *layer = gt_package_layer(p, i);
        for (size_t k = 0; k < layer->n_fields; k++) {
            assert_non_null(layer->fields[k].title.zh);
            assert_non_null(layer->fields[k].title.en);
        }
    }
    gt_package_free(p);
    gt_ctx_free(ctx);
}

static void liechtenstein_is_another_place(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    gt_package *p = read_plan(ctx, "liechtenstein");
    assert_string_equal(gt_package_crs(p), "EPSG:32632");
    assert_string_equal(gt_package_unit_layer(p), "municipalities");
    assert_string_equal(gt_codelist_find(gt_package_land_classes(p), "vineyard")->big, "farm");
    const gt_standard *roads = gt_package_find_layer(p, "roads");
    assert_int_equal(roads->geom_type, GT_LINESTRING);
    gt_import_from from = gt_package_import(p, (size_t)(roads - gt_package_layer(p, 0)));
    assert_string_equal(from.layer, "lines");
    assert_string_equal(from.where, "highway IS NOT NULL");
    for (size_t i = 0; i < gt_package_n_clauses(p); i++) {
        gt_item_kind kinds[8];
        const char *ids[8];
        assert_true(gt_package_carriers(p, i, 8, kinds, ids) > 0);
    }
    gt_package_free(p);
    gt_ctx_free(ctx);
}

int main(void)
{
    static const char beijing[] = "beijing", liechtenstein[] = "liechtenstein";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beijing_reads_clean),
        cmocka_unit_test(rule_clauses_of_two_plans_have_rules),
        cmocka_unit_test(citing_is_not_carrying),
        cmocka_unit_test(land_classes_know_their_groups),
        cmocka_unit_test(figures_have_areas_and_precedence),
        cmocka_unit_test(printed_sums_reconcile),
        cmocka_unit_test(descriptive_clauses_are_carried_by_facts_only),
        cmocka_unit_test(rules_name_what_they_use),
        cmocka_unit_test_prestate(titles_are_in_both_languages, (void *)beijing),
        cmocka_unit_test_prestate(titles_are_in_both_languages, (void *)liechtenstein),
        cmocka_unit_test(liechtenstein_is_another_place),
    };
    return cmocka_run_group_tests_name("plan.packages", tests, NULL, NULL);
}
