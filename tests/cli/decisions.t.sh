#!/bin/sh
# Parts of one project are judged together, over time too; decisions keep the verdict beside them.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "SKIPPED: needs python3"; exit 77; }
. "$(dirname "$0")/town.sh"
town "$GT_SOURCE_DIR/tests/check/package"

# NAME X WIDTH: a piece 200 m high on the field's edge; the field ends at x = 1100
piece() {
    x=$((500000 + $2))
    echo "POLYGON(($x 4430200,$((x + $3)) 4430200,$((x + $3)) 4430400,$x 4430400,$x 4430200))"
}
code 0 verdict list
code 3 verdict show P1:north

# 1.2 ha of farmland: alone it passes, and it is accepted
code 0 check --wkt "$(piece a 1040 100)" --type piece --project P1 --name north --decide accept
says "decision recorded: P1:north"
# another 1.2 ha: 2.4 ha together. By itself it would pass.
code 0 check --wkt "$(piece b 980 60)" --type piece
code 0 check --wkt "$(piece b 980 60)" --type piece --project P2 --name south
code 1 check --wkt "$(piece b 980 60)" --type piece --project P1 --name south
says "judged together with 1 other part(s)"
says "2.4"
code 1 check --wkt "$(piece b 980 60)" --type piece --project P1 --name south --format json
python3 -c "
import json, sys
v = json.load(open(sys.argv[1]))
f = {x['rule']: x for x in v['findings']}['piece-farmland']
assert v['subject']['project'] == 'P1' and f['together'] == 1 and f['result'] == 'fail'
assert abs(f['measures'][0]['m2'] - 24000) < 40, f['measures'][0]['m2']
assert abs(f['together_m2'] - 32000) < 60 and abs(v['subject']['area_m2'] - 12000) < 30
" "$work/out" || fail "JSON of parts judged together"
# the same part again is not counted twice
code 0 check --wkt "$(piece a 1040 100)" --type piece --project P1 --name north
# before the first part was decided there was nothing to add
code 0 check --wkt "$(piece b 980 60)" --type piece --project P1 --name south --as-of 2023-06-01

# it may not be accepted, and not everybody may override it
code 3 check --wkt "$(piece b 980 60)" --type piece --project P1 --name south --decide accept
says "cannot be accepted"
code 3 check --wkt "$(piece b 980 60)" --type piece --project P1 --name south --decide override --reason urgent
says "may not override"
code 0 actor add office --title 规划处 --as office
code 0 actor add "Li Ming" --kind person --body office --as office
code 0 actor add Wang --kind person --as office
code 0 actor add Zhao --kind person --as office
code 0 actor grant Wang --role clerk --action add --as office
code 0 actor grant Zhao --role approver --ledger verdict --action override --unit 东区 --as office
code 3 check --wkt "$(piece b 980 60)" --type piece --project P1 --name south --decide override --reason urgent --author Wang
says "role: clerk"
code 2 check --wkt "$(piece b 980 60)" --type piece --project P1 --name south --decide override --author "Li Ming"
says "needs a reason"
code 2 check --wkt "$(piece b 980 60)" --type piece --decide perhaps
code 3 check --wkt "$(piece c 1500 60)" --type piece --name c --decide override --reason x --author "Li Ming"
says "nothing to override"
GUOTU_LANG=zh code 3 check --wkt "$(piece b 980 60)" --type piece --project P1 --name south --decide override --reason x
says "无权"

# the override: recorded with who, role, why and the verdict as it was; the exit code is that of the decision
code 0 check --wkt "$(piece b 980 60)" --type piece --project P1 --name south --decide override --author "Li Ming" --reason "flood relief"
says "decision recorded: P1:south"
code 0 verdict list
says "flood relief"
says "Li Ming"
code 0 verdict show P1:south --format json
python3 -c "
import json, sys
d = json.load(open(sys.argv[1]))
assert d['decision'] == 'override' and d['actor'] == 'Li Ming' and d['role'] == 'founder'
assert d['reason'] == 'flood relief' and d['result'] == 'fail'
f = {x['rule']: x for x in d['verdict']['findings']}['piece-farmland']
assert f['result'] == 'fail' and f['together'] == 1 and f['measures'][0]['overlap']
" "$work/out" || fail "the original finding is not kept beside the override"
code 0 verdict show P1:south
says "Verdict as it was: fail"
# what was let through counts from now on; what was refused does not
code 1 check --wkt "$(piece c 900 10)" --type piece --project P1 --name third
says "judged together with 2 other part(s)"
code 1 check --wkt "$(piece d 800 50)" --type piece --project P1 --name fourth --decide refuse --reason "too much"
code 1 check --wkt "$(piece c 900 10)" --type piece --project P1 --name third
says "judged together with 2 other part(s)"
code 0 verdict list --as-of 2023-01-01
grep -q "Li Ming" "$work/out" && fail "--as-of shows later decisions"

# under the hash chain: a changed reason is found
code 0 log --verify
code 0 log
says "decision: override P1:south (flood relief)"
if command -v sqlite3 >/dev/null; then
    cp -r "$work/w" "$work/w2"
    sqlite3 "$work/w2/onemap.gpkg" "DROP TRIGGER IF EXISTS none" 2>/dev/null
    sqlite3 "$work/w2/onemap.gpkg" "UPDATE gt_revision SET reason = 'routine' WHERE reason = 'flood relief'"
    "$GUOTU" -q -w "$work/w2" log --verify >"$work/out" 2>&1 && fail "a changed reason is not found"
fi
# rules of the day: after 2030 the farmland rule is gone, the size rule is not
code 0 check --wkt "$(piece c 900 10)" --type piece --project P1 --name third --as-of 2031-06-01
# a power for one district is none in the other; a power of the office is one of its people; gone when it ends
code 3 check --wkt "$(piece c 900 10)" --type piece --project P1 --name third --decide override --reason x --author Zhao
says "role: approver"
code 0 check --wkt "$(piece c 900 10)" --type piece --project P1 --name third --decide override --reason x --author "Li Ming"
code 0 actor end "Li Ming" --as office
code 3 check --wkt "$(piece c 890 10)" --type piece --project P1 --name fifth --decide override --reason x --author "Li Ming"
says "may not override"
finish
