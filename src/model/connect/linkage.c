/* Linkage network: least-cost ways and corridors between all neighbouring sources.
 *
 * One pass gives every cell its nearest source; sources whose zones touch are neighbours, and the
 * cheapest crossing of their border bounds the cost of the link. Fields of single sources
 * (field.h) are then made only where a corridor can run: the work is a few times the grid, however
 * many sources there are. */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "model/connect/messages.h"
#include "model/connect/network.h"
#include "model/connect/tables.h"
#include "model/job.h"

enum {
    FRICTION = 0,
    SOURCES,
    OUT_CORRIDOR = 0,
    OUT_LINK,
    OUT_PATH,
    OUT_ZONE,
    OUT_COST,
    LOCKS = 64
};

typedef struct mosaic {
    const gt_ground *g;
    const gt_link *links;
    double cutoff;
    bool through;
    float *cost;                 /* least normalised cost; NaN: beyond the cutoff */
    int32_t *link;               /* whose it is, from 1; 0 none */
    pthread_mutex_t lock[LOCKS]; /* of a row of pages */
} mosaic;

/* Equal costs go to the link that comes first, so that threads cannot be seen. */
static void lay(mosaic *m, int64_t cell, float v, int32_t number)
{
    float old = m->cost[cell];
    if (isnan(old) || v < old || (v == old && number < m->link[cell])) {
        m->cost[cell] = v;
        m->link[cell] = number;
    }
}

static void lay_page(mosaic *m, const gt_link *link, const double *a, const double *b, int64_t col,
                     int64_t row)
{
    const gt_ground *g = m->g;
    int32_t number = (int32_t)(link - m->links) + 1;
    for (int64_t y = row; y < row + GT_PAGE_SIDE && y < g->rows; y++) {
        for (int64_t x = col; x < col + GT_PAGE_SIDE && x < g->cols; x++) {
            size_t k = (size_t)((y - row) * GT_PAGE_SIDE + x - col);
            double over = a[k] + b[k] - link->cost;
            if (over <= m->cutoff && g->source[y * g->cols + x] < 0) {
                lay(m, y * g->cols + x, (float)fmax(over, 0), number);
            }
        }
    }
}

static gt_status lay_corridor(gt_ctx *ctx, void *user, const gt_link *link, const gt_cost_field *a,
                              const gt_cost_field *b)
{
    mosaic *m = user;
    for (int64_t y = 0; y < a->down; y++) {
        pthread_mutex_t *lock = &m->lock[y % LOCKS];
        (void)pthread_mutex_lock(lock);
        for (int64_t x = 0; x < a->across; x++) {
            const double *pa = a->page[y * a->across + x], *pb = b->page[y * a->across + x];
            if (pa != NULL && pb != NULL) {
                lay_page(m, link, pa, pb, x * GT_PAGE_SIDE, y * GT_PAGE_SIDE);
            }
        }
        (void)pthread_mutex_unlock(lock);
    }
    return gt_check_cancel(ctx);
}

static gt_status mosaic_new(gt_ctx *ctx, const gt_ground *g, mosaic *m)
{
    size_t n = (size_t)(g->cols * g->rows);
    m->g = g;
    m->cost = gt_alloc(ctx, n, sizeof *m->cost);
    m->link = gt_zalloc(ctx, n, sizeof *m->link);
    if (m->cost == NULL || m->link == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        m->cost[i] = (float)NAN;
    }
    return GT_OK;
}

static void mosaic_free(gt_ctx *ctx, mosaic *m)
{
    for (int i = 0; i < LOCKS; i++) {
        (void)pthread_mutex_destroy(&m->lock[i]);
    }
    gt_free(ctx, m->cost);
    gt_free(ctx, m->link);
}

/* ---- tables -------------------------------------------------------------------------------------
 */

static void centre(const gt_grid_spec *s, int64_t cell, double *x, double *y)
{
    *x = s->x_west + ((double)(cell % s->n_cols) + 0.5) * s->cell_x;
    *y = s->y_north - ((double)(cell / s->n_cols) + 0.5) * s->cell_y;
}

