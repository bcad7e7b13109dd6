/* Seeded hashes and value noise, from integer arithmetic and + - * only: the same bits on every
 * machine (no libm). Hash: the finaliser of splitmix64 (Steele, Lea, Flood 2014). */
#ifndef GT_SYNTH_NOISE_H
#define GT_SYNTH_NOISE_H

#include <stdint.h>

static inline uint64_t sy_mix(uint64_t z)
{
    z ^= z >> 30;
    z *= UINT64_C(0xbf58476d1ce4e5b9);
    z ^= z >> 27;
    z *= UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Hash of two 64-bit words under a seed. */
static inline uint64_t sy_hash(uint64_t seed, uint64_t a, uint64_t b)
{
    return sy_mix(sy_mix(seed ^ (a * UINT64_C(0x9e3779b97f4a7c15))) +
                  b * UINT64_C(0xd1b54a32d192ed03) + UINT64_C(0x632be59bd9b4e019));
}

/* [0, 1) and [-1, 1) from a hash. */
static inline double sy_unit(uint64_t h)
{
    return (double)(h >> 11) * 0x1p-53;
}
static inline double sy_sym(uint64_t h)
{
    return 2.0 * sy_unit(h) - 1.0;
}

/* Value noise on the unit lattice, quintic fade, in [-1, 1]; slope at most 3.75 per unit. */
double sy_noise(uint64_t seed, double x, double y);
/* Sum of octaves (each half the wavelength and `gain` times the height), scaled into [-1, 1]. */
double sy_fbm(uint64_t seed, double x, double y, int octaves, double gain);

#endif
