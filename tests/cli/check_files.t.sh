#!/bin/sh
# A verdict as files: text, JSON, GeoPackage, PDF, PNG.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "SKIPPED: needs python3"; exit 77; }
. "$(dirname "$0")/town.sh"
town "$GT_SOURCE_DIR/tests/check/package"
facts="--set use=park --set national=no"

code 1 check "$work/site.geojson" $facts --format text -o "$work/v.txt"
[ -s "$work/out" ] && fail "-o FILE also wrote to standard output"
grep -q "NOT CONFORMING" "$work/v.txt" || fail "no text in the file"
code 1 check "$work/site.geojson" $facts --format json -o "$work/v.json"
code 1 check "$work/site.geojson" $facts --name 公园 --format gpkg -o "$work/v.gpkg"
says "NOT CONFORMING"
python3 - "$work/v.json" "$work/v.gpkg" <<'PY' || fail "the GeoPackage of findings"
import json, sqlite3, struct, sys
verdict = json.load(open(sys.argv[1]))
db = sqlite3.connect(sys.argv[2])
db.row_factory = sqlite3.Row
rows = list(db.execute("select * from findings"))
role = lambda r: [x for x in rows if x["role"] == r]
assert len(role("subject")) == 1 and role("subject")[0]["result"] == "fail" and role("subject")[0]["subject"] == "公园"
assert len(role("finding")) == len(verdict["findings"])
denied = [x for x in role("finding") if x["result"] == "fail" and x["effect"] == "deny"]
assert denied and denied[0]["clauses"].startswith("TST-") and denied[0]["comply_zh"]
# a quarter of the way in: 100 of 200 m; overlap and rest are each half of the subject
assert abs(denied[0]["m2"] - 30000) < 60 and abs(denied[0]["share"] - 0.5) < 1e-6
rest = role("complying")[0]
assert abs(rest["share"] - 0.5) < 1e-6 and rest["geom"] is not None
assert abs(rest["m2"] + denied[0]["m2"] - role("subject")[0]["m2"]) < 0.05
srs = db.execute("select srs_id, min_x, max_x from gpkg_contents where table_name='findings'").fetchone()
assert srs["srs_id"] == 4548 and srs["min_x"] == 501000 and srs["max_x"] == 501200
PY
if command -v ogrinfo >/dev/null; then
    ogrinfo -al -so "$work/v.gpkg" >"$work/out" 2>"$work/err" || fail "ogrinfo cannot open the findings"
    [ ! -s "$work/err" ] || { fail "ogrinfo warns"; cat "$work/err"; }
    says "Multi Polygon"
    says "CGCS2000"
fi
# a subject that conforms has no row to comply with
code 0 check "$work/site.geojson" --set use=park --set national=yes --format gpkg -o "$work/v.gpkg"
python3 -c "
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
assert db.execute(\"select count(*) from findings where role = 'complying'\").fetchone()[0] == 0
assert db.execute(\"select count(*) from findings where excepted_by = 'TST-002'\").fetchone()[0] == 1
" "$work/v.gpkg" || fail "the GeoPackage of a subject that conforms"

code 1 check "$work/site.geojson" $facts --format pdf -o "$work/v.pdf"
head -c 5 "$work/v.pdf" | grep -q '%PDF-' || fail "no PDF"
code 1 check "$work/site.geojson" $facts --format png -o "$work/v.png"
head -c 8 "$work/v.png" | od -An -c | grep -q 'P   N   G' || fail "no PNG"

# what a file says of its subject are facts; --set goes before
sed 's/"properties": {}/"properties": {"use": "park", "NATIONAL": "yes", "floors": 3, "other": 1}/' "$work/site.geojson" >"$work/said.geojson"
code 0 check "$work/said.geojson"
says "TST-002"
code 1 check "$work/said.geojson" --set national=no
sed 's/"properties": {}/"properties": {"floors": "many"}/' "$work/site.geojson" >"$work/odd.geojson"
code 2 check "$work/odd.geojson"
says "odd.geojson"
says "'many' is no integer for 'floors'"

# what cannot be written is refused, and nothing is left behind
code 2 check "$work/site.geojson" $facts --format gpkg
says "add -o FILE.gpkg"
code 2 check "$work/site.geojson" $facts --format shp -o "$work/v.shp"
code 2 check "$work/site.geojson" $facts --format pdf -o "$work/v.txt.doc"
code 4 check "$work/site.geojson" $facts --format gpkg -o "$work/no/such/folder.gpkg"
code 4 check "$work/site.geojson" $facts --format json -o "$work/no/such/folder.json"
[ ! -e "$work/no" ] || fail "a folder was made"
finish
