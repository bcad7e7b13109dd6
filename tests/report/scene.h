/* A small made-up town as a gt_map_source, for tests of the report room. */
#ifndef GT_TESTS_REPORT_SCENE_H
#define GT_TESTS_REPORT_SCENE_H

#include <cairo.h>
#include <math.h>
#include <string.h>

#include "guotu/map.h"
#include "report/map.h"
#include "support/support.h"

typedef struct scene_feature {
    gt_geom geom;
    const char *code, *label;
    double m2;
} scene_feature;

enum { SCENE_LAYERS = 8, SCENE_POINTS = 65536 };

typedef struct scene {
    scene_feature *features; /* of all layers, in order */
    size_t n, cap;
    size_t end[SCENE_LAYERS]; /* one past the last feature of each layer */
    size_t n_layers;
    gt_map_layer layers[SCENE_LAYERS];
    size_t opened, closed, passes[SCENE_LAYERS];
    size_t fail_after; /* features; 0: never */
} scene;

typedef struct scene_cursor {
    scene *of;
    size_t next, end;
    gt_box box;
    bool boxed;
    gt_ctx *ctx;
} scene_cursor;

static gt_status scene_open(gt_ctx *ctx, void *user, size_t layer, const gt_box *box, void **cursor)
{
    scene *s = user;
    scene_cursor *c = gt_zalloc(ctx, 1, sizeof *c);
    if (c == NULL) {
        return GT_E_MEMORY;
    }
    *c = (scene_cursor){
        s, layer == 0 ? 0 : s->end[layer - 1], s->end[layer], {0, 0, 0, 0}, box != NULL, ctx};
    if (box != NULL) {
        c->box = *box;
    }
    s->opened++;
    s->passes[layer]++;
    *cursor = c;
    return GT_OK;
}

static gt_status scene_next(gt_ctx *ctx, void *cursor, gt_map_feature *out, bool *more)
{
    scene_cursor *c = cursor;
    if (c->of->fail_after > 0 && c->next + 1 > c->of->fail_after) {
        return gt_fail_errno(ctx, 5, "read", "scene");
    }
    *more = c->next < c->end;
    if (*more) {
        const scene_feature *f = &c->of->features[c->next++];
        *out = (gt_map_feature){
            .id = "f", .geom = &f->geom, .class_code = f->code, .label = f->label, .m2 = f->m2};
    }
    return GT_OK;
}

static void scene_close(void *cursor)
{
    scene_cursor *c = cursor;
    c->of->closed++;
    gt_free(c->ctx, c);
}

static inline void scene_init(scene *s)
{
    memset(s, 0, sizeof *s);
}

static inline gt_map_source scene_source(scene *s)
{
    return (gt_map_source){.user = s, .open = scene_open, .next = scene_next, .close = scene_close};
}

/* Starts the next layer. */
static inline gt_map_layer *scene_layer(scene *s, const char *id, gt_title title)
{
    assert_true(s->n_layers < SCENE_LAYERS);
    gt_map_layer *l = &s->layers[s->n_layers];
    *l = (gt_map_layer){
        .id = id, .title = title, .extent = {1, 1, 0, 0}, .origin = GT_ORIGIN_SURVEY};
    gt_map_style_init(&l->style);
    s->end[s->n_layers++] = s->n;
    return l;
}

static inline scene_feature *scene_add(scene *s, gt_geom_type type, const char *code,
                                       const char *label)
{
    if (s->n == s->cap) {
        s->cap = s->cap == 0 ? 64 : 2 * s->cap;
        s->features = realloc(s->features, s->cap * sizeof *s->features);
        assert_non_null(s->features);
    }
    scene_feature *f = &s->features[s->n++];
    *f = (scene_feature){.code = code, .label = label, .m2 = NAN};
    f->geom.type = type;
    s->end[s->n_layers - 1] = s->n;
    return f;
}

/* n points as one ring, line or multipoint; polygons are closed here. */
static inline scene_feature *scene_shape(scene *s, gt_geom_type type, const double *xy, uint32_t n,
                                         const char *code, const char *label)
{
    scene_feature *f = scene_add(s, type, code, label);
    bool polygon = type == GT_POLYGON || type == GT_MULTIPOLYGON;
    bool point = type == GT_POINT || type == GT_MULTIPOINT;
    f->geom.xy = malloc((size_t)(n + 1) * 2 * sizeof(double));
    f->geom.ring_end = malloc(sizeof(uint32_t));
    f->geom.part_end = malloc(sizeof(uint32_t));
    assert_non_null(f->geom.xy);
    memcpy(f->geom.xy, xy, (size_t)n * 2 * sizeof(double));
    if (polygon) {
        memcpy(f->geom.xy + 2 * (size_t)n, xy, 2 * sizeof(double));
        n++;
    }
    f->geom.n_points = n;
    f->geom.n_rings = point ? 0 : 1;
    f->geom.n_parts = polygon ? 1 : 0;
    f->geom.ring_end[0] = n;
    f->geom.part_end[0] = 1;
    return f;
}

