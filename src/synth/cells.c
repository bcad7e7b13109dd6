#include "synth/cells.h"

#include <string.h>

#include "synth/dissolve.h"
#include "synth/noise.h"

void sy_cell_work_free(gt_ctx *ctx, sy_cell_work *w)
{
    sy_mesh_work_free(ctx, &w->mesh);
    sy_clip_work_free(ctx, &w->clip);
    sy_faces_free(ctx, &w->raw);
    sy_faces_free(ctx, &w->joined);
    gt_free(ctx, w->group);
    gt_free(ctx, w->best);
    gt_free(ctx, w->small);
    memset(w, 0, sizeof *w);
}

/* Two leaves are the halves of one node: same shape, side by side, aligned to the doubled size. */
static bool siblings(const sy_leaf *a, const sy_leaf *b)
{
    if (a->w != b->w || a->h != b->h) {
        return false;
    }
    if (a->y == b->y && b->x == a->x + a->w) {
        return a->x % (2 * a->w) == 0 && a->w <= a->h;
    }
    return a->x == b->x && b->y == a->y + a->h && a->y % (2 * a->h) == 0 && a->h <= a->w;
}

static int32_t root_of(int32_t *group, int32_t i)
{
    while (group[i] != i) {
        group[i] = group[group[i]];
        i = group[i];
    }
    return i;
}

/* The lower number becomes the root, so that the result keeps its place in the order. */
static void join(int32_t *group, int32_t a, int32_t b)
{
    a = root_of(group, a), b = root_of(group, b);
    if (a < b) {
        group[b] = a;
    } else {
        group[a] = b;
    }
}

static bool whole_leaf(const sy_faces *raw, size_t i)
{
    return (i == 0 || raw->faces[i - 1].leaf != raw->faces[i].leaf) &&
           (i + 1 == raw->n_faces || raw->faces[i + 1].leaf != raw->faces[i].leaf);
}

/* Marks the first of two sibling leaves picked by hash, when both are whole, and out of the
 * business of crumbs. leaf_of maps own leaf numbers to mesh leaves. */
static void mark_pairs(const sy_cell_options *o, const sy_mesh *mesh, sy_cell_work *w,
                       const uint32_t *leaf_of, sy_faces *raw)
{
    for (size_t i = 0; i + 1 < raw->n_faces; i++) {
        const sy_face *f = &raw->faces[i], *g = &raw->faces[i + 1];
        const sy_leaf *a = &w->mesh.leaves[leaf_of[f->leaf]];
        const sy_leaf *b = &w->mesh.leaves[leaf_of[g->leaf]];
        if (g->leaf != f->leaf + 1 || f->unit != g->unit || f->merged || g->merged ||
            !whole_leaf(raw, i) || !whole_leaf(raw, i + 1) || !siblings(a, b)) {
            continue;
        }
        uint64_t h = sy_hash(mesh->seed ^ o->pair_salt, sy_key((sy_pt){a->x, a->y}), 77);
        if (sy_unit(h) < o->pair_share) {
            raw->faces[i].pair = 1;
            i++;
        }
    }
}

static gt_status join_crumbs(gt_ctx *ctx, const sy_cell_options *o, sy_cell_work *w,
                             const uint32_t *leaf_of, bool *any)
{
    const sy_faces *raw = &w->raw;
    bool wanted = false;
    for (size_t i = 0; i < raw->n_faces; i++) {
        const sy_leaf *l = &w->mesh.leaves[leaf_of[raw->faces[i].leaf]];
        w->small[i] = (double)raw->faces[i].area2 < 2.0 * o->crumb * l->w * (double)l->h;
        wanted |= w->small[i];
    }
    if (!wanted) {
        return GT_OK;
    }
    gt_status st = sy_best_neighbours(ctx, raw, w->small, w->best);
    for (size_t i = 0; st == GT_OK && i < raw->n_faces; i++) {
        if (w->small[i] && w->best[i] != SIZE_MAX) {
            join(w->group, (int32_t)i, (int32_t)w->best[i]);
            *any = true;
        }
    }
    return st;
}

/* raw -> out with the groups united. A group that falls apart cannot occur: its members are
 * adjacent. */
