/* Grids in and out: ASCII grids here (the numbers as they are written, in double precision),
 * everything else through the grid room. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "circuit/files.h"
#include "circuit/messages.h"
#include "guotu/grid.h"

#define OLD_NODATA (-9999.0) /* what the original programs take for nodata, stated or not */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcasecmp(text + n - m, end) == 0;
}

/* ---- ASCII grid ------------------------------------------------------------------------------ */

typedef struct asc_head {
    double cols, rows, x, y, cell, nodata;
    bool x_center, y_center;
    unsigned seen; /* a bit each, in the order above */
    int lines;
} asc_head;

static const char *const head_words[] = {"ncols",    "nrows",        "xllcorner", "yllcorner",
                                         "cellsize", "nodata_value", "xllcenter", "yllcenter"};

/* Takes "WORD NUMBER"; false when the line is none of the head. */
static bool head_line(const char *s, asc_head *h, int *word, bool *sound)
{
    size_t n = strcspn(s, " \t\r\n");
    *word = -1;
    for (int i = 0; i < 8; i++) {
        if (n == strlen(head_words[i]) && strncasecmp(s, head_words[i], n) == 0) {
            *word = i;
        }
    }
    if (*word < 0) {
        return false;
    }
    double *const to[] = {&h->cols, &h->rows, &h->x, &h->y, &h->cell, &h->nodata, &h->x, &h->y};
    char *end = NULL;
    double v = strtod(s + n, &end);
    *sound = end != s + n && (isfinite(v) || *word == 5);
    end += strspn(end, " \t\r");
    *sound = *sound && (*end == '\n' || *end == '\0') && memchr(s, '\n', (size_t)(end - s)) == NULL;
    *to[*word] = v;
    h->x_center = h->x_center || *word == 6;
    h->y_center = h->y_center || *word == 7;
    h->seen |= 1U << (*word < 6 ? *word : *word - 4);
    return true;
}

static gt_status bad_head(gt_ctx *ctx, const char *path, int line, int word)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_ASC_HEADER, GT_PLACE(.file = path, .line = line),
                   GT_ARGS(GT_TEXT("what", head_words[word])));
}

static gt_status asc_read_head(gt_ctx *ctx, const char *path, const char **at, asc_head *h)
{
    const char *s = *at;
    int word = 0;
    bool sound = false;
    memset(h, 0, sizeof *h);
    while (head_line(s, h, &word, &sound)) {
        h->lines++;
        if (!sound) {
            return bad_head(ctx, path, h->lines, word);
        }
        const char *end = strchr(s, '\n');
        s = end == NULL ? s + strlen(s) : end + 1;
    }
    for (int i = 0; i < 5; i++) {
        if ((h->seen & 1U << i) == 0) {
            return bad_head(ctx, path, h->lines + 1, i);
        }
    }
    *at = s;
    if (!(h->cols >= 1) || h->cols != floor(h->cols)) {
        return bad_head(ctx, path, 0, 0);
    }
    if (!(h->rows >= 1) || h->rows != floor(h->rows)) {
        return bad_head(ctx, path, 0, 1);
    }
    if (!(h->cell > 0)) {
        return bad_head(ctx, path, 0, 4);
    }
    if (h->cols * h->rows > (double)CIRCUIT_CELLS_MAX || h->cols > 1e6 || h->rows > 1e6) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_CIRCUIT_SIZE, GT_PLACE(.file = path),
                       GT_ARGS(GT_REAL("cols", h->cols), GT_REAL("rows", h->rows),
                               GT_INT("max", CIRCUIT_CELLS_MAX)));
    }
    return GT_OK;
}

static int line_of(const char *text, const char *at)
{
    int line = 1;
    for (const char *s = text; s < at; s++) {
        line += *s == '\n';
    }
    return line;
}

static gt_status asc_numbers(gt_ctx *ctx, const char *path, const char *text, const char *s,
                             const cells *c, size_t want)
{
    size_t n = 0;
    for (;;) {
        s += strspn(s, " \t\r\n,");
        if (*s == '\0') {
            break;
        }
        char *end = NULL;
        double v = strtod(s, &end);
        if (end == s || (*end != '\0' && strchr(" \t\r\n,", *end) == NULL) || isinf(v)) {
            char shown[41];
            size_t len = strcspn(s, " \t\r\n,"), bad = 0;
            len = len < 40 ? len : 40;
            memcpy(shown, s, len);
            len = gt_utf8_valid(shown, len, &bad) ? len : bad;
            shown[len] = '\0';
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_ASC_NUMBER,
                           GT_PLACE(.file = path, .line = line_of(text, s)),
                           GT_ARGS(GT_TEXT("text", shown)));
        }
        if (n < want) {
            bool none = v == OLD_NODATA || (c->has_nodata && v == c->nodata);
            c->v[n] = none ? (double)NAN : v;
        }
        n++;
        s = end;
        if (n % 65536 == 0 && gt_check_cancel(ctx) != GT_OK) {
            return GT_E_CANCELLED;
        }
    }
    if (n != want) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_ASC_COUNT, GT_PLACE(.file = path),
                       GT_ARGS(GT_INT("n", n), GT_INT("want", want)));
    }
    return GT_OK;
}

