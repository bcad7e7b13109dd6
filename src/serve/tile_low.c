/* Low zooms of large polygon layers.
 *
 * From the zoom on where a mean tile holds few enough features they are drawn themselves
 * ("direct"). A tile above is a mosaic (mosaic.h) of 256 x 256 cells: the 4 x 4 lattices two levels
 * below it. Lattices are kept in the pyramid; the lowest level, direct + 1, is made of features,
 * every other of the four below. An edit takes with it one lattice a level, or a few, and they are
 * made anew when they are asked for: a few hundred features are read, whatever the zoom. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serve/mosaic.h"
#include "serve/tile_read.h"

enum {
    PER_TILE = 1200, /* features of a mean tile that are drawn themselves */
    DIRECT_MAX = 16  /* beyond, tiles are direct whatever they hold */
};

static const gt_then present = {GT_DATE_NONE, 0};

/* ---- the pyramid ------------------------------------------------------------------------------
 */

static gt_status direct_zoom(gt_desk *desk, const gt_layer_info *info, int *out)
{
    gt_box box;
    *out = 0;
    if (info->n_features <= PER_TILE || info->box.xmin > info->box.xmax) {
        return GT_OK;
    }
    gt_status st = gt_tile_mercator_box(desk, info->box, &box);
    double area = fmax((box.xmax - box.xmin) * (box.ymax - box.ymin), 1);
    for (; *out < DIRECT_MAX; ++*out) {
        double side = 2 * GT_MERCATOR_HALF / (double)(1L << *out);
        if ((double)info->n_features * fmin(side * side / area, 1) <= PER_TILE) {
            break;
        }
    }
    return st;
}

gt_status gt_tile_bring_up(gt_desk *desk, const gt_layer_info *info, int *direct)
{
    gt_ctx *ctx = desk->ctx;
    const char *layer = info->standard->id;
    gt_pyramid_state state = {0, 0};
    gt_box *boxes = NULL;
    size_t n = 0;
    char key[256];
    bool there = false, all = true;
    gt_status st = gt_tile_has_areas(info) ? direct_zoom(desk, info, direct) : GT_OK;
    if (st != GT_OK || *direct == 0 || desk->pyramid == NULL) {
        return st;
    }
    (void)snprintf(key, sizeof key, "2 %d %.200s", (int)gt_store_srs_id(desk->store),
                   gt_tile_class_key(info));
    st = gt_pyramid_state_get(ctx, desk->pyramid, layer, key, &state, &there);
    bool ahead = false;
    if (st == GT_OK && there && state.revision > info->revision) {
        st = gt_pyramid_is_ahead(ctx, desk->pyramid, state.revision, &ahead);
    }
    /* a newer map than this desk has looked at is as good: it looks again before the next request
     */
    if (st == GT_OK && there && state.revision >= info->revision && !ahead) {
        *direct = state.direct;
        return GT_OK;
    }
    bool near = there && state.revision < info->revision && state.direct - *direct <= 1 &&
                *direct - state.direct <= 1;
    st = st == GT_OK && near ? gt_tile_changed_since(desk, layer, state.revision, &boxes, &n, &all)
                             : st;
    if (st == GT_OK && near && !all) {
        st =
            gt_pyramid_advance(ctx, desk->pyramid, layer, state.revision, info->revision, boxes, n);
        *direct = state.direct;
    } else if (st == GT_OK) {
        state = (gt_pyramid_state){info->revision, *direct};
        st = gt_pyramid_begin(ctx, desk->pyramid, layer, key, &state);
    }
    gt_free(ctx, boxes);
    return st;
}

/* ---- lattices ---------------------------------------------------------------------------------
 */

typedef struct low {
    gt_desk *desk;
    const gt_layer_info *info;
    gt_box within; /* the layer, EPSG:3857 */
    int direct;
    gt_lattice_maker *maker; /* made on first use */
} low;

static gt_status low_open(gt_desk *desk, const gt_layer_info *info, int direct, low *out)
{
    *out = (low){.desk = desk, .info = info, .direct = direct};
    return gt_tile_mercator_box(desk, info->box, &out->within);
}

static void low_close(low *l)
{
    gt_lattice_maker_free(l->desk->ctx, l->maker);
}

static gt_status count(gt_tile_reader *m, const gt_feature *f, void *user)
{
    low *l = user;
    const double unit = (double)GT_MVT_EXTENT / GT_LATTICE_SIDE;
    return gt_lattice_add(m->desk->ctx, l->maker, &m->geom, 0, 0, unit, 1,
                          gt_tile_class_text(m->info, f));
}

