#!/bin/sh
# From an empty folder to a verdict, with a package and files of our own.
. "$(dirname "$0")/lib.sh"
package=$GT_SOURCE_DIR/tests/check/package

cat >"$work/districts.geojson" <<'J'
{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}},"features":[
{"type":"Feature","properties":{"name":"西区"},"geometry":{"type":"Polygon","coordinates":[[[500000,4430000],[502000,4430000],[502000,4432000],[500000,4432000],[500000,4430000]]]}},
{"type":"Feature","properties":{"name":"东区"},"geometry":{"type":"Polygon","coordinates":[[[502000,4430000],[504000,4430000],[504000,4432000],[502000,4432000],[502000,4430000]]]}}]}
J
cat >"$work/land.geojson" <<'J'
{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}},"features":[
{"type":"Feature","properties":{"DLBM":"0103"},"geometry":{"type":"Polygon","coordinates":[[[500000,4430000],[503000,4430000],[503000,4432000],[500000,4432000],[500000,4430000]]]}},
{"type":"Feature","properties":{"DLBM":"0701"},"geometry":{"type":"Polygon","coordinates":[[[503000,4430000],[504000,4430000],[504000,4432000],[503000,4432000],[503000,4430000]]]}}]}
J
cat >"$work/farm.geojson" <<'J'
{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}},"features":[
{"type":"Feature","properties":{"grade":2},"geometry":{"type":"Polygon","coordinates":[[[500100,4430100],[501100,4430100],[501100,4431100],[500100,4431100],[500100,4430100]]]}}]}
J
cat >"$work/site.geojson" <<'J'
{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}},"features":[
{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[501000,4430200],[501200,4430200],[501200,4430500],[501000,4430500],[501000,4430200]]]}}]}
J

code 0 init --package "$package"
code 3 init --package "$package"
code 0 load districts "$work/districts.geojson" --as-of 2022-01-01 --reason "first survey"
code 0 load land_use "$work/land.geojson" --as-of 2022-01-01
code 0 load basic_farmland "$work/farm.geojson" --as-of 2022-01-01
code 0 layers
says basic_farmland
code 0 layers --format csv
says "districts,行政区,Districts,"
code 0 layers --format json
says '"id":"districts"'
code 0 qc
code 0 areas --by district,land_class
says "Dry land"
says "西区"
code 0 areas --by district,land_class --format json
says '"total_m2"'
# the sum over rows is the total, to 0.01 m2
"$GUOTU" -q -w "$work/w" areas --by district,land_class --format csv >"$work/areas.csv"
"$GUOTU" -q -w "$work/w" areas --by district --format csv >"$work/city.csv"
sum() { awk -F, -v c="$2" 'NR > 1 { s += $c } END { printf "%.4f", s }' "$1"; }
d=$(echo "$(sum "$work/areas.csv" 3) $(sum "$work/city.csv" 2)" | awk '{ d = $1 - $2; print (d < 0 ? -d : d) < 0.01 }')
[ "$d" = 1 ] || fail "districts do not sum to the city"

code 1 check "$work/site.geojson" --type project --set use=park --set national=no
says "NOT CONFORMING"
says "TST-001"
says "to comply: leave out"
code 1 check "$work/site.geojson" --type project --set use=park --set national=no --format json
says '"result":"fail"'
code 0 check "$work/site.geojson" --type project --set use=park --set national=yes
says "excepted by: TST-002"
GUOTU_LANG=zh code 1 check "$work/site.geojson" --type project --set use=park --set national=no
says "不符合"
says "如何符合"
code 0 check --wkt "POLYGON((503100 4430100,503200 4430100,503200 4430200,503100 4430100))" --set use=park
code 1 check "$work/site.geojson" --set use=park --set national=no --picture "$work/verdict.png"
[ -s "$work/verdict.png" ] || fail "no picture of the verdict"
code 1 check "$work/site.geojson" --set use=park --set national=no --picture "$work/verdict.pdf"
head -c 5 "$work/verdict.pdf" | grep -q '%PDF' || fail "verdict.pdf is no PDF"
code 0 map -o "$work/map.png"
head -c 4 "$work/map.png" | grep -q PNG || fail "map.png is no PNG"
code 0 export land_use "$work/out.geojson" --crs EPSG:4326
grep -q '"0701"' "$work/out.geojson" || fail "export lost an attribute"

# a second survey: the old one stays readable
cat >"$work/farm2.geojson" <<'J'
{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}},"features":[
{"type":"Feature","properties":{"grade":2},"geometry":{"type":"Polygon","coordinates":[[[500100,4430100],[500900,4430100],[500900,4431100],[500100,4431100],[500100,4430100]]]}}]}
J
code 0 load basic_farmland "$work/farm2.geojson" --as-of 2024-01-01
code 0 check "$work/site.geojson" --set use=park --set national=no
code 1 check "$work/site.geojson" --set use=park --set national=no --as-of 2023-06-01

code 0 log
says "first survey"
code 0 log --format json
says '"author":"tester"'
code 0 log --verify
says "chain and data agree"
if command -v sqlite3 >/dev/null; then
    sqlite3 "$work/w/onemap.gpkg" "UPDATE gt_revision SET author = 'someone' WHERE id = 2"
    code 3 log --verify
fi
if command -v ogrinfo >/dev/null; then
    ogrinfo -al -so "$work/w/onemap.gpkg" >"$work/out" 2>"$work/err" || fail "ogrinfo cannot open the map"
    [ ! -s "$work/err" ] || { fail "ogrinfo warns"; cat "$work/err"; }
    says "CGCS2000"
fi
finish
