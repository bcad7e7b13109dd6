# Indicators of ledgers from the command line: the views are there from the first day, the value and what moved it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
w="$work/w"
export GUOTU_ACTOR=bureau
fail() {
    echo "FAILED: $1" >&2
    exit 1
}
"$GUOTU" -w "$w" init --package "$GT_SOURCE_DIR/tests/indicator/books" >/dev/null
views="ledger_record ledger_event balance_row"
command -v sqlite3 >/dev/null || views="" # the views are looked at from outside
for view in $views; do
    n=$(sqlite3 "$w/onemap.gpkg" "SELECT count(*) FROM $view") || fail "no view $view"
    [ "$n" = 0 ] || fail "$view is not empty"
done
"$GUOTU" -w "$w" --lang en indicators --format json >"$work/none.json"
grep -q '"indicator":"restored-area".*"value":null.*"missing":"works"' "$work/none.json" || fail "an empty book is not known"
"$GUOTU" -w "$w" actor add bureau --as bureau >/dev/null
"$GUOTU" -w "$w" ledger add works --id A --unit west --set year=2025 --set area=1.5 --date 2025-02-01 >/dev/null
"$GUOTU" -w "$w" ledger move works A accept --date 2025-03-01 >/dev/null
"$GUOTU" -w "$w" --lang en indicators --year 2025 --format json >"$work/some.json"
grep -q '"indicator":"restored-area","district":null,.*"value":1.5' "$work/some.json" || fail "1.5 ha"
"$GUOTU" -w "$w" --lang en explain restored-area --from 2025-02-28 --to 2025-12-31 --format json >"$work/why.json"
grep -q '"quanta":15000000000,"series":null,"where":"works:A","district":"west","before":"planned","after":"done","revision":0,"sum":"done","event":4}' \
    "$work/why.json" || fail "the event is not named: $(cat "$work/why.json")"
"$GUOTU" -w "$w" --lang en explain restored-area --from 2025-02-28 --to now --year 2025 >"$work/why.txt"
grep -q '#4' "$work/why.txt" || fail "the event has no number"
status=0
"$GUOTU" -w "$w" explain restored-area --from tomorrow --to now >/dev/null 2>&1 || status=$?
[ "$status" = 2 ] || fail "'tomorrow' is no state: $status"
