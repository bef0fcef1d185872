# Unit tests of the floor `core`.

# An isolate with an engine made of C functions.
ENGINE_FIXTURE = tests/unit/engine_fixture.c tests/unit/engine_fixture.h

check_PROGRAMS += tests/unit/arith_test
tests_unit_arith_test_SOURCES = tests/unit/arith_test.c $(ENGINE_FIXTURE)
tests_unit_arith_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/call_test
tests_unit_call_test_SOURCES = tests/unit/call_test.c $(ENGINE_FIXTURE)
tests_unit_call_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/error_test
tests_unit_error_test_SOURCES = tests/unit/error_test.c $(ENGINE_FIXTURE)
tests_unit_error_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/fiber_test
tests_unit_fiber_test_SOURCES = tests/unit/fiber_test.c $(ENGINE_FIXTURE)
tests_unit_fiber_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/iter_test
tests_unit_iter_test_SOURCES = tests/unit/iter_test.c $(ENGINE_FIXTURE)
tests_unit_iter_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/ops_test
tests_unit_ops_test_SOURCES = tests/unit/ops_test.c $(ENGINE_FIXTURE)
tests_unit_ops_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/path_test
tests_unit_path_test_SOURCES = tests/unit/path_test.c $(ENGINE_FIXTURE)
tests_unit_path_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/state_test
tests_unit_state_test_SOURCES = tests/unit/state_test.c $(ENGINE_FIXTURE)
tests_unit_state_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)
