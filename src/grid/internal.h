/* A grid inside the room: one open file, the place of its tiles, and what is needed to read and
 * write them. Plain tiles are read and written straight by pread and pwrite; packed ones go through
 * a cache of unpacked tiles.
 *
 * Locks: grid->lock guards `touched` when a tile is begun in parts. The cache has its own lock; the
 * two are never held together. */
#ifndef GT_GRID_INTERNAL_H
#define GT_GRID_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "guotu/grid.h"

enum { GRID_CHUNK = 65536 }; /* bytes on the stack for conversions: stays in the first cache */

typedef struct grid_cache grid_cache;
typedef struct grid_update grid_update;

struct gt_grid {
    gt_grid_spec spec; /* texts owned, below */
    char *path, *part; /* part: where data gather until the grid is finished; NULL when reading */
    char *crs_text;
    gt_grid_item *items;
    gt_crs *crs;
    int fd;
    bool writable, scratch;
    int bytes; /* of a cell in the file */
    /* tiles: strips are tiles as wide as the grid */
    int64_t tile_w, tile_h, across, down;
    uint64_t data_start;       /* plain files of ours: tile t at data_start + t * tile_bytes */
    uint64_t *offset, *length; /* others; both NULL for ours. length 0: no data, all nodata */
    uint64_t tile_bytes;       /* unpacked */
    gt_grid_packing packing;
    int predictor;         /* 1 none, 2 differences, 3 floating point (TIFF 6, technote 3) */
    double sparse_value;   /* of tiles without data: the nodata value, or 0 */
    atomic_uchar *touched; /* per tile, writable grids: 1 when it holds something */
    pthread_mutex_t lock;
    grid_cache *cache;
    grid_update *update; /* NULL, or a file of ours being put right in place */
    gt_window *only;     /* gt_grid_restrict */
    size_t n_only;
};

/* ---- cells.c: between the types of files and buffers ---- */

/* How one run of cells is turned. */
typedef struct cell_map {
    gt_cell file, buffer;
    double nodata; /* in the file */
} cell_map;
/* n cells of a file (native order, any alignment a cell has) to a buffer. Returns n, or the index
 * of the first value that is no int32. */
size_t grid_cells_in(const cell_map *map, const void *from, void *to, size_t n);
/* The other way; the index of the first value that does not fit, else n. */
size_t grid_cells_out(const cell_map *map, const void *from, void *to, size_t n);
/* Are the bits the same in file and buffer? (then n cells may be copied) */
bool grid_cells_same(const cell_map *map);
void grid_cells_fill(gt_cell type, double value, void *to, size_t n);
void grid_buffer_nodata(gt_cell buffer, void *to, size_t n);
bool grid_value_fits(gt_cell type, double value);

/* ---- georef.c: GeoTIFF keys ---- */

/* Reads the keys into *text (owned by the caller; NULL: not stated), *point: values are of cell
 * centres. *unclear: a CRS is described in a way only GDAL understands. */
gt_status grid_geokeys_read(gt_ctx *ctx, const uint16_t *keys, size_t n_keys, const char *ascii,
                            size_t n_ascii, char **text, bool *point, bool *unclear) GT_CHECKED;
/* Makes the keys of a CRS (may be NULL). keys holds GEOKEYS_MAX; *n_keys in shorts. ascii appended
 * to. */
enum { GEOKEYS_MAX = 64 };
void grid_geokeys_write(const gt_crs *crs, uint16_t *keys, size_t *n_keys, gt_text *ascii);

/* ---- tiff_read.c, tiff_write.c ---- */

/* Reads the directory of grid->fd into grid (spec, tiles, texts). */
gt_status grid_tiff_read(gt_ctx *ctx, gt_grid *grid) GT_CHECKED;

/* One image of a file to be written: the grid itself or an overview of it. */
typedef struct tiff_image {
    int64_t n_cols, n_rows, tile, n_tiles;
    uint64_t *offset, *length;
    bool overview;
} tiff_image;
/* Appends header and directories of the images (the first is the grid; the rest overviews) to out.
 * The length does not depend on the values of offset and length. */
void grid_tiff_header(const gt_grid *grid, const tiff_image *images, size_t n, gt_text *out);
/* A directory alone, that will stand at `base` of the file. */
void grid_tiff_directory(const gt_grid *grid, const tiff_image *image, uint64_t base, gt_text *out);

/* ---- pack.c ---- */

typedef struct grid_packer grid_packer; /* of one thread */
gt_status grid_packer_new(gt_ctx *ctx, gt_grid_packing packing, int predictor, gt_cell type,
                          int64_t tile_w, int64_t tile_h, grid_packer **out) GT_CHECKED;
void grid_packer_free(gt_ctx *ctx, grid_packer *packer);
/* Unpacks into raw (tile_bytes); false when the bytes are damaged. `rows` real rows (strips). */
bool grid_unpack(grid_packer *packer, const void *packed, size_t n, void *raw, int64_t rows);
/* Packs raw (overwritten by the predictor); *packed is borrowed until the next call. */
gt_status grid_pack(gt_ctx *ctx, grid_packer *packer, void *raw, const void **packed,
                    size_t *n) GT_CHECKED;

/* ---- cache.c: unpacked tiles ---- */

gt_status grid_cache_new(gt_ctx *ctx, grid_cache **out) GT_CHECKED;
void grid_cache_free(gt_ctx *ctx, grid_cache *cache);
/* Raises the number of unpacked tiles that may be kept. */
void grid_cache_want(grid_cache *cache, size_t n_tiles);
/* The unpacked tile, held until given back. */
gt_status grid_cache_get(gt_ctx *ctx, gt_grid *grid, int64_t tile, const void **raw) GT_CHECKED;
void grid_cache_put(gt_grid *grid, int64_t tile);

/* ---- file.c ---- */

/* As gt_grid_open; for an update to read and write, alone: *out is NULL when another has it so. */
gt_status grid_open_as(gt_ctx *ctx, const char *path, bool update, gt_grid **out) GT_CHECKED;
gt_status grid_copy_items(gt_ctx *ctx, const gt_grid_spec *from, gt_grid *g) GT_CHECKED;
void grid_free_items(gt_ctx *ctx, gt_grid *g);
double grid_usual_nodata(gt_cell type);

gt_status grid_pread(gt_ctx *ctx, const gt_grid *grid, void *to, size_t n, uint64_t at) GT_CHECKED;
gt_status grid_pwrite(gt_ctx *ctx, const gt_grid *grid, int fd, const void *from, size_t n,
                      uint64_t at) GT_CHECKED;
gt_status grid_damaged(gt_ctx *ctx, const gt_grid *grid, const char *why,
                       const char *why_zh) GT_CHECKED;
/* Gives an untouched tile its nodata. */
gt_status grid_touch(gt_ctx *ctx, gt_grid *grid, int64_t tile) GT_CHECKED;

/* ---- update.c ---- */

/* Gives a tile of a file under update its new place; `keep`: with the cells it has. */
gt_status grid_move(gt_ctx *ctx, gt_grid *grid, int64_t tile, bool keep) GT_CHECKED;
gt_status grid_update_finish(gt_ctx *ctx, gt_grid *grid) GT_CHECKED;
/* Takes back what was not finished. */
void grid_update_end(gt_ctx *ctx, gt_grid *grid);

static inline uint64_t grid_tile_at(const gt_grid *g, int64_t tile)
{
    return g->offset != NULL ? g->offset[tile] : g->data_start + (uint64_t)tile * g->tile_bytes;
}

#endif
