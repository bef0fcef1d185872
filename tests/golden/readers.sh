# What the readers of ruffprof print of known profiles, against stored results. After an
# intended change: UPDATE=1 make check TESTS=tests/golden/readers.sh, then read the diff.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"

fixture=$top_builddir/tests/golden/rprof_fixture
stored=$top_srcdir/tests/golden/readers
for kind in cpu threads mem exact iterations empty deep cut; do
    "$fixture" $kind "$tmp/$kind.rprof" || exit 99
done
cd "$tmp" || exit 99

# golden NAME COMMAND...   stdout and stderr of the command are as stored in NAME
golden() {
    local name=$1
    shift
    "$@" >"$name" 2>&1
    if [ -n "${UPDATE-}" ]; then
        cp "$name" "$stored/$name"
    fi
    if diff -u "$stored/$name" "$name" >"$name.diff" 2>&1; then
        tap_ok "$name"
    else
        tap_fail "$name" "$(head -n 40 "$name.diff")"
    fi
}

# The picture without its style and script, which change for other reasons.
picture() {
    "$RUFFPROF_PROGRAM" flamegraph -o - "$@" |
        sed -e '/^<style>/,/^<\/style>/d' -e '/^<script>/,/^<\/script>/d'
}

golden report.txt "$RUFFPROF_PROGRAM" report cpu.rprof
golden report-line.txt "$RUFFPROF_PROGRAM" report --by=line --sort=total cpu.rprof
golden report-tree.txt "$RUFFPROF_PROGRAM" report --tree cpu.rprof
golden report-callers.txt "$RUFFPROF_PROGRAM" report --callers --limit 8 cpu.rprof
golden info-threads.txt "$RUFFPROF_PROGRAM" info threads.rprof
golden info-threads.json "$RUFFPROF_PROGRAM" info --json threads.rprof
golden report-threads.txt "$RUFFPROF_PROGRAM" report --by=thread threads.rprof
golden report-tree-threads.txt "$RUFFPROF_PROGRAM" report --tree --threads threads.rprof
golden report-thread-name.txt "$RUFFPROF_PROGRAM" report --thread=ruff-worker-1 threads.rprof
golden threads.folded "$RUFFPROF_PROGRAM" export --threads --format=folded threads.rprof
golden threads.speedscope.json "$RUFFPROF_PROGRAM" export --threads --format=speedscope threads.rprof
golden threads.firefox.json "$RUFFPROF_PROGRAM" export --format=firefox threads.rprof
golden report-steady.txt "$RUFFPROF_PROGRAM" report --phase=steady iterations.rprof
golden annotate.txt "$RUFFPROF_PROGRAM" annotate cpu.rprof
golden annotate-mem.txt "$RUFFPROF_PROGRAM" annotate --all --mem mem.rprof
golden annotate-empty.txt "$RUFFPROF_PROGRAM" annotate empty.rprof
golden report-kernel.txt "$RUFFPROF_PROGRAM" report iterations.rprof
golden kernel.folded "$RUFFPROF_PROGRAM" export --kernel --format=folded iterations.rprof
golden report-mem.txt "$RUFFPROF_PROGRAM" report mem.rprof
golden report-peak-cause.txt "$RUFFPROF_PROGRAM" report --mem=peak --by=cause mem.rprof
golden report-exact.txt "$RUFFPROF_PROGRAM" report --mem --value=objects exact.rprof
golden report-empty.txt "$RUFFPROF_PROGRAM" report empty.rprof
golden report-cut.txt "$RUFFPROF_PROGRAM" report --limit 3 cut.rprof
golden report.json "$RUFFPROF_PROGRAM" report --format=json --limit 4 cpu.rprof
golden info.txt "$RUFFPROF_PROGRAM" info cpu.rprof
golden info-cut.json "$RUFFPROF_PROGRAM" info --json cut.rprof
golden cpu.folded "$RUFFPROF_PROGRAM" export --format=folded cpu.rprof
golden mem-objects.folded "$RUFFPROF_PROGRAM" export --format=folded --value=objects mem.rprof
golden cpu.speedscope.json "$RUFFPROF_PROGRAM" export --format=speedscope --focus=draw --thread=worker cpu.rprof
golden cpu.callgrind "$RUFFPROF_PROGRAM" export --format=callgrind cpu.rprof
golden cpu.firefox.json "$RUFFPROF_PROGRAM" export --format=firefox --focus=draw cpu.rprof
for kind in cpu mem threads; do
    "$RUFFPROF_PROGRAM" export -o $kind.pb.gz $kind.rprof
    golden $kind.pprof.txt python3 "$top_srcdir/tests/golden/pprof_decode.py" $kind.pb.gz
