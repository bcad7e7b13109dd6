/* Default styles. Control lines follow the colours planners know: ecological redline red with green
 * hatch, permanent basic farmland yellow and olive, urban development boundary purple. Ids and
 * words are those of the plan layers of the national standard (three control lines, reserves,
 * water), not of one city. */
#include "report/style.h"

#include <string.h>

typedef struct known {
    const char *word; /* found in the layer's id */
    gt_rank rank;
    gt_map_hatch hatch;
    const char *fill;
    double opacity;
    const char *hatch_color;
    const char *stroke;
    double width;
    const char *band;
    double band_width, band_opacity;
} known;

/* The first match counts: the longer word stands before the shorter. */
static const known by_id[] = {
    {"ecological_redline", GT_RANK_CONTROL, GT_HATCH_UP, "#dcefe0", 0.25, "#3f8f5b", "#c0392b", 1.0,
     "#c0392b", 2.2, 0.22},
    {"basic_farmland", GT_RANK_CONTROL, GT_HATCH_DOWN, "#f3dc6a", 0.45, "#8d8420", "#8d7f14", 0.7,
     "#c7b22c", 1.8, 0.30},
    {"farmland_space", GT_RANK_CONTROL, GT_HATCH_DOWN, "#f3dc6a", 0.60, "#8d8420", "#8d7f14", 0.6,
     "#c7b22c", 1.6, 0.25},
    {"urban_boundary", GT_RANK_CONTROL, GT_HATCH_NONE, NULL, 0, NULL, "#7b3f98", 1.3, "#7b3f98",
     3.2, 0.20},
    {"urban_development", GT_RANK_CONTROL, GT_HATCH_NONE, NULL, 0, NULL, "#7b3f98", 1.3, "#7b3f98",
     3.2, 0.20},
    {"ecological_control", GT_RANK_ZONE, GT_HATCH_NONE, "#cfe8cf", 0.50, NULL, "#5b9a68", 0.6,
     "#5b9a68", 2.0, 0.18},
    {"nature_reserve", GT_RANK_ZONE, GT_HATCH_LEVEL, "#bfe0c4", 0.50, "#4b8f5a", "#3b7d4a", 0.8,
     "#3b7d4a", 1.8, 0.20},
    {"strategic_reserve", GT_RANK_CONTROL, GT_HATCH_DOTS, "#ece9f1", 0.70, "#8f7fa8", "#8f7fa8",
     0.6, NULL, 0, 0},
    {"hazard", GT_RANK_ZONE, GT_HATCH_NONE, "#f3c9b5", 0.60, NULL, "#b5603a", 0.4, NULL, 0, 0},
    {"mining", GT_RANK_CONTROL, GT_HATCH_CROSS, "#d9c2ad", 0.60, "#8a6a4c", "#6f5238", 0.7, NULL, 0,
     0},
    {"mines", GT_RANK_CONTROL, GT_HATCH_NONE, "#d9c2ad", 0.80, NULL, "#6f5238", 0.6, NULL, 0, 0},
    {"projects", GT_RANK_CONTROL, GT_HATCH_NONE, "#f2b8b0", 0.60, NULL, "#a8322a", 0.9, NULL, 0, 0},
    {"road", GT_RANK_LINE, GT_HATCH_NONE, "#d9d2c4", 1, NULL, "#b5926a", 0.6, "#ffffff", 1.4, 0.9},
    {"rail", GT_RANK_LINE, GT_HATCH_NONE, "#d0d0d4", 1, NULL, "#5c5c66", 0.7, "#ffffff", 1.5, 0.9},
    {"land_use", GT_RANK_GROUND, GT_HATCH_NONE, NULL, 0.82, NULL, NULL, 0, NULL, 0, 0},
    {"land_cover", GT_RANK_GROUND, GT_HATCH_NONE, NULL, 0.82, NULL, NULL, 0, NULL, 0, 0},
};

