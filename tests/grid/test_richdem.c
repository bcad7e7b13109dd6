/* Cases that other programs are tested by, under their names there: RichDEM's accumulations
 * (tests/flow_accum) and small heights (data). Where we differ on purpose the case says in what.
 * RichDEM's fillings and breachings are in test_water.c, GDAL's viewsheds in test_view.c. */
#include <stdio.h>

#include "grid/grids.h"
#include "guotu/grid_ops.h"
#include "guotu/grid_water.h"

static gt_grid *like(gt_ctx *ctx, const char *path, const gt_grid *g, gt_cell type)
{
    gt_grid_spec s;
    gt_grid *out = NULL;
    gt_grid_spec_like(g, type, &s);
    assert_ok(ctx, gt_grid_create(ctx, path, &s, &out));
    return out;
}

/* ---- accumulation -------------------------------------------------------------------------------
 * RichDEM counts the directions 1 .. 8 clockwise from W, we do counter-clockwise from E; its cells
 * whose water leaves the map or falls into nodata point there, ours have direction 0. */

static const int OURS[9] = {0, 5, 4, 3, 2, 1, 8, 7, 6};
static const int DX[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, DY[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};

typedef struct accumulation {
    const char *name;
    int side;
    const char *d8;  /* RichDEM's, rows parted by blanks; '9' is nodata; one digit: everywhere */
    const char *out; /* RichDEM's, a character a cell: 0-9, a-z, A-Z; NULL: by `count` */
    int (*count)(int col, int row);
} accumulation;

static int number_of(char c)
{
    return c <= '9' ? c - '0' : c >= 'a' ? c - 'a' + 10 : c - 'A' + 36;
}

static int to_east(int c, int r)
{
    (void)r;
    return c + 1;
}
static int to_west(int c, int r)
{
    (void)r;
    return 10 - c;
}
static int to_north(int c, int r)
{
    (void)c;
    return 10 - r;
}
static int to_south(int c, int r)
{
    (void)c;
    return r + 1;
}
static int least(int a, int b)
{
    return a < b ? a : b;
}
static int to_ne(int c, int r)
{
    return least(to_east(c, r), to_north(c, r));
}
static int to_nw(int c, int r)
{
    return least(to_west(c, r), to_north(c, r));
}
static int to_se(int c, int r)
{
    return least(to_east(c, r), to_south(c, r));
}
static int to_sw(int c, int r)
{
    return least(to_west(c, r), to_south(c, r));
}

/* clang-format off */
static const accumulation FLOW_ACCUM[] = {
    {"test_east", 10, "5", NULL, to_east},
    {"test_west", 10, "1", NULL, to_west},
    {"test_north", 10, "3", NULL, to_north},
    {"test_south", 10, "7", NULL, to_south},
    {"test_ne", 10, "4", NULL, to_ne},
    {"test_nw", 10, "2", NULL, to_nw},
    {"test_se", 10, "6", NULL, to_se},
    {"test_sw", 10, "8", NULL, to_sw},
    {"testdem1", 10, "3", NULL, to_north},
    {"testdem3", 10, "7", NULL, to_south},
    {"testdem2", 10,
     "3333333333 3333333333 3333333333 3333333333 3333333333 4323432343 3333333333 3333333333 "
     "3333333333 3333333333",
     "5k5a5k5a5f 4j494j494e 3i383i383d 2h272h272c 1g161g161b 5555555555 4444444444 3333333333 "
     "2222222222 1111111111", NULL},
    {"testdem4", 10,
     "7777777777 7777777777 7777777777 7777777777 8767876767 7777777777 7777777777 7777777777 "
     "7777777777 7777777777",
     "1111111111 2222222222 3333333333 4444444444 5555555555 161g161b1b 272h272c2c 383i383d3d "
     "494j494e4e 5a5k5a5f5f", NULL},
    {"testdem5", 10,
     "0000000003 0000000003 0000000003 0000000003 7575757573 5353535353 0000000000 0000000000 "
     "0000000000 0000000000",
     "111111111o 111111111n 111111111m 111111111l 14589cdghk 2367abefij 1111111111 1111111111 "
     "1111111111 1111111111", NULL},
    {"testdem6", 10,
     "0000300000 0000300000 0000300000 0000300000 7070300000 7070300000 7070300000 7070300000 "
     "7070300000 5555300000",
     "1111o11111 1111n11111 1111m11111 1111l11111 1111k11111 2121j11111 3131i11111 4141h11111 "
     "5151g11111 67def11111", NULL},
    {"testdem7", 10,
     "5555700000 3030700000 3030700000 3030700000 3030700000 0000700000 0000700000 0000700000 "
     "0000700000 0000700000",
     "56bcd11111 4141e11111 3131f11111 2121g11111 1111h11111 1111i11111 1111j11111 1111k11111 "
     "1111l11111 1111m11111", NULL},
    {"testdem8", 10,
     "0000000000 0000000000 0000000000 0000000000 0000000000 0043204020 0000000000 0000000000 "
     "0000000000 0000000000",
     "1111111111 1111111111 1111111111 1111111111 1114111311 1111111111 1111111111 1111111111 "
     "1111111111 1111111111", NULL},
    {"testdem9", 10,
     "0000000000 0000000000 0000000000 0000000000 0009000900 0043204020 0000000000 0000000000 "
     "0000000000 0000000000",
     "1111111111 1111111111 1111111111 1111111111 1110111011 1111111111 1111111111 1111111111 "
     "1111111111 1111111111", NULL},
    {"testdem10", 10,
     "0000000000 0000000000 0000000000 0000000000 0777000070 4440000400 0000000000 0000000000 "
     "0000000000 0000000000",
     "1111111111 1111111111 1111111111 1111111111 1246111121 1357111131 1111111111 1111111111 "
     "1111111111 1111111111", NULL},
    {"testdem11", 15,
     "000057000000000 000071000000000 000057007111111 000071007000000 000057007000000 "
     "000071007000000 000057007000000 000071005557000 000057071007000 000071073007000 "
     "000057073007000 000071073007000 000057073111000 000071070000000 000057070000000",
     "111112111111111 111143111111111 111156117654321 111187118111111 11119a119111111 "
     "1111cb11a111111 1111de11b111111 1111gf11cdef111 1111hi1sr11g111 1111kj1tq11h111 "
     "1111lm1up11i111 1111on1vo11j111 1111pq1wnmlk111 1111sr1x1111111 1111tu1y1111111", NULL},
    {"testdem12", 15,
     "000000000000008 000000000000080 000000000000800 000000000008000 000000000080000 "
     "000000700800000 000000708000000 007111111111111 007000302000000 007000300200000 "
     "007000000020000 007000000002000 007000000000200 007000000000020 007000000000002",
     "111111111111111 111111111111121 111111111111311 111111111114111 111111111151111 "
     "111111111611111 111111217111111 11vutsrm7654321 11w111217111111 11x111111611111 "
     "11y111111151111 11z111111114111 11A111111111311 11B111111111121 11C111111111111", NULL},
    {"testdem13", 15,
     "000000000000008 000000000000080 000000000000800 000000000008000 000000000080000 "
     "000000700800000 000000708000000 000061111111111 000007302000000 000008300200000 "
     "000070000020000 000070000002000 000070000000200 000070000000020 000070000000002",
     "111111111111111 111111111111121 111111111111311 111111111114111 111111111151111 "
     "111111111611111 111111217111111 1111tsrm7654321 11111u217111111 11111v111611111 "
     "1111w1111151111 1111x1111114111 1111y1111111311 1111z1111111121 1111A1111111111", NULL},
    {"testdem14", 15,
     "007000000000008 007000000000080 007000000000800 007000000008000 007000000080000 "
     "007000700800000 055570708000000 020061111111111 020007302000000 020008300200000 "
     "020070000020000 020070000002000 020070000000200 020070000000020 020070000000002",
     "111111111111111 112111111111121 113111111111311 114111111114111 115111111151111 "
     "116111111611111 2189a1217111111 2111Dsrm7654321 21111E217111111 21111F111611111 "
     "2111G1111151111 2111H1111114111 2111I1111111311 2111J1111111121 1111K1111111111", NULL},
    {"testdem15", 15,
     "000000000000000 000000000000000 000000000000000 000000000000000 000000000000000 "
     "000000000000000 000000000000000 000000000000000 000000000000000 000000000000000 "
     "005555600000000 000000060000000 000000007000000 000000007000000 000000007000000",
     "111111111111111 111111111111111 111111111111111 111111111111111 111111111111111 "
     "111111111111111 111111111111111 111111111111111 111111111111111 111111111111111 "
     "111234511111111 111111161111111 111111117111111 111111118111111 111111119111111", NULL},
    {"testdem16", 15,
     "111188888000000 111188888000000 111188888000000 111188888000000 111188888000000 "
     "111111111000000 000000000000000 000000000000000 000000000000000 000000000000000 "
     "000000000000000 000000000000000 000000000000000 000000000000000 000000000000000",
     "432111111111111 543222221111111 654333321111111 765444321111111 876554321111111 "
     "onmlfa631111111 111111111111111 111111111111111 111111111111111 111111111111111 "
     "111111111111111 111111111111111 111111111111111 111111111111111 111111111111111", NULL},
};
/* clang-format on */

/* Directions alone are accumulated where the surface is level: nothing else says where to go. */
static void flow_accum_case(gt_ctx *ctx, const char *dir, const accumulation *k)
{
    int n = k->side * k->side;
    double d8[15 * 15], level[15 * 15], want[15 * 15];
    bool all = k->d8[1] == '\0';
    for (int i = 0; i < n; i++) {
        int c = i % k->side, r = i / k->side, code = k->d8[all ? 0 : i + r] - '0';
        int d = code == 9 ? 0 : OURS[code], x = c + DX[d], y = r + DY[d];
        bool off = x < 0 || y < 0 || x >= k->side || y >= k->side;
        bool hole = off || (!all && k->d8[y * (k->side + 1) + x] == '9');
        level[i] = code == 9 ? (double)NAN : 0;
        d8[i] = code == 9 ? (double)NAN : hole ? 0 : d;
        want[i] = code == 9        ? (double)NAN
                  : k->out != NULL ? number_of(k->out[i + r])
                                   : k->count(c, r);
    }
    gt_grid_spec s = spec_of(k->side, k->side, GT_CELL_F32);
    gt_grid *filled = make_grid(ctx, test_path(dir, "f.tif"), &s, level);
    s.type = GT_CELL_U8;
    s.nodata = 255;
    gt_grid *way = make_grid(ctx, test_path(dir, "d.tif"), &s, d8);
    gt_grid *acc = like(ctx, test_path(dir, "a.tif"), filled, GT_CELL_F32);
    const gt_multiflow_out out = {acc, NULL, NULL};
    gt_multiflow_options o;
    gt_multiflow_options_init(&o);
    o.way = GT_FLOW_QUINN;
    assert_ok(ctx, gt_grid_multiflow(ctx, filled, way, &o, &out, NULL));
    double *got = read_all(ctx, acc);
    for (int i = 0; i < n; i++) {
        if (!same_value(got[i], want[i])) {
            print_error("%s: cell %d has %g, not %g\n", k->name, i, got[i], want[i]);
            fail();
        }
    }
    free(got);
    gt_grid_close(ctx, acc);
    gt_grid_close(ctx, way);
    gt_grid_close(ctx, filled);
}

static void richdem_flow_accum(void **state)
{
    (void)state;
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    for (size_t i = 0; i < sizeof FLOW_ACCUM / sizeof *FLOW_ACCUM; i++) {
        flow_accum_case(ctx, dir, &FLOW_ACCUM[i]);
    }
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* ---- heights ------------------------------------------------------------------------------------
 */

typedef struct flows {
    double *filled, *dir, *acc;
    gt_flow_facts facts;
} flows;

static flows flow_of(gt_ctx *ctx, const char *dir, const gt_grid_spec *s, const double *v)
{
    flows f;
    gt_grid *dem = make_grid(ctx, test_path(dir, "dem.tif"), s, v);
    gt_grid *filled = like(ctx, test_path(dir, "f.tif"), dem, GT_CELL_F32);
    gt_grid *d8 = like(ctx, test_path(dir, "d.tif"), dem, GT_CELL_U8);
    gt_grid *acc = like(ctx, test_path(dir, "a.tif"), dem, GT_CELL_I32);
    assert_ok(ctx, gt_grid_flow(ctx, dem, NULL, filled, d8, acc, &f.facts));
    f.filled = read_all(ctx, filled);
    f.dir = read_all(ctx, d8);
    f.acc = read_all(ctx, acc);
    gt_grid_close(ctx, acc);
    gt_grid_close(ctx, d8);
    gt_grid_close(ctx, filled);
    gt_grid_close(ctx, dem);
    return f;
}

static void free_flows(flows *f)
{
    free(f->filled);
    free(f->dir);
    free(f->acc);
}

/* data/dinf_test.dem, the six cells within: angles by the eight facets of Tarboton 1997, worked out
 * by hand; RichDEM prints counter-clockwise radians from E, we degrees clockwise from N. */
static void richdem_dinf_test(void **state)
{
    (void)state;
    static const double v[] = {13, 9,   5, 9,  11, 11, 9, 9,   11, 12,
                               9,  6.5, 7, 13, 14, 8,  6, 5.8, 30, 12};
    static const double want[] = {45, 0, 315, 158.198591, 180, 258.690068};
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    gt_grid_spec s = spec_of(5, 4, GT_CELL_F32);
    s.cell_x = s.cell_y = 3;
    flows f = flow_of(ctx, dir, &s, v);
    gt_grid *filled = make_grid(ctx, test_path(dir, "f2.tif"), &s, f.filled);
    s.type = GT_CELL_U8;
    gt_grid *d8 = make_grid(ctx, test_path(dir, "d2.tif"), &s, f.dir);
    gt_grid *angle = like(ctx, test_path(dir, "g.tif"), filled, GT_CELL_F32);
    const gt_multiflow_out out = {NULL, angle, NULL};
    gt_multiflow_options o;
    gt_multiflow_options_init(&o);
    o.way = GT_FLOW_DINF;
    assert_ok(ctx, gt_grid_multiflow(ctx, filled, d8, &o, &out, NULL));
    double *got = read_all(ctx, angle);
    for (int k = 0; k < 6; k++) {
        assert_near(got[(1 + k / 3) * 5 + 1 + k % 3], want[k], 1e-4);
    }
    free(got);
    gt_grid_close(ctx, angle);
    gt_grid_close(ctx, d8);
    gt_grid_close(ctx, filled);
    free_flows(&f);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* data/garbrecht.dem: a flat of 6 within walls, one way out (5) in the last row. Garbrecht and
 * Martz (and RichDEM) lead flats away from walls too; ours take the fewest steps. Either way all 49
 * cells leave by the one outlet. */
static void richdem_garbrecht(void **state)
{
    (void)state;
    enum { W = 7, OUTLET = 6 * W + 2 };
    static const char heights[] = "9999999"
                                  "9666669"
                                  "8666669"
                                  "8666669"
                                  "7666668"
                                  "7666668"
                                  "7757788";
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    double v[W * W];
    for (int i = 0; i < W * W; i++) {
        v[i] = heights[i] - '0';
    }
    gt_grid_spec s = spec_of(W, W, GT_CELL_F32);
    flows f = flow_of(ctx, dir, &s, v);
    assert_int_equal(f.facts.n_raised, 0);
    assert_near(f.acc[OUTLET], W * W, 0);
    for (int i = 0; i < W * W; i++) {
        int steps = 0, at = i, across = abs(i % W - 2), down = 6 - i / W;
        for (; at != OUTLET && steps < W * W; steps++) {
            int d = (int)f.dir[at];
            assert_true(d >= 1 && d <= 8);
            at += DY[d] * W + DX[d];
        }
        if (v[i] == 6) {
            assert_int_equal(steps, across > down ? across : down);
        }
    }
    free_flows(&f);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* data/multi_flat.dem: flats of 0 to 3 that run into each other, an island, outlets of -1 in two
 * corners; only two cells of 0 in a ring of 4 are a depression. */
static void richdem_multi_flat(void **state)
{
    (void)state;
    enum { W = 21, H = 9 };
    static const char heights[] = "44444444444444444444-"
                                  "422222433333400444004"
                                  "422222433333404111444"
                                  "422222433433404111404"
                                  "422222433333404111404"
                                  "422222433333404111444"
                                  "440444440444400444004"
                                  "400000000000000000004"
                                  "44444444444444444444-";
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    double v[W * H];
    for (int i = 0; i < W * H; i++) {
        v[i] = heights[i] == '-' ? -1 : heights[i] - '0';
    }
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    flows f = flow_of(ctx, dir, &s, v);
    assert_int_equal(f.facts.n_raised, 2);
    assert_int_equal(f.facts.n_drained, W * H);
    for (int i = 0; i < W * H; i++) {
        bool ring = i == 3 * W + 19 || i == 4 * W + 19;
        assert_near(f.filled[i], ring ? 4 : v[i], 0);
        int at = i, steps = 0;
        for (; f.dir[at] != 0 && steps < W * H; steps++) {
            int d = (int)f.dir[at], next = at + DY[d] * W + DX[d];
            assert_true(f.filled[next] <= f.filled[at]);
            at = next;
        }
        assert_true(steps < W * H);
    }
    /* the 2s and the 3s (their island of 4 too) leave by the gaps below them, all by the corner */
    assert_true(f.acc[6 * W + 2] >= 25 && f.acc[6 * W + 8] >= 25);
    assert_true(f.acc[8 * W + 20] > f.acc[6 * W + 2] + f.acc[6 * W + 8] + 19);
    free_flows(&f);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

/* data/pit.dem: a hollow of 5 whose lowest way out is 6. */
static void richdem_pit(void **state)
{
    (void)state;
    enum { W = 10, H = 6 };
    static const char heights[] = "0000000000"
                                  "0999999990"
                                  "0955558990"
                                  "0955557890"
                                  "0966666790"
                                  "0000000000";
    gt_ctx *ctx = test_ctx();
    char *dir = test_dir();
    double v[W * H];
    for (int i = 0; i < W * H; i++) {
        v[i] = heights[i] - '0';
    }
    gt_grid_spec s = spec_of(W, H, GT_CELL_F32);
    flows f = flow_of(ctx, dir, &s, v);
    for (int i = 0; i < W * H; i++) {
        assert_near(f.filled[i], v[i] == 5 ? 6 : v[i], 0);
    }
    assert_int_equal(f.facts.n_raised, 8);
    free_flows(&f);
    test_dir_remove(dir);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(richdem_flow_accum), cmocka_unit_test(richdem_dinf_test),
        cmocka_unit_test(richdem_garbrecht),  cmocka_unit_test(richdem_multi_flat),
        cmocka_unit_test(richdem_pit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
