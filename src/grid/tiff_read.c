/* The directory of a TIFF file. Only what can be read by windows without a foreign library is
 * accepted: little endian, one band, tiles or strips, plain, deflate or zstd. Everything read is
 * checked against the size of the file before it is used.
 *
 * libtiff is not used: in Debian it links JBIG-KIT, which is under the GPL, and it does not let
 * several threads read one file (docs/decisions/0004). Sources: TIFF 6.0; BigTIFF (Adobe, AWare);
 * OGC 19-008r4; GDAL's tags 42112, 42113. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "grid/internal.h"
#include "grid/messages.h"

enum {
    TAG_SUBFILE = 254,
    TAG_WIDTH = 256,
    TAG_HEIGHT = 257,
    TAG_BITS = 258,
    TAG_COMPRESSION = 259,
    TAG_FILL_ORDER = 266,
    TAG_STRIP_OFFSETS = 273,
    TAG_SAMPLES = 277,
    TAG_ROWS_PER_STRIP = 278,
    TAG_STRIP_BYTES = 279,
    TAG_PREDICTOR = 317,
    TAG_TILE_WIDTH = 322,
    TAG_TILE_HEIGHT = 323,
    TAG_TILE_OFFSETS = 324,
    TAG_TILE_BYTES = 325,
    TAG_SAMPLE_FORMAT = 339,
    TAG_PIXEL_SCALE = 33550,
    TAG_TIE_POINTS = 33922,
    TAG_MATRIX = 34264,
    TAG_GEO_KEYS = 34735,
    TAG_GEO_ASCII = 34737,
    TAG_GDAL_METADATA = 42112,
    TAG_GDAL_NODATA = 42113,
    COMPRESSION_DEFLATE = 8,
    COMPRESSION_DEFLATE_OLD = 32946,
    COMPRESSION_ZSTD = 50000,
    TYPE_ASCII = 2,
    TYPE_DOUBLE = 12,
    SUBFILE_MASK = 4,
    ENTRIES_MAX = 4096,
    DIRECTORIES_MAX = 64,
    TEXT_MAX = 1 << 20,
    SIDE_OF_TILE_MAX = 1 << 16
};
static const uint64_t PACKED_TILE_MAX = (uint64_t)64 << 20; /* bytes unpacked */

typedef struct entry {
    unsigned tag, type;
    uint64_t count, at; /* at: where the values are in the file */
} entry;

typedef struct reader {
    gt_ctx *ctx;
    gt_grid *grid;
    uint64_t size; /* of the file */
    bool big;
    entry *entries;
    size_t n;
    uint64_t next; /* directory */
} reader;

static uint64_t little(const unsigned char *at, int bytes)
{
    uint64_t v = 0;
    for (int i = bytes - 1; i >= 0; i--) {
        v = v << 8 | at[i];
    }
    return v;
}

static gt_status foreign(reader *r, const char *why, const char *why_zh)
{
    return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_GRID_FOREIGN, GT_PLACE(.file = r->grid->path),
                   GT_ARGS(GT_TEXT("why", why), GT_TEXT("why_zh", why_zh)));
}

static gt_status cut(reader *r)
{
    return grid_damaged(r->ctx, r->grid, "its directory points outside the file",
                        "目录指向文件之外");
}

static int type_bytes(unsigned type)
{
    static const unsigned char bytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 0, 0, 0, 8, 8, 8};
    return type < sizeof bytes ? bytes[type] : 0;
}

