# Unit tests of the floor `bench`.

check_PROGRAMS += \
	tests/unit/bootstrap_test \
	tests/unit/process_test \
	tests/unit/report_test \
	tests/unit/runner_test \
	tests/unit/stats_test \
	tests/unit/steady_test \
	tests/unit/suite_test \
	tests/unit/timer_test
BENCH_UNIT_LIBS = $(UNIT_LIBS) bench/libruffbench.la $(BASE_LIBS) $(JANSSON_LIBS)
tests_unit_bootstrap_test_SOURCES = tests/unit/bootstrap_test.c
tests_unit_bootstrap_test_LDADD = $(BENCH_UNIT_LIBS)
tests_unit_process_test_SOURCES = tests/unit/process_test.c
tests_unit_process_test_LDADD = $(BENCH_UNIT_LIBS)
tests_unit_report_test_SOURCES = tests/unit/report_test.c
tests_unit_report_test_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_report_test_LDADD = $(UNIT_LIBS) $(RUFFBENCH_LIBS)
tests_unit_runner_test_SOURCES = tests/unit/runner_test.c
tests_unit_runner_test_LDADD = $(UNIT_LIBS) $(RUFFBENCH_LIBS)
tests_unit_stats_test_SOURCES = tests/unit/stats_test.c
tests_unit_stats_test_LDADD = $(BENCH_UNIT_LIBS)
tests_unit_steady_test_SOURCES = tests/unit/steady_test.c
tests_unit_steady_test_LDADD = $(BENCH_UNIT_LIBS)
tests_unit_suite_test_SOURCES = tests/unit/suite_test.c
tests_unit_suite_test_LDADD = $(BENCH_UNIT_LIBS)
tests_unit_timer_test_SOURCES = tests/unit/timer_test.c
tests_unit_timer_test_LDADD = $(BENCH_UNIT_LIBS)

# Plays the worker of runner_test.
EXTRA_PROGRAMS += tests/unit/fake_worker
tests_unit_fake_worker_SOURCES = tests/unit/fake_worker.c
tests_unit_fake_worker_LDADD = $(RUFFBENCH_LIBS)
