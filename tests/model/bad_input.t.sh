#!/bin/sh
# A kernel on files without a workspace: each kind of bad input is told with the file, what is wrong and how to
# mend it; nothing is left behind, and what stood there stays.
. "$(dirname "$0")/../cli/lib.sh"
command -v gdal_translate >/dev/null || {
    echo "SKIPPED: gdal_translate is needed to make grids"
    exit 77
}
# grid NAME CRS COLS X-OF-CORNER EXPRESSION
grid() {
    python3 - "$3" "$4" "$5" >"$work/$1.asc" <<'PY'
import sys
cols, x = int(sys.argv[1]), float(sys.argv[2])
print("ncols %d\nnrows 12\nxllcorner %r\nyllcorner 4420000\ncellsize 30\nNODATA_value -9999" % (cols, x))
for r in range(12):
    print(" ".join(str(eval(sys.argv[3])) for c in range(cols)))
PY
    gdal_translate -q -a_srs "$2" -ot Float32 "$work/$1.asc" "$work/$1.tif"
}
bare() { # code WANTED run ...: without any workspace
    want=$1
    shift
    cases=$((cases + 1))
    got=0
    (cd "$work" && "$GUOTU" -q "$@") >"$work/out" 2>"$work/err" || got=$?
    [ "$got" -eq "$want" ] || {
        fail "'$*' ended with $got, wanted $want"
        cat "$work/out" "$work/err"
    }
}
gone() {
    cases=$((cases + 1))
    [ ! -e "$work/$1" ] || fail "$1 was left behind"
}
grid dem EPSG:4548 16 450000 "10 + 3 * r + c"
grid land EPSG:4548 16 450000 "1 + (r + c) % 3"
grid zone EPSG:4547 16 450000 "1"
grid moved EPSG:4548 16 450010 "1"
grid narrow EPSG:4548 9 450000 "1"
grid hole EPSG:4548 16 450000 "-9999"
bare 0 run slope --in dem.tif --out slope.tif
bare 0 run classify --in slope.tif --with breaks=2,6 --out class.tif
bare 0 --lang zh run slope --in dem=dem.tif --out slope=zh.tif
cmp -s "$work/slope.tif" "$work/zh.tif" || fail "the language changed the result"
# another CRS: both files and both systems are named
bare 3 run calc --in a=dem.tif --in b=zone.tif --with expression="a + b" --out x.tif
says "dem.tif"
says "zone.tif"
says "CM 117E"
says "CM 114E"
says "hint:"
gone x.tif
# cells that do not lie on each other; a smaller extent
bare 3 run calc --in a=dem.tif --in b=moved.tif --with expression="a + b" --out x.tif
says "moved.tif"
says "hint:"
bare 3 run rusle --in ls=dem.tif --in land=narrow.tif --with rain=1 --with soil=1 --out loss=x.tif
says "narrow.tif"
says "hint:"
gone x.tif
# not there, not a grid, a damaged one
bare 3 run slope --in missing.tif --out x.tif
says "missing.tif"
says "hint:"
echo "no grid" >"$work/text.tif"
bare 3 run slope --in text.tif --out x.tif
says "text.tif"
head -c 700 "$work/dem.tif" >"$work/cut.tif"
bare 3 run slope --in cut.tif --out x.tif
says "cut.tif"
gone x.tif
# nodata only: nodata comes out, or it is said what is missing
bare 0 run slope --in hole.tif --out hs.tif
bare 3 map --grid hs.tif -o x.png
says "hs.tif"
says "nodata only"
bare 3 run share-out --in effect=land.tif --in kind=class.tif --with weights=9=1 --with amount=5 --out x.tif
says "nothing above 0"
gone x.tif
# usage: an input, a parameter, a name that is missing or wrong
bare 2 run rusle --in ls=dem.tif --out loss=x.tif
says "needs the input rain"
bare 3 run slope --in dem=dem.tif --in demm=dem.tif --out x.tif
says "it has: dem"
bare 3 run slop --in dem.tif --out x.tif
says "did you mean 'slope'"
bare 3 run relief --in dem.tif --with radius=far --out x.tif
says "radius"
says "for example"
bare 3 run relief --in dem.tif --with radius=501 --out x.tif
says "outside 1 .. 500"
bare 3 run subsidence-grade --in rate=dem.tif --with "rates=10 m, 20, 30, 40" --out x.tif
says "measured in mm/yr"
bare 2 run calc --in a=dem.tif --with expression="a +" --out x.tif
says "column"
bare 2 run calc --in a=dem.tif --with expression="a + q" --out x.tif
says "q"
gone x.tif
# a failure leaves what stood at the output
cp "$work/slope.tif" "$work/kept.tif"
bare 3 run slope --in cut.tif --out kept.tif
cmp -s "$work/slope.tif" "$work/kept.tif" || fail "the old output is gone"
bare 4 run slope --in dem.tif --out no/such/folder/x.tif
says "no/such/folder"
# help of every kernel in both languages, and each is in the reference
"$GUOTU" model list --format json >"$work/list"
for name in $(python3 -c 'import json,sys; print(*[m["name"] for m in json.load(open(sys.argv[1]))])' "$work/list"); do
    bare 0 --lang en model help "$name"
    says "sources"
    bare 0 --lang zh model help "$name"
    says "来源"
    grep -q "^### .*$name" "$GT_SOURCE_DIR/docs/reference/models.md" || grep -q "\`$name\`" "$GT_SOURCE_DIR/docs/reference/models.md" ||
        fail "$name is not in the reference"
done
finish
