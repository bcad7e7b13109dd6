#!/bin/sh
# The public: comments with a place and a photo that become ledger records with an answer; what lies within a drawn
# polygon; the log of revisions.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../ledger/town.sh"
cp() {
    command cp "$@"
    cat "$GT_SOURCE_DIR/tests/serve/said.yaml" >>"$work/package/all.yaml"
}
ledger_town
unset -f cp
serve
json='Content-Type: application/json'
value() { python3 -c "import json,sys; print(json.load(open('$work/out'))$1)"; }
problem() {
    cases=$((cases + 1))
    grep -qi '^content-type: application/problem+json' "$work/err" || fail "$target: no problem document"
    holds "d['id'] == '$1'"
}
say() { want=$1 body=$2; get "$want" /voices/said -X POST -H "$json" -d "$body"; }

# ---- nobody has opened a ledger to the public
get 200 /voices
holds 'd["ledgers"] == []'
say 404 '{"fields":{"text":"x"}}'
problem serve.no-voice
get 404 /voices/said
get 404 /voices/said/records
get 404 /voices/no_such_ledger
stop
code 0 actor add public --as bureau
code 0 actor grant public --role resident --ledger said --action add --as bureau
serve

# ---- opened for comments, not for photos, nor to be read
get 200 /voices
holds '[l["id"] for l in d["ledgers"]] == ["said"]'
get 200 /voices/said
holds '[f["name"] for f in d["fields"]] == ["text", "answer"]'
get 404 /voices/works
get 404 /voices/said/records
place=$(python3 - <<'PY'
import json, subprocess
print(json.dumps({"type": "Point", "coordinates": [117.01, 40.0]}))
PY
)
get 200 /collections/districts/items
place=$(python3 - "$work/out" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
ring = d["features"][0]["geometry"]["coordinates"][0]
while isinstance(ring[0][0], list): ring = ring[0]
print(json.dumps({"type": "Point", "coordinates": [sum(p[i] for p in ring[:-1]) / (len(ring) - 1) for i in (0, 1)]}))
PY
)
photo=$(printf '\211PNG\r\n\032\n0000' | base64)
say 400 "{\"fields\":{\"text\":\"x\"},\"place\":$place,\"photo\":\"$photo\"}"
stop
code 0 actor grant public --role resident --ledger said --action attach --as bureau
code 0 actor grant public --role resident --ledger said --action read --as bureau
serve
for bad in '' '[]' '{"fields":{}}' "{\"fields\":{\"text\":5},\"place\":{\"type\":\"Polygon\"}}"; do
    get 400 /voices/said -X POST -H "$json" -d "$bad"
done
stop
serve
say 400 "{\"fields\":{\"text\":\"x\",\"no\":1},\"place\":$place}"
say 400 "{\"fields\":{\"text\":\"x\"},\"place\":$place,\"photo\":\"$(printf '<script>' | base64)\"}"
say 400 "{\"fields\":{\"text\":\"x\"},\"place\":$place,\"photo\":\"***\"}"
say 201 "{\"fields\":{\"text\":\"河边的路灯坏了 <b>\"},\"place\":$place,\"photo\":\"$photo\"}"
id=$(value '["id"]')
receipt=$(value '["receipt"]')
holds 'len(d["receipt"]) == 32'
say 201 "{\"fields\":{\"text\":\"'); DROP TABLE x; --\"},\"place\":$place}"
other=$(value '["id"]')
say 201 "{\"fields\":{\"text\":\"again\"},\"unit\":\"西区\"}"
say 429 "{\"fields\":{\"text\":\"too often\"},\"place\":$place}"
problem serve.rate

# ---- only with the receipt, and without names
get 200 "/voices/said/records/$id?receipt=$receipt"
holds 'd["state"] == "received" and d["unit"] == "西区" and d["fields"]["text"].startswith("河边") and d["place"]["type"] == "Point"'
lacks public
get 404 "/voices/said/records/$id"
problem serve.receipt
get 404 "/voices/said/records/$id?receipt=00000000000000000000000000000000"
get 404 "/voices/said/records/$other?receipt=$receipt"
get 404 "/voices/said/records/no?receipt=$receipt"
get 200 /voices/said/records
holds 'd["records"] == []'
cases=$((cases + 1))
grep -rq "$receipt" "$work/w/onemap.gpkg"* && fail "the receipt is kept as it is"
code 0 ledger set said "$id" --set answer=已修复
code 0 ledger move said "$id" publish
get 200 "/voices/said/records/$id?receipt=$receipt"
holds 'd["state"] == "published" and d["fields"]["answer"] == "已修复"'
get 200 /voices/said/records
holds '[r["id"] for r in d["records"]] == ["'"$id"'"] and "actor" not in json.dumps(d)'
code 0 ledger show said "$id" --format json
says '"action":"attach"'
code 0 ledger verify