static inline scene_feature *scene_rect(scene *s, double x, double y, double w, double h,
                                        const char *code, const char *label)
{
    const double xy[8] = {x, y, x + w, y, x + w, y + h, x, y + h};
    return scene_shape(s, GT_POLYGON, xy, 4, code, label);
}

static inline void scene_free(scene *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->features[i].geom.xy);
        free(s->features[i].geom.ring_end);
        free(s->features[i].geom.part_end);
    }
    free(s->features);
    memset(s, 0, sizeof *s);
}

/* ---- a town of 4 x 3 km: land use, a control line, a road, wells, borders ---- */

static const gt_map_class scene_classes[] = {
    {"01", {"耕地", "Cropland"}, "#f4e8a8"},
    {"03", {"林地", "Forest"}, "#a9c98f"},
    {"07", {"住宅用地", "Residential"}, "#efc58a"},
    {"11", {"水域", "Water"}, "#a9cbe0"},
};

static inline void scene_town(scene *s)
{
    scene_init(s);
    gt_map_layer *use = scene_layer(s, "land_use", (gt_title){"土地利用", "Land use"});
    use->classes = scene_classes;
    use->n_classes = 4;
    use->style.stroke = NULL;
    use->base = true;
    const char *codes[12] = {"01", "01", "03", "03", "01", "07",
                             "07", "11", "03", "07", "01", "99"};
    for (int i = 0; i < 12; i++) {
        scene_rect(s, i % 4 * 1000.0, i / 4 * 1000.0, 1000, 1000, codes[i], NULL);
    }
    gt_map_layer *line =
        scene_layer(s, "ecological_redline", (gt_title){"生态保护红线", "Redline"});
    line->origin = GT_ORIGIN_GENERATED;
    line->style.fill_opacity = 0;
    line->style.hatch = GT_HATCH_UP;
    line->style.hatch_color = "#2f7d4f";
    line->style.stroke = "#c0392b";
    line->style.stroke_width = 1;
    line->style.band = "#c0392b";
    line->style.band_width = 2.4;
    scene_rect(s, 500, 500, 700, 900, NULL, NULL);
    scene_rect(s, 1200, 500, 700, 900, NULL, NULL);
    gt_map_layer *road = scene_layer(s, "road", (gt_title){"道路", "Roads"});
    road->style.stroke = "#7a4b8c";
    road->style.stroke_width = 1.2;
    const double way[] = {0, 2500, 1500, 2400, 4000, 2600};
    scene_shape(s, GT_LINESTRING, way, 3, NULL, NULL);
    gt_map_layer *wells = scene_layer(s, "wells", (gt_title){"水井", "Wells"});
    wells->style.fill = "#a8434f";
    wells->style.stroke = "#ffffff";
    wells->style.point_size = 6;
    wells->style.label_size = 6;
    const double at[] = {3500, 500};
    scene_shape(s, GT_POINT, at, 1, NULL, "一号井");
    gt_map_layer *units = scene_layer(s, "units", (gt_title){"区界", "Units"});
    units->style.fill_opacity = 0;
    units->style.each = true;
    units->style.stroke = "#333333";
    units->style.stroke_width = 0.8;
    units->style.label_size = 9;
    scene_rect(s, 0, 0, 2000, 3000, NULL, "东区");
    scene_rect(s, 2000, 0, 2000, 3000, NULL, "西区");
}

/* ---- pictures ---- */

typedef struct picture {
    cairo_surface_t *surface;
    int w, h;
} picture;

static inline picture picture_read(const char *path)
{
    picture p = {.surface = cairo_image_surface_create_from_png(path)};
    assert_int_equal(cairo_surface_status(p.surface), CAIRO_STATUS_SUCCESS);
    p.w = cairo_image_surface_get_width(p.surface);
    p.h = cairo_image_surface_get_height(p.surface);
    return p;
}

static inline unsigned picture_at(const picture *p, int x, int y)
{
    const unsigned char *data = cairo_image_surface_get_data(p->surface);
    int stride = cairo_image_surface_get_stride(p->surface);
    uint32_t v = 0;
    memcpy(&v, data + (size_t)y * (size_t)stride + (size_t)x * 4, 4);
    return v & 0xFFFFFFU;
}

/* Largest difference of a channel. */
static inline int color_distance(unsigned a, unsigned b)
{
    int most = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        int d = abs((int)((a >> shift) & 0xFFU) - (int)((b >> shift) & 0xFFU));
        most = d > most ? d : most;
    }
    return most;
}

static inline void picture_free(picture *p)
{
    cairo_surface_destroy(p->surface);
}

#endif
