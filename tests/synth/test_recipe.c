/* The recipe reader: what it understands, and each kind of mistake with its line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "synth/recipe.h"
#include "synth/scene.h"
#include "tests_synth.h"

static const char HEAD[] = "recipe: r\n"
                           "centre: 500000 4400000\n"
                           "base_year: 2020\n"
                           "years: [\"2019\", \"2020\"]\n"
                           "density: 1 + near(centre,5000)\n";
static const char TRACK[] = "tracks:\n"
                            "  - layer: land_use\n"
                            "    parts: [{put: \"01\", rest: true}]\n";

static const char *const CODES[] = {"1", "2"}, *const NAMES[] = {"west", "east"};

static sy_territory territory(const sy_world *w)
{
    return (sy_territory){w, NULL, CODES, NAMES, 2, 400};
}

static gt_status parse(gt_ctx *ctx, const char *text, sy_recipe **out)
{
    sy_world w = {490000000, 4390000000, 1 << 25};
    sy_territory t = territory(&w);
    *out = NULL;
    return sy_recipe_parse(ctx, "r.yaml", text, strlen(text), &t, out);
}

static void a_small_recipe_is_read(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    sy_recipe *r = NULL;
    char text[4000];
    (void)snprintf(
        text, sizeof text, "%s%s", HEAD,
        "rings: [5 km, 800 m]\n"
        "rivers: [{river: a, zh: 甲河, en: A, course: [499000 4400000, 501000 4401000]}]\n"
        "lakes: [{at: 500500 4400500, zh: 湖, en: Lake, area: 150 ha}]\n"
        "pulls: [{at: 500000 4400000, weight: 2, radius: 3 km}]\n"
        "sites: [{at: 500000 4400000, radius: 400 m}]\n"
        "districts: [{units: [east, \"1\"], set: [kind=x]}]\n"
        "zones:\n"
        "  - layer: z\n"
        "    kind: parts\n"
        "    by_unit: true\n"
        "    set: [a=1, b=x|y]\n"
        "    parts:\n"
        "      - {put: one, zh: 一, en: One, share: 25 %, units: [west], smooth: 3, score: "
        "\"2*field(height) - .5\"}\n"
        "      - {put: two, rest: true, not_in: nothing}\n");
    /* not_in names something unknown: refused, then mended */
    strcat(text, TRACK);
    assert_fails(ctx, parse(ctx, text, &r), GT_E_INPUT, "synth.recipe");
    char *bad = strstr(text, ", not_in: nothing");
    memmove(bad, bad + 17, strlen(bad + 17) + 1);
    strcat(text,
           "  - layer: space\n    prefix: S\n    parts:\n"
           "      - {put: p, area: 15 mu, classes: [\"01\"], having: land_use, in: \"z:one\","
           " score: white() + 3*in(z) - ramp(slope,0.1,0.2) + band(height,1,2)}\n"
           "ribbons: [{layer: strip, width: 30 m}]\n"
           "lines: [{layer: old, prefix: L-, set: [n=@label_name], parts: [{put: lost, zh: 甲,"
           " en: A, set: [open=0], course: [499000 4400000, 499500 4400500, 500000 4400400]}, "
           "{put: lost, zh: 乙,"
           " en: B, course: [499100 4400000, 499900 4400000]}]}]\n"
           "changes: [{year: 2020, from: \"01\", to: \"01\", area: 1 km2}]\n"
           "totals: [{total: t, zh: 总, en: Total, clause: C-1, share: 50 %, of: [z, "
           "\"space:p\"]}]\n");
    /* the score has commas: it must be quoted inside braces */
    assert_fails(ctx, parse(ctx, text, &r), GT_E_INPUT, "synth.recipe");
    char *score = strstr(text, "score: white");
    char rest[3000];
    (void)snprintf(rest, sizeof rest, "%s", score + 7);
    char *end = strchr(rest, '}');
    *end = '\0';
    (void)snprintf(score, (size_t)(text + sizeof text - score), "score: \"%s\"}%s", rest, end + 1);
    assert_ok(ctx, parse(ctx, text, &r));
    assert_int_equal(r->n_zones, 1);
    assert_int_equal(r->zones[0].n_labels, 2);
    assert_near(r->zones[0].steps[0].km2, 100, 1e-9); /* a quarter of 400 */
    assert_true(isinf(r->zones[0].steps[1].km2));
    assert_true(r->zones[0].steps[0].where.units[0] && !r->zones[0].steps[0].where.units[1]);
    assert_int_equal(r->zones[0].steps[0].score.n, 2);
    assert_near(r->zones[0].steps[0].score.t[1].weight, -0.5, 0);
    assert_int_equal(r->zones[0].n_attrs, 2);
    assert_string_equal(r->zones[0].attrs[1].value, "x|y");
    assert_int_equal(r->n_tracks, 2);
    const sy_step *s = &r->tracks[1].steps[0];
    assert_near(s->km2, 0.01, 1e-12);
    assert_true(s->classes[0]);
    assert_int_equal(s->need_track, 0);
    assert_int_equal(s->where.zone_label, 0);
    assert_int_equal(s->score.n, 4);
    assert_near(r->lakes[0].km2, 1.5, 1e-12);
    assert_near(r->rings_m[0], 5000, 0);
    assert_int_equal(r->rivers[0].n_pts, 2);
    assert_int_equal(r->unit_labels[0].n_attrs, 1);
    assert_int_equal(r->totals[0].n_of, 3);
    assert_near(r->totals[0].km2, 200, 1e-9);
    assert_near(r->totals[0].tolerance, 0.01, 0);
    assert_near(r->ribbons[0].width, 30, 0);
    assert_int_equal(r->n_lines, 1);
    assert_string_equal(r->lines[0].prefix, "L-");
    assert_int_equal(r->lines[0].n_labels, 2); /* one a line, equal codes are not merged */
    assert_int_equal(r->lines[0].courses[0].n_pts, 3);
    assert_string_equal(r->lines[0].labels[1].title.zh, "乙");
    assert_int_equal(r->lines[0].labels[0].n_attrs, 1);
    sy_recipe_free(ctx, r);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* One line that is wrong, appended to a recipe that is right; line 6 is the first free one. */
