/* One verdict being drawn: what the files of the verdict share. */
#ifndef GT_REPORT_SHEET_H
#define GT_REPORT_SHEET_H

#include "report/map.h"
#include "report/stage.h"
#include "report/verdict.h"

/* Share of white in the colours of the ground: it steps back behind the findings. */
#define GT_VERDICT_FADE 0.35

typedef struct sheet {
    gt_ctx *ctx;
    const gt_map_source *source;
    const gt_map_verdict_options *o;
    gt_type *type;
    gt_canvas *canvas;
    cairo_t *cr;
    gt_canvas_kind kind;
    int width, height; /* pixels */
    size_t budget;
    gt_verdict_page page;
    gt_table table;
    gt_clause_list clauses;
    gt_window view;
    gt_look look;
    gt_stage stage;
    gt_labels *tags, *names;
    gt_layer_paint **paints; /* one a layer and one for the subject */
    gt_tally *tallies;
    gt_map_layer *layers; /* those of the options, and the subject's outline for the legend */
    gt_legend legend;
    gt_map_options map; /* for the legend and the warning */
} sheet;

/* Window of the map around the subject. */
gt_status gt_sheet_fit(sheet *s) GT_CHECKED;
/* Ground, overlaps, subject, tags, names and furniture of the frame. */
gt_status gt_sheet_map(sheet *s) GT_CHECKED;

#endif
