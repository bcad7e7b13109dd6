/* Plan packages: a plan written down as text (YAML), read and validated as a whole.
 *
 *   PACKAGE/package.yaml     id, titles, version, working CRS, units (hierarchy), files, plans
 *   PACKAGE/clauses.csv      the clause registry
 *   PACKAGE/standards/x.yaml code lists
 *   PACKAGE/.../layers.yaml, rules.yaml, parameters.yaml, views.yaml, ... items, one kind a file
 * All mistakes are collected in one run, each with file:line:column and a hint. The format is
 * described in docs/guide/package.md. Every pointer below belongs to the package. */
#ifndef GUOTU_PACKAGE_H
#define GUOTU_PACKAGE_H

#include "guotu/notes.h"
#include "guotu/standard.h"

typedef struct gt_package gt_package; /* immutable after reading; shareable between threads */

typedef enum gt_strength { GT_BINDING = 0, GT_GUIDANCE, GT_DESCRIPTIVE } gt_strength;

/* Everything a package declares. The first eight can carry a clause out by themselves; the others
 * carry a clause only where it states a fact (see gt_package_carriers). */
typedef enum gt_item_kind {
    GT_ITEM_LAYER = 0,
    GT_ITEM_MODEL,
    GT_ITEM_RULE,
    GT_ITEM_INDICATOR,
    GT_ITEM_LEDGER,
    GT_ITEM_VIEW,
    GT_ITEM_PARAMETER,
    GT_ITEM_PROCESS,
    GT_ITEM_CODES,   /* a code list */
    GT_ITEM_SUBJECT, /* a kind of subject rules speak of */
    GT_ITEM_TOTAL,   /* a published figure */
    GT_ITEM_PLAN,    /* entry of the plan register */
    GT_ITEM_SERIES   /* figures over time */
} gt_item_kind;
enum { GT_ITEM_KINDS = 13 };
/* "layer", "model" ... as the files write it; static. */
const char *gt_item_kind_name(gt_item_kind kind);
/* The same for readers, e.g. "图层" / "layer"; static. */
gt_title gt_item_kind_title(gt_item_kind kind);

typedef struct gt_clause {
    const char *id, *plan, *section, *kind, *title_en, *terms_zh, *requirement_en, *quantities,
        *area, *strength;
    int line; /* in clauses.csv */
} gt_clause;

/* One plan of the register. Precedence between plans is the package's order of tests (final over
 * draft, later over earlier) applied to these. */
typedef struct gt_plan {
    const char *id; /* clause prefix, e.g. "LND" */
    gt_title title, note;
    bool final;                    /* false: draft */
    gt_date issued;                /* day of issue, GT_DATE_NONE when not known */
    gt_date from, to;              /* plan period */
    const char *document;          /* document number or NULL */
    const char *const *clauses;    /* its own register entry */
    const char *const *superseded; /* clauses kept as history only (never in force) */
} gt_plan;

typedef struct gt_parameter {
    const char *id;
    gt_title title, note;
    const char *unit; /* NULL: a plain number */
    double value;     /* in unit */
    bool has_min, has_max;
    double min, max; /* in unit */
    const char *const *clauses;
    double base; /* value in the base unit: m2, m, 1 (for %), else value; what :id gives in SQL */
} gt_parameter;

/* ---- rules: conditions are SQL expressions over names --------------------------------------- */

typedef enum gt_measure_kind {
    GT_MEASURE_OVERLAP = 0, /* with the layer: ID_m2 ID_share ID_count ID_pieces ID_largest_m2
                             * ID_length_m */
    GT_MEASURE_DISTANCE,    /* to the nearest feature: ID_distance_m, NULL beyond within_m */
    GT_MEASURE_COUNT,       /* features that meet the subject, or lie within within_m: ID_count */
    GT_MEASURE_VALUE,       /* field of the feature with the largest overlap: ID, NULL when none */
    GT_MEASURE_TOTAL        /* over the layer, not the subject: ID_m2 ID_count; only features of the
                             * subject's unit when same_unit is set */
} gt_measure_kind;

