#!/bin/sh
# Features made, replaced and deleted over HTTP: rights by district, quality before the commit,
# conflicts, actor and reason in the log; a killed server loses nothing it acknowledged.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../ledger/town.sh"
cp() { # the package's copy with a layer that is a coverage
    command cp "$@"
    sed -i 's/^  theme: farm$/  theme: farm\n  qc: {no_overlap: true}\n  area_field: m2/
        s/^    - {name: grade, type: int, zh: 等别, en: Grade}$/&\n    - {name: m2, type: real, unit: m2, zh: 面积, en: Area}/' "$work/package/all.yaml"
}
ledger_town
unset -f cp
code 0 actor grant wang --role editor --ledger layer:basic_farmland --action write --unit 西区 --as bureau
serve
json='Content-Type: application/json'
geo='Content-Type: application/geo+json'
crs="Content-Crs: <http://www.opengis.net/def/crs/EPSG/0/4548>"
value() { python3 -c "import json,sys; print(json.load(open('$work/out'))$1)"; }
# sign_in NAME PASSWORD NEW: $cookie and $csrf
sign_in() {
    get 200 /session -X POST -H "$json" -d "{\"account\":\"$1\",\"password\":\"$2\"}"
    cookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
    csrf=$(value '["csrf"]')
    get 200 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d "{\"password\":\"$3\"}"
}
first=$(sed -n 's/.*bureau, one-time password \(.*\)$/\1/p;s/.*bureau，一次性密码 \(.*\)$/\1/p' "$work/said")
sign_in bureau "$first" "bureau bureau"
get 201 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"title":"t"}'
bureau=$(value '["token"]')
get 201 /accounts -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"account":"wang"}'
sign_in wang "$(value '["oneTimePassword"]')" "wang wang wang"
get 201 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"title":"t"}'
token=$(value '["token"]')
# square X Y SIDE: ring in EPSG:4548, north first as the definition has it
feature() {
    python3 - "$@" <<'PY'
import json, sys
x, y, w = (float(v) for v in sys.argv[1:4])
props = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {"grade": 2}
x += 500000; y += 4430000
ring = [[y, x], [y, x + w], [y + w, x + w], [y + w, x], [y, x]]
f = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": props}
if len(sys.argv) > 5: f["id"] = sys.argv[5]
print(json.dumps(f))
PY
}
why='X-Reason: %E8%A1%A5%E5%88%92'
w() { want=$1; t=$2; shift 2; get "$want" "$t" -H "$geo" -H "$crs" -H "Authorization: Bearer $token" -H "$why" "$@"; }
items=/collections/basic_farmland/items

# ---- who may not, and what is asked of everybody
get 401 $items -X POST -H "$geo" -d "$(feature 1200 100 50)"
get 401 $items/x -X DELETE
get 403 $items -X POST -H "$geo" -H "Cookie: $cookie" -H "$why" -d "$(feature 1200 100 50)"
holds 'd["id"] == "serve.csrf"'
get 400 $items -X POST -H "$geo" -H "$crs" -H "Authorization: Bearer $token" -d "$(feature 1200 100 50)"
holds 'd["id"] == "serve.reason"'
w 403 $items -X POST -d "$(feature 2500 100 50)"
holds 'd["id"] == "serve.may-not" and "东区" in d["detail"]'
w 404 /collections/nothing/items -X POST -d "$(feature 100 100 50)"

