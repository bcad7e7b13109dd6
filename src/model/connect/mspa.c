/* Morphological spatial pattern analysis: foreground into core, islet, perforation, edge, loop,
 * bridge and branch (Soille and Vogt 2009), written from the definitions of the paper.
 *
 *   core          farther than t = s + 0.98 cells from the background
 *   islet         pieces of foreground without core
 *   boundary      within t of core. What is not core falls into pieces; the piece that reaches the
 *                 border of the map is the outside, the others are holes of the core that encloses
 *                 them. Boundary in a hole whose nearest core is the one that encloses the hole is
 *                 perforation, all other is edge (so islands in holes have an edge again)
 *   connectors    what a thinning that keeps the topology and the core leaves: pieces that touch
 *                 two cores are bridges, the others loops; widened by s + 0.98 - sqrt 2 within what
 *                 is neither core nor boundary
 *   branch        the rest
 *
 * Cells beyond the border of the map are as those on the border: they add no background. Missing
 * cells are no foreground, and no background from which distances are measured. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/connect/messages.h"
#include "model/connect/mspa.h"
#include "model/connect/tables.h"
#include "model/job.h"

/* ---- the whole ----------------------------------------------------------------------------------
 */

/* A row of the map as the grid room reads and writes it. */
static int32_t *row_new(gt_mspa *m)
{
    return gt_alloc(m->ctx, (size_t)m->cols, sizeof(int32_t));
}

static gt_status read_cover(gt_mspa *m, gt_grid *grid)
{
    int32_t *row = row_new(m);
    gt_status st = row == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = 0; st == GT_OK && r < m->rows; r++) {
        const gt_window window = {0, r, m->cols, 1};
        st = gt_grid_read(m->ctx, grid, &window, GT_CELL_I32, row, (size_t)m->cols);
        st = st == GT_OK ? gt_check_cancel(m->ctx) : st;
        for (int64_t c = 0; st == GT_OK && c < m->cols; c++) {
            m->cover[r * m->cols + c] = row[c] == GT_NODATA_I32 ? MISSING
                                        : row[c] == 0           ? OPEN
                                                                : FOREGROUND;
        }
    }
    gt_free(m->ctx, row);
    return st;
}

static gt_status map_new(gt_ctx *ctx, gt_grid *grid, gt_mspa *m)
{
    const gt_grid_spec *s = gt_grid_facts(grid);
    m->ctx = ctx;
    m->cols = s->n_cols;
    m->rows = s->n_rows;
    m->n = m->cols * m->rows;
    if (m->n >= INT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_CONNECT_TOO_MANY,
                       GT_PLACE(.file = gt_grid_path(grid)),
                       GT_ARGS(GT_INT("n", m->n), GT_INT("most", INT32_MAX - 1),
                               GT_TEXT("what", "cells"), GT_TEXT("what_zh", "栅格")));
    }
    size_t n = (size_t)m->n;
    gt_status st = grid_hold_new(ctx, n * GT_MSPA_CELL, NULL, &m->cells);
    if (st == GT_OK) {
        m->piece = m->cells.at;
        m->far2 = (uint16_t *)(m->piece + n);
        m->cover = (uint8_t *)(m->far2 + n);
        m->code = m->cover + n;
        m->left = m->code + n;
        st = read_cover(m, grid);
    }
    return st;
}

static void map_free(gt_mspa *m)
{
    grid_hold_free(m->ctx, &m->cells);
    grid_hold_free(m->ctx, &m->list);
    gt_free(m->ctx, m->encloser);
    gt_free(m->ctx, m->inside);
}

static const char *name_of(int code, gt_lang lang)
{
    static const struct {
        int code;
        const char *zh, *en;
    } names[] = {{BRANCH, "支线", "branch"},
                 {EDGE, "边缘区", "edge"},
                 {PERFORATION, "孔隙", "perforation"},
                 {ISLET, "孤岛", "islet"},
                 {CORE, "核心区", "core"},
                 {BRIDGE, "桥接区", "bridge"},
                 {BRIDGE + IN_EDGE, "边缘中的桥接区", "bridge in edge"},
                 {BRIDGE + IN_PERFORATION, "孔隙中的桥接区", "bridge in perforation"},
                 {LOOP, "环道区", "loop"},
                 {LOOP + IN_EDGE, "边缘中的环道区", "loop in edge"},
                 {LOOP + IN_PERFORATION, "孔隙中的环道区", "loop in perforation"},
                 {0, "背景", "background"}};
    int plain = code == BORDER_OPENING ? 0 : code >= INSIDE ? code - INSIDE : code;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].code == plain) {
            return lang == GT_LANG_ZH ? names[i].zh : names[i].en;
        }
    }
    return "";
}

static gt_status write_areas(const gt_mspa *m, const gt_grid_spec *s, const char *path)
{
    int64_t count[256] = {0}, all = 0;
    gt_text out;
    gt_status st = path == NULL ? GT_OK : gt_check_cancel(m->ctx);
    for (int64_t i = 0; path != NULL && st == GT_OK && i < m->n; i++) {
        count[m->code[i]] += m->cover[i] == MISSING ? 0 : 1;
        all += m->cover[i] == FOREGROUND ? 1 : 0;
        st = gt_mspa_ask(m, i);
    }
    if (path == NULL || st != GT_OK) {
        return st;
    }
    gt_text_init(&out, m->ctx, 0);
    gt_text_puts(&out, "code,class,cells,area,share_of_foreground\n");
    for (int k = 0; k < 256; k++) {
        if (count[k] == 0) {
            continue;
        }
        const char *name = name_of(k, gt_ctx_lang(m->ctx));
        bool ground = k == 0 || k == INSIDE || k == BORDER_OPENING;
        gt_text_printf(&out, "%d,%s,%lld,", k, name, (long long)count[k]);
        gt_table_real(&out, (double)count[k] * s->cell_x * s->cell_y);
        gt_text_putc(&out, ',');
        gt_table_real(&out, ground ? (double)NAN : (double)count[k] / (double)all);
        gt_text_putc(&out, '\n');
    }
    st = gt_table_write(m->ctx, path, &out);
    gt_text_free(&out);
    return st;
}

