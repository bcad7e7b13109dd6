/* Which encoding the attribute text of a file is in.
 *
 * Only shapefiles (DBF) and CSV hand over bytes as they are; every other reader of GDAL gives
 * UTF-8. In order: what the caller says; what the file says (.cpg; the language byte of the DBF
 * where it names a Chinese code page: the other values are written without thought, 0x57 "ANSI"
 * above all); UTF-8 when all of the text is; else GB 18030, which holds GBK and GB 2312, and the
 * user is told. Source: ESRI shapefile .cpg practice; dBASE language driver ids 0x4D, 0x7A (936),
 * 0x4F, 0x78 (950). */
#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "reader.h"

enum { DBF_HEAD = 32, DBF_FIELD = 32, CHUNK = 1 << 20 };

/* The file of the dataset with this extension that belongs to the layer (any, when layer is NULL).
 */
static const char *find_file(char **list, const char *layer, const char *extension)
{
    for (char **p = list; p != NULL && *p != NULL; p++) {
        if (strcasecmp(CPLGetExtension(*p), extension) == 0 &&
            (layer == NULL || strcasecmp(CPLGetBasename(*p), layer) == 0)) {
            return *p;
        }
    }
    return NULL;
}

/* ---- what the file says ---------------------------------------------------------------------- */

/* "936", "ANSI 936", "CP936", "GBK", "UTF-8" ...: a name iconv knows, or false. */
static bool code_page_name(const char *said, char name[32])
{
    const char *digits = said + strcspn(said, "0123456789");
    const size_t n = strspn(digits, "0123456789");
    const bool number =
        n >= 3 && digits[n] == '\0' &&
        (digits == said || strncasecmp(said, "ANSI ", 5) == 0 || strncasecmp(said, "CP", 2) == 0);
    if (number && strcmp(digits, "65001") == 0) {
        (void)snprintf(name, 32, "UTF-8");
    } else if (number && strcmp(digits, "54936") == 0) {
        (void)snprintf(name, 32, "GB18030");
    } else if (number) {
        (void)snprintf(name, 32, "CP%.8s", digits);
    } else {
        (void)snprintf(name, 32, "%.31s", said);
    }
    const iconv_t cd = iconv_open("UTF-8", name);
    if (cd == (iconv_t)-1) {
        return false;
    }
    (void)iconv_close(cd);
    return true;
}

/* table: path of the .dbf; GDAL does not list the .cpg beside it. */
static bool from_cpg(const char *table, char name[32])
{
    VSILFILE *f = NULL;
    for (int i = 0; i < 2 && f == NULL && table != NULL; i++) {
        f = VSIFOpenL(CPLResetExtension(table, i == 0 ? "cpg" : "CPG"), "rb");
    }
    char said[64] = "";
    if (f == NULL) {
        return false;
    }
    const size_t n = VSIFReadL(said, 1, sizeof said - 1, f);
    (void)VSIFCloseL(f);
    said[n] = '\0';
    char *start = said + (strncmp(said, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0);
    start += strspn(start, " \t");
    start[strcspn(start, "\r\n")] = '\0';
    for (size_t k = strlen(start); k > 0 && (start[k - 1] == ' ' || start[k - 1] == '\t'); k--) {
        start[k - 1] = '\0';
    }
    return start[0] != '\0' && code_page_name(start, name);
}

static bool from_language_byte(uint8_t language, char name[32])
{
    const bool chinese = language == 0x4D || language == 0x7A;
    const bool taiwan = language == 0x4F || language == 0x78;
    if (chinese || taiwan) {
        (void)snprintf(name, 32, "%s", chinese ? "GBK" : "BIG5");
    }
    return chinese || taiwan;
}

/* ---- what the text looks like ---------------------------------------------------------------- */

/* A value that fills its field may have been cut inside its last character: that is not held
 * against UTF-8 here (reading it is a fault of that record). */
static bool value_is_utf8(const char *value, size_t width)
{
    size_t n = width, bad = 0;
    while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\0')) {
        n--;
    }
    if (gt_utf8_valid(value, n, &bad)) {
        return true;
    }
    return n == width && n - bad < 4 && (unsigned char)value[bad] >= 0xC2 && bad > 0;
}

typedef struct dbf_text { /* place of one character field in the record */
    size_t at, width;
} dbf_text;

typedef struct dbf {
    VSILFILE *file;
    uint8_t language;
    size_t record; /* bytes */
    dbf_text *texts;
    size_t n_texts;
    bool names_utf8;
} dbf;

static size_t le16(const uint8_t *p)
{
    return (size_t)p[0] | (size_t)p[1] << 8;
}

