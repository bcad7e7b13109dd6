#include "coverage/area_table.h"

#include <string.h>

static int compare_rows(const gt_area_table *t, size_t a, size_t b)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        int d = strcmp(t->texts[a * t->n_columns + c], t->texts[b * t->n_columns + c]);
        if (d != 0) {
            return d;
        }
    }
    return a < b ? -1 : a > b;
}

/* Merge sort of row numbers: stable, no global state as qsort would need. */
static void sort_rows(const gt_area_table *t, size_t *order, size_t *scratch, size_t n)
{
    if (n < 2) {
        return;
    }
    size_t half = n / 2, i = 0, k = half, out = 0;
    sort_rows(t, order, scratch, half);
    sort_rows(t, order + half, scratch, n - half);
    while (i < half && k < n) {
        scratch[out++] = compare_rows(t, order[i], order[k]) <= 0 ? order[i++] : order[k++];
    }
    while (i < half) {
        scratch[out++] = order[i++];
    }
    memcpy(order, scratch, out * sizeof *order);
}

gt_status gt_area_table_order(gt_area_table *t)
{
    size_t *order = gt_arena_alloc(t->arena, 2 * t->n_rows + 1, sizeof *order);
    const char **texts = gt_arena_alloc(t->arena, t->n_rows * t->n_columns + 1, sizeof *texts);
    double *m2 = gt_arena_alloc(t->arena, t->n_rows + 1, sizeof *m2);
    if (order == NULL || texts == NULL || m2 == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < t->n_rows; i++) {
        order[i] = i;
    }
    sort_rows(t, order, order + t->n_rows, t->n_rows);
    for (size_t i = 0; i < t->n_rows; i++) {
        memcpy(texts + i * t->n_columns, t->texts + order[i] * t->n_columns,
               t->n_columns * sizeof *texts);
        m2[i] = t->m2[order[i]];
    }
    t->texts = texts;
    t->m2 = m2;
    return GT_OK;
}

void gt_area_table_free(gt_area_table *t)
{
    if (t != NULL) {
        gt_arena_free(t->arena);
        gt_free(t->ctx, t);
    }
}

size_t gt_area_table_n_columns(const gt_area_table *t)
{
    return t->n_columns;
}

const gt_area_column *gt_area_table_column(const gt_area_table *t, size_t i)
{
    return &t->columns[i];
}

size_t gt_area_table_n_rows(const gt_area_table *t)
{
    return t->n_rows;
}

const char *gt_area_table_text(const gt_area_table *t, size_t r, size_t c)
{
    return t->texts[r * t->n_columns + c];
}

double gt_area_table_m2(const gt_area_table *t, size_t r)
{
    return t->m2[r];
}

double gt_area_table_total(const gt_area_table *t)
{
    return t->total;
}
