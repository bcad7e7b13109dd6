/* A map of the districts, coloured by the value of an indicator, or by standing where each district
 * has a target of its own. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guotu/geometry.h"
#include "report/year_page.h"

enum { CLASSES = 5 };
static const unsigned RAMP[CLASSES] = {0xE6EEF5, 0xBFD3E6, 0x8DB1D3, 0x4F86B8, 0x1F5F99};

typedef struct draw {
    gt_pages *p;
    const gt_year_item *item;
    gt_rect frame;
    gt_box box;
    double scale;
    double low, high;
    bool standings;
} draw;

static const gt_indicator_row *row_of(const draw *d, const char *name)
{
    for (size_t k = 0; k < d->item->n; k++) {
        const gt_indicator_row *row = gt_year_row(d->p->year, d->item, k);
        if (row->level == GT_LEVEL_DISTRICT && strcmp(row->unit, name) == 0) {
            return row;
        }
    }
    return NULL;
}

static int class_of(const draw *d, double value)
{
    double t = d->high > d->low ? (value - d->low) / (d->high - d->low) : 0.5;
    int c = (int)floor(t * CLASSES);
    return c < 0 ? 0 : c >= CLASSES ? CLASSES - 1 : c;
}

static gt_rgb fill_of(const draw *d, const gt_indicator_row *row)
{
    if (row == NULL || !row->known) {
        return gt_rgb_of(0xEDEDE8);
    }
    if (d->standings && row->target != NULL) {
        return gt_rgb_mix(gt_grade_color(row->judgement.grade), gt_rgb_of(0xFFFFFF), 0.35);
    }
    return gt_rgb_of(RAMP[class_of(d, row->value)]);
}

static void range_of(draw *d)
{
    d->low = INFINITY;
    d->high = -INFINITY;
    for (size_t k = 0; k < d->item->n; k++) {
        const gt_indicator_row *row = gt_year_row(d->p->year, d->item, k);
        if (row->level == GT_LEVEL_DISTRICT && row->known) {
            d->low = fmin(d->low, row->value);
            d->high = fmax(d->high, row->value);
            d->standings = d->standings || row->target != NULL;
        }
    }
}

static void put_path(const draw *d, const gt_geom *g)
{
    cairo_t *cr = d->p->cr;
    cairo_new_path(cr);
    uint32_t at = 0;
    for (uint32_t r = 0; r < g->n_rings; r++) {
        double last_x = NAN, last_y = NAN;
        for (bool first = true; at < g->ring_end[r]; at++) {
            double x = d->frame.x + (g->xy[2 * at] - d->box.xmin) * d->scale;
            double y = d->frame.y + (d->box.ymax - g->xy[2 * at + 1]) * d->scale;
            bool far = first || at + 1 == g->ring_end[r] || hypot(x - last_x, y - last_y) > 0.3;
            if (first) {
                cairo_move_to(cr, x, y);
            } else if (far) {
                cairo_line_to(cr, x, y);
            }
            last_x = far ? x : last_x;
            last_y = far ? y : last_y;
            first = false;
        }
        cairo_close_path(cr);
    }
}

/* The middle of the largest ring's box: good enough for a name. */
static void put_name(const draw *d, const gt_geom *g, const char *name)
{
    gt_box box = gt_geom_box(g);
    double x = d->frame.x + (0.5 * (box.xmin + box.xmax) - d->box.xmin) * d->scale;
    double y = d->frame.y + (d->box.ymax - 0.5 * (box.ymin + box.ymax)) * d->scale;
    const gt_face face = {.size = 5.2,
                          .width = 60,
                          .align = 0,
                          .lines = 1,
                          .color = gt_rgb_of(0x23231F),
                          .halo = 1.2};
    if ((box.xmax - box.xmin) * d->scale > 14) {
        gt_type_draw(d->p->type, d->p->cr, &face, name, x - 30, y - 3.5);
    }
}

