/* Mosaics: classes keep their share of every part of the picture, at every level; polygons share
 * their borders, cover what is not empty and do not overlap; tiles join. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/mosaic.h"
#include "support/support.h"

enum { SIDE = GT_LATTICE_SIDE };

static const char *const names[6] = {"0103", "0102", "0701", "1006", "0301", "1101"};

/* ---- ground -----------------------------------------------------------------------------------
 */

static uint64_t hash(uint64_t a, uint64_t b)
{
    uint64_t z = (a * 0x9E3779B97F4A7C15ULL) ^ (b * 0xBF58476D1CE4E5B9ULL) ^ 0x94D049BB133111EBULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

/* Parcels of 2.7 x 1.9 cells of the lowest level, of classes by neighbourhood; the land ends at a
 * slanted coast when there is one. */
static const char *class_at(long i, long j)
{
    uint64_t h = hash((uint64_t)i, (uint64_t)j),
             town = hash((uint64_t)(i / 40), (uint64_t)(j / 40));
    return names[h % 10 < 5 ? town % 6 : h / 16 % 6];
}

static void fill_block(gt_ctx *ctx, gt_lattice_maker *maker, long col, long row, bool coast,
                       gt_lattice *out)
{
    const double w = 2.7, h = 1.9, x0 = (double)col * SIDE, y0 = (double)row * SIDE;
    gt_geom g;
    gt_geom_init(&g);
    for (long j = (long)(y0 / h) - 1; (double)j * h < y0 + SIDE; j++) {
        for (long i = (long)(x0 / w) - 1; (double)i * w < x0 + SIDE; i++) {
            double x = (double)i * w, y = (double)j * h;
            if (coast && x + 0.7 * y > 260) {
                continue;
            }
            const double xy[10] = {x, y, x + w, y, x + w, y + h, x, y + h, x, y};
            gt_geom_reset(&g, GT_POLYGON);
            for (size_t k = 0; k < 5; k++) {
                assert_ok(ctx, gt_geom_add_point(ctx, &g, xy[2 * k], xy[2 * k + 1]));
            }
            assert_ok(ctx, gt_geom_end_ring(ctx, &g));
            assert_ok(ctx, gt_geom_end_part(ctx, &g));
            assert_ok(ctx, gt_lattice_add(ctx, maker, &g, x0, y0, 1, 1, class_at(i, j)));
        }
    }
    assert_ok(ctx, gt_lattice_made(ctx, maker, out));
    gt_geom_free(ctx, &g);
}

/* ---- choice -----------------------------------------------------------------------------------
 */

typedef struct levels { /* 16 x 16 lattices of the lowest level, 8 x 8, 4 x 4 */
    gt_lattice *list[3];
} levels;

static void build(gt_ctx *ctx, bool coast, levels *out)
{
    gt_lattice_maker *maker = NULL;
    assert_ok(ctx, gt_lattice_maker_new(ctx, &maker));
    for (int level = 0; level < 3; level++) {
        const int n = 16 >> level;
        out->list[level] = calloc((size_t)(n * n), sizeof *out->list[level]);
        assert_non_null(out->list[level]);
        for (int i = 0; i < n * n; i++) {
            gt_lattice *to = &out->list[level][i];
            if (level == 0) {
                fill_block(ctx, maker, i % n, i / n, coast, to);
                continue;
            }
            const gt_lattice *from = &out->list[level - 1][i / n * 4 * n + i % n * 2];
            const gt_lattice *const quarters[4] = {from, from + 1, from + 2 * n, from + 2 * n + 1};
            assert_ok(ctx, gt_lattice_join(ctx, quarters, to));
        }
    }
    gt_lattice_maker_free(ctx, maker);
}

static void drop(gt_ctx *ctx, levels *l)
{
    for (int level = 0; level < 3; level++) {
        for (int i = 0; i < (16 >> level) * (16 >> level); i++) {
            gt_lattice_free(ctx, &l->list[level][i]);
        }
        free(l->list[level]);
    }
}

/* The tile at (col, row) of a level: 4 x 4 of its lattices. */
static void choose(gt_ctx *ctx, const levels *l, int level, int col, int row, gt_mosaic *out)
{
    const gt_lattice *blocks[16];
    const int n = 16 >> level;
    for (int i = 0; i < 16; i++) {
        blocks[i] = &l->list[level][(row * 4 + i / 4) * n + col * 4 + i % 4];
    }
    assert_ok(ctx, gt_mosaic_choose(ctx, blocks, 4, out));
}

static double true_share(const levels *l, int level, int x, int y, int size, const char *klass)
{
    const int n = 16 >> level;
    double sum = 0;
    for (int j = y; j < y + size; j++) {
        for (int i = x; i < x + size; i++) {
            const gt_lattice *b = &l->list[level][j / SIDE * n + i / SIDE];
            size_t cell = (size_t)(j % SIDE * SIDE + i % SIDE);
            for (size_t k = cell == 0 ? 0 : b->end[cell - 1]; k < b->end[cell]; k++) {
                sum += strcmp(b->texts[b->list[k].klass], klass) == 0 ? b->list[k].share : 0;
            }
        }
    }
    return sum / 255 / (size * size);
}

static double drawn_share(const gt_mosaic *m, int x, int y, int size, const char *klass)
{
    double sum = 0;
    for (int j = y; j < y + size; j++) {
        for (int i = x; i < x + size; i++) {
            uint16_t k = m->cells[j * m->side + i];
            sum += k != GT_MOSAIC_EMPTY && strcmp(m->texts[k], klass) == 0 ? 1 : 0;
        }
    }
    return sum / (size * size);
}

/* Of every class in every 32 x 32 pixels (16 x 16 cells), at every level; closer in larger ones. */
static void classes_keep_their_share(void **state)
{
    gt_ctx *ctx = test_ctx();
    (void)state;
    for (int coast = 0; coast < 2; coast++) {
        levels l;
        gt_mosaic m;
        build(ctx, coast == 1, &l);
        gt_mosaic_init(&m);
        for (int level = 0; level < 3; level++) {
            const int tiles = 4 >> level;
            for (int t = 0; t < tiles * tiles; t++) {
                choose(ctx, &l, level, t % tiles, t / tiles, &m);
                for (int size = 16; size <= 256; size *= 4) {
                    for (int k = 0; k < 6 * (256 / size) * (256 / size); k++) {
                        int x = k / 6 % (256 / size) * size, y = k / 6 / (256 / size) * size;
                        double want = true_share(&l, level, t % tiles * 256 + x,
                                                 t / tiles * 256 + y, size, names[k % 6]);
                        double got = drawn_share(&m, x, y, size, names[k % 6]);
                        assert_true(fabs(got - want) < (size == 16 ? 0.04 : 0.004));
                    }
                }
            }
        }
        gt_mosaic_free(ctx, &m);
        drop(ctx, &l);
    }
    gt_ctx_free(ctx);
}

/* ---- polygons ---------------------------------------------------------------------------------
 */

typedef struct drawn { /* decoded tile: rings of features */
    int32_t *xy;
    uint32_t *ring_end;
    uint32_t *owner; /* feature of each ring */
    size_t n_rings, n_points, n_features;
} drawn;

typedef struct bytes {
    const unsigned char *at, *end;
} bytes;

static uint64_t number(bytes *b)
{
    uint64_t v = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(b->at < b->end && shift < 64);
        v |= (uint64_t)(*b->at & 0x7f) << shift;
        if (*b->at++ < 0x80) {
            return v;
        }
    }
}