# ---- made, read, replaced, deleted
w 201 $items -X POST -d "$(feature 1200 100 50 '{"grade":3}' n1)"
says '/collections/basic_farmland/items/n1'
get 200 $items/n1
holds 'd["properties"]["grade"] == 3'
tag=$(sed -n 's/^ETag: \(.*\)\r$/\1/pI' "$work/err")
get 304 $items/n1 -H "If-None-Match: $tag"
w 409 $items -X POST -d "$(feature 1300 100 50 '{"grade":3}' n1)"
holds 'd["id"] == "serve.there"'
w 204 $items/n1 -X PUT -H "If-Match: $tag" -d "$(feature 1200 100 60 '{"grade":4}')"
w 412 $items/n1 -X PUT -H "If-Match: $tag" -d "$(feature 1200 100 70 '{"grade":5}')"
holds 'd["id"] == "serve.if-match"'
w 412 $items/n1 -X DELETE -H "If-Match: $tag"
get 200 $items/n1
holds 'd["properties"]["grade"] == 4'
tag=$(sed -n 's/^ETag: \(.*\)\r$/\1/pI' "$work/err")
w 404 $items/n2 -X PUT -d "$(feature 1200 100 60)"
w 404 $items/n2 -X DELETE
w 403 $items/n1 -X PUT -d "$(feature 2600 100 60)"
w 204 $items/n1 -X DELETE -H "If-Match: $tag"
get 404 $items/n1
w 404 $items/n1 -X DELETE

# ---- quality before the commit: located, and what it is
w 422 $items -X POST -d "$(feature 1200 100 50 '{"grade":"high"}')"
holds 'd["place"]["layer"] == "basic_farmland" and d["place"]["field"] == "grade" and isinstance(d["clauses"], list)'
w 422 $items -X POST -d '{"type":"Feature","properties":{"grade":2},"geometry":{"type":"Polygon","coordinates":[[[4430100,501200],[4430200,501300],[4430200,501200],[4430100,501300],[4430100,501200]]]}}'
holds 'd["id"] == "serve.shape" and abs(d["place"]["x"] - 501250) < 1'
w 422 $items -X POST -d "$(feature 1050 500 100)"
holds 'd["id"] == "serve.overlap" and d["place"]["x"] > 0 and "5000" in d["detail"]'
w 201 $items -X POST -d "$(feature 1100 500 20 '{"grade":2}' beside)"
w 422 $items/beside -X PUT -d "$(feature 1099 500 20)"
for bad in '' '{' '[]' '{"type":"Feature"}' '{"type":"FeatureCollection","features":[]}' \
    '{"type":"Feature","properties":{},"geometry":null}' \
    '{"type":"Feature","properties":{"grade":2},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1]]]}}' \
    '{"type":"Feature","properties":{"grade":[1]},"geometry":{"type":"Point","coordinates":[1,1]}}' \
    '{"type":"Feature","properties":{"rank; DROP TABLE":2},"geometry":{"type":"Polygon","coordinates":[[[4430100,501200],[4430200,501200],[4430200,501300],[4430100,501200]]]}}'; do
    cases=$((cases + 1))
    got=$(curl -s -o "$work/out" -w '%{http_code}' -X POST -H "$geo" -H "$crs" -H "Authorization: Bearer $token" -H "$why" -d "$bad" "$base$items")
    case $got in 400 | 422) ;; *) fail "'$bad' answered $got"; cat "$work/out" ;; esac
done
w 400 "$items?from=2025-13-01" -X POST -d "$(feature 1200 100 50)"
get 400 $items -X POST -H "Authorization: Bearer $token" -H "$why" -d "$(feature 1200 100 50)"
get 400 $items -X POST -H "$geo" -H "Content-Crs: <x>" -H "Authorization: Bearer $token" -H "$why" -d "$(feature 1200 100 50)"
get 405 $items -X DELETE

# ---- every write has an actor and a reason in the log
code 0 log
says 'wang'
code 0 log --format json
cases=$((cases + 1))
python3 - "$work/out" <<'PY' || { fail "the log lacks actor or reason"; head -c 900 "$work/out"; }
import json, sys
text = open(sys.argv[1]).read()
assert text.count("补划") >= 3 and text.count('"wang"') >= 3 and "create basic_farmland/n1" in text
PY

# ---- two at once with the same tag: one of them, not both
w 201 $items -X POST -d "$(feature 1200 100 50 '{"grade":1}' r)"
get 200 $items/r
tag=$(sed -n 's/^ETag: \(.*\)\r$/\1/pI' "$work/err")
for i in 1 2 3 4 5 6; do
    curl -s -o /dev/null -w '%{http_code}\n' -X PUT -H "$geo" -H "$crs" -H "Authorization: Bearer $token" -H "$why" \
        -H "If-Match: $tag" -d "$(feature 1200 100 5$i "{\"grade\":$i}")" "$base$items/r" >"$work/race$i" &