static gt_status write_codes(gt_mspa *m, gt_grid *out)
{
    int32_t *row = row_new(m);
    gt_status st = row == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = 0; st == GT_OK && r < m->rows; r++) {
        const gt_window window = {0, r, m->cols, 1};
        for (int64_t c = 0; c < m->cols; c++) {
            int64_t i = r * m->cols + c;
            row[c] = m->cover[i] == MISSING ? GT_NODATA_I32 : m->code[i];
        }
        st = gt_grid_write(m->ctx, out, &window, GT_CELL_I32, row, (size_t)m->cols);
        st = st == GT_OK ? gt_check_cancel(m->ctx) : st;
    }
    gt_free(m->ctx, row);
    return st;
}

static gt_status run(gt_ctx *ctx, const gt_model_call *call)
{
    gt_job job;
    gt_mspa m = {.ctx = ctx,
                 .eight = gt_model_with(call, "connectivity")->choice == 0,
                 .width = (int)gt_model_with(call, "edge")->integer};
    gt_status st = gt_job_open(ctx, call, &job);
    job.partial = false;
    st = st == GT_OK ? gt_job_make(ctx, &job, 0, GT_CELL_U8) : st;
    st = st == GT_OK ? map_new(ctx, job.in[0], &m) : st;
    st = st == GT_OK ? gt_mspa_classify(&m, gt_model_with(call, "transition")->integer != 0,
                                        gt_model_with(call, "internal")->integer != 0)
                     : st;
    st = st == GT_OK ? write_codes(&m, job.out[0]) : st;
    st = st == GT_OK ? write_areas(&m, gt_grid_facts(job.in[0]), gt_model_out(call, "areas")) : st;
    map_free(&m);
    return gt_job_end(ctx, &job, st);
}

static const gt_model_port in[] = {{.name = "foreground",
                                    .kind = GT_PORT_GRID,
                                    .title = {"前景", "foreground"},
                                    .note = {"非 0 为前景，0 为背景，无值为缺失",
                                             "not 0: foreground; 0: background; nodata: missing"}},
                                   {0}};
static const gt_model_port out[] = {
    {.name = "pattern",
     .kind = GT_PORT_GRID,
     .title = {"景观格局类型", "pattern"},
     .note = {"1 支线 3 边缘 5 孔隙 9 孤岛 17 核心 33 桥接 65 环道；35/37、67/69 "
              "为边缘/孔隙中的桥接、环道；"
              "0 背景，100 核心内背景，220 边缘内背景；在核心孔洞内的加 100",
              "1 branch, 3 edge, 5 perforation, 9 islet, 17 core, 33 bridge, 65 loop; 35/37, 67/69 "
              "bridge, loop in edge/perforation; 0 background, 100 in core, 220 in boundary, 100 "
              "more within holes of core"}},
    {.name = "areas",
     .kind = GT_PORT_TABLE,
     .title = {"各类面积", "areas"},
     .optional = true,
     .note = {"CSV：编码、类型、栅格数、面积、占前景比例",
              "CSV: code, class, cells, area, share of the foreground"}},
    {0}};
static const char *const ways[] = {"8", "4", NULL};
static const gt_model_param with[] = {
    {.name = "edge",
     .kind = GT_PARAM_INT,
     .title = {"边缘宽度（栅格）", "edge width (cells)"},
     .min = 1,
     .max = WIDTH_MAX,
     .preset = "1",
     .source = "usual: 1"},
    {.name = "connectivity",
     .kind = GT_PARAM_CHOICE,
     .title = {"前景连通（背景取另一种）", "foreground connectivity (background: the other)"},
     .preset = "8",
     .choices = ways},
    {.name = "transition",
     .kind = GT_PARAM_BOOL,
     .title = {"标出边缘与孔隙中的连接", "show connectors in edges and perforations"},
     .preset = "yes"},
    {.name = "internal",
     .kind = GT_PARAM_BOOL,
     .title = {"区分核心孔洞内外", "tell what lies in holes of core"},
     .preset = "yes"},
    {0}};
static const char *const sources[] = {"Soille and Vogt 2009", NULL};

const gt_model GT_MODEL_MSPA = {
    .name = "mspa",
    .group = "connect",
    .version = 1,
    .title = {"形态学空间格局分析", "morphological spatial pattern"},
    .what =
        {"把前景（林地、绿地）分为核心、孤岛、孔隙、边缘、环道、桥接、支线七类，用于选取生态源地。"
         "桥接与环道"
         "的具体位置取决于细化次序，各类面积才可比较；结果随边缘宽度变化很大。",
         "Foreground (forest, green land) as core, islet, perforation, edge, loop, bridge, branch, "
         "from which sources are chosen. Where a connector runs depends on the order of "
         "thinning; areas can be compared. Results change much with the edge width."},
    .in = in,
    .out = out,
    .with = with,
    .reach = GT_REACH_GLOBAL,
    .law =
        "9 bytes a cell and 8 for each of a branch or boundary; what does not fit the ceiling lies "
        "in a mapped file; distances on all threads",
    .need = {.held = GT_MSPA_CELL + GT_MSPA_THIN},
    .sources = sources,
    .run = run};