typedef struct gt_measure {
    const char *id;    /* prefix of the names above */
    const char *layer; /* an id of the package's layers */
    const char *where; /* SQL over the layer's attributes, or NULL */
    gt_measure_kind kind;
    double within_m;       /* search distance; 0 = none */
    const char *field;     /* VALUE: attribute read */
    const char *same_unit; /* TOTAL: layer of units, or NULL */
} gt_measure;

typedef enum gt_effect { GT_DENY = 0, GT_CONDITION, GT_DUTY, GT_NOTE } gt_effect;

/* A stated exception: when it holds the rule passes, with the clause that allows it. */
typedef struct gt_exception {
    const char *when;           /* SQL over the rule's names */
    const char *const *clauses; /* at least one */
    gt_title say;               /* members NULL when not given */
} gt_exception;

/* What a name in the rule's expressions stands for. */
typedef enum gt_name_kind {
    GT_NAME_FACT = 0, /* a fact of the subject: field says its type */
    GT_NAME_AREA,     /* area_m2: survey area of the subject */
    GT_NAME_DATE,     /* as_of: text YYYY-MM-DD */
    GT_NAME_UNIT,     /* unit: name of the unit (district) the subject lies in */
    GT_NAME_MEASURE   /* measures[measure], aspect */
} gt_name_kind;

typedef enum gt_aspect {
    GT_ASPECT_M2 = 0,
    GT_ASPECT_SHARE,
    GT_ASPECT_COUNT,
    GT_ASPECT_PIECES,
    GT_ASPECT_LARGEST_M2,
    GT_ASPECT_LENGTH_M,
    GT_ASPECT_DISTANCE_M,
    GT_ASPECT_VALUE
} gt_aspect;

typedef struct gt_name {
    const char *name;
    gt_name_kind kind;
    gt_aspect aspect;      /* MEASURE */
    size_t measure;        /* MEASURE: index into the rule's measures */
    const gt_field *field; /* FACT, and MEASURE of kind VALUE; else NULL */
    const char *fallback;  /* FACT: its default, or NULL. What such a fact lacks is never what is
                            * missing: name another */
} gt_name;

typedef struct gt_rule {
    const char *id;
    gt_title title, say;
    const char *const *clauses;
    gt_strength strength;
    gt_date from, to;              /* in force on days from <= d <= to; GT_DATE_NONE = open */
    const char *const *applies_to; /* subject kinds, NULL-terminated */
    const char *when; /* SQL over facts, area_m2, as_of and unit (no measures), or NULL = always */
    const gt_measure *measures;
    size_t n_measures;
    gt_effect effect;
    const char *condition; /* SQL: true = the effect happens; NULL result = undecidable. In
                            * when, condition and exceptions a fact that has a default reads
                            * coalesce(fact, (default)) */
    bool together; /* measures and area_m2 are those of the subject and the parts of its project
                    * decided before, as one piece of land: no salami slicing */
    const char *comply_cut_out; /* measure whose overlap must be left out, or NULL */
    const char *file;
    int line;
    int column;
    const gt_exception *exceptions;
    size_t n_exceptions;
    const char *const *needs; /* facts without which it is undecidable; NULL-terminated, or NULL */
    gt_title comply_say;      /* how to comply in words; members NULL when not given */
    gt_title note;            /* reading of the clause, limits; members NULL when not given */
    const gt_name *names;     /* every name its expressions may use */
    size_t n_names;
    const char *const *name_texts;                /* names[i].name, for gt_expr_compile */
    const char *when_written, *condition_written; /* as the file has them, for showing */
} gt_rule;

/* A kind of subject and the facts that may be known of it (`--set name=value`). */
typedef struct gt_subject_kind {
    const char *id;
    gt_title title, note;
    const gt_field *fields;
    size_t n_fields;
    const char *const *clauses;
    const char *const *defaults; /* by field: SQL over facts without a default (and area_m2, as_of,
                                  * unit) that counts when the fact is not given; NULL = none */
} gt_subject_kind;

/* ---- published figures ---------------------------------------------------------------------- */

