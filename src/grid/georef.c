/* GeoTIFF keys (OGC 19-008r4): a CRS by EPSG code, or, where it has none, as WKT in a citation of
 * the form that GDAL and ArcGIS read and write ("ESRI PE String = "). */
#include <stdio.h>
#include <string.h>

#include "grid/internal.h"

enum {
    KEY_MODEL_TYPE = 1024,
    KEY_RASTER_TYPE = 1025,
    KEY_GEODETIC_CRS = 2048,
    KEY_PROJECTED_CRS = 3072,
    KEY_PROJECTED_CITATION = 3073,
    MODEL_PROJECTED = 1,
    MODEL_GEOGRAPHIC = 2,
    RASTER_IS_AREA = 1,
    RASTER_IS_POINT = 2,
    USER_DEFINED = 32767,
    TAG_ASCII = 34737
};
static const char PE[] = "ESRI PE String = ";

typedef struct key_list {
    const uint16_t *keys;
    size_t n;
    const char *ascii;
    size_t n_ascii;
} key_list;

/* Short value of a key, 0 when absent; *place and *count for texts. */
static unsigned find_key(const key_list *k, unsigned id, unsigned *place, unsigned *count)
{
    for (size_t i = 4; i + 4 <= k->n; i += 4) {
        if (k->keys[i] == id) {
            *place = k->keys[i + 1];
            *count = k->keys[i + 2];
            return k->keys[i + 3];
        }
    }
    *place = *count = 0;
    return 0;
}

static gt_status take_citation(gt_ctx *ctx, const key_list *k, unsigned id, char **text)
{
    unsigned place = 0, count = 0;
    size_t at = find_key(k, id, &place, &count);
    if (place != TAG_ASCII || count < sizeof PE || at + count > k->n_ascii ||
        strncmp(k->ascii + at, PE, sizeof PE - 1) != 0) {
        return GT_OK;
    }
    size_t from = at + sizeof PE - 1, n = count - (sizeof PE - 1);
    char *copy = gt_alloc(ctx, n + 1, 1);
    if (copy == NULL) {
        return GT_E_MEMORY;
    }
    memcpy(copy, k->ascii + from, n);
    copy[n] = '\0';
    char *end = strchr(copy, '|'); /* the separator of GeoTIFF texts */
    if (end != NULL) {
        *end = '\0';
    }
    *text = copy;
    return GT_OK;
}

gt_status grid_geokeys_read(gt_ctx *ctx, const uint16_t *keys, size_t n_keys, const char *ascii,
                            size_t n_ascii, char **text, bool *point, bool *unclear)
{
    const key_list k = {keys, n_keys, ascii, n_ascii};
    unsigned place = 0, count = 0;
    *text = NULL;
    *unclear = false;
    *point = find_key(&k, KEY_RASTER_TYPE, &place, &count) == RASTER_IS_POINT;
    unsigned model = find_key(&k, KEY_MODEL_TYPE, &place, &count);
    if (model != MODEL_PROJECTED && model != MODEL_GEOGRAPHIC) {
        *unclear = model != 0 && model != USER_DEFINED;
        return GT_OK;
    }
    unsigned code = find_key(&k, model == MODEL_PROJECTED ? KEY_PROJECTED_CRS : KEY_GEODETIC_CRS,
                             &place, &count);
    if (code != 0 && code != USER_DEFINED) {
        char name[32];
        (void)snprintf(name, sizeof name, "EPSG:%u", code);
        *text = gt_strdup(ctx, name);
        return *text == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_status st = take_citation(ctx, &k, KEY_PROJECTED_CITATION, text);
    *unclear = *text == NULL;
    return st;
}

static void add_key(uint16_t *keys, size_t *n, unsigned id, unsigned place, unsigned count,
                    unsigned value)
{
    keys[(*n)++] = (uint16_t)id;
    keys[(*n)++] = (uint16_t)place;
    keys[(*n)++] = (uint16_t)count;
    keys[(*n)++] = (uint16_t)value;
    keys[3]++;
}

void grid_geokeys_write(const gt_crs *crs, uint16_t *keys, size_t *n_keys, gt_text *ascii)
{
    keys[0] = 1; /* version of the key directory, then revision 1.0 */
    keys[1] = 1;
    keys[2] = 0;
    keys[3] = 0;
    *n_keys = 4;
    if (crs == NULL) {
        add_key(keys, n_keys, KEY_RASTER_TYPE, 0, 1, RASTER_IS_AREA);
        return;
    }
    bool geographic = gt_crs_is_geographic(crs);
    int epsg = gt_crs_epsg(crs);
    add_key(keys, n_keys, KEY_MODEL_TYPE, 0, 1, geographic ? MODEL_GEOGRAPHIC : MODEL_PROJECTED);
    add_key(keys, n_keys, KEY_RASTER_TYPE, 0, 1, RASTER_IS_AREA);
    if (epsg > 0 && epsg < USER_DEFINED) {
        add_key(keys, n_keys, geographic ? KEY_GEODETIC_CRS : KEY_PROJECTED_CRS, 0, 1,
                (unsigned)epsg);
        return;
    }
    /* geographic systems without a code keep their text too, as a citation under the same key: this
     * reader finds it, GDAL then sees an unnamed system */
    size_t at = ascii->len;
    gt_text_puts(ascii, PE);
    gt_text_puts(ascii, gt_crs_wkt(crs));
    gt_text_putc(ascii, '|');
    add_key(keys, n_keys, geographic ? KEY_GEODETIC_CRS : KEY_PROJECTED_CRS, 0, 1, USER_DEFINED);
    add_key(keys, n_keys, KEY_PROJECTED_CITATION, TAG_ASCII, (unsigned)(ascii->len - at),
            (unsigned)at);
}
