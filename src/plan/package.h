/* Inside of a plan package and of its reader. The public view is guotu/package.h. */
#ifndef GT_PLAN_PACKAGE_H
#define GT_PLAN_PACKAGE_H

#include "guotu/arena.h"
#include "guotu/hash.h"
#include "guotu/package.h"
#include "plan/schema.h"

typedef struct gt_slot { /* of the id index: open addressing, linear probing */
    const char *id;      /* NULL: free */
    gt_item_kind kind;
    size_t index; /* within its kind */
} gt_slot;

typedef struct gt_index {
    gt_slot *slots;
    size_t mask; /* slots - 1, a power of two */
} gt_index;

/* Room for n ids. */
gt_status gt_index_new(gt_arena *arena, size_t n, gt_index *out) GT_CHECKED;
/* The slot of (kind, id): taken, or the free one where it belongs. */
gt_slot *gt_index_slot(const gt_index *index, gt_item_kind kind, const char *id);

enum { GT_CLAUSE_ITEM = GT_ITEM_KINDS }; /* kind of clause ids in the clause index */

struct gt_package {
    gt_arena *arena; /* holds this struct too */
    const char *id, *version, *crs, *dir;
    gt_title title, remark;
    char hash[GT_HASH_HEX];
    const char *const *units; /* layers, largest first */
    const char *unit_layer, *unit_name;
    const char *land_layer;
    const gt_precedence *precedence; /* tests between plans, the first that tells decides */
    size_t n_precedence;
    const gt_codelist *land_classes;
    bool has_extent;
    gt_box extent;

    gt_standard *layers;
    gt_import_from *imports; /* by layer */
    gt_codelist *codelists;
    gt_rule *rules;
    gt_parameter *parameters;
    gt_subject_kind *subjects;
    gt_view *views;
    gt_total *totals;
    gt_indicator *indicators;
    gt_series *series;
    gt_model_decl *models;
    gt_plan *plans;
    gt_ledger *ledgers;
    size_t n[GT_ITEM_KINDS]; /* items by kind */
    gt_item *items;
    size_t n_items;
    bool *codes_used; /* by code list: a field of a layer, or a model's grid, takes its values */
    int crs_line, crs_column;
    const char *crs_file;
    gt_index index;

    gt_clause *clauses; /* in the order of the file */
    size_t n_clauses;
    gt_index clause_index;
    size_t *citer_start; /* n_clauses + 1; into citers */
    size_t *citers;      /* item numbers, in the order of the files */
};

/* ---- the registry (clauses.c) --------------------------------------------------------------- */

/* Parses the registry; clauses point into a copy of the file in the arena. Mistakes are reported.
 */
gt_status gt_clauses_parse(gt_ctx *ctx, gt_arena *arena, gt_problems *problems,
                           const gt_yfile *file, gt_clause **out, size_t *n) GT_CHECKED;
/* Does an item of this kind carry the clause out, or only cite it? */
bool gt_clause_carried_by(const gt_clause *clause, gt_item_kind kind);

/* ---- reading (items.c, read.c, verify.c, verify_rules.c) ------------------------------------ */

typedef struct gt_unit_level {
    const char *layer, *name;
} gt_unit_level;

typedef struct gt_raw_package { /* package.yaml as written */
    const char *id, *version, *crs, *clauses;
    gt_title title, remark;
    bool has_extent;
    double extent[4];
    gt_unit_level *units;
    size_t n_units;
    struct {
        const char *layer, *classes;
    } land;
    void *plans; /* as written; gt_plans_take makes gt_plan of them */
    size_t n_plans;
    const char *const *files;
    const char *const *precedence; /* words */
} gt_raw_package;

typedef struct gt_raw_item { /* one entry of an item file, before its content is read */
    gt_item_kind kind;
    const gt_ynode *node;
    const char *id; /* NULL when it has none that can be used */
    size_t index;   /* within its kind */
    bool whole;     /* filled without mistakes */
} gt_raw_item;

typedef struct gt_file_text { /* a package file held in memory */
    const char *name, *data;
    size_t len;
} gt_file_text;

typedef struct gt_reader {
    gt_ctx *ctx;
    const gt_file_text *memory; /* files come from here; NULL: from the folder */
    size_t n_memory;
    const gt_package_keep *keep; /* NULL: nothing is kept */
    bool from_text;              /* do not use what was kept */
    bool trusted;                /* files and trees come from what was kept, found good before */
    size_t n_kept;               /* files then */
    unsigned char digest[GT_HASH_BYTES];
    gt_arena *arena;
    gt_problems problems;
    gt_filler filler;
    gt_package *package;
    gt_raw_package raw;
    const gt_ynode *root; /* of package.yaml */
    gt_yfile **files;     /* package.yaml, clauses, item files */
    size_t n_files;
    gt_raw_item *items;
    size_t n_items;
    struct gt_sql *sql;   /* evaluator for compiling conditions */
    bool registry_broken; /* the registry has mistakes: unknown clauses may be its rows */
    bool broken;          /* some file could not be parsed: unknown references may be its items */
} gt_reader;

extern const gt_schema gt_schema_package;
/* The kind an item map declares by its first known key; false when it has none. */
bool gt_item_kind_of(const gt_ynode *node, gt_item_kind *kind);
/* Fills the package's struct of one item from its node. */
gt_status gt_item_fill(gt_reader *reader, gt_raw_item *item) GT_CHECKED;
/* As gt_package_read, from files held in memory (tests, fuzzing): data must end in NUL and live as
 * long as the package. A file that is not among them cannot be read. */
gt_status gt_package_read_memory(gt_ctx *ctx, const gt_file_text *files, size_t n, gt_notes *notes,
                                 gt_package **out) GT_CHECKED;
/* The plan register of package.yaml into the package. */
gt_status gt_plans_take(gt_reader *reader) GT_CHECKED;
/* Everything that needs all items: references, hierarchies, SQL, figures, carriers. */
gt_status gt_verify(gt_reader *reader) GT_CHECKED;
gt_status gt_verify_rules(gt_reader *reader) GT_CHECKED;
/* States, moves, postings and conditions of the ledgers. */
gt_status gt_verify_ledgers(gt_reader *reader) GT_CHECKED;

#endif
