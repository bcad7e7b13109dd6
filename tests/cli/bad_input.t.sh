#!/bin/sh
# Everything that can be wrong on the command line or in a file: the exit code, a located message, and
# nothing changed.
. "$(dirname "$0")/lib.sh"
package=$GT_SOURCE_DIR/tests/check/package

code 2 cheek
says "did you mean 'check'?"
code 2 layers --colour
says "has no option --colour"
code 2 load districts
says "LAYER FILE"
code 2 log --limit
says "--limit needs a value"
code 2 log --limit ten
says "1 .. "
code 2 log --limit 1.5e0
code 2 log --limit 1e
code 2 log --limit 1e99
code 2 layers --format yaml
says "allowed: text, csv, json"
code 2 init
code 3 init --package no-such-place
says "there is no plan package 'no-such-place'"
code 3 layers
code 2 check
code 0 help
code 0 help check
says "--set NAME=VALUE"
code 2 help cheek
"$GUOTU" layers >"$work/out" 2>"$work/err"
[ $? -eq 2 ] || fail "no workspace is a usage error"
says "no workspace was named"

code 0 init --package "$package"
code 0 log --limit 1e3
code 3 load districts "$work/none.geojson"
code 3 load castle "$work/none.geojson"
says "has no layer 'castle'"
says "did you mean"

geo() { # geo NAME COORDINATES [PROPERTIES]
    printf '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}},"features":[{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[%s]]}}]}' "${3:-\"name\":\"x\"}" "$2" >"$work/$1"
}
box="[500000,4430000],[501000,4430000],[501000,4431000],[500000,4431000],[500000,4430000]"
geo bowtie.geojson "[500000,4430000],[501000,4431000],[501000,4430000],[500000,4431000],[500000,4430000]"
geo outside.geojson "[100,100],[200,100],[200,200],[100,200],[100,100]"
geo unknown.geojson "$box" '"dlbm":"9999"'
geo missing.geojson "$box" '"other":1'
geo good.geojson "$box"
printf '{"type":"FeatureCollection","features":[]}' >"$work/empty.geojson"
head -c 150 "$work/good.geojson" >"$work/cut.geojson"
: >"$work/nothing.geojson"
printf 'not a map at all' >"$work/text.txt"

code 3 load districts "$work/bowtie.geojson"
says "at (500500, 4430500)"
code 3 load districts "$work/outside.geojson"
code 3 load land_use "$work/unknown.geojson"
says "9999"
code 3 load districts "$work/missing.geojson"
says "name"
code 3 load districts "$work/empty.geojson"
code 3 load districts "$work/cut.geojson"
code 3 load districts "$work/nothing.geojson"
code 3 load districts "$work/text.txt"
code 3 load districts "$work"
code 2 load districts "$work/good.geojson" --as-of yesterday
says "YYYY-MM-DD"
code 2 load districts "$work/good.geojson" --datum mars
says "gcj02"
code 3 load districts "$work/good.geojson" --crs EPSG:99999
GUOTU_LANG=zh code 3 load districts "$work/bowtie.geojson"
says "错误"
says "建议"
code 0 log
cp "$work/out" "$work/log_before"
[ "$(grep -c 'tester' "$work/log_before")" -eq 1 ] || fail "a refused load left a revision"
code 0 load districts "$work/bowtie.geojson" --repair
code 0 load districts "$work/good.geojson"

site="POLYGON((500100 4430100,500200 4430100,500200 4430200,500100 4430200,500100 4430100))"
code 2 check --wkt "$site" --type castle
code 2 check --wkt "$site" --set colour=red
says "did you mean"
code 2 check --wkt "$site" --set national=perhaps
code 3 check --wkt "POLYGON((500100 4430100"
code 3 check --wkt "POINT(500100 4430100)"
code 3 check --wkt "POLYGON((900000 4430100,900100 4430100,900100 4430200,900000 4430100))"
code 2 areas --by castle
code 3 areas --by land_class
says "holds no features"
code 2 areas --by district --unit acres
code 2 map
code 2 map -o "$work/map.bmp"
code 2 map -o "$work/map.png" --bbox 1,2,3
code 3 map -o "$work/map.png" --layers castle
code 3 export castle "$work/x.gpkg"
code 2 export districts "$work/x.unknownformat"
code 4 map -o /no/such/folder/map.png

# a package with mistakes: every one of them, with file, line and column
mkdir "$work/p"
cp "$package"/* "$work/p/"
sed -i 's/strength: guidance/strength: strong/; s/overlap: hazard/overlap: hazzard/' "$work/p/all.yaml"
"$GUOTU" -q -w "$work/other" init --package "$work/p" >"$work/out" 2>"$work/err"
[ $? -eq 3 ] || fail "a bad package is an input error"
says "all.yaml:"
says "hazzard"
says "strong"
[ ! -e "$work/other/onemap.gpkg" ] || fail "a bad package made a workspace"
finish
