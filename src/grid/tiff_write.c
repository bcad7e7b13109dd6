/* Header and directories of a file of ours: BigTIFF, tiled, one band. Directories come first and
 * the data of the grid last, so that the file is a Cloud-Optimized GeoTIFF. The length of what is
 * written depends on the shape alone, so that places of tiles can be known beforehand. */
#include <math.h>
#include <string.h>

#include "grid/internal.h"

enum { ASCII = 2, SHORT = 3, LONG = 4, DOUBLE = 12, LONG8 = 16, HEAD = 16, ENTRY = 20 };

/* A directory in the making: entries, then the values that do not fit into them. */
typedef struct directory {
    gt_text *entries, *values;
    uint64_t values_at; /* where the values will stand in the file */
    uint64_t n;
} directory;

static void put(gt_text *t, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        gt_text_putc(t, (char)(unsigned char)(v >> (8 * i)));
    }
}

static void add(directory *d, unsigned tag, unsigned type, uint64_t count, const void *data,
                size_t bytes)
{
    put(d->entries, tag, 2);
    put(d->entries, type, 2);
    put(d->entries, count, 8);
    if (bytes <= 8) {
        unsigned char inside[8] = {0};
        memcpy(inside, data, bytes);
        gt_text_add(d->entries, (const char *)inside, 8);
    } else {
        put(d->entries, d->values_at + d->values->len, 8);
        gt_text_add(d->values, data, bytes);
        while (d->values->len % 8 != 0) {
            gt_text_putc(d->values, '\0');
        }
    }
    d->n++;
}

static void add_short(directory *d, unsigned tag, unsigned v)
{
    uint16_t s = (uint16_t)v;
    add(d, tag, SHORT, 1, &s, sizeof s);
}

static void add_long(directory *d, unsigned tag, int64_t v)
{
    uint32_t l = (uint32_t)v;
    add(d, tag, LONG, 1, &l, sizeof l);
}

static void escape(gt_text *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            gt_text_puts(out, "&amp;");
            break;
        case '<':
            gt_text_puts(out, "&lt;");
            break;
        case '>':
            gt_text_puts(out, "&gt;");
            break;
        case '"':
            gt_text_puts(out, "&quot;");
            break;
        default:
            gt_text_putc(out, *text);
        }
    }
}

/* GDAL takes the escapes out of values twice. */
static void escape_twice(gt_text *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("&<>\"", *text) == NULL) {
            gt_text_putc(out, *text);
            continue;
        }
        gt_text_puts(out, "&amp;");
        gt_text_puts(out, *text == '&'   ? "amp;"
                          : *text == '<' ? "lt;"
                          : *text == '>' ? "gt;"
                                         : "quot;");
    }
}

static void add_georeference(directory *d, const gt_grid *g, gt_text *text)
{
    const gt_grid_spec *s = &g->spec;
    const double scale[3] = {s->cell_x, s->cell_y, 0};
    const double tie[6] = {0, 0, 0, s->x_west, s->y_north, 0};
    uint16_t keys[GEOKEYS_MAX];
    size_t n = 0;
    add(d, 33550, DOUBLE, 3, scale, sizeof scale);
    add(d, 33922, DOUBLE, 6, tie, sizeof tie);
    gt_text_clear(text);
    grid_geokeys_write(g->crs, keys, &n, text);
    add(d, 34735, SHORT, n, keys, n * sizeof *keys);
    if (text->len > 0) {
        add(d, 34737, ASCII, text->len + 1, text->data, text->len + 1);
    }
}

static void add_items(directory *d, const gt_grid *g, gt_text *text)
{
    if (g->spec.n_items == 0) {
        return;
    }
    gt_text_clear(text);
    gt_text_puts(text, "<GDALMetadata>\n");
    for (size_t i = 0; i < g->spec.n_items; i++) {
        gt_text_puts(text, "  <Item name=\"");
        escape(text, g->items[i].key);
        gt_text_puts(text, "\">");
        escape_twice(text, g->items[i].value);
        gt_text_puts(text, "</Item>\n");
    }
    gt_text_puts(text, "</GDALMetadata>\n");
    if (!text->failed) {
        add(d, 42112, ASCII, text->len + 1, text->data, text->len + 1);
    }
}

