/* Are the coordinates where the working CRS may be used? When they are not, which mistake is
 * likely: axes swapped, metres taken for degrees, Web Mercator, another zone. GCJ-02 and BD-09
 * shifts are a few hundred metres: they cannot be seen here, and nothing is guessed about them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "store/import.h"
#include "store/qc_messages.h"

/* Area of use says where errors are small by design; Gauss-Krueger stays exact to a mm well beyond,
 * and territories cross zone borders (Beijing's west lies 0.1 degree outside zone 117). */
#define MARGIN_DEG 3.0

static gt_box degrees_of_use(const gt_crs *crs, bool *known)
{
    gt_box b = {0, 0, 0, 0};
    *known = gt_crs_area_of_use(crs, &b) && b.xmin < b.xmax && b.ymin < b.ymax;
    b.xmin = fmax(b.xmin - MARGIN_DEG, -180.0);
    b.xmax = fmin(b.xmax + MARGIN_DEG, 180.0);
    b.ymin = fmax(b.ymin - MARGIN_DEG, -90.0);
    b.ymax = fmin(b.ymax + MARGIN_DEG, 90.0);
    return b;
}

gt_status imp_world(gt_ctx *ctx, const gt_crs *crs, const gt_plane *plane, imp_rules *rules)
{
    enum { STEPS = 16 };
    (void)ctx;
    gt_box b = degrees_of_use(crs, &rules->has_world);
    rules->world = b;
    /* a world-wide projection has no useful box in the plane */
    rules->has_world = rules->has_world && (rules->geographic || b.xmax - b.xmin < 30.0);
    if (!rules->has_world || rules->geographic) {
        return GT_OK;
    }
    gt_box out = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; i <= STEPS; i++) {
        for (int j = 0; j <= STEPS; j++) {
            double x, y, lon = b.xmin + (b.xmax - b.xmin) * i / STEPS;
            double lat = b.ymin + (b.ymax - b.ymin) * j / STEPS;
            gt_plane_forward(plane, lon * (M_PI / 180.0), lat * (M_PI / 180.0), &x, &y);
            out.xmin = fmin(out.xmin, x);
            out.xmax = fmax(out.xmax, x);
            out.ymin = fmin(out.ymin, y);
            out.ymax = fmax(out.ymax, y);
        }
    }
    rules->world = out;
    return GT_OK;
}

/* ---- what is likely -------------------------------------------------------------------------- */

typedef struct sample {
    double x, y; /* as in the file */
    int64_t row;
    bool found;
} sample;

/* The first point of the first geometry, as it stands in the file. */
static gt_status take_sample(gt_ctx *ctx, const char *path, const gt_source_options *options,
                             sample *out)
{
    enum { MAX_ROWS = 1000 };
    gt_source_options o = *options;
    gt_source *source = NULL;
    o.target_crs = NULL;
    o.datum = GT_DATUM_AS_STATED;
    out->found = false;
    gt_status st = gt_source_open(ctx, path, &o, &source);
    for (int i = 0; i < MAX_ROWS && st == GT_OK && !out->found; i++) {
        gt_source_feature f;
        bool more = false;
        st = gt_source_next(ctx, source, &f, &more);
        if (st != GT_OK || !more) {
            break;
        }
        if (f.geom != NULL && f.geom->n_points > 0) {
            *out = (sample){f.geom->xy[0], f.geom->xy[1], f.row, true};
        }
    }
    gt_source_close(source);
    return st;
}

/* Would (x, y), taken in `from`, lie in the area where the working CRS is used? */
static bool lands_in(gt_ctx *ctx, const char *from, double x, double y, const gt_box *area)
{
    gt_crs *source = NULL, *degrees = NULL;
    gt_transform *t = NULL;
    double xy[2] = {x, y};
    bool in = false;
    gt_ctx *side = gt_ctx_fork(ctx); /* a trial may fail: its error is of no interest */
    if (side != NULL && gt_crs_new(side, from, &source) == GT_OK &&
        gt_crs_new(side, "EPSG:4490", &degrees) == GT_OK &&
        gt_transform_new(side, source, degrees, GT_DATUM_AS_STATED, &t) == GT_OK &&
        gt_transform_points(side, t, xy, 1) == GT_OK) {
        in = xy[0] >= area->xmin && xy[0] <= area->xmax && xy[1] >= area->ymin &&
             xy[1] <= area->ymax;
    }
    gt_transform_free(ctx, t);
    gt_crs_free(ctx, source);
    gt_crs_free(ctx, degrees);
    gt_ctx_free(side);
    return in;
}

