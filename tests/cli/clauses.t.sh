#!/bin/sh
# clauses, in zh and en: text, CSV, JSON, filters, wrong words.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "SKIPPED: needs python3"; exit 77; }

code 0 clauses --package beijing
says "clauses,"
says "carried out by"
code 0 --lang zh clauses --package beijing
says "由谁落实"
says "条，已落实"
code 0 clauses --package beijing --plan LND --kind rule --format json
python3 - "$work/out" <<'PY' || fail "JSON of clauses"
import json, sys
rows = json.load(open(sys.argv[1]))
assert rows and all(r["plan"] == "LND" and r["kind"] == "rule" for r in rows)
keys = {"id", "plan", "kind", "strength", "section", "terms_zh", "title_en", "carried_out_by", "proved_by"}
assert all(keys <= set(r) for r in rows)
assert all({"kind", "id"} <= set(c) for r in rows for c in r["carried_out_by"])
PY
code 0 clauses --package beijing --format csv
says "id,kind,strength,title,carried_out_by,proved_by"
code 0 clauses --package beijing --missing
grep -q "rule:" "$work/out" && fail "--missing lists what is carried out"
code 0 clauses --package liechtenstein

# words that no clause has: the words there are get listed
code 2 clauses --package beijing --plan NOPE
says "LND"
code 2 --lang zh clauses --package beijing --plan NOPE
says "可用"
code 2 clauses --package beijing --kind nope
says "rule"
code 2 clauses --package beijing --format gpkg
code 3 clauses --package "$work/none"
mkdir "$work/bad"
printf 'package: bad\n' >"$work/bad/package.yaml"
code 3 clauses --package "$work/bad"
says "package.yaml"
finish
