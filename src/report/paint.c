/* Colours of a layer: parsed once, classes found by binary search, unlisted codes by climbing to
 * their parents in the code list. */
#include <stdlib.h>
#include <string.h>

#include "report/gather.h"
#include "report/messages.h"
#include "report/paint.h"

typedef struct entry {
    const char *code;
    size_t number;
} entry;

static int by_code(const void *a, const void *b)
{
    const entry *x = a;
    const entry *y = b;
    int order = strcmp(x->code, y->code);
    return order != 0 ? order : (x->number < y->number ? -1 : 1);
}

static gt_status parse_colors(gt_ctx *ctx, gt_layer_paint *p, double fade)
{
    const gt_map_style *s = &p->layer->style;
    const char *id = p->layer->id;
    const gt_rgb grey = gt_rgb_of(0xC9C4B8);
    const gt_rgb white = gt_rgb_of(0xFFFFFF);
    gt_rgb fill;
    gt_status st = gt_rgb_parse(ctx, s->fill, grey, id, &fill);
    for (size_t k = 0; st == GT_OK && k < p->layer->n_classes; k++) {
        st = gt_rgb_parse(ctx, p->layer->classes[k].color, grey, id, &p->ink.color[k + 1]);
        p->ink.color[k + 1] = gt_rgb_mix(p->ink.color[k + 1], white, fade);
    }
    fill = gt_rgb_mix(fill, white, fade);
    p->ink.color[p->layer->n_classes + 1] = fill;
    st = st != GT_OK ? st : gt_rgb_parse(ctx, s->hatch_color, fill, id, &p->ink.hatch_color);
    st = st != GT_OK ? st : gt_rgb_parse(ctx, s->stroke, gt_rgb_of(0x777777), id, &p->ink.stroke);
    st = st != GT_OK ? st : gt_rgb_parse(ctx, s->band, p->ink.stroke, id, &p->ink.band);
    st = st != GT_OK ? st : gt_rgb_parse(ctx, s->label_color, gt_rgb_of(0x333333), id, &p->label);
    p->ink.hatch_color = gt_rgb_mix(p->ink.hatch_color, white, fade);
    p->ink.stroke = gt_rgb_mix(p->ink.stroke, white, fade);
    p->ink.band = gt_rgb_mix(p->ink.band, white, fade);
    return st;
}

gt_status gt_layer_paint_new(gt_ctx *ctx, const gt_map_layer *layer, double fade,
                             gt_layer_paint **out)
{
    const size_t most = 200;
    if (layer->n_classes > most) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_MAP_TOO_MANY_CLASSES, GT_PLACE(.layer = layer->id),
                       GT_ARGS(GT_INT("n", layer->n_classes), GT_INT("max", most)));
    }
    gt_layer_paint *p = gt_zalloc(ctx, 1, sizeof *p);
    entry *sorted = gt_alloc(ctx, layer->n_classes, sizeof *sorted);
    if (p == NULL || sorted == NULL) {
        gt_free(ctx, p);
        gt_free(ctx, sorted);
        return GT_E_MEMORY;
    }
    p->layer = layer;
    p->sorted = sorted;
    for (size_t k = 0; k < layer->n_classes; k++) {
        sorted[k] = (entry){layer->classes[k].code, k + 1};
    }
    if (layer->n_classes > 1) {
        qsort(sorted, layer->n_classes, sizeof *sorted, by_code);
    }
    gt_status st = parse_colors(ctx, p, fade);
    if (st != GT_OK) {
        gt_layer_paint_free(ctx, p);
        return st;
    }
    *out = p;
    return GT_OK;
}

void gt_layer_paint_free(gt_ctx *ctx, gt_layer_paint *paint)
{
    if (paint != NULL) {
        gt_free(ctx, paint->sorted);
        gt_free(ctx, paint);
    }
}

gt_rgb gt_layer_paint_color(const gt_layer_paint *paint, size_t class_number)
{
    return paint->ink.color[class_number];
}

static size_t find(const gt_layer_paint *p, const char *code)
{
    const entry *sorted = p->sorted;
    size_t low = 0;
    size_t high = p->layer->n_classes;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(code, sorted[mid].code);
        if (order == 0) {
            return sorted[mid].number;
        }
        if (order < 0) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return 0;
}

size_t gt_layer_paint_class(const gt_layer_paint *paint, const char *code)
{
    size_t other = paint->layer->n_classes + 1;
    const int most_levels = 8; /* a code list that turns in a circle ends here */
    for (int level = 0; code != NULL && paint->layer->n_classes > 0 && level < most_levels;
         level++) {
        size_t number = find(paint, code);
        if (number != 0) {
            return number;
        }
        const gt_code *known =
            paint->layer->codes == NULL ? NULL : gt_codelist_find(paint->layer->codes, code);
        code = known == NULL ? NULL : known->parent;
    }
    return other;
}
