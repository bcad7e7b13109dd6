/* Layout of a map page: which rectangle each part gets. Planned before anything is painted. */
#ifndef GT_REPORT_PAGE_H
#define GT_REPORT_PAGE_H

#include "report/frame.h"

typedef enum gt_slot {
    GT_SLOT_TITLE = 0,
    GT_SLOT_SUBTITLE,
    GT_SLOT_WARNING, /* generated data */
    GT_SLOT_FRAME,   /* the map itself */
    GT_SLOT_LEGEND,
    GT_SLOT_LOCATOR,
    GT_SLOT_NOTE, /* source and date, left foot */
    GT_SLOT_FOOT, /* CRS, right foot */
    GT_SLOT_COUNT
} gt_slot;

enum { GT_WARNING_TEXT = 512, GT_FOOT_TEXT = 160 };

typedef struct gt_page {
    double w, h, factor, px;
    bool portrait;
    gt_rect slot[GT_SLOT_COUNT]; /* w == 0: not on this page */
    double gutter;               /* around the frame, for figures */
    gt_face title, subtitle, warning, note, foot;
    char warning_text[GT_WARNING_TEXT];
    char foot_text[GT_FOOT_TEXT];
} gt_page;

/* px: device pixels a point; the frame is aligned to whole pixels. Never fails: what does not fit
 * is made smaller, wrapped, and at last cut with an ellipsis. */
void gt_page_plan(const gt_map_options *options, const gt_map_source *source, gt_type *type,
                  gt_page *out);
/* Title, subtitle, warning band and foot. */
void gt_page_draw_texts(const gt_page *page, const gt_map_options *options, gt_type *type,
                        cairo_t *cr);
/* "Generated data, not a survey result: land use, ecological redline", or how many of the
 * layers when they are many, or "" when none is generated. */
void gt_warning_text(const gt_map_options *options, char *out, size_t room);
/* Adds one name to such a text, or begins it. */
void gt_warning_add(gt_title title, gt_lang lang, char *out, size_t room);
/* Amber band with a warning sign. */
void gt_warning_draw(gt_type *type, cairo_t *cr, const gt_face *face, const char *text,
                     gt_rect rect, double factor);
/* Factor of furniture for a page of w x h points: see map.h. */
double gt_page_factor(double w, double h);
/* Cuts a rectangle inwards to whole pixels. */
gt_rect gt_align(gt_rect rect, double px);

#endif
