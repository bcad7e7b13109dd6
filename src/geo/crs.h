/* Inside of a gt_crs: what the fast paths need is read out once, at creation. */
#ifndef GT_GEO_CRS_H
#define GT_GEO_CRS_H

#include "geo/tmerc.h"
#include "guotu/crs.h"

typedef enum gt_crs_kind {
    GT_CRS_GEOGRAPHIC, /* degrees, Greenwich */
    GT_CRS_TMERC,      /* metres, any meridian, scale and false origin */
    GT_CRS_OTHER       /* PROJ only */
} gt_crs_kind;

/* Datum names as PROJ gives them, an ensemble without that word. */
#define GT_DATUM_WGS84    "World Geodetic System 1984"
#define GT_DATUM_CGCS2000 "China 2000"

struct gt_crs {
    gt_crs_kind kind;
    bool geographic; /* also true for GT_CRS_OTHER with a foreign prime meridian or unit */
    bool built_in;   /* made without PROJ */
    int epsg;
    char *name, *wkt;
    char *definition;              /* what PROJ is given to make it again */
    char datum[80];                /* name, "" when not known */
    double a, f;                   /* ellipsoid; 0 for GT_CRS_OTHER without one */
    double lon0, lat0, k0, x0, y0; /* GT_CRS_TMERC: degrees and metres */
    bool has_area;
    gt_box area;
};

/* Does PROJ connect the two datums by "the same degrees" (or are they one)? See README.md. */
bool gt_crs_null_shift(const gt_crs *a, const gt_crs *b);
/* GT_CRS_TMERC only. */
void gt_crs_tmerc(const gt_crs *crs, gt_tmerc *tm);

/* Fills *crs when the code belongs to a family known without PROJ; *known tells. */
gt_status gt_crs_built_in(gt_ctx *ctx, int epsg, gt_crs *crs, bool *known) GT_CHECKED;
/* The same without the texts, for comparing parameters; false for any other code. */
bool gt_crs_built_in_parameters(int epsg, gt_crs *crs);
/* Fills *crs with PROJ's help; on failure *crs may hold texts (gt_crs_free frees them). */
gt_status gt_crs_from_proj(gt_ctx *ctx, const char *definition, gt_crs *crs) GT_CHECKED;
/* The built-in CRS nearest to what was typed, as "EPSG:4548 (CGCS2000 ...)"; never empty. */
void gt_crs_near(const char *typed, char *out, size_t size);

#endif
