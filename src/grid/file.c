/* Grids as files: opening, making, facts, agreement of two. A grid in the making is a plain file
 * beside its final place, with a hole where the header will stand. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grid/finish.h"
#include "grid/internal.h"
#include "grid/messages.h"
#include "grid/part.h"

enum { TILE_MIN = 16, TILE_MAX = 4096 };

gt_status grid_pread(gt_ctx *ctx, const gt_grid *grid, void *to, size_t n, uint64_t at)
{
    unsigned char *p = to;
    while (n > 0) {
        ssize_t got = pread(grid->fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return gt_fail_errno(ctx, errno, "pread", grid->path);
        }
        if (got == 0) {
            return grid_damaged(ctx, grid, "it ends too early", "文件提前结束");
        }
        p += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return GT_OK;
}

gt_status grid_pwrite(gt_ctx *ctx, const gt_grid *grid, int fd, const void *from, size_t n,
                      uint64_t at)
{
    const unsigned char *p = from;
    while (n > 0) {
        ssize_t got = pwrite(fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return gt_fail_errno(ctx, got < 0 ? errno : ENOSPC, "pwrite", grid->path);
        }
        p += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return GT_OK;
}

gt_status grid_damaged(gt_ctx *ctx, const gt_grid *grid, const char *why, const char *why_zh)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_DAMAGED, GT_PLACE(.file = grid->path),
                   GT_ARGS(GT_TEXT("why", why), GT_TEXT("why_zh", why_zh)));
}

void gt_grid_spec_init(gt_grid_spec *spec)
{
    memset(spec, 0, sizeof *spec);
    spec->size = sizeof *spec;
    spec->type = GT_CELL_F32;
    spec->nodata = (double)NAN;
}

void gt_grid_spec_like(const gt_grid *like, gt_cell type, gt_grid_spec *out)
{
    const gt_grid_spec *s = &like->spec;
    gt_grid_spec_init(out);
    out->n_cols = s->n_cols;
    out->n_rows = s->n_rows;
    out->x_west = s->x_west;
    out->y_north = s->y_north;
    out->cell_x = s->cell_x;
    out->cell_y = s->cell_y;
    out->crs = like->crs_text;
    out->type = type;
}

/* ---- opening ------------------------------------------------------------------------------------
 */

static gt_status new_grid(gt_ctx *ctx, const char *path, gt_grid **out)
{
    gt_grid *g = gt_zalloc(ctx, 1, sizeof *g);
    if (g == NULL) {
        return GT_E_MEMORY;
    }
    gt_grid_spec_init(&g->spec);
    g->fd = -1;
    g->predictor = 1;
    (void)pthread_mutex_init(&g->lock, NULL);
    g->path = gt_strdup(ctx, path);
    if (g->path == NULL) {
        gt_grid_close(ctx, g);
        return GT_E_MEMORY;
    }
    *out = g;
    return GT_OK;
}

gt_status grid_open_as(gt_ctx *ctx, const char *path, bool update, gt_grid **out)
{
    gt_grid *g = NULL;
    *out = NULL;
    gt_status st = new_grid(ctx, path, &g);
    if (st != GT_OK) {
        return st;
    }
    g->fd = open(path, (update ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (g->fd < 0) {
        int err = errno;
        st = gt_fail_errno(ctx, err, "open", path);
        st = err == ENOENT ? GT_E_NOT_FOUND : st;
        goto done;
    }
    if (update && flock(g->fd, LOCK_EX | LOCK_NB) != 0) {
        gt_grid_close(ctx, g);
        return GT_OK;
    }
    st = grid_tiff_read(ctx, g);
    if (st == GT_OK && g->crs_text != NULL) {
        st = gt_crs_new(ctx, g->crs_text, &g->crs);
    }
    if (st == GT_OK && g->packing != GT_GRID_PLAIN) {
        st = grid_cache_new(ctx, &g->cache);
    }
    g->spec.crs = g->crs_text;
    g->spec.items = g->items;
done:
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = path));
        gt_grid_close(ctx, g);
        return st;
    }
    *out = g;
    return GT_OK;
}

gt_status gt_grid_open(gt_ctx *ctx, const char *path, gt_grid **out)
{
    return grid_open_as(ctx, path, false, out);
}

void grid_free_items(gt_ctx *ctx, gt_grid *g)
{
    for (size_t i = 0; i < g->spec.n_items && g->items != NULL; i++) {
        gt_free(ctx, (void *)(uintptr_t)g->items[i].key);
        gt_free(ctx, (void *)(uintptr_t)g->items[i].value);
    }
    gt_free(ctx, g->items);
    g->items = NULL;
    g->spec.items = NULL;
    g->spec.n_items = 0;
}

