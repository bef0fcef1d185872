noinst_LTLIBRARIES += runtime/base/libbase.la
runtime_base_libbase_la_SOURCES =
