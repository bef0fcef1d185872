/* Environment variables, language.md 19.10. They belong to the process: setenv is called
   from the main thread of the script only. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/array.h"
#include "core/dict.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/convert.h"
#include "lib/lib_state.h"
#include "lib/pool.h"

/* Threads of the program must not look while another sets. The text of a variable that was
   set anew stays where it is. */
static void lock_environment(struct state *st)
{
    const struct lib_state *lib = st->lib;
    if (lib != NULL && lib->pool != NULL)
        pool_lock(lib->pool);
}

static void unlock_environment(struct state *st)
{
    const struct lib_state *lib = st->lib;
    if (lib != NULL && lib->pool != NULL)
        pool_unlock(lib->pool);
}

/* The variable's value or NULL; false when `v` is no string. */
static bool look_up(struct state *st, const char *name, struct value v,
                    const char **out)
{
    struct string *s = NULL;
    if (!argument_string(st, name, v, &s))
        return false;
    lock_environment(st);
    *out = getenv(s->data);
    unlock_environment(st);
    return true;
}

bool environment_env(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    const char *text = NULL;
    if (!look_up(st, "env", args[0], &text))
        return false;
    text = text != NULL ? text : "";
    return argument_outside_text(st, text, strlen(text), result);
}

bool environment_env_or(struct state *st, struct value *args, uint32_t nargs,
                        struct value *result)
{
    (void)nargs;
    const char *text = NULL;
    if (!look_up(st, "env_or", args[0], &text))
        return false;
    if (text != NULL)
        return argument_outside_text(st, text, strlen(text), result);
    *result = value_retain(args[1]);
    return true;
}

bool environment_env_required(struct state *st, struct value *args, uint32_t nargs,
                              struct value *result)
{
    (void)nargs;
    const char *text = NULL;
    if (!look_up(st, "env_required", args[0], &text))
        return false;
    if (text == NULL)
        return error_raise(st, "Required environment variable '%s' is not set",
                           STRING_OF(args[0])->data);
    return argument_outside_text(st, text, strlen(text), result);
}

/* ---- typed ----------------------------------------------------------------------- */

static bool typed(struct state *st, const char *name, struct value v, const char **out)
{
    if (!look_up(st, name, v, out))
        return false;
    if (*out == NULL)
        return error_raise(st, "Environment variable '%s' not found",
                           STRING_OF(v)->data);
    return true;
}

static bool bad_value(struct state *st, struct value v, const char *text,
                      const char *kind)
{
    return error_raise(st, "Environment variable '%s' value '%s' is not a valid %s",
                       STRING_OF(v)->data, text, kind);
}

bool environment_env_int(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    const char *text = NULL;
    int64_t i = 0;
    if (!typed(st, "env_int", args[0], &text))
        return false;
    if (!convert_parse_integer(text, strlen(text), &i))
        return bad_value(st, args[0], text, "integer");
    *result = value_int(i);
    return true;
}

bool environment_env_float(struct state *st, struct value *args, uint32_t nargs,
                           struct value *result)
{
    (void)nargs;
    const char *text = NULL;
    double f = 0.0;
    if (!typed(st, "env_float", args[0], &text))
        return false;
    if (!convert_parse_number(text, strlen(text), &f))
        return bad_value(st, args[0], text, "float");
    *result = value_float(f);
    return true;
}

bool environment_env_bool(struct state *st, struct value *args, uint32_t nargs,
                          struct value *result)
{
    (void)nargs;
    static const char *const words[2][4] = {{"false", "0", "no", "off"},
                                            {"true", "1", "yes", "on"}};
    const char *text = NULL;
    if (!typed(st, "env_bool", args[0], &text))
        return false;
    for (int truth = 0; truth < 2; truth++) {
        for (int i = 0; i < 4; i++) {
            if (strcasecmp(text, words[truth][i]) == 0) {
                *result = value_bool(truth == 1);
                return true;
            }
        }
    }
    return bad_value(st, args[0], text, "bool");
}

/* ---- whole ----------------------------------------------------------------------- */

bool environment_env_set(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    struct string *name = NULL;
    if (!argument_string(st, "env_set", args[0], &name))
        return false;
    if (name->len == 0 || strlen(name->data) != name->len ||
        memchr(name->data, '=', name->len) != NULL)
        return argument_raise(st, "env_set", "a name without '=' and NUL");
    struct value text;
    if (!print_to_string(st, args[1], &text))
        return false;
    lock_environment(st);
    bool ok = setenv(name->data, STRING_OF(text)->data, 1) == 0;
    unlock_environment(st);
    value_release(st, text);
    if (!ok)
        return error_out_of_memory(st);
    *result = value_null();
    return true;
}

/* The entries as they are now, NULL at the end; NULL when memory is out. */
static char **entries_now(struct state *st)
{
    size_t n = 0;
    lock_environment(st);
    while (environ != NULL && environ[n] != NULL)
        n++;
    char **entries = mem_alloc_zero(n + 1, sizeof(*entries));
    for (size_t i = 0; entries != NULL && i < n; i++)
        entries[i] = environ[i];
    unlock_environment(st);
    return entries;
}

static bool add_variables(struct state *st, char *const *entries, struct value *result)
{
    struct value d;
    if (!dict_make_empty(st, &d))
        return false;
    for (char *const *entry = entries; *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        struct value name = value_null(), text = value_null();
        if (equals == NULL || equals == *entry)
            continue;
        bool ok = argument_outside_text(st, *entry, (size_t)(equals - *entry), &name) &&
                  argument_outside_text(st, equals + 1, strlen(equals + 1), &text) &&
                  dict_set_take(st, &d, name, value_take(&text));
        value_release(st, name);
        value_release(st, text);
        if (!ok) {
            value_release(st, d);
            return false;
        }
    }
    *result = d;
    return true;
}

static bool all_variables(struct state *st, struct value *result)
{
    char **entries = entries_now(st);
    bool ok =
        entries != NULL ? add_variables(st, entries, result) : error_out_of_memory(st);
    mem_free(entries);
    return ok;
}

bool environment_env_list(struct state *st, struct value *args, uint32_t nargs,
                          struct value *result)
{
    (void)args;
    (void)nargs;
    return all_variables(st, result);
}

bool environment_os_environ(struct state *st, struct value *args, uint32_t nargs,
                            struct value *result)
{
    (void)args;
    (void)nargs;
    return all_variables(st, result);
}
