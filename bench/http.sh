#!/bin/sh
# The server under load: checks of random sites, cached answers, 1,000 keep-alive clients, and its memory through all of it.
# usage: sh bench/http.sh BUILD WORKSPACE LAYER WEST SOUTH EAST NORTH [SECONDS] [CLIENTS]
# LAYER: a polygon layer; the box lies within the territory. wrk, curl, python3. Takes 8 times SECONDS (default 10).
set -eu
build=$1 workspace=$2 layer=$3 west=$4 south=$5 east=$6 north=$7
seconds=${8:-10} clients=${9:-1000}
work=$(mktemp -d)
"$build/guotu" -w "$workspace" -q serve --port 0 >"$work/said" 2>/dev/null &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
while ! grep -q portal "$work/said"; do
    kill -0 $server || { echo "the server did not start"; exit 1; }
    sleep 0.1
done
base=$(sed -n 's/.* \(http:[^ ]*\)\/portal$/\1/p;s/^门户地址 \(.*\)\/portal$/\1/p' "$work/said")

# Sites of 5 ha and 0.2 ha in turn, anywhere in the box: the outline, the facts of a project. wrk counts what is not 2xx.
cat >"$work/check.lua" <<LUA
local west, south, east, north = $west, $south, $east, $north
wrk.method, wrk.headers["Content-Type"] = "POST", "application/json"
function setup(thread) thread:set("seed", 7) end
function init() math.randomseed(seed) end
local n = 0
function request()
  n = n + 1
  local w = n % 2 == 0 and 0.00262 or 0.00052
  local h = w * 0.77
  local x, y = west + (east - west - w) * math.random(), south + (north - south - h) * math.random()
  return wrk.format(nil, "/processes/check/execution", nil, string.format(
    '{"inputs":{"type":"project","facts":{"use":"housing"},"geometry":{"type":"Polygon","coordinates":[[[%.7f,%.7f],[%.7f,%.7f],[%.7f,%.7f],[%.7f,%.7f],[%.7f,%.7f]]]}}}',
    x, y, x + w, y, x + w, y + h, x, y + h, x, y))
end
LUA
cat >"$work/tell.lua" <<'LUA'
function done(summary, latency, requests)
  local e = summary.errors
  print(string.format("RESULT %.0f a second, median %.2f ms, p99 %.2f ms, largest %.1f ms, %d answers, %d not 2xx or 3xx, %d lost",
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, summary.requests, e.status, e.connect + e.read + e.write + e.timeout))
end
LUA
cat "$work/check.lua" "$work/tell.lua" >"$work/check_tell.lua"

memory() { awk '/VmRSS/ { rss = $2 } /VmHWM/ { top = $2 } END { printf "  memory now %.0f MB, at most %.0f MB\n", rss / 1024, top / 1024 }' /proc/$server/status; }
spent() { awk '{ print $14 + $15 }' /proc/$server/stat; }
# measure TITLE WRK_OPTION...: and the processor seconds of the server for one answer
measure() {
    title=$1
    shift
    before=$(spent)
    said=$(wrk -d"${seconds}s" "$@" | sed -n 's/^RESULT //p')
    after=$(spent)
    answers=$(echo "$said" | sed -n 's/.*, \([0-9]*\) answers.*/\1/p')
    echo "$title: $said"
    python3 -c "print('  server: %.3f ms of processor an answer' % (10 * ($after - $before) / max(1, $answers)))"
    memory
}

set -- $(python3 - "$west" "$south" "$east" "$north" <<'PY'
import math, sys
west, south, east, north = map(float, sys.argv[1:])
z, lon, lat = 14, (west + east) / 2, (south + north) / 2
n = 2 ** z
print(z, int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n), int((lon + 180) / 360 * n))
PY
)
tile="$base/collections/$layer/tiles/WebMercatorQuad/$1/$2/$3"
items="$base/collections/$layer/items?limit=10&bbox=$west,$south,$east,$north"
tag() { curl -sD - -o /dev/null -H 'Accept-Encoding: br' "$1" | sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p'; }
curl -sf -o /dev/null "$tile"
echo "load before: $(uptime | sed 's/.*average: //')"
memory
measure "check, 1 client" -t1 -c1 -s "$work/check_tell.lua" "$base"
measure "check, 8 clients" -t1 -c8 -s "$work/check_tell.lua" "$base"
measure "check, 8 clients, every worker warm" -t1 -c8 -s "$work/check_tell.lua" "$base"
measure "ten features of a box" -t1 -c8 -s "$work/tell.lua" "$items"
measure "the same, not changed (304)" -t1 -c8 -H "If-None-Match: $(tag "$items")" -s "$work/tell.lua" "$items"
measure "a kept tile, 32 clients" -t1 -c32 -H 'Accept-Encoding: br' -s "$work/tell.lua" "$tile"
measure "a kept tile, $clients clients that stay" -t1 -c"$clients" -H 'Accept-Encoding: br' -s "$work/tell.lua" "$tile"
measure "checks of $clients clients that stay" -t1 -c"$clients" --timeout 30s -s "$work/check_tell.lua" "$base"
echo "load after: $(uptime | sed 's/.*average: //')"