done
for i in 1 2 3 4 5 6; do
    for _ in $(seq 300); do [ -s "$work/race$i" ] && break; sleep 0.1; done
done
cases=$((cases + 1))
[ "$(cat "$work"/race? | grep -c 204)" -eq 1 ] || { fail "not one of six"; cat "$work"/race?; }
[ "$(cat "$work"/race? | grep -c 412)" -eq 5 ] || fail "not five refused"

# ---- the area attribute says what the new outline has, when that is asked
tx() { want=$1; shift; get "$want" /transactions -X POST -H "$json" -H "$crs" -H "Authorization: Bearer $token" "$@"; }
one() { # CHANGE ID MEASURE FEATURE
    python3 -c 'import json, sys
change, id, measure, feature = sys.argv[1:]
print(json.dumps({"reason": "量算", "changes": [{"change": change, "collection": "basic_farmland", "id": id, "measure": json.loads(measure), "feature": json.loads(feature)}]}))' "$@"
}
get 200 /collections/basic_farmland
holds 'd["areaField"] == "m2"'
tx 200 -d "$(one create measured true "$(feature 1200 1500 40 '{"grade":2,"m2":1}' measured)")"
holds 'abs(d["changes"][0]["measuredM2"] - 1600) < 2'
get 200 $items/measured
holds 'abs(d["properties"]["m2"] - 1600) < 2 and d["properties"]["grade"] == 2'
tx 200 -d "$(one replace measured false "$(feature 1200 1500 40 '{"grade":2,"m2":1}' measured)")"
holds '"measuredM2" not in d["changes"][0]'
get 200 $items/measured
holds 'd["properties"]["m2"] == 1'
# of a part: only where the outline is a part of it
tx 200 -d "$(one update measured true '{"properties":{"grade":3}}')"
get 200 $items/measured
holds 'd["properties"] == {"grade": 3, "m2": 1}'
tx 400 -d "$(one replace measured '"yes"' "$(feature 1200 1500 40 '{"grade":2}' measured)")"
tx 400 -d "$(one replace measured 1 "$(feature 1200 1500 40 '{"grade":2}' measured)")"

# ---- kill -9 under load: what was acknowledged is there
python3 - "$base" "$token" "$work/acknowledged" <<'PY' &
import json, sys, urllib.request
base, token, path = sys.argv[1:4]
with open(path, "w") as log:
    for i in range(10000):
        x, y = 500000 + 20 * (i % 40), 4430000 + 1300 + 15 * (i // 40)
        ring = [[y, x], [y, x + 10], [y + 10, x + 10], [y + 10, x], [y, x]]
        body = {"type": "Feature", "id": f"k{i}", "properties": {"grade": 2}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        r = urllib.request.Request(base + "/collections/basic_farmland/items", json.dumps(body).encode(), {
            "Content-Type": "application/geo+json", "Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/4548>",
            "Authorization": "Bearer " + token, "X-Reason": "load"})
        try:
            if urllib.request.urlopen(r, timeout=20).status == 201:
                log.write(f"k{i}\n"); log.flush()
        except Exception:
            break
PY
writer=$!
for _ in $(seq 300); do [ -s "$work/acknowledged" ] && break; sleep 0.1; done
sleep 2
kill -9 "$server"
wait "$writer" 2>/dev/null || true
n=$(wc -l <"$work/acknowledged")
cases=$((cases + 2))
[ "$n" -gt 0 ] || fail "nothing was written before the kill"
code 0 log --verify
serve
get 200 "$items?limit=10000"
python3 - "$work" <<'PY' || fail "acknowledged writes are lost"
import json, sys
work = sys.argv[1]
there = {f["id"] for f in json.load(open(work + "/out"))["features"] if f["id"].startswith("k")}
said = set(open(work + "/acknowledged").read().split())
assert said <= there and len(there - said) <= 1, (len(said), len(there), sorted(said - there)[:5])
PY
stop
finish
