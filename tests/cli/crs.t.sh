#!/bin/sh
# Coordinate systems that are wrong or not said, damaged files, and subjects that load would refuse.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "SKIPPED: needs python3"; exit 77; }
. "$(dirname "$0")/town.sh"
town "$GT_SOURCE_DIR/tests/check/package"
facts="--set use=park --set national=no"
python3 - "$work" <<'PY'
import json, sys
work = sys.argv[1]
def write(name, crs, ring, late=False):
    d = {"type": "FeatureCollection"}
    if crs and not late:
        d["crs"] = crs
    d["features"] = [{"type": "Feature", "properties": {"grade": 1, "crs": {"type": "x", "properties": {"name": "no"}}},
                      "geometry": {"type": "Polygon", "coordinates": [ring]}}]
    if late:
        d["crs"] = crs
    json.dump(d, open(f"{work}/{name}.geojson", "w"))
named = lambda n: {"type": "name", "properties": {"name": n}}
deg = [[117.001, 40.005], [117.002, 40.005], [117.002, 40.006], [117.001, 40.006], [117.001, 40.005]]
plane = [[500000, 4430000], [500100, 4430000], [500100, 4430100], [500000, 4430100], [500000, 4430000]]
write("unknown", named("urn:ogc:def:crs:EPSG::99999"), deg)
write("late", named("EPSG:99999"), deg, late=True)
write("nonsense", named("none such"), deg)
write("silent", None, deg)
write("null", None, deg)
write("named", named("urn:ogc:def:crs:EPSG::4548"), plane)
write("after", named("urn:ogc:def:crs:EPSG::4548"), plane, late=True)
write("open", named("urn:ogc:def:crs:EPSG::4548"), plane[:-1])
write("degrees", named("urn:ogc:def:crs:EPSG::4548"), deg)
big = [[501000 + i % 1000 * 0.001, 4430500 + i * 0.0001] for i in range(20000)]
write("ring", named("urn:ogc:def:crs:EPSG::4548"), [[501000, 4430000]] + [[501100, 4430000 + i * 0.01] for i in range(20000)])
PY
for f in unknown late nonsense; do
    code 3 load basic_farmland "$work/$f.geojson"
    says "states a CRS that is not known"
    code 3 --lang zh load basic_farmland "$work/$f.geojson"
    says "文件声明的坐标系无法识别"
    code 3 check "$work/$f.geojson" $facts
done
code 0 load basic_farmland "$work/unknown.geojson" --crs EPSG:4490 --dry-run # the user knows better
code 0 load basic_farmland "$work/silent.geojson" --dry-run
says "the file names no CRS"
code 0 --lang zh load basic_farmland "$work/silent.geojson" --dry-run
says "文件未声明坐标系"
for f in named after; do
    code 0 load basic_farmland "$work/$f.geojson" --dry-run
    grep -q "names no CRS" "$work/out" "$work/err" && fail "$f names its CRS"
done
code 3 load basic_farmland "$work/degrees.geojson"
says "are degrees"

# what load refuses gets no verdict
for f in open ring; do
    code 3 load basic_farmland "$work/$f.geojson"
    code 3 check "$work/$f.geojson" $facts
    says "not closed"
done
code 3 --lang zh check "$work/open.geojson" $facts
says "未闭合"
code 3 --lang zh check --wkt "POLYGON((501000 4430000" $facts
says "文本结束"
code 3 --lang zh check --wkt "POLYGON((501000 4430000, 501100 4430100, 501100 4430000, 501000 4430100, 501000 4430000))" $facts
says "边界自相交"
grep -q "intersection" "$work/err" && fail "English in a Chinese message"
code 3 --lang zh check --wkt "POLYGON((501000 4430000, 501100 4430000, 501100 4430100, 501000 4430000))" --crs EPSG:999999 $facts
grep -q "not found" "$work/err" && fail "English in a Chinese message"

# cut and incomplete files
head -c 120 "$work/named.geojson" >"$work/cut.geojson"
code 3 load basic_farmland "$work/cut.geojson"
says "GeoJSON file is damaged or incomplete"
code 3 --lang zh load basic_farmland "$work/cut.geojson"
says "GeoJSON 文件已损坏或不完整"
head -c 3000 "$work/w/onemap.gpkg" >"$work/cut.gpkg"
code 3 load basic_farmland "$work/cut.gpkg"
says "GeoPackage file is damaged or incomplete"
if command -v ogr2ogr >/dev/null; then
    ogr2ogr "$work/s.shp" "$work/named.geojson" 2>/dev/null
    rm "$work/s.shx"
    code 3 load basic_farmland "$work/s.shp"
    says "Shapefile file is damaged or incomplete"
    says ".shx"
fi
echo hello >"$work/x.txt"
code 3 load basic_farmland "$work/x.txt"
says "not a vector file"

# undecidable: 0, strict: 1
code 0 check "$work/site.geojson" --set use=park
code 1 check "$work/site.geojson" --set use=park --strict
finish
