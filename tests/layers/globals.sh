# Mutable file-scope state: every variable in a writable section of our libraries must be
# listed in notes/globals.md, which gives the reason.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"
# shellcheck source=/dev/null
. "$top_builddir/tests/env.sh"

case $CFLAGS in *-fsanitize*)
    tap_skip "every global is listed" "a sanitizer build has globals of its own"
    tap_done
    exit 0
    ;;
esac

# .data.rel.ro and .rodata are constant; a static local shows as name.NUMBER (gcc) or function.name (clang).
globals() {
    objdump -t "$1" 2>/dev/null |
        awk '!/ d / && /[ \t]\.(data|bss|tdata|tbss)/ && !/\.data\.rel\.ro/ { print $NF }' |
        sed -E 's/^\.hidden //; s/\.[0-9]+$//; s/.*\.//' | sort -u
}

while read -r library; do
    name=${library#"$top_builddir"/}
    name=${name/.libs\//}
    unlisted=
    while read -r symbol; do
        grep -qF "\`$symbol\`" "$top_srcdir/notes/globals.md" || unlisted+="$symbol"$'\n'
    done < <(globals "$library")
    if [ -z "$unlisted" ]; then
        tap_ok "globals of $name are listed in notes/globals.md"
    else
        tap_fail "globals of $name are listed in notes/globals.md" "$unlisted"
    fi
done < <(find "$top_builddir/runtime" "$top_builddir/profiler" "$top_builddir/bench" -path '*/.libs/*.a' | sort)

# The search must be able to find one.
cat >"$tmp/planted.c" <<'TEXT'
static volatile int plain, local_start = 1;
const char *pointer = "x";
const char *const constant[] = {"a", "b"};
const int number = 7;
_Thread_local int own;
int planted(void);
int planted(void)
{
    static volatile int calls;
    calls++;
    plain += local_start;
    return plain + calls;
}
TEXT
$CC -fPIC -O1 -c "$tmp/planted.c" -o "$tmp/planted.o"
found=$(globals "$tmp/planted.o" | paste -sd' ')
if [ "$found" = "calls local_start own plain pointer" ]; then
    tap_ok "variables are found and constants are not"
else
    tap_fail "variables are found and constants are not" "found: $found"
fi
tap_done
