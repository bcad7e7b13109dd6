#!/bin/sh
# Empty answers, wrong words, global options anywhere, stable CSV, what a failed init leaves, maps.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "SKIPPED: needs python3"; exit 77; }
. "$(dirname "$0")/town.sh"
package=$GT_SOURCE_DIR/tests/check/package
town "$package"
facts="--set use=park --set national=no"

# load says what the revision holds
code 0 load basic_farmland "$work/farm.geojson" --as-of 2022-01-01
says "1 new or changed, 1 ended, 0 as before"
code 0 --lang zh load basic_farmland "$work/farm.geojson" --as-of 2022-01-01
says "新增或变化 1 个，终止 1 个，未变 0 个"

# nothing there: said, not shown as 0
code 3 areas --by district --as-of 1990-01-01
says "nothing of these layers on 1990-01-01"
code 3 --lang zh areas --by district --as-of 1990-01-01
says "1990-01-01 这些图层没有任何要素"
code 0 areas --by districts --format csv
says "西区"
code 2 areas --by nonsense
code 0 --lang zh areas --by district
says "行政区"
grep -q district "$work/out" && fail "an English heading in a Chinese table"
code 0 --lang zh areas --by district,big_class
says "行政区 (平方公里)"

# facts must have a value; ? says that it is not known
code 2 check "$work/site.geojson" --set use= --set national=no
code 2 --lang zh check "$work/site.geojson" --set use=
code 0 check "$work/site.geojson" --set use=park --set national=?

# CSV is the same in both languages
code 0 layers --format csv
cp "$work/out" "$work/en.csv"
code 0 --lang zh layers --format csv
cmp -s "$work/out" "$work/en.csv" || fail "layers --format csv changes with the language"
says "id,title_zh,title_en,geometry,features,area_km2,valid_from,revision,origin"
says ",survey"

# global options after the verb
cases=$((cases + 1))
"$GUOTU" -w "$work/w" layers -q --lang zh >"$work/out" 2>&1 || fail "global options after the verb"
says "图层"
cases=$((cases + 1))
"$GUOTU" layers --workspace "$work/w" --threads 1 --memory 512M >"$work/out" 2>&1 || fail "-w after the verb"
cases=$((cases + 1))
"$GUOTU" layers -w "$work/w" --threads none >"$work/out" 2>&1 && fail "a bad value after the verb"
code 2 layers --no-such-option
code 2 layers --lang

# a failed init leaves nothing behind
code_init() {
    cases=$((cases + 1))
    got=0
    "$GUOTU" -w "$1" init --package "$2" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" -ne 0 ] || fail "init of $2 succeeded"
}
cp -r "$package" "$work/badcrs"
sed -i 's/^crs:.*/crs: EPSG:999999/' "$work/badcrs/package.yaml"
code_init "$work/new/deep/w" "$work/badcrs"
[ ! -e "$work/new" ] || fail "a failed init left folders"
mkdir -p "$work/mine/package"
code_init "$work/mine" "$work/badcrs"
[ -d "$work/mine/package" ] || fail "a folder that was there is gone"
# what stood in the folder before stays as it was
mkdir -p "$work/kept/package" "$work/kept/reports" && echo mine >"$work/kept/package/note.txt"
code_init "$work/kept" beijing
[ "$(cat "$work/kept/package/note.txt")" = mine ] && [ ! -e "$work/kept/onemap.gpkg" ] ||
    fail "init touched somebody's folder"
code_init "$work/w" "$package"
code 0 layers
code 3 clauses --package "$work/badcrs"
says "EPSG:999999"
code 1 plan validate --package "$work/badcrs"
says "EPSG:999999"
code_init "$work/none/w" "$work/nosuch"
[ ! -e "$work/none" ] || fail "init without a package left folders"

# maps: the territory is framed; a box beside it is an error; views are named
code 0 map -o "$work/m.png" --width 600
head -c 8 "$work/m.png" | od -An -c | grep -q 'P   N   G' || fail "no PNG"
code 0 map --layers all -o "$work/m.png" --width 600
code 3 map --bbox 1,1,2,2 -o "$work/n.png"
says "meets none of the layers"
code 3 --lang zh map --bbox 1,1,2,2 -o "$work/n.png"
says "所给范围与各图层均不相交"
[ ! -e "$work/n.png" ] || fail "a picture of nothing"
code 2 map --view nonsense -o "$work/n.png"

# reports in the reader's language
python3 - "$work" <<'PY'
import json, sys
work = sys.argv[1]
d = json.load(open(f"{work}/farm.geojson"))
d["features"].append(d["features"][0])
json.dump(d, open(f"{work}/twice.geojson", "w"))
PY
code 0 --lang zh load basic_farmland "$work/twice.geojson"
grep -lq "结论：通过" "$work"/w/reports/*.txt || fail "no Chinese verdict in the report"
grep -l "结论：passed" "$work"/w/reports/*.txt && fail "an English verdict in a Chinese report"
code 0 help load
says "600 bytes for each vertex"
code 0 --lang zh help load
says "每个顶点约 600 字节"
code 0 help check
says "--strict"
finish
