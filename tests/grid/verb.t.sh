#!/bin/sh
# The verb grid: wrong use, wrong files, and small grids whose answer is known.
. "$(dirname "$0")/../cli/lib.sh"

code 2 grid
code 2 grid fly "$work/a.tif"
says "info FILE"
code 3 grid info "$work/none.tif"
code 2 grid info "$work/a.tif" "$work/b.tif"
echo "no picture" >"$work/text.tif"
code 3 grid info "$work/text.tif"
code 0 help grid
says "cost FRICTION SOURCES OUT"

command -v gdal_translate >/dev/null || {
    echo "SKIPPED in part: gdal_translate is needed to make grids"
    finish
    exit $?
}
asc() { # NAME ROW...
    name=$1
    shift
    {
        printf 'ncols %s\nnrows %s\nxllcorner 500000\nyllcorner 4400000\ncellsize 10\nNODATA_value -9999\n' \
            "$(echo "$1" | wc -w)" "$#"
        printf '%s\n' "$@"
    } >"$work/$name.asc"
    gdal_translate -q -a_srs EPSG:4548 -ot Float32 "$work/$name.asc" "$work/$name.tif"
}
asc r "1 2 3 4 5"
asc q "1 0 0 0 0"
asc zero "1 0 3 4 5"
code 0 grid info "$work/r.tif"
says "5 columns x 1 rows, float32"
code 0 grid info "$work/r.tif" --format json
says '"epsg":4548'
code 0 grid cost "$work/r.tif" "$work/q.tif" "$work/c.tif" --back "$work/b.tif"
says "greatest cost 120"
code 3 grid cost "$work/zero.tif" "$work/q.tif" "$work/c2.tif"
says "is not above 0"
[ ! -e "$work/c2.tif" ] || fail "a failed run left its output"
code 0 grid copy "$work/c.tif" "$work/z.tif" --pack zstd --type int16 --overviews
code 0 grid info "$work/z.tif"
says "int16"
code 2 grid copy "$work/c.tif" "$work/z.tif" --type int7
code 2 grid copy "$work/c.tif" "$work/z.tif" --pack rar
code 2 grid terrain "$work/c.tif" "$work/t.tif" --of steepness
code 0 grid terrain "$work/c.tif" "$work/t.tif"
code 0 grid flow "$work/r.tif" "$work/acc.tif" --filled "$work/fill.tif" --directions "$work/dir.tif"
says "5 cells, 0 raised by filling"
code 0 grid info "$work/dir.tif"
says "uint8"
code 0 grid info "$work/r.asc" # foreign: through guotu-io
says "float32"
code 0 grid calc 'a > 2 ? a * 10 : nodata' a="$work/r.tif" "$work/calc.tif" --type int16
code 0 grid info "$work/calc.tif"
says "int16"
code 2 grid calc 'a +' a="$work/r.tif" "$work/none.tif"
says "ends too early"
[ ! -e "$work/none.tif" ] || fail "a wrong expression left an output"
code 2 grid calc 'b' a="$work/r.tif" "$work/none.tif"
code 2 grid calc 'a' "$work/r.tif" "$work/none.tif"
code 3 grid calc 'a' a="$work/none.tif" "$work/none2.tif"
code 2 grid calc 'a' a="$work/r.tif" "$work/none.tif" --type long
if command -v ogr2ogr >/dev/null; then
    cat >"$work/z.csv" <<'CSV'