static const struct {
    const char *text;
    int line;
} mistakes[] = {
    {"centre: 1 2\n", 6},                                             /* twice */
    {"colour: red\n", 6},                                             /* no such key */
    {"rings: [five]\n", 6},                                           /* not a length */
    {"rings: [5 km2]\n", 6},                                          /* an area */
    {"rivers: [{river: a, zh: x, en: y, course: [here]}]\n", 6},      /* not a place */
    {"rivers: [{river: a, zh: x, en: y, course: [1 2 3]}]\n", 6},     /* three numbers */
    {"lakes: [{at: 500000 9e12, zh: x, en: y, area: 1 km2}]\n", 6},   /* far away */
    {"lakes: [{at: 500000 4400000, zh: x, en: y, area: 1 km}]\n", 6}, /* a length */
    {"pulls: [{at: 500000 4400000, weight: -1, radius: 1 km}]\n", 6}, /* negative */
    {"districts: [{units: [north], set: [a=b]}]\n", 6},               /* no such district */
    {"districts: [{units: [west], set: [nothing]}]\n", 6},            /* not field=value */
    {"districts: [{units: [west], set: [=b]}]\n", 6},                 /* no field */
    {"zones: [{layer: z, kind: circles}]\n", 6},                      /* no such kind */
    {"zones: [{layer: z, kind: parts}]\n", 6},                        /* no parts */
    {"zones:\n  - {layer: z, kind: towns, parts: [{put: a, rest: true}]}\n", 7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a}]}\n", 7}, /* no amount */
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, area: 1 km2, rest: true}]}\n", 7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, in: later}]}\n", 7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, units: [north]}]}\n", 7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: \"near(sun,1)\"}]}\n",
     7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: "
     "\"far(river,1)\"}]}\n",
     7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: \"near(river)\"}]}\n",
     7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: "
     "\"near(river,0)\"}]}\n",
     7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: "
     "\"ramp(river,2,1)\"}]}\n",
     7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: \"noise(0.1)\"}]}\n",
     7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: \"3 * \"}]}\n", 7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: \"white() "
     "white()\"}]}\n",
     7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: \"1e999\"}]}\n", 7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: \"ray(0,0,5)\"}]}\n",
     7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: \"line(116 40,116 "
     "40,5)\"}]}\n",
     7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: \"line(116 40,117 "
     "40,0)\"}]}\n",
     7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, score: \"line(116 "
     "40,5)\"}]}\n",
     7},
    {"zones:\n  - {layer: z, kind: parts, parts: [{put: a, rest: true, smooth: 99}]}\n", 7},
    {"ribbons: [{layer: s, width: 0.2 m}]\n", 6},
    {"ribbons: [{layer: s}]\n", 6},
    {"lines: [{layer: s}]\n", 6},
    {"lines:\n  - {layer: s, parts: [{put: a, zh: 甲, en: A, course: [499000 4400000]}]}\n", 7},
    {"lines:\n  - {layer: s, parts: [{put: a, zh: 甲, en: A}]}\n", 7},
    {"lines:\n  - {layer: s, parts: [{put: a, zh: 甲, en: A, course: [499000 4400000, x 2]}]}\n",
     7},
    {"lines:\n  - {layer: s, parts: [{put: a, zh: 甲, en: A, set: [b], course: [499000 4400000, "
     "499001 4400000]}]}\n",
     7},
};

