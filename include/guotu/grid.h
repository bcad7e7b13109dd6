/* Grids: rasters of one value a cell, kept as tiled GeoTIFF files, read and written by windows and
 * streamed block by block under the context's memory ceiling and on its threads.
 *
 * Place: north-up, cells of cell_x by cell_y; row 0 is the north, column 0 the west. Georeference
 * is that of the outer corner. No rotation, no south-up (convert such files, see
 * gt_grid_import).
 * Values in buffers are of three types only, whatever the file holds:
 *   GT_CELL_F32, GT_CELL_F64   nodata is NaN
 *   GT_CELL_I32                nodata is GT_NODATA_I32
 * The file's own nodata value is mapped on the way in and out, so kernels never see it.
 *
 * Files opened here in the process: little endian TIFF or BigTIFF, one band, tiles or strips, not
 * compressed, deflate or zstd (with or without predictor). Everything else GDAL can read comes in
 * through gt_grid_import, which uses guotu-io. Files written here are Cloud-Optimized GeoTIFFs in
 * layout (directory first); a file appears under its name only when gt_grid_finish has succeeded.
 *
 * Threads: reading windows, and writing windows that do not overlap, may happen on several threads
 * at once (each with its own context). Everything else belongs to one thread. */
#ifndef GUOTU_GRID_H
#define GUOTU_GRID_H

#include "guotu/crs.h"
#include "guotu/raster.h"

typedef struct gt_grid gt_grid;

typedef enum gt_cell { /* type of a cell, in a file */
                       GT_CELL_U8 = 0,
                       GT_CELL_I16,
                       GT_CELL_U16,
                       GT_CELL_I32,
                       GT_CELL_F32,
                       GT_CELL_F64
} gt_cell;

#define GT_NODATA_I32    INT32_MIN
#define GT_GRID_SIDE_MAX 1000000 /* columns or rows */
#define GT_GRID_TILE     512     /* side of a tile unless told otherwise */

typedef enum gt_grid_packing {
    GT_GRID_PLAIN = 0, /* fastest; 1 GB/s and more */
    GT_GRID_DEFLATE,
    GT_GRID_ZSTD /* smaller and faster than deflate; GDAL 2.3 and later read it */
} gt_grid_packing;

/* Text kept with the grid (lineage: who made it, from what, with which parameters). */
typedef struct gt_grid_item {
    const char *key, *value;
} gt_grid_item;

typedef struct gt_grid_spec {
    size_t size;            /* set by gt_grid_spec_init */
    int64_t n_cols, n_rows; /* 1 .. GT_GRID_SIDE_MAX */
    double x_west, y_north; /* outer corner of cell (0, 0), unit of the CRS */
    double cell_x, cell_y;  /* > 0, unit of the CRS */
    const char *crs;        /* as gt_crs_new takes it; NULL: not stated */
    gt_cell type;
    double nodata; /* value that stands for nodata in the file; must fit the type. Default NaN: for
                      integer types then the far end of the range (255, -32768, 65535, INT32_MIN) */
    int tile;      /* side, a multiple of 16, 16 .. 4096; 0: GT_GRID_TILE */
    gt_grid_packing packing;
    int overviews; /* halvings kept in the file: 0 none, -1 until the smaller side is <= 256 cells.
                      Made by nearest for integer types, by average for real ones */
    const gt_grid_item *items; /* borrowed for the call; may be NULL */
    size_t n_items;
} gt_grid_spec;
/* Zero everything, type GT_CELL_F32, nodata NaN. */
void gt_grid_spec_init(gt_grid_spec *spec);
/* Place, size and CRS of `like` (texts borrowed from it), type and nodata given. */
void gt_grid_spec_like(const gt_grid *like, gt_cell type, gt_grid_spec *out);

/* Opens a file for reading. GT_E_NOT_FOUND; GT_E_INPUT "grid.not-tiff", "grid.foreign" (sound, but
 * needs gt_grid_import; the message says why), "grid.damaged" (with what is wrong), "grid.size".
 * Owned by the caller. Cost: the directory only, about 20 us. */
gt_status gt_grid_open(gt_ctx *ctx, const char *path, gt_grid **out) GT_CHECKED;
/* As gt_grid_open, and when the file is foreign it is first brought to a plain grid in
 * `scratch_dir` (NULL: $TMPDIR, else /tmp), removed at close. */
gt_status gt_grid_open_any(gt_ctx *ctx, const char *path, const char *scratch_dir,
                           gt_grid **out) GT_CHECKED;

