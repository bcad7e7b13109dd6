/* From labelled faces to the result block of a cell, in canonical order: equal input gives equal
 * bytes, whatever the order of features, records or threads. */
#include <stdlib.h>
#include <string.h>

#include "weave/face.h"
#include "weave/messages.h"

static int label_order(const void *a, const void *b, void *user)
{
    const wv_work *w = user;
    const wv_label *p = &w->labels[*(const uint32_t *)a], *q = &w->labels[*(const uint32_t *)b];
    size_t n = p->n < q->n ? p->n : q->n;
    for (size_t i = 0; i < n; i++) {
        const wv_cover *c = &w->covers[p->first + i], *d = &w->covers[q->first + i];
        if (c->key != d->key) {
            return c->key < d->key ? -1 : 1;
        }
        if (c->n != d->n) {
            return c->n < d->n ? -1 : 1;
        }
    }
    return (p->n > q->n) - (p->n < q->n);
}

/* How often a key stands: once for an ordinary cover, more often where a ring crosses itself
 * (winding number 2, 3 ... or below 0). */
static int64_t times(int64_t n)
{
    return n < 0 ? 1 - n : n;
}

static uint32_t keys_of(const wv_work *w, const wv_label *l)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        n += times(w->covers[l->first + i].n);
    }
    return (uint32_t)n;
}

/* Does the label lack a layer that should cover everything, or hold one twice? */
static bool is_odd(const wv_work *w, const wv_cell_in *in, const wv_label *l)
{
    if (l->n == 0) {
        return true;
    }
    uint32_t last = UINT32_MAX, seen = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        const wv_cover *c = &w->covers[l->first + i];
        uint32_t layer = (uint32_t)(c->key >> 32);
        if (layer == last || c->n != 1) {
            return true;
        }
        last = layer;
        seen += in->coverage == NULL || in->coverage[layer];
    }
    return seen < in->n_coverage;
}

/* Adds the faces to their entries and notes those worth keeping. */
static gt_status sum_faces(wv_work *w, const wv_cell_in *in, uint32_t root, wv_entry *entries)
{
    w->n_faces = 0;
    for (size_t i = 0; i < w->n_cycles; i++) {
        wv_cycle *c = &w->cycles[i];
        if (i == root || c->parent != i) {
            continue;
        }
        const wv_label *label = &w->labels[c->label];
        int64_t area2 = c->area2, curve = c->curve, length = c->length;
        for (uint32_t k = c->sibling; k != WV_END; k = w->cycles[k].sibling) {
            area2 += w->cycles[k].area2;
            curve += w->cycles[k].curve;
            length += w->cycles[k].length;
        }
        wv_entry *e = &entries[label->entry];
        int64_t plane = area2 * (1 << WV_AREA_SHIFT), area = plane + curve;
        e->plane += plane;
        e->area += area;
        e->n_faces++;
        bool thin =
            (double)area2 * WV_LENGTH_UNITS * WV_LENGTH_UNITS < (double)in->sliver * (double)length;
        if (c->frame == 0 && !thin && !is_odd(w, in, label)) {
            continue;
        }
        gt_status st = WV_RESERVE(w, faces, w->n_faces + 1);
        if (st != GT_OK) {
            return st;
        }
        e->n_kept++;
        c->kept = (uint32_t)w->n_faces;
        w->faces[w->n_faces++] = (wv_face){.area = area,
                                           .plane = plane,
                                           .length = length,
                                           .entry = label->entry,
                                           .box = {c->box[0], c->box[1], c->box[2], c->box[3]},
                                           .frame = c->frame};
    }
    return GT_OK;
}

static int line_order(const void *a, const void *b)
{
    const wv_line *p = a, *q = b;
    if (p->x0 != q->x0 || p->y0 != q->y0) {
        return p->x0 != q->x0 ? (p->x0 < q->x0 ? -1 : 1) : (p->y0 < q->y0 ? -1 : 1);
    }
    return p->x1 != q->x1 ? (p->x1 < q->x1 ? -1 : 1) : (p->y1 > q->y1) - (p->y1 < q->y1);
}

static uint32_t entry_left_of(const wv_work *w, size_t h)
{
    return w->labels[w->cycles[w->cycles[w->cycle_of[h]].parent].label].entry;
}

static gt_status sum_lines(wv_work *w, bool keep)
{
    w->n_lines = 0;
    for (size_t i = 0; keep && i < w->n_edges; i++) {
        const wv_edge *e = &w->edges[i];
        if (e->dead != 0 || e->frame != 0) {
            continue;
        }
        gt_status st = WV_RESERVE(w, lines, w->n_lines + 1);
        if (st != GT_OK) {
            return st;
        }
        w->lines[w->n_lines++] = (wv_line){
            e->x0, e->y0, e->x1, e->y1, entry_left_of(w, 2 * i), entry_left_of(w, 2 * i + 1)};
    }
    if (w->n_lines > 1) {
        qsort(w->lines, w->n_lines, sizeof *w->lines, line_order);
    }
    return GT_OK;
}

