# Unit tests of the floor `profiler`. The reading half needs no runtime.
PROFILER_READING_LIBS = $(UNIT_LIBS) profiler/libruffprof.la runtime/base/libbase.la \
	$(DW_LIBS) $(PCRE2_LIBS) $(PROTOBUF_C_LIBS) $(ZLIB_LIBS)

check_PROGRAMS += \
	tests/unit/export_test \
	tests/unit/model_test \
	tests/unit/rprof_reader_test \
	tests/unit/rprof_writer_test \
	tests/unit/shares_test \
	tests/unit/view_test
tests_unit_export_test_SOURCES = tests/unit/export_test.c
tests_unit_export_test_LDADD = $(PROFILER_READING_LIBS)
tests_unit_model_test_SOURCES = tests/unit/model_test.c
tests_unit_model_test_LDADD = $(PROFILER_READING_LIBS)
tests_unit_rprof_reader_test_SOURCES = tests/unit/rprof_reader_test.c
tests_unit_rprof_reader_test_LDADD = $(PROFILER_READING_LIBS)
tests_unit_rprof_writer_test_SOURCES = tests/unit/rprof_writer_test.c
tests_unit_rprof_writer_test_LDADD = $(PROFILER_READING_LIBS)
tests_unit_shares_test_SOURCES = tests/unit/shares_test.c
tests_unit_shares_test_LDADD = $(PROFILER_READING_LIBS)
tests_unit_view_test_SOURCES = tests/unit/view_test.c
tests_unit_view_test_LDADD = $(PROFILER_READING_LIBS)

# The recording half samples a real runtime.
RECORDING_FIXTURE = tests/unit/recording_fixture.c tests/unit/recording_fixture.h
check_PROGRAMS += \
	tests/unit/recorders_test \
	tests/unit/recording_test \
	tests/unit/ring_test \
	tests/unit/single_step_test \
	tests/unit/single_step_unpinned_test \
	tests/unit/stack_stream_test \
	tests/unit/trigger_test \
	tests/unit/walker_test
tests_unit_recorders_test_SOURCES = tests/unit/recorders_test.c $(RECORDING_FIXTURE)
tests_unit_recorders_test_LDADD = $(UNIT_LIBS) $(RUFFPROF_LIBS)
tests_unit_recording_test_SOURCES = tests/unit/recording_test.c $(RECORDING_FIXTURE)
tests_unit_recording_test_LDADD = $(UNIT_LIBS) $(RUFFPROF_LIBS)
tests_unit_ring_test_SOURCES = tests/unit/ring_test.c
tests_unit_ring_test_LDADD = $(UNIT_LIBS) $(RUFFPROF_LIBS)
tests_unit_single_step_test_SOURCES = tests/unit/single_step_test.c
tests_unit_single_step_test_LDADD = $(UNIT_LIBS) $(RUFF_LIBS)
# The same with the dispatch loop of builds that keep the pc in no register.
tests_unit_single_step_unpinned_test_SOURCES = tests/unit/single_step_test.c runtime/vm/vm.c
tests_unit_single_step_unpinned_test_CFLAGS = $(BARE_CFLAGS) -DVM_UNPINNED
tests_unit_single_step_unpinned_test_LDADD = $(UNIT_LIBS) $(RUFF_LIBS)
# Hard builds only: that their sizes are tiny, in base, core, the runtime and here.
if HARD_TESTS
check_PROGRAMS += tests/unit/sizing_test
tests_unit_sizing_test_SOURCES = tests/unit/sizing_test.c
tests_unit_sizing_test_LDADD = $(UNIT_LIBS) $(RUFFPROF_LIBS)
endif
tests_unit_stack_stream_test_SOURCES = tests/unit/stack_stream_test.c
tests_unit_stack_stream_test_LDADD = $(UNIT_LIBS) $(RUFFPROF_LIBS)
tests_unit_trigger_test_SOURCES = tests/unit/trigger_test.c
tests_unit_trigger_test_LDADD = $(UNIT_LIBS) $(RUFFPROF_LIBS)
tests_unit_walker_test_SOURCES = tests/unit/walker_test.c
tests_unit_walker_test_LDADD = $(UNIT_LIBS) $(RUFFPROF_LIBS)