v;wkt
7;POLYGON((500005 4400000,500025 4400000,500025 4400010,500005 4400010,500005 4400000))
8;POLYGON((500040 4400000,500050 4400000,500050 4400005,500040 4400005,500040 4400000))
CSV
    ogr2ogr -f GPKG -a_srs EPSG:4548 -oo SEPARATOR=SEMICOLON -oo GEOM_POSSIBLE_NAMES=wkt \
        -oo AUTODETECT_TYPE=YES "$work/z.gpkg" "$work/z.csv"
    code 0 grid zonal "$work/r.tif" "$work/z.gpkg" --format csv
    says "1,2,0,4,2,"
    says "2,0.5,0,2.5,5,0,5,5"
    code 0 grid zonal "$work/r.tif" "$work/z.gpkg" --format json
    says '"outside":0,"sum":2.5,"mean":5'
    code 0 grid zonal "$work/calc.tif" "$work/z.gpkg" --classes --format csv
    says "2,50,0.5"
    code 0 grid rasterize "$work/z.gpkg" "$work/r.tif" "$work/burn.tif" --field v
    code 0 grid zonal "$work/burn.tif" "$work/z.gpkg" --classes --format csv
    says "1,7,2"
    code 0 grid rasterize "$work/z.gpkg" "$work/r.tif" "$work/share.tif"
    code 2 grid rasterize "$work/z.gpkg" "$work/r.tif" "$work/burn.tif" --field wkt
    code 3 grid rasterize "$work/z.gpkg" "$work/r.tif" "$work/burn.tif" --field none
    code 2 grid rasterize "$work/z.gpkg" "$work/r.tif" "$work/burn.tif" --field v --least 2
    code 3 grid zonal "$work/r.tif" "$work/text.tif"
fi
asc hill "9 8 7" "8 6 5" "7 5 3"
asc mark "0 0 0" "0 0 0" "0 0 4"
code 0 grid flow "$work/hill.tif" "$work/hacc.tif" --directions "$work/hdir.tif"
code 0 grid calc 'm == 4 ? m : nodata' m="$work/mark.tif" "$work/out.tif" --type int32
code 0 grid downstream "$work/hdir.tif" "$work/out.tif" "$work/shed.tif"
code 0 grid hand "$work/hill.tif" "$work/hdir.tif" "$work/mark.tif" "$work/hand.tif"
code 0 grid terrain "$work/hill.tif" "$work/hslope.tif"
code 0 grid wetness "$work/hacc.tif" "$work/hdir.tif" "$work/hslope.tif" "$work/wet.tif"
code 0 grid order "$work/hdir.tif" "$work/mark.tif" "$work/order.tif"
code 0 grid focal "$work/hill.tif" "$work/relief.tif" --of range --radius 2 --circle
code 2 grid focal "$work/hill.tif" "$work/relief.tif" --of noise
code 2 grid focal "$work/hill.tif" "$work/relief.tif" --radius 513
code 0 grid distance "$work/mark.tif" "$work/dist.tif" --allocation "$work/near.tif"
code 2 grid distance "$work/mark.tif" "$work/none.tif" --max -1
code 0 grid patches "$work/mark.tif" "$work/patch.tif" --four
says "2 patches, the greatest of 8 cells"
code 3 grid patches "$work/hslope.tif" "$work/none.tif"
code 0 grid classify "$work/hill.tif" "$work/class.tif" --by equal --n 3
says "3  7  9"
code 2 grid classify "$work/hill.tif" "$work/class.tif" --by luck
code 2 grid classify "$work/hill.tif" "$work/class.tif" --n 33
code 3 grid downstream "$work/hill.tif" "$work/out.tif" "$work/none.tif"
says "no direction"
code 0 grid copy "$work/r.tif" "$work/onto.tif" --like "$work/hill.tif" --resample nearest
code 0 grid info "$work/onto.tif"
says "3 columns x 3 rows"
code 2 grid copy "$work/r.tif" "$work/onto.tif" --resample magic
code 3 grid copy "$work/r.tif" "$work/onto.tif" --band 7
code 0 grid flow "$work/hill.tif" "$work/none.tif" --plan
says "cells     9"
says "1.4 bytes a cell"
code 0 grid flow "$work/hill.tif" "$work/none.tif" --plan --memory 64K
says "fits"
[ ! -e "$work/none.tif" ] || fail "a plan wrote an output"
code 0 grid calc 'a' a="$work/hill.tif" "$work/none.tif" --plan
code 3 grid flow "$work/nothing.tif" "$work/none.tif" --plan
code 2 grid fly "$work/hill.tif" --plan
code 0 grid view "$work/hill.tif" "$work/mark.tif" "$work/view.tif" --max 100
says "1 observers"
code 2 grid view "$work/hill.tif" "$work/mark.tif" "$work/view.tif" --max 100000
code 2 grid view "$work/hill.tif" "$work/mark.tif" "$work/view.tif" --eye -1
code 3 grid view "$work/hill.tif" "$work/r.tif" "$work/none.tif"
finish