void gt_grid_close(gt_ctx *ctx, gt_grid *g)
{
    if (g == NULL) {
        return;
    }
    grid_update_end(ctx, g);
    if (g->fd >= 0) {
        (void)close(g->fd);
    }
    if (g->part != NULL) {
        (void)unlink(g->part);
    }
    grid_free_items(ctx, g);
    grid_cache_free(ctx, g->cache);
    gt_crs_free(ctx, g->crs);
    gt_free(ctx, g->only);
    gt_free(ctx, g->offset);
    gt_free(ctx, g->length);
    gt_free(ctx, g->touched);
    gt_free(ctx, g->crs_text);
    gt_free(ctx, g->part);
    gt_free(ctx, g->path);
    (void)pthread_mutex_destroy(&g->lock);
    gt_free(ctx, g);
}

/* ---- making -------------------------------------------------------------------------------------
 */

static gt_status bad_spec(gt_ctx *ctx, const char *path, const char *what, const char *what_zh,
                          double value)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%.9g", value);
    return gt_fail(
        ctx, GT_E_USAGE, &GT_MSG_GRID_SPEC, GT_PLACE(.file = path),
        GT_ARGS(GT_TEXT("what", what), GT_TEXT("what_zh", what_zh), GT_TEXT("value", text)));
}

double grid_usual_nodata(gt_cell type)
{
    switch (type) {
    case GT_CELL_U8:
        return 255;
    case GT_CELL_I16:
        return INT16_MIN;
    case GT_CELL_U16:
        return UINT16_MAX;
    case GT_CELL_I32:
        return INT32_MIN;
    case GT_CELL_F32:
    case GT_CELL_F64:
        break;
    }
    return (double)NAN;
}

static gt_status check_spec(gt_ctx *ctx, const char *path, const gt_grid_spec *s)
{
    if (s->n_cols < 1 || s->n_rows < 1 || s->n_cols > GT_GRID_SIDE_MAX ||
        s->n_rows > GT_GRID_SIDE_MAX) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_SIZE, GT_PLACE(.file = path),
                       GT_ARGS(GT_INT("cols", s->n_cols), GT_INT("rows", s->n_rows),
                               GT_INT("max", GT_GRID_SIDE_MAX)));
    }
    if (!(s->cell_x > 0) || !(s->cell_y > 0) || !isfinite(s->cell_x) || !isfinite(s->cell_y)) {
        return bad_spec(ctx, path, "the cell size", "像元大小", s->cell_x);
    }
    if (!isfinite(s->x_west) || !isfinite(s->y_north)) {
        return bad_spec(ctx, path, "the corner", "角点", s->x_west);
    }
    if (s->tile != 0 && (s->tile < TILE_MIN || s->tile > TILE_MAX || s->tile % TILE_MIN != 0)) {
        return bad_spec(ctx, path, "the tile size", "分块大小", s->tile);
    }
    if (!isnan(s->nodata) && !grid_value_fits(s->type, s->nodata)) {
        return bad_spec(ctx, path, "the nodata value", "无数据值", s->nodata);
    }
    if (s->overviews < -1 || s->overviews > GRID_OVERVIEWS_MAX) {
        return bad_spec(ctx, path, "the number of overviews", "概览层数", s->overviews);
    }
    return GT_OK;
}

gt_status grid_copy_items(gt_ctx *ctx, const gt_grid_spec *from, gt_grid *g)
{
    g->items = gt_zalloc(ctx, from->n_items, sizeof *g->items);
    if (g->items == NULL) {
        return GT_E_MEMORY;
    }
    g->spec.items = g->items;
    g->spec.n_items = from->n_items;
    for (size_t i = 0; i < from->n_items; i++) {
        g->items[i].key = gt_strdup(ctx, from->items[i].key);
        g->items[i].value = gt_strdup(ctx, from->items[i].value);
        if (g->items[i].key == NULL || g->items[i].value == NULL) {
            return GT_E_MEMORY;
        }
    }
    return GT_OK;
}