gt_status cells_parse_asc(gt_ctx *ctx, const char *path, const char *text, cells *out)
{
    asc_head h;
    const char *s = text;
    memset(out, 0, sizeof *out);
    gt_status st = asc_read_head(ctx, path, &s, &h);
    if (st != GT_OK) {
        return st;
    }
    out->n_cols = (int64_t)h.cols;
    out->n_rows = (int64_t)h.rows;
    out->cell = h.cell;
    out->x_west = h.x - (h.x_center ? h.cell / 2 : 0);
    out->y_south = h.y - (h.y_center ? h.cell / 2 : 0);
    out->has_nodata = (h.seen & 1U << 5) != 0;
    out->nodata = out->has_nodata ? h.nodata : OLD_NODATA;
    /* A cell takes at least two characters: a lying head cannot make us take much memory. */
    size_t want = (size_t)(out->n_cols * out->n_rows), room = strlen(s) / 2 + 1;
    if (want > room) {
        size_t n = 0;
        for (const char *t = s; *t != '\0';) {
            t += strspn(t, " \t\r\n,");
            n += *t != '\0';
            t += strcspn(t, " \t\r\n,");
            if (n % 65536 == 0 && gt_check_cancel(ctx) != GT_OK) {
                return GT_E_CANCELLED;
            }
        }
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_ASC_COUNT, GT_PLACE(.file = path),
                       GT_ARGS(GT_INT("n", n), GT_INT("want", want)));
    }
    out->v = gt_alloc(ctx, want, sizeof *out->v);
    st = out->v == NULL ? GT_E_MEMORY : asc_numbers(ctx, path, text, s, out, want);
    if (st != GT_OK) {
        cells_free(ctx, out);
    }
    return st;
}

/* ---- other files ----------------------------------------------------------------------------- */

static gt_status read_grid(gt_ctx *ctx, const char *path, cells *out)
{
    gt_grid *grid = NULL;
    gt_status st = gt_grid_open_any(ctx, path, NULL, &grid);
    if (st != GT_OK) {
        return st;
    }
    const gt_grid_spec *s = gt_grid_facts(grid);
    *out = (cells){.n_cols = s->n_cols,
                   .n_rows = s->n_rows,
                   .x_west = s->x_west,
                   .cell = s->cell_x,
                   .y_south = s->y_north - s->cell_y * (double)s->n_rows,
                   .nodata = OLD_NODATA};
    size_t n = (size_t)s->n_cols * (size_t)s->n_rows;
    out->v = gt_alloc(ctx, n, sizeof *out->v);
    st = out->v == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK) {
        const gt_window all = {0, 0, s->n_cols, s->n_rows};
        st = gt_grid_read(ctx, grid, &all, GT_CELL_F64, out->v, (size_t)s->n_cols);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        out->v[i] = out->v[i] == OLD_NODATA ? (double)NAN : out->v[i];
        if (i % 262144 == 0) {
            st = gt_check_cancel(ctx);
        }
    }
    gt_grid_close(ctx, grid);
    if (st != GT_OK) {
        cells_free(ctx, out);
    }
    return st;
}

static bool is_tiff(const char *text, size_t len)
{
    return len > 4 && (memcmp(text, "II*\0", 4) == 0 || memcmp(text, "II+\0", 4) == 0 ||
                       memcmp(text, "MM\0*", 4) == 0 || memcmp(text, "MM\0+", 4) == 0);
}

/* A packed TIFF: unpacked to a file beside nothing, read, removed. */
static gt_status read_packed(gt_ctx *ctx, const char *text, size_t len, cells *out)
{
    const char *dir = getenv("TMPDIR");
    char name[512];
    if (snprintf(name, sizeof name, "%s/guotu-XXXXXX.tif",
                 dir != NULL && *dir != '\0' ? dir : "/tmp") >= (int)sizeof name) {
        return gt_fail_errno(ctx, ENAMETOOLONG, "mkstemps", dir);
    }
    int fd = mkstemps(name, 4);
    if (fd < 0) {
        return gt_fail_errno(ctx, errno, "mkstemps", name);
    }
    (void)close(fd);
    gt_status st = circuit_write_text(ctx, name, text, len);
    st = st == GT_OK ? read_grid(ctx, name, out) : st;
    (void)unlink(name);
    return st;
}