static void add_nodata(directory *d, const gt_grid *g, gt_text *text)
{
    bool real = g->spec.type == GT_CELL_F32 || g->spec.type == GT_CELL_F64;
    if (isnan(g->spec.nodata) && !real) {
        return;
    }
    gt_text_clear(text);
    if (isnan(g->spec.nodata)) {
        gt_text_puts(text, "nan");
    } else {
        gt_text_json_real(text, g->spec.nodata);
    }
    if (!text->failed) {
        add(d, 42113, ASCII, text->len + 1, text->data, text->len + 1);
    }
}

/* Tags in ascending order, as TIFF asks. */
static void fill(directory *d, const gt_grid *g, const tiff_image *im, gt_text *text)
{
    static const unsigned format[] = {
        [GT_CELL_U8] = 1,  [GT_CELL_I16] = 2, [GT_CELL_U16] = 1,
        [GT_CELL_I32] = 2, [GT_CELL_F32] = 3, [GT_CELL_F64] = 3,
    };
    static const unsigned packing[] = {
        [GT_GRID_PLAIN] = 1, [GT_GRID_DEFLATE] = 8, [GT_GRID_ZSTD] = 50000};
    if (im->overview) {
        add_long(d, 254, 1); /* a smaller version of another image */
    }
    add_long(d, 256, im->n_cols);
    add_long(d, 257, im->n_rows);
    add_short(d, 258, 8U * (unsigned)g->bytes);
    add_short(d, 259, packing[g->spec.packing]);
    add_short(d, 262, 1); /* black is zero */
    add_short(d, 277, 1);
    add_short(d, 284, 1);
    if (g->spec.packing != GT_GRID_PLAIN) {
        add_short(d, 317, (unsigned)g->predictor);
    }
    add_long(d, 322, im->tile);
    add_long(d, 323, im->tile);
    add(d, 324, LONG8, (uint64_t)im->n_tiles, im->offset, (size_t)im->n_tiles * 8);
    add(d, 325, LONG8, (uint64_t)im->n_tiles, im->length, (size_t)im->n_tiles * 8);
    add_short(d, 339, format[g->spec.type]);
    if (!im->overview) {
        add_georeference(d, g, text);
        add_items(d, g, text);
    }
    add_nodata(d, g, text);
}

/* Appends a directory to out, whose first byte will stand at `base` of the file. */
static void add_directory(const gt_grid *grid, const tiff_image *image, bool last, uint64_t base,
                          gt_text *out)
{
    gt_text entries, values, text;
    gt_text_init(&entries, out->ctx, 0);
    gt_text_init(&values, out->ctx, (size_t)1 << 30);
    gt_text_init(&text, out->ctx, 0);
    directory d = {&entries, &values, 0, 0};
    for (int pass = 0; pass < 2; pass++) { /* the first only counts the entries */
        d.values_at = base + out->len + 8 + d.n * ENTRY + 8;
        d.n = 0;
        gt_text_clear(&entries);
        gt_text_clear(&values);
        fill(&d, grid, image, &text);
    }
    put(out, d.n, 8);
    gt_text_add(out, gt_text_cstr(&entries), entries.len);
    put(out, last ? 0 : base + out->len + 8 + values.len, 8);
    gt_text_add(out, gt_text_cstr(&values), values.len);
    out->failed = out->failed || entries.failed || values.failed || text.failed;
    gt_text_free(&entries);
    gt_text_free(&values);
    gt_text_free(&text);
}

void grid_tiff_header(const gt_grid *grid, const tiff_image *images, size_t n, gt_text *out)
{
    gt_text_add(out, "II+\0\10\0\0\0\20\0\0\0\0\0\0\0", HEAD);
    for (size_t i = 0; i < n; i++) {
        add_directory(grid, &images[i], i + 1 == n, 0, out);
    }
}

void grid_tiff_directory(const gt_grid *grid, const tiff_image *image, uint64_t base, gt_text *out)
{
    add_directory(grid, image, true, base, out);
}
