/* Overlay cases that once broke geometry engines (robust) and plain ones (general), from the GEOS
 * and JTS test files outside the project: our areas of intersection and of both differences against
 * GEOS on the same 1 mm grid. Every case is moved to the origin and scaled to 10 km, for many are
 * in degrees. Cases whose input is not polygonal or not valid only have to run. */
#include <dirent.h>
#include <geos_c.h>
#include <stdio.h>

#include "weave/shapes.h"

typedef struct tally {
    gt_ctx *ctx;
    GEOSContextHandle_t g;
    int cases, compared, run;
} tally;

/* Text between <tag> and </tag> at or after *at; NULL when there is none before `end`. */
static char *inside(const char *at, const char *tag, const char *end)
{
    char open[32], close[32];
    (void)snprintf(open, sizeof open, "<%s>", tag);
    (void)snprintf(close, sizeof close, "</%s>", tag);
    const char *from = strstr(at, open);
    const char *to = from == NULL ? NULL : strstr(from, close);
    if (to == NULL || to > end) {
        return NULL;
    }
    from += strlen(open);
    return strndup(from, (size_t)(to - from));
}

static GEOSGeometry *parse(GEOSContextHandle_t g, char *text)
{
    char *p = text + strspn(text, " \t\r\n");
    size_t n = strlen(p);
    while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL) {
        p[--n] = '\0';
    }
    bool hex = n > 0 && strspn(p, "0123456789ABCDEFabcdef") == n;
    if (hex) {
        GEOSWKBReader *r = GEOSWKBReader_create_r(g);
        GEOSGeometry *x = GEOSWKBReader_readHEX_r(g, r, (const unsigned char *)p, n);
        GEOSWKBReader_destroy_r(g, r);
        return x;
    }
    GEOSWKTReader *r = GEOSWKTReader_create_r(g);
    GEOSGeometry *x = GEOSWKTReader_read_r(g, r, p);
    GEOSWKTReader_destroy_r(g, r);
    return x;
}

static void add_ring(GEOSContextHandle_t g, const GEOSGeometry *ring, const double at[3], shapes *s)
{
    const GEOSCoordSequence *q = GEOSGeom_getCoordSeq_r(g, ring);
    unsigned n = 0;
    (void)GEOSCoordSeq_getSize_r(g, q, &n);
    for (unsigned i = 0; i + 1 < n; i++) {
        double x = 0, y = 0;
        (void)GEOSCoordSeq_getXY_r(g, q, i, &x, &y);
        shapes_point(s, mm((x - at[0]) * at[2]), mm((y - at[1]) * at[2]));
    }
    if (n > 1) {
        shapes_end_ring(s);
    }
}

/* The polygonal geometry as one feature; false when it is something else. */
static bool add_feature(GEOSContextHandle_t g, const GEOSGeometry *x, const double at[3], shapes *s)
{
    int type = GEOSGeomTypeId_r(g, x), n = GEOSGetNumGeometries_r(g, x);
    if (type != GEOS_POLYGON && type != GEOS_MULTIPOLYGON) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        const GEOSGeometry *p = GEOSGetGeometryN_r(g, x, i);
        if (GEOSisEmpty_r(g, p) != 0) {
            continue;
        }
        add_ring(g, GEOSGetExteriorRing_r(g, p), at, s);
        for (int k = 0; k < GEOSGetNumInteriorRings_r(g, p); k++) {
            add_ring(g, GEOSGetInteriorRingN_r(g, p, k), at, s);
        }
        shapes_end_part(s);
    }
    shapes_end_feature(s);
    return true;
}

/* The rounded shapes as GEOS geometry. */
static GEOSGeometry *back(GEOSContextHandle_t g, const shapes *s)
{
    GEOSGeometry **parts = calloc(s->n_parts + 1, sizeof *parts);
    uint32_t ring = 0;
    for (uint32_t p = 0; p < s->n_parts; p++) {
        GEOSGeometry *rings[512];
        unsigned n = 0;
        for (; ring < s->part_end[p]; ring++) {
            uint32_t from = ring == 0 ? 0 : s->ring_end[ring - 1], m = s->ring_end[ring] - from;
            GEOSCoordSequence *q = GEOSCoordSeq_create_r(g, m, 2);
            for (uint32_t i = 0; i < m; i++) {
                (void)GEOSCoordSeq_setXY_r(g, q, i, s->xy[2 * (from + i)],
                                           s->xy[2 * (from + i) + 1]);
            }
            assert_true(n < 512);
            rings[n++] = GEOSGeom_createLinearRing_r(g, q);
        }
        parts[p] = GEOSGeom_createPolygon_r(g, rings[0], rings + 1, n - 1);
    }
    GEOSGeometry *all =
        GEOSGeom_createCollection_r(g, GEOS_MULTIPOLYGON, parts, (unsigned)s->n_parts);
    free((void *)parts);
    return all;
}

static double area_of(GEOSContextHandle_t g, GEOSGeometry *x)
{
    double a = -1;
    if (x != NULL) {
        (void)GEOSArea_r(g, x, &a);
        GEOSGeom_destroy_r(g, x);
    }
    return a;
}