gt_status cells_is_grid(gt_ctx *ctx, const char *path, bool *out)
{
    char *text = NULL;
    size_t len = 0;
    *out = false;
    gt_status st = circuit_read_text(ctx, path, &text, &len);
    if (st == GT_OK) {
        *out = is_tiff(text, len) || strncasecmp(text, "ncols", 5) == 0;
    }
    gt_free(ctx, text);
    return st;
}

gt_status cells_read(gt_ctx *ctx, const char *path, cells *out)
{
    char *text = NULL;
    size_t len = 0;
    memset(out, 0, sizeof *out);
    gt_status st = circuit_read_text(ctx, path, &text, &len);
    if (st != GT_OK) {
        return st;
    }
    bool tiff = is_tiff(text, len);
    if (tiff && ends_with(path, ".gz")) {
        st = read_packed(ctx, text, len, out);
    } else if (tiff) {
        gt_free(ctx, text);
        text = NULL;
        st = read_grid(ctx, path, out);
    } else {
        st = cells_parse_asc(ctx, path, text, out);
    }
    gt_free(ctx, text);
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = path));
    }
    return st;
}

void cells_free(gt_ctx *ctx, cells *c)
{
    gt_free(ctx, c->v);
    memset(c, 0, sizeof *c);
}

/* ---- writing --------------------------------------------------------------------------------- */

static gt_status write_asc(gt_ctx *ctx, const char *path, const cells *like, const double *v,
                           bool packed)
{
    gt_text t;
    gt_text_init(&t, ctx, SIZE_MAX / 2);
    gt_text_printf(&t,
                   "ncols         %lld\nnrows         %lld\nxllcorner     %.15g\n"
                   "yllcorner     %.15g\ncellsize      %.15g\nNODATA_value  %.15g\n",
                   (long long)like->n_cols, (long long)like->n_rows, like->x_west, like->y_south,
                   like->cell, like->nodata);
    for (int64_t r = 0; r < like->n_rows && !t.failed; r++) {
        const double *row = v + r * like->n_cols;
        for (int64_t c = 0; c < like->n_cols; c++) {
            gt_text_printf(&t, c == 0 ? "%.10g" : " %.10g", isnan(row[c]) ? like->nodata : row[c]);
        }
        gt_text_putc(&t, '\n');
        if (gt_check_cancel(ctx) != GT_OK) {
            break;
        }
    }
    gt_status st = gt_check_cancel(ctx);
    st = st == GT_OK ? gt_text_status(&t) : st;
    if (st == GT_OK) {
        st = packed ? circuit_write_packed(ctx, path, t.data, t.len)
                    : circuit_write_text(ctx, path, t.data, t.len);
    }
    gt_text_free(&t);
    return st;
}

static gt_status write_tiff(gt_ctx *ctx, const char *path, const cells *like, const double *v)
{
    gt_grid_spec spec;
    gt_grid *grid = NULL;
    gt_grid_spec_init(&spec);
    spec.n_cols = like->n_cols;
    spec.n_rows = like->n_rows;
    spec.x_west = like->x_west;
    spec.y_north = like->y_south + like->cell * (double)like->n_rows;
    spec.cell_x = spec.cell_y = like->cell;
    spec.type = GT_CELL_F64;
    spec.nodata = like->nodata;
    spec.packing = GT_GRID_DEFLATE;
    const gt_window all = {0, 0, like->n_cols, like->n_rows};
    gt_status st = gt_grid_create(ctx, path, &spec, &grid);
    st = st == GT_OK ? gt_grid_write(ctx, grid, &all, GT_CELL_F64, v, (size_t)like->n_cols) : st;
    st = st == GT_OK ? gt_grid_finish(ctx, grid) : st;
    gt_grid_close(ctx, grid);
    return st;
}

gt_status cells_write(gt_ctx *ctx, const char *base, cells_form form, const cells *like,
                      const double *v)
{
    static const char *const ends[] = {".asc", ".asc.gz", ".tif"};
    gt_text path;
    gt_text_init(&path, ctx, 0);
    gt_text_printf(&path, "%s%s", base, ends[form]);
    gt_status st = gt_text_status(&path);
    if (st == GT_OK) {
        st = form == CELLS_TIFF
                 ? write_tiff(ctx, gt_text_cstr(&path), like, v)
                 : write_asc(ctx, gt_text_cstr(&path), like, v, form == CELLS_ASC_GZIP);
    }
    gt_text_free(&path);
    return st;
}
