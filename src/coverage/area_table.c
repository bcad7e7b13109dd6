#include "coverage/area_table.h"

#include <stdlib.h>
#include <string.h>

/* Rank of every text of a column in the order of bytes, by its code. */
typedef struct ranked {
    const char *text;
    uint32_t code;
} ranked;

static int text_order(const void *a, const void *b)
{
    const ranked *p = a, *q = b;
    return strcmp(p->text, q->text);
}

static int row_order(const void *a, const void *b, void *user)
{
    const gt_area_table *t = user;
    size_t p = *(const size_t *)a, q = *(const size_t *)b;
    for (size_t c = 0; c < t->n_columns; c++) {
        uint32_t x = t->codes[p * t->n_columns + c], y = t->codes[q * t->n_columns + c];
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return (p > q) - (p < q);
}

/* Renumbers the codes of column c so that they ascend with their texts. */
static gt_status rank_column(gt_area_table *t, size_t c)
{
    ranked *list = gt_zalloc(t->ctx, (size_t)t->n_codes[c] + 1, sizeof *list);
    uint32_t *rank = gt_zalloc(t->ctx, (size_t)t->n_codes[c] + 1, sizeof *rank);
    gt_status st = list == NULL || rank == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t i = 0; st == GT_OK && i < t->n_rows; i++) {
        uint32_t code = t->codes[i * t->n_columns + c];
        list[code] = (ranked){t->texts[i * t->n_columns + c], code};
    }
    if (st == GT_OK && t->n_codes[c] > 1) {
        qsort(list, t->n_codes[c], sizeof *list, text_order);
    }
    for (uint32_t i = 0; st == GT_OK && i < t->n_codes[c]; i++) {
        rank[list[i].code] = i;
    }
    for (size_t i = 0; st == GT_OK && i < t->n_rows; i++) {
        uint32_t *code = &t->codes[i * t->n_columns + c];
        *code = rank[*code];
    }
    gt_free(t->ctx, list);
    gt_free(t->ctx, rank);
    return st;
}

gt_status gt_area_table_order(gt_area_table *t)
{
    size_t cells = t->n_rows * t->n_columns;
    size_t *order = gt_alloc(t->ctx, t->n_rows + 1, sizeof *order);
    const char **texts = gt_arena_alloc(t->arena, cells + 1, sizeof *texts);
    uint32_t *codes = gt_arena_alloc(t->arena, cells + 1, sizeof *codes);
    double *m2 = gt_arena_alloc(t->arena, t->n_rows + 1, sizeof *m2);
    gt_status st =
        order == NULL || texts == NULL || codes == NULL || m2 == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t c = 0; st == GT_OK && c < t->n_columns; c++) {
        st = rank_column(t, c);
    }
    for (size_t i = 0; st == GT_OK && i < t->n_rows; i++) {
        order[i] = i;
    }
    if (st == GT_OK && t->n_rows > 1) {
        qsort_r(order, t->n_rows, sizeof *order, row_order, t);
    }
    for (size_t i = 0; st == GT_OK && i < t->n_rows; i++) {
        size_t from = order[i] * t->n_columns, to = i * t->n_columns;
        memcpy(texts + to, t->texts + from, t->n_columns * sizeof *texts);
        memcpy(codes + to, t->codes + from, t->n_columns * sizeof *codes);
        m2[i] = t->m2[order[i]];
    }
    if (st == GT_OK) {
        t->texts = texts;
        t->codes = codes;
        t->m2 = m2;
    }
    gt_free(t->ctx, order);
    return st;
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

uint32_t gt_area_table_code(const gt_area_table *t, size_t r, size_t c)
{
    return t->codes[r * t->n_columns + c];
}

double gt_area_table_m2(const gt_area_table *t, size_t r)
{
    return t->m2[r];
}

double gt_area_table_total(const gt_area_table *t)
{
    return t->total;
}
