#!/bin/bash
# What the programs say about themselves: help, manual pages, completion.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1

same() {
    if [ "$2" = "$3" ]; then
        tap_ok "$1"
    else
        tap_fail "$1" "wanted: $3"$'\n'"got: $2"
    fi
}

program_of() {
    case $1 in
    ruff) echo "$RUFF_PROGRAM" ;;
    ruffprof) echo "$RUFFPROF_PROGRAM" ;;
    ruffbench) echo "$RUFFBENCH_PROGRAM" ;;
    esac
}

# Once the program's name was said twice: "usage: ruff ruff run".
for name in ruff ruffprof ruffbench; do
    program=$(program_of $name)
    for command in "" $("$program" --x-words | grep -v '^-'); do
        first=$("$program" ${command:+"$command"} --help | head -n 1)
        case $command in
        bench) words="ruffbench " ;;
        profile) words="ruffprof record " ;;
        test-run) words="ruff test" ;;
        *) words="$name $command" ;;
        esac
        case $first in
        "usage: $words"*) tap_ok "$name $command --help starts with its usage" ;;
        *) tap_fail "$name $command --help starts with its usage" "$first" ;;
        esac
    done
done

# What a command does was one line of up to 220 columns.
for name in ruff ruffprof ruffbench; do
    program=$(program_of $name)
    for command in "" $("$program" --x-words | grep -v '^-'); do
        wide=$("$program" ${command:+"$command"} --help | LC_ALL=C.UTF-8 grep -E '.{111}' || true)
        same "$name $command --help is at most 110 columns wide" "$wide" ""
    done
done

# Every command has a page in the installation; bench and profile are other programs.
for name in ruff ruffprof ruffbench; do
    for command in "" $("$(program_of $name)" --x-words | grep -v '^-'); do
        case $name-$command in ruff-bench | ruff-profile | ruff-test-run) continue ;; esac
        page=$top_builddir/man/$name${command:+-$command}.1
        if grep -q "^.TH \"$name${command:+-$command}\" 1" "$page"; then
            tap_ok "$(basename "$page")"
        else
            tap_fail "$(basename "$page")" "no such page, or of another command"
        fi
    done
done

# ---- completion ------------------------------------------------------------------------

mkdir bin folder
for name in ruff ruffprof ruffbench; do
    ln -s "$(program_of $name)" bin/$name
    # The name of the file is the name of the command it completes.
    cp "$top_srcdir/scripts/completions/ruff.bash" bin/$name.complete
done
touch one.ruff two.rprof other.txt
# complete WORD...: what bash offers for the last word, in one line.
complete_words() {
    PATH=$tmp/bin:$PATH bash -c '
        compopt() { :; }
        . "bin/$1.complete"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _ruff_lab
        echo "${COMPREPLY[*]}"' - "$@" | tr ' ' '\n' | sort | xargs
}
same "ruffprof re" "$(complete_words ruffprof re)" "record report"
same "ruff r" "$(complete_words ruff r)" "repl run"
same "ruffbench d" "$(complete_words ruffbench d)" "doctor"
same "ruffprof record --fr" "$(complete_words ruffprof record --fr)" "--freq="
same "ruffprof record -o x.rprof --rep" "$(complete_words ruffprof record -o x.rprof --rep)" \
    "--repeat --report"
same "ruffbench --proc" "$(complete_words ruffbench --proc)" "--processes="
same "ruff run takes files of ours and folders" "$(complete_words ruff run "")" \
    "bin/ folder/ one.ruff two.rprof"
same "ruffprof report t" "$(complete_words ruffprof report t)" "two.rprof"
out=$(bash -c '. bin/ruff.complete; complete -p ruff.complete')
same "the file is for the command of its own name" "$out" \
    "complete -F _ruff_lab ruff.complete"

tap_done
