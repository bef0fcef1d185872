/*
 * program_fixture.h - a source text as a unit of prototypes in an isolate, for tests of
 * bytecode and vm. The isolate knows one builtin, `push` (row of lang/builtins.def), and
 * `print`, which collects display forms in the fixture.
 */
#ifndef PROGRAM_FIXTURE_H
#define PROGRAM_FIXTURE_H

#include "base/strbuf.h"
#include "core/builtin.h"
#include "core/state.h"

struct program {
    struct state *st;
    struct unit unit;
    struct source *source;
    struct ast_unit *ast;
    uint32_t *line_starts;
    struct builtin *builtins;
    struct strbuf printed; /* what print was given, a line each */
};

/* Parses and resolves `text`, which must be right; asserts otherwise. */
void program_init(struct program *p, const struct engine *engine, const char *text);
/* Asserts that every object of the isolate is gone. */
void program_done(struct program *p);
/* The prototype of this name; asserts that there is one. */
struct proto *program_proto(struct program *p, const char *name);
/* A closure without captures over a prototype and fresh globals, owned. */
struct function *program_function(struct program *p, struct proto *proto);
/* Runs the main function on the isolate's stack. False: an error is pending. */
bool program_run(struct program *p);
/* The listing of one function as `ruff disasm` shows it without meanings. Valid until the
   next call. */
const char *program_listing(struct program *p, const char *name, bool optimized);
/* How often `needle` occurs in `text`. */
unsigned program_count(const char *text, const char *needle);

#endif
