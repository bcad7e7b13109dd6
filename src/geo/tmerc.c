#include "geo/tmerc.h"

#include <math.h>
#include <string.h>

/* Row j: coefficients of n^j, n^(j+1), ..., n^6 (Karney 2011, eqs 35 and 36). */
static const double ALPHA[GT_TMERC_ORDER + 1][GT_TMERC_ORDER] = {
    {0},
    {1. / 2, -2. / 3, 5. / 16, 41. / 180, -127. / 288, 7891. / 37800},
    {13. / 48, -3. / 5, 557. / 1440, 281. / 630, -1983433. / 1935360},
    {61. / 240, -103. / 140, 15061. / 26880, 167603. / 181440},
    {49561. / 161280, -179. / 168, 6601661. / 7257600},
    {34729. / 80640, -3418889. / 1995840},
    {212378941. / 319334400}};
static const double BETA[GT_TMERC_ORDER + 1][GT_TMERC_ORDER] = {
    {0},
    {1. / 2, -2. / 3, 37. / 96, -1. / 360, -81. / 512, 96199. / 604800},
    {1. / 48, 1. / 15, -437. / 1440, 46. / 105, -1118711. / 3870720},
    {17. / 480, -37. / 840, -209. / 4480, 5569. / 90720},
    {4397. / 161280, -11. / 504, -830251. / 7257600},
    {4583. / 161280, -108847. / 3991680},
    {20648693. / 638668800}};
static const double CONFORMAL[GT_TMERC_ORDER + 1][GT_TMERC_ORDER] = {
    {0},
    {-2., 2. / 3, 4. / 3, -82. / 45, 32. / 45, 4642. / 4725},
    {5. / 3, -16. / 15, -13. / 9, 904. / 315, -1522. / 945},
    {-26. / 15, 34. / 21, 8. / 5, -12686. / 2835},
    {1237. / 630, -12. / 5, -24832. / 14175},
    {-734. / 315, 109598. / 31185},
    {444337. / 155925}};
static const double GEOGRAPHIC[GT_TMERC_ORDER + 1][GT_TMERC_ORDER] = {
    {0},
    {2., -2. / 3, -2., 116. / 45, 26. / 45, -2854. / 675},
    {7. / 3, -8. / 5, -227. / 45, 2704. / 315, 2323. / 945},
    {56. / 15, -136. / 35, -1262. / 105, 73814. / 2835},
    {4279. / 630, -332. / 35, -399572. / 14175},
    {4174. / 315, -144838. / 6237},
    {601676. / 22275}};

static void evaluate(const double table[GT_TMERC_ORDER + 1][GT_TMERC_ORDER], double n,
                     double to[GT_TMERC_ORDER + 1])
{
    double power = 1;
    to[0] = 0;
    for (int j = 1; j <= GT_TMERC_ORDER; j++) {
        power *= n;
        double sum = 0;
        for (int k = GT_TMERC_ORDER - j; k >= 0; k--) {
            sum = sum * n + table[j][k];
        }
        to[j] = power * sum;
    }
}

/* Sum of c[j] sin(2 j x), j = 1 .. last, from sin 2x and cos 2x (Clenshaw). */
static inline double sine_series(const double *c, int last, double sin2, double cos2)
{
    double r = 2 * cos2, b1 = 0, b2 = 0;
    for (int j = last; j >= 1; j--) {
        double b0 = c[j] + r * b1 - b2;
        b2 = b1;
        b1 = b0;
    }
    return b1 * sin2;
}

/* The same for the complex argument 2 (xi + i eta); adds the real and imaginary part. */
static inline void complex_series(const double *c, double sin2, double cos2, double sinh2,
                                  double cosh2, double *re, double *im)
{
    double rr = 2 * cos2 * cosh2, ri = -2 * sin2 * sinh2; /* 2 cos(2 zeta) */
    double b1r = 0, b1i = 0, b2r = 0, b2i = 0;
    for (int j = GT_TMERC_ORDER; j >= 1; j--) {
        double b0r = c[j] + rr * b1r - ri * b1i - b2r;
        double b0i = rr * b1i + ri * b1r - b2i;
        b2r = b1r;
        b2i = b1i;
        b1r = b0r;
        b1i = b0i;
    }
    double sr = sin2 * cosh2, si = cos2 * sinh2; /* sin(2 zeta) */
    *re += b1r * sr - b1i * si;
    *im += b1r * si + b1i * sr;
}

