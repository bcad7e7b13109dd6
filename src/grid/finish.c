/* Finishing a grid. A plain one without overviews only lacks its header. Others are laid out anew
 * in a second file: header, overviews from the smallest, then the grid, tiles in order; packing
 * runs on all threads, a batch of tiles at a time, so the bytes do not depend on the threads. */
#include "grid/finish.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grid/internal.h"
#include "grid/part.h"
#include "guotu/pool.h"

enum { OVERVIEW_SIDE = 256, BATCH_PER_THREAD = 4, HEADER_MAX = 1 << 30 };

static void describe(const gt_grid *g, tiff_image *im)
{
    *im = (tiff_image){.n_cols = g->spec.n_cols,
                       .n_rows = g->spec.n_rows,
                       .tile = g->spec.tile,
                       .n_tiles = g->across * g->down};
}

static gt_status alloc_lists(gt_ctx *ctx, tiff_image *im)
{
    im->offset = gt_zalloc(ctx, (size_t)im->n_tiles, sizeof *im->offset);
    im->length = gt_zalloc(ctx, (size_t)im->n_tiles, sizeof *im->length);
    return im->offset == NULL || im->length == NULL ? GT_E_MEMORY : GT_OK;
}

static void free_lists(gt_ctx *ctx, tiff_image *im)
{
    gt_free(ctx, im->offset);
    gt_free(ctx, im->length);
    im->offset = im->length = NULL;
}

gt_status grid_header_size(gt_ctx *ctx, const gt_grid *grid, uint64_t *out)
{
    tiff_image im;
    gt_text header;
    describe(grid, &im);
    gt_text_init(&header, ctx, HEADER_MAX);
    gt_status st = alloc_lists(ctx, &im);
    if (st == GT_OK) {
        grid_tiff_header(grid, &im, 1, &header);
        st = gt_text_status(&header);
        *out = (header.len + 4095) / 4096 * 4096; /* data on a page of their own */
    }
    gt_text_free(&header);
    free_lists(ctx, &im);
    return st;
}

static gt_status write_header(gt_ctx *ctx, const gt_grid *g, const tiff_image *images, size_t n,
                              int fd)
{
    gt_text header;
    gt_text_init(&header, ctx, HEADER_MAX);
    grid_tiff_header(g, images, n, &header);
    gt_status st = gt_text_status(&header);
    if (st == GT_OK) {
        st = grid_pwrite(ctx, g, fd, header.data, header.len, 0);
    }
    gt_text_free(&header);
    return st;
}

static gt_status publish(gt_ctx *ctx, gt_grid *g)
{
    if (fchmod(g->fd, 0644) != 0 || rename(g->part, g->path) != 0) {
        return gt_fail_errno(ctx, errno, "rename", g->path);
    }
    grid_part_done(g->fd);
    gt_free(ctx, g->part);
    g->part = NULL;
    g->writable = false;
    return GT_OK;
}

static gt_status finish_plain(gt_ctx *ctx, gt_grid *g)
{
    tiff_image im;
    describe(g, &im);
    gt_status st = alloc_lists(ctx, &im);
    for (int64_t t = 0; st == GT_OK && t < im.n_tiles; t++) {
        im.offset[t] = grid_tile_at(g, t);
        im.length[t] = g->tile_bytes;
    }
    if (st == GT_OK) {
        st = write_header(ctx, g, &im, 1, g->fd);
    }
    free_lists(ctx, &im);
    return st;
}

/* ---- overviews ----------------------------------------------------------------------------------
 */

/* One row of cells of half the size. Real types: the mean of the valid cells, so that shapes keep
 * their values; integer types: the cell in the north west, as classes cannot be averaged. */
static void halve(const double *a, const double *b, int64_t n, bool mean, double *out)
{
    for (int64_t i = 0; i < n; i += 2) {
        const double v[4] = {a[i], i + 1 < n ? a[i + 1] : (double)NAN,
                             b == NULL ? (double)NAN : b[i],
                             b == NULL || i + 1 >= n ? (double)NAN : b[i + 1]};
        double sum = 0;
        int k = 0;
        for (int j = 0; j < 4; j++) {
            if (!isnan(v[j])) {
                sum += v[j];
                k++;
            }
        }
        out[i / 2] = !mean ? v[0] : k == 0 ? (double)NAN : sum / k;
    }
}

typedef struct halving {
    gt_grid *from, *to;
} halving;

