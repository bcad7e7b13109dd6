#include "synth/allocate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/pool.h"
#include "synth/parcels.h"

gt_status sy_allocation_new(gt_ctx *ctx, sy_allocation *a)
{
    size_t n_tracks = a->scene->recipe->n_tracks;
    a->label = gt_zalloc(ctx, n_tracks, sizeof *a->label);
    a->list = gt_alloc(ctx, a->n, sizeof *a->list);
    a->taken = gt_alloc(ctx, a->n, sizeof *a->taken);
    if (a->label == NULL || a->list == NULL || a->taken == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t t = 0; t < n_tracks; t++) {
        a->label[t] = gt_alloc(ctx, a->n, sizeof **a->label);
        if (a->label[t] == NULL) {
            return GT_E_MEMORY;
        }
        memset(a->label[t], 0xff, a->n * sizeof **a->label);
    }
    return GT_OK;
}

void sy_allocation_free(gt_ctx *ctx, sy_allocation *a)
{
    for (size_t t = 0; a->label != NULL && t < a->scene->recipe->n_tracks; t++) {
        gt_free(ctx, a->label[t]);
    }
    gt_free(ctx, a->label);
    gt_free(ctx, a->list);
    gt_free(ctx, a->taken);
}

static int by_rank(const void *pa, const void *pb)
{
    const sy_rank *a = pa, *b = pb;
    if (a->score != b->score) {
        return a->score > b->score ? -1 : 1;
    }
    return (a->spot > b->spot) - (a->spot < b->spot);
}

static bool qualifies(const sy_allocation *a, size_t track, const sy_step *s, size_t i)
{
    if (a->label[track][i] != SY_NO_LABEL) {
        return false;
    }
    uint16_t class = a->label[0][i];
    if (s->classes != NULL && (class == SY_NO_LABEL || !s->classes[class])) {
        return false;
    }
    if (s->need_track >= 0) {
        uint16_t has = a->label[s->need_track][i];
        if (has == SY_NO_LABEL || (s->need_label >= 0 && has != (uint16_t)s->need_label)) {
            return false;
        }
    }
    return sy_where_holds(a->scene, &s->where, a->spots[i].unit, a->spots[i].zone_cell);
}

enum { CHUNK = 2048 };

typedef struct score_job {
    const sy_allocation *a;
    const sy_step *step;
    size_t n;
} score_job;

static gt_status score_chunk(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)ctx;
    (void)worker;
    score_job *j = user;
    size_t end = (task + 1) * CHUNK < j->n ? (task + 1) * CHUNK : j->n;
    for (size_t i = task * CHUNK; i < end; i++) {
        const sy_spot *s = &j->a->spots[j->a->list[i].spot];
        j->a->list[i].score = sy_score(j->a->scene, &j->step->score, s->at, s->zone_cell, s->hash);
    }
    return GT_OK;
}

gt_status sy_allocate(gt_ctx *ctx, sy_allocation *a, size_t track, size_t step, double km2,
                      double floor, sy_taken *out)
{
    const sy_step *s = &a->scene->recipe->tracks[track].steps[step];
    *out = (sy_taken){.spots = a->taken, .floor = -INFINITY};
    size_t n = 0;
    for (size_t i = 0; i < a->n && km2 > 0; i++) {
        if (qualifies(a, track, s, i)) {
            a->list[n++].spot = (uint32_t)i;
        }
    }
    score_job job = {a, s, n};
    gt_status st = gt_parallel_for(ctx, (n + CHUNK - 1) / CHUNK, score_chunk, &job);
    if (st != GT_OK) {
        return st;
    }
    if (isfinite(km2)) {
        qsort(a->list, n, sizeof *a->list, by_rank);
    }
    size_t i = 0;
    for (; i < n && out->km2 < km2; i++) {
        double area = a->spots[a->list[i].spot].km2;
        bool over = out->km2 + area > km2 && out->km2 + area - km2 > km2 - out->km2;
        if (over || a->list[i].score < floor) {
            break;
        }
        out->km2 += area;
        a->label[track][a->list[i].spot] = s->label;
        a->taken[out->n++] = a->list[i].spot;
    }
    double beyond = out->km2;
    for (; i < n && beyond < 1.5 * km2; i++) {
        beyond += a->spots[a->list[i].spot].km2;
    }
    if (i > 0 && i < n) {
        out->floor = a->list[i].score;
    }
    return GT_OK;
}
