#!/bin/sh
# OGC API Features, Tiles and Processes by the letter, on the small town; ogrinfo is a client.
. "$(dirname "$0")/lib.sh"
town "$GT_SOURCE_DIR/tests/check/package"
code 1 check --wkt 'POLYGON((501000 4430200,501200 4430200,501200 4430500,501000 4430500,501000 4430200))' \
    --decide refuse --reason "a secret reason"
serve

# ---- landing, conformance, description
get 200 /
holds 'any(l["rel"]=="data" for l in d["links"]) and any(l["rel"]=="service-desc" for l in d["links"])'
holds 'all(l["href"].startswith("'"$base"'") for l in d["links"])'
get 200 /conformance
holds '"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in d["conformsTo"]'
holds '"http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in d["conformsTo"]'
get 200 /api
holds 'd["openapi"].startswith("3.0") and "/collections/{collectionId}/items" in d["paths"]'
says "application/vnd.oai.openapi+json"
get 200 /health
holds 'd["status"]=="pass" and d["package"]=="checktown"'
get 200 /metrics
says 'guotu_http_requests_total{class="2xx"}'
says 'guotu_http_request_seconds_bucket{le="+Inf"}'

# ---- collections: what is published, and what is not
get 200 /collections
holds '{"basic_farmland","districts","land_use"} <= {c["id"] for c in d["collections"]}'
lacks decisions
lacks "secret"
get 404 /collections/decisions/items
get 404 /collections/no_such
holds 'd["status"]==404 and d["id"]=="serve.no-collection"'
says "application/problem+json"
get 200 /collections/districts?lang=zh
holds 'd["storageCrs"].endswith("/4548") and d["featureCount"]==2 and len(d["extent"]["spatial"]["bbox"][0])==4'
get 200 /collections/districts/queryables
holds 'd["properties"]["name"]["type"]=="string" and d["additionalProperties"] is False'

