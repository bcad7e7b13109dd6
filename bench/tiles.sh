#!/bin/sh
# Tiles: uncached at every zoom (time and bytes), then one cached tile by wrk.
# usage: sh bench/tiles.sh BUILD WORKSPACE LAYER WEST SOUTH EAST NORTH [TILES_A_ZOOM]
# EDIT=CLASS_FIELD: first the same feature's class is changed and adopted three times (it changes the workspace; the
# last change brings the old class back), and its tile is asked for at every zoom right after each.
set -eu
build=$1 workspace=$2 layer=$3
shift 3
"$build/guotu" -w "$workspace" -q serve --prepare
said=$(mktemp)
"$build/guotu" -w "$workspace" -q serve --port 0 >"$said" 2>/dev/null &
server=$!
trap 'kill $server; rm -f "$said"' EXIT
while ! grep -q portal "$said"; do sleep 0.1; done
base=$(sed -n 's/.* \(http:[^ ]*\)\/portal$/\1/p;s/^门户地址 \(.*\)\/portal$/\1/p' "$said")
uptime
west=$1 south=$2 east=$3 north=$4 per=${5:-60}
python3 - "$base" "$layer" "$west" "$south" "$east" "$north" "$per" "$build/guotu" "$workspace" <<'PY'
import json, math, os, random, sqlite3, subprocess, sys, time, urllib.request
base, layer = sys.argv[1:3]
west, south, east, north = map(float, sys.argv[3:7])
per = int(sys.argv[7])
random.seed(1)
def at(lon, lat, z):
    n = 2 ** z
    return int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n), int((lon + 180) / 360 * n)
every = []
for z in range(0, 17):
    took, size, seen = [], 0, set()
    for _ in range(per):
        place = at(random.uniform(west, east), random.uniform(south, north), z)
        if place in seen:
            continue
        seen.add(place)
        begun = time.time()
        with urllib.request.urlopen(f"{base}/collections/{layer}/tiles/WebMercatorQuad/{z}/{place[0]}/{place[1]}") as reply:
            size = max(size, len(reply.read()))
        took.append(time.time() - begun)
    took.sort()
    every += took
    print(f"zoom {z:2}: {len(took):3} tiles, median {1e3 * took[len(took) // 2]:6.1f} ms, largest {1e3 * took[-1]:6.1f} ms, {size / 1e3:6.1f} kB at most")
every.sort()
print(f"all: {len(every)} tiles, p99 {1e3 * every[int(len(every) * .99)]:.1f} ms")
field = os.environ.get("EDIT")
if field:
    lon, lat, e = (west + east) / 2, (south + north) / 2, 0.002
    with urllib.request.urlopen(f"{base}/collections/{layer}/items?limit=1&bbox={lon - e},{lat - e},{lon + e},{lat + e}") as reply:
        one = json.load(reply)["features"][0]
    ring = one["geometry"]["coordinates"]
    while isinstance(ring[0][0], list):
        ring = ring[0]
    old, guotu, workspace = one["properties"][field], sys.argv[8], sys.argv[9]
    took = []
    for value in ("0103" if old != "0103" else "0301", "0701" if old != "0701" else "0301", old):
        db = sqlite3.connect(f"{workspace}/onemap.gpkg", timeout=30)
        for name in ("IsEmpty", "MinX", "MaxX", "MinY", "MaxY"): # triggers name them; none runs, the place stays
            db.create_function("ST_" + name, 1, lambda geom: 0)
        db.execute(f"UPDATE {layer} SET {field} = ? WHERE gt_id = ?", (value, one["id"]))
        db.commit()
        db.close()
        subprocess.run([guotu, "-q", "-w", workspace, "adopt", layer, "--message", "tile benchmark"], check=True, stdout=subprocess.DEVNULL)
        for z in range(16, -1, -1) if value == old else range(0, 17): # deepest first, and lowest first
            place = at(*ring[0], z)
            begun = time.time()
            with urllib.request.urlopen(f"{base}/collections/{layer}/tiles/WebMercatorQuad/{z}/{place[0]}/{place[1]}") as reply:
                reply.read()
            took.append((time.time() - begun, z))
    took.sort()
    print(f"after an edit: {len(took)} tiles, median {1e3 * took[len(took) // 2][0]:.1f} ms, largest " +
          ", ".join(f"{1e3 * t:.1f} (z{z})" for t, z in took[-4:]))
z, place = 12, at((west + east) / 2, (south + north) / 2, 12)
open("/tmp/gt_tile_url", "w").write(f"{base}/collections/{layer}/tiles/WebMercatorQuad/{z}/{place[0]}/{place[1]}")
PY
url=$(cat /tmp/gt_tile_url)
rm -f /tmp/gt_tile_url
curl -s -o /dev/null "$url"
wrk -t1 -c32 -d5s -H 'Accept-Encoding: br' "$url"
tag=$(curl -sD - -o /dev/null -H 'Accept-Encoding: br' "$url" | sed -n 's/^ETag: \(.*\)\r$/\1/p')
wrk -t1 -c32 -d5s -H 'Accept-Encoding: br' -H "If-None-Match: $tag" "$url"
uptime
