/* CRSs that need no PROJ: EPSG:4490 and the Gauss-Krueger family of CGCS2000 (EPSG:4491-4554),
 * EPSG:4326 and the UTM zones of WGS 84 (EPSG:326zz, 327zz). Loading PROJ takes 5 ms and opening
 * its database as much again, more than a whole `guotu check`.
 *
 *   4491-4501  6-degree zones 13-23, zone number before the easting   lon0 = 6 zone - 3
 *   4502-4512  the same meridians 75-135 E without it
 *   4513-4533  3-degree zones 25-45, zone number before the easting   lon0 = 3 zone
 *   4534-4554  the same meridians 75-135 E without it
 * Names, WKT and areas of use are those of EPSG v10.076 (PROJ 9.1.1); a test compares every code
 * with the PROJ that is installed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/crs.h"
#include "guotu/text.h"

enum { SIX_ZONES = 11, THREE_ZONES = 21 };

/* Areas of use: onshore China within the zone; degrees. */
static const gt_box SIX[SIX_ZONES] = {
    {73.62, 35.42, 78.01, 41.07}, {77.98, 29.16, 84.0, 47.23},  {84.0, 27.32, 90.0, 49.18},
    {90.0, 27.71, 96.01, 47.9},   {96.0, 21.13, 102.01, 43.18}, {102.0, 17.75, 108.0, 42.47},
    {108.0, 16.7, 114.0, 45.11},  {114.0, 19.02, 120.0, 51.52}, {120.0, 24.64, 126.0, 53.56},
    {126.0, 29.7, 132.0, 52.79},  {132.0, 45.02, 134.77, 48.4}};
static const gt_box THREE[THREE_ZONES] = {
    {73.62, 35.81, 76.5, 40.65},  {76.5, 31.03, 79.5, 41.83},   {79.5, 29.95, 82.51, 45.88},
    {82.5, 28.26, 85.5, 47.23},   {85.5, 27.8, 88.5, 49.18},    {88.49, 27.32, 91.51, 48.42},
    {91.5, 27.71, 94.5, 45.13},   {94.5, 28.23, 97.51, 44.5},   {97.5, 21.43, 100.5, 42.76},
    {100.5, 21.13, 103.5, 42.69}, {103.5, 22.5, 106.51, 42.21}, {106.5, 18.19, 109.51, 42.47},
    {109.5, 18.11, 112.5, 45.11}, {112.5, 21.52, 115.5, 45.45}, {115.5, 22.6, 118.5, 49.88},
    {118.5, 24.43, 121.5, 53.33}, {121.5, 28.22, 124.5, 53.56}, {124.5, 40.19, 127.5, 53.2},
    {127.5, 41.37, 130.5, 50.25}, {130.5, 42.42, 133.5, 48.88}, {133.5, 45.85, 134.77, 48.4}};

static const char CGCS2000_WKT[] =
    "GEOGCS[\"China Geodetic Coordinate System 2000\",DATUM[\"China_2000\",SPHEROID[\"CGCS2000\","
    "6378137,298.257222101,AUTHORITY[\"EPSG\",\"1024\"]],AUTHORITY[\"EPSG\",\"1043\"]],"
    "PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,"
    "AUTHORITY[\"EPSG\",\"9122\"]],AUTHORITY[\"EPSG\",\"4490\"]]";
static const char WGS84_WKT[] =
    "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,"
    "AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,"
    "AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]]"
    ","
    "AUTHORITY[\"EPSG\",\"4326\"]]";

/* One member of a family, before it is written into a gt_crs. */
typedef struct member {
    bool wgs84, plane;
    char name[64];
    int lon0; /* degrees */
    double k0, x0, y0;
    gt_box area;
} member;

