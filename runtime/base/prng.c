#include "config.h"

#include "base/prng.h"

#include <math.h>

static uint64_t rotate(uint64_t x, int bits);

void prng_seed(struct prng *prng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += UINT64_C(0x9E3779B97F4A7C15);
        uint64_t z = seed;
        z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
        prng->s[i] = z ^ z >> 31;
    }
}

/* Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021). */
uint64_t prng_u64(struct prng *prng)
{
    uint64_t *s = prng->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

double prng_double(struct prng *prng)
{
    return (double)(prng_u64(prng) >> 11) * 0x1p-53;
}

/* Lemire, "Fast random integer generation in an interval" (2019): the high half of a
   128-bit product, with the few products that would be over-represented thrown away. */
uint64_t prng_below(struct prng *prng, uint64_t limit)
{
    if (limit == 0)
        return 0;
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)prng_u64(prng) * limit;
    if ((uint64_t)product < limit) {
        uint64_t threshold = (0 - limit) % limit;
        while ((uint64_t)product < threshold)
            product = (u128)prng_u64(prng) * limit;
    }
    return (uint64_t)(product >> 64);
}

int64_t prng_between(struct prng *prng, int64_t low, int64_t high)
{
    uint64_t width = (uint64_t)high - (uint64_t)low;
    uint64_t offset =
        width == UINT64_MAX ? prng_u64(prng) : prng_below(prng, width + 1);
    return (int64_t)((uint64_t)low + offset);
}

double prng_exponential(struct prng *prng, double mean)
{
    /* 1 - u lies in (0, 1], so the logarithm is finite. */
    return -mean * log(1.0 - prng_double(prng));
}

double prng_normal(struct prng *prng)
{
    double x, r;
    do {
        x = 2.0 * prng_double(prng) - 1.0;
        double y = 2.0 * prng_double(prng) - 1.0;
        r = x * x + y * y;
    } while (r >= 1.0 || !(r > 0.0));
    return x * sqrt(-2.0 * log(r) / r);
}

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}
