/* From class shares to one class a cell, and from cells to polygons.
 *
 * Choice: cells are visited along Hilbert's curve, which stays within a square before it goes on to
 * the next. Every class is owed its share of each cell and pays a whole cell when it is chosen
 * (error diffusion: Floyd and Steinberg 1976; along a space-filling curve: Velho and Gomes 1991).
 * The class chosen is the one with the largest debt, its share in the cell counting EAGER times
 * more and the class of the cell before getting a bonus, so that large patches keep their form,
 * and small ones come in clumps of a few cells where they lie.
 *
 * Polygons: connected cells of a class are walked round with the inside at the right. Where two
 * cells of one patch meet at a corner only, the walk crosses, so that what is enclosed becomes a
 * hole; cells of different patches are kept apart. A run between two corners of opposite turn is
 * tilted about its middle, which leaves both areas as they are: stairs of one become a line. Both
 * sides decide alike, since only runs without a third patch are tilted. */
#include "serve/mosaic.h"

#include <stdlib.h>
#include <string.h>

enum {
    EAGER = 3,   /* share in the cell against debt: a debt of three cells beats any majority */
    BONUS = 120, /* 255ths of a cell: for the class of the cell before */
    LONG = 6     /* cells: longer runs are not tilted, they are straight borders */
};

void gt_mosaic_init(gt_mosaic *m)
{
    *m = (gt_mosaic){0};
}

void gt_mosaic_free(gt_ctx *ctx, gt_mosaic *m)
{
    for (size_t i = 0; i < m->n_texts; i++) {
        gt_free(ctx, m->texts[i]);
    }
    gt_free(ctx, m->texts);
    gt_free(ctx, m->cells);
    gt_mosaic_init(m);
}

/* ---- choice -----------------------------------------------------------------------------------
 */

static gt_status class_of(gt_ctx *ctx, gt_mosaic *m, const char *text, uint16_t *out)
{
    for (size_t i = 0; i < m->n_texts; i++) {
        if (strcmp(m->texts[i], text) == 0) {
            *out = (uint16_t)i;
            return GT_OK;
        }
    }
    *out = GT_MOSAIC_EMPTY - 1;
    if (m->n_texts == GT_MOSAIC_EMPTY - 1) {
        return GT_OK;
    }
    gt_status st =
        gt_grow(ctx, (void **)&m->texts, &m->cap_texts, m->n_texts + 1, sizeof *m->texts);
    if (st == GT_OK) {
        m->texts[m->n_texts] = gt_strdup(ctx, text);
        st = m->texts[m->n_texts] == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        *out = (uint16_t)m->n_texts++;
    }
    return st;
}

typedef struct chooser {
    gt_mosaic *m;
    const gt_lattice *const *blocks;
    int across;
    uint16_t **place; /* of each block's classes */
    int64_t *owed;    /* by class, emptiness last; 255ths */
    uint16_t before;  /* class of the cell before */
} chooser;

/* The place of step d on Hilbert's curve of a square of n (a power of two) a side. */
static void hilbert(int n, uint32_t d, int *x, int *y)
{
    *x = *y = 0;
    for (int s = 1; s < n; s *= 2, d /= 4) {
        int rx = (int)(d / 2 & 1), ry = (int)((d ^ (uint32_t)rx) & 1);
        if (ry == 0) {
            int t = *x;
            *x = rx == 1 ? s - 1 - *y : *y;
            *y = rx == 1 ? s - 1 - t : t;
        }
        *x += s * rx;
        *y += s * ry;
    }
}

/* Class (n_texts: empty) of a cell with the shares list[0 .. n). */
static uint16_t choose(chooser *c, const gt_share *list, size_t n, const uint16_t *place)
{
    const size_t empty = c->m->n_texts;
    int64_t left = GT_LATTICE_FULL, best = INT64_MIN;
    size_t chosen = empty;
    for (size_t i = 0; i <= n; i++) {
        size_t k = i < n ? place[list[i].klass] : empty;
        int64_t share = i < n ? list[i].share : left;
        left -= i < n ? share : 0;
        if (share <= 0) {
            continue;
        }
        c->owed[k] += share;
        int64_t score = c->owed[k] + EAGER * share + (k == c->before ? BONUS : 0);
        if (score > best || (score == best && k < chosen)) {
            best = score;
            chosen = k;
        }
    }
    c->owed[chosen] -= GT_LATTICE_FULL;
    c->before = (uint16_t)chosen;
    return c->before;
}

