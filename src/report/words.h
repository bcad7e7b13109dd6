/* Fixed words on pictures in both languages, colours, and numbers as a reader expects them. */
#ifndef GT_REPORT_WORDS_H
#define GT_REPORT_WORDS_H

#include "guotu/map.h"

typedef enum gt_word {
    GT_WORD_LEGEND = 0,
    GT_WORD_SHARE,
    GT_WORD_OTHER,
    GT_WORD_MORE_CLASSES, /* %d */
    GT_WORD_GENERATED,
    GT_WORD_GENERATED_TAG,
    GT_WORD_EMPTY,
    GT_WORD_NORTH,
    GT_WORD_LOCATOR,
    GT_WORD_VERDICT,
    GT_WORD_PASS,
    GT_WORD_FAIL,
    GT_WORD_UNDECIDABLE,
    GT_WORD_DENY,
    GT_WORD_CONDITION,
    GT_WORD_DUTY,
    GT_WORD_NOTE,
    GT_WORD_RULE,
    GT_WORD_RESULT,
    GT_WORD_OVERLAP,
    GT_WORD_EFFECT,
    GT_WORD_COMPLY,
    GT_WORD_AREA,
    GT_WORD_SUBJECT,
    GT_WORD_LEFT_OUT, /* %d */
    GT_WORD_NO_FINDINGS,
    GT_WORD_CLAUSES,
    GT_WORD_MORE_LAYERS, /* %d */
    GT_WORD_HA,
    GT_WORD_MU,
    GT_WORD_COUNT
} gt_word;

const char *gt_word_of(gt_word word, gt_lang lang);
/* A word with one %d in it, filled with n. */
void gt_word_count(gt_word word, gt_lang lang, size_t n, char *out, size_t room);
/* The title in the wanted language, else in the other one, else "". */
const char *gt_title_in(gt_title title, gt_lang lang);

typedef struct gt_rgb {
    double r, g, b; /* 0..1 */
} gt_rgb;

/* "#rrggbb"; GT_E_USAGE "report.bad-color" with the layer otherwise. NULL gives `otherwise`. */
gt_status gt_rgb_parse(gt_ctx *ctx, const char *text, gt_rgb otherwise, const char *layer,
                       gt_rgb *out) GT_CHECKED;
gt_rgb gt_rgb_of(unsigned hex); /* 0xrrggbb */
/* a + t * (b - a) */
gt_rgb gt_rgb_mix(gt_rgb a, gt_rgb b, double t);

enum { GT_NUMBER_TEXT = 48 };
/* "1,234.5": `digits` decimals, thousands apart; "-" for NaN. */
void gt_number_format(double value, int digits, char out[GT_NUMBER_TEXT]);
/* Three significant digits at least, no more than two decimals. */
void gt_number_short(double value, char out[GT_NUMBER_TEXT]);
/* "12.3%", "<0.1%" for what is small but not zero. */
void gt_share_format(double share, char out[GT_NUMBER_TEXT]);
/* Largest of 1, 2, 5 times a power of ten that is <= value (> 0). */
double gt_round_below(double value);

#endif
