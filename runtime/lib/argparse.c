#include "config.h"

#include "lib/argparse.h"

#include <string.h>

#include "base/strbuf.h"
#include "core/array.h"
#include "core/dict.h"
#include "core/ops.h"
#include "core/print.h"
#include "core/structs.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/convert.h"

static const char STRUCT_NAME[] = "ArgParser";
static const char FIELD[] = "arguments";

static bool make_parser(struct state *st, struct value arguments, struct value *result);
static bool add_argument(struct state *st, struct array *old, struct value *args,
                         uint32_t nargs, struct value *result);
static bool parse(struct state *st, struct array *arguments, struct value *result);
static bool help(struct state *st, struct array *arguments, struct value *result);

/* ---- entries --------------------------------------------------------------------- */

static bool is_long_name(const char *text)
{
    return strncmp(text, "--", 2) == 0 && text[2] != '\0';
}

/* The value under a key of an entry, NULL when absent. A walk: it needs no memory, and an
   entry has six keys at most. */
static const struct value *entry_get(const struct dict *entry, const char *key)
{
    for (size_t i = 0; i < entry->used; i++) {
        const struct dict_entry *e = &entry->entries[i];
        if (e->key.kind == VALUE_STRING && string_equal_text(STRING_OF(e->key), key))
            return &e->value;
    }
    return NULL;
}

static const char *text_of(const struct dict *entry, const char *key)
{
    const struct value *v = entry_get(entry, key);
    return v != NULL && v->kind == VALUE_STRING ? STRING_OF(*v)->data : NULL;
}

static bool is_required(const struct dict *entry)
{
    const struct value *v = entry_get(entry, "required");
    return v != NULL && v->kind == VALUE_BOOL && v->as.boolean;
}

static const char *type_of(const struct dict *entry)
{
    const char *type = text_of(entry, "type");
    return type != NULL ? type : "string";
}

/* Key in the result: the long name without its hyphens. */
static const char *key_of(const struct dict *entry)
{
    return text_of(entry, "name") + 2;
}

static const struct dict *find_entry(struct array *arguments, const char *text)
{
    for (size_t i = 0; i < arguments->len; i++) {
        const struct dict *entry = DICT_OF(array_get(arguments, i));
        const char *name = text_of(entry, "name");
        const char *shorter = text_of(entry, "short");
        if (strcmp(name, text) == 0 || (shorter != NULL && strcmp(shorter, text) == 0))
            return entry;
    }
    return NULL;
}

/* ---- the struct ------------------------------------------------------------------ */

bool argparse_arg_parser(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)args;
    (void)nargs;
    struct value none;
    return array_make_empty(st, &none) && make_parser(st, none, result);
}

/* An instance over `arguments`, which is taken. */
static bool make_parser(struct state *st, struct value arguments, struct value *result)
{
    struct string *name = string_new(st, STRUCT_NAME, sizeof(STRUCT_NAME) - 1);
    struct string *field =
        name != NULL ? string_new(st, FIELD, sizeof(FIELD) - 1) : NULL;
    struct shape *shape = field != NULL ? shape_root(st, name) : NULL;
    if (shape != NULL)
        shape = shape_with(st, shape, field);
    bool ok = false;
    if (shape != NULL)
        ok = struct_make_take(st, shape, NULL, &arguments, result);
    else
        value_release(st, arguments);
    if (name != NULL)
        object_release(st, &name->head);
    if (field != NULL)
        object_release(st, &field->head);
    return ok;
}

static bool is_entry(struct value v)
{
    const char *name = v.kind == VALUE_DICT ? text_of(DICT_OF(v), "name") : NULL;
    return name != NULL && is_long_name(name);
}

/* The arguments of an ArgParser, NULL for other structs. A script can write such a struct
   or change its field: it is a parser only as long as it looks like one of ours. */