/* A figure a plan prints, as data: generators aim at it, tests compare with it. */
typedef struct gt_total {
    const char *id;
    gt_title title, note;
    const char *quantity; /* same word in two plans = same quantity */
    const char *area;     /* where it is counted: "city", "plain", a unit's name ... */
    int year;             /* 0 = undated; the last year of a period */
    int since;            /* first year of a period, 0 = a single year */
    double value;
    const char *unit;
    double m2;           /* the figure as an area in m2, NaN when it is not one. Shares are
                          * multiplied by the total named by `of` */
    const char *of;      /* id of the total a share is taken of, or NULL */
    const char *layer;   /* layer it can be measured on, or NULL */
    const char *where;   /* SQL over that layer's attributes, or NULL */
    const char *within;  /* layer whose polygons bound the count (plain_area ...), or NULL */
    double tolerance;    /* relative, e.g. 0.01 */
    const char *clause;  /* the clause that prints it */
    const gt_plan *plan; /* of that clause */
    bool superseded;     /* history only */
} gt_total;

/* ---- series and indicators ------------------------------------------------------------------- */

/* How the values of a year make one, and how the values of places make that of the whole. */
typedef enum gt_gather {
    GT_GATHER_LAST = 0,
    GT_GATHER_MEAN,
    GT_GATHER_SUM,
    GT_GATHER_NONE
} gt_gather;

/* Figures over time, of the city, its units or stations (series.h). */
typedef struct gt_series {
    const char *id;
    gt_title title, note;
    const char *const *clauses;
    const char *unit;
    double unit_base;      /* one unit in the base unit: m2, m or 1 */
    gt_gather yearly;      /* LAST, MEAN or SUM */
    gt_gather places;      /* SUM, MEAN, or NONE: only a value of its own counts for the city */
    bool has_min, has_max; /* beyond these a value is impossible */
    double min, max;       /* in unit */
    const char *file;
    int line;
} gt_series;

typedef enum gt_target_op {
    GT_AT_MOST = 0, /* "<=" */
    GT_BELOW,       /* "<" */
    GT_AT_LEAST,    /* ">=" */
    GT_ABOVE,       /* ">" */
    GT_ABOUT,       /* within `tolerance` of the target */
    GT_NO_DECREASE, /* not below the base value */
    GT_RISING,      /* above the base value */
    GT_OPEN         /* a number that the plan leaves to others: never decidable */
} gt_target_op;

typedef struct gt_target {
    int year;
    gt_target_op op;
    bool has_value;
    double value, base;     /* in the indicator's unit; in the base unit (m2, 1) */
    const gt_series *asked; /* instead of a value: the requirement of the year is in this series */
    const char *asked_id;
    const char *clause;
    const gt_plan *plan; /* of that clause */
    bool binding;        /* by its clause */
    bool each;           /* asked of every district, not of the city */
    bool alternative;    /* the plan prints several figures without choosing: decided only where all
                          * of the year agree */
    bool overruled;      /* another target of the year prevails, or the clause is history */
} gt_target;

/* Four names a series gives to a formula: ID (the year), ID_sum (from `from` to the year, unknown
 * when a year lacks), ID_before (the year before), ID_first (its earliest year); '-' as '_'. */
enum {
    GT_SERIES_NAMES = 4,
    GT_FORMULA_FIXED = 3,
    GT_MOST_SERIES = 12, /* of one indicator */
    GT_MOST_SUMS = 8
};

typedef enum gt_sum_kind {
    GT_SUM_COUNT = 0, /* records */
    GT_SUM_PLACE,     /* survey areas of their places */
    GT_SUM_FIELD,     /* values of a field */
    GT_SUM_OPENING,   /* of an account: everything before the year */
    GT_SUM_IN,        /* posted to it */
    GT_SUM_OUT,       /* posted from it */
    GT_SUM_CLOSING    /* everything until the end of the year */
} gt_sum_kind;

/* What a formula reads of the books under the name `name`: a sum over the records of a ledger or
 * over the lines of an account, whole quanta throughout. Not known while there is no record or
 * line at all: an empty book is no evidence of nothing. */
