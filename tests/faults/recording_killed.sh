# A recording is readable after SIGKILL at any moment, some of them inside a block write.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"
cd "$tmp" || exit 1

cat >spin.ruff <<'TEXT'
func spin(n) { let i := 0 while i < n { i := i + 1 } return i }
func outer(n) { return spin(n) + spin(n) }
let k := 0
while k < 1000000 { outer(2000) k := k + 1 }
TEXT

# The same on several threads, which come and go all the time.
cat >threads.ruff <<'TEXT'
func spin(n) { let i := 0 while i < n { i := i + 1 } return i }
let k := 0
while k < 1000000 { await parallel_map([2000, 2000, 2000, 2000], spin) k := k + 1 }
TEXT

trials=12
[ -z "${RUFF_TEST_LONG-}" ] || trials=100
bad='' read_some=0 absent=0
RANDOM=${RUFF_TEST_SEED-$$}
for trial in $(seq $trials); do
    rm -f kill.rprof kill.rprof.old
    mode=vm
    [ $((trial % 2)) -eq 0 ] || mode=interp
    script=spin
    [ $((trial % 3)) -ne 0 ] || script=threads
    "$RUFFPROF_PROGRAM" record -q -F 5000 --mode=$mode -o kill.rprof $script.ruff &
    victim=$!
    sleep "$(printf '%d.%03d' $((RANDOM % 2)) $((RANDOM % 1000)))"
    kill -KILL $victim 2>/dev/null
    wait $victim 2>/dev/null
    # Before the file is made there is nothing to read.
    if [ ! -s kill.rprof ]; then
        absent=$((absent + 1))
        continue
    fi
    for command in 'info --json' report 'export --format=folded'; do
        # shellcheck disable=SC2086
        if ! "$RUFFPROF_PROGRAM" $command kill.rprof >out.txt 2>err.txt; then
            bad+="trial $trial ($script, $mode): $command: $(tail -n 1 err.txt)"$'\n'
        fi
        [ "$command" != 'info --json' ] || cp out.txt info.json
    done
    grep -q '"complete": false' info.json || bad+="trial $trial: called complete"$'\n'
    grep -q '"samples": [1-9]' info.json && read_some=$((read_some + 1))
done
if [ -z "$bad" ]; then
    tap_ok "$trials recordings are readable after SIGKILL"
else
    tap_fail "$trials recordings are readable after SIGKILL" "$bad"
fi
echo "# $read_some held samples, $absent were killed before the file was made"
if [ $read_some -gt 0 ]; then
    tap_ok "samples written before the kill are there"
else
    tap_fail "samples written before the kill are there" "no trial held any"
fi
tap_done
