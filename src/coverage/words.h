/* Codes for texts: a dictionary that gives each distinct text a small number. Internal. */
#ifndef GT_COVERAGE_WORDS_H
#define GT_COVERAGE_WORDS_H

#include "guotu/arena.h"

typedef struct gt_words gt_words;

gt_status gt_words_new(gt_ctx *ctx, gt_words **out) GT_CHECKED;
void gt_words_free(gt_words *words);
/* Number of text[0..len), new or known; numbers count from 0 in order of first use. */
gt_status gt_words_add(gt_words *words, const char *text, size_t len, uint32_t *number) GT_CHECKED;
size_t gt_words_count(const gt_words *words);
/* Borrowed, NUL-terminated; *len may be NULL. */
const char *gt_words_text(const gt_words *words, uint32_t number, size_t *len);

#endif