typedef struct gt_ledger_sum {
    const char *name;
    const char *ledger_id, *balance; /* one of them */
    const struct gt_ledger *ledger;  /* NULL: of a balance */
    const char *account;             /* of the balance; NULL: the one it watches */
    const char *take;                /* "count", "place", a field; "in", "out", ... */
    gt_sum_kind kind;
    size_t field;             /* of GT_SUM_FIELD */
    const char *where;        /* which of them, over names; NULL: all */
    const char *const *names; /* of the ledger, or unit quality ledger year; then asked_year */
    size_t n_names;
    int from;         /* of GT_SUM_IN and OUT: first year; 0: only the year asked */
    double unit_base; /* one unit of the field in the base unit */
    bool is_area;     /* quanta are hundredths of m2; else 1e-6 of the base unit, records 1 */
} gt_ledger_sum;

/* A figure that is watched. counted: area of the account's rows for which `count` holds; total: the
 * same of `of`. The value is `formula`; without one counted / total, counted, or the only series.
 * All in base units (m2, m, 1). */
typedef struct gt_indicator {
    const char *id;
    gt_title title, note;
    const char *const *clauses;
    const char *unit;
    double unit_base; /* one unit in the base unit: m2 or 1 */
    bool is_area, is_share;
    const char *const *account; /* words of gt_areas besides the district; NULL-terminated */
    const char *const *names;   /* of the conditions: district, year, then account, '.' as '_' */
    size_t n_names;
    const char *count, *of; /* conditions over names (SQL, expr.h), or NULL: nothing to count */
    const char *const *series_ids;
    const gt_series *const *series;
    size_t n_series;
    const gt_ledger_sum *sums;
    size_t n_sums;
    int from;                         /* first year of the sums; 0: not given */
    const char *formula;              /* over formula_names, or NULL */
    const char *const *formula_names; /* counted, total, year, then of every series, the sums */
    size_t n_formula_names;
    int base_year;   /* 0: no base value */
    double base;     /* in the base unit */
    bool base_first; /* the first measured value is the base */
    const char *base_clause;
    double tolerance; /* share of the target that GT_ABOUT allows either way */
    const gt_target *targets;
    size_t n_targets;
    const char *file;
    int line;
} gt_indicator;

/* ---- views and frames ----------------------------------------------------------------------- */

typedef struct gt_view {
    const char *id;
    gt_title title, note;
    const char *const *clauses;
    const char *const *base; /* layers drawn under it, NULL-terminated, or NULL */
    const char *const *show; /* layers drawn, bottom first, NULL-terminated; empty with a grid */
    const char *where;       /* SQL over the attributes of the last layer of show, or NULL */
    const char *grid;        /* grid of the workspace that is drawn, base over it; or NULL */
} gt_view;

/* ---- models ------------------------------------------------------------------------------------
 */

/* One binding of a model: NAME to a grid or layer, a parameter to its text. */
typedef struct gt_binding {
    const char *name;  /* NULL: the first input or output of the kernel */
    const char *value; /* ":id" stands for a parameter of the package */
    int line, column;
} gt_binding;

/* A derivation: a kernel (model.h) bound to grids and layers by name. Whether the kernel takes
 * these is told by gt_graph_new (graph.h). */
typedef struct gt_model_decl {
    const char *id;
    gt_title title, note;
    const char *const *clauses;
    const char *kind;  /* name of the kernel */
    const char *codes; /* code list of the classes of its first output, or NULL */
    const char *unit;  /* of its first output, where the kernel cannot know it; or NULL */
    const char *ramp;  /* colours of maps of it (gt_map_ramp_name), or NULL */
    const gt_binding *in, *with, *out;
    size_t n_in, n_with, n_out;
    const char *file;
    int line, column;
} gt_model_decl;

/* Any item by its common part: ledgers and processes are kept as frames until
 * their engines read them. */
typedef struct gt_item {
    gt_item_kind kind;
    const char *id;
    gt_title title;
    const char *const *clauses; /* never NULL; NULL-terminated */
    gt_strength strength;
    const char *file;
    int line, column;
} gt_item;

