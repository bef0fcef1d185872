# Exporters are part of libruffprof.
profiler_libruffprof_la_SOURCES += \
	profiler/export/callgrind.c \
	profiler/export/exporter.c profiler/export/exporter.h \
	profiler/export/folded.c \
	profiler/export/html.c \
	profiler/export/json.c \
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
$(profiler_libruffprof_la_OBJECTS): profiler/export/flame_assets.h
