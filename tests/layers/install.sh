# `make install` into a scratch root with a name prefix: the programs run from there, find
# each other and the suites, and `make uninstall` leaves nothing.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"

in_build() {
    # The outer make's job server and flags are not ours.
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$top_builddir" \
        DESTDIR="$tmp/root" program_transform_name='s,^,x-,' "$@"
}

tap_check "make install" in_build install
bin=$(dirname "$(find "$tmp/root" -path '*/bin/x-ruff')")
for program in ruff ruffprof ruffbench; do
    tap_check "x-$program answers --version" "$bin/x-$program" --version
done
suites=$(find "$tmp/root" -path '*/suites/micro/*.ruff' | wc -l)
sources=$(find "$top_srcdir/suites/micro" -name '*.ruff' | wc -l)
if [ "$suites" -eq "$sources" ]; then
    tap_ok "every program of suites/micro is installed"
else
    tap_fail "every program of suites/micro is installed" "$suites of $sources"
fi
# The files beside the programs carry their names too.
for file in man/man1/x-ruffprof-record.1 bash-completion/completions/x-ruff \
    zsh/site-functions/_x-ruffbench; do
    tap_check "$file is installed" test -s "$(find "$tmp/root" -path "*/share/$file")"
done
tap_check "zsh completes the installed name" \
    grep -q '^#compdef x-ruffbench$' "$(find "$tmp/root" -name _x-ruffbench)"
tap_check "make uninstall" in_build uninstall
left=$(find "$tmp/root" -type f)
if [ -z "$left" ]; then
    tap_ok "uninstall leaves no file"
else
    tap_fail "uninstall leaves no file" "$left"
fi
tap_done
