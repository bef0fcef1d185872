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
check_PROGRAMS += tests/unit/heap_test
tests_unit_heap_test_SOURCES = tests/unit/heap_test.c tests/unit/core_unit.h
tests_unit_heap_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/string_test
tests_unit_string_test_SOURCES = tests/unit/string_test.c tests/unit/core_unit.h
tests_unit_string_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/array_test
tests_unit_array_test_SOURCES = tests/unit/array_test.c tests/unit/core_unit.h
tests_unit_array_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/dict_test
tests_unit_dict_test_SOURCES = tests/unit/dict_test.c tests/unit/core_unit.h
tests_unit_dict_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/structs_test
tests_unit_structs_test_SOURCES = tests/unit/structs_test.c tests/unit/core_unit.h
tests_unit_structs_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/collection_test
tests_unit_collection_test_SOURCES = tests/unit/collection_test.c tests/unit/core_unit.h
tests_unit_collection_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/gc_test
tests_unit_gc_test_SOURCES = tests/unit/gc_test.c tests/unit/core_unit.h
tests_unit_gc_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/print_test
tests_unit_print_test_SOURCES = tests/unit/print_test.c tests/unit/core_unit.h
tests_unit_print_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/compare_test
tests_unit_compare_test_SOURCES = tests/unit/compare_test.c tests/unit/core_unit.h
tests_unit_compare_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/conduit_test
tests_unit_conduit_test_SOURCES = tests/unit/conduit_test.c
tests_unit_conduit_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/parcel_test
tests_unit_parcel_test_SOURCES = tests/unit/parcel_test.c tests/unit/core_unit.h
tests_unit_parcel_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/function_test
tests_unit_function_test_SOURCES = tests/unit/function_test.c tests/unit/core_unit.h
tests_unit_function_test_LDADD = $(UNIT_LIBS) $(CORE_LIBS)