static bool cgcs_member(int epsg, member *m)
{
    bool six = epsg < 4513;
    int first = six ? 4491 : 4513, zones = six ? SIX_ZONES : THREE_ZONES;
    int i = (epsg - first) % zones;
    bool prefixed = (epsg - first) / zones == 0;
    int zone = six ? 13 + i : 25 + i;
    m->plane = true;
    m->lon0 = six ? 6 * zone - 3 : 3 * zone;
    m->k0 = 1;
    m->x0 = 500000 + (prefixed ? 1e6 * zone : 0);
    m->area = six ? SIX[i] : THREE[i];
    const char *family = six ? "CGCS2000 / Gauss-Kruger" : "CGCS2000 / 3-degree Gauss-Kruger";
    if (prefixed) {
        (void)snprintf(m->name, sizeof m->name, "%s zone %d", family, zone);
    } else {
        (void)snprintf(m->name, sizeof m->name, "%s CM %dE", family, m->lon0);
    }
    return true;
}

static bool utm_member(int epsg, member *m)
{
    bool south = epsg > 32700;
    int zone = epsg % 100;
    m->wgs84 = m->plane = true;
    m->lon0 = 6 * zone - 183;
    m->k0 = 0.9996;
    m->x0 = 500000;
    m->y0 = south ? 1e7 : 0;
    m->area = (gt_box){m->lon0 - 3, south ? -80 : 0, m->lon0 + 3, south ? 0 : 84};
    (void)snprintf(m->name, sizeof m->name, "WGS 84 / UTM zone %d%c", zone, south ? 'S' : 'N');
    return true;
}

static bool find_member(int epsg, member *m)
{
    memset(m, 0, sizeof *m);
    if (epsg >= 4491 && epsg <= 4554) {
        return cgcs_member(epsg, m);
    }
    if ((epsg >= 32601 && epsg <= 32660) || (epsg >= 32701 && epsg <= 32760)) {
        return utm_member(epsg, m);
    }
    m->wgs84 = epsg == 4326;
    m->area = m->wgs84 ? (gt_box){-180, -90, 180, 90} : (gt_box){73.62, 16.7, 134.77, 53.56};
    (void)snprintf(m->name, sizeof m->name, "%s",
                   m->wgs84 ? "WGS 84" : "China Geodetic Coordinate System 2000");
    return epsg == 4490 || epsg == 4326;
}

static void put_wkt(const member *m, int epsg, gt_text *out)
{
    const char *base = m->wgs84 ? WGS84_WKT : CGCS2000_WKT;
    if (!m->plane) {
        gt_text_puts(out, base);
        return;
    }
    gt_text_printf(out,
                   "PROJCS[\"%s\",%s,PROJECTION[\"Transverse_Mercator\"],"
                   "PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\",%d],"
                   "PARAMETER[\"scale_factor\",%s],PARAMETER[\"false_easting\",%.0f],"
                   "PARAMETER[\"false_northing\",%.0f],"
                   "UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]],%s"
                   "AUTHORITY[\"EPSG\",\"%d\"]]",
                   m->name, base, m->lon0, m->wgs84 ? "0.9996" : "1", m->x0, m->y0,
                   m->wgs84 ? "AXIS[\"Easting\",EAST],AXIS[\"Northing\",NORTH]," : "", epsg);
}

static void fill(const member *m, int epsg, gt_crs *crs)
{
    crs->kind = m->plane ? GT_CRS_TMERC : GT_CRS_GEOGRAPHIC;
    crs->geographic = !m->plane;
    crs->built_in = true;
    crs->epsg = epsg;
    crs->a = 6378137;
    crs->f = m->wgs84 ? 1 / 298.257223563 : 1 / 298.257222101;
    crs->lon0 = m->lon0;
    crs->k0 = m->k0;
    crs->x0 = m->x0;
    crs->y0 = m->y0;
    crs->has_area = true;
    crs->area = m->area;
    (void)snprintf(crs->datum, sizeof crs->datum, "%s",
                   m->wgs84 ? GT_DATUM_WGS84 : GT_DATUM_CGCS2000);
}

bool gt_crs_built_in_parameters(int epsg, gt_crs *crs)
{
    member m;
    bool known = find_member(epsg, &m);
    if (known) {
        fill(&m, epsg, crs);
    }
    return known;
}

