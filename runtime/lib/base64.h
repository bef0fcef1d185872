/*
 * base64.h - RFC 4648 Base64, standard alphabet with padding, and the builtins around it.
 */
#ifndef RUFF_LIB_BASE64_H
#define RUFF_LIB_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Length of the text for `len` bytes; len below 2^61. */
static inline size_t base64_encoded_length(size_t len)
{
    return (len + 2) / 3 * 4;
}
/* Writes base64_encoded_length(len) characters, no NUL. */
void base64_encode(const uint8_t *data, size_t len, char *out);
/*
 * Strict: length a multiple of four, padding only at the end, unused bits zero. `out` has
 * room for len / 4 * 3 bytes; *out_len is written on success. NULL, or why not.
 */
const char *base64_decode(const char *text, size_t len, uint8_t *out, size_t *out_len);

#endif
