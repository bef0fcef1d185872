noinst_LTLIBRARIES += runtime/core/libcore.la
runtime_core_libcore_la_SOURCES =
