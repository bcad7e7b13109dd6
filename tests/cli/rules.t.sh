#!/bin/sh
# rule, plan, clauses: what a package says, what proves it, and that every mistake is found.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "SKIPPED: needs python3"; exit 77; }
export GUOTU_PLANS="$GT_SOURCE_DIR/plans"

# rules
code 0 rule list --package beijing
says "zero-construction-in-farmland-space"
says "$(cat "$GT_SOURCE_DIR"/plans/beijing/*/*.yaml | grep -c "^- rule:") rules"
code 0 rule list --package beijing --plan TER --type restoration --format csv
grep -q "^zero-construction" "$work/out" && fail "--plan and --type choose nothing"
code 0 rule list --package beijing --as-of 1999-01-01
says "0 rules"
code 0 rule show hazard-zone-assessment --package beijing
for word in LND-053 binding 2022-06-16 project adds_building "overlap hazard_zones" "NOT hazard_report" \
    "cut out prone" "land/rules.yaml" "cases/land.yaml"; do
    says "$word"
done
code 0 rule show zero-construction-in-farmland-space --package beijing --format json
python3 - "$work/out" <<'PY' || fail "JSON of a rule"
import json, sys
r = json.load(open(sys.argv[1]))
assert r["id"] == "zero-construction-in-farmland-space" and r["effect"] == "deny"
assert r["clauses"][0]["id"] == "LND-055" and r["clauses"][0]["text"]["en"]
assert r["from"] == "2022-06-16" and r["to"] is None and r["subjects"] == ["project"]
assert [m["id"] for m in r["measures"]] == ["space", "basic"]
assert {c["answer"] for c in r["cases"]} == {"passes", "fails", "open"}
assert r["title"]["zh"] and r["say"]["zh"]
PY
code 3 rule show hazard-zone-asessment --package beijing
says "did you mean 'hazard-zone-assessment'"
code 2 rule show --package beijing
code 2 rule drop x --package beijing
code 2 rule

# what is in force, and why; both values stay
code 0 plan show --package beijing --quantity farmland_safe_use
says "95 %"
says "92 %"
says "in force"
says "the later issue goes before the earlier"
code 0 plan show --package beijing
says "a final plan goes before a draft, then the later issue"
code 0 plan show --package beijing --format json
python3 -c "
import json, sys
p = json.load(open(sys.argv[1]))
assert p['precedence'] == ['final', 'later'] and len(p['plans']) == 6 and p['disputed']
" "$work/out" || fail "JSON of a package"
code 0 plan show sliver --package beijing
code 3 plan show --package beijing --quantity farmland_safe_uze
says "farmland_safe_use"
code 3 plan show nothing-of-it --package beijing

# the order of the tests is data: the same figures, the earlier plan in force
cp -r "$GT_SOURCE_DIR/plans/beijing" "$work/p"
sed -i 's/^precedence: .*/precedence: [listed]/' "$work/p/package.yaml"
code 0 plan show --package "$work/p" --quantity farmland_safe_use --format json
python3 -c "
import json, sys
f = {t['clause']: t for t in json.load(open(sys.argv[1]))}
assert f['TER-014']['status'] == 'in_force' and f['LND-035']['status'] == 'gives_way', f
assert f['TER-014']['why'] == 'listed'
" "$work/out" || fail "precedence is not data"

# validation: all mistakes in one run, with their places
code 0 plan validate "$work/p"
says "answered as they say"
sed -i 's/deny: space_m2 > :sliver/deny: space_m3 > :sliver/' "$work/p/land/rules.yaml"
sed -i '0,/strength: binding/s//strength: sometimes/' "$work/p/restoration/rules.yaml"
code 1 plan validate "$work/p"
says "land/rules.yaml:"
says "space_m3"
says "restoration/rules.yaml:"
says "sometimes"
code 1 plan validate "$work/p" --format json
python3 -c "
import json, sys
v = json.load(open(sys.argv[1]))
assert v['valid'] is False and len(v['mistakes']) >= 2
" "$work/out" || fail "JSON of a validation"
# a case that says otherwise than its rule
cp -r "$GT_SOURCE_DIR/plans/beijing" "$work/q"
sed -i 's/deny: space_m2 > :sliver/deny: space_m2 < :sliver/' "$work/q/land/rules.yaml"
code 1 plan validate "$work/q"
says "the case says 'fails'"
# a rule without cases
cp -r "$GT_SOURCE_DIR/plans/beijing" "$work/r"
sed -i '/hazard-zone-assessment/d' "$work/r/cases/land.yaml"
code 1 plan validate "$work/r"
says "hazard-zone-assessment has no case"
code 3 plan validate "$work/nowhere"
code 2 plan burn

# clauses: what carries them out, and which cases prove it
code 0 clauses --package beijing --plan LND --kind rule --missing
[ -s "$work/out" ] && fail "rule clauses of LND are missing"
code 0 clauses --package beijing --plan TER --kind rule --missing
[ -s "$work/out" ] && fail "rule clauses of TER are missing"
code 0 clauses --package beijing --plan ESP --kind rule --missing
[ -s "$work/out" ] && fail "rule clauses of ESP are missing"
code 0 clauses --package beijing --plan LND --kind rule --unproved
[ -s "$work/out" ] && fail "rule clauses of LND have no case"
code 0 clauses --package beijing --plan TER --kind rule --unproved
[ -s "$work/out" ] && fail "rule clauses of TER have no case"
code 0 clauses --package beijing --plan LND --kind rule
says "cases/land.yaml:"
code 0 clauses --package beijing --plan LND --format json
python3 -c "
import json, sys
c = {x['id']: x for x in json.load(open(sys.argv[1]))}
assert c['LND-055']['proved_by'].startswith('cases/land.yaml:')
assert {'kind': 'rule', 'id': 'zero-construction-in-farmland-space'} in c['LND-055']['carried_out_by']
" "$work/out" || fail "JSON of clauses"
# indicators have cases of their own
code 0 clauses --package beijing --plan LND --kind indicator
says "indicator-cases.csv:"
cp -r "$GT_SOURCE_DIR/plans/beijing" "$work/t"
echo 'no-such-figure,2025,,1,LND-031,met,nothing' >>"$work/t/indicator-cases.csv"
code 1 plan validate "$work/t"
says "there is none called 'no-such-figure'"
# a clause nobody carries out shows as missing, and only it
cp -r "$GT_SOURCE_DIR/plans/beijing" "$work/s"
sed -i "s/clauses: \\[LND-055/clauses: [LND-013/" "$work/s/land/rules.yaml"
code 0 clauses --package "$work/s" --plan LND --kind rule --missing --format csv
[ "$(grep -c '^LND' "$work/out")" -eq 1 ] && grep -q '^LND-055' "$work/out" || fail "--missing is not exact"
finish