/* The next field; *part: its bytes when it has some. 0: the end. */
static unsigned next_field(bytes *b, bytes *part)
{
    if (b->at == b->end) {
        return 0;
    }
    uint64_t key = number(b);
    *part = (bytes){NULL, NULL};
    if ((key & 7) == 2) {
        uint64_t len = number(b);
        assert_true(len <= (uint64_t)(b->end - b->at));
        *part = (bytes){b->at, b->at + len};
        b->at += len;
    } else {
        (void)number(b);
    }
    return (unsigned)(key >> 3);
}

static void decode_rings(bytes b, drawn *d)
{
    int32_t x = 0, y = 0;
    while (b.at < b.end) {
        uint64_t command = number(&b);
        if ((command & 7) == 7) {
            d->ring_end[d->n_rings] = (uint32_t)d->n_points;
            d->owner[d->n_rings++] = (uint32_t)d->n_features;
            continue;
        }
        for (uint64_t i = 0; i < command >> 3; i++) {
            uint64_t dx = number(&b), dy = number(&b);
            x += (int32_t)(dx >> 1) ^ -(int32_t)(dx & 1);
            y += (int32_t)(dy >> 1) ^ -(int32_t)(dy & 1);
            d->xy[2 * d->n_points] = x;
            d->xy[2 * d->n_points++ + 1] = y;
        }
    }
    d->n_features++;
}

