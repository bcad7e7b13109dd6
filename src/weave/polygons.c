/* Polygons of any dissolve: the edges whose two sides differ in group, sorted by group, traced to
 * rings block by block in parallel, handed out in order. */
#include <string.h>

#include "guotu/pool.h"
#include "weave/messages.h"
#include "weave/ring.h"
#include "weave/simplify.h"

enum { BLOCK = 4096, PER_TASK = 64 };

typedef struct maker {
    gt_ctx *ctx;
    const gt_weave *w;
    wv_groups groups;
    gt_account *account;
    const uint8_t *wanted; /* per row */
    size_t *start;         /* per row + 1; while filling, the next free place */
    wv_arrow *arrows;      /* NULL while counting */
    wv_seg *segs;          /* to be simplified; used when tolerance > 0 */
    size_t n_segs, cap_segs;
    double tolerance; /* mm */
    gt_status status; /* of collecting segments */
    size_t n_rows;
    wv_tracer *tracers;
    gt_geom *geoms; /* BLOCK */
    size_t block;   /* first row of the block at hand */
} maker;

static uint32_t group_of(const maker *m, size_t cell, uint32_t entry)
{
    uint32_t row =
        entry == WV_END ? UINT32_MAX : m->groups.row[m->groups.first_entry[cell] + entry];
    return row != UINT32_MAX && m->wanted[row] != 0 ? row : UINT32_MAX;
}

static void put_arrow(maker *m, uint32_t row, wv_arrow a)
{
    if (row == UINT32_MAX) {
        return;
    }
    if (m->arrows == NULL) {
        m->start[row + 1]++;
    } else {
        m->arrows[m->start[row]++] = a;
    }
}

/* One piece of boundary between two groups. */
static void put_edge(maker *m, wv_arrow a, uint32_t left, uint32_t right)
{
    if (m->tolerance > 0) {
        if (m->status == GT_OK) {
            m->status =
                gt_grow(m->ctx, (void **)&m->segs, &m->cap_segs, m->n_segs + 1, sizeof *m->segs);
        }
        if (m->status == GT_OK) {
            m->segs[m->n_segs++] = (wv_seg){a.x0, a.y0, a.x1, a.y1, left, right};
        }
        return;
    }
    put_arrow(m, left, a);
    put_arrow(m, right, (wv_arrow){a.x1, a.y1, a.x0, a.y0});
}

static void put_cell(maker *m, size_t cell)
{
    const wv_cell *c = m->w->cells[cell];
    uint32_t ox = (uint32_t)((uint64_t)(cell % m->w->grid.n_cols) * (uint64_t)m->w->grid.side);
    uint32_t oy = (uint32_t)((uint64_t)(cell / m->w->grid.n_cols) * (uint64_t)m->w->grid.side);
    for (uint32_t i = 0; i < c->n_lines; i++) {
        const wv_line *l = &wv_lines(c)[i];
        uint32_t left = group_of(m, cell, l->left), right = group_of(m, cell, l->right);
        if (left != right) {
            wv_arrow a = {ox + (uint32_t)l->x0, oy + (uint32_t)l->y0, ox + (uint32_t)l->x1,
                          oy + (uint32_t)l->y1};
            put_edge(m, a, left, right);
        }
    }
}

static uint32_t group_of_face(const maker *m, size_t cell, uint32_t face)
{
    if (cell == WV_NO_CELL || face == WV_END) {
        return UINT32_MAX;
    }
    return group_of(m, cell, wv_faces(m->w->cells[cell])[face].entry);
}

/* Where the groups differ across a side between cells, the side itself is their boundary. */
static gt_status put_seam(void *user, const wv_seam *s)
{
    maker *m = user;
    uint32_t a = group_of_face(m, s->a, s->face_a), b = group_of_face(m, s->b, s->face_b);
    if (a == b) {
        return GT_OK;
    }
    size_t cell = s->a != WV_NO_CELL ? s->a : s->b;
    uint64_t side = (uint64_t)m->w->grid.side;
    uint64_t x = (cell % m->w->grid.n_cols) * side, y = (cell / m->w->grid.n_cols) * side;
    uint64_t step = s->a != WV_NO_CELL ? side : 0;
    wv_arrow up = s->vertical ? (wv_arrow){(uint32_t)(x + step), (uint32_t)(y + (uint64_t)s->lo),
                                           (uint32_t)(x + step), (uint32_t)(y + (uint64_t)s->hi)}
                              : (wv_arrow){(uint32_t)(x + (uint64_t)s->hi), (uint32_t)(y + step),
                                           (uint32_t)(x + (uint64_t)s->lo), (uint32_t)(y + step)};
    put_edge(m, up, a, b);
    return m->status;
}