/* ---- reading -------------------------------------------------------------------------------- */

/* Reads PACKAGE. Mistakes go to notes (owned by the caller), sorted by file and line; *out is NULL
 * when there are errors and the call returns GT_E_INPUT then (the context's error counts them).
 * GT_E_ENV when package.yaml cannot be read. Limits: 4 MiB a file, 32 levels, 200 000 nodes, 1000
 * mistakes. Owned by the caller. Cost: 8 ms a megabyte of text. */
gt_status gt_package_read(gt_ctx *ctx, const char *dir, gt_notes *notes,
                          gt_package **out) GT_CHECKED;

/* Where the parsed form of a package without mistakes is kept between starts. */
typedef struct gt_package_keep {
    const char *path;   /* of the file; written when it does not fit, left alone when it does */
    const char *engine; /* identity of the program: another one parses and compiles again */
} gt_package_keep;

/* The same with the parsed form kept in a file. It is used when it was written by the same engine
 * for files that hash to the same (BLAKE2b-256 over all names and bytes): the conditions of the
 * rules are not compiled again then. In every other case, damage of the kept file included, the
 * text is read in full and the file is written anew; a folder that cannot be written is no error.
 * Cost with a kept file: 2 ms a megabyte. keep is borrowed. */
gt_status gt_package_read_kept(gt_ctx *ctx, const char *dir, const gt_package_keep *keep,
                               gt_notes *notes, gt_package **out) GT_CHECKED;
void gt_package_free(gt_package *package);
const char *gt_package_id(const gt_package *package);
const char *gt_package_version(const gt_package *package);
gt_title gt_package_title(const gt_package *package);
const char *gt_package_crs(const gt_package *package);
/* Asks PROJ whether the CRS exists and whether areas can be measured in it. GT_E_INPUT, placed in
 * package.yaml. Reading only checks the form of the name, for PROJ is slow to load. */
gt_status gt_package_check_crs(gt_ctx *ctx, const gt_package *package) GT_CHECKED;
const char *gt_package_dir(const gt_package *package);
/* BLAKE2b-256 over all its files, hex: the identity a verdict or a map cites. */
const char *gt_package_hash(const gt_package *package);
/* Layer id that holds the units of the area tables (districts), and its name field. */
const char *gt_package_unit_layer(const gt_package *package);
const char *gt_package_unit_name_field(const gt_package *package);
/* The hierarchy, largest first (city, district, township): layer ids, NULL-terminated. */
const char *const *gt_package_units(const gt_package *package);
/* Layer and code list of land classes, NULL when the package has none. */
const char *gt_package_land_layer(const gt_package *package);
const gt_codelist *gt_package_land_classes(const gt_package *package);
/* Extent of the territory in the working CRS; false when not stated. */
bool gt_package_extent(const gt_package *package, gt_box *out);

size_t gt_package_n_layers(const gt_package *package);
const gt_standard *gt_package_layer(const gt_package *package, size_t i);
/* What of a foreign file becomes layer i when the user says no more; members NULL when not given.
 */
typedef struct gt_import_from {
    const char *layer; /* layer name inside the file */
    const char *where; /* OGR SQL attribute filter */
} gt_import_from;
gt_import_from gt_package_import(const gt_package *package, size_t i);
const gt_standard *gt_package_find_layer(const gt_package *package, const char *id);
size_t gt_package_n_codelists(const gt_package *package);
const gt_codelist *gt_package_codelist(const gt_package *package, size_t i);
const gt_codelist *gt_package_find_codelist(const gt_package *package, const char *id);
size_t gt_package_n_rules(const gt_package *package);
const gt_rule *gt_package_rule(const gt_package *package, size_t i);
const gt_rule *gt_package_find_rule(const gt_package *package, const char *id);
const gt_parameter *gt_package_find_parameter(const gt_package *package, const char *id);
size_t gt_package_n_parameters(const gt_package *package);
const gt_parameter *gt_package_parameter(const gt_package *package, size_t i);
size_t gt_package_n_subject_kinds(const gt_package *package);
const gt_subject_kind *gt_package_subject_kind(const gt_package *package, size_t i);
const gt_subject_kind *gt_package_find_subject_kind(const gt_package *package, const char *id);
size_t gt_package_n_views(const gt_package *package);
const gt_view *gt_package_view(const gt_package *package, size_t i);
const gt_view *gt_package_find_view(const gt_package *package, const char *id);
size_t gt_package_n_plans(const gt_package *package);
const gt_plan *gt_package_plan(const gt_package *package, size_t i);
const gt_plan *gt_package_find_plan(const gt_package *package, const char *id);

