/*
 * SipHash-1-3 with a 128-bit key: the hash of every table whose keys come from outside,
 * so that nobody can choose keys that collide.
 *
 * The same key and bytes give the same hash on every machine of one byte order.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint64_t k0, k1;
};

/* A key from the system's random source; from the clock and an address if there is none. */
struct hash_key hash_key_random(void);

/* The key of this process: as good as a random one for tables that live and die in it, and
   made without a system call from the bytes every process is given at its start. */
struct hash_key hash_key_process(void);

/* A key made from a number, for runs that must repeat (--hash-seed). */
struct hash_key hash_key_from_seed(uint64_t seed);

/* The hash of `n` bytes (NULL allowed when n is 0). Thread- and signal-safe. */
uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t n);

/* A well-mixed number from a number (the finaliser of SplitMix64): no key, so only for
   keys the program makes itself, such as addresses and small ids. */
uint64_t hash_mix_u64(uint64_t value);

#endif
