#include "config.h"

#include "base/hash.h"

#include <string.h>

#include "base/os_linux.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

/* Five calls a hash: as a call each costs more than its work. */
static inline __attribute__((always_inline)) void sip_round(struct sip *s);
static uint64_t rotate(uint64_t x, int bits);
static uint64_t load_le(const unsigned char *bytes);
static uint64_t load_tail(const unsigned char *p, size_t i, size_t n);

struct hash_key hash_key_random(void)
{
    struct hash_key key;
    if (!os_random_bytes(&key, sizeof key)) {
        key.k0 = hash_mix_u64(os_monotonic_ns());
        key.k1 = hash_mix_u64((uint64_t)(uintptr_t)&key ^ os_wall_ns());
    }
    return key;
}

struct hash_key hash_key_process(void)
{
    /* The C library takes its own secrets from these 16 bytes, so they are hashed here: what
       a table shows of its key must not lead back to them. */
    const void *bytes = os_process_random();
    if (bytes == NULL)
        return hash_key_random();
    static const struct hash_key zero = {0, 0}, one = {1, 1};
    return (struct hash_key){hash_bytes(&zero, bytes, 16), hash_bytes(&one, bytes, 16)};
}

struct hash_key hash_key_from_seed(uint64_t seed)
{
    return (struct hash_key){hash_mix_u64(seed),
                             hash_mix_u64(seed + UINT64_C(0x9E3779B97F4A7C15))};
}

/* Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with one round a word
   and three at the end. */
uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    struct sip s = {
        key->k0 ^ UINT64_C(0x736F6D6570736575),
        key->k1 ^ UINT64_C(0x646F72616E646F6D),
        key->k0 ^ UINT64_C(0x6C7967656E657261),
        key->k1 ^ UINT64_C(0x7465646279746573),
    };
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t word = load_le(p + i);
        s.v3 ^= word;
        sip_round(&s);
        s.v0 ^= word;
    }
    uint64_t last = (uint64_t)n << 56 | load_tail(p, i, n);
    s.v3 ^= last;
    sip_round(&s);
    s.v0 ^= last;
    s.v2 ^= 0xFF;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* The up to seven bytes from i on, as a number with the first in the low byte. */
static uint64_t load_tail(const unsigned char *p, size_t i, size_t n)
{
    size_t left = n - i;
    if (left == 0)
        return 0;
    if (n >= 8)
        return load_le(p + n - 8) >> (64 - 8 * left);
    uint64_t tail = 0;
    for (unsigned shift = 0; i < n; i++, shift += 8)
        tail |= (uint64_t)p[i] << shift;
    return tail;
}

uint64_t hash_mix_u64(uint64_t value)
{
    value ^= value >> 30;
    value *= UINT64_C(0xBF58476D1CE4E5B9);
    value ^= value >> 27;
    value *= UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static uint64_t load_le(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}
