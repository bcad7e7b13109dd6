#include "synth/parcels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/pool.h"
#include "synth/allocate.h"
#include "synth/noise.h"

enum { BLOCK = 4096, BATCH = 60000 }; /* expected cells */

static const uint64_t PAIR_SALT = UINT64_C(0x70616972);

void sy_parcels_free(gt_ctx *ctx, sy_parcels *p)
{
    sy_batch *b = &p->batch;
    for (size_t i = 0; i < b->cap_faces && b->faces != NULL; i++) {
        sy_faces_free(ctx, &b->faces[i]);
    }
    size_t n_tracks = p->scene != NULL ? p->scene->recipe->n_tracks : 0;
    for (size_t t = 0; t < n_tracks; t++) {
        if (b->label != NULL) {
            gt_free(ctx, b->label[t]);
        }
        if (p->share != NULL) {
            gt_free(ctx, p->share[t]);
        }
        if (p->floor != NULL) {
            gt_free(ctx, p->floor[t]);
        }
        if (p->carry != NULL) {
            gt_free(ctx, p->carry[t]);
        }
    }
    gt_free(ctx, b->faces);
    gt_free(ctx, b->parcels);
    gt_free(ctx, b->label);
    gt_free(ctx, p->share);
    gt_free(ctx, p->floor);
    gt_free(ctx, p->carry);
    gt_free(ctx, p->blocks);
    gt_free(ctx, p->batch_end);
    sy_density_free(ctx, &p->density);
    memset(p, 0, sizeof *p);
}

/* Consecutive blocks into batches of at most BATCH expected cells. */
static gt_status make_batches(gt_ctx *ctx, sy_parcels *p)
{
    p->batch_end = gt_alloc(ctx, p->n_blocks, sizeof *p->batch_end);
    if (p->batch_end == NULL) {
        return GT_E_MEMORY;
    }
    double sum = 0;
    for (size_t b = 0; b < p->n_blocks; b++) {
        if (sum > 0 && sum + p->blocks[b].expected > BATCH) {
            p->batch_end[p->n_batches++] = b;
            sum = 0;
        }
        sum += p->blocks[b].expected;
    }
    p->batch_end[p->n_batches++] = p->n_blocks;
    return GT_OK;
}

static size_t batch_start(const sy_parcels *p, size_t batch)
{
    return batch == 0 ? 0 : p->batch_end[batch - 1];
}

static gt_status new_tables(gt_ctx *ctx, sy_parcels *p)
{
    const sy_recipe *r = p->scene->recipe;
    p->share = gt_zalloc(ctx, r->n_tracks, sizeof *p->share);
    p->floor = gt_zalloc(ctx, r->n_tracks, sizeof *p->floor);
    p->carry = gt_zalloc(ctx, r->n_tracks, sizeof *p->carry);
    p->batch.label = gt_zalloc(ctx, r->n_tracks, sizeof *p->batch.label);
    if (p->share == NULL || p->floor == NULL || p->carry == NULL || p->batch.label == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t t = 0; t < r->n_tracks; t++) {
        size_t n = r->tracks[t].n_steps;
        p->share[t] = gt_zalloc(ctx, n * p->n_batches, sizeof **p->share);
        p->floor[t] = gt_alloc(ctx, n, sizeof **p->floor);
        p->carry[t] = gt_zalloc(ctx, n, sizeof **p->carry);
        if (p->share[t] == NULL || p->floor[t] == NULL || p->carry[t] == NULL) {
            return GT_E_MEMORY;
        }
        for (size_t k = 0; k < n; k++) {
            p->floor[t][k] = -INFINITY;
        }
    }
    return GT_OK;
}

/* ---- shares of batches
 * ---------------------------------------------------------------------------- */

/* Lattice place whose warp is p: fixed point, the warp's slope is below 0.6. */
static sy_pt unwarp(const sy_mesh *mesh, sy_pt p)
{
    double x = p.x, y = p.y;
    for (int i = 0; i < 12; i++) {
        double wx, wy;
        sy_warp(mesh, x, y, &wx, &wy);
        x += p.x - wx, y += p.y - wy;
    }
    return (sy_pt){(int32_t)x, (int32_t)y};
}

