#!/bin/sh
# The pattern of Beijing on a small hill: levels and zones of a district sum to it exactly though its border
# cuts cells; the bottom line holds every line it must, by areas and by the rule; a line that it does not hold is told.
. "$(dirname "$0")/../cli/lib.sh"
command -v gdal_translate >/dev/null || {
    echo "SKIPPED: gdal_translate is needed to make grids"
    exit 77
}
command -v python3 >/dev/null || {
    echo "SKIPPED: needs python3"
    exit 77
}
python3 - "$work" <<'PY'
import json, math, sys
work = sys.argv[1]
X, Y = 450000, 4420000
with open(f"{work}/dem.asc", "w") as f:
    f.write(f"ncols 40\nnrows 30\nxllcorner {X}\nyllcorner {Y}\ncellsize 90\nNODATA_value -9999\n")
    for r in range(30):
        f.write(" ".join(str(100 + 14 * (29 - r) + (c * 7) % 13) for c in range(40)) + "\n")
def put(name, features):
    json.dump({"type": "FeatureCollection",
               "crs": {"type": "name", "properties": {"name": "EPSG:4548"}},
               "features": [{"type": "Feature", "properties": p, "geometry": {
                   "type": "Polygon", "coordinates": [[[X + x, Y + y] for x, y in ring + ring[:1]]]}}
                   for p, ring in features]}, open(f"{work}/{name}.geojson", "w"), ensure_ascii=False)
# a district whose borders lie aslant to the cells, and another beside it
mid = [(1800.5, 137.25), (1733.75, 2500.125)]
west = [(140.5, 130.25), mid[0], mid[1], (161.125, 2533.5)]
east = [mid[0], (3440.25, 144.75), (3410.5, 2490.25), mid[1]]
put("districts", [({"code": "110116", "name": "怀柔区"}, west), ({"code": "110113", "name": "顺义区"}, east)])
def strip(ring, a, b):  # part of a quadrangle between shares a and b of its height
    at = lambda p, q, t: (round(p[0] + t * (q[0] - p[0]), 3), round(p[1] + t * (q[1] - p[1]), 3))
    return [at(ring[0], ring[3], a), at(ring[1], ring[2], a), at(ring[1], ring[2], b), at(ring[0], ring[3], b)]
land = []
for d, ring in (("w", west), ("e", east)):
    for i, dlbm in enumerate(["0102", "0702", "0301", "1103", "0301"]):
        land.append(({"bsm": f"{d}{i}", "dlbm": dlbm}, strip(ring, i / 5, (i + 1) / 5)))
put("land_use", land)
put("ecological_redline", [({"code": "R1"}, [(211.3, 1500.7), (900.1, 1451.9), (1203.6, 2100.2), (333.3, 2301.4)])])
put("wider", [({"code": "R2"}, [(2411.3, 500.7), (2900.1, 451.9), (2700.6, 1100.2)])])
put("farmland_space", [({"code": "F1", "part": "basic"}, [(2001.7, 201.9), (2777.7, 196.1), (2513.2, 509.3)]),
                       ({"code": "F2", "part": "basic_reserve"}, [(2777.7, 196.1), (3333.3, 211.1), (2513.2, 509.3)])])
put("protected_areas", [({"code": "P1", "part": "core"}, [(2500.1, 2000.9), (3100.3, 1900.2), (2900.9, 2400.4)])])
put("source_zones", [({"code": "S1", "level": "level1"}, [(3000.1, 1600.9), (3400.3, 1555.2), (3199.9, 1888.4)]),
                     ({"code": "S2", "level": "level2"}, [(1900.1, 1600.9), (2400.3, 1555.2), (2199.9, 1888.4)])])
PY
gdal_translate -q -a_srs EPSG:4548 -ot Float32 "$work/dem.asc" "$work/dem.tif"
code 0 init --package "$GT_SOURCE_DIR/plans/beijing"
cp "$work/dem.tif" "$work/w/grids/elevation.tif"
for layer in districts land_use ecological_redline farmland_space protected_areas source_zones; do
    code 0 load $layer "$work/$layer.geojson"