done
golden exact.json "$RUFFPROF_PROGRAM" export --format=json exact.rprof
golden cpu.svg picture cpu.rprof
golden threads.svg picture --threads threads.rprof
golden mem.svg picture --mem=live --title 'a <title>' mem.rprof
golden reverse.svg picture --reverse --invert --width 800 --color=hash cpu.rprof
golden empty.svg picture empty.rprof
printf 'main;f 30\nmain;g 70\nother text\n' >some.folded
golden report-folded.txt "$RUFFPROF_PROGRAM" report some.folded
golden again.folded "$RUFFPROF_PROGRAM" export -q --format=folded some.folded

# A thread is selected by its name, with all that had it, by its kernel id, or by its own id.
samples() {
    "$RUFFPROF_PROGRAM" export --format=folded "$@" | awk '{ s += $NF } END { print s + 0 }'
}
tap_check "--thread: all of a name" test "$(samples --thread=ruff-worker-1 threads.rprof)" = 50
tap_check "--thread: one by its kernel id" test "$(samples --thread=4714 threads.rprof)" = 20
tap_check "--thread: one by its own id" test "$(samples --thread=9 threads.rprof)" = 1
tap_check "--threads: nothing is lost" test "$(samples --threads threads.rprof)" = "$(samples threads.rprof)"

# The same bytes to a file as to stdout, and every time.
for format in folded svg html pprof speedscope firefox callgrind json; do
    "$RUFFPROF_PROGRAM" export --format=$format cpu.rprof >once
    "$RUFFPROF_PROGRAM" export --format=$format -o twice cpu.rprof
    tap_check "$format: file and stdout are identical" cmp once twice
done

# Sums: folded adds up to info's samples; so does every other selection of all samples.
sum=$("$RUFFPROF_PROGRAM" export --format=folded cpu.rprof | awk '{ s += $NF } END { print s }')
tap_check "folded sums to the samples of info" \
    grep -q "\"samples\": $sum," <("$RUFFPROF_PROGRAM" info --json cpu.rprof)
bytes=$("$RUFFPROF_PROGRAM" export --format=folded exact.rprof | awk '{ s += $NF } END { print s }')
tap_check "folded sums to the alloc_bytes of info" \
    grep -q "\"alloc_bytes\": $bytes," <("$RUFFPROF_PROGRAM" info --json exact.rprof)

# Exit codes and messages (spec: 0 done, 2 usage, 3 damaged or foreign, 5 I/O).
expect() {
    local code=$1 pattern=$2 name=$3 got=0
    shift 3
    "$@" >out 2>err || got=$?
    if [ $got = "$code" ] && grep -qE -- "$pattern" err && [ "$(wc -l <err)" -le 2 ]; then
        tap_ok "$name"
    else
        tap_fail "$name" "exit $got, wanted $code and /$pattern/: $(cat err)"
    fi
}
echo 'not a profile' >text.rprof
head -c 30 cpu.rprof >short.rprof
head -c 300 cpu.rprof >half.rprof
: >nothing.rprof
expect 3 'no profile' "text is no profile" "$RUFFPROF_PROGRAM" report text.rprof
expect 3 'no profile' "an empty file is no profile" "$RUFFPROF_PROGRAM" info nothing.rprof
expect 0 'cut short' "a header and rubble are shown as empty" "$RUFFPROF_PROGRAM" report short.rprof
expect 0 'cut short' "half a profile is shown" "$RUFFPROF_PROGRAM" report half.rprof
expect 3 'cut short' "--strict refuses half a profile" "$RUFFPROF_PROGRAM" report --strict half.rprof
expect 3 'cut short' "--strict refuses a cut profile" "$RUFFPROF_PROGRAM" export --strict -f folded cut.rprof
expect 5 'No such file' "a missing profile" "$RUFFPROF_PROGRAM" report missing.rprof
expect 5 '.' "a folder is no profile" "$RUFFPROF_PROGRAM" report .
expect 5 'cannot write' "an output that cannot be written" "$RUFFPROF_PROGRAM" flamegraph -o no/such/x.svg cpu.rprof
expect 2 'regular expression' "a bad regular expression" "$RUFFPROF_PROGRAM" report --focus='(' cpu.rprof
expect 2 'no thread' "an unknown thread" "$RUFFPROF_PROGRAM" report --thread=nobody cpu.rprof
expect 2 'sort' "an unknown column" "$RUFFPROF_PROGRAM" report --sort=size cpu.rprof
expect 2 'iteration' "a bad range" "$RUFFPROF_PROGRAM" report --iteration=9..2 cpu.rprof
expect 2 'format' "no format" "$RUFFPROF_PROGRAM" export cpu.rprof
expect 2 'one profile' "two profiles" "$RUFFPROF_PROGRAM" report cpu.rprof mem.rprof
expect 2 'report' "an unknown command names the nearest" "$RUFFPROF_PROGRAM" reprot
touch -d '2030-01-01' exact.rprof
expect 0 'exact\.rprof' "the newest profile is the default and is named" "$RUFFPROF_PROGRAM" report
mkdir none && cd none || exit 99
expect 5 'no \*\.rprof' "no profile here" "$RUFFPROF_PROGRAM" report
tap_done
