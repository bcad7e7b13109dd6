/* A package as it was parsed, kept in a file so that the next start need not parse it again.
 *
 * Parsing YAML and compiling every condition are four fifths of the cost of reading a package. The
 * kept file holds the trees of a package that was read without a mistake, the names of its files
 * and the hash over their names and bytes. It is used only when the engine is the same and the
 * files hash to the same: then they are the very bytes that were found good. The trees are still
 * bounded at every step (a kept file is input like any other), and whoever meets a mistake in a
 * package read this way must read it again from its text.
 *
 *   "guotu kept tree 1\n" | engine, NUL | hash of the package, 32 | sum of the rest, 8 | n files
 *   a file: name, NUL | nodes | tree
 *   a node: tag (kind | plain << 2 | keyed << 3) | key node | line - last line | column |
 *           scalar: from - last to | to - from | len | text, NUL;  list, map: n | children
 * Integers are LEB128, signed ones zigzag. */
#ifndef GT_PLAN_KEPT_H
#define GT_PLAN_KEPT_H

#include "guotu/hash.h"
#include "plan/package.h"

typedef struct gt_kept { /* an opened kept file: borrowed from the arena */
    const unsigned char *at, *end;
    const unsigned char *hash; /* GT_HASH_BYTES */
    size_t n_files;
    bool bad; /* it broke a bound: nothing read from it counts */
} gt_kept;

/* Opens the kept file; false when there is none that fits this engine. Only memory is a status. */
gt_status gt_kept_open(gt_arena *arena, const char *path, const char *engine, gt_kept *out,
                       bool *found) GT_CHECKED;
/* Name of the next file; its tree follows, read after the file's bytes are known to be right.
 * NULL when the kept file is bad. */
const char *gt_kept_name(gt_kept *kept);
/* Leaps over the tree of the file just named. */
void gt_kept_skip(gt_kept *kept);
/* The tree of the file just named into file->root; sets kept->bad when it cannot be. */
gt_status gt_kept_tree(gt_arena *arena, gt_kept *kept, gt_yfile *file) GT_CHECKED;

/* Writes the kept file of a package read without mistakes: to a neighbour first, then by rename.
 * Returns false, leaving no trace, where that is not possible (a folder that cannot be written, no
 * memory, a package too deep): the next start reads the text. */
bool gt_kept_write(gt_ctx *ctx, const char *path, const char *engine,
                   const unsigned char hash[GT_HASH_BYTES], gt_yfile *const *files, size_t n);

#endif
