/* Mathematics, language.md 19.2. */
#include "config.h"

#include <math.h>

#include "core/state.h"
#include "lib/argument.h"
#include "lib/builtins.h"

static bool one_number(struct state *st, const char *name, struct value v, double *x)
{
    if (!argument_is_number(v))
        return error_raise(st, "%s() requires a number", name);
    *x = argument_number(v);
    return true;
}

static bool two_numbers(struct state *st, const char *name, const struct value *args,
                        double *a, double *b)
{
    if (!argument_is_number(args[0]) || !argument_is_number(args[1]))
        return error_raise(st, "%s() expects numeric arguments", name);
    *a = argument_number(args[0]);
    *b = argument_number(args[1]);
    return true;
}

#define MATH_UNARY_DEFINE(name, expression)                                \
    bool math_##name(struct state *st, struct value *args, uint32_t nargs, \
                     struct value *result)                                 \
    {                                                                      \
        (void)nargs;                                                       \
        double x = 0.0;                                                    \
        if (!one_number(st, #name, args[0], &x))                           \
            return false;                                                  \
        *result = value_float(expression);                                 \
        return true;                                                       \
    }

MATH_UNARY_DEFINE(abs, fabs(x))
MATH_UNARY_DEFINE(floor, floor(x))
MATH_UNARY_DEFINE(ceil, ceil(x))
MATH_UNARY_DEFINE(round, round(x))
MATH_UNARY_DEFINE(sin, sin(x))
MATH_UNARY_DEFINE(cos, cos(x))
MATH_UNARY_DEFINE(tan, tan(x))
MATH_UNARY_DEFINE(exp, exp(x))

bool math_sqrt(struct state *st, struct value *args, uint32_t nargs,
               struct value *result)
{
    (void)nargs;
    double x = 0.0;
    if (!one_number(st, "sqrt", args[0], &x))
        return false;
    if (x < 0.0)
        return error_raise(st, "sqrt() domain error: value must be >= 0");
    *result = value_float(sqrt(x));
    return true;
}

bool math_log(struct state *st, struct value *args, uint32_t nargs,
              struct value *result)
{
    (void)nargs;
    double x = 0.0;
    if (!one_number(st, "log", args[0], &x))
        return false;
    if (x <= 0.0)
        return error_raise(st, "log() domain error: value must be > 0");
    *result = value_float(log(x));
    return true;
}

bool math_pow(struct state *st, struct value *args, uint32_t nargs,
              struct value *result)
{
    (void)nargs;
    double a = 0.0, b = 0.0;
    if (!two_numbers(st, "pow", args, &a, &b))
        return false;
    *result = value_float(pow(a, b));
    return true;
}

bool math_min(struct state *st, struct value *args, uint32_t nargs,
              struct value *result)
{
    (void)nargs;
    double a = 0.0, b = 0.0;
    if (!two_numbers(st, "min", args, &a, &b))
        return false;
    *result = value_float(fmin(a, b));
    return true;
}

bool math_max(struct state *st, struct value *args, uint32_t nargs,
              struct value *result)
{
    (void)nargs;
    double a = 0.0, b = 0.0;
    if (!two_numbers(st, "max", args, &a, &b))
        return false;
    *result = value_float(fmax(a, b));
    return true;
}

/* ---- bits ------------------------------------------------------------------------ */

static bool two_ints(struct state *st, const char *name, const struct value *args)
{
    if (args[0].kind == VALUE_INT && args[1].kind == VALUE_INT)
        return true;
    return error_raise(st, "%s() requires two int arguments", name);
}

bool math_bit_and(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    if (!two_ints(st, "bit_and", args))
        return false;
    *result = value_int(args[0].as.integer & args[1].as.integer);
    return true;
}

bool math_bit_or(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    if (!two_ints(st, "bit_or", args))
        return false;
    *result = value_int(args[0].as.integer | args[1].as.integer);
    return true;
}

bool math_bit_xor(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    if (!two_ints(st, "bit_xor", args))
        return false;
    *result = value_int(args[0].as.integer ^ args[1].as.integer);
    return true;
}

bool math_bit_not(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    if (args[0].kind != VALUE_INT)
        return argument_raise(st, "bit_not", "an int argument");
    *result = value_int(~args[0].as.integer);
    return true;
}

static bool shift_arguments(struct state *st, const char *name,
                            const struct value *args, unsigned *shift)
{
    if (!two_ints(st, name, args))
        return false;
    if (args[1].as.integer < 0 || args[1].as.integer > 63)
        return error_raise(st, "%s() expects a shift amount between 0 and 63", name);
    *shift = (unsigned)args[1].as.integer;
    return true;
}

bool math_bit_shl(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    unsigned shift = 0;
    if (!shift_arguments(st, "bit_shl", args, &shift))
        return false;
    *result = value_int((int64_t)((uint64_t)args[0].as.integer << shift));
    return true;
}

bool math_bit_shr(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    unsigned shift = 0;
    if (!shift_arguments(st, "bit_shr", args, &shift))
        return false;
    /* gcc and clang define >> of a negative value as arithmetic. */
    *result = value_int(args[0].as.integer >> shift);
    return true;
}
