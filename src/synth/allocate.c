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

/* Moves what ranks before list[pivot] to the front of [lo, hi); its end, the pivot's place. */
static size_t partition(sy_rank *list, size_t lo, size_t hi, size_t pivot)
{
    sy_rank p = list[pivot];
    list[pivot] = list[hi - 1];
    size_t at = lo;
    for (size_t i = lo; i + 1 < hi; i++) {
        if (by_rank(&list[i], &p) < 0) {
            sy_rank t = list[i];
            list[i] = list[at];
            list[at++] = t;
        }
    }
    list[hi - 1] = list[at];
    list[at] = p;
    return at;
}

static size_t median(const sy_rank *list, size_t lo, size_t hi)
{
    size_t a = lo, b = lo + (hi - lo) / 2, c = hi - 1;
    if (by_rank(&list[a], &list[b]) > 0) {
        size_t t = a;
        a = b, b = t;
    }
    if (by_rank(&list[b], &list[c]) > 0) {
        b = by_rank(&list[a], &list[c]) > 0 ? a : c;
    }
    return b;
}

/* Orders the list only as far as needed (weighted quickselect): everything before the result ranks
 * before everything after it, holds less than km2, and the few from there on are sorted. */
static size_t select_area(const sy_allocation *a, size_t n, double km2, double *before)
{
    size_t lo = 0, hi = n;
    *before = 0;
    while (hi - lo > 48) {
        size_t p = partition(a->list, lo, hi, median(a->list, lo, hi));
        double area = 0;
        for (size_t i = lo; i < p; i++) {
            area += a->spots[a->list[i].spot].km2;
        }
        if (*before + area >= km2) {
            hi = p > lo ? p : lo + 1;
        } else {
            *before += area;
            lo = p > lo ? p : lo + 1;
            *before += p + 1 == lo ? a->spots[a->list[p].spot].km2 : 0;
        }
    }
    qsort(a->list + lo, hi - lo, sizeof *a->list, by_rank);
    return lo;
}

static void take(sy_allocation *a, size_t track, const sy_step *s, uint32_t spot, sy_taken *out)
{
    out->km2 += a->spots[spot].km2;
    a->label[track][spot] = s->label;
    a->taken[out->n++] = spot;
}

gt_status sy_allocate(gt_ctx *ctx, sy_allocation *a, size_t track, size_t step, double km2,
                      double floor, sy_taken *out)
{
    const sy_step *s = &a->scene->recipe->tracks[track].steps[step];
    *out = (sy_taken){.spots = a->taken, .floor = -INFINITY};
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < a->n && km2 > 0; i++) {
        if (qualifies(a, track, s, i)) {
            a->list[n++].spot = (uint32_t)i;
        }
    }
    if (isinf(km2)) {
        for (size_t i = 0; i < n; i++) {
            take(a, track, s, a->list[i].spot, out);
        }
        return GT_OK;
    }
    score_job job = {a, s, n};
    gt_status st = gt_parallel_for(ctx, (n + CHUNK - 1) / CHUNK, score_chunk, &job);
    if (st != GT_OK) {
        return st;
    }
    for (size_t i = 0; i < n; i++) {
        if (a->list[i].score >= floor) {
            a->list[kept++] = a->list[i];
        }
    }
    double before = 0;
    if (isinf(floor)) { /* the caller wants to know where three times as much would end */
        size_t end = select_area(a, kept, 3.0 * km2, &before);
        out->floor = end < kept ? a->list[end].score : -INFINITY;
    }
    size_t i = select_area(a, kept, km2, &before);
    for (size_t k = 0; k < i; k++) {
        take(a, track, s, a->list[k].spot, out);
    }
    for (; i < kept && out->km2 < km2; i++) { /* to the nearest */
        double area = a->spots[a->list[i].spot].km2;
        if (out->km2 + area > km2 && out->km2 + area - km2 > km2 - out->km2) {
            break;
        }
        take(a, track, s, a->list[i].spot, out);
    }
    return GT_OK;
}
