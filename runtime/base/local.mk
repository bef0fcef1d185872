noinst_LTLIBRARIES += runtime/base/libbase.la
runtime_base_libbase_la_SOURCES = \
	runtime/base/arena.c runtime/base/arena.h \
	runtime/base/excerpt.c runtime/base/excerpt.h \
	runtime/base/hash.c runtime/base/hash.h \
	runtime/base/map.c runtime/base/map.h \
	runtime/base/mem.c runtime/base/mem.h \
	runtime/base/os_linux.c runtime/base/os_linux.h \
	runtime/base/prng.c runtime/base/prng.h \
	runtime/base/strbuf.c runtime/base/strbuf.h \
	runtime/base/utf8.c runtime/base/utf8.h \
	runtime/base/vec.h
