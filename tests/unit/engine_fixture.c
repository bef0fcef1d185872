#include "config.h"

#include "engine_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "base/strbuf.h"
#include "core/array.h"
#include "core/call_fast.h"
#include "core/gc.h"
#include "core/iter.h"
#include "core/print.h"
#include "core/string.h"
#include "core/structs.h"

static const char source_text[] = "let a := 1\nlet b := 2\nlet c := 3\n";
static const uint32_t line_starts[] = {0, 11, 22};
const struct source_ref fixture_source = {
    .path = "t.ruff",
    .text = source_text,
    .len = sizeof source_text - 1,
    .line_starts = line_starts,
    .nlines = 3,
};

/* ---- the engine --------------------------------------------------------------------- */

static bool engine_call(struct state *st, struct function *fn, struct value *args,
                        struct value *result)
{
    struct fake *fake = (struct fake *)(void *)fn->proto;
    struct value slots[16];
    uint32_t n = fn->proto->nparams;
    ck_assert_uint_le(n, 16);
    if (!call_enter_fast(st, fn->proto))
        return false;
    for (uint32_t i = 0; i < n; i++)
        slots[i] = value_take(&args[i]);
    struct frame frame = {
        .function = fn, .proto = fn->proto, .slots = slots, .tier = FRAME_INTERP};
    frame.at.offset = fake->offset;
    frame_push(&st->top, &frame);
    object_retain(&fn->head);
    bool ok = fake->body(st, slots, result);
    for (uint32_t i = 0; i < n; i++)
        value_release(st, slots[i]);
    frame_pop(&st->top, &frame);
    object_release(st, &fn->head);
    call_leave_fast(st);
    return ok;
}

struct counter {
    int64_t at, end;
};

static bool engine_generator_new(struct state *st, struct function *f,
                                 struct value *args, struct value *out)
{
    struct counter *c = calloc(1, sizeof *c);
    ck_assert_ptr_nonnull(c);
    c->end = f->proto->nparams > 0 ? args[0].as.integer : 3;
    if (generator_new(st, f, c, out))
        return true;
    free(c);
    return false;
}

static bool engine_generator_resume(struct state *st, struct value generator,
                                    bool *done, struct value *item)
{
    struct generator *g = GENERATOR_OF(generator);
    struct counter *c = g->body;
    struct fake *fake = (struct fake *)(void *)g->function->proto;
    if (c->at == c->end) {
        *done = true;
        return true;
    }
    c->at++;
    *done = false;
    if (fake->body != NULL) {
        struct value self = generator;
        return fake->body(st, &self, item);
    }
    *item = value_int(c->at - 1);
    return true;
}

static void engine_generator_free(struct state *st, struct object *generator)
{
    (void)st;
    struct generator *g = (struct generator *)(void *)generator;
    free(g->body);
    g->body = NULL;
}

static const struct engine fake_engine = {
    .name = "fake",
    .call = engine_call,
    .generator_new = engine_generator_new,
    .generator_resume = engine_generator_resume,
    .generator_free = engine_generator_free,
};

/* ---- values ------------------------------------------------------------------------- */

struct state *fixture_state(const struct builtin *builtins, uint32_t nbuiltins)
{
    struct state_config config = {
        .engine = &fake_engine,
        .builtins = builtins,
        .nbuiltins = nbuiltins,
        .hash_seed = 1,
    };
    struct state *st = state_new(&config);
    ck_assert_ptr_nonnull(st);
    struct heap_stats stats;
    heap_stats_read(st, &stats);
    st->top_floor = malloc(sizeof(uint64_t));
    ck_assert_ptr_nonnull(st->top_floor);
    memcpy(st->top_floor, &stats.objects_alive, sizeof(uint64_t));
    return st;
}

void fixture_free(struct state *st)
{
    struct heap_stats stats;
    uint64_t before;
    error_clear(st);
    gc_collect(st);
    /* Shapes live as long as the isolate and keep their names. */
    shape_table_done(st);
    heap_stats_read(st, &stats);
    memcpy(&before, st->top_floor, sizeof before);
    ck_assert_uint_eq(stats.objects_alive, before);
    free(st->top_floor);
    state_free(st);
}

void fixture_proto(struct fake *f, const char *name, uint32_t nparams, uint32_t flags,
                   uint32_t offset, fake_body body)
{
    static uint32_t next_id = 1;
    *f = (struct fake){.body = body, .offset = offset};
    f->proto.id = next_id++;
    f->proto.name = name;
    f->proto.profile_name = name;
    f->proto.nparams = nparams;
    f->proto.nlocals = nparams;
    f->proto.flags = flags;
    f->proto.source = &fixture_source;
}

struct value fixture_function(struct state *st, struct fake *f)
{
    struct function *fn = function_new(st, &f->proto, NULL, NULL);
    ck_assert_ptr_nonnull(fn);
    return value_object(&fn->head);
}

struct value fixture_string(struct state *st, const char *text)
{
    struct value v;
    ck_assert(string_make_text(st, text, &v));
    return v;
}

struct value fixture_ints(struct state *st, const int64_t *items, size_t n)
{
    struct value v;
    ck_assert(array_make_empty(st, &v));
    for (size_t i = 0; i < n; i++)
        ck_assert(array_push_take(st, &v, value_int(items[i])));
    return v;
}

struct value fixture_struct(struct state *st, const char *name, struct fake *methods,
                            uint32_t nmethods)
{
    struct function *functions[16];
    struct value def, v;
    ck_assert_uint_le(nmethods, 16);
    for (uint32_t i = 0; i < nmethods; i++)
        functions[i] = FUNCTION_OF(fixture_function(st, &methods[i]));
    ck_assert(structdef_new(st, name, 0, NULL, NULL, nmethods, functions, &def));
    for (uint32_t i = 0; i < nmethods; i++)
        object_release(st, &functions[i]->head);
    ck_assert(
        struct_make_take(st, STRUCTDEF_OF(def)->shape, STRUCTDEF_OF(def), NULL, &v));
    value_release(st, def);
    return v;
}

const char *fixture_message(const struct state *st)
{
    if (st->error.kind != ERROR_RAISED || st->error.message.kind != VALUE_STRING)
        return "";
    return STRING_OF(st->error.message)->data;
}

const char *fixture_text(struct state *st, struct value v)
{
    static struct strbuf text;
    strbuf_clear(&text);
    ck_assert(print_display(st, &text, v));
    return strbuf_str(&text);
}

void fixture_expect_error(struct state *st, const char *message)
{
    ck_assert_str_eq(fixture_message(st), message);
    error_clear(st);
}