gt_status gt_crs_built_in(gt_ctx *ctx, int epsg, gt_crs *crs, bool *known)
{
    member m;
    *known = find_member(epsg, &m);
    if (!*known) {
        return GT_OK;
    }
    fill(&m, epsg, crs);
    char definition[16];
    (void)snprintf(definition, sizeof definition, "EPSG:%d", epsg);
    gt_text wkt;
    gt_text_init(&wkt, ctx, 0);
    put_wkt(&m, epsg, &wkt);
    gt_status st = gt_text_status(&wkt);
    if (st == GT_OK) {
        crs->name = gt_strdup(ctx, m.name);
        crs->definition = gt_strdup(ctx, definition);
        crs->wkt = gt_strdup(ctx, gt_text_cstr(&wkt));
        st = crs->name == NULL || crs->definition == NULL || crs->wkt == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&wkt);
    return st;
}

/* ---- suggestions -------------------------------------------------------------------------------
 */

/* Edits (insert, drop, replace) between two short decimal texts. */
static int edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 12 };
    int row[LONGEST + 1];
    size_t n = strlen(b);
    if (n > LONGEST || strlen(a) > LONGEST) {
        return LONGEST;
    }
    for (size_t j = 0; j <= n; j++) {
        row[j] = (int)j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= n; j++) {
            int replace = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
            diagonal = row[j];
            int other = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
            row[j] = replace < other ? replace : other;
        }
    }
    return row[n];
}

/* One of `list` nearest to the digits of `typed`; ties go to the first. */
static int nearest_code(const char *typed)
{
    static const int first[] = {4548, 4490, 4326, 32650};
    char text[16];
    int best = 4548, best_distance = 99;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        (void)snprintf(text, sizeof text, "%d", first[i]);
        int d = edit_distance(typed, text);
        best = d < best_distance ? first[i] : best;
        best_distance = d < best_distance ? d : best_distance;
    }
    for (int code = 4491; code <= 4554; code++) {
        (void)snprintf(text, sizeof text, "%d", code);
        int d = edit_distance(typed, text);
        best = d < best_distance ? code : best;
        best_distance = d < best_distance ? d : best_distance;
    }
    return best_distance <= 2 ? best : 4548;
}

/* The last whole number of 2 or 3 digits in the text, 0 when there is none: "CGCS2000 117E" -> 117.
 */
static int last_number(const char *text)
{
    int found = 0;
    for (const char *p = text; *p != '\0';) {
        if (*p < '0' || *p > '9') {
            p++;
            continue;
        }
        int value = 0, digits = 0;
        for (; *p >= '0' && *p <= '9'; p++) {
            value = digits < 6 ? value * 10 + (*p - '0') : value;
            digits++;
        }
        found = digits == 2 || digits == 3 ? value : found;
    }
    return found;
}

void gt_crs_near(const char *typed, char *out, size_t size)
{
    int code = 4548;
    const char *digits = strncasecmp(typed, "EPSG:", 5) == 0 ? typed + 5 : typed;
    size_t n = strspn(digits, "0123456789");
    if (n > 0 && digits[n] == '\0') {
        code = nearest_code(digits);
    } else if (strcasestr(typed, "utm") != NULL) {
        int zone = last_number(typed);
        code = zone >= 1 && zone <= 60 ? 32600 + zone : 32650;
    } else {
        int number =
            last_number(typed); /* a meridian of a 3-degree zone, or such a zone's number */
        int lon0 = number >= 25 && number <= 45 ? 3 * number : number;
        code = lon0 >= 75 && lon0 <= 135 && lon0 % 3 == 0 ? 4534 + (lon0 - 75) / 3 : 4548;
        if (strcasestr(typed, "wgs") != NULL) {
            code = 4326;
        }
    }
    member m;
    (void)find_member(code, &m);
    (void)snprintf(out, size, "EPSG:%d (%s)", code, m.name);
}
