TESTS += tests/golden/readers.sh
EXTRA_DIST += tests/golden/readers.sh tests/golden/pprof_decode.py

EXTRA_PROGRAMS += tests/golden/rprof_fixture
tests_golden_rprof_fixture_SOURCES = tests/golden/rprof_fixture.c
tests_golden_rprof_fixture_LDADD = profiler/libruffprof.la runtime/base/libbase.la
