/* Standards: what a layer must look like. Filled by the plan package (src/plan) or by hand; read by
 * the store (tables), by QC and by export. All pointers are owned by whoever built the standard
 * (for packages: the package's arena) and immutable afterwards. */
#ifndef GUOTU_STANDARD_H
#define GUOTU_STANDARD_H

#include "guotu/crs.h"
#include "guotu/date.h"
#include "guotu/geometry.h"

typedef struct gt_title { /* never NULL once read */
    const char *zh, *en;
} gt_title;

/* One code of a code list, e.g. survey class 0103 旱地. */
typedef struct gt_code {
    const char *code;
    gt_title title;
    const char *parent; /* code of the level above, or NULL */
    const char *big;    /* survey classes: "farm", "construction", "unused"; else NULL */
    const char *map_to; /* code of the list named by gt_codelist.map_list, or NULL */
    const char *color;  /* "#rrggbb" or NULL */
    size_t place;       /* in the list as it is written: the order of legends */
} gt_code;

typedef struct gt_codelist {
    const char *id;
    gt_title title;
    const char *source; /* standard and clause it comes from */
    const char *map_list;
    const gt_code *codes; /* sorted by code (strcmp) */
    size_t n_codes;
} gt_codelist;

/* NULL when the code is not in the list. O(log n). */
const gt_code *gt_codelist_find(const gt_codelist *list, const char *code);

typedef enum gt_field_type {
    GT_FIELD_TEXT = 1,
    GT_FIELD_INT,
    GT_FIELD_REAL,
    GT_FIELD_BOOL, /* 0, 1, or null for unknown */
    GT_FIELD_DATE  /* stored as text YYYY-MM-DD */
} gt_field_type;

typedef struct gt_field {
    const char *name; /* column name: lower case ASCII, as the standard abbreviates it */
    gt_title title;
    const char *unit;         /* "m2", "ha", "%"... or NULL */
    const gt_codelist *codes; /* NULL: free */
    const char *const
        *aliases; /* other column names accepted on import, NULL-terminated, or NULL */
    double min, max;
    gt_field_type type;
    int max_length; /* characters; 0 = no limit */
    bool required, unique;
    bool has_min, has_max;
} gt_field;

typedef struct gt_qc_rules {  /* metres, square metres, degrees; 0 = check off */
    double min_area_m2;       /* smaller polygons are reported as slivers */
    double min_width_m;       /* 2*area/perimeter below it: sliver */
    double min_angle_deg;     /* spike: a corner sharper than this */
    bool no_overlap, no_gaps; /* coverage checks (weave) */
    bool has_bounds;
    gt_box bounds; /* in the working CRS: features beyond it are out of bounds */
} gt_qc_rules;

typedef enum gt_origin { GT_ORIGIN_SURVEY = 0, GT_ORIGIN_OPEN, GT_ORIGIN_GENERATED } gt_origin;

typedef struct gt_standard {
    const char *id; /* layer id and table name: [a-z][a-z0-9_]* */
    gt_title title;
    const char *theme;      /* theme id for layer trees */
    gt_geom_type geom_type; /* declared type; polygons and lines are stored as MULTI */
    const gt_field *fields;
    size_t n_fields;
    const char *id_field;    /* attribute that carries the feature id, or NULL: made up */
    const char *class_field; /* attribute for colours and area tables, or NULL */
    gt_qc_rules qc;
    const char *const *clauses; /* NULL-terminated */
    const char *source;         /* standard or plan it comes from */
    const char *color;          /* "#rrggbb" when no class field, or NULL */
    const char *area_field;     /* attribute that states the survey area in m2, or NULL */
    const char *subject; /* kind of subject its features are: rules are asked before one is written
                          * over the network; NULL: none */
} gt_standard;

/* Index of a field by name or alias (ASCII case-insensitive), -1 when there is none. */
int gt_standard_field(const gt_standard *standard, const char *name);

/* ---- values ---------------------------------------------------------------------------------- */
typedef enum gt_value_kind { GT_NULL = 0, GT_VAL_TEXT, GT_VAL_INT, GT_VAL_REAL } gt_value_kind;

typedef struct gt_value {
    gt_value_kind kind;
    const char *text; /* borrowed, NUL-terminated UTF-8 */
    size_t len;
    int64_t integer;
    double real;
} gt_value;

/* One feature on its way in or out. Everything is borrowed by the receiver for the call, or by the
 * caller until the next call on the giver. */
typedef struct gt_feature {
    int64_t row;    /* row id of this version in the store; 0 on the way in */
    const char *id; /* feature id, stable over revisions */
    gt_date valid_from, valid_to;
    int64_t rev_from, rev_to; /* 0 = open */
    int64_t valid_to_rev;     /* revision that ended its valid time, 0 = none; only read with
                               * gt_query.all_versions or changed_since */
    const uint8_t *blob;      /* GeoPackage geometry in the working CRS */
    size_t blob_len;
    gt_box box;
    const gt_value *values; /* one per field of the standard */
    size_t n_values;
} gt_feature;

#endif
