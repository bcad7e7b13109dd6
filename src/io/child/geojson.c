/* The CRS that a GeoJSON file names. GDAL reads one it does not know as WGS 84 without a word, and
 * so it does where none is named (RFC 7946, 4): both are told apart here.
 *
 * The member "crs" of the file's object (GeoJSON 2008, 3) stands before "features" or after it; the
 * beginning and the end of the file are looked at, never all of it. */
#include <cpl_vsi.h>
#include <gdal.h>
#include <ogr_srs_api.h>
#include <string.h>

#include "io/messages.h"
#include "reader.h"

enum { HEAD = 256 * 1024, TAIL = 4096, NAME = 256 };

/* Just after the closing quote of the text that begins at p (after the opening one). */
static const char *skip_text(const char *p)
{
    for (; *p != '\0' && *p != '"'; p++) {
        p += *p == '\\' && p[1] != '\0' ? 1 : 0;
    }
    return *p == '"' ? p + 1 : p;
}

/* The value of member `key` of the object that p is in (depth 1), or NULL. *end: "features" was
 * met, or the text ended. */
static const char *find_member(const char *p, const char *key)
{
    int depth = 0;
    const size_t n = strlen(key);
    while (*p != '\0') {
        if (*p == '"') {
            const char *start = p + 1;
            p = skip_text(start);
            const char *after = p + strspn(p, " \t\r\n");
            if (depth == 1 && *after == ':' && (size_t)(p - start) == n + 1 &&
                strncmp(start, key, n) == 0) {
                return after + 1 + strspn(after + 1, " \t\r\n");
            }
            continue;
        }
        depth += *p == '{' || *p == '[' ? 1 : *p == '}' || *p == ']' ? -1 : 0;
        p++;
    }
    return NULL;
}

/* The name within {"type":"name","properties":{"name":"..."}}. */
static bool copy_name(const char *value, char out[NAME])
{
    const char *p = *value == '{' ? find_member(value, "properties") : NULL;
    p = p != NULL && *p == '{' ? find_member(p, "name") : NULL;
    size_t n = 0;
    if (p == NULL || *p != '"') {
        return false;
    }
    for (p++; *p != '\0' && *p != '"' && n < NAME - 1; p++) {
        out[n++] = *p;
    }
    out[n] = '\0';
    return *p == '"';
}

static const char *find_crs(io_reader *r, VSILFILE *f)
{
    char *text = gt_arena_zalloc(r->arena, HEAD + 1, 1);
    if (text == NULL) {
        return NULL;
    }
    const size_t n = VSIFReadL(text, 1, HEAD, f);
    const char *value = find_member(text, "crs");
    if (value != NULL || n < HEAD) {
        return value;
    }
    /* after the features: the last bytes, as if they stood in the object */
    (void)VSIFSeekL(f, 0, SEEK_END);
    const vsi_l_offset size = VSIFTellL(f);
    (void)VSIFSeekL(f, size - TAIL, SEEK_SET);
    text[VSIFReadL(text, 1, TAIL, f)] = '\0';
    char *last = strrchr(text, ']');
    if (last != NULL) {
        *last = '{';
        value = find_member(last, "crs");
    }
    return value;
}

gt_status io_reader_geojson_crs(io_reader *r)
{
    VSILFILE *f = VSIFOpenL(GDALGetDescription(r->data.handle), "rb");
    char name[NAME];
    gt_status st = GT_OK;
    if (f == NULL) {
        return GT_OK;
    }
    const char *value = find_crs(r, f);
    (void)VSIFCloseL(f);
    r->info.crs_assumed = value == NULL;
    if (value != NULL && copy_name(value, name)) {
        OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
        if (OSRSetFromUserInput(srs, name) != OGRERR_NONE) {
            st = gt_fail(r->session->ctx, GT_E_INPUT, &GT_MSG_IO_CRS_NAME, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("name", name)));
        }
        OSRDestroySpatialReference(srs);
        io_log_reset(r->session);
    }
    return st;
}