/* Reads one directory into r->entries. */
static gt_status read_directory(reader *r, uint64_t at)
{
    unsigned char head[8];
    int n_bytes = r->big ? 8 : 2, size = r->big ? 20 : 12, link = r->big ? 8 : 4;
    if (at < 8 || at > r->size || r->size - at < (uint64_t)n_bytes) {
        return cut(r);
    }
    gt_status st = grid_pread(r->ctx, r->grid, head, (size_t)n_bytes, at);
    if (st != GT_OK) {
        return st;
    }
    uint64_t n = little(head, n_bytes);
    at += (uint64_t)n_bytes;
    if (n > ENTRIES_MAX || r->size - at < n * (uint64_t)size + (uint64_t)link) {
        return cut(r);
    }
    size_t total = (size_t)n * (size_t)size + (size_t)link;
    unsigned char *raw = gt_alloc(r->ctx, total, 1);
    entry *list = gt_realloc(r->ctx, r->entries, (size_t)n + 1, sizeof *list);
    if (list != NULL) {
        r->entries = list;
    }
    st = raw == NULL || list == NULL ? GT_E_MEMORY : grid_pread(r->ctx, r->grid, raw, total, at);
    r->n = 0;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        const unsigned char *e = raw + i * (size_t)size;
        entry *to = &list[r->n];
        to->tag = (unsigned)little(e, 2);
        to->type = (unsigned)little(e + 2, 2);
        to->count = little(e + 4, r->big ? 8 : 4);
        uint64_t bytes = (uint64_t)type_bytes(to->type);
        if (bytes == 0) {
            continue; /* a type of a later age: tags that matter here do not use it */
        }
        uint64_t inside = r->big ? 8 : 4, value = at + i * (uint64_t)size + (r->big ? 12 : 8);
        bool fits = to->count <= inside / bytes;
        to->at = fits ? value : little(raw + (value - at), (int)inside);
        if (to->at > r->size || to->count > (r->size - to->at) / bytes) {
            st = cut(r);
        }
        r->n++;
    }
    if (st == GT_OK) {
        r->next = little(raw + n * (uint64_t)size, link);
    }
    gt_free(r->ctx, raw);
    return st;
}

static const entry *find(const reader *r, unsigned tag)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->entries[i].tag == tag) {
            return &r->entries[i];
        }
    }
    return NULL;
}

/* Unsigned whole numbers (BYTE, SHORT, LONG, LONG8). */
static gt_status read_numbers(reader *r, const entry *e, uint64_t *out, size_t n)
{
    int bytes = type_bytes(e->type);
    if ((e->type != 1 && e->type != 3 && e->type != 4 && e->type != 16) || e->count < n) {
        return grid_damaged(r->ctx, r->grid, "a tag has the wrong type or length",
                            "标签的类型或长度有误");
    }
    unsigned char chunk[4096];
    size_t per = sizeof chunk / (size_t)bytes;
    for (size_t i = 0; i < n; i += per) {
        size_t k = n - i < per ? n - i : per;
        gt_status st =
            grid_pread(r->ctx, r->grid, chunk, k * (size_t)bytes, e->at + i * (uint64_t)bytes);
        if (st != GT_OK) {
            return st;
        }
        for (size_t j = 0; j < k; j++) {
            out[i + j] = little(chunk + j * (size_t)bytes, bytes);
        }
    }
    return GT_OK;
}

static gt_status read_number(reader *r, unsigned tag, uint64_t fallback, uint64_t *out)
{
    const entry *e = find(r, tag);
    *out = fallback;
    return e == NULL ? GT_OK : read_numbers(r, e, out, 1);
}

static gt_status read_doubles(reader *r, const entry *e, double *out, size_t n)
{
    if (e->type != TYPE_DOUBLE || e->count < n) {
        return grid_damaged(r->ctx, r->grid, "a tag has the wrong type or length",
                            "标签的类型或长度有误");
    }
    gt_status st = grid_pread(r->ctx, r->grid, out, n * sizeof *out, e->at);
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (!isfinite(out[i])) {
            st = grid_damaged(r->ctx, r->grid, "its place is not a number", "定位参数不是数字");
        }
    }
    return st;
}

