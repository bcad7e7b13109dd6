/* Inside report: the pages of a yearly report and the things drawn on them. Lengths in points. */
#ifndef GT_REPORT_YEAR_PAGE_H
#define GT_REPORT_YEAR_PAGE_H

#include "report/canvas.h"
#include "report/type.h"
#include "report/view.h"
#include "report/year.h"

#define GT_PAGE_W 595.28
#define GT_PAGE_H 841.89
#define GT_MARGIN 42.0
#define GT_BOTTOM (GT_PAGE_H - 48.0)

typedef struct gt_pages {
    const gt_year *year;
    gt_canvas *canvas;
    cairo_t *cr;
    gt_type *type;
    gt_lang lang;
    double y, width;
    int page;
    gt_status status; /* of reading for maps; the first trouble */
} gt_pages;

#define gt_pages_say(p, zh, en) ((p)->lang == GT_LANG_ZH ? (zh) : (en))

gt_status gt_pages_open(const gt_year *year, const char *path, gt_pages *out) GT_CHECKED;
/* Writes the file, or leaves none where something failed. */
gt_status gt_pages_close(gt_pages *pages) GT_CHECKED;
void gt_pages_title(gt_pages *pages);
/* Ends the page and begins another. */
void gt_pages_next(gt_pages *pages);
/* A new page unless `height` fits on this one. */
void gt_pages_need(gt_pages *pages, double height);
void gt_pages_heading(gt_pages *pages, const char *text);
void gt_pages_subheading(gt_pages *pages, const char *text);
void gt_pages_paragraph(gt_pages *pages, double size, const char *text);
/* Returns the height taken. */
double gt_pages_text(gt_pages *pages, double x, double y, double w, double size, bool bold,
                     gt_rgb color, int align, const char *text);
double gt_pages_measure(gt_pages *pages, double w, double size, const char *text);
void gt_pages_box(gt_pages *pages, double x, double y, double w, double h, gt_rgb color);
void gt_pages_rule(gt_pages *pages, double y, gt_rgb color);
/* Values by year without axes; with axes; the districts coloured by value or standing. */
void gt_pages_spark(gt_pages *pages, const gt_year_item *item, double x, double y, double w,
                    double h);
void gt_pages_chart(gt_pages *pages, const gt_year_item *item, double x, double y, double w,
                    double h);
void gt_pages_map(gt_pages *pages, const gt_year_item *item, double x, double y, double w,
                  double h);
/* Ledgers and accounts; nothing where no ledger holds records. */
void gt_pages_books(gt_pages *pages);
/* What a reader is told of the row that counts, units in words; where every district is asked,
 * which of them miss it. Appends. */
void gt_year_sentence(const gt_year *year, const gt_year_item *item, gt_text *out);

#endif
