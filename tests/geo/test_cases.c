/* Runs tests/geo/cases/NAME.gie, numeric cases in the manner of PROJ's gie:
 *
 *   # comment
 *   operation transform SOURCE TARGET [gcj02|bd09]     accept x y      expect x y
 *   operation survey CRS MAX_STEP                      accept WKT      expect m2
 *   operation geodesic CRS                             accept WKT      expect m2
 *   tolerance VALUE        largest difference, in the unit of the result (a relative one with %)
 *   roundtrip VALUE        the last accept again, forth and back, within VALUE (transform only)
 *   expect failure ID      the call fails with that message id */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/area.h"
#include "support/support.h"

typedef struct runner {
    gt_ctx *ctx;
    const char *file;
    int line, checked, failed;
    char operation[16];
    double max_step, tolerance;
    bool relative;
    gt_transform *forward, *back;
    gt_plane *plane;
    char accept[4096];
} runner;

static void complain(runner *r, const char *what)
{
    print_error("%s:%d: %s\n", r->file, r->line, what);
    r->failed++;
}

static void close_operation(runner *r)
{
    gt_transform_free(r->ctx, r->forward);
    gt_transform_free(r->ctx, r->back);
    gt_plane_free(r->ctx, r->plane);
    r->forward = r->back = NULL;
    r->plane = NULL;
}

static void open_transform(runner *r, const char *source, const char *target, const char *datum)
{
    gt_crs *a = NULL, *b = NULL;
    gt_datum_shift shift = GT_DATUM_AS_STATED;
    assert_true(*datum == '\0' || gt_datum_parse(datum, &shift));
    assert_ok(r->ctx, gt_crs_new(r->ctx, source, &a));
    assert_ok(r->ctx, gt_crs_new(r->ctx, target, &b));
    assert_ok(r->ctx, gt_transform_new(r->ctx, a, b, shift, &r->forward));
    assert_ok(r->ctx, gt_transform_new(r->ctx, b, a, GT_DATUM_AS_STATED, &r->back));
    gt_crs_free(r->ctx, a);
    gt_crs_free(r->ctx, b);
}

static void open_operation(runner *r, const char *rest)
{
    char a[64] = "", b[64] = "", c[64] = "";
    close_operation(r);
    if (sscanf(rest, "%15s %63s %63s %63s", r->operation, a, b, c) < 2) {
        complain(r, "operation without arguments");
        return;
    }
    if (strcmp(r->operation, "transform") == 0) {
        open_transform(r, a, b, c);
        return;
    }
    gt_crs *crs = NULL;
    assert_ok(r->ctx, gt_crs_new(r->ctx, a, &crs));
    assert_ok(r->ctx, gt_plane_new(r->ctx, crs, &r->plane));
    gt_crs_free(r->ctx, crs);
    r->max_step = atof(b);
}

static gt_status compute(runner *r, double out[2], int *n)
{
    gt_status st = GT_OK;
    *n = 1;
    if (r->forward != NULL) {
        *n = 2;
        assert_int_equal(sscanf(r->accept, "%lf %lf", &out[0], &out[1]), 2);
        return gt_transform_points(r->ctx, r->forward, out, 1);
    }
    gt_geom g = {0};
    st = gt_geom_from_wkt(r->ctx, r->accept, strlen(r->accept), &g);
    if (st == GT_OK && strcmp(r->operation, "geodesic") == 0) {
        st = gt_area_geodesic(r->ctx, r->plane, &g, out);
    } else if (st == GT_OK) {
        out[0] = gt_area_survey(r->plane, &g, r->max_step);
    }
    gt_geom_free(r->ctx, &g);
    return st;
}

static void expect(runner *r, const char *rest)
{
    double got[2] = {0, 0}, want[2] = {0, 0};
    char id[64], text[256];
    int n = 0;
    gt_status st = compute(r, got, &n);
    r->checked++;
    if (sscanf(rest, "failure %63s", id) == 1) {
        if (st == GT_OK || strcmp(gt_error_id(r->ctx), id) != 0) {
            (void)snprintf(text, sizeof text, "wanted failure %s, got '%s'", id,
                           gt_error_id(r->ctx));
            complain(r, text);
        }
        gt_error_clear(r->ctx);
        return;
    }
    if (st != GT_OK || sscanf(rest, "%lf %lf", &want[0], &want[1]) != n) {
        (void)snprintf(text, sizeof text, "failed with '%s'", gt_error_id(r->ctx));
        complain(r, text);
        gt_error_clear(r->ctx);
        return;
    }
    for (int i = 0; i < n; i++) {
        double allowed = r->relative ? r->tolerance / 100 * fabs(want[i]) : r->tolerance;
        if (!(fabs(got[i] - want[i]) <= allowed)) {
            (void)snprintf(text, sizeof text, "%.17g is not %.17g within %g (off by %g)", got[i],
                           want[i], allowed, got[i] - want[i]);
            complain(r, text);
        }
    }
}

static void roundtrip(runner *r, double tolerance)
{
    double in[2], xy[2];
    assert_int_equal(sscanf(r->accept, "%lf %lf", &in[0], &in[1]), 2);
    memcpy(xy, in, sizeof xy);
    r->checked++;
    assert_ok(r->ctx, gt_transform_points(r->ctx, r->forward, xy, 1));
    assert_ok(r->ctx, gt_transform_points(r->ctx, r->back, xy, 1));
    if (!(fabs(xy[0] - in[0]) <= tolerance && fabs(xy[1] - in[1]) <= tolerance)) {
        complain(r, "does not come back");
    }
}

static void run_line(runner *r, char *line)
{
    char *comment = strchr(line, '#');
    if (comment != NULL) {
        *comment = '\0';
    }
    line[strcspn(line, "\r\n")] = '\0';
    char verb[16] = "";
    int used = 0;
    if (sscanf(line, "%15s %n", verb, &used) < 1) {
        return;
    }
    const char *rest = line + used;
    if (strcmp(verb, "operation") == 0) {
        open_operation(r, rest);
    } else if (strcmp(verb, "tolerance") == 0) {
        r->tolerance = atof(rest);
        r->relative = strchr(rest, '%') != NULL;
    } else if (strcmp(verb, "accept") == 0) {
        (void)snprintf(r->accept, sizeof r->accept, "%s", rest);
    } else if (strcmp(verb, "expect") == 0) {
        expect(r, rest);
    } else if (strcmp(verb, "roundtrip") == 0) {
        roundtrip(r, atof(rest));
    } else {
        complain(r, "unknown word");
    }
}

static int run_file(gt_ctx *ctx, const char *path, int *checked)
{
    runner r = {.ctx = ctx, .file = path};
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char line[4096];
    while (fgets(line, sizeof line, f) != NULL) {
        r.line++;
        run_line(&r, line);
    }
    (void)fclose(f);
    close_operation(&r);
    *checked += r.checked;
    return r.failed;
}

static void every_case_file_holds(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    const char *folder = GT_SOURCE_DIR "/tests/geo/cases";
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    int failed = 0, checked = 0, files = 0;
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (strstr(e->d_name, ".gie") != NULL) {
            failed += run_file(ctx, test_path(folder, e->d_name), &checked);
            files++;
        }
    }
    (void)closedir(dir);
    print_message("%d cases in %d files\n", checked, files);
    assert_int_equal(failed, 0);
    assert_true(files >= 5 && checked >= 60);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_file_holds)};
    return cmocka_run_group_tests_name("geo.cases", tests, NULL, NULL);
}
