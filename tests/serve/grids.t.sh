#!/bin/sh
# Grids over HTTP: the list with legends, tiles as pictures, values; a changed grid is seen at once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../cli/town.sh"
command -v gdal_translate >/dev/null || { echo "SKIPPED: needs gdal_translate"; exit 77; }
town "$GT_SOURCE_DIR/tests/check/package"
make() { # NAME TYPE 'PYTHON OF r, c'
    python3 - "$3" >"$work/g.asc" <<'PY'
import sys
print("ncols 400\nnrows 200\nxllcorner 500000\nyllcorner 4430000\ncellsize 10\nNODATA_value -9999")
for r in range(200):
    print(" ".join(str(eval(sys.argv[1])) for c in range(400)))
PY
    gdal_translate -q -a_srs EPSG:4548 -ot "$2" -a_nodata -9999 "$work/g.asc" "$work/w/grids/$1.tif"
}
mkdir -p "$work/w/grids"
make elevation Float32 '100 + r + c if c >= 100 else -9999'
make kinds Int16 '1 + (c >= 200) + (r >= 100)'
echo nonsense >"$work/w/grids/broken.tif"
serve
get 200 /grids
holds '[g["id"] for g in d["grids"]] == ["broken", "elevation", "kinds"]'
get 200 /grids/elevation
holds 'd["ramp"]["low"] < d["ramp"]["high"] and len(d["ramp"]["colors"]) > 2 and d["bbox"][0] < d["bbox"][2] and d["generated"] is False'
get 200 /grids/kinds
holds 'sorted(c["value"] for c in d["classes"]) == [1, 2, 3] and abs(sum(c["m2"] for c in d["classes"]) - 8e6) < 1'
holds '"lineage" not in d and "made" not in d'
# what a grid says it was made of is told; what is no JSON is not
for said in '{"model":"calc","version":1,"in":{}}' '{"model":'; do
    gdal_translate -q -mo "guotu_lineage=$said" "$work/w/grids/kinds.tif" "$work/said.tif"
    command cp "$work/said.tif" "$work/w/grids/said.tif"
    get 200 /grids/said
    case $said in *}) holds 'd["lineage"]["model"] == "calc"' ;; *) holds '"lineage" not in d' ;; esac
done
rm "$work/w/grids/said.tif"
get 400 /grids/broken
get 404 /grids/none
get 400 /grids/..
get 400 '/grids/..%5conemap'
get 404 /grids/elevation.tif

# ---- a value
get 200 '/grids/elevation/value?x=501555&y=4431505&crs=EPSG:4548'
holds 'd["value"] is None or d["value"] > 0'
get 200 /grids/kinds
python3 - "$work" "$base" <<'PY' || fail "tiles and values disagree"
import json, math, struct, sys, urllib.request, zlib
work, base = sys.argv[1:]
def get(path, **h):
    r = urllib.request.urlopen(urllib.request.Request(base + path, headers=h))
    return r.headers, r.read()
def png(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, idat, out = 8, b"", {}
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + n]
        assert struct.unpack(">I", data[at + 8 + n:at + 12 + n])[0] == zlib.crc32(kind + body)
        if kind == b"IDAT": idat += body
        out[kind] = body
        at += 12 + n
    w, h = struct.unpack(">II", out[b"IHDR"][:8])
    rows = zlib.decompress(idat)
    assert (w, h, len(rows)) == (256, 256, 256 * 257)
    return [[out[b"PLTE"][3 * i:3 * i + 3] + out[b"tRNS"][i:i + 1] for i in rows[r * 257 + 1:(r + 1) * 257]] for r in range(256)]
def tile_of(z, lon, lat):
    n = 2 ** z
    x = (lon + 180) / 360 * n
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
    return x, y
for name in ("kinds", "elevation"):
    facts = json.loads(get("/grids/" + name)[1])
    w, s, e, n = facts["bbox"]
    for z in (0, 5, 10, 13, 14, 16, 18):
        seen = 0
        for u, v in ((0.1, 0.2), (0.5, 0.52), (0.77, 0.3), (0.9, 0.95)):
            lon, lat = w + u * (e - w), s + v * (n - s)
            x, y = tile_of(z, lon, lat)
            c, r = int(x % 1 * 256), int(y % 1 * 256)
            head, body = get(f"/grids/{name}/map/tiles/WebMercatorQuad/{z}/{int(y)}/{int(x)}")
            assert head["Content-Type"] == "image/png" and head["ETag"]
            pixel = png(body)[r][c]
            # the middle of that pixel
            px, py = (int(x) * 256 + c + 0.5) / 256, (int(y) * 256 + r + 0.5) / 256
            mlon = px / 2 ** z * 360 - 180
            mlat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * py / 2 ** z))))
            value = json.loads(get(f"/grids/{name}/value?x={mlon}&y={mlat}")[1])
            if z < 10:
                continue  # the pixel is larger than the grid
            seen += 1
            if value["value"] is None:
                assert pixel[3] == 0, (name, z, pixel, value)
            elif name == "kinds":
                color = [k["color"] for k in facts["classes"] if k["value"] == value["value"]][0]
                assert pixel[:3].hex() == color[1:].lower(), (z, u, v, pixel.hex(), color, value)
            else:
                assert pixel[3] == 255, (z, pixel.hex(), value)
        assert z < 10 or seen == 4
# nothing of it here
assert all(p[3] == 0 for row in png(get("/grids/kinds/map/tiles/WebMercatorQuad/3/0/0")[1]) for p in row)
PY
# ---- addresses that are none
for bad in 23/0/0 3/8/0 3/0/8 x/0/0 3/-1/0 3/0; do
    get 404 "/grids/kinds/map/tiles/WebMercatorQuad/$bad"
done
get 404 /grids/kinds/map/tiles/Other/3/0/0
get 404 /grids/none/map/tiles/WebMercatorQuad/3/0/0
for bad in '' 'x=1' 'x=a&y=1' 'x=1e999&y=1' 'x=1&y=1&crs=EPSG:1'; do
    get 400 "/grids/kinds/value?$bad"
done
# ---- held by the client; and seen at once when the grid is another
get 200 /grids/kinds/map/tiles/WebMercatorQuad/10/387/843
etag=$(sed -n 's/^ETag: \(.*\)\r$/\1/pI' "$work/err")
get 304 /grids/kinds/map/tiles/WebMercatorQuad/10/387/843 -H "If-None-Match: $etag"
make kinds Int16 '7'
get 200 /grids/kinds/map/tiles/WebMercatorQuad/10/387/843 -H "If-None-Match: $etag"
get 200 /grids/kinds
holds '[c["value"] for c in d["classes"]] == [7]'
# a second time it comes from memory: the same bytes
get 200 /grids/elevation/map/tiles/WebMercatorQuad/12/1551/3373
command cp "$work/out" "$work/first"
get 200 /grids/elevation/map/tiles/WebMercatorQuad/12/1551/3373
cases=$((cases + 1))
cmp -s "$work/out" "$work/first" || fail "other bytes"
stop
finish
