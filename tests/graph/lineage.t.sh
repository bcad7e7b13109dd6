#!/bin/sh
# What a grid was made of, by whom and when; it fits after a rerun; files without it.
. "$(dirname "$0")/../cli/lib.sh"
command -v gdal_translate >/dev/null || {
    echo "SKIPPED: gdal_translate is needed to make grids"
    exit 77
}
dem() { # heights with a factor
    python3 - "$1" >"$work/dem.asc" <<'PY'
import sys
print("ncols 40\nnrows 30\nxllcorner 450000\nyllcorner 4420000\ncellsize 90\nNODATA_value -9999")
for r in range(30):
    print(" ".join(str(100 + float(sys.argv[1]) * r + (c * 7) % 13) for c in range(40)))
PY
    gdal_translate -q -a_srs EPSG:4548 -ot Float32 "$work/dem.asc" "$work/w/grids/elevation.tif"
}
# field GRID EXPRESSION: of the lineage as JSON
field() {
    "$GUOTU" -q -w "$work/w" lineage "$work/w/grids/$1.tif" >"$work/json" || fail "lineage $1"
    python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$work/json" "$2"
}
is() {
    cases=$((cases + 1))
    [ "$1" = "$2" ] || fail "'$1' is not '$2'"
}
code 0 init --package "$GT_SOURCE_DIR/plans/beijing"
dem 9
code 0 run slope --author li
code 0 run relief --author wang
is "$(field slope 'd["made"]["by"]')" li
is "$(field slope 'd["made"]["model"]')" slope
is "$(field slope 'd["made"]["how"]')" full
is "$(field slope 'd["made"]["outputs"]')" "['slope']"
is "$(field slope 'len(d["made"]["at"]) >= 20')" True
is "$(field slope 'd["model"], d["version"]')" "('slope', 1)"
is "$(field slope 'list(d["in"].values())[0]["file"]')" elevation.tif
is "$(field relief 'd["made"]["by"], d["with"]["radius"]')" "('wang', '2')"
old=$(field slope 'list(d["in"].values())[0]["blake2b"]')
is "$(field relief 'list(d["in"].values())[0]["blake2b"]')" "$old"
# nothing changed: nothing ran, the record stays
code 0 run slope --author zhao
says "fresh  slope"
is "$(field slope 'd["made"]["by"]')" li
# other heights: both are stale; only one is run again, and the two no longer speak of one input
dem 11
code 0 run slope --author zhao
is "$(field slope 'd["made"]["by"]')" zhao
new=$(field slope 'list(d["in"].values())[0]["blake2b"]')
cases=$((cases + 1))
[ "$new" != "$old" ] || fail "another input, the same hash"
is "$(field relief 'list(d["in"].values())[0]["blake2b"]')" "$old"
# a parameter changes: the lineage has the new one
sed -i 's/with: {radius: 2}/with: {radius: 3}/' "$work/w/package/ecology/models.yaml"
code 0 run relief --author li
is "$(field relief 'd["made"]["by"], d["with"]["radius"]')" "('li', '3')"
is "$(field relief 'list(d["in"].values())[0]["blake2b"]')" "$new"
# every grid that the models made names its record
code 0 run --author sun
for g in "$work/w"/grids/*.tif; do
    name=$(basename "$g" .tif)
    [ "$name" = elevation ] && continue
    case $(field "$name" 'd["made"]["by"] in ("li", "zhao", "sun") and d["in"] != {}') in
    True) ;;
    *) fail "the lineage of $name: $(cat "$work/json")" ;;
    esac
done
cases=$((cases + 1))
# a line cut off by a kill is passed over
printf '{"at":"2026-01-01T00:00:00Z","by":"cut","model":"slope","outputs":["slope"' >>"$work/w/grids/.build/runs.jsonl"
is "$(field slope 'd["made"]["by"]')" zhao
# the record lost: what is in the file stays
rm "$work/w/grids/.build/runs.jsonl"
is "$(field slope 'd["made"], d["model"]')" "(None, 'slope')"
# not made by a model; no grid; not there
code 1 lineage "$work/w/grids/elevation.tif"
echo text >"$work/none.tif"
code 0 lineage slope
says '"model":"slope"'
code 3 lineage slopes
code 3 lineage "$work/none.tif"
code 3 lineage "$work/nothing.tif"
code 2 lineage
finish
