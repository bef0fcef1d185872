/* Assertions, language.md 19.7. */
#include "config.h"

#include <string.h>

#include "base/strbuf.h"
#include "core/array.h"
#include "core/compare.h"
#include "core/dict.h"
#include "core/ops.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"

/* Raises BEFORE D(a) BETWEEN D(b); always false. */
static bool fail_with(struct state *st, const char *before, struct value a,
                      const char *between, struct value b)
{
    struct strbuf text;
    struct value message = value_null();
    strbuf_init(&text);
    strbuf_append_str(&text, before);
    bool ok = print_debug(st, &text, a) && strbuf_append_str(&text, between) &&
              print_debug(st, &text, b);
    ok =
        (ok || st->error.kind == ERROR_NONE) && string_make_strbuf(st, &text, &message);
    strbuf_done(&text);
    return ok ? error_raise_take(st, message) : false;
}

bool assertions_assert(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    if (ops_truthy(args[0])) {
        *result = value_bool(true);
        return true;
    }
    if (nargs < 2)
        return error_raise(st, "Assertion failed");
    struct value message;
    return print_to_string(st, args[1], &message) ? error_raise_take(st, message)
                                                  : false;
}

bool assertions_equal(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    bool equal = false;
    if (!compare_equal(st, args[0], args[1], &equal))
        return false;
    if (!equal)
        return fail_with(st, "Assertion failed: expected ", args[1], ", got ", args[0]);
    *result = value_bool(true);
    return true;
}

static bool assert_bool(struct state *st, const char *name, struct value v,
                        bool expected, struct value *result)
{
    if (v.kind != VALUE_BOOL)
        return error_raise(st, "%s requires a boolean argument", name);
    if ((v.as.bits != 0) != expected)
        return error_raise(st, "Assertion failed: expected %s, got %s",
                           expected ? "true" : "false", expected ? "false" : "true");
    *result = value_bool(true);
    return true;
}

bool assertions_true(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    return assert_bool(st, "assert_true", args[0], true, result);
}

bool assertions_false(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    return assert_bool(st, "assert_false", args[0], false, result);
}

static bool container_has(struct state *st, struct value c, struct value x, bool *has)
{
    *has = false;
    if (c.kind == VALUE_ARRAY) {
        const struct array *a = ARRAY_OF(c);
        for (size_t i = 0; i < a->len && !*has; i++)
            if (!compare_equal(st, array_get(a, i), x, has))
                return false;
        return true;
    }
    if (c.kind == VALUE_STRING && x.kind == VALUE_STRING) {
        *has = string_find(STRING_OF(c), STRING_OF(x), 0) != SIZE_MAX;
        return true;
    }
    if (c.kind == VALUE_DICT) {
        *has = dict_is_key(x) && dict_find(st, DICT_OF(c), x) != NULL;
        return true;
    }
    return argument_raise(st, "assert_contains", "an array, a dict, or two strings");
}

bool assertions_contains(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    bool has = false;
    if (!container_has(st, args[0], args[1], &has))
        return false;
    if (!has)
        return fail_with(st, "Assertion failed: ", args[0], " does not contain ",
                         args[1]);
    *result = value_bool(true);
    return true;
}
