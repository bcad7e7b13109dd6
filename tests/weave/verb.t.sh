#!/bin/sh
# The verb weave: wrong use, wrong files, and two small layers whose account is known.
. "$(dirname "$0")/../cli/lib.sh"

code 3 weave # no files: the workspace, which is not there
says "no workspace here"
code 3 weave "$work/none.gpkg"
says "does not exist"
echo "no database" >"$work/text.gpkg"
code 3 weave "$work/text.gpkg"
code 2 weave "$work/none.gpkg" --cell 0.5
code 2 weave "$work/a.gpkg" "$work/b.gpkg" --by kind,name,more
says "one for each file"
code 2 weave "$work/a.gpkg" --colour
code 0 help weave
says "--account OUT.csv"

command -v ogr2ogr >/dev/null || {
    echo "SKIPPED in part: ogr2ogr is needed to make GeoPackages"
    finish
    exit $?
}
box() { # X0 Y0 X1 Y1 KIND
    printf '{"type":"Feature","properties":{"kind":"%s"},"geometry":{"type":"Polygon","coordinates":[[[%s,%s],[%s,%s],[%s,%s],[%s,%s],[%s,%s]]]}}' \
        "$5" "$1" "$2" "$3" "$2" "$3" "$4" "$1" "$4" "$1" "$2"
}
layer() { # NAME FEATURES...
    name=$1
    shift
    { printf '{"type":"FeatureCollection","features":['; printf '%s' "$*"; printf ']}'; } >"$work/$name.json"
    ogr2ogr -q -f GPKG -a_srs EPSG:4548 "$work/$name.gpkg" "$work/$name.json" -nln "$name" -nlt POLYGON
}
layer land "$(box 500000 4400000 500100 4400100 forest),$(box 500100 4400000 500200 4400100 field)"
layer zone "$(box 500050 4400000 500200 4400100 core)"
code 0 weave "$work/land.gpkg" "$work/zone.gpkg" --plane --by kind --account "$work/out.csv"
cat >"$work/want.csv" <<'E'
land.kind,zone.kind,m2,plane_m2
field,core,10000.000000,10000.000000
forest,core,5000.000000,5000.000000
forest,,5000.000000,5000.000000
E
cmp "$work/out.csv" "$work/want.csv" || fail "the account differs"
code 0 weave "$work/land.gpkg" "$work/zone.gpkg:zone" --account "$work/out.csv" --atoms "$work/atoms.gpkg"
grep -q '^1,,49[0-9][0-9]\.\|^1,,50[0-9][0-9]\.' "$work/out.csv" || fail "no ellipsoidal account"
[ "$(ogrinfo -so "$work/atoms.gpkg" atoms | grep -c 'Feature Count: 3')" -eq 1 ] || fail "atoms are missing"
ogrinfo -so "$work/atoms.gpkg" atoms | grep -q 'CGCS2000' || fail "the atoms have lost their CRS"
# one polygon a class, borders kept together
code 0 weave "$work/land.gpkg" "$work/zone.gpkg" --plane --by kind --dissolve "$work/classes.gpkg" --simplify 2
[ "$(ogrinfo -so "$work/classes.gpkg" dissolved | grep -c 'Feature Count: 3')" -eq 1 ] || fail "classes are missing"
ogrinfo -q "$work/classes.gpkg" -sql "select * from dissolved where m2 = 10000" | grep -q '1_land_kind (String) = field' ||
    fail "a class has lost its field"
code 2 weave "$work/land.gpkg" --simplify 2
code 2 weave "$work/land.gpkg" --dissolve "$work/x.gpkg" --simplify -3
# a fault is the answer "no"
layer worse "$(box 500000 4400000 500100 4400100 a),$(box 500099 4400000 500200 4400100 b)"
code 1 weave "$work/worse.gpkg" --qc "$work/qc.csv"
grep -q '^overlap,1,1,2,' "$work/qc.csv" || fail "the overlap is not told"
code 3 weave "$work/land.gpkg:river"
says "there is no table of features 'river'"
# a grid of classes is a layer like any other: cells of 50 m, 1 1 2 2 over 1 3 nodata 2
{
    printf 'ncols 4\nnrows 2\nxllcorner 500000\nyllcorner 4400000\ncellsize 50\nNODATA_value -9\n'
    printf '1 1 2 2\n1 3 -9 2\n'
} >"$work/cover.asc"
gdal_translate -q -a_srs EPSG:4548 -ot Int16 "$work/cover.asc" "$work/cover.tif"
code 0 weave "$work/cover.tif" "$work/zone.gpkg" --plane --by value,kind --account "$work/out.csv" --atoms "$work/atoms.gpkg"
cat >"$work/want.csv" <<'E'
cover.value,zone.kind,m2,plane_m2
1,core,2500.000000,2500.000000
1,,5000.000000,5000.000000
2,core,7500.000000,7500.000000
3,core,2500.000000,2500.000000
,core,2500.000000,2500.000000
E
cmp "$work/out.csv" "$work/want.csv" || fail "the account of a grid differs: $(cat "$work/out.csv")"
ogrinfo -so "$work/atoms.gpkg" atoms | grep -q 'CGCS2000' || fail "the atoms have lost their CRS"
code 0 weave "$work/cover.tif" --plane --dissolve "$work/classes.gpkg" --by value
ogrinfo -so "$work/classes.gpkg" dissolved | grep -q 'CGCS2000' || fail "the CRS of a grid alone"
code 3 weave "$work/cover.tif" "$work/zone.gpkg" --by kind --account "$work/out.csv"
says "has the field value"
head -c 40 "$work/cover.tif" >"$work/cut.tif"
code 3 weave "$work/cut.tif" --account "$work/out.csv"
code 0 run polygonize --in classes="$work/cover.tif" --out polygons="$work/p.gpkg" --with by=patch
[ "$(ogrinfo -so "$work/p.gpkg" classes | grep -c 'Feature Count: 3')" -eq 1 ] || fail "patches are missing"
ogrinfo -so "$work/p.gpkg" classes | grep -q 'CGCS2000' || fail "polygons without a CRS"
ogrinfo -q "$work/p.gpkg" -sql "select * from classes where value = 2" | grep -q 'plane_m2 (Real) = 7500' ||
    fail "area of a patch"
finish
