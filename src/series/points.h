/* Inside series: points of one series, sorted, and their text form in the workspace. */
#ifndef GT_SERIES_POINTS_H
#define GT_SERIES_POINTS_H

#include "guotu/arena.h"
#include "guotu/series.h"

typedef struct gt_points {
    gt_point *list; /* by place, then time */
    size_t n, cap;
    gt_origin origin; /* the weakest of what was loaded */
} gt_points;

/* "YYYY", "YYYY-MM", "YYYY-MM-DD", '/' for '-' allowed; out holds 11 bytes. */
bool gt_time_normal(const char *text, char out[11], int *year);
/* Order of points: place, then time. */
int gt_point_order(const void *a, const void *b);
/* "series/ID"; false when it is too long for a key. */
bool gt_points_key(const gt_series *series, char *out, size_t cap);
/* Reads what the workspace holds; texts in the arena. Nothing held: n = 0. */
gt_status gt_points_read(gt_ctx *ctx, gt_store *store, const gt_series *series, int64_t as_of_rev,
                         gt_arena *arena, gt_points *out) GT_CHECKED;
void gt_points_write(const gt_points *points, gt_text *out);

#endif
