#!/bin/sh
# The generated city lives from 2020 to 2025: each of the indicators is met, behind (or broken) and
# undecidable at least once. Exceptions, with their reasons, stand below.
. "$(dirname "$0")/../cli/lib.sh"
command -v python3 >/dev/null || { echo "SKIPPED: needs python3"; exit 77; }
open=${GUOTU_DATA:-$GT_SOURCE_DIR/build/open-data}
[ -d "$open" ] || { echo "SKIPPED: needs open data (tools/fetch_open_data.sh)"; exit 77; }
code 0 init --package "$GT_SOURCE_DIR/plans/beijing"
"$GUOTU" -q -w "$work/w" synth --open "$open" --scale 30000 >"$work/out" 2>&1 || [ $? -eq 1 ] || fail "synth"
says "19 changes of later years (of 19), a revision each"
grep -qE "[5-9][0-9][0-9] ledger records, [0-9]+ events" "$work/out" || fail "no ledger records"
for y in 2020 2021 2022 2023 2024 2025; do
    code 0 indicators --year $y --level district --format json
    cp "$work/out" "$work/y$y.json"
done
python3 - "$work" <<'PY' || fail "an indicator lacks a standing"
import json, sys
exceptions = {
    # with what is approved and not built 3 671 km2 in 2021 and 3 604 in 2025 against 3 670: to miss it
    # then, 70 km2 of new building land would have to be generated against the plan's own reduction
    "construction-land": {"behind"},
    # due in 2025 without a base year: it is met then, and nothing is asked before
    "farmland-in-key-areas": {"behind"},
    # due at the end of the plan: the generated years lead there and do not arrive
    "park-500m-coverage": {"met"},
    "first-belt-parks": {"met"},
    "natural-forest-unit-stock": {"met"},
    # measured on the map, which is known in every year; the generated belt is built more densely
    # than the plan's base, the generated restricted area is 11.002 % for a printed 11 %
    "second-belt-ecological-share": {"met", "undecidable"},
    "restricted-share": {"met", "undecidable"},
    "concentrated-construction-share": {"behind", "undecidable"},
}
seen, generated = {}, 0
for year in range(2020, 2026):
    for r in json.load(open(f"{sys.argv[1]}/y{year}.json"))["rows"]:
        s = r["standing"]
        generated += bool(r.get("generated"))
        if r["target"] is None or r["target"]["in_force"]:
            seen.setdefault(r["indicator"], set()).add("behind" if s == "broken" else s)
assert len(seen) >= 67, len(seen)
assert generated > 100, generated
wrong = 0
for name, have in sorted(seen.items()):
    lacks = {"met", "behind", "undecidable"} - have
    if lacks != exceptions.get(name, set()):
        print(name, "lacks", lacks, "excepted", exceptions.get(name, set()))
        wrong += 1
sys.exit(wrong > 0)
PY
# every change is a revision of its own with its reason, and the chain holds
code 0 log --verify
code 0 log --format json
grep -q '中心城区减量腾退' "$work/out" || fail "the log does not say why"
# the same seed gives the same city
code 0 explain urban-rural-land --from 2022-12-31 --to 2023-12-31 --format json
python3 -c "
import json, sys
e = json.load(open(sys.argv[1]))
assert sum(c['quanta'] for c in e['contributions']) == e['quanta'] < 0, e['quanta']
" "$work/out" || fail "what moved does not sum"
# the books: whole, marked, and the accounts close
code 0 ledger verify
code 0 ledger list reduction --format json
grep -q '"generated":true' "$work/out" || fail "records are not marked as generated"
grep -q '"generated":false' "$work/out" && fail "a record is not marked as generated"
for b in farmland_in_out linked_land handed_down construction_land restored_land; do
    for y in 2021 2023 2025; do
        # a yearly condition may be missed (exit 1), but every account closes
        "$GUOTU" -q -w "$work/w" balance $b --year $y >"$work/out" 2>&1 || [ $? -eq 1 ] || fail "balance $b $y"
        says "closes"
    done
done
# the yearly report shows them, with what moved and why
if command -v pdftotext >/dev/null; then
    code 0 report year 2023 -o "$work/r.pdf"
    pdftotext -layout "$work/r.pdf" "$work/out"
    for what in "Ledgers and accounts" "Accounts" "closes; condition met" "closes; condition missed" "中心城区减量腾退" "Basis"; do
        says "$what"
    done
    grep -q "worse than class V ()" "$work/out" && fail "an empty unit is printed"
fi
finish
