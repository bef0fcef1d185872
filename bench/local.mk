noinst_LTLIBRARIES += bench/libruffbench.la
bench_libruffbench_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
bench_libruffbench_la_SOURCES = \
	bench/bootstrap.c bench/bootstrap.h \
	bench/command.c bench/command.h \
	bench/compare.c bench/compare.h \
	bench/environment.c bench/environment.h \
	bench/job.c bench/job.h \
	bench/pictures.c bench/pictures.h \
	bench/plan.c bench/plan.h \
	bench/process.c bench/process.h \
	bench/profiled.c bench/profiled.h \
	bench/program.c bench/program.h \
	bench/progress.c bench/progress.h \
	bench/protocol.c bench/protocol.h \
	bench/quantity.c bench/quantity.h \
	bench/request.c bench/request.h \
	bench/results.c bench/results.h \
	bench/runner.c bench/runner.h \
	bench/series.c bench/series.h \
	bench/sink.c bench/sink.h \
	bench/stats.c bench/stats.h \
	bench/steady.c bench/steady.h \
	bench/suite.c bench/suite.h \
	bench/textbuf.c bench/textbuf.h \
	bench/timer.c bench/timer.h \
	bench/worker.c bench/worker.h

bin_PROGRAMS += ruffbench
ruffbench_SOURCES = bench/ruffbench_main.c
ruffbench_LDADD = $(RUFFBENCH_LIBS)
