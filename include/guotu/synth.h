/* Seeded generator of plan data: land use, control lines, farmland space, zones and records laid
 * out over real districts and terrain, so that totals agree with the plans' published figures.
 *
 * What to lay out is data: a recipe beside the plan package (PACKAGE/synth.yaml;
 * src/synth/recipe.h). The same input, seed and size give the same bytes on any machine and at any
 * thread count. Nothing it makes may pass for survey data: layers are GT_ORIGIN_GENERATED
 * (districts: GT_ORIGIN_OPEN). */
#ifndef GUOTU_SYNTH_H
#define GUOTU_SYNTH_H

#include "guotu/area.h"
#include "guotu/package.h"
#include "guotu/store.h"

#define GT_SYNTH_PARCELS_MIN     1e3
#define GT_SYNTH_PARCELS_MAX     2e7
#define GT_SYNTH_PARCELS_DEFAULT 3e4

/* ---- what it is laid over ----------------------------------------------------------------------
 */

typedef struct gt_synth_unit {
    const char *code, *name;  /* e.g. "110101", "东城区" */
    const gt_geom *geom;      /* polygon in the working CRS; neighbours share their vertices */
    const char *const *towns; /* names, NULL-terminated, or NULL: one town, named as the unit */
    const char *const *town_codes; /* as many, or NULL */
} gt_synth_unit;

/* Heights, metres. Must reach beyond the units. Coarse grids (over three cells of the internal
 * grid, about 0.8 km) get seeded detail that keeps the mean of every cell. */
typedef struct gt_synth_relief {
    int n_cols, n_rows;
    double x0, y0;  /* centre of the first cell in memory */
    double dx, dy;  /* step; dy < 0 when the first row is the northern one */
    const float *z; /* no holes */
    bool degrees;   /* x, y are longitude and latitude; else metres of the working CRS */
    /* 1 where the cell was measured, 0 where a hole was filled from beside; borrowed; NULL: all.
     * Grids of heights have no value there: heights drawn out over a margin are stripes. */
    const unsigned char *known;
} gt_synth_relief;

typedef struct gt_synth_data {
    gt_synth_unit *units;
    size_t n_units;
    gt_synth_relief relief;
    const char *sources; /* one line a source: file, what, licence; for reports and the log */
    void *owner;         /* of gt_synth_data_load; NULL when filled by hand */
} gt_synth_data;

/* Reads open data from a folder. The `data:` section of the package's recipe says which files are
 * looked for (first found wins) and how to read them; tools/fetch_open_data.sh fetches the default
 * set. GT_E_NOT_FOUND names what is missing and how to get it; GT_E_INPUT what is wrong with a
 * file. data->owner holds everything: free with gt_synth_data_free. */
gt_status gt_synth_data_load(gt_ctx *ctx, const gt_package *package, const char *dir,
                             gt_synth_data *out) GT_CHECKED;
void gt_synth_data_free(gt_ctx *ctx, gt_synth_data *data);

/* ---- laying out --------------------------------------------------------------------------------
 */

typedef struct gt_synth gt_synth; /* one thread at a time; works in parallel inside */

typedef struct gt_synth_options {
    size_t size;
    uint64_t seed;
    double n_parcels;   /* wanted number of land use parcels, GT_SYNTH_PARCELS_MIN .. _MAX; met to a
                         * few percent */
    const char *recipe; /* path; NULL: synth.yaml in the package's folder */
    int grid;           /* cells on a side of the internal grid, 64..2048; 0: 1024 */
    double zone_cells;  /* cells under the zone layers; 0: 24 000 */
} gt_synth_options;
void gt_synth_options_init(gt_synth_options *options);

/* Builds relief, water, roads, zones (about 3 s and 90 MB at the default grid). package and data
 * are borrowed until gt_synth_free. GT_E_USAGE: options out of range; GT_E_INPUT: data or recipe,
 * located. */
gt_status gt_synth_new(gt_ctx *ctx, const gt_package *package, const gt_synth_data *data,
                       const gt_synth_options *options, gt_synth **out) GT_CHECKED;
void gt_synth_free(gt_ctx *ctx, gt_synth *synth);

typedef struct gt_synth_layer {
    const gt_standard *standard; /* the package's; borrowed */
    gt_origin origin;
    gt_date valid_from; /* day of the survey; a layer with several surveys occurs once for each */
    const char *note;   /* what it is made of, English; for metadata */
} gt_synth_layer;
/* Districts first, then zones, then land use for each survey, then what lies on parcels. Layers of
 * the recipe that the package lacks are an error of gt_synth_new. */
