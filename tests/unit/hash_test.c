#include "config.h"

#include "unit.h"

#include "base/hash.h"

START_TEST(test_hash_matches_values_of_another_implementation)
{
    /* SipHash-1-3, key 00..0f, messages 00, 00 01, ...: computed with a separate program
       written from the paper. */
    const struct hash_key key = {UINT64_C(0x0706050403020100),
                                 UINT64_C(0x0F0E0D0C0B0A0908)};
    unsigned char message[64];
    for (unsigned i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)i;
    ck_assert_uint_eq(hash_bytes(&key, NULL, 0), UINT64_C(0xABAC0158050FC4DC));
    ck_assert_uint_eq(hash_bytes(&key, message, 1), UINT64_C(0xC9F49BF37D57CA93));
    ck_assert_uint_eq(hash_bytes(&key, message, 7), UINT64_C(0xD3927D989BB11140));
    ck_assert_uint_eq(hash_bytes(&key, message, 8), UINT64_C(0x369095118D299A8E));
    ck_assert_uint_eq(hash_bytes(&key, message, 15), UINT64_C(0xD320D86D2A519956));
    ck_assert_uint_eq(hash_bytes(&key, message, 63), UINT64_C(0x9D199062B7BBB3A8));
}
END_TEST

START_TEST(test_hash_depends_on_key_length_and_each_byte)
{
    struct hash_key a = hash_key_from_seed(1), b = hash_key_from_seed(2);
    ck_assert_uint_ne(hash_bytes(&a, "x", 1), hash_bytes(&b, "x", 1));
    ck_assert_uint_ne(hash_bytes(&a, "\0", 1), hash_bytes(&a, "\0\0", 2));
    char text[40] = "0123456789012345678901234567890123456789";
    uint64_t before = hash_bytes(&a, text, sizeof text);
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] ^= 1;
        ck_assert_uint_ne(hash_bytes(&a, text, sizeof text), before);
        text[i] ^= 1;
    }
}
END_TEST

START_TEST(test_hash_keys_differ_or_repeat_as_asked)
{
    struct hash_key a = hash_key_random(), b = hash_key_random();
    ck_assert(a.k0 != b.k0 || a.k1 != b.k1);
    struct hash_key c = hash_key_from_seed(7), d = hash_key_from_seed(7);
    ck_assert_uint_eq(c.k0, d.k0);
    ck_assert_uint_eq(c.k1, d.k1);
    ck_assert_uint_ne(hash_mix_u64(1), hash_mix_u64(2));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_hash_matches_values_of_another_implementation,
        test_hash_depends_on_key_length_and_each_byte,
        test_hash_keys_differ_or_repeat_as_asked,
        NULL,
    };
    return unit_run(unit_suite("hash", tests));
}
