/* Transformations: our own series where the datum shift is null, PROJ for all else. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "geo/crs.h"
#include "geo/messages.h"
#include "geo/proj_lib.h"

enum { CHUNK = 1 << 16 }; /* points between two looks at the cancel flag: a few milliseconds */

typedef enum mode { IDENTITY, FORWARD, INVERSE, PLANE_TO_PLANE, BY_PROJ } mode;

struct gt_transform {
    mode mode;
    gt_datum_shift datum;
    bool from_degrees, ballpark;
    gt_tmerc tm;         /* FORWARD, INVERSE: with its meridian at 0; PLANE_TO_PLANE: the source */
    double lon0;         /* of tm, degrees: subtracted before the change to radians rounds */
    gt_tmerc_pair *pair; /* PLANE_TO_PLANE, owned */
    gt_proj_session proj;
    PJ *pj;
    char *source, *target; /* names for errors */
};

static mode choose(const gt_crs *source, const gt_crs *target)
{
    if (gt_crs_same(source, target)) {
        return IDENTITY;
    }
    if (source->kind == GT_CRS_OTHER || target->kind == GT_CRS_OTHER ||
        !gt_crs_null_shift(source, target)) {
        return BY_PROJ;
    }
    bool from = source->kind == GT_CRS_GEOGRAPHIC, to = target->kind == GT_CRS_GEOGRAPHIC;
    return from && to ? IDENTITY : from ? FORWARD : to ? INVERSE : PLANE_TO_PLANE;
}

static gt_status open_proj(gt_ctx *ctx, gt_transform *t, const gt_crs *source, const gt_crs *target)
{
    gt_status st = gt_proj_open(ctx, true, &t->proj);
    if (st != GT_OK) {
        return st;
    }
    const gt_proj_lib *p = t->proj.lib;
    PJ *from = p->proj_create(t->proj.pj, source->definition);
    PJ *to = p->proj_create(t->proj.pj, target->definition);
    PJ *raw = from == NULL || to == NULL
                  ? NULL
                  : p->proj_create_crs_to_crs_from_pj(t->proj.pj, from, to, NULL, NULL);
    t->pj = raw == NULL ? NULL : p->proj_normalize_for_visualization(t->proj.pj, raw);
    p->proj_destroy(raw);
    p->proj_destroy(from);
    p->proj_destroy(to);
    if (t->pj != NULL) {
        const char *how = p->proj_pj_info(t->pj).description;
        t->ballpark = how != NULL && strcasestr(how, "ballpark") != NULL &&
                      !gt_crs_null_shift(source, target);
    } else {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_TRANSFORM_NONE, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("source", source->name), GT_TEXT("target", target->name),
                             GT_TEXT("reason", gt_proj_reason(&t->proj))));
    }
    return st;
}

static void use_plane(gt_transform *t, const gt_crs *crs)
{
    gt_crs_tmerc(crs, &t->tm);
    t->tm.lon0 = 0;
    t->lon0 = crs->lon0;
}

static gt_status prepare(gt_ctx *ctx, gt_transform *t, const gt_crs *source, const gt_crs *target)
{
    gt_tmerc to;
    switch (t->mode) {
    case IDENTITY:
        return GT_OK;
    case FORWARD:
        use_plane(t, target);
        return GT_OK;
    case INVERSE:
        use_plane(t, source);
        return GT_OK;
    case PLANE_TO_PLANE:
        t->pair = gt_alloc(ctx, 1, sizeof *t->pair);
        if (t->pair == NULL) {
            return GT_E_MEMORY;
        }
        gt_crs_tmerc(source, &t->tm);
        gt_crs_tmerc(target, &to);
        gt_tmerc_pair_init(t->pair, &t->tm, &to);
        return GT_OK;
    case BY_PROJ:
        break;
    }
    return open_proj(ctx, t, source, target);
}

gt_status gt_transform_new(gt_ctx *ctx, const gt_crs *source, const gt_crs *target,
                           gt_datum_shift datum, gt_transform **out)
{
    if (datum != GT_DATUM_AS_STATED && !source->geographic) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_DATUM_PLANE, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("datum", datum == GT_DATUM_GCJ02 ? "GCJ-02" : "BD-09"),
                               GT_TEXT("name", source->name)));
    }
    gt_transform *t = gt_zalloc(ctx, 1, sizeof *t);
    if (t == NULL) {
        return GT_E_MEMORY;
    }
    t->datum = datum;
    t->from_degrees = source->geographic;
    t->mode = choose(source, target);
    t->source = gt_strdup(ctx, source->name);
    t->target = gt_strdup(ctx, target->name);
    gt_status st =
        t->source == NULL || t->target == NULL ? GT_E_MEMORY : prepare(ctx, t, source, target);
    if (st != GT_OK) {
        gt_transform_free(ctx, t);
        return st;
    }
    *out = t;
    return GT_OK;
}

