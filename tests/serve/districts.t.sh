#!/bin/sh
# Rows by district: who may read a layer in one unit sees the features that lie there and no others, on every route that
# reads or writes; tiles, bulk checks, models and figures, which are of the whole layer, are not for him.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../ledger/town.sh"
. "$(dirname "$0")/watched.sh"
watched_town
python3 - "$work" <<'PY'
import json, sys
def box(x, y, w):
    x, y = 500000 + x, 4430000 + y
    return {"type": "Polygon", "coordinates": [[[x, y], [x + w, y], [x + w, y + w], [x, y + w], [x, y]]]}
json.dump({"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}, "features": [
    {"type": "Feature", "properties": {"grade": 4 + i % 5}, "geometry": box(1300 + 100 * i, 1500, 60)} for i in range(20)]},
    open(sys.argv[1] + "/more.geojson", "w"))
PY
code 0 load basic_farmland "$work/more.geojson" --as-of 2025-01-01
code 0 actor add xu --kind person --unit 西区 --as bureau
code 0 actor add team --title 工作组 --title-en Team --as bureau
code 0 actor add sun --kind person --body team --as bureau
code 0 actor grant public --role resident --ledger layer:districts --action read --as bureau
code 0 actor grant xu --role officer --unit 西区 --ledger layer:basic_farmland --action read --as bureau
code 0 actor grant xu --role officer --unit 西区 --ledger layer:basic_farmland --action write --as bureau
code 0 actor grant team --role officer --unit 东区 --ledger layer:basic_farmland --action read --as bureau
code 0 actor grant xu --role analyst --ledger process:bulk-check --action run --as bureau
serve
json='Content-Type: application/json'
value() { python3 -c "import json,sys; print(json.load(open('$work/out'))$1)"; }
sign_in() { # NAME PASSWORD NEW: $token
    get 200 /session -X POST -H "$json" -d "{\"account\":\"$1\",\"password\":\"$2\"}"
    cookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
    csrf=$(value '["csrf"]')
    get 200 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d "{\"password\":\"$3\"}"
    get 201 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"title":"t"}'
    token="Authorization: Bearer $(value '["token"]')"
}
sign_in bureau "$(sed -n 's/.*bureau, one-time password \(.*\)$/\1/p;s/.*bureau，一次性密码 \(.*\)$/\1/p' "$work/said")" "bureau bureau"
bureau=$token bcookie=$cookie bcsrf=$csrf
account() { get 201 /accounts -X POST -H "$json" -H "Cookie: $bcookie" -H "X-CSRF-Token: $bcsrf" -d "{\"account\":\"$1\"}"; }
account xu
sign_in xu "$(value '["oneTimePassword"]')" "xu xu xu xu"
xu=$token
account sun
sign_in sun "$(value '["oneTimePassword"]')" "sun sun sun"
sun=$token
items=/collections/basic_farmland/items
all="$items?limit=100&crs=http://www.opengis.net/def/crs/EPSG/0/4548"
as() { who=$1 want=$2 t=$3; shift 3; get "$want" "$t" -H "$who" "$@"; }
x='[f["geometry"]["coordinates"][0][0][0][1] - 500000 if f["geometry"]["type"] == "MultiPolygon" else f["geometry"]["coordinates"][0][0][1] - 500000 for f in d["features"]]'