# ---- what lies within
get 200 /collections/basic_farmland/items
python3 - "$work/out" "$work" <<'PY'
import json, sys
g = json.load(open(sys.argv[1]))["features"][0]["geometry"]
json.dump({"inputs": {"geometry": g}}, open(sys.argv[2] + "/all.json", "w"))
json.dump({"inputs": {"geometry": g, "layers": ["districts"]}}, open(sys.argv[2] + "/one.json", "w"))
json.dump({"inputs": {"geometry": g, "layers": ["nothing"]}}, open(sys.argv[2] + "/none.json", "w"))
json.dump({"inputs": {"geometry": g, "as_of": "2020-01-01"}}, open(sys.argv[2] + "/before.json", "w"))
PY
get 200 /processes/areas/execution -X POST -H "$json" -d @"$work/all.json"
holds 'abs(d["area_m2"] - 1e6) < 2e3 and {l["layer"] for l in d["layers"]} == {"districts", "land_use", "basic_farmland"}'
holds 'all(abs(l["m2"] - d["area_m2"]) < 0.5 and l["features"] == 1 for l in d["layers"])'
holds '[c["code"] for l in d["layers"] if l["layer"] == "land_use" for c in l["classes"]] == ["0103"]'
get 200 /processes/areas/execution -X POST -H "$json" -d @"$work/one.json"
holds '[l["layer"] for l in d["layers"]] == ["districts"]'
get 404 /processes/areas/execution -X POST -H "$json" -d @"$work/none.json"
get 200 /processes/areas/execution -X POST -H "$json" -d @"$work/before.json"
holds 'd["layers"] == []'
for bad in '{}' '{"inputs":{}}' '{"inputs":{"geometry":{"type":"Point","coordinates":[116,40]}}}' '{"inputs":{"geometry":{"type":"Polygon","coordinates":[[[116,40],[117,41],[117,40],[116,41],[116,40]]]}}}' \
    '{"inputs":{"geometry":{"type":"Polygon","coordinates":[]}}}' '{"inputs":{"geometry":5}}'; do
    get 400 /processes/areas/execution -X POST -H "$json" -d "$bad"
done

# ---- the log: who and why only for those who are signed in
get 200 /revisions
holds 'd["newest"] == len(d["revisions"]) and d["revisions"][0]["revision"] == d["newest"] and d["revisions"][0]["author"] is None and len(d["revisions"][0]["hash"]) == 64'
get 200 "/revisions?limit=2"
holds 'len(d["revisions"]) == 2 and d["before"] == d["revisions"][-1]["revision"]'
get 200 "/revisions?limit=2&before=2"
holds 'len(d["revisions"]) == 1 and "before" not in d'
get 400 "/revisions?limit=0"
get 400 "/revisions?before=x"
get 200 /revisions -H "Cookie: guotu_session=x"
holds 'd["revisions"][0]["author"] is None'
stop

# ---- a workspace without a register: its administrator is made, once, and can do his work
rm -rf "$work/w"
town "$GT_SOURCE_DIR/tests/check/package"
unset GUOTU_ACTOR
serve
cases=$((cases + 1))
grep -Eq 'administrator administrator, one-time password [0-9a-z]{20}$|管理员账号 administrator，一次性密码 [0-9a-z]{20}$' "$work/said" || { fail "no administrator"; cat "$work/said"; }
password=$(sed -n 's/.*one-time password \(.*\)$/\1/p;s/.*一次性密码 \(.*\)$/\1/p' "$work/said")
get 200 /session -X POST -H "$json" -d "{\"account\":\"administrator\",\"password\":\"$password\"}"
cookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
csrf=$(value '["csrf"]')
get 200 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"password":"a long password"}'
get 201 /accounts -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"account":"wang","unit":"西区"}'
code 0 actor list
says administrator
stop
serve
cases=$((cases + 1))
grep -q 'one-time\|一次性' "$work/said" && fail "a second administrator"
stop
finish
