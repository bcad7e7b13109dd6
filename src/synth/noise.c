#include "synth/noise.h"

#include <math.h>

static double lattice(uint64_t seed, int64_t ix, int64_t iy)
{
    return sy_sym(sy_hash(seed, (uint64_t)ix, (uint64_t)iy));
}

static double fade(double t)
{
    return t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
}

double sy_noise(uint64_t seed, double x, double y)
{
    double fx = floor(x), fy = floor(y);
    int64_t ix = (int64_t)fx, iy = (int64_t)fy;
    double u = fade(x - fx), v = fade(y - fy);
    double a = lattice(seed, ix, iy), b = lattice(seed, ix + 1, iy);
    double c = lattice(seed, ix, iy + 1), d = lattice(seed, ix + 1, iy + 1);
    double low = a + u * (b - a), high = c + u * (d - c);
    return low + v * (high - low);
}

double sy_fbm(uint64_t seed, double x, double y, int octaves, double gain)
{
    double sum = 0, height = 1, whole = 0, scale = 1;
    for (int i = 0; i < octaves; i++) {
        sum += height * sy_noise(seed + (uint64_t)i * UINT64_C(0x5851f42d4c957f2d),
                                 x * scale + 17.3 * i, y * scale - 9.1 * i);
        whole += height;
        height *= gain;
        scale *= 2.0;
    }
    return whole > 0 ? sum / whole : 0;
}
