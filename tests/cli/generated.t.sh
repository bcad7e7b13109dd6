#!/bin/sh
# Generated data never pass for a survey: verdict, area tables, conflicts, transition, in zh and en.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "SKIPPED: needs python3"; exit 77; }
. "$(dirname "$0")/town.sh"
town "$GT_SOURCE_DIR/tests/check/package"
facts="--set use=park --set national=no"

# nothing generated: nothing said
code 1 check "$work/site.geojson" $facts
grep -q generated "$work/out" && fail "a survey was called generated"
code 1 check "$work/site.geojson" $facts --format json
says '"generated_layers":[]'
says '"origin":"survey"'
code 0 areas --by district --format csv
says ',survey'

code 0 load basic_farmland "$work/farm.geojson" --as-of 2022-06-01 --generated
code 0 load land_use "$work/land.geojson" --as-of 2022-06-01 --generated

code 1 check "$work/site.geojson" $facts
says "rests on generated data, not a survey result: "
code 1 --lang zh check "$work/site.geojson" $facts
says "依据生成数据，非调查成果："
code 1 check "$work/site.geojson" $facts --format json
python3 - "$work/out" <<'PY' || fail "the JSON of a verdict on generated data"
import json, sys
v = json.load(open(sys.argv[1]))
assert "basic_farmland" in v["generated_layers"] and "districts" not in v["generated_layers"], v["generated_layers"]
kinds = {m["layer"]: m["origin"] for f in v["findings"] for m in f["measures"]}
assert kinds["basic_farmland"] == "generated"
assert all(m["origin"] is None for f in v["findings"] for m in f["measures"] if not m["known"])
PY
code 1 check "$work/site.geojson" $facts --format gpkg -o "$work/v.gpkg"
python3 -c "
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
assert db.execute(\"select count(*) from findings where origin = 'generated'\").fetchone()[0] > 0
" "$work/v.gpkg" || fail "the GeoPackage does not say generated"

# tables
code 0 areas --by district,land_class
says "rests on generated data, not a survey result: "
code 0 --lang zh areas --by district,land_class
says "依据生成数据，非调查成果："
code 0 areas --by district,land_class --format csv
says ",origin"
says ",generated"
code 0 areas --by district,land_class --format json
says '"generated_layers":["land_use"]'
code 0 areas --by district --format json
says '"generated_layers":[]'
code 1 conflicts basic_farmland land_use --format json
says '"generated_layers":["basic_farmland","land_use"]'
code 1 conflicts basic_farmland land_use
says "rests on generated data"
code 0 transition land_use --from 2022-01-02 --to 2022-07-01 --format json
says '"generated_layers":["land_use"]'
code 0 --lang zh transition land_use --from 2022-01-02 --to 2022-07-01
says "依据生成数据"
finish
