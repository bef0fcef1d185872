/*
 * tests.h - test blocks (language.md 17): what of a program stays for `ruff test`, and how
 * one test is run.
 *
 * A program loaded for its tests keeps only top-level declarations (func, struct, enum,
 * const, import), followed by the statements of the last test_setup: each test runs in fresh
 * globals made by them, so names that setup creates are visible to the test and its teardown.
 */
#ifndef RUFF_TESTS_H
#define RUFF_TESTS_H

#include <stdbool.h>

#include "program.h"

/*
 * Prepares a parsed, not yet resolved unit: fills p's tests and teardown and rewrites the
 * top level. False when memory is out.
 */
bool tests_prepare(struct ruff_program *p, struct ast_unit *unit);
/* Frees what tests_prepare made in the program itself. */
void tests_done(struct ruff_program *p);

#endif
