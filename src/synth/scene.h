/* Everything that is fixed before parcels are made: world, borders, fields, recipe, zones.
 * Immutable once built; shareable between threads. */
#ifndef GT_SYNTH_SCENE_H
#define GT_SYNTH_SCENE_H

#include "synth/cells.h"
#include "synth/recipe.h"
#include "synth/terrain.h"

typedef struct sy_scene {
    uint64_t seed;
    sy_world world;
    sy_border border;
    sy_fields fields;
    const gt_plane *plane; /* borrowed */
    sy_recipe *recipe;
    size_t n_units;
    const char *const *unit_codes, *const *unit_names; /* borrowed */
    const char *const *const *towns;      /* per unit: names, NULL-terminated, or NULL; borrowed */
    const char *const *const *town_codes; /* the same for codes, or NULL */
    double km2;                           /* territory, ellipsoidal */
    double *lake_km2;                     /* per lake: what was reached */

    /* zones: one coverage of cells, shared by all zone layers */
    sy_density zone_density;
    sy_mesh zone_mesh;
    sy_faces cells;
    double *cell_km2;
    uint32_t *next_start, *next; /* neighbours of a cell, any district (CSR) */
    int16_t **label;             /* per zone layer, per cell; -1 = none */
    uint32_t *burnt; /* per grid cell: the zone cell at its centre, UINT32_MAX outside */
} sy_scene;

/* What the caller gives (arrays borrowed for the life of the scene, but for relief). */
typedef struct sy_scene_input {
    const sy_unit_rings *units; /* name = what messages call it */
    const char *const *unit_codes, *const *unit_names;
    size_t n_units;
    const char *const *const *towns, *const *const *town_codes;
    const sy_relief *relief;
    const gt_plane *plane;   /* NULL: areas of the plane, recipe in metres */
    const char *recipe_path; /* or: */
    const char *recipe_text; /* NUL-terminated */
    uint64_t seed;
    int grid;          /* cells of a side of the fields: 1024 */
    double zone_cells; /* wanted number of zone cells */
} sy_scene_input;

/* On failure the scene is freed. */
gt_status sy_scene_build(gt_ctx *ctx, const sy_scene_input *input, sy_scene *out) GT_CHECKED;
void sy_scene_free(gt_ctx *ctx, sy_scene *s);

/* Fields of the recipe: rivers, lakes, roads, pull (scene_fields.c). */
gt_status sy_scene_fields(gt_ctx *ctx, sy_scene *s, const sy_relief *relief) GT_CHECKED;
/* Zone cells and labels (zones.c). */
gt_status sy_scene_zones(gt_ctx *ctx, sy_scene *s, double n_cells) GT_CHECKED;
/* Density grid scaled to about n cells inside the territory, lattice space; owned by `out`. */
gt_status sy_scene_density(gt_ctx *ctx, const sy_scene *s, const sy_terms *terms, double n,
                           uint64_t seed, sy_density *out) GT_CHECKED;

/* Value of a score at p. zone_cell: the zone cell that holds p, or UINT32_MAX to look it up. hash:
 * what white() draws from. */
double sy_score(const sy_scene *s, const sy_terms *terms, sy_pt p, uint32_t zone_cell,
                uint64_t hash);
uint32_t sy_zone_cell_at(const sy_scene *s, sy_pt p);
/* Label of zone layer `zone` at p, -1 = none. */
int sy_zone_at(const sy_scene *s, int zone, uint32_t zone_cell);
bool sy_where_holds(const sy_scene *s, const sy_where *w, int unit, uint32_t zone_cell);

#endif
