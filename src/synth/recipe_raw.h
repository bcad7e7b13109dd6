/* Inside of the recipe reader: the shape of the YAML and what resolving carries along. */
#ifndef GT_SYNTH_RECIPE_RAW_H
#define GT_SYNTH_RECIPE_RAW_H

#include "plan/schema.h"
#include "synth/recipe.h"

typedef struct raw_part {
    const char *put, *zh, *en, *in, *not_in, *having, *score;
    const char *const *set, *const *units, *const *classes, *const *at;
    double m2, share;
    bool rest;
    int smooth;
} raw_part;

typedef struct raw_zone {
    const char *layer;
    int kind;
    bool by_unit, whole, hidden;
    int since;
    const char *prefix;
    const char *const *set;
    raw_part *parts;
    size_t n_parts;
} raw_zone;

typedef struct raw_track {
    const char *layer, *prefix;
    const char *const *set;
    bool dated;
    int since;
    raw_part *parts;
    size_t n_parts;
} raw_track;

typedef struct raw_course {
    const char *code;
    gt_title title;
    const char *const *course;
} raw_course;

typedef struct raw_spot { /* lake, pull, site */
    const char *at;
    gt_title title;
    double m2, radius, weight;
} raw_spot;

typedef struct raw_group {
    const char *const *units, *const *set;
} raw_group;

typedef struct raw_ribbon {
    const char *layer, *prefix;
    const char *const *set;
    double width;
} raw_ribbon;

typedef struct raw_line {
    const char *put;
    gt_title title;
    const char *const *set, *const *course;
} raw_line;

typedef struct raw_drawn {
    const char *layer, *prefix;
    const char *const *set;
    raw_line *parts;
    size_t n_parts;
} raw_drawn;

typedef struct raw_change {
    int year;
    const char *from, *to;
    double m2;
} raw_change;

typedef struct raw_grid {
    const char *id, *score, *unit;
    gt_title title;
    double least, most;
    bool relief, whole;
} raw_grid;

typedef struct raw_total {
    const char *id, *zh, *en, *clause, *in;
    const char *const *of, *const *units;
    double m2, share, tolerance;
} raw_total;

typedef struct raw_recipe {
    const char *id, *centre, *density;
    int base_year;
    const char *const *years, *const *rings;
    raw_course *rivers;
    size_t n_rivers;
    raw_spot *lakes;
    size_t n_lakes;
    raw_spot *pulls;
    size_t n_pulls;
    raw_spot *sites;
    size_t n_sites;
    raw_zone *zones;
    size_t n_zones;
    raw_track *tracks;
    size_t n_tracks;
    raw_group *groups;
    size_t n_groups;
    raw_ribbon *ribbons;
    size_t n_ribbons;
    raw_drawn *lines;
    size_t n_lines;
    double grid_cell;
    raw_grid *grids;
    size_t n_grids;
    raw_change *changes;
    size_t n_changes;
    raw_total *totals;
    size_t n_totals;
} raw_recipe;

extern const gt_schema sy_recipe_schema, sy_data_schema;

typedef struct sy_resolver {
    gt_ctx *ctx;
    gt_arena *arena;
    gt_problems *problems;
    const sy_territory *land;
    const raw_recipe *raw;
    sy_recipe *out;
    size_t zones_known, tracks_known; /* what may be referred to */
    gt_status status;                 /* memory */
} sy_resolver;

/* Zeroed arena block; NULL marks r->status. */
void *sy_need(sy_resolver *r, size_t n, size_t size);
/* First `len` bytes of text equal word. */
bool sy_is_word(const char *text, size_t len, const char *word);
/* "zone" or "zone:label" (text of len bytes) among what is known so far; false and a problem else.
 */
bool sy_find_zone(sy_resolver *r, const gt_ynode *node, const char *text, size_t len, int *zone,
                  int *label);
/* A place from two numbers: degrees, or metres when the territory has no plane. Too far away or not
 * finite: a problem at the node. */
sy_pt sy_place(sy_resolver *r, const gt_ynode *node, double a, double b);
/* A place written "116.39 39.91". */
sy_pt sy_read_place(sy_resolver *r, const gt_ynode *node, const char *text);
/* Places so written, a NULL-ended list; *n: how many. */
sy_pt *sy_read_places(sy_resolver *r, const gt_ynode *node, const char *const *texts, size_t *n);
/* One flag for each unit, set for those named or coded in the list; NULL: no list, all of them. */
const bool *sy_read_units(sy_resolver *r, const gt_ynode *node, const char *const *texts);
/* Index of a label by its code; -1: none. */
int sy_find_label(const sy_label *labels, size_t n, const char *code);
/* "track" or "track:label", as sy_find_zone. */
bool sy_find_track(sy_resolver *r, const gt_ynode *node, const char *text, int *track, int *label);
/* A score such as 3*near(river,150) - 2*ramp(slope,.05,.3) + .4*noise(2500) + in(plain_area).
 * NULL gives no terms; mistakes are reported at the node. */
sy_terms sy_read_score(sy_resolver *r, const gt_ynode *node, const char *text);

#endif