/* The way as WKT, without the cells where it goes straight on. */
static double put_way(gt_text *out, const gt_grid_spec *s, const gt_link *link)
{
    double length = 0, x0 = 0, y0 = 0;
    int64_t move = 0;
    gt_text_puts(out, "\"LINESTRING (");
    for (size_t i = 0; i < link->n_cells; i++) {
        double x = 0, y = 0;
        centre(s, link->cells[i], &x, &y);
        length += i > 0 ? hypot(x - x0, y - y0) : 0;
        x0 = x;
        y0 = y;
        bool last = i + 1 == link->n_cells;
        int64_t next = last ? 0 : link->cells[i + 1] - link->cells[i];
        if (i == 0 || last || next != move) {
            gt_text_printf(out, "%s%.3f %.3f", i > 0 ? ", " : "", x, y);
        }
        move = next;
    }
    gt_text_puts(out, ")\"");
    return length;
}

static gt_status write_links(gt_ctx *ctx, const char *path, const gt_grid_spec *s,
                             const gt_ground *g, const gt_network *net)
{
    gt_text out, way;
    if (path == NULL) {
        return GT_OK;
    }
    gt_text_init(&out, ctx, 0);
    gt_text_init(&way, ctx, 0);
    gt_text_puts(&out, "link,from,to,cost,length,cost_per_length,wkt\n");
    for (size_t i = 0; i < net->n; i++) {
        const gt_link *l = &net->links[i];
        if (isinf(l->cost)) {
            continue;
        }
        gt_text_clear(&way);
        double length = put_way(&way, s, l);
        gt_text_printf(&out, "%zu,%lld,%lld,", i + 1, (long long)g->id[l->a],
                       (long long)g->id[l->b]);
        gt_table_real(&out, l->cost);
        gt_text_putc(&out, ',');
        gt_table_real(&out, length);
        gt_text_putc(&out, ',');
        gt_table_real(&out, length > 0 ? l->cost / length : (double)NAN);
        gt_text_printf(&out, ",%s\n", gt_text_cstr(&way));
    }
    gt_status st = gt_text_status(&way);
    st = st == GT_OK ? gt_table_write(ctx, path, &out) : st;
    gt_text_free(&out);
    gt_text_free(&way);
    return st;
}

static size_t links_of(const gt_network *net, size_t source)
{
    size_t n = 0;
    for (size_t i = 0; i < net->n; i++) {
        const gt_link *l = &net->links[i];
        n += !isinf(l->cost) && (l->a == source || l->b == source) ? 1 : 0;
    }
    return n;
}

static gt_status write_nodes(gt_ctx *ctx, const char *path, const gt_grid_spec *s,
                             const gt_ground *g, const gt_network *net)
{
    gt_text out;
    if (path == NULL) {
        return GT_OK;
    }
    gt_text_init(&out, ctx, 0);
    gt_text_puts(&out, "node,cells,area,x,y,links\n");
    for (size_t i = 0; i < g->n_sources; i++) {
        size_t n = g->from[i + 1] - g->from[i];
        double sx = 0, sy = 0;
        for (size_t k = g->from[i]; k < g->from[i + 1]; k++) {
            double x = 0, y = 0;
            centre(s, g->cells[k], &x, &y);
            sx += x - s->x_west;
            sy += y - s->y_north;
        }
        gt_text_printf(&out, "%lld,%zu,", (long long)g->id[i], n);
        gt_table_real(&out, (double)n * s->cell_x * s->cell_y);
        gt_text_printf(&out, ",%.3f,%.3f,%zu\n", s->x_west + sx / (double)n,
                       s->y_north + sy / (double)n, links_of(net, i));
    }
    gt_status st = gt_table_write(ctx, path, &out);
    gt_text_free(&out);
    return st;
}

/* ---- grids --------------------------------------------------------------------------------------
 */

/* Sources that a link reaches belong to the corridors: 0. */
static void lay_sources(const gt_ground *g, const gt_network *net, mosaic *m)
{
    for (size_t i = 0; i < net->n; i++) {
        const gt_link *l = &net->links[i];
        const size_t ends[2] = {l->a, l->b};
        for (int e = 0; !isinf(l->cost) && e < 2; e++) {
            for (size_t k = g->from[ends[e]]; k < g->from[ends[e] + 1]; k++) {
                m->cost[g->cells[k]] = 0;
            }
        }
    }
}

static gt_status put(gt_ctx *ctx, gt_grid *out, gt_cell type, const void *cells)
{
    if (out == NULL) {
        return GT_OK;
    }
    const gt_grid_spec *s = gt_grid_facts(out);
    const gt_window all = {0, 0, s->n_cols, s->n_rows};
    return gt_grid_write(ctx, out, &all, type, cells, (size_t)s->n_cols);
}