void gt_transform_free(gt_ctx *ctx, gt_transform *t)
{
    if (t == NULL) {
        return;
    }
    if (t->pj != NULL) {
        t->proj.lib->proj_destroy(t->pj);
    }
    gt_proj_close(&t->proj);
    gt_free(ctx, t->pair);
    gt_free(ctx, t->source);
    gt_free(ctx, t->target);
    gt_free(ctx, t);
}

bool gt_transform_is_identity(const gt_transform *t)
{
    return t->mode == IDENTITY && t->datum == GT_DATUM_AS_STATED;
}

bool gt_transform_is_ballpark(const gt_transform *t)
{
    return t->ballpark;
}

static gt_status fail_point(gt_ctx *ctx, gt_transform *t, size_t point, const double *xy,
                            const char *reason)
{
    return gt_fail(
        ctx, GT_E_INPUT, &GT_MSG_TRANSFORM_POINT,
        GT_PLACE(.has_xy = xy != NULL, .x = xy != NULL ? xy[0] : 0, .y = xy != NULL ? xy[1] : 0),
        GT_ARGS(GT_INT("point", point + 1), GT_TEXT("source", t->source),
                GT_TEXT("target", t->target), GT_TEXT("reason", reason)));
}

/* Metres from the origin of a transverse Mercator plane: 80 degrees east or west, which is less
 * than the smallest zone prefix that someone may have left off or added; the half meridian north or
 * south. */
static const double EAST_LIMIT = 1e7, NORTH_LIMIT = 2.1e7;

/* Degrees on the earth, metres on the plane; the comparisons are false for NaN. */
static gt_status check_inputs(gt_ctx *ctx, gt_transform *t, const double *xy, size_t n,
                              size_t first)
{
    for (size_t i = 0; i < n; i++) {
        double x = xy[2 * i], y = xy[2 * i + 1];
        bool good = t->from_degrees ? fabs(y) <= 90 && fabs(x) <= 540
                    : t->mode == BY_PROJ
                        ? isfinite(x) && isfinite(y)
                        : fabs(x - t->tm.x0) <= EAST_LIMIT && fabs(y - t->tm.y0) <= NORTH_LIMIT;
        if (!good) {
            return fail_point(ctx, t, first + i, xy + 2 * i,
                              t->from_degrees ? "latitude or longitude out of range"
                                              : "it lies outside the plane of the projection");
        }
    }
    return GT_OK;
}

static gt_status check_outputs(gt_ctx *ctx, gt_transform *t, const double *xy, size_t n,
                               size_t first)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(xy[2 * i]) || !isfinite(xy[2 * i + 1])) {
            const char *reason = "it lies outside the area of the projection";
            if (t->mode == BY_PROJ && t->proj.lib->proj_errno(t->pj) != 0) {
                reason = t->proj.lib->proj_context_errno_string(t->proj.pj,
                                                                t->proj.lib->proj_errno(t->pj));
            }
            return fail_point(ctx, t, first + i, NULL, reason);
        }
    }
    return GT_OK;
}

static void run(gt_transform *t, double *xy, size_t n)
{
    enum { STRIDE = 2 * sizeof(double) };
    const double degree = M_PI / 180;
    double lon, lat;
    switch (t->mode) {
    case IDENTITY:
        break;
    case FORWARD:
        for (size_t i = 0; i < n; i++) {
            gt_tmerc_forward(&t->tm, (xy[2 * i] - t->lon0) * degree, xy[2 * i + 1] * degree,
                             &xy[2 * i], &xy[2 * i + 1]);
        }
        break;
    case INVERSE:
        for (size_t i = 0; i < n; i++) {
            gt_tmerc_inverse(&t->tm, xy[2 * i], xy[2 * i + 1], &lon, &lat);
            xy[2 * i] = t->lon0 + lon / degree;
            xy[2 * i + 1] = lat / degree;
        }
        break;
    case PLANE_TO_PLANE:
        gt_tmerc_pair_apply(t->pair, xy, n);
        break;
    case BY_PROJ:
        (void)t->proj.lib->proj_errno_reset(t->pj);
        (void)t->proj.lib->proj_trans_generic(t->pj, PJ_FWD, xy, STRIDE, n, xy + 1, STRIDE, n, NULL,
                                              0, 0, NULL, 0, 0);
        break;
    }
}

gt_status gt_transform_points(gt_ctx *ctx, gt_transform *t, double *xy, size_t n_points)
{
    if (gt_transform_is_identity(t)) {
        return GT_OK;
    }
    gt_status st = GT_OK;
    for (size_t first = 0; st == GT_OK && first < n_points; first += CHUNK) {
        double *part = xy + 2 * first;
        size_t n = n_points - first < CHUNK ? n_points - first : CHUNK;
        st = gt_check_cancel(ctx);
        if (st == GT_OK) {
            st = check_inputs(ctx, t, part, n, first);
        }
        if (st == GT_OK) {
            gt_datum_undo(t->datum, part, n);
            run(t, part, n);
            st = check_outputs(ctx, t, part, n, first);
        }
    }
    return st;
}