size_t gt_synth_n_layers(const gt_synth *synth);
gt_synth_layer gt_synth_layer_at(const gt_synth *synth, size_t i);

/* Receives one feature, ready for gt_commit_put or gt_sink_put: blob in the working CRS, values as
 * the standard lists them, survey area (70 m step) in m2, 0 for lines. Borrowed for the call. */
typedef gt_status (*gt_synth_put_fn)(gt_ctx *ctx, void *user, const gt_feature *feature,
                                     double area_m2);
/* Streams layer i. Memory: independent of the number of parcels above 60 000 (about 60 MB with two
 * threads). Any layer, in any order, any number of times. Stops with what put returns. */
gt_status gt_synth_emit(gt_ctx *ctx, gt_synth *synth, size_t i, gt_synth_put_fn put,
                        void *user) GT_CHECKED;

/* Emits every layer into the map: one revision for each day of validity, earlier surveys first
 * (districts and zones with the base year's). *revision = the last one made. A failure leaves the
 * revisions before it. Cost: 15 s for the default size. */
gt_status gt_synth_store(gt_ctx *ctx, gt_synth *synth, gt_store *store, const char *author,
                         int64_t *revision) GT_CHECKED;

/* Writes the recipe's grids into `dir` (WORKSPACE/grids): one GeoTIFF each over the package's
 * extent, aligned, marked by the items GT_ORIGIN_ITEM and GT_SYNTH_ITEM. A file that stands there
 * and was not made so is real data and is left; *made and *left (may be NULL) count. Elevation is
 * the relief itself where that is fine, else with its generated detail. Cost: 0.3 us a cell and
 * term, on all threads; blocks of the walk in memory. */
gt_status gt_synth_grids(gt_ctx *ctx, gt_synth *synth, const char *dir, size_t *made,
                         size_t *left) GT_CHECKED;
/* Item of a grid that gt_synth_grids made: its seed. */
#define GT_SYNTH_ITEM "guotu_synth"

/* Plays a table of changes (CSV: date,layer,act,where,over,over_where,km2,set,why) into the map
 * after gt_synth_store: one revision a row. act: `set` gives features a new value (set:
 * FIELD=VALUE), `end` ends them, `back` puts ended ones back. where: a condition over the layer's
 * fields (expr.h); over, over_where: only on parcels of that layer; km2: until this much is taken,
 * plane area, to half a feature. *n_rows: rows of the file, 0 without it; *n: those that matched
 * something and made a revision. GT_E_INPUT names the line; the rows before it stay. Cost: two
 * reads of the layer a row. */
gt_status gt_synth_years(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *path,
                         const char *author, size_t *n, size_t *n_rows) GT_CHECKED;

typedef struct gt_books_made {
    size_t records, events; /* events: additions, changes, moves, attachments */
    size_t refused; /* moves that guards or rules refused; their records stay where they are */
} gt_books_made;
/* Plays a table of ledger records (CSV: ledger,n,unit,place,date,given,steps; src/synth/books.c)
 * into the books, all marked as generated, done by the actor "generated". That actor is added as
 * the first of an empty register; a workspace with actors of its own and without that one is left
 * as it is. GT_E_INPUT names the line; what was recorded before it stays. Cost: one transaction an
 * event.
 */
gt_status gt_synth_books(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *path,
                         gt_books_made *made) GT_CHECKED;

/* Streams one more coverage for benchmarks: as many cells as there are parcels, laid out anew under
 * `salt`, all attributes that `standard` requires filled with codes of its lists. */
gt_status gt_synth_emit_extra(gt_ctx *ctx, gt_synth *synth, const gt_standard *standard,
                              uint64_t salt, gt_synth_put_fn put, void *user) GT_CHECKED;

/* ---- did it hit? -------------------------------------------------------------------------------
 */

typedef struct gt_synth_total {
    const char *id, *clause;
    gt_title title;
    double published_km2, made_km2;
    double tolerance; /* relative, e.g. 0.01 */
} gt_synth_total;
/* Counts every figure of the recipe (one pass over the parcels the first time). */
gt_status gt_synth_measure(gt_ctx *ctx, gt_synth *synth) GT_CHECKED;
size_t gt_synth_n_totals(const gt_synth *synth);
gt_synth_total gt_synth_total_at(const gt_synth *synth, size_t i);
/* The table the CLI prints: figure, published, made, deviation, verdict; after gt_synth_measure. */
void gt_synth_report(const gt_synth *synth, gt_lang lang, gt_text *out);

#endif
