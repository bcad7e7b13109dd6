#!/bin/sh
# The model rasterize: a cell takes the polygon that covers most of it; numbers of codes, shares, refusals.
. "$(dirname "$0")/../cli/lib.sh"

command -v ogr2ogr >/dev/null || {
    echo "SKIPPED: ogr2ogr and gdal_translate are needed to make the inputs"
    exit 77
}
{
    printf 'ncols 4\nnrows 2\nxllcorner 500000\nyllcorner 4400000\ncellsize 10\nNODATA_value -9999\n'
    echo "0 0 0 0"
    echo "0 0 0 0"
} >"$work/like.asc"
gdal_translate -q -a_srs EPSG:4548 -ot Float32 "$work/like.asc" "$work/like.tif"

# polygon NAME CODE XMIN XMAX: a strip over both rows, in metres from the grid's corner
strip() {
    a=$(echo "500000 + $3" | bc) b=$(echo "500000 + $4" | bc)
    printf '{"type":"Feature","properties":{"name":"%s","code":"%s"},"geometry":{"type":"Polygon","coordinates":[[[%s,4400000],[%s,4400000],[%s,4400020],[%s,4400020],[%s,4400000]]]}}' \
        "$1" "$2" "$a" "$b" "$b" "$a" "$a"
}
{
    printf '{"type":"FeatureCollection","features":['
    strip farm 0103 0 20
    printf ,
    strip road 0701 24 30
    printf ,
    strip wood 0301 20 24
    printf ']}'
} >"$work/p.json"
ogr2ogr -q -f GPKG -a_srs EPSG:4548 -nln land "$work/p.gpkg" "$work/p.json"
ogr2ogr -q -f GPKG -a_srs EPSG:4549 -nln land "$work/other.gpkg" "$work/p.json"

# row: the lower row of a result, nodata as n
row() {
    gdal_translate -q -of AAIGrid "$work/r.tif" "$work/r.asc"
    gone=$(awk '$1 == "NODATA_value" {print $2}' "$work/r.asc")
    tail -n 1 "$work/r.asc" | awk -v gone="$gone" '{
        for (i = 1; i <= NF; i++) printf "%s%s", (i > 1 ? " " : ""), ($i == gone ? "n" : sprintf("%g", $i))
        print ""}'
}
# gives WANT [--with ...]
gives() {
    row_wanted=$1
    shift
    code 0 run rasterize --in like="$work/like.tif" --in polygons="$work/p.gpkg" --out "$work/r.tif" "$@"
    cases=$((cases + 1))
    [ "$(row)" = "$row_wanted" ] || fail "rasterize $* gave $(row), wanted $row_wanted"
}

gives "1 1 2 n" --with field=code --with "classes=01*=1,07*=2,03*=3"
gives "1 1 2 n" --with field=code --with "classes=01*=1, 0701=2"
gives "1 1 3 n" --with field=code --with "classes=01*=1,0301=3" # of those that have a number
gives "n n n n" --with field=code --with "classes=99=1"
gives "1 1 n n" --with field=code --with "classes=01*=1,07*=2" --with least=0.7
gives "103 103 701 n" --with field=code
gives "1 1 1 0"
gives "1 1 2 n" --with layer=land --with field=code --with "classes=010*=1,*=2"

# refuses TEXT ARGUMENTS: nothing is left behind
refuses() {
    text=$1
    shift
    rm -f "$work/r.tif"
    code 3 run rasterize --in like="$work/like.tif" --in polygons="$work/p.gpkg" --out "$work/r.tif" "$@"
    says "$text"
    cases=$((cases + 1))
    [ ! -e "$work/r.tif" ] || fail "an output of a run that failed: $*"
}
refuses "CODE=NUMBER" --with field=code --with "classes=01*"
refuses "CODE=NUMBER" --with field=code --with "classes==3"
refuses "CODE=NUMBER" --with field=code --with "classes=01=1x"
refuses "CODE=NUMBER" --with field=code --with "classes=01=inf"
refuses "cod" --with field=cod
refuses "lan" --with layer=lan
refuses "least" --with least=1.5
rm -f "$work/r.tif"
code 3 run rasterize --in like="$work/like.tif" --in polygons="$work/other.gpkg" --out "$work/r.tif"
says "4549"
code 3 run rasterize --in like="$work/like.tif" --in polygons="$work/like.tif" --out "$work/r.tif"
finish