/* Batch of every lattice cell of the field grid. */
static uint32_t *batch_map(gt_ctx *ctx, const sy_parcels *p)
{
    const sy_fields *f = &p->scene->fields;
    size_t n = (size_t)f->n * (size_t)f->n;
    uint32_t *map = gt_zalloc(ctx, n, sizeof *map);
    for (size_t batch = 0; map != NULL && batch < p->n_batches; batch++) {
        for (size_t b = batch_start(p, batch); b < p->batch_end[batch]; b++) {
            const sy_block *k = &p->blocks[b];
            for (int row = k->y / f->cell; row <= (k->y + k->h - 1) / f->cell; row++) {
                for (int col = k->x / f->cell; col <= (k->x + k->w - 1) / f->cell; col++) {
                    map[(size_t)row * (size_t)f->n + (size_t)col] = (uint32_t)batch;
                }
            }
        }
    }
    return map;
}

/* Allocates all tracks on the field grid and books the result by batch. */
static gt_status share_out(gt_ctx *ctx, sy_parcels *p)
{
    const sy_scene *s = p->scene;
    const sy_fields *f = &s->fields;
    size_t cells = (size_t)f->n * (size_t)f->n, n = 0;
    uint32_t *map = batch_map(ctx, p);
    uint32_t *batch = gt_alloc(ctx, cells, sizeof *batch);
    sy_spot *spots = gt_alloc(ctx, cells, sizeof *spots);
    sy_allocation a = {.scene = s, .spots = spots};
    gt_status st = map == NULL || batch == NULL || spots == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t k = 0; st == GT_OK && k < cells; k++) {
        if (f->unit[k] < 0) {
            continue;
        }
        sy_pt p0 = sy_cell_centre(f, k);
        uint64_t h = sy_hash(s->seed, k, 77); /* a random place in the cell, not its centre */
        p0.x += (int32_t)(0.5 * f->cell * sy_sym(h));
        p0.y += (int32_t)(0.5 * f->cell * sy_sym(sy_mix(h)));
        spots[n] = (sy_spot){p0, f->unit[k], sy_zone_cell_at(s, p0),
                             1e-12 * (double)f->cell * f->cell * (double)f->factor[k], h};
        batch[n++] = map[sy_cell_at(f, unwarp(&p->mesh, p0))];
    }
    a.n = n;
    if (st == GT_OK) {
        st = sy_allocation_new(ctx, &a);
    }
    for (size_t t = 0; st == GT_OK && t < s->recipe->n_tracks; t++) {
        const sy_track *track = &s->recipe->tracks[t];
        for (size_t k = 0; st == GT_OK && k < track->n_steps; k++) {
            sy_taken taken;
            st = sy_allocate(ctx, &a, t, k, track->steps[k].km2, -INFINITY, &taken);
            for (size_t i = 0; st == GT_OK && i < taken.n; i++) {
                p->share[t][batch[taken.spots[i]] * track->n_steps + k] +=
                    spots[taken.spots[i]].km2;
            }
            p->floor[t][k] = taken.floor;
        }
    }
    sy_allocation_free(ctx, &a);
    gt_free(ctx, map);
    gt_free(ctx, batch);
    gt_free(ctx, spots);
    return st;
}

gt_status sy_parcels_open(gt_ctx *ctx, const sy_scene *scene, double n, uint64_t seed,
                          sy_parcels *out)
{
    memset(out, 0, sizeof *out);
    out->scene = scene;
    out->at = SIZE_MAX;
    uint64_t own = sy_hash(scene->seed, 3, seed);
    gt_status st = sy_scene_density(ctx, scene, &scene->recipe->density, n, own, &out->density);
    out->mesh = (sy_mesh){&scene->world, &scene->border, &out->density, 1.0, own};
    if (st == GT_OK) {
        st = sy_mesh_blocks(ctx, &out->mesh, BLOCK, &out->blocks, &out->n_blocks);
    }
    if (st == GT_OK) {
        st = make_batches(ctx, out);
    }
    if (st == GT_OK) {
        st = new_tables(ctx, out);
    }
    if (st == GT_OK && out->n_batches > 1) {
        st = share_out(ctx, out);
    }
    return st;
}

