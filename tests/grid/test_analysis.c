/* Windows, distances, patches, classes, ways downstream: known values, plain references over random
 * grids, threads and tiles that must not show, what is refused. */
#include "grid/grids.h"
#include "guotu/grid_analysis.h"
#include "guotu/grid_ops.h"

#define NONE ((double)NAN)

static gt_grid *scratch(gt_ctx *ctx, const char *dir, const gt_grid_spec *like, gt_cell type)
{
    gt_grid_spec s = *like;
    gt_grid *g = NULL;
    s.type = type;
    assert_ok(ctx, gt_grid_create_scratch(ctx, dir, &s, &g));
    return g;
}

/* ---- windows ------------------------------------------------------------------------------------
 */

static double plain_focal(const double *v, int w, int h, int i, const gt_focal_options *o)
{
    double sum = 0, n = 0, min = (double)INFINITY, max = -(double)INFINITY, squares = 0, list[512];
    int x0 = i % w, y0 = i / w, r = o->radius;
    if (o->keep_nodata && isnan(v[i])) {
        return NONE;
    }
    for (int y = y0 - r; y <= y0 + r; y++) {
        for (int x = x0 - r; x <= x0 + r; x++) {
            bool in = x >= 0 && y >= 0 && x < w && y < h &&
                      (!o->circle || (x - x0) * (x - x0) + (y - y0) * (y - y0) <= r * r);
            if (in && !isnan(v[y * w + x])) {
                double a = v[y * w + x];
                list[(int)n++] = a;
                sum += a;
                min = fmin(min, a);
                max = fmax(max, a);
            }
        }
    }
    double best = NONE, most = 0;
    for (int k = 0; k < (int)n; k++) {
        double same = 0;
        squares += (list[k] - sum / n) * (list[k] - sum / n);
        for (int j = 0; j < (int)n; j++) {
            same += list[j] == list[k];
        }
        if (same > most || (same == most && list[k] < best)) {
            most = same;
            best = list[k];
        }
    }
    const double got[] = {sum / n, sum, n, min, max, max - min, sqrt(squares / n), best};
    return o->what == GT_FOCAL_COUNT ? n : n == 0 ? NONE : got[o->what];
}

