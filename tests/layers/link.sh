# Each floor links with itself and the floors below, nothing else. --whole-archive takes
# every object of the floor, so that a call upwards cannot hide in an unused one.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"
# shellcheck source=/dev/null
. "$top_builddir/tests/env.sh"

archive() {
    local folder=${1%/*} name=${1##*/}
    echo "$top_builddir/$folder/.libs/$name.a"
}

echo 'int main(void) { return 0; }' >"$tmp/main.c"

links_alone() { # FLOOR LOWER... -- EXTERNAL...
    local floor=$1 below=()
    shift
    while [ "$1" != -- ]; do
        below+=("$(archive "$1")")
        shift
    done
    shift
    # Words are meant to split: these are lists of flags.
    # shellcheck disable=SC2086,SC2048
    $CC $CFLAGS -pthread $LDFLAGS "$tmp/main.c" -o "$tmp/main" \
        -Wl,--whole-archive "$(archive "$floor")" -Wl,--no-whole-archive \
        "${below[@]}" $* $LIBS
}

base=runtime/base/libbase
front=runtime/front/libfront
core=runtime/core/libcore
lib=runtime/lib/liblib
interp=runtime/interp/libinterp
bytecode=runtime/bytecode/libbytecode
vm=runtime/vm/libvm
ruff=runtime/libruff
prof=profiler/libruffprof

tap_check "base alone" links_alone $base --
tap_check "front on base" links_alone $front $base --
tap_check "core on base" links_alone $core $base -- "$JEMALLOC_LIBS"
tap_check "lib on core" links_alone $lib $core $base -- "$JEMALLOC_LIBS" "$PCRE2_LIBS"
tap_check "interp on core and the tree" \
    links_alone $interp $front $core $base -- "$JEMALLOC_LIBS"
tap_check "bytecode on core and the tree" \
    links_alone $bytecode $front $core $base -- "$JEMALLOC_LIBS"
tap_check "vm on bytecode" \
    links_alone $vm $bytecode $front $core $base -- "$JEMALLOC_LIBS"
tap_check "the runtime without the tools" \
    links_alone $ruff $vm $interp $bytecode $lib $front $core $base -- "$JEMALLOC_LIBS" "$PCRE2_LIBS"
tap_check "the profiler without the harness" \
    links_alone $prof $ruff $vm $interp $bytecode $lib $front $core $base -- \
    "$JEMALLOC_LIBS" "$PCRE2_LIBS" "$UNWIND_LIBS" "$PFM_LIBS" "$DW_LIBS" "$PROTOBUF_C_LIBS" "$ZLIB_LIBS"

# `ruff` itself starts fast: the libraries of the tools are not in it.
heavy=$(ldd "$RUFF_PROGRAM" | grep -E 'unwind|pfm|libdw|libelf|sqlite|jansson|libedit|jemalloc')
if [ -z "$heavy" ]; then
    tap_ok "ruff links none of the tools' libraries"
else
    tap_fail "ruff links none of the tools' libraries" "$heavy"
fi
tap_done
