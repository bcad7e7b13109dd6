#!/bin/sh
# Tiles of a layer as one file: the same as the served ones, whole or not there at all.
. "$(dirname "$0")/lib.sh"
town "$GT_SOURCE_DIR/tests/check/package"
# 50 x 50 parcels of 20 m, enough for merged zooms
python3 - "$work" <<'PY'
import json, sys
crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}
def box(x, y, w):
    x, y = 500000 + x, 4430000 + y
    return {"type": "Polygon", "coordinates": [[[x, y], [x + w, y], [x + w, y + w], [x, y + w], [x, y]]]}
rows = [{"type": "Feature", "id": f"p{j:03d}{i:03d}", "properties": {"DLBM": "0701" if (i * 7 + j * 3) % 5 == 0 else "0103"},
         "geometry": box(20 * i, 20 * j, 20)} for j in range(50) for i in range(50)]
json.dump({"type": "FeatureCollection", "crs": crs, "features": rows}, open(f"{sys.argv[1]}/many.geojson", "w"))
PY
code 0 load land_use "$work/many.geojson" --as-of 2023-01-01

# ---- bad calls
code 2 tiles land_use
code 2 tiles land_use "$work/a.mbtiles" --from 9 --to 3
code 2 tiles land_use "$work/a.mbtiles" --to 23
code 2 tiles land_use "$work/a.mbtiles" --from x
code 3 tiles nothing "$work/a.mbtiles"
code 4 tiles land_use "$work/none/a.mbtiles"
cases=$((cases + 1))
[ ! -e "$work/a.mbtiles" ] || fail "a call that failed left a file"

# ---- the file
code 0 tiles land_use "$work/a.mbtiles" --from 10 --to 17 --format json
cases=$((cases + 2))
python3 - "$work" <<'PY' || fail "the file or what was told of it"
import gzip, json, sqlite3, sys
work = sys.argv[1]
told = json.load(open(f"{work}/out"))
db = sqlite3.connect(f"{work}/a.mbtiles")
n, size, most = db.execute("select count(*), sum(length(tile_data)), max(length(tile_data)) from tiles").fetchone()
assert (told["tiles"], told["bytes"], told["largest"], told["layer"]) == (n, size, most, "land_use"), told
meta = dict(db.execute("select name, value from metadata"))
assert meta["format"] == "pbf" and meta["minzoom"] == "10" and meta["maxzoom"] == "17", meta
west, south, east, north = map(float, meta["bounds"].split(","))
assert 116.9 < west < east < 117.1 and 39.9 < south < north < 40.1, meta
layer = json.loads(meta["json"])["vector_layers"][0]
assert layer["id"] == "land_use" and "dlbm" in layer["fields"], layer
assert [r[0] for r in db.execute("select distinct zoom_level from tiles order by 1")] == list(range(10, 18))
with open(f"{work}/tiles", "w") as f:
    for z, x, y, data in db.execute("select * from tiles order by 1, 2, 3"):
        name = f"{z}_{(1 << z) - 1 - y}_{x}"
        open(f"{work}/{name}.pbf", "wb").write(gzip.decompress(data))
        f.write(name + "\n")
PY
code 3 tiles land_use "$work/a.mbtiles"
says "exists already"
code 0 tiles land_use "$work/b.mbtiles" --from 10 --to 17 --threads 1
code 0 tiles land_use "$work/a.mbtiles" --from 10 --to 17 --overwrite --threads 4
cases=$((cases + 1))
for f in a b; do
    sqlite3 "$work/$f.mbtiles" "select zoom_level, tile_column, tile_row, hex(tile_data) from tiles order by 1, 2, 3" >"$work/$f.rows"
done
cmp -s "$work/a.rows" "$work/b.rows" || fail "threads change the tiles"

# ---- served tiles are the same
serve
while read -r name; do
    get 200 "/collections/land_use/tiles/WebMercatorQuad/$(echo "$name" | tr _ /)"
    cmp -s "$work/out" "$work/$name.pbf" || fail "the served tile $name is another one"
done <"$work/tiles"
stop
if ogrinfo --formats 2>/dev/null | grep -q MBTiles; then
    cases=$((cases + 1))
    ogrinfo -ro -so "$work/a.mbtiles" land_use -oo ZOOM_LEVEL=17 >"$work/ogr" 2>&1
    grep -q "dlbm: String" "$work/ogr" || { fail "GDAL does not read the file"; cat "$work/ogr"; }
fi

# ---- nothing to draw: a file without tiles
code 0 tiles basic_farmland "$work/c.mbtiles" --from 0 --to 0
says "tiles"
finish
