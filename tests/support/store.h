/* Workspaces for tests: opened on a package of the test tree, filled with polygons by hand.
 * Each function fails the test when the call below it fails. */
#ifndef GT_TESTS_STORE_H
#define GT_TESTS_STORE_H

#include "guotu/package.h"
#include "guotu/store.h"
#include "support/support.h"

/* Corner of the plane's test area, m: coordinates handed to test_put count from here. EPSG:4548. */
#define TEST_X0 500000.0
#define TEST_Y0 4430000.0

/* An empty workspace dir/w and the package it is made for (a folder under the source tree, as
 * "tests/check/package"). test_store_shut frees both, the context and the folder, and finds leaks.
 */
void test_store_open(gt_ctx *ctx, const char *dir, const char *package_dir, gt_package **package,
                     gt_store **store);
void test_store_shut(gt_ctx *ctx, char *dir, gt_package *package, gt_store *store);

gt_commit *test_begin(gt_ctx *ctx, gt_store *store);
int64_t test_finish(gt_ctx *ctx, gt_commit *c); /* the new revision */
void test_define_layers(gt_ctx *ctx, gt_commit *c, const gt_package *package, gt_origin origin);

gt_value test_text(const char *s); /* borrows s */

/* One polygon of n corners (not closed by the caller), valid from a day. */
void test_put(gt_ctx *ctx, gt_commit *c, const char *layer, const char *id, const double (*xy)[2],
              int n, gt_value value, gt_date from);
/* box: xmin, ymin, xmax, ymax. */
void test_put_box(gt_ctx *ctx, gt_commit *c, const char *layer, const char *id, const double box[4],
                  gt_value value, gt_date from);
/* A feature of any geometry, in the plane's own coordinates. */
void test_put_geom(gt_ctx *ctx, gt_commit *c, const char *layer, const char *id, const gt_geom *g,
                   const gt_value *values, size_t n_values, gt_date from);

#endif