static gt_status put_all(maker *m)
{
    for (size_t i = 0; m->status == GT_OK && i < wv_n_cells(m->w); i++) {
        if (m->w->cells[i] != NULL) {
            put_cell(m, i);
        }
    }
    return m->status == GT_OK ? gt_wv_seams(m->ctx, m->w, put_seam, m) : m->status;
}

/* Arrows of both groups of every edge, simplified first when that is asked for. */
static gt_status put_edges(maker *m)
{
    if (m->segs == NULL) {
        return put_all(m);
    }
    for (size_t i = 0; i < m->n_segs; i++) {
        const wv_seg *e = &m->segs[i];
        put_arrow(m, e->left, (wv_arrow){e->x0, e->y0, e->x1, e->y1});
        put_arrow(m, e->right, (wv_arrow){e->x1, e->y1, e->x0, e->y0});
    }
    return GT_OK;
}

static gt_status simplify_edges(maker *m)
{
    if (m->tolerance <= 0) {
        return GT_OK;
    }
    gt_status st = gt_grow(m->ctx, (void **)&m->segs, &m->cap_segs, 1, sizeof *m->segs);
    if (st == GT_OK) {
        st = put_all(m);
    }
    if (st == GT_OK) {
        st = gt_wv_simplify(m->ctx, m->segs, &m->n_segs, m->tolerance);
    }
    m->tolerance = 0;
    return st;
}

/* Counting sort of all arrows by row. */
static gt_status sort_edges(maker *m)
{
    m->start = gt_zalloc(m->ctx, m->n_rows + 2, sizeof *m->start);
    gt_status st = m->start == NULL ? GT_E_MEMORY : put_edges(m);
    if (st != GT_OK) {
        return st;
    }
    for (size_t i = 0; i < m->n_rows; i++) {
        m->start[i + 1] += m->start[i];
    }
    m->arrows = gt_alloc(m->ctx, m->start[m->n_rows] + 1, sizeof *m->arrows);
    st = m->arrows == NULL ? GT_E_MEMORY : put_edges(m);
    memmove(m->start + 1, m->start, (m->n_rows + 1) * sizeof *m->start);
    m->start[0] = 0;
    return st;
}

static gt_status trace_task(gt_ctx *ctx, void *user, size_t task, int worker)
{
    maker *m = user;
    wv_tracer *t = &m->tracers[worker];
    gt_status st = GT_OK;
    t->ctx = ctx;
    for (size_t i = task * PER_TASK; st == GT_OK && i < (task + 1) * PER_TASK; i++) {
        size_t row = m->block + i;
        if (row < m->n_rows && m->wanted[row] != 0) {
            st = gt_wv_trace(t, m->arrows + m->start[row], m->start[row + 1] - m->start[row],
                             &m->geoms[i]);
        }
    }
    return st;
}

static gt_status hand_out(maker *m, gt_weave_polygon_fn fn, void *user)
{
    gt_status st = GT_OK;
    for (m->block = 0; st == GT_OK && m->block < m->n_rows; m->block += BLOCK) {
        size_t n = m->n_rows - m->block < BLOCK ? m->n_rows - m->block : BLOCK;
        st = gt_parallel_for(m->ctx, (n + PER_TASK - 1) / PER_TASK, trace_task, m);
        for (size_t i = 0; st == GT_OK && i < n; i++) {
            const uint32_t *codes = NULL;
            double m2 = 0, plane = 0;
            if (m->wanted[m->block + i] != 0) {
                gt_account_get(m->account, m->block + i, &codes, &m2, &plane);
                st = fn(m->ctx, user, codes, m2, plane, &m->geoms[i]);
            }
        }
    }
    return st;
}

