/* A grid that stands put right in place. The file grows by the tiles that are written and by a new
 * directory; the eight bytes of the header that say where the directory stands are written last, so
 * that at every moment the file is whole: before them the old grid with something behind it, after
 * them the new one.
 *
 *   header 16 | old directory | tiles ... | new tiles | new directory
 *         `----------------------------------------------^
 *
 * Locks: the file is locked against other updates as long as it is open for one (flock; readers do
 * not ask). grid->lock guards places of tiles; `moved` is set with release once a place stands. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grid/internal.h"

enum { FIRST_DIRECTORY = 8 /* BigTIFF: where the header keeps the place of the directory */ };

struct grid_update {
    uint64_t size_before, end;
    atomic_uchar *moved; /* by tile */
    bool done;
};

/* ---- opening ------------------------------------------------------------------------------------
 */

static bool of_that_shape(const gt_grid *g, const gt_grid_spec *s, uint64_t size)
{
    const gt_grid_spec *t = &g->spec;
    double nodata = isnan(s->nodata) ? grid_usual_nodata(s->type) : s->nodata;
    int64_t tile = s->tile == 0 ? GT_GRID_TILE : s->tile;
    bool same = t->n_cols == s->n_cols && t->n_rows == s->n_rows && t->x_west == s->x_west &&
                t->y_north == s->y_north && t->cell_x == s->cell_x && t->cell_y == s->cell_y &&
                t->type == s->type && g->tile_w == tile && g->tile_h == tile &&
                (t->nodata == nodata || (isnan(t->nodata) && isnan(nodata)));
    uint64_t cells = (uint64_t)(g->across * g->down) * g->tile_bytes;
    return same && g->packing == GT_GRID_PLAIN && s->packing == GT_GRID_PLAIN &&
           t->overviews == 0 && s->overviews == 0 && size / 3 * 2 <= cells;
}

/* Every tile has a place of its own, as files of ours do; and the header is one we know how to
 * change. */
static gt_status ours(gt_ctx *ctx, const gt_grid *g, bool *yes)
{
    unsigned char head[8];
    gt_status st = grid_pread(ctx, g, head, sizeof head, 0);
    *yes = st == GT_OK && memcmp(head, "II+\0\10\0\0\0", sizeof head) == 0;
    for (int64_t t = 0; *yes && t < g->across * g->down; t++) {
        *yes = g->length[t] == g->tile_bytes;
    }
    return st;
}

static gt_status same_crs(gt_ctx *ctx, const gt_grid *g, const char *text, bool *same)
{
    gt_crs *crs = NULL;
    if (text == NULL || g->crs == NULL) {
        *same = text == NULL && g->crs == NULL;
        return GT_OK;
    }
    gt_status st = gt_crs_new(ctx, text, &crs);
    *same = st == GT_OK && gt_crs_same(crs, g->crs);
    gt_crs_free(ctx, crs);
    return st;
}

static gt_status begin(gt_ctx *ctx, gt_grid *g, const gt_grid_spec *spec, uint64_t size)
{
    grid_free_items(ctx, g);
    gt_status st = grid_copy_items(ctx, spec, g);
    if (st != GT_OK) {
        return st;
    }
    g->update = gt_zalloc(ctx, 1, sizeof *g->update);
    if (g->update == NULL) {
        return GT_E_MEMORY;
    }
    g->update->size_before = size;
    g->update->end = (size + 4095) / 4096 * 4096; /* tiles on pages of their own */
    g->update->moved = gt_zalloc(ctx, (size_t)(g->across * g->down), sizeof *g->update->moved);
    g->writable = g->update->moved != NULL;
    return g->writable ? GT_OK : GT_E_MEMORY;
}

