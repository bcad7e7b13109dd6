/* Counters of the server. */
#include "serve/metrics.h"

static const double bounds[GT_METRIC_BUCKETS] = {0.001, 0.0025, 0.005, 0.01, 0.025,
                                                 0.05,  0.1,    0.5,   2.5,  10};

void gt_metrics_count(gt_metrics *metrics, int status, size_t bytes, double seconds)
{
    int at = status >= 100 && status < 600 ? status / 100 : 0, b = 0;
    while (b < GT_METRIC_BUCKETS && seconds > bounds[b]) {
        b++;
    }
    atomic_fetch_add(&metrics->by_class[at], 1);
    atomic_fetch_add(&metrics->bytes, bytes);
    atomic_fetch_add(&metrics->micros, (unsigned long long)(1e6 * (seconds > 0 ? seconds : 0)));
    atomic_fetch_add(&metrics->bucket[b], 1);
}

void gt_metrics_turned_away(gt_metrics *metrics)
{
    atomic_fetch_add(&metrics->turned_away, 1);
}

void gt_metrics_put(gt_metrics *metrics, gt_text *out)
{
    unsigned long long total = 0;
    gt_text_puts(out, "# TYPE guotu_http_requests_total counter\n");
    for (int i = 0; i < 6; i++) {
        gt_text_printf(out, "guotu_http_requests_total{class=\"%dxx\"} %llu\n", i,
                       atomic_load(&metrics->by_class[i]));
    }
    gt_text_printf(out,
                   "# TYPE guotu_http_response_bytes_total counter\n"
                   "guotu_http_response_bytes_total %llu\n",
                   atomic_load(&metrics->bytes));
    gt_text_printf(out,
                   "# TYPE guotu_http_turned_away_total counter\n"
                   "guotu_http_turned_away_total %llu\n",
                   atomic_load(&metrics->turned_away));
    gt_text_puts(out, "# TYPE guotu_http_request_seconds histogram\n");
    for (int i = 0; i < GT_METRIC_BUCKETS; i++) {
        total += atomic_load(&metrics->bucket[i]);
        gt_text_printf(out, "guotu_http_request_seconds_bucket{le=\"%g\"} %llu\n", bounds[i],
                       total);
    }
    total += atomic_load(&metrics->bucket[GT_METRIC_BUCKETS]);
    gt_text_printf(out,
                   "guotu_http_request_seconds_bucket{le=\"+Inf\"} %llu\n"
                   "guotu_http_request_seconds_sum %.6f\nguotu_http_request_seconds_count %llu\n",
                   total, 1e-6 * (double)atomic_load(&metrics->micros), total);
}
