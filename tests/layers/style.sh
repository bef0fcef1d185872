# House rules a script can see: layout of the code, lint of the scripts, sizes, words.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"
cd "$top_srcdir" || exit 99

report() { # NAME FINDINGS
    if [ -z "$2" ]; then
        tap_ok "$1"
    else
        tap_fail "$1" "$2"
    fi
}

mapfile -t sources < <(tracked_files | grep -E '\.(c|h)$')
mapfile -t tables < <(tracked_files | grep -E '\.def$')
mapfile -t scripts < <(tracked_files | while read -r file; do
    case $file in
    *.ruff | *.md | *.mk | *.[ch]) continue ;;
    *.sh) echo "$file" ;;
    *) head -c 80 "$file" | head -n 1 | grep -qaE '^#!.*\b(ba)?sh$' && echo "$file" ;;
    esac
done)

formatter=$(clang-format --version 2>/dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "${formatter:-0}" -eq 14 ]; then
    report "clang-format changes nothing" \
        "$(clang-format --dry-run "${sources[@]}" 2>&1 | grep -E 'warning:' | head -n 40)"
else
    tap_skip "clang-format changes nothing" "clang-format 14 is not installed"
fi

if command -v shellcheck >/dev/null; then
    report "shellcheck finds nothing" "$(shellcheck -x -P SCRIPTDIR -S style "${scripts[@]}" 2>&1 | head -n 60)"
else
    tap_skip "shellcheck finds nothing" "shellcheck is not installed"
fi

long=$(wc -l "${sources[@]}" | awk '$2 != "total" && $1 > 900 { print $2 ": " $1 " lines, at most 900" }')
report "no source is longer than 900 lines" "$long"

readmes=
while read -r folder; do
    if [ ! -f "$folder/README.md" ]; then
        readmes+="$folder has no README.md"$'\n'
    elif [ "$(wc -l <"$folder/README.md")" -gt 20 ]; then
        readmes+="$folder/README.md has more than 20 lines"$'\n'
    fi
done < <(tracked_files | grep -E '^(runtime|profiler|bench|suites|scripts|tests|notes)/' |
    grep -vE '^tests/(language|golden|fuzz|accuracy|faults|cli|browser)/[^/]*/' | xargs -n1 dirname | sort -u)
report "every folder has a README of at most 20 lines" "$readmes"

# The words are written apart so that this file does not find itself.
words='TO''DO|FIX''ME|XX''X|HA''CK|not imple''mented'
report "no unfinished corners" \
    "$(grep -nwE "$words" "${sources[@]}" "${tables[@]}" "${scripts[@]}" | head -n 20)"

report "no tabs and no space at line ends in sources" \
    "$(grep -nP '\t|[ ]+$' "${sources[@]}" | head -n 20)"
tap_done