/* Text of a tag, NUL added; *out NULL when there is none. Owned by the caller. */
static gt_status read_text(reader *r, unsigned tag, char **out, size_t *len)
{
    const entry *e = find(r, tag);
    *out = NULL;
    *len = 0;
    if (e == NULL || e->type != TYPE_ASCII) {
        return GT_OK;
    }
    if (e->count > TEXT_MAX) {
        return foreign(r, "a text in it is longer than 1 MiB", "其中的文本超过 1 MiB");
    }
    char *text = gt_alloc(r->ctx, (size_t)e->count + 1, 1);
    if (text == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = grid_pread(r->ctx, r->grid, text, (size_t)e->count, e->at);
    if (st != GT_OK) {
        gt_free(r->ctx, text);
        return st;
    }
    text[e->count] = '\0';
    *out = text;
    *len = (size_t)e->count;
    return GT_OK;
}

/* ---- what the tags say -------------------------------------------------------------------------
 */

static gt_status take_type(reader *r)
{
    uint64_t bits = 0, samples = 0, format = 0, fill = 0;
    gt_status st = read_number(r, TAG_SAMPLES, 1, &samples);
    if (st == GT_OK && samples != 1) {
        return foreign(r, "it has several bands", "含多个波段");
    }
    if (st == GT_OK) {
        st = read_number(r, TAG_BITS, 1, &bits);
    }
    if (st == GT_OK) {
        st = read_number(r, TAG_SAMPLE_FORMAT, 1, &format);
    }
    if (st == GT_OK) {
        st = read_number(r, TAG_FILL_ORDER, 1, &fill);
    }
    if (st != GT_OK) {
        return st;
    }
    static const struct {
        uint64_t bits, format;
        gt_cell type;
    } known[] = {{8, 1, GT_CELL_U8},   {16, 1, GT_CELL_U16}, {16, 2, GT_CELL_I16},
                 {32, 2, GT_CELL_I32}, {32, 3, GT_CELL_F32}, {64, 3, GT_CELL_F64}};
    for (size_t i = 0; fill == 1 && i < sizeof known / sizeof known[0]; i++) {
        if (known[i].bits == bits && known[i].format == format) {
            r->grid->spec.type = known[i].type;
            r->grid->bytes = (int)gt_cell_bytes(known[i].type);
            return GT_OK;
        }
    }
    return foreign(r, "its cells are of a type not kept here", "像元类型不受支持");
}

static gt_status take_packing(reader *r)
{
    gt_grid *g = r->grid;
    uint64_t packing = 0, predictor = 0;
    gt_status st = read_number(r, TAG_COMPRESSION, 1, &packing);
    if (st == GT_OK) {
        st = read_number(r, TAG_PREDICTOR, 1, &predictor);
    }
    if (st != GT_OK) {
        return st;
    }
    if (packing == 1) {
        g->packing = GT_GRID_PLAIN;
        predictor = 1;
    } else if (packing == COMPRESSION_DEFLATE || packing == COMPRESSION_DEFLATE_OLD) {
        g->packing = GT_GRID_DEFLATE;
    } else if (packing == COMPRESSION_ZSTD) {
        g->packing = GT_GRID_ZSTD;
    } else {
        return foreign(r, "its compression is not one of none, deflate and zstd",
                       "压缩方式不是无压缩、deflate 或 zstd");
    }
    bool real = g->spec.type == GT_CELL_F32 || g->spec.type == GT_CELL_F64;
    if (predictor < 1 || predictor > 3 || (predictor == 3 && !real)) {
        return foreign(r, "its predictor is not known", "预测方式未知");
    }
    g->predictor = (int)predictor;
    g->spec.packing = g->packing;
    return GT_OK;
}

static gt_status take_shape(reader *r)
{
    gt_grid *g = r->grid;
    uint64_t width = 0, height = 0, tw = 0, th = 0;
    gt_status st = read_number(r, TAG_WIDTH, 0, &width);
    if (st == GT_OK) {
        st = read_number(r, TAG_HEIGHT, 0, &height);
    }
    if (st == GT_OK &&
        (width < 1 || height < 1 || width > GT_GRID_SIDE_MAX || height > GT_GRID_SIDE_MAX)) {
        return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_GRID_SIZE, GT_PLACE(.file = g->path),
                       GT_ARGS(GT_INT("cols", width), GT_INT("rows", height),
                               GT_INT("max", GT_GRID_SIDE_MAX)));
    }
    bool tiled = find(r, TAG_TILE_OFFSETS) != NULL;
    if (st == GT_OK) {
        st = read_number(r, tiled ? TAG_TILE_WIDTH : TAG_WIDTH, 0, &tw);
    }
    if (st == GT_OK) {
        st = read_number(r, tiled ? TAG_TILE_HEIGHT : TAG_ROWS_PER_STRIP, height, &th);
    }
    if (st != GT_OK) {
        return st;
    }
    if (!tiled && th > height) {
        th = height;
    }
    if (tw < 1 || th < 1 || (tiled && (tw > SIDE_OF_TILE_MAX || th > SIDE_OF_TILE_MAX))) {
        return grid_damaged(r->ctx, g, "its tiles have no sensible size", "分块大小不合理");
    }
    g->spec.n_cols = (int64_t)width;
    g->spec.n_rows = (int64_t)height;
    g->tile_w = (int64_t)tw;
    g->tile_h = (int64_t)th;
    g->spec.tile = (int)th;
    g->across = (g->spec.n_cols + g->tile_w - 1) / g->tile_w;
    g->down = (g->spec.n_rows + g->tile_h - 1) / g->tile_h;
    g->tile_bytes = tw * th * (uint64_t)g->bytes;
    if (g->packing != GT_GRID_PLAIN && g->tile_bytes > PACKED_TILE_MAX) {
        return foreign(r, "its packed tiles or strips are larger than 64 MiB", "压缩块大于 64 MiB");
    }
    return GT_OK;
}