static gt_status choose_rows(maker *m, gt_weave_want_fn want, void *user)
{
    m->n_rows = gt_account_rows(m->account);
    uint8_t *wanted = gt_zalloc(m->ctx, m->n_rows + 1, 1);
    if (wanted == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < m->n_rows; i++) {
        const uint32_t *codes = NULL;
        double m2 = 0, plane = 0;
        gt_account_get(m->account, i, &codes, &m2, &plane);
        wanted[i] = want == NULL || want(user, codes);
    }
    m->wanted = wanted;
    return GT_OK;
}

static void maker_free(gt_ctx *ctx, maker *m)
{
    for (int i = 0; m->tracers != NULL && i < gt_ctx_threads(ctx); i++) {
        gt_wv_tracer_free(ctx, &m->tracers[i]);
    }
    for (size_t i = 0; m->geoms != NULL && i < BLOCK; i++) {
        gt_free(ctx, m->geoms[i].xy);
        gt_free(ctx, m->geoms[i].ring_end);
        gt_free(ctx, m->geoms[i].part_end);
    }
    gt_free(ctx, m->tracers);
    gt_free(ctx, m->geoms);
    gt_free(ctx, m->start);
    gt_free(ctx, m->arrows);
    gt_free(ctx, m->segs);
    gt_free(ctx, (void *)(uintptr_t)m->wanted);
    gt_wv_groups_free(ctx, &m->groups);
    gt_account_free(ctx, m->account);
}

void gt_weave_view_init(gt_weave_view *view)
{
    memset(view, 0, sizeof *view);
    view->size = sizeof *view;
}

static gt_status check_view(gt_ctx *ctx, const gt_weave *w, const gt_weave_view *view)
{
    uint64_t side = (uint64_t)w->grid.side;
    if (!w->keep_lines) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_WEAVE_NO_LINES, GT_NOWHERE, GT_NO_ARGS);
    }
    if (!(view->tolerance >= 0 && view->tolerance <= 1e6)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_WEAVE_OPTION, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "tolerance"), GT_REAL("value", view->tolerance)));
    }
    if (w->grid.n_cols * side > UINT32_MAX || w->grid.n_rows * side > UINT32_MAX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_WEAVE_TOO_WIDE, GT_NOWHERE, GT_NO_ARGS);
    }
    return GT_OK;
}

gt_status gt_weave_polygons(gt_ctx *ctx, const gt_weave *w, const gt_weave_view *view,
                            gt_weave_polygon_fn fn, void *user)
{
    gt_weave_view v;
    gt_weave_view_init(&v);
    if (view != NULL) {
        memcpy(&v, view, view->size < sizeof v ? view->size : sizeof v);
    }
    gt_status st = check_view(ctx, w, &v);
    if (st != GT_OK) {
        return st;
    }
    maker m = {.ctx = ctx, .w = w, .tolerance = v.tolerance * 1000};
    const wv_codes how = {v.code_of, v.code_len, v.use_layer};
    st = gt_wv_account(ctx, w, &how, &m.groups, &m.account);
    if (st == GT_OK) {
        st = choose_rows(&m, v.want, user);
    }
    if (st == GT_OK) {
        st = simplify_edges(&m);
    }
    if (st == GT_OK) {
        m.tracers = gt_zalloc(ctx, (size_t)gt_ctx_threads(ctx), sizeof *m.tracers);
        m.geoms = gt_zalloc(ctx, BLOCK, sizeof *m.geoms);
        st = m.tracers == NULL || m.geoms == NULL ? GT_E_MEMORY : sort_edges(&m);
    }
    for (int i = 0; st == GT_OK && i < gt_ctx_threads(ctx); i++) {
        m.tracers[i].ox = (double)(w->grid.col0 * w->grid.side);
        m.tracers[i].oy = (double)(w->grid.row0 * w->grid.side);
    }
    if (st == GT_OK) {
        st = hand_out(&m, fn, user);
    }
    maker_free(ctx, &m);
    return st;
}
