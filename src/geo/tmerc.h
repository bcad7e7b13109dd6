/* Transverse Mercator by Krueger's series in the third flattening n, to n^6.
 *
 * Source: C. F. F. Karney, "Transverse Mercator with an accuracy of a few nanometers", J. Geodesy
 * 85 (2011), eqs (7)-(12), (35), (36); the auxiliary latitudes from Karney, "On auxiliary
 * latitudes" (2023), as PROJ's etmerc has them. The first term left out is under 1e-13 m on the
 * earth; what is left is rounding: under 1 nm within 6 degrees of the meridian
 * (tests/geo/test_tmerc.c). */
#ifndef GT_GEO_TMERC_H
#define GT_GEO_TMERC_H

#include <stdbool.h>
#include <stddef.h>

enum { GT_TMERC_ORDER = 6 };

typedef struct gt_tmerc {
    double a, f, lon0; /* metres, -, radians */
    double unit, x0,
        y0;          /* k0 * rectifying radius; false origin with latitude_of_origin folded in */
    double per_unit; /* 1 / unit */
    double alpha[GT_TMERC_ORDER + 1];      /* conformal sphere -> plane, [0] unused */
    double beta[GT_TMERC_ORDER + 1];       /* plane -> conformal sphere */
    double conformal[GT_TMERC_ORDER + 1];  /* geographic -> conformal latitude */
    double geographic[GT_TMERC_ORDER + 1]; /* conformal -> geographic latitude */
} gt_tmerc;

/* Radians and metres. f in [0, 0.01]. */
void gt_tmerc_init(gt_tmerc *tm, double a, double f, double lon0, double lat0, double k0, double x0,
                   double y0);
/* Good within 60 degrees of the meridian; further out the series loses digits but stays finite. */
void gt_tmerc_forward(const gt_tmerc *tm, double lon, double lat, double *x, double *y);
void gt_tmerc_inverse(const gt_tmerc *tm, double x, double y, double *lon, double *lat);
/* Scale factor of the plane at a plane point. */
double gt_tmerc_scale(const gt_tmerc *tm, double x, double y);

/* From one transverse Mercator plane to another, geographic coordinates taken as equal (a null
 * datum shift). Cheaper than inverse then forward, since the latitude is never formed. */
typedef struct gt_tmerc_pair {
    gt_tmerc from, to;
    bool affine;               /* same ellipsoid and meridian: a scale and a shift */
    double sin_turn, cos_turn; /* of from.lon0 - to.lon0 */
    double shift[4];           /* change of conformal latitude, sin 2jx series, [0] unused */
} gt_tmerc_pair;
void gt_tmerc_pair_init(gt_tmerc_pair *pair, const gt_tmerc *from, const gt_tmerc *to);
void gt_tmerc_pair_apply(const gt_tmerc_pair *pair, double *xy, size_t n_points);

#endif
