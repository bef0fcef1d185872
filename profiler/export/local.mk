# Exporters are part of libruffprof:
# profiler_libruffprof_la_SOURCES += profiler/export/NAME.c
