# Sourced by the scripts of this folder.
# shellcheck shell=bash

# die MESSAGE [CODE]: one line on stderr, exit code 2 (usage) unless told.
die() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit "${2:-2}"
}

# The program just built (here, in the source tree or in build/), else the installed one.
find_ruffprof() {
    local here candidate
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
    for candidate in "${RUFFPROF_PROGRAM:-}" ./ruffprof "$here/ruffprof" \
        "$here/build/ruffprof"; do
        if [ -n "$candidate" ] && [ -f "$candidate" ] && [ -x "$candidate" ]; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    command -v ruffprof || die "ruffprof is not built: run scripts/quickstart" 5
}