static void decode(const gt_text *body, drawn *d)
{
    const unsigned char *data = (const unsigned char *)gt_text_cstr(body);
    bytes tile = {data, data + body->len}, layer, feature, part;
    *d = (drawn){.xy = calloc(body->len + 1, 2 * sizeof *d->xy),
                 .ring_end = calloc(body->len + 1, sizeof *d->ring_end),
                 .owner = calloc(body->len + 1, sizeof *d->owner)};
    assert_true(d->xy != NULL && d->ring_end != NULL && d->owner != NULL);
    while (next_field(&tile, &layer) != 0) {
        for (unsigned field = next_field(&layer, &feature); field != 0;
             field = next_field(&layer, &feature)) {
            for (unsigned f = field == 2 ? next_field(&feature, &part) : 0; f != 0;
                 f = next_field(&feature, &part)) {
                if (f == 4) {
                    decode_rings(part, d);
                }
            }
        }
    }
}

static void forget(drawn *d)
{
    free(d->xy);
    free(d->ring_end);
    free(d->owner);
}

static void draw(gt_ctx *ctx, const gt_mosaic *m, drawn *d)
{
    gt_arena *arena = NULL;
    gt_text body;
    assert_ok(ctx, gt_arena_new(ctx, 0, &arena));
    gt_text_init(&body, ctx, 1 << 24);
    assert_ok(ctx, gt_mosaic_mvt(ctx, arena, m, "l", "c", &body));
    decode(&body, d);
    gt_text_free(&body);
    gt_arena_free(arena);
}

static double ring_area(const drawn *d, size_t r)
{
    double sum = 0;
    size_t from = r == 0 ? 0 : d->ring_end[r - 1], n = d->ring_end[r] - from;
    for (size_t i = 0; i < n; i++) {
        const int32_t *p = &d->xy[2 * (from + i)], *q = &d->xy[2 * (from + (i + 1) % n)];
        sum += (double)p[0] * q[1] - (double)q[0] * p[1];
    }
    return sum / 2;
}

typedef struct crossing {
    double x;
    uint32_t owner;
    int side; /* 1: the feature begins here, -1: it ends */
} crossing;

static int by_x(const void *a, const void *b)
{
    const crossing *p = a, *q = b;
    return p->x != q->x ? (p->x > q->x) - (p->x < q->x) : p->side - q->side;
}

/* Features along the line y: where one ends the next begins or nothing is; never two at a time.
 * Gives the length covered. */
static double along(const drawn *d, double y)
{
    crossing *list = calloc(d->n_points + 1, sizeof *list);
    size_t n = 0, from = 0;
    double covered = 0;
    assert_non_null(list);
    for (size_t r = 0; r < d->n_rings; from = d->ring_end[r++]) {
        size_t points = d->ring_end[r] - from;
        for (size_t i = 0; i < points; i++) {
            const int32_t *p = &d->xy[2 * (from + i)], *q = &d->xy[2 * (from + (i + 1) % points)];
            const int32_t *top = p[1] < q[1] ? p : q, *low = p[1] < q[1] ? q : p;
            if ((double)top[1] < y && y < (double)low[1]) {
                double t = (y - top[1]) / (double)(low[1] - top[1]);
                list[n++] = (crossing){top[0] + t * (low[0] - top[0]), d->owner[r],
                                       p[1] > q[1] ? 1 : -1}; /* up: the inside is at the right */
            }
        }
    }
    qsort(list, n, sizeof *list, by_x);
    int depth = 0;
    for (size_t i = 0; i < n; i++) {
        covered += i > 0 && depth == 1 ? list[i].x - list[i - 1].x : 0;
        depth += list[i].side;
        assert_true(depth == 0 || depth == 1);
    }
    assert_int_equal(depth, 0);
    free(list);
    return covered;
}

/* No gap where the ground is covered, no overlap anywhere; areas are those of the cells. */
static void polygons_cover_and_do_not_overlap(void **state)
{
    gt_ctx *ctx = test_ctx();
    (void)state;
    for (int coast = 0; coast < 2; coast++) {
        levels l;
        gt_mosaic m;
        build(ctx, coast == 1, &l);
        gt_mosaic_init(&m);
        for (int level = 0; level < 3; level++) {
            drawn d;
            double cells = 0, area = 0;
            choose(ctx, &l, level, 0, 0, &m);
            draw(ctx, &m, &d);
            assert_true(d.n_features > 0 && d.n_features <= 6);
            for (int y = 0; y < 4096; y += 37) {
                double covered = along(&d, y + 0.31);
                assert_true(coast == 1 ? covered <= 4096 + 128 : covered == 4096 + 128);
            }
            for (size_t i = 0; i < 256U * 256U; i++) {
                cells += m.cells[i] != GT_MOSAIC_EMPTY ? 1 : 0;
            }
            for (size_t i = 0; i < 2 * d.n_points; i++) { /* without the buffer */
                d.xy[i] = d.xy[i] < 0 ? 0 : d.xy[i] > 4096 ? 4096 : d.xy[i];
            }
            for (size_t r = 0; r < d.n_rings; r++) {
                area += ring_area(&d, r);
            }
            assert_true(coast == 1 ? fabs(area / (cells * 256) - 1) < 0.002
                                   : area == 4096.0 * 4096);
            forget(&d);
        }
        gt_mosaic_free(ctx, &m);
        drop(ctx, &l);
    }
    gt_ctx_free(ctx);
}

