/* Inside of clip.c: what a run holds, and the predicates its parts share. */
#ifndef GT_CHECK_CLIP_JOB_H
#define GT_CHECK_CLIP_JOB_H

#include <float.h>
#include <math.h>

#include "check/clip.h"

enum { NONE = -1 };

typedef struct point {
    double x, y;
} point;

typedef struct edge {
    point a, b;
    int feature; /* of the layer; of the subject: its ring */
    bool dropped;
    int first; /* crossings with the subject, linked */
} edge;

typedef struct crossing {
    double t, u; /* along the subject's edge and along the layer's */
    int s, l;    /* edges */
    int next_s, next_l;
    bool entering; /* the subject's edge goes into the union here */
} crossing;

struct gt_clip {
    gt_ctx *ctx;
    const gt_geom *subject;
    gt_box box;
    edge *s; /* of the subject */
    size_t n_s, cap_s;
    edge *l; /* of the layer, near the subject */
    size_t n_l, cap_l;
    crossing *x;
    size_t n_x, cap_x;
    int *table; /* of edges by end points, of nodes by place */
    size_t cap_table, mask;
    point *nodes;
    int *next, *prev;
    size_t n_nodes, cap_nodes, cap_next, cap_prev;
    int *order;
    size_t cap_order;
    gt_geom rings; /* all rings found, before holes have their shells */
    double *areas;
    size_t cap_areas;
};

typedef struct job {
    gt_ctx *ctx;
    gt_clip *c;
    const gt_geom *const *parts;
    size_t n;
    bool *meets;
    gt_status status;
    bool sure;
    bool outside; /* some ring of the subject begins outside the union */
} job;

/* +1: c lies left of a-b, -1 right, 0: too near to tell. ccwerrboundA of Shewchuk's predicates. */
static inline int side(point a, point b, point c)
{
    static const double bound = (3.0 + 16.0 * (DBL_EPSILON / 2)) * (DBL_EPSILON / 2);
    double left = (a.x - c.x) * (b.y - c.y), right = (a.y - c.y) * (b.x - c.x);
    double det = left - right, limit = bound * (fabs(left) + fabs(right));
    return det > limit ? 1 : det < -limit ? -1 : 0;
}

static inline bool same(point a, point b)
{
    return a.x == b.x && a.y == b.y;
}

static inline point at(const double *xy, size_t i)
{
    return (point){xy[2 * i], xy[2 * i + 1]};
}

/* Does one edge of a ring flip the parity of p? *sure falls where p may lie on it. */
static inline bool flips(point a, point b, point p, bool *sure)
{
    if ((a.y > p.y) == (b.y > p.y)) {
        bool level = a.y == p.y && b.y == p.y && fmin(a.x, b.x) <= p.x && p.x <= fmax(a.x, b.x);
        *sure = *sure && !level;
        return false;
    }
    int o = side(a, b, p);
    *sure = *sure && o != 0;
    return (b.y > a.y) == (o > 0);
}

/* Twice the signed area of a ring, from its first point. */
static inline double turning(const double *xy, uint32_t from, uint32_t to)
{
    double sum = 0, x0 = xy[2 * (size_t)from], y0 = xy[2 * (size_t)from + 1];
    for (size_t i = (size_t)from + 1; i + 1 < to; i++) {
        sum +=
            (xy[2 * i] - x0) * (xy[2 * i + 3] - y0) - (xy[2 * i + 2] - x0) * (xy[2 * i + 1] - y0);
    }
    return sum;
}

/* Ways of the result, linked end to end, become rings; job->sure falls where they do not close. */
gt_status gt_clip_link_rings(job *j) GT_CHECKED;
/* Rings become polygons: holes find their shells. */
gt_status gt_clip_build(job *j, gt_geom *out) GT_CHECKED;

#endif
