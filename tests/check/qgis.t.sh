#!/bin/sh
# QGIS opens the findings, of one subject and of many, as they are: layers, CRS, index, valid shapes.
. "$(dirname "$0")/../cli/lib.sh"
python=
for p in /usr/bin/python3 python3; do
    "$p" -c 'import qgis.core' >/dev/null 2>&1 && python=$p && break
done
[ -n "$python" ] || { echo "SKIPPED: needs python3-qgis"; exit 77; }
. "$(dirname "$0")/../cli/town.sh"
town "$GT_SOURCE_DIR/tests/check/package"
facts="--set use=park --set national=no"
code 1 check "$work/site.geojson" $facts --format gpkg -o "$work/one.gpkg"
code 1 check --bulk "$work/site.geojson" $facts -o "$work/many.gpkg"
cases=$((cases + 1))
QT_QPA_PLATFORM=offscreen "$python" - "$work" >"$work/out" 2>"$work/err" <<'PY' || { fail "QGIS does not read the findings"; cat "$work/out" "$work/err"; }
import os, sys
from qgis.core import QgsApplication, QgsVectorLayer, QgsWkbTypes
app = QgsApplication([], False)
app.initQgis()
areas = {}
for file, name in (("one", "findings"), ("many", "verdicts"), ("many", "findings")):
    layer = QgsVectorLayer(f"{sys.argv[1]}/{file}.gpkg|layername={name}", name, "ogr")
    assert layer.isValid(), (file, name)
    assert layer.crs().authid() == "EPSG:4548", layer.crs().authid()
    assert layer.wkbType() == QgsWkbTypes.MultiPolygon
    assert layer.dataProvider().hasSpatialIndex() == 1
    rows = list(layer.getFeatures())
    assert rows and len(rows) == layer.featureCount()
    shapes = [f.geometry() for f in rows if f.hasGeometry()]
    assert shapes and all(g.isGeosValid() for g in shapes)
    areas[file, name] = sorted(round(g.area()) for g in shapes)
# 200 x 300 m, half of it farmland: the subject, the overlap, and what would comply
assert set(areas["one", "findings"]) == {30000, 60000}, areas
assert areas["many", "verdicts"] == [60000] and 30000 in areas["many", "findings"], areas
sys.stdout.flush()
os._exit(0)  # QGIS takes its layers down in an order that may crash
PY
finish