size_t gt_package_n_models(const gt_package *package);
const gt_model_decl *gt_package_model(const gt_package *package, size_t i);
const gt_model_decl *gt_package_find_model(const gt_package *package, const char *id);
/* The model whose first output is that grid, or NULL. */
const gt_model_decl *gt_package_model_of_grid(const gt_package *package, const char *grid);
size_t gt_package_n_series(const gt_package *package);
const gt_series *gt_package_series(const gt_package *package, size_t i);
const gt_series *gt_package_find_series(const gt_package *package, const char *id);
size_t gt_package_n_indicators(const gt_package *package);
const gt_indicator *gt_package_indicator(const gt_package *package, size_t i);
const gt_indicator *gt_package_find_indicator(const gt_package *package, const char *id);
/* Does plan a go before plan b by the package's order of tests? */
bool gt_plan_prevails(const gt_package *package, const gt_plan *a, const gt_plan *b);
size_t gt_package_n_totals(const gt_package *package);
const gt_total *gt_package_total(const gt_package *package, size_t i);
const gt_total *gt_package_find_total(const gt_package *package, const char *id);
/* The tests between plans that speak on one quantity, as package.yaml orders them (`precedence:`,
 * [final, later] when it is silent). */
typedef enum gt_precedence {
    GT_ONLY_ONE = 0,
    GT_FINAL_OVER_DRAFT,
    GT_LATER_OVER_EARLIER,
    GT_LISTED_FIRST /* the plan that stands first in the register */
} gt_precedence;
/* "only one", "final", "later", "listed" as files write it, and for readers; static. */
const char *gt_precedence_name(gt_precedence test);
gt_title gt_precedence_title(gt_precedence test);
const gt_precedence *gt_package_precedence(const gt_package *package, size_t *n);
/* The figure in force for a quantity where several plans speak (superseded clauses never), and the
 * runner-up (NULL when only one speaks). NULL when none does. why: which test decided; may be NULL.
 */
const gt_total *gt_package_in_force(const gt_package *package, const char *quantity,
                                    const char *area, int year, const gt_total **other,
                                    gt_precedence *why);

/* ---- ledgers ----------------------------------------------------------------------------------
 */

typedef struct gt_ledger_state {
    const char *id;
    gt_title title;
    int within_days; /* the record must leave the state within so many days; 0: no term */
    bool final;      /* nothing changes any more */
} gt_ledger_state;

/* A transition and its guards; all must hold. */
typedef struct gt_ledger_transition {
    const char *id;
    gt_title title;
    const char *const *from;     /* states, at least one */
    const char *to;              /* state */
    const char *const *who;      /* roles, one of them is needed; empty: any grant for the move */
    const char *const *evidence; /* kinds of attachment the record must carry */
    const char *const *rules;    /* rules of the package that must pass on the record's place */
    const char *when;            /* SQL over the ledger's names (gt_ledger.names), or NULL */
} gt_ledger_transition;

/* What a move writes into a balance: `amount` goes from account `from` to account `to`. */
typedef struct gt_ledger_posting {
    const char *on; /* move id */
    const char *balance;
    const char *from, *to; /* name of an account, or ":field" whose text names it */
    const char *amount;    /* field that holds it, or "place": survey area of the place */
    const char *quality;   /* field with the quality grade, or NULL */
    const char *year;      /* field with the year, or NULL: the year of the move's date */
} gt_ledger_posting;