done
for grid in fault_distance:5000 fissure_distance:5000 subsidence_rate:3 subsidence_total:40; do
    code 0 grid calc "0 * a + ${grid#*:}" a="$work/dem.tif" "$work/w/grids/${grid%:*}.tif"
done
code 0 run control-zones

# ---- levels and zones sum to the territory ----
code 0 areas --by district --afresh --format json
cp "$work/out" "$work/alone.json"
for grid in control_pattern control_zones; do
    code 0 areas --by district,grid.$grid --format json
    cp "$work/out" "$work/$grid.json"
done
code 0 areas --by district,grid.control_pattern,grid.control_zones --format json
cp "$work/out" "$work/both.json"
code 0 areas --by grid.control_pattern,ecological_redline,farmland_space,protected_areas,source_zones --format json
python3 - "$work" <<'PY' || fail "areas of the pattern"
import json, sys
work = sys.argv[1]
rows = lambda name: json.load(open(f"{work}/{name}"))["rows"]
alone = {r["district"]: r["m2"] for r in rows("alone.json")}
for grid in ("control_pattern", "control_zones"):
    parts = {}
    for r in rows(grid + ".json"):
        parts.setdefault(r["district"], {})[r["grid." + grid]] = r["m2"]
    for d in ("怀柔区", "顺义区"):
        assert None not in parts[d], (d, parts[d])  # no piece of the territory is without a level
        assert len(parts[d]) >= 2, parts[d]
        # another weave, other cuts: weave moves borders by at most 1.5 mm, here 9 km of them
        assert abs(sum(parts[d].values()) - alone[d]) < 1, (grid, d, sum(parts[d].values()), alone[d])
levels = {r["grid.control_pattern"]: 0 for r in rows("control_pattern.json")}
assert {"3"} < set(levels), levels
for r in rows("both.json"):  # in one table to the last digit: every piece has the zone of its level
    level = r["grid.control_pattern"]
    assert (level is None) == (r["grid.control_zones"] is None), r
    assert level is None or r["grid.control_zones"] == str((4 - int(level)) % 4), r
both = json.load(open(f"{work}/both.json"))
assert abs(sum(r["m2"] for r in both["rows"]) - both["total_m2"]) < 1e-6
must = 0
for r in rows("out"):
    line = r["ecological_redline"] or r["farmland_space"] == "basic" or r["protected_areas"] or r["source_zones"] == "level1"
    if line and r["grid.control_pattern"] != "3":
        raise SystemExit(f"outside the bottom line: {r}")
    must += r["m2"] if line else 0
assert must > 9e5, must
PY

# ---- the rule, over the zones as a layer ----
code 0 run polygonize --in "$work/w/grids/control_zones.tif" --out "$work/zones.gpkg" --with by=patch \
    --with "names=1=first,2=second,3=third" --with field=level
code 0 load control_zones "$work/zones.gpkg"
for pair in ecological_redline:redline protected_areas:protected; do
    code 0 check --bulk ${pair%:*} --type line_feature --set line=${pair#*:}
done
code 0 check "$work/protected_areas.geojson" --type line_feature --set line=protected --all
says "bottom-line pattern contains every line"
# a redline drawn after the model ran: told at once, and gone when the model has run again
code 0 load ecological_redline "$work/wider.geojson"
code 1 check "$work/wider.geojson" --type line_feature --set line=redline
says "lie in the bottom-line pattern"
code 0 check "$work/wider.geojson" --type line_feature --set line=other
code 0 run control-zones
says "full   control-zones"
code 0 areas --by grid.control_pattern,ecological_redline --format csv
grep -q '^[0-2],R' "$work/out" && fail "a redline outside the bottom line"
code 3 areas --by district,grid.control_zone
says "no grid control_zone"
finish
