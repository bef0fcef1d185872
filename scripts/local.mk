# What is installed beside the programs: manual pages and completions of shells. dist-hook
# ships the scripts themselves, which run from the source tree.

RUFF_PAGES = man/ruff.1 \
	man/ruff-run.1 man/ruff-check.1 man/ruff-disasm.1 man/ruff-test.1 man/ruff-repl.1
RUFFPROF_PAGES = man/ruffprof.1 \
	man/ruffprof-record.1 man/ruffprof-report.1 man/ruffprof-annotate.1 \
	man/ruffprof-flamegraph.1 man/ruffprof-export.1 man/ruffprof-info.1 \
	man/ruffprof-stat.1 man/ruffprof-list.1 man/ruffprof-selftest.1
RUFFBENCH_PAGES = man/ruffbench.1 man/ruffbench-list.1 man/ruffbench-doctor.1
PAGES = $(RUFF_PAGES) $(RUFFPROF_PAGES) $(RUFFBENCH_PAGES)

# Each page is printed by the program it describes; a machine that cannot run what it
# builds has no pages.
if !CROSS_COMPILING
nodist_man_MANS = $(PAGES)
endif
CLEANFILES += $(PAGES)

$(RUFF_PAGES): ruff$(EXEEXT)
$(RUFFPROF_PAGES): ruffprof$(EXEEXT)
$(RUFFBENCH_PAGES): ruffbench$(EXEEXT)
$(PAGES):
	$(AM_V_GEN)$(MKDIR_P) man; page=$(@F); page=$${page%.1}; \
	program=$${page%%-*}; command=$${page#$$program}; \
	./$$program$(EXEEXT) $${command#-} --x-manual >$@.tmp && mv $@.tmp $@

BASH_COMPLETIONS = $(datadir)/bash-completion/completions
ZSH_COMPLETIONS = $(datadir)/zsh/site-functions

install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(BASH_COMPLETIONS)" "$(DESTDIR)$(ZSH_COMPLETIONS)"
	@for program in ruff ruffprof ruffbench; do \
		name=`echo $$program | sed '$(transform)'`; \
		$(INSTALL_DATA) $(srcdir)/scripts/completions/ruff.bash \
			"$(DESTDIR)$(BASH_COMPLETIONS)/$$name" && \
		sed "s/@PROGRAM@/$$name/" $(srcdir)/scripts/completions/ruff.zsh \
			>"$(DESTDIR)$(ZSH_COMPLETIONS)/_$$name" && \
		chmod 644 "$(DESTDIR)$(ZSH_COMPLETIONS)/_$$name" || exit 1; \
	done

uninstall-local:
	@for program in ruff ruffprof ruffbench; do \
		name=`echo $$program | sed '$(transform)'`; \
		rm -f "$(DESTDIR)$(BASH_COMPLETIONS)/$$name" \
			"$(DESTDIR)$(ZSH_COMPLETIONS)/_$$name"; \
	done