/* Reads the head. false when it is not one: GDAL will say so. */
static bool dbf_open(gt_arena *arena, const char *path, dbf *out)
{
    uint8_t head[DBF_HEAD];
    memset(out, 0, sizeof *out);
    out->names_utf8 = true;
    out->file = VSIFOpenL(path, "rb");
    if (out->file == NULL || VSIFReadL(head, 1, DBF_HEAD, out->file) != DBF_HEAD) {
        return false;
    }
    const size_t head_len = le16(head + 8), most = head_len / DBF_FIELD;
    out->language = head[29];
    out->record = le16(head + 10);
    out->texts = gt_arena_alloc(arena, most, sizeof *out->texts);
    if (out->texts == NULL || out->record == 0) {
        return false;
    }
    size_t at = 1; /* after the deletion mark */
    for (size_t i = 1; i < most; i++) {
        uint8_t d[DBF_FIELD];
        if (VSIFReadL(d, 1, DBF_FIELD, out->file) != DBF_FIELD || d[0] == 0x0D) {
            break;
        }
        /* long character fields keep the high byte of their length in the decimals */
        const size_t width = d[11] == 'C' ? le16(d + 16) : d[16];
        if (d[11] == 'C' && at + width <= out->record) {
            out->texts[out->n_texts++] = (dbf_text){at, width};
        }
        out->names_utf8 =
            value_is_utf8((const char *)d, strnlen((const char *)d, 11)) && out->names_utf8;
        at += width;
    }
    return VSIFSeekL(out->file, head_len, SEEK_SET) == 0;
}

static bool dbf_is_utf8(gt_arena *arena, const dbf *d)
{
    const size_t per_chunk = d->record < CHUNK ? CHUNK / d->record : 1;
    char *chunk = gt_arena_alloc(arena, per_chunk, d->record);
    bool ok = d->names_utf8 && chunk != NULL;
    size_t got = 1;
    while (ok && d->n_texts > 0 && got > 0) {
        got = VSIFReadL(chunk, d->record, per_chunk, d->file);
        for (size_t i = 0; i < got && ok; i++) {
            for (size_t k = 0; k < d->n_texts && ok; k++) {
                ok = value_is_utf8(chunk + i * d->record + d->texts[k].at, d->texts[k].width);
            }
        }
    }
    return ok;
}

/* Whole file as one text, in chunks that may end inside a character. */
static bool file_is_utf8(gt_arena *arena, const char *path)
{
    VSILFILE *f = VSIFOpenL(path, "rb");
    char *chunk = gt_arena_alloc(arena, CHUNK, 1);
    bool ok = true;
    size_t kept = 0, got = 1;
    while (f != NULL && chunk != NULL && ok && got > 0) {
        got = VSIFReadL(chunk + kept, 1, CHUNK - kept, f);
        const size_t n = kept + got;
        size_t bad = n;
        ok = gt_utf8_valid(chunk, n, &bad) || (got > 0 && n - bad < 4);
        kept = ok ? n - bad : 0;
        memmove(chunk, chunk + n - kept, kept);
    }
    if (f != NULL) {
        (void)VSIFCloseL(f);
    }
    return ok;
}

/* ---- decision -------------------------------------------------------------------------------- */

static bool shape_is_utf8(io_reader *r, char **files, char name[32], bool *said)
{
    const char *layer = OGR_L_GetName(r->data.layer);
    const char *path = find_file(files, layer, "dbf");
    dbf d = {0};
    bool utf8 = true;
    *said = from_cpg(path, name);
    if (!*said && path != NULL && dbf_open(r->arena, path, &d)) {
        *said = from_language_byte(d.language, name);
        utf8 = *said || dbf_is_utf8(r->arena, &d);
    }
    if (d.file != NULL) {
        (void)VSIFCloseL(d.file);
    }
    return utf8;
}

gt_status io_reader_encoding(io_reader *r)
{
    const bool shape = strcmp(r->data.driver, "ESRI Shapefile") == 0;
    const bool csv = strcmp(r->data.driver, "CSV") == 0;
    const char *asked = r->ask->encoding;
    char name[32] = "UTF-8";
    bool said = !shape && !csv, utf8 = true;
    if (asked == NULL && !said) {
        char **files = GDALGetFileList(r->data.handle);
        const char *table = files == NULL ? NULL : files[0];
        utf8 = shape ? shape_is_utf8(r, files, name, &said)
                     : table == NULL || file_is_utf8(r->arena, table);
        CSLDestroy(files);
        io_log_reset(r->session);
    }
    r->info.encoding_assumed = asked == NULL && !said && !utf8;
    const char *use = asked != NULL ? asked : r->info.encoding_assumed ? "GB18030" : name;
    gt_status st = io_decoder_open(r->session->ctx, use, &r->decoder);
    r->decoder.utf8_first = !shape && !csv;
    return st;
}