/* A direction on the conformal sphere: latitude and longitude from the meridian, as sines and
 * cosines. */
typedef struct sphere {
    double sin_lat, cos_lat, sin_lon, cos_lon;
} sphere;

static inline sphere plane_to_sphere(const gt_tmerc *tm, double x, double y)
{
    double xi = (y - tm->y0) * tm->per_unit, eta = (x - tm->x0) * tm->per_unit;
    double sin2, cos2, e = exp(2 * eta), d = 1 / e;
    sincos(2 * xi, &sin2, &cos2);
    double re = 0, im = 0;
    complex_series(tm->beta, sin2, cos2, (e - d) / 2, (e + d) / 2, &re, &im);
    double s, c, sh = sinh(eta - im);
    sincos(xi - re, &s, &c);
    double per_cosh = 1 / sqrt(1 + sh * sh), h = sqrt(sh * sh + c * c);
    sphere p = {s * per_cosh, h * per_cosh, 0, 1};
    if (h > 0) { /* at the pole any longitude will do */
        p.sin_lon = sh / h;
        p.cos_lon = c / h;
    }
    return p;
}

static inline void sphere_to_plane(const gt_tmerc *tm, sphere p, double *x, double *y)
{
    double t = p.cos_lat * p.sin_lon, c = p.cos_lat * p.cos_lon; /* t = tanh eta' */
    double d2 = p.sin_lat * p.sin_lat + c * c;                   /* = 1 - t^2 = 1 / cosh^2 eta' */
    double per = 1 / d2;
    double xi = atan2(p.sin_lat, c), eta = asinh(t * sqrt(per));
    complex_series(tm->alpha, 2 * p.sin_lat * c * per, (c * c - p.sin_lat * p.sin_lat) * per,
                   2 * t * per, (1 + t * t) * per, &xi, &eta);
    *x = tm->x0 + tm->unit * eta;
    *y = tm->y0 + tm->unit * xi;
}

void gt_tmerc_init(gt_tmerc *tm, double a, double f, double lon0, double lat0, double k0, double x0,
                   double y0)
{
    memset(tm, 0, sizeof *tm);
    double n = f / (2 - f), n2 = n * n;
    tm->a = a;
    tm->f = f;
    tm->lon0 = lon0;
    tm->unit = k0 * a / (1 + n) * (1 + n2 * (1. / 4 + n2 * (1. / 64 + n2 / 256)));
    tm->per_unit = 1 / tm->unit;
    evaluate(ALPHA, n, tm->alpha);
    evaluate(BETA, n, tm->beta);
    evaluate(CONFORMAL, n, tm->conformal);
    evaluate(GEOGRAPHIC, n, tm->geographic);
    tm->x0 = x0;
    tm->y0 = y0;
    if (lat0 != 0) {
        double x, y;
        tm->y0 = 0;
        gt_tmerc_forward(tm, lon0, lat0, &x, &y);
        tm->y0 = y0 - y;
    }
}

void gt_tmerc_forward(const gt_tmerc *tm, double lon, double lat, double *x, double *y)
{
    double sin2, cos2;
    sphere p;
    sincos(2 * lat, &sin2, &cos2);
    sincos(lat + sine_series(tm->conformal, GT_TMERC_ORDER, sin2, cos2), &p.sin_lat, &p.cos_lat);
    sincos(lon - tm->lon0, &p.sin_lon, &p.cos_lon);
    sphere_to_plane(tm, p, x, y);
}

void gt_tmerc_inverse(const gt_tmerc *tm, double x, double y, double *lon, double *lat)
{
    sphere p = plane_to_sphere(tm, x, y);
    double chi = atan2(p.sin_lat, p.cos_lat);
    *lat = chi + sine_series(tm->geographic, GT_TMERC_ORDER, 2 * p.sin_lat * p.cos_lat,
                             (p.cos_lat - p.sin_lat) * (p.cos_lat + p.sin_lat));
    *lon = tm->lon0 + atan2(p.sin_lon, p.cos_lon);
}

