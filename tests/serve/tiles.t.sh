#!/bin/sh
# Tiles: encodings, exact tags, edits that show in the next tile, merged zooms of a large layer.
. "$(dirname "$0")/lib.sh"
town "$GT_SOURCE_DIR/tests/check/package"
# 60 x 60 parcels of 20 m beside the town, enough to be merged
python3 - "$work" <<'PY'
import json, sys
work, edit = sys.argv[1], None
crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}
def box(x, y, w):
    x, y = 500000 + x, 4430000 + y
    return {"type": "Polygon", "coordinates": [[[x, y], [x + w, y], [x + w, y + w], [x, y + w], [x, y]]]}
def write(name, pick):
    rows = [{"type": "Feature", "id": f"p{j:03d}{i:03d}", "properties": {"DLBM": pick(i, j)}, "geometry": box(20 * i, 20 * j, 20)}
            for j in range(60) for i in range(60)]
    with open(f"{work}/{name}.geojson", "w") as f:
        json.dump({"type": "FeatureCollection", "crs": crs, "features": rows}, f)
write("many", lambda i, j: "0701" if (i * 7 + j * 3) % 5 == 0 else "0103")
PY
code 0 load land_use "$work/many.geojson" --as-of 2023-01-01
code 0 serve --prepare
says "1 large layers"
serve
# number of the tile of the town at a zoom: Z/ROW/COL, and of a place far away
at() {
    python3 -c "
import math, sys
z, lon, lat = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]); n = 2 ** z
print('%d/%d/%d' % (z, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n, (lon + 180) / 360 * n))" "$@"
}
tiles=/collections/land_use/tiles/WebMercatorQuad
tag_of() { sed -n 's/^ETag: \(.*\)\r$/\1/pI' "$work/err"; }
for z in 0 6 9 12 14 16 18; do
    get 200 "$tiles/$(at $z 117.005 40.005)"
    says "Vary: Accept-Encoding"
    cases=$((cases + 1))
    [ -s "$work/out" ] || [ $z -lt 12 ] || fail "nothing at zoom $z"
    [ "$(wc -c <"$work/out")" -lt 512000 ] || fail "zoom $z has too many bytes"
    cp "$work/out" "$work/first"
    tag=$(tag_of)
    get 200 "$tiles/$(at $z 117.005 40.005)"
    cmp -s "$work/out" "$work/first" || fail "the kept tile of zoom $z is another one"
    [ "$(tag_of)" = "$tag" ] || fail "the tag of zoom $z is another one"
    : >"$work/out"
    get 304 "$tiles/$(at $z 117.005 40.005)" -H "If-None-Match: $tag"
    [ ! -s "$work/out" ] || fail "304 with a body"
    get 304 "$tiles/$(at $z 117.005 40.005)?lang=en" -H "If-None-Match: \"x\", $tag"
    get 200 "$tiles/$(at $z 117.005 40.005)" -H 'If-None-Match: "x"'
done

# ---- encodings: the same bytes under tags of their own
z14=$(at 14 117.005 40.005)
get 200 "$tiles/$z14"
cp "$work/out" "$work/plain"
plain=$(tag_of)
for name in gzip br; do
    for again in 1 2; do
        get 200 "$tiles/$z14" -H "Accept-Encoding: $name"
        says "Content-Encoding: $name"
        [ "$(tag_of)" != "$plain" ] || fail "$name has the tag of the plain body"
    done
    get 304 "$tiles/$z14" -H "Accept-Encoding: $name" -H "If-None-Match: $(tag_of)"
done
get 200 "$tiles/$z14" -H "Accept-Encoding: gzip"
cases=$((cases + 1))
python3 -c "
import gzip
assert gzip.open('$work/out').read() == open('$work/plain', 'rb').read()" || fail "gzip is something else"
get 200 "$tiles/$z14" -H "Accept-Encoding: br;q=0, gzip;q=0"
cmp -s "$work/out" "$work/plain" || fail "an encoding that was refused"
if python3 -c 'import brotli' 2>/dev/null; then
    get 200 "$tiles/$z14" -H "Accept-Encoding: br"
    cases=$((cases + 1))
    python3 -c "
import brotli
assert brotli.decompress(open('$work/out', 'rb').read()) == open('$work/plain', 'rb').read()" || fail "Brotli is something else"
fi

