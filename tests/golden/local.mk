# TESTS += tests/golden/NAME.sh

EXTRA_PROGRAMS += tests/golden/rprof_fixture
tests_golden_rprof_fixture_SOURCES = tests/golden/rprof_fixture.c
tests_golden_rprof_fixture_LDADD = profiler/libruffprof.la runtime/base/libbase.la