double gt_tmerc_scale(const gt_tmerc *tm, double x, double y)
{
    sphere p = plane_to_sphere(tm, x, y);
    double t = p.cos_lat * p.sin_lon, c = p.cos_lat * p.cos_lon;
    double per = 1 / (p.sin_lat * p.sin_lat + c * c);
    double sin2 = 2 * p.sin_lat * c * per, cos2 = (c * c - p.sin_lat * p.sin_lat) * per;
    double sinh2 = 2 * t * per, cosh2 = (1 + t * t) * per;
    /* |d zeta / d zeta'| = |1 + sum 2 j alpha_j cos(2 j zeta')|, cosines by Chebyshev's recurrence
     */
    double wr = cos2 * cosh2, wi = -sin2 * sinh2, re = 1, im = 0;
    double ar = 1, ai = 0, br = wr, bi = wi;
    for (int j = 1; j <= GT_TMERC_ORDER; j++) {
        re += 2 * j * tm->alpha[j] * br;
        im += 2 * j * tm->alpha[j] * bi;
        double nr = 2 * (wr * br - wi * bi) - ar, ni = 2 * (wr * bi + wi * br) - ai;
        ar = br;
        ai = bi;
        br = nr;
        bi = ni;
    }
    double chi = atan2(p.sin_lat, p.cos_lat), e2 = tm->f * (2 - tm->f);
    double lat = chi + sine_series(tm->geographic, GT_TMERC_ORDER, sin(2 * chi), cos(2 * chi));
    double sin_lat = sin(lat);
    /* ellipsoid to conformal sphere: cos chi / (N cos lat); sphere to its plane: 1 / sqrt(1 - t^2)
     */
    double to_sphere = sqrt(1 - e2 * sin_lat * sin_lat) * p.cos_lat / (tm->a * cos(lat));
    return tm->unit * sqrt((re * re + im * im) * per) * to_sphere;
}

/* ---- plane to plane ---------------------------------------------------------------------------
 */

/* The change of conformal latitude at equal geographic latitude, as a sine series of the first one.
 * It is 1e-11 rad between WGS 84 and CGCS2000, so that three terms and first order leave nothing.
 */
static void fit_shift(const gt_tmerc *from, const gt_tmerc *to, double shift[4])
{
    enum { N = 16 };
    double difference[GT_TMERC_ORDER + 1];
    for (int j = 0; j <= GT_TMERC_ORDER; j++) {
        difference[j] = to->conformal[j] - from->conformal[j];
    }
    memset(shift, 0, 4 * sizeof *shift);
    for (int k = 1; k < N; k++) {
        double chi = M_PI / 2 * k / N;
        double lat =
            chi + sine_series(from->geographic, GT_TMERC_ORDER, sin(2 * chi), cos(2 * chi));
        double d = sine_series(difference, GT_TMERC_ORDER, sin(2 * lat), cos(2 * lat));
        for (int j = 1; j < 4; j++) {
            shift[j] += 2. / N * d * sin(2 * j * chi);
        }
    }
}

void gt_tmerc_pair_init(gt_tmerc_pair *pair, const gt_tmerc *from, const gt_tmerc *to)
{
    memset(pair, 0, sizeof *pair);
    pair->from = *from;
    pair->to = *to;
    pair->affine = from->a == to->a && from->f == to->f && from->lon0 == to->lon0;
    sincos(from->lon0 - to->lon0, &pair->sin_turn, &pair->cos_turn);
    fit_shift(from, to, pair->shift);
}

void gt_tmerc_pair_apply(const gt_tmerc_pair *pair, double *xy, size_t n_points)
{
    const gt_tmerc *from = &pair->from, *to = &pair->to;
    if (pair->affine) {
        double k = to->unit * from->per_unit;
        for (size_t i = 0; i < n_points; i++) {
            xy[2 * i] = to->x0 + k * (xy[2 * i] - from->x0);
            xy[2 * i + 1] = to->y0 + k * (xy[2 * i + 1] - from->y0);
        }
        return;
    }
    for (size_t i = 0; i < n_points; i++) {
        sphere p = plane_to_sphere(from, xy[2 * i], xy[2 * i + 1]);
        double s = p.sin_lat, c = p.cos_lat;
        double d = sine_series(pair->shift, 3, 2 * s * c, (c - s) * (c + s));
        p.sin_lat = s + d * c;
        p.cos_lat = c - d * s;
        double sl = p.sin_lon, cl = p.cos_lon;
        p.sin_lon = sl * pair->cos_turn + cl * pair->sin_turn;
        p.cos_lon = cl * pair->cos_turn - sl * pair->sin_turn;
        sphere_to_plane(to, p, &xy[2 * i], &xy[2 * i + 1]);
    }
}