static void compare(tally *t, const shapes s[2], const double ours[3], const char *name)
{
    GEOSContextHandle_t g = t->g;
    GEOSGeometry *a = back(g, &s[0]), *b = back(g, &s[1]);
    double la = 0, lb = 0;
    (void)GEOSLength_r(g, a, &la);
    (void)GEOSLength_r(g, b, &lb);
    if (GEOSisValid_r(g, a) == 1 && GEOSisValid_r(g, b) == 1) {
        const double want[3] = {area_of(g, GEOSIntersectionPrec_r(g, a, b, 0.001)),
                                area_of(g, GEOSDifferencePrec_r(g, a, b, 0.001)),
                                area_of(g, GEOSDifferencePrec_r(g, b, a, 0.001))};
        for (int k = 0; k < 3; k++) {
            double bound = 0.0015 * (la + lb) + 1e-4;
            if (want[k] >= 0 && fabs(want[k] - ours[k]) > bound) {
                print_error("%s: operation %d: %.6f, GEOS %.6f, bound %.6f\n", name, k, ours[k],
                            want[k], bound);
                fail();
            }
        }
        t->compared++;
    }
    GEOSGeom_destroy_r(g, a);
    GEOSGeom_destroy_r(g, b);
}

static void weave_case(tally *t, const shapes s[2], double cell, const char *name)
{
    gt_weave_batch b[2] = {shapes_batch(&s[0], 0), shapes_batch(&s[1], 1)};
    gt_weave_options o;
    gt_weave *w = NULL;
    gt_account *a = NULL;
    double ours[3] = {0};
    gt_weave_options_init(&o);
    o.cell = cell;
    assert_ok(t->ctx, gt_weave_run(t->ctx, 2, b, 2, &o, &w));
    assert_ok(t->ctx, gt_weave_account(t->ctx, w, NULL, NULL, NULL, &a));
    for (size_t i = 0; i < gt_account_rows(a); i++) {
        const uint32_t *codes = NULL;
        double m2 = 0, plane = 0;
        gt_account_get(a, i, &codes, &m2, &plane);
        ours[codes[1] == GT_WEAVE_NONE ? 1 : codes[0] == GT_WEAVE_NONE ? 2 : 0] = m2;
    }
    gt_account_free(t->ctx, a);
    gt_weave_free(t->ctx, w);
    t->run++;
    compare(t, s, ours, name);
}

static void one_case(tally *t, const char *from, const char *end, const char *name)
{
    char *text[2] = {inside(from, "a", end), inside(from, "b", end)};
    GEOSGeometry *x[2] = {NULL, NULL};
    shapes s[2] = {{0}};
    double at[3] = {INFINITY, INFINITY, 1}, far = 0;
    bool fit = text[0] != NULL && text[1] != NULL;
    for (int k = 0; fit && k < 2; k++) {
        x[k] = parse(t->g, text[k]);
        fit = x[k] != NULL && GEOSisEmpty_r(t->g, x[k]) == 0;
    }
    for (int k = 0; fit && k < 2; k++) {
        double v = 0;
        (void)GEOSGeom_getXMin_r(t->g, x[k], &v);
        at[0] = fmin(at[0], v);
        (void)GEOSGeom_getYMin_r(t->g, x[k], &v);
        at[1] = fmin(at[1], v);
    }
    for (int k = 0; fit && k < 2; k++) {
        double u = 0, v = 0;
        (void)GEOSGeom_getXMax_r(t->g, x[k], &u);
        (void)GEOSGeom_getYMax_r(t->g, x[k], &v);
        far = fmax(far, fmax(u - at[0], v - at[1]));
    }
    fit = fit && far > 0 && isfinite(far);
    at[2] = 10000 / far;
    fit = fit && add_feature(t->g, x[0], at, &s[0]) && add_feature(t->g, x[1], at, &s[1]);
    t->cases++;
    if (fit) {
        weave_case(t, s, 0, name);
        weave_case(t, s, 777.777, name);
    }
    for (int k = 0; k < 2; k++) {
        GEOSGeom_destroy_r(t->g, x[k]);
        free(text[k]);
        shapes_free(&s[k]);
    }
}

static void one_file(tally *t, const char *path)
{
    char *xml = test_read_file(path, NULL);
    assert_non_null(xml);
    for (const char *at = strstr(xml, "<case>"); at != NULL; at = strstr(at + 1, "<case>")) {
        const char *end = strstr(at, "</case>");
        one_case(t, at, end == NULL ? at + strlen(at) : end, path);
    }
    free(xml);
}

static void quiet(const char *format, ...)
{
    (void)format;
}

static void cases_of_other_engines(void **state)
{
    (void)state;
    const char *data = test_data_dir();
    if (data == NULL) {
        test_skip("needs the overlay cases of GEOS (verify/geos-xml)");
    }
    tally t = {.ctx = test_ctx(), .g = GEOS_init_r()};
    (void)GEOSContext_setErrorHandler_r(t.g, quiet);
    static const char *const folders[] = {"verify/geos-xml/robust", "verify/geos-xml/general"};
    for (int k = 0; k < 2; k++) {
        char dir[4096];
        (void)snprintf(dir, sizeof dir, "%s", test_path(data, folders[k]));
        DIR *d = opendir(dir);
        if (d == NULL) {
            GEOS_finish_r(t.g);
            gt_ctx_free(t.ctx);
            test_skip("needs the overlay cases of GEOS (verify/geos-xml)");
        }
        for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
            if (strstr(e->d_name, ".xml") != NULL) {
                one_file(&t, test_path(dir, e->d_name));
            }
        }
        (void)closedir(d);
    }
    print_message("%d cases, %d weaves, %d compared\n", t.cases, t.run, t.compared);
    assert_true(t.compared >= 40);
    assert_int_equal(gt_ctx_memory_used(t.ctx), 0);
    GEOS_finish_r(t.g);
    gt_ctx_free(t.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases_of_other_engines)};
    return cmocka_run_group_tests_name("weave.cases", tests, NULL, NULL);
}
