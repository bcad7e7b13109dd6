#!/bin/sh
# Pages of a box that holds much of a large layer: every feature once, in any page size, filtered or not, and the same
# as of another day.
. "$(dirname "$0")/lib.sh"
town "$GT_SOURCE_DIR/tests/check/package"
python3 - "$work" <<'PY'
import json, sys
side, feet = 200, 9
def box(i):
    x, y = 500000 + 10 * (i % side), 4430000 + 10 * (i // side)
    return [[[x, y], [x + feet, y], [x + feet, y + feet], [x, y + feet], [x, y]]]
with open(sys.argv[1] + "/many.geojson", "w") as f:
    json.dump({"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}, "features": [
        {"type": "Feature", "properties": {"grade": 1 + (i == 39000)}, "geometry": {"type": "Polygon", "coordinates": box(i)}}
        for i in range(side * side)]}, f)
PY
code 0 load basic_farmland "$work/many.geojson" --as-of 2023-01-01
serve
# walk PARAMETERS: follows the next links; prints pages, features, features that are different, largest page
walk() {
    python3 - "$base/collections/basic_farmland/items?$1" <<'PY'
import json, sys, urllib.request
url, ids, pages, most = sys.argv[1], [], 0, 0
while url:
    page = json.load(urllib.request.urlopen(url))
    pages += 1
    most = max(most, page["numberReturned"])
    assert page["numberReturned"] == len(page["features"])
    ids += [f["id"] for f in page["features"]]
    url = next((l["href"] for l in page["links"] if l["rel"] == "next"), None)
print(pages, len(ids), len(set(ids)), most)
PY
}
same() { # TEXT PARAMETERS
    cases=$((cases + 1))
    got=$(walk "$2")
    [ "$got" = "$1" ] || fail "$2: $got, wanted $1"
}
C=crs=http://www.opengis.net/def/crs/EPSG/0/4548
B=bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4548
all="$B&bbox=4429000,499000,4433000,503000"
same "4 40000 40000 10000" "limit=10000&$all"
same "6 40000 40000 7000" "limit=7000&$all&$C"
same "5 35000 35000 8000" "limit=8000&$B&bbox=4430000,500000,4432000,501749.5"
same "1 1 1 1" "limit=10&$all&filter=grade=2"
same "1 1 1 1" "limit=10&$all&grade=2"
same "1 0 0 0" "limit=10&$all&filter=grade=7"
same "1 0 0 0" "limit=10&$B&bbox=4429000,499000,4429999,503000"
same "8 40000 40000 5000" "limit=5000&$all&datetime=2024-01-01"
stop
finish