static gt_status of_features(low *l, gt_place_of at, gt_lattice *out)
{
    gt_ctx *ctx = l->desk->ctx;
    gt_tile_reader m;
    gt_status st = l->maker == NULL ? gt_lattice_maker_new(ctx, &l->maker) : GT_OK;
    if (st != GT_OK) {
        return st;
    }
    gt_tile_reader_open(&m, l->desk, l->info, at, &present);
    st = gt_tile_each(&m, 0, count, l);
    gt_tile_reader_close(&m);
    return st == GT_OK ? gt_lattice_made(ctx, l->maker, out) : st;
}

static gt_status lattice_at(low *l, gt_place_of at, gt_lattice *out, bool *empty);

static gt_status of_quarters(low *l, gt_place_of at, gt_lattice *out)
{
    gt_ctx *ctx = l->desk->ctx;
    const gt_lattice *quarters[4] = {NULL, NULL, NULL, NULL};
    gt_lattice *list = gt_zalloc(ctx, 4, sizeof *list);
    gt_status st = list == NULL ? GT_E_MEMORY : GT_OK;
    for (int i = 0; st == GT_OK && i < 4; i++) {
        const gt_place_of below = {at.z + 1, 2 * at.row + i / 2, 2 * at.col + i % 2};
        bool empty = false;
        st = lattice_at(l, below, &list[i], &empty);
        quarters[i] = empty ? NULL : &list[i];
    }
    st = st == GT_OK ? gt_lattice_join(ctx, quarters, out) : st;
    for (int i = 0; list != NULL && i < 4; i++) {
        gt_lattice_free(ctx, &list[i]);
    }
    gt_free(ctx, list);
    return st;
}

/* The lattice of a place of level direct + 1 or above: kept, or made and then kept. */
static gt_status lattice_at(low *l, gt_place_of at, gt_lattice *out, bool *empty)
{
    gt_desk *desk = l->desk;
    gt_ctx *ctx = desk->ctx;
    const char *layer = l->info->standard->id;
    bool found = false;
    gt_box box = gt_place_box(at);
    *empty = !gt_box_meets(box, l->within);
    if (*empty) {
        return GT_OK;
    }
    gt_status st =
        desk->pyramid == NULL ? GT_OK : gt_pyramid_get(ctx, desk->pyramid, layer, at, out, &found);
    if (st == GT_OK && !found) {
        st = gt_desk_time(desk);
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
        st = st != GT_OK             ? st
             : at.z >= l->direct + 1 ? of_features(l, at, out)
                                     : of_quarters(l, at, out);
        st = st == GT_OK && desk->pyramid != NULL
                 ? gt_pyramid_put(ctx, desk->pyramid, layer, l->info->revision, at, out)
                 : st;
    }
    *empty = st == GT_OK && out->n_list == 0;
    return st;
}

/* ---- tiles ------------------------------------------------------------------------------------
 */

typedef struct blocks { /* across x across lattices of a tile */
    gt_lattice *list;
    const gt_lattice *at[16]; /* NULL: empty */
} blocks;

static gt_status blocks_open(gt_ctx *ctx, blocks *b)
{
    *b = (blocks){.list = gt_zalloc(ctx, 16, sizeof *b->list)};
    return b->list == NULL ? GT_E_MEMORY : GT_OK;
}

static void blocks_close(gt_ctx *ctx, blocks *b)
{
    for (int i = 0; b->list != NULL && i < 16; i++) {
        gt_lattice_free(ctx, &b->list[i]);
    }
    gt_free(ctx, b->list);
}

static gt_status draw(gt_desk *desk, const gt_layer_info *info, const blocks *b, int across,
                      gt_text *out)
{
    gt_mosaic mosaic;
    gt_mosaic_init(&mosaic);
    gt_status st = gt_mosaic_choose(desk->ctx, b->at, across, &mosaic);
    st = st == GT_OK ? gt_mosaic_mvt(desk->ctx, desk->arena, &mosaic, info->standard->id,
                                     gt_tile_class_key(info), out)
                     : st;
    gt_mosaic_free(desk->ctx, &mosaic);
    return st;
}

/* Finest first; where that has too many bytes, cells twice as wide: lattices of the level above. */
static gt_status draw_fitting(gt_desk *desk, const gt_layer_info *info, blocks *b, gt_text *out)
{
    gt_status st = draw(desk, info, b, 4, out);
    for (int across = 2; st == GT_OK && out->len > GT_TILE_MOST && across > 0; across /= 2) {
        blocks wider;
        st = blocks_open(desk->ctx, &wider);
        for (int i = 0; st == GT_OK && i < across * across; i++) {
            int at = i / across * 4 * across + i % across * 2; /* its north-west quarter */
            const gt_lattice *const quarters[4] = {b->at[at], b->at[at + 1], b->at[at + 2 * across],
                                                   b->at[at + 2 * across + 1]};
            st = gt_lattice_join(desk->ctx, quarters, &wider.list[i]);
            wider.at[i] = &wider.list[i];
        }
        blocks_close(desk->ctx, b);
        *b = wider;
        st = st == GT_OK ? draw(desk, info, b, across, out) : st;
    }
    return st;
}