static void choose_all(chooser *c)
{
    const int side = c->m->side;
    for (uint32_t d = 0; d < (uint32_t)(side * side); d++) {
        int x = 0, y = 0;
        hilbert(side, d, &x, &y);
        int b = y / GT_LATTICE_SIDE * c->across + x / GT_LATTICE_SIDE;
        const gt_lattice *l = c->blocks[b];
        size_t cell =
            (size_t)(y % GT_LATTICE_SIDE) * GT_LATTICE_SIDE + (size_t)(x % GT_LATTICE_SIDE);
        size_t from = l == NULL || cell == 0 ? 0 : l->end[cell - 1];
        size_t n = l == NULL ? 0 : l->end[cell] - from;
        uint16_t k = choose(c, n == 0 ? NULL : &l->list[from], n, c->place[b]);
        c->m->cells[y * side + x] = k == c->m->n_texts ? GT_MOSAIC_EMPTY : k;
    }
}

gt_status gt_mosaic_choose(gt_ctx *ctx, const gt_lattice *const *blocks, int across, gt_mosaic *out)
{
    enum { BLOCKS = 16 };
    uint16_t *place[BLOCKS] = {NULL};
    chooser c = {.m = out, .blocks = blocks, .across = across, .place = place};
    gt_status st = GT_OK;
    gt_mosaic_free(ctx, out);
    out->side = across * GT_LATTICE_SIDE;
    out->cells = gt_alloc(ctx, (size_t)out->side * (size_t)out->side, sizeof *out->cells);
    st = out->cells == NULL ? GT_E_MEMORY : GT_OK;
    for (int b = 0; st == GT_OK && b < across * across; b++) {
        size_t n = blocks[b] == NULL ? 0 : blocks[b]->n_texts;
        place[b] = gt_alloc(ctx, n + 1, sizeof *place[b]);
        st = place[b] == NULL ? GT_E_MEMORY : GT_OK;
        for (size_t i = 0; st == GT_OK && i < n; i++) {
            st = class_of(ctx, out, blocks[b]->texts[i], &place[b][i]);
        }
    }
    c.before = (uint16_t)out->n_texts;
    c.owed = st == GT_OK ? gt_zalloc(ctx, out->n_texts + 1, sizeof *c.owed) : NULL;
    st = st == GT_OK && c.owed == NULL ? GT_E_MEMORY : st;
    if (st == GT_OK) {
        choose_all(&c);
    }
    gt_free(ctx, c.owed);
    for (size_t b = 0; b < BLOCKS; b++) {
        gt_free(ctx, place[b]);
    }
    return st;
}

/* ---- patches ----------------------------------------------------------------------------------
 */

/* Sides of a cell, named by where one goes along them with the cell at the right. */
enum { EAST = 0, SOUTH, WEST, NORTH }; /* top, right, bottom, left side */
static const int step_x[4] = {1, 0, -1, 0}, step_y[4] = {0, 1, 0, -1};

typedef struct corner {
    int32_t x, y; /* units of the tile */
    int heading;  /* of what follows */
    int turn;     /* 1 right, -1 left */
    bool free;    /* two patches meet here, inside of the tile */
    bool plain;   /* what follows has no third patch on it */
    int32_t run;  /* cells to the next corner */
} corner;

typedef struct ring {
    uint32_t patch, from, n; /* points of tracer.xy */
} ring;

typedef struct tracer {
    gt_ctx *ctx;
    const gt_mosaic *m;
    int side;
    int32_t unit;    /* of the tile, a cell */
    uint32_t *patch; /* of each cell: connected ones of a class */
    uint32_t n_patches;
    uint16_t *klass; /* of each patch */
    uint8_t *done;   /* of each cell, a bit a side */
    uint32_t *stack;
    corner *corners; /* of the ring at hand */
    size_t n_corners, cap_corners;
    int32_t *xy;
    size_t n_xy, cap_xy; /* numbers */
    ring *rings;
    size_t n_rings, cap_rings;
} tracer;