static gt_status halve_band(gt_ctx *ctx, void *user, size_t task, int worker)
{
    (void)worker;
    const halving *h = user;
    const gt_grid_spec *s = &h->from->spec, *t = &h->to->spec;
    bool mean = s->type == GT_CELL_F32 || s->type == GT_CELL_F64;
    int64_t first = (int64_t)task * t->tile,
            n = t->n_rows - first < t->tile ? t->n_rows - first : t->tile;
    double *in = gt_alloc(ctx, (size_t)s->n_cols * 2, sizeof *in);
    double *out = gt_alloc(ctx, (size_t)(t->n_cols * n), sizeof *out);
    gt_status st = in == NULL || out == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = 0; st == GT_OK && r < n; r++) {
        int64_t at = 2 * (first + r), rows = s->n_rows - at < 2 ? 1 : 2;
        const gt_window w = {0, at, s->n_cols, rows};
        st = gt_grid_read(ctx, h->from, &w, GT_CELL_F64, in, (size_t)s->n_cols);
        if (st == GT_OK) {
            halve(in, rows == 2 ? in + s->n_cols : NULL, s->n_cols, mean, out + r * t->n_cols);
        }
    }
    if (st == GT_OK) {
        const gt_window w = {0, first, t->n_cols, n};
        st = gt_grid_write(ctx, h->to, &w, GT_CELL_F64, out, (size_t)t->n_cols);
    }
    gt_free(ctx, in);
    gt_free(ctx, out);
    return st;
}

static gt_status make_overview(gt_ctx *ctx, gt_grid *from, const char *dir, gt_grid **out)
{
    gt_grid_spec spec = from->spec;
    spec.n_cols = (spec.n_cols + 1) / 2;
    spec.n_rows = (spec.n_rows + 1) / 2;
    spec.crs = NULL;
    spec.n_items = 0;
    gt_status st = gt_grid_create_scratch(ctx, dir, &spec, out);
    if (st == GT_OK) {
        halving h = {from, *out};
        st = gt_parallel_for(ctx, (size_t)(*out)->down, halve_band, &h);
    }
    for (int64_t t = 0; st == GT_OK && t < (*out)->across * (*out)->down; t++) {
        st = grid_touch(ctx, *out, t);
    }
    return st;
}

/* ---- laying out anew ----------------------------------------------------------------------------
 */

typedef struct layout {
    gt_grid *grid;   /* whose spec tells packing */
    gt_grid *source; /* its tiles, plain */
    grid_packer **packers;
    unsigned char *raw; /* a batch */
    const void **packed;
    size_t *length;
    unsigned char **kept; /* packed bytes of the batch, owned */
    int64_t first;
} layout;

static gt_status pack_one(gt_ctx *ctx, void *user, size_t task, int worker)
{
    layout *l = user;
    const gt_grid *s = l->source;
    unsigned char *raw = l->raw + task * s->tile_bytes;
    gt_status st =
        grid_pread(ctx, s, raw, (size_t)s->tile_bytes, grid_tile_at(s, l->first + (int64_t)task));
    l->packed[task] = raw;
    l->length[task] = (size_t)s->tile_bytes;
    if (st != GT_OK || l->grid->spec.packing == GT_GRID_PLAIN) {
        return st;
    }
    const void *packed = NULL;
    st = grid_pack(ctx, l->packers[worker], raw, &packed, &l->length[task]);
    if (st == GT_OK) {
        l->kept[task] = gt_alloc(ctx, l->length[task], 1);
        if (l->kept[task] == NULL) {
            return GT_E_MEMORY;
        }
        memcpy(l->kept[task], packed, l->length[task]);
        l->packed[task] = l->kept[task];
    }
    return st;
}

static gt_status lay_out(gt_ctx *ctx, gt_grid *g, gt_grid *source, tiff_image *im, int fd,
                         uint64_t *at)
{
    int threads = gt_ctx_threads(ctx);
    size_t batch = (size_t)threads * BATCH_PER_THREAD, n = (size_t)im->n_tiles;
    layout l = {.grid = g, .source = source};
    l.packers = gt_zalloc(ctx, (size_t)threads, sizeof(void *));
    l.raw = gt_alloc(ctx, batch, (size_t)source->tile_bytes);
    l.packed = gt_zalloc(ctx, batch, sizeof(void *));
    l.length = gt_zalloc(ctx, batch, sizeof *l.length);
    l.kept = gt_zalloc(ctx, batch, sizeof(void *));
    gt_status st =
        l.packers == NULL || l.raw == NULL || l.packed == NULL || l.length == NULL || l.kept == NULL
            ? GT_E_MEMORY
            : GT_OK;
    for (int i = 0; st == GT_OK && g->spec.packing != GT_GRID_PLAIN && i < threads; i++) {
        st = grid_packer_new(ctx, g->spec.packing, g->predictor, g->spec.type, g->tile_w, g->tile_h,
                             &l.packers[i]);
    }
    for (size_t t = 0; st == GT_OK && t < n; t += batch) {
        size_t k = n - t < batch ? n - t : batch;
        l.first = (int64_t)t;
        st = gt_parallel_for(ctx, k, pack_one, &l);
        for (size_t i = 0; i < k; i++) {
            if (st == GT_OK) {
                im->offset[t + i] = *at;
                im->length[t + i] = l.length[i];
                st = grid_pwrite(ctx, g, fd, l.packed[i], l.length[i], *at);
                *at += (l.length[i] + 7) / 8 * 8;
            }
            gt_free(ctx, l.kept[i]);
            l.kept[i] = NULL;
        }
    }
    for (int i = 0; l.packers != NULL && i < threads; i++) {
        grid_packer_free(ctx, l.packers[i]);
    }
    gt_free(ctx, l.packers);
    gt_free(ctx, l.raw);
    gt_free(ctx, (void *)l.packed);
    gt_free(ctx, l.length);
    gt_free(ctx, l.kept);
    return st;
}

