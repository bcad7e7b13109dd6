/* Making vector tiles of features themselves. Large layers of polygons have a zoom above which they
 * are drawn from lattices instead (tile_low.c). */
#include <math.h>

#include "serve/tile_read.h"

typedef struct drawing {
    gt_mvt *mvt;
    double grain; /* > 0: of points and short lines, one a square of this side (units) */
    uint64_t *taken;
    size_t across;
} drawing;

/* Is the feature the first small one in its square? */
static bool has_room(const gt_tile_reader *m, drawing *d)
{
    gt_box box = gt_geom_box(&m->geom);
    if (d->taken == NULL || fmax(box.xmax - box.xmin, box.ymax - box.ymin) > d->grain) {
        return true;
    }
    double x = floor((box.xmin + GT_MVT_BUFFER) / d->grain);
    double y = floor((box.ymin + GT_MVT_BUFFER) / d->grain);
    if (x < 0 || y < 0 || x >= (double)d->across || y >= (double)d->across) {
        return false;
    }
    size_t bit = (size_t)y * d->across + (size_t)x;
    bool free = (d->taken[bit / 64] >> bit % 64 & 1) == 0;
    d->taken[bit / 64] |= 1ULL << bit % 64;
    return free;
}

static gt_status draw(gt_tile_reader *m, const gt_feature *f, void *user)
{
    drawing *d = user;
    return has_room(m, d) ? gt_mvt_add(d->mvt, f->id, gt_tile_class_text(m->info, f), &m->geom)
                          : GT_OK;
}

static gt_status make_direct(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                             const gt_then *then, double grain, gt_text *out)
{
    gt_tile_reader m;
    gt_mvt mvt;
    drawing d = {.mvt = &mvt, .grain = grain};
    gt_status st = GT_OK;
    gt_tile_reader_open(&m, desk, info, at, then);
    gt_mvt_open(desk->ctx, desk->arena, &mvt);
    if (grain > 0) {
        d.across = (size_t)((GT_MVT_EXTENT + 2 * GT_MVT_BUFFER) / grain) + 1;
        d.taken = gt_zalloc(desk->ctx, d.across * d.across / 64 + 1, sizeof *d.taken);
        st = d.taken == NULL ? GT_E_MEMORY : GT_OK;
    }
    st = st == GT_OK ? gt_tile_each(&m, GT_MVT_BUFFER, draw, &d) : st;
    gt_text_clear(out);
    st = st == GT_OK ? gt_mvt_finish(&mvt, info->standard->id, gt_tile_class_key(info), out) : st;
    gt_free(desk->ctx, d.taken);
    gt_mvt_close(&mvt);
    gt_tile_reader_close(&m);
    return st;
}

/* Where features are too many for a tile, areas are merged and points thinned. */
static gt_status make_features(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                               const gt_then *then, gt_text *out)
{
    bool areas = gt_tile_has_areas(info);
    gt_status st = make_direct(desk, info, at, then, 0, out);
    if (st == GT_OK && out->len > GT_TILE_MOST && areas) { /* dense here, or rich in vertices */
        st = gt_tile_dense(desk, info, at, then, out);
    }
    for (double grain = 8; st == GT_OK && !areas && out->len > GT_TILE_MOST && grain < 4096;
         grain *= 2) {
        st = make_direct(desk, info, at, then, grain, out);
    }
    return st;
}

gt_status gt_tile_make(gt_desk *desk, const gt_layer_info *info, gt_place_of at, gt_text *out)
{
    const gt_then present = {GT_DATE_NONE, 0};
    int direct = 0;
    gt_status st = info->n_features == 0 ? GT_OK : gt_tile_bring_up(desk, info, &direct);
    if (st != GT_OK || info->n_features == 0) {
        return st;
    }
    return at.z < direct ? gt_tile_low(desk, info, direct, at, out)
                         : make_features(desk, info, at, &present, out);
}

gt_status gt_tile_make_then(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                            const gt_then *then, gt_text *out)
{
    int direct = 0;
    gt_status st = info->n_features == 0 ? GT_OK : gt_tile_bring_up(desk, info, &direct);
    if (st != GT_OK || info->n_features == 0) {
        return st;
    }
    bool same =
        then->date == GT_DATE_NONE && then->revision >= info->revision; /* not changed since */
    return at.z >= direct ? make_features(desk, info, at, then, out)
           : same         ? gt_tile_low(desk, info, direct, at, out)
                          : gt_tile_low_then(desk, info, at, then, out);
}
