/* Parts of the verdict picture, and what a drawing did, for tests. */
#ifndef GT_REPORT_VERDICT_H
#define GT_REPORT_VERDICT_H

#include "report/frame.h"
#include "report/label.h"

enum { GT_TABLE_COLUMNS = 6 };

typedef struct gt_table_row {
    double h;
    double text_h[GT_TABLE_COLUMNS]; /* of each cell */
    double rule_h;                   /* of the rule's title alone, clauses below */
    bool cut;                        /* some text ends in an ellipsis */
    size_t lead;  /* first finding with the same overlap: drawn once, numbered together; i itself
                   * where there is none */
    gt_rgb color; /* of the overlap and the number */
} gt_table_row;

typedef struct gt_table { /* of findings; lengths in points */
    double width, head_h, total_h;
    double x[GT_TABLE_COLUMNS + 1]; /* left edges, from the table's */
    gt_table_row *rows;             /* owned, one a finding */
    size_t n;
} gt_table;

/* Measures, groups and colours the findings. Colours are strong, told apart by the colour-blind too
 * (Okabe and Ito 2008, yellow left out, darkened where white figures stand on it). */
gt_status gt_table_plan(gt_ctx *ctx, const gt_map_verdict_options *options, gt_type *type,
                        double width, gt_table *out) GT_CHECKED;
void gt_table_free(gt_ctx *ctx, gt_table *table);
void gt_table_draw_head(const gt_table *table, const gt_map_verdict_options *options, gt_type *type,
                        cairo_t *cr, double x, double y);
void gt_table_draw_row(const gt_table *table, size_t i, const gt_map_verdict_options *options,
                       gt_type *type, cairo_t *cr, double x, double y);

/* Colour of a result. */
gt_rgb gt_result_color(gt_result result, gt_effect effect);
/* "Does not conform", or the effect that happens. */
const char *gt_result_text(gt_result result, gt_effect effect, gt_lang lang);
/* "1.873 ha" and "28.10 mu". */
void gt_area_texts(double m2, gt_lang lang, char main[GT_NUMBER_TEXT], char mu[GT_NUMBER_TEXT]);
/* "1 not met, 2 duties, 3 undecidable, 20 met". */
void gt_verdict_summary(const gt_map_verdict_options *options, char *out, size_t room);
/* A disc with a number, or a longer badge with several, centred on (x, y). */
void gt_tag_draw(gt_type *type, cairo_t *cr, double x, double y, double radius, gt_rgb color,
                 const char *text);
/* "2" or "2, 5, 7": numbers of the findings that share the overlap of finding `lead`. */
void gt_tag_text(const gt_table *table, const gt_map_verdict_options *options, size_t lead,
                 char out[GT_NUMBER_TEXT]);
/* Whether a finding has an overlap to draw. */
bool gt_finding_drawn(const gt_map_finding *finding);

typedef struct gt_clause_list { /* of the clauses cited, below the table of a PDF; points */
    double width, head_h;
    double *h; /* owned, one a clause; never higher than a page: see verdict_clauses.c */
    size_t n, n_cut;
} gt_clause_list;
gt_status gt_clause_list_plan(gt_ctx *ctx, const gt_map_verdict_options *options, gt_type *type,
                              double width, gt_clause_list *out) GT_CHECKED;
void gt_clause_list_free(gt_ctx *ctx, gt_clause_list *list);
void gt_clause_list_draw_head(const gt_clause_list *list, const gt_map_verdict_options *options,
                              gt_type *type, cairo_t *cr, double x, double y);
void gt_clause_list_draw(const gt_clause_list *list, size_t i,
                         const gt_map_verdict_options *options, gt_type *type, cairo_t *cr,
                         double x, double y);

typedef struct gt_verdict_page { /* first page, points */
    double w, h, margin;
    gt_rect title, badge, subject, summary, warning, frame, legend, foot;
    double table_y;
    gt_face title_face, subject_face, summary_face, warning_face, foot_face;
    char subject_text[512], summary_text[160], warning_text[512];
    size_t first_page_rows, n_pages, left_out;
    size_t n_clauses; /* drawn */
} gt_verdict_page;

typedef struct gt_verdict_probe {
    void *user;
    void (*seen)(void *user, const gt_verdict_page *page, const gt_table *table,
                 const gt_labels *tags, const gt_window *view);
} gt_verdict_probe;

gt_status gt_map_verdict_probed(gt_ctx *ctx, const gt_map_source *source,
                                const gt_map_verdict_options *options, const char *path,
                                const gt_verdict_probe *probe) GT_CHECKED;

#endif