/* All but the file. */
static gt_status shape(gt_ctx *ctx, const gt_grid_spec *spec, gt_grid *g)
{
    g->spec = *spec;
    g->spec.items = NULL;
    g->spec.n_items = 0;
    g->spec.crs = NULL;
    g->spec.tile = spec->tile == 0 ? GT_GRID_TILE : spec->tile;
    if (isnan(spec->nodata)) {
        g->spec.nodata = grid_usual_nodata(spec->type);
    }
    g->sparse_value = g->spec.nodata;
    g->bytes = (int)gt_cell_bytes(spec->type);
    g->tile_w = g->tile_h = g->spec.tile;
    g->across = (spec->n_cols + g->tile_w - 1) / g->tile_w;
    g->down = (spec->n_rows + g->tile_h - 1) / g->tile_h;
    g->tile_bytes = (uint64_t)(g->tile_w * g->tile_h) * (uint64_t)g->bytes;
    g->writable = true;
    bool real = spec->type == GT_CELL_F32 || spec->type == GT_CELL_F64;
    g->predictor = spec->packing == GT_GRID_PLAIN ? 1 : real ? 3 : 2;
    gt_status st = grid_copy_items(ctx, spec, g);
    if (st == GT_OK && spec->crs != NULL) {
        g->crs_text = gt_strdup(ctx, spec->crs);
        st = g->crs_text == NULL ? GT_E_MEMORY : gt_crs_new(ctx, spec->crs, &g->crs);
        g->spec.crs = g->crs_text;
    }
    if (st == GT_OK) {
        g->touched = gt_zalloc(ctx, (size_t)(g->across * g->down), sizeof *g->touched);
        st = g->touched == NULL ? GT_E_MEMORY : GT_OK;
    }
    return st;
}

/* Opens the file data gather in. */
static gt_status begin(gt_ctx *ctx, gt_grid *g, const char *prefix)
{
    gt_status st = grid_part_make(ctx, prefix, &g->part, &g->fd);
    if (st != GT_OK) {
        return st;
    }
    uint64_t size = g->data_start + (uint64_t)(g->across * g->down) * g->tile_bytes;
    if (ftruncate(g->fd, (off_t)size) != 0) {
        return gt_fail_errno(ctx, errno, "ftruncate", prefix);
    }
    return GT_OK;
}

gt_status gt_grid_create(gt_ctx *ctx, const char *path, const gt_grid_spec *spec, gt_grid **out)
{
    gt_grid *g = NULL;
    gt_status st = check_spec(ctx, path, spec);
    if (st == GT_OK) {
        st = new_grid(ctx, path, &g);
    }
    if (st != GT_OK) {
        return st;
    }
    st = shape(ctx, spec, g);
    if (st == GT_OK) {
        st = grid_header_size(ctx, g, &g->data_start);
    }
    if (st == GT_OK) {
        st = begin(ctx, g, path);
    }
    if (st != GT_OK) {
        gt_grid_close(ctx, g);
        return st;
    }
    *out = g;
    return GT_OK;
}

gt_status gt_grid_create_scratch(gt_ctx *ctx, const char *dir, const gt_grid_spec *spec,
                                 gt_grid **out)
{
    gt_grid *g = NULL;
    char prefix[4096];
    const char *tmp = dir != NULL ? dir : getenv("TMPDIR");
    (void)snprintf(prefix, sizeof prefix, "%s/guotu-grid", tmp == NULL ? "/tmp" : tmp);
    gt_status st = check_spec(ctx, prefix, spec);
    if (st == GT_OK) {
        st = new_grid(ctx, "", &g);
    }
    if (st != GT_OK) {
        return st;
    }
    g->scratch = true;
    st = shape(ctx, spec, g);
    if (st == GT_OK) {
        st = begin(ctx, g, prefix);
    }
    if (st == GT_OK && g->part != NULL) {
        (void)unlink(g->part); /* nothing is left behind, however the program ends */
        gt_free(ctx, g->part);
        g->part = NULL;
    } else {
        gt_grid_close(ctx, g);
        return st;
    }
    *out = g;
    return GT_OK;
}

gt_status grid_touch(gt_ctx *ctx, gt_grid *g, int64_t tile)
{
    gt_status st = GT_OK;
    if (atomic_load_explicit(&g->touched[tile], memory_order_acquire) != 0) {
        return GT_OK;
    }
    (void)pthread_mutex_lock(&g->lock);
    if (atomic_load_explicit(&g->touched[tile], memory_order_acquire) == 0) {
        unsigned char *row = gt_zalloc(ctx, (size_t)g->tile_w, (size_t)g->bytes);
        int64_t cols = g->spec.n_cols - tile % g->across * g->tile_w;
        int64_t rows = g->spec.n_rows - tile / g->across * g->tile_h;
        size_t line = (size_t)g->tile_w * (size_t)g->bytes;
        st = row == NULL ? GT_E_MEMORY : GT_OK;
        if (st == GT_OK) {
            grid_cells_fill(g->spec.type, g->spec.nodata, row,
                            (size_t)(cols < g->tile_w ? cols : g->tile_w));
        }
        for (int64_t r = 0; st == GT_OK && r < g->tile_h && r < rows; r++) {
            st = grid_pwrite(ctx, g, g->fd, row, line, grid_tile_at(g, tile) + (uint64_t)r * line);
        }
        gt_free(ctx, row);
        if (st == GT_OK) {
            atomic_store_explicit(&g->touched[tile], 1, memory_order_release);
        }
    }
    (void)pthread_mutex_unlock(&g->lock);
    return st;
}

