# Sourced by every test script: TAP output and the facts of the build.
# shellcheck shell=bash
#
#   tap_ok NAME                 passed
#   tap_fail NAME [WHY]         failed; WHY goes into the log
#   tap_skip NAME REASON        skipped; must stand in tests/skips.txt
#   tap_check NAME COMMAND...   passed when COMMAND exits 0; its output goes into the log
#   tap_done                    last line: the plan
#   tracked_files               every file of the source tree, relative to $top_srcdir
#
# Variables: $top_srcdir $top_builddir $RUFF_PROGRAM $RUFFPROF_PROGRAM $RUFFBENCH_PROGRAM
# and $tmp, a scratch folder that is removed at the end.

: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}"
: "${top_builddir:=$PWD}"
: "${RUFF_PROGRAM:=$top_builddir/ruff}"
: "${RUFFPROF_PROGRAM:=$top_builddir/ruffprof}"
: "${RUFFBENCH_PROGRAM:=$top_builddir/ruffbench}"
export top_srcdir top_builddir RUFF_PROGRAM RUFFPROF_PROGRAM RUFFBENCH_PROGRAM
export LC_ALL=C.UTF-8
unset NO_COLOR RUFFPROF

tmp=$(mktemp -d "${TMPDIR:-/tmp}/ruff-test.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

tap_count=0

tap_ok() {
    tap_count=$((tap_count + 1))
    printf 'ok %d - %s\n' "$tap_count" "$1"
}

tap_fail() {
    tap_count=$((tap_count + 1))
    printf 'not ok %d - %s\n' "$tap_count" "$1"
    if [ $# -gt 1 ]; then
        printf '%s\n' "$2" | sed 's/^/# /'
    fi
}

tap_skip() {
    tap_count=$((tap_count + 1))
    printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"
}

tap_check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        tap_ok "$name"
    else
        tap_fail "$name" "$output"
    fi
}

# The files of the source tree, one a line: git knows, a tarball has a list.
tracked_files() {
    if [ -e "$top_srcdir/.git" ]; then
        git -c safe.directory='*' -C "$top_srcdir" ls-files | while read -r file; do
            [ ! -f "$top_srcdir/$file" ] || echo "$file"
        done
    else
        cat "$top_srcdir/MANIFEST"
    fi
}

tap_done() {
    printf '1..%d\n' "$tap_count"
}
