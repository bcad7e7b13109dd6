/* CRSs that PROJ has to read: any code, WKT, PROJ string or name. What the fast paths need (kind,
 * ellipsoid, transverse Mercator parameters, datum) is copied out; no PROJ object is kept, so that
 * a gt_crs can be shared between threads. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/crs.h"
#include "geo/messages.h"
#include "geo/proj_lib.h"

/* EPSG codes: method Transverse Mercator and its parameters. */
enum { METHOD_TM = 9807, P_LAT0 = 8801, P_LON0 = 8802, P_K0 = 8805, P_X0 = 8806, P_Y0 = 8807 };

typedef struct maker {
    gt_ctx *ctx;
    gt_proj_session proj;
    gt_crs *crs;
    PJ *obj;      /* the horizontal CRS, owned */
    bool shifted; /* a datum shift was written to the CRS (TOWGS84) that is not null */
} maker;

static gt_status fail_unknown(maker *m, const char *typed)
{
    char near[128];
    gt_crs_near(typed, near, sizeof near);
    return gt_fail(m->ctx, GT_E_INPUT, &GT_MSG_CRS_UNKNOWN, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("text", typed), GT_TEXT("reason", gt_proj_reason(&m->proj)),
                           GT_TEXT("near", near)));
}

/* PROJ's own spelling: bare numbers are EPSG codes, PROJ strings are meant as CRSs. */
static char *spell(gt_ctx *ctx, const char *text)
{
    size_t n = strlen(text), more = 16;
    char *out = gt_alloc(ctx, n + more, 1);
    if (out == NULL) {
        return NULL;
    }
    const char *start = text + strspn(text, " \t\r\n");
    size_t digits = strspn(start, "0123456789");
    if (digits > 0 && start[digits + strspn(start + digits, " \t\r\n")] == '\0') {
        (void)snprintf(out, n + more, "EPSG:%s", start);
    } else if (strstr(start, "+proj=") != NULL && strstr(start, "type=crs") == NULL) {
        (void)snprintf(out, n + more, "%s +type=crs", start);
    } else {
        (void)snprintf(out, n + more, "%s", start);
    }
    size_t end = strlen(out);
    while (end > 0 && strchr(" \t\r\n", out[end - 1]) != NULL) {
        out[--end] = '\0';
    }
    return out;
}

/* An authority's code as a number; 0 when it is none. */
static int number_of(const char *code)
{
    char *end = NULL;
    long n = code == NULL ? 0 : strtol(code, &end, 10);
    return code == NULL || end == code || *end != '\0' || n < 0 || n > INT_MAX ? 0 : (int)n;
}

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

static void replace(maker *m, PJ *next)
{
    m->proj.lib->proj_destroy(m->obj);
    m->obj = next;
}

/* Does a bound CRS carry a shift that moves anything? */
static bool bound_shift(maker *m)
{
    const gt_proj_lib *p = m->proj.lib;
    PJ *op = p->proj_crs_get_coordoperation(m->proj.pj, m->obj);
    int n = op == NULL ? 0 : p->proj_coordoperation_get_param_count(m->proj.pj, op);
    bool moves = op == NULL || n == 0; /* a grid, or not known: play safe */
    for (int i = 0; i < n; i++) {
        double value = 0;
        const char *text = NULL;
        (void)p->proj_coordoperation_get_param(m->proj.pj, op, i, NULL, NULL, NULL, &value, &text,
                                               NULL, NULL, NULL, NULL, NULL);
        moves =
            moves || value != 0 || (text != NULL && *text != '\0'); /* a text is a grid's name */
    }
    p->proj_destroy(op);
    return moves;
}

/* Peels compound, bound and 3D CRSs down to a horizontal one. */
static void unwrap(maker *m)
{
    const gt_proj_lib *p = m->proj.lib;
    for (int guard = 0; guard < 8 && m->obj != NULL; guard++) {
        PJ_TYPE type = p->proj_get_type(m->obj);
        if (type == PJ_TYPE_BOUND_CRS) {
            m->shifted = m->shifted || bound_shift(m);
            replace(m, p->proj_get_source_crs(m->proj.pj, m->obj));
        } else if (type == PJ_TYPE_COMPOUND_CRS) {
            replace(m, p->proj_crs_get_sub_crs(m->proj.pj, m->obj, 0));
        } else if (type == PJ_TYPE_GEOGRAPHIC_3D_CRS) {
            replace(m, p->proj_crs_demote_to_2D(m->proj.pj, NULL, m->obj));
        } else {
            return;
        }
    }
}

