# Sourced by quickstart and check: builds the lab in a folder of its own.
# shellcheck shell=bash
#
#   lab_build DIR [CONFIGURE OPTION...]   configures (when needed) and builds; output goes
#                                         to DIR/build.log, its end is shown on failure

lab_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lab_jobs=$(nproc 2>/dev/null || echo 1)

lab_build() {
    local dir=$1 options
    shift
    options="$*"
    mkdir -p "$dir"
    : >"$dir/build.log"
    if ! lab_build_steps "$dir" "$options" "$@" >>"$dir/build.log" 2>&1; then
        tail -n 40 "$dir/build.log" >&2
        echo "$(basename "$0"): the build failed (last lines above): the whole log is $dir/build.log" >&2
        return 1
    fi
}

lab_build_steps() {
    local dir=$1 options=$2
    shift 2
    if [ ! -x "$lab_top/configure" ] || [ "$lab_top/configure.ac" -nt "$lab_top/configure" ]; then
        "$lab_top/autogen.sh" || return 1
    fi
    if [ ! -f "$dir/Makefile" ] || [ "$(cat "$dir/.options" 2>/dev/null)" != "$options" ]; then
        (cd "$dir" && "$lab_top/configure" "$@") || return 1
        printf '%s' "$options" >"$dir/.options"
    fi
    make -C "$dir" -j "$lab_jobs" || return 1
}
