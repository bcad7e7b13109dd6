#!/bin/sh
# The models of Beijing: their declarations are right, those that can run do, lineage can be asked, and what
# is not there is waited for.
. "$(dirname "$0")/../cli/lib.sh"
code 0 plan validate "$GT_SOURCE_DIR/plans/beijing"
code 0 clauses --package "$GT_SOURCE_DIR/plans/beijing" --plan LND --kind model
says "model:contiguous-farmland"
says "model:carbon"
code 0 clauses --package "$GT_SOURCE_DIR/plans/beijing" --plan ESP --kind model
says "model:security-pattern"
cp -r "$GT_SOURCE_DIR/plans/beijing" "$work/p"
sed -i 's/shares: "50 %, 80 %"/shares: "50 %, 80 m"/' "$work/p/ecology/models.yaml"
code 1 plan validate "$work/p"
says "ecology/models.yaml:"
says "is measured in 1"
rm -rf "$work/p"
cp -r "$GT_SOURCE_DIR/plans/beijing" "$work/p"
sed -i 's/expression: a + 0 \* b/expression: "a + (0 * b"/' "$work/p/ecology/models.yaml"
code 1 plan validate "$work/p"
says "rule city-slope: error: column 11 of the expression"
sed -i 's/"a + (0 \* b"/"a + {no_such_number} * b"/' "$work/p/ecology/models.yaml"
code 1 plan validate "$work/p"
says "no_such_number"
sed -i 's/{no_such_number}/{wind_width_first/' "$work/p/ecology/models.yaml"
code 1 plan validate "$work/p"
says "{wind_width_first"
code 0 init --package "$GT_SOURCE_DIR/plans/beijing"
code 0 run --plan
says "waits  slope"
says "(no elevation)"
code 3 run slope
says "elevation.tif"
code 3 run slop
says "did you mean 'slope'"
code 2 run --out x.tif
command -v gdal_translate >/dev/null || {
    echo "SKIPPED in part: gdal_translate is needed to make grids"
    finish
    exit $?
}
python3 - >"$work/dem.asc" <<'PY'
print("ncols 40\nnrows 30\nxllcorner 450000\nyllcorner 4420000\ncellsize 90\nNODATA_value -9999")
for r in range(30):
    print(" ".join(str(100 + 9 * r + (c * 7) % 13) for c in range(40)))
PY
gdal_translate -q -a_srs EPSG:4548 -ot Float32 "$work/dem.asc" "$work/w/grids/elevation.tif"
for grid in fault_distance:5000 fissure_distance:5000 subsidence_rate:3 subsidence_total:40; do
    code 0 grid calc "0 * a + ${grid#*:}" a="$work/w/grids/elevation.tif" "$work/w/grids/${grid%:*}.tif"
done
code 0 run slope
says "full   slope"
code 0 run
says "fresh  slope"
says "full   flow"
says "full   land-cover"
says "full   security-pattern"
says "full   ecological-network" # no source on this map: empty corridors, not an error
says "full   control-zones"
says "full   element-precedence"
code 0 grid info "$work/w/grids/security_pattern.tif"
code 0 run --format json
says '{"model":"slope","build":"fresh","dirty_blocks":0,"blocks":0,"waits_for":null}'
python3 -c 'import json,sys; assert len(json.load(open(sys.argv[1]))) > 40' "$work/out" || fail "not JSON"
code 0 --lang zh run slope
says "未变"
code 0 lineage "$work/w/grids/flow_direction.tif"
says '"model":"flow"'
says '"file":"elevation.tif"'
code 0 run slope --full
says "full   slope"
finish
