/* Barriers: where a cut through high resistance would shorten the least-cost ways most.
 *
 * For a pair of neighbouring sources A, B and a radius r: m_A and m_B are the least costs over the
 * ring (r - 1, r] cells around a cell; joining both over the cell at a resistance of 1 costs 2 r,
 * so (LCD - m_A - m_B - 2 r) / (2 r) is gained for every unit restored. Every cell of the disc of
 * radius r gets the best of the centres it serves. Only costs below that of the link can gain, so
 * the fields of the network are all that is needed. */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "model/connect/messages.h"
#include "model/connect/network.h"
#include "model/job.h"

enum { FRICTION = 0, SOURCES, PER_UNIT = 0, RADII_MAX = 16, RADIUS_CELLS_MAX = 512 };
/* Gains are kept as whole numbers of this part, so that sums do not depend on their order. */
#define PARTS 1048576.0

typedef struct offset {
    int dx, dy;
} offset;

typedef struct disc {
    double radius; /* unit of the map */
    int cells;
    offset *ring;
    size_t n_ring;
    int *half; /* 2 cells + 1: half the width of the disc, by row */
} disc;

typedef struct search {
    const gt_ground *g;
    disc discs[RADII_MAX];
    size_t n_discs;
    bool sum, percent;
    int64_t *gain;        /* of all pairs, in PARTS */
    pthread_mutex_t lock; /* guards gain */
} search;

/* The part of the map that both fields can serve, with their costs. */
typedef struct frame {
    int64_t col, row, cols, rows;
    double *a, *b;
    float *centre; /* gain of a centre */
} frame;

/* Box of the pages of a field, widened by `more` cells. */
static void widen_box(const gt_ground *g, const gt_cost_field *f, int64_t more, int64_t box[4])
{
    box[0] = box[1] = INT64_MAX;
    box[2] = box[3] = INT64_MIN;
    for (int64_t y = 0; y < f->down; y++) {
        for (int64_t x = 0; x < f->across; x++) {
            if (f->page[y * f->across + x] == NULL) {
                continue;
            }
            int64_t at[4] = {x * GT_PAGE_SIDE - more, y * GT_PAGE_SIDE - more,
                             (x + 1) * GT_PAGE_SIDE + more, (y + 1) * GT_PAGE_SIDE + more};
            for (int k = 0; k < 4; k++) {
                box[k] =
                    k < 2 ? (at[k] < box[k] ? at[k] : box[k]) : (at[k] > box[k] ? at[k] : box[k]);
            }
        }
    }
    box[0] = box[0] < 0 ? 0 : box[0];
    box[1] = box[1] < 0 ? 0 : box[1];
    box[2] = box[2] > g->cols ? g->cols : box[2];
    box[3] = box[3] > g->rows ? g->rows : box[3];
}

static gt_status frame_new(gt_ctx *ctx, const search *s, const gt_cost_field *a,
                           const gt_cost_field *b, int64_t more, frame *f)
{
    int64_t box[2][4];
    widen_box(s->g, a, more, box[0]);
    widen_box(s->g, b, more, box[1]);
    for (int k = 0; k < 2; k++) {
        box[0][k] = box[0][k] > box[1][k] ? box[0][k] : box[1][k];
        box[0][k + 2] = box[0][k + 2] < box[1][k + 2] ? box[0][k + 2] : box[1][k + 2];
    }
    memset(f, 0, sizeof *f);
    f->col = box[0][0];
    f->row = box[0][1];
    f->cols = box[0][2] - f->col;
    f->rows = box[0][3] - f->row;
    if (f->cols <= 0 || f->rows <= 0) {
        f->cols = f->rows = 0;
        return GT_OK;
    }
    size_t n = (size_t)(f->cols * f->rows);
    f->a = gt_alloc(ctx, n, sizeof *f->a);
    f->b = gt_alloc(ctx, n, sizeof *f->b);
    f->centre = gt_alloc(ctx, n, sizeof *f->centre);
    if (f->a == NULL || f->b == NULL || f->centre == NULL) {
        return GT_E_MEMORY;
    }
    for (int64_t i = 0; i < f->cols * f->rows; i++) {
        f->a[i] = gt_field_at(a, f->col + i % f->cols, f->row + i / f->cols);
        f->b[i] = gt_field_at(b, f->col + i % f->cols, f->row + i / f->cols);
    }
    return GT_OK;
}

