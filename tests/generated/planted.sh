#!/bin/bash
# The generated programs find bugs: each patch of planted/ is applied to a copy of the tree,
# and 2 000 programs must notice it. Long form only (RUFF_TEST_LONG): it builds the engines
# for every patch. Names as arguments pick patches.
. "${top_srcdir:-.}/tests/lib.sh"
cd "$top_srcdir" || exit 99

if [ -z "${RUFF_TEST_LONG-}" ]; then
    for patch in tests/generated/planted/*.patch; do
        tap_check "$(basename "$patch" .patch) applies" \
            patch -p1 --dry-run --force --quiet --input="$patch"
    done
    tap_done
    exit 0
fi

names=("$@")
[ ${#names[@]} -gt 0 ] ||
    mapfile -t names < <(cd tests/generated/planted && printf '%s\n' *.patch | sed 's/\.patch$//')
mkdir "$tmp/source" "$tmp/build"
tracked_files | tar -cf - -T - | tar -xf - -C "$tmp/source" || exit 99
(cd "$tmp/source" && ./autogen.sh && cd "$tmp/build" &&
    ../source/configure CFLAGS="-g -O1") >"$tmp/log" 2>&1 || {
    tap_fail "a copy of the tree is configured" "$(tail -n 20 "$tmp/log")"
    tap_done
    exit 0
}

find_it() {
    make -s -C "$tmp/build" tests/generated/compare_engines >"$tmp/log" 2>&1 || return 1
    ! top_builddir=$tmp/build python3 tests/generated/generated.py --first --count 2000 \
        >"$tmp/log" 2>&1
}

for name in "${names[@]}"; do
    patch=$PWD/tests/generated/planted/$name.patch
    patch -d "$tmp/source" -p1 --quiet --input="$patch"
    if find_it; then
        tap_ok "$name is found"
    else
        tap_fail "$name is found" "$(tail -n 5 "$tmp/log")"
    fi
    patch -d "$tmp/source" -p1 -R --quiet --input="$patch"
done
tap_done
