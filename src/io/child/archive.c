#include "archive.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <string.h>
#include <strings.h>

#include "guotu/text.h"
#include "io/messages.h"

enum { CHUNK = 1 << 20, NAMES_SHOWN = 20 };

bool io_archive_is_inside(const char *name)
{
    return strncmp(name, "/vsizip/", 8) == 0;
}

static bool is_data(const char *name)
{
    static const char *const known[] = {"gpkg", "shp",  "geojson", "json", "geojsonl", "fgb",
                                        "csv",  "xlsx", "ods",     "gml",  "kml",      "kmz",
                                        "dxf",  "tab",  "mif",     "gpx",  "sqlite",   "pbf",
                                        "osm",  "tif",  "tiff",    "img",  "asc",      "hgt"};
    const char *extension = CPLGetExtension(name), *base = CPLGetFilename(name);
    const size_t n = strlen(name);
    if (n > 5 && strcasecmp(name + n - 5, ".gdb/") == 0) {
        return true; /* a folder that is one data set */
    }
    if (strncmp(base, "._", 2) == 0) {
        return false; /* what macOS adds */
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(extension, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The one data file of the archive is appended to out; several go to others. */
static void look_inside(const char *archive, gt_text *out, gt_text *others)
{
    char **names = VSIReadDirRecursive(archive);
    const char *only = NULL;
    int n = 0;
    for (char **p = names; p != NULL && *p != NULL; p++) {
        if (is_data(*p)) {
            only = *p;
            gt_text_puts(others, n == 0             ? ""
                                 : n < NAMES_SHOWN  ? ", "
                                 : n == NAMES_SHOWN ? " ..."
                                                    : "");
            gt_text_puts(others, n < NAMES_SHOWN ? *p : "");
            n++;
        }
    }
    if (n == 1) {
        gt_text_putc(out, '/');
        gt_text_puts(out, only);
    }
    if (n < 2) {
        gt_text_clear(others);
    }
    CSLDestroy(names);
}

gt_status io_archive_name(io_session *s, const char *path, gt_text *out, gt_text *others)
{
    VSIStatBufL st;
    const bool exists = VSIStatL(path, &st) == 0;
    const size_t n = strlen(path);
    const bool zip =
        exists && !VSI_ISDIR(st.st_mode) && n > 4 && strcasecmp(path + n - 4, ".zip") == 0;
    if (zip || !exists) {
        gt_text_puts(out, "/vsizip/");
        gt_text_puts(out, path[0] == '/' ? "" : "./");
    }
    gt_text_puts(out, path);
    if (zip && gt_text_status(out) == GT_OK) {
        look_inside(gt_text_cstr(out), out, others);
    }
    io_log_reset(s);
    return gt_text_status(out);
}

static bool copy_all(VSILFILE *from, VSILFILE *to, void *chunk)
{
    size_t got = CHUNK;
    while (got == CHUNK) {
        got = VSIFReadL(chunk, 1, CHUNK, from);
        if (VSIFWriteL(chunk, 1, got, to) != got) {
            return false;
        }
    }
    return true;
}

gt_status io_archive_unpack(io_session *s, gt_text *name, const char *folder)
{
    gt_text copy;
    gt_text_init(&copy, s->ctx, 0);
    gt_text_printf(&copy, "%s/%s", folder, CPLGetFilename(gt_text_cstr(name)));
    gt_status st = gt_text_status(&copy);
    VSILFILE *from = VSIFOpenL(gt_text_cstr(name), "rb");
    VSILFILE *to = st == GT_OK ? VSIFOpenL(gt_text_cstr(&copy), "wb") : NULL;
    void *chunk = gt_alloc(s->ctx, CHUNK, 1);
    if (chunk == NULL) {
        st = GT_E_MEMORY;
    } else if (from == NULL || to == NULL || !copy_all(from, to, chunk)) {
        st = gt_fail(s->ctx, GT_E_INPUT, &GT_MSG_IO_READ, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("reason", io_log_reason(s))));
    }
    if (to != NULL && VSIFCloseL(to) != 0 && st == GT_OK) {
        st = gt_fail(s->ctx, GT_E_ENV, &GT_MSG_IO_WRITE, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("reason", io_log_reason(s))));
    }
    if (from != NULL) {
        (void)VSIFCloseL(from);
    }
    if (st == GT_OK) {
        gt_text_clear(name);
        gt_text_puts(name, gt_text_cstr(&copy));
        st = gt_text_status(name);
    }
    gt_free(s->ctx, chunk);
    gt_text_free(&copy);
    return st;
}
