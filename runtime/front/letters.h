/*
 * letters.h - which code points may stand in an identifier (language.md 2.2).
 */
#ifndef FRONT_LETTERS_H
#define FRONT_LETTERS_H

#include <stdbool.h>
#include <stdint.h>

/* True for letters and digits of any script and for `_`. An identifier starts with one of
   the ASCII ones that is no digit. */
bool letters_continue_identifier(uint32_t code_point);

#endif
