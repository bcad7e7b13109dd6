/* Coverage: the stored layers of a workspace woven together, and what falls out of it.
 *
 * This room joins the store to the pure kernel (weave.h): it reads layers into batches, gives the
 * kernel the plane's scale, and turns codes back into words. Areas are the account's: additive,
 * parts sum to the whole exactly (area.h names the three kinds of area and why they are never
 * mixed). */
#ifndef GUOTU_COVERAGE_H
#define GUOTU_COVERAGE_H

#include "guotu/package.h"
#include "guotu/store.h"
#include "guotu/weave.h"

/* One column of an area table. */
typedef struct gt_area_column {
    const char *name; /* as asked for */
    const char *layer;
    int field;      /* index into the layer's fields; -1: the feature id */
    bool big_class; /* the code's big class (farm, construction, unused) instead of the code */
    const gt_codelist *codes; /* titles of the codes, or NULL */
} gt_area_column;

typedef struct gt_area_table gt_area_table;

typedef struct gt_areas_options {
    size_t size;
    gt_date as_of;     /* GT_DATE_NONE: valid now */
    int64_t as_of_rev; /* 0: newest */
} gt_areas_options;
void gt_areas_options_init(gt_areas_options *options);

/* Area per distinct combination of `by`: comma-separated words, each a layer id (its class field,
 * else the feature id), LAYER.FIELD, or one of the package's own words: `district` (the unit
 * layer's name), `land_class`, `big_class`, `township`. Rows are sorted by column texts; places
 * without a feature of some layer have the empty text there; places without any feature are left
 * out. Owned by the caller. GT_E_USAGE: unknown word (the known ones are listed); GT_E_NOT_FOUND: a
 * layer without data. Cost: about 1 us an edge; memory: about 120 bytes an edge of the layers named
 * (see weave.h). */
gt_status gt_areas(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *by,
                   const gt_areas_options *options, gt_area_table **out) GT_CHECKED;
void gt_area_table_free(gt_area_table *table);
size_t gt_area_table_n_columns(const gt_area_table *table);
const gt_area_column *gt_area_table_column(const gt_area_table *table, size_t i);
size_t gt_area_table_n_rows(const gt_area_table *table);
/* Text of column c in row r ("" = none there); borrowed. */
const char *gt_area_table_text(const gt_area_table *table, size_t r, size_t c);
double gt_area_table_m2(const gt_area_table *table, size_t r);
/* Sum of all rows, rounded once. */
double gt_area_table_total(const gt_area_table *table);

#endif
