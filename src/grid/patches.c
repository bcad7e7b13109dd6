/* Connected components: one pass from the north numbers runs and joins them (union by least number,
 * with halved paths), the second numbers them again in the same order and looks up what each
 * became. Rows in memory; numbering twice costs less than keeping the provisional numbers in a
 * file. */
#include <string.h>

#include "grid/messages.h"
#include "guotu/grid_analysis.h"

enum { BAND = 64 };

typedef struct patch_run {
    gt_grid *classes;
    bool eight, again; /* again: the second pass, where all is joined */
    int64_t n_cols, n_rows;
    int32_t *parent; /* of provisional number i; least of its patch at the root */
    gt_patch *of;    /* of provisional numbers, summed at roots */
    size_t n, cap_parent;
    size_t next;                   /* number of the second pass */
    int32_t *value[2], *number[2]; /* rows with a cell of nodata at each end: above, this */
    int32_t *final;                /* a row of the result */
} patch_run;

static int32_t root_of(int32_t *parent, int32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

static gt_status new_number(gt_ctx *ctx, patch_run *p, int32_t *out)
{
    if (p->again) {
        *out = (int32_t)p->next++;
        return GT_OK;
    }
    if (p->n >= INT32_MAX - 1) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GRID_TOO_MANY,
                       GT_PLACE(.file = gt_grid_path(p->classes)),
                       GT_ARGS(GT_INT("cells", p->n), GT_INT("max", INT32_MAX - 1)));
    }
    gt_status st = gt_grow(ctx, (void **)&p->parent, &p->cap_parent, p->n + 1, sizeof *p->parent);
    if (st == GT_OK) {
        p->parent[p->n] = (int32_t)p->n;
        *out = (int32_t)p->n++;
    }
    return st;
}

static void join(patch_run *p, int32_t a, int32_t b)
{
    if (p->again) {
        return;
    }
    a = root_of(p->parent, a);
    b = root_of(p->parent, b);
    if (a < b) {
        p->parent[b] = a;
    } else {
        p->parent[a] = b;
    }
}

static gt_status number_row(gt_ctx *ctx, patch_run *p)
{
    const int32_t *above = p->value[0], *here = p->value[1], *up = p->number[0];
    int32_t *number = p->number[1];
    gt_status st = GT_OK;
    for (int64_t c = 1; st == GT_OK && c <= p->n_cols; c++) {
        int32_t v = here[c];
        if (v == GT_NODATA_I32) {
            number[c] = -1;
            continue;
        }
        bool west = here[c - 1] == v, north = above[c] == v;
        if (west) {
            number[c] = number[c - 1];
        } else if (north) {
            number[c] = up[c];
        } else {
            number[c] = -1;
        }
        /* above a run that goes on, the joint was made before */
        if (west && north && !(above[c - 1] == v)) {
            join(p, number[c], up[c]);
        }
        for (int64_t k = -1; p->eight && k <= 1; k += 2) {
            if (above[c + k] == v && !north) {
                if (number[c] < 0) {
                    number[c] = up[c + k];
                } else {
                    join(p, number[c], up[c + k]);
                }
            }
        }
        if (number[c] < 0) {
            st = new_number(ctx, p, &number[c]);
        }
    }
    return st;
}

static void swap(int32_t **rows)
{
    int32_t *row = rows[0];
    rows[0] = rows[1];
    rows[1] = row;
}

/* Reads row r and numbers it; the rows change places when it is done with. */
static gt_status next_row(gt_ctx *ctx, patch_run *p, int64_t r)
{
    const gt_window w = {0, r, p->n_cols, 1};
    gt_status st = r % BAND == 0 ? gt_check_cancel(ctx) : GT_OK;
    st = st == GT_OK
             ? gt_grid_read(ctx, p->classes, &w, GT_CELL_I32, p->value[1] + 1, (size_t)p->n_cols)
             : st;
    return st == GT_OK ? number_row(ctx, p) : st;
}

static gt_status first_pass(gt_ctx *ctx, patch_run *p)
{
    gt_status st = GT_OK;
    for (int64_t r = 0; st == GT_OK && r < p->n_rows; r++) {
        st = next_row(ctx, p, r);
        swap(p->value);
        swap(p->number);
    }
    return st;
}

