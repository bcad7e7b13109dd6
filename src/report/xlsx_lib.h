/* libxlsxwriter, loaded on first use (see base/late.h): a program that writes no workbook does not
 * need it. The file that writes includes this header instead of <xlsxwriter.h>. */
#ifndef GT_REPORT_XLSX_LIB_H
#define GT_REPORT_XLSX_LIB_H

#include <xlsxwriter.h>

#include "guotu/context.h"

#define GT_XLSX_FUNCTIONS(X)                                                                       \
    X(chart_add_series)                                                                            \
    X(chart_legend_set_position)                                                                   \
    X(chart_series_set_categories)                                                                 \
    X(chart_series_set_name)                                                                       \
    X(chart_series_set_values)                                                                     \
    X(chart_title_set_name)                                                                        \
    X(format_set_align)                                                                            \
    X(format_set_bg_color)                                                                         \
    X(format_set_bold)                                                                             \
    X(format_set_bottom)                                                                           \
    X(format_set_font_color)                                                                       \
    X(format_set_num_format)                                                                       \
    X(format_set_text_wrap)                                                                        \
    X(lxw_strerror)                                                                                \
    X(workbook_add_chart)                                                                          \
    X(workbook_add_format)                                                                         \
    X(workbook_add_worksheet)                                                                      \
    X(workbook_close)                                                                              \
    X(workbook_new)                                                                                \
    X(worksheet_autofilter)                                                                        \
    X(worksheet_freeze_panes)                                                                      \
    X(worksheet_insert_chart)                                                                      \
    X(worksheet_set_column)                                                                        \
    X(worksheet_write_number)                                                                      \
    X(worksheet_write_string)

typedef struct gt_xlsx_lib {
#define X(name) __typeof__(name) *name;
    GT_XLSX_FUNCTIONS(X)
#undef X
} gt_xlsx_lib;

/* GT_E_ENV when the library is not installed. Thread safe. */
gt_status gt_xlsx_load(gt_ctx *ctx) GT_CHECKED;
/* The functions, borrowed for ever. Thread safe. */
const gt_xlsx_lib *gt_xlsx(void);

#ifndef GT_XLSX_PLAIN_NAMES
#define chart_add_series            (gt_xlsx()->chart_add_series)
#define chart_legend_set_position   (gt_xlsx()->chart_legend_set_position)
#define chart_series_set_categories (gt_xlsx()->chart_series_set_categories)
#define chart_series_set_name       (gt_xlsx()->chart_series_set_name)
#define chart_series_set_values     (gt_xlsx()->chart_series_set_values)
#define chart_title_set_name        (gt_xlsx()->chart_title_set_name)
#define format_set_align            (gt_xlsx()->format_set_align)
#define format_set_bg_color         (gt_xlsx()->format_set_bg_color)
#define format_set_bold             (gt_xlsx()->format_set_bold)
#define format_set_bottom           (gt_xlsx()->format_set_bottom)
#define format_set_font_color       (gt_xlsx()->format_set_font_color)
#define format_set_num_format       (gt_xlsx()->format_set_num_format)
#define format_set_text_wrap        (gt_xlsx()->format_set_text_wrap)
#define lxw_strerror                (gt_xlsx()->lxw_strerror)
#define workbook_add_chart          (gt_xlsx()->workbook_add_chart)
#define workbook_add_format         (gt_xlsx()->workbook_add_format)
#define workbook_add_worksheet      (gt_xlsx()->workbook_add_worksheet)
#define workbook_close              (gt_xlsx()->workbook_close)
#define workbook_new                (gt_xlsx()->workbook_new)
#define worksheet_autofilter        (gt_xlsx()->worksheet_autofilter)
#define worksheet_freeze_panes      (gt_xlsx()->worksheet_freeze_panes)
#define worksheet_insert_chart      (gt_xlsx()->worksheet_insert_chart)
#define worksheet_set_column        (gt_xlsx()->worksheet_set_column)
#define worksheet_write_number      (gt_xlsx()->worksheet_write_number)
#define worksheet_write_string      (gt_xlsx()->worksheet_write_string)
#endif

#endif