static gt_status unite(gt_ctx *ctx, sy_cell_work *w, sy_faces *out)
{
    size_t n = w->raw.n_faces;
    bool *several = w->small; /* root of a group with more than one member */
    memset(several, 0, n * sizeof *several);
    for (size_t i = 0; i < n; i++) {
        int32_t r = root_of(w->group, (int32_t)i);
        several[r] |= (size_t)r != i;
    }
    for (size_t i = 0; i < n; i++) {
        int32_t r = root_of(w->group, (int32_t)i);
        w->best[i] = (size_t)r;
    }
    for (size_t i = 0; i < n; i++) {
        w->group[i] = several[w->best[i]] ? (int32_t)w->best[i] : -1;
    }
    sy_faces_reset(&w->joined);
    gt_status st = sy_dissolve(ctx, &w->raw, w->group, n, &w->joined);
    size_t j = 0;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (w->group[i] < 0) {
            st = sy_faces_copy(ctx, &w->raw, i, out);
            continue;
        }
        for (; st == GT_OK && j < w->joined.n_faces && w->joined.faces[j].leaf == i; j++) {
            st = sy_faces_copy(ctx, &w->joined, j, out);
            if (st == GT_OK) {
                sy_face *f = &out->faces[out->n_faces - 1];
                f->leaf = w->raw.faces[i].leaf;
                f->piece = w->raw.faces[i].piece;
                f->merged = 1;
            }
        }
    }
    return st;
}

static gt_status reserve(gt_ctx *ctx, sy_cell_work *w, size_t n)
{
    gt_status st = gt_grow(ctx, (void **)&w->group, &w->cap_group, n, sizeof *w->group);
    if (st == GT_OK) {
        st = gt_grow(ctx, (void **)&w->best, &w->cap_best, n, sizeof *w->best);
    }
    return st == GT_OK ? gt_grow(ctx, (void **)&w->small, &w->cap_small, n, sizeof *w->small) : st;
}

gt_status sy_cells(gt_ctx *ctx, const sy_mesh *mesh, const sy_block *block,
                   const sy_cell_options *options, sy_cell_work *work, sy_faces *out,
                   size_t *n_leaves)
{
    sy_faces_reset(out);
    sy_faces_reset(&work->raw);
    gt_status st = sy_mesh_open(ctx, mesh, block, &work->mesh);
    uint32_t *leaf_of = NULL;
    if (st == GT_OK) {
        leaf_of = gt_alloc(ctx, work->mesh.n_leaves, sizeof *leaf_of);
        st = leaf_of == NULL ? GT_E_MEMORY : GT_OK;
    }
    uint32_t own = 0;
    for (size_t i = 0; st == GT_OK && i < work->mesh.n_leaves; i++) {
        if (!work->mesh.leaves[i].own) {
            continue;
        }
        leaf_of[own] = (uint32_t)i;
        st = sy_mesh_ring(ctx, mesh, &work->mesh, i);
        if (st == GT_OK) {
            st = sy_clip(ctx, mesh->border, work->mesh.ring, work->mesh.n_ring, own, &work->clip,
                         &work->raw);
        }
        own++;
        if (st == GT_OK && own % 256 == 0) {
            st = gt_check_cancel(ctx);
        }
    }
    if (st == GT_OK && n_leaves != NULL) {
        *n_leaves = own;
    }
    size_t n = work->raw.n_faces;
    if (st == GT_OK && n > 0) {
        st = reserve(ctx, work, n);
    }
    bool any = false;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        work->group[i] = (int32_t)i;
    }
    if (st == GT_OK && n > 0 && options->crumb > 0) {
        st = join_crumbs(ctx, options, work, leaf_of, &any);
    }
    if (st == GT_OK && any) {
        st = unite(ctx, work, out);
    } else if (st == GT_OK) { /* nothing joined: hand the buffer over */
        sy_faces t = *out;
        *out = work->raw;
        work->raw = t;
    }
    if (st == GT_OK && options->pair_share > 0) {
        mark_pairs(options, mesh, work, leaf_of, out);
    }
    gt_free(ctx, leaf_of);
    return st;
}
