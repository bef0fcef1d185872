/* Output, input and process, language.md 19.1. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/sizing.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/array.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/lib_state.h"
#include "lib/pool.h"
#include "lib/tasks.h"
#include "lib/unicode.h"

enum {
    INPUT_CHUNK_BYTES = SIZE_OR_TINY(4096, 5),
    INPUT_SLICE_MS = 50 /* between two looks at the interrupt flag */
};

static bool print_line(struct state *st, int stream, const struct value *args,
                       uint32_t nargs);
static bool input_line(struct state *st, struct state *reader, struct strbuf *line);

/* ---- output ---------------------------------------------------------------------- */

bool output_print(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    *result = value_null();
    return print_line(st, 1, args, nargs);
}

bool output_eprint(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    *result = value_null();
    return print_line(st, 2, args, nargs);
}

static bool print_line(struct state *st, int stream, const struct value *args,
                       uint32_t nargs)
{
    struct strbuf *line = lib_state_scratch(st);
    if (line == NULL)
        return false;
    for (uint32_t i = 0; i < nargs; i++) {
        if (i > 0)
            strbuf_append_char(line, ' ');
        if (args[i].kind == VALUE_STRING)
            strbuf_append(line, STRING_OF(args[i])->data, STRING_OF(args[i])->len);
        else if (!print_display(st, line, args[i]))
            return false;
    }
    strbuf_append_char(line, '\n');
    if (strbuf_failed(line))
        return error_out_of_memory(st);
    /* A reader that went away is no error of the script (state.h). */
    (void)state_write(st, stream, line->data, line->len);
    return true;
}

bool output_debug(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    struct strbuf *line = lib_state_scratch(st);
    if (line == NULL)
        return false;
    strbuf_append_str(line, "[DEBUG]");
    for (uint32_t i = 0; i < nargs; i++) {
        strbuf_append_char(line, ' ');
        if (!print_explicit(st, line, args[i]))
            return false;
    }
    strbuf_append_str(line, nargs == 0 ? " \n" : "\n");
    if (strbuf_failed(line))
        return error_out_of_memory(st);
    (void)state_write(st, 1, line->data, line->len);
    *result = value_null();
    return true;
}

/* ---- input ----------------------------------------------------------------------- */

bool output_input(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    struct lib_state *lib = lib_state(st);
    if (lib == NULL)
        return false;
    if (nargs == 1) {
        struct strbuf *prompt = lib_state_scratch(st);
        if (!print_display(st, prompt, args[0]))
            return false;
        (void)state_write(st, 1, strbuf_str(prompt), prompt->len);
    }
    state_flush(st);
    struct strbuf line;
    strbuf_init(&line);
    struct state *reader = pool_begin_input(st);
    bool ok = reader != NULL && input_line(st, reader, &line);
    if (reader != NULL)
        pool_end_input(st);
    if (ok) {
        size_t len = line.len - unicode_trailing_space(strbuf_str(&line), line.len);
        struct strbuf valid;
        strbuf_init(&valid);
        utf8_replace_invalid(&valid, strbuf_str(&line), len);
        ok = string_make_strbuf(st, &valid, result);
        strbuf_done(&valid);
    }
    strbuf_done(&line);
    return ok;
}

/* On a thread that a run's end must be able to stop: until stdin can be read. */
static bool input_waits(struct state *st)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&in, 1, INPUT_SLICE_MS) == 0) {
        if (state_interrupted(st))
            return error_interrupt(st);
    }
    return true;
}

/* Appends up to the next LF of the program's input, which `reader` keeps, which is consumed; nothing at the end of input. */
static bool input_line(struct state *st, struct state *reader, struct strbuf *line)
{
    struct lib_state *lib = reader->lib;
    if (reader->input != NULL) {
        const char *from = reader->input + reader->input_at;
        size_t left = reader->input_len - reader->input_at;
        const char *lf = left > 0 ? memchr(from, '\n', left) : NULL;
        size_t n = lf != NULL ? (size_t)(lf - from) : left;
        reader->input_at += lf != NULL ? n + 1 : n;
        strbuf_append(line, from, n);
        return strbuf_failed(line) ? error_out_of_memory(st) : true;
    }
    for (;;) {
        const char *from = lib->input.len > 0 ? lib->input.data + lib->input_at : "";
        size_t left = lib->input.len - lib->input_at;
        const char *lf = left > 0 ? memchr(from, '\n', left) : NULL;
        size_t n = lf != NULL ? (size_t)(lf - from) : left;
        strbuf_append(line, from, n);
        lib->input_at += lf != NULL ? n + 1 : n;
        if (lf != NULL || lib->input_ended)
            break;
        strbuf_clear(&lib->input);
        lib->input_at = 0;
        if (st != reader && !input_waits(st))
            return false;
        char chunk[INPUT_CHUNK_BYTES];
        ssize_t got = read(STDIN_FILENO, chunk, sizeof(chunk));
        /* The end of input may be seen before the signal that came with it. */
        int error = errno;
        if (state_interrupted(st))
            return error_interrupt(st);
        if (got < 0 && error == EINTR)
            continue;
        if (got <= 0) {
            lib->input_ended = true;
            break;
        }
        strbuf_append(&lib->input, chunk, (size_t)got);
    }
    return strbuf_failed(line) || strbuf_failed(&lib->input) ? error_out_of_memory(st)
                                                             : true;
}

/* ---- process --------------------------------------------------------------------- */

bool output_exit(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)result;
    int64_t code = 0;
    if (nargs == 1 && !argument_integer(st, "exit", args[0], &code))
        return false;
    return error_exit(st, (int)(code & 255));
}

bool output_args(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)args;
    (void)nargs;
    struct value list;
    if (!array_make_empty(st, &list))
        return false;
    for (int i = 0; i < st->argc; i++) {
        struct value text;
        if (!argument_outside_text(st, st->argv[i], strlen(st->argv[i]), &text) ||
            !array_push_take(st, &list, text)) {
            value_release(st, list);
            return false;
        }
    }
    *result = list;
    return true;
}

bool output_sleep(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    int64_t ms = 0;
    if (!argument_integer(st, "sleep", args[0], &ms))
        return false;
    if (ms < 0)
        return error_raise(st, "sleep() requires non-negative milliseconds");
    state_flush(st);
    if (!tasks_sleep(st, ms))
        return false;
    *result = value_int(0);
    return true;
}
