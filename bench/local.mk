noinst_LTLIBRARIES += bench/libruffbench.la
bench_libruffbench_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
bench_libruffbench_la_SOURCES = \
	bench/bootstrap.c bench/bootstrap.h \
	bench/compare.c bench/compare.h \
	bench/environment.c bench/environment.h \
	bench/plan.c bench/plan.h \
	bench/process.c bench/process.h \
	bench/protocol.c bench/protocol.h \
	bench/quantity.c bench/quantity.h \
	bench/series.c bench/series.h \
	bench/stats.c bench/stats.h \
	bench/steady.c bench/steady.h \
	bench/suite.c bench/suite.h \
	bench/text.c bench/text.h \
	bench/timer.c bench/timer.h

bin_PROGRAMS += ruffbench
ruffbench_SOURCES = bench/ruffbench_main.c
ruffbench_LDADD = $(RUFFBENCH_LIBS)