static struct array *arguments_of(struct value object)
{
    const struct struct_object *s = STRUCT_OF(object);
    struct value name = struct_name(s);
    if (name.kind != VALUE_STRING || !string_equal_text(STRING_OF(name), STRUCT_NAME) ||
        s->def != NULL)
        return NULL;
    struct array *arguments = NULL;
    for (uint32_t i = 0; i < s->shape->nfields; i++)
        if (string_equal_text(s->shape->names[i], FIELD) &&
            s->fields[i].kind == VALUE_ARRAY)
            arguments = ARRAY_OF(s->fields[i]);
    for (size_t i = 0; arguments != NULL && i < arguments->len; i++)
        if (!is_entry(array_get(arguments, i)))
            arguments = NULL;
    return arguments;
}

bool argparse_method(struct state *st, struct value object, const struct string *name,
                     struct value *args, uint32_t nargs, bool *handled,
                     struct value *result)
{
    *handled = false;
    struct array *arguments = object.kind == VALUE_STRUCT ? arguments_of(object) : NULL;
    if (arguments == NULL)
        return true;
    bool is_add = string_equal_text(name, "add_argument");
    bool is_parse = string_equal_text(name, "parse");
    if (!is_add && !is_parse && !string_equal_text(name, "help"))
        return true;
    *handled = true;
    if (is_add)
        return add_argument(st, arguments, args, nargs, result);
    if (nargs != 0)
        return error_raise(st, "%s.%s expects 0 arguments, got %u", STRUCT_NAME,
                           name->data, (unsigned)nargs);
    return is_parse ? parse(st, arguments, result) : help(st, arguments, result);
}

/* ---- add_argument ---------------------------------------------------------------- */

static bool is_one_of(const struct string *s, const char *const *words)
{
    for (; *words != NULL; words++)
        if (string_equal_text(s, *words))
            return true;
    return false;
}

static bool add_argument(struct state *st, struct array *old, struct value *args,
                         uint32_t nargs, struct value *result)
{
    static const char *const keys[] = {"short", "type",    "required",
                                       "help",  "default", NULL};
    static const char *const types[] = {"string", "int", "float", "bool", NULL};
    struct string *name = NULL;
    if (nargs % 2 == 0)
        return error_raise(st,
                           "add_argument() requires a name and pairs of key and value");
    if (!argument_string(st, "add_argument", args[0], &name))
        return false;
    if (!is_long_name(name->data))
        return argument_raise(st, "add_argument", "a long name that starts with --");
    struct value entry;
    if (!dict_make_empty(st, &entry))
        return false;
    bool ok = dict_set_text_take(st, &entry, "name", value_retain(args[0]));
    for (uint32_t i = 1; ok && i < nargs; i += 2) {
        struct value key = args[i], v = args[i + 1];
        if (key.kind != VALUE_STRING || !is_one_of(STRING_OF(key), keys)) {
            ok = argument_raise(st, "add_argument",
                                "one of short, type, required, help, default");
        } else if (string_equal_text(STRING_OF(key), "type") &&
                   (v.kind != VALUE_STRING || !is_one_of(STRING_OF(v), types))) {
            ok =
                argument_raise(st, "add_argument", "a type string, int, float or bool");
        } else if (string_equal_text(STRING_OF(key), "required")) {
            ok = dict_set_take(st, &entry, key, value_bool(ops_truthy(v)));
        } else {
            struct value text;
            ok = print_to_string(st, v, &text) && dict_set_take(st, &entry, key, text);
        }
    }
    struct value list = value_null();
    if (ok) {
        list = array_value(old);
        object_retain(&old->head);
        ok = array_push_take(st, &list, value_take(&entry));
        if (!ok)
            value_release(st, list);
    }
    value_release(st, entry);
    return ok && make_parser(st, list, result);
}

/* ---- parse ----------------------------------------------------------------------- */