gt_status gt_tile_low(gt_desk *desk, const gt_layer_info *info, int direct, gt_place_of at,
                      gt_text *out)
{
    low l;
    blocks b;
    gt_status st = blocks_open(desk->ctx, &b);
    gt_status opened = low_open(desk, info, direct, &l);
    st = st == GT_OK ? opened : st;
    for (int i = 0; st == GT_OK && i < 16; i++) {
        const gt_place_of place = {at.z + 2, 4 * at.row + i / 4, 4 * at.col + i % 4};
        bool empty = false;
        st = lattice_at(&l, place, &b.list[i], &empty);
        b.at[i] = empty ? NULL : &b.list[i];
    }
    st = st == GT_OK ? draw_fitting(desk, info, &b, out) : st;
    low_close(&l);
    blocks_close(desk->ctx, &b);
    return st;
}

/* ---- other times ------------------------------------------------------------------------------
 */

typedef struct past {
    gt_lattice_maker *makers[16];
} past;

static gt_status count_past(gt_tile_reader *m, const gt_feature *f, void *user)
{
    enum { ACROSS = 4, SIDE = GT_MVT_EXTENT / ACROSS };
    past *p = user;
    gt_status st = GT_OK;
    gt_box box = gt_geom_box(&m->geom);
    for (int i = 0; st == GT_OK && i < ACROSS * ACROSS; i++) {
        const int col = i % ACROSS, row = i / ACROSS;
        double x = col * (double)SIDE, y = row * (double)SIDE;
        const gt_box block = {x, y, x + SIDE, y + SIDE};
        if (gt_box_meets(box, block)) {
            st = gt_lattice_add(m->desk->ctx, p->makers[i], &m->geom, x, y,
                                (double)SIDE / GT_LATTICE_SIDE, 1, gt_tile_class_text(m->info, f));
        }
    }
    return st;
}

gt_status gt_tile_low_then(gt_desk *desk, const gt_layer_info *info, gt_place_of at,
                           const gt_then *then, gt_text *out)
{
    gt_ctx *ctx = desk->ctx;
    past p = {{NULL}};
    blocks b;
    gt_tile_reader m;
    gt_status st = blocks_open(ctx, &b);
    for (int i = 0; st == GT_OK && i < 16; i++) {
        st = gt_lattice_maker_new(ctx, &p.makers[i]);
    }
    gt_tile_reader_open(&m, desk, info, at, then);
    st = st == GT_OK ? gt_tile_each(&m, 0, count_past, &p) : st;
    for (int i = 0; st == GT_OK && i < 16; i++) {
        st = gt_lattice_made(ctx, p.makers[i], &b.list[i]);
        b.at[i] = b.list[i].n_list == 0 ? NULL : &b.list[i];
    }
    st = st == GT_OK ? draw_fitting(desk, info, &b, out) : st;
    gt_tile_reader_close(&m);
    for (int i = 0; i < 16; i++) {
        gt_lattice_maker_free(ctx, p.makers[i]);
    }
    blocks_close(ctx, &b);
    return st;
}

/* ---- beforehand -------------------------------------------------------------------------------
 */

gt_status gt_tile_prepare_at(gt_desk *desk, const gt_layer_info *info, int direct, gt_place_of at)
{
    low l;
    bool empty = false;
    gt_lattice *lattice = gt_zalloc(desk->ctx, 1, sizeof *lattice);
    gt_status st = lattice == NULL ? GT_E_MEMORY : low_open(desk, info, direct, &l);
    if (st == GT_OK) {
        st = lattice_at(&l, at, lattice, &empty);
        low_close(&l);
        gt_lattice_free(desk->ctx, lattice);
    }
    gt_free(desk->ctx, lattice);
    return st;
}

gt_status gt_tile_prepare(gt_desk *desk, const gt_layer_info *info, int64_t *n)
{
    const gt_place_of top = {0, 0, 0};
    int direct = 0;
    *n = 0;
    gt_status st = info->n_features == 0 ? GT_OK : gt_tile_bring_up(desk, info, &direct);
    if (st == GT_OK && direct > 0 && desk->pyramid != NULL) {
        st = gt_tile_prepare_at(desk, info, direct, top);
        *n = direct;
    }
    return st;
}
