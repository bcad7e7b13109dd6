#!/bin/sh
# Rules of the plan before a feature is written, part of a feature changed (PATCH), several changed as one (split,
# merge), and clients that write without a plugin.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../ledger/town.sh"
cp() {
    command cp "$@"
    cat >>"$work/package/all.yaml" <<'YAML'

- layer: plots
  title: {zh: 地块, en: Plots}
  theme: base
  geometry: polygon
  source: test
  subject: piece
  clauses: [TST-005]
  qc: {no_overlap: true}
  fields:
    - {name: code, type: text, required: true, zh: 编号, en: Code}
    - {name: owner, type: text, length: 10, zh: 权利人, en: Owner}
  id_field: code
YAML
}
ledger_town
unset -f cp
python3 - "$work" <<'PY'
import json, sys
def box(x, y, w, h):
    x, y = 500000 + x, 4430000 + y
    return {"type": "Polygon", "coordinates": [[[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]]}
json.dump({"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}, "features": [
    {"type": "Feature", "properties": {"code": "p1", "owner": "甲"}, "geometry": box(1300, 200, 100, 100)},
    {"type": "Feature", "properties": {"code": "p2", "owner": "乙"}, "geometry": box(1400, 200, 100, 100)}]},
    open(sys.argv[1] + "/plots.geojson", "w"))
PY
code 0 load plots "$work/plots.geojson" --as-of 2022-01-01
serve
json='Content-Type: application/json'
geo='Content-Type: application/geo+json'
crs="Content-Crs: <http://www.opengis.net/def/crs/EPSG/0/4548>"
value() { python3 -c "import json,sys; print(json.load(open('$work/out'))$1)"; }
sign_in() {
    get 200 /session -X POST -H "$json" -d "{\"account\":\"$1\",\"password\":\"$2\"}"
    cookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
    csrf=$(value '["csrf"]')
    get 200 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d "{\"password\":\"$3\"}"
    get 201 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"title":"t"}'
    token=$(value '["token"]')
}
sign_in bureau "$(sed -n 's/.*bureau, one-time password \(.*\)$/\1/p;s/.*bureau，一次性密码 \(.*\)$/\1/p' "$work/said")" "bureau bureau"
bureau=$token
get 201 /accounts -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"account":"li","grants":[{"role":"editor","unit":"西区","ledger":"layer:plots","action":"write"}]}'
sign_in li "$(value '["oneTimePassword"]')" "li li li li li"
li=$token
ring() { # X Y WIDTH HEIGHT
    python3 -c "
import json, sys
x, y, w, h = (float(v) for v in sys.argv[1:])
x += 500000; y += 4430000
print(json.dumps({'type': 'Polygon', 'coordinates': [[[y, x], [y, x + w], [y + h, x + w], [y + h, x], [y, x]]]}))" "$@"
}
plot() { # CODE OWNER X Y WIDTH HEIGHT
    echo "{\"type\":\"Feature\",\"id\":\"$1\",\"properties\":{\"code\":\"$1\",\"owner\":\"$2\"},\"geometry\":$(ring "$3" "$4" "$5" "$6")}"
}
why='X-Reason: test'
w() { want=$1; t=$2; shift 2; get "$want" "$t" -H "$geo" -H "$crs" -H "Authorization: Bearer $li" -H "$why" "$@"; }
items=/collections/plots/items

# ---- a rule of the plan denies it: which, by which clause, where
w 422 $items -X POST -d "$(plot bad 丙 850 500 200 150)"
holds 'd["id"] == "serve.rule" and d["place"]["layer"] == "plots" and d["clauses"] == ["TST-001"] and d["rule"] == "piece-farmland"'
holds 'abs(d["place"]["x"] - 500950) < 1 and abs(d["place"]["y"] - 4430575) < 1'
holds 'len(d["findings"]) == 1 and d["findings"][0]["clauses"] == ["TST-001"] and d["findings"][0]["said"]'
get 404 $items/bad
w 201 $items -X POST -d "$(plot good 丙 1200 500 50 50)"
w 422 $items/good -X PUT -d "$(plot good 丙 850 700 200 150)"
w 422 $items/good -X PATCH -d "{\"geometry\":$(ring 850 700 200 150)}"
# only who may override verdicts can
w 403 "$items?override=true" -X POST -d "$(plot bad 丙 850 500 200 150)"
get 201 "$items?override=true" -X POST -H "$geo" -H "$crs" -H "Authorization: Bearer $bureau" -H 'X-Reason: %E6%89%B9%E5%A4%8D' -d "$(plot bad 丙 850 500 200 150)"
code 0 log --format json
says 'rules overridden'
says '批复'

# ---- a part of a feature
get 200 "$items/p1?crs=http://www.opengis.net/def/crs/EPSG/0/4548"
holds 'd["properties"]["owner"] == "甲"'
before=$(value '["geometry"]')
tag=$(sed -n 's/^ETag: \(.*\)\r$/\1/pI' "$work/err")
w 204 $items/p1 -X PATCH -H "If-Match: $tag" -d '{"properties":{"owner":"丁"}}'
w 412 $items/p1 -X PATCH -H "If-Match: $tag" -d '{"properties":{"owner":"戊"}}'
get 200 "$items/p1?crs=http://www.opengis.net/def/crs/EPSG/0/4548"
holds 'd["properties"]["owner"] == "丁" and d["properties"]["code"] == "p1"'
cases=$((cases + 1))
[ "$(value '["geometry"]')" = "$before" ] || fail "the geometry has changed"
w 204 $items/p1 -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"properties":{"owner":null}}'
get 200 $items/p1
holds 'd["properties"]["owner"] is None'
w 204 $items/p1 -X PATCH -d "{\"geometry\":$(ring 1300 200 90 100)}"
w 422 $items/p1 -X PATCH -d "{\"geometry\":$(ring 1300 200 150 100)}"
holds 'd["id"] == "serve.overlap"'
w 422 $items/p1 -X PATCH -d '{"properties":{"owner":"一二三四五六七八九十十一"}}'
w 422 $items/p1 -X PATCH -d '{"properties":{"nothing":1}}'
w 404 $items/none -X PATCH -d '{"properties":{"owner":"x"}}'
for bad in '' '[]' '5' '{"geometry":5}' '{"type":"Feature","geometry":null}' '{"type":"Collection"}'; do
    w 400 $items/p1 -X PATCH -d "$bad"