/* ---- one batch
 * -------------------------------------------------------------------------------------- */

typedef struct make_job {
    const sy_parcels *p;
    size_t first;
    sy_cell_work *work; /* one per worker */
    sy_faces *faces;
    size_t *n_leaves;
} make_job;

static gt_status make_block(gt_ctx *ctx, void *user, size_t task, int worker)
{
    make_job *j = user;
    sy_cell_options o = {.crumb = 0.06, .pair_share = 0.01, .pair_salt = PAIR_SALT};
    return sy_cells(ctx, &j->p->mesh, &j->p->blocks[j->first + task], &o, &j->work[worker],
                    &j->faces[task], &j->n_leaves[task]);
}

static gt_status make_faces(gt_ctx *ctx, sy_parcels *p, size_t batch, size_t *n_leaves)
{
    sy_batch *b = &p->batch;
    size_t first = batch_start(p, batch), n = p->batch_end[batch] - first;
    size_t old = b->cap_faces;
    gt_status st = gt_grow(ctx, (void **)&b->faces, &b->cap_faces, n, sizeof *b->faces);
    if (st != GT_OK) {
        return st;
    }
    memset(b->faces + old, 0, (b->cap_faces - old) * sizeof *b->faces);
    b->n_faces = n;
    size_t workers = (size_t)gt_ctx_threads(ctx);
    make_job job = {p, first, gt_zalloc(ctx, workers, sizeof(sy_cell_work)), b->faces, n_leaves};
    if (job.work == NULL) {
        return GT_E_MEMORY;
    }
    st = gt_parallel_for(ctx, n, make_block, &job);
    for (size_t w = 0; w < workers; w++) {
        sy_cell_work_free(ctx, &job.work[w]);
    }
    gt_free(ctx, job.work);
    return st;
}

static gt_status list_parcels(gt_ctx *ctx, sy_parcels *p, const size_t *n_leaves)
{
    sy_batch *b = &p->batch;
    const sy_scene *s = p->scene;
    b->n = 0;
    for (size_t k = 0; k < b->n_faces; k++) {
        const sy_faces *f = &b->faces[k];
        gt_status st =
            gt_grow(ctx, (void **)&b->parcels, &b->cap, b->n + f->n_faces, sizeof *b->parcels);
        if (st != GT_OK) {
            return st;
        }
        for (size_t i = 0; i < f->n_faces; i++) {
            const sy_face *face = &f->faces[i];
            uint64_t number = p->next_number + face->leaf;
            b->parcels[b->n++] = (sy_parcel){
                .block = (uint32_t)k,
                .face = (uint32_t)i,
                .number = number,
                .zone_cell = sy_zone_cell_at(s, face->at),
                .km2 = (float)sy_km2(&s->fields, 0.5 * (double)face->area2, face->at),
                .hash = sy_hash(p->mesh.seed, number, face->piece),
                .pair = face->pair != 0,
            };
        }
        p->next_number += n_leaves[k];
    }
    return GT_OK;
}

