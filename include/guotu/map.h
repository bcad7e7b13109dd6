/* Map pictures: PNG, PDF and SVG, by the extension of the path, with legend, scale and sources.
 *
 * The drawing core reads features from a gt_map_source (callbacks), so that a workspace, a file or
 * a test can be drawn alike; gt_map_of_store is the ready way for a workspace. Layers are streamed
 * once each, in drawing order; memory depends on the picture's size, never on the data's.
 *
 * How areas are drawn: every polygon of a layer goes into one index buffer (a byte per sub-pixel:
 * which class is here), vertices snapped to the sub-pixel grid, and the buffer is then coloured.
 * Neighbours therefore meet without a seam, a shared border is simplified alike from both sides,
 * and hatches and outlines follow the union of a class, not its pieces. In PDF and SVG that image
 * is embedded at the stated resolution; lines, labels, frame and text are vectors.
 *
 * The picture is a function of its inputs alone: same input, same bytes (PNG, PDF; SVG from a fresh
 * process, as cairo numbers its surfaces). No time stamps are written.
 *
 * Fonts: the first installed family of Noto Sans CJK SC, Source Han Sans SC, Noto Sans SC,
 * WenQuanYi Zen Hei, Sans, through fontconfig. GT_E_ENV "report.no-font" when none can write
 * Chinese. */
#ifndef GUOTU_MAP_H
#define GUOTU_MAP_H

#include "guotu/check.h"
#include "guotu/package.h"
#include "guotu/raster.h"
#include "guotu/store.h"

/* ---- where features come from ---- */

/* One feature for drawing. Everything is borrowed until the next call on the cursor. */
typedef struct gt_map_feature {
    const char *id;         /* for messages; may be NULL */
    const gt_geom *geom;    /* in the map's CRS; NULL or empty is skipped */
    const char *class_code; /* picks the style of a layer with classes; NULL: other */
    const char *label;      /* UTF-8; NULL or "": none */
    double m2;              /* area for the legend; NaN: taken from the plane coordinates */
} gt_map_feature;

/* Reads the features of layer i (index into the options' layers) that meet *box (NULL: all). A pass
 * is opened, read to its end and closed before the next is opened. Errors are recorded by the
 * source; the core adds the layer. Called from the thread that draws. */
typedef struct gt_map_source {
    void *user; /* borrowed, handed to open */
    gt_status (*open)(gt_ctx *ctx, void *user, size_t layer, const gt_box *box, void **cursor);
    gt_status (*next)(gt_ctx *ctx, void *cursor, gt_map_feature *out, bool *more);
    void (*close)(void *cursor); /* NULL is not passed */
    /* Plane of the coordinates: scale bar, graticule, ellipsoidal figures. Borrowed. NULL: a plain
     * metric plane without a place on the globe (scale bar and metre grid only). */
    const gt_plane *plane;
    bool geographic;      /* coordinates are degrees (x = longitude) */
    const char *crs_name; /* for the source note, or NULL */
} gt_map_source;

/* ---- how a layer looks ---- */

typedef enum gt_map_hatch {
    GT_HATCH_NONE = 0,
    GT_HATCH_UP,    /* lines rising to the right */
    GT_HATCH_DOWN,  /* lines falling to the right */
    GT_HATCH_CROSS, /* both */
    GT_HATCH_LEVEL, /* horizontal lines */
    GT_HATCH_DOTS
} gt_map_hatch;

/* Lengths are points (1/72 inch) on the finished picture, before the page factor (see options).
 * Colours are
 * "#rrggbb"; NULL: not drawn. gt_map_style_init gives a quiet grey outline. */
typedef struct gt_map_style {
    const char *fill;    /* areas: colour when the feature has no class; points: the disc */
    double fill_opacity; /* 0..1; also of class colours; 0: no fill */
    gt_map_hatch hatch;
    const char *hatch_color;
    double hatch_gap, hatch_width;
    const char *stroke; /* outline of areas, or the line itself */
    double stroke_width;
    double dash;      /* length of dashes of lines; 0: unbroken. Areas are never dashed */
    const char *band; /* wide light ribbon along the inner side of an outline, or beneath a line */
    double band_width, band_opacity;
    bool each;         /* areas: outline every feature, not the union of each class. Features below
                        * 5 x 5 pixels are left without */
    double point_size; /* diameter of points */
    const char *label_color;
    double label_size;     /* 0: no labels */
    double label_min_area; /* square points on the picture; smaller areas get no label */
    double label_spacing;  /* extra space between letters, as a share of the size */
    bool label_bold;
} gt_map_style;
void gt_map_style_init(gt_map_style *style);

typedef struct gt_map_class {
    const char *code;
    gt_title title;
    const char *color; /* "#rrggbb" */
} gt_map_class;