# ---- items
get 200 /collections/districts/items
says "Content-Type: application/geo+json"
says "Content-Crs: <http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
holds 'd["type"]=="FeatureCollection" and d["numberReturned"]==2 and d["numberMatched"]==2'
holds '116.9 < d["features"][0]["geometry"]["coordinates"][0][0][0][0] < 117.1'
holds '39.9 < d["features"][0]["geometry"]["coordinates"][0][0][0][1] < 40.1'
get 200 '/collections/districts/items?limit=1'
holds 'd["numberReturned"]==1 and any(l["rel"]=="next" for l in d["links"])'
next=$(python3 -c "
import json
print([l['href'] for l in json.load(open('$work/out'))['links'] if l['rel']=='next'][0])")
first=$(python3 -c "import json;print(json.load(open('$work/out'))['features'][0]['id'])")
get 200 "${next#"$base"}"
holds 'd["numberReturned"]==1 and d["features"][0]["id"]!="'"$first"'" and not any(l["rel"]=="next" for l in d["links"])'
get 200 '/collections/districts/items?limit=999999'
holds 'd["numberReturned"]==2'
for bad in 0 -1 x 1.5 '' 99999999999999999999999; do
    get 400 "/collections/districts/items?limit=$bad"
done
get 400 '/collections/districts/items?no_such=1'
holds 'd["id"]=="serve.unknown-parameter"'

# ---- bbox: CRS84, and in other systems with their axis order
get 200 '/collections/districts/items?bbox=117.0,40.005,117.001,40.006'
holds 'd["numberReturned"]==1'
get 200 '/collections/districts/items?bbox=117.0,40.005,0,117.001,40.006,100'
holds 'd["numberReturned"]==1'
get 200 '/collections/districts/items?bbox=-180,-90,180,90'
holds 'd["numberReturned"]==2'
get 200 '/collections/districts/items?bbox=10,10,11,11'
holds 'd["numberReturned"]==0'
E4326=http://www.opengis.net/def/crs/EPSG/0/4326
E4548=http://www.opengis.net/def/crs/EPSG/0/4548
get 200 "/collections/districts/items?bbox=40.005,117.0,40.006,117.001&bbox-crs=$E4326"
holds 'd["numberReturned"]==1'
get 200 "/collections/districts/items?bbox=4430100,500100,4430200,500200&bbox-crs=$E4548&crs=$E4548"
holds 'd["numberReturned"]==1 and abs(d["features"][0]["geometry"]["coordinates"][0][0][0][0]-4430000)<2001'
says "Content-Crs: <$E4548>"
for bad in 1,2 1,2,3 1,2,3,4,5 a,b,c,d 1,2,nan,4 inf,0,1,1 3,0,1,1 0,0,1,91 1,2,3,4, ''; do
    get 400 "/collections/districts/items?bbox=$bad"
done
get 400 "/collections/districts/items?crs=EPSG:2000"

# ---- datetime
get 200 '/collections/districts/items?datetime=2023-01-01'
holds 'd["numberReturned"]==2'
get 200 '/collections/districts/items?datetime=2021-01-01T00:00:00Z'
holds 'd["numberReturned"]==0'
get 200 '/collections/districts/items?datetime=2021-01-01/..'
holds 'd["numberReturned"]==2'
for bad in yesterday 2023-02-30 .. 2023-01-01/2022-01-01; do
    get 400 "/collections/districts/items?datetime=$bad"
done

# ---- revision: the layer as a revision left it; which ones there are the log says
get 200 /revisions
newest=$(sed -n 's/.*"newest":\([0-9]*\).*/\1/p' "$work/out")
get 200 "/collections/districts/items?revision=$newest"
holds 'd["numberReturned"]==2'
get 200 '/collections/districts/items?limit=1'
first=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$work/out" | head -n 1)
get 200 "/collections/districts/items/$first?revision=$newest"
get 200 "/collections/districts/items/$first?datetime=2023-01-01"
get 404 "/collections/districts/items/$first?datetime=2021-01-01"
for bad in 0 -1 x "$((newest + 1))"; do
    get 400 "/collections/districts/items?revision=$bad"
    get 400 "/collections/districts/items/$first?revision=$bad"
done

# ---- attributes and CQL2
get 200 '/collections/districts/items?name=%E8%A5%BF%E5%8C%BA'
holds 'd["numberReturned"]==1'
get 200 '/collections/basic_farmland/items?grade=2'
holds 'd["numberReturned"]==1'
get 400 '/collections/basic_farmland/items?grade=two'
filter() {
    get "$1" "/collections/land_use/items" -G --data-urlencode "filter=$2"
}
filter 200 "dlbm = '0103'"
holds 'd["numberReturned"]==1'
filter 200 "dlbm LIKE '01%' OR NOT (dlbm <> '0701')"
holds 'd["numberReturned"]==2'
filter 200 "dlbm IN ('0103','0404') AND \"dlbm\" IS NOT NULL"
holds 'd["numberReturned"]==1'
filter 200 "dlbm BETWEEN '0100' AND '0200'"
holds 'd["numberReturned"]==1'
filter 200 "dlbm = '0103'' OR 1=1 --'"
holds 'd["numberReturned"]==0'
for bad in "dlbm = '0103' OR 1=1; DROP TABLE land_use" "(SELECT 1)" "dlbm = (SELECT name FROM gt_meta)" \
    "load_extension('x') = 1" "dlbm = '0103' --" "no_such = 1" "f0 = 1" "dlbm" "dlbm ==" "" "((((" \
    "dlbm = 'a" "1e999 = dlbm" "dlbm IN ()" "dlbm LIKE 5"; do
    filter 400 "$bad"
done
get 400 '/collections/land_use/items?filter-lang=cql2-json&filter=x'

# ---- one feature, entity tags
id=$first
get 200 "/collections/districts/items/$id"
holds 'd["type"]=="Feature" and d["id"]=="'"$id"'" and len(d["links"])==2'
tag=$(sed -n 's/^ETag: \(.*\)\r$/\1/pI' "$work/err")
[ -n "$tag" ] || fail "no ETag"
get 304 "/collections/districts/items/$id" -H "If-None-Match: $tag"
get 304 "/collections/districts/items/$id" -H "If-None-Match: \"x\", W/$tag"
get 200 "/collections/districts/items/$id" -H 'If-None-Match: "x"'
get 404 "/collections/districts/items/nobody"
get 200 "/collections/districts" -I

# ---- tiles: the town lies at 117 E, 40 N
get 200 /collections/land_use/tiles/WebMercatorQuad/12/1550/3379
get 200 /collections/land_use/tiles
holds 'd["tilesets"][0]["dataType"]=="vector"'
tile() {
    python3 - "$1" <<'PY'
import math, sys
z = int(sys.argv[1]); lon, lat = 117.01, 40.01
n = 2 ** z
y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
print(f"{z}/{int(y * n)}/{int((lon + 180) / 360 * n)}")
PY
}
get 200 "/collections/land_use/tiles/WebMercatorQuad/$(tile 12)"
says "application/vnd.mapbox-vector-tile"
[ -s "$work/out" ] || fail "the tile of the town is empty"
if command -v ogrinfo >/dev/null; then
    cp "$work/out" "$work/tile.pbf"
    cases=$((cases + 1))
    ogrinfo -ro -so -al "MVT:$work/tile.pbf" >"$work/ogr" 2>&1
    grep -q "Feature Count: 2" "$work/ogr" || { fail "ogrinfo reads the tile otherwise"; cat "$work/ogr"; }
fi
tag=$(sed -n 's/^ETag: \(.*\)\r$/\1/pI' "$work/err")
get 304 "/collections/land_use/tiles/WebMercatorQuad/$(tile 12)" -H "If-None-Match: $tag"
for bad in WebMercatorQuad/23/0/0 WebMercatorQuad/1/2/0 WebMercatorQuad/x/0/0 WebMercatorQuad/1/-1/0 Other/0/0/0; do
    get 404 "/collections/land_use/tiles/$bad"
done

# ---- a new revision shows in the next answer, under a new tag
code 0 load districts "$work/districts.geojson" --as-of 2023-06-01
get 200 "/collections/land_use/tiles/WebMercatorQuad/$(tile 12)" -H 'If-None-Match: "x"'
get 200 /collections/districts
holds 'd["extent"]["temporal"]["interval"][0][0].startswith("2023-06-01")'

# ---- check
post() {
    want=$1
    shift
    get "$want" /processes/check/execution -X POST -H 'Content-Type: application/json' "$@"
}
site='{"type":"Polygon","coordinates":[[[501000,4430200],[501200,4430200],[501200,4430500],[501000,4430500],[501000,4430200]]]}'
swapped='{"type":"Polygon","coordinates":[[[4430200,501000],[4430200,501200],[4430500,501200],[4430500,501000],[4430200,501000]]]}'
get 200 /processes
get 200 /processes/check
holds '"parcel" in [k["id"] for k in d["kinds"]] or len(d["kinds"]) > 0'
post 200 -d "{\"inputs\":{\"geometry\":{\"value\":$swapped},\"crs\":\"$E4548\",\"type\":\"project\"}}"
holds 'd["verdict"]["result"] in ("pass","fail","undecidable") and abs(d["verdict"]["subject"]["area_m2"]-60000)<100'
holds 'all(116 < f["geometry"]["coordinates"][0][0][0] < 118 for f in d["overlaps"]["features"] if f["geometry"]["type"]=="Polygon")'
"$GUOTU" -q -w "$work/w" check --format json --type project --wkt \
    'POLYGON((501000 4430200,501200 4430200,501200 4430500,501000 4430500,501000 4430200))' >"$work/cli.json"
cases=$((cases + 1))
python3 - "$work" <<'PY' || fail "the verdict is not that of the command line"
import json, sys
work = sys.argv[1]
a = json.load(open(work + "/out"))["verdict"]
b = json.load(open(work + "/cli.json"))
sys.exit(0 if a["result"] == b["result"] and
         [(f["rule"], f["result"]) for f in a["findings"]] == [(f["rule"], f["result"]) for f in b["findings"]] else 1)
PY
post 400 -d "{\"inputs\":{\"geometry\":$site}}"
for bad in '' '{' '[]' '{"inputs":[]}' '{"inputs":{}}' '{"inputs":{"geometry":"x"}}' \
    '{"inputs":{"geometry":{"type":"Polygon","coordinates":[[[117,40],[117.001,40]]]}}}' \
    '{"inputs":{"geometry":{"type":"Point","coordinates":[117.01,40.01]}}}' \
    '{"inputs":{"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}}' \
    '{"inputs":{},"inputs":{}}'; do
    post 400 -d "$bad"
done
post 400 -d "{\"inputs\":{\"geometry\":$swapped,\"crs\":\"$E4548\",\"facts\":{\"no_such\":1}}}"
post 400 -d "{\"inputs\":{\"geometry\":$swapped,\"crs\":\"$E4548\",\"facts\":[1]}}"
post 400 -d "{\"inputs\":{\"geometry\":$swapped,\"crs\":\"$E4548\",\"type\":\"nothing\"}}"
get 400 /processes/check/execution -X POST -d '{}'
get 405 /processes/check/execution
says "Allow: POST"
get 405 /collections -X DELETE
says "Allow: GET, HEAD"
get 404 /processes/other

# ---- ogrinfo is a client without a plugin
if ogrinfo --formats 2>/dev/null | grep -q OAPIF; then
    cases=$((cases + 2))
    ogrinfo -ro -q "OAPIF:$base" districts >"$work/ogr" 2>&1
    [ "$(grep -c '^OGRFeature' "$work/ogr")" -eq 2 ] || { fail "ogrinfo reads otherwise"; cat "$work/ogr"; }
    ogrinfo -ro -q "OAPIF:$base" districts -where "name = '西区'" >"$work/ogr" 2>&1
    [ "$(grep -c '^OGRFeature' "$work/ogr")" -eq 1 ] || { fail "ogrinfo filters otherwise"; cat "$work/ogr"; }
fi
cases=$((cases + 1))
python3 -c "
import json
lines = [json.loads(l) for l in open('$work/log')]
assert len(lines) > 100 and all(l['status'] for l in lines), lines" || fail "the access log is not JSON lines"
stop
finish