static uint16_t class_at(const tracer *t, int x, int y)
{
    bool out = x < 0 || y < 0 || x >= t->side || y >= t->side;
    return out ? GT_MOSAIC_EMPTY : t->m->cells[y * t->side + x];
}

/* Gives the cells connected with the first one its number. */
static void fill(tracer *t, uint32_t first, uint32_t number)
{
    size_t n = 0;
    const uint16_t klass = t->m->cells[first];
    t->stack[n++] = first;
    t->patch[first] = number;
    while (n > 0) {
        int cell = (int)t->stack[--n], x = cell % t->side, y = cell / t->side;
        for (int s = 0; s < 4; s++) {
            int nx = x + step_x[s], ny = y + step_y[s], at = ny * t->side + nx;
            if (class_at(t, nx, ny) == klass && t->patch[at] == UINT32_MAX) {
                t->patch[at] = number;
                t->stack[n++] = (uint32_t)at;
            }
        }
    }
}

static gt_status find_patches(tracer *t)
{
    size_t n = (size_t)t->side * (size_t)t->side;
    t->patch = gt_alloc(t->ctx, n, sizeof *t->patch);
    t->stack = gt_alloc(t->ctx, n, sizeof *t->stack);
    t->klass = gt_alloc(t->ctx, n, sizeof *t->klass);
    t->done = gt_zalloc(t->ctx, n, sizeof *t->done);
    if (t->patch == NULL || t->stack == NULL || t->klass == NULL || t->done == NULL) {
        return GT_E_MEMORY;
    }
    memset(t->patch, 0xFF, n * sizeof *t->patch);
    for (size_t i = 0; i < n; i++) {
        if (t->patch[i] == UINT32_MAX && t->m->cells[i] != GT_MOSAIC_EMPTY) {
            t->klass[t->n_patches] = t->m->cells[i];
            fill(t, (uint32_t)i, t->n_patches++);
        }
    }
    return GT_OK;
}

/* ---- walking round ----------------------------------------------------------------------------
 */

/* Borders that meet at the corner north-west of cell (x, y). */
static int degree(const tracer *t, int x, int y)
{
    uint16_t a = class_at(t, x - 1, y - 1), b = class_at(t, x, y - 1);
    uint16_t c = class_at(t, x, y), d = class_at(t, x - 1, y);
    return (a != b) + (b != c) + (c != d) + (d != a);
}

/* Is the corner one of two patches only, inside of the tile? */
static bool is_free(const tracer *t, int x, int y)
{
    return x > 0 && y > 0 && x < t->side && y < t->side && degree(t, x, y) == 2;
}

typedef struct walker {
    int x, y; /* cell at the right */
    int heading;
} walker;

/* The corner where the side of the walker's cell ends. */
static void end_of(const walker *w, int *x, int *y)
{
    *x = w->x + (w->heading == EAST || w->heading == SOUTH ? 1 : 0);
    *y = w->y + (w->heading == SOUTH || w->heading == WEST ? 1 : 0);
}

/* On to the next side; gives the turn: 1 right, 0 none, -1 left. */
static int walk(const tracer *t, walker *w)
{
    const uint16_t klass = class_at(t, w->x, w->y);
    int left = (w->heading + 3) % 4;
    int ax = w->x + step_x[w->heading], ay = w->y + step_y[w->heading]; /* ahead, at the right */
    int lx = ax + step_x[left], ly = ay + step_y[left];                 /* ahead, at the left */
    bool ahead = class_at(t, ax, ay) == klass, across = class_at(t, lx, ly) == klass;
    if (across && (ahead || t->patch[ly * t->side + lx] == t->patch[w->y * t->side + w->x])) {
        *w = (walker){lx, ly, left};
        return -1;
    }
    if (ahead) {
        w->x = ax;
        w->y = ay;
        return 0;
    }
    w->heading = (w->heading + 1) % 4;
    return 1;
}

