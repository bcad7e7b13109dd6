#include "check/bulk_projects.h"

#include <stdlib.h>
#include <string.h>

/* ---- opening -------------------------------------------------------------------------------- */

static int by_project(const void *a, const void *b)
{
    const gt_bulk_held *p = a, *q = b;
    int order = strcmp(p->subject.project, q->subject.project);
    return order != 0 ? order : (p->number > q->number) - (p->number < q->number);
}

static void widen(gt_box *box, const gt_box *by)
{
    box->xmin = by->xmin < box->xmin ? by->xmin : box->xmin;
    box->ymin = by->ymin < box->ymin ? by->ymin : box->ymin;
    box->xmax = by->xmax > box->xmax ? by->xmax : box->xmax;
    box->ymax = by->ymax > box->ymax ? by->ymax : box->ymax;
}

static gt_status list_projects(gt_ctx *ctx, gt_bulk_held *parts, size_t n, gt_projects *out)
{
    for (size_t i = 0; i < n; i++) {
        const char *id = parts[i].subject.project;
        if (out->n == 0 || strcmp(out->list[out->n - 1].id, id) != 0) {
            void *block = out->list;
            gt_status st = gt_grow(ctx, &block, &out->cap, out->n + 1, sizeof *out->list);
            out->list = block;
            if (st != GT_OK) {
                return st;
            }
            out->list[out->n++] = (gt_project){.id = id, .first = i, .box = parts[i].box};
        }
        gt_project *p = &out->list[out->n - 1];
        p->n++;
        widen(&p->box, &parts[i].box);
        parts[i].project = out->n - 1;
    }
    return GT_OK;
}

static gt_project *project_of(const gt_projects *projects, const char *id)
{
    size_t lo = 0, hi = projects->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(projects->list[mid].id, id);
        if (order == 0) {
            return &projects->list[mid];
        }
        lo = order < 0 ? mid + 1 : lo;
        hi = order < 0 ? hi : mid;
    }
    return NULL;
}

/* Is the part of that name among those of the file? It is decided anew then. */
static bool comes_again(const gt_project *p, const gt_bulk_held *parts, const char *name)
{
    for (size_t i = p->first; i < p->first + p->n; i++) {
        const char *own = parts[i].subject.name;
        if (own != NULL && *own != '\0' && strcmp(own, name) == 0) {
            return true;
        }
    }
    return false;
}

typedef struct memory {
    gt_projects *projects;
    const gt_bulk_held *parts;
} memory;

static gt_status remember(gt_ctx *ctx, void *user, const char *project, const char *part,
                          const gt_geom *outline)
{
    const memory *m = user;
    gt_project *p = project_of(m->projects, project);
    if (p == NULL || comes_again(p, m->parts, part)) {
        return GT_OK;
    }
    void *block = p->before;
    gt_status st = gt_grow(ctx, &block, &p->cap_before, p->n_before + 1, sizeof *p->before);
    p->before = block;
    if (st == GT_OK) {
        gt_geom_init(&p->before[p->n_before]);
        st = gt_geom_copy(ctx, outline, &p->before[p->n_before++]);
    }
    return st;
}

gt_status gt_projects_open(gt_bulk *bulk, gt_bulk_held *parts, size_t n, gt_projects *out)
{
    memory m = {out, parts};
    memset(out, 0, sizeof *out);
    out->current = SIZE_MAX;
    qsort(parts, n, sizeof *parts, by_project);
    gt_status st = list_projects(bulk->ctx, parts, n, out);
    return st == GT_OK && n > 0
               ? gt_decisions_each(bulk->ctx, bulk->store, NULL, bulk->check.as_of, remember, &m)
               : st;
}

void gt_projects_free(gt_ctx *ctx, gt_projects *projects)
{
    for (size_t i = 0; i < projects->n; i++) {
        for (size_t k = 0; k < projects->list[i].n_before; k++) {
            gt_geom_free(ctx, &projects->list[i].before[k]);
        }
        gt_free(ctx, projects->list[i].before);
    }
    gt_free(ctx, projects->list);
    gt_meter_free(projects->meter);
}

/* ---- a project's turn ----------------------------------------------------------------------- */

/* Valid parts of the file, then those decided before; *n of them. */
static gt_status gather(gt_bulk *b, const gt_project *p, const gt_bulk_held *first,
                        const gt_geom **list, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < p->n; i++) {
        gt_status st = gt_meter_check(b->ctx, gt_checker_geos(b->checker), &first[i].geom);
        if (st == GT_E_INPUT) {
            gt_error_clear(b->ctx); /* told when it is its turn to be refused */
        } else if (st != GT_OK) {
            return st;
        } else {
            list[(*n)++] = &first[i].geom;
        }
    }
    for (size_t i = 0; i < p->n_before; i++) {
        list[(*n)++] = &p->before[i];
    }
    return GT_OK;
}

gt_status gt_projects_turn(gt_bulk *b, gt_projects *projects, const gt_bulk_held *parts, size_t at)
{
    size_t which = parts[at].project, first = at, count = 0;
    if (which == projects->current) {
        return GT_OK;
    }
    gt_meter_free(projects->meter);
    projects->meter = b->together = NULL;
    projects->current = SIZE_MAX;
    const gt_project *p = &projects->list[which];
    while (first > 0 && parts[first - 1].project == which) {
        first--;
    }
    gt_geom all;
    gt_geom_init(&all);
    const gt_geom **list = gt_alloc(b->ctx, p->n + p->n_before + 1, sizeof(const gt_geom *));
    gt_status st = list == NULL ? GT_E_MEMORY : gather(b, p, parts + first, list, &count);
    if (st == GT_OK && count > 1) {
        st = gt_geos_union(b->ctx, gt_checker_geos(b->checker), list, count, &all);
    }
    if (st == GT_OK && count > 1) {
        st = gt_checker_meter(b->checker, &all, &b->check, &projects->meter);
    }
    if (st == GT_OK) {
        projects->current = which;
        b->together = projects->meter;
        b->n_together = count > 1 ? count - 1 : 0;
    }
    gt_geom_free(b->ctx, &all);
    gt_free(b->ctx, list);
    return st;
}
