/* Walks along the sides between cells and pairs the faces on both sides. */
#include "weave/weave.h"

typedef struct cursor {
    const wv_cell *cell;
    wv_at side;
    int32_t size;
    uint32_t at, left; /* next border, borders left on this side */
} cursor;

/* Borders of one side in ascending x or y: bottom and right as they stand, top and left backwards.
 */
static cursor cursor_on(const gt_weave *w, size_t cell, wv_at side)
{
    cursor c = {.cell = cell == WV_NO_CELL ? NULL : w->cells[cell],
                .side = side,
                .size = (int32_t)w->grid.side};
    if (c.cell == NULL) {
        return c;
    }
    int32_t from = ((int32_t)side - WV_BOTTOM) * c.size;
    const wv_border *b = wv_borders(c.cell);
    uint32_t lo = 0, hi = c.cell->n_borders;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (b[mid].t0 < from) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    for (hi = lo; hi < c.cell->n_borders && b[hi].t0 < from + c.size; hi++) {
    }
    c.left = hi - lo;
    c.at = side == WV_BOTTOM || side == WV_RIGHT ? lo : hi - 1;
    return c;
}

/* Far end of the current border along the side, and its face. */
static int32_t cursor_end(const cursor *c, uint32_t *face)
{
    *face = WV_END;
    if (c->cell == NULL || c->left == 0) {
        return c->size;
    }
    const wv_border *b = &wv_borders(c->cell)[c->at];
    *face = b->face;
    switch (c->side) {
    case WV_BOTTOM:
        return b->t1;
    case WV_RIGHT:
        return b->t1 - c->size;
    case WV_TOP:
        return 3 * c->size - b->t0;
    case WV_LEFT:
        return 4 * c->size - b->t0;
    case WV_INSIDE:
        break;
    }
    return c->size;
}

static void cursor_next(cursor *c)
{
    if (c->left > 0) {
        c->left--;
        c->at += c->side == WV_BOTTOM || c->side == WV_RIGHT ? 1U : UINT32_MAX; /* back: - 1 */
    }
}

gt_status gt_wv_seam(const gt_weave *w, size_t a, size_t b, bool vertical, wv_seam_fn fn,
                     void *user)
{
    cursor ca = cursor_on(w, a, vertical ? WV_RIGHT : WV_TOP);
    cursor cb = cursor_on(w, b, vertical ? WV_LEFT : WV_BOTTOM);
    gt_status st = GT_OK;
    if (ca.cell == NULL && cb.cell == NULL && a != WV_NO_CELL && b != WV_NO_CELL) {
        wv_seam both = {a, b, WV_END, WV_END, 0, (int32_t)w->grid.side, vertical};
        return fn(user, &both);
    }
    for (int32_t at = 0; st == GT_OK && at < w->grid.side;) {
        wv_seam s = {.a = a, .b = b, .lo = at, .vertical = vertical};
        int32_t ea = cursor_end(&ca, &s.face_a), eb = cursor_end(&cb, &s.face_b);
        s.hi = ea < eb ? ea : eb;
        st = fn(user, &s);
        if (ea == s.hi) {
            cursor_next(&ca);
        }
        if (eb == s.hi) {
            cursor_next(&cb);
        }
        at = s.hi;
    }
    return st;
}

gt_status gt_wv_seams(gt_ctx *ctx, const gt_weave *w, wv_seam_fn fn, void *user)
{
    gt_status st = GT_OK;
    uint32_t n = w->grid.n_cols, m = w->grid.n_rows;
    for (uint32_t r = 0; st == GT_OK && r <= m; r++) {
        for (uint32_t c = 0; st == GT_OK && c <= n; c++) {
            size_t here = (size_t)r * n + c;
            if (r < m) {
                st = gt_wv_seam(w, c > 0 ? here - 1 : WV_NO_CELL, c < n ? here : WV_NO_CELL, true,
                                fn, user);
            }
            if (st == GT_OK && c < n) {
                st = gt_wv_seam(w, r > 0 ? here - n : WV_NO_CELL, r < m ? here : WV_NO_CELL, false,
                                fn, user);
            }
        }
        if (st == GT_OK) {
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}