typedef enum gt_balance_test {
    GT_BALANCE_OPEN = 0,    /* nothing is asked */
    GT_BALANCE_IN_COVERS,   /* in >= out, unit by unit, every year */
    GT_BALANCE_CUM_COVERS,  /* in >= out, unit by unit, since the first year */
    GT_BALANCE_OUT_COVERS,  /* out >= in: an account that must not grow */
    GT_BALANCE_NOT_NEGATIVE /* the closing figure is not below 0 */
} gt_balance_test;

/* What the figures of a balance's year must fulfil besides its test. */
typedef struct gt_balance_must {
    const char *must; /* condition over gt_balance.names */
    gt_title title;
    const char *clause; /* or NULL */
    bool whole;         /* asked of the whole territory, not of every unit */
} gt_balance_must;

typedef struct gt_balance {
    const char *id;
    gt_title title;
    const char *account; /* the account watched: in = posted to it, out = posted from it */
    gt_balance_test test;
    const char *stated; /* ledger with stated closing figures (fields year, closing), or NULL */
    const char *const *clauses;
    const gt_ledger_sum *sums; /* of this and other books, by unit */
    size_t n_sums;
    const gt_balance_must *musts;
    size_t n_musts;
    const char *const *names; /* opening inflow outflow closing (m2), year, then of the sums */
    size_t n_names;
} gt_balance;
enum { GT_BALANCE_FIXED = 5 /* names before those of the sums */ };

typedef struct gt_ledger {
    const char *id;
    gt_title title, note;
    const char *const *clauses;
    gt_geom_type place; /* GT_POLYGON, GT_POINT, GT_LINESTRING; GT_GEOM_NONE: no place */
    bool place_required;
    const gt_field *fields;
    size_t n_fields;
    const char *number;            /* "IN-{year}-{n}", "{unit}" too; NULL: "{year}-{n}" */
    const char *year_field;        /* field with the year of a rolling list, or NULL */
    const char *subject;           /* subject kind its rules speak of, or NULL */
    const char *const *who;        /* roles that may add and set; empty: any grant for it */
    const gt_ledger_state *states; /* the first is where records begin */
    size_t n_states;
    const gt_ledger_transition *moves;
    size_t n_moves;
    const gt_ledger_posting *postings;
    size_t n_postings;
    const gt_balance *balances;
    size_t n_balances;
    const char *const *names; /* of its expressions: its fields, then state unit body area_m2 as_of
                                 version */
    size_t n_names;
} gt_ledger;

size_t gt_package_n_ledgers(const gt_package *package);
const gt_ledger *gt_package_ledger(const gt_package *package, size_t i);
const gt_ledger *gt_package_find_ledger(const gt_package *package, const char *id);

/* Every item in the order of the files. */
size_t gt_package_n_items(const gt_package *package);
const gt_item *gt_package_item(const gt_package *package, size_t i);

size_t gt_package_n_clauses(const gt_package *package);
const gt_clause *gt_package_clause(const gt_package *package, size_t i);
const gt_clause *gt_package_find_clause(const gt_package *package, const char *id);
/* What carries clause i out: item kinds and ids, n = 0 when it is missing. Returns how many there
 * are and fills at most `max`. Borrowed. A clause is carried out by an item of its own kind (a rule
 * clause by a rule, a view clause by a view ...). A layer, indicator or ledger
 * clause whose strength is descriptive states a fact and is carried out by anything that holds it:
 * layer, parameter, code list, published figure, register entry. Clauses a plan's register entry
 * lists as superseded are carried by it, as history. A layer clause is also carried by a code list
 * that a layer uses, a ledger clause by the register entry of a plan, a process clause by a ledger
 * or a rule. Other items that name the clause only cite it. */
size_t gt_package_carriers(const gt_package *package, size_t clause, size_t max,
                           gt_item_kind *kinds, const char **ids);
/* All items that name clause i, carrying or citing. */
size_t gt_package_citers(const gt_package *package, size_t clause, size_t max, gt_item_kind *kinds,
                         const char **ids);

#endif
