# The table of instructions in notes/bytecode.md is the one of opcodes.def. After a change:
# UPDATE=1 make check TESTS=tests/golden/opcodes.sh.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"

note=$top_srcdir/notes/bytecode.md
rows() {
    printf '| instruction | operands | flags | jit | meaning |\n|---|---|---|---|---|\n'
    sed -n 's/^OPCODE(\(.*\))$/\1/p' "$top_srcdir/runtime/bytecode/opcodes.def" |
        awk -F'"' '{
            split($1, f, ",")
            for (i in f) gsub(/ /, "", f[i])
            operands = ""
            for (i = 2; i <= 4; i++) operands = operands (i > 2 ? " " : "") kind(f[i])
            flags = ""
            if (f[5] ~ /FAILS/) flags = flags "F"
            if (f[5] ~ /EXT/) flags = flags "E"
            if (f[5] ~ /ENDS/) flags = flags "X"
            if (f[5] ~ /SKIPS/) flags = flags "S"
            printf "| %s | %s | %s | %s | %s |\n", f[1], operands, flags, tolower(f[6]), $2
        }
        function kind(k) {
            if (k == "NONE") return "_"
            if (k == "WRITE" || k == "READ" || k == "BOTH" || k == "FIRST") return tolower(k)
            if (k ~ /CONST/) return "k"
            if (k ~ /IMM/) return "i"
            if (k ~ /JUMP/) return "j"
            return "n"
        }'
}
{
    sed '/<!-- opcodes:/q' "$note"
    rows
    sed -n '/<!-- end -->/,$p' "$note"
} >"$tmp/bytecode.md"
if [ -n "${UPDATE-}" ]; then
    cp "$tmp/bytecode.md" "$note"
fi
tap_check "notes/bytecode.md lists the instructions of opcodes.def" diff -u "$note" "$tmp/bytecode.md"
tap_done
