noinst_LTLIBRARIES += runtime/front/libfront.la
runtime_front_libfront_la_SOURCES =