/* Labels of all tracks, by rank within the batch. */
static gt_status label_parcels(gt_ctx *ctx, sy_parcels *p, size_t batch)
{
    sy_batch *b = &p->batch;
    const sy_recipe *r = p->scene->recipe;
    sy_spot *spots = gt_alloc(ctx, b->n, sizeof *spots);
    sy_allocation a = {.scene = p->scene, .spots = spots, .n = b->n};
    gt_status st = spots == NULL ? GT_E_MEMORY : sy_allocation_new(ctx, &a);
    for (size_t i = 0; st == GT_OK && i < b->n; i++) {
        const sy_face *face = sy_parcel_face(b, i);
        spots[i] = (sy_spot){face->at, face->unit, b->parcels[i].zone_cell,
                             (double)b->parcels[i].km2, b->parcels[i].hash};
    }
    for (size_t t = 0; st == GT_OK && t < r->n_tracks; t++) {
        const sy_track *track = &r->tracks[t];
        for (size_t k = 0; st == GT_OK && k < track->n_steps; k++) {
            double want = track->steps[k].km2;
            if (p->n_batches > 1 && isfinite(want)) {
                want = p->share[t][batch * track->n_steps + k] + p->carry[t][k];
            }
            /* the last batch settles what is owed, fitting or not */
            double floor = batch + 1 < p->n_batches ? p->floor[t][k] : -INFINITY;
            sy_taken taken;
            st = sy_allocate(ctx, &a, t, k, want, floor, &taken);
            if (st == GT_OK && isfinite(want)) {
                p->carry[t][k] = want - taken.km2;
            }
        }
    }
    for (size_t t = 0; st == GT_OK && t < r->n_tracks; t++) { /* labels become the batch's */
        gt_free(ctx, b->label[t]);
        b->label[t] = a.label[t];
        a.label[t] = NULL;
    }
    sy_allocation_free(ctx, &a);
    gt_free(ctx, spots);
    return st;
}

void sy_parcels_rewind(sy_parcels *p)
{
    if (p->n_batches > 1 || p->batch.n == 0) {
        p->next_number = 0;
        for (size_t t = 0; t < p->scene->recipe->n_tracks; t++) {
            memset(p->carry[t], 0, p->scene->recipe->tracks[t].n_steps * sizeof **p->carry);
        }
    }
    p->at = SIZE_MAX;
}

gt_status sy_parcels_next(gt_ctx *ctx, sy_parcels *p, bool labels, bool *more)
{
    p->at = p->at == SIZE_MAX ? 0 : p->at + 1;
    *more = p->at < p->n_batches;
    if (!*more || (p->n_batches == 1 && p->batch.n > 0 && (!labels || p->batch.label[0] != NULL))) {
        return GT_OK;
    }
    p->next_number = p->n_batches == 1 ? 0 : p->next_number;
    size_t n = p->batch_end[p->at] - batch_start(p, p->at);
    size_t *n_leaves = gt_zalloc(ctx, n, sizeof *n_leaves);
    gt_status st = n_leaves == NULL ? GT_E_MEMORY : make_faces(ctx, p, p->at, n_leaves);
    if (st == GT_OK) {
        st = list_parcels(ctx, p, n_leaves);
    }
    gt_free(ctx, n_leaves);
    if (st == GT_OK && labels) {
        st = label_parcels(ctx, p, p->at);
    }
    return st;
}

/* ---- years
 * ------------------------------------------------------------------------------------------ */

/* Share of the area of class c that a change touches. */
static double touched(const sy_parcels *p, const sy_change *c, uint16_t label)
{
    const sy_track *land = &p->scene->recipe->tracks[0];
    double all = 0;
    for (size_t k = 0; k < land->n_steps; k++) {
        if (land->steps[k].label == label && isfinite(land->steps[k].km2)) {
            all += land->steps[k].km2;
        }
    }
    return all > 0 ? c->km2 / all : 0;
}

uint16_t sy_parcel_class(const sy_parcels *p, size_t i, int year)
{
    const sy_recipe *r = p->scene->recipe;
    uint16_t label = p->batch.label[0][i];
    for (size_t k = 0; k < r->n_changes; k++) {
        const sy_change *c = &r->changes[k];
        bool undo = c->year <= r->base_year && year < c->year;
        bool make = c->year > r->base_year && year >= c->year;
        uint16_t now = undo ? c->to : c->from, then = undo ? c->from : c->to;
        if ((undo || make) && label == now &&
            sy_unit(sy_hash(p->batch.parcels[i].hash, 600, k)) < touched(p, c, now)) {
            return then;
        }
    }
    return label;
}
