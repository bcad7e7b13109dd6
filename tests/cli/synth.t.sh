#!/bin/sh
# synth, in zh and en: totals, marks, seeds, wrong input.
. "$(dirname "$0")/lib.sh"
[ -n "${GUOTU_DATA:-}" ] || { echo "SKIPPED: set GUOTU_DATA to a folder with district outlines and relief"; exit 77; }

code 0 init --package beijing
code 2 synth --open "$GUOTU_DATA" --scale 10
code 2 synth --open "$GUOTU_DATA" --seed minus
code 3 synth --open "$work/nothing"
code 3 synth --open "$GUOTU_DATA" --recipe "$work/none.yaml"
code 0 log --format json
grep -q '"revision":2' "$work/out" && fail "a refused synth made a revision"

# so coarse a city misses small totals by more than 1 %: kept, marked, and the answer is "no"
code 1 synth --open "$GUOTU_DATA" --scale 3000
says "LND-009"
says "!"
code 0 log --verify
code 0 log
says "generated layers as of"
code 0 layers --format csv
says ",generated"
code 0 areas --by district --format json
cp "$work/out" "$work/first.json"
# a warehouse over the whole box of a redline: wherever the generated redlines lie, the answer is no
box=$(python3 - "$work/w/onemap.gpkg" <<'PY'
import sqlite3, sys
west, east, south, north = sqlite3.connect(sys.argv[1]).execute(
    "select minx, maxx, miny, maxy from rtree_ecological_redline_geom order by (maxx - minx) * (maxy - miny) desc limit 1"
).fetchone()
ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
print("POLYGON((" + ", ".join("%.1f %.1f" % p for p in ring) + "))")
PY
)
# what the plan counts is there, each with its name: five wind corridors of level 1, one screen, three rings, five rivers,
# nine wedges, nine fields, seven kinds of corridors
python3 - "$work/w/onemap.gpkg" <<'PY' || fail "elements that the plan counts"
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
count = lambda layer, by: dict(db.execute(f"select {by}, count(distinct name) from {layer} group by 1"))
assert count("wind_corridors", "level") == {"first": 5, "second": 3, "third": 1}, count("wind_corridors", "level")
got = count("spatial_structure", "part")
assert got == {"screen": 1, "ring": 3, "river": 5, "wedge": 9, "field": 9, "corridor": 7}, got
PY
code 1 check --wkt "$box" --set use=logistics
says "LND-"
code 0 -w "$work/zh" --lang zh init --package beijing
code 1 -w "$work/zh" --lang zh synth --open "$GUOTU_DATA" --scale 3000
says "偏差"
code 0 -w "$work/zh" log
says "生成图层，时点"
code 0 -w "$work/zh" areas --by district --format json
cmp -s "$work/out" "$work/first.json" || fail "the same seed gave other areas"
finish
