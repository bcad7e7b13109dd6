/* Geometries from WKT, and findings by kind, for the tests of QC. */
#ifndef GT_TESTS_STORE_IMPORT_SHAPES_H
#define GT_TESTS_STORE_IMPORT_SHAPES_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/qc.h"
#include "support/support.h"

typedef struct bench {
    gt_ctx *ctx;
    gt_qc *qc; /* polygons, no thresholds */
    gt_geom geom, mended;
    gt_qc_result result;
} bench;

static inline int bench_setup(void **state)
{
    bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->ctx = test_ctx();
    assert_ok(b->ctx, gt_qc_new(b->ctx, GT_MULTIPOLYGON, NULL, 0, &b->qc));
    gt_geom_init(&b->geom);
    gt_geom_init(&b->mended);
    *state = b;
    return 0;
}

static inline int bench_teardown(void **state)
{
    bench *b = *state;
    gt_geom_free(b->ctx, &b->geom);
    gt_geom_free(b->ctx, &b->mended);
    gt_qc_free(b->ctx, b->qc);
    assert_int_equal(gt_ctx_memory_used(b->ctx), 0);
    gt_ctx_free(b->ctx);
    free(b);
    return 0;
}

/* "POLYGON" only, read by hand: the library's own reader refuses the rings that are to be tested.
 * Rings as "x y, x y; x y, ..." and parts split by "|". */
static inline void draw(bench *b, const char *text)
{
    gt_geom_reset(&b->geom, strchr(text, '|') != NULL ? GT_MULTIPOLYGON : GT_POLYGON);
    for (const char *p = text; *p != '\0';) {
        char *end;
        double x = strtod(p, &end);
        double y = strtod(end, &end);
        assert_true(end > p);
        assert_ok(b->ctx, gt_geom_add_point(b->ctx, &b->geom, x, y));
        p = end + strspn(end, " ");
        if (*p == ',') {
            p++;
            continue;
        }
        assert_ok(b->ctx, gt_geom_end_ring(b->ctx, &b->geom));
        if (*p != ';') {
            assert_ok(b->ctx, gt_geom_end_part(b->ctx, &b->geom));
        }
        p += *p != '\0';
    }
}

static inline const gt_qc_finding *found(const bench *b, gt_qc_kind kind)
{
    for (size_t i = 0; i < b->result.n; i++) {
        if (b->result.findings[i].kind == kind) {
            return &b->result.findings[i];
        }
    }
    return NULL;
}

static inline void check(bench *b, const char *text)
{
    draw(b, text);
    assert_ok(b->ctx, gt_qc_geometry(b->ctx, b->qc, &b->geom, &b->result));
}

static inline void assert_sound(bench *b, const char *text)
{
    check(b, text);
    if (b->result.n != 0) {
        print_error("%s: %s\n", text, gt_qc_kind_name(b->result.findings[0].kind));
        fail();
    }
}

/* One finding, of this kind, at this place. */
static inline void assert_finds(bench *b, const char *text, gt_qc_kind kind, double x, double y)
{
    check(b, text);
    const gt_qc_finding *f = found(b, kind);
    if (f == NULL || !f->has_xy || fabs(f->x - x) > 1e-9 || fabs(f->y - y) > 1e-9) {
        print_error("%s: wanted %s at (%g, %g); found %zu:\n", text, gt_qc_kind_name(kind), x, y,
                    b->result.n);
        for (size_t i = 0; i < b->result.n; i++) {
            f = &b->result.findings[i];
            print_error("  %s at (%g, %g)\n", gt_qc_kind_name(f->kind), f->x, f->y);
        }
        fail();
    }
    assert_int_equal(b->result.error, gt_qc_severity(kind) == GT_ERROR);
}

#endif
