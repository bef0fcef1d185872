# Two functions that do 30 % and 70 % of the same work are shown so, in both engines, within
# half a point and 3.5 deviations of the share of n samples.
# shellcheck shell=bash
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"
cd "$tmp" || exit 1

cat >shares.ruff <<'TEXT'
func thirty(n) { let i := 0 let s := 0 while i < n { s := s + i * 2 i := i + 1 } return s }
func seventy(n) { let i := 0 let s := 0 while i < n { s := s + i * 2 i := i + 1 } return s }
let k := 0
while k < 20 { thirty(3000) seventy(7000) k := k + 1 }
TEXT

for mode in vm interp; do
    "$RUFFPROF_PROGRAM" record -q --repeat=4s --mode=$mode -o shares.rprof shares.ruff
    "$RUFFPROF_PROGRAM" export --format=folded shares.rprof >folded.txt
    verdict=$(awk '
        { n += $NF }
        /;thirty [0-9]+$/ { a += $NF }
        /;seventy [0-9]+$/ { b += $NF }
        END {
            if (n < 1000) { print "too few samples: " n; exit }
            tolerance = 0.005 + 3.5 * sqrt(0.3 * 0.7 / n)
            d = a / n - 0.3; e = b / n - 0.7
            if (d < 0) d = -d
            if (e < 0) e = -e
            printf "%s %d samples: %.2f %% and %.2f %%, tolerance %.2f points\n",
                (d <= tolerance && e <= tolerance) ? "ok" : "off", n, 100 * a / n,
                100 * b / n, 100 * tolerance
        }' folded.txt)
    echo "# $mode: $verdict"
    case $verdict in
    ok*) tap_ok "30 and 70 percent of the work in $mode" ;;
    *) tap_fail "30 and 70 percent of the work in $mode" "$verdict" ;;
    esac
done
tap_done
