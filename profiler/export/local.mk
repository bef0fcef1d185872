# Exporters are part of libruffprof.
profiler_libruffprof_la_SOURCES += \
	profiler/export/callgrind.c \
	profiler/export/exporter.c profiler/export/exporter.h \
	profiler/export/firefox.c \
	profiler/export/folded.c \
	profiler/export/gzip.c profiler/export/gzip.h \
	profiler/export/html.c \
	profiler/export/json.c \
	profiler/export/pprof.c \
	profiler/export/speedscope.c \
	profiler/export/svg.c profiler/export/svg.h \
	profiler/export/svg_color.c profiler/export/svg_color.h \
	profiler/export/svg_legend.c profiler/export/svg_legend.h

# The picture's style and script become C arrays of their lines: one string literal of the
# whole would be longer than compilers must accept.
BUILT_SOURCES += profiler/export/flame_assets.h
CLEANFILES += profiler/export/flame_assets.h
EXTRA_DIST += profiler/export/flame.css profiler/export/flame.js

profiler/export/flame_assets.h: profiler/export/flame.css profiler/export/flame.js
	$(AM_V_GEN)$(MKDIR_P) $(@D) && for name in css js; do \
		echo "static const char *const flame_$$name[] = {"; \
		$(SED) -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$$/\\n",/' \
			$(srcdir)/profiler/export/flame.$$name; \
		echo '    0,'; echo '};'; \
	done > $@.tmp && mv $@.tmp $@

# pprof's messages. What protoc-c writes does not follow our warnings, so it is a library
# of its own without them.
noinst_LTLIBRARIES += profiler/export/libpprof.la
nodist_profiler_export_libpprof_la_SOURCES = \
	profiler/export/profile.pb-c.c profiler/export/profile.pb-c.h
profiler_export_libpprof_la_CFLAGS = $(CODE_CFLAGS) $(SAN_CFLAGS) $(PROTOBUF_C_CFLAGS)
profiler_libruffprof_la_LIBADD = profiler/export/libpprof.la
PROFILE_PB = profiler/export/profile.pb-c.c profiler/export/profile.pb-c.h
BUILT_SOURCES += $(PROFILE_PB)
CLEANFILES += $(PROFILE_PB)
EXTRA_DIST += profiler/export/profile.proto

profiler/export/profile.pb-c.c: profiler/export/profile.proto
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(PROTOC_C) --proto_path=$(srcdir)/profiler/export \
		--c_out=$(@D) $(srcdir)/profiler/export/profile.proto
profiler/export/profile.pb-c.h: profiler/export/profile.pb-c.c

$(profiler_libruffprof_la_OBJECTS): profiler/export/flame_assets.h $(PROFILE_PB)
