# Who may include whom (notes/architecture.md), and the order of the first includes.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"
cd "$top_srcdir" || exit 99

# floor | what its files may include, as a regular expression over the include's text
allowed() {
    local low='"(base|lang)/[a-z0-9_./]*"'
    local core='"core/[a-z0-9_./]*"'
    local tree='"(front/ast\.h)"'
    case $1 in
    runtime/include) echo '<ruff\.h>' ;;
    runtime/base) echo '"base/[a-z0-9_./]*"' ;;
    runtime/lang) echo 'NOTHING' ;;
    runtime/front) echo "$low|\"front/[a-z0-9_./]*\"" ;;
    runtime/core) echo "$low|$core|<ruff(_introspect)?\.h>" ;;
    runtime/lib) echo "$low|$core|\"lib/[a-z0-9_./]*\"|<ruff(_introspect)?\.h>" ;;
    runtime/interp) echo "$low|$core|$tree|\"interp/[a-z0-9_./]*\"|<ruff(_introspect)?\.h>" ;;
    runtime/bytecode) echo "$low|$core|$tree|\"bytecode/[a-z0-9_./]*\"|<ruff(_introspect)?\.h>" ;;
    runtime/vm) echo "$low|$core|\"(bytecode|vm)/[a-z0-9_./]*\"|<ruff(_introspect)?\.h>" ;;
    runtime/jit) echo "$low|$core|\"(bytecode|vm|jit)/[a-z0-9_./]*\"|<ruff(_introspect)?\.h>" ;;
    runtime) echo '"[a-z0-9_./]*"|<ruff(_introspect)?\.h>' ;;
    profiler/include) echo '<ruff(prof_[a-z]+|_introspect)?\.h>' ;;
    profiler | profiler/*) own profiler '<ruff(prof(_[a-z]+)?|_introspect)?\.h>' ;;
    bench | bench/*) own bench '<ruff(prof(_session)?)?\.h>' ;;
    *) echo 'UNKNOWN FLOOR' ;;
    esac
}

# A tool includes base, its own headers (relative to its root, or generated), and public ones.
own() {
    local root=$1 public=$2 names
    names=$(find "$root" -name '*.h' -o -name '*.def' -o -name '*.proto' -o -name '*.css' |
        sed "s,^$root/,,; s,\.proto\$,.pb-c.h,; s,\.css\$,_assets.h,; s,\.,\\\\.,g" | sort | paste -sd'|')
    printf '"base/[a-z0-9_./]*"|"(%s)"|%s\n' "$names" "$public"
}

# Includes of ours: quoted, or of a public header.
ours() {
    grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*("|<ruff)' "$1" |
        grep -v '"config\.h"'
}

check_folder() {
    local folder=$1 rule bad=
    rule=$(allowed "$folder")
    while read -r file; do
        while IFS= read -r line; do
            local text
            text=$(sed -E 's/^[0-9]+:[[:space:]]*#[[:space:]]*include[[:space:]]*//; s/[[:space:]]*(\/\*.*)?$//' <<<"$line")
            if ! grep -qxE "$rule" <<<"$text"; then
                bad+="$file:${line%%:*}: may not include $text"$'\n'
            fi
        done < <(ours "$file")
    done < <(find "$folder" -maxdepth 1 -name '*.[ch]' -o -maxdepth 1 -name '*.def' | sort)
    if [ -z "$bad" ]; then
        tap_ok "includes of $folder"
    else
        tap_fail "includes of $folder" "$bad"
    fi
}

while read -r folder; do
    check_folder "$folder"
done < <(find runtime profiler bench -type d ! -name '.*' | sort)

# config.h sets the feature macros, so nothing may come before it; the own header second
# proves that it stands alone.
bad=
while read -r file; do
    first=$(grep -m1 -E '^#include' "$file")
    [ "$first" = '#include "config.h"' ] || bad+="$file: the first include is $first"$'\n'
    header=${file%.c}.h
    if [ -f "$header" ]; then
        second=$(grep -E '^#include' "$file" | sed -n 2p | sed -E 's/#include ["<](.*)[">]/\1/')
        case $header in
        *"$second") ;;
        *) bad+="$file: the second include is $second, not its own header"$'\n' ;;
        esac
    fi
done < <(find runtime profiler bench -name '*.c' | sort)
if [ -z "$bad" ]; then
    tap_ok "config.h first, own header second"
else
    tap_fail "config.h first, own header second" "$bad"
fi

# The rules must be able to fail.
mkdir -p "$tmp/runtime/base"
printf '#include "config.h"\n#include "core/value.h"\n' >"$tmp/runtime/base/bad.c"
planted=$(cd "$tmp" && tap_count=0 && check_folder runtime/base)
case $planted in
"not ok"*"may not include \"core/value.h\""*) tap_ok "a forbidden include is found" ;;
*) tap_fail "a forbidden include is found" "$planted" ;;
esac
tap_done
