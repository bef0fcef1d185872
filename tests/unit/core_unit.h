/*
 * What the unit tests of core share: an isolate per test and short ways to make values.
 */
#ifndef CORE_UNIT_H
#define CORE_UNIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "base/strbuf.h"
#include "core/error.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"

static inline struct state *core_state(uint64_t max_memory)
{
    const struct state_config config = {.hash_seed = 42, .max_memory = max_memory};
    struct state *st = state_new(&config);
    ck_assert_ptr_nonnull(st);
    return st;
}

static inline struct value core_text(struct state *st, const char *text)
{
    struct value v;
    ck_assert(string_make_text(st, text, &v));
    return v;
}

/* Display form; valid until the next call. Releases v. */
static inline const char *core_show_take(struct state *st, struct value v)
{
    static char text[4096];
    struct strbuf sb;
    strbuf_init(&sb);
    ck_assert(print_display(st, &sb, v));
    ck_assert_uint_lt(sb.len, sizeof text);
    memcpy(text, strbuf_str(&sb), sb.len + 1);
    strbuf_done(&sb);
    value_release(st, v);
    return text;
}

/* The message of the pending error, which is cleared. */
static inline const char *core_error_take(struct state *st)
{
    static char text[512];
    ck_assert_int_eq(st->error.kind, ERROR_RAISED);
    ck_assert_uint_eq(st->error.message.kind, VALUE_STRING);
    snprintf(text, sizeof text, "%s", STRING_OF(st->error.message)->data);
    error_clear(st);
    return text;
}

static inline uint64_t core_alive(const struct state *st)
{
    struct heap_stats stats;
    heap_stats_read(st, &stats);
    return stats.objects_alive;
}

static inline uint64_t core_copies(const struct state *st)
{
    struct heap_stats stats;
    heap_stats_read(st, &stats);
    return stats.copies;
}

#endif