static gt_status take_tiles(reader *r)
{
    gt_grid *g = r->grid;
    bool tiled = find(r, TAG_TILE_OFFSETS) != NULL;
    const entry *at = find(r, tiled ? TAG_TILE_OFFSETS : TAG_STRIP_OFFSETS);
    const entry *len = find(r, tiled ? TAG_TILE_BYTES : TAG_STRIP_BYTES);
    uint64_t n = (uint64_t)(g->across * g->down);
    if (at == NULL || len == NULL || at->count < n || len->count < n) {
        return grid_damaged(r->ctx, g, "the list of its tiles is incomplete", "分块目录不完整");
    }
    g->offset = gt_alloc(r->ctx, (size_t)n, sizeof *g->offset);
    g->length = gt_alloc(r->ctx, (size_t)n, sizeof *g->length);
    if (g->offset == NULL || g->length == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = read_numbers(r, at, g->offset, (size_t)n);
    if (st == GT_OK) {
        st = read_numbers(r, len, g->length, (size_t)n);
    }
    for (uint64_t t = 0; st == GT_OK && t < n; t++) {
        if (g->offset[t] == 0 || g->length[t] == 0) {
            g->length[t] = 0; /* GDAL's sparse files */
            continue;
        }
        int64_t rows = g->spec.n_rows - (int64_t)t / g->across * g->tile_h;
        uint64_t least = tiled || rows > g->tile_h
                             ? g->tile_bytes
                             : (uint64_t)rows * (uint64_t)g->tile_w * (uint64_t)g->bytes;
        bool whole = g->packing != GT_GRID_PLAIN || g->length[t] >= least;
        uint64_t bytes = g->packing == GT_GRID_PLAIN ? least : g->length[t];
        if (!whole || g->offset[t] > r->size || bytes > r->size - g->offset[t]) {
            st = grid_damaged(r->ctx, g, "a tile is cut off", "分块数据被截断");
        }
    }
    return st;
}

static gt_status take_place(reader *r, bool point)
{
    gt_grid_spec *s = &r->grid->spec;
    const entry *scale = find(r, TAG_PIXEL_SCALE), *tie = find(r, TAG_TIE_POINTS);
    const entry *matrix = find(r, TAG_MATRIX);
    double k[3] = {0}, t[6] = {0}, m[16] = {0};
    gt_status st = GT_OK;
    if (scale != NULL && tie != NULL) {
        if (tie->count != 6) {
            return foreign(r, "it is placed by control points", "以控制点定位");
        }
        st = read_doubles(r, scale, k, 2);
        if (st == GT_OK) {
            st = read_doubles(r, tie, t, 6);
        }
        if (st != GT_OK) {
            return st;
        }
        s->cell_x = k[0];
        s->cell_y = k[1];
        s->x_west = t[3] - t[0] * k[0];
        s->y_north = t[4] + t[1] * k[1];
    } else if (matrix != NULL) {
        st = read_doubles(r, matrix, m, 16);
        if (st != GT_OK) {
            return st;
        }
        if (m[1] != 0 || m[4] != 0) {
            return foreign(r, "it is rotated", "栅格有旋转");
        }
        s->cell_x = m[0];
        s->cell_y = -m[5];
        s->x_west = m[3];
        s->y_north = m[7];
    } else {
        return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_GRID_NO_PLACE, GT_PLACE(.file = r->grid->path),
                       GT_NO_ARGS);
    }
    if (point) {
        s->x_west -= s->cell_x / 2;
        s->y_north += s->cell_y / 2;
    }
    if (!(s->cell_x > 0) || !(s->cell_y > 0)) {
        return foreign(r, "its first row is in the south, or its cells have no size",
                       "首行在南侧或像元大小无效");
    }
    return GT_OK;
}

