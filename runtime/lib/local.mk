noinst_LTLIBRARIES += runtime/lib/liblib.la
runtime_lib_liblib_la_SOURCES =
