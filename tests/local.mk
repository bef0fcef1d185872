# Every test speaks TAP, so that scripts/check counts single tests. Programs are Check
# suites (tests/unit), scripts are bash and source tests/lib.sh.

TEST_EXTENSIONS = .sh .py
tap_driver = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(tap_driver)
SH_LOG_DRIVER = $(tap_driver)
SH_LOG_COMPILER = bash
PY_LOG_DRIVER = $(tap_driver)
PY_LOG_COMPILER = python3
# $RUFFPROF means something to `ruff` itself, hence the suffix. `make check` tests the
# programs just built unless the caller names others (an installation with a prefix).
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	RUFF_PROGRAM="$${RUFF_PROGRAM-$(abs_top_builddir)/ruff}"; export RUFF_PROGRAM; \
	RUFFPROF_PROGRAM="$${RUFFPROF_PROGRAM-$(abs_top_builddir)/ruffprof}"; export RUFFPROF_PROGRAM; \
	RUFFBENCH_PROGRAM="$${RUFFBENCH_PROGRAM-$(abs_top_builddir)/ruffbench}"; export RUFFBENCH_PROGRAM;

# Every check_PROGRAMS entry is a test. A program that tests only call is listed in
# EXTRA_PROGRAMS and built before them.
EXTRA_PROGRAMS =
check_DATA = $(EXTRA_PROGRAMS)
CLEANFILES += $(EXTRA_PROGRAMS)

include $(top_srcdir)/tests/unit/local.mk
include $(top_srcdir)/tests/layers/local.mk
include $(top_srcdir)/tests/language/local.mk
include $(top_srcdir)/tests/depth/local.mk
include $(top_srcdir)/tests/generated/local.mk
include $(top_srcdir)/tests/cli/local.mk
include $(top_srcdir)/tests/golden/local.mk
include $(top_srcdir)/tests/fuzz/local.mk
include $(top_srcdir)/tests/faults/local.mk
include $(top_srcdir)/tests/accuracy/local.mk
include $(top_srcdir)/tests/browser/local.mk