static void frame_free(gt_ctx *ctx, frame *f)
{
    gt_free(ctx, f->a);
    gt_free(ctx, f->b);
    gt_free(ctx, f->centre);
}

static double gain_at(const search *s, const frame *f, const disc *d, double lcd, int64_t i)
{
    double a = (double)INFINITY, b = (double)INFINITY;
    int64_t c = i % f->cols, r = i / f->cols;
    for (size_t k = 0; k < d->n_ring; k++) {
        int64_t x = c + d->ring[k].dx, y = r + d->ring[k].dy;
        if (x < 0 || y < 0 || x >= f->cols || y >= f->rows) {
            continue;
        }
        a = fmin(a, f->a[y * f->cols + x]);
        b = fmin(b, f->b[y * f->cols + x]);
    }
    double gain = (lcd - a - b - 2 * d->radius) / (2 * d->radius);
    if (!(gain > 0)) {
        return 0;
    }
    return s->percent ? 100 * gain / lcd : gain;
}

/* Greatest gain of the centres whose disc holds the cell. */
static double best_at(const frame *f, const disc *d, int64_t i)
{
    float best = 0;
    int64_t c = i % f->cols, r = i / f->cols;
    for (int dy = -d->cells; dy <= d->cells; dy++) {
        int64_t y = r + dy, half = d->half[dy + d->cells];
        int64_t from = c - half < 0 ? 0 : c - half;
        int64_t to = c + half >= f->cols ? f->cols - 1 : c + half;
        if (y < 0 || y >= f->rows) {
            continue;
        }
        for (int64_t x = from; x <= to; x++) {
            float v = f->centre[y * f->cols + x];
            best = v > best ? v : best;
        }
    }
    return (double)best;
}

/* best: of all radii, by cell of the frame. */
static gt_status try_disc(gt_ctx *ctx, const search *s, const frame *f, const disc *d, double lcd,
                          float *best)
{
    bool any = false;
    gt_status st = GT_OK;
    for (int64_t i = 0; st == GT_OK && i < f->cols * f->rows; i++) {
        f->centre[i] = (float)gain_at(s, f, d, lcd, i);
        any = any || f->centre[i] > 0;
        st = i % 16384 == 0 ? gt_check_cancel(ctx) : GT_OK;
    }
    for (int64_t i = 0; any && st == GT_OK && i < f->cols * f->rows; i++) {
        float v = (float)best_at(f, d, i);
        best[i] = v > best[i] ? v : best[i];
        st = i % 16384 == 0 ? gt_check_cancel(ctx) : GT_OK;
    }
    return st;
}

static gt_status search_link(gt_ctx *ctx, void *user, const gt_link *link, const gt_cost_field *a,
                             const gt_cost_field *b)
{
    search *s = user;
    frame f;
    int more = 0;
    for (size_t k = 0; k < s->n_discs; k++) {
        more = s->discs[k].cells > more ? s->discs[k].cells : more;
    }
    gt_status st = frame_new(ctx, s, a, b, more, &f);
    size_t n = (size_t)(f.cols * f.rows);
    float *best = st == GT_OK ? gt_zalloc(ctx, n + 1, sizeof *best) : NULL;
    st = st == GT_OK && best == NULL ? GT_E_MEMORY : st;
    for (size_t k = 0; st == GT_OK && k < s->n_discs; k++) {
        st = try_disc(ctx, s, &f, &s->discs[k], link->cost, best);
    }
    (void)pthread_mutex_lock(&s->lock);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        int64_t v = (int64_t)llrint(fmin((double)best[i], 1e9) * PARTS);
        int64_t *to =
            &s->gain[(f.row + (int64_t)i / f.cols) * s->g->cols + f.col + (int64_t)i % f.cols];
        *to = s->sum ? *to + v : v > *to ? v : *to;
    }
    (void)pthread_mutex_unlock(&s->lock);
    gt_free(ctx, best);
    frame_free(ctx, &f);
    return st;
}

/* ---- discs --------------------------------------------------------------------------------------
 */

