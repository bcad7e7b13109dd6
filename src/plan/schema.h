/* The declarative layer between YAML and structs: a table of keys says what a map may hold, which
 * type and range each value has, and where in a C struct it goes. One walk checks and fills. */
#ifndef GT_PLAN_SCHEMA_H
#define GT_PLAN_SCHEMA_H

#include "guotu/package.h"
#include "plan/yaml.h"

typedef enum gt_key_kind {
    GT_K_TEXT,    /* const char *: any scalar as written, not empty */
    GT_K_TITLE,   /* gt_title: {zh: ..., en: ...}, both */
    GT_K_ID,      /* const char *: [a-z][a-z0-9_-]* */
    GT_K_NAME,    /* const char *: [a-z][a-z0-9_]* : table, column, SQL name */
    GT_K_REF,     /* const char *: id of an item of kind `extra` (gt_item_kind), checked later */
    GT_K_REFS,    /* const char *const *: one or a list of them */
    GT_K_TEXTS,   /* const char *const *: one or a list of scalars */
    GT_K_CLAUSES, /* const char *const *: one or a list of clause ids, checked later */
    GT_K_CLAUSE,  /* const char *: one clause id */
    GT_K_BOOL,    /* bool: true, false */
    GT_K_INT,     /* int within min..max */
    GT_K_REAL,    /* double within min..max */
    GT_K_REALS,   /* double[4]: a list of exactly four numbers */
    GT_K_DATE,    /* gt_date; GT_DATE_NONE when absent */
    GT_K_WORD,    /* int: one of the words of `extra` (gt_word[]) */
    GT_K_COLOR,   /* const char *: "#rrggbb" */
    GT_K_UNIT,    /* const char * */
    GT_K_CRS,     /* const char * */
    GT_K_AREA,    /* double m2 from "400 m2"; >= 0 */
    GT_K_LENGTH,  /* double m */
    GT_K_ANGLE,   /* double degrees */
    GT_K_SHARE,   /* double 1 from "5 %" */
    GT_K_SQL,     /* const char *: compiled later, where its names are known */
    GT_K_ONE,     /* struct in place: schema `extra` */
    GT_K_LIST,    /* pointer and size_t count right after it: list of maps of schema `extra` */
    GT_K_KEYED,   /* the same from a map; each key goes to the first member (const char *) */
    GT_K_ANY      /* not looked at */
} gt_key_kind;

enum { GT_KEY_REQUIRED = 1, GT_KEY_PRESENCE = 2 };

typedef struct gt_word {
    const char *word;
    int value;
} gt_word; /* arrays end with {NULL, 0} */

typedef struct gt_key {
    const char *name;
    gt_key_kind kind;
    unsigned flags;    /* GT_KEY_PRESENCE: bool at `has` tells whether it was given */
    size_t at;         /* offset in the struct */
    const void *extra; /* gt_word[], gt_schema, or NULL */
    double min, max;   /* INT and REAL; min == max: no bound */
    size_t has;
    gt_item_kind ref; /* REF, REFS */
} gt_key;

typedef struct gt_schema {
    const char *what; /* item kind or part, for messages: "rule" */
    const gt_key *keys;
    size_t n_keys;
    size_t size; /* of the struct */
} gt_schema;

typedef struct gt_pending { /* a reference seen while filling, checked when all items are known */
    const gt_ynode *node;
    gt_item_kind kind;
    bool clause;
    struct gt_pending *next;
} gt_pending;

typedef struct gt_filler {
    gt_ctx *ctx;
    gt_arena *arena;
    gt_problems *problems;
    gt_pending *pending, **pending_end;
    gt_status status; /* memory */
} gt_filler;

void gt_filler_init(gt_filler *filler, gt_ctx *ctx, gt_arena *arena, gt_problems *problems);
/* Checks node against the schema and fills `to` (zeroed, schema->size bytes). Faulty values leave
 * their member zero. false when something was wrong here. */
bool gt_fill(gt_filler *filler, const gt_schema *schema, const gt_ynode *node, void *to);
/* Number of elements of a NULL-terminated list; 0 for NULL. */
size_t gt_texts_count(const char *const *texts);
bool gt_id_valid(const char *text, bool dashes);
/* Ends of the list; never NULL. */
extern const char *const gt_no_texts[1];

#endif