static void windows(void **state)
{
    (void)state;
    enum { W = 67, H = 41 };
    char *dir = test_dir();
    double *v = random_values((size_t)W * H, 3, -6, 6, 0.3);
    for (int k = 0; k < 32; k++) {
        gt_ctx *ctx = test_ctx_threads(1 + k % 3);
        gt_grid_spec s = spec_of(W, H, GT_CELL_I16);
        s.tile = k % 2 == 0 ? 16 : 512;
        gt_focal_options o;
        gt_focal_options_init(&o);
        o.what = (gt_focal)(k % 8);
        o.radius = k / 8 == 0 ? 1 : k / 8 == 1 ? 0 : 5;
        o.circle = k / 8 >= 2;
        o.keep_nodata = k / 8 == 3;
        gt_grid *in = make_grid(ctx, test_path(dir, "v.tif"), &s, v);
        gt_grid *out =
            scratch(ctx, dir, &s, o.what == GT_FOCAL_MAJORITY ? GT_CELL_I32 : GT_CELL_F64);
        assert_ok(ctx, gt_grid_focal(ctx, in, &o, out));
        double *got = read_all(ctx, out);
        for (int i = 0; i < W * H; i++) {
            double want = plain_focal(v, W, H, i, &o);
            assert_true(same_value(got[i], want) || fabs(got[i] - want) < 1e-12);
        }
        free(got);
        o.radius = GT_FOCAL_RADIUS_MAX + 1;
        assert_fails(ctx, gt_grid_focal(ctx, in, &o, out), GT_E_USAGE, "grid.walk");
        gt_grid_close(ctx, out);
        gt_grid_close(ctx, in);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    free(v);
    test_dir_remove(dir);
}

/* Blocks are 512 x 256: the same sums on either side of their borders. */
static void window_borders(void **state)
{
    (void)state;
    enum { W = 1100, H = 520 };
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    double *v = malloc(sizeof(double) * W * H);
    assert_non_null(v);
    for (int i = 0; i < W * H; i++) {
        v[i] = i % W * 3 + i / W;
    }
    const gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    gt_grid *in = make_grid(ctx, test_path(dir, "v.tif"), &s, v),
            *out = scratch(ctx, dir, &s, GT_CELL_F64);
    gt_focal_options o;
    gt_focal_options_init(&o);
    o.radius = 9;
    assert_ok(ctx, gt_grid_focal(ctx, in, &o, out));
    double *got = read_all(ctx, out);
    for (int i = 0; i < W * H; i++) { /* of a plane the mean is its centre */
        int c = i % W, r = i / W;
        bool inside = c >= 9 && r >= 9 && c < W - 9 && r < H - 9;
        assert_true(!inside || fabs(got[i] - v[i]) < 1e-9);
    }
    free(got);
    o.what = GT_FOCAL_RANGE;
    assert_ok(ctx, gt_grid_focal(ctx, in, &o, out));
    got = read_all(ctx, out);
    for (int i = 0; i < W * H; i++) { /* as much of the window as lies on the grid */
        int c = i % W, r = i / W;
        int wide = (c + 9 < W ? c + 9 : W - 1) - (c > 9 ? c - 9 : 0);
        int high = (r + 9 < H ? r + 9 : H - 1) - (r > 9 ? r - 9 : 0);
        assert_true(got[i] == 3 * wide + high);
    }
    free(got);
    free(v);
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, in);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* A square of any size, one value after the other. */
static double plain_square(const double *v, int w, int h, int i, const gt_focal_options *o)
{
    double sum = 0, min = (double)INFINITY, max = -(double)INFINITY;
    int x0 = i % w, y0 = i / w, r = o->radius;
    if (o->keep_nodata && isnan(v[i])) {
        return NONE;
    }
    for (int y = y0 < r ? 0 : y0 - r; y <= y0 + r && y < h; y++) {
        for (int x = x0 < r ? 0 : x0 - r; x <= x0 + r && x < w; x++) {
            double a = v[y * w + x];
            sum += isnan(a) ? 0 : a;
            min = a < min ? a : min;
            max = a > max ? a : max;
        }
    }
    if (min > max) {
        return NONE;
    }
    return o->what == GT_FOCAL_MIN   ? min
           : o->what == GT_FOCAL_MAX ? max
           : o->what == GT_FOCAL_SUM ? sum
                                     : max - min;
}

/* Squares of any size, larger than the grid too: ends by doubling are those of plain windows. */
static void squares_of_any_size(void **state)
{
    (void)state;
    enum { W = 67, H = 41 };
    static const int radii[] = {1, 2, 3, 4, 7, 8, 15, 16, 31, 40, 70, GT_FOCAL_RADIUS_MAX};
    static const gt_focal whats[] = {GT_FOCAL_MIN, GT_FOCAL_MAX, GT_FOCAL_RANGE, GT_FOCAL_SUM};
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    double *v = random_values((size_t)W * H, 5, -900, 900, 0.3);
    gt_grid_spec s = spec_of(W, H, GT_CELL_I16);
    s.tile = 16;
    gt_grid *in = make_grid(ctx, test_path(dir, "v.tif"), &s, v),
            *out = scratch(ctx, dir, &s, GT_CELL_F64);
    for (size_t k = 0; k < 4 * sizeof radii / sizeof *radii; k++) {
        gt_focal_options o;
        gt_focal_options_init(&o);
        o.radius = radii[k / 4];
        o.what = whats[k % 4];
        o.keep_nodata = k % 3 == 0;
        assert_ok(ctx, gt_grid_focal(ctx, in, &o, out));
        double *got = read_all(ctx, out);
        for (int i = 0; i < W * H; i += 1 + o.radius / 8) {
            assert_true(same_value(got[i], plain_square(v, W, H, i, &o)));
        }
        free(got);
    }
    free(v);
    gt_grid_close(ctx, in);
    gt_grid_close(ctx, out);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- distance -----------------------------------------------------------------------------------
 */

static void distances(void **state)
{
    (void)state;
    enum { W = 83, H = 57 };
    char *dir = test_dir();
    for (int k = 0; k < 6; k++) {
        gt_ctx *ctx = test_ctx_threads(1 + k % 2);
        gt_grid_spec s = spec_of(W, H, GT_CELL_I32);
        double *v = random_values((size_t)W * H, 50 + (uint64_t)k, 1, 1000, 0);
        s.cell_y = k % 2 == 0 ? 10 : 25;
        s.tile = 16;
        for (int i = 0; i < W * H; i++) { /* few sources */
            v[i] = ((int)v[i] * 7 + i) % (k < 3 ? 40 : 1500) == 0 ? v[i] : k % 2 == 0 ? 0 : NONE;
        }
        v[700] = 5;
        gt_grid *in = make_grid(ctx, test_path(dir, "s.tif"), &s, v);
        gt_grid *out = scratch(ctx, dir, &s, GT_CELL_F64),
                *near = scratch(ctx, dir, &s, GT_CELL_I32);
        gt_distance_options o;
        gt_distance_options_init(&o);
        o.max_distance = k == 5 ? 100 : 0;
        assert_ok(ctx, gt_grid_distance(ctx, in, &o, out, near));
        double *got = read_all(ctx, out), *who = read_all(ctx, near);
        for (int i = 0; i < W * H; i++) {
            double best = (double)INFINITY;
            bool right = false;
            for (int pass = 0; pass < 2; pass++) {
                for (int j = 0; j < W * H; j++) {
                    double d = v[j] != 0 && !isnan(v[j])
                                   ? hypot((i % W - j % W) * s.cell_x, (i / W - j / W) * s.cell_y)
                                   : (double)INFINITY;
                    best = d < best ? d : best;
                    right = right || (pass == 1 && d < best + 1e-9 && who[i] == v[j]);
                }
            }
            if (o.max_distance > 0 && best > o.max_distance) {
                assert_true(isnan(got[i]) && isnan(who[i]));
            } else {
                assert_near(got[i], best, 1e-4);
                assert_true(right);
            }
        }
        free(got);
        free(who);
        free(v);
        gt_grid_close(ctx, near);
        gt_grid_close(ctx, out);
        gt_grid_close(ctx, in);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    test_dir_remove(dir);
}

/* One source in a grid of several strips and bands. */
static void far_away(void **state)
{
    (void)state;
    enum { W = 1300, H = 1100 };
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    double *v = calloc((size_t)W * H, sizeof *v);
    assert_non_null(v);
    gt_grid_spec s = spec_of(W, H, GT_CELL_U8);
    gt_grid *in = make_grid(ctx, test_path(dir, "n.tif"), &s, v),
            *out = scratch(ctx, dir, &s, GT_CELL_F32);
    assert_fails(ctx, gt_grid_distance(ctx, in, NULL, out, NULL), GT_E_INPUT, "grid.no-source");
    gt_grid_close(ctx, in);
    v[600 * W + 700] = 1;
    in = make_grid(ctx, test_path(dir, "o.tif"), &s, v);
    assert_ok(ctx, gt_grid_distance(ctx, in, NULL, out, NULL));
    double *got = read_all(ctx, out);
    for (int i = 0; i < W * H; i += 7) {
        assert_near(got[i], 10 * hypot(i % W - 700, i / W - 600), 2e-3);
    }
    free(got);
    free(v);
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, in);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- patches ------------------------------------------------------------------------------------
 */

static void flood(const double *v, int w, int h, int i, bool eight, double *id, double k)
{
    int *stack = malloc(sizeof(int) * (size_t)(w * h) * 9), n = 0;
    assert_non_null(stack);
    stack[n++] = i;
    id[i] = k;
    while (n > 0) {
        int c = stack[--n];
        for (int e = 0; e < 9; e++) {
            int dx = e % 3 - 1, dy = e / 3 - 1, x = c % w + dx, y = c / w + dy;
            bool in = x >= 0 && y >= 0 && x < w && y < h && (eight || dx == 0 || dy == 0);
            if (in && v[y * w + x] == v[i] && id[y * w + x] == 0) {
                id[y * w + x] = k;
                stack[n++] = y * w + x;
            }
        }
    }
    free(stack);
}

static void patches(void **state)
{
    (void)state;
    enum { W = 53, H = 47 };
    char *dir = test_dir();
    for (int k = 0; k < 8; k++) {
        gt_ctx *ctx = test_ctx();
        bool eight = k % 2 == 0;
        gt_grid_spec s = spec_of(W, H, GT_CELL_I16);
        s.tile = 16;
        double *v =
            random_values((size_t)W * H, 70 + (uint64_t)k, 0, k < 4 ? 2 : 4, k % 3 == 0 ? 0.3 : 0);
        double *id = calloc((size_t)W * H, sizeof *id), number = 0;
        assert_non_null(id);
        for (int i = 0; i < W * H; i++) {
            if (!isnan(v[i]) && id[i] == 0) {
                flood(v, W, H, i, eight, id, ++number);
            }
        }
        gt_grid *in = make_grid(ctx, test_path(dir, "v.tif"), &s, v),
                *out = scratch(ctx, dir, &s, GT_CELL_I32);
        gt_patch *list = NULL;
        size_t n = 0;
        assert_ok(ctx, gt_grid_patches(ctx, in, eight, out, &list, &n));
        assert_true((double)n == number);
        double *got = read_all(ctx, out);
        uint64_t cells = 0, all = 0;
        for (int i = 0; i < W * H; i++) {
            assert_true(isnan(v[i]) ? isnan(got[i]) : got[i] == id[i]);
            all += isnan(v[i]) ? 0 : 1;
            if (!isnan(v[i])) {
                const gt_patch *p = &list[(int)got[i] - 1];
                assert_true(p->value == (int32_t)v[i] && p->col_min <= i % W &&
                            p->col_max >= i % W && p->row_min <= i / W && p->row_max >= i / W);
            }
        }
        for (size_t i = 0; i < n; i++) {
            cells += list[i].cells;
        }
        assert_int_equal(cells, all);
        gt_free(ctx, list);
        assert_ok(ctx, gt_grid_patches(ctx, in, eight, NULL, NULL, &n));
        assert_true((double)n == number);
        free(got);
        free(id);
        free(v);
        gt_grid_close(ctx, out);
        gt_grid_close(ctx, in);
        assert_int_equal(gt_ctx_memory_used(ctx), 0);
        gt_ctx_free(ctx);
    }
    test_dir_remove(dir);
}

/* ---- classes ------------------------------------------------------------------------------------
 */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void classes(void **state)
{
    (void)state;
    enum { W = 90, H = 40, N = W * H };
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    double *v = random_values(N, 9, -5000, 5000, 0.2), breaks[GT_BREAKS_MAX + 1];
    double *sorted = malloc(sizeof(double) * N);
    assert_non_null(sorted);
    size_t n = 0;
    for (int i = 0; i < N; i++) {
        v[i] = v[i] / 8;
        sorted[n] = v[i];
        n += isnan(v[i]) ? 0 : 1;
    }
    qsort(sorted, n, sizeof *sorted, by_value);
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    s.tile = 16;
    gt_grid *in = make_grid(ctx, test_path(dir, "v.tif"), &s, v),
            *out = scratch(ctx, dir, &s, GT_CELL_U8);
    for (int k = 1; k <= GT_BREAKS_MAX; k += 5) {
        assert_ok(ctx, gt_grid_breaks(ctx, in, GT_BREAKS_QUANTILE, k, breaks));
        for (int i = 0; i < k; i++) {
            assert_true(breaks[i] == sorted[n * (size_t)i / (size_t)k]);
        }
        assert_true(breaks[k] == sorted[n - 1]);
    }
    assert_ok(ctx, gt_grid_breaks(ctx, in, GT_BREAKS_EQUAL, 4, breaks));
    for (int i = 0; i <= 4; i++) {
        assert_near(breaks[i], sorted[0] + (sorted[n - 1] - sorted[0]) / 4 * i, 1e-9);
    }
    assert_ok(ctx, gt_grid_classify(ctx, in, breaks, 4, out));
    double *got = read_all(ctx, out);
    for (int i = 0; i < N; i++) {
        int want = 1;
        while (want < 4 && v[i] >= breaks[want]) {
            want++;
        }
        assert_true(isnan(v[i]) ? isnan(got[i]) : got[i] == want);
    }
    free(got);
    assert_fails(ctx, gt_grid_breaks(ctx, in, GT_BREAKS_EQUAL, 0, breaks), GT_E_USAGE, "grid.walk");
    assert_fails(ctx, gt_grid_breaks(ctx, in, GT_BREAKS_EQUAL, 33, breaks), GT_E_USAGE,
                 "grid.walk");
    assert_fails(ctx, gt_grid_classify(ctx, in, breaks, 0, out), GT_E_USAGE, "grid.walk");
    gt_grid_close(ctx, in);
    /* three heaps: natural breaks fall between them, whatever their sizes */
    for (int i = 0; i < N; i++) {
        v[i] = (i % 10 < 7 ? 0 : i % 10 < 9 ? 400 : 1000) + i % 13;
    }
    in = make_grid(ctx, test_path(dir, "h.tif"), &s, v);
    assert_ok(ctx, gt_grid_breaks(ctx, in, GT_BREAKS_NATURAL, 3, breaks));
    assert_true(breaks[0] == 0 && breaks[1] > 12 && breaks[1] <= 400 && breaks[2] > 412 &&
                breaks[2] <= 1000 && breaks[3] == 1012);
    gt_grid_close(ctx, in);
    for (int i = 0; i < N; i++) {
        v[i] = 7;
    }
    in = make_grid(ctx, test_path(dir, "c.tif"), &s, v);
    for (int how = 0; how < 3; how++) { /* one value: the last class holds it */
        assert_ok(ctx, gt_grid_breaks(ctx, in, (gt_breaks)how, 3, breaks));
        assert_true(breaks[0] == 7 && breaks[1] == 7 && breaks[3] == 7);
        assert_ok(ctx, gt_grid_classify(ctx, in, breaks, 3, out));
        got = read_all(ctx, out);
        assert_true(got[0] == 3);
        free(got);
    }
    gt_grid_close(ctx, in);
    for (int i = 0; i < N; i++) {
        v[i] = NONE;
    }
    in = make_grid(ctx, test_path(dir, "n.tif"), &s, v);
    assert_fails(ctx, gt_grid_breaks(ctx, in, GT_BREAKS_NATURAL, 3, breaks), GT_E_INPUT,
                 "grid.no-values");
    gt_grid_close(ctx, in);
    gt_grid_close(ctx, out);
    free(sorted);
    free(v);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- along directions ---------------------------------------------------------------------------
 */

typedef struct hills {
    gt_grid *dem, *dir, *acc;
    double *z, *d, *a;
} hills;

static void open_hills(gt_ctx *ctx, const char *dir, const gt_grid_spec *s, const double *v,
                       hills *h)
{
    h->dem = make_grid(ctx, test_path(dir, "dem.tif"), s, v);
    h->dir = scratch(ctx, dir, s, GT_CELL_U8);
    h->acc = scratch(ctx, dir, s, GT_CELL_I32);
    assert_ok(ctx, gt_grid_flow(ctx, h->dem, NULL, NULL, h->dir, h->acc, NULL));
    h->z = read_all(ctx, h->dem);
    h->d = read_all(ctx, h->dir);
    h->a = read_all(ctx, h->acc);
}

static void close_hills(gt_ctx *ctx, hills *h)
{
    gt_grid_close(ctx, h->dem);
    gt_grid_close(ctx, h->dir);
    gt_grid_close(ctx, h->acc);
    free(h->z);
    free(h->d);
    free(h->a);
}

/* First cell from i on whose target is no NaN; -1 when there is none. */
static int walk_down(const double *d, const double *target, int w, int i)
{
    static const int dx[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, dy[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
    while (isnan(target[i])) {
        int e = (int)d[i];
        if (e == 0) {
            return -1;
        }
        i += dy[e] * w + dx[e];
    }
    return i;
}

static void ways(void **state)
{
    (void)state;
    enum { W = 71, H = 64 };
    gt_ctx *ctx = test_ctx_threads(2);
    char *dir = test_dir();
    double *v = random_values((size_t)W * H, 33, 0, 300, 0.03), *t = malloc(sizeof(double) * W * H);
    assert_non_null(t);
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    s.tile = 16;
    hills h;
    open_hills(ctx, dir, &s, v, &h);
    for (int i = 0; i < W * H; i++) {
        t[i] = i % 17 == 0 && !isnan(v[i]) ? i : NONE;
    }
    gt_grid_spec whole = s;
    whole.type = GT_CELL_I32;
    gt_grid *targets = make_grid(ctx, test_path(dir, "t.tif"), &whole, t),
            *out = scratch(ctx, dir, &s, GT_CELL_I32);
    assert_ok(ctx, gt_grid_downstream(ctx, h.dir, targets, out));
    double *got = read_all(ctx, out);
    for (int i = 0; i < W * H; i++) {
        int to = isnan(v[i]) ? -1 : walk_down(h.d, t, W, i);
        assert_true(to < 0 ? isnan(got[i]) : got[i] == to);
    }
    free(got);
    gt_grid_close(ctx, targets);
    /* heights above streams of 20 cells and more */
    for (int i = 0; i < W * H; i++) {
        t[i] = h.a[i] >= 20 ? 1 : NONE;
    }
    gt_grid *streams = make_grid(ctx, test_path(dir, "st.tif"), &whole, t),
            *hand = scratch(ctx, dir, &s, GT_CELL_F32);
    assert_ok(ctx, gt_grid_hand(ctx, h.dem, h.dir, streams, dir, hand));
    got = read_all(ctx, hand);
    for (int i = 0; i < W * H; i++) {
        int to = isnan(v[i]) ? -1 : walk_down(h.d, t, W, i);
        assert_true(to < 0 ? isnan(got[i]) : got[i] == fmax(h.z[i] - h.z[to], 0));
    }
    free(got);
    gt_ctx_options small;
    gt_ctx_options_init(&small);
    small.memory_ceiling = 12000;
    gt_ctx *tight = gt_ctx_new(&small);
    assert_int_equal(gt_grid_downstream(tight, h.dir, streams, out), GT_E_MEMORY);
    gt_ctx_free(tight);
    gt_grid_close(ctx, hand);
    gt_grid_close(ctx, streams);
    gt_grid_close(ctx, out);
    close_hills(ctx, &h);
    free(t);
    free(v);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Card TH-7: a row 10, 8, 5, 2 that drains to its last cell; wetness of As 100, tan 0.1. */
static void card_values(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const gt_grid_spec s = spec_of(4, 1, GT_CELL_F32);
    const double z[] = {10, 8, 5, 2}, d[] = {1, 1, 1, 0}, st[] = {NONE, NONE, 0, 1},
                 want[] = {8, 6, 3, 0};
    const double acc[] = {10, 10, 10, NONE}, deg[] = {5.710593137499643, 5.710593137499643, 0, 5},
                 way[] = {1, 2, 0, 1};
    gt_grid *dem = make_grid(ctx, test_path(dir, "z.tif"), &s, z),
            *to = make_grid(ctx, test_path(dir, "d.tif"), &s, d);
    gt_grid *streams = make_grid(ctx, test_path(dir, "s.tif"), &s, st),
            *out = scratch(ctx, dir, &s, GT_CELL_F64);
    assert_ok(ctx, gt_grid_hand(ctx, dem, to, streams, dir, out));
    double *got = read_all(ctx, out);
    for (int i = 0; i < 4; i++) {
        assert_true(got[i] == want[i]);
    }
    free(got);
    gt_grid *a = make_grid(ctx, test_path(dir, "a.tif"), &s, acc),
            *slope = make_grid(ctx, test_path(dir, "p.tif"), &s, deg);
    gt_grid *e = make_grid(ctx, test_path(dir, "e.tif"), &s, way);
    assert_ok(ctx, gt_grid_wetness(ctx, a, e, slope, out));
    got = read_all(ctx, out);
    assert_near(got[0], 6.907755, 1e-5);
    assert_near(got[1], 6.907755 - log(sqrt(2)), 1e-5);
    assert_near(got[2], log(100 / 0.001), 1e-9); /* the floor of the slope */
    assert_true(isnan(got[3]));
    free(got);
    gt_grid_close(ctx, a);
    gt_grid_close(ctx, slope);
    gt_grid_close(ctx, e);
    gt_grid_close(ctx, out);
    gt_grid_close(ctx, streams);
    gt_grid_close(ctx, to);
    gt_grid_close(ctx, dem);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* Two springs meet (2), a third of order 1 joins (2), two of order 2 meet (3). */
static void orders(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    const gt_grid_spec s = spec_of(5, 4, GT_CELL_U8);
    const double n = NONE;
    const double d[] = {8, 7, 6, 8, 7, 1, 8, 5, 1, 6, n, n, 8, 7, 6, n, n, n, 0, n};
    const double want[] = {1, 1, n, 1, 1, 1, 2, n, 1, 2, n, n, 2, 2, n, n, n, n, 3, n};
    double st[20];
    for (int i = 0; i < 20; i++) {
        st[i] = isnan(want[i]) ? 0 : 1;
    }
    gt_grid *to = make_grid(ctx, test_path(dir, "d.tif"), &s, d),
            *on = make_grid(ctx, test_path(dir, "s.tif"), &s, st);
    gt_grid *out = scratch(ctx, dir, &s, GT_CELL_U8);
    assert_ok(ctx, gt_grid_stream_order(ctx, to, on, out));
    double *got = read_all(ctx, out);
    for (int i = 0; i < 20; i++) {
        assert_true(same_value(got[i], want[i]));
    }
    free(got);
    gt_grid_close(ctx, to);
    gt_grid_close(ctx, on);
    gt_grid_close(ctx, out);
    /* circles and what is no direction */
    const gt_grid_spec r = spec_of(3, 1, GT_CELL_I16);
    const double circle[] = {1, 5, 0}, far[] = {1, 9, 0}, one[] = {1, 1, 1}, none[] = {n, n, n};
    gt_grid *c = make_grid(ctx, test_path(dir, "c.tif"), &r, circle),
            *f = make_grid(ctx, test_path(dir, "f.tif"), &r, far);
    on = make_grid(ctx, test_path(dir, "one.tif"), &r, one);
    gt_grid *off = make_grid(ctx, test_path(dir, "none.tif"), &r, none);
    out = scratch(ctx, dir, &r, GT_CELL_I32);
    assert_fails(ctx, gt_grid_downstream(ctx, c, off, out), GT_E_INPUT, "grid.direction");
    assert_fails(ctx, gt_grid_stream_order(ctx, c, on, out), GT_E_INPUT, "grid.direction");
    assert_fails(ctx, gt_grid_downstream(ctx, f, off, out), GT_E_INPUT, "grid.direction");
    assert_ok(ctx, gt_grid_downstream(ctx, c, on, out)); /* stopped before the circle */
    gt_grid_close(ctx, c);
    gt_grid_close(ctx, f);
    gt_grid_close(ctx, on);
    gt_grid_close(ctx, off);
    gt_grid_close(ctx, out);
    assert_int_equal(gt_ctx_memory_used(ctx), 0);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),
        cmocka_unit_test(window_borders),
        cmocka_unit_test(squares_of_any_size),
        cmocka_unit_test(distances),
        cmocka_unit_test(far_away),
        cmocka_unit_test(patches),
        cmocka_unit_test(classes),
        cmocka_unit_test(ways),
        cmocka_unit_test(card_values),
        cmocka_unit_test(orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
