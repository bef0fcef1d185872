# The suites are installed whole, so that `ruffbench` finds them by default.

install-data-hook: install-suites
uninstall-hook: uninstall-suites

.PHONY: install-suites uninstall-suites
install-suites:
	@cd $(srcdir) && find suites -name '*.ruff' | while read -r file; do \
		$(MKDIR_P) "$(DESTDIR)$(pkgdatadir)/$$(dirname "$$file")" && \
		$(INSTALL_DATA) "$$file" "$(DESTDIR)$(pkgdatadir)/$$file" || exit 1; \
	done

uninstall-suites:
	rm -rf "$(DESTDIR)$(pkgdatadir)/suites"
