#!/bin/sh
# The verbs over woven layers, on a town of squares whose answers are known.
. "$(dirname "$0")/../cli/lib.sh"
code 0 init --package "$GT_SOURCE_DIR/tests/check/package"

square() { # square X0 Y0 X1 Y1 PROPERTIES
    printf '{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[[%s,%s],[%s,%s],[%s,%s],[%s,%s],[%s,%s]]]}}' \
        "$5" "$1" "$2" "$3" "$2" "$3" "$4" "$1" "$4" "$1" "$2"
}
file() { # file NAME FEATURE...
    name=$1
    shift
    printf '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}},"features":[' >"$work/$name"
    comma=
    for f in "$@"; do
        printf '%s%s' "$comma" "$f" >>"$work/$name"
        comma=,
    done
    printf ']}' >>"$work/$name"
}

code 3 weave
says "no polygon layer of the workspace holds features"
file d.geojson "$(square 500000 4430000 500430 4431000 '"name":"west"')" "$(square 500430 4430000 501000 4431000 '"name":"east"')"
file a.geojson "$(square 500000 4430000 500500 4431000 '"dlbm":"0103"')" "$(square 500500 4430000 501000 4431000 '"dlbm":"0701"')"
file b.geojson "$(square 500000 4430000 500400 4431000 '"dlbm":"0103"')" "$(square 500400 4430000 501000 4431000 '"dlbm":"0701"')"
file f.geojson "$(square 500050 4430050 500150 4430150 '"grade":1')"
file h.geojson "$(square 500100 4430100 500200 4430200 '"level":"high"')" "$(square 500199.98 4430100 500300 4430200 '"level":"low"')"
code 0 load districts "$work/d.geojson"
code 0 load land_use "$work/a.geojson" --as-of 2019-12-31
code 0 load land_use "$work/b.geojson" --as-of 2020-12-31
code 0 load basic_farmland "$work/f.geojson"

code 0 areas --by district --format csv --afresh
cp "$work/out" "$work/fresh"
code 0 weave --layers districts
says "first weave"
code 0 areas --by district --format csv
cmp -s "$work/fresh" "$work/out" || fail "areas from the stored weave differ"
code 0 weave --layers land_use
code 0 weave
says "up to date"
# every table comes from the account of all layers: districts hold the same area in each
code 0 areas --by district --format csv
districts=$(awk -F, 'NR > 1 && $1 != "" { s += $2 } END { printf "%.4f", s }' "$work/out")
code 0 areas --by district,land_class --format csv
parts=$(awk -F, 'NR > 1 && $1 != "" { s += $3 } END { printf "%.4f", s }' "$work/out")
# (each of the three rows is printed to 0.0001 m2)
awk -v a="$districts" -v b="$parts" 'BEGIN { exit !(a - b < 0.0002 && b - a < 0.0002) }' || fail "districts $districts, their classes $parts"
code 0 load hazard "$work/h.geojson"
code 0 weave --layers districts,land_use
says "first weave"
code 0 weave --layers districts,land_use --full
says "as asked"
printf 'x' | dd of="$(ls "$work"/*/cache/weave/*.weave | head -1)" bs=1 seek=50 conv=notrunc 2>/dev/null
code 0 areas --by district --format csv
code 2 weave --layers districts,districts
says "named twice"
code 3 weave --layers castle
code 2 weave --full "$work/x.gpkg"
code 2 weave --account "$work/x.csv"

code 1 conflicts basic_farmland hazard --format csv
says "basic_farmland"
says ",2499.99"
code 1 conflicts basic_farmland hazard -o "$work/c.gpkg"
says "1 places"
[ -s "$work/c.gpkg" ] || fail "no file of conflicts"
code 1 conflicts basic_farmland hazard --format json
code 0 conflicts basic_farmland "hazard:level = 'low'"
says "0 places"
code 0 conflicts basic_farmland hazard --min-area 5000
code 3 conflicts
says "has no view 'three-lines'"
code 2 conflicts hazard
code 3 conflicts hazard castle
code 3 conflicts hazard "basic_farmland:colour = 1"
code 2 conflicts basic_farmland hazard -o "$work/c.txt"

code 0 transition land_use --from 2019-12-31 --to 2020-12-31
says "changed 10.0000 ha"
code 0 transition land_use --from 2019-12-31 --to 2020-12-31 --by district --format csv
says "west,0103,0701,"
code 0 transition land_use --from 2019-12-31 --to 2020-12-31 --format json --changes "$work/t.csv"
grep -q "0103,.*0701" "$work/t.csv" || fail "no list of changes"
code 2 transition land_use --from 2020-12-31 --to 2019-12-31
code 2 transition land_use --from 2020-12-31
code 2 transition land_use --from tomorrow --to 2020-12-31
code 3 transition land_use --from 2001-01-01 --to 2020-12-31
says "nothing of land_use was valid on 2001-01-01"
code 2 transition land_use --from 2019-12-31 --to 2020-12-31 --field colour

code 0 atoms --layers land_use,districts --where "dlbm = '0701' AND m2 < 100000" -o "$work/a.csv"
says "1 piece,"
grep -q "0701" "$work/a.csv" || fail "no atom of 0701"
code 0 atoms -o "$work/a.gpkg"
code 2 atoms --layers land_use
code 3 atoms --where "colour = 1" -o "$work/b.gpkg"
[ ! -e "$work/b.gpkg" ] || fail "a file in spite of an error"

code 0 qc --coverage land_use
says "gap: 0"
code 1 qc --coverage hazard --format csv
says "overlap,"
code 0 qc --coverage hazard --min-area 10
code 2 qc --coverage hazard --tolerance wide
# a gap of 20 m x 30 m inside a block of parcels: a fault, or open land when that is said
file g.geojson "$(square 500000 4430000 500100 4430010 '"dlbm":"0103"')" "$(square 500000 4430040 500100 4430050 '"dlbm":"0103"')" \
    "$(square 500000 4430010 500040 4430040 '"dlbm":"0103"')" "$(square 500060 4430010 500100 4430040 '"dlbm":"0701"')"
code 0 load land_use "$work/g.geojson" --as-of 2021-12-31
code 1 qc --coverage land_use --format csv
says "gap,"
code 0 qc --coverage land_use --max-gap 500
code 1 qc --coverage land_use --max-gap 700
code 2 qc --coverage land_use --max-gap 0
code 3 qc --coverage castle

code 0 --lang zh conflicts basic_farmland "hazard:level = 'low'"
says "0 处"
code 0 help transition
code 0 help conflicts
code 0 help atoms
code 0 dissolve land_use --by dlbm --simplify 5 -o "$work/d.csv"
says "written to"
[ "$(head -1 "$work/d.csv" | tr -d '\r')" = "dlbm,m2,x,y" ] || fail "the dissolve has other columns"
code 0 dissolve land_use -o "$work/d.gpkg"
code 2 dissolve land_use
code 2 dissolve land_use --simplify much -o "$work/e.gpkg"
code 2 dissolve land_use --by colour -o "$work/e.gpkg"
says "known fields"
code 2 dissolve -o "$work/e.gpkg"
code 0 help dissolve
finish
