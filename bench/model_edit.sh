#!/bin/sh
# One tile of land cover changes: how long until soil loss of a city at 10 m is right again?
#   sh bench/model_edit.sh DEM.tif [BUILD [FOLDER [SIDE]]]     default: build/release, /tmp/guotu-model-edit, 12808 (164 M cells)
# Any elevation will do: it is stretched to SIDE x SIDE cells. Times are of the whole program, warm;
# the cells are compared with those of a full run, bit by bit. Nothing is asserted about time.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
dem=$1
build=${2:-$root/build/release}
dir=${3:-/tmp/guotu-model-edit}
side=${4:-12808}
mkdir -p "$dir"
cp -r "$root/tests/check/package" "$dir/p"
cat >"$dir/p/models.yaml" <<'YAML'
- model: soil-loss
  title: {zh: 土壤侵蚀量, en: Soil loss}
  kind: rusle
  in: {ls: ls, land: land}
  with: {rain: 3500, soil: 0.03, cover-by-class: {1: 0.01, 2: 0.06, 3: 0.2, 4: 0.3, 5: 1}, practice-by-class: {1: 1, 2: 1, 3: 0.35, 4: 0.35, 5: 1}}
  out: soil_loss
- model: erosion-level
  title: {zh: 侵蚀强度, en: Erosion intensity}
  kind: classify
  in: soil_loss
  with: {breaks: [2, 25, 50, 80, 150]}
  out: erosion_level
YAML
sed -i 's/files: \[all.yaml\]/files: [all.yaml, models.yaml]/' "$dir/p/package.yaml"
guotu() { "$build/guotu" -q -w "$dir/w" "$@"; }
guotu init --package "$dir/p" >/dev/null
gdal_translate -q -ot Float32 -outsize "$side" "$side" -a_ullr 0 "$((side * 10))" "$((side * 10))" 0 -a_srs EPSG:4548 \
    -co TILED=YES -co BLOCKXSIZE=512 -co BLOCKYSIZE=512 -co BIGTIFF=YES "$dem" "$dir/dem.tif"
"$build/guotu" -q run slope --in "$dir/dem.tif" --out "$dir/w/grids/ls.tif"
"$build/guotu" -q run classify --in "$dir/dem.tif" --with "breaks=100, 300, 600, 900" --out "$dir/w/grids/land.tif"
rm "$dir/dem.tif"
took() { # WHAT ARGUMENTS OF guotu...
    what=$1
    shift
    /usr/bin/time -o "$dir/time" -f "%e s wall, %U s user, %S s system, %M kB" "$build/guotu" -q -w "$dir/w" "$@" >"$dir/out"
    echo "$what: $(cat "$dir/time"); $(cut -c1-60 "$dir/out" | tr '\n' ';')"
}
uptime
took "full run, nothing known" run
took "nothing changed" run
for turn in 1 2 3; do
    # one tile of 512 x 512 cells gets another class
    python3 - "$dir/w/grids/land.tif" "$turn" <<'PY'
import os, sys
path, turn = sys.argv[1], int(sys.argv[2])
tile = 512 * 512
size = os.path.getsize(path)
with open(path, "r+b") as f:
    f.seek(size - (40 + turn) * tile)      # tiles stand last in the file, one byte a cell
    f.write(bytes([turn]) * tile)
PY
    took "one tile of land cover edited ($turn)" run
done
cells() { # the cells alone: where tiles stand in the file is another matter
    gdal_translate -q -of ENVI "$dir/w/grids/soil_loss.tif" "$dir/raw" && md5sum <"$dir/raw"
    rm -f "$dir"/raw*
}
part=$(cells)
took "full run" run --full
[ "$part" = "$(cells)" ] && echo "the cells are those of the full run"
uptime
rm -rf "$dir"
