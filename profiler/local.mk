noinst_LTLIBRARIES += profiler/libruffprof.la
profiler_libruffprof_la_SOURCES = \
	profiler/alloc_counts.c profiler/alloc_counts.h \
	profiler/alloc_tracker.c profiler/alloc_tracker.h \
	profiler/cfi.c profiler/cfi.h \
	profiler/collector.c profiler/collector.h \
	profiler/events.c profiler/events.h \
	profiler/annotate.c profiler/annotate.h \
	profiler/idmap.c profiler/idmap.h \
	profiler/live_table.c profiler/live_table.h \
	profiler/model.c profiler/model.h \
	profiler/model_folded.c profiler/model_folded.h \
	profiler/model_read.c \
	profiler/model_settle.c profiler/model_settle.h \
	profiler/model_threads.c profiler/model_threads.h \
	profiler/modules.c profiler/modules.h \
	profiler/pattern.c profiler/pattern.h \
	profiler/process_memory.c profiler/process_memory.h \
	profiler/recorder.c profiler/recorder.h \
	profiler/recorders.c profiler/recorders.h \
	profiler/refusal.c profiler/refusal.h \
	profiler/report.c profiler/report.h \
	profiler/report_json.c profiler/report_json.h \
	profiler/report_tree.c profiler/report_tree.h \
	profiler/ring.c profiler/ring.h \
	profiler/rows.c profiler/rows.h \
	profiler/rprof_format.c profiler/rprof_format.h \
	profiler/rprof_reader.c profiler/rprof_reader.h \
	profiler/rprof_writer.c profiler/rprof_writer.h \
	profiler/ruffprof_profile.c \
	profiler/sampler.c profiler/sampler.h \
	profiler/session.c \
	profiler/shares.c profiler/shares.h \
	profiler/stack_stream.c profiler/stack_stream.h \
	profiler/symbols.c profiler/symbols.h \
	profiler/trigger.c profiler/trigger.h \
	profiler/unwind.c profiler/unwind.h \
	profiler/view.c profiler/view.h \
	profiler/view_tree.c profiler/view_tree.h \
	profiler/walker.c profiler/walker.h

noinst_HEADERS += profiler/include/ruffprof.h

bin_PROGRAMS += ruffprof
ruffprof_SOURCES = \
	profiler/ruffprof_main.c profiler/commands.h \
	profiler/cmd_annotate.c \
	profiler/cmd_export.c \
	profiler/cmd_flamegraph.c \
	profiler/cmd_info.c \
	profiler/cmd_list.c \
	profiler/cmd_record.c \
	profiler/cmd_report.c \
	profiler/cmd_selftest.c \
	profiler/cmd_stat.c \
	profiler/reading.c profiler/reading.h \
	profiler/script.c profiler/script.h
ruffprof_LDADD = $(RUFFPROF_LIBS)

noinst_HEADERS += profiler/include/ruffprof_session.h