static gt_status add_corner(tracer *t, int x, int y, int turn, int heading)
{
    gt_status st = gt_grow(t->ctx, (void **)&t->corners, &t->cap_corners, t->n_corners + 1,
                           sizeof *t->corners);
    if (st == GT_OK) {
        t->corners[t->n_corners++] = (corner){.x = x * t->unit,
                                              .y = y * t->unit,
                                              .heading = heading,
                                              .turn = turn,
                                              .free = is_free(t, x, y),
                                              .plain = true};
    }
    return st;
}

/* The corners of the ring that goes east along the top of a cell. The first one is found where the
 * walk first turns; it ends there again. */
static gt_status walk_round(tracer *t, int x, int y)
{
    walker w = {x, y, EAST};
    gt_status st = GT_OK;
    int32_t run = 1;    /* since the last corner */
    int32_t before = 0; /* of it, those before the first corner */
    bool plain = true, before_plain = true;
    t->n_corners = 0;
    do {
        int cx = 0, cy = 0;
        t->done[w.y * t->side + w.x] |= (uint8_t)(1 << w.heading);
        end_of(&w, &cx, &cy);
        int turn = walk(t, &w);
        if (turn == 0) {
            plain = plain && degree(t, cx, cy) == 2;
            run++;
            continue;
        }
        if (t->n_corners == 0) {
            before = run;
            before_plain = plain;
        } else {
            t->corners[t->n_corners - 1].run = run;
            t->corners[t->n_corners - 1].plain = plain;
        }
        st = add_corner(t, cx, cy, turn, w.heading);
        run = 1;
        plain = true;
    } while (st == GT_OK && (w.x != x || w.y != y || w.heading != EAST));
    if (st == GT_OK) { /* the corner at which it began may lie within a run */
        corner *last = &t->corners[t->n_corners - 1];
        last->run = run - 1 + before;
        last->plain = plain && before_plain;
    }
    return st;
}

/* ---- points -----------------------------------------------------------------------------------
 */

/* Ends of a tilted run move a quarter of a cell: where they are corners of stairs of one, both of
 * their runs move them onto the slope. */
static void tilt(const tracer *t, corner *list, size_t n)
{
    const int32_t q = t->unit / 4;
    for (size_t i = 0; i < n; i++) {
        corner *u = &list[i], *v = &list[(i + 1) % n];
        if (u->turn == v->turn || !u->free || !v->free || !u->plain || u->run > LONG) {
            continue;
        }
        int heading = v->heading; /* before the run and after it */
        u->x -= q * step_x[heading];
        u->y -= q * step_y[heading];
        v->x += q * step_x[heading];
        v->y += q * step_y[heading];
    }
}

/* Beyond the border of the tile: into its buffer. */
static int32_t outward(int32_t v)
{
    return v == 0 ? -GT_MVT_BUFFER : v == GT_MVT_EXTENT ? GT_MVT_EXTENT + GT_MVT_BUFFER : v;
}

static bool straight(const corner *a, const corner *b, const corner *c)
{
    return (int64_t)(b->x - a->x) * (c->y - b->y) == (int64_t)(b->y - a->y) * (c->x - b->x);
}

static gt_status keep_ring(tracer *t, uint32_t patch)
{
    size_t n = t->n_corners, from = t->n_xy;
    tilt(t, t->corners, n);
    gt_status st = gt_grow(t->ctx, (void **)&t->xy, &t->cap_xy, t->n_xy + 2 * n, sizeof *t->xy);
    st = st == GT_OK
             ? gt_grow(t->ctx, (void **)&t->rings, &t->cap_rings, t->n_rings + 1, sizeof *t->rings)
             : st;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        const corner *c = &t->corners[i];
        if (straight(&t->corners[(i + n - 1) % n], c, &t->corners[(i + 1) % n])) {
            continue;
        }
        t->xy[t->n_xy++] = outward(c->x);
        t->xy[t->n_xy++] = outward(c->y);
    }
    if (st == GT_OK) {
        t->rings[t->n_rings++] =
            (ring){patch, (uint32_t)(from / 2), (uint32_t)((t->n_xy - from) / 2)};
    }
    return st;
}

