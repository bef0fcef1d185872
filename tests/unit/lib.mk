# Unit tests of the floor `lib`. ENGINE_FIXTURE is in core.mk.

check_PROGRAMS += tests/unit/lib_builtins_test
tests_unit_lib_builtins_test_SOURCES = tests/unit/lib_builtins_test.c $(ENGINE_FIXTURE)
tests_unit_lib_builtins_test_LDADD = $(UNIT_LIBS) $(LIB_LIBS)

check_PROGRAMS += tests/unit/lib_regex_dialect_test
tests_unit_lib_regex_dialect_test_SOURCES = tests/unit/lib_regex_dialect_test.c
tests_unit_lib_regex_dialect_test_LDADD = $(UNIT_LIBS) $(LIB_LIBS)

check_PROGRAMS += tests/unit/lib_sort_test
tests_unit_lib_sort_test_SOURCES = tests/unit/lib_sort_test.c
tests_unit_lib_sort_test_LDADD = $(UNIT_LIBS) $(LIB_LIBS)

check_PROGRAMS += tests/unit/lib_text_test
tests_unit_lib_text_test_SOURCES = tests/unit/lib_text_test.c
tests_unit_lib_text_test_LDADD = $(UNIT_LIBS) $(LIB_LIBS)

check_PROGRAMS += tests/unit/lib_regex_linear_test
tests_unit_lib_regex_linear_test_SOURCES = tests/unit/lib_regex_linear_test.c
tests_unit_lib_regex_linear_test_LDADD = $(UNIT_LIBS) $(LIB_LIBS)