/* `text` as the declared type of the entry. */
static bool typed(struct state *st, const struct dict *entry, const char *text,
                  struct value *out)
{
    const char *type = type_of(entry);
    const char *name = key_of(entry);
    int64_t i = 0;
    double f = 0.0;
    if (strcmp(type, "int") == 0) {
        if (!convert_parse_integer(text, strlen(text), &i))
            return error_raise(st, "Argument --%s requires an integer value, got: %s",
                               name, text);
        *out = value_int(i);
        return true;
    }
    if (strcmp(type, "float") == 0) {
        if (!convert_parse_number(text, strlen(text), &f))
            return error_raise(st, "Argument --%s requires a float value, got: %s",
                               name, text);
        *out = value_float(f);
        return true;
    }
    if (strcmp(type, "bool") == 0) {
        *out = value_bool(strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
        return true;
    }
    return argument_outside_text(st, text, strlen(text), out);
}

static bool parse_one(struct state *st, struct array *arguments, int *at,
                      struct value *parsed, struct value *positional)
{
    const char *text = st->argv[*at];
    struct value v;
    if (text[0] != '-' || text[1] == '\0')
        return argument_outside_text(st, text, strlen(text), &v) &&
               array_push_take(st, positional, v);
    const struct dict *entry = find_entry(arguments, text);
    if (entry == NULL)
        return error_raise(st, "Unknown argument: %s", text);
    const char *key = key_of(entry);
    if (strcmp(type_of(entry), "bool") == 0)
        return dict_set_text_take(st, parsed, key, value_bool(true));
    if (*at + 1 >= st->argc)
        return error_raise(st, "Argument --%s requires a value", key);
    (*at)++;
    return typed(st, entry, st->argv[*at], &v) &&
           dict_set_text_take(st, parsed, key, v);
}

/* What an argument that was not given gets. */
static bool fill_absent(struct state *st, const struct dict *entry,
                        struct value *parsed)
{
    const char *key = key_of(entry);
    struct value k, v = value_null();
    if (!string_make_text(st, key, &k))
        return false;
    bool given = dict_find(st, DICT_OF(*parsed), k) != NULL;
    value_release(st, k);
    if (given)
        return true;
    if (is_required(entry))
        return error_raise(st, "Required argument --%s is missing", key);
    const char *text = text_of(entry, "default");
    if (text != NULL) {
        if (!typed(st, entry, text, &v))
            return false;
    } else if (strcmp(type_of(entry), "bool") == 0) {
        v = value_bool(false);
    }
    return dict_set_text_take(st, parsed, key, v);
}

static bool parse(struct state *st, struct array *arguments, struct value *result)
{
    struct value parsed = value_null(), positional = value_null();
    bool ok = dict_make_empty(st, &parsed) && array_make_empty(st, &positional);
    for (int at = 0; ok && at < st->argc; at++)
        ok = parse_one(st, arguments, &at, &parsed, &positional);
    for (size_t i = 0; ok && i < arguments->len; i++)
        ok = fill_absent(st, DICT_OF(array_get(arguments, i)), &parsed);
    ok = ok && dict_set_text_take(st, &parsed, "_positional", value_take(&positional));
    value_release(st, positional);
    if (!ok) {
        value_release(st, parsed);
        return false;
    }
    *result = parsed;
    return true;
}

/* ---- help ------------------------------------------------------------------------ */

static bool help(struct state *st, struct array *arguments, struct value *result)
{
    struct strbuf out;
    strbuf_init(&out);
    /* Name and description of the program are empty, their line ends are not. */
    strbuf_append_str(&out, "\n\n\n\nOptions:\n");
    for (size_t i = 0; i < arguments->len; i++) {
        const struct dict *entry = DICT_OF(array_get(arguments, i));
        const char *shorter = text_of(entry, "short");
        const char *standard = text_of(entry, "default");
        const char *text = text_of(entry, "help");
        const char *type = type_of(entry);
        if (shorter != NULL)
            strbuf_append_format(&out, "  %s, --%s", shorter, key_of(entry));
        else
            strbuf_append_format(&out, "      --%s", key_of(entry));
        if (strcmp(type, "bool") != 0)
            strbuf_append_format(&out, " <%s>", type);
        if (is_required(entry))
            strbuf_append_str(&out, " (required)");
        if (standard != NULL)
            strbuf_append_format(&out, " [default: %s]", standard);
        strbuf_append_char(&out, '\n');
        if (text != NULL)
            strbuf_append_format(&out, "        %s\n", text);
    }
    bool ok = string_make_strbuf(st, &out, result);
    strbuf_done(&out);
    return ok;
}
