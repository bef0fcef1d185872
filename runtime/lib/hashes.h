/*
 * hashes.h - SHA-256 (FIPS 180-4) and MD5 (RFC 1321) of a block of bytes, and the builtins
 * sha256 and md5. MD5 is there for checksums of old tools, not for security.
 */
#ifndef RUFF_LIB_HASHES_H
#define RUFF_LIB_HASHES_H

#include <stddef.h>
#include <stdint.h>

enum {
    HASHES_SHA256_BYTES = 32,
    HASHES_MD5_BYTES = 16
};

/* Thread- and signal-safe. `data` may be NULL when len is 0. */
void hashes_sha256_sum(const void *data, size_t len, uint8_t out[HASHES_SHA256_BYTES]);
void hashes_md5_sum(const void *data, size_t len, uint8_t out[HASHES_MD5_BYTES]);

#endif
