/*
 * Pseudo-random numbers: xoshiro256** seeded through SplitMix64. For sampling, shuffles,
 * bootstraps and generators of test cases; not for secrets.
 *
 * The same seed gives the same numbers on every machine. No locks, no allocation: each
 * thread or handler has its own struct. prng_u64, prng_double and prng_below are
 * signal-safe.
 */
#ifndef BASE_PRNG_H
#define BASE_PRNG_H

#include <stdint.h>

/* Private part. */
struct prng {
    uint64_t s[4];
};

/* Any seed is good, 0 included. */
void prng_seed(struct prng *prng, uint64_t seed);

/* The next 64 random bits. */
uint64_t prng_u64(struct prng *prng);

/* Uniform in [0, 1): a multiple of 2^-53. */
double prng_double(struct prng *prng);

/* Uniform in [0, limit), without bias; limit 0 gives 0. */
uint64_t prng_below(struct prng *prng, uint64_t limit);

/* Uniform in [low, high], both included; low <= high. */
int64_t prng_between(struct prng *prng, int64_t low, int64_t high);

/* Exponentially distributed with the given mean (> 0): the distance between the events of
   a Poisson process. Always finite and >= 0. */
double prng_exponential(struct prng *prng, double mean);

/* Standard normal deviate (polar method; keeps no spare value, so the state is the seed's
   only). */
double prng_normal(struct prng *prng);

#endif