static gt_status disc_new(gt_ctx *ctx, double radius, double cell, disc *d)
{
    double r = radius / cell;
    d->radius = radius;
    d->cells = (int)floor(r + 1e-9);
    if (d->cells < 1 || d->cells > RADIUS_CELLS_MAX) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_RADIUS, GT_NOWHERE,
                       GT_ARGS(GT_REAL("radius", radius), GT_REAL("least", cell),
                               GT_REAL("most", cell * RADIUS_CELLS_MAX)));
    }
    size_t side = 2 * (size_t)d->cells + 1, cap = 0;
    d->half = gt_alloc(ctx, side, sizeof *d->half);
    gt_status st = d->half == NULL ? GT_E_MEMORY : GT_OK;
    for (int dy = -d->cells; st == GT_OK && dy <= d->cells; dy++) {
        d->half[dy + d->cells] = (int)floor(sqrt(fmax(r * r - dy * dy, 0)) + 1e-9);
        for (int dx = -d->cells; st == GT_OK && dx <= d->cells; dx++) {
            double far = hypot(dx, dy);
            if (far <= r - 1 + 1e-9 || far > r + 1e-9) {
                continue;
            }
            st = gt_grow(ctx, (void **)&d->ring, &cap, d->n_ring + 1, sizeof *d->ring);
            if (st == GT_OK) {
                d->ring[d->n_ring++] = (offset){dx, dy};
            }
        }
    }
    return st;
}

static gt_status discs_new(gt_ctx *ctx, const gt_model_call *call, const gt_grid *grid, search *s)
{
    const gt_grid_spec *f = gt_grid_facts(grid);
    const gt_model_value *radii = gt_model_with(call, "radii");
    gt_status st = GT_OK;
    if (fabs(f->cell_x - f->cell_y) > 1e-9 * f->cell_x) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_SQUARE,
                       GT_PLACE(.file = gt_grid_path(grid)),
                       GT_ARGS(GT_REAL("x", f->cell_x), GT_REAL("y", f->cell_y)));
    }
    if (radii->n == 0 || radii->n > RADII_MAX) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_TOO_MANY, GT_NOWHERE,
                       GT_ARGS(GT_INT("n", radii->n), GT_INT("most", RADII_MAX),
                               GT_TEXT("what", "radii"), GT_TEXT("what_zh", "半径")));
    }
    for (size_t i = 0; st == GT_OK && i < radii->n; i++) {
        s->n_discs++;
        st = disc_new(ctx, radii->reals[i], f->cell_x, &s->discs[i]);
    }
    return st;
}

static gt_status write_gain(gt_ctx *ctx, const search *s, gt_grid *out)
{
    float *row = gt_alloc(ctx, (size_t)s->g->cols, sizeof *row);
    gt_status st = row == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t y = 0; st == GT_OK && y < s->g->rows; y++) {
        const gt_window w = {0, y, s->g->cols, 1};
        for (int64_t x = 0; x < s->g->cols; x++) {
            int64_t i = y * s->g->cols + x;
            /* a barrier may gain too; what is nodata and gains nothing stays nodata */
            bool none = isnan(s->g->friction[i]) && s->gain[i] == 0;
            row[x] = none ? (float)NAN : (float)((double)s->gain[i] / PARTS);
        }
        st = gt_grid_write(ctx, out, &w, GT_CELL_F32, row, (size_t)s->g->cols);
    }
    gt_free(ctx, row);
    return st;
}