typedef struct gt_map_layer {
    const char *id; /* for messages */
    gt_title title;
    gt_origin origin; /* GT_ORIGIN_GENERATED: the picture carries the warning band */
    gt_map_style style;
    const gt_map_class *classes; /* at most 200, in legend order; n_classes 0: one style for all */
    size_t n_classes;
    const gt_codelist *codes; /* climbs from a feature's code to a listed parent; may be NULL */
    gt_box extent;    /* of all features, when known; empty (xmin > xmax): a pass finds it */
    bool hide_legend; /* not in the legend */
    bool base;        /* gets the hillshade over it (solid ground colours) */
} gt_map_layer;

/* A grid of heights beneath the hillshade: row 0 is the north edge, cells may be of any size.
 * Values are metres, NaN = no data. CRS of the map. Owned by the caller. */
typedef struct gt_map_relief {
    const float *heights; /* rows * cols */
    int rows, cols;
    gt_box box;          /* outer edges of the grid */
    double exaggeration; /* 0: chosen by cell size */
    double strength;     /* 0..1, how dark the shade gets; 0: 0.42 */
} gt_map_relief;

/* The heights of a raster read in the map's CRS (raster.h); borrows its cells. */
gt_map_relief gt_map_relief_of(const gt_raster *raster);

/* A grid of values as the ground of the map, under everything else: in classes, or along a ramp of
 * colours. Row 0 is the north edge, NaN = no data (the paper shows). CRS of the map. Borrowed. */
typedef struct gt_map_surface {
    const float *values; /* rows * cols */
    int rows, cols;
    gt_box box;
    gt_title title;
    const char *unit; /* "t/(ha.yr)", or NULL */
    gt_origin origin; /* GT_ORIGIN_GENERATED: the picture carries the warning band */
    /* In classes: values, titles and colours as many; m2 of each for the legend (NaN: not told).
     * Values that are none of them get the colour of no class. */
    const gt_map_class *classes;
    const double *class_values, *class_m2;
    size_t n_classes; /* at most 64; 0: a ramp */
    /* Ramp: colours "#rrggbb" from low to high, NULL-terminated, at least two; what lies beyond has
     * the end's colour. `step`: of the figures on the legend. */
    const char *const *ramp;
    double low, high, step;
    bool below, above; /* there are values beyond the ends: the legend says so */
    bool holes;        /* there is no data in places: the legend says so */
} gt_map_surface;
#define GT_MAP_SURFACE_CLASSES 64

typedef enum gt_map_grid {
    GT_GRID_AUTO = 0, /* degrees where the plane is known and the map is wider than 20 km */
    GT_GRID_DEGREES,
    GT_GRID_METRES,
    GT_GRID_NONE
} gt_map_grid;

/* ---- the picture ---- */

#define GT_MAP_MAX_PX 20000 /* longest side, pixels */

/* Lengths of the page's own furniture (type sizes, margins) grow with the page: the factor is 1 on
 * A4 and the square root of the ratio of areas elsewhere, held between 0.6 and 3. */
typedef struct gt_map_options {
    size_t size;
    int width, height; /* pixels; PDF and SVG pages have width * 72 / dpi points */
    double dpi;        /* 36 .. 1200 */
    gt_lang lang;      /* of all text on the picture */
    bool has_box;
    gt_box box; /* shown at least, in the map's CRS; otherwise all of the layers' extent */
    gt_title title, subtitle, note; /* members may be NULL. note: source and date, at the foot */
    const gt_map_layer *layers;     /* borrowed; drawn in this order, first at the bottom */
    size_t n_layers;
    const gt_map_surface *surface; /* borrowed, or NULL */
    const gt_map_relief *relief;   /* borrowed, or NULL */
    gt_map_grid grid;
    bool no_legend, no_scale_bar, no_north;
    int locator; /* index of the layer drawn whole in a small inset with the shown box; -1: none */
} gt_map_options;
/* 2339 x 1654 px at 200 dpi (A4 landscape), the context's language, no locator. */
void gt_map_options_init(gt_ctx *ctx, gt_map_options *options);

/* Draws to `path`, extension .png, .pdf or .svg. Written beside the path and renamed at the end: a
 * failure leaves no half file and an older picture as it was.
 * GT_E_USAGE: unknown extension, a box that is empty, inverted or not finite, a colour that is
 * none; GT_E_LIMIT: a side over GT_MAP_MAX_PX, or more memory than the context's ceiling allows
 * (the message says how much is needed); GT_E_INPUT: a feature with a coordinate that is no number;
 * GT_E_ENV: fonts missing, path not writable. Errors of the source are passed on.
 * Cost: about 1 us per vertex and 15 bytes of memory per pixel (at most 4 + 24), two passes over a
 * layer whose extent is not known, else one (and one more of the locator's layer).
 * One thread; several pictures may be drawn at once in different contexts. */