# ---- merged zooms have classes and no features
if ogrinfo --formats 2>/dev/null | grep -q MVT; then
    get 200 "$tiles/$(at 12 117.005 40.005)"
    cp "$work/out" "$work/tile.pbf"
    cases=$((cases + 2))
    ogrinfo -ro -al "MVT:$work/tile.pbf" >"$work/ogr" 2>&1
    grep -q 'dlbm (String) = 0103' "$work/ogr" || { fail "no class in the merged tile"; head -20 "$work/ogr"; }
    n=$(sed -n 's/^Feature Count: //p' "$work/ogr")
    [ "${n:-9999}" -lt 1000 ] || fail "the merged tile has $n features"
fi

# ---- the map of another day or revision
before=$tiles/$(at 14 117.005 40.005)
get 200 "$before?datetime=2022-06-01"
cp "$work/out" "$work/then"
get 200 "$before"
cmp -s "$work/out" "$work/then" && fail "another day shows the same map"
get 200 "$before?revision=1"
cases=$((cases + 1))
[ -s "$work/out" ] && fail "the land was there before it was loaded"
for z in 0 6 9 12; do
    get 200 "$tiles/$(at $z 117.005 40.005)?datetime=2023-06-01"
done
low=$tiles/$(at 12 117.005 40.005)
get 200 "$low"
cp "$work/out" "$work/then"
newest=$(sqlite3 "$work/w/onemap.gpkg" "SELECT max(id) FROM gt_revision")
get 200 "$low?revision=$newest"
cmp -s "$work/out" "$work/then" || fail "the newest revision is another map"
for bad in datetime=soon datetime=2023-13-01 revision=0 revision=99999 revision=x; do
    get 400 "$before?$bad"
done

# ---- an edit shows in the next tile at every zoom, and nowhere else
far=/collections/districts/tiles/WebMercatorQuad/$(at 14 117.005 40.005)
get 200 "$far"
kept=$(tag_of)
low=$(at 12 117.005 40.005)
get 200 "$tiles/$low"
before=$(tag_of)
get 200 "$tiles/$z14"
deep=$(tag_of)
sed 's/"DLBM": "0103"/"DLBM": "0701"/g' "$work/many.geojson" >"$work/edited.geojson"
code 0 load land_use "$work/edited.geojson" --as-of 2024-01-01
get 200 "$tiles/$low" -H "If-None-Match: $before"
get 200 "$tiles/$z14" -H "If-None-Match: $deep"
get 304 "$far" -H "If-None-Match: $kept"
get 200 "$tiles/$low"
after=$(tag_of)
[ "$after" != "$before" ] || fail "the edit does not show at zoom 12"

# ---- an edit of another program shows at once where features are drawn
sqlite3 "$work/w/onemap.gpkg" "UPDATE land_use SET dlbm = '0103' WHERE rowid % 2 = 0" 2>/dev/null && {
    get 200 "$tiles/$z14"
    [ "$(tag_of)" != "$deep" ] || fail "the outside edit does not show"
}

# ---- a damaged or missing cache is made again
stop
printf 'this is no database, this is no database at all' >"$work/w/cache/tiles/pyramid.db"
rm -f "$work/w/cache/tiles/pyramid.db-wal" "$work/w/cache/tiles/pyramid.db-shm"
serve
get 200 "$tiles/$low"
stop
rm -rf "$work/w/cache/tiles"
serve
get 200 "$tiles/$low"
for bad in 12/99999/0 30/0/0 1/1/1x %20/0/0; do
    get 404 "$tiles/$bad"
done
stop

# ---- the copy of an older day put back: kept tiles of a later revision do not show
cp "$work/w/onemap.gpkg" "$work/older.gpkg"
serve
get 200 "$tiles/$low"
cp "$work/out" "$work/first"
stop
code 0 load land_use "$work/many.geojson" --as-of 2025-01-01
code 0 serve --prepare
rm -f "$work/w/onemap.gpkg-wal" "$work/w/onemap.gpkg-shm"
cp "$work/older.gpkg" "$work/w/onemap.gpkg"
serve
get 200 "$tiles/$low"
cmp -s "$work/out" "$work/first" || fail "tiles of a revision that is no more"
stop
finish
