/* Inputs for the io tests, made with ogr2ogr (package gdal-bin) or byte by byte. */
#ifndef GT_TESTS_IO_MAKE_H
#define GT_TESTS_IO_MAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "guotu/source.h"
#include "io/source.h"
#include "support/support.h"

/* Runs a shell command; the test fails unless it ends with 0. */
static inline void run(const char *command)
{
    const int status = system(command); /* NOLINT(cert-env33-c): fixed commands of the tests */
    if (status != 0) {
        print_error("command failed (%d): %s\n", status, command);
    }
    assert_int_equal(status, 0);
}

static inline void put_text(const char *path, const char *text)
{
    test_write_file(path, text, strlen(text));
}

/* ogr2ogr -f FORMAT dir/to dir/from EXTRA */
static inline void convert(const char *dir, const char *format, const char *to, const char *from,
                           const char *extra)
{
    char command[4096];
    (void)snprintf(command, sizeof command, "ogr2ogr -f '%s' '%s/%s' '%s/%s' %s 2>'%s/ogr.log'",
                   format, dir, to, dir, from, extra, dir);
    run(command);
}

/* dir/name: n unit squares side by side from (400000, 4400000), as GeoJSON in EPSG:32650; fields id
 * (text), code (text), n (int), area (real), note (text, Chinese). */
static inline void make_squares(const char *dir, const char *name, int n)
{
    FILE *f = fopen(test_path(dir, name), "w");
    assert_non_null(f);
    (void)fputs(
        "{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":{\"name\":"
        "\"urn:ogc:def:crs:EPSG::32650\"}},\"features\":[",
        f);
    for (int i = 0; i < n; i++) {
        const int x = 400000 + 10 * i, y = 4400000;
        (void)fprintf(
            f,
            "%s{\"type\":\"Feature\",\"properties\":{\"id\":\"a%d\",\"code\":\"0%d\","
            "\"n\":%d,\"area\":%d.5,\"note\":\"水田%d\"},\"geometry\":{\"type\":\"Polygon\","
            "\"coordinates\":[[[%d,%d],[%d,%d],[%d,%d],[%d,%d],[%d,%d]]]}}",
            i == 0 ? "" : ",\n", i, 101 + i % 3, i, i, i, x, y, x + 10, y, x + 10, y + 10, x,
            y + 10, x, y);
    }
    (void)fputs("]}", f);
    assert_int_equal(fclose(f), 0);
}

typedef struct counted {
    long n, faults, without_geometry;
    double first_x, first_y;
} counted;

/* Reads all features. */
static inline gt_status read_all(gt_ctx *ctx, gt_source *source, counted *out)
{
    bool more = true;
    gt_status st = GT_OK;
    memset(out, 0, sizeof *out);
    while (st == GT_OK && more) {
        gt_source_feature f;
        st = gt_source_next(ctx, source, &f, &more);
        if (st == GT_OK && more) {
            if (out->n == 0 && f.geom != NULL && f.geom->n_points > 0) {
                out->first_x = f.geom->xy[0];
                out->first_y = f.geom->xy[1];
            }
            out->n++;
            out->faults += f.n_faults > 0;
            out->without_geometry += f.geom == NULL;
        }
    }
    return st;
}

#endif
