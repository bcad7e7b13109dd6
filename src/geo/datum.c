/* Chinese web datums. GCJ-02 shifts WGS 84 by 100-700 m with a formula that was never published
 * officially; the one below is the public reverse engineering (eviltransform, 2013), which all open
 * tools share. BD-09 shifts GCJ-02 once more. Their inverses are found by iteration: the shift is
 * smooth (derivative under 1e-3), so that each round adds three digits. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "guotu/crs.h"

bool gt_datum_parse(const char *text, gt_datum_shift *out)
{
    static const struct {
        const char *name;
        gt_datum_shift shift;
    } names[] = {{"none", GT_DATUM_AS_STATED},
                 {"gcj02", GT_DATUM_GCJ02},
                 {"gcj-02", GT_DATUM_GCJ02},
                 {"bd09", GT_DATUM_BD09},
                 {"bd-09", GT_DATUM_BD09}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(text, names[i].name) == 0) {
            *out = names[i].shift;
            return true;
        }
    }
    return false;
}

/* Google's bounding box of the shift, degrees. */
static bool in_china(double lon, double lat)
{
    return lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271;
}

static void gcj_apply(double lon, double lat, double *out_lon, double *out_lat)
{
    const double a = 6378245.0, ee = 0.00669342162296594323; /* Krasovsky 1940 */
    double x = lon - 105, y = lat - 35;
    double wave = (20 * sin(6 * M_PI * x) + 20 * sin(2 * M_PI * x)) * 2 / 3;
    double north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x)) + wave +
                   (20 * sin(M_PI * y) + 40 * sin(M_PI / 3 * y)) * 2 / 3 +
                   (160 * sin(M_PI / 12 * y) + 320 * sin(M_PI / 30 * y)) * 2 / 3;
    double east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x)) + wave +
                  (20 * sin(M_PI * x) + 40 * sin(M_PI / 3 * x)) * 2 / 3 +
                  (150 * sin(M_PI / 12 * x) + 300 * sin(M_PI / 30 * x)) * 2 / 3;
    double rad = lat * (M_PI / 180), s = sin(rad), w2 = 1 - ee * s * s, w = sqrt(w2);
    *out_lat = lat + north / (a * (1 - ee) / (w2 * w)) * (180 / M_PI);
    *out_lon = lon + east / (a / w * cos(rad)) * (180 / M_PI);
}

static void bd_apply(double lon, double lat, double *out_lon, double *out_lat)
{
    const double k = M_PI * 3000 / 180;
    double z = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * k);
    double theta = atan2(lat, lon) + 0.000003 * cos(lon * k);
    *out_lon = z * cos(theta) + 0.0065;
    *out_lat = z * sin(theta) + 0.006;
}

typedef void (*shift_fn)(double, double, double *, double *);

static void undo(shift_fn apply, double *lon, double *lat)
{
    enum { ROUNDS = 20 };
    const double enough = 1e-12; /* degrees: 0.1 micrometre */
    double x = *lon, y = *lat;
    for (int i = 0; i < ROUNDS; i++) {
        double sx, sy;
        apply(x, y, &sx, &sy);
        double dx = *lon - sx, dy = *lat - sy;
        x += dx;
        y += dy;
        if (fabs(dx) < enough && fabs(dy) < enough) {
            break;
        }
    }
    *lon = x;
    *lat = y;
}

void gt_datum_undo(gt_datum_shift shift, double *xy, size_t n_points)
{
    for (size_t i = 0; shift != GT_DATUM_AS_STATED && i < n_points; i++) {
        double *p = xy + 2 * i;
        if (in_china(p[0], p[1])) {
            if (shift == GT_DATUM_BD09) {
                undo(bd_apply, &p[0], &p[1]);
            }
            undo(gcj_apply, &p[0], &p[1]);
        }
    }
}

void gt_datum_apply(gt_datum_shift shift, double *xy, size_t n_points)
{
    for (size_t i = 0; shift != GT_DATUM_AS_STATED && i < n_points; i++) {
        double *p = xy + 2 * i;
        if (in_china(p[0], p[1])) {
            gcj_apply(p[0], p[1], &p[0], &p[1]);
            if (shift == GT_DATUM_BD09) {
                bd_apply(p[0], p[1], &p[0], &p[1]);
            }
        }
    }
}
