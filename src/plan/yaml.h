/* YAML 1.2 text as a tree of nodes that know their place.
 *
 * libfyaml parses, this builds: its events become nodes in an arena, so that limits hold while
 * reading (depth, nodes, growth by aliases) and every value keeps line and column. Only what plan
 * files need: one document, text keys, no tags. Plain scalars stay text; their type is decided by
 * the schema, so that 0103 remains "0103" and no remains "no". */
#ifndef GT_PLAN_YAML_H
#define GT_PLAN_YAML_H

#include "guotu/arena.h"
#include "plan/problem.h"

enum {
    GT_YAML_BYTES = 4 << 20, /* of one file */
    GT_YAML_DEPTH = 32,      /* levels of nesting */
    GT_YAML_NODES = 200000,  /* of one file, aliases counted as often as they are used */
    GT_YAML_TEXT = 65536     /* bytes of one value */
};

typedef enum gt_ynode_kind { GT_Y_SCALAR = 0, GT_Y_LIST, GT_Y_MAP } gt_ynode_kind;

typedef struct gt_yfile gt_yfile;
typedef struct gt_ynode gt_ynode;

struct gt_ynode {
    gt_ynode_kind kind;
    bool plain;            /* scalar written without quotes and not as a block */
    int line, column;      /* 1-based; column counts characters */
    const char *text;      /* scalar; NUL-terminated */
    uint32_t len;          /* of the text: at most GT_YAML_TEXT */
    uint32_t from, to;     /* scalar: bytes of the file it was written in */
    uint32_t n;            /* list and map: number of children */
    uint32_t weight;       /* nodes below and itself, aliases expanded */
    const gt_ynode *key;   /* in a map: the key of this value */
    const gt_ynode *next;  /* sibling */
    const gt_ynode *first; /* list and map: children */
    const gt_yfile *file;
};

struct gt_yfile {
    const char *path; /* as the user would find it: DIR/rel */
    const char *rel;
    int order;        /* reading order, for sorting mistakes */
    const char *data; /* NUL-terminated */
    size_t len;
    const gt_ynode *root; /* NULL: empty or broken */
    bool broken;          /* syntax error reported: what it would declare is not known */
};

/* Reads a file into the arena: size limit, UTF-8, NUL. Mistakes are reported and mark the file
 * broken; only memory is a status. path and rel are borrowed. A file that cannot be read is
 * reported where it is mentioned (NULL: at the file itself). */
gt_status gt_yfile_load(gt_ctx *ctx, gt_arena *arena, gt_problems *problems, const char *path,
                        const char *rel, int order, const gt_ynode *mention,
                        gt_yfile **out) GT_CHECKED;
/* Reads a file without looking at its text, which is known to be good by its hash. *out is NULL
 * when it cannot be read; only memory is a status. */
gt_status gt_yfile_raw(gt_ctx *ctx, gt_arena *arena, const char *path, const char *rel, int order,
                       gt_yfile **out) GT_CHECKED;

/* Takes text in memory instead (fuzzing, tests); data must outlive the file and end in NUL. */
gt_status gt_yfile_of(gt_ctx *ctx, gt_arena *arena, gt_problems *problems, const char *name,
                      const char *data, size_t len, int order, gt_yfile **out) GT_CHECKED;
/* Parses file->data into file->root. */
gt_status gt_yaml_parse(gt_ctx *ctx, gt_arena *arena, gt_problems *problems,
                        gt_yfile *file) GT_CHECKED;

/* Value of a key of a map, NULL when it is absent or node is no map. */
const gt_ynode *gt_y_get(const gt_ynode *node, const char *key);
/* null, ~ or nothing, written plain. */
bool gt_y_is_null(const gt_ynode *node);
/* Reports at a node. rule: id of the item it belongs to, or NULL. */
void gt_y_problem(gt_problems *problems, const gt_ynode *node, const gt_message *message,
                  const gt_arg *args);
/* Line and column (1-based) of byte `offset` of a scalar's text in its file. Follows folding by
 * matching the characters that are not white space. */
void gt_y_place_in(const gt_ynode *node, size_t offset, int *line, int *column);

#endif
