/* The recipe: what to lay out where, as data. The engine knows no city; the city's recipe is a YAML
 * file beside its plan package (plans/beijing/synth.yaml; keys: recipe_read.c).
 *
 * Everything is picked by score: a sum of weighted terms over fields, noise and earlier results. */
#ifndef GT_SYNTH_RECIPE_H
#define GT_SYNTH_RECIPE_H

#include "guotu/arena.h"
#include "guotu/standard.h"
#include "synth/fields.h"

typedef enum sy_source { /* what a term reads */
                         SY_S_FIELD = 0,
                         SY_S_NOISE, /* value noise, wavelength a (m) */
                         SY_S_WHITE, /* hash of the parcel */
                         SY_S_ZONE,  /* 1 inside a zone (of a label), else 0 */
                         SY_S_RAY,   /* 1 on the ray from the centre towards (a, b), falling over c
                                        metres beside it */
                         SY_S_SPOT,  /* 1 at a place, 1/2 at c metres */
                         SY_S_LINE, /* 1 on the straight line between two places, 1/2 at c metres */
                         SY_S_ONE   /* constant 1 */
} sy_source;

typedef enum sy_shape {
    SY_RAW = 0, /* v */
    SY_NEAR,    /* 1 / (1 + (v/a)^2) */
    SY_RAMP,    /* 0 below a, 1 above b, linear between */
    SY_BAND     /* 1 / (1 + ((v-a)/b)^2) */
} sy_shape;

typedef struct sy_term {
    sy_source source;
    sy_shape shape;
    sy_field field;
    int zone, label; /* SY_S_ZONE: number of the zone layer; label -1 = any */
    double a, b, c, weight;
    sy_pt at, to; /* SY_S_SPOT: at; SY_S_LINE: both ends */
} sy_term;

typedef struct sy_terms {
    sy_term *t;
    size_t n;
} sy_terms;

/* An attribute given to features, as the recipe writes it: field=value. Values (values.c):
 *   @unit @unit_name @town @town_name @label @label_name @area @year @slope_class @number
 *   a..b  (number or day) drawn from the range;  a|b|c  one of them;  for booleans a probability;
 *   text with {unit} {label} {n};  anything else as it is */
typedef struct sy_attr {
    const char *field, *value;
} sy_attr;

/* A place condition: every member that is set must hold. */
typedef struct sy_where {
    const bool *units;       /* per district; NULL = all */
    int zone, zone_label;    /* must lie in; zone -1 = no condition, label -1 = any */
    int not_zone, not_label; /* must not lie in */
} sy_where;

typedef struct sy_label {
    const char *code;
    gt_title title;
    sy_attr *attrs;
    size_t n_attrs;
} sy_label;

/* One allocation step: the best-scoring free cells that satisfy the conditions, until km2 is met.
 */
typedef struct sy_step {
    uint16_t label;
    double km2; /* INFINITY: all that is left */
    sy_where where;
    const bool *classes;        /* tracks: per label of the first track; NULL = any */
    int need_track, need_label; /* tracks: parcel must have it in an earlier track; -1 = none */
    sy_terms score;
    int smooth;      /* zones: rounds of averaging over neighbours, for compact areas */
    const sy_pt *at; /* territories: its centres */
    size_t n_at;
} sy_step;

typedef enum sy_zone_kind {
    SY_Z_PARTS = 0,   /* steps one after the other */
    SY_Z_TERRITORIES, /* all steps at once: nearest centre, areas met by balancing */
    SY_Z_TOWNS        /* named towns of each district around seeded centres */
} sy_zone_kind;

typedef struct sy_zone {
    const char *layer;
    sy_zone_kind kind;
    bool by_unit;       /* cut by districts: unit code and name are attributes */
    bool whole;         /* one feature a label (and unit), however many parts */
    bool hidden;        /* for use by others only, not a layer */
    int since;          /* in force from the end of this year; 0: from the base year */
    const char *prefix; /* of feature ids, never NULL */
    sy_attr *attrs;     /* for every label */
    size_t n_attrs;
    sy_label *labels;
    size_t n_labels;
    sy_step *steps;
    size_t n_steps;
} sy_zone;

