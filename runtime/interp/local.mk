noinst_LTLIBRARIES += runtime/interp/libinterp.la
runtime_interp_libinterp_la_SOURCES =
