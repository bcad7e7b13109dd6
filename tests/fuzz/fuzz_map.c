/* Any bytes as a small map: options, styles, classes, names and geometries of every type,
 * coordinates from specks to beyond any plane. The drawing must end in a picture or in one of its
 * stated errors, and give all memory back. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guotu/map.h"

enum { MOST = 256 };

typedef struct feed {
    const uint8_t *data;
    size_t left;
} feed;

static unsigned byte(feed *f)
{
    if (f->left == 0) {
        return 0;
    }
    f->left--;
    return *f->data++;
}

/* Mostly a place on the map; now and then far away, or no number. */
static double number(feed *f)
{
    unsigned kind = byte(f);
    double v = byte(f) + byte(f) / 256.0;
    return kind < 200    ? v
           : kind < 230  ? (v - 128) * 1e6
           : kind < 250  ? (v - 128) * 1e300
           : kind == 250 ? (double)NAN
                         : v / 1e9;
}

typedef struct shape {
    double xy[2 * MOST];
    uint32_t rings[MOST], parts[MOST];
    gt_geom geom;
    char code[4], label[24];
} shape;

typedef struct cursor {
    feed at;
    size_t n;
    shape *shape;
} cursor;

static gt_status open_layer(gt_ctx *ctx, void *user, size_t layer, const gt_box *box, void **out)
{
    (void)box;
    const feed *f = user;
    cursor *c = gt_zalloc(ctx, 1, sizeof *c);
    c->shape = calloc(1, sizeof *c->shape);
    size_t half = f->left / 2; /* each of two layers eats its own half */
    c->at = (feed){f->data + (layer == 0 ? 0 : half), layer == 0 ? half : f->left - half};
    *out = c;
    return GT_OK;
}

static void fill(feed *f, shape *s)
{
    static const gt_geom_type types[] = {GT_POINT,      GT_LINESTRING,  GT_POLYGON,
                                         GT_MULTIPOINT, GT_POLYGON,     GT_MULTILINESTRING,
                                         GT_POLYGON,    GT_MULTIPOLYGON};
    gt_geom *g = &s->geom;
    *g = (gt_geom){
        .type = types[byte(f) % 8], .xy = s->xy, .ring_end = s->rings, .part_end = s->parts};
    bool points = g->type == GT_POINT || g->type == GT_MULTIPOINT;
    bool area = g->type == GT_POLYGON || g->type == GT_MULTIPOLYGON;
    unsigned rings = 1 + byte(f) % 4;
    for (unsigned r = 0; r < rings && g->n_points + 20 < MOST; r++) {
        unsigned n = 1 + byte(f) % 12;
        uint32_t first = g->n_points;
        for (unsigned i = 0; i < n; i++, g->n_points++) {
            s->xy[2 * (size_t)g->n_points] = number(f);
            s->xy[2 * (size_t)g->n_points + 1] = number(f);
        }
        if (area) {
            memcpy(&s->xy[2 * (size_t)g->n_points], &s->xy[2 * (size_t)first], 2 * sizeof(double));
            g->n_points++;
        }
        if (!points) {
            s->rings[g->n_rings++] = g->n_points;
        }
    }
    if (area) {
        unsigned cut = byte(f) % (g->n_rings + 1);
        if (cut > 0 && cut < g->n_rings) {
            s->parts[g->n_parts++] = cut;
        }
        s->parts[g->n_parts++] = g->n_rings;
    }
    s->code[0] = (char)('0' + byte(f) % 4);
    for (size_t i = 0; i < sizeof s->label - 1; i++) {
        s->label[i] = (char)byte(f);
    }
}

static gt_status next_feature(gt_ctx *ctx, void *user, gt_map_feature *out, bool *more)
{
    (void)ctx;
    cursor *c = user;
    *more = c->at.left > 8 && c->n++ < 40;
    if (*more) {
        fill(&c->at, c->shape);
        *out = (gt_map_feature){.id = "f",
                                .geom = &c->shape->geom,
                                .class_code = c->shape->code,
                                .label = c->shape->label,
                                .m2 = (double)NAN};
    }
    return GT_OK;
}

static gt_ctx *freeing; /* close has no context; the program has one thread */

static void close_layer(void *user)
{
    cursor *c = user;
    free(c->shape);
    gt_free(freeing, c);
}

static void choose_style(feed *f, gt_map_style *s)
{
    static const char *const colors[] = {NULL, "#ff0000", "#00ff00", "#0000ff"};
    gt_map_style_init(s);
    s->fill = colors[byte(f) % 4];
    s->fill_opacity = byte(f) / 200.0;
    s->hatch = (gt_map_hatch)(byte(f) % 6);
    s->hatch_color = colors[byte(f) % 4];
    s->hatch_gap = byte(f) / 16.0;
    s->hatch_width = byte(f) / 32.0;
    s->stroke = colors[byte(f) % 4];
    s->stroke_width = byte(f) / 16.0;
    s->dash = byte(f) / 64.0;
    s->band = colors[byte(f) % 4];
    s->band_width = byte(f) / 8.0;
    s->each = byte(f) % 2 == 1;
    s->point_size = byte(f) / 4.0;
    s->label_size = byte(f) / 16.0;
    s->label_min_area = byte(f) % 3 * 100.0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const gt_map_class classes[] = {{"0", {"零", "Zero"}, "#112233"},
                                           {"1", {"一", "One"}, "#445566"}};
    feed f = {data, size};
    gt_ctx *ctx = gt_ctx_new(NULL);
    freeing = ctx;
    gt_map_layer layers[2];
    memset(layers, 0, sizeof layers);
    for (int i = 0; i < 2; i++) {
        layers[i].id = "layer";
        layers[i].title = (gt_title){"图层", "Layer"};
        layers[i].extent = (gt_box){1, 1, 0, 0};
        layers[i].origin = byte(&f) % 2 == 0 ? GT_ORIGIN_SURVEY : GT_ORIGIN_GENERATED;
        layers[i].classes = classes;
        layers[i].n_classes = byte(&f) % 3;
        choose_style(&f, &layers[i].style);
    }
    gt_map_options o;
    gt_map_options_init(ctx, &o);
    o.width = 200 + (int)(byte(&f) % 64);
    o.height = 200 + (int)(byte(&f) % 64);
    o.dpi = 36 + byte(&f);
    o.lang = byte(&f) % 2 == 0 ? GT_LANG_EN : GT_LANG_ZH;
    o.has_box = byte(&f) % 2 == 1;
    if (o.has_box) {
        o.box = (gt_box){number(&f), number(&f), number(&f), number(&f)};
    }
    o.grid = (gt_map_grid)(byte(&f) % 4);
    o.locator = (int)(byte(&f) % 3) - 1;
    o.layers = layers;
    o.n_layers = 2;
    gt_map_source source = {&f,   open_layer,        next_feature, close_layer,
                            NULL, byte(&f) % 4 == 0, "CRS"};
    static const char *const endings[] = {"png", "pdf", "svg", "png"};
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/guotu-fuzz-%ld.%s", (long)getpid(),
                   endings[byte(&f) % 4]);
    gt_status st = gt_map_draw(ctx, &source, &o, path);
    bool stated = st == GT_OK || st == GT_E_USAGE || st == GT_E_INPUT || st == GT_E_LIMIT;
    if (!stated || gt_ctx_memory_used(ctx) != 0) {
        abort();
    }
    (void)unlink(path);
    gt_ctx_free(ctx);
    return 0;
}