/* Where tiles meet, both end on points of the one grid, and go straight on into the buffer. */
static void tiles_join(void **state)
{
    gt_ctx *ctx = test_ctx();
    levels l;
    gt_mosaic m[2];
    drawn d[2];
    (void)state;
    build(ctx, false, &l);
    for (int t = 0; t < 2; t++) {
        gt_mosaic_init(&m[t]);
        choose(ctx, &l, 0, t, 1, &m[t]);
        draw(ctx, &m[t], &d[t]);
        size_t on_border = 0;
        for (size_t i = 0; i < d[t].n_points; i++) {
            int32_t x = d[t].xy[2 * i], y = d[t].xy[2 * i + 1];
            assert_true(x != 0 && x != 4096 && y != 0 && y != 4096);
            if (x == (t == 0 ? 4096 + 64 : -64) && y > 0 && y < 4096) {
                assert_int_equal(y % 16, 0);
                on_border++;
            }
        }
        assert_true(on_border > 100);
    }
    /* the border points of one tile are where the class changes along its last column of cells */
    for (int t = 0; t < 2; t++) {
        const int col = t == 0 ? 255 : 0;
        const int32_t out = t == 0 ? 4096 + 64 : -64;
        for (int y = 1; y < 256; y++) {
            bool changes = m[t].cells[y * 256 + col] != m[t].cells[(y - 1) * 256 + col];
            size_t found = 0;
            for (size_t i = 0; i < d[t].n_points; i++) {
                found += d[t].xy[2 * i] == out && d[t].xy[2 * i + 1] == 16 * y ? 1 : 0;
            }
            assert_int_equal(found, changes ? 2 : 0); /* of both neighbours */
        }
        forget(&d[t]);
        gt_mosaic_free(ctx, &m[t]);
    }
    drop(ctx, &l);
    gt_ctx_free(ctx);
}

/* A mosaic of one lattice given as text, 'a' and 'b' classes, ' ' empty; the rest is empty. */
static void picture(gt_ctx *ctx, const char *const *rows, int n, gt_mosaic *m)
{
    gt_lattice_maker *maker = NULL;
    gt_lattice lattice;
    gt_geom g;
    gt_geom_init(&g);
    gt_lattice_init(&lattice);
    assert_ok(ctx, gt_lattice_maker_new(ctx, &maker));
    for (int y = 0; y < n; y++) {
        for (int x = 0; rows[y][x] != '\0'; x++) {
            const char klass[2] = {rows[y][x], '\0'};
            gt_geom_reset(&g, GT_POLYGON);
            for (int k = 0; k < 5; k++) {
                double px = x + (k == 1 || k == 2 ? 1 : 0) + 8,
                       py = y + (k == 2 || k == 3 ? 1 : 0) + 8;
                assert_ok(ctx, gt_geom_add_point(ctx, &g, px, py));
            }
            assert_ok(ctx, gt_geom_end_ring(ctx, &g));
            assert_ok(ctx, gt_geom_end_part(ctx, &g));
            if (klass[0] != ' ') {
                assert_ok(ctx, gt_lattice_add(ctx, maker, &g, 0, 0, 1, 1, klass));
            }
        }
    }
    assert_ok(ctx, gt_lattice_made(ctx, maker, &lattice));
    const gt_lattice *const one[1] = {&lattice};
    assert_ok(ctx, gt_mosaic_choose(ctx, one, 1, m));
    gt_lattice_free(ctx, &lattice);
    gt_lattice_maker_free(ctx, maker);
    gt_geom_free(ctx, &g);
}

