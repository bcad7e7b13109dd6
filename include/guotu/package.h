/* Plan packages: a plan written down as text (YAML), read and validated as a whole.
 *
 *   PACKAGE/package.yaml     id, titles, version, working CRS, units (hierarchy), files, plans
 *   PACKAGE/clauses.csv      the clause registry
 *   PACKAGE/standards/x.yaml code lists
 *   PACKAGE/.../layers.yaml, rules.yaml, parameters.yaml, views.yaml, ... items, one kind a file
 * All mistakes are collected in one run, each with file:line:column and a hint. */
#ifndef GUOTU_PACKAGE_H
#define GUOTU_PACKAGE_H

#include "guotu/notes.h"
#include "guotu/standard.h"

typedef struct gt_package gt_package; /* immutable after reading; shareable between threads */

typedef enum gt_strength { GT_BINDING = 0, GT_GUIDANCE, GT_DESCRIPTIVE } gt_strength;
typedef enum gt_item_kind {
    GT_ITEM_LAYER = 0, GT_ITEM_MODEL, GT_ITEM_RULE, GT_ITEM_INDICATOR, GT_ITEM_LEDGER, GT_ITEM_VIEW,
    GT_ITEM_PARAMETER, GT_ITEM_PROCESS
} gt_item_kind;

typedef struct gt_clause {
    const char *id, *plan, *section, *kind, *title_en, *terms_zh, *requirement_en, *quantities,
        *area, *strength;
} gt_clause;

typedef struct gt_parameter {
    const char *id;
    gt_title title, note;
    const char *unit;
    double value;
    bool has_min, has_max;
    double min, max;
    const char *const *clauses;
} gt_parameter;

/* A rule (see docs/guide for the language); conditions are SQL expressions over measures. */
typedef struct gt_measure {
    const char *id;     /* gives ID_m2, ID_share, ID_count */
    const char *layer;
    const char *where;  /* SQL over the layer's attributes, or NULL */
} gt_measure;

typedef enum gt_effect { GT_DENY = 0, GT_CONDITION, GT_DUTY, GT_NOTE } gt_effect;

typedef struct gt_rule {
    const char *id;
    gt_title title, say;
    const char *const *clauses;
    gt_strength strength;
    gt_date from, to;
    const char *const *applies_to; /* subject kinds, NULL-terminated */
    const char *when;              /* SQL over the subject's attributes, or NULL = always */
    const gt_measure *measures;
    size_t n_measures;
    gt_effect effect;
    const char *condition;         /* SQL: true = the effect happens; NULL result = undecidable */
    const char *comply_cut_out;    /* measure whose overlap must be left out, or NULL */
    const char *file;
    int line;
} gt_rule;

/* Reads PACKAGE. Mistakes go to notes (owned by the caller); *out is NULL when there are errors and the
 * call returns GT_E_INPUT then. Owned by the caller. */
gt_status gt_package_read(gt_ctx *ctx, const char *dir, gt_notes *notes,
                          gt_package **out) GT_CHECKED;
void gt_package_free(gt_package *package);
const char *gt_package_id(const gt_package *package);
const char *gt_package_version(const gt_package *package);
gt_title gt_package_title(const gt_package *package);
const char *gt_package_crs(const gt_package *package);
/* Layer id that holds the units of the area tables (districts), and its name field. */
const char *gt_package_unit_layer(const gt_package *package);

size_t gt_package_n_layers(const gt_package *package);
const gt_standard *gt_package_layer(const gt_package *package, size_t i);
const gt_standard *gt_package_find_layer(const gt_package *package, const char *id);
const gt_codelist *gt_package_find_codelist(const gt_package *package, const char *id);
size_t gt_package_n_rules(const gt_package *package);
const gt_rule *gt_package_rule(const gt_package *package, size_t i);
const gt_parameter *gt_package_find_parameter(const gt_package *package, const char *id);
size_t gt_package_n_parameters(const gt_package *package);
const gt_parameter *gt_package_parameter(const gt_package *package, size_t i);

size_t gt_package_n_clauses(const gt_package *package);
const gt_clause *gt_package_clause(const gt_package *package, size_t i);
const gt_clause *gt_package_find_clause(const gt_package *package, const char *id);
/* What carries clause i out: item kinds and ids, n = 0 when it is missing. Borrowed. */
size_t gt_package_carriers(const gt_package *package, size_t clause, size_t max,
                           gt_item_kind *kinds, const char **ids);

#endif