gt_status gt_map_draw(gt_ctx *ctx, const gt_map_source *source, const gt_map_options *options,
                      const char *path) GT_CHECKED;

/* ---- the map of a workspace ---- */

typedef struct gt_store_map_options {
    size_t size;
    const char *const *ids; /* NULL-terminated, drawn in this order, but the package's units always
                             * on top; NULL: all layers that hold features, grounds first, then
                             * zones, control lines, borders, points */
    const gt_view *view; /* borrowed, or NULL; goes before ids: base, then show; its condition holds
                          * for the last layer shown. Needs a package */
    int64_t as_of_rev;   /* 0 = newest */
    gt_date as_of_date;  /* GT_DATE_NONE = valid now */
    double ground_width; /* metres the map is wide, 0 = all: wide maps show the first level of code
                          * lists, narrow ones all levels */
} gt_store_map_options;
void gt_store_map_options_init(gt_store_map_options *options);

/* Layers of a workspace made ready to be drawn: colours of classes from the package's code lists,
 * control lines as outlined bands with a hatch, units as borders with names (src/report/style.c).
 * store and package are borrowed and must outlive it; package NULL: one colour a layer.
 * GT_E_NOT_FOUND: a layer that the workspace does not have. Belongs to one thread. Owned by the
 * caller. */
typedef struct gt_store_map gt_store_map;
gt_status gt_store_map_new(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const gt_store_map_options *options, gt_store_map **out) GT_CHECKED;
void gt_store_map_free(gt_store_map *map);
/* Borrowed. */
const gt_map_source *gt_store_map_source(const gt_store_map *map);
const gt_map_layer *gt_store_map_layers(const gt_store_map *map, size_t *n);
/* Index of the layer that holds the package's units, -1 when it is not drawn. */
int gt_store_map_unit_layer(const gt_store_map *map);
/* "Map revision 12 of 2026-11-21; plan package beijing 0.1", both languages. */
gt_title gt_store_map_note(const gt_store_map *map);

typedef struct gt_map_of_store_options {
    size_t size;
    const char *const *ids; /* as gt_store_map_options */
    const gt_view *view;
    bool has_box;
    gt_box box; /* working CRS */
    int64_t as_of_rev;
    gt_date as_of_date;
    gt_title title;    /* members NULL: of the view, else of the package, else of the workspace */
    int width, height; /* pixels; 0: A4 at 200 dpi, upright for a tall territory */
    double dpi;
    gt_lang lang;
    const gt_map_relief *relief; /* borrowed; NULL: WORKSPACE/grids/elevation.tif where it exists */
} gt_map_of_store_options;
void gt_map_of_store_options_init(gt_ctx *ctx, gt_map_of_store_options *options);
/* gt_map_draw of a gt_store_map. Without a box the territory (the package's units, where there are
 * any) is framed. GT_E_INPUT when the box meets none of the layers. With a box, the units' layer
 * (when drawn) serves as locator. */
gt_status gt_map_of_store(gt_ctx *ctx, gt_store *store, const gt_package *package,
                          const gt_map_of_store_options *options, const char *path) GT_CHECKED;

/* ---- the map of a grid ---- */

typedef struct gt_map_of_grid_options {
    size_t size;
    const char *name;       /* of a grid of the workspace, or a file's path */
    const char *ramp;       /* one of gt_map_ramp_name; NULL: chosen by the values */
    const char *const *ids; /* layers over it, NULL-terminated; NULL: the package's units */
    bool has_box;
    gt_box box;
    gt_title title; /* members NULL: of the model that makes it, else its name */
    int width, height;
    double dpi;
    gt_lang lang;
    bool no_shade; /* no hillshade, though there is an elevation */
} gt_map_of_grid_options;
void gt_map_of_grid_options_init(gt_ctx *ctx, gt_map_of_grid_options *options);
/* Draws one grid with its legend: in the classes of the code list that its model names, of few
 * whole values else, or along a ramp between the 2nd and the 98th percentile. The foot says by
 * which model it was made, from what and after which sources. store and package may be NULL: a file
 * alone. GT_E_NOT_FOUND "report.no-grid" with the nearest name; GT_E_INPUT "report.grid-crs" (not
 * in the CRS of the workspace), "report.grid-empty" (nodata only), "report.grid-beside" (nothing of
 * it in the box); GT_E_USAGE "report.no-ramp". Cost: reads the grid once; memory 4 bytes a cell
 * drawn, at most 2500 a side. */
gt_status gt_map_of_grid(gt_ctx *ctx, gt_store *store, const gt_package *package,
                         const gt_map_of_grid_options *options, const char *path) GT_CHECKED;