static void each_mistake_is_located(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char text[2000];
        (void)snprintf(text, sizeof text, "%s%s%s", HEAD, mistakes[i].text, TRACK);
        sy_recipe *r = NULL;
        gt_status st = parse(ctx, text, &r);
        if (st == GT_OK) {
            print_error("accepted: %s", mistakes[i].text);
        }
        assert_int_equal(st, GT_E_INPUT);
        assert_null(r);
        const gt_place *place = gt_error_place(ctx);
        assert_non_null(place->file);
        if (place->line != mistakes[i].line) {
            print_error("line %d, not %d: %s", place->line, mistakes[i].line, mistakes[i].text);
        }
        assert_int_equal(place->line, mistakes[i].line);
        gt_error_clear(ctx);
    }
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

static void tracks_and_totals_are_checked(void **state)
{
    (void)state;
    static const char *const tails[] = {
        "", /* no tracks at all */
        "tracks:\n  - {layer: l, parts: [{put: a, rest: true, classes: [\"01\"]}]}\n",
        "tracks:\n  - {layer: l, parts: [{put: a, rest: true, having: m}]}\n",
        "tracks:\n  - {layer: l, parts: [{put: a, rest: true}]}\n"
        "changes: [{year: 2020, from: b, to: a, area: 1 km2}]\n",
        "tracks:\n  - {layer: l, parts: [{put: a, rest: true}]}\n"
        "totals: [{total: t, zh: x, en: y, clause: C, area: 1 km2, of: [q]}]\n",
        "tracks:\n  - {layer: l, parts: [{put: a, rest: true}]}\n"
        "totals: [{total: t, zh: x, en: y, clause: C, area: 1 km2, of: [\"l:b\"]}]\n",
        "tracks:\n  - {layer: l, parts: [{put: a, rest: true}]}\n"
        "totals: [{total: t, zh: x, en: y, clause: C, of: [l]}]\n",
        "tracks: 5\n",
        "tracks: [\n",
    };
    gt_ctx *ctx = test_ctx();
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        char text[2000];
        sy_recipe *r = NULL;
        (void)snprintf(text, sizeof text, "%s%s", HEAD, tails[i]);
        assert_fails(ctx, parse(ctx, text, &r), GT_E_INPUT, NULL);
    }
    sy_recipe *r = NULL;
    assert_fails(ctx, parse(ctx, "", &r), GT_E_INPUT, NULL);
    assert_fails(ctx, parse(ctx, "- a\n- b\n", &r), GT_E_INPUT, NULL);
    assert_fails(ctx, parse(ctx, "recipe: \xff\n", &r), GT_E_INPUT, NULL);
    sy_world w = {0, 0, 1 << 20};
    sy_territory t = territory(&w);
    assert_fails(ctx, sy_recipe_read(ctx, "/no/such/recipe.yaml", &t, &r), GT_E_INPUT,
                 "synth.recipe");
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

