/* What the original programs read: ini files, lists of numbers, ASCII grids, GeoTIFF, each also
 * packed with gzip. All text is bounded and checked; mistakes carry file and line. */
#ifndef GT_CIRCUIT_FILES_H
#define GT_CIRCUIT_FILES_H

#include <stdint.h>

#include "guotu/text.h"

#define CIRCUIT_FILE_MAX  ((size_t)1 << 36) /* bytes of one input, unpacked */
#define CIRCUIT_CELLS_MAX ((int64_t)1 << 31)

/* Whole file, unpacked when it is gzip, with a NUL after the last byte. Owned (gt_free). */
gt_status circuit_read_text(gt_ctx *ctx, const char *path, char **text, size_t *len) GT_CHECKED;

/* ---- ini --------------------------------------------------------------------------------------
 */

typedef struct ini_item {
    const char *key, *value; /* in the ini's text */
    int line;
    bool used;
} ini_item;

typedef struct ini {
    const char *path; /* borrowed */
    char *text;       /* owned */
    ini_item *items;
    size_t n;
} ini;

/* Takes the text apart; `text` (len bytes and a NUL) is consumed in every case. */
gt_status ini_parse(gt_ctx *ctx, const char *path, char *text, size_t len, ini *out) GT_CHECKED;
gt_status ini_read(gt_ctx *ctx, const char *path, ini *out) GT_CHECKED;
void ini_free(gt_ctx *ctx, ini *in);

/* The last item of that key (later lines override), NULL when there is none. */
ini_item *ini_find(ini *in, const char *key);
const char *ini_text(ini *in, const char *key, const char *fallback);
/* true, yes, on, 1 and their contraries in any case. */
gt_status ini_flag(gt_ctx *ctx, ini *in, const char *key, bool fallback, bool *out) GT_CHECKED;
gt_status ini_real(gt_ctx *ctx, ini *in, const char *key, double fallback, double min, double max,
                   double *out) GT_CHECKED;
/* Index in `words` (NULL-terminated, any case). */
gt_status ini_word(gt_ctx *ctx, ini *in, const char *key, const char *const *words, int fallback,
                   int *out) GT_CHECKED;
/* A file name; what the original dialogues leave ("(Browse ...", "None") counts as not given and is
 * GT_E_INPUT. Relative names are joined to `root` (NULL: the current folder). Owned (gt_free). */
gt_status ini_file(gt_ctx *ctx, ini *in, const char *key, const char *root, char **out) GT_CHECKED;
bool ini_names_file(ini *in, const char *key);

/* ---- lists of numbers -------------------------------------------------------------------------
 */

typedef struct num_list {
    size_t n;
    int cols;
    double *v; /* n * cols */
    int *line; /* of each row, in the file */
} num_list;

/* Rows of numbers parted by blanks, tabs, commas; from `skip` lines on; empty lines pass. All rows
 * have as many numbers as the first, and at least min_cols. "missing" reads as NaN. */
gt_status num_list_parse(gt_ctx *ctx, const char *path, const char *text, int skip, int min_cols,
                         num_list *out) GT_CHECKED;
gt_status num_list_read(gt_ctx *ctx, const char *path, int min_cols, num_list *out) GT_CHECKED;
void num_list_free(gt_ctx *ctx, num_list *list);
/* The number as a whole one within bounds, or "circuit.not-whole" with its line. */
gt_status num_list_whole(gt_ctx *ctx, const num_list *list, const char *path, size_t row, int col,
                         int64_t min, int64_t max, int64_t *out) GT_CHECKED;

/* ---- grids ------------------------------------------------------------------------------------
 */

typedef struct cells {
    int64_t n_cols, n_rows;
    double x_west, y_south, cell; /* outer corner */
    bool has_nodata;
    double nodata; /* the file's; -9999 when it states none */
    double *v;     /* row-major, first row in the north; NaN: nodata */
} cells;

gt_status cells_parse_asc(gt_ctx *ctx, const char *path, const char *text, cells *out) GT_CHECKED;
/* ASCII grid, GeoTIFF or anything guotu-io reads, each also as .gz. -9999 is nodata, too, as the
 * original programs take it. */
gt_status cells_read(gt_ctx *ctx, const char *path, cells *out) GT_CHECKED;
void cells_free(gt_ctx *ctx, cells *c);
/* Does the file begin like an ASCII grid or TIFF (else it is a list)? */
gt_status cells_is_grid(gt_ctx *ctx, const char *path, bool *out) GT_CHECKED;

typedef enum cells_form { CELLS_ASC = 0, CELLS_ASC_GZIP, CELLS_TIFF } cells_form;
/* Writes v (as cells->v; NaN as nodata) beside `like`; the ending is added to `base`. */
gt_status cells_write(gt_ctx *ctx, const char *base, cells_form form, const cells *like,
                      const double *v) GT_CHECKED;
/* Whole text to a file that appears under its name only when it is complete. */
gt_status circuit_write_text(gt_ctx *ctx, const char *path, const char *text,
                             size_t len) GT_CHECKED;
/* The same as gzip, in members of some MB one behind the other, as the format has it. */
gt_status circuit_write_packed(gt_ctx *ctx, const char *path, const char *text,
                               size_t len) GT_CHECKED;

#endif