static gt_status take_crs(reader *r, bool *point)
{
    const entry *e = find(r, TAG_GEO_KEYS);
    *point = false;
    if (e == NULL) {
        return GT_OK;
    }
    uint64_t wide[4 * 256];
    uint16_t keys[4 * 256];
    size_t n =
        e->count < sizeof wide / sizeof *wide ? (size_t)e->count : sizeof wide / sizeof *wide;
    char *ascii = NULL;
    size_t len = 0;
    bool unclear = false;
    gt_status st = read_numbers(r, e, wide, n);
    for (size_t i = 0; i < n; i++) {
        keys[i] = st == GT_OK ? (uint16_t)wide[i] : 0;
    }
    if (st == GT_OK) {
        st = read_text(r, TAG_GEO_ASCII, &ascii, &len);
    }
    if (st == GT_OK) {
        st = grid_geokeys_read(r->ctx, keys, n, ascii, len, &r->grid->crs_text, point, &unclear);
    }
    gt_free(r->ctx, ascii);
    if (st == GT_OK && unclear) {
        st = foreign(r, "its coordinate system has no EPSG code", "坐标系没有 EPSG 代码");
    }
    return st;
}

static gt_status take_nodata(reader *r)
{
    gt_grid *g = r->grid;
    char *text = NULL;
    size_t len = 0;
    gt_status st = read_text(r, TAG_GDAL_NODATA, &text, &len);
    g->spec.nodata = (double)NAN;
    g->sparse_value = 0;
    if (st == GT_OK && text != NULL) {
        char *end = NULL;
        double v = strtod(text, &end);
        /* a value the type cannot hold never occurs: as if there were none */
        if (end != text && (g->spec.type == GT_CELL_F32 || grid_value_fits(g->spec.type, v))) {
            g->spec.nodata = v;
            g->sparse_value = v;
        }
    }
    gt_free(r->ctx, text);
    return st;
}

/* ---- items: GDAL's metadata, <Item name="key">value</Item> --------------------------------------
 */