typedef struct gt_grid_import_options {
    size_t size;          /* set by gt_grid_import_options_init */
    int band;             /* 1-based; 0: 1 */
    const char *crs;      /* of the result; NULL: the file's */
    const char *file_crs; /* overrides the file's; NULL: the file's */
    gt_resample resample; /* default: nearest */
    gt_cell type;         /* of the result; default float32 */
    gt_grid_packing packing;
    const gt_grid *like; /* NULL, or a grid whose cells the result takes */
} gt_grid_import_options;
void gt_grid_import_options_init(gt_grid_import_options *options);
/* Brings any raster GDAL reads (through guotu-io, raster.h) to a grid at `to`, scale and offset of
 * the band applied. Values pass through float32: classes beyond 2^24 are refused
 * ("grid.value-range"). GT_E_LIMIT beyond 400 million cells; else as gt_raster_read. Memory: 4
 * bytes a cell. */
gt_status gt_grid_import(gt_ctx *ctx, const char *from, const gt_grid_import_options *options,
                         const char *to) GT_CHECKED;

/* New grid at path; nothing stands there until gt_grid_finish (data gather in a file beside it).
 * Cells never written are nodata. GT_E_USAGE for a spec that makes no sense, GT_E_ENV. Owned by
 * the caller, who ends with gt_grid_finish and gt_grid_close, or with gt_grid_close alone to throw
 * away. */
gt_status gt_grid_create(gt_ctx *ctx, const char *path, const gt_grid_spec *spec,
                         gt_grid **out) GT_CHECKED;
/* Removes what runs that were killed left of grids in the folder: files NAME.part-XXXXXX that no
 * process holds. gt_grid_create does so for the name it makes. Failures are ignored. */
void gt_grid_clear_parts(const char *dir);
/* Grid without a name for what does not fit memory: an unlinked file in dir (NULL: as
 * gt_grid_open_any). */
gt_status gt_grid_create_scratch(gt_ctx *ctx, const char *dir, const gt_grid_spec *spec,
                                 gt_grid **out) GT_CHECKED;
/* Packs (when asked for), makes overviews, and puts the file in place in one step (replacing what
 * stands there). The grid stays open for reading. */
gt_status gt_grid_finish(gt_ctx *ctx, gt_grid *grid) GT_CHECKED;
/* NULL is accepted. */
void gt_grid_close(gt_ctx *ctx, gt_grid *grid);

/* Opens the grid that stands at path to put some of its cells right without copying the rest; spec
 * is what gt_grid_create would be told, its items become the file's. *out is NULL when that cannot
 * be: the file is not of that shape and type, is packed, has overviews, is being updated by
 * another, or cells replaced by earlier updates fill more than half of the file again; make it anew
 * then.
 * Tiles that are written go to the end of the file; gt_grid_finish adds a directory that names
 * them, has all of it on the disk, and then makes that directory the file's by one write of 8
 * bytes. So whoever opens the file, with whatever program, sees all of the old cells or all of the
 * new ones, after a kill or a power cut too; and who had it open goes on with the old ones. Closed
 * without gt_grid_finish, the file is as before. Cost: the tiles written and 16 bytes a tile of the
 * file. GT_E_NOT_FOUND and as gt_grid_open. */
gt_status gt_grid_update(gt_ctx *ctx, const char *path, const gt_grid_spec *spec,
                         gt_grid **out) GT_CHECKED;

/* Facts; texts are borrowed from the grid. spec->items too. */
const gt_grid_spec *gt_grid_facts(const gt_grid *grid);
const char *gt_grid_path(const gt_grid *grid);  /* "" for scratch */
const gt_crs *gt_grid_crs(const gt_grid *grid); /* NULL: not stated */
gt_box gt_grid_box(const gt_grid *grid);        /* outer edges */
/* Value of an item, NULL when there is none. */
const char *gt_grid_item_value(const gt_grid *grid, const char *key);
/* Item of a grid that says what it rests on: "generated" when any input, or a layer, is generated
 * and no survey (passed on to every output of a model); "open" for open data as they came. */
#define GT_ORIGIN_ITEM           "guotu_origin"
#define GT_ORIGIN_GENERATED_TEXT "generated"
const char *gt_cell_name(gt_cell type); /* "uint8", "int16", "uint16", "int32", "float32" ... */
bool gt_cell_parse(const char *name, gt_cell *out);
size_t gt_cell_bytes(gt_cell type);

/* Do b's cells lie on a's: same CRS, same size and place of cells (to 1e-6 of a cell)? The extents
 * may differ only where `same_extent` is false; *col, *row (may be NULL) are then where b's cell
 * (0, 0) lies in a. GT_E_INPUT "grid.crs-differs", "grid.cells-differ", "grid.extent-differs"
 * naming both files and what differs; one CRS that is not stated agrees with any. */
gt_status gt_grid_check_aligned(gt_ctx *ctx, const gt_grid *a, const gt_grid *b, bool same_extent,
                                int64_t *col, int64_t *row) GT_CHECKED;

/* ---- windows ----------------------------------------------------------------------------------
 */