/* Scores as arithmetic: every shape at places where its value is plain. */
static void scores_are_what_they_say(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    country c;
    country_make(ctx, &c);
    sy_scene s = {.seed = 3, .world = c.world, .border = c.border};
    assert_ok(ctx, sy_fields_new(ctx, &s.world, &c.border, NULL, 64, &s.fields));
    for (size_t k = 0; k < 64 * 64; k++) {
        s.fields.of[SY_F_HEIGHT][k] = 10;
    }
    sy_recipe recipe = {.centre = {0, 0}};
    s.recipe = &recipe;
    static const struct {
        sy_term t;
        double want;
    } cases[] = {
        {{.source = SY_S_ONE, .weight = 2.5}, 2.5},
        {{.source = SY_S_FIELD, .shape = SY_RAW, .field = SY_F_HEIGHT, .weight = -1}, -10},
        {{.source = SY_S_FIELD, .shape = SY_NEAR, .field = SY_F_HEIGHT, .a = 10, .weight = 1}, 0.5},
        {{.source = SY_S_FIELD,
          .shape = SY_RAMP,
          .field = SY_F_HEIGHT,
          .a = 5,
          .b = 25,
          .weight = 4},
         1},
        {{.source = SY_S_FIELD,
          .shape = SY_RAMP,
          .field = SY_F_HEIGHT,
          .a = 20,
          .b = 25,
          .weight = 4},
         0},
        {{.source = SY_S_FIELD,
          .shape = SY_RAMP,
          .field = SY_F_HEIGHT,
          .a = 1,
          .b = 2,
          .weight = 4},
         4},
        {{.source = SY_S_FIELD,
          .shape = SY_BAND,
          .field = SY_F_HEIGHT,
          .a = 12,
          .b = 2,
          .weight = 1},
         0.5},
        {{.source = SY_S_RAY, .a = 1, .b = 0, .c = 1000, .weight = 1}, 1.0 / (1 + 9e6)},
        {{.source = SY_S_RAY, .a = -1, .b = 0, .c = 1000, .weight = 1}, 0},
        {{.source = SY_S_SPOT, .at = {3000000, 3000000}, .c = 500, .weight = 2}, 2},
        {{.source = SY_S_LINE,
          .at = {1000000, 2500000},
          .to = {9000000, 2500000},
          .c = 500,
          .weight = 4},
         2}, /* half a kilometre beside it */
        {{.source = SY_S_LINE,
          .at = {1000000, 3000000},
          .to = {2000000, 3000000},
          .c = 1000,
          .weight = 4},
         2}, /* a kilometre behind its end */
        {{.source = SY_S_ZONE, .zone = 0, .label = -1, .weight = 7}, 0}, /* no zones yet */
    };
    sy_pt p = {3000000, 3000000};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sy_term t = cases[i].t;
        sy_terms one = {&t, 1};
        double v = sy_score(&s, &one, p, UINT32_MAX, 1);
        if (t.source == SY_S_RAY && t.a > 0) {
            assert_near(v, 1.0 / (1.0 + 9.0), 1e-12); /* 3 km beside a ray of 1 km */
        } else {
            assert_near(v, cases[i].want, 1e-9);
        }
    }
    sy_term noise[2] = {{.source = SY_S_NOISE, .a = 700, .weight = 1},
                        {.source = SY_S_WHITE, .weight = 1}};
    sy_terms both = {noise, 2};
    double a = sy_score(&s, &both, p, UINT32_MAX, 1), b = sy_score(&s, &both, p, UINT32_MAX, 2);
    assert_true(a != b && fabs(a) <= 2);
    assert_true(a == sy_score(&s, &both, p, UINT32_MAX, 1));
    sy_fields_free(ctx, &s.fields);
    country_free(ctx, &c);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_recipe_is_read),
        cmocka_unit_test(each_mistake_is_located),
        cmocka_unit_test(tracks_and_totals_are_checked),
        cmocka_unit_test(scores_are_what_they_say),
    };
    return cmocka_run_group_tests_name("synth.recipe", tests, NULL, NULL);
}
