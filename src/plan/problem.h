/* Mistakes of a package, collected while reading and handed on sorted by place.
 *
 * A mistake never stops the reading of the rest; running out of memory does, and is remembered in
 * `status` so that the many callers need not check each report. */
#ifndef GT_PLAN_PROBLEM_H
#define GT_PLAN_PROBLEM_H

#include "base/record.h"
#include "guotu/notes.h"

enum { GT_PROBLEMS_MAX = 1000 }; /* records kept; all are counted */

typedef struct gt_problem {
    int file; /* reading order, the first sort key */
    int line, column;
    size_t seq;
    gt_record record;
} gt_problem;

typedef struct gt_problems {
    gt_ctx *ctx; /* borrowed */
    gt_problem **kept;
    size_t n_kept, cap, total;
    gt_status status; /* sticky: GT_E_MEMORY */
} gt_problems;

void gt_problems_init(gt_problems *problems, gt_ctx *ctx);
void gt_problems_free(gt_problems *problems);
/* Reports at place (file, line, column and rule are kept); file_order sorts between files. */
void gt_problem_add(gt_problems *problems, int file_order, const gt_message *message,
                    const gt_place *place, const gt_arg *args);
/* Sorts and adds everything to notes as errors. */
gt_status gt_problems_flush(gt_problems *problems, gt_notes *notes) GT_CHECKED;

/* Nearest word to `word` among n (case-insensitive edit distance at most a third of its length, at
 * least 1), NULL when none is near. words[i] may be NULL. */
const char *gt_nearest(const char *word, const char *const *words, size_t n);
/* The same, remembered over several calls: start with *best = NULL, *distance = 0. */
void gt_nearest_try(const char *word, const char *candidate, const char **best, size_t *distance);

#endif