/* CGCS2000 Gauss-Krueger zones by EPSG number: 3 degrees with prefix 25-45: 4513-4533, without
 * (75-135 E): 4534-4554; 6 degrees with prefix 13-23: 4491-4501. Source: EPSG registry. */
static bool zone_of_prefix(gt_ctx *ctx, double x, double y, const gt_box *area, char out[32])
{
    int zone = (int)(x / 1e6);
    int code = zone >= 25 && zone <= 45   ? 4513 + zone - 25
               : zone >= 13 && zone <= 23 ? 4491 + zone - 13
                                          : 0;
    (void)snprintf(out, 32, "EPSG:%d", code);
    return code != 0 && lands_in(ctx, out, x, y, area);
}

typedef struct verdict {
    const gt_message *message;
    char likely[32];
} verdict;

/* own: area of use of a projected CRS that the file states, or NULL. */
static verdict likely_cause(gt_ctx *ctx, const sample *s, const char *stated, bool degrees,
                            const gt_box *own, const gt_crs *work, const gt_box *area)
{
    verdict v = {.message = &GT_MSG_IMPORT_OUTSIDE};
    char ours[32];
    (void)snprintf(ours, sizeof ours, "EPSG:%d", gt_crs_epsg(work));
    const char *const others[] = {ours, "EPSG:3857", "EPSG:4490"};
    if (stated != NULL && lands_in(ctx, stated, s->y, s->x, area)) {
        v.message = &GT_MSG_IMPORT_SWAPPED;
        return v;
    }
    bool small = fabs(s->x) <= 180.0 && fabs(s->y) <= 180.0;
    if (own != NULL && lands_in(ctx, stated, s->x, s->y, own)) {
        return v; /* right where its CRS is used: a file from elsewhere */
    }
    if (degrees != small) {
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            if (lands_in(ctx, others[i], s->x, s->y, area)) {
                (void)snprintf(v.likely, sizeof v.likely, "%s", others[i]);
                v.message = small ? &GT_MSG_IMPORT_DEGREES : &GT_MSG_IMPORT_OTHER_CRS;
                return v;
            }
        }
    }
    for (size_t i = 0; i < 2 && !small; i++) {
        if (lands_in(ctx, others[i], s->x, s->y, area)) {
            (void)snprintf(v.likely, sizeof v.likely, "%s", others[i]);
            v.message = &GT_MSG_IMPORT_OTHER_CRS;
            return v;
        }
    }
    if (!small && zone_of_prefix(ctx, s->x, s->y, area, v.likely)) {
        v.message = &GT_MSG_IMPORT_OTHER_CRS;
    } else if (!small && lands_in(ctx, ours, s->y, s->x, area)) {
        v.message = &GT_MSG_IMPORT_SWAPPED;
    }
    return v;
}

gt_status imp_diagnose_place(gt_ctx *ctx, const char *path, const gt_source_options *options,
                             const gt_source_info *info, const gt_crs *work, gt_notes *notes)
{
    sample s = {0};
    bool known;
    gt_box area = degrees_of_use(work, &known);
    gt_crs *stated = NULL;
    const char *definition = options->crs != NULL ? options->crs : info->crs_wkt;
    gt_status st = take_sample(ctx, path, options, &s);
    if (st == GT_OK && definition != NULL) {
        st = gt_crs_new(ctx, definition, &stated);
    }
    if (st != GT_OK || !s.found || !known) {
        gt_crs_free(ctx, stated);
        return st;
    }
    bool degrees = stated != NULL && gt_crs_is_geographic(stated);
    const char *name = stated != NULL ? gt_crs_name(stated) : "?";
    bool own_known = false;
    gt_box own = stated != NULL ? degrees_of_use(stated, &own_known) : area;
    verdict v = likely_cause(ctx, &s, definition, degrees, own_known && !degrees ? &own : NULL,
                             work, &area);
    st = gt_notes_add(notes, GT_ERROR, v.message, GT_PLACE(.file = path, .row = s.row),
                      GT_ARGS(GT_REAL("x", s.x), GT_REAL("y", s.y), GT_TEXT("crs", name),
                              GT_TEXT("work", gt_crs_name(work)), GT_TEXT("likely", v.likely)));
    gt_crs_free(ctx, stated);
    return st;
}