/* parent[i] becomes the final number of i; roots come in the order of their first cells. */
static gt_status settle(gt_ctx *ctx, patch_run *p, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < p->n; i++) {
        /* parents are less than their children and done already */
        p->parent[i] = p->parent[i] == (int32_t)i ? (int32_t)(*n)++ : p->parent[p->parent[i]];
    }
    p->of = gt_zalloc(ctx, *n, sizeof *p->of);
    return p->of == NULL ? GT_E_MEMORY : GT_OK;
}

static void count_row(patch_run *p, int64_t r)
{
    const int32_t *value = p->value[1] + 1, *number = p->number[1] + 1;
    for (int64_t c = 0; c < p->n_cols; c++) {
        if (number[c] < 0) {
            p->final[c] = GT_NODATA_I32;
            continue;
        }
        int32_t k = p->parent[number[c]];
        gt_patch *q = &p->of[k];
        p->final[c] = k + 1;
        if (q->cells == 0) {
            *q = (gt_patch){value[c], 0, c, r, c, r};
        }
        q->cells++;
        q->col_min = c < q->col_min ? c : q->col_min;
        q->col_max = c > q->col_max ? c : q->col_max;
        q->row_max = r;
    }
}

static void clear_rows(patch_run *p)
{
    for (int i = 0; i < 2; i++) {
        for (int64_t c = 0; c < p->n_cols + 2; c++) {
            p->value[i][c] = GT_NODATA_I32;
            p->number[i][c] = -1;
        }
    }
}

static gt_status second_pass(gt_ctx *ctx, patch_run *p, gt_grid *out)
{
    gt_status st = GT_OK;
    p->again = true;
    clear_rows(p);
    for (int64_t r = 0; st == GT_OK && r < p->n_rows; r++) {
        const gt_window w = {0, r, p->n_cols, 1};
        st = next_row(ctx, p, r);
        if (st == GT_OK) {
            count_row(p, r);
            st = out == NULL
                     ? GT_OK
                     : gt_grid_write(ctx, out, &w, GT_CELL_I32, p->final, (size_t)p->n_cols);
        }
        swap(p->value);
        swap(p->number);
    }
    return st;
}

static gt_status open_rows(gt_ctx *ctx, patch_run *p)
{
    size_t width = (size_t)p->n_cols + 2;
    for (int i = 0; i < 2; i++) {
        p->value[i] = gt_alloc(ctx, width, sizeof(int32_t));
        p->number[i] = gt_alloc(ctx, width, sizeof(int32_t));
        if (p->value[i] == NULL || p->number[i] == NULL) {
            return GT_E_MEMORY;
        }
    }
    clear_rows(p);
    p->final = gt_alloc(ctx, width, sizeof(int32_t));
    return p->final == NULL ? GT_E_MEMORY : GT_OK;
}

gt_status gt_grid_patches(gt_ctx *ctx, gt_grid *classes, bool eight, gt_grid *patches,
                          gt_patch **list, size_t *n)
{
    const gt_grid_spec *s = gt_grid_facts(classes);
    patch_run p = {.classes = classes, .eight = eight, .n_cols = s->n_cols, .n_rows = s->n_rows};
    gt_status st = GT_OK;
    if (patches != NULL) {
        st = gt_grid_check_aligned(ctx, classes, patches, true, NULL, NULL);
    }
    st = st == GT_OK ? open_rows(ctx, &p) : st;
    st = st == GT_OK ? first_pass(ctx, &p) : st;
    st = st == GT_OK ? settle(ctx, &p, n) : st;
    st = st == GT_OK ? second_pass(ctx, &p, patches) : st;
    if (st == GT_OK && list != NULL) {
        *list = p.of;
        p.of = NULL;
    }
    for (int i = 0; i < 2; i++) {
        gt_free(ctx, p.value[i]);
        gt_free(ctx, p.number[i]);
    }
    gt_free(ctx, p.of);
    gt_free(ctx, p.parent);
    gt_free(ctx, p.final);
    return st;
}
