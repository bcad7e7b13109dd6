#!/bin/sh
# Tiles: uncached at every zoom (time and bytes), then one cached tile by wrk.
# usage: sh bench/tiles.sh BUILD WORKSPACE LAYER WEST SOUTH EAST NORTH [TILES_A_ZOOM]
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
python3 - "$base" "$layer" "$@" <<'PY'
import math, random, sys, time, urllib.request
base, layer = sys.argv[1:3]
west, south, east, north = map(float, sys.argv[3:7])
per = int(sys.argv[7]) if len(sys.argv) > 7 else 60
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