# ---- reading
get 404 "$all"
get 404 /collections/basic_farmland
as "$bureau" 200 "$all"
whole=$(value '["numberReturned"]')
holds 'd["numberMatched"] == d["numberReturned"] and d["numberReturned"] >= 20'
east=$(python3 -c "import json; d = json.load(open('$work/out')); print([f['id'].replace('#', '%23') for f, x in zip(d['features'], $x) if x > 2100][0])")
west=$(python3 -c "import json; d = json.load(open('$work/out')); print([f['id'].replace('#', '%23') for f, x in zip(d['features'], $x) if 1200 < x < 1900][0])")
as "$xu" 200 "$all"
mine=$(value '["numberReturned"]')
holds "d['features'] and all(v < 2000 for v in $x) and 'numberMatched' not in d"
says 'Cache-Control: no-store'
cases=$((cases + 1))
grep -qi '^etag' "$work/err" && fail "a part has a tag"
as "$sun" 200 "$all"
theirs=$(value '["numberReturned"]')
holds "d['features'] and all(v > 1960 for v in $x)"
cases=$((cases + 1))
[ "$((mine + theirs))" -eq "$whole" ] || fail "$mine and $theirs are not $whole"
as "$xu" 200 "$items/$west"
as "$xu" 404 "$items/$east"
as "$sun" 404 "$items/$west"
as "$sun" 200 "$items/$east"
get 404 "$items/$west"
as "$xu" 200 "$items?limit=100&bbox=117.0,40.0,117.05,40.03"
holds "d['numberReturned'] == $mine"
as "$xu" 200 "$items?limit=100&filter=grade%20%3E%3D%200"
holds "d['numberReturned'] == $mine"
as "$xu" 200 "$items?limit=100&revision=6"
holds 'd["numberReturned"] <= 100'
as "$xu" 200 "$items?limit=1&after=0"
holds 'd["numberReturned"] == 1'
as "$xu" 200 /collections
holds 'sorted((c["id"], c["part"]) for c in d["collections"]) == [("basic_farmland", True), ("districts", False)]'
as "$xu" 200 /collections/basic_farmland
holds 'd["featureCount"] is None and d["areaM2"] is None and not any("tileset" in l["rel"] for l in d["links"])'
as "$xu" 200 /collections/basic_farmland/queryables
as "$bureau" 200 /collections/basic_farmland
holds "d['featureCount'] == $whole and d['part'] is False"
# ---- what is of the whole layer
as "$xu" 404 /collections/basic_farmland/tiles
as "$xu" 404 /collections/basic_farmland/tiles/WebMercatorQuad/3/3/6
as "$xu" 404 /processes/bulk-check/execution -X POST -H "$json" -d '{"inputs":{"type":"piece","layer":"basic_farmland"}}'
as "$xu" 403 "/indicators/basic-area/trend?from=2023&to=2025"
as "$xu" 200 "/indicators?year=2025"
holds 'd["rows"] == []'
as "$xu" 200 /processes/check/execution -X POST -H "$json" -d '{"inputs":{"type":"piece","geometry":{"type":"Polygon","coordinates":[[[117.001,40.005],[117.004,40.005],[117.004,40.008],[117.001,40.005]]]}}}'
holds 'd["overlaps"]["features"] == []'
as "$xu" 200 /processes/areas/execution -X POST -H "$json" -d '{"inputs":{"geometry":{"type":"Polygon","coordinates":[[[117.001,40.005],[117.004,40.005],[117.004,40.008],[117.001,40.005]]]}}}'
holds '[l["layer"] for l in d["layers"]] == ["districts"]'
as "$xu" 200 /processes/bulk-check
cases=$((cases + 1))
grep -q '"basic_farmland"' "$work/out" && fail "a form offers the layer"
# ---- writing: in his own district, and neither out of it nor into it
geo='Content-Type: application/geo+json'
C='Content-Crs: <http://www.opengis.net/def/crs/EPSG/0/4548>'
plot() { # ID X
    echo "{\"type\":\"Feature\",\"id\":\"$1\",\"properties\":{\"grade\":9},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[4431800,$((500000 + $2))],[4431800,$((500050 + $2))],[4431850,$((500050 + $2))],[4431850,$((500000 + $2))],[4431800,$((500000 + $2))]]]}}"
}
as "$xu" 201 "$items?reason=x" -X POST -H "$geo" -H "$C" -d "$(plot w1 1300)"
as "$xu" 403 "$items?reason=x" -X POST -H "$geo" -H "$C" -d "$(plot e1 2500)"
as "$xu" 403 "$items/w1?reason=x" -X PUT -H "$geo" -H "$C" -d "$(plot w1 2500)"
as "$xu" 403 "$items/$east?reason=x" -X DELETE
lacks '"grade"'
as "$xu" 403 "$items/$east?reason=x" -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"properties":{"grade":1}}'
as "$xu" 403 "/transactions" -X POST -H "$json" -d "{\"reason\":\"x\",\"changes\":[{\"change\":\"delete\",\"collection\":\"basic_farmland\",\"id\":\"$(echo "$east" | sed s,%23,#,)\"}]}"
as "$sun" 403 "$items?reason=x" -X POST -H "$geo" -H "$C" -d "$(plot e2 2600)"
get 401 "$items?reason=x" -X POST -H "$geo" -H "$C" -d "$(plot e3 2700)"
as "$xu" 204 "$items/w1?reason=x" -X DELETE
as "$bureau" 200 "$all"
holds "d['numberReturned'] == $whole"
stop
finish