done
get 401 $items/p1 -X PATCH -H "$geo" -d '{}'
get 405 $items -X PATCH
says 'Allow: GET, HEAD, POST'

# ---- split: one goes, two come, one revision
code 0 log
before=$(wc -l <"$work/out")
change() { # CHANGES...
    printf '{"reason":"分割","changes":['
    first=1
    for c in "$@"; do
        [ $first = 1 ] || printf ','
        first=0
        printf '%s' "$c"
    done
    printf ']}'
}
create() { echo "{\"change\":\"create\",\"collection\":\"plots\",\"feature\":$(plot "$@")}"; }
gone() { echo "{\"change\":\"delete\",\"collection\":\"plots\",\"id\":\"$1\"}"; }
t() { want=$1; shift; get "$want" /transactions -X POST -H "$json" -H "$crs" -H "Authorization: Bearer $li" "$@"; }
t 200 -d "$(change "$(gone p2)" "$(create p2a 乙 1400 200 50 100)" "$(create p2b 乙 1450 200 50 100)")"
holds '[c["change"] for c in d["changes"]] == ["delete", "create", "create"] and d["revision"] > 1'
revision=$(value '["revision"]')
get 404 $items/p2
get 200 $items/p2a
get 200 $items/p2b
get 200 /revisions -H "Authorization: Bearer $li"
holds "d['newest'] == $revision and d['revisions'][0]['put'] == 2 and d['revisions'][0]['deleted'] == 1 and d['revisions'][0]['reason'] == '分割'"
# merge, and what was there is not to be overlapped meanwhile
t 200 -d "$(change "$(create p3 乙 1400 200 100 100)" "$(gone p2a)" "$(gone p2b)")"
# a new one under the id of one that goes is a replacement, not two changes
t 400 -d "$(change "$(gone p3)" "$(create p3 乙 1400 200 100 100)")"
# all or nothing: the second is no good
t 422 -d "$(change "$(gone p3)" "$(create x1 乙 1400 200 60 100)" "$(create x2 乙 1450 200 50 100)")"
holds 'd["id"] == "serve.overlap" and d["operation"] == 2'
get 200 $items/p3
get 404 $items/x1
t 422 -d "$(change "$(create y1 乙 1600 200 50 50)" "$(create y2 乙 850 750 200 150)")"
holds 'd["id"] == "serve.rule" and d["operation"] == 1'
t 403 -d "$(change "$(create z1 乙 1600 200 50 50)" "$(create z2 乙 2600 200 50 50)")"
get 404 $items/z1
t 409 -d "$(change "$(create p3 乙 1600 200 50 50)")"
t 404 -d "$(change "$(gone nothing)")"
t 412 -d "{\"reason\":\"x\",\"changes\":[{\"change\":\"update\",\"collection\":\"plots\",\"id\":\"p3\",\"ifMatch\":\"\\\"old\\\"\",\"feature\":{\"properties\":{\"owner\":\"x\"}}}]}"
# or by the revision that wrote what was seen
get 200 $items/p3
seen=$(value '["revision"]')
t 412 -d "{\"reason\":\"x\",\"changes\":[{\"change\":\"delete\",\"collection\":\"plots\",\"id\":\"p3\",\"revision\":1}]}"
holds 'd["id"] == "serve.if-match"'
t 200 -d "{\"reason\":\"x\",\"changes\":[{\"change\":\"update\",\"collection\":\"plots\",\"id\":\"p3\",\"revision\":$seen,\"feature\":{\"properties\":{\"owner\":\"甲\"}}}]}"
t 400 -d "{\"changes\":[$(gone p3)]}"
t 404 -d '{"reason":"x","changes":[{"change":"delete","collection":"no_such","id":"p3"}]}'
for bad in '' '[]' '{"reason":"x"}' '{"reason":"x","changes":[]}' '{"reason":"x","changes":[5]}' '{"reason":"x","changes":[{"change":"drop","collection":"plots","id":"p3"}]}' \
    '{"reason":"x","changes":[{"change":"delete","collection":"plots"}]}' '{"reason":"x","changes":[{"change":"create","collection":"plots"}]}' "{\"reason\":\"x\",\"changes\":[$(gone p3),$(gone p3)]}"; do
    t 400 -d "$bad"
done
python3 -c "
import json
print(json.dumps({'reason': 'x', 'changes': [{'change': 'delete', 'collection': 'plots', 'id': str(i)} for i in range(201)]}))" >"$work/many"
t 400 -d @"$work/many"
get 401 /transactions -X POST -H "$json" -d '{}'
get 200 $items
holds 'sorted(f["id"] for f in d["features"]) == ["bad", "good", "p1", "p3"]'
code 0 log --verify
stop
finish
