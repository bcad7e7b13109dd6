#!/bin/sh
# Maps of grids: in the workspace with classes, titles and the foot; a file by itself; what cannot be drawn.
. "$(dirname "$0")/../cli/lib.sh"
command -v gdal_translate >/dev/null || {
    echo "SKIPPED: gdal_translate is needed to make grids"
    exit 77
}
# grid NAME CRS EXPRESSION-OF-R-AND-C: 40 x 30 cells of 90 m as float32
grid() {
    python3 - "$3" >"$work/$1.asc" <<'PY'
import sys
print("ncols 40\nnrows 30\nxllcorner 450000\nyllcorner 4420000\ncellsize 90\nNODATA_value -9999")
for r in range(30):
    print(" ".join(str(eval(sys.argv[1])) for c in range(40)))
PY
    gdal_translate -q -a_srs "$2" -ot Float32 "$work/$1.asc" "$work/$1.tif"
}
picture() { # is it one, and larger than an empty page?
    cases=$((cases + 1))
    [ "$(wc -c <"$work/$1")" -gt 10000 ] || fail "$1 is small"
}
grid dem EPSG:4548 "100 + 9 * r + (c * 7) % 13"
grid hole EPSG:4548 "-9999"
grid flat EPSG:4548 "5"
grid far EPSG:4547 "r"
grid loss EPSG:4548 "r * c - 300 if c > 3 else -9999"
code 0 init --package "$GT_SOURCE_DIR/plans/beijing"
cp "$work/dem.tif" "$work/w/grids/elevation.tif"
code 0 run slope
code 0 run erosion-level
for form in png pdf svg; do
    code 0 map --grid slope --width 900 -o "$work/slope.$form"
    picture "slope.$form"
done
code 0 map --grid elevation --width 900 -o "$work/e.png"
code 0 --lang zh map --grid slope --ramp heat --flat --width 900 -o "$work/zh.png"
code 0 map --grid "$work/loss.tif" --width 900 -o "$work/loss.png"
code 0 map --grid "$work/flat.tif" --width 900 -o "$work/flat.png"
code 0 map --grid slope --bbox 451000,4420500,452000,4421500 --width 900 -o "$work/box.png"
# the same picture twice is the same file
code 0 map --grid slope --width 900 -o "$work/again.png"
cmp -s "$work/slope.png" "$work/again.png" || fail "the picture is not the same"
# the sheet says how it was made
command -v pdftotext >/dev/null && {
    pdftotext "$work/slope.pdf" "$work/out"
    says "Slope"
    says "slope v1"
    says "Horn 1981"
    says "degree"
}
# a second output is named by its model and by what of it it is
code 0 run flow
code 0 map --grid flow_direction --width 900 -o "$work/direction.pdf"
command -v pdftotext >/dev/null && {
    pdftotext "$work/direction.pdf" "$work/out"
    says "Flow: D8 directions"
}
code 3 map --grid slopes -o "$work/x.png"
says "did you mean 'slope'"
code 2 map --grid slope --ramp rainbow -o "$work/x.png"
says "green-blue, greens"
code 3 map --grid "$work/hole.tif" -o "$work/x.png"
says "nodata only"
says "guotu lineage"
code 3 map --grid "$work/far.tif" -o "$work/x.png"
says "the workspace in"
says "--crs"
code 3 map --grid slope --bbox 100,100,200,200 -o "$work/x.png"
says "the grid reaches from"
code 2 map --grid slope -o "$work/x.bmp"
code 3 map --grid "$work/dem.asc.nothing" -o "$work/x.png"
[ ! -e "$work/x.png" ] || fail "a failure left a picture"
# a mistake in the package: found when it is read
cp -r "$GT_SOURCE_DIR/plans/beijing" "$work/p"
sed -i 's/codes: erosion_grade/codes: erosion_grades/' "$work/p/ecology/models.yaml"
code 1 plan validate "$work/p"
says "erosion_grades"
# no workspace
rm -rf "$work/w"
got=0
"$GUOTU" -q map --grid "$work/far.tif" --width 900 -o "$work/far.png" >"$work/out" 2>"$work/err" || got=$?
[ "$got" -eq 0 ] || fail "a file alone: $got $(cat "$work/err")"
picture far.png
finish
