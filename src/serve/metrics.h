/* Counters of the server, in the text form of Prometheus. Thread safe. Internal to serve. */
#ifndef GT_SERVE_METRICS_H
#define GT_SERVE_METRICS_H

#include <stdatomic.h>

#include "guotu/text.h"

enum { GT_METRIC_BUCKETS = 10 };

typedef struct gt_metrics {    /* zeroed at first */
    atomic_ullong by_class[6]; /* requests by status / 100; [0]: the client went away */
    atomic_ullong bytes, micros, turned_away;
    atomic_ullong bucket[GT_METRIC_BUCKETS + 1];
} gt_metrics;

void gt_metrics_count(gt_metrics *metrics, int status, size_t bytes, double seconds);
void gt_metrics_turned_away(gt_metrics *metrics);
void gt_metrics_put(gt_metrics *metrics, gt_text *out);

#endif