static int count_overviews(const gt_grid *g)
{
    int n = 0;
    int64_t side = g->spec.n_cols < g->spec.n_rows ? g->spec.n_cols : g->spec.n_rows;
    if (g->spec.overviews >= 0) {
        return g->spec.overviews;
    }
    for (; side > OVERVIEW_SIDE && n < GRID_OVERVIEWS_MAX; side = (side + 1) / 2) {
        n++;
    }
    return n;
}

/* The new file takes the place of the one data gathered in. */
static gt_status swap_files(gt_ctx *ctx, gt_grid *g, int fd, char *part, tiff_image *im)
{
    (void)close(g->fd);
    (void)unlink(g->part);
    gt_free(ctx, g->part);
    g->fd = fd;
    g->part = part;
    g->offset = im->offset;
    g->length = im->length;
    im->offset = im->length = NULL;
    gt_free(ctx, g->touched);
    g->touched = NULL;
    g->packing = g->spec.packing;
    return g->packing == GT_GRID_PLAIN ? GT_OK : grid_cache_new(ctx, &g->cache);
}

static gt_status finish_anew(gt_ctx *ctx, gt_grid *g, int n_overviews)
{
    gt_grid *sources[GRID_OVERVIEWS_MAX + 1] = {g};
    tiff_image images[GRID_OVERVIEWS_MAX + 1];
    size_t n = (size_t)n_overviews + 1;
    gt_text header;
    uint64_t at = 0;
    int fd = -1;
    char *dir = gt_strdup(ctx, g->path), *part = NULL;
    gt_text_init(&header, ctx, HEADER_MAX);
    memset(images, 0, sizeof images);
    gt_status st = dir == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK) {
        char *slash = strrchr(dir, '/');
        (void)snprintf(slash == NULL ? dir : slash + 1, 2, "%s", slash == NULL ? "." : "");
        st = grid_part_make(ctx, g->path, &part, &fd);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (i > 0) {
            st = make_overview(ctx, sources[i - 1], dir, &sources[i]);
        }
        if (st == GT_OK) {
            describe(sources[i], &images[i]);
            images[i].overview = i > 0;
            st = alloc_lists(ctx, &images[i]);
        }
    }
    if (st == GT_OK) {
        grid_tiff_header(g, images, n, &header);
        st = gt_text_status(&header);
        at = (header.len + 4095) / 4096 * 4096;
    }
    for (size_t i = n; st == GT_OK && i-- > 0;) {
        st = lay_out(ctx, g, sources[i], &images[i], fd, &at);
    }
    if (st == GT_OK) {
        st = write_header(ctx, g, images, n, fd);
    }
    if (st == GT_OK) {
        st = swap_files(ctx, g, fd, part, &images[0]);
        part = NULL;
    } else if (fd >= 0) {
        (void)close(fd);
        (void)unlink(part);
    }
    for (size_t i = 0; i < n; i++) {
        free_lists(ctx, &images[i]);
        if (i > 0) {
            gt_grid_close(ctx, sources[i]);
        }
    }
    gt_free(ctx, dir);
    gt_free(ctx, part);
    gt_text_free(&header);
    return st;
}

gt_status gt_grid_finish(gt_ctx *ctx, gt_grid *g)
{
    gt_status st = GT_OK;
    if (!g->writable || g->scratch) {
        return GT_OK;
    }
    if (g->update != NULL) {
        return grid_update_finish(ctx, g);
    }
    for (int64_t t = 0; st == GT_OK && t < g->across * g->down; t++) {
        st = grid_touch(ctx, g, t);
    }
    int overviews = count_overviews(g);
    if (st == GT_OK) {
        st = g->spec.packing == GT_GRID_PLAIN && overviews == 0 ? finish_plain(ctx, g)
                                                                : finish_anew(ctx, g, overviews);
    }
    g->spec.overviews = overviews;
    return st == GT_OK ? publish(ctx, g) : st;
}
