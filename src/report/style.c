/* Default styles. Control lines follow the colours planners know: ecological redline red with green
 * hatch, permanent basic farmland yellow and olive, urban development boundary purple. Ids and words are
 * those of the plan layers of the national standard (three control lines, reserves, water), not of one
 * city. */
#include "report/style.h"

#include <string.h>

typedef struct known {
    const char *word; /* found in the layer's id */
    gt_rank rank;
    const char *fill;
    double opacity;
    gt_map_hatch hatch;
    const char *hatch_color;
    const char *stroke;
    double width;
    const char *band;
    double band_width, band_opacity;
} known;

/* The first match counts: the longer word stands before the shorter. */
static const known table[] = {
    {"ecological_redline", GT_RANK_CONTROL, "#dcefe0", 0.25, GT_HATCH_UP, "#3f8f5b", "#c0392b", 1.0,
     "#c0392b", 2.2, 0.22},
    {"eco_redline", GT_RANK_CONTROL, "#dcefe0", 0.25, GT_HATCH_UP, "#3f8f5b", "#c0392b", 1.0,
     "#c0392b", 2.2, 0.22},
    {"basic_farmland", GT_RANK_CONTROL, "#f3dc6a", 0.45, GT_HATCH_DOWN, "#8d8420", "#8d7f14", 0.7,
     "#c7b22c", 1.8, 0.30},
    {"urban_boundary", GT_RANK_CONTROL, NULL, 0, GT_HATCH_NONE, NULL, "#7b3f98", 1.3, "#7b3f98", 3.2,
     0.20},
    {"urban_development_boundary", GT_RANK_CONTROL, NULL, 0, GT_HATCH_NONE, NULL, "#7b3f98", 1.3,
     "#7b3f98", 3.2, 0.20},
    {"ecological_control", GT_RANK_ZONE, "#cfe8cf", 0.45, GT_HATCH_NONE, NULL, "#5b9a68", 0.6,
     "#5b9a68", 2.0, 0.18},
    {"nature_reserve", GT_RANK_ZONE, "#bfe0c4", 0.45, GT_HATCH_LEVEL, "#4b8f5a", "#3b7d4a", 0.8,
     "#3b7d4a", 1.8, 0.20},
    {"reserve", GT_RANK_ZONE, "#e6e0ee", 0.5, GT_HATCH_DOTS, "#8f7fa8", "#8f7fa8", 0.6, NULL, 0, 0},
    {"hazard", GT_RANK_ZONE, "#f3c9b5", 0.5, GT_HATCH_NONE, NULL, "#b5603a", 0.4, NULL, 0, 0},
    {"mining", GT_RANK_ZONE, "#d9c2ad", 0.6, GT_HATCH_CROSS, "#8a6a4c", "#6f5238", 0.7, NULL, 0, 0},
    {"mine", GT_RANK_ZONE, "#d9c2ad", 0.6, GT_HATCH_CROSS, "#8a6a4c", "#6f5238", 0.7, NULL, 0, 0},
    {"project", GT_RANK_CONTROL, "#f2b8b0", 0.6, GT_HATCH_NONE, NULL, "#a8322a", 0.9, NULL, 0, 0},
    {"water", GT_RANK_WATER, "#a9cfe8", 1, GT_HATCH_NONE, NULL, "#74a9cc", 0.3, NULL, 0, 0},
    {"river", GT_RANK_WATER, "#a9cfe8", 1, GT_HATCH_NONE, NULL, "#74a9cc", 0.5, NULL, 0, 0},
    {"lake", GT_RANK_WATER, "#a9cfe8", 1, GT_HATCH_NONE, NULL, "#74a9cc", 0.3, NULL, 0, 0},
    {"road", GT_RANK_LINE, NULL, 0, GT_HATCH_NONE, NULL, "#b5926a", 0.6, "#ffffff", 1.4, 0.9},
    {"rail", GT_RANK_LINE, NULL, 0, GT_HATCH_NONE, NULL, "#5c5c66", 0.7, "#ffffff", 1.5, 0.9},
    {"township", GT_RANK_UNIT, NULL, 0, GT_HATCH_NONE, NULL, "#a8a296", 0.35, NULL, 0, 0},
    {"land_use", GT_RANK_GROUND, NULL, 1, GT_HATCH_NONE, NULL, NULL, 0, NULL, 0, 0},
    {"land_cover", GT_RANK_GROUND, NULL, 1, GT_HATCH_NONE, NULL, NULL, 0, NULL, 0, 0},
    {"landuse", GT_RANK_GROUND, NULL, 1, GT_HATCH_NONE, NULL, NULL, 0, NULL, 0, 0},
    {"territory", GT_RANK_GROUND, "#f3efe2", 1, GT_HATCH_NONE, NULL, NULL, 0, NULL, 0, 0},
};

