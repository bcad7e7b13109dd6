# The small town of tests/check/package as files: two districts, a field, a site on its edge.
town() {
    python3 - "$work" <<'PY'
import json, sys
work = sys.argv[1]
crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}
def box(x, y, w, h):
    x, y = 500000 + x, 4430000 + y
    return {"type": "Polygon", "coordinates": [[[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]]}
def write(name, *features):
    with open(f"{work}/{name}.geojson", "w") as f:
        json.dump({"type": "FeatureCollection", "crs": crs, "features": [
            {"type": "Feature", "properties": p, "geometry": g} for p, g in features]}, f)
write("districts", ({"name": "西区"}, box(0, 0, 2000, 2000)), ({"name": "东区"}, box(2000, 0, 2000, 2000)))
write("land", ({"DLBM": "0103"}, box(0, 0, 3000, 2000)), ({"DLBM": "0701"}, box(3000, 0, 1000, 2000)))
write("farm", ({"grade": 2}, box(100, 100, 1000, 1000)))
write("site", ({}, box(1000, 200, 200, 300)))
PY
    code 0 init --package "$1"
    code 0 load districts "$work/districts.geojson" --as-of 2022-01-01
    code 0 load land_use "$work/land.geojson" --as-of 2022-01-01
    code 0 load basic_farmland "$work/farm.geojson" --as-of 2022-01-01
}
