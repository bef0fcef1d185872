# How a recording ends, and what it does when the machine refuses: signals, a full disk, no
# permission for perf, a program that is too short.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"
# shellcheck source=/dev/null
. "$top_builddir/tests/env.sh"
cd "$tmp" || exit 1

cat >long.ruff <<'TEXT'
func spin(n) { let i := 0 while i < n { i := i + 1 } return i }
let k := 0
while k < 10000000 { spin(2000) k := k + 1 }
TEXT
cat >short.ruff <<'TEXT'
func spin(n) { let i := 0 while i < n { i := i + 1 } return i }
let k := 0
while k < 150 { spin(10000) k := k + 1 }
print("done")
TEXT

# Interrupts the recorder with the given signals and leaves its code in $code.
interrupt() {
    local signal
    rm -f long.rprof
    "$RUFFPROF_PROGRAM" record -o long.rprof long.ruff 2>err.txt &
    victim=$!
    # The file appears before the program starts; its size grows once there are samples.
    until [ -s long.rprof ] && [ "$(stat -c %s long.rprof)" -gt 700 ]; do sleep 0.05; done
    for signal in "$@"; do kill -"$signal" $victim 2>/dev/null; done
    code=0
    wait $victim 2>/dev/null || code=$?
}

set -m # background jobs of scripts ignore SIGINT otherwise
for pair in INT:130 TERM:143; do
    signal=${pair%:*}
    interrupt "$signal"
    if [ $code -eq "${pair#*:}" ] && "$RUFFPROF_PROGRAM" info --json long.rprof >info.json &&
        grep -q '"complete": true' info.json && grep -q '"samples": [1-9]' info.json; then
        tap_ok "SIG$signal completes the recording, exit ${pair#*:}"
    else
        tap_fail "SIG$signal completes the recording, exit ${pair#*:}" \
            "exit $code"$'\n'"$(cat info.json err.txt)"
    fi
done
interrupt INT INT
if [ $code -eq 130 ] && "$RUFFPROF_PROGRAM" report long.rprof >out.txt 2>&1; then
    tap_ok "a second SIGINT ends at once, the file is readable"
else
    tap_fail "a second SIGINT ends at once, the file is readable" "exit $code"$'\n'"$(cat out.txt)"
fi
set +m

# ---- a full disk ------------------------------------------------------------------

small=$tmp/small
mkdir small
if mount -t tmpfs -o size=64k none "$small" 2>/dev/null; then
    mkdir "$small/fill"
    code=0
    "$RUFFPROF_PROGRAM" record -F 9000 -o "$small/full.rprof" short.ruff >out.txt 2>err.txt || code=$?
    # 64 KiB hold a short recording: shrink what is left and record again.
    # A slow build takes more samples at first, and nothing would be left for the header.
    dd if=/dev/zero of="$small/fill/file" bs=1024 count=50 2>/dev/null
    rm -f "$small"/full.rprof*
    code=0
    "$RUFFPROF_PROGRAM" record -F 9000 --repeat=2s -o "$small/full.rprof" short.ruff \
        >out.txt 2>err.txt || code=$?
    "$RUFFPROF_PROGRAM" info --json "$small/full.rprof" >info.json 2>>err.txt
    read_code=$?
    if [ $code -eq 0 ] && [ "$(cat out.txt)" = "done" ] && grep -q 'is incomplete' err.txt &&
        [ $read_code -eq 0 ] && grep -q '"complete": false' info.json; then
        tap_ok "a full disk leaves a readable file and does not touch the program"
    else
        tap_fail "a full disk leaves a readable file and does not touch the program" \
            "exit $code, info $read_code"$'\n'"$(cat err.txt info.json)"
    fi
    code=0
    "$RUFFPROF_PROGRAM" record --strict -F 9000 --repeat=2s -o "$small/full.rprof" short.ruff \
        >out.txt 2>err.txt || code=$?
    if [ $code -eq 5 ]; then
        tap_ok "--strict makes a full disk exit 5"
    else
        tap_fail "--strict makes a full disk exit 5" "exit $code"$'\n'"$(cat err.txt)"
    fi
    umount "$small"
else
    tap_skip "a full disk leaves a readable file and does not touch the program" \
        "only root may mount a small file system"
fi
code=0
"$RUFFPROF_PROGRAM" record -o /no/such/folder/x.rprof short.ruff >out.txt 2>err.txt || code=$?
if [ $code -eq 5 ] && [ ! -s out.txt ] && [ "$(wc -l <err.txt)" -eq 1 ]; then
    tap_ok "a file that cannot be made is said before the program starts, exit 5"
else
    tap_fail "a file that cannot be made is said before the program starts, exit 5" \
        "exit $code"$'\n'"$(cat out.txt err.txt)"
fi

# ---- no permission ---------------------------------------------------------------------

cat >refuse.c <<'TEXT'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
long syscall(long number, ...)
{
    long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long a[6];
    va_list list;
    if (number == SYS_perf_event_open) {
        errno = EACCES;
        return -1;
    }
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
TEXT
case $CFLAGS in
*-fsanitize*)
    tap_skip "without permission for perf the timer is used" "sanitizers must be loaded first"
    ;;
*)
    $CC -shared -fPIC -o refuse.so refuse.c -ldl
    code=0
    LD_PRELOAD=$tmp/refuse.so "$RUFFPROF_PROGRAM" record --repeat -o timer.rprof short.ruff \
        >out.txt 2>err.txt || code=$?
    "$RUFFPROF_PROGRAM" info --json timer.rprof >info.json
    if [ $code -eq 0 ] && [ "$(cat out.txt)" = "done" ] &&
        grep -q '"trigger": "timer"' info.json && grep -q '"samples": [1-9]' info.json &&
        grep -q '"fallback_reason": ".*perf_event_paranoid' info.json &&
        grep -q 'perf_event_paranoid' err.txt; then
        tap_ok "without permission for perf the timer is used, and that is said"
    else
        tap_fail "without permission for perf the timer is used, and that is said" \
            "exit $code"$'\n'"$(cat out.txt err.txt info.json)"
    fi
    code=0
    LD_PRELOAD=$tmp/refuse.so "$RUFFPROF_PROGRAM" record -e page-faults -o none.rprof short.ruff \
        >out.txt 2>err.txt || code=$?
    if [ $code -eq 2 ] && [ ! -s out.txt ] && grep -q 'not permitted' err.txt; then
        tap_ok "an event that may not be counted is a usage error"
    else
        tap_fail "an event that may not be counted is a usage error" \
            "exit $code"$'\n'"$(cat out.txt err.txt)"
    fi
    ;;
esac
tap_done