static const char *kind_name(PJ_TYPE type)
{
    return type == PJ_TYPE_GEOCENTRIC_CRS    ? "geocentric"
           : type == PJ_TYPE_VERTICAL_CRS    ? "vertical"
           : type == PJ_TYPE_ENGINEERING_CRS ? "engineering (local)"
           : type == PJ_TYPE_TEMPORAL_CRS    ? "temporal"
                                             : "non-horizontal";
}

static void read_ellipsoid(maker *m)
{
    const gt_proj_lib *p = m->proj.lib;
    double inverse = 0;
    PJ *ellipsoid = p->proj_get_ellipsoid(m->proj.pj, m->obj);
    if (ellipsoid != NULL && p->proj_ellipsoid_get_parameters(m->proj.pj, ellipsoid, &m->crs->a,
                                                              NULL, NULL, &inverse) != 0) {
        m->crs->f = inverse > 0 ? 1 / inverse : 0;
    }
    p->proj_destroy(ellipsoid);
}

static bool from_greenwich(maker *m)
{
    const gt_proj_lib *p = m->proj.lib;
    double lon = 1;
    PJ *meridian = p->proj_get_prime_meridian(m->proj.pj, m->obj);
    bool known = meridian != NULL &&
                 p->proj_prime_meridian_get_parameters(m->proj.pj, meridian, &lon, NULL, NULL) != 0;
    p->proj_destroy(meridian);
    return known && lon == 0;
}

/* Unit of the first axis in radians or metres; 0 when not known. */
static double axis_unit(maker *m)
{
    const gt_proj_lib *p = m->proj.lib;
    double unit = 0;
    PJ *cs = p->proj_crs_get_coordinate_system(m->proj.pj, m->obj);
    if (cs != NULL) {
        (void)p->proj_cs_get_axis_info(m->proj.pj, cs, 0, NULL, NULL, NULL, &unit, NULL, NULL,
                                       NULL);
    }
    p->proj_destroy(cs);
    return unit;
}

static void read_datum(maker *m)
{
    const gt_proj_lib *p = m->proj.lib;
    PJ *geodetic = p->proj_crs_get_geodetic_crs(m->proj.pj, m->obj);
    PJ *datum = geodetic == NULL ? NULL : p->proj_crs_get_datum_forced(m->proj.pj, geodetic);
    const char *name = datum == NULL ? NULL : p->proj_get_name(datum);
    if (name != NULL && !m->shifted && strcmp(name, "unknown") != 0) {
        (void)snprintf(m->crs->datum, sizeof m->crs->datum, "%s", name);
        char *ensemble = strstr(m->crs->datum, " ensemble");
        if (ensemble != NULL) {
            *ensemble = '\0';
        }
    }
    p->proj_destroy(datum);
    p->proj_destroy(geodetic);
}

/* Parameters of a transverse Mercator; false for every other method. */
static bool read_tmerc(maker *m)
{
    const gt_proj_lib *p = m->proj.lib;
    gt_crs *crs = m->crs;
    const char *code = NULL;
    PJ *op = p->proj_crs_get_coordoperation(m->proj.pj, m->obj);
    bool tm = op != NULL &&
              p->proj_coordoperation_get_method_info(m->proj.pj, op, NULL, NULL, &code) != 0 &&
              number_of(code) == METHOD_TM;
    crs->k0 = 1;
    int n = tm ? p->proj_coordoperation_get_param_count(m->proj.pj, op) : 0;
    for (int i = 0; i < n; i++) {
        double value = 0, unit = 1;
        code = NULL;
        (void)p->proj_coordoperation_get_param(m->proj.pj, op, i, NULL, NULL, &code, &value, NULL,
                                               &unit, NULL, NULL, NULL, NULL);
        int which = number_of(code);
        double *slot = which == P_LAT0   ? &crs->lat0
                       : which == P_LON0 ? &crs->lon0
                       : which == P_K0   ? &crs->k0
                       : which == P_X0   ? &crs->x0
                       : which == P_Y0   ? &crs->y0
                                         : NULL;
        tm = tm && slot != NULL;
        if (slot != NULL) {
            bool angle = which == P_LAT0 || which == P_LON0;
            bool degrees = angle && near(unit, M_PI / 180, 1e-12); /* stay as written, to the bit */
            *slot = degrees ? value : angle ? value * unit * (180 / M_PI) : value * unit;
        }
    }
    p->proj_destroy(op);
    return tm;
}