static void stairs_become_slopes(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_mosaic m;
    drawn d;
    (void)state;
    const char *const rows[] = {"aaaaaaaa", "baaaaaaa", "bbaaaaaa", "bbbaaaaa",
                                "bbbbaaaa", "bbbbbaaa", "bbbbbbaa", "bbbbbbba"};
    gt_mosaic_init(&m);
    picture(ctx, rows, 8, &m);
    draw(ctx, &m, &d);
    assert_int_equal(d.n_rings, 2);
    assert_true(d.n_points <= 16); /* 4 + 4 corners and the slope's ends, not 14 stairs a side */
    double cell = 64 * 64;
    assert_true(fabs(ring_area(&d, 0) - 36 * cell) < cell);
    assert_true(fabs(ring_area(&d, 1) - 28 * cell) < cell);
    assert_true(fabs(ring_area(&d, 0) + ring_area(&d, 1) - 64 * cell) < 1e-9);
    for (int y = 0; y < 4096; y += 5) {
        (void)along(&d, y + 0.5);
    }
    forget(&d);
    gt_mosaic_free(ctx, &m);
    gt_ctx_free(ctx);
}

/* Holes belong to their outline and follow it; patches that touch at a corner stay apart unless
 * they are one patch, whose hole then touches the outline. */
static void patches_are_nested(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_mosaic m;
    drawn d;
    (void)state;
    gt_mosaic_init(&m);
    const char *const around[] = {"aaaaa", "abbba", "abaaa", "abbba", "aaaaa"};
    picture(ctx, around, 5, &m);
    draw(ctx, &m, &d);
    assert_int_equal(d.n_rings, 3);
    assert_true(ring_area(&d, 0) > 0 && ring_area(&d, 1) < 0 && ring_area(&d, 2) > 0);
    assert_true(fabs(ring_area(&d, 1) + ring_area(&d, 2)) < 1e-9);
    forget(&d);
    const char *const corner[] = {"ab", "ba"};
    picture(ctx, corner, 2, &m);
    draw(ctx, &m, &d);
    assert_int_equal(d.n_rings, 4);
    for (size_t r = 0; r < 4; r++) {
        assert_true(ring_area(&d, r) == 64.0 * 64);
    }
    forget(&d);
    const char *const pinch[] = {"aaa", "a a", "aa "}; /* the hole touches what is outside */
    picture(ctx, pinch, 3, &m);
    draw(ctx, &m, &d);
    assert_int_equal(d.n_rings, 2);
    assert_true(ring_area(&d, 0) == 8 * 64.0 * 64 - 64 * 64 + 64.0 * 64);
    assert_true(ring_area(&d, 1) == -64.0 * 64);
    forget(&d);
    const char *const nothing[] = {"   "};
    picture(ctx, nothing, 1, &m);
    draw(ctx, &m, &d);
    assert_int_equal(d.n_features, 0);
    forget(&d);
    gt_mosaic_free(ctx, &m);
    gt_ctx_free(ctx);
}

/* The worst a lattice can hold, a class of its own in every cell, still is a tile: coarser ones
 * get smaller, and the coarsest always fits. */
static void noise_has_a_size(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_mosaic m;
    gt_arena *arena = NULL;
    gt_text body;
    (void)state;
    gt_mosaic_init(&m);
    assert_ok(ctx, gt_arena_new(ctx, 0, &arena));
    gt_text_init(&body, ctx, 1 << 24);
    size_t before = SIZE_MAX;
    for (int side = 256; side >= 64; side /= 2) {
        gt_mosaic_free(ctx, &m);
        m.side = side;
        m.cells = gt_alloc(ctx, (size_t)(side * side), sizeof *m.cells);
        m.texts = gt_alloc(ctx, 40, sizeof *m.texts);
        assert_true(m.cells != NULL && m.texts != NULL);
        for (int k = 0; k < 40; k++) {
            char name[16];
            (void)snprintf(name, sizeof name, "%04d", k);
            m.texts[k] = gt_strdup(ctx, name);
            assert_non_null(m.texts[k]);
        }
        m.n_texts = m.cap_texts = 40;
        for (int i = 0; i < side * side; i++) {
            m.cells[i] = (uint16_t)(hash((uint64_t)i, 7) % 40);
        }
        assert_ok(ctx, gt_mosaic_mvt(ctx, arena, &m, "l", "c", &body));
        assert_true(body.len > 0 && body.len < before);
        before = body.len;
    }
    assert_true(before <= (480U << 10));
    gt_text_free(&body);
    gt_arena_free(arena);
    gt_mosaic_free(ctx, &m);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_keep_their_share),
        cmocka_unit_test(polygons_cover_and_do_not_overlap),
        cmocka_unit_test(tiles_join),
        cmocka_unit_test(stairs_become_slopes),
        cmocka_unit_test(patches_are_nested),
        cmocka_unit_test(noise_has_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
