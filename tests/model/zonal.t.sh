#!/bin/sh
# The model zonal: statistics by exact shares, zones of several features, classes, the map, refusals.
. "$(dirname "$0")/../cli/lib.sh"

command -v ogr2ogr >/dev/null || {
    echo "SKIPPED: ogr2ogr and gdal_translate are needed to make the inputs"
    exit 77
}
{
    printf 'ncols 4\nnrows 2\nxllcorner 500000\nyllcorner 4400000\ncellsize 10\nNODATA_value -9999\n'
    echo "1 2 3 4"
    echo "5 6 7 -9999"
} >"$work/v.asc"
gdal_translate -q -a_srs EPSG:4548 -ot Float32 "$work/v.asc" "$work/v.tif"
sed 's/6/6.5/' "$work/v.asc" >"$work/real.asc"
gdal_translate -q -a_srs EPSG:4548 -ot Float32 "$work/real.asc" "$work/real.tif"

# strip NAME CODE XMIN XMAX: over both rows, in metres from the grid's corner; CODE - : none
strip() {
    a=$(echo "500000 + $3" | bc) b=$(echo "500000 + $4" | bc)
    code="\"$2\""
    [ "$2" = - ] && code=null
    printf '{"type":"Feature","properties":{"name":"%s","code":%s},"geometry":{"type":"Polygon","coordinates":[[[%s,4400000],[%s,4400000],[%s,4400020],[%s,4400020],[%s,4400000]]]}}' \
        "$1" "$code" "$a" "$b" "$b" "$a" "$a"
}
{
    printf '{"type":"FeatureCollection","features":['
    strip farm B 0 20
    printf ,
    strip road A 24 30
    printf ,
    strip wood B 20 24
    printf ,
    strip edge 'x,y' 30 45
    printf ,
    strip away - 100 120
    printf ']}'
} >"$work/p.json"
ogr2ogr -q -f GPKG -a_srs EPSG:4548 -nln land "$work/p.gpkg" "$work/p.json"
ogr2ogr -q -f GPKG -a_srs EPSG:4549 -nln land "$work/other.gpkg" "$work/p.json"

zonal() { code 0 run zonal --in values="$work/v.tif" --in polygons="$work/p.gpkg" --out zones="$work/z.csv" "$@"; }
# line TEXT FILE: that very line stands in the file
line() {
    cases=$((cases + 1))
    grep -qxF -- "$1" "$2" || fail "no line '$1' in $(cat "$2")"
}
lines() { # COUNT FILE
    cases=$((cases + 1))
    [ "$(wc -l <"$2")" = "$1" ] || fail "not $1 lines: $(cat "$2")"
}

zonal
lines 6 "$work/z.csv"
line "fid,zone,cells,m2,outside,sum,mean,sd,min,max" "$work/z.csv"
line "1,,4,400,0,14,3.5,2.06155281281,1,6" "$work/z.csv" # 1 2 5 6
line "2,,1.2,120,0,6,5,2,3,7" "$work/z.csv"                   # six tenths of 3 and 7
line "4,,1,100,2,4,4,0,4,4" "$work/z.csv"                     # one nodata, two halves beyond
line "3,,0.8,80,0,4,5,2,3,7" "$work/z.csv"
line "5,,0,0,4,0,,,," "$work/z.csv" # beyond the grid

# by a field: features of one value are one zone; those without a value are one too, the last
zonal --with field=code --with by=field --out classes="$work/c.csv" --out map="$work/m.tif"
lines 5 "$work/z.csv"
line "2,A,1.2,120,0,6,5,2,3,7" "$work/z.csv"
line "1,B,4.8,480,0,18,3.75,2.12622513703,1,7" "$work/z.csv"
line '4,"x,y",1,100,2,4,4,0,4,4' "$work/z.csv"
line "5,,0,0,4,0,,,," "$work/z.csv"
[ "$(tail -n 1 "$work/z.csv")" = "5,,0,0,4,0,,,," ] || fail "zones without a code are not last"
lines 10 "$work/c.csv"
line "fid,zone,class,cells,m2" "$work/c.csv"
line "1,B,6,1,100" "$work/c.csv"
line "2,A,3,0.6,60" "$work/c.csv"
line "3,B,3,0.4,40" "$work/c.csv"
line '4,"x,y",4,1,100' "$work/c.csv"

# map: the upper row, nodata as n
map() { # WANT [--with ...]
    want_row=$1
    shift
    zonal --out map="$work/m.tif" "$@"
    gdal_translate -q -of AAIGrid "$work/m.tif" "$work/m.asc"
    gone=$(awk '$1 == "NODATA_value" {print $2}' "$work/m.asc")
    row=$(tail -n 2 "$work/m.asc" | head -n 1 | awk -v gone="$gone" '{
        for (i = 1; i <= NF; i++) printf "%s%s", (i > 1 ? " " : ""), ($i == gone ? "n" : sprintf("%g", $i))
        print ""}')
    cases=$((cases + 1))
    [ "$row" = "$want_row" ] || fail "map $* gave $row, wanted $want_row"
}
map "3.75 3.75 5 4" --with field=code --with by=field
map "3.5 3.5 5 4" --with field=code
map "14 14 6 4" --with of=sum
map "4 4 1.2 1" --with of=cells
map "1 1 3 4" --with of=min
map "6 6 7 4" --with of=max
map "18 18 6 4" --with field=code --with by=field --with of=sum

# one thread and three, and a low ceiling: the same bytes
cp "$work/z.csv" "$work/z1.csv"
for how in "--threads 1" "--threads 3" "--threads 2 --memory 60M"; do
    # shellcheck disable=SC2086
    zonal --with field=code --with by=field $how
    cases=$((cases + 1))
    cmp -s "$work/z.csv" "$work/z1.csv" || fail "other bytes with $how"
done
code 0 run zonal --in values="$work/v.tif" --in polygons="$work/p.gpkg" --out zones="$work/z.csv" --plan

# refuses TEXT ARGUMENTS: nothing is left behind
refuses() {
    text=$1
    want=$2
    shift 2
    rm -f "$work/z.csv" "$work/c.csv" "$work/m.tif"
    code "$want" run zonal --out zones="$work/z.csv" "$@"
    says "$text"
    cases=$((cases + 1))
    [ ! -e "$work/z.csv" ] && [ ! -e "$work/m.tif" ] || fail "an output of a run that failed: $*"
}
p="polygons=$work/p.gpkg"
refuses "field" 2 --in values="$work/v.tif" --in "$p" --with by=field
refuses "cod" 3 --in values="$work/v.tif" --in "$p" --with field=cod
refuses "lan" 3 --in values="$work/v.tif" --in "$p" --with layer=lan
refuses "median" 3 --in values="$work/v.tif" --in "$p" --with of=median
refuses "whole number" 3 --in values="$work/real.tif" --in "$p" --out classes="$work/c.csv"
refuses "4549" 3 --in values="$work/v.tif" --in polygons="$work/other.gpkg"
refuses "GeoPackage" 3 --in values="$work/v.tif" --in polygons="$work/v.tif"
refuses "TIFF" 3 --in values="$work/p.gpkg" --in "$p"
finish