/* Is the CRS the built-in one, whatever its name? */
static bool fits(const gt_crs *crs, const gt_crs *known)
{
    return crs->kind == known->kind && near(crs->a, known->a, 1e-4) &&
           near(crs->f, known->f, 1e-13) && strcmp(crs->datum, known->datum) == 0 &&
           (crs->kind == GT_CRS_GEOGRAPHIC ||
            (near(crs->lon0, known->lon0, 1e-11) && crs->lat0 == known->lat0 &&
             near(crs->k0, known->k0, 1e-12) && near(crs->x0, known->x0, 1e-6) &&
             near(crs->y0, known->y0, 1e-6)));
}

/* "CGCS2000_GK_CM_117E" is a 6-degree zone, "CGCS2000_3_Degree_GK_CM_117E" one of 3 degrees. */
static bool says_six(const char *name)
{
    return name != NULL &&
           (strcasestr(name, "GK_") != NULL || strcasestr(name, "Kruger") != NULL) &&
           strcasestr(name, "3_deg") == NULL && strcasestr(name, "3-deg") == NULL &&
           strcasestr(name, "3 deg") == NULL;
}

/* The code of the built-in family that has these parameters, 0 for none. A 3-degree zone wins over
 * the 6-degree zone of the same meridian unless the name says otherwise. */
static int family_code(const gt_crs *crs, const char *name)
{
    int lon = (int)lround(crs->lon0), codes[8] = {4490, 4326}, n = 2;
    if (crs->kind == GT_CRS_TMERC) {
        n = 0;
        if (lon >= 75 && lon <= 135 && lon % 3 == 0) {
            int three = (lon - 75) / 3, six = (lon - 75) / 6;
            bool six_first = lon % 6 == 3 && says_six(name);
            bool has_six = lon % 6 == 3;
            codes[n++] = six_first ? 4502 + six : 4534 + three;
            codes[n++] = six_first ? 4491 + six : 4513 + three;
            codes[n++] = six_first || !has_six ? 4534 + three : 4502 + six;
            codes[n++] = six_first || !has_six ? 4513 + three : 4491 + six;
        }
        int zone = (lon + 183) / 6;
        if (lon >= -177 && lon <= 177 && zone >= 1 && zone <= 60) {
            codes[n++] = 32600 + zone;
            codes[n++] = 32700 + zone;
        }
    }
    for (int i = 0; i < n; i++) {
        gt_crs known = {0};
        if (gt_crs_built_in_parameters(codes[i], &known) && fits(crs, &known)) {
            return codes[i];
        }
    }
    return 0;
}

/* EPSG code by the object's own id, else by PROJ's search for an equal CRS. */
static int other_code(maker *m)
{
    const gt_proj_lib *p = m->proj.lib;
    const char *authority = p->proj_get_id_auth_name(m->obj, 0);
    const char *code = p->proj_get_id_code(m->obj, 0);
    if (authority != NULL && code != NULL && strcmp(authority, "EPSG") == 0) {
        gt_crs known = {0};
        /* a file that names a built-in code but has other parameters is not that CRS */
        return gt_crs_built_in_parameters(number_of(code), &known) ? 0 : number_of(code);
    }
    int *confidence = NULL, found = 0;
    PJ_OBJ_LIST *list = p->proj_identify(m->proj.pj, m->obj, "EPSG", NULL, &confidence);
    if (list != NULL && p->proj_list_get_count(list) > 0 && confidence[0] >= 90) {
        PJ *best = p->proj_list_get(m->proj.pj, list, 0);
        found = best == NULL ? 0 : number_of(p->proj_get_id_code(best, 0));
        p->proj_destroy(best);
    }
    p->proj_int_list_destroy(confidence);
    p->proj_list_destroy(list);
    return found;
}