static gt_status one_district(draw *d, gt_geom *g, const gt_feature *f, const char *name,
                              bool names)
{
    int32_t srs = 0;
    gt_ctx *ctx = d->p->year->ctx;
    gt_status st = gt_geom_from_gpkg(ctx, f->blob, f->blob_len, &srs, g);
    if (st != GT_OK) {
        return st;
    }
    if (names) {
        put_name(d, g, name);
        return GT_OK;
    }
    gt_rgb c = fill_of(d, row_of(d, name));
    put_path(d, g);
    cairo_set_source_rgb(d->p->cr, c.r, c.g, c.b);
    cairo_set_fill_rule(d->p->cr, CAIRO_FILL_RULE_EVEN_ODD);
    cairo_fill_preserve(d->p->cr);
    cairo_set_source_rgb(d->p->cr, 1, 1, 1);
    cairo_set_line_width(d->p->cr, 0.6);
    cairo_stroke(d->p->cr);
    return GT_OK;
}

static gt_status each_district(draw *d, bool names)
{
    const gt_year *y = d->p->year;
    const char *layer = gt_package_unit_layer(y->package);
    gt_layer_info info;
    gt_query q;
    gt_scan *scan = NULL;
    gt_feature f;
    gt_geom g;
    bool more = true;
    gt_status st = gt_store_find_layer(y->ctx, y->store, layer, &info);
    if (st != GT_OK) {
        return st;
    }
    int field = gt_standard_field(info.standard, gt_package_unit_name_field(y->package));
    gt_query_init(&q, layer);
    gt_geom_init(&g);
    st = gt_scan_open(y->ctx, y->store, &q, &scan);
    while (st == GT_OK && more) {
        st = gt_scan_next(y->ctx, scan, &f, &more);
        bool named = st == GT_OK && more && field >= 0 && f.values[field].kind == GT_VAL_TEXT;
        if (named && f.blob != NULL) {
            st = one_district(d, &g, &f, f.values[field].text, names);
        }
    }
    gt_scan_close(scan);
    gt_geom_free(y->ctx, &g);
    return st;
}

static void put_legend(const draw *d, double x, double y)
{
    char text[2 * GT_NUMBER_TEXT], number[GT_NUMBER_TEXT];
    if (d->standings) {
        static const gt_grade grades[] = {GT_GREEN, GT_YELLOW, GT_ORANGE, GT_RED, GT_GREY};
        for (int i = 0; i < 5; i++) {
            gt_rgb c = gt_rgb_mix(gt_grade_color(grades[i]), gt_rgb_of(0xFFFFFF), 0.35);
            gt_pages_box(d->p, x + i * 42, y, 10, 7, c);
            (void)gt_pages_text(d->p, x + i * 42 + 13, y - 1, 30, 6, false, gt_rgb_of(0x66665F), -1,
                                gt_title_in(gt_grade_title(grades[i]), d->p->lang));
        }
        return;
    }
    double unit = d->item->in->unit_base;
    for (int i = 0; i < CLASSES; i++) {
        gt_pages_box(d->p, x + i * 22, y, 22, 7, gt_rgb_of(RAMP[i]));
    }
    gt_number_format(d->low / unit, 2, number);
    gt_number_format(d->high / unit, 2, text);
    (void)gt_pages_text(d->p, x, y + 8, 60, 6, false, gt_rgb_of(0x66665F), -1, number);
    (void)gt_pages_text(d->p, x + CLASSES * 22 - 60, y + 8, 60, 6, false, gt_rgb_of(0x66665F), 1,
                        text);
}

void gt_pages_map(gt_pages *p, const gt_year_item *item, double x, double y, double w, double h)
{
    draw d = {.p = p, .item = item, .frame = {x, y + 24, w, h - 46}};
    char text[300];
    gt_layer_info info;
    gt_year_heading(item->in, p->lang, text, sizeof text);
    gt_face face = {
        .size = 8, .bold = true, .width = w, .lines = 2, .align = -1, .color = gt_rgb_of(0x23231F)};
    gt_type_draw(p->type, p->cr, &face, text, x, y);
    range_of(&d);
    gt_status st = gt_store_find_layer(p->year->ctx, p->year->store,
                                       gt_package_unit_layer(p->year->package), &info);
    d.box = info.box;
    if (st == GT_OK && d.box.xmax > d.box.xmin && d.box.ymax > d.box.ymin) {
        d.scale =
            fmin(d.frame.w / (d.box.xmax - d.box.xmin), d.frame.h / (d.box.ymax - d.box.ymin));
        d.frame.x += 0.5 * (d.frame.w - d.scale * (d.box.xmax - d.box.xmin));
        st = each_district(&d, false);
        st = st == GT_OK ? each_district(&d, true) : st;
    }
    put_legend(&d, x, y + h - 18);
    p->status = p->status == GT_OK ? st : p->status;
}
