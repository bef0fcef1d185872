/*
 * What every unit test shares: Check, and a main that reports through TAP.
 *
 * A test file builds one suite and ends with
 *
 *     int main(void)
 *     {
 *         return unit_run(ring_suite());
 *     }
 *
 * Include it after the headers under test; it pulls in <check.h>.
 */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>

/* Runs every test of `suite` (each in its own process unless CK_FORK=no), prints TAP on
   stdout and gives the exit code: 0 when all passed, 1 otherwise. Takes the suite. */
int unit_run(Suite *suite);

/* A suite of one case: `tests` ends with NULL. The time limit of each test is 120 s, far
   above what any needs, because a busy machine must not fail a test. */
Suite *unit_suite(const char *name, const TTest *const *tests);

#endif