static gt_status read_texts(maker *m)
{
    const gt_proj_lib *p = m->proj.lib;
    static const char *const options[] = {"MULTILINE=NO", NULL};
    const char *name = p->proj_get_name(m->obj);
    const char *wkt = p->proj_as_wkt(m->proj.pj, m->obj, PJ_WKT1_GDAL, options);
    if (wkt == NULL) { /* not every projection has a WKT 1 form */
        wkt = p->proj_as_wkt(m->proj.pj, m->obj, PJ_WKT2_2019, options);
    }
    m->crs->name = gt_strdup(m->ctx, name != NULL ? name : "");
    m->crs->wkt = gt_strdup(m->ctx, wkt != NULL ? wkt : "");
    return m->crs->name == NULL || m->crs->wkt == NULL ? GT_E_MEMORY : GT_OK;
}

static void read_area(maker *m)
{
    gt_box b = {-1000, -1000, -1000, -1000};
    m->crs->has_area = m->proj.lib->proj_get_area_of_use(m->proj.pj, m->obj, &b.xmin, &b.ymin,
                                                         &b.xmax, &b.ymax, NULL) != 0 &&
                       b.xmin >= -180 && b.xmin <= b.xmax;
    m->crs->area = b;
}

/* Everything after PROJ has understood the definition. */
static gt_status describe(maker *m, const char *typed)
{
    const gt_proj_lib *p = m->proj.lib;
    gt_crs *crs = m->crs;
    unwrap(m);
    PJ_TYPE type = m->obj == NULL ? PJ_TYPE_UNKNOWN : p->proj_get_type(m->obj);
    if (type != PJ_TYPE_GEOGRAPHIC_2D_CRS && type != PJ_TYPE_PROJECTED_CRS) {
        return gt_fail(m->ctx, GT_E_INPUT, &GT_MSG_CRS_KIND, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", typed), GT_TEXT("kind", kind_name(type))));
    }
    crs->geographic = type == PJ_TYPE_GEOGRAPHIC_2D_CRS;
    crs->kind = GT_CRS_OTHER;
    read_ellipsoid(m);
    read_datum(m);
    bool plain = from_greenwich(m) && crs->a > 0 && !m->shifted;
    double unit = axis_unit(m);
    if (plain && crs->geographic && near(unit, M_PI / 180, 1e-12)) {
        crs->kind = GT_CRS_GEOGRAPHIC;
    } else if (plain && !crs->geographic && unit == 1 && read_tmerc(m)) {
        crs->kind = GT_CRS_TMERC;
    }
    int code = crs->kind == GT_CRS_OTHER ? 0 : family_code(crs, p->proj_get_name(m->obj));
    if (code != 0) {
        bool known = false;
        memset(crs, 0, sizeof *crs);
        return gt_crs_built_in(m->ctx, code, crs, &known);
    }
    crs->epsg = m->shifted ? 0 : other_code(m);
    read_area(m);
    return read_texts(m);
}

gt_status gt_crs_from_proj(gt_ctx *ctx, const char *definition, gt_crs *crs)
{
    maker m = {.ctx = ctx, .crs = crs};
    gt_status st = gt_proj_open(ctx, true, &m.proj);
    if (st != GT_OK) {
        return st;
    }
    char *text = spell(ctx, definition);
    if (text == NULL) {
        st = GT_E_MEMORY;
        goto done;
    }
    m.obj = *text == '\0' ? NULL : m.proj.lib->proj_create(m.proj.pj, text);
    st = m.obj == NULL ? fail_unknown(&m, definition) : describe(&m, definition);
    if (st == GT_OK && !crs->built_in) {
        crs->definition = text;
        text = NULL;
    }
done:
    m.proj.lib->proj_destroy(m.obj);
    gt_proj_close(&m.proj);
    gt_free(ctx, text);
    return st;
}
