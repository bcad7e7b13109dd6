/* Reading series: values of a year, gathered over its times and over places. */
#include <string.h>

#include "guotu/arena.h"
#include "series/points.h"

struct gt_series_book {
    gt_ctx *ctx;
    const gt_package *package;
    gt_arena *arena;
    gt_points *points; /* one for each series of the package */
};

gt_status gt_series_book_open(gt_ctx *ctx, gt_store *store, const gt_package *package,
                              int64_t as_of_rev, gt_series_book **out)
{
    size_t n = gt_package_n_series(package);
    gt_series_book *b = gt_zalloc(ctx, 1, sizeof *b);
    if (b == NULL) {
        return GT_E_MEMORY;
    }
    b->ctx = ctx;
    b->package = package;
    b->points = gt_zalloc(ctx, n + 1, sizeof *b->points);
    gt_status st = b->points == NULL ? GT_E_MEMORY : gt_arena_new(ctx, 0, &b->arena);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = gt_points_read(ctx, store, gt_package_series(package, i), as_of_rev, b->arena,
                            &b->points[i]);
    }
    if (st == GT_OK) {
        *out = b;
    } else {
        gt_series_book_free(b);
    }
    return st;
}

void gt_series_book_free(gt_series_book *b)
{
    if (b == NULL) {
        return;
    }
    for (size_t i = 0; b->points != NULL && i < gt_package_n_series(b->package); i++) {
        gt_free(b->ctx, b->points[i].list);
    }
    gt_free(b->ctx, b->points);
    gt_arena_free(b->arena);
    gt_free(b->ctx, b);
}

static const gt_points *points_of(const gt_series_book *b, const gt_series *series)
{
    return &b->points[series - gt_package_series(b->package, 0)];
}

size_t gt_series_n_points(const gt_series_book *b, const gt_series *series)
{
    return points_of(b, series)->n;
}

const gt_point *gt_series_point(const gt_series_book *b, const gt_series *series, size_t i)
{
    return &points_of(b, series)->list[i];
}

gt_origin gt_series_origin(const gt_series_book *b, const gt_series *series)
{
    return points_of(b, series)->origin;
}

/* End of the run of one place that begins at i. */
static size_t place_end(const gt_points *p, size_t i)
{
    size_t end = i;
    while (end < p->n && strcmp(p->list[end].place, p->list[i].place) == 0) {
        end++;
    }
    return end;
}

/* The times of a year within one place. */
static bool year_value(const gt_points *p, size_t begin, size_t end, const gt_series *series,
                       int year, double *out)
{
    double sum = 0, last = 0;
    size_t n = 0;
    for (size_t i = begin; i < end; i++) {
        if (p->list[i].year == year) {
            sum += p->list[i].value;
            last = p->list[i].value;
            n++;
        }
    }
    if (n == 0) {
        return false;
    }
    switch (series->yearly) {
    case GT_GATHER_SUM:
        *out = sum;
        break;
    case GT_GATHER_MEAN:
        *out = sum / (double)n;
        break;
    case GT_GATHER_LAST:
    case GT_GATHER_NONE:
        *out = last;
        break;
    }
    return true;
}

static bool over_places(const gt_points *p, const gt_series *series, int year, double *out)
{
    double sum = 0;
    size_t places = 0, known = 0;
    for (size_t i = 0, end; i < p->n; i = end) {
        double x = 0;
        end = place_end(p, i);
        places++;
        if (year_value(p, i, end, series, year, &x)) {
            sum += x;
            known++;
        }
    }
    if (series->places == GT_GATHER_MEAN && known > 0) {
        *out = sum / (double)known;
        return true;
    }
    *out = sum;
    return series->places == GT_GATHER_SUM && known > 0 && known == places;
}

bool gt_series_value(const gt_series_book *b, const gt_series *series, const char *place, int year,
                     double *out)
{
    const gt_points *p = points_of(b, series);
    bool held = false;
    for (size_t i = 0, end; i < p->n; i = end) {
        end = place_end(p, i);
        if (strcmp(p->list[i].place, place) == 0) {
            held = true;
            if (year_value(p, i, end, series, year, out)) {
                return true;
            }
        }
    }
    return *place == '\0' && !held && over_places(p, series, year, out);
}

bool gt_series_years(const gt_series_book *b, const gt_series *series, const char *place,
                     int *first, int *last)
{
    const gt_points *p = points_of(b, series);
    bool any = false;
    for (size_t i = 0; i < p->n; i++) {
        int year = p->list[i].year;
        if (*place == '\0' || strcmp(p->list[i].place, place) == 0) {
            *first = !any || year < *first ? year : *first;
            *last = !any || year > *last ? year : *last;
            any = true;
        }
    }
    return any;
}
