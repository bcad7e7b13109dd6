/* Does a geometry meet a box? Beside GEOS, on whole coordinates, where touching is common and
 * nothing is rounded: points, lines (open, closed, folded around the box), polygons with holes. */
#include <stdio.h>
#include <string.h>

#include <geos_c.h>

#include "serve/box.h"
#include "support/support.h"

enum { SPAN = 12, ROUNDS = 6000, LONGEST = 512 };

typedef struct pair {
    gt_ctx *ctx;
    GEOSContextHandle_t geos;
    GEOSWKTReader *reader;
    gt_geom geom;
    test_rng rng;
} pair;

static void quiet(const char *message, void *user)
{
    (void)message;
    (void)user;
}

static int setup(void **state)
{
    static pair p;
    memset(&p, 0, sizeof p);
    p.ctx = test_ctx();
    p.geos = GEOS_init_r();
    GEOSContext_setErrorMessageHandler_r(p.geos, quiet, NULL);
    p.reader = GEOSWKTReader_create_r(p.geos);
    gt_geom_init(&p.geom);
    test_rng_seed(&p.rng, 41);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    pair *p = *state;
    gt_geom_free(p->ctx, &p->geom);
    GEOSWKTReader_destroy_r(p->geos, p->reader);
    GEOS_finish_r(p->geos);
    gt_ctx_free(p->ctx);
    return 0;
}

static int whole(pair *p)
{
    return (int)(test_rng_next(&p->rng) % SPAN);
}

static gt_box random_box(pair *p)
{
    int x = whole(p), y = whole(p), w = whole(p) / 3, h = whole(p) / 3;
    return (gt_box){x, y, x + w, y + h};
}

/* What GEOS says; -1: not valid, so there is no answer to compare with. */
static int geos_says(pair *p, const char *wkt, gt_box b)
{
    GEOSGeometry *g = GEOSWKTReader_read_r(p->geos, p->reader, wkt);
    assert_non_null(g);
    int says = -1;
    if (GEOSisValid_r(p->geos, g) == 1) {
        char text[160];
        if (b.xmin < b.xmax && b.ymin < b.ymax) {
            (void)snprintf(text, sizeof text, "POLYGON((%g %g,%g %g,%g %g,%g %g,%g %g))", b.xmin,
                           b.ymin, b.xmax, b.ymin, b.xmax, b.ymax, b.xmin, b.ymax, b.xmin, b.ymin);
        } else if (b.xmin == b.xmax && b.ymin == b.ymax) {
            (void)snprintf(text, sizeof text, "POINT(%g %g)", b.xmin, b.ymin);
        } else {
            (void)snprintf(text, sizeof text, "LINESTRING(%g %g,%g %g)", b.xmin, b.ymin, b.xmax,
                           b.ymax);
        }
        GEOSGeometry *box = GEOSWKTReader_read_r(p->geos, p->reader, text);
        assert_non_null(box);
        unsigned char meets = (unsigned char)GEOSIntersects_r(p->geos, g, box);
        assert_true(meets < 2);
        says = meets;
        GEOSGeom_destroy_r(p->geos, box);
    }
    GEOSGeom_destroy_r(p->geos, g);
    return says;
}

static bool we_say(pair *p, const char *wkt, gt_box b)
{
    assert_ok(p->ctx, gt_geom_from_wkt(p->ctx, wkt, strlen(wkt), &p->geom));
    return gt_box_touches(&p->geom, b);
}

static size_t put_corners(pair *p, char *wkt, size_t at, int n, bool close)
{
    int x0 = whole(p), y0 = whole(p), n_put = snprintf(wkt + at, LONGEST - at, "%d %d", x0, y0);
    at += (size_t)n_put;
    for (int i = 1; i < n; i++) {
        at += (size_t)snprintf(wkt + at, LONGEST - at, ",%d %d", whole(p), whole(p));
    }
    if (close) {
        at += (size_t)snprintf(wkt + at, LONGEST - at, ",%d %d", x0, y0);
    }
    assert_true(at + 4 < LONGEST);
    return at;
}

static void compare(pair *p, const char *head, int corners, bool close, const char *tail,
                    int least_yes, int least_no)
{
    int yes = 0, no = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char wkt[LONGEST];
        size_t at = (size_t)snprintf(wkt, sizeof wkt, "%s", head);
        at = put_corners(p, wkt, at, corners, close);
        (void)snprintf(wkt + at, sizeof wkt - at, "%s", tail);
        gt_box box = random_box(p);
        int says = geos_says(p, wkt, box);
        if (says < 0) {
            continue;
        }
        if (we_say(p, wkt, box) != (says == 1)) {
            fail_msg("%s and %g %g %g %g: GEOS says %d", wkt, box.xmin, box.ymin, box.xmax,
                     box.ymax, says);
        }
        yes += says;
        no += 1 - says;
    }
    assert_true(yes >= least_yes && no >= least_no); /* both answers were there to be wrong */
}

static void points(void **state)
{
    compare(*state, "MULTIPOINT(", 3, false, ")", 300, 1000);
    compare(*state, "POINT(", 1, false, ")", 100, 1000);
}

static void lines(void **state)
{
    compare(*state, "LINESTRING(", 2, false, ")", 300, 1000);
    compare(*state, "LINESTRING(", 5, false, ")", 1000, 500);
    compare(*state, "LINESTRING(", 4, true, ")", 1000, 500); /* a ring that is no area */
}

static void areas(void **state)
{
    compare(*state, "POLYGON((", 3, true, "))", 1000, 500);
    compare(*state, "POLYGON((", 5, true, "))", 100, 50);
}

/* A frame around the span with a hole by chance: boxes in the hole meet nothing. */
static void holes(void **state)
{
    compare(*state, "POLYGON((-3 -3,15 -3,15 15,-3 15,-3 -3),(", 4, true, "))", 500, 50);
    compare(*state, "MULTIPOLYGON(((-9 -9,-8 -9,-8 -8,-9 -9)),((", 3, true, ")))", 500, 500);
}

static void by_hand(void **state)
{
    pair *p = *state;
    const gt_box unit = {0, 0, 1, 1};
    /* around it, not over it */
    assert_false(we_say(p, "LINESTRING(-1 -1,2 -1,2 2,-1 2)", unit));
    assert_false(we_say(p, "LINESTRING(-1 -1,2 -1,2 2,-1 2,-1 -1)", unit));
    assert_true(we_say(p, "POLYGON((-1 -1,2 -1,2 2,-1 2,-1 -1))", unit));
    assert_false(
        we_say(p, "POLYGON((-2 -2,3 -2,3 3,-2 3,-2 -2),(-1 -1,-1 2,2 2,2 -1,-1 -1))", unit));
    /* a corner, a side */
    assert_true(we_say(p, "POINT(1 1)", unit));
    assert_true(we_say(p, "LINESTRING(1 5,1 1)", unit));
    assert_false(we_say(p, "LINESTRING(1.000001 5,1.000001 1)", unit));
    assert_true(we_say(p, "LINESTRING(-1 2,2 -1)", unit));
    assert_true(we_say(p, "LINESTRING(0 2,2 0)", unit)); /* through the corner */
    assert_false(we_say(p, "LINESTRING(0 2.01,2.01 0)", unit));
    /* nothing at all */
    assert_false(we_say(p, "POLYGON EMPTY", unit));
    assert_false(we_say(p, "LINESTRING EMPTY", unit));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points), cmocka_unit_test(lines),   cmocka_unit_test(areas),
        cmocka_unit_test(holes),  cmocka_unit_test(by_hand),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