/* ---- facts --------------------------------------------------------------------------------------
 */

const gt_grid_spec *gt_grid_facts(const gt_grid *grid)
{
    return &grid->spec;
}

const char *gt_grid_path(const gt_grid *grid)
{
    return grid->path;
}

const gt_crs *gt_grid_crs(const gt_grid *grid)
{
    return grid->crs;
}

gt_box gt_grid_box(const gt_grid *grid)
{
    const gt_grid_spec *s = &grid->spec;
    return (gt_box){s->x_west, s->y_north - (double)s->n_rows * s->cell_y,
                    s->x_west + (double)s->n_cols * s->cell_x, s->y_north};
}

const char *gt_grid_item_value(const gt_grid *grid, const char *key)
{
    for (size_t i = 0; i < grid->spec.n_items; i++) {
        if (strcmp(grid->items[i].key, key) == 0) {
            return grid->items[i].value;
        }
    }
    return NULL;
}

static gt_status cells_differ(gt_ctx *ctx, const gt_grid *a, const gt_grid *b, double dx, double dy)
{
    char size_a[64], size_b[64];
    (void)snprintf(size_a, sizeof size_a, "%.10g x %.10g", a->spec.cell_x, a->spec.cell_y);
    (void)snprintf(size_b, sizeof size_b, "%.10g x %.10g", b->spec.cell_x, b->spec.cell_y);
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_CELLS, GT_PLACE(.file = b->path),
                   GT_ARGS(GT_TEXT("a", a->path), GT_TEXT("b", b->path), GT_TEXT("size_a", size_a),
                           GT_TEXT("size_b", size_b), GT_REAL("dx", dx - floor(dx)),
                           GT_REAL("dy", dy - floor(dy))));
}

gt_status gt_grid_check_aligned(gt_ctx *ctx, const gt_grid *a, const gt_grid *b, bool same_extent,
                                int64_t *col, int64_t *row)
{
    const double slack =
        1e-6; /* of a cell: rounding of decimal corners, far below any offset meant */
    const gt_grid_spec *s = &a->spec, *t = &b->spec;
    if (a->crs != NULL && b->crs != NULL && !gt_crs_same(a->crs, b->crs)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_CRS, GT_PLACE(.file = b->path),
                       GT_ARGS(GT_TEXT("a", a->path), GT_TEXT("b", b->path),
                               GT_TEXT("crs_a", gt_crs_name(a->crs)),
                               GT_TEXT("crs_b", gt_crs_name(b->crs))));
    }
    double dx = (t->x_west - s->x_west) / s->cell_x, dy = (s->y_north - t->y_north) / s->cell_y;
    /* sizes must agree so well that the far corner, too, is within the slack */
    double far = fmax((double)(s->n_cols > t->n_cols ? s->n_cols : t->n_cols),
                      (double)(s->n_rows > t->n_rows ? s->n_rows : t->n_rows));
    bool sizes = fabs(s->cell_x - t->cell_x) * far <= slack * s->cell_x &&
                 fabs(s->cell_y - t->cell_y) * far <= slack * s->cell_y;
    if (!sizes || fabs(dx - rint(dx)) > slack || fabs(dy - rint(dy)) > slack || fabs(dx) > 1e9 ||
        fabs(dy) > 1e9) {
        return cells_differ(ctx, a, b, dx, dy);
    }
    if (same_extent &&
        (rint(dx) != 0 || rint(dy) != 0 || s->n_cols != t->n_cols || s->n_rows != t->n_rows)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_EXTENT, GT_PLACE(.file = b->path),
                       GT_ARGS(GT_TEXT("a", a->path), GT_TEXT("b", b->path),
                               GT_INT("cols_a", s->n_cols), GT_INT("rows_a", s->n_rows),
                               GT_INT("cols_b", t->n_cols), GT_INT("rows_b", t->n_rows)));
    }
    if (col != NULL) {
        *col = (int64_t)rint(dx);
    }
    if (row != NULL) {
        *row = (int64_t)rint(dy);
    }
    return GT_OK;
}