const char *gt_spare_color(size_t i)
{
    static const char *const colors[] = {"#c9a27e", "#a9c98f", "#e3b4cf", "#efc58a",
                                         "#9ec3d8", "#b9a7c9", "#d6dc92", "#e8a090",
                                         "#8fbfae", "#c9c4b8", "#d9b8a0", "#a3acc8"};
    return colors[i % (sizeof colors / sizeof colors[0])];
}

static void by_geometry(const gt_standard *s, gt_look_of *out)
{
    gt_map_style *style = &out->style;
    switch (s->geom_type) {
    case GT_POINT:
    case GT_MULTIPOINT:
        out->rank = GT_RANK_POINT;
        style->fill = s->color != NULL ? s->color : "#a8434f";
        style->stroke = "#ffffff";
        style->stroke_width = 0.5;
        break;
    case GT_LINESTRING:
    case GT_MULTILINESTRING:
        out->rank = GT_RANK_LINE;
        style->stroke = s->color != NULL ? s->color : "#6f6a8a";
        style->stroke_width = 0.7;
        break;
    case GT_GEOM_NONE:
    case GT_POLYGON:
    case GT_MULTIPOLYGON:
        out->rank = GT_RANK_ZONE;
        style->fill = s->color != NULL ? s->color : "#d8d3c4";
        style->fill_opacity = 0.6;
        style->stroke = s->class_field == NULL ? "#8a857a" : NULL;
        style->stroke_width = 0.4;
        break;
    }
}

static bool is_area(gt_geom_type type)
{
    return type == GT_POLYGON || type == GT_MULTIPOLYGON || type == GT_GEOM_NONE;
}

/* What the table says goes over the geometry's default; a colour of the standard goes over the table's
 * fill. */
static void by_word(const gt_standard *s, const known *k, gt_look_of *out)
{
    gt_map_style *style = &out->style;
    if (!is_area(s->geom_type)) {
        if (k->stroke != NULL && out->rank == GT_RANK_LINE) {
            style->stroke = s->color != NULL ? s->color : k->stroke;
            style->stroke_width = k->width;
            style->band = k->rank == GT_RANK_LINE ? k->band : NULL;
            style->band_width = k->band_width;
            style->band_opacity = k->band_opacity;
        }
        return;
    }
    out->rank = k->rank;
    style->fill = s->color != NULL && k->fill != NULL ? s->color : k->fill;
    style->fill_opacity = k->opacity;
    style->hatch = k->hatch;
    style->hatch_color = k->hatch_color;
    style->stroke = k->stroke;
    style->stroke_width = k->width;
    style->band = k->band;
    style->band_width = k->band_width;
    style->band_opacity = k->band_opacity;
}

void gt_style_of(const gt_standard *standard, bool unit, gt_look_of *out)
{
    *out = (gt_look_of){.rank = GT_RANK_ZONE};
    gt_map_style_init(&out->style);
    by_geometry(standard, out);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strstr(standard->id, table[i].word) != NULL) {
            by_word(standard, &table[i], out);
            break;
        }
    }
    if (unit) {
        out->rank = GT_RANK_UNIT;
        out->style.fill = NULL;
        out->style.fill_opacity = 0;
        out->style.hatch = GT_HATCH_NONE;
        out->style.band = NULL;
        out->style.stroke = "#5f5c55";
        out->style.stroke_width = 0.75;
        out->style.each = true;
        out->style.label_size = 9;
        out->style.label_bold = true;
        out->style.label_spacing = 0.1;
        out->style.label_color = "#2f2d29";
    }
    bool town = out->rank == GT_RANK_UNIT && !unit;
    if (town) {
        out->style.each = true;
        out->style.label_size = 6.4;
        out->style.label_min_area = 900;
        out->style.label_color = "#66635b";
    }
}