/* Numbers of links, or of zones, into m->link, which is done with. */
static gt_status put_numbers(gt_ctx *ctx, gt_job *job, const gt_ground *g, const gt_network *net,
                             mosaic *m)
{
    size_t n = (size_t)(g->cols * g->rows);
    for (size_t i = 0; i < n; i++) {
        m->link[i] = m->link[i] == 0 ? GT_NODATA_I32 : m->link[i];
    }
    gt_status st = put(ctx, job->out[OUT_LINK], GT_CELL_I32, m->link);
    for (size_t i = 0; i < n; i++) {
        m->link[i] = GT_NODATA_I32;
    }
    for (size_t i = net->n; st == GT_OK && i-- > 0;) { /* backwards: the first link stays on top */
        for (size_t k = 0; k < net->links[i].n_cells; k++) {
            m->link[net->links[i].cells[k]] = (int32_t)i + 1;
        }
    }
    st = st == GT_OK ? put(ctx, job->out[OUT_PATH], GT_CELL_I32, m->link) : st;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        m->link[i] = g->zone[i] < 0 ? GT_NODATA_I32 : (int32_t)g->id[g->zone[i]];
    }
    return st == GT_OK ? put(ctx, job->out[OUT_ZONE], GT_CELL_I32, m->link) : st;
}

static gt_status write_all(gt_ctx *ctx, gt_job *job, const gt_ground *g, const gt_network *net,
                           mosaic *m)
{
    lay_sources(g, net, m);
    gt_status st = put(ctx, job->out[OUT_CORRIDOR], GT_CELL_F32, m->cost);
    st = st == GT_OK ? put(ctx, job->out[OUT_COST], GT_CELL_F32, g->near) : st;
    return st == GT_OK ? put_numbers(ctx, job, g, net, m) : st;
}

static gt_status write_tables(gt_ctx *ctx, gt_job *job, const gt_ground *g, const gt_network *net)
{
    const gt_grid_spec *s = gt_grid_facts(job->in[FRICTION]);
    gt_status st = write_links(ctx, gt_model_out(job->call, "links"), s, g, net);
    return st == GT_OK ? write_nodes(ctx, gt_model_out(job->call, "nodes"), s, g, net) : st;
}

/* o->fn lays into m. */
static gt_status link_all(gt_ctx *ctx, gt_job *job, const gt_network_options *o, gt_ground *g,
                          gt_network *net, mosaic *m)
{
    /* cells of a corridor lie at most half of this from their source */
    double reach = o->longest > 0 ? o->longest + m->cutoff : 0;
    gt_status st = gt_ground_zones(ctx, job->in[FRICTION], reach, g);
    st = st == GT_OK ? gt_network_neighbours(ctx, g, net) : st;
    if (st == GT_OK && gt_model_with(job->call, "detours")->integer == 0) {
        (void)gt_network_drop_detours(g, net);
    }
    st = st == GT_OK ? mosaic_new(ctx, g, m) : st;
    m->links = net->links;
    st = st == GT_OK ? gt_network_run(ctx, g, net, o) : st;
    return st == GT_OK ? write_all(ctx, job, g, net, m) : st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    static const gt_cell type[] = {GT_CELL_F32, GT_CELL_I32, GT_CELL_I32, GT_CELL_I32, GT_CELL_F32};
    gt_job job;
    gt_ground g = {0};
    gt_network net = {0};
    mosaic m = {.cutoff = gt_model_real(call, "cutoff")};
    gt_network_options o = {.extra = m.cutoff,
                            .longest = gt_model_real(call, "longest"),
                            .halves = true,
                            .through = gt_model_with(call, "through")->integer != 0,
                            .paths = true,
                            .fn = lay_corridor,
                            .user = &m};
    for (int i = 0; i < LOCKS; i++) {
        (void)pthread_mutex_init(&m.lock[i], NULL);
    }
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    for (size_t i = 0; st == GT_OK && i < sizeof type / sizeof *type; i++) {
        st = gt_job_make(ctx, &job, i, type[i]);
    }
    st = st == GT_OK ? gt_ground_read(ctx, job.in[FRICTION], job.in[SOURCES], 1, &g) : st;
    bool few = st == GT_OK && g.n_sources < 2;
    if (few && gt_model_with(call, "few")->choice == 0) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_CONNECT_TOO_FEW,
                     GT_PLACE(.file = gt_model_in(call, "sources")),
                     GT_ARGS(GT_INT("n", g.n_sources), GT_INT("least", 2)));
    }
    st = st == GT_OK && !few ? link_all(ctx, &job, &o, &g, &net, &m) : st;
    if (st == GT_OK) {
        st = write_tables(ctx, &job, &g, &net);
    }
    mosaic_free(ctx, &m);
    gt_network_free(ctx, &net);
    gt_ground_free(ctx, &g);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {
    {.name = "resistance",
     .kind = GT_PORT_GRID,
     .title = {"阻力面", "resistance"},
     .note = {"不小于 1；无值为屏障", "1 or more; nodata is a barrier"}},
    {.name = "sources",
     .kind = GT_PORT_GRID,
     .title = {"源地编号", "numbers of sources"},
     .note = {"大于 0 的整数，同号为一个源地",
              "whole numbers above 0; cells of one number are one source"}},
    {0}};
