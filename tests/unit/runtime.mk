# Unit tests of the floor `runtime`.

check_PROGRAMS += tests/unit/isolate_test
tests_unit_isolate_test_SOURCES = tests/unit/isolate_test.c
tests_unit_isolate_test_LDADD = $(UNIT_LIBS) $(RUFF_LIBS)