/* o->fn fills s. */
static gt_status search_all(gt_ctx *ctx, gt_job *job, const gt_network_options *o, gt_ground *g,
                            gt_network *net, search *s)
{
    gt_status st = gt_ground_zones(ctx, job->in[FRICTION], o->longest, g);
    st = st == GT_OK ? gt_network_neighbours(ctx, g, net) : st;
    if (st == GT_OK) {
        s->gain = gt_zalloc(ctx, (size_t)(g->cols * g->rows), sizeof *s->gain);
        st = s->gain == NULL ? GT_E_MEMORY : gt_network_run(ctx, g, net, o);
    }
    return st == GT_OK ? write_gain(ctx, s, job->out[PER_UNIT]) : st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_ground g = {0};
    gt_network net = {0};
    search s = {.g = &g,
                .sum = gt_model_with(call, "combine")->choice == 1,
                .percent = gt_model_with(call, "measure")->choice == 1};
    gt_network_options o = {.longest = gt_model_real(call, "longest"),
                            .through = gt_model_with(call, "through")->integer != 0,
                            .fn = search_link,
                            .user = &s};
    (void)pthread_mutex_init(&s.lock, NULL);
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? discs_new(ctx, call, job.in[FRICTION], &s) : st;
    st = st == GT_OK ? gt_job_make(ctx, &job, PER_UNIT, GT_CELL_F32) : st;
    st = st == GT_OK ? gt_ground_read(ctx, job.in[FRICTION], job.in[SOURCES], 1, &g) : st;
    bool few = st == GT_OK && g.n_sources < 2;
    if (few && gt_model_with(call, "few")->choice == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_TOO_FEW,
                     GT_PLACE(.file = gt_model_in(call, "sources")),
                     GT_ARGS(GT_INT("n", g.n_sources), GT_INT("least", 2)));
    }
    if (st == GT_OK && !few) {
        st = search_all(ctx, &job, &o, &g, &net, &s);
    }
    for (size_t i = 0; i < s.n_discs; i++) {
        gt_free(ctx, s.discs[i].ring);
        gt_free(ctx, s.discs[i].half);
    }
    gt_free(ctx, s.gain);
    gt_network_free(ctx, &net);
    gt_ground_free(ctx, &g);
    (void)pthread_mutex_destroy(&s.lock);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "resistance",
     .kind = GT_PORT_GRID,
     .title = {"阻力面", "resistance"},
     .note = {"不小于 1；无值为屏障；正方形栅格", "1 or more; nodata is a barrier; square cells"}},
    {.name = "sources",
     .kind = GT_PORT_GRID,
     .title = {"源地编号", "numbers of sources"},
     .note = {"大于 0 的整数，同号为一个源地",
              "whole numbers above 0; cells of one number are one source"}},
    {0}};
static const gt_model_port out[] = {{.name = "improvement",
                                     .kind = GT_PORT_GRID,
                                     .title = {"改善得分", "improvement score"},
                                     .note = {"0 为无改善", "0: none"}},
                                    {0}};
static const char *const combines[] = {"max", "sum", NULL};
static const char *const measures[] = {"per-unit", "percent", NULL};
static const gt_model_param with[] = {
    {.name = "radii",
     .kind = GT_PARAM_REALS,
     .title = {"搜索半径", "radii of the search"},
     .unit = "m",
     .min = 1e-6,
     .max = 1e7},
    {.name = "combine",
     .kind = GT_PARAM_CHOICE,
     .title = {"各对源地合并", "pairs combined by"},
     .preset = "max",
     .choices = combines},
    {.name = "measure",
     .kind = GT_PARAM_CHOICE,
     .title = {"得分", "score"},
     .preset = "per-unit",
     .choices = measures,
     .source = "per unit of length restored; percent: of the link's cost"},
    {.name = "longest",
     .kind = GT_PARAM_REAL,
     .title = {"连接的最大阻力（0 为不限）", "greatest cost of a link (0: none)"},
     .min = 0,
     .max = 1e15,
     .preset = "0"},
    CONNECT_PARAM_FEW,
    CONNECT_PARAM_THROUGH,
    {0}};
static const char *const sources[] = {"McRae et al. 2012 (Barrier Mapper)", NULL};

const gt_model GT_MODEL_BARRIERS = {
    .name = "barriers",
    .group = "connect",
    .version = 1,
    .title = {"生态障碍点", "barriers"},
    .what = {"移动圆窗搜索：若以阻力 1 "
             "打通窗口，相邻源地间最小累积阻力下降多少；多个半径取最大，各对取最大或求和。",
             "Moving circles: how much the least cost between neighbouring sources falls if the "
             "circle is crossed at a resistance of 1; the best of the radii, greatest or sum of "
             "pairs."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .need = {.stays = 32},
    .law = "24 bytes a cell, 8 for each cell of the fields that stand at once, 24 a cell of a "
           "link's box "
           "and thread; time with the square of the radius where there is something to gain",
    .sources = sources,
    .run = run};