/* How gt_map_of_grid would show a grid, without a page: its values (thinned to at most 2500 a
 * side), classes or ramp, title, unit and origin. Errors as there. Owned by the caller; one thread.
 * The grid stays open; what is told belongs to the look. */
typedef struct gt_grid_look gt_grid_look;
gt_status gt_grid_look_new(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const char *name, gt_grid_look **out) GT_CHECKED;
void gt_grid_look_free(gt_grid_look *look); /* NULL is accepted */
const gt_map_surface *gt_grid_look_surface(const gt_grid_look *look);
gt_box gt_grid_look_box(const gt_grid_look *look);    /* outer edges of the grid */
bool gt_grid_look_is_whole(const gt_grid_look *look); /* nothing was thinned */
/* Names of the ramps, NULL past the last. */
const char *gt_map_ramp_name(size_t i);

/* ---- the picture of a verdict ---- */

/* One finding. Texts are borrowed. */
typedef struct gt_map_finding {
    int number;          /* key between map and table, > 0 */
    gt_title rule;       /* the rule's title */
    const char *clauses; /* "LND-051, LND-052", or NULL */
    gt_effect effect;
    gt_result result;       /* GT_FAIL: the effect happens */
    double m2;              /* overlap; NaN: not measured */
    double share;           /* of the subject, 0..1; NaN: not measured */
    const gt_geom *overlap; /* map's CRS; NULL: not drawn */
    gt_title text;          /* why, or the way to comply; members may be NULL */
} gt_map_finding;

/* A clause that the findings cite, printed in full. Texts are borrowed. */
typedef struct gt_map_clause {
    const char *id;
    gt_title where; /* plan and section */
    gt_title text;  /* what it asks */
} gt_map_clause;

typedef struct gt_map_verdict_options {
    size_t size;
    double dpi; /* of PNG and of the embedded ground image; A4 portrait */
    gt_lang lang;
    gt_title title;                 /* members NULL: "Conformity check" */
    const char *subject;            /* name of the project or parcel */
    gt_title subject_kind;          /* "project"; members may be NULL */
    const gt_geom *geom;            /* the subject, polygonal, map's CRS */
    double m2;                      /* its area */
    gt_result result;               /* of the whole */
    const gt_map_finding *findings; /* in the order of the table */
    size_t n_findings;
    int n_passed;               /* rules that hold and are not listed */
    gt_title note;              /* as of, map revision, package version; members may be NULL */
    const gt_map_layer *layers; /* ground, drawn paler than on a map; n_layers may be 0 */
    size_t n_layers;
    /* Layers that were measured and are generated: named by the warning. NULL: the generated ones
     * among `layers` */
    const gt_title *generated;
    size_t n_generated;
    const gt_map_clause *clauses; /* below the table; PDF only */
    size_t n_clauses;
} gt_map_verdict_options;
void gt_map_verdict_options_init(gt_ctx *ctx, gt_map_verdict_options *options);

/* Draws the verdict: head with the result, map with the subject and the numbered overlaps, table of
 * findings. PDF: as many A4 pages as table and clauses need. PNG and SVG: one page that grows
 * downwards; a table longer than GT_MAP_MAX_PX ends with a line that says how many findings are
 * left out. source gives the ground layers, plane and CRS; its callbacks are not used when n_layers
 * is 0. Errors as gt_map_draw; GT_E_USAGE also for a subject that is NULL or empty. */
gt_status gt_map_verdict(gt_ctx *ctx, const gt_map_source *source,
                         const gt_map_verdict_options *options, const char *path) GT_CHECKED;

typedef struct gt_verdict_picture_options {
    size_t size;
    double dpi;
    gt_lang lang;
    const char *kind; /* of subject, as the package names it; borrowed, may be NULL */
    gt_date day;      /* printed as the day of the check; GT_DATE_NONE: none */
    /* Whether a layer may be drawn below the subject; NULL: all may. */
    bool (*may_draw)(void *user, const char *layer);
    void *user;
} gt_verdict_picture_options;
void gt_verdict_picture_options_init(gt_ctx *ctx, gt_verdict_picture_options *options);

/* gt_map_verdict of a verdict of check.h: over land use and units, as far as the workspace holds
 * them; findings that hold are counted, not listed; a PDF prints the clauses of the others in full.
 * The note at the foot names revision, day, package and the first 12 digits of its hash. store and
 * package: those of the verdict. Errors as gt_map_verdict. */
gt_status gt_verdict_picture(gt_ctx *ctx, gt_store *store, const gt_package *package,
                             const gt_verdict *verdict, const gt_verdict_picture_options *options,
                             const char *path) GT_CHECKED;

#endif