gt_status gt_grid_update(gt_ctx *ctx, const char *path, const gt_grid_spec *spec, gt_grid **out)
{
    gt_grid *g = NULL;
    struct stat info;
    bool can = false;
    *out = NULL;
    gt_status st = grid_open_as(ctx, path, true, &g);
    if (st != GT_OK || g == NULL) {
        return st;
    }
    if (fstat(g->fd, &info) != 0) {
        st = gt_fail_errno(ctx, errno, "fstat", path);
    } else if (of_that_shape(g, spec, (uint64_t)info.st_size)) {
        st = ours(ctx, g, &can);
        st = st == GT_OK && can ? same_crs(ctx, g, spec->crs, &can) : st;
    }
    if (st == GT_OK && can) {
        st = begin(ctx, g, spec, (uint64_t)info.st_size);
    }
    if (st != GT_OK || !can) {
        gt_grid_close(ctx, g);
        return st;
    }
    *out = g;
    return GT_OK;
}

/* ---- tiles --------------------------------------------------------------------------------------
 */

/* Copies a tile to its new place by pieces. */
static gt_status copy_tile(gt_ctx *ctx, const gt_grid *g, uint64_t from, uint64_t to)
{
    unsigned char piece[GRID_CHUNK];
    gt_status st = GT_OK;
    for (uint64_t at = 0; st == GT_OK && at < g->tile_bytes; at += sizeof piece) {
        uint64_t left = g->tile_bytes - at;
        size_t n = left < sizeof piece ? (size_t)left : sizeof piece;
        st = grid_pread(ctx, g, piece, n, from + at);
        if (st == GT_OK) {
            st = grid_pwrite(ctx, g, g->fd, piece, n, to + at);
        }
    }
    return st;
}

gt_status grid_move(gt_ctx *ctx, gt_grid *g, int64_t tile, bool keep)
{
    grid_update *u = g->update;
    gt_status st = GT_OK;
    if (atomic_load_explicit(&u->moved[tile], memory_order_acquire) != 0) {
        return GT_OK;
    }
    (void)pthread_mutex_lock(&g->lock);
    if (atomic_load_explicit(&u->moved[tile], memory_order_acquire) == 0) {
        if (keep) {
            st = copy_tile(ctx, g, g->offset[tile], u->end);
        } else if (ftruncate(g->fd, (off_t)(u->end + g->tile_bytes)) != 0) {
            st = gt_fail_errno(ctx, errno, "ftruncate", g->path); /* its padding must be there */
        }
        if (st == GT_OK) {
            g->offset[tile] = u->end;
            u->end += g->tile_bytes;
            atomic_store_explicit(&u->moved[tile], 1, memory_order_release);
        }
    }
    (void)pthread_mutex_unlock(&g->lock);
    return st;
}

/* ---- the new directory --------------------------------------------------------------------------
 */

gt_status grid_update_finish(gt_ctx *ctx, gt_grid *g)
{
    grid_update *u = g->update;
    const tiff_image image = {.n_cols = g->spec.n_cols,
                              .n_rows = g->spec.n_rows,
                              .tile = g->tile_w,
                              .n_tiles = g->across * g->down,
                              .offset = g->offset,
                              .length = g->length};
    unsigned char place[8];
    gt_text directory;
    gt_text_init(&directory, ctx, (size_t)1 << 30);
    grid_tiff_directory(g, &image, u->end, &directory);
    gt_status st = gt_text_status(&directory);
    if (st == GT_OK) {
        st = grid_pwrite(ctx, g, g->fd, directory.data, directory.len, u->end);
    }
    if (st == GT_OK && fdatasync(g->fd) != 0) {
        st = gt_fail_errno(ctx, errno, "fdatasync", g->path);
    }
    if (st == GT_OK) {
        for (int i = 0; i < 8; i++) {
            place[i] = (unsigned char)(u->end >> (8 * i));
        }
        st = grid_pwrite(ctx, g, g->fd, place, sizeof place, FIRST_DIRECTORY);
    }
    gt_text_free(&directory);
    if (st == GT_OK) {
        u->done = true;
        g->writable = false;
    }
    return st;
}

void grid_update_end(gt_ctx *ctx, gt_grid *g)
{
    if (g->update == NULL) {
        return;
    }
    if (!g->update->done && ftruncate(g->fd, (off_t)g->update->size_before) != 0) {
        errno = 0; /* what stands behind the old directory is in nobody's way */
    }
    gt_free(ctx, g->update->moved);
    gt_free(ctx, g->update);
    g->update = NULL;
}