/* A labelling of parcels. The first track is land use. */
typedef struct sy_track {
    const char *layer;
    bool dated;         /* land use: changes from year to year */
    int since;          /* in force from the end of this year; 0: from the base year */
    const char *prefix; /* of feature ids, never NULL */
    sy_attr *attrs;     /* for every label */
    size_t n_attrs;
    sy_label *labels;
    size_t n_labels;
    sy_step *steps;
    size_t n_steps;
} sy_track;

typedef struct sy_ribbon { /* a strip along every river of the recipe */
    const char *layer, *prefix;
    double width; /* m, whole */
    sy_attr *attrs;
    size_t n_attrs;
} sy_ribbon;

typedef struct sy_course { /* a line drawn by hand */
    const sy_pt *pts;
    size_t n_pts;
} sy_course;

typedef struct sy_drawn { /* a layer of lines, each with a label of its own */
    const char *layer, *prefix;
    sy_attr *attrs;
    size_t n_attrs;
    sy_label *labels;
    sy_course *courses; /* one for each label */
    size_t n_labels;
} sy_drawn;

#define SY_GRID_CELL 90.0 /* m: the cells of SRTM at this latitude */

typedef struct sy_grid { /* a raster for models */
    const char *id, *unit;
    gt_title title;
    bool relief;    /* the heights that the territory is laid over */
    sy_terms value; /* else */
    double least, most;
    bool whole; /* classes 0 .. 254 */
} sy_grid;

typedef struct sy_change { /* land use change between the survey of year-1 and that of year */
    int year;
    uint16_t from, to;
    double km2;
} sy_change;

typedef struct sy_total { /* a published figure, and what it is the sum of */
    const char *id, *clause;
    gt_title title;
    double km2;
    double tolerance; /* relative */
    struct {
        int track, zone; /* one of them -1 */
        int label;       /* -1 = all labels */
    } * of;
    size_t n_of;
    int in_zone, in_label; /* counted inside this zone only; -1 */
    const bool *in_units;
} sy_total;

typedef struct sy_water_line {
    const char *code;
    gt_title title;
    sy_pt *pts;
    size_t n_pts;
} sy_water_line;

typedef struct sy_reservoir {
    gt_title title;
    sy_pt at;
    double km2;
} sy_reservoir;

typedef struct sy_pull { /* a centre that draws building land */
    sy_pt at;
    double weight, radius; /* radius m */
} sy_pull;

typedef struct sy_site { /* a disc: airport, park ... */
    sy_pt at;
    double radius; /* m */
} sy_site;

typedef struct sy_recipe {
    gt_arena *arena; /* owns everything below */
    sy_pt centre;
    int base_year;
    const int *years; /* survey years of dated tracks */
    size_t n_years;
    sy_water_line *rivers;
    size_t n_rivers;
    sy_reservoir *lakes;
    size_t n_lakes;
    sy_pull *pulls;
    size_t n_pulls;
    const double *rings_m; /* radii of ring roads */
    size_t n_rings;
    sy_site *sites;
    size_t n_sites;
    sy_terms density; /* cells per area, relative */
    sy_zone *zones;
    size_t n_zones;
    sy_track *tracks;
    size_t n_tracks;
    sy_ribbon *ribbons;
    size_t n_ribbons;
    sy_drawn *lines;
    size_t n_lines;
    sy_label *unit_labels; /* one per district: attributes of the unit layer */
    double grid_cell;      /* m */
    sy_grid *grids;
    size_t n_grids;
    sy_change *changes;
    size_t n_changes;
    sy_total *totals;
    size_t n_totals;
} sy_recipe;

/* What the reader needs to know of the territory. */
typedef struct sy_territory {
    const sy_world *world;
    const gt_plane *plane; /* lon/lat in the recipe -> world; NULL: the recipe is in metres */
    const char *const *unit_codes, *const *unit_names;
    size_t n_units;
    double km2; /* of the territory, for shares */
} sy_territory;

/* Reads a recipe. GT_E_INPUT: every mistake is in the error's note, the first with
 * file:line:column. Owned by the caller. */
gt_status sy_recipe_read(gt_ctx *ctx, const char *path, const sy_territory *territory,
                         sy_recipe **out) GT_CHECKED;
/* From text in memory (NUL-terminated). */
gt_status sy_recipe_parse(gt_ctx *ctx, const char *name, const char *text, size_t len,
                          const sy_territory *territory, sy_recipe **out) GT_CHECKED;
void sy_recipe_free(gt_ctx *ctx, sy_recipe *recipe);

#endif
