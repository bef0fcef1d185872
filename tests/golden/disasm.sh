# Bytecode of small programs, as compiled and optimized, against stored listings. After an
# intended change: UPDATE=1 make check TESTS=tests/golden/disasm.sh, then read the diff.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"

stored=$top_srcdir/tests/golden/disasm
for program in "$stored"/*.ruff; do
    name=$(basename "$program" .ruff)
    "$RUFF_PROGRAM" disasm --optimized "$program" >"$tmp/$name.txt" 2>&1
    if [ -n "${UPDATE-}" ]; then
        cp "$tmp/$name.txt" "$stored/$name.txt"
    fi
    tap_check "$name is compiled as stored" diff -u "$stored/$name.txt" "$tmp/$name.txt"
    # Compiling is deterministic.
    "$RUFF_PROGRAM" disasm --optimized "$program" >"$tmp/$name.again" 2>&1
    tap_check "$name is compiled alike twice" cmp "$tmp/$name.txt" "$tmp/$name.again"
done
tap_done