typedef struct gt_window {
    int64_t col, row; /* of its first cell; may lie outside the grid */
    int64_t n_cols, n_rows;
} gt_window;

/* Reads a window into cells[stride * r + c]; type is GT_CELL_F32, GT_CELL_F64 or GT_CELL_I32. What
 * lies outside the grid is nodata. GT_E_INPUT "grid.not-integer" when a real value with a fraction
 * (or beyond int32) is asked for as GT_CELL_I32, with its place; "grid.damaged"; GT_E_ENV. Cost: a
 * copy for plain files; packed tiles are unpacked once and kept while near. */
gt_status gt_grid_read(gt_ctx *ctx, gt_grid *grid, const gt_window *window, gt_cell type,
                       void *cells, size_t stride) GT_CHECKED;
/* Writes a window that lies inside the grid. Real values go to integer files rounded to nearest
 * (ties to even); GT_E_INPUT "grid.value-range" for a value the file's type cannot hold, with its
 * place. */
gt_status gt_grid_write(gt_ctx *ctx, gt_grid *grid, const gt_window *window, gt_cell type,
                        const void *cells, size_t stride) GT_CHECKED;
/* One cell as a real; NaN for nodata and outside. For samples, not for loops. */
gt_status gt_grid_at(gt_ctx *ctx, gt_grid *grid, int64_t col, int64_t row, double *out) GT_CHECKED;
/* Cell that holds the point (may lie outside). A point on a border belongs to the east / south. */
void gt_grid_cell_of(const gt_grid *grid, double x, double y, int64_t *col, int64_t *row);

/* ---- the walker: blocks streamed over threads -------------------------------------------------
 */

#define GT_WALK_MAX 16 /* inputs; outputs */

typedef struct gt_walk_input {
    gt_grid *grid;
    gt_cell type; /* of the buffer: F32, F64 or I32 */
    int halo;     /* cells read beyond the block on every side, 0 .. 1024 */
} gt_walk_input;

typedef struct gt_walk_output {
    gt_grid *grid; /* made by gt_grid_create; same size as the walk */
    gt_cell type;
} gt_walk_output;

typedef struct gt_walk {
    size_t size; /* set by gt_walk_init */
    const gt_walk_input *in;
    int n_in;
    const gt_walk_output *out;
    int n_out;
    gt_grid *mask; /* NULL, or: where it is nodata or 0, all outputs become nodata */
    /* Size of a block in cells; 0: chosen from tiles and ceiling. Give both where a result is added
     * up block by block, so that it cannot depend on tiles or ceiling. */
    int block_cols, block_rows;
    const gt_window *only;  /* NULL, or the part of the grid to walk (the dirty tiles) */
    const gt_message *what; /* for progress; NULL: silent */
    size_t scratch;         /* bytes a worker wants besides, zeroed once */
} gt_walk;
void gt_walk_init(gt_walk *walk);
/* From now on, walks all of whose outputs are so restricted, and that do not say `only` themselves,
 * compute these windows (copied) alone; operations made of one walk (algebra, terrain) with them.
 * Windows may overlap, and lie inside the grid. */
gt_status gt_grid_restrict(gt_ctx *ctx, gt_grid *grid, const gt_window *windows,
                           size_t n) GT_CHECKED;

typedef struct gt_plane {
    void *cells;   /* first cell of the block; the halo lies around it */
    size_t stride; /* cells from one row to the next */
} gt_plane;

typedef struct gt_block {
    size_t index;     /* 0 .. n_blocks-1, row by row from the north west */
    int64_t col, row; /* of the first cell, in the grid */
    int n_cols, n_rows;
    const gt_plane *in;  /* n_in */
    const gt_plane *out; /* n_out; holds nothing on entry */
    void *scratch;       /* of this worker */
    int worker;
} gt_block;

/* Fills b->out from b->in. Called on several threads; must depend on nothing but the block. */
typedef gt_status (*gt_block_fn)(gt_ctx *ctx, void *user, const gt_block *b);

/* Streams all inputs and outputs, which must be aligned and of one extent (checked). GT_E_MEMORY
 * "grid.ceiling" when not even the smallest block fits. Reads of the next blocks are asked for
 * ahead. Memory: gt_walk_law. */
gt_status gt_grid_walk(gt_ctx *ctx, const gt_walk *walk, gt_block_fn fn, void *user) GT_CHECKED;

typedef struct gt_walk_plan {
    int block_cols, block_rows;
    size_t n_blocks;
    int threads;
    size_t bytes_per_worker, bytes; /* what the walk will hold */
} gt_walk_plan;
/* What gt_grid_walk would do: the memory law, printed by --plan; and n_blocks for callers that keep
 * a result for each block. */
gt_status gt_walk_law(gt_ctx *ctx, const gt_walk *walk, gt_walk_plan *out) GT_CHECKED;

#endif
