/* Which open data a recipe is laid over: its `data:` section. */
#ifndef GT_SYNTH_INPUT_H
#define GT_SYNTH_INPUT_H

#include "synth/recipe.h"

typedef struct sy_file {            /* one place where a kind of data may be found */
    const char *file;               /* below the data folder */
    const char *note;               /* source and licence, for reports */
    const char *layer;              /* districts: layer of the file, or NULL */
    const char *datum;              /* districts: "gcj02", "bd09" or NULL */
    const char *code, *name, *unit; /* field names; unit: of the district's code (towns) */
    const char *crs;                /* relief: CRS when the file has none, or NULL */
    bool as_is; /* relief: take the file's own cells (they are means), do not resample */
    const char *const *ramp; /* relief: "value height" pairs, ascending, or NULL */
} sy_file;

typedef struct sy_data_list { /* each in the order in which it is looked for */
    sy_file *districts;
    size_t n_districts;
    sy_file *towns;
    size_t n_towns;
    sy_file *relief;
    size_t n_relief;
} sy_data_list;

/* Reads the section into the arena. */
gt_status sy_data_list_read(gt_ctx *ctx, const char *recipe, gt_arena *arena,
                            sy_data_list *out) GT_CHECKED;

#endif
