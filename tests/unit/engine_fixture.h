/*
 * engine_fixture.h - an isolate with an engine that is a few lines of C, for tests of core.
 *
 * A "Ruff function" is a struct fake: a prototype whose body is a C function. The engine
 * counts depth and publishes frames as a real one does. A generator of the fake engine
 * yields 0, 1, 2 ... below its first argument; with a body it calls that for each step.
 */
#ifndef ENGINE_FIXTURE_H
#define ENGINE_FIXTURE_H

#include "core/builtin.h"
#include "core/function.h"
#include "core/state.h"

/* slots: the parameters, released by the engine afterwards. */
typedef bool (*fake_body)(struct state *st, struct value *slots, struct value *result);

struct fake {
    struct proto proto;
    fake_body body;
    uint32_t offset; /* position the frame shows */
};

/* "let a := 1\nlet b := 2\nlet c := 3\n": three lines of eleven bytes. */
extern const struct source_ref fixture_source;

/* A fresh isolate over `builtins` (NULL: none). */
struct state *fixture_state(const struct builtin *builtins, uint32_t nbuiltins);
/* Fills `f`: nparams includes the receiver when flags has PROTO_METHOD. */
void fixture_proto(struct fake *f, const char *name, uint32_t nparams, uint32_t flags,
                   uint32_t offset, fake_body body);
/* A function value over it, owned. */
struct value fixture_function(struct state *st, struct fake *f);
/* A string value, owned. */
struct value fixture_string(struct state *st, const char *text);
/* An array of ints, owned. */
struct value fixture_ints(struct state *st, const int64_t *items, size_t n);
/* A struct `name` whose definition has `nmethods` methods and no fields, owned. */
struct value fixture_struct(struct state *st, const char *name, struct fake *methods,
                            uint32_t nmethods);
/* Message of the pending error, "" when there is none; valid until it is cleared. */
const char *fixture_message(const struct state *st);
/* Display form, valid until the next call. */
const char *fixture_text(struct state *st, struct value v);
/* Asserts the pending error's message and clears it. */
void fixture_expect_error(struct state *st, const char *message);
/* Frees the isolate; asserts that all objects made since it began are gone. */
void fixture_free(struct state *st);

#endif
