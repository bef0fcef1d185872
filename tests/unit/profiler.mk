# Unit tests of the floor `profiler`.
check_PROGRAMS += tests/unit/rprof_reader_test tests/unit/rprof_writer_test
tests_unit_rprof_reader_test_SOURCES = tests/unit/rprof_reader_test.c
tests_unit_rprof_reader_test_LDADD = $(UNIT_LIBS) profiler/libruffprof.la
tests_unit_rprof_writer_test_SOURCES = tests/unit/rprof_writer_test.c
tests_unit_rprof_writer_test_LDADD = $(UNIT_LIBS) profiler/libruffprof.la