/* Outlines come before holes: the first side found of a patch is of its outline. */
static gt_status trace(tracer *t)
{
    gt_status st = GT_OK;
    for (int y = 0; y < t->side; y++) {
        for (int x = 0; st == GT_OK && x < t->side; x++) {
            size_t cell = (size_t)y * (size_t)t->side + (size_t)x;
            uint16_t klass = t->m->cells[cell];
            if (klass == GT_MOSAIC_EMPTY || (t->done[cell] >> EAST & 1) != 0 ||
                class_at(t, x, y - 1) == klass) {
                continue;
            }
            st = walk_round(t, x, y);
            st = st == GT_OK ? keep_ring(t, t->patch[cell]) : st;
        }
    }
    return st;
}

/* ---- the tile ---------------------------------------------------------------------------------
 */

/* Numbers 0 .. n in the order of key, equal ones as they were. Owned by the caller. */
static gt_status sorted(gt_ctx *ctx, const uint32_t *key, size_t n, size_t n_keys, uint32_t **out)
{
    uint32_t *start = gt_zalloc(ctx, n_keys + 1, sizeof *start);
    *out = gt_alloc(ctx, n + 1, sizeof **out);
    if (start == NULL || *out == NULL) {
        gt_free(ctx, start);
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        start[key[i] + 1]++;
    }
    for (size_t k = 1; k <= n_keys; k++) {
        start[k] += start[k - 1];
    }
    for (size_t i = 0; i < n; i++) {
        (*out)[start[key[i]]++] = (uint32_t)i;
    }
    gt_free(ctx, start);
    return GT_OK;
}

/* Rings by class, then patch (patches are numbered as they are found; their rings follow them). */
static gt_status order_rings(const tracer *t, uint32_t **out)
{
    uint32_t *key = gt_alloc(t->ctx, t->n_rings + 1, sizeof *key), *by_patch = NULL, *second = NULL;
    gt_status st = key == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < t->n_rings; i++) {
        key[i] = t->rings[i].patch;
    }
    st = st == GT_OK ? sorted(t->ctx, key, t->n_rings, t->n_patches, &by_patch) : st;
    for (size_t i = 0; st == GT_OK && i < t->n_rings; i++) {
        key[i] = t->klass[t->rings[by_patch[i]].patch];
    }
    st = st == GT_OK ? sorted(t->ctx, key, t->n_rings, t->m->n_texts, &second) : st;
    for (size_t i = 0; st == GT_OK && i < t->n_rings; i++) {
        second[i] = by_patch[second[i]];
    }
    gt_free(t->ctx, key);
    gt_free(t->ctx, by_patch);
    *out = second;
    return st;
}

static gt_status put_classes(const tracer *t, const uint32_t *order, gt_mvt *mvt)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < t->n_rings;) {
        uint16_t klass = t->klass[t->rings[order[i]].patch];
        gt_mvt_begin(mvt);
        for (; i < t->n_rings && t->klass[t->rings[order[i]].patch] == klass; i++) {
            const ring *r = &t->rings[order[i]];
            gt_mvt_ring(mvt, &t->xy[2 * (size_t)r->from], r->n);
        }
        st = gt_mvt_end(mvt, NULL, t->m->texts[klass]);
    }
    return st;
}

gt_status gt_mosaic_mvt(gt_ctx *ctx, gt_arena *arena, const gt_mosaic *m, const char *layer,
                        const char *class_key, gt_text *out)
{
    tracer t = {.ctx = ctx, .m = m, .side = m->side, .unit = GT_MVT_EXTENT / m->side};
    gt_mvt mvt;
    uint32_t *order = NULL;
    gt_mvt_open(ctx, arena, &mvt);
    gt_status st = find_patches(&t);
    st = st == GT_OK ? trace(&t) : st;
    st = st == GT_OK ? order_rings(&t, &order) : st;
    st = st == GT_OK ? put_classes(&t, order, &mvt) : st;
    gt_text_clear(out);
    st = st == GT_OK ? gt_mvt_finish(&mvt, layer, class_key, out) : st;
    gt_mvt_close(&mvt);
    void *const blocks[] = {order, t.patch, t.stack, t.klass, t.done, t.corners, t.xy, t.rings};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        gt_free(ctx, blocks[i]);
    }
    return st;
}
