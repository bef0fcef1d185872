# One program per module: tests/unit/MODULE_test.c. Each floor lists its own in FLOOR.mk:
#
#   check_PROGRAMS += tests/unit/ring_test
#   tests_unit_ring_test_SOURCES = tests/unit/ring_test.c
#   tests_unit_ring_test_LDADD = $(UNIT_LIBS) $(RUFFPROF_LIBS)
#
# UNIT_LIBS comes first; then the X_LIBS of the module's own floor (see Makefile.am).

check_LTLIBRARIES += tests/unit/libunit.la
tests_unit_libunit_la_SOURCES = tests/unit/unit.c tests/unit/unit.h
tests_unit_libunit_la_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
UNIT_LIBS = tests/unit/libunit.la $(CHECK_LIBS)
TESTS += $(check_PROGRAMS)

include $(top_srcdir)/tests/unit/base.mk
include $(top_srcdir)/tests/unit/front.mk
include $(top_srcdir)/tests/unit/core.mk
include $(top_srcdir)/tests/unit/lib.mk
include $(top_srcdir)/tests/unit/interp.mk
include $(top_srcdir)/tests/unit/bytecode.mk
include $(top_srcdir)/tests/unit/vm.mk
include $(top_srcdir)/tests/unit/runtime.mk
include $(top_srcdir)/tests/unit/profiler.mk
include $(top_srcdir)/tests/unit/bench.mk
