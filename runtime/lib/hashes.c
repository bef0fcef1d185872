#include "config.h"

#include "lib/hashes.h"

#include <stdbool.h>
#include <string.h>

#include "base/sizing.h"
#include "core/error.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"

enum {
    BLOCK_BYTES = 64,
    STOP_BYTES =
        SIZE_OR_TINY(64 * 1024, BLOCK_BYTES), /* between two looks at an interrupt */
    LENGTH_BYTES = 8 /* of the bit count at the end of the last block */
};

typedef void (*block_fn)(uint32_t *state, const uint8_t *block);

static bool sum(block_fn block, uint32_t *state, const void *data, size_t len,
                bool big_endian, const volatile int *stop);
static bool sha256(const void *data, size_t len, uint8_t out[HASHES_SHA256_BYTES],
                   const volatile int *stop);
static bool md5(const void *data, size_t len, uint8_t out[HASHES_MD5_BYTES],
                const volatile int *stop);
static void sha256_block(uint32_t *state, const uint8_t *block);
static void md5_block(uint32_t *state, const uint8_t *block);
static bool hex_result(struct state *st, const uint8_t *bytes, size_t n,
                       struct value *result);

/* ---- builtins -------------------------------------------------------------------- */

bool hashes_sha256(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    const void *data = NULL;
    size_t len = 0;
    if (!argument_blob(st, "sha256", args[0], &data, &len))
        return false;
    uint8_t out[HASHES_SHA256_BYTES];
    if (!sha256(data, len, out, &st->interrupt))
        return error_interrupt(st);
    return hex_result(st, out, sizeof(out), result);
}

bool hashes_md5(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    const void *data = NULL;
    size_t len = 0;
    if (!argument_blob(st, "md5", args[0], &data, &len))
        return false;
    uint8_t out[HASHES_MD5_BYTES];
    if (!md5(data, len, out, &st->interrupt))
        return error_interrupt(st);
    return hex_result(st, out, sizeof(out), result);
}

static bool hex_result(struct state *st, const uint8_t *bytes, size_t n,
                       struct value *result)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * HASHES_SHA256_BYTES];
    for (size_t i = 0; i < n; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return string_make(st, text, 2 * n, result);
}

/* ---- sums ------------------------------------------------------------------------ */

void hashes_sha256_sum(const void *data, size_t len, uint8_t out[HASHES_SHA256_BYTES])
{
    sha256(data, len, out, NULL);
}

void hashes_md5_sum(const void *data, size_t len, uint8_t out[HASHES_MD5_BYTES])
{
    md5(data, len, out, NULL);
}

/* False, and `out` untouched, when *stop became not 0 on the way. */
static bool sha256(const void *data, size_t len, uint8_t out[HASHES_SHA256_BYTES],
                   const volatile int *stop)
{
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    if (!sum(sha256_block, state, data, len, true, stop))
        return false;
    for (size_t i = 0; i < HASHES_SHA256_BYTES; i++)
        out[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
    return true;
}

static bool md5(const void *data, size_t len, uint8_t out[HASHES_MD5_BYTES],
                const volatile int *stop)
{
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    if (!sum(md5_block, state, data, len, false, stop))
        return false;
    for (size_t i = 0; i < HASHES_MD5_BYTES; i++)
        out[i] = (uint8_t)(state[i / 4] >> (8 * (i % 4)));
    return true;
}

/* Merkle-Damgard padding, the same in both but for the byte order of the length. */
static bool sum(block_fn block, uint32_t *state, const void *data, size_t len,
                bool big_endian, const volatile int *stop)
{
    const uint8_t *bytes = data;
    size_t left = len;
    for (; left >= BLOCK_BYTES; left -= BLOCK_BYTES, bytes += BLOCK_BYTES) {
        if (left % STOP_BYTES < BLOCK_BYTES && stop != NULL &&
            __atomic_load_n(stop, __ATOMIC_RELAXED) != 0)
            return false;
        block(state, bytes);
    }
    uint8_t tail[2 * BLOCK_BYTES] = {0};
    if (left > 0)
        memcpy(tail, bytes, left);
    tail[left] = 0x80;
    size_t total =
        left + 1 + LENGTH_BYTES <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    uint64_t bits = (uint64_t)len * 8;
    for (size_t i = 0; i < LENGTH_BYTES; i++) {
        size_t shift = big_endian ? 8 * (LENGTH_BYTES - 1 - i) : 8 * i;
        tail[total - LENGTH_BYTES + i] = (uint8_t)(bits >> shift);
    }
    for (size_t at = 0; at < total; at += BLOCK_BYTES)
        block(state, tail + at);
    return true;
}

static uint32_t rotate_right(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static void sha256_block(uint32_t *state, const uint8_t *block)
{
    /* Fractions of the cube roots of the first 64 primes. */
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
        0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
        0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
        0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
        0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
        0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
        0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
        0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    };
    uint32_t w[64];
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (size_t i = 16; i < 64; i++) {
        uint32_t s0 =
            rotate_right(w[i - 15], 7) ^ rotate_right(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 =
            rotate_right(w[i - 2], 17) ^ rotate_right(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (size_t i = 0; i < 64; i++) {
        uint32_t s1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
        uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + k[i] + w[i];
        uint32_t s0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
        uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

static void md5_block(uint32_t *state, const uint8_t *block)
{
    /* floor(2^32 * abs(sin(i + 1))) */
    static const uint32_t k[64] = {
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a,
        0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
        0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
        0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
        0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
        0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
        0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
        0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
        0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
        0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
        0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
    };
    static const uint8_t shifts[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t m[16];
    for (size_t i = 0; i < 16; i++)
        m[i] = (uint32_t)block[4 * i] | (uint32_t)block[4 * i + 1] << 8 |
               (uint32_t)block[4 * i + 2] << 16 | (uint32_t)block[4 * i + 3] << 24;
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (unsigned i = 0; i < 64; i++) {
        uint32_t f;
        unsigned g;
        if (i < 16) {
            f = (b & c) | (~b & d);
            g = i;
        } else if (i < 32) {
            f = (d & b) | (~d & c);
            g = (5 * i + 1) % 16;
        } else if (i < 48) {
            f = b ^ c ^ d;
            g = (3 * i + 5) % 16;
        } else {
            f = c ^ (b | ~d);
            g = (7 * i) % 16;
        }
        uint32_t turned = a + f + k[i] + m[g];
        unsigned shift = shifts[i / 16][i % 4];
        a = d;
        d = c;
        c = b;
        b += turned << shift | turned >> (32 - shift);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}
