/* Tables of text cells: aligned for people, CSV and JSON for programs. */
#include <string.h>

#include "cli.h"

struct cli_table {
    gt_ctx *ctx;
    int n_columns;
    const char *const *headings;
    const char *right; /* one 'r' or 'l' a column */
    char **cells;
    size_t n_cells, cap;
};

gt_status cli_table_new(cli *app, int n_columns, const char *const *headings,
                        const char *right_aligned, cli_table **out)
{
    cli_table *t = gt_zalloc(app->ctx, 1, sizeof *t);
    if (t == NULL) {
        return GT_E_MEMORY;
    }
    t->ctx = app->ctx;
    t->n_columns = n_columns;
    t->headings = headings;
    t->right = right_aligned;
    *out = t;
    return GT_OK;
}

gt_status cli_table_row(cli_table *t, const char *const *cells)
{
    void *block = t->cells;
    gt_status st =
        gt_grow(t->ctx, &block, &t->cap, t->n_cells + (size_t)t->n_columns, sizeof *t->cells);
    if (st != GT_OK) {
        return st;
    }
    t->cells = block;
    for (int c = 0; c < t->n_columns; c++) {
        char *copy = gt_strdup(t->ctx, cells[c] == NULL ? "" : cells[c]);
        if (copy == NULL) {
            return GT_E_MEMORY;
        }
        t->cells[t->n_cells++] = copy;
    }
    return GT_OK;
}

static void blanks(gt_text *out, size_t n)
{
    static const char many[] = "                                ";
    for (; n > sizeof many - 1; n -= sizeof many - 1) {
        gt_text_add(out, many, sizeof many - 1);
    }
    gt_text_add(out, many, n);
}

static void put_cell(gt_text *out, const char *cell, size_t width, bool right, bool last)
{
    size_t columns = gt_text_columns(cell);
    size_t pad = width > columns ? width - columns : 0;
    if (right) {
        blanks(out, pad);
    }
    gt_text_puts(out, cell);
    if (!right && !last) {
        blanks(out, pad);
    }
    gt_text_puts(out, last ? "\n" : "  ");
}

/* Columns beyond the string are left. */
static bool to_the_right(const cli_table *t, size_t column)
{
    return column < strlen(t->right) && t->right[column] == 'r';
}

void cli_table_text(const cli_table *t, gt_text *out)
{
    enum { MAX_COLUMNS = 32 };
    size_t width[MAX_COLUMNS] = {0};
    size_t n = (size_t)t->n_columns;
    for (size_t c = 0; c < n; c++) {
        width[c] = gt_text_columns(t->headings[c]);
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t w = gt_text_columns(t->cells[i]);
        width[i % n] = w > width[i % n] ? w : width[i % n];
    }
    for (size_t c = 0; c < n; c++) {
        put_cell(out, t->headings[c], width[c], to_the_right(t, c), c + 1 == n);
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        put_cell(out, t->cells[i], width[i % n], to_the_right(t, i % n), (i + 1) % n == 0);
    }
}

void cli_table_csv(const cli_table *t, const char *const *keys, gt_text *out)
{
    size_t n = (size_t)t->n_columns;
    for (size_t c = 0; c < n; c++) {
        gt_text_csv_field(out, keys[c]);
        gt_text_puts(out, c + 1 == n ? "\r\n" : ",");
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        gt_text_csv_field(out, t->cells[i]);
        gt_text_puts(out, (i + 1) % n == 0 ? "\r\n" : ",");
    }
}

void cli_table_free(cli_table *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        gt_free(t->ctx, t->cells[i]);
    }
    gt_free(t->ctx, t->cells);
    gt_free(t->ctx, t);
}
