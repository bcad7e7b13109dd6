/* Rings from directed edges. At a point where the group touches itself the walk keeps to its own
 * wedge of the interior, and a loop is split off whenever the walk comes back to a point of its
 * path: rings are then simple, touch in points only, and holes are rings of their own (OGC
 * 06-103r4). */
#include "weave/ring.h"

#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 wide;

void gt_wv_tracer_free(gt_ctx *ctx, wv_tracer *t)
{
    gt_free(ctx, t->arrows);
    gt_free(ctx, t->node_at);
    gt_free(ctx, t->used);
    gt_free(ctx, t->path);
    gt_free(ctx, t->ring_path);
    gt_free(ctx, t->rings);
    memset(t, 0, sizeof *t);
}

static int arrow_order(const void *a, const void *b)
{
    const wv_arrow *p = a, *q = b;
    const uint32_t x[4] = {p->x0, p->y0, p->x1, p->y1}, y[4] = {q->x0, q->y0, q->x1, q->y1};
    for (int i = 0; i < 4; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}

/* First arrow (in sorted order) that starts at (x, y). */
static uint32_t first_from(const wv_tracer *t, uint32_t x, uint32_t y)
{
    size_t lo = 0, hi = t->n_arrows;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const wv_arrow *a = &t->arrows[mid];
        if (a->x0 < x || (a->x0 == x && a->y0 < y)) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return (uint32_t)lo;
}

/* Turning clockwise from direction (bx, by), is (px, py) met before (qx, qy)? A direction equal to
 * b comes last. Wide, for simplified edges may be as long as the extent. */
static bool sooner_clockwise(int64_t bx, int64_t by, int64_t px, int64_t py, int64_t qx, int64_t qy)
{
    wide cp = (wide)bx * py - (wide)by * px, cq = (wide)bx * qy - (wide)by * qx;
    wide dp = (wide)bx * px + (wide)by * py, dq = (wide)bx * qx + (wide)by * qy;
    /* half 0: clockwise angle in (0, pi), half 1: [pi, 2 pi), last: 0 */
    int hp = cp < 0 ? 0 : cp == 0 && dp > 0 ? 2 : 1, hq = cq < 0 ? 0 : cq == 0 && dq > 0 ? 2 : 1;
    return hp != hq ? hp < hq : (wide)px * qy - (wide)py * qx < 0;
}

/* The unused arrow with which the walk goes on after `from`; n_arrows when there is none. */
static uint32_t next_arrow(const wv_tracer *t, uint32_t from)
{
    const wv_arrow *f = &t->arrows[from];
    uint32_t best = (uint32_t)t->n_arrows;
    int64_t bx = (int64_t)f->x0 - f->x1, by = (int64_t)f->y0 - f->y1;
    for (uint32_t i = first_from(t, f->x1, f->y1);
         i < t->n_arrows && t->arrows[i].x0 == f->x1 && t->arrows[i].y0 == f->y1; i++) {
        const wv_arrow *a = &t->arrows[i];
        if (t->used[i] != 0) {
            continue;
        }
        if (best == t->n_arrows) {
            best = i;
            continue;
        }
        const wv_arrow *b = &t->arrows[best];
        if (sooner_clockwise(bx, by, (int64_t)a->x1 - a->x0, (int64_t)a->y1 - a->y0,
                             (int64_t)b->x1 - b->x0, (int64_t)b->y1 - b->y0)) {
            best = i;
        }
    }
    return best;
}

/* Moves path[from ..] to a ring of its own. */
static gt_status split_ring(wv_tracer *t, size_t from)
{
    size_t n = t->n_path - from;
    gt_status st = gt_grow(t->ctx, (void **)&t->ring_path, &t->cap_ring_path, t->n_ring_path + n,
                           sizeof *t->ring_path);
    if (st == GT_OK) {
        st = WV_RESERVE(t, rings, t->n_rings + 1);
    }
    if (st != GT_OK) {
        return st;
    }
    wv_ring_info r = {.first = (uint32_t)t->n_ring_path,
                      .n = (uint32_t)n,
                      .shell = WV_END,
                      .box = {UINT32_MAX, UINT32_MAX, 0, 0}};
    wide area = 0;
    const wv_arrow *o = &t->arrows[t->path[from]];
    for (size_t i = from; i < t->n_path; i++) {
        const wv_arrow *a = &t->arrows[t->path[i]];
        area += (wide)((int64_t)a->x0 - o->x0) * ((int64_t)a->y1 - o->y0) -
                (wide)((int64_t)a->x1 - o->x0) * ((int64_t)a->y0 - o->y0);
        r.box[0] = a->x0 < r.box[0] ? a->x0 : r.box[0];
        r.box[1] = a->y0 < r.box[1] ? a->y0 : r.box[1];
        r.box[2] = a->x0 > r.box[2] ? a->x0 : r.box[2];
        r.box[3] = a->y0 > r.box[3] ? a->y0 : r.box[3];
        t->node_at[first_from(t, a->x0, a->y0)] = 0;
        t->ring_path[t->n_ring_path++] = t->path[i];
    }
    r.area = (double)area;
    t->rings[t->n_rings++] = r;
    t->n_path = from;
    return GT_OK;
}

/* Walks from one unused arrow until the path is used up. */
static gt_status walk_rings(wv_tracer *t, uint32_t start)
{
    t->n_path = 0;
    uint32_t at = start;
    while (at < t->n_arrows) {
        uint32_t node = first_from(t, t->arrows[at].x0, t->arrows[at].y0);
        t->used[at] = 1;
        t->path[t->n_path++] = at;
        t->node_at[node] = (uint32_t)t->n_path;
        uint32_t head = first_from(t, t->arrows[at].x1, t->arrows[at].y1);
        uint32_t next = next_arrow(t, at);
        if (head < t->n_arrows && t->node_at[head] != 0) {
            gt_status st = split_ring(t, t->node_at[head] - 1);
            if (st != GT_OK) {
                return st;
            }
            if (t->n_path == 0) {
                return GT_OK; /* what is left at this point starts a walk of its own */
            }
        }
        at = next;
    }
    return GT_OK;
}

/* ---- shells and holes ----------------------------------------------------------------------- */

/* Edges of one large ring by bands of y: a point is compared with the edges of its band only. */
typedef struct bands {
    const wv_ring_info *of; /* the ring they are of; NULL: none yet */
    uint32_t *start, *list;
    size_t cap_start, cap_list;
    uint32_t n;
    double height;
} bands;

enum { BANDS_FROM = 64, EDGES_A_BAND = 4, BANDS_MAX = 1 << 16 };

static uint32_t band_of(const bands *b, uint32_t y)
{
    double at = ((double)y - b->of->box[1]) / b->height;
    return at < 0 ? 0 : at >= b->n ? b->n - 1 : (uint32_t)at;
}

static void band_range(const bands *b, const wv_arrow *a, uint32_t *from, uint32_t *to)
{
    *from = band_of(b, a->y0 < a->y1 ? a->y0 : a->y1);
    *to = band_of(b, a->y0 < a->y1 ? a->y1 : a->y0);
}

/* Edges that cross many bands are listed in each of them: the number of bands is halved until the
 * list is at most eight times as long as the ring. */
static gt_status bands_of(const wv_tracer *t, const wv_ring_info *r, bands *b)
{
    uint64_t total = 0;
    b->of = r;
    b->n = r->n / EDGES_A_BAND > BANDS_MAX ? BANDS_MAX : r->n / EDGES_A_BAND;
    for (;; b->n /= 2) {
        total = 0;
        b->height = ((double)r->box[3] - r->box[1] + 1) / b->n;
        for (uint32_t i = 0; i < r->n; i++) {
            uint32_t from = 0, to = 0;
            band_range(b, &t->arrows[t->ring_path[r->first + i]], &from, &to);
            total += to - from + 1;
        }
        if (total <= 8 * (uint64_t)r->n || b->n <= 1) {
            break;
        }
    }
    gt_status st =
        gt_grow(t->ctx, (void **)&b->start, &b->cap_start, (size_t)b->n + 2, sizeof *b->start);
    st = st == GT_OK ? gt_grow(t->ctx, (void **)&b->list, &b->cap_list, total + 1, sizeof *b->list)
                     : st;
    if (st != GT_OK) {
        return st;
    }
    memset(b->start, 0, ((size_t)b->n + 2) * sizeof *b->start);
    for (int pass = 0; pass < 2; pass++) { /* count, then write */
        for (uint32_t i = 0; i < r->n; i++) {
            uint32_t from = 0, to = 0;
            band_range(b, &t->arrows[t->ring_path[r->first + i]], &from, &to);
            for (uint32_t k = from; k <= to; k++) {
                if (pass == 0) {
                    b->start[k + 2]++;
                } else {
                    b->list[b->start[k + 1]++] = i;
                }
            }
        }
        for (uint32_t k = 2; pass == 0 && k < b->n + 2; k++) {
            b->start[k] += b->start[k - 1];
        }
    }
    return GT_OK;
}

/* One edge's part in the winding around (x, y); *on: the point lies on it. */
static int winding_of(const wv_arrow *a, uint32_t x, uint32_t y, bool *on)
{
    wide c = (wide)((int64_t)a->x1 - a->x0) * ((int64_t)y - a->y0) -
             (wide)((int64_t)a->y1 - a->y0) * ((int64_t)x - a->x0);
    bool x_in = (a->x0 <= x && x <= a->x1) || (a->x1 <= x && x <= a->x0);
    bool y_in = (a->y0 <= y && y <= a->y1) || (a->y1 <= y && y <= a->y0);
    *on = *on || (c == 0 && x_in && y_in);
    return a->y0 <= y ? (a->y1 > y && c > 0 ? 1 : 0) : (a->y1 <= y && c < 0 ? -1 : 0);
}

/* 1 inside, -1 outside, 0 on the boundary of ring r. b: its bands, or of another ring. */
static int place_in_ring(const wv_tracer *t, const wv_ring_info *r, const bands *b, uint32_t x,
                         uint32_t y)
{
    int winding = 0;
    bool on = false, banded = b->of == r;
    uint32_t band = banded ? band_of(b, y) : 0;
    uint32_t i = banded ? b->start[band] : 0, end = banded ? b->start[band + 1] : r->n;
    for (; i < end && !on; i++) {
        uint32_t edge = banded ? b->list[i] : i;
        winding += winding_of(&t->arrows[t->ring_path[r->first + edge]], x, y, &on);
    }
    return on ? 0 : winding != 0 ? 1 : -1;
}

static bool hole_in_shell(const wv_tracer *t, const wv_ring_info *hole, const wv_ring_info *shell,
                          const bands *b)
{
    for (int k = 0; k < 2; k++) {
        if (hole->box[k] < shell->box[k] || hole->box[k + 2] > shell->box[k + 2]) {
            return false;
        }
    }
    for (uint32_t i = 0; i < hole->n; i++) {
        const wv_arrow *a = &t->arrows[t->ring_path[hole->first + i]];
        int place = place_in_ring(t, shell, b, a->x0, a->y0);
        if (place != 0) {
            return place > 0;
        }
    }
    return true; /* every corner touches the shell: it still lies inside, or it would be no hole */
}

typedef struct west {
    uint32_t x, ring; /* a hole by its western end */
} west;

static int by_west(const void *a, const void *b)
{
    const west *p = a, *q = b;
    return p->x != q->x ? (p->x < q->x ? -1 : 1) : (p->ring > q->ring) - (p->ring < q->ring);
}

/* First of the sorted holes that begins at x or east of it. */
static size_t west_from(const west *list, size_t n, uint32_t x)
{
    size_t lo = 0;
    while (lo < n) {
        size_t mid = lo + (n - lo) / 2;
        if (list[mid].x < x) {
            lo = mid + 1;
        } else {
            n = mid;
        }
    }
    return lo;
}

/* The smallest shell around each hole: shells one after the other, so that the bands of a large one
 * are made once. */
static gt_status place_holes(wv_tracer *t)
{
    size_t shells = 0, only = 0, n = 0;
    bands b = {0};
    gt_status st = GT_OK;
    west *holes = NULL;
    for (size_t i = 0; i < t->n_rings; i++) {
        if (t->rings[i].area > 0) {
            shells++;
            only = i;
        }
    }
    for (size_t i = 0; shells == 1 && i < t->n_rings; i++) {
        if (!(t->rings[i].area > 0)) {
            t->rings[i].shell = (uint32_t)only;
        }
    }
    if (shells > 1) {
        holes = gt_alloc(t->ctx, t->n_rings, sizeof *holes);
        st = holes == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (uint32_t i = 0; holes != NULL && i < t->n_rings; i++) {
        if (!(t->rings[i].area > 0)) {
            holes[n++] = (west){t->rings[i].box[0], i};
        }
    }
    if (n > 0) {
        qsort(holes, n, sizeof *holes, by_west);
    }
    for (size_t k = 0; st == GT_OK && n > 0 && k < t->n_rings; k++) {
        const wv_ring_info *shell = &t->rings[k];
        if (!(shell->area > 0)) {
            continue;
        }
        st = gt_check_cancel(t->ctx);
        b.of = NULL;
        for (size_t i = west_from(holes, n, shell->box[0]);
             st == GT_OK && i < n && holes[i].x <= shell->box[2]; i++) {
            wv_ring_info *hole = &t->rings[holes[i].ring];
            bool near = shell->area > -hole->area && hole->box[2] <= shell->box[2] &&
                        hole->box[1] >= shell->box[1] && hole->box[3] <= shell->box[3] &&
                        (hole->shell == WV_END || shell->area < t->rings[hole->shell].area);
            if (near && b.of == NULL && shell->n >= BANDS_FROM) {
                st = bands_of(t, shell, &b);
            }
            if (st == GT_OK && near && hole_in_shell(t, hole, shell, &b)) {
                hole->shell = (uint32_t)k;
            }
        }
    }
    gt_free(t->ctx, holes);
    gt_free(t->ctx, b.start);
    gt_free(t->ctx, b.list);
    return st;
}

static void put_point(const wv_tracer *t, gt_geom *g, const wv_arrow *a)
{
    g->xy[2 * (size_t)g->n_points] = (t->ox + a->x0) / 1000;
    g->xy[2 * (size_t)g->n_points + 1] = (t->oy + a->y0) / 1000;
    g->n_points++;
}

static void put_ring(const wv_tracer *t, gt_geom *g, const wv_ring_info *r)
{
    for (uint32_t i = 0; i <= r->n; i++) {
        put_point(t, g, &t->arrows[t->ring_path[r->first + i % r->n]]);
    }
    g->ring_end[g->n_rings++] = g->n_points;
}

static gt_status put_all(wv_tracer *t, gt_geom *g)
{
    g->type = GT_MULTIPOLYGON;
    g->n_points = g->n_rings = g->n_parts = 0;
    gt_status st = gt_grow(t->ctx, (void **)&g->xy, &g->cap_xy,
                           2 * (t->n_ring_path + t->n_rings) + 2, sizeof *g->xy);
    if (st == GT_OK) {
        st = gt_grow(t->ctx, (void **)&g->ring_end, &g->cap_rings, t->n_rings + 1,
                     sizeof *g->ring_end);
    }
    if (st == GT_OK) {
        st = gt_grow(t->ctx, (void **)&g->part_end, &g->cap_parts, t->n_rings + 1,
                     sizeof *g->part_end);
    }
    /* holes of each shell as a list, in their order */
    uint32_t *first = gt_alloc(t->ctx, 2 * t->n_rings + 1, sizeof *first);
    uint32_t *next = first == NULL ? NULL : first + t->n_rings;
    st = st == GT_OK && first == NULL ? GT_E_MEMORY : st;
    for (size_t i = 0; st == GT_OK && i < t->n_rings; i++) {
        first[i] = WV_END;
    }
    for (size_t i = t->n_rings; st == GT_OK && i-- > 0;) {
        uint32_t shell = t->rings[i].shell;
        if (shell != WV_END) {
            next[i] = first[shell];
            first[shell] = (uint32_t)i;
        }
    }
    for (size_t i = 0; st == GT_OK && i < t->n_rings; i++) {
        if (t->rings[i].area <= 0) {
            continue;
        }
        put_ring(t, g, &t->rings[i]);
        for (uint32_t k = first[i]; k != WV_END; k = next[k]) {
            put_ring(t, g, &t->rings[k]);
        }
        g->part_end[g->n_parts++] = g->n_rings;
    }
    gt_free(t->ctx, first);
    return st;
}

gt_status gt_wv_trace(wv_tracer *t, const wv_arrow *arrows, size_t n, gt_geom *geom)
{
    gt_status st = WV_RESERVE(t, arrows, n + 1);
    if (st == GT_OK) {
        st = WV_RESERVE(t, node_at, n + 1);
    }
    if (st == GT_OK) {
        st = WV_RESERVE(t, used, n + 1);
    }
    if (st == GT_OK) {
        st = WV_RESERVE(t, path, n + 1);
    }
    if (st != GT_OK) {
        return st;
    }
    memcpy(t->arrows, arrows, n * sizeof *arrows);
    memset(t->node_at, 0, n * sizeof *t->node_at);
    memset(t->used, 0, n);
    t->n_arrows = n;
    t->n_rings = t->n_ring_path = 0;
    qsort(t->arrows, n, sizeof *t->arrows, arrow_order);
    for (uint32_t i = 0; st == GT_OK && i < n; i++) {
        if (t->used[i] == 0) {
            st = walk_rings(t, i);
        }
    }
    if (st == GT_OK) {
        st = place_holes(t);
    }
    return st == GT_OK ? put_all(t, geom) : st;
}