static int32_t frame_at(int32_t side, wv_point p, bool last)
{
    if (p.y == 0 && !(p.x == 0 && last)) {
        return p.x;
    }
    return p.x == side ? side + p.y : p.y == side ? 3 * side - p.x : 4 * side - p.y;
}

/* Pieces of the frame with the face inside. */
static gt_status sum_borders(wv_work *w, int32_t side)
{
    w->n_borders = 0;
    for (size_t i = 0; i < w->n_edges; i++) {
        const wv_edge *e = &w->edges[i];
        if (e->dead != 0 || e->frame == 0) {
            continue;
        }
        /* counter-clockwise: right along the bottom, left along the top, up on the right side */
        bool forward = e->x0 != e->x1 ? e->y0 == 0 : e->x0 == side;
        uint32_t h = (uint32_t)(2 * i) + (forward ? 0 : 1);
        gt_status st = WV_RESERVE(w, borders, w->n_borders + 1);
        if (st != GT_OK) {
            return st;
        }
        int32_t t1 = frame_at(side, w->points[wv_head(w, h)], true);
        int32_t length = e->x1 - e->x0 + (e->y1 > e->y0 ? e->y1 - e->y0 : e->y0 - e->y1);
        w->borders[w->n_borders++] =
            (wv_border){t1 - length, t1, w->cycles[w->cycles[w->cycle_of[h]].parent].kept};
    }
    return GT_OK;
}

static int face_order(const void *a, const void *b, void *user)
{
    const wv_work *w = user;
    const wv_face *p = &w->faces[*(const uint32_t *)a], *q = &w->faces[*(const uint32_t *)b];
    if (p->entry != q->entry) {
        return p->entry < q->entry ? -1 : 1;
    }
    int box = memcmp(p->box, q->box, sizeof p->box);
    if (box != 0) {
        return box;
    }
    if (p->plane != q->plane) {
        return p->plane < q->plane ? -1 : 1;
    }
    if (p->area != q->area) {
        return p->area < q->area ? -1 : 1;
    }
    return (p->length > q->length) - (p->length < q->length);
}

static int border_order(const void *a, const void *b)
{
    const wv_border *p = a, *q = b;
    return (p->t0 > q->t0) - (p->t0 < q->t0);
}

static wv_cell *new_cell(gt_ctx *ctx, size_t entries, size_t faces, size_t keys, size_t borders,
                         size_t lines)
{
    size_t bytes = sizeof(wv_cell) + entries * sizeof(wv_entry) + faces * sizeof(wv_face) +
                   keys * sizeof(uint64_t) + borders * sizeof(wv_border) + lines * sizeof(wv_line);
    wv_cell *c = gt_zalloc(ctx, 1, bytes);
    if (c != NULL) {
        c->bytes = bytes;
        c->n_entries = (uint32_t)entries;
        c->n_faces = (uint32_t)faces;
        c->n_keys = (uint32_t)keys;
        c->n_borders = (uint32_t)borders;
        c->n_lines = (uint32_t)lines;
    }
    return c;
}

/* Copies faces and borders in canonical order; order[] is scratch. */
static void place_faces(wv_work *w, wv_cell *cell)
{
    uint32_t *order = w->stack, *rank = w->order;
    for (uint32_t i = 0; i < w->n_faces; i++) {
        order[i] = i;
    }
    qsort_r(order, w->n_faces, sizeof *order, face_order, w);
    for (uint32_t i = 0; i < w->n_faces; i++) {
        wv_faces(cell)[i] = w->faces[order[i]];
        rank[order[i]] = i;
    }
    for (size_t i = 0; i < w->n_borders; i++) {
        w->borders[i].face = rank[w->borders[i].face];
    }
    if (w->n_borders > 1) {
        qsort(w->borders, w->n_borders, sizeof *w->borders, border_order);
    }
    memcpy(wv_borders(cell), w->borders, w->n_borders * sizeof *w->borders);
    if (w->n_lines > 0) {
        memcpy(wv_lines(cell), w->lines, w->n_lines * sizeof *w->lines);
    }
}