static void unescape(char *text)
{
    static const struct {
        const char *name;
        char c;
    } entity[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    char *to = text;
    while (*text != '\0') {
        size_t i = 0, n = sizeof entity / sizeof entity[0];
        while (i < n && strncmp(text, entity[i].name, strlen(entity[i].name)) != 0) {
            i++;
        }
        if (i < n) {
            *to++ = entity[i].c;
            text += strlen(entity[i].name);
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
}

/* Is the item a scale or offset that changes values? Then GDAL must apply it. */
static bool changes_values(const char *attributes, const char *value)
{
    if (strstr(attributes, "role=\"scale\"") != NULL) {
        return strtod(value, NULL) != 1;
    }
    return strstr(attributes, "role=\"offset\"") != NULL && strtod(value, NULL) != 0;
}

static gt_status take_item(reader *r, char *attributes, char *value, size_t *cap)
{
    gt_grid *g = r->grid;
    if (changes_values(attributes, value)) {
        return foreign(r, "its values have a scale or offset", "像元值带有比例或偏移");
    }
    char *name = strstr(attributes, "name=\"");
    char *end = name == NULL ? NULL : strchr(name + 6, '"');
    if (end == NULL || strstr(attributes, "sample=") != NULL) {
        return GT_OK;
    }
    *end = '\0';
    unescape(name + 6);
    unescape(value); /* twice: so GDAL writes values */
    unescape(value);
    gt_status st = gt_grow(r->ctx, (void **)&g->items, cap, g->spec.n_items + 1, sizeof *g->items);
    if (st != GT_OK) {
        return st;
    }
    gt_grid_item item = {gt_strdup(r->ctx, name + 6), gt_strdup(r->ctx, value)};
    g->items[g->spec.n_items++] = item;
    return item.key == NULL || item.value == NULL ? GT_E_MEMORY : GT_OK;
}

static gt_status take_items(reader *r)
{
    char *text = NULL;
    size_t len = 0, cap = 0;
    gt_status st = read_text(r, TAG_GDAL_METADATA, &text, &len);
    char *at = text;
    while (st == GT_OK && at != NULL && (at = strstr(at, "<Item ")) != NULL) {
        char *attributes = at + 6, *open = strchr(attributes, '>');
        char *close = open == NULL ? NULL : strstr(open, "</Item>");
        if (close == NULL) {
            break;
        }
        *open = '\0';
        *close = '\0';
        at = close + 1;
        st = take_item(r, attributes, open + 1, &cap);
    }
    gt_free(r->ctx, text);
    return st;
}

/* A mask kept as a further image must not be overlooked; overviews may. */
static gt_status look_for_mask(reader *r)
{
    for (int i = 0; r->next != 0 && i < DIRECTORIES_MAX; i++) {
        uint64_t kind = 0;
        gt_status st = read_directory(r, r->next);
        if (st == GT_OK) {
            st = read_number(r, TAG_SUBFILE, 0, &kind);
        }
        if (st != GT_OK) {
            return st;
        }
        if ((kind & SUBFILE_MASK) != 0) {
            return foreign(r, "it has a mask of its own", "含内部掩膜");
        }
        r->grid->spec.overviews++;
    }
    return GT_OK;
}

static gt_status read_head(reader *r, uint64_t *first)
{
    unsigned char head[16] = {0};
    struct stat info;
    if (fstat(r->grid->fd, &info) != 0 || info.st_size < 16) {
        return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_GRID_NOT_TIFF, GT_PLACE(.file = r->grid->path),
                       GT_NO_ARGS);
    }
    r->size = (uint64_t)info.st_size;
    gt_status st = grid_pread(r->ctx, r->grid, head, sizeof head, 0);
    if (st != GT_OK) {
        return st;
    }
    if (memcmp(head, "MM\0*", 4) == 0 || memcmp(head, "MM\0+", 4) == 0) {
        return foreign(r, "it is big endian", "字节序为大端");
    }
    r->big = memcmp(head, "II+\0\10\0\0\0", 8) == 0;
    if (!r->big && memcmp(head, "II*\0", 4) != 0) {
        return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_GRID_NOT_TIFF, GT_PLACE(.file = r->grid->path),
                       GT_NO_ARGS);
    }
    *first = r->big ? little(head + 8, 8) : little(head + 4, 4);
    return GT_OK;
}

gt_status grid_tiff_read(gt_ctx *ctx, gt_grid *grid)
{
    reader r = {.ctx = ctx, .grid = grid};
    uint64_t first = 0;
    bool point = false;
    gt_status st = read_head(&r, &first);
    if (st == GT_OK) {
        st = read_directory(&r, first);
    }
    if (st == GT_OK) {
        st = take_type(&r);
    }
    if (st == GT_OK) {
        st = take_packing(&r);
    }
    if (st == GT_OK) {
        st = take_shape(&r);
    }
    if (st == GT_OK) {
        st = take_tiles(&r);
    }
    if (st == GT_OK) {
        st = take_crs(&r, &point);
    }
    if (st == GT_OK) {
        st = take_place(&r, point);
    }
    if (st == GT_OK) {
        st = take_nodata(&r);
    }
    if (st == GT_OK) {
        st = take_items(&r);
    }
    if (st == GT_OK) {
        st = look_for_mask(&r);
    }
    gt_free(ctx, r.entries);
    return st;
}
