/* Working tiles in memory, as many as the ceiling allows; the costs of the others that are in work
 * lie in a scratch file. In a round tiles are visited in the order of their numbers, so the tile
 * visited last is the one wanted again latest: it goes first. */
#include <math.h>
#include <string.h>

#include "grid/cost.h"

gt_window cost_inner(const cost_run *c, int64_t tile)
{
    int64_t col = tile % c->across * COST_INNER, row = tile / c->across * COST_INNER;
    return (gt_window){col, row, c->cols - col < COST_INNER ? c->cols - col : COST_INNER,
                       c->rows - row < COST_INNER ? c->rows - row : COST_INNER};
}

gt_status cost_tiles_new(gt_ctx *ctx, cost_run *c, size_t most)
{
    tile_store *s = &c->store;
    size_t n = (size_t)(c->across * c->down);
    s->most = most;
    s->place = gt_alloc(ctx, n, sizeof *s->place);
    s->state = gt_zalloc(ctx, n, sizeof *s->state);
    return s->place == NULL || s->state == NULL ? GT_E_MEMORY : GT_OK;
}

void cost_tiles_free(gt_ctx *ctx, cost_run *c)
{
    tile_store *s = &c->store;
    for (size_t i = 0; i < s->n; i++) {
        gt_free(ctx, s->places[i].tile);
    }
    gt_free(ctx, s->places);
    gt_free(ctx, s->place);
    gt_free(ctx, s->state);
    if (s->has_away) {
        grid_shelf_free(ctx, &s->away);
    }
}

/* Costs to the file; the friction can be read again. */
static gt_status send_away(gt_ctx *ctx, cost_run *c, tile_place *p)
{
    tile_store *s = &c->store;
    gt_status st = GT_OK;
    if (!s->has_away) {
        st = grid_shelf_new(ctx, (size_t)(c->across * c->down), sizeof p->tile->d, SIZE_MAX,
                            c->o->scratch_dir, &s->away);
        s->has_away = true;
    }
    st = st == GT_OK
             ? grid_shelf_put(ctx, &s->away, (size_t)p->number, p->tile->d, sizeof p->tile->d)
             : st;
    s->state[p->number] = TILE_AWAY;
    p->number = -1;
    return st;
}

/* A place for one more tile: a free one, a new one, or that of a tile that goes away. */
static gt_status find_place(gt_ctx *ctx, cost_run *c, size_t *out)
{
    tile_store *s = &c->store;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < s->n; i++) {
        const tile_place *p = &s->places[i];
        if (p->number < 0) {
            *out = i;
            return GT_OK;
        }
        bool idle = !p->pinned;
        if (idle && (best == SIZE_MAX || p->round > s->places[best].round ||
                     (p->round == s->places[best].round && p->number > s->places[best].number))) {
            best = i;
        }
    }
    if (s->n >= s->most && best != SIZE_MAX) {
        *out = best;
        return send_away(ctx, c, &s->places[best]);
    }
    gt_status st = gt_grow(ctx, (void **)&s->places, &s->cap, s->n + 1, sizeof *s->places);
    work_tile *tile = st == GT_OK ? gt_alloc(ctx, 1, sizeof *tile) : NULL;
    if (tile == NULL) {
        return GT_E_MEMORY;
    }
    s->places[s->n] = (tile_place){.tile = tile, .number = -1};
    *out = s->n++;
    return GT_OK;
}

static gt_status read_friction(gt_ctx *ctx, const cost_run *c, int64_t tile, float *r)
{
    const gt_window w = cost_inner(c, tile);
    const gt_window wide = {w.col - 1, w.row - 1, COST_SIDE, COST_SIDE};
    gt_status st = gt_grid_read(ctx, c->friction, &wide, GT_CELL_F32, r, COST_SIDE);
    for (int i = 0; st == GT_OK && i < COST_CELLS; i++) {
        r[i] = isnan(r[i]) ? (float)INFINITY : r[i];
    }
    return st;
}

gt_status cost_take(gt_ctx *ctx, cost_run *c, int64_t tile, work_tile **out)
{
    tile_store *s = &c->store;
    gt_status st = GT_OK;
    (void)pthread_mutex_lock(&s->lock);
    tile_state was = s->state[tile];
    size_t i = was == TILE_HELD ? (size_t)s->place[tile] : 0;
    st = was == TILE_HELD ? GT_OK : find_place(ctx, c, &i);
    if (st == GT_OK) {
        s->places[i].number = tile;
        s->places[i].pinned = true;
        s->places[i].round = s->round;
        s->place[tile] = (int32_t)i;
        s->state[tile] = TILE_HELD;
        *out = s->places[i].tile;
    }
    (void)pthread_mutex_unlock(&s->lock);
    if (st != GT_OK || was == TILE_HELD) {
        return st;
    }
    work_tile *t = *out;
    st = read_friction(ctx, c, tile, t->r);
    if (st == GT_OK && was == TILE_AWAY) {
        st = grid_shelf_get(ctx, &s->away, (size_t)tile, t->d, sizeof t->d);
    }
    for (int k = 0; was == TILE_NEW && k < COST_CELLS; k++) {
        t->d[k] = (double)INFINITY;
    }
    return st;
}

void cost_give(cost_run *c, int64_t tile, bool done)
{
    tile_store *s = &c->store;
    (void)pthread_mutex_lock(&s->lock);
    tile_place *p = &s->places[s->place[tile]];
    p->pinned = false;
    if (done) {
        p->number = -1;
        s->state[tile] = TILE_DONE;
    }
    (void)pthread_mutex_unlock(&s->lock);
}