/* Where the id says nothing, the theme may. */
static const known by_theme[] = {
    {"units", GT_RANK_UNIT, GT_HATCH_NONE, NULL, 0, NULL, "#a09a8c", 0.45, NULL, 0, 0},
    {"survey", GT_RANK_GROUND, GT_HATCH_NONE, NULL, 0.82, NULL, NULL, 0, NULL, 0, 0},
    {"cover", GT_RANK_GROUND, GT_HATCH_NONE, NULL, 0.82, NULL, NULL, 0, NULL, 0, 0},
    {"water", GT_RANK_WATER, GT_HATCH_NONE, "#a9cfe8", 0.75, NULL, "#5f9cc4", 0.35, NULL, 0, 0},
    {"control_lines", GT_RANK_CONTROL, GT_HATCH_NONE, "#e8dfc8", 0.40, NULL, "#7d6f4f", 0.8,
     "#7d6f4f", 1.8, 0.18},
    {"records", GT_RANK_CONTROL, GT_HATCH_NONE, "#d8d3c4", 0.75, NULL, "#6b655a", 0.5, NULL, 0, 0},
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

/* What the table says goes over the geometry's default. The colour of a standard is that of the
 * fill; where the theme alone speaks of control lines, it is that of the line. The lines known by
 * name keep the colours planners know them by. */
static void apply(const gt_standard *s, const known *k, bool by_name, gt_look_of *out)
{
    gt_map_style *style = &out->style;
    bool line = k->rank == GT_RANK_LINE;
    if (!is_area(s->geom_type)) {
        if (out->rank == GT_RANK_LINE && k->stroke != NULL) {
            style->stroke = s->color != NULL ? s->color : k->stroke;
            style->stroke_width = k->width;
            style->band = line ? k->band : NULL;
            style->band_width = k->band_width;
            style->band_opacity = k->band_opacity;
        }
        return;
    }
    out->rank = line ? GT_RANK_ZONE : k->rank;
    bool own = s->color != NULL && k->fill != NULL && !(by_name && k->band != NULL);
    style->fill = own ? s->color : k->fill;
    style->fill_opacity = k->opacity;
    style->hatch = k->hatch;
    style->hatch_color = k->hatch_color;
    style->stroke = own && k->band != NULL ? s->color : k->stroke;
    style->stroke_width = k->width;
    style->band = line ? NULL : own && k->band != NULL ? s->color : k->band;
    style->band_width = k->band_width;
    style->band_opacity = k->band_opacity;
}

static const known *find(const gt_standard *s, bool *by_name)
{
    *by_name = true;
    for (size_t i = 0; i < sizeof by_id / sizeof by_id[0]; i++) {
        if (strstr(s->id, by_id[i].word) != NULL) {
            return &by_id[i];
        }
    }
    *by_name = false;
    for (size_t i = 0; s->theme != NULL && i < sizeof by_theme / sizeof by_theme[0]; i++) {
        if (strcmp(s->theme, by_theme[i].word) == 0) {
            return &by_theme[i];
        }
    }
    return NULL;
}

/* Borders with names: the units of the area tables are strong, other units fine. */
static void borders(gt_map_style *style, bool main)
{
    style->fill = NULL;
    style->fill_opacity = 0;
    style->hatch = GT_HATCH_NONE;
    style->band = NULL;
    style->each = true;
    style->stroke = main ? "#5f5c55" : "#a09a8c";
    style->stroke_width = main ? 0.75 : 0.4;
    style->label_size = main ? 9 : 6.4;
    style->label_bold = main;
    style->label_spacing = main ? 0.1 : 0;
    style->label_min_area = main ? 0 : 900;
    style->label_color = main ? "#2f2d29" : "#66635b";
}

void gt_style_of(const gt_standard *standard, bool unit, gt_look_of *out)
{
    *out = (gt_look_of){.rank = GT_RANK_ZONE};
    gt_map_style_init(&out->style);
    by_geometry(standard, out);
    bool by_name = false;
    const known *k = find(standard, &by_name);
    if (k != NULL) {
        apply(standard, k, by_name, out);
    }
    bool area = is_area(standard->geom_type);
    if (unit) {
        out->rank = GT_RANK_UNIT;
        borders(&out->style, true);
    } else if (area && out->rank == GT_RANK_UNIT) {
        borders(&out->style, false);
    }
}
