/*
 * front.h - the front end as the rest of the runtime sees it: text to tree.
 *
 *     struct source *source = source_new(path, text, len);
 *     struct ast_unit *unit = NULL;
 *     if (front_parse(&(struct front_input){.source = source}, &unit, &diags) &&
 *         front_resolve(unit, &imports, &diags))
 *         ... run unit ...
 *     front_unit_free(unit);
 *     source_free(source);
 *
 * The two steps are apart because resolving `import m` needs the exports of m, which are
 * known once m is parsed: a loader parses a module when it is first asked for, and no cycle of
 * imports can catch it.
 */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include "front/ast.h"
#include "front/diagnostics.h"
#include "front/resolve.h"
#include "front/source.h"

struct front_input {
    const struct source *source; /* borrowed for the life of the unit */
};

/*
 * Lexes and parses. On success *out is a unit whose names are not resolved yet (its `exports`
 * are known); the caller frees it with front_unit_free. On failure `diags` holds the reasons,
 * in the order of the text, and *out is untouched.
 */
bool front_parse(const struct front_input *in, struct ast_unit **out,
                 struct diagnostics *diags);

/*
 * Resolves the names of a parsed unit, once. `input` may be NULL. False without memory, noted
 * in `diags`; the unit must then only be freed.
 */
bool front_resolve(struct ast_unit *unit, const struct resolve_input *input,
                   struct diagnostics *diags);

/* Frees the tree and everything in it, not the source. Harmless on NULL. */
void front_unit_free(struct ast_unit *unit);

/*
 * Calls `offer` for each name of the program that a function can see, the function's own
 * bindings first, then those of the functions around it, then globals. For "did you mean".
 */
void front_visible_names(const struct ast_unit *unit,
                         const struct ast_function *function,
                         void (*offer)(void *context, const char *name, size_t len),
                         void *context);

#endif