static const gt_model_port out[] = {
    {.name = "corridor",
     .kind = GT_PORT_GRID,
     .title = {"廊道（归一化最小累积阻力）", "corridors (normalised least cost)"},
     .note = {"超出最小阻力路径的阻力，各对取最小；源地为 0，阈值以外无值",
              "cost beyond that of the best way, least of all pairs; 0 in sources, nodata beyond "
              "the cutoff"}},
    {.name = "link",
     .kind = GT_PORT_GRID,
     .title = {"所属连接", "link it belongs to"},
     .optional = true},
    {.name = "path",
     .kind = GT_PORT_GRID,
     .title = {"最小阻力路径", "least-cost ways"},
     .optional = true,
     .note = {"连接编号；重合处取较小者", "number of the link; the least where they run together"}},
    {.name = "zone",
     .kind = GT_PORT_GRID,
     .title = {"最近源地", "nearest source"},
     .optional = true},
    {.name = "cost",
     .kind = GT_PORT_GRID,
     .title = {"到最近源地的累积阻力", "cost to the nearest source"},
     .optional = true},
    {.name = "links",
     .kind = GT_PORT_TABLE,
     .title = {"连接表", "links"},
     .optional = true,
     .note = {"CSV：编号、两端源地、阻力、长度、单位长度阻力、路径 WKT",
              "CSV: number, both sources, cost, length, cost per length, the way as WKT"}},
    {.name = "nodes",
     .kind = GT_PORT_TABLE,
     .title = {"源地表", "sources"},
     .optional = true,
     .note = {"CSV：编号、栅格数、面积、重心、连接数",
              "CSV: number, cells, area, centroid, number of links"}},
    {0}};
static const gt_model_param with[] = {
    {.name = "cutoff",
     .kind = GT_PARAM_REAL,
     .title = {"廊道阈值（阻力单位）", "cutoff of corridors (in cost)"},
     .min = 0,
     .max = 1e15,
     .preset = "200000",
     .source = "Linkage Mapper's example"},
    {.name = "longest",
     .kind = GT_PARAM_REAL,
     .title = {"连接的最大阻力（0 为不限）", "greatest cost of a link (0: none)"},
     .min = 0,
     .max = 1e15,
     .preset = "0"},
    {.name = "detours",
     .kind = GT_PARAM_BOOL,
     .title = {"保留绕过第三个源地的连接", "keep links that go around a third source"},
     .preset = "yes",
     .source = "no: what costs more than the ways by a common neighbour together is dropped"},
    CONNECT_PARAM_FEW,
    CONNECT_PARAM_THROUGH,
    {0}};
static const char *const sources[] = {"McRae and Kavanagh 2011 (Linkage Mapper)",
                                      "Adriaensen et al. 2003", NULL};

const gt_model GT_MODEL_LINKAGE = {
    .name = "linkage",
    .group = "connect",
    .version = 1,
    .title = {"生态网络与廊道", "linkage network"},
    .what =
        {"相邻源地（累积阻力分配区相接）之间的最小阻力路径与归一化廊道，各对取最小值镶嵌。",
         "Least-cost ways and normalised corridors between all neighbouring sources, those whose "
         "zones of least cost touch, as a mosaic of the least."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .need = {.stays = 35.5},
    .law = "24 bytes a cell, 11.5 more at most during the first pass, and 8 for each cell of the "
           "fields that stand at once",
    .sources = sources,
    .run = run};
