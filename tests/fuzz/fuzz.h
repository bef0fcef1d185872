/*
 * What a fuzz target looks like: one file NAME_fuzz.c with the function below, listed in
 * tests/fuzz/local.mk. `make check` runs it over the seeds in corpus/NAME (driver.c);
 * tests/fuzz/run builds it with libFuzzer and lets it search.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Must return 0 for any input, leave nothing behind, and abort() when a rule is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
