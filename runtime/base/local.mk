noinst_LTLIBRARIES += runtime/base/libbase.la
runtime_base_libbase_la_SOURCES = \
	runtime/base/arena.c runtime/base/arena.h \
	runtime/base/diag.c runtime/base/diag.h \
	runtime/base/excerpt.c runtime/base/excerpt.h \
	runtime/base/hash.c runtime/base/hash.h \
	runtime/base/json_writer.c runtime/base/json_writer.h \
	runtime/base/manual.c runtime/base/manual.h \
	runtime/base/map.c runtime/base/map.h \
	runtime/base/mem.c runtime/base/mem.h \
	runtime/base/numtext.c runtime/base/numtext.h \
	runtime/base/options.c runtime/base/options.h \
	runtime/base/os_linux.c runtime/base/os_linux.h \
	runtime/base/prng.c runtime/base/prng.h \
	runtime/base/sizing.h \
	runtime/base/strbuf.c runtime/base/strbuf.h \
	runtime/base/suggest.c runtime/base/suggest.h \
	runtime/base/suite_path.c runtime/base/suite_path.h \
	runtime/base/utf8.c runtime/base/utf8.h \
	runtime/base/vec.h
