#include "config.h"

#include "lib/base64.h"

#include "base/sizing.h"
#include "core/bytes.h"
#include "core/poll.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"

enum {
    INVALID = 64,
    /* Between two looks at an interrupt; whole groups in both directions. */
    POLL_BYTES = SIZE_OR_TINY(3 * 4 * 4096, 3 * 4)
};

static unsigned digit(char c);

/* ---- builtins -------------------------------------------------------------------- */

bool base64_encode_base64(struct state *st, struct value *args, uint32_t nargs,
                          struct value *result)
{
    (void)nargs;
    const void *data = NULL;
    size_t len = 0;
    if (!argument_blob(st, "encode_base64", args[0], &data, &len))
        return false;
    size_t encoded = base64_encoded_length(len);
    struct string *s = string_new_uninit(st, encoded);
    if (s == NULL)
        return false;
    for (size_t at = 0; at < len; at += POLL_BYTES) {
        size_t left = len - at;
        if (!poll_now(st)) {
            object_release(st, &s->head);
            return false;
        }
        base64_encode((const uint8_t *)data + at, left < POLL_BYTES ? left : POLL_BYTES,
                      s->data + at / 3 * 4);
    }
    string_seal(s, encoded);
    *result = string_value(s);
    return true;
}

bool base64_decode_base64(struct state *st, struct value *args, uint32_t nargs,
                          struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    if (!argument_string(st, "decode_base64", args[0], &s))
        return false;
    struct bytes *b = bytes_new(st, NULL, s->len / 4 * 3);
    if (b == NULL)
        return false;
    /* The length is judged as a whole, the rest in blocks. */
    const char *why = base64_decode(s->data, s->len % 4, b->data, &b->len);
    for (size_t at = 0; at < s->len && why == NULL; at += POLL_BYTES) {
        size_t left = s->len - at, n = left < POLL_BYTES ? left : POLL_BYTES, made = 0;
        if (!poll_now(st)) {
            object_release(st, &b->head);
            return false;
        }
        /* What may end a text is wrong within it. */
        why = n < left && s->data[at + n - 1] == '='
                  ? "invalid character"
                  : base64_decode(s->data + at, n, b->data + b->len, &made);
        b->len += made;
    }
    if (why != NULL) {
        object_release(st, &b->head);
        return error_raise(st, "Base64 decode error: %s", why);
    }
    *result = value_object(&b->head);
    return true;
}

/* ---- pure ------------------------------------------------------------------------ */

void base64_encode(const uint8_t *data, size_t len, char *out)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t at = 0;
    for (; at + 3 <= len; at += 3) {
        unsigned bits =
            (unsigned)data[at] << 16 | (unsigned)data[at + 1] << 8 | data[at + 2];
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = alphabet[bits >> 6 & 63];
        *out++ = alphabet[bits & 63];
    }
    if (at == len)
        return;
    unsigned bits = (unsigned)data[at] << 16;
    if (at + 2 == len)
        bits |= (unsigned)data[at + 1] << 8;
    *out++ = alphabet[bits >> 18];
    *out++ = alphabet[bits >> 12 & 63];
    *out++ = at + 2 == len ? alphabet[bits >> 6 & 63] : '=';
    *out = '=';
}

const char *base64_decode(const char *text, size_t len, uint8_t *out, size_t *out_len)
{
    size_t padding = 0;
    if (len % 4 != 0)
        return "invalid length";
    while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
        padding++;
    uint8_t *to = out;
    for (size_t at = 0; at < len; at += 4) {
        size_t digits = at + 4 == len ? 4 - padding : 4;
        unsigned bits = 0;
        for (size_t i = 0; i < 4; i++) {
            unsigned value = i < digits ? digit(text[at + i]) : 0;
            if (value == INVALID)
                return "invalid character";
            bits = bits << 6 | value;
        }
        if ((digits == 3 && (bits & 0xFF) != 0) ||
            (digits == 2 && (bits & 0xFFFF) != 0))
            return "invalid last symbol";
        *to++ = (uint8_t)(bits >> 16);
        if (digits > 2)
            *to++ = (uint8_t)(bits >> 8);
        if (digits > 3)
            *to++ = (uint8_t)bits;
    }
    *out_len = (size_t)(to - out);
    return NULL;
}

static unsigned digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : INVALID;
}