/* Labels that some face carries, sorted; each learns its entry. *n_keys: keys of all of them. */
static gt_status order_labels(wv_work *w, uint32_t root, size_t *n_keys)
{
    gt_status st = WV_RESERVE(w, order, w->n_labels + w->n_cycles + 1);
    if (st == GT_OK) {
        st = WV_RESERVE(w, stack, w->n_cycles + 1);
    }
    if (st != GT_OK) {
        return st;
    }
    for (size_t i = 0; i < w->n_cycles; i++) {
        if (i != root && w->cycles[i].parent == i) {
            w->labels[w->cycles[i].label].n_faces++;
        }
    }
    w->n_order = 0;
    for (size_t i = 0; i < w->n_labels; i++) {
        if (w->labels[i].n_faces > 0) {
            w->order[w->n_order++] = (uint32_t)i;
        }
    }
    qsort_r(w->order, w->n_order, sizeof *w->order, label_order, w);
    *n_keys = 0;
    for (size_t i = 0; i < w->n_order; i++) {
        w->labels[w->order[i]].entry = (uint32_t)i;
        *n_keys += keys_of(w, &w->labels[w->order[i]]);
    }
    return GT_OK;
}

static void place_keys(const wv_work *w, wv_cell *cell)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < cell->n_entries; i++) {
        const wv_label *l = &w->labels[w->order[i]];
        wv_entry *e = &wv_entries(cell)[i];
        e->keys = at;
        for (uint32_t k = 0; k < l->n; k++) {
            for (int64_t j = times(w->covers[l->first + k].n); j > 0; j--) {
                wv_keys(cell)[at++] = w->covers[l->first + k].key;
            }
        }
        e->n_keys = at - e->keys;
    }
}

gt_status gt_wv_pack(wv_work *w, const wv_cell_in *in, uint32_t root, wv_cell **out)
{
    size_t n_keys = 0;
    wv_cell *cell = NULL;
    wv_entry *entries = NULL;
    gt_status st = order_labels(w, root, &n_keys);
    if (st != GT_OK) {
        return st;
    }
    size_t n_entries = w->n_order;
    entries = gt_zalloc(w->ctx, n_entries + 1, sizeof *entries);
    st = entries == NULL ? GT_E_MEMORY : sum_faces(w, in, root, entries);
    if (st == GT_OK) {
        st = sum_borders(w, in->side);
    }
    if (st == GT_OK) {
        st = sum_lines(w, in->keep_lines);
    }
    if (st != GT_OK) {
        goto done;
    }
    cell = new_cell(w->ctx, n_entries, w->n_faces, n_keys, w->n_borders, w->n_lines);
    if (cell == NULL) {
        st = GT_E_MEMORY;
        goto done;
    }
    memcpy(wv_entries(cell), entries, n_entries * sizeof *entries);
    place_keys(w, cell);
    place_faces(w, cell);
    for (size_t i = 0; i < n_entries; i++) {
        cell->n_all_faces += entries[i].n_faces;
    }
    for (size_t i = 0; i < w->n_edges; i++) {
        cell->n_edges += w->edges[i].dead == 0;
    }
    cell->n_crossings = w->n_crossings;
    *out = cell;
done:
    gt_free(w->ctx, entries);
    return st;
}

void gt_wv_plain_area(const wv_cell_in *in, int64_t *area, int64_t *plane)
{
    double s = in->side;
    /* clockwise sides cancel: only the right and the left side carry weight */
    double curve =
        gt_wv_metric_edge(&in->metric, s, 0, s, s) - gt_wv_metric_edge(&in->metric, 0, 0, 0, s);
    *plane = 2 * (int64_t)in->side * in->side * (1 << WV_AREA_SHIFT);
    *area = *plane + (int64_t)__builtin_nearbyint(__builtin_ldexp(curve, WV_AREA_SHIFT + 1));
}

gt_status gt_wv_plain(gt_ctx *ctx, const wv_cell_in *in, wv_cell **out)
{
    *out = NULL;
    size_t n_keys = 0;
    for (size_t i = 0; i < in->n_corner; i++) {
        n_keys += (size_t)times(in->corner[i].n);
    }
    wv_cell *cell = new_cell(ctx, 1, 1, n_keys, 4, 0);
    if (cell == NULL) {
        return GT_E_MEMORY;
    }
    wv_entry *e = wv_entries(cell);
    gt_wv_plain_area(in, &e->area, &e->plane);
    e->n_keys = (uint32_t)n_keys;
    e->n_faces = e->n_kept = 1;
    uint32_t at = 0;
    for (size_t i = 0; i < in->n_corner; i++) {
        for (int64_t j = times(in->corner[i].n); j > 0; j--) {
            wv_keys(cell)[at++] = in->corner[i].key;
        }
    }
    *wv_faces(cell) = (wv_face){
        .area = e->area, .plane = e->plane, .box = {0, 0, in->side, in->side}, .frame = 1};
    for (int32_t k = 0; k < 4; k++) {
        wv_borders(cell)[k] = (wv_border){k * in->side, (k + 1) * in->side, 0};
    }
    cell->n_edges = 4;
    cell->n_all_faces = 1;
    *out = cell;
    return GT_OK;
}
